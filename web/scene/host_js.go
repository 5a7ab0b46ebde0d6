package scene

import (
	"bytes"
	"syscall/js"

	"parley/consensus"
	"parley/web/view"
)

// Events are what a visitor does on a painter. Each may be nil.
type Events struct {
	Pick   func(p view.Pick)               // chosen: click, tap, Enter
	Hover  func(p view.Pick)               // pointed at; nothing set: no more
	Menu   func(p view.Pick, x, y float64) // asked what can be done with it: right click, long press; x and y as clientX and clientY
	Window func(left, span consensus.Time) // the diagram was moved or zoomed
	Seek   func(t consensus.Time)          // the timeline was scrubbed
}

// surface is a painter's place in a page: layers in a host that nobody else touches,
// a display list, and listeners.
type surface struct {
	Gestures
	host, js, root js.Value
	draw           js.Value
	list           List
	last           []byte // what was drawn last
	capacity       int
	w, h, ratio    float64
	scene          view.Scene
	painted        bool
	paint          func() // draws the scene to the list
	pick           func(p Point, reach float64) view.Pick
	events         Events
	hovered        view.Pick
	funcs          []js.Func
	observer       js.Value
	hold           js.Value // the timer of a long press
}

// newSurface makes the layers ("canvas" or "svg") in a host. touch is the CSS
// touch-action: which movements of fingers stay the browser's.
func newSurface(host js.Value, touch string, events Events, layers ...any) *surface {
	s := &surface{host: host, events: events, hovered: view.Pick{T: -1}}
	s.js = js.Global().Get("parleyPainter").Call("surface", host, js.ValueOf(layers))
	s.root, s.draw = s.js.Get("root"), s.js.Get("draw")
	s.root.Get("style").Set("touchAction", touch)
	s.capacity = s.js.Get("bytes").Length()
	s.Gestures.Tap = func(p Point, reach float64) {
		if s.events.Pick != nil && s.painted {
			s.events.Pick(s.pick(p, reach))
		}
	}
	s.Gestures.Hover = s.hover
	s.listenPointers()
	observed := s.function(func(js.Value) { s.Resize() })
	s.observer = js.Global().Get("ResizeObserver").New(observed)
	s.observer.Call("observe", host)
	s.Resize()
	return s
}

func (s *surface) function(f func(js.Value)) js.Func {
	fn := js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	})
	s.funcs = append(s.funcs, fn)
	return fn
}

// listen listens to an event of the root; the browser's own answer can be prevented.
func (s *surface) listen(event string, f func(js.Value)) {
	s.root.Call("addEventListener", event, s.function(f), map[string]any{"passive": false})
}

// point returns where an event is, in the coordinates of the list.
func (s *surface) point(e js.Value) Point {
	box := s.root.Call("getBoundingClientRect")
	return Point{e.Get("clientX").Float() - box.Get("left").Float(), e.Get("clientY").Float() - box.Get("top").Float()}
}

func (s *surface) listenPointers() {
	touch := func(e js.Value) bool { return e.Get("pointerType").String() == "touch" }
	id := func(e js.Value) int { return e.Get("pointerId").Int() }
	s.listen("pointerdown", func(e js.Value) {
		if e.Get("button").Int() != 0 {
			return
		}
		s.Begin(id(e), s.point(e))
		if touch(e) && s.events.Menu != nil {
			s.awaitHold(e.Get("clientX").Float(), e.Get("clientY").Float())
		}
	})
	s.listen("pointermove", func(e js.Value) {
		if s.count > 0 && s.strayed && !s.root.Call("hasPointerCapture", e.Get("pointerId")).Bool() {
			s.root.Call("setPointerCapture", e.Get("pointerId"))
		}
		s.Move(id(e), s.point(e), touch(e))
	})
	end := func(kept bool) func(js.Value) {
		return func(e js.Value) {
			s.endHold()
			s.End(id(e), s.point(e), touch(e), kept)
		}
	}
	s.listen("pointerup", end(true))
	s.listen("pointercancel", end(false))
	s.listen("pointerleave", func(e js.Value) {
		if !s.root.Call("hasPointerCapture", e.Get("pointerId")).Bool() {
			s.endHold()
			s.End(id(e), Point{}, false, false)
		}
		s.setHovered(view.Pick{T: -1})
	})
	s.listen("contextmenu", func(e js.Value) {
		if s.events.Menu == nil || !s.painted {
			return
		}
		e.Call("preventDefault")
		if s.hold.Truthy() { // a finger is down: the long press says it
			return
		}
		s.events.Menu(s.pick(s.point(e), reachMouse), e.Get("clientX").Float(), e.Get("clientY").Float())
	})
}

// awaitHold calls Menu when a finger rests for half a second.
func (s *surface) awaitHold(x, y float64) {
	s.endHold()
	var fn js.Func
	fn = js.FuncOf(func(js.Value, []js.Value) any {
		fn.Release()
		s.hold = js.Undefined()
		if p, held := s.Held(); held && s.painted {
			s.Forget()
			s.events.Menu(s.pick(p, reachTouch), x, y)
		}
		return nil
	})
	s.hold = js.Global().Call("setTimeout", fn, 500)
}

func (s *surface) endHold() {
	if s.hold.Truthy() {
		js.Global().Call("clearTimeout", s.hold)
		s.hold = js.Undefined()
	}
}

func (s *surface) hover(p Point, reach float64) {
	if s.events.Hover != nil && s.painted {
		s.setHovered(s.pick(p, reach))
	}
}

func (s *surface) setHovered(p view.Pick) {
	if s.events.Hover != nil && p != s.hovered {
		s.hovered = p
		s.events.Hover(p)
	}
}

// Resize measures the host; painters call it themselves when the host's size changes.
func (s *surface) Resize() {
	w, h := s.host.Get("clientWidth").Float(), s.host.Get("clientHeight").Float()
	ratio := clamp(js.Global().Get("devicePixelRatio").Float(), 1, 3)
	if w == s.w && h == s.h && ratio == s.ratio {
		return
	}
	s.w, s.h, s.ratio = w, h, ratio
	s.js.Call("resize", w, h, ratio)
	s.last = s.last[:0]
	s.again()
}

// Paint draws a scene. A frame that is the same as the last one costs no drawing.
func (s *surface) Paint(scene view.Scene) {
	s.scene, s.painted = scene, true
	s.again()
}

// again draws the last scene once more, after something of the painter's own changed.
func (s *surface) again() {
	if !s.painted || s.w < 1 || s.h < 1 || s.scene.Store == nil {
		return
	}
	s.list.Begin()
	s.paint()
	b := s.list.Bytes()
	if bytes.Equal(b, s.last) {
		return
	}
	s.last = append(s.last[:0], b...)
	if len(b) > s.capacity {
		s.capacity = 2 * len(b) &^ 3
		s.js.Call("grow", s.capacity)
	}
	js.CopyBytesToJS(s.js.Get("bytes"), b)
	s.draw.Invoke(len(b))
}

// Close takes the painter out of its host.
func (s *surface) Close() {
	s.endHold()
	s.observer.Call("disconnect")
	s.js.Call("remove")
	for _, f := range s.funcs {
		f.Release()
	}
	s.painted = false
}

// wheel tells the movement of a wheel in pixels.
func wheel(e js.Value) (dx, dy float64) {
	dx, dy = e.Get("deltaX").Float(), e.Get("deltaY").Float()
	if e.Get("deltaMode").Int() == 1 { // lines
		dx, dy = dx*16, dy*16
	}
	return dx, dy
}
