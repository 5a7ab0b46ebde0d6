package app

import (
	"strings"
	"syscall/js"
)

// forgetful is the Keeper of a figure: articles keep nothing on a reader's machine.
type forgetful struct{}

// Keep keeps nothing.
func (forgetful) Keep(key, value string) {}

// Kept returns nothing.
func (forgetful) Kept(key string) string { return "" }

// keeper returns what the page keeps things in.
func (p *page) keeper() Keeper {
	if p.framed() {
		return forgetful{}
	}
	return storage{}
}

// framed reports whether the page is a figure in another page; embedded.js knows.
func (p *page) framed() bool { return js.Global().Get("parleyFrame").Truthy() }

// frameFigure makes the page the figure that its address asks for.
func (p *page) frameFigure() {
	if !p.framed() {
		return
	}
	bridge := js.Global().Get("parleyFrame")
	options := bridge.Get("options")
	option := func(name string) string { return options.Get(name).String() }
	look := Look{
		T: option("t"), Until: option("until"), View: option("view"),
		Mode: option("mode"), Theme: option("theme"), Lang: option("lang"),
	}
	p.model.Frame(bridge.Get("code").String(), look, func(m Message) {
		o := map[string]any{"type": m.Type}
		for i, name := range m.Names {
			o[name] = m.Value[i]
			if v, ok := m.Value[i].(int64); ok {
				o[name] = float64(v) // exact: times have less than 53 bits
			}
		}
		bridge.Call("tell", o)
	})
	p.model.figure.open = func(code string) {
		p.document.Call("getElementById", "open").Set("href", "/#"+code)
	}
	p.model.figure.fail = func(why string) {
		p.html.Get("dataset").Set("failed", "link")
		p.document.Call("getElementById", "boot-text").Set("textContent", why)
	}
	p.html.Get("dataset").Set("mode", p.model.mode())
	p.showFigure()
	bridge.Call("listen", js.FuncOf(func(_ js.Value, args []js.Value) any {
		p.model.Command(args[0].String(), args[1].String())
		p.wake()
		return nil
	}))
}

// showFigure tells the style sheet what is to be seen: which parts, and whether the author
// says something about this moment.
func (p *page) showFigure() {
	m, data := p.model, p.html.Get("dataset")
	if views := strings.Join(m.figure.look.Views(), " "); views != data.Get("view").String() {
		data.Set("view", views)
	}
	if said := yes(m.marked() >= 0); said != data.Get("said").String() {
		data.Set("said", said)
	}
	if m.Phase == Running && !m.figure.ready {
		p.document.Call("getElementById", "name").Set("textContent", m.figureTitle())
	}
}

// reportEvery is the shortest time between two news of the time while a figure plays, ms.
const reportEvery = 100

// report tells the page around what is shown.
func (p *page) report(now float64) {
	if p.model.figure == nil || p.model.Playing && now-p.reported < reportEvery {
		return
	}
	p.reported = now
	p.showFigure()
	p.model.Report()
}

// language returns the language to speak: the one that a figure's address asks for, or
// the browser's.
func (p *page) language() string {
	if p.framed() {
		if l := js.Global().Get("parleyFrame").Get("options").Get("lang").String(); l != "" {
			return l
		}
	}
	return js.Global().Get("navigator").Get("language").String()
}
