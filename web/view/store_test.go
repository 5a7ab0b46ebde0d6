package view

import (
	"reflect"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

// testProtocol is an algorithm that no engine has: enough to tell leaders, rules and
// invariants apart.
var testProtocol = consensus.Protocol{
	Name: "test", Title: "Test", TermWord: "term", IndexWord: "index",
	Rules: []consensus.Rule{
		{ID: "test.one", Source: "Paper, section 1", Says: "One.", Switchable: true, Without: "None.", Protects: "test.safe", Tells: []string{"{node} did {a}.", "{node} did not."}},
		{ID: "test.two", Source: "Paper, section 2", Says: "Two.", Tells: []string{"{node} and {peer}."}, Quiet: 1},
	},
	Invariants: []consensus.Invariant{{ID: "test.safe", Name: "Safety", Says: "All is well.", Broken: "{node} broke it at {a}."}},
	Messages:   []consensus.MessageInfo{{Kind: 16, Name: "Ask", Short: "A", Reply: 17}, {Kind: 17, Name: "Ask reply", Short: "a"}},
	Roles:      []consensus.RoleInfo{{Name: "follower"}, {Name: "candidate", Seeks: true}, {Name: "leader", Leads: true}},
	Timers:     []consensus.TimerInfo{{Name: "election timeout", Arc: true}, {Name: "heartbeat"}},
	Options:    []consensus.OptionInfo{{Name: "beat", Label: "Heartbeat", Unit: "ms", Default: 50_000_000, Min: 0, Max: 1 << 40}},
	Code:       []consensus.CodeLine{{Block: "All", Text: "do one", Rules: []string{"test.one"}}, {Block: "All", Text: "then two", Indent: 1, Rules: []string{"test.two"}}, {Block: "Leaders", Text: "rest"}},
}

const testNodes, testClients = 3, 2

func testSetup() scenario.Setup {
	s := scenario.Defaults()
	s.Nodes, s.Clients = testNodes, testClients
	return s
}

func newStore() *Store {
	s := new(Store)
	s.Open(&testProtocol, testSetup())
	return s
}

// anyTrace draws events that a Store takes; messages are numbered from sent+1 on.
func anyTrace(t *rapid.T, most int, sent uint32) []trace.Event {
	events := make([]trace.Event, rapid.IntRange(0, most).Draw(t, "n"))
	num := func(name string, n int) int { return rapid.IntRange(0, n).Draw(t, name) }
	kinds := []trace.Kind{
		trace.Send, trace.Send, trace.Deliver, trace.Loss, trace.Duplicate, trace.Delay,
		trace.TimerSet, trace.TimerCancel, trace.TimerFire, trace.Write, trace.Sync, trace.WriteLost,
		trace.Rule, trace.Rule, trace.Role, trace.Role, trace.Term, trace.Term, trace.Vote, trace.Tally, trace.Leader,
		trace.Entry, trace.Truncate, trace.Commit, trace.Chosen, trace.Apply, trace.Progress, trace.Compact,
		trace.Invoke, trace.Retry, trace.Answer, trace.Refuse, trace.GiveUp,
		trace.Boot, trace.Boot, trace.Crash, trace.Cut, trace.Heal, trace.Partition, trace.Clock,
		trace.Dial, trace.Option, trace.Switch, trace.Refused, trace.Violation,
	}
	var now consensus.Time
	node, steady := consensus.NodeID(1), 0
	for i := range events {
		if steady == 0 { // events come in steps of one node at one moment
			now += consensus.Time(num("dt", 3))
			node, steady = consensus.NodeID(1+num("node", testNodes-1)), num("steady", 4)
		} else {
			steady--
		}
		e := trace.Event{
			T: now, Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Node: node,
			Peer: consensus.NodeID(num("peer", testNodes)), Sub: uint8(num("sub", 2)),
			Term: consensus.Term(num("term", 3)), ID: uint32(num("id", 9)),
			A: uint32(num("a", 6)), B: uint32(num("b", 6)), C: uint32(num("c", 2)), D: uint32(num("d", 2)),
		}
		switch e.Kind {
		case trace.Rule, trace.Loss, trace.Switch:
			e.Rule = consensus.RuleID(1 + num("rule", 2))
		case trace.Send, trace.Duplicate:
			sent++
			e.ID = sent
			e.Flags = consensus.MessageFlags(num("flags", 15))
			e.Sub = 15 + e.Sub
		case trace.Deliver, trace.Delay:
			e.ID = 1 + e.ID%(sent+1)
		case trace.Invoke, trace.Retry, trace.Answer, trace.Refuse, trace.GiveUp:
			e.Node = consensus.Client(1 + num("client", testClients-1))
		}
		events[i] = e
	}
	return events
}

func encode(events []trace.Event) []byte {
	var b []byte
	for i := range events {
		b = events[i].Append(b)
	}
	return b
}

// dump is all that people can see of a state.
func dump(s *trace.State) any {
	var nodes []any
	for i := range s.Nodes {
		n := s.Nodes[i]
		fields := []any{n.ID, n.Up, n.Role, n.Term, n.Vote, n.Leader, n.Tally, n.Commit, n.Applied, n.Base, n.Chosen, n.Timers, n.Writing, n.Durable, n.Size, n.Since, n.Starts, n.Offset, n.Drift}
		nodes = append(nodes, fields, append([]trace.Cell{}, n.Log...), append([]trace.Peer{}, n.Peers...))
	}
	return []any{
		s.T, nodes, append([]trace.ClientState{}, s.Clients...), append([]trace.Flight{}, s.Messages...), append([]trace.Death{}, s.Lost...),
		s.Cuts, append([]consensus.NodeSet{}, s.Groups...), s.Off, append([]trace.Turn{}, s.Dials...), append([]trace.Turn{}, s.Options...), s.Violated,
	}
}

func slowState(events []trace.Event, n int) *trace.State {
	s := trace.NewState(testNodes, testClients)
	for i := range n {
		s.Apply(&events[i])
	}
	return s
}

// story is all that a store tells of its trace.
func story(s *Store) []any {
	end := Cursor{Events: s.Len(), T: s.End()}
	var stops []int
	for n := 0; ; {
		next := s.NextStop(n, Story)
		if next == n {
			break
		}
		stops = append(stops, next)
		n = next
	}
	var messages [][2]int
	for id := uint32(1); id < 100; id++ {
		sent, ended := s.Message(id)
		messages = append(messages, [2]int{sent, ended})
	}
	var spans []span
	for _, v := range s.index.spans { // the event that began one may be another of the same moment
		v.start = 0
		spans = append(spans, v)
	}
	return []any{
		s.Feed(end, FeedQuery{Before: feedMax}), stops, messages, spans, append([]uint32{}, s.index.marks[MarkCommit]...),
		s.Operations(end, 1000), s.Timeline(40, end.T), s.Status(end),
	}
}

func TestStoreAgreesWithSlowFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStore()
		s.spacing = rapid.IntRange(1, 7).Draw(t, "spacing") // checkpoints matter in short traces too
		var events []trace.Event
		for range rapid.IntRange(1, 4).Draw(t, "frames") {
			// A frame goes on where the trace ends, or forks it.
			first := len(events)
			if rapid.Bool().Draw(t, "fork") {
				first = rapid.IntRange(0, len(events)).Draw(t, "first")
			}
			var last consensus.Time
			var sent uint32
			for _, e := range events[:first] {
				if last = e.T; e.Kind == trace.Send || e.Kind == trace.Duplicate {
					sent = e.ID
				}
			}
			more := anyTrace(t, 60, sent)
			if len(more) > 0 {
				events = events[:first:first]
			} else {
				first = len(events) // an empty frame changes nothing
			}
			for i := range more {
				more[i].T += last
			}
			forks := s.Forks()
			cut := len(more) > 0 && first < s.Len()
			if err := s.Add(uint32(first), encode(more), 0, nil); err != nil {
				t.Fatal(err)
			}
			if got := s.Forks() != forks; got != cut {
				t.Fatalf("fork counted: %v, want %v", got, cut)
			}
			events = append(events, more...)

			if s.Len() != len(events) {
				t.Fatalf("%d events, want %d", s.Len(), len(events))
			}
			for range 6 {
				n := rapid.IntRange(0, len(events)).Draw(t, "at")
				if got, want := dump(s.State(n)), dump(slowState(events, n)); !reflect.DeepEqual(got, want) {
					t.Fatalf("state after %d events is\n%v, want\n%v", n, got, want)
				}
				at := consensus.Time(rapid.IntRange(-1, 200).Draw(t, "t"))
				want := 0
				for want < len(events) && events[want].T <= at {
					want++
				}
				if got := s.Before(at); got != want {
					t.Fatalf("%d events until %d, want %d", got, at, want)
				}
			}
			if !reflect.DeepEqual(dump(s.head), dump(slowState(events, len(events)))) {
				t.Fatal("the head is not the fold of all events")
			}
		}
		for i := range events {
			if *s.Event(i) != events[i] {
				t.Fatalf("event %d is %+v, want %+v", i, *s.Event(i), events[i])
			}
		}
		// After all those forks the store tells the same as one that never forked.
		fresh := newStore()
		if err := fresh.Add(0, encode(events), 0, nil); err != nil {
			t.Fatal(err)
		}
		for i, want := range story(fresh) {
			if got := story(s)[i]; !reflect.DeepEqual(got, want) {
				t.Fatalf("after forks the store tells (%d)\n%+v, want\n%+v", i, got, want)
			}
		}
	})
}

func TestCheckpointsStayBounded(t *testing.T) {
	s := newStore()
	s.spacing = 2
	var all []trace.Event
	for i := range uint32(5 * checksMax) {
		all = append(all, trace.Event{T: consensus.Time(i), Kind: trace.Entry, Node: consensus.NodeID(1 + i%3), A: 1 + i/3, Term: 1, B: i})
		if i%50 == 49 {
			all = append(all, trace.Event{T: consensus.Time(i), Kind: trace.Truncate, Node: 1, A: 1 + i/6})
		}
	}
	if err := s.Add(0, encode(all), 0, nil); err != nil {
		t.Fatal(err)
	}
	if len(s.checks) > checksMax || s.spacing != 8 {
		t.Errorf("%d checkpoints, one every %d events", len(s.checks), s.spacing)
	}
	for i, c := range s.checks {
		if !reflect.DeepEqual(dump(c), dump(slowState(all, i*s.spacing))) {
			t.Fatalf("checkpoint %d is not the state after %d events", i, i*s.spacing)
		}
	}
}

func TestStoreRefusesWhatIsMalformed(t *testing.T) {
	good := trace.Event{T: 5, Kind: trace.Boot, Node: 1}
	with := func(change func(e *trace.Event)) []trace.Event {
		e := good
		e.T++
		change(&e)
		return []trace.Event{good, e}
	}
	for _, c := range []struct {
		name   string
		first  uint32
		bytes  []byte
		ft     uint32
		texts  []string
		reason string
	}{
		{"a gap", 2, encode([]trace.Event{good}), 0, nil, "events 1 to 1 are missing"},
		{"a large gap", 1 << 31, nil, 0, nil, "missing"},
		{"a gap in the texts", 1, nil, 3, []string{"x"}, "texts 1 to 2 are missing"},
		{"a cut event", 1, encode([]trace.Event{good})[:39], 0, nil, "cut short"},
		{"an unknown kind", 1, encode(with(func(e *trace.Event) { e.Kind = 200 })), 0, nil, "event 2"},
		{"time that runs back", 1, encode(with(func(e *trace.Event) { e.T = 4 })), 0, nil, "before the one in front"},
		{"time that runs back at the seam", 1, encode([]trace.Event{{T: 4, Kind: trace.Boot, Node: 1}}), 0, nil, "before the one in front"},
		{"time beyond all runs", 1, encode(with(func(e *trace.Event) { e.T = scenario.RunMax + 1 })), 0, nil, "end of all runs"},
		{"a node that is not there", 1, encode(with(func(e *trace.Event) { e.Node = testNodes + 1 })), 0, nil, "does not have"},
		{"a client that is not there", 1, encode(with(func(e *trace.Event) { e.Node = consensus.Client(testClients + 1) })), 0, nil, "does not have"},
		{"a receiver that is not there", 1, encode(with(func(e *trace.Event) { e.Kind, e.Peer = trace.Send, 90 })), 0, nil, "does not have"},
		{"an index too high", 1, encode(with(func(e *trace.Event) { e.Kind, e.A = trace.Entry, uint32(trace.LogMax)+1 })), 0, nil, "index beyond"},
	} {
		s := newStore()
		if err := s.Add(0, encode([]trace.Event{good}), 0, []string{"zero"}); err != nil {
			t.Fatal(err)
		}
		before := dump(s.State(1))
		err := s.Add(c.first, c.bytes, c.ft, c.texts)
		if err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: the answer is %v, want one with %q", c.name, err, c.reason)
		}
		if s.Len() != 1 || s.Text(1) != "" || !reflect.DeepEqual(dump(s.State(1)), before) {
			t.Errorf("%s changed the store", c.name)
		}
	}
	var closed Store
	if closed.Add(0, nil, 0, nil) == nil {
		t.Error("events before the run was opened were taken")
	}
	if closed.Len() != 0 || closed.State(0) == nil || closed.Before(9) != 0 || closed.Text(0) != "" {
		t.Error("a store that was never opened is not empty")
	}
}

func TestTextsForkWithTheTrace(t *testing.T) {
	s := newStore()
	boot := encode([]trace.Event{{Kind: trace.Boot, Node: 1}})
	for _, c := range []struct {
		first, ft uint32
		texts     []string
		want      string
	}{
		{0, 0, []string{"", "a", "b"}, "|a|b|"},
		{1, 3, []string{"c"}, "|a|b|c|"},
		{2, 0, nil, "|a|b|c|"},
		{1, 2, []string{"B"}, "|a|B|"},
	} {
		if err := s.Add(c.first, boot, c.ft, c.texts); err != nil {
			t.Fatal(err)
		}
		got := ""
		for i := range uint32(len(s.log.Texts())) {
			got += s.Text(i) + "|"
		}
		if got != c.want {
			t.Errorf("texts are %q, want %q", got, c.want)
		}
	}
}

func TestSwitchesOfTheSetupHoldFromTheBeginning(t *testing.T) {
	setup := testSetup()
	setup.Off = []string{"test.one", "nonsense"}
	var s Store
	s.Open(&testProtocol, setup)
	if off := s.State(0).Off; off != consensus.RuleSet(0).With(1) {
		t.Errorf("off are %b", off)
	}
}

func TestDialsAndOptionsAtAMoment(t *testing.T) {
	s := newStore()
	turn := func(v int64, d scenario.Dial, from, to consensus.NodeID) trace.Event {
		e := trace.Event{Kind: trace.Dial, Sub: uint8(d), Node: from, Peer: to}
		e.A, e.B = trace.Halves(v)
		return e
	}
	option := trace.Event{Kind: trace.Option}
	option.A, option.B = trace.Halves(7)
	if err := s.Add(0, encode([]trace.Event{
		turn(5, scenario.Latency, 1, 2), turn(9, scenario.Latency, 0, 0), turn(6, scenario.Latency, 1, 2), option,
	}), 0, nil); err != nil {
		t.Fatal(err)
	}
	base := testSetup().Dials[scenario.Latency]
	for n, want := range [][2]int64{{base, base}, {base, 5}, {9, 9}, {9, 6}} {
		st := s.State(n)
		if all, link := s.Dial(st, scenario.Latency, 0, 0), s.Dial(st, scenario.Latency, 1, 2); all != want[0] || link != want[1] {
			t.Errorf("after %d events latency is %d, on the link %d, want %v", n, all, link, want)
		}
	}
	if got := s.Option(s.State(0), 0); got != 50_000_000 {
		t.Errorf("the option begins at %d", got)
	}
	if got := s.Option(s.State(4), 0); got != 7 || s.Option(s.State(4), 9) != 0 {
		t.Errorf("the option is set to %d", got)
	}
}

// longTrace is a steady run: heartbeats, and an entry now and then.
func longTrace(n int) []byte {
	var b []byte
	var id uint32
	for i := 0; i < n; i += 5 {
		id++
		at := consensus.Time(i) * 1000
		send := trace.Event{T: at, Kind: trace.Send, ID: id, Node: 1, Peer: consensus.NodeID(2 + id%2), Sub: 16}
		send.A, send.B = trace.Halves(int64(at + 3000))
		set := trace.Event{T: at + 3000, Kind: trace.TimerSet, Node: send.Peer}
		set.A, set.B = trace.Halves(int64(at + 900_000))
		for _, e := range []trace.Event{
			send,
			{T: at + 3000, Kind: trace.Deliver, ID: id, Node: send.Peer, Peer: 1, Sub: 16},
			{T: at + 3000, Kind: trace.Rule, Node: send.Peer, Rule: 1},
			{T: at + 3000, Kind: trace.Entry, Node: send.Peer, Term: 1, A: 1 + id/8, B: id / 8},
			set,
		} {
			b = e.Append(b)
		}
	}
	return b
}

func BenchmarkAdd(b *testing.B) {
	events := longTrace(100_000)
	b.ReportAllocs()
	for b.Loop() {
		s := newStore()
		if err := s.Add(0, events, 0, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/event")
}

func BenchmarkSeekInAMillionEvents(b *testing.B) {
	s := newStore()
	if err := s.Add(0, longTrace(1_000_000), 0, nil); err != nil {
		b.Fatal(err)
	}
	r := consensus.Rand(1)
	b.ResetTimer()
	for range b.N {
		s.State(int(r.Below(1_000_000)))
	}
}
