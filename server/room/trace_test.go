package room

import (
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/trace"
)

// A latecomer gets a long trace piece by piece, each when the one before was written; a
// tab that comes back gets what it lacks and nothing else; everybody else goes on.
func TestCatchingUp(t *testing.T) {
	l, ada := quiet(t, classScript)
	ada.conduct(frame.SetPace, 0, uint64(20*consensus.Second))
	ada.conduct(frame.SetOpen, 0, 1)
	ada.conduct(frame.Play, 0, 0)
	for range 4 {
		l.until(Second)
		ada.act("crash n1")
		l.until(Second)
		ada.act("restart n1")
	}
	l.until(Second)
	l.rest(ada)
	if ada.log.Len() < 3*pieceBytes/trace.EventSize {
		t.Fatalf("only %d events", ada.log.Len())
	}
	late := l.newTab("Zoe", "")
	late.connect()
	pieces := 0
	for late.open && late.head.Events != ada.head.Events {
		if pieces++; pieces > 1000 {
			t.Fatal("it never catches up")
		}
		for len(late.send) > 0 {
			b := late.send[0].frame
			late.send = late.send[1:]
			l.room.Receive(l.now, late.peer, b)
		}
		size := 0
		for _, o := range l.room.Outs() {
			if o.Peer == late.peer {
				size += len(o.Frame)
			}
			l.carry(o)
		}
		if size > 2*pieceBytes {
			t.Fatalf("%d bytes at once", size)
		}
		l.now += 100 * Millisecond
		l.room.Tick(l.now)
		if outs := l.room.Outs(); late.drained && len(outs) > 0 {
			t.Fatal("more was sent before the piece was written")
		}
		if late.drained {
			late.drained = false
			l.room.Drained(l.now, late.peer)
		}
	}
	if pieces < 4 || late.log.Digest(late.log.Len()) != ada.log.Digest(ada.log.Len()) || len(late.dids) != len(ada.dids) {
		t.Errorf("%d pieces, %q", pieces, late.dids)
	}

	// Who comes back.
	late.lose()
	ada.conduct(frame.SetPace, 0, uint64(consensus.Second))
	ada.conduct(frame.Play, 0, 0)
	l.until(Second)
	ada.act("crash n2")
	l.until(Second)
	l.rest(ada)
	opened := late.opened
	late.connect()
	l.until(Second)
	if late.opened != opened || late.head != ada.head || len(late.dids) != len(ada.dids) {
		t.Errorf("opened %d times, %+v", late.opened, late.head)
	}

	// Who says that it has what cannot be of this room begins anew.
	late.lose()
	for range 10 {
		late.log.Append(trace.Event{Kind: trace.Crash, Node: 1})
	}
	late.connect()
	l.until(Second)
	if late.opened != opened+1 || late.head != ada.head {
		t.Errorf("opened %d times, %+v", late.opened, late.head)
	}
	l.same()
}

// Each Did stands in front of the events that follow from it, for everybody.
func TestDidStandsInFront(t *testing.T) {
	l, ada := quiet(t, classScript)
	ada.conduct(frame.Play, 0, 0)
	var kinds []string
	see := func(x *tab) {
		for _, o := range l.room.Outs() {
			if o.Peer != x.peer || o.Frame == nil {
				continue
			}
			switch _, f, _ := frame.Decode(o.Frame); f := f.(type) {
			case frame.Did:
				kinds = append(kinds, "did")
			case frame.Acted:
				kinds = append(kinds, "acted")
			case frame.Events:
				for b := f.Events; len(b) > 0; b = b[trace.EventSize:] {
					var e trace.Event
					if err := e.Decode(b); err != nil {
						t.Fatal(err)
					}
					if e.Kind == trace.Crash {
						kinds = append(kinds, "crash")
					}
				}
			}
			l.carry(o)
		}
	}
	l.until(Second)
	ada.act("crash n4")
	l.room.Receive(l.now, ada.peer, ada.send[0].frame)
	ada.send = nil
	see(ada)
	late := l.newTab("Zoe", "")
	late.connect()
	l.room.Receive(l.now, late.peer, late.send[0].frame)
	late.send = nil
	see(late)
	if got := len(kinds); got != 5 || kinds[0] != "did" || kinds[1] != "crash" || kinds[2] != "acted" || kinds[3] != "did" || kinds[4] != "crash" {
		t.Errorf("%q", kinds)
	}
}
