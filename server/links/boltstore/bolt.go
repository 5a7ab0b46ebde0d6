// Package boltstore keeps links in one file of a data folder, in bbolt: a B+ tree on
// disk whose every commit is synced before it is answered.
package boltstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"parley/server/links"
)

// Name is the file's name in the data folder.
const Name = "links.db"

// The buckets of the file, and what stands in "about".
var (
	bucketLinks = []byte("links") // content by ID
	bucketAbout = []byte("about")
	keyVersion  = []byte("version")
	keySize     = []byte("size") // of all IDs and contents, bytes, 8 bytes little-endian
)

// version is the form of the file.
const version = "1"

// lockTimeout is how long another program's hold on the file is waited out.
const lockTimeout = time.Second

// Store is a links.Store in a file.
type Store struct {
	db      *bbolt.DB
	sizeMax int64
}

// Open opens the file in a folder, or makes it. SizeMax bounds the sum of what is kept,
// in bytes; the file is a little larger. The error is a sentence.
func Open(dir string, sizeMax int64) (*Store, error) {
	file := filepath.Join(dir, Name)
	db, err := bbolt.Open(file, 0o644, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("cannot open %s: another program holds it. Stop it, or choose another folder with -data", file)
	case err != nil:
		return nil, fmt.Errorf("cannot open %s: %w", file, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		about, err := tx.CreateBucketIfNotExists(bucketAbout)
		if err != nil {
			return err
		}
		switch v := about.Get(keyVersion); {
		case v == nil:
			err = about.Put(keyVersion, []byte(version))
		case string(v) != version:
			return fmt.Errorf("it is of form %q, and this version of Parley knows %q", v, version)
		}
		_, made := tx.CreateBucketIfNotExists(bucketLinks)
		return errors.Join(err, made)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot use %s: %w", file, errors.Join(err, db.Close()))
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
		b, about := tx.Bucket(bucketLinks), tx.Bucket(bucketAbout)
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
