package links

import (
	"errors"
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/scenario/library"
	"parley/server/answer"
)

// Read reads a recording, as a text or as a link, and says what it is. The error is a
// sentence without a full stop.
func Read(text string) (Run, error) {
	rec, err := record(strings.TrimSpace(text))
	if err != nil {
		return Run{}, err
	}
	code, err := rec.Link()
	if code == "" {
		return Run{}, err
	}
	a, err := registry.Algorithm(rec.Script.Setup.Engine)
	if err != nil {
		return Run{}, err
	}
	says := describe(&rec, a.Protocol)
	title := rec.Script.Title
	if title == "" {
		title = a.Protocol.Title + ", " + count(rec.Script.Setup.Nodes, "node") + ", seed " + strconv.FormatUint(rec.Script.Setup.Seed, 10)
	}
	return Run{
		Title: title, Says: says, Engine: a.Protocol.Name, Link: code, JSON: document(&rec, title, code),
		Script: rec.Script, Other: rec.Epochs != rerun.Epochs(a.Protocol),
	}, nil
}

// Named returns a scenario that comes with Parley.
func Named(name string) (Run, bool) {
	s, ok := library.Script(name)
	if !ok {
		return Run{}, false
	}
	says := ""
	for _, e := range library.All() {
		if e.Name == name {
			says = e.Summary
		}
	}
	link := replay.Address{Scenario: name}.String()[1:]
	return Run{
		Title: s.Title, Says: says, Engine: s.Setup.Engine, Link: link, Script: s,
		JSON: answer.Object(struct {
			Format int    `json:"format"`
			Title  string `json:"title"`
			Engine string `json:"engine"`
			Link   string `json:"link"`
			Text   string `json:"text"`
		}{1, s.Title, s.Setup.Engine, link, s.String()}),
	}, true
}

// record reads the recording itself.
func record(text string) (replay.Recording, error) {
	if strings.ContainsAny(text, " \n") { // a link has neither
		rec, recorded, err := replay.ReadTextFor(text, registry.Known())
		if err == nil && !recorded {
			err = errors.New("it is a script, which does not say what came of it: parley run -format link makes a recording of it")
		}
		return rec, err
	}
	a, err := replay.ParseAddress(text)
	if err != nil {
		return replay.Recording{}, err
	}
	if a.Scenario != "" {
		return replay.Recording{}, errors.New("a scenario that comes with Parley has a short link already, /s/" + a.Scenario)
	}
	rec, err := replay.ReadLink(a.Code)
	if err != nil {
		return rec, err
	}
	// A link says less about itself than a text: what it mentions may not be known here.
	_, err = scenario.ParseFor(rec.Script.String(), registry.Known())
	return rec, err
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// describe says in a sentence what happens in a run.
func describe(rec *replay.Recording, p *consensus.Protocol) string {
	s := &rec.Script
	say := p.Title + " with " + count(s.Setup.Nodes, "node")
	switch n := len(s.Actions); n {
	case 0:
		say += ", left to itself"
	default:
		say += " and " + count(n, "thing") + " done to it"
	}
	return say + ", " + scenario.FormatSpan(rec.End) + " long. Rewind it, or change what happens."
}

// document is a recording for programs.
func document(rec *replay.Recording, title, code string) []byte {
	type marker struct {
		Time    int64  `json:"time"`
		Caption string `json:"caption"`
	}
	s := &rec.Script
	markers := make([]marker, len(s.Markers))
	for i, m := range s.Markers {
		markers[i] = marker{int64(m.At), m.Caption}
	}
	return answer.Object(struct {
		Format  int      `json:"format"` // of this object
		Title   string   `json:"title"`
		Engine  string   `json:"engine"`
		Epoch   uint32   `json:"epoch"`
		World   uint32   `json:"world"`
		Nodes   int      `json:"nodes"`
		Clients int      `json:"clients"`
		Seed    string   `json:"seed"` // more digits than a number has in JavaScript
		Actions int      `json:"actions"`
		End     int64    `json:"end"` // ns
		Digest  string   `json:"digest"`
		Markers []marker `json:"markers"`
		Link    string   `json:"link"`
		Text    string   `json:"text"`
	}{
		1, title, s.Setup.Engine, rec.Epochs.Engine, rec.Epochs.World, s.Setup.Nodes, s.Setup.Clients,
		strconv.FormatUint(s.Setup.Seed, 10), len(s.Actions), int64(rec.End), rec.Digest.String(), markers, code, rec.Text(),
	})
}
