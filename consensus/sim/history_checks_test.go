package sim_test

import (
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

// slowChecks runs the actions from the beginning, and takes the digest behind each.
func slowChecks(t fataler, c sim.Config, actions []scenario.Action, until consensus.Time) (checks []trace.Digest) {
	w, err := sim.New(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := w.Schedule(actions); err != nil {
		t.Fatalf("%v", err)
	}
	for done := 0; w.StepUntil(until); {
		if w.Done() > done {
			done++
			checks = append(checks, w.Digest())
		}
	}
	return checks
}

// However a run came about, by hand, from a script, forked at any moment: the digests at
// its actions are those of running it from the beginning.
func TestChecksAreThoseOfARerun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenario.Defaults()
		s.Nodes, s.Seed = 3, rapid.Uint64Range(1, 50).Draw(t, "seed")
		c := raftConfig(s, nil)
		h, err := sim.NewHistory(c, storm(s.Seed, s.Nodes, consensus.Second))
		if err != nil {
			t.Fatalf("%v", err)
		}
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			at := consensus.Time(rapid.Int64Range(0, int64(3*consensus.Second)).Draw(t, "at"))
			if rapid.Bool().Draw(t, "act") {
				node := consensus.NodeID(rapid.IntRange(1, 3).Draw(t, "node"))
				kind := rapid.SampledFrom([]scenario.ActionKind{scenario.Crash, scenario.Restart, scenario.Timeout}).Draw(t, "kind")
				_, _, _ = h.Act(scenario.Action{At: at, Kind: kind, Node: node}) // may be impossible
			} else {
				h.RunUntil(at, rapid.IntRange(0, 500).Draw(t, "events"))
			}
			done := h.Head().Done()
			want := slowChecks(t, c, h.Actions()[:done], h.Head().Now())
			if got := h.Checks(); !slices.Equal(got, want[:min(done, len(want))]) || len(got) != done {
				t.Fatalf("%d done, checks are %v, want %v", done, got, want)
			}
		}
	})
}
