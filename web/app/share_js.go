package app

import (
	"strconv"
	"strings"
	"syscall/js"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/texts"
)

// outside is the Outside of a browser: outside.js, and the address bar.
type outside struct {
	page *page
	js   js.Value
}

// Site returns where the site is.
func (o *outside) Site() string { return js.Global().Get("location").Get("origin").String() }

// Show puts an address in the address bar.
func (o *outside) Show(address string, instead bool) {
	history := js.Global().Get("history")
	if instead {
		history.Call("replaceState", js.Null(), "", "/"+address)
	} else {
		o.page.leave()
		history.Call("pushState", js.Null(), "", "/"+address)
	}
	o.page.address = o.page.currentAddress()
}

// Copy puts a text on the clipboard.
func (o *outside) Copy(text string, done func(ok bool)) {
	o.call("copy", func(args []js.Value) { done(args[0].Bool()) }, text)
}

// CopyCode puts the QR code of a text on the clipboard.
func (o *outside) CopyCode(text string, done func(ok bool)) {
	o.call("copyCode", func(args []js.Value) { done(args[0].Bool()) }, text)
}

// Shorten asks the server for a short link.
func (o *outside) Shorten(code string, done func(url, why string)) {
	o.call("shorten", func(args []js.Value) { done(args[0].String(), args[1].String()) }, code, texts.Get("share.short-failed"))
}

// CreateRoom asks the server for a live room.
func (o *outside) CreateRoom(script string, done func(id, token, why string)) {
	o.call("room", func(args []js.Value) { done(args[0].String(), args[1].String(), args[2].String()) }, script, texts.Get("room.none-made"))
}

// Open opens an address in another tab.
func (o *outside) Open(address string) bool { return o.js.Call("open", "/"+address).Bool() }

// Reload loads the page anew.
func (o *outside) Reload() { js.Global().Get("location").Call("reload") }

// Save offers a file.
func (o *outside) Save(name, kind, text string) { o.js.Call("save", name, kind, text) }

// Make has files.js make a file.
func (o *outside) Make(frames [][]byte, order Order, done func(why string)) {
	list := make([]any, len(frames))
	for i, b := range frames {
		a := js.Global().Get("Uint8Array").New(len(b))
		js.CopyBytesToJS(a, b)
		list[i] = a
	}
	w := &order.Words
	o.call("make", func(args []js.Value) { done(args[0].String()) }, list, map[string]any{
		"kind": order.Kind, "from": order.From, "until": order.Until, "at": int64(order.Run.Cursor.T),
		"events": order.Run.Cursor.Events, "frontier": int64(order.Run.Frontier), "dark": order.Run.Dark,
		"words": []any{w.Down, w.Voted, w.Writes, w.Ring, w.Logs, w.Space, w.Time, w.NoOp, w.Client, w.Accepted, w.Chosen},
	}, order.File, order.Type, texts.Get("boot.load"))
}

// showFrames takes what a journal holds.
func (p *page) showFrames(list js.Value) {
	frames := make([][]byte, list.Length())
	for i := range frames {
		frames[i] = make([]byte, min(list.Index(i).Length(), frame.SizeMax+1))
		js.CopyBytesToGo(frames[i], list.Index(i))
	}
	p.model.ShowTrace(frames)
}

// call calls a function that calls back once.
func (o *outside) call(name string, done func(args []js.Value), args ...any) {
	var f js.Func
	f = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done(args)
		f.Release()
		o.page.wake()
		return nil
	})
	o.js.Call(name, append(args, f)...)
}

// startAddress tells the model what the page was opened with.
func (p *page) startAddress() {
	if p.model.figure != nil {
		return
	}
	o := &outside{p, js.Global().Get("parley").Get("outside")}
	p.model.SetOutside(o)
	p.opened = js.Global().Get("location").Get("pathname").String()
	p.address = p.currentAddress()
	if meta := p.document.Call("querySelector", "meta[name=parley-room]"); meta.Truthy() {
		n, _ := strconv.Atoi(meta.Get("dataset").Get("nodes").String())
		p.model.Invited(meta.Get("content").String(), min(n, consensus.NodesMax))
	}
	p.model.StartWith(p.address)
	o.js.Call("files", js.FuncOf(func(_ js.Value, args []js.Value) any {
		switch kind := args[0].String(); kind {
		case "text":
			p.model.OpenText(args[1].String())
		case "frames":
			p.showFrames(args[1])
		case "refused":
			p.model.TraceRefused(args[1].String())
		default:
			p.model.TraceRefused(texts.Get("link.file." + kind))
		}
		p.wake()
		return nil
	}))
}

// currentAddress returns what the address bar says of a run: what stands behind its #, or
// the run of a short link, which the page has in its head.
func (p *page) currentAddress() string {
	location := js.Global().Get("location")
	path := location.Get("pathname").String()
	if len(path) > 1 && roomOf(path[1:]) != "" {
		return path[1:]
	}
	if hash := location.Get("hash").String(); len(hash) > 1 && isAddress(hash[1:]) {
		return hash[1:]
	}
	meta := p.document.Call("querySelector", "meta[name=parley-recording]")
	if !meta.Truthy() || path != p.opened {
		return ""
	}
	address := meta.Get("content").String()
	query := js.Global().Get("URLSearchParams").New(location.Get("search"))
	for _, name := range [...]string{"t", "until", "view"} {
		if v := query.Call("get", name); v.Truthy() {
			address += "&" + name + "=" + v.String()
		}
	}
	return address
}

// listenAddress follows the address bar: a link that is put there, back, forward.
func (p *page) listenAddress() {
	if p.model.figure != nil {
		return
	}
	follow := js.FuncOf(func(js.Value, []js.Value) any {
		address := p.currentAddress()
		if address == p.address {
			return nil
		}
		p.address = address
		script, cursor, frontier := "", 0., 0.
		if state := js.Global().Get("history").Get("state"); state.Truthy() && state.Get("script").Truthy() {
			script, cursor, frontier = state.Get("script").String(), state.Get("cursor").Float(), state.Get("frontier").Float()
		}
		p.model.Return(address, script, consensus.Time(cursor), consensus.Time(frontier))
		p.wake()
		return nil
	})
	js.Global().Call("addEventListener", "popstate", follow)
	js.Global().Call("addEventListener", "hashchange", follow)
}

// stateMax is the largest size of a script that an entry of the history keeps, in bytes.
const stateMax = 200_000

// leave keeps with the present entry of the history what it takes to come back to it.
func (p *page) leave() {
	script, cursor, frontier := p.model.Here()
	if script == "" || len(script) > stateMax {
		return
	}
	js.Global().Get("history").Call("replaceState", map[string]any{
		"script": script, "cursor": float64(cursor), "frontier": float64(frontier),
	}, "")
}

// showDialog gives a dialog that was opened the focus, or, when it was closed, the button
// that opened it; and it draws what the component leaves alone, a QR code.
func (p *page) showDialog() {
	v := p.root.V
	dialog, opener, host, text := "", map[string]string{"sharing": "share", "rooming": "room"}[p.dialog], "", ""
	switch {
	case v.SharingOpen:
		dialog, host, text = "sharing", "qr", v.Sharing.QR
	case v.RoomOpen:
		dialog, host, text = "rooming", "room-qr", v.Room.QR
	}
	focus := dialog
	if dialog == "rooming" && v.Room.Asks && v.Room.Link == "" {
		focus = "room-name"
	}
	if dialog != p.dialog {
		p.dialog, p.coded = dialog, ""
		if dialog == "" {
			focus = opener
		}
		if e := p.document.Call("getElementById", focus); e.Truthy() {
			e.Call("focus")
		}
	}
	if text != p.coded {
		p.coded = text
		p.model.outside.(*outside).js.Call("draw", p.document.Call("getElementById", host), text)
	}
}

// isAddress reports whether the fragment of the page's address, without its #, may be that
// of a run: others are places on the page.
func isAddress(fragment string) bool {
	return strings.HasPrefix(fragment, "s=") || fragment != "" && fragment[0] >= '0' && fragment[0] <= '9'
}
