// Package journal is a run as lines of JSON, for programs to read and to write: what
// `parley run -format json` prints, what a page exports, and what it can show again.
//
// A journal is text in UTF-8, an object a line. The first line begins it, the last one
// ends it, and each between is one event:
//
//	{"kind":"begin","version":1,"engine":"raft","epoch":1,"script":"nodes 3\n…"}
//	{"kind":"boot","event":0,"time":0,"node":"N1","disk":"new","bytes":0}
//	…
//	{"kind":"end","time":450000000,"events":1024,"violations":0,"digest":"0123456789abcdef"}
//
// In the first line, version is that of this form, engine and epoch are the algorithm's
// name and the behaviour epoch that it had, and script is what was run (package
// scenario's text form); ballots is there when terms are ballots, round*ballots + the
// number of the proposer. In the last line, time is how far the run went, events how
// many there are, violations how many of these are violations, and digest is that of
// package trace over the others. A journal without its last line was cut off.
//
// In an event, kind names it (package trace has the names), event is its number, from
// 0, time is in nanoseconds of the run's own time, and node is where it happened; the
// other fields belong to the kind and stand in Kinds. Times are integers of
// nanoseconds, numbers are integers, endpoints are strings ("N1" a node, "C1" a
// client), sets of nodes are lists of them, texts are strings. A field that has nothing
// to say is left out.
//
// These names stay. A later version may add fields, which readers pass over, and kinds,
// which need a new version.
//
// A journal tells everything that a trace does: the events that are read are equal to
// those that were written, so the digest can be checked.
package journal

import (
	"errors"
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Version is that of the form that is written, and the latest that is read.
const Version = 1

// Bounds of a journal that is read.
const (
	// SizeMax is the largest size of a journal in bytes.
	SizeMax = 512 << 20
	// LineMax is the largest size of a line in bytes; the first one may be as long as
	// scripts are.
	LineMax = 256 << 10
	// EventsMax is the largest number of events.
	EventsMax = 4_000_000
)

// Begin is the first line.
type Begin struct {
	Version int
	Engine  string
	Epoch   uint32
	Script  string
}

// End is the last line.
type End struct {
	Time       consensus.Time
	Events     int
	Violations int
	Digest     string // 16 hexadecimal digits
}

// Journal is one that was read.
type Journal struct {
	Begin
	Protocol *consensus.Protocol
	Setup    scenario.Setup // what the script begins with
	Log      trace.Log
	Digest   trace.Digest // of the events that were read
	End      *End         // nil when the journal was cut off
}

// Error says what is wrong with a journal, and in which line, counted from 1; 0 is none
// in particular.
type Error struct {
	Line int
	Why  string
}

// Error returns "line 7: what is wrong".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Why
	}
	return "line " + strconv.Itoa(e.Line) + ": " + e.Why
}

// ErrDigest is what Check finds when events were changed since they were written.
var ErrDigest = errors.New("the events of the journal do not have the digest that its last line tells: it was changed, or written by another program")

// Check reports whether the journal is whole: an error is a sentence that says what is
// missing or does not fit. One that fails can be shown all the same.
func (j *Journal) Check() error {
	switch {
	case j.End == nil:
		return errors.New("the journal has no last line: it was cut off after " + strconv.Itoa(j.Log.Len()) + " events")
	case j.End.Events != j.Log.Len():
		return errors.New("the last line of the journal tells of " + strconv.Itoa(j.End.Events) + " events, and there are " + strconv.Itoa(j.Log.Len()))
	case j.End.Digest != j.Digest.String():
		return ErrDigest
	}
	return nil
}
