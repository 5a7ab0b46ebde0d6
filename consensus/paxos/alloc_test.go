package paxos

import (
	"testing"

	"parley/consensus"
)

// bench is a cluster without the tests' checks: what a step costs.
type bench struct {
	nodes [3]consensus.Engine
	in    [64]consensus.Input
	out   [64]consensus.Effects // of the step that goes on, by depth
}

// mute is a machine that costs nothing.
type mute struct{}

func (mute) Apply([]byte) []byte        { return nil }
func (mute) Clone() consensus.Machine   { return mute{} }
func (mute) Inspect() []consensus.Field { return nil }

func newBench(t testing.TB, alg consensus.Algorithm) *bench {
	h := prepareHand(t, alg, 3)
	h.machine = mute{}
	for id := consensus.NodeID(1); id <= 3; id++ {
		h.start(id)
	}
	if alg.Protocol.Name == "multipaxos" {
		h.lead(1)
	}
	b := &bench{}
	for i := range b.nodes {
		b.nodes[i] = h.engines[i+1]
	}
	return b
}

// step gives an input to a node and what follows from it at once to the others; it
// returns the number of messages delivered.
func (b *bench) step(id consensus.NodeID, in consensus.Input) int { return b.deep(id, in, 0) }

func (b *bench) deep(id consensus.NodeID, in consensus.Input, depth int) (delivered int) {
	out := &b.out[depth]
	out.Reset()
	b.in[depth] = in
	b.nodes[id-1].Step(&b.in[depth], out)
	for _, m := range out.Messages {
		delivered += 1 + b.deep(m.To, consensus.Input{Kind: consensus.InputMessage, Message: m}, depth+1)
	}
	return delivered
}

// A delivered message costs an allocation at most; a heartbeat costs none.
func TestAllocations(t *testing.T) {
	for _, alg := range algorithms {
		b := newBench(t, alg)
		heartbeat := consensus.Input{Kind: consensus.InputTimer, Timer: HeartbeatTimer}
		if alg.Protocol.Name == "multipaxos" {
			for range 10 {
				b.step(1, heartbeat)
			}
			if n := testing.AllocsPerRun(100, func() { b.step(1, heartbeat) }); n > 0 {
				t.Errorf("a round of heartbeats costs %v allocations", n)
			}
		}
		seq, delivered := uint32(0), 0
		request := func() {
			seq++
			delivered = b.step(1, consensus.Input{Kind: consensus.InputRequest, Request: consensus.Request{Client: consensus.Client(1), Seq: seq, Command: []byte("set key value")}})
		}
		for range 200 {
			request()
		}
		n := testing.AllocsPerRun(1000, request)
		t.Logf("%s: a request costs %v allocations for %d messages", alg.Protocol.Name, n, delivered)
		if n > float64(delivered) {
			t.Errorf("%s: a request costs %v allocations for %d messages", alg.Protocol.Name, n, delivered)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	for _, alg := range algorithms {
		b.Run(alg.Protocol.Name, func(b *testing.B) {
			c := newBench(b, alg)
			delivered := 0
			b.ReportAllocs()
			for i := range b.N {
				delivered += c.step(1, consensus.Input{Kind: consensus.InputRequest, Request: consensus.Request{Client: consensus.Client(1), Seq: uint32(i + 1), Command: []byte("set key value")}})
				if i%100_000 == 99_999 {
					c = newBench(b, alg)
				}
			}
			b.ReportMetric(float64(delivered)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
