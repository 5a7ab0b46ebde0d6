package scene

import (
	"syscall/js"

	"parley/web/view"
)

// LogsPainter draws the logs in a host.
type LogsPainter struct {
	*surface
	Logs
	title string // that was drawn
	forks int    // Store.Forks, when it was drawn
}

// Paint draws a scene, unless nothing has happened since: logs show no time.
func (l *LogsPainter) Paint(s view.Scene) {
	as := l.surface.scene
	as.Cursor.T, as.Still, as.Frontier, as.Span, as.Left = s.Cursor.T, s.Still, s.Frontier, s.Span, s.Left
	if l.painted && as == s && l.title == l.Title && l.forks == s.Store.Forks() {
		return
	}
	l.title, l.forks = l.Title, s.Store.Forks()
	l.surface.Paint(s)
}

// NewLogs makes the logs in a host.
func NewLogs(host js.Value, words Words, events Events) *LogsPainter {
	l := &LogsPainter{surface: newSurface(host, "none", events, "canvas"), Logs: Logs{Words: words}}
	l.paint = func() { l.Logs.Draw(&l.list, l.w, l.h, &l.surface.scene) }
	l.pick = func(p Point, _ float64) view.Pick { return l.Logs.Pick(p, &l.surface.scene) }
	l.Drag = func(from, to Point) { l.scroll(from.X-to.X, from.Y-to.Y) }
	l.root.Call("setAttribute", "tabindex", "0")
	l.root.Call("setAttribute", "role", "img")
	l.root.Call("setAttribute", "aria-label", words.Logs)
	l.listen("wheel", func(e js.Value) {
		if e.Get("ctrlKey").Bool() { // the browser's zoom
			return
		}
		dx, dy := wheel(e)
		if e.Get("shiftKey").Bool() || l.grid.high() <= l.grid.height() {
			dx, dy = dx+dy, 0
		}
		if l.scroll(dx, dy) { // else the page scrolls
			e.Call("preventDefault")
		}
	})
	l.listen("keydown", func(e js.Value) {
		switch e.Get("key").String() {
		case "ArrowLeft":
			l.scroll(-l.grid.cell, 0)
		case "ArrowRight":
			l.scroll(l.grid.cell, 0)
		case "ArrowUp":
			l.scroll(0, -l.grid.row)
		case "ArrowDown":
			l.scroll(0, l.grid.row)
		case "PageUp":
			l.scroll(-l.Page(), 0)
		case "PageDown":
			l.scroll(l.Page(), 0)
		case "Home":
			l.Home()
			l.again()
		case "End":
			l.End()
			l.again()
		default:
			return
		}
		e.Call("preventDefault")
		e.Call("stopPropagation")
	})
	return l
}

func (l *LogsPainter) scroll(dx, dy float64) bool {
	moved := l.Scroll(dx, dy)
	if moved {
		l.again()
	}
	return moved
}
