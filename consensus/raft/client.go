package raft

import "parley/consensus"

// waiting is a request that a leader appended to its log in its current term and has
// not yet answered. A server that stops leading has none.
type waiting struct {
	index  consensus.Index
	seq    uint32
	client consensus.NodeID
}

// request takes a client's request (§5.1, §8). Reads are commands like all others.
func (r *Raft) request(q *consensus.Request, out *consensus.Effects) {
	switch {
	case !q.Client.IsClient() || q.Seq == 0 || len(q.Command) > consensus.CommandMax:
		r.fire(out, ruleMalformed, 0, q.Client)
	case r.role != Leader:
		r.redirect(q.Client, q.Seq, out)
	case r.answerRepeated(q, out):
	case len(r.pending) >= r.opt.pendingMax || r.log.last() >= LogMax:
		r.fire(out, ruleBusy, 0, q.Client, q.Seq, uint32(len(r.pending)))
		out.Answer(consensus.Reply{Client: q.Client, Seq: q.Seq, Status: consensus.StatusBusy, Leader: r.id}, nil)
	default:
		r.propose(q, out)
	}
}

// redirect: a server that does not lead says who does, as far as it knows (§8).
func (r *Raft) redirect(client consensus.NodeID, seq uint32, out *consensus.Effects) {
	outcome := redirectLeader
	if r.leader == consensus.None {
		outcome = redirectNobody
	}
	r.fire(out, ruleRedirect, outcome, client, seq, uint32(r.leader))
	out.Answer(consensus.Reply{Client: client, Seq: seq, Status: consensus.StatusNotLeader, Leader: r.leader}, nil)
}

// answerRepeated: a request that was applied before is answered at once from what the
// server remembers, and one that already waits is not appended again (§8).
func (r *Raft) answerRepeated(q *consensus.Request, out *consensus.Effects) bool {
	if r.off.Has(ruleApplyOnce) {
		return false
	}
	last := r.sessions.Last(q.Client)
	if q.Seq == last {
		r.fire(out, ruleApplyOnce, onceRemembered, q.Client, q.Seq)
		result, _ := r.sessions.Apply(r.machine, *q)
		out.Answer(consensus.Reply{Client: q.Client, Seq: q.Seq, Status: consensus.StatusDone, Leader: r.id}, result)
		return true
	}
	if q.Seq < last {
		r.fire(out, ruleApplyOnce, onceLate, q.Client, q.Seq)
		return true
	}
	for i := range r.pending {
		if w := &r.pending[i]; w.client == q.Client && w.seq == q.Seq {
			r.fire(out, ruleApplyOnce, onceWaits, q.Client, q.Seq, uint32(w.index))
			return true
		}
	}
	return false
}

// propose: a leader appends a command to its own log and sends it to all others; it
// answers when the entry is applied (§5.3).
func (r *Raft) propose(q *consensus.Request, out *consensus.Effects) {
	r.addEntry(out, consensus.Entry{
		Term: r.term, Client: q.Client, Seq: q.Seq,
		Command: q.Command,
	})
	i := r.log.last()
	r.pending = append(r.pending, waiting{i, q.Seq, q.Client})
	r.fire(out, ruleLeaderAppendOnly, appendOnlyAdded, q.Client, uint32(i), q.Seq)
	r.replicateAll(out)
	r.advanceCommit(out)
}

// answer: the leader answers the request whose entry was applied (§5.3: it returns the
// result when the entry has been applied to its state machine).
func (r *Raft) answer(i consensus.Index, result []byte, out *consensus.Effects) {
	if len(r.pending) == 0 || r.pending[0].index != i {
		return
	}
	w := r.pending[0]
	r.pending = r.pending[:copy(r.pending, r.pending[1:])]
	r.fire(out, ruleAnswerApplied, 0, w.client, uint32(i), w.seq)
	out.Answer(consensus.Reply{Client: w.client, Seq: w.seq, Status: consensus.StatusDone, Leader: r.id}, result)
}

// turnAwayPending: a leader that steps down no longer knows what becomes of the
// requests that wait; it sends their clients away. Whether they take effect, the next
// leader finds out, and applies them once.
func (r *Raft) turnAwayPending(out *consensus.Effects) {
	for _, w := range r.pending {
		r.fire(out, ruleRedirect, redirectDeposed, w.client, w.seq)
		out.Answer(consensus.Reply{Client: w.client, Seq: w.seq, Status: consensus.StatusNotLeader}, nil)
	}
	r.pending = r.pending[:0]
}
