package scenario_test

import (
	"math"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/scenario/scenariotest"

	"pgregory.net/rapid"
)

func TestSpansAreExact(t *testing.T) {
	for v, want := range map[consensus.Duration]string{
		0: "0s", 1: "1ns", 999: "999ns", 1000: "1us", 1001: "1.001us", 1_000_000: "1ms", 999_999_999: "999.999999ms",
		1_000_000_000: "1s", 1_203_456_700: "1.2034567s", 90_000_000_000: "90s", -1500: "-1.5us", 3600_000_000_001: "3600.000000001s",
	} {
		if got := scenario.FormatSpan(v); got != want {
			t.Errorf("%d: got %s, want %s", v, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := consensus.Duration(rapid.Int64Range(-1<<62, 1<<62).Draw(t, "span"))
		got, err := scenario.ParseSpan(scenario.FormatSpan(v))
		if err != nil || got != v {
			t.Fatalf("%d is written %s and read %d, %v", v, scenario.FormatSpan(v), got, err)
		}
	})
	for _, text := range []string{"", "1", "ms", "-", "-ms", ".5s", "5.s", "1e3s", "+1s", "1 s", "1,5s", "1.2.3s", "--1s", "1h", "0.0000000001s", "9223372036854775808ns"} {
		if v, err := scenario.ParseSpan(text); err == nil {
			t.Errorf("%q was read as %d", text, v)
		}
	}
	for text, want := range map[string]consensus.Duration{"1µs": 1000, "1μs": 1000, "1.500000000000s": 1_500_000_000, "0": 0, "-0s": 0, "007ms": 7_000_000} {
		if v, err := scenario.ParseSpan(text); err != nil || v != want {
			t.Errorf("%q was read as %d, %v; want %d", text, v, err, want)
		}
	}
	if got := scenario.FormatSpan(math.MinInt64); got != "-9223372036.854775808s" {
		t.Errorf("the smallest time is written %s", got)
	}
}

func TestDialTableIsWhole(t *testing.T) {
	defaults := scenario.Defaults()
	if err := defaults.Validate(); err != nil {
		t.Fatal(err)
	}
	for d := 1; d < len(scenario.DialTable); d++ {
		i := scenario.Dial(d).Info()
		if int(i.Dial) != d || i.Name == "" || i.Unit == 0 || i.Min > i.Default || i.Default > i.Max || !strings.HasSuffix(i.Says, ".") {
			t.Errorf("row %d of the table: %+v", d, i)
		}
		if defaults.Dials[d] != i.Default {
			t.Errorf("%s: Defaults has %d, the table %d", i.Name, defaults.Dials[d], i.Default)
		}
		if got, ok := scenario.DialNamed(i.Name); !ok || got != i.Dial {
			t.Errorf("%s is not found by its name", i.Name)
		}
	}
	if len(scenario.DialTable) != len(scenario.Dials{}) {
		t.Errorf("%d rows for %d dials", len(scenario.DialTable), len(scenario.Dials{}))
	}
	for _, d := range []scenario.Dial{0, scenario.Dial(len(scenario.DialTable)), 255} {
		if d.Info() != nil {
			t.Errorf("dial %d has a row", d)
		}
		if _, err := scenario.ParseDial(d, "1ms"); err == nil {
			t.Errorf("dial %d has a value", d)
		}
	}
	if _, ok := scenario.DialNamed(""); ok {
		t.Error("a dial without a name")
	}
}

// A form shows the unit beside the field, so it may be left out there.
func TestFormsMayLeaveTheUnitOut(t *testing.T) {
	for _, c := range []struct {
		dial scenario.Dial
		text string
		want int64
	}{
		{scenario.Latency, " 50 ", 50_000_000}, {scenario.Latency, "0.2", 200_000}, {scenario.Latency, "2s", 2_000_000_000}, {scenario.Latency, "0", 0},
		{scenario.LossRate, "0.5", 5000}, {scenario.LossRate, "100%", 1_000_000}, {scenario.Pace, "2.5", 2500}, {scenario.Pace, "20/s", 20_000},
	} {
		if v, err := scenario.ParseDial(c.dial, c.text); err != nil || v != c.want {
			t.Errorf("%s %q: %d, %v; want %d", c.dial, c.text, v, err, c.want)
		}
	}
	for _, c := range []struct {
		dial       scenario.Dial
		text, want string
	}{
		{scenario.Latency, "70000", "latency can be 0s to 60s, not 70s"},
		{scenario.Latency, "fast", `"fast" is no time; write it as 1.5s, 10ms, 200us or 50ns`},
		{scenario.LossRate, "-1", "loss can be 0% to 100%, not -1%"},
		{scenario.Pace, "<b>", `"<b>" is no rate; write it as 20/s`},
	} {
		if v, err := scenario.ParseDial(c.dial, c.text); err == nil || err.Error() != c.want {
			t.Errorf("%s %q: %d, %v; want %s", c.dial, c.text, v, err, c.want)
		}
	}
}

func TestDialsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := scenario.Dial(rapid.IntRange(1, len(scenario.DialTable)-1).Draw(t, "dial"))
		v := scenariotest.Dial(d).Draw(t, "value")
		got, err := scenario.ParseDial(d, scenario.FormatDial(d, v))
		if err != nil || got != v {
			t.Fatalf("%s %d is written %s and read %d, %v", d, v, scenario.FormatDial(d, v), got, err)
		}
	})
}

func TestOptionsInForms(t *testing.T) {
	ms, on, count := &protocol.Options[0], &protocol.Options[1], &protocol.Options[2]
	for _, c := range []struct {
		option *consensus.OptionInfo
		text   string
		want   int64
		shown  string
	}{
		{ms, "20", 20_000_000, "20ms"}, {ms, "1s", 1_000_000_000, "1s"}, {on, "on", 1, "on"}, {on, "0", 0, "off"}, {count, " 7", 7, "7"},
	} {
		v, err := scenario.ParseOption(c.option, c.text)
		if err != nil || v != c.want || scenario.FormatOption(c.option, v) != c.shown {
			t.Errorf("%s %q: %d, %v, shown %s", c.option.Name, c.text, v, err, scenario.FormatOption(c.option, v))
		}
	}
	for _, c := range []struct {
		option *consensus.OptionInfo
		text   string
		want   string
	}{
		{ms, "0", "heartbeat can be 1ms to 1s, not 0s"}, {ms, "soon", `"soon" is no time; write it as 1.5s, 10ms, 200us or 50ns`},
		{on, "2", "prevote can be on or off, not 2"}, {count, "65", "batch can be 1 to 64, not 65"}, {count, "", `"" is no value; write a number, a time such as 50ms, on or off`},
	} {
		if v, err := scenario.ParseOption(c.option, c.text); err == nil || err.Error() != c.want {
			t.Errorf("%s %q: %d, %v; want %s", c.option.Name, c.text, v, err, c.want)
		}
	}
}

// FuzzParseDial: whatever is typed into a dial's field is a value of the dial that reads
// back, or is refused with a sentence.
func FuzzParseDial(f *testing.F) {
	for _, text := range []string{"10ms", "0.5%", "2.5/s", "50", "-1", "", "1e9s", "99999999999999999999"} {
		f.Add(uint8(scenario.Latency), text)
		f.Add(uint8(scenario.LossRate), text)
		f.Add(uint8(scenario.Pace), text)
	}
	f.Fuzz(func(t *testing.T, d uint8, text string) {
		dial := scenario.Dial(d)
		v, err := scenario.ParseDial(dial, text)
		if err != nil {
			if len(err.Error()) == 0 || len(err.Error()) > 400 {
				t.Fatalf("%q: %q", text, err)
			}
			return
		}
		if i := dial.Info(); i == nil || v < i.Min || v > i.Max {
			t.Fatalf("%q was read as %d", text, v)
		}
		if again, err := scenario.ParseDial(dial, scenario.FormatDial(dial, v)); err != nil || again != v {
			t.Fatalf("%q was read as %d and then as %d, %v", text, v, again, err)
		}
	})
}
