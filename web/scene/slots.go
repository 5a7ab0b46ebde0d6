package scene

import (
	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// Slots follows a run whose log is slots (Protocol.Slots) and knows for each slot who
// has ever accepted what in which ballot. By that it tells when a value is chosen: once
// a quorum of acceptors has accepted it in one ballot, whether anybody knows of it yet or
// not, and whatever the acceptors accept later (Paxos Made Simple, section 2.2).
type Slots struct {
	store *view.Store
	n     int // events read
	forks int // Store.Forks when they were
	slots [][]acceptance
}

// acceptance is that a node accepted a value in a ballot.
type acceptance struct {
	event  uint32
	ballot consensus.Term
	value  value
	node   consensus.NodeID
}

// value tells commands apart.
type value struct {
	seq, hash uint32
	client    consensus.NodeID
}

// Follow reads what is new in the store.
func (x *Slots) Follow(s *view.Store) {
	if s != x.store || s.Forks() != x.forks {
		*x = Slots{store: s, forks: s.Forks()}
	}
	if !s.Protocol.Slots {
		return
	}
	for n := s.Len(); x.n < n; x.n++ {
		// Sub 1 tells of what was learned, or found on disk: not accepted just now.
		if e := s.Event(x.n); e.Kind == trace.Entry && e.Sub == 0 && e.A > 0 && e.Node.IsNode() {
			x.add(e, x.n)
		}
	}
}

func (x *Slots) add(e *trace.Event, i int) {
	slot := consensus.Index(e.A)
	if slot > trace.LogMax || slot > consensus.Index(len(x.slots))+trace.GapMax {
		return
	}
	for len(x.slots) < int(slot) {
		x.slots = append(x.slots, nil)
	}
	x.slots[slot-1] = append(x.slots[slot-1], acceptance{
		event: uint32(i), ballot: e.Term, value: value{seq: e.B, hash: e.C, client: e.Peer}, node: e.Node,
	})
}

// Choice is how far a slot has come.
type Choice struct {
	Ballot consensus.Term    // of the value that is chosen, else the highest that anybody has accepted in; 0: nobody has
	By     consensus.NodeSet // who has accepted that value in that ballot
	Chosen bool              // they are a quorum
	Event  int               // the event that made them one
	Twice  bool              // a quorum has accepted another value as well: agreement is broken
}

// choicesMax bounds the ballots of one slot that are counted apart.
const choicesMax = 64

// Choice returns how far a slot has come after the first n events.
func (x *Slots) Choice(slot consensus.Index, n int, q consensus.Quorums) Choice {
	if slot == 0 || int(slot) > len(x.slots) {
		return Choice{}
	}
	type group struct {
		ballot consensus.Term
		value  value
		by     consensus.NodeSet
	}
	var groups [choicesMax]group
	count, top := 0, -1
	var c Choice
	var chosen value
	for i := range x.slots[slot-1] {
		a := &x.slots[slot-1][i]
		if int(a.event) >= n {
			break
		}
		if !q.Among.Has(a.node) {
			continue
		}
		g := count - 1
		for g >= 0 && (groups[g].ballot != a.ballot || groups[g].value != a.value) {
			g--
		}
		if g < 0 {
			if count == choicesMax { // forget the lowest ballot that was not enough
				low := -1
				for k := range groups {
					was := c.Chosen && groups[k].ballot == c.Ballot && groups[k].value == chosen
					if !was && (low < 0 || groups[k].ballot < groups[low].ballot) {
						low = k
					}
				}
				g = low
			} else {
				g = count
				count++
			}
			groups[g] = group{ballot: a.ballot, value: a.value}
		}
		groups[g].by.Add(a.node)
		if top < 0 || groups[g].ballot >= groups[top].ballot {
			top = g
		}
		if groups[g].by.Len() < q.Decide {
			continue
		}
		switch {
		case !c.Chosen:
			c = Choice{Ballot: a.ballot, Chosen: true, Event: int(a.event)}
			chosen = a.value
		case a.value != chosen:
			c.Twice = true
		}
	}
	switch {
	case c.Chosen:
		for g := range groups[:count] {
			if groups[g].ballot == c.Ballot && groups[g].value == chosen {
				c.By = groups[g].by
			}
		}
	case top >= 0:
		c.Ballot, c.By = groups[top].ballot, groups[top].by
	}
	return c
}
