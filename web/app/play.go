package app

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/trace"
	"parley/web/scene"
	"parley/web/texts"
	"parley/web/view"
)

// How the World is kept ahead of what is shown, and how quiet stretches are hurried.
const (
	// aheadMin is how far the World is computed ahead at least, in virtual time: far
	// enough to see the end of a quiet stretch.
	aheadMin = 2 * consensus.Second
	// aheadReal is how far ahead in terms of what playing would show in that real time.
	aheadReal = consensus.Second / 2
	// hurryTime is the real time in which most of a quiet stretch passes.
	hurryTime = 350 * consensus.Millisecond
	// tickMax bounds the real time of one tick: after a pause of the browser's the run
	// goes on where it was.
	tickMax = 100 * consensus.Millisecond
	// openingAhead is how far a run is computed before it is shown.
	openingAhead = consensus.Second
	// stillTime is the real time between two steps when motion is reduced.
	stillTime = 900 * consensus.Millisecond
)

// Tick moves the run on by so much real time, and asks for more of it in time. It
// reports whether the scene has to be painted anew.
func (m *Model) Tick(real consensus.Duration) bool {
	if m.Phase != Running {
		return false
	}
	defer m.askAhead()
	if !m.Playing {
		return false
	}
	real = min(real, tickMax)
	if m.Still {
		if m.still += real; m.still < stillTime {
			return false
		}
		m.still = 0
		from := m.Cursor.T
		moved := m.step(1)
		if t := m.stopAt(from, m.Cursor.T); t < m.Cursor.T {
			m.show(m.at(t))
		}
		return moved
	}
	t := m.Cursor.T + m.pace(real)
	if t > m.Head.Time {
		t = m.Head.Time
		if m.Head.State != frame.Going {
			m.rest()
		}
	}
	if t <= m.Cursor.T {
		return false
	}
	m.show(m.at(m.stopAt(m.Cursor.T, t)))
	return true
}

// at returns the cursor of a moment.
func (m *Model) at(t consensus.Time) view.Cursor { return m.Store.Moment(t) }

// show moves the cursor.
func (m *Model) show(c view.Cursor) {
	m.Cursor = c
	m.Frontier = max(m.Frontier, c.T)
	m.changed, m.stirred = true, true
	m.scroll()
}

// spanDefault is the time across the diagram at first: some ten flights.
const spanDefault = 160 * consensus.Millisecond

// scroll moves the diagram's window so that the cursor is in it, unless the visitor
// looks elsewhere.
func (m *Model) scroll() {
	if m.follow {
		v := scene.Window{Left: m.Left, Span: m.Span}.Keep(m.Cursor.T)
		m.Left, m.Span = v.Left, v.Span
	}
}

// ZoomDiagram makes the diagram's window smaller (a factor above 1) or larger round the
// cursor.
func (m *Model) ZoomDiagram(factor float64) {
	v := scene.Window{Left: m.Left, Span: m.Span}
	at := min(max(float64(m.Cursor.T-v.Left)/float64(v.Span), 0), 1)
	v = v.Zoom(at, factor)
	m.ShowWindow(v.Left, v.Span)
}

// ShowWindow is told that the visitor moved or zoomed the diagram.
func (m *Model) ShowWindow(left, span consensus.Time) {
	m.Left, m.Span = left, max(span, scene.SpanMin)
	t := m.Cursor.T
	m.follow = t >= m.Left && t <= m.Left+m.Span
	m.stirred = true
}

// pace returns the virtual time that passes in so much real time. While nothing is on
// its way the next thing to happen is approached quickly, slowing down towards it.
func (m *Model) pace(real consensus.Duration) consensus.Duration {
	base := m.Speed.Virtual(real)
	if !m.Hurry || len(m.Store.State(m.Cursor.Events).Messages) > 0 {
		return base
	}
	next := m.Head.Time
	if i, ok := m.nextLively(); ok {
		next = m.Store.Event(i).T
	}
	return max(base, (next-m.Cursor.T)*real/hurryTime)
}

// nextLively returns the next event that is worth slowing down for.
func (m *Model) nextLively() (event int, ok bool) {
	for i := m.Cursor.Events; i < m.Store.Len(); i++ {
		switch m.Store.Event(i).Kind {
		case trace.TimerSet, trace.TimerCancel, trace.Write, trace.Sync, trace.Progress:
		default:
			return i, true
		}
	}
	return 0, false
}

// ahead returns the moment that the World should have reached.
func (m *Model) ahead() consensus.Time {
	return m.Cursor.T + max(aheadMin, m.Speed.Virtual(aheadReal))
}

// askAhead asks the World to go on when the cursor comes near its head.
func (m *Model) askAhead() {
	if m.advancing || m.Head.State != frame.Going || m.Head.Time >= m.ahead() {
		return
	}
	m.advance(m.Cursor.T + 2*(m.ahead()-m.Cursor.T))
}

func (m *Model) advance(until consensus.Time) {
	m.advancing = true
	m.send(frame.Advance{Until: until, Events: frame.EventsMax}, nil)
}

// arrive is called at each Head: a run that was opened again is taken to its goal.
func (m *Model) arrive() {
	if m.Phase != Opening || m.advancing {
		return
	}
	g := m.goal
	if g == nil {
		g = &goal{playing: true}
	}
	// A new run is computed ahead before it is shown: so the beginning of its story is
	// known.
	if until := max(g.frontier, openingAhead); m.Head.Time < until && m.Head.State == frame.Going {
		m.advance(until)
		return
	}
	m.Phase = Running
	m.Frontier = min(g.frontier, m.Head.Time)
	m.Cursor = m.at(min(g.cursor, m.Head.Time))
	m.Playing = g.playing
	if m.goal == nil {
		m.Cursor = m.Store.Opening()
		m.Frontier = m.Cursor.T
	}
	m.goal = nil
	if m.figure != nil {
		m.figure.arrived(m)
	}
	m.Left, m.follow = m.Cursor.T-m.Span/4, true
	m.scroll()
	m.touch()
	m.askAhead()
}

// rest stops at the head of a run in which nothing is left to happen.
func (m *Model) rest() {
	m.Playing = false
	key := "notice.quiet"
	if m.Head.State == frame.Full {
		key = "notice.full"
	}
	m.notify(Notice{Kind: NoticeNote, Text: texts.Get(key)})
	m.keepPlace()
	m.touch()
}

// Toggle plays or pauses.
func (m *Model) Toggle() {
	m.Playing = !m.Playing
	m.still = stillTime
	m.keepPlace()
	m.touch()
}

// Pause stops the run where it is.
func (m *Model) Pause() {
	if m.Playing {
		m.Toggle()
	}
}

// Live reports whether the cursor is where the run has come to.
func (m *Model) Live() bool { return m.Cursor.T >= m.Frontier }

// GoLive shows the latest moment that was seen, and plays on from it.
func (m *Model) GoLive() {
	m.follow = true
	m.show(m.at(m.Frontier))
	m.Playing = true
	m.touch()
}

// JumpTo shows a moment; beyond what was seen there is nothing to jump to.
func (m *Model) JumpTo(t consensus.Time) {
	m.follow = true
	m.show(m.at(max(0, min(t, m.Frontier))))
	m.keepPlace()
	m.touch()
}

// JumpToEvent shows the moment just after event i, and pauses there.
func (m *Model) JumpToEvent(i int) {
	if i < 0 || i >= m.Store.Len() {
		return
	}
	m.Playing, m.follow, m.acts = false, true, -1
	m.show(view.Cursor{T: m.Store.Event(i).T, Events: i + 1})
	m.keepPlace()
	m.touch()
}

// SetSpeed sets how fast virtual time runs.
func (m *Model) SetSpeed(s view.Speed) {
	m.Speed = max(0, min(s, view.SpeedMax))
	m.keep.Keep(keptSpeed, itoa(int64(m.Speed)))
	m.touch()
}

// SetHurry says whether quiet stretches are skipped.
func (m *Model) SetHurry(on bool) {
	m.Hurry = on
	m.touch()
}

// Step pauses and moves by n steps of the story, back when n is negative. What happened
// is spoken.
func (m *Model) Step(n int) {
	if !m.hasRun() || m.Phase == Opening {
		return
	}
	m.Playing, m.follow, m.acts = false, true, -1
	from := m.Cursor.Events
	dir := 1
	if n < 0 {
		dir, n = -1, -n
	}
	for range n {
		if !m.step(dir) {
			break
		}
	}
	m.Spoken = m.Store.Spoken(from, m.Cursor.Events)
	m.keepPlace()
	m.touch()
}

// step moves to where the next or the previous step of the story ends, and reports
// whether there is one. Back from between two events leads to the end of the one before.
func (m *Model) step(dir int) bool {
	n, level := m.Cursor.Events, m.Feed.Level
	if dir > 0 {
		stop := m.Store.NextStop(n, level)
		if stop <= n { // the story has come to rest; what goes on all the time does not
			if i, ok := m.nextLively(); ok && i < m.Store.Len() {
				_, stop = m.Store.Block(i)
			}
		}
		if stop <= n {
			if m.Head.State != frame.Going {
				m.show(m.at(max(m.Cursor.T, m.Head.Time)))
				m.rest()
			}
			return false
		}
		m.show(m.Store.At(stop))
		return true
	}
	if n == 0 && m.Cursor.T == 0 {
		return false
	}
	stop := m.Store.PrevStop(n+1, level)
	if c := m.Store.At(stop); stop == 0 || c.T < m.Cursor.T {
		m.show(c)
		return true
	}
	m.show(m.Store.At(m.Store.PrevStop(n, level)))
	return true
}
