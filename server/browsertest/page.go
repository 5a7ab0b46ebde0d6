package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Page is a tab with a profile of its own: nothing is stored in it when it opens.
type Page struct {
	// Context is the tab's, for actions of chromedp that Page has no method for.
	Context context.Context
	// Server is the one whose page this is.
	Server *Server

	t testing.TB

	mu       sync.Mutex
	console  []string
	faults   []string // of the console: errors, warnings, exceptions
	expected []string
	marks    chan string
}

// markPrefix begins what this package itself writes to the console, to know how far it
// has read.
const markPrefix = "browsertest mark "

// watch runs in each document before its own scripts. What the policy refuses is told
// to the console by the browser, but not always as an error.
const watch = `
addEventListener("securitypolicyviolation", event => console.error(
	"refused by the Content-Security-Policy (" + event.effectiveDirective + "): " + event.blockedURI + " " + event.sample))
`

// Open starts a server, and opens path there in a new profile. It returns when the
// document is loaded, which is before the program on it runs.
func Open(t testing.TB, path string) *Page {
	t.Helper()
	p := New(t, Serve(t))
	p.Go(path)
	return p
}

// New makes an empty page in a new profile, for the given server.
func New(t testing.TB, s *Server) *Page {
	t.Helper()
	return newPage(t, s, startBrowser(t), chromedp.WithNewBrowserContext())
}

// newPage makes an empty page in a browser.
func newPage(t testing.TB, s *Server, browser context.Context, options ...chromedp.ContextOption) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, options...)
	p := &Page{Context: ctx, Server: s, t: t, marks: make(chan string, 16)}
	messages := chromedp.Console(ctx)
	t.Cleanup(func() {
		p.finish()
		cancel()
	})
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			p.hear(m)
		}
	}()
	p.do("watch the page", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
		return err
	}))
	return p
}

func (p *Page) hear(m chromedp.ConsoleMessage) {
	if mark, ok := strings.CutPrefix(m.Text, markPrefix); ok {
		p.marks <- mark
		return
	}
	line := m.String()
	if m.URL != "" {
		line += fmt.Sprintf(" (%s:%d)", m.URL, m.Line+1)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.console = append(p.console, line)
	switch m.Type {
	case chromedp.ConsoleError, chromedp.ConsoleWarning, chromedp.ConsoleException, "assert":
		p.faults = append(p.faults, line)
	}
}

// finish ends the page's part in its test: leaves a picture if it failed, and fails
// it if the console has errors.
func (p *Page) finish() {
	for _, fault := range p.Faults() {
		p.t.Errorf("the page's console: %s", fault)
	}
	if !p.t.Failed() {
		return
	}
	file := filepath.Join(Top(), "build", "failures", strings.ReplaceAll(p.t.Name(), "/", "_")+".png")
	if err := p.screenshot(file); err != nil {
		p.t.Logf("no screenshot: %v", err)
	} else {
		p.t.Logf("a screenshot is at %s", file)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.console) > 0 {
		p.t.Logf("the page's console:\n%s", strings.Join(p.console, "\n"))
	}
}

// Expect says that the console will show an error with this text in it, which then
// does not fail the test.
func (p *Page) Expect(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected = append(p.expected, text)
}

// Faults returns the errors, warnings and exceptions of the console until now, but
// those that were expected.
func (p *Page) Faults() []string {
	p.catchUp()
	p.mu.Lock()
	defer p.mu.Unlock()
	var faults []string
next:
	for _, fault := range p.faults {
		for _, text := range p.expected {
			if strings.Contains(fault, text) {
				continue next
			}
		}
		faults = append(faults, fault)
	}
	return faults
}

// catchUp waits until everything that the page wrote to its console has been heard.
func (p *Page) catchUp() {
	mark := fmt.Sprint(time.Now().UnixNano())
	ctx, cancel := context.WithTimeout(p.Context, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](`console.debug("`+markPrefix+mark+`")`)); err != nil {
		return // the tab is gone, and has nothing more to say
	}
	for {
		select {
		case heard := <-p.marks:
			if heard == mark {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// do carries out an action and ends the test if that fails.
func (p *Page) do(what string, a chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.Context, patience)
	defer cancel()
	if err := chromedp.Do(ctx, a); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// Do carries out actions of chromedp and ends the test if one fails.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.do("drive the page", chromedp.Steps(actions...))
}

// Go opens a path of the site and returns when the document is loaded.
func (p *Page) Go(path string) {
	p.t.Helper()
	p.do("open "+path, chromedp.Navigate(p.Server.URL+path))
}

// Reload loads the page anew.
func (p *Page) Reload() {
	p.t.Helper()
	p.do("reload", chromedp.Reload())
}

// Eval returns the value of a JavaScript expression, waiting for it if it is a promise.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.Context, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// Wait waits until a JavaScript expression is true (or anything that counts as true),
// looking at each animation frame and whenever the page is replaced by another.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	// chromedp.Poll would compile the expression inside the page, which its policy forbids.
	loop := `new Promise((resolve, reject) => {
		const look = () => {
			let v;
			try { v = (` + expression + `); } catch (error) { reject(error); return; }
			if (v) resolve(true); else requestAnimationFrame(look);
		};
		look();
	})`
	ctx, cancel := context.WithTimeout(p.Context, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](loop, chromedp.EvalAwaitPromise))
		var exception *chromedp.ExceptionError
		switch {
		case err == nil:
			return
		case ctx.Err() != nil:
			p.t.Fatalf("waited in vain for %s", expression)
		case errors.As(err, &exception):
			p.t.Fatalf("wait for %s: %v", expression, err)
		}
		// The document went away under the question: ask the next one.
	}
}

// ByTest returns the CSS selector of the element with that data-testid.
func ByTest(id string) string { return `[data-testid="` + id + `"]` }

// WaitFor waits until an element that the CSS selector matches can be seen.
func (p *Page) WaitFor(selector string) {
	p.t.Helper()
	p.Wait(`(e => e && e.checkVisibility({visibilityProperty: true}))(document.querySelector(` + quote(selector) + `))`)
}

// WaitText waits until the text of the element contains the given one.
func (p *Page) WaitText(selector, text string) {
	p.t.Helper()
	p.Wait(`(e => e && e.textContent.includes(` + quote(text) + `))(document.querySelector(` + quote(selector) + `))`)
}

// Text returns the text of an element.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	p.Wait(`document.querySelector(` + quote(selector) + `) !== null`)
	return Eval[string](p, `document.querySelector(`+quote(selector)+`).textContent`)
}

// Click clicks at an element with the mouse, as soon as it can be seen and pressed.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.WaitFor(selector)
	p.Wait(`!document.querySelector(` + quote(selector) + `)?.disabled`)
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Type types text into an element.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.WaitFor(selector)
	p.do("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Press presses keys, wherever the focus is; package kb of chromedp names special ones.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do("press a key", chromedp.KeyEvent(keys))
}

// Size makes the window's inside that many CSS pixels large.
func (p *Page) Size(width, height int) {
	p.t.Helper()
	p.do("resize", chromedp.EmulateViewport(int64(width), int64(height)))
}

// Prefer sets what the visitor's system prefers, for example
// Prefer("prefers-color-scheme", "dark").
func (p *Page) Prefer(feature, value string) {
	p.t.Helper()
	p.do("prefer "+value, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
		})
		return err
	}))
}

// Screenshot writes what is to be seen to a PNG file, named from the top folder of
// the project.
func (p *Page) Screenshot(file string) {
	p.t.Helper()
	if err := p.screenshot(filepath.Join(Top(), file)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *Page) screenshot(file string) error {
	ctx, cancel := context.WithTimeout(p.Context, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, png, 0o644)
}

// evalStrict evaluates an expression under the page's own policy, which evaluations
// of tests otherwise are exempt from.
func evalStrict(p *Page, expression string) (string, error) {
	ctx, cancel := context.WithTimeout(p.Context, patience)
	defer cancel()
	strict := false
	return chromedp.Run(ctx, chromedp.Evaluate[string](expression, func(e *runtime.EvaluateParams) {
		e.AllowUnsafeEvalBlockedByCSP = &strict
	}))
}

// quote writes a string as JavaScript does.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
