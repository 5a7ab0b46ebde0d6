package view

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Store holds the trace of the run that is shown, and finds states and moments in it.
type Store struct {
	Protocol *consensus.Protocol
	Setup    scenario.Setup
}

// Open empties the store for a new run.
func (s *Store) Open(p *consensus.Protocol, setup scenario.Setup) { panic("TODO view") }

// Add takes an Events frame. Events below Len replace what was there: a fork. A gap or
// a malformed event is an error and changes nothing.
func (s *Store) Add(first uint32, events []byte, firstText uint32, texts []string) error {
	panic("TODO view")
}

// Len returns the number of events.
func (s *Store) Len() int { panic("TODO view") }

// Event returns event i, counted from 0. It must not be changed.
func (s *Store) Event(i int) *trace.Event { panic("TODO view") }

// Text returns a text of the trace, "" when there is none.
func (s *Store) Text(i uint32) string { panic("TODO view") }

// Before returns how many events have happened at time t: those with T <= t.
func (s *Store) Before(t consensus.Time) int { panic("TODO view") }

// State returns the state after the first n events. It is valid until the next call and
// must not be changed; going forward costs the events between, jumping at most
// one checkpoint's distance.
func (s *Store) State(n int) *trace.State { panic("TODO view") }
