package raft

import (
	"strings"
	"testing"

	"parley/consensus"
)

// mutations holds, for each rule that can be switched off and protects an invariant, a
// course of events that breaks the invariant without the rule and not with it. The
// courses are what somebody would tell at a blackboard: each begins with who is there.
var mutations = []struct {
	rule   string
	nodes  int
	breaks string
	course func(c *cluster)
}{
	{"raft.vote-once", 3, electionSafety, func(c *cluster) {
		c.start(1, 2, 3)
		c.timeout(1)
		c.timeout(2) // both stand for term 1, and N3 hears them one after the other
		c.deliver(1, 3)
		c.deliver(2, 3)
		c.deliver(3, 1)
		c.deliver(3, 2)
	}},
	{"raft.majority-wins", 5, electionSafety, func(c *cluster) {
		c.start(1, 2, 3, 4, 5)
		c.apart(consensus.SetOf(1, 2), consensus.SetOf(3, 4))
		c.timeout(1)
		c.timeout(3)
		c.flush()
	}},
	{"raft.persist-before-reply", 3, electionSafety, func(c *cluster) {
		c.start(1, 2, 3)
		c.timeout(1)
		c.timeout(2)
		c.deliver(1, 3) // N3 votes for N1, and loses power before that is on disk
		c.deliver(3, 1)
		c.crash(3)
		c.start(3)
		c.deliver(2, 3)
		c.deliver(3, 2)
	}},
	{"raft.vote-up-to-date", 3, leaderCompleteness, func(c *cluster) {
		c.start(1, 2, 3)
		c.elect(1)
		c.apart(consensus.SetOf(1, 2))
		c.request(1, 1, 1, "set x 1")
		c.flush() // committed on N1 and N2
		c.crash(1)
		c.apart(consensus.SetOf(2, 3))
		c.timeout(3)
		c.flush()
	}},
	{"raft.commit-majority", 3, leaderCompleteness, func(c *cluster) {
		c.start(1, 2, 3)
		c.elect(1)
		c.apart(consensus.SetOf(2, 3))
		c.request(1, 1, 1, "set x 1")
		c.flush()
		c.timeout(2)
		c.flush()
	}},
	{"raft.commit-only-current-term", 5, leaderCompleteness, func(c *cluster) {
		// Figure 8: N1 has copied its entry of term 2 to a majority in term 4.
		c.settings.Options[optEntriesMax] = 1
		c.with(1, Disk{Term: 3, Vote: 0, Log: logOf(1, 2)}).with(2, Disk{Term: 3, Log: logOf(1, 2)})
		c.with(3, Disk{Term: 3, Vote: 5, Log: logOf(1)}).with(4, Disk{Term: 3, Vote: 5, Log: logOf(1)})
		c.with(5, Disk{Term: 3, Vote: 5, Log: logOf(1, 3)})
		c.start(1, 2, 3, 4, 5)
		c.apart(consensus.SetOf(1, 2, 3))
		c.timeout(1)
		for len(c.net) > 0 && len(c.terms(3)) < 2 {
			c.next()
		}
		c.cut = func(from, _ consensus.NodeID) bool { return from == 1 } // but not its no-op
		c.flush()
		c.crash(1)
		c.apart(consensus.SetOf(2, 3, 4, 5))
		c.timeout(5) // whose last entry is of term 3
		c.timeout(5)
		c.flush()
	}},
	{"raft.consistency-check", 3, logMatching, func(c *cluster) {
		c.start(1, 2, 3)
		c.elect(1)
		c.request(1, 1, 1, "set x 1")
		c.drop(func(m consensus.Message) bool { return m.To == 2 })
		c.request(1, 1, 2, "set x 2")
		c.flush()
	}},
	{"raft.truncate-conflict", 3, logMatching, func(c *cluster) {
		c.with(1, Disk{Term: 4, Log: logOf(1, 1, 4)}).with(2, Disk{Term: 3, Log: logOf(1, 2)})
		c.start(1, 2, 3)
		c.elect(1)
	}},
	{"raft.term-stale-reject", 3, stateMachineSafety, func(c *cluster) {
		c.start(1, 2, 3)
		c.elect(1)
		c.request(1, 1, 1, "set x 1") // N1's messages are held up
		var late consensus.Message
		for _, m := range c.sent(1, 3) {
			late = m
		}
		c.drop(nil)
		c.apart(consensus.SetOf(2, 3))
		c.elect(2)
		c.heartbeat(2)
		c.flush() // N2 and N3 applied index 2, of term 2
		c.message(late)
		c.crash(2)
		c.apart(consensus.SetOf(1, 3))
		c.flush() // N1 learns that it was deposed
		c.timeout(1)
		c.flush()
	}},
	{"raft.apply-once", 3, linearizability, func(c *cluster) {
		c.start(1, 2, 3)
		c.elect(1)
		c.request(1, 1, 1, "set x 1")
		c.request(1, 1, 1, "set x 1") // sent again: the answer took too long
		c.flush()
		c.request(1, 2, 1, "set x 2")
		c.flush()
		c.request(1, 1, 1, "set x 1") // a copy that the network held back
		c.flush()
		c.request(1, 2, 2, "get x")
		c.flush()
		if got := c.last(); string(got.Result) != "2" {
			c.breaks(linearizability, "C2 set x to 2 after C1's request was answered, and then read %q", got.Result)
		}
	}},
}

// next delivers, or loses, the oldest message.
func (c *cluster) next() {
	m := c.net[0]
	c.net = c.net[1:]
	if c.cut == nil || !c.cut(m.From, m.To) {
		c.message(m)
	}
}

func TestEachRuleProtectsItsInvariant(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.rule, func(t *testing.T) {
			c := newCluster(t, m.nodes)
			m.course(c)
			c.sound()

			c = newCluster(t, m.nodes, m.rule)
			m.course(c)
			if c.broken[m.breaks] == "" {
				t.Errorf("without the rule %s holds, and this is what broke: %v", m.breaks, c.broken)
			}
			if got := ruleTable[ruleNamed(t, m.rule)-1].Protects; got != m.breaks {
				t.Errorf("the table says that it protects %s", got)
			}
		})
	}
}

func TestEachProtectingSwitchHasItsCourse(t *testing.T) {
	for _, r := range ruleTable {
		found := false
		for _, m := range mutations {
			found = found || m.rule == r.ID
		}
		if needs := r.Switchable && r.Protects != ""; needs != found {
			t.Errorf("%s: needs a course of events: %v, has one: %v", r.ID, needs, found)
		}
	}
}

// A lost write is a lost entry, too: without raft.persist-before-reply a committed entry
// vanishes from a majority.
func TestUnwrittenEntriesBreakLeaderCompleteness(t *testing.T) {
	course := func(c *cluster) {
		c.start(1, 2, 3)
		c.elect(1)
		c.sync(1)
		c.sync(2)
		c.sync(3)
		c.apart(consensus.SetOf(1, 2))
		c.request(1, 1, 1, "set x 1")
		c.flush()
		c.crash(1, 2)
		c.start(2)
		c.apart(consensus.SetOf(2, 3))
		c.timeout(3)
		c.flush()
	}
	c := newCluster(t, 3)
	course(c)
	c.sound()
	c = newCluster(t, 3, "raft.persist-before-reply")
	course(c)
	if c.broken[leaderCompleteness] == "" {
		t.Error("it held")
	}
}

// Without raft.randomized-timeout every server waits equally long, and they split the vote
// each time that their messages cross.
func TestWithoutRandomTimeoutsVotesSplit(t *testing.T) {
	c := running(t, 3, "raft.randomized-timeout")
	for range 10 {
		for _, n := range c.nodes {
			if n.timers[ElectionTimer] != 150*consensus.Millisecond {
				t.Fatalf("%v waits %d ns", n.id, n.timers[ElectionTimer])
			}
		}
		for _, n := range c.nodes { // all at once
			c.timeout(n.id)
			c.wantFired(n.id, ruleRandomized, randomizedOff)
		}
		c.flush()
		for _, n := range c.nodes {
			if n.fold.role == Leader {
				t.Fatalf("%v won", n.id)
			}
		}
	}
	c.sound()
}

// Each switch changes what a server says of itself: the step tells that a rule is off.
func TestSwitchedOffRulesSaySo(t *testing.T) {
	for _, m := range mutations {
		c := newCluster(t, m.nodes, m.rule)
		rule, said := ruleNamed(t, m.rule), false
		c.onNote = func(n *consensus.Note) {
			if n.Kind == consensus.NoteRule && n.Rule == rule {
				s := ruleTable[rule-1].Tells[n.Sub]
				said = said || strings.Contains(s, "is off") || strings.Contains(s, "a crash now would lose")
			}
		}
		m.course(c)
		if !said {
			t.Errorf("%s never said that it is off", m.rule)
		}
	}
}
