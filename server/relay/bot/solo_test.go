package bot

import (
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// TestSoloCanFail holds that Solo knows the recording that it is shown, and no other.
func TestSoloCanFail(t *testing.T) {
	const text, line = "nodes 3\nseed 7\nat 300ms crash n1\n", "at 400ms restart n1"
	s, err := scenario.ParseFor(text+line+"\n", registry.Known())
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
	w.RunUntil(consensus.Second, 0)
	view := func() View {
		return View{
			Opened: frame.Opened{Script: text}, Dids: []frame.Did{{Line: line}},
			Head: frame.Head{Time: w.Now(), Events: uint32(w.Events()), Digest: uint64(w.Digest())},
		}
	}
	v := view()
	if err := v.Solo(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*View){
		"another digest":  func(v *View) { v.Head.Digest++ },
		"an event less":   func(v *View) { v.Head.Events-- },
		"an event more":   func(v *View) { v.Head.Events++ },
		"nothing done":    func(v *View) { v.Dids = nil },
		"something else":  func(v *View) { v.Dids[0].Line = "at 400ms restart n2" },
		"another script":  func(v *View) { v.Opened.Script = "nodes 3\nseed 8\n" },
		"no action":       func(v *View) { v.Dids[0].Line = "at 400ms fly" },
		"no script":       func(v *View) { v.Opened.Script = "fly" },
		"another moment":  func(v *View) { v.Dids[0].Line = "at 400001us restart n1" },
		"the same, twice": func(v *View) { v.Dids = append(v.Dids, frame.Did{Line: "at 500ms crash n1"}) },
	} {
		v := view()
		if change(&v); v.Solo() == nil {
			t.Errorf("%s: it is the same run all the same", name)
		}
	}
}
