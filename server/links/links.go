// Package links gives recordings short addresses, and shows them: /s/ID is the
// playground with that run in it, /s/ID.svg a picture of a moment, /s/ID.json the
// recording, and /oembed and /embed are for pages elsewhere that show it.
//
// An ID is made of the recording itself (SHA-256), so the same recording has the same
// address wherever it is kept, and an address never changes its meaning.
//
// The package knows no files and no listening sockets: a [Handler] stands on a [Store]
// and a few functions, so that it answers the same way wherever it runs.
package links

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Bounds of what is kept.
const (
	// SizeMax is the largest size of a recording that is kept, in bytes, as a link and as
	// it is sent here.
	SizeMax = 64 << 10
	// idMin is the length of nearly all IDs: 66 bits, so that among a million links
	// two would share one once in a hundred million times.
	idMin = 11
	// idMax is the length of an ID that has all of the hash.
	idMax = 43
)

// Store keeps bytes under IDs for good. It is safe for concurrent use.
type Store interface {
	// Put keeps content under an ID. When it returns nil the content is as safe as
	// the store can make it. Under an ID that is taken, what is there stays: ErrTaken
	// unless it is the same. ErrFull if there is no room.
	Put(ctx context.Context, id string, content []byte) error
	// Get returns what is kept under an ID, ErrNone if that is nothing. The bytes
	// are the caller's.
	Get(ctx context.Context, id string) ([]byte, error)
}

// What a Store may answer.
var (
	ErrNone  = errors.New("nothing is kept under this ID")
	ErrTaken = errors.New("another recording is kept under this ID")
	ErrFull  = errors.New("the store is full")
)

// Keep keeps content in a store and returns its ID: as much of its hash as tells it
// from all that was kept before.
func Keep(ctx context.Context, s Store, content []byte) (id string, err error) {
	sum := sha256.Sum256(content)
	all := base64.RawURLEncoding.EncodeToString(sum[:])
	for n := idMin; n <= idMax; n++ {
		if err = s.Put(ctx, all[:n], content); !errors.Is(err, ErrTaken) {
			return all[:n], err
		}
	}
	return "", err
}

// isID reports whether a string has the form of an ID.
func isID(s string) bool {
	if len(s) < idMin || len(s) > idMax {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Check reports whether content is what an ID stands for. What a store gives back is
// checked, so that neither a damaged store nor a mixed-up one shows another run.
func Check(id string, content []byte) bool {
	sum := sha256.Sum256(content)
	all := base64.RawURLEncoding.EncodeToString(sum[:])
	return isID(id) && all[:len(id)] == id
}

// Same reports whether two contents are equal, for implementations of Put: nil or
// ErrTaken.
func Same(kept, content []byte) error {
	if bytes.Equal(kept, content) {
		return nil
	}
	return ErrTaken
}
