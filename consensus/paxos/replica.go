package paxos

import "parley/consensus"

// replica is what a node of either algorithm has in common: who it is, what stands in
// its slots, what it knows to be chosen, the machine that it executes commands on, and
// the clients who wait. Synod and Multi-Paxos build on it.
type replica struct {
	id    consensus.NodeID
	nodes consensus.NodeSet
	peers []consensus.NodeID // all others, ascending; never changes
	off   consensus.RuleSet  // rules that are switched off
	rand  consensus.Rand

	q      quorums // in use
	wanted quorums // what the options ask for
	born   quorums // what the node first ran with; the zero value before its first start
	saved  bool    // born is on disk, or on its way there

	role uint8
	// term is the ballot of the latest promise.
	term consensus.Term

	// What the node knows of the slots.
	// Invariant, while all rules are on: applied <= commit <= log.last.
	log     slots           // accepted proposals, and chosen values
	commit  consensus.Index // all slots up to here are known to be chosen
	noted   consensus.Index // the commit that was told last
	ahead   indexSet        // slots beyond commit+1 that are known to be chosen
	unsaved []byte          // records about them, that go along with the next write
	// Invariant: forgotten <= kept <= commit, and forgotten <= applied.
	kept      consensus.Index // all slots up to here are known to be chosen by the disk, too
	forgotten consensus.Index // all slots up to here are forgotten (Synod)
	asksTell  bool            // whom it asks, it tells what is kept
	executes  bool            // the node is a learner: it executes what is chosen
	// addressed says that clients may ask for a slot by number: such a value is for
	// reading, not for the machine (Synod).
	addressed bool

	applied   consensus.Index // all slots up to here are executed
	appliedAt indexSet        // slots beyond that are executed; only while the rule of order is off
	machine   consensus.Machine
	sessions  consensus.Sessions
	waiting   []waiting
}

// waiting is a client's request that this node has taken up and not answered yet.
type waiting struct {
	client consensus.NodeID
	seq    uint32
	// slot is where the command was proposed last, 0 while it waits for a slot.
	slot consensus.Index
	// fixed says that the client asked for this very slot, and lost how many slots
	// others have won (Synod).
	fixed   bool
	lost    uint8
	command []byte
}

// unsavedMax is the number of bytes of unsaved records that are worth a write of
// their own.
const unsavedMax = 4096

func newReplica(c *consensus.Config) replica {
	r := replica{
		id: c.ID, nodes: c.Nodes, off: c.Settings.Off, rand: consensus.Rand(c.Seed),
		machine: c.Machine, executes: true,
	}
	for _, id := range members(c.Nodes) {
		if id != r.id {
			r.peers = append(r.peers, id)
		}
	}
	return r
}

// clone returns an independent copy.
func (r *replica) clone() replica {
	c := *r
	c.log = r.log.share()
	c.ahead, c.appliedAt = r.ahead.clone(), r.appliedAt.clone()
	c.unsaved = append([]byte(nil), r.unsaved...)
	c.machine = r.machine.Clone()
	c.sessions = r.sessions.Clone()
	c.waiting = append([]waiting(nil), r.waiting...)
	return c
}

// Quorums.

// setQuorums decides which quorums are in use. Those that the node first ran with
// stay: what was chosen with a quorum of another size could be missed later. Sizes
// that need not meet are refused, majorities are used instead (Flexible Paxos,
// section 3). With the rule off the options are taken as they are.
func (r *replica) setQuorums(wanted quorums, out *consensus.Effects) {
	changed := wanted != r.wanted
	r.wanted = wanted
	before := r.q
	switch {
	case r.off.Has(ruleQuorumsMeet) && wanted.possible():
		r.q = wanted
		if !wanted.meet() && before != r.q {
			r.tellQuorums(meetOff, wanted, out)
		}
	case r.born.phase1 > 0:
		r.q = r.born
		if wanted != r.born && (changed || before != r.q) {
			r.tellQuorums(meetFixed, wanted, out)
		}
	case !wanted.possible() || !wanted.meet():
		r.q = majorities(wanted.acceptors)
		r.tellQuorums(meetRefused, wanted, out)
	default:
		r.q = wanted
	}
	if r.born.phase1 == 0 {
		r.born = r.q
	}
}

func (r *replica) tellQuorums(outcome uint8, wanted quorums, out *consensus.Effects) {
	c, d := uint32(wanted.acceptors.Len()), uint32(r.q.phase1)
	if outcome == meetFixed {
		c, d = uint32(r.q.phase1), uint32(r.q.phase2)
	}
	r.fire(out, ruleQuorumsMeet, outcome, consensus.None, uint32(wanted.phase1), uint32(wanted.phase2), c, d)
}

// The disk.

// restore takes over what the disk holds, tells it and executes what is chosen. The
// caller has told its promises already. Entries that the trace shows and the disk no
// longer has (a write without persisting first) are taken back.
func (r *replica) restore(d *Disk, out *consensus.Effects) {
	r.born = quorums{d.Acceptors, d.Phase1, d.Phase2}
	r.saved = d.Phase1 > 0
	r.forgotten, r.commit, r.applied = d.Forgotten, d.Forgotten, d.Forgotten
	for i := range d.Slots {
		if s, slot := &d.Slots[i], d.Forgotten+consensus.Index(i+1); s.Accepted.Term > 0 {
			r.log.set(slot, s.Accepted)
			switch {
			case !s.Chosen:
			case slot == r.commit+1:
				r.commit = slot
			default:
				r.ahead.add(slot)
			}
		}
	}
	r.kept = r.commit
	out.Note(consensus.Note{Kind: consensus.NoteTruncate, A: uint32(r.commit + 1)})
	if r.forgotten > 0 {
		out.Note(consensus.Note{Kind: consensus.NoteCompact, A: uint32(r.forgotten)})
	}
	for i := r.forgotten + 1; i <= r.log.last; i++ {
		if r.log.at(i).Term > 0 {
			r.tellEntry(i, false, out)
		}
	}
	for _, i := range r.ahead {
		out.Note(consensus.Note{Kind: consensus.NoteChosen, A: uint32(i)})
	}
	r.tellCommit(out)
	r.execute(out)
}

// persistFirst ends each step: an acceptor records its promises and what it accepts in
// stable storage before it answers (Paxos Made Simple, section 2.5). The host holds
// back the messages until the write is durable, unless the rule is off. That a slot
// is chosen is written along with the next write: it can be learned again.
func (r *replica) persistFirst(out *consensus.Effects) {
	if len(out.Write) == 0 && len(r.unsaved) < unsavedMax {
		return
	}
	if !r.saved {
		out.Write = appendQuorums(out.Write, r.born)
		r.saved = true
	}
	if !out.Replace {
		out.Write = append(out.Write, r.unsaved...)
	}
	r.unsaved, r.kept = r.unsaved[:0], r.commit
	outcome := persistDone
	if r.off.Has(rulePersist) {
		out.Loose = true
		outcome = persistOff
	}
	r.fire(out, rulePersist, outcome, consensus.None, uint32(len(out.Write)))
}

// put writes an accepted proposal into a slot.
func (r *replica) put(slot consensus.Index, e consensus.Entry, out *consensus.Effects) {
	r.log.set(slot, e)
	out.Write = appendValue(out.Write, recordAccept, slot, e)
	r.tellEntry(slot, true, out)
}

// Learning what is chosen.

// known reports whether the node knows the slot to be chosen.
func (r *replica) known(slot consensus.Index) bool {
	return slot <= r.commit || r.ahead.has(slot)
}

// next returns the first slot that the node does not know to be chosen.
func (r *replica) next() consensus.Index { return r.commit + 1 }

// learn takes in that a value is chosen in a slot, and reports whether that was news.
// settle follows when all news of a step are in.
func (r *replica) learn(slot consensus.Index, e consensus.Entry, out *consensus.Effects) bool {
	if r.known(slot) || slot > r.commit+AheadMax {
		return false
	}
	if have := r.log.at(slot); have.Term > 0 && sameValue(have, e) {
		r.unsaved = appendPair(r.unsaved, recordChosen, slot, have.Term)
	} else {
		e.Command = append(make([]byte, 0, len(e.Command)), e.Command...)
		r.log.set(slot, e)
		out.Write = appendValue(out.Write, recordLearn, slot, e)
		r.tellEntry(slot, false, out)
	}
	if slot != r.next() {
		r.ahead.add(slot)
		out.Note(consensus.Note{Kind: consensus.NoteChosen, A: uint32(slot)})
		return true
	}
	r.commit = slot
	for r.ahead.takeFirst(r.next()) {
		r.commit++
	}
	return true
}

// settle tells how far the chosen slots reach now, and executes them.
func (r *replica) settle(out *consensus.Effects) {
	r.tellCommit(out)
	r.execute(out)
}

// Executing.

// execute: a learner executes the chosen commands in the order of their slots, and
// none while an earlier slot is open (Paxos Made Simple, section 3; Paxos Made
// Moderately Complex, section 2.1, R2 and R3).
func (r *replica) execute(out *consensus.Effects) {
	if !r.executes {
		return
	}
	if r.off.Has(ruleInOrder) {
		for _, slot := range r.ahead {
			if !r.appliedAt.has(slot) {
				r.appliedAt.add(slot)
				r.fire(out, ruleInOrder, orderOff, consensus.None, uint32(slot), uint32(r.next()))
				r.perform(slot, out)
			}
		}
	}
	first := r.applied + 1
	for r.applied < r.commit {
		r.applied++
		if !r.appliedAt.takeFirst(r.applied) {
			r.perform(r.applied, out)
		}
	}
	if r.applied >= first {
		outcome := orderOne
		if r.applied > first {
			outcome = orderMany
		}
		r.fire(out, ruleInOrder, outcome, consensus.None, uint32(first), uint32(r.applied))
	}
}

// perform executes the command of one slot and answers the client who waits for it.
func (r *replica) perform(slot consensus.Index, out *consensus.Effects) {
	e := r.log.at(slot)
	note := entryNote(consensus.NoteApply, slot, e)
	if isNoop(e) || r.addressed && isSlotCommand(e.Command) {
		out.Note(note)
		return
	}
	result, repeated := r.performOnce(slot, e, out)
	if repeated {
		note.Sub = 1
	}
	out.Note(note)
	r.answer(e.Client, e.Seq, slot, result, out)
}

// performOnce: a command that a client sent twice, and that therefore was chosen in two
// slots, has its effect once (Paxos Made Moderately Complex, section 2.1: a replica
// performs a command for the first slot it was decided in, and skips it in others).
func (r *replica) performOnce(slot consensus.Index, e consensus.Entry, out *consensus.Effects) (result []byte, repeated bool) {
	if r.off.Has(ruleOnce) && r.sessions.Last(e.Client) >= e.Seq {
		r.fire(out, ruleOnce, onceOff, e.Client, uint32(slot), e.Seq)
		return r.machine.Apply(e.Command), false
	}
	result, repeated = r.sessions.Apply(r.machine, consensus.Request{Client: e.Client, Seq: e.Seq, Command: e.Command})
	if repeated {
		r.fire(out, ruleOnce, onceSkipped, e.Client, uint32(slot), e.Seq)
	}
	return result, repeated
}

// Clients.

// answerRepeated: a request that was executed before is answered at once from what the
// node remembers, and one that waits here already is not taken up again.
func (r *replica) answerRepeated(q *consensus.Request, out *consensus.Effects) bool {
	if r.off.Has(ruleOnce) {
		return false
	}
	switch last := r.sessions.Last(q.Client); {
	case q.Seq == last:
		r.fire(out, ruleOnce, onceRemembered, q.Client, q.Seq)
		result, _ := r.sessions.Apply(r.machine, *q)
		r.reply(q.Client, q.Seq, consensus.StatusDone, r.id, result, out)
		return true
	case q.Seq < last:
		r.fire(out, ruleOnce, onceLate, q.Client, q.Seq)
		return true
	}
	for i := range r.waiting {
		if w := &r.waiting[i]; w.client == q.Client && w.seq == q.Seq {
			r.fire(out, ruleOnce, onceWaits, q.Client, q.Seq, uint32(w.slot))
			return true
		}
	}
	return false
}

// answer answers the request that waits for the command of a slot, now that it is
// executed, and forgets what the client asked before that.
func (r *replica) answer(client consensus.NodeID, seq uint32, slot consensus.Index, result []byte, out *consensus.Effects) {
	for i := 0; i < len(r.waiting); {
		w := &r.waiting[i]
		if w.fixed || w.client != client || w.seq > seq {
			i++
			continue
		}
		if w.seq == seq {
			r.fire(out, ruleAnswer, answerExecuted, client, uint32(slot), seq)
			r.reply(client, seq, consensus.StatusDone, r.id, result, out)
		}
		r.dropWaiting(i)
	}
}

func (r *replica) dropWaiting(i int) {
	n := len(r.waiting) - 1
	copy(r.waiting[i:], r.waiting[i+1:])
	r.waiting[n] = waiting{}
	r.waiting = r.waiting[:n]
}

// wellAsked reports whether a request is one that a client would send.
func wellAsked(q *consensus.Request) bool {
	return q.Client.IsClient() && q.Seq > 0 && len(q.Command) <= consensus.CommandMax
}

func (r *replica) reply(client consensus.NodeID, seq uint32, status consensus.Status, leader consensus.NodeID, result []byte, out *consensus.Effects) {
	out.Answer(consensus.Reply{Client: client, Seq: seq, Status: status, Leader: leader}, result)
}

// Asking and teaching.

// ask asks a node what is chosen beyond what this one knows; top is the highest slot
// of which it has heard.
func (r *replica) ask(peer consensus.NodeID, top consensus.Index, out *consensus.Effects) {
	known := uint64(0)
	for _, slot := range r.ahead {
		if d := slot - r.next(); d < 64 {
			known |= 1 << d
		}
	}
	kept := consensus.Index(0)
	if r.asksTell {
		kept = r.kept
	}
	out.Send(consensus.Message{From: r.id, To: peer, Kind: KindAsk, Term: r.term},
		appendAsk(out.Buffer(), r.next(), top, known, kept))
}

// teach answers who asks with what is chosen from a slot on and the other does not
// know, as much as fits into a message. It reports how many values that were.
func (r *replica) teach(peer consensus.NodeID, q *body, out *consensus.Effects) int {
	b := appendLearn(out.Buffer(), r.commit)
	count, size := 0, 0
	top := r.commit
	if n := len(r.ahead); n > 0 {
		top = r.ahead[n-1]
	}
	for slot := max(q.slot, r.forgotten+1); slot <= top && slot-q.slot < AheadMax && count < learnMax && size < learnBytes; slot++ {
		if d := slot - q.slot; !r.known(slot) || d < 64 && q.known>>d&1 == 1 {
			continue
		}
		e := r.log.at(slot)
		b = appendVote(b, vote{slot: slot, entry: e, chosen: true})
		count++
		size += len(e.Command)
	}
	if count > 0 {
		out.Send(consensus.Message{
			From: r.id, To: peer, Kind: KindLearn, Term: r.term,
			Flags: consensus.FlagReply | consensus.FlagYes | consensus.FlagPayload,
		}, closeVotes(b, KindLearn, count))
	}
	return count
}

// toAll sends the same message to all others of a set.
func (r *replica) toAll(set consensus.NodeSet, m consensus.Message, data []byte, out *consensus.Effects) int {
	count := 0
	m.From = r.id
	for _, peer := range r.peers {
		if !set.Has(peer) {
			continue
		}
		m.To = peer
		if count == 0 {
			out.Send(m, data)
		} else {
			out.Resend(m)
		}
		count++
	}
	return count
}

// What changes a variable tells it, so that the notes of a run add up to the node.

func (r *replica) fire(out *consensus.Effects, rule consensus.RuleID, outcome uint8, peer consensus.NodeID, numbers ...uint32) {
	out.Fire(rule, outcome, peer, r.term, numbers...)
}

// fireBallot is fire for a sentence about a ballot that is not the node's own.
func (r *replica) fireBallot(out *consensus.Effects, rule consensus.RuleID, outcome uint8, peer consensus.NodeID, ballot consensus.Term, numbers ...uint32) {
	out.Fire(rule, outcome, peer, ballot, numbers...)
}

// highest is the outcome that says who has accepted the highest proposal so far.
func (r *replica) highest(from consensus.NodeID) uint8 {
	if from == r.id {
		return highestOwn
	}
	return highestTaken
}

func (r *replica) setRole(out *consensus.Effects, role uint8) {
	if r.role != role {
		r.role = role
		out.Note(consensus.Note{Kind: consensus.NoteRole, Sub: role})
	}
}

func (r *replica) tellTally(set consensus.NodeSet, out *consensus.Effects) {
	out.Note(consensus.Note{
		Kind: consensus.NoteTally,
		A:    uint32(set[0]), B: uint32(set[0] >> 32), C: uint32(set[1]), D: uint32(set[1] >> 32),
	})
}

// tellEntry tells what stands in a slot now. Sub 0 says that the node has just accepted
// it; 1, that it has learned that this is chosen, or found it on its disk.
func (r *replica) tellEntry(slot consensus.Index, accepted bool, out *consensus.Effects) {
	note := entryNote(consensus.NoteEntry, slot, r.log.at(slot))
	note.Sub = flag(!accepted)
	out.Note(note)
}

func (r *replica) tellCommit(out *consensus.Effects) {
	if r.noted != r.commit {
		r.noted = r.commit
		out.Note(consensus.Note{Kind: consensus.NoteCommit, A: uint32(r.commit)})
	}
}

func entryNote(kind consensus.NoteKind, i consensus.Index, e consensus.Entry) consensus.Note {
	return consensus.Note{Kind: kind, A: uint32(i), Term: e.Term, Peer: e.Client, B: e.Seq, C: uint32(consensus.Hash(e.Command))}
}
