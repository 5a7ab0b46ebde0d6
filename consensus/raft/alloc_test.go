package raft

import (
	"testing"

	"parley/consensus"
)

// bench is a cluster without the harness's checks: what a step costs.
type bench struct {
	nodes [3]*Raft
	in    [3]consensus.Input
	out   [3]consensus.Effects // of the step that goes on, by depth
}

func newBench(t tester) *bench {
	c := running(t, 3)
	c.elect(1)
	b := &bench{}
	for i := range b.nodes {
		b.nodes[i] = c.raft(consensus.NodeID(i + 1))
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

var command = []byte("set key value")

// A delivered message costs a handful of allocations at most; a heartbeat costs none.
func TestAllocations(t *testing.T) {
	b := newBench(t)
	heartbeat := consensus.Input{Kind: consensus.InputTimer, Timer: HeartbeatTimer}
	for range 10 {
		b.step(1, heartbeat)
	}
	if n := testing.AllocsPerRun(100, func() { b.step(1, heartbeat) }); n > 0 {
		t.Errorf("a round of heartbeats costs %v allocations", n)
	}
	seq, delivered := uint32(0), 0
	request := func() {
		seq++
		delivered = b.step(1, consensus.Input{Kind: consensus.InputRequest, Request: consensus.Request{Client: consensus.Client(1), Seq: seq, Command: command}})
		b.step(1, heartbeat)
	}
	for range 200 {
		request()
	}
	n := testing.AllocsPerRun(1000, request)
	if delivered != 4 || b.nodes[2].applied != consensus.Index(seq+1) {
		t.Fatalf("%d messages were delivered, N3 applied up to %d of %d", delivered, b.nodes[2].applied, seq+1)
	}
	if n > 16 {
		t.Errorf("a request costs %v allocations for its 4 messages", n)
	}
}

func BenchmarkHeartbeatRound(b *testing.B) {
	c := newBench(b)
	heartbeat := consensus.Input{Kind: consensus.InputTimer, Timer: HeartbeatTimer}
	b.ReportAllocs()
	for b.Loop() {
		c.step(1, heartbeat)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/5, "ns/step")
}

func BenchmarkRequest(b *testing.B) {
	c := newBench(b)
	seq := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		seq++
		if seq%100_000 == 0 {
			b.StopTimer()
			c, seq = newBench(b), 1
			b.StartTimer()
		}
		c.step(1, consensus.Input{Kind: consensus.InputRequest, Request: consensus.Request{Client: consensus.Client(1), Seq: seq, Command: command}})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4, "ns/message")
}

func BenchmarkClone(b *testing.B) {
	c := newBench(b)
	for seq := uint32(1); seq <= 5000; seq++ {
		c.step(1, consensus.Input{Kind: consensus.InputRequest, Request: consensus.Request{Client: consensus.Client(1), Seq: seq, Command: command}})
	}
	b.ReportAllocs()
	for b.Loop() {
		c.nodes[0].Clone()
	}
}
