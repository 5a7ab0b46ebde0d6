package view_test

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/paxos"
	"parley/consensus/raft"
	"parley/web/view"
)

// The legend puts the words of the papers side by side; each algorithm has one for each
// concept, or says why it has none.
func TestTheLegendJoinsTheWordsOfThePapers(t *testing.T) {
	protocols := []*consensus.Protocol{raft.Algorithm().Protocol, paxos.MultiPaxos().Protocol, paxos.Synod().Protocol}
	rows := view.Lexicon(protocols...)
	if len(rows) != len(consensus.Concepts) {
		t.Errorf("%d rows for %d concepts", len(rows), len(consensus.Concepts))
	}
	at := map[string]view.LexiconRow{}
	for i, row := range rows {
		at[row.Concept] = row
		if row.Concept != consensus.Concepts[i] || len(row.Words) != len(protocols) {
			t.Fatalf("row %d is %+v", i, row)
		}
		for k, w := range row.Words {
			if w.Name == "" || w.Says == "" {
				t.Errorf("%s says nothing of %q", protocols[k].Name, row.Concept)
			}
		}
	}
	for concept, want := range map[string][3]string{
		consensus.ConceptTerm:        {"term", "ballot", "ballot"},
		consensus.ConceptAsk:         {"RequestVote", "prepare (1a)", "prepare (1a)"},
		consensus.ConceptPropose:     {"AppendEntries", "accept (2a)", "accept (2a)"},
		consensus.ConceptDecidedUpTo: {"commitIndex", "chosen without a gap", "chosen without a gap"},
		consensus.ConceptDetector:    {"election timeout", "failure detector", "–"},
	} {
		for k, name := range want {
			if got := at[concept].Words[k]; got.Name != name || got.None != (name == "–") {
				t.Errorf("%s: %s calls it %q, want %q", concept, protocols[k].Name, got.Name, name)
			}
		}
	}
	for _, p := range protocols { // an unknown concept would silently be missing
		seen := map[string]bool{}
		for _, w := range p.Words {
			if _, known := at[w.Concept]; !known || seen[w.Concept] {
				t.Errorf("%s: the word %q is for the concept %q, which is unknown or has one already", p.Name, w.Name, w.Concept)
			}
			seen[w.Concept] = true
		}
		if word := p.TermWord; at[consensus.ConceptTerm].Words[0].Name == "" || word == "" {
			t.Errorf("%s has no word for its terms", p.Name)
		}
	}
	if rows := view.Lexicon(&consensus.Protocol{}, &consensus.Protocol{}); len(rows) != 0 {
		t.Errorf("algorithms without words have a legend: %+v", rows)
	}
	one := &consensus.Protocol{Words: []consensus.Word{{Concept: consensus.ConceptNoOp, Name: "nop"}}}
	if rows := view.Lexicon(one, &consensus.Protocol{}); len(rows) != 1 || rows[0].Words[0].Name != "nop" || !rows[0].Words[1].None {
		t.Errorf("only one of them has a word: %+v", rows)
	}
}

// The headline is in the algorithm's own words.
func TestHeadlinesAreInTheWordsOfTheAlgorithm(t *testing.T) {
	for _, c := range []struct {
		script string
		at     consensus.Time
		want   string
	}{
		{"engine multipaxos\nnodes 5\nseed 1\n", 0, "All wait for a leader. Whose election timeout runs out first asks for promises."},
		{"engine multipaxos\nnodes 5\nseed 1\nat 10ms timeout n3\n", 11 * ms, "No leader: N3 asks for promises of ballot 1.N3, for all slots at once."},
		{"engine multipaxos\nnodes 5\nseed 1\nat 10ms timeout n3\n", 100 * ms, "N3 leads with ballot 1.N3."},
		{"engine multipaxos\nnodes 5\nseed 1\nat 10ms timeout n3\nat 10ms timeout n4\n", 11 * ms, "No leader: N3 and N4 ask for promises; the highest ballot is 1.N4."},
		{"engine multipaxos\nnodes 5\nseed 1\noption phase1-quorum 4\noption phase2-quorum 2\nat 10ms timeout n3\nat 50ms crash n1\nat 50ms crash n2\nat 50ms crash n4\n", 100 * ms,
			"N3 leads with ballot 1.N3. 3 of 5 nodes are down: 2 are enough to agree."},
		{"engine multipaxos\nnodes 5\nseed 1\noption phase1-quorum 4\noption phase2-quorum 2\nat 10ms timeout n3\nat 50ms crash n3\nat 50ms crash n2\n", 100 * ms,
			"2 of 5 nodes are down. Without 4 of them nothing can be agreed: nothing wrong, either."},
		{"engine multipaxos\nnodes 5\nseed 1\noption phase1-quorum 4\noption phase2-quorum 2\nat 10ms timeout n3\nat 50ms partition n3\n", 100 * ms,
			"N3 still leads ballot 1.N3 but reaches fewer than 2 nodes: nothing new can be agreed on its side."},
		{"engine synod\nnodes 5\nseed 1\n", 0, "Nobody proposes anything yet. Any node takes a client's request and proposes it."},
		{"engine synod\nnodes 5\nclients 2\nseed 1\nlatency 10ms\njitter 0\nat 10ms request c1 via n2: set x 1\n", 25 * ms, "N2 asks for promises of ballot 1.N2."},
		{"engine synod\nnodes 5\nclients 2\nseed 1\nlatency 10ms\njitter 0\nat 10ms request c1 via n2: set x 1\nat 10ms request c2 via n4: set x 2\n", 25 * ms,
			"N2 and N4 ask for promises at the same time: a duel. The highest ballot is 1.N4."},
		{"engine synod\nnodes 5\nclients 2\nseed 1\nlatency 10ms\njitter 0\nat 10ms request c1 via n2: set x 1\n", 45 * ms, "N2 has its promises and proposes in ballot 1.N2."},
		{"engine synod\nnodes 5\nclients 2\nseed 1\nlatency 10ms\njitter 0\nat 10ms request c1 via n2: set x 1\n", 300 * ms, "Nobody proposes. Everything up to slot 1 is chosen."},
	} {
		r := newRun(t, c.script).until(c.at)
		if got := plain(r.store.Status(r.store.Moment(c.at)).Headline); got != c.want {
			t.Errorf("%sat %v:\n got %q\nwant %q", c.script, c.at, got, c.want)
		}
	}
}

// Where slots are decided each by itself nothing is said in the words of a leader's log.
func TestSlotsAreToldAsSlots(t *testing.T) {
	for _, engine := range []string{"synod", "multipaxos"} {
		r := newRun(t, "engine "+engine+"\nnodes 3\nclients 2\nseed 1\npace 20/s\nat 500ms crash n1\nat 700ms restart n1\n").until(1500 * ms)
		for i := range r.store.Len() {
			text := r.store.Sentence(i)
			for _, word := range []string{"vote", "commit", " log ", "appl", "leader"} {
				if strings.Contains(text, word) && (word != "leader" || engine == "synod") {
					t.Fatalf("%s: %q", engine, text)
				}
			}
		}
		if first := r.store.Sentence(0); strings.Contains(first, "leads") != (engine == "multipaxos") {
			t.Errorf("%s begins with %q", engine, first)
		}
		rows := map[string]string{}
		for _, g := range r.store.Inspect(r.end(), view.Pick{Node: 2}, nil).Groups {
			for _, row := range g.Rows {
				rows[row.Name] = row.Value
			}
		}
		for _, name := range []string{"promised", "accepted", "chosen up to", "executed up to"} {
			if rows[name] == "" {
				t.Errorf("%s: the inspector has no row %q: %v", engine, name, rows)
			}
		}
		if rows["vote"]+rows["term"] != "" || (rows["leader"] != "") != (engine == "multipaxos") {
			t.Errorf("%s: the inspector speaks of votes, or of leaders where there are none: %v", engine, rows)
		}
	}
	// The same value in two ballots is the same value, and told as such.
	r := newRun(t, "engine multipaxos\nnodes 3\nclients 1\nseed 1\nlatency 10ms\njitter 0\nat 10ms timeout n1\nat 60ms request c1: set x 1\nat 75ms cut n1 > n3\nat 75ms cut n2 > n1\nat 120ms timeout n2\nat 122ms cut n1 > n2\n").until(180 * ms)
	v := r.store.Inspect(r.end(), view.Pick{Node: 2, Entry: 1}, nil)
	text := ""
	for _, g := range v.Groups {
		for _, row := range g.Rows {
			text += row.Name + " " + row.Value + "\n"
		}
	}
	if !strings.Contains(text, "equal on N1, N2") || !strings.Contains(text, "N1 “set x 1” of C1, ballot 1.N1") || !strings.Contains(text, "N2 “set x 1” of C1, ballot 2.N2") {
		t.Errorf("slot 1 was accepted in two ballots, and the inspector says\n%s", text)
	}
}

// The page reads the file of algorithms that the build makes; anything else is refused.
func TestTheFileOfAlgorithmsIsRead(t *testing.T) {
	all := []consensus.Protocol{*raft.Algorithm().Protocol, *paxos.MultiPaxos().Protocol}
	file := frame.Append(nil, 0, frame.Ready{Build: "x", Protocols: all})
	got, err := view.ReadAlgorithms(file)
	if err != nil || len(got) != 2 || got[1].Title != "Multi-Paxos" || len(view.Lexicon(&got[0], &got[1])) != len(consensus.Concepts) {
		t.Errorf("%d algorithms, %v", len(got), err)
	}
	for _, bad := range [][]byte{nil, []byte("<!doctype html>"), file[:len(file)-1], frame.Append(nil, 0, frame.Ready{Build: "x"}), frame.Append(nil, 0, frame.Refused{Why: "no"})} {
		if _, err := view.ReadAlgorithms(bad); err == nil {
			t.Errorf("%d bytes are taken for a list of algorithms", len(bad))
		}
	}
}
