package check

import (
	"slices"

	"parley/consensus"
	"parley/consensus/trace"
)

// The invariants that a Slots watches, by their IDs in Protocol.Invariants: what Paxos
// promises (Paxos Made Simple, sections 2.1, 2.2 and 3). Those that a protocol does not
// list are not checked.
const (
	Agreement           = "paxos.agreement"
	Validity            = "paxos.validity"
	PromiseMonotonicity = "paxos.promise-monotonicity"
	OneValueABallot     = "paxos.one-value-a-ballot"
	NoGapExecuted       = "paxos.no-gap-executed"
)

// The same, as places in Slots.places.
const (
	agreement = iota
	validity
	promiseMonotonicity
	oneValueABallot
	noGapExecuted
	slotInvariants
)

// Slots checks the invariants of Paxos after every event, at a constant cost for each on
// average, and reports each distinct violation once:
//
//   - Agreement: Node knows a value of ballot Term to be chosen in slot A, or executed it
//     there, where Peer knows another one.
//   - Validity: Node knows a value to be chosen in slot A that no client asked for. What
//     stands on a disk when the run begins counts as asked for.
//   - Promise Monotonicity: Node promised ballot Term in slot A (0: in all slots), or
//     accepted in it, below ballot B that it had promised.
//   - One Value a Ballot: Node and Peer hold different values in slot A in ballot Term.
//   - No Gap Executed: Node executed slot A, or forgot it, though slot B was not executed
//     before.
//
// It believes the trace: what stands in a node's slots is what its Entry and Truncate
// notes say, Sub 0 of an Entry says that it was accepted just now; a slot is known to be
// chosen once the node notes it as Chosen or notes a Commit beyond it.
type Slots struct {
	places  [slotInvariants]int
	restart consensus.RuleID // tells that a node that started has told its whole log
	on      bool

	nodes    []slotNode // by NodeID-1
	chosen   vector[applied]
	ballots  vector[applied] // the value of the first ballot seen in each slot
	more     map[place]applied
	commands [consensus.ClientsMax]vector[uint32] // by client and number: the hash of the command, 1 added
	asked    [consensus.ClientsMax]uint32         // the highest number that a client used
	reported map[report]struct{}
	shared   bool // more and reported are seen by a copy
	me       *owner
}

// slotNode is what a Slots knows of a node.
type slotNode struct {
	log      vector[entry]
	last     uint32 // the highest slot of log that was ever told
	promises vector[consensus.Term]
	promised consensus.Term // in all slots
	commit   uint32
	executed uint32   // all slots up to here are
	ahead    []uint32 // executed beyond that, out of order
	starts   int
	telling  bool // it has started, and tells what is on its disk
}

// NewSlots returns a Slots for a run of so many nodes of the protocol, which it only
// reads.
func NewSlots(p *consensus.Protocol, nodes int) *Slots {
	s := &Slots{
		nodes: make([]slotNode, max(0, min(nodes, consensus.NodesMax))),
		more:  map[place]applied{}, reported: map[report]struct{}{}, me: new(owner),
	}
	s.restart, _ = p.Rule(p.Name + ".restart")
	for i, id := range [...]string{Agreement, Validity, PromiseMonotonicity, OneValueABallot, NoGapExecuted} {
		s.places[i] = slices.IndexFunc(p.Invariants, func(v consensus.Invariant) bool { return v.ID == id })
		s.on = s.on || s.places[i] >= 0
	}
	return s
}

// Observe takes the next event of the run and calls out for each violation that became
// true with it.
func (s *Slots) Observe(e *trace.Event, out func(trace.Event)) {
	if !s.on {
		return
	}
	switch e.Kind {
	case trace.Invoke:
		if e.Node.IsClient() {
			c := e.Node - consensus.ClientFirst
			s.asked[c] = max(s.asked[c], e.B)
		}
		return
	case trace.Entry, trace.Truncate, trace.Chosen, trace.Commit, trace.Apply, trace.Term, trace.Boot, trace.Rule, trace.Compact:
	default:
		return
	}
	i := int(e.Node) - 1
	if i < 0 || i >= len(s.nodes) || e.A > IndexMax {
		return
	}
	n := &s.nodes[i]
	switch e.Kind {
	case trace.Boot:
		n.commit, n.executed, n.ahead = 0, 0, nil
		n.telling = true
		n.starts++
	case trace.Rule:
		if e.Rule == s.restart {
			n.telling = false
		}
	case trace.Term:
		s.promise(n, e, out)
	case trace.Entry:
		s.entry(n, e, out)
	case trace.Truncate:
		for slot := max(e.A, 1); slot <= n.last; slot++ {
			*n.log.at(s.me, slot) = entry{}
		}
		n.last = min(n.last, max(e.A, 1)-1)
	case trace.Chosen:
		s.learn(n, e.Node, e.A, out)
	case trace.Commit:
		for slot := n.commit + 1; slot <= e.A; slot++ {
			s.learn(n, e.Node, slot, out)
		}
		n.commit = e.A
	case trace.Apply:
		s.execute(n, e, out)
	case trace.Compact:
		s.compact(n, e, out)
	}
}

// compact takes that the slots up to one are forgotten: what they did is kept instead. Of
// a node that runs, they have to be executed; one that starts goes on behind them.
func (s *Slots) compact(n *slotNode, e *trace.Event, out func(trace.Event)) {
	if !n.telling && e.A > n.executed {
		s.violated(noGapExecuted, trace.Event{Node: e.Node, Term: e.Term, A: e.A, B: n.executed + 1}, out)
	}
	n.executed, n.commit = max(n.executed, e.A), max(n.commit, e.A)
}

// promise takes a promise for one slot, or for all.
func (s *Slots) promise(n *slotNode, e *trace.Event, out func(trace.Event)) {
	before := n.promised
	if e.A > 0 {
		before = n.promises.get(e.A)
		*n.promises.at(s.me, e.A) = e.Term
	} else {
		n.promised = e.Term
	}
	if e.Term < before {
		s.violated(promiseMonotonicity, trace.Event{Node: e.Node, Term: e.Term, A: e.A, B: uint32(before)}, out)
	}
}

// entry takes what a node has in a slot now.
func (s *Slots) entry(n *slotNode, e *trace.Event, out func(trace.Event)) {
	v := entryOf(e)
	*n.log.at(s.me, e.A) = v
	n.last = max(n.last, e.A)
	if before := max(n.promised, n.promises.get(e.A)); e.Sub == 0 && e.Term < before {
		s.violated(promiseMonotonicity, trace.Event{Node: e.Node, Term: e.Term, A: e.A, B: uint32(before)}, out)
	}
	if n.telling && n.starts == 1 && v.client.IsClient() {
		c := v.client - consensus.ClientFirst
		s.asked[c] = max(s.asked[c], v.seq)
	}
	first := s.ballots.get(e.A)
	if first.node != consensus.None && first.term != e.Term {
		first = s.more[place{e.A, e.Term}]
	}
	switch {
	case first.node == consensus.None:
		s.remember(e)
	case !sameValue(first.entry, v):
		s.violated(oneValueABallot, trace.Event{Node: e.Node, Peer: first.node, Term: e.Term, A: e.A}, out)
	}
}

// remember notes the first value of a ballot in a slot.
func (s *Slots) remember(e *trace.Event) {
	a := applied{entryOf(e), e.Node}
	if s.ballots.get(e.A).node == consensus.None {
		*s.ballots.at(s.me, e.A) = a
		return
	}
	s.own()
	s.more[place{e.A, e.Term}] = a
}

// learn takes that a node knows a slot to be chosen.
func (s *Slots) learn(n *slotNode, id consensus.NodeID, slot uint32, out func(trace.Event)) {
	v := n.log.get(slot)
	if !s.wanted(v) {
		s.violated(validity, trace.Event{Node: id, Term: v.term, A: slot}, out)
	}
	s.agree(v, id, slot, out)
}

// wanted reports whether a value is a no-op or a client's command, the same wherever it
// stands.
func (s *Slots) wanted(v entry) bool {
	if v.client == consensus.None {
		return v.term != 0 && v.seq == 0 && v.hash == nothing
	}
	c := v.client - consensus.ClientFirst
	if !v.client.IsClient() || v.seq == 0 || v.seq > s.asked[c] {
		return false
	}
	if v.seq > IndexMax {
		return true
	}
	hash := s.commands[c].get(v.seq)
	if hash == 0 {
		*s.commands[c].at(s.me, v.seq) = v.hash + 1
		return true
	}
	return hash == v.hash+1
}

// nothing is the hash of no command.
var nothing = uint32(consensus.Hash(nil))

func (s *Slots) agree(v entry, id consensus.NodeID, slot uint32, out func(trace.Event)) {
	first := s.chosen.get(slot)
	if first.node == consensus.None {
		*s.chosen.at(s.me, slot) = applied{v, id}
		return
	}
	if !sameValue(first.entry, v) {
		s.violated(agreement, trace.Event{Node: id, Peer: first.node, Term: v.term, A: slot}, out)
	}
}

// execute takes that a node executed a slot.
func (s *Slots) execute(n *slotNode, e *trace.Event, out func(trace.Event)) {
	s.agree(entryOf(e), e.Node, e.A, out)
	if e.A != n.executed+1 {
		s.violated(noGapExecuted, trace.Event{Node: e.Node, Term: e.Term, A: e.A, B: n.executed + 1}, out)
		if e.A > n.executed && len(n.ahead) < ReportsMax {
			n.ahead = append(n.ahead[:len(n.ahead):len(n.ahead)], e.A)
		}
		return
	}
	n.executed++
	for {
		i := slices.Index(n.ahead, n.executed+1)
		if i < 0 {
			return
		}
		n.executed++
		n.ahead = slices.Concat(n.ahead[:i], n.ahead[i+1:])
	}
}

// sameValue reports whether two entries hold the same value, in whatever ballot.
func sameValue(a, b entry) bool { return a.client == b.client && a.seq == b.seq && a.hash == b.hash }

// Clone returns an independent copy that goes on from the same events. What the two
// share is copied by whoever changes it first.
func (s *Slots) Clone() trace.Watcher {
	d := *s
	d.nodes = slices.Clone(s.nodes)
	for _, x := range []*Slots{s, &d} {
		x.me, x.shared = new(owner), true
		x.chosen.shared, x.ballots.shared = true, true
		for i := range x.commands {
			x.commands[i].shared = true
		}
		for i := range x.nodes {
			x.nodes[i].log.shared, x.nodes[i].promises.shared = true, true
		}
	}
	return &d
}

// own makes the small tables this Slots's alone, before one is written.
func (s *Slots) own() {
	if s.shared {
		s.more, s.reported = copied(s.more), copied(s.reported)
		s.shared = false
	}
}

// violated reports a violation unless it was reported before.
func (s *Slots) violated(invariant int, v trace.Event, out func(trace.Event)) {
	r := report{uint8(invariant), v.Node, v.Term, v.A}
	if invariant == oneValueABallot || invariant == agreement {
		r.term = 0
	}
	if _, again := s.reported[r]; again || s.places[invariant] < 0 || len(s.reported) >= ReportsMax {
		return
	}
	s.own()
	s.reported[r] = struct{}{}
	v.Kind, v.Sub = trace.Violation, uint8(s.places[invariant])
	out(v)
}
