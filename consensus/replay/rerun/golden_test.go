package rerun_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/scenario/library"
)

var update = flag.Bool("update", false, "write the golden recordings of the present epochs that are not there; until the first release, also those that changed")

// released says whether links of the present epochs are out in the world. It becomes true
// with the first release, and stays so.
const released = false

const howToBump = `

The same setup and the same actions give another run than they did. If that is not meant,
it is a bug. If it is meant,
  1. raise the epoch of what behaves differently: Epoch in the engine's protocol.go, or
     sim.Epoch for the World, the state machines and the digest (with a new row of frozen
     defaults in replay/epoch.go), unless it is higher already than in the last release;
  2. keep the engine of the last release for the links that were made with it: its files
     engine-NAME.wasm of build/wasm go to web/engines/NAME-ENGINE.WORLD.wasm, for example
     web/engines/raft-1.1.wasm, each with the wasm_exec.js of its toolchain beside it, as
     web/engines/raft-1.1.js;
  3. run this test with -update, which writes recordings of the new epoch. The old ones
     stay, and are no longer run here.
Before the first release there is nothing old to keep, and 3. is enough.`

// scripts are the runs of which there are golden recordings: every scenario of the
// library, and random ones of each algorithm.
func scripts() map[string]scenario.Script {
	all := map[string]scenario.Script{}
	for _, e := range library.All() {
		all[e.Name], _ = library.Script(e.Name)
	}
	for _, p := range registry.Known().Protocols {
		for seed := range uint64(4) {
			all[p.Name+"-random-"+strconv.FormatUint(seed+1, 10)] = random(p, seed+1)
		}
	}
	return all
}

// random makes a run in which everything is done that can be done.
func random(p *consensus.Protocol, seed uint64) scenario.Script {
	r := consensus.Rand(seed)
	below := func(n int) int { return int(r.Below(int64(n))) }
	s := scenario.Script{Title: "Random run " + strconv.FormatUint(seed, 10), Setup: scenario.Defaults(), For: 4 * consensus.Second}
	s.Setup.Engine, s.Setup.Seed = p.Name, seed
	s.Setup.Nodes, s.Setup.Clients = 3+2*below(2), 2
	s.Setup.Dials[scenario.LossRate] = int64(below(3)) * 10_000
	s.Setup.Dials[scenario.Copies] = int64(below(3)) * 10_000
	s.Setup.Dials[scenario.Reorder] = int64(below(3)) * 10_000
	s.Setup.Dials[scenario.TornTail] = int64(below(3)) * 300_000
	s.Setup.Dials[scenario.Pace] = int64(below(3)) * 20_000
	var rules []string
	for _, rule := range p.Rules {
		if rule.Switchable {
			rules = append(rules, rule.ID)
		}
	}
	node := func() consensus.NodeID { return consensus.NodeID(1 + below(s.Setup.Nodes)) }
	message := uint32(1)
	for at := consensus.Time(0); at < s.For-500*consensus.Millisecond; at += consensus.Time(below(200)) * consensus.Millisecond {
		message += uint32(below(15))
		a := scenario.Action{At: at}
		switch kind := scenario.ActionKind(1 + below(int(scenario.SwitchOn))); kind {
		case scenario.Crash, scenario.Restart, scenario.Timeout:
			a.Kind, a.Node = kind, node()
		case scenario.Cut:
			a.Kind, a.Node = kind, node()
			a.Peer = a.Node%consensus.NodeID(s.Setup.Nodes) + 1
		case scenario.Heal:
			a.Kind = kind
		case scenario.Partition:
			side := consensus.SetOf(node(), node())
			a.Kind, a.Groups = kind, []consensus.NodeSet{side}
		case scenario.Drop, scenario.Copy:
			a.Kind, a.Message = kind, message
		case scenario.Hold:
			a.Kind, a.Message, a.Value = kind, message, int64(20*consensus.Millisecond)
		case scenario.Turn:
			a.Kind, a.Dial, a.Value = kind, scenario.Latency, int64(5+below(20))*int64(consensus.Millisecond)
		case scenario.SetClock:
			a.Kind, a.Node, a.Value, a.Drift = kind, node(), int64(below(100))*int64(consensus.Millisecond), int32(below(2000)-1000)
		case scenario.SetOption:
			o := p.Options[below(optionsThen(p))]
			a.Kind, a.Text, a.Value = kind, o.Name, min(max(o.Default/2, o.Min), o.Max)
		case scenario.SwitchOff, scenario.SwitchOn:
			a.Kind, a.Text = kind, rules[below(len(rules))]
		default:
			a.Kind, a.Node, a.Text = scenario.Request, consensus.Client(1+below(2)), "set x "+strconv.Itoa(below(100))
		}
		s.Actions = append(s.Actions, a)
	}
	return s
}

// optionsThen returns from how many options of an algorithm those of a random run are
// drawn: from as many as there were when the runs were recorded. Further ones stand
// behind them.
func optionsThen(p *consensus.Protocol) int {
	if p.Name == "synod" {
		return 12
	}
	return len(p.Options)
}

// goldenFile is where the recording of a run of those epochs is.
func goldenFile(name string, e replay.Epochs) string {
	return filepath.Join("testdata", "golden", name+"."+strconv.FormatUint(uint64(e.Engine), 10)+"."+strconv.FormatUint(uint64(e.World), 10)+".txt")
}

// TestGoldenRecordings runs every golden recording of the present epochs again, from its
// text and from its link.
func TestGoldenRecordings(t *testing.T) {
	for name, s := range scripts() {
		if err := s.Validate(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, s)
		}
		c := config(t, &s)
		file := goldenFile(name, rerun.Epochs(c.Algorithm.Protocol))
		if *update {
			write(t, file, s)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v%s", err, howToBump)
			continue
		}
		r, recorded, err := replay.ReadTextFor(string(text), registry.Known())
		if err != nil || !recorded {
			t.Errorf("%s: it cannot be read any more: %v%s", file, err, howToBump)
			continue
		}
		if v := verify(t, &r); v.State != rerun.Equal {
			t.Errorf("%s: %s%s", file, v.Says(), howToBump)
		}
		code, err := r.Link()
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		linked, err := replay.ReadLink(code)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if v := verify(t, &linked); v.State != rerun.Equal {
			t.Errorf("%s as a link: %s%s", file, v.Says(), howToBump)
		}
	}
}

// write records a script, unless there is a recording that must not change.
func write(t *testing.T, file string, s scenario.Script) {
	t.Helper()
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) && released {
		return
	}
	r, err := rerun.Record(s, config(t, &s), s.For, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(r.Text()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestNoGoldenRecordingIsLost holds that those of earlier epochs stay readable, as links
// too, and that none has lost its script.
func TestNoGoldenRecordingIsLost(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) < len(scripts()) {
		t.Fatalf("%d golden recordings, %v", len(files), err)
	}
	all := scripts()
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		if _, ok := all[name]; !ok {
			t.Errorf("%s: there is no script of that name any more", file)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, recorded, err := replay.ReadText(string(text))
		if err != nil || !recorded {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if file != goldenFile(name, r.Epochs) {
			t.Errorf("%s is of %s", file, r.Epochs)
		}
		if r.Text() != string(text) {
			t.Errorf("%s is not in its canonical form", file)
		}
		// What the library says today of a scenario is what is recorded.
		if s, now := all[name]; now && r.Epochs == rerun.Epochs(config(t, &s).Algorithm.Protocol) && r.Script.String() != s.String() {
			t.Errorf("%s is not the script of today: run with -update", file)
		}
	}
}

// TestTheEpochsFit holds that what is recorded now has frozen defaults, and that they are
// those of the World as it is.
func TestTheEpochsFit(t *testing.T) {
	for _, p := range registry.Known().Protocols {
		e := rerun.Epochs(p)
		if e.World != replay.WorldEpochs || e.Engine == 0 {
			t.Errorf("%s has %s; the last row of frozen defaults is of World %d", p.Name, e, replay.WorldEpochs)
		}
	}
}

// A released behaviour stays what it was although another one has come after it: here two
// epochs of an algorithm live side by side, and each recording is true of its own alone.
func TestTwoEpochs(t *testing.T) {
	r := record(t, story, 2*consensus.Second)
	old := config(t, &r.Script)
	// The algorithm of a later epoch.
	later := old
	protocol := *old.Algorithm.Protocol
	protocol.Epoch++
	later.Algorithm.Protocol = &protocol
	later.Algorithm.New = func(c consensus.Config) consensus.Engine {
		c.Seed++ // it draws other timeouts
		return old.Algorithm.New(c)
	}
	newer, err := rerun.Record(r.Script, later, r.End, 0)
	if err != nil {
		t.Fatal(err)
	}
	if newer.Epochs == r.Epochs || newer.Digest == r.Digest {
		t.Fatalf("the epochs are %s and %s, the digests %s and %s", r.Epochs, newer.Epochs, r.Digest, newer.Digest)
	}
	for _, c := range []struct {
		r     *replay.Recording
		with  string
		equal bool
	}{{&r, "old", true}, {&r, "later", false}, {&newer, "old", false}, {&newer, "later", true}} {
		with := old
		if c.with == "later" {
			with = later
		}
		v, err := rerun.Verify(c.r, with, 0)
		if err != nil {
			t.Fatal(err)
		}
		if (v.State == rerun.Equal) != c.equal || rerun.Epochs(with.Algorithm.Protocol) == c.r.Epochs != c.equal {
			t.Errorf("a recording of %s with the %s engine: %s", c.r.Epochs, c.with, v.Says())
		}
		if !c.equal && (v.State != rerun.Differs || v.Action != 1) {
			t.Errorf("a recording of %s with the %s engine: %+v", c.r.Epochs, c.with, v)
		}
	}
}
