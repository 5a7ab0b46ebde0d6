package raft

import "parley/consensus"

// The leader's side.

// replicateAll sends every follower what it may be sent now (§5.3).
func (r *Raft) replicateAll(out *consensus.Effects) {
	var same batch
	for _, peer := range r.peers {
		r.replicate(peer, &same, out)
	}
}

// batch is what the last AppendEntries of a step held: when the next one holds the
// same, it is not encoded again.
type batch struct {
	from  consensus.Index // at least 1
	count int
}

// replicate: while the log goes on behind a follower's nextIndex, the follower is sent
// what is there (§5.3; Figure 2, leaders), a bounded number of messages at a time.
func (r *Raft) replicate(peer consensus.NodeID, same *batch, out *consensus.Effects) (messages int) {
	p := &r.progress[peer]
	for p.next <= r.log.last() && p.mayShip(r.opt.inflight) {
		n := r.batchFrom(p.next)
		r.sendAppend(peer, batch{p.next, n}, same, out)
		before := p.next
		p.shipped(p.next + consensus.Index(n) - 1)
		if p.next != before {
			r.tellProgress(out, peer)
		}
		messages++
	}
	return messages
}

// batchFrom returns how many entries from index i on go into one message: as the
// bounds allow, but at least one.
func (r *Raft) batchFrom(i consensus.Index) int {
	n, bytes := 0, 0
	for ; i <= r.log.last() && n < r.opt.entriesMax; i++ {
		bytes += entrySize + r.log.size(i)
		if n > 0 && bytes > r.opt.bytesMax {
			break
		}
		n++
	}
	return n
}

// sendAppend sends an AppendEntries with the entries of b, which may be none.
func (r *Raft) sendAppend(peer consensus.NodeID, b batch, same *batch, out *consensus.Effects) {
	m := consensus.Message{From: r.id, To: peer, Kind: KindAppendEntries, Term: r.term}
	if b.count > 0 {
		m.Flags = consensus.FlagPayload
	}
	if b == *same {
		out.Resend(m)
		return
	}
	*same = b
	prev := b.from - 1
	q := appendRequest{prevIndex: prev, prevTerm: r.log.term(prev), commit: r.commit, count: b.count}
	data := q.appendHead(out.Buffer())
	for i := b.from; i < b.from+consensus.Index(b.count); i++ {
		e := r.log.at(i)
		data = appendEntry(data, &e)
	}
	out.Send(m, data)
}

// sendHeartbeats: a leader tells all others that it is there, in time to prevent
// elections (§5.2; Figure 2, leaders).
func (r *Raft) sendHeartbeats(out *consensus.Effects) {
	r.fire(out, ruleHeartbeat, heartbeatSent, consensus.None)
	out.Set(HeartbeatTimer, r.opt.heartbeat)
	r.broadcastHeartbeat(out)
}

// broadcastHeartbeat sends AppendEntries without entries. Its consistency check looks
// behind all that was sent, so it also finds out what was lost on the way (§5.3: the
// leader retries AppendEntries indefinitely).
func (r *Raft) broadcastHeartbeat(out *consensus.Effects) {
	var same batch
	for _, peer := range r.peers {
		r.sendAppend(peer, batch{r.progress[peer].next, 0}, &same, out)
	}
}

// appendAnswered takes the answer to an AppendEntries (§5.3; Figure 2, leaders).
func (r *Raft) appendAnswered(m *consensus.Message, q *appendReply, out *consensus.Effects) {
	if r.ignoreStale(m, out) {
		return
	}
	switch {
	case r.role != Leader:
		r.fire(out, ruleStaleAnswer, staleDeposed, m.From)
	case q.match > r.log.last(): // nobody asked for that
		r.fire(out, ruleMalformed, 0, m.From)
	case q.success:
		r.advanceMatch(m.From, q.match, out)
	case r.progress[m.From].late(q.prevIndex):
		r.fire(out, ruleStaleAnswer, staleRefusal, m.From, uint32(q.prevIndex))
	default:
		r.backUp(m.From, q, out)
		var same batch
		r.replicate(m.From, &same, out) // and tries again
	}
}

// advanceMatch: a success moves the follower's nextIndex and matchIndex (Figure 2,
// leaders), and may commit entries.
func (r *Raft) advanceMatch(peer consensus.NodeID, match consensus.Index, out *consensus.Effects) {
	p := &r.progress[peer]
	next, matched := p.next, p.match
	p.accepted(match)
	advanced := p.match > matched
	if advanced || p.next != next {
		r.tellProgress(out, peer)
	}
	if advanced {
		r.fire(out, ruleMatchIndex, 0, peer, uint32(p.match))
		r.advanceCommit(out)
	}
	var same batch
	from := p.next
	if sent := r.replicate(peer, &same, out); sent > 0 {
		r.fire(out, ruleReplicate, replicateMore, peer, uint32(from))
	} else if !advanced {
		r.fire(out, ruleHeartbeat, heartbeatAnswered, peer)
	}
}

// backUp moves nextIndex back after a refusal, past all entries of the term in
// conflict at once (§5.3, the optimization): to behind the leader's own last entry
// of that term, or, if it has none, to the follower's first. When the rule is off it
// moves back by one.
func (r *Raft) backUp(peer consensus.NodeID, q *appendReply, out *consensus.Effects) {
	p := &r.progress[peer]
	next, outcome := q.conflictIndex, backtrackShort
	if r.off.Has(ruleBacktrack) {
		next, outcome = q.prevIndex, backtrackOff
	} else if q.conflictTerm != 0 {
		outcome = backtrackSkip
		if own := r.lastOfTerm(q.conflictTerm, q.prevIndex); own != 0 {
			next, outcome = own+1, backtrackShared
		}
	}
	p.refused(min(next, q.prevIndex)) // whatever was answered, it goes back
	r.tellProgress(out, peer)
	r.fire(out, ruleBacktrack, outcome, peer, uint32(p.next), uint32(q.prevIndex), uint32(q.conflictTerm))
}

// lastOfTerm returns the last index up to i whose entry is of that term, 0 when there
// is none. Terms never decrease along a log, so an older one ends the search.
func (r *Raft) lastOfTerm(term consensus.Term, i consensus.Index) consensus.Index {
	for i = min(i, r.log.last()); i > 0 && r.log.term(i) >= term; i-- {
		if r.log.term(i) == term {
			return i
		}
	}
	return 0
}

func (r *Raft) tellProgress(out *consensus.Effects, peer consensus.NodeID) {
	p := &r.progress[peer]
	out.Note(consensus.Note{Kind: consensus.NoteProgress, Peer: peer, A: uint32(p.next), B: uint32(p.match)})
}

// The follower's side.

// appendEntries answers an AppendEntries (Figure 2, receiver implementation).
func (r *Raft) appendEntries(m *consensus.Message, q *appendRequest, out *consensus.Effects) {
	if r.rejectStale(m, q, out) {
		return
	}
	if r.role == Leader {
		// There is one leader a term, unless a rule is off or somebody lies.
		r.fire(out, ruleLeaderAppendOnly, appendOnlyRival, m.From)
		return
	}
	r.followLeader(m, out)
	if !r.isConsistent(m.From, q, out) {
		return
	}
	last := r.takeEntries(m.From, q, out)
	r.followCommit(m.From, q.commit, last, out)
	r.answerAppend(m.From, &appendReply{success: true, prevIndex: q.prevIndex, match: q.prevIndex + consensus.Index(q.count)}, out)
}

// rejectStale: AppendEntries of an older term come from a leader that was deposed; it
// is told the newer term (§5.1; Figure 2, receiver 1).
func (r *Raft) rejectStale(m *consensus.Message, q *appendRequest, out *consensus.Effects) bool {
	if m.Term >= r.term {
		return false
	}
	if r.off.Has(ruleTermStale) {
		r.fire(out, ruleTermStale, staleAccepted, m.From, uint32(m.Term))
		return false
	}
	r.fire(out, ruleTermStale, staleAppend, m.From, uint32(m.Term))
	r.answerAppend(m.From, &appendReply{prevIndex: max(q.prevIndex, 1), conflictIndex: r.log.last() + 1}, out)
	return true
}

// isConsistent: a follower takes entries only behind an entry that it has in common
// with the leader; otherwise it refuses and says where its log parts (§5.3;
// Figure 2, receiver 2).
func (r *Raft) isConsistent(leader consensus.NodeID, q *appendRequest, out *consensus.Effects) bool {
	own := r.log.term(q.prevIndex)
	if own == q.prevTerm {
		return true
	}
	if r.off.Has(ruleConsistency) {
		r.fire(out, ruleConsistency, consistencyOff, leader, uint32(q.prevIndex), uint32(q.prevTerm))
		return true
	}
	refusal := appendReply{prevIndex: q.prevIndex, conflictTerm: own, conflictIndex: r.log.last() + 1}
	if own == 0 {
		r.fire(out, ruleConsistency, consistencyShort, leader, uint32(q.prevIndex), uint32(r.log.last()))
	} else {
		refusal.conflictIndex = r.firstOfTerm(q.prevIndex)
		r.fire(out, ruleConsistency, consistencyTerm, leader, uint32(q.prevIndex), uint32(own), uint32(q.prevTerm))
	}
	r.answerAppend(leader, &refusal, out)
	return false
}

// firstOfTerm returns the first index of the run of entries with the term of entry i.
func (r *Raft) firstOfTerm(i consensus.Index) consensus.Index {
	for i > 1 && r.log.term(i-1) == r.log.term(i) {
		i--
	}
	return i
}

// takeEntries appends what the log does not have yet and returns the index of the
// last new entry (Figure 2, receiver 3 and 4). Entries that are there already stay:
// the message may be an old one, and what follows them may be newer (§5.5: a repeated
// AppendEntries does no harm).
func (r *Raft) takeEntries(leader consensus.NodeID, q *appendRequest, out *consensus.Effects) (last consensus.Index) {
	i, rest := min(q.prevIndex, r.log.last()), q.entries // equal unless the consistency check is off
	first := consensus.Index(0)                          // of those that are appended
	for range q.count {
		var e consensus.Entry
		e, rest = takeEntry(rest)
		i++
		if !r.makeRoom(leader, i, e.Term, out) {
			continue
		}
		r.addEntry(out, e)
		if first == 0 {
			first = r.log.last()
		}
	}
	switch {
	case first == r.log.last() && first > 0:
		r.fire(out, ruleAppendNew, appendNewOne, leader, uint32(first))
	case first > 0:
		r.fire(out, ruleAppendNew, appendNewMany, leader, uint32(first), uint32(r.log.last()))
	case q.count > 0:
		r.fire(out, ruleAppendNew, appendNewHad, leader, uint32(q.count), uint32(i))
	default:
		r.fire(out, ruleHeartbeat, heartbeatHeard, leader)
	}
	return i
}

// makeRoom reports whether the entry of that index and term is to be appended. An
// entry of another term in its place is in conflict: it and all that follow it are
// removed (§5.3; Figure 2, receiver 3). Without the rule it stays, and the leader's
// is passed over.
func (r *Raft) makeRoom(leader consensus.NodeID, i consensus.Index, term consensus.Term, out *consensus.Effects) bool {
	if i > r.log.last() {
		return true
	}
	own := r.log.term(i)
	if own == term {
		return false
	}
	if r.off.Has(ruleTruncate) {
		r.fire(out, ruleTruncate, truncateOff, leader, uint32(i), uint32(own), uint32(term))
		return false
	}
	outcome := truncateOne
	if i < r.log.last() {
		outcome = truncateMany
	}
	r.fire(out, ruleTruncate, outcome, leader, uint32(i), uint32(own), uint32(term), uint32(r.log.last()))
	r.removeFrom(out, i)
	return true
}

func (r *Raft) answerAppend(leader consensus.NodeID, q *appendReply, out *consensus.Effects) {
	flags := consensus.FlagReply | consensus.FlagNo
	if q.success {
		flags = consensus.FlagReply | consensus.FlagYes
	}
	out.Send(consensus.Message{From: r.id, To: leader, Kind: KindAppendEntriesReply, Flags: flags, Term: r.term},
		q.append(out.Buffer()))
}
