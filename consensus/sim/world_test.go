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

const ms = consensus.Millisecond

// open makes a World of echoes.
func open(t testing.TB, s scenario.Setup) *sim.World {
	t.Helper()
	w, err := sim.New(sim.Config{Setup: s, Algorithm: echoes})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// quietSetup is a cluster of echoes whose dials are plain: exactly 10 ms a message,
// 1 ms a write, nobody lost.
func quietSetup(nodes, clients int) scenario.Setup {
	s := scenario.Defaults()
	s.Engine, s.Nodes, s.Clients = "echo", nodes, clients
	s.Dials[scenario.Jitter] = 0
	s.Dials[scenario.DiskTime] = int64(ms)
	return s
}

func option(name string, v int64) scenario.Option { return scenario.Option{Name: name, Value: v} }

// drawSetup draws a setup of echoes with every dial anywhere it makes sense.
func drawSetup(t *rapid.T) scenario.Setup {
	s := scenario.Setup{
		Engine: "echo", Nodes: rapid.IntRange(1, 6).Draw(t, "nodes"), Clients: rapid.IntRange(0, 3).Draw(t, "clients"),
		Seed: rapid.Uint64().Draw(t, "seed"),
	}
	span := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, int64(30*ms)))
	share := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, scenario.Million))
	for d := scenario.Latency; d.Info() != nil; d++ {
		switch d.Info().Unit {
		case scenario.Span:
			s.Dials[d] = span.Draw(t, d.String())
		case scenario.Share:
			s.Dials[d] = share.Draw(t, d.String())
		}
	}
	s.Dials[scenario.Patience] = rapid.Int64Range(int64(ms), int64(100*ms)).Draw(t, "patience")
	s.Dials[scenario.Pace] = rapid.SampledFrom([]int64{0, 5_000, 100_000, scenario.PaceMax}).Draw(t, "pace")
	s.Options = []scenario.Option{
		option("period", rapid.Int64Range(int64(ms), int64(50*ms)).Draw(t, "period")),
		option("spread", span.Draw(t, "spread")),
		option("write", rapid.Int64Range(0, 1).Draw(t, "write")),
		option("loose", rapid.Int64Range(0, 1).Draw(t, "loose")),
		option("size", rapid.Int64Range(0, 100).Draw(t, "size")),
	}
	return s
}

// drawAction draws any action, most of them possible.
func drawAction(t *rapid.T, w *sim.World) scenario.Action {
	s := w.Setup()
	node := func(name string) consensus.NodeID {
		return consensus.NodeID(rapid.IntRange(0, s.Nodes+1).Draw(t, name))
	}
	share := rapid.Int64Range(0, scenario.Million)
	a := scenario.Action{
		Kind: scenario.ActionKind(rapid.IntRange(1, int(scenario.SwitchOn)).Draw(t, "kind")),
		Node: node("node"), Peer: node("peer"),
	}
	switch a.Kind {
	case scenario.Timeout:
		a.Timer = consensus.TimerID(rapid.IntRange(0, 2).Draw(t, "timer"))
	case scenario.Request:
		a.Node, a.Text = consensus.Client(rapid.IntRange(1, 3).Draw(t, "client")), "set a 1"
	case scenario.Partition:
		for i := 0; i < s.Nodes; i += 2 {
			var g consensus.NodeSet
			g.Add(consensus.NodeID(i + 1))
			a.Groups = append(a.Groups, g)
		}
		a.Groups = a.Groups[:rapid.IntRange(0, len(a.Groups)).Draw(t, "groups")]
	case scenario.Drop, scenario.Copy, scenario.Hold:
		a.Message = uint32(rapid.IntRange(0, 400).Draw(t, "message"))
		for range 300 { // rather one that is in flight
			if _, ok := w.Message(a.Message); ok {
				break
			}
			a.Message++
		}
		a.Value = rapid.Int64Range(0, int64(50*ms)).Draw(t, "value")
	case scenario.Turn:
		a.Dial = scenario.Dial(rapid.IntRange(1, int(scenario.Pace)).Draw(t, "dial"))
		switch a.Dial.Info().Unit {
		case scenario.Share:
			a.Value = share.Draw(t, "value")
		case scenario.Span:
			a.Value = rapid.Int64Range(int64(ms), int64(30*ms)).Draw(t, "value")
		default:
			a.Value = 10_000
		}
	case scenario.SetClock:
		a.Value = rapid.Int64Range(-1e9, 1e9).Draw(t, "value")
		a.Drift = int32(rapid.IntRange(-scenario.DriftMax, scenario.DriftMax).Draw(t, "drift"))
	case scenario.SetOption:
		a.Text, a.Value = rapid.SampledFrom([]string{"answer", "resets", "write", "none"}).Draw(t, "option"), rapid.Int64Range(0, 2).Draw(t, "value")
	case scenario.SwitchOff, scenario.SwitchOn:
		a.Text = rapid.SampledFrom([]string{"echo.answer", "echo.fixed"}).Draw(t, "rule")
	}
	return a
}

// loosely reports whether the engine of a setup may write loosely.
func loosely(s scenario.Setup) bool {
	for _, o := range s.Options {
		if o.Name == "loose" && o.Value == 1 {
			return true
		}
	}
	return false
}

// Any run, whatever is done to it, has a trace in which every message, timer, write
// and client does only what it can; and what was recorded of it gives it again.
func TestAnyRunIsSoundAndRepeatsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSetup(t)
		w, err := sim.New(sim.Config{Setup: s, Algorithm: echoes})
		if err != nil {
			t.Fatal(err)
		}
		a := newAudit(s)
		a.loose = loosely(s)
		refused := 0
		type moment struct {
			at     consensus.Time
			events int
			digest trace.Digest
		}
		var path []moment
		var past *sim.World
		for range rapid.IntRange(1, 25).Draw(t, "acts") {
			w.RunUntil(w.Now()+consensus.Duration(rapid.Int64Range(0, int64(20*ms)).Draw(t, "run")), 400)
			if err := a.read(w); err != nil {
				t.Fatal(err)
			}
			before := w.Events()
			if err := w.Act(drawAction(t, w)); err != nil {
				refused++
				if len(err.Error()) < 10 {
					t.Fatalf("no sentence: %q", err)
				}
			}
			if err := a.read(w); err != nil {
				t.Fatalf("after %d events: %v", before, err)
			}
			path = append(path, moment{w.Now(), w.Events(), w.Digest()})
			if past == nil && rapid.IntRange(0, 5).Draw(t, "clone") == 0 {
				past = w.Clone()
			}
		}
		again, err := sim.New(sim.Config{Setup: s, Algorithm: echoes})
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Schedule(w.Actions()); err != nil {
			t.Fatal(err)
		}
		for i, m := range path {
			for again.Events() < m.events && again.Step() {
			}
			if again.Events() != m.events || again.Digest() != m.digest {
				t.Fatalf("at stop %d the repeated run has %d events and digest %v, the first had %d and %v",
					i, again.Events(), again.Digest(), m.events, m.digest)
			}
		}
		if past != nil {
			if err := past.Schedule(w.Actions()[past.Done():]); err != nil {
				t.Fatal(err)
			}
			for past.Events() < w.Events() && past.Step() {
			}
			if past.Digest() != w.Digest() || past.Events() != w.Events() {
				t.Fatalf("the clone has %d events and digest %v, the World %d and %v", past.Events(), past.Digest(), w.Events(), w.Digest())
			}
		}
	})
}

// A clone taken in the middle of things keeps what was under way: a write, commands that
// wait at a client, dials.
func TestACloneInTheMiddle(t *testing.T) {
	s := quietSetup(2, 1)
	w := open(t, s)
	for range 4 {
		if err := w.Act(request("x", 1)); err != nil {
			t.Fatal(err)
		}
	}
	w.RunUntil(20*ms+ms/2, 0)
	alone := open(t, s)
	if err := alone.Schedule(w.Actions()); err != nil {
		t.Fatal(err)
	}
	clone := w.Clone()
	w.RunUntil(40*ms+ms/2, 0)
	if err := w.Act(scenario.Action{Kind: scenario.Turn, Dial: scenario.LossRate, Value: scenario.Million}); err != nil {
		t.Fatal(err)
	}
	w.RunUntil(consensus.Second, 0)
	for _, at := range []consensus.Time{21 * ms, 22 * ms, 40 * ms, 100 * ms, 300 * ms} {
		clone.RunUntil(at, 0)
		alone.RunUntil(at, 0)
		if clone.Digest() != alone.Digest() || string(clone.Disk(1)) != string(alone.Disk(1)) {
			t.Fatalf("at %d the clone has digest %v and disk %x, the one alone %v and %x",
				at, clone.Digest(), clone.Disk(1), alone.Digest(), alone.Disk(1))
		}
		first, second := story(clone, drained(clone)), story(alone, drained(alone))
		if len(first) > len(second) || !slices.Equal(first, second[len(second)-len(first):]) {
			t.Fatalf("at %d the clone's clients did %q, those of the one alone %q", at, first, second)
		}
	}
}

func drained(w *sim.World) []trace.Event {
	_, events := w.Drain()
	return events
}

// Clones that go different ways have nothing to do with one another: each is what its
// own actions make of the setup, to the last byte.
func TestClonesAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSetup(t)
		config := sim.Config{Setup: s, Algorithm: echoes}
		w, err := sim.New(config)
		if err != nil {
			t.Fatal(err)
		}
		worlds := []*sim.World{w}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			w := worlds[rapid.IntRange(0, len(worlds)-1).Draw(t, "world")]
			if len(worlds) < 4 && rapid.IntRange(0, 2).Draw(t, "clone") == 0 {
				worlds = append(worlds, w.Clone())
			}
			w.RunUntil(w.Now()+consensus.Duration(rapid.Int64Range(0, int64(60*ms)).Draw(t, "run")), 1000)
			w.Act(drawAction(t, w)) // or not
		}
		for i, w := range worlds {
			alone, err := sim.New(config)
			if err != nil {
				t.Fatal(err)
			}
			if err := alone.Schedule(w.Actions()); err != nil {
				t.Fatal(err)
			}
			for alone.Events() < w.Events() && alone.Step() {
			}
			alone.RunUntil(w.Now(), 0)
			w.RunUntil(w.Now(), 0)
			if alone.Digest() != w.Digest() || alone.Events() != w.Events() || alone.Texts() != w.Texts() {
				t.Fatalf("world %d: %d events and %v, alone %d and %v", i, w.Events(), w.Digest(), alone.Events(), alone.Digest())
			}
			sameNodes(t, w, alone)
			for k := range w.Texts() {
				if a, b := w.Text(uint32(k)), alone.Text(uint32(k)); a != b {
					t.Fatalf("world %d: text %d is %q, alone %q", i, k, a, b)
				}
			}
			var ops, own []sim.Op
			w.Ops(func(o sim.Op) { ops = append(ops, o) })
			alone.Ops(func(o sim.Op) { own = append(own, o) })
			if !slices.Equal(ops, own) {
				t.Fatalf("world %d: operations %+v, alone %+v", i, ops, own)
			}
			to := w.Now() + 20*ms
			w.RunUntil(to, 0)
			alone.RunUntil(to, 0)
			if alone.Digest() != w.Digest() {
				t.Fatalf("world %d goes on differently from the one alone", i)
			}
		}
	})
}
