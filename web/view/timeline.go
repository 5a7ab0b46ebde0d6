package view

import (
	"sort"

	"parley/consensus"
	"parley/consensus/trace"
)

// span is a stretch of the run with one leader, or with none.
type span struct {
	start  uint32 // event that began it
	at     consensus.Time
	term   consensus.Term
	leader consensus.NodeID
}

// Mark is a kind of mark on the timeline.
type Mark uint8

// Marks of the timeline.
const (
	MarkElection  Mark = iota // a leader was elected
	MarkFault                 // something was broken or lost with a crash
	MarkMend                  // something was mended: restarted, healed
	MarkCommit                // the cluster's commit index advanced
	MarkViolation             // an invariant does not hold
	markKinds
)

// String returns the word for the mark, as style sheets have it.
func (m Mark) String() string {
	return [...]string{"election", "fault", "mend", "commit", "violation", ""}[min(m, markKinds)]
}

// leads reports whether a role is one that leads.
func (s *Store) leads(role uint8) bool {
	return int(role) < len(s.Protocol.Roles) && s.Protocol.Roles[role].Leads
}

// seeks reports whether a role is one that seeks votes or promises.
func (s *Store) seeks(role uint8) bool {
	return int(role) < len(s.Protocol.Roles) && s.Protocol.Roles[role].Seeks
}

// leader returns the leader of the highest term; without one, the highest term of a
// node that is up and nobody.
func (s *Store) leader(st *trace.State) (term consensus.Term, leader consensus.NodeID) {
	for i := range st.Nodes {
		n := &st.Nodes[i]
		if n.Up && s.leads(n.Role) && (leader == consensus.None || n.Term > term) {
			term, leader = n.Term, n.ID
		}
	}
	if leader != consensus.None {
		return term, leader
	}
	for i := range st.Nodes {
		if n := &st.Nodes[i]; n.Up {
			term = max(term, n.Term)
		}
	}
	return term, consensus.None
}

// mark follows leaders and puts marks.
func (x *index) mark(s *Store, i int, e *trace.Event) {
	add := func(m Mark) { x.marks[m] = append(x.marks[m], uint32(i)) }
	switch e.Kind {
	case trace.Crash, trace.Cut, trace.WriteLost:
		add(MarkFault)
	case trace.Partition:
		if e.Sub != 0 {
			return
		}
		if e.NodeSet().Len() > 0 {
			add(MarkFault)
		} else {
			add(MarkMend)
		}
	case trace.Heal:
		add(MarkMend)
	case trace.Boot:
		if e.T > 0 {
			add(MarkMend)
		}
	case trace.Loss:
		if trace.Cause(e.Rule) == trace.CauseDropped {
			add(MarkFault)
		}
	case trace.Role:
		if s.leads(e.Sub) {
			add(MarkElection)
		}
	case trace.Commit, trace.Chosen:
		if c := consensus.Index(e.A); c > x.highest {
			x.highest = c
			add(MarkCommit)
		}
	case trace.Violation:
		add(MarkViolation)
	}
	switch e.Kind {
	case trace.Role, trace.Term, trace.Boot, trace.Crash:
		x.lead(s, i, e.T)
	}
}

// lead begins a new span when the leader or the term is another one now. What lasts no
// time is no span.
func (x *index) lead(s *Store, i int, t consensus.Time) {
	term, leader := s.leader(s.head)
	last := &x.spans[len(x.spans)-1]
	if last.term == term && last.leader == leader {
		return
	}
	if last.at == t {
		last.term, last.leader = term, leader
		if n := len(x.spans); n > 1 && x.spans[n-2].term == term && x.spans[n-2].leader == leader {
			x.spans = x.spans[:n-1]
		}
		return
	}
	x.spans = append(x.spans, span{start: uint32(i), at: t, term: term, leader: leader})
}

// truncateMarks expects the head at n.
func (x *index) truncateMarks(s *Store, n int) {
	for m, events := range x.marks {
		x.marks[m] = events[:sort.Search(len(events), func(i int) bool { return int(events[i]) >= n })]
	}
	x.highest = 0
	if c := x.marks[MarkCommit]; len(c) > 0 {
		x.highest = consensus.Index(s.Event(int(c[len(c)-1])).A)
	}
	k := 1
	for k < len(x.spans) && int(x.spans[k].start) < n {
		k++
	}
	x.spans = x.spans[:k]
	if n == 0 {
		x.spans[0] = span{}
		return
	}
	// Within one moment the last span may have been overwritten by what is gone now.
	x.lead(s, n-1, s.Event(n-1).T)
}

// TimelineSpan is a stretch of the timeline in pixels, X1 excluded.
type TimelineSpan struct {
	X0, X1 int
	Term   consensus.Term
	Leader consensus.NodeID // None: nobody led
}

// TimelineMark is what happened within one pixel of the timeline.
type TimelineMark struct {
	X     int
	Mark  Mark
	Count int
	Event int // the first of them
}

// Timeline is the model of the scrubber. Its size depends on the width, never on the
// number of events.
type Timeline struct {
	Width int
	Until consensus.Time // the moment at the right edge
	Spans []TimelineSpan // from left to right, without gaps
	Marks []TimelineMark // kind by kind, from left to right
}

// X returns the pixel of a moment.
func (t *Timeline) X(at consensus.Time) int {
	if t.Until <= 0 {
		return 0
	}
	return int(max(0, min(int64(at)*int64(t.Width)/int64(t.Until), int64(t.Width))))
}

// At returns the moment of a pixel.
func (t *Timeline) At(x int) consensus.Time {
	if t.Width <= 0 {
		return 0
	}
	x = max(0, min(x, t.Width))
	return t.Until / consensus.Time(t.Width) * consensus.Time(x) // exact enough, and never too large
}

// timelineMax bounds the width of a timeline.
const timelineMax = 8192

// Timeline returns the model of the scrubber: width pixels for the time from 0 until
// the moment given. What happens later is not in it.
func (s *Store) Timeline(width int, until consensus.Time) Timeline {
	t := Timeline{Width: max(0, min(width, timelineMax)), Until: max(0, until)}
	if s.head == nil || t.Width == 0 || t.Until == 0 {
		return t
	}
	spans := s.index.spans
	for x, k := 0, 0; x < t.Width; {
		from := t.start(x)
		k += sort.Search(len(spans)-k, func(i int) bool { return spans[k+i].at > from }) - 1
		end := t.Width
		if k+1 < len(spans) && spans[k+1].at < t.Until {
			end = max(t.X(spans[k+1].at), x+1)
		}
		v := TimelineSpan{X0: x, X1: end, Term: spans[k].term, Leader: spans[k].leader}
		if n := len(t.Spans); n > 0 && t.Spans[n-1].Term == v.Term && t.Spans[n-1].Leader == v.Leader {
			t.Spans[n-1].X1 = end
		} else {
			t.Spans = append(t.Spans, v)
		}
		x = end
	}
	for m, events := range s.index.marks {
		time := func(i int) consensus.Time { return s.Event(int(events[i])).T }
		for i := 0; i < len(events) && time(i) <= t.Until; {
			x := min(t.X(time(i)), t.Width-1)
			next := i + sort.Search(len(events)-i, func(k int) bool {
				return time(i+k) > t.Until || min(t.X(time(i+k)), t.Width-1) > x
			})
			t.Marks = append(t.Marks, TimelineMark{X: x, Mark: Mark(m), Count: next - i, Event: int(events[i])})
			i = next
		}
	}
	return t
}

// start returns the first moment whose pixel is x.
func (t *Timeline) start(x int) consensus.Time {
	w, u := int64(t.Width), int64(t.Until)
	return consensus.Time((int64(x)*u + w - 1) / w)
}

// NextMark returns the first event of that kind after the cursor, PrevMark the last one
// before it; -1 when there is none.
func (s *Store) NextMark(m Mark, at Cursor) int {
	events := s.index.marks[m]
	i := sort.Search(len(events), func(i int) bool { return int(events[i]) >= at.Events })
	if i == len(events) {
		return -1
	}
	return int(events[i])
}

// PrevMark returns the last event of that kind that happened before the cursor's last
// event; -1 when there is none.
func (s *Store) PrevMark(m Mark, at Cursor) int {
	events := s.index.marks[m]
	i := sort.Search(len(events), func(i int) bool { return int(events[i]) >= at.Events-1 })
	if i == 0 {
		return -1
	}
	return int(events[i-1])
}
