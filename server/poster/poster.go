// Package poster draws a moment of a run as SVG without a browser: it runs the run anew
// as far as that moment, and lets the painters of the page draw what the trace says.
package poster

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/web/scene"
	"parley/web/view"
)

// Bounds of a poster: what strangers may ask for costs a fraction of a second.
const (
	// EventsMax is the largest number of events that are run for one. A run that has
	// more before the moment that was asked for is drawn as it was then.
	EventsMax = 400_000
	// slice is the number of events after which the one who asked is looked for.
	slice = 16_384
	// nodesMax is the largest cluster that is drawn.
	nodesMax = 16
	// ahead is how far a run is run beyond the moment, so that what is under way can
	// be drawn on its way.
	ahead = consensus.Second
	// first is how far it is run to find a moment that nobody named.
	first = 2 * consensus.Second
)

// Width and Height are the size of a poster in pixels; being SVG it has any other one too.
const (
	Width  = 640
	Height = 480
)

// Look is what a poster shows.
type Look struct {
	T     string // the moment, see view.ParseSpot; "" for a telling one
	View  string // "logs" or "diagram"; all others are drawn as the ring
	Theme string // "light", "dark", or "" for both: the reader's system chooses
}

// ErrLook says that the look, not the run, is what is wrong.
var ErrLook = errors.New("the look cannot be had")

// Draw returns the poster of a run. The error is a sentence without a full stop; it
// wraps ErrLook if another look could be drawn.
func Draw(ctx context.Context, script *scenario.Script, look Look) ([]byte, error) {
	return draw(ctx, script, look, EventsMax, false)
}

// Exact is Draw for those who have time, and would have the moment that they named or
// none: it is an error that there are more than max events before it, or that it does not
// come.
func Exact(ctx context.Context, script *scenario.Script, look Look, max int) ([]byte, error) {
	return draw(ctx, script, look, max, true)
}

func draw(ctx context.Context, script *scenario.Script, look Look, max int, exact bool) ([]byte, error) {
	var spot *view.Spot
	if look.T != "" {
		p, err := view.ParseSpot(look.T, script.Markers)
		if err != nil {
			return nil, blame{err}
		}
		spot = &p
	}
	if script.Setup.Nodes > nodesMax {
		return nil, fmt.Errorf("it has %d nodes, and pictures have room for %d", script.Setup.Nodes, nodesMax)
	}
	r, err := begin(script)
	if err != nil {
		return nil, err
	}
	r.max = max
	var at view.Cursor
	if spot == nil {
		until := first
		if len(script.Markers) > 0 {
			until = script.Markers[0].At + ahead
		}
		if err := r.run(ctx, func() bool { return r.world.Now() >= until }); err != nil {
			return nil, err
		}
		at = r.store.Telling(script.Markers)
	} else {
		if err := r.run(ctx, func() bool { return r.store.Seen(*spot, r.world.Now()) }); err != nil {
			return nil, err
		}
		switch missed := exact && !r.store.Seen(*spot, r.world.Now()); {
		case missed && r.world.Events() >= max:
			return nil, blame{fmt.Errorf("the run has more than %d events before that moment", max)}
		case missed:
			return nil, blame{fmt.Errorf("the run has %d events, numbered from 0: there is no event %d", r.store.Len(), spot.Event)}
		}
		at = r.store.Cursor(*spot)
		until := at.T + ahead
		if err := r.run(ctx, func() bool { return r.world.Now() >= until }); err != nil {
			return nil, err
		}
	}
	if at.T > r.world.Now() { // it was stopped on the way
		at = r.store.Moment(r.world.Now())
	}
	return r.draw(look, at), nil
}

// blame is an error in the look.
type blame struct{ error }

func (b blame) Unwrap() error        { return b.error }
func (b blame) Is(target error) bool { return target == ErrLook }

// running is a run with the trace it has so far.
type running struct {
	world *sim.World
	store view.Store
	texts int
	max   int // events
}

// full reports whether no more of the run is run.
func (r *running) full() bool { return r.world.Events() >= r.max || r.world.Full() }

func begin(script *scenario.Script) (*running, error) {
	c, err := registry.Config(script.Setup)
	if err != nil {
		return nil, err
	}
	w, err := sim.New(c)
	if err != nil {
		return nil, err
	}
	r := &running{world: w, max: EventsMax}
	r.store.Open(w.Protocol(), script.Setup)
	return r, w.Schedule(script.Actions)
}

// run runs on until enough is true, which is looked at often enough, or until nothing
// can happen any more or the bound of events is reached.
func (r *running) run(ctx context.Context, enough func() bool) error {
	for !enough() {
		if err := ctx.Err(); err != nil {
			return errors.New("nobody waits for it any more")
		}
		if r.full() || r.world.Now() >= scenario.RunMax {
			return nil
		}
		left := r.max - r.world.Events()
		// In steps of time, so that a quiet run is not run to its end at once.
		r.world.RunUntil(min(r.world.Now()+step, scenario.RunMax), min(slice, left))
		if err := r.take(); err != nil {
			return err
		}
	}
	return nil
}

// step is the virtual time after which it is looked whether a run has come far enough.
const step = 250 * consensus.Millisecond

// take moves what has happened from the World to the store.
func (r *running) take() error {
	from, events := r.world.Drain()
	var b []byte
	for i := range events {
		b = events[i].Append(b)
	}
	firstText := r.texts
	var texts []string
	for ; r.texts < r.world.Texts(); r.texts++ {
		texts = append(texts, r.world.Text(uint32(r.texts)))
	}
	return r.store.Add(uint32(from), b, uint32(firstText), texts)
}

// draw draws the moment.
func (r *running) draw(look Look, at view.Cursor) []byte {
	s := view.Scene{
		Store: &r.store, Cursor: at, Frontier: at.T, Still: true,
		Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1},
		Span: span, Left: max(0, at.T-span*3/4),
	}
	p := scene.Picture{
		Title: r.world.Protocol().Title + ", the cluster at " + view.FormatTime(at.T), Says: r.store.Status(at).Headline,
		Scheme: schemes[look.Theme],
	}
	for part := range strings.SplitSeq(look.View, ",") { // the first that can be drawn
		switch part {
		case "ring":
			return scene.RingSVG(s, Width, Height, scene.English, p)
		case "logs":
			return scene.LogsSVG(s, Width, Height, scene.English, p)
		case "diagram":
			return scene.DiagramSVG(s, Width, Height, scene.English, p)
		}
	}
	return scene.RingSVG(s, Width, Height, scene.English, p)
}

// schemes are the themes that a look may ask for.
var schemes = map[string]scene.Scheme{"": scene.Both, "light": scene.Light, "dark": scene.Dark}

// Plain returns a picture of no run in particular, for where there is none.
func Plain() []byte { return scene.Poster(scene.Both) }

// span is the time across a diagram.
const span = 160 * consensus.Millisecond
