//go:build js

// Command files makes files of a run (pictures, logs, journals) and shows journals. It is
// loaded when a visitor asks for the first one, by web/static/files.js, to which it offers
// two functions:
//
//	parleyMake(frames, order)           order has the fields of maker.Order, in lower case
//	parleyShow(journal, algorithms)     algorithms.bin
//
// Frames, journals and answers are Uint8Arrays; parleyShow answers with an array of frames.
// What cannot be done is answered with a string, which says why.
package main

import (
	"syscall/js"

	"parley/consensus"
	"parley/wasm/files/maker"
)

func main() {
	js.Global().Set("parleyMake", js.FuncOf(func(_ js.Value, args []js.Value) any {
		order := args[1]
		time := func(name string) consensus.Time { return consensus.Time(order.Get(name).Float()) }
		o := maker.Order{
			Kind: order.Get("kind").String(), From: time("from"), Until: time("until"), At: time("at"),
			Events: order.Get("events").Int(), Frontier: time("frontier"), Dark: order.Get("dark").Bool(),
		}
		for i := range order.Get("words").Length() {
			o.Words = append(o.Words, order.Get("words").Index(i).String())
		}
		var frames [][]byte
		for i := range args[0].Length() {
			frames = append(frames, bytes(args[0].Index(i)))
		}
		b, err := maker.Make(frames, o)
		if err != nil {
			return err.Error()
		}
		return array(b)
	}))
	js.Global().Set("parleyShow", js.FuncOf(func(_ js.Value, args []js.Value) any {
		frames, err := maker.Show(bytes(args[0]), bytes(args[1]))
		if err != nil {
			return err.Error()
		}
		out := make([]any, len(frames))
		for i, b := range frames {
			out[i] = array(b)
		}
		return out
	}))
	js.Global().Call("parleyFilesReady")
	select {}
}

func bytes(a js.Value) []byte {
	b := make([]byte, a.Length())
	js.CopyBytesToGo(b, a)
	return b
}

func array(b []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}
