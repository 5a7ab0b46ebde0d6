package room

import (
	"parley/consensus"
	"parley/consensus/sim"
)

// host keeps the engines of the nodes that the relay runs itself; those of tabs are not
// here. It is the sim.Host of a room's World.
type host struct {
	make    func(consensus.Config) consensus.Engine
	machine func() consensus.Machine
	of      []consensus.Engine // by NodeID-1; nil: none, or in a tab

	stepped func(*sim.Work)        // is told of all work that is done here; may be nil
	fell    func(consensus.NodeID) // is told of crashes; may be nil
}

func newHost(c *sim.Config) *host {
	return &host{make: c.Algorithm.New, machine: c.NewMachine, of: make([]consensus.Engine, c.Setup.Nodes)}
}

func (h *host) Step(w *sim.Work, out *consensus.Effects) {
	if h.stepped != nil {
		h.stepped(w)
	}
	if w.Input.Kind == consensus.InputStart {
		c := w.Config
		if h.machine != nil {
			c.Machine = h.machine()
		}
		h.of[w.Node-1] = h.make(c)
	}
	h.of[w.Node-1].Step(&w.Input, out)
}

func (h *host) Crash(id consensus.NodeID) {
	h.of[id-1] = nil
	if h.fell != nil {
		h.fell(id)
	}
}

func (h *host) Inspect(id consensus.NodeID) (consensus.State, bool) {
	if e := h.of[id-1]; e != nil {
		return e.Inspect(), true
	}
	return consensus.State{}, false
}

func (h *host) Clone() sim.Host { panic("room: a live World has parts elsewhere, and no clones") }
