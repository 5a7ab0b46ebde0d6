package replay

// Problem says what is wrong with a link or a recording that somebody has sent, for those
// who do something else for each.
type Problem uint8

// What may be wrong.
const (
	Cut       Problem = iota + 1 // the end is missing
	Altered                      // it is not what was sent
	Long                         // it is longer than allowed
	Codec                        // it begins with a sign that no version known here has used
	Newer                        // a later version made it
	Malformed                    // it makes no sense, although it is what was sent
	None                         // there is nothing
)

// Error is why a link or a recording cannot be read or written.
type Error struct {
	Problem Problem
	Detail  string // for developers, or a number that the sentence needs
}

// Error returns a sentence without a full stop that says what is wrong and what to do.
func (e *Error) Error() string {
	switch e.Problem {
	case Cut:
		return "the link is cut off at its end: copy all of it, some programs leave out what follows a long line"
	case Altered:
		return "the link is not what was sent: a character of it has changed on the way"
	case Long:
		return "the recording is too long for a link (" + e.Detail + "): send it as a file"
	case Codec:
		return "the link begins with " + e.Detail + ", which is not known here: it is damaged, or a later version of Parley made it"
	case Newer:
		return "a later version of Parley made this recording: it needs " + e.Detail
	case None:
		return "the link holds no recording"
	}
	return "the recording makes no sense: " + e.Detail
}
