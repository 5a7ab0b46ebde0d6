package sim_test

import (
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// hand is a World whose engines are played by the test: it takes each input from the
// World and answers with the effects it likes.
type hand struct {
	t      *testing.T
	w      *sim.World
	events []trace.Event
	// play answers an input; nil: nothing follows from it.
	play func(k *sim.Work, out *consensus.Effects)
}

func handPlayed(t *testing.T, s scenario.Setup) *hand {
	h := &hand{t: t}
	w, err := sim.New(sim.Config{Setup: s, Algorithm: echoes, Host: h})
	if err != nil {
		t.Fatal(err)
	}
	h.w = w
	return h
}

// A hand is its World's Host as well: for what Act has to finish first.

func (h *hand) Step(k *sim.Work, out *consensus.Effects) {
	if h.play != nil {
		h.play(k, out)
	}
}
func (h *hand) Crash(consensus.NodeID)                           {}
func (h *hand) Inspect(consensus.NodeID) (consensus.State, bool) { return consensus.State{}, false }
func (h *hand) Clone() sim.Host                                  { return h }

// until lets the World run to a moment and returns the events that happened.
func (h *hand) until(at consensus.Time) []trace.Event {
	h.t.Helper()
	for {
		k, more := h.w.Next(at)
		if !more {
			break
		}
		var out consensus.Effects
		h.Step(k, &out)
		if err := h.w.Complete(k, &out); err != nil {
			h.t.Fatal(err)
		}
	}
	if h.w.Now() != at {
		h.t.Fatalf("the World stands at %d, not at %d", h.w.Now(), at)
	}
	_, events := h.w.Drain()
	events = append([]trace.Event(nil), events...)
	h.events = append(h.events, events...)
	return events
}

// act does an action that must be possible and returns its events.
func (h *hand) act(a scenario.Action) []trace.Event {
	h.t.Helper()
	if err := h.w.Act(a); err != nil {
		h.t.Fatalf("%v: %v", a, err)
	}
	_, events := h.w.Drain()
	events = append([]trace.Event(nil), events...)
	h.events = append(h.events, events...)
	return events
}

// refuse does an action that must be impossible, for the reason given.
func (h *hand) refuse(a scenario.Action, why string) {
	h.t.Helper()
	events := h.w.Events()
	digest := h.w.Digest()
	err := h.w.Act(a)
	if err == nil {
		h.t.Fatalf("%+v was done; it should have been refused: %s", a, why)
	}
	if err.Error() != why {
		h.t.Errorf("%+v was refused with %q, want %q", a, err, why)
	}
	if h.w.Events() != events || h.w.Digest() != digest {
		h.t.Errorf("%+v was refused and left a mark", a)
	}
}

// ping makes a node send one message.
func ping(to consensus.NodeID, data string) func(*consensus.Effects) {
	return func(out *consensus.Effects) {
		out.Send(consensus.Message{To: to, Kind: echoPing}, append(out.Buffer(), data...))
	}
}

// atStart plays effects when a node starts.
func (h *hand) atStart(node consensus.NodeID, f func(*consensus.Effects)) {
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Node == node && k.Input.Kind == consensus.InputStart {
			f(out)
		}
	}
}

// only returns the events of some kinds.
func only(events []trace.Event, kinds ...trace.Kind) []trace.Event {
	var out []trace.Event
	for _, e := range events {
		for _, k := range kinds {
			if e.Kind == k {
				out = append(out, e)
			}
		}
	}
	return out
}

// want checks the kinds, times and nodes of events: "deliver N2 10ms".
func want(t *testing.T, events []trace.Event, lines ...string) {
	t.Helper()
	got := make([]string, len(events))
	for i, e := range events {
		got[i] = e.Kind.String() + " " + e.Node.String() + " " + scenario.FormatSpan(e.T)
	}
	ok := len(got) == len(lines)
	for i := 0; ok && i < len(got); i++ {
		ok = got[i] == lines[i]
	}
	if !ok {
		t.Fatalf("happened:\n%q\nwant:\n%q", got, lines)
	}
}
