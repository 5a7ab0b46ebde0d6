package apptest

import (
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/web/app"
)

const ms = consensus.Millisecond

// framed is a figure, and what it has told the page around.
type framed struct {
	*page
	told []app.Message
}

// frame opens a figure of an address with a look, and plays until it is ready.
func frameOf(t *testing.T, address string, look app.Look) *framed {
	t.Helper()
	f := &framed{page: &page{t: t, store: map[string]string{}}}
	for side := range f.engines {
		f.engines[side] = &engine{p: f.page, side: side}
	}
	f.Model = app.NewModel(func(side int) app.Link { return f.engines[side] }, f.page)
	f.Offered = []string{"raft", "multipaxos", "synod"}
	f.Frame(address, look, func(m app.Message) { f.told = append(f.told, m) })
	f.engines[0].Restart("raft")
	f.pump()
	f.Report()
	return f
}

// do carries out a command, and reports.
func (f *framed) do(name, value string) {
	f.t.Helper()
	f.acted(func() { f.Command(name, value) })
	f.Report()
}

// last returns the last value of a name that was told in messages of a type; nil if none was.
func (f *framed) last(kind, name string) any {
	var v any
	for _, m := range f.told {
		for i, n := range m.Names {
			if m.Type == kind && n == name {
				v = m.Value[i]
			}
		}
	}
	return v
}

// playTo plays until the run pauses, and reports on the way.
func (f *framed) playTo() {
	f.t.Helper()
	f.until("a pause", func() bool { f.Report(); return !f.Playing })
}

const leaderCrash = "s=raft-leader-crash"

func TestAFigurePlaysFromMarkerToMarker(t *testing.T) {
	f := frameOf(t, leaderCrash, app.Look{})
	if f.last("ready", "title") != "The leader crashes" || f.last("ready", "mode") != "watch" || f.last("ready", "end") != int64(1700*ms) || f.last("ready", "view") != "ring" {
		t.Errorf("it is ready as %+v", f.told)
	}
	if !f.Playing {
		t.Error("a figure that was started does not play")
	}
	for i, at := range []consensus.Time{250 * ms, 500 * ms, 600 * ms} {
		f.playTo()
		if f.Cursor.T != at || f.last("marker", "marker") != i+1 || f.last("marker", "t") != int64(at) || f.last("time", "playing") != false {
			t.Errorf("playing stops at %d, not at marker %d; it told %+v", f.Cursor.T, i+1, f.told[len(f.told)-3:])
		}
		if says := f.Screen().Acts.Caption; says != f.last("marker", "caption") || says == "" {
			t.Errorf("the caption is %q, and it told %q", says, f.last("marker", "caption"))
		}
		f.do("play", "")
	}
	if says := f.Screen().Acts.Caption; strings.Contains(says, "N3 is gone") {
		t.Error("a caption stays when the run plays on")
	}
	n := 0
	for _, m := range f.told {
		if m.Type == "marker" {
			n++
		}
	}
	if n != 3 {
		t.Errorf("three markers were told %d times", n)
	}
}

func TestAFigureGoesWhereItIsTold(t *testing.T) {
	f := frameOf(t, leaderCrash, app.Look{T: "m3", Until: "0.62s"})
	if f.Cursor.T != 600*ms || f.Playing || f.last("marker", "marker") != 3 {
		t.Errorf("it begins at %d, playing %t", f.Cursor.T, f.Playing)
	}
	f.do("play", "")
	f.playTo()
	if f.Cursor.T != 620*ms {
		t.Errorf("playing until 0.62 s stops at %d", f.Cursor.T)
	}
	for to, want := range map[string]consensus.Time{"m1": 250 * ms, "1.3s": 1300 * ms, "0": 0} {
		if f.do("seek", to); f.Cursor.T != want || f.Playing {
			t.Errorf("%s leads to %d, want %d", to, f.Cursor.T, want)
		}
	}
	if f.do("seek", "e200"); f.Cursor.Events != 201 {
		t.Errorf("e200 leads behind %d events", f.Cursor.Events)
	}
	// Beyond what was computed, and beyond what ever happens.
	if f.do("seek", "4s"); f.Cursor.T != 4*second {
		t.Errorf("4s leads to %d", f.Cursor.T)
	}
	many := f.Store.Len() + 100
	if f.do("seek", "e"+strconv.Itoa(many)); f.Cursor.Events != many+1 {
		t.Errorf("an event to come leads behind %d events, want %d", f.Cursor.Events, many+1)
	}
	before := f.Cursor
	f.do("step", "-2")
	if f.Cursor.Events >= before.Events {
		t.Error("a step back leads nowhere")
	}
	for _, c := range []struct{ name, value, says string }{
		{"seek", "m99", "markers m1 to"}, {"seek", "soon", "a moment is written as"}, {"step", "x", "number of steps"}, {"step", "1001", "number of steps"},
		{"act", "crash n1", "watched"},
	} {
		n := len(f.told)
		f.do(c.name, c.value)
		if says, _ := f.last("error", "text").(string); len(f.told) == n || !strings.Contains(says, c.says) {
			t.Errorf("%s %s: it says %q, want %q", c.name, c.value, says, c.says)
		}
	}
}

func TestWhoWatchesChangesNothing(t *testing.T) {
	f := frameOf(t, leaderCrash, app.Look{T: "0.3s"})
	script := f.store["run.script"]
	n := f.Store.Len()
	for _, do := range []func(){f.CrashLeader, f.Heal, func() { f.CrashOrRestart(1) }, func() { f.Press(app.Key{Name: "c"}) }, func() { f.Request(1) }, f.Undo} {
		f.acted(do)
	}
	if f.store["run.script"] != script || f.last("action", "line") != nil || f.Store.Len() < n {
		t.Error("somebody who watches has changed the run")
	}
}

func TestAFigureCanBePlayedWithAndGivenBack(t *testing.T) {
	f := frameOf(t, leaderCrash, app.Look{T: "m1", Mode: "play"})
	f.do("act", "crash n2")
	if f.last("action", "line") != "at 250ms crash n2" || f.last("action", "t") != int64(250*ms) || f.last("action", "forked") != true {
		t.Errorf("it tells of the crash as %+v", f.told[len(f.told)-3:])
	}
	if n := f.Store.State(f.Cursor.Events).Nodes[1]; n.Up {
		t.Error("N2 has not crashed")
	}
	f.do("seek", "m1")
	if f.do("seek", "m2"); f.last("error", "text") == nil {
		t.Error("the markers of a future that does not come are still there")
	}
	f.do("link", "")
	if code, _ := f.last("link", "code").(string); !strings.HasPrefix(code, "1") {
		t.Errorf("its link is %q", code)
	} else if g := frameOf(t, code, app.Look{T: "250ms"}); g.Store.State(g.Cursor.Events).Nodes[1].Up {
		t.Error("the link does not hold the crash")
	}
	if !strings.Contains(f.notices(), "your own run") {
		t.Errorf("it says %q", f.notices())
	}
	f.acted(f.BackToAuthor)
	f.Report()
	if f.Cursor.T != 250*ms || !f.Store.State(f.Cursor.Events).Nodes[1].Up || strings.Contains(f.notices(), "your own run") {
		t.Errorf("back to the author's run, it stands at %d and says %q", f.Cursor.T, f.notices())
	}
	f.do("seek", "m2")
	if f.Cursor.T != 500*ms {
		t.Error("the author's markers have not come back")
	}
	for _, line := range []string{"", "crash n9", "dance", "drop 99999999", "at 1s crash n1"} {
		n := len(f.told)
		if f.do("act", line); len(f.told) == n || f.last("action", "line") != "at 250ms crash n2" {
			t.Errorf("the action %q was not refused: %+v", line, f.told[n:])
		}
	}
}

func TestAFigureTellsWhatBreaks(t *testing.T) {
	f := frameOf(t, "s=raft-figure-8-broken", app.Look{T: "4s"})
	if name, _ := f.last("violation", "name").(string); name == "" {
		t.Errorf("nothing is told to be broken: %+v", f.told)
	}
}

func TestAFigureOfNothing(t *testing.T) {
	for _, address := range []string{"", "s=raft-telepathy", "nonsense", "1AAAA", strings.Repeat("1", 70_000)} {
		f := frameOf(t, address, app.Look{})
		if f.last("error", "text") == nil {
			t.Errorf("of the address %.20q nothing is told", address)
		}
		if f.Phase == app.Running || f.last("ready", "title") != nil {
			t.Errorf("of the address %.20q another run is shown", address)
		}
	}
	f := frameOf(t, leaderCrash, app.Look{T: "m99", Until: "yesterday", View: "cinema,logs,<b>", Theme: "pink", Mode: "rule", Lang: "xx"})
	if f.Phase != app.Running || f.last("error", "text") == nil || f.last("ready", "view") != "logs" || f.last("ready", "mode") != "watch" {
		t.Errorf("with an odd look it is in phase %d and tells %+v", f.Phase, f.told)
	}
}

func TestAFigureOfAnotherAlgorithm(t *testing.T) {
	f := frameOf(t, "s=synod-duelling", app.Look{View: "diagram"})
	if f.last("ready", "engine") != "synod" {
		t.Errorf("it is ready as %+v", f.told)
	}
}
