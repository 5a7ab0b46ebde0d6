package sim_test

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

var update = flag.Bool("update", false, "write the golden digests anew")

const goldenFile = "testdata/golden.txt"

// goldens are runs that must be the same for ever and everywhere: `go test` natively
// and under js/wasm compares them with one file. Where a change of behaviour is meant,
// the Epoch of what changed (here or in the Protocol) goes up and the file is written
// anew with -update.
func goldens() map[string]func() (*sim.World, error) {
	stormy := func(c sim.Config, seed uint64) func() (*sim.World, error) {
		return func() (*sim.World, error) {
			w, err := sim.New(c)
			if err != nil {
				return nil, err
			}
			if err := w.Schedule(storm(seed, c.Setup.Nodes, 8*consensus.Second)); err != nil {
				return nil, err
			}
			w.RunUntil(10*consensus.Second, 0)
			return w, nil
		}
	}
	runs := map[string]func() (*sim.World, error){}
	for _, nodes := range []int{1, 3, 5, 9} {
		s := scenario.Defaults()
		s.Nodes, s.Clients, s.Seed = nodes, 3, uint64(nodes)
		s.Dials[scenario.Pace], s.Dials[scenario.TornTail] = 20_000, scenario.Million/3
		name := strconv.Itoa(nodes)
		runs["raft-"+name] = stormy(raftConfig(s, nil), s.Seed)
		s.Engine = "echo"
		runs["echo-"+name] = stormy(sim.Config{Setup: s, Algorithm: echoes}, s.Seed)
	}
	return runs
}

// Golden: one digest, natively and in the browser's world.
func TestGoldenDigests(t *testing.T) {
	var names []string
	runs := goldens()
	for _, n := range []string{"1", "3", "5", "9"} {
		names = append(names, "echo-"+n, "raft-"+n)
	}
	var b strings.Builder
	b.WriteString("# run, events, digest; see golden_test.go\n")
	for _, name := range names {
		w, err := runs[name]()
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(name + " " + strconv.Itoa(w.Events()) + " " + w.Digest().String() + "\n")
	}
	if *update {
		if err := os.WriteFile(goldenFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	golden, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(golden) != b.String() {
		t.Errorf("runs have changed. They are now:\n%sthey were:\n%s", b.String(), golden)
	}
}
