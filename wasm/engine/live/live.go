// Package live is the Web Worker of an engine, whatever it is asked for: a run of its own,
// which package runner holds, or a place in a live room, which package tab holds. In a
// room, what the page asks of a moment is answered here all the same, by a run that
// mirrors the room's.
package live

import (
	"errors"

	"parley/consensus/frame"
	"parley/consensus/hosting/tab"
	"parley/consensus/registry"
	"parley/wasm/engine/runner"
)

// Outside is what a room needs and a run of one's own does not: the socket, the storage and
// the clock. See tab.Host for what each method does.
type Outside interface {
	Dial(socket uint32, address string)
	Send(b []byte)
	Ping()
	Close(code int)
	Alarm(after int)
	Draw() uint64
	Report(why string)
	Load(ticket uint32, d tab.Disk)
	Store(ticket uint32, d tab.Disk, offset int, b []byte)
	Discard(room string)
}

// Worker takes the commands of a page. It is not safe for concurrent use.
type Worker struct {
	runner *runner.Runner
	post   func([]byte)
	open   func(*Worker) (Outside, error)

	tab    *tab.Tab       // nil: no room was joined yet
	mirror *runner.Mirror // of the room that was joined last, nil: its run is not known
}

// New returns a worker without a run and in no room. It hands the frames that it says to
// post. Open is called when a room is joined for the first time; its error is a sentence.
func New(post func([]byte), open func(*Worker) (Outside, error)) *Worker {
	return &Worker{runner: runner.New(post), post: post, open: open}
}

// Ready says that the worker runs.
func (w *Worker) Ready() { w.runner.Ready() }

// Tab returns the tab, for what its Outside has to tell it; nil before a room was joined.
func (w *Worker) Tab() *tab.Tab { return w.tab }

// Receive takes a frame and says what follows from it. What is no frame, or no command, is
// answered with Refused and changes nothing.
func (w *Worker) Receive(b []byte) {
	request, f, err := frame.Decode(b)
	if err != nil {
		w.refuse(request, err)
		return
	}
	switch f := f.(type) {
	case frame.Join:
		w.join(request, f)
		return
	case frame.Open, frame.OpenLink:
		w.leave()
	case frame.Leave:
		if w.tab != nil {
			w.tab.Leave()
		}
		return
	case frame.Conduct:
		w.ask(request, f)
		return
	}
	if w.tab == nil || w.mirror == nil && !w.tab.In() {
		w.runner.Do(request, f)
		return
	}
	w.inRoom(request, f)
}

// inRoom takes what means something else in a room than elsewhere.
func (w *Worker) inRoom(request uint32, f frame.Frame) {
	switch f.(type) {
	case frame.Act, frame.ActLine:
		w.ask(request, f)
	case frame.Inspect, frame.GetScript, frame.GetLink:
		if w.mirror == nil {
			w.refuse(request, errors.New("the room has not told yet what it runs: wait a moment"))
		} else {
			w.say(request, w.mirror.Tell(f))
		}
	case frame.Advance, frame.Verify:
		w.refuse(request, errors.New("in a room time goes on for everybody: this is for a run of one's own"))
	default:
		w.runner.Do(request, f)
	}
}

// ask hands a command on to the room.
func (w *Worker) ask(request uint32, f frame.Frame) {
	if w.tab == nil {
		w.refuse(request, errors.New("no room was joined: there is nobody to do that"))
		return
	}
	w.tab.Ask(request, f)
}

// join enters a room.
func (w *Worker) join(request uint32, f frame.Join) {
	if w.tab == nil {
		o, err := w.open(w)
		if err != nil {
			w.refuse(request, err)
			return
		}
		w.tab = tab.New(host{o, w}, registry.Engines())
	}
	w.mirror = nil
	w.tab.Join(f)
}

// leave leaves the room for a run of one's own.
func (w *Worker) leave() {
	if w.tab != nil {
		w.tab.Leave()
	}
	w.mirror = nil
}

// Away says that the page closes, or is put aside; or that it is shown again.
func (w *Worker) Away(away bool) {
	switch {
	case w.tab == nil:
	case away:
		w.tab.Bye()
	default:
		w.tab.Back()
	}
}

func (w *Worker) refuse(request uint32, err error) { w.say(request, frame.Refused{Why: err.Error()}) }

func (w *Worker) say(request uint32, f frame.Frame) { w.post(frame.Append(nil, request, f)) }

// host is the tab's Host: what is for the page is looked at on the way.
type host struct {
	Outside
	w *Worker
}

func (h host) Page(f frame.Frame, b []byte) {
	w := h.w
	switch f := f.(type) {
	case frame.Opened:
		w.mirror = runner.NewMirror(f.Script)
	case frame.Did:
		if w.mirror != nil {
			w.mirror.Did(f.Line)
		}
	case frame.Head:
		// A head may come before the events that it tells of; what was done meanwhile is not
		// known then.
		if n, _ := w.tab.Events(); w.mirror != nil && n == int(f.Events) {
			w.mirror.Head(f)
		}
	}
	w.post(b)
}

var _ tab.Host = host{}
