package app

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/web/texts"
	"parley/web/view"
)

// Following a live room: the relay says some twenty times a second how far it has come,
// and the cursor goes there at the room's pace, a little behind, so that messages glide.
const (
	// followLag is how far behind the relay the cursor is kept, in real time: two of its
	// reports may be late.
	followLag = 120 * consensus.Millisecond
	// followTime is the real time in which most of what it is further behind, or nearer, is
	// made up for.
	followTime = 250 * consensus.Millisecond
)

// tickRoom is Tick in a live room.
func (m *Model) tickRoom(real consensus.Duration) bool {
	r := m.room
	m.Frontier = max(m.Frontier, m.Cursor.T)
	if !r.live {
		m.Frontier = max(m.Frontier, m.Head.Time)
		return m.Playing && m.replay(real)
	}
	gap := m.Head.Time - m.Cursor.T
	if gap <= 0 {
		return false
	}
	if m.Still {
		if m.still += real; m.still < stillTime {
			return false
		}
		m.still = 0
	} else {
		// In floating point: a pace times a time is beyond 64 bits for large ones.
		pace := float64(r.now.Pace) / float64(consensus.Second)
		move := pace*float64(real) + (float64(gap)-pace*float64(followLag))*float64(real)/float64(followTime)
		gap = min(gap, max(consensus.Time(move), 1))
	}
	m.show(m.at(m.Cursor.T + gap))
	return true
}

// replay plays what has been, for this viewer alone; where it meets the room it follows
// that again.
func (m *Model) replay(real consensus.Duration) bool {
	t := m.Cursor.T + max(m.pace(real), 1)
	if t >= m.Head.Time {
		m.GoLive()
		return true
	}
	m.show(m.at(t))
	return true
}

// followed is called at each Head of a room.
func (m *Model) followed() {
	r := m.room
	if m.Phase == Running {
		switch {
		case !r.live:
			m.Frontier = max(m.Frontier, m.Head.Time)
		case m.Cursor.T >= m.Head.Time: // what was done while time stands still
			from := m.Cursor.Events
			if m.show(m.at(m.Head.Time)); m.Cursor.Events > from {
				m.Spoken = m.Store.Spoken(from, m.Cursor.Events)
			}
		}
		return
	}
	if !m.hasRun() || m.Phase == Lost {
		return
	}
	m.Phase, m.arrived, r.live, r.news = Running, true, true, ""
	m.Playing = r.now.State == frame.Playing
	m.Frontier = m.Head.Time
	m.show(m.at(m.Head.Time))
	m.Left, m.follow = m.Cursor.T-m.Span/4, true
	m.scroll()
	m.chooseMine()
	m.touch()
}

// lookedBack is told that the viewer went to a moment: at the head the room is followed
// on, elsewhere it goes on without them.
func (m *Model) lookedBack() {
	r := m.room
	if r == nil || m.Phase != Running {
		return
	}
	live := m.Cursor.T >= m.Head.Time && m.Cursor.Events >= int(m.Head.Events)
	switch {
	case live:
		r.live, m.Playing = true, r.now.State == frame.Playing
	case r.live:
		r.live, m.Playing = false, false
		m.Spoken = texts.Get("room.looks-back")
	}
	m.Frontier = max(m.Frontier, m.Head.Time)
}

// toggleRoom is Toggle in a room: for everybody by those who may, while they follow it.
func (m *Model) toggleRoom() {
	r := m.room
	switch {
	case m.Phase != Running:
	case !r.live:
		m.Playing = !m.Playing
	case m.may() == "" && r.now.State == frame.Playing:
		m.conduct(frame.Conduct{Verb: frame.Pause})
	case m.may() == "":
		m.conduct(frame.Conduct{Verb: frame.Play})
	case r.now.State == frame.Playing:
		r.live, m.Playing = false, false
		m.Spoken = texts.Get("room.looks-back")
	default:
		m.wrong(m.may())
	}
	m.touch()
}

// stepRoom reports whether a step is the room's own: on, from its head.
func (m *Model) stepRoom(n int) bool {
	r := m.room
	if r == nil || !r.live || n < 0 {
		return false
	}
	if why := m.may(); why != "" {
		m.wrong(why)
	} else {
		m.conduct(frame.Conduct{Verb: frame.Step})
	}
	return true
}

// PlayRoom lets the room's time go on, or stand still, for everybody.
func (m *Model) PlayRoom(on bool) {
	verb := frame.Pause
	if on {
		verb = frame.Play
	}
	m.conduct(frame.Conduct{Verb: verb})
}

// StepRoom lets the room do the next thing that is worth looking at.
func (m *Model) StepRoom() { m.conduct(frame.Conduct{Verb: frame.Step}) }

// SetRoomSpeed sets how fast the room's time runs, for everybody.
func (m *Model) SetRoomSpeed(s view.Speed) {
	s = max(0, min(s, view.SpeedMax))
	if why := m.ownersOnly(); why != "" {
		m.wrong(why)
		return
	}
	m.conduct(frame.Conduct{Verb: frame.SetPace, Value: uint64(s.Virtual(consensus.Second))})
}

// ownersOnly says why only the owner may do something, "" to the owner.
func (m *Model) ownersOnly() string {
	if r := m.room; !r.owns() {
		return texts.Get("room.owner-only", "who", r.name(r.now.Owner))
	}
	return ""
}

// may says why this member may not conduct the room, "" if it may.
func (m *Model) may() string {
	r := m.room
	switch {
	case !r.here():
		return m.roomState()
	case r.owns() || r.now.Open && r.now.State != frame.Lobby:
		return ""
	case r.now.State == frame.Lobby:
		return m.roomState()
	}
	return texts.Get("room.not-allowed", "who", r.name(r.now.Owner))
}

// barred says why nothing can be done to the room's run now, "" if it can. Who looks back
// does nothing to it.
func (m *Model) barred() string {
	r := m.room
	switch {
	case r == nil || !r.live:
		return ""
	case m.may() != "":
		return m.may()
	case r.now.State == frame.Lobby:
		return texts.Get("room.not-started")
	}
	return ""
}

// stops reports whether an act does not go to the room, and says why: beside the form, or
// in a notice. To who looks back it offers a run of their own.
func (m *Model) stops(form *string) bool {
	r := m.room
	switch why := m.barred(); {
	case r == nil:
		return false
	case why != "" && form != nil:
		*form = why
	case why != "":
		m.wrong(why)
	case !r.live:
		m.notify(Notice{
			Kind: NoticeFork, Text: texts.Get("room.fork", "time", view.FormatTime(m.Cursor.T)),
			Label: texts.Get("room.fork-do"), Do: m.ForkRoom,
		})
	default:
		return false
	}
	m.Pop = Pop{}
	m.touch()
	return true
}

// ForkRoom opens a run of one's own in another tab, from the moment that is shown.
func (m *Model) ForkRoom() {
	if m.room == nil || m.Phase != Running || m.outside == nil {
		return
	}
	at := m.Cursor.T
	m.share.then = func(f frame.Link) { m.openFork("#" + f.Code + "&t=" + scenario.FormatSpan(at)) }
	m.send(frame.GetLink{Until: at, Title: m.share.title, Markers: m.markers}, nil)
	m.touch()
}

// openFork opens an address in another tab, or asks to press once more where the browser
// wants that.
func (m *Model) openFork(address string) {
	m.dropNotices(NoticeFork)
	if !m.outside.Open(address) {
		m.notify(Notice{
			Kind: NoticeFork, Text: texts.Get("room.fork-blocked"), Label: texts.Get("room.fork-do"),
			Do: func() { m.openFork(address) },
		})
	}
	m.touch()
}

// setRoomHurry says whether the room skips quiet stretches, for everybody.
func (m *Model) setRoomHurry(on bool) {
	if why := m.ownersOnly(); why != "" {
		m.wrong(why)
		return
	}
	m.conduct(frame.Conduct{Verb: frame.SetHurry, Value: flag(on)})
}
