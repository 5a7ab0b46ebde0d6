package sim_test

import (
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// storm is a list of faults that a cluster should survive, drawn from a seed.
func storm(seed uint64, nodes int, until consensus.Time) []scenario.Action {
	r := consensus.Rand(seed)
	node := func() consensus.NodeID { return consensus.NodeID(1 + r.Below(int64(nodes))) }
	var out []scenario.Action
	for at := consensus.Time(0); at < until; at += consensus.Time(r.Below(int64(300 * ms))) {
		a := scenario.Action{At: at, Kind: scenario.ActionKind(1 + r.Below(int64(scenario.SetClock))), Node: node(), Peer: node()}
		switch a.Kind {
		case scenario.Request:
			a.Node, a.Peer, a.Text = c1, 0, "set storm 1"
		case scenario.Heal:
			a.Node, a.Peer = 0, 0
		case scenario.Partition:
			var g consensus.NodeSet
			g.Add(node())
			g.Add(node())
			a.Groups = []consensus.NodeSet{g}
		case scenario.Drop, scenario.Copy, scenario.Hold:
			a.Message, a.Value = uint32(r.Below(int64(at/ms)+1)), r.Below(int64(100*ms))
		case scenario.Turn:
			a.Node, a.Peer = 0, 0
			a.Dial = scenario.Dial(1 + r.Below(int64(scenario.TornTail)))
			switch a.Dial.Info().Unit {
			case scenario.Share:
				a.Value = r.Below(scenario.Million / 5)
			default:
				a.Value = r.Below(int64(20 * ms))
			}
		case scenario.SetClock:
			a.Value, a.Drift = r.Below(int64(consensus.Second)), int32(r.Below(100_000))-50_000
		}
		out = append(out, a)
	}
	return out
}

// A Raft cluster in a storm of faults: the trace is sound in every event, and the run
// repeats itself.
func TestRaftInAStorm(t *testing.T) {
	answers := 0
	for seed := uint64(1); seed <= 20; seed++ {
		s := scenario.Defaults()
		s.Seed, s.Clients = seed, 3
		s.Dials[scenario.Pace] = 30_000
		s.Dials[scenario.TornTail] = scenario.Million / 2
		acts := storm(seed, s.Nodes, 8*consensus.Second)
		run := func(audited bool) (*sim.World, *audit) {
			w, err := sim.New(raftConfig(s, nil))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Schedule(acts); err != nil {
				t.Fatal(err)
			}
			a := newAudit(s)
			for !w.RunUntil(10*consensus.Second, 1000) {
				if audited {
					if err := a.read(w); err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
				}
			}
			return w, a
		}
		first, a := run(true)
		again, _ := run(false)
		if first.Digest() != again.Digest() || first.Events() != again.Events() {
			t.Fatalf("seed %d: the run does not repeat itself", seed)
		}
		answers += a.counts[trace.Answer]
		for id := consensus.NodeID(1); id <= 5; id++ {
			if _, up := first.Inspect(id); up != first.Up(id) {
				t.Fatalf("seed %d: %v is up %v, its engine %v", seed, id, first.Up(id), up)
			}
		}
	}
	if answers < 1000 {
		t.Errorf("only %d commands were answered", answers)
	}
}

// A cluster left alone elects one leader and answers all commands of its clients.
func TestRaftLeftAlone(t *testing.T) {
	s := scenario.Defaults()
	s.Clients = 4
	s.Dials[scenario.Pace] = 20_000
	h, err := sim.NewHistory(raftConfig(s, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	h.RunUntil(20*consensus.Second, 0)
	leaders, commit := 0, consensus.Index(0)
	for id := consensus.NodeID(1); id <= 5; id++ {
		x, _ := h.Head().Inspect(id)
		if x.Leader == id {
			leaders++
		}
		commit = max(commit, x.Commit)
	}
	done, open := 0, 0
	h.Head().Ops(func(o sim.Op) {
		if o.Done {
			done++
		} else {
			open++
		}
	})
	if leaders != 1 || done < 350 || open > 4 || int(commit) < done {
		t.Errorf("%d leaders, %d commands done, %d not, %d entries committed", leaders, done, open, commit)
	}
	w := h.SeekTime(10 * consensus.Second)
	slow := slowSeek(t, raftConfig(s, nil), nil, w.Events())
	if w.Digest() != slow.Digest() {
		t.Error("a moment that was sought is not what it was")
	}
}
