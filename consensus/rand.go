package consensus

// Rand is a stream of pseudo-random numbers (SplitMix64: Steele, Lea and Flood,
// "Fast splittable pseudorandom number generators", OOPSLA 2014). It is eight bytes
// of state, so a copy is an independent clone that continues identically. The zero
// value is a valid stream.
type Rand uint64

// Uint64 returns the next number of the stream.
func (r *Rand) Uint64() uint64 {
	*r += 0x9e3779b97f4a7c15
	return Mix(uint64(*r))
}

// Below returns a number from 0 to n-1; 0 if n is not positive. The bias of the
// remainder is below n/2^64.
func (r *Rand) Below(n int64) int64 {
	u := r.Uint64()
	if n <= 0 {
		return 0
	}
	return int64(u % uint64(n))
}

// Mix spreads the bits of x over the whole word; it is the finalizer of SplitMix64.
// Distinct x give distinct results.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Hash returns a 64-bit hash of b (FNV-1a with a final Mix). It names contents; it
// does not protect against a forger.
func Hash(b []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for len(b) >= 8 {
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		h = (h ^ w) * 0x100000001b3
		h ^= h >> 29
		b = b[8:]
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return Mix(h)
}
