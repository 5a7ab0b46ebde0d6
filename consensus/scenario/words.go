package scenario

import (
	"errors"
	"strconv"
	"unicode/utf8"

	"parley/consensus"
)

// scanner takes a line apart into words.
type scanner struct{ rest string }

// next returns the next word and drops it, "" at the end.
func (s *scanner) next() string {
	word := s.peek()
	s.rest = trim(trim(s.rest)[len(word):])
	return word
}

// peek returns the next word.
func (s *scanner) peek() string {
	rest := trim(s.rest)
	for i := range len(rest) {
		if blank(rest[i]) {
			return rest[:i]
		}
	}
	return rest
}

// all returns what is left.
func (s *scanner) all() string {
	rest := s.rest
	s.rest = ""
	return rest
}

// end refuses what is left.
func (s *scanner) end() error {
	if s.rest == "" {
		return nil
	}
	return errors.New("the line goes on after it is complete: " + quote(s.rest))
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

func trim(s string) string {
	for len(s) > 0 && blank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// cutLine returns the first line of text without its end, and the rest.
func cutLine(text string) (line, rest string) {
	line = text
	for i := range len(text) {
		if text[i] == '\n' {
			line, rest = text[:i], text[i+1:]
			break
		}
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, rest
}

// first returns the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// clipAt is the length beyond which errors shorten what they show.
const clipAt = 60

// clip shortens a text for an error.
func clip(s string) string {
	if len(s) <= clipAt {
		return s
	}
	n := clipAt
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// quote shows a text in an error: in quotation marks, on one line.
func quote(s string) string {
	s = clip(s)
	if plain(s) {
		return `"` + s + `"`
	}
	return strconv.Quote(s)
}

// plain reports whether s is printable text on one line, in valid UTF-8.
func plain(s string) bool {
	for i, r := range s {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029:
			return false
		case r == utf8.RuneError:
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return false
			}
		}
	}
	return true
}

// quoted writes a command or title: as it is where that can be read back, else as a
// quoted string.
func quoted(s string) string {
	if s == "" || s[0] == '"' || trim(s) != s || !plain(s) {
		return strconv.Quote(s)
	}
	return s
}

// unquoted reads what quoted wrote; what names it in errors.
func unquoted(s, what string) (string, error) {
	if s == "" {
		return "", errors.New("the " + what + " is missing; an empty one is written \"\"")
	}
	if s[0] != '"' {
		if !plain(s) {
			return "", errors.New("the " + what + " holds bytes that are no printable text; write it in double quotes with escapes such as \\x00")
		}
		return s, nil
	}
	t, err := strconv.Unquote(s)
	if err != nil {
		return "", errors.New("the " + what + " begins with a quotation mark, so it must be one string in double quotes, with \\\" for a quotation mark inside")
	}
	return t, nil
}

// endpoint returns the node or client that a word such as n3 or c1 names.
func endpoint(word string) (consensus.NodeID, bool) {
	if len(word) < 2 || len(word) > 4 || !isDigits(word[1:]) {
		return consensus.None, false
	}
	i, _ := strconv.Atoi(word[1:])
	switch c := word[0] | 0x20; {
	case c == 'n' && i >= 1 && i <= consensus.NodesMax:
		return consensus.NodeID(i), true
	case c == 'c' && i >= 1 && i <= consensus.ClientsMax:
		return consensus.Client(i), true
	}
	return consensus.None, false
}

// parseEndpoint reads a node or a client.
func parseEndpoint(word string) (consensus.NodeID, error) {
	if id, ok := endpoint(word); ok {
		return id, nil
	}
	if word == "" {
		return consensus.None, errors.New("a node is missing, such as n1")
	}
	return consensus.None, errors.New(quote(word) + " is no node and no client; nodes are called n1, n2 and so on, clients c1, c2 and so on")
}

// name returns a node's or client's name in scripts.
func name(id consensus.NodeID) string {
	if id.IsClient() {
		return "c" + strconv.Itoa(int(id-consensus.ClientFirst)+1)
	}
	return "n" + strconv.Itoa(int(id))
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// hex writes bytes in groups of four.
func hex(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, len(b)*2+len(b)/4)
	for i, c := range b {
		if i > 0 && i%4 == 0 {
			out = append(out, ' ')
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

// dialNames lists the dials for an error.
func dialNames() string {
	var names string
	for d := Latency; d < dials; d++ {
		if d > Latency {
			names += ", "
		}
		names += d.String()
	}
	return names
}

// exampleOf returns a value of a dial for an error.
func exampleOf(d Dial) string {
	switch d.Info().Unit {
	case Share:
		return "20%"
	case Rate:
		return "20/s"
	}
	return "50ms"
}
