package room

import (
	"errors"
	"strconv"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/wire"
)

// A record is what a room is stored as. It holds no trace: the run follows from script,
// actions and how far it went. Its bytes are written as in package wire:
//
//	Version byte, now 1
//	Engine string, Epoch, World numbers: what the run was made with
//	Script string
//	State byte (of frame.RoomState), Open flag, Pace number, Hurry flag
//	Horizon time: up to where the run may have been shown
//	Events number, Digest 8 bytes: what it was when the record was made
//	Next number: of the next member
//	Owner number
//	Members list: Number number, Name string, Secret 32 bytes (SHA-256 of the token),
//	              Held set of nodes (two numbers, the low word first)
//	Seats list, that of N1 first: Member number (0: none), Gone, Fallen flags,
//	              Instance 8 bytes (0: nobody has the engine)
//	Actions list: Member number (0: the relay), Why byte, Line string
const recordVersion = 1

// record is a room as it is stored.
type record struct {
	engine       string
	epoch, world uint32
	script       string
	state        frame.RoomState
	open, hurry  bool
	pace         uint64
	horizon      consensus.Time
	events       uint32
	digest       uint64
	next, owner  uint32
	members      []memberRecord
	seats        []seatRecord
	dids         []did
	acted        []byte // dids, when they are written
}

type memberRecord struct {
	number uint32
	name   string
	secret secret
	held   consensus.NodeSet
}

type seatRecord struct {
	member       uint32
	gone, fallen bool
	instance     uint64
}

func (x *record) code(c *wire.Coder) {
	v := byte(recordVersion)
	c.Byte(&v)
	if v != recordVersion {
		c.Fail("it has version " + strconv.Itoa(int(v)) + ", known here is " + strconv.Itoa(recordVersion))
	}
	c.Text(&x.engine, scenario.NameMax)
	c.Number(&x.epoch)
	c.Number(&x.world)
	c.Text(&x.script, frame.ScriptMax)
	c.Byte((*byte)(&x.state))
	c.Flag(&x.open)
	c.Wide(&x.pace)
	c.Flag(&x.hurry)
	c.Signed((*int64)(&x.horizon))
	c.Number(&x.events)
	c.Fixed(&x.digest, 8)
	c.Number(&x.next)
	c.Number(&x.owner)
	wire.List(c, &x.members, frame.MembersMax, func(c *wire.Coder, m *memberRecord) {
		c.Number(&m.number)
		c.Text(&m.name, frame.NameMax)
		for i := range m.secret {
			c.Byte(&m.secret[i])
		}
		c.Wide(&m.held[0])
		c.Wide(&m.held[1])
	})
	wire.List(c, &x.seats, NodesMax, func(c *wire.Coder, s *seatRecord) {
		c.Number(&s.member)
		c.Flag(&s.gone)
		c.Flag(&s.fallen)
		c.Fixed(&s.instance, 8)
	})
	if c.Reading {
		wire.List(c, &x.dids, scenario.ActionsMax, func(c *wire.Coder, d *did) { d.code(c) })
		return
	}
	c.Count(len(x.dids), scenario.ActionsMax, 0)
	c.Out = append(c.Out, x.acted...)
}

func (d *did) code(c *wire.Coder) {
	c.Number(&d.member)
	c.Byte((*byte)(&d.why))
	c.Text(&d.line, frame.TextMax)
}

// append adds the action as it stands in a record.
func (d *did) append(b []byte) []byte {
	c := wire.Coder{Out: b}
	d.code(&c)
	return c.Out
}

// readRecord reads a record. The error is a sentence.
func readRecord(b []byte) (*record, error) {
	c := wire.Coder{In: b, Reading: true}
	x := new(record)
	x.code(&c)
	c.End()
	switch {
	case c.Wrong != "":
	case x.state > frame.Over:
		c.Wrong = "the state of the room is unknown"
	case x.pace < PaceMin || x.pace > PaceMax || x.horizon < 0:
		c.Wrong = "a number is out of its range"
	case len(x.members) == 0:
		c.Wrong = "the room has no members"
	}
	if c.Wrong != "" {
		return nil, errors.New("the record of the room cannot be read: " + c.Wrong)
	}
	return x, nil
}

// Unsaved returns the record that has to be stored before the Outs are carried out; nil:
// what is stored will do.
func (r *Room) Unsaved() []byte {
	if !r.dirty || r.ended != 0 {
		return nil
	}
	return r.save()
}

// Stop makes the last record of a room whose host stops: exactly what was shown, to be
// stored. The connections are the host's to close, with 1012.
func (r *Room) Stop(now Moment) []byte {
	if r.ended != 0 {
		return nil
	}
	r.now = now
	r.horizon = r.world.Now()
	if last, any := r.outstanding(); any {
		r.horizon = max(r.horizon, last) // the tabs have done that already
	}
	return r.save()
}

func (r *Room) save() []byte {
	r.dirty = false
	x := record{
		engine: r.protocol.Name, epoch: r.protocol.Epoch, world: sim.Epoch, script: r.script.String(),
		state: r.state, open: r.open, hurry: r.hurry, pace: r.pace, horizon: r.horizon,
		events: uint32(r.world.Events()), digest: uint64(r.world.Digest()), next: r.next, owner: r.owner.number,
		dids: r.dids, acted: r.acted,
	}
	for _, m := range r.members {
		x.members = append(x.members, memberRecord{m.number, m.name, m.secret, m.held})
	}
	for i := range r.seats {
		s := &r.seats[i]
		y := seatRecord{gone: s.gone, fallen: s.fallen}
		if s.member != nil {
			y.member = s.member.number
		}
		if s.runs == s.member && !s.lost {
			y.instance = s.instance
		}
		x.seats = append(x.seats, y)
	}
	c := wire.Coder{}
	x.code(&c)
	if c.Wrong != "" {
		panic("room: " + c.Wrong)
	}
	return c.Out
}
