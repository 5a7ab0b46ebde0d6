package check_test

import (
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

const nodes = 4

// anyStory generates events of a few nodes with few terms, indexes and commands, so that
// they get in each other's way. Most of them make sense.
func anyStory(t *rapid.T) []trace.Event {
	var story []trace.Event
	var logs [nodes + 1][]trace.Event // as told so far, to extend or to tell again
	var terms [nodes + 1]consensus.Term
	add := func(e trace.Event) {
		e.T = consensus.Time(len(story))
		story = append(story, e)
	}
	entry := func(id consensus.NodeID, i int) trace.Event {
		e := trace.Event{Kind: trace.Entry, Node: id, A: uint32(i), Term: consensus.Term(rapid.IntRange(1, 3).Draw(t, "term"))}
		if rapid.IntRange(0, 3).Draw(t, "other command") == 0 {
			e.Peer, e.B, e.C = consensus.Client(1), rapid.Uint32Range(1, 2).Draw(t, "seq"), rapid.Uint32Range(1, 2).Draw(t, "hash")
		}
		if rapid.IntRange(0, 30).Draw(t, "unknown") == 0 {
			e.Term = 0
		}
		return e
	}
	put := func(e trace.Event) {
		add(e)
		log := &logs[e.Node]
		switch i := int(e.A); {
		case i >= 1 && i <= len(*log):
			(*log)[i-1] = e
		case i == len(*log)+1:
			*log = append(*log, e)
		}
	}
	mess := rapid.IntRange(0, 10).Draw(t, "mess") // how much of it does not make sense
	for range rapid.IntRange(1, 60).Draw(t, "acts") {
		id := consensus.NodeID(rapid.IntRange(1, nodes).Draw(t, "node"))
		log := logs[id]
		switch rapid.SampledFrom([]string{"append", "append", "append", "copy", "copy", "commit", "apply", "role", "role", "term", "truncate", "boot", "odd"}).Draw(t, "act") {
		case "append":
			put(entry(id, len(log)+1))
		case "copy": // what another node has at the same place
			from := logs[rapid.IntRange(1, nodes).Draw(t, "from")]
			if len(from) > len(log) {
				for _, e := range from[len(log):] {
					e.Node = id
					put(e)
				}
			}
		case "commit":
			add(trace.Event{Kind: trace.Commit, Node: id, A: uint32(rapid.IntRange(0, len(log)).Draw(t, "upTo"))})
		case "apply":
			if len(log) > 0 {
				e := log[rapid.IntRange(0, len(log)-1).Draw(t, "applied")]
				e.Kind = trace.Apply
				add(e)
			}
		case "role":
			add(trace.Event{Kind: trace.Role, Node: id, Sub: uint8(rapid.IntRange(0, 3).Draw(t, "role"))})
		case "term":
			terms[id] += consensus.Term(rapid.IntRange(0, 2).Draw(t, "newer"))
			add(trace.Event{Kind: trace.Term, Node: id, Term: terms[id]})
		case "truncate":
			i := rapid.IntRange(1, len(log)+1).Draw(t, "from")
			add(trace.Event{Kind: trace.Truncate, Node: id, A: uint32(i)})
			logs[id] = log[: i-1 : i-1]
		case "boot":
			if rapid.Bool().Draw(t, "crash") {
				add(trace.Event{Kind: trace.Crash, Node: id})
			}
			add(trace.Event{Kind: trace.Boot, Node: id})
			add(trace.Event{Kind: trace.Role, Node: id})
			add(trace.Event{Kind: trace.Term, Node: id, Term: terms[id]})
			keep := rapid.IntRange(0, len(log)).Draw(t, "kept")
			if rapid.Bool().Draw(t, "all kept") {
				keep = len(log)
			}
			if rapid.Bool().Draw(t, "truncate") {
				add(trace.Event{Kind: trace.Truncate, Node: id, A: uint32(keep + 1)})
			}
			logs[id] = nil
			for _, e := range log[:keep] {
				put(e)
			}
		case "odd":
			if rapid.IntRange(1, 10).Draw(t, "mess") > mess {
				continue
			}
			switch rapid.IntRange(0, 4).Draw(t, "odd") {
			case 0:
				put(entry(id, rapid.IntRange(0, len(log)+2).Draw(t, "index")))
			case 1:
				add(trace.Event{Kind: trace.Compact, Node: id, A: uint32(rapid.IntRange(0, len(log)+2).Draw(t, "index"))})
			case 2:
				add(trace.Event{Kind: trace.Truncate, Node: id, A: uint32(rapid.IntRange(0, len(log)+2).Draw(t, "index"))})
			case 3:
				add(trace.Event{Kind: trace.Commit, Node: id, A: 9})
			case 4:
				add(trace.Event{
					Kind: trace.Kind(rapid.IntRange(1, trace.Kinds-1).Draw(t, "kind")), Node: consensus.NodeID(rapid.Byte().Draw(t, "any node")),
					Sub: uint8(rapid.IntRange(0, 9).Draw(t, "sub")), A: rapid.SampledFrom([]uint32{0, 1, 5, check.IndexMax, check.IndexMax + 1, 1<<32 - 1}).Draw(t, "A"),
				})
			}
		}
	}
	return story
}

// The Checker finds each invariant broken with the same event as the oracle, which looks
// at everything after every event; and a copy that goes on from anywhere finds the same.
func TestCheckerAgreesWithTheOracle(t *testing.T) {
	found := map[string]int{}
	none := 0
	rapid.Check(t, func(t *rapid.T) {
		story := anyStory(t)
		o := newOracle(nodes)
		c := check.New(&protocol, nodes)
		broken := map[string]int{}
		cut := rapid.IntRange(0, len(story)).Draw(t, "copy after")
		for i := range story {
			if i == cut {
				// The original goes astray; the copy must not notice.
				d := c.Clone().(*check.Checker)
				for _, e := range anyStory(t) {
					c.Observe(&e, func(trace.Event) {})
				}
				c = d
			}
			o.observe(&story[i])
			c.Observe(&story[i], func(v trace.Event) {
				id := invariantOf(&v)
				if _, before := broken[id]; !before {
					broken[id] = i + 1
				}
				if v.Kind != trace.Violation || v.T != story[i].T {
					t.Fatalf("reported %v", v)
				}
			})
			for _, id := range ids {
				if broken[id] != o.broken[id] {
					for _, e := range story[:i+1] {
						t.Log(trace.Print(&e, &protocol, nil))
					}
					t.Fatalf("%s: the checker says %d, the oracle %d", id, broken[id], o.broken[id])
				}
			}
		}
		for id := range broken {
			found[id]++
		}
		if len(broken) == 0 {
			none++
		}
	})
	for _, id := range ids {
		if found[id] == 0 {
			t.Errorf("no story broke %s: the comparison proves nothing for it", id)
		}
	}
	if none == 0 {
		t.Error("every story broke something: the comparison proves nothing for sound ones")
	}
	t.Logf("broken: %v, sound: %d", found, none)
}

// FuzzChecker: a trace made elsewhere may hold anything; the Checker takes it without a
// panic, and what it reports can be told. A copy made midway reports the same.
func FuzzChecker(f *testing.F) {
	var seed []byte
	for _, e := range story(elected(1, 2), entry(1, 1, 2, 7), entry(2, 1, 2, 8), note(trace.Commit, 1, 1), note(trace.Boot, 1, 0),
		entry(1, 1, 2, 7), note(trace.Compact, 3, 9), entry(3, 10, 1, 1), note(trace.Truncate, 3, 4), elected(3, 3), applied(2, 1, 1, 1)) {
		seed = e.Append(seed)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		c := check.New(&protocol, nodes)
		var d trace.Watcher
		for i := 0; len(b) >= trace.EventSize; i++ {
			var e trace.Event
			if e.Decode(b) != nil {
				break
			}
			var one, two []trace.Event
			c.Observe(&e, func(v trace.Event) { one = append(one, v) })
			if d != nil {
				d.Observe(&e, func(v trace.Event) { two = append(two, v) })
				if !slices.Equal(one, two) {
					t.Fatalf("the original reports %v, the copy %v", one, two)
				}
			}
			for _, v := range one {
				if v.Kind != trace.Violation || int(v.Sub) >= len(protocol.Invariants) || v.T != e.T {
					t.Fatalf("reported %v", v)
				}
			}
			if i == 5 {
				d = c.Clone()
			}
			b = b[trace.EventSize:]
		}
	})
}
