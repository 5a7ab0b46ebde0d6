// Package trace is what happened in a run: an append-only list of events of fixed
// size without pointers, with a table of texts beside it. Everything on screen is a
// function of a trace and a moment; checkers, exports and viewers read it too.
package trace

import "parley/consensus"

// Kind says what an Event tells. The comment of each names the fields it uses
// besides T, Kind and Node (where it happened).
type Kind uint8

// Events of a run.
const (
	None Kind = iota

	// The network. ID is the message's send number, from 1; Node is where it
	// happens, Peer the other end, Sub the MessageKind, Flags its MessageFlags,
	// Term its term.
	Send      // Node sent to Peer: arrives at Wide(A,B), C bytes, D low half of the Hash of its data
	Deliver   // Node got it from Peer
	Loss      // on its way from Peer to Node: Cause in Rule
	Duplicate // of message A, from Node to Peer: the copy's number is ID, it arrives at Wide(B,C)
	Delay     // message from Node to Peer arrives at Wide(A,B) now

	// Timers of a node; Sub is the TimerID.
	TimerSet    // will expire at Wide(A,B); it runs Wide(C,D) long
	TimerCancel //
	TimerFire   //

	// The disk of a node.
	Write     // A bytes, durable at Wide(B,C)
	Sync      // A bytes became durable
	WriteLost // A unsynced bytes were lost in a crash, B of them survived as a torn tail

	// What the engine told; see consensus.NoteKind for the fields.
	Rule     // rule Rule fired with outcome Sub
	Role     //
	Term     //
	Vote     //
	Tally    //
	Leader   //
	Entry    //
	Truncate //
	Commit   //
	Chosen   //
	Apply    //
	Progress //
	Compact  //

	// Clients. Node is the client, B its number of the request, D an index into Texts.
	Invoke // the client wants the command of text D
	Retry  // asks again, Peer; after A attempts so far
	Answer // the operation is done, Peer answered; text D is the result
	Refuse // Peer said Status Sub; its hint of the leader is A
	GiveUp // after A attempts nobody answered: the operation may or may not have happened

	// Faults and other acts of people. ID is the number of the action that did it,
	// counted from 1; 0 when none did.
	Boot      // Node started; Sub 1: from a disk that was used before; A bytes on disk
	Crash     //
	Cut       // messages from Node to Peer are lost from now on
	Heal      // and no longer
	Partition // A-D: a NodeSet (low word first) that is walled off from the others; one event a group, in order; Sub 0 is the first group and ends the partition before. An empty set ends it.
	Clock     // Node's clock: offset Wide(A,B), drift C ppm (signed)
	Dial      // dial Sub (scenario.Dial) is now Wide(A,B), on the link Node to Peer; both None: everywhere
	Option    // option Sub (index into Protocol.Options) is now Wide(A,B)
	Switch    // rule Rule is switched off (Sub 1) or on (Sub 0)
	Refused   // the action could not be done; text D says why

	// The checks. Not part of the digest.
	Violation // invariant Sub (index into Protocol.Invariants) does not hold: Node, Peer, Term, A-D fill its sentence

	kinds
)

// Cause says why a message was lost; it stands in Event.Rule of a Loss.
type Cause uint16

// Causes of a loss.
const (
	CauseLoss      Cause = iota + 1 // the network lost it (dial loss)
	CauseCut                        // the link is cut
	CausePartition                  // a partition stands between
	CauseDown                       // the receiver is down
	CauseDropped                    // somebody dropped this message
	CauseFull                       // the receiver's inbox is full
)

// Event is one thing that happened. 40 bytes, no pointers: a trace of a million
// events costs the garbage collector nothing.
type Event struct {
	T          consensus.Time
	Term       consensus.Term
	ID         uint32
	A, B, C, D uint32
	Kind       Kind
	Node, Peer consensus.NodeID
	Sub        uint8
	Rule       consensus.RuleID
	Flags      consensus.MessageFlags
}

// Wide joins two halves, low first, to a signed number: a time or a value.
func Wide(lo, hi uint32) int64 { return int64(uint64(lo) | uint64(hi)<<32) }

// Halves splits a number for Wide.
func Halves(v int64) (lo, hi uint32) { return uint32(v), uint32(uint64(v) >> 32) }

// NodeSet returns the set that A to D hold (Tally, Partition).
func (e *Event) NodeSet() consensus.NodeSet {
	return consensus.NodeSet{uint64(e.A) | uint64(e.B)<<32, uint64(e.C) | uint64(e.D)<<32}
}

// SetNodeSet stores a set in A to D.
func (e *Event) SetNodeSet(s consensus.NodeSet) {
	e.A, e.B, e.C, e.D = uint32(s[0]), uint32(s[0]>>32), uint32(s[1]), uint32(s[1]>>32)
}

// Digest is a running hash of a trace: the digest of a run is that of all its
// events but the violations, in order.
type Digest uint64

// Add returns the digest with one more event.
func (d Digest) Add(e *Event) Digest {
	if e.Kind == Violation {
		return d
	}
	h := (uint64(d) ^ e.sum()) * 0x9fb21c651e98df25
	return Digest(h ^ h>>32)
}

// AddAll returns the digest with more events, in order.
func (d Digest) AddAll(events []Event) Digest {
	for i := range events {
		if e := &events[i]; e.Kind != Violation {
			h := (uint64(d) ^ e.sum()) * 0x9fb21c651e98df25
			d = Digest(h ^ h>>32)
		}
	}
	return d
}

// sum returns a number that differs when one word of the event does: each has an odd
// factor of its own. The products need not wait for one another.
func (e *Event) sum() uint64 {
	return uint64(e.T)*0x9e3779b97f4a7c15 +
		(uint64(e.Term)|uint64(e.ID)<<32)*0xbf58476d1ce4e5b9 +
		(uint64(e.A)|uint64(e.B)<<32)*0x94d049bb133111eb +
		(uint64(e.C)|uint64(e.D)<<32)*0xd6e8feb86659fd93 +
		(uint64(e.Kind)|uint64(e.Node)<<8|uint64(e.Peer)<<16|uint64(e.Sub)<<24|uint64(e.Rule)<<32|uint64(e.Flags)<<48)*0xc2b2ae3d27d4eb4f
}

// String returns the digest as 16 hexadecimal digits.
func (d Digest) String() string {
	const digits = "0123456789abcdef"
	var b [16]byte
	for i := range b {
		b[i] = digits[uint64(d)>>(60-4*i)&15]
	}
	return string(b[:])
}
