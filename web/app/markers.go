package app

import (
	"slices"

	"parley/consensus"
	"parley/consensus/scenario"
)

// marked returns the marker that stands at the moment that is shown while the run is
// paused there, -1 if none does. Of several at one moment it is the last.
func (m *Model) marked() int {
	found := -1
	if !m.Playing {
		for i := range m.markers {
			if m.markers[i].At == m.Cursor.T {
				found = i
			}
		}
	}
	return found
}

// caption returns what the author of the run says about the moment that is shown.
func (m *Model) caption() string {
	if i := m.marked(); i >= 0 {
		return m.markers[i].Caption
	}
	return ""
}

// stopAt returns how far playing may go from a moment: to t, or to what stops it on the
// way there, a marker or the end of what is to be shown; then it is paused.
func (m *Model) stopAt(from, t consensus.Time) consensus.Time {
	stop, found := t, false
	for i := range m.markers {
		if at := m.markers[i].At; at > from && at <= stop {
			stop, found = at, true
		}
	}
	if at, ok := m.playedTo(); ok && at > from && at <= stop {
		stop, found = at, true
	}
	if at, ok := m.trueTo(); ok && at > from && at <= stop {
		stop, found = at, true
	}
	if found {
		m.Playing = false
		m.keepPlace()
		m.touch()
	}
	return stop
}

// unmark drops the markers after a moment: what is done there changes what they tell of.
func (m *Model) unmark(after consensus.Time) {
	m.markers = slices.DeleteFunc(slices.Clone(m.markers), func(k scenario.Marker) bool { return k.At > after })
}
