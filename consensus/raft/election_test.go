package raft

import (
	"testing"

	"parley/consensus"
)

// Every server starts as a follower and waits for a leader (§5.2).
func TestSection5_2_ServersStartAsFollowers(t *testing.T) {
	c := running(t, 3)
	for id := consensus.NodeID(1); id <= 3; id++ {
		if r := c.raft(id); r.role != Follower || r.term != 0 || r.leader != consensus.None {
			t.Errorf("%v starts as %+v", id, r)
		}
		if d := c.node(id).timers[ElectionTimer]; d < 150*consensus.Millisecond || d > 300*consensus.Millisecond {
			t.Errorf("%v waits %d ns for a leader", id, d)
		}
		c.wantFired(id, ruleRestart, restartEmpty)
	}
	c.sound()
}

// A follower whose election timeout runs out begins a new term as a candidate, votes for
// itself and asks all others at once (§5.2).
func TestSection5_2_ElectionTimeoutBeginsAnElection(t *testing.T) {
	c := running(t, 5)
	c.timeout(2)
	r := c.raft(2)
	if r.role != Candidate || r.term != 1 || r.vote != 2 || r.votes != consensus.SetOf(2) {
		t.Errorf("after its timeout N2 is %+v", r)
	}
	for _, to := range []consensus.NodeID{1, 3, 4, 5} {
		m := c.sent(2, to)
		if len(m) != 1 || m[0].Kind != KindRequestVote || m[0].Term != 1 {
			t.Errorf("N2 sent %v %v", to, m)
		}
	}
	if len(c.net) != 4 {
		t.Errorf("%d messages were sent", len(c.net))
	}
	if d, _ := DecodeDisk(c.node(2).disk); d.Term != 1 || d.Vote != 2 {
		t.Errorf("N2 wrote %+v before it asked", d)
	}
	c.wantFired(2, ruleElectionTimeout, Follower)
}

// The votes of more than half of the whole cluster, for one term, make a leader; the
// others hear of it at once (§5.2).
func TestSection5_2_MajorityOfVotesWins(t *testing.T) {
	c := running(t, 5)
	c.timeout(1)
	c.deliver(1, 2)
	c.deliver(1, 3)
	c.deliver(2, 1)
	c.wantFired(1, ruleMajorityWins, majorityCounted)
	if c.raft(1).role != Candidate {
		t.Fatal("two votes of five are no majority")
	}
	c.deliver(3, 1)
	c.wantFired(1, ruleMajorityWins, majorityWon)
	if r := c.raft(1); r.role != Leader || r.leader != 1 {
		t.Fatalf("three votes of five are a majority, but N1 is %+v", r)
	}
	for id := consensus.NodeID(2); id <= 5; id++ {
		if len(c.appendsSent(1, id)) != 1 {
			t.Errorf("the new leader did not send to %v", id)
		}
	}
	if n := c.node(1); n.timers[ElectionTimer] != 0 || n.timers[HeartbeatTimer] != 50*consensus.Millisecond {
		t.Errorf("the leader's timers are %v", n.timers)
	}
	c.sound()
}

// A vote that arrives twice counts once.
func TestSection5_2_DuplicateVoteCountsOnce(t *testing.T) {
	c := running(t, 5)
	c.timeout(1)
	c.deliver(1, 2)
	m := c.sent(2, 1)[0]
	for range 3 {
		c.message(m)
	}
	if c.raft(1).role == Leader {
		t.Error("one vote counted three times")
	}
}

// A server has one vote in a term, and who asks first gets it (§5.2).
func TestSection5_2_OneVoteATerm(t *testing.T) {
	c := running(t, 3)
	c.timeout(1)
	c.timeout(2)
	c.deliver(1, 3)
	c.wantFired(3, ruleVoteOnce, voteGranted)
	c.deliver(2, 3)
	c.wantFired(3, ruleVoteOnce, voteRefused)
	if c.raft(3).vote != 1 {
		t.Errorf("N3's vote went to %v", c.raft(3).vote)
	}
	c.flush()
	if c.raft(1).role != Leader || c.raft(2).role != Follower {
		t.Error("N1 should lead and N2 follow")
	}
	c.sound()
}

// A candidate that asks twice, because a message was lost or copied, is told twice that
// it has the vote (§5.5: a repeated request does no harm).
func TestSection5_5_RepeatedRequestVoteIsGrantedAgain(t *testing.T) {
	c := running(t, 3)
	c.timeout(1)
	m := c.sent(1, 3)[0]
	c.message(m)
	c.message(m)
	c.wantFired(3, ruleVoteOnce, voteRepeated)
	if got := c.sent(3, 1); len(got) != 2 || got[1].Flags != consensus.FlagReply|consensus.FlagYes {
		t.Errorf("N3 answered %v", got)
	}
}

// When votes are split so that nobody has a majority, a candidate times out again and
// tries once more in the next term (§5.2).
func TestSection5_2_SplitVoteEndsInANewElection(t *testing.T) {
	c := running(t, 4)
	c.timeout(1)
	c.timeout(2)
	c.deliver(1, 3)
	c.deliver(2, 4)
	c.flush()
	if c.raft(1).role != Candidate || c.raft(2).role != Candidate {
		t.Fatal("two votes of four each: nobody should have won")
	}
	c.timeout(1)
	c.wantFired(1, ruleElectionTimeout, Candidate)
	c.flush()
	if r := c.raft(1); r.role != Leader || r.term != 2 {
		t.Errorf("N1 should have won term 2, but is %+v", r)
	}
	c.sound()
}

// A candidate that hears from a leader of its own term, or of a newer one, knows that it
// has lost and follows (§5.2).
func TestSection5_2_CandidateStepsDownForALeader(t *testing.T) {
	c := running(t, 3)
	c.timeout(1)
	c.timeout(2)
	c.deliver(1, 3)
	c.deliver(3, 1) // N1 leads
	c.drop(func(m consensus.Message) bool { return m.Kind != KindAppendEntries })
	c.deliver(1, 2)
	c.wantFired(2, ruleCandidateStepDown, 0)
	if r := c.raft(2); r.role != Follower || r.leader != 1 || r.vote != 2 || r.votes.Len() != 0 {
		t.Errorf("N2 is %+v", r)
	}
	c.sound()
}

// A leader of an older term does not impress a candidate: it is refused, and the election
// goes on (§5.2).
func TestSection5_2_CandidateRejectsALeaderOfAnOlderTerm(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.heartbeat(1)
	m := c.sent(1, 2)[0]
	c.drop(nil)
	c.timeout(2)
	c.message(m)
	c.wantFired(2, ruleTermStale, staleAppend)
	if c.raft(2).role != Candidate {
		t.Error("N2 should go on with its election")
	}
	c.drop(func(m consensus.Message) bool { return m.Kind != KindAppendEntriesReply })
	c.deliver(2, 1)
	if r := c.raft(1); r.role != Follower || r.term != 2 {
		t.Errorf("the deposed leader is %+v", r)
	}
	c.sound()
}

// A leader or candidate that learns of a newer term is a follower in the same step
// (§5.1).
func TestSection5_1_NewerTermMakesFollowers(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.timeout(2)
	c.deliver(2, 1)
	c.wantFired(1, ruleTermNewer, Leader)
	n := c.node(1)
	if r := c.raft(1); r.role != Follower || r.term != 2 || n.timers[HeartbeatTimer] != 0 || n.timers[ElectionTimer] == 0 {
		t.Errorf("the old leader is %+v, its timers %v", r, n.timers)
	}
	c.timeout(3)
	c.timeout(3)
	c.deliver(3, 2)
	c.deliver(3, 2)
	if r := c.raft(2); r.role != Follower || r.term != 3 {
		t.Errorf("the old candidate is %+v", r)
	}
	c.sound()
}

// The role goes before the term: at no moment of the trace does anybody lead a term
// that it was not elected for.
func TestSection5_1_NobodyIsSeenToLeadAForeignTerm(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.timeout(2)
	c.deliver(2, 1)
	for _, n := range c.node(1).out.Notes {
		switch n.Kind {
		case consensus.NoteRole:
			return
		case consensus.NoteTerm:
			t.Fatal("the leader's term changed before its role")
		}
	}
	t.Fatal("the role did not change")
}

// A request of an older term is refused, and the answer carries the newer one (§5.1).
func TestSection5_1_StaleRequestVoteIsRejected(t *testing.T) {
	c := running(t, 3)
	c.timeout(1)
	m := c.sent(1, 3)[0] // of term 1
	c.drop(nil)
	c.elect(2)
	c.elect(3)
	c.message(m)
	c.wantFired(3, ruleTermStale, staleVote)
	if got := c.sent(3, 1); len(got) != 1 || got[0].Flags&consensus.FlagNo == 0 || got[0].Term != 2 {
		t.Errorf("N3 answered %v", got)
	}
	c.sound()
}

// A vote of an earlier election does not count in a later one.
func TestSection5_1_StaleVoteDoesNotCount(t *testing.T) {
	c := running(t, 3)
	c.timeout(1)
	c.deliver(1, 2)
	late := c.sent(2, 1)[0]
	c.drop(nil)
	c.timeout(1)
	c.message(late)
	c.wantFired(1, ruleStaleAnswer, staleTerm)
	if c.raft(1).role != Candidate {
		t.Error("a vote of term 1 won term 2")
	}
}

// Figure 2, followers: the timer starts anew on AppendEntries from the current leader and
// on granting a vote, and on nothing else.
func TestFigure2_WhatRestartsTheElectionTimeout(t *testing.T) {
	c := running(t, 3)
	restarted := func(id consensus.NodeID) bool {
		for _, s := range c.node(id).out.Timers {
			if s.Timer == ElectionTimer && s.After > 0 {
				return true
			}
		}
		return false
	}
	c.timeout(1)
	c.timeout(2)
	c.deliver(1, 3)
	if !restarted(3) {
		t.Error("a granted vote should restart it")
	}
	c.deliver(2, 3)
	if restarted(3) {
		t.Error("a refused vote should not restart it")
	}
	c.flush()
	c.heartbeat(1)
	stale := c.sent(1, 3)[0]
	c.deliver(1, 3)
	if !restarted(3) {
		t.Error("a heartbeat should restart it")
	}
	c.flush()
	c.elect(2)
	c.message(stale)
	if restarted(3) {
		t.Error("a heartbeat of a deposed leader should not restart it")
	}
}

// Which of two logs is ahead is decided by the term of their last entries, and where
// these are equal by their length. Nobody votes for a log that is behind its own
// (§5.4.1).
func TestSection5_4_1_VoteOnlyForAnUpToDateLog(t *testing.T) {
	for _, test := range []struct {
		name             string
		voter, candidate []int
		grants           bool
	}{
		{"both empty", nil, nil, true},
		{"equal", []int{1, 2}, []int{1, 2}, true},
		{"candidate longer", []int{1, 2}, []int{1, 2, 2}, true},
		{"candidate shorter", []int{1, 2, 2}, []int{1, 2}, false},
		{"candidate's last term later, log shorter", []int{1, 1, 1}, []int{1, 2}, true},
		{"candidate's last term earlier, log longer", []int{1, 2}, []int{1, 1, 1, 1}, false},
		{"candidate empty", []int{1}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCluster(t, 3)
			c.with(1, Disk{Term: 2, Log: logOf(test.candidate...)}).with(2, Disk{Term: 2, Log: logOf(test.voter...)})
			c.start(1, 2)
			c.timeout(1)
			c.deliver(1, 2)
			if granted := c.raft(2).vote == 1; granted != test.grants {
				t.Errorf("granted: %v", granted)
			}
			if c.fired(2, ruleUpToDate, upToDateRefused) == test.grants {
				t.Errorf("the rules that fired were %v", c.node(2).fired)
			}
		})
	}
}

// A voter joins the candidate's term even when it refuses its vote.
func TestSection5_4_1_RefusedVoteStillMovesTheTerm(t *testing.T) {
	c := newCluster(t, 3)
	c.with(1, Disk{Term: 6}).with(2, Disk{Term: 2, Log: logOf(1, 2)})
	c.start(1, 2)
	c.timeout(1)
	c.deliver(1, 2)
	if r := c.raft(2); r.term != 7 || r.vote != consensus.None {
		t.Errorf("N2 is of term %d and voted for %v", r.term, r.vote)
	}
}

// Each election timeout is drawn anew from a fixed range, by default the paper's 150 to
// 300 ms (§5.2, §9.3).
func TestSection5_2_TimeoutsAreRandomWithinTheirRange(t *testing.T) {
	c := running(t, 1)
	r := c.raft(1)
	seen := map[consensus.Duration]bool{}
	for range 1000 {
		d := r.electionTimeout()
		if d < 150*consensus.Millisecond || d > 300*consensus.Millisecond {
			t.Fatalf("a timeout of %d ns", d)
		}
		seen[d/(10*consensus.Millisecond)] = true
	}
	if len(seen) != 16 { // 15 ranges of 10 ms, and 300 ms exactly, or nearly so
		if len(seen) != 15 {
			t.Errorf("a thousand timeouts fell into %d of 15 ranges", len(seen))
		}
	}
}

// Servers with different seeds draw different timeouts.
func TestSection5_2_ServersDrawDifferentTimeouts(t *testing.T) {
	c := running(t, 9)
	seen := map[consensus.Duration]bool{}
	for _, n := range c.nodes {
		seen[n.timers[ElectionTimer]] = true
	}
	if len(seen) != 9 {
		t.Errorf("nine servers drew %d different timeouts", len(seen))
	}
}

// A cluster of one elects itself.
func TestSection5_2_SingleServerIsItsOwnMajority(t *testing.T) {
	c := running(t, 1)
	c.timeout(1)
	if r := c.raft(1); r.role != Leader || r.commit != 1 || len(c.net) != 0 {
		t.Errorf("N1 is %+v", r)
	}
	c.request(1, 1, 1, "set x 1")
	if got := c.last(); got.Status != consensus.StatusDone || string(got.Result) != "ok" {
		t.Errorf("it answered %+v", got)
	}
}

// A server of the last term starts no election: there is no term left to win.
func TestElectionsEndAtTermMax(t *testing.T) {
	c := newCluster(t, 3).with(1, Disk{Term: TermMax})
	c.start(1)
	c.timeout(1)
	if r := c.raft(1); r.term != TermMax || r.role != Follower {
		t.Errorf("N1 went on to term %d", r.term)
	}
}

// Timers that a change of role has overtaken do nothing.
func TestOvertakenTimersDoNothing(t *testing.T) {
	c := running(t, 3)
	c.heartbeat(1)
	if len(c.net) != 0 {
		t.Error("a follower sent heartbeats")
	}
	c.elect(1)
	c.timeout(1)
	if r := c.raft(1); r.role != Leader || r.term != 1 {
		t.Error("a leader stood for election")
	}
}
