package raft

import "parley/consensus"

// seeTerm: a server that learns of a newer term joins it, as a follower (§5.1;
// Figure 2, all servers).
func (r *Raft) seeTerm(m *consensus.Message, out *consensus.Effects) (newer bool) {
	if m.Term <= r.term {
		return false
	}
	out.Fire(ruleTermNewer, r.role, m.From, m.Term, uint32(r.term))
	r.becomeFollower(out)
	r.setTerm(out, m.Term)
	return true
}

// becomeFollower gives up whatever the server was. A candidate's election timer runs
// on; a leader has none and starts one. The role goes before the term: nobody is
// seen to lead a term that it was not elected for.
func (r *Raft) becomeFollower(out *consensus.Effects) {
	wasLeader := r.role == Leader
	r.setRole(out, Follower)
	r.setVotes(out, consensus.NodeSet{})
	if wasLeader {
		r.progress = nil
		r.turnAwayPending(out)
		out.Cancel(HeartbeatTimer)
		r.waitForLeader(out)
	}
}

// waitForLeader starts the election timer anew, with a new random timeout (§5.2).
func (r *Raft) waitForLeader(out *consensus.Effects) {
	out.Set(ElectionTimer, r.electionTimeout())
}

// electionTimeout draws a timeout at random, so that rarely two servers time out
// together (§5.2, §9.3).
func (r *Raft) electionTimeout() consensus.Duration {
	spread := r.rand.Below(int64(r.opt.electionMax-r.opt.electionMin) + 1)
	if r.off.Has(ruleRandomized) {
		return r.opt.electionMin
	}
	return r.opt.electionMin + consensus.Duration(spread)
}

// startElection: a server that heard no leader for its election timeout begins a new
// term, votes for itself and asks all others (§5.2; Figure 2, candidates).
func (r *Raft) startElection(out *consensus.Effects) {
	if r.term >= TermMax {
		return
	}
	before := r.role
	r.setVotes(out, consensus.NodeSet{})
	r.setTerm(out, r.term+1)
	r.setRole(out, Candidate)
	r.fire(out, ruleElectionTimeout, before, consensus.None)
	r.setVote(out, r.id)
	r.setVotes(out, consensus.SetOf(r.id))

	timeout := r.electionTimeout()
	out.Set(ElectionTimer, timeout)
	outcome := randomizedDrawn
	if r.off.Has(ruleRandomized) {
		outcome = randomizedOff
	}
	r.fire(out, ruleRandomized, outcome, consensus.None, uint32(timeout/consensus.Millisecond))

	if r.winIfElected(out) {
		return
	}
	q := voteRequest{r.log.last(), r.log.lastTerm()}
	for i, peer := range r.peers {
		m := consensus.Message{From: r.id, To: peer, Kind: KindRequestVote, Term: r.term}
		if i == 0 {
			out.Send(m, q.append(out.Buffer()))
		} else {
			out.Resend(m)
		}
	}
}

// requestVote answers a RequestVote (Figure 2, receiver implementation).
func (r *Raft) requestVote(m *consensus.Message, q voteRequest, out *consensus.Effects) {
	granted := r.mayVote(m, q, out)
	if granted {
		r.setVote(out, m.From)
		if r.role != Leader {
			r.waitForLeader(out)
		}
	}
	flags := consensus.FlagReply | consensus.FlagNo
	if granted {
		flags = consensus.FlagReply | consensus.FlagYes
	}
	out.Send(consensus.Message{From: r.id, To: m.From, Kind: KindRequestVoteReply, Flags: flags, Term: r.term},
		voteReply{granted}.append(out.Buffer()))
}

// mayVote decides on a vote: by the term, then by earlier votes, then by the logs.
func (r *Raft) mayVote(m *consensus.Message, q voteRequest, out *consensus.Effects) bool {
	if m.Term < r.term { // §5.1
		r.fire(out, ruleTermStale, staleVote, m.From, uint32(m.Term))
		return false
	}
	return r.voteIsFree(m.From, out) && r.logIsUpToDate(m.From, q, out) && r.tellVote(m.From, out)
}

// voteIsFree: a server votes for at most one candidate in a term, the first who asks
// (§5.2).
func (r *Raft) voteIsFree(candidate consensus.NodeID, out *consensus.Effects) bool {
	if r.vote == consensus.None || r.vote == candidate || r.off.Has(ruleVoteOnce) {
		return true
	}
	r.fire(out, ruleVoteOnce, voteRefused, candidate, uint32(r.vote))
	return false
}

// logIsUpToDate: a server votes for nobody whose log is behind its own. The log whose
// last entry has the later term is ahead; with the same last term, the longer (§5.4.1).
func (r *Raft) logIsUpToDate(candidate consensus.NodeID, q voteRequest, out *consensus.Effects) bool {
	index, term := r.log.last(), r.log.lastTerm()
	if q.lastTerm > term || q.lastTerm == term && q.lastIndex >= index {
		return true
	}
	outcome := upToDateRefused
	if r.off.Has(ruleUpToDate) {
		outcome = upToDateOff
	}
	r.fire(out, ruleUpToDate, outcome, candidate, uint32(index), uint32(term), uint32(q.lastIndex), uint32(q.lastTerm))
	return outcome == upToDateOff
}

// tellVote names the rule by which a vote is granted.
func (r *Raft) tellVote(candidate consensus.NodeID, out *consensus.Effects) bool {
	switch r.vote {
	case consensus.None:
		r.fire(out, ruleVoteOnce, voteGranted, candidate)
	case candidate:
		r.fire(out, ruleVoteOnce, voteRepeated, candidate)
	default:
		r.fire(out, ruleVoteOnce, voteOff, candidate, uint32(r.vote))
	}
	return true
}

// countVote takes the answer to a RequestVote.
func (r *Raft) countVote(m *consensus.Message, q voteReply, out *consensus.Effects) {
	switch {
	case r.ignoreStale(m, out):
		return
	case r.role != Candidate:
		r.fire(out, ruleStaleAnswer, staleElection, m.From)
		return
	case !q.granted:
		r.fire(out, ruleMajorityWins, majorityRefused, m.From)
		return
	}
	votes := r.votes
	votes.Add(m.From)
	r.setVotes(out, votes)
	if !r.winIfElected(out) {
		r.fire(out, ruleMajorityWins, majorityCounted, m.From, uint32(votes.Len()), uint32(r.quorum()))
	}
}

// ignoreStale: an answer of an older term was for a server that is no more (§5.1).
func (r *Raft) ignoreStale(m *consensus.Message, out *consensus.Effects) bool {
	if m.Term >= r.term {
		return false
	}
	r.fire(out, ruleStaleAnswer, staleTerm, m.From, uint32(m.Term))
	return true
}

// winIfElected: the votes of a majority make a candidate the leader (§5.2).
func (r *Raft) winIfElected(out *consensus.Effects) bool {
	votes, need, outcome := r.votes.Len(), r.quorum(), majorityWon
	if votes < need && r.off.Has(ruleMajorityWins) {
		need, outcome = need-1, majorityOff
	}
	if votes < need {
		return false
	}
	r.fire(out, ruleMajorityWins, outcome, consensus.None, uint32(votes), uint32(r.nodes.Len()))
	r.becomeLeader(out)
	return true
}

// becomeLeader: nextIndex starts behind the last entry, matchIndex at 0 (Figure 2), a
// no-op of the new term follows (§8), and all others hear of it at once (§5.2).
func (r *Raft) becomeLeader(out *consensus.Effects) {
	r.setRole(out, Leader)
	r.setLeader(out, r.id)
	out.Cancel(ElectionTimer)
	out.Set(HeartbeatTimer, r.opt.heartbeat)
	r.pending = r.pending[:0]
	r.progress = make([]progress, r.highest()+1)
	for _, peer := range r.peers {
		r.progress[peer] = newProgress(r.log.last())
		r.tellProgress(out, peer)
	}
	if r.off.Has(ruleNoop) || r.log.last() >= LogMax {
		r.fire(out, ruleNoop, noopOff, consensus.None)
		r.broadcastHeartbeat(out)
		return
	}
	r.addEntry(out, consensus.Entry{Term: r.term})
	r.fire(out, ruleNoop, noopAdded, consensus.None, uint32(r.log.last()))
	r.replicateAll(out)
	r.advanceCommit(out)
}

// highest returns the largest NodeID of the cluster.
func (r *Raft) highest() consensus.NodeID {
	if n := len(r.peers); n > 0 {
		return max(r.id, r.peers[n-1])
	}
	return r.id
}

// followLeader: whoever sends AppendEntries of the current term was elected; a
// candidate gives up, a follower knows its leader (§5.2).
func (r *Raft) followLeader(m *consensus.Message, out *consensus.Effects) {
	if r.role == Candidate {
		r.fire(out, ruleCandidateStepDown, 0, m.From)
		r.becomeFollower(out)
	}
	if r.leader != m.From {
		r.setLeader(out, m.From)
		r.fire(out, ruleHeartbeat, heartbeatFollow, m.From)
	}
	r.waitForLeader(out)
}
