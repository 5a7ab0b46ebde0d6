// Package library holds the scenarios that come with Parley: well-known stories of
// consensus, each a script with a title, a sentence that says what it is about, and
// markers that tell it. Its name is its address, #s=raft-first-election, and begins with
// the engine that it needs, so that a page knows which one to load.
//
// The scripts are the .txt files beside this one. They are compiled in as constants
// (package embed would cost each visitor 84 kB).
package library

import (
	"strings"

	"parley/consensus/scenario"
)

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

// All returns all scenarios, in the order in which they are offered.
func All() []Entry {
	list := make([]Entry, len(order))
	for i, name := range order {
		text := texts[name]
		list[i] = Entry{Name: name, Engine: said(text, "engine"), Title: said(text, "title"), Summary: summary(text)}
	}
	return list
}

// Text returns the script of the scenario with that name, and whether there is one.
func Text(name string) (script string, ok bool) {
	script, ok = texts[name]
	return script, ok
}

// Script returns the scenario with that name, and whether there is one.
func Script(name string) (scenario.Script, bool) {
	text, ok := texts[name]
	if !ok {
		return scenario.Script{}, false
	}
	s, err := scenario.Parse(text)
	if err != nil {
		panic("library: " + name + ": " + err.Error()) // a test parses all of them
	}
	return s, true
}

// said returns what a script says about something of its setup.
func said(text, what string) string {
	_, rest, _ := strings.Cut("\n"+text, "\n"+what+" ")
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// summary returns the comment that a script begins with.
func summary(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		words = append(words, strings.Fields(comment)...)
	}
	return strings.Join(words, " ")
}
