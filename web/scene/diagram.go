package scene

import (
	"math"
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// Diagram is Lamport's space-time diagram: a lane for each endpoint, time from left to
// right, a line for each message from where it was sent to where it arrived or died
// (Lamport, "Time, clocks, and the ordering of events in a distributed system", 1978).
type Diagram struct {
	Words Words
	Title string // in the corner; "" for none
	Bare  bool   // without the axis of time: a diagram of the same window stands below
	Marks []Milestone
	Index *Index

	axes  axes
	lines []drawn // what can be pointed at
	spots []spot
	bands []band // kept from frame to frame for their memory
}

// drawn is a message as it was drawn.
type drawn struct {
	id   uint32
	a, b Point
}

// spot is an event as it was drawn.
type spot struct {
	event int
	at    Point
}

// Bounds of what one drawing looks at, so that a frame costs the same however much
// happened: beyond them only every second, fourth, … message is drawn, and of the
// events only the nodes' roles and terms.
const (
	linesMax  = 3000
	eventsMax = 24_000
	bandsMax  = 64 // looks that are remembered
)

// axes say where times and lanes are in a host.
type axes struct {
	Window
	w, h    float64
	gutter  float64
	head    float64 // room above the lanes, for the title and the texts of milestones
	floor   float64 // height of the time axis
	nodes   int
	clients int // lanes for clients; 0 when there is no room
	gap     float64
}

// headRoom is the height of a line of texts above the lanes, barFloor that below them
// where there is no axis.
const (
	headRoom = 16.
	barFloor = 4.
)

// arranged returns the axes with what follows from the room there is.
func (a axes) arranged() axes {
	w, h, clients := a.w, a.h, a.clients
	if w < 480 {
		a.gutter = 42
	}
	a.Span = max(a.Span, SpanMin)
	if clients > 4 || (h-a.floor-a.head)/float64(a.nodes+clients) < 18 {
		a.clients = 0
	}
	a.gap = (h - a.floor - a.top()) / max(1, float64(a.nodes+a.clients))
	return a
}

// top is the room above the first lane, for what is written above lanes.
func (a *axes) top() float64 { return clamp(a.h*.03, 0, 8) + a.head }

// x returns where a moment is.
func (a *axes) x(t consensus.Time) float64 {
	return a.gutter + float64(t-a.Left)/float64(a.Span)*(a.w-a.gutter)
}

// t returns the moment at an x.
func (a *axes) t(x float64) consensus.Time {
	return a.Left + consensus.Time((x-a.gutter)/max(1, a.w-a.gutter)*float64(a.Span))
}

// y returns where the lane of an endpoint is; false when it has none.
func (a *axes) y(id consensus.NodeID) (float64, bool) {
	lane := int(id) - 1
	if id.IsClient() {
		lane = a.nodes + int(id-consensus.ClientFirst)
	}
	if id == consensus.None || lane >= a.nodes+a.clients || id.IsNode() && lane >= a.nodes {
		return 0, false
	}
	return a.top() + (float64(lane)+.5)*a.gap, true
}

type diagram struct {
	*List
	*Theme
	*axes
	*Diagram
	scene    *view.Scene
	store    *view.Store
	protocol *consensus.Protocol
	end      consensus.Time // nothing later is shown
	detail   bool           // there is room for signs and labels
	commits  []marked       // by NodeID-1
}

// marked is how far to the right a lane has marks of commits, and labels of them.
type marked struct{ tick, label float64 }

// band is the lines of one look, to be drawn together.
type band struct {
	style Style
	lines []drawn
}

// term returns the colour of a term, and that of what is written on it.
func (d *diagram) term(n consensus.Term) (fill, ink RGBA) { return d.hue(d.store.TermSlot(n)) }

// Draw adds the diagram to a list that was begun.
func (g *Diagram) Draw(l *List, w, h float64, s *view.Scene) {
	g.Index.Follow(s.Store)
	st := s.Store.State(s.Cursor.Events)
	g.axes = axes{
		Window: Window{s.Left, s.Span}, w: w, h: h, gutter: 48, floor: 20, nodes: len(st.Nodes), clients: len(st.Clients),
	}
	if g.Bare {
		g.axes.floor = barFloor
	}
	if g.Title != "" || len(g.Marks) > 0 {
		g.axes.head = headRoom
	}
	g.axes = g.axes.arranged()
	g.lines, g.spots = g.lines[:0], g.spots[:0]
	if len(g.bands) > bandsMax {
		g.bands = nil
	}
	for i := range g.bands {
		g.bands[i].lines = g.bands[i].lines[:0]
	}
	d := diagram{
		List: l, Theme: onSurface(s.Dark), axes: &g.axes, Diagram: g,
		scene: s, store: s.Store, protocol: s.Store.Protocol,
		end: max(s.Frontier, s.Cursor.T),
	}
	for range st.Nodes {
		d.commits = append(d.commits, marked{math.Inf(-1), math.Inf(-1)})
	}
	l.Layer(0)
	d.ticks()
	l.Clip(d.gutter, 0, w-d.gutter, h)
	first, beyond := s.Store.Before(d.Left-1), s.Store.Before(min(d.Left+d.Span, d.end))
	d.messages()
	for i := range st.Nodes {
		d.lane(consensus.NodeID(i + 1))
	}
	for i := range d.clients {
		y, _ := d.y(consensus.Client(i + 1))
		d.Line(d.Ink(Style{Stroke: d.Faint, Width: 1.5}), d.x(max(0, d.Left)), y, d.x(min(d.end, d.Left+d.Span)), y)
	}
	if beyond-first <= eventsMax {
		for i := first; i < beyond; i++ {
			d.event(i, s.Store.Event(i))
		}
	}
	d.milestones()
	d.cursor()
	l.Unclip()
	d.names(st)
	if g.Title != "" {
		l.Label(l.Ink(Style{Fill: d.Text, Stroke: d.Paper, Width: 3, Size: 11, Bold: true}), 6, 12, shorten(g.Title, w/3, 11, false))
	}
}

// ticks draws the time axis.
func (d *diagram) ticks() {
	step := tick(d.Span, d.w-d.gutter, 84)
	rule := d.Ink(Style{Stroke: d.Faint.with(.6), Width: 1})
	label := d.Ink(Style{Fill: d.Dim, Size: 10, Mono: true, Align: Middle})
	floor := d.h - d.floor
	for t := max(0, d.Left) / step * step; t <= d.Left+d.Span; t += step {
		x := math.Round(d.x(t)) + .5
		if t < d.Left || x < d.gutter {
			continue
		}
		d.Line(rule, x, 0, x, floor+4)
		if d.Bare {
			continue
		}
		text := tickLabel(t, step)
		if half := textWidth(text, 10, true) / 2; x-half > d.gutter && x+half < d.w {
			d.Label(label, x, d.h-6, text)
		}
	}
	if d.Bare {
		return
	}
	d.Line(d.Ink(Style{Stroke: d.Faint, Width: 1}), d.gutter, floor+.5, d.w, floor+.5)
	d.Label(d.Ink(Style{Fill: d.Dim, Size: 10, Align: End}), d.gutter-6, d.h-6, "ms")
}

// names writes the lanes' names in the gutter.
func (d *diagram) names(st *trace.State) {
	d.Line(d.Ink(Style{Stroke: d.Faint, Width: 1}), d.gutter-.5, 0, d.gutter-.5, d.h)
	for i := range st.Nodes {
		n := &st.Nodes[i]
		y, _ := d.y(n.ID)
		fill, _ := d.term(n.Term)
		style := Style{Fill: d.Text, Size: 12, Bold: d.leads(n.Role) && n.Up}
		p := Point{d.gutter * .26, y}
		switch {
		case !n.Up:
			style.Fill = d.Dim
			d.Circle(d.Ink(Style{Stroke: d.Dim, Width: 1, DashOn: 2, DashOff: 2}), p, 4)
		case style.Bold:
			d.Circle(d.Ink(Style{Fill: fill}), p, 4)
			d.Circle(d.Ink(Style{Stroke: fill, Width: 1.25}), p, 6.5)
		default:
			d.Circle(d.Ink(Style{Fill: fill}), p, 4)
		}
		d.Label(d.Ink(style), p.X+10, y+4, n.ID.String())
	}
	for i := range d.clients {
		id := consensus.Client(i + 1)
		y, _ := d.y(id)
		d.Rect(d.Ink(Style{Stroke: d.Dim, Width: 1.25}), d.gutter*.26-3.5, y-3.5, 7, 7, 1)
		d.Label(d.Ink(Style{Fill: d.Dim, Size: 12}), d.gutter*.26+10, y+4, id.String())
	}
}

func (d *diagram) leads(role uint8) bool {
	return d.protocol != nil && int(role) < len(d.protocol.Roles) && d.protocol.Roles[role].Leads
}

func (d *diagram) seeks(role uint8) bool {
	return d.protocol != nil && int(role) < len(d.protocol.Roles) && d.protocol.Roles[role].Seeks
}

// lane draws a node's lane: in the hue of its term, thick while it leads, dashed while
// it seeks votes, with a gap while it is down.
func (d *diagram) lane(id consensus.NodeID) {
	y, _ := d.y(id)
	changes := d.Index.lanes[id-1]
	right := min(d.end, d.Left+d.Span)
	labelled := math.Inf(-1)
	for i := max(0, d.Index.at(id, d.Left)); i < len(changes) && changes[i].t <= right; i++ {
		c := changes[i]
		until := right
		if i+1 < len(changes) {
			until = min(until, changes[i+1].t)
		}
		from := d.x(max(c.t, d.Left))
		to := d.x(until)
		if !c.up {
			if i > 0 && changes[i-1].up && c.t >= d.Left {
				cross := d.Ink(Style{Stroke: d.Danger, Width: 1.75, Round: true})
				d.Line(cross, from-4, y-4, from+4, y+4)
				d.Line(cross, from-4, y+4, from+4, y-4)
			}
			d.Line(d.Ink(Style{Stroke: d.Dim.with(.45), Width: 1, DashOn: 1, DashOff: 6, Round: true}), from+8, y, to, y)
			continue
		}
		fill, _ := d.term(c.term)
		s := Style{Stroke: fill, Width: 2}
		switch {
		case d.leads(c.role):
			s.Width = 6
		case d.seeks(c.role):
			s.Width, s.DashOn, s.DashOff = 4, 3, 3
		}
		if to > from {
			d.Line(d.Ink(s), from, y, to, y)
		}
		if d.leads(c.role) && (i == 0 || !d.leads(changes[i-1].role) || !changes[i-1].up) && c.t >= d.Left {
			d.Circle(d.Ink(Style{Fill: fill}), Point{from, y}, 5)
		}
		isNew := i == 0 || changes[i-1].term != c.term
		if isNew && c.t >= d.Left && c.term > 0 && d.gap >= 22 && from > labelled {
			text := d.store.TermShort(c.term)
			d.Label(d.Ink(Style{Fill: fill, Stroke: d.Paper, Width: 3, Size: 10, Mono: true, Bold: true}), from+3, y-5, text)
			labelled = from + 4 + textWidth(text, 10, true)
		}
		if i > 0 && !changes[i-1].up && c.t >= d.Left {
			d.Circle(d.Ink(Style{Fill: d.Paper, Stroke: fill, Width: 1.75}), Point{from, y}, 3.5)
		}
	}
}

// messages draws the messages of the window, those of one look together.
func (d *diagram) messages() {
	right := min(d.end, d.Left+d.Span)
	first, end := d.Index.between(d.Left, right)
	stride := uint32(1)
	for (end-first)/stride > linesMax {
		stride *= 2
	}
	count := (end - first) / stride
	d.detail = float64(count) < (d.w-d.gutter)/6
	for id := (first + stride - 1) / stride * stride; id < end; id += stride {
		d.message(id)
	}
	for i := range d.bands {
		b := &d.bands[i]
		if len(b.lines) == 0 {
			continue
		}
		ink := d.Ink(b.style)
		if count > 300 { // many lines: what is dense is to be seen as dense
			d.Alpha(clamp(300/float64(count), .3, 1))
		}
		for _, l := range b.lines {
			d.Line(ink, l.a.X, l.a.Y, l.b.X, l.b.Y)
		}
		d.Alpha(1)
	}
	if d.detail {
		d.labels()
	}
	d.highlight(d.scene.Hover.Message, d.Accent.with(.5))
	d.highlight(d.scene.Selected.Message, d.Accent)
}

// line returns how a message is drawn: from where to where, what became of it (the
// event; nil: not known yet at the end of what is shown), and whether it is in sight.
func (d *diagram) line(id uint32) (l drawn, send, ended *trace.Event, ok bool) {
	i, j := d.store.Message(id)
	if i < 0 {
		return l, nil, nil, false
	}
	send = d.store.Event(i)
	ya, okA := d.y(send.Node)
	yb, okB := d.y(send.Peer)
	if !okA || !okB || send.T > d.end || send.T > d.Left+d.Span {
		return l, nil, nil, false
	}
	stop, full := d.end, due(send)
	if j >= 0 && d.store.Event(j).T <= d.end {
		ended = d.store.Event(j)
		stop = ended.T
		if ended.Kind == trace.Deliver {
			full = stop
		}
	}
	if stop < d.Left {
		return l, nil, nil, false
	}
	l.id = id
	l.a = Point{d.x(send.T), ya}
	l.b = Point{d.x(full), yb}
	if stop < full {
		l.b = mix(l.a, l.b, float64(stop-send.T)/float64(full-send.T))
	} else if ended == nil && full < d.end { // delayed, or an inbox was full
		l.b.X = d.x(stop)
	}
	return l, send, ended, true
}

func (d *diagram) message(id uint32) {
	l, send, ended, ok := d.line(id)
	if !ok {
		return
	}
	d.lines = append(d.lines, l)
	fill, _ := d.term(send.Term)
	s := Style{Stroke: fill.with(.85), Width: 1.25}
	if send.Flags&consensus.FlagReply != 0 {
		s.Stroke, s.Width = fill.with(.6), 1
	}
	if send.Flags&consensus.FlagPayload != 0 {
		s.Stroke, s.Width = fill, 1.75
	}
	if send.Node.IsClient() || send.Peer.IsClient() {
		s.Stroke = d.Dim.with(.8)
	}
	if ended == nil {
		s.DashOn, s.DashOff = 2, 3
	}
	d.band(s, l)
	if ended != nil && ended.Kind == trace.Loss {
		x := 3.5
		if !d.detail {
			x = 2.5
		}
		s := Style{Stroke: d.Danger, Width: 1.5, Round: true}
		d.band(s, drawn{a: Point{l.b.X - x, l.b.Y - x}, b: Point{l.b.X + x, l.b.Y + x}})
		d.band(s, drawn{a: Point{l.b.X - x, l.b.Y + x}, b: Point{l.b.X + x, l.b.Y - x}})
	} else if ended != nil && d.detail {
		along := l.b.sub(l.a).unit()
		d.head(s.Stroke, l.b.sub(along.times(3)), along)
	}
}

// band puts a line with those of its look.
func (d *diagram) band(s Style, l drawn) {
	for i := range d.bands {
		if d.bands[i].style == s {
			d.bands[i].lines = append(d.bands[i].lines, l)
			return
		}
	}
	d.bands = append(d.bands, band{s, []drawn{l}})
}

// head draws an arrowhead.
func (d *diagram) head(c RGBA, p, along Point) {
	back := p.sub(along.times(6))
	side := along.right().times(2.6)
	d.Poly(d.Ink(Style{Fill: c}), true, p, back.add(side), back.sub(side))
}

// labels writes what messages are, where there is room.
func (d *diagram) labels() {
	if d.gap < 28 || len(d.lines) > 40 {
		return
	}
	ink := d.Ink(Style{Fill: d.Dim, Stroke: d.Paper, Width: 3, Size: 10, Mono: true, Align: Middle})
	var taken []Point
	for _, l := range d.lines {
		i, _ := d.store.Message(l.id)
		name := short(d.protocol, d.store.Event(i).Sub)
		p := mix(l.a, l.b, .3)
		free := name != "" && l.a.to(l.b) > 40 && p.X > d.gutter+8
		for _, q := range taken {
			free = free && (math.Abs(p.X-q.X) > 22 || math.Abs(p.Y-q.Y) > 11)
		}
		if free {
			taken = append(taken, p)
			d.Label(ink, p.X, p.Y+3.5, name)
		}
	}
}

// highlight draws one message again, above the others.
func (d *diagram) highlight(id uint32, c RGBA) {
	if l, _, _, ok := d.line(id); id != 0 && ok {
		d.Line(d.Ink(Style{Stroke: c, Width: 2.5}), l.a.X, l.a.Y, l.b.X, l.b.Y)
		d.head(c, l.b, l.b.sub(l.a).unit())
		d.Circle(d.Ink(Style{Fill: c}), l.a, 3)
	}
}

// event draws the mark of an event, if it has one.
func (d *diagram) event(i int, e *trace.Event) {
	y, ok := d.y(e.Node)
	if !ok {
		return
	}
	p := Point{d.x(e.T), y}
	size := clamp(d.gap/4, 3, 6)
	switch e.Kind {
	case trace.Commit, trace.Chosen:
		if !d.commit(e, p, size) {
			return
		}
	case trace.TimerFire:
		if d.protocol == nil || int(e.Sub) >= len(d.protocol.Timers) || !d.protocol.Timers[e.Sub].Arc {
			return
		}
		d.Circle(d.Ink(Style{Fill: d.Paper, Stroke: d.Text, Width: 1.5}), p, min(size, 4))
		d.Line(d.Ink(Style{Stroke: d.Text, Width: 1.25}), p.X, y, p.X, y-min(size, 4)+1)
	case trace.Invoke:
		d.Rect(d.Ink(Style{Fill: d.Text}), p.X-3, y-3, 6, 6, 1)
	case trace.Answer:
		d.Rect(d.Ink(Style{Fill: d.Paper, Stroke: d.Text, Width: 1.5}), p.X-3, y-3, 6, 6, 1)
	case trace.GiveUp:
		cross := d.Ink(Style{Stroke: d.Danger, Width: 1.5})
		d.Line(cross, p.X-3, y-3, p.X+3, y+3)
		d.Line(cross, p.X-3, y+3, p.X+3, y-3)
	case trace.Violation:
		d.Line(d.Ink(Style{Stroke: d.Danger, Width: 2}), p.X, 0, p.X, d.h-d.floor)
	case trace.Crash, trace.Boot, trace.Role, trace.Term:
		// drawn with the lane
	default:
		return
	}
	d.spots = append(d.spots, spot{i, p})
	if d.scene.Selected.Event == i+1 {
		d.Circle(d.Ink(Style{Stroke: d.Accent, Width: 2}), p, 8)
	}
}

// commit draws the mark of a commit, unless it would stand on the one before; with its
// index where there is room. It reports whether it was drawn.
func (d *diagram) commit(e *trace.Event, p Point, size float64) bool {
	if !e.Node.IsNode() {
		return false
	}
	before := &d.commits[e.Node-1]
	tick := Style{Stroke: d.Text, Width: 2}
	if !d.detail {
		tick, size = Style{Stroke: d.Dim, Width: 1}, size*.7
		if p.X-before.tick < 3 {
			return false
		}
	}
	before.tick = p.X
	d.Line(d.Ink(tick), p.X, p.Y+1, p.X, p.Y+1+size)
	text := strconv.FormatUint(uint64(e.A), 10)
	half := textWidth(text, 9, true) / 2
	if d.detail && d.gap >= 24 && p.X-half > before.label+2 {
		before.label = p.X + half
		d.Label(d.Ink(Style{Fill: d.Dim, Stroke: d.Paper, Width: 3, Size: 9, Mono: true, Align: Middle}), p.X, p.Y+10+size, text)
	}
	return true
}

// cursor draws the moment that is shown, and a veil over what comes after it.
func (d *diagram) cursor() {
	x := d.x(d.scene.Cursor.T)
	if x < d.w && d.end > d.scene.Cursor.T {
		from := max(x, d.gutter)
		d.Rect(d.Ink(Style{Fill: d.Paper.with(.62)}), from, 0, d.w-from, d.h-d.floor, 0)
	}
	if x >= d.gutter-1 && x <= d.w {
		d.Line(d.Ink(Style{Stroke: d.Accent, Width: 1.5}), x, 0, x, d.h-d.floor+3)
		if d.Bare {
			return
		}
		d.Poly(d.Ink(Style{Fill: d.Accent}), true,
			Point{x - 5, d.h - d.floor + 7}, Point{x + 5, d.h - d.floor + 7}, Point{x, d.h - d.floor})
	}
}

// Pick returns what is at a point: an event or a message, within reach, else the moment.
func (g *Diagram) Pick(p Point, reach float64, s *view.Scene) view.Pick {
	pick := view.Pick{T: -1}
	if p.X < g.axes.gutter {
		for i := range g.axes.nodes {
			if y, _ := g.axes.y(consensus.NodeID(i + 1)); math.Abs(p.Y-y) <= g.axes.gap/2 {
				pick.Node = consensus.NodeID(i + 1)
			}
		}
		return pick
	}
	best, found := reach, -1
	for i := len(g.spots) - 1; i >= 0; i-- {
		if d := p.to(g.spots[i].at); d < best {
			best, found = d, i
		}
	}
	if found >= 0 && best <= 8 {
		e := g.spots[found].event
		pick.Event, pick.T, pick.Node = e+1, s.Store.Event(e).T, s.Store.Event(e).Node
		return pick
	}
	nearest, line := reach, -1
	for i := range g.lines {
		if d := distance(p, g.lines[i].a, g.lines[i].b); d < nearest {
			nearest, line = d, i
		}
	}
	switch {
	case line >= 0 && (found < 0 || nearest < best):
		// The nearer end is the event that is meant.
		l := g.lines[line]
		pick.Message = l.id
		e, ended := s.Store.Message(l.id)
		if ended >= 0 && p.to(l.b) < p.to(l.a) && s.Store.Event(ended).T <= s.Frontier {
			e = ended
		}
		if e >= 0 {
			pick.Event, pick.T = e+1, s.Store.Event(e).T
		}
	case found >= 0:
		e := g.spots[found].event
		pick.Event, pick.T, pick.Node = e+1, s.Store.Event(e).T, s.Store.Event(e).Node
	case p.Y <= g.axes.h:
		pick.T = max(0, min(g.axes.t(p.X), max(s.Frontier, s.Cursor.T)))
	}
	return pick
}
