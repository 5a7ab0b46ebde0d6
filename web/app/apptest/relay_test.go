package apptest

import (
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/web/app"
)

// relay is a live room as one tab's worker speaks of it. Its run is a real one, and so are
// its frames; who else is there, and what they do, is written by the test.
type relay struct {
	p      *page
	script string
	room   frame.Room
	me     uint32
	token  string
	joined []frame.Join
	asked  []frame.Conduct
	left   int
	now    consensus.Time
}

const roomScript = "engine raft\nnodes 3\nclients 1\nseed 5\n"

// newRelay returns a room with two others in it: Anna owns it, Ben runs N2.
func newRelay() *relay {
	return &relay{script: roomScript, me: 3, token: "secret", room: frame.Room{
		Owner: 1, Pace: 10_000_000, Hurry: true,
		Members: []frame.Member{{Number: 1, Name: "Anna", Here: true}, {Number: 2, Name: "Ben", Here: true}, {Number: 3, Here: true}},
		Seats:   []frame.Seat{{}, {Member: 2, State: frame.SeatHere, Latency: 12_300}, {}},
	}}
}

// say sends a frame that nobody asked for.
func (r *relay) say(frames ...frame.Frame) {
	for _, f := range frames {
		e := r.p.engines[0]
		e.from = append(e.from, frame.Append(nil, 0, f))
	}
	r.p.pump()
}

// change changes what is true of the room, and tells it.
func (r *relay) change(f func(*frame.Room)) {
	f(&r.room)
	r.tell()
	r.p.pump()
}

func (r *relay) tell() {
	e := r.p.engines[0]
	e.from = append(e.from, frame.Append(nil, 0, r.room))
}

// run takes the World on by so much.
func (r *relay) run(d consensus.Duration) {
	r.now += d
	r.p.engines[0].runner.Receive(frame.Append(nil, 0, frame.Advance{Until: r.now, Events: frame.EventsMax}))
	r.p.pump()
}

// did does an action as somebody else does.
func (r *relay) did(member uint32, why frame.Reason, line string) {
	e := r.p.engines[0]
	e.from = append(e.from, frame.Append(nil, 0, frame.Did{Member: member, Why: why, Line: "at " + scenario.FormatSpan(r.now) + " " + line}))
	e.runner.Receive(frame.Append(nil, 0, frame.ActLine{At: r.now, Text: line}))
	r.p.pump()
}

// take takes a command and reports whether it was the room's own.
func (r *relay) take(b []byte) bool {
	number, f, err := frame.Decode(b)
	if err != nil {
		r.p.t.Fatal(err)
	}
	e := r.p.engines[0]
	say := func(number uint32, f frame.Frame) { e.from = append(e.from, frame.Append(nil, number, f)) }
	switch f := f.(type) {
	case frame.Join:
		r.joined = append(r.joined, f)
		if f.Token == "" {
			r.room.Members[r.me-1].Name = f.Name
		}
		say(number, frame.Line{State: frame.Connecting})
		say(number, frame.Line{State: frame.Connected})
		say(0, frame.Joined{Room: f.Room, Token: r.token, Member: r.me})
		r.tell()
		first := len(e.from)
		e.runner.Receive(frame.Append(nil, 0, frame.Open{Script: r.script}))
		e.runner.Receive(frame.Append(nil, 0, frame.Advance{Until: r.now, Events: frame.EventsMax}))
		opening := e.from[first:]
		e.from = append(e.from[:first:first], slices.DeleteFunc(opening[:len(opening)-1:len(opening)-1], func(b []byte) bool {
			_, f, _ := frame.Decode(b)
			_, head := f.(frame.Head)
			return head
		})...)
		e.from = append(e.from, opening[len(opening)-1])
	case frame.Leave:
		r.left++
	case frame.Conduct:
		r.asked = append(r.asked, f)
		switch f.Verb {
		case frame.Play:
			r.room.State = frame.Playing
		case frame.Pause:
			r.room.State = frame.Paused
		case frame.SetOpen:
			r.room.Open = f.Value == 1
		case frame.Claim:
			if f.Node == 0 {
				f.Node = 1 + consensus.NodeID(slices.IndexFunc(r.room.Seats, func(s frame.Seat) bool { return s.Member == 0 }))
			}
			r.room.Seats[f.Node-1] = frame.Seat{Member: r.me, State: frame.SeatHere}
		}
		r.tell()
	case frame.Act:
		f.Action.At = r.now
		say(0, frame.Did{Member: r.me, Line: f.Action.String()})
		e.runner.Receive(frame.Append(nil, number, f))
	case frame.Advance, frame.Verify, frame.Open, frame.OpenLink:
		if r.left > 0 {
			return false
		}
		r.p.t.Errorf("%T was sent in a room", f)
	default:
		return false
	}
	return true
}

// verbs returns what was asked for.
func (r *relay) verbs() (v []frame.Verb) {
	for _, c := range r.asked {
		v = append(v, c.Verb)
	}
	return v
}

// visit opens the address of a room in a tab that has this kept.
func visit(t *testing.T, r *relay, store map[string]string) (*page, *outside) {
	t.Helper()
	p := &page{t: t, store: store, relay: r}
	if store == nil {
		p.store = map[string]string{}
	}
	r.p = p
	for side := range p.engines {
		p.engines[side] = &engine{p: p, side: side}
	}
	p.Model = app.NewModel(func(side int) app.Link { return p.engines[side] }, p)
	p.Offered = []string{"raft", "multipaxos", "synod"}
	out := &outside{}
	p.SetOutside(out)
	p.Invited("abc", len(r.room.Seats))
	p.StartWith("r/abc")
	p.engines[0].Restart("raft")
	p.pump()
	return p, out
}

// inRoom is a page in a room that plays, as a viewer.
func inRoom(t *testing.T, r *relay) (*page, *outside) {
	t.Helper()
	r.room.State = frame.Playing
	p, out := visit(t, r, nil)
	p.EditRoomName("Cleo")
	p.acted(func() { p.JoinRoom(false) })
	if p.Phase != app.Running || !p.Live() {
		t.Fatalf("in the room the page is in phase %d", p.Phase)
	}
	return p, out
}

// press presses a button of the dialog.
func press(t *testing.T, p *page, name string) {
	t.Helper()
	for _, a := range p.Screen().Room.Acts {
		if a.Name == name && !a.Off {
			p.acted(a.Do)
			return
		}
	}
	t.Fatalf("there is no button %s in the dialog: %+v", name, p.Screen().Room)
}
