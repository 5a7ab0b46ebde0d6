package frame_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

func anyNode() *rapid.Generator[consensus.NodeID] {
	return rapid.Map(rapid.Byte(), func(b byte) consensus.NodeID { return consensus.NodeID(b) })
}

func anyTime() *rapid.Generator[consensus.Time] {
	return rapid.Map(rapid.Int64(), func(v int64) consensus.Time { return consensus.Time(v) })
}

// anyString generates texts, those that are not text among them.
func anyString() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 300), func(b []byte) string { return string(b) }))
}

// listOf generates a list; an empty one is nil, as Decode makes it.
func listOf[T any](t *rapid.T, name string, each func() T) []T {
	var list []T
	for range rapid.IntRange(0, 4).Draw(t, name) {
		list = append(list, each())
	}
	return list
}

func anyProtocol(t *rapid.T) consensus.Protocol {
	s := func() string { return anyString().Draw(t, "s") }
	flag := func() bool { return rapid.Bool().Draw(t, "flag") }
	kind := func() consensus.MessageKind { return consensus.MessageKind(rapid.Byte().Draw(t, "kind")) }
	value := func() int64 { return rapid.Int64().Draw(t, "value") }
	return consensus.Protocol{
		Name: s(), Title: s(), Epoch: rapid.Uint32().Draw(t, "epoch"), TermWord: s(), IndexWord: s(),
		Rules: listOf(t, "rules", func() consensus.Rule {
			return consensus.Rule{ID: s(), Source: s(), Says: s(), Protects: s(), Switchable: flag(), Without: s(), Tells: listOf(t, "tells", s), Quiet: rapid.Uint32().Draw(t, "quiet")}
		}),
		Invariants: listOf(t, "invariants", func() consensus.Invariant {
			return consensus.Invariant{ID: s(), Name: s(), Source: s(), Says: s(), Broken: s()}
		}),
		Messages: listOf(t, "messages", func() consensus.MessageInfo {
			return consensus.MessageInfo{Kind: kind(), Name: s(), Short: s(), Says: s(), Reply: kind()}
		}),
		Roles: listOf(t, "roles", func() consensus.RoleInfo {
			return consensus.RoleInfo{Name: s(), Leads: flag(), Seeks: flag(), Says: s()}
		}),
		Timers: listOf(t, "timers", func() consensus.TimerInfo { return consensus.TimerInfo{Name: s(), Arc: flag(), Says: s()} }),
		Options: listOf(t, "options", func() consensus.OptionInfo {
			return consensus.OptionInfo{Name: s(), Label: s(), Unit: s(), Default: value(), Min: value(), Max: value(), Says: s()}
		}),
		Code: listOf(t, "code", func() consensus.CodeLine {
			return consensus.CodeLine{Block: s(), Text: s(), Indent: rapid.Byte().Draw(t, "indent"), Rules: listOf(t, "rules", s)}
		}),
	}
}

func anyAction(t *rapid.T) scenario.Action {
	return scenario.Action{
		At: anyTime().Draw(t, "at"), Kind: scenario.ActionKind(rapid.Byte().Draw(t, "kind")),
		Node: anyNode().Draw(t, "node"), Peer: anyNode().Draw(t, "peer"),
		Timer: consensus.TimerID(rapid.Byte().Draw(t, "timer")), Dial: scenario.Dial(rapid.Byte().Draw(t, "dial")),
		Message: rapid.Uint32().Draw(t, "message"), Drift: rapid.Int32().Draw(t, "drift"), Value: rapid.Int64().Draw(t, "value"),
		Groups: listOf(t, "groups", func() consensus.NodeSet {
			return consensus.NodeSet{rapid.Uint64().Draw(t, "low"), rapid.Uint64().Draw(t, "high")}
		}),
		Text: anyString().Draw(t, "text"),
	}
}

func anySetup(t *rapid.T) scenario.Setup {
	s := scenario.Setup{
		Engine: anyString().Draw(t, "engine"), Machine: anyString().Draw(t, "machine"),
		Nodes: int(rapid.Uint32().Draw(t, "nodes")), Clients: int(rapid.Uint32().Draw(t, "clients")), Seed: rapid.Uint64().Draw(t, "seed"),
		Options: listOf(t, "options", func() scenario.Option {
			return scenario.Option{Name: anyString().Draw(t, "name"), Value: rapid.Int64().Draw(t, "value")}
		}),
		Off: listOf(t, "off", func() string { return anyString().Draw(t, "rule") }),
	}
	for d := 1; d < len(s.Dials); d++ {
		s.Dials[d] = rapid.Int64().Draw(t, "dial")
	}
	disk := rapid.SliceOfN(rapid.Byte(), 1, 50)
	for id := range rapid.IntRange(0, 3).Draw(t, "disks") {
		if s.Disks == nil {
			s.Disks = map[consensus.NodeID][]byte{}
		}
		s.Disks[consensus.NodeID(40*id+1)] = disk.Draw(t, "disk")
	}
	return s
}

func anyEvents(t *rapid.T) []byte {
	var b []byte
	for range rapid.IntRange(0, 5).Draw(t, "events") {
		e := trace.Event{
			Kind: trace.Kind(rapid.IntRange(1, trace.Kinds-1).Draw(t, "kind")),
			T:    consensus.Time(rapid.Int64Min(0).Draw(t, "t")), A: rapid.Uint32().Draw(t, "a"),
		}
		b = e.Append(b)
	}
	return b
}

func anyRoom(t *rapid.T) frame.Room {
	number := func() uint32 { return rapid.Uint32().Draw(t, "number") }
	return frame.Room{
		Title: anyString().Draw(t, "title"), Owner: number(), Open: rapid.Bool().Draw(t, "open"),
		State: frame.RoomState(rapid.IntRange(0, int(frame.Over)).Draw(t, "state")), Pace: rapid.Uint64().Draw(t, "pace"),
		Hurry: rapid.Bool().Draw(t, "hurry"), Waiting: anyNode().Draw(t, "waiting"),
		Members: listOf(t, "members", func() frame.Member {
			return frame.Member{Number: number(), Name: rapid.StringN(0, -1, frame.NameMax).Draw(t, "name"), Here: rapid.Bool().Draw(t, "here")}
		}),
		Seats: listOf(t, "seats", func() frame.Seat {
			return frame.Seat{Member: number(), State: frame.SeatState(rapid.IntRange(0, int(frame.SeatGone)).Draw(t, "state")), Latency: number()}
		}),
	}
}

// anyFrame generates a frame of any type.
func anyFrame() *rapid.Generator[frame.Frame] {
	return rapid.Custom(func(t *rapid.T) frame.Frame {
		number := func() uint32 { return rapid.Uint32().Draw(t, "number") }
		s := func() string { return anyString().Draw(t, "text") }
		short := func() string { return rapid.StringN(0, -1, frame.NameMax).Draw(t, "short") }
		switch rapid.IntRange(0, 30).Draw(t, "type") {
		case 22:
			return frame.ActLine{At: anyTime().Draw(t, "at"), Text: s()}
		case 23:
			return frame.Join{Address: short(), Room: short(), Token: short(), Name: short()}
		case 24:
			return frame.Leave{}
		case 25:
			verb := frame.Verb(rapid.IntRange(int(frame.Play), int(frame.Remove)).Draw(t, "verb"))
			return frame.Conduct{Verb: verb, Node: anyNode().Draw(t, "node"), Member: number(), Value: rapid.Uint64().Draw(t, "value"), Text: short()}
		case 26:
			return frame.Joined{Room: short(), Token: short(), Member: number(), Ping: number() % (frame.PingMax + 1)}
		case 27:
			return anyRoom(t)
		case 28:
			return frame.Did{Member: number(), Why: frame.Reason(rapid.IntRange(0, int(frame.TabWrong)).Draw(t, "why")), Line: s()}
		case 29:
			return frame.Line{State: frame.LineState(rapid.IntRange(0, int(frame.Closed)).Draw(t, "state")), Code: number(), Why: s(), Again: number()}
		case 0:
			return frame.Open{Script: s()}
		case 1:
			return frame.Advance{Until: anyTime().Draw(t, "until"), Events: number()}
		case 2:
			return frame.Act{Action: anyAction(t)}
		case 3:
			return frame.Inspect{After: number(), Node: anyNode().Draw(t, "node"), Message: number()}
		case 4:
			return frame.GetScript{}
		case 5:
			return frame.Ready{Build: s()}
		case 6:
			return frame.Opened{
				Protocol: anyProtocol(t), Script: s(), Title: s(), Setup: anySetup(t), For: anyTime().Draw(t, "for"),
				Markers: listOf(t, "markers", func() scenario.Marker { return scenario.Marker{At: anyTime().Draw(t, "at"), Caption: s()} }),
			}
		case 7:
			return frame.Events{First: number(), Events: anyEvents(t), FirstText: number(), Texts: listOf(t, "texts", s)}
		case 8:
			return frame.Head{
				Time: anyTime().Draw(t, "time"), Events: number(), Digest: rapid.Uint64().Draw(t, "digest"),
				State: frame.HeadState(rapid.IntRange(0, int(frame.Full)).Draw(t, "state")),
			}
		case 9:
			return frame.Acted{Line: s(), Kept: number(), Forked: rapid.Bool().Draw(t, "forked")}
		case 10:
			return frame.Refused{Why: s()}
		case 11:
			return frame.Detail{After: number(), Node: anyNode().Draw(t, "node"), Message: number(), Fields: listOf(t, "fields", func() consensus.Field {
				return consensus.Field{Group: s(), Name: s(), Value: s()}
			})}
		case 12:
			return frame.Script{Text: s()}
		case 13:
			return frame.OpenLink{Link: s(), Anyway: rapid.Bool().Draw(t, "anyway")}
		case 14:
			return frame.Verify{Events: number()}
		case 15:
			return frame.GetLink{Until: anyTime().Draw(t, "until"), Title: s(), Markers: listOf(t, "markers", func() scenario.Marker {
				return scenario.Marker{At: anyTime().Draw(t, "at"), Caption: s()}
			})}
		case 16:
			return frame.GetLibrary{}
		case 17:
			return frame.Wanted{Engine: s(), Epoch: number(), World: number()}
		case 18:
			return frame.Linked{
				Recorded: rapid.Bool().Draw(t, "recorded"), Epoch: number(), World: number(), End: anyTime().Draw(t, "end"), At: anyTime().Draw(t, "at"),
				Timed: rapid.Bool().Draw(t, "timed"), Until: anyTime().Draw(t, "until"), View: listOf(t, "view", s),
			}
		case 19:
			return frame.Verdict{
				State: frame.VerdictState(rapid.IntRange(0, int(frame.Stopped)).Draw(t, "state")), Action: number(),
				At: anyTime().Draw(t, "at"), True: anyTime().Draw(t, "true"), Events: number(),
			}
		case 20:
			return frame.Link{Code: s(), Fits: rapid.Bool().Draw(t, "fits"), Text: s()}
		case 21:
			return frame.Library{Entries: listOf(t, "entries", func() frame.LibraryEntry {
				return frame.LibraryEntry{Name: s(), Engine: s(), Title: s(), Summary: s()}
			})}
		}
		return frame.Failed{Why: s(), Stack: s()}
	})
}

// Every frame reads back; a part of it, or more than it, does not.
func TestFramesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFrame().Draw(t, "frame")
		request := rapid.Uint32().Draw(t, "request")
		b := frame.Append([]byte("before"), request, f)[len("before"):]
		gotRequest, got, err := frame.Decode(bytes.Clone(b))
		if err != nil || gotRequest != request || !reflect.DeepEqual(got, f) {
			t.Fatalf("%d %#v, %v\nwant %d %#v", gotRequest, got, err, request, f)
		}
		n := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, f, err := frame.Decode(b[:n]); !errors.Is(err, frame.ErrFrame) || f != nil {
			t.Fatalf("%d bytes of %d were taken: %v", n, len(b), err)
		}
		if _, f, err := frame.Decode(append(b, 0)); !errors.Is(err, frame.ErrFrame) || f != nil {
			t.Fatalf("a byte too many was taken: %v", err)
		}
	})
}

// Nothing in a decoded frame but Events.Events changes with the bytes it was read from.
func TestDecodeKeepsNoBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFrame().Draw(t, "frame")
		if _, ok := f.(frame.Events); ok {
			return
		}
		b := frame.Append(nil, 0, f)
		_, got, err := frame.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] = ^b[i]
		}
		if !reflect.DeepEqual(got, f) {
			t.Fatalf("%#v became %#v", f, got)
		}
	})
}

func TestMalformedFramesAreRefused(t *testing.T) {
	head := func(kind byte, body ...byte) []byte { return append([]byte{frame.Version, kind, 0, 0, 0, 0}, body...) }
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}
	badEvent := (&trace.Event{Kind: trace.Send}).Append(nil)
	badEvent[39] = 1
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "it is too short"},
		{"no body", []byte{frame.Version, 1, 0, 0, 0}, "it is too short"},
		{"another version", []byte{frame.Version + 1, 5, 0, 0, 0, 0}, "it has version 7, known here is 6"},
		{"unknown type", head(99), "its type 99 is unknown"},
		{"type 0", head(0), "its type 0 is unknown"},
		{"a body where none is", head(5, 1), "1 bytes are left over"},
		{"text cut short", head(1, 5, 'a'), "it ends too early"},
		{"text too large", head(1, 0x81, 0x80, 0x40), "a list or text has 1048577 elements, at most 1048576 are allowed"},
		{"text of 2^64-1", head(1, huge...), "a list or text has 18446744073709551615 elements"},
		{"number too long", head(1, append([]byte{0x80}, huge...)...), "a number is not in its shortest form, or too large"},
		{"number with a zero", head(1, 0x80, 0), "a number is not in its shortest form"},
		{"number cut short", head(1, 0x80), "it ends too early"},
		{"32 bits exceeded", head(2, 0, 0x80, 0x80, 0x80, 0x80, 0x10), "a number is too large"},
		{"flag 2", head(36, 0, 0, 2), "a flag is neither 0 nor 1"},
		{"state 3", head(35, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3), "a run's state is unknown"},
		{"drift of 33 bits", head(3, 0, 1, 1, 0, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 0, 0), "a drift is out of range"},
		{"nine groups", head(3, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9), "a list or text has 9 elements, at most 8 are allowed"},
		{"command too long", head(3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0x81, 8), "a list or text has 1025 elements, at most 1024 are allowed"},
		{"an event cut short", head(34, append([]byte{0, 1}, make([]byte, 39)...)...), "it ends too early"},
		{"a malformed event", head(34, append([]byte{0, 1}, append(badEvent, 0, 0)...)...), "an event is malformed"},
		{"too many events", head(34, 0, 0x81, 0x80, 1), "a list or text has 16385 elements, at most 16384 are allowed"},
		{"too many fields", head(38, 0, 0, 0, 0x81, 0x20), "a list or text has 4097 elements, at most 4096 are allowed"},
		{"more fields than bytes", head(38, 0, 0, 0, 0x80, 0x20), "it ends too early"},
		{"too long", make([]byte, frame.SizeMax+1), "it is too long"},
	} {
		_, f, err := frame.Decode(c.b)
		if !errors.Is(err, frame.ErrFrame) || f != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// A few bytes that claim to be many must not make Decode ask for memory.
func TestDecodeAllocatesLittleForLittle(t *testing.T) {
	lies := [][]byte{
		{frame.Version, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x20},
		{frame.Version, 1, 0, 0, 0, 0, 0x80, 0x80, 0x40},
		{frame.Version, 38, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x20},
		{frame.Version, 34, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x80, 1},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		for _, b := range lies {
			if _, _, err := frame.Decode(b); err == nil {
				t.Fatalf("%x was taken", b)
			}
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 400<<10 {
		t.Errorf("%d bytes allocated for 400 short frames", n)
	}
}

func TestAppendRefusesItsCallersMistakes(t *testing.T) {
	for name, f := range map[string]frame.Frame{
		"script":  frame.Open{Script: strings.Repeat("#", frame.ScriptMax+1)},
		"command": frame.Act{Action: scenario.Action{Text: strings.Repeat("x", consensus.CommandMax+1)}},
		"groups":  frame.Act{Action: scenario.Action{Groups: make([]consensus.NodeSet, scenario.GroupsMax+1)}},
		"events":  frame.Events{Events: bytes.Repeat((&trace.Event{Kind: trace.Send}).Append(nil), frame.EventsMax+1)},
		"bytes":   frame.Events{Events: []byte{1}},
		"texts":   frame.Events{Texts: make([]string, frame.EventsMax+1)},
		"size":    frame.Events{Texts: slicesRepeat(strings.Repeat("x", frame.TextMax), 300)},
		"state":   frame.Head{State: 3},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Append did not panic", name)
				}
			}()
			frame.Append(nil, 0, f)
		}()
	}
	// What tells of a failure must itself not fail.
	long := strings.Repeat("é", frame.TextMax)
	_, f, err := frame.Decode(frame.Append(nil, 0, frame.Failed{Why: "x" + long, Stack: long}))
	failed, ok := f.(frame.Failed)
	if err != nil || !ok || len(failed.Why) != frame.TextMax-1 || !utf8.ValidString(failed.Why) || len(failed.Stack) != frame.TextMax {
		t.Errorf("%d and %d bytes, %v", len(failed.Why), len(failed.Stack), err)
	}
	if _, _, err := frame.Decode(frame.Append(nil, 0, frame.Refused{Why: long})); err != nil {
		t.Error(err)
	}
}

func slicesRepeat(s string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

// The largest frames that the bounds allow go through.
func TestLargestFrames(t *testing.T) {
	if frame.ScriptMax != scenario.TextMax {
		t.Errorf("a script has %d bytes at most, its text form %d", frame.ScriptMax, scenario.TextMax)
	}
	for _, f := range []frame.Frame{
		frame.Open{Script: strings.Repeat("#", frame.ScriptMax)},
		frame.Events{First: math.MaxUint32, Events: bytes.Repeat((&trace.Event{Kind: trace.Send}).Append(nil), frame.EventsMax), Texts: slicesRepeat("x", frame.EventsMax)},
		frame.Act{Action: scenario.Action{Kind: scenario.Request, Text: strings.Repeat("\xff", consensus.CommandMax), Value: math.MinInt64, Drift: math.MinInt32, At: math.MaxInt64}},
	} {
		if _, got, err := frame.Decode(frame.Append(nil, math.MaxUint32, f)); err != nil || !reflect.DeepEqual(got, f) {
			t.Errorf("%T: %v", f, err)
		}
	}
}

// FuzzDecode: whatever the bytes, Decode answers with ErrFrame or with a frame that is
// encoded to exactly these bytes.
func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		f.Add(frame.Append(nil, 7, g.frame))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		request, got, err := frame.Decode(b)
		if err != nil {
			if !errors.Is(err, frame.ErrFrame) || got != nil || request != 0 {
				t.Fatalf("%v with %v", err, got)
			}
			return
		}
		if again := frame.Append(nil, request, got); !bytes.Equal(again, b) {
			t.Fatalf("%x became %x", b, again)
		}
	})
}
