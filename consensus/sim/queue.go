package sim

import "parley/consensus"

// key is one thing that will happen: when, and what (a kind with the place of its
// data, see ref). Keys are ordered by time and then by seq, which grows with every
// key that is pushed, so no two keys are equal.
type key struct {
	at  consensus.Time
	tag uint64 // seq in the upper half, ref in the lower
}

func (k key) seq() uint32 { return uint32(k.tag >> 32) }
func (k key) ref() uint32 { return uint32(k.tag) }

// queue is a heap of keys in which each parent has four children: half as deep as a
// binary heap, and the four stand side by side in memory.
//
// A key cannot be taken out of the middle. Whoever changes their mind pushes another
// key and remembers its seq; a key that comes out with a seq that nobody remembers is
// void.
type queue struct {
	keys []key
	seq  uint32
}

// first returns 1 if k comes before o, else 0: with the sign of a difference and no
// branch for it, since which of two keys comes first cannot be foreseen and a wrong
// guess costs more than all the rest. Times are not negative, so nothing overflows.
func first(k, o *key) int {
	d := k.at - o.at
	if d == 0 {
		d = consensus.Time(k.tag>>1) - consensus.Time(o.tag>>1)
	}
	return int(uint64(d) >> 63)
}

// push adds a key and returns its seq.
func (q *queue) push(at consensus.Time, ref uint32) uint32 {
	q.seq++
	k := key{at, uint64(q.seq)<<32 | uint64(ref)}
	q.keys = append(q.keys, k)
	q.rise(len(q.keys)-1, k)
	return q.seq
}

// rise puts k at place i or as far above as it belongs.
func (q *queue) rise(i int, k key) {
	keys := q.keys
	for i > 0 {
		parent := (i - 1) >> 2
		if first(&k, &keys[parent]) == 0 {
			break
		}
		keys[i] = keys[parent]
		i = parent
	}
	keys[i] = k
}

// pop removes the first key; the queue must not be empty. The gap sinks to the bottom,
// and the last key, which is mostly a late one, fills it there.
func (q *queue) pop() key {
	top := q.keys[0]
	end := len(q.keys) - 1
	last := q.keys[end]
	keys := q.keys[:end]
	q.keys = keys
	i, child := 0, 1
	for child+3 < len(keys) {
		four := keys[child : child+4 : child+4]
		a := first(&four[1], &four[0])
		b := 2 + first(&four[3], &four[2])
		least := a + (b-a)*first(&four[b&3], &four[a&3])
		keys[i] = four[least&3]
		i = child + least
		child = i<<2 + 1
	}
	if child < len(keys) {
		least := child
		for c := child + 1; c < len(keys); c++ {
			least += (c - least) * first(&keys[c], &keys[least])
		}
		keys[i] = keys[least]
		i = least
	}
	if end > 0 {
		q.rise(i, last)
	}
	return top
}

// What a ref of a key stands for: the upper four bits are the kind, the rest is the
// place of its data.
const (
	refMessage = iota << refShift // slot of the flight
	refTimer                      // node<<3 | timer
	refDisk                       // node
	refClient                     // index of the client
	refLoad

	refShift = 28
	refMask  = 1<<refShift - 1
)
