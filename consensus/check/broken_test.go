package check_test

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/trace"
)

// The words of these stories: what a node notes.

func role(id consensus.NodeID, role uint8) trace.Event {
	return trace.Event{Kind: trace.Role, Node: id, Sub: role}
}
func term(id consensus.NodeID, term consensus.Term) trace.Event {
	return trace.Event{Kind: trace.Term, Node: id, Term: term}
}
func entry(id consensus.NodeID, i uint32, term consensus.Term, hash uint32) trace.Event {
	return trace.Event{Kind: trace.Entry, Node: id, A: i, Term: term, Peer: consensus.Client(1), B: 1, C: hash}
}
func applied(id consensus.NodeID, i uint32, term consensus.Term, hash uint32) trace.Event {
	e := entry(id, i, term, hash)
	e.Kind = trace.Apply
	return e
}
func note(kind trace.Kind, id consensus.NodeID, i uint32) trace.Event {
	return trace.Event{Kind: kind, Node: id, A: i}
}

const (
	follower uint8 = iota
	candidate
	leader
)

// elected is what a node notes when it wins a term.
func elected(id consensus.NodeID, t consensus.Term) []trace.Event {
	return []trace.Event{role(id, candidate), term(id, t), role(id, leader)}
}

func story(parts ...any) []trace.Event {
	var s []trace.Event
	for _, p := range parts {
		switch p := p.(type) {
		case trace.Event:
			s = append(s, p)
		case []trace.Event:
			s = append(s, p...)
		}
	}
	for i := range s {
		s[i].T = consensus.Time(i)
	}
	return s
}

// watch runs a story past a new Checker and returns what it reported.
func watch(s []trace.Event) []trace.Event {
	c := check.New(&protocol, nodes)
	var found []trace.Event
	for i := range s {
		c.Observe(&s[i], func(v trace.Event) { found = append(found, v) })
	}
	return found
}

// Each invariant is reported when it breaks, with the nodes, the term and the index, and
// not when the story is only nearly wrong.
func TestEachInvariantBreaks(t *testing.T) {
	violation := func(id string, v trace.Event) trace.Event {
		v.Kind = trace.Violation
		v.Sub = uint8(slices.IndexFunc(protocol.Invariants, func(i consensus.Invariant) bool { return i.ID == id }))
		return v
	}
	committed := story(elected(1, 2), entry(1, 1, 2, 7), entry(2, 1, 2, 7), note(trace.Commit, 1, 1))
	for _, c := range []struct {
		name  string
		story []trace.Event
		want  []trace.Event // T is the last event's
	}{
		{"two leaders of a term", story(elected(1, 2), elected(2, 2)),
			[]trace.Event{violation(check.ElectionSafety, trace.Event{Node: 2, Peer: 1, Term: 2})}},
		{"two leaders of a term, long after", story(elected(1, 2), elected(3, 5), elected(2, 2)),
			[]trace.Event{violation(check.ElectionSafety, trace.Event{Node: 2, Peer: 1, Term: 2})}},
		{"a leader that takes another's term without stepping down", story(elected(1, 2), elected(2, 3), term(1, 3)),
			[]trace.Event{violation(check.ElectionSafety, trace.Event{Node: 1, Peer: 2, Term: 3})}},
		{"leaders of two terms", story(elected(1, 2), elected(2, 3)), nil},
		{"a leader of an older term elected late", story(elected(1, 3), elected(2, 2)), nil},
		{"a leader elected again", story(elected(1, 2), note(trace.Crash, 1, 0), note(trace.Boot, 1, 0), term(1, 2), role(1, leader)), nil},
		{"a leader that steps down and takes another's term", story(elected(1, 2), elected(2, 3), role(1, follower), term(1, 3)), nil},

		{"a leader removes its entry", story(elected(1, 2), entry(1, 1, 2, 7), entry(1, 2, 2, 8), note(trace.Truncate, 1, 2)),
			[]trace.Event{violation(check.LeaderAppendOnly, trace.Event{Node: 1, Term: 2, A: 2})}},
		{"a leader overwrites its entry", story(elected(1, 2), entry(1, 1, 2, 7), entry(1, 2, 2, 8), entry(1, 1, 2, 9)),
			[]trace.Event{violation(check.LeaderAppendOnly, trace.Event{Node: 1, Term: 2, A: 1})}},
		{"a leader notes an entry again", story(elected(1, 2), entry(1, 1, 2, 7), entry(1, 1, 2, 7), note(trace.Truncate, 1, 2)), nil},
		{"a follower removes its entry", story(elected(1, 2), entry(1, 1, 2, 7), role(1, follower), note(trace.Truncate, 1, 1)), nil},

		{"one place, two commands", story(entry(1, 1, 2, 7), entry(2, 1, 2, 8)),
			[]trace.Event{violation(check.LogMatching, trace.Event{Node: 2, Peer: 1, Term: 2, A: 1})}},
		{"equal entries after different ones", story(entry(1, 1, 1, 7), entry(2, 1, 2, 7), entry(1, 2, 3, 7), entry(2, 2, 3, 7)),
			[]trace.Event{violation(check.LogMatching, trace.Event{Node: 2, Peer: 1, Term: 3, A: 2})}},
		{"an earlier entry changes", story(entry(1, 1, 1, 7), entry(2, 1, 1, 7), entry(1, 2, 3, 7), entry(2, 2, 3, 7), entry(2, 1, 2, 7)),
			[]trace.Event{violation(check.LogMatching, trace.Event{Node: 2, Peer: 1, Term: 3, A: 2})}},
		{"different terms at one place", story(entry(1, 1, 1, 7), entry(2, 1, 2, 8), entry(3, 1, 1, 7), entry(4, 1, 2, 8)), nil},
		{"another command after the first is gone", story(entry(1, 1, 2, 7), note(trace.Truncate, 1, 1), entry(2, 1, 2, 8)), nil},
		{"another command after a restart without it", story(entry(1, 1, 2, 7), note(trace.Boot, 1, 0), entry(2, 1, 2, 8)), nil},
		{"one place, two commands, after a restart with it", story(entry(1, 1, 2, 7), note(trace.Boot, 1, 0), entry(1, 1, 2, 7), entry(2, 1, 2, 8)),
			[]trace.Event{violation(check.LogMatching, trace.Event{Node: 2, Peer: 1, Term: 2, A: 1})}},

		{"a leader without what was committed", story(committed, elected(3, 4)),
			[]trace.Event{violation(check.LeaderCompleteness, trace.Event{Node: 3, Peer: 1, Term: 4, A: 1, B: 2})}},
		{"a leader with something else there", story(committed, entry(3, 1, 3, 9), elected(3, 4)),
			[]trace.Event{violation(check.LeaderCompleteness, trace.Event{Node: 3, Peer: 1, Term: 4, A: 1, B: 2})}},
		{"committed late, under a later leader without it", story(entry(1, 1, 2, 7), elected(1, 2), elected(3, 4), note(trace.Commit, 1, 1)),
			[]trace.Event{violation(check.LeaderCompleteness, trace.Event{Node: 3, Peer: 1, Term: 4, A: 1, B: 2})}},
		{"a leader with what was committed", story(committed, elected(2, 4)), nil},
		{"a leader of an older term without it", story(committed, elected(3, 1)), nil},
		{"known in a later term, committed in an earlier one", story(entry(1, 1, 2, 7), entry(2, 1, 2, 7), term(1, 2), term(2, 9), note(trace.Commit, 2, 1), elected(3, 8)), nil},
		{"and then known to have been", story(entry(1, 1, 2, 7), entry(2, 1, 2, 7), term(1, 2), term(2, 9), note(trace.Commit, 2, 1), elected(3, 8), note(trace.Commit, 1, 1)),
			[]trace.Event{violation(check.LeaderCompleteness, trace.Event{Node: 3, Peer: 1, Term: 8, A: 1, B: 2})}},

		{"two entries applied at one place", story(applied(1, 1, 2, 7), applied(2, 1, 3, 8)),
			[]trace.Event{violation(check.StateMachineSafety, trace.Event{Node: 2, Peer: 1, Term: 3, A: 1, B: 2})}},
		{"one command of two terms applied at one place", story(applied(1, 1, 2, 7), applied(2, 1, 3, 7)),
			[]trace.Event{violation(check.StateMachineSafety, trace.Event{Node: 2, Peer: 1, Term: 3, A: 1, B: 2})}},
		{"another entry applied after a restart", story(applied(1, 1, 2, 7), note(trace.Boot, 1, 0), applied(1, 1, 3, 8)),
			[]trace.Event{violation(check.StateMachineSafety, trace.Event{Node: 1, Peer: 1, Term: 3, A: 1, B: 2})}},
		{"one entry applied everywhere, and again", story(applied(1, 1, 2, 7), applied(2, 1, 2, 7), note(trace.Boot, 1, 0), applied(1, 1, 2, 7)), nil},
	} {
		for i := range c.want {
			c.want[i].T = consensus.Time(len(c.story) - 1)
		}
		if got := watch(c.story); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		// Nothing of it hangs on being the first of its kind.
		if got := watch(c.story[:len(c.story)-1]); len(got) > 0 {
			t.Errorf("%s: reported before the last event: %v", c.name, got)
		}
	}
}

// What was reported is not reported again, not by a copy either.
func TestViolationsAreReportedOnce(t *testing.T) {
	again := story(
		elected(1, 2), elected(2, 2), role(2, follower), role(2, leader), // one election
		entry(1, 1, 2, 7), entry(1, 1, 2, 8), note(trace.Truncate, 1, 1), // one leader
		entry(3, 5, 2, 7), entry(4, 5, 2, 8), note(trace.Truncate, 4, 5), entry(4, 5, 2, 9), // one place
		applied(1, 1, 2, 7), applied(2, 1, 3, 8), applied(3, 1, 4, 9),
	)
	c := check.New(&protocol, nodes)
	count := map[string]int{}
	for i := range again {
		c.Observe(&again[i], func(v trace.Event) { count[invariantOf(&v)]++ })
	}
	d := c.Clone()
	for i := range again[6:] {
		d.Observe(&again[6+i], func(v trace.Event) { t.Errorf("again: %s", trace.Print(&v, &protocol, nil)) })
	}
	for _, id := range []string{check.ElectionSafety, check.LeaderAppendOnly, check.LogMatching, check.StateMachineSafety} {
		if count[id] != 1 {
			t.Errorf("%s was reported %d times", id, count[id])
		}
	}
}

// However broken a run is, the reports are bounded.
func TestReportsAreBounded(t *testing.T) {
	c := check.New(&protocol, nodes)
	n := 0
	for i := range uint32(5000) {
		for _, e := range []trace.Event{applied(1, i+1, 1, 1), applied(2, i+1, 1, 2)} {
			c.Observe(&e, func(trace.Event) { n++ })
		}
	}
	if n != check.ReportsMax {
		t.Errorf("%d reports, want %d", n, check.ReportsMax)
	}
}

// A protocol is checked for what it promises.
func TestOnlyWhatAProtocolPromisesIsChecked(t *testing.T) {
	broken := story(elected(1, 2), elected(2, 2), applied(1, 1, 2, 7), applied(2, 1, 3, 8))
	for _, c := range []struct{ promises, want string }{
		{"", ""},
		{check.ElectionSafety, check.ElectionSafety},
		{check.StateMachineSafety, check.StateMachineSafety},
		{check.ElectionSafety + " " + check.StateMachineSafety, check.ElectionSafety + " " + check.StateMachineSafety},
	} {
		p := consensus.Protocol{Roles: protocol.Roles}
		for id := range strings.FieldsSeq(c.promises) {
			p.Invariants = append(p.Invariants, consensus.Invariant{ID: id})
		}
		var found []string
		w := check.New(&p, nodes)
		for i := range broken {
			w.Observe(&broken[i], func(v trace.Event) { found = append(found, p.Invariants[v.Sub].ID) })
		}
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("promises %q: found %q", c.promises, got)
		}
	}
}

// A long run costs no allocation but for its logs, and a checkpoint little.
func TestObserveAllocatesLittle(t *testing.T) {
	c := check.New(&protocol, nodes)
	out := func(v trace.Event) { t.Fatal(trace.Print(&v, &protocol, nil)) }
	i := uint32(0)
	see := func(e trace.Event) { c.Observe(&e, out) }
	for _, e := range elected(1, 2) {
		see(e)
	}
	step := func() {
		i++
		for id := consensus.NodeID(1); id <= nodes; id++ {
			see(entry(id, i, 2, i))
		}
		for id := consensus.NodeID(1); id <= nodes; id++ {
			see(note(trace.Commit, id, i))
			see(applied(id, i, 2, i))
		}
		see(note(trace.Deliver, 1, 0))
	}
	for range 100 {
		step()
	}
	// A leaf for each of 4 logs and 3 tables every 64 entries; now and then a branch.
	if n := testing.AllocsPerRun(6400, step); n > 0.2 {
		t.Errorf("%v allocations for each entry of %d nodes, want at most 0.2", n, nodes)
	}
	if n := testing.AllocsPerRun(100, func() { _ = c.Clone() }); n > 4 {
		t.Errorf("%v allocations for a checkpoint, want at most 4", n)
	}
}

// run is a busy cluster as a Checker sees it: for each entry some 12 messages and as many
// timers, of which it needs nothing.
func run(events int) []trace.Event {
	s := elected(1, 2)
	for i := uint32(1); len(s) < events; i++ {
		for id := consensus.NodeID(1); id <= 5; id++ {
			s = append(s, entry(id, i, 2, i), note(trace.Sync, id, 1), note(trace.Rule, id, 0), note(trace.Send, id, 0),
				note(trace.Deliver, id, 0), note(trace.TimerSet, id, 0), note(trace.Commit, id, i), note(trace.Rule, id, 0),
				applied(id, i, 2, i), note(trace.Progress, id, i), note(trace.Send, id, 0), note(trace.Deliver, id, 0))
		}
	}
	return s
}

func BenchmarkObserve(b *testing.B) {
	p := protocol
	s := run(1 << 20)
	c := check.New(&p, 5)
	out := func(trace.Event) { b.Fatal("a violation") }
	b.ResetTimer()
	b.ReportAllocs()
	for i := range b.N {
		if i%len(s) == 0 {
			c = check.New(&p, 5)
		}
		if i%4096 == 0 {
			c.Clone()
		}
		c.Observe(&s[i%len(s)], out)
	}
}
