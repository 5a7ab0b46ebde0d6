package room

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// Moment is real time in nanoseconds, from wherever the host counts. It never goes back.
type Moment int64

// Spans of real time.
const (
	Millisecond Moment = 1_000_000
	Second             = 1000 * Millisecond
	Minute             = 60 * Second
	Hour               = 60 * Minute
)

// Peer is a connection. The host names it, and gives no name twice.
type Peer uint32

// Config is what the rooms of one relay have in common.
type Config struct {
	// Known is what a script may name.
	Known scenario.Known
	// World says what the World of a setup is made of: registry.Config.
	World func(scenario.Setup) (sim.Config, error)
	// Draw fills b with random bytes that nobody can guess.
	Draw func(b []byte)
	// Limits bound a room; a field that is 0 has the value of DefaultLimits.
	Limits Limits
}

// Limits bound what a room bears.
type Limits struct {
	// Members is the largest number of members, at most frame.MembersMax. When a room is
	// full, somebody who is gone and holds no seat makes room for a newcomer.
	Members int
	// Connections is the largest number of connections, those included that have not
	// said Hello yet.
	Connections int
	// Events is the number of events after which the run is over.
	Events int
	// Frames and FramesBurst bound what one connection sends: frames a second, and at
	// once. What was asked for (Done) does not count.
	Frames, FramesBurst int
	// Bytes and BytesBurst bound the same in bytes.
	Bytes, BytesBurst int
	// Patience is how long the World waits for a tab that was lost.
	Patience Moment
	// Comeback is how long it waits after the relay was away, or nobody was there: all
	// tabs come back then, and not all at once.
	Comeback Moment
	// Hello is how long a connection may stay silent at first.
	Hello Moment
	// Ping is how often a tab is asked to send a ping, at most frame.PingMax, and Silence
	// after how long a tab is missed of which nothing comes: more than two pings.
	Ping, Silence Moment
	// Probe is how long a tab has to show that it is there when another one comes with
	// its token.
	Probe Moment
	// OwnerAway is how long an owner may be away before somebody else becomes owner.
	OwnerAway Moment
	// Idle is how long a room is kept in which nobody is.
	Idle Moment
	// Lease is how far ahead of the clock a room is stored, in terms of what its pace
	// shows in that real time.
	Lease Moment
}

// DefaultLimits returns limits for a class.
func DefaultLimits() Limits {
	return Limits{
		Members: 100, Connections: 200, Events: 500_000,
		Frames: 50, FramesBurst: 200, Bytes: 256 << 10, BytesBurst: 4 << 20,
		Patience: 10 * Second, Comeback: 30 * Second, Hello: 10 * Second, Ping: 20 * Second, Silence: 45 * Second,
		Probe: 3 * Second, OwnerAway: Minute, Idle: 24 * Hour, Lease: Second,
	}
}

// Bounds of the pace, in virtual nanoseconds a second of real time.
const (
	PaceDefault = uint64(10 * consensus.Millisecond)
	PaceMin     = uint64(consensus.Millisecond)
	PaceMax     = uint64(100 * consensus.Second)
)

// NodesMax is the largest number of nodes of a room: more do not fit on a page.
const NodesMax = 9

// orDefault fills in the limits that were left out.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ v, d *int }{
		{&l.Members, &d.Members}, {&l.Connections, &d.Connections}, {&l.Events, &d.Events}, {&l.Frames, &d.Frames},
		{&l.FramesBurst, &d.FramesBurst}, {&l.Bytes, &d.Bytes}, {&l.BytesBurst, &d.BytesBurst},
	} {
		if *f.v == 0 {
			*f.v = *f.d
		}
	}
	for _, f := range []struct{ v, d *Moment }{
		{&l.Patience, &d.Patience}, {&l.Comeback, &d.Comeback}, {&l.Hello, &d.Hello}, {&l.Ping, &d.Ping},
		{&l.Silence, &d.Silence}, {&l.Probe, &d.Probe},
		{&l.OwnerAway, &d.OwnerAway}, {&l.Idle, &d.Idle}, {&l.Lease, &d.Lease},
	} {
		if *f.v == 0 {
			*f.v = *f.d
		}
	}
	return l
}
