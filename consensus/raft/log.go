package raft

import "parley/consensus"

// log is a server's log in memory; the first index is 1 (Figure 2). It is a list of
// full chunks, which never change, and a tail that grows. Copies of a log share all
// of it, and a copy costs the same however long the log is: the log that was copied
// goes on behind what both hold, the copy makes its own memory once it grows, and so
// does each of them behind a place where it was truncated.
//
// A chunk holds its entries without pointers, so that a long log costs the garbage
// collector next to nothing.
type log struct {
	full []chunk // of exactly chunkSize entries
	tail chunk   // fewer than chunkSize
}

// chunkSize is the number of entries of a chunk: what an append after a share copies
// at most.
const chunkSize = 64

// chunk is a run of entries, and their commands one behind the other.
type chunk struct {
	entries  []stored
	commands []byte
}

// stored is an entry whose command ends at end in the chunk's commands; it begins
// where the one of the entry before ends.
type stored struct {
	term   consensus.Term
	seq    uint32
	end    uint32
	client consensus.NodeID
}

func (c *chunk) at(n int) consensus.Entry {
	s := &c.entries[n]
	e := consensus.Entry{Term: s.term, Client: s.client, Seq: s.seq}
	if start := c.start(n); start < s.end {
		e.Command = c.commands[start:s.end:s.end]
	}
	return e
}

// start returns where the command of entry n begins.
func (c *chunk) start(n int) uint32 {
	if n == 0 {
		return 0
	}
	return c.entries[n-1].end
}

func (c *chunk) add(e *consensus.Entry) {
	c.commands = append(c.commands, e.Command...)
	c.entries = append(c.entries, stored{e.Term, e.Seq, uint32(len(c.commands)), e.Client})
}

// cut returns the first n entries; what was behind them is never written again.
func (c *chunk) cut(n int) chunk {
	end := c.start(n)
	return chunk{c.entries[:n:n], c.commands[:end:end]}
}

// find returns the chunk that holds index i, which must be in the log, and the place
// in it.
func (l *log) find(i consensus.Index) (*chunk, int) {
	n := int(i - 1)
	if c := n / chunkSize; c < len(l.full) {
		return &l.full[c], n % chunkSize
	}
	return &l.tail, n - len(l.full)*chunkSize
}

// last returns the index of the last entry, 0 when the log is empty.
func (l *log) last() consensus.Index {
	return consensus.Index(len(l.full)*chunkSize + len(l.tail.entries))
}

// at returns the entry at index i, which must be in the log. Its command is the log's
// own memory: it is read and not changed.
func (l *log) at(i consensus.Index) consensus.Entry {
	c, n := l.find(i)
	return c.at(n)
}

// size returns the number of bytes of the command at index i.
func (l *log) size(i consensus.Index) int {
	c, n := l.find(i)
	return int(c.entries[n].end - c.start(n))
}

// term returns the term of the entry at index i; 0 for index 0 and beyond the end.
func (l *log) term(i consensus.Index) consensus.Term {
	if i == 0 || i > l.last() {
		return 0
	}
	c, n := l.find(i)
	return c.entries[n].term
}

// lastTerm returns the term of the last entry, 0 when the log is empty.
func (l *log) lastTerm() consensus.Term { return l.term(l.last()) }

// add appends an entry. Its command is copied.
func (l *log) add(e consensus.Entry) {
	t := &l.tail
	if len(t.entries) == cap(t.entries) {
		t.entries = append(make([]stored, 0, chunkSize), t.entries...)
		if k := len(l.full); k > 0 && t.commands == nil {
			t.commands = make([]byte, 0, len(l.full[k-1].commands)+chunkSize) // commands are much alike
		}
	}
	t.add(&e)
	if len(t.entries) == chunkSize {
		l.full = append(l.full, *t)
		*t = chunk{}
	}
}

// truncate removes the entries from index i on.
func (l *log) truncate(i consensus.Index) {
	c, n := &l.tail, int(i-1)-len(l.full)*chunkSize
	if n < 0 {
		c, n = l.find(i)
		l.full = l.full[: int(i-1)/chunkSize : int(i-1)/chunkSize]
	}
	l.tail = c.cut(n)
}

// share returns a copy. What both hold is never written again.
func (l *log) share() log {
	return log{l.full[:len(l.full):len(l.full)], l.tail.cut(len(l.tail.entries))}
}

// flat returns all entries in one slice.
func (l *log) flat() []consensus.Entry {
	all := make([]consensus.Entry, 0, l.last())
	for k := range l.full {
		for n := range chunkSize {
			all = append(all, l.full[k].at(n))
		}
	}
	for n := range l.tail.entries {
		all = append(all, l.tail.at(n))
	}
	return all
}
