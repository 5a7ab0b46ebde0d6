package sim_test

import (
	"runtime"
	"strconv"
	"testing"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/machine"
	"parley/consensus/paxos"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// loaded is a five-node cluster whose clients always have a command under way.
func loaded(clients int) scenario.Setup {
	s := scenario.Defaults()
	s.Clients = clients
	s.Dials[scenario.Pace] = scenario.PaceMax
	return s
}

func raftConfig(s scenario.Setup, watch trace.Watcher) sim.Config {
	return configOf(raft.Algorithm(), s, watch)
}

func configOf(alg consensus.Algorithm, s scenario.Setup, watch trace.Watcher) sim.Config {
	return sim.Config{
		Setup: s, Algorithm: alg, Watch: watch,
		NewMachine: func() consensus.Machine { return &machine.KV{} },
	}
}

// BenchmarkDelivered counts the messages that a cluster under load delivers in a second of
// processor time, the commands of clients that it answers meanwhile, and the allocations
// each message costs: each algorithm in the same loop, on the same network, with the same
// clients. With two clients a command costs about as many messages as in the bench of
// folder peer, where no clients are. Checks are the algorithm's own invariants, after
// every event.
func BenchmarkDelivered(b *testing.B) {
	for _, alg := range []consensus.Algorithm{raft.Algorithm(), paxos.MultiPaxos(), paxos.Synod()} {
		b.Run(alg.Protocol.Name, func(b *testing.B) {
			for _, clients := range []int{1, 2, 4, 32} {
				b.Run("clients="+strconv.Itoa(clients)+"/checks=off", func(b *testing.B) { benchDelivered(b, alg, clients, false) })
			}
			b.Run("clients=2/checks=on", func(b *testing.B) { benchDelivered(b, alg, 2, true) })
		})
	}
}

func benchDelivered(b *testing.B, alg consensus.Algorithm, clients int, checks bool) {
	delivered, events, answers := 0, 0, 0
	var virtual consensus.Time
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := processorTime()
	for i := range b.N {
		s := loaded(clients)
		s.Engine = alg.Protocol.Name
		var watch trace.Watcher
		if checks {
			watch = check.New(alg.Protocol, s.Nodes)
		}
		w, err := sim.New(configOf(alg, s, watch))
		if err != nil {
			b.Fatal(err)
		}
		for delivered < (i+1)*200_000 && !w.Full() {
			w.RunUntil(scenario.RunMax, 4096)
			_, out := w.Drain()
			for k := range out {
				switch out[k].Kind {
				case trace.Deliver:
					delivered++
				case trace.Answer:
					answers++
				case trace.Violation:
					b.Fatalf("a violation: %+v", out[k])
				}
			}
			events += len(out)
		}
		virtual += w.Now()
	}
	spent := processorTime() - start
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(delivered)/spent, "messages/cpu-s")
	b.ReportMetric(float64(answers)/spent, "commands/cpu-s")
	b.ReportMetric(float64(answers)*float64(consensus.Second)/float64(virtual), "commands/virtual-s")
	b.ReportMetric(float64(events)/float64(delivered), "events/message")
	b.ReportMetric(float64(delivered)/float64(answers), "messages/command")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(delivered), "allocs/message")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSeek jumps to moments all over a run of ten minutes and inspects every node
// there, as a page does: at the default dials with a load of ten commands a second, and at the
// heaviest load that fits into the bound of events, checks on.
func BenchmarkSeek(b *testing.B) {
	for _, load := range []int64{10, 40} {
		b.Run("commands="+strconv.FormatInt(load, 10)+"ps", func(b *testing.B) { benchSeek(b, load) })
	}
}

func benchSeek(b *testing.B, load int64) {
	const minutes = 10
	s := scenario.Defaults()
	s.Clients = 8
	s.Dials[scenario.Pace] = load * 1000
	h, err := sim.NewHistory(raftConfig(s, check.New(raft.Algorithm().Protocol, s.Nodes)), nil)
	if err != nil {
		b.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for !h.RunUntil(minutes*60*consensus.Second, 4096) && !h.Head().Full() {
		h.Head().Drain()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	events := h.Head().Events()
	r := consensus.Rand(1)
	var sum, worst float64
	n := 0
	b.ResetTimer()
	for range b.N {
		for range 20 {
			start := processorTime()
			w := h.Seek(int(r.Below(int64(events))))
			for id := consensus.NodeID(1); id <= 5; id++ {
				w.Inspect(id)
			}
			took := (processorTime() - start) * 1000
			sum += took
			worst = max(worst, took)
			n++
		}
	}
	b.ReportMetric(sum/float64(n), "ms/seek")
	b.ReportMetric(worst, "ms/worst-seek")
	b.ReportMetric(float64(h.Head().Now()/consensus.Second), "virtual-s")
	b.ReportMetric(float64(events), "events")
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/1e6, "MB/run")
	b.ReportMetric(0, "ns/op")
}
