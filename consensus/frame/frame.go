// Package frame is the protocol between whoever runs a World and whoever shows it:
// commands in, trace frames out. The engine's Web Worker speaks it with the page, and
// a relay speaks it with the viewers of a live room. This file is its documentation.
//
// A frame is
//
//	byte 0     Version
//	byte 1     type
//	bytes 2-5  request number, little-endian: chosen by who commands, repeated in
//	           the answers; 0 in what nobody asked for
//	rest       the body of the type, below
//
// In bodies, numbers are unsigned LEB128 varints in their shortest form (times and
// other signed ones zigzag), single bytes and flags a byte, strings and byte slices
// have their length in front, lists their count, events the fixed form of package trace.
// A set of nodes is two varints, the low word first.
//
// A frame of another version, of an unknown type, too short, too long, with a number
// out of its range or with bytes left over is refused as a whole (ErrFrame wraps what
// is wrong) and changes nothing. Lists and strings are bounded before anything is
// allocated for them. What a frame says may still make no sense for the run at hand (an
// action on a node that is not there): that is for whoever carries it out to refuse.
//
//	1  Open        Script string
//	2  Advance     Until time, Events number
//	3  Act         Action: At time, Kind byte, Node byte, Peer byte, Timer byte,
//	               Dial byte, Message number, Drift signed, Value signed,
//	               Groups list of sets, Text string
//	4  Inspect     After number, Node byte, Message number
//	5  GetScript
//	6  OpenLink    Link string, Anyway flag
//	7  Verify      Events number
//	8  GetLink     Until time, Title string, Markers list: At time, Caption string
//	9  GetLibrary
//	10 ActLine     At time, Text string
//	11 Join        Address, Room, Token, Name strings
//	12 Leave
//	13 Conduct     Verb byte, Node byte, Member number, Value number, Text string
//	32 Ready       Build string, Protocols list of protocols as in Opened,
//	               Machines list of strings
//	33 Opened      Script, Title strings,
//	               Setup: Engine, Machine strings, Nodes, Clients, Seed numbers, each
//	               dial signed, Options list: Name string, Value signed; Off list of
//	               strings, Disks list: Node byte, Bytes, by rising nodes, none empty;
//	               For time, Markers list: At time, Caption string,
//	               Protocol: Name, Title strings, Epoch number,
//	               TermWord, IndexWord strings, TermNodes number, Leaderless, Slots
//	               flags, Quorum: Lead, Decide, Among, Meet strings, then lists:
//	               Rules: ID, Source, Says, Protects strings, Switchable flag,
//	               Without string, Tells list of strings, Quiet number;
//	               Invariants: ID, Name, Source, Says, Broken strings;
//	               Messages: Kind byte, Name, Short, Says strings, Reply byte;
//	               Roles: Name string, Leads, Seeks flags, Says string;
//	               Timers: Name string, Arc flag, Says string;
//	               Options: Name, Label, Unit strings, Default, Min, Max signed,
//	               Says string;
//	               Code: Block, Text strings, Indent byte, Rules list of strings;
//	               Words: Concept, Name, Says strings;
//	               then Headlines: Beginning, Leads, SeeksOne, SeeksMany, Idle,
//	               Decided strings
//	34 Events      First number, Events list of events, FirstText number,
//	               Texts list of strings
//	35 Head        Time time, Events number, Digest 8 bytes little-endian, State byte
//	36 Acted       Line string, Kept number, Forked flag
//	37 Refused     Why string
//	38 Detail      After number, Node byte, Message number, Fields list: Group, Name,
//	               Value strings
//	39 Script      Text string
//	40 Failed      Why, Stack strings
//	41 Wanted      Engine string, Epoch, World numbers
//	42 Linked      Recorded flag, Epoch, World numbers, End, At times, Timed flag,
//	               Until time, View list of strings
//	43 Verdict     State byte, Action number, At, True times, Events number
//	44 Link        Code string, Fits flag, Text string
//	45 Library     Entries list: Name, Engine, Title, Summary strings
//	46 Joined      Room, Token strings, Member number, Ping number
//	47 Room        Title string, Owner number, Open flag, State byte, Pace number,
//	               Hurry flag, Waiting byte, Members list: Number number, Name string,
//	               Here flag; Seats list: Member number, State byte, Latency number
//	48 Did         Member number, Why byte, Line string
//	49 Line        State byte, Code number, Why string, Again number
//
// Types from 64 on are those of package hosting, which a relay and a worker speak with
// each other; no page ever sees them.
//
// Bytes that were once given a meaning keep it: a change of any body, or a new type,
// is a new Version with new golden files (see golden_test.go).
//
// The conversation: the worker says Ready once. Open starts a run and is answered by
// Opened, Events (the beginning) and Head. Advance is answered by any number of Events
// and one Head. Act or ActLine is answered by Acted (and then Events and a Head) or
// Refused.
// Inspect is answered by Detail or Refused, GetScript by Script. Failed may come at any
// time and is the last thing a worker says.
//
// OpenLink is Open for what somebody has sent: a link, or the text of a recording. It is
// answered by Linked and then as Open is; or by Wanted, when the link needs another engine
// than the worker has, who then runs the old one; or by Refused, with a sentence of its
// own for each way in which a link can be damaged. Whether the run is still the one that
// was recorded is found out by running it beside: Verify is answered by a Verdict, and is
// sent again as long as that says Checking. GetLink is answered by Link, GetLibrary by
// Library.
//
// Join enters a live room, whose World runs at a relay. It is answered by Line as the
// connection changes, by Wanted when the room needs another engine than the worker has,
// by Joined and Room, and then as Open is; from there on the relay sends Events and a Head
// as time goes on, a Room when something of the room changes, and a Did for each action
// in front of the events that follow from it. Advance and Verify have no meaning in a room;
// Act and ActLine are done at the moment when they come, whatever their At, and answered
// by Acted or Refused, Conduct by Room or Refused.
package frame

import (
	"parley/consensus"
	"parley/consensus/scenario"
)

// Version of the protocol; frames of other versions are refused.
const Version = 6

// Bounds of a frame.
const (
	// SizeMax is the largest size of a frame in bytes.
	SizeMax = 4 << 20
	// EventsMax is the largest number of events in one Events frame, and of texts.
	EventsMax = 16_384
	// ListMax is the largest length of any other list.
	ListMax = 4096
	// TextMax is the largest size of one text in bytes, a script excepted.
	TextMax = 16 << 10
	// ScriptMax is the largest size of a script in bytes.
	ScriptMax = 1 << 20
	// RecordingMax is the largest size of a recording as text in bytes, and of a link.
	RecordingMax = 2 << 20
)

// Frame is one of the types below.
type Frame interface{ kind() byte }

// Commands.
type (
	// Open starts the run that Script describes (package scenario's text form).
	Open struct{ Script string }
	// Advance runs the World on until the virtual time Until, or until Events more
	// events have happened (at most EventsMax are sent in one frame).
	Advance struct {
		Until  consensus.Time
		Events uint32
	}
	// Act does an action at Action.At. Before the head of the run it forks: the
	// rest of the trace is dropped.
	Act struct{ Action scenario.Action }
	// ActLine does an action in the words of a script, without its moment: "crash n3".
	// Who shows a run need not know how to read them.
	ActLine struct {
		At   consensus.Time
		Text string
	}
	// Inspect asks what a node or a message in flight (one of them is set) was
	// after the first After events.
	Inspect struct {
		After   uint32
		Node    consensus.NodeID
		Message uint32
	}
	// GetScript asks for the recording as text.
	GetScript struct{}
	// OpenLink starts the run of a link, or of a recording's text. Anyway: also if the
	// engine here has not the epoch that it was recorded with.
	OpenLink struct {
		Link   string // at most RecordingMax bytes
		Anyway bool
	}
	// Verify goes on comparing the run of the link that was opened with what was
	// recorded, for about so many events.
	Verify struct{ Events uint32 }
	// GetLink asks for a link of the run up to a moment, under this title and with
	// these markers.
	GetLink struct {
		Until   consensus.Time
		Title   string
		Markers []scenario.Marker
	}
	// GetLibrary asks for the scenarios that come with Parley.
	GetLibrary struct{}
)

// Answers.
type (
	// Ready says that the worker runs: Build names its build, Protocols are the
	// algorithms that it has, the one to open with first, Machines the names of the
	// state machines.
	Ready struct {
		Build     string
		Protocols []consensus.Protocol
		Machines  []string
	}
	// Opened begins a run: what the algorithm says of itself, and the script that
	// the run really starts from, in canonical form and, its actions excepted, as it is
	// understood.
	Opened struct {
		Protocol consensus.Protocol
		Script   string
		Title    string
		Setup    scenario.Setup
		For      consensus.Duration // 0: not said
		Markers  []scenario.Marker
	}
	// Events carries events First, First+1, … of the trace, and the texts FirstText, …
	// that they mention. First may be below what was sent before: a fork, the
	// old rest is void.
	Events struct {
		First     uint32
		Events    []byte // trace.EventSize bytes each
		FirstText uint32
		Texts     []string
	}
	// Head says how far the run has come.
	Head struct {
		Time   consensus.Time
		Events uint32
		Digest uint64
		State  HeadState
	}
	// Acted says that an action is now part of the recording; Line is its script
	// line. Kept is the number of events that stay; Forked: some were dropped.
	Acted struct {
		Line   string
		Kept   uint32
		Forked bool
	}
	// Refused says in a sentence why a command was not carried out.
	Refused struct{ Why string }
	// Detail answers Inspect.
	Detail struct {
		After   uint32
		Node    consensus.NodeID
		Message uint32
		Fields  []consensus.Field
	}
	// Script answers GetScript.
	Script struct{ Text string }
	// Failed says that the worker had to give up, with what a developer may need.
	Failed struct{ Why, Stack string }
	// Wanted says which engine a link needs that is not this one. World and Epoch are 0
	// for a scenario, which runs with any epoch of it.
	Wanted struct {
		Engine       string
		Epoch, World uint32
	}
	// Linked says what the link holds that is opened next, and how to look at it.
	Linked struct {
		Recorded     bool // it is a recording, and can be verified; else a scenario
		Epoch, World uint32
		End          consensus.Time // of the recording, or how long a scenario is worth watching
		At           consensus.Time // the moment to open it at
		Timed        bool           // At was said
		Until        consensus.Time // play up to here; 0: not said
		View         []string       // the parts of the page to show; empty: not said
	}
	// Verdict says whether the run is still what was recorded.
	Verdict struct {
		State  VerdictState
		Action uint32         // Differs: the first action, from 1, at which it does; 0: after the last
		At     consensus.Time // Differs: the moment of that action; else how far it was compared
		True   consensus.Time // up to here it is what was recorded
		Events uint32         // compared so far
	}
	// Link is a recording in its two forms. Fits: the Code is short enough to be sent; else
	// Text is offered as a file. Where not even a short link can hold the Code, it is empty.
	Link struct {
		Code string
		Fits bool
		Text string
	}
	// Library lists the scenarios; Name is the address of one: #s=Name.
	Library struct{ Entries []LibraryEntry }
)

// LibraryEntry is a scenario that comes with Parley.
type LibraryEntry struct{ Name, Engine, Title, Summary string }

// VerdictState says what is known of a recording that is run again.
type VerdictState uint8

// What may be known.
const (
	Checking VerdictState = iota // nothing against it so far
	Equal                        // it is the same, event by event
	Differs                      // it is another run from some moment on
	Stopped                      // it asks for more events than are run
)

// HeadState says whether a run can go on.
type HeadState uint8

// What may hold a run.
const (
	Going HeadState = iota // more will happen
	Quiet                  // nothing is left to happen until somebody acts
	Full                   // the run has reached its bound of events or time
)
