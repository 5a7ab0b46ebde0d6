package room

import "crypto/sha256"

// letters are those of base32 in lower case (RFC 4648), which nobody mistakes for one
// another.
const letters = "abcdefghijklmnopqrstuvwxyz234567"

// Sizes of names that are drawn, in letters of five bits each.
const (
	idSize    = 26 // 130 bits: a room that one was not told of cannot be found
	tokenSize = 32 // 160 bits
)

// NewID draws the ID of a room.
func NewID(draw func([]byte)) string { return drawn(draw, idSize) }

// NewToken draws a member's token.
func NewToken(draw func([]byte)) string { return drawn(draw, tokenSize) }

func drawn(draw func([]byte), size int) string {
	b := make([]byte, size)
	draw(b)
	for i := range b {
		b[i] = letters[b[i]&31]
	}
	return string(b)
}

// ValidID reports whether s could be the ID of a room. It is to be asked before anything
// is looked up.
func ValidID(s string) bool {
	if len(s) != idSize {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// secret is what a room keeps of a token: whoever reads the store cannot come in with it.
type secret [sha256.Size]byte

func secretOf(token string) secret { return sha256.Sum256([]byte(token)) }
