//go:build js

// Command engine is the Web Worker: it runs a World and speaks the frames of package
// frame with the page. The script that loads it (web/static/worker.js) hands it each
// frame through the global function parleyReceive and passes on what it posts.
//
// Built for one algorithm it runs Worlds of its own, and no more. Built for all it can join
// a live room too, where it runs the nodes that sit in this tab.
package main

import (
	"runtime"
	"syscall/js"

	"parley/consensus/frame"
)

func main() {
	post := poster()
	defer giveUp(post)
	in := make(chan func(), 256)
	w := newWorker(post, in)
	before := js.Global().Get("parleyReceive")
	js.Global().Set("parleyReceive", js.FuncOf(func(_ js.Value, args []js.Value) any {
		b := bytesOf(args[0])
		in <- func() { w.Receive(b) }
		return nil
	}))
	if before.IsUndefined() { // else another engine has said so, in whose place this one is
		w.Ready()
	}
	for do := range in {
		do()
	}
}

// worker takes the commands of a page.
type worker interface {
	Ready()
	Receive([]byte)
}

// bytesOf copies a Uint8Array.
func bytesOf(v js.Value) []byte {
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}

// poster returns a function that hands a frame to the page; the frame's memory on the
// JavaScript side is transferred, not copied again.
func poster() func([]byte) {
	scope := js.Global()
	array := scope.Get("Uint8Array")
	return func(b []byte) {
		a := array.New(len(b))
		js.CopyBytesToJS(a, b)
		buf := a.Get("buffer")
		scope.Call("postMessage", buf, []any{buf})
	}
}

// giveUp tells the page of a panic: a bug of ours, after which this worker is not to
// be trusted. The page has the recording and starts another.
func giveUp(post func([]byte)) {
	if e := recover(); e != nil {
		why := "unknown panic"
		switch e := e.(type) {
		case error:
			why = e.Error()
		case string:
			why = e
		}
		// Not debug.Stack: package runtime/debug brings os and fmt, 50 kB of download.
		stack := make([]byte, frame.TextMax)
		stack = stack[:runtime.Stack(stack, false)]
		post(frame.Append(nil, 0, frame.Failed{Why: why, Stack: string(stack)}))
	}
}
