package view_test

import (
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// duel is a run in which two proposers of Multi-Paxos overtake each other all the time.
const duel = `engine multipaxos
nodes 5
seed 3
off multipaxos.stable-leader
at 100ms timeout n1
at 101ms timeout n4
`

// Ballots that a run brings up one after the other have different hues, however far apart
// their numbers are, and keep them while the run goes on, through forks, and looking back.
func TestBallotsOfADuelHaveDifferentHues(t *testing.T) {
	r := newRun(t, duel).until(2 * consensus.Second)
	var order []consensus.Term
	slots := map[consensus.Term]int{}
	note := func(store *view.Store) {
		for i := range store.Len() {
			if e := store.Event(i); e.Kind == trace.Term && e.Term > 0 && slots[e.Term] == 0 {
				slots[e.Term] = store.TermSlot(e.Term)
				order = append(order, e.Term)
			}
		}
	}
	note(&r.store)
	if len(order) < 3*view.Hues {
		t.Fatalf("only %d ballots in the duel", len(order))
	}
	collide := 0
	for i, ballot := range order {
		if s := slots[ballot]; s < 1 || s > view.Hues {
			t.Fatalf("ballot %d has the hue %d", ballot, s)
		}
		for back := 1; back < view.Hues && back <= i; back++ {
			if slots[order[i-back]] == slots[ballot] {
				t.Errorf("the ballots %s and %s, %d apart, have the same hue", r.store.TermText(order[i-back]), r.store.TermText(ballot), back)
			}
			if view.TermSlot(order[i-back]) == view.TermSlot(ballot) {
				collide++
			}
		}
	}
	if collide == 0 {
		t.Error("the numbers of the ballots alone would do: the test proves nothing")
	}

	// As the run goes on nothing changes; a fork begins to count anew where it is.
	r.until(3 * consensus.Second)
	for ballot, slot := range slots {
		if got := r.store.TermSlot(ballot); got != slot {
			t.Errorf("%s had the hue %d and now has %d", r.store.TermText(ballot), slot, got)
		}
	}
	half := r.store.Len() / 2
	kept := map[consensus.Term]bool{}
	for i := range half {
		if e := r.store.Event(i); e.Kind == trace.Send {
			kept[e.Term] = true
		}
	}
	e := trace.Event{T: r.store.Event(half).T, Kind: trace.Send, ID: 1 << 20, Node: 2, Peer: 1, Sub: 16, Term: 9999}
	if err := r.store.Add(uint32(half), e.Append(nil), 0, nil); err != nil {
		t.Fatal(err)
	}
	for ballot := range kept {
		if got := r.store.TermSlot(ballot); got != slots[ballot] && slots[ballot] != 0 {
			t.Errorf("after a fork behind it, %s has the hue %d instead of %d", r.store.TermText(ballot), got, slots[ballot])
		}
	}
	if got, want := r.store.TermSlot(9999), len(kept)%view.Hues+1; got != want {
		t.Errorf("the first ballot after the fork has the hue %d, want %d", got, want)
	}
	if got, want := r.store.TermVar(9999), view.TermVar(consensus.Term(r.store.TermSlot(9999))); got != want {
		t.Errorf("its variable is %q, want %q", got, want)
	}
}

// Terms of Raft keep the hue of their number.
func TestTermsKeepTheHueOfTheirNumber(t *testing.T) {
	r := newRun(t, "nodes 3\nat 1s timeout n1\nat 1500ms timeout n2\n").until(2 * consensus.Second)
	for term := consensus.Term(0); term < 30; term++ {
		if r.store.TermSlot(term) != view.TermSlot(term) || r.store.TermText(term) != r.store.TermShort(term) {
			t.Errorf("term %d: hue %d, %q, %q", term, r.store.TermSlot(term), r.store.TermText(term), r.store.TermShort(term))
		}
	}
}

// Wherever a ballot stands in a text of the page it is read as round and proposer.
func TestNoTextShowsABallotAsANumber(t *testing.T) {
	for _, engine := range []string{"synod", "multipaxos"} {
		r := newRun(t, "engine "+engine+"\nnodes 5\nclients 4\nseed 2\npace 20/s\nloss 5%\nat 900ms crash n1\nat 1200ms restart n1\nat 1400ms timeout n2\n").until(2 * consensus.Second)
		end := r.end()
		st := r.store.State(end.Events)
		raw := map[string]bool{} // numbers of ballots that a text could show by mistake
		for i := range r.store.Len() {
			if e := r.store.Event(i); e.Term >= 128 && e.Term < 2000 {
				raw[strconv.Itoa(int(e.Term))] = true
			}
		}
		if len(raw) < 3 {
			t.Fatalf("%s: only %d ballots", engine, len(raw))
		}
		check := func(where, text string) {
			t.Helper()
			for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !(r >= '0' && r <= '9' || r == '.') }) {
				if strings.Contains(text, "ballot "+word) && raw[strings.Trim(word, ".")] {
					t.Errorf("%s, %s: %q shows a ballot as the number %s", engine, where, text, word)
				}
			}
		}
		ballots := 0
		for i := range r.store.Len() {
			text := r.store.Sentence(i)
			check("feed", text)
			check("line", trace.Print(r.store.Event(i), r.store.Protocol, nil))
			if strings.Contains(text, "ballot 1.N") {
				ballots++
			}
		}
		if ballots < 20 {
			t.Errorf("%s: only %d sentences name a ballot", engine, ballots)
		}
		check("headline", r.store.Status(end).Headline)
		for i := range st.Nodes {
			for _, p := range []view.Pick{{Node: st.Nodes[i].ID}, {Node: st.Nodes[i].ID, Entry: 1}} {
				v := r.store.Inspect(end, p, nil)
				check("inspector", v.Says)
				for _, g := range v.Groups {
					for _, row := range g.Rows {
						check("inspector", row.Name+" "+row.Value)
						if row.Name == "ballot" && !strings.Contains(row.Value, ".N") {
							t.Errorf("%s: the inspector shows the ballot %q", engine, row.Value)
						}
					}
				}
			}
		}
	}
}
