package frame

import (
	"parley/consensus"
	"parley/consensus/wire"
)

// Bounds of a room's frames.
const (
	// MembersMax is the largest number of members that a room can tell of.
	MembersMax = 1000
	// NameMax is the largest size of a member's name in bytes.
	NameMax = 64
	// TokenMax is the largest size of a token, a room's ID and an address in bytes.
	TokenMax = 256
	// PingMax is the longest time between two pings of a tab in milliseconds.
	PingMax = 3_600_000
)

// Commands of a live room. The worker carries out Join and Leave itself; Conduct, Act and
// ActLine it passes on to the relay.
type (
	// Join enters a live room. Address is that of the relay's socket ("wss://…"), Token
	// what an earlier Joined gave to this tab, "" for a newcomer.
	Join struct{ Address, Room, Token, Name string }
	// Leave gives up the place in the room: nobody is waited for.
	Leave struct{}
	// Conduct asks for something that changes the room and not the run. Which of the
	// fields mean something stands with each verb.
	Conduct struct {
		Verb   Verb
		Node   consensus.NodeID
		Member uint32
		Value  uint64
		Text   string // at most NameMax bytes
	}
)

// Verb is what Conduct asks for.
type Verb uint8

// What a member may ask for. All but Claim, Release and Rename are the owner's, unless the
// room lets everybody act: then Play, Pause and Step are everybody's too.
const (
	Play     Verb = iota + 1 // the World goes on
	Pause                    // the World stands still
	Step                     // the World does the next thing that is worth looking at, and stands still
	SetPace                  // Value: virtual nanoseconds in a second of real time
	SetHurry                 // Value 1: quiet stretches pass quickly; 0: they do not
	SetOpen                  // Value 1: everybody acts; 0: the owner alone
	Claim                    // this member takes the seat of Node, which must be empty; Node 0: the first that is
	Release                  // this member, or the owner for another, leaves the seat of Node; the relay runs it
	Give                     // the owner gives the seat of Node to Member
	Rename                   // this member is called Text from now on
	Appoint                  // the owner makes Member the owner
	End                      // the owner closes the room for good
	Remove                   // the owner sends Member away, whose seats the relay takes
)

// Answers of a live room.
type (
	// Joined says that the tab is in the room: as which member, and with which token it
	// comes back. The token is a secret of the tab. A tab of which nothing is heard is
	// missed, so its worker sends a ping (see package hosting) as often as Ping says.
	Joined struct {
		Room, Token string
		Member      uint32
		Ping        uint32 // milliseconds, at most PingMax; 0: none is wanted
	}
	// Room is all that is true of the room now, the run excepted. It is sent to everybody
	// whenever something of it changes.
	Room struct {
		Title   string
		Owner   uint32 // the member
		Open    bool   // everybody acts
		State   RoomState
		Pace    uint64 // virtual nanoseconds in a second of real time
		Hurry   bool
		Waiting consensus.NodeID // the World waits for this node's tab; None: for nobody
		Members []Member
		Seats   []Seat // that of N1 first
	}
	// Did says what somebody did to the run: Line is a line of its script. Member 0 is
	// the relay.
	Did struct {
		Member uint32
		Why    Reason
		Line   string
	}
	// Line says how the connection to the relay is.
	Line struct {
		State LineState
		Code  uint32 // Closed: the close code of the socket (see package hosting), 0: there never was one
		Why   string // Closed: what the relay said; Connected: what does not work all the same, for the one who sits here
		Again uint32 // Lost: milliseconds until the next attempt
	}
)

// Member is somebody in a room.
type Member struct {
	Number uint32 // from 1; not given twice
	Name   string
	Here   bool // connected
}

// Seat is where a node of the room runs.
type Seat struct {
	Member  uint32 // who holds it; 0: the relay runs the node
	State   SeatState
	Latency uint32 // how long its tab took to answer lately, in microseconds; 0: not known
}

// SeatState says how a node's host is.
type SeatState uint8

// How a host may be.
const (
	SeatRelay SeatState = iota // nobody sits here: the relay runs the node
	SeatHere                   // its tab runs it
	SeatAway                   // its tab is not connected, and is waited for
	SeatGone                   // its tab is gone, and the node is down until it comes back
)

// RoomState says what a room does.
type RoomState uint8

// What a room may do.
const (
	Lobby   RoomState = iota // nothing has happened yet
	Playing                  // time goes on
	Paused                   // time stands still
	Over                     // the run is full, or nothing is left to happen
)

// Reason says why something was done to a run.
type Reason uint8

// Why something may be done.
const (
	Wish      Reason = iota // a member wanted it
	TabGone                 // the node's tab was closed, reloaded or lost
	TabBack                 // the node's tab is back, with its disk
	SeatMoved               // the node runs elsewhere now
	TabWrong                // the node's tab answered with what no engine may do
)

// LineState says how a connection is.
type LineState uint8

// How a connection may be.
const (
	Connecting LineState = iota
	Connected
	Lost   // it is tried again
	Closed // it is not tried again
)

func (f *Join) code(c *wire.Coder) {
	c.Text(&f.Address, TokenMax)
	c.Text(&f.Room, TokenMax)
	c.Text(&f.Token, TokenMax)
	c.Text(&f.Name, NameMax)
}

func (f *Conduct) code(c *wire.Coder) {
	c.Byte((*byte)(&f.Verb))
	if f.Verb < Play || f.Verb > Remove {
		c.Fail("a verb is unknown")
	}
	c.Byte((*byte)(&f.Node))
	c.Number(&f.Member)
	c.Wide(&f.Value)
	c.Text(&f.Text, NameMax)
}

func (f *Joined) code(c *wire.Coder) {
	c.Text(&f.Room, TokenMax)
	c.Text(&f.Token, TokenMax)
	c.Number(&f.Member)
	c.Number(&f.Ping)
	if f.Ping > PingMax {
		c.Fail("a time is out of its range")
	}
}

func (f *Room) code(c *wire.Coder) {
	str(c, &f.Title)
	c.Number(&f.Owner)
	c.Flag(&f.Open)
	limited(c, (*byte)(&f.State), byte(Over))
	c.Wide(&f.Pace)
	c.Flag(&f.Hurry)
	c.Byte((*byte)(&f.Waiting))
	wire.List(c, &f.Members, MembersMax, func(c *wire.Coder, m *Member) {
		c.Number(&m.Number)
		c.Text(&m.Name, NameMax)
		c.Flag(&m.Here)
	})
	wire.List(c, &f.Seats, consensus.NodesMax, func(c *wire.Coder, s *Seat) {
		c.Number(&s.Member)
		limited(c, (*byte)(&s.State), byte(SeatGone))
		c.Number(&s.Latency)
	})
}

func (f *Did) code(c *wire.Coder) {
	c.Number(&f.Member)
	limited(c, (*byte)(&f.Why), byte(TabWrong))
	str(c, &f.Line)
}

func (f *Line) code(c *wire.Coder) {
	limited(c, (*byte)(&f.State), byte(Closed))
	c.Number(&f.Code)
	str(c, &f.Why)
	c.Number(&f.Again)
}

// limited codes a byte that is at most max.
func limited(c *wire.Coder, v *byte, max byte) {
	c.Byte(v)
	if *v > max {
		c.Fail("a byte is out of its range")
	}
}
