// Package plainfmt is as much of package fmt as Vugu needs in a browser. The build puts
// it in fmt's place in Vugu's own code (package overlay says how): fmt, and what it
// brings along, is a twentieth of the page's download, for the messages of panics and
// the numbers in positions.
//
// Formats know %d, %s, %q and %v, each for whole numbers, strings, errors and Stringers;
// %#v, and any other value, is written as a question mark. There are no widths.
package plainfmt

import (
	"errors"
	"io"
	"strconv"
)

// Stringer is what says itself as a string.
type Stringer interface{ String() string }

// Errorf returns an error with a formatted message. It wraps nothing: there is no %w.
func Errorf(format string, args ...any) error { return errors.New(Sprintf(format, args...)) }

// Fprintf writes a formatted text.
func Fprintf(w io.Writer, format string, args ...any) (int, error) {
	return io.WriteString(w, Sprintf(format, args...))
}

// Println prints values to the console, a blank between them.
func Println(args ...any) (int, error) {
	line := ""
	for i, a := range args {
		if i > 0 {
			line += " "
		}
		line += text(a)
	}
	println(line)
	return len(line) + 1, nil
}

// Sprintf returns a formatted text.
func Sprintf(format string, args ...any) string {
	b := make([]byte, 0, len(format)+16)
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b = append(b, format[i])
			continue
		}
		i++
		if format[i] == '%' {
			b = append(b, '%')
			continue
		}
		s := "?"
		if format[i] == '#' && i+1 < len(format) {
			i++
		} else if len(args) > 0 {
			s = text(args[0])
		}
		if len(args) > 0 {
			args = args[1:]
		}
		if format[i] == 'q' {
			s = strconv.Quote(s)
		}
		b = append(b, s...)
	}
	return string(b)
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int:
		return strconv.Itoa(v)
	case uint32:
		return strconv.FormatUint(uint64(v), 10)
	case bool:
		return strconv.FormatBool(v)
	case error:
		return v.Error()
	case Stringer:
		return v.String()
	}
	return "?"
}
