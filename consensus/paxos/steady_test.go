package paxos

import (
	"testing"

	"parley/consensus"
)

// still is a cluster without faults on a network where each message takes exactly
// 10 ms, with disks that take no time.
func still(t testing.TB, alg consensus.Algorithm, n, clients int, changes ...string) *storm {
	t.Helper()
	s := newStorm(t, alg, n, 0, 1, changes...)
	s.jitter, s.disk = 0, 0
	s.runFor(consensus.Second)
	for c := range clients {
		s.clients = append(s.clients, stormClient{at: 1})
		if alg.Protocol.Name == "multipaxos" {
			s.clients[c].at = s.state(1).Leader
		}
	}
	return s
}

// In the steady state, Multi-Paxos takes one round trip and 2(n-1) messages a slot
// (Paxos Made Simple, section 3: phase 2 is all there is).
func TestSteadyState_MultiPaxosTakesOneRoundTripASlot(t *testing.T) {
	for _, n := range []int{1, 3, 5, 7} {
		s := still(t, MultiPaxos(), n, 1)
		clear(s.sent)
		s.next(0)
		s.runFor(10 * consensus.Second)
		if len(s.ops) < 100 {
			t.Fatalf("%d nodes: %d commands in 10 s", n, len(s.ops))
		}
		trip := 2 * s.latency
		if n == 1 {
			trip = 0
		}
		for _, o := range s.ops {
			if took := o.end - o.begin; took != 2*s.latency+trip {
				t.Fatalf("%d nodes: %s took %v between the client's two messages, want %v", n, o.command, took-2*s.latency, trip)
			}
		}
		slots := int(s.state(s.clients[0].at).Commit)
		others := n - 1
		if got := s.sent[KindAccept]; got != slots*others && got != (slots+1)*others {
			t.Errorf("%d nodes: %d accept requests for %d slots", n, got, slots)
		}
		if got, asked := s.sent[KindAccepted], s.sent[KindAccept]; got > asked || got < asked-others {
			t.Errorf("%d nodes: %d answers to %d accept requests", n, got, asked)
		}
		if s.sent[KindPrepare]+s.sent[KindPromise]+s.sent[KindNack]+s.sent[KindAsk]+s.sent[KindLearn] != 0 {
			t.Errorf("%d nodes: sent %v", n, s.sent)
		}
	}
}

// Slots do not wait for one another: many commands share a round trip.
func TestSteadyState_SlotsOfTheWindowGoTogether(t *testing.T) {
	s := still(t, MultiPaxos(), 5, 8)
	for c := range s.clients {
		s.next(c)
	}
	s.runFor(5 * consensus.Second)
	for _, o := range s.ops {
		if took := o.end - o.begin; took != 4*s.latency {
			t.Fatalf("%s took %v, want %v", o.command, took, 4*s.latency)
		}
	}
}

// Synod takes two round trips and 4(n-1) messages a slot, and n-1 that pass the decision
// on (Paxos Made Simple, sections 2.2 and 2.3).
func TestSteadyState_SynodTakesTwoRoundTripsASlot(t *testing.T) {
	for _, n := range []int{1, 3, 5} {
		s := still(t, Synod(), n, 1, "learn-interval=60000000000") // nobody asks
		clear(s.sent)
		s.next(0)
		s.runFor(10 * consensus.Second)
		trips := 4 * s.latency
		if n == 1 {
			trips = 0
		}
		for _, o := range s.ops {
			if took := o.end - o.begin; took != 2*s.latency+trips {
				t.Fatalf("%d nodes: %s took %v, want %v", n, o.command, took, 2*s.latency+trips)
			}
		}
		slots, others := int(s.state(1).Commit), n-1
		for _, kind := range []consensus.MessageKind{KindPrepare, KindPromise, KindAccept, KindAccepted, KindLearn} {
			if got := s.sent[kind]; got < slots*others || got > (slots+1)*others {
				t.Errorf("%d nodes: %d messages of kind %d for %d slots", n, got, kind, slots)
			}
		}
		if s.sent[KindNack]+s.sent[KindAsk] != 0 {
			t.Errorf("%d nodes: sent %v", n, s.sent)
		}
	}
}

// A new leader serves as soon as phase 1 is over: a round trip after it ran out of
// patience; a client whose command waits there has its answer a round trip later.
func TestSteadyState_LeaderChangeTakesOneRoundTrip(t *testing.T) {
	s := still(t, MultiPaxos(), 5, 0)
	old := s.state(1).Leader
	s.down(old)
	tried := func() bool {
		for id := consensus.NodeID(1); id <= 5; id++ {
			if s.engines[id] != nil && s.state(id).Role == Proposer {
				return true
			}
		}
		return false
	}
	if !s.runUntil(s.now+consensus.Second, tried) {
		t.Fatal("nobody tries to become the leader")
	}
	at := s.now
	led := func() bool {
		for id := consensus.NodeID(1); id <= 5; id++ {
			if s.engines[id] != nil && s.state(id).Role == Leader {
				return true
			}
		}
		return false
	}
	if !s.runUntil(s.now+consensus.Second, led) || s.now-at != 2*s.latency {
		t.Errorf("phase 1 took %v, want %v", s.now-at, 2*s.latency)
	}
}
