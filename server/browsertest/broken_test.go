package browsertest

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// openScript opens the page with a run of its own, as after a reload.
func openScript(t *testing.T, script string) *Page {
	t.Helper()
	p := Open(t, "/")
	p.Wait(ready)
	Eval[bool](p, `(sessionStorage.setItem("parley.run.script", `+quote(script)+`), true)`)
	p.Reload()
	p.Wait(ready)
	return p
}

// before runs a script in each document before the page's own scripts do.
func (p *Page) before(script string) {
	p.t.Helper()
	p.do("add a script", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// refuse lets every request for a URL of the pattern fail, until allow.
func (p *Page) refuse(pattern string) {
	p.t.Helper()
	if err := chromedp.Listen(p.Context, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			go chromedp.Run(p.Context, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
				_, err := cdp.Call(ctx, tab, fetch.FailRequest, fetch.FailRequestParams{RequestID: e.RequestID, ErrorReason: "ConnectionFailed"})
				return err
			}))
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	p.do("refuse "+pattern, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: pattern}}})
		return err
	}))
}

func (p *Page) allow() {
	p.t.Helper()
	p.do("refuse nothing more", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, fetch.Disable, cdp.Empty{})
		return err
	}))
}

// TestViolation opens a run in which two votes of five are enough: a banner names the
// invariant and the nodes, leads to the moment, and the rule is shown as switched off.
func TestViolation(t *testing.T) {
	p := openScript(t, "nodes 5\nseed 1\noff raft.majority-wins\nat 0s partition n1 n2 | n3 n4 n5\n")
	p.setSpeed(8)
	p.WaitFor(`#notices [data-kind="violation"]`)
	banner := p.Text(`#notices [data-kind="violation"]`)
	for _, word := range []string{"Election Safety", "N2", "N3"} {
		if !strings.Contains(banner, word) {
			t.Errorf("the banner says %q, which does not name %s", banner, word)
		}
	}
	p.Wait(`document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuenow") > 400`)
	p.pause()
	p.Click(`#notices [data-kind="violation"] button`)
	p.Wait(`Math.abs(document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuenow") - 278) <= 1`)
	p.Click("#tab-rules")
	p.WaitFor(`[data-rule="raft.majority-wins"][data-off]`)
}

// TestEngineLost takes the engine away from a running page: it says so, and goes on
// with the same run when asked to.
func TestEngineLost(t *testing.T) {
	p := New(t, Serve(t))
	p.before(`globalThis.workers = []; // those of engines
		globalThis.Worker = class extends Worker { constructor(...a) { super(...a); if (a[0].includes("/worker.")) workers.push(this) } }`)
	p.Go("/")
	p.Wait(ready)
	p.WaitFor(leads)
	p.Click(`[data-act="crash-leader"]`)
	p.WaitFor(`[data-testid^="node-"][data-role="down"]`)
	at := p.pause()
	state := p.cluster()
	p.Expect("the engine is gone")
	Eval[bool](p, `(workers[0].postMessage({length: 2 ** 45}), true)`) // nothing can hold so many bytes
	p.WaitFor(`#notices [data-kind="lost"] button`)
	p.Click(`#notices [data-kind="lost"] button`)
	p.Wait(`workers.length === 2 && !document.querySelector('#notices [data-kind="lost"]')`)
	p.Wait(`document.querySelector("#app").dataset.phase === "running"`)
	if again := p.cluster(); again != state || p.now() != at {
		t.Errorf("with another engine: %d ms and %s; before: %d ms and %s", p.now(), again, at, state)
	}
	p.Click("#play")
	p.setSpeed(8)
	p.WaitFor(leads) // it goes on
}

// TestNoEngine loads the page where the engine cannot be had: a sentence and a way on.
func TestNoEngine(t *testing.T) {
	p := New(t, Serve(t))
	p.Expect("engine")
	p.Expect("Failed to load resource")
	p.refuse("*engine*.wasm")
	p.Go("/")
	p.Wait(`document.body.innerText.includes("could not be loaded")`)
	p.allow()
	p.Click(`.fail button, [data-kind="lost"] button`)
	p.Wait(ready)
	p.WaitFor(leads)
}

// TestNoWebAssembly loads the page where there is no WebAssembly: it says so.
func TestNoWebAssembly(t *testing.T) {
	p := New(t, Serve(t))
	p.before(`delete globalThis.WebAssembly`)
	p.Expect("WebAssembly")
	p.Go("/")
	p.Wait(`document.body.innerText.includes("cannot run WebAssembly")`)
}
