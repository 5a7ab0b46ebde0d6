package kvstore

import (
	"context"
	"errors"
	"testing"

	"parley/server/links"
)

// memory is a Namespace that fails as it is told.
type memory struct {
	kept     map[string]string
	get, put error
	writes   int
}

func (m *memory) Get(key string) (string, error) {
	if m.get != nil {
		return "", m.get
	}
	v, ok := m.kept[key]
	if !ok {
		return "", ErrNone
	}
	return v, nil
}

func (m *memory) Put(key, value string) error {
	m.writes++
	if m.put == nil {
		m.kept[key] = value
	}
	return m.put
}

// TestStore holds what a links.Store promises.
func TestStore(t *testing.T) {
	ctx := context.Background()
	m := &memory{kept: map[string]string{}}
	s := Store{m}
	if _, err := s.Get(ctx, "one"); !errors.Is(err, links.ErrNone) {
		t.Errorf("nothing is kept, and Get says %v", err)
	}
	for range 2 {
		if err := s.Put(ctx, "one", []byte("a")); err != nil {
			t.Errorf("Put: %v", err)
		}
	}
	if m.writes != 1 {
		t.Errorf("the same link cost %d writes", m.writes)
	}
	if err := s.Put(ctx, "one", []byte("b")); !errors.Is(err, links.ErrTaken) {
		t.Errorf("another content under the same ID: %v", err)
	}
	if b, err := s.Get(ctx, "one"); err != nil || string(b) != "a" {
		t.Errorf("kept is %q, %v", b, err)
	}
	if _, ok := m.kept["link:1:one"]; !ok || len(m.kept) != 1 {
		t.Errorf("the keys are %v", m.kept)
	}
}

// TestFailures holds that a failure of the namespace is one of the store, and that a day's
// last write has the sentence of a full store.
func TestFailures(t *testing.T) {
	ctx := context.Background()
	broken := errors.New("the network is gone")
	m := &memory{kept: map[string]string{}, put: ErrFull}
	if err := (Store{m}).Put(ctx, "one", []byte("a")); !errors.Is(err, links.ErrFull) {
		t.Errorf("no more writes: %v", err)
	}
	m.put = broken
	if err := (Store{m}).Put(ctx, "one", []byte("a")); !errors.Is(err, broken) {
		t.Errorf("a write failed: %v", err)
	}
	m.get = broken
	if err := (Store{m}).Put(ctx, "one", []byte("a")); !errors.Is(err, broken) || m.writes != 2 {
		t.Errorf("a read before a write failed: %v, %d writes", err, m.writes)
	}
	if _, err := (Store{m}).Get(ctx, "one"); !errors.Is(err, broken) || errors.Is(err, links.ErrNone) {
		t.Errorf("a read failed: %v", err)
	}
}
