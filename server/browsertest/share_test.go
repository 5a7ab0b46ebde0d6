package browsertest

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// picture is what is drawn of the cluster: every shape that can be seen, in the order of
// its markup. What painters keep hidden for later is not part of it.
func (p *Page) picture() string {
	p.t.Helper()
	return Eval[string](p, `[...document.querySelectorAll("#ring svg *")].filter(e => e.childElementCount === 0 && e.checkVisibility())
		.map(e => e.outerHTML.replace(/ (id|style|tabindex|aria-[a-z]+)="[^"]*"/g, "")).sort().join("\n")`)
}

// value is what stands in a field.
func (p *Page) value(selector string) string {
	p.t.Helper()
	p.WaitFor(selector)
	return Eval[string](p, `document.querySelector(`+quote(selector)+`).value`)
}

// address is what stands in the address bar behind the site.
func (p *Page) address() string {
	p.t.Helper()
	return strings.TrimPrefix(Eval[string](p, `location.href`), p.Server.URL)
}

// sendable makes a run by hand and opens the dialog that shares it.
func sendable(t *testing.T) *Page {
	t.Helper()
	p := Open(t, "/")
	p.Wait(ready)
	p.WaitFor(leads)
	p.Click(`[data-act="crash-leader"]`)
	p.setSpeed(8)
	p.WaitFor(`[data-role="down"]`)
	p.WaitFor(leads)
	p.Click(`[data-act="request"]`)
	p.WaitText("#feed", "C1")
	p.pause()
	if at := p.address(); at != "/" {
		t.Errorf("before it was shared, the run has the address %s", at)
	}
	p.Click("#share")
	p.WaitFor("#share-link")
	return p
}

const tick = `#origin[data-state="same"]`

// TestSharedRun makes a run by hand and shares it. In a fresh profile its link shows the
// same picture, and the page says that it is the same run.
func TestSharedRun(t *testing.T) {
	p := sendable(t)
	link := p.value("#share-link")
	if at := p.Server.URL + p.address(); at != link {
		t.Errorf("the address bar has %s, the link is %s", at, link)
	}
	here, state, picture := p.now(), p.cluster(), p.picture()
	if len(picture) < 1000 || !strings.Contains(state, "leader") {
		t.Fatalf("there is nothing to compare: %s\n%s", state, picture)
	}

	other := New(t, p.Server)
	other.Go(strings.TrimPrefix(link, p.Server.URL))
	other.Wait(ready)
	other.WaitFor(tick)
	same := func(what string, q *Page) {
		t.Helper()
		if at, again := q.now(), q.cluster(); at != here || again != state {
			t.Errorf("%s: %d ms and %s; what was shared: %d ms and %s", what, at, again, here, state)
		}
		if again := q.picture(); again != picture {
			t.Errorf("%s: another picture:\n%s\n\nwhat was shared:\n%s", what, again, picture)
		}
	}
	same("in a fresh profile", other)

	// A reload is not another run.
	other.Reload()
	other.Wait(ready)
	other.WaitFor(tick)
	same("after a reload", other)

	// What is done to it makes it another one; the way back leads to what was sent.
	other.Click(`[data-act="restart-all"]`)
	other.WaitFor(`#origin[data-state="changed"]`)
	other.Reload()
	other.Wait(ready)
	other.WaitFor(`#origin[data-state="changed"]`)
	other.Click("#origin")
	other.WaitFor(tick)
	same("back to what was sent", other)

	// The short link shows it too.
	p.Click("#make-short")
	short := p.value("#share-short")
	if !strings.HasPrefix(short, p.Server.URL+"/s/") || len(short) > len(p.Server.URL)+60 {
		t.Errorf("the short link is %s", short)
	}
	third := New(t, p.Server)
	third.Go(strings.TrimPrefix(short, p.Server.URL))
	third.Wait(ready)
	third.WaitFor(tick)
	same("by the short link", third)
}

// TestDamagedLinks opens links that are not what was sent. Each says in a sentence what is
// wrong, and there is a run to look at.
func TestDamagedLinks(t *testing.T) {
	p := sendable(t)
	link := strings.TrimPrefix(p.value("#share-link"), p.Server.URL)
	code, _, _ := strings.Cut(link, "&")
	middle := len(code) / 2
	other := "A"
	if code[middle] == 'A' {
		other = "B"
	}
	for _, c := range []struct{ name, address, says string }{
		{"altered", code[:middle] + other + code[middle+1:], "changed on the way"},
		{"truncated", code[:len(code)-8], "cut off"},
		{"unknown codec", "/#9" + code[3:], "not known here"},
		{"unknown scenario", "/#s=raft-no-such-story", "raft-no-such-story"},
		{"too long", code + strings.Repeat("A", 70_000), "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := New(t, p.Server)
			q.Go(c.address)
			q.Wait(ready)
			q.WaitText(`#notices [data-kind="wrong"]`, c.says)
			q.WaitFor(ByTest("node-1"))
			if Eval[bool](q, `document.querySelector("#origin").checkVisibility()`) {
				t.Error("the page says where the run came from, and it is a new one")
			}
		})
	}
}

// TestAddresses goes from a run to examples and back by the browser's own buttons.
func TestAddresses(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.WaitFor(leads)
	p.Click(`[data-act="crash-leader"]`)
	p.WaitFor(`[data-role="down"]`)
	p.pause()
	state := p.cluster()
	example := func(name string) {
		t.Helper()
		Eval[bool](p, `(s => { s.value = `+quote(name)+`; s.dispatchEvent(new Event("change", {bubbles: true})); return true })(document.querySelector("#examples"))`)
		p.Wait(`location.hash === ` + quote("#s="+name))
		p.Wait(`document.querySelector("#examples").value === ` + quote(name) + ` && document.querySelector("#app").dataset.phase === "running"`)
	}
	p.Wait(`document.querySelector("#examples").options.length > 5`)
	example("raft-leader-crash")
	if again := p.cluster(); again == state {
		t.Errorf("the example begins as the run before it ended: %s", again)
	}
	example("synod-duelling") // another engine
	p.Wait(`document.querySelector("#algorithm").value === "synod"`)
	p.Do(chromedp.NavigateBack())
	p.Wait(`document.querySelector("#examples").value === "raft-leader-crash" && document.querySelector("#algorithm").value === "raft"`)
	p.Do(chromedp.NavigateBack())
	p.Wait(`location.hash === "" && document.querySelector("#app").dataset.phase === "running" && document.querySelector('[data-role="down"]') !== null`)
	if again := p.cluster(); again != state {
		t.Errorf("back at the run: %s; it was left at: %s", again, state)
	}
	p.Do(chromedp.NavigateForward())
	p.Wait(`document.querySelector("#examples").value === "raft-leader-crash"`)
	// A place on the page is no run.
	Eval[bool](p, `(location.hash = "#ring", true)`)
	if text := p.Text("#notices"); strings.Contains(text, "opened") {
		t.Errorf("a place on the page is taken for a link: %s", text)
	}
}

// TestShareDialog copies what the dialog offers, by keys and the mouse.
func TestShareDialog(t *testing.T) {
	p := sendable(t)
	Eval[bool](p, `(navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }, true)`)
	p.Click("#make-short")
	short := p.value("#share-short")
	for _, c := range []struct{ row, has string }{
		{"link", p.address()}, {"short", short}, {"html", "<parley-play src="}, {"markdown", ")](" + short}, {"iframe", "<iframe src="},
	} {
		p.Click(`[data-copy="` + c.row + `"]`)
		p.WaitText(`[data-copy="`+c.row+`"]`, "Copied")
		p.WaitText("#spoken", "Copied")
		if text := Eval[string](p, `copied`); text != p.value("#share-"+c.row) || !strings.Contains(text, c.has) {
			t.Errorf("%s: copied %q", c.row, text)
		}
	}
	// The code as a picture, for a slide: as large as the text needs, dark on light.
	Eval[bool](p, `(navigator.clipboard.write = async (items) => { window.picture = await items[0].getType("image/png"); }, true)`)
	p.Click(`[data-copy="qr"]`)
	p.WaitText(`[data-copy="qr"]`, "Copied")
	if code := Eval[struct{ Width, Modules, Corner, Finder int }](p, `(async () => {
		const image = await createImageBitmap(picture);
		const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext("2d");
		pen.drawImage(image, 0, 0);
		const pixels = pen.getImageData(0, 0, image.width, image.height).data;
		const at = (module) => pixels[4 * (8 * module + 4) * (image.width + 1)];
		return {Width: image.width, Modules: (await parley.qr(document.querySelector("#qr").dataset.qr)).size, Corner: at(3), Finder: at(4)};
	})()`); code.Modules < 21 || code.Width != 8*(code.Modules+8) || code.Corner != 255 || code.Finder != 0 {
		t.Errorf("the picture of the code is %+v", code)
	}
	// A title goes into the link, and never becomes markup.
	p.Type("#share-title", `<b>"Two" & more</b>`+"\t")
	p.Wait(`document.querySelector("#share-short") === null`)
	p.Click("#make-short")
	p.value("#share-short") // the answer is there, and does not come to the dialog that is opened next
	if html := p.value("#share-html"); !strings.Contains(html, `alt="&lt;b&gt;&#34;Two&#34; &amp; more&lt;/b&gt;"`) {
		t.Errorf("the title of a stranger in HTML: %s", html)
	}
	p.Wait(`document.querySelector("#qr path") !== null`)
	p.Press(kb.Escape)
	p.Wait(`document.querySelector("#sharing") === null`)
	if id := Eval[string](p, `document.activeElement.id`); id != "share" {
		t.Errorf("when the dialog is closed, the focus is on #%s", id)
	}
	p.Press("s")
	p.WaitFor("#sharing")

	// A server without a folder for short links, or none at all: a sentence.
	p.Expect("Failed to load resource")
	Eval[bool](p, `(window.fetch = () => Promise.reject(new Error("no")), true)`)
	p.Click("#make-short")
	p.WaitText("#no-short", "full link works")

	// Where nothing can be copied, that is said to those who see too.
	Eval[bool](p, `(navigator.clipboard.writeText = () => Promise.reject(new Error("no")), true)`)
	p.Click(`[data-copy="link"]`)
	p.WaitText("#no-copy", "did not allow")
}

// TestFiles saves what can be saved, and opens what can be opened.
func TestFiles(t *testing.T) {
	p := sendable(t)
	Eval[bool](p, `(URL.createObjectURL = (blob) => { window.saved = blob; return "#"; }, HTMLAnchorElement.prototype.click = function () { window.savedName = this.download }, true)`)
	saved := func(button string) string {
		t.Helper()
		Eval[bool](p, `(window.saved = null, true)`)
		p.Click(button)
		p.Wait(`window.saved !== null`)
		return Eval[string](p, `saved.text()`)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, c := range []struct{ name, begins, has string }{
		{"ring", "<svg", "</svg>"}, {"diagram", "<svg", "</svg>"}, {"moving", "<svg", "animate"},
		{"mermaid", "sequenceDiagram", "participant"}, {"shiviz", "", `{"`}, {"json", `{"kind":"begin"`, `"kind":"end"`},
	} {
		if text := saved(`[data-export="` + c.name + `"]`); !strings.Contains(text[:min(len(text), 400)], c.begins) || !strings.Contains(text, c.has) {
			t.Errorf("%s: %.300q", c.name, text)
		} else if c.begins == "<svg" {
			standsAlone(t, p.Server, write(c.name+".svg", text))
		}
	}
	state, here := p.cluster(), p.now()
	recording, journal := saved("#save-recording"), saved(`[data-export="json"]`)
	open := func(q *Page, file string) {
		t.Helper()
		q.Wait(ready)
		if !Eval[bool](q, `document.querySelector("#sharing") !== null`) {
			q.Click("#share")
		}
		q.WaitFor("#import")
		q.Do(chromedp.SetUploadFiles(chromedp.CSS("#import"), []string{file}))
	}
	q := New(t, p.Server)
	q.Go("/")
	open(q, write("recording.txt", recording))
	q.WaitFor(tick)
	q.Press(kb.Escape)

	// The trace shows the same, and cannot be changed.
	open(q, write("trace.jsonl", journal))
	q.WaitText("#notices", "watched, not changed")
	q.Wait(`document.querySelector("#app").dataset.phase === "running"`)
	q.pause()
	Eval[bool](q, `(document.querySelector('[data-testid="timeline"]').focus(), true)`)
	q.Press(kb.End)
	q.Wait(`document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuenow") === "` + strconv.Itoa(here) + `" && document.querySelector("#play").className.includes("i-play")`)
	if again := q.cluster(); again != state {
		t.Errorf("the trace ends at %d ms with %s; it was saved at %d ms with %s", q.now(), again, here, state)
	}
	q.Press("c")
	q.WaitText("#notices", "no cluster behind it")

	// What is no run says so.
	for _, c := range []struct{ name, text, says string }{
		{"bad.jsonl", `{"kind":"begin","version":99}`, "version 99"}, {"bad.txt", "at noon crash n1\n", "line 1"},
	} {
		open(q, write(c.name, c.text))
		q.WaitText(`#notices [data-kind="wrong"]`, "not opened")
		q.WaitText(`#notices [data-kind="wrong"]`, c.says)
	}
}

// standsAlone opens a picture by itself, as a file. What the browser finds wrong with it
// fails the test.
func standsAlone(t *testing.T, s *Server, file string) {
	t.Helper()
	p := New(t, s)
	p.visit("file://" + file)
	if shapes := Eval[int](p, `document.documentElement.tagName !== "svg" || document.documentElement.getBoundingClientRect().width < 200 ? 0 :
		[...document.querySelectorAll("circle, path, line, text")].filter(e => e.checkVisibility() && e.getBoundingClientRect().width + e.getBoundingClientRect().height > 0).length`); shapes < 20 {
		t.Errorf("%s: opened by itself, %d shapes are to be seen", filepath.Base(file), shapes)
	}
}

// TestQRCodes holds codes to those that another program (jsQR 1.4.0) has read: of several
// versions, at both levels.
func TestQRCodes(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	for _, c := range []struct {
		length, size int
		sum          string
	}{
		{14, 21, "f548865eed260650"},
		{100, 37, "3532494b6ac3fd9d"},
		{300, 61, "6ee5fa2fb7da7d2b"},
		{1500, 129, "c8c8764b7d3d8752"},
		{2953, 177, "12c0483d74e5db6d"},
	} {
		text := ("https://parley.example/#" + strings.Repeat("1eJx_-Ab", 400))[:c.length]
		path := Eval[string](p, `parley.qr(`+quote(text)+`).then(q => q.size + " " + q.path)`)
		size, path, _ := strings.Cut(path, " ")
		if sum := sha256.Sum256([]byte(path)); size != strconv.Itoa(c.size) || hex.EncodeToString(sum[:8]) != c.sum {
			t.Errorf("%d bytes: a code of %s modules with the sum %x, want %d and %s", c.length, size, sum[:8], c.size, c.sum)
		}
	}
	if !Eval[bool](p, `parley.qr("x".repeat(2954)).then(q => q === null)`) {
		t.Error("there is a code of more than one can hold")
	}
}
