package apptest

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/web/app"
)

func TestARoomIsMadeOfTheRunThatIsShown(t *testing.T) {
	p := open(t, nil)
	out := &outside{}
	p.SetOutside(out)
	p.EditNodes("3")
	p.acted(p.NewRun)
	p.until("a leader", p.leads)
	p.acted(p.CrashLeader)
	p.play(second)

	p.ToggleRooms()
	v := p.Screen().Room
	if v.Kind != "create" || !strings.Contains(v.Says, "Raft, 3 nodes") || !p.Screen().RoomOpen {
		t.Fatalf("the dialog is %+v", v)
	}
	for _, c := range []struct{ name, wrong string }{
		{"", "at least one character"},
		{"  ", "at least one character"},
		{strings.Repeat("é", 33), "at most 64 bytes"},
		{"An\u202ena", "cannot be seen"},
		{"An\nna", "cannot be seen"},
	} {
		p.EditRoomName(c.name)
		press(t, p, "create")
		if got := p.Screen().Room.NameWrong; !strings.Contains(got, c.wrong) || out.made != nil {
			t.Errorf("%q: the form says %q, want something with %q", c.name, got, c.wrong)
		}
	}
	p.EditRoomName(" Cleo ")
	p.SetOpens(true)
	press(t, p, "create")
	if want := "nodes 3"; !strings.Contains(out.script, want) || strings.Contains(out.script, "crash") || strings.Contains(out.script, "at ") {
		t.Errorf("the room was to be made of\n%s", out.script)
	}
	out.made("", "", "There are too many rooms.")
	if got := p.Screen().Room.Wrong; got != "There are too many rooms." {
		t.Errorf("that there is no room is told as %q", got)
	}
	press(t, p, "create")
	r := newRelay()
	r.p, p.relay = p, r
	r.me, r.room.Owner = 1, 1
	r.room.Members, r.room.Seats = []frame.Member{{Number: 1, Here: true}}, make([]frame.Seat, 3)
	p.acted(func() { out.made("xyz", "owner's", "") })

	if out.address != "r/xyz" || len(r.joined) != 1 {
		t.Fatalf("the address is %q, %d joined", out.address, len(r.joined))
	}
	want := frame.Join{Address: "wss://parley.example/rooms/xyz/socket", Room: "xyz", Token: "owner's", Name: "Cleo"}
	if r.joined[0] != want {
		t.Errorf("it joined with %+v, want %+v", r.joined[0], want)
	}
	if got := r.verbs(); !slices.Equal(got, []frame.Verb{frame.Claim, frame.SetOpen}) {
		t.Errorf("it asked for %v, want a seat and that everybody acts", got)
	}
	if v := p.Screen().Room; v.Kind != "lobby" || v.Link != "https://parley.example/r/xyz" || v.QR != v.Link || v.Seats[0].Who != "You" {
		t.Errorf("the lobby is %+v", v)
	}
	press(t, p, "start")
	if s := p.Screen(); s.RoomOpen || !s.Bar.Shown || !strings.Contains(s.Bar.Says, "1/100") {
		t.Errorf("after the start the dialog is open: %v; the strip is %+v", s.RoomOpen, s.Bar)
	}
	if p.store["run.room.xyz"] != "secret" || p.store["name"] != "Cleo" {
		t.Errorf("kept is %v", p.store)
	}
}

func TestWhoIsInvitedChoosesANameFirst(t *testing.T) {
	r := newRelay()
	p, _ := visit(t, r, nil)
	if v := p.Screen().Room; v.Kind != "join" || !p.Screen().RoomOpen || len(r.joined) != 0 {
		t.Fatalf("the dialog is %+v, and %d joined", v, len(r.joined))
	}
	p.acted(p.SubmitRoom)
	if p.Screen().Room.NameWrong == "" || len(r.joined) != 0 {
		t.Error("nobody joins without a name")
	}
	p.EditRoomName("Cleo")
	p.acted(p.SubmitRoom)
	if len(r.joined) != 1 || r.joined[0].Token != "" || r.joined[0].Name != "Cleo" {
		t.Fatalf("joined: %+v", r.joined)
	}
	// Any that is free: N1.
	if !slices.Equal(r.asked, []frame.Conduct{{Verb: frame.Claim}}) {
		t.Errorf("it asked for %+v", r.asked)
	}
	v := p.Screen()
	if v.Room.Kind != "lobby" || !strings.Contains(v.Bar.Says, "Anna") || v.Bar.Mine != "You are N1" {
		t.Errorf("the lobby is %+v, the strip %+v", v.Room, v.Bar)
	}
	if s := v.Room.Seats[1]; s.Who != "Ben" || s.State != "here" || !strings.HasPrefix(s.Aside, "12") || len(s.Acts) != 0 || len(s.To) != 0 {
		t.Errorf("Ben's seat is %+v", s)
	}
	if s := v.Room.Seats[2]; s.State != "relay" || len(s.Acts) != 1 || s.Acts[0].Name != "take" {
		t.Errorf("the free seat is %+v", s)
	}
	// The start closes the dialog and shows one's own node.
	r.change(func(room *frame.Room) { room.State = frame.Playing })
	if v := p.Screen(); v.RoomOpen || !strings.HasPrefix(v.Inspect.Title, "N1") {
		t.Errorf("after the start the dialog is open: %v, and the inspector shows %q", v.RoomOpen, v.Inspect.Title)
	}
	// Which one can be chosen; one that is taken is not got.
	for _, c := range []struct {
		seat  string
		state frame.RoomState
		asked []frame.Conduct
		note  string
	}{
		{"N3", frame.Lobby, []frame.Conduct{{Verb: frame.Claim, Node: 3}}, ""},
		{"N3", frame.Playing, []frame.Conduct{{Verb: frame.Claim, Node: 3}}, ""},
		{"N2", frame.Lobby, []frame.Conduct{{Verb: frame.Claim}}, "N2 is run by Ben already."},
		{"N2", frame.Playing, nil, "N2 is run by Ben already."},
		{"N4", frame.Lobby, []frame.Conduct{{Verb: frame.Claim}}, ""}, // there is none
	} {
		chosen := newRelay()
		chosen.room.State = c.state
		p, _ := visit(t, chosen, map[string]string{"name": "Eve"})
		if n := len(p.Screen().Room.Places); n != 4 {
			t.Fatalf("%d places are offered for three nodes", n)
		}
		p.ChooseSeat(c.seat)
		p.acted(p.SubmitRoom)
		if !slices.Equal(chosen.asked, c.asked) {
			t.Errorf("who wants %s asks for %+v", c.seat, chosen.asked)
		}
		var said []string
		for _, n := range p.Screen().Notices {
			said = append(said, n.Text)
		}
		if got := strings.Join(said, " "); got != c.note {
			t.Errorf("who wants %s reads %q, want %q", c.seat, got, c.note)
		}
	}
	// Once it plays nobody is moved without being asked.
	late := newRelay()
	late.room.State = frame.Playing
	q, _ := visit(t, late, map[string]string{"name": "Dora"})
	q.acted(q.SubmitRoom)
	if len(late.asked) != 0 || !q.Screen().RoomOpen || !strings.Contains(q.Screen().Room.Says, "running already") || q.Screen().Bar.Mine != "You watch" {
		t.Errorf("who is late asked for %+v; the strip is %+v", late.asked, q.Screen().Bar)
	}
}

func TestAReloadComesBackToItsPlace(t *testing.T) {
	r := newRelay()
	p, _ := inRoom(t, r)
	r.run(second)
	store := p.store
	again := newRelay()
	again.room, again.now = r.room, r.now
	q, _ := visit(t, again, store)
	if len(again.joined) != 1 || again.joined[0].Token != "secret" || q.Phase != app.Running || q.Screen().RoomOpen {
		t.Fatalf("joined: %+v, phase %d, the dialog is open: %v", again.joined, q.Phase, q.Screen().RoomOpen)
	}
	if q.Cursor.T != r.now || q.Frontier != r.now {
		t.Errorf("it is at %d, the room at %d", q.Cursor.T, r.now)
	}
	// A worker that dies is replaced, and joins again.
	q.Lose("stopped", "")
	q.acted(q.StartAgain)
	if len(again.joined) != 2 || again.joined[1].Token != "secret" || q.Phase != app.Running || q.Cursor.T != r.now {
		t.Errorf("with another engine: joined %+v, phase %d", again.joined, q.Phase)
	}
	// A place that the room does not know any more is not tried for ever.
	again.say(frame.Line{State: frame.Closed, Code: hosting.CloseToken})
	if store["run.room.abc"] != "" {
		t.Error("the token is still kept")
	}
}

func TestTheEngineOfTheRoomIsFetched(t *testing.T) {
	r := newRelay()
	r.script = strings.Replace(roomScript, "raft", "synod", 1)
	p, _ := visit(t, r, map[string]string{"name": "Cleo"})
	r.p.relay = nil // until the right one is there
	p.JoinRoom(false)
	r.say(frame.Wanted{Engine: "synod", Epoch: 1, World: 1})
	if p.engines[0].algorithm != "synod" {
		t.Fatalf("the engine is that of %s", p.engines[0].algorithm)
	}
	p.relay = r
	p.pump()
	if len(r.joined) == 0 {
		p.acted(p.StartAgain)
	}
	if p.Phase != app.Running || p.Store.Protocol.Name != "synod" {
		t.Errorf("phase %d", p.Phase)
	}
	r.say(frame.Wanted{Engine: "synod", Epoch: 2, World: 1})
	if v := p.Screen().Room; v.Kind != "closed" || !strings.Contains(v.Says, "another version") {
		t.Errorf("an engine of another epoch is told as %+v", v)
	}
}
