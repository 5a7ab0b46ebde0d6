package relay

import (
	"time"

	"parley/consensus/hosting"
	"parley/server/room"
)

// Limits bound what a relay bears. A field that is 0 has the value of DefaultLimits.
type Limits struct {
	// Rooms is how many rooms are kept, those included in which nobody is.
	Rooms int
	// Connections is how many sockets are open at once, Client how many of one client.
	Connections, Client int
	// FrameMax is the largest message that a connection may send, in bytes.
	FrameMax int
	// QueueFrames and QueueBytes are how much may wait for one connection.
	QueueFrames, QueueBytes int
	// Idle is how long a connection may say and hear nothing. Tabs send pings (room.Limits),
	// so this is for who has come into a room at rest, and is silent.
	Idle time.Duration
	// WriteWithin is how long one frame may take to be written.
	WriteWithin time.Duration
	// CloseWithin is how long one who is sent away has to hear why.
	CloseWithin time.Duration
	// Sleep is how long nobody is in a room before it is stored and forgotten.
	Sleep time.Duration
	// Room bounds each room.
	Room room.Limits
}

// DefaultLimits returns limits for one machine on the internet.
func DefaultLimits() Limits {
	return Limits{
		Rooms: 1000, Connections: 5000, Client: 200,
		FrameMax: hosting.SizeMax, QueueFrames: 1024, QueueBytes: 4 << 20,
		Idle: 15 * time.Minute, WriteWithin: 10 * time.Second, CloseWithin: 5 * time.Second, Sleep: time.Minute,
		Room: room.DefaultLimits(),
	}
}

// orDefault fills in the limits that were left out. Those of a room fill in themselves,
// but for Idle, which the store needs too.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ v, d *int }{
		{&l.Rooms, &d.Rooms}, {&l.Connections, &d.Connections}, {&l.Client, &d.Client},
		{&l.FrameMax, &d.FrameMax}, {&l.QueueFrames, &d.QueueFrames}, {&l.QueueBytes, &d.QueueBytes},
	} {
		if *f.v == 0 {
			*f.v = *f.d
		}
	}
	for _, f := range []struct{ v, d *time.Duration }{
		{&l.Idle, &d.Idle}, {&l.WriteWithin, &d.WriteWithin}, {&l.CloseWithin, &d.CloseWithin}, {&l.Sleep, &d.Sleep},
	} {
		if *f.v == 0 {
			*f.v = *f.d
		}
	}
	if l.Room.Idle == 0 {
		l.Room.Idle = d.Room.Idle
	}
	return l
}
