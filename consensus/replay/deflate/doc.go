// Package deflate packs bytes in the format of RFC 1951, and unpacks them within a
// bound. It does what compress/flate does for texts of a few kilobytes, for three
// reasons: the same bytes come out with every version of Go, so that a link is the same
// for ever; a stranger's few bytes never grow beyond a bound that the caller names; and
// compress/flate brings fmt and reflect, which each visitor would download.
package deflate

import "errors"

// What may be wrong with packed bytes.
var (
	// ErrCut says that the bytes end before what they began.
	ErrCut = errors.New("deflate: the data ends too early")
	// ErrCorrupt says that the bytes are no deflate stream.
	ErrCorrupt = errors.New("deflate: the data is no deflate stream")
	// ErrLong says that more comes out than is allowed.
	ErrLong = errors.New("deflate: more than the bound comes out")
)

// The numbers of RFC 1951.
const (
	windowMax = 32 << 10 // how far back a copy may reach
	copyMin   = 3
	copyMax   = 258
	symbols   = 286 // literals 0-255, the end 256, lengths 257-285
	distances = 30
	endOf     = 256
	codeMax   = 15 // bits of a code
	headMax   = 7  // bits of a code of code lengths
	storedMax = 1<<16 - 1
)

// Kinds of blocks.
const (
	blockStored  = 0
	blockFixed   = 1
	blockDynamic = 2
)

// span is a symbol that stands for a range of numbers: base, and so many bits more.
type span struct {
	base int
	bits uint
}

// lengths are symbols 257 to 285 (RFC 1951, section 3.2.5).
var lengths = [...]span{
	{3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0}, {8, 0}, {9, 0}, {10, 0}, {11, 1}, {13, 1}, {15, 1}, {17, 1}, {19, 2}, {23, 2}, {27, 2}, {31, 2},
	{35, 3}, {43, 3}, {51, 3}, {59, 3}, {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0},
}

// offsets are the symbols of distances.
var offsets = [...]span{
	{1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 1}, {7, 1}, {9, 2}, {13, 2}, {17, 3}, {25, 3}, {33, 4}, {49, 4}, {65, 5}, {97, 5}, {129, 6}, {193, 6},
	{257, 7}, {385, 7}, {513, 8}, {769, 8}, {1025, 9}, {1537, 9}, {2049, 10}, {3073, 10}, {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12},
	{16385, 13}, {24577, 13},
}

// headOrder is the order in which the lengths of the codes of code lengths stand (RFC
// 1951, section 3.2.7).
var headOrder = [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// find returns the last symbol whose range begins at n or before.
func find(table []span, n int) int {
	i := len(table) - 1
	for table[i].base > n {
		i--
	}
	return i
}

// fixedLengths returns the code lengths of a block of fixed codes (RFC 1951, section
// 3.2.6): 288 of symbols and 32 of distances, two of each never used.
func fixedLengths() (symbol [288]uint8, distance [32]uint8) {
	for i := range symbol {
		switch {
		case i < 144:
			symbol[i] = 8
		case i < 256:
			symbol[i] = 9
		case i < 280:
			symbol[i] = 7
		default:
			symbol[i] = 8
		}
	}
	for i := range distance {
		distance[i] = 5
	}
	return symbol, distance
}
