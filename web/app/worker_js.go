package app

import (
	"syscall/js"

	"parley/consensus/frame"
)

// worker is the Link to the engine's Web Worker, which boot.js started.
type worker struct {
	page   *page
	parley js.Value
	array  js.Value
	last   uint32
}

func newWorker(p *page) *worker {
	return &worker{page: p, parley: js.Global().Get("parley"), array: js.Global().Get("Uint8Array")}
}

// Send sends a command.
func (w *worker) Send(f frame.Frame) uint32 {
	if w.last++; w.last == 0 {
		w.last = 1
	}
	b := frame.Append(nil, w.last, f)
	a := w.array.New(len(b))
	js.CopyBytesToJS(a, b)
	w.parley.Call("send", a)
	return w.last
}

// Restart replaces the worker.
func (w *worker) Restart() { w.parley.Call("restart") }

// listen takes what came so far, and everything that will come.
func (w *worker) listen() {
	w.parley.Call("listen", map[string]any{
		"frame": js.FuncOf(func(_ js.Value, args []js.Value) any {
			b := make([]byte, min(args[0].Length(), frame.SizeMax+1))
			js.CopyBytesToGo(b, args[0])
			number, f, err := frame.Decode(b)
			if err != nil {
				w.page.model.Malformed(err)
			} else {
				w.page.model.Receive(f, number)
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
