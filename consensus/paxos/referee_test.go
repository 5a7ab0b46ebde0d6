package paxos

import (
	"fmt"

	"parley/consensus"
)

// referee checks the invariants after every note, from the notes alone.
type referee struct {
	nodes  []refNode
	chosen map[consensus.Index]told // by slot: who knew first
	ballot map[proposed]told        // by slot and ballot
	wanted map[value]bool           // what clients asked for
	broken []breach
}

type breach struct {
	invariant string
	node      consensus.NodeID
	slot      consensus.Index
}

type value struct {
	client consensus.NodeID
	seq    uint32
	hash   uint32
}

type told struct {
	value
	node consensus.NodeID
}

type proposed struct {
	slot   consensus.Index
	ballot consensus.Term
}

type refNode struct {
	log             map[consensus.Index]value
	ballots         map[consensus.Index]consensus.Term // of the entries
	chosen          map[consensus.Index]bool           // beyond commit
	promised        map[consensus.Index]consensus.Term // by slot; 0: all slots
	commit, applied consensus.Index
	role            uint8
	term            consensus.Term
	leader          consensus.NodeID
}

func newReferee(n int) *referee {
	r := &referee{
		nodes: make([]refNode, n+1), chosen: map[consensus.Index]told{},
		ballot: map[proposed]told{}, wanted: map[value]bool{{}: true},
	}
	r.wanted[value{hash: uint32(consensus.Hash(nil))}] = true
	for i := range r.nodes {
		r.nodes[i] = refNode{
			log: map[consensus.Index]value{}, ballots: map[consensus.Index]consensus.Term{},
			chosen: map[consensus.Index]bool{}, promised: map[consensus.Index]consensus.Term{},
		}
	}
	return r
}

func (r *referee) asked(q consensus.Request) {
	r.wanted[value{q.Client, q.Seq, uint32(consensus.Hash(q.Command))}] = true
}

func (r *referee) boot(id consensus.NodeID) {
	n := &r.nodes[id]
	n.commit, n.applied, n.role, n.leader = 0, 0, 0, 0
	clear(n.chosen)
}

func (r *referee) breaks(invariant string, id consensus.NodeID, slot consensus.Index) {
	r.broken = append(r.broken, breach{invariant, id, slot})
}

// has reports whether an invariant was broken.
func (r *referee) has(invariant string) bool {
	for _, b := range r.broken {
		if b.invariant == invariant {
			return true
		}
	}
	return false
}

func (r *referee) note(id consensus.NodeID, n consensus.Note) {
	node := &r.nodes[id]
	slot := consensus.Index(n.A)
	switch n.Kind {
	case consensus.NoteTerm:
		if n.Term < node.promised[slot] {
			r.breaks(monotonicity, id, slot)
		}
		node.promised[slot], node.term = n.Term, n.Term
	case consensus.NoteRole:
		node.role = n.Sub
	case consensus.NoteLeader:
		node.leader = n.Peer
	case consensus.NoteEntry:
		v := value{n.Peer, n.B, n.C}
		node.log[slot], node.ballots[slot] = v, n.Term
		if n.Sub == 0 && n.Term < max(node.promised[slot], node.promised[0]) {
			r.breaks(monotonicity, id, slot)
		}
		at := proposed{slot, n.Term}
		if first, ok := r.ballot[at]; ok && first.value != v {
			r.breaks(oneValue, id, slot)
		} else if !ok {
			r.ballot[at] = told{v, id}
		}
	case consensus.NoteTruncate:
		for i := range node.log {
			if i >= slot {
				delete(node.log, i)
				delete(node.ballots, i)
			}
		}
	case consensus.NoteChosen:
		node.chosen[slot] = true
		r.choose(id, slot)
	case consensus.NoteCommit:
		for i := node.commit + 1; i <= slot; i++ {
			r.choose(id, i)
		}
		node.commit = slot
	case consensus.NoteCompact:
		if node.applied > 0 && slot > node.applied {
			r.breaks(noGapExecuted, id, slot)
		}
		node.commit, node.applied = max(node.commit, slot), max(node.applied, slot)
		for i := range node.log {
			if i <= slot {
				delete(node.log, i)
				delete(node.ballots, i)
			}
		}
	case consensus.NoteApply:
		if slot != node.applied+1 {
			r.breaks(noGapExecuted, id, slot)
		}
		node.applied = slot
		if c, ok := r.chosen[slot]; !ok || c.value != (value{n.Peer, n.B, n.C}) {
			r.breaks(agreement, id, slot)
		}
	}
}

func (r *referee) choose(id consensus.NodeID, slot consensus.Index) {
	v, ok := r.nodes[id].log[slot]
	if !ok || !r.wanted[v] {
		r.breaks(validity, id, slot)
	}
	first, known := r.chosen[slot]
	if known && first.value != v {
		r.breaks(agreement, id, slot)
	}
	if !known {
		r.chosen[slot] = told{v, id}
	}
}

func (b breach) String() string {
	return fmt.Sprintf("%s: %v, slot %d", b.invariant, b.node, b.slot)
}

// differs says where what a node told does not add up to what it shows of itself, ""
// when it does.
func (r *referee) differs(id consensus.NodeID, s consensus.State, inOrder bool) string {
	n := &r.nodes[id]
	if n.role != s.Role || n.term != s.Term || n.leader != s.Leader || n.commit != s.Commit || inOrder && n.applied != s.Applied {
		return fmt.Sprintf("it told of role %d, ballot %s, leader %v, chosen up to %d, executed up to %d; it has %d, %s, %v, %d, %d",
			n.role, ballotText(n.term), n.leader, n.commit, n.applied, s.Role, ballotText(s.Term), s.Leader, s.Commit, s.Applied)
	}
	entries := 0
	for i, e := range s.Entries {
		slot := s.First + consensus.Index(i)
		if e.Term == 0 {
			continue
		}
		entries++
		if n.log[slot] != (value{e.Client, e.Seq, uint32(consensus.Hash(e.Command))}) || n.ballots[slot] != e.Term {
			return fmt.Sprintf("it told of another entry in slot %d", slot)
		}
	}
	if entries != len(n.log) {
		return fmt.Sprintf("it told of %d entries and has %d", len(n.log), entries)
	}
	for _, slot := range s.Chosen {
		if !n.chosen[slot] {
			return fmt.Sprintf("it did not tell that slot %d is chosen", slot)
		}
	}
	return ""
}

// unlike says where a disk does not hold what the node shows, "" when it does. That
// slots are chosen it may not know yet.
func unlike(d Disk, e consensus.Engine) string {
	s := e.Inspect()
	if d.Forgotten+1 != s.First {
		return fmt.Sprintf("it has forgotten up to slot %d, and the node up to %d", d.Forgotten, s.First-1)
	}
	for i, have := range s.Entries {
		var on Slot
		if i < len(d.Slots) {
			on = d.Slots[i]
		}
		if on.Accepted.Term != have.Term || !sameValue(on.Accepted, have) {
			return fmt.Sprintf("slot %d holds %+v, and the node has %+v", i+1, on.Accepted, have)
		}
	}
	switch e := e.(type) {
	case *multi:
		if d.Promised != e.term {
			return fmt.Sprintf("it holds the promise %s, and the node's is %s", ballotText(d.Promised), ballotText(e.term))
		}
	case *synod:
		for i := range e.open {
			slot := int(e.base) + i + 1
			promised := consensus.Term(0)
			if at := slot - int(d.Forgotten); at <= len(d.Slots) {
				promised = d.Slots[at-1].Promised
			}
			if promised != e.open[i].promised {
				return fmt.Sprintf("slot %d holds the promise %s, and the node's is %s", slot, ballotText(promised), ballotText(e.open[i].promised))
			}
		}
	}
	return ""
}
