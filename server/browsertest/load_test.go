package browsertest

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// ready is true once the page shows a run.
const ready = `document.documentElement.dataset.ready === "yes"`

// TestLoad opens the page as a first visitor does. What the console shows as an error
// would fail it, see Page.
func TestLoad(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	if title := Eval[string](p, `document.title`); !strings.Contains(title, "Parley") {
		t.Errorf("the title is %q", title)
	}
	// Every file but the page itself has a name that changes with its content, and
	// came compressed.
	type resource struct {
		Path          string
		Transfer, All int
	}
	resources := Eval[[]resource](p, `performance.getEntriesByType("resource").map(r => ({
		Path: new URL(r.name).pathname, Transfer: r.encodedBodySize, All: r.decodedBodySize}))`)
	seen := map[string]bool{}
	for _, r := range resources {
		part := strings.Split(strings.TrimPrefix(r.Path, "/assets/"), ".")
		if !strings.HasPrefix(r.Path, "/assets/") || len(part) != 3 || len(part[1]) != 12 {
			t.Errorf("the page asked for %s, which is no name with a hash", r.Path)
			continue
		}
		seen[part[0]+"."+part[2]] = true
		if r.All > 1000 && r.Transfer >= r.All {
			t.Errorf("%s was not compressed: %d bytes of %d", r.Path, r.Transfer, r.All)
		}
	}
	for _, name := range []string{"ui.wasm", "wasm_exec.js", "boot.js"} {
		if !seen[name] {
			t.Errorf("the page did not load %s; it loaded %v", name, resources)
		}
	}
}

// TestSocket opens the socket of a room from the page: the policy lets it through (a page
// that may load from its own site may open sockets there), and the page can read why it was
// closed.
func TestSocket(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	for room, want := range map[string]string{
		strings.Repeat("a", 26): "4004 There is no such room.",
		"nonsense":              "4004 There is no such room.",
	} {
		said := Eval[string](p, `new Promise(resolve => {
			const socket = new WebSocket(location.origin.replace("http", "ws") + "/rooms/`+room+`/socket");
			socket.onclose = e => resolve(e.code + " " + e.reason);
		})`)
		if !strings.HasPrefix(said, want) {
			t.Errorf("the socket of %s was closed with %q, want %q", room, said, want)
		}
	}
}

// TestPolicy shows that the Content-Security-Policy is in force on the page: what the
// page never does is refused, should a mistake of ours ever try.
func TestPolicy(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.Expect("Content-Security-Policy")
	p.Expect("Content Security Policy")
	said, err := evalStrict(p, `(() => { try { return "ran: " + new Function("return 2")() } catch (error) { return error.name } })()`)
	if err != nil || said != "EvalError" {
		t.Errorf("a script made of a string: %q, %v; want it refused", said, err)
	}
	Eval[chromedp.Void](p, `(() => {
		const script = document.createElement("script");
		script.textContent = "document.documentElement.dataset.broken = 'yes'";
		document.body.append(script);
		script.remove();
		document.body.insertAdjacentHTML("beforeend", "<b onclick=\"document.documentElement.dataset.broken = 'yes'\" id=probe>x</b>");
		document.getElementById("probe").click();
		document.getElementById("probe").remove();
	})()`)
	if Eval[bool](p, `"broken" in document.documentElement.dataset`) {
		t.Error("a script inside the document ran")
	}
	if said := Eval[string](p, `fetch("http://127.0.0.1:9/").then(() => "answered", error => error.name)`); said != "TypeError" {
		t.Errorf("a request to elsewhere: %s; want it refused", said)
	}
	if n := Eval[int](p, `new Promise(resolve => {
		const image = new Image();
		image.onload = () => resolve(1);
		image.onerror = () => resolve(0);
		image.src = "http://127.0.0.1:9/x.png";
	})`); n != 0 {
		t.Error("an image from elsewhere was loaded")
	}
	refused := 0
	p.catchUp()
	for _, line := range p.console {
		if strings.Contains(line, "refused by the Content-Security-Policy") {
			refused++
		}
	}
	if refused < 5 {
		t.Errorf("the policy refused %d of 5 things", refused)
	}
}

// TestFirstPaint holds back every WebAssembly file: the page shows the cluster and how
// far the download is all the same, and goes on when they come.
func TestFirstPaint(t *testing.T) {
	p := New(t, Serve(t))
	held := make(chan fetch.RequestID, 16)
	if err := chromedp.Listen(p.Context, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			held <- e.RequestID
		}
	}); err != nil {
		t.Fatal(err)
	}
	p.do("hold back WebAssembly", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*.wasm"}}})
		return err
	}))
	p.Go("/")
	first := <-held // so the page has asked for one, and does not get it
	p.Wait(`performance.getEntriesByName("first-contentful-paint").length === 1`)
	p.WaitFor("svg circle")
	p.WaitFor("progress")
	if Eval[bool](p, ready) {
		t.Error("the page says that it is ready, without its program")
	}
	if n := Eval[int](p, `performance.getEntriesByType("resource").filter(r => r.name.includes("ui.") && r.name.endsWith(".wasm")).length`); n != 0 {
		t.Error("ui.wasm was not held back: this test tests nothing")
	}
	release := func(id fetch.RequestID) {
		p.do("let WebAssembly come", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id})
			return err
		}))
	}
	release(first)
	p.do("hold back nothing more", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, fetch.Disable, cdp.Empty{})
		return err
	}))
	p.Wait(ready)
}

// TestCanFail shows that this package notices what it is there to notice.
func TestCanFail(t *testing.T) {
	p := New(t, Serve(t))
	Eval[chromedp.Void](p, `console.error("a fault of this test")`)
	if faults := p.Faults(); len(faults) != 1 || !strings.Contains(faults[0], "a fault of this test") {
		t.Errorf("the faults of the page are %q", faults)
	}
	p.Expect("of this test")
	p.Expect("thrown")
	Eval[chromedp.Void](p, `new Promise(resolve => {
		setTimeout(() => { throw new Error("thrown") });
		setTimeout(resolve);
	})`)
	p.catchUp()
	if len(p.faults) != 2 {
		t.Errorf("the console's faults are %q", p.faults)
	}
}
