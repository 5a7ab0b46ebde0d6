package raft

import "parley/consensus"

// Raft is one server. Step and nothing else moves it.
type Raft struct {
	id    consensus.NodeID
	nodes consensus.NodeSet
	peers []consensus.NodeID // all others, ascending; never changes
	opt   options
	off   consensus.RuleSet // rules that are switched off
	rand  consensus.Rand    // of the election timeouts

	// Persistent state on all servers (Figure 2), as on disk once the step is over.
	term    consensus.Term   // currentTerm
	vote    consensus.NodeID // votedFor, in term
	log     log              // log[]
	unsaved bool             // term or vote are not yet in Effects.Write

	// Volatile state on all servers (Figure 2).
	// Invariant, while all rules are on: applied <= commit <= log.last().
	commit  consensus.Index // commitIndex
	applied consensus.Index // lastApplied
	role    uint8
	leader  consensus.NodeID // of term, as far as known

	machine  consensus.Machine
	sessions consensus.Sessions

	// Volatile state of a candidate.
	votes consensus.NodeSet // who granted it a vote in term

	// Volatile state of a leader (Figure 2, reinitialized after election).
	progress []progress // by NodeID, nil when not leading; nextIndex[] and matchIndex[]
	pending  []waiting  // requests that wait for their entry to be applied, ascending by index
}

// The roles, as places in Protocol.Roles.
const (
	Follower uint8 = iota
	Candidate
	Leader
)

// The timers, as places in Protocol.Timers.
const (
	ElectionTimer consensus.TimerID = iota
	HeartbeatTimer
)

// New returns a server that waits for InputStart.
func New(c consensus.Config) consensus.Engine {
	r := &Raft{
		id: c.ID, nodes: c.Nodes, rand: consensus.Rand(c.Seed),
		opt: readOptions(c.Settings.Options), off: c.Settings.Off,
		machine: c.Machine,
	}
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if id != r.id && r.nodes.Has(id) {
			r.peers = append(r.peers, id)
		}
	}
	return r
}

// Step takes one input and adds what follows from it to out.
func (r *Raft) Step(in *consensus.Input, out *consensus.Effects) {
	switch in.Kind {
	case consensus.InputStart:
		r.start(in.Disk, out)
	case consensus.InputMessage:
		r.receive(&in.Message, out)
	case consensus.InputTimer:
		r.expire(in.Timer, out)
	case consensus.InputRequest:
		r.request(&in.Request, out)
	case consensus.InputConfigure:
		r.configure(&in.Settings, out)
	}
	r.persistFirst(out)
}

// receive hands a message to the rule that its kind is for. What does not decode, or
// comes from nobody of the cluster, changes nothing: messages may come from a
// stranger's program.
func (r *Raft) receive(m *consensus.Message, out *consensus.Effects) {
	known := r.nodes.Has(m.From) && m.From != r.id && m.Term > 0 && m.Term <= TermMax
	switch {
	case !known:
	case m.Kind == KindRequestVote:
		if q, ok := decodeVoteRequest(m.Data); ok {
			r.seeTerm(m, out)
			r.requestVote(m, q, out)
			return
		}
	case m.Kind == KindRequestVoteReply:
		if q, ok := decodeVoteReply(m.Data); ok {
			if !r.seeTerm(m, out) {
				r.countVote(m, q, out)
			}
			return
		}
	case m.Kind == KindAppendEntries:
		if q, ok := decodeAppendRequest(m.Data, m.Term); ok {
			r.seeTerm(m, out)
			r.appendEntries(m, &q, out)
			return
		}
	case m.Kind == KindAppendEntriesReply:
		if q, ok := decodeAppendReply(m.Data); ok {
			if !r.seeTerm(m, out) {
				r.appendAnswered(m, &q, out)
			}
			return
		}
	}
	r.fire(out, ruleMalformed, 0, m.From)
}

// expire hands a timer on. One that a change of role has overtaken does nothing.
func (r *Raft) expire(t consensus.TimerID, out *consensus.Effects) {
	switch {
	case t == ElectionTimer && r.role != Leader:
		r.startElection(out)
	case t == HeartbeatTimer && r.role == Leader:
		r.sendHeartbeats(out)
	}
}

// configure takes new settings. A timer whose time was changed starts anew.
func (r *Raft) configure(s *consensus.Settings, out *consensus.Effects) {
	old := r.opt
	r.opt, r.off = readOptions(s.Options), s.Off
	switch {
	case r.role == Leader && r.opt.heartbeat != old.heartbeat:
		out.Set(HeartbeatTimer, r.opt.heartbeat)
	case r.role != Leader && (r.opt.electionMin != old.electionMin || r.opt.electionMax != old.electionMax):
		r.waitForLeader(out)
	}
}

// quorum is the number of servers that are a majority of the cluster.
func (r *Raft) quorum() int { return r.nodes.Len()/2 + 1 }

// Clone returns an independent copy. The log is shared; see log.
func (r *Raft) Clone() consensus.Engine {
	c := *r
	c.log = r.log.share()
	c.machine = r.machine.Clone()
	c.sessions = r.sessions.Clone()
	c.progress = append([]progress(nil), r.progress...)
	c.pending = append([]waiting(nil), r.pending...)
	return &c
}

// What changes a variable tells it, so that the notes of a run add up to the server.

func (r *Raft) fire(out *consensus.Effects, rule consensus.RuleID, outcome uint8, peer consensus.NodeID, numbers ...uint32) {
	out.Fire(rule, outcome, peer, r.term, numbers...)
}

func (r *Raft) setRole(out *consensus.Effects, role uint8) {
	if r.role != role {
		r.role = role
		out.Note(consensus.Note{Kind: consensus.NoteRole, Sub: role})
	}
}

// setTerm begins a newer term, in which the server has not voted and knows no leader.
func (r *Raft) setTerm(out *consensus.Effects, term consensus.Term) {
	r.term, r.unsaved = term, true
	out.Note(consensus.Note{Kind: consensus.NoteTerm, Term: term})
	r.setVote(out, consensus.None)
	r.setLeader(out, consensus.None)
}

func (r *Raft) setVote(out *consensus.Effects, to consensus.NodeID) {
	if r.vote != to {
		r.vote, r.unsaved = to, true
		out.Note(consensus.Note{Kind: consensus.NoteVote, Peer: to, Term: r.term})
	}
}

func (r *Raft) setLeader(out *consensus.Effects, leader consensus.NodeID) {
	if r.leader != leader {
		r.leader = leader
		out.Note(consensus.Note{Kind: consensus.NoteLeader, Peer: leader})
	}
}

func (r *Raft) setVotes(out *consensus.Effects, votes consensus.NodeSet) {
	if r.votes != votes {
		r.votes = votes
		out.Note(consensus.Note{Kind: consensus.NoteTally, A: uint32(votes[0]), B: uint32(votes[0] >> 32), C: uint32(votes[1]), D: uint32(votes[1] >> 32)})
	}
}

func (r *Raft) setCommit(out *consensus.Effects, i consensus.Index) {
	if r.commit != i {
		r.commit = i
		out.Note(consensus.Note{Kind: consensus.NoteCommit, A: uint32(i)})
	}
}

// addEntry appends an entry to the log and to what is to be written.
func (r *Raft) addEntry(out *consensus.Effects, e consensus.Entry) {
	r.save(out)
	r.log.add(e)
	i := r.log.last()
	out.Write = appendLogged(out.Write, i, &e)
	out.Note(entryNote(consensus.NoteEntry, i, &e))
}

// removeFrom removes the entries from index i on.
func (r *Raft) removeFrom(out *consensus.Effects, i consensus.Index) {
	r.save(out)
	r.log.truncate(i)
	out.Write = appendTruncate(out.Write, i)
	out.Note(consensus.Note{Kind: consensus.NoteTruncate, A: uint32(i)})
	// Committed entries are never in conflict with a leader's (sections 5.3, 5.4),
	// unless a rule is off.
	r.setCommit(out, min(r.commit, i-1))
}

func entryNote(kind consensus.NoteKind, i consensus.Index, e *consensus.Entry) consensus.Note {
	return consensus.Note{Kind: kind, A: uint32(i), Term: e.Term, Peer: e.Client, B: e.Seq, C: uint32(consensus.Hash(e.Command))}
}

// tellAll tells every variable, after a start.
func (r *Raft) tellAll(out *consensus.Effects) {
	out.Note(consensus.Note{Kind: consensus.NoteRole, Sub: r.role})
	out.Note(consensus.Note{Kind: consensus.NoteTerm, Term: r.term})
	out.Note(consensus.Note{Kind: consensus.NoteVote, Peer: r.vote, Term: r.term})
	out.Note(consensus.Note{Kind: consensus.NoteLeader, Peer: r.leader})
	out.Note(consensus.Note{Kind: consensus.NoteTruncate, A: uint32(r.log.last()) + 1})
	for i := consensus.Index(1); i <= r.log.last(); i++ {
		e := r.log.at(i)
		out.Note(entryNote(consensus.NoteEntry, i, &e))
	}
}
