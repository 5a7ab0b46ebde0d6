// Package sample makes up runs by hand, without an engine: for looking at the painters
// and for testing them.
package sample

import (
	"sort"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/view"
)

// Kinds, roles and timers of the made-up protocol.
const (
	RequestVote = consensus.KindEngine + iota
	RequestVoteReply
	AppendEntries
	AppendEntriesReply
)

// Roles.
const (
	Follower uint8 = iota
	Candidate
	Leader
)

// Protocol says what the made-up messages are.
var Protocol = consensus.Protocol{
	Name: "sample", Title: "Sample", TermWord: "term", IndexWord: "index",
	Messages: []consensus.MessageInfo{
		{Kind: RequestVote, Name: "RequestVote", Short: "RV", Reply: RequestVoteReply},
		{Kind: RequestVoteReply, Name: "RequestVoteReply", Short: "RV"},
		{Kind: AppendEntries, Name: "AppendEntries", Short: "AE", Reply: AppendEntriesReply},
		{Kind: AppendEntriesReply, Name: "AppendEntriesReply", Short: "AE"},
		{Kind: consensus.KindRequest, Name: "Request", Short: "req"},
		{Kind: consensus.KindReply, Name: "Reply", Short: "ok"},
	},
	Roles: []consensus.RoleInfo{
		{Name: "follower"}, {Name: "candidate", Seeks: true}, {Name: "leader", Leads: true},
	},
	Timers: []consensus.TimerInfo{{Name: "election timeout", Arc: true}, {Name: "heartbeat"}},
}

const ms = consensus.Millisecond

// Run collects events in any order.
type Run struct {
	Setup  scenario.Setup
	events []trace.Event
	texts  []string
	serial uint32
}

// New begins a run in which all nodes have started, with their timers running.
func New(nodes, clients int) *Run {
	r := &Run{Setup: scenario.Defaults()}
	r.Setup.Nodes, r.Setup.Clients = nodes, clients
	for i := range nodes {
		r.Add(trace.Event{Kind: trace.Boot, Node: consensus.NodeID(i + 1)})
		r.Timer(0, i+1, consensus.Time(150+(i*67+41)%150)*ms)
	}
	return r
}

// Add adds an event.
func (r *Run) Add(e trace.Event) { r.events = append(r.events, e) }

// Timer sets a node's election timer.
func (r *Run) Timer(t consensus.Time, node int, span consensus.Time) {
	e := trace.Event{T: t, Kind: trace.TimerSet, Node: consensus.NodeID(node)}
	e.A, e.B = trace.Halves(int64(t + span))
	e.C, e.D = trace.Halves(int64(span))
	r.Add(e)
}

// Send sends a message that arrives, or dies half-way when lost is not 0, and returns
// when it does.
func (r *Run) Send(t consensus.Time, from, to consensus.NodeID, kind consensus.MessageKind, flags consensus.MessageFlags, term int, takes consensus.Time, lost trace.Cause) consensus.Time {
	r.serial++
	e := trace.Event{T: t, Kind: trace.Send, Node: from, Peer: to, ID: r.serial, Sub: uint8(kind), Flags: flags, Term: consensus.Term(term), C: 40}
	e.A, e.B = trace.Halves(int64(t + takes))
	r.Add(e)
	end := trace.Event{T: t + takes, Kind: trace.Deliver, Node: to, Peer: from, ID: e.ID, Sub: e.Sub, Flags: flags, Term: e.Term}
	if lost != 0 {
		end.T, end.Kind, end.Rule = t+takes/2, trace.Loss, consensus.RuleID(lost)
		if lost == trace.CauseDown {
			end.T = t + takes
		}
	}
	r.Add(end)
	return end.T
}

// Role sets a node's role and term.
func (r *Run) Role(t consensus.Time, node int, role uint8, term int) {
	r.Add(trace.Event{T: t, Kind: trace.Term, Node: consensus.NodeID(node), Term: consensus.Term(term)})
	r.Add(trace.Event{T: t, Kind: trace.Role, Node: consensus.NodeID(node), Sub: role, Term: consensus.Term(term)})
}

// Entry puts an entry in a node's log.
func (r *Run) Entry(t consensus.Time, node, index, term int, client consensus.NodeID, seq uint32) {
	r.Add(trace.Event{T: t, Kind: trace.Entry, Node: consensus.NodeID(node), A: uint32(index), Term: consensus.Term(term), Peer: client, B: seq, C: seq * 7})
}

// Commit commits and applies on a node up to an index.
func (r *Run) Commit(t consensus.Time, node, index int) {
	r.Add(trace.Event{T: t, Kind: trace.Commit, Node: consensus.NodeID(node), A: uint32(index)})
	r.Add(trace.Event{T: t, Kind: trace.Apply, Node: consensus.NodeID(node), A: uint32(index)})
}

// Progress says what a leader knows.
func (r *Run) Progress(t consensus.Time, leader, peer, next, match int) {
	r.Add(trace.Event{T: t, Kind: trace.Progress, Node: consensus.NodeID(leader), Peer: consensus.NodeID(peer), A: uint32(next), B: uint32(match)})
}

// Groups partitions the nodes.
func (r *Run) Groups(t consensus.Time, groups ...consensus.NodeSet) {
	for i, g := range groups {
		e := trace.Event{T: t, Kind: trace.Partition, Sub: uint8(i)}
		e.SetNodeSet(g)
		r.Add(e)
	}
}

// Invoke lets client 1 want a command.
func (r *Run) Invoke(t consensus.Time, seq uint32, command string) {
	r.texts = append(r.texts, command)
	r.Add(trace.Event{T: t, Kind: trace.Invoke, Node: consensus.Client(1), B: seq, D: uint32(len(r.texts) - 1)})
}

// Answer lets client 1 have its answer.
func (r *Run) Answer(t consensus.Time, seq uint32, from consensus.NodeID) {
	r.Add(trace.Event{T: t, Kind: trace.Answer, Node: consensus.Client(1), Peer: from, B: seq})
}

// Store returns the run as a page has it.
func (r *Run) Store() *view.Store {
	sort.SliceStable(r.events, func(i, j int) bool { return r.events[i].T < r.events[j].T })
	numbers := map[uint32]uint32{}
	var b []byte
	for _, e := range r.events {
		switch e.Kind {
		case trace.Send:
			numbers[e.ID] = uint32(len(numbers) + 1)
			e.ID = numbers[e.ID]
		case trace.Deliver, trace.Loss:
			e.ID = numbers[e.ID]
		}
		b = e.Append(b)
	}
	s := new(view.Store)
	s.Open(&Protocol, r.Setup)
	if err := s.Add(0, b, 0, r.texts); err != nil {
		panic(err)
	}
	return s
}

// jitter returns the latency of the nth message: 10 to 20 ms.
func jitter(n uint32) consensus.Time {
	return 10*ms + consensus.Time(consensus.Mix(uint64(n))%10_000_000)
}

// Elect lets a node win an election from time t, and returns when it has.
func (r *Run) Elect(t consensus.Time, winner, term, nodes int) consensus.Time {
	w := consensus.NodeID(winner)
	r.Add(trace.Event{T: t, Kind: trace.TimerFire, Node: w})
	r.Role(t, winner, Candidate, term)
	r.Timer(t, winner, 220*ms)
	tally := consensus.SetOf(w)
	e := trace.Event{T: t, Kind: trace.Tally, Node: w}
	e.SetNodeSet(tally)
	r.Add(e)
	r.Add(trace.Event{T: t, Kind: trace.Vote, Node: w, Peer: w, Term: consensus.Term(term)})
	var back []consensus.Time
	var who []consensus.NodeID
	for i := 1; i <= nodes; i++ {
		if i == winner {
			continue
		}
		p := consensus.NodeID(i)
		lost := trace.Cause(0)
		if i == (winner+1)%nodes+1 && nodes > 3 {
			lost = trace.CauseLoss
		}
		at := r.Send(t, w, p, RequestVote, 0, term, jitter(r.serial), lost)
		if lost != 0 {
			continue
		}
		r.Add(trace.Event{T: at, Kind: trace.Term, Node: p, Term: consensus.Term(term)})
		r.Add(trace.Event{T: at, Kind: trace.Vote, Node: p, Peer: w, Term: consensus.Term(term)})
		r.Timer(at, i, consensus.Time(160+i*23)*ms)
		flags := consensus.FlagReply | consensus.FlagYes
		if i == winner%nodes+1 {
			flags = consensus.FlagReply | consensus.FlagNo
		}
		got := r.Send(at, p, w, RequestVoteReply, flags, term, jitter(r.serial), 0)
		if flags&consensus.FlagYes != 0 {
			back, who = append(back, got), append(who, p)
		}
	}
	for i, at := range back {
		tally.Add(who[i])
		e := trace.Event{T: at, Kind: trace.Tally, Node: w}
		e.SetNodeSet(tally)
		r.Add(e)
		if tally.Len() == nodes/2+1 {
			t = at
		}
	}
	r.Role(t, winner, Leader, term)
	for i := 1; i <= nodes; i++ {
		r.Add(trace.Event{T: t, Kind: trace.Leader, Node: consensus.NodeID(i), Peer: w})
	}
	r.Add(trace.Event{T: t, Kind: trace.TimerCancel, Node: w})
	return t
}

// Replicate lets a leader send an entry to all others, and returns when it is done.
func (r *Run) Replicate(t consensus.Time, leader, term, nodes, index int, payload bool) consensus.Time {
	l := consensus.NodeID(leader)
	end := t
	flags := consensus.MessageFlags(0)
	if payload {
		flags = consensus.FlagPayload
		r.Entry(t, leader, index, term, consensus.Client(1), uint32(index))
	}
	acks := 0
	for i := 1; i <= nodes; i++ {
		if i == leader {
			continue
		}
		p := consensus.NodeID(i)
		at := r.Send(t, l, p, AppendEntries, flags, term, jitter(r.serial), 0)
		if payload {
			r.Entry(at, i, index, term, consensus.Client(1), uint32(index))
		}
		r.Timer(at, i, consensus.Time(150+i*23)*ms)
		at = r.Send(at, p, l, AppendEntriesReply, consensus.FlagReply|consensus.FlagYes, term, jitter(r.serial), 0)
		if payload {
			r.Progress(at, leader, i, index+1, index)
		}
		if acks++; acks == nodes/2 && payload {
			r.Commit(at, leader, index)
		}
		end = max(end, at)
	}
	return end
}
