package replay

import (
	"errors"
	"strconv"
	"unicode/utf8"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// TextMax is the largest size of the text form, in bytes.
const TextMax = 2 << 20

// Text returns the text form of a valid recording: the lines of its script (see
// scenario.Script) with these between them, which ReadText needs:
//
//	epoch 1 world 1                   the first line: behaviour epochs of engine and World
//	digest 0123456789abcdef           below an action: the digest of all events up to it;
//	                                  shorter when no more of it is known
//	end 3.2s digest 0123456789abcdef  the last line: when the recording ends, and the
//	                                  digest of all its events
func (r *Recording) Text() string {
	s := r.Script
	s.Actions, s.Markers = nil, nil
	b := make([]byte, 0, 512+96*len(r.Checks))
	line := func(text string) { b = append(append(b, text...), '\n') }
	line(r.Epochs.String())
	b = append(b, s.String()...)
	markers := r.Script.Markers
	for i := range r.Script.Actions {
		a := &r.Script.Actions[i]
		for len(markers) > 0 && markers[0].At <= a.At {
			line(markers[0].String())
			markers = markers[1:]
		}
		line(a.String())
		line("digest " + r.Checks[i].String()[:r.Known])
	}
	for i := range markers {
		line(markers[i].String())
	}
	line("end " + scenario.FormatSpan(r.End) + " digest " + r.Digest.String())
	return string(b)
}

// ReadText reads the text form of a recording. Of a script, which has no lines of a
// recording, it returns the script alone and false. An error is a *scenario.Error with
// the line, or an *Error.
func ReadText(text string) (r Recording, recorded bool, err error) { return readText(text, nil) }

// ReadTextFor reads a text as ReadText does, and refuses what is not known there with the
// line that mentions it.
func ReadTextFor(text string, known scenario.Known) (r Recording, recorded bool, err error) {
	return readText(text, &known)
}

func readText(text string, known *scenario.Known) (r Recording, recorded bool, err error) {
	if len(text) > TextMax {
		return r, false, &scenario.Error{Why: "the text has " + strconv.Itoa(len(text)) + " bytes, at most " + strconv.Itoa(TextMax) + " are allowed"}
	}
	t := textReader{}
	// The lines of the script, at their places, so that errors name the right line.
	script := make([]byte, 0, len(text))
	n := 0
	for more := true; more; {
		var line string
		line, text, more = cut(text, '\n')
		n++
		own, err := t.line(fields(line, wordsMax))
		if err != nil {
			return Recording{}, true, &scenario.Error{Line: n, Text: beginning(line), Why: err.Error()}
		}
		if !own {
			script = append(script, line...)
		}
		script = append(script, '\n')
	}
	if known != nil {
		t.r.Script, err = scenario.ParseFor(string(script), *known)
	} else {
		t.r.Script, err = scenario.Parse(string(script))
	}
	if err != nil || !t.said {
		return t.r, t.said, err
	}
	if t.r.Known == 0 {
		t.r.Known = 16 // there are no actions
	}
	switch {
	case t.r.Epochs.World > WorldEpochs:
		_, err = t.r.Epochs.defaults()
		return Recording{}, true, err
	case t.r.Epochs.Engine == 0:
		err = errors.New("the line with the epochs is missing, such as: epoch 1 world 1")
	case !t.ended:
		err = errors.New("the last line is missing, such as: end 3.2s digest 0123456789abcdef")
	case len(t.r.Checks) != len(t.r.Script.Actions):
		err = errors.New("below each action stands its digest, such as: digest 0123456789abcdef")
	default:
		err = t.r.Validate()
	}
	if err != nil {
		return Recording{}, true, &scenario.Error{Why: err.Error()}
	}
	return t.r, true, nil
}

// wordsMax is the number of words of a recording's own line, and one too many.
const wordsMax = 5

// beginning returns enough of a line to know it again.
func beginning(line string) string {
	n := min(len(line), 60)
	for n < len(line) && n > 0 && !utf8.RuneStart(line[n]) {
		n--
	}
	return trim(line[:n])
}

// textReader takes the lines that are a recording's own.
type textReader struct {
	r       Recording
	said    bool // there was one
	ended   bool
	waiting bool // an action has no digest yet
}

// line takes a line, and reports whether it was its own.
func (t *textReader) line(words []string) (own bool, err error) {
	if len(words) == 0 || words[0][0] == '#' {
		return false, nil
	}
	switch words[0] {
	case "epoch":
		err = t.epoch(words)
	case "digest":
		err = t.digest(words)
	case "end":
		err = t.end(words)
	default:
		if words[0] == "at" && (len(words) < 3 || words[2] != "mark") {
			if t.waiting && t.r.Known > 0 {
				return false, errors.New("the action above has no digest below it")
			}
			t.waiting = true
		}
		if t.ended {
			return false, errors.New("the recording has ended in a line above")
		}
		return false, nil
	}
	t.said = true
	return true, err
}

func (t *textReader) epoch(words []string) error {
	if len(words) != 4 || words[2] != "world" {
		return errors.New("the epochs are written: epoch 1 world 1")
	}
	engine, err1 := strconv.ParseUint(words[1], 10, 32)
	world, err2 := strconv.ParseUint(words[3], 10, 32)
	if err1 != nil || err2 != nil || engine == 0 || world == 0 {
		return errors.New("epochs are numbers from 1")
	}
	if t.r.Epochs.Engine != 0 {
		return errors.New("the epochs were said before")
	}
	t.r.Epochs = Epochs{uint32(engine), uint32(world)}
	return nil
}

func (t *textReader) digest(words []string) error {
	if !t.waiting {
		return errors.New("a digest stands right below its action")
	}
	t.waiting = false
	if len(words) != 2 {
		return errors.New("a digest is written: digest 0123456789abcdef")
	}
	known := len(words[1])
	if t.r.Known == 0 {
		t.r.Known = known
	}
	d, ok := parseDigest(words[1])
	switch {
	case !ok:
		return errors.New("a digest has up to 16 hexadecimal digits, those of it that are known")
	case known != t.r.Known:
		return errors.New("the digests at actions have the same number of digits")
	case len(t.r.Checks) >= scenario.ActionsMax:
		return errors.New("there are too many actions")
	}
	t.r.Checks = append(t.r.Checks, d)
	return nil
}

func (t *textReader) end(words []string) (err error) {
	if t.ended {
		return errors.New("the recording has ended in a line above")
	}
	t.ended = true
	if len(words) != 4 || words[2] != "digest" || len(words[3]) != 16 {
		return errors.New("the last line is written: end 3.2s digest 0123456789abcdef")
	}
	d, ok := parseDigest(words[3])
	if !ok {
		return errors.New("a digest is of hexadecimal digits")
	}
	t.r.Digest = d
	var end consensus.Duration
	if end, err = scenario.ParseSpan(words[1]); err != nil {
		return err
	}
	t.r.End = end
	return nil
}

// parseDigest reads the first digits of a digest.
func parseDigest(s string) (trace.Digest, bool) {
	if len(s) > 16 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return 0, false
		}
	}
	d, err := strconv.ParseUint(s, 16, 64)
	return trace.Digest(d) << (64 - 4*len(s)), err == nil
}
