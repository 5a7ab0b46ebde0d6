package raft

import (
	"testing"

	"parley/consensus"
)

// Only the leader serves clients; any other server turns a client away and names the
// leader that it heard from last, if there is one (§8).
func TestSection8_RedirectToTheLeader(t *testing.T) {
	c := running(t, 3)
	c.request(2, 1, 1, "get x")
	c.wantFired(2, ruleRedirect, redirectNobody)
	if got := c.last(); got.Status != consensus.StatusNotLeader || got.Leader != consensus.None {
		t.Errorf("without a leader the answer is %+v", got)
	}
	c.elect(1)
	c.request(2, 1, 1, "get x")
	c.wantFired(2, ruleRedirect, redirectLeader)
	if got := c.last(); got.Status != consensus.StatusNotLeader || got.Leader != 1 || got.Client != consensus.Client(1) || got.Seq != 1 {
		t.Errorf("the answer is %+v", got)
	}
	c.timeout(2)
	c.request(2, 1, 1, "get x")
	if got := c.last(); got.Leader != consensus.None {
		t.Errorf("a candidate named %v", got.Leader)
	}
}

// A client has its answer when its entry was replicated and then applied at the leader,
// not a moment earlier, and the answer is what the state machine said (§5.3).
func TestSection5_3_AnswerOnApplyOnly(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	if len(c.replies) != 0 {
		t.Fatalf("it answered before the entry was committed: %+v", c.last())
	}
	c.deliver(1, 2)
	c.deliver(2, 1)
	c.wantFired(1, ruleAnswerApplied, 0)
	if got := c.last(); got.Status != consensus.StatusDone || string(got.Result) != "ok" || got.Seq != 1 {
		t.Errorf("the answer is %+v", got)
	}
	c.request(1, 2, 1, "get x")
	c.flush()
	if got := c.last(); string(got.Result) != "1" || got.Client != consensus.Client(2) {
		t.Errorf("the answer is %+v", got)
	}
	if len(c.replies) != 2 {
		t.Errorf("there were %d answers", len(c.replies))
	}
}

// Only the leader that took the request answers it, not those who apply it later.
func TestSection8_OnlyTheLeaderAnswers(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	c.flush()
	c.heartbeat(1)
	c.flush()
	if len(c.replies) != 1 {
		t.Errorf("there were %d answers", len(c.replies))
	}
}

// A leader may be lost between the commit of a command and its answer. The client asks
// the next leader, and the command stands in the log twice; the number that the client
// gave it keeps it from taking effect twice (§8).
func TestSection8_RetriedRequestIsAppliedOnce(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	c.flush()
	c.request(1, 1, 2, "cas x 1 2")
	c.deliver(1, 2)
	c.deliver(1, 3)
	c.crash(1) // the entry is on a majority, the answer was never sent
	c.drop(nil)
	c.timeout(2)
	c.deliver(2, 3)
	c.deliver(3, 2) // N2 leads, and does not know yet that the entry is committed
	c.request(2, 1, 2, "cas x 1 2")
	c.flush()
	c.wantTerms(2, 1, 1, 1, 2, 2) // it stands twice
	got := c.last()
	if got.Status != consensus.StatusDone || string(got.Result) != "ok" {
		t.Errorf("the retried request was answered %+v", got)
	}
	if c.raft(2).applied != 5 {
		t.Errorf("N2 applied up to %d", c.raft(2).applied)
	}
	c.sound()
}

// A command whose number was applied before is answered from memory, at once and without
// another entry (§8).
func TestSection8_ExecutedRequestIsAnsweredAtOnce(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	c.flush()
	c.request(1, 1, 1, "set x 1")
	c.wantFired(1, ruleApplyOnce, onceRemembered)
	if got := c.last(); len(c.replies) != 2 || got.Status != consensus.StatusDone || string(got.Result) != "ok" {
		t.Errorf("it was answered %+v", got)
	}
	c.wantTerms(1, 1, 1)
	if len(c.net) != 0 {
		t.Error("it was replicated again")
	}
}

// A request that waits is not appended a second time, and answered once.
func TestWaitingRequestIsNotAppendedAgain(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	c.request(1, 1, 1, "set x 1")
	c.wantFired(1, ruleApplyOnce, onceWaits)
	c.wantTerms(1, 1, 1)
	c.flush()
	if len(c.replies) != 1 {
		t.Errorf("it was answered %d times", len(c.replies))
	}
}

// A late copy of an earlier request is ignored.
func TestLateRequestIsIgnored(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	for seq := uint32(1); seq <= 2; seq++ {
		c.request(1, 1, seq, "set x 1")
		c.flush()
	}
	n := len(c.replies)
	c.request(1, 1, 1, "set x 1")
	c.wantFired(1, ruleApplyOnce, onceLate)
	if len(c.replies) != n {
		t.Error("it was answered")
	}
	c.wantTerms(1, 1, 1, 1)
}

// A leader that steps down sends the waiting clients away; the next leader's entries take
// the place of theirs.
func TestDeposedLeaderSendsClientsAway(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.apart(consensus.SetOf(2, 3))
	c.request(1, 1, 1, "set x 1")
	c.request(1, 2, 1, "set x 2")
	c.flush()
	c.elect(2)
	c.cut = nil
	c.heartbeat(2)
	c.flush()
	if len(c.replies) != 2 || c.replies[0].Status != consensus.StatusNotLeader || c.replies[1].Status != consensus.StatusNotLeader {
		t.Errorf("they were answered %+v", c.replies)
	}
	if c.raft(1).pending != nil && len(c.raft(1).pending) != 0 {
		t.Error("a follower remembers requests")
	}
	c.wantTerms(1, 1, 2)
	c.elect(1)
	if len(c.replies) != 2 {
		t.Error("a later term answered requests of an earlier one")
	}
	c.sound()
}

// A leader takes a bounded number of requests.
func TestTooManyRequestsAreTurnedAway(t *testing.T) {
	c := newCluster(t, 3)
	c.set(optPendingMax, 2)
	c.start(1, 2, 3)
	c.elect(1)
	c.request(1, 1, 1, "get x")
	c.request(1, 2, 1, "get x")
	c.request(1, 3, 1, "get x")
	c.wantFired(1, ruleBusy, 0)
	if got := c.last(); got.Status != consensus.StatusBusy || got.Client != consensus.Client(3) {
		t.Errorf("the third was answered %+v", got)
	}
	c.flush()
	c.request(1, 3, 1, "get x")
	c.flush()
	if got := c.last(); got.Status != consensus.StatusDone {
		t.Errorf("then it was answered %+v", got)
	}
}

// What no client would send changes nothing.
func TestSenselessRequestsAreIgnored(t *testing.T) {
	c := running(t, 1)
	c.timeout(1)
	for _, q := range []consensus.Request{
		{Client: consensus.None, Seq: 1, Command: []byte("get x")},
		{Client: 3, Seq: 1, Command: []byte("get x")},
		{Client: consensus.Client(1), Seq: 0, Command: []byte("get x")},
		{Client: consensus.Client(1), Seq: 1, Command: make([]byte, consensus.CommandMax+1)},
	} {
		c.step(1, consensus.Input{Kind: consensus.InputRequest, Request: q})
		c.wantFired(1, ruleMalformed, 0)
		c.wantTerms(1, 1)
	}
	if len(c.replies) != 0 {
		t.Errorf("they were answered %+v", c.replies)
	}
}

// New settings count from the next step on; timers whose time changed start anew.
func TestConfigureWhileRunning(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	s := consensus.Settings{Options: protocol.Defaults()}
	s.Options[optHeartbeat] = int64(20 * consensus.Millisecond)
	s.Options[optElectionMin] = int64(400 * consensus.Millisecond) // above the longest
	c.configure(1, s)
	c.configure(2, s)
	if got := c.node(1).timers[HeartbeatTimer]; got != 20*consensus.Millisecond {
		t.Errorf("the heartbeat timer runs %d ns", got)
	}
	if got := c.node(2).timers[ElectionTimer]; got != 400*consensus.Millisecond {
		t.Errorf("the election timer runs %d ns", got)
	}
	s.Off = s.Off.With(ruleVoteOnce)
	c.configure(2, s)
	if len(c.node(2).out.Timers) != 0 {
		t.Error("a switch restarted a timer")
	}
	if !c.raft(2).off.Has(ruleVoteOnce) {
		t.Error("the rule is still on")
	}
}

// Options that are missing have their default, those out of range the nearest bound.
func TestOptionsAreBounded(t *testing.T) {
	got := readOptions([]int64{-5, 1 << 62, 0, 0, 1 << 40, 99})
	want := options{
		electionMin: consensus.Millisecond, electionMax: 60 * consensus.Second, heartbeat: consensus.Millisecond,
		entriesMax: 1, bytesMax: 512 << 10, inflight: inflightMax, pendingMax: 256,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if readOptions(nil) != readOptions(protocol.Defaults()) {
		t.Error("no options are not the defaults")
	}
}
