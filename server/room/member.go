package room

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
)

// member is somebody in a room, who is known again by a token.
type member struct {
	number uint32
	name   string
	secret secret
	conn   *conn             // nil: not connected
	since  Moment            // of conn; who is here longest has the earliest
	left   Moment            // when the last conn ended
	held   consensus.NodeSet // the seats held at any time: what comes late from there is no fraud
}

// nameless is the name of who gave none.
const nameless = "Somebody"

// join adds a member.
func (r *Room) join(s secret, name string) *member {
	m := &member{number: r.next, name: cleanName(name), secret: s}
	r.next++
	r.members = append(r.members, m)
	r.changed, r.dirty = true, true
	return m
}

// makeRoom makes room for a newcomer, if need be in place of somebody who is gone and holds no
// seat. It reports whether there is room.
func (r *Room) makeRoom() bool {
	if len(r.members) < min(r.c.Limits.Members, frame.MembersMax) {
		return true
	}
	out := -1
	for i, m := range r.members {
		if m.conn == nil && m != r.owner && !r.seated(m) && (out < 0 || m.left < r.members[out].left) {
			out = i
		}
	}
	if out < 0 {
		return false
	}
	r.members = append(r.members[:out:out], r.members[out+1:]...)
	return true
}

// remove sends a member away for the owner, and forgets the token: who comes back through the
// room's link is somebody new. It returns why not, "" if it was done.
func (r *Room) remove(now Moment, m *member) string {
	switch {
	case m == nil:
		return "there is no such member in this room"
	case m == r.owner:
		return "you own this room: make somebody else the owner, and leave"
	}
	const why = "the owner has sent you away"
	if k := r.holder(m); k != nil {
		r.shut(k, hosting.CloseRemoved, why)
	}
	if m.conn != nil {
		r.shut(m.conn, hosting.CloseRemoved, why)
	}
	for i := range r.acts {
		if r.acts[i].to == m {
			r.acts[i].to = nil
		}
	}
	for i := range r.seats {
		if s := &r.seats[i]; s.member == m && !r.moving(s) {
			r.seatTo(now, s, r.owner, nil)
		}
	}
	r.members = slices.DeleteFunc(r.members, func(o *member) bool { return o == m })
	return ""
}

// seated reports whether the member holds a seat, or did when the present boot of its node
// began.
func (r *Room) seated(m *member) bool {
	for i := range r.seats {
		if s := &r.seats[i]; s.member == m || s.runs == m {
			return true
		}
	}
	for i := range r.acts {
		if r.acts[i].to == m {
			return true
		}
	}
	return false
}

// member returns the member with that number, nil if there is none.
func (r *Room) member(number uint32) *member {
	for _, m := range r.members {
		if m.number == number {
			return m
		}
	}
	return nil
}

// knownBy returns the member with that token.
func (r *Room) knownBy(token string) *member {
	s := secretOf(token)
	for _, m := range r.members {
		if m.secret == s {
			return m
		}
	}
	return nil
}

// cleanName returns a name as it is shown: without what cannot be seen or is no text, and
// not too long.
func cleanName(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case c == utf8.RuneError || unicode.Is(unicode.Cf, c):
			return -1
		case unicode.IsControl(c) || unicode.IsSpace(c):
			return ' '
		}
		return c
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for len(s) > frame.NameMax {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	if s = strings.TrimSpace(s); s == "" {
		return nameless
	}
	return s
}

// inherit gives the room to who has been here longest, when the owner is away too long.
func (r *Room) inherit(now Moment) {
	if r.owner.conn != nil || now < r.owner.left+r.c.Limits.OwnerAway {
		return
	}
	var heir *member
	for _, m := range r.members {
		if m.conn != nil && (heir == nil || m.since < heir.since) {
			heir = m
		}
	}
	if heir != nil {
		r.owner = heir
		r.changed, r.dirty = true, true
	}
}
