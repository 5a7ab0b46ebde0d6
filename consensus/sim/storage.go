package sim

// storage is an append-only run of bytes in chunks. Nothing that was appended is ever
// moved or changed, so clones share it, and it grows without copying what it holds.
// The zero value is empty.
type storage struct {
	full [][]byte // chunks that are full
	last []byte
	size int
}

// Bounds of a chunk's size in bytes: a small disk costs little, a large one has few.
const (
	chunkMin = 256
	chunkMax = 64 << 10
)

// storageOf returns a storage that holds b, which must not be changed any more.
func storageOf(b []byte) storage { return storage{last: b[:len(b):len(b)], size: len(b)} }

func (s *storage) append(b []byte) {
	s.size += len(b)
	for len(b) > 0 {
		if len(s.last) == cap(s.last) {
			if len(s.last) > 0 {
				s.full = append(s.full, s.last)
			}
			s.last = make([]byte, 0, min(max(chunkMin, s.size), chunkMax))
		}
		n := min(len(b), cap(s.last)-len(s.last))
		s.last = append(s.last, b[:n]...)
		b = b[n:]
	}
}

// clone returns an independent copy. It must not grow in the memory that s grows in.
func (s *storage) clone() storage {
	return storage{s.full[:len(s.full):len(s.full)], s.last[:len(s.last):len(s.last)], s.size}
}

// bytes returns all of it in one piece, which must not be changed.
func (s *storage) bytes() []byte {
	if len(s.full) == 0 {
		return s.last[:len(s.last):len(s.last)]
	}
	b := make([]byte, 0, s.size)
	for _, c := range s.full {
		b = append(b, c...)
	}
	return append(b, s.last...)
}
