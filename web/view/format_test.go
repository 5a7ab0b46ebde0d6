package view

import (
	"math"
	"strings"
	"testing"

	"parley/consensus"
)

func plain(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, thin, " "), minus, "-") }

func TestFormats(t *testing.T) {
	const ms = consensus.Millisecond
	for _, c := range []struct{ got, want string }{
		{FormatTime(0), "0.000 ms"},
		{FormatTime(1_204_567_899), "1 204.567 ms"},
		{FormatTime(-5 * ms), "-5.000 ms"},
		{FormatClock(12 * ms), "12.000"},
		{FormatSpan(0), "0"},
		{FormatSpan(250), "250 ns"},
		{FormatSpan(12_500), "12.5 µs"},
		{FormatSpan(200_000), "200 µs"},
		{FormatSpan(150 * ms), "150 ms"},
		{FormatSpan(15_250_000), "15.25 ms"},
		{FormatSpan(1250 * ms), "1.25 s"},
		{FormatSpan(60_000 * ms), "1 min"},
		{FormatSpan(125_000 * ms), "2 min 5 s"},
		{FormatSpan(-3 * ms), "-3 ms"},
		{FormatInt(0), "0"},
		{FormatInt(999), "999"},
		{FormatInt(1000), "1 000"},
		{FormatInt(-1234567), "-1 234 567"},
		{FormatInt(math.MinInt64), "-9 223 372 036 854 775 808"},
		{FormatSize(512), "512 B"},
		{FormatSize(1536), "1.5 KiB"},
		{FormatSize(3 << 20), "3 MiB"},
		{FormatShare(0), "0 %"},
		{FormatShare(25_000), "2.5 %"},
		{FormatShare(1_000_000), "100 %"},
		{FormatShare(1), "0 %"},
		{FormatShare(100), "0.01 %"},
		{FormatDrift(50), "+50 ppm"},
		{FormatDrift(0), "0 ppm"},
		{FormatDrift(-1000), "-1 000 ppm"},
	} {
		if got := plain(c.got); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestClockDoesNotJump(t *testing.T) {
	at := consensus.Time(123_000_000)
	want := len(FormatTime(at))
	for range 500 {
		at += 777_777
		if got := len(FormatTime(at)); at < 1_000_000_000 && got != want {
			t.Fatalf("%q is %d bytes, want %d", FormatTime(at), got, want)
		}
	}
}

func TestSpeeds(t *testing.T) {
	for _, c := range []struct {
		v    Speed
		want string
	}{{0, "1/1000×"}, {1, "1/500×"}, {SpeedDefault, "1/100×"}, {11, "1/2×"}, {12, "1×"}, {13, "2×"}, {SpeedMax, "100×"}, {99, "100×"}, {-1, "1/1000×"}} {
		if got := c.v.String(); got != c.want {
			t.Errorf("speed %d is %q, want %q", c.v, got, c.want)
		}
	}
	if got := SpeedDefault.Virtual(1500 * consensus.Millisecond); got != 15*consensus.Millisecond {
		t.Errorf("1.5 s at 1/100 is %v", FormatSpan(got))
	}
	if got := SpeedMax.Virtual(3 * consensus.Second); got != 300*consensus.Second {
		t.Errorf("3 s at 100 is %v", FormatSpan(got))
	}
	for v := Speed(1); v <= SpeedMax; v++ {
		if v.Virtual(consensus.Second) <= (v - 1).Virtual(consensus.Second) {
			t.Errorf("speed %d is not faster than the one below", v)
		}
	}
}
