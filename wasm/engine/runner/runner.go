// Package runner answers the frames of package frame with a run: it is all of the
// engine's Web Worker that is not JavaScript, so that it is tested without a browser.
package runner

import (
	"errors"
	"sort"
	"strconv"

	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

const (
	// AdvanceMax is the largest number of events that one Advance brings, so that the
	// worker is never deaf for long.
	AdvanceMax = 4 * frame.EventsMax
	// textsSize is the number of bytes of texts after which another frame is begun.
	textsSize = frame.SizeMax / 4
	// NodesMax is the largest number of nodes of a run that is opened here: more do
	// not fit on a page. A headless run has up to consensus.NodesMax.
	NodesMax = 9
)

// Runner holds one run and speaks of it in frames. It is not safe for concurrent use.
type Runner struct {
	post   func([]byte)
	known  scenario.Known
	config func(scenario.Setup) (sim.Config, error)

	*story              // nil: there is none
	check  *rerun.Check // of the recording that was opened, nil if it was none

	events int // events that were sent
	texts  int // texts that were sent
	buf    []byte
}

// New returns a Runner without a run. It hands the frames that it says to post, which
// must not keep them.
func New(post func([]byte)) *Runner { return NewOf(post, registry.Known(), registry.Config) }

// NewOf returns a Runner as New does, of other algorithms than the registry has: config
// makes a World of what is known.
func NewOf(post func([]byte), known scenario.Known, config func(scenario.Setup) (sim.Config, error)) *Runner {
	return &Runner{post: post, known: known, config: config}
}

// Ready says that the worker runs. Build names what it can do.
func (r *Runner) Ready() {
	ready := frame.Ready{Build: "parley", Machines: r.known.Machines}
	for _, p := range r.known.Protocols {
		ready.Build += " " + p.Name + "/" + strconv.FormatUint(uint64(p.Epoch), 10)
		ready.Protocols = append(ready.Protocols, *p)
	}
	r.say(0, ready)
}

// Receive takes a frame and says what follows from it. What is no frame is answered with
// Refused and changes nothing.
func (r *Runner) Receive(b []byte) {
	request, f, err := frame.Decode(b)
	if err != nil {
		r.refuse(request, err)
		return
	}
	r.Do(request, f)
}

// Do carries out a command and says what follows from it. What is no command is answered
// with Refused and changes nothing.
func (r *Runner) Do(request uint32, f frame.Frame) {
	switch f := f.(type) {
	case frame.Open:
		r.begin(request, f.Script, nil, nil)
		return
	case frame.OpenLink:
		r.openLink(request, f)
		return
	case frame.GetLibrary:
		r.tellLibrary(request)
		return
	}
	if r.story == nil {
		r.refuse(request, errors.New("no run is open yet: send Open first"))
		return
	}
	switch f := f.(type) {
	case frame.Advance:
		r.advance(request, f)
	case frame.Act:
		r.act(request, f)
	case frame.ActLine:
		r.actLine(request, f)
	case frame.Verify:
		r.verify(request, f)
	default:
		r.say(request, r.tell(f))
	}
}

// begin begins another run, that of a link if linked says so, with the check of what was
// recorded if there is one. If that cannot be, the one before stays.
func (r *Runner) begin(request uint32, script string, linked *frame.Linked, check *rerun.Check) {
	s, err := newStory(script, r.known, r.config)
	if err != nil {
		r.refuse(request, err)
		return
	}
	r.story, r.check = s, check
	r.events, r.texts = 0, 0
	if linked != nil {
		r.say(request, *linked)
	}
	r.say(request, frame.Opened{
		Protocol: *s.algo.Protocol, Script: s.script.String(), Title: s.script.Title, Setup: s.script.Setup, For: s.script.For,
		Markers: s.script.Markers,
	})
	r.catchUp(request)
}

// advance takes the run on.
func (r *Runner) advance(request uint32, f frame.Advance) {
	r.run.RunUntil(min(max(f.Until, 0), scenario.RunMax), int(min(max(f.Events, 1), AdvanceMax)))
	r.catchUp(request)
}

// actLine does an action that is written as in a script.
func (r *Runner) actLine(request uint32, f frame.ActLine) {
	a, err := scenario.ParseAction("at "+scenario.FormatSpan(f.At)+" "+f.Text, &r.script.Setup)
	if err != nil {
		r.refuse(request, err)
		return
	}
	r.act(request, frame.Act{Action: a})
}

// act does an action; before the head of the run that forks it.
func (r *Runner) act(request uint32, f frame.Act) {
	a := f.Action
	if a.At < 0 || a.At > scenario.RunMax {
		r.refuse(request, errors.New("an action has a moment from 0 to "+scenario.FormatSpan(scenario.RunMax)))
		return
	}
	if err := errors.Join(a.Validate(&r.script.Setup), a.Fits(r.algo.Protocol)); err != nil {
		r.refuse(request, err)
		return
	}
	if err := r.fits(a); err != nil {
		r.refuse(request, err)
		return
	}
	texts := r.run.SeekTime(a.At).Texts() // those that a fork leaves
	kept, forked, err := r.run.Act(a)
	if err != nil {
		r.refuse(request, err)
		return
	}
	if kept < r.events {
		r.events = kept
	}
	r.texts = min(r.texts, texts)
	r.script.Markers = before(r.script.Markers, a.At) // what comes is another story
	r.say(request, frame.Acted{Line: a.String(), Kept: uint32(kept), Forked: forked})
	r.catchUp(request)
}

// fits refuses an action with which the recording would be out of its bounds: it has to
// be written down and read back.
func (r *Runner) fits(a scenario.Action) error {
	s := r.script
	actions := r.run.Actions()
	before := sort.Search(len(actions), func(i int) bool { return actions[i].At > a.At })
	s.Actions = append(actions[:before:before], a)
	return s.Validate()
}

// catchUp sends the events and texts that were not sent yet, and the head.
func (r *Runner) catchUp(request uint32) {
	w := r.run.Head()
	first, events := w.Drain()
	if first > r.events {
		panic("runner: events were drained by somebody else")
	}
	events = events[min(r.events-first, len(events)):]
	for len(events) > 0 || r.texts < w.Texts() {
		f := frame.Events{First: uint32(r.events), FirstText: uint32(r.texts)}
		for size := 0; r.texts < w.Texts() && size < textsSize && len(f.Texts) < frame.EventsMax; r.texts++ {
			t := w.Text(uint32(r.texts))
			f.Texts = append(f.Texts, t)
			size += len(t)
		}
		n := 0
		if r.texts == w.Texts() { // events follow the texts that they mention
			n = min(len(events), frame.EventsMax)
		}
		r.buf = r.buf[:0]
		for i := range events[:n] {
			r.buf = events[i].Append(r.buf)
		}
		f.Events = r.buf
		r.say(request, f)
		r.events += n
		events = events[n:]
	}
	r.say(request, frame.Head{Time: w.Now(), Events: uint32(w.Events()), Digest: uint64(w.Digest()), State: headState(w)})
}

func headState(w *sim.World) frame.HeadState {
	switch {
	case w.Full():
		return frame.Full
	case w.Quiet():
		return frame.Quiet
	}
	return frame.Going
}

func (r *Runner) refuse(request uint32, err error) { r.say(request, refused(err)) }

func (r *Runner) say(request uint32, f frame.Frame) { r.post(frame.Append(nil, request, f)) }
