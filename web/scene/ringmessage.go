package scene

import (
	"math"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// How many messages may be in flight for each to be drawn large, with its label.
const (
	labelsMax = 24
	largeMax  = 60
	mediumMax = 160
)

// messageSize is the factor by which messages are drawn smaller when there are many.
func messageSize(count int, r float64) float64 {
	f := clamp(r/28, .72, 1.1)
	switch {
	case count > mediumMax:
		return .5 * f
	case count > largeMax:
		return .72 * f
	}
	return f
}

// radius is a message's, at size 1.
func radius(m consensus.MessageFlags, client bool) float64 {
	switch {
	case m&consensus.FlagPayload != 0:
		return 8.5
	case client:
		return 6
	}
	return 6.5
}

// messages draws what is in flight, the trails first, so that no trail covers a message.
func (d *ring) messages() {
	count := len(d.state.Messages)
	size := messageSize(count, d.R)
	if count <= mediumMax {
		for i := range d.state.Messages {
			d.trail(&d.state.Messages[i], size)
		}
	}
	for i := range d.state.Messages {
		f := &d.state.Messages[i]
		if l, ok := d.Lane(f.From, f.To); ok {
			d.message(f, l.at(view.Place(f, d.t)), size, count <= largeMax)
		}
	}
	if count <= labelsMax && d.labels != brief {
		d.kinds(size)
	}
}

// trail draws where a message came from: a wedge that grows with the way behind it.
func (d *ring) trail(f *trace.Flight, size float64) {
	l, ok := d.Lane(f.From, f.To)
	if !ok {
		return
	}
	place := view.Place(f, d.t)
	const length, steps = .2, 6
	from := max(0, place-length)
	if place-from < .01 {
		return
	}
	fill, _ := d.term(f.Term)
	half := radius(f.Flags, false) * size * .55
	var points [2*steps + 1]Point
	for i := range steps + 1 {
		g := float64(i) / steps
		at := from + (place-from)*g
		side := l.along(at).right().times(half * g)
		p := l.at(at)
		points[i] = p.add(side)
		if i > 0 {
			points[2*steps+1-i] = p.sub(side)
		}
	}
	d.Poly(d.Ink(Style{Fill: fill.with(.28)}), true, points[:]...)
}

// message draws one message: filled when it asks, hollow when it answers, with the
// sign of its verdict, larger when it carries commands; a client's are square.
func (d *ring) message(f *trace.Flight, p Point, size float64, detail bool) {
	fill, ink := d.term(f.Term)
	client := f.From.IsClient() || f.To.IsClient()
	if client {
		fill, ink = d.Dim, d.Paper
	}
	r := radius(f.Flags, client) * size
	answer := f.Flags&consensus.FlagReply != 0
	style := Style{Fill: fill, Stroke: d.Paper, Width: 1.5}
	if answer {
		style = Style{Fill: d.Paper, Stroke: fill, Width: float32(clamp(1.9*size, 1.2, 2))}
	} else if !detail {
		style = Style{Fill: fill}
	}
	if d.scene.Selected.Message == f.ID || d.scene.Hover.Message == f.ID {
		a := 1.
		if d.scene.Selected.Message != f.ID {
			a = .5
		}
		d.Circle(d.Ink(Style{Stroke: d.Accent.with(a), Width: 2}), p, r+4.5)
	}
	if client {
		r *= .86
		d.Rect(d.Ink(style), p.X-r, p.Y-r, 2*r, 2*r, 2*size)
	} else {
		d.Circle(d.Ink(style), p, r)
	}
	if !detail {
		return
	}
	sign := ink
	if answer {
		sign = fill
	}
	w := r * .46
	mark := d.Ink(Style{Stroke: sign, Width: float32(1.8 * size)})
	switch {
	case f.Flags&consensus.FlagYes != 0:
		d.Line(mark, p.X-w, p.Y, p.X+w, p.Y)
		d.Line(mark, p.X, p.Y-w, p.X, p.Y+w)
	case f.Flags&consensus.FlagNo != 0:
		d.Line(mark, p.X-w, p.Y, p.X+w, p.Y)
	case f.Flags&consensus.FlagPayload != 0 && !answer: // lines, as of a log
		for i := -1.; i <= 1; i++ {
			d.Line(mark, p.X-w, p.Y+i*w*.85, p.X+w, p.Y+i*w*.85)
		}
	}
}

// kinds writes beside each message what it is, where no node, client or other message is in
// the way.
func (d *ring) kinds(size float64) {
	obstacles := make([]obstacle, 0, labelsMax+32)
	var lanes [labelsMax]Lane
	for i := range d.state.Messages {
		f := &d.state.Messages[i]
		if l, ok := d.Lane(f.From, f.To); ok {
			lanes[i] = l
			obstacles = append(obstacles, obstacle{l.at(view.Place(f, d.t)), radius(f.Flags, false) * size, i})
		}
	}
	messages := len(obstacles)
	for _, p := range d.Nodes {
		obstacles = append(obstacles, obstacle{p, d.R + ringGap, -1})
	}
	for _, p := range d.Clients {
		obstacles = append(obstacles, obstacle{p, d.C, -1})
	}
	for _, m := range obstacles[:messages] {
		d.kind(m, lanes[m.message], obstacles)
	}
}

// obstacle is a disc on the ring that no label may cover: a message by its number, or none.
type obstacle struct {
	Point
	r       float64
	message int
}

// kind writes what a message is, fainter the nearer it is to an obstacle.
func (d *ring) kind(m obstacle, l Lane, obstacles []obstacle) {
	f := &d.state.Messages[m.message]
	name := short(d.protocol, f.Kind)
	if name == "" {
		return
	}
	half := textWidth(name, 10, true) / 2
	side := l.along(view.Place(f, d.t)).right()
	p := m.Point.add(side.times(m.r + 9))
	p.X += side.X * half * .6
	clear := math.Inf(1)
	for _, o := range obstacles {
		if o.message != m.message {
			away := math.Hypot(max(math.Abs(o.X-p.X)-half, 0), max(math.Abs(o.Y-p.Y)-4, 0))
			clear = min(clear, away-o.r)
		}
	}
	alpha := math.Round(smooth(clear, 0, 6)*16) / 16
	if alpha == 0 {
		return
	}
	d.Alpha(alpha)
	d.Label(d.Ink(Style{Fill: d.Dim, Stroke: d.Paper, Width: 3, Size: 10, Mono: true, Align: Middle}), p.X, p.Y+3.5, name)
	d.Alpha(1)
}

// losses draws the messages that were lost a moment ago: a cross where each died, and
// a ring that widens and fades, all as a function of the time since.
func (d *ring) losses() {
	size := messageSize(len(d.state.Messages), d.R)
	for i := range d.state.Lost {
		f := &d.state.Lost[i]
		age, life := d.t-f.At, lossLife(f)
		l, ok := d.Lane(f.From, f.To)
		if !ok || age < 0 || age >= life {
			continue
		}
		u := float64(age) / float64(life)
		p := l.at(float64(f.Where) / 65535)
		fill, _ := d.term(f.Term)
		r := radius(f.Flags, false) * size
		if u < .6 {
			d.Alpha(.8 * (1 - u/.6))
			d.Circle(d.Ink(Style{Stroke: fill, Width: 1.5}), p, r*(1+1.6*u))
		}
		d.Alpha(1 - smooth(u, .5, 1))
		d.lossCross(p, r, size)
		d.Alpha(1)
	}
}

// lossCross draws where a message of radius r died.
func (d *ring) lossCross(p Point, r, size float64) {
	x := r * .62
	cross := d.Ink(Style{Stroke: d.Danger, Width: float32(clamp(2.2*size, 1.4, 2.4)), Round: true})
	d.Line(cross, p.X-x, p.Y-x, p.X+x, p.Y+x)
	d.Line(cross, p.X-x, p.Y+x, p.X+x, p.Y-x)
}

// lossLife is how long the cross of a lost message stays: about as long as the rest
// of its way would have taken.
func lossLife(f *trace.Death) consensus.Time {
	return max((f.Due-f.Sent)*3/4, consensus.Millisecond)
}
