package journal

import "unicode/utf8"

// object reads one JSON object. It knows what journals have: values of fields that it
// does not know are passed over, whatever they are.
type object struct {
	b []byte // what is left
}

// depthMax is how deep objects and lists may stand in one another.
const depthMax = 16

func (o *object) space() {
	for len(o.b) > 0 && (o.b[0] == ' ' || o.b[0] == '\t' || o.b[0] == '\r' || o.b[0] == '\n') {
		o.b = o.b[1:]
	}
}

// take passes over a character, after space, and reports whether it was there.
func (o *object) take(c byte) bool {
	o.space()
	if len(o.b) == 0 || o.b[0] != c {
		return false
	}
	o.b = o.b[1:]
	return true
}

// begin passes over the opening brace.
func (o *object) begin() bool { return o.take('{') }

// next returns the name of the next field; more is false after the last one. The object
// ends there, and so must the line.
func (o *object) next(first bool) (name string, more, ok bool) {
	if o.take('}') {
		o.space()
		return "", false, len(o.b) == 0
	}
	if !first && !o.take(',') {
		return "", false, false
	}
	name, ok = o.string()
	return name, true, ok && o.take(':')
}

// string reads a string.
func (o *object) string() (string, bool) {
	if !o.take('"') {
		return "", false
	}
	for i, c := range o.b { // most have nothing to unescape
		if c == '"' {
			s := o.b[:i]
			o.b = o.b[i+1:]
			return string(s), utf8.Valid(s)
		}
		if c == '\\' || c < ' ' {
			break
		}
	}
	var out []byte
	for len(o.b) > 0 {
		c := o.b[0]
		o.b = o.b[1:]
		switch {
		case c == '"':
			return string(out), utf8.Valid(out)
		case c < ' ':
			return "", false
		case c != '\\':
			out = append(out, c)
			continue
		}
		if len(o.b) == 0 {
			return "", false
		}
		c = o.b[0]
		o.b = o.b[1:]
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := o.hex()
			if !ok {
				return "", false
			}
			if r >= 0xd800 && r < 0xdc00 && len(o.b) >= 6 && o.b[0] == '\\' && o.b[1] == 'u' { // the first half of a pair
				o.b = o.b[2:]
				low, ok := o.hex()
				if !ok {
					return "", false
				}
				if low >= 0xdc00 && low < 0xe000 {
					r = (r-0xd800)<<10 | (low - 0xdc00) + 0x10000
				} else {
					r = utf8.RuneError
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", false
		}
	}
	return "", false
}

// hex reads four hexadecimal digits.
func (o *object) hex() (r rune, ok bool) {
	if len(o.b) < 4 {
		return 0, false
	}
	for _, c := range o.b[:4] {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			r |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			r |= rune(c-'A') + 10
		default:
			return 0, false
		}
	}
	o.b = o.b[4:]
	return r, true
}

// integer reads a number that is an integer of 64 bits.
func (o *object) integer() (v int64, ok bool) {
	o.space()
	negative := len(o.b) > 0 && o.b[0] == '-'
	i := 0
	if negative {
		i = 1
	}
	start := i
	var u uint64
	for ; i < len(o.b) && o.b[i] >= '0' && o.b[i] <= '9'; i++ {
		d := uint64(o.b[i] - '0')
		if u > (1<<63-d)/10 {
			return 0, false
		}
		u = u*10 + d
	}
	if i == start || i > start+1 && o.b[start] == '0' || i < len(o.b) && (o.b[i] == '.' || o.b[i] == 'e' || o.b[i] == 'E') {
		return 0, false
	}
	o.b = o.b[i:]
	if negative {
		return -int64(u), true
	}
	return int64(u), u < 1<<63
}

// word passes over a word, and reports whether it was there.
func (o *object) word(s string) bool {
	o.space()
	if len(o.b) < len(s) || string(o.b[:len(s)]) != s {
		return false
	}
	o.b = o.b[len(s):]
	return true
}

// boolean reads true or false.
func (o *object) boolean() (v, ok bool) {
	if o.word("true") {
		return true, true
	}
	return false, o.word("false")
}

// list reads a list; each reads one element.
func (o *object) list(each func() bool) bool {
	if !o.take('[') {
		return false
	}
	if o.take(']') {
		return true
	}
	for each() {
		if o.take(']') {
			return true
		}
		if !o.take(',') {
			return false
		}
	}
	return false
}

// skip passes over a value.
func (o *object) skip(depth int) bool {
	o.space()
	if len(o.b) == 0 || depth > depthMax {
		return false
	}
	switch c := o.b[0]; {
	case c == '"':
		_, ok := o.string()
		return ok
	case c == '[':
		return o.list(func() bool { return o.skip(depth + 1) })
	case c == '{':
		o.b = o.b[1:]
		if o.take('}') {
			return true
		}
		for {
			if _, ok := o.string(); !ok || !o.take(':') || !o.skip(depth+1) {
				return false
			}
			if o.take('}') {
				return true
			}
			if !o.take(',') {
				return false
			}
		}
	case c == '-' || c >= '0' && c <= '9':
		return o.skipNumber()
	}
	return o.word("true") || o.word("false") || o.word("null")
}

// skipNumber passes over a number of any form.
func (o *object) skipNumber() bool {
	i := 0
	digits := func() bool {
		start := i
		for i < len(o.b) && o.b[i] >= '0' && o.b[i] <= '9' {
			i++
		}
		return i > start
	}
	if o.b[i] == '-' {
		i++
	}
	if start := i; !digits() || i > start+1 && o.b[start] == '0' {
		return false
	}
	if i < len(o.b) && o.b[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(o.b) && (o.b[i] == 'e' || o.b[i] == 'E') {
		if i++; i < len(o.b) && (o.b[i] == '+' || o.b[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	o.b = o.b[i:]
	return true
}
