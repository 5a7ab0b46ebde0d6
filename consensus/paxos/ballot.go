package paxos

import "parley/consensus"

// A ballot number (a proposal number in "Paxos Made Simple") is a consensus.Term:
//
//	ballot = round*128 + node
//
// where node is the NodeID of the proposer who made it, 1 to consensus.NodesMax, and
// round is what it counts up. So no two proposers ever use the same ballot, any two
// ballots are ordered, first by round and then by node, and whoever sees a ballot
// knows whose it is. Ballot 0 stands for none. Of each ballot at most one proposal is
// ever made in a slot; all of Paxos's safety stands on that (Paxos Made Simple,
// sections 2.2 and 2.5).

// ballotNodes is the number of ballots of one round, Protocol.TermNodes.
const ballotNodes = 128

// RoundMax is the last round. A proposer that has seen a ballot of that round starts
// none any more.
const RoundMax = 1 << 24

// BallotMax is larger than every ballot.
const BallotMax consensus.Term = (RoundMax + 1) * ballotNodes

// Ballot returns the ballot of a round, 1 to RoundMax, that belongs to a proposer.
func Ballot(round uint32, proposer consensus.NodeID) consensus.Term {
	return consensus.Term(round*ballotNodes + uint32(proposer))
}

// Round returns the round of a ballot, 0 for ballot 0.
func Round(b consensus.Term) uint32 { return uint32(b) / ballotNodes }

// Owner returns the proposer to whom a ballot belongs. It is nobody for ballot 0, and
// for a ballot that was made while the rule of unique ballots was off.
func Owner(b consensus.Term) consensus.NodeID { return consensus.NodeID(uint32(b) % ballotNodes) }

// isBallot reports whether a message may carry b as a ballot that its sender from made.
func isBallot(b consensus.Term, from consensus.NodeID) bool {
	return Round(b) >= 1 && b < BallotMax && (Owner(b) == from || Owner(b) == consensus.None)
}

// nextBallot returns a ballot above b that nobody but this proposer uses, or 0 when
// the rounds are used up. With the rule of unique ballots off it is the next round's
// without a name on it: the same as everybody's.
func nextBallot(b consensus.Term, proposer consensus.NodeID, unique bool) consensus.Term {
	round := Round(b) + 1
	if round > RoundMax {
		return 0
	}
	if !unique {
		return Ballot(round, consensus.None)
	}
	return Ballot(round, proposer)
}
