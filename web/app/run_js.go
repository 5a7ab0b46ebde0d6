package app

import (
	"strconv"
	"strings"
	"syscall/js"

	"github.com/vugu/vugu"
	"github.com/vugu/vugu/domrender"

	"parley/consensus"
	"parley/web/texts"
	"parley/web/view"
)

// renderEvery is the shortest time between two renders that nobody waits for, ms.
const renderEvery = 100

// page is the app in a browser.
type page struct {
	model    *Model
	root     *Root
	build    *vugu.BuildEnv
	renderer *domrender.JSRenderer
	document js.Value
	html     js.Value
	painters painters

	frame     js.Func // for requestAnimationFrame
	asked     bool    // a frame is asked for
	last      float64 // when the last frame was, ms
	rendered  float64
	reported  float64
	shownFold string
	shownTab  string
	shownLit  string   // which lines of the pseudocode were lit
	popShown  string   // the kind of the small panel that is shown
	popFrom   js.Value // what had the focus when it was opened
	taken     string   // the key that was pressed and meant something
	byPointer bool     // the visitor pointed last, and did not move the focus by keys since
	address   string   // that the address bar showed last, of a run
	opened    string   // the path that the page was opened at
	dialog    string   // the dialog that is shown: "sharing", "rooming" or ""
	coded     string   // what its QR code says
}

// Run mounts the page in #app and does not return.
func Run() {
	global := js.Global()
	p := &page{document: global.Get("document")}
	p.html = p.document.Get("documentElement")
	p.speak(p.language())
	links := [...]*worker{newWorker(p, 0), newWorker(p, 1)}
	p.model = NewModel(func(side int) Link { return links[side] }, p.keeper())
	offered := global.Get("parley").Get("algorithms")
	for i := range offered.Length() {
		p.model.Offered = append(p.model.Offered, offered.Index(i).String())
	}
	earlier := global.Get("parley").Get("earlier")
	for i := range earlier.Length() {
		p.model.Earlier = append(p.model.Earlier, earlier.Index(i).String())
	}
	p.model.Started(global.Get("parley").Get("started").String())
	p.model.Fold = parseFolds(p.html.Get("dataset").Get("fold").String()) // boot.js knows
	p.frameFigure()
	p.startAddress()
	p.root = &Root{M: p.model}
	p.watchPreferences()

	var err error
	if p.renderer, err = domrender.New("#app"); err != nil {
		panic(err)
	}
	if p.build, err = vugu.NewBuildEnv(); err != nil {
		panic(err)
	}
	p.frame = js.FuncOf(func(_ js.Value, args []js.Value) any {
		p.onFrame(args[0].Float())
		return nil
	})
	p.renderFirst()
	p.listenKeys()
	p.listenLeave()
	p.listenAddress()
	for _, link := range links {
		link.listen()
	}
	p.wake()
	// What components' handlers did is shown with the next frame.
	for p.renderer.EventWait() {
		p.wake()
	}
	panic("a handler of the page failed") // Vugu printed why
}

// speak chooses the language, and tells it to the document and to boot.js.
func (p *page) speak(language string) {
	p.html.Set("lang", texts.Load(language).Code())
	own := map[string]any{}
	for _, key := range []string{"loading", "starting", "no-wasm", "load", "blocked", "stopped"} {
		own[key] = texts.Get("boot." + key)
	}
	own["noWasm"] = own["no-wasm"]
	js.Global().Get("parley").Call("sentences", own)
	labels := p.document.Call("querySelectorAll", "[data-text]")
	for i := range labels.Length() {
		label := labels.Index(i)
		label.Set("textContent", texts.Get(label.Get("dataset").Get("text").String()))
	}
	p.document.Set("title", texts.Get("page.title"))
}

// wake asks for a frame.
func (p *page) wake() {
	if !p.asked {
		p.asked = true
		js.Global().Call("requestAnimationFrame", p.frame)
	}
}

// onFrame moves the run on, paints and renders; it asks for the next frame while there
// is something to do.
func (p *page) onFrame(now float64) {
	p.asked = false
	m := p.model
	real := consensus.Duration((now - p.last) * float64(consensus.Millisecond))
	if p.last == 0 {
		real = 0
	}
	p.last = now
	m.Tick(real)
	if m.changed && (m.urgent || now-p.rendered >= renderEvery) {
		m.changed, m.urgent = false, false
		p.rendered = now
		p.render()
	}
	if m.stirred {
		m.stirred = false
		p.paint()
	}
	p.report(now)
	if m.moves() || m.changed {
		p.wake()
	} else {
		p.last = 0
	}
}

// moves reports whether the page has something to do in the next frame too.
func (m *Model) moves() bool {
	if m.Phase != Running {
		return false
	}
	if r := m.room; r != nil && r.live {
		return m.Cursor.T < m.Head.Time
	}
	return m.Playing
}

// render builds the components and carries the result out.
func (p *page) render() {
	env := p.renderer.EventEnv()
	env.RLock()
	v := p.model.Screen()
	p.root.V = &v
	result := p.build.RunBuild(p.root)
	env.RUnlock()
	if err := p.renderer.Render(result); err != nil {
		js.Global().Get("console").Call("error", "parley: the page was not rendered: "+err.Error())
	}
	p.applyChoices()
	if (p.model.Phase == Running || p.model.InRoom()) && p.html.Get("dataset").Get("ready").IsUndefined() {
		js.Global().Get("parley").Call("ready")
	}
	p.placePop()
	p.showDialog()
	if tab := p.root.V.Tab; tab != p.shownTab {
		p.shownTab = tab
		p.document.Call("getElementById", "panel").Set("scrollTop", 0)
	}
	p.showLit()
}

// renderFirst renders in the place of what stood on the page before the program ran, of which
// the picture in the ring's host stays until the run's own is drawn.
func (p *page) renderFirst() {
	pictures := p.document.Call("querySelectorAll", "#ring > svg")
	p.render()
	ring := p.document.Call("getElementById", "ring") // another one now
	for i := range pictures.Length() {
		ring.Call("append", pictures.Index(i))
	}
}

// showLit brings the pseudocode that is lit into sight when other lines are lit than
// before.
func (p *page) showLit() {
	lit := ""
	if p.root.V.Panel.Code {
		lit = p.root.V.Code.lit()
	}
	if lit == p.shownLit {
		return
	}
	p.shownLit = lit
	lines := p.document.Call("querySelectorAll", ".code li[data-lit]")
	for i := lines.Length() - 1; i >= 0; i-- {
		lines.Index(i).Call("scrollIntoView", map[string]any{"block": "nearest"})
	}
}

// applyChoices writes what is folded to the document's root, where style sheets look.
func (p *page) applyChoices() {
	if fold := p.model.Fold.String(); fold != p.shownFold {
		p.shownFold = fold
		p.html.Get("dataset").Set("fold", fold)
	}
}

// parseFolds reads the words of html[data-fold].
func parseFolds(s string) Folds {
	has := func(word string) bool { return strings.Contains(" "+s+" ", " "+word+" ") }
	return Folds{has("drawer"), has("side"), has("logs"), has("diagram"), has("room")}
}

// watchPreferences follows the theme, the width and the wish for less motion.
func (p *page) watchPreferences() {
	watch := func(query string, set func(matches bool)) {
		list := js.Global().Call("matchMedia", query)
		set(list.Get("matches").Bool())
		list.Call("addEventListener", "change", js.FuncOf(func(_ js.Value, args []js.Value) any {
			set(args[0].Get("matches").Bool())
			p.model.touch()
			p.wake()
			return nil
		}))
	}
	watch("(prefers-color-scheme: dark)", func(dark bool) {
		p.model.systemDark = dark
		p.model.setDark()
	})
	watch("(prefers-reduced-motion: reduce)", func(still bool) { p.model.Still = still })
	watch("(max-width: 719px)", func(narrow bool) { p.model.Narrow = narrow && p.model.figure == nil })
	p.model.onTheme = func(theme string) {
		if theme == "" {
			p.html.Get("dataset").Delete("theme")
		} else {
			p.html.Get("dataset").Set("theme", theme)
		}
	}
}

// listenKeys gives keys to the model unless a field or a button has use for them.
func (p *page) listenKeys() {
	p.document.Call("addEventListener", "keydown", js.FuncOf(func(_ js.Value, args []js.Value) any {
		e := args[0]
		key := e.Get("key").String()
		if e.Get("defaultPrevented").Bool() || e.Get("ctrlKey").Bool() || e.Get("metaKey").Bool() || e.Get("altKey").Bool() {
			return nil
		}
		target := e.Get("target")
		if target.Call("matches", "input, select, textarea").Bool() {
			kind := target.Get("type").String()
			steers := kind == "range" && len(key) > 1 || kind == "checkbox" && key == " " || kind != "range" && kind != "checkbox"
			if steers && key != "Escape" {
				return nil
			}
		}
		if key == "Tab" {
			p.byPointer = false
		}
		// Space presses the button that has the focus, unless it has it because it was
		// clicked: then space plays and pauses.
		if key == " " && !p.byPointer && target.Call("matches", "button, [role=button], a").Bool() {
			return nil
		}
		if (key == "ArrowLeft" || key == "ArrowRight") && target.Call("matches", "[role=tab]").Bool() {
			p.moveTab(target, key == "ArrowRight")
			e.Call("preventDefault")
			return nil
		}
		if p.model.Press(Key{Name: key, Shift: e.Get("shiftKey").Bool()}) {
			e.Call("preventDefault")
			p.taken = key
			p.wake()
		}
		return nil
	}))
	p.document.Call("addEventListener", "keyup", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if p.taken != "" && args[0].Get("key").String() == p.taken {
			p.taken = ""
			args[0].Call("preventDefault") // or a button that has the focus would be pressed
		}
		return nil
	}))
	p.document.Call("addEventListener", "pointerdown", js.FuncOf(func(js.Value, []js.Value) any {
		p.byPointer = true
		return nil
	}), true)
}

// moveTab goes to the tab beside, as the keys of a tab list do.
func (p *page) moveTab(tab js.Value, on bool) {
	way := "previousElementSibling"
	if on {
		way = "nextElementSibling"
	}
	for tab = tab.Get(way); tab.Truthy(); tab = tab.Get(way) {
		if tab.Call("matches", "[role=tab]").Bool() {
			tab.Call("focus")
			tab.Call("click")
			return
		}
	}
}

// listenLeave keeps the moment when the page goes.
func (p *page) listenLeave() {
	keep := js.FuncOf(func(js.Value, []js.Value) any {
		p.model.KeepPlace()
		return nil
	})
	js.Global().Call("addEventListener", "pagehide", keep)
	p.document.Call("addEventListener", "visibilitychange", keep)
}

// storage is the browser's: of the tab for what begins with "run.", else of the visitor.
// A browser may forbid it; then nothing is kept.
type storage struct{}

func (storage) area(key string) js.Value {
	if len(key) > 4 && key[:4] == "run." {
		return js.Global().Get("sessionStorage")
	}
	return js.Global().Get("localStorage")
}

// Keep keeps a value.
func (s storage) Keep(key, value string) {
	defer func() { _ = recover() }() // full or forbidden
	s.area(key).Call("setItem", "parley."+key, value)
}

// Kept returns a value that was kept.
func (s storage) Kept(key string) (value string) {
	defer func() { _ = recover() }() // forbidden
	if v := s.area(key).Call("getItem", "parley."+key); v.Type() == js.TypeString {
		value = v.String()
	}
	return value
}

func px(v float64) string { return strconv.Itoa(int(v+.5)) + "px" }

// scene returns what the painters of a side are to draw.
func (p *page) scene(side *Side) view.Scene { return p.model.sceneOf(side) }

// lit tells which lines are lit.
func (v *CodeView) lit() string {
	var b []byte
	for _, block := range v.Blocks {
		for _, l := range block.Lines {
			if l.Lit {
				b = append(b, '1')
			} else {
				b = append(b, '0')
			}
		}
	}
	return string(b)
}
