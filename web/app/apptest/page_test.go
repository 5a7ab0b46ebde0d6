package apptest

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/web/app"
	"parley/web/view"
)

const second = consensus.Second

func TestAVisitorSeesAnElectionWithinFiveSeconds(t *testing.T) {
	p := open(t, nil)
	p.play(5 * second)
	if !p.leads() {
		t.Errorf("after five seconds the headline is %q", p.Screen().Top.Headline)
	}
	if p.Screen().Acts.Caption == "" {
		t.Error("nothing says that things may be broken")
	}
}

func TestCrashingTheLeaderBringsAnother(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	first := p.leader()
	p.acted(p.CrashLeader)
	p.until("another leader", func() bool { return p.leader() != consensus.None && p.leader() != first })
	v := p.Screen()
	if !v.Acts.CanRestart {
		t.Error("nothing offers to restart the node that is down")
	}
	p.acted(p.RestartAll)
	p.play(second)
	if p.Screen().Acts.CanRestart {
		t.Error("a node is down after all were restarted")
	}
}

func TestWhatIsWrittenCanBeRead(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	p.ShowTab(app.TabStore)
	p.EditKey("colour")
	p.EditValue("grün")
	p.acted(p.WriteKey)
	done := func() bool { o := p.Screen().Store.Ops; return len(o) > 0 && o[0].State == "done" }
	p.until("an answer", done)
	p.acted(p.ReadKey)
	p.until("the value", func() bool { o := p.Screen().Store.Ops; return len(o) == 2 && o[0].Result == "grün" })
}

func TestFormsRefuseBesideTheField(t *testing.T) {
	p := open(t, nil)
	p.ShowTab(app.TabStore)
	for _, c := range []struct{ key, value, wrong string }{
		{"", "1", "at least one character"},
		{"two words", "1", "one word"},
		{"x", "", "at least one character"},
		{"x", strings.Repeat("x", 257), "at most 256"},
		{strings.Repeat("é", 33), "1", "at most 64"},
		{"x", "a\u2003b", "one word"},
	} {
		p.EditKey(c.key)
		p.EditValue(c.value)
		p.acted(p.WriteKey)
		v := p.Screen().Store
		if !strings.Contains(v.KeyWrong+v.ValueWrong, c.wrong) {
			t.Errorf("%q = %q: the form says %q and %q", c.key, c.value, v.KeyWrong, v.ValueWrong)
		}
		if len(p.Screen().Store.Ops) != 0 {
			t.Fatalf("%q = %q was sent", c.key, c.value)
		}
	}
	// A client that waits takes no second command, and the form says so.
	p.EditKey("x")
	p.EditValue("1")
	p.acted(p.WriteKey)
	p.acted(p.WriteKey)
	if v := p.Screen().Store; !strings.Contains(v.KeyWrong, "still waits") {
		t.Errorf("a second command: the form says %q", v.KeyWrong)
	}

	p.ToggleFold("drawer")
	field := func(id string) app.DialView {
		for _, g := range p.Screen().Dials.Groups {
			for _, d := range g.Dials {
				if d.ID == id {
					return d
				}
			}
		}
		t.Fatalf("there is no dial %s", id)
		return app.DialView{}
	}
	for _, c := range []struct{ id, text string }{
		{"dial-latency", "soon"}, {"dial-latency", "-1"}, {"dial-latency", "2min"}, {"dial-loss", "101%"}, {"dial-loss", ""}, {"dial-pace", "1e9"},
	} {
		p.acted(func() { field(c.id).Set(c.text) })
		if d := field(c.id); d.Wrong == "" || d.Text != c.text {
			t.Errorf("%s = %q: the field has %q and says %q", c.id, c.text, d.Text, d.Wrong)
		}
	}
	p.acted(func() { field("dial-latency").Set("25") })
	p.play(second / 30)
	if d := field("dial-latency"); d.Wrong != "" || !strings.HasPrefix(d.Text, "25") || p.Store.Dial(p.Store.State(p.Cursor.Events), scenario.Latency, 0, 0) != int64(25*consensus.Millisecond) {
		t.Errorf("the latency of 25 is %q (%q)", d.Text, d.Wrong)
	}

	for _, c := range []struct{ nodes, seed string }{{"0", "1"}, {"10", "1"}, {"x", "1"}, {"5", ""}, {"5", "-1"}, {"5", "18446744073709551616"}} {
		p.EditNodes(c.nodes)
		p.EditSeed(c.seed)
		p.acted(p.NewRun)
		if v := p.Screen().Dials; v.Nodes.Wrong+v.Seed.Wrong == "" {
			t.Errorf("%s nodes, seed %s: the form is content", c.nodes, c.seed)
		}
	}
	p.EditNodes("3")
	p.EditSeed("18446744073709551615")
	p.acted(p.NewRun)
	if p.Store.Setup.Nodes != 3 || p.Store.Setup.Seed != 1<<64-1 || p.Store.Setup.Dials[scenario.Latency] != int64(25*consensus.Millisecond) {
		t.Errorf("the new run has %d nodes, seed %d, latency %d", p.Store.Setup.Nodes, p.Store.Setup.Seed, p.Store.Setup.Dials[scenario.Latency])
	}
}

func TestActingInThePastForksAndCanBeUndone(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	leader, script := p.leader(), p.store["run.script"]
	p.acted(p.CrashLeader)
	p.until("another leader", func() bool { return p.leader() != consensus.None && p.leader() != leader })
	frontier := p.Frontier
	after := p.store["run.script"]
	if after == script {
		t.Fatal("the crash is not in the recording")
	}

	p.acted(p.Toggle)
	for p.leader() != leader {
		at := p.Cursor
		p.acted(func() { p.Step(-1) })
		if p.Cursor == at {
			t.Fatal("the old leader is not in the past")
		}
	}
	if p.Live() {
		t.Error("the past is live")
	}
	seen := p.Cursor
	p.acted(func() { p.CrashOrRestart(leader%5 + 1) })
	when := p.Cursor.T // a round moment beside the one that was seen
	if !strings.Contains(p.notices(), "changed the past") {
		t.Errorf("acting in the past is told as %q", p.notices())
	}
	if !p.Live() || p.Frontier != when || when < seen.T-100*consensus.Microsecond || when > seen.T+100*consensus.Microsecond {
		t.Errorf("after the fork the frontier is %v, the moment %v, and was %v", p.Frontier, when, seen.T)
	}
	if n := p.Store.State(p.Cursor.Events).Nodes[leader%5]; n.Up {
		t.Error("the crash is not shown to somebody who paused")
	}

	// What is done at the front can be undone too.
	forked := p.store["run.script"]
	p.acted(func() { p.SplitBy(app.SplitHalves) })
	p.play(second)
	p.acted(p.Undo)
	if p.store["run.script"] != forked || p.Cursor.T != when {
		t.Errorf("a partition undone, the moment is %v, want %v; the script\n%s", p.Cursor.T, when, p.store["run.script"])
	}
	p.acted(p.Undo)
	if p.store["run.script"] != after || p.Frontier != frontier || p.Cursor.T != when {
		t.Errorf("undone, the frontier is %v (want %v), the moment %v (want %v), the script\n%s", p.Frontier, frontier, p.Cursor.T, when, p.store["run.script"])
	}
}

func TestAReloadRestoresRunAndMoment(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	p.acted(p.CrashLeader)
	p.until("another leader", func() bool { return p.leads() && p.Frontier > 400*consensus.Millisecond })
	p.acted(p.Toggle)
	for range 5 {
		p.acted(func() { p.Step(-1) })
	}
	q := open(t, p)
	if q.Cursor.T != p.Cursor.T || q.Frontier != p.Frontier || q.Playing {
		t.Errorf("reloaded at %v of %v, playing %v; want %v of %v", q.Cursor.T, q.Frontier, q.Playing, p.Cursor.T, p.Frontier)
	}
	if q.Screen().Top.Headline != p.Screen().Top.Headline {
		t.Errorf("reloaded, the headline is %q, before %q", q.Screen().Top.Headline, p.Screen().Top.Headline)
	}
	for i := range p.Cursor.Events {
		if *q.Store.Event(i) != *p.Store.Event(i) {
			t.Fatalf("event %d differs after the reload", i)
		}
	}

	// What is kept may be damaged, or of another version.
	for _, bad := range []string{"nonsense", "engine raft\nat 1s crash n9\n", "engine nobody\n"} {
		q.store["run.script"] = bad
		r := &page{t: t, store: q.store}
		r.load()
		if r.Phase != app.Running {
			t.Errorf("with %q kept the page is in phase %d: %s", bad, r.Phase, r.notices())
		}
	}
}

func TestALostEngineLosesNoRecording(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	p.acted(p.CrashLeader)
	p.play(second)
	at, script := p.Cursor.T, p.store["run.script"]
	p.dead = true
	p.Receive(0, frame.Failed{Why: "a mistake", Stack: "here"}, 0)
	v := p.Screen()
	if p.Phase != app.Lost || len(v.Notices) == 0 || v.Notices[0].Label == "" {
		t.Fatalf("the loss is told as %q", p.notices())
	}
	p.CrashLeader() // nobody is there to do it
	p.play(second)
	p.Step(-1) // but what happened can be looked at
	if p.Cursor.T >= at {
		t.Error("without an engine the past cannot be seen")
	}
	p.JumpTo(at)
	v.Notices[0].Do()
	p.pump()
	if p.Phase != app.Running || p.store["run.script"] != script || p.Cursor.T != at {
		t.Errorf("started again in phase %d at %v (want %v), with the script\n%s", p.Phase, p.Cursor.T, at, p.store["run.script"])
	}
}

func TestAMalformedFrameIsDroppedAndReported(t *testing.T) {
	p := open(t, nil)
	n, at := p.Store.Len(), p.Cursor
	p.Receive(0, frame.Events{First: uint32(n + 5), Events: make([]byte, 40)}, 0)
	p.Receive(0, frame.Events{First: uint32(n), Events: make([]byte, 39)}, 0)
	_, _, err := frame.Decode([]byte{1, 2, 3})
	p.Malformed(err)
	if p.Store.Len() != n || p.Cursor != at {
		t.Error("a malformed frame changed the run")
	}
	if !strings.Contains(p.notices(), "dropped") {
		t.Errorf("malformed frames are told as %q", p.notices())
	}
	p.until("a leader", p.leads)
}

func TestAnswersOfARunThatWasReplacedAreIgnored(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	p.Tick(second / 60)
	p.EditNodes("3")
	p.NewRun() // while answers are on their way
	p.pump()
	if len(p.Store.State(0).Nodes) != 3 || p.Phase != app.Running || p.Cursor.Events > p.Store.Len() {
		t.Errorf("the new run has %d nodes, phase %d", len(p.Store.State(0).Nodes), p.Phase)
	}
	p.until("a leader of three", p.leads)
	p.acted(p.Undo)
	if p.Store.Setup.Nodes != 5 {
		t.Error("the run before did not come back")
	}
}

func TestTheEngineSaysWhichAlgorithmsThereAre(t *testing.T) {
	p := open(t, nil)
	a := p.Screen().Top.Algorithms
	if len(a) == 0 || a[0].Title != "Raft" || !a[0].Chosen {
		t.Errorf("the algorithms are %v", a)
	}
}

func TestSteppingSpeaks(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	p.acted(p.Toggle)
	at := p.Cursor
	p.acted(func() { p.Step(-1) })
	back := p.Spoken
	p.acted(func() { p.Step(1) })
	if back == "" || p.Spoken == "" || back == p.Spoken {
		t.Errorf("stepping says %q and %q", back, p.Spoken)
	}
	if p.Cursor.Events > at.Events+50 {
		t.Errorf("back and on leads from %v to %v", at, p.Cursor)
	}
	// To the beginning, and to beyond what was seen.
	p.Press(app.Key{Name: "Home"})
	if p.Cursor.T != 0 {
		t.Errorf("Home leads to %v", p.Cursor.T)
	}
	p.Press(app.Key{Name: "End"})
	if !p.Live() || !p.Playing {
		t.Error("End does not go on")
	}
	p.acted(p.Toggle)
	for range 40 {
		before := p.Cursor
		p.acted(func() { p.Step(1) })
		p.Tick(0)
		p.pump()
		if p.Cursor.Events <= before.Events {
			t.Fatalf("stepping ends at %v", before)
		}
	}
}

func TestKeysDoWhatTheirTableSays(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	leader := p.leader()
	press := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if !p.Press(app.Key{Name: name}) {
				t.Fatalf("the key %q means nothing", name)
			}
			p.pump()
		}
	}
	up := func(id consensus.NodeID) bool { return p.Store.State(p.Cursor.Events).Nodes[id-1].Up }
	press(" ")
	other := leader%5 + 1
	press(other.String()[1:], "c")
	if up(other) {
		t.Error("c does not crash the chosen node")
	}
	press("c")
	if !up(other) {
		t.Error("c does not restart it")
	}
	press("x")
	if p.Screen().Pop.Word != "link-to" {
		t.Fatalf("x shows %q", p.Screen().Pop.Word)
	}
	press(leader.String()[1:])
	press("x")
	if !p.Store.State(p.Cursor.Events).Cuts[other].Has(leader) {
		t.Error("x does not cut the chosen link")
	}
	press("h")
	if p.Store.State(p.Cursor.Events).Cuts[other].Has(leader) {
		t.Error("h does not heal it")
	}
	press("Escape", "r")
	if c := p.Store.State(p.Cursor.Events).Clients[0]; !c.Busy {
		t.Error("r requests nothing")
	}
	press("m")
	id := p.Selected.Message
	if id == 0 {
		t.Fatal("m chooses no message")
	}
	press("d")
	if p.Store.State(p.Cursor.Events).Death(id) == nil && p.Store.State(p.Cursor.Events).Flight(id) == nil {
		t.Error("d did something else to the message")
	}
	press("p", "Escape", "?", "Escape", "+", "-", "ArrowLeft", "ArrowRight")
	for _, k := range []string{"q", "F5", "Tab", "Enter"} {
		if p.Press(app.Key{Name: k}) {
			t.Errorf("the key %q is taken", k)
		}
	}
}

func TestEachRuleThatCanBeSwitchedHasASwitch(t *testing.T) {
	p := open(t, nil)
	p.ShowTab(app.TabRules)
	switches := 0
	for i, row := range p.Screen().Rules {
		rule := p.Store.Protocol.Rules[i]
		if row.Switchable != rule.Switchable || row.Switchable && !strings.Contains(row.Without, rule.Without) || row.Source == "" || row.Says == "" {
			t.Errorf("%s is shown as %+v", rule.ID, row)
		}
		if !row.Switchable {
			continue
		}
		switches++
		p.acted(func() { p.SwitchRule(row.Number, true) })
		p.play(second / 30)
		if !p.Screen().Rules[i].Off {
			t.Errorf("%s is not off", rule.ID)
		}
		p.acted(func() { p.SwitchRule(row.Number, false) })
		p.play(second / 30)
		if p.Screen().Rules[i].Off {
			t.Errorf("%s is not on again", rule.ID)
		}
	}
	if switches < 5 {
		t.Errorf("%d rules can be switched", switches)
	}
}

func TestReducedMotionGoesStepByStep(t *testing.T) {
	p := open(t, nil)
	p.Still = true
	moments := map[consensus.Time]bool{}
	for range 60 * 8 {
		p.Tick(second / 60)
		p.pump()
		moments[p.Cursor.T] = true
	}
	if len(moments) < 4 || len(moments) > 12 {
		t.Errorf("eight seconds show %d moments", len(moments))
	}
}

func TestSpeedIsWhatItSays(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	p.SetHurry(false)
	for _, s := range []view.Speed{0, view.SpeedDefault, view.SpeedMax / 2, view.SpeedMax} {
		p.SetSpeed(s)
		p.Tick(0)
		p.pump()
		from := p.Cursor.T
		p.play(second)
		got, want := p.Cursor.T-from, s.Virtual(second)
		if got < want*9/10 || got > want*11/10 {
			t.Errorf("at %v a second shows %v, want %v", s, got, want)
		}
	}
}

func TestTheWorldIsNotComputedFarAhead(t *testing.T) {
	p := open(t, nil)
	p.play(2 * second)
	if ahead := p.Head.Time - p.Cursor.T; ahead > 10*second {
		t.Errorf("the World is %v ahead", ahead)
	}
	p.acted(p.Toggle)
	n := p.Store.Len()
	p.play(second)
	if p.Store.Len() > n+20000 {
		t.Error("the World goes on while the page is paused")
	}
}

func TestABrokenInvariantIsNamedWithItsNodes(t *testing.T) {
	for _, rule := range []string{"", "off raft.majority-wins\n"} {
		before := &page{t: t, store: map[string]string{
			"run.script":   "engine raft\nnodes 3\n" + rule + "at 50ms timeout n1\nat 50ms timeout n2\n",
			"run.frontier": "100000000", "run.cursor": "100000000", "run.playing": "no",
		}}
		p := open(t, before)
		told := p.notices()
		if rule == "" {
			if strings.Contains(told, "broken") {
				t.Errorf("with all rules on: %q", told)
			}
			continue
		}
		if !strings.Contains(told, "Election Safety") || !strings.Contains(told, "N1") || !strings.Contains(told, "N2") {
			t.Fatalf("the banner says %q", told)
		}
		if !strings.Contains(p.Screen().Top.Headline, "Election Safety") {
			t.Errorf("the headline says %q", p.Screen().Top.Headline)
		}
		p.Screen().Notices[0].Do()
		p.pump()
		if p.Cursor.T != 50*consensus.Millisecond && p.Cursor.T >= 100*consensus.Millisecond {
			t.Errorf("the banner leads to %v", p.Cursor.T)
		}
		p.Press(app.Key{Name: "Home"})
		if strings.Contains(p.notices(), "Election Safety") {
			t.Error("the banner stands before anything is broken")
		}
	}
}
