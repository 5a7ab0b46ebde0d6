package raft

import (
	"fmt"
	"reflect"
	"slices"

	"parley/consensus"
	"parley/consensus/machine"
)

// cluster drives engines by hand: a test says which message arrives, which timer
// expires and which disk is lost. After each step it checks, without being asked, that
//
//   - a clone of the engine does the same (determinism, clones);
//   - the engine kept nothing of the input's memory (it is overwritten);
//   - the notes so far add up to what Inspect says (the fold of the trace);
//   - the five properties of Figure 3 hold, unless the test expects one to break.
type cluster struct {
	t        tester
	settings consensus.Settings
	seed     uint64
	ids      consensus.NodeSet
	nodes    []*node // by NodeID-1
	net      []consensus.Message
	replies  []consensus.Reply
	cut      func(from, to consensus.NodeID) bool
	onNote   func(*consensus.Note) // sees every note, if set

	leaders map[consensus.Term]consensus.NodeID
	commits map[consensus.Index]committed
	applies map[consensus.Index]consensus.Note
	broken  map[string]string // invariant → what was seen
}

// tester is what the harness needs of a testing.T, a testing.F or a rapid.T.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

type committed struct {
	entry identity
	term  consensus.Term // in which it was first known as committed
	by    consensus.NodeID
}

type node struct {
	id       consensus.NodeID
	engine   consensus.Engine // nil: down
	out      consensus.Effects
	disk     []byte
	unsynced []byte // loose writes
	fold     fold
	timers   [consensus.TimersMax]consensus.Duration
	fired    []consensus.Note // the rules of the last step
}

// identity tells entries apart.
type identity struct {
	term   consensus.Term
	client consensus.NodeID
	seq    uint32
	hash   uint32
}

func identityOf(e *consensus.Entry) identity {
	return identity{e.Term, e.Client, e.Seq, uint32(consensus.Hash(e.Command))}
}

// fold is a server as its notes tell it.
type fold struct {
	role            uint8
	term            consensus.Term
	vote, leader    consensus.NodeID
	votes           consensus.NodeSet
	commit, applied consensus.Index
	log             []identity
	next, match     [consensus.NodesMax + 1]consensus.Index
}

func (f *fold) apply(n *consensus.Note) {
	id := identity{n.Term, n.Peer, n.B, n.C}
	switch n.Kind {
	case consensus.NoteRole:
		f.role = n.Sub
	case consensus.NoteTerm:
		f.term = n.Term
	case consensus.NoteVote:
		f.vote = n.Peer
	case consensus.NoteLeader:
		f.leader = n.Peer
	case consensus.NoteTally:
		f.votes = consensus.NodeSet{uint64(n.A) | uint64(n.B)<<32, uint64(n.C) | uint64(n.D)<<32}
	case consensus.NoteEntry:
		for len(f.log) < int(n.A) {
			f.log = append(f.log, identity{})
		}
		f.log[n.A-1] = id
	case consensus.NoteTruncate:
		f.log = f.log[:min(int(n.A)-1, len(f.log))]
	case consensus.NoteCommit:
		f.commit = consensus.Index(n.A)
	case consensus.NoteApply:
		f.applied = consensus.Index(n.A)
	case consensus.NoteProgress:
		f.next[n.Peer], f.match[n.Peer] = consensus.Index(n.A), consensus.Index(n.B)
	}
}

// newCluster makes n servers that are down; off names rules that are switched off.
func newCluster(t tester, n int, off ...string) *cluster {
	c := &cluster{t: t, seed: 1,
		leaders: map[consensus.Term]consensus.NodeID{}, commits: map[consensus.Index]committed{},
		applies: map[consensus.Index]consensus.Note{}, broken: map[string]string{},
		settings: consensus.Settings{Options: protocol.Defaults()},
	}
	for _, id := range off {
		c.settings.Off = c.settings.Off.With(ruleNamed(t, id))
	}
	for i := 1; i <= n; i++ {
		c.ids.Add(consensus.NodeID(i))
		c.nodes = append(c.nodes, &node{id: consensus.NodeID(i)})
	}
	return c
}

func ruleNamed(t tester, id string) consensus.RuleID {
	r, ok := protocol.Rule(id)
	if !ok {
		t.Fatalf("there is no rule %q", id)
	}
	return r
}

// running makes n servers and starts all of them from empty disks.
func running(t tester, n int, off ...string) *cluster {
	c := newCluster(t, n, off...)
	for i := range c.nodes {
		c.start(consensus.NodeID(i + 1))
	}
	return c
}

func (c *cluster) set(option int, v int64) { c.settings.Options[option] = v }

func (c *cluster) node(id consensus.NodeID) *node { return c.nodes[id-1] }

func (c *cluster) raft(id consensus.NodeID) *Raft {
	c.t.Helper()
	e := c.node(id).engine
	if e == nil {
		c.t.Fatalf("%v is down", id)
	}
	return e.(*Raft)
}

// with puts a state on the disk of a server that is down.
func (c *cluster) with(id consensus.NodeID, d Disk) *cluster {
	c.node(id).disk = d.Encode()
	return c
}

func (c *cluster) start(ids ...consensus.NodeID) {
	c.t.Helper()
	for _, id := range ids {
		n := c.node(id)
		m, err := machine.New("kv")
		if err != nil {
			c.t.Fatal(err)
		}
		n.engine = New(consensus.Config{ID: id, Nodes: c.ids, Seed: consensus.Mix(c.seed<<8 + uint64(id)), Settings: c.settings, Machine: m})
		n.fold = fold{log: n.fold.log} // a host remembers what the disk held
		n.timers = [consensus.TimersMax]consensus.Duration{}
		c.step(id, consensus.Input{Kind: consensus.InputStart, Disk: slices.Clone(n.disk)})
	}
}

func (c *cluster) crash(ids ...consensus.NodeID) {
	for _, id := range ids {
		n := c.node(id)
		n.engine, n.unsynced = nil, nil
	}
}

// sync makes loose writes durable.
func (c *cluster) sync(id consensus.NodeID) {
	n := c.node(id)
	n.disk = append(n.disk, n.unsynced...)
	n.unsynced = nil
}

func (c *cluster) timeout(id consensus.NodeID) {
	c.t.Helper()
	c.step(id, consensus.Input{Kind: consensus.InputTimer, Timer: ElectionTimer})
}

func (c *cluster) heartbeat(id consensus.NodeID) {
	c.t.Helper()
	c.step(id, consensus.Input{Kind: consensus.InputTimer, Timer: HeartbeatTimer})
}

func (c *cluster) request(id consensus.NodeID, client int, seq uint32, command string) {
	c.t.Helper()
	c.step(id, consensus.Input{Kind: consensus.InputRequest, Request: consensus.Request{Client: consensus.Client(client), Seq: seq, Command: []byte(command)}})
}

func (c *cluster) configure(id consensus.NodeID, s consensus.Settings) {
	c.t.Helper()
	c.step(id, consensus.Input{Kind: consensus.InputConfigure, Settings: s})
}

// message gives a server a message that a test made up.
func (c *cluster) message(m consensus.Message) {
	c.t.Helper()
	c.step(m.To, consensus.Input{Kind: consensus.InputMessage, Message: m})
}

// step gives one input to a server, checks everything and takes the effects.
func (c *cluster) step(id consensus.NodeID, in consensus.Input) {
	c.t.Helper()
	n := c.node(id)
	if n.engine == nil {
		return
	}
	twin := n.engine.Clone()
	var same consensus.Effects
	twin.Step(&in, &same)

	in.Message.Data = slices.Clone(in.Message.Data)
	in.Request.Command = slices.Clone(in.Request.Command)
	in.Disk = slices.Clone(in.Disk)
	n.out.Reset()
	n.engine.Step(&in, &n.out)
	for _, b := range [][]byte{in.Message.Data, in.Request.Command, in.Disk} {
		for i := range b {
			b[i] = 0xee
		}
	}
	if a, b := effectsText(&n.out), effectsText(&same); a != b {
		c.t.Fatalf("%v and its clone differ:\n%s\n%s", id, a, b)
	}
	if a, b := n.engine.Inspect(), twin.Inspect(); !reflect.DeepEqual(a, b) {
		c.t.Fatalf("%v and its clone are not the same after the same step:\n%+v\n%+v", id, a, b)
	}
	c.take(n)
	c.check(n)
}

func effectsText(e *consensus.Effects) string {
	return fmt.Sprint(e.Write, e.Replace, e.Loose, e.Messages, e.Timers, e.Replies, e.Notes)
}

// take does what a host does with effects.
func (c *cluster) take(n *node) {
	switch {
	case n.out.Loose:
		n.unsynced = append(n.unsynced, n.out.Write...)
	case n.out.Replace:
		n.disk = slices.Clone(n.out.Write)
	default:
		n.disk = append(n.disk, n.out.Write...)
	}
	for _, t := range n.out.Timers {
		n.timers[t.Timer] = max(t.After, 0)
	}
	for _, m := range n.out.Messages {
		m.Data = slices.Clone(m.Data)
		c.net = append(c.net, m)
	}
	for _, r := range n.out.Replies {
		r.Result = slices.Clone(r.Result)
		c.replies = append(c.replies, r)
	}
	n.fired = n.fired[:0]
	for i := range n.out.Notes {
		note := &n.out.Notes[i]
		if note.Kind == consensus.NoteRule {
			n.fired = append(n.fired, *note)
		}
		if c.onNote != nil {
			c.onNote(note)
		}
		c.watch(n, note)
		n.fold.apply(note)
	}
}

// watch checks the properties of Figure 3 that one note can break.
func (c *cluster) watch(n *node, note *consensus.Note) {
	switch note.Kind {
	case consensus.NoteRole:
		if note.Sub != Leader {
			return
		}
		if other, ok := c.leaders[n.fold.term]; ok && other != n.id {
			c.breaks(electionSafety, "%v and %v were elected in term %d", other, n.id, n.fold.term)
		}
		c.leaders[n.fold.term] = n.id
		for i, e := range c.commits {
			if e.term < n.fold.term && (int(i) > len(n.fold.log) || n.fold.log[i-1] != e.entry) {
				c.breaks(leaderCompleteness, "%v leads term %d without index %d, committed in term %d by %v", n.id, n.fold.term, i, e.term, e.by)
			}
		}
	case consensus.NoteEntry:
		if n.fold.role == Leader && int(note.A) <= len(n.fold.log) {
			c.breaks(leaderAppendOnly, "%v overwrote index %d", n.id, note.A)
		}
	case consensus.NoteTruncate:
		if n.fold.role == Leader {
			c.breaks(leaderAppendOnly, "%v removed index %d", n.id, note.A)
		}
	case consensus.NoteCommit:
		for i := n.fold.commit + 1; i <= consensus.Index(note.A); i++ {
			if _, ok := c.commits[i]; !ok {
				c.commits[i] = committed{n.fold.log[i-1], n.fold.term, n.id}
			}
		}
	case consensus.NoteApply:
		i := consensus.Index(note.A)
		first, ok := c.applies[i]
		a, b := first, *note
		a.Sub, b.Sub = 0, 0
		if ok && a != b {
			c.breaks(stateMachineSafety, "%v applied something else at index %d than was applied before", n.id, i)
		}
		if !ok {
			c.applies[i] = *note
		}
	}
}

func (c *cluster) breaks(invariant, format string, args ...any) {
	if _, known := c.broken[invariant]; !known {
		c.broken[invariant] = fmt.Sprintf(format, args...)
	}
}

// check compares the fold with Inspect, and all logs with one another.
func (c *cluster) check(n *node) {
	c.t.Helper()
	s, f := n.engine.Inspect(), &n.fold
	if s.Role != f.role || s.Term != f.term || s.Vote != f.vote || s.Leader != f.leader || s.Commit != f.commit || s.Applied != f.applied {
		c.t.Fatalf("%v's notes add up to %+v, but it is %+v", n.id, f, s)
	}
	if r := n.engine.(*Raft); r.votes != f.votes {
		c.t.Fatalf("%v's notes add up to votes %v, but it has %v", n.id, f.votes, r.votes)
	}
	if len(s.Entries) != len(f.log) {
		c.t.Fatalf("%v's notes add up to %d entries, but it has %d", n.id, len(f.log), len(s.Entries))
	}
	for i := range s.Entries {
		if identityOf(&s.Entries[i]) != f.log[i] {
			c.t.Fatalf("%v's notes differ from its log at index %d", n.id, i+1)
		}
	}
	for _, p := range s.Progress {
		if p.Next != f.next[p.Peer] || p.Match != f.match[p.Peer] {
			c.t.Fatalf("%v's notes about %v differ from its progress", n.id, p.Peer)
		}
	}
	if c.settings.Off == 0 && s.Applied > s.Commit || int(s.Commit) > len(s.Entries) {
		c.t.Fatalf("%v: applied %d, commit %d, last %d", n.id, s.Applied, s.Commit, len(s.Entries))
	}
	d, err := DecodeDisk(append(slices.Clone(n.disk), n.unsynced...))
	if err != nil {
		c.t.Fatalf("%v's disk: %v", n.id, err)
	}
	if d.Term != s.Term || d.Vote != s.Vote || len(d.Log) != len(s.Entries) {
		c.t.Fatalf("%v's disk holds term %d, vote %v, %d entries, but it has %d, %v, %d", n.id, d.Term, d.Vote, len(d.Log), s.Term, s.Vote, len(s.Entries))
	}
	for i := range d.Log {
		if identityOf(&d.Log[i]) != identityOf(&s.Entries[i]) {
			c.t.Fatalf("%v's disk differs from its log at index %d", n.id, i+1)
		}
	}
	for _, other := range c.nodes {
		if other != n && other.engine != nil {
			c.matchLogs(n, other)
		}
	}
}

// matchLogs is the Log Matching property of Figure 3.
func (c *cluster) matchLogs(a, b *node) {
	la, lb := a.fold.log, b.fold.log
	for i := min(len(la), len(lb)) - 1; i >= 0; i-- {
		if la[i].term != lb[i].term {
			continue
		}
		for j := 0; j <= i; j++ {
			if la[j] != lb[j] {
				c.breaks(logMatching, "%v and %v agree at index %d and differ at %d", a.id, b.id, i+1, j+1)
			}
		}
		return
	}
}

// sound fails the test if a property of Figure 3 was broken.
func (c *cluster) sound() {
	c.t.Helper()
	for invariant, what := range c.broken {
		c.t.Errorf("%s: %s", invariant, what)
	}
}

// deliver gives the oldest message from one server to another to its receiver.
func (c *cluster) deliver(from, to consensus.NodeID) {
	c.t.Helper()
	for i, m := range c.net {
		if m.From == from && m.To == to {
			c.net = slices.Delete(c.net, i, i+1)
			c.message(m)
			return
		}
	}
	c.t.Fatalf("there is no message from %v to %v", from, to)
}

// drop loses all messages that f is true for; nil: all.
func (c *cluster) drop(f func(m consensus.Message) bool) {
	c.net = slices.DeleteFunc(c.net, func(m consensus.Message) bool { return f == nil || f(m) })
}

// flush delivers messages in the order they were sent until none is left; those that
// cut is true for are lost.
func (c *cluster) flush() {
	c.t.Helper()
	for n := 0; len(c.net) > 0; n++ {
		if n > 100_000 {
			c.t.Fatal("the messages do not end")
		}
		m := c.net[0]
		c.net = slices.Delete(c.net, 0, 1)
		if c.cut == nil || !c.cut(m.From, m.To) {
			c.message(m)
		}
	}
}

// apart cuts the servers of the groups off from one another; a server in no group is
// alone.
func (c *cluster) apart(groups ...consensus.NodeSet) {
	c.cut = func(from, to consensus.NodeID) bool {
		for _, g := range groups {
			if g.Has(from) && g.Has(to) {
				return false
			}
		}
		return true
	}
}

// elect makes a server the leader: its timer expires and all messages are delivered.
func (c *cluster) elect(id consensus.NodeID) {
	c.t.Helper()
	c.timeout(id)
	c.flush()
	if c.raft(id).role != Leader {
		c.t.Fatalf("%v was not elected", id)
	}
}

// fired reports whether a rule fired with that outcome in the server's last step.
func (c *cluster) fired(id consensus.NodeID, rule consensus.RuleID, outcome uint8) bool {
	return slices.ContainsFunc(c.node(id).fired, func(n consensus.Note) bool { return n.Rule == rule && n.Sub == outcome })
}

func (c *cluster) wantFired(id consensus.NodeID, rule consensus.RuleID, outcome uint8) {
	c.t.Helper()
	if !c.fired(id, rule, outcome) {
		c.t.Errorf("%v did not fire %s outcome %d, but %v", id, ruleTable[rule-1].ID, outcome, c.node(id).fired)
	}
}

// terms returns the terms of a server's entries.
func (c *cluster) terms(id consensus.NodeID) []int {
	var terms []int
	for _, e := range c.node(id).engine.Inspect().Entries {
		terms = append(terms, int(e.Term))
	}
	return terms
}

func (c *cluster) wantTerms(id consensus.NodeID, want ...int) {
	c.t.Helper()
	if got := c.terms(id); !slices.Equal(got, want) {
		c.t.Errorf("%v's log has the terms %v, want %v", id, got, want)
	}
}

// logOf makes a log with entries of the given terms. Entries of the same index and
// term are the same command.
func logOf(terms ...int) []consensus.Entry {
	entries := make([]consensus.Entry, 0, len(terms))
	for i, t := range terms {
		entries = append(entries, consensus.Entry{
			Term: consensus.Term(t), Client: consensus.Client(1), Seq: uint32(t*100 + i + 1),
			Command: fmt.Appendf(nil, "set k%d t%d", i+1, t),
		})
	}
	return entries
}

// last returns the latest reply to any client, of which there must be one.
func (c *cluster) last() consensus.Reply {
	c.t.Helper()
	if len(c.replies) == 0 {
		c.t.Fatal("nobody was answered")
	}
	return c.replies[len(c.replies)-1]
}

// sent returns the messages under way from one server to another.
func (c *cluster) sent(from, to consensus.NodeID) []consensus.Message {
	var found []consensus.Message
	for _, m := range c.net {
		if m.From == from && m.To == to {
			found = append(found, m)
		}
	}
	return found
}

// appendsSent decodes the AppendEntries under way from one server to another.
func (c *cluster) appendsSent(from, to consensus.NodeID) []appendRequest {
	c.t.Helper()
	var found []appendRequest
	for _, m := range c.sent(from, to) {
		if m.Kind == KindAppendEntries {
			q, ok := decodeAppendRequest(m.Data, m.Term)
			if !ok {
				c.t.Fatal("an AppendEntries does not decode")
			}
			found = append(found, q)
		}
	}
	return found
}
