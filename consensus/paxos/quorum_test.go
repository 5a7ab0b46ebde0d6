package paxos

import (
	"strconv"
	"testing"

	"parley/consensus"
)

func nodes(n int) (s consensus.NodeSet) {
	for id := 1; id <= n; id++ {
		s.Add(consensus.NodeID(id))
	}
	return s
}

// Quorums that are said to meet do, for every pair; and those that are said not to meet
// have a pair that does not (an oracle that tries all).
func TestFlexible4_SizesMeetExactlyWhenAllQuorumsDo(t *testing.T) {
	for n := 1; n <= 6; n++ {
		for q1 := 1; q1 <= n; q1++ {
			for q2 := 1; q2 <= n; q2++ {
				all := true
				for a := range 1 << n {
					for b := range 1 << n {
						s, u := consensus.NodeSet{uint64(a) << 1}, consensus.NodeSet{uint64(b) << 1}
						if s.Len() == q1 && u.Len() == q2 && common(s, u) == 0 {
							all = false
						}
					}
				}
				if got := (quorums{nodes(n), q1, q2}).meet(); got != all {
					t.Errorf("%d and %d of %d: meet %v, want %v", q1, q2, n, got, all)
				}
			}
		}
	}
}

func TestFlexible4_SizesThatAreLeftOpen(t *testing.T) {
	for n := 1; n <= consensus.NodesMax; n++ {
		if q := sized(nodes(n), 0, 0); q.phase1 != n/2+1 || q.phase2 != n/2+1 || !q.meet() || !q.possible() {
			t.Errorf("%d nodes: %+v", n, q)
		}
		for size := 1; size <= n; size++ {
			for _, q := range []quorums{sized(nodes(n), size, 0), sized(nodes(n), 0, size)} {
				if !q.meet() || !q.possible() || q.phase1+q.phase2 != n+1 {
					t.Errorf("%d nodes, one phase of %d: %d and %d", n, size, q.phase1, q.phase2)
				}
			}
		}
	}
}

// Small quorums in phase 2 and large ones in phase 1: fewer acceptors choose, and a new
// leader needs more promises.
func TestFlexible4_SmallPhase2LargePhase1(t *testing.T) {
	h := newHand(t, MultiPaxos(), 5, "phase1-quorum=4", "phase2-quorum=2")
	h.expire(1, ElectionTimer)
	h.phase1(1, 2, 3)
	if h.state(1).Role == Leader {
		t.Fatal("it leads with three promises")
	}
	h.phase1(1, 4)
	h.request(1, 1, 1, "x")
	h.phase2(1, 5)
	h.wantReply(1, consensus.StatusDone, "1") // with N1 and N5 alone
	h.crash(1)
	h.drop(nil)
	h.expire(2, ElectionTimer)
	h.phase1(2, 3, 4)
	if h.state(2).Role == Leader {
		t.Fatal("N2 leads with three promises, and has not heard of x")
	}
	h.phase1(2, 5)
	h.run()
	h.wantChosen(1, "x", 2)
}

func TestFlexible3_SizesThatNeedNotMeetAreRefused(t *testing.T) {
	for _, alg := range algorithms {
		for _, c := range []struct{ one, two int64 }{{2, 3}, {1, 1}, {6, 1}, {1, 100}, {5, 100}} {
			h := newHand(t, alg, 5, "phase1-quorum="+itoa(c.one), "phase2-quorum="+itoa(c.two))
			h.wantFired(1, ruleQuorumsMeet, meetRefused)
			if q := quorumsOf(h.engines[1]); q != majorities(nodes(5)) {
				t.Errorf("%s, %d and %d: uses %+v", alg.Protocol.Name, c.one, c.two, q)
			}
		}
	}
}

func TestFlexible3_SizesStayAsTheyWere(t *testing.T) {
	for _, alg := range algorithms {
		h := newHand(t, alg, 5, "phase1-quorum=4", "phase2-quorum=2").wants()
		want := quorums{nodes(5), 4, 2}
		h.answer(acceptMsg(2, 1, b(1, 2), 1, x)) // so that something is on disk
		h.configure("phase1-quorum=3", "phase2-quorum=3")
		h.wantFired(1, ruleQuorumsMeet, meetFixed)
		if q := quorumsOf(h.engines[1]); q != want {
			t.Errorf("%s: uses %+v after a change while it ran", alg.Protocol.Name, q)
		}
		h.crash(1)
		h.start(1)
		if q := quorumsOf(h.engines[1]); q != want {
			t.Errorf("%s: uses %+v after a restart with other options", alg.Protocol.Name, q)
		}
		// With the rule off they are taken as they are, and back again.
		off := h.set.Off
		h.set.Off = off.With(ruleQuorumsMeet)
		h.configure("phase1-quorum=1", "phase2-quorum=1")
		h.wantFired(1, ruleQuorumsMeet, meetOff)
		if q := quorumsOf(h.engines[1]); q.phase1 != 1 || q.phase2 != 1 {
			t.Errorf("%s: uses %+v with the rule off", alg.Protocol.Name, q)
		}
		h.set.Off = off
		h.configure()
		if q := quorumsOf(h.engines[1]); q != want {
			t.Errorf("%s: uses %+v with the rule on again", alg.Protocol.Name, q)
		}
	}
}

func TestStormsWithFlexibleQuorums(t *testing.T) {
	for _, alg := range algorithms {
		for seed := uint64(1); seed <= 12; seed++ {
			two := 1 + seed%3
			runStorm(t, alg, 1000+seed, "phase2-quorum="+strconv.Itoa(int(two)))
		}
	}
}

func quorumsOf(e consensus.Engine) quorums {
	switch e := e.(type) {
	case *synod:
		return e.q
	case *multi:
		return e.q
	}
	return quorums{}
}

func itoa(v int64) string { return strconv.FormatInt(v, 10) }
