package paxos

import (
	"strconv"
	"testing"

	"parley/consensus"
)

// Messages as tests send them.

func prepareMsg(from, to consensus.NodeID, b consensus.Term, slot consensus.Index) consensus.Message {
	return consensus.Message{From: from, To: to, Kind: KindPrepare, Term: b, Data: appendPrepare(nil, slot)}
}

func acceptMsg(from, to consensus.NodeID, b consensus.Term, slot consensus.Index, e consensus.Entry) consensus.Message {
	return consensus.Message{From: from, To: to, Kind: KindAccept, Term: b, Data: appendAccept(nil, slot, 0, e)}
}

func promiseMsg(from, to consensus.NodeID, b consensus.Term, slot consensus.Index, votes ...vote) consensus.Message {
	data := appendPromise(nil, slot, 0)
	for _, v := range votes {
		data = appendVote(data, v)
	}
	return consensus.Message{From: from, To: to, Kind: KindPromise, Term: b, Data: closeVotes(data, KindPromise, len(votes))}
}

func acceptedMsg(from, to consensus.NodeID, b consensus.Term, slot consensus.Index) consensus.Message {
	return consensus.Message{From: from, To: to, Kind: KindAccepted, Term: b, Data: appendAccepted(nil, slot)}
}

func nackMsg(from, to consensus.NodeID, promised consensus.Term, slot consensus.Index, refused consensus.Term, phase byte) consensus.Message {
	return consensus.Message{From: from, To: to, Kind: KindNack, Term: promised, Data: appendNack(nil, slot, refused, phase)}
}

// answer gives a message to its receiver and returns what it sends back.
func (h *hand) answer(m consensus.Message) (consensus.Message, bool) {
	h.t.Helper()
	h.put(m)
	for i, a := range h.mail {
		if a.From == m.To && a.To == m.From {
			h.mail = append(h.mail[:i:i], h.mail[i+1:]...)
			return a, true
		}
	}
	return consensus.Message{}, false
}

func (h *hand) wantAnswer(m consensus.Message, kind consensus.MessageKind, b consensus.Term) body {
	h.t.Helper()
	a, ok := h.answer(m)
	if !ok || a.Kind != kind || a.Term != b {
		h.t.Fatalf("answered with %+v, want kind %d of ballot %s", a, kind, ballotText(b))
	}
	q, _ := decode(a.Kind, a.Data)
	return q
}

// b is the ballot of a round and a node.
func b(round uint32, node consensus.NodeID) consensus.Term { return Ballot(round, node) }

var x, y, z = entry(0, 1, 1, "x"), entry(0, 2, 1, "y"), entry(0, 3, 1, "z")

// wants tells the referee that clients want x, y and z.
func (h *hand) wants(entries ...consensus.Entry) *hand {
	for _, e := range append(entries, x, y, z) {
		h.ref.asked(consensus.Request{Client: e.Client, Seq: e.Seq, Command: e.Command})
	}
	return h
}

func TestSimple2_1_NothingIsChosenUnlessProposed(t *testing.T) {
	h := newHand(t, Synod(), 5)
	for range 10 {
		for id := consensus.NodeID(1); id <= 5; id++ {
			h.expire(id, LearnTimer)
		}
		h.run()
	}
	for id := consensus.NodeID(1); id <= 5; id++ {
		if v := h.state(id); v.Commit != 0 || len(v.Entries) != 0 || v.Role != SynodIdle {
			t.Errorf("%v knows of something: %+v", id, v)
		}
	}
}

func TestSimple2_2_P1_AcceptorAcceptsTheFirstProposal(t *testing.T) {
	h := newHand(t, Synod(), 3).wants()
	h.wantAnswer(acceptMsg(1, 2, b(1, 1), 1, x), KindAccepted, b(1, 1))
	if got := h.value(2, 1); got != "x" {
		t.Errorf("N2 accepted %q", got)
	}
}

func TestSimple2_2_P1a_AcceptUnlessPromisedHigher(t *testing.T) {
	for _, c := range []struct {
		name     string
		proposed consensus.Term
		accepts  bool
	}{
		{"below the promise", b(2, 1), false},
		{"the same round, a lower node", b(3, 1), false},
		{"the promise itself", b(3, 2), true},
		{"above the promise", b(3, 3), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHand(t, Synod(), 4).wants()
			h.wantAnswer(prepareMsg(2, 4, b(3, 2), 1), KindPromise, b(3, 2))
			from := Owner(c.proposed)
			if c.accepts {
				h.wantAnswer(acceptMsg(from, 4, c.proposed, 1, x), KindAccepted, c.proposed)
				return
			}
			q := h.wantAnswer(acceptMsg(from, 4, c.proposed, 1, x), KindNack, b(3, 2))
			if q.refused != c.proposed || q.phase != 2 || h.value(4, 1) != "" {
				t.Errorf("refused %s in phase %d, and has %q", ballotText(q.refused), q.phase, h.value(4, 1))
			}
		})
	}
}

func TestSimple2_2_Phase1b_PromiseTellsTheHighestAccepted(t *testing.T) {
	h := newHand(t, Synod(), 4).wants()
	if q := h.wantAnswer(prepareMsg(1, 4, b(1, 1), 1), KindPromise, b(1, 1)); q.count != 0 {
		t.Errorf("told of %d proposals, having accepted none", q.count)
	}
	h.answer(acceptMsg(1, 4, b(1, 1), 1, x))
	h.answer(acceptMsg(2, 4, b(1, 2), 1, y))
	q := h.wantAnswer(prepareMsg(3, 4, b(2, 3), 1), KindPromise, b(2, 3))
	if v := q.nextVote(); q.count != 1 || v.entry.Term != b(1, 2) || string(v.entry.Command) != "y" || v.chosen {
		t.Errorf("told of %d proposals, first %+v", q.count, v)
	}
	// The other slots know nothing of that.
	if q := h.wantAnswer(prepareMsg(1, 4, b(1, 1), 2), KindPromise, b(1, 1)); q.count != 0 {
		t.Errorf("told of %d proposals of another slot", q.count)
	}
}

func TestSimple2_2_Phase1b_NoPromiseBelowAPromise(t *testing.T) {
	h := newHand(t, Synod(), 4)
	h.wantAnswer(prepareMsg(3, 4, b(2, 3), 1), KindPromise, b(2, 3))
	q := h.wantAnswer(prepareMsg(2, 4, b(2, 2), 1), KindNack, b(2, 3))
	if q.refused != b(2, 2) || q.phase != 1 {
		t.Errorf("refused %s in phase %d", ballotText(q.refused), q.phase)
	}
	// A copy of the promised one is answered again.
	h.wantAnswer(prepareMsg(3, 4, b(2, 3), 1), KindPromise, b(2, 3))
	h.wantFired(4, rulePromise, promiseAgain)
}

func TestSimple2_2_Phase2a_NoProposalWithoutAQuorum(t *testing.T) {
	h := newHand(t, Synod(), 5)
	h.request(1, 1, 1, "x")
	h.exchange(1, KindPrepare, KindPromise, 2)
	h.put(promiseMsg(2, 1, b(1, 1), 1)) // a copy counts once
	if h.sent[KindAccept] != 0 {
		t.Fatal("proposed with two promises of five")
	}
	h.exchange(1, KindPrepare, KindPromise, 3)
	if h.sent[KindAccept] != 4 {
		t.Fatalf("sent %d accept requests with three promises of five, want 4", h.sent[KindAccept])
	}
}

func TestSimple2_2_Phase2a_PromisesOfAnotherBallotDoNotCount(t *testing.T) {
	h := newHand(t, Synod(), 5)
	h.request(1, 1, 1, "x")
	h.deliver(1, 2, KindPrepare)
	late, _ := h.find(2, 1, KindPromise)
	h.put(prepareMsg(5, 1, b(1, 5), 1)) // N1 gives way
	h.drop(nil)
	h.expire(1, RetryTimer)
	h.exchange(1, KindPrepare, KindPromise, 3)
	h.put(late)
	if h.wantFired(1, ruleStale, 0); h.sent[KindAccept] != 0 {
		t.Error("a promise of an older ballot was counted")
	}
}

func TestSimple2_2_P2c_OwnValueOnlyIfNothingWasAccepted(t *testing.T) {
	for _, c := range []struct {
		name  string
		votes []vote
		want  string
	}{
		{"none accepted anything", nil, "own"},
		{"one did", []vote{{slot: 1, entry: withBallot(x, b(1, 1))}}, "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHand(t, Synod(), 3).wants()
			h.put(nackMsg(3, 2, b(5, 3), 1, b(1, 2), 1)) // of nothing it asked
			h.request(2, 4, 1, "own")
			at := h.state(2).Term
			h.put(promiseMsg(1, 2, at, 1, c.votes...))
			m, _ := h.find(2, 1, KindAccept)
			if q, _ := decode(m.Kind, m.Data); string(q.value.Command) != c.want || m.Term != at {
				t.Errorf("proposed %q in ballot %s", q.value.Command, ballotText(m.Term))
			}
		})
	}
}

func TestSimple2_2_P2c_TheHighestBallotAndNotTheLastToArrive(t *testing.T) {
	for _, order := range [][]consensus.NodeID{{2, 3, 4}, {4, 3, 2}, {3, 4, 2}} {
		h := newHand(t, Synod(), 7).wants()
		h.put(prepareMsg(6, 1, b(8, 6), 1)) // so that N1's ballot is above all of these
		h.drop(nil)
		h.request(1, 4, 1, "own")
		at := h.state(1).Term
		votes := map[consensus.NodeID]vote{
			2: {slot: 1, entry: withBallot(x, b(2, 2))},
			3: {slot: 1, entry: withBallot(y, b(4, 3))},
			4: {slot: 1, entry: withBallot(z, b(3, 4))},
		}
		for _, id := range order {
			h.put(promiseMsg(id, 1, at, 1, votes[id]))
		}
		m, _ := h.find(1, 2, KindAccept)
		if q, _ := decode(m.Kind, m.Data); string(q.value.Command) != "y" {
			t.Errorf("promises in the order %v: proposed %q, want that of the highest ballot, y", order, q.value.Command)
		}
	}
}

func TestSimple2_2_P2c_OwnAcceptedProposalCountsToo(t *testing.T) {
	h := newHand(t, Synod(), 3).wants()
	h.answer(acceptMsg(3, 1, b(4, 3), 1, y))
	h.request(1, 4, 1, "own")
	h.put(promiseMsg(2, 1, h.state(1).Term, 1, vote{slot: 1, entry: withBallot(x, b(3, 2))}))
	m, _ := h.find(1, 2, KindAccept)
	if q, _ := decode(m.Kind, m.Data); string(q.value.Command) != "y" {
		t.Errorf("proposed %q, want what its own acceptor has accepted in the highest ballot, y", q.value.Command)
	}
}

func TestSimple2_2_ProposerGivesWayToAHigherBallot(t *testing.T) {
	for _, phase := range []int{1, 2} {
		h := newHand(t, Synod(), 3)
		h.request(1, 1, 1, "x")
		if phase == 2 {
			h.exchange(1, KindPrepare, KindPromise, 2)
		}
		before := h.state(1).Term
		h.put(nackMsg(3, 1, b(7, 3), 1, before, byte(phase)))
		h.wantFired(1, rulePreempted, uint8(phase-1))
		if v := h.state(1); v.Role != SynodIdle {
			t.Errorf("phase %d: the proposer goes on in role %d", phase, v.Role)
		}
		h.drop(nil)
		h.expire(1, RetryTimer)
		m, ok := h.find(1, 2, KindPrepare)
		if !ok || m.Term != b(8, 1) {
			t.Errorf("phase %d: tries ballot %s next, want one above 7.N3", phase, ballotText(m.Term))
		}
	}
}

func TestSimple2_2_AcceptorRemembersOnlyTheHighest(t *testing.T) {
	h := newHand(t, Synod(), 4).wants()
	h.answer(acceptMsg(1, 4, b(1, 1), 1, x))
	h.answer(acceptMsg(2, 4, b(1, 2), 1, y))
	h.answer(prepareMsg(3, 4, b(2, 3), 1))
	d, err := DecodeDisk(h.disks[4])
	if err != nil || len(d.Slots) != 1 {
		t.Fatalf("the disk holds %+v, %v", d, err)
	}
	if s := d.Slots[0]; s.Promised != b(2, 3) || s.Accepted.Term != b(1, 2) || string(s.Accepted.Command) != "y" || s.Chosen {
		t.Errorf("the disk holds %+v", s)
	}
}

func TestSimple2_2_ChosenOnceAQuorumAccepted(t *testing.T) {
	h := newHand(t, Synod(), 5)
	h.request(1, 1, 1, "x")
	h.exchange(1, KindPrepare, KindPromise, 2, 3)
	h.exchange(1, KindAccept, KindAccepted, 2)
	h.put(acceptedMsg(2, 1, b(1, 1), 1)) // a copy counts once
	h.wantChosen(1, "", 1)
	h.exchange(1, KindAccept, KindAccepted, 4)
	h.wantChosen(1, "x", 1)
}

func TestSimple2_2_AcceptanceAfterGivingWayStillChooses(t *testing.T) {
	h := newHand(t, Synod(), 3)
	h.request(1, 1, 1, "x")
	h.exchange(1, KindPrepare, KindPromise, 2)
	h.deliver(1, 2, KindAccept)
	h.put(prepareMsg(3, 1, b(1, 3), 1))
	h.deliver(2, 1, KindAccepted)
	h.wantChosen(1, "x", 1)
}

func TestSimple2_3_TheProposerTellsTheLearners(t *testing.T) {
	h := newHand(t, Synod(), 5)
	h.request(1, 1, 1, "x")
	h.run()
	h.wantChosen(1, "x", 1, 2, 3, 4, 5)
	for kind, want := range map[consensus.MessageKind]int{KindPrepare: 4, KindPromise: 4, KindAccept: 4, KindAccepted: 4, KindLearn: 4} {
		if h.sent[kind] != want {
			t.Errorf("%d messages of kind %d, want %d", h.sent[kind], kind, want)
		}
	}
}

func TestSimple2_3_AcceptorsTellAllLearners(t *testing.T) {
	h := newHand(t, Synod(), 5, "tell-learners=1", "learners=19") // N1, N2 and N5
	h.request(1, 1, 1, "x")
	h.exchange(1, KindPrepare, KindPromise, 2, 3)
	h.deliver(1, 2, KindAccept)
	h.deliver(1, 3, KindAccept)
	h.deliver(1, 5, KindAccepted)
	h.deliver(2, 5, KindAccepted)
	h.wantChosen(1, "", 5)
	h.deliver(3, 5, KindAccepted)
	h.wantChosen(1, "x", 5) // which heard of it from the acceptors alone
	h.deliver(2, 1, KindAccepted)
	h.deliver(3, 1, KindAccepted)
	h.wantChosen(1, "x", 1)
	_, to3 := h.find(1, 3, KindLearn)
	_, to4 := h.find(1, 4, KindLearn)
	if !to3 || !to4 || h.sent[KindLearn] != 2 {
		t.Errorf("%d decisions were passed on, want 2: to N3 and N4, who are no learners", h.sent[KindLearn])
	}
}

func TestSimple2_3_LearnerCountsOneBallotOnly(t *testing.T) {
	h := newHand(t, Synod(), 7, acceptors1to5, "tell-learners=1").wants()
	tell := func(from consensus.NodeID, ballot consensus.Term, e consensus.Entry) {
		h.put(consensus.Message{From: from, To: 7, Kind: KindAccepted, Term: ballot, Data: appendAcceptedValue(nil, 1, e)})
	}
	tell(1, b(1, 6), x)
	tell(2, b(1, 6), x)
	tell(3, b(2, 6), x)
	tell(4, b(1, 6), x) // late
	h.wantChosen(1, "", 7)
	h.wantFired(7, ruleOneBallot, oneBallotStale)
	tell(1, b(2, 6), x)
	tell(2, b(2, 6), x)
	h.wantChosen(1, "x", 7)
}

func TestSimple2_3_LearnerThatMissedADecisionAsks(t *testing.T) {
	h := newHand(t, Synod(), 5)
	h.request(1, 1, 1, "x")
	h.runAmong(1, 2, 3, 4)
	h.wantChosen(1, "", 5)
	h.expire(5, LearnTimer)
	h.run()
	h.wantChosen(1, "x", 5)
	h.wantFired(5, ruleAsk, askAsked)
	h.wantFired(1, ruleAsk, askTaught)
}

func TestSimple2_3_AskingHasNoAnswerWhenThereIsNothingToTell(t *testing.T) {
	h := newHand(t, Synod(), 3)
	h.request(1, 1, 1, "x")
	h.run()
	clear(h.sent)
	for id := consensus.NodeID(1); id <= 3; id++ {
		h.expire(id, LearnTimer)
	}
	h.run()
	if h.sent[KindAsk] != 3 || h.sent[KindLearn] != 0 {
		t.Errorf("sent %v", h.sent)
	}
}

func TestSimple2_3_LearnerKnowsSlotsOutOfOrder(t *testing.T) {
	h := newHand(t, Synod(), 3)
	h.request(1, 1, 1, "propose 3 x")
	h.runAmong(1, 2)
	h.expire(3, LearnTimer)
	h.run()
	h.wantChosen(3, "propose 3 x", 1, 2, 3)
	if v := h.state(3); v.Commit != 0 || len(v.Chosen) != 1 || v.Chosen[0] != 3 || v.Applied != 0 {
		t.Errorf("N3 shows commit %d, chosen %v, applied %d", v.Commit, v.Chosen, v.Applied)
	}
}

func TestSimple2_4_BackOffEndsTheDuel(t *testing.T) {
	duel := func(changes ...string) (decided bool, ballots int) {
		s := newStorm(t, Synod(), 5, 0, 1, changes...)
		s.jitter, s.disk = 0, 0
		for c, id := range []consensus.NodeID{1, 5} {
			q := consensus.Request{Client: consensus.Client(c + 1), Seq: 1, Command: []byte("propose 1 " + id.String())}
			s.ref.asked(q)
			s.input(id, consensus.Input{Kind: consensus.InputRequest, Request: q})
			s.runFor(5 * ms)
		}
		decided = s.runUntil(20*consensus.Second, func() bool { return s.chosen(1, 1) != "" })
		return decided, s.sent[KindPrepare] / 4
	}
	if decided, ballots := duel(); !decided || ballots > 20 {
		t.Errorf("with back-off: decided %v after %d ballots", decided, ballots)
	}
	if decided, ballots := duel("-back-off"); decided || ballots < 500 {
		t.Errorf("without back-off: decided %v after %d ballots, though each overtakes the other", decided, ballots)
	}
}

func TestSimple2_4_EachBackOffIsLonger(t *testing.T) {
	longest := map[int]consensus.Duration{}
	for seed := uint64(1); seed <= 200; seed++ {
		h := prepareHand(t, Synod(), 3, "back-off-min=10000000", "back-off-max=80000000")
		h.boot = seed * 1000
		h.start(1)
		h.request(1, 1, 1, "propose 1 x")
		for attempt := 1; attempt <= 6; attempt++ {
			h.put(nackMsg(2, 1, b(Round(h.state(1).Term), 2), 1, h.state(1).Term, 1))
			longest[attempt] = max(longest[attempt], h.timers[1][RetryTimer])
			h.expire(1, RetryTimer)
		}
	}
	for attempt, bound := range map[int]consensus.Duration{1: 10 * ms, 2: 20 * ms, 3: 40 * ms, 4: 80 * ms, 6: 80 * ms} {
		if got := longest[attempt]; got > bound+eager || got < bound*3/4 {
			t.Errorf("the longest back-off number %d was %v, want nearly %v", attempt, got, bound)
		}
	}
}

func TestSimple2_5_StateIsWrittenBeforeAnAnswer(t *testing.T) {
	h := newHand(t, Synod(), 4).wants()
	for _, m := range []consensus.Message{
		prepareMsg(1, 4, b(1, 1), 1), acceptMsg(2, 4, b(1, 2), 1, x), prepareMsg(1, 4, b(1, 1), 2),
	} {
		out := h.step(4, consensus.Input{Kind: consensus.InputMessage, Message: m})
		if len(out.Messages) == 0 || len(out.Write) == 0 || out.Loose {
			t.Errorf("kind %d: wrote %d bytes, loose %v", m.Kind, len(out.Write), out.Loose)
		}
	}
	// What is known already needs no write.
	out := h.step(4, consensus.Input{Kind: consensus.InputMessage, Message: acceptMsg(2, 4, b(1, 2), 1, x)})
	if len(out.Messages) != 1 || len(out.Write) != 0 {
		t.Errorf("a copy: wrote %d bytes and sent %d messages", len(out.Write), len(out.Messages))
	}
}

func TestSimple2_5_RestartedAcceptorKeepsItsPromise(t *testing.T) {
	h := newHand(t, Synod(), 4).wants()
	h.answer(acceptMsg(1, 4, b(1, 1), 1, x))
	h.answer(prepareMsg(3, 4, b(2, 3), 1))
	h.crash(4)
	h.start(4)
	h.wantAnswer(acceptMsg(2, 4, b(2, 2), 1, y), KindNack, b(2, 3))
	q := h.wantAnswer(prepareMsg(2, 4, b(3, 2), 1), KindPromise, b(3, 2))
	if v := q.nextVote(); string(v.entry.Command) != "x" || v.entry.Term != b(1, 1) {
		t.Errorf("after a restart it tells of %+v", v)
	}
}

func TestSimple2_5_AProposerNeverUsesABallotTwice(t *testing.T) {
	for _, options := range [][]string{nil, {"acceptors=14", "proposers=1"}} { // N1 an acceptor or none
		h := newHand(t, Synod(), 4, options...)
		used := map[consensus.Term]bool{}
		for i := uint32(1); i <= 5; i++ {
			h.request(1, 1, i, "propose 1 v"+strconv.Itoa(int(i)))
			m, ok := h.find(1, 2, KindPrepare)
			if !ok || used[m.Term] || Owner(m.Term) != 1 {
				t.Fatalf("%v: attempt %d uses ballot %s", options, i, ballotText(m.Term))
			}
			used[m.Term] = true
			h.drop(nil)
			h.crash(1)
			h.start(1)
		}
	}
}

func TestSimple2_5_BallotsAreDisjointAndTotallyOrdered(t *testing.T) {
	seen := map[consensus.Term]bool{}
	for round := uint32(1); round <= 50; round++ {
		for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
			v := Ballot(round, id)
			if seen[v] || Round(v) != round || Owner(v) != id || !isBallot(v, id) {
				t.Fatalf("ballot %d of round %d and %v", v, round, id)
			}
			seen[v] = true
			if next := nextBallot(v, 1, true); next <= v || Owner(next) != 1 || Round(next) != round+1 {
				t.Fatalf("the next ballot after %s is %s", ballotText(v), ballotText(next))
			}
		}
	}
	if nextBallot(Ballot(RoundMax, 3), 1, true) != 0 {
		t.Error("there is a ballot behind the last round")
	}
	if isBallot(Ballot(1, 2), 3) || isBallot(0, 1) || isBallot(BallotMax, 0) {
		t.Error("somebody else's ballot, no ballot, or one beyond the last counts as one's own")
	}
}

func TestSimple3_CommandsAreExecutedInTheOrderOfTheSlots(t *testing.T) {
	h := newHand(t, Synod(), 3)
	for i, c := range []string{"a", "b", "c", "d"} {
		h.request(consensus.NodeID(i%3+1), 1, uint32(i+1), c)
		h.run()
		h.wantReply(1, consensus.StatusDone, strconv.Itoa(i+1))
	}
	for id := consensus.NodeID(1); id <= 3; id++ {
		if got := machineOf(h.engines[id]).commands; len(got) != 4 || got[0] != "a" || got[3] != "d" {
			t.Errorf("%v executed %v", id, got)
		}
	}
}

func TestSimple3_CommandThatLosesItsSlotGetsAnother(t *testing.T) {
	h := newHand(t, Synod(), 3)
	h.request(1, 1, 1, "a")
	h.request(3, 2, 1, "b") // for the same slot: neither knows of the other
	for range 50 {
		h.run()
		h.tryExpire(1, RetryTimer)
		h.tryExpire(3, RetryTimer)
	}
	first, second := h.chosen(2, 1), h.chosen(2, 2)
	if first+second != "ab" && first+second != "ba" {
		t.Errorf("chosen are %q and %q", first, second)
	}
	for c := 1; c <= 2; c++ {
		place := "1"
		if h.chosen(2, 1) != []string{"", "a", "b"}[c] {
			place = "2"
		}
		h.wantReply(c, consensus.StatusDone, place)
	}
}

func TestSimple3_NextCommandFillsTheGapOfALostOne(t *testing.T) {
	h := newHand(t, Synod(), 3)
	h.request(1, 1, 1, "a")
	h.drop(nil) // slot 1 stays open
	h.request(1, 2, 1, "b")
	h.run()
	h.wantChosen(2, "b", 1)
	h.crash(1) // with it the only one who wants something in slot 1
	h.start(1)
	h.request(2, 2, 1, "b") // again, since nobody answered
	h.run()
	h.wantChosen(1, "b", 2)
	h.wantReply(2, consensus.StatusDone, "1")
	if got := machineOf(h.engines[2]).commands; len(got) != 1 {
		t.Errorf("N2 executed %v, though b was chosen twice", got)
	}
}

func TestSimple3_OpenSlotThatBlocksAClientGetsANoop(t *testing.T) {
	course := func(changes ...string) *hand {
		h := newHand(t, Synod(), 3, changes...)
		h.request(1, 1, 1, "a") // slot 1, and nobody hears of it
		h.drop(nil)
		h.request(1, 2, 1, "b") // slot 2
		h.runAmong(1, 2)
		// C1 goes on and takes its command back, as far as N1 is concerned.
		e := h.engines[1].(*synod)
		e.dropProposal(1)
		e.dropWaiting(0)
		for range 60 {
			h.expire(1, LearnTimer)
			h.run()
			h.tryExpire(1, RetryTimer)
			h.run()
		}
		return h
	}
	h := course()
	h.wantChosen(1, "-", 1, 2, 3)
	h.wantReply(2, consensus.StatusDone, "1")
	h.wantFired(1, ruleFillGaps, fillStarts)
	h.wantFired(1, ruleFillGaps, fillNoop)

	h = course("-fill-gaps")
	h.wantFired(1, ruleFillGaps, fillOff)
	if h.chosen(1, 1) != "" || h.state(1).Applied != 0 {
		t.Error("without the rule, the gap was filled all the same")
	}
}

// N3 is the only acceptor and decides its own commands at once; N1, far away, comes too
// late for each slot, until it aims ahead.
func TestSimple3_SlowProposerIsServedToo(t *testing.T) {
	s := newStorm(t, Synod(), 3, 0, 7, "acceptors=4")
	s.clients = []stormClient{{at: 3}, {at: 1}}
	s.latency, s.jitter = 40*ms, 0
	s.next(0)
	s.next(1)
	s.runFor(20 * consensus.Second)
	if fast, slow := s.clients[0].answer, s.clients[1].answer; fast < 20 || slow < 10 {
		t.Errorf("%d commands of the fast client and %d of the slow one were served", fast, slow)
	}
	s.judge()
}
