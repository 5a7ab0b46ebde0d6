package sim

import "parley/consensus"

// key is one thing that will happen: when, and what (a kind with the place of its
// data, see ref). Keys are ordered by time and then by seq, which grows with every
// key that is pushed, so no two keys are equal.
type key struct {
	at       consensus.Time
	seq, ref uint32
}

func (k key) before(o key) bool { return k.at < o.at || k.at == o.at && k.seq < o.seq }

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

// push adds a key and returns its seq.
func (q *queue) push(at consensus.Time, ref uint32) uint32 {
	q.seq++
	k := key{at, q.seq, ref}
	q.keys = append(q.keys, k)
	i := len(q.keys) - 1
	for i > 0 {
		parent := (i - 1) >> 2
		if !k.before(q.keys[parent]) {
			break
		}
		q.keys[i] = q.keys[parent]
		i = parent
	}
	q.keys[i] = k
	return k.seq
}

// pop removes the first key; the queue must not be empty.
func (q *queue) pop() key {
	keys := q.keys
	first, last := keys[0], keys[len(keys)-1]
	keys = keys[:len(keys)-1]
	q.keys = keys
	if len(keys) == 0 {
		return first
	}
	i := 0
	for {
		child := i<<2 + 1
		if child >= len(keys) {
			break
		}
		least := child
		for c := child + 1; c < len(keys) && c <= child+3; c++ {
			if keys[c].before(keys[least]) {
				least = c
			}
		}
		if !keys[least].before(last) {
			break
		}
		keys[i] = keys[least]
		i = least
	}
	keys[i] = last
	return first
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
