package scene

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
)

// Bounds of the time across a diagram.
const (
	SpanMin = 50 * consensus.Microsecond
	SpanMax = scenario.RunMax
)

// Window is the piece of time that a diagram shows.
type Window struct{ Left, Span consensus.Time }

// Zoom makes the window's span smaller (factor above 1) or larger; the moment at a
// fraction of its width, from 0 to 1, stays where it is.
func (v Window) Zoom(at, factor float64) Window {
	span := consensus.Time(clamp(float64(v.Span)/factor, float64(SpanMin), float64(SpanMax)))
	v.Left += consensus.Time(at * float64(v.Span-span))
	v.Span = span
	return v.bounded()
}

// Pan moves the window by a fraction of its width; positive goes to later times.
func (v Window) Pan(by float64) Window {
	v.Left += consensus.Time(by * float64(v.Span))
	return v.bounded()
}

// Keep moves the window just far enough that a moment stands in it: at three quarters of
// its width when it runs off the right, as it does while a run plays, or in the middle
// when it is elsewhere.
func (v Window) Keep(t consensus.Time) Window {
	quarter := v.Span / 4
	switch {
	case t < v.Left || t > v.Left+2*v.Span:
		v.Left = t - v.Span/2
	case t > v.Left+3*quarter:
		v.Left = t - 3*quarter
	}
	return v.bounded()
}

// bounded keeps at least a part of the window within the time of a run.
func (v Window) bounded() Window {
	v.Left = max(-v.Span/8, min(v.Left, SpanMax-v.Span/4))
	return v
}

// tickSteps are what a tick may be worth, in every power of ten.
var tickSteps = [...]consensus.Time{1, 2, 5}

// tick returns the distance of ticks for a window: at least so many pixels, in round
// numbers.
func tick(span consensus.Time, width, least float64) consensus.Time {
	want := consensus.Time(float64(span) * least / max(width, 1))
	for power := consensus.Time(1000); ; power *= 10 {
		for _, s := range tickSteps {
			if s*power >= want || power > 1e12 {
				return s * power
			}
		}
	}
}

// tickLabel writes a moment in milliseconds with as many decimals as ticks so far apart
// need.
func tickLabel(t, step consensus.Time) string {
	decimals := 0
	for unit := consensus.Millisecond; step%unit != 0 && decimals < 3; unit /= 10 {
		decimals++
	}
	whole := t / consensus.Millisecond
	s := strconv.FormatInt(int64(whole), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	if decimals > 0 {
		rest := int64(t % consensus.Millisecond / consensus.Microsecond)
		frac := strconv.FormatInt(1000+rest, 10)[1:]
		s += "." + frac[:decimals]
	}
	return s
}
