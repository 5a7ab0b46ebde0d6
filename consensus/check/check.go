// Package check watches a run and says when it breaks what its algorithm promises. A
// Checker is a fold over the events of a trace, so it works live in a World, on a
// stored recording and on a trace made elsewhere alike; it never asks an engine.
//
// Whether the clients' histories are linearizable is the business of package linear
// below this one.
package check

import (
	"slices"

	"parley/consensus"
	"parley/consensus/trace"
)

// The invariants that a Checker knows, by their IDs in Protocol.Invariants: Raft's
// safety properties (Raft, extended version, Figure 3). Those that a protocol does not
// list are not checked.
const (
	ElectionSafety     = "raft.election-safety"
	LeaderAppendOnly   = "raft.leader-append-only"
	LogMatching        = "raft.log-matching"
	LeaderCompleteness = "raft.leader-completeness"
	StateMachineSafety = "raft.state-machine-safety"
)

// The same, as places in Checker.places.
const (
	electionSafety = iota
	leaderAppendOnly
	logMatching
	leaderCompleteness
	stateMachineSafety
	invariants
)

const (
	// IndexMax is the highest index of a log that is checked.
	IndexMax = 1 << 22
	// ReportsMax is how many violations are reported at most: once a rule is broken,
	// what it protected can fall apart everywhere.
	ReportsMax = 1000
)

// Checker checks Raft's five safety properties after every event, at a constant cost for
// each on average, and reports each distinct violation once:
//
//   - Election Safety for each node that leads a term which another node led before:
//     Node, Peer (the earlier leader), Term.
//   - Leader Append-Only for each leader and term: Node, Term, A (the index).
//   - Log Matching for each index and term: Node and Peer hold different entries of that
//     Term at index A, or different ones before equal ones.
//   - Leader Completeness for each leader and term: Node leads Term without the entry at
//     index A, of term B, that Peer had committed in an earlier term.
//   - State Machine Safety for each index: Node applied an entry of Term at index A where
//     Peer had applied another one, of term B.
//
// It believes the trace: a log is what the Entry and Truncate notes since the last Boot
// made of it, an entry is committed once a node that holds it notes a Commit beyond it,
// in the node's term at the latest. An engine that steps down to take a newer term
// notes its role before its term. Entries have a term of at least 1. Where a trace leaves out the beginning of a log (a
// snapshot, a gap), that part is unknown and agrees with everything.
type Checker struct {
	leads  []bool // by role
	places [invariants]int
	on     bool // the protocol has any of the invariants

	nodes     []node // by NodeID-1
	leaders   consensus.NodeSet
	elected   []election // ascending by term
	held      vector[held]
	more      map[place]held // what held has no room for
	committed vector[entry]
	steps     []step // ascending by upTo and by term
	known     uint32 // entries up to here are in committed
	applied   vector[applied]

	restoring consensus.NodeID // the node whose log is being told after a Boot
	reported  map[report]struct{}
	shared    bool // elected, more, steps and reported are seen by a copy
	me        *owner
}

// node is what a Checker knows of a node.
type node struct {
	log        vector[entry]
	base, last uint32 // the log is known from base+1 to last
	told       uint32 // while it is being restored: up to here it has been told again
	agree      uint32 // up to here the log is known to agree with what was committed
	term       consensus.Term
	lead       bool
}

// entry is what two entries must have in common to be the same. One of term 0 is
// unknown, or not there.
type entry struct {
	term   consensus.Term
	hash   uint32
	seq    uint32
	client consensus.NodeID
}

func entryOf(e *trace.Event) entry { return entry{e.Term, e.C, e.B, e.Peer} }

// place is an index and a term: where Log Matching allows one entry only.
type place struct {
	index uint32
	term  consensus.Term
}

// held is an entry that nodes have in their logs, with the term of the one before it.
// By induction two logs that agree on both wherever they have a place in common are
// equal up to there. Invariant: where no violation of Log Matching was found at its
// place, count nodes hold exactly it.
type held struct {
	entry
	before consensus.Term // 0: nobody knows, or there is none
	count  uint8
	knows  uint8 // how many of the count know the entry before it
	more   bool  // Checker.more has entries of other terms at this index
}

// election is the first leader of a term.
type election struct {
	term consensus.Term
	node consensus.NodeID
}

// step says that the entries up to upTo, from the step before on, were committed in the
// given term at the latest, as node noted.
type step struct {
	upTo uint32
	term consensus.Term
	node consensus.NodeID
}

// applied is the entry that was first applied at an index.
type applied struct {
	entry
	node consensus.NodeID // None: nobody applied one
}

// report names a violation that was reported.
type report struct {
	invariant uint8
	node      consensus.NodeID
	term      consensus.Term
	index     uint32
}

// New returns a Checker for a run of so many nodes of the protocol, which it only reads.
func New(p *consensus.Protocol, nodes int) *Checker {
	c := &Checker{
		nodes: make([]node, max(0, min(nodes, consensus.NodesMax))),
		more:  map[place]held{}, reported: map[report]struct{}{}, me: new(owner),
	}
	for _, r := range p.Roles {
		c.leads = append(c.leads, r.Leads)
	}
	for i, id := range [...]string{ElectionSafety, LeaderAppendOnly, LogMatching, LeaderCompleteness, StateMachineSafety} {
		c.places[i] = slices.IndexFunc(p.Invariants, func(v consensus.Invariant) bool { return v.ID == id })
		c.on = c.on || c.places[i] >= 0
	}
	return c
}

// Observe takes the next event of the run and calls out for each violation that became
// true with it.
func (c *Checker) Observe(e *trace.Event, out func(trace.Event)) {
	if c.restoring != consensus.None && !restores(c.restoring, e) {
		c.restored()
	}
	switch e.Kind {
	case trace.Entry, trace.Truncate, trace.Commit, trace.Apply, trace.Role, trace.Term, trace.Boot, trace.Crash, trace.Compact:
	default:
		return
	}
	i := int(e.Node) - 1
	if !c.on || i < 0 || i >= len(c.nodes) {
		return
	}
	n := &c.nodes[i]
	switch e.Kind {
	case trace.Entry:
		c.setEntry(n, e, out)
	case trace.Truncate:
		c.truncate(n, e, out)
	case trace.Commit:
		c.commit(n, e, out)
	case trace.Apply:
		c.apply(e, out)
	case trace.Role:
		lead := int(e.Sub) < len(c.leads) && c.leads[e.Sub]
		if lead != n.lead {
			c.setLead(n, e.Node, lead)
			if lead {
				if c.restoring != consensus.None {
					c.restored()
				}
				c.elect(n, e, out)
			}
		}
	case trace.Term:
		if e.Term != n.term {
			n.term = e.Term
			if n.lead {
				c.elect(n, e, out)
			}
		}
	case trace.Boot:
		c.setLead(n, e.Node, false)
		c.boot(n, e.Node)
	case trace.Crash:
		c.setLead(n, e.Node, false)
	case trace.Compact:
		if e.A > n.last && e.A <= IndexMax {
			c.release(n, n.base+1)
			n.base, n.last, n.agree = e.A, e.A, e.A
		}
	}
}

// Clone returns an independent copy that goes on from the same events. What the two
// share is copied by whoever changes it first.
func (c *Checker) Clone() trace.Watcher {
	d := *c
	d.nodes = slices.Clone(c.nodes)
	for _, x := range []*Checker{c, &d} {
		x.me, x.shared = new(owner), true
		x.held.shared, x.committed.shared, x.applied.shared = true, true, true
		for i := range x.nodes {
			x.nodes[i].log.shared = true
		}
	}
	return &d
}

// own makes the small tables this Checker's alone, before one is written.
func (c *Checker) own() {
	if c.shared {
		c.elected, c.steps = slices.Clone(c.elected), slices.Clone(c.steps)
		c.more, c.reported = copied(c.more), copied(c.reported)
		c.shared = false
	}
}

func copied[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m))
	for k, v := range m { // in any order: the copy is the same
		c[k] = v
	}
	return c
}

// violated reports a violation unless it was reported before.
func (c *Checker) violated(invariant int, r report, v trace.Event, out func(trace.Event)) {
	if c.places[invariant] < 0 || len(c.reported) >= ReportsMax {
		return
	}
	r.invariant = uint8(invariant)
	if _, again := c.reported[r]; again {
		return
	}
	c.own()
	c.reported[r] = struct{}{}
	v.Kind, v.Sub = trace.Violation, uint8(c.places[invariant])
	out(v)
}
