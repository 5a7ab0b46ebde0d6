package scene

import (
	"math"

	"parley/consensus"
	"parley/web/view"
)

// Timeline is the strip under everything: the whole run so far in the hues of its terms,
// with marks for elections, faults, commits and violations.
type Timeline struct {
	Words Words
	With  []*view.Store // runs that are compared with the one of the scene, a strip each below it

	model view.Timeline // of the scene's run
	left  float64
	w     float64
}

// timelineMargin keeps the ends of the strip, and a finger on them, in the host.
const timelineMargin = 12.

// until returns the moment at the right end of the strip: a round time that holds all
// that was seen, so that the strip is not stretched with each frame.
func until(seen consensus.Time) consensus.Time {
	for power := 100 * consensus.Millisecond; ; power *= 10 {
		for _, step := range [...]consensus.Time{10, 12, 15, 20, 25, 30, 40, 50, 60, 80} {
			if t := step * power / 10; t >= seen+seen/50 {
				return t
			}
		}
	}
}

// Draw adds the timeline to a list that was begun.
func (g *Timeline) Draw(l *List, w, h float64, s *view.Scene) {
	th := onSurface(s.Dark)
	seen := max(s.Frontier, s.Cursor.T)
	g.left, g.w = timelineMargin, max(1, w-2*timelineMargin)
	l.Layer(0)

	floor := h // where the strips end, and the times begin
	if h >= 40 {
		floor = h - 16
	}
	rows := float64(1 + len(g.With))
	room := floor / rows
	bar := clamp(h*.3, 8, 14)
	if len(g.With) > 0 {
		bar = clamp(room-14, 3, 12)
	}
	first, last := 0., 0.
	for i := range 1 + len(g.With) {
		store := s.Store
		if i > 0 {
			store = g.With[i-1]
		}
		m := store.Timeline(int(g.w), until(seen))
		y, top, bottom := math.Round(room*(float64(i)+.5)-bar/2)+1, room*float64(i)+1, room*float64(i+1)-1
		if len(g.With) == 0 {
			y, top, bottom = math.Round(h/2-bar/2), 2, h-2
			if h >= 40 {
				y = math.Round(h*.44 - bar/2)
			}
		}
		g.strip(l, th, store, &m, y, bar, top, bottom, float64(m.X(seen)))
		if i == 0 {
			g.model, first = m, y
		}
		last = y + bar
	}

	m := &g.model
	x := func(at int) float64 { return g.left + float64(at) }
	if h >= 40 { // the time, as far as there is room
		step := tick(m.Until, g.w, 96)
		label := l.Ink(Style{Fill: th.Dim, Size: 10, Mono: true, Align: Middle})
		for t := consensus.Time(0); t <= m.Until; t += step {
			text := tickLabel(t, step)
			if half := textWidth(text, 10, true) / 2; x(m.X(t))-half > 0 && x(m.X(t))+half < w {
				l.Label(label, x(m.X(t)), h-4, text)
			}
		}
	}
	head := float64(m.X(seen))
	l.Line(l.Ink(Style{Stroke: th.Dim, Width: 1}), g.left+head, first-3, g.left+head, last+3)
	at := g.left + float64(s.Cursor.T)/float64(max(1, m.Until))*g.w
	l.Line(l.Ink(Style{Stroke: th.Paper, Width: 5}), at, first-5, at, last+5)
	l.Line(l.Ink(Style{Stroke: th.Accent, Width: 2}), at, first-7, at, last+7)
	l.Circle(l.Ink(Style{Fill: th.Accent, Stroke: th.Paper, Width: 2}), Point{at, (first + last) / 2}, 7)
}

// strip draws one run between top and bottom, as far as it has been seen.
func (g *Timeline) strip(l *List, th *Theme, s *view.Store, m *view.Timeline, y, bar, top, bottom, head float64) {
	x := func(at int) float64 { return g.left + float64(at) }
	l.Rect(l.Ink(Style{Fill: th.Faint.with(.55)}), g.left, y, g.w, bar, 3)
	l.Clip(g.left, 0, head, bottom)
	for _, span := range m.Spans {
		fill, _ := th.hue(s.TermSlot(span.Term))
		if span.Leader == consensus.None { // nobody leads: the hue only hints at the term
			fill = fill.with(.3)
		}
		l.Rect(l.Ink(Style{Fill: fill}), x(span.X0), y, float64(span.X1-span.X0), bar, 0)
	}
	l.Unclip()
	for _, mark := range m.Marks {
		if float64(mark.X) > head {
			continue
		}
		p := x(mark.X) + .5
		switch mark.Mark {
		case view.MarkCommit:
			l.Line(l.Ink(Style{Stroke: th.Dim.with(.8), Width: 1}), p, y+bar+2, p, y+bar+2+min(6, 2+float64(mark.Count)))
		case view.MarkElection:
			l.Poly(l.Ink(Style{Fill: th.Text}), true, Point{p - 4, y - 8}, Point{p + 4, y - 8}, Point{p, y - 2})
		case view.MarkFault:
			cross := l.Ink(Style{Stroke: th.Danger, Width: 1.75, Round: true})
			l.Line(cross, p-3, y-8, p+3, y-2)
			l.Line(cross, p-3, y-2, p+3, y-8)
		case view.MarkMend:
			l.Circle(l.Ink(Style{Stroke: th.Dim, Width: 1.5}), Point{p, y - 5}, 2.6)
		case view.MarkViolation:
			l.Rect(l.Ink(Style{Fill: th.Danger}), p-1.5, top, 3, bottom-top, 1)
		}
	}
}

// At returns the moment at an x of the strip, no later than what was seen.
func (g *Timeline) At(x float64, s *view.Scene) consensus.Time {
	t := consensus.Time((x - g.left) / max(1, g.w) * float64(g.model.Until))
	return max(0, min(t, max(s.Frontier, s.Cursor.T)))
}

// Pick returns the moment at a point; that of a mark when it is within reach of one.
func (g *Timeline) Pick(p Point, reach float64, s *view.Scene) view.Pick {
	pick := view.Pick{T: g.At(p.X, s)}
	best := min(reach, 6)
	for _, m := range g.model.Marks {
		if m.Mark == view.MarkCommit {
			continue
		}
		if d := math.Abs(g.left + float64(m.X) - p.X); d < best {
			if e := s.Store.Event(m.Event); e.T <= max(s.Frontier, s.Cursor.T) {
				best, pick.T, pick.Event = d, e.T, m.Event+1
			}
		}
	}
	return pick
}
