package paxos

import "parley/consensus"

// prepare answers a prepare request, phase 1b: an acceptor promises to take part in no
// lower ballot, and tells which proposal it has accepted, if any; unless it has
// promised a higher ballot already (section 2.2, phase 1 (b)).
func (s *synod) prepare(m *consensus.Message, q *body, out *consensus.Effects) {
	if s.answerDecided(m.From, q.slot, out) || !s.isAcceptor() || !s.within(q.slot, m.From, out) {
		return
	}
	s.hear(q.slot, m.Term)
	in := s.instance(q.slot)
	if m.Term < in.promised {
		s.fireBallot(out, ruleKeepPromise, keepRefusedPrepare, m.From, m.Term, uint32(q.slot), uint32(in.promised))
		s.refuse(m, q.slot, in.promised, 1, out)
		return
	}
	e := s.log.at(q.slot)
	outcome := promiseGiven
	switch {
	case m.Term == in.promised:
		outcome = promiseAgain
	case e.Term > 0:
		outcome = promiseWithVotes
	}
	if m.Term > in.promised {
		s.promise(q.slot, m.Term, out)
	}
	s.fireBallot(out, rulePromise, outcome, m.From, m.Term, uint32(q.slot), uint32(e.Term))
	b := appendPromise(out.Buffer(), q.slot, 0)
	count, flags := 0, consensus.FlagReply|consensus.FlagYes
	if e.Term > 0 {
		b = appendVote(b, vote{slot: q.slot, entry: e})
		count, flags = 1, flags|payload(e)
	}
	out.Send(consensus.Message{From: s.id, To: m.From, Kind: KindPromise, Term: m.Term, Flags: flags}, closeVotes(b, KindPromise, count))
	s.giveWay(q.slot, m.Term, out)
}

// promise records a promise for a slot.
func (s *synod) promise(slot consensus.Index, ballot consensus.Term, out *consensus.Effects) {
	s.instance(slot).promised = ballot
	out.Write = appendPair(out.Write, recordPromise, slot, ballot)
	s.setTerm(ballot, slot, out)
}

// accept answers an accept request, phase 2b: an acceptor accepts the proposal unless
// it has promised a higher ballot (section 2.2, phase 2 (b) and P1a).
func (s *synod) accept(m *consensus.Message, q *body, out *consensus.Effects) {
	if s.answerDecided(m.From, q.slot, out) || !s.isAcceptor() || !s.within(q.slot, m.From, out) {
		return
	}
	s.hearValue(q.slot, m.Term)
	in := s.instance(q.slot)
	if m.Term < in.promised {
		if !s.off.Has(ruleKeepPromise) {
			s.fireBallot(out, ruleKeepPromise, keepRefusedAccept, m.From, m.Term, uint32(q.slot), uint32(in.promised))
			s.refuse(m, q.slot, in.promised, 2, out)
			return
		}
		s.fireBallot(out, ruleKeepPromise, keepOff, m.From, m.Term, uint32(q.slot), uint32(in.promised))
	}
	v := withBallot(keep(q.value), m.Term)
	outcome := acceptedAgain
	if have := s.log.at(q.slot); have.Term != m.Term || !sameValue(have, v) {
		outcome = acceptedNew
		s.raisePromise(q.slot, m, in.promised, out)
		s.put(q.slot, v, out)
	}
	s.fireBallot(out, ruleAccepted, outcome, m.From, m.Term, uint32(q.slot))
	reply := consensus.Message{From: s.id, To: m.From, Kind: KindAccepted, Term: m.Term, Flags: consensus.FlagReply | consensus.FlagYes}
	s.giveWay(q.slot, m.Term, out)
	if !s.opt.tellLearners {
		out.Send(reply, appendAccepted(out.Buffer(), q.slot))
		return
	}
	reply.Flags |= payload(v)
	out.Send(reply, appendAcceptedValue(out.Buffer(), q.slot, v))
	s.tellLearners(q.slot, v, m.From, out)
	s.settleSynod(out)
}

// raisePromise: accepting in a ballot is also a promise to take part in no lower one.
// An acceptor that never got the ballot's prepare request would else go back to a
// lower ballot afterwards (section 2.2, P1a and P2b).
func (s *synod) raisePromise(slot consensus.Index, m *consensus.Message, promised consensus.Term, out *consensus.Effects) {
	if m.Term <= promised {
		return
	}
	if s.off.Has(ruleAcceptRaises) {
		s.fireBallot(out, ruleAcceptRaises, raisesOff, m.From, m.Term, uint32(slot), uint32(promised))
		return
	}
	s.promise(slot, m.Term, out)
	s.fireBallot(out, ruleAcceptRaises, raisesDone, m.From, m.Term, uint32(slot), uint32(promised))
}

// tellLearners tells all learners, but for one who knows, what this acceptor has
// accepted (section 2.3).
func (s *synod) tellLearners(slot consensus.Index, v consensus.Entry, but consensus.NodeID, out *consensus.Effects) {
	to := s.opt.learners
	to.Remove(but)
	s.toAll(to, consensus.Message{Kind: KindAccepted, Term: v.Term, Flags: consensus.FlagReply | consensus.FlagYes | payload(v)},
		appendAcceptedValue(out.Buffer(), slot, v), out)
	if s.executes {
		s.countForLearner(slot, s.id, v, out)
	}
}

// refuse tells a proposer that its ballot has no chance here any more (section 2.5).
func (r *replica) refuse(m *consensus.Message, slot consensus.Index, promised consensus.Term, phase byte, out *consensus.Effects) {
	if r.off.Has(ruleNack) {
		r.fireBallot(out, ruleNack, nackOff, m.From, promised, uint32(slot), uint32(m.Term))
		return
	}
	r.fireBallot(out, ruleNack, nackSent, m.From, promised, uint32(slot), uint32(m.Term))
	out.Send(consensus.Message{From: r.id, To: m.From, Kind: KindNack, Term: promised, Flags: consensus.FlagReply | consensus.FlagNo},
		appendNack(out.Buffer(), slot, m.Term, phase))
}

// giveWay: a node that is a proposer as well hears here of another one's higher ballot.
func (s *synod) giveWay(slot consensus.Index, ballot consensus.Term, out *consensus.Effects) {
	if p := s.proposal(slot); p != nil && p.phase != phaseWaits && ballot > p.ballot {
		s.overtaken(p, ballot, out)
	}
}

// hear notes that a ballot was heard of in a slot.
func (s *synod) hear(slot consensus.Index, ballot consensus.Term) {
	in := s.instance(slot)
	in.heard = max(in.heard, ballot)
	in.idle = 0
}

// hearValue notes that a value was heard of in a slot: there is something to find out.
func (s *synod) hearValue(slot consensus.Index, ballot consensus.Term) {
	s.hear(slot, ballot)
	s.instance(slot).vain = 0
}

// answerDecided: whoever asks for a slot that is decided gets the decision, whatever
// the ballot: nothing else can be chosen there any more (section 2.3).
func (s *synod) answerDecided(peer consensus.NodeID, slot consensus.Index, out *consensus.Effects) bool {
	if !s.known(slot) {
		return false
	}
	if slot <= s.forgotten { // and whoever asks knew it, so what was sent came late
		s.fire(out, ruleForget, forgetAsked, peer, uint32(slot))
		return true
	}
	s.fire(out, ruleDecided, 0, peer, uint32(slot))
	s.passOnTo(peer, slot, s.log.at(slot), consensus.FlagReply|consensus.FlagYes, out)
	return true
}
