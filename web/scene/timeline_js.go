package scene

import (
	"strconv"
	"syscall/js"

	"parley/consensus"
	"parley/web/view"
)

// TimelinePainter draws the scrubber in a host: a slider for whoever uses keys or a
// screen reader.
type TimelinePainter struct {
	*surface
	Timeline
	told consensus.Time // what the slider's value was last
}

// NewTimeline makes the timeline in a host. Events.Seek is told where it was scrubbed to.
func NewTimeline(host js.Value, words Words, events Events) *TimelinePainter {
	t := &TimelinePainter{surface: newSurface(host, "pan-y", events, "canvas"), Timeline: Timeline{Words: words}, told: -1}
	t.paint = func() {
		t.Timeline.Draw(&t.list, t.surface.w, t.h, &t.scene)
		t.tell()
	}
	t.pick = func(p Point, reach float64) view.Pick { return t.Timeline.Pick(p, reach, &t.scene) }
	seek := func(at consensus.Time) {
		if events.Seek != nil {
			events.Seek(at)
		}
	}
	t.Tap = func(p Point, reach float64) { seek(t.Timeline.Pick(p, reach, &t.scene).T) }
	t.Drag = func(_, to Point) { seek(t.At(to.X, &t.scene)) }
	for _, a := range [...][2]string{
		{"tabindex", "0"}, {"role", "slider"}, {"aria-label", words.Time}, {"aria-valuemin", "0"}, {"data-testid", "timeline"},
	} {
		t.root.Call("setAttribute", a[0], a[1])
	}
	t.listen("keydown", func(e js.Value) {
		at, end := t.scene.Cursor.T, max(t.scene.Frontier, t.scene.Cursor.T)
		step := max(consensus.Millisecond, until(end)/200)
		switch e.Get("key").String() {
		case "ArrowLeft", "ArrowDown":
			at -= step
		case "ArrowRight", "ArrowUp":
			at += step
		case "PageUp":
			at -= 10 * step
		case "PageDown":
			at += 10 * step
		case "Home":
			at = 0
		case "End":
			at = end
		default:
			return
		}
		e.Call("preventDefault")
		e.Call("stopPropagation")
		seek(max(0, min(at, end)))
	})
	return t
}

// tell keeps the slider's value, in whole milliseconds, where assistive technology
// finds it.
func (t *TimelinePainter) tell() {
	now := t.scene.Cursor.T / consensus.Millisecond
	if now == t.told {
		return
	}
	t.told = now
	end := max(t.scene.Frontier, t.scene.Cursor.T) / consensus.Millisecond
	t.root.Call("setAttribute", "aria-valuemax", strconv.FormatInt(int64(end), 10))
	t.root.Call("setAttribute", "aria-valuenow", strconv.FormatInt(int64(now), 10))
	t.root.Call("setAttribute", "aria-valuetext", view.FormatTime(t.scene.Cursor.T))
}
