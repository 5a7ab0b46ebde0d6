package scene

import (
	"math"
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
)

// roleWord is the role as tests and style sheets name it.
func (d *ring) roleWord(n *trace.Node, role consensus.RoleInfo) string {
	if !n.Up {
		return "down"
	}
	return role.Name
}

// spoken is the node's state in words, for those who do not see it.
func (d *ring) spoken(n *trace.Node, role consensus.RoleInfo) string {
	s := n.ID.String() + ", "
	mark := d.mark(n.ID)
	for _, says := range [...]string{mark.Who, mark.Away, mark.Gone} {
		if says != "" {
			s += says + ", "
		}
	}
	if !n.Up {
		if d.scene.Cursor.Events == 0 {
			return s + d.words.Idle
		}
		return s + d.words.Down
	}
	s += d.scene.Store.RoleName(n.Role)
	if d.protocol != nil {
		s += ", " + d.scene.Store.TermWord() + " " + d.scene.Store.TermText(n.Term)
	}
	if open, _ := d.accepting(n); open || role.Seeks {
		s += ", " + d.of(n, role)
	}
	if d.slot > 0 {
		if text, chosen := d.accepted(n); text != "" && chosen {
			s += ", " + d.words.Chosen + " " + text
		} else if text != "" {
			s += ", " + d.words.Accepted + " " + text
		}
	}
	if n.Writing {
		s += ", " + d.words.Writes
	}
	return s
}

// mark returns what stands at a node beyond the run.
func (d *ring) mark(id consensus.NodeID) (m Mark) {
	if i := int(id) - 1; i >= 0 && i < len(d.marks) {
		m = d.marks[i]
	}
	return m
}

// whoRoom is the width that who runs a node has beside its name, in pixels.
const whoRoom = 96

// named is a node's name, and who runs it; where there is no room for that, only whether
// it is oneself.
func (d *ring) named(id consensus.NodeID, m *Mark) string {
	if m.Who == "" || d.labels != aside && !m.Own {
		return id.String()
	}
	return id.String() + " · " + shorten(m.Who, whoRoom, 14, true)
}

// ownWord is whether a node is one's own, as tests and style sheets name it.
func ownWord(own bool) string {
	if own {
		return "yes"
	}
	return ""
}

// halo marks the node that is selected, pointed at or focused.
func (d *ring) halo(id consensus.NodeID, p Point) {
	switch {
	case d.scene.Selected.Node == id && d.scene.Selected.Message == 0:
		d.Circle(d.Ink(Style{Stroke: d.Accent, Width: 2, Fill: d.Accent.with(.08)}), p, d.R+pickGap)
	case d.focus == id:
		d.Circle(d.Ink(Style{Stroke: d.Accent, Width: 2, DashOn: 2, DashOff: 3}), p, d.R+pickGap)
	case d.scene.Hover.Node == id && d.scene.Hover.Message == 0:
		d.Circle(d.Ink(Style{Stroke: d.Accent.with(.5), Width: 1.5}), p, d.R+pickGap)
	}
}

// crown draws the sign of the one who leads, at twelve o'clock.
func (d *ring) crown(p Point, fill RGBA) {
	w, h := clamp(d.R*.34, 5, 10), clamp(d.R*.34, 5, 10)
	x, y := p.X, p.Y-d.R-arcGap-1
	d.Poly(d.Ink(Style{Fill: fill, Stroke: d.Paper, Width: 2.5, Round: true}), true,
		Point{x - w, y}, Point{x - w*1.15, y - h*1.05}, Point{x - w*.5, y - h*.5}, Point{x, y - h*1.4},
		Point{x + w*.5, y - h*.5}, Point{x + w*1.15, y - h*1.05}, Point{x + w, y})
	d.Poly(d.Ink(Style{Fill: fill}), true,
		Point{x - w, y}, Point{x - w*1.15, y - h*1.05}, Point{x - w*.5, y - h*.5}, Point{x, y - h*1.4},
		Point{x + w*.5, y - h*.5}, Point{x + w*1.15, y - h*1.05}, Point{x + w, y})
}

// tally draws the sign of a node that waits for answers: a ring, dashed while it asks
// for votes or promises and whole once it asks for acceptances, and who has answered.
func (d *ring) tally(p Point, fill, ink RGBA, whole bool, by consensus.NodeSet) {
	s := Style{Stroke: fill, Width: 1.75, DashOn: 3, DashOff: 4}
	if whole {
		s.DashOn = 0
	}
	d.Circle(d.Ink(s), p, d.R+ringGap)
	d.votes(by, p, ink)
}

// of tells how many have answered a node of how many it needs: "2/3".
func (d *ring) of(n *trace.Node, role consensus.RoleInfo) string {
	have, need := n.Tally.Len(), d.quorums.Lead
	if role.Leads {
		need = d.quorums.Decide
		if _, by := d.accepting(n); !role.Seeks {
			have = by.Len()
		}
	}
	return strconv.Itoa(have) + "/" + strconv.Itoa(need)
}

// termIn returns a term as it stands in a node's disc, and the size of its letters.
func (d *ring) termIn(t consensus.Term) (text string, size float64) {
	text, size = d.protocol.TermText(t), clamp(math.Round(d.R*.78), 11, 28)
	if len(text) > 3 && d.R < 22 {
		text = d.protocol.TermShort(t)
	}
	if len(text) > 2 {
		size = clamp(size*2/float64(len(text))+2, 8, size)
	}
	return text, size
}

// votes draws a dot for each node within the disc, in the direction in which that
// node stands: full when it granted this one its vote.
func (d *ring) votes(granted consensus.NodeSet, p Point, ink RGBA) {
	size := clamp(d.R*.095, 1.4, 3)
	full := d.Ink(Style{Fill: ink})
	missing := d.Ink(Style{Stroke: ink.with(.45), Width: 1})
	for i := range d.Nodes {
		at := polar(p, d.R*.76, d.angle(i, len(d.Nodes)))
		if granted.Has(consensus.NodeID(i + 1)) {
			d.Circle(full, at, size)
		} else {
			d.Circle(missing, at, size-.5)
		}
	}
}

// disk draws the sign of a node that waits for its disk.
func (d *ring) disk(p Point, fill RGBA) {
	at := polar(p, d.R+arcGap, math.Pi/4)
	w, h := clamp(d.R*.24, 4, 7), clamp(d.R*.2, 3.5, 6)
	body := d.Ink(Style{Fill: d.Paper, Stroke: d.Text, Width: 1.5})
	d.Rect(body, at.X-w, at.Y-h, 2*w, 2*h, h*.7)
	d.Line(d.Ink(Style{Stroke: d.Text, Width: 1.5}), at.X-w, at.Y-h*.2, at.X+w, at.Y-h*.2)
}

// outward returns the direction from the ring's centre to a node.
func (d *ring) outward(p Point) Point {
	u := p.sub(d.Centre)
	if u.length() < 1 {
		return Point{0, 1}
	}
	return Point{u.X / d.RX, u.Y / d.RY}.unit()
}

// name writes a node's name and what it is, outside of the ring.
func (d *ring) name(p Point, name, second string, ink RGBA) {
	u := d.outward(p)
	first := Style{Fill: ink, Stroke: d.Paper, Width: 4, Size: 14, Bold: true, Align: Middle}
	below := Style{Fill: d.Dim, Stroke: d.Paper, Width: 4, Size: 12, Align: Middle}
	switch d.labels {
	case brief:
		first.Size = 11
		gap := pickGap
		if u.Y < -.8 {
			gap += 4 // the crown
		}
		at := p.add(u.times(d.R + gap))
		switch {
		case u.X > .5:
			first.Align = Start
		case u.X < -.5:
			first.Align = End
		}
		d.Label(d.Ink(first), at.X-2*u.X, at.Y+4+4*u.Y, name)
		return
	case stacked:
		first.Size, below.Size = 13, 11
		half := max(textWidth(second, 11, false), 20) / 2
		x := clamp(p.X+16*u.X, half+2, d.W-half-2)
		y := p.Y + d.R + labelGap + 2
		if u.Y < .1 {
			y = p.Y - d.R - labelGap - 12
		}
		d.Label(d.Ink(first), x, y, name)
		d.Label(d.Ink(below), x, y+13, second)
		return
	}
	gap := labelGap
	if u.Y < -.8 {
		gap += 5 // the crown
	}
	at := p.add(u.times(d.R + gap))
	switch {
	case u.X > .3:
		first.Align, below.Align = Start, Start
	case u.X < -.3:
		first.Align, below.Align = End, End
	}
	middle := at.Y + 15*u.Y
	d.Label(d.Ink(first), at.X, middle-2, name)
	d.Label(d.Ink(below), at.X, middle+13, second)
}
