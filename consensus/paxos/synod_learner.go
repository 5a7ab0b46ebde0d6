package paxos

import "parley/consensus"

// countForLearner: a learner that the acceptors tell what they accept finds out for
// itself that a quorum has accepted the same proposal (section 2.3). With the rule of
// one ballot off, it counts acceptors of whatever ballots.
func (s *synod) countForLearner(slot consensus.Index, acceptor consensus.NodeID, v consensus.Entry, out *consensus.Effects) {
	in := s.instance(slot)
	mixed := s.off.Has(ruleOneBallot)
	if v.Term > in.value.Term {
		in.value = keep(v)
		if !mixed {
			in.tally = consensus.NodeSet{}
		}
	}
	if v.Term < in.value.Term {
		if !mixed {
			s.fireBallot(out, ruleOneBallot, oneBallotStale, acceptor, v.Term, uint32(slot), uint32(in.value.Term))
			return
		}
		s.fireBallot(out, ruleOneBallot, oneBallotOff, acceptor, v.Term, uint32(slot), uint32(in.value.Term))
	}
	in.tally.Add(acceptor)
	have := common(in.tally, s.q.acceptors)
	enough := s.q.accepted(in.tally)
	if !enough && !s.off.Has(ruleChosen) {
		return
	}
	outcome := chosenQuorum
	if !enough {
		outcome = chosenOff
	}
	s.fireBallot(out, ruleChosen, outcome, in.value.Client, in.value.Term, uint32(slot), uint32(have), uint32(s.q.phase2), in.value.Seq)
	s.decide(slot, in.value, out)
}

// taught takes in decisions that another node tells of. A proposer that was at work in
// such a slot stops, and passes the decision on if it was not told by the one who
// passes it on to everybody.
func (s *synod) taught(m *consensus.Message, q *body, out *consensus.Effects) {
	news := 0
	for range q.count {
		v := q.nextVote()
		if !v.chosen || s.known(v.slot) || !s.within(v.slot, m.From, out) {
			continue
		}
		news++
		s.fireBallot(out, ruleLearn, learnNew, m.From, v.entry.Term, uint32(v.slot), v.entry.Seq)
		wasAtWork := s.proposal(v.slot) != nil
		s.decide(v.slot, v.entry, out)
		if wasAtWork && m.Flags&consensus.FlagReply != 0 {
			to := s.nodes
			to.Remove(m.From)
			s.passOn(v.slot, s.log.at(v.slot), to, passOnHeard, out)
		}
	}
	s.settleSynod(out)
	if news > 0 && q.commit > s.commit { // there is more
		s.fire(out, ruleAsk, askAsked, m.From, uint32(s.next()))
		s.ask(m.From, s.top(), out)
	}
}

// decide takes in that a value is chosen in a slot: the node's own proposal there has
// come to its end, and requests that hoped for the slot have their answer or go on to
// another one.
func (s *synod) decide(slot consensus.Index, v consensus.Entry, out *consensus.Effects) {
	if !s.learn(slot, v, out) {
		return
	}
	s.dropProposal(slot)
	s.slotDecided(slot, s.log.at(slot), out)
}

// settleSynod ends what may have decided something: it tells how far the decisions
// reach, executes them, forgets the instances that are over, and proposes what still
// waits.
func (s *synod) settleSynod(out *consensus.Effects) {
	s.settle(out)
	s.forget(out)
	s.place(out)
}

// forget: an instance that is decided, and all before it with it, needs its promises and
// votes no longer: whoever asks is answered with the decision. So a node remembers
// no more than the decisions themselves (Paxos Made Moderately Complex, section 4.2).
func (s *synod) forget(out *consensus.Effects) {
	n := int(s.commit - s.base)
	if n == 0 {
		return
	}
	known := min(n, len(s.open))
	had := false
	for i := range known {
		had = had || s.open[i].promised > 0
	}
	s.open = s.open[:copy(s.open, s.open[known:])]
	s.base = s.commit
	if had {
		s.fire(out, ruleForget, forgetPromises, consensus.None, uint32(s.base)-uint32(n)+1, uint32(s.base))
	}
}

// passOn tells others what is chosen in a slot.
func (s *synod) passOn(slot consensus.Index, v consensus.Entry, to consensus.NodeSet, outcome uint8, out *consensus.Effects) {
	if s.off.Has(rulePassOn) {
		s.fireBallot(out, rulePassOn, passOnOff, v.Client, v.Term, uint32(slot))
		return
	}
	b := closeVotes(appendVote(appendLearn(out.Buffer(), s.commit), vote{slot: slot, entry: v, chosen: true}), KindLearn, 1)
	if s.toAll(to, consensus.Message{Kind: KindLearn, Term: v.Term, Flags: payload(v)}, b, out) > 0 {
		s.fireBallot(out, rulePassOn, outcome, v.Client, v.Term, uint32(slot), v.Seq)
	}
}

func (s *synod) passOnTo(peer consensus.NodeID, slot consensus.Index, v consensus.Entry, flags consensus.MessageFlags, out *consensus.Effects) {
	b := closeVotes(appendVote(appendLearn(out.Buffer(), s.commit), vote{slot: slot, entry: v, chosen: true}), KindLearn, 1)
	out.Send(consensus.Message{From: s.id, To: peer, Kind: KindLearn, Term: v.Term, Flags: flags | payload(v)}, b)
}

// waitToAsk starts the learn timer: half to one and a half of the interval, so that the
// nodes do not all ask at once.
func (s *synod) waitToAsk(out *consensus.Effects) {
	out.Set(LearnTimer, s.opt.learn/2+consensus.Duration(s.rand.Below(int64(s.opt.learn))))
}

// vainMax bounds how rarely a proposer looks into a slot in which it found nothing: each
// time it found nothing, it waits twice as long, at most 2^(vainMax+1) ticks.
const vainMax = 5

// findOut: a node that may have missed a decision asks the others, one after the other.
// Where nobody knows, a proposer finds out by a proposal of its own, which is bound to
// what may have been chosen (section 2.3, last paragraph).
func (s *synod) findOut(out *consensus.Effects) {
	if len(s.peers) > 0 {
		peer := s.peers[s.askNext%len(s.peers)]
		s.askNext = (s.askNext + 1) % len(s.peers)
		s.fire(out, ruleAsk, askAsked, peer, uint32(s.next()))
		s.ask(peer, s.top(), out)
	}
	blocked := s.blocked()
	for i := 0; i < len(s.open); i++ {
		slot := s.base + consensus.Index(i+1)
		in := &s.open[i]
		in.idle = min(in.idle+1, 255)
		if s.known(slot) || s.proposal(slot) != nil {
			continue
		}
		fill := slot <= blocked
		going := in.heard > 0 || in.doubt
		if !(going || fill) || !s.isProposer() || len(s.proposals) >= s.opt.window || in.idle < 2<<in.vain {
			continue
		}
		if coin := s.rand.Uint64(); coin&1 == 0 { // rarely two of them at once
			continue
		}
		in.idle, in.doubt = 0, false
		if fill && s.off.Has(ruleFillGaps) {
			s.fire(out, ruleFillGaps, fillOff, consensus.None, uint32(slot))
			fill = false
		}
		switch {
		case fill:
			s.fire(out, ruleFillGaps, fillStarts, consensus.None, uint32(slot))
			s.propose(proposal{slot: slot, fill: true}, out)
		case !going:
		case s.off.Has(ruleFindOut):
			s.fire(out, ruleFindOut, findOutOff, consensus.None, uint32(slot))
		default:
			s.fire(out, ruleFindOut, findOutStarts, consensus.None, uint32(slot))
			s.propose(proposal{slot: slot}, out)
		}
	}
	s.settleSynod(out)
}

// blocked returns the last slot that has to be decided before a command that a client
// waits for can be executed, 0 when there is none: the command is chosen, but a slot
// before it is not.
func (s *synod) blocked() (last consensus.Index) {
	if !s.executes {
		return 0
	}
	for i := range s.waiting {
		if w := &s.waiting[i]; !w.fixed && w.slot > s.commit && s.known(w.slot) {
			last = max(last, w.slot-1)
		}
	}
	return last
}

// top returns the highest slot of which this node has heard.
func (s *synod) top() consensus.Index {
	for i := len(s.open) - 1; i >= 0; i-- {
		slot := s.base + consensus.Index(i+1)
		if s.open[i].heard > 0 || s.known(slot) {
			return slot
		}
	}
	return s.commit
}

// answerAsk teaches a node what it missed, and takes note of slots that it has heard of.
func (s *synod) answerAsk(m *consensus.Message, q *body, out *consensus.Effects) {
	for slot := s.next(); slot <= min(q.top, s.commit+AheadMax); slot++ {
		s.instance(slot).doubt = true
	}
	s.hearKept(m.From, q.kept)
	if q.slot <= s.forgotten {
		s.fire(out, ruleForget, forgetAsked, m.From, uint32(q.slot))
	}
	if n := s.teach(m.From, q, out); n > 0 {
		s.fire(out, ruleAsk, askTaught, m.From, uint32(q.slot), uint32(n))
	}
}
