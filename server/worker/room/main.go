//go:build wasip1

// Command room is the rules of live rooms (package room) as a WebAssembly module without a
// clock, a socket or a thread of its own: a reactor, which does what it is called for and
// returns. One instance holds the rooms of an isolate. Each is hosted by a Durable Object,
// room.mjs, which has what package room asks of a host.
//
// # The border
//
// Only numbers cross it. A room is called by its handle, a connection by its number; times
// are milliseconds since 1970. Bytes that go in are written to where input says; bytes that
// come out are where result says, and stay there until the next call. Strings that go in
// together stand one behind the other.
//
// A panic of Go's ends the instance, and with it all of its rooms: they come back from what
// was stored, and their connections from what was attached to them.
package main

import (
	"bytes"
	"runtime/debug"
	"strconv"
	"strings"
	"unsafe"

	"parley/consensus"
	"parley/consensus/hosting"
	"parley/consensus/registry"
	"parley/server/room"
)

func main() {}

// What the heap has grown to is never given back, and an isolate has 128 MB: memory is
// dearer here than time.
func init() { debug.SetGCPercent(50) }

// hosted is a room with what is under way to its host.
type hosted struct {
	*room.Room
	outs   []room.Out
	stored uint64 // the hash of the record that was handed out last
	queues map[uint32]queue
}

var (
	rooms = map[int32]*hosted{}
	last  int32 // the handle that was given last
	in    = make([]byte, inputMin)

	// said is what the last call has to say: numbers, and where bytes are.
	said [saidSize]uint32
	// held keeps the bytes of said from being collected.
	held []byte
)

// The places of said.
const (
	saidBytes        = iota // where bytes are,
	saidLength              // and how many
	saidPeer                // out: the connection
	saidMore                // out: 1 if drained is to be called when the bytes were written
	saidDoubt               // out: 1 if heard is to be called
	saidClose               // out: the close code, 0 to leave it open
	saidReason              // out: where the reason of the close is,
	saidReasonLength        // and its length in bytes
	saidSize
)

// inputMin is the size of what goes in that is there from the beginning: more than any
// frame may have, so that one that is too large is seen to be.
const inputMin = hosting.SizeMax + 1

// input makes room for size bytes that go in, and returns where.
//
//go:wasmexport input
func input(size int32) uint32 {
	switch {
	case int(size) > len(in):
		in = make([]byte, size)
	case size <= inputMin && len(in) > inputMin:
		in = make([]byte, inputMin)
	}
	return at(in)
}

// result returns where the numbers are that calls leave behind.
//
//go:wasmexport result
func result() uint32 { return uint32(uintptr(unsafe.Pointer(&said))) }

func at(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// say leaves bytes behind.
func say(b []byte) {
	held = b
	said[saidBytes], said[saidLength] = at(b), uint32(len(b))
}

// parts cuts what went in into strings of these lengths; the last takes the rest up to its
// own length. The strings are copies.
func parts(sizes ...int32) []string {
	var all []string
	rest := in
	for _, n := range sizes {
		all = append(all, string(rest[:n]))
		rest = rest[n:]
	}
	return all
}

func moment(ms float64) room.Moment { return room.Moment(ms) * room.Millisecond }

func config() room.Config {
	return room.Config{Known: registry.Known(), World: registry.Config, Draw: draw}
}

func keep(r *room.Room) int32 {
	last++
	rooms[last] = &hosted{Room: r, queues: map[uint32]queue{}}
	return last
}

// fresh makes a room of its ID, its owner's token and a script. It returns the handle, or 0
// and a sentence that says what is wrong with the script.
//
//go:wasmexport fresh
func fresh(now float64, id, token, script int32) int32 {
	p := parts(id, token, script)
	r, err := room.New(config(), p[0], p[2], p[1], moment(now))
	if err != nil {
		say([]byte(err.Error()))
		return 0
	}
	return keep(r)
}

// restore makes a room of its ID and the record that was stored at some time. It returns the
// handle, or 0 and a sentence.
//
//go:wasmexport restore
func restore(stored float64, id, record int32) int32 {
	p := parts(id, record)
	r, err := room.Restore(config(), p[0], []byte(p[1]), moment(stored))
	if err != nil {
		say([]byte(err.Error()))
		return 0
	}
	return keep(r)
}

// admits returns what becomes of a connection that asks to come into a room: 0 it may come
// in, 1 there can be no such room, 2 it comes from a page that may not. In go the ID, the
// page's origin, the site's host, and a list of other origins with commas.
//
//go:wasmexport admits
func admits(id, origin, host, others int32) int32 {
	p := parts(id, origin, host, others)
	switch {
	case !room.Admits(p[1], p[2], strings.Split(p[3], ",")):
		return 2
	case !room.ValidID(p[0]):
		return 1
	}
	return 0
}

// forget drops a room.
//
//go:wasmexport forget
func forget(h int32) { delete(rooms, h) }

// about leaves behind what a page has to know of a room before it joins: the engine, how
// many nodes there are, and the title, each but the last in a line.
//
//go:wasmexport about
func about(h int32) {
	a := rooms[h].About()
	say([]byte(a.Engine + "\n" + strconv.Itoa(a.Nodes) + "\n" + a.Title))
}

//go:wasmexport connect
func connect(h int32, now float64, peer uint32) { rooms[h].Connect(moment(now), room.Peer(peer)) }

// reattach is told of a connection that was there before the room was restored, and of what
// was attached to it. It returns whether it can go on.
//
//go:wasmexport reattach
func reattach(h int32, now float64, peer uint32, size int32) bool {
	return rooms[h].Reattach(moment(now), room.Peer(peer), bytes.Clone(in[:size]))
}

// attachment leaves behind what is to be attached to a connection. It returns whether that
// has changed.
//
//go:wasmexport attachment
func attachment(h int32, peer uint32) bool {
	b := rooms[h].Attachment(room.Peer(peer))
	say(b)
	return b != nil
}

// receive is told of a message; size is that of what went in, and more than a frame may have
// if the message is larger than that.
//
//go:wasmexport receive
func receive(h int32, now float64, peer uint32, size int32) {
	mind(in[:size])
	rooms[h].Receive(moment(now), room.Peer(peer), in[:size])
}

// heard is told when a ping of a connection was answered last.
//
//go:wasmexport heard
func heard(h int32, now float64, peer uint32, last float64) {
	rooms[h].Heard(moment(now), room.Peer(peer), moment(last))
}

// text is told of a message that was text, and no ping: those do not come here.
//
//go:wasmexport text
func text(h int32, now float64, peer uint32) {
	dismiss(rooms[h], now, peer, worded)
}

// waits is told how many bytes wait for a connection, and whether more come now. It sends
// the connection away if it does not keep up.
//
//go:wasmexport waits
func waits(h int32, now float64, peer uint32, size float64, more bool) bool {
	r := rooms[h]
	q, known := r.queues[peer]
	if !known || size == 0 || size < q.size {
		q.moved = now
	}
	if more && size > queueMax || now-q.moved > writeWithin {
		delete(r.queues, peer)
		dismiss(r, now, peer, slow)
		return false
	}
	q.size = size
	r.queues[peer] = q
	return true
}

// queue is what waits for a connection.
type queue struct {
	size  float64 // bytes
	moved float64 // when it became shorter last
}

// queueMax is how many bytes may wait for one connection when more come for it.
const queueMax = 1 << 20

// writeWithin is how long a connection may take nothing, in milliseconds.
const writeWithin = 10_000

// dismiss sends a connection away of which package room does not know why.
func dismiss(r *hosted, now float64, peer uint32, why int) {
	r.Disconnect(moment(now), room.Peer(peer), false)
	r.outs = append(r.outs, room.Out{Peer: room.Peer(peer), Close: farewells[why].code, Why: farewells[why].why})
}

//go:wasmexport drained
func drained(h int32, now float64, peer uint32) { rooms[h].Drained(moment(now), room.Peer(peer)) }

//go:wasmexport disconnect
func disconnect(h int32, now float64, peer uint32, code int32) {
	const normal, going = 1000, 1001
	delete(rooms[h].queues, peer)
	rooms[h].Disconnect(moment(now), room.Peer(peer), code == normal || code == going)
}

//go:wasmexport tick
func tick(h int32, now float64) { rooms[h].Tick(moment(now)) }

// next returns when tick is to be called, -1 if not before something else happens.
//
//go:wasmexport next
func next(h int32) float64 {
	t, any := rooms[h].Next()
	if !any {
		return -1
	}
	return float64((t + room.Millisecond - 1) / room.Millisecond)
}

// unsaved leaves behind the record that has to be stored before what out has is carried
// out. It returns false if there is none.
//
//go:wasmexport unsaved
func unsaved(h int32) bool {
	r := rooms[h]
	b := r.Unsaved()
	r.outs = append(r.outs, r.Outs()...)
	return record(r, b)
}

// settle leaves behind the record of a room that may be forgotten from now on: exactly what
// was shown. It returns false if that is stored already.
//
//go:wasmexport settle
func settle(h int32, now float64) bool { return record(rooms[h], rooms[h].Stop(moment(now))) }

func record(r *hosted, b []byte) bool {
	hash := consensus.Hash(b)
	if b == nil || hash == r.stored {
		return false
	}
	r.stored = hash
	say(b)
	return true
}

// over reports whether a room is over: it is to be forgotten, and what is stored of it too.
//
//go:wasmexport over
func over(h int32, now float64) bool { return rooms[h].Over(moment(now)) }

// out leaves behind the next thing that is to be done, of those that were there when unsaved
// was called last. It returns false if there is none.
//
//go:wasmexport out
func out(h int32) bool {
	r := rooms[h]
	if len(r.outs) == 0 {
		return false
	}
	o := &r.outs[0]
	r.outs = r.outs[1:]
	say(o.Frame)
	said[saidPeer], said[saidMore], said[saidDoubt] = uint32(o.Peer), flag(o.More), flag(o.Doubt)
	sayClose(o.Close, o.Why)
	return true
}

func flag(v bool) uint32 {
	if v {
		return 1
	}
	return 0
}

func sayClose(code int, why string) {
	reason = []byte(why[:min(len(why), reasonMax)]) // those that are longer are plain ASCII
	said[saidClose], said[saidReason], said[saidReasonLength] = uint32(code), at(reason), uint32(len(reason))
}

// reasonMax is the largest size of a reason in a close frame (RFC 6455, section 5.5).
const reasonMax = 123

// farewells are why a host sends connections away.
var farewells = [...]struct {
	code int
	why  string
}{
	{hosting.CloseNoRoom, "There is no such room. It has ended, nobody was in it for long, or its address was mistyped."},
	{1011, "The room has failed, by no fault of yours. It is put in order again."},
	{hosting.CloseNoRoom, "This room was made by another version of Parley and cannot go on."},
	{1012, "The relay restarts. The room goes on when it is back."},
	{1013, "The connection was too slow for what the room had to tell."},
	{hosting.CloseMalformed, "A frame was text, and those of a room are binary."},
}

// The places of farewells; room.mjs knows the first four by the same names.
const (
	noRoom = iota
	failed
	foreign
	restarts
	slow
	worded
)

// farewell leaves behind with which code and reason a connection is closed.
//
//go:wasmexport farewell
func farewell(why int32) { sayClose(farewells[why].code, farewells[why].why) }

// reason keeps the reason of a close from being collected.
var reason []byte

//go:wasmimport wasi_snapshot_preview1 random_get
func random(p unsafe.Pointer, size uint32) uint32

// draw fills b with random bytes.
func draw(b []byte) {
	if len(b) > 0 && random(unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b))) != 0 {
		panic("no random numbers")
	}
}
