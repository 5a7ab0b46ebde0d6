// Package boltstore keeps links in one file of a data folder.
package boltstore

import (
	"context"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"parley/server/boltfile"
	"parley/server/links"
)

// Name is the file's name in the data folder.
const Name = "links.db"

// The bucket of the file, and what stands beside it.
var (
	bucketLinks = []byte("links") // content by ID
	keySize     = []byte("size")  // in "about": of all IDs and contents, bytes, 8 bytes little-endian
)

// version is the form of the file.
const version = "1"

// Store is a links.Store in a file.
type Store struct {
	db      *bbolt.DB
	sizeMax int64
}

// Open opens the file in a folder, or makes it. SizeMax bounds the sum of what is kept,
// in bytes; the file is a little larger. The error is a sentence.
func Open(dir string, sizeMax int64) (*Store, error) {
	db, err := boltfile.Open(dir, Name, version, bucketLinks)
	if err != nil {
		return nil, err
	}
	return &Store{db, sizeMax}, nil
}

// Close ends the use of the file, when what is under way is done.
func (s *Store) Close() error { return s.db.Close() }

// Put keeps content under an ID. It returns when that is on the disk. Those who come
// at once share one sync.
func (s *Store) Put(_ context.Context, id string, content []byte) error {
	// Most links are sent more than once, and cost no write then.
	if kept, err := s.Get(context.Background(), id); err == nil {
		return links.Same(kept, content)
	}
	return s.db.Batch(func(tx *bbolt.Tx) error {
		b, about := tx.Bucket(bucketLinks), tx.Bucket(boltfile.About)
		if kept := b.Get([]byte(id)); kept != nil {
			return links.Same(kept, content)
		}
		size := int64(len(id) + len(content))
		if v := about.Get(keySize); len(v) == 8 {
			size += int64(binary.LittleEndian.Uint64(v))
		}
		if size > s.sizeMax {
			return links.ErrFull
		}
		return errors.Join(
			about.Put(keySize, binary.LittleEndian.AppendUint64(nil, uint64(size))),
			b.Put([]byte(id), content),
		)
	})
}

// Get returns what is kept under an ID.
func (s *Store) Get(_ context.Context, id string) (content []byte, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		kept := tx.Bucket(bucketLinks).Get([]byte(id))
		if kept == nil {
			return links.ErrNone
		}
		content = append([]byte(nil), kept...) // kept is the file's, and only for now
		return nil
	})
	return content, err
}
