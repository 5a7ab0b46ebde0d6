package scene

import (
	"errors"
	"math"
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// Bounds of a moving picture, so that it stays a picture.
const (
	// MovingMessages is the largest number of messages in one.
	MovingMessages = 400
	// MovingChanges is how often its nodes, links and clients may look different.
	MovingChanges = 1500
)

// movingEvents is the largest number of events in a stretch.
const movingEvents = 100_000

// Moving is what a moving picture is told: the stretch of the run that it shows, over and
// over, and how long that takes to look at. Lasts 0 is a time in which messages can be
// followed.
type Moving struct {
	Picture
	From, Until consensus.Time
	Lasts       consensus.Duration
}

// Pace of a moving picture whose length nobody said: a millisecond takes so much longer,
// within these bounds.
const (
	movingSlower = 25
	movingLeast  = 4 * consensus.Second
	movingMost   = 60 * consensus.Second
)

// RingMoving returns the ring over a stretch of time as a standalone picture that moves:
// SVG with declarative animation (SMIL), without a script. For whoever asks for less
// motion it shows the end of the stretch and stands still. The error is a sentence
// without a full stop.
func RingMoving(s view.Scene, w, h float64, words Words, m Moving) ([]byte, error) {
	switch {
	case s.Store.Protocol == nil:
		return nil, errors.New("there is no run to show")
	case m.From < 0 || m.Until <= m.From:
		return nil, errors.New("a moving picture shows a stretch of time that ends after it begins")
	case m.Lasts < 0 || m.Lasts > 10*movingMost:
		return nil, errors.New("a moving picture lasts at most " + strconv.Itoa(int(10*movingMost/consensus.Second)) + " s")
	}
	if m.Lasts == 0 {
		m.Lasts = max(movingLeast, min(movingMost, (m.Until-m.From)*movingSlower))
	}
	out := new(svgPrinter)
	out.head(w, h, m.Title, m.Says)
	out.text("<style>.still{display:none}@media(prefers-reduced-motion:reduce){.live{display:none}.still{display:inline}}</style>\n")
	themes := m.schemes()
	if len(themes) > 1 {
		out.text(bothStyle)
	}
	s.Selected, s.Hover, s.Frontier = view.Pick{T: -1}, view.Pick{T: -1}, m.Until
	for _, theme := range themes {
		s.Dark = theme.dark
		if theme.class != "" {
			out.text(`<g class="`).text(theme.class).text("\">\n")
		}
		if !m.Clear {
			out.ground(w, h, onGround(theme.dark).Paper)
		}
		a := animation{svgPrinter: out, m: &m, s: s, w: w, h: h, ring: Ring{Words: words}}
		if err := a.live(); err != nil {
			return nil, err
		}
		out.text("<g class=\"still\">\n")
		a.moment(m.Until, func(d *ring) { a.ring.Draw(d.List, w, h, d.scene) })
		out.text("</g>\n")
		if theme.class != "" {
			out.text("</g>\n")
		}
	}
	return out.text("</svg>\n").b, nil
}

// animation is one theme of a moving picture.
type animation struct {
	*svgPrinter
	m    *Moving
	s    view.Scene
	w, h float64
	ring Ring
}

// part returns where a moment is in the stretch, from 0 to 1.
func (a *animation) part(t consensus.Time) float64 {
	return clamp(float64(t-a.m.From)/float64(a.m.Until-a.m.From), 0, 1)
}

// moment draws something of the ring at a moment and prints it.
func (a *animation) moment(t consensus.Time, draw func(d *ring)) {
	a.shapes(a.draw(a.s.Store.Moment(t), draw))
}

func (a *animation) draw(at view.Cursor, draw func(d *ring)) []Shape {
	var l List
	l.Begin()
	l.Layer(0)
	s := a.s
	s.Cursor = at
	d := a.ring.at(&l, a.w, a.h, &s)
	d.arcless = true
	draw(d)
	var r Reader
	shapes, _ := r.Read(l.Bytes())
	return shapes[1:] // without the layer
}

// shapes prints shapes without their groups: what they are called is for the page.
func (a *animation) shapes(shapes []Shape) {
	for i := range shapes {
		if op := shapes[i].Op; op != OpGroup && op != OpUngroup {
			a.shape(&shapes[i])
		}
	}
}

// live prints what moves: links and walls, messages and what is lost, then nodes and
// clients, each of them as often as it looks different.
func (a *animation) live() error {
	store := a.s.Store
	first, end := store.Before(a.m.From), store.Before(a.m.Until)
	st := store.State(first)
	nodes, clients := len(st.Nodes), len(st.Clients)

	if end-first > movingEvents {
		return errors.New("more than " + strconv.Itoa(movingEvents) + " events are in this stretch: choose a shorter one")
	}
	looks := make([]looks, 1+nodes+clients+nodes)
	flights := newFlights(a.m.From, st)
	arcs := make([][]arcPiece, nodes)
	changed := make([]bool, len(looks))
	for i := range changed {
		changed[i] = true
	}
	last := store.Moment(a.m.From)
	for i := first; ; i++ {
		if i == end || store.Event(i).T > last.T { // all of this moment has happened
			if err := a.look(last, looks, arcs, changed); err != nil {
				return err
			}
			clear(changed)
		}
		if i == end {
			break
		}
		e := store.Event(i)
		a.touches(e, changed, nodes)
		if err := flights.take(e); err != nil {
			return err
		}
		last = view.Cursor{Events: i + 1, T: e.T}
	}

	a.text("<g class=\"live\">\n")
	a.print(&looks[0])
	layout := a.ring.Layout(a.w, a.h, store.State(first))
	for i := range flights.all {
		a.flight(&flights.all[i], layout)
	}
	for i := range nodes {
		a.print(&looks[1+i])
		for k, piece := range arcs[i] {
			until := a.m.Until
			if k+1 < len(arcs[i]) {
				until = arcs[i][k+1].from
			}
			a.arc(piece, until, layout.Nodes[i], layout.R+arcGap)
		}
		a.print(&looks[1+nodes+clients+i])
	}
	for i := range clients {
		a.print(&looks[1+nodes+i])
	}
	a.bar()
	a.text("</g>\n")
	return nil
}

// look is how something looks from a moment on.
type look struct {
	from   float64
	shapes []Shape
	print  string
}

type looks []look

// touches marks what may look different after an event: the links and walls first, then
// the nodes, the clients, and the chips of the nodes.
func (a *animation) touches(e *trace.Event, changed []bool, nodes int) {
	chips := len(changed) - nodes
	switch e.Kind {
	case trace.Deliver, trace.Loss, trace.Duplicate, trace.Delay, trace.Rule:
		return
	case trace.Cut, trace.Heal, trace.Partition:
		changed[0] = true
	case trace.Entry, trace.Commit, trace.Chosen, trace.Truncate, trace.Switch:
		if a.s.Store.Protocol.Slots { // what one has accepted is counted at others
			for i := range nodes {
				changed[1+i], changed[chips+i] = true, true
			}
		}
	}
	switch id := e.Node; {
	case id.IsNode() && int(id) <= nodes:
		changed[id], changed[chips+int(id)-1] = true, true
	case id.IsClient() && 1+nodes+int(id-consensus.ClientFirst) < chips:
		changed[1+nodes+int(id-consensus.ClientFirst)] = true
	}
}

// look notes what looks different at a moment, of what may.
func (a *animation) look(at view.Cursor, all []looks, arcs [][]arcPiece, changed []bool) error {
	nodes := len(arcs)
	from := a.part(at.T)
	note := func(l *looks, draw func(d *ring)) {
		shapes := a.draw(at, draw)
		p := svgPrinter{}
		for i := range shapes {
			p.shape(&shapes[i])
		}
		if n := len(*l); n > 0 && (*l)[n-1].print == string(p.b) {
			return
		} else if n > 0 && (*l)[n-1].from == from {
			*l = (*l)[:n-1]
		}
		*l = append(*l, look{from, shapes, string(p.b)})
	}
	for i := range all {
		switch {
		case !changed[i]:
		case i == 0:
			note(&all[0], func(d *ring) { d.links(); d.walls() })
		case i <= nodes:
			note(&all[i], func(d *ring) {
				d.around(&d.state.Nodes[i-1], d.Nodes[i-1])
				d.node(&d.state.Nodes[i-1], d.Nodes[i-1])
				a.timer(d, i-1, at.T, &arcs[i-1])
			})
		case i < len(all)-nodes:
			note(&all[i], func(d *ring) { d.client(i - 1 - nodes) })
		default:
			note(&all[i], func(d *ring) {
				if k := i - (len(all) - nodes); d.state.Nodes[k].Up {
					d.chip(&d.state.Nodes[k], d.Nodes[k])
				}
			})
		}
	}
	total := 0
	for i := range all {
		total += len(all[i])
	}
	for i := range arcs {
		total += len(arcs[i])
	}
	if total > MovingChanges {
		return errors.New("more than " + strconv.Itoa(MovingChanges) + " things change in this stretch: a moving picture has no room for them; choose a shorter one")
	}
	return nil
}

// print prints each look of something for as long as it lasts.
func (a *animation) print(l *looks) {
	for i, look := range *l {
		until := 1.
		if i+1 < len(*l) {
			until = (*l)[i+1].from
		}
		if until <= look.from && until < 1 || len(look.shapes) == 0 {
			continue
		}
		a.text("<g>")
		a.visible(look.from, until)
		a.text("\n")
		a.shapes(look.shapes)
		a.text("</g>\n")
	}
}

// visible lets the element that was begun be seen from one part of the stretch to another.
func (a *animation) visible(from, until float64) {
	if from <= 0 && until >= 1 {
		return
	}
	a.text(`<animate attributeName="visibility" calcMode="discrete" values="`)
	if from > 0 {
		a.text("hidden;")
	}
	a.text("visible")
	if until < 1 {
		a.text(";hidden")
	}
	a.text(`" keyTimes="0`)
	if from > 0 {
		a.text(";").fine(from)
	}
	if until < 1 {
		a.text(";").fine(until)
	}
	a.text(`"`).again()
}

// again ends an animation that goes on for ever.
func (a *animation) again() {
	a.text(` dur="`).fine(float64(a.m.Lasts) / float64(consensus.Second)).text(`s" repeatCount="indefinite"/>`)
}

// fine prints a number with five decimals.
func (a *animation) fine(v float64) *animation {
	a.b = strconv.AppendFloat(a.b, math.Round(v*1e5)/1e5, 'f', -1, 64)
	return a
}

func (a *animation) text(s string) *animation {
	a.svgPrinter.text(s)
	return a
}

// keys prints a list of numbers.
func (a *animation) keys(name string, values ...float64) *animation {
	a.text(" ").text(name).text(`="`)
	for i, v := range values {
		if i > 0 {
			a.text(";")
		}
		a.fine(v)
	}
	return a.text(`"`)
}

// arcPiece is how a node's timer runs for a while.
type arcPiece struct {
	from   consensus.Time
	timer  trace.Timer // not running: there is no arc from here on
	colour RGBA
}

// timer notes how the arc of a node runs from a moment on.
func (a *animation) timer(d *ring, node int, t consensus.Time, pieces *[]arcPiece) {
	n := &d.state.Nodes[node]
	p := arcPiece{from: t}
	d.arcless = false
	if timer, ok := d.arc(n); ok && n.Up {
		p.timer = timer
		p.colour, _ = d.term(n.Term)
	}
	d.arcless = true
	if k := len(*pieces); k > 0 {
		last := &(*pieces)[k-1]
		if last.timer == p.timer && last.colour == p.colour {
			return
		}
		if last.from == t {
			*pieces = (*pieces)[:k-1]
		}
	} else if p.timer.Due == 0 {
		return
	}
	*pieces = append(*pieces, p)
}

// flightTrack is the way of a message over the stretch.
type flightTrack struct {
	trace.Flight
	times  []consensus.Time
	places []float64
	lost   bool
	ended  bool
}

// key notes where the message is at a moment. One that has come to its end and has to
// wait there moves no more.
func (f *flightTrack) key(t consensus.Time, place float64) {
	if n := len(f.times); n > 0 && t > f.Due && f.times[n-1] < f.Due {
		f.times, f.places = append(f.times, f.Due), append(f.places, 1)
	}
	f.times, f.places = append(f.times, t), append(f.places, place)
}

// flights follows the messages of a stretch.
type flights struct {
	all  []flightTrack
	byID map[uint32]int
}

func newFlights(from consensus.Time, st *trace.State) *flights {
	fs := &flights{byID: map[uint32]int{}}
	for i := range st.Messages {
		f := st.Messages[i]
		fs.begin(f, from, view.Place(&f, from))
	}
	return fs
}

func (fs *flights) begin(f trace.Flight, t consensus.Time, place float64) {
	track := flightTrack{Flight: f}
	track.key(t, place)
	fs.byID[f.ID] = len(fs.all)
	fs.all = append(fs.all, track)
}

// take follows an event as the fold of a trace does (trace.State).
func (fs *flights) take(e *trace.Event) error {
	track := func(id uint32) *flightTrack {
		if i, ok := fs.byID[id]; ok && !fs.all[i].ended {
			return &fs.all[i]
		}
		return nil
	}
	switch e.Kind {
	case trace.Send:
		fs.begin(trace.Flight{
			ID: e.ID, From: e.Node, To: e.Peer, Kind: e.Sub, Flags: e.Flags, Term: e.Term,
			Sent: e.T, Start: e.T, Due: due(e), Size: e.C,
		}, e.T, 0)
	case trace.Duplicate:
		f := trace.Flight{Sent: e.T, Flags: e.Flags, Kind: e.Sub, Term: e.Term}
		if o := track(e.A); o != nil {
			f = o.Flight
			f.From0 = o.Place(e.T)
		}
		f.ID, f.From, f.To, f.Copy, f.Start, f.Due = e.ID, e.Node, e.Peer, e.A, e.T, due(e)
		fs.begin(f, e.T, view.Place(&f, e.T))
	case trace.Delay:
		if f := track(e.ID); f != nil {
			f.key(e.T, view.Place(&f.Flight, e.T))
			f.From0 = f.Place(e.T)
			f.Start, f.Due = e.T, due(e)
		}
	case trace.Deliver, trace.Loss:
		if f := track(e.ID); f != nil {
			f.key(e.T, view.Place(&f.Flight, e.T))
			f.ended, f.lost = true, e.Kind == trace.Loss
		}
	}
	if len(fs.all) > MovingMessages {
		return errors.New("more than " + strconv.Itoa(MovingMessages) + " messages are in this stretch: a moving picture has no room for them; choose a shorter one")
	}
	return nil
}

// flight prints a message on its way, and the cross where it dies.
func (a *animation) flight(f *flightTrack, layout *Layout) {
	lane, ok := layout.Lane(f.From, f.To)
	if !ok {
		return
	}
	if !f.ended {
		f.key(a.m.Until, view.Place(&f.Flight, a.m.Until))
	}
	n := len(f.times)
	from, until := a.part(f.times[0]), a.part(f.times[n-1])
	size := messageSize(0, layout.R)
	a.text("<g>")
	if !f.ended {
		a.visible(from, 1)
	} else {
		a.visible(from, until)
	}
	a.text("<animateMotion calcMode=\"linear\" path=\"M")
	a.pair(lane.A.X, lane.A.Y).text("Q").pair(lane.C.X, lane.C.Y).text(" ").pair(lane.B.X, lane.B.Y)
	a.text(`"`)
	times, places := []float64{0}, []float64{f.places[0]}
	for i := range n {
		times, places = append(times, a.part(f.times[i])), append(places, f.places[i])
	}
	times, places = append(times, 1), append(places, f.places[n-1])
	a.keys("keyTimes", times...).keys("keyPoints", places...).again()
	a.shapes(a.draw(a.s.Store.Moment(a.m.From), func(d *ring) { d.message(&f.Flight, Point{}, size, true) }))
	a.text("</g>\n")
	if !f.lost {
		return
	}
	death := trace.Death{Flight: f.Flight}
	end := min(1, a.part(f.times[n-1]+lossLife(&death)))
	if end <= until {
		return
	}
	p := lane.at(f.places[n-1])
	a.text("<g opacity=\"0\"><animate attributeName=\"opacity\"")
	a.keys("keyTimes", 0, until, until, until+(end-until)/2, end, 1).keys("values", 0, 0, 1, 1, 0, 0).again()
	a.shapes(a.draw(a.s.Store.Moment(a.m.From), func(d *ring) { d.lossCross(p, radius(f.Flags, false)*size, size) }))
	a.text("</g>\n")
}

// arc prints the arc of a node's timer as it runs down.
func (a *animation) arc(piece arcPiece, until consensus.Time, p Point, r float64) {
	from, to := a.part(piece.from), a.part(until)
	if !piece.timer.Running() || to <= from {
		return
	}
	a.text("<circle").attribute("cx", p.X).attribute("cy", p.Y).attribute("r", r).attribute("stroke-width", 3)
	a.text(` pathLength="1" stroke-dasharray="1" fill="none"`)
	a.colour("stroke", piece.colour)
	a.text(` transform="rotate(-90 `).pair(p.X, p.Y).text(`)">`)
	a.visible(from, to)
	left := func(t consensus.Time) float64 { return 1 - view.Left(piece.timer, t) }
	a.text(`<animate attributeName="stroke-dashoffset"`)
	a.keys("keyTimes", 0, from, to, 1).keys("values", left(piece.from), left(piece.from), left(until), left(until)).again()
	a.text("</circle>\n")
}

// bar prints how far the stretch has been shown.
func (a *animation) bar() {
	accent := onGround(a.s.Dark).Accent
	a.text("<rect x=\"0\"").attribute("y", a.h-3)
	a.attribute("height", 3)
	a.text(` width="0"`)
	a.colour("fill", accent)
	a.text(`><animate attributeName="width" from="0" to="`).fine(a.w).text(`"`).again()
	a.text("</rect>\n")
}
