// Package maker makes files of a run, and shows what is in files of others: it is all of
// wasm/files that is not JavaScript, so that it is tested without a browser.
package maker

import (
	"errors"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/journal"
	"parley/consensus/scenario"
	"parley/web/export"
	"parley/web/scene"
	"parley/web/view"
)

// Order says what is wanted.
type Order struct {
	Kind        string         // "ring", "diagram", "moving", "mermaid", "shiviz" or "json"
	From, Until consensus.Time // the stretch, of those that show one
	At          consensus.Time // the moment that is shown
	Events      int            // how many events have happened at it
	Frontier    consensus.Time // how far the run was seen
	Dark        bool
	Words       []string // of the painters, in the order of words below
}

// words returns what painters say.
func words(w []string) scene.Words {
	for len(w) < 11 {
		w = append(w, "")
	}
	return scene.Words{
		Down: w[0], Voted: w[1], Writes: w[2], Ring: w[3], Logs: w[4], Space: w[5], Time: w[6],
		NoOp: w[7], Client: w[8], Accepted: w[9], Chosen: w[10],
	}
}

// Sizes of pictures, in pixels.
var (
	ringSize    = export.Size{W: 800, H: 600}
	diagramSize = export.Size{W: 1200, H: 480}
)

// Make makes a file of the run that the frames hold (an Opened, then Events). An error is
// a sentence without a full stop.
func Make(frames [][]byte, o Order) ([]byte, error) {
	store, script, err := load(frames)
	if err != nil {
		return nil, err
	}
	stretch := export.Range{From: max(0, o.From), Until: max(o.Until, o.From+consensus.Millisecond)}
	s := view.Scene{
		Store: store, Cursor: view.Cursor{T: o.At, Events: min(max(o.Events, 0), store.Len())},
		Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1}, Dark: o.Dark, Still: true, Frontier: o.Frontier,
		Left: stretch.From, Span: stretch.Until - stretch.From,
	}
	scheme := scene.Light
	if o.Dark {
		scheme = scene.Dark
	}
	switch w := words(o.Words); o.Kind {
	case "ring":
		return export.Ring(s, ringSize, w, scheme), nil
	case "diagram":
		return export.Diagram(s, stretch, diagramSize, w, scheme), nil
	case "moving":
		return export.Moving(s, stretch, ringSize, w, scheme)
	case "mermaid":
		return export.Mermaid(store, stretch), nil
	case "shiviz":
		return export.ShiViz(store, export.Range{Until: o.Frontier}), nil
	case "json":
		return export.Journal(store, script, o.Frontier), nil
	}
	return nil, errors.New("there are no files of the kind " + o.Kind)
}

func load(frames [][]byte) (store *view.Store, script string, err error) {
	store = new(view.Store)
	for _, b := range frames {
		_, f, err := frame.Decode(b)
		if err != nil {
			return nil, "", err
		}
		switch f := f.(type) {
		case frame.Opened:
			store.Open(&f.Protocol, f.Setup)
			script = f.Script
		case frame.Events:
			if err := store.Add(f.First, f.Events, f.FirstText, f.Texts); err != nil {
				return nil, "", err
			}
		}
	}
	if store.Protocol == nil {
		return nil, "", errors.New("there is no run")
	}
	return store, script, nil
}

// Show returns the frames that a worker would send for the run that a journal holds: an
// Opened, its Events and a Head; nothing more will happen in it. Algorithms is the Ready
// frame of all that are known. An error is a sentence without a full stop.
func Show(text []byte, algorithms []byte) ([][]byte, error) {
	_, f, err := frame.Decode(algorithms)
	ready, ok := f.(frame.Ready)
	if err != nil || !ok {
		return nil, errors.New("what the algorithms say of themselves could not be loaded")
	}
	j, err := journal.Read(text, func(engine string) *consensus.Protocol {
		for i := range ready.Protocols {
			if ready.Protocols[i].Name == engine {
				return &ready.Protocols[i]
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := j.Check(); err != nil {
		return nil, err
	}
	if j.Setup.Nodes > nodesMax {
		return nil, errors.New("it has more nodes than fit on a page")
	}
	script, err := scenario.Parse(j.Script)
	if err != nil {
		return nil, err
	}
	out := [][]byte{frame.Append(nil, 0, frame.Opened{
		Protocol: *j.Protocol, Script: j.Script, Setup: script.Setup,
		Title: script.Title, For: script.For, Markers: script.Markers,
	})}
	out = append(out, view.Frames(&j.Log)...)
	return append(out, frame.Append(nil, 0, frame.Head{
		Time: j.End.Time, Events: uint32(j.Log.Len()), Digest: uint64(j.Digest), State: frame.Quiet,
	})), nil
}

// nodesMax is the largest number of nodes that a page shows.
const nodesMax = 9
