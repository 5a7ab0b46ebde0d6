package scenario_test

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/scenario/scenariotest"

	"pgregory.net/rapid"
)

// Every valid script is read back from its text form exactly.
func TestParseReadsBackWhatStringWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenariotest.Script().Draw(t, "script")
		if err := s.Validate(); err != nil {
			t.Fatalf("the generated script is not valid: %v\n%s", err, s)
		}
		got, err := scenario.Parse(s.String())
		if err != nil {
			t.Fatalf("%v\n%s", err, s)
		}
		if !reflect.DeepEqual(got, s) {
			t.Fatalf("got %#v\nwant %#v\n%s", got, s, s)
		}
	})
}

func TestParseActionReadsBackWhatStringWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		setup := scenariotest.Setup().Draw(t, "setup")
		a := scenariotest.Action(&setup).Draw(t, "action")
		got, err := scenario.ParseAction(a.String(), &setup)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if !reflect.DeepEqual(got, a) {
			t.Fatalf("%s: got %#v, want %#v", a, got, a)
		}
	})
}

// The example in Script's documentation is the form itself, so it must parse.
func TestDocumentedExampleParses(t *testing.T) {
	source, err := os.ReadFile("text.go")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(source)) {
		if strings.HasPrefix(line, "type Script") {
			break
		}
		if line, ok := strings.CutPrefix(line, "//\t"); ok {
			said, _, _ := strings.Cut(line, "  ") // then the remark
			if strings.TrimSpace(said) != "" {
				lines = append(lines, strings.TrimSpace(said))
			}
		}
	}
	s, err := scenario.Parse(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[scenario.ActionKind]bool{}
	for _, a := range s.Actions {
		documented[a.Kind] = true
	}
	if s.Title != "How a leader is elected" || len(documented) != int(scenario.SwitchOn) || len(s.Setup.Disks[1]) != 5 {
		t.Fatalf("read %d kinds of actions of %d and %d bytes on a disk from the documentation:\n%s",
			len(documented), scenario.SwitchOn, len(s.Setup.Disks[1]), s)
	}
}

func TestEmptyScriptIsTheDefaults(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\r\n\t # more\n\n"} {
		s, err := scenario.Parse(text)
		if err != nil || !reflect.DeepEqual(s, scenario.Script{Setup: scenario.Defaults()}) {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

func TestCanonicalForm(t *testing.T) {
	const text = "seed 18446744073709551615\n  title   Two  leaders? \n\tnodes 3\nloss 0.5%   latency 1500us\n" +
		"option b on\noption a 0.05s\noff raft.vote-once\nstored n2 00FF10a0b1\nstored n2 7\x31\nfor 90s\n\n" +
		"at 0 crash N3\nat 1.2034567s request c1 via n2: set x  3\nat 1.2034567s request C1: \"\\x00\"\n" +
		"at 2000ms partition n3 n1 | n2\nat 2s clock n1 offset -5ms drift -200ppm\nat 2s timeout n1 1\nat 2s mark  A  caption: \nat 2s timeout n1 2\nat 3s mark \"\"\nat 3s mark end\n"
	const want = `title Two  leaders?
engine raft
machine kv
nodes 3
clients 1
seed 18446744073709551615
latency 1.5ms jitter 10ms loss 0.5% copies 0% reorder 0%
disk 200us torn 0%
patience 500ms pace 0/s
option b 1
option a 50ms
off raft.vote-once
stored n2 00ff10a0 b171
for 90s
at 0s crash n3
at 1.2034567s request c1 via n2: set x  3
at 1.2034567s request c1: "\x00"
at 2s mark A  caption:
at 2s partition n1 n3 | n2
at 2s clock n1 offset -5ms drift -200ppm
at 2s timeout n1
at 2s timeout n1 2
at 3s mark ""
at 3s mark end
`
	s, err := scenario.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.String(); got != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
}

// Each refusal names its line and says what to do.
func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, c := range []struct{ text, want string }{
		{"nodes 5\nclients 2\n\nat 300ms crash n9", `line 4: "at 300ms crash n9": there are 5 nodes, n1 to n5`},
		{"nodes 0", `line 1: "nodes 0": nodes can be 1 to 100, not 0`},
		{"nodes five", `line 1: "nodes five": "five" is no whole number; nodes can be 1 to 100`},
		{"nodes 5 6", `line 1: "nodes 5 6": the line goes on after it is complete: "6"`},
		{"nodes 5\nnodes 6", `line 2: "nodes 6": nodes was said before, in line 1`},
		{"clients 33", `line 1: "clients 33": clients can be 0 to 32, not 33`},
		{"seed 18446744073709551616", `line 1: "seed 18446744073709551616": seed can be 0 to 18446744073709551615, not 18446744073709551616`},
		{"engine", `line 1: "engine": the name of the engine is missing`},
		{"engine Raft", `line 1: "engine Raft": "Raft" cannot be the name of the engine; names are lower-case letters, digits, hyphens and dots`},
		{"engine " + long, `is longer than 64 bytes`},
		{"latency 10", `line 1: "latency 10": "10" is no time; write it as 1.5s, 10ms, 200us or 50ns`},
		{"latency 61s", `line 1: "latency 61s": latency can be 0s to 60s, not 61s`},
		{"latency 1.5ns", `line 1: "latency 1.5ns": "1.5ns" is finer than a nanosecond`},
		{"latency 99999999999999999999s", `"99999999999999999999s" is too long a time`},
		{"latency 9223372036854775s", `"9223372036854775s" is too long a time`},
		{"latency -1ms", `latency can be 0s to 60s, not -1ms`},
		{"latency 10ms latency 20ms", `latency was said before, in line 1`},
		{"latency 10ms nodes 5", `nothing is called "nodes" here; the dials are latency, jitter, loss,`},
		{"loss 101%", `loss can be 0% to 100%, not 101%`},
		{"loss 0.00001%", `"0.00001%" is finer than a ten-thousandth of a percent`},
		{"loss 5", `"5" is no share; write it as 0.5%`},
		{"loss 1ms", `"1ms" is no share; write it as 0.5%`},
		{"pace 0.0001/s", `"0.0001/s" is finer than a thousandth a second`},
		{"pace 20", `"20" is no rate; write it as 20/s`},
		{"pace 100001/s", `pace can be 0/s to 100000/s, not 100001/s`},
		{"patience 0s", `patience can be 1ms to 60s, not 0s`},
		{"loss n1 > n2 5%", `in the setup a dial is for all links; to turn it for one, write: at 0s loss n1 > n2 20%`},
		{"option heartbeat", `"" is no value; write a number, a time such as 50ms, on or off`},
		{"option x 1.5", `"1.5" is no whole number; a time needs its unit, such as 50ms`},
		{"option x 99999999999999999999", `is too large a number`},
		{"option x 2000000000000000000", `the value of x is too large a number`},
		{"option x 1\noption x 2", `line 2: "option x 2": option x was said before, in line 1`},
		{"off a\noff a", `line 2: "off a": off a was said before, in line 1`},
		{"title", `the title is missing; an empty one is written ""`},
		{"title " + long, `a title can have 120 bytes, not 200`},
		{`title "a\nb"`, `a title is printable text on one line`},
		{"for 0s", `a run needs some time`},
		{"for 3601s", `a run lasts 0s to 3600s, not 3601s`},
		{"stored n1", `bytes are written as pairs of hexadecimal digits`},
		{"stored n1 abc", `bytes are written as pairs of hexadecimal digits`},
		{"stored n1 zz", `"zz" is no pair of hexadecimal digits`},
		{"stored c1 00", `clients have no disk`},
		{"stored n3 00\nnodes 2\nat 1s crash n1", `line 1: "stored n3 00": there are 2 nodes, n1 to n2`},
		{"stored n1 " + strings.Repeat("00", scenario.DiskMax+1), `a disk can hold 65536 bytes at the beginning, not more`},
		{"crash n1", `an action needs its moment: at 1s crash n1`},
		{"bogus", `nothing is called "bogus"; a line begins with at, a setting (`},
		{"bog\x00us", `nothing is called "bog\x00us"`},
		{"at 1s crash n1\nnodes 5", `line 2: "nodes 5": settings stand before the first action`},
		{"at 1s crash n1\nloss 5%", `line 2: "loss 5%": settings stand before the first action; to turn a dial during the run, write when: at 1s loss 5%`},
		{"at", `"" is no time`},
		{"at 1s", `what happens then is missing, such as crash n3`},
		{"at 1s bogus", `nothing is called "bogus"; an action is crash,`},
		{"at 1s nodes 5", `nodes belongs to the setup, it cannot change during a run`},
		{"at 3601s crash n1", `a run lasts 0s to 3600s, not 3601s`},
		{"at -1s crash n1", `a run lasts 0s to 3600s, not -1s`},
		{"at 2s crash n1\nat 1s restart n1", `line 2: "at 1s restart n1": the line above it is at 2s; put lines in the order of time`},
		{"at 2s mark here\nat 1s crash n1", `line 2: "at 1s crash n1": the line above it is at 2s; put lines in the order of time`},
		{"at 2s crash n1\nat 1s mark here", `line 2: "at 1s mark here": the line above it is at 2s; put lines in the order of time`},
		{"at 2s mark", `line 1: "at 2s mark": the caption is missing; an empty one is written ""`},
		{"at 2s mark \"\\n\"", `line 1: "at 2s mark "\n"": a caption is printable text on one line`},
		{"at 2s mark " + strings.Repeat("x", 401), `line 1: "at 2s mark ` + strings.Repeat("x", 49) + `…": a caption can have 400 bytes, not 401`},
		{"at 2 mark x", `line 1: "at 2 mark x": "2" is no time; write it as 1.5s, 10ms, 200us or 50ns`},
		{"mark x", `line 1: "mark x": an action needs its moment: at 1s mark x`},
		{"at 1s crash", `a node is missing, such as n1`},
		{"at 1s crash c1", `there are 5 nodes, n1 to n5`},
		{"at 1s crash x1", `"x1" is no node and no client`},
		{"at 1s crash n1 n2", `the line goes on after it is complete: "n2"`},
		{"nodes 1\nat 1s crash n2", `there is 1 node, n1`},
		{"at 1s timeout n1 9", `the timer's number can be 1 to 8, not 9`},
		{"at 1s request c1 set x 3", `the colon before the command is missing: request c1: set x 3`},
		{"at 1s request c2: get x", `there is 1 client, c1`},
		{"clients 0\nat 1s request c1: get x", `there are no clients`},
		{"clients 3\nat 1s request c4: get x", `there are 3 clients, c1 to c3`},
		{"at 1s request n1: get x", `requests come from clients; there is 1 client, c1`},
		{"at 1s request c1 n2: get x", `a request is written request c1: set x 3, or request c1 via n2: set x 3`},
		{"at 1s request c1 via c1: get x", `there are 5 nodes, n1 to n5`},
		{"at 1s request c1:", `the command is missing; an empty one is written ""`},
		{`at 1s request c1: "get`, `the command begins with a quotation mark, so it must be one string in double quotes`},
		{"at 1s request c1: a\x01", `the command holds bytes that are no printable text`},
		{"at 1s request c1: " + strings.Repeat("x", 1025), `a command can have 1024 bytes, not 1025`},
		{"at 1s cut n1 n2", `a link is written n1 > n2, with blanks round the arrow`},
		{"at 1s cut n1 > n1", `there is no link from n1 to itself`},
		{"clients 2\nat 1s cut c1 > c2", `clients do not talk to each other`},
		{"at 1s partition", `a group without a node; write partition n1 n2 | n3 n4 n5`},
		{"at 1s partition n1 |", `a group without a node`},
		{"at 1s partition n1 | n1", `a node is in two groups`},
		{"at 1s partition n1 n1", `n1 is in a group twice`},
		{"at 1s partition n6", `a group holds a node that is not there; there are 5 nodes, n1 to n5`},
		{"at 1s partition c1", `a partition is between nodes; clients reach all of them`},
		{"nodes 9\nat 1s partition n1|n2", `"n1|n2" is no node and no client`},
		{"nodes 9\nat 1s partition n1 | n2 | n3 | n4 | n5 | n6 | n7 | n8 | n9", `a partition has 1 to 8 groups, not 9`},
		{"at 1s drop 0", `a message's number can be 1 to 4294967295, not 0`},
		{"at 1s drop 4294967296", `a message's number can be 1 to 4294967295, not 4294967296`},
		{"at 1s hold 17", `"" is no time`},
		{"at 1s hold 17 0s", `a message can be held for more than 0s and up to 60s`},
		{"at 1s hold 17 61s", `a message can be held for more than 0s and up to 60s`},
		{"at 1s loss n1 > n2 101%", `loss can be 0% to 100%, not 101%`},
		{"at 1s disk n1 > n2 1ms", `disk is the same everywhere; leave the link out`},
		{"at 1s clock n1 5ms", `a clock is set with clock n2 offset 5ms drift 200ppm`},
		{"at 1s clock n1 offset 61s drift 0", `an offset can be -60s to 60s`},
		{"at 1s clock n1 offset 0 drift 100001ppm", `a drift can be -100000ppm to 100000ppm`},
		{"at 1s clock n1 offset 0 drift 99999999999ppm", `a drift can be -100000ppm to 100000ppm`},
		{"at 1s off", `the name of the rule is missing`},
		{strings.Repeat("#", scenario.TextMax+1), `the script has 1048577 bytes, at most 1048576 are allowed`},
		{strings.Repeat("at 1s crash n1\n", scenario.ActionsMax+1), `line 10001: "at 1s crash n1": there are 10000 actions already, no more are allowed`},
	} {
		s, err := scenario.Parse(c.text)
		var e *scenario.Error
		switch {
		case err == nil:
			t.Errorf("%q was taken:\n%s", shorten(c.text), s)
		case !errors.As(err, &e):
			t.Errorf("%q: the error is a %T, want *scenario.Error", shorten(c.text), err)
		case !strings.Contains(err.Error(), c.want):
			t.Errorf("%q: got\n\t%s\nwant\n\t%s", shorten(c.text), err, c.want)
		case len(err.Error()) > 400:
			t.Errorf("%q: the error has %d bytes", shorten(c.text), len(err.Error()))
		}
	}
}

func shorten(s string) string { return s[:min(len(s), 80)] }

// A text that is small as it stands but too large in canonical form is refused, since
// it could not be read back.
func TestParseRefusesWhatGrowsTooLarge(t *testing.T) {
	text := strings.Repeat("at 0 request c1: \"\\\""+strings.Repeat("\u00ad", 500)+"\"\n", 400) // a soft hyphen is written \u00ad
	if len(text) > scenario.TextMax {
		t.Fatalf("the text has %d bytes already", len(text))
	}
	if _, err := scenario.Parse(text); err == nil || !strings.Contains(err.Error(), "written out in full it has") {
		t.Errorf("%v", err)
	}
	s := scenario.Script{Setup: scenario.Defaults()}
	for range 600 {
		s.Actions = append(s.Actions, scenario.Action{Kind: scenario.Request, Node: consensus.Client(1), Text: "\"" + strings.Repeat("\\", 1000)})
	}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "bytes, at most") {
		t.Errorf("a script of %d bytes: %v", len(s.String()), err)
	}
}

func TestParseActionIsOneLine(t *testing.T) {
	setup := scenario.Defaults()
	for _, line := range []string{"at 1s crash n1\nat 2s crash n2", "at 1s crash n1\r", "", "crash n1"} {
		if a, err := scenario.ParseAction(line, &setup); err == nil {
			t.Errorf("%q was taken as %s", line, a)
		}
	}
}

// protocol is a small algorithm to check scripts against.
var protocol = consensus.Protocol{
	Name: "raft", Title: "Raft",
	Rules:   []consensus.Rule{{ID: "raft.vote-once", Switchable: true}, {ID: "raft.fixed"}},
	Options: []consensus.OptionInfo{{Name: "heartbeat", Unit: "ms", Min: 1e6, Max: 1e9}, {Name: "prevote", Unit: "on", Max: 1}, {Name: "batch", Min: 1, Max: 64}},
	Timers:  []consensus.TimerInfo{{Name: "election timeout"}, {Name: "heartbeat"}},
}

func TestParseForKnowsTheEngine(t *testing.T) {
	known := scenario.Known{Protocols: []*consensus.Protocol{&protocol}, Machines: []string{"kv", "lock"}}
	for _, c := range []struct{ text, want string }{
		{"engine raft\nmachine lock\noption heartbeat 20ms\noption prevote on\noff raft.vote-once\nat 1s timeout n1 2\nat 1s option batch 7\nat 2s on raft.vote-once", ""},
		{"\nengine paxos", `line 2: "engine paxos": there is no engine "paxos"; there is raft`},
		{"machine abacus", `line 1: "machine abacus": there is no machine "abacus"; there is kv lock`},
		{"option beat 1", `line 1: "option beat 1": Raft has no option "beat"; it has heartbeat, prevote, batch`},
		{"seed 1\noption heartbeat 2s", `line 2: "option heartbeat 2s": heartbeat can be 1ms to 1s, not 2s`},
		{"option prevote 2", `prevote can be on or off, not 2`},
		{"option batch 65", `batch can be 1 to 64, not 65`},
		{"off raft.fixed", `line 1: "off raft.fixed": rule raft.fixed cannot be switched off`},
		{"off raft.unknown", `Raft has no rule "raft.unknown"; these can be switched off: raft.vote-once`},
		{"at 1s off raft.fixed", `line 1: "at 1s off raft.fixed": rule raft.fixed cannot be switched off`},
		{"at 1s option beat 1", `Raft has no option "beat"`},
		{"at 1s timeout n1 3", `line 1: "at 1s timeout n1 3": Raft has no timer 3; it has 1 (election timeout) 2 (heartbeat)`},
	} {
		s, err := scenario.ParseFor(c.text, known)
		if c.want == "" {
			if err != nil {
				t.Errorf("%q: %v", c.text, err)
			} else if err := s.Fits(&protocol); err != nil {
				t.Errorf("%q: %v", c.text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
		// Where the text is well formed, Fits on the script says the same.
		if s, err := scenario.Parse(c.text); err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if s.Setup.Machine == "kv" && s.Fits(&protocol) == nil {
			t.Errorf("%q fits", c.text)
		}
	}
}

// What does not come from a text is checked as well: actions arrive in frames.
func TestValidateRefusesWhatNoTextCanSay(t *testing.T) {
	setup := scenario.Defaults()
	group := consensus.SetOf(1)
	for i, a := range []scenario.Action{
		{},
		{Kind: 200},
		{Kind: scenario.Crash},
		{Kind: scenario.Crash, Node: 6},
		{Kind: scenario.Crash, Node: 1, At: -1},
		{Kind: scenario.Crash, Node: 1, At: scenario.RunMax + 1},
		{Kind: scenario.Timeout, Node: 1, Timer: consensus.TimersMax},
		{Kind: scenario.Request, Node: 255},
		{Kind: scenario.Request, Node: consensus.Client(1), Peer: 6},
		{Kind: scenario.Heal, Node: 1},
		{Kind: scenario.Heal, Peer: 1},
		{Kind: scenario.Partition},
		{Kind: scenario.Partition, Groups: []consensus.NodeSet{group, {}}},
		{Kind: scenario.Partition, Groups: []consensus.NodeSet{{0, 1 << 62}}},
		{Kind: scenario.Partition, Groups: []consensus.NodeSet{{1, 0}}},
		{Kind: scenario.Drop},
		{Kind: scenario.Hold, Message: 1, Value: -1},
		{Kind: scenario.Turn},
		{Kind: scenario.Turn, Dial: 200},
		{Kind: scenario.Turn, Dial: scenario.Latency, Value: -1},
		{Kind: scenario.Turn, Dial: scenario.Latency, Node: 1},
		{Kind: scenario.SetClock, Node: 1, Drift: scenario.DriftMax + 1},
		{Kind: scenario.SetOption, Text: "a b"},
		{Kind: scenario.SetOption, Text: "a", Value: 1 << 62},
		{Kind: scenario.SwitchOff},
	} {
		if err := a.Validate(&setup); err == nil {
			t.Errorf("%d: %s was taken", i, a)
		}
	}
	for i, change := range []func(*scenario.Setup){
		func(s *scenario.Setup) { s.Engine = "" },
		func(s *scenario.Setup) { s.Machine = "k v" },
		func(s *scenario.Setup) { s.Nodes = 101 },
		func(s *scenario.Setup) { s.Nodes = -1 },
		func(s *scenario.Setup) { s.Clients = -1 },
		func(s *scenario.Setup) { s.Dials[0] = 1 },
		func(s *scenario.Setup) { s.Dials[scenario.Pace] = -1 },
		func(s *scenario.Setup) { s.Options = make([]scenario.Option, scenario.OptionsMax+1) },
		func(s *scenario.Setup) { s.Options = []scenario.Option{{Name: "a"}, {Name: "a"}} },
		func(s *scenario.Setup) { s.Off = make([]string, scenario.RulesMax+1) },
		func(s *scenario.Setup) { s.Off = []string{"a", "a"} },
		func(s *scenario.Setup) { s.Disks = map[consensus.NodeID][]byte{6: {1}} },
		func(s *scenario.Setup) { s.Disks = map[consensus.NodeID][]byte{0: {1}} },
		func(s *scenario.Setup) {
			s.Disks = map[consensus.NodeID][]byte{1: make([]byte, scenario.DiskMax+1)}
		},
	} {
		s := scenario.Defaults()
		change(&s)
		if err := s.Validate(); err == nil {
			t.Errorf("setup %d was taken", i)
		}
	}
}

func TestValidateRefusesBadMarkers(t *testing.T) {
	for i, markers := range [][]scenario.Marker{
		{{At: -1}},
		{{At: scenario.RunMax + 1}},
		{{Caption: "a\nb"}},
		{{Caption: strings.Repeat("x", scenario.CaptionMax+1)}},
		{{At: 2}, {At: 1}},
		make([]scenario.Marker, scenario.MarkersMax+1),
	} {
		s := scenario.Script{Setup: scenario.Defaults(), Markers: markers}
		if err := s.Validate(); err == nil {
			t.Errorf("markers %d were taken", i)
		}
	}
}

// FuzzParse: whatever the text, Parse answers with a script that is valid and whose
// canonical form says the same, or with an *Error.
func FuzzParse(f *testing.F) {
	f.Add("nodes 3\nat 1s partition n1 | n2 n3\nat 2s request c1 via n2: \"a\\nb\"")
	f.Add("latency 1ms loss 0.5%\noption a on\noff b\nstored n1 00 11\nfor 1s\nat 0 heal all")
	f.Add("title \"\"\nat 1s clock n1 offset -1ns drift 1ppm\nat 1s hold 3 1us\nat 1s loss n1 > c1 100%")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := scenario.Parse(text)
		if err != nil {
			var e *scenario.Error
			if !errors.As(err, &e) || e.Why == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatalf("Parse returned a script that is not valid: %v\n%s", err, s)
		}
		again, err := scenario.Parse(s.String())
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%v\n%s\n%s", err, s, again)
		}
	})
}
