package sim

import (
	"parley/consensus"
	"parley/consensus/scenario"
)

// Foresee appends to list further inputs that will be handed out by Next, up to time until:
// for each node, other than the one whose work is out, its next input if that is certain.
// So it can be carried there, and be worked on, before its time. The Work that Next hands
// out when the time has come has the same Node, At, Input and Config; the one here is for
// reading, and its slices are valid until the World changes.
//
// A node's next input is certain when nothing can come before it: the node is up and not
// waiting for its disk; of all that is in the queue for it this is the first; no recorded
// action is to be done before; and it comes no later than a message could that is sent
// by the next thing to happen, which is the work that is out if there is any. Whoever calls
// Act must let all that was foreseen be handed out first; and a run that becomes full on
// the way hands out nothing more.
func (w *World) Foresee(list []Work, until consensus.Time) []Work {
	if w.Full() {
		return list
	}
	from, more := w.Upcoming()
	if !more {
		return list
	}
	until = min(until, scenario.RunMax-1)
	if w.done < len(w.plan) {
		until = min(until, w.plan[w.done].At)
	}
	for _, id := range w.ready { // their turn comes before all else
		if n := w.node(id); from <= until && w.idles(n) && len(n.inbox) > 0 {
			list = w.foreseeItem(list, n)
		}
	}
	var firsts [consensus.NodesMax]foreseen
	w.firsts(firsts[:len(w.nodes)])
	for i := range w.nodes {
		n, f := &w.nodes[i], &firsts[i]
		if !w.idles(n) || len(n.inbox) > 0 || !f.any || f.tie || f.at > until {
			continue
		}
		// What is in the queue goes before what will be put there for the same moment.
		if reach := from + w.nearest(i); f.at < reach || f.at == reach && !f.late {
			list = w.foreseeKey(list, n, f)
		}
	}
	return list
}

// foreseeItem adds what a node that is ready takes out of its inbox.
func (w *World) foreseeItem(list []Work, n *node) []Work {
	k := Work{Node: n.id, At: w.now}
	k.Input.Now = n.clock.read(w.now)
	place := n.inbox[0].what & refMask
	switch n.inbox[0].what &^ refMask {
	case itemStart:
		k.Config = w.configOf(n, n.boots+1)
		k.Input.Kind, k.Input.Disk = consensus.InputStart, n.disk.bytes()
	case itemMessage:
		w.flights[place].input(&k.Input)
	case itemTimer:
		if !n.timers[place].pending {
			return list
		}
		k.Input.Kind, k.Input.Timer = consensus.InputTimer, consensus.TimerID(place)
	case itemConfigure:
		k.Input.Kind, k.Input.Settings = consensus.InputConfigure, w.settle
	}
	return append(list, k)
}

// foreseeKey adds what a key of the queue gives a node.
func (w *World) foreseeKey(list []Work, n *node, f *foreseen) []Work {
	k := Work{Node: n.id, At: f.at}
	k.Input.Now = n.clock.read(f.at)
	if f.ref()&^refMask == refMessage {
		w.flights[f.ref()&refMask].input(&k.Input)
	} else {
		k.Input.Kind, k.Input.Timer = consensus.InputTimer, consensus.TimerID(f.ref()&7)
	}
	return append(list, k)
}

// Upcoming returns the time of the next thing to happen, and false when there is none. It
// is Now while work is out.
func (w *World) Upcoming() (consensus.Time, bool) {
	if w.busy || len(w.ready) > 0 {
		return w.now, true
	}
	k, more := w.next()
	if w.done < len(w.plan) {
		if at := max(w.plan[w.done].At, w.now); !more || at < k.at {
			return at, true
		}
	}
	return k.at, more
}

// InFlight returns how many messages are on their way, those that will be lost included.
func (w *World) InFlight() (count int) {
	for i := range w.flights {
		if f := &w.flights[i]; f.id != 0 && !f.waits {
			count++
		}
	}
	return count
}

// idles reports whether the node takes whatever comes next: it is up, nothing holds it, and
// it has no work out.
func (w *World) idles(n *node) bool {
	return n.up && !n.waits && !(w.busy && w.work.Node == n.id)
}

// foreseen is the first thing in the queue that gives a node an input.
type foreseen struct {
	any  bool
	late bool // it is a timer that will be put into the queue again
	tie  bool // which of two is the first is not decided yet
	key
}

// firsts finds the first for each node. A timer that was set to a later time since it
// was put into the queue stands there under its old time still: it counts with its own,
// but what else comes at that very moment may come before or behind it.
func (w *World) firsts(of []foreseen) {
	for _, k := range w.queue.keys {
		place := k.ref() & refMask
		late := false
		var to consensus.NodeID
		switch k.ref() &^ refMask {
		case refMessage:
			f := &w.flights[place]
			if f.key != k.seq() || f.cause != 0 || !f.to.IsNode() {
				continue
			}
			to = f.to
		case refTimer:
			to = consensus.NodeID(place >> 3)
			t := &w.node(to).timers[place&7]
			if t.key != k.seq() || t.at == never || t.pending {
				continue
			}
			late = t.at != k.at
			k.at = t.at
		default:
			continue
		}
		switch f := &of[to-1]; {
		case !f.any || k.at < f.at:
			*f = foreseen{any: true, late: late, key: k}
		case k.at > f.at:
		case late || f.late:
			f.tie = true
		case first(&k, &f.key) == 1:
			f.key = k
		}
	}
}

// nearest returns how long a message takes at least that somebody sends to a node.
func (w *World) nearest(node int) consensus.Duration {
	least := consensus.Duration(scenario.LatencyMax)
	for from := range w.width {
		if from != node {
			l := &w.links[from*w.width+node]
			least = min(least, consensus.Duration(w.sheets[l.sheet].dials[scenario.Latency]))
		}
	}
	return max(least, FlightMin)
}
