package sim

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// never is the time of what is not going to happen.
const never consensus.Time = -1

// Step does the next thing that happens, whenever that is, with the World's own host.
// It returns false when nothing happened: the run is quiet or full.
func (w *World) Step() bool {
	if w.StepUntil(scenario.RunMax) {
		return true
	}
	if !w.Quiet() {
		w.arrive(scenario.RunMax) // what is left is beyond the end of any run
	}
	return false
}

// StepUntil is Step for what happens at time until or before.
func (w *World) StepUntil(until consensus.Time) bool {
	if !w.advance(until) {
		return false
	}
	if w.busy {
		fx := &w.node(w.work.Node).effects
		w.host.Step(&w.work, fx)
		w.finish(fx)
	}
	return true
}

// RunUntil does everything that happens at time until or before, but stops early after
// the step with which maxEvents more events have happened (0: no bound), or when the
// run is full. It returns whether it got there; then Now is until.
func (w *World) RunUntil(until consensus.Time, maxEvents int) bool {
	bound := w.tape.len() + maxEvents
	for maxEvents <= 0 || w.tape.len() < bound {
		if !w.StepUntil(until) {
			return w.arrive(until)
		}
	}
	return false
}

// arrive sets the time to until after everything before has been done.
func (w *World) arrive(until consensus.Time) bool {
	if w.Full() || w.busy {
		return false
	}
	w.now = max(w.now, min(until, scenario.RunMax))
	return w.now >= until
}

// Next does what happens at time until or before and needs no engine, and hands out
// the first input that needs one. It returns false when there is none, or when the
// last one has not come back through Complete. The Work is the World's own and valid
// until Complete.
func (w *World) Next(until consensus.Time) (*Work, bool) {
	if w.busy {
		return nil, false
	}
	for w.advance(until) {
		if w.busy {
			return &w.work, true
		}
	}
	w.arrive(until)
	return nil, false
}

// Complete takes the effects of the work that Next handed out. Effects that no engine
// may have (a message to nobody, a timer that there is not, too many bytes) are
// refused with a sentence and change nothing; then the work is still out.
func (w *World) Complete(k *Work, fx *consensus.Effects) error {
	if !w.busy || k != &w.work {
		panic("sim: Complete of work that is not out")
	}
	if err := w.check(k.Node, fx); err != nil {
		return err
	}
	own := &w.node(k.Node).effects
	if fx != own {
		copyEffects(own, fx)
	}
	w.finish(own)
	return nil
}

// advance does the next thing up to time until, as far as that is possible without an
// engine: where one is needed, work is set and busy. It returns false when there is
// nothing to do.
func (w *World) advance(until consensus.Time) bool {
	if w.busy || w.Full() {
		return false
	}
	until = min(until, scenario.RunMax-1)
	if len(w.ready) > 0 && w.now <= until {
		w.take()
		return true
	}
	k, more := w.next()
	if w.done < len(w.plan) {
		if a := &w.plan[w.done]; !more || a.At < k.at {
			if a.At > until {
				return false
			}
			w.now = max(w.now, a.At)
			w.enact()
			return true
		}
	}
	if !more || k.at > until {
		return false
	}
	w.queue.pop()
	w.now = k.at
	place := k.ref() & refMask
	switch k.ref() &^ refMask {
	case refMessage:
		w.arrived(place)
	case refTimer:
		w.expired(w.node(consensus.NodeID(place>>3)), consensus.TimerID(place&7))
	case refDisk:
		w.synced(w.node(consensus.NodeID(place)))
	case refClient:
		w.woke(&w.clients[place])
	case refLoad:
		w.tick()
	}
	return true
}

// next returns the first key of the queue that still stands for something, after it
// has thrown away those before it that do not.
func (w *World) next() (key, bool) {
	for len(w.queue.keys) > 0 {
		k := w.queue.keys[0]
		place := k.ref() & refMask
		switch k.ref() &^ refMask {
		case refMessage:
			if w.flights[place].key == k.seq() {
				return k, true
			}
		case refTimer:
			t := &w.node(consensus.NodeID(place >> 3)).timers[place&7]
			switch {
			case t.key != k.seq():
			case t.at == never || t.pending:
				t.queued = never
			case t.at == k.at:
				return k, true
			default:
				w.queue.pop()
				t.key, t.queued = w.queue.push(t.at, k.ref()), t.at
				continue
			}
		case refDisk:
			if n := w.node(consensus.NodeID(place)); len(n.writes) > 0 && n.writes[0].key == k.seq() {
				return k, true
			}
		case refClient:
			c := &w.clients[place]
			switch {
			case c.key != k.seq():
			case c.wake == never:
				c.queued = never
			case c.wake == k.at:
				return k, true
			default:
				w.queue.pop()
				c.key, c.queued = w.queue.push(c.wake, k.ref()), c.wake
				continue
			}
		case refLoad:
			if w.load.key == k.seq() {
				return k, true
			}
		}
		w.queue.pop()
	}
	return key{}, false
}

// begin makes the work for a node, which has to be done before anything else, and
// returns its input to be filled in: the fields that belong to the kind.
func (w *World) begin(n *node, kind consensus.InputKind, slot, cause uint32) *consensus.Input {
	k := &w.work
	k.Node, k.At, k.slot, k.cause = n.id, w.now, slot, cause
	k.Input.Kind, k.Input.Now = kind, n.clock.read(w.now)
	w.busy = true
	n.effects.Reset()
	return &k.Input
}

// finish takes the effects of the work that is out; they are in n.effects.
func (w *World) finish(fx *consensus.Effects) {
	w.busy = false
	k := &w.work
	n := w.node(k.Node)
	switch k.Input.Kind {
	case consensus.InputStart:
		used := uint8(0)
		if n.disk.size > 0 {
			used = 1
		}
		w.emit(trace.Event{Kind: trace.Boot, Node: n.id, ID: k.cause, Sub: used, A: uint32(n.disk.size)})
	case consensus.InputTimer:
		w.emit(trace.Event{Kind: trace.TimerFire, Node: n.id, ID: k.cause, Sub: uint8(k.Input.Timer)})
	case consensus.InputMessage, consensus.InputRequest:
		w.delivered(k.slot)
		w.vacate(k.slot)
	}
	if len(fx.Write) > 0 || fx.Replace {
		if w.write(n, fx) {
			return // released when the write is durable
		}
	}
	w.release(n, fx)
	w.wake(n)
}
