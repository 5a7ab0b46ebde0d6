package app

import (
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/texts"
	"parley/web/view"
)

// A figure is the page inside a frame of another page: parts of it, of a run that an
// author has chosen, moved by the reader and by the page around. docs/embed.md describes
// what the two say to each other; embedded.js carries it.
type figure struct {
	look  Look
	code  string // the author's run, as a link without #
	tell  func(Message)
	open  func(code string) // is told the link of the run as the reader has made it
	fail  func(why string)  // is told why there is nothing to show
	first string            // the same as a script, once it is open
	spot  *view.Spot        // where the figure begins; nil: where the run does
	until *view.Spot        // where playing stops
	own   bool              // the reader has changed the run
	plays bool              // on the way to spot: it plays when it is there

	seek     *view.Spot // where the run is on its way to
	ready    bool       // the page around was told so
	said     Message    // the last news of the time
	marker   int        // the marker that was told last, -1: none
	breaches int        // how many violations were told
}

// Look is what the address of a figure asks for, as it is written there; what is empty
// is left to the figure.
type Look struct{ T, Until, View, Mode, Theme, Lang string }

// Message is what a figure tells the page around it: a type, and values by name.
type Message struct {
	Type  string
	Names []string
	Value []any // string, int, int64 or bool
}

func message(kind string, pairs ...any) Message {
	msg := Message{Type: kind}
	for i := 0; i+1 < len(pairs); i += 2 {
		msg.Names = append(msg.Names, pairs[i].(string))
		msg.Value = append(msg.Value, pairs[i+1])
	}
	return msg
}

func (a Message) equal(b Message) bool {
	if a.Type != b.Type || len(a.Value) != len(b.Value) {
		return false
	}
	for i := range a.Value {
		if a.Value[i] != b.Value[i] {
			return false
		}
	}
	return true
}

// parts are the parts of the page that a figure can show.
var parts = []string{"ring", "logs", "diagram", "feed", "inspector", "pseudocode"}

// Views returns the parts that the look asks for: those that there are, the ring if
// there is none.
func (l Look) Views() []string {
	var v []string
	for _, part := range parts {
		for word := range strings.SplitSeq(l.View, ",") {
			if word == part {
				v = append(v, part)
				break
			}
		}
	}
	if v == nil {
		v = parts[:1]
	}
	return v
}

// shows reports whether a part is among those.
func (l Look) shows(part string) bool {
	for _, v := range l.Views() {
		if v == part {
			return true
		}
	}
	return false
}

// watching reports whether the reader may look and not act.
func (m *Model) watching() bool { return m.figure != nil && m.figure.look.Mode != "play" }

// mode is what the reader may do: "watch" or "play".
func (m *Model) mode() string {
	if m.watching() {
		return "watch"
	}
	return "play"
}

// Frame makes the page a figure of the run that code is the link of (without #). What
// happens is told to the page around.
func (m *Model) Frame(code string, look Look, tell func(Message)) {
	m.figure = &figure{code: code, look: look, tell: tell, marker: -1}
	m.Fold = Folds{
		Drawer: true, Logs: !look.shows("logs"), Diagram: !look.shows("diagram"),
		Side: !look.shows("feed") && !look.shows("inspector") && !look.shows("pseudocode"),
	}
	m.Tab = TabCode
	if look.shows("inspector") {
		m.Tab = TabInspect
	}
	m.theme = ""
	if look.Theme == "light" || look.Theme == "dark" {
		m.theme = look.Theme
	}
	m.setDark()
	m.broke = true // no hints: the author tells
}

// Command does what the page around asks for; value is what with.
func (m *Model) Command(name, value string) {
	f := m.figure
	if f == nil {
		return
	}
	if m.Phase != Running && name != "seek" {
		m.tellWrong(texts.Get("figure.not-yet"))
		return
	}
	switch name {
	case "play":
		if !m.Playing {
			m.Toggle()
		}
	case "pause":
		m.Pause()
	case "seek":
		m.SeekSpot(value)
	case "step":
		n, err := strconv.Atoi(value)
		if err != nil || n < -stepsMax || n > stepsMax {
			m.tellWrong(texts.Get("figure.steps", "n", strconv.Itoa(stepsMax)))
			return
		}
		m.Step(n)
	case "act":
		if m.watching() {
			m.tellWrong(texts.Get("figure.watching"))
			return
		}
		m.ActLine(value)
	case "link":
		m.askCode(func(code string) { f.tell(message("link", "code", code)) })
	}
}

// stepsMax is how many steps one command may take.
const stepsMax = 1000

// tellWrong tells the page around what could not be done.
func (m *Model) tellWrong(why string) {
	if m.figure != nil {
		m.figure.tell(message("error", "text", why))
	}
}

// SeekSpot shows a moment that an address or an article names, and pauses there. The run
// is taken that far first.
func (m *Model) SeekSpot(text string) {
	spot, err := view.ParseSpot(text, m.markers)
	if err != nil {
		m.tellWrong(err.Error())
		return
	}
	m.Playing, m.figure.plays = false, false
	m.figure.seek = &spot
	m.onWay()
}

// onWay takes the run on to where it is to be shown, if it is not there yet.
func (m *Model) onWay() {
	f := m.figure
	if f == nil || f.seek == nil || m.Phase != Running {
		return
	}
	switch {
	case m.Store.Seen(*f.seek, m.Head.Time), m.Head.State != frame.Going:
		at := m.Store.Cursor(*f.seek)
		at.T = min(at.T, m.Head.Time)
		f.seek = nil
		m.follow = true
		m.show(at)
		m.Playing, f.plays = f.plays && m.marked() < 0, false
		m.touch()
	case !m.advancing:
		until := m.Head.Time + seekStep
		if f.seek.Event < 0 {
			until = f.seek.T
		}
		m.advance(until)
	}
}

// seekStep is the virtual time in which an event is looked for at once.
const seekStep = 2 * consensus.Second

// playedTo returns where playing stops, if it does.
func (m *Model) playedTo() (consensus.Time, bool) {
	f := m.figure
	if f == nil || f.until == nil || !m.Store.Seen(*f.until, m.Head.Time) {
		return 0, false
	}
	return m.Store.Cursor(*f.until).T, true
}

// opened is told that a run is open; the first one is the author's.
func (f *figure) opened(m *Model) {
	f.seek, f.breaches, f.marker = nil, 0, -1
	if f.first != "" {
		f.own = m.script != f.first
	}
	if s := m.sent; s != nil && !f.own && m.goal == nil {
		// All of the author's run is there from the beginning, to be scrubbed.
		m.goal = &goal{frontier: s.linked.End, playing: true, opening: true}
	}
	if f.first != "" {
		return
	}
	f.first = m.script
	f.fromLink(m)
	for _, p := range []struct {
		text string
		spot **view.Spot
	}{{f.look.T, &f.spot}, {f.look.Until, &f.until}} {
		if p.text == "" {
			continue
		}
		if spot, err := view.ParseSpot(p.text, m.markers); err != nil {
			m.tellWrong(err.Error())
		} else {
			*p.spot = &spot
		}
	}
}

// fromLink takes from the author's link what the figure's own address does not say.
func (f *figure) fromLink(m *Model) {
	if m.sent == nil {
		return
	}
	l := &m.sent.linked
	if f.look.T == "" && l.Timed {
		f.spot = &view.Spot{T: l.At, Event: -1}
	}
	if f.look.Until == "" && l.Until > 0 {
		f.until = &view.Spot{T: l.Until, Event: -1}
	}
	if f.look.View == "" && len(l.View) > 0 {
		f.look.View = strings.Join(l.View, ",")
		m.showParts(l.View)
	}
}

// lead is how long before its first marker a figure begins.
const lead = 12 * consensus.Millisecond

// arrived is told that the run that was opened can be looked at.
func (f *figure) arrived(m *Model) {
	switch {
	case f.own:
	case f.spot != nil:
		m.Playing, f.plays = false, true
		f.seek = f.spot
	case len(m.markers) > 0 && m.markers[0].At < m.Cursor.T+lead:
		m.show(m.at(max(0, m.markers[0].At-lead)))
	}
}

// refused is told that the author's run cannot be shown.
func (f *figure) refused(why string) {
	if f.fail != nil {
		f.fail(why)
	}
}

// acted is told that an action of the reader's is part of the run now.
func (f *figure) acted(m *Model, line string, at consensus.Time, forked bool) {
	f.tell(message("action", "line", line, "t", int64(at), "forked", forked))
	f.own = true
	if f.open != nil {
		m.askCode(f.open)
	}
	m.notify(Notice{
		Kind: NoticeFork, Text: texts.Get("figure.own"),
		Label: texts.Get("figure.back"), Do: m.BackToAuthor,
	})
}

// BackToAuthor shows the author's run again, as the figure began.
func (m *Model) BackToAuthor() {
	if f := m.figure; f != nil && f.first != "" {
		f.own = false
		m.dropNotices(NoticeFork)
		if f.open != nil {
			f.open(f.code)
		}
		m.open(f.first)
	}
}

// figureTitle returns what the author calls the run, or what goes on in it.
func (m *Model) figureTitle() string {
	if m.sent != nil && m.sent.title != "" {
		return m.sent.title
	}
	return m.headline()
}

// Report tells the page around what is shown now, where that is news.
func (m *Model) Report() {
	f := m.figure
	if f == nil || m.Phase != Running {
		return
	}
	if !f.ready {
		f.ready = true
		f.tell(message("ready", "title", m.figureTitle(), "engine", m.Store.Protocol.Name, "nodes", len(m.state().Nodes),
			"markers", len(m.markers), "end", int64(m.Frontier), "view", strings.Join(f.look.Views(), ","), "mode", m.mode()))
	}
	now := message("time", "t", int64(m.Cursor.T), "events", m.Cursor.Events, "playing", m.Playing)
	if !now.equal(f.said) {
		f.said = now
		f.tell(now)
	}
	if i := m.marked(); i != f.marker {
		f.marker = i
		if i >= 0 {
			f.tell(message("marker", "marker", i+1, "caption", m.markers[i].Caption, "t", int64(m.markers[i].At)))
		}
	}
	if b := m.Store.Violations(m.Cursor, 1); len(b) > 0 && f.breaches != b[0].Event+1 {
		f.breaches = b[0].Event + 1
		f.tell(message("violation", "name", b[0].Name, "text", b[0].Text, "t", int64(b[0].T), "event", b[0].Event))
	}
}
