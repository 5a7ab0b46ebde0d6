package browsertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// hearFigures notes what the figures of a page tell it, in window.heard: by the id of the
// figure, the messages.
const hearFigures = `window.heard = {};
for (const type of ["loading", "ready", "time", "marker", "action", "violation", "resize", "link", "error", "verdict"]) {
	document.addEventListener("parley-" + type, (event) => (heard[event.target.id] ||= []).push(event.detail));
}`

// heard is an expression for what a figure told of one type.
func heard(id, kind string) string {
	return `(window.heard?.` + id + ` || []).filter(m => m.type === "` + kind + `")`
}

// inFigure is an expression for what an expression on root, the document of a figure on
// the same site, gives.
func inFigure(id, expression string) string {
	return `((root) => ` + expression + `)(document.getElementById("` + id + `").shadowRoot.querySelector("iframe").contentDocument)`
}

// start is an expression for the button that starts a figure.
func startButton(id string) string {
	return `document.getElementById("` + id + `").shadowRoot.querySelector("button")`
}

func (p *Page) send(id, message string) {
	p.t.Helper()
	Eval[bool](p, `(document.getElementById("`+id+`").send(`+message+`), true)`)
}

// resting holds what is true of an article before anybody starts a figure of it: there are
// pictures, no program is loaded, and nothing has jumped.
func (p *Page) resting(t *testing.T, when string) {
	t.Helper()
	p.Wait(`customElements.get("parley-play") && [...document.querySelectorAll("parley-play")].every(f => f.shadowRoot)`)
	p.Wait(`[...document.querySelectorAll("parley-play img")].every(i => i.complete && i.naturalWidth > 0 && i.checkVisibility())`)
	if n := Eval[int](p, `performance.getEntriesByType("resource").filter(r => r.name.includes(".wasm") || r.name.includes("/embed?")).length`); n != 0 {
		t.Errorf("%s: %d programs were loaded before anybody asked for one", when, n)
	}
	if name := Eval[string](p, `document.getElementById("election").shadowRoot.querySelector("button").ariaLabel`); name != "Play: Five servers in a ring, before any of them leads" {
		t.Errorf("%s: the button is called %q", when, name)
	}
	// What moves since the window gets another size is no shift (Layout Instability, section
	// 4.2: hadRecentInput). On a slow machine the article is there before its window has
	// the size that the test gave it.
	moved := Eval[[]string](p, `new Promise(resolve => {
		const moved = [];
		const add = (entries) => entries.filter(e => !e.hadRecentInput).forEach(e => moved.push(
			e.value + ": " + e.sources.map(s => s.node?.outerHTML?.slice(0, 60) + " from " + JSON.stringify(s.previousRect) + " to " + JSON.stringify(s.currentRect))));
		const observer = new PerformanceObserver((list) => add(list.getEntries()));
		observer.observe({type: "layout-shift", buffered: true});
		requestAnimationFrame(() => requestAnimationFrame(() => { add(observer.takeRecords()); resolve(moved) }));
	})`)
	if len(moved) > 0 {
		t.Errorf("%s: the layout has shifted by %s", when, strings.Join(moved, "; "))
	}
}

// TestExampleArticle reads the example article as somebody does: it shows pictures and
// loads no program; a figure runs when it is started, and moves when the article says
// so; another one that is started pauses it; what is done in a figure can be undone.
func TestExampleArticle(t *testing.T) {
	p := New(t, Serve(t))
	p.Size(1000, 2600) // all three are to be seen
	p.Go("/example.html")
	p.resting(t, "at first")
	p.Reload() // now the loader is at hand, and may come before what it is for
	p.resting(t, "loaded again")
	Eval[bool](p, `(() => {`+hearFigures+`; return true })()`)
	size := func() string {
		return Eval[string](p, `[...document.querySelectorAll("parley-play")].map(f => f.offsetWidth + "x" + f.offsetHeight).join(" ")`)
	}
	before := size()

	// By keyboard: the first figure starts, and its frame has the focus.
	Eval[bool](p, `(`+startButton("election")+`.focus(), true)`)
	p.Press("\r")
	p.Wait(heard("election", "ready") + `.length === 1`)
	if name := Eval[string](p, `document.getElementById("election").shadowRoot.activeElement?.tagName || ""`); name != "IFRAME" {
		t.Errorf("the focus is on %q, not on the figure that was started", name)
	}
	if after := size(); after != before {
		t.Errorf("the figures were %s and are %s now that one runs", before, after)
	}
	ready := Eval[struct {
		Title, Engine, Mode, View string
		Nodes, Markers            int
		End                       float64
	}](p, heard("election", "ready")+`[0]`)
	if ready.Engine != "raft" || ready.Nodes != 5 || ready.Markers < 5 || ready.Mode != "watch" || ready.View != "ring" || ready.End != 8e8 {
		t.Errorf("it is ready as %+v", ready)
	}

	// It plays up to the first marker, and says what its author says.
	p.Wait(heard("election", "marker") + `.length > 0`)
	if m := Eval[int](p, heard("election", "marker")+`[0].marker`); m != 1 {
		t.Errorf("it stopped at marker %d first", m)
	}
	p.Wait(inFigure("election", `root.querySelector("#caption").textContent.startsWith("Five servers have started")`))

	// The article moves it.
	p.Click(`[data-parley-goto="election#m2"]`)
	p.Wait(heard("election", "time") + `.at(-1).t === 211e6`)
	p.Wait(inFigure("election", `root.querySelector("#caption").textContent.startsWith("N3 ran out first")`))

	// A link in the text starts the second figure, at its moment.
	p.Click(`[data-parley-goto="crash#m3"]`)
	p.Wait(heard("crash", "time") + `.at(-1)?.t === 600e6 && !` + heard("crash", "time") + `.at(-1).playing`)
	p.Wait(inFigure("crash", `root.querySelector("#caption").textContent.startsWith("N3 is gone")`))
	if Eval[string](p, `location.hash`) != "" {
		t.Error("the link that moves a figure was followed too")
	}
	p.Wait(inFigure("crash", `root.querySelector("#feed li") !== null && root.querySelector(".logbox").offsetHeight === 0`))

	// Who watches cannot act.
	p.send("crash", `{type: "act", line: "crash n1"}`)
	p.Wait(heard("crash", "error") + `.some(e => e.text.includes("watched"))`)

	// The first plays; then the third is started, and the first pauses.
	p.send("election", `{type: "seek", to: "0.3s"}`)
	p.send("election", `{type: "play"}`)
	p.Wait(heard("election", "time") + `.at(-1).playing`)
	Eval[bool](p, `(`+startButton("turn")+`.click(), true)`)
	p.Wait(`!` + heard("election", "time") + `.at(-1).playing`)
	p.Wait(heard("turn", "ready") + `.length === 1`)
	p.Wait(heard("turn", "time") + `.length > 0`)

	// In the third one acts, and goes back to the author's run.
	p.Wait(inFigure("turn", `!root.querySelector("[data-act=crash-leader]").disabled`))
	Eval[bool](p, inFigure("turn", `(root.querySelector("[data-act=crash-leader]").click(), true)`))
	p.Wait(heard("turn", "action") + `.some(a => a.line.includes("crash n4"))`)
	p.Wait(inFigure("turn", `root.querySelector("#open").getAttribute("href").startsWith("/#1")`))
	p.Wait(inFigure("turn", `root.querySelector("#notices [data-kind=fork] button") !== null`))
	Eval[bool](p, inFigure("turn", `(root.querySelector("#notices [data-kind=fork] button").click(), true)`))
	p.Wait(inFigure("turn", `root.querySelector("#notices [data-kind=fork]") === null && root.querySelectorAll("[data-role=down]").length === 1`))

	// Nothing is kept on the reader's machine, and nothing comes from elsewhere.
	if left := Eval[string](p, inFigure("turn", `[root.cookie, ...Object.keys(root.defaultView.localStorage), ...Object.keys(root.defaultView.sessionStorage)].join(" ")`)); left != "" {
		t.Errorf("a figure keeps %q", left)
	}
	if from := Eval[string](p, inFigure("turn", `[...performance.getEntriesByType("resource"), ...root.defaultView.performance.getEntriesByType("resource")]
		.map(r => r.name).filter(name => !name.startsWith(location.origin + "/")).join(" ")`)); from != "" {
		t.Errorf("things come from elsewhere: %s", from)
	}

	// What is out of sight pauses.
	p.send("turn", `{type: "play"}`)
	p.Wait(heard("turn", "time") + `.at(-1).playing`)
	Eval[bool](p, `(document.getElementById("turn").parentElement.style.marginTop = "5000px", true)`)
	p.Wait(`!` + heard("turn", "time") + `.at(-1).playing`)
}

// TestFigureAttributes puts figures into a page by a script, and holds what each attribute
// does: when the figure starts, at which moment, up to which one, and how it looks.
func TestFigureAttributes(t *testing.T) {
	p := Open(t, "/example.html")
	p.Wait(`customElements.get("parley-play") !== undefined`)
	add := func(html string) {
		t.Helper()
		Eval[bool](p, `(document.querySelector("main").innerHTML = `+quote(html)+`, true)`)
	}
	Eval[bool](p, `(() => {`+hearFigures+`; return true })()`)
	add(`<parley-play id="a" src="/s/raft-leader-crash" load="visible" t="0.3s" until="0.4s" view="logs,feed" mode="play" theme="dark" lang="en" label="Spielen" style="margin-top:4000px"></parley-play>`)
	frames := `[...document.querySelectorAll("parley-play")].filter(f => f.shadowRoot.querySelector("iframe")).length`
	Eval[bool](p, `new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))))`)
	if Eval[int](p, frames) != 0 {
		t.Error("a figure has started that nobody sees yet")
	}
	if poster := Eval[string](p, `document.getElementById("a").shadowRoot.querySelector("img").src`); !strings.Contains(poster, "/s/raft-leader-crash.svg?t=0.3s&") {
		t.Errorf("the poster of a figure without a picture inside is %s", poster)
	}
	Eval[bool](p, `(document.getElementById("a").scrollIntoView(), true)`)
	p.Wait(heard("a", "ready") + `.some(r => r.view === "logs,feed" && r.mode === "play")`)
	p.Wait(heard("a", "time") + `.at(-1)?.t === 400e6 && !` + heard("a", "time") + `.at(-1).playing`)
	if first := Eval[float64](p, heard("a", "time")+`.find(m => m.t > 0).t`); first < 300e6 {
		t.Errorf("it begins at %v ns", first)
	}
	look := Eval[[]string](p, inFigure("a", `[root.documentElement.dataset.theme, root.documentElement.lang, root.defaultView.frameElement.title]`))
	if strings.Join(look, " ") != "dark en Spielen" {
		t.Errorf("its theme, language and name are %q", look)
	}
	p.Wait(inFigure("a", `root.querySelector(".logbox").offsetHeight > 0 && root.querySelector("#feed").offsetHeight > 0 && root.querySelector(".rings").offsetHeight === 0`))

	// It is as wide as its container, and as high as that makes it.
	Eval[bool](p, `(document.querySelector("main").style.width = "400px", true)`)
	p.Wait(`document.getElementById("a").offsetWidth === 400 && document.getElementById("a").offsetHeight === 300`)
	p.Wait(heard("a", "resize") + `.at(-1).width === 400 && ` + heard("a", "resize") + `.at(-1).height === 300`)

	// At once, at a moment at which something is broken.
	add(`<parley-play id="b" src="/#s=raft-figure-8-broken" load="now" t="4s"></parley-play><parley-play id="c" src="/s/raft-minority"></parley-play>`)
	p.Wait(heard("b", "violation") + `.some(v => v.text && v.t <= 4e9)`)
	if Eval[int](p, frames) != 1 {
		t.Error("a figure has started that nobody has clicked at")
	}

	// What cannot be had is said in the figure's place.
	p.Expect("400 (Bad Request)") // of the frame, and of the poster
	add(`<parley-play id="d" src="/s/raft-minority" mode="challenge" load="now"></parley-play>`)
	p.Wait(`document.getElementById("d").shadowRoot.querySelector("iframe").className === "on"`)
	p.Wait(inFigure("d", `root.body.textContent.includes("The mode challenge is reserved")`))
}

// elsewhere serves an article of another origin, with a policy that allows no more than
// docs/embed.md asks for, and returns its address.
func elsewhere(t *testing.T, s *Server, body string) string {
	t.Helper()
	article := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src "+s.URL+"; frame-src "+s.URL+"; img-src "+s.URL+" data:")
		_, _ = io.WriteString(w, "<!doctype html><html lang=en><title>An article</title><link rel=icon href=data:,><body>"+strings.ReplaceAll(body, "PARLEY", s.URL))
	}))
	t.Cleanup(article.Close)
	return article.URL
}

// visit opens an address that is not of the server.
func (p *Page) visit(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

// evalInFrame evaluates an expression in the name of a frame within the page.
func (p *Page) evalInFrame(name, expression string) {
	p.t.Helper()
	p.do("evaluate in the frame "+name, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		tree, err := cdp.Call(ctx, tab, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, child := range tree.FrameTree.ChildFrames {
			if child.Frame.Name != name {
				continue
			}
			world, err := cdp.Call(ctx, tab, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: child.Frame.ID})
			if err != nil {
				return err
			}
			answer, err := cdp.Call(ctx, tab, runtime.Evaluate, runtime.EvaluateParams{Expression: expression, ContextID: world.ExecutionContextID})
			if err == nil && answer.ExceptionDetails != nil {
				return errors.New(answer.ExceptionDetails.Text)
			}
			return err
		}
		return errors.New("there is no such frame")
	}))
}

// TestFigureElsewhere puts figures into a page of another origin, and drives one by
// messages. What comes from elsewhere is not taken for a message of a figure.
func TestFigureElsewhere(t *testing.T) {
	s := Serve(t)
	p := New(t, s)
	p.visit(elsewhere(t, s, `
		<parley-play id="a" src="PARLEY/s/raft-first-election" t="e30" mode="play"></parley-play>
		<parley-play id="b" src="https://elsewhere.example/s/raft-first-election"><a href="x">a link</a></parley-play>
		<p id="after">text</p>
		<script async src="PARLEY/embed.js"></script>`))
	Eval[bool](p, `(() => {`+hearFigures+`; return true })()`)
	p.Wait(`document.getElementById("a").shadowRoot && document.getElementById("a").shadowRoot.querySelector("img").naturalWidth > 0`)
	if Eval[bool](p, `!`+startButton("b")+`.hidden || (document.getElementById("b").start(), document.getElementById("b").shadowRoot.querySelector("iframe") !== null)`) {
		t.Error("a figure of another site than the loader's can be started")
	}
	// Somebody else says that he is the figure.
	Eval[bool](p, `(postMessage({parley: 1, type: "ready", title: "forged"}), true)`)
	p.send("a", `{type: "pause"}`)
	p.Wait(heard("a", "ready") + `.length > 0`)
	if title := Eval[string](p, heard("a", "ready")+`[0].title`); title == "forged" {
		t.Error("a message from elsewhere was taken for the figure's")
	}
	p.Wait(heard("a", "time") + `.at(-1)?.playing === false`)
	// Another window than the one that frames it has no say: had it been listened to, the
	// run would play before the next command is done.
	Eval[bool](p, `(document.body.append(Object.assign(document.createElement("iframe"), {name: "stranger"})), true)`)
	p.evalInFrame("stranger", `parent.document.getElementById("a").shadowRoot.querySelector("iframe").contentWindow.postMessage({parley: 1, type: "play"}, "*")`)
	p.send("a", `{type: "dance"}`)
	p.Wait(heard("a", "error") + `.length > 0`)
	if Eval[bool](p, heard("a", "time")+`.at(-1).playing`) {
		t.Error("a window that does not frame the figure plays it")
	}
	p.send("a", `{type: "seek", to: "e30"}`)
	p.Wait(heard("a", "time") + `.at(-1).events === 31`)
	p.send("a", `{type: "step", by: 2}`)
	p.Wait(heard("a", "time") + `.at(-1).events > 31`)
	p.send("a", `{type: "act", line: "crash n2"}`)
	p.Wait(heard("a", "action") + `.length === 1`)
	p.send("a", `{type: "link"}`)
	p.Wait(heard("a", "link") + `.at(-1)?.code.startsWith("1")`)
	for _, c := range []struct{ message, says string }{
		{`{type: "dance"}`, "no command of this name"},
		{`{type: "seek", to: "yesterday"}`, "a moment is written as"},
		{`{type: "act", line: "crash n9"}`, "n9"},
		{`{type: "act", line: "<b>"}`, "<b>"},
	} {
		p.send("a", c.message)
		p.Wait(heard("a", "error") + `.some(e => e.text.includes("` + c.says + `"))`)
	}
	p.Wait(heard("a", "resize") + `.some(r => r.width > 0 && r.content >= r.height)`)

	// What the reader made of it opens in the playground, as a full and as a short link.
	code := Eval[string](p, heard("a", "link")+`.at(-1).code`)
	q := New(t, s)
	when := "t=" + Eval[string](p, `String(`+heard("a", "action")+`[0].t)`) + "ns"
	q.Go("/#" + code + "&" + when)
	q.Wait(ready)
	q.WaitFor(ByTest("node-2") + `[data-role="down"]`)
	q.Wait(`location.hash.length > 9`)
	address := Eval[string](q, `fetch("/s", {method: "POST", body: "`+code+`"}).then(r => r.json()).then(l => l.url)`)
	q.Go(strings.TrimPrefix(address, s.URL) + "?" + when)
	q.Wait(ready)
	q.WaitFor(ByTest("node-2") + `[data-role="down"]`)
	if r := Eval[string](q, `fetch("`+address+`.svg").then(r => r.text())`); !strings.Contains(r, "<svg") {
		t.Errorf("its picture is %.200s", r)
	}
}

// TestSandboxedFrames frames the figure where it cannot run: it says so, and the picture
// and the link are there.
func TestSandboxedFrames(t *testing.T) {
	s := Serve(t)
	p := New(t, s)
	p.Expect("sandboxed")
	url := elsewhere(t, s, `<iframe sandbox="allow-scripts" width="640" height="480" src="PARLEY/embed?s=raft-first-election"></iframe>`)
	p.visit(url)
	if says := Eval[string](p, `new Promise(resolve => {
		addEventListener("message", (event) => event.data?.type === "error" && resolve(event.data.text));
		const frame = document.querySelector("iframe");
		frame.src = frame.src; // from the beginning, now that somebody listens
	})`); !strings.Contains(says, "sandboxed without an origin") {
		t.Errorf("in a frame without an origin the figure says %q", says)
	}

	// Without scripts at all.
	p.do("forbid scripts", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	p.Go("/embed?s=raft-first-election&t=m3")
	state := Eval[struct {
		Image, Link, Note bool
		Href              string
		Programs          int
	}](p, `(() => {
		const image = document.getElementById("still"), link = document.getElementById("open"), note = document.querySelector("noscript.alone");
		const seen = (e) => !!e && e.getBoundingClientRect().height > 0;
		return {Image: seen(image) && image.getAttribute("src") === "/s/raft-first-election.svg?t=m3", Link: seen(link), Note: seen(note), Href: link.getAttribute("href"),
			Programs: document.querySelectorAll("script[src*=wasm]").length};
	})()`)
	if !state.Image || !state.Link || !state.Note || state.Href != "/s/raft-first-election?t=m3" || state.Programs != 0 {
		t.Errorf("without scripts there is %+v", state)
	}
}

// TestOnlyTheEngineOfALink shows that a link loads the engine that it needs and no other.
func TestOnlyTheEngineOfALink(t *testing.T) {
	s := Serve(t)
	p := New(t, s)
	p.visit(elsewhere(t, s, `<parley-play id="a" src="PARLEY/#s=multipaxos-gap" mode="play" load="now"></parley-play><script async src="PARLEY/embed.js"></script>`))
	Eval[bool](p, `(() => {`+hearFigures+`; return true })()`)
	p.Wait(`document.getElementById("a").shadowRoot`)
	p.send("a", `{type: "act", line: "crash n2"}`)
	p.Wait(heard("a", "action") + `.length === 1`)
	p.send("a", `{type: "link"}`)
	p.Wait(heard("a", "link") + `.length === 1`)
	code := Eval[string](p, heard("a", "link")+`[0].code`)
	for _, path := range []string{"/#s=multipaxos-gap", "/s/multipaxos-gap", "/#" + code, "/embed?view=logs#" + code} {
		q := New(t, s)
		q.Go(path)
		q.Wait(ready)
		// A worker's own resources are no page's; the page knows what it told it to load.
		engines := Eval[string](q, `performance.getEntriesByType("resource").map(r => new URL(r.name)).filter(u => u.pathname.includes("worker.")).map(u => u.hash).join(" ")`)
		if engines != "#multipaxos" {
			t.Errorf("%.40s: the engines %q were loaded", path, engines)
		}
	}
}
