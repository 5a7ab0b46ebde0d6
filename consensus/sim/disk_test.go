package sim_test

import (
	"bytes"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// While a write is on its way to the disk the node takes no input, and nothing of the
// step that wrote is seen by anybody.
func TestANodeWaitsForItsDisk(t *testing.T) {
	h := handPlayed(t, quietSetup(2, 0))
	var took []consensus.Time
	h.play = func(k *sim.Work, out *consensus.Effects) {
		switch {
		case k.Input.Kind == consensus.InputStart && k.Node == 1:
			ping(2, "one")(out)
			ping(2, "two")(out)
		case k.Input.Kind == consensus.InputMessage && k.Node == 2:
			took = append(took, k.At)
			out.Write = append(out.Write, k.Input.Message.Data...)
			out.Note(consensus.Note{Kind: consensus.NoteCommit, A: uint32(len(took))})
			out.Set(0, 5*ms)
			ping(1, "yes")(out)
		}
	}
	h.until(0)
	want(t, h.until(30*ms),
		"deliver N2 10ms", "write N2 10ms",
		"sync N2 11ms", "commit N2 11ms", "timer-set N2 11ms", "send N2 11ms",
		"deliver N2 11ms", "write N2 11ms",
		"sync N2 12ms", "commit N2 12ms", "timer-set N2 12ms", "send N2 12ms",
		"timer-fire N2 17ms", "deliver N1 21ms", "deliver N1 22ms")
	if got := h.w.Disk(2); string(got) != "onetwo" {
		t.Errorf("the disk holds %q", got)
	}
	if len(took) != 2 || took[1] != 11*ms {
		t.Errorf("the node took messages at %v", took)
	}
}

// A disk that takes no time keeps the order of the trace.
func TestADiskOfNoTime(t *testing.T) {
	s := quietSetup(1, 0)
	s.Dials[scenario.DiskTime] = 0
	h := handPlayed(t, s)
	h.atStart(1, func(out *consensus.Effects) {
		out.Write = append(out.Write, "x"...)
		out.Note(consensus.Note{Kind: consensus.NoteCommit})
	})
	want(t, h.until(0), "boot N1 0s", "write N1 0s", "sync N1 0s", "commit N1 0s")
}

// A crash during a write discards the step: what it wrote, what it would have said and
// the engine that did it.
func TestACrashLosesWhatIsNotDurable(t *testing.T) {
	h := handPlayed(t, quietSetup(2, 0))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Node != 1 {
			return
		}
		if k.Input.Kind == consensus.InputStart {
			if string(k.Input.Disk) == "kept" {
				return
			}
			out.Write = append(out.Write, "kept"...)
			out.Set(0, 5*ms)
			return
		}
		out.Write = append(out.Write, "lost"...)
		ping(2, "lost too")(out)
	}
	h.until(6*ms + ms/2)
	want(t, h.act(scenario.Action{Kind: scenario.Crash, Node: 1}), "crash N1 6.5ms", "write-lost N1 6.5ms")
	if got := h.w.Disk(1); string(got) != "kept" {
		t.Errorf("the disk holds %q", got)
	}
	h.act(scenario.Action{Kind: scenario.Restart, Node: 1})
	want(t, h.until(consensus.Second), "boot N1 6.5ms")
	if boot := h.events[len(h.events)-1]; boot.Sub != 1 || boot.A != 4 || boot.ID != 2 {
		t.Errorf("started as %+v", boot)
	}
}

// With the torn tail of a disk set, a crash leaves a part of the write: at least a
// byte, never all of it, at the end of what was there.
func TestATornTail(t *testing.T) {
	sizes := map[int]bool{}
	for seed := uint64(0); seed < 60; seed++ {
		s := quietSetup(1, 0)
		s.Seed = seed
		s.Dials[scenario.TornTail] = scenario.Million
		s.Disks = map[consensus.NodeID][]byte{1: []byte("old")}
		h := handPlayed(t, s)
		h.atStart(1, func(out *consensus.Effects) { out.Write = append(out.Write, "12345"...) })
		h.until(ms / 2)
		lost := only(h.act(scenario.Action{Kind: scenario.Crash, Node: 1}), trace.WriteLost)[0]
		disk := h.w.Disk(1)
		if lost.A != 5 || int(lost.B) != len(disk)-3 || lost.B == 0 || lost.B == 5 || !bytes.HasPrefix([]byte("old12345"), disk) {
			t.Fatalf("seed %d: %q after %+v", seed, disk, lost)
		}
		sizes[len(disk)] = true
	}
	if len(sizes) != 4 {
		t.Errorf("the tails have lengths %v", sizes)
	}
}

// A replacement happens as a whole or not at all, a torn tail notwithstanding.
func TestAReplacementIsAtomic(t *testing.T) {
	s := quietSetup(1, 0)
	s.Dials[scenario.TornTail] = scenario.Million
	s.Disks = map[consensus.NodeID][]byte{1: []byte("old")}
	h := handPlayed(t, s)
	h.atStart(1, func(out *consensus.Effects) { out.Write, out.Replace = append(out.Write, "new"...), true })
	h.until(ms / 2)
	h.act(scenario.Action{Kind: scenario.Crash, Node: 1})
	if got := h.w.Disk(1); string(got) != "old" {
		t.Errorf("half replaced: %q", got)
	}
	h.act(scenario.Action{Kind: scenario.Restart, Node: 1})
	h.until(consensus.Second)
	if got := h.w.Disk(1); string(got) != "new" {
		t.Errorf("the disk holds %q", got)
	}
	if string(s.Disks[1]) != "old" {
		t.Error("the setup was changed")
	}
}

// With the rule of persisting first switched off (Loose) the effects are out at once;
// the writes become durable later, in order, and a crash loses those that have not.
func TestLooseWrites(t *testing.T) {
	h := handPlayed(t, quietSetup(2, 0))
	n := 0
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Node == 1 && n < 3 {
			out.Write = append(out.Write, "abc"[n])
			out.Loose = true
			n++
			out.Set(0, ms/2)
			ping(2, "out")(out)
		}
	}
	want(t, only(h.until(ms*5/4), trace.Boot, trace.Write, trace.Sync, trace.Send, trace.TimerFire),
		"boot N1 0s", "write N1 0s", "send N1 0s", "boot N2 0s",
		"timer-fire N1 500us", "write N1 500us", "send N1 500us",
		"sync N1 1ms", "timer-fire N1 1ms", "write N1 1ms", "send N1 1ms")
	want(t, h.act(scenario.Action{Kind: scenario.Crash, Node: 1}), "crash N1 1.25ms", "write-lost N1 1.25ms")
	if got := h.w.Disk(1); string(got) != "a" {
		t.Errorf("the disk holds %q", got)
	}
	if lost := h.events[len(h.events)-1]; lost.A != 2 {
		t.Errorf("lost %+v", lost)
	}
}

// A disk that was made faster still takes writes in their order.
func TestWritesKeepTheirOrder(t *testing.T) {
	s := quietSetup(1, 0)
	s.Dials[scenario.DiskTime] = int64(10 * ms)
	h := handPlayed(t, s)
	n := 0
	h.play = func(k *sim.Work, out *consensus.Effects) {
		out.Write, out.Loose = append(out.Write, "abc"[n]), true
		if n++; n < 3 {
			out.Set(0, 2*ms)
		}
	}
	h.until(ms)
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.DiskTime, Value: int64(ms)})
	h.until(3 * ms)
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.DiskTime, Value: 0})
	want(t, only(h.until(consensus.Second), trace.Write, trace.Sync), "write N1 4ms", "sync N1 10ms", "sync N1 10ms", "sync N1 10ms")
	if got := h.w.Disk(1); string(got) != "abc" {
		t.Errorf("the disk holds %q", got)
	}
}

// Too many loose writes under way make the node wait after all.
func TestLooseWritesAreBounded(t *testing.T) {
	s := quietSetup(1, 0)
	s.Dials[scenario.DiskTime] = int64(consensus.Second)
	h := handPlayed(t, s)
	h.play = func(k *sim.Work, out *consensus.Effects) {
		out.Write, out.Loose = append(out.Write, 1), true
		out.Set(0, consensus.Microsecond)
	}
	h.until(consensus.Second - 1)
	if n := len(only(h.events, trace.Write)); n != sim.WritesMax+1 {
		t.Errorf("%d writes were begun within the time of one", n)
	}
	if n := len(only(h.events, trace.TimerSet)); n != sim.WritesMax {
		t.Errorf("%d steps were seen", n)
	}
	h.until(consensus.Second + 1000)
	if n := len(only(h.events, trace.Sync)); n < 2 {
		t.Errorf("%d writes are durable", n)
	}
}

// An expiry that waits for the disk is void when the step that wrote sets the timer
// anew or cancels it.
func TestATimerThatExpiresWhileTheNodeWaits(t *testing.T) {
	for _, c := range []struct {
		after consensus.Duration
		then  []string
	}{
		{-1, []string{"timer-cancel N1 11ms"}},
		{4 * ms, []string{"timer-set N1 11ms", "timer-fire N1 15ms"}},
		{0, []string{"timer-fire N1 11ms"}}, // left alone
	} {
		h := handPlayed(t, quietSetup(2, 0))
		h.play = func(k *sim.Work, out *consensus.Effects) {
			switch {
			case k.Input.Kind == consensus.InputStart && k.Node == 1:
				out.Set(0, 10*ms+ms/2)
			case k.Input.Kind == consensus.InputStart:
				ping(1, "write")(out)
			case k.Input.Kind == consensus.InputMessage:
				out.Write = append(out.Write, 1)
				switch {
				case c.after < 0:
					out.Cancel(0)
				case c.after > 0:
					out.Set(0, c.after)
				}
			}
		}
		h.until(10 * ms)
		want(t, only(h.until(consensus.Second), trace.TimerSet, trace.TimerCancel, trace.TimerFire), c.then...)
	}
}
