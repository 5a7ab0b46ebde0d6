package paxos

import "parley/consensus"

// quorums says how many acceptors make a quorum of each phase, and who the acceptors
// are. A proposer needs promises from a phase 1 quorum before it proposes, and a
// value is chosen once a phase 2 quorum has accepted it in one ballot.
//
// All safety needs is that each phase 1 quorum meets each phase 2 quorum: then a
// proposer hears in phase 1 of everything that may have been chosen before (Flexible
// Paxos, section 3). Two quorums of the same phase need not meet. With counts, they
// meet when the two sizes together exceed the number of acceptors (section 4).
type quorums struct {
	acceptors      consensus.NodeSet
	phase1, phase2 int
}

// majorities returns the quorums of Paxos as it was first told: more than half of the
// acceptors in both phases.
func majorities(acceptors consensus.NodeSet) quorums {
	m := acceptors.Len()/2 + 1
	return quorums{acceptors, m, m}
}

// sized returns the quorums of the given sizes. A size of 0 is the smallest that
// meets the other; both 0 are majorities.
func sized(acceptors consensus.NodeSet, phase1, phase2 int) quorums {
	phase1, phase2 = consensus.QuorumSizes(acceptors.Len(), phase1, phase2)
	return quorums{acceptors, phase1, phase2}
}

// possible reports whether the acceptors are enough for both quorums.
func (q quorums) possible() bool {
	n := q.acceptors.Len()
	return q.phase1 >= 1 && q.phase1 <= n && q.phase2 >= 1 && q.phase2 <= n
}

// meet reports whether every phase 1 quorum has an acceptor in common with every
// phase 2 quorum.
func (q quorums) meet() bool { return q.phase1+q.phase2 > q.acceptors.Len() }

// promised reports whether the set holds a phase 1 quorum.
func (q quorums) promised(by consensus.NodeSet) bool { return common(by, q.acceptors) >= q.phase1 }

// accepted reports whether the set holds a phase 2 quorum.
func (q quorums) accepted(by consensus.NodeSet) bool { return common(by, q.acceptors) >= q.phase2 }

// common returns how many nodes are in both sets.
func common(a, b consensus.NodeSet) int {
	return consensus.NodeSet{a[0] & b[0], a[1] & b[1]}.Len()
}

// members returns the nodes of a set in ascending order.
func members(s consensus.NodeSet) []consensus.NodeID {
	ids := make([]consensus.NodeID, 0, s.Len())
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if s.Has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
