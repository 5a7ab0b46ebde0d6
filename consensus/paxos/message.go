package paxos

import (
	"encoding/binary"

	"parley/consensus"
)

// Kinds of messages; both algorithms use the same. A message's ballot stands in its
// envelope as Term.
const (
	KindPrepare   = consensus.KindEngine + iota // phase 1a: a proposer asks for promises
	KindPromise                                 // phase 1b: an acceptor promises, and tells what it has accepted
	KindAccept                                  // phase 2a: a proposer asks to accept a value
	KindAccepted                                // phase 2b: an acceptor has accepted it
	KindNack                                    // an acceptor has promised a higher ballot
	KindLearn                                   // values that are chosen
	KindAsk                                     // a node asks what else is chosen
	KindHeartbeat                               // Multi-Paxos: the leader is there
)

// Bounds of what a node takes in; beyond them a message is malformed or ignored.
const (
	// SlotMax is the last slot.
	SlotMax consensus.Index = 1 << 20
	// AheadMax is how many slots beyond the first one that a node does not know to be
	// chosen it takes part in. It bounds what an acceptor has to remember and to
	// tell in a promise.
	AheadMax = 512
	// learnMax is the largest number of values, and learnBytes of bytes of commands,
	// in one message that teaches a node what it missed.
	learnMax   = 64
	learnBytes = 64 << 10
)

// body is what a message says, of whatever kind. All numbers are little-endian:
//
//	prepare    slot (4): Synod: this slot; Multi-Paxos: all slots from this one on
//	promise    slot (4) and commit (4), then votes
//	accept     slot (4), commit (4), value
//	accepted   slot (4), then the value when it goes to learners
//	nack       slot (4), the refused ballot (4), its phase (1); the promise is Term
//	learn      commit (4), votes
//	ask        slot (4), top (4), known (8), and kept (4) unless that is 0
//	heartbeat  commit (4)
//
// A value is client (1), number (4), length of the command (2), command. Votes are
// their count (2), then for each slot (4), ballot (4), chosen (1), value, in ascending
// order of slots.
type body struct {
	slot consensus.Index
	// commit is the sender's: it knows all slots up to this one to be chosen.
	commit consensus.Index
	// top is the highest slot of which the sender has heard.
	top consensus.Index
	// known has bit i set when the sender knows slot+i to be chosen.
	known   uint64
	refused consensus.Term // ballot that was refused, and in which phase
	phase   byte
	value   consensus.Entry // Term is not set
	valued  bool            // there is a value
	kept    consensus.Index // of KindAsk: all up to here is on the asker's disk; 0: it says nothing of that
	count   int             // of votes
	votes   []byte          // their encoding
}

// vote is what an acceptor accepted last in a slot, or what is chosen there.
type vote struct {
	slot   consensus.Index
	entry  consensus.Entry
	chosen bool
}

const (
	voteFixed  = 9 // before the value
	valueFixed = 7 // before the command
)

func appendIndex(b []byte, i consensus.Index) []byte {
	return binary.LittleEndian.AppendUint32(b, uint32(i))
}

func appendEntryValue(b []byte, e consensus.Entry) []byte {
	b = append(b, byte(e.Client))
	b = binary.LittleEndian.AppendUint32(b, e.Seq)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(e.Command)))
	return append(b, e.Command...)
}

func appendVote(b []byte, v vote) []byte {
	b = appendIndex(b, v.slot)
	b = binary.LittleEndian.AppendUint32(b, uint32(v.entry.Term))
	b = append(b, flag(v.chosen))
	return appendEntryValue(b, v.entry)
}

func flag(yes bool) byte {
	if yes {
		return 1
	}
	return 0
}

// The bodies of each kind. Those with votes are begun here; the votes follow, and
// closeVotes then writes how many there are.

func appendPrepare(b []byte, slot consensus.Index) []byte { return appendIndex(b, slot) }

func appendPromise(b []byte, slot, commit consensus.Index) []byte {
	return append(appendIndex(appendIndex(b, slot), commit), 0, 0)
}

func appendLearn(b []byte, commit consensus.Index) []byte {
	return append(appendIndex(b, commit), 0, 0)
}

// closeVotes writes the number of votes into the body that begins at start of b.
func closeVotes(b []byte, kind consensus.MessageKind, count int) []byte {
	at := 4
	if kind == KindPromise {
		at = 8
	}
	binary.LittleEndian.PutUint16(b[at:], uint16(count))
	return b
}

func appendAccept(b []byte, slot, commit consensus.Index, e consensus.Entry) []byte {
	return appendEntryValue(appendIndex(appendIndex(b, slot), commit), e)
}

func appendAccepted(b []byte, slot consensus.Index) []byte { return appendIndex(b, slot) }

func appendAcceptedValue(b []byte, slot consensus.Index, e consensus.Entry) []byte {
	return appendEntryValue(appendIndex(b, slot), e)
}

func appendNack(b []byte, slot consensus.Index, refused consensus.Term, phase byte) []byte {
	b = binary.LittleEndian.AppendUint32(appendIndex(b, slot), uint32(refused))
	return append(b, phase)
}

func appendAsk(b []byte, slot, top consensus.Index, known uint64, kept consensus.Index) []byte {
	b = binary.LittleEndian.AppendUint64(appendIndex(appendIndex(b, slot), top), known)
	if kept > 0 {
		b = appendIndex(b, kept)
	}
	return b
}

func appendHeartbeat(b []byte, commit consensus.Index) []byte { return appendIndex(b, commit) }

// reader takes numbers off the front of bytes; bad is set when they run out.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if len(r.b) < n {
		r.bad = true
		r.b = nil
		return zeros[:n]
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

var zeros [consensus.CommandMax]byte

func (r *reader) index() consensus.Index {
	i := consensus.Index(binary.LittleEndian.Uint32(r.bytes(4)))
	if i > SlotMax {
		r.bad = true
	}
	return i
}

// slot reads an index that must be a slot.
func (r *reader) slot() consensus.Index {
	i := r.index()
	if i == 0 {
		r.bad = true
	}
	return i
}

func (r *reader) ballot() consensus.Term {
	b := consensus.Term(binary.LittleEndian.Uint32(r.bytes(4)))
	if Round(b) == 0 || b >= BallotMax {
		r.bad = true
	}
	return b
}

// bit reads a byte that must be 0 or 1.
func (r *reader) bit() bool {
	v := r.bytes(1)[0]
	if v > 1 {
		r.bad = true
	}
	return v == 1
}

// value reads an entry without its ballot. The command points into the message.
func (r *reader) value() consensus.Entry {
	head := r.bytes(valueFixed)
	n := int(binary.LittleEndian.Uint16(head[5:]))
	if n > consensus.CommandMax {
		r.bad = true
		return consensus.Entry{}
	}
	e := consensus.Entry{Client: consensus.NodeID(head[0]), Seq: binary.LittleEndian.Uint32(head[1:]), Command: r.bytes(n)}
	if !wellFormed(e) {
		r.bad = true
	}
	return e
}

func (r *reader) vote() (v vote) {
	v.slot = r.slot()
	ballot := r.ballot()
	v.chosen = r.bit()
	v.entry = r.value()
	v.entry.Term = ballot
	return v
}

// decode reads the body of a message and checks all of it, votes included, so that
// nextVote cannot fail afterwards. It allocates nothing.
func decode(kind consensus.MessageKind, data []byte) (q body, ok bool) {
	r := reader{b: data}
	switch kind {
	case KindPrepare:
		q.slot = r.slot()
	case KindPromise:
		q.slot, q.commit = r.slot(), r.index()
		q.readVotes(&r)
	case KindAccept:
		q.slot, q.commit = r.slot(), r.index()
		q.value, q.valued = r.value(), true
	case KindAccepted:
		q.slot = r.slot()
		if len(r.b) > 0 {
			q.value, q.valued = r.value(), true
		}
	case KindNack:
		q.slot, q.refused = r.slot(), r.ballot()
		q.phase = r.bytes(1)[0]
		r.bad = r.bad || q.phase != 1 && q.phase != 2
	case KindLearn:
		q.commit = r.index()
		q.readVotes(&r)
	case KindAsk:
		q.slot, q.top = r.slot(), r.index()
		q.known = binary.LittleEndian.Uint64(r.bytes(8))
		if len(r.b) > 0 {
			q.kept = r.slot()
		}
	case KindHeartbeat:
		q.commit = r.index()
	default:
		return q, false
	}
	return q, !r.bad && len(r.b) == 0
}

func (q *body) readVotes(r *reader) {
	q.count = int(binary.LittleEndian.Uint16(r.bytes(2)))
	q.votes = r.b
	before := consensus.Index(0)
	for range q.count {
		v := r.vote()
		if r.bad || v.slot <= before {
			r.bad = true
			return
		}
		before = v.slot
	}
}

// nextVote returns the next of the votes; there are count of them.
func (q *body) nextVote() vote {
	r := reader{b: q.votes}
	v := r.vote()
	q.votes = r.b
	return v
}
