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
	promised        map[consensus.Index]consensus.Term // by slot; 0: all slots
	commit, applied consensus.Index
}

func newReferee(n int) *referee {
	r := &referee{
		nodes: make([]refNode, n+1), chosen: map[consensus.Index]told{},
		ballot: map[proposed]told{}, wanted: map[value]bool{{}: true},
	}
	r.wanted[value{hash: uint32(consensus.Hash(nil))}] = true
	for i := range r.nodes {
		r.nodes[i] = refNode{log: map[consensus.Index]value{}, promised: map[consensus.Index]consensus.Term{}}
	}
	return r
}

func (r *referee) asked(q consensus.Request) {
	r.wanted[value{q.Client, q.Seq, uint32(consensus.Hash(q.Command))}] = true
}

func (r *referee) boot(id consensus.NodeID) {
	r.nodes[id].commit, r.nodes[id].applied = 0, 0
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
		node.promised[slot] = n.Term
	case consensus.NoteEntry:
		v := value{n.Peer, n.B, n.C}
		node.log[slot] = v
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
			}
		}
	case consensus.NoteChosen:
		r.choose(id, slot)
	case consensus.NoteCommit:
		for i := node.commit + 1; i <= slot; i++ {
			r.choose(id, i)
		}
		node.commit = slot
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
