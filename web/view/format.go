package view

import (
	"strconv"

	"parley/consensus"
)

func itoa(v int64) string { return strconv.FormatInt(v, 10) }

// thin is the space between groups of digits: narrow, and no line breaks at it.
const thin = "\u202f"

// minus is the sign of a negative number.
const minus = "\u2212"

// FormatTime writes a moment in milliseconds with three decimals, the digits in groups
// of three: "1 204.567 ms". The unit stays the same through the run and the decimals
// are fixed, so a running clock does not jump.
func FormatTime(t consensus.Time) string { return FormatClock(t) + thin + "ms" }

// FormatClock is FormatTime without the unit: for columns.
func FormatClock(t consensus.Time) string {
	us := abs(int64(t)) / int64(consensus.Microsecond)
	s := FormatInt(us/1000) + "." + pad3(us%1000)
	if t < 0 {
		return minus + s
	}
	return s
}

// FormatSpan writes a duration with the unit that suits it and at most three
// significant decimals: "0", "250 ns", "12.5 µs", "150 ms", "1.25 s", "2 min 5 s".
func FormatSpan(d consensus.Duration) string {
	v := abs(int64(d))
	var s string
	switch {
	case v == 0:
		return "0"
	case v < 1000:
		s = itoa(v) + thin + "ns"
	case v < int64(consensus.Millisecond):
		s = decimal(v, 1000) + thin + "µs"
	case v < int64(consensus.Second):
		s = decimal(v, int64(consensus.Millisecond)) + thin + "ms"
	case v < 60*int64(consensus.Second):
		s = decimal(v, int64(consensus.Second)) + thin + "s"
	default:
		sec := v / int64(consensus.Second)
		s = itoa(sec/60) + thin + "min"
		if sec%60 != 0 {
			s += " " + itoa(sec%60) + thin + "s"
		}
	}
	if d < 0 {
		return minus + s
	}
	return s
}

// FormatInt writes a whole number, its digits in groups of three: "1 234 567".
func FormatInt(v int64) string {
	s := strconv.FormatUint(uint64(abs(v)), 10)
	var b []byte
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b = append(b, thin...)
		}
		b = append(b, s[i])
	}
	if v < 0 {
		return minus + string(b)
	}
	return string(b)
}

// FormatSize writes a number of bytes: "512 B", "1.5 KiB", "3 MiB".
func FormatSize(bytes int64) string {
	switch {
	case bytes < 1<<10:
		return itoa(bytes) + thin + "B"
	case bytes < 1<<20:
		return decimal(bytes, 1<<10) + thin + "KiB"
	}
	return decimal(bytes, 1<<20) + thin + "MiB"
}

// FormatShare writes parts per million as a percentage: "0 %", "2.5 %", "100 %".
func FormatShare(ppm int64) string { return decimal(ppm, 10_000) + thin + "%" }

// FormatDrift writes a clock's drift: "+50 ppm", "0 ppm".
func FormatDrift(ppm int64) string {
	s := FormatInt(ppm)
	if ppm > 0 {
		s = "+" + s
	}
	return s + thin + "ppm"
}

// decimal writes v/unit with three significant digits at least, whole digits always and
// no zeros at the end. It rounds down.
func decimal(v, unit int64) string {
	whole, rest := v/unit, v%unit
	s := FormatInt(whole)
	digits := 3
	switch {
	case whole >= 100:
		digits = 1
	case whole >= 10:
		digits = 2
	}
	var frac []byte
	for range digits {
		rest *= 10
		frac = append(frac, byte('0'+rest/unit))
		rest %= unit
	}
	for len(frac) > 0 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	if len(frac) == 0 {
		return s
	}
	return s + "." + string(frac)
}

func pad3(v int64) string {
	return string([]byte{byte('0' + v/100%10), byte('0' + v/10%10), byte('0' + v%10)})
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
