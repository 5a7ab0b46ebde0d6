package paxos

import (
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
)

// The well-known stories of Paxos, each told from beginning to end.

// A value is chosen, and nobody knows: the acceptors' answers never reach the proposer,
// who crashes. Whoever proposes next finds it.
func TestStory_ChosenButNotYetKnown(t *testing.T) {
	h := newHand(t, Synod(), 5)
	h.request(1, 1, 1, "propose 1 x")
	h.exchange(1, KindPrepare, KindPromise, 2, 3)
	for _, id := range []consensus.NodeID{2, 3} {
		h.deliver(1, id, KindAccept)
	}
	h.crash(1)
	h.drop(nil)
	for id := consensus.NodeID(2); id <= 5; id++ {
		if h.chosen(id, 1) != "" {
			t.Fatalf("%v knows", id)
		}
	}
	h.request(5, 2, 1, "propose 1 y")
	h.deliver(5, 4, KindPrepare)
	h.deliver(4, 5, KindPromise) // who knows nothing
	h.exchange(5, KindPrepare, KindPromise, 3)
	h.run()
	h.wantChosen(1, "propose 1 x", 2, 3, 4, 5)
	h.wantReply(2, consensus.StatusDone, "slot 1: x")
	h.wantFired(5, ruleAdopt, adoptBound)
}

// The same with nobody who proposes anything: the nodes find out.
func TestStory_NobodyKnowsAndANodeFindsOut(t *testing.T) {
	course := func(changes ...string) *hand {
		h := newHand(t, Synod(), 5, changes...)
		h.request(1, 1, 1, "x")
		h.exchange(1, KindPrepare, KindPromise, 2, 3)
		for _, id := range []consensus.NodeID{2, 3} {
			h.deliver(1, id, KindAccept)
		}
		h.crash(1)
		h.drop(nil)
		for range 12 {
			for id := consensus.NodeID(2); id <= 5; id++ {
				h.expire(id, LearnTimer)
				h.run()
				h.tryExpire(id, RetryTimer)
				h.run()
			}
		}
		return h
	}
	h := course()
	h.wantChosen(1, "x", 2, 3, 4, 5)
	if h.count(0, ruleFindOut, findOutStarts) == 0 {
		t.Error("nobody found out")
	}
	h = course("-find-out")
	if h.wantFired(0, ruleFindOut, findOutOff); h.chosen(2, 1) != "" {
		t.Error("without the rule, they know all the same")
	}
}

// A proposer is lost after its prepare requests. Others look, find nothing, and look
// ever more rarely.
func TestStory_NothingToFindOut(t *testing.T) {
	h := newHand(t, Synod(), 3)
	h.request(1, 1, 1, "x")
	h.deliver(1, 2, KindPrepare)
	h.crash(1)
	h.drop(nil)
	looks := [2]int{}
	for i := range 400 {
		for id := consensus.NodeID(2); id <= 3; id++ {
			h.expire(id, LearnTimer)
			h.run()
			h.tryExpire(id, RetryTimer)
			h.run()
		}
		if i == 199 {
			looks[0] = h.count(0, ruleFindOut, findOutStarts)
		}
	}
	looks[1] = h.count(0, ruleFindOut, findOutStarts) - looks[0]
	if looks[0] == 0 || looks[1] > looks[0] || looks[1] > 20 {
		t.Errorf("they looked %v times", looks)
	}
	h.wantFired(0, ruleFindOut, findOutNothing)
	if h.chosen(2, 1) != "" || h.value(2, 1) != "" {
		t.Error("something was proposed that nobody wanted")
	}
}

// A new leader is told of a value that may have been chosen and has to adopt it, though
// a client waits with another one.
func TestStory_NewLeaderAdopts(t *testing.T) {
	h := newHand(t, MultiPaxos(), 5)
	h.leadWith(1, 2, 3)
	h.request(1, 1, 1, "x")
	h.phase2(1, 2, 3)
	h.wantReply(1, consensus.StatusDone, "1") // chosen, known to N1, and its client
	h.crash(1)
	h.drop(nil)
	h.expire(5, ElectionTimer)
	h.deliver(5, 3, KindPrepare)
	h.deliver(5, 4, KindPrepare)
	h.deliver(4, 5, KindPromise)
	h.deliver(3, 5, KindPromise)
	h.request(5, 2, 1, "y")
	h.run()
	h.wantChosen(1, "x", 5)
	h.wantChosen(2, "y", 5)
	h.wantReply(2, consensus.StatusDone, "2")
}

// Two old proposals stand on acceptors, and the older one arrives last: it does not
// count (Synod and Multi-Paxos).
func TestStory_TheHighestAndNotTheLast(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(alg.Protocol.Name, func(t *testing.T) {
			h := prepareHand(t, alg, 5).wants()
			for id, d := range olderAndNewer() {
				h.disks[id] = d.Encode()
			}
			for id := consensus.NodeID(1); id <= 5; id++ {
				h.start(id)
			}
			if alg.Protocol.Name == "synod" {
				h.request(5, 3, 1, "propose 1 z")
			} else {
				h.expire(5, ElectionTimer)
			}
			h.phase1(5, 2, 1)
			h.phase2(5, 2, 1)
			h.wantChosen(1, "y", 5)
			h.wantFired(5, ruleAdoptHighest, highestKept)
		})
	}
}

// An acceptor crashes between its promise and the old proposal that it must refuse.
func TestStory_RestartedAcceptor(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.leadWith(1, 2)
	h.request(1, 1, 1, "x")
	h.leadWith(3, 2)
	h.crash(2)
	h.start(2)
	h.phase2(1, 2)
	if h.value(2, 1) != "" || h.state(1).Role == Leader {
		t.Errorf("N2 accepted %q after its restart", h.value(2, 1))
	}
	h.wantFired(2, ruleKeepPromise, keepRefusedAccept)
	h.wantFired(2, ruleRestart, restartWhole)
}

// A crash tears the write of a promise. Nobody was told of it, so it does not hold; and
// what is written afterwards is read again.
func TestStory_TornWrite(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(alg.Protocol.Name, func(t *testing.T) {
			h := newHand(t, alg, 3).wants()
			h.wantAnswer(acceptMsg(1, 3, b(1, 1), 1, x), KindAccepted, b(1, 1))
			before := len(h.disks[3])
			h.answer(prepareMsg(2, 3, b(2, 2), 1))
			for cut := before + 1; cut < len(h.disks[3]); cut++ {
				g := prepareHand(t, alg, 3).wants()
				g.disks[3] = append([]byte(nil), h.disks[3][:cut]...)
				g.start(3)
				g.wantFired(3, ruleRestart, restartTorn)
				if got := g.value(3, 1); got != "x" {
					t.Fatalf("cut at byte %d: has %q", cut, got)
				}
				g.wantAnswer(prepareMsg(2, 3, b(1, 2), 1), KindPromise, b(1, 2))
				g.crash(3)
				g.start(3)
				g.wantFired(3, ruleRestart, restartWhole)
				g.wantAnswer(prepareMsg(1, 3, b(1, 1), 1), KindNack, b(1, 2))
			}
		})
	}
}

// A proposal comes after the decision: it is answered with what was decided.
func TestStory_ProposalAfterTheDecision(t *testing.T) {
	h := newHand(t, Synod(), 5)
	h.request(1, 1, 1, "propose 1 x")
	h.runAmong(1, 2, 3, 4)
	// N4 knows and answers at once; N5 finds out from the first acceptor that it asks.
	h.request(4, 2, 1, "propose 1 y")
	h.wantReply(2, consensus.StatusDone, "slot 1: x")
	h.request(5, 3, 1, "propose 1 z")
	h.deliver(5, 2, KindPrepare)
	h.deliver(2, 5, KindLearn)
	h.wantReply(3, consensus.StatusDone, "slot 1: x")
	h.wantFired(2, ruleDecided, 0)
	h.wantFired(5, rulePassOn, passOnHeard) // whoever it is, others may not know
	if h.state(5).Role != SynodIdle {
		t.Error("N5 goes on proposing")
	}
}

// Many decisions at once, independent of one another, in any order.
func TestStory_IndependentDecisions(t *testing.T) {
	h := newHand(t, Synod(), 5)
	for i := range 20 {
		slot := (i*7)%20 + 1
		h.request(consensus.NodeID(i%5+1), i%3+1, uint32(i+1), "propose "+strconv.Itoa(slot)+" v"+strconv.Itoa(slot))
	}
	h.run()
	for slot := 1; slot <= 20; slot++ {
		h.wantChosen(slot, "propose "+strconv.Itoa(slot)+" v"+strconv.Itoa(slot), 1, 2, 3, 4, 5)
	}
	if got := machineOf(h.engines[1]).commands; len(got) != 0 {
		t.Errorf("decisions by slot were executed: %v", got)
	}
	for id := consensus.NodeID(1); id <= 5; id++ {
		if e := h.engines[id].(*synod); len(e.open) != 0 || len(e.proposals) != 0 {
			t.Errorf("%v still remembers %d instances and %d proposals", id, len(e.open), len(e.proposals))
		}
	}
}

// Decided instances are forgotten: a late message is answered with the decision, and
// changes nothing.
func TestStory_ForgottenInstance(t *testing.T) {
	h := newHand(t, Synod(), 3)
	h.request(1, 1, 1, "a")
	h.run()
	h.wantFired(2, ruleForget, 0)
	m, ok := h.answer(acceptMsg(3, 2, b(9, 3), 1, y))
	q, _ := decode(m.Kind, m.Data)
	if v := q.nextVote(); !ok || m.Kind != KindLearn || string(v.entry.Command) != "a" || !v.chosen {
		t.Errorf("a late proposal was answered with %+v", m)
	}
	h.wantChosen(1, "a", 2)
}

// Without nacks a proposer that has no chance is not told so.
func TestStory_SilentAcceptors(t *testing.T) {
	course := func(changes ...string) *hand {
		h := newHand(t, Synod(), 4, append(changes, "acceptors=6", "proposers=9")...) // N1 and N4 ask N2 and N3
		h.request(1, 1, 1, "propose 1 x")
		h.request(4, 2, 1, "propose 1 y")
		h.deliver(4, 2, KindPrepare)
		h.deliver(1, 2, KindPrepare)
		return h
	}
	h := course()
	h.deliver(2, 1, KindNack)
	h.wantFired(1, rulePreempted, 0)
	h = course("-nack")
	if h.sent[KindNack] != 0 || h.count(2, ruleNack, nackOff) != 1 {
		t.Errorf("%d nacks", h.sent[KindNack])
	}
}

// Without passing on, only the proposer knows until the others ask.
func TestStory_KeptToOneself(t *testing.T) {
	h := newHand(t, Synod(), 3, "-pass-on")
	h.request(1, 1, 1, "x")
	h.run()
	h.wantChosen(1, "x", 1)
	h.wantChosen(1, "", 2, 3)
	for range 3 {
		for id := consensus.NodeID(1); id <= 3; id++ {
			h.expire(id, LearnTimer)
		}
		h.run()
	}
	h.wantChosen(1, "x", 1, 2, 3)
}

// Proposers, acceptors and learners on nodes of their own.
func TestStory_SeparateRoles(t *testing.T) {
	for _, tell := range []string{"0", "1"} {
		h := newHand(t, Synod(), 7, "proposers=3", "acceptors=28", "learners=96", "tell-learners="+tell)
		h.request(3, 1, 1, "x") // an acceptor, which proposes nothing
		h.wantReply(1, consensus.StatusNotLeader, "")
		if to := h.replies[0].Leader; to != 1 && to != 2 {
			t.Errorf("sent to %v", to)
		}
		h.request(1, 1, 1, "x")
		h.run()
		h.wantReply(1, consensus.StatusDone, "chosen in slot 1") // N1 executes nothing
		h.wantChosen(1, "x", 1, 6, 7)
		for id := consensus.NodeID(1); id <= 7; id++ {
			if got, want := len(machineOf(h.engines[id]).commands), int(id)/6; got != want {
				t.Errorf("%v executed %d commands, want %d", id, got, want)
			}
		}
		if h.value(1, 1) == "" || h.sent[KindPrepare] != 3 || h.sent[KindAccept] != 3 {
			t.Errorf("sent %v", h.sent)
		}
	}
	// A proposer that is no learner sends a client to one that is both.
	h := newHand(t, Synod(), 3, "proposers=3", "learners=6")
	h.request(1, 1, 1, "x")
	if r := h.replies[0]; r.Status != consensus.StatusNotLeader || r.Leader != 2 {
		t.Errorf("answered %+v", r)
	}
	h.request(2, 1, 1, "x")
	h.run()
	h.wantReply(1, consensus.StatusDone, "1")
}

// Which slots there are, and what a client may say of them.
func TestStory_NoSuchSlot(t *testing.T) {
	h := newHand(t, Synod(), 3)
	for command, want := range map[string]string{
		"propose":                        "propose takes a slot and a value",
		"propose 1":                      "propose takes a slot and a value",
		"propose  x y":                   "propose takes a slot and a value",
		"propose 1x y":                   "propose takes a slot and a value",
		"propose 0 x":                    "there is no such slot",
		"propose 1048577 x":              "there is no such slot",
		"propose 99999999999999999 x":    "there is no such slot",
		"propose 18446744073709551617 x": "there is no such slot",
		"propose 513 x":                  "slot 513 is too far ahead",
	} {
		before := len(h.replies)
		h.request(1, 1, 1, command)
		if len(h.replies) != before+1 || h.replies[before].Status != consensus.StatusDone || !strings.HasPrefix(string(h.replies[before].Result), want) {
			t.Errorf("%q: %v", command, h.replies[before:])
		}
	}
	if len(h.mail) != 0 {
		t.Errorf("something was proposed: %v", h.mail)
	}
	h.request(1, 1, 1, "propose 512 last")
	h.request(1, 2, 1, "proposed is a word for the machine")
	h.run()
	h.wantReply(1, consensus.StatusDone, "slot 512: last")
	h.wantReply(2, consensus.StatusDone, "1")
}
