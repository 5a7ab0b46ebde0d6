package runner

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// viewer is the other end of a Runner: it keeps what a page would keep.
type viewer struct {
	t      *testing.T
	r      *Runner
	n      uint32
	log    trace.Log
	head   frame.Head
	last   frame.Frame // the last answer that is neither Events nor Head
	opened frame.Opened
	linked *frame.Linked // since the last command
}

func newViewer(t *testing.T) *viewer {
	v := &viewer{t: t}
	v.r = New(v.take)
	return v
}

func (v *viewer) take(b []byte) {
	v.t.Helper()
	request, f, err := frame.Decode(b)
	if err != nil {
		v.t.Fatalf("the runner said what is no frame: %v", err)
	}
	if len(b) > frame.SizeMax {
		v.t.Fatalf("a frame of %d bytes", len(b))
	}
	if request != v.n {
		v.t.Errorf("answer to request %d, asked was %d", request, v.n)
	}
	switch f := f.(type) {
	case frame.Events:
		if int(f.First) > v.log.Len() || int(f.FirstText) > len(v.log.Texts()) {
			v.t.Fatalf("a gap: events from %d at %d, texts from %d at %d", f.First, v.log.Len(), f.FirstText, len(v.log.Texts()))
		}
		texts := len(v.log.Texts())
		if len(f.Texts) > 0 {
			texts = int(f.FirstText)
		}
		v.log.Truncate(int(f.First), texts)
		for _, s := range f.Texts {
			v.log.AddText(s)
		}
		if err := v.log.AddBytes(f.Events); err != nil {
			v.t.Fatal(err)
		}
	case frame.Head:
		v.head = f
	case frame.Linked:
		v.linked = &f
	case frame.Opened:
		v.opened, v.log, v.last = f, trace.Log{}, f
	default:
		v.last = f
	}
}

func (v *viewer) send(f frame.Frame) frame.Frame {
	v.n++
	v.last, v.linked = nil, nil
	v.r.Receive(frame.Append(nil, v.n, f))
	return v.last
}

func (v *viewer) refused(f frame.Frame, want string) {
	v.t.Helper()
	before, events := v.head, v.log.Len()
	got, ok := v.send(f).(frame.Refused)
	if !ok || !strings.Contains(got.Why, want) {
		v.t.Errorf("%T was answered with %#v, want a refusal that says %q", f, v.last, want)
	}
	if v.head != before || v.log.Len() != events {
		v.t.Errorf("a refused %T changed the run", f)
	}
}

func (v *viewer) digest() trace.Digest {
	var d trace.Digest
	for i := range v.log.Len() {
		d = d.Add(v.log.At(i))
	}
	return d
}

func (v *viewer) open(script string) {
	v.t.Helper()
	if _, ok := v.send(frame.Open{Script: script}).(frame.Opened); !ok {
		v.t.Fatalf("Open was answered with %#v", v.last)
	}
}

const opening = "engine raft\nnodes 5\nseed 3\nat 400ms request c1: set x 3\n"

// TestRunArrivesWhole advances a run in small and large pieces and finds the digest
// that the worker claims in what arrived.
func TestRunArrivesWhole(t *testing.T) {
	for _, piece := range []uint32{1, 100, AdvanceMax} {
		v := newViewer(t)
		v.open(opening)
		for v.head.Time < 2*consensus.Second {
			v.send(frame.Advance{Until: 2 * consensus.Second, Events: piece})
		}
		if v.log.Len() != int(v.head.Events) || uint64(v.digest()) != v.head.Digest {
			t.Errorf("pieces of %d: %d events with digest %v arrived, the head has %d with %016x",
				piece, v.log.Len(), v.digest(), v.head.Events, v.head.Digest)
		}
		leads, texts := false, strings.Join(v.log.Texts(), "\n")
		for i := range v.log.Len() {
			e := v.log.At(i)
			leads = leads || e.Kind == trace.Role && v.opened.Protocol.Roles[e.Sub].Leads
		}
		if !leads || !strings.Contains(texts, "set x 3") {
			t.Errorf("pieces of %d: no leader in two seconds, or no command among the texts %q", piece, texts)
		}
	}
}

// TestActingInThePastForks acts before the head and finds the run that a recording
// with that action has from the beginning.
func TestActingInThePastForks(t *testing.T) {
	v := newViewer(t)
	v.open(opening)
	v.send(frame.Advance{Until: 3 * consensus.Second, Events: AdvanceMax})
	long := v.log.Len()
	act := scenario.Action{At: consensus.Second, Kind: scenario.Crash, Node: 2}
	acted, ok := v.send(frame.Act{Action: act}).(frame.Acted)
	if !ok || !acted.Forked || int(acted.Kept) >= long || acted.Line != act.String() {
		t.Fatalf("acting in the past was answered with %#v", v.last)
	}
	if e := v.log.At(int(acted.Kept)); e.Kind != trace.Crash || e.T != consensus.Second || e.Node != 2 {
		t.Errorf("behind what stays comes %v, want the crash", e)
	}
	v.send(frame.Advance{Until: 3 * consensus.Second, Events: AdvanceMax})
	script, ok := v.send(frame.GetScript{}).(frame.Script)
	if !ok {
		t.Fatalf("GetScript was answered with %#v", v.last)
	}

	again := newViewer(t)
	again.open(script.Text)
	again.send(frame.Advance{Until: 3 * consensus.Second, Events: AdvanceMax})
	if again.head != v.head || again.digest() != v.digest() || uint64(v.digest()) != v.head.Digest {
		t.Errorf("the recording gives %v and %v, the fork had %v and %v", again.head, again.digest(), v.head, v.digest())
	}
}

func TestInspect(t *testing.T) {
	v := newViewer(t)
	v.open(opening)
	v.send(frame.Advance{Until: consensus.Second, Events: AdvanceMax})
	seen := map[consensus.MessageKind]bool{}
	for i := range v.log.Len() {
		e := v.log.At(i)
		kind := consensus.MessageKind(e.Sub)
		if e.Kind != trace.Send || seen[kind] {
			continue
		}
		seen[kind] = true
		// The step of the Send may have later events; two further on it is over or
		// the message is still on its way.
		after := i + 1
		for v.log.At(after).T == e.T {
			after++
		}
		d, ok := v.send(frame.Inspect{After: uint32(after), Message: e.ID}).(frame.Detail)
		if !ok || len(d.Fields) == 0 || d.Message != e.ID {
			t.Errorf("message %d of kind %d: %#v", e.ID, kind, v.last)
		}
	}
	if len(seen) < 6 {
		t.Errorf("only %d kinds of messages in a second", len(seen))
	}
	d, ok := v.send(frame.Inspect{After: v.head.Events, Node: 3}).(frame.Detail)
	names := ""
	for _, f := range d.Fields {
		names += f.Name + " "
	}
	if !ok || !strings.Contains(names, "currentTerm") {
		t.Errorf("node 3 has the fields %q", names)
	}
	v.refused(frame.Inspect{After: 1, Message: 999999}, "not in flight")
	v.send(frame.Act{Action: scenario.Action{At: consensus.Second, Kind: scenario.Crash, Node: 3}})
	v.refused(frame.Inspect{After: v.head.Events, Node: 3}, "does not run")
}

func TestWhatIsRefused(t *testing.T) {
	v := newViewer(t)
	v.refused(frame.Advance{Until: 1, Events: 1}, "no run is open")
	v.refused(frame.Open{Script: "engine zab"}, "zab")
	v.open(opening)
	v.send(frame.Advance{Until: consensus.Second, Events: AdvanceMax})
	v.refused(frame.Open{Script: "nodes 10"}, "at most 9")
	v.refused(frame.Open{Script: "nodes 0"}, "nodes")
	v.refused(frame.Act{Action: scenario.Action{At: consensus.Second, Kind: scenario.Crash, Node: 7}}, "n")
	v.refused(frame.Act{Action: scenario.Action{At: -1, Kind: scenario.Crash, Node: 1}}, "moment")
	v.refused(frame.Act{Action: scenario.Action{At: consensus.Second, Kind: scenario.Restart, Node: 1}}, "N1")
	v.refused(frame.Act{Action: scenario.Action{At: consensus.Second, Kind: scenario.Drop, Message: 1}}, "flight")
	v.refused(frame.ActLine{At: consensus.Second, Text: "crash n7"}, "n1 to n5")
	v.refused(frame.ActLine{At: -1, Text: "crash n1"}, "lasts 0s")
	v.refused(frame.ActLine{At: consensus.Second, Text: "crash n1\nat 2s crash n2"}, "one line")
	v.refused(frame.ActLine{At: consensus.Second}, "missing")
	v.refused(frame.Ready{}, "not a command")
	v.n = 0
	for _, b := range [][]byte{nil, {1}, {9, 9, 9}, {frame.Version, 200, 0, 0, 0, 0}} {
		v.last = nil
		v.r.Receive(b)
		if _, ok := v.last.(frame.Refused); !ok {
			t.Errorf("%v was answered with %#v", b, v.last)
		}
	}
}

// Opened says what the script means, its actions excepted.
func TestOpenedIsTheScriptAsItIsUnderstood(t *testing.T) {
	v := newViewer(t)
	v.open("title How\nengine raft\nnodes 3\nseed 9\noption heartbeat 40ms\noff raft.vote-once\nfor 10s\nat 0s mark it begins\nat 1s crash n1\n")
	o := v.opened
	want, err := scenario.Parse(o.Script)
	if err != nil {
		t.Fatal(err)
	}
	got := scenario.Script{Title: o.Title, Setup: o.Setup, For: o.For, Markers: o.Markers, Actions: want.Actions}
	if got.String() != o.Script || len(want.Markers) != 1 || want.Setup.Seed != 9 {
		t.Errorf("the parts say\n%s\nthe script\n%s", got, o.Script)
	}
}

// An action in words is the action.
func TestActLineIsAct(t *testing.T) {
	v := newViewer(t)
	v.open(opening)
	v.send(frame.Advance{Until: consensus.Second, Events: AdvanceMax})
	acted, ok := v.send(frame.ActLine{At: 300 * consensus.Millisecond, Text: "partition n1 n2 | n3 n4 n5"}).(frame.Acted)
	if !ok || !acted.Forked || acted.Line != "at 300ms partition n1 n2 | n3 n4 n5" {
		t.Errorf("ActLine was answered with %#v", v.last)
	}
}

// TestARecordingStaysWritable acts until the recording would no longer fit into a
// script: that action is refused, and the script can still be had.
func TestARecordingStaysWritable(t *testing.T) {
	v := newViewer(t)
	v.open(opening)
	long := "set x " + strings.Repeat("y", consensus.CommandMax-6)
	for i := range 2000 {
		at := consensus.Time(i+1) * consensus.Second
		v.send(frame.Advance{Until: at, Events: 1000})
		answer := v.send(frame.Act{Action: scenario.Action{At: at, Kind: scenario.Request, Node: consensus.Client(1), Text: long}})
		if _, ok := answer.(frame.Refused); ok {
			if script, ok := v.send(frame.GetScript{}).(frame.Script); !ok || len(script.Text) > frame.ScriptMax {
				t.Errorf("after %d actions GetScript was answered with %T", i, v.last)
			}
			return
		}
	}
	t.Error("two thousand long requests were all taken")
}

// FuzzReceive sends a Runner with a run whatever comes: it answers in frames and does
// not panic.
func FuzzReceive(f *testing.F) {
	act := scenario.Action{At: 300 * consensus.Millisecond, Kind: scenario.Partition, Groups: []consensus.NodeSet{{2}}}
	for _, c := range []frame.Frame{
		frame.Open{Script: opening}, frame.Advance{Until: consensus.Second, Events: 50}, frame.Act{Action: act},
		frame.ActLine{At: consensus.Second / 5, Text: "crash n1"},
		frame.Inspect{After: 20, Node: 1}, frame.GetScript{},
	} {
		f.Add(frame.Append(nil, 1, c))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := New(func(b []byte) {
			if _, _, err := frame.Decode(b); err != nil {
				t.Errorf("said what is no frame: %v", err)
			}
		})
		r.Receive(frame.Append(nil, 1, frame.Open{Script: opening}))
		r.Receive(frame.Append(nil, 2, frame.Advance{Until: consensus.Second / 4, Events: 500}))
		r.Receive(b)
		r.Receive(frame.Append(nil, 3, frame.GetScript{}))
	})
}

// The worker begins by saying what it has, so that a page can offer it.
func TestReadyListsWhatThereIs(t *testing.T) {
	var said []frame.Frame
	New(func(b []byte) {
		_, f, err := frame.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, f)
	}).Ready()
	ready, ok := said[0].(frame.Ready)
	if !ok || len(said) != 1 {
		t.Fatalf("said %v", said)
	}
	known := registry.Known()
	if len(ready.Protocols) != len(known.Protocols) || !slices.Equal(ready.Machines, known.Machines) {
		t.Fatalf("%d algorithms and the machines %v, want %d and %v", len(ready.Protocols), ready.Machines, len(known.Protocols), known.Machines)
	}
	for i, p := range known.Protocols {
		if got := &ready.Protocols[i]; got.Name != p.Name || len(got.Rules) != len(p.Rules) || len(got.Words) != len(p.Words) {
			t.Errorf("algorithm %d is %q, want %q with all its tables", i, got.Name, p.Name)
		}
	}
}
