package scene

import (
	"math"

	"parley/consensus"
)

// Layout says where the nodes and the clients of a ring stand in a host.
type Layout struct {
	W, H    float64
	Centre  Point
	RX, RY  float64 // radii of the ring
	R       float64 // radius of a node's disc
	Nodes   []Point // by NodeID-1
	Clients []Point // by number-1
	C       float64 // half the side of a client's square
	labels  labelling
}

// labelling says how the names of the nodes are set, by the room there is.
type labelling uint8

const (
	aside   labelling = iota // name and role, outwards
	stacked                  // name and role, above or below
	brief                    // the name alone, outwards
)

// Room around a node's disc, in pixels.
const (
	arcGap   = 6.  // from the disc to its timer arc
	ringGap  = 11. // from the disc to the leader's or candidate's ring
	pickGap  = 17. // from the disc to the mark of the selected node
	labelGap = 22. // from the disc to its name
)

// Arrange lays out a ring of nodes and clients in a host of w by h pixels. N1 is at the
// top and the others follow clockwise; the clients stand in a row at the bottom.
func Arrange(w, h float64, nodes, clients int) Layout {
	l := Layout{W: w, H: h, labels: brief, C: 7}
	least := min(w, h)
	l.R = clamp(least*.068, 13, 36)
	if nodes > 5 {
		l.R = clamp(least*.068*math.Sqrt(5/float64(nodes)), 9, 36)
	}
	switch {
	case w >= 560 && (h >= 420 || h >= 300 && nodes <= 5):
		l.labels = aside
	case nodes <= 5 && h >= 260 && w >= 280:
		l.labels = stacked
	}
	sides, top, bottom := l.R+pickGap+26, l.R+pickGap+24, l.R+pickGap+24
	switch l.labels {
	case aside:
		sides, top, bottom = l.R+labelGap+92, l.R+labelGap+42, l.R+labelGap+24
	case stacked:
		sides, top, bottom = max(l.R+pickGap, 42)+4, l.R+labelGap+32, l.R+labelGap+32
	}
	floor := 0.
	if clients > 0 {
		floor = 38
		if l.labels == brief {
			floor = 30
		}
	}
	l.RX = max(w/2-sides, 12)
	deep := 1. // how far below the centre the lowest nodes stand, as a share of the radius
	if nodes >= 3 && nodes%2 == 1 {
		deep = math.Cos(math.Pi / float64(nodes))
	}
	room := h - floor - top - bottom
	l.RY = max(room/(1+deep), 12)
	l.RX, l.RY = min(l.RX, l.RY*1.35), min(l.RY, l.RX*1.2)
	l.Centre = Point{w / 2, top + room/2 + l.RY*(1-deep)/2}
	for i := range nodes {
		l.Nodes = append(l.Nodes, l.spot(l.angle(i, nodes), 1))
	}
	if nodes == 1 {
		l.Nodes[0] = l.Centre
	}
	if nodes >= 3 { // room between neighbours, for a wall or for messages
		least, turn := min(l.RX, l.RY), math.Pi/float64(nodes)
		l.R = min(l.R, least*math.Sin(turn)*.55)
		l.R = min(l.R, max(12, least*(1-math.Cos(2*turn))-12))
	}
	gap := min(64, (w-32)/max(float64(clients), 1))
	l.C = clamp(gap/2-2, 2, 7)
	for i := range clients {
		l.Clients = append(l.Clients, Point{w/2 + (float64(i)-float64(clients-1)/2)*gap, h - floor/2 - 4})
	}
	return l
}

// angle returns where node i of n stands on the ring; two stand side by side.
func (l *Layout) angle(i, n int) float64 {
	a := -math.Pi/2 + 2*math.Pi*float64(i)/float64(n)
	if n == 2 {
		a -= math.Pi / 2
	}
	return a
}

// spot returns the point of the ring at an angle, at a multiple of its radius.
func (l *Layout) spot(a, radius float64) Point {
	return Point{l.Centre.X + l.RX*radius*math.Cos(a), l.Centre.Y + l.RY*radius*math.Sin(a)}
}

// Of returns where a node or client stands and how large it is; false for one that is
// not on the ring.
func (l *Layout) Of(id consensus.NodeID) (p Point, r float64, ok bool) {
	switch {
	case id.IsNode() && int(id) <= len(l.Nodes):
		return l.Nodes[id-1], l.R, true
	case id.IsClient() && int(id-consensus.ClientFirst) < len(l.Clients):
		return l.Clients[id-consensus.ClientFirst], l.C, true
	}
	return Point{}, 0, false
}

// Lane returns the way of the messages from one endpoint to another.
func (l *Layout) Lane(from, to consensus.NodeID) (Lane, bool) {
	p, rp, ok := l.Of(from)
	q, rq, also := l.Of(to)
	if !ok || !also || from == to {
		return Lane{}, false
	}
	if from.IsNode() {
		rp += arcGap
	}
	if to.IsNode() {
		rq += arcGap
	}
	return lane(p, q, rp, rq), true
}
