package raft_test

import (
	"cmp"
	"runtime"
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/check/linear"
	"parley/consensus/machine"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// faults makes a short run from a seed: two to seven servers, three clients that ask all
// the time, a network that loses, repeats and reorders, slow disks that tear writes, and
// somebody who crashes servers, cuts them off and runs out of patience. In the last part
// of the run all of that ends, everybody is up again, and the cluster has time to agree.
func faults(seed uint64) (s scenario.Script, calm consensus.Time) {
	r := consensus.Rand(seed)
	s = scenario.Script{Setup: scenario.Defaults(), For: 3500 * consensus.Millisecond}
	calm = 1500 * consensus.Millisecond
	s.Setup.Seed, s.Setup.Nodes, s.Setup.Clients = r.Uint64(), 2+int(r.Below(6)), 3
	below := func(n consensus.Duration) int64 { return r.Below(int64(n)) >> r.Below(4) }
	d := &s.Setup.Dials
	d[scenario.Latency] = below(15 * consensus.Millisecond)
	d[scenario.Jitter] = below(60 * consensus.Millisecond)
	d[scenario.LossRate] = below(scenario.Million / 3)
	d[scenario.Copies] = below(scenario.Million / 4)
	d[scenario.Reorder] = below(scenario.Million)
	d[scenario.DiskTime] = below(20 * consensus.Millisecond)
	d[scenario.TornTail] = below(scenario.Million)
	d[scenario.Patience] = int64(60*consensus.Millisecond) + below(400*consensus.Millisecond)
	d[scenario.Pace] = 10_000 + below(60_000)
	for _, o := range raft.Algorithm().Protocol.Options {
		switch o.Name {
		case "max-entries":
			s.Setup.Options = append(s.Setup.Options, scenario.Option{Name: o.Name, Value: 1 + below(64)})
		case "inflight":
			s.Setup.Options = append(s.Setup.Options, scenario.Option{Name: o.Name, Value: 1 + r.Below(o.Max)})
		}
	}

	node := func() consensus.NodeID { return consensus.NodeID(1 + r.Below(int64(s.Setup.Nodes))) }
	act := func(a scenario.Action) { s.Actions = append(s.Actions, a) }
	later := func(at consensus.Time) consensus.Time {
		return min(at+1+consensus.Time(below(500*consensus.Millisecond)), calm)
	}
	for at := consensus.Time(0); at < calm; at += consensus.Time(1 + below(150*consensus.Millisecond)) {
		id := node()
		switch r.Below(6) {
		case 0, 1:
			act(scenario.Action{At: at, Kind: scenario.Crash, Node: id})
			act(scenario.Action{At: later(at), Kind: scenario.Restart, Node: id})
		case 2:
			act(scenario.Action{At: at, Kind: scenario.Timeout, Node: id, Timer: raft.ElectionTimer})
		case 3:
			if other := node(); other != id {
				act(scenario.Action{At: at, Kind: scenario.Cut, Node: id, Peer: other})
				act(scenario.Action{At: later(at), Kind: scenario.Heal, Node: id, Peer: other})
			}
		case 4:
			var side consensus.NodeSet
			for range r.Below(3) + 1 {
				side.Add(node())
			}
			act(scenario.Action{At: at, Kind: scenario.Partition, Groups: []consensus.NodeSet{side}})
			act(scenario.Action{At: later(at), Kind: scenario.Heal})
		case 5:
			act(scenario.Action{At: at, Kind: scenario.SetClock, Node: id, Value: below(consensus.Second), Drift: int32(r.Below(100_000)) - 50_000})
		}
	}
	act(scenario.Action{At: calm, Kind: scenario.Heal})
	for _, dial := range []scenario.Dial{scenario.Jitter, scenario.LossRate, scenario.Copies, scenario.Reorder} {
		act(scenario.Action{At: calm, Kind: scenario.Turn, Dial: dial})
	}
	slices.SortStableFunc(s.Actions, func(a, b scenario.Action) int { return cmp.Compare(a.At, b.At) })
	return s, calm
}

// Thousands of short runs with faults: the five properties of Figure 3 hold after every
// event, what the clients see is linearizable, and once the faults end the servers agree:
// one of them leads, and all have applied the same.
func TestFaults(t *testing.T) {
	seeds := uint64(2000)
	if runtime.GOOS == "js" {
		seeds = 120
	} else if testing.Short() {
		seeds = 300
	}
	model := linear.KeyValue(func() consensus.Machine {
		m, err := machine.New("kv")
		if err != nil {
			t.Fatal(err)
		}
		return m
	})
	counts := map[trace.Kind]int{}
	for seed := uint64(1); seed <= seeds; seed++ {
		s, calm := faults(seed)
		w := world(t, s)
		var clients linear.Collector
		text := func(i uint32) string { return w.Text(i) }
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf("seed %d: "+format, append([]any{seed}, args...)...)
			t.Fatalf("the script, for \"parley run -script\":\n%s", s.String())
		}
		late := 0 // answers after the calm began
		for there := false; !there && !w.Full(); {
			there = w.RunUntil(s.For, 10_000)
			_, events := w.Drain()
			for i := range events {
				e := &events[i]
				counts[e.Kind]++
				clients.Add(e, text)
				switch {
				case e.Kind == trace.Violation:
					fail("%s", trace.Print(e, w.Protocol(), nil))
				case e.Kind == trace.Answer && e.T > calm:
					late++
				}
			}
		}
		if v := linear.Check(clients.Ops(), model); v.Outcome == linear.Broken {
			fail("the history of %q is not linearizable: %+v", v.Key, v)
		}
		if late == 0 {
			fail("nobody was served in the two seconds after the faults ended")
		}
		leaders, most, least := 0, consensus.Index(0), consensus.Index(1<<32-1)
		for id := consensus.NodeID(1); int(id) <= s.Setup.Nodes; id++ {
			x, up := w.Inspect(id)
			if !up {
				fail("%v is down", id)
			}
			if x.Role == raft.Leader {
				leaders++
			}
			most, least = max(most, x.Applied), min(least, x.Applied)
		}
		if leaders != 1 || most-least > 50 {
			fail("in the end %d servers lead, and they applied up to %d and %d", leaders, least, most)
		}
	}
	t.Logf("%d runs: %d deliveries, %d losses, %d copies, %d crashes, %d torn or lost writes, %d applied, %d answers",
		seeds, counts[trace.Deliver], counts[trace.Loss], counts[trace.Duplicate], counts[trace.Crash], counts[trace.WriteLost], counts[trace.Apply], counts[trace.Answer])
	for kind, least := range map[trace.Kind]int{trace.Loss: 50, trace.Duplicate: 10, trace.Crash: 2, trace.Partition: 1, trace.Apply: 50, trace.Answer: 20} {
		if uint64(counts[kind]) < seeds*uint64(least) {
			t.Errorf("%d events of the kind %v in %d runs: they prove little", counts[kind], kind, seeds)
		}
	}
	if counts[trace.WriteLost] == 0 {
		t.Error("no write was ever lost")
	}
}
