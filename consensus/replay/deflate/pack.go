package deflate

// Append packs src and adds the result to dst.
func Append(dst, src []byte) []byte {
	w := writer{out: dst}
	steps := parse(src)
	fs, fd := fixedLengths()
	dynamic := tally(steps).codes()
	stored := (3+7)/8 + 4*(len(src)/storedMax+1) + len(src) // bytes, at most
	fixedBits, dynamicBits := cost(steps, fs[:], fd[:]), dynamic.head.bits+cost(steps, dynamic.symbol, dynamic.distance)
	switch {
	case 8*stored < 3+min(fixedBits, dynamicBits):
		w.stored(src)
	case fixedBits <= dynamicBits:
		w.put(1|blockFixed<<1, 3)
		w.block(steps, fs[:], fd[:])
	default:
		w.put(1|blockDynamic<<1, 3)
		w.head(&dynamic.head)
		w.block(steps, dynamic.symbol, dynamic.distance)
	}
	w.flush()
	return w.out
}

// step is a literal (length 1, back 0 and the byte in lit), or a copy.
type step struct {
	length, back uint16
	lit          byte
}

// symbols of a step.
func (s *step) symbol() (symbol int, length, distance int) {
	if s.back == 0 {
		return int(s.lit), -1, -1
	}
	l := find(lengths[:], int(s.length))
	return endOf + 1 + l, l, find(offsets[:], int(s.back))
}

// parse divides src into literals and copies so that the whole becomes short: it begins
// with what a plain Huffman code of the bytes would cost, and then twice more with the
// costs of the codes that the result before had.
func parse(src []byte) []step {
	var steps []step
	c := prices{}
	fs, fd := fixedLengths()
	c.set(fs[:], fd[:])
	m := newMatcher(src)
	best := 0
	var shortest []step
	for round := range 4 {
		steps = m.shortest(&c)
		k := tally(steps).codes()
		bits := k.head.bits + cost(steps, k.symbol, k.distance)
		if round == 0 || bits < best {
			best, shortest = bits, steps
		}
		c.set(k.symbol, k.distance)
		if len(src) > roundsMax {
			break
		}
	}
	return shortest
}

const (
	// roundsMax is the size in bytes above which the first division is good enough.
	roundsMax = 64 << 10
	// chainMax is how many earlier places are looked at for a copy, chainLong that of data
	// above roundsMax.
	chainMax, chainLong = 64, 8
	// unused is what a symbol without a code is taken to cost, in bits.
	unused = 12
)

// prices is what symbols cost in bits.
type prices struct {
	symbol   [288]uint8
	distance [32]uint8
}

func (c *prices) set(symbol, distance []uint8) {
	for i := range c.symbol {
		c.symbol[i] = unused
		if i < len(symbol) && symbol[i] > 0 {
			c.symbol[i] = symbol[i]
		}
	}
	for i := range c.distance {
		c.distance[i] = unused / 2
		if i < len(distance) && distance[i] > 0 {
			c.distance[i] = distance[i]
		}
	}
}

// matcher finds earlier places that begin alike.
type matcher struct {
	src  []byte
	prev []int32 // the place before with the same hash, -1 when there is none
}

const hashBits = 14

func newMatcher(src []byte) *matcher {
	m := &matcher{src, make([]int32, len(src))}
	var last [1 << hashBits]int32
	for i := range last {
		last[i] = -1
	}
	for i := range src {
		m.prev[i] = -1
		if i+copyMin <= len(src) {
			h := (uint32(src[i]) | uint32(src[i+1])<<8 | uint32(src[i+2])<<16) * 0x9e3779b1 >> (32 - hashBits)
			m.prev[i], last[h] = last[h], int32(i)
		}
	}
	return m
}

// shortest returns the cheapest division, found from the end: what the rest costs is
// known before each place is looked at.
func (m *matcher) shortest(c *prices) []step {
	n := len(m.src)
	rest := make([]int32, n+1)
	first := make([]step, n)
	chain := chainMax
	if n > roundsMax {
		chain = chainLong
	}
	for i := n - 1; i >= 0; i-- {
		rest[i] = rest[i+1] + int32(c.symbol[m.src[i]])
		first[i] = step{1, 0, m.src[i]}
		covered := copyMin - 1 // lengths up to this one have a nearer place
		p := m.prev[i]
		for range chain {
			if p < 0 || i-int(p) > windowMax || covered == copyMax {
				break
			}
			length := 0
			for length < copyMax && i+length < n && m.src[int(p)+length] == m.src[i+length] {
				length++
			}
			back := i - int(p)
			d := find(offsets[:], back)
			far := int32(c.distance[d]) + int32(offsets[d].bits)
			for l := covered + 1; l <= length; l++ {
				s := find(lengths[:], l)
				bits := rest[i+l] + far + int32(c.symbol[endOf+1+s]) + int32(lengths[s].bits)
				if bits < rest[i] {
					rest[i], first[i] = bits, step{uint16(l), uint16(back), 0}
				}
			}
			covered = max(covered, length)
			p = m.prev[p]
		}
	}
	var steps []step
	for i := 0; i < n; i += int(first[i].length) {
		steps = append(steps, first[i])
	}
	return steps
}

// counts is how often symbols are used.
type counts struct {
	symbol   [symbols]int
	distance [distances]int
}

func tally(steps []step) *counts {
	var c counts
	c.symbol[endOf] = 1
	for i := range steps {
		s, _, d := steps[i].symbol()
		c.symbol[s]++
		if d >= 0 {
			c.distance[d]++
		}
	}
	return &c
}

// codes are the codes of a dynamic block, and how they are written.
type codes struct {
	symbol, distance []uint8
	head             head
}

func (c *counts) codes() codes {
	k := codes{symbol: huffman(c.symbol[:], codeMax), distance: huffman(c.distance[:], codeMax)}
	ns, nd := len(k.symbol), len(k.distance)
	for ns > 257 && k.symbol[ns-1] == 0 {
		ns--
	}
	for nd > 1 && k.distance[nd-1] == 0 {
		nd--
	}
	k.head = headOf(append(append([]uint8(nil), k.symbol[:ns]...), k.distance[:nd]...), ns, nd)
	return k
}

// head is how the code lengths of a dynamic block are written (RFC 1951, section 3.2.7).
type head struct {
	symbols, distances, codes int
	of                        []uint8   // lengths of the codes of runs
	runs                      []headRun // of lengths
	bits                      int       // of all that
}

type headRun struct {
	code  uint8
	more  int
	extra uint
}

func headOf(of []uint8, ns, nd int) head {
	h := head{symbols: ns, distances: nd}
	for i := 0; i < len(of); {
		n := 1
		for i+n < len(of) && of[i+n] == of[i] {
			n++
		}
		v := of[i]
		i += n
		if v != 0 {
			h.runs = append(h.runs, headRun{code: v})
			n--
		}
		for n > 0 {
			switch {
			case n < 3:
				h.runs = append(h.runs, headRun{code: v})
				n--
			case v != 0:
				r := min(n, 6)
				h.runs = append(h.runs, headRun{16, r - 3, 2})
				n -= r
			case n <= 10:
				h.runs = append(h.runs, headRun{17, n - 3, 3})
				n = 0
			default:
				r := min(n, 138)
				h.runs = append(h.runs, headRun{18, r - 11, 7})
				n -= r
			}
		}
	}
	var used [len(headOrder)]int
	for _, r := range h.runs {
		used[r.code]++
	}
	h.of = huffman(used[:], headMax)
	h.codes = len(headOrder)
	for h.codes > 4 && h.of[headOrder[h.codes-1]] == 0 {
		h.codes--
	}
	h.bits = 5 + 5 + 4 + 3*h.codes
	for _, r := range h.runs {
		h.bits += int(h.of[r.code]) + int(r.extra)
	}
	return h
}

// cost returns the bits of the steps and the end of the block.
func cost(steps []step, symbol, distance []uint8) int {
	bits := int(symbol[endOf])
	for i := range steps {
		s, l, d := steps[i].symbol()
		bits += int(symbol[s])
		if d >= 0 {
			bits += int(lengths[l].bits) + int(distance[d]) + int(offsets[d].bits)
		}
	}
	return bits
}

// huffman returns the lengths of an optimal code for symbols used so often, none longer
// than longest: by package-merge (Larmore and Hirschberg, "A fast algorithm for optimal
// length-limited Huffman codes", 1990). A symbol that is not used has no code; where
// fewer than two are, two symbols have one of one bit, since a decoder may ask for a
// complete code.
func huffman(used []int, longest int) []uint8 {
	var coins []coin // one for each symbol that is used, the rarest first
	of := make([]uint8, len(used))
	for s, n := range used {
		if n > 0 {
			i := len(coins)
			coins = append(coins, coin{})
			for ; i > 0 && coins[i-1].value > n; i-- {
				coins[i] = coins[i-1]
			}
			coins[i] = coin{n, s, -1, -1}
		}
	}
	if len(coins) < 2 {
		first, other := 0, 1
		if len(coins) == 1 {
			if first = coins[0].symbol; first > 0 {
				other = 0
			}
		}
		if len(coins) == 1 || other < len(of) {
			of[first], of[other] = 1, 1
		}
		return of
	}
	// Each row holds the coins again, and packages of two of the row before, in order.
	// all holds every coin and package; packages name their two by places in it.
	all := append([]coin(nil), coins...)
	row := make([]int, len(coins))
	for i := range row {
		row[i] = i
	}
	for range longest - 1 {
		var merged []int
		i, j := 0, 0 // the next of coins, the next pair of row
		for i < len(coins) || j+1 < len(row) {
			if j+1 >= len(row) || i < len(coins) && coins[i].value <= all[row[j]].value+all[row[j+1]].value {
				merged = append(merged, i)
				i++
				continue
			}
			merged = append(merged, len(all))
			all = append(all, coin{all[row[j]].value + all[row[j+1]].value, -1, row[j], row[j+1]})
			j += 2
		}
		row = merged
	}
	open := row[:2*len(coins)-2]
	for len(open) > 0 {
		c := all[open[len(open)-1]]
		open = open[:len(open)-1]
		if c.symbol >= 0 {
			of[c.symbol]++
		} else {
			open = append(open, c.left, c.right)
		}
	}
	return of
}

// coin is a symbol, or a package of two coins.
type coin struct{ value, symbol, left, right int }

// writer adds bits to out.
type writer struct {
	out  []byte
	bits uint64
	n    uint
}

// put adds n bits, the lowest first.
func (w *writer) put(v int, n uint) {
	w.bits |= uint64(v) << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

// flush fills the last byte with zeros.
func (w *writer) flush() {
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
}

// stored writes src as it is.
func (w *writer) stored(src []byte) {
	for {
		n := min(len(src), storedMax)
		last := 0
		if n == len(src) {
			last = 1
		}
		w.put(last|blockStored<<1, 3)
		w.flush()
		w.put(n, 16)
		w.put(n^storedMax, 16)
		w.out, src = append(w.out, src[:n]...), src[n:]
		if last == 1 {
			return
		}
	}
}

func (w *writer) head(h *head) {
	w.put(h.symbols-257, 5)
	w.put(h.distances-1, 5)
	w.put(h.codes-4, 4)
	for _, i := range headOrder[:h.codes] {
		w.put(int(h.of[i]), 3)
	}
	k := encoderOf(h.of)
	for _, r := range h.runs {
		w.put(k[r.code], uint(h.of[r.code]))
		w.put(r.more, r.extra)
	}
}

func (w *writer) block(steps []step, symbol, distance []uint8) {
	ks, kd := encoderOf(symbol), encoderOf(distance)
	for i := range steps {
		s, l, d := steps[i].symbol()
		w.put(ks[s], uint(symbol[s]))
		if d >= 0 {
			w.put(int(steps[i].length)-lengths[l].base, lengths[l].bits)
			w.put(kd[d], uint(distance[d]))
			w.put(int(steps[i].back)-offsets[d].base, offsets[d].bits)
		}
	}
	w.put(ks[endOf], uint(symbol[endOf]))
}

// encoderOf returns the canonical codes of code lengths, their first bit lowest.
func encoderOf(of []uint8) []int {
	var next [codeMax + 2]int
	for _, n := range of {
		if n > 0 {
			next[n+1]++
		}
	}
	for n := 1; n <= codeMax; n++ {
		next[n+1] = (next[n+1] + next[n]) << 1
	}
	codes := make([]int, len(of))
	for s, n := range of {
		if n == 0 {
			continue
		}
		for bit := range n {
			codes[s] |= next[n] >> bit & 1 << (n - 1 - bit)
		}
		next[n]++
	}
	return codes
}
