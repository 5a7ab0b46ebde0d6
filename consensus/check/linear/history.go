// Package linear judges what a run looked like to its clients: whether there is one
// order of their operations, each at one moment between its question and its answer,
// that explains all answers (Herlihy and Wing, "Linearizability: a correctness condition
// for concurrent objects", 1990). The search is porcupine's. It is a package of its own,
// for tests and the command line, since visitors would pay for that search.
package linear

import (
	"parley/consensus"
	"parley/consensus/trace"
)

// Op is one operation of a client.
type Op struct {
	Client  consensus.NodeID
	Seq     uint32
	Command string
	// Done says that the client had Result as the answer. Otherwise it gave up or
	// still waits: the operation may have happened, may yet happen, or never.
	Done   bool
	Result string
	// From and To are places in the order of events: when the client asked, and when
	// it had its answer. To counts only when Done is set.
	From, To int
}

// Collector gathers the operations of a run from its events. The zero value is ready
// to use.
type Collector struct {
	ops    []Op
	open   map[consensus.NodeID]int // the operation each client waits for
	events int
}

// Add takes the next event; text finds the texts that events mention.
func (c *Collector) Add(e *trace.Event, text func(uint32) string) {
	c.events++
	switch e.Kind {
	case trace.Invoke:
		if c.open == nil {
			c.open = map[consensus.NodeID]int{}
		}
		c.open[e.Node] = len(c.ops)
		c.ops = append(c.ops, Op{Client: e.Node, Seq: e.B, Command: text(e.D), From: c.events})
	case trace.Answer, trace.GiveUp:
		i, waits := c.open[e.Node]
		if !waits || c.ops[i].Seq != e.B {
			return // it answers nothing that was asked
		}
		delete(c.open, e.Node)
		if o := &c.ops[i]; e.Kind == trace.Answer {
			o.Done, o.Result, o.To = true, text(e.D), c.events
		}
	}
}

// Ops returns the operations so far, in the order in which they were asked.
func (c *Collector) Ops() []Op { return c.ops[:len(c.ops):len(c.ops)] }

// History returns the operations of a log.
func History(l *trace.Log) []Op {
	var c Collector
	for i := range l.Len() {
		c.Add(l.At(i), l.Text)
	}
	return c.Ops()
}
