package raft

import (
	"encoding/binary"

	"parley/consensus"
)

// Kinds of messages. A message's term stands in its envelope, and so does its
// sender, which is the paper's candidateId or leaderId.
const (
	KindRequestVote        = consensus.KindEngine + iota // a candidate asks for a vote
	KindRequestVoteReply                                 // a server grants or refuses it
	KindAppendEntries                                    // a leader sends entries, or a heartbeat without any
	KindAppendEntriesReply                               // a follower took or refused them
)

// Bounds of what a message may say; beyond them it is malformed.
const (
	// TermMax is the last term. A server of that term starts no election.
	TermMax consensus.Term = 1 << 31
	// LogMax is the largest number of entries of a log.
	LogMax consensus.Index = 1 << 20
)

// voteRequest is the body of a RequestVote: where the candidate's log ends.
type voteRequest struct {
	lastIndex consensus.Index
	lastTerm  consensus.Term
}

const voteRequestSize = 8

func (q voteRequest) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(q.lastIndex))
	return binary.LittleEndian.AppendUint32(b, uint32(q.lastTerm))
}

func decodeVoteRequest(b []byte) (q voteRequest, ok bool) {
	if len(b) != voteRequestSize {
		return q, false
	}
	q.lastIndex = consensus.Index(binary.LittleEndian.Uint32(b))
	q.lastTerm = consensus.Term(binary.LittleEndian.Uint32(b[4:]))
	return q, q.lastIndex <= LogMax && (q.lastIndex == 0) == (q.lastTerm == 0)
}

// voteReply is the body of a RequestVote's answer.
type voteReply struct{ granted bool }

func (q voteReply) append(b []byte) []byte { return append(b, flag(q.granted)) }

func decodeVoteReply(b []byte) (q voteReply, ok bool) {
	if len(b) != 1 || b[0] > 1 {
		return q, false
	}
	return voteReply{b[0] == 1}, true
}

// appendRequest is the body of an AppendEntries.
type appendRequest struct {
	prevIndex consensus.Index // the place just before the entries
	prevTerm  consensus.Term  // the term of the leader's entry there
	commit    consensus.Index // the leader's commitIndex
	count     int             // of entries
	entries   []byte          // their encoding
}

const (
	appendRequestSize = 14 // without entries
	entrySize         = 11 // without command
)

// appendHead writes the body up to the entries, which appendEntry adds one by one.
func (q *appendRequest) appendHead(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(q.prevIndex))
	b = binary.LittleEndian.AppendUint32(b, uint32(q.prevTerm))
	b = binary.LittleEndian.AppendUint32(b, uint32(q.commit))
	return binary.LittleEndian.AppendUint16(b, uint16(q.count))
}

// appendEntry writes an entry: term, client, number, length of the command, command.
func appendEntry(b []byte, e *consensus.Entry) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(e.Term))
	b = append(b, byte(e.Client))
	b = binary.LittleEndian.AppendUint32(b, e.Seq)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(e.Command)))
	return append(b, e.Command...)
}

// decodeAppendRequest reads an AppendEntries of the given term and checks all of it,
// so that takeEntry cannot fail afterwards. It allocates nothing.
func decodeAppendRequest(b []byte, term consensus.Term) (q appendRequest, ok bool) {
	if len(b) < appendRequestSize {
		return q, false
	}
	le := binary.LittleEndian
	q = appendRequest{
		prevIndex: consensus.Index(le.Uint32(b)), prevTerm: consensus.Term(le.Uint32(b[4:])),
		commit: consensus.Index(le.Uint32(b[8:])), count: int(le.Uint16(b[12:])), entries: b[appendRequestSize:],
	}
	if q.prevIndex > LogMax-consensus.Index(q.count) || q.commit > LogMax || (q.prevIndex == 0) != (q.prevTerm == 0) {
		return q, false
	}
	rest := q.entries
	for range q.count {
		if len(rest) < entrySize || len(rest) < entrySize+int(le.Uint16(rest[9:])) {
			return q, false
		}
		var e consensus.Entry
		e, rest = takeEntry(rest)
		if !wellFormed(&e, term) {
			return q, false
		}
	}
	return q, len(rest) == 0
}

// takeEntry reads the entry at the beginning of b. Its command points into b.
func takeEntry(b []byte) (e consensus.Entry, rest []byte) {
	le := binary.LittleEndian
	n := entrySize + int(le.Uint16(b[9:]))
	e = consensus.Entry{
		Term: consensus.Term(le.Uint32(b)), Client: consensus.NodeID(b[4]),
		Seq: le.Uint32(b[5:]), Command: b[entrySize:n:n],
	}
	return e, b[n:]
}

// wellFormed reports whether an entry can stand in the log of a server whose current
// term is term: it is of that term or an older one, and of a client, or a no-op.
func wellFormed(e *consensus.Entry, term consensus.Term) bool {
	if e.Term == 0 || e.Term > term || len(e.Command) > consensus.CommandMax {
		return false
	}
	if e.Client == consensus.None {
		return e.Seq == 0 && len(e.Command) == 0
	}
	return e.Client.IsClient() && e.Seq > 0
}

// appendReply is the body of an AppendEntries' answer.
type appendReply struct {
	success bool
	// prevIndex repeats the request's, so that a late refusal is known as one.
	prevIndex consensus.Index
	// match is the last index up to which the follower's log is now known to equal
	// the leader's; only with success.
	match consensus.Index
	// conflictTerm is the term of the follower's entry at prevIndex, 0 when it has
	// none there; conflictIndex is the first index of that term in its log, or the
	// place after its end (section 5.3, the optimization of the last paragraphs).
	conflictTerm  consensus.Term
	conflictIndex consensus.Index
}

const appendReplySize = 13

func (q *appendReply) append(b []byte) []byte {
	b = append(b, flag(q.success))
	b = binary.LittleEndian.AppendUint32(b, uint32(q.prevIndex))
	if q.success {
		b = binary.LittleEndian.AppendUint32(b, uint32(q.match))
		return binary.LittleEndian.AppendUint32(b, 0)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(q.conflictIndex))
	return binary.LittleEndian.AppendUint32(b, uint32(q.conflictTerm))
}

func decodeAppendReply(b []byte) (q appendReply, ok bool) {
	if len(b) != appendReplySize || b[0] > 1 {
		return q, false
	}
	le := binary.LittleEndian
	q.success, q.prevIndex = b[0] == 1, consensus.Index(le.Uint32(b[1:]))
	index, term := consensus.Index(le.Uint32(b[5:])), consensus.Term(le.Uint32(b[9:]))
	if q.prevIndex > LogMax || index > LogMax+1 {
		return q, false
	}
	if q.success {
		q.match = index
		return q, term == 0 && q.match >= q.prevIndex
	}
	q.conflictIndex, q.conflictTerm = index, term
	return q, q.conflictIndex >= 1 && q.prevIndex >= 1
}

func flag(yes bool) byte {
	if yes {
		return 1
	}
	return 0
}
