package registry_test

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// TestEveryAlgorithmRuns makes a World of each algorithm with each machine.
func TestEveryAlgorithmRuns(t *testing.T) {
	known := registry.Known()
	if len(known.Protocols) == 0 || len(known.Machines) == 0 {
		t.Fatalf("nothing is known: %v", known)
	}
	for _, p := range known.Protocols {
		a, err := registry.Algorithm(p.Name)
		if err != nil || a.Protocol.Name != p.Name {
			t.Errorf("Algorithm(%q): %v", p.Name, err)
		}
		for _, m := range known.Machines {
			s := scenario.Defaults()
			s.Engine, s.Machine = p.Name, m
			c, err := registry.Config(s)
			if err != nil {
				t.Fatal(err)
			}
			if _, slots := c.Watch.(*check.Slots); slots != p.Slots {
				t.Errorf("%s is watched by a %T, and Protocol.Slots is %v", p.Name, c.Watch, p.Slots)
			}
			w, err := sim.New(c)
			if err != nil {
				t.Fatal(err)
			}
			if w.RunUntil(consensus.Second, 0); w.Events() < 100 {
				t.Errorf("%s with %s: %d events in a second", p.Name, m, w.Events())
			}
		}
	}
}

func TestUnknownNames(t *testing.T) {
	s := scenario.Defaults()
	s.Engine = "zab"
	if _, err := registry.Config(s); err == nil || !strings.Contains(err.Error(), `there is no engine "zab"; there is: raft`) {
		t.Errorf("an engine that there is not: %v", err)
	}
	s = scenario.Defaults()
	s.Machine = "abacus"
	if _, err := registry.Config(s); err == nil || !strings.Contains(err.Error(), "kv") {
		t.Errorf("a machine that there is not: %v", err)
	}
}
