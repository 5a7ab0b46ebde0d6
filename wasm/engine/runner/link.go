package runner

import (
	"errors"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/scenario/library"
)

// VerifyMax is the largest number of events that one Verify compares, so that the worker
// is never deaf for long.
const VerifyMax = 100_000

// openLink begins the run of what somebody has sent. If that cannot be, the one before
// stays.
func (r *Runner) openLink(request uint32, f frame.OpenLink) {
	for i := range len(f.Link) {
		if f.Link[i] == '\n' {
			r.openText(request, f)
			return
		}
	}
	a, err := replay.ParseAddress(f.Link)
	if err != nil {
		r.refuse(request, err)
		return
	}
	linked := frame.Linked{At: a.At, Timed: a.Timed, Until: a.Until, View: a.View}
	if a.Scenario != "" {
		r.openScenario(request, a.Scenario, linked)
		return
	}
	engine, epochs, err := replay.ReadHead(a.Code)
	// Not errors.As: it brings the reflection of errors, 10 kB of download.
	if e, ok := err.(*replay.Error); err != nil && !(ok && e.Problem == replay.Newer) {
		r.refuse(request, err)
		return
	}
	if r.wants(request, engine, epochs, f.Anyway) {
		return
	}
	rec, err := replay.ReadLink(a.Code)
	if err != nil {
		r.refuse(request, err)
		return
	}
	r.openRecording(request, &rec, linked)
}

// openText begins the run of a recording, or of a script, as text.
func (r *Runner) openText(request uint32, f frame.OpenLink) {
	rec, recorded, err := replay.ReadText(f.Link)
	if err != nil {
		r.refuse(request, err)
		return
	}
	if r.wants(request, rec.Script.Setup.Engine, rec.Epochs, f.Anyway || !recorded) {
		return
	}
	if recorded {
		r.openRecording(request, &rec, frame.Linked{})
	} else {
		r.begin(request, rec.Script.String(), &frame.Linked{End: rec.Script.For}, nil)
	}
}

// openScenario begins a scenario of the library.
func (r *Runner) openScenario(request uint32, name string, linked frame.Linked) {
	s, ok := library.Script(name)
	if !ok {
		r.refuse(request, errors.New("there is no scenario "+name+": its name was misspelt, or another version of Parley has it"))
		return
	}
	if r.wants(request, s.Setup.Engine, replay.Epochs{}, true) {
		return
	}
	linked.End = s.For
	r.begin(request, s.String(), &linked, nil)
}

// wants asks for another engine where this one cannot run a link, or (unless anyway) is
// not of the epoch that it was recorded with. It reports whether it did.
func (r *Runner) wants(request uint32, engine string, epochs replay.Epochs, anyway bool) bool {
	for _, p := range r.known.Protocols {
		if p.Name == engine && (anyway || rerun.Epochs(p) == epochs) {
			return false
		}
	}
	r.say(request, frame.Wanted{Engine: engine, Epoch: epochs.Engine, World: epochs.World})
	return true
}

// openRecording begins the run of a recording, and the check of it.
func (r *Runner) openRecording(request uint32, rec *replay.Recording, linked frame.Linked) {
	if _, err := scenario.ParseFor(rec.Script.String(), r.known); err != nil {
		r.refuse(request, err)
		return
	}
	c, err := r.config(rec.Script.Setup)
	if err != nil {
		r.refuse(request, err)
		return
	}
	check, err := rerun.New(rec, c, 0)
	if err != nil {
		r.refuse(request, err)
		return
	}
	linked.Recorded, linked.Epoch, linked.World, linked.End = true, rec.Epochs.Engine, rec.Epochs.World, rec.End
	r.begin(request, rec.Script.String(), &linked, check)
}

// verify goes on comparing.
func (r *Runner) verify(request uint32, f frame.Verify) {
	if r.check == nil {
		r.refuse(request, errors.New("there is nothing to compare this run with: it was not opened from a recording"))
		return
	}
	v := r.check.Run(int(min(max(f.Events, 1), VerifyMax)))
	r.say(request, frame.Verdict{
		State: frame.VerdictState(v.State), Action: uint32(v.Action), At: v.At, True: v.True, Events: uint32(v.Events),
	})
}

// before returns the markers that are not after a moment.
func before(markers []scenario.Marker, t consensus.Time) []scenario.Marker {
	for len(markers) > 0 && markers[len(markers)-1].At > t {
		markers = markers[:len(markers)-1]
	}
	return markers
}

// tellLibrary lists the scenarios.
func (r *Runner) tellLibrary(request uint32) {
	var f frame.Library
	for _, e := range library.All() {
		f.Entries = append(f.Entries, frame.LibraryEntry(e))
	}
	r.say(request, f)
}
