package runner

import (
	"reflect"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"

	"pgregory.net/rapid"
)

// room is the World of a live room, as a relay runs it.
type room struct {
	t *testing.T
	w *sim.World
	m *Mirror
}

// scripted has actions of its own, some at the same moment.
const scripted = "engine raft\nnodes 3\nseed 5\nat 300ms request c1: set x 1\nat 500ms crash n1\nat 500ms partition n2 | n3\nat 900ms heal all\nat 900ms restart n1\nat 1.8s request c1: set x 2\n"

func newRoom(t *testing.T) *room {
	s, err := scenario.Parse(scripted)
	if err != nil {
		t.Fatal(err)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(s.Actions); err != nil {
		t.Fatal(err)
	}
	return &room{t, w, NewMirror(s.String())}
}

func (r *room) head() {
	r.m.Head(frame.Head{Time: r.w.Now(), Events: uint32(r.w.Events()), Digest: uint64(r.w.Digest())})
}

// act does an action now, if it can be done.
func (r *room) act(a scenario.Action) {
	if r.w.Act(a) == nil {
		a.At = r.w.Now()
		r.m.Did(a.String())
	}
}

// The mirror of a room answers as a Runner does who has the whole recording.
func TestTheMirrorAnswersAsARunnerDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRoom(t)
		asked := 0
		ask := func(v *viewer, f frame.Frame) {
			asked++
			if got, want := r.m.Tell(f), v.send(f); !reflect.DeepEqual(got, want) {
				rt.Fatalf("%#v was answered with\n%+v, want\n%+v", f, got, want)
			}
		}
		for range rapid.IntRange(1, 12).Draw(rt, "pieces") {
			for range rapid.IntRange(0, 300).Draw(rt, "steps") {
				if !r.w.StepUntil(2 * consensus.Second) {
					break
				}
				if rapid.IntRange(0, 9).Draw(rt, "head") == 0 {
					r.head()
				}
			}
			node := consensus.NodeID(rapid.IntRange(1, 3).Draw(rt, "node"))
			r.act(scenario.Action{Kind: rapid.SampledFrom([]scenario.ActionKind{scenario.Crash, scenario.Restart, scenario.Heal}).Draw(rt, "act"), Node: node})
			r.head()
			if rapid.IntRange(0, 2).Draw(rt, "ask") > 0 {
				continue
			}
			// The World may stand in the middle of a moment; the Runner has all of it.
			v := newViewer(t)
			s, err := scenario.Parse(scripted)
			if err != nil {
				rt.Fatal(err)
			}
			s.Actions = r.w.Actions()
			v.open(s.String())
			v.send(frame.Advance{Until: r.w.Now(), Events: AdvanceMax})
			v.advance(r.w.Now())
			events := uint32(r.w.Events())
			for range 3 {
				after := uint32(rapid.IntRange(0, int(events)).Draw(rt, "after"))
				ask(v, frame.Inspect{After: after, Node: node})
				ask(v, frame.Inspect{After: after, Message: uint32(rapid.IntRange(1, 200).Draw(rt, "message"))})
			}
			ask(v, frame.GetScript{})
			ask(v, frame.GetLink{Until: r.w.Now() - consensus.Time(rapid.IntRange(0, 2).Draw(rt, "before"))*100_000_000, Title: "T"})
		}
	})
}

// A mirror that is another run says so, and shows nothing.
func TestAMirrorThatDiffersSaysSo(t *testing.T) {
	begin := func() *room {
		r := newRoom(t)
		r.w.RunUntil(consensus.Second, 0)
		return r
	}
	refuses := func(m *Mirror, want string) {
		t.Helper()
		for _, f := range []frame.Frame{frame.Inspect{After: 10, Node: 1}, frame.GetScript{}, frame.GetLink{Until: consensus.Second}} {
			if got, ok := m.Tell(f).(frame.Refused); !ok || !strings.Contains(got.Why, want) {
				t.Errorf("%T was answered with %.300v, want %q", f, got, want)
			}
		}
	}
	r := begin()
	r.m.Head(frame.Head{Time: r.w.Now(), Events: uint32(r.w.Events()), Digest: 1})
	refuses(r.m, "is not what the room says, at 1s")

	r = begin()
	r.m.Head(frame.Head{Time: r.w.Now(), Events: uint32(r.w.Events()) + 1, Digest: uint64(r.w.Digest())})
	refuses(r.m, "is not what the room says")

	r = begin()
	r.m.Did("at 700ms crash n2") // which nobody did
	r.head()
	refuses(r.m, "is not what the room says")

	r = begin()
	r.m.Did("at 700ms restart n2")
	r.head()
	refuses(r.m, "cannot be done here: N2 is already up")

	r = begin()
	r.m.Did("at 700ms fly")
	refuses(r.m, "is not understood here")

	refuses(NewMirror("engine loom\n"), "loom")
}
