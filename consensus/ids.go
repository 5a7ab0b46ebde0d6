package consensus

import (
	"math/bits"
	"strconv"
)

// NodeID names an endpoint of the network: nodes are 1 to NodesMax, clients are
// ClientFirst to ClientFirst+ClientsMax-1, and None is nobody.
type NodeID uint8

const (
	// None is the NodeID of nobody: no vote cast, no leader known.
	None NodeID = 0
	// NodesMax is the largest number of nodes of a cluster.
	NodesMax = 100
	// ClientFirst is the NodeID of client C1.
	ClientFirst NodeID = 128
	// ClientsMax is the largest number of clients of a run.
	ClientsMax = 32
)

// Client returns the NodeID of client number i, counted from 1 to ClientsMax.
func Client(i int) NodeID { return ClientFirst + NodeID(i-1) }

// IsNode reports whether id names a node of a cluster.
func (id NodeID) IsNode() bool { return id >= 1 && id <= NodesMax }

// IsClient reports whether id names a client.
func (id NodeID) IsClient() bool { return id >= ClientFirst && id < ClientFirst+ClientsMax }

// String returns the name that people read: "N3" for a node, "C1" for a client,
// "nobody" for None.
func (id NodeID) String() string {
	switch {
	case id == None:
		return "nobody"
	case id.IsClient():
		return "C" + strconv.Itoa(int(id-ClientFirst)+1)
	}
	return "N" + strconv.Itoa(int(id))
}

// NodeSet is a set of nodes 1 to NodesMax; the zero value is empty.
type NodeSet [2]uint64

// SetOf returns the set of the given nodes.
func SetOf(ids ...NodeID) NodeSet {
	var s NodeSet
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

// Add puts a node into the set. An id that is no node is ignored.
func (s *NodeSet) Add(id NodeID) {
	if id.IsNode() {
		s[id>>6] |= 1 << (id & 63)
	}
}

// Remove takes a node out of the set.
func (s *NodeSet) Remove(id NodeID) {
	if id.IsNode() {
		s[id>>6] &^= 1 << (id & 63)
	}
}

// Has reports whether the node is in the set.
func (s NodeSet) Has(id NodeID) bool { return id.IsNode() && s[id>>6]>>(id&63)&1 == 1 }

// Len returns the number of nodes in the set.
func (s NodeSet) Len() int { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }

// Time is an instant in nanoseconds. The World's own time starts at 0; a node's
// clock may be offset from it and drift.
type Time int64

// Duration is a span of time in nanoseconds.
type Duration = Time

// Spans of time.
const (
	Microsecond Duration = 1000
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
)

// Term is Raft's term or Paxos's ballot: the logical clock of leadership. 0 is the
// time before the first election.
type Term uint32

// Index is a position in a log (Raft) or a slot (Paxos), counted from 1; 0 is the
// place before the first.
type Index uint32

// String returns the time exactly, in the largest unit of which it is at least one:
// "1.2034567s", "10ms", "200us", "50ns", "0s".
func (t Time) String() string {
	magnitude := uint64(t)
	if t < 0 {
		magnitude = -magnitude
	}
	unit, name := uint64(Second), "s"
	switch {
	case magnitude == 0:
	case magnitude < uint64(Microsecond):
		unit, name = 1, "ns"
	case magnitude < uint64(Millisecond):
		unit, name = uint64(Microsecond), "us"
	case magnitude < uint64(Second):
		unit, name = uint64(Millisecond), "ms"
	}
	b := make([]byte, 0, 24)
	if t < 0 {
		b = append(b, '-')
	}
	b = strconv.AppendUint(b, magnitude/unit, 10)
	if part := magnitude % unit; part != 0 {
		b = append(b, '.')
		for part != 0 {
			unit /= 10
			b = append(b, '0'+byte(part/unit))
			part %= unit
		}
	}
	return string(append(b, name...))
}
