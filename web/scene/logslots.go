package scene

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
)

// promise writes a ballot below which a node takes part in nothing, in a frame that
// ends at x and has its middle at y.
func (d *logs) promise(x, y float64, ballot consensus.Term, up bool) {
	fill, _ := d.term(ballot)
	if !up {
		fill = d.Dim
	}
	text := "\u2265" + d.ballot(ballot)
	wide := textWidth(text, 9, true) + 6
	d.Rect(d.Ink(Style{Fill: d.Paper, Stroke: fill.with(.6), Width: 1}), x-wide, y-6.5, wide, 13, 6.5)
	d.Label(d.Ink(Style{Fill: fill, Size: 9, Mono: true, Align: Middle}), x-wide/2, y+3, text)
}

// ballot writes a ballot in the room there is.
func (d *logs) ballot(b consensus.Term) string {
	if d.cell < 72 {
		return d.protocol.TermShort(b)
	}
	return d.protocol.TermText(b)
}

// gap draws a slot in which a node has accepted nothing, though it has in a later one or
// has promised something in this one.
func (d *logs) gap(i consensus.Index, c trace.Cell, top, high float64) {
	x, w := d.x(i)+1, d.cell-4
	d.Rect(d.Ink(Style{Stroke: d.Faint, Width: 1.25, DashOn: 1, DashOff: 4, Round: true}), x+.5, top+.5, w-1, high-1, 3)
	if c.Promised > 0 {
		wide := textWidth("\u2265"+d.ballot(c.Promised), 9, true) + 6
		d.promise(x+(w+wide)/2, top+high/2, c.Promised, true)
	}
}

// pipsMax is how many acceptors have a dot each in the row of quorums.
const pipsMax = 9

// quorums draws the row that tells of each slot how many have accepted a value in one
// ballot: in a dashed frame while they are too few, on solid ground once it is chosen.
func (d *logs) quorums(slots *Slots) {
	q := d.scene.Store.Quorums(d.state)
	y := headRow + tallyRow/2 - 1
	n := q.Among.Len()
	need := strconv.Itoa(q.Decide) + "/" + strconv.Itoa(n)
	d.Label(d.Ink(Style{Fill: d.Dim, Size: 10, Mono: true, Align: End}), d.gutter-6, y+3.5, need)
	first, last := d.visible()
	d.Clip(d.gutter-2, headRow, d.w-d.gutter+2, tallyRow)
	for i := first; i <= min(last, d.last); i++ {
		if c := slots.Choice(i, d.scene.Cursor.Events, q); c.Ballot > 0 {
			d.pips(d.x(i)+1, y, d.cell-4, c, q.Among)
		}
	}
	d.Unclip()
}

// pips draws how far one slot has come.
func (d *logs) pips(x, y, w float64, c Choice, among consensus.NodeSet) {
	const high = 13.
	fill, ink := d.term(c.Ballot)
	frame := Style{Fill: fill.with(.1), Stroke: fill, Width: 1, DashOn: 3, DashOff: 2.5}
	on, off := Style{Fill: fill}, Style{Stroke: fill.with(.5), Width: 1}
	if c.Chosen {
		frame = Style{Fill: fill}
		on, off = Style{Fill: ink}, Style{Stroke: ink.with(.5), Width: 1}
	}
	if c.Twice {
		frame.Stroke, frame.Width, frame.DashOn = d.Danger, 2.5, 0
	}
	d.Rect(d.Ink(frame), x+.5, y-high/2+.5, w-1, high-1, high/2)
	n := among.Len()
	if n > pipsMax {
		text := strconv.Itoa(c.By.Len()) + "/" + strconv.Itoa(n)
		d.Label(d.Ink(Style{Fill: on.Fill, Size: 10, Mono: true, Align: Middle}), x+w/2, y+3.5, text)
		return
	}
	each := min(10, (w-10)/float64(n))
	at := x + w/2 - each*float64(n-1)/2
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if !among.Has(id) {
			continue
		}
		if c.By.Has(id) {
			d.Circle(d.Ink(on), Point{at, y}, 2.8)
		} else {
			d.Circle(d.Ink(off), Point{at, y}, 2.2)
		}
		at += each
	}
}
