package paxos

import (
	"strconv"

	"parley/consensus"
)

// state returns what both algorithms show of a node.
func (r *replica) state() consensus.State {
	return consensus.State{
		Role: r.role, Term: r.term, Commit: r.commit, Applied: r.applied,
		First: r.forgotten + 1, Entries: r.log.flat(r.forgotten), Chosen: r.ahead.clone(),
		Machine: r.machine.Inspect(),
	}
}

// Inspect returns what people and checkers may see.
func (s *synod) Inspect() consensus.State {
	v := s.state()
	f := fieldList{group: "Roles"}
	f.text("proposer", yes(s.isProposer()))
	f.text("acceptor", yes(s.isAcceptor()))
	f.text("learner", yes(s.executes))
	f.text("now", synodRoles[s.role].Name)
	f.quorums(s.q)

	f.group = "Acceptor, open slots"
	for i := range min(len(s.open), openShown) {
		slot, in := s.base+consensus.Index(i+1), &s.open[i]
		if s.known(slot) {
			continue
		}
		name := "slot " + strconv.Itoa(int(slot))
		f.ballot(name+": promised", in.promised)
		f.text(name+": accepted", proposalText(s.log.at(slot)))
	}

	f.group = "Proposer"
	for i := range s.proposals {
		p := &s.proposals[i]
		name := "slot " + strconv.Itoa(int(p.slot))
		f.ballot(name+": ballot", p.ballot)
		f.text(name+": phase", [...]string{phaseWaits: "overtaken, waits", phaseOne: "1", phaseTwo: "2"}[p.phase])
		if p.owned {
			f.text(name+": own value", entryText(p.own))
		}
		if p.phase == phaseOne {
			f.text(name+": promises", setNames(p.promises))
			f.text(name+": highest accepted", proposalText(p.best))
		}
		if p.proposed {
			f.text(name+": proposed", proposalText(p.value))
			f.text(name+": accepted by", setNames(p.accepted))
		}
		if p.attempts > 0 {
			f.number(name+": times overtaken", uint32(p.attempts))
		}
	}
	f.number("requests waiting", uint32(len(s.waiting)))
	f.learner(&s.replica)
	if s.opt.tellLearners {
		for i := range min(len(s.open), openShown) {
			if in := &s.open[i]; in.tally.Len() > 0 {
				f.text("slot "+strconv.Itoa(int(s.base)+i+1)+": heard accepted", proposalText(in.value)+" by "+setNames(in.tally))
			}
		}
	}
	v.Fields = f.all
	return v
}

// openShown bounds how many open slots are listed one by one.
const openShown = 32

// Inspect returns what people and checkers may see.
func (m *multi) Inspect() consensus.State {
	v := m.state()
	v.Leader = m.leader
	f := fieldList{group: "Acceptor"}
	f.ballot("promised (ballot_num)", m.term)
	f.text("accepted", "up to slot "+strconv.Itoa(int(m.log.last)))
	f.text("role", multiRoles[m.role].Name)
	f.quorums(m.q)

	f.group = "Failure detector"
	f.text("leader", m.leader.String())
	f.ballot("ballot of the latest leader heard", m.led)
	f.ballot("highest ballot heard of", m.heard)

	if m.role == Proposer {
		f.group = "Phase 1 (scout)"
		f.ballot("ballot", m.ballot)
		f.number("from slot", uint32(m.from))
		f.text("promises", setNames(m.promises))
		for i := range min(len(m.found), openShown) {
			f.text("highest accepted, slot "+strconv.Itoa(int(m.found[i].slot)), proposalText(m.found[i].entry))
		}
	}
	if m.role == Leader {
		f.group = "Leader"
		f.ballot("ballot", m.ballot)
		f.number("next slot (slot_in)", uint32(m.nextSlot))
		f.number("window", uint32(m.opt.window))
		f.number("chosen before its time, up to", uint32(m.floor))
		f.number("requests waiting", uint32(len(m.waiting)))
		for i := range min(len(m.open), openShown) {
			o := &m.open[i]
			f.text("slot "+strconv.Itoa(int(o.slot))+": accepted by", setNames(o.acks))
		}
		for i, peer := range m.peers {
			v.Progress = append(v.Progress, consensus.Peering{Peer: peer, Next: m.nextSlot, Match: m.marks[i]})
		}
	}
	f.learner(&m.replica)
	v.Fields = f.all
	return v
}

// DescribeSynod returns the fields of a message of Synod in the papers' terms.
func DescribeSynod(m consensus.Message) []consensus.Field {
	return describe(m, "slot", KindAsk)
}

// DescribeMulti returns the fields of a message of Multi-Paxos in the papers' terms.
func DescribeMulti(m consensus.Message) []consensus.Field {
	return describe(m, "from slot", KindHeartbeat)
}

// describe is both; prepared names the slot of phase 1, and last is the last kind of
// message that the algorithm has.
func describe(m consensus.Message, prepared string, last consensus.MessageKind) []consensus.Field {
	f := fieldList{}
	f.ballot("ballot", m.Term)
	q, ok := decode(m.Kind, m.Data)
	if !ok || m.Kind > last {
		f.text("data", strconv.Itoa(len(m.Data))+" bytes that are no message of Paxos")
		return f.all
	}
	switch m.Kind {
	case KindPrepare:
		f.number(prepared, uint32(q.slot))
	case KindPromise:
		f.number(prepared, uint32(q.slot))
		if q.commit > 0 {
			f.number("chosen up to", uint32(q.commit))
		}
		f.votes("accepted", &q)
	case KindAccept:
		f.number("slot", uint32(q.slot))
		f.text("value", entryText(q.value))
		if last == KindHeartbeat {
			f.number("chosen up to", uint32(q.commit))
		}
	case KindAccepted:
		f.number("slot", uint32(q.slot))
		if q.valued {
			f.text("value", entryText(q.value))
		}
	case KindNack:
		f.number("slot", uint32(q.slot))
		f.ballot("refused ballot", q.refused)
		f.number("in phase", uint32(q.phase))
	case KindLearn:
		f.number("all chosen up to", uint32(q.commit))
		f.votes("chosen", &q)
	case KindAsk:
		f.number("from slot", uint32(q.slot))
		f.number("has heard of slots up to", uint32(q.top))
		if q.kept > 0 {
			f.number("has on its disk slots up to", uint32(q.kept))
		}
	case KindHeartbeat:
		f.number("chosen up to", uint32(q.commit))
	}
	return f.all
}

// fieldList gathers fields.
type fieldList struct {
	group string
	all   []consensus.Field
}

func (f *fieldList) text(name, value string) {
	f.all = append(f.all, consensus.Field{Group: f.group, Name: name, Value: value})
}

func (f *fieldList) number(name string, v uint32) {
	f.text(name, strconv.FormatUint(uint64(v), 10))
}

func (f *fieldList) ballot(name string, b consensus.Term) { f.text(name, ballotText(b)) }

func (f *fieldList) quorums(q quorums) {
	f.text("quorums", strconv.Itoa(q.phase1)+" for phase 1, "+strconv.Itoa(q.phase2)+" for phase 2, of "+strconv.Itoa(q.acceptors.Len())+" acceptors")
}

func (f *fieldList) learner(r *replica) {
	f.group = "Learner"
	f.number("chosen up to", uint32(r.commit))
	for _, slot := range r.ahead {
		f.text("slot "+strconv.Itoa(int(slot))+": chosen", entryText(r.log.at(slot)))
	}
	f.number("executed up to (slot_out - 1)", uint32(r.applied))
	if r.forgotten > 0 {
		f.number("forgotten up to", uint32(r.forgotten))
	}
}

// votesShown bounds how many votes of a message are listed one by one.
const votesShown = 64

func (f *fieldList) votes(name string, q *body) {
	if q.count == 0 {
		f.text(name, "none")
		return
	}
	f.text(name, strconv.Itoa(q.count))
	rest := *q
	for range min(q.count, votesShown) {
		v := rest.nextVote()
		text := proposalText(v.entry)
		if v.chosen && name != "chosen" {
			text += ", chosen"
		}
		f.text("slot "+strconv.Itoa(int(v.slot)), text)
	}
}

func yes(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func ballotText(b consensus.Term) string {
	if b == 0 {
		return "none"
	}
	return string(consensus.AppendTerm(nil, b, ballotNodes))
}

// proposalText says what is proposed and in which ballot.
func proposalText(e consensus.Entry) string {
	if e.Term == 0 {
		return "nothing"
	}
	return entryText(e) + ", ballot " + ballotText(e.Term)
}

// entryText says what a value asks for.
func entryText(e consensus.Entry) string {
	if isNoop(e) {
		return "no-op"
	}
	return string(e.Command) + " (" + e.Client.String() + ", request " + strconv.FormatUint(uint64(e.Seq), 10) + ")"
}

func setNames(s consensus.NodeSet) string {
	names := ""
	for _, id := range members(s) {
		if names != "" {
			names += ", "
		}
		names += id.String()
	}
	if names == "" {
		return "nobody"
	}
	return names
}
