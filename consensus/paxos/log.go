package paxos

import "parley/consensus"

// slots holds for each slot the proposal that the node accepted last, or the one it
// learned to be chosen: its ballot is Entry.Term, and 0 stands for an empty slot. The
// first slot is 1. Copies share chunks until one of them writes, so that a copy costs
// little however many slots there are.
type slots struct {
	chunks []*[chunkSize]consensus.Entry
	own    []bool // the chunk is this copy's alone
	last   consensus.Index
}

// chunkSize is the number of slots of a chunk: what a write after a copy copies.
const chunkSize = 64

// at returns the entry of slot i; beyond the last slot it is empty. Its command must
// not be changed.
func (s *slots) at(i consensus.Index) consensus.Entry {
	if i == 0 || i > s.last || s.chunks[(i-1)/chunkSize] == nil {
		return consensus.Entry{}
	}
	return s.chunks[(i-1)/chunkSize][(i-1)%chunkSize]
}

// set puts e, whose command it keeps, into slot i.
func (s *slots) set(i consensus.Index, e consensus.Entry) {
	c := int(i-1) / chunkSize
	for len(s.chunks) <= c {
		s.chunks = append(s.chunks, nil)
		s.own = append(s.own, true)
	}
	if s.chunks[c] == nil {
		s.chunks[c], s.own[c] = new([chunkSize]consensus.Entry), true
	}
	if !s.own[c] {
		copied := *s.chunks[c]
		s.chunks[c], s.own[c] = &copied, true
	}
	s.chunks[c][(i-1)%chunkSize] = e
	s.last = max(s.last, i)
}

// drop empties all slots up to i, and gives their memory back.
func (s *slots) drop(i consensus.Index) {
	for c := range s.chunks {
		first := consensus.Index(c*chunkSize + 1)
		switch {
		case first > i || s.chunks[c] == nil:
		case first+chunkSize-1 <= i:
			s.chunks[c] = nil
		default:
			kept := new([chunkSize]consensus.Entry)
			copy(kept[i+1-first:], s.chunks[c][i+1-first:])
			s.chunks[c], s.own[c] = kept, true
		}
	}
}

// share returns an independent copy.
func (s *slots) share() slots {
	for i := range s.own {
		s.own[i] = false
	}
	return slots{
		chunks: append([]*[chunkSize]consensus.Entry(nil), s.chunks...),
		own:    append([]bool(nil), s.own...),
		last:   s.last,
	}
}

// flat returns all entries behind one in one slice: entry after+1+i stands at i.
func (s *slots) flat(after consensus.Index) []consensus.Entry {
	all := make([]consensus.Entry, 0, s.last-min(after, s.last))
	for i := after + 1; i <= s.last; {
		at := (i - 1) % chunkSize
		end := min(chunkSize, at+s.last-i+1)
		chunk := s.chunks[(i-1)/chunkSize]
		if chunk == nil {
			chunk = new([chunkSize]consensus.Entry)
		}
		all = append(all, chunk[at:end]...)
		i += end - at
	}
	return all
}

// sameValue reports whether two entries hold the same value. Who asked for it, and
// under which number, is part of it.
func sameValue(a, b consensus.Entry) bool {
	return a.Client == b.Client && a.Seq == b.Seq && string(a.Command) == string(b.Command)
}

// noop is the value of a slot that nobody needs: it changes nothing when executed
// (Paxos Made Simple, section 3).
var noop = consensus.Entry{}

// isNoop reports whether the entry's value is a no-op.
func isNoop(e consensus.Entry) bool { return e.Client == consensus.None }

// wellFormed reports whether a value can be one: a client's command, or a no-op.
func wellFormed(e consensus.Entry) bool {
	if isNoop(e) {
		return e.Seq == 0 && len(e.Command) == 0
	}
	return e.Client.IsClient() && e.Seq > 0 && len(e.Command) <= consensus.CommandMax
}

// indexSet is a small ascending list of slots.
type indexSet []consensus.Index

// find returns where i stands in the list or would stand.
func (s indexSet) find(i consensus.Index) (int, bool) {
	n := len(s)
	for n > 0 && s[n-1] >= i {
		n--
	}
	return n, n < len(s) && s[n] == i
}

func (s indexSet) has(i consensus.Index) bool {
	_, ok := s.find(i)
	return ok
}

func (s *indexSet) add(i consensus.Index) {
	at, ok := s.find(i)
	if ok {
		return
	}
	*s = append(*s, 0)
	copy((*s)[at+1:], (*s)[at:])
	(*s)[at] = i
}

// takeFirst removes the first element when it is i.
func (s *indexSet) takeFirst(i consensus.Index) bool {
	if len(*s) == 0 || (*s)[0] != i {
		return false
	}
	*s = append((*s)[:0], (*s)[1:]...)
	return true
}

func (s indexSet) clone() indexSet { return append(indexSet(nil), s...) }
