package view

import (
	"sort"

	"parley/consensus"
	"parley/consensus/trace"
)

// TermText returns a term as people read it: "7", or the ballot "2.N3".
func (s *Store) TermText(term consensus.Term) string { return s.protocol().TermText(term) }

// TermShort is TermText for where there is little room: "7" or "2.3".
func (s *Store) TermShort(term consensus.Term) string { return s.protocol().TermShort(term) }

var noProtocol consensus.Protocol

// protocol returns what the run's algorithm says of itself, nothing before Open.
func (s *Store) protocol() *consensus.Protocol {
	if s.Protocol == nil {
		return &noProtocol
	}
	return s.Protocol
}

// TermSlot returns the place of a term in the cycle of hues: 0 for term 0, 1 to Hues
// for the others.
//
// Where terms are plain numbers they take turns. Ballots are too far apart for that, and
// the numbers of two that follow each other fall together in any short cycle sooner or
// later: a duel would be all of one colour. So ballots take turns in the order in which
// the run brought them up, and any Hues of them that follow each other have different
// hues. A ballot keeps its hue for as long as the trace in front of it stays.
func (s *Store) TermSlot(term consensus.Term) int {
	if s.protocol().TermNodes != 0 && term != 0 {
		if rank, ok := s.index.ranks[term]; ok {
			return int(rank%Hues) + 1
		}
	}
	return TermSlot(term)
}

// TermVar returns the name of the CSS variable that holds a term's colour: "--term-3".
// That of the text on it ends in "-ink".
func (s *Store) TermVar(term consensus.Term) string {
	return TermVar(consensus.Term(s.TermSlot(term)))
}

// ballot is a ballot that the run brought up with an event.
type ballot struct {
	event uint32
	term  consensus.Term
}

// count follows which ballots the run brings up, in which order.
func (x *index) count(s *Store, i int, e *trace.Event) {
	if e.Term == 0 || s.Protocol.TermNodes == 0 || e.Term == x.latest {
		return
	}
	switch e.Kind {
	case trace.Send, trace.Term, trace.Entry: // whatever else tells of a ballot comes later
	default:
		return
	}
	x.latest = e.Term
	if _, known := x.ranks[e.Term]; known {
		return
	}
	if x.ranks == nil {
		x.ranks = map[consensus.Term]uint32{}
	}
	x.ranks[e.Term] = uint32(len(x.ballots))
	x.ballots = append(x.ballots, ballot{uint32(i), e.Term})
}

func (x *index) truncateBallots(n int) {
	keep := sort.Search(len(x.ballots), func(i int) bool { return int(x.ballots[i].event) >= n })
	for _, b := range x.ballots[keep:] {
		delete(x.ranks, b.term)
	}
	x.ballots, x.latest = x.ballots[:keep], 0
}
