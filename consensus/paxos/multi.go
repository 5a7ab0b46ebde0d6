package paxos

import "parley/consensus"

// multi is one node of Multi-Paxos: "Paxos Made Simple", section 3, with the roles of
// "Paxos Made Moderately Complex" in one node. Every node is acceptor and learner (a
// replica, in the second paper's words), and may become the leader: the distinguished
// proposer, whose phase 1 covers all slots at once.
type multi struct {
	replica // its term is the acceptor's promise, for all slots
	opt     multiOptions

	heard  consensus.Term   // highest ballot of which the node has heard
	led    consensus.Term   // highest ballot whose leader has spoken
	leader consensus.NodeID // whose ballot that is, as far as the node follows anybody
	asking bool             // it has asked what it missed, and waits for the answer

	// State of a proposer in phase 1 and of a leader: of its own ballot.
	ballot   consensus.Term
	promises consensus.NodeSet
	from     consensus.Index // the promises tell of all slots from here on
	floor    consensus.Index // all slots up to here were chosen before, somebody knows
	found    []candidate     // what the promises told to be accepted, ascending by slot

	// State of a leader.
	nextSlot consensus.Index   // where the next value is proposed
	open     []inflight        // what is proposed and not chosen, ascending by slot
	marks    []consensus.Index // by place in peers: the highest slot that it accepted from this leader
	stalled  int               // heartbeats since it last learned something it lacks below floor
}

// candidate is what phase 1 found in a slot: the accepted proposal of the highest
// ballot.
type candidate struct {
	slot  consensus.Index
	entry consensus.Entry
	by    consensus.NodeSet // who has accepted this value, in whatever ballot
}

// inflight is a slot in phase 2 (a commander, in Paxos Made Moderately Complex).
type inflight struct {
	slot  consensus.Index
	acks  consensus.NodeSet // who has accepted it in the leader's ballot
	ticks uint8             // heartbeats since it was sent
}

// The roles of a node of Multi-Paxos, as places in Protocol.Roles.
const (
	Acceptor uint8 = iota
	Proposer
	Leader
)

// The timers of Multi-Paxos, as places in Protocol.Timers.
const (
	ElectionTimer consensus.TimerID = iota
	HeartbeatTimer
)

// newMulti returns a node of Multi-Paxos that waits for InputStart.
func newMulti(c consensus.Config) consensus.Engine {
	return &multi{replica: newReplica(&c), opt: readMultiOptions(c.Settings.Options, c.Nodes)}
}

// Step takes one input and adds what follows from it to out.
func (m *multi) Step(in *consensus.Input, out *consensus.Effects) {
	switch in.Kind {
	case consensus.InputStart:
		m.start(in.Disk, out)
	case consensus.InputMessage:
		m.receive(&in.Message, out)
	case consensus.InputTimer:
		m.expire(in.Timer, out)
	case consensus.InputRequest:
		m.request(&in.Request, out)
	case consensus.InputConfigure:
		m.configure(&in.Settings, out)
	}
	m.persistFirst(out)
}

// start boots the node from what its disk holds: an acceptor as it was, leading nobody.
func (m *multi) start(disk []byte, out *consensus.Effects) {
	d, good, err := readDisk(disk)
	if d.Forgotten > 0 {
		d, good, err = Disk{}, 0, damage(0, "is of Synod: it forgets decisions")
	}
	m.term = d.Promised
	out.Note(consensus.Note{Kind: consensus.NoteRole, Sub: m.role})
	out.Note(consensus.Note{Kind: consensus.NoteTerm, Term: m.term})
	out.Note(consensus.Note{Kind: consensus.NoteLeader, Peer: m.leader})
	m.restore(&d, out)
	m.heard = m.term
	for i := m.next(); i <= m.log.last; i++ {
		m.heard = max(m.heard, m.log.at(i).Term)
	}
	m.setQuorums(m.opt.quorums, out)
	m.tellRestart(&d, len(disk), good, err, out)
	m.waitForLeader(out)
}

// receive hands a message to the rule that its kind is for. What does not decode, or
// comes from nobody of the cluster, changes nothing: messages may come from a
// stranger's program.
func (m *multi) receive(msg *consensus.Message, out *consensus.Effects) {
	q, ok := decode(msg.Kind, msg.Data)
	if !ok || !m.nodes.Has(msg.From) || msg.From == m.id || msg.Term >= BallotMax {
		m.fire(out, ruleMalformed, 0, msg.From)
		return
	}
	switch msg.Kind {
	case KindPrepare:
		if isBallot(msg.Term, msg.From) {
			m.prepare(msg, &q, out)
			return
		}
	case KindPromise:
		if isBallot(msg.Term, m.id) {
			m.countPromise(msg, &q, out)
			return
		}
	case KindAccept:
		if isBallot(msg.Term, msg.From) {
			m.accept(msg, &q, out)
			return
		}
	case KindAccepted:
		if isBallot(msg.Term, m.id) {
			m.countAccepted(msg, &q, out)
			return
		}
	case KindNack:
		if Round(msg.Term) > 0 {
			m.nacked(msg, &q, out)
			return
		}
	case KindHeartbeat:
		if isBallot(msg.Term, msg.From) {
			m.heartbeat(msg, &q, out)
			return
		}
	case KindLearn:
		m.taught(msg, &q, out)
		return
	case KindAsk:
		if n := m.teach(msg.From, &q, out); n > 0 {
			m.fire(out, ruleAsk, askTaught, msg.From, uint32(q.slot), uint32(n))
		}
		return
	}
	m.fire(out, ruleMalformed, 0, msg.From)
}

// expire hands a timer on. One that a change of role has overtaken does nothing.
func (m *multi) expire(t consensus.TimerID, out *consensus.Effects) {
	switch {
	case t == ElectionTimer && m.role == Acceptor:
		outcome := detectorSilent
		if m.leader == consensus.None {
			outcome = detectorNobody
		}
		m.fire(out, ruleDetector, outcome, m.leader)
		m.startPhase1(out)
	case t == ElectionTimer && m.role == Proposer:
		m.prepareAgain(out)
	case t == HeartbeatTimer && m.role == Leader:
		m.tick(out)
	}
}

// configure takes new settings. A timer whose time was changed starts anew. The sizes
// of the quorums stay as they were when the cluster started, unless the rule that they
// meet is off.
func (m *multi) configure(settings *consensus.Settings, out *consensus.Effects) {
	old := m.opt
	m.off, m.opt = settings.Off, readMultiOptions(settings.Options, m.nodes)
	m.setQuorums(m.opt.quorums, out)
	switch {
	case m.role == Leader && m.opt.heartbeat != old.heartbeat:
		out.Set(HeartbeatTimer, m.opt.heartbeat)
	case m.role != Leader && (m.opt.electionMin != old.electionMin || m.opt.electionMax != old.electionMax):
		m.waitForLeader(out)
	}
	m.settle(out)
	m.pump(out)
}

// Clone returns an independent copy.
func (m *multi) Clone() consensus.Engine {
	c := *m
	c.replica = m.replica.clone()
	c.found = append([]candidate(nil), m.found...)
	c.open = append([]inflight(nil), m.open...)
	c.marks = append([]consensus.Index(nil), m.marks...)
	return &c
}

// setTerm makes a ballot the acceptor's promise.
func (m *multi) setTerm(b consensus.Term, out *consensus.Effects) {
	m.term = b
	m.heard = max(m.heard, b)
	out.Write = appendPair(out.Write, recordPromise, 0, b)
	out.Note(consensus.Note{Kind: consensus.NoteTerm, Term: b})
}

func (m *multi) setLeader(id consensus.NodeID, out *consensus.Effects) {
	if m.leader != id {
		m.leader = id
		out.Note(consensus.Note{Kind: consensus.NoteLeader, Peer: id})
	}
}

func (m *multi) setPromises(set consensus.NodeSet, out *consensus.Effects) {
	if m.promises != set {
		m.promises = set
		m.tellTally(set, out)
	}
}

// waitForLeader starts the election timer anew, with a timeout drawn at random, so that
// rarely two nodes run out of patience together.
func (m *multi) waitForLeader(out *consensus.Effects) {
	spread := m.rand.Below(int64(m.opt.electionMax-m.opt.electionMin) + 1)
	out.Set(ElectionTimer, m.opt.electionMin+consensus.Duration(spread))
}
