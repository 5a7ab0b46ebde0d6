package deflate

// Expand unpacks what src begins with, of which at most max bytes may come out, and
// returns what follows it. An error is ErrCut, ErrCorrupt or ErrLong.
func Expand(src []byte, max int) (out, rest []byte, err error) {
	r := reader{in: src, max: max}
	for last := false; !last && r.err == nil; {
		last = r.take(1) == 1
		switch r.take(2) {
		case blockStored:
			r.stored()
		case blockFixed:
			s, d := fixedLengths()
			symbol, _ := decoderOf(s[:])
			distance, _ := decoderOf(d[:])
			r.block(&symbol, &distance)
		case blockDynamic:
			r.dynamic()
		default:
			r.fail(ErrCorrupt)
		}
	}
	if r.err != nil {
		return nil, nil, r.err
	}
	return r.out, r.in, nil
}

// reader takes bits from in and adds bytes to out. After the first error it reads zeros.
type reader struct {
	in   []byte
	bits uint32 // taken from in, but not used yet
	n    uint   // how many
	out  []byte
	max  int
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// take returns the next n bits, at most 16, the first as the lowest.
func (r *reader) take(n uint) int {
	for r.n < n {
		if len(r.in) == 0 {
			r.fail(ErrCut)
		}
		if r.err != nil {
			return 0
		}
		r.bits |= uint32(r.in[0]) << r.n
		r.in, r.n = r.in[1:], r.n+8
	}
	v := r.bits & (1<<n - 1)
	r.bits, r.n = r.bits>>n, r.n-n
	return int(v)
}

// room reports whether n more bytes may come out.
func (r *reader) room(n int) bool {
	if r.max-len(r.out) < n {
		r.fail(ErrLong)
	}
	return r.err == nil
}

func (r *reader) stored() {
	r.take(r.n) // the rest of the byte
	n := r.take(16)
	if r.take(16) != n^storedMax {
		r.fail(ErrCorrupt)
	}
	if r.err == nil && len(r.in) < n {
		r.fail(ErrCut)
	}
	if r.room(n) {
		r.out, r.in = append(r.out, r.in[:n]...), r.in[n:]
	}
}

// dynamic reads a block that brings its codes (RFC 1951, section 3.2.7).
func (r *reader) dynamic() {
	nsymbols, ndistances, nhead := r.take(5)+257, r.take(5)+1, r.take(4)+4
	var head [len(headOrder)]uint8
	for _, i := range headOrder[:nhead] {
		head[i] = uint8(r.take(3))
	}
	codes, ok := decoderOf(head[:])
	if !ok || nsymbols > symbols || ndistances > distances {
		r.fail(ErrCorrupt)
	}
	var of [symbols + distances]uint8
	for i := 0; i < nsymbols+ndistances && r.err == nil; {
		v, n := uint8(0), 1
		switch s := codes.next(r); {
		case s < 16:
			v = uint8(s)
		case s == 16 && i == 0:
			r.fail(ErrCorrupt)
		case s == 16:
			v, n = of[i-1], 3+r.take(2)
		case s == 17:
			n = 3 + r.take(3)
		default:
			n = 11 + r.take(7)
		}
		if i+n > nsymbols+ndistances {
			r.fail(ErrCorrupt)
			return
		}
		for range n {
			of[i] = v
			i++
		}
	}
	if r.err != nil {
		return
	}
	symbol, ok1 := decoderOf(of[:nsymbols])
	distance, ok2 := decoderOf(of[nsymbols : nsymbols+ndistances])
	if !ok1 || !ok2 || of[endOf] == 0 {
		r.fail(ErrCorrupt)
		return
	}
	r.block(&symbol, &distance)
}

// block reads literals and copies up to the end of the block.
func (r *reader) block(symbol, distance *decoder) {
	for r.err == nil {
		s := symbol.next(r)
		switch {
		case r.err != nil || s == endOf:
			return
		case s < endOf:
			if r.room(1) {
				r.out = append(r.out, byte(s))
			}
			continue
		case s >= symbols:
			r.fail(ErrCorrupt)
			return
		}
		n := lengths[s-endOf-1].base + r.take(lengths[s-endOf-1].bits)
		d := distance.next(r)
		if d >= distances {
			r.fail(ErrCorrupt)
		}
		if r.err != nil {
			return
		}
		back := offsets[d].base + r.take(offsets[d].bits)
		if back > len(r.out) {
			r.fail(ErrCorrupt)
		}
		if !r.room(n) {
			return
		}
		for range n { // a copy may overlap what it makes
			r.out = append(r.out, r.out[len(r.out)-back])
		}
	}
}

// decoder reads the symbols of a canonical Huffman code.
type decoder struct {
	counts  [codeMax + 1]int // how many codes have a length
	symbols [288]uint16      // ordered by code
}

// decoderOf makes the decoder of code lengths, and reports whether they make a code: a
// complete one, or a single code of one bit, or none at all.
func decoderOf(of []uint8) (d decoder, ok bool) {
	used := 0
	for _, n := range of {
		if n > 0 {
			d.counts[n]++
			used++
		}
	}
	left := 1
	for n := 1; n <= codeMax; n++ {
		if left = left<<1 - d.counts[n]; left < 0 {
			return d, false
		}
	}
	var next [codeMax + 2]int
	for n := 1; n <= codeMax; n++ {
		next[n+1] = next[n] + d.counts[n]
	}
	for s, n := range of {
		if n > 0 {
			d.symbols[next[n]] = uint16(s)
			next[n]++
		}
	}
	return d, left == 0 || used == 0 || used == 1 && d.counts[1] == 1
}

// next reads a symbol, bit by bit.
func (d *decoder) next(r *reader) int {
	code, first, before := 0, 0, 0
	for n := 1; n <= codeMax; n++ {
		code |= r.take(1)
		if r.err != nil {
			return 0
		}
		count := d.counts[n]
		if code-first < count {
			return int(d.symbols[before+code-first])
		}
		before, first, code = before+count, (first+count)<<1, code<<1
	}
	r.fail(ErrCorrupt)
	return 0
}
