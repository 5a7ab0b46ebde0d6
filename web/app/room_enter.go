package app

import (
	"slices"
	"strings"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/texts"
)

// EnterRoom goes to a live room: at once if this tab has a place there, else it asks for
// a name first.
func (m *Model) EnterRoom(id string) {
	m.dropSide()
	m.forget()
	m.coming, m.sent, m.goal, m.undos, m.Notices = nil, nil, nil, nil, nil
	m.share.open, m.Pop = false, Pop{}
	m.room = &room{id: id, token: m.keep.Kept(keptRoom + id), live: true}
	m.openRooming()
	m.Phase = Waiting
	if m.room.token != "" {
		m.joinRoom()
	}
	m.touch()
}

// openRooming opens the dialog.
func (m *Model) openRooming() {
	m.rooming = rooming{open: true, opens: m.rooming.opens, name: Field{Text: m.keep.Kept(keptName)}}
	if r := m.room; r != nil && r.told {
		m.rooming.name.Text = r.name(r.me)
	}
}

// ToggleRooms opens the dialog of live rooms, or closes it. Who has not joined yet and
// closes it is back on the playground.
func (m *Model) ToggleRooms() {
	switch r := m.room; {
	case !m.rooming.open:
		m.share.open, m.Pop = false, Pop{}
		m.openRooming()
	case r != nil && !r.told:
		m.quitRoom("")
	default:
		m.rooming.open = false
	}
	m.touch()
}

// Invited says how many nodes the room has whose page this is, before it is entered.
func (m *Model) Invited(id string, nodes int) { m.invited = invitation{id, nodes} }

// invitation is what a page knows of its room before it joins.
type invitation struct {
	room  string
	nodes int
}

// ChooseSeat takes the node that the visitor wants to run in the room that is about to be
// joined: a name, "" for any.
func (m *Model) ChooseSeat(name string) {
	r := m.room
	if r == nil {
		return
	}
	r.place = consensus.None
	for id := consensus.NodeID(1); int(id) <= m.invited.nodes; id++ {
		if id.String() == name {
			r.place = id
		}
	}
	m.touch()
}

// EditRoomName takes the name that is being typed.
func (m *Model) EditRoomName(text string) { m.rooming.name.edit(text); m.touch() }

// NameMe takes the name that was typed by somebody who is in the room.
func (m *Model) NameMe(text string) {
	m.rooming.name.edit(text)
	if r := m.room; r != nil && r.told && m.nameOK() && m.rooming.name.Text != r.name(r.me) {
		m.conduct(frame.Conduct{Verb: frame.Rename, Text: m.rooming.name.Text})
	}
	m.touch()
}

// nameOK checks the name that was typed, says beside it what is wrong with it, and keeps
// it for other rooms.
func (m *Model) nameOK() bool {
	f := &m.rooming.name
	f.Text = strings.TrimSpace(f.Text)
	switch {
	case f.Text == "":
		f.Wrong = texts.Get("room.name-empty")
	case len(f.Text) > frame.NameMax:
		f.Wrong = texts.Get("room.name-long", "max", itoa(frame.NameMax))
	case strings.ContainsFunc(f.Text, odd):
		f.Wrong = texts.Get("room.name-odd")
	}
	if f.Wrong != "" {
		return false
	}
	m.keep.Keep(keptName, f.Text)
	return true
}

// odd reports whether a rune has no place in a name: it is not seen, or changes how others
// are.
func odd(r rune) bool {
	return r < ' ' || r >= 0x7f && r <= 0x9f || r == 0xad || r == 0x200b || r == 0x200e || r == 0x200f ||
		r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff || r >= 0xfff9 && r <= 0xfffd
}

// CreateRoom asks the server for a room with the setup of the run that is shown, from its
// beginning, and enters it.
func (m *Model) CreateRoom() {
	d := &m.rooming
	m.touch()
	if m.outside == nil || m.Phase != Running || m.room != nil || d.asking || !m.nameOK() {
		return
	}
	if m.traced {
		d.wrong = texts.Get("room.no-trace")
		return
	}
	s := m.setup()
	d.asking, d.wrong = true, ""
	m.outside.CreateRoom(s.Text(), func(id, token, why string) {
		d.asking, d.wrong = false, why
		m.touch()
		if id == "" || m.room != nil || !d.open {
			return
		}
		m.outside.Show(roomAddress(id), false)
		m.keep.Keep(keptRoom+id, token)
		opens := d.opens
		m.EnterRoom(id)
		m.room.opens, m.room.wish = opens, true
	})
}

// SetOpens says whether everybody may act in the room.
func (m *Model) SetOpens(on bool) {
	m.rooming.opens = on
	if m.room != nil {
		m.conduct(frame.Conduct{Verb: frame.SetOpen, Value: flag(on)})
	}
	m.touch()
}

func flag(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

// SubmitRoom is told that the name was typed and Enter pressed.
func (m *Model) SubmitRoom() {
	switch m.roomKind() {
	case "create":
		m.CreateRoom()
	case "join":
		m.JoinRoom(true)
	}
}

// JoinRoom enters the room under the name that was typed, to run a node or to watch.
func (m *Model) JoinRoom(node bool) {
	m.touch()
	if r := m.room; r != nil && !r.joining && m.nameOK() {
		r.wish = node
		m.joinRoom()
	}
}

// JoinAnew enters the room as somebody new: the place that this tab had is not its own any
// more.
func (m *Model) JoinAnew() {
	if r := m.room; r != nil {
		m.keep.Keep(keptRoom+r.id, "")
		m.EnterRoom(r.id)
	}
}

// joinRoom sends Join, or has it sent when the engine is there.
func (m *Model) joinRoom() {
	r := m.room
	r.joining, r.line = true, frame.Line{}
	m.Phase = Waiting
	if m.engines == nil || m.outside == nil {
		return // reopen is called when it is there
	}
	m.forget()
	m.arrived, m.traced, m.Head = false, false, frame.Head{}
	m.Phase = Opening
	site, found := strings.CutPrefix(m.outside.Site(), "http")
	if found {
		site = "ws" + site
	}
	r.join = m.send(frame.Join{
		Address: site + "/rooms/" + r.id + "/socket", Room: r.id, Token: r.token, Name: m.rooming.name.Text,
	}, nil)
}

// takeSeat asks for the node that was chosen when the room was joined, if it is free; else, as
// without a choice, for the first that is. Once the run has begun nobody gets a node that they
// did not choose: its move is a crash.
func (m *Model) takeSeat() {
	r := m.room
	if i := int(r.place) - 1; i >= 0 && i < len(r.now.Seats) {
		holder := r.now.Seats[i].Member
		if holder == 0 {
			m.conduct(frame.Conduct{Verb: frame.Claim, Node: r.place})
			return
		}
		m.notify(Notice{Kind: NoticeNote, Text: texts.Get("room.seat-taken", "node", r.place.String(), "who", r.name(holder))})
	}
	switch {
	case r.now.State != frame.Lobby:
		r.late = true
	case !slices.ContainsFunc(r.now.Seats, func(s frame.Seat) bool { return s.Member == 0 }):
		m.notify(Notice{Kind: NoticeNote, Text: texts.Get("room.all-taken")})
	default:
		m.conduct(frame.Conduct{Verb: frame.Claim})
	}
}
