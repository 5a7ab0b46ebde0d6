package relay

import (
	"errors"
	"sync"
	"time"

	"parley/server/room"
)

// ErrNone says that a store has no room of that ID.
var ErrNone = errors.New("no room is kept under this ID")

// Entry is what is kept of a room.
type Entry struct {
	Saved  time.Time // when, or when it was last touched; to the second
	About  room.About
	Record []byte // what package room makes of it; nobody else reads it
}

// Store keeps rooms. It is safe for concurrent use, and the entries are not changed after
// they were handed over.
type Store interface {
	// Save keeps an entry under an ID in the place of what was there. When it returns nil
	// the entry is as safe as the store can make it.
	Save(id string, e Entry) error
	// Load returns what is kept under an ID, ErrNone if that is nothing.
	Load(id string) (Entry, error)
	// Remove forgets a room; one that is not there is forgotten already.
	Remove(id string) error
	// Count returns how many rooms are kept.
	Count() (int, error)
	// Expire sets Saved of the rooms for which awake is true to now, and forgets the
	// others that were saved before the time given. It returns how many it forgot.
	Expire(before, now time.Time, awake func(id string) bool) (int, error)
}

// Memory is a Store that forgets everything when the program ends.
type Memory struct {
	mu   sync.Mutex
	kept map[string]Entry
}

// Save keeps an entry.
func (m *Memory) Save(id string, e Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]Entry{}
	}
	m.kept[id] = e
	return nil
}

// Load returns an entry.
func (m *Memory) Load(id string) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.kept[id]
	if !ok {
		return e, ErrNone
	}
	return e, nil
}

// Remove forgets an entry.
func (m *Memory) Remove(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, id)
	return nil
}

// Count returns how many entries there are.
func (m *Memory) Count() (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.kept), nil
}

// Expire forgets old entries.
func (m *Memory) Expire(before, now time.Time, awake func(id string) bool) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.kept)
	for id, e := range m.kept {
		if awake(id) {
			e.Saved = now
			m.kept[id] = e
		} else if e.Saved.Before(before) {
			delete(m.kept, id)
		}
	}
	return n - len(m.kept), nil
}
