package room

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/scenario"
)

// said returns the last refusal of a tab, and forgets all.
func (x *tab) said() string {
	s := ""
	if n := len(x.refused); n > 0 {
		s = x.refused[n-1]
	}
	x.refused = nil
	return s
}

// refuses checks that what a tab asks for is refused with a sentence, and leaves no mark.
func (l *lab) refuses(x *tab, f frame.Frame, why string) {
	l.t.Helper()
	before := l.room.Stats()
	room := x.room
	x.ask(f)
	l.pump()
	l.until(100 * Millisecond)
	if got := x.said(); got != why || why == "" {
		l.t.Errorf("%+v of %s was answered with %q, want %q", f, x.name, got, why)
	}
	if after := l.room.Stats(); after.Actions != before.Actions || x.room.Pace != room.Pace || x.room.Owner != room.Owner {
		l.t.Errorf("%+v was refused and left a mark", f)
	}
}

func line(s string) frame.ActLine { return frame.ActLine{Text: s} }

// Every sentence with which a room says no.
func TestEverySentence(t *testing.T) {
	l, tabs := class(t, classScript+"at 1800s crash n1\n", 3)
	ada, ben, cleo := tabs[0], tabs[1], tabs[2]
	viewer := l.newTab("Vic", "")
	viewer.connect()
	gone := l.newTab("Gil", "")
	gone.connect()
	l.pump()
	gone.shut()
	l.pump()
	ask := func(v frame.Verb, node consensus.NodeID, member uint32, value uint64) frame.Conduct {
		return frame.Conduct{Verb: v, Node: node, Member: member, Value: value}
	}
	// In the lobby.
	l.refuses(ben, line("crash n1"), "only the owner acts in this room, and that is Ada")
	l.refuses(ada, line("crash n1"), "nothing can be done yet: the run begins when Ada starts it")
	l.refuses(ben, ask(frame.Play, 0, 0, 0), "only the owner starts the run, and that is Ada")
	l.refuses(ada, ask(frame.Pause, 0, 0, 0), "the run has not begun")
	l.refuses(ada, ask(frame.Claim, 1, 0, 0), "this is your seat already")
	l.refuses(viewer, ask(frame.Claim, 0, 0, 0), "all nodes are taken: whoever has several can give one up")
	l.refuses(viewer, ask(frame.Claim, 2, 0, 0), "N2 is Ben's: only the owner gives it to somebody else")
	l.refuses(viewer, ask(frame.Claim, 6, 0, 0), "there is no node N6 in this room")
	l.refuses(viewer, ask(frame.Release, 2, 0, 0), "N2 is Ben's: only they and the owner leave it")
	l.refuses(ben, ask(frame.Give, 2, viewer.joined.Member, 0), "only the owner gives seats, and that is Ada")
	l.refuses(ada, ask(frame.Give, 2, 99, 0), "there is no such member in this room")
	l.refuses(ada, ask(frame.Give, 2, gone.joined.Member, 0), "Gil is not here")
	l.refuses(ada, ask(frame.Give, 2, ben.joined.Member, 0), "N2 is Ben's already")
	l.refuses(ada, ask(frame.Appoint, 0, gone.joined.Member, 0), "Gil is not here")
	l.refuses(ada, ask(frame.Remove, 0, 99, 0), "there is no such member in this room")
	l.refuses(ada, ask(frame.Remove, 0, ada.joined.Member, 0), "you own this room: make somebody else the owner, and leave")
	for _, v := range []frame.Verb{frame.SetPace, frame.SetHurry, frame.SetOpen, frame.Appoint, frame.End, frame.Remove} {
		l.refuses(ben, ask(v, 0, 2, 1), "only the owner does that, and that is Ada")
	}
	pace := "the pace is from a thousandth of real time to a hundred times as much, not "
	l.refuses(ada, ask(frame.SetPace, 0, 0, PaceMin-1), pace+"999999 ns a second")
	l.refuses(ada, ask(frame.SetPace, 0, 0, PaceMax+1), pace+"100000000001 ns a second")

	// While it runs.
	ada.conduct(frame.Play, 0, 0)
	l.until(3 * Second)
	for _, v := range []frame.Verb{frame.Play, frame.Pause, frame.Step} {
		l.refuses(ben, ask(v, 0, 0, 0), "only the owner does that in this room, and that is Ada")
	}
	l.refuses(ada, line("restart n1"), "N1 is already up")
	l.refuses(ada, line("crash n8"), "there are 5 nodes, n1 to n5")
	l.refuses(ada, frame.Act{Action: scenario.Action{Kind: scenario.Crash, Node: 8}}, "there are 5 nodes, n1 to n5")
	l.refuses(ada, frame.Act{Action: scenario.Action{Kind: scenario.Timeout, Node: 1, Timer: 7}}, "Raft has no timer 8; it has 1 (election timeout) 2 (heartbeat)")
	ada.ask(line("off raft.none"))
	l.until(100 * Millisecond)
	if s := ada.said(); !strings.HasPrefix(s, `Raft has no rule "raft.none"`) {
		t.Errorf("a rule that there is not: %q", s)
	}
	ada.ask(line("dance"))
	ada.ask(line("crash n1\nat 3s crash n2"))
	l.pump()
	if len(ada.refused) != 2 || !strings.Contains(ada.refused[0], `nothing is called "dance"`) || !strings.Contains(ada.refused[1], "an action is one line") {
		t.Errorf("lines that are none: %q", ada.refused)
	}
	ada.said()
	cleo.shut()
	l.until(Second)
	l.refuses(ada, line("restart n3"), "N3 runs in the tab of Cleo, which is gone: it starts when the tab is back, or when somebody else gets the seat")
	ada.conduct(frame.Release, 3, 0)
	l.until(Second)
	l.refuses(ada, ask(frame.Release, 3, 0, 0), "nobody holds the seat of N3")

	// While what was sent out before its time is waited for.
	ada.conduct(frame.SetOpen, 0, 1)
	l.until(Second)
	for _, x := range tabs {
		x.mute = true
	}
	for i := 0; l.room.work == nil; i++ {
		if l.until(100 * Millisecond); i > 80 {
			t.Fatal("nothing is out")
		}
	}
	ada.conduct(frame.Release, 2, 0)
	l.pump()
	l.refuses(ada, ask(frame.Give, 2, viewer.joined.Member, 0), "N2 is on its way to another seat: try again in a moment")
	for _, x := range []*tab{ada, ben, viewer} {
		x.refused = nil
		for range 100 {
			x.act("request c1: set x 1")
		}
	}
	l.pump()
	if viewer.said() != "too many actions wait to be done: try again in a moment" {
		t.Errorf("%d acts wait", len(l.room.acts))
	}
	for _, x := range tabs {
		x.refused = nil
	}
	l.until(12 * Second) // all tabs are given up meanwhile
	if len(l.room.acts) != 0 {
		t.Errorf("%d acts wait still", len(l.room.acts))
	}
	l.rest(viewer)
	l.settle()
	l.same()
}

// A run that is full is over: nobody can do anything in it but look, and the room says so.
func TestAFullRun(t *testing.T) {
	l := newLab(t, classScript, 4)
	l.c.Limits.Events = 800
	l.room, _ = New(l.c, roomID, classScript, l.owner, l.now)
	ada := l.newTab("Ada", l.owner)
	ada.connect()
	l.pump()
	ada.conduct(frame.SetPace, 0, uint64(consensus.Second))
	ada.conduct(frame.Claim, 2, 0)
	ada.conduct(frame.Play, 0, 0)
	l.until(20 * Second)
	if ada.room.State != frame.Over || ada.head.State != frame.Full || ada.head.Events < 800 || ada.head.Events > 1000 {
		t.Fatalf("%+v, %+v", ada.room, ada.head)
	}
	full := "this run is full: nothing more can happen in it"
	l.refuses(ada, line("crash n1"), full)
	l.refuses(ada, frame.Conduct{Verb: frame.Play}, full)
	l.refuses(ada, frame.Conduct{Verb: frame.Step}, full)
	if at, ok := l.room.Next(); ok && at <= l.now+Second {
		t.Error("it ticks on")
	}
	l.kill()
	ada.connect()
	l.until(Second)
	if ada.room.State != frame.Over || l.room.ended != 0 {
		t.Errorf("%+v", ada.room)
	}
}

// The owner may give the room away, let everybody act, and end it.
func TestTheOwner(t *testing.T) {
	l, tabs := class(t, classScript, 6)
	ada, ben, dan := tabs[0], tabs[1], tabs[3]
	if ada.room.Owner != ada.joined.Member {
		t.Fatal("who has the owner's token is not the owner")
	}
	ada.conduct(frame.Play, 0, 0)
	ada.conduct(frame.SetOpen, 0, 1)
	l.until(Second)
	ben.act("crash n1")
	l.until(Second)
	if len(ben.acted) != 1 || len(dan.dids) != 1 {
		t.Errorf("in an open room Ben's act was answered with %q, %q", ben.acted, ben.refused)
	}
	ada.ask(frame.Conduct{Verb: frame.Appoint, Member: ben.joined.Member})
	l.until(Second)
	ben.ask(frame.Conduct{Verb: frame.Rename, Text: " \x00Ben\u202e  the\tGreat "})
	l.until(Second)
	if dan.room.Owner != ben.joined.Member || dan.room.Members[1].Name != "Ben the Great" {
		t.Errorf("%+v", dan.room)
	}
	ben.lose()
	l.until(59 * Second)
	if dan.room.Owner != ben.joined.Member {
		t.Error("the owner was away for less than a minute, and lost the room")
	}
	l.until(2 * Second)
	if dan.room.Owner != ada.joined.Member {
		t.Errorf("the owner is away, and the room belongs to %d", dan.room.Owner)
	}
	ada.conduct(frame.End, 0, 0)
	l.pump()
	for _, x := range tabs {
		if x != ben && (x.open || x.code != 4011) {
			t.Errorf("%s was closed with %d", x.name, x.code)
		}
	}
	if !l.room.Over(l.now) || l.room.Unsaved() != nil {
		t.Error("the room is not over")
	}
}

// A room is kept for a day after the last one has left.
func TestExpiry(t *testing.T) {
	l := newLab(t, classScript, 4)
	ada := l.newTab("Ada", l.owner)
	ada.connect()
	l.until(25 * Hour)
	if !ada.open || l.room.Over(l.now) {
		t.Fatal("a room in which somebody is has expired")
	}
	ada.shut()
	l.until(24*Hour - Second)
	if l.room.Over(l.now) {
		t.Error("it expired before its time")
	}
	if at, ok := l.room.Next(); !ok || at != l.now+Second {
		t.Error("it does not say when it expires")
	}
	l.until(Second)
	if !l.room.Over(l.now) {
		t.Error("it does not expire")
	}
}

// A recording has a bound; people cannot act beyond it, and tabs can still leave.
func TestARecordingThatIsFull(t *testing.T) {
	script := classScript + strings.Repeat("at 3000s heal all\n", scenario.ActionsMax-actionsKept-1)
	l, tabs := class(t, script, 7)
	ada, eve := tabs[0], tabs[4]
	ada.conduct(frame.Play, 0, 0)
	l.until(Second)
	ada.act("crash n1")
	l.until(Second)
	if len(ada.acted) != 1 {
		t.Fatalf("%q", ada.refused)
	}
	l.refuses(ada, line("restart n1"), "this run has as many actions as its recording can hold: nothing more can be done in it")
	eve.shut()
	l.until(Second)
	want(t, ada, "crash n5", frame.TabGone)
	l.rest(ada)
	if _, err := scenario.Parse(l.room.Script()); err != nil {
		t.Error(err)
	}
	l.same()

	// Where not even that is left, the run is over.
	for len(l.room.world.Actions()) < scenario.ActionsMax {
		last := scenario.Action{At: 3000 * consensus.Second, Kind: scenario.Heal}
		if err := l.room.world.Schedule([]scenario.Action{last}); err != nil {
			t.Fatal(err)
		}
	}
	tabs[3].shut()
	l.until(Second)
	if ada.room.State != frame.Over || ada.head.State != frame.Full {
		t.Errorf("%+v, %+v", ada.room, ada.head)
	}
}

// Who was renamed and comes back has the new name.
func TestNamesStay(t *testing.T) {
	l, tabs := class(t, classScript, 7)
	ada, ben := tabs[0], tabs[1]
	ben.ask(frame.Conduct{Verb: frame.Rename, Text: "Benjamin"})
	l.until(Second)
	ben.lose()
	ben.connect()
	l.until(Second)
	if m := ada.room.Members; m[0].Name != "Ada" || m[1].Name != "Benjamin" {
		t.Errorf("%+v", m)
	}
}

// Two who want any node at once get one each, in the lobby and when the run goes on.
func TestAnyNode(t *testing.T) {
	l, tabs := class(t, classScript, 7)
	gus, hal := l.newTab("Gus", ""), l.newTab("Hal", "")
	gus.connect()
	hal.connect()
	l.pump()
	for _, begun := range []bool{false, true} {
		for _, node := range []consensus.NodeID{2, 4} {
			tabs[0].ask(frame.Conduct{Verb: frame.Release, Node: node})
		}
		if begun {
			tabs[0].ask(frame.Conduct{Verb: frame.Play})
		}
		l.pump()
		l.until(100 * Millisecond)
		gus.ask(frame.Conduct{Verb: frame.Claim})
		hal.ask(frame.Conduct{Verb: frame.Claim})
		l.pump()
		l.until(100 * Millisecond)
		if a, b := gus.room.Seats[1].Member, gus.room.Seats[3].Member; min(a, b) != gus.joined.Member || max(a, b) != hal.joined.Member {
			t.Errorf("begun %v: N2 is run by %d and N4 by %d, not by Gus and Hal (%d, %d)", begun, a, b, gus.joined.Member, hal.joined.Member)
		}
	}
}

// Whom the owner sends away loses the connection, the token and the seats, which the relay takes:
// in the lobby, in the middle of the run, and in the middle of work. Who comes back is somebody
// new.
func TestSentAway(t *testing.T) {
	l, tabs := class(t, classScript, 31)
	ada, ben, cleo, dan, eve := tabs[0], tabs[1], tabs[2], tabs[3], tabs[4]
	away := func(x *tab) {
		t.Helper()
		ada.ask(frame.Conduct{Verb: frame.Remove, Member: x.joined.Member})
		l.until(2 * Second)
		if x.open || x.code != hosting.CloseRemoved || x.why == "" {
			t.Errorf("%s was closed with %d %q", x.name, x.code, x.why)
		}
		for _, o := range ada.room.Members {
			if o.Number == x.joined.Member {
				t.Errorf("%s is a member still: %+v", x.name, o)
			}
		}
		for i, s := range ada.room.Seats {
			if s.Member == x.joined.Member {
				t.Errorf("%s holds the seat of N%d still", x.name, i+1)
			}
		}
	}
	away(ben)
	if len(ada.dids) > 0 {
		t.Errorf("in the lobby %q was done", ada.dids)
	}
	ben.connect()
	if l.until(Second); ben.code != hosting.CloseToken {
		t.Errorf("the token of who was sent away ends with %d", ben.code)
	}
	ben.load()
	ben.token = ""
	before := ben.joined.Member
	ben.connect()
	if l.until(Second); !ben.open || ben.joined.Member == before {
		t.Errorf("who comes back is member %d, and was %d; closed with %d", ben.joined.Member, before, ben.code)
	}
	ada.conduct(frame.SetPace, 0, uint64(50*consensus.Millisecond))
	ada.conduct(frame.Play, 0, 0)
	l.until(3 * Second)
	away(cleo)
	want(t, ada, "crash n3", frame.TabGone, "restart n3", frame.SeatMoved)
	l.wait(dan, 4)
	away(dan)
	want(t, ada, "crash n4", frame.TabGone, "restart n4", frame.SeatMoved)
	eve.lose() // and is waited for
	ada.ask(frame.Conduct{Verb: frame.Remove, Member: eve.joined.Member})
	l.until(20 * Second)
	want(t, ada, "crash n5", frame.SeatMoved, "restart n5", frame.SeatMoved)
	eve.connect()
	if l.until(Second); eve.code != hosting.CloseToken {
		t.Errorf("who was away when sent away comes back with %d", eve.code)
	}
	l.rest(ada)
	l.same()
	l.kill()
	if l.until(Second); l.room.Stats().Seats != 1 {
		t.Errorf("after a restart %d seats are held", l.room.Stats().Seats)
	}
}
