package scene

import (
	"sort"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// Index finds in a trace what a State does not tell: where each message began and
// ended, when each node changed its role or term, and what clients asked for. It
// follows a Store from frame to frame and reads each event once; after a fork it reads
// all of them again. All painters of a page share one.
type Index struct {
	store    *view.Store
	n        int       // events read
	forks    int       // Store.Forks when they were
	messages []message // by send number - 1
	lanes    [consensus.NodesMax][]change
	commands [consensus.ClientsMax][]uint32 // text of a client's command, by its number - 1
	longest  consensus.Time                 // the longest flight so far
}

// message is the life of a message; the numbers of events are counted from 1, 0 is none.
type message struct {
	send, end uint32
	due       consensus.Time
}

// change is how a node is from a moment on.
type change struct {
	t     consensus.Time
	event uint32 // its number, from 1
	term  consensus.Term
	role  uint8
	up    bool
}

// commandsMax bounds the number of commands of a client that are remembered.
const commandsMax = 1 << 20

// Follow reads what is new in the store.
func (x *Index) Follow(s *view.Store) {
	if s != x.store || s.Forks() != x.forks {
		*x = Index{store: s, forks: s.Forks(), messages: x.messages[:0]}
	}
	for n := s.Len(); x.n < n; x.n++ {
		x.add(s.Event(x.n), uint32(x.n+1))
	}
}

func (x *Index) add(e *trace.Event, number uint32) {
	switch e.Kind {
	case trace.Send:
		x.sent(e, number, consensus.Time(trace.Wide(e.A, e.B)))
	case trace.Duplicate:
		x.sent(e, number, consensus.Time(trace.Wide(e.B, e.C)))
	case trace.Delay:
		if m := x.message(e.ID); m != nil {
			m.due = consensus.Time(trace.Wide(e.A, e.B))
			x.longest = max(x.longest, m.due-e.T)
		}
	case trace.Deliver, trace.Loss:
		if m := x.message(e.ID); m != nil && m.end == 0 {
			m.end = number
		}
	case trace.Boot, trace.Crash, trace.Role, trace.Term:
		x.changed(e, number)
	case trace.Invoke:
		if e.Node.IsClient() && e.B > 0 && e.B <= commandsMax {
			c := &x.commands[e.Node-consensus.ClientFirst]
			for len(*c) < int(e.B) {
				*c = append(*c, 0)
			}
			(*c)[e.B-1] = e.D + 1
		}
	}
}

func (x *Index) sent(e *trace.Event, number uint32, due consensus.Time) {
	if e.ID == 0 || int(e.ID) > len(x.messages)+1 {
		return // numbers are given one after the other; this one is not of a World
	}
	if int(e.ID) == len(x.messages)+1 {
		x.messages = append(x.messages, message{})
	}
	x.messages[e.ID-1] = message{send: number, due: due}
	x.longest = max(x.longest, due-e.T)
}

// message returns the life of a message, nil when there is none of that number.
func (x *Index) message(id uint32) *message {
	if id == 0 || int(id) > len(x.messages) || x.messages[id-1].send == 0 {
		return nil
	}
	return &x.messages[id-1]
}

func (x *Index) changed(e *trace.Event, number uint32) {
	if !e.Node.IsNode() {
		return
	}
	l := &x.lanes[e.Node-1]
	c := change{t: e.T, event: number}
	if len(*l) > 0 {
		last := (*l)[len(*l)-1]
		c.term, c.role, c.up = last.term, last.role, last.up
	}
	switch e.Kind {
	case trace.Boot:
		c.up, c.role = true, 0
	case trace.Crash:
		c.up, c.role = false, 0
	case trace.Role:
		c.role = e.Sub
	case trace.Term:
		c.term = e.Term
	}
	*l = append(*l, c)
}

// at returns the place in a node's changes of the one that holds at time t, -1 when
// none does yet.
func (x *Index) at(node consensus.NodeID, t consensus.Time) int {
	l := x.lanes[node-1]
	return sort.Search(len(l), func(i int) bool { return l[i].t > t }) - 1
}

// Command returns the command of an entry, and whether it is known.
func (x *Index) Command(client consensus.NodeID, seq uint32) (string, bool) {
	if !client.IsClient() {
		return "", false
	}
	c := x.commands[client-consensus.ClientFirst]
	if seq == 0 || int(seq) > len(c) || c[seq-1] == 0 {
		return "", false
	}
	return x.store.Text(c[seq-1] - 1), true
}

// lookBack bounds how many messages before a window are looked at for those that fly
// into it.
const lookBack = 4096

// between returns the send numbers that may have been in flight between two moments,
// as a half-open range.
func (x *Index) between(from, to consensus.Time) (first, end uint32) {
	sentAfter := func(t consensus.Time) uint32 {
		return uint32(sort.Search(len(x.messages), func(i int) bool {
			m := x.messages[i]
			return m.send != 0 && x.store.Event(int(m.send-1)).T > t
		}))
	}
	end = sentAfter(to) + 1
	first = sentAfter(from-1) + 1
	reach := first
	for back := uint32(0); back < lookBack && reach > 1; back++ {
		m := x.messages[reach-2]
		if m.send != 0 && x.store.Event(int(m.send-1)).T < from-x.longest {
			break
		}
		reach--
	}
	return reach, end
}
