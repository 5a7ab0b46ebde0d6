package browsertest

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// touch puts fingers on the screen, moves them or takes them away: at each point one;
// none ends it.
func (p *Page) touch(how input.DispatchTouchEventType, points ...[2]float64) {
	p.t.Helper()
	params := input.DispatchTouchEventParams{Type: how, TouchPoints: []*input.TouchPoint{}}
	for i := range points {
		id := float64(i)
		params.TouchPoints = append(params.TouchPoints, &input.TouchPoint{X: points[i][0], Y: points[i][1], ID: &id})
	}
	p.do("touch", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, input.DispatchTouchEvent, params)
		return err
	}))
}

// fingers makes the page one that is touched.
func (p *Page) fingers() {
	p.t.Helper()
	p.do("touch from now on", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 2})
		return err
	}))
}

// middle returns where the middle of an element is.
func (p *Page) middle(selector string) [2]float64 {
	p.t.Helper()
	return Eval[[2]float64](p, `(b => [b.left + b.width / 2, b.top + b.height / 2])(document.querySelector(`+quote(selector)+`).getBoundingClientRect())`)
}

// A finger that rests on a node asks what can be done with it; that the finger is taken
// away does not take the answer away. A short touch chooses, and one that moves does not.
func TestTouch(t *testing.T) {
	p := New(t, Serve(t))
	p.Size(390, 844)
	p.fingers()
	p.Go("/")
	p.Wait(ready)
	p.WaitFor(ByTest("node-3"))
	p.pause()
	disc := ByTest("node-3") + " circle"

	p.touch(input.DispatchTouchEventTypeTouchStart, p.middle(disc))
	p.WaitFor(`#pop[data-kind="node"]`) // while the finger rests
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.Wait(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	p.WaitFor(`#pop[data-kind="node"]`)
	if title := p.Text("#pop"); !strings.Contains(title, "N3") {
		t.Errorf("the small panel is about %q", title)
	}

	// A touch elsewhere closes it; a finger that moves over another node opens nothing.
	p.Press("\x1b")
	p.Wait(`document.querySelector("#pop") === null`)
	at := p.middle(ByTest("node-2") + " circle")
	p.touch(input.DispatchTouchEventTypeTouchStart, at)
	p.touch(input.DispatchTouchEventTypeTouchMove, [2]float64{at[0] - 40, at[1]})
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.Wait(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	if Eval[bool](p, `document.querySelector("#pop") !== null`) {
		t.Error("a finger that moved chose something")
	}
	p.touch(input.DispatchTouchEventTypeTouchStart, at)
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.WaitFor(`#pop[data-kind="node"]`)
	if title := p.Text("#pop"); !strings.Contains(title, "N2") {
		t.Errorf("after a short touch of N2 the small panel is about %q", title)
	}
}

// A wheel over the logs or the diagram is the page's own when there is nothing left to
// scroll or to zoom there.
func TestWheelIsLeftToThePage(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.WaitFor(ByTest("node-1"))
	p.pause()
	wheel := func(host string, dy int) (taken bool) {
		return Eval[bool](p, `!document.querySelector("#`+host+` .scene").dispatchEvent(new WheelEvent("wheel", {deltaY: `+strconv.Itoa(dy)+`, bubbles: true, cancelable: true}))`)
	}
	p.WaitFor("#logs .scene")
	p.WaitFor("#diagram .scene")
	if wheel("logs", 100) {
		t.Error("logs that fit take the wheel")
	}
	if !wheel("diagram", 100) {
		t.Error("the diagram does not zoom")
	}
	for range 400 {
		if !wheel("diagram", 240) {
			return
		}
	}
	t.Error("the diagram takes the wheel though it cannot zoom out any more")
}
