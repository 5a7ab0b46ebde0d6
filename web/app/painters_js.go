package app

import (
	"syscall/js"

	"parley/consensus"
	"parley/web/scene"
	"parley/web/view"
)

// painters draw what moves, each in a host that the components leave alone.
type painters struct {
	sides    [2]sidePainters
	timeline *scene.TimelinePainter
	pressed  struct{ x, y float64 } // where the ring was pressed last, in its host
	byHand   bool                   // and that it was, rather than chosen by a key
}

// sidePainters draw what there is once for each side.
type sidePainters struct {
	ring    *scene.RingPainter
	logs    *scene.LogsPainter
	diagram *scene.DiagramPainter
}

// host returns an element and empties it of what stood there before the program ran.
func (p *page) host(id string) js.Value {
	host := p.document.Call("getElementById", id)
	host.Call("replaceChildren")
	return host
}

// mount puts the painters into their hosts.
func (p *page) mount() {
	words := sceneWords()
	p.painters.timeline = scene.NewTimeline(p.host("timeline"), words, scene.Events{
		Seek: func(t consensus.Time) { p.model.JumpTo(t); p.wake() },
	})
	p.mountSide(0, "", words)
	p.mountSide(1, "-beside", words)
}

// mountSide puts the painters of a side into their hosts.
func (p *page) mountSide(side int, suffix string, words scene.Words) {
	m := p.model
	done := func() { p.wake() }
	events := scene.Events{
		Pick:   func(pick view.Pick) { m.ChooseOn(side, pick, -1, -1); done() },
		Hover:  func(pick view.Pick) { m.PointOn(side, pick); done() },
		Window: func(left, span consensus.Time) { m.ShowWindow(left, span); done() },
		Seek:   func(t consensus.Time) { m.JumpTo(t); done() },
	}
	onRing := events
	onRing.Pick = func(pick view.Pick) {
		x, y := p.painters.pressed.x, p.painters.pressed.y
		if !p.painters.byHand {
			x, y = -1, -1
		}
		p.painters.byHand = false // so that a key that follows is not taken for a press
		m.ChooseOn(side, pick, x, y)
		done()
	}
	ring := p.host("ring" + suffix)
	place := func(e js.Value) (x, y float64) {
		box := ring.Call("getBoundingClientRect")
		return e.Get("clientX").Float() - box.Get("left").Float(), e.Get("clientY").Float() - box.Get("top").Float()
	}
	onRing.Menu = func(pick view.Pick, x, y float64) {
		box := ring.Call("getBoundingClientRect")
		m.ChooseOn(side, pick, x-box.Get("left").Float(), y-box.Get("top").Float())
		done()
	}
	ring.Call("addEventListener", "pointerdown", js.FuncOf(func(_ js.Value, args []js.Value) any {
		p.painters.pressed.x, p.painters.pressed.y = place(args[0])
		p.painters.byHand = true
		return nil
	}), true)
	p.painters.sides[side] = sidePainters{
		ring:    scene.NewRing(ring, words, onRing),
		logs:    scene.NewLogs(p.host("logs"+suffix), words, events),
		diagram: scene.NewDiagram(p.host("diagram"+suffix), words, events),
	}
}

// paint draws the moment that is shown, in the painters that can be seen.
func (p *page) paint() {
	m := p.model
	if !m.hasRun() || m.Phase == Opening || m.Phase == Waiting {
		return
	}
	if p.painters.timeline == nil {
		p.mount() // until now the static picture stood in the ring's host
	}
	titles, marks := m.Titles(), m.Milestones()
	for i, side := range m.sides {
		s := p.scene(side)
		draw := &p.painters.sides[i]
		draw.ring.Title, draw.logs.Title, draw.diagram.Title = titles[i], titles[i], titles[i]
		draw.ring.Marks = m.Marks()
		draw.ring.Paint(s)
		if m.sees(TabLogs, m.Fold.Logs) {
			draw.logs.Paint(s)
		}
		if m.sees(TabDiagram, m.Fold.Diagram) {
			draw.diagram.Bare, draw.diagram.Marks = i+1 < len(m.sides), marks[i]
			draw.diagram.Paint(s)
		}
	}
	p.painters.timeline.With = nil
	for _, side := range m.sides[1:] {
		p.painters.timeline.With = append(p.painters.timeline.With, &side.Store)
	}
	p.painters.timeline.Paint(p.scene(m.sides[0]))
}

// ringHost returns where the ring of the side that is looked at is drawn.
func (p *page) ringHost() js.Value {
	return p.document.Call("getElementById", [...]string{"ring", "ring-beside"}[p.model.looked])
}

// placePop puts the small panel beside what it is about, within the ring's host.
func (p *page) placePop() {
	pop := p.document.Call("getElementById", "pop")
	if !pop.Truthy() {
		if p.popShown != "" && p.popFrom.Truthy() && p.document.Get("activeElement").Equal(p.document.Get("body")) {
			p.popFrom.Call("focus", map[string]any{"preventScroll": true})
		}
		p.popShown = ""
		return
	}
	host := p.ringHost()
	x, y := p.model.Pop.X, p.model.Pop.Y
	w, h := pop.Get("offsetWidth").Float(), pop.Get("offsetHeight").Float()
	W, H := host.Get("clientWidth").Float(), host.Get("clientHeight").Float()
	reach := 16. // from the middle of what it is about
	if nx, ny, r := p.nodePlace(); r > 0 {
		x, y, reach = nx, ny, r+24
	}
	left, top := x+reach, y-h/2
	switch {
	case x < 0: // about nothing that stands on the ring: leave the ring to be seen
		left, top = 12, H-h-8
	case left+w > W-8:
		left = x - reach - w
	}
	left, top = max(8, min(left, W-w-8)), max(8, min(top, H-h-8))
	left += host.Get("offsetLeft").Float()
	top += host.Get("offsetTop").Float()
	style := pop.Get("style")
	style.Set("left", px(left))
	style.Set("top", px(top))
	if word := pop.Get("dataset").Get("kind").String(); word != p.popShown {
		if p.popShown == "" {
			p.popFrom = p.document.Get("activeElement")
		}
		p.popShown = word
		if !p.byPointer {
			if first := pop.Call("querySelector", ".choices button:not(:disabled)"); first.Truthy() {
				first.Call("focus", map[string]any{"preventScroll": true})
			}
		}
	}
}

// nodePlace returns where the node stands that the small panel is about, and its radius;
// 0 when it is about none.
func (p *page) nodePlace() (x, y, r float64) {
	id := consensus.None
	switch p.model.Pop.Kind {
	case PopNode:
		id = p.model.Selected.Node
	case PopLinkTo:
		id = p.model.Pop.From
	}
	ring := p.painters.sides[p.model.looked].ring
	if id == consensus.None || ring == nil {
		return 0, 0, 0
	}
	host := p.ringHost()
	layout := ring.Layout(host.Get("clientWidth").Float(), host.Get("clientHeight").Float(), p.model.state())
	at, r, ok := layout.Of(id)
	if !ok {
		return 0, 0, 0
	}
	return at.X, at.Y, r
}

// sees reports whether a strip of the scene is to be seen.
func (m *Model) sees(t Tab, folded bool) bool {
	if m.Narrow {
		return m.panel() == t
	}
	return !folded
}
