package frame_test

import (
	"encoding/hex"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

var update = flag.Bool("update", false, "write the golden files of a new version; never changes those that exist")

// protocol has something in each field.
var protocol = consensus.Protocol{
	Name: "raft", Title: "Raft", Epoch: 7, TermWord: "term", IndexWord: "index",
	TermNodes: 300, Leaderless: true,
	Slots: true, Quorum: consensus.QuorumInfo{Lead: "le", Decide: "de", Among: "am", Meet: "me"},
	Rules:      []consensus.Rule{{ID: "r", Source: "so", Says: "sa", Protects: "pr", Switchable: true, Without: "wi", Tells: []string{"t1", "t2"}, Quiet: 300}},
	Invariants: []consensus.Invariant{{ID: "i", Name: "na", Source: "so", Says: "sa", Broken: "br"}},
	Messages:   []consensus.MessageInfo{{Kind: 16, Name: "na", Short: "sh", Says: "sa", Reply: 17}},
	Roles:      []consensus.RoleInfo{{Name: "na", Leads: true, Says: "sa"}, {Seeks: true}},
	Timers:     []consensus.TimerInfo{{Name: "na", Arc: true, Says: "sa"}},
	Options:    []consensus.OptionInfo{{Name: "na", Label: "la", Unit: "ms", Default: -1, Min: -2, Max: 3, Says: "sa"}},
	Code:       []consensus.CodeLine{{Block: "bl", Text: "te", Indent: 2, Rules: []string{"r"}}},
	Words:      []consensus.Word{{Concept: "co", Name: "na", Says: "sa"}},
	Headlines:  consensus.Headlines{Beginning: "be", Leads: "le", SeeksOne: "s1", SeeksMany: "sn", Idle: "id", Decided: "de"},
}

// setup has something in each field.
var setup = scenario.Setup{
	Engine: "raft", Machine: "kv", Nodes: 3, Clients: 2, Seed: 1<<64 - 1,
	Dials:   scenario.Dials{0, 10_000_000, 2, 3, 4, 5, 6, 7, 8, 9},
	Options: []scenario.Option{{Name: "heartbeat", Value: -50_000_000}},
	Off:     []string{"raft.vote-once"},
	Disks:   map[consensus.NodeID][]byte{3: {0x0b}, 1: {0x0a, 0x00}},
}

// golden holds a frame of each type with something in each field.
var golden = []struct {
	name  string
	frame frame.Frame
}{
	{"open", frame.Open{Script: "nodes 3\n"}},
	{"advance", frame.Advance{Until: 1_500_000_000, Events: 300}},
	{"act", frame.Act{Action: scenario.Action{
		At: 1_200_000_000, Kind: scenario.Partition, Node: 1, Peer: 2, Timer: 3, Dial: scenario.LossRate, Message: 17,
		Drift: -200, Value: -5_000_000, Groups: []consensus.NodeSet{consensus.SetOf(1, 2), consensus.SetOf(3, 100)}, Text: "set x 3",
	}}},
	{"inspect", frame.Inspect{After: 1000, Node: 4, Message: 18}},
	{"get-script", frame.GetScript{}},
	{"act-line", frame.ActLine{At: 1_200_000_000, Text: "crash n3"}},
	{"ready", frame.Ready{Build: "parley 1", Protocols: []consensus.Protocol{protocol, {Name: "other"}}, Machines: []string{"kv"}}},
	{"opened", frame.Opened{
		Script:   "nodes 3\n",
		Title:    "ti",
		Setup:    setup,
		For:      10_000_000_000,
		Markers:  []scenario.Marker{{At: 2_000_000_000, Caption: "ca"}},
		Protocol: protocol,
	}},
	{"events", frame.Events{
		First: 500, FirstText: 2, Texts: []string{"set x 3", ""},
		Events: (&trace.Event{
			T: 0x0807060504030201, Term: 0x0c0b0a09, ID: 0x100f0e0d, A: 0x14131211, B: 0x18171615, C: 0x1c1b1a19, D: 0x201f1e1d,
			Kind: trace.Deliver, Node: 34, Peer: 35, Sub: 36, Rule: 0x2625, Flags: 39,
		}).Append((&trace.Event{Kind: trace.Send}).Append(nil)),
	}},
	{"head", frame.Head{Time: 1_500_000_000, Events: 501, Digest: 0x0807060504030201, State: frame.Quiet}},
	{"acted", frame.Acted{Line: "at 1s crash n1", Kept: 400, Forked: true}},
	{"refused", frame.Refused{Why: "there are 5 nodes"}},
	{"detail", frame.Detail{After: 9, Node: 1, Message: 2, Fields: []consensus.Field{{Group: "g", Name: "n", Value: "v"}}}},
	{"script", frame.Script{Text: "nodes 3\n"}},
	{"failed", frame.Failed{Why: "w", Stack: "s"}},
	{"open-link", frame.OpenLink{Link: "#1abc", Anyway: true}},
	{"verify", frame.Verify{Events: 300}},
	{"get-link", frame.GetLink{Until: 1_500_000_000, Title: "t", Markers: []scenario.Marker{{At: 7, Caption: "c"}}}},
	{"get-library", frame.GetLibrary{}},
	{"wanted", frame.Wanted{Engine: "raft", Epoch: 300, World: 2}},
	{"linked", frame.Linked{Recorded: true, Epoch: 1, World: 2, End: 3, At: 4, Timed: true, Until: 5, View: []string{"ring", "logs"}}},
	{"verdict", frame.Verdict{State: frame.Differs, Action: 7, At: 1_840_000_000, True: 1_500_000_000, Events: 300}},
	{"link", frame.Link{Code: "1abc", Fits: true, Text: "epoch 1 world 1\n"}},
	{"join", frame.Join{Address: "wss://a", Room: "r", Token: "t", Name: "n"}},
	{"leave", frame.Leave{}},
	{"conduct", frame.Conduct{Verb: frame.Give, Node: 3, Member: 300, Value: 10_000_000, Text: "te"}},
	{"joined", frame.Joined{Room: "r", Token: "t", Member: 300, Ping: 25_000}},
	{"room", frame.Room{
		Title: "ti", Owner: 300, Open: true, State: frame.Paused, Pace: 10_000_000, Hurry: true, Waiting: 3,
		Members: []frame.Member{{Number: 300, Name: "na", Here: true}},
		Seats:   []frame.Seat{{}, {Member: 300, State: frame.SeatAway, Latency: 12_000}},
	}},
	{"did", frame.Did{Member: 300, Why: frame.TabGone, Line: "at 1s crash n1"}},
	{"line", frame.Line{State: frame.Lost, Code: 1006, Why: "w", Again: 300}},
	{"library", frame.Library{Entries: []frame.LibraryEntry{{Name: "n", Engine: "e", Title: "t", Summary: "s"}}}},
}

const bump = `
The bytes of frames are a format that others speak: a relay, a page that was loaded
yesterday, a link. If this change is meant,
  1. raise frame.Version and describe the new body in frame.go,
  2. run this test with -update, which writes testdata/v<version>/,
  3. keep the old files as long as anybody may send the old version.`

// The bytes of each type of frame are as they were when this version was made.
func TestBytesOfThisVersionStay(t *testing.T) {
	dir := filepath.Join("testdata", "v"+strconv.Itoa(frame.Version))
	types := map[reflect.Type]bool{}
	for _, g := range golden {
		types[reflect.TypeOf(g.frame)] = true
		b := frame.Append(nil, 0x01020304, g.frame)
		file := filepath.Join(dir, g.name+".hex")
		want, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) && *update {
			want = []byte(lines(hex.EncodeToString(b)))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			err = os.WriteFile(file, want, 0o644)
		}
		if err != nil {
			t.Fatalf("%v%s", err, bump)
		}
		old, err := hex.DecodeString(strings.Join(strings.Fields(string(want)), ""))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if string(old) != string(b) {
			t.Errorf("%s: version %d had the bytes\n%x\nand now has\n%x%s", g.name, frame.Version, old, b, bump)
		}
		request, got, err := frame.Decode(old)
		if err != nil || request != 0x01020304 || !reflect.DeepEqual(got, g.frame) {
			t.Errorf("%s: the bytes of version %d are now read as\n%#v, %v%s", g.name, frame.Version, got, err, bump)
		}
	}
	if len(types) != 31 {
		t.Errorf("there are golden files for %d types of frames, want 31", len(types))
	}
	// A field that holds its zero value here would not be missed from the bytes.
	for _, g := range golden {
		checkFilled(t, g.name, reflect.ValueOf(g.frame))
	}
}

// checkFilled fails for a field that no example fills.
func checkFilled(t *testing.T, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			checkFilled(t, name+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		if v.Len() == 0 {
			t.Errorf("%s is empty in its golden file", name)
		} else {
			switch v.Type().Elem().Kind() {
			case reflect.Struct:
				all := reflect.New(v.Type().Elem()).Elem() // each field filled in one of them
				for i := range v.Len() {
					for j := range all.NumField() {
						if !v.Index(i).Field(j).IsZero() {
							all.Field(j).Set(v.Index(i).Field(j))
						}
					}
				}
				checkFilled(t, name, all)
			}
		}
	default:
		if v.IsZero() {
			t.Errorf("%s is zero in its golden file", name)
		}
	}
}

// lines breaks hexadecimal digits into lines of 32 bytes.
func lines(s string) string {
	var b strings.Builder
	for len(s) > 64 {
		b.WriteString(s[:64] + "\n")
		s = s[64:]
	}
	return b.String() + s + "\n"
}
