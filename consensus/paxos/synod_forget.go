package paxos

import "parley/consensus"

// A decision can be forgotten when nobody will have to be told of it: when every node has
// it on its disk. Each says how far that is so whenever it asks what is chosen. What the
// forgotten decisions led to, a node keeps: the machine as it was after them, and what
// it has answered clients (Paxos Made Moderately Complex, section 4.2, forgets as soon as
// enough nodes know, and has the others take over their machine).

// hearKept takes word of a node of what it has on its disk.
func (s *synod) hearKept(peer consensus.NodeID, kept consensus.Index) {
	for i := range s.peers {
		if s.peers[i] == peer {
			s.told[i] = max(s.told[i], kept)
		}
	}
}

// forgettable returns up to where the decisions may be forgotten.
func (s *synod) forgettable() consensus.Index {
	upTo := min(s.kept, s.applied)
	for _, kept := range s.told {
		upTo = min(upTo, kept)
	}
	return min(upTo, s.commit-min(s.commit, s.opt.keep))
}

// forgetDecisions: a learner forgets old decisions, and writes its disk anew without them.
// As that is dear, it waits until there are as many of them as it keeps. A node that is
// no learner keeps all: it may become one. Nor does a node forget while a rule is off
// by which its machine may hold something else than the decisions led to.
func (s *synod) forgetDecisions(out *consensus.Effects) {
	if s.opt.keep == 0 || !s.executes || s.off.Has(ruleInOrder) || s.off.Has(ruleOnce) {
		return
	}
	upTo := s.forgettable()
	past, ok := s.past.(consensus.Saver)
	if !ok || upTo < s.forgotten+s.opt.keep {
		return
	}
	for slot := s.forgotten + 1; slot <= upTo; slot++ {
		if e := s.log.at(slot); !isNoop(e) && !isSlotCommand(e.Command) {
			s.pastSessions.Apply(past, consensus.Request{Client: e.Client, Seq: e.Seq, Command: e.Command})
		}
	}
	s.fire(out, ruleForget, forgetDecisions, consensus.None, uint32(s.forgotten+1), uint32(upTo))
	s.forgotten = upTo
	s.log.drop(upTo)
	out.Note(consensus.Note{Kind: consensus.NoteCompact, A: uint32(upTo)})
	d := s.disk()
	d.Machine = past.Save(s.pastSessions.Save(nil))
	out.Write, out.Replace = append(out.Write[:0], d.Encode()...), true
}

// disk returns what has to be on the node's disk now, but for the machine.
func (s *synod) disk() Disk {
	d := Disk{Acceptors: s.born.acceptors, Phase1: s.born.phase1, Phase2: s.born.phase2, Forgotten: s.forgotten}
	s.saved = true
	for slot := s.forgotten + 1; slot <= max(s.log.last, s.base+consensus.Index(len(s.open))); slot++ {
		on := Slot{Accepted: s.log.at(slot), Chosen: s.known(slot)}
		if i := int(slot) - int(s.base) - 1; i >= 0 && i < len(s.open) {
			in := &s.open[i]
			on.Promised = in.promised
			if !s.isAcceptor() { // at least what it used
				on.Tried = in.heard
			}
		}
		d.Slots = append(d.Slots, on)
	}
	return d
}

// recall takes over what a disk says that forgotten decisions led to, and reports whether
// it can be.
func (s *synod) recall(d *Disk) bool {
	if d.Forgotten == 0 {
		return true
	}
	past, ok := s.past.(consensus.Saver)
	if !ok || d.missing > 0 {
		return false
	}
	rest, ok := s.pastSessions.Load(d.Machine)
	if !ok || !past.Load(rest) {
		s.pastSessions = consensus.Sessions{}
		return false
	}
	s.machine, s.sessions = past.Clone(), s.pastSessions.Clone()
	return true
}
