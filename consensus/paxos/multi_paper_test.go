package paxos

import (
	"strconv"
	"testing"

	"parley/consensus"
)

func heartbeatMsg(from, to consensus.NodeID, b consensus.Term, commit consensus.Index) consensus.Message {
	return consensus.Message{From: from, To: to, Kind: KindHeartbeat, Term: b, Data: appendHeartbeat(nil, commit)}
}

func multiAcceptMsg(from, to consensus.NodeID, b consensus.Term, slot, commit consensus.Index, e consensus.Entry) consensus.Message {
	return consensus.Message{From: from, To: to, Kind: KindAccept, Term: b, Data: appendAccept(nil, slot, commit, e)}
}

func TestSimple3_OnePhase1CoversAllSlots(t *testing.T) {
	h := newHand(t, MultiPaxos(), 5)
	h.lead(1)
	if h.sent[KindPrepare] != 4 || h.sent[KindPromise] != 4 {
		t.Fatalf("phase 1 took %v", h.sent)
	}
	for i := uint32(1); i <= 20; i++ {
		h.request(1, 1, i, "c"+strconv.Itoa(int(i)))
		h.run()
		h.wantReply(1, consensus.StatusDone, strconv.Itoa(int(i)))
	}
	if h.sent[KindPrepare] != 4 || h.sent[KindAccept] != 80 || h.sent[KindAccepted] != 80 {
		t.Errorf("20 commands took %v", h.sent)
	}
}

func TestSimple3_LeaderProposesInTheNextSlot(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(2)
	for i, c := range []string{"a", "b", "c"} {
		h.request(2, i+1, 1, c)
		if got := h.value(2, i+1); got != c {
			t.Errorf("slot %d has %q", i+1, got)
		}
	}
}

// The story of section 3: the leader knows commands up to 2 and slot 4 to be chosen,
// and phase 1 tells of something accepted in slot 5 and of nothing in slots 3 and 6.
func TestSimple3_NewLeaderFillsGapsWithNoops(t *testing.T) {
	a, c := entry(b(1, 3), 1, 1, "a"), entry(b(1, 3), 1, 2, "c")
	four, five := entry(b(1, 3), 1, 4, "four"), entry(b(1, 3), 2, 1, "five")
	disk := func(slots ...Slot) Disk { return Disk{Promised: b(1, 3), Slots: slots} }
	chosen := func(e consensus.Entry) Slot { return Slot{Accepted: e, Chosen: true} }
	course := func(changes ...string) *hand {
		h := prepareHand(t, MultiPaxos(), 3, changes...).wants(a, c, four, five)
		h.disks[1] = disk(chosen(a), chosen(c), Slot{}, chosen(four)).Encode()
		h.disks[2] = disk(Slot{Accepted: a}, Slot{Accepted: c}, Slot{}, Slot{Accepted: four}, Slot{Accepted: five}).Encode()
		h.start(1)
		h.start(2)
		h.leadWith(1, 2)
		h.request(1, 3, 1, "six")
		h.phase2(1, 2)
		h.run()
		return h
	}
	h := course()
	for slot, want := range map[int]string{1: "a", 2: "c", 3: "-", 4: "four", 5: "five", 6: "six"} {
		h.wantChosen(slot, want, 1)
	}
	h.wantReply(3, consensus.StatusDone, "5") // the no-op took no place
	h.wantFired(1, ruleFillGaps, fillNoop)
	if v := h.state(1); v.Applied != 6 {
		t.Errorf("executed up to slot %d", v.Applied)
	}

	h = course("-fill-gaps")
	if v := h.state(1); v.Applied != 2 || v.Commit != 2 {
		t.Errorf("without the rule: chosen up to %d, executed up to %d; want both 2", v.Commit, v.Applied)
	}
	h.wantFired(1, ruleFillGaps, fillOff)
	h.wantChosen(6, "six", 1) // chosen, and never executed
}

func TestSimple3_LeaderProposesAgainWhatMayBeChosen(t *testing.T) {
	h := newHand(t, MultiPaxos(), 5)
	h.leadWith(1, 2, 3)
	h.request(1, 1, 1, "a")
	h.request(1, 2, 1, "b")
	h.phase2(1, 2, 2)
	h.drop(nil)
	h.crash(1)
	h.leadWith(3, 2, 4)
	for slot, want := range map[int]string{1: "a", 2: "b"} {
		if h.value(3, slot) != want || h.state(3).Entries[slot-1].Term != h.state(3).Term {
			t.Errorf("slot %d: proposes %q in ballot %s", slot, h.value(3, slot), ballotText(h.state(3).Entries[slot-1].Term))
		}
	}
	h.run()
	h.wantChosen(1, "a", 3)
	h.wantChosen(2, "b", 3)
}

func TestSimple3_WindowBoundsTheOpenSlots(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3, "window=4")
	h.lead(1)
	for c := 1; c <= 7; c++ {
		h.request(1, c, 1, "c"+strconv.Itoa(c))
	}
	if n := h.sent[KindAccept]; n != 8 {
		t.Fatalf("sent %d accept requests with a window of 4 to 2 others", n)
	}
	if h.count(1, ruleWindow, 0) != 3 {
		t.Errorf("%d requests were told to wait, want 3", h.count(1, ruleWindow, 0))
	}
	h.run()
	for c := 1; c <= 7; c++ {
		h.wantReply(c, consensus.StatusDone, strconv.Itoa(c))
	}
	// The window is counted from the first slot that is open.
	h.request(1, 1, 2, "first")
	h.drop(nil)
	for c := 2; c <= 6; c++ {
		h.request(1, c, 2, "next"+strconv.Itoa(c))
		h.run()
	}
	if v := h.state(1); v.Commit != 7 || len(v.Chosen) != 3 || len(v.Entries) != 11 {
		t.Errorf("chosen up to %d and %v, %d slots used; want 7, three more, 11", v.Commit, v.Chosen, len(v.Entries))
	}
}

func TestSimple2_4_NodesThatGiveWayLetOneLead(t *testing.T) {
	contest := func(changes ...string) (served bool, ballots int) {
		s := newStorm(t, MultiPaxos(), 5, 1, 3, changes...)
		s.jitter, s.disk = 0, 0
		s.clients[0].at = 1
		s.input(1, consensus.Input{Kind: consensus.InputTimer, Timer: ElectionTimer})
		s.runFor(5 * ms)
		s.input(5, consensus.Input{Kind: consensus.InputTimer, Timer: ElectionTimer})
		for id := consensus.NodeID(2); id <= 4; id++ { // the others are patient
			s.nodes[id].gens[ElectionTimer]++
		}
		served = s.runUntil(s.now+5*consensus.Second, func() bool { return len(s.ops) > 0 })
		return served, s.sent[KindPrepare] / 4
	}
	if served, ballots := contest(); !served || ballots > 10 {
		t.Errorf("a client is served: %v, after %d ballots", served, ballots)
	}
	if served, ballots := contest("-stable-leader"); served || ballots < 100 {
		t.Errorf("without the rule a client is served: %v, after %d ballots", served, ballots)
	}
}

func TestComplex2_1_CommandIsPerformedInItsFirstSlotOnly(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.leadWith(1, 2)
	h.request(1, 1, 1, "a")
	h.phase2(1, 2)
	h.leadWith(3, 2)
	h.request(3, 1, 1, "a") // while N3 still proposes it for slot 1
	h.run()
	h.wantChosen(1, "a", 3)
	h.wantChosen(2, "a", 3)
	h.wantFired(3, ruleOnce, onceSkipped)
	h.wantReply(1, consensus.StatusDone, "1")
}

func TestComplex2_2_AcceptorAdoptsOnlyHigherBallots(t *testing.T) {
	h := newHand(t, MultiPaxos(), 4).wants()
	h.wantAnswer(prepareMsg(2, 4, b(2, 2), 1), KindPromise, b(2, 2))
	h.wantAnswer(prepareMsg(3, 4, b(1, 3), 1), KindNack, b(2, 2))
	h.wantAnswer(multiAcceptMsg(3, 4, b(1, 3), 9, 0, x), KindNack, b(2, 2)) // in whatever slot
	h.wantAnswer(heartbeatMsg(3, 4, b(1, 3), 0), KindNack, b(2, 2))
	h.wantAnswer(prepareMsg(2, 4, b(2, 2), 1), KindPromise, b(2, 2)) // a copy
	h.wantAnswer(prepareMsg(3, 4, b(2, 3), 1), KindPromise, b(2, 3))
	if got := h.state(4).Term; got != b(2, 3) {
		t.Errorf("promised %s", ballotText(got))
	}
}

func TestComplex2_2_AcceptRaisesThePromise(t *testing.T) {
	h := newHand(t, MultiPaxos(), 4).wants()
	h.wantAnswer(multiAcceptMsg(3, 4, b(2, 3), 1, 0, x), KindAccepted, b(2, 3))
	h.wantFired(4, ruleAcceptRaises, raisesDone)
	h.wantAnswer(multiAcceptMsg(2, 4, b(2, 2), 2, 0, y), KindNack, b(2, 3))
	h.crash(4)
	h.start(4)
	h.wantAnswer(multiAcceptMsg(2, 4, b(2, 2), 2, 0, y), KindNack, b(2, 3))
}

func TestComplex2_2_PromiseTellsAllAcceptedFromASlotOn(t *testing.T) {
	h := newHand(t, MultiPaxos(), 4).wants()
	h.answer(multiAcceptMsg(1, 4, b(1, 1), 1, 0, x))
	h.answer(multiAcceptMsg(1, 4, b(1, 1), 3, 0, y))
	h.answer(multiAcceptMsg(2, 4, b(1, 2), 3, 0, z))
	q := h.wantAnswer(prepareMsg(3, 4, b(2, 3), 1), KindPromise, b(2, 3))
	first, second := q.nextVote(), q.nextVote()
	if q.count != 2 || first.slot != 1 || first.entry.Term != b(1, 1) || second.slot != 3 || string(second.entry.Command) != "z" || second.entry.Term != b(1, 2) {
		t.Errorf("told of %d: %+v and %+v", q.count, first, second)
	}
	if q = h.wantAnswer(prepareMsg(3, 4, b(2, 3), 2), KindPromise, b(2, 3)); q.count != 1 {
		t.Errorf("told of %d from slot 2 on", q.count)
	}
}

func TestComplex2_2_AnswersOfOtherBallotsDoNotCount(t *testing.T) {
	h := newHand(t, MultiPaxos(), 5)
	h.leadWith(1, 2, 3)
	h.request(1, 1, 1, "x")
	h.put(acceptedMsg(2, 1, b(1, 1), 1))
	old := acceptedMsg(3, 1, b(1, 1), 1)
	h.put(nackMsg(4, 1, b(1, 4), 1, b(1, 1), 2))
	h.drop(nil)
	h.expire(1, ElectionTimer) // again, with ballot 2.N1
	h.phase1(1, 2, 3)
	h.put(old)
	h.wantChosen(1, "", 1)
	h.wantFired(1, ruleStale, 0)
}

func TestComplex2_2_LeaderIsPreemptedByAHigherBallot(t *testing.T) {
	for name, m := range map[string]consensus.Message{
		"nack":      nackMsg(2, 1, b(5, 3), 1, b(1, 1), 2),
		"prepare":   prepareMsg(3, 1, b(5, 3), 1),
		"accept":    multiAcceptMsg(3, 1, b(5, 3), 1, 0, y),
		"heartbeat": heartbeatMsg(3, 1, b(5, 3), 0),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHand(t, MultiPaxos(), 3).wants()
			h.leadWith(1, 2)
			h.request(1, 1, 1, "x")
			h.put(m)
			if v := h.state(1); v.Role != Acceptor || len(v.Progress) != 0 {
				t.Errorf("it still leads: %+v", v)
			}
			h.wantReply(1, consensus.StatusNotLeader, "")
			h.wantFired(1, rulePreempted, 1)
			if _, runs := h.timers[1][HeartbeatTimer]; runs {
				t.Error("the heartbeat goes on")
			}
			h.drop(nil)
			h.expire(1, ElectionTimer)
			if m, _ := h.find(1, 2, KindPrepare); m.Term != b(6, 1) {
				t.Errorf("tries ballot %s next", ballotText(m.Term))
			}
		})
	}
}

func TestComplex3_SilenceStartsPhase1AndWordsPutItOff(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(1)
	for range 5 {
		h.timers[2][ElectionTimer] = 1
		h.expire(1, HeartbeatTimer)
		h.run()
		if after := h.timers[2][ElectionTimer]; after < 150*ms || after > 300*ms {
			t.Fatalf("a heartbeat set the election timer to %v", after)
		}
	}
	h.crash(1)
	h.expire(2, ElectionTimer)
	h.wantFired(2, ruleDetector, detectorSilent)
	h.run()
	if h.state(2).Role != Leader || h.state(3).Leader != 2 {
		t.Error("nobody followed the leader that was lost")
	}
}

func TestComplex3_AMistakenSuspicionIsHarmless(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(1)
	h.request(1, 1, 1, "a")
	h.expire(2, ElectionTimer) // though N1 is there
	h.run()
	if h.state(1).Role == Leader || h.state(2).Role != Leader {
		t.Fatal("the higher ballot does not lead")
	}
	h.request(2, 1, 1, "a")
	h.run()
	h.wantReply(1, consensus.StatusDone, "1")
	h.expire(2, HeartbeatTimer)
	h.run()
	for id := consensus.NodeID(1); id <= 3; id++ {
		if got := machineOf(h.engines[id]).commands; len(got) != 1 {
			t.Errorf("%v executed %v", id, got)
		}
	}
}

func TestComplex4_2_PromiseOfADecidedSlotNeedsNoVote(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(1)
	for i := uint32(1); i <= 200; i++ {
		h.request(1, 1, i, "c"+strconv.Itoa(int(i)))
		h.runAmong(1, 2)
	}
	h.expire(1, HeartbeatTimer)
	h.runAmong(1, 2)
	// N3 missed everything. Its phase 1 with N2 is told how far the slots are chosen,
	// and the values of the first of them.
	h.expire(3, ElectionTimer)
	h.deliver(3, 2, KindPrepare)
	m, _ := h.find(2, 3, KindPromise)
	q, _ := decode(m.Kind, m.Data)
	if q.commit != 200 || q.count != learnMax {
		t.Fatalf("told that all are chosen up to %d, and %d values", q.commit, q.count)
	}
	h.crash(1)
	h.put(m)
	h.request(3, 2, 1, "new")
	for range 10 {
		h.run()
		h.expire(3, HeartbeatTimer)
	}
	h.run()
	h.wantFired(3, ruleCatchUp, catchUpAsks)
	h.wantReply(2, consensus.StatusDone, "201")
	h.wantChosen(200, "c200", 3)
	h.wantChosen(201, "new", 2, 3)
	if h.state(3).Entries[199].Term != b(1, 1) {
		t.Error("the new leader proposed again in slots that were decided")
	}
}

func TestComplex4_2_LeaderThatCannotCatchUpRunsPhase1Again(t *testing.T) {
	h := newHand(t, MultiPaxos(), 5)
	h.lead(1)
	for i := uint32(1); i <= 100; i++ {
		h.request(1, 1, i, "c"+strconv.Itoa(int(i)))
		h.runAmong(1, 2, 3)
	}
	h.crash(1)
	// N2 alone knows up to where the slots are chosen; it tells N5 so and is lost.
	h.leadWith(5, 2, 4)
	h.crash(2)
	h.drop(nil)
	for i := 0; h.state(5).Role == Leader && i < 2*stalledMax; i++ {
		h.expire(5, HeartbeatTimer)
		h.drop(func(m consensus.Message) bool { return m.Kind != KindPrepare })
	}
	h.wantFired(5, ruleCatchUp, catchUpAnew)
	for range 20 {
		h.run()
		h.expire(5, HeartbeatTimer)
	}
	h.run()
	h.wantChosen(100, "c100", 3, 4, 5)
}

func TestComplex4_3_StateIsWrittenBeforeAnAnswer(t *testing.T) {
	h := newHand(t, MultiPaxos(), 4).wants()
	for _, m := range []consensus.Message{prepareMsg(1, 4, b(1, 1), 1), multiAcceptMsg(2, 4, b(1, 2), 1, 0, x)} {
		out := h.step(4, consensus.Input{Kind: consensus.InputMessage, Message: m})
		if len(out.Messages) == 0 || len(out.Write) == 0 || out.Loose {
			t.Errorf("kind %d: wrote %d bytes, loose %v", m.Kind, len(out.Write), out.Loose)
		}
	}
	out := h.step(4, consensus.Input{Kind: consensus.InputMessage, Message: heartbeatMsg(2, 4, b(1, 2), 1)})
	if len(out.Write) != 0 || h.chosen(4, 1) != "x" {
		t.Errorf("that a slot is chosen cost a write of %d bytes", len(out.Write))
	}
}

func TestComplex4_3_RestartGoesOnFromDisk(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(1)
	for i := uint32(1); i <= 5; i++ {
		h.request(1, 1, i, "c"+strconv.Itoa(int(i)))
		h.run()
	}
	for id := consensus.NodeID(1); id <= 3; id++ {
		h.crash(id)
	}
	h.drop(nil)
	for id := consensus.NodeID(1); id <= 3; id++ {
		h.start(id)
		v := h.state(id)
		if v.Role != Acceptor || v.Term != b(1, 1) || v.Leader != 0 || len(v.Entries) != 5 {
			t.Errorf("%v restarts as %+v", id, v)
		}
	}
	// What the leader knew to be chosen went along with later writes.
	if v := h.state(1); v.Commit != 4 || v.Applied != 4 {
		t.Errorf("N1 knows up to slot %d, executed up to %d; want 4", v.Commit, v.Applied)
	}
	h.lead(2)
	h.wantChosen(5, "c5", 2)
	h.request(2, 1, 5, "c5")
	h.wantReply(1, consensus.StatusDone, "5") // remembered
	h.request(2, 1, 6, "c6")
	h.run()
	h.wantReply(1, consensus.StatusDone, "6")
}

func TestFollowerAsksForWhatItMissed(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(1)
	h.request(1, 1, 1, "a")
	h.runAmong(1, 2)
	h.request(1, 1, 2, "b")
	h.run()
	h.wantChosen(1, "a", 3) // asked when slot 2 came along with the news of slot 1
	h.wantFired(3, ruleAsk, askAsked)
	h.expire(1, HeartbeatTimer)
	h.run()
	h.wantChosen(2, "b", 1, 2, 3)
}

func TestFollowerFarBehindCatchesUpInManyMessages(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(1)
	const n = 1500
	for i := uint32(1); i <= n; i++ {
		h.request(1, 1, i, "c"+strconv.Itoa(int(i)))
		h.runAmong(1, 2)
	}
	clear(h.sent)
	h.expire(1, HeartbeatTimer)
	h.run()
	h.wantChosen(n, "c"+strconv.Itoa(n), 3)
	if asks := (n + learnMax - 1) / learnMax; h.sent[KindAsk] > asks+1 || h.sent[KindLearn] > asks+1 {
		t.Errorf("took %v", h.sent)
	}
	if got := machineOf(h.engines[3]).commands; len(got) != n {
		t.Errorf("N3 executed %d commands", len(got))
	}
}

func TestAcceptorTakesNoPartTooFarAhead(t *testing.T) {
	for _, alg := range algorithms {
		h := newHand(t, alg, 3).wants()
		if _, answered := h.answer(acceptMsg(1, 3, b(1, 1), AheadMax+1, x)); answered {
			t.Error("accepted in a slot that is too far ahead")
		}
		h.wantFired(3, ruleAhead, 0)
		h.wantAnswer(acceptMsg(1, 3, b(1, 1), AheadMax, x), KindAccepted, b(1, 1))
	}
}

// Without nacks, a leader that was overtaken finds out when its messages go unanswered
// and a new one speaks.
func TestSimple2_5_WithoutNacksNobodyIsTold(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3, "-nack")
	h.leadWith(1, 2)
	h.leadWith(3, 2)
	h.request(1, 1, 1, "x")
	h.deliver(1, 2, KindAccept)
	h.wantFired(2, ruleNack, nackOff)
	if h.state(1).Role != Leader || h.sent[KindNack] != 0 {
		t.Error("the leader that was overtaken was told so")
	}
}

func TestDeposedLeaderThatIsTaughtOtherwiseStops(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.leadWith(1, 2)
	h.request(1, 1, 1, "x")
	h.drop(nil)
	h.leadWith(3, 2)
	h.request(3, 2, 1, "y")
	h.phase2(3, 2)
	h.wantChosen(1, "y", 3)
	// Whatever made N1 ask: the decision is not what it proposes there.
	h.step(1, consensus.Input{Kind: consensus.InputMessage, Message: consensus.Message{
		From: 3, To: 1, Kind: KindLearn, Term: b(1, 3), Flags: consensus.FlagReply,
		Data: closeVotes(appendVote(appendLearn(nil, 1), vote{1, h.state(3).Entries[0], true}), KindLearn, 1),
	}})
	if h.state(1).Role == Leader {
		t.Error("it leads on")
	}
	h.wantFired(1, rulePreempted, preemptedTaught)
	h.wantChosen(1, "y", 1)
}

func TestAnnouncementsSpareTheWait(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3, "announce=1")
	h.lead(1)
	h.request(1, 1, 1, "a")
	h.run()
	h.wantChosen(1, "a", 1, 2, 3)
	if h.sent[KindLearn] != 2 {
		t.Errorf("%d announcements, want 2", h.sent[KindLearn])
	}
	h.wantFired(1, ruleAnnounce, 0)
}

func TestLostMessagesAreSentAgain(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.expire(1, ElectionTimer)
	h.drop(nil)
	before := h.state(1).Term
	h.expire(1, ElectionTimer)
	if h.state(1).Term != before || h.sent[KindPrepare] != 4 {
		t.Errorf("asks for ballot %s with %d requests", ballotText(h.state(1).Term), h.sent[KindPrepare])
	}
	h.wantFired(1, ruleRetransmit, retransmitPrepare)
	h.run()
	h.request(1, 1, 1, "a")
	h.drop(nil)
	for range 3 {
		h.expire(1, HeartbeatTimer)
	}
	h.run()
	h.wantFired(1, ruleRetransmit, retransmitAccept)
	h.wantReply(1, consensus.StatusDone, "1")
}
