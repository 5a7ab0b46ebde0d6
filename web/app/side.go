package app

import (
	"strings"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/trace"
	"parley/web/texts"
	"parley/web/view"
)

// Side is a run and the engine that makes it. The page shows one, or two that are
// compared: then everything that is shown of one alone (the inspector, the rules, the
// settings) is of the side that the Model embeds, and both stand at the same time.
type Side struct {
	Store    view.Store
	Cursor   view.Cursor
	Head     frame.Head
	Selected view.Pick
	Hover    view.Pick

	link      Link
	number    int      // its place among Model.sides
	engines   []string // the algorithms that its engine has; nil until it is there
	earlier   string   // that engine, if it is of an earlier epoch: one of Model.Earlier
	script    string
	asked     map[uint32]request
	advancing bool
	traced    bool         // the run is a trace from a file: it is watched only, and its engine has another
	arrived   bool         // the run that was opened is where it should be
	detail    frame.Detail // the last answer to Inspect
	detailKey inspectKey
	acts      consensus.Time // when the last action was done whose consequences are still to come; -1: none
}

func newSide(link Link, number int) *Side {
	return &Side{link: link, number: number, asked: map[uint32]request{}, acts: -1, Selected: nothing, Hover: nothing}
}

// on does something with a side in the place of the one that is looked at.
func (m *Model) on(s *Side, do func()) {
	at := m.Side
	m.Side = s
	do()
	if m.Side == s {
		m.Side = at
	}
}

// each does something with every side in turn.
func (m *Model) each(do func()) {
	for _, s := range m.sides {
		m.on(s, do)
	}
}

// has reports whether the side's engine has an algorithm.
func (s *Side) has(algorithm string) bool {
	for _, name := range s.engines {
		if name == algorithm {
			return true
		}
	}
	return false
}

// forget drops what was asked of an engine that will not answer.
func (s *Side) forget() {
	clear(s.asked)
	s.advancing = false
}

// state returns the state of the cluster at the moment that is shown.
func (s *Side) state() *trace.State { return s.Store.State(s.Cursor.Events) }

// hasRun reports whether there is a run to look at, though its engine may be lost.
func (s *Side) hasRun() bool { return s.Store.Protocol != nil }

// title returns the name of the side's algorithm.
func (s *Side) title() string {
	name := engineOf(s.script)
	if s.hasRun() {
		name = s.Store.Protocol.Name
	}
	return algorithmTitle(name)
}

func algorithmTitle(name string) string { return texts.Or("algorithm."+name, name) }

// engineOf returns the algorithm that a script is for.
func engineOf(script string) string {
	for line := range strings.Lines(script) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "engine "); ok {
			return strings.TrimSpace(name)
		}
		if strings.HasPrefix(line, "at ") {
			break
		}
	}
	return firstAlgorithm
}

// firstAlgorithm is that of a script that names none (scenario.Defaults).
const firstAlgorithm = "raft"

// bound returns how far playing may go: to where the slowest World has come. A World in
// which nothing is left to happen holds nobody up; over reports that there is none that
// goes on.
func (m *Model) bound() (t consensus.Time, over bool) {
	var going, all consensus.Time = -1, 0
	full := false
	for _, s := range m.sides {
		all = max(all, s.Head.Time)
		if s.Head.State == frame.Quiet {
			continue
		}
		full = full || s.Head.State == frame.Full
		if going < 0 || s.Head.Time < going {
			going = s.Head.Time
		}
	}
	if going < 0 {
		return all, true
	}
	return going, full
}

// idle reports whether client i, counted from 0, waits for nothing.
func (s *Side) idle(i int) bool {
	clients := s.state().Clients
	return i < len(clients) && !clients[i].Busy
}
