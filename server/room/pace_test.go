package room

import (
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
)

// quiet is a room of relay nodes with one who looks on.
func quiet(t *testing.T, script string) (*lab, *tab) {
	t.Helper()
	l := newLab(t, script, 20)
	ada := l.newTab("Ada", l.owner)
	ada.connect()
	l.pump()
	return l, ada
}

// Virtual time passes at the pace that the owner sets, whatever else happens, and not
// while the room is paused or nobody is there.
func TestPace(t *testing.T) {
	l, ada := quiet(t, classScript)
	ada.conduct(frame.SetHurry, 0, 0)
	ada.conduct(frame.Play, 0, 0)
	l.until(100 * Millisecond)
	for _, pace := range []consensus.Duration{consensus.Millisecond, 10 * consensus.Millisecond, 700 * consensus.Millisecond} {
		ada.conduct(frame.SetPace, 0, uint64(pace))
		l.pump()
		from := l.room.world.Now()
		l.until(2 * Second)
		if got := l.room.world.Now() - from; got < 19*pace/10 || got > 2*pace {
			t.Errorf("at %v a second, %v passed in two", pace, got)
		}
	}
	ada.conduct(frame.Pause, 0, 0)
	l.pump()
	stood := l.room.world.Now()
	l.until(10 * Second)
	if at, ok := l.room.Next(); l.room.world.Now() != stood || ok {
		t.Errorf("while paused the World went from %v to %v, and ticks on (%v) at %v", stood, l.room.world.Now(), ok, at)
	}
	ada.conduct(frame.Play, 0, 0)
	l.until(Second)
	ada.shut()
	l.pump()
	stood = l.room.world.Now()
	l.until(10 * Minute)
	if l.room.world.Now() != stood {
		t.Error("time went on where nobody was")
	}
	ada.connect()
	l.until(Second)
	if got := l.room.world.Now() - stood; got <= 0 || got > consensus.Second {
		t.Errorf("in the second after the break %v passed", got)
	}
	l.same()
}

// A quiet stretch passes quickly, and what is worth looking at at the pace that was set.
func TestHurry(t *testing.T) {
	l, ada := quiet(t, "engine raft\nseed 3\n")
	ada.conduct(frame.Play, 0, 0)
	l.until(2 * Second) // 20 ms at this pace; the first election is after 150 ms and more
	if at := l.room.world.Now(); at < 100*consensus.Millisecond {
		t.Errorf("it was not hurried: %v", at)
	}
	from, flights := l.room.world.Now(), 0
	for range 400 {
		before := l.room.world.Now()
		flying := l.room.world.InFlight() > 0
		l.until(50 * Millisecond)
		if flying && l.room.world.InFlight() > 0 {
			flights++
			if passed := l.room.world.Now() - before; passed > 10*consensus.Millisecond {
				t.Fatalf("while messages flew %v passed in 50 ms", passed)
			}
		}
	}
	if flights == 0 || l.room.world.Now() == from {
		t.Error("no message flew")
	}
}

// A step does the next thing that is worth looking at, and stands still.
func TestStep(t *testing.T) {
	l, tabs := class(t, "engine raft\nseed 3\n", 21)
	ada := tabs[0]
	for i := range 30 {
		n := ada.log.Len()
		ada.conduct(frame.Step, 0, 0)
		l.until(Second)
		seen := 0
		for ; n < ada.log.Len(); n++ {
			if lively(ada.log.At(n).Kind) {
				seen++
			}
		}
		if seen == 0 || ada.room.State != frame.Paused || l.room.stepping || l.room.work != nil {
			t.Fatalf("step %d showed %d events that are worth looking at; %+v", i, seen, ada.room)
		}
		at := l.room.world.Now()
		if l.until(2 * Second); l.room.world.Now() != at {
			t.Fatal("it went on")
		}
	}
	l.same()
}

// Where nothing is left to happen, the room waits for somebody to act, and does not tick.
func TestQuiet(t *testing.T) {
	l, ada := quiet(t, "engine raft\nnodes 1\nat 10ms crash n1\n")
	ada.conduct(frame.Play, 0, 0)
	l.until(5 * Second)
	if ada.head.State != frame.Quiet || ada.room.State != frame.Playing {
		t.Fatalf("%+v, %+v", ada.head, ada.room)
	}
	if at, ok := l.room.Next(); ok {
		t.Errorf("it ticks on at %v", at-l.now)
	}
	ada.act("restart n1")
	l.until(5 * Second)
	if ada.head.State != frame.Going || len(ada.acted) != 1 {
		t.Errorf("%+v, %q", ada.head, ada.refused)
	}
	l.rest(ada)
	l.same()
}

// While a tab is slow, the World waits, says for whom, and does not rush afterwards.
func TestASlowTab(t *testing.T) {
	l, tabs := class(t, classScript, 22)
	ada, ben := tabs[0], tabs[1]
	ada.conduct(frame.SetHurry, 0, 0)
	ada.conduct(frame.SetPace, 0, uint64(100*consensus.Millisecond))
	ada.conduct(frame.Play, 0, 0)
	l.until(5 * Second)
	l.lag = 3 * Second
	for i := 0; ada.room.Waiting == consensus.None; i++ {
		if l.until(100 * Millisecond); i > 60 {
			t.Fatal("nobody is waited for")
		}
	}
	l.lag = 0
	l.until(3 * Second)
	if ada.room.Waiting != consensus.None || ada.room.Seats[1].State != frame.SeatHere {
		t.Errorf("%+v", ada.room)
	}
	ben.lose()
	l.until(8 * Second)
	ben.connect()
	l.pump()
	at := l.room.world.Now()
	l.until(Second)
	if got := l.room.world.Now() - at; got > 130*consensus.Millisecond {
		t.Errorf("after it had waited, %v passed in a second", got)
	}
	if len(ada.dids) != 0 {
		t.Errorf("%q", ada.dids)
	}
	slow := uint32(0)
	for _, s := range ada.room.Seats {
		slow = max(slow, s.Latency)
	}
	if slow == 0 {
		t.Errorf("the latencies are %+v", ada.room.Seats)
	}
	l.rest(ada)
	l.same()
}

// What is told and what is stored is bounded in time: twenty times a second, and about
// once a second.
func TestNothingIsToldTooOften(t *testing.T) {
	l, ada := quiet(t, classScript)
	ada.conduct(frame.SetPace, 0, uint64(consensus.Second))
	ada.conduct(frame.Play, 0, 0)
	l.until(Second)
	told, stored, last := 0, 0, l.now
	for end := l.now + 10*Second; l.now < end; l.now += 5 * Millisecond {
		l.room.Tick(l.now)
		if b := l.room.Unsaved(); b != nil {
			l.store = b
			stored++
		}
		if outs := l.room.Outs(); len(outs) > 0 {
			for _, o := range outs {
				l.carry(o)
			}
			if l.now-last < tickEvery {
				t.Fatalf("told again after %v", l.now-last)
			}
			last = l.now
			told++
		}
	}
	if told < 150 || told > 200 || stored < 5 || stored > 12 {
		t.Errorf("in ten seconds it was told %d times and stored %d times", told, stored)
	}
}
