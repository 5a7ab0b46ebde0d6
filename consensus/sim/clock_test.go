package sim_test

import (
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// Timers run on the node's own clock: one that drifts fast expires early, and what is
// left of a running timer goes on at the new speed.
func TestTimersRunOnTheNodesClock(t *testing.T) {
	h := handPlayed(t, quietSetup(1, 0))
	var read []consensus.Time
	h.play = func(k *sim.Work, out *consensus.Effects) {
		read = append(read, k.Input.Now)
		out.Set(0, 100*ms)
	}
	want(t, only(h.until(150*ms), trace.TimerFire), "timer-fire N1 100ms")
	// half of the second run is left: 50 ms of its own at a tenth more speed
	fast := h.act(scenario.Action{Kind: scenario.SetClock, Node: 1, Value: int64(consensus.Second), Drift: 100_000})
	want(t, fast, "clock N1 150ms", "timer-set N1 150ms")
	if e := fast[0]; trace.Wide(e.A, e.B) != int64(consensus.Second) || int32(e.C) != 100_000 || e.ID != 1 {
		t.Errorf("the clock is told as %+v", e)
	}
	want(t, only(h.until(300*ms), trace.TimerFire), "timer-fire N1 195.454546ms", "timer-fire N1 286.363637ms")
	slow := h.act(scenario.Action{Kind: scenario.SetClock, Node: 1, Drift: -100_000})
	want(t, slow, "clock N1 300ms", "timer-set N1 300ms")
	want(t, only(h.until(500*ms), trace.TimerFire), "timer-fire N1 394.444445ms")
	for i, at := range []consensus.Time{0, 100 * ms, 1200 * ms, 1300 * ms} {
		if d := read[i] - at; d < 0 || d > 2 {
			t.Errorf("step %d: the clock read %d, want %d", i, read[i], at)
		}
	}
}

// An offset alone moves no timer.
func TestAnOffsetMovesNoTimer(t *testing.T) {
	h := handPlayed(t, quietSetup(1, 0))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputTimer && k.Input.Now != 30*ms-consensus.Second {
			t.Errorf("the clock reads %d", k.Input.Now)
		}
		if k.Input.Kind == consensus.InputStart {
			out.Set(0, 30*ms)
		}
	}
	h.until(10 * ms)
	want(t, h.act(scenario.Action{Kind: scenario.SetClock, Node: 1, Value: -int64(consensus.Second)}), "clock N1 10ms")
	want(t, h.until(50*ms), "timer-fire N1 30ms")
}

// A timer that is set anew counts from then, be it to later, to sooner, or after it was
// cancelled. Cancelling one that does not run is nothing to tell of.
func TestTimersSetAnew(t *testing.T) {
	h := handPlayed(t, quietSetup(1, 0))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		switch {
		case k.Input.Kind == consensus.InputStart:
			out.Cancel(0)
			out.Set(0, 10*ms)
			out.Set(1, 50*ms)
		case k.At == 10*ms:
			out.Set(1, 90*ms) // later: until 100 ms
			out.Set(0, 10*ms)
		case k.At == 20*ms:
			out.Set(1, 30*ms) // sooner: until 50 ms
		case k.At == 50*ms:
			out.Set(0, 10*ms)
			out.Set(1, 5*ms)
		case k.At == 55*ms:
			out.Cancel(0)
			out.Set(0, 30*ms)
		}
	}
	want(t, h.until(consensus.Second)[1:],
		"timer-set N1 0s", "timer-set N1 0s",
		"timer-fire N1 10ms", "timer-set N1 10ms", "timer-set N1 10ms",
		"timer-fire N1 20ms", "timer-set N1 20ms",
		"timer-fire N1 50ms", "timer-set N1 50ms", "timer-set N1 50ms",
		"timer-fire N1 55ms", "timer-cancel N1 55ms", "timer-set N1 55ms",
		"timer-fire N1 85ms")
	if !h.w.Quiet() {
		t.Error("no timer runs and no message flies, yet something is to happen")
	}
	h.refuse(scenario.Action{Kind: scenario.Timeout, Node: 1, Timer: 1}, "the watchdog of N1 is not running at 1.000 s")
	h.refuse(scenario.Action{Kind: scenario.Timeout, Node: 1, Timer: 2}, "Echo has no timer 2")
	h.refuse(scenario.Action{Kind: scenario.Timeout, Node: 3}, "there is no node N3: this cluster has 1")
}

// Timeout makes a timer expire now; on a busy node, when its disk is done.
func TestTimeoutNow(t *testing.T) {
	h := handPlayed(t, quietSetup(1, 0))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputStart {
			out.Set(0, consensus.Second)
			out.Set(1, consensus.Second)
			return
		}
		if k.Input.Timer == 0 {
			out.Write = append(out.Write, 1)
		}
	}
	h.until(5 * ms)
	h.act(scenario.Action{Kind: scenario.Timeout, Node: 1, Timer: 0})
	want(t, h.until(5*ms), "timer-fire N1 5ms", "write N1 5ms")
	if e := h.events[len(h.events)-2]; e.ID != 1 {
		t.Errorf("the expiry is told as %+v", e)
	}
	h.act(scenario.Action{Kind: scenario.Timeout, Node: 1, Timer: 1})
	h.refuse(scenario.Action{Kind: scenario.Timeout, Node: 1, Timer: 1}, "the watchdog of N1 has expired already; it waits for the disk")
	want(t, h.until(2*consensus.Second), "sync N1 6ms", "timer-fire N1 6ms")
	h.act(scenario.Action{Kind: scenario.Crash, Node: 1})
	h.refuse(scenario.Action{Kind: scenario.Timeout, Node: 1}, "N1 is down")
	h.refuse(scenario.Action{Kind: scenario.Crash, Node: 1}, "N1 is already down")
}
