package sim_test

import (
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
	"pgregory.net/rapid"
)

// chain remembers the digest after each number of events.
type chain struct {
	digests []trace.Digest // digests[n]: after n events
	events  []trace.Event
}

func (c *chain) drain(t fataler, h *sim.History) {
	first, events := h.Head().Drain()
	if first > len(c.events) {
		t.Fatalf("drained from event %d, there are %d", first, len(c.events))
	}
	c.events = append(c.events[:first], events...)
	if len(c.digests) == 0 {
		c.digests = []trace.Digest{0}
	}
	c.digests = c.digests[:first+1]
	for i := range events {
		c.digests = append(c.digests, c.digests[first+i].Add(&events[i]))
	}
}

type fataler interface{ Fatalf(string, ...any) }

// slowSeek is the obvious way to a moment: run from the beginning. It returns the last
// World whose events are at most n.
func slowSeek(t fataler, c sim.Config, actions []scenario.Action, n int) *sim.World {
	w, err := sim.New(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := w.Schedule(actions); err != nil {
		t.Fatalf("%v", err)
	}
	for w.Events() < n {
		before := w.Clone()
		if !w.Step() {
			break
		}
		if w.Events() > n {
			return before
		}
	}
	return w
}

// Whatever is done to a run, wherever it is forked: each of its moments can be sought,
// and is what running from the beginning gives.
func TestSeekIsRunningFromTheBeginning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := sim.Config{Setup: drawSetup(t), Algorithm: echoes}
		h, err := sim.NewHistory(config, nil)
		if err != nil {
			t.Fatal(err)
		}
		var c chain
		forks := 0
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			h.RunUntil(h.Head().Now()+consensus.Duration(rapid.Int64Range(0, int64(20*ms)).Draw(t, "run")), 600)
			if rapid.Bool().Draw(t, "drain") {
				c.drain(t, h)
			}
			a := drawAction(t, h.Head())
			a.At = consensus.Time(rapid.Int64Range(0, int64(h.Head().Now())).Draw(t, "at"))
			if rapid.Bool().Draw(t, "now") {
				a.At = h.Head().Now()
			}
			events, actions, digest := h.Head().Events(), len(h.Actions()), h.Head().Digest()
			kept, forked, err := h.Act(a)
			switch {
			case err != nil:
				if h.Head().Events() != events || h.Head().Digest() != digest || len(h.Actions()) != actions {
					if a.At < h.Head().Now() {
						t.Fatalf("refused (%v) and left a mark", err)
					}
				}
			case forked:
				forks++
				if kept > events {
					t.Fatalf("kept %d of %d events", kept, events)
				}
			case kept < events:
				t.Fatalf("kept %d of %d events and did not fork", kept, events)
			}
			for i, x := range h.Actions() {
				if i > 0 && x.At < h.Actions()[i-1].At {
					t.Fatalf("the actions are out of order: %v", h.Actions())
				}
			}
		}
		h.RunUntil(h.Head().Now()+5*ms, 2000)
		c.drain(t, h)
		head := h.Head()
		if len(c.events) != head.Events() || c.digests[len(c.events)] != head.Digest() {
			t.Fatalf("%d events were drained with digest %v, the head says %d and %v", len(c.events), c.digests[len(c.events)], head.Events(), head.Digest())
		}
		for range 6 {
			n := rapid.IntRange(0, head.Events()+2).Draw(t, "seek")
			w := h.Seek(n)
			slow := slowSeek(t, config, h.Actions(), min(n, head.Events()))
			if w.Events() != slow.Events() || w.Digest() != slow.Digest() || w.Digest() != c.digests[w.Events()] {
				t.Fatalf("Seek(%d) gives %d events and %v, the slow way %d and %v", n, w.Events(), w.Digest(), slow.Events(), slow.Digest())
			}
			sameNodes(t, w, slow)
			at := consensus.Time(rapid.Int64Range(0, int64(head.Now())).Draw(t, "time"))
			w = h.SeekTime(at)
			before := 0
			for before < len(c.events) && c.events[before].T <= at {
				before++
			}
			if w.Now() != at && w != head || w.Events() != before || w.Digest() != c.digests[before] {
				t.Fatalf("SeekTime(%d) gives %d events at %d, there are %d until then", at, w.Events(), w.Now(), before)
			}
		}
	})
}

func sameNodes(t fataler, a, b *sim.World) {
	for id := consensus.NodeID(1); int(id) <= a.Setup().Nodes; id++ {
		x, upX := a.Inspect(id)
		y, upY := b.Inspect(id)
		if upX != upY || x.Term != y.Term || x.Commit != y.Commit || x.Applied != y.Applied ||
			upX && x.Fields[0].Value != y.Fields[0].Value || string(a.Disk(id)) != string(b.Disk(id)) {
			t.Fatalf("%v is %+v, the slow way %+v", id, x, y)
		}
	}
}

// A long run keeps a bounded number of checkpoints and still finds every moment, at
// each of which it has the digest that it had the first time.
func TestALongRunCanBeSoughtEverywhere(t *testing.T) {
	s := quietSetup(5, 2)
	s.Dials[scenario.Jitter], s.Dials[scenario.Pace] = int64(10*ms), 50_000
	s.Dials[scenario.LossRate] = 50_000
	h, err := sim.NewHistory(sim.Config{Setup: s, Algorithm: echoes}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var c chain
	for h.Head().Events() < 420_000 { // the checkpoints are thinned out once
		h.RunUntil(scenario.RunMax, 10_000)
		c.drain(t, h)
	}
	marks := h.Marks()
	if len(marks) > 257 || len(marks) < 120 {
		t.Errorf("%d checkpoints", len(marks))
	}
	for i := 1; i < len(marks); i++ {
		if d := marks[i] - marks[i-1]; d > 4200 || d < 2048 {
			t.Errorf("a checkpoint %d events after the one before, at %d", d, marks[i])
		}
	}
	r := consensus.Rand(1)
	for range 60 {
		n := int(r.Below(int64(len(c.events))))
		w := h.Seek(n)
		if w.Events() > n || n-w.Events() > 50 || w.Digest() != c.digests[w.Events()] {
			t.Fatalf("Seek(%d) gives %d events and %v, the first time it was %v", n, w.Events(), w.Digest(), c.digests[w.Events()])
		}
	}
	for n := 200_000; n < 200_100; n++ { // neighbours, as stepping does
		if w := h.Seek(n); w.Digest() != c.digests[w.Events()] {
			t.Fatalf("Seek(%d) gives %v", n, w.Digest())
		}
	}
	for n := 200_100; n > 200_000; n -= 7 {
		if w := h.Seek(n); w.Digest() != c.digests[w.Events()] {
			t.Fatalf("Seek(%d) gives %v", n, w.Digest())
		}
	}
}

// Acting in the past drops what came after it, the actions too, and leaves what came
// before as it was.
func TestActingInThePastForks(t *testing.T) {
	config := sim.Config{Setup: quietSetup(3, 1), Algorithm: echoes}
	h, err := sim.NewHistory(config, []scenario.Action{{At: 900 * ms, Kind: scenario.Crash, Node: 3}})
	if err != nil {
		t.Fatal(err)
	}
	h.RunUntil(300*ms, 0)
	crash := func(at consensus.Time, node consensus.NodeID) scenario.Action {
		return scenario.Action{At: at, Kind: scenario.Crash, Node: node}
	}
	if _, forked, err := h.Act(crash(400*ms, 1)); err != nil || !forked {
		t.Fatalf("the recorded action after it was dropped: %v, %v", forked, err)
	}
	if _, forked, err := h.Act(scenario.Action{At: 500 * ms, Kind: scenario.Restart, Node: 1}); err != nil || forked {
		t.Fatalf("nothing was dropped: %v, %v", forked, err)
	}
	h.RunUntil(consensus.Second, 0)
	_, events := h.Head().Drain()
	events = append([]trace.Event(nil), events...)
	before := 0
	for events[before].T <= 450*ms {
		before++
	}
	if _, _, err := h.Act(crash(450*ms, 1)); err == nil || err.Error() != "N1 is already down" {
		t.Fatalf("impossible: %v", err)
	}
	if h.Head().Now() != consensus.Second || len(h.Actions()) != 2 {
		t.Fatal("an impossible action changed the run")
	}
	kept, forked, err := h.Act(crash(450*ms, 2))
	if err != nil || !forked || kept != before || h.Head().Now() != 450*ms || len(h.Actions()) != 2 || h.Actions()[1].Node != 2 {
		t.Fatalf("forked %v with %d of %d events (%d before), at %d, actions %+v: %v",
			forked, kept, len(events), before, h.Head().Now(), h.Actions(), err)
	}
	first, rest := h.Head().Drain()
	if first != kept || len(rest) != 1 || rest[0].Kind != trace.Crash || rest[0].Node != 2 || rest[0].ID != 2 {
		t.Fatalf("drained from %d: %+v", first, rest)
	}
	h.RunUntil(consensus.Second, 0)
	if w := h.SeekTime(440 * ms); !w.Up(2) || w.Up(1) {
		t.Error("the past before the fork is not what it was")
	}
	if h.Head().Up(1) || h.Head().Up(2) || !h.Head().Up(3) {
		t.Error("the new future is not what was decided")
	}
}

// After a fork nothing of the old future is found by seeking.
func TestTheOldFutureIsForgotten(t *testing.T) {
	h, err := sim.NewHistory(sim.Config{Setup: quietSetup(3, 0), Algorithm: echoes}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var c chain
	to := func(events int) {
		for h.Head().Events() < events {
			h.RunUntil(scenario.RunMax, 100)
		}
		c.drain(t, h)
	}
	to(9000)
	at := c.events[3000].T
	if _, forked, err := h.Act(scenario.Action{At: at, Kind: scenario.SwitchOff, Text: "echo.answer"}); err != nil || !forked {
		t.Fatal(forked, err)
	}
	to(9000)
	for n := 0; n < 9000; n += 50 {
		if w := h.Seek(n); w.Digest() != c.digests[w.Events()] {
			t.Fatalf("Seek(%d) finds what is no more", n)
		}
	}
}

// What nobody drained before a fork is still there to be drained, up to the fork.
func TestDrainingAcrossAFork(t *testing.T) {
	h, err := sim.NewHistory(sim.Config{Setup: quietSetup(2, 0), Algorithm: echoes}, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.RunUntil(100*ms, 0)
	first, drained := h.Head().Drain()
	n := len(drained)
	h.RunUntil(consensus.Second, 0)
	kept, _, err := h.Act(scenario.Action{At: 500 * ms, Kind: scenario.Crash, Node: 1})
	if err != nil || first != 0 {
		t.Fatal(err)
	}
	first, events := h.Head().Drain()
	if first != n || first+len(events) != h.Head().Events() || kept != h.Head().Events()-1 {
		t.Errorf("%d events were drained; after the fork come %d from %d, kept %d of now %d", n, len(events), first, kept, h.Head().Events())
	}
}
