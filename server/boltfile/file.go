// Package boltfile opens the files that the server keeps in its data folder. Each is one of
// bbolt: a B+ tree on disk whose every commit is synced before it is answered.
package boltfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// About is the bucket that says what a file is: its form stands under "version".
var About = []byte("about")

var keyVersion = []byte("version")

// lockTimeout is how long another program's hold on a file is waited out.
const lockTimeout = time.Second

// Open opens a file of a folder, or makes it, with buckets of the given names. Version is
// the form of what is in them: a file of another one is refused. The error is a sentence.
func Open(dir, name, version string, buckets ...[]byte) (*bbolt.DB, error) {
	file := filepath.Join(dir, name)
	db, err := bbolt.Open(file, 0o644, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("cannot open %s: another program holds it. Stop it, or choose another folder with -data", file)
	case err != nil:
		return nil, fmt.Errorf("cannot open %s: %w", file, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		about, err := tx.CreateBucketIfNotExists(About)
		if err != nil {
			return err
		}
		switch v := about.Get(keyVersion); {
		case v == nil:
			err = about.Put(keyVersion, []byte(version))
		case string(v) != version:
			return fmt.Errorf("it is of form %q, and this version of Parley knows %q: move it away, or choose another folder with -data", v, version)
		}
		for _, b := range buckets {
			_, made := tx.CreateBucketIfNotExists(b)
			err = errors.Join(err, made)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot use %s: %w", file, errors.Join(err, db.Close()))
	}
	return db, nil
}
