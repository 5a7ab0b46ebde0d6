package paxos

import "parley/consensus"

// synod is one node of the Synod protocol: the consensus algorithm of "Paxos Made
// Simple", section 2, once for each slot, and nothing shared between the slots. A node
// is a proposer, an acceptor, a learner, or several of them, as the options say.
type synod struct {
	replica
	opt synodOptions

	// The acceptor's and the learner's state of the slots beyond commit: open[i]
	// belongs to slot base+1+i. What is before has been decided and forgotten.
	base consensus.Index
	open []instance

	// The proposer's state: at most one proposal for a slot, ascending by slot.
	proposals []proposal
	retry     alarm // of the proposals

	askNext int // place in peers of the next to be asked what is chosen

	// What it takes to forget decisions: what each of the peers said that it has on its
	// disk, and what the decisions that are forgotten led to.
	told         []consensus.Index
	past         consensus.Machine
	pastSessions consensus.Sessions
}

// instance is what a node keeps of one slot that is not decided, as far as it knows.
type instance struct {
	// promised is the highest ballot in which the acceptor promised to take part.
	// Invariant, while all rules are on: promised >= ballot of the accepted proposal.
	promised consensus.Term
	// heard is the highest ballot that the node has heard of in this slot.
	heard consensus.Term
	// tally is the set of acceptors that have accepted value in its ballot, as far as
	// this learner was told by them.
	tally consensus.NodeSet
	value consensus.Entry
	idle  uint8 // ticks of the learn timer since something was heard of the slot
	vain  uint8 // attempts to find out that found nothing accepted
	doubt bool  // another node has heard of this slot or of a later one
}

// The roles of a node of Synod, as places in Protocol.Roles. What a node may do is
// told by its options; this is what it is doing.
const (
	SynodIdle uint8 = iota
	SynodPreparing
	SynodProposing
)

// The timers of Synod, as places in Protocol.Timers.
const (
	RetryTimer consensus.TimerID = iota
	LearnTimer
)

// newSynod returns a node of Synod that waits for InputStart.
func newSynod(c consensus.Config) consensus.Engine {
	s := &synod{replica: newReplica(&c), past: c.Machine.Clone()}
	s.told = make([]consensus.Index, len(s.peers))
	s.addressed = true
	s.opt = readSynodOptions(c.Settings.Options, c.Nodes)
	s.executes, s.asksTell = s.opt.learners.Has(s.id), s.opt.keep > 0
	return s
}

// Step takes one input and adds what follows from it to out.
func (s *synod) Step(in *consensus.Input, out *consensus.Effects) {
	switch in.Kind {
	case consensus.InputStart:
		s.start(in.Disk, out)
	case consensus.InputMessage:
		s.receive(&in.Message, out)
	case consensus.InputTimer:
		s.expire(in.Timer, in.Now, out)
	case consensus.InputRequest:
		s.request(&in.Request, out)
	case consensus.InputConfigure:
		s.configure(&in.Settings, out)
	}
	s.tellRole(out)
	s.forgetDecisions(out)
	s.persistFirst(out)
	s.retry.set(in.Now, s.proposals, out)
}

// start boots the node from what its disk holds.
func (s *synod) start(disk []byte, out *consensus.Effects) {
	d, good, err := readDisk(disk)
	if !s.recall(&d) {
		d, good, err = Disk{}, 0, damage(0, "holds no machine that can be")
	}
	out.Note(consensus.Note{Kind: consensus.NoteRole, Sub: s.role})
	out.Note(consensus.Note{Kind: consensus.NoteTerm})
	s.restore(&d, out)
	s.base = s.commit
	last := len(d.Slots) - 1
	for i := range d.Slots {
		slot, on := d.Forgotten+consensus.Index(i+1), &d.Slots[i]
		if slot > s.commit {
			in := s.instance(slot)
			in.promised = on.Promised
			in.heard = max(in.promised, on.Tried, on.Accepted.Term)
		}
		if on.Promised > 0 && (slot > s.commit || i == last) {
			s.setTerm(on.Promised, slot, out)
		}
	}
	s.setQuorums(s.opt.quorums, out)
	s.tellRestart(&d, len(disk), good, err, out)
	s.waitToAsk(out)
}

// receive hands a message to the rule that its kind is for. What does not decode, or
// comes from nobody of the cluster, changes nothing: messages may come from a
// stranger's program.
func (s *synod) receive(m *consensus.Message, out *consensus.Effects) {
	q, ok := decode(m.Kind, m.Data)
	if !ok || !s.nodes.Has(m.From) || m.From == s.id || m.Term >= BallotMax {
		s.fire(out, ruleMalformed, 0, m.From)
		return
	}
	switch m.Kind {
	case KindPrepare:
		if isBallot(m.Term, m.From) {
			s.prepare(m, &q, out)
			return
		}
	case KindPromise:
		if isBallot(m.Term, s.id) {
			s.countPromise(m, &q, out)
			return
		}
	case KindAccept:
		if isBallot(m.Term, m.From) {
			s.accept(m, &q, out)
			return
		}
	case KindAccepted:
		if Round(m.Term) > 0 {
			s.countAccepted(m, &q, out)
			return
		}
	case KindNack:
		if Round(m.Term) > 0 {
			s.nacked(m, &q, out)
			return
		}
	case KindLearn:
		s.taught(m, &q, out)
		return
	case KindAsk:
		s.answerAsk(m, &q, out)
		return
	}
	s.fire(out, ruleMalformed, 0, m.From)
}

// expire hands a timer on.
func (s *synod) expire(t consensus.TimerID, now consensus.Time, out *consensus.Effects) {
	switch t {
	case RetryTimer:
		s.retry.expired(s.proposals)
		s.retryProposals(out)
	case LearnTimer:
		s.findOut(out)
		s.waitToAsk(out)
	}
}

// configure takes new settings. Who the acceptors are and how large the quorums, stays
// as it was when the cluster started, unless the rule that they meet is off.
func (s *synod) configure(settings *consensus.Settings, out *consensus.Effects) {
	old := s.opt
	s.off, s.opt = settings.Off, readSynodOptions(settings.Options, s.nodes)
	s.executes, s.asksTell = s.opt.learners.Has(s.id), s.opt.keep > 0
	s.setQuorums(s.opt.quorums, out)
	if s.opt.learn != old.learn {
		s.waitToAsk(out)
	}
	s.settle(out)
}

// Clone returns an independent copy.
func (s *synod) Clone() consensus.Engine {
	c := *s
	c.replica = s.replica.clone()
	c.open = append([]instance(nil), s.open...)
	c.proposals = append([]proposal(nil), s.proposals...)
	c.told = append([]consensus.Index(nil), s.told...)
	c.past, c.pastSessions = s.past.Clone(), s.pastSessions.Clone()
	return &c
}

// isProposer and isAcceptor report whether the node has the role.
func (s *synod) isProposer() bool { return s.opt.proposers.Has(s.id) }
func (s *synod) isAcceptor() bool { return s.q.acceptors.Has(s.id) }

// instance returns the state of a slot beyond commit, at most AheadMax.
func (s *synod) instance(slot consensus.Index) *instance {
	for len(s.open) < int(slot-s.base) {
		s.open = append(s.open, instance{})
	}
	return &s.open[slot-s.base-1]
}

// within reports whether the node takes part in a slot that it does not know to be
// decided: a node bounds how far ahead it looks.
func (s *synod) within(slot consensus.Index, from consensus.NodeID, out *consensus.Effects) bool {
	if slot <= s.commit+AheadMax {
		return true
	}
	s.fire(out, ruleAhead, 0, from, uint32(slot), uint32(s.commit+AheadMax))
	return false
}

// setTerm makes a ballot the node's latest promise.
func (s *synod) setTerm(b consensus.Term, slot consensus.Index, out *consensus.Effects) {
	s.term = b
	out.Note(consensus.Note{Kind: consensus.NoteTerm, Term: b, A: uint32(slot)})
}

// tellRole tells what the node does now: the most advanced of its proposals counts.
func (s *synod) tellRole(out *consensus.Effects) {
	role := SynodIdle
	for i := range s.proposals {
		switch s.proposals[i].phase {
		case phaseTwo:
			role = SynodProposing
		case phaseOne:
			role = max(role, SynodPreparing)
		}
	}
	s.setRole(out, role)
}

// tellRestart tells how the node started, and repairs a broken end of its disk:
// nothing can be appended behind a broken record.
func (r *replica) tellRestart(d *Disk, size, good int, err error, out *consensus.Effects) {
	outcome := restartEmpty
	switch {
	case err != nil:
		outcome = restartDamaged
	case good < size:
		outcome = restartTorn
	case size > 0:
		outcome = restartWhole
	}
	r.fire(out, ruleRestart, outcome, consensus.None, uint32(r.commit), uint32(r.log.last), uint32(size-good))
	if good < size {
		out.Write = append(d.Encode(), out.Write...)
		out.Replace = true
	}
}
