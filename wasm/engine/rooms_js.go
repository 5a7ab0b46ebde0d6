//go:build js && !only_raft && !only_multipaxos && !only_synod

package main

import (
	"errors"
	"syscall/js"

	"parley/consensus"
	"parley/consensus/hosting"
	"parley/consensus/hosting/tab"
	"parley/wasm/engine/live"
)

// newWorker returns a worker that can join live rooms.
func newWorker(post func([]byte), in chan<- func()) worker {
	return live.New(post, func(w *live.Worker) (live.Outside, error) { return openRoom(w, in) })
}

// outside is what web/static/room.js does for a tab.
type outside struct{ js, array js.Value }

// openRoom loads that script, and has what it tells done in turn with everything else.
func openRoom(w *live.Worker, in chan<- func()) (live.Outside, error) {
	turn := func(do func(args []js.Value) func()) js.Func {
		return js.FuncOf(func(_ js.Value, args []js.Value) any {
			in <- do(args)
			return nil
		})
	}
	number := func(v js.Value) uint32 { return uint32(v.Int()) }
	o := js.Global().Call("parleyRoom", map[string]any{
		"opened": turn(func(args []js.Value) func() {
			socket := number(args[0])
			return func() { w.Tab().Opened(socket) }
		}),
		"closed": turn(func(args []js.Value) func() {
			socket, code, why := number(args[0]), args[1].Int(), args[2].String()
			return func() { w.Tab().Closed(socket, code, why) }
		}),
		"received": turn(func(args []js.Value) func() {
			socket, b := number(args[0]), bytesOf(args[1])
			return func() { w.Tab().Received(socket, b) }
		}),
		"said": turn(func(args []js.Value) func() {
			socket, text := number(args[0]), args[1].String()
			return func() { w.Tab().Said(socket, text) }
		}),
		"wake":   turn(func([]js.Value) func() { return w.Tab().Wake }),
		"online": turn(func([]js.Value) func() { return w.Tab().Online }),
		"away": turn(func(args []js.Value) func() {
			away := args[0].Bool()
			return func() { w.Away(away) }
		}),
		"loaded": turn(func(args []js.Value) func() {
			ticket, ok := number(args[0]), !args[1].IsNull()
			var b []byte
			if ok {
				b = bytesOf(args[1])
			}
			return func() { w.Tab().Loaded(ticket, b, ok) }
		}),
		"stored": turn(func(args []js.Value) func() {
			ticket, ok := number(args[0]), args[1].Bool()
			return func() { w.Tab().Stored(ticket, ok) }
		}),
	})
	if o.IsNull() {
		return nil, errors.New("the part of the page that live rooms need could not be loaded: look after the connection and try again")
	}
	return &outside{o, js.Global().Get("Uint8Array")}, nil
}

// bytes makes a Uint8Array.
func (o *outside) bytes(b []byte) js.Value {
	a := o.array.New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}

func (o *outside) Dial(socket uint32, address string) { o.js.Call("dial", socket, address) }
func (o *outside) Send(b []byte)                      { o.js.Call("send", o.bytes(b)) }
func (o *outside) Ping()                              { o.js.Call("send", hosting.Ping) }
func (o *outside) Close(code int)                     { o.js.Call("close", code) }
func (o *outside) Alarm(after int)                    { o.js.Call("alarm", after) }
func (o *outside) Report(why string)                  { o.js.Call("report", why) }

func (o *outside) Draw() (n uint64) {
	for range 4 {
		n = n<<16 | uint64(o.js.Call("draw").Int())
	}
	return consensus.Mix(n)
}

func (o *outside) Load(ticket uint32, d tab.Disk) { o.js.Call("load", ticket, d.Room, int(d.Node)) }

func (o *outside) Store(ticket uint32, d tab.Disk, offset int, b []byte) {
	o.js.Call("store", ticket, d.Room, int(d.Node), offset, o.bytes(b))
}

func (o *outside) Discard(room string) { o.js.Call("discard", room) }
