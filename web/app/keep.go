package app

import (
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/web/view"
)

func itoa(v int64) string { return strconv.FormatInt(v, 10) }

// Folds says what is folded away.
type Folds struct{ Drawer, Side, Logs, Diagram, Room bool }

// String returns the words for html[data-fold], which is kept as it is.
func (f Folds) String() string {
	var words []string
	for _, w := range [...]struct {
		folded bool
		name   string
	}{{f.Drawer, "drawer"}, {f.Side, "side"}, {f.Logs, "logs"}, {f.Diagram, "diagram"}, {f.Room, "room"}} {
		if w.folded {
			words = append(words, w.name)
		}
	}
	if words == nil {
		return "none"
	}
	return strings.Join(words, " ")
}

// restoreChoices takes up what the visitor chose at an earlier visit.
func (m *Model) restoreChoices() {
	m.Fold = Folds{Drawer: true}
	if v, err := strconv.Atoi(m.keep.Kept(keptSpeed)); err == nil {
		m.Speed = max(0, min(view.Speed(v), view.SpeedMax))
	}
	if t := Tab(m.keep.Kept(keptTab)); t.known() {
		m.Tab = t
	}
	m.broke = m.keep.Kept(keptBroke) != ""
	if t := m.keep.Kept(keptTheme); t == "light" || t == "dark" {
		m.theme = t
	}
	m.setDark()
}

// setDark works out whether the page is dark.
func (m *Model) setDark() { m.Dark = m.theme == "dark" || m.theme == "" && m.systemDark }

// ToggleTheme goes from light to dark or back. What the system prefers needs no choice.
func (m *Model) ToggleTheme() {
	m.theme = "dark"
	if m.Dark {
		m.theme = "light"
	}
	if (m.theme == "dark") == m.systemDark {
		m.theme = ""
	}
	m.setDark()
	m.keep.Keep(keptTheme, m.theme)
	if m.onTheme != nil {
		m.onTheme(m.theme)
	}
	m.touch()
}

// ToggleFold folds a part of the page away or back: "drawer", "side", "logs", "diagram", "room".
func (m *Model) ToggleFold(part string) {
	for name, folded := range map[string]*bool{"drawer": &m.Fold.Drawer, "side": &m.Fold.Side, "logs": &m.Fold.Logs, "diagram": &m.Fold.Diagram, "room": &m.Fold.Room} {
		if name == part {
			*folded = !*folded
		}
	}
	m.keep.Keep(keptFold, m.Fold.String())
	m.touch()
}

// keepPlace keeps the moment that is shown. Of a room nothing is kept: the relay has it.
func (m *Model) keepPlace() {
	if m.room != nil {
		return
	}
	playing := "yes"
	if !m.Playing {
		playing = "no"
	}
	for i, p := range [len(m.place)]struct{ key, value string }{
		{keptCursor, itoa(int64(m.Cursor.T))},
		{keptFrontier, itoa(int64(m.Frontier))},
		{keptPlaying, playing},
	} {
		if p.value != m.place[i] { // to write is dear
			m.place[i] = p.value
			m.keep.Keep(p.key, p.value)
		}
	}
}

// KeepPlace keeps the moment that is shown, when the page is about to go.
func (m *Model) KeepPlace() {
	if m.Phase == Running {
		m.keepPlace()
	}
}

// reopen opens the run that the engine should have: the one that was open, or the one
// that was kept for this tab, or a new one.
func (m *Model) reopen() {
	script := m.script
	if m.room != nil && m.number == 0 {
		if m.room.joining {
			m.joinRoom()
		}
		return
	}
	if m.coming != nil && m.number == 0 {
		m.openComing()
		return
	}
	if m.figure != nil && script == "" {
		m.openCode(m.figure.code)
		return
	}
	if script == "" && m.number == 0 {
		script = m.keep.Kept(keptScript)
		if script != "" && m.goal == nil {
			m.goal = m.keptGoal()
		}
		if beside := m.keep.Kept(keptBeside); beside != "" && script != "" {
			m.addSide(beside)
		}
	}
	if script == "" {
		m.goal = nil
		script = freshScript()
	}
	m.open(script)
}

// freshScript is the run that the page opens with.
func freshScript() string {
	s := scenario.Defaults()
	return s.Text()
}

func (m *Model) keptTime(key string) consensus.Time {
	v, err := strconv.ParseInt(m.keep.Kept(key), 10, 64)
	if err != nil || v < 0 {
		return 0
	}
	return min(consensus.Time(v), scenario.RunMax)
}

// open opens a script on the side that is looked at, with an engine that has its algorithm.
func (m *Model) open(script string) {
	m.script, m.traced = script, false
	m.forget()
	m.arrived = false
	m.Head = frame.Head{}
	own := m.earlier != "" && m.sent == nil // nothing to do with the link that needed an earlier engine
	if engine := engineOf(script); m.engines != nil && (own || !m.has(engine) && m.offers(engine)) {
		m.fetch(engine, "")
	}
	if m.engines != nil {
		m.send(m.opening(script), nil)
	}
	m.Phase = Waiting
	if m.all(func(s *Side) bool { return s.engines != nil }) {
		m.Phase = Opening
	}
	m.touch()
}

// openAll opens scripts, one for each side.
func (m *Model) openAll(scripts []string) {
	if len(scripts) < len(m.sides) {
		m.dropSide()
	}
	for i, script := range scripts {
		if i == len(m.sides) {
			m.addSide(script)
			continue
		}
		m.on(m.sides[i], func() { m.open(script) })
	}
}

// all reports whether something is true of every side.
func (m *Model) all(is func(*Side) bool) bool {
	for _, s := range m.sides {
		if !is(s) {
			return false
		}
	}
	return true
}

// restart replaces the engines; what was open is opened again.
func (m *Model) restart() {
	m.Phase = Waiting
	for _, s := range m.sides {
		s.forget()
		s.engines, s.arrived = nil, false
		engine := engineOf(s.script)
		if s.earlier != "" {
			engine = s.earlier
		}
		s.link.Restart(engine)
	}
	m.touch()
}

// keepScripts keeps the recordings for this tab.
func (m *Model) keepScripts() {
	if m.room != nil {
		return
	}
	m.keep.Keep(keptScript, m.sides[0].script)
	beside := ""
	if len(m.sides) > 1 {
		beside = m.sides[1].script
	}
	m.keep.Keep(keptBeside, beside)
}

// opened takes what the algorithm says of itself.
func (m *Model) opened(f frame.Opened) {
	p := f.Protocol
	m.Store.Open(&p, f.Setup)
	m.script = f.Script
	if !m.traced {
		m.keepScripts()
	}
	m.Cursor, m.Frontier = view.Cursor{}, 0
	m.Selected, m.Hover, m.Pop = nothing, nothing, Pop{}
	m.detail, m.detailKey = frame.Detail{}, inspectKey{}
	m.Feed = FeedWindow{}
	if m.number == m.looked {
		m.Forms.reset(f.Setup, &p)
		m.openRule = 0
	}
	if m.number == 0 {
		m.markers = f.Markers
		m.tookIn(&scenario.Script{Title: f.Title, Setup: f.Setup, For: f.For, Markers: f.Markers})
	}
	if m.figure != nil {
		m.figure.opened(m)
	}
}
