package paxos

import (
	"strconv"

	"parley/consensus"
)

// A client of Synod asks any proposer. Its command is proposed in the first slot that
// the node does not know to be decided, and if another value is chosen there, in the
// next one, until it is chosen somewhere; it is answered when all slots up to there are
// executed. So Synod serves the same clients as Multi-Paxos and Raft, without a leader.
//
// A client can also ask for one slot:
//
//	propose SLOT VALUE
//
// proposes VALUE in that slot and is answered with the value that is chosen there,
// whichever that is. Such a value is not executed: a slot is then a decision of its
// own, independent of all others.

// slotWord begins a command that asks for a slot.
const slotWord = "propose"

// isSlotCommand reports whether a command asks for a slot.
func isSlotCommand(command []byte) bool {
	n := len(slotWord)
	return len(command) >= n && string(command[:n]) == slotWord && (len(command) == n || command[n] == ' ')
}

// slotCommand reads a command that asks for a slot; wrong says what is wrong with it.
func slotCommand(command []byte) (slot consensus.Index, value []byte, wrong string) {
	rest := trimBlanks(command[len(slotWord):])
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	value = trimBlanks(rest[digits:])
	if digits == 0 || digits < len(rest) && rest[digits] != ' ' || len(value) == 0 {
		return 0, nil, "propose takes a slot and a value: propose SLOT VALUE"
	}
	n := uint64(SlotMax) + 1
	if digits <= 10 {
		n, _ = strconv.ParseUint(string(rest[:digits]), 10, 64)
	}
	if n == 0 || n > uint64(SlotMax) {
		return 0, nil, "there is no such slot: they are numbered from 1 to " + strconv.Itoa(int(SlotMax))
	}
	return consensus.Index(n), value, ""
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// request takes a client's request.
func (s *synod) request(q *consensus.Request, out *consensus.Effects) {
	bySlot := isSlotCommand(q.Command)
	switch {
	case !wellAsked(q):
		s.fire(out, ruleMalformed, 0, q.Client)
	case !s.isProposer() || !bySlot && !s.executes && s.server() != consensus.None:
		s.redirect(q, out)
	case bySlot:
		s.requestSlot(q, out)
	case !s.answerRepeated(q, out) && !s.tooBusy(q, out):
		s.forgetOlder(q)
		s.waiting = append(s.waiting, waiting{client: q.Client, seq: q.Seq, command: append([]byte(nil), q.Command...)})
		s.settleSynod(out)
	}
}

// redirect: a node that is no proposer names one. Only one that is a learner too can
// answer with the result of a command.
func (s *synod) redirect(q *consensus.Request, out *consensus.Effects) {
	to := s.server()
	s.fire(out, ruleRedirect, redirectTo, q.Client, q.Seq, uint32(to))
	s.reply(q.Client, q.Seq, consensus.StatusNotLeader, to, nil, out)
}

// server returns the next node that is both proposer and learner, or else the next
// proposer if this node is none.
func (s *synod) server() consensus.NodeID {
	found := consensus.None
	for _, peer := range s.peers {
		if !s.opt.proposers.Has(peer) || !s.opt.learners.Has(peer) {
			continue
		}
		if peer > s.id {
			return peer
		}
		if found == consensus.None {
			found = peer
		}
	}
	if found != consensus.None || s.isProposer() {
		return found
	}
	for _, peer := range s.peers {
		if s.opt.proposers.Has(peer) {
			return peer
		}
	}
	return consensus.None
}

func (r *replica) busy(q *consensus.Request, bound int, out *consensus.Effects) bool {
	if len(r.waiting) < bound && r.log.last < SlotMax {
		return false
	}
	r.fire(out, ruleBusy, 0, q.Client, q.Seq, uint32(len(r.waiting)))
	r.reply(q.Client, q.Seq, consensus.StatusBusy, r.id, nil, out)
	return true
}

func (s *synod) tooBusy(q *consensus.Request, out *consensus.Effects) bool {
	return s.busy(q, s.opt.pendingMax, out)
}

// forgetOlder drops what the client asked before: it has gone on since. What is
// proposed already may still be chosen.
func (r *replica) forgetOlder(q *consensus.Request) {
	for i := 0; i < len(r.waiting); {
		if w := &r.waiting[i]; w.client == q.Client && w.seq < q.Seq {
			r.dropWaiting(i)
			continue
		}
		i++
	}
}

// requestSlot takes a request for one slot. A proposal after the decision is answered
// with what was decided.
func (s *synod) requestSlot(q *consensus.Request, out *consensus.Effects) {
	slot, _, wrong := slotCommand(q.Command)
	if wrong == "" && slot > s.commit+AheadMax {
		wrong = "slot " + strconv.Itoa(int(slot)) + " is too far ahead: the first open one is " + strconv.Itoa(int(s.next()))
	}
	switch {
	case wrong != "":
		s.fire(out, ruleBySlot, bySlotRefused, q.Client, q.Seq)
		s.reply(q.Client, q.Seq, consensus.StatusDone, s.id, []byte(wrong), out)
	case s.known(slot):
		s.fire(out, ruleBySlot, bySlotDecided, q.Client, uint32(slot), q.Seq)
		s.replyDecided(q.Client, q.Seq, slot, out)
	case s.waitsFor(q):
		s.fire(out, ruleOnce, onceWaits, q.Client, q.Seq, uint32(slot))
	case !s.tooBusy(q, out):
		s.forgetOlder(q)
		s.fire(out, ruleBySlot, bySlotTaken, q.Client, uint32(slot), q.Seq)
		s.waiting = append(s.waiting, waiting{
			client: q.Client, seq: q.Seq, slot: slot, fixed: true, command: append([]byte(nil), q.Command...),
		})
		s.proposeFor(len(s.waiting)-1, slot, out)
		s.settleSynod(out)
	}
}

func (s *synod) waitsFor(q *consensus.Request) bool {
	for i := range s.waiting {
		if w := &s.waiting[i]; w.client == q.Client && w.seq == q.Seq {
			return true
		}
	}
	return false
}

// place proposes the commands that have no slot yet, each in the first slot that is
// not decided as far as this node knows, and in which it proposes nothing else.
func (s *synod) place(out *consensus.Effects) {
	for i := 0; i < len(s.waiting); i++ {
		if s.waiting[i].slot != 0 {
			continue
		}
		w := &s.waiting[i]
		slot, ok := s.freeSlot(w.lost)
		if !ok {
			return
		}
		w.slot = slot
		outcome := requestTaken
		if w.lost > patience {
			outcome = requestAhead
		}
		s.fire(out, ruleRequest, outcome, w.client, uint32(slot), w.seq, uint32(w.lost))
		if s.proposeFor(i, slot, out) {
			i = -1 // that decided the slot, and waiting has changed
		}
	}
}

// patience is how many slots a command may lose to others before its node aims ahead of
// them. A node that is slower than another one would else come too late for ever.
const patience = 3

// lostMax bounds how many lost slots are counted.
const lostMax = 100

// freeSlot returns the first slot in which a command may be proposed, if the window
// leaves room for one; further ahead for a command that has lost often.
func (s *synod) freeSlot(lost uint8) (consensus.Index, bool) {
	first := s.next() + consensus.Index(max(lost, patience)-patience)
	for slot := first; slot <= min(s.commit+AheadMax, SlotMax); slot++ {
		if s.known(slot) {
			continue
		}
		p := s.proposal(slot)
		if p == nil {
			return slot, len(s.proposals) < s.opt.window
		}
		if !p.owned && p.phase != phaseTwo {
			return slot, true
		}
	}
	return 0, false
}

// proposeFor proposes a waiting command in a slot, and reports whether that decided the
// slot at once. Where the node proposes something else already, the command waits
// for the outcome.
func (s *synod) proposeFor(i int, slot consensus.Index, out *consensus.Effects) (decided bool) {
	w := &s.waiting[i]
	own := consensus.Entry{Client: w.client, Seq: w.seq, Command: w.command}
	if p := s.proposal(slot); p != nil {
		if !p.owned && p.phase != phaseTwo {
			p.own, p.owned = own, true
		}
		return false
	}
	s.propose(proposal{slot: slot, own: own, owned: true}, out)
	return s.known(slot)
}

// slotDecided: who asked for the slot gets the decision; a command that was meant for it
// and lost looks for another slot; one that won waits to be executed.
func (s *synod) slotDecided(slot consensus.Index, v consensus.Entry, out *consensus.Effects) {
	for i := 0; i < len(s.waiting); {
		w := &s.waiting[i]
		switch {
		case w.slot != slot:
		case w.fixed:
			s.fire(out, ruleBySlot, bySlotDecided, w.client, uint32(slot), w.seq)
			s.replyDecided(w.client, w.seq, slot, out)
			s.dropWaiting(i)
			continue
		case w.client != v.Client || w.seq != v.Seq:
			w.slot, w.lost = 0, min(w.lost+1, lostMax)
		case !s.executes:
			s.fire(out, ruleAnswer, answerChosen, w.client, uint32(slot), w.seq)
			s.reply(w.client, w.seq, consensus.StatusDone, s.id, []byte("chosen in slot "+strconv.Itoa(int(slot))), out)
			s.dropWaiting(i)
			continue
		}
		i++
	}
}

// replyDecided answers with what is chosen in a slot.
func (s *synod) replyDecided(client consensus.NodeID, seq uint32, slot consensus.Index, out *consensus.Effects) {
	what := "decided, and forgotten since"
	if slot > s.forgotten {
		what = valueText(s.log.at(slot))
	}
	s.reply(client, seq, consensus.StatusDone, s.id, []byte("slot "+strconv.Itoa(int(slot))+": "+what), out)
}

// valueText returns a value as people read it.
func valueText(e consensus.Entry) string {
	if isNoop(e) {
		return "no-op"
	}
	if isSlotCommand(e.Command) {
		if _, v, wrong := slotCommand(e.Command); wrong == "" {
			return string(v)
		}
	}
	return string(e.Command)
}
