package replay

import (
	"strconv"

	"parley/consensus/replay/deflate"
)

// A code is a recording as a link holds it: a character that says how the rest is made,
// and then base64url without padding (RFC 4648, section 5). Of '1', the only one so far,
// it holds
//
//	length    3 bytes, little-endian: how many bytes follow the check. It has four
//	          characters to itself, so that one that is wrong does not spoil the check
//	check     4 bytes, little-endian: the CRC-32 of all that follows
//	head      of the binary form
//	body      of the binary form, deflated (RFC 1951)
//	noise     of the binary form
//
// so that what is wrong with a code can be told: less is there than the length says, or
// something else.
const codec = '1'

// armourSize is the number of bytes before the head.
const armourSize = 7

// Bounds of codes, in characters.
const (
	// LinkMax is the largest length of a link that is offered; what is longer is
	// offered as a file.
	LinkMax = 8_000
	// CodeMax is the largest length of a code that is read, or kept for a short link.
	CodeMax = 64 << 10
)

// Link returns the code of a valid recording. Where it has more than LinkMax characters
// the error is an *Error with the problem Long, and the code comes with it as long as it
// has at most CodeMax.
func (r *Recording) Link() (code string, err error) {
	head, body, noise := r.binary()
	packed := append(deflate.Append(head, body), noise...)
	code = armour(packed)
	if len(code) > LinkMax {
		err = &Error{Long, strconv.Itoa(len(code)) + " characters, of which a link may have " + strconv.Itoa(LinkMax)}
		if len(code) > CodeMax {
			code = ""
		}
	}
	return code, err
}

// ReadLink reads the code of a recording. An error is an *Error.
func ReadLink(code string) (Recording, error) {
	packed, err := open(code)
	if err != nil {
		return Recording{}, err
	}
	r, packed, err := decodeHead(packed)
	if err != nil {
		return Recording{}, err
	}
	body, noise, err := deflate.Expand(packed, bodyMax)
	if err != nil { // it is what was sent
		return Recording{}, &Error{Malformed, err.Error()}
	}
	if err := r.decode(body, noise); err != nil {
		return Recording{}, err
	}
	return r, nil
}

// ReadHead reads what the code of a recording needs to be run: the name of the engine and
// the epochs. An error is an *Error; that it is Newer comes with the head.
func ReadHead(code string) (engine string, epochs Epochs, err error) {
	packed, err := open(code)
	if err != nil {
		return "", Epochs{}, err
	}
	r, _, err := decodeHead(packed)
	return r.Script.Setup.Engine, r.Epochs, err
}

// open returns what is in a code, once it is known to be what was sent.
func open(code string) ([]byte, error) {
	switch {
	case code == "":
		return nil, &Error{None, ""}
	case len(code) > CodeMax:
		return nil, &Error{Long, strconv.Itoa(len(code)) + " characters, of which at most " + strconv.Itoa(CodeMax) + " are read"}
	case code[0] != codec:
		return nil, &Error{Codec, strconv.Quote(code[:1])}
	}
	return unarmour(code[1:])
}

// armour writes bytes as a code.
func armour(packed []byte) string {
	n, sum := len(packed), checksum(packed)
	b := make([]byte, 0, armourSize+n)
	b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24))
	return string(codec) + letters(append(b, packed...))
}

// unarmour returns what is packed in the characters of a code.
func unarmour(code string) ([]byte, error) {
	b, ok := bytesOf(code)
	if !ok {
		return nil, &Error{Altered, ""}
	}
	if len(b) < armourSize {
		return nil, &Error{Cut, ""}
	}
	n := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	sum := uint32(b[3]) | uint32(b[4])<<8 | uint32(b[5])<<16 | uint32(b[6])<<24
	packed := b[armourSize:]
	whole := checksum(packed) == sum // then it is the length that is wrong, if anything
	switch {
	case len(packed) < n && !whole:
		return nil, &Error{Cut, ""}
	case len(packed) != n || !whole || letters(b) != code: // bits may be left over at the end
		return nil, &Error{Altered, ""}
	}
	return packed, nil
}

// alphabet is that of base64url.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// letters writes bytes as base64url without padding. (Package encoding/base64 costs each
// visitor 5 kB.)
func letters(b []byte) string {
	code := make([]byte, 0, len(b)*4/3+1)
	var bits uint32
	n := 0
	for _, c := range b {
		bits = bits<<8 | uint32(c)
		for n += 8; n >= 6; n -= 6 {
			code = append(code, alphabet[bits>>(n-6)&63])
		}
	}
	if n > 0 {
		code = append(code, alphabet[bits<<(6-n)&63])
	}
	return string(code)
}

// bytesOf returns the whole bytes that letters stand for, and whether all are of the
// alphabet.
func bytesOf(code string) ([]byte, bool) {
	var values [256]uint8
	for i := range len(alphabet) {
		values[alphabet[i]] = uint8(i) + 1
	}
	b := make([]byte, 0, len(code)*3/4)
	var bits uint32
	n := 0
	for i := range len(code) {
		v := values[code[i]]
		if v == 0 {
			return nil, false
		}
		bits = bits<<6 | uint32(v-1)
		if n += 6; n >= 8 {
			n -= 8
			b = append(b, byte(bits>>n))
		}
	}
	return b, true
}

// checksum returns the CRC-32 of IEEE 802.3, which finds every change of up to four
// neighbouring bytes.
func checksum(b []byte) uint32 {
	sum := ^uint32(0)
	for _, c := range b {
		sum ^= uint32(c)
		for range 8 {
			sum = sum>>1 ^ 0xedb88320*(sum&1)
		}
	}
	return ^sum
}
