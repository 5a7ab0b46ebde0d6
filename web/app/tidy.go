package app

import "parley/consensus"

// grains are the multiples to which the moment of an act is moved, the coarsest first. A
// moment to the nanosecond would cost a link five characters, and nobody meant it: an
// image of the screen lasts as long as the coarsest at the usual speed.
var grains = [...]consensus.Time{100 * consensus.Microsecond, 10 * consensus.Microsecond, consensus.Microsecond}

// tidy moves the moment that is shown to a round one, where that is the same moment as far
// as anybody can tell: nothing happens in between on any side, and no marker stands there.
// It is called before something is done at that moment.
func (m *Model) tidy() {
	t := m.Cursor.T
	if t%grains[len(grains)-1] == 0 {
		return // it was moved already, or somebody wrote it down
	}
	for _, grain := range grains {
		down := t - t%grain
		for _, to := range [...]consensus.Time{down, down + grain} {
			if m.alike(to) {
				if m.Frontier == t {
					m.Frontier = to // nothing was seen beyond, so nothing is lost
				}
				m.show(m.at(to))
				return
			}
		}
	}
}

// alike reports whether another moment differs from the one that is shown in nothing but
// its number. What is not computed yet may differ.
func (m *Model) alike(to consensus.Time) bool {
	from, until := min(m.Cursor.T, to), max(m.Cursor.T, to)
	for i := range m.markers {
		if at := m.markers[i].At; at >= from && at <= until {
			return false
		}
	}
	return m.all(func(s *Side) bool {
		return s.Head.Time >= to && s.Store.Before(from) == s.Store.Before(until)
	})
}
