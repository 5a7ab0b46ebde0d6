package maker_test

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
	"parley/wasm/files/maker"
	"parley/web/view"
)

const script = "nodes 3\nclients 1\nseed 7\nat 400ms request c1: set x 1\nat 600ms crash n1\n"

// run returns a run of a second as frames.
func run(t *testing.T) (frames [][]byte, events int) {
	t.Helper()
	s, err := scenario.Parse(script)
	if err != nil {
		t.Fatal(err)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(s.Actions); err != nil {
		t.Fatal(err)
	}
	log := new(trace.Log)
	for done := false; !done; {
		done = w.RunUntil(consensus.Second, 4096)
		_, drained := w.Drain()
		for i := range drained {
			log.Append(drained[i])
		}
	}
	for i := range w.Texts() {
		log.AddText(w.Text(uint32(i)))
	}
	a, err := registry.Algorithm(s.Setup.Engine)
	if err != nil {
		t.Fatal(err)
	}
	opened := frame.Append(nil, 0, frame.Opened{Protocol: *a.Protocol, Script: s.String(), Setup: s.Setup})
	return append([][]byte{opened}, view.Frames(log)...), log.Len()
}

func algorithms() []byte {
	var r frame.Ready
	for _, p := range registry.Known().Protocols {
		r.Protocols = append(r.Protocols, *p)
	}
	return frame.Append(nil, 0, r)
}

func TestFilesOfEachKind(t *testing.T) {
	frames, events := run(t)
	for kind, has := range map[string]string{
		"ring": "</svg>", "diagram": "</svg>", "moving": "<animate", "mermaid": "sequenceDiagram", "shiviz": `{"N1":1`, "json": `"kind":"end"`,
	} {
		o := maker.Order{Kind: kind, From: 100_000_000, Until: 500_000_000, At: 300_000_000, Events: events / 2, Frontier: consensus.Second}
		b, err := maker.Make(frames, o)
		if err != nil || !strings.Contains(string(b), has) {
			t.Errorf("%s: %v, %.200s; want something with %s", kind, err, b, has)
		}
	}
	if _, err := maker.Make(frames, maker.Order{Kind: "exe"}); err == nil {
		t.Error("a file of a kind that there is not was made")
	}
	if _, err := maker.Make(nil, maker.Order{Kind: "ring"}); err == nil {
		t.Error("a file of no run was made")
	}
}

// TestShow finds in a journal the run that was written, as the page takes it.
func TestShow(t *testing.T) {
	frames, events := run(t)
	journal, err := maker.Make(frames, maker.Order{Kind: "json", Frontier: consensus.Second})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := maker.Show(journal, algorithms())
	if err != nil {
		t.Fatal(err)
	}
	var store view.Store
	for _, b := range shown {
		_, f, err := frame.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		switch f := f.(type) {
		case frame.Opened:
			store.Open(&f.Protocol, f.Setup)
		case frame.Events:
			if err := store.Add(f.First, f.Events, f.FirstText, f.Texts); err != nil {
				t.Fatal(err)
			}
		case frame.Head:
			if int(f.Events) != store.Len() || f.State != frame.Quiet {
				t.Errorf("the head is %+v after %d events", f, store.Len())
			}
		}
	}
	if store.Len() != events {
		t.Errorf("%d events of %d are shown", store.Len(), events)
	}
	for _, c := range []struct{ text, says string }{
		{string(journal[:len(journal)/2]), "cut"},
		{strings.Replace(string(journal), `"node":"N2"`, `"node":"N3"`, 1), "digest"},
		{strings.Replace(string(journal), `"engine":"raft"`, `"engine":"zab"`, 1), "zab"},
		{"{}", "line 1"},
	} {
		if _, err := maker.Show([]byte(c.text), algorithms()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.40q…: %v, want something about %q", c.text, err, c.says)
		}
	}
	if _, err := maker.Show(journal, nil); err == nil {
		t.Error("a journal was shown without what the algorithms say")
	}
}
