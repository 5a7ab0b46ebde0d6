package room

import (
	"errors"
	"sort"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// Restore makes the room that Unsaved recorded, run as far as it may have been shown. The
// error is a sentence: the record cannot be read, or not be run any more.
func Restore(c Config, id string, b []byte, now Moment) (*Room, error) {
	x, err := readRecord(b)
	if err != nil {
		return nil, err
	}
	r, err := begin(c, id, x.script, now)
	if err != nil {
		return nil, errors.New("the script of the room cannot be run any more: " + err.Error())
	}
	if len(x.seats) != len(r.seats) {
		return nil, errors.New("the record of the room cannot be read: it has seats for another number of nodes")
	}
	r.now, r.state, r.open, r.pace, r.hurry, r.horizon = now, x.state, x.open, x.pace, x.hurry, x.horizon
	r.next, r.full = x.next, x.state == frame.Over
	if err := r.readmit(now, x); err != nil {
		return nil, err
	}
	if err := r.rerun(x); err != nil {
		return nil, err
	}
	r.reseat(x)
	r.stand()
	return r, nil
}

// readmit makes the members of the record, none of whom is connected.
func (r *Room) readmit(now Moment, x *record) error {
	for _, m := range x.members {
		if r.member(m.number) != nil || m.number == 0 || m.number >= x.next {
			return errors.New("the record of the room cannot be read: a member's number is out of order")
		}
		r.members = append(r.members, &member{number: m.number, name: m.name, secret: m.secret, held: m.held, left: now})
	}
	if r.owner = r.member(x.owner); r.owner == nil {
		return errors.New("the record of the room cannot be read: its owner is no member")
	}
	return nil
}

// rerun runs the World of the record with all engines here.
func (r *Room) rerun(x *record) error {
	plan := append([]scenario.Action(nil), r.script.Actions...)
	live := make([]int, 0, len(x.dids)) // places in plan
	for i := range x.dids {
		d := &x.dids[i]
		a, err := scenario.ParseAction(d.line, &r.script.Setup)
		if err != nil {
			return errors.New("an action of the room cannot be done any more: " + err.Error())
		}
		// What is recorded goes before what was done live at the same moment.
		at := sort.Search(len(plan), func(i int) bool { return plan[i].At > a.At })
		if n := len(live); n > 0 && at <= live[n-1] {
			return errors.New("the record of the room cannot be read: its actions are not in order")
		}
		plan = append(plan, scenario.Action{})
		copy(plan[at+1:], plan[at:])
		plan[at] = a
		live = append(live, at)
	}
	if err := r.world.Schedule(plan); err != nil {
		return err
	}
	if !r.begun() {
		return nil
	}
	r.host.stepped = r.remember
	known := x.events == 0
	for r.world.StepUntil(x.horizon) {
		r.passed(x, live)
		known = known || r.check(x)
	}
	r.world.RunUntil(x.horizon, 0)
	r.drain()
	r.host.stepped = nil
	if !known {
		return errDiverged
	}
	if n := len(r.dids); n < len(x.dids) {
		return errors.New("the record of the room cannot be read: it has actions beyond its horizon")
	}
	return nil
}

// errDiverged says that a record is not of a run that follows from it.
var errDiverged = errors.New("the run of the room is no longer what its record says: it was made with another version of the engine, or a tab has lied")

// passed takes down the actions that were done by the last step.
func (r *Room) passed(x *record, live []int) {
	n := len(r.dids)
	if n < len(live) && r.world.Done() == live[n]+1 {
		before := r.log.Len()
		d := x.dids[n]
		d.events = before
		r.dids = append(r.dids, d)
		r.acted = d.append(r.acted)
		r.size += len(d.line) + 1
	}
	r.drain()
}

// check compares the run with what the record knows of it. It reports whether it was there.
func (r *Room) check(x *record) bool {
	return uint32(r.world.Events()) == x.events && r.world.Digest() == trace.Digest(x.digest)
}

// remember keeps what the nodes of the record's seats had as input: their tabs may not
// have seen it.
func (r *Room) remember(k *sim.Work) {
	r.works++
	s := r.seat(k.Node)
	s.boot, s.seq = r.placeOf(s, k)
	if k.Input.Kind == consensus.InputStart {
		s.inputs, s.size = nil, 0
		return // whoever has not seen the start has another engine
	}
	at := hosting.Place{Node: s.node, Boot: s.boot, Seq: s.seq}
	b := hosting.Append(nil, &hosting.Work{Place: at, Quiet: true, At: k.At, Input: k.Input})
	s.inputs = append(s.inputs, input{s.seq, b})
	s.size += len(b)
	for s.size > inputsMax {
		s.size -= len(s.inputs[0].frame)
		s.inputs = s.inputs[1:]
	}
}

// reseat puts the members on their seats: their tabs have the engines, or had.
func (r *Room) reseat(x *record) {
	for i, y := range x.seats {
		s := &r.seats[i]
		s.member = r.member(y.member)
		if s.member == nil {
			s.inputs, s.size = nil, 0
			continue
		}
		s.gone, s.fallen = y.gone, y.fallen
		if !r.begun() {
			continue
		}
		up := r.world.Up(s.node)
		s.fallen = s.fallen && !up
		if !up {
			s.inputs, s.size = nil, 0
			continue
		}
		s.runs, s.instance = s.member, y.instance
		r.host.of[i] = nil
		if s.gone || s.instance == 0 {
			r.lose(s, frame.TabGone)
		}
	}
}
