package hosting_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"

	"pgregory.net/rapid"
)

// examples holds a frame of each type, and an input of each kind.
func examples() []hosting.Frame {
	at := hosting.Place{Node: 3, Boot: 2, Seq: 300}
	settings := consensus.Settings{Off: 5, Options: []int64{1, -2}}
	work := func(in consensus.Input) *hosting.Work {
		in.Now = 7
		return &hosting.Work{Place: at, Quiet: true, At: 9, Input: in}
	}
	start := work(consensus.Input{Kind: consensus.InputStart, Disk: []byte("disk")})
	start.Disk = hosting.Disk{Size: 4, Hash: 1 << 60, Given: true}
	start.Config = hosting.Config{Nodes: consensus.SetOf(1, 100), Seed: 1<<64 - 1, Settings: settings, Machine: "kv"}
	var fx consensus.Effects
	fx.Write, fx.Replace, fx.Loose = []byte("write"), true, true
	fx.Send(consensus.Message{To: 1, Kind: 16, Flags: 1, Term: 5}, append(fx.Buffer(), "data"...))
	fx.Resend(consensus.Message{To: 2, Kind: 16, Flags: 1, Term: 5})
	fx.Send(consensus.Message{To: 4, Kind: 17}, fx.Buffer())
	fx.Set(1, 300)
	fx.Cancel(2)
	fx.Answer(consensus.Reply{Client: consensus.Client(1), Seq: 8, Status: consensus.StatusDone, Leader: 3}, []byte("result"))
	fx.Note(consensus.Note{Kind: consensus.NoteRule, Peer: 1, Sub: 2, Rule: 300, Term: 4, A: 5, B: 6, C: 7, D: 8})
	return []hosting.Frame{
		&hosting.Hello{
			Room: "r", Token: "t", Name: "n", Instance: 1 << 63, Engines: []hosting.Engine{{Name: "raft", Epoch: 1, World: 2}},
			Events: 300, Texts: 4, Actions: 5, Nodes: []hosting.Place{at},
		},
		start,
		work(consensus.Input{Kind: consensus.InputMessage, Message: consensus.Message{From: 1, To: 3, Kind: 16, Flags: 2, Term: 9, Data: []byte("m")}}),
		work(consensus.Input{Kind: consensus.InputTimer, Timer: 1}),
		work(consensus.Input{Kind: consensus.InputRequest, Request: consensus.Request{Client: consensus.Client(1), Seq: 2, Command: []byte("get x")}}),
		work(consensus.Input{Kind: consensus.InputConfigure, Settings: settings}),
		&hosting.Done{Place: at, Effects: fx},
		hosting.WantDisk{Place: at},
		hosting.Forget{Node: 3},
		hosting.Bye{},
		hosting.Ask{},
		hosting.Here{},
	}
}

// told is all of an effects that leaves the engine.
func told(fx consensus.Effects) consensus.Effects {
	return consensus.Effects{Write: fx.Write, Replace: fx.Replace, Loose: fx.Loose, Messages: fx.Messages, Timers: fx.Timers, Replies: fx.Replies, Notes: fx.Notes}
}

// Every frame reads back; a part of it, or more than it, does not.
func TestFramesReadBack(t *testing.T) {
	for _, f := range examples() {
		b := hosting.Append(nil, f)
		got, err := hosting.Decode(bytes.Clone(b))
		if err != nil {
			t.Fatalf("%#v: %v", f, err)
		}
		if again := hosting.Append(nil, got); !bytes.Equal(again, b) {
			t.Errorf("%#v is written again as\n%x, it was\n%x", f, again, b)
		}
		if d, ok := f.(*hosting.Done); ok {
			e := got.(*hosting.Done)
			if want, have := told(d.Effects), told(e.Effects); !same(want, have) || d.Place != e.Place {
				t.Errorf("read\n%+v, want\n%+v", have, want)
			}
		} else if !reflect.DeepEqual(got, f) {
			t.Errorf("read %#v, want %#v", got, f)
		}
		for n := range b {
			if _, err := hosting.Decode(b[:n]); !errors.Is(err, frame.ErrFrame) {
				t.Errorf("%d bytes of %d of %T were taken: %v", n, len(b), f, err)
			}
		}
		if _, err := hosting.Decode(append(b, 0)); !errors.Is(err, frame.ErrFrame) {
			t.Errorf("a byte too many of %T was taken", f)
		}
		if hosting.IsFrame(b) {
			t.Errorf("%T is taken for a frame of the page", f)
		}
	}
}

// same compares effects; an empty slice is as good as none.
func same(a, b consensus.Effects) bool {
	messages := func(list []consensus.Message) []consensus.Message {
		list = append([]consensus.Message(nil), list...)
		for i := range list {
			list[i].Data = append([]byte{}, list[i].Data...)
		}
		return list
	}
	a.Messages, b.Messages = messages(a.Messages), messages(b.Messages)
	return reflect.DeepEqual(a, b)
}

// A broadcast is sent once, and is one piece of memory again when it was read.
func TestABroadcastHasItsDataOnce(t *testing.T) {
	data := bytes.Repeat([]byte("x"), 1000)
	var fx consensus.Effects
	fx.Send(consensus.Message{To: 1, Kind: 16}, append(fx.Buffer(), data...))
	for to := consensus.NodeID(2); to < 10; to++ {
		fx.Resend(consensus.Message{To: to, Kind: 16})
	}
	b := hosting.Append(nil, &hosting.Done{Effects: fx})
	if len(b) > 1200 {
		t.Errorf("nine messages with the same 1,000 bytes take %d bytes", len(b))
	}
	f, err := hosting.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	list := f.(*hosting.Done).Effects.Messages
	if len(list) != 9 || &list[8].Data[0] != &list[0].Data[0] {
		t.Error("the messages that were read do not share their data")
	}
}

// What another version sends is told apart from what is merely wrong.
func TestOld(t *testing.T) {
	b := hosting.Append(nil, hosting.Bye{})
	if hosting.Old(b) {
		t.Error("a frame of this version is taken for an old one")
	}
	b[0]--
	if _, err := hosting.Decode(b); !hosting.Old(b) || !errors.Is(err, frame.ErrFrame) {
		t.Errorf("a frame of another version is read: %v", err)
	}
}

// FuzzDecode: whatever the bytes, Decode answers with ErrFrame or with a frame that is
// written as it was read.
func FuzzDecode(f *testing.F) {
	for _, e := range examples() {
		f.Add(hosting.Append(nil, e))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := hosting.Decode(bytes.Clone(b))
		if err != nil {
			if !errors.Is(err, frame.ErrFrame) || got != nil {
				t.Fatalf("%v, %v", got, err)
			}
			return
		}
		again := hosting.Append(nil, got)
		if d, ok := got.(*hosting.Done); ok && len(d.Effects.Messages) > 0 {
			return // a message may repeat the one before without saying so
		}
		if !bytes.Equal(again, b) {
			t.Fatalf("%x is written again as %x", b, again)
		}
	})
}

// Random bytes behind a right head are refused in time and without a crash.
func TestNonsenseIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "body")
		kind := rapid.ByteRange(60, 75).Draw(t, "kind")
		_, _ = hosting.Decode(append([]byte{hosting.Version, kind}, body...))
	})
}
