package room

import (
	"bytes"
	"strings"
	"testing"

	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/sim"
)

// A record reads back, a part of it or more than it does not, and no damage to it is more
// than an error.
func TestRecords(t *testing.T) {
	l, tabs := class(t, classScript+"at 5ms crash n2\n", 30)
	tabs[0].conduct(frame.Play, 0, 0)
	l.until(3 * Second)
	tabs[0].act("restart n2")
	l.until(Second)
	b := l.room.Stop(l.now)
	x, err := readRecord(b)
	if err != nil || len(x.members) != 5 || len(x.dids) != 1 || x.world != sim.Epoch {
		t.Fatalf("%+v, %v", x, err)
	}
	r, err := Restore(l.c, roomID, b, l.now)
	if err != nil {
		t.Fatal(err)
	}
	if again := r.save(); !bytes.Equal(again[:len(x.engine)+100], b[:len(x.engine)+100]) {
		t.Error("it is written again as something else")
	}
	for n := range b {
		if _, err := Restore(l.c, roomID, b[:n], l.now); err == nil {
			t.Fatalf("%d bytes of %d were taken", n, len(b))
		}
	}
	if _, err := Restore(l.c, roomID, append(bytes.Clone(b), 0), l.now); err == nil {
		t.Error("a byte too many was taken")
	}
	if _, err := Restore(l.c, roomID, append([]byte{2}, b[1:]...), l.now); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("another version: %v", err)
	}
	taken := 0
	for i := range b {
		c := bytes.Clone(b)
		c[i] ^= 1 << (i % 8)
		if r, err := Restore(l.c, roomID, c, l.now); err == nil {
			taken++
			r.Tick(l.now)
		}
	}
	t.Logf("of %d records with a bit turned %d can be run", len(b), taken)
}

// A lobby is stored too: who sits where, and who is the owner.
func TestALobbyIsStored(t *testing.T) {
	l, tabs := class(t, classScript, 31)
	ada, ben := tabs[0], tabs[1]
	ada.conduct(frame.SetOpen, 0, 1)
	ada.ask(frame.Conduct{Verb: frame.Appoint, Member: ben.joined.Member})
	l.pump()
	l.kill()
	for _, x := range tabs {
		x.connect()
	}
	l.until(Second)
	for i, s := range ben.room.Seats {
		if s.Member != tabs[i].joined.Member || s.State != frame.SeatHere {
			t.Errorf("N%d: %+v", i+1, s)
		}
	}
	if ben.room.Owner != ben.joined.Member || !ben.room.Open || ben.room.State != frame.Lobby {
		t.Errorf("%+v", ben.room)
	}
	ben.conduct(frame.Play, 0, 0)
	l.until(5 * Second)
	l.rest(ben)
	l.same()
}

// A script that is none, or too large for a page, makes no room.
func TestBadScripts(t *testing.T) {
	draw := newLab(t, classScript, 1).draw
	for script, why := range map[string]string{
		"engine none\n":            "none",
		"engine raft\nnodes 10\n":  "a room has at most 9 nodes, and this script has 10",
		"engine raft\nat 1s fly\n": "fly",
	} {
		if _, err := New(config(&draw), roomID, script, "t", 0); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", script, err)
		}
	}
}

// IDs and tokens are long enough not to be guessed, and what is no ID is told at once.
func TestNames(t *testing.T) {
	l := newLab(t, classScript, 1)
	if id := NewID(l.c.Draw); !ValidID(id) || len(id)*5 < 100 {
		t.Errorf("%q", id)
	}
	if token := NewToken(l.c.Draw); len(token)*5 < 128 || len(token) > frame.TokenMax {
		t.Errorf("%q", token)
	}
	for _, s := range []string{"", "abc", roomID + "a", strings.ToUpper(roomID), roomID[:25] + "1", roomID[:25] + "/", roomID[:24] + "é"} {
		if ValidID(s) {
			t.Errorf("%q passes for an ID", s)
		}
	}
	for in, out := range map[string]string{
		"": nameless, " \x00\n ": nameless, "\xff\xfe": nameless, "Ada": "Ada", "  A  b ": "A b", "\u202eevil": "evil",
		strings.Repeat("é", 40): strings.Repeat("é", 32), strings.Repeat("x", 63) + "é": strings.Repeat("x", 63),
	} {
		if got := cleanName(in); got != out {
			t.Errorf("%q is shown as %q, want %q", in, got, out)
		}
	}
	if secretOf("a") == secretOf("b") || bytes.Contains(l.store, []byte(l.owner)) {
		t.Error("a token stands in the store")
	}
}

// FuzzReceive: whatever a stranger sends, before Hello and as a member with a seat, nothing
// breaks, and the run stays that of the recording.
func FuzzReceive(f *testing.F) {
	f.Add([]byte{}, true)
	f.Add(hosting.Append(nil, hello()), false)
	for _, b := range [][]byte{
		hosting.Append(nil, hosting.Bye{}),
		hosting.Append(nil, &hosting.Done{Place: hosting.Place{Node: 2, Boot: 1, Seq: 1}}),
		hosting.Append(nil, hosting.WantDisk{Place: hosting.Place{Node: 2, Boot: 1, Seq: 1}}),
		frame.Append(nil, 1, frame.Conduct{Verb: frame.Claim, Node: 3}),
		frame.Append(nil, 1, frame.ActLine{Text: "crash n1"}),
	} {
		f.Add(b, true)
	}
	f.Fuzz(func(t *testing.T, b []byte, member bool) {
		l := newLab(t, "engine raft\nnodes 3\n", 1)
		ada := l.newTab("Ada", l.owner)
		ada.connect()
		ada.conduct(frame.Play, 0, 0)
		ada.conduct(frame.SetOpen, 0, 1)
		l.pump()
		x := l.stranger()
		if member {
			x.say(hello())
			x.conduct(frame.Claim, 2, 0)
			l.until(Second)
			x.mute = true
		}
		x.sends(b)
		l.until(12 * Second)
		l.rest(ada)
		l.settle()
		l.same()
	})
}

// FuzzRestore: whatever stands in the store, it is a room or an error.
func FuzzRestore(f *testing.F) {
	l := newLab(f, "engine raft\nnodes 3\n", 1)
	f.Add(l.store)
	ada := l.newTab("Ada", l.owner)
	ada.connect()
	ada.conduct(frame.Play, 0, 0)
	l.until(Second)
	ada.act("crash n1")
	l.until(Second)
	f.Add(l.room.Stop(l.now))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := readRecord(b); err != nil || x.horizon > 1e9 {
			return
		}
		r, err := Restore(l.c, roomID, b, l.now)
		if err == nil {
			r.Connect(l.now, 1)
			r.Receive(l.now, 1, hosting.Append(nil, hello()))
			r.Tick(l.now + Second)
		}
	})
}
