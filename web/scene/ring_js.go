package scene

import (
	"strconv"
	"syscall/js"

	"parley/consensus"
	"parley/web/view"
)

// RingPainter draws the ring in a host.
type RingPainter struct {
	*surface
	Ring
}

// NewRing makes a ring in a host.
func NewRing(host js.Value, words Words, events Events) *RingPainter {
	r := &RingPainter{surface: newSurface(host, "manipulation", events, "canvas", "svg"), Ring: Ring{Words: words}}
	r.paint = func() { r.Ring.Draw(&r.list, r.w, r.h, &r.scene) }
	r.pick = func(p Point, reach float64) view.Pick { return r.Ring.Pick(p, reach, r.w, r.h, &r.scene) }
	svg := r.js.Get("layers").Index(ringNodes).Get("svg")
	svg.Call("setAttribute", "role", "group")
	svg.Call("setAttribute", "aria-label", words.Ring)

	// Keys, and clicks that no pointer made (assistive technology), act on the node
	// that has the focus.
	node := func(e js.Value) consensus.NodeID {
		el := e.Get("target").Call("closest", "[data-node]")
		if !el.Truthy() {
			return consensus.None
		}
		n, _ := strconv.Atoi(el.Call("getAttribute", "data-node").String())
		return consensus.NodeID(n)
	}
	choose := func(e js.Value) {
		if id := node(e); id != consensus.None && events.Pick != nil {
			e.Call("preventDefault")
			events.Pick(view.Pick{Node: id, T: -1})
		}
	}
	r.listen("keydown", func(e js.Value) {
		switch e.Get("key").String() {
		case "Enter", " ":
			choose(e)
		case "ContextMenu":
			if id := node(e); id != consensus.None && events.Menu != nil {
				e.Call("preventDefault")
				box := e.Get("target").Call("getBoundingClientRect")
				events.Menu(view.Pick{Node: id, T: -1}, box.Get("right").Float(), box.Get("bottom").Float())
			}
		}
	})
	r.listen("click", func(e js.Value) {
		if e.Get("detail").Int() == 0 {
			choose(e)
		}
	})
	r.listen("focusin", func(e js.Value) {
		if e.Get("target").Call("matches", ":focus-visible").Bool() {
			r.Focus = node(e)
			r.again()
		}
	})
	r.listen("focusout", func(js.Value) {
		r.Focus = consensus.None
		r.again()
	})
	return r
}
