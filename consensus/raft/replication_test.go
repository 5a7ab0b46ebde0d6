package raft

import (
	"slices"
	"testing"

	"parley/consensus"
)

// A command becomes an entry at the end of the leader's log and goes to all followers
// side by side (§5.3).
func TestSection5_3_CommandGoesToAllOthers(t *testing.T) {
	c := running(t, 5)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	c.wantFired(1, ruleLeaderAppendOnly, appendOnlyAdded)
	c.wantTerms(1, 1, 1) // a no-op and the command
	for id := consensus.NodeID(2); id <= 5; id++ {
		q := c.appendsSent(1, id)
		if len(q) != 1 || q[0].prevIndex != 1 || q[0].prevTerm != 1 || q[0].count != 1 {
			t.Fatalf("%v was sent %+v", id, q)
		}
		if e, _ := takeEntry(q[0].entries); string(e.Command) != "set x 1" || e.Client != consensus.Client(1) || e.Seq != 1 {
			t.Errorf("%v was sent the entry %+v", id, e)
		}
	}
	if d, _ := DecodeDisk(c.node(1).disk); len(d.Log) != 2 {
		t.Error("the leader's own copy should be on disk before anybody hears of it")
	}
	c.flush()
	for id := consensus.NodeID(2); id <= 5; id++ {
		c.wantTerms(id, 1, 1)
	}
	c.sound()
}

// A batch that several followers lack is encoded once.
func TestBroadcastIsEncodedOnce(t *testing.T) {
	c := running(t, 5)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	m := c.node(1).out.Messages
	for _, other := range m[1:] {
		if &other.Data[0] != &m[0].Data[0] {
			t.Error("equal messages do not share their bytes")
		}
	}
}

// AppendEntries names the entry just before its own by index and term. A follower that
// does not hold that entry refuses the new ones (§5.3).
func TestSection5_3_ConsistencyCheck(t *testing.T) {
	for _, test := range []struct {
		name                string
		log                 []int
		prevIndex, prevTerm int
		success             bool
		outcome             uint8
		conflictTerm        consensus.Term
		conflictIndex       consensus.Index
	}{
		{"at the beginning of an empty log", nil, 0, 0, true, 0, 0, 0},
		{"at the beginning of any log", []int{1, 1}, 0, 0, true, 0, 0, 0},
		{"behind an entry in common", []int{1, 2}, 2, 2, true, 0, 0, 0},
		{"in the middle", []int{1, 2, 2}, 1, 1, true, 0, 0, 0},
		{"log too short", []int{1, 1}, 4, 2, false, consistencyShort, 0, 3},
		{"log empty", nil, 4, 2, false, consistencyShort, 0, 1},
		{"other term there", []int{1, 2, 2, 2}, 4, 3, false, consistencyTerm, 2, 2},
		{"other term there, a run of one", []int{1, 1, 2}, 3, 3, false, consistencyTerm, 2, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCluster(t, 3).with(2, Disk{Term: 3, Log: logOf(test.log...)})
			c.start(2)
			before := c.terms(2)
			q := appendRequest{prevIndex: consensus.Index(test.prevIndex), prevTerm: consensus.Term(test.prevTerm), count: 1}
			c.message(consensus.Message{From: 1, To: 2, Kind: KindAppendEntries, Term: 3,
				Data: appendEntry(q.appendHead(nil), &consensus.Entry{Term: 3})})
			m := c.sent(2, 1)
			if len(m) != 1 {
				t.Fatalf("it answered %v", m)
			}
			reply, ok := decodeAppendReply(m[0].Data)
			if !ok || reply.success != test.success || reply.prevIndex != q.prevIndex {
				t.Fatalf("it answered %+v", reply)
			}
			if test.success {
				if reply.match != q.prevIndex+1 {
					t.Errorf("match is %d", reply.match)
				}
				return
			}
			c.wantFired(2, ruleConsistency, test.outcome)
			if reply.conflictTerm != test.conflictTerm || reply.conflictIndex != test.conflictIndex {
				t.Errorf("it told of a conflict with term %d at %d", reply.conflictTerm, reply.conflictIndex)
			}
			if !slices.Equal(before, c.terms(2)) {
				t.Error("a refused message changed the log")
			}
		})
	}
}

// An entry whose term differs from the leader's at the same index goes, and so do all
// behind it (Figure 2, AppendEntries 3).
func TestFigure2_ConflictingEntriesAreRemoved(t *testing.T) {
	c := newCluster(t, 3).with(1, Disk{Term: 4, Log: logOf(1, 1, 4)}).with(2, Disk{Term: 3, Log: logOf(1, 2, 2, 2)})
	c.start(1, 2, 3)
	c.elect(1)
	c.wantTerms(2, 1, 1, 4, 5)
	c.wantTerms(3, 1, 1, 4, 5)
	c.sound()
}

// A follower appends only what it lacks: an old message whose entries are all there
// removes nothing that came behind them (Figure 2, AppendEntries 4; §5.5).
func TestFigure2_OldMessageRemovesNothing(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	old := c.sent(1, 2)[0]
	c.flush()
	c.request(1, 1, 2, "set x 2")
	c.flush()
	c.message(old)
	c.wantFired(2, ruleAppendNew, appendNewHad)
	c.wantTerms(2, 1, 1, 1)
	c.sound()
}

// figure7 holds the six followers of the paper's Figure 7 and the leader's log.
var figure7 = []struct {
	name string
	log  []int
}{
	{"leader", []int{1, 1, 1, 4, 4, 5, 5, 6, 6, 6}},
	{"a", []int{1, 1, 1, 4, 4, 5, 5, 6, 6}},
	{"b", []int{1, 1, 1, 4}},
	{"c", []int{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}},
	{"d", []int{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}},
	{"e", []int{1, 1, 1, 4, 4, 4, 4}},
	{"f", []int{1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}},
}

// figure7Cluster starts N1 as the leader of the figure (whose term is 8) with the
// followers a to f as N2 to N7. a, b and e voted for it, and c and d (whose logs are
// longer, of the same or a later term) may not have.
func figure7Cluster(t tester, off ...string) *cluster {
	c := newCluster(t, 7, off...)
	for i, s := range figure7 {
		c.with(consensus.NodeID(i+1), Disk{Term: 7, Log: logOf(s.log...)})
		c.start(consensus.NodeID(i + 1))
	}
	return c
}

// Whatever its followers hold, a leader makes their logs equal to its own in the end:
// those of Figure 7, each of them.
func TestFigure7_AllLogsBecomeTheLeaders(t *testing.T) {
	c := figure7Cluster(t)
	c.timeout(1)
	c.flush()
	if c.raft(1).role != Leader || c.raft(1).term != 8 {
		t.Fatal("N1 should lead term 8")
	}
	c.heartbeat(1)
	c.flush()
	want := append(slices.Clone(figure7[0].log), 8)
	for id := consensus.NodeID(1); id <= 7; id++ {
		c.wantTerms(id, want...)
		if c.raft(id).applied != 11 {
			t.Errorf("%v applied up to %d", id, c.raft(id).applied)
		}
	}
	c.sound()
}

// With the optimization at the end of §5.3 there is one refusal for each term in
// conflict; without it, one for each entry.
func TestFigure7_OneRefusalATerm(t *testing.T) {
	for _, test := range []struct {
		follower        consensus.NodeID
		refusals        int // with the rule
		refusalsWithout int
	}{
		{2, 1, 1}, // a: lacks one entry
		{3, 1, 6}, // b: lacks six
		{4, 0, 0}, // c: one too many
		{5, 0, 0}, // d: two too many
		{6, 2, 5}, // e: its terms 4 end where the leader's term 6 is, then one too many of term 4
		{7, 2, 7}, // f: terms 3 and 2
	} {
		for _, off := range []bool{false, true} {
			want := test.refusals
			var rules []string
			if off {
				rules, want = []string{"raft.backtrack-fast"}, test.refusalsWithout
			}
			c := figure7Cluster(t, rules...)
			c.timeout(1)
			for id := consensus.NodeID(2); id <= 7; id++ {
				c.deliver(1, id)
			}
			for id := consensus.NodeID(2); id <= 7; id++ {
				c.deliver(id, 1)
			}
			c.drop(func(m consensus.Message) bool { return m.To != test.follower })
			refused := 0
			for len(c.net) > 0 {
				m := c.net[0]
				if m.Kind == KindAppendEntriesReply && m.Flags&consensus.FlagNo != 0 {
					refused++
				}
				c.deliver(m.From, m.To)
			}
			if refused != want {
				t.Errorf("%s refused %d times, want %d (rule off: %v)", figure7[test.follower-1].name, refused, want, off)
			}
			c.wantTerms(test.follower, append(slices.Clone(figure7[0].log), 8)...)
		}
	}
}

// The three ways to find the new nextIndex.
func TestSection5_3_WhereTheLeaderBacksUpTo(t *testing.T) {
	for _, test := range []struct {
		name             string
		leader, follower []int
		outcome          uint8
		next             consensus.Index
	}{
		{"follower's log is short", []int{1, 1, 1, 1}, []int{1, 1}, backtrackShort, 3},
		{"leader has entries of the term in conflict", []int{1, 2, 2, 4}, []int{1, 2, 2, 2, 2}, backtrackShared, 4},
		{"leader has none of it", []int{1, 4, 4, 4}, []int{1, 2, 2, 2}, backtrackSkip, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCluster(t, 3).with(1, Disk{Term: 4, Log: logOf(test.leader...)}).with(2, Disk{Term: 4, Log: logOf(test.follower...)})
			c.start(1, 2, 3)
			c.timeout(1)
			c.deliver(1, 3)
			c.deliver(3, 1)
			c.drop(func(m consensus.Message) bool { return m.Kind != KindAppendEntries })
			c.deliver(1, 2)
			c.deliver(2, 1)
			c.wantFired(1, ruleBacktrack, test.outcome)
			if next := c.raft(1).progress[2].next; next != test.next {
				t.Errorf("nextIndex is %d, want %d", next, test.next)
			}
		})
	}
}

// Where logs differ, the followers' change and the leader's never does (§5.3; Figure 3,
// Leader Append-Only).
func TestSection5_3_LeaderAppendOnly(t *testing.T) {
	c := figure7Cluster(t)
	c.timeout(1)
	c.flush()
	before := c.terms(1)
	// A rival of the same term cannot be; should somebody pretend to be one, the
	// leader's log stays.
	q := appendRequest{count: 1}
	c.message(consensus.Message{From: 2, To: 1, Kind: KindAppendEntries, Term: 8,
		Data: appendEntry(q.appendHead(nil), &consensus.Entry{Term: 3})})
	c.wantFired(1, ruleLeaderAppendOnly, appendOnlyRival)
	if !slices.Equal(before, c.terms(1)) {
		t.Error("a rival changed the leader's log")
	}
	c.sound()
}

// AppendEntries is repeated until the follower has everything, whatever was lost on the
// way (§5.3): the next heartbeat finds out.
func TestSection5_3_HeartbeatRepairsALoss(t *testing.T) {
	for _, lost := range []struct {
		name string
		f    func(m consensus.Message) bool
	}{
		{"requests", func(m consensus.Message) bool { return m.From == 1 && m.To == 2 }},
		{"answers", func(m consensus.Message) bool { return m.From == 2 && m.To == 1 }},
	} {
		t.Run(lost.name, func(t *testing.T) {
			c := running(t, 3)
			c.elect(1)
			c.cut = func(from, to consensus.NodeID) bool { return lost.f(consensus.Message{From: from, To: to}) }
			for seq := uint32(1); seq <= 20; seq++ {
				c.request(1, 1, seq, "set x 1")
				c.flush()
			}
			c.cut = nil
			c.heartbeat(1)
			c.flush()
			if p := c.raft(1).progress[2]; p.match != 21 || p.next != 22 || p.underway != 0 {
				t.Errorf("after the heartbeat the leader knows %+v of N2", p)
			}
			if got := c.raft(2).log.last(); got != 21 {
				t.Errorf("N2's log ends at %d", got)
			}
			c.sound()
		})
	}
}

// One message lost in the middle of a stream.
func TestSection5_3_GapInAStream(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	for seq := uint32(1); seq <= 3; seq++ {
		c.request(1, 1, seq, "set x 1")
	}
	gone := 0
	c.drop(func(m consensus.Message) bool {
		gone++
		return m.To == 2 && gone <= 2
	})
	c.flush()
	if got := c.raft(2).log.last(); got != 4 {
		t.Errorf("N2's log ends at %d", got)
	}
	c.sound()
}

// Messages that overtake one another do no harm.
func TestSection5_5_ReorderedStream(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	for seq := uint32(1); seq <= 4; seq++ {
		c.request(1, 1, seq, "set x 1")
	}
	slices.Reverse(c.net)
	c.flush()
	if got := c.raft(2).log.last(); got != 5 {
		t.Errorf("N2's log ends at %d", got)
	}
	if p := c.raft(1).progress[2]; p.match != 5 {
		t.Errorf("the leader knows %+v of N2", p)
	}
	c.sound()
}

// A late refusal does not move nextIndex back again.
func TestLateRefusalIsIgnored(t *testing.T) {
	c := newCluster(t, 3).with(1, Disk{Term: 2, Log: logOf(1, 1, 1, 2)}).with(2, Disk{Term: 1, Log: logOf(1)})
	c.start(1, 2, 3)
	c.timeout(1)
	c.deliver(1, 3)
	c.deliver(3, 1)
	c.drop(func(m consensus.Message) bool { return m.Kind != KindAppendEntries })
	c.deliver(1, 2)
	refusal := c.sent(2, 1)[0]
	c.flush()
	before := c.raft(1).progress[2]
	c.message(refusal)
	c.wantFired(1, ruleStaleAnswer, staleRefusal)
	if got := c.raft(1).progress[2]; got != before {
		t.Errorf("it moved %+v to %+v", before, got)
	}
}

// While the leader looks for where the logs part, only the refusal of its latest message
// counts.
func TestRepeatedRefusalMovesBackOnce(t *testing.T) {
	c := newCluster(t, 3, "raft.backtrack-fast").with(1, Disk{Term: 2, Log: logOf(1, 1, 1, 2)}).with(2, Disk{Term: 1})
	c.start(1, 2, 3)
	c.timeout(1)
	c.deliver(1, 3)
	c.deliver(3, 1)
	c.drop(func(m consensus.Message) bool { return m.Kind != KindAppendEntries })
	c.deliver(1, 2)
	refusal := c.sent(2, 1)[0]
	c.deliver(2, 1)
	if got := c.raft(1).progress[2].next; got != 4 {
		t.Fatalf("nextIndex is %d", got)
	}
	c.message(refusal)
	c.wantFired(1, ruleStaleAnswer, staleRefusal)
	if got := c.raft(1).progress[2].next; got != 4 {
		t.Errorf("nextIndex moved to %d", got)
	}
}

// Whatever a refusal says, nextIndex goes back, and never to what is known to match.
func TestRefusalCannotMoveNextIndexAstray(t *testing.T) {
	for _, test := range []struct{ conflictIndex, want consensus.Index }{{1, 4}, {99, 5}, {4, 4}} {
		c := running(t, 3)
		c.elect(1)
		for seq := uint32(1); seq <= 2; seq++ {
			c.request(1, 1, seq, "set x 1")
		}
		c.flush() // up to index 3
		c.cut = func(_, to consensus.NodeID) bool { return to == 2 }
		for seq := uint32(3); seq <= 5; seq++ {
			c.request(1, 1, seq, "set x 1")
		}
		c.flush()
		refusal := appendReply{prevIndex: 5, conflictIndex: test.conflictIndex}
		c.message(consensus.Message{From: 2, To: 1, Kind: KindAppendEntriesReply, Term: 1, Data: refusal.append(nil)})
		if p := c.raft(1).progress[2]; p.next != test.want || p.match != 3 {
			t.Errorf("a conflict at %d moved it to %d (match %d), want %d", test.conflictIndex, p.next, p.match, test.want)
		}
	}
}

// What a follower had in an older term of the same leader says nothing of what it has now.
func TestSection5_1_StaleSuccessDoesNotCount(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.request(1, 1, 1, "set x 1")
	c.deliver(1, 2)
	late := c.sent(2, 1)[0]
	c.drop(nil)
	c.elect(2)
	c.elect(1)
	c.raft(1).progress[2].match = 0
	c.node(1).fold.match[2] = 0
	c.message(late)
	c.wantFired(1, ruleStaleAnswer, staleTerm)
	if p := c.raft(1).progress[2]; p.match != 0 {
		t.Errorf("it moved matchIndex to %d", p.match)
	}
}

// At most so many AppendEntries with entries are under way to a follower, and each
// holds at most so many entries and bytes.
func TestStreamIsBounded(t *testing.T) {
	c := newCluster(t, 3)
	c.set(optInflight, 3)
	c.set(optEntriesMax, 5)
	for id := consensus.NodeID(1); id <= 3; id++ {
		c.start(id)
	}
	c.elect(1)
	for seq := uint32(1); seq <= 40; seq++ {
		c.request(1, 1, seq, "set x 1")
	}
	if got := c.appendsSent(1, 2); len(got) != 3 {
		t.Fatalf("%d messages are under way", len(got))
	}
	most := 0
	for len(c.net) > 0 {
		for id := consensus.NodeID(2); id <= 3; id++ {
			q := c.appendsSent(1, id)
			if len(q) > 3 {
				t.Fatalf("%d messages are under way", len(q))
			}
			for i := range q {
				most = max(most, q[i].count)
			}
		}
		c.deliver(c.net[0].From, c.net[0].To)
	}
	if most != 5 {
		t.Errorf("a message held up to %d entries, want 5", most)
	}
	if c.raft(2).log.last() != 41 || c.raft(3).log.last() != 41 {
		t.Error("not everything arrived")
	}
	c.sound()
}

// A message holds at most so many bytes of entries, but at least one entry.
func TestBatchBytesAreBounded(t *testing.T) {
	long := "set x " + string(slices.Repeat([]byte{'v'}, 250))
	c := newCluster(t, 3)
	c.set(optBytesMax, 600)
	c.with(1, Disk{Term: 1, Log: func() []consensus.Entry {
		var log []consensus.Entry
		for i := range 9 {
			log = append(log, consensus.Entry{Term: 1, Client: consensus.Client(1), Seq: uint32(i + 1), Command: []byte(long)})
		}
		return log
	}()})
	c.start(1, 2, 3)
	c.timeout(1)
	for len(c.net) > 0 {
		m := c.net[0]
		if len(m.Data) > appendRequestSize+600 {
			t.Fatalf("a message of %d bytes", len(m.Data))
		}
		c.deliver(m.From, m.To)
	}
	if c.raft(2).log.last() != 10 {
		t.Errorf("N2's log ends at %d", c.raft(2).log.last())
	}

	r := c.raft(1)
	r.opt.bytesMax = 1
	if n := r.batchFrom(1); n != 1 {
		t.Errorf("a batch of %d entries", n)
	}
}

// While the leader does not know where the logs part, it has one message with entries
// under way.
func TestProbingSendsOneAtATime(t *testing.T) {
	c := running(t, 3)
	c.timeout(1)
	c.deliver(1, 3)
	c.deliver(3, 1)
	for seq := uint32(1); seq <= 5; seq++ {
		c.request(1, 1, seq, "set x 1")
	}
	if got := c.appendsSent(1, 2); len(got) != 1 {
		t.Errorf("%d messages with entries are under way", len(got))
	}
	c.flush()
	if got := c.raft(2).log.last(); got != 6 {
		t.Errorf("N2's log ends at %d", got)
	}
}

// A heartbeat in quiet times fires one rule at each server that it passes.
func TestQuietHeartbeatFiresOneRule(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.heartbeat(1)
	c.flush()
	for _, step := range []func(){
		func() {
			c.node(1).timers[HeartbeatTimer] = 0 // it has expired
			c.heartbeat(1)
		},
		func() { c.deliver(1, 2) },
		func() { c.deliver(2, 1) },
	} {
		step()
		if n := c.node(1); n.timers[HeartbeatTimer] == 0 {
			t.Error("the heartbeat timer does not run")
		}
	}
	for _, n := range c.nodes[:2] {
		if len(n.fired) != 1 || n.fired[0].Rule != ruleHeartbeat {
			t.Errorf("%v fired %v", n.id, n.fired)
		}
		if len(n.out.Notes) != 1 {
			t.Errorf("%v noted %v", n.id, n.out.Notes)
		}
	}
}

// A new leader takes all logs to be as long as its own: nextIndex starts just behind its
// last entry (§5.3).
func TestSection5_3_NextIndexStartsBehindTheLog(t *testing.T) {
	c := newCluster(t, 3, "raft.noop-at-start").with(1, Disk{Term: 2, Log: logOf(1, 1, 2)})
	c.start(1, 2, 3)
	c.timeout(1)
	c.deliver(1, 2)
	c.deliver(2, 1)
	for _, p := range c.node(1).engine.Inspect().Progress {
		if p.Next != 4 || p.Match != 0 {
			t.Errorf("it begins with %+v", p)
		}
	}
	if q := c.appendsSent(1, 3); len(q) != 1 || q[0].count != 0 || q[0].prevIndex != 3 || q[0].prevTerm != 2 {
		t.Errorf("the first heartbeat is %+v", q)
	}
}
