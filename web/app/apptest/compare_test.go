package apptest

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/app"
)

// title returns the algorithm that the picker shows.
func (p *page) title() string {
	for _, a := range p.Screen().Top.Algorithms {
		if a.Chosen {
			return a.Title
		}
	}
	return ""
}

func TestAnotherAlgorithmIsANewRunOfTheSameCluster(t *testing.T) {
	p := open(t, nil)
	if n := len(p.Screen().Top.Algorithms); n != 3 {
		t.Fatalf("%d algorithms are offered", n)
	}
	p.EditNodes("3")
	p.EditSeed("12")
	p.acted(p.NewRun)
	p.acted(func() { p.ChooseAlgorithm("multipaxos") })
	if p.Phase != app.Running || p.title() != "Multi-Paxos" || p.engines[0].algorithm != "multipaxos" {
		t.Fatalf("in phase %d %s is shown, by an engine of %s", p.Phase, p.title(), p.engines[0].algorithm)
	}
	if s := p.Store.Setup; s.Nodes != 3 || s.Seed != 12 {
		t.Errorf("it has %d nodes and the seed %d", s.Nodes, s.Seed)
	}
	p.until("a leader", func() bool { return p.leader() != consensus.None })
	p.ShowTab(app.TabStore)
	p.EditKey("colour")
	p.EditValue("red")
	p.acted(p.WriteKey)
	p.until("an answer", func() bool { o := p.Screen().Store.Ops; return len(o) == 1 && o[0].State == "done" })

	q := open(t, p)
	if q.title() != "Multi-Paxos" || q.Cursor != p.Cursor {
		t.Errorf("a reload shows %s at %v, want %v", q.title(), q.Cursor, p.Cursor)
	}
	for range 3 { // the value, the algorithm, the size
		q.acted(q.Undo)
	}
	p.acted(p.Undo)
	p.acted(p.Undo)
	if p.title() != "Raft" || p.Phase != app.Running || p.engines[0].algorithm != "raft" {
		t.Errorf("undone, %s is shown in phase %d", p.title(), p.Phase)
	}
}

// side does something with a side in the place of the one that is looked at.
func (p *page) side(i int, do func()) {
	before := 0
	for _, s := range p.Screen().Sides {
		if s.Looked {
			before = s.Number
		}
	}
	p.LookAt(i)
	do()
	p.LookAt(before)
}

func (p *page) figure(key string) (one, other string) {
	for _, r := range p.Screen().Compare.Rows {
		if r.Key == key {
			return r.One, r.Other
		}
	}
	p.t.Fatalf("there is no figure %q", key)
	return "", ""
}

func TestComparedRunsLiveThroughTheSame(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	at := p.Cursor.T
	p.acted(p.ToggleCompare)
	if p.Phase != app.Running || len(p.Screen().Sides) != 2 || p.Cursor.T != at {
		t.Fatalf("in phase %d %d sides are shown at %v, want two at %v", p.Phase, len(p.Screen().Sides), p.Cursor.T, at)
	}
	if p.Screen().Sides[1].Title != "Multi-Paxos" {
		t.Errorf("Raft is compared with %s", p.Screen().Sides[1].Title)
	}
	both := func(is func() bool) bool {
		ok := true
		for i := range 2 {
			p.side(i, func() { ok = ok && is() })
		}
		return ok
	}
	p.until("leaders", func() bool { return both(func() bool { return p.leader() != consensus.None }) })

	var leaders [2]consensus.NodeID
	for i := range 2 {
		p.side(i, func() { leaders[i] = p.leader() })
	}
	p.acted(p.CrashLeader)
	for i := range 2 {
		p.side(i, func() {
			if p.Store.State(p.Cursor.Events).Nodes[leaders[i]-1].Up {
				t.Errorf("side %d still has its leader %v", i, leaders[i])
			}
		})
	}
	if !strings.Contains(p.notices(), leaders[0].String()) || !strings.Contains(p.notices(), leaders[1].String()) {
		t.Errorf("who crashed is told as %q, want %v", p.notices(), leaders)
	}

	// One request goes to both, and is answered on both.
	p.acted(func() { p.Request(consensus.None) })
	p.ShowTab(app.TabCompare)
	p.until("answers", func() bool { a, b := p.figure("done"); return a == "1" && b == "1" })
	if v := p.Screen().Compare.Verdict; !strings.Contains(v, "sooner") {
		t.Errorf("the verdict is %q", v)
	}
	if a, b := p.figure("sent"); a == b {
		t.Errorf("both sent %s messages", a)
	}
	for i, l := range p.Screen().Why.Lines {
		if l.Mark == "" {
			t.Errorf("line %d of the feed does not say whose it is: %q", i, l.Text)
		}
	}

	// What is one algorithm's own is done to it alone, and the page says so.
	p.LookAt(1)
	p.ShowTab(app.TabRules)
	for _, r := range p.Screen().Rules {
		if r.Switchable {
			p.acted(func() { p.SwitchRule(r.Number, true) })
			break
		}
	}
	offs := [2]int{}
	for i := range 2 {
		p.side(i, func() {
			for k := range p.Store.Len() {
				if p.Store.Event(k).Kind == trace.Switch {
					offs[i]++
				}
			}
		})
	}
	if offs != [2]int{0, 1} || !strings.Contains(p.notices(), "Multi-Paxos only") {
		t.Errorf("the rule was switched %v times, told as %q", offs, p.notices())
	}

	// A reload brings both back, at the same moment.
	q := open(t, p)
	q.ShowTab(app.TabCompare)
	if len(q.Screen().Sides) != 2 || q.Cursor.T != p.Cursor.T {
		t.Fatalf("a reload shows %d sides at %v, want %v", len(q.Screen().Sides), q.Cursor.T, p.Cursor.T)
	}
	for i := range 2 {
		var want, got trace.Event
		p.side(i, func() { want = *p.Store.Event(p.Cursor.Events - 1) })
		q.side(i, func() { got = *q.Store.Event(q.Cursor.Events - 1) })
		if want != got {
			t.Errorf("side %d: event %+v, reloaded %+v", i, want, got)
		}
	}

	// Steps lead through both, there and back, one at a time.
	start := q.Cursor.T
	for range 30 {
		q.Step(-1)
	}
	if q.Cursor.T >= start {
		t.Error("30 steps back lead nowhere")
	}
	for range 30 {
		before := q.Cursor.T
		q.Step(1)
		if q.Cursor.T < before {
			t.Fatal("a step forward leads back")
		}
	}

	q.acted(q.ToggleCompare)
	if len(q.Screen().Sides) != 0 || q.store["run.beside"] != "" || q.Phase != app.Running {
		t.Error("the comparison did not end")
	}
	r := open(t, q)
	if len(r.Screen().Sides) != 0 {
		t.Error("a comparison that was ended is back after a reload")
	}
}

// What the first run is compared with can be chosen; both stand where they stood.
func TestThePartnerCanBeChosen(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	p.acted(p.ToggleCompare)
	p.acted(p.CrashLeader)
	at := p.Cursor.T
	offered := func() (names, chosen string) {
		for _, c := range p.Screen().Partners {
			names += c.Name + " "
			if c.Chosen {
				chosen = c.Name
			}
		}
		return names, chosen
	}
	if names, chosen := offered(); names != "multipaxos synod " || chosen != "multipaxos" {
		t.Errorf("Raft can be compared with %q, and is with %q", names, chosen)
	}
	for _, name := range []string{"raft", "multipaxos", "nothing"} { // itself, as it is, unknown
		p.ChooseBeside(name)
		if p.Phase != app.Running || p.Screen().Sides[1].Title != "Multi-Paxos" {
			t.Fatalf("after %q Raft is compared with %q", name, p.Screen().Sides[1].Title)
		}
	}
	p.acted(func() { p.ChooseBeside("synod") })
	if _, chosen := offered(); chosen != "synod" || p.Screen().Sides[1].Title != "Synod" || p.Cursor.T != at {
		t.Fatalf("%q is shown as %q at %v, want Synod at %v", chosen, p.Screen().Sides[1].Title, p.Cursor.T, at)
	}
	p.acted(func() { p.Request(consensus.None) })
	p.ShowTab(app.TabCompare)
	p.until("answers", func() bool { a, b := p.figure("done"); return a == "1" && b == "1" })
	if v := p.Screen().Compare.Verdict; !strings.Contains(v, "5.4\u202fms sooner than Raft") || !strings.Contains(v, "the client of Raft came to the right node later") {
		t.Errorf("the verdict is %q", v)
	}
	if q := open(t, p); len(q.Screen().Sides) != 2 || q.Screen().Sides[1].Title != "Synod" {
		t.Errorf("a reload shows %+v", q.Screen().Sides)
	}
	p.acted(p.ToggleCompare)
	if p.Screen().Partners != nil {
		t.Error("partners are offered though nothing is compared")
	}
}

func TestTwoProposersDuelUntilTheyBackOff(t *testing.T) {
	p := open(t, nil)
	p.acted(func() { p.ChooseAlgorithm("synod") })
	v := p.Screen()
	if v.Acts.CanCrash || !v.Acts.Duels || !v.Acts.CanDuel {
		t.Errorf("of an idle cluster without a leader these acts are offered: %+v", v.Acts)
	}
	var backOff consensus.RuleID
	for _, r := range func() []app.RuleRow { p.ShowTab(app.TabRules); return p.Screen().Rules }() {
		if strings.Contains(r.ID, "back-off") {
			backOff = r.Number
		}
	}
	if backOff == 0 {
		t.Fatal("there is no rule against duels")
	}
	p.acted(func() { p.TurnDial(scenario.Jitter, "0ms") })
	p.acted(func() { p.TurnDial(scenario.Patience, "10s") }) // or a third proposer joins
	p.acted(func() { p.SwitchRule(backOff, true) })
	p.acted(p.Duel)
	p.ShowTab(app.TabStore)
	done := func() bool {
		o := p.Screen().Store.Ops
		return len(o) == 2 && o[0].State == "done" && o[1].State == "done"
	}
	start := p.Cursor.T
	p.SetSpeed(12)
	p.until("three seconds", func() bool { return p.Cursor.T > start+3*second })
	if done() {
		t.Fatal("the duel came to an end by itself")
	}
	p.acted(func() { p.SwitchRule(backOff, false) })
	p.until("the end of the duel", done)
}
