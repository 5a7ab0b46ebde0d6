package sim_test

import (
	"runtime"
	"testing"

	"parley/consensus"
	"parley/consensus/machine"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// loaded is a five-node Raft cluster whose clients always have a command under way.
func loaded(clients int) scenario.Setup {
	s := scenario.Defaults()
	s.Clients = clients
	s.Dials[scenario.Pace] = scenario.PaceMax
	return s
}

func raftConfig(s scenario.Setup, watch trace.Watcher) sim.Config {
	return sim.Config{
		Setup: s, Algorithm: raft.Algorithm(), Watch: watch,
		NewMachine: func() consensus.Machine { return &machine.KV{} },
	}
}

// BenchmarkDelivered counts the messages that a Raft cluster under load delivers in a
// second of processor time, and the allocations each of them costs.
func BenchmarkDelivered(b *testing.B) {
	for _, clients := range []int{1, 2, 4, 32} {
		b.Run("clients="+string(rune('0'+clients/10))+string(rune('0'+clients%10)), func(b *testing.B) {
			benchDelivered(b, raftConfig(loaded(clients), nil))
		})
	}
}

func benchDelivered(b *testing.B, c sim.Config) {
	delivered, events, answers := 0, 0, 0
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := processorTime()
	for i := 0; i < b.N; i++ {
		w, err := sim.New(c)
		if err != nil {
			b.Fatal(err)
		}
		for delivered < (i+1)*200_000 && !w.Full() {
			w.RunUntil(scenario.RunMax, 16_384)
			_, out := w.Drain()
			for k := range out {
				switch out[k].Kind {
				case trace.Deliver:
					delivered++
				case trace.Answer:
					answers++
				}
			}
			events += len(out)
		}
	}
	spent := processorTime() - start
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(delivered)/spent, "messages/cpu-s")
	b.ReportMetric(float64(events)/float64(delivered), "events/message")
	b.ReportMetric(float64(delivered)/float64(answers), "messages/command")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(delivered), "allocs/message")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(delivered), "bytes/message")
	b.ReportMetric(0, "ns/op")
}
