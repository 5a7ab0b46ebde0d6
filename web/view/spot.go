package view

import (
	"errors"
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Spot is a moment of a run as an address or an article names it:
//
//	1.84s   that time, when everything of it has happened (any time of a script)
//	e40     when event 40 of the trace had happened, as parley run numbers them
//	m2      marker 2 of the recording, counted from 1
type Spot struct {
	T     consensus.Time
	Event int // -1: T counts
}

// ParseSpot reads a spot; markers are those of the recording. The error is a sentence
// without a full stop.
func ParseSpot(text string, markers []scenario.Marker) (Spot, error) {
	if len(text) > 1 && (text[0] == 'e' || text[0] == 'm') {
		if n, err := strconv.ParseUint(text[1:], 10, 31); err == nil {
			switch {
			case text[0] == 'e':
				return Spot{Event: int(n)}, nil
			case len(markers) == 0:
				return Spot{}, errors.New("the run has no markers")
			case n == 0 || n > uint64(len(markers)):
				return Spot{}, errors.New("the run has markers m1 to m" + itoa(int64(len(markers))) + ", not " + text)
			}
			return Spot{markers[n-1].At, -1}, nil
		}
	}
	t, err := scenario.ParseSpan(text)
	switch {
	case err != nil || t < 0:
		return Spot{}, errors.New("a moment is written as 1.84s, e40 (an event) or m2 (a marker)")
	case t > scenario.RunMax:
		return Spot{}, errors.New("a run ends after " + scenario.FormatSpan(scenario.RunMax) + " at the latest")
	}
	return Spot{t, -1}, nil
}

// Seen reports whether a run that has come to head, and whose trace is in the store, has
// reached the spot.
func (s *Store) Seen(p Spot, head consensus.Time) bool {
	if p.Event >= 0 {
		return p.Event < s.Len()
	}
	return p.T <= head
}

// Cursor returns the cursor of a spot, or the end of the trace when that comes first.
func (s *Store) Cursor(p Spot) Cursor {
	if p.Event >= 0 {
		return s.At(p.Event + 1)
	}
	return s.Moment(p.T)
}

// Telling returns a moment that shows what kind of run this is, for a picture of it
// where nobody named one: the first marker, else the first message between nodes
// half-way, else where playback begins.
func (s *Store) Telling(markers []scenario.Marker) Cursor {
	if len(markers) > 0 {
		return s.Moment(markers[0].At)
	}
	for i := range min(s.Len(), openingMost) {
		if e := s.Event(i); e.Kind == trace.Send && e.Node.IsNode() && e.Peer.IsNode() {
			due := consensus.Time(trace.Wide(e.A, e.B))
			return s.Moment(e.T + (due-e.T)/2)
		}
	}
	return s.Opening()
}
