package view

import (
	"parley/consensus"
	"parley/consensus/trace"
)

// openingLead is how long before the first timer runs out playback begins: at 1/100 a
// visitor has a good second to look round, and sees a leader within five.
const openingLead = 12 * consensus.Millisecond

// openingMost is in how many events the first timer is looked for.
const openingMost = 4096

// Opening returns where playback of a new run begins: shortly before the first timer
// with an arc runs out. Nothing happens before; the beginning can still be visited.
func (s *Store) Opening() Cursor {
	var first consensus.Time = -1
	for i := range min(s.Len(), openingMost) {
		e := s.Event(i)
		if e.Kind == trace.TimerFire && s.arc(e.Sub) {
			first = e.T
			break
		}
	}
	if first < 0 {
		first = s.firstDue()
	}
	if first <= openingLead {
		return s.Moment(0)
	}
	return s.Moment(first - openingLead)
}

func (s *Store) arc(timer uint8) bool {
	return int(timer) < len(s.Protocol.Timers) && s.Protocol.Timers[timer].Arc
}

// firstDue returns when the first timer with an arc will run out at the end of the
// trace, 0 when none runs.
func (s *Store) firstDue() consensus.Time {
	var first consensus.Time
	if s.head == nil {
		return 0
	}
	for i := range s.head.Nodes {
		for k, t := range s.head.Nodes[i].Timers {
			if t.Running() && s.arc(uint8(k)) && (first == 0 || t.Due < first) {
				first = t.Due
			}
		}
	}
	return first
}
