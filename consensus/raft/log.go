package raft

import "parley/consensus"

// log is a server's log in memory; the first index is 1 (Figure 2). It is a list of
// full chunks, which never change, and a tail that grows. Copies of a log share all
// of it: share clips the capacity of what both hold, so that neither ever writes
// where the other reads, and a copy costs the same however long the log is.
type log struct {
	full [][]consensus.Entry // chunks of exactly chunkSize
	tail []consensus.Entry   // fewer than chunkSize
	room []byte              // what is left of the memory for commands; not shared
}

// chunkSize is the number of entries of a chunk: what an append after a share copies
// at most.
const chunkSize = 64

// roomSize is the size in bytes of a piece of memory for commands.
const roomSize = 1024

// last returns the index of the last entry, 0 when the log is empty.
func (l *log) last() consensus.Index {
	return consensus.Index(len(l.full)*chunkSize + len(l.tail))
}

// at returns the entry at index i, which must be in the log.
func (l *log) at(i consensus.Index) *consensus.Entry {
	n := int(i - 1)
	if c := n / chunkSize; c < len(l.full) {
		return &l.full[c][n%chunkSize]
	}
	return &l.tail[n-len(l.full)*chunkSize]
}

// term returns the term of the entry at index i; 0 for index 0 and beyond the end.
func (l *log) term(i consensus.Index) consensus.Term {
	if i == 0 || i > l.last() {
		return 0
	}
	return l.at(i).Term
}

// lastTerm returns the term of the last entry, 0 when the log is empty.
func (l *log) lastTerm() consensus.Term { return l.term(l.last()) }

// add appends an entry. Its command is copied.
func (l *log) add(e consensus.Entry) {
	e.Command = l.keep(e.Command)
	if cap(l.tail) < chunkSize && len(l.tail) == cap(l.tail) {
		l.tail = append(make([]consensus.Entry, 0, chunkSize), l.tail...)
	}
	l.tail = append(l.tail, e)
	if len(l.tail) == chunkSize {
		l.full = append(l.full, l.tail)
		l.tail = nil
	}
}

// keep returns a copy of a command. Many small ones stand in one piece of memory.
func (l *log) keep(command []byte) []byte {
	if len(command) == 0 {
		return nil
	}
	if len(command) > len(l.room) {
		l.room = make([]byte, max(roomSize, len(command)))
	}
	n := copy(l.room, command)
	kept := l.room[:n:n]
	l.room = l.room[n:]
	return kept
}

// truncate removes the entries from index i on.
func (l *log) truncate(i consensus.Index) {
	n := int(i - 1)
	if c := n / chunkSize; c < len(l.full) {
		l.tail = l.full[c]
		l.full = l.full[:c:c]
		n -= c * chunkSize
	} else {
		n -= len(l.full) * chunkSize
	}
	l.tail = l.tail[:n:n]
}

// share returns a copy. What both hold is never written again.
func (l *log) share() log {
	l.full = l.full[:len(l.full):len(l.full)]
	l.tail = l.tail[:len(l.tail):len(l.tail)]
	c := *l
	c.room = nil
	return c
}

// flat returns all entries in one slice.
func (l *log) flat() []consensus.Entry {
	if len(l.full) == 0 {
		return l.tail[:len(l.tail):len(l.tail)]
	}
	all := make([]consensus.Entry, 0, l.last())
	for _, c := range l.full {
		all = append(all, c...)
	}
	return append(all, l.tail...)
}
