package paxos

import "parley/consensus"

// pump proposes in the next slots, as far as the window reaches: first what phase 1
// found, with no-ops in the gaps, then what clients wait for. It reports how many
// values it proposed.
func (m *multi) pump(out *consensus.Effects) (proposed int) {
	if m.role != Leader {
		return 0
	}
	for m.nextSlot <= min(max(m.commit, m.floor)+consensus.Index(m.opt.window), SlotMax) {
		slot := m.nextSlot
		for len(m.found) > 0 && m.found[0].slot < slot {
			m.dropFound()
		}
		if m.known(slot) { // chosen, and phase 1 told so
			m.nextSlot++
			continue
		}
		c, v, ok := m.valueFor(slot, out)
		if !ok {
			if len(m.found) == 0 {
				return proposed
			}
			m.nextSlot++ // a gap that stays
			continue
		}
		m.nextSlot++
		m.acceptSlot(slot, v, c, out)
		proposed++
	}
	return proposed
}

// valueFor decides what a leader proposes in a slot. It is bound to what phase 1 found
// accepted there (Paxos Made Simple, section 2.2, P2c); a slot before such a one in
// which nothing was accepted gets a no-op (section 3); all others are free for clients.
func (m *multi) valueFor(slot consensus.Index, out *consensus.Effects) (by consensus.NodeSet, v consensus.Entry, ok bool) {
	if len(m.found) > 0 {
		c := &m.found[0]
		switch {
		case c.slot > slot && m.off.Has(ruleFillGaps):
			m.fire(out, ruleFillGaps, fillOff, consensus.None, uint32(slot))
			return by, noop, false
		case c.slot > slot:
			m.fire(out, ruleFillGaps, fillNoop, consensus.None, uint32(slot), uint32(c.slot))
			return by, noop, true
		case !m.off.Has(ruleAdopt):
			m.fire(out, ruleAdopt, adoptBound, c.entry.Client, uint32(slot), uint32(c.entry.Term), c.entry.Seq)
			if m.off.Has(ruleOneBallot) {
				by = c.by
			}
			return by, c.entry, true
		}
		m.fire(out, ruleAdopt, adoptOff, c.entry.Client, uint32(slot), uint32(c.entry.Term), c.entry.Seq)
	}
	for i := range m.waiting {
		if w := &m.waiting[i]; w.slot == 0 {
			w.slot = slot
			m.fire(out, ruleRequest, requestTaken, w.client, uint32(slot), w.seq)
			return by, consensus.Entry{Client: w.client, Seq: w.seq, Command: w.command}, true
		}
	}
	return by, noop, len(m.found) > 0
}

// acceptSlot is phase 2a for one slot: the leader accepts the value itself and asks all
// others to. It tells them along with it how far the slots are chosen.
func (m *multi) acceptSlot(slot consensus.Index, v consensus.Entry, by consensus.NodeSet, out *consensus.Effects) {
	v.Term = m.ballot
	m.put(slot, v, out)
	m.fire(out, ruleAccept, 0, v.Client, uint32(slot), v.Seq, uint32(m.q.phase2))
	m.toAll(m.nodes, consensus.Message{Kind: KindAccept, Term: m.ballot, Flags: payload(v)},
		appendAccept(out.Buffer(), slot, m.commit, v), out)
	f := inflight{slot: slot, acks: consensus.SetOf(m.id)}
	if by.Len() > 0 {
		f.acks[0] |= by[0]
		f.acks[1] |= by[1]
		m.fire(out, ruleOneBallot, oneBallotFound, v.Client, uint32(slot), uint32(by.Len()))
	}
	m.open = append(m.open, f)
	m.endPhase2(len(m.open)-1, out)
}

// accept answers an accept request, phase 2b: an acceptor accepts the value unless it
// has promised a higher ballot (Paxos Made Simple, section 2.2, phase 2 (b)).
func (m *multi) accept(msg *consensus.Message, q *body, out *consensus.Effects) {
	m.heard = max(m.heard, msg.Term)
	if msg.Term < m.term {
		if !m.off.Has(ruleKeepPromise) {
			m.fireBallot(out, ruleKeepPromise, keepRefusedAccept, msg.From, msg.Term, uint32(q.slot), uint32(m.term))
			m.refuse(msg, q.slot, m.term, 2, out)
			return
		}
		m.fireBallot(out, ruleKeepPromise, keepOff, msg.From, msg.Term, uint32(q.slot), uint32(m.term))
	}
	m.hearLeader(msg, out)
	v := withBallot(q.value, msg.Term)
	switch {
	case m.known(q.slot) && !sameValue(m.log.at(q.slot), v):
		m.teach(msg.From, &body{slot: q.slot}, out)
		return
	case m.known(q.slot):
		m.fireBallot(out, ruleAccepted, acceptedAgain, msg.From, msg.Term, uint32(q.slot))
	case q.slot > m.commit+AheadMax:
		m.fire(out, ruleAhead, 0, msg.From, uint32(q.slot), uint32(m.commit+AheadMax))
		m.followCommit(msg, q.commit, out)
		return
	default:
		m.acceptValue(msg, q.slot, v, out)
	}
	out.Send(consensus.Message{From: m.id, To: msg.From, Kind: KindAccepted, Term: msg.Term, Flags: consensus.FlagReply | consensus.FlagYes},
		appendAccepted(out.Buffer(), q.slot))
	m.followCommit(msg, q.commit, out)
}

func (m *multi) acceptValue(msg *consensus.Message, slot consensus.Index, v consensus.Entry, out *consensus.Effects) {
	if have := m.log.at(slot); have.Term == v.Term && sameValue(have, v) {
		m.fireBallot(out, ruleAccepted, acceptedAgain, msg.From, msg.Term, uint32(slot))
		return
	}
	m.raisePromise(msg, slot, out)
	m.put(slot, keep(v), out)
	m.fireBallot(out, ruleAccepted, acceptedNew, msg.From, msg.Term, uint32(slot))
}

// raisePromise: accepting in a ballot is also a promise to take part in no lower one.
// An acceptor that never got the ballot's prepare request would else go back to a
// lower ballot afterwards (Paxos Made Simple, section 2.2, P1a and P2b; Paxos Made
// Moderately Complex, Figure 4, has an acceptor accept in no other ballot than it promised).
func (m *multi) raisePromise(msg *consensus.Message, slot consensus.Index, out *consensus.Effects) {
	before := m.term
	if msg.Term <= before {
		return
	}
	if m.off.Has(ruleAcceptRaises) {
		m.fireBallot(out, ruleAcceptRaises, raisesOff, msg.From, msg.Term, uint32(slot), uint32(before))
		return
	}
	m.setTerm(msg.Term, out)
	m.fireBallot(out, ruleAcceptRaises, raisesDone, msg.From, msg.Term, uint32(slot), uint32(before))
}

// countAccepted takes word of an acceptor that it has accepted what the leader proposed
// in a slot.
func (m *multi) countAccepted(msg *consensus.Message, q *body, out *consensus.Effects) {
	if m.role != Leader || msg.Term != m.ballot || q.slot >= m.nextSlot {
		m.fireBallot(out, ruleStale, 0, msg.From, msg.Term, uint32(q.slot))
		return
	}
	for i, peer := range m.peers {
		if peer == msg.From && q.slot > m.marks[i] {
			m.marks[i] = q.slot
			m.tellProgress(i, out)
		}
	}
	i := m.openAt(q.slot)
	if i < 0 || m.open[i].acks.Has(msg.From) {
		return // chosen already, or a copy
	}
	f := &m.open[i]
	f.acks.Add(msg.From)
	m.fire(out, ruleChosen, chosenCounted, msg.From, uint32(q.slot), uint32(common(f.acks, m.q.acceptors)), uint32(m.q.phase2))
	if m.endPhase2(i, out) {
		m.pump(out)
	}
}

// openAt returns where a slot stands in open, or -1.
func (m *multi) openAt(slot consensus.Index) int {
	for i := range m.open {
		if m.open[i].slot == slot {
			return i
		}
	}
	return -1
}

// endPhase2: the value is chosen once a quorum has accepted it in the leader's ballot.
// The leader learns it first; all others learn with the next message how far the slots
// are chosen. With the rule off, the leader's own acceptance is enough.
func (m *multi) endPhase2(i int, out *consensus.Effects) bool {
	f := m.open[i]
	outcome := chosenQuorum
	if !m.q.accepted(f.acks) {
		if !m.off.Has(ruleChosen) {
			return false
		}
		outcome = chosenOff
	}
	v := m.log.at(f.slot)
	m.fire(out, ruleChosen, outcome, v.Client, uint32(f.slot), uint32(common(f.acks, m.q.acceptors)), uint32(m.q.phase2), v.Seq)
	m.open = append(m.open[:i], m.open[i+1:]...)
	before := m.commit
	m.learn(f.slot, v, out)
	m.settle(out)
	if m.opt.announce && m.commit > before {
		m.toAll(m.nodes, consensus.Message{Kind: KindLearn, Term: m.ballot}, appendLearn(out.Buffer(), m.commit), out)
		m.fire(out, ruleAnnounce, 0, consensus.None, uint32(m.commit))
	}
	return true
}

// tick is what a leader does at each heartbeat: it tells all others that it is there,
// and sends again what has not been answered since the heartbeat before.
func (m *multi) tick(out *consensus.Effects) {
	out.Set(HeartbeatTimer, m.opt.heartbeat)
	m.sendHeartbeat(out)
	for i := range m.open {
		f := &m.open[i]
		if f.ticks++; f.ticks < 2 {
			continue
		}
		f.ticks = 1
		v := m.log.at(f.slot)
		n := m.toAll(without(m.nodes, f.acks), consensus.Message{Kind: KindAccept, Term: m.ballot, Flags: payload(v)},
			appendAccept(out.Buffer(), f.slot, m.commit, v), out)
		m.fire(out, ruleRetransmit, retransmitAccept, consensus.None, uint32(f.slot), uint32(n))
	}
	m.catchUp(out)
}

func (m *multi) sendHeartbeat(out *consensus.Effects) {
	m.fire(out, ruleHeartbeat, heartbeatSent, consensus.None, uint32(m.commit))
	m.toAll(m.nodes, consensus.Message{Kind: KindHeartbeat, Term: m.ballot}, appendHeartbeat(out.Buffer(), m.commit), out)
}

// tellProgress tells how far a peer has come: the highest slot that it has accepted.
func (m *multi) tellProgress(i int, out *consensus.Effects) {
	out.Note(consensus.Note{Kind: consensus.NoteProgress, Peer: m.peers[i], A: uint32(m.nextSlot), B: uint32(m.marks[i])})
}
