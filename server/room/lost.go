package room

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
)

// leave forgets a connection. Orderly: the tab has closed, and nobody is waited for.
func (r *Room) leave(now Moment, k *conn, orderly bool) {
	if r.peers[k.peer] != k {
		return
	}
	delete(r.peers, k.peer)
	for i := range r.conns {
		if r.conns[i] == k {
			r.conns = append(r.conns[:i:i], r.conns[i+1:]...)
			break
		}
	}
	if len(r.conns) == 0 {
		r.empty = now
	}
	m := k.member
	if m == nil || m.conn != k {
		return
	}
	m.conn, m.left = nil, now
	r.changed, r.dirty = true, true
	for i := range r.seats {
		switch s := &r.seats[i]; {
		case s.member != m && s.runs != m:
		case orderly:
			r.goneFor(s)
		default:
			r.miss(now, s)
		}
	}
	r.alone = true
	for _, m := range r.members {
		r.alone = r.alone && m.conn == nil
	}
	if r.alone {
		r.stand()
	}
}

// miss begins to wait for a tab.
func (r *Room) miss(now Moment, s *seat) {
	if !s.gone && s.until == 0 {
		s.until = now + r.c.Limits.Patience
	}
}

// goneFor gives a tab up: it is not waited for any more.
func (r *Room) goneFor(s *seat) {
	if s.member != nil && s.member.conn == nil {
		s.gone = true
	}
	s.until = 0
	r.changed, r.dirty = true, true
	if s.runs != nil && s.runs.conn == nil {
		r.lose(s, frame.TabGone)
	}
}

// lose is told that the engine of a node is no more. Until the node has crashed, what is
// left of its work is done by running the recording again.
func (r *Room) lose(s *seat, why frame.Reason) {
	s.instance, r.dirty = 0, true
	if s.lost || s.runs == nil || !r.begun() || !r.world.Up(s.node) {
		return
	}
	s.lost = true
	r.acts = append(r.acts, act{kind: actFall, node: s.node, why: why})
}

// fell is told by the World that a node has crashed.
func (r *Room) fell(id consensus.NodeID) {
	s := r.seat(id)
	if s.sent != nil {
		panic("room: " + id.String() + " crashed while it was at work")
	}
	if k := s.tab(); k != nil {
		r.put(k, hosting.Append(nil, hosting.Forget{Node: id}))
	}
	s.runs, s.lost, s.fallen = nil, false, false
	s.inputs, s.size = nil, 0
}

// resume is told that the tab of a seat's holder is connected again, and lets the node go
// on where it was if the tab still has its engine.
func (r *Room) resume(now Moment, s *seat, k *conn, h *hosting.Hello) {
	s.gone, s.until = false, 0
	if !r.begun() {
		return
	}
	switch {
	case s.sent != nil && s.sent.start && s.sent.done == nil && s.runs == k.member && !s.lost:
		r.resend(now, s) // a start needs nothing that was before
	case s.lost || s.fallen:
		r.acts = append(r.acts, act{kind: actBack, node: s.node})
	case s.runs != k.member: // the relay runs it, or nobody
		r.put(k, hosting.Append(nil, hosting.Forget{Node: s.node}))
	case s.instance != 0 && h.Instance == s.instance && r.catchUp(k, s, h):
		if s.sent != nil {
			r.resend(now, s)
		}
	default:
		r.lose(s, frame.TabGone)
		r.acts = append(r.acts, act{kind: actBack, node: s.node})
	}
}

// catchUp brings a tab to where its node is, with work that was done without it. It
// reports whether that can be.
func (r *Room) catchUp(k *conn, s *seat, h *hosting.Hello) bool {
	for _, p := range h.Nodes {
		if p.Node != s.node {
			continue
		}
		done := s.finished()
		switch {
		case p.Boot != s.boot:
			return false
		case p.Seq >= done:
			return p.Seq == done || s.sent != nil && p.Seq == s.sent.Seq
		}
		first := 0
		for first < len(s.inputs) && s.inputs[first].seq <= p.Seq {
			first++
		}
		missing := s.inputs[first:]
		if uint32(len(missing)) != done-p.Seq {
			return false
		}
		for _, in := range missing {
			r.put(k, in.frame)
		}
		return true
	}
	return false
}

// inputsMax bounds the bytes of the inputs that a seat keeps when a room is restored.
const inputsMax = 256 << 10

// expire lets deadlines pass.
func (r *Room) expire(now Moment) {
	for i := 0; i < len(r.conns); i++ {
		k := r.conns[i]
		switch {
		case k.member != nil || now < k.until:
			continue
		case k.held != nil: // the other tab with its token has not answered
			old := r.knownBy(k.held.Token)
			h := k.held
			k.held = nil
			if old != nil && old.conn != nil {
				r.shut(old.conn, hosting.CloseTwice, "another tab sits here with the same token, and this one did not answer")
			}
			if old != nil {
				r.welcome(now, k, old, h)
			}
		default:
			r.shut(k, hosting.CloseHello, "nothing was said")
		}
		i = -1 // the list has changed
	}
	r.silent(now)
	if r.alone {
		return // nobody waits
	}
	for i := range r.seats {
		if s := &r.seats[i]; s.until != 0 && now >= s.until {
			r.goneFor(s)
		}
	}
	if s, until := r.stuck(); s != nil && now >= until {
		k := s.tab()
		r.leave(now, k, true)
		r.close(k, hosting.CloseIdle, s.node.String()+" was waited for too long")
	}
	r.inherit(now)
}

// stuck returns the seat whose tab is connected and has not answered what the World waits
// for, and up to when it is waited for.
func (r *Room) stuck() (*seat, Moment) {
	if r.work == nil {
		return nil, 0
	}
	s := r.seat(r.work.Node)
	if s.tab() == nil || s.sent == nil || s.sent.done != nil {
		return nil, 0
	}
	return s, s.sent.waited() + r.c.Limits.Patience
}

// slowAfter is how long a tab may take before it is said that the World waits for it.
const slowAfter = Second

// waiting returns the node whose tab the World waits for, None if it waits for nobody.
func (r *Room) waiting(now Moment) consensus.NodeID {
	if r.work == nil || r.ended != 0 {
		return consensus.None
	}
	s := r.seat(r.work.Node)
	if s.tab() == nil || s.sent != nil && s.sent.done == nil && now >= s.sent.waited()+slowAfter {
		return s.node
	}
	return consensus.None
}
