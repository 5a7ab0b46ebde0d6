package room

import (
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/wire"
)

// forget lets the host forget the room, and get it back from a record, while connections
// stay open and letters are on their way.
func (l *lab) forget(record []byte) {
	l.t.Helper()
	r, err := Restore(l.c, roomID, record, l.now)
	if err != nil {
		l.t.Fatalf("the room cannot be restored: %v", err)
	}
	l.room = r
	for _, x := range l.tabs {
		if !x.open {
			continue
		}
		x.again, x.drained = true, false
		if !r.Reattach(l.now, x.peer, x.kept) {
			l.t.Fatalf("%s cannot go on from %x", x.name, x.kept)
		}
	}
	r.Tick(l.now)
}

// A room that is forgotten again and again by its host (from what was stored last, and from
// what it said that it is) goes on with the same connections: nobody is told twice what was
// done, no node crashes, and the run is that of the recording.
func TestConnectionsOutliveTheRoom(t *testing.T) {
	for _, exact := range []bool{false, true} {
		l, tabs := class(t, classScript, 5)
		l.lag = 30 * Millisecond
		viewer := l.newTab("Vic", "")
		viewer.connect()
		ada, ben := tabs[0], tabs[1]
		ada.conduct(frame.SetPace, 0, uint64(50*consensus.Millisecond))
		ada.conduct(frame.Play, 0, 0)
		done := 0
		for i := range 12 {
			l.until(Moment(170+310*i) * Millisecond)
			if i%3 == 1 {
				ada.act([]string{"cut n1 > n2", "heal all", "loss 5%", "loss 1%"}[i/3])
				l.until(100 * Millisecond)
				done++
			}
			if i == 6 {
				l.rest(ada)
			}
			if i == 8 {
				ada.conduct(frame.Play, 0, 0)
			}
			record := l.store
			if exact {
				record = l.room.Stop(l.now)
			}
			l.forget(record)
			if i == 9 {
				late := l.newTab("Zoe", "")
				late.connect()
			}
		}
		l.until(2 * Second)
		l.rest(ada)
		l.same()
		for _, x := range l.tabs {
			if !x.open || x.head != ada.head || len(x.dids) != done {
				t.Errorf("%s: closed with %d %s, head %+v, told of %q; Ada's head is %+v", x.name, x.code, x.why, x.head, x.dids, ada.head)
			}
		}
		if ben.works < 30 || viewer.log.Len() < 1000 {
			t.Errorf("Ben did %d pieces of work, Vic saw %d events", ben.works, viewer.log.Len())
		}
	}
}

// What cannot go on is refused: a connection of nobody, one of two, one that waits for
// another tab to answer, and bytes that are no attachment.
func TestReattachRefuses(t *testing.T) {
	l, tabs := class(t, classScript, 5)
	late := l.newTab("Ada again", l.owner)
	late.connect()
	l.pump()
	silent := l.newTab("Sil", "")
	l.peers++
	silent.peer, silent.open = l.peers, true
	l.room.Connect(l.now, silent.peer)
	l.pump()
	r, err := Restore(l.c, roomID, l.store, l.now)
	if err != nil {
		t.Fatal(err)
	}
	nobody := attachment{kind: attachedMember, number: 99}
	c := wire.Coder{}
	nobody.code(&c)
	for _, x := range []struct {
		what string
		kept []byte
		ok   bool
	}{
		{"a member", tabs[1].kept, true}, {"the same member", tabs[1].kept, false}, {"one who waits", late.kept, false},
		{"one who said nothing", silent.kept, true}, {"nobody", c.Out, false}, {"nothing", nil, false}, {"half", tabs[0].kept[:3], false},
	} {
		l.peers++
		if got := r.Reattach(l.now, l.peers, x.kept); got != x.ok {
			t.Errorf("%s: %t", x.what, got)
		}
	}
	if late.asks != 0 || tabs[0].asks != 1 {
		t.Errorf("they were asked %d and %d times", late.asks, tabs[0].asks)
	}
	if b := hosting.Append(nil, hosting.Here{}); true { // a sign of life sends the other one away
		l.room.Receive(l.now, tabs[0].peer, b)
		l.pump()
	}
	if late.open || late.code != hosting.CloseTwice || !tabs[0].open {
		t.Errorf("who came late was closed with %d, the first is open: %t", late.code, tabs[0].open)
	}
}
