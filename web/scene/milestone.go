package scene

import (
	"math"

	"parley/consensus"
)

// Milestone is a moment that is compared between runs: a line through all lanes.
type Milestone struct {
	T      consensus.Time
	Text   string // beside the line, a word or two; "" for none
	Theirs bool   // it happened in the other run: drawn dashed and without its text
}

// milestones draws the moments that are compared, as far as they have been seen.
func (d *diagram) milestones() {
	theirs := d.Ink(Style{Stroke: d.Dim.with(.7), Width: 1, DashOn: 2, DashOff: 4})
	own := d.Ink(Style{Stroke: d.Text.with(.8), Width: 1.25})
	label := d.Ink(Style{Fill: d.Text, Stroke: d.Paper, Width: 3, Size: 11})
	free := d.gutter // where the next text may begin
	if d.Title != "" {
		free = max(free, 12+textWidth(shorten(d.Title, d.w/3, 11, false), 11, false))
	}
	for _, m := range d.Marks {
		x := math.Round(d.x(m.T)) + .5
		if m.T > d.end || x < d.gutter || x > d.w {
			continue
		}
		if m.Theirs {
			d.Line(theirs, x, 0, x, d.h-d.floor)
			continue
		}
		d.Line(own, x, 2, x, d.h-d.floor)
		wide := textWidth(m.Text, 11, false)
		at := x + 4
		if at+wide > d.w { // no room to its right
			at = x - 4 - wide
		}
		if m.Text != "" && at >= free {
			d.Label(label, at, 12, m.Text)
			free = at + wide + 6
		}
	}
}
