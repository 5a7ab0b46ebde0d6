package view

import "parley/consensus"

// Cursor is the moment that is shown: after the first Events events, at time T. While
// the run plays, T moves between two events and Events is Store.Before(T); stepping
// sets both to an event.
type Cursor struct {
	Events int
	T      consensus.Time
}

// Pick is something on the scene that was pointed at or chosen. At most one of Node,
// Message, Link and Entry is set; Event is set when a moment was pointed at.
type Pick struct {
	Node    consensus.NodeID
	Message uint32 // send number
	Link    [2]consensus.NodeID
	Entry   consensus.Index // of Node's log
	Event   int             // event number + 1; 0: none
	T       consensus.Time  // the moment pointed at on a diagram or the timeline; -1: none
}

// Scene is all that a painter is given to draw one frame.
type Scene struct {
	Store    *Store
	Cursor   Cursor
	Selected Pick
	Hover    Pick
	Dark     bool
	Still    bool           // prefers-reduced-motion, or paused: no pulses
	Frontier consensus.Time // the latest moment the visitor has seen; the run is computed ahead of it, and what is later must not be shown
	Span     consensus.Time // time across the width of the diagram
	Left     consensus.Time // time at the diagram's left edge
}
