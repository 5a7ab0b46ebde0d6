package scene

import (
	"parley/consensus"
	"parley/web/view"
)

// Theme is the colours that have no term: grey for what is plain, one accent for the
// cursor and what is chosen, one for danger. base.css has the same.
type Theme struct {
	Dark   bool
	Paper  RGBA // what everything stands on
	Text   RGBA // what is read
	Dim    RGBA // what is read second
	Faint  RGBA // rules and grids
	Accent RGBA
	Danger RGBA
}

var themes = [...]Theme{
	{
		Paper: opaque(0xf4f4f2), Text: opaque(0x17191d), Dim: opaque(0x565c66), Faint: opaque(0xd6d6d3),
		Accent: opaque(0x1f5fd0), Danger: opaque(0xb3261e),
	},
	{
		Dark:  true,
		Paper: opaque(0x0d1014), Text: opaque(0xe6e9ee), Dim: opaque(0x9aa2af), Faint: opaque(0x2a313b),
		Accent: opaque(0x7fb0ff), Danger: opaque(0xff8a80),
	},
}

// onGround is the theme of what stands on the page itself, onSurface that of what
// stands on a panel.
func onGround(dark bool) *Theme {
	if dark {
		return &themes[1]
	}
	return &themes[0]
}

func onSurface(dark bool) *Theme {
	t := *onGround(dark)
	t.Paper = opaque(0xffffff)
	if dark {
		t.Paper = opaque(0x13171d)
	}
	return &t
}

// hues are the colours of the terms and of what is written on them, light and dark.
// Package view computes the latter, which takes too long to do for every message.
var hues = func() (t [2][view.Hues + 1][2]RGBA) {
	for theme := range t {
		for slot := range t[theme] {
			n, dark := consensus.Term(slot), theme == 1
			t[theme][slot] = [2]RGBA{of(view.TermColour(n, dark)), of(view.TermInk(n, dark))}
		}
	}
	return t
}()

// hue returns the colour of a place in the cycle of hues (view.Store.TermSlot), and that of
// what is written on it.
func (t *Theme) hue(slot int) (fill, ink RGBA) {
	h := &hues[0]
	if t.Dark {
		h = &hues[1]
	}
	c := &h[slot]
	return c[0], c[1]
}

func of(c view.RGB) RGBA { return RGBA(c.R)<<24 | RGBA(c.G)<<16 | RGBA(c.B)<<8 | 0xff }

// Words are the few words that painters write themselves; roles and messages are named
// by the protocol.
type Words struct {
	Down   string // a node that crashed
	Idle   string // one that was not started yet
	Voted  string // before the name of the node that got a vote
	Writes string // a node that waits for its disk
	Ring   string // what the ring shows, for those who do not see it
	Logs   string
	Space  string
	Time   string // the timeline
	NoOp   string // an entry without a command
	Client string
	// Before what an acceptor has accepted, and what it knows to be chosen.
	Accepted, Chosen string
}

// Mark is what stands at a node that the run does not know: in a live room somebody runs it.
type Mark struct {
	Who  string // who runs it; "": the relay does
	Own  bool   // it runs in this tab
	Away string // says that its tab is waited for, Gone that it is gone; "": it is there
	Gone string
}

// English is the catalogue's wording; the page may set another.
var English = Words{
	Down: "down", Idle: "not started", Voted: "voted", Writes: "writes to disk", Ring: "The cluster", Logs: "The logs",
	Space: "Space-time diagram", Time: "Timeline", NoOp: "no-op", Client: "client",
	Accepted: "accepted", Chosen: "chosen",
}
