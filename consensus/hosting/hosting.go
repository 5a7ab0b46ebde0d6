// Package hosting is the protocol between the World of a live room, which runs at a
// relay, and the tabs in which its nodes run. It shares a socket with package frame:
// whatever has a type below 64 is a frame for the page, and the worker hands it on; the
// types here it keeps to itself. This file is the documentation of their bytes, which are
// written as in package frame, with the same Version in front.
//
//	64 Hello     Room, Token, Name strings, Instance 8 bytes, Engines list: Name string,
//	             Epoch, World numbers; Events, Texts, Actions numbers, Nodes list: Node
//	             byte, Boot, Seq numbers
//	65 Work      Node byte, Boot, Seq numbers, Quiet flag, At time, Input: Kind byte, Now
//	             signed, then by Kind:
//	             1 start      Disk: Size number, Hash 8 bytes, Given flag, Bytes; Nodes
//	                          set, Seed 8 bytes, Settings, Machine string
//	             2 message    From, To, Kind, Flags bytes, Term number, Data
//	             3 timer      Timer byte
//	             4 request    Client byte, Seq number, Command
//	             5 configure  Settings
//	             Settings is Off number, Options list of signed
//	66 Done      Node byte, Boot, Seq numbers, Effects: Write, Replace, Loose flags,
//	             Messages list: To, Kind, Flags bytes, Term number, Again flag, Data
//	             unless Again; Timers list: Timer byte, After signed; Replies list:
//	             Client byte, Seq number, Status, Leader bytes, Result; Notes list: Kind,
//	             Peer, Sub bytes, Rule, Term, A, B, C, D numbers
//	67 WantDisk  Node byte, Boot, Seq numbers
//	68 Forget    Node byte
//	69 Bye
//	70 Ask
//	71 Here
//
// The conversation. A tab says Hello first, and is answered by Joined, Room and what it
// lacks of the trace, by Wanted, or by a close code. Opened comes in front of the trace if
// the tab has nothing of it (Texts is 0), or what cannot be of this room. Who comes back
// says how much of the trace it has, and how far each node that it runs has come; the same
// Instance says that it still holds their engines, and the World goes on where it was.
// Work is one input for one node; Boot counts the starts of the node and Seq its inputs
// since then, from 1, which is the start. Done has what followed from it. Both are sent
// again after a lost connection, and what has been done already is not done again. Quiet
// work is to be done and not to be answered: the World knows already what followed. A tab
// writes Effects.Write to its own storage before it says Done; a start names the durable
// part of the disk by size and hash, and a tab that has not got it asks for the bytes
// (WantDisk). Forget says that the node has crashed. Bye says that the tab closes. Ask asks
// whether the tab is there, and it answers with Here.
//
// All of these are binary messages. The only texts are Ping, which a tab in a room sends
// as often as Joined says, whatever else it sends, and Pong, the answer. They have no version
// and say nothing of a room, so that the answer can come from something that stands in
// front of a relay that sleeps.
package hosting

import (
	"parley/consensus"
	"parley/consensus/frame"
)

// Close codes of a relay's socket, beside those of RFC 6455 (1000 the room was left, 1001
// the relay is going away, 1009 a frame is too large, 1012 the relay restarts, 1013 the
// relay or the room is full, or the peer too slow).
const (
	CloseMalformed = 4000 // a frame that no tab of ours sends
	CloseHello     = 4001 // there was no Hello, or not in time, or a second one
	CloseVersion   = 4002 // an old page: it has to be loaded anew
	CloseNoRoom    = 4004 // there is no such room, or no longer
	CloseToken     = 4005 // the token is not that of a member
	CloseSeat      = 4006 // work or effects for a seat that is not the tab's own
	CloseEffects   = 4007 // effects that no engine may have
	CloseRate      = 4008 // too many frames or bytes in a short time
	CloseTwice     = 4009 // another tab sits there with the same token
	CloseIdle      = 4010 // nothing was heard for too long: the tab comes back, if it is there
	CloseEnded     = 4011 // the owner has ended the room
	CloseRemoved   = 4012 // the owner has sent this member away
	CloseDiverged  = 4013 // the run is no longer what its recording says
)

// The texts with which a tab shows that it is there, and the relay that the line works.
const (
	Ping = "ping"
	Pong = "pong"
)

// Bounds of the protocol.
const (
	// SizeMax is the largest size of what a tab sends in bytes.
	SizeMax = 1 << 20
	// EnginesMax is the largest number of engines that a tab tells of.
	EnginesMax = 16
	// ListMax is the largest number of messages, timers, replies or notes of one step.
	ListMax = 4096
	// WriteMax is the largest number of bytes that one step writes.
	WriteMax = 1 << 20
	// DiskMax is the largest disk that a start can bring, in bytes.
	DiskMax = 3 << 20
)

// Frame is one of the types below.
type Frame interface{ kind() byte }

type (
	// Hello is the first frame of a tab.
	Hello struct {
		Room, Token, Name string // Token "": a newcomer
		Instance          uint64 // drawn anew by every worker that starts
		Engines           []Engine
		Events            uint32 // how much of the trace it has,
		Texts             uint32 // of the texts,
		Actions           uint32 // and how many Did it has heard
		Nodes             []Place
	}
	// Engine is an algorithm that a tab has, with its behaviour epochs.
	Engine struct {
		Name         string
		Epoch, World uint32
	}
	// Place says how far a node has come: Boot counts its starts, Seq its inputs since.
	Place struct {
		Node      consensus.NodeID
		Boot, Seq uint32
	}
	// Work is one input for one node.
	Work struct {
		Place
		Quiet  bool
		At     consensus.Time // the World's own time
		Input  consensus.Input
		Config Config // of a start
		Disk   Disk   // of a start; Input.Disk holds its bytes if they are Given
	}
	// Config is what an engine is made of.
	Config struct {
		Nodes    consensus.NodeSet
		Seed     uint64
		Settings consensus.Settings
		Machine  string // its name
	}
	// Disk names what is durable on a disk.
	Disk struct {
		Size  uint32
		Hash  uint64 // consensus.Hash
		Given bool
	}
	// Done has what followed from a piece of work.
	Done struct {
		Place
		Effects consensus.Effects
	}
	// WantDisk asks for the work again, with the bytes of the disk.
	WantDisk struct{ Place }
	// Forget says that a node has crashed: its engine is no more.
	Forget struct{ Node consensus.NodeID }
	// Bye says that the tab closes, so that nobody waits for it.
	Bye struct{}
	// Ask is for a sign of life.
	Ask struct{}
	// Here is that sign.
	Here struct{}
)

// IsFrame reports whether b is meant for the page, and not of this package.
func IsFrame(b []byte) bool { return len(b) >= 2 && b[1] < typeHello }

// Version of the protocol; it is that of frames.
const Version = frame.Version
