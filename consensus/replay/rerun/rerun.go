// Package rerun makes recordings of runs, and runs recordings again to see whether they
// are still what they were. It knows no engine: whoever calls it brings the World's
// Config.
package rerun

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// EventsMax is the largest number of events of a recording: a run that needs more is
// stopped.
const EventsMax = sim.EventsMax

// Epochs returns the epochs that runs of the algorithm have here.
func Epochs(p *consensus.Protocol) replay.Epochs {
	return replay.Epochs{Engine: p.Epoch, World: sim.Epoch}
}

// State says how far a check has come.
type State uint8

// States of a check.
const (
	Running State = iota
	Equal         // the run is the one that was recorded
	Differs       // it is another one from some moment on
	Stopped       // it needs more events than are allowed
)

// Verdict is what running a recording again has shown so far.
type Verdict struct {
	State State
	// Action is, of a run that differs, the number from 1 of the first action at which
	// its digest does; 0 when it differs after the last one.
	Action int
	// At is the moment of that action, or the end of the recording; else how far the
	// run has come.
	At consensus.Time
	// True is the moment up to which the run is known to be what was recorded.
	True consensus.Time
	// Events is how many events there were up to At.
	Events int
}

// Check runs a recording again, as far and as fast as it is told to. It is not safe for
// concurrent use. Make one with New.
type Check struct {
	r   *replay.Recording
	w   *sim.World
	v   Verdict
	max int
}

// New returns a Check of a valid recording, of which at most max events are run (0:
// EventsMax). The algorithm of c need not have the epoch of the recording: then the run
// is likely to differ. The error is a sentence.
func New(r *replay.Recording, c sim.Config, max int) (*Check, error) {
	c.Setup = r.Script.Setup
	c.Watch = nil // what it tells is no part of the digest
	w, err := sim.New(c)
	if err != nil {
		return nil, err
	}
	if err := w.Schedule(r.Script.Actions); err != nil {
		return nil, err
	}
	w.Mute(true)
	if max <= 0 || max > EventsMax {
		max = EventsMax
	}
	return &Check{r: r, w: w, max: max}, nil
}

// Verdict returns what is known so far.
func (k *Check) Verdict() Verdict { return k.v }

// Run goes on for about so many events, and returns what is known then.
func (k *Check) Run(events int) Verdict {
	bound := k.w.Events() + events
	for k.v.State == Running && k.w.Events() < bound {
		k.step()
	}
	return k.v
}

// step does the next thing that happens, and judges it.
func (k *Check) step() {
	w, r := k.w, k.r
	done := w.Done()
	more := w.StepUntil(r.End)
	k.v.At, k.v.Events = w.Now(), w.Events()
	switch {
	case w.Done() > done:
		if !r.Agrees(done, w.Digest()) {
			k.v.State, k.v.Action = Differs, done+1
			return
		}
		k.v.True = w.Now()
	case more:
	case w.Full() && w.Now() < r.End:
		k.v.State = Stopped
		return
	default:
		k.v.At = r.End
		if k.v.State = Differs; w.Digest() == r.Digest {
			k.v.State, k.v.True = Equal, r.End
		}
		return
	}
	if w.Events() > k.max {
		k.v.State = Stopped
	}
}

// Verify runs a recording again. The error is a sentence.
func Verify(r *replay.Recording, c sim.Config, max int) (Verdict, error) {
	k, err := New(r, c, max)
	if err != nil {
		return Verdict{}, err
	}
	for k.v.State == Running {
		k.step()
	}
	return k.v, nil
}

// Says returns the sentence of a verdict, without a full stop.
func (v Verdict) Says() string {
	at := scenario.FormatSpan(v.At)
	switch v.State {
	case Equal:
		return "the run is the one that was recorded: the same " + strconv.Itoa(v.Events) + " events up to " + at
	case Differs:
		if v.Action > 0 {
			return "the run differs from action " + strconv.Itoa(v.Action) + " on (t = " + at + ")"
		}
		return "the run differs from what was recorded after " + scenario.FormatSpan(v.True)
	case Stopped:
		return "the recording asks for more events than are run: it was stopped after " + strconv.Itoa(v.Events) + ", at " + at
	}
	return "the run has come to " + at
}

// StoppedError says that a run could not be recorded to its end.
type StoppedError struct {
	At     consensus.Time
	Events int
}

// Error returns a sentence without a full stop.
func (e *StoppedError) Error() string {
	return "the run has " + strconv.Itoa(e.Events) + " events at " + scenario.FormatSpan(e.At) + ", more than a recording may have: record less of it"
}

// Record runs a valid script up to a moment and returns its recording; actions and
// markers after it are left out. A run of more than max events (0: EventsMax) is a
// *StoppedError, any other error a sentence.
func Record(s scenario.Script, c sim.Config, end consensus.Time, max int) (replay.Recording, error) {
	for n := len(s.Actions); n > 0 && s.Actions[n-1].At > end; n-- {
		s.Actions = s.Actions[:n-1]
	}
	for n := len(s.Markers); n > 0 && s.Markers[n-1].At > end; n-- {
		s.Markers = s.Markers[:n-1]
	}
	r := replay.Recording{Epochs: Epochs(c.Algorithm.Protocol), Script: s, End: end, Known: replay.KnownMax}
	k, err := New(&r, c, max)
	if err != nil {
		return r, err
	}
	r.Checks = make([]trace.Digest, 0, len(s.Actions))
	for {
		done := k.w.Done()
		more := k.w.StepUntil(end)
		if k.w.Done() > done {
			r.Checks = append(r.Checks, k.w.Digest())
		}
		switch {
		case k.w.Events() > k.max || !more && k.w.Full() && k.w.Now() < end:
			return r, &StoppedError{k.w.Now(), k.w.Events()}
		case !more:
			r.Digest = k.w.Digest()
			return r, r.Validate()
		}
	}
}
