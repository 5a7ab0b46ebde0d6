package sim

import (
	"slices"

	"parley/consensus"
	"parley/consensus/trace"
)

// tape is the end of a World's trace: the events that nobody has drained yet, and what
// is known of all. The zero value is empty.
type tape struct {
	events []trace.Event
	first  int  // number of events[0]
	muted  bool // events are thrown away once the digest has them
	hashed int  // how many of events the digest has
	hash   trace.Digest
}

// block is the number of events after which a tape looks after its memory and its
// digest: both cost less for many at once.
const (
	block     = 1 << blockBits
	blockBits = 6
)

// len returns the number of all events so far.
func (t *tape) len() int { return t.first + len(t.events) }

// next adds an event and returns it to be filled in, field by field: the fields of a
// struct that is put together elsewhere and then copied in wide pieces make the
// processor wait for the narrow stores before.
func (t *tape) next(at consensus.Time, kind trace.Kind) *trace.Event {
	n := len(t.events)
	if n&(block-1) == 0 {
		n = t.turn(1)
	}
	t.events = t.events[:n+1]
	e := &t.events[n]
	*e = trace.Event{}
	e.T, e.Kind = at, kind
	return e
}

// several adds k events, all fields of which are to be filled in.
func (t *tape) several(k int) []trace.Event {
	n := len(t.events)
	if n>>blockBits != (n+k)>>blockBits || n&(block-1) == 0 {
		n = t.turn(k)
	}
	t.events = t.events[:n+k]
	return t.events[n:]
}

// turn makes room for k more events and the rest of their block, and returns the number
// of events that are kept.
func (t *tape) turn(k int) int {
	t.digest()
	if t.muted {
		t.clear()
	}
	t.events = slices.Grow(t.events, k+block)
	return len(t.events)
}

// digest returns the digest of all events so far.
func (t *tape) digest() trace.Digest {
	t.hash = t.hash.AddAll(t.events[t.hashed:])
	t.hashed = len(t.events)
	return t.hash
}

// clear throws away the events that are there.
func (t *tape) clear() {
	t.digest()
	t.first += len(t.events)
	t.events, t.hashed = t.events[:0], 0
}

// fork returns the tape of a clone: the same events so far, none of them to drain.
func (t *tape) fork() tape { return tape{first: t.len(), hash: t.digest()} }

// rejoin puts what old still has of the events before first in front.
func (t *tape) rejoin(old *tape) {
	t.muted = old.muted
	if n := t.first - old.first; n > 0 && !old.muted {
		t.events = append(slices.Grow([]trace.Event(nil), n+len(t.events)+block), old.events[:n]...)
		t.first, t.hashed = old.first, n
	}
}
