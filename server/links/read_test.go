package links

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/consensus/scenario/library"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// recorded runs a script and returns its recording.
func recorded(t *testing.T, text string) replay.Recording {
	t.Helper()
	s, err := scenario.ParseFor(text, registry.Known())
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
	rec := replay.Recording{
		Epochs: replay.Epochs{Engine: c.Algorithm.Protocol.Epoch, World: replay.WorldEpochs},
		Script: s, End: s.For, Checks: []trace.Digest{}, Known: replay.KnownMax,
	}
	for _, a := range s.Actions {
		w.RunUntil(a.At, 0)
		rec.Checks = append(rec.Checks, w.Digest())
	}
	w.RunUntil(s.For, 0)
	rec.Digest = w.Digest()
	if err := rec.Validate(); err != nil {
		t.Fatal(err)
	}
	return rec
}

const lesson = `title A leader <falls>
nodes 3
seed 7
for 1s
at 400ms crash n1
at 500ms mark N1 & its log are gone
`

func TestRead(t *testing.T) {
	rec := recorded(t, lesson)
	code, err := rec.Link()
	if err != nil {
		t.Fatal(err)
	}
	fromText, err := Read(rec.Text())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a link's code": code, "with its #": "#" + code, "an address": "https://parley.example/#" + code + "&t=1s&view=ring", "with blanks round it": "  " + code + "\n",
	} {
		run, err := Read(text)
		if err != nil || run.Link != fromText.Link || run.Title != fromText.Title {
			t.Errorf("%s: %q %q, %v; want %q as from the text", name, run.Title, run.Link, err, fromText.Link)
		}
	}
	if fromText.Title != "A leader <falls>" || !strings.HasPrefix(fromText.Says, "Raft with 3 nodes and 1 thing done to it, 1s long.") {
		t.Errorf("it is called %q and says %q", fromText.Title, fromText.Says)
	}
	var doc struct {
		Format, Nodes, Actions           int
		Engine, Seed, Digest, Link, Text string
		End                              int64
		Markers                          []struct {
			Time    int64
			Caption string
		}
	}
	if err := json.Unmarshal(fromText.JSON, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Format != 1 || doc.Nodes != 3 || doc.Actions != 1 || doc.Engine != "raft" || doc.Seed != "7" || doc.End != 1e9 || doc.Digest != rec.Digest.String() || doc.Link != code ||
		len(doc.Markers) != 1 || doc.Markers[0].Time != 5e8 || doc.Markers[0].Caption != "N1 & its log are gone" {
		t.Errorf("the JSON is %s", fromText.JSON)
	}
	if again, err := Read(doc.Text); err != nil || again.Link != code {
		t.Errorf("the text of the JSON gives %q, %v", again.Link, err)
	}
	other := rec
	other.Epochs.Engine++
	if fromText.Other {
		t.Error("a run of the present is said to be of another epoch")
	}
	if run, err := Read(other.Text()); err != nil || !run.Other {
		t.Errorf("a run of another epoch: %t, %v", run.Other, err)
	}
	if strings.Contains(string(fromText.JSON), "<falls>") {
		t.Error("the JSON has a < in it that a careless page could take for markup")
	}
	untitled, err := Read(strings.Replace(rec.Text(), "title A leader <falls>\n", "", 1))
	if err != nil || untitled.Title != "Raft, 3 nodes, seed 7" {
		t.Errorf("without a title it is called %q, %v", untitled.Title, err)
	}
}

// TestReadRefuses holds that each thing that is no recording has its own sentence.
func TestReadRefuses(t *testing.T) {
	rec := recorded(t, lesson)
	code, _ := rec.Link()
	altered := []byte(code)
	altered[len(altered)/2] ^= 1
	seen := map[string]bool{}
	for text, says := range map[string]string{
		lesson:             "it is a script, which does not say what came of it",
		code[:len(code)-9]: "cut off at its end",
		string(altered):    "a character of it has changed on the way",
		"9" + code[1:]:     `begins with "9"`,
		"s=first-election": "comes with Parley",
		"#":                "holds no recording",
		"hello world":      "line 1",
		strings.Replace(rec.Text(), "nodes 3", "nodes 3\nengine telepathy", 1): "telepathy",
		strings.Replace(rec.Text(), "world 1", "world 99", 1):                  "a later version of Parley made this recording",
	} {
		_, err := Read(text)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60q: %v, want %q", text, err, says)
			continue
		}
		if strings.HasSuffix(err.Error(), ".") || seen[err.Error()] {
			t.Errorf("%.60q: %q ends with a full stop, or was said before", text, err)
		}
		seen[err.Error()] = true
	}
}

// TestNamed holds that each scenario that comes with Parley has an address and a picture's worth.
func TestNamed(t *testing.T) {
	for _, e := range library.All() {
		run, ok := Named(e.Name)
		if !ok || run.Title != e.Title || run.Says != e.Summary || run.Engine != e.Engine || run.Link != "s="+e.Name || !json.Valid(run.JSON) {
			t.Errorf("%s: %+v, %t", e.Name, run, ok)
		}
	}
	if _, ok := Named("raft-telepathy"); ok {
		t.Error("there is a scenario raft-telepathy")
	}
}
