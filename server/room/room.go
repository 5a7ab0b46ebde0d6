package room

import (
	"parley/consensus/frame"
	"parley/consensus/trace"
)

// Out is one thing for the host to do.
type Out struct {
	Peer  Peer
	Frame []byte // to be sent as one binary message; nil: nothing. Read-only
	// More: when the frame was written to the connection, Drained is to be called.
	More bool
	// Ping: a ping is to be sent, and Heard to be called when it is answered.
	Ping bool
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
type Room struct{}

// New makes a room in its lobby. Its first member, who holds ownerToken, is the owner. The
// error is a sentence that says what is wrong with the script.
func New(c Config, id, script, ownerToken string, now Moment) (*Room, error) { panic("not yet") }

// Restore makes the room that Unsaved recorded, run as far as it may have been shown. The
// error is a sentence: the record cannot be read, or not be run any more.
func Restore(c Config, id string, record []byte, now Moment) (*Room, error) { panic("not yet") }

// Connect is told of a new connection.
func (r *Room) Connect(now Moment, p Peer) { panic("not yet") }

// Receive takes one binary message of a connection. It keeps no reference to b.
func (r *Room) Receive(now Moment, p Peer, b []byte) { panic("not yet") }

// Heard is told that a ping was answered.
func (r *Room) Heard(now Moment, p Peer) { panic("not yet") }

// Drained is told that all was written of what was marked with Out.More.
func (r *Room) Drained(now Moment, p Peer) { panic("not yet") }

// Disconnect is told that a connection is no more; orderly: it was closed by the tab, with
// 1000 or 1001, and did not break. Of a peer that is not known nothing follows.
func (r *Room) Disconnect(now Moment, p Peer, orderly bool) { panic("not yet") }

// Tick lets time pass.
func (r *Room) Tick(now Moment) { panic("not yet") }

// Next returns when Tick is to be called; false: not until something else happens.
func (r *Room) Next() (Moment, bool) { panic("not yet") }

// Unsaved returns the record that has to be stored before the Outs are carried out; nil:
// what is stored will do.
func (r *Room) Unsaved() []byte { panic("not yet") }

// Stop makes the last record of a room whose host stops: exactly what was shown, to be
// stored. The connections are the host's to close, with 1012.
func (r *Room) Stop(now Moment) []byte { panic("not yet") }

// Outs returns what is to be done, and forgets it.
func (r *Room) Outs() []Out { panic("not yet") }

// Stats returns how the room is.
func (r *Room) Stats() Stats { panic("not yet") }

// Over reports whether the room has ended or expired, and is to be dropped and removed
// from the store.
func (r *Room) Over(now Moment) bool { panic("not yet") }

// Script returns the recording of the run so far as a script: setup, and all actions that
// were done.
func (r *Room) Script() string { panic("not yet") }

// Engine returns the name of the algorithm.
func (r *Room) Engine() string { panic("not yet") }

// Title returns the title of the script.
func (r *Room) Title() string { panic("not yet") }
