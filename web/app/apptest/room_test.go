package apptest

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/web/app"
	"parley/web/view"
)

func TestNamesOfOthersCannotDisturb(t *testing.T) {
	r := newRelay()
	p, _ := inRoom(t, r)
	r.change(func(room *frame.Room) {
		room.Members[0].Name = "\u202eEve\u200b\n<b>"
		room.Members[1].Name = "\x00 \u2066"
		room.Owner = 9
	})
	v := p.Screen()
	if v.Room.Title = ""; v.Bar.Seats[1].Who != "Somebody" {
		t.Errorf("a name of nothing is shown as %q", v.Bar.Seats[1].Who)
	}
	p.ToggleRooms()
	if got := p.Screen().Room.Members[0].Name; got != "Eve<b>" {
		t.Errorf("an odd name is shown as %q", got)
	}
}

func TestTheCursorFollowsTheRelay(t *testing.T) {
	r := newRelay()
	p, _ := inRoom(t, r)
	const tick = second / 60
	var last, most consensus.Time
	for i := range 600 {
		if i%3 == 0 { // the relay reports each twentieth of a second
			r.run(consensus.Time(r.room.Pace) / 20)
		}
		p.Tick(tick)
		if p.Cursor.T < last || p.Cursor.T > r.now {
			t.Fatalf("the cursor went from %d to %d, the relay is at %d", last, p.Cursor.T, r.now)
		}
		if i > 120 {
			most = max(most, p.Cursor.T-last)
			if p.Cursor.T == last {
				t.Fatalf("frame %d: the cursor stands still while the room plays", i)
			}
		}
		last = p.Cursor.T
	}
	// A sixtieth of a second at this pace is a sixth of a millisecond.
	if want := consensus.Time(r.room.Pace) / 60; most > 2*want {
		t.Errorf("the cursor jumped by %d ns, and %d is its pace", most, want)
	}
	if behind := r.now - p.Cursor.T; behind > consensus.Time(r.room.Pace)/4 {
		t.Errorf("it is %d ns behind", behind)
	}
	// What was hurried through is caught up with soon.
	r.run(second)
	p.play(2 * second)
	if behind := r.now - p.Cursor.T; behind > consensus.Time(r.room.Pace)/4 {
		t.Errorf("after a quiet stretch it is %d ns behind", behind)
	}
	// And when the room stands still, the cursor is where the room is.
	r.change(func(room *frame.Room) { room.State = frame.Paused })
	p.play(second)
	if p.Cursor.T != r.now || !p.Live() {
		t.Errorf("the room stands at %d, the cursor at %d", r.now, p.Cursor.T)
	}
	for _, f := range p.engines[0].to {
		t.Errorf("%v was sent", f)
	}
}

func TestLookingBackIsOnesOwn(t *testing.T) {
	r := newRelay()
	r.room.Open = true
	p, out := inRoom(t, r)
	for range 40 {
		r.run(50 * ms)
		p.play(second / 10)
	}
	if !p.leads() {
		t.Fatalf("there is no leader yet: %q", p.Screen().Top.Headline)
	}
	p.Step(-1)
	at := p.Cursor
	if p.Live() || len(r.asked) != 0 || p.Playing {
		t.Fatal("stepping back asked the room for something, or did not leave its head")
	}
	r.run(100 * ms)
	p.play(second)
	if p.Cursor != at || p.Frontier != r.now {
		t.Errorf("who looks back is at %+v, was at %+v; seen up to %d of %d", p.Cursor, at, p.Frontier, r.now)
	}
	if v := p.Screen(); !strings.Contains(v.Bar.Says, "look back") || v.Time.Live {
		t.Errorf("the strip says %q", v.Bar.Says)
	}

	// To act there is to fork, in another tab.
	p.acted(p.CrashLeader)
	v := p.Screen()
	if n := v.Notices; len(n) != 1 || n[0].Do == nil || !strings.Contains(n[0].Text, "run of your own") {
		t.Fatalf("acting in the past is told as %+v", n)
	}
	out.blocked = true
	p.acted(v.Notices[0].Do)
	if n := p.Screen().Notices; len(n) != 1 || !strings.Contains(n[0].Text, "did not allow") {
		t.Fatalf("a tab that was not allowed is told as %+v", n)
	}
	out.blocked = false
	p.acted(p.Screen().Notices[0].Do)
	if len(out.opened) != 1 || !p.InRoom() || r.left != 0 {
		t.Fatalf("opened were %q, in the room: %v", out.opened, p.InRoom())
	}
	code, moment, _ := strings.Cut(strings.TrimPrefix(out.opened[0], "#"), "&t=")
	rec, err := replay.ReadLink(code)
	if err != nil || rec.End != at.T || moment != scenario.FormatSpan(at.T) {
		t.Errorf("the fork ends at %d and opens at %s, want %d: %v", rec.End, moment, at.T, err)
	}

	// Played from there, it meets the room again; or Live leads to it at once.
	p.acted(p.Toggle)
	if !p.Playing || len(r.asked) != 0 {
		t.Fatal("it does not play for the viewer alone")
	}
	p.SetSpeed(view.SpeedMax)
	p.until("the room", p.Live)
	p.JumpTo(0)
	p.GoLive()
	if !p.Live() || p.Cursor.T != r.now {
		t.Errorf("live, the cursor is at %d, the room at %d", p.Cursor.T, r.now)
	}
	// At the head an act is the room's.
	p.acted(p.CrashLeader)
	if got := p.Screen().Bar.News; !strings.HasPrefix(got, "You: crash n") {
		t.Errorf("one's own act is told as %q", got)
	}
	p.play(second)
	if p.Store.Status(p.Cursor).Leader != consensus.None {
		t.Error("the leader did not crash")
	}
}

func TestWhoMayNotActIsToldWhy(t *testing.T) {
	r := newRelay()
	p, _ := inRoom(t, r)
	r.run(second)
	p.play(2 * second)
	asked := len(r.asked)
	v := p.Screen()
	if a := v.Acts; a.On || a.CanCrash || a.CanSplit || a.CanHeal || a.CanRestart || a.CanUndo || !strings.Contains(a.Caption, "Only Anna may act") {
		t.Errorf("the buttons are %+v", a)
	}
	p.Choose(view.Pick{Node: 1, T: -1}, 1, 1)
	for _, a := range p.Screen().Pop.Acts {
		if !a.Off && a.Name != "inspect" {
			t.Errorf("the small panel offers to %s", a.Name)
		}
	}
	events := p.Store.Len()
	for name, act := range map[string]func(){
		"crash": func() { p.CrashOrRestart(1) }, "heal": p.Heal, "write": func() { p.Request(0) }, "line": func() { p.ActLine("crash n1") },
		"step": func() { p.Step(1) }, "speed": func() { p.SetSpeed(9) }, "hurry": func() { p.SetHurry(false) },
	} {
		p.Notices = nil
		if p.acted(act); !strings.Contains(p.notices(), "Only Anna") {
			t.Errorf("%s: the notices are %q", name, p.notices())
		}
	}
	p.ShowTab(app.TabStore)
	p.EditKey("x")
	if p.acted(p.WriteKey); !strings.Contains(p.Screen().Store.KeyWrong, "Only Anna") {
		t.Errorf("the form says %q", p.Screen().Store.KeyWrong)
	}
	if p.Store.Len() != events || len(r.asked) != asked {
		t.Error("something was done all the same")
	}
	// Pausing is for oneself then.
	if p.acted(p.Toggle); p.Live() || len(r.asked) != asked {
		t.Error("a viewer's pause is not their own")
	}
	p.GoLive()
	r.change(func(room *frame.Room) { room.Open = true })
	if a := p.Screen().Acts; !a.On || !a.CanSplit || a.CanUndo {
		t.Errorf("when everybody may act the buttons are %+v", a)
	}
	p.acted(p.Toggle)
	p.acted(func() { p.Step(1) })
	if got := r.verbs()[asked:]; !slices.Equal(got, []frame.Verb{frame.Pause, frame.Step}) {
		t.Errorf("it asked for %v", got)
	}
}

// What the page does alone is not done in a room, or leaves it after asking.
func TestARoomIsNotLeftByAccident(t *testing.T) {
	r := newRelay()
	p, out := inRoom(t, r)
	r.run(second)
	for name, act := range map[string]func(){
		"compare": p.ToggleCompare, "algorithm": func() { p.ChooseAlgorithm("synod") }, "example": func() { p.OpenExample("raft-leader-crash") },
		"new run": p.NewRun, "file": func() { p.OpenText(roomScript) }, "trace": func() { p.ShowTrace(nil) },
	} {
		p.Notices = nil
		if p.acted(act); !strings.Contains(p.notices(), "Leave it first") || !p.InRoom() || p.Comparing() {
			t.Errorf("%s: the notices are %q, in the room: %v", name, p.notices(), p.InRoom())
		}
	}
	if p.store["run.script"] != "" {
		t.Error("the run of the room was kept as one's own")
	}
	// Sharing gives a link of the room as far as it has come, and stays.
	p.JumpTo(second / 2)
	p.acted(p.ToggleShare)
	v := p.Screen().Sharing
	if !v.CanSave || !v.InRoom || out.address != "" || len(r.asked) != 0 {
		t.Fatalf("the dialog is %+v, the address bar shows %q", v, out.address)
	}
	code, _, _ := strings.Cut(strings.TrimPrefix(v.Rows[0].Text, "https://parley.example/#"), "&")
	rec, err := replay.ReadLink(code)
	if err != nil || rec.End != r.now {
		t.Errorf("the link holds the run up to %d, the room is at %d: %v", rec.End, r.now, err)
	}
	p.ToggleShare()
	p.ToggleRooms()
	press(t, p, "leave")
	if !p.InRoom() {
		t.Fatal("pressed once, it is left")
	}
	events := p.Head.Events
	press(t, p, "leave")
	if p.InRoom() || r.left != 1 || !strings.HasPrefix(out.address, "#") || p.store["run.room.abc"] != "" {
		t.Fatalf("in the room: %v, left %d times, the address is %q", p.InRoom(), r.left, out.address)
	}
	p.until("the run", func() bool { return p.origin().State != "" })
	if o := p.origin(); o.State != "same" || p.Head.Events < events || p.Frontier != r.now {
		t.Errorf("the run that stays is %+v, with %d of %d events, seen up to %d", o, p.Head.Events, events, p.Frontier)
	}
	// What the relay still says is not of this run.
	before := p.Store.Len()
	r.say(frame.Head{Time: 9 * second}, frame.Did{Line: "crash n1"}, frame.Room{})
	if p.Head.Time == 9*second || p.Store.Len() != before {
		t.Error("a room that was left disturbs the run after it")
	}
}

func TestEveryCloseCodeHasASentenceAndAWayOn(t *testing.T) {
	codes := []uint32{0, 1000, 1001, 1006, 1009, 1012, 1013,
		hosting.CloseMalformed, hosting.CloseHello, hosting.CloseVersion, hosting.CloseNoRoom, hosting.CloseToken, hosting.CloseSeat, hosting.CloseEffects,
		hosting.CloseRate, hosting.CloseTwice, hosting.CloseIdle, hosting.CloseEnded, hosting.CloseRemoved, hosting.CloseDiverged}
	said := map[string]uint32{}
	for _, code := range append(codes, 4999) {
		r := newRelay()
		p, out := inRoom(t, r)
		r.run(second)
		r.say(frame.Line{State: frame.Closed, Code: code})
		v := p.Screen()
		if other, twice := said[v.Room.Says]; v.Room.Kind != "closed" || !v.RoomOpen || v.Bar.State != "closed" || twice {
			t.Errorf("%d is told as %q, as %d is; the dialog is %+v", code, v.Room.Says, other, v.Room)
		}
		said[v.Room.Says] = code
		if len(v.Room.Acts) < 2 {
			t.Errorf("%d: the ways on are %+v", code, v.Room.Acts)
		}
		// Nothing that was seen is lost.
		press(t, p, "keep")
		if p.InRoom() || p.Frontier != r.now || out.address == "" {
			t.Errorf("%d: kept is a run of %d, the room was at %d", code, p.Frontier, r.now)
		}
	}
	// Particular ways on.
	after := func(code uint32) (*page, *outside, *relay) {
		r := newRelay()
		p, out := inRoom(t, r)
		r.say(frame.Line{State: frame.Closed, Code: code})
		return p, out, r
	}
	if p, out, _ := after(hosting.CloseVersion); out != nil {
		if press(t, p, "reload"); out.reloads != 1 {
			t.Error("an old page is not loaded anew")
		}
	}
	p, _, r := after(hosting.CloseTwice)
	press(t, p, "anew")
	if v := p.Screen().Room; v.Kind != "join" || v.Name != "Cleo" {
		t.Errorf("who is there twice sees %+v", v)
	}
	p.acted(p.SubmitRoom)
	if n := len(r.joined); n != 2 || r.joined[1].Token != "" {
		t.Errorf("joined as somebody new: %+v", r.joined)
	}
	p, _, r = after(1012)
	press(t, p, "again")
	if n := len(r.joined); n != 2 || r.joined[1].Token != "secret" || p.Phase != app.Running || p.Screen().Bar.State != "live" || p.Screen().RoomOpen {
		t.Errorf("tried again: %+v; the strip is %+v", r.joined, p.Screen().Bar)
	}
	p, out, _ := after(hosting.CloseNoRoom)
	press(t, p, "another")
	if v := p.Screen(); v.Room.Kind != "create" || !v.RoomOpen || p.InRoom() || out.address != "" {
		t.Errorf("another room is made with %+v", v.Room)
	}
}

func TestTheConnectionIsToldInSentences(t *testing.T) {
	r := newRelay()
	p, _ := inRoom(t, r)
	r.change(func(room *frame.Room) { room.Seats[0] = frame.Seat{Member: 3, State: frame.SeatHere} })
	says := func(want string) {
		t.Helper()
		if got := p.Screen().Bar.Says; !strings.Contains(got, want) {
			t.Errorf("the strip says %q, want %q", got, want)
		}
	}
	r.say(frame.Line{State: frame.Lost, Again: 2400})
	says("in 3 seconds")
	if a := p.Screen().Acts; a.On || !strings.Contains(a.Caption, "lost") {
		t.Errorf("without a connection the buttons are %+v", a)
	}
	r.say(frame.Line{State: frame.Connecting})
	says("Connecting")
	r.say(frame.Line{State: frame.Connected})
	says("Live, at 1/100")
	r.say(frame.Line{State: frame.Connected, Why: "no storage"})
	says("Live, at 1/100")
	if n := p.Notices; len(n) != 1 || !strings.Contains(n[0].Text, "kept by the server alone") {
		t.Errorf("where there is no storage, the notices are %+v", n)
	}
	r.change(func(room *frame.Room) { room.Waiting, room.Seats[1].State = 2, frame.SeatAway })
	says("N2’s tab, which is Ben’s")
	if marks := p.Marks(); marks[1].Away == "" || marks[1].Who != "Ben" || !marks[0].Own || marks[2].Who != "" {
		t.Errorf("the ring marks %+v", marks)
	}
	r.change(func(room *frame.Room) { room.Waiting = 1 })
	says("your tab")
	r.change(func(room *frame.Room) { room.Waiting, room.Seats[1].State = 0, frame.SeatGone })
	r.run(100 * ms)
	r.did(0, frame.TabGone, "crash n2")
	if got := p.Screen().Bar.News; got != "N2’s tab was closed: N2 crashed." {
		t.Errorf("a tab that was closed is told as %q", got)
	}
	r.did(1, frame.Wish, "crash n3")
	if got := p.Screen().Bar.News; got != "Anna: crash n3" || p.Spoken != got {
		t.Errorf("what Anna did is told as %q, and spoken as %q", got, p.Spoken)
	}
	r.did(0, frame.TabBack, "restart n2")
	if got := p.Screen().Bar.News; !strings.Contains(got, "N2 starts from its disk") {
		t.Errorf("a tab that is back is told as %q", got)
	}
	r.change(func(room *frame.Room) { room.State = frame.Paused })
	says("Paused")
	r.change(func(room *frame.Room) { room.Owner = 3 })
	if a := p.Screen().Bar.Acts; len(a) != 2 || a[0].Name != "play" || a[1].Name != "step" {
		t.Errorf("the owner can press %+v", a)
	}
}

func TestWhyMyNodeRefused(t *testing.T) {
	r := newRelay()
	r.room.Open = true
	r.room.Seats[0] = frame.Seat{Member: 3, State: frame.SeatHere}
	p, _ := inRoom(t, r)
	// A node that wants to lead twice within a flight is refused by itself and others: let
	// all time out at once.
	r.run(20 * ms)
	for _, line := range []string{"timeout n2 election", "timeout n3 election"} {
		r.did(1, frame.Wish, line)
	}
	r.run(second / 2)
	p.play(3 * second)
	v := p.Screen().Bar
	if v.Mine != "You are N1" || !strings.HasPrefix(v.Refused, "refused last: N1") || v.RefusedSays == "" {
		t.Fatalf("the strip is %+v", v)
	}
	p.acted(func() { p.JumpToEvent(v.RefusedAt) })
	if p.Live() || p.Store.Event(v.RefusedAt).Node != 1 {
		t.Error("pressing it does not show the moment")
	}
	p.GoLive()
	p.ChooseMine()
	if l := p.Screen().Inspect.Lists; len(l) != 1 || !strings.Contains(l[0].Title, "N1") {
		t.Errorf("its inbox is %+v", l)
	}
}

func TestTheOwnerSendsSomebodyAway(t *testing.T) {
	r := newRelay()
	p, _ := inRoom(t, r)
	p.ToggleRooms()
	act := func(member int, name string) *app.ActView {
		for i := range p.Screen().Room.Members[member].Acts {
			if a := &p.Screen().Room.Members[member].Acts[i]; a.Name == name {
				return a
			}
		}
		return nil
	}
	if act(1, "remove") != nil {
		t.Error("who does not own the room can send somebody away")
	}
	r.change(func(room *frame.Room) { room.Owner, room.Members[0].Here = 3, false })
	if act(2, "remove") != nil || act(0, "remove") == nil {
		t.Error("the owner can send themselves away, or not one who is away")
	}
	a := act(1, "remove")
	if a == nil || a.Label != "Send away" || !strings.Contains(a.Says, "Ben leaves the room") {
		t.Fatalf("the owner can press %+v", a)
	}
	p.acted(a.Do)
	if n := len(r.asked); n > 0 {
		t.Fatalf("it is done at once: %+v", r.asked)
	}
	if a := act(0, "remove"); a.Label != "Send away" {
		t.Errorf("Anna's button says %q", a.Label)
	}
	a = act(1, "remove")
	if a.Label != "Really send Ben away" {
		t.Errorf("the button says %q", a.Label)
	}
	p.acted(a.Do)
	if n := len(r.asked); n != 1 || r.asked[0] != (frame.Conduct{Verb: frame.Remove, Member: 2}) {
		t.Errorf("the room was asked for %+v", r.asked)
	}
}

func TestWhoIsSentAwayMayComeAsSomebodyNew(t *testing.T) {
	r := newRelay()
	p, _ := inRoom(t, r)
	r.say(frame.Line{State: frame.Closed, Code: hosting.CloseRemoved})
	if v := p.Screen().Room; v.Kind != "closed" || !p.Screen().RoomOpen || p.store["run.room.abc"] != "" {
		t.Errorf("the dialog is %+v, the token %q", v, p.store["run.room.abc"])
	}
	press(t, p, "anew")
	p.acted(p.SubmitRoom)
	if n := len(r.joined); n != 2 || r.joined[1].Token != "" {
		t.Errorf("joined: %+v", r.joined)
	}
}
