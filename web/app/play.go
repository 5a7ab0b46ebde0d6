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
	if m.room != nil {
		return m.tickRoom(min(real, tickMax))
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
	if end, over := m.bound(); t > end {
		t = end
		if over {
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

// show moves the cursor. Another side goes to the same moment; back, no further on than
// it stands.
func (m *Model) show(c view.Cursor) {
	back := c.T < m.Cursor.T || c.T == m.Cursor.T && c.Events < m.Cursor.Events
	for _, s := range m.sides {
		if s == m.Side {
			continue
		}
		at := s.Store.Moment(c.T)
		if back && at.T == s.Cursor.T {
			at.Events = min(at.Events, s.Cursor.Events)
		}
		s.Cursor = at
	}
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
	if !m.Hurry || !m.all(func(s *Side) bool { return len(s.state().Messages) == 0 }) {
		return base
	}
	next, _ := m.bound()
	for _, s := range m.sides {
		if i, ok := s.nextLively(); ok {
			next = min(next, s.Store.Event(i).T)
		}
	}
	return max(base, (next-m.Cursor.T)*real/hurryTime)
}

// nextLively returns the next event that is worth slowing down for.
func (s *Side) nextLively() (event int, ok bool) {
	for i := s.Cursor.Events; i < s.Store.Len(); i++ {
		switch s.Store.Event(i).Kind {
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

// askAhead asks the Worlds to go on when the cursor comes near their heads.
func (m *Model) askAhead() {
	m.each(func() {
		if !m.advancing && m.Head.State == frame.Going && m.Head.Time < m.ahead() {
			m.advance(m.Cursor.T + 2*(m.ahead()-m.Cursor.T))
		}
	})
}

func (m *Model) advance(until consensus.Time) {
	m.advancing = true
	m.send(frame.Advance{Until: until, Events: frame.EventsMax}, nil)
}

// arrive is called at each Head: a run that was opened again is taken to its goal.
func (m *Model) arrive() {
	if m.Phase == Running || m.Phase == Lost || m.advancing || m.arrived || !m.hasRun() {
		return
	}
	g := m.goal
	if g == nil {
		g = &goal{playing: true}
	}
	// A new run is computed ahead before it is shown: so the beginning of its story is
	// known.
	if until := max(g.frontier, openingAhead); m.Head.Time < until && m.Head.State == frame.Going && (m.sent == nil || m.Head.Events < sentMax) {
		m.advance(until)
		return
	}
	m.arrived = true
	if !m.all(func(s *Side) bool { return s.arrived }) {
		return
	}
	m.Phase = Running
	m.Playing = g.playing
	end, _ := m.bound()
	first := m.sides[0].Store.Opening().T
	for _, s := range m.sides {
		first = min(first, s.Store.Opening().T)
	}
	for _, s := range m.sides {
		s.Cursor = s.Store.Moment(min(g.cursor, end))
		if m.goal == nil || g.opening {
			s.Cursor = s.Store.Moment(first)
		}
	}
	m.Frontier = min(g.frontier, end)
	if m.goal == nil {
		m.Frontier = m.Cursor.T
	}
	m.goal = nil
	if m.figure != nil {
		m.figure.arrived(m)
	}
	m.verify()
	m.askLibrary()
	m.Left, m.follow = m.Cursor.T-m.Span/4, true
	m.scroll()
	m.touch()
	m.askAhead()
}

// rest stops at the head of a run in which nothing is left to happen.
func (m *Model) rest() {
	m.Playing = false
	key := "notice.quiet"
	if !m.all(func(s *Side) bool { return s.Head.State != frame.Full }) {
		key = "notice.full"
	}
	m.notify(Notice{Kind: NoticeNote, Text: texts.Get(key)})
	m.keepPlace()
	m.touch()
}

// Toggle plays or pauses.
func (m *Model) Toggle() {
	if m.room != nil {
		m.toggleRoom()
		return
	}
	m.Playing = !m.Playing
	m.still = stillTime
	m.keepPlace()
	m.touch()
}

// Pause stops the run where it is.
func (m *Model) Pause() {
	if m.Playing && m.room == nil {
		m.Toggle()
	}
}

// Live reports whether the cursor is where the run has come to.
func (m *Model) Live() bool {
	if m.room != nil {
		return m.room.live
	}
	return m.Cursor.T >= m.Frontier
}

// GoLive shows the latest moment that was seen, and plays on from it.
func (m *Model) GoLive() {
	m.follow = true
	if m.room != nil {
		m.Frontier = m.Head.Time
	}
	m.show(m.at(m.Frontier))
	m.Playing = true
	m.lookedBack()
	m.touch()
}

// JumpTo shows a moment; beyond what was seen there is nothing to jump to.
func (m *Model) JumpTo(t consensus.Time) {
	m.follow = true
	m.show(m.at(max(0, min(t, m.Frontier))))
	m.lookedBack()
	m.keepPlace()
	m.touch()
}

// JumpToEventOf shows the moment just after event i of a side, and pauses there.
func (m *Model) JumpToEventOf(side, i int) {
	if side < len(m.sides) {
		m.on(m.sides[side], func() { m.JumpToEvent(i) })
	}
}

// JumpToEvent shows the moment just after event i, and pauses there.
func (m *Model) JumpToEvent(i int) {
	if i < 0 || i >= m.Store.Len() {
		return
	}
	m.Playing, m.follow = false, true
	m.noActs()
	m.show(view.Cursor{T: m.Store.Event(i).T, Events: i + 1})
	m.lookedBack()
	m.keepPlace()
	m.touch()
}

// SetSpeed sets how fast virtual time runs.
func (m *Model) SetSpeed(s view.Speed) {
	if m.room != nil && m.room.live {
		m.SetRoomSpeed(s)
		return
	}
	m.Speed = max(0, min(s, view.SpeedMax))
	m.keep.Keep(keptSpeed, itoa(int64(m.Speed)))
	m.touch()
}

// SetHurry says whether quiet stretches are skipped.
func (m *Model) SetHurry(on bool) {
	if m.room != nil && m.room.told {
		m.setRoomHurry(on)
		return
	}
	m.Hurry = on
	m.touch()
}

// Step pauses and moves by n steps of the story, back when n is negative. What happened
// is spoken.
func (m *Model) Step(n int) {
	if !m.hasRun() || m.Phase == Opening || m.stepRoom(n) {
		return
	}
	m.Playing, m.follow = false, true
	m.noActs()
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
	m.lookedBack()
	m.Spoken = m.Store.Spoken(from, m.Cursor.Events)
	m.keepPlace()
	m.touch()
}

// noActs forgets that an act's consequences are still to be taken in.
func (m *Model) noActs() {
	for _, s := range m.sides {
		s.acts = -1
	}
}

// step moves to where the next or the previous step of the story ends, on whichever side
// that is, and reports whether there is one.
func (m *Model) step(dir int) bool {
	var to *Side
	var at view.Cursor
	end, over := m.bound()
	for _, s := range m.sides {
		c, ok := s.nextStop(m.Feed.Level)
		if dir < 0 {
			c, ok = s.prevStop(m.Feed.Level)
		}
		if ok && (dir < 0 || c.T <= end) && (to == nil || dir > 0 && c.T < at.T || dir < 0 && c.T > at.T) {
			to, at = s, c
		}
	}
	if to != nil {
		m.on(to, func() { m.show(at) })
		return true
	}
	if dir > 0 && over && m.room == nil {
		m.show(m.at(max(m.Cursor.T, end)))
		m.rest()
	}
	return false
}

// nextStop returns where the next step of the story ends.
func (s *Side) nextStop(level view.Level) (view.Cursor, bool) {
	n := s.Cursor.Events
	stop := s.Store.NextStop(n, level)
	if stop <= n { // the story has come to rest; what goes on all the time does not
		if i, ok := s.nextLively(); ok && i < s.Store.Len() {
			_, stop = s.Store.Block(i)
		}
	}
	return s.Store.At(stop), stop > n
}

// prevStop returns where the previous step ended. Back from between two events leads to
// the end of the one before.
func (s *Side) prevStop(level view.Level) (view.Cursor, bool) {
	n := s.Cursor.Events
	if n == 0 && s.Cursor.T == 0 {
		return view.Cursor{}, false
	}
	stop := s.Store.PrevStop(n+1, level)
	if c := s.Store.At(stop); stop == 0 || c.T < s.Cursor.T {
		return c, true
	}
	return s.Store.At(s.Store.PrevStop(n, level)), true
}
