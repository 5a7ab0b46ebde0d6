package raft_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/machine"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// rule separates the script of a transcript from its trace.
const rule = "\n----\n"

// TestTranscripts replays the well-known stories of Raft. Each file of testdata is a
// script, which anybody can paste into the page or give to "parley run -script", and
// behind a line of dashes the full trace of its run. `go test -update` rewrites the
// traces; the difference is read in review like code.
//
// A script says what stands on a disk in bytes. The comment "# disk n1: term 7, vote n2,
// log 1 1 4" above such a line says it in words, the log as the terms of its entries;
// -update writes the bytes from it, and the test holds the two to each other.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d transcripts: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, want, _ := strings.Cut(string(b), rule)
			text = storedDisks(t, text)
			got := play(t, text)
			if *update {
				if err := os.WriteFile(file, []byte(text+rule+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.HasPrefix(b, []byte(text)) {
				t.Error("a stored line does not say what the comment above it says; go test -update writes it")
			}
			if got != want {
				t.Errorf("the trace differs%s; if it should, go test -update rewrites it", firstDifference(got, want))
			}
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) {
			return fmt.Sprintf(" from its line %d on: got %q, want nothing", i+1, g[i])
		}
		if g[i] != w[i] {
			return fmt.Sprintf(" from its line %d on:\ngot  %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return " at its end"
}

var diskComment = regexp.MustCompile(`(?m)^# disk n(\d+): term (\d+)(?:, vote n(\d+))?(?:, log((?: \d+)+))?\n(?:stored .*\n)*`)

// storedDisks writes the stored line below each comment that describes a disk.
func storedDisks(t *testing.T, script string) string {
	return diskComment.ReplaceAllStringFunc(script, func(found string) string {
		m := diskComment.FindStringSubmatch(found)
		number := func(s string) int {
			n, err := strconv.Atoi(s)
			if s != "" && err != nil {
				t.Fatal(err)
			}
			return n
		}
		d := raft.Disk{Term: consensus.Term(number(m[2])), Vote: consensus.NodeID(number(m[3]))}
		for i, term := range strings.Fields(m[4]) {
			d.Log = append(d.Log, consensus.Entry{
				Term: consensus.Term(number(term)), Client: consensus.Client(9), Seq: uint32(number(term)*100 + i + 1),
				Command: fmt.Appendf(nil, "set k%d t%s", i+1, term),
			})
		}
		comment, _, _ := strings.Cut(found, "\n")
		return fmt.Sprintf("%s\nstored n%s %x\n", comment, m[1], d.Encode())
	})
}

// play runs a script and returns its trace, a line for each event.
func play(t *testing.T, text string) string {
	s, err := scenario.ParseFor(text, scenario.Known{Protocols: []*consensus.Protocol{raft.Algorithm().Protocol}, Machines: machine.Names()})
	if err != nil {
		t.Fatal(err)
	}
	w := world(t, s)
	var out []byte
	for there := false; !there && !w.Full(); {
		there = w.RunUntil(s.For, 10_000)
		p := printer(w)
		_, events := w.Drain()
		for i := range events {
			out = append(p.Append(out, &events[i]), '\n')
		}
	}
	return string(out) + "digest " + w.Digest().String() + "\n"
}

func printer(w *sim.World) *trace.Printer {
	p := &trace.Printer{Protocol: w.Protocol(), Dial: func(d uint8, v int64) (name, text string) {
		return scenario.Dial(d).String(), scenario.FormatDial(scenario.Dial(d), v)
	}}
	for i := range w.Texts() {
		p.Texts = append(p.Texts, w.Text(uint32(i)))
	}
	return p
}

// world opens the run of a script under the eyes of the checks.
func world(t testing.TB, s scenario.Script) *sim.World {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	a := raft.Algorithm()
	w, err := sim.New(sim.Config{
		Setup: s.Setup, Algorithm: a, Watch: check.New(a.Protocol, s.Setup.Nodes),
		NewMachine: func() consensus.Machine {
			m, err := machine.New(s.Setup.Machine)
			if err != nil {
				t.Fatal(err)
			}
			return m
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(s.Actions); err != nil {
		t.Fatal(err)
	}
	return w
}
