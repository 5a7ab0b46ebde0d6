package main

import (
	"testing"

	"parley/consensus/frame"
	"parley/consensus/registry"
)

// The file tells of every algorithm, the one that the page opens with first, with the
// words of the legend.
func TestEveryAlgorithmIsInTheFile(t *testing.T) {
	_, f, err := frame.Decode(algorithms())
	if err != nil {
		t.Fatal(err)
	}
	ready, ok := f.(frame.Ready)
	if all := registry.Algorithms(); !ok || len(ready.Protocols) != len(all) || len(all) < 3 || ready.Protocols[0].Name != all[0].Protocol.Name {
		t.Fatalf("it tells of %d algorithms", len(ready.Protocols))
	}
	for _, p := range ready.Protocols {
		if p.Title == "" || len(p.Words) == 0 || len(p.Rules) == 0 {
			t.Errorf("%q: not all is told", p.Name)
		}
	}
	if len(ready.Machines) == 0 {
		t.Error("it tells of no machine")
	}
}
