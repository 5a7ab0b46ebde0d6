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
	// Restart replaces the one who runs the World; a Ready will follow.
	Restart()
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
	Store view.Store
	link  Link
	keep  Keeper

	Phase    Phase
	Loss     Loss // when Lost
	Cursor   view.Cursor
	Frontier consensus.Time // the latest moment shown; the World is ahead of it
	Head     frame.Head
	Playing  bool
	Speed    view.Speed
	Hurry    bool // skip stretches in which nothing happens
	Still    bool // the visitor prefers reduced motion
	Narrow   bool // one panel at a time
	Dark     bool
	Left     consensus.Time // the diagram's left edge
	Span     consensus.Time // and the time across its width

	Selected view.Pick
	Hover    view.Pick
	Pop      Pop
	Tab      Tab
	Fold     Folds
	Feed     FeedWindow
	Forms    Forms
	Notices  []Notice
	Spoken   string // what the live region says

	detail     frame.Detail // the last answer to Inspect
	detailKey  inspectKey
	asked      map[uint32]request
	advancing  bool
	goal       *goal             // where a reopened run is to be taken
	markers    []scenario.Marker // of the run that is open
	figure     *figure           // nil on the playground itself
	script     string
	algorithms []string       // that the engine has
	undos      []undo         // the last acts, the latest last
	acts       consensus.Time // when the last action was done whose consequences are still to come; -1: none
	broke      bool
	still      consensus.Duration // real time since the last step, when motion is reduced
	follow     bool               // the diagram's window goes with the cursor
	theme      string             // "light", "dark" or "": as the system
	stirred    bool               // something a painter shows changed
	changed    bool               // something a component shows changed
	urgent     bool               // and it should not wait for the next tenth of a second

	systemDark bool
	onTheme    func(theme string)
}

// Loss says why there is no engine.
type Loss struct{ Kind, Detail string }

// goal is where a run that is opened again is to be taken.
type goal struct {
	cursor, frontier consensus.Time
	playing          bool
}

// undo is what it takes to go back to before an act.
type undo struct {
	script string
	goal
}

// request is a command that was not answered yet.
type request struct {
	frame frame.Frame
	form  *string // where a refusal is shown; nil: in a notice
}

// NewModel returns the model of a page that waits for its engine.
func NewModel(link Link, keep Keeper) *Model {
	m := &Model{
		link: link, keep: keep, asked: map[uint32]request{},
		Selected: nothing, Hover: nothing, Speed: view.SpeedDefault, Hurry: true, Playing: true,
		acts: -1, Span: spanDefault, follow: true,
	}
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

// Receive takes a frame that came from the engine; number is the request it answers.
func (m *Model) Receive(f frame.Frame, number uint32) {
	m.changed, m.stirred = true, true
	req, known := m.asked[number]
	if number != 0 && !known {
		return // about a run that is no longer open
	}
	switch f := f.(type) {
	case frame.Ready:
		m.algorithms = algorithmsOf(f.Build)
		m.reopen()
	case frame.Opened:
		m.opened(f)
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
		case frame.Act:
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
		m.keep.Keep(keptScript, f.Text)
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
	clear(m.asked)
	m.advancing = false
	m.keepPlace()
	m.touch()
}

// StartAgain replaces the engine and opens the run again where it was.
func (m *Model) StartAgain() {
	if m.Store.Protocol != nil {
		m.goal = &goal{m.Cursor.T, m.Frontier, m.Playing}
	}
	m.Phase = Waiting
	m.link.Restart()
	m.touch()
}
