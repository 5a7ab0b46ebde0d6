package runner

import (
	"errors"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// Mirror is the run of a live room once more: it answers here what the page asks of a
// moment, as a Runner does, though the room's World is elsewhere. It runs only as far as
// it has to for that, and only what is certain: up to the last Head. It holds each answer
// against what the room says of itself, and answers nothing of a run that is another one.
type Mirror struct {
	known  scenario.Known
	config func(scenario.Setup) (sim.Config, error)
	script string

	story   *story
	actions []scenario.Action // that the story has not come to
	heads   []frame.Head      // that it was not compared with, in order
	seen    int               // events up to which it was,
	now     consensus.Time    // and the moment of that
	wrong   error             // why it cannot be looked at, nil: it can
}

// headsApart is the number of events between two heads that are kept: how much further than
// asked for the run is taken, to compare it.
const headsApart = 512

// NewMirror returns the mirror of a room that has just begun with this script.
func NewMirror(script string) *Mirror {
	return &Mirror{known: registry.Known(), config: registry.Config, script: script}
}

// Did takes an action that was done to the room: a line of its script.
func (m *Mirror) Did(line string) {
	if !m.begin() {
		return
	}
	a, err := scenario.ParseAction(line, &m.story.script.Setup)
	if err != nil {
		m.wrong = errors.New("what was done to the room is not understood here: " + err.Error())
		return
	}
	m.actions = append(m.actions, a)
}

// Head takes how far the room has come. All that happened before has to be known already.
func (m *Mirror) Head(h frame.Head) {
	n := len(m.heads)
	switch {
	case n > 0 && m.heads[n-1].Events == h.Events, n > 1 && h.Events < m.heads[n-2].Events+headsApart:
		m.heads[n-1] = h
	default:
		m.heads = append(m.heads, h)
	}
}

// Tell answers Inspect, GetScript and GetLink.
func (m *Mirror) Tell(f frame.Frame) frame.Frame {
	if m.begin() {
		if f, ok := f.(frame.Inspect); ok {
			m.reach(int(f.After))
		} else {
			m.reach(-1)
			m.finish()
		}
	}
	if m.wrong != nil {
		return refused(m.wrong)
	}
	return m.story.tell(f)
}

// begin makes the story, if there is none yet, and reports whether there is one.
func (m *Mirror) begin() bool {
	if m.story == nil && m.wrong == nil {
		m.story, m.wrong = newStory(m.script, m.known, m.config)
	}
	return m.wrong == nil
}

// reach takes the run on to the first head that has so many events, -1: to the last.
func (m *Mirror) reach(events int) {
	for m.wrong == nil && len(m.heads) > 0 && (events < 0 || m.seen < events) {
		h := m.heads[0]
		m.heads = m.heads[1:]
		m.run(h)
		m.seen, m.now = int(h.Events), h.Time
	}
}

// run takes the run on to a head, and compares.
func (m *Mirror) run(h frame.Head) {
	r := m.story.run
	for {
		events := r.Head().Events()
		if events >= int(h.Events) {
			break
		}
		until, acts := h.Time, len(m.actions) > 0 && m.actions[0].At <= h.Time
		if acts {
			until = m.actions[0].At
		}
		there := r.RunUntil(until, int(h.Events)-events)
		if there && acts {
			if !m.act() {
				return
			}
		} else if there || r.Head().Events() == events {
			break // nothing more happens
		}
	}
	if w := r.Seek(int(h.Events)); w.Events() != int(h.Events) || w.Digest() != trace.Digest(h.Digest) {
		m.wrong = errors.New("this run cannot be looked into: what this browser makes of it is not what the room says, at " + scenario.FormatSpan(h.Time))
	}
}

// finish takes the run on to the end of the moment of the last head: what was done then is
// known, and may have made no event yet.
func (m *Mirror) finish() {
	for m.wrong == nil && len(m.actions) > 0 && m.actions[0].At <= m.now {
		m.act()
	}
	m.story.run.RunUntil(m.now, 0)
}

// act does the next action, at its moment.
func (m *Mirror) act() bool {
	if err := m.story.run.Insert(m.actions[0]); err != nil {
		m.wrong = errors.New("what was done to the room cannot be done here: " + err.Error())
		return false
	}
	m.actions = m.actions[1:]
	return true
}
