package scene

// Gestures turns the movements of a mouse, a pen or fingers into what they mean.
type Gestures struct {
	Tap   func(p Point, reach float64)       // pressed and let go in one place
	Drag  func(from, to Point)               // moved on while pressed
	Pinch func(middle Point, factor float64) // two fingers moved apart (above 1) or together
	Hover func(p Point, reach float64)       // moved without being pressed
	Press func(p Point)                      // pressed

	fingers [2]finger
	count   int
	strayed bool // no tap any more
}

type finger struct {
	id int
	at Point
	by Point // where it was pressed
}

// How near one must point, in pixels: to be meant by a finger, and by a mouse.
const (
	reachTouch = 24.
	reachMouse = 10.
	strayMax   = 5. // a press that moves less is a tap
)

func reach(touch bool) float64 {
	if touch {
		return reachTouch
	}
	return reachMouse
}

func (g *Gestures) find(id int) *finger {
	for i := range g.fingers[:g.count] {
		if g.fingers[i].id == id {
			return &g.fingers[i]
		}
	}
	return nil
}

// Begin says that a pointer was pressed.
func (g *Gestures) Begin(id int, p Point) {
	if g.count == len(g.fingers) || g.find(id) != nil {
		return
	}
	g.fingers[g.count] = finger{id, p, p}
	g.count++
	g.strayed = g.count > 1
	if g.Press != nil && g.count == 1 {
		g.Press(p)
	}
}

// Move says that a pointer moved, pressed or not.
func (g *Gestures) Move(id int, p Point, touch bool) {
	f := g.find(id)
	if f == nil {
		if g.Hover != nil && g.count == 0 {
			g.Hover(p, reach(touch))
		}
		return
	}
	from := f.at
	if !g.strayed && p.to(f.by) < strayMax {
		return
	}
	f.at, g.strayed = p, true
	if g.count == 2 {
		other := &g.fingers[0]
		if other == f {
			other = &g.fingers[1]
		}
		before, after := from.to(other.at), p.to(other.at)
		if g.Pinch != nil && before > 8 && after > 8 {
			g.Pinch(mix(p, other.at, .5), clamp(after/before, .5, 2))
		}
		if g.Drag != nil {
			g.Drag(mix(from, other.at, .5), mix(p, other.at, .5))
		}
		return
	}
	if g.Drag != nil {
		g.Drag(from, p)
	}
}

// End says that a pointer was let go; kept is false when the browser took it away.
func (g *Gestures) End(id int, p Point, touch, kept bool) {
	f := g.find(id)
	if f == nil {
		return
	}
	*f = g.fingers[g.count-1]
	g.count--
	if g.count == 0 && !g.strayed && kept && g.Tap != nil {
		g.Tap(p, reach(touch))
	}
}

// Held reports whether a single pointer is pressed and has not moved.
func (g *Gestures) Held() (Point, bool) {
	return g.fingers[0].by, g.count == 1 && !g.strayed
}

// Forget ends what is under way without a tap: it became something else.
func (g *Gestures) Forget() { g.strayed = true }
