package raft

import "parley/consensus"

// advanceCommit: an entry of the leader's term that stands on a majority is committed,
// and with it all before it (§5.3, §5.4.2; Figure 2, leaders).
func (r *Raft) advanceCommit(out *consensus.Effects) {
	if r.copies(r.commit+1) < r.quorum() && !r.off.Has(ruleCommitMajority) {
		return // as after most answers
	}
	i := r.onMajority()
	if i <= r.commit || !r.mayCount(i, out) {
		return
	}
	outcome, have := commitMajority, r.copies(i)
	if have < r.quorum() {
		outcome = commitMajorityOff
	}
	r.setCommit(out, i)
	r.fire(out, ruleCommitMajority, outcome, consensus.None, uint32(i), uint32(have), uint32(r.nodes.Len()))
	r.apply(out)
}

// onMajority returns the last index that stands on a majority of the servers. The
// leader counts itself: a step's writes are durable before anything of it is seen.
// When the rule is off, the leader's own copy is enough.
func (r *Raft) onMajority() consensus.Index {
	if r.off.Has(ruleCommitMajority) {
		return r.log.last()
	}
	// The indexes up to which the logs agree, the highest first, as many as a majority has.
	// Few servers are far from their place, so each is moved there one by one.
	var room [consensus.NodesMax]consensus.Index
	matches := append(room[:0], r.log.last())
	for _, peer := range r.peers {
		match := r.progress[peer].match
		if len(matches) < r.quorum() {
			matches = append(matches, 0)
		} else if match <= matches[len(matches)-1] {
			continue
		}
		i := len(matches) - 1
		for ; i > 0 && matches[i-1] < match; i-- {
			matches[i] = matches[i-1]
		}
		matches[i] = match
	}
	return matches[len(matches)-1]
}

// copies returns on how many servers index i is known to stand.
func (r *Raft) copies(i consensus.Index) int {
	n := 1
	for _, peer := range r.peers {
		if r.progress[peer].match >= i {
			n++
		}
	}
	return n
}

// mayCount: a leader counts copies only of entries of its own term. Older ones are
// committed with the first of its own that follows them: an older entry on a
// majority can still be overwritten (§5.4.2, Figure 8).
func (r *Raft) mayCount(i consensus.Index, out *consensus.Effects) bool {
	term := r.log.term(i)
	if term == r.term {
		return true
	}
	outcome := currentTermHeld
	if r.off.Has(ruleCommitCurrent) {
		outcome = currentTermOff
	}
	r.fire(out, ruleCommitCurrent, outcome, consensus.None, uint32(i), uint32(term))
	return outcome == currentTermOff
}

// followCommit: a follower's commitIndex follows the leader's, but not beyond the last
// entry that is known to be the leader's too (§5.3; Figure 2, receiver 5).
func (r *Raft) followCommit(leader consensus.NodeID, commit, lastNew consensus.Index, out *consensus.Effects) {
	i := min(commit, lastNew)
	if i <= r.commit {
		return
	}
	r.setCommit(out, i)
	r.fire(out, ruleFollowerCommit, 0, leader, uint32(i))
	r.apply(out)
}

// apply: committed entries are applied in the order of the log (§5.3; Figure 2, all
// servers).
func (r *Raft) apply(out *consensus.Effects) {
	first := r.applied + 1
	for r.applied < r.commit {
		r.applied++
		r.applyEntry(r.applied, out)
	}
	if r.applied >= first {
		outcome := appliedOne
		if r.applied > first {
			outcome = appliedMany
		}
		r.fire(out, ruleApplyInOrder, outcome, consensus.None, uint32(first), uint32(r.applied))
	}
}

func (r *Raft) applyEntry(i consensus.Index, out *consensus.Effects) {
	e := r.log.at(i)
	note := entryNote(consensus.NoteApply, i, &e)
	if e.Client == consensus.None { // a no-op
		out.Note(note)
		return
	}
	result, repeated := r.applyOnce(i, &e, out)
	if repeated {
		note.Sub = 1
	}
	out.Note(note)
	r.answer(i, result, out)
}

// applyOnce: a command that a client sent twice, and that therefore stands twice in the
// log, has its effect once; the second time its first answer is repeated (§8).
func (r *Raft) applyOnce(i consensus.Index, e *consensus.Entry, out *consensus.Effects) (result []byte, repeated bool) {
	old := r.sessions.Last(e.Client) >= e.Seq
	if old && r.off.Has(ruleApplyOnce) {
		r.fire(out, ruleApplyOnce, onceOff, e.Client, uint32(i), e.Seq)
		return r.machine.Apply(e.Command), false
	}
	result, repeated = r.sessions.Apply(r.machine, consensus.Request{Client: e.Client, Seq: e.Seq, Command: e.Command})
	if repeated {
		r.fire(out, ruleApplyOnce, onceSkipped, e.Client, uint32(i), e.Seq)
	}
	return result, repeated
}
