package scenario

import (
	"errors"
	"math"
	"strconv"

	"parley/consensus"
)

// spans are the units of time, the largest first.
var spans = [...]struct {
	name  string
	scale int64
}{
	{"s", int64(consensus.Second)},
	{"ms", int64(consensus.Millisecond)},
	{"us", int64(consensus.Microsecond)},
	{"ns", 1},
}

// FormatSpan writes a time exactly, in the largest unit of which it is at least one:
// "1.2034567s", "10ms", "0s". ParseSpan reads it back.
func FormatSpan(t consensus.Duration) string { return t.String() }

// ParseSpan reads a time: a number, which may have decimals, and one of the units s,
// ms, us and ns; a bare 0 will do. What is finer than a nanosecond is refused. The
// error is a sentence.
func ParseSpan(text string) (consensus.Duration, error) {
	number, unit := split(text)
	if unit == "" && number == "0" {
		return 0, nil
	}
	if unit == "µs" || unit == "μs" {
		unit = "us"
	}
	for _, u := range spans {
		if unit == u.name && number != "" {
			v, err := parseDecimal(number, u.scale)
			if err == errFine {
				return 0, errors.New(quote(text) + " is finer than a nanosecond")
			}
			if err == errLarge {
				return 0, errors.New(quote(text) + " is too long a time")
			}
			if err == nil {
				return consensus.Duration(v), nil
			}
		}
	}
	return 0, errors.New(quote(text) + " is no time; write it as 1.5s, 10ms, 200us or 50ns")
}

// FormatShare writes parts per million exactly as a percentage: "0.5%".
func FormatShare(ppm int64) string { return decimal(ppm, 10_000) + "%" }

// ParseShare reads a percentage as parts per million; a bare 0 will do. The error is a
// sentence.
func ParseShare(text string) (ppm int64, err error) {
	return parseUnit(text, "%", 10_000, " is no share; write it as 0.5%", "a ten-thousandth of a percent")
}

// parseRate reads a number of commands a second as thousandths.
func parseRate(text string) (int64, error) {
	return parseUnit(text, "/s", 1000, " is no rate; write it as 20/s", "a thousandth a second")
}

func parseUnit(text, unit string, scale int64, no, finest string) (int64, error) {
	number, u := split(text)
	if u == "" && number == "0" {
		return 0, nil
	}
	if u != unit || number == "" {
		return 0, errors.New(quote(text) + no)
	}
	v, err := parseDecimal(number, scale)
	switch err {
	case nil:
		return v, nil
	case errFine:
		return 0, errors.New(quote(text) + " is finer than " + finest)
	case errLarge:
		return 0, errors.New(quote(text) + " is too large")
	}
	return 0, errors.New(quote(text) + no)
}

// parsePPM reads a drift: "200ppm".
func parsePPM(text string) (int64, error) {
	return parseUnit(text, "ppm", 1, " is no drift; write it as 200ppm", "a part per million")
}

// formatValue writes an option's value without knowing its unit: numbers from a
// million on that are whole microseconds are times, as nearly all such options are.
func formatValue(v int64) string {
	if magnitude(v) >= uint64(consensus.Millisecond) && v%int64(consensus.Microsecond) == 0 {
		return FormatSpan(consensus.Duration(v))
	}
	return strconv.FormatInt(v, 10)
}

// parseValue reads an option's value: a plain number, a time in nanoseconds, on (1) or
// off (0).
func parseValue(text string) (int64, error) {
	switch text {
	case "on":
		return 1, nil
	case "off":
		return 0, nil
	}
	if number, unit := split(text); unit == "" && isDecimal(text) {
		v, err := parseDecimal(number, 1)
		switch err {
		case nil:
			return v, nil
		case errLarge:
			return 0, errors.New(quote(text) + " is too large a number")
		}
		return 0, errors.New(quote(text) + " is no whole number; a time needs its unit, such as 50ms")
	}
	if t, err := ParseSpan(text); err == nil {
		return int64(t), nil
	}
	return 0, errors.New(quote(text) + " is no value; write a number, a time such as 50ms, on or off")
}

// parseCount reads a whole number from min to max; what names it in the sentence.
func parseCount(text, what string, min, max uint64) (uint64, error) {
	if !isDigits(text) {
		return 0, errors.New(quote(text) + " is no whole number; " + what + " can be " + extent(min, max))
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v < min || v > max {
		return 0, errors.New(what + " can be " + extent(min, max) + ", not " + clip(text))
	}
	return v, nil
}

func extent(min, max uint64) string {
	return strconv.FormatUint(min, 10) + " to " + strconv.FormatUint(max, 10)
}

// split divides a value into its number and its unit.
func split(text string) (number, unit string) {
	i := 0
	for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == '.' || i == 0 && text[i] == '-') {
		i++
	}
	return text[:i], text[i:]
}

// isDecimal reports whether text looks like a number without a unit.
func isDecimal(text string) bool {
	number, unit := split(text)
	return unit == "" && number != "" && number != "-" && number != "."
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

var (
	errNumber = errors.New("no number")
	errFine   = errors.New("too fine")
	errLarge  = errors.New("too large")
)

// parseDecimal reads a decimal number times scale, a power of ten, exactly.
func parseDecimal(text string, scale int64) (int64, error) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	whole, part := text, ""
	for i := range len(text) {
		if text[i] == '.' {
			if part = text[i+1:]; !isDigits(part) {
				return 0, errNumber
			}
			whole = text[:i]
			break
		}
	}
	if !isDigits(whole) {
		return 0, errNumber
	}
	var v uint64
	for i := range len(whole) {
		if v > (math.MaxInt64-9)/10 {
			return 0, errLarge
		}
		v = v*10 + uint64(whole[i]-'0')
	}
	if v > math.MaxInt64/uint64(scale) {
		return 0, errLarge
	}
	v *= uint64(scale)
	for i := range len(part) {
		digit := uint64(part[i] - '0')
		if scale /= 10; scale == 0 {
			if digit != 0 {
				return 0, errFine
			}
			continue
		}
		v += digit * uint64(scale)
	}
	if v > math.MaxInt64 {
		return 0, errLarge
	}
	if negative {
		return -int64(v), nil
	}
	return int64(v), nil
}

// decimal writes v/scale exactly; scale is a power of ten.
func decimal(v, scale int64) string {
	m, u := magnitude(v), uint64(scale)
	b := make([]byte, 0, 24)
	if v < 0 {
		b = append(b, '-')
	}
	b = strconv.AppendUint(b, m/u, 10)
	if part := m % u; part != 0 {
		b = append(b, '.')
		for part != 0 {
			u /= 10
			b = append(b, '0'+byte(part/u))
			part %= u
		}
	}
	return string(b)
}

// magnitude returns |v|, of the smallest int64 too.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
