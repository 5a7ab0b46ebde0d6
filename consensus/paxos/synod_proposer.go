package paxos

import "parley/consensus"

// proposal is what a proposer of Synod does in one slot.
type proposal struct {
	slot   consensus.Index
	ballot consensus.Term // of the latest attempt
	phase  uint8

	// own is the value that the proposer would like to see chosen, if it is owned: a
	// client's. fill says that a no-op may be proposed, so that the slot is decided.
	own   consensus.Entry
	owned bool
	fill  bool

	promises consensus.NodeSet // who has promised ballot
	// best is the accepted proposal of the highest ballot that the promises told of;
	// its Term is 0 when they told of none.
	best consensus.Entry
	// value is what was proposed in ballot; proposed says whether there is one.
	value    consensus.Entry
	proposed bool
	accepted consensus.NodeSet // who has accepted value in ballot

	attempts uint8 // how often the proposer was overtaken here
	wait     consensus.Duration
	fresh    bool // wait counts from this step on
}

// The phases of a proposal.
const (
	phaseWaits uint8 = iota // for its back-off to end
	phaseOne
	phaseTwo
)

// eager is how long a proposer without back-off waits before it tries again: the
// World's time has to go on somehow.
const eager = consensus.Millisecond

// proposal returns the proposal of a slot, or nil. It is valid until one is added or
// removed.
func (s *synod) proposal(slot consensus.Index) *proposal {
	for i := range s.proposals {
		if s.proposals[i].slot == slot {
			return &s.proposals[i]
		}
	}
	return nil
}

func (s *synod) dropProposal(slot consensus.Index) {
	for i := range s.proposals {
		if s.proposals[i].slot == slot {
			n := len(s.proposals) - 1
			copy(s.proposals[i:], s.proposals[i+1:])
			s.proposals[n] = proposal{}
			s.proposals = s.proposals[:n]
			s.retry.dirty = true
			return
		}
	}
}

// propose starts a proposal in a slot where this node has none.
func (s *synod) propose(p proposal, out *consensus.Effects) {
	i := len(s.proposals)
	for i > 0 && s.proposals[i-1].slot > p.slot {
		i--
	}
	s.proposals = append(s.proposals, proposal{})
	copy(s.proposals[i+1:], s.proposals[i:])
	s.proposals[i] = p
	s.prepareSlot(&s.proposals[i], out)
}

// prepareSlot is phase 1a: the proposer selects a ballot that nobody has used and asks
// the acceptors to promise it (section 2.2, phase 1 (a)). It remembers the ballot on
// disk, so that it never uses it again (section 2.5).
func (s *synod) prepareSlot(p *proposal, out *consensus.Effects) {
	in := s.instance(p.slot)
	in.idle = 0
	unique := !s.off.Has(ruleUniqueBallots)
	ballot := nextBallot(max(in.heard, in.promised, p.ballot), s.id, unique)
	if ballot == 0 {
		s.fire(out, ruleUniqueBallots, uniqueExhausted, consensus.None, uint32(p.slot))
		s.dropProposal(p.slot)
		return
	}
	p.ballot, p.phase, p.promises, p.best = ballot, phaseOne, consensus.NodeSet{}, consensus.Entry{}
	if !s.off.Has(ruleOneBallot) {
		p.accepted, p.proposed = consensus.NodeSet{}, false
	}
	in.heard = ballot
	s.sleep(p, s.opt.retry)
	s.fireBallot(out, rulePrepare, 0, consensus.None, ballot, uint32(p.slot), uint32(s.q.phase1))
	if !unique {
		s.fireBallot(out, ruleUniqueBallots, uniqueOff, consensus.None, ballot, uint32(p.slot))
	}
	s.toAll(s.q.acceptors, consensus.Message{Kind: KindPrepare, Term: ballot}, appendPrepare(out.Buffer(), p.slot), out)
	if !s.isAcceptor() {
		out.Write = appendPair(out.Write, recordTried, p.slot, ballot)
		s.tellTally(p.promises, out)
		return
	}
	s.promise(p.slot, ballot, out)
	p.promises.Add(s.id)
	s.tellTally(p.promises, out)
	s.hearVote(p, s.id, s.log.at(p.slot), out)
	s.endPhase1(p, out)
}

// countPromise takes an acceptor's promise, with the proposal that it has accepted, if
// any (section 2.2, phase 2 (a)).
func (s *synod) countPromise(m *consensus.Message, q *body, out *consensus.Effects) {
	p := s.proposal(q.slot)
	if p == nil || p.phase != phaseOne || p.ballot != m.Term || !s.q.acceptors.Has(m.From) || q.count > 1 {
		s.fireBallot(out, ruleStale, 0, m.From, m.Term, uint32(q.slot))
		return
	}
	if p.promises.Has(m.From) {
		return // a copy
	}
	p.promises.Add(m.From)
	s.tellTally(p.promises, out)
	s.fireBallot(out, rulePhase1Quorum, quorumCounted, m.From, p.ballot, uint32(p.slot), uint32(common(p.promises, s.q.acceptors)), uint32(s.q.phase1))
	if q.count == 1 {
		s.hearVote(p, m.From, q.nextVote().entry, out)
	}
	s.endPhase1(p, out)
}

// hearVote: of the accepted proposals that the promises tell of, the one of the highest
// ballot counts, in whatever order they arrive (section 2.2, P2c). With that rule
// off, the last one to arrive counts.
func (s *synod) hearVote(p *proposal, from consensus.NodeID, e consensus.Entry, out *consensus.Effects) {
	switch {
	case e.Term == 0:
		return
	case e.Term > p.best.Term:
		p.best = keep(e)
		s.fireBallot(out, ruleAdoptHighest, s.highest(from), from, e.Term, uint32(p.slot))
	case s.off.Has(ruleAdoptHighest):
		s.fireBallot(out, ruleAdoptHighest, highestOff, from, e.Term, uint32(p.slot), uint32(p.best.Term))
		p.best = keep(e)
	default:
		s.fireBallot(out, ruleAdoptHighest, highestKept, from, p.best.Term, uint32(p.slot), uint32(e.Term))
	}
}

// endPhase1 goes on to phase 2 once a quorum has promised. With the rule off one
// promise is enough.
func (s *synod) endPhase1(p *proposal, out *consensus.Effects) {
	have := common(p.promises, s.q.acceptors)
	switch {
	case s.q.promised(p.promises):
		s.fireBallot(out, rulePhase1Quorum, quorumReached, consensus.None, p.ballot, uint32(p.slot), uint32(have), uint32(s.q.phase1))
	case s.off.Has(rulePhase1Quorum) && have > 0:
		s.fireBallot(out, rulePhase1Quorum, quorumOff, consensus.None, p.ballot, uint32(p.slot), uint32(have), uint32(s.q.phase1))
	default:
		return
	}
	if v, ok := s.valueFor(p, out); ok {
		s.acceptSlot(p, v, out)
	}
}

// valueFor: the proposer is bound to the accepted proposal of the highest ballot that
// it was told of; only if there is none may it propose what it likes (section 2.2,
// P2c). A proposer that only wanted to know drops a slot in which nothing is accepted.
func (s *synod) valueFor(p *proposal, out *consensus.Effects) (consensus.Entry, bool) {
	switch bound := p.best.Term > 0; {
	case bound && !(s.off.Has(ruleAdopt) && (p.owned || p.fill)):
		s.fireBallot(out, ruleAdopt, adoptBound, p.best.Client, p.ballot, uint32(p.slot), uint32(p.best.Term), p.best.Seq)
		return p.best, true
	case bound:
		s.fireBallot(out, ruleAdopt, adoptOff, p.best.Client, p.ballot, uint32(p.slot), uint32(p.best.Term), p.best.Seq)
	case p.owned:
		s.fireBallot(out, ruleAdopt, adoptFree, p.own.Client, p.ballot, uint32(p.slot), 0, p.own.Seq)
	}
	switch {
	case p.owned:
		return p.own, true
	case p.fill:
		s.fireBallot(out, ruleFillGaps, fillNoop, consensus.None, p.ballot, uint32(p.slot))
		return noop, true
	}
	in := s.instance(p.slot)
	in.vain = min(in.vain+1, vainMax)
	s.fireBallot(out, ruleFindOut, findOutNothing, consensus.None, p.ballot, uint32(p.slot))
	s.dropProposal(p.slot)
	return noop, false
}

// acceptSlot is phase 2a: the proposer asks the acceptors to accept the value in its
// ballot (section 2.2, phase 2 (a)).
func (s *synod) acceptSlot(p *proposal, v consensus.Entry, out *consensus.Effects) {
	v.Term = p.ballot
	p.phase, p.value, p.proposed = phaseTwo, v, true
	if n := p.accepted.Len(); n > 0 {
		s.fireBallot(out, ruleOneBallot, oneBallotCarried, v.Client, p.ballot, uint32(p.slot), uint32(n))
	}
	s.sleep(p, s.opt.retry)
	s.fireBallot(out, ruleAccept, 0, v.Client, p.ballot, uint32(p.slot), v.Seq, uint32(s.q.phase2))
	s.toAll(s.q.acceptors, consensus.Message{Kind: KindAccept, Term: p.ballot, Flags: payload(v)},
		appendAccept(out.Buffer(), p.slot, 0, v), out)
	if s.isAcceptor() {
		p.accepted.Add(s.id)
		s.put(p.slot, v, out)
		s.fireBallot(out, ruleAccepted, acceptedOwn, s.id, p.ballot, uint32(p.slot))
	}
	s.tellTally(p.accepted, out)
	slot := p.slot
	if s.isAcceptor() && s.opt.tellLearners { // may decide the slot: p is over then
		s.tellLearners(slot, v, consensus.None, out)
	}
	s.endPhase2(slot, out)
}

// countAccepted takes word of an acceptor that it has accepted a proposal: the proposer
// counts for its ballot, and a learner that was told the value counts for itself.
func (s *synod) countAccepted(m *consensus.Message, q *body, out *consensus.Effects) {
	if s.known(q.slot) || !s.q.acceptors.Has(m.From) || !s.within(q.slot, m.From, out) {
		s.fireBallot(out, ruleStale, 0, m.From, m.Term, uint32(q.slot))
		return
	}
	p := s.proposal(q.slot)
	switch {
	case p != nil && p.proposed && s.mayCount(p, m, out):
		if p.accepted.Has(m.From) {
			return // a copy
		}
		p.accepted.Add(m.From)
		s.tellTally(p.accepted, out)
		s.fireBallot(out, ruleChosen, chosenCounted, m.From, p.ballot, uint32(p.slot), uint32(common(p.accepted, s.q.acceptors)), uint32(s.q.phase2))
		s.endPhase2(q.slot, out)
	case !q.valued:
		s.fireBallot(out, ruleStale, 0, m.From, m.Term, uint32(q.slot))
	}
	if q.valued && s.executes && !s.known(q.slot) {
		s.hearValue(q.slot, m.Term)
		s.countForLearner(q.slot, m.From, withBallot(q.value, m.Term), out)
	}
	s.settleSynod(out)
}

// mayCount: acceptors count for a choice only if they have accepted in one and the same
// ballot (section 2.2). With the rule off, those of earlier ballots count as well.
func (s *synod) mayCount(p *proposal, m *consensus.Message, out *consensus.Effects) bool {
	if m.Term == p.ballot {
		return true
	}
	if Owner(m.Term) != s.id || !s.off.Has(ruleOneBallot) {
		return false
	}
	s.fireBallot(out, ruleOneBallot, oneBallotOff, m.From, m.Term, uint32(p.slot), uint32(p.ballot))
	return true
}

// endPhase2: the value is chosen once a quorum has accepted it; the proposer passes the
// decision on (section 2.3). With the rule off one acceptor is enough.
func (s *synod) endPhase2(slot consensus.Index, out *consensus.Effects) {
	p := s.proposal(slot)
	if p == nil { // its own learner has decided
		s.settleSynod(out)
		return
	}
	have := common(p.accepted, s.q.acceptors)
	if !s.q.accepted(p.accepted) && !(s.off.Has(ruleChosen) && have > 0) {
		return
	}
	outcome := chosenQuorum
	if !s.q.accepted(p.accepted) {
		outcome = chosenOff
	}
	v := p.value
	s.fireBallot(out, ruleChosen, outcome, v.Client, p.ballot, uint32(slot), uint32(have), uint32(s.q.phase2), v.Seq)
	to := s.nodes
	if s.opt.tellLearners { // they find out for themselves
		for _, id := range members(s.opt.learners) {
			to.Remove(id)
		}
	}
	s.passOn(slot, v, to, passOnDecided, out)
	s.decide(slot, v, out)
	s.settleSynod(out)
}

// nacked: an acceptor has promised a higher ballot. The proposer gives its own up.
func (s *synod) nacked(m *consensus.Message, q *body, out *consensus.Effects) {
	p := s.proposal(q.slot)
	if p == nil || p.phase == phaseWaits || p.ballot != q.refused || m.Term <= p.ballot {
		s.fireBallot(out, ruleStale, 0, m.From, m.Term, uint32(q.slot))
		return
	}
	s.hear(q.slot, m.Term)
	s.fireBallot(out, ruleNack, nackHeard, m.From, m.Term, uint32(q.slot), uint32(q.refused))
	s.overtaken(p, m.Term, out)
}

// overtaken: a proposer gives its ballot up when it hears of a higher one (end of
// section 2.2), and tries again later with one that is higher still. The random wait
// before, which doubles each time, lets one of two proposers finish. Without it they
// can overtake one another for ever (section 2.4).
func (s *synod) overtaken(p *proposal, by consensus.Term, out *consensus.Effects) {
	s.fireBallot(out, rulePreempted, p.phase-phaseOne, Owner(by), by, uint32(p.slot), uint32(p.ballot))
	p.phase = phaseWaits
	p.attempts = min(p.attempts+1, 32)
	s.tellTally(consensus.NodeSet{}, out)
	if s.off.Has(ruleBackOff) {
		s.sleep(p, eager)
		s.fire(out, ruleBackOff, backOffOff, Owner(by), uint32(p.slot))
		return
	}
	span := s.opt.backOffMin
	for i := uint8(1); i < p.attempts && span < s.opt.backOffMax; i++ {
		span *= 2
	}
	wait := eager + consensus.Duration(s.rand.Below(int64(min(span, s.opt.backOffMax))))
	s.sleep(p, wait)
	s.fire(out, ruleBackOff, backOffWaits, Owner(by), uint32(p.slot), uint32(wait/consensus.Millisecond), uint32(p.attempts))
}

// retryProposals takes up the proposals whose wait is over: one that was overtaken
// tries a higher ballot, another one asks again those who have not answered.
func (s *synod) retryProposals(out *consensus.Effects) {
	for {
		p := s.dueProposal()
		if p == nil {
			break
		}
		switch p.phase {
		case phaseWaits:
			s.prepareSlot(p, out)
		case phaseOne:
			s.sleep(p, s.opt.retry)
			n := s.toAll(without(s.q.acceptors, p.promises), consensus.Message{Kind: KindPrepare, Term: p.ballot}, appendPrepare(out.Buffer(), p.slot), out)
			s.fireBallot(out, ruleRetransmit, retransmitPrepare, consensus.None, p.ballot, uint32(p.slot), uint32(n))
		case phaseTwo:
			s.sleep(p, s.opt.retry)
			n := s.toAll(without(s.q.acceptors, p.accepted), consensus.Message{Kind: KindAccept, Term: p.ballot, Flags: payload(p.value)},
				appendAccept(out.Buffer(), p.slot, 0, p.value), out)
			s.fireBallot(out, ruleRetransmit, retransmitAccept, consensus.None, p.ballot, uint32(p.slot), uint32(n))
		}
	}
	s.settleSynod(out)
}

func (s *synod) dueProposal() *proposal {
	for i := range s.proposals {
		if p := &s.proposals[i]; p.wait <= 0 {
			return p
		}
	}
	return nil
}

// sleep lets the proposal wait from now on.
func (s *synod) sleep(p *proposal, d consensus.Duration) {
	p.wait, p.fresh = max(d, 1), true
	s.retry.dirty = true
}

// alarm is the one timer that stands for the waits of all proposals. It reckons by
// what the timer ran and not by the clock's readings alone: a clock that is set while
// the timer runs does no harm beyond this one wait.
type alarm struct {
	on    bool
	dirty bool // a wait has changed
	at    consensus.Time
	span  consensus.Duration
}

// expired counts the time that the timer ran off all waits.
func (a *alarm) expired(waits []proposal) {
	for i := range waits {
		waits[i].wait = max(waits[i].wait-a.span, 0)
	}
	a.on, a.dirty = false, true
}

// set sets the timer to the shortest of the waits.
func (a *alarm) set(now consensus.Time, waits []proposal, out *consensus.Effects) {
	if !a.dirty {
		return
	}
	a.dirty = false
	gone := consensus.Duration(0)
	if a.on {
		gone = min(max(now-a.at, 0), a.span)
	}
	shortest := consensus.Duration(-1)
	for i := range waits {
		w := &waits[i]
		if !w.fresh {
			w.wait = max(w.wait-gone, 1)
		}
		w.fresh = false
		if shortest < 0 || w.wait < shortest {
			shortest = w.wait
		}
	}
	if shortest < 0 {
		if a.on {
			a.on = false
			out.Cancel(RetryTimer)
		}
		return
	}
	a.on, a.at, a.span = true, now, shortest
	out.Set(RetryTimer, shortest)
}

// without returns the nodes of a that are not in b.
func without(a, b consensus.NodeSet) consensus.NodeSet {
	return consensus.NodeSet{a[0] &^ b[0], a[1] &^ b[1]}
}

// keep returns e with a copy of its command, which may point into a message.
func keep(e consensus.Entry) consensus.Entry {
	e.Command = append(make([]byte, 0, len(e.Command)), e.Command...)
	return e
}

func withBallot(e consensus.Entry, b consensus.Term) consensus.Entry {
	e.Term = b
	return e
}

// payload is the flag of a message that carries a client's command.
func payload(e consensus.Entry) consensus.MessageFlags {
	if isNoop(e) {
		return 0
	}
	return consensus.FlagPayload
}
