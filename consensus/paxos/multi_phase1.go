package paxos

import "parley/consensus"

// startPhase1: a node that hears no leader tries to become it. It selects a ballot above
// all that it has heard of, and asks for promises that cover all slots from the first
// one that it does not know to be chosen (Paxos Made Simple, section 3; a scout, in
// Paxos Made Moderately Complex).
func (m *multi) startPhase1(out *consensus.Effects) {
	unique := !m.off.Has(ruleUniqueBallots)
	ballot := nextBallot(max(m.term, m.heard), m.id, unique)
	m.waitForLeader(out)
	if ballot == 0 {
		m.fire(out, ruleUniqueBallots, uniqueExhausted, consensus.None)
		return
	}
	m.setLeader(consensus.None, out)
	m.setPromises(consensus.NodeSet{}, out)
	m.setTerm(ballot, out)
	m.setRole(out, Proposer)
	m.ballot, m.found = ballot, m.found[:0]
	m.from, m.floor = m.next(), m.commit
	m.fire(out, rulePrepare, 0, consensus.None, uint32(m.from), uint32(m.q.phase1))
	if !unique {
		m.fire(out, ruleUniqueBallots, uniqueOff, consensus.None, uint32(m.from))
	}
	m.toAll(m.nodes, consensus.Message{Kind: KindPrepare, Term: ballot}, appendPrepare(out.Buffer(), m.from), out)
	m.setPromises(consensus.SetOf(m.id), out)
	for slot := m.from; slot <= m.log.last; slot++ {
		if e := m.log.at(slot); e.Term > 0 && !m.known(slot) {
			m.hearVote(m.id, slot, e, out)
		}
	}
	m.endPhase1(out)
}

// prepareAgain asks those again who have not answered.
func (m *multi) prepareAgain(out *consensus.Effects) {
	n := m.toAll(without(m.nodes, m.promises), consensus.Message{Kind: KindPrepare, Term: m.ballot}, appendPrepare(out.Buffer(), m.from), out)
	m.fire(out, ruleRetransmit, retransmitPrepare, consensus.None, uint32(m.from), uint32(n))
	m.waitForLeader(out)
}

// prepare answers a prepare request, phase 1b: an acceptor promises to take part in no
// lower ballot in any slot, unless it has promised a higher one, and tells what it has
// accepted. Of the slots that it knows to be chosen it need not tell everything: how
// far they reach is enough to keep the proposer from proposing there (Paxos Made
// Moderately Complex, section 4.2).
func (m *multi) prepare(msg *consensus.Message, q *body, out *consensus.Effects) {
	m.heard = max(m.heard, msg.Term)
	if msg.Term < m.term {
		m.fireBallot(out, ruleKeepPromise, keepRefusedPrepare, msg.From, msg.Term, uint32(q.slot), uint32(m.term))
		m.refuse(msg, q.slot, m.term, 1, out)
		return
	}
	outcome := promiseAgain
	if msg.Term > m.term {
		outcome = promiseGiven
		if m.role != Acceptor {
			m.overtaken(msg.Term, msg.From, out)
		} else {
			m.waitForLeader(out)
		}
		m.setLeader(consensus.None, out)
		m.setTerm(msg.Term, out)
	}
	b := appendPromise(out.Buffer(), q.slot, m.commit)
	count, size, flags := 0, 0, consensus.FlagReply|consensus.FlagYes
	for slot := q.slot; slot <= m.log.last; slot++ {
		chosen := m.known(slot)
		if slot <= m.commit && (count >= learnMax || size >= learnBytes) {
			slot = m.commit
			continue
		}
		e := m.log.at(slot)
		if e.Term == 0 {
			continue
		}
		b = appendVote(b, vote{slot: slot, entry: e, chosen: chosen})
		count++
		size += len(e.Command)
		flags |= payload(e)
	}
	if count > 0 && outcome == promiseGiven {
		outcome = promiseWithVotes
	}
	m.fireBallot(out, rulePromise, outcome, msg.From, msg.Term, uint32(q.slot), uint32(count))
	out.Send(consensus.Message{From: m.id, To: msg.From, Kind: KindPromise, Term: msg.Term, Flags: flags}, closeVotes(b, KindPromise, count))
}

// countPromise takes an acceptor's promise with what it has accepted.
func (m *multi) countPromise(msg *consensus.Message, q *body, out *consensus.Effects) {
	if m.role != Proposer || msg.Term != m.ballot || q.slot != m.from {
		m.fireBallot(out, ruleStale, 0, msg.From, msg.Term, uint32(q.slot))
		return
	}
	if m.promises.Has(msg.From) {
		return // a copy
	}
	with := m.promises
	with.Add(msg.From)
	m.setPromises(with, out)
	m.fire(out, rulePhase1Quorum, quorumCounted, msg.From, uint32(m.from), uint32(common(with, m.q.acceptors)), uint32(m.q.phase1))
	m.floor = max(m.floor, q.commit)
	for range q.count {
		v := q.nextVote()
		switch {
		case v.slot < m.from:
		case v.chosen:
			if m.learn(v.slot, v.entry, out) {
				m.fireBallot(out, ruleLearn, learnNew, msg.From, v.entry.Term, uint32(v.slot), v.entry.Seq)
			}
		default:
			m.hearVote(msg.From, v.slot, v.entry, out)
		}
	}
	m.settle(out)
	m.endPhase1(out)
}

// hearVote: of what the promises tell to be accepted in a slot, the proposal of the
// highest ballot counts, in whatever order they arrive (Paxos Made Simple, section 2.2,
// P2c; pmax in Figure 7 of Paxos Made Moderately Complex). With that rule off, the last one to
// arrive counts.
func (m *multi) hearVote(from consensus.NodeID, slot consensus.Index, e consensus.Entry, out *consensus.Effects) {
	i := len(m.found)
	for i > 0 && m.found[i-1].slot >= slot {
		i--
	}
	if i == len(m.found) || m.found[i].slot != slot {
		m.found = append(m.found, candidate{})
		copy(m.found[i+1:], m.found[i:])
		m.found[i] = candidate{slot: slot}
	}
	c := &m.found[i]
	if !sameValue(c.entry, e) || c.entry.Term == 0 {
		if c.entry.Term < e.Term || m.off.Has(ruleAdoptHighest) {
			c.by = consensus.NodeSet{}
		}
	}
	switch {
	case e.Term > c.entry.Term:
		c.entry = keep(e)
		m.fireBallot(out, ruleAdoptHighest, m.highest(from), from, e.Term, uint32(slot))
	case m.off.Has(ruleAdoptHighest):
		m.fireBallot(out, ruleAdoptHighest, highestOff, from, e.Term, uint32(slot), uint32(c.entry.Term))
		c.entry = keep(e)
	default:
		m.fireBallot(out, ruleAdoptHighest, highestKept, from, c.entry.Term, uint32(slot), uint32(e.Term))
	}
	if sameValue(c.entry, e) {
		c.by.Add(from)
	}
}

// endPhase1: a quorum has promised, and the proposer leads. With the rule off, the first
// promise is enough.
func (m *multi) endPhase1(out *consensus.Effects) {
	have := common(m.promises, m.q.acceptors)
	outcome := quorumReached
	if !m.q.promised(m.promises) {
		if !m.off.Has(rulePhase1Quorum) {
			return
		}
		outcome = quorumOff
	}
	m.fire(out, rulePhase1Quorum, outcome, consensus.None, uint32(m.from), uint32(have), uint32(m.q.phase1))
	m.becomeLeader(out)
}

// becomeLeader: the distinguished proposer goes on with phase 2 in all slots. It
// proposes again what may have been chosen in them, fills the gaps between, and serves
// the clients (Paxos Made Simple, section 3).
func (m *multi) becomeLeader(out *consensus.Effects) {
	m.setRole(out, Leader)
	m.setLeader(m.id, out)
	m.led = m.ballot
	m.nextSlot, m.open, m.stalled = m.floor+1, m.open[:0], 0
	m.marks = append(m.marks[:0], make([]consensus.Index, len(m.peers))...)
	for i := range m.peers {
		m.tellProgress(i, out)
	}
	for len(m.found) > 0 && m.found[0].slot <= m.floor {
		m.dropFound()
	}
	outcome := onePhase1Found
	if len(m.found) == 0 && m.floor < m.from {
		outcome = onePhase1Free
	}
	m.fire(out, ruleOnePhase1, outcome, consensus.None, uint32(m.from), uint32(m.floor), uint32(len(m.found)))
	out.Cancel(ElectionTimer)
	out.Set(HeartbeatTimer, m.opt.heartbeat)
	m.catchUp(out)
	if m.pump(out) == 0 {
		m.sendHeartbeat(out)
	}
}

func (m *multi) dropFound() {
	n := copy(m.found, m.found[1:])
	m.found[n] = candidate{}
	m.found = m.found[:n]
}

// catchUp: what was chosen before its time and it does not know, a new leader has to
// learn before it can execute anything. Where nobody answers, it runs phase 1 again.
func (m *multi) catchUp(out *consensus.Effects) {
	if m.commit >= m.floor || len(m.peers) == 0 {
		return
	}
	m.stalled++
	if m.stalled > stalledMax {
		m.fire(out, ruleCatchUp, catchUpAnew, consensus.None, uint32(m.next()), uint32(m.floor))
		m.giveUp(out)
		m.startPhase1(out)
		return
	}
	peers := members(without(m.promises, consensus.SetOf(m.id)))
	if len(peers) == 0 {
		return
	}
	peer := peers[m.stalled%len(peers)]
	m.fire(out, ruleCatchUp, catchUpAsks, peer, uint32(m.next()), uint32(m.floor))
	m.ask(peer, m.floor, out)
}

// stalledMax is after how many heartbeats without progress a leader that lacks chosen
// values runs phase 1 again.
const stalledMax = 20

// nacked: somebody has promised a higher ballot.
func (m *multi) nacked(msg *consensus.Message, q *body, out *consensus.Effects) {
	m.heard = max(m.heard, msg.Term)
	if m.role == Acceptor || q.refused != m.ballot || msg.Term <= m.ballot {
		m.fireBallot(out, ruleStale, 0, msg.From, msg.Term, uint32(q.slot))
		return
	}
	m.fireBallot(out, ruleNack, nackHeard, msg.From, msg.Term, uint32(q.slot), uint32(q.refused))
	m.overtaken(msg.Term, Owner(msg.Term), out)
}

// overtaken: a proposer or leader gives its ballot up when it hears of a higher one.
// Then it waits for whoever that is to lead, like everybody else: two nodes that tried
// again at once would overtake one another for ever (Paxos Made Simple, section 2.4;
// Paxos Made Moderately Complex, section 3).
func (m *multi) overtaken(by consensus.Term, whose consensus.NodeID, out *consensus.Effects) {
	m.fireBallot(out, rulePreempted, m.role-Proposer, whose, by, 0, uint32(m.ballot))
	m.giveUp(out)
	if m.off.Has(ruleStableLeader) {
		out.Set(ElectionTimer, eager)
		m.fireBallot(out, ruleStableLeader, stableOff, whose, by)
		return
	}
	m.waitForLeader(out)
	m.fireBallot(out, ruleStableLeader, stableWaits, whose, by)
}

// giveUp ends whatever the node does with its ballot, and sends the clients away that
// wait for it: what becomes of their commands, the next leader finds out.
func (m *multi) giveUp(out *consensus.Effects) {
	wasLeader := m.role == Leader
	m.setRole(out, Acceptor)
	m.setPromises(consensus.NodeSet{}, out)
	m.ballot, m.found, m.open, m.marks = 0, nil, nil, nil
	m.setLeader(consensus.None, out)
	if wasLeader {
		out.Cancel(HeartbeatTimer)
		for _, w := range m.waiting {
			m.fire(out, ruleRedirect, redirectDeposed, w.client, w.seq)
			m.reply(w.client, w.seq, consensus.StatusNotLeader, consensus.None, nil, out)
		}
		m.waiting = nil
	}
}
