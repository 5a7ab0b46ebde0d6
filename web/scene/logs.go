package scene

import (
	"math"
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// Logs draws the nodes' logs, one row a node: a cell for each entry, solid when the node
// knows it to be committed, dashed when it does not. Where the log is slots
// (Protocol.Slots), a row above tells how many have accepted a value in each, and what a
// node has promised stands beside its name, or in the slot that it is for.
type Logs struct {
	Words Words
	Title string // in the corner; "" for none
	Slots *Slots // made at need; painters of one run may share one

	// Scrolled is the distance in pixels from the left end of the logs; it counts
	// only when Away is set, else the head of the logs is shown.
	Scrolled float64
	Away     bool
	Down     float64 // distance scrolled from the top, when the rows do not fit

	grid grid
}

// grid says where the rows and columns of the logs are.
type grid struct {
	w, h         float64
	gutter, head float64 // left of the cells, above them
	cell, row    float64
	tally        float64 // height of the row of quorums, part of head
	rows         int
	last         consensus.Index // the highest index of any log
	left, top    float64         // scrolled away
}

// Sizes of the logs, in pixels.
const (
	rowMin, rowMax = 22., 44.
	headRow        = 20.
	tallyRow       = 18. // of quorums, below the head
)

// LogsHeight returns the height at which the rows of a run are shown without crowding.
func LogsHeight(s *view.Store) float64 {
	h := headRow + 36*float64(s.Setup.Nodes) + 4
	if s.Protocol != nil && s.Protocol.Slots {
		h += tallyRow
	}
	return h
}

func (g *grid) width() float64  { return g.w - g.gutter }
func (g *grid) height() float64 { return g.h - g.head }

// wide and high are the sizes of all that there is; the column after the last one is
// part of it, since a leader's next index stands there.
func (g *grid) wide() float64 { return (float64(g.last)+1)*g.cell + 8 }
func (g *grid) high() float64 { return float64(g.rows)*g.row + 2 }

// x returns the left edge of the cell of an index.
func (g *grid) x(i consensus.Index) float64 { return g.gutter + (float64(i)-1)*g.cell - g.left }
func (g *grid) y(row int) float64           { return g.head + float64(row)*g.row - g.top }

// visible returns the first and the last index that are on the screen.
func (g *grid) visible() (first, last consensus.Index) {
	first = consensus.Index(max(0, math.Floor(g.left/g.cell))) + 1
	last = consensus.Index(max(0, math.Ceil((g.left+g.width())/g.cell)))
	return first, last
}

func (l *Logs) arrange(w, h float64, st *trace.State, slots bool) *grid {
	g := grid{w: w, h: h, gutter: 48, head: headRow, cell: 72, rows: len(st.Nodes)}
	if w < 480 {
		g.gutter, g.cell = 46, 60
	}
	if slots {
		g.tally = tallyRow
		g.head += tallyRow
		g.gutter += 36 // promises
	}
	for i := range st.Nodes {
		g.last = max(g.last, st.Nodes[i].Last())
	}
	g.row = clamp((h-g.head-2)/max(1, float64(g.rows)), rowMin, rowMax)
	end := max(0, g.wide()-g.width())
	g.left = end
	if l.Away {
		g.left = clamp(l.Scrolled, 0, end)
	}
	g.top = clamp(l.Down, 0, max(0, g.high()-g.height()))
	l.grid = g
	return &l.grid
}

// Scroll moves the logs by a distance in pixels and reports whether there was anything to
// move. At the right end they follow the head again.
func (l *Logs) Scroll(dx, dy float64) bool {
	g := &l.grid
	left, top := g.left, g.top
	end := max(0, g.wide()-g.width())
	l.Scrolled = clamp(g.left+dx, 0, end)
	l.Away = l.Scrolled < end-1
	l.Down = clamp(g.top+dy, 0, max(0, g.high()-g.height()))
	g.left, g.top = l.Scrolled, l.Down
	return g.left != left || g.top != top
}

// Home goes to the first entry, End to the last; Page is how far a page key scrolls.
func (l *Logs) Home()         { l.Scrolled, l.Away = 0, l.grid.wide() > l.grid.width() }
func (l *Logs) End()          { l.Away = false }
func (l *Logs) Page() float64 { return max(l.grid.cell, l.grid.width()-l.grid.cell) }

type logs struct {
	*List
	*Theme
	*grid
	words    *Words
	scene    *view.Scene
	state    *trace.State
	protocol *consensus.Protocol
	slots    bool
}

// term returns the colour of a term, and that of what is written on it.
func (d *logs) term(n consensus.Term) (fill, ink RGBA) { return d.hue(d.scene.Store.TermSlot(n)) }

// Draw adds the logs to a list that was begun.
func (l *Logs) Draw(list *List, w, h float64, s *view.Scene) {
	st := s.Store.State(s.Cursor.Events)
	p := s.Store.Protocol
	slots := p != nil && p.Slots
	d := logs{
		List: list, Theme: onSurface(s.Dark), grid: l.arrange(w, h, st, slots), words: &l.Words,
		scene: s, state: st, protocol: p, slots: slots,
	}
	list.Layer(0)
	d.header(l.Title)
	if slots {
		if l.Slots == nil {
			l.Slots = new(Slots)
		}
		l.Slots.Follow(s.Store)
		d.quorums(l.Slots)
	}
	list.Clip(0, d.head, w, h-d.head)
	leader := d.leader()
	for i := range st.Nodes {
		if y := d.y(i); y+d.row > d.head && y < h {
			d.name(&st.Nodes[i], y)
		}
	}
	list.Clip(d.gutter-2, d.head-8, w-d.gutter+2, h-d.head+8)
	for i := range st.Nodes {
		if y := d.y(i); y+d.row > d.head && y < h {
			d.entries(&st.Nodes[i], y)
			if leader != nil && leader.ID != st.Nodes[i].ID {
				d.marks(leader, &st.Nodes[i], y)
			}
		}
	}
	list.Unclip()
	list.Unclip()
	d.scrollbar()
}

func (d *logs) header(title string) {
	first, last := d.visible()
	ink := d.Ink(Style{Fill: d.Dim, Size: 10, Mono: true, Align: Middle})
	if title != "" {
		d.Label(d.Ink(Style{Fill: d.Dim, Size: 11, Bold: true}), 6, headRow-6, shorten(title, d.gutter-10, 11, false))
	}
	d.Clip(d.gutter-2, 0, d.w-d.gutter+2, d.head)
	for i := first; i <= min(last, max(d.last+1, 1)); i++ {
		if d.last == 0 {
			break
		}
		d.Label(ink, d.x(i)+d.cell/2-1, headRow-6, strconv.FormatUint(uint64(i), 10))
	}
	d.Unclip()
	d.Line(d.Ink(Style{Stroke: d.Faint, Width: 1}), 0, d.head-.5, d.w, d.head-.5)
}

// leader returns the node whose view of the others is shown: the leader of the highest
// term that is up.
func (d *logs) leader() *trace.Node {
	var best *trace.Node
	for i := range d.state.Nodes {
		n := &d.state.Nodes[i]
		if n.Up && d.leads(n) && (best == nil || n.Term > best.Term) {
			best = n
		}
	}
	return best
}

func (d *logs) leads(n *trace.Node) bool {
	return d.protocol != nil && int(n.Role) < len(d.protocol.Roles) && d.protocol.Roles[n.Role].Leads
}

// name writes a node's name in the gutter, with a disc of its term.
func (d *logs) name(n *trace.Node, y float64) {
	fill, _ := d.term(n.Term)
	style := Style{Fill: d.Text, Size: 12}
	p := Point{min(d.gutter*.26, 13), y + d.row/2}
	switch {
	case !n.Up:
		style.Fill = d.Dim
		d.Circle(d.Ink(Style{Stroke: d.Dim, Width: 1, DashOn: 2, DashOff: 2}), p, 4)
	case d.leads(n):
		style.Bold = true
		d.Circle(d.Ink(Style{Fill: fill}), p, 4)
		d.Circle(d.Ink(Style{Stroke: fill, Width: 1.25}), p, 6.5)
	default:
		d.Circle(d.Ink(Style{Fill: fill}), p, 4)
	}
	d.Label(d.Ink(style), p.X+10, y+d.row/2+4, n.ID.String())
	if d.slots && n.Term > 0 && n.TermFor == 0 {
		d.promise(d.gutter-6, y+d.row/2, n.Term, n.Up)
	}
}

// entries draws the cells of a row that are on the screen.
func (d *logs) entries(n *trace.Node, y float64) {
	first, last := d.visible()
	gap := 7.
	if d.row < 32 {
		gap = 4
	}
	high := d.row - 2*gap
	top := y + gap
	alpha := 1.
	if !n.Up {
		alpha = .5
	}
	d.Alpha(alpha)
	d.Line(d.Ink(Style{Stroke: d.Faint, Width: 1}), d.gutter, y+d.row-.5, d.w, y+d.row-.5)
	for i := first; i <= min(last, n.Last()); i++ {
		switch c := n.At(i); {
		case i <= n.Base: // what was there; the node has forgotten it
			d.Alpha(alpha * .2)
			if c.Set {
				d.entry(n, i, c, top, high)
			}
			d.Alpha(alpha)
		case c.Set:
			d.entry(n, i, c, top, high)
		case d.slots:
			d.gap(i, c, top, high)
		}
	}
	if n.Up && n.Commit > 0 { // the commit line
		x := d.x(n.Commit+1) - 1
		if x > d.gutter-2 && x < d.w {
			d.Line(d.Ink(Style{Stroke: d.Text, Width: 2}), x-.5, top-3, x-.5, top+high+3)
		}
	}
	d.Alpha(1)
}

func (d *logs) entry(n *trace.Node, i consensus.Index, c trace.Cell, top, high float64) {
	fill, ink := d.term(c.Term)
	x, w := d.x(i)+1, d.cell-4
	committed := i <= n.Commit || c.Chosen
	if committed {
		d.Rect(d.Ink(Style{Fill: fill}), x, top, w, high, 3)
	} else {
		ink = d.Text
		d.Rect(d.Ink(Style{Fill: fill.with(.1), Stroke: fill, Width: 1.25, DashOn: 3, DashOff: 2.5}), x+.5, top+.5, w-1, high-1, 3)
	}
	term := d.ballot(c.Term)
	base := top + high/2 + 4
	number := Style{Fill: ink.with(.72), Size: 9, Mono: true}
	if !committed {
		number.Fill = fill
	}
	text, room := command(d.scene.Store, c, d.words), w-8
	word := Style{Fill: ink, Size: 11, Mono: true}
	if c.Client == consensus.None {
		word.Fill = ink.with(.7)
	}
	if high >= 26 { // term above, command below
		d.Label(d.Ink(number), x+4, top+9, term)
		d.Label(d.Ink(word), x+4, top+high-5, shorten(text, room, 11, true))
	} else {
		d.Label(d.Ink(number), x+4, base-1, term)
		wide := textWidth(term, 9, true) + 4
		d.Label(d.Ink(word), x+4+wide, base, shorten(text, room-wide, 11, true))
	}
	if c.Promised > c.Term && !committed {
		d.promise(x+w-4, top, c.Promised, n.Up)
	}
	if i <= n.Applied && high >= 20 {
		p := Point{x + w - 7, top + 3.5} // clear of a text in the middle
		d.Poly(d.Ink(Style{Stroke: ink.with(.8), Width: 1.25}), false,
			p, Point{p.X + 1.8, p.Y + 1.8}, Point{p.X + 5, p.Y - 2})
	}
	if s := d.scene.Selected; s.Entry == i && s.Node == n.ID {
		d.Rect(d.Ink(Style{Stroke: d.Accent, Width: 2}), x-1, top-1, w+2, high+2, 4)
	} else if s := d.scene.Hover; s.Entry == i && s.Node == n.ID {
		d.Rect(d.Ink(Style{Stroke: d.Accent.with(.5), Width: 1.5}), x-1, top-1, w+2, high+2, 4)
	}
}

// command returns what an entry says, in few letters.
func command(s *view.Store, c trace.Cell, w *Words) string {
	if c.Client == consensus.None {
		return w.NoOp
	}
	if s := s.Command(c.Client, c.Seq); s != "" {
		return Short(s)
	}
	return c.Client.String() + "." + strconv.FormatUint(uint64(c.Seq), 10)
}

// marks draws what the leader knows of a peer, in the hue of its term: below the row
// where their logs are known to match, above it which entry it will send next.
func (d *logs) marks(leader, peer *trace.Node, y float64) {
	if int(peer.ID) > len(leader.Peers) {
		return
	}
	p := leader.Peers[peer.ID-1]
	fill, _ := d.term(leader.Term)
	size := 4.
	if d.row < 32 {
		size = 3
	}
	if p.Next > 0 && !d.slots { // slots have one for all
		x := d.x(p.Next) + d.cell/2 - 1
		d.Poly(d.Ink(Style{Stroke: fill, Fill: d.Paper, Width: 1.25}), true,
			Point{x - size, y + 1.5}, Point{x + size, y + 1.5}, Point{x, y + 1.5 + size*1.3})
	}
	if p.Match > 0 {
		x, b := d.x(p.Match)+d.cell/2-1, y+d.row-1.5
		d.Poly(d.Ink(Style{Fill: fill}), true, Point{x - size, b}, Point{x + size, b}, Point{x, b - size*1.3})
	}
}

// scrollbar shows which part of the logs is on the screen.
func (d *logs) scrollbar() {
	all, seen := d.wide(), d.width()
	if all <= seen+1 || seen <= 0 {
		return
	}
	long := max(24, seen*seen/all)
	x := d.gutter + (seen-long)*d.left/(all-seen)
	d.Rect(d.Ink(Style{Fill: d.Dim.with(.5)}), x, d.h-4, long, 3, 1.5)
}

// Pick returns what is at a point: an entry, or a node.
func (l *Logs) Pick(p Point, s *view.Scene) view.Pick {
	g, pick := &l.grid, view.Pick{T: -1}
	st := s.Store.State(s.Cursor.Events)
	row := int(math.Floor((p.Y - g.head + g.top) / max(1, g.row)))
	if p.Y < g.head || row < 0 || row >= len(st.Nodes) {
		return pick
	}
	pick.Node = consensus.NodeID(row + 1)
	if p.X >= g.gutter {
		i := consensus.Index(max(0, math.Floor((p.X-g.gutter+g.left)/g.cell))) + 1
		if st.Nodes[row].At(i).Set {
			pick.Entry = i
		}
	}
	return pick
}
