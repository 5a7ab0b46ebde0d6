package trace

import (
	"reflect"
	"testing"

	"parley/consensus"

	"pgregory.net/rapid"
)

const (
	testNodes   = 3
	testClients = 2
)

// anyEvent draws an event: most make sense, some name nodes, messages and indexes that
// are not there.
func anyEvent(t *rapid.T, at consensus.Time) Event {
	small := func(name string, n int) uint32 { return uint32(rapid.IntRange(0, n).Draw(t, name)) }
	e := Event{
		T:    at,
		Kind: Kind(rapid.IntRange(1, int(kinds)-1).Draw(t, "kind")),
		Node: consensus.NodeID(small("node", testNodes+1)),
		Peer: consensus.NodeID(small("peer", testNodes+1)),
		Sub:  uint8(small("sub", 3)),
		Rule: consensus.RuleID(small("rule", 5)),
		Term: consensus.Term(small("term", 4)),
		ID:   small("id", 12),
		A:    small("a", 8),
		B:    small("b", 8),
		C:    small("c", 8),
		D:    small("d", 3),
	}
	switch e.Kind {
	case Invoke, Retry, Answer, Refuse, GiveUp:
		e.Node = consensus.ClientFirst + consensus.NodeID(small("client", testClients))
	case Send, Delay, TimerSet:
		e.A, e.B = Halves(int64(at) + int64(small("due", 50)))
	case Duplicate, Write:
		e.B, e.C = Halves(int64(at) + int64(small("due", 50)))
	case Entry:
		switch rapid.IntRange(0, 30).Draw(t, "far") {
		case 0:
			e.A = uint32(LogMax) + 1
		case 1:
			e.A = uint32(GapMax) + 20
		}
	}
	return e
}

func anyEvents(t *rapid.T, n int) []Event {
	events := make([]Event, rapid.IntRange(0, n).Draw(t, "n"))
	var at consensus.Time
	for i := range events {
		at += consensus.Time(rapid.IntRange(0, 9).Draw(t, "dt"))
		events[i] = anyEvent(t, at)
	}
	return events
}

// visible strips what people cannot see, so that states can be compared.
func visible(s *State) State {
	v := *s
	v.Nodes = nil
	for _, n := range s.Nodes {
		n.shared = 0
		n.Log = append([]Cell{}, n.Log...)
		n.Peers = append([]Peer{}, n.Peers...)
		v.Nodes = append(v.Nodes, n)
	}
	v.Messages = append([]Flight{}, s.Messages...)
	v.Lost = append([]Death{}, s.Lost...)
	v.Groups = append([]consensus.NodeSet{}, s.Groups...)
	v.Dials = append([]Turn{}, s.Dials...)
	v.Options = append([]Turn{}, s.Options...)
	return v
}

func fold(events []Event) *State {
	s := NewState(testNodes, testClients)
	for i := range events {
		s.Apply(&events[i])
	}
	return s
}

// slow is the fold in its most obvious form: for each question it searches the whole
// trace backwards for the event that answers it.
type slow struct{ events []Event }

func (o slow) messages() map[uint32]Flight {
	m := map[uint32]Flight{}
	for _, e := range o.events {
		switch e.Kind {
		case Send:
			m[e.ID] = Flight{ID: e.ID, From: e.Node, To: e.Peer, Kind: e.Sub, Flags: e.Flags, Term: e.Term,
				Sent: e.T, Start: e.T, Due: consensus.Time(Wide(e.A, e.B)), Size: e.C}
		case Duplicate:
			f, ok := m[e.A]
			if ok {
				f.From0 = f.Place(e.T)
			} else {
				f = Flight{Kind: e.Sub, Flags: e.Flags, Term: e.Term, Sent: e.T}
			}
			f.ID, f.From, f.To, f.Copy, f.Start, f.Due = e.ID, e.Node, e.Peer, e.A, e.T, consensus.Time(Wide(e.B, e.C))
			m[e.ID] = f
		case Delay:
			if f, ok := m[e.ID]; ok {
				f.From0, f.Start, f.Due = f.Place(e.T), e.T, consensus.Time(Wide(e.A, e.B))
				m[e.ID] = f
			}
		case Deliver, Loss:
			delete(m, e.ID)
		}
	}
	return m
}

// last returns the last event of one of the kinds at the node, after its last event of
// one of the kinds that end it.
func (o slow) last(node consensus.NodeID, ends []Kind, kinds ...Kind) *Event {
	has := func(l []Kind, k Kind) bool {
		for _, x := range l {
			if x == k {
				return true
			}
		}
		return false
	}
	for i := len(o.events) - 1; i >= 0; i-- {
		e := &o.events[i]
		if e.Node != node {
			continue
		}
		if has(kinds, e.Kind) {
			return e
		}
		if has(ends, e.Kind) {
			return nil
		}
	}
	return nil
}

func (o slow) log(node consensus.NodeID) []Cell {
	var log []Cell
	base := uint32(0)
	for _, e := range o.events {
		if e.Node != node || consensus.Index(e.A) > LogMax || e.A == 0 {
			continue
		}
		if e.Kind == Compact {
			base = e.A
		}
		if e.Kind != Truncate && int(e.A) > max(len(log), int(base))+int(GapMax) {
			continue
		}
		i := int(e.A)
		switch e.Kind {
		case Entry, Chosen, Term:
			for len(log) < i {
				log = append(log, Cell{})
			}
			c := &log[i-1]
			switch e.Kind {
			case Chosen:
				c.Chosen = true
			case Term:
				c.Promised = e.Term
			default:
				*c = Cell{Term: e.Term, Hash: e.C, Seq: e.B, Client: e.Peer, Set: true, Chosen: c.Chosen, Promised: c.Promised}
			}
		case Truncate:
			log = log[:min(i-1, len(log))]
		}
	}
	return log
}

func TestFoldAgreesWithSlowOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := anyEvents(t, 120)
		s, o := fold(events), slow{events}

		want := o.messages()
		if len(want) != len(s.Messages) {
			t.Fatalf("%d messages in flight, want %d", len(s.Messages), len(want))
		}
		for i, f := range s.Messages {
			if f != want[f.ID] {
				t.Fatalf("message %d is %+v, want %+v", f.ID, f, want[f.ID])
			}
			if i > 0 && s.Messages[i-1].ID >= f.ID {
				t.Fatalf("messages are out of order: %d before %d", s.Messages[i-1].ID, f.ID)
			}
		}

		crash := []Kind{Crash, Boot}
		for _, n := range s.Nodes {
			up := o.last(n.ID, nil, Crash, Boot)
			if got, want := n.Up, up != nil && up.Kind == Boot; got != want {
				t.Fatalf("%v up: %v, want %v", n.ID, got, want)
			}
			var role uint8
			if e := o.last(n.ID, crash, Role); e != nil {
				role = e.Sub
			}
			var term consensus.Term
			if e := o.last(n.ID, nil, Term); e != nil {
				term = e.Term
				if n.TermFor != consensus.Index(e.A) {
					t.Fatalf("%v promised its ballot for slot %d, want %d", n.ID, n.TermFor, e.A)
				}
			}
			var vote, leader consensus.NodeID
			if e := o.last(n.ID, nil, Vote); e != nil {
				vote = e.Peer
			}
			if e := o.last(n.ID, crash, Leader); e != nil {
				leader = e.Peer
			}
			var commit, applied consensus.Index
			if e := o.last(n.ID, crash, Commit); e != nil {
				commit = consensus.Index(e.A)
			}
			for i := range o.events { // what is in a snapshot was applied
				switch e := &o.events[i]; {
				case e.Node != n.ID:
				case e.Kind == Crash || e.Kind == Boot:
					applied = 0
				case e.Kind == Apply:
					applied = consensus.Index(e.A)
				case e.Kind == Compact:
					applied = max(applied, consensus.Index(e.A))
				}
			}
			if n.Role != role || n.Term != term || n.Vote != vote || n.Leader != leader || n.Commit != commit || n.Applied != applied {
				t.Fatalf("%v is %+v, want role %d term %d vote %v leader %v commit %d applied %d",
					n.ID, n, role, term, vote, leader, commit, applied)
			}
			if got, want := append([]Cell{}, n.Log...), append([]Cell{}, o.log(n.ID)...); !reflect.DeepEqual(got, want) {
				t.Fatalf("log of %v is\n%v, want\n%v", n.ID, got, want)
			}
		}
		var violated int
		for _, e := range events {
			if e.Kind == Violation {
				violated++
			}
		}
		if s.Violated != violated || (len(events) > 0 && s.T != events[len(events)-1].T) {
			t.Fatalf("%d violations at %d, want %d", s.Violated, s.T, violated)
		}
	})
}

// A population of clones, each fed its own events, must each equal a fold of those
// events from the beginning: nothing of one may show in another.
func TestClonesAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type branch struct {
			s      *State
			events []Event
		}
		all := []branch{{s: NewState(testNodes, testClients)}}
		spare := NewState(1, 0) // Restore must cope with a state of another size
		for step := range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "which")
			b := &all[i]
			if len(all) < 6 && rapid.IntRange(0, 4).Draw(t, "clone") == 0 {
				c := branch{s: b.s.Clone(), events: b.events[:len(b.events):len(b.events)]}
				if spare != nil {
					spare.Restore(b.s)
					c.s, spare = spare, nil
				}
				all = append(all, c)
				continue
			}
			e := anyEvent(t, consensus.Time(step))
			if rapid.Bool().Draw(t, "log") { // logs are what is shared
				e.Kind = []Kind{Entry, Entry, Truncate, Chosen}[rapid.IntRange(0, 3).Draw(t, "kind2")]
				e.Node = 1
			}
			b.s.Apply(&e)
			b.events = append(b.events, e)
		}
		for i, b := range all {
			if got, want := visible(b.s), visible(fold(b.events)); !reflect.DeepEqual(got, want) {
				t.Fatalf("clone %d is\n%+v, want\n%+v", i, got, want)
			}
		}
	})
}

func at(ms int64) consensus.Time { return consensus.Time(ms) * consensus.Millisecond }

func sendEvent(t consensus.Time, id uint32, from, to consensus.NodeID, due consensus.Time) Event {
	e := Event{T: t, Kind: Send, ID: id, Node: from, Peer: to, Sub: 16, Term: 2, C: 30}
	e.A, e.B = Halves(int64(due))
	return e
}

func TestPlaceOfAMessage(t *testing.T) {
	s := NewState(2, 0)
	e := sendEvent(at(10), 1, 1, 2, at(30))
	s.Apply(&e)
	f := s.Flight(1)
	for _, c := range []struct {
		ms   int64
		want uint16
	}{{0, 0}, {10, 0}, {15, Whole/4 + 1}, {20, Whole/2 + 1}, {30, Whole}, {99, Whole}} {
		if got := f.Place(at(c.ms)); got != c.want {
			t.Errorf("at %d ms it is at %v, want %v", c.ms, got, c.want)
		}
	}
}

func TestDelayedMessageGoesOnFromItsPlace(t *testing.T) {
	s := NewState(2, 0)
	e := sendEvent(0, 1, 1, 2, at(20))
	s.Apply(&e)
	d := Event{T: at(10), Kind: Delay, ID: 1, Node: 1, Peer: 2}
	d.A, d.B = Halves(int64(at(50)))
	before := s.Flight(1).Place(at(10))
	s.Apply(&d)
	f := s.Flight(1)
	if got := f.Place(at(10)); got != before {
		t.Errorf("it jumps from %v to %v", before, got)
	}
	if got := f.Place(at(30)); got < Whole/4*3 || got > Whole/4*3+3 {
		t.Errorf("half of the rest is %v, want three quarters", got)
	}
	if f.Place(at(50)) != Whole || f.Sent != 0 {
		t.Errorf("it ends at %v, sent at %v", f.Place(at(50)), f.Sent)
	}
}

func TestLostMessageDiesWhereItIs(t *testing.T) {
	s := NewState(2, 0)
	for id := uint32(1); id <= LostMax+5; id++ {
		e := sendEvent(0, id, 1, 2, at(20))
		s.Apply(&e)
	}
	for id := uint32(1); id <= LostMax+5; id++ {
		e := Event{T: at(10), Kind: Loss, ID: id, Node: 2, Peer: 1, Rule: consensus.RuleID(CauseCut)}
		s.Apply(&e)
	}
	if len(s.Messages) != 0 || len(s.Lost) != LostMax {
		t.Fatalf("%d in flight, %d remembered", len(s.Messages), len(s.Lost))
	}
	d := s.Death(LostMax + 5)
	if d == nil || d.Cause != CauseCut || d.At != at(10) || d.Where != 32768 {
		t.Errorf("death of the last is %+v", d)
	}
	if s.Death(5) != nil || s.Death(6) == nil {
		t.Error("not the oldest ones were forgotten")
	}
}

func TestCrashKeepsWhatTheDiskHolds(t *testing.T) {
	s := NewState(2, 0)
	for _, e := range []Event{
		{Kind: Boot, Node: 1}, {Kind: Term, Node: 1, Term: 3}, {Kind: Vote, Node: 1, Peer: 2},
		{Kind: Role, Node: 1, Sub: 2}, {Kind: Entry, Node: 1, A: 1, Term: 3}, {Kind: Commit, Node: 1, A: 1},
		{Kind: Apply, Node: 1, A: 1}, {Kind: Leader, Node: 1, Peer: 1}, {Kind: Progress, Node: 1, Peer: 2, A: 2, B: 1},
		{Kind: TimerSet, Node: 1, A: 50, C: 50}, {Kind: Tally, Node: 1, A: 6}, {Kind: Write, Node: 1, A: 9, B: 7},
		{T: 9, Kind: Crash, Node: 1},
	} {
		s.Apply(&e)
	}
	n := visible(s).Nodes[0]
	want := Node{ID: 1, Term: 3, Vote: 2, Log: []Cell{{Term: 3, Set: true}}, Peers: []Peer{}, Since: 9, Starts: 1}
	if !reflect.DeepEqual(n, want) {
		t.Errorf("after the crash\n%+v, want\n%+v", n, want)
	}
}

func TestWalls(t *testing.T) {
	s := NewState(5, 1)
	p := Event{Kind: Partition}
	p.SetNodeSet(consensus.SetOf(1, 2))
	s.Apply(&p)
	p.Sub = 1
	p.SetNodeSet(consensus.SetOf(3))
	s.Apply(&p)
	for _, c := range []struct {
		a, b consensus.NodeID
		want bool
	}{{1, 2, false}, {1, 3, true}, {4, 5, false}, {4, 1, true}, {1, consensus.ClientFirst, false}} {
		if s.Walled(c.a, c.b) != c.want || s.Walled(c.b, c.a) != c.want {
			t.Errorf("wall between %v and %v: want %v", c.a, c.b, c.want)
		}
	}
	end := Event{Kind: Partition}
	s.Apply(&end)
	if len(s.Groups) != 0 || s.Walled(1, 3) {
		t.Error("the partition does not end")
	}
}

func TestDialEverywhereReplacesLinks(t *testing.T) {
	s := NewState(2, 0)
	for _, e := range []Event{
		{Kind: Dial, Sub: 1, A: 5}, {Kind: Dial, Sub: 1, Node: 1, Peer: 2, A: 7}, {Kind: Dial, Sub: 2, A: 1},
	} {
		s.Apply(&e)
	}
	if len(s.Dials) != 3 {
		t.Fatalf("dials %+v", s.Dials)
	}
	e := Event{Kind: Dial, Sub: 1, A: 9}
	s.Apply(&e)
	if want := []Turn{{Which: 2, Value: 1}, {Which: 1, Value: 9}}; !reflect.DeepEqual(s.Dials, want) {
		t.Errorf("dials %+v, want %+v", s.Dials, want)
	}
}

func TestTimerLeft(t *testing.T) {
	timer := Timer{Due: 100, Span: 50}
	for _, c := range []struct {
		now  consensus.Time
		want uint16
	}{{50, Whole}, {20, Whole}, {75, Whole/2 + 1}, {100, 0}, {200, 0}} {
		if got := timer.Left(c.now); got != c.want {
			t.Errorf("at %d: %v, want %v", c.now, got, c.want)
		}
	}
	if (Timer{}).Left(0) != 0 {
		t.Error("a timer that does not run has something left")
	}
}

// A message goes forward all the time and never beyond its end, however long the way.
func TestPlaceGoesForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(0, 1<<50).Draw(t, "start")
		long := rapid.Int64Range(1, 1<<62).Draw(t, "long")
		f := Flight{Start: consensus.Time(start), Due: consensus.Time(start + long), From0: uint16(rapid.IntRange(0, Whole).Draw(t, "from"))}
		a, b := rapid.Int64Range(0, long).Draw(t, "a"), rapid.Int64Range(0, long).Draw(t, "b")
		p, q := f.Place(f.Start+consensus.Time(min(a, b))), f.Place(f.Start+consensus.Time(max(a, b)))
		if p > q || p < f.From0 {
			t.Fatalf("it goes from %d back to %d", p, q)
		}
		exact := float64(f.From0) + float64(Whole-f.From0)*float64(min(a, b))/float64(long)
		if d := float64(p) - exact; d > 1.5 || d < -1.5 {
			t.Fatalf("it is at %d, want %f", p, exact)
		}
	})
}

func BenchmarkApply(b *testing.B) {
	s := NewState(5, 1)
	for i := range b.N {
		id := uint32(i/2 + 1)
		e := sendEvent(consensus.Time(i), id, 1, 2, consensus.Time(i+1))
		if i&1 == 1 {
			e.Kind = Deliver
		}
		s.Apply(&e)
	}
}
