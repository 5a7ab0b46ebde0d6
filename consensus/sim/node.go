package sim

import (
	"errors"

	"parley/consensus"
	"parley/consensus/trace"
)

// node is what the World knows of one node; its engine lives with the Host.
type node struct {
	id     consensus.NodeID
	up     bool
	waits  bool // for its disk: effects are held back
	queued bool // is in World.ready
	clock  clock
	timers [consensus.TimersMax]timer
	inbox  []item // what waits while the node is busy, in order
	boots  uint32 // starts so far
	falls  uint32 // crashes so far

	effects consensus.Effects // of the last step

	disk     storage // what is durable
	unsynced []byte  // of the writes under way
	writes   []write
}

// item is an input that waits: what it is in the upper four bits (item…), the place
// of its data in the others, and the number of the action behind it, 0 for none.
type item struct{ what, cause uint32 }

const (
	itemStart     = iota << refShift
	itemMessage   // slot of the flight
	itemTimer     // the timer
	itemConfigure //
)

// timer is a timer of an engine. A reset to a later time leaves its key in the queue
// alone: when the key comes out early it is pushed again.
type timer struct {
	at      consensus.Time // when it expires; never: it does not run
	queued  consensus.Time // time of its key in the queue; never: there is none
	key     uint32
	pending bool // it has expired, and that waits in the inbox
}

func newNode(id consensus.NodeID, disk []byte) node {
	n := node{id: id, disk: storageOf(disk)}
	for i := range n.timers {
		n.timers[i] = timer{at: never, queued: never}
	}
	return n
}

// detach makes a copied node independent of the one it was copied from.
func (n *node) detach() {
	n.inbox = append([]item(nil), n.inbox...)
	n.disk = n.disk.clone()
	n.unsynced = append([]byte(nil), n.unsynced...)
	n.writes = append([]write(nil), n.writes...)
	held := n.effects
	n.effects = consensus.Effects{}
	if n.waits {
		copyEffects(&n.effects, &held)
	}
}

// start puts the node's start before everything else; cause is the action's number.
func (w *World) start(n *node, cause uint32) {
	n.up = true
	n.inbox = append(n.inbox[:0], item{itemStart, cause})
	w.wake(n)
}

// wake lets the node take what waits in its inbox, if it can.
func (w *World) wake(n *node) {
	if n.up && !n.waits && !n.queued && len(n.inbox) > 0 {
		n.queued = true
		w.ready = append(w.ready, n.id)
	}
}

// take gives the first node that is ready the first thing in its inbox. This goes
// before all else that is to happen, so the inbox of a node that is free is empty
// whenever something comes out of the queue.
func (w *World) take() {
	n := w.node(w.ready[0])
	w.ready = append(w.ready[:0], w.ready[1:]...)
	n.queued = false
	if len(n.inbox) == 0 {
		return
	}
	i := n.inbox[0]
	if len(n.inbox) == 1 {
		n.inbox = n.inbox[:0]
	} else {
		n.inbox = append(n.inbox[:0], n.inbox[1:]...)
	}
	place := i.what & refMask
	switch i.what &^ refMask {
	case itemStart:
		n.boots++
		w.work.Config = w.configOf(n, n.boots)
		w.begin(n, consensus.InputStart, 0, i.cause).Disk = n.disk.bytes()
	case itemMessage:
		w.hand(n, place)
	case itemTimer:
		t := &n.timers[place]
		if !t.pending { // set anew or cancelled by what the node did since
			w.wake(n)
			return
		}
		w.fire(n, consensus.TimerID(place), i.cause)
	case itemConfigure:
		w.begin(n, consensus.InputConfigure, 0, i.cause).Settings = w.settle
	}
}

// configOf returns what the engine of a node is made of at its boot number boot.
func (w *World) configOf(n *node, boot uint32) consensus.Config {
	return consensus.Config{
		ID: n.id, Nodes: w.all(), Settings: w.settle,
		Seed: consensus.Mix(w.seeds.node ^ uint64(n.id)<<32 ^ uint64(boot)),
	}
}

// all returns the set of all nodes.
func (w *World) all() (s consensus.NodeSet) {
	for i := range w.nodes {
		s.Add(w.nodes[i].id)
	}
	return s
}

// expired lets a timer expire whose key came out of the queue: now, or as soon as the
// node is free.
func (w *World) expired(n *node, id consensus.TimerID) {
	n.timers[id].queued = never
	if n.waits {
		w.postpone(n, id, 0)
		return
	}
	w.fire(n, id, 0)
}

// postpone puts the expiry of a timer into the inbox.
func (w *World) postpone(n *node, id consensus.TimerID, cause uint32) {
	n.timers[id].pending = true
	n.inbox = append(n.inbox, item{itemTimer | uint32(id), cause})
	w.wake(n)
}

func (w *World) fire(n *node, id consensus.TimerID, cause uint32) {
	n.timers[id].at, n.timers[id].pending = never, false
	w.begin(n, consensus.InputTimer, 0, cause).Timer = id
}

// release lets the effects of a step out: notes, timers, messages, replies, in that
// order.
func (w *World) release(n *node, fx *consensus.Effects) {
	w.tell(n, fx.Notes)
	for _, c := range fx.Timers {
		w.change(n, c)
	}
	var of *byte // the data that hash belongs to: a broadcast is hashed once
	var hash uint32
	for i := range fx.Messages {
		m := &fx.Messages[i]
		if len(m.Data) == 0 || &m.Data[0] != of || len(m.Data) != len(fx.Messages[i-1].Data) {
			hash, of = uint32(consensus.Hash(m.Data)), nil
			if len(m.Data) > 0 {
				of = &m.Data[0]
			}
		}
		w.send(n.id, m, hash)
	}
	for i := range fx.Replies {
		w.reply(n, &fx.Replies[i])
	}
}

// tell makes events of what an engine noted: all at once, or one by one when each has
// to be shown with what is reported of it behind it.
func (w *World) tell(n *node, notes []consensus.Note) {
	for w.watch != nil && len(notes) > 1 {
		w.tell(n, notes[:1])
		notes = notes[1:]
	}
	events := w.tape.several(len(notes))
	for i := range events {
		e, t := &events[i], &notes[i]
		e.T, e.ID, e.Flags = w.now, 0, 0
		e.Kind = trace.Rule + trace.Kind(t.Kind-consensus.NoteRule)
		e.Node, e.Peer, e.Sub, e.Rule, e.Term = n.id, t.Peer, t.Sub, t.Rule, t.Term
		e.A, e.B, e.C, e.D = t.A, t.B, t.C, t.D
	}
	if w.watch != nil && len(events) > 0 {
		w.show(&events[0])
	}
}

// spanMax bounds what a timer can run: beyond the end of any run, and small enough
// for a clock to reckon with.
const spanMax = 2 * 3600 * consensus.Second

// change sets or cancels a timer.
func (w *World) change(n *node, c consensus.TimerChange) {
	t := &n.timers[c.Timer]
	t.pending = false
	if c.After < 0 {
		if t.at != never {
			t.at = never
			w.emit(trace.Event{Kind: trace.TimerCancel, Node: n.id, Sub: uint8(c.Timer)})
		}
		return
	}
	span := n.clock.worldly(min(max(c.After, consensus.Microsecond), spanMax))
	w.setTimer(n, c.Timer, w.now+span, span)
}

// setTimer starts a timer that expires at time at and runs span.
func (w *World) setTimer(n *node, id consensus.TimerID, at consensus.Time, span consensus.Duration) {
	t := &n.timers[id]
	t.at = at
	if t.queued == never || at < t.queued {
		t.queued = at
		t.key = w.queue.push(at, refTimer|uint32(n.id)<<3|uint32(id))
	}
	e := w.tape.next(w.now, trace.TimerSet)
	e.Node, e.Sub = n.id, uint8(id)
	e.A, e.B = trace.Halves(int64(at))
	e.C, e.D = trace.Halves(int64(span))
	w.told(e)
}

// check refuses effects that no engine may have.
func (w *World) check(id consensus.NodeID, fx *consensus.Effects) error {
	if len(fx.Write) > DiskMax {
		return errors.New(id.String() + " writes more than a disk can hold")
	}
	for i := range fx.Messages {
		m := &fx.Messages[i]
		switch {
		case !w.isNode(m.To) || m.To == id:
			return errors.New(id.String() + " sends a message to " + m.To.String() + ", which is not another node")
		case m.Kind < consensus.KindEngine:
			return errors.New(id.String() + " sends a message of a kind that is not its own")
		case len(m.Data) > consensus.MessageMax:
			return errors.New(id.String() + " sends a message that is too long")
		}
	}
	for _, c := range fx.Timers {
		if int(c.Timer) >= len(w.protocol.Timers) || c.Timer >= consensus.TimersMax {
			return errors.New(id.String() + " sets a timer that there is not")
		}
	}
	for i := range fx.Replies {
		if r := &fx.Replies[i]; len(r.Result) > consensus.MessageMax {
			return errors.New(id.String() + " answers with a result that is too long")
		}
	}
	for i := range fx.Notes {
		if k := fx.Notes[i].Kind; k < consensus.NoteRule || k > consensus.NoteCompact {
			return errors.New(id.String() + " notes something of an unknown kind")
		}
	}
	return nil
}

// copyEffects makes to an independent copy of from.
func copyEffects(to, from *consensus.Effects) {
	to.Reset()
	to.Write = append(to.Write, from.Write...)
	to.Replace, to.Loose = from.Replace, from.Loose
	var last *byte
	for _, m := range from.Messages {
		switch {
		case len(m.Data) > 0 && &m.Data[0] == last:
			to.Resend(m)
		default:
			to.Send(m, append(to.Buffer(), m.Data...))
			last = nil
			if len(m.Data) > 0 {
				last = &m.Data[0]
			}
		}
	}
	to.Timers = append(to.Timers, from.Timers...)
	for _, r := range from.Replies {
		to.Answer(r, r.Result)
	}
	to.Notes = append(to.Notes, from.Notes...)
}
