package scene

import (
	"sort"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// Index finds in a trace what a Store does not tell: when each node changed its role or
// term, and which messages flew at a time. It follows a Store from frame to frame and
// reads each event once; after a fork it reads all of them again.
type Index struct {
	store   *view.Store
	n       int // events read
	forks   int // Store.Forks when they were
	sends   uint32
	longest consensus.Time // the longest flight so far
	lanes   [consensus.NodesMax][]change
}

// change is how a node is from a moment on.
type change struct {
	t     consensus.Time
	event int
	term  consensus.Term
	role  uint8
	up    bool
}

// Follow reads what is new in the store.
func (x *Index) Follow(s *view.Store) {
	if s != x.store || s.Forks() != x.forks {
		*x = Index{store: s, forks: s.Forks()}
	}
	for n := s.Len(); x.n < n; x.n++ {
		x.add(s.Event(x.n), x.n)
	}
}

func (x *Index) add(e *trace.Event, i int) {
	switch e.Kind {
	case trace.Send, trace.Duplicate, trace.Delay:
		if e.Kind != trace.Delay && e.ID == x.sends+1 {
			x.sends++
		}
		x.longest = max(x.longest, due(e)-e.T)
	case trace.Boot, trace.Crash, trace.Role, trace.Term:
		x.changed(e, i)
	}
}

// due returns when the message of a Send, Duplicate or Delay arrives.
func due(e *trace.Event) consensus.Time {
	if e.Kind == trace.Duplicate {
		return consensus.Time(trace.Wide(e.B, e.C))
	}
	return consensus.Time(trace.Wide(e.A, e.B))
}

func (x *Index) changed(e *trace.Event, i int) {
	if !e.Node.IsNode() {
		return
	}
	l := &x.lanes[e.Node-1]
	c := change{t: e.T, event: i}
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

// sent returns the event that sent a message, -1 when the trace does not have it.
func (x *Index) sent(id uint32) int {
	i, _ := x.store.Message(id)
	return i
}

// lookBack bounds how many messages before a window are looked at for those that fly
// into it.
const lookBack = 4096

// between returns the send numbers of which some may have been in flight between two
// moments, as a half-open range.
func (x *Index) between(from, to consensus.Time) (first, end uint32) {
	after := func(t consensus.Time) uint32 { // the first message sent after t
		return 1 + uint32(sort.Search(int(x.sends), func(i int) bool {
			at := x.sent(uint32(i + 1))
			return at >= 0 && x.store.Event(at).T > t
		}))
	}
	first, end = after(from-1), after(to)
	for back := 0; back < lookBack && first > 1; back++ {
		if at := x.sent(first - 1); at >= 0 && x.store.Event(at).T < from-x.longest {
			break
		}
		first--
	}
	return first, end
}
