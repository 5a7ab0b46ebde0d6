package scene

import (
	"math"

	"parley/consensus"
	"parley/web/view"
)

// Pick returns what is at a point, or within reach of it: what is drawn there first,
// then the nearest message, node or client, then a link.
func (r *Ring) Pick(p Point, reach float64, w, h float64, s *view.Scene) view.Pick {
	st := s.Store.State(s.Cursor.Events)
	l := r.Layout(w, h, st)
	pick := view.Pick{T: -1}
	size := messageSize(len(st.Messages), l.R)

	var message uint32
	nearest := math.Inf(1)
	for i := range st.Messages {
		f := &st.Messages[i]
		if lane, ok := l.Lane(f.From, f.To); ok {
			if d := p.to(lane.at(view.Place(f, s.Cursor.T))) - radius(f.Flags, false)*size; d < nearest {
				message, nearest = f.ID, d
			}
		}
	}
	for i := range st.Lost {
		f := &st.Lost[i]
		if lane, ok := l.Lane(f.From, f.To); ok && s.Cursor.T-f.At < lossLife(f) {
			if d := p.to(lane.at(float64(f.Where)/65535)) - radius(f.Flags, false)*size; d < nearest {
				message, nearest = f.ID, d
			}
		}
	}
	if nearest <= 2 {
		pick.Message = message
		return pick
	}
	for i, q := range l.Nodes {
		if d := p.to(q) - l.R - arcGap; d < min(nearest, max(reach/2, 22-l.R-arcGap)) {
			pick.Node = consensus.NodeID(i + 1)
			return pick
		}
	}
	for i, q := range l.Clients {
		if d := p.to(q) - l.C; d < min(nearest, max(reach/2, 22-l.C)) {
			pick.Node = consensus.Client(i + 1)
			return pick
		}
	}
	if nearest <= reach {
		pick.Message = message
		return pick
	}
	best := reach * .8
	for i := range l.Nodes {
		for j := range l.Nodes {
			if i == j {
				continue
			}
			// The side of the line that is pointed at says which direction is meant.
			from, to := consensus.NodeID(i+1), consensus.NodeID(j+1)
			lane, _ := l.Lane(from, to)
			d := min(distance(p, lane.A, lane.at(.5)), distance(p, lane.at(.5), lane.B))
			if d < best {
				best, pick.Link = d, [2]consensus.NodeID{from, to}
			}
		}
	}
	return pick
}
