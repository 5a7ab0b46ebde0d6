package rerun_test

import (
	"errors"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

func parse(t *testing.T, text string) scenario.Script {
	t.Helper()
	s, err := scenario.ParseFor(text, registry.Known())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func config(t *testing.T, s *scenario.Script) sim.Config {
	t.Helper()
	c, err := registry.Config(s.Setup)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func record(t *testing.T, text string, end consensus.Time) replay.Recording {
	t.Helper()
	s := parse(t, text)
	r, err := rerun.Record(s, config(t, &s), end, 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func verify(t *testing.T, r *replay.Recording) rerun.Verdict {
	t.Helper()
	v, err := rerun.Verify(r, config(t, &r.Script), 0)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const story = `nodes 5
seed 3
clients 2
at 400ms request c1: set x 3
at 500ms crash n1
at 500ms mark N1 is gone
at 600ms partition n1 n2 | n3 n4 n5
at 600ms crash n1
at 900ms heal all
at 1s restart n1
at 1500ms mark the end
at 1500ms crash n2
at 3s crash n3
`

// A recording is as long as it was asked to be, and is the same when it is run again, from
// each of its forms.
func TestRecordAndVerify(t *testing.T) {
	r := record(t, story, 2*consensus.Second)
	if len(r.Script.Actions) != 7 || len(r.Checks) != 7 || len(r.Script.Markers) != 2 || r.Known != replay.KnownMax {
		t.Fatalf("%d actions, %d checks, %d markers, %d known", len(r.Script.Actions), len(r.Checks), len(r.Script.Markers), r.Known)
	}
	// The obvious way: the whole trace, cut where the actions are.
	w, err := sim.New(config(t, &r.Script))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(r.Script.Actions); err != nil {
		t.Fatal(err)
	}
	for i, a := range r.Script.Actions {
		if i+1 < len(r.Script.Actions) && r.Script.Actions[i+1].At == a.At || a.Kind == scenario.Restart {
			continue // something follows at the same moment
		}
		c := w.Clone()
		c.RunUntil(a.At, 0)
		if c.Digest() != r.Checks[i] {
			t.Errorf("action %d: digest %s, want %s", i+1, r.Checks[i], c.Digest())
		}
	}
	if w.RunUntil(r.End, 0); w.Digest() != r.Digest {
		t.Errorf("the digest is %s, want %s", r.Digest, w.Digest())
	}

	code, err := r.Link()
	if err != nil {
		t.Fatal(err)
	}
	linked, err := replay.ReadLink(code)
	if err != nil {
		t.Fatal(err)
	}
	read, recorded, err := replay.ReadTextFor(r.Text(), registry.Known())
	if err != nil || !recorded {
		t.Fatal(err)
	}
	for _, r := range []replay.Recording{r, linked, read} {
		v := verify(t, &r)
		if v.State != rerun.Equal || v.At != r.End || v.True != r.End || v.Events != w.Events() {
			t.Errorf("%+v", v)
		}
		if want := "the run is the one that was recorded"; !strings.HasPrefix(v.Says(), want) {
			t.Errorf("it says %s", v.Says())
		}
	}
}

// Run in pieces of any size gives the same verdict, and is not longer deaf than asked.
func TestPieces(t *testing.T) {
	r := record(t, story, 2*consensus.Second)
	whole := verify(t, &r)
	for _, events := range []int{1, 7, 1000} {
		k, err := rerun.New(&r, config(t, &r.Script), 0)
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for k.Verdict().State == rerun.Running {
			v := k.Run(events)
			if v.Events > last+events+200 { // a step is done as a whole
				t.Fatalf("pieces of %d: %d events at once", events, v.Events-last)
			}
			last = v.Events
		}
		if k.Verdict() != whole || k.Run(10) != whole {
			t.Errorf("pieces of %d: %+v, want %+v", events, k.Verdict(), whole)
		}
	}
}

// Each thing that may differ is found, at the action from which on it does.
func TestWhatDiffers(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*replay.Recording)
		action int
		at     consensus.Time
		isTrue consensus.Time
	}{
		{"the seed", func(r *replay.Recording) { r.Script.Setup.Seed++ }, 1, 400_000_000, 0},
		{"a dial", func(r *replay.Recording) { r.Script.Setup.Dials[scenario.Jitter]++ }, 1, 400_000_000, 0},
		{"a node of an action", func(r *replay.Recording) { r.Script.Actions[2].Groups[0] = consensus.SetOf(1) }, 3, 600_000_000, 500_000_000},
		{"a command", func(r *replay.Recording) { r.Script.Actions[0].Text = "set x 44" }, 1, 400_000_000, 0},
		{"a moment", func(r *replay.Recording) { r.Script.Actions[4].At++ }, 5, 900_000_001, 600_000_000},
		{"a check", func(r *replay.Recording) { r.Checks[4] ^= 1 }, 5, 900_000_000, 600_000_000},
		{"the digest", func(r *replay.Recording) { r.Digest ^= 1 }, 0, 2_000_000_000, 1_500_000_000},
		{"the end", func(r *replay.Recording) { r.End += consensus.Second }, 0, 3_000_000_000, 1_500_000_000},
	} {
		r := record(t, story, 2*consensus.Second)
		c.change(&r)
		v := verify(t, &r)
		if v.State != rerun.Differs || v.Action != c.action || v.At != c.at || v.True != c.isTrue {
			t.Errorf("%s: %+v", c.name, v)
		}
		want := "from action " + string(rune('0'+c.action)) + " on (t = " + scenario.FormatSpan(c.at) + ")"
		if c.action == 0 {
			want = "after " + scenario.FormatSpan(c.isTrue)
		}
		if !strings.Contains(v.Says(), want) {
			t.Errorf("%s: it says %q, want %q", c.name, v.Says(), want)
		}
	}
}

// A link of a few characters that asks for a billion events is stopped and says so.
func TestBillions(t *testing.T) {
	s := parse(t, "nodes 9\nclients 32\npace 100000/s\nlatency 0s jitter 0s disk 0s\n")
	r := replay.Recording{Epochs: rerun.Epochs(config(t, &s).Algorithm.Protocol), Script: s, End: scenario.RunMax, Known: 16}
	const bound = 200_000
	v, err := rerun.Verify(&r, config(t, &s), bound)
	if err != nil || v.State != rerun.Stopped || v.At >= r.End || v.Events < bound || v.Events > bound+1000 || !strings.Contains(v.Says(), "more events than are run") {
		t.Errorf("%v, %+v: %s", err, v, v.Says())
	}
	_, err = rerun.Record(s, config(t, &s), scenario.RunMax, bound)
	var stopped *rerun.StoppedError
	if !errors.As(err, &stopped) || stopped.Events < bound || stopped.Error() == "" {
		t.Errorf("recorded: %v", err)
	}
}

// Nothing happens in a World without an event, or a bound on events would bound nothing.
func TestEveryStepIsAnEvent(t *testing.T) {
	for _, text := range []string{story, "nodes 1\nclients 3\npace 100000/s\nat 0s crash n1\n", "engine multipaxos\nclients 3\npace 1000/s\n", "engine synod\nat 0s timeout n1\n"} {
		s := parse(t, text)
		w, err := sim.New(config(t, &s))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Schedule(s.Actions); err != nil {
			t.Fatal(err)
		}
		quiet := 0
		for range 20_000 {
			before := w.Events()
			if !w.StepUntil(10 * consensus.Second) {
				break
			}
			if w.Events() == before {
				quiet++
			}
		}
		if quiet > w.Events()/10 {
			t.Errorf("%d steps without one of %d events\n%s", quiet, w.Events(), text)
		}
	}
}
