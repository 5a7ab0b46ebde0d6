package trace_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/consensus"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

var told = consensus.Protocol{
	TermWord: "ballot", IndexWord: "slot",
	Rules:      []consensus.Rule{{ID: "x.first", Tells: []string{"{node} heard {peer} in {term}", "{a:node} beat {b}"}}},
	Invariants: []consensus.Invariant{{ID: "x.safety", Broken: "{node} and {peer} both lead {term}"}},
	Messages:   []consensus.MessageInfo{{Kind: consensus.KindEngine, Name: "Prepare"}},
	Roles:      []consensus.RoleInfo{{Name: "acceptor"}, {Name: "proposer"}},
	Timers:     []consensus.TimerInfo{{Name: "patience timeout"}},
	Options:    []consensus.OptionInfo{{Name: "back-off", Unit: "ms"}, {Name: "window"}},
}

// oneOfEach holds an event of each kind, and what is particular to some.
func oneOfEach() []trace.Event {
	var events []trace.Event
	now := consensus.Time(0)
	add := func(e trace.Event) {
		now += 150_234_567
		e.T = now
		events = append(events, e)
	}
	wide := func(e trace.Event, v int64) trace.Event { e.A, e.B = trace.Halves(v); return e }
	set := func(e trace.Event, ids ...consensus.NodeID) trace.Event {
		e.SetNodeSet(consensus.SetOf(ids...))
		return e
	}
	c1 := consensus.Client(1)
	add(trace.Event{Kind: trace.Boot, Node: 1})
	add(trace.Event{Kind: trace.Boot, Node: 100, Sub: 1, A: 77, ID: 3})
	add(wide(trace.Event{Kind: trace.Send, ID: 17, Node: 1, Peer: 2, Sub: 16, Term: 4, C: 25}, 12_000_000_000))
	add(trace.Event{Kind: trace.Deliver, ID: 17, Node: 2, Peer: 1, Sub: 16, Term: 4, Flags: consensus.FlagYes | consensus.FlagReply})
	add(trace.Event{Kind: trace.Loss, ID: 18, Node: 2, Peer: 1, Sub: 17, Rule: 2, Flags: consensus.FlagNo})
	add(trace.Event{Kind: trace.Duplicate, ID: 19, A: 17, Node: 1, Peer: 2, Sub: 1, B: 5})
	add(wide(trace.Event{Kind: trace.Delay, ID: 19, Node: 1, Peer: c1, Sub: 2}, 1))
	add(trace.Event{Kind: trace.TimerSet, Node: 3, A: 1_000_000_000, C: 150_000_000})
	add(trace.Event{Kind: trace.TimerCancel, Node: 3})
	add(trace.Event{Kind: trace.TimerFire, Node: 3, Sub: 7})
	add(trace.Event{Kind: trace.Write, Node: 1, A: 30, B: 9})
	add(trace.Event{Kind: trace.Sync, Node: 1, A: 30})
	add(trace.Event{Kind: trace.WriteLost, Node: 1, A: 30, B: 4})
	add(trace.Event{Kind: trace.Rule, Node: 1, Peer: 2, Term: 9, Rule: 1})
	add(trace.Event{Kind: trace.Rule, Node: 1, Rule: 1, Sub: 1, A: 3, B: 200})
	add(trace.Event{Kind: trace.Rule, Node: 1, Rule: 1, Sub: 2})
	add(trace.Event{Kind: trace.Rule, Node: 1, Rule: 9})
	add(trace.Event{Kind: trace.Role, Node: 1, Sub: 1})
	add(trace.Event{Kind: trace.Role, Node: 1, Sub: 9})
	add(trace.Event{Kind: trace.Term, Node: 1, Term: 5})
	add(trace.Event{Kind: trace.Vote, Node: 1, Peer: 2, Term: 5})
	add(set(trace.Event{Kind: trace.Tally, Node: 1}, 1, 2, 64, 100))
	add(trace.Event{Kind: trace.Leader, Node: 1})
	add(trace.Event{Kind: trace.Entry, Node: 1, A: 3, Term: 5, Peer: c1, B: 8})
	add(trace.Event{Kind: trace.Entry, Node: 1, A: 4, Term: 5})
	add(trace.Event{Kind: trace.Truncate, Node: 1, A: 4})
	add(trace.Event{Kind: trace.Commit, Node: 1, A: 3})
	add(trace.Event{Kind: trace.Chosen, Node: 1, A: 9})
	add(trace.Event{Kind: trace.Apply, Node: 1, A: 3, Term: 5, Peer: c1, B: 8, Sub: 1})
	add(trace.Event{Kind: trace.Progress, Node: 1, Peer: 2, A: 4, B: 3})
	add(trace.Event{Kind: trace.Compact, Node: 1, A: 2})
	add(trace.Event{Kind: trace.Invoke, Node: c1, B: 8, D: 0})
	add(trace.Event{Kind: trace.Retry, Node: c1, B: 8, Peer: 2, A: 1})
	add(trace.Event{Kind: trace.Answer, Node: c1, B: 8, Peer: 2, D: 1})
	add(trace.Event{Kind: trace.Answer, Node: c1, B: 8, Peer: 2, D: 3})
	add(trace.Event{Kind: trace.Refuse, Node: c1, B: 8, Peer: 2, Sub: 2, A: 3})
	add(trace.Event{Kind: trace.Refuse, Node: c1, B: 8, Peer: 2, Sub: 3})
	add(trace.Event{Kind: trace.GiveUp, Node: c1, B: 8, A: 20})
	add(trace.Event{Kind: trace.Crash, Node: 1, ID: 4})
	add(trace.Event{Kind: trace.Cut, Node: 1, Peer: 2, ID: 5})
	add(trace.Event{Kind: trace.Heal, Node: 1, Peer: 2})
	add(set(trace.Event{Kind: trace.Partition, ID: 6}, 1, 2))
	add(set(trace.Event{Kind: trace.Partition, ID: 7}))
	clock := wide(trace.Event{Kind: trace.Clock, Node: 2}, -5_000_000)
	drift := int32(-200)
	clock.C = uint32(drift)
	add(clock)
	add(wide(trace.Event{Kind: trace.Dial, Sub: 3}, 200_000))
	add(wide(trace.Event{Kind: trace.Dial, Sub: 3, Node: 1, Peer: 2, ID: 8}, 5))
	add(wide(trace.Event{Kind: trace.Option}, 20_000_000))
	add(wide(trace.Event{Kind: trace.Option, Sub: 1}, -1))
	add(wide(trace.Event{Kind: trace.Option, Sub: 2}, 3))
	add(trace.Event{Kind: trace.Switch, Rule: 1, Sub: 1})
	add(trace.Event{Kind: trace.Switch, Rule: 1})
	add(trace.Event{Kind: trace.Refused, D: 2, ID: 9})
	add(trace.Event{Kind: trace.Violation, Node: 1, Peer: 2, Term: 5})
	add(trace.Event{Kind: trace.Violation, Node: 1, Sub: 1})
	return events
}

// The lines of every kind are in testdata/lines.txt, to be read in review; -update
// rewrites it.
func TestLinesOfEveryKind(t *testing.T) {
	texts := []string{"set x 3", "two\nlines", "message 17 is not in flight"}
	p := trace.Printer{Protocol: &told, Texts: texts, Dial: func(d uint8, v int64) (string, string) {
		return "loss", consensus.Time(v).String()
	}}
	seen := map[trace.Kind]bool{}
	var b []byte
	for _, e := range oneOfEach() {
		seen[e.Kind] = true
		b = append(p.Append(b, &e), '\n')
	}
	b = append(b, "\nWithout a protocol:\n\n"...)
	for _, e := range oneOfEach() {
		b = append(append(b, trace.Print(&e, nil, nil)...), '\n')
	}
	if len(seen) != trace.Kinds-1 {
		t.Errorf("%d kinds of %d have a line here", len(seen), trace.Kinds-1)
	}
	const file = "testdata/lines.txt"
	if *update {
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != string(want) {
		t.Errorf("the lines differ from %s; if they are meant to, run the test with -update and read the difference:\n%s", file, b)
	}
}

// Whatever the event, there is one line of text, with and without names.
func TestAnyEventIsOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent().Draw(t, "event")
		texts := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.Just("\xff\r\n")), 0, 6).Draw(t, "texts")
		for _, s := range []string{trace.Print(&e, nil, texts), trace.Print(&e, &told, texts)} {
			if strings.ContainsAny(s, "\n\r\x00") || !utf8.ValidString(s) || strings.TrimRight(s, " ") != s {
				t.Fatalf("%q", s)
			}
		}
	})
}
