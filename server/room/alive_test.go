package room

import (
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
)

var silence = DefaultLimits().Silence // 45 s

// A tab that goes without a word is missed after a while, and its node is waited for as after
// a broken connection; whoever sends pings is not, and whoever says something neither. It
// makes no difference whether the host tells of pings as they come.
func TestWhoIsSilentIsMissed(t *testing.T) {
	for _, terse := range []bool{false, true} {
		l, tabs := class(t, classScript, 21)
		l.terse = terse
		ada := tabs[0]
		viewer, dumb, talks := l.newTab("Vic", ""), l.newTab("Dora", ""), l.newTab("Tom", "")
		dumb.dumb, talks.dumb = true, true
		for _, x := range []*tab{viewer, dumb, talks} {
			x.connect()
		}
		ada.conduct(frame.Play, 0, 0)
		l.until(30 * Second)
		talks.conduct(frame.Rename, 0, 0)
		if l.until(silence - 31*Second); !dumb.open {
			t.Fatalf("who was silent for 44 s is closed with %d", dumb.code)
		}
		l.until(3 * Second)
		if dumb.open || dumb.code != hosting.CloseIdle || dumb.why == "" {
			t.Errorf("who was silent for 47 s is closed with %d %q", dumb.code, dumb.why)
		}
		for _, x := range append([]*tab{viewer, talks}, tabs...) {
			if !x.open {
				t.Errorf("%s was closed with %d %s", x.name, x.code, x.why)
			}
		}
		if l.until(30 * Second); talks.open || !viewer.open {
			t.Errorf("after 77 s who spoke at 30 is still here: %t, and who sends pings: %t", talks.open, viewer.open)
		}
		if len(ada.dids) > 0 {
			t.Errorf("%q was done", ada.dids)
		}
		dumb.connect() // it is not sent away for good
		if l.until(Second); !dumb.open {
			t.Errorf("who comes back is closed with %d %s", dumb.code, dumb.why)
		}
		l.rest(ada)
		l.same()
	}
}

// A tab of which nothing is wanted, since its node is down, is missed too: it is waited for like
// one whose connection broke, and then it is gone.
func TestASilentTabIsWaitedFor(t *testing.T) {
	l, tabs := class(t, classScript, 22)
	ada, eve := tabs[0], tabs[4]
	ada.conduct(frame.Play, 0, 0)
	l.until(2 * Second)
	ada.act("crash n5")
	l.until(Second)
	eve.dumb = true
	for _, c := range []struct {
		after Moment
		state frame.SeatState
	}{{silence - 3*Second, frame.SeatHere}, {5 * Second, frame.SeatAway}, {10 * Second, frame.SeatGone}} {
		if l.until(c.after); ada.room.Seats[4].State != c.state {
			t.Errorf("the seat's state is %d, want %d", ada.room.Seats[4].State, c.state)
		}
	}
	eve.connect()
	if l.until(Second); ada.room.Seats[4].State != frame.SeatHere {
		t.Errorf("she is back, and her seat's state is %d", ada.room.Seats[4].State)
	}
	l.rest(ada)
	l.same()
}

// A room in which nothing happens is not woken to see who is silent, and nobody is missed
// there. When something comes, everybody is looked at; an owner who is no more makes room
// for somebody else.
func TestARoomAtRestIsLeftAlone(t *testing.T) {
	for _, forgotten := range []bool{false, true} {
		l, tabs := class(t, classScript, 23)
		l.terse = true
		ada, ben := tabs[0], tabs[1]
		ada.conduct(frame.SetPace, 0, uint64(50*consensus.Millisecond))
		ada.conduct(frame.Play, 0, 0)
		l.until(5 * Second)
		l.rest(ada)
		ada.dumb = true
		l.until(5 * Second)
		l.ticks = 0
		if l.until(Hour); l.ticks > 0 || !ada.open {
			t.Errorf("in an hour the room was woken %d times; the silent one was closed with %d", l.ticks, ada.code)
		}
		if forgotten {
			l.forget(l.room.Stop(l.now))
			l.pump()
		}
		ben.conduct(frame.Rename, 0, 0)
		l.until(3 * Second)
		if ada.open || ada.code != hosting.CloseIdle {
			t.Errorf("when somebody speaks, who was silent for an hour is closed with %d", ada.code)
		}
		for _, x := range tabs[1:] {
			if !x.open {
				t.Errorf("%s was closed with %d %s", x.name, x.code, x.why)
			}
		}
		if l.until(2 * Minute); ben.room.Owner != ben.joined.Member {
			t.Errorf("the owner is %d, not Ben", ben.room.Owner)
		}
		l.same()
	}
}
