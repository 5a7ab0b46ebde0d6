package scene

import (
	"math"
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
)

// currentSlot returns the slot that is worth telling of: the lowest that nobody knows to
// be chosen yet and in which somebody has accepted something, or else the last that is
// chosen; 0 when there is none, or the log is not slots.
func currentSlot(st *trace.State, p *consensus.Protocol) consensus.Index {
	if !p.Slots {
		return 0
	}
	var known, last consensus.Index
	for i := range st.Nodes {
		known, last = max(known, st.Nodes[i].Commit), max(last, st.Nodes[i].Last())
	}
	top := known
slots:
	for slot := known + 1; slot <= min(last, known+slotsAhead); slot++ {
		set := false
		for i := range st.Nodes {
			c := st.Nodes[i].At(slot)
			if c.Chosen {
				top = slot
				continue slots
			}
			set = set || c.Set
		}
		if set {
			return slot
		}
	}
	return top
}

// slotsAhead bounds how far beyond what is chosen the ring looks.
const slotsAhead = 256

// accepting returns whether a leader waits for acceptances in its lowest open slot, and
// who has accepted there, whether it has heard of that or not.
func (d *ring) accepting(n *trace.Node) (open bool, by consensus.NodeSet) {
	if role := d.role(n); d.slot == 0 || !n.Up || !role.Leads || role.Seeks {
		return false, by
	}
	for slot := n.Commit + 1; slot <= min(n.Last(), n.Commit+slotsAhead); slot++ {
		c := n.At(slot)
		if !c.Set || c.Chosen || c.Term != n.Term {
			continue
		}
		for i := range d.state.Nodes {
			o := d.state.Nodes[i].At(slot)
			if o.Set && o.Term == c.Term && o.Client == c.Client && o.Seq == c.Seq && o.Hash == c.Hash {
				by.Add(consensus.NodeID(i + 1))
			}
		}
		return true, by
	}
	return false, by
}

// accepted returns what a node has accepted in the current slot, "" for nothing, and
// whether it knows that to be chosen.
func (d *ring) accepted(n *trace.Node) (text string, chosen bool) {
	c := n.At(d.slot)
	if !c.Set {
		return "", false
	}
	return command(d.scene.Store, c, d.words), c.Chosen || d.slot <= n.Commit
}

// chip writes on a node what it has accepted in the current slot: in a dashed frame, or
// on solid ground once it knows that this is chosen.
func (d *ring) chip(n *trace.Node, p Point) {
	if d.slot == 0 || d.R < 18 {
		return
	}
	text, chosen := d.accepted(n)
	if text == "" {
		return
	}
	fill, ink := d.term(n.At(d.slot).Term)
	size := clamp(math.Round(d.R*.34), 9, 11)
	high, slot := size+6, strconv.FormatUint(uint64(d.slot), 10)
	text = shorten(text, 2.4*d.R, size, true)
	wide := textWidth(slot+" "+text, size, true) + 10
	x, y := p.X-wide/2, p.Y+d.R*1.1-high/2
	d.Rect(d.Ink(Style{Fill: d.Paper}), x-2, y-2, wide+4, high+4, high/2+2)
	if chosen {
		d.Rect(d.Ink(Style{Fill: fill}), x, y, wide, high, high/2)
	} else {
		ink = d.Text
		d.Rect(d.Ink(Style{Fill: fill.with(.14), Stroke: fill, Width: 1.25, DashOn: 3, DashOff: 2.5}), x+.5, y+.5, wide-1, high-1, high/2)
	}
	base := y + high/2 + size*.35
	d.Label(d.Ink(Style{Fill: ink.with(.7), Size: uint8(size), Mono: true}), x+5, base, slot)
	d.Label(d.Ink(Style{Fill: ink, Size: uint8(size), Mono: true, Align: End}), x+wide-5, base, text)
}

// title writes what is shown in the corner.
func (d *ring) title(text string) {
	if text != "" {
		d.Label(d.Ink(Style{Fill: d.Text, Stroke: d.Paper, Width: 3, Size: 13, Bold: true}), 10, 18, shorten(text, d.W/2-20, 13, false))
	}
}
