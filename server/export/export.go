// Package export makes files of a run without a browser: pictures, diagrams and journals
// for articles and the builds of documentation. The run is run anew; what is drawn is what
// the page would draw.
package export

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
	"parley/server/poster"
	web "parley/web/export"
	"parley/web/scene"
	"parley/web/view"
)

// Formats are what a run can be exported as.
var Formats = []string{"svg", "mermaid", "shiviz", "json"}

// Views are what can be drawn as svg.
var Views = []string{"ring", "logs", "diagram"}

// Themes are the colours of a picture; auto has both, and the reader's system chooses.
var Themes = []string{"auto", "light", "dark"}

// Options say what to export. The zero value of each but Format says nothing.
type Options struct {
	Format string // one of Formats
	From   string // the moment, or the beginning of the stretch: see view.ParseSpot
	Until  string // the end of the stretch
	View   string // one of Views; "": ring
	Theme  string // one of Themes; "": auto
	Width  int    // of a picture, in pixels; 0: as suits the view
	Height int
}

const (
	// EventsMax is the largest number of events that are run for an export.
	EventsMax = 1_000_000
	// slice is the number of events after which it is looked whether anybody waits.
	slice = 16_384
	// ahead is how far a run is run beyond the moment, so that what is under way can
	// be drawn on its way.
	ahead = consensus.Second
	// before and span are the time across a diagram when no end is said: mostly what
	// came before the moment.
	before = 120 * consensus.Millisecond
	span   = 160 * consensus.Millisecond
)

var schemes = map[string]scene.Scheme{"": scene.Both, "auto": scene.Both, "light": scene.Light, "dark": scene.Dark}

// Check refuses options that make no sense, with a sentence without a full stop.
func (o *Options) Check() error {
	if !oneOf(o.Format, Formats) {
		return fmt.Errorf("-format is one of %s, not %q", strings.Join(Formats, ", "), o.Format)
	}
	if o.View != "" && !oneOf(o.View, Views) {
		return fmt.Errorf("-view is one of %s, not %q", strings.Join(Views, ", "), o.View)
	}
	if _, ok := schemes[o.Theme]; !ok {
		return fmt.Errorf("-theme is one of %s, not %q", strings.Join(Themes, ", "), o.Theme)
	}
	for _, n := range []int{o.Width, o.Height} {
		if n != 0 && (n < web.SizeMin || n > web.SizeMax) {
			return fmt.Errorf("pictures are %d to %d pixels wide and high, not %d", int(web.SizeMin), int(web.SizeMax), n)
		}
	}
	return nil
}

func oneOf(s string, of []string) bool {
	for _, one := range of {
		if s == one {
			return true
		}
	}
	return false
}

// Make exports a run, of which end is worth showing. The error is a sentence without a
// full stop.
func Make(ctx context.Context, s *scenario.Script, end consensus.Time, o Options) ([]byte, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Format == "svg" && o.Until == "" && o.Width == 0 && o.Height == 0 {
		return poster.Exact(ctx, s, poster.Look{T: o.From, View: o.View, Theme: strings.TrimPrefix(o.Theme, "auto")}, EventsMax)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		return nil, err
	}
	w, err := sim.New(c)
	if err != nil {
		return nil, err
	}
	if err := w.Schedule(s.Actions); err != nil {
		return nil, err
	}
	spots := [2]*view.Spot{}
	for i, text := range []string{o.From, o.Until} {
		if text == "" {
			continue
		}
		p, err := view.ParseSpot(text, s.Markers)
		if err != nil {
			return nil, err
		}
		spots[i] = &p
		if p.Event < 0 {
			end = max(end, p.T)
		}
	}
	log := new(trace.Log)
	full, err := fill(ctx, w, log, min(end+ahead, scenario.RunMax), spots[:])
	if err != nil {
		return nil, err
	}
	store, err := web.Load(w.Protocol(), s.Setup, log)
	if err != nil {
		return nil, err
	}
	for _, p := range spots {
		switch {
		case p == nil || store.Seen(*p, w.Now()):
		case full:
			return nil, fmt.Errorf("the run has more than %d events before that moment", EventsMax)
		default:
			return nil, fmt.Errorf("the run has %d events, numbered from 0: there is no event %d", store.Len(), p.Event)
		}
	}
	if full && o.Format == "json" {
		return nil, fmt.Errorf("the run has more than %d events: export less of it, with -until", EventsMax)
	}
	return o.make(store, s, spots, min(end, w.Now()))
}

// fill runs a World up to a moment, and further if an event that was named has not
// happened, and takes down what happens. It reports whether the bound of events stopped it.
func fill(ctx context.Context, w *sim.World, log *trace.Log, until consensus.Time, spots []*view.Spot) (full bool, err error) {
	named := -1
	for _, p := range spots {
		if p != nil {
			named = max(named, p.Event)
		}
	}
	for done := false; !done; {
		if ctx.Err() != nil {
			return false, errors.New("it was stopped")
		}
		arrived := w.RunUntil(until, slice)
		_, events := w.Drain()
		for i := range events {
			log.Append(events[i])
		}
		for i := len(log.Texts()); i < w.Texts(); i++ {
			log.AddText(w.Text(uint32(i)))
		}
		switch {
		case w.Events() > EventsMax || w.Full():
			return true, nil
		case !arrived:
		case named < w.Events() || w.Quiet() || until >= scenario.RunMax:
			done = true
		default:
			until = min(until+ahead, scenario.RunMax)
		}
	}
	return false, nil
}

// make writes the export of a run that was run.
func (o *Options) make(store *view.Store, s *scenario.Script, spots [2]*view.Spot, end consensus.Time) ([]byte, error) {
	at := store.Telling(s.Markers)
	if spots[0] != nil {
		at = store.Cursor(*spots[0])
	}
	whole := web.Range{From: 0, Until: end}
	if spots[0] != nil {
		whole = web.Range{From: at.T, Until: max(at.T, end)}
	}
	if spots[1] != nil {
		whole.Until = store.Cursor(*spots[1]).T
	}
	if whole.Until < whole.From {
		return nil, errors.New("the stretch ends before it begins")
	}
	switch o.Format {
	case "mermaid":
		return web.Mermaid(store, whole), nil
	case "shiviz":
		return web.ShiViz(store, whole), nil
	case "json":
		return web.Journal(store, s.String(), whole.Until), nil
	}
	picture := view.Scene{
		Store: store, Cursor: at, Frontier: at.T, Still: true,
		Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1}, Span: span, Left: max(0, at.T-before),
	}
	size := func(w, h int) web.Size {
		if o.Width != 0 {
			w = o.Width
		}
		if o.Height != 0 {
			h = o.Height
		}
		return web.Size{W: float64(w), H: float64(h)}
	}
	words, scheme := scene.English, schemes[o.Theme]
	switch {
	case o.View == "logs":
		return web.Logs(picture, size(640, 0), words, scheme), nil
	case o.View == "diagram":
		r := web.Range{From: picture.Left, Until: picture.Left + span}
		if spots[1] != nil {
			r = whole
			if spots[0] == nil {
				r.From = max(0, r.Until-span)
			}
		}
		return web.Diagram(picture, r, size(800, 400), words, scheme), nil
	case spots[1] != nil:
		if spots[0] == nil {
			return nil, errors.New("a moving picture needs its beginning, -t, too")
		}
		return web.Moving(picture, whole, size(640, 480), words, scheme)
	}
	return web.Ring(picture, size(640, 480), words, scheme), nil
}
