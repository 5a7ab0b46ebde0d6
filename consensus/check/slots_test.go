package check_test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/machine"
	"parley/consensus/paxos"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// c1 is a client; ballot is a ballot of a round and a node.
const c1 = consensus.ClientFirst

func ballot(round uint32, node consensus.NodeID) consensus.Term { return paxos.Ballot(round, node) }

func invoke(seq uint32) trace.Event { return trace.Event{Kind: trace.Invoke, Node: c1, B: seq} }

func boot(node consensus.NodeID) []trace.Event {
	r, _ := paxos.MultiPaxos().Protocol.Rule("multipaxos.restart")
	return []trace.Event{{Kind: trace.Boot, Node: node}, {Kind: trace.Rule, Node: node, Rule: r}}
}

func promised(node consensus.NodeID, b consensus.Term, slot uint32) trace.Event {
	return trace.Event{Kind: trace.Term, Node: node, Term: b, A: slot}
}

// accepted is that a node accepted request seq of C1, or a no-op for 0.
func accepted(node consensus.NodeID, slot uint32, b consensus.Term, seq uint32) trace.Event {
	e := trace.Event{Kind: trace.Entry, Node: node, A: slot, Term: b, B: seq, Peer: c1, C: 100 + seq}
	if seq == 0 {
		e.Peer, e.C = consensus.None, uint32(consensus.Hash(nil))
	}
	return e
}

func learned(node consensus.NodeID, slot uint32, b consensus.Term, seq uint32) trace.Event {
	e := accepted(node, slot, b, seq)
	e.Sub = 1
	return e
}

func is(kind trace.Kind, node consensus.NodeID, a uint32) trace.Event {
	return trace.Event{Kind: kind, Node: node, A: a}
}

func executed(node consensus.NodeID, slot uint32, b consensus.Term, seq uint32) trace.Event {
	e := accepted(node, slot, b, seq)
	e.Kind = trace.Apply
	return e
}

// observed returns the sentences of what a Slots finds in a trace.
func observed(events ...trace.Event) (found []string) {
	p := paxos.MultiPaxos().Protocol
	s := check.NewSlots(p, 3)
	for _, id := range []consensus.NodeID{1, 2, 3} {
		events = append(boot(id), events...)
	}
	for i := range events {
		s.Observe(&events[i], func(v trace.Event) {
			if v.Kind != trace.Violation {
				panic("what is reported is no violation")
			}
			found = append(found, consensus.Tell(p.Invariants[v.Sub].Broken, consensus.Telling{
				Node: v.Node, Peer: v.Peer, Term: v.Term, A: v.A, B: v.B, C: v.C, D: v.D, TermNodes: p.TermNodes,
			}))
		})
	}
	return found
}

func TestSlotsFindsWhatIsBroken(t *testing.T) {
	one, two := ballot(1, 1), ballot(2, 2)
	for name, c := range map[string]struct {
		events []trace.Event
		want   []string
	}{
		"nothing": {[]trace.Event{
			invoke(1), promised(1, one, 0), accepted(1, 1, one, 1), accepted(2, 1, one, 1), is(trace.Commit, 1, 1), executed(1, 1, one, 1),
			promised(2, two, 0), accepted(2, 1, two, 1), accepted(2, 3, two, 0), is(trace.Chosen, 2, 3), is(trace.Commit, 2, 1), executed(2, 1, two, 1),
			learned(3, 1, one, 1), is(trace.Commit, 3, 1), executed(3, 1, one, 1),
		}, nil},
		"two values chosen": {[]trace.Event{
			invoke(1), invoke(2), accepted(1, 1, one, 1), is(trace.Commit, 1, 1), accepted(2, 1, two, 2), is(trace.Chosen, 2, 1), is(trace.Commit, 2, 1),
		}, []string{"N2 and N1 know different values to be chosen in slot 1."}},
		"forgotten after it was executed": {[]trace.Event{
			invoke(1), accepted(1, 1, one, 1), is(trace.Commit, 1, 1), executed(1, 1, one, 1), is(trace.Compact, 1, 1),
			accepted(1, 2, one, 0), is(trace.Commit, 1, 2), executed(1, 2, one, 0),
		}, nil},
		"forgotten before it was executed": {[]trace.Event{
			is(trace.Compact, 1, 3),
		}, []string{"N1 executed slot 3, though slot 1 before it was not."}},
		"two values executed": {[]trace.Event{
			invoke(1), invoke(2), executed(1, 1, one, 1), executed(2, 1, two, 2),
		}, []string{"N2 and N1 know different values to be chosen in slot 1."}},
		"a no-op and a value chosen": {[]trace.Event{
			invoke(1), accepted(1, 1, one, 0), is(trace.Commit, 1, 1), accepted(2, 1, two, 1), is(trace.Commit, 2, 1),
		}, []string{"N2 and N1 know different values to be chosen in slot 1."}},
		"nobody asked for it": {[]trace.Event{
			invoke(1), accepted(1, 1, one, 2), is(trace.Commit, 1, 1),
		}, []string{"N1 knows a value to be chosen in slot 1 that nobody asked for."}},
		"nothing is chosen": {[]trace.Event{
			is(trace.Commit, 1, 1),
		}, []string{"N1 knows a value to be chosen in slot 1 that nobody asked for."}},
		"another command under the same number": {[]trace.Event{
			invoke(1), accepted(1, 1, one, 1), is(trace.Commit, 1, 1),
			{Kind: trace.Entry, Node: 1, A: 2, Term: one, B: 1, Peer: c1, C: 7}, is(trace.Commit, 1, 2),
		}, []string{"N1 knows a value to be chosen in slot 2 that nobody asked for."}},
		"a promise below a promise": {[]trace.Event{
			promised(1, two, 0), promised(1, one, 0),
		}, []string{"N1 went back to ballot 1.N1 after it had promised ballot 2.N2 (slot 0; 0 stands for all slots)."}},
		"a promise of a slot below a promise of that slot": {[]trace.Event{
			promised(1, two, 4), promised(1, one, 5), promised(1, one, 4),
		}, []string{"N1 went back to ballot 1.N1 after it had promised ballot 2.N2 (slot 4; 0 stands for all slots)."}},
		"accepted below the promise": {[]trace.Event{
			invoke(1), promised(1, two, 0), accepted(1, 3, one, 1),
		}, []string{"N1 went back to ballot 1.N1 after it had promised ballot 2.N2 (slot 3; 0 stands for all slots)."}},
		"learned below the promise": {[]trace.Event{
			invoke(1), promised(1, two, 0), learned(1, 3, one, 1),
		}, nil},
		"forgotten in a crash": {append(append([]trace.Event{
			invoke(1), promised(1, two, 0), is(trace.Crash, 1, 0)}, boot(1)...), accepted(1, 3, one, 1),
		), []string{"N1 went back to ballot 1.N1 after it had promised ballot 2.N2 (slot 3; 0 stands for all slots)."}},
		"two values in a ballot": {[]trace.Event{
			invoke(2), accepted(1, 1, one, 1), accepted(2, 1, two, 1), accepted(2, 1, one, 2), accepted(3, 1, two, 2), accepted(3, 1, two, 2),
		}, []string{
			"N2 and N1 accepted different values in slot 1 in the same ballot 1.N1.",
			"N3 and N2 accepted different values in slot 1 in the same ballot 2.N2.",
		}},
		"executed before a gap": {[]trace.Event{
			invoke(3), executed(1, 1, one, 1), executed(1, 3, one, 3), executed(1, 2, one, 2), executed(1, 4, one, 0),
		}, []string{"N1 executed slot 3, though slot 2 before it was not."}},
		"executed again after a restart": {append(append([]trace.Event{
			invoke(1), executed(1, 1, one, 1), is(trace.Crash, 1, 0)}, boot(1)...), executed(1, 1, one, 1),
		), nil},
		"taken back": {[]trace.Event{
			invoke(2), accepted(1, 1, one, 1), accepted(1, 2, one, 2), is(trace.Truncate, 1, 2), is(trace.Commit, 1, 2),
		}, []string{"N1 knows a value to be chosen in slot 2 that nobody asked for."}},
	} {
		if got := observed(c.events...); !slices.Equal(got, c.want) {
			t.Errorf("%s: found %q, want %q", name, got, c.want)
		}
	}
}

// What stands on a disk when the run begins was asked for by somebody.
func TestSlotsBelievesDisks(t *testing.T) {
	p := paxos.MultiPaxos().Protocol
	r, _ := p.Rule("multipaxos.restart")
	s := check.NewSlots(p, 1)
	for _, e := range []trace.Event{
		{Kind: trace.Boot, Node: 1, Sub: 1}, learned(1, 1, ballot(1, 1), 5), is(trace.Commit, 1, 1), {Kind: trace.Rule, Node: 1, Rule: r},
	} {
		s.Observe(&e, func(v trace.Event) { t.Errorf("found %+v", v) })
	}
}

// A disk that has forgotten old slots begins behind them.
func TestSlotsBelievesDisksThatForgot(t *testing.T) {
	p := paxos.MultiPaxos().Protocol
	r, _ := p.Rule("multipaxos.restart")
	s := check.NewSlots(p, 1)
	for _, e := range []trace.Event{
		{Kind: trace.Boot, Node: 1, Sub: 1}, is(trace.Compact, 1, 7), learned(1, 8, ballot(1, 1), 5), is(trace.Commit, 1, 8),
		executed(1, 8, ballot(1, 1), 5), {Kind: trace.Rule, Node: 1, Rule: r},
	} {
		s.Observe(&e, func(v trace.Event) { t.Errorf("found %+v", v) })
	}
}

// Synod keeps its promises while it forgets old decisions, crashes included.
func TestSynodHoldsWhileItForgets(t *testing.T) {
	forgot, resumed := 0, 0
	for seed := uint64(1); seed <= 12; seed++ {
		s := slotStorm(paxos.Synod(), seed)
		s.Setup.Options = append(s.Setup.Options, scenario.Option{Name: "keep", Value: int64(1 + seed%4)}, scenario.Option{Name: "learn-interval", Value: int64(50 * consensus.Millisecond)})
		starting := map[consensus.NodeID]bool{}
		slotRun(t, paxos.Synod(), s, check.NewSlots(paxos.Synod().Protocol, s.Setup.Nodes), func(e *trace.Event) {
			switch e.Kind {
			case trace.Violation:
				t.Errorf("seed %d: %+v", seed, e)
			case trace.Boot:
				starting[e.Node] = true
			case trace.Rule:
				starting[e.Node] = false
			case trace.Compact:
				forgot++
				if starting[e.Node] {
					resumed++
				}
			}
		})
	}
	t.Logf("slots were forgotten %d times; %d starts came from a disk that had", forgot, resumed)
	if forgot < 50 || resumed < 5 {
		t.Error("that proves little")
	}
}

// slotStorm is storm for an algorithm of Paxos; some runs have quorums of other sizes.
func slotStorm(alg consensus.Algorithm, seed uint64, off ...string) scenario.Script {
	s := storm(seed, off...)
	s.Setup.Engine = alg.Protocol.Name
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == scenario.Timeout {
			a.Timer = 0
		}
	}
	if seed%4 == 1 {
		s.Setup.Options = []scenario.Option{{Name: "phase2-quorum", Value: 2}}
	}
	return s
}

// slotRun runs a script and shows each event to see.
func slotRun(t *testing.T, alg consensus.Algorithm, s scenario.Script, w trace.Watcher, see func(*trace.Event)) *sim.World {
	t.Helper()
	run, err := sim.New(sim.Config{
		Setup: s.Setup, Algorithm: alg, Watch: w, NewMachine: func() consensus.Machine { return &machine.KV{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Schedule(s.Actions); err != nil {
		t.Fatal(err)
	}
	for there := false; !there && !run.Full(); {
		there = run.RunUntil(s.For, 10_000)
		_, events := run.Drain()
		for i := range events {
			see(&events[i])
		}
	}
	return run
}

var paxi = []consensus.Algorithm{paxos.Synod(), paxos.MultiPaxos()}

// Whatever happens to it, a Paxos cluster breaks none of its promises.
func TestPaxosHoldsInStorms(t *testing.T) {
	storms := uint64(150)
	if runtime.GOARCH == "wasm" {
		storms = 30
	}
	for _, alg := range paxi {
		p, chosen := alg.Protocol, 0
		for seed := range storms {
			s := slotStorm(alg, seed)
			slotRun(t, alg, s, check.NewSlots(p, s.Setup.Nodes), func(e *trace.Event) {
				switch e.Kind {
				case trace.Violation:
					t.Errorf("%s, seed %d: %s", p.Name, seed, trace.Print(e, p, nil))
				case trace.Apply:
					chosen++
				}
			})
			if t.Failed() {
				t.Fatalf("the script:\n%s", s)
			}
		}
		if chosen < 15*int(storms) {
			t.Errorf("%s: only %d slots were executed in all storms: they prove little", p.Name, chosen)
		}
	}
}

// shy are rules whose absence storms hardly ever punish; package paxos has a course of
// events for each of them.
var shy = map[string]bool{
	"synod.adopt-highest": true, "synod.accept-raises-promise": true, "synod.count-one-ballot": true,
	"multipaxos.adopt-highest": true, "multipaxos.accept-raises-promise": true, "multipaxos.count-one-ballot": true,
}

// With a rule switched off, a storm breaks what the rule protected.
func TestEachRuleOfPaxosProtectsItsInvariant(t *testing.T) {
	for _, alg := range paxi {
		p := alg.Protocol
		for _, rule := range p.Rules {
			if !rule.Switchable || !strings.HasPrefix(rule.Protects, "paxos.") || rule.Protects == "paxos.linearizability" || shy[rule.ID] {
				continue
			}
			const seeds = 1500
			broken := false
			for seed := uint64(0); seed < seeds && !broken; seed++ {
				s := slotStorm(alg, seed, rule.ID)
				if rule.ID == p.Quorum.Meet {
					s.Setup.Options = []scenario.Option{{Name: "phase1-quorum", Value: 1}, {Name: "phase2-quorum", Value: 1}}
				}
				slotRun(t, alg, s, check.NewSlots(p, s.Setup.Nodes), func(e *trace.Event) {
					broken = broken || e.Kind == trace.Violation && p.Invariants[e.Sub].ID == rule.Protects
				})
				if broken {
					t.Logf("%s: %s broke with seed %d", rule.ID, rule.Protects, seed)
				}
			}
			if !broken {
				t.Errorf("without %s, %s held in %d storms", rule.ID, rule.Protects, seeds)
			}
		}
	}
}

// slotOracle finds the same by looking at everything anew after each event.
type slotOracle struct {
	nodes    map[consensus.NodeID]map[uint32]trace.Event
	promises map[consensus.NodeID]map[uint32]consensus.Term
	commit   map[consensus.NodeID]uint32
	chosen   map[uint32]trace.Event
	entries  []trace.Event
}

func (o *slotOracle) observe(e *trace.Event) (broken []string) {
	same := func(a, b trace.Event) bool { return a.Peer == b.Peer && a.B == b.B && a.C == b.C }
	learn := func(slot uint32) {
		v := o.nodes[e.Node][slot]
		if first, ok := o.chosen[slot]; ok && !same(first, v) {
			broken = append(broken, fmt.Sprint(check.Agreement, e.Node, slot))
		} else if !ok {
			o.chosen[slot] = v
		}
	}
	if o.nodes[e.Node] == nil {
		o.nodes[e.Node], o.promises[e.Node] = map[uint32]trace.Event{}, map[uint32]consensus.Term{}
	}
	switch e.Kind {
	case trace.Boot:
		o.commit[e.Node] = 0
	case trace.Term:
		if e.Term < o.promises[e.Node][e.A] {
			broken = append(broken, fmt.Sprint(check.PromiseMonotonicity, e.Node, e.A))
		}
		o.promises[e.Node][e.A] = e.Term
	case trace.Entry:
		for _, x := range o.entries {
			if x.A == e.A && x.Term == e.Term { // the first of this ballot
				if !same(x, *e) {
					broken = append(broken, fmt.Sprint(check.OneValueABallot, e.Node, e.A))
				}
				break
			}
		}
		if e.Sub == 0 && e.Term < max(o.promises[e.Node][0], o.promises[e.Node][e.A]) {
			broken = append(broken, fmt.Sprint(check.PromiseMonotonicity, e.Node, e.A))
		}
		o.entries = append(o.entries, *e)
		o.nodes[e.Node][e.A] = *e
	case trace.Truncate:
		maps.DeleteFunc(o.nodes[e.Node], func(slot uint32, _ trace.Event) bool { return slot >= e.A })
	case trace.Chosen:
		learn(e.A)
	case trace.Commit:
		for slot := o.commit[e.Node] + 1; slot <= e.A; slot++ {
			learn(slot)
		}
		o.commit[e.Node] = e.A
	}
	return broken
}

// On traces of real runs, with all rules and without some, a Slots finds what the slow
// and obvious version finds, and so does a clone that takes over in the middle.
func TestSlotsAgreesWithTheOracle(t *testing.T) {
	total := 0
	for _, alg := range paxi {
		p := alg.Protocol
		offs := []string{"", "unique-ballots", "keep-promise", "phase-1-quorum", "chosen-by-quorum", "adopt", "persist-before-reply"}
		for seed := range uint64(8 * len(offs)) {
			var off []string
			if name := offs[seed%uint64(len(offs))]; name != "" {
				off = []string{p.Name + "." + name}
			}
			s := slotStorm(alg, seed, off...)
			s.For = 3 * consensus.Second
			var w, copied trace.Watcher = check.NewSlots(p, s.Setup.Nodes), nil
			o := &slotOracle{
				map[consensus.NodeID]map[uint32]trace.Event{}, map[consensus.NodeID]map[uint32]consensus.Term{},
				map[consensus.NodeID]uint32{}, map[uint32]trace.Event{}, nil,
			}
			want, got, clone := map[string]bool{}, map[string]bool{}, map[string]bool{}
			into := func(set map[string]bool) func(trace.Event) {
				return func(v trace.Event) {
					switch id := p.Invariants[v.Sub].ID; id {
					case check.Agreement, check.OneValueABallot, check.PromiseMonotonicity:
						set[fmt.Sprint(id, v.Node, v.A)] = true
					}
				}
			}
			events := 0
			slotRun(t, alg, s, nil, func(e *trace.Event) {
				if events++; events == 2000 {
					copied = w.Clone()
					maps.Copy(clone, got)
				}
				w.Observe(e, into(got))
				if copied != nil {
					copied.Observe(e, into(clone))
				}
				for _, b := range o.observe(e) {
					want[b] = true
				}
			})
			// Execution finds disagreement too, which the oracle does not look at; it
			// is always found in learning as well.
			if !maps.Equal(got, want) || copied != nil && !maps.Equal(clone, want) {
				t.Fatalf("%s, seed %d, without %v: found\n%v, the clone\n%v, the oracle\n%v", p.Name, seed, off, got, clone, want)
			}
			total += len(want)
		}
	}
	if total < 50 {
		t.Errorf("only %d violations in all: that proves little", total)
	}
}
