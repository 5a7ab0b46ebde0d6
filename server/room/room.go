package room

import (
	"errors"
	"strconv"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// Out is one thing for the host to do.
type Out struct {
	Peer  Peer
	Frame []byte // to be sent as one binary message; nil: nothing. Read-only
	// More: when the frame was written to the connection, Drained is to be called.
	More bool
	// Doubt: nothing was heard of the peer for long. A host that answers pings and has not
	// told of them says with Heard when the last one came, within a second.
	Doubt bool
	// Close is the close code of the connection, 0 to leave it open. It is closed after
	// what went before was written, and Disconnect need not be called for it.
	Close int
	Why   string // of Close: a sentence
}

// Stats is what a host may want to know of a room.
type Stats struct {
	State       frame.RoomState
	Connections int // those included that have not said Hello
	Members     int // who are connected
	Seats       int // that are held
	Here        int // of these: whose tab is connected
	Events      int
	Actions     int // that were done
	Digest      trace.Digest
	// Since the room was made or restored:
	Work     int // pieces that were done by tabs
	Foreseen int // of these: that were sent before their time
	Rebuilt  int // pieces whose effects were found by running the recording again
}

// Room is one live room. It is not safe for concurrent use.
type Room struct {
	c  Config
	id string

	// The run.
	script   scenario.Script // what it began from
	protocol *consensus.Protocol
	world    *sim.World
	host     *host
	log      trace.Log // its events; the texts are the World's
	dids     []did
	shadow   *shadow
	stats    Stats
	size     int  // bytes of its script
	full     bool // it cannot go on, for another reason than the World's

	// The conductor's.
	work     *sim.Work // that is out, nil: none
	works    uint64    // how many pieces were handed out so far
	acts     []act     // to be done as soon as nothing is out
	fx       consensus.Effects
	list     []sim.Work
	stepping bool // up to the next event that is worth looking at
	state    frame.RoomState
	pace     uint64
	hurry    bool
	target   consensus.Time // up to where the World may run
	paced    Moment         // when that was reckoned last
	behind   bool           // there is more to do than was done at once

	// The people.
	members []*member // by number
	next    uint32    // the number of the next one
	owner   *member
	open    bool
	seats   []seat // by NodeID-1
	conns   []*conn
	peers   map[Peer]*conn
	alone   bool   // nobody is here, or was since the room was restored
	empty   Moment // since when nobody is connected
	now     Moment // of what happens
	ended   int    // the close code for everybody; 0: the room goes on

	// What is to be told.
	outs    []Out
	changed bool   // something of frame.Room
	lagging bool   // latencies have
	urgent  bool   // not to be put off until the next flush
	flushed Moment // when events were told last
	roomed  Moment // when frame.Room was
	waits   consensus.NodeID
	head    head
	piece   piece // of the trace, the last one that was encoded

	// What is to be stored.
	dirty   bool
	horizon consensus.Time
	acted   []byte // the actions so far, as they stand in the record
}

// New makes a room in its lobby. Its first member, who holds ownerToken, is the owner. The
// error is a sentence that says what is wrong with the script.
func New(c Config, id, script, ownerToken string, now Moment) (*Room, error) {
	r, err := begin(c, id, script, now)
	if err != nil {
		return nil, err
	}
	if err := r.world.Schedule(r.script.Actions); err != nil {
		return nil, err
	}
	r.owner = r.join(secretOf(ownerToken), "")
	r.dirty = true
	return r, nil
}

// begin makes a room without members.
func begin(c Config, id, script string, now Moment) (*Room, error) {
	c.Limits = c.Limits.orDefault()
	s, err := scenario.ParseFor(script, c.Known)
	if err != nil {
		return nil, err
	}
	if s.Setup.Nodes > NodesMax {
		return nil, errors.New("a room has at most " + strconv.Itoa(NodesMax) + " nodes, and this script has " + strconv.Itoa(s.Setup.Nodes))
	}
	config, err := c.World(s.Setup)
	if err != nil {
		return nil, err
	}
	r := &Room{
		c: c, id: id, script: s, protocol: config.Algorithm.Protocol, host: newHost(&config),
		pace: PaceDefault, hurry: true, next: 1, alone: true, empty: now, paced: now,
		seats: make([]seat, s.Setup.Nodes), peers: map[Peer]*conn{},
	}
	for i := range r.seats {
		r.seats[i].node = consensus.NodeID(i + 1)
	}
	r.size = len(s.String())
	config.Host, r.host.fell = r.host, r.fell
	if r.world, err = sim.New(config); err != nil {
		return nil, err
	}
	return r, nil
}

// Connect is told of a new connection.
func (r *Room) Connect(now Moment, p Peer) {
	if r.peers[p] != nil {
		panic("room: a peer was named twice")
	}
	r.now = now
	k := &conn{peer: p, since: now, heard: now, until: now + r.c.Limits.Hello}
	k.frames.fill(now, r.c.Limits.FramesBurst)
	k.bytes.fill(now, r.c.Limits.BytesBurst)
	r.peers[p] = k
	r.conns = append(r.conns, k)
	if len(r.conns) > r.c.Limits.Connections {
		r.shut(k, closeFull, "there are too many connections to this room: try again later")
	}
	r.after(now)
}

// Drained is told that all was written of what was marked with Out.More.
func (r *Room) Drained(now Moment, p Peer) {
	r.now = now
	if k := r.peers[p]; k != nil && k.full {
		k.full = false
		r.tell(k)
	}
	r.after(now)
}

// Disconnect is told that a connection is no more; orderly: it was closed by the tab, with
// 1000 or 1001, and did not break. Of a peer that is not known nothing follows.
func (r *Room) Disconnect(now Moment, p Peer, orderly bool) {
	r.now = now
	if k := r.peers[p]; k != nil {
		r.leave(now, k, orderly)
	}
	r.after(now)
}

// Tick lets time pass.
func (r *Room) Tick(now Moment) { r.after(now) }

// after does what follows from whatever has happened: the World goes on, deadlines pass,
// and who is to know of it is told.
func (r *Room) after(now Moment) {
	r.now = now
	if r.ended != 0 {
		r.expel()
		return
	}
	r.expire(now)
	r.conduct(now)
	if r.ended != 0 {
		r.expel()
		return
	}
	r.flush(now)
}

// Outs returns what is to be done, and forgets it.
func (r *Room) Outs() []Out {
	o := r.outs
	r.outs = nil
	return o
}

// Stats returns how the room is.
func (r *Room) Stats() Stats {
	s := r.stats
	s.State, s.Connections = r.state, len(r.conns)
	for _, m := range r.members {
		if m.conn != nil {
			s.Members++
		}
	}
	for i := range r.seats {
		if m := r.seats[i].member; m != nil {
			s.Seats++
			if m.conn != nil {
				s.Here++
			}
		}
	}
	s.Events, s.Actions, s.Digest = r.world.Events(), r.world.Done(), r.world.Digest()
	return s
}

// Over reports whether the room has ended or expired, and is to be dropped and removed
// from the store.
func (r *Room) Over(now Moment) bool {
	return r.ended != 0 || len(r.conns) == 0 && now >= r.empty+r.c.Limits.Idle
}

// Script returns the recording of the run so far as a script: setup, and all actions that
// were done.
func (r *Room) Script() string {
	s := r.script
	s.Actions = r.world.Actions()[:r.world.Done()]
	return s.String()
}

// About is what a page has to know of a room before it joins.
type About struct {
	Engine string // name of its algorithm
	Title  string // of its script, "" if it has none
	Nodes  int    // how many there are, 1 to NodesMax
}

// About says what the room is about, which does not change.
func (r *Room) About() About {
	return About{Engine: r.protocol.Name, Title: r.script.Title, Nodes: len(r.seats)}
}

// seat returns the seat of a node, nil if there is no such node.
func (r *Room) seat(id consensus.NodeID) *seat {
	if id < 1 || int(id) > len(r.seats) {
		return nil
	}
	return &r.seats[id-1]
}

// begun reports whether anything may have happened in the run.
func (r *Room) begun() bool { return r.state != frame.Lobby }
