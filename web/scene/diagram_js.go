package scene

import (
	"math"
	"slices"
	"syscall/js"

	"parley/web/view"
)

// restMax is for how long a diagram of a run that plays may show a moment a little before
// the present one, in ms.
const restMax = 100

// DiagramPainter draws the space-time diagram in a host.
type DiagramPainter struct {
	*surface
	Diagram
	told  diagramTold
	marks []Milestone // that were drawn
	drawn float64     // when it was drawn last, ms
}

// diagramTold is what a diagram was told besides its scene when it was drawn.
type diagramTold struct {
	title string
	bare  bool
	forks int // Store.Forks
}

// Paint draws a scene, unless what was drawn before may stand for it.
func (d *DiagramPainter) Paint(s view.Scene) {
	now := js.Global().Get("performance").Call("now").Float()
	told := diagramTold{d.Title, d.Bare, s.Store.Forks()}
	if d.painted && now-d.drawn < restMax && told == d.told && slices.Equal(d.Marks, d.marks) && rests(&d.scene, &s, d.axes.pixel(d.ratio)) {
		return
	}
	d.told, d.marks, d.drawn = told, append(d.marks[:0], d.Marks...), now
	d.surface.Paint(s)
}

// NewDiagram makes the space-time diagram in a host. Events.Window is told where it was
// moved; the page keeps that in Scene.Left and Scene.Span.
func NewDiagram(host js.Value, words Words, events Events) *DiagramPainter {
	d := &DiagramPainter{surface: newSurface(host, "pan-y", events, "canvas"), Diagram: Diagram{Words: words, Index: new(Index)}}
	d.paint = func() { d.Diagram.Draw(&d.list, d.w, d.h, &d.scene) }
	d.pick = func(p Point, reach float64) view.Pick { return d.Diagram.Pick(p, reach, &d.scene) }
	d.Drag = func(from, to Point) { d.move(d.window().Pan((from.X - to.X) / d.width())) }
	d.Pinch = func(middle Point, factor float64) { d.move(d.window().Zoom(d.part(middle), factor)) }
	d.root.Call("setAttribute", "tabindex", "0")
	d.root.Call("setAttribute", "role", "img")
	d.root.Call("setAttribute", "aria-label", words.Space)
	d.listen("wheel", func(e js.Value) {
		dx, dy := wheel(e)
		v := d.window().Zoom(d.part(d.point(e)), wheelZoom(dy))
		if dx != 0 && dx*dx > dy*dy || e.Get("shiftKey").Bool() {
			v = d.window().Pan((dx + dy) / d.width())
		}
		if v != d.window() { // else the page scrolls
			e.Call("preventDefault")
			d.move(v)
		}
	})
	d.listen("keydown", func(e js.Value) {
		// Keys zoom around the cursor where it is in sight, else around the middle.
		at := clamp(float64(d.scene.Cursor.T-d.scene.Left)/float64(max(1, d.scene.Span)), 0, 1)
		v := d.window()
		switch e.Get("key").String() {
		case "+", "=":
			v = v.Zoom(at, 1.5)
		case "-", "_":
			v = v.Zoom(at, 1/1.5)
		case "ArrowLeft":
			v = v.Pan(-.1)
		case "ArrowRight":
			v = v.Pan(.1)
		case "PageUp":
			v = v.Pan(-.9)
		case "PageDown":
			v = v.Pan(.9)
		case "Home":
			v.Left = 0
		case "End":
			v = v.Keep(max(d.scene.Frontier, d.scene.Cursor.T))
		default:
			return
		}
		e.Call("preventDefault")
		e.Call("stopPropagation")
		d.move(v)
	})
	return d
}

func (d *DiagramPainter) window() Window { return Window{d.scene.Left, max(d.scene.Span, SpanMin)} }
func (d *DiagramPainter) width() float64 { return max(1, d.w-d.axes.gutter) }

// part returns where a point is across the width of the window, from 0 to 1.
func (d *DiagramPainter) part(p Point) float64 {
	return clamp((p.X-d.axes.gutter)/d.width(), 0, 1)
}

func (d *DiagramPainter) move(v Window) {
	d.scene.Left, d.scene.Span = v.Left, v.Span
	if d.events.Window != nil {
		d.events.Window(v.Left, v.Span)
	}
	d.again()
}

// wheelZoom turns the movement of a wheel into a factor of zooming.
func wheelZoom(delta float64) float64 { return math.Exp(clamp(-delta, -240, 240) * .0025) }
