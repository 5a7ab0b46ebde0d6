// Package kvstore keeps links in a key-value store that is spread over the world, as
// Cloudflare's Workers KV is: reads are answered nearby, and a write is seen everywhere
// within a minute. That suits links, since what is kept under an ID never changes.
package kvstore

import (
	"context"
	"errors"
	"fmt"

	"parley/server/links"
)

// Namespace is where the values are. Get returns ErrNone if there is none under a key, and
// Put ErrFull if no more may be written for now.
type Namespace interface {
	Get(key string) (value string, err error)
	Put(key, value string) error
}

// What a Namespace may answer.
var (
	ErrNone = errors.New("there is no value under this key")
	ErrFull = errors.New("no more may be written for now")
)

// prefix stands before each ID; its number is the form of what is kept.
const prefix = "link:1:"

// Store is a links.Store in a Namespace.
type Store struct{ In Namespace }

// Put keeps content under an ID. Two that come at the same moment from different places
// with the same ID may both be told that theirs is kept, and one of them is not: the IDs are
// hashes, and who asks for the lost one is told so, since what comes back is checked.
func (s Store) Put(ctx context.Context, id string, content []byte) error {
	// Most links are sent more than once. A read costs little; writes are few and dear.
	switch kept, err := s.Get(ctx, id); {
	case err == nil:
		return links.Same(kept, content)
	case !errors.Is(err, links.ErrNone):
		return err
	}
	switch err := s.In.Put(prefix+id, string(content)); {
	case errors.Is(err, ErrFull):
		return links.ErrFull
	case err != nil:
		return fmt.Errorf("keep a link: %w", err)
	}
	return nil
}

// Get returns what is kept under an ID.
func (s Store) Get(_ context.Context, id string) ([]byte, error) {
	switch value, err := s.In.Get(prefix + id); {
	case errors.Is(err, ErrNone):
		return nil, links.ErrNone
	case err != nil:
		return nil, fmt.Errorf("look a link up: %w", err)
	default:
		return []byte(value), nil
	}
}
