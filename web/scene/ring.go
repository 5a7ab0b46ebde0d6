package scene

import (
	"cmp"
	"math"
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// Layers of the ring: what moves on a canvas, the nodes as elements above it, so that
// they can be focused, named and tested.
const (
	ringCanvas = iota
	ringNodes
)

// Ring draws the cluster at a moment: nodes on a circle, messages on their lanes, cuts
// and partitions.
type Ring struct {
	Words Words
	Title string           // in the corner; "" for none
	Marks []Mark           // of the nodes, N1 first; none outside of live rooms
	Focus consensus.NodeID // the node that has the keyboard's focus

	layout Layout
	shown  [4]float64 // what the layout was made for
}

// Layout returns where things stand in a host of that size.
func (r *Ring) Layout(w, h float64, st *trace.State) *Layout {
	if key := [4]float64{w, h, float64(len(st.Nodes)), float64(len(st.Clients))}; key != r.shown {
		r.layout, r.shown = Arrange(w, h, len(st.Nodes), len(st.Clients)), key
	}
	return &r.layout
}

// ring is one drawing of a Ring.
type ring struct {
	*List
	*Theme
	*Layout
	words    *Words
	marks    []Mark
	scene    *view.Scene
	state    *trace.State
	protocol *consensus.Protocol
	quorums  consensus.Quorums
	slot     consensus.Index // the slot that chips tell of, 0: none
	t        consensus.Time
	focus    consensus.NodeID
	arcless  bool // without the arcs of timers, and what stands on them
}

// term returns the colour of a term, and that of what is written on it.
func (d *ring) term(n consensus.Term) (fill, ink RGBA) { return d.hue(d.scene.Store.TermSlot(n)) }

// at returns the drawing of a scene; nil when nothing was opened.
func (r *Ring) at(l *List, w, h float64, s *view.Scene) *ring {
	if s.Store.Protocol == nil {
		return nil
	}
	st := s.Store.State(s.Cursor.Events)
	d := &ring{
		List: l, Theme: onGround(s.Dark), Layout: r.Layout(w, h, st), words: &r.Words, marks: r.Marks,
		scene: s, state: st, protocol: s.Store.Protocol, t: s.Cursor.T, focus: r.Focus,
	}
	d.quorums, d.slot = s.Store.Quorums(st), currentSlot(st, d.protocol)
	return d
}

// Draw adds the ring to a list that was begun.
func (r *Ring) Draw(l *List, w, h float64, s *view.Scene) {
	d := r.at(l, w, h, s)
	if d == nil {
		return
	}
	l.Layer(ringCanvas)
	d.title(r.Title)
	d.links()
	d.walls()
	d.chosenPath()
	d.messages()
	d.losses()
	for i := range d.Nodes {
		d.around(&d.state.Nodes[i], d.Nodes[i])
	}
	l.Layer(ringNodes)
	for i := range d.Nodes {
		d.node(&d.state.Nodes[i], d.Nodes[i])
	}
	for i := range d.Clients {
		d.client(i)
	}
}

// links draws a hairline between any two nodes that can reach each other, and what is
// left of a link that is cut.
func (d *ring) links() {
	open := d.Ink(Style{Stroke: d.Faint, Width: 1})
	oneWay := d.Ink(Style{Stroke: d.Danger, Width: 1.25, DashOn: 2, DashOff: 5, Round: true})
	mark := d.Ink(Style{Stroke: d.Danger, Width: 2, Round: true})
	n := len(d.Nodes)
	for i := range n {
		for j := i + 1; j < n; j++ {
			a, b := consensus.NodeID(i+1), consensus.NodeID(j+1)
			there, back := d.state.Cuts[a].Has(b), d.state.Cuts[b].Has(a)
			if !there && !back {
				if !d.state.Walled(a, b) {
					d.Line(open, d.Nodes[i].X, d.Nodes[i].Y, d.Nodes[j].X, d.Nodes[j].Y)
				}
				continue
			}
			for _, way := range [...]struct {
				cut      bool
				from, to consensus.NodeID
			}{{there, a, b}, {back, b, a}} {
				lane, _ := d.Lane(way.from, way.to)
				switch {
				case way.cut:
					d.broken(oneWay, mark, lane)
				case !d.state.Walled(a, b): // the other direction is open
					d.Curve(open, lane.A, lane.C, lane.B)
				}
			}
		}
	}
	for _, pick := range [...]view.Pick{d.scene.Hover, d.scene.Selected} {
		if a, ok := d.Lane(pick.Link[0], pick.Link[1]); ok {
			l := d.Ink(Style{Stroke: d.Accent.with(.7), Width: 2, Round: true})
			d.Line(l, a.A.X, a.A.Y, a.B.X, a.B.Y)
		}
	}
}

// broken draws a lane that is cut: dotted, with a gap in the middle between two bars.
func (d *ring) broken(dotted, bar Ink, l Lane) {
	const gap = .045
	first, second := l.part(0, .5-gap), l.part(.5+gap, 1)
	d.Curve(dotted, first.A, first.C, first.B)
	d.Curve(dotted, second.A, second.C, second.B)
	n := l.along(.5).right().times(6)
	for _, f := range [...]float64{.5 - gap, .5 + gap} {
		p := l.at(f)
		d.Line(bar, p.X-n.X, p.Y-n.Y, p.X+n.X, p.Y+n.Y)
	}
}

// chosenPath draws the way of the message that is selected or pointed at.
func (d *ring) chosenPath() {
	for i, pick := range [...]view.Pick{d.scene.Hover, d.scene.Selected} {
		if pick.Message == 0 {
			continue
		}
		f := d.state.Flight(pick.Message)
		if f == nil {
			if dead := d.state.Death(pick.Message); dead != nil {
				f = &dead.Flight
			}
		}
		if f == nil {
			continue
		}
		if l, ok := d.Lane(f.From, f.To); ok {
			s := Style{Stroke: d.Accent.with(.45), Width: 1.5, DashOn: 1, DashOff: 5, Round: true}
			if i == 1 {
				s = Style{Stroke: d.Accent, Width: 1.5, DashOn: 1, DashOff: 5, Round: true}
			}
			ink := d.Ink(s)
			d.Curve(ink, l.A, l.C, l.B)
			d.arrow(d.Ink(Style{Fill: s.Stroke}), l.B, l.along(1), 6)
		}
	}
}

// arrow draws a small arrowhead with its tip at p.
func (d *ring) arrow(s Ink, p, along Point, size float64) {
	back := p.sub(along.times(size))
	side := along.right().times(size * .5)
	d.Poly(s, true, p, back.add(side), back.sub(side))
}

// client draws a client, and what it waits for.
func (d *ring) client(i int) {
	p := d.Clients[i]
	id := consensus.Client(i + 1)
	c := &d.state.Clients[i]
	wants := ""
	if c.Busy {
		wants = Short(d.scene.Store.Text(c.Command))
	}
	spoken := d.words.Client + " " + id.String()
	if wants != "" {
		spoken += ", " + wants
	}
	d.Group("data-testid", "client-"+strconv.Itoa(i+1), "data-node", strconv.Itoa(int(id)),
		"role", "button", "tabindex", "0", "aria-label", spoken, "style", "cursor:pointer;outline:none")
	d.Circle(d.Ink(Style{Fill: d.Paper.with(.004)}), p, 14)
	style := Style{Stroke: d.Dim, Width: 1.5, Fill: d.Paper}
	if c.Busy {
		style.Fill, style.Stroke = d.Dim, d.Dim
	}
	d.Rect(d.Ink(style), p.X-d.C, p.Y-d.C, 2*d.C, 2*d.C, 2)
	if d.scene.Selected.Node == id || d.scene.Hover.Node == id || d.focus == id {
		ring := d.Ink(Style{Stroke: d.Accent, Width: 1.5})
		d.Rect(ring, p.X-d.C-4, p.Y-d.C-4, 2*d.C+8, 2*d.C+8, 4)
	}
	if d.C >= 7 {
		text, room := id.String(), 44.
		if len(d.Clients) == 1 {
			room = d.W/2 - 24
		}
		if wants != "" && room > 60 && d.labels != brief {
			text += "  " + wants
		}
		label := d.Ink(Style{Fill: d.Dim, Size: 11, Stroke: d.Paper, Width: 3})
		d.Label(label, p.X+d.C+7, p.Y+4, shorten(text, room, 11, false))
	}
	d.Ungroup()
}

// role returns what the protocol says of a node's role.
func (d *ring) role(n *trace.Node) consensus.RoleInfo {
	if d.protocol != nil && int(n.Role) < len(d.protocol.Roles) {
		return d.protocol.Roles[n.Role]
	}
	return consensus.RoleInfo{}
}

// arc returns the timer that is drawn round a node, and whether there is one.
func (d *ring) arc(n *trace.Node) (trace.Timer, bool) {
	if d.protocol == nil || d.arcless {
		return trace.Timer{}, false
	}
	for i := range d.protocol.Timers {
		if i < len(n.Timers) && d.protocol.Timers[i].Arc && n.Timers[i].Due != 0 {
			return n.Timers[i], true
		}
	}
	return trace.Timer{}, false
}

const twelve = -math.Pi / 2 // twelve o'clock

// around draws what is round a node: that it is chosen, and its timer as it runs down. It
// stands on the canvas, since it changes with each frame: nothing of the elements does.
func (d *ring) around(n *trace.Node, p Point) {
	d.halo(n.ID, p)
	if !n.Up {
		return
	}
	d.Circle(d.Ink(Style{Stroke: d.Faint, Width: 3}), p, d.R+arcGap)
	if timer, ok := d.arc(n); ok {
		if left := view.Left(timer, d.t); left > .002 {
			mark := d.mark(n.ID)
			fill, _ := d.nodeInk(n, &mark)
			d.Arc(d.Ink(Style{Stroke: fill, Width: 3, Round: true}), p, d.R+arcGap, twelve, twelve+2*math.Pi*left)
		}
	}
}

// nodeInk returns the colour of a node, and that of what is written on it: pale while the
// World waits for its tab.
func (d *ring) nodeInk(n *trace.Node, m *Mark) (fill, ink RGBA) {
	fill, ink = d.term(n.Term)
	if m.Away != "" {
		return fill.with(.35), d.Text
	}
	return fill, ink
}

// node draws one node.
func (d *ring) node(n *trace.Node, p Point) {
	role := d.role(n)
	mark := d.mark(n.ID)
	name, second := d.named(n.ID, &mark), d.scene.Store.RoleName(n.Role)
	fill, ink := d.nodeInk(n, &mark)
	if mark.Away != "" { // it stands still
		second = mark.Away
	}
	attributes := [...]string{
		"data-testid", "node-" + strconv.Itoa(int(n.ID)), "data-node", strconv.Itoa(int(n.ID)),
		"data-role", d.roleWord(n, role), "data-term", d.scene.Store.TermText(n.Term),
		"role", "button", "tabindex", "0", "aria-label", d.spoken(n, role), "style", "cursor:pointer;outline:none",
		"data-own", ownWord(mark.Own), "data-away", mark.Away,
	}
	most := len(attributes)
	if d.marks == nil {
		most -= 4
	}
	d.Group(attributes[:most]...)
	// A disc as large as a finger, so that the group can be hit all over.
	d.Circle(d.Ink(Style{Fill: d.Paper.with(.004)}), p, max(d.R+arcGap, 22))
	if !n.Up && d.scene.Cursor.Events == 0 { // nothing has begun
		d.Circle(d.Ink(Style{Fill: d.Paper, Stroke: d.Dim, Width: 1.5, DashOn: 4, DashOff: 4}), p, d.R)
		d.name(p, name, d.words.Idle, d.Text)
		d.Ungroup()
		return
	}
	if !n.Up {
		d.Circle(d.Ink(Style{Fill: d.Paper, Stroke: d.Dim, Width: 1.5, DashOn: 4, DashOff: 4}), p, d.R)
		x := d.R * .32
		cross := d.Ink(Style{Stroke: d.Dim, Width: 2.5, Round: true})
		d.Line(cross, p.X-x, p.Y-x, p.X+x, p.Y+x)
		d.Line(cross, p.X-x, p.Y+x, p.X+x, p.Y-x)
		d.name(p, name, cmp.Or(mark.Gone, d.words.Down), d.Dim)
		d.Ungroup()
		return
	}
	d.Circle(d.Ink(Style{Fill: fill}), p, d.R)
	term, size := d.termIn(n.Term)
	baseline := p.Y + size*.36
	switch {
	case mark.Away != "":
	case role.Seeks:
		d.tally(p, fill, ink, role.Leads, n.Tally)
		second += " " + d.of(n, role)
	case role.Leads:
		d.Circle(d.Ink(Style{Stroke: fill, Width: 1.5}), p, d.R+ringGap)
		d.crown(p, fill)
		if open, by := d.accepting(n); open {
			d.votes(by, p, ink)
			second += " " + d.of(n, role)
		}
	case n.Vote != consensus.None && n.Leader == consensus.None:
		second = d.words.Voted + " " + n.Vote.String()
	}
	d.Label(d.Ink(Style{Fill: ink, Size: uint8(size), Bold: true, Mono: true, Align: Middle}), p.X, baseline, term)
	if !d.arcless { // it stands on the arc
		d.chip(n, p)
	}
	if n.Writing {
		d.disk(p, fill)
	}
	d.name(p, name, second, d.Text)
	d.Ungroup()
}
