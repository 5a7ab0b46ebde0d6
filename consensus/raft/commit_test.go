package raft

import (
	"testing"

	"parley/consensus"
)

// The leader commits what it has created once a majority holds it, and tells its
// commitIndex with all that it sends, so that the followers come to know of it (§5.3).
func TestSection5_3_MajorityCommits(t *testing.T) {
	c := running(t, 5)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	c.deliver(1, 2)
	c.deliver(2, 1)
	if c.raft(1).commit != 1 {
		t.Fatalf("with two copies of five the leader committed up to %d", c.raft(1).commit)
	}
	c.deliver(1, 3)
	c.deliver(3, 1)
	c.wantFired(1, ruleCommitMajority, commitMajority)
	if r := c.raft(1); r.commit != 2 || r.applied != 2 {
		t.Fatalf("with three copies of five the leader committed up to %d and applied up to %d", r.commit, r.applied)
	}
	c.deliver(1, 4)
	c.deliver(4, 1)
	if c.fired(1, ruleCommitMajority, commitMajority) {
		t.Error("a fourth copy committed it again")
	}
	c.flush()
	for id := consensus.NodeID(2); id <= 5; id++ {
		if got := c.raft(id).commit; got != 1 {
			t.Errorf("%v cannot know of index 2 yet, but its commitIndex is %d", id, got)
		}
	}
	c.heartbeat(1)
	c.flush()
	for id := consensus.NodeID(2); id <= 5; id++ {
		if r := c.raft(id); r.commit != 2 || r.applied != 2 {
			t.Errorf("%v's commitIndex is %d", id, r.commit)
		}
	}
	c.sound()
}

// A follower's commitIndex stops at the last entry that the message vouches for, however
// far the leader's goes: what lies behind that may not be the leader's (Figure 2,
// AppendEntries 5).
func TestFigure2_FollowerCommitsNothingBeyondTheLastNewEntry(t *testing.T) {
	c := newCluster(t, 3).with(2, Disk{Term: 2, Log: logOf(1, 1, 2, 2)})
	c.start(2)
	q := appendRequest{prevIndex: 1, prevTerm: 1, commit: 4, count: 1}
	entry := logOf(1, 1)[1]
	c.message(consensus.Message{From: 1, To: 2, Kind: KindAppendEntries, Term: 3, Data: appendEntry(q.appendHead(nil), &entry)})
	c.wantFired(2, ruleFollowerCommit, 0)
	if r := c.raft(2); r.commit != 2 || r.applied != 2 || r.log.last() != 4 {
		t.Errorf("commitIndex is %d, the log ends at %d", r.commit, r.log.last())
	}
}

// commitIndex never goes back for an old message.
func TestFigure2_CommitIndexIsMonotonic(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.heartbeat(1)
	old := c.sent(1, 2)[0]
	c.request(1, 1, 1, "set x 1")
	c.flush()
	c.heartbeat(1)
	c.flush()
	before := c.raft(2).commit
	c.message(old)
	if got := c.raft(2).commit; got != before || before != 2 {
		t.Errorf("commitIndex went from %d to %d", before, got)
	}
}

// Counting copies commits entries of the leader's own term only; with the first of them,
// all earlier ones are committed too (§5.4.2).
func TestSection5_4_2_OldEntriesAreCommittedIndirectly(t *testing.T) {
	c := newCluster(t, 3, "raft.noop-at-start").with(1, Disk{Term: 2, Log: logOf(1, 2)})
	c.start(1, 2, 3)
	c.elect(1)
	// N2 and N3 refuse the heartbeat and are sent both entries.
	c.wantTerms(2, 1, 2)
	c.wantTerms(3, 1, 2)
	if got := c.raft(1).commit; got != 0 {
		t.Fatalf("entries of older terms were committed by counting, up to %d", got)
	}
	c.wantFired(1, ruleCommitCurrent, currentTermHeld)
	c.request(1, 1, 900, "set x 1")
	c.flush()
	if got := c.raft(1).commit; got != 3 {
		t.Errorf("the first entry of its own term should commit all three, but commitIndex is %d", got)
	}
	c.sound()
}

// figure8 plays the paper's Figure 8 up to (c): S1, leader of term 4, has copied its entry
// of term 2 to S2 and S3, a majority. Then S1 crashes, and S5 with its entry of term 3 is
// elected and overwrites it (d).
func figure8(t *testing.T, off ...string) *cluster {
	c := newCluster(t, 5, append([]string{"raft.noop-at-start"}, off...)...)
	c.set(optEntriesMax, 1)
	c.with(1, Disk{Term: 2, Vote: 1, Log: logOf(1, 2)})
	c.with(2, Disk{Term: 2, Vote: 1, Log: logOf(1, 2)})
	c.with(3, Disk{Term: 3, Vote: 5, Log: logOf(1)})
	c.with(4, Disk{Term: 3, Vote: 5, Log: logOf(1)})
	c.with(5, Disk{Term: 3, Vote: 5, Log: logOf(1, 3)})
	c.start(1, 2, 3, 4)
	c.timeout(1) // term 3: too old for S3 and S4
	c.flush()
	c.timeout(1) // (c): elected by S2, S3 and S4 in term 4
	c.deliver(1, 2)
	c.deliver(1, 3)
	c.deliver(1, 4)
	for id := consensus.NodeID(2); id <= 4; id++ {
		c.deliver(id, 1)
	}
	if r := c.raft(1); r.role != Leader || r.term != 4 {
		t.Fatalf("S1 should lead term 4, but is %+v", r)
	}
	c.cut = func(from, to consensus.NodeID) bool { return from == 4 || to == 4 || from == 5 || to == 5 }
	c.flush()
	c.wantTerms(3, 1, 2)
	return c
}

// Figure 8 (c) and (d).
func TestFigure8_OldEntryOnAMajorityIsNotCommitted(t *testing.T) {
	c := figure8(t)
	if got := c.raft(1).commit; got != 0 {
		t.Fatalf("S1 committed up to %d", got)
	}
	c.crash(1)
	c.start(5)
	c.cut = nil
	for c.raft(5).role != Leader {
		c.timeout(5)
		c.flush()
	}
	c.wantTerms(2, 1, 3) // (d)
	c.wantTerms(3, 1, 3)
	c.sound()
}

// Figure 8 (e): once S1's entry of term 4 is on a majority, S5 cannot win.
func TestFigure8_OwnEntryOnAMajorityCommitsBoth(t *testing.T) {
	c := figure8(t)
	c.request(1, 2, 1, "set x 4")
	c.flush()
	if got := c.raft(1).commit; got != 3 {
		t.Fatalf("S1 committed up to %d", got)
	}
	c.crash(1)
	c.start(5)
	c.cut = nil
	for range 4 {
		c.timeout(5)
		c.flush()
		if c.raft(5).role == Leader {
			t.Fatal("S5 was elected")
		}
	}
	c.elect(3)
	c.wantTerms(5, 1, 2, 4)
	c.sound()
}

// A leader's first entry is a no-op; its commit settles everything that earlier leaders
// left behind (§8).
func TestSection8_NoopAtTheStartOfATerm(t *testing.T) {
	c := newCluster(t, 3).with(1, Disk{Term: 2, Log: logOf(1, 2)})
	c.start(1, 2, 3)
	c.elect(1)
	c.wantTerms(1, 1, 2, 3)
	if e := c.raft(1).log.at(3); e.Client != consensus.None || len(e.Command) != 0 {
		t.Errorf("the entry at index 3 is %+v", e)
	}
	if got := c.raft(1).commit; got != 3 {
		t.Errorf("the no-op should commit everything before it, but commitIndex is %d", got)
	}
	c.sound()
}

// What is committed is applied one entry after the other, in the order of the log (Figure
// 2, all servers).
func TestFigure2_ApplyInOrder(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	for seq := uint32(1); seq <= 10; seq++ {
		c.request(1, 1, seq, "set x "+string(rune('a'+seq)))
	}
	c.flush()
	c.heartbeat(1)
	c.flush()
	for _, n := range c.nodes {
		m := n.engine.Inspect().Machine
		if len(m) != 1 || m[0].Name != "x" || m[0].Value != "k" {
			t.Errorf("%v's machine holds %v", n.id, m)
		}
	}
	c.sound()
}

// The number of copies that commit, by the size of the cluster.
func TestQuorum(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 6: 4, 7: 4, 9: 5, 100: 51} {
		c := newCluster(t, n)
		c.start(1)
		if got := c.raft(1).quorum(); got != want {
			t.Errorf("a majority of %d is %d, want %d", n, got, want)
		}
	}
}
