package room

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
)

// seat is where a node runs.
type seat struct {
	node     consensus.NodeID
	member   *member // who holds it; nil: the relay runs the node
	runs     *member // in whose tab the engine of the present boot is; nil: here, or nowhere
	instance uint64  // of that tab's worker
	boot     uint32  // starts that were handed out
	seq      uint32  // inputs since the last of them, those included that are out
	sent     *errand // what the tab is at, or was before its time; nil: nothing
	latency  uint32  // microseconds

	until  Moment // the tab is waited for up to then; 0: it is not
	gone   bool   // it is not waited for any more
	lost   bool   // the engine of the present boot is no more, and the node is to crash
	fallen bool   // the node is down because of that

	// inputs are the last that the node had before the room was restored, as Quiet work:
	// the tab may not have seen them all.
	inputs []input
	size   int // their bytes
}

// input is work as it was sent, or would have been.
type input struct {
	seq   uint32
	frame []byte
}

// errand is a piece of work on its way to a tab and back.
type errand struct {
	hosting.Place
	at    consensus.Time // when its turn comes
	start bool
	frame []byte
	early bool   // its turn has not come yet
	since Moment // when it was sent; 0: it was not, nobody was there
	due   Moment // when its turn came
	done  *hosting.Done
}

// waited returns since when the World waits for the tab.
func (e *errand) waited() Moment { return max(e.since, e.due) }

// stateOf says how a seat is.
func (s *seat) stateOf() frame.SeatState {
	switch {
	case s.member == nil:
		return frame.SeatRelay
	case s.member.conn != nil:
		return frame.SeatHere
	case s.gone:
		return frame.SeatGone
	}
	return frame.SeatAway
}

// tab returns the connection of the tab that has the engine, nil if there is none.
func (s *seat) tab() *conn {
	if s.runs == nil || s.lost {
		return nil
	}
	return s.runs.conn
}

// finished returns the number of the last input that was completed.
func (s *seat) finished() uint32 {
	if s.sent != nil && !s.sent.early {
		return s.seq - 1
	}
	return s.seq
}

// outstanding returns up to when work is out that was sent before its time, and whether
// there is any.
func (r *Room) outstanding() (last consensus.Time, any bool) {
	for i := range r.seats {
		if e := r.seats[i].sent; e != nil && e.early {
			last, any = max(last, e.at), true
		}
	}
	return last, any
}
