// Package boltstore keeps live rooms in one file of a data folder.
package boltstore

import (
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"parley/server/boltfile"
	"parley/server/relay"
)

// Name is the file's name in the data folder.
const Name = "rooms.db"

// version is the form of the file.
const version = "2"

// bucketRooms holds an entry for each room, by its ID: when it was saved (Unix seconds, 8
// bytes big-endian), engine and title (each behind its length in two bytes big-endian),
// the number of nodes (a byte), and the record.
var bucketRooms = []byte("rooms")

// Store is a relay.Store in a file.
//
// All that many rooms want to save while the disk is busy goes into the next transaction,
// and costs one sync: nobody waits longer than that takes, and a disk that is slow makes
// larger transactions, not a longer queue.
type Store struct {
	db     *bbolt.DB
	saves  chan save
	closed chan struct{} // by Close
	ended  chan struct{} // the writer has returned
}

type save struct {
	id    []byte
	value []byte // nil: remove
	done  chan error
}

// batchMax is how many saves share a transaction.
const batchMax = 1024

// Open opens the file in a folder, or makes it. The error is a sentence.
func Open(dir string) (*Store, error) {
	db, err := boltfile.Open(dir, Name, version, bucketRooms)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, saves: make(chan save, batchMax), closed: make(chan struct{}), ended: make(chan struct{})}
	go s.write()
	return s, nil
}

// errClosed answers those who come too late.
var errClosed = errors.New("the store of rooms is closed")

// Close ends the use of the file, when what is under way is done. It is called once, when
// nobody saves any more.
func (s *Store) Close() error {
	close(s.closed)
	<-s.ended
	return s.db.Close()
}

// Save keeps an entry. It returns when that is on the disk.
func (s *Store) Save(id string, e relay.Entry) error { return s.put(id, encode(e)) }

// Remove forgets a room. It returns when that is on the disk.
func (s *Store) Remove(id string) error { return s.put(id, nil) }

func (s *Store) put(id string, value []byte) error {
	done := make(chan error, 1)
	select {
	case s.saves <- save{[]byte(id), value, done}:
	case <-s.closed:
		return errClosed
	}
	select {
	case err := <-done:
		return err
	case <-s.ended:
		select { // it may have been the last that was done
		case err := <-done:
			return err
		default:
			return errClosed
		}
	}
}

// write carries out what is asked for, until the store is closed.
func (s *Store) write() {
	defer close(s.ended)
	var batch []save
	for {
		select {
		case first := <-s.saves:
			batch = append(batch[:0], first)
		case <-s.closed:
			return
		}
		for more := true; more && len(batch) < batchMax; {
			select {
			case next := <-s.saves:
				batch = append(batch, next)
			default:
				more = false
			}
		}
		err := s.db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket(bucketRooms)
			for _, p := range batch {
				if err := p.in(b); err != nil {
					return err
				}
			}
			return nil
		})
		for i := range batch {
			batch[i].done <- err
			batch[i] = save{}
		}
	}
}

func (p save) in(b *bbolt.Bucket) error {
	if p.value == nil {
		return b.Delete(p.id)
	}
	return b.Put(p.id, p.value)
}

// Load returns what is kept under an ID.
func (s *Store) Load(id string) (e relay.Entry, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucketRooms).Get([]byte(id))
		if v == nil {
			return relay.ErrNone
		}
		e, err = decode(append([]byte(nil), v...)) // v is the file's, and only for now
		return err
	})
	return e, err
}

// Count returns how many rooms are kept.
func (s *Store) Count() (n int, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(bucketRooms).Stats().KeyN
		return nil
	})
	return n, err
}

// Expire touches the rooms that are awake and forgets old ones.
func (s *Store) Expire(before, now time.Time, awake func(id string) bool) (forgotten int, err error) {
	err = s.db.Update(func(tx *bbolt.Tx) error {
		forgotten = 0
		b := tx.Bucket(bucketRooms)
		touched := map[string][]byte{}
		c := b.Cursor()
		for id, v := c.First(); id != nil; {
			switch {
			case len(v) < timeSize:
				return errDamaged
			case awake(string(id)):
				touched[string(id)] = append(binary.BigEndian.AppendUint64(nil, uint64(now.Unix())), v[timeSize:]...)
			case savedAt(v).Before(before):
				old := append([]byte(nil), id...)
				if err := c.Delete(); err != nil {
					return err
				}
				forgotten++
				id, v = c.Seek(old) // the one behind it: after Delete, Next may miss it
				continue
			}
			id, v = c.Next()
		}
		for id, v := range touched {
			if err := b.Put([]byte(id), v); err != nil {
				return err
			}
		}
		return nil
	})
	return forgotten, err
}

// timeSize is the number of bytes of the time in front of an entry.
const timeSize = 8

var errDamaged = errors.New("an entry in " + Name + " is damaged")

func savedAt(v []byte) time.Time { return time.Unix(int64(binary.BigEndian.Uint64(v)), 0) }

func encode(e relay.Entry) []byte {
	b := make([]byte, 0, timeSize+5+len(e.About.Engine)+len(e.About.Title)+len(e.Record))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Saved.Unix()))
	for _, s := range []string{e.About.Engine, e.About.Title} {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	b = append(b, byte(e.About.Nodes))
	return append(b, e.Record...)
}

func decode(b []byte) (e relay.Entry, err error) {
	if len(b) < timeSize {
		return e, errDamaged
	}
	e.Saved = savedAt(b)
	b = b[timeSize:]
	for _, s := range []*string{&e.About.Engine, &e.About.Title} {
		if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
			return e, errDamaged
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		*s, b = string(b[2:n]), b[n:]
	}
	if len(b) == 0 {
		return e, errDamaged
	}
	e.About.Nodes, e.Record = int(b[0]), b[1:]
	return e, nil
}
