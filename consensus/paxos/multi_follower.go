package paxos

import "parley/consensus"

// hearLeader: a message of a leader shows that it is there. This is all the failure
// detection that Multi-Paxos needs: a mistake costs time and never safety (Paxos Made
// Moderately Complex, section 3). It reports whether the node follows that leader.
func (m *multi) hearLeader(msg *consensus.Message, out *consensus.Effects) bool {
	if msg.Term < m.led {
		m.fireBallot(out, ruleStale, 0, msg.From, msg.Term)
		return false
	}
	m.heard = max(m.heard, msg.Term)
	if m.role != Acceptor {
		if msg.Term <= m.ballot {
			return false
		}
		m.overtaken(msg.Term, msg.From, out)
	}
	m.led = msg.Term
	m.setLeader(msg.From, out)
	m.waitForLeader(out)
	return true
}

// heartbeat takes word of a leader that it is there and how far the slots are chosen.
func (m *multi) heartbeat(msg *consensus.Message, q *body, out *consensus.Effects) {
	if msg.Term < m.term {
		m.fireBallot(out, ruleKeepPromise, keepRefusedHeartbeat, msg.From, msg.Term, 0, uint32(m.term))
		m.refuse(msg, m.next(), m.term, 2, out)
		return
	}
	if !m.hearLeader(msg, out) {
		return
	}
	m.fireBallot(out, ruleHeartbeat, heartbeatHeard, msg.From, msg.Term, uint32(q.commit))
	m.asking = false
	m.followCommit(msg, q.commit, out)
}

// followCommit: the leader says that all slots up to commit are chosen. What this node
// accepted there in the leader's own ballot is what was chosen: there is only one
// proposal for a slot in a ballot. What it accepted in an earlier ballot may be something
// else; that, and what it lacks, it asks for.
func (m *multi) followCommit(msg *consensus.Message, commit consensus.Index, out *consensus.Effects) {
	if m.role != Acceptor || commit <= m.commit {
		return
	}
	before := m.commit
	for slot := m.next(); slot <= min(commit, m.log.last); slot++ {
		e := m.log.at(slot)
		switch {
		case e.Term == 0 || m.known(slot):
			continue
		case e.Term != msg.Term && !m.off.Has(ruleSameBallot):
			m.fireBallot(out, ruleSameBallot, sameBallotHeld, msg.From, msg.Term, uint32(slot), uint32(e.Term))
			continue
		case e.Term != msg.Term:
			m.fireBallot(out, ruleSameBallot, sameBallotOff, msg.From, msg.Term, uint32(slot), uint32(e.Term))
		}
		m.learn(slot, e, out)
	}
	if m.commit > before {
		m.fireBallot(out, ruleLearn, learnUpTo, msg.From, msg.Term, uint32(m.commit))
	}
	m.settle(out)
	if commit > m.commit && !m.asking {
		m.asking = true
		m.fire(out, ruleAsk, askAsked, msg.From, uint32(m.next()))
		m.ask(msg.From, commit, out)
	}
}

// taught takes in what is chosen from a node that was asked, or from the leader that
// announces it.
func (m *multi) taught(msg *consensus.Message, q *body, out *consensus.Effects) {
	if msg.Flags&consensus.FlagReply == 0 {
		if isBallot(msg.Term, msg.From) && msg.Term >= m.term && m.hearLeader(msg, out) {
			m.followCommit(msg, q.commit, out)
		}
		return
	}
	news := 0
	for range q.count {
		v := q.nextVote()
		if !v.chosen || m.known(v.slot) {
			continue
		}
		if m.contradicts(v) {
			m.fireBallot(out, rulePreempted, preemptedTaught, msg.From, v.entry.Term, uint32(v.slot), uint32(m.ballot))
			m.giveUp(out)
			m.waitForLeader(out)
		}
		if m.learn(v.slot, v.entry, out) {
			news++
			m.fireBallot(out, ruleLearn, learnNew, msg.From, v.entry.Term, uint32(v.slot), v.entry.Seq)
		}
	}
	m.settle(out)
	if news > 0 {
		m.stalled = 0
	}
	if m.asking = news > 0 && q.commit > m.commit; m.asking { // there is more
		m.fire(out, ruleAsk, askAsked, msg.From, uint32(m.next()))
		m.ask(msg.From, q.commit, out)
	}
	m.dropChosen()
	m.pump(out)
}

// contradicts reports whether a decision is not what this leader proposed in that slot:
// then somebody has chosen it in a higher ballot.
func (m *multi) contradicts(v vote) bool {
	return m.role == Leader && m.openAt(v.slot) >= 0 && !sameValue(m.log.at(v.slot), v.entry)
}

// dropChosen ends phase 2 in slots that others told to be chosen.
func (m *multi) dropChosen() {
	kept := m.open[:0]
	for _, f := range m.open {
		if !m.known(f.slot) {
			kept = append(kept, f)
		}
	}
	m.open = kept
}
