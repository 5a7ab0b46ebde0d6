package view

import (
	"errors"
	"sort"
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Checkpoints of the fold: one every spacingMin events at first. When there are
// checksMax of them every second one is dropped and the spacing doubles, so that their
// memory stays bounded however long the run is.
const (
	spacingMin = 2048
	checksMax  = 256
)

// Store holds the trace of the run that is shown, and finds states and moments in it.
// The zero value is empty; Open makes it ready for a run.
type Store struct {
	Protocol *consensus.Protocol
	Setup    scenario.Setup

	log   trace.Log
	forks int

	head    *trace.State   // after all events
	checks  []*trace.State // checks[i] is the state after i*spacing events
	spacing int
	cur     *trace.State // what State returned last
	curN    int          // how many events it has seen; -1: it is void

	index index
}

// Open empties the store for a new run.
func (s *Store) Open(p *consensus.Protocol, setup scenario.Setup) {
	if p == nil {
		p = &consensus.Protocol{}
	}
	forks := s.forks
	*s = Store{Protocol: p, Setup: setup, forks: forks + 1, spacing: spacingMin, curN: -1}
	s.head = trace.NewState(setup.Nodes, setup.Clients)
	for _, id := range setup.Off {
		if r, ok := p.Rule(id); ok {
			s.head.Off = s.head.Off.With(r)
		}
	}
	s.checks = append(s.checks, s.head.Clone())
	s.index.open(s)
}

// Add takes an Events frame. Events below Len replace what was there: a fork. A gap or
// a malformed event is an error and changes nothing.
func (s *Store) Add(first uint32, events []byte, firstText uint32, texts []string) error {
	if s.head == nil {
		return errors.New("events came before the run was opened")
	}
	if int64(first) > int64(s.Len()) {
		return errors.New("a gap in the trace: events " + itoa(int64(s.Len())) + " to " + itoa(int64(first)-1) + " are missing")
	}
	if len(texts) > 0 && int64(firstText) > int64(len(s.log.Texts())) {
		return errors.New("a gap in the texts: texts " + itoa(int64(len(s.log.Texts()))) + " to " + itoa(int64(firstText)-1) + " are missing")
	}
	if len(events)%trace.EventSize != 0 {
		return errors.New("the last event is cut short")
	}
	n := len(events) / trace.EventSize
	var last consensus.Time
	if first > 0 {
		last = s.Event(int(first) - 1).T
	}
	var e trace.Event
	for i := range n {
		if err := e.Decode(events[i*trace.EventSize:]); err != nil {
			return errors.New("event " + itoa(int64(first)+int64(i)) + ": " + err.Error())
		}
		if why := s.check(&e, last); why != "" {
			return errors.New("event " + itoa(int64(first)+int64(i)) + " " + why)
		}
		last = e.T
	}

	if n > 0 && int(first) < s.Len() {
		s.truncate(int(first))
	}
	if len(texts) > 0 {
		s.log.Truncate(s.Len(), int(firstText))
		for _, t := range texts {
			s.log.AddText(t)
		}
	}
	for i := range n {
		if e.Decode(events[i*trace.EventSize:]) == nil { // as before
			s.push(&e)
		}
	}
	return nil
}

// check says what is wrong with an event, "" when it may stand in the trace. Painters
// rely on it: nodes and clients exist, time does not run back.
func (s *Store) check(e *trace.Event, last consensus.Time) string {
	switch {
	case e.T < last:
		return "happens before the one in front of it"
	case e.T > scenario.RunMax:
		return "happens after the end of all runs"
	case !s.endpoint(e.Node) || (travels(e.Kind) && !s.endpoint(e.Peer)):
		return "names a node that the run does not have"
	case e.Kind == trace.Entry && consensus.Index(e.A) > trace.LogMax:
		return "has an index beyond " + itoa(int64(trace.LogMax))
	}
	return ""
}

// travels reports whether an event has two ends that painters draw.
func travels(k trace.Kind) bool {
	switch k {
	case trace.Send, trace.Deliver, trace.Loss, trace.Duplicate, trace.Delay,
		trace.Cut, trace.Heal, trace.Dial, trace.Retry, trace.Answer, trace.Refuse:
		return true
	}
	return false
}

func (s *Store) endpoint(id consensus.NodeID) bool {
	return id == consensus.None || s.head.Node(id) != nil || s.head.Client(id) != nil
}

func (s *Store) push(e *trace.Event) {
	s.log.Append(*e)
	s.head.Apply(e)
	s.index.add(s, s.Len()-1, e)
	if s.Len() == len(s.checks)*s.spacing {
		s.checkpoint()
	}
}

func (s *Store) checkpoint() {
	if len(s.checks) == checksMax {
		for i := range checksMax / 2 {
			s.checks[i] = s.checks[2*i]
		}
		clear(s.checks[checksMax/2:])
		s.checks = s.checks[:checksMax/2]
		s.spacing *= 2
	}
	if s.Len() == len(s.checks)*s.spacing {
		s.checks = append(s.checks, s.head.Clone())
	}
}

func (s *Store) truncate(n int) {
	s.forks++
	s.head = s.State(n).Clone()
	s.index.truncate(s, n)
	s.log.Truncate(n, len(s.log.Texts()))
	checks := n/s.spacing + 1
	if checks < len(s.checks) {
		clear(s.checks[checks:])
		s.checks = s.checks[:checks]
	}
}

// Len returns the number of events.
func (s *Store) Len() int { return s.log.Len() }

// Forks returns how often the trace was cut back or begun anew: whoever keeps
// something computed from events forgets it when the number changes.
func (s *Store) Forks() int { return s.forks }

// Event returns event i, counted from 0. It must not be changed.
func (s *Store) Event(i int) *trace.Event { return s.log.At(i) }

// End returns the time of the last event, 0 when there is none.
func (s *Store) End() consensus.Time {
	if s.Len() == 0 {
		return 0
	}
	return s.Event(s.Len() - 1).T
}

// Text returns a text of the trace, "" when there is none.
func (s *Store) Text(i uint32) string { return s.log.Text(i) }

// Before returns how many events have happened at time t: those with T <= t.
func (s *Store) Before(t consensus.Time) int {
	return sort.Search(s.Len(), func(i int) bool { return s.Event(i).T > t })
}

// State returns the state after the first n events. It is valid until the next call and
// must not be changed; going forward costs the events between, jumping at most
// one checkpoint's distance. A number out of range is brought into it.
func (s *Store) State(n int) *trace.State {
	if s.head == nil {
		return trace.NewState(0, 0)
	}
	n = max(0, min(n, s.Len()))
	from := min(n/s.spacing, len(s.checks)-1)
	if s.cur == nil || s.curN < 0 || s.curN > n || s.curN < from*s.spacing {
		if s.cur == nil {
			s.cur = new(trace.State)
		}
		s.cur.Restore(s.checks[from])
		s.curN = from * s.spacing
	}
	for s.curN < n {
		s.cur.Apply(s.Event(s.curN))
		s.curN++
	}
	return s.cur
}

// At returns the cursor after the first n events.
func (s *Store) At(n int) Cursor {
	n = max(0, min(n, s.Len()))
	if n == 0 {
		return Cursor{}
	}
	return Cursor{Events: n, T: s.Event(n - 1).T}
}

// Moment returns the cursor at time t, which may be between two events.
func (s *Store) Moment(t consensus.Time) Cursor {
	return Cursor{Events: s.Before(t), T: max(0, t)}
}

// Dial returns the value of a dial at a state, on the link from one node to another or
// (both None) everywhere.
func (s *Store) Dial(st *trace.State, d scenario.Dial, from, to consensus.NodeID) int64 {
	var v int64
	if int(d) < len(s.Setup.Dials) {
		v = s.Setup.Dials[d]
	}
	for _, t := range st.Dials {
		everywhere := t.From == consensus.None && t.To == consensus.None
		if t.Which == uint8(d) && (everywhere || t.From == from && t.To == to) {
			v = t.Value // those of links come after the one for everywhere
		}
	}
	return v
}

// Option returns the value of option number i of the protocol at a state.
func (s *Store) Option(st *trace.State, i int) int64 {
	if i < 0 || i >= len(s.Protocol.Options) {
		return 0
	}
	v := s.Protocol.Options[i].Default
	for _, o := range s.Setup.Options {
		if o.Name == s.Protocol.Options[i].Name {
			v = o.Value
		}
	}
	for _, t := range st.Options {
		if int(t.Which) == i {
			v = t.Value
		}
	}
	return v
}

// quoteText puts a text that somebody wrote between quotation marks, at most so many
// bytes of it, with control characters made visible.
func quoteText(text string, most int) string {
	if len(text) > most {
		cut := most
		for cut > 0 && text[cut]&0xc0 == 0x80 {
			cut--
		}
		text = text[:cut] + "…"
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] == 0x7f {
			return strconv.Quote(text)
		}
	}
	return "“" + text + "”"
}
