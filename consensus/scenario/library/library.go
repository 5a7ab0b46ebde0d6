// Package library holds the scenarios that come with Parley: well-known stories of
// consensus, each a script with a title, a sentence that says what it is about, and
// markers that tell it. Its name is its address, #s=raft-first-election, and begins with
// the engine that it needs, so that a page knows which one to load.
//
// The scripts are the .txt files beside this one. They are compiled in as constants
// (package embed would cost each visitor 84 kB).
package library

import "parley/consensus/scenario"

//go:generate go run parley/server/librarygen

// Entry is a scenario of the library.
type Entry struct {
	Name    string // lower-case words joined by hyphens, the engine first
	Engine  string
	Title   string
	Summary string // one or two sentences
}

// order is the order in which the scenarios are offered.
var order = [...]string{
	"raft-first-election", "raft-leader-crash", "raft-split-vote", "raft-minority", "raft-retried-request",
	"raft-figure-7", "raft-figure-8", "raft-figure-8-broken", "raft-double-vote",
	"synod-chosen-unknown", "synod-duelling",
	"multipaxos-new-leader", "multipaxos-gap",
}

// item is a scenario with its script.
type item struct {
	Entry
	text string
}

func find(name string) *item {
	for i := range items {
		if items[i].Name == name {
			return &items[i]
		}
	}
	return nil
}

// All returns all scenarios, in the order in which they are offered.
func All() []Entry {
	list := make([]Entry, len(order))
	for i, name := range order {
		list[i] = find(name).Entry
	}
	return list
}

// Text returns the script of the scenario with that name, and whether there is one.
func Text(name string) (script string, ok bool) {
	if it := find(name); it != nil {
		return it.text, true
	}
	return "", false
}

// Script returns the scenario with that name, and whether there is one.
func Script(name string) (scenario.Script, bool) {
	it := find(name)
	if it == nil {
		return scenario.Script{}, false
	}
	s, err := scenario.Parse(it.text)
	if err != nil {
		panic("library: " + name + ": " + err.Error()) // a test parses all of them
	}
	return s, true
}
