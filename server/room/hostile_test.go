package room

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/sim"
)

// stranger is a connection that says whatever a test wants.
func (l *lab) stranger() *tab {
	x := l.newTab("Mallory", "")
	l.peers++
	x.peer, x.open = l.peers, true
	l.room.Connect(l.now, x.peer)
	return x
}

func hello() *hosting.Hello {
	return &hosting.Hello{Room: roomID, Name: "M", Instance: 1, Engines: []hosting.Engine{{Name: "raft", Epoch: 1, World: sim.Epoch}}}
}

// wait lets the room come to where the node's tab has work that it does not answer.
func (l *lab) wait(x *tab, node consensus.NodeID) {
	l.t.Helper()
	x.mute = true
	for range 200 {
		if l.room.work != nil && l.room.work.Node == node {
			return
		}
		l.until(50 * Millisecond)
	}
	l.t.Fatalf("%v never has work", node)
}

// Whoever does not keep to the protocol is closed with the code for it, and nobody else
// notices: the run is that of its recording, and what became of the intruder's node is an
// action in it.
func TestHostilePeers(t *testing.T) {
	work := &hosting.Work{Place: hosting.Place{Node: 1, Boot: 1, Seq: 1}, Input: consensus.Input{Kind: consensus.InputTimer}}
	done := func(node consensus.NodeID, boot, seq uint32) *hosting.Done {
		return &hosting.Done{Place: hosting.Place{Node: node, Boot: boot, Seq: seq}}
	}
	old := hosting.Append(nil, hosting.Bye{})
	old[0]--
	for name, c := range map[string]struct { // any order: each has a room of its own
		code     int
		stranger func(l *lab, x *tab) // who has only connected
		member   func(l *lab, x *tab) // Eve, who holds N5
	}{
		"silent":            {code: 4001, stranger: func(l *lab, x *tab) { l.until(11 * Second) }},
		"empty":             {code: 4000, stranger: func(l *lab, x *tab) { x.sends(nil) }},
		"nonsense":          {code: 4000, stranger: func(l *lab, x *tab) { x.sends([]byte{frame.Version, 99, 1}) }},
		"half a hello":      {code: 4000, stranger: func(l *lab, x *tab) { x.sends(hosting.Append(nil, hello())[:9]) }},
		"command first":     {code: 4001, stranger: func(l *lab, x *tab) { x.act("crash n1") }},
		"work first":        {code: 4001, stranger: func(l *lab, x *tab) { x.say(done(1, 1, 1)) }},
		"old":               {code: 4002, stranger: func(l *lab, x *tab) { x.sends(old) }},
		"another room":      {code: 4004, stranger: func(l *lab, x *tab) { h := hello(); h.Room = "z" + roomID[1:]; x.say(h) }},
		"a wrong token":     {code: 4005, stranger: func(l *lab, x *tab) { h := hello(); h.Token = NewToken(l.c.Draw); x.say(h) }},
		"too large at once": {code: 1009, stranger: func(l *lab, x *tab) { x.sends(make([]byte, hosting.SizeMax+1)) }},
		"another engine":    {code: 1000, stranger: func(l *lab, x *tab) { h := hello(); h.Engines[0].Epoch++; x.say(h) }},
		"no engine":         {code: 1000, stranger: func(l *lab, x *tab) { h := hello(); h.Engines = nil; x.say(h) }},
		"a second hello":    {code: 4001, member: func(l *lab, x *tab) { x.say(hello()) }},
		"malformed":         {code: 4000, member: func(l *lab, x *tab) { x.sends([]byte{frame.Version, 66}) }},
		"half a command":    {code: 4000, member: func(l *lab, x *tab) { x.sends([]byte{frame.Version, 10, 0, 0}) }},
		"a relay's frame":   {code: 4000, member: func(l *lab, x *tab) { x.say(work) }},
		"an answer":         {code: 4000, member: func(l *lab, x *tab) { x.ask(frame.Refused{Why: "no"}) }},
		"another command":   {code: 4000, member: func(l *lab, x *tab) { x.ask(frame.Open{Script: "engine raft\n"}) }},
		"a node of others":  {code: 4006, member: func(l *lab, x *tab) { x.say(done(1, 1, 1)) }},
		"no node":           {code: 4006, member: func(l *lab, x *tab) { x.say(done(77, 1, 1)) }},
		"work of nobody":    {code: 4006, member: func(l *lab, x *tab) { x.say(done(5, 1, 1_000_000)) }},
		"a boot to come":    {code: 4006, member: func(l *lab, x *tab) { x.say(done(5, 9, 1)) }},
		"before the first":  {code: 4006, member: func(l *lab, x *tab) { x.say(done(5, 1, 0)) }},
		"a disk of others":  {code: 4006, member: func(l *lab, x *tab) { x.say(hosting.WantDisk{Place: work.Place}) }},
		"wrong effects": {code: 4007, member: func(l *lab, x *tab) {
			x.lie = func(d *hosting.Done) { d.Effects.Set(7, consensus.Second) }
			l.until(20 * Second)
		}},
		"a flood of frames": {code: 4008, member: func(l *lab, x *tab) {
			for range 300 {
				x.conduct(frame.Rename, 0, 0)
			}
		}},
		"a flood of pings": {code: 4008, member: func(l *lab, x *tab) {
			for range 300 {
				l.room.Heard(l.now, x.peer, l.now)
			}
		}},
		"a flood of bytes": {code: 4008, member: func(l *lab, x *tab) {
			for range 6 {
				d := done(5, 1, 1)
				d.Effects.Write = make([]byte, 900<<10)
				x.say(d)
			}
		}},
		"no answer": {code: 4010, member: func(l *lab, x *tab) { l.wait(x, 5); l.until(11 * Second) }},
	} {
		t.Run(name, func(t *testing.T) {
			l, tabs := class(t, classScript, 8)
			ada, eve := tabs[0], tabs[4]
			ada.conduct(frame.SetPace, 0, uint64(50*consensus.Millisecond))
			ada.conduct(frame.Play, 0, 0)
			l.until(3 * Second)
			x := eve
			if c.stranger != nil {
				x = l.stranger()
				c.stranger(l, x)
			} else {
				c.member(l, x)
			}
			l.until(Second)
			if x.open || x.code != c.code || c.code != 1000 && x.why == "" {
				t.Errorf("closed with %d %q, want %d", x.code, x.why, c.code)
			}
			if c.code == 1000 && (len(x.wanted) != 1 || x.wanted[0] != (frame.Wanted{Engine: "raft", Epoch: 1, World: sim.Epoch})) {
				t.Errorf("wanted is %+v", x.wanted)
			}
			l.until(3 * Second)
			l.rest(ada)
			l.same()
			for _, y := range tabs {
				if y != x && !y.open {
					t.Errorf("%s was closed with %d %s", y.name, y.code, y.why)
				}
			}
			switch {
			case c.member == nil:
				want(t, ada)
			case c.code == 4007:
				want(t, ada, "crash n5", frame.TabWrong)
			default:
				want(t, ada, "crash n5", frame.TabGone)
			}
			if c.member != nil { // and may come back
				x.mute, x.lie = false, nil
				x.load()
				x.connect()
				ada.conduct(frame.Play, 0, 0)
				l.until(5 * Second)
				want(t, ada, "restart n5", frame.TabBack)
			}
		})
	}
}

// Answers that come again, or late, do nothing.
func TestAnswersThatComeAgain(t *testing.T) {
	l, tabs := class(t, classScript, 9)
	ada, eve := tabs[0], tabs[4]
	ada.conduct(frame.SetPace, 0, uint64(50*consensus.Millisecond))
	ada.conduct(frame.Play, 0, 0)
	var all [][]byte
	for range 20 {
		l.until(300 * Millisecond)
		if e := eve.engines[5]; e != nil {
			all = append(all, e.last)
			eve.sends(e.last)
			eve.sends(all[len(all)/2])
		}
	}
	ada.conduct(frame.Release, 5, 0)
	l.until(2 * Second)
	eve.sends(all[len(all)-1]) // the seat is not hers any more
	eve.say(hosting.WantDisk{Place: hosting.Place{Node: 5, Boot: 1, Seq: 1}})
	l.until(2 * Second)
	l.rest(ada)
	l.same()
	if !eve.open || len(all) < 10 {
		t.Errorf("closed with %d %s after %d answers", eve.code, eve.why, len(all))
	}
}

// A tab that lies about what its engine says is not found out at once; but nothing is
// recorded as true that is not: as soon as the recording is run, the room is closed.
func TestALie(t *testing.T) {
	l, tabs := class(t, classScript, 10)
	ada, dan, eve := tabs[0], tabs[3], tabs[4]
	ada.conduct(frame.SetPace, 0, uint64(50*consensus.Millisecond))
	ada.conduct(frame.Play, 0, 0)
	l.until(3 * Second)
	lies := 0
	eve.lie = func(d *hosting.Done) {
		if len(d.Effects.Messages) > 0 {
			d.Effects.Messages = nil
			lies++
		}
	}
	l.until(3 * Second)
	if lies == 0 || !eve.open {
		t.Fatal("nothing was said that could be a lie")
	}
	l.wait(dan, 4)
	dan.shut()
	l.until(Second)
	for _, x := range tabs {
		if x != dan && (x.open || x.code != 4013 || !strings.Contains(x.why, "its recording")) {
			t.Errorf("%s was closed with %d %s", x.name, x.code, x.why)
		}
	}
	if !l.room.Over(l.now) {
		t.Error("the room goes on")
	}
	if _, err := Restore(l.c, roomID, l.store, l.now); err == nil || !strings.Contains(err.Error(), "no longer what its record says") {
		t.Errorf("it is restored, %v", err)
	}
}

// A second tab with a token is sent away if the first one answers, and takes its place if
// it does not.
func TestASecondTab(t *testing.T) {
	l, tabs := class(t, classScript, 11)
	ada, ben := tabs[0], tabs[1]
	ada.conduct(frame.Play, 0, 0)
	l.until(Second)
	second := l.newTab("Ben", ben.token)
	second.connect()
	l.pump()
	third := l.newTab("Ben", ben.token)
	third.connect()
	l.pump()
	if ben.asks != 1 || third.code != 4009 || !second.open || second.joined.Member != 0 {
		t.Fatalf("it was asked %d times, %+v", ben.asks, second.joined)
	}
	l.room.Heard(l.now, ben.peer, l.now) // it may have been sent before
	if l.pump(); !second.open {
		t.Errorf("a ping was taken for the answer: the second tab was closed with %d", second.code)
	}
	ben.say(hosting.Here{})
	l.pump()
	if second.code != 4009 || !ben.open {
		t.Errorf("the second tab was closed with %d", second.code)
	}
	l.lag = 5 * Second // the first one does not answer
	second.lose()
	second.l.lag = 0
	ben.mute, ben.send = true, nil
	second.connect()
	l.pump()
	l.until(4 * Second)
	if ben.open || ben.code != 4009 || second.joined.Member != ben.joined.Member || !second.open {
		t.Errorf("the first was closed with %d, the second is %+v", ben.code, second.joined)
	}
	want(t, ada, "crash n2", frame.TabGone, "restart n2", frame.TabBack)

	// The same tab with a new connection while the old one stands still: it goes on.
	n, peer := len(ada.dids), second.peer
	second.connect()
	l.until(3 * Second)
	if len(ada.dids) != n || !second.open || second.peer == peer {
		t.Errorf("%q, closed with %d", ada.dids[n:], second.code)
	}
	l.rest(ada)
	l.same()
}

// A room that is full takes nobody in, unless somebody is gone who left nothing behind.
func TestAFullRoom(t *testing.T) {
	l := newLab(t, classScript, 12)
	l.c.Limits.Members, l.c.Limits.Connections = 3, 5
	l.room, _ = New(l.c, roomID, classScript, l.owner, l.now)
	tabs := []*tab{l.newTab("Ada", l.owner), l.newTab("Ben", ""), l.newTab("Cleo", ""), l.newTab("Dan", "")}
	for _, x := range tabs {
		x.connect()
		l.pump()
	}
	dan := tabs[3]
	if dan.open || dan.code != 1013 || dan.why != "this room is full" {
		t.Errorf("closed with %d %q", dan.code, dan.why)
	}
	tabs[1].conduct(frame.Claim, 1, 0)
	l.pump()
	tabs[1].shut() // holds a seat: stays a member
	dan.connect()
	l.pump()
	if dan.open {
		t.Error("somebody with a seat was thrown out for a newcomer")
	}
	tabs[2].shut()
	dan.connect()
	l.pump()
	if !dan.open || len(dan.room.Members) != 3 {
		t.Errorf("closed with %d %q", dan.code, dan.why)
	}
	tabs[2].connect()
	l.pump()
	if tabs[2].code != 4005 {
		t.Errorf("who made room was let in with %d", tabs[2].code)
	}
	var last *tab
	for range 4 {
		last = l.stranger()
	}
	l.pump()
	if last.code != 1013 || !dan.open {
		t.Errorf("a connection too many was closed with %d", last.code)
	}
}
