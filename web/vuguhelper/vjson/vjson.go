// Package vjson stands in for github.com/vugu/vjson, which brings encoding/json into
// the download (100 kB of brotli) for the two small things that Vugu's renderer needs:
// to write the value of a property, and to read the summary of an event that the
// render helper wrote. go.mod replaces the one by the other.
package vjson

import (
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// RawMessage is a value in JSON.
type RawMessage []byte

// Marshal returns a bool, a string, an int or a float64 in JSON; anything else is an
// error.
func Marshal(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return []byte("null"), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	case int:
		return strconv.AppendInt(nil, int64(v), 10), nil
	case float64:
		if v-v != 0 {
			return nil, errors.New("vjson: not a number or infinite")
		}
		return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
	case string:
		return appendString(nil, v), nil
	case RawMessage:
		return v, nil
	}
	return nil, errors.New("vjson: a property can be a bool, a string, an int or a float64")
}

// appendString adds a string in quotation marks. Bytes that are no UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == 0x2028 || r == 0x2029:
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// errJSON says that something is no JSON of the kind that is read here.
var errJSON = errors.New("vjson: malformed")

// depthMax bounds how deep objects stand in one another.
const depthMax = 16

// Unmarshal reads an object of strings, numbers, booleans, nulls and such objects into
// a *map[string]any. Lists are an error.
func Unmarshal(data []byte, v any) error {
	to, ok := v.(*map[string]any)
	if !ok {
		return errors.New("vjson: reads into a *map[string]any only")
	}
	r := reader{b: data}
	value, ok := r.value(0).(map[string]any)
	r.space()
	if !ok || r.bad || r.i < len(r.b) {
		return errJSON
	}
	*to = value
	return nil
}

type reader struct {
	b   []byte
	i   int
	bad bool
}

func (r *reader) space() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\n' || r.b[r.i] == '\t' || r.b[r.i] == '\r') {
		r.i++
	}
}

// take reports whether c comes next, after blanks, and passes it.
func (r *reader) take(c byte) bool {
	r.space()
	if r.i < len(r.b) && r.b[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (r *reader) fail() any {
	r.bad = true
	return nil
}

func (r *reader) value(depth int) any {
	r.space()
	if r.i >= len(r.b) || depth > depthMax {
		return r.fail()
	}
	switch c := r.b[r.i]; {
	case c == '{':
		return r.object(depth)
	case c == '"':
		return r.text()
	case c == 't' && r.word("true"):
		return true
	case c == 'f' && r.word("false"):
		return false
	case c == 'n' && r.word("null"):
		return nil
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	return r.fail()
}

func (r *reader) word(w string) bool {
	if len(r.b)-r.i < len(w) || string(r.b[r.i:r.i+len(w)]) != w {
		return false
	}
	r.i += len(w)
	return true
}

func (r *reader) number() any {
	start := r.i
	for r.i < len(r.b) {
		c := r.b[r.i]
		if c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			break
		}
		r.i++
	}
	f, err := strconv.ParseFloat(string(r.b[start:r.i]), 64)
	if err != nil {
		return r.fail()
	}
	return f
}

func (r *reader) object(depth int) any {
	r.i++
	m := map[string]any{}
	if r.take('}') {
		return m
	}
	for !r.bad {
		r.space()
		if r.i >= len(r.b) || r.b[r.i] != '"' {
			break
		}
		key := r.text()
		if !r.take(':') {
			break
		}
		m[key] = r.value(depth + 1)
		if r.take('}') {
			return m
		}
		if !r.take(',') {
			break
		}
	}
	return r.fail()
}

// text reads a string; the cursor is at its quotation mark.
func (r *reader) text() string {
	r.i++
	var b []byte
	for r.i < len(r.b) {
		c := r.b[r.i]
		r.i++
		switch {
		case c == '"':
			return string(b)
		case c < ' ':
			r.bad = true
			return ""
		case c != '\\':
			b = append(b, c)
		case r.i < len(r.b):
			b = r.escape(b)
		}
	}
	r.bad = true
	return ""
}

// escape reads what follows a backslash.
func (r *reader) escape(b []byte) []byte {
	c := r.b[r.i]
	r.i++
	switch c {
	case '"', '\\', '/':
		return append(b, c)
	case 'b':
		return append(b, '\b')
	case 'f':
		return append(b, '\f')
	case 'n':
		return append(b, '\n')
	case 'r':
		return append(b, '\r')
	case 't':
		return append(b, '\t')
	case 'u':
		high := r.unit()
		if utf16.IsSurrogate(high) && len(r.b)-r.i >= 6 && r.b[r.i] == '\\' && r.b[r.i+1] == 'u' {
			back := r.i
			r.i += 2
			if whole := utf16.DecodeRune(high, r.unit()); whole != utf8.RuneError {
				return utf8.AppendRune(b, whole)
			}
			r.i = back
		}
		return utf8.AppendRune(b, high)
	}
	r.bad = true
	return b
}

// unit reads four hexadecimal digits.
func (r *reader) unit() rune {
	if len(r.b)-r.i < 4 {
		r.bad = true
		return utf8.RuneError
	}
	v, err := strconv.ParseUint(string(r.b[r.i:r.i+4]), 16, 16)
	if err != nil {
		r.bad = true
	}
	r.i += 4
	return rune(v)
}
