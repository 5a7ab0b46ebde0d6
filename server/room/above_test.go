package room

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// A room of five tabs in which nobody does anything gives the run that its script gives in
// one place, and several tabs are at work at once.
func TestARoomOfFiveTabs(t *testing.T) {
	l, tabs := class(t, classScript+"at 1s crash n2\nat 1.5s restart n2\n", 1)
	l.lag = 20 * Millisecond
	tabs[0].conduct(frame.SetPace, 0, uint64(100*consensus.Millisecond))
	tabs[0].conduct(frame.Play, 0, 0)
	l.until(30 * Second)
	l.rest(tabs[0])
	l.same()
	s, err := scenario.ParseFor(classScript+"at 1s crash n2\nat 1.5s restart n2\n", registry.Known())
	if err != nil {
		t.Fatal(err)
	}
	c, _ := registry.Config(s.Setup)
	w, _ := sim.New(c)
	if err := w.Schedule(s.Actions); err != nil {
		t.Fatal(err)
	}
	w.RunUntil(l.room.world.Now(), 0)
	st := l.room.Stats()
	if w.Digest() != st.Digest || w.Now() < 2*consensus.Second {
		t.Errorf("solo the same script gives %v at %v, the room has %v", w.Digest(), w.Now(), st.Digest)
	}
	t.Logf("%+v at %v", st, w.Now())
	if st.Work < 500 || st.Foreseen < st.Work/3 || st.Rebuilt != 0 {
		t.Errorf("tabs did %d pieces of work, %d of them before their time, %d were rebuilt", st.Work, st.Foreseen, st.Rebuilt)
	}
	for _, x := range tabs {
		if x.works < 50 || !x.open {
			t.Errorf("%s did %d pieces, and was closed with %d %s", x.name, x.works, x.code, x.why)
		}
	}
}

// The test above all: tabs are lost and come back, are closed and loaded anew, seats change
// hands, people act, the relay is killed and stopped; and the room's recording, run in one
// place, is the room's run.
func TestTheSameRunSoloAndInARoom(t *testing.T) {
	l, tabs := class(t, classScript, 2)
	l.lag = 30 * Millisecond
	ada, ben, cleo, dan, eve := tabs[0], tabs[1], tabs[2], tabs[3], tabs[4]
	ada.conduct(frame.SetPace, 0, uint64(50*consensus.Millisecond))
	ada.conduct(frame.SetOpen, 0, 1)
	ada.conduct(frame.Play, 0, 0)
	l.until(8 * Second)

	ben.lose() // and the same tab is back in time: nothing has happened
	l.until(4 * Second)
	if ada.room.Seats[1].State != frame.SeatAway || ada.room.Waiting != 2 {
		t.Errorf("while Ben is away the room is %+v", ada.room)
	}
	ben.connect()
	l.until(4 * Second)
	if len(ada.dids) != 0 || ben.code != 0 {
		t.Fatalf("a lost connection was an action: %q", ada.dids)
	}

	cleo.shut() // loaded anew: a crash and a restart
	l.until(200 * Millisecond)
	cleo.connect()
	l.until(4 * Second)
	want(t, ada, "crash n3", frame.TabGone, "restart n3", frame.TabBack)

	dan.lose() // for good: a crash when patience is over
	l.until(12 * Second)
	want(t, ada, "crash n4", frame.TabGone)
	if ada.room.Seats[3].State != frame.SeatGone {
		t.Errorf("Dan's seat is %+v", ada.room.Seats[3])
	}
	eve.act("restart n4")
	l.until(Second)
	if len(eve.refused) != 1 || !strings.Contains(eve.refused[0], "the tab of Dan, which is gone") {
		t.Errorf("restart of a node whose tab is gone: %q", eve.refused)
	}
	dan.load()
	dan.connect()
	l.until(4 * Second)
	want(t, ada, "restart n4", frame.TabBack)

	eve.act("crash n1")
	l.until(Second)
	ada.act("restart n1")
	ben.act("cut n1 > n2")
	l.until(3 * Second)
	want(t, cleo, "crash n1", frame.Wish, "restart n1", frame.Wish, "cut n1 > n2", frame.Wish)

	l.kill() // all come back as they were
	for _, x := range tabs {
		x.connect()
		l.until(300 * Millisecond)
	}
	l.until(5 * Second)
	if n := len(ada.dids); n != 7 {
		t.Errorf("the relay was restarted, and %q was done", ada.dids[6:])
	}
	if ada.quiet+ben.quiet+cleo.quiet+dan.quiet+eve.quiet == 0 {
		t.Error("no tab was brought to where the relay was")
	}

	ada.ask(frame.Conduct{Verb: frame.Give, Node: 5, Member: ben.joined.Member}) // hand-over
	l.until(3 * Second)
	want(t, ada, "crash n5", frame.SeatMoved, "restart n5", frame.SeatMoved)
	ben.conduct(frame.Release, 2, 0)
	l.until(3 * Second)
	want(t, ada, "crash n2", frame.SeatMoved, "restart n2", frame.SeatMoved)
	if s := ada.room.Seats; s[1].State != frame.SeatRelay || s[4].Member != ben.joined.Member {
		t.Errorf("the seats are %+v", s)
	}

	l.stop() // and one of them does not come back as it was
	for _, x := range tabs {
		if x == cleo {
			x.load()
		}
		x.connect()
	}
	l.until(5 * Second)
	want(t, eve, "crash n3", frame.TabGone, "restart n3", frame.TabBack)

	late := l.newTab("Zoe", "") // a latecomer sees all of it
	late.connect()
	l.until(Second)
	l.rest(ada)
	if !slices.Equal(late.dids, ada.dids) || late.head != ada.head || late.opened != 1 {
		t.Errorf("a latecomer has %+v and %q, others %+v and %q", late.head, late.dids, ada.head, ada.dids)
	}
	l.same()
	st := l.room.Stats()
	t.Logf("%+v, before it %+v", st, l.seen)
	if l.seen.Rebuilt == 0 || st.Work+l.seen.Work < 300 {
		t.Errorf("tabs did %d pieces of work, %d were rebuilt", st.Work+l.seen.Work, st.Rebuilt+l.seen.Rebuilt)
	}
	for _, x := range tabs {
		if !x.open {
			t.Errorf("%s was closed with %d: %s", x.name, x.code, x.why)
		}
	}
}

// want checks the last actions that a tab was told of, and why they were done; no lines:
// that it was told of none.
func want(t *testing.T, x *tab, lines ...any) {
	t.Helper()
	n := len(lines) / 2
	if len(x.dids) < n || n == 0 && len(x.dids) > 0 {
		t.Fatalf("%s was told of %q, want %v", x.name, x.dids, lines)
	}
	for i := range n {
		at := len(x.dids) - n + i
		_, said, _ := strings.Cut(strings.TrimPrefix(x.dids[at], "at "), " ")
		if said != lines[2*i] || x.reasons[at] != lines[2*i+1] {
			t.Fatalf("%s was told of %q because of %v, want at the end %v", x.name, x.dids, x.reasons, lines)
		}
	}
}
