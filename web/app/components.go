package app

import (
	"github.com/vugu/vugu"

	"parley/web/texts"
)

// The components. V is what a component shows, finished; M takes what is done with it.

// Root is the whole page.
type Root struct {
	V *Screen
	M *Model
}

// Top is the bar at the top.
type Top struct {
	V *TopView
	M *Model
}

// Sharing is the dialog that offers the run to others.
type Sharing struct {
	V    *ShareView
	Open bool
	M    *Model
}

// Bar is the strip that says what goes on in a live room.
type Bar struct {
	V *BarView
	M *Model
}

// Rooms is the dialog of live rooms.
type Rooms struct {
	V    *RoomView
	Open bool
	M    *Model
}

// Submit does what the first button of the dialog does, where it asks for a name.
func (c *Rooms) Submit(event vugu.DOMEvent) {
	event.PreventDefault()
	c.M.SubmitRoom()
}

// Acts is the toolbar below the ring.
type Acts struct {
	V *ActsView
	M *Model
}

// Pops is the small panel beside what was clicked.
type Pops struct {
	V *PopView
	M *Model
}

// Notices are what should be known, over the scene.
type Notices struct {
	V NoticesView
	M *Model
}

// Why is the feed: what happened, and by which rule.
type Why struct {
	V *WhyView
	M *Model
}

// Tabs chooses the panel.
type Tabs struct {
	V []TabView
	M *Model
}

// Inspector shows every field of what is chosen.
type Inspector struct {
	V *InspectView
	M *Model
}

// Rules are the rules of the algorithm and their switches.
type Rules struct {
	V []RuleRow
	M *Model
}

// Code is the pseudocode.
type Code struct {
	V *CodeView
	M *Model
}

// Shop is the key-value store: a form, and what clients asked for.
type Shop struct {
	V *StoreView
	M *Model
}

// Dials are the settings of the run.
type Dials struct {
	V *DialsView
	M *Model
}

// Transport is the time: play, step, scrub, speed.
type Transport struct {
	V *TimeView
	M *Model
}

// Numbers are what two runs cost, side by side.
type Numbers struct {
	V *CompareView
	M *Model
}

// Lexicon is what each thing of an algorithm is called in the other.
type Lexicon struct {
	V *CompareView
	M *Model
}

// Submit writes the key.
func (c *Shop) Submit(event vugu.DOMEvent) {
	event.PreventDefault()
	c.M.WriteKey()
}

// SubmitCommand asks for the command.
func (c *Shop) SubmitCommand(event vugu.DOMEvent) {
	event.PreventDefault()
	c.M.AskCommand()
}

// Submit begins a new run.
func (c *Dials) Submit(event vugu.DOMEvent) {
	event.PreventDefault()
	c.M.NewRun()
}

// T returns a text of the catalogue.
func T(key string) string { return texts.Get(key) }

// yes returns the word of a state of ARIA.
func yes(on bool) string {
	if on {
		return "true"
	}
	return "false"
}
