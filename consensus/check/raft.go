package check

import (
	"slices"

	"parley/consensus"
	"parley/consensus/trace"
)

func (c *Checker) setLead(n *node, id consensus.NodeID, lead bool) {
	if n.lead = lead; lead {
		c.leaders.Add(id)
	} else {
		c.leaders.Remove(id)
	}
}

// elect checks what must hold of a node that just began to lead its term.
func (c *Checker) elect(n *node, e *trace.Event, out func(trace.Event)) {
	i, found := len(c.elected), false
	if i > 0 && c.elected[i-1].term >= n.term {
		i, found = slices.BinarySearchFunc(c.elected, n.term, func(x election, t consensus.Term) int {
			switch {
			case x.term < t:
				return -1
			case x.term > t:
				return 1
			}
			return 0
		})
	}
	switch {
	case !found:
		c.own()
		c.elected = slices.Insert(c.elected, i, election{n.term, e.Node})
	case c.elected[i].node != e.Node:
		c.violated(electionSafety, report{node: e.Node, term: n.term},
			trace.Event{T: e.T, Node: e.Node, Peer: c.elected[i].node, Term: n.term}, out)
	}
	c.complete(n, e.Node, e.T, out)
}

// complete checks Leader Completeness: a leader has all that was committed in earlier
// terms. What it was found to agree with stays, until the log changes there.
func (c *Checker) complete(n *node, id consensus.NodeID, now consensus.Time, out func(trace.Event)) {
	upTo := uint32(0)
	for i := len(c.steps) - 1; i >= 0; i-- {
		if c.steps[i].term < n.term {
			upTo = c.steps[i].upTo
			break
		}
	}
	for n.agree < upTo {
		i := n.agree + 1
		if want := c.committed.get(i); i > n.last || i > n.base && differ(n.log.get(i), want) {
			by := consensus.None
			for _, s := range c.steps {
				if s.upTo >= i {
					by = s.node
					break
				}
			}
			c.violated(leaderCompleteness, report{node: id, term: n.term},
				trace.Event{T: now, Node: id, Peer: by, Term: n.term, A: i, B: uint32(want.term)}, out)
			return
		}
		n.agree = i
	}
}

// differ reports whether two entries are known to be different.
func differ(a, b entry) bool { return a != b && a.term != 0 && b.term != 0 }

// commit takes in that a node knows everything up to an index to be committed. It checks
// the leaders of later terms, who must have it already.
func (c *Checker) commit(n *node, e *trace.Event, out func(trace.Event)) {
	upTo := min(e.A, n.last)
	if upTo == 0 {
		return
	}
	for i := max(c.known, n.base) + 1; i <= upTo; i++ {
		*c.committed.at(c.me, i) = n.log.get(i)
	}
	c.known = max(c.known, upTo)

	// Steps that end here or earlier and are not of an earlier term give way.
	to := len(c.steps)
	for to > 0 && c.steps[to-1].upTo >= upTo {
		to--
	}
	if to < len(c.steps) {
		if c.steps[to].term <= n.term {
			return // it was known to be committed by then
		}
		if c.steps[to].upTo == upTo {
			to++
		}
	}
	from := to
	for from > 0 && c.steps[from-1].term >= n.term {
		from--
	}
	c.own()
	c.steps = slices.Replace(c.steps, from, to, step{upTo, n.term, e.Node})
	if c.leaders.Len() > 0 {
		for i := range c.nodes {
			if m := &c.nodes[i]; m.lead && m.term > n.term {
				c.complete(m, consensus.NodeID(i+1), e.T, out)
			}
		}
	}
}

// apply checks State Machine Safety.
func (c *Checker) apply(e *trace.Event, out func(trace.Event)) {
	if e.A == 0 || e.A > IndexMax {
		return
	}
	was, is := c.applied.get(e.A), entryOf(e)
	switch {
	case was.node == consensus.None:
		*c.applied.at(c.me, e.A) = applied{is, e.Node}
	case was.entry != is:
		c.violated(stateMachineSafety, report{index: e.A},
			trace.Event{T: e.T, Node: e.Node, Peer: was.node, Term: is.term, A: e.A, B: uint32(was.term)}, out)
	}
}

// setEntry puts an entry into a node's log.
func (c *Checker) setEntry(n *node, e *trace.Event, out func(trace.Event)) {
	i, x := e.A, entryOf(e)
	if i == 0 || i > IndexMax || x.term == 0 {
		return
	}
	if c.restoring != consensus.None {
		if i == n.told+1 && i <= n.last && n.log.get(i) == x {
			n.told = i
			return
		}
		c.restored()
	}
	switch {
	case i > n.last+1: // what is before it is unknown
		c.release(n, n.base+1)
		n.base, n.last, n.agree = i-1, i-1, i-1
	case i <= n.base:
		return
	case i <= n.last:
		if n.log.get(i) == x {
			return
		}
		c.releaseAt(n, i)
		if i < n.last {
			c.releaseAt(n, i+1)
		}
		n.agree = min(n.agree, i-1)
	}
	*n.log.at(c.me, i) = x
	if i > n.last {
		n.last = i
		c.hold(n, i, e, out)
		return
	}
	c.hold(n, i, e, out)
	if i < n.last {
		c.hold(n, i+1, e, out)
	}
	c.leaderChanged(n, i, e, out)
}

// truncate removes the end of a node's log.
func (c *Checker) truncate(n *node, e *trace.Event, out func(trace.Event)) {
	if e.A == 0 || e.A > n.last {
		return
	}
	c.release(n, e.A)
	c.leaderChanged(n, e.A, e, out)
}

// leaderChanged checks Leader Append-Only: the node's log changed at an index that it
// had. What it has of earlier terms may be gone with it.
func (c *Checker) leaderChanged(n *node, i uint32, e *trace.Event, out func(trace.Event)) {
	if n.lead {
		c.violated(leaderAppendOnly, report{node: e.Node, term: n.term},
			trace.Event{T: e.T, Node: e.Node, Term: n.term, A: i}, out)
		c.complete(n, e.Node, e.T, out)
	}
}

// boot begins to take in what the node tells of its log. Most often that is what it had
// before, so its entries stay until it turns out that they are not told again.
func (c *Checker) boot(n *node, id consensus.NodeID) {
	if n.base > 0 {
		c.release(n, 1)
		return
	}
	c.restoring, n.told = id, 0
}

// restores reports whether the event still belongs to what a node tells of its log
// after a Boot.
func restores(id consensus.NodeID, e *trace.Event) bool {
	if e.Node != id {
		return false
	}
	switch e.Kind {
	case trace.Role, trace.Term, trace.Vote, trace.Leader, trace.Truncate, trace.Entry:
		return true
	}
	return false
}

// restored ends the telling: what was not told again is not in the log.
func (c *Checker) restored() {
	n := &c.nodes[c.restoring-1]
	c.restoring = consensus.None
	c.release(n, n.told+1)
}

// release removes the entries from index i on.
func (c *Checker) release(n *node, i uint32) {
	for ; n.last >= i && n.last > n.base; n.last-- {
		c.releaseAt(n, n.last)
	}
	if i <= n.base {
		n.base, n.last = i-1, i-1
	}
	n.agree = min(n.agree, n.last)
	n.told = min(n.told, n.last)
}

// before returns the term of the entry before index i.
func (n *node) before(i uint32) consensus.Term {
	if i <= n.base+1 {
		return 0
	}
	return n.log.get(i - 1).term
}

// hold checks Log Matching for the entry that a node now has at index i.
func (c *Checker) hold(n *node, i uint32, e *trace.Event, out func(trace.Event)) {
	x, before := n.log.get(i), n.before(i)
	h, inMore := c.find(i, x.term)
	switch {
	case h.count == 0:
		h = held{entry: x, more: h.more}
		if inMore {
			c.held.at(c.me, i).more = true
		}
	case !h.matches(x, before):
		c.mismatch(n, i, e, out)
		return
	}
	h.count++
	if before != 0 {
		h.before = before
		h.knows++
	}
	c.put(i, h, inMore)
}

// releaseAt is the reverse of hold.
func (c *Checker) releaseAt(n *node, i uint32) {
	x, before := n.log.get(i), n.before(i)
	h, inMore := c.find(i, x.term)
	if h.count == 0 || !h.matches(x, before) {
		return // it was a mismatch
	}
	h.count--
	if before != 0 {
		if h.knows--; h.knows == 0 {
			h.before = 0
		}
	}
	c.put(i, h, inMore)
}

func (h *held) matches(x entry, before consensus.Term) bool {
	return h.entry == x && (h.before == before || h.before == 0 || before == 0)
}

// find returns what is held of a term at an index, and whether its place is in more. It
// is not held when its count is 0.
func (c *Checker) find(i uint32, term consensus.Term) (h held, inMore bool) {
	h = c.held.get(i)
	if h.count > 0 && h.term == term {
		return h, false
	}
	if h.more {
		if m, ok := c.more[place{i, term}]; ok {
			return m, true
		}
	}
	if h.count > 0 {
		return held{}, true
	}
	return h, false
}

// put stores what is held at an index.
func (c *Checker) put(i uint32, h held, inMore bool) {
	switch {
	case !inMore:
		*c.held.at(c.me, i) = h
	case h.count == 0:
		c.own()
		delete(c.more, place{i, h.term})
	default:
		c.own()
		c.more[place{i, h.term}] = h
	}
}

// mismatch reports Log Matching, if there is still a node that the entry at index i of n
// does not match.
func (c *Checker) mismatch(n *node, i uint32, e *trace.Event, out func(trace.Event)) {
	x, before := n.log.get(i), n.before(i)
	for j := range c.nodes {
		m := &c.nodes[j]
		if m == n || i <= m.base || i > m.last {
			continue
		}
		y, prior := m.log.get(i), m.before(i)
		if y.term == x.term && (y != x || prior != before && prior != 0 && before != 0) {
			c.violated(logMatching, report{term: x.term, index: i},
				trace.Event{T: e.T, Node: e.Node, Peer: consensus.NodeID(j + 1), Term: x.term, A: i}, out)
			return
		}
	}
}
