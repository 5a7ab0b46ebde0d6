package app

import (
	"syscall/js"

	"parley/consensus/frame"
)

// worker is the Link to the Web Worker of a side's engine. boot.js starts that of the
// first.
type worker struct {
	page   *page
	side   int
	engine js.Value
	array  js.Value
	last   uint32
}

func newWorker(p *page, side int) *worker {
	engine := js.Global().Get("parley").Get("engines").Index(side)
	return &worker{page: p, side: side, engine: engine, array: js.Global().Get("Uint8Array")}
}

// Send sends a command.
func (w *worker) Send(f frame.Frame) uint32 {
	if w.last++; w.last == 0 {
		w.last = 1
	}
	b := frame.Append(nil, w.last, f)
	a := w.array.New(len(b))
	js.CopyBytesToJS(a, b)
	w.engine.Call("send", a)
	return w.last
}

// Restart replaces the worker.
func (w *worker) Restart(algorithm string) { w.engine.Call("restart", algorithm) }

// Stop ends the worker.
func (w *worker) Stop() { w.engine.Call("stop") }

// listen takes what came so far, and everything that will come.
func (w *worker) listen() {
	w.engine.Call("listen", map[string]any{
		"frame": js.FuncOf(func(_ js.Value, args []js.Value) any {
			b := make([]byte, min(args[0].Length(), frame.SizeMax+1))
			js.CopyBytesToGo(b, args[0])
			number, f, err := frame.Decode(b)
			if err != nil {
				w.page.model.Malformed(err)
			} else {
				w.page.model.Receive(w.side, f, number)
			}
			w.page.wake()
			return nil
		}),
		"failed": js.FuncOf(func(_ js.Value, args []js.Value) any {
			w.page.model.Lose(args[0].String(), args[1].String())
			js.Global().Get("console").Call("warn", "parley: the engine is gone: "+args[0].String()+": "+args[1].String())
			w.page.wake()
			return nil
		}),
	})
}
