package library_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/scenario/library"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// stories say what each scenario has to show: the last moments at which these rules fired
// with these outcomes (a part of the sentence), in that order, and the invariants that
// break. Nothing else may break.
var stories = map[string]struct {
	shows  []string
	breaks []string
}{
	"raft-first-election": {shows: []string{
		"N3 heard no leader for its election timeout", "N4 gave N3 its vote for term 1", "N3 is the leader of term 1: it has 3 of 5 votes",
		"N3 commits everything up to index 2"}},
	"raft-leader-crash": {shows: []string{
		"N3 commits everything up to index 2", "N4 is the leader of term 2", "N4 commits everything up to index 4",
		"N3 learns from N4 that there is a newer term"}},
	"raft-split-vote": {shows: []string{
		"N4 refused N1 its vote for term 1", "N1 neither won nor lost its election in time", "N2 learns from N1 of term 2 and gives up its own election",
		"N1 is the leader of term 2"}},
	"raft-minority": {shows: []string{
		"N1 is the leader of term 1", "N3 is the leader of term 2", "N3 commits everything up to index 3", "N1 learns from N3 of term 2: it leads no longer",
		"N1 removed its entry 2"}},
	"raft-retried-request": {shows: []string{
		"N1 commits everything up to index 2", "N2 is the leader of term 2", "N2 commits everything up to index 4", "request 1 of C1 took effect before"}},
	"raft-figure-7": {shows: []string{
		"N5 refused N1 its vote for term 8", "N1 is the leader of term 8", "N1 moves N7's nextIndex back to 4", "N7 removed its entries 4 to 11",
		"N7 learns from N1 that everything up to index 11 is committed"}},
	"raft-figure-8": {shows: []string{
		"N1 is the leader of term 4", "N5 is the leader of term 5", "N3 removed its entry 2: it is of term 2"}},
	"raft-figure-8-broken": {shows: []string{
		"N1 commits everything up to index 2", "N5 is the leader of term 5", "N3 removed its entry 2: it is of term 2"},
		breaks: []string{"raft.leader-completeness", "raft.state-machine-safety"}},
	"raft-double-vote": {shows: []string{
		"N2 gave N1 its vote for term 1", "N1 is the leader of term 1", "N2 gave N3 its vote for term 1", "N3 is the leader of term 1"},
		breaks: []string{"raft.election-safety"}},
	"synod-chosen-unknown": {shows: []string{
		"N3 accepted in slot 1 what N1 proposes", "N5 has to propose in slot 1 what was proposed there in ballot 1.N1", "Slot 1 is chosen: N5 knows"}},
	"synod-duelling": {shows: []string{
		"N5 gives up phase 2 of its ballot 1.N5", "N1 gives up phase 2 of its ballot 20.N1", "N5 was overtaken in slot 1 and waits",
		"Slot 1 is chosen: N1 knows"}},
	"multipaxos-new-leader": {shows: []string{
		"N3 accepted in slot 1 what N1 proposes", "N5 leads with ballot 2.N5", "N5 has to propose in slot 1", "Slot 2 is chosen: N5 knows"}},
	"multipaxos-gap": {shows: []string{
		"N2 accepted in slot 2 what N1 proposes", "N3 proposes a no-op in slot 1", "N3 has to propose in slot 2", "Slot 2 is chosen: N3 knows"}},
}

// run runs a scenario under the eyes of the checks, and returns the sentences of its rules
// and the invariants that broke.
func run(t *testing.T, s scenario.Script) (told, broken []string) {
	t.Helper()
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
	p := w.Protocol()
	for done := false; !done; {
		done = w.RunUntil(s.For, 10_000)
		_, events := w.Drain()
		for i := range events {
			e := &events[i]
			switch e.Kind {
			case trace.Rule:
				told = append(told, consensus.Tell(p.Rules[e.Rule-1].Tells[e.Sub], e.Telling(p)))
			case trace.Violation:
				broken = append(broken, p.Invariants[e.Sub].ID)
			case trace.Refused:
				t.Errorf("action %d could not be done: %s", e.ID, w.Text(e.D))
			}
		}
	}
	return told, slices.Compact(slices.Sorted(slices.Values(broken)))
}

// Each scenario shows what it is there for, and breaks what it says it breaks.
func TestTheStoriesAreTrue(t *testing.T) {
	for _, e := range library.All() {
		s, ok := library.Script(e.Name)
		story, told := stories[e.Name]
		if !ok || !told {
			t.Errorf("%s: there is no such script, or nothing that it has to show", e.Name)
			continue
		}
		sentences, broken := run(t, s)
		at := 0
		for _, want := range story.shows {
			i := slices.IndexFunc(sentences[at:], func(s string) bool { return strings.Contains(s, want) })
			if i < 0 {
				t.Errorf("%s: nothing says %q behind %q", e.Name, want, sentences[max(at-1, 0)])
				break
			}
			at += i + 1
		}
		if !slices.Equal(broken, story.breaks) {
			t.Errorf("%s: %q broke, want %q", e.Name, broken, story.breaks)
		}
	}
	if len(stories) != len(library.All()) {
		t.Errorf("there are %d scenarios and %d stories", len(library.All()), len(stories))
	}
}

// Each one is whole: a title, a sentence, captions in its time, a name that tells its
// engine, no more nodes than a page shows.
func TestEachIsWhole(t *testing.T) {
	for _, e := range library.All() {
		text, _ := library.Text(e.Name)
		s, err := scenario.ParseFor(text, registry.Known())
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		if e.Title == "" || e.Title != s.Title || e.Summary == "" || !strings.HasSuffix(e.Summary, ".") || e.Engine != s.Setup.Engine || !strings.HasPrefix(e.Name, e.Engine+"-") {
			t.Errorf("%+v", e)
		}
		if s.For == 0 || s.Setup.Nodes > 9 || len(s.Markers) < 4 {
			t.Errorf("%s: for %v, %d nodes, %d markers", e.Name, s.For, s.Setup.Nodes, len(s.Markers))
		}
		for _, m := range s.Markers {
			if m.At > s.For || !strings.HasSuffix(m.Caption, ".") && !strings.HasSuffix(m.Caption, "?") {
				t.Errorf("%s: the caption at %v ends late or without a full stop: %s", e.Name, m.At, m.Caption)
			}
		}
	}
	if _, ok := library.Script("nothing"); ok {
		t.Error("there is a script of no name")
	}
	if _, ok := library.Text("nothing"); ok {
		t.Error("there is a text of no name")
	}
}

// What is compiled in is what the files say; go generate brings it up to date.
func TestTheFilesAreCompiledIn(t *testing.T) {
	files, err := filepath.Glob("*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	names := map[string]bool{}
	for _, e := range library.All() {
		names[e.Name] = true
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".txt")
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		summary, script := "", string(want)
		for strings.HasPrefix(script, "#") {
			line, rest, _ := strings.Cut(script, "\n")
			summary, script = summary+strings.TrimPrefix(line, "#"), rest
		}
		i := slices.IndexFunc(library.All(), func(e library.Entry) bool { return e.Name == name })
		if got, ok := library.Text(name); !ok || got != script || i < 0 || library.All()[i].Summary != strings.TrimSpace(summary) {
			t.Errorf("%s is not what is compiled in: run go generate ./consensus/scenario/library", file)
		}
		if !names[name] {
			t.Errorf("%s stands nowhere in the order of scenarios", file)
		}
		delete(names, name)
	}
	if len(names) > 0 {
		t.Errorf("there are no files of %q", slices.Collect(maps.Keys(names)))
	}
}
