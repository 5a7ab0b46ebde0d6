package raft

import "parley/consensus"

// progress is what a leader knows of one follower.
//
// At first, and after each refusal, the leader is probing: it does not know where the
// logs part, and has one AppendEntries at a time under way. After a success it is
// streaming: it takes for granted that what it sends arrives and moves nextIndex
// ahead, a bounded number of messages at once. A message that was lost shows when the
// next one, or a heartbeat, is refused for what lacks before it.
type progress struct {
	next  consensus.Index // nextIndex: the first entry to send next
	match consensus.Index // matchIndex: the last entry known to be there; match < next
	// ends holds the last index of each AppendEntries with entries that is under way
	// while streaming, ascending.
	ends     [inflightMax]consensus.Index
	underway uint8
	probing  bool
	waits    bool // for the answer of a probe
}

// newProgress is what a leader knows at the beginning of its term, when its own log
// ends at last (Figure 2, volatile state on leaders).
func newProgress(last consensus.Index) progress {
	return progress{next: last + 1, probing: true}
}

// mayShip reports whether another AppendEntries with entries may be sent.
func (p *progress) mayShip(inflight int) bool {
	if p.probing {
		return !p.waits
	}
	return int(p.underway) < inflight
}

// shipped records that entries up to index end were sent.
func (p *progress) shipped(end consensus.Index) {
	if p.probing {
		p.waits = true
		return
	}
	p.ends[p.underway] = end
	p.underway++
	p.next = end + 1
}

// accepted records that the follower's log equals the leader's up to match.
func (p *progress) accepted(match consensus.Index) {
	done := uint8(0)
	for done < p.underway && p.ends[done] <= match {
		done++
	}
	copy(p.ends[:], p.ends[done:p.underway])
	p.underway -= done
	p.match = max(p.match, match)
	p.next = max(p.next, p.match+1)
	p.probing, p.waits = false, false
}

// late reports whether a refusal of entries behind prev is too old to mean anything.
func (p *progress) late(prev consensus.Index) bool {
	if p.probing {
		return prev != p.next-1
	}
	return prev <= p.match || prev >= p.next
}

// refused records that the entries before next are what the leader has to find out.
func (p *progress) refused(next consensus.Index) {
	*p = progress{next: max(next, p.match+1), match: p.match, probing: true}
}
