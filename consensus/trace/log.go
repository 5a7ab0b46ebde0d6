package trace

import "strconv"

// Log is an append-only list of events with the texts that they mention. Events stand
// in chunks of fixed size, so that a log that grows never moves what it holds, and
// hold no pointers. The zero value is an empty log.
type Log struct {
	chunks []*[chunkLen]Event
	n      int
	texts  []string
}

// chunkLen is the number of events of a chunk: 160 KiB.
const chunkLen = 4096

// Len returns the number of events.
func (l *Log) Len() int { return l.n }

// Append adds an event.
func (l *Log) Append(e Event) {
	if l.n%chunkLen == 0 && l.n/chunkLen == len(l.chunks) {
		l.chunks = append(l.chunks, new([chunkLen]Event))
	}
	l.chunks[l.n/chunkLen][l.n%chunkLen] = e
	l.n++
}

// At returns event i, counted from 0. It must not be changed, and is valid until the
// log is truncated to less.
func (l *Log) At(i int) *Event {
	if uint(i) >= uint(l.n) {
		panic("trace: there is no event " + strconv.Itoa(i) + " of " + strconv.Itoa(l.n))
	}
	return &l.chunks[uint(i)/chunkLen][uint(i)%chunkLen]
}

// Texts returns the texts by number; they must not be changed.
func (l *Log) Texts() []string { return l.texts[:len(l.texts):len(l.texts)] }

// Text returns the text with that number, "" when there is none.
func (l *Log) Text(i uint32) string {
	if uint64(i) < uint64(len(l.texts)) {
		return l.texts[i]
	}
	return ""
}

// AddText adds a text and returns its number, counted from 0.
func (l *Log) AddText(s string) uint32 {
	l.texts = append(l.texts, s)
	return uint32(len(l.texts) - 1)
}

// Truncate keeps the first n events and the first texts texts, as a fork does. Keeping
// more than there are is a mistake of the caller and panics.
func (l *Log) Truncate(n, texts int) {
	if n < 0 || n > l.n || texts < 0 || texts > len(l.texts) {
		panic("trace: cannot keep " + strconv.Itoa(n) + " events of " + strconv.Itoa(l.n) +
			" and " + strconv.Itoa(texts) + " texts of " + strconv.Itoa(len(l.texts)))
	}
	keep := (n + chunkLen - 1) / chunkLen
	clear(l.chunks[keep:])
	l.chunks = l.chunks[:keep]
	l.n = n
	clear(l.texts[texts:])
	l.texts = l.texts[:texts]
}

// AppendBytes adds the encoding of the events from number from up to, but not
// including, number to: the body of a frame.
func (l *Log) AppendBytes(b []byte, from, to int) []byte {
	for i := from; i < to; i++ {
		b = l.At(i).Append(b)
	}
	return b
}

// AddBytes appends the events that b encodes. If any of them is malformed it adds
// none and returns ErrEvent.
func (l *Log) AddBytes(b []byte) error {
	if err := Valid(b); err != nil {
		return err
	}
	var e Event
	for ; len(b) > 0; b = b[EventSize:] {
		_ = e.Decode(b) // Valid
		l.Append(e)
	}
	return nil
}

// Digest returns the digest of the first n events.
func (l *Log) Digest(n int) Digest {
	var d Digest
	for i := range n {
		d = d.Add(l.At(i))
	}
	return d
}
