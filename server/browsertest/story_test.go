package browsertest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// leads matches the node that leads.
const leads = `[data-testid^="node-"][data-role="leader"]`

// now is the moment that is shown, in whole milliseconds.
func (p *Page) now() int {
	p.t.Helper()
	p.WaitFor(ByTest("timeline"))
	return Eval[int](p, `Number(document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuenow"))`)
}

// cluster is each node's role and term at the moment that is shown.
func (p *Page) cluster() string {
	p.t.Helper()
	return Eval[string](p, `[...document.querySelectorAll('[data-testid^="node-"]')].map(
		n => n.dataset.testid + " " + n.dataset.role + " " + n.dataset.term).join("; ")`)
}

// attribute returns an attribute of an element, as a number.
func (p *Page) attribute(selector, name string) int {
	p.t.Helper()
	p.Wait(`document.querySelector(` + quote(selector) + `) !== null`)
	n, err := strconv.Atoi(Eval[string](p, `document.querySelector(`+quote(selector)+`).getAttribute(`+quote(name)+`)`))
	if err != nil {
		p.t.Fatalf("%s of %s: %v", name, selector, err)
	}
	return n
}

// setSpeed sets the slider of speeds: 4 is 1/100, 8 is 1/10 of real time.
func (p *Page) setSpeed(value int) {
	p.t.Helper()
	Eval[bool](p, `(s => { s.value = `+strconv.Itoa(value)+`; s.dispatchEvent(new Event("input", {bubbles: true})); return true })(document.querySelector("#speed"))`)
}

// pause pauses the run, if it plays, and returns the moment where it stands.
func (p *Page) pause() int {
	p.t.Helper()
	p.Wait(`document.querySelector("#play") !== null`)
	if Eval[bool](p, `document.querySelector("#play").className.includes("i-pause")`) {
		p.Click("#play")
	}
	p.Wait(`document.querySelector("#play").className.includes("i-play")`)
	return p.now()
}

// TestStory is a visit: the election, the leader's crash, its successor, a write and a
// read, a minority cut off, the way back to before the crash, another future from there,
// and a reload in the middle of it.
func TestStory(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)

	// A leader is elected.
	p.WaitFor(leads)
	first, term := p.attribute(leads, "data-node"), p.attribute(leads, "data-term")
	old := ByTest("node-" + strconv.Itoa(first))
	p.WaitText("#feed", "stands for election")
	p.WaitText("#feed", "commits everything up to index 1") // some time after it was elected
	before := p.pause()
	p.Click("#play")

	// It crashes, and another one leads a later term.
	p.Click(`[data-act="crash-leader"]`)
	p.WaitFor(old + `[data-role="down"]`)
	p.setSpeed(8)
	p.WaitFor(leads)
	if next := p.attribute(leads, "data-term"); next <= term {
		t.Errorf("the next leader leads term %d, the first led term %d", next, term)
	}
	if next := p.attribute(leads, "data-node"); next == first {
		t.Errorf("node %d leads although it crashed", first)
	}

	// A value is written and read.
	p.Click("#tab-store")
	p.Type("#key", "x")
	p.Type("#value", "<b>3</b>")
	p.Click("#write")
	p.Wait(`document.querySelectorAll("#operations li[data-state=done]").length === 1`)
	p.Click("#read")
	p.Wait(`document.querySelectorAll("#operations li[data-state=done]").length === 2`)
	if text := p.Text("#operations li:first-child .result"); !strings.Contains(text, "<b>3</b>") {
		t.Errorf("reading gave %q, want what was written, as text", text)
	}
	if Eval[bool](p, `document.querySelector("#operations b") !== null`) {
		t.Error("a value became markup")
	}

	// The first leader comes back, as a follower: it would be missed in a majority.
	p.Click(`[data-act="restart-all"]`)
	p.WaitFor(old + `[data-role="follower"]`)

	// A minority is cut off: the others go on.
	p.Click(`[data-act="minority"]`)
	p.WaitText("#feed", "falls apart")
	p.Click("#write")
	p.Wait(`document.querySelectorAll("#operations li[data-state=done]").length === 3`)
	p.Click(`[data-act="heal"]`)
	p.WaitText("#feed", "whole again")

	// Back to before the crash, by keys: there is the first leader, up, in its term.
	p.pause()
	p.Click("#feed li:first-child button") // a place where keys are the page's
	led := old + `[data-role="leader"][data-term="` + strconv.Itoa(term) + `"]`
	for range 400 {
		if Eval[bool](p, `document.querySelector(`+quote(led)+`) !== null`) {
			break
		}
		p.Press(kb.ArrowLeft)
	}
	p.WaitFor(led)
	if at := p.now(); at > before {
		t.Fatalf("the first leader leads again at %d ms, which is after its crash at about %d", at, before)
	}
	if spoken := p.Text("#spoken"); spoken == "" {
		t.Error("stepping back was not spoken")
	}

	// Another future: a follower crashes instead. The page says that this forks.
	other := first%5 + 1
	p.Press(strconv.Itoa(other))
	p.Press("c")
	p.WaitFor(ByTest("node-"+strconv.Itoa(other)) + `[data-role="down"]`)
	p.WaitFor(`#notices [data-kind="fork"]`)
	p.WaitFor(old + `[data-role="leader"]`)

	// A reload finds the same state.
	here, state := p.now(), p.cluster()
	p.Reload()
	p.Wait(ready)
	p.WaitFor(old + `[data-role="leader"]`)
	if at, again := p.now(), p.cluster(); at != here || again != state {
		t.Errorf("after a reload: %d ms and %s; before it: %d ms and %s", at, again, here, state)
	}
}

// TestScrub drags the timeline's cursor with the mouse.
func TestScrub(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.setSpeed(8)
	p.WaitFor(leads)
	end := p.pause()
	// The timeline shows some room after the end, at most as much again.
	box := Eval[[]float64](p, `(r => [r.x + r.width / 4, r.y + r.height / 2])(document.querySelector('[data-testid="timeline"]').getBoundingClientRect())`)
	p.Do(chromedp.MouseClickXY(box[0], box[1]))
	p.Wait(`document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuenow") < ` + strconv.Itoa(end))
	if at := p.now(); at <= 0 || at >= end {
		t.Errorf("a click at a quarter of the timeline, which ends at %d ms or later, leads to %d ms", end, at)
	}
	p.Press(kb.Home)
	p.Wait(`document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuenow") === "0"`)
	if roles := p.cluster(); strings.Contains(roles, "leader") {
		t.Errorf("at the beginning: %s", roles)
	}
}
