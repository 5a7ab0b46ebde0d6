package sim

import "parley/consensus"

// Work is one input for one node, to be done by whoever runs its engine.
type Work struct {
	Node  consensus.NodeID
	At    consensus.Time  // the World's own time; the node's clock is in Input.Now
	Input consensus.Input // only the fields that belong to Input.Kind mean something
	// Config makes the engine; it is set when Input.Kind is consensus.InputStart.
	// Its Machine is left to the host.
	Config consensus.Config

	slot  uint32 // of the flight that is delivered
	cause uint32 // number of the action that caused it, 0: none
}

// Host is where engines run. A World calls it for one node at a time.
type Host interface {
	// Step carries out the work and adds what follows from it to out. On
	// consensus.InputStart it makes a new engine from Work.Config first.
	Step(w *Work, out *consensus.Effects)
	// Crash forgets the engine of a node with all it had in memory.
	Crash(consensus.NodeID)
	// Inspect returns the state of a node, and false when it has no engine.
	Inspect(consensus.NodeID) (consensus.State, bool)
	// Clone returns an independent copy with clones of all engines.
	Clone() Host
}

// engines is the local host: it keeps the engines in memory.
type engines struct {
	make    func(consensus.Config) consensus.Engine
	machine func() consensus.Machine
	of      []consensus.Engine // by NodeID-1; nil while the node is down
}

func (h *engines) Step(w *Work, out *consensus.Effects) {
	if w.Input.Kind == consensus.InputStart {
		c := w.Config
		if h.machine != nil {
			c.Machine = h.machine()
		}
		h.of[w.Node-1] = h.make(c)
	}
	h.of[w.Node-1].Step(&w.Input, out)
}

func (h *engines) Crash(id consensus.NodeID) { h.of[id-1] = nil }

func (h *engines) Inspect(id consensus.NodeID) (consensus.State, bool) {
	e := h.of[id-1]
	if e == nil {
		return consensus.State{}, false
	}
	return e.Inspect(), true
}

func (h *engines) Clone() Host {
	c := &engines{make: h.make, machine: h.machine, of: make([]consensus.Engine, len(h.of))}
	for i, e := range h.of {
		if e != nil {
			c.of[i] = e.Clone()
		}
	}
	return c
}
