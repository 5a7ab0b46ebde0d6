package sim_test

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// elsewhere runs engines as somebody far away would: it knows them by what Next hands
// out alone, and its effects come back in memory of their own.
type elsewhere struct {
	engines map[consensus.NodeID]consensus.Engine
	out     consensus.Effects
}

func (f *elsewhere) carry(t *testing.T, w *sim.World, until consensus.Time) {
	t.Helper()
	for {
		k, more := w.Next(until)
		if !more {
			return
		}
		if _, again := w.Next(until); again {
			t.Fatal("more work was handed out before the first came back")
		}
		if k.Input.Kind == consensus.InputStart {
			f.engines[k.Node] = echoes.New(k.Config)
		}
		f.out.Reset()
		f.engines[k.Node].Step(&k.Input, &f.out)
		if err := w.Complete(k, &f.out); err != nil {
			t.Fatal(err)
		}
		f.out.Reset() // what was handed in must have been taken by now
		f.out.Write = append(f.out.Write, "overwritten: the World keeps nothing of this"...)
		f.out.Send(consensus.Message{}, append(f.out.Buffer(), strings.Repeat("!", 300)...))
	}
}

// Where the engines run makes no difference.
func TestEnginesMayRunElsewhere(t *testing.T) {
	s := quietSetup(5, 3)
	s.Dials[scenario.Pace], s.Dials[scenario.LossRate], s.Dials[scenario.Copies] = 200_000, 50_000, 50_000
	acts := []scenario.Action{
		{At: 100 * ms, Kind: scenario.Crash, Node: 2},
		{At: 150 * ms, Kind: scenario.SwitchOff, Text: "echo.answer"},
		{At: 200 * ms, Kind: scenario.Restart, Node: 2},
		{At: 200 * ms, Kind: scenario.SwitchOn, Text: "echo.answer"},
		{At: 250 * ms, Kind: scenario.Timeout, Node: 1, Timer: 1},
	}
	here, there := open(t, s), open(t, s)
	for _, w := range []*sim.World{here, there} {
		if err := w.Schedule(acts); err != nil {
			t.Fatal(err)
		}
	}
	far := elsewhere{engines: map[consensus.NodeID]consensus.Engine{}}
	for at := consensus.Time(0); at <= consensus.Second; at += 10 * ms {
		here.RunUntil(at, 0)
		far.carry(t, there, at)
		if there.Now() != at || here.Digest() != there.Digest() || here.Events() != there.Events() {
			t.Fatalf("at %d: %d events and %v here, %d and %v there", at, here.Events(), here.Digest(), there.Events(), there.Digest())
		}
	}
	if here.Events() < 3000 {
		t.Errorf("only %d events", here.Events())
	}
}

// Effects that no engine may have are refused at the door; the work is still out.
func TestBadEffectsAreRefused(t *testing.T) {
	for _, c := range []struct {
		bad func(*consensus.Effects)
		why string
	}{
		{ping(1, "x"), "N1 sends a message to N1, which is not another node"},
		{ping(3, "x"), "N1 sends a message to N3, which is not another node"},
		{ping(0, "x"), "N1 sends a message to nobody, which is not another node"},
		{ping(c1, "x"), "N1 sends a message to C1, which is not another node"},
		{ping(2, strings.Repeat("x", consensus.MessageMax+1)), "N1 sends a message that is too long"},
		{func(e *consensus.Effects) {
			e.Send(consensus.Message{To: 2, Kind: consensus.KindReply}, nil)
		}, "N1 sends a message of a kind that is not its own"},
		{func(e *consensus.Effects) { e.Set(2, ms) }, "N1 sets a timer that there is not"},
		{func(e *consensus.Effects) { e.Write = make([]byte, sim.DiskMax+1) }, "N1 writes more than a disk can hold"},
		{func(e *consensus.Effects) { e.Note(consensus.Note{}) }, "N1 notes something of an unknown kind"},
		{func(e *consensus.Effects) { e.Note(consensus.Note{Kind: consensus.NoteCompact + 1}) }, "N1 notes something of an unknown kind"},
		{func(e *consensus.Effects) {
			e.Answer(consensus.Reply{Client: c1}, make([]byte, consensus.MessageMax+1))
		}, "N1 answers with a result that is too long"},
	} {
		w := open(t, quietSetup(2, 1))
		k, _ := w.Next(0)
		var out consensus.Effects
		c.bad(&out)
		if err := w.Complete(k, &out); err == nil || err.Error() != c.why {
			t.Errorf("got %v, want %q", err, c.why)
		}
		if w.Events() != 0 {
			t.Errorf("%s: %d events", c.why, w.Events())
		}
		if err := w.Complete(k, &consensus.Effects{}); err != nil || w.Events() != 1 {
			t.Errorf("the work was not out any more: %v", err)
		}
	}
}

// Every kind of note becomes the event of the same name.
func TestNotesBecomeEvents(t *testing.T) {
	for k, name := range map[consensus.NoteKind]trace.Kind{
		consensus.NoteRule: trace.Rule, consensus.NoteRole: trace.Role, consensus.NoteTerm: trace.Term,
		consensus.NoteVote: trace.Vote, consensus.NoteTally: trace.Tally, consensus.NoteLeader: trace.Leader,
		consensus.NoteEntry: trace.Entry, consensus.NoteTruncate: trace.Truncate, consensus.NoteCommit: trace.Commit,
		consensus.NoteChosen: trace.Chosen, consensus.NoteApply: trace.Apply, consensus.NoteProgress: trace.Progress,
		consensus.NoteCompact: trace.Compact,
	} {
		h := handPlayed(t, quietSetup(1, 0))
		n := consensus.Note{Kind: k, Peer: 7, Sub: 3, Rule: 2, Term: 9, A: 1, B: 2, C: 3, D: 4}
		h.atStart(1, func(out *consensus.Effects) { out.Note(n) })
		got := h.until(0)[1]
		if got != (trace.Event{Kind: name, Node: 1, Peer: 7, Sub: 3, Rule: 2, Term: 9, A: 1, B: 2, C: 3, D: 4}) {
			t.Errorf("note %d became %+v", k, got)
		}
	}
}

// counter is a watcher that reports every n-th event.
type counter struct{ n, every int }

func (c *counter) Observe(e *trace.Event, report func(trace.Event)) {
	if c.n++; c.n%c.every == 0 {
		report(trace.Event{Sub: 5, A: uint32(c.n), Node: e.Node})
	}
}

func (c *counter) Clone() trace.Watcher {
	d := *c
	return &d
}

// What the watcher reports stands in the trace right behind the event, counts as an
// event, and is not part of the digest.
func TestTheWatcher(t *testing.T) {
	s := quietSetup(3, 1)
	plain := open(t, s)
	plain.RunUntil(consensus.Second, 0)
	w, err := sim.New(sim.Config{Setup: s, Algorithm: echoes, Watch: &counter{every: 10}})
	if err != nil {
		t.Fatal(err)
	}
	w.RunUntil(300*ms, 0)
	clone := w.Clone()
	w.RunUntil(consensus.Second, 0)
	clone.RunUntil(consensus.Second, 0)
	if w.Digest() != plain.Digest() || clone.Digest() != plain.Digest() {
		t.Error("the digest depends on the watcher")
	}
	if want := plain.Events() + plain.Events()/10; w.Events() != want || clone.Events() != want {
		t.Errorf("%d events, the clone has %d, want %d", w.Events(), clone.Events(), want)
	}
	_, events := w.Drain()
	seen := 0
	for i, e := range events {
		if e.Kind != trace.Violation {
			seen++
			continue
		}
		if int(e.A) != seen || e.Sub != 5 || e.Node != events[i-1].Node || e.T != events[i-1].T {
			t.Fatalf("event %d is %+v after %+v", i, e, events[i-1])
		}
	}
	if seen != plain.Events() {
		t.Errorf("%d events were watched", seen)
	}
}
