package app

import (
	"slices"
	"strings"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/web/texts"
	"parley/web/view"
)

// What is kept of where a run came from, for this tab.
const (
	keptAddress = "run.address" // what was opened last, as behind the # of a link
	keptChanged = "run.changed" // "yes" when something was done to it since
)

// sent is a run that somebody has sent: as a link or a file, or as one of the scenarios
// that come with Parley. The engine runs it again and compares what happens with what was
// recorded; until it has, nothing is said of it.
type sent struct {
	address string // as behind the # of a link, or the text of a recording
	file    bool   // it is a text
	own     bool   // it is the run that was shown, and got an address
	anyway  bool   // with an engine of another epoch
	fetched bool   // another engine was fetched for it

	linked  frame.Linked
	script  string // of the run as it was sent; "" until it is open
	title   string
	verdict frame.Verdict
	asked   bool // a Verify is out
	changed bool // something was done to it before the page was loaded anew

	before [][]byte // the trace of a file that is shown meanwhile, which no engine could run again
	seen   goal     // how far it was
}

const (
	// verifyStep is how many events are compared at once: the worker answers others between.
	verifyStep = 20_000
	// sentMax is the number of events after which a run that was sent is shown, though
	// it goes on beyond.
	sentMax = 200_000
)

// StartWith says what the page was opened with, before there is an engine: an address as
// behind the # of a link, "" for none. The same one as before is a reload: the run that was
// kept is gone on with.
func (m *Model) StartWith(address string) {
	if id := roomOf(address); id != "" {
		m.EnterRoom(id)
		return
	}
	if address == m.keep.Kept(keptAddress) && m.keep.Kept(keptScript) != "" {
		switch {
		case address == "":
		case m.keep.Kept(keptChanged) != "":
			m.sent = &sent{address: address, changed: true}
		default:
			m.coming = &sent{address: address}
			m.goal = m.keptGoal()
		}
		return
	}
	if address == "" {
		m.keep.Keep(keptAddress, "") // the run that was kept goes on, wherever it came from
		return
	}
	m.coming = &sent{address: address}
}

// OpenAddress opens the run of an address, in place of the one that is shown.
func (m *Model) OpenAddress(address string) { m.receiveRun(&sent{address: address}) }

// Return shows a run again that was left by an address: that of the address itself, or what
// had become of it.
func (m *Model) Return(address, script string, cursor, frontier consensus.Time) {
	if id := roomOf(address); id != "" {
		m.EnterRoom(id)
		return
	}
	if m.room != nil {
		m.returnFromRoom(address, script, cursor, frontier)
		return
	}
	if script == "" {
		if address != "" {
			m.OpenAddress(address)
		}
		return
	}
	if m.Phase == Lost {
		return // Start again comes first
	}
	if m.Phase == Running {
		m.remember()
	}
	m.dropSide()
	m.coming, m.sent = nil, nil // what was being opened was gone back from
	if address != "" {
		m.sent = &sent{address: address, changed: true}
	}
	m.keep.Keep(keptAddress, address)
	m.keepChanged()
	m.share.open = false
	m.goal = &goal{cursor: cursor, frontier: frontier}
	m.open(script)
}

// Here returns what it takes to return to the run that is shown: its script, "" if it is
// that of its address.
func (m *Model) Here() (script string, cursor, frontier consensus.Time) {
	if m.sent == nil || m.altered() {
		script = m.sides[0].script
	}
	return script, m.Cursor.T, m.Frontier
}

// OpenText opens a recording, or a script, as text.
func (m *Model) OpenText(text string) {
	if !m.notInRoom() {
		return
	}
	if len(text) > frame.RecordingMax {
		m.TraceRefused(texts.Get("link.file.large"))
		return
	}
	m.receiveRun(&sent{address: strings.TrimRight(text, "\n") + "\n", file: true})
}

// receiveRun begins to open what was sent.
func (m *Model) receiveRun(s *sent) {
	if m.Phase == Lost {
		return // Start again comes first
	}
	m.dropSide()
	if m.Phase == Running {
		m.remember()
	}
	if m.traced {
		s.before = append(m.frames(), frame.Append(nil, 0, m.Head))
		s.seen = goal{cursor: m.Cursor.T, frontier: m.Frontier}
	}
	m.coming, m.goal = s, nil
	m.Pop = Pop{}
	m.share.open = false
	m.dropNotices(NoticeNote, NoticeFork, NoticeWrong)
	if m.earlier != "" { // what comes may be of the present
		m.fetch(engineOf(m.script), "")
	}
	if m.engines != nil {
		m.openComing()
	}
	m.touch()
}

// openComing asks the engine for what was sent.
func (m *Model) openComing() {
	m.forget()
	m.arrived, m.traced = false, false
	m.Phase = Opening
	m.send(frame.OpenLink{Link: m.coming.address, Anyway: m.coming.anyway}, nil)
}

// opening is the command that opens a script: what was sent is opened as it was, so that
// it is compared again.
func (m *Model) opening(script string) frame.Frame {
	if s := m.sent; s != nil && m.number == 0 && script == s.script && s.linked.Recorded {
		s.verdict, s.asked = frame.Verdict{}, false
		return frame.OpenLink{Link: s.address, Anyway: true}
	}
	return frame.Open{Script: script}
}

// wanted gets the engine that a link needs, or goes on without if that is not to be had.
func (m *Model) wanted(f frame.Wanted) {
	s := m.coming
	if s == nil {
		return
	}
	earlier := f.Engine + "-" + itoa(int64(f.Epoch)) + "." + itoa(int64(f.World))
	switch {
	case !s.fetched && slices.Contains(m.Earlier, earlier):
		s.fetched = true
		m.forget()
		m.fetch(f.Engine, earlier)
	case m.has(f.Engine) && !s.anyway:
		s.anyway = true
		m.openComing()
	case !m.has(f.Engine) && m.offers(f.Engine) && !s.fetched:
		s.fetched = true
		m.forget()
		m.fetch(f.Engine, "")
	default:
		m.linkRefused(texts.Get("link.no-engine", "engine", f.Engine))
	}
}

// Started is told which engine was started before the model was there.
func (m *Model) Started(engine string) {
	if slices.Contains(m.Earlier, engine) {
		m.earlier = engine
	}
}

// fetch replaces the side's engine by one of an algorithm, or by that of an earlier epoch
// if one is named. What waits to be opened is opened when it is there.
func (m *Model) fetch(algorithm, earlier string) {
	m.engines, m.earlier = nil, earlier
	m.Phase = Waiting
	if earlier != "" {
		algorithm = earlier
	}
	m.link.Restart(algorithm)
}

// linkRefused says why what was sent cannot be opened, and goes on with what there was.
func (m *Model) linkRefused(why string) {
	s := m.coming
	m.coming, m.goal = nil, nil
	key := "link.refused"
	if s.file {
		key = "link.refused-file"
	}
	if s.before != nil {
		m.showTrace(s.before, &s.seen)
		m.wrong(texts.Get(key, "why", why))
		return
	}
	m.wrong(texts.Get(key, "why", why))
	if !m.hasRun() && m.figure != nil {
		m.figure.refused(texts.Get(key, "why", why)) // rather than another run than the author's
		return
	}
	if !m.hasRun() {
		m.sent = nil
		m.reopen()
		return
	}
	m.goal = &goal{cursor: m.Cursor.T, frontier: m.Frontier}
	m.open(m.script)
}

// wrong tells of something that could not be done.
func (m *Model) wrong(text string) {
	m.notify(Notice{Kind: NoticeWrong, Text: text})
	m.touch()
}

// linkedTo takes the news of what a link holds; the run follows.
func (m *Model) linkedTo(f frame.Linked) {
	if m.coming == nil {
		if m.sent != nil {
			m.sent.linked = f
		}
		return
	}
	s := m.coming
	m.sent, m.coming = s, nil
	s.linked = f
	if m.goal == nil && m.figure == nil {
		m.goal = &goal{cursor: f.At, frontier: max(f.End, f.At), playing: !f.Timed, opening: !f.Timed}
	}
	if len(f.View) > 0 && m.figure == nil {
		m.showParts(f.View)
	}
	if !s.file {
		m.keep.Keep(keptAddress, s.address)
	}
	m.keep.Keep(keptChanged, "")
}

// showParts folds away what an address does not name.
func (m *Model) showParts(parts []string) {
	look := Look{View: strings.Join(parts, ",")}
	m.Fold.Logs, m.Fold.Diagram = !look.shows("logs"), !look.shows("diagram")
	m.Fold.Side = !look.shows("feed") && !look.shows("inspector") && !look.shows("pseudocode")
	switch {
	case look.shows("inspector"):
		m.Tab = TabInspect
	case look.shows("pseudocode"):
		m.Tab = TabCode
	}
}

// tookIn is told that a run is open.
func (m *Model) tookIn(s *scenario.Script) {
	if m.number > 0 {
		return
	}
	m.share.title = s.Title
	if m.sent != nil && m.sent.script == "" && !m.sent.changed {
		m.sent.script, m.sent.title = m.script, s.Title
	}
}

// altered reports whether the run is another one than what was sent.
func (m *Model) altered() bool {
	return m.sent != nil && (m.sent.changed || m.sent.script != m.sides[0].script)
}

// keepChanged keeps for this tab whether the run was changed since it was opened.
func (m *Model) keepChanged() {
	if m.altered() {
		m.keep.Keep(keptChanged, "yes")
	} else {
		m.keep.Keep(keptChanged, "")
	}
}

// verify goes on comparing the run with what was recorded.
func (m *Model) verify() {
	s := m.sent
	if s == nil || m.number > 0 || m.Phase != Running || !s.linked.Recorded || s.asked || s.verdict.State != frame.Checking || m.altered() {
		return
	}
	s.asked = true
	m.send(frame.Verify{Events: verifyStep}, nil)
}

// judged takes what is known of the run.
func (m *Model) judged(f frame.Verdict) {
	s := m.sent
	if s == nil || m.altered() {
		return
	}
	s.asked, s.verdict = false, f
	at, until := view.FormatTime(f.At), view.FormatTime(f.True)
	switch f.State {
	case frame.Checking:
		m.verify()
	case frame.Differs:
		says := texts.Get("link.differs.end", "until", until)
		if f.Action > 0 {
			says = texts.Get("link.differs.action", "n", itoa(int64(f.Action)), "time", at, "until", until)
		}
		if s.anyway {
			says += " " + texts.Get("link.epoch")
		}
		m.wrong(says)
	case frame.Stopped:
		m.wrong(texts.Get("link.stopped", "time", at))
	}
	if m.figure != nil && f.State != frame.Checking {
		m.figure.tell(message("verdict", "state", [...]string{"", "equal", "differs", "stopped"}[f.State], "t", int64(f.True)))
	}
	m.changed = true
}

// trueTo returns how far a run that differs from what was recorded is what was recorded:
// playing stops there once.
func (m *Model) trueTo() (consensus.Time, bool) {
	if s := m.sent; s != nil && !m.altered() {
		switch {
		case s.verdict.State == frame.Differs:
			return s.verdict.True, true
		case s.linked.Until > 0:
			return s.linked.Until, true
		}
	}
	return 0, false
}

// OriginView says in the top bar where a run came from.
type OriginView struct {
	State, Label, Says string // State: "", "same", "differs", "changed"
	CanReturn          bool
}

func (m *Model) originView() (v OriginView) {
	s := m.sent
	switch {
	case s == nil || !m.hasRun() || m.figure != nil || m.Phase == Opening:
	case m.altered():
		v = OriginView{"changed", texts.Get("link.changed"), texts.Get("link.changed.says"), m.Phase == Running}
		if s.title != "" {
			v.Label = texts.Get("link.changed-titled", "title", s.title)
		}
	case s.verdict.State == frame.Equal:
		v = OriginView{"same", texts.Get("link.same"), texts.Get("link.same.says"), false}
	case s.verdict.State == frame.Differs:
		v = OriginView{"differs", texts.Get("link.differs"), texts.Get("link.differs.says"), false}
	}
	return v
}

// BackToSent opens what was sent again, as it was.
func (m *Model) BackToSent() {
	if m.sent != nil && m.altered() && m.Phase == Running {
		s := m.sent
		m.receiveRun(&sent{address: s.address, file: s.file, anyway: s.anyway})
	}
}

// openCode opens the run that a figure shows.
func (m *Model) openCode(code string) {
	if code == "" {
		m.tellWrong(texts.Get("figure.nothing"))
		m.figure.refused(texts.Get("figure.nothing"))
		return
	}
	m.coming = &sent{address: code}
	m.openComing()
}

// askCode makes a link of the run, as far as it was seen.
func (m *Model) askCode(then func(code string)) {
	m.askLink(func(f frame.Link) { then(f.Code) }, nil)
}

// askLink makes a link of the run, as far as it was seen; wrong is where a refusal is
// shown, nil: in a notice.
func (m *Model) askLink(then func(frame.Link), wrong *string) {
	m.on(m.sides[0], func() {
		m.share.then = then
		until := m.Frontier
		if m.room != nil {
			until = m.Head.Time // as far as the room has come
		}
		m.send(frame.GetLink{Until: until, Title: m.share.title, Markers: m.markers}, wrong)
	})
}

// linked takes a link that was asked for.
func (m *Model) linked(f frame.Link) {
	if then := m.share.then; then != nil {
		m.share.then = nil
		then(f)
	}
}

// keptGoal is where the run was that was kept for this tab.
func (m *Model) keptGoal() *goal {
	return &goal{cursor: m.keptTime(keptCursor), frontier: m.keptTime(keptFrontier), playing: m.keep.Kept(keptPlaying) != "no"}
}
