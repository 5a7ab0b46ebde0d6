package app

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/web/texts"
	"parley/web/view"
)

// Link carries commands to whoever runs the World.
type Link interface {
	// Send sends a command and returns its request number, which is never 0.
	Send(f frame.Frame) uint32
	// Restart replaces the one who runs the World by one that has the algorithm; a Ready
	// will follow.
	Restart(algorithm string)
	// Stop ends the one who runs the World: nothing follows.
	Stop()
}

// Keeper keeps a few strings where they outlive a reload of the page: some for this
// tab, some for the visitor. It may forget.
type Keeper interface {
	Keep(key, value string)
	Kept(key string) string
}

// What is kept of a run, for this tab.
const (
	keptScript   = "run.script"   // the recording, as text
	keptBeside   = "run.beside"   // that of the run it is compared with, if any
	keptCursor   = "run.cursor"   // the moment that was shown, ns
	keptFrontier = "run.frontier" // the latest moment that was shown, ns
	keptPlaying  = "run.playing"  // "no" when it was paused
)

// What is kept for the visitor.
const (
	keptFold  = "fold"
	keptTheme = "theme"
	keptSpeed = "speed"
	keptTab   = "tab"
	keptBroke = "broke" // the visitor has broken something: no hint any more
)

// Phase says how far the page has come.
type Phase uint8

// Phases of the page.
const (
	Waiting Phase = iota // for the engine to be there
	Opening              // the run was sent, or is being run to where it was left
	Running              // there is a run to look at
	Lost                 // the engine is gone
)

// Model is the state of the page.
type Model struct {
	*Side          // that is looked at
	sides  []*Side // one, or two that are compared
	looked int     // the number of the side that is looked at
	links  func(side int) Link
	keep   Keeper
	place  [3]string // what was kept of the moment that is shown

	// Offered are the algorithms that can be chosen; what an engine has is offered too.
	Offered []string
	// Earlier are the engines of earlier epochs that a link may ask for: "raft-1.1" is Raft
	// of epoch 1 with the World of epoch 1.
	Earlier []string

	Phase    Phase
	Loss     Loss           // when Lost
	Frontier consensus.Time // the latest moment shown; the World is ahead of it
	Playing  bool
	Speed    view.Speed
	Hurry    bool // skip stretches in which nothing happens
	Still    bool // the visitor prefers reduced motion
	Narrow   bool // one panel at a time
	Dark     bool
	Left     consensus.Time // the diagram's left edge
	Span     consensus.Time // and the time across its width

	Pop      Pop
	Tab      Tab
	Fold     Folds
	Feed     FeedWindow
	Forms    Forms
	openRule consensus.RuleID // that was opened among the rules, 0: none
	// explained is the key of the number or the words that are explained, "" for none.
	explained string
	Notices   []Notice
	Spoken    string // what the live region says

	goal    *goal             // where a reopened run is to be taken
	markers []scenario.Marker // of the run that is open
	coming  *sent             // what is to be opened, or is being
	sent    *sent             // what the run was opened from; nil: from nothing that was sent
	share   share
	room    *room // that the page is in; nil: in none
	rooming rooming
	invited invitation
	outside Outside
	figure  *figure // nil on the playground itself
	undos   []undo  // the last acts, the latest last
	note    string  // what is to be said of the act that was just sent
	broke   bool
	still   consensus.Duration // real time since the last step, when motion is reduced
	follow  bool               // the diagram's window goes with the cursor
	theme   string             // "light", "dark" or "": as the system
	stirred bool               // something a painter shows changed
	changed bool               // something a component shows changed
	urgent  bool               // and it should not wait for the next tenth of a second

	systemDark bool
	onTheme    func(theme string)
}

// Loss says why there is no engine.
type Loss struct{ Kind, Detail string }

// goal is where a run that is opened again is to be taken.
type goal struct {
	cursor, frontier consensus.Time
	playing          bool
	opening          bool // not at cursor, but where a new run opens
}

// undo is what it takes to go back to before an act.
type undo struct {
	scripts []string // one for each side
	goal
	sent *sent
}

// request is a command that was not answered yet.
type request struct {
	frame frame.Frame
	form  *string // where a refusal is shown; nil: in a notice
}

// NewModel returns the model of a page that waits for its engine. links gives the link to
// the engine of a side, 0 or 1; that of side 0 is on its way already.
func NewModel(links func(side int) Link, keep Keeper) *Model {
	m := &Model{
		links: links, keep: keep, Speed: view.SpeedDefault, Hurry: true, Playing: true,
		Span: spanDefault, follow: true,
	}
	m.Side = newSide(links(0), 0)
	m.sides = []*Side{m.Side}
	m.restoreChoices()
	m.Forms.reset(scenario.Defaults(), nil)
	return m
}

// touch says that something was done by the visitor: render at once.
func (m *Model) touch() { m.changed, m.urgent, m.stirred = true, true, true }

// send sends a command and remembers what it was.
func (m *Model) send(f frame.Frame, form *string) uint32 {
	n := m.link.Send(f)
	m.asked[n] = request{f, form}
	return n
}

// Receive takes a frame that came from the engine of a side; number is the request it
// answers.
func (m *Model) Receive(side int, f frame.Frame, number uint32) {
	if side < len(m.sides) && !m.stray(f, number) {
		m.on(m.sides[side], func() { m.receive(f, number) })
	}
}

// stray reports whether a frame is of what is over: in a room of the run before it, else of
// the room before. What a relay sends unasked has no number.
func (m *Model) stray(f frame.Frame, number uint32) bool {
	switch f.(type) {
	case frame.Ready, frame.Failed:
		return false
	}
	if m.room != nil {
		return m.room.join == 0 || number != 0 && number < m.room.join
	}
	return number == 0
}

func (m *Model) receive(f frame.Frame, number uint32) {
	m.changed, m.stirred = true, true
	req, known := m.asked[number]
	switch {
	case m.room != nil && m.roomFrame(f, number):
		return
	case number != 0 && !known && m.room == nil:
		return // about a run that is no longer open
	}
	switch f := f.(type) {
	case frame.Ready:
		m.engines = algorithmsOf(f.Build)
		m.reopen()
	case frame.Opened:
		m.opened(f)
		if m.room != nil {
			m.Phase = Opening // until its head is there
		}
	case frame.Events:
		if err := m.Store.Add(f.First, f.Events, f.FirstText, f.Texts); err != nil {
			m.Malformed(err)
		}
	case frame.Head:
		delete(m.asked, number)
		m.Head = f
		switch req.frame.(type) {
		case frame.Advance:
			m.advancing = false
			m.settle()
		case frame.Act, frame.ActLine:
			m.actShown()
		}
		m.arrive()
		m.onWay()
	case frame.Acted:
		m.acted(f, req)
	case frame.Refused:
		delete(m.asked, number)
		m.refused(f, req)
	case frame.Detail:
		delete(m.asked, number)
		m.detail = f
	case frame.Script:
		delete(m.asked, number)
		m.script = f.Text
		m.keepScripts()
		m.keepChanged()
	case frame.Wanted:
		delete(m.asked, number)
		m.wanted(f)
	case frame.Linked:
		m.linkedTo(f)
	case frame.Verdict:
		delete(m.asked, number)
		m.judged(f)
	case frame.Link:
		delete(m.asked, number)
		m.linked(f)
	case frame.Library:
		delete(m.asked, number)
		m.share.library = f.Entries
	case frame.Failed:
		m.Lose("stopped", f.Why+"\n"+f.Stack)
	}
}

// Malformed tells of a frame that was dropped because it could not be understood.
func (m *Model) Malformed(err error) {
	m.notify(Notice{Kind: NoticeWrong, Text: texts.Get("notice.malformed", "why", err.Error())})
}

// Lose says that the engine is gone. The recording is not: it is in keptScript.
func (m *Model) Lose(kind, detail string) {
	m.Phase, m.Loss = Lost, Loss{kind, detail}
	for _, s := range m.sides {
		s.forget()
	}
	m.keepPlace()
	m.touch()
}

// StartAgain replaces the engine and opens the run again where it was.
func (m *Model) StartAgain() {
	if m.room != nil {
		m.room.told = false
		m.joinRoom()
	} else if m.Store.Protocol != nil {
		m.goal = &goal{cursor: m.Cursor.T, frontier: m.Frontier, playing: m.Playing}
	}
	m.restart()
}
