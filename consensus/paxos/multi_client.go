package paxos

import "parley/consensus"

// request takes a client's request. Reads are commands like all others.
func (m *multi) request(q *consensus.Request, out *consensus.Effects) {
	switch {
	case !wellAsked(q):
		m.fire(out, ruleMalformed, 0, q.Client)
	case m.role != Leader:
		m.redirect(q, out)
	case m.answerRepeated(q, out) || m.busy(q, m.opt.pendingMax, out):
	default:
		m.forgetOlder(q)
		m.waiting = append(m.waiting, waiting{client: q.Client, seq: q.Seq, command: append([]byte(nil), q.Command...)})
		if m.pump(out) == 0 {
			m.fire(out, ruleWindow, 0, q.Client, q.Seq, uint32(m.opt.window))
		}
	}
}

// redirect: a node that does not lead says who does, as far as it knows.
func (m *multi) redirect(q *consensus.Request, out *consensus.Effects) {
	outcome := redirectTo
	if m.leader == consensus.None {
		outcome = redirectNobody
	}
	m.fire(out, ruleRedirect, outcome, q.Client, q.Seq, uint32(m.leader))
	m.reply(q.Client, q.Seq, consensus.StatusNotLeader, m.leader, nil, out)
}
