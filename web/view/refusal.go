package view

import (
	"parley/consensus"
	"parley/consensus/trace"
)

// refusalSteps is how many told events are looked through for a refusal.
const refusalSteps = 500

// Refusal returns the line of the feed that says what one of the nodes refused last before
// a moment, and by which rule: a message that it answered with a no, or a client that it
// sent away.
func (s *Store) Refusal(at Cursor, nodes consensus.NodeSet) (Line, bool) {
	all := s.index.told
	end := s.toldBefore(at.Events)
	for k := end - 1; k >= max(0, end-refusalSteps); k-- {
		i := int(all[k].event)
		e := s.Event(i)
		client := e.Kind == trace.Refuse && nodes.Has(e.Peer)
		if client || e.Kind == trace.Rule && nodes.Has(e.Node) && s.refuses(i) {
			return s.line(i, all[k].class, 1, s.step(at)), true
		}
	}
	return Line{}, false
}

// refuses reports whether the step that event i belongs to answers with a no.
func (s *Store) refuses(i int) bool {
	first, end := s.Block(i)
	for ; first < end; first++ {
		if e := s.Event(first); e.Kind == trace.Send && e.Flags&consensus.FlagNo != 0 {
			return true
		}
	}
	return false
}
