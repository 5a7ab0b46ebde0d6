package paxos_test

import (
	"fmt"
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/check/linear"
	"parley/consensus/machine"
	"parley/consensus/paxos"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

const ms = consensus.Millisecond

// world is a stormy run in the World: everything that a visitor can do to it.
func world(t testing.TB, alg consensus.Algorithm, seed uint64, off ...string) *sim.World {
	t.Helper()
	r := consensus.Rand(seed)
	s := scenario.Defaults()
	s.Engine, s.Seed, s.Nodes, s.Clients, s.Off = alg.Protocol.Name, r.Uint64(), 3+int(r.Below(3)), 3, off
	d := &s.Dials
	d[scenario.Jitter] = r.Below(int64(60 * ms))
	d[scenario.LossRate], d[scenario.Copies], d[scenario.Reorder] = r.Below(80_000), r.Below(80_000), r.Below(200_000)
	d[scenario.TornTail], d[scenario.Pace] = scenario.Million/2, 20_000
	d[scenario.Patience] = int64(300 * ms)
	if len(off) > 0 { // clients that ask again and again
		d[scenario.Jitter], d[scenario.Patience], d[scenario.Pace] = int64(40*ms), int64(60*ms), 100_000
	}
	w, err := sim.New(sim.Config{Setup: s, Algorithm: alg, NewMachine: empty})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(faults(&r, s.Nodes)); err != nil {
		t.Fatal(err)
	}
	return w
}

func empty() consensus.Machine { return &machine.KV{} }

// faults lasts for six seconds; then everything is healed.
func faults(r *consensus.Rand, nodes int) []scenario.Action {
	var acts []scenario.Action
	end := 6 * consensus.Second
	for at := consensus.Time(0); at < end; at += consensus.Time(r.Below(int64(300 * ms))) {
		id := consensus.NodeID(1 + r.Below(int64(nodes)))
		a := scenario.Action{At: at, Node: id}
		switch r.Below(6) {
		case 0, 1:
			a.Kind = scenario.Crash
			acts = append(acts, scenario.Action{At: at + consensus.Time(r.Below(int64(500*ms))), Kind: scenario.Restart, Node: id})
		case 2:
			a.Kind, a.Timer = scenario.Timeout, consensus.TimerID(r.Below(2))
		case 3:
			a = scenario.Action{At: at, Kind: scenario.Partition, Groups: []consensus.NodeSet{consensus.SetOf(id, consensus.NodeID(1+r.Below(int64(nodes))))}}
		case 4:
			a = scenario.Action{At: at, Kind: scenario.Heal}
		case 5:
			a.Kind, a.Value, a.Drift = scenario.SetClock, r.Below(int64(20*consensus.Second))-int64(10*consensus.Second), int32(r.Below(100_000))-50_000
		}
		acts = append(acts, a)
	}
	acts = append(acts, scenario.Action{At: end, Kind: scenario.Heal})
	for _, dial := range []scenario.Dial{scenario.LossRate, scenario.Copies, scenario.Reorder} {
		acts = append(acts, scenario.Action{At: end, Kind: scenario.Turn, Dial: dial})
	}
	for id := 1; id <= nodes; id++ {
		acts = append(acts, scenario.Action{At: end, Kind: scenario.Restart, Node: consensus.NodeID(id)})
	}
	slices.SortStableFunc(acts, func(a, b scenario.Action) int { return int(min(max(a.At-b.At, -1), 1)) })
	return acts
}

var both = []consensus.Algorithm{paxos.Synod(), paxos.MultiPaxos()}

// In the World as in the tests' own: clients see one machine, all nodes come to know the
// same, and what the trace adds up to is what the nodes show.
func TestInTheWorldClientsSeeOneMachine(t *testing.T) {
	for _, alg := range both {
		answered := 0
		for seed := uint64(1); seed <= 12; seed++ {
			w := world(t, alg, seed)
			fold := trace.NewState(w.Setup().Nodes, w.Setup().Clients)
			var seen linear.Collector
			for there := false; !there; {
				there = w.RunUntil(10*consensus.Second, 10_000)
				_, events := w.Drain()
				for i := range events {
					seen.Add(&events[i], w.Text)
					fold.Apply(&events[i])
				}
			}
			late := 0
			for _, o := range seen.Ops() {
				if o.Done {
					answered++
				}
			}
			first, _ := w.Inspect(1)
			for id := consensus.NodeID(1); int(id) <= w.Setup().Nodes; id++ {
				s, up := w.Inspect(id)
				if !up {
					t.Fatalf("%s, seed %d: %v is down", alg.Protocol.Name, seed, id)
				}
				if s.Commit+20 < first.Commit || first.Commit == 0 {
					late++
				}
				n := fold.Node(id)
				if n.Writing { // its last step is not to be seen yet
					continue
				}
				if n.Role != s.Role || n.Term != s.Term || n.Leader != s.Leader || n.Commit != s.Commit || n.Applied != s.Applied {
					t.Errorf("%s, seed %d: the trace says of %v: %d %d %v %d %d, it shows %d %d %v %d %d", alg.Protocol.Name, seed, id,
						n.Role, n.Term, n.Leader, n.Commit, n.Applied, s.Role, s.Term, s.Leader, s.Commit, s.Applied)
				}
				for i, e := range s.Entries {
					c := n.At(consensus.Index(i + 1))
					if c.Set != (e.Term != 0) || c.Set && (c.Term != e.Term || c.Client != e.Client || c.Seq != e.Seq || c.Hash != uint32(consensus.Hash(e.Command))) {
						t.Errorf("%s, seed %d: the trace says of slot %d of %v: %+v, it has %+v", alg.Protocol.Name, seed, i+1, id, c, e)
					}
				}
			}
			if late > 0 {
				t.Errorf("%s, seed %d: %d nodes are far behind four seconds after the last fault", alg.Protocol.Name, seed, late)
			}
			if v := linear.Check(seen.Ops(), linear.KeyValue(empty)); v.Outcome != linear.Linearizable {
				t.Errorf("%s, seed %d: %s at key %q", alg.Protocol.Name, seed, v.Outcome, v.Key)
			}
		}
		t.Logf("%s: %d answers", alg.Protocol.Name, answered)
		if answered < 400 {
			t.Errorf("%s: only %d answers: they prove little", alg.Protocol.Name, answered)
		}
	}
}

// Without the rule that a command takes effect once, clients see it.
func TestInTheWorldWithoutOnceClientsSeeIt(t *testing.T) {
	for _, alg := range both {
		broken := false
		for seed := uint64(1); seed <= 200 && !broken; seed++ {
			w := world(t, alg, seed, alg.Protocol.Name+".execute-once")
			w.RunUntil(8*consensus.Second, 0)
			var seen linear.Collector
			_, events := w.Drain()
			for i := range events {
				seen.Add(&events[i], w.Text)
			}
			broken = linear.Check(seen.Ops(), linear.KeyValue(empty)).Outcome == linear.Broken
		}
		if !broken {
			t.Errorf("%s: the clients saw nothing wrong", alg.Protocol.Name)
		}
	}
}

// A run repeats itself, natively and under js/wasm, and a clone of its World goes on in
// the same way.
func TestInTheWorldRunsRepeatThemselves(t *testing.T) {
	golden := map[string]string{"synod": "598224c731c7bfa1", "multipaxos": "e7143b773f8406d1"}
	for _, alg := range both {
		w := world(t, alg, 77)
		w.RunUntil(3*consensus.Second, 0)
		c := w.Clone()
		c.Mute(true)
		w.RunUntil(9*consensus.Second, 0)
		c.RunUntil(9*consensus.Second, 0)
		if w.Digest() != c.Digest() {
			t.Errorf("%s: a clone goes on differently", alg.Protocol.Name)
		}
		if got := fmt.Sprint(w.Digest()); got != golden[alg.Protocol.Name] {
			t.Errorf("%s: the digest is %s, want %s", alg.Protocol.Name, got, golden[alg.Protocol.Name])
		}
	}
}

// Every message of a run can be described, and every rule that fired has its sentence.
func TestInTheWorldEverythingHasItsWords(t *testing.T) {
	for _, alg := range both {
		p := alg.Protocol
		w := world(t, alg, 5)
		described := 0
		for w.Now() < 7*consensus.Second && w.StepUntil(8*consensus.Second) {
			_, events := w.Drain()
			for i := range events {
				switch e := &events[i]; e.Kind {
				case trace.Rule:
					if int(e.Rule) > len(p.Rules) || int(e.Sub) >= len(p.Rules[e.Rule-1].Tells) {
						t.Fatalf("%s: rule %d, outcome %d has no sentence", p.Name, e.Rule, e.Sub)
					}
				case trace.Send:
					if m, ok := w.Message(e.ID); ok && m.Kind >= consensus.KindEngine {
						described++
						for _, f := range alg.Describe(m) {
							if f.Name == "data" {
								t.Fatalf("%s: a message of kind %d cannot be described", p.Name, m.Kind)
							}
						}
					}
				}
			}
		}
		if described < 1000 {
			t.Errorf("%s: only %d messages were described", p.Name, described)
		}
	}
}
