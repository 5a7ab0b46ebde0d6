package room

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
)

// conducts does what a member asks for that changes the room. It returns why not, "" if
// it was done.
func (r *Room) conducts(now Moment, k *conn, f *frame.Conduct) string {
	m := k.member
	switch f.Verb {
	case frame.Claim, frame.Release, frame.Give:
		return r.conductSeat(now, m, f)
	case frame.Rename:
		m.name = cleanName(f.Text)
		return ""
	case frame.Play, frame.Pause, frame.Step:
		return r.conductTime(m, f.Verb)
	}
	if m != r.owner {
		return "only the owner does that, and that is " + r.owner.name
	}
	switch f.Verb {
	case frame.SetPace:
		if f.Value < PaceMin || f.Value > PaceMax {
			return "the pace is from a thousandth of real time to a hundred times as much, not " + strconv.FormatUint(f.Value, 10) + " ns a second"
		}
		r.pace = f.Value
		r.stand()
	case frame.SetHurry:
		r.hurry = f.Value != 0
	case frame.SetOpen:
		r.open = f.Value != 0
	case frame.Appoint:
		heir := r.member(f.Member)
		if why := missing(heir); why != "" {
			return why
		}
		r.owner = heir
	case frame.Remove:
		return r.remove(now, r.member(f.Member))
	case frame.End:
		r.end(hosting.CloseEnded)
	}
	return ""
}

// missing returns why somebody cannot be given anything, "" if they can.
func missing(m *member) string {
	switch {
	case m == nil:
		return "there is no such member in this room"
	case m.conn == nil:
		return m.name + " is not here"
	}
	return ""
}

// conductTime is for who lets time go on.
func (r *Room) conductTime(m *member, v frame.Verb) string {
	switch {
	case m != r.owner && !r.begun():
		return "only the owner starts the run, and that is " + r.owner.name
	case m != r.owner && !r.open:
		return "only the owner does that in this room, and that is " + r.owner.name
	case r.state == frame.Over:
		return "this run is full: nothing more can happen in it"
	}
	r.stepping = false
	switch v {
	case frame.Play:
		r.state = frame.Playing
		r.stand()
	case frame.Pause:
		if !r.begun() {
			return "the run has not begun"
		}
		r.state = frame.Paused
	case frame.Step:
		r.state, r.stepping = frame.Paused, true
	}
	return ""
}

// conductSeat is for who sits where.
func (r *Room) conductSeat(now Moment, m *member, f *frame.Conduct) string {
	node := f.Node
	if f.Verb == frame.Claim && node == consensus.None {
		if node = r.vacant(); node == consensus.None {
			return "all nodes are taken: whoever has several can give one up"
		}
	}
	s := r.seat(node)
	if s == nil {
		return "there is no node " + f.Node.String() + " in this room"
	}
	to := m
	switch f.Verb {
	case frame.Claim:
		if s.member == m {
			return "this is your seat already"
		}
		if s.member != nil {
			return s.node.String() + " is " + s.member.name + "'s: only the owner gives it to somebody else"
		}
	case frame.Release:
		if s.member == nil {
			return "nobody holds the seat of " + s.node.String()
		}
		if s.member != m && m != r.owner {
			return s.node.String() + " is " + s.member.name + "'s: only they and the owner leave it"
		}
		to = nil
	case frame.Give:
		if m != r.owner {
			return "only the owner gives seats, and that is " + r.owner.name
		}
		to = r.member(f.Member)
		if why := missing(to); why != "" {
			return why
		}
		if s.member == to {
			return s.node.String() + " is " + to.name + "'s already"
		}
	}
	if r.moving(s) {
		return s.node.String() + " is on its way to another seat: try again in a moment"
	}
	r.seatTo(now, s, m, to)
	return ""
}

// vacant returns the first node whose seat nobody holds and is about to get, None if there
// is none.
func (r *Room) vacant() consensus.NodeID {
	for i := range r.seats {
		if s := &r.seats[i]; s.member == nil && !r.moving(s) {
			return s.node
		}
	}
	return consensus.None
}

// seatTo gives a seat to a member, nil to the relay, because somebody wants it.
func (r *Room) seatTo(now Moment, s *seat, by, to *member) {
	if !r.begun() || r.over() {
		r.hold(now, s, to)
		return
	}
	r.acts = append(r.acts, act{kind: actMove, node: s.node, by: by, to: to})
}

// moving reports whether a seat is about to get another holder.
func (r *Room) moving(s *seat) bool {
	for i := range r.acts {
		if r.acts[i].kind == actMove && r.acts[i].node == s.node {
			return true
		}
	}
	return false
}
