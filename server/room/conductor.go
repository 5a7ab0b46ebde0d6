package room

import (
	"bytes"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// Bounds of what is done at once.
const (
	// sliceEvents is the number of events after which the conductor listens again.
	sliceEvents = 20_000
	// aheadReal is how long before its time work goes out, in terms of what the pace shows
	// in that real time: as long as a slow tab may take to answer. Whoever acts skips as
	// much at most.
	aheadReal = 200 * Millisecond
	// actEvery is what the moments of acts are multiples of, so that their links are short.
	actEvery = 100 * consensus.Microsecond
)

// conduct takes the World on as far as its time has come, and as far as nobody has to be
// waited for.
func (r *Room) conduct(now Moment) {
	r.reckon(now)
	r.behind = false
	if !r.begun() {
		return
	}
	for bound := r.world.Events() + sliceEvents; ; {
		if r.ended != 0 || r.work == nil && !r.advance(now) || r.work != nil && !r.carry(now) {
			break
		}
		if r.world.Events() >= bound {
			r.behind = true
			break
		}
	}
	if r.ended == 0 {
		r.look(now)
		r.drain()
	}
}

// over reports whether nothing more can happen in the run.
func (r *Room) over() bool {
	return r.full || r.world.Full() || r.world.Events() >= r.c.Limits.Events
}

// advance goes on until work is out, or something was done. It reports whether there was
// anything to do.
func (r *Room) advance(now Moment) bool {
	if r.over() {
		r.finish()
		return false
	}
	if len(r.acts) > 0 {
		last, any := r.outstanding()
		if !any {
			last = (r.world.Now() + actEvery - 1) / actEvery * actEvery
			r.lease(last)
		}
		if r.take(now, last) {
			return true
		}
		if any {
			if !r.over() {
				panic("room: what was foreseen did not come")
			}
			return true
		}
		a := r.acts[0]
		r.acts = r.acts[1:]
		r.perform(now, a)
		return true
	}
	switch {
	case r.stepping:
		return r.step(now)
	case r.running():
		return r.take(now, r.target)
	}
	return r.take(now, r.world.Now()) // time stands still between two moments, not within one
}

// take takes the work that comes up to time until. It reports whether there is any.
func (r *Room) take(now Moment, until consensus.Time) bool {
	k, more := r.world.Next(until)
	if more {
		r.handed(now, k)
	}
	return more
}

// step goes on to the next moment at which something happens, and stops there if it is
// worth looking at.
func (r *Room) step(now Moment) bool {
	r.drain()
	if !r.stepping {
		return false
	}
	at, more := r.world.Upcoming()
	if !more {
		r.stepping = false
		return false
	}
	r.lease(at)
	if !r.take(now, at) && r.world.Now() < at {
		r.stepping = false // beyond the end of any run
	}
	return true
}

// lively reports whether an event is worth slowing down for, or stopping at.
func lively(k trace.Kind) bool {
	switch k {
	case trace.TimerSet, trace.TimerCancel, trace.Write, trace.Sync, trace.Progress:
		return false
	}
	return true
}

// handed is told that the turn of a piece of work has come.
func (r *Room) handed(now Moment, k *sim.Work) {
	r.work = k
	r.works++
	s := r.seat(k.Node)
	s.boot, s.seq = r.placeOf(s, k)
	if k.Input.Kind == consensus.InputStart {
		r.settled(s)
	}
	if e := s.sent; e != nil { // it was foreseen
		if e.Boot != s.boot || e.Seq != s.seq || !bytes.Equal(e.frame, r.encode(s, k, e.Place)) {
			panic("room: what was foreseen for " + k.Node.String() + " did not come")
		}
		e.early, e.due = false, now
		return
	}
	if s.runs != nil && !s.lost {
		r.send(now, s, k, false)
	}
}

// placeOf returns which input of a node a piece of work is.
func (r *Room) placeOf(s *seat, k *sim.Work) (boot, seq uint32) {
	if k.Input.Kind == consensus.InputStart {
		return s.boot + 1, 1
	}
	return s.boot, s.seq + 1
}

// settled decides where the engine of a node that starts will be: with who holds the seat.
func (r *Room) settled(s *seat) {
	if s.runs != s.member || s.lost {
		s.runs, s.lost, s.instance = s.member, false, 0
	}
	s.inputs, s.size = nil, 0
	if s.runs != nil && s.gone {
		r.lose(s, frame.TabGone)
	}
}

// send puts a piece of work on its way to the tab.
func (r *Room) send(now Moment, s *seat, k *sim.Work, early bool) {
	e := &errand{at: k.At, start: k.Input.Kind == consensus.InputStart, early: early, due: now}
	e.Node = s.node
	if early {
		e.Boot, e.Seq = r.placeOf(s, k)
		r.stats.Foreseen++
	} else {
		e.Boot, e.Seq = s.boot, s.seq
	}
	e.frame = r.encode(s, k, e.Place)
	s.sent = e
	r.resend(now, s)
}

// resend sends what a tab is at, if the tab is there.
func (r *Room) resend(now Moment, s *seat) {
	e := s.sent
	if k := s.tab(); k != nil && e.done == nil {
		if e.start {
			s.instance = k.instance
			r.dirty = true
		}
		e.since = now
		k.frames.give(1)
		r.put(k, e.frame)
	}
}

// encode writes work as a frame. A start names the disk; a tab that has not got it asks
// for the bytes.
func (r *Room) encode(s *seat, k *sim.Work, at hosting.Place) []byte {
	w := hosting.Work{Place: at, At: k.At, Input: k.Input}
	if k.Input.Kind == consensus.InputStart {
		w.Config = hosting.Config{Nodes: k.Config.Nodes, Seed: k.Config.Seed, Settings: k.Config.Settings, Machine: r.script.Setup.Machine}
		w.Disk = hosting.Disk{Size: uint32(len(k.Input.Disk)), Hash: consensus.Hash(k.Input.Disk)}
		w.Input.Disk = nil
	}
	return hosting.Append(nil, &w)
}

// carry gets the effects of the work that is out. It reports whether they are there.
func (r *Room) carry(now Moment) bool {
	s := r.seat(r.work.Node)
	if e := s.sent; e != nil && e.done != nil {
		fx := &e.done.Effects
		if err := r.world.Complete(r.work, fx); err == nil {
			r.stats.Work++
			r.completed(s)
			return true
		}
		e.done = nil
		k := s.tab()
		r.lose(s, frame.TabWrong)
		if k != nil {
			r.leave(now, k, true)
			r.close(k, hosting.CloseEffects, "no engine may answer like that")
		}
	}
	switch {
	case s.lost:
		fx := r.rebuild()
		if fx == nil {
			r.end(hosting.CloseDiverged)
			return false
		}
		r.finishWork(s, fx)
	case s.runs == nil:
		r.fx.Reset()
		r.host.Step(r.work, &r.fx)
		r.finishWork(s, &r.fx)
	default:
		return false
	}
	return true
}

// finishWork takes effects that are known to be good.
func (r *Room) finishWork(s *seat, fx *consensus.Effects) {
	if err := r.world.Complete(r.work, fx); err != nil {
		panic("room: " + err.Error())
	}
	r.completed(s)
}

func (r *Room) completed(s *seat) {
	r.work, s.sent = nil, nil
	if r.world.Events()-r.log.Len() >= drainEvents {
		r.drain()
	}
}

// drainEvents is the number of events after which they are taken out of the World.
const drainEvents = 1024

// look sends out what is certain to come, before its time, so that several tabs are at
// work at once and their answers are there when they are due.
func (r *Room) look(now Moment) {
	if !r.running() || r.stepping || len(r.acts) > 0 || r.over() {
		return
	}
	idle := false
	for i := range r.seats {
		s := &r.seats[i]
		idle = idle || s.sent == nil && s.member != nil && s.member.conn != nil
	}
	if !idle {
		return
	}
	until := r.target + r.virtual(aheadReal)
	r.lease(until)
	r.list = r.world.Foresee(r.list[:0], until)
	for i := range r.list {
		k := &r.list[i]
		s := r.seat(k.Node)
		start := k.Input.Kind == consensus.InputStart
		switch {
		case s.sent != nil, r.work != nil && r.work.Node == k.Node:
		case start && s.member != nil && s.member.conn != nil && !s.gone && !s.lost:
			s.runs = s.member
			r.send(now, s, k, true)
		case !start && s.tab() != nil:
			r.send(now, s, k, true)
		}
	}
	clear(r.list)
}

// drain takes the events out of the World.
func (r *Room) drain() {
	first, events := r.world.Drain()
	if first != r.log.Len() {
		panic("room: events were drained by somebody else")
	}
	for i := range events {
		r.log.Append(events[i])
		if r.stepping && lively(events[i].Kind) {
			r.stepping, r.changed = false, true
		}
	}
}

// finish is for a run that is full.
func (r *Room) finish() {
	if r.state != frame.Over {
		r.state, r.stepping = frame.Over, false
		r.changed, r.dirty = true, true
		r.horizon = r.world.Now()
	}
	for _, a := range r.acts {
		if a.kind == actWish {
			r.refuse(a.asker, a.request, "this run is full: nothing more can happen in it")
		}
	}
	r.acts = nil
}
