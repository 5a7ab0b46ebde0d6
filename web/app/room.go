package app

import (
	"strings"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/texts"
	"parley/web/view"
)

// A live room is a run that is made elsewhere: its World is at a relay, its nodes are in
// the tabs of those who are there, this one perhaps among them. The page shows it from the
// same trace as any run. What is particular to it stands in room_enter.go (making and
// joining one), room.go (being in one), room_live.go (following it, and looking back), screen_room.go (what is shown of it).
type room struct {
	id, token string           // token: with which this tab comes back; "" until it is a member
	join      uint32           // the number of the Join that counts; 0: none was sent yet
	joining   bool             // the visitor wants to be in it, and is not yet
	wish      bool             // and to run a node there
	place     consensus.NodeID // which; None: any
	opens     bool             // and to let everybody act: the room was made here
	fetched   bool             // another engine was fetched for it
	told      bool             // now is known
	late      bool             // a node was wanted when the room had begun: none is taken unasked then

	me   uint32
	now  frame.Room
	line frame.Line
	news string // what was done last, and by whom
	live bool   // the cursor follows the relay
	mine bool   // this tab's node was chosen once
	left bool   // a link of the run is asked for, to go on alone with
}

// rooming is the dialog of live rooms: making one, joining one, who is in it.
type rooming struct {
	open   bool
	name   Field
	opens  bool   // everybody may act in the room that is being made
	asking bool   // the server was asked for a room
	wrong  string // why there is none
	sure   string // what is to be pressed a second time
	copied bool
}

// What is kept of rooms.
const (
	keptName = "name"      // of the visitor, in rooms
	keptRoom = "run.room." // and a room's ID: the token of this tab's place there
)

// Close codes of the relay's socket after which there is a particular way on (package
// hosting has all of them).
const (
	closeLeft    = 1000
	closeVersion = 4002
	closeNoRoom  = 4004
	closeToken   = 4005
	closeTwice   = 4009
	closeEnded   = 4011
	closeRemoved = 4012
)

// roomAddress returns the address of a room on this site, and roomOf the room of an
// address, "" if it is that of a run.
func roomAddress(id string) string { return "r/" + id }

func roomOf(address string) string {
	id, ok := strings.CutPrefix(address, "r/")
	if !ok {
		return ""
	}
	return id
}

// InRoom reports whether the page is in a live room, or about to enter one.
func (m *Model) InRoom() bool { return m.room != nil }

// roomFrame takes the frames that only rooms have, and those that mean something else
// there; it reports whether it took this one.
func (m *Model) roomFrame(f frame.Frame, number uint32) bool {
	r := m.room
	switch f := f.(type) {
	case frame.Line:
		m.lineChanged(f)
	case frame.Joined:
		r.me, r.token, r.joining = f.Member, f.Token, false
		r.line = frame.Line{State: frame.Connected}
		m.keep.Keep(keptRoom+r.id, f.Token)
	case frame.Room:
		delete(m.asked, number)
		m.roomChanged(f)
	case frame.Did:
		r.news = m.deed(f)
		if f.Member != r.me {
			m.Spoken = r.news
		}
	case frame.Head:
		m.Head = f
		m.followed()
	case frame.Acted:
		delete(m.asked, number)
		m.dropNotices(NoticeWrong)
	case frame.Wanted:
		m.roomWants(f)
	default:
		return false
	}
	return true
}

// lineChanged takes the news of the connection.
func (m *Model) lineChanged(f frame.Line) {
	r := m.room
	r.line = f
	if f.State == frame.Connected && f.Why != "" {
		m.notify(Notice{Kind: NoticeNote, Text: texts.Get("room.no-disk")})
		m.urgent = true
		return
	}
	if f.State == frame.Closed {
		r.joining = false
		m.openRooming()
		if f.Code == closeToken || f.Code == closeRemoved {
			m.keep.Keep(keptRoom+r.id, "")
		}
	}
	m.Spoken = m.roomState()
	m.urgent = true
}

// roomWants gets the engine that the room runs with, once.
func (m *Model) roomWants(f frame.Wanted) {
	r := m.room
	if r.fetched || m.has(f.Engine) || !m.offers(f.Engine) {
		// The algorithm is here, and of another epoch: the page is not the relay's.
		m.lineChanged(frame.Line{State: frame.Closed, Code: closeVersion})
		return
	}
	r.fetched, r.joining = true, true
	m.forget()
	m.fetch(f.Engine, "")
}

// roomChanged takes what is true of the room now.
func (m *Model) roomChanged(f frame.Room) {
	r := m.room
	before, first := r.now, !r.told
	r.now, r.told = f, true
	for i := range r.now.Members {
		n := &r.now.Members[i]
		n.Name = plain(n.Name)
	}
	started := before.State == frame.Lobby && f.State != frame.Lobby
	if first {
		m.rooming.open = f.State == frame.Lobby || r.wish
		m.rooming.name = Field{Text: r.name(r.me)}
		if r.wish {
			m.takeSeat()
		}
		if r.opens {
			m.conduct(frame.Conduct{Verb: frame.SetOpen, Value: 1})
		}
		r.wish, r.opens = false, false
	} else if started {
		m.rooming.open = false
	}
	if f.Owner != before.Owner && !first {
		m.Spoken = texts.Get("room.owner-now", "who", r.name(f.Owner))
	} else if f.Waiting != before.Waiting || f.State != before.State {
		m.Spoken = m.roomState()
	}
	if r.live {
		m.Playing = f.State == frame.Playing
	}
	if f.State != before.State {
		m.urgent = true
	}
	m.chooseMine()
}

// plain makes of what somebody calls themself a name that can stand in a sentence.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if odd(r) {
			return -1
		}
		return r
	}, name)
	if name = strings.TrimSpace(name); name == "" {
		return texts.Get("room.somebody")
	}
	return name
}

// chooseMine chooses this tab's node, once there is one and a run to see it in.
func (m *Model) chooseMine() {
	r := m.room
	if id := r.seat(r.me); id != consensus.None && !r.mine && m.Phase == Running && r.now.State != frame.Lobby {
		r.mine = true
		if m.Selected == nothing {
			m.Selected = view.Pick{Node: id, T: -1}
			m.Tab = TabInspect
		}
	}
}

// ChooseMine shows this tab's node in the inspector.
func (m *Model) ChooseMine() {
	if r := m.room; r != nil {
		m.ChooseNode(r.seat(r.me))
		m.Look()
	}
}

// seat returns the first node that a member runs, None if it runs none.
func (r *room) seat(member uint32) consensus.NodeID {
	for i, s := range r.now.Seats {
		if s.Member == member && member != 0 {
			return consensus.NodeID(i + 1)
		}
	}
	return consensus.None
}

// seats returns the nodes that a member runs.
func (r *room) seats(member uint32) (set consensus.NodeSet) {
	for i, s := range r.now.Seats {
		if s.Member == member && member != 0 {
			set.Add(consensus.NodeID(i + 1))
		}
	}
	return set
}

// name returns what a member is called.
func (r *room) name(member uint32) string {
	for i := range r.now.Members {
		if r.now.Members[i].Number == member {
			return r.now.Members[i].Name
		}
	}
	return texts.Get("room.somebody")
}

// who is name, or "You".
func (r *room) who(member uint32) string {
	if member == r.me {
		return texts.Get("room.you")
	}
	return r.name(member)
}

// owns reports whether this tab's member is the owner.
func (r *room) owns() bool { return r.told && r.now.Owner == r.me }

// here reports whether the relay is connected.
func (r *room) here() bool { return r.told && r.line.State == frame.Connected }

// conduct asks the relay for something.
func (m *Model) conduct(f frame.Conduct) {
	m.touch()
	if m.room.here() {
		m.send(f, nil)
	} else {
		m.wrong(m.roomState())
	}
}

// deed says what somebody did to the run.
func (m *Model) deed(f frame.Did) string {
	words := strings.Fields(f.Line)
	if len(words) > 2 && words[0] == "at" {
		words = words[2:]
	}
	if len(words) == 0 {
		return ""
	}
	line := strings.Join(words, " ")
	if f.Why == frame.Wish {
		return texts.Get("room.did", "who", m.room.who(f.Member), "line", line)
	}
	key := [...]string{"", "room.did-gone", "room.did-back", "room.did-moved", "room.did-wrong"}[f.Why]
	return texts.Get(key, "node", strings.ToUpper(words[len(words)-1]))
}

// notInRoom reports whether the page is in no room. Else it says that something is not
// done in one, and offers to leave.
func (m *Model) notInRoom() bool {
	if m.room == nil {
		return true
	}
	m.notify(Notice{Kind: NoticeWrong, Text: texts.Get("room.leave-first"), Label: texts.Get("room.leave"), Do: m.LeaveRoom})
	m.touch()
	return false
}

// LeaveRoom leaves the room. Its run, as far as it has come, stays as one's own.
func (m *Model) LeaveRoom() {
	r := m.room
	m.touch()
	if r == nil || r.left {
		return
	}
	if m.Phase != Running || m.Head.Events == 0 {
		m.quitRoom("")
		return
	}
	r.left = true
	m.askLink(func(f frame.Link) {
		if f.Code == "" {
			f.Code = f.Text
		}
		m.quitRoom(f.Code)
	}, nil)
}

// goOut gives up the tab's place in the room. Before it starts its nodes are free again; once
// they run they crash, since their tab is gone.
func (m *Model) goOut() {
	r := m.room
	if r.here() && r.now.State == frame.Lobby {
		for i, s := range r.now.Seats {
			if s.Member == r.me {
				m.send(frame.Conduct{Verb: frame.Release, Node: consensus.NodeID(i + 1)}, nil)
			}
		}
	}
	if r.join != 0 {
		m.send(frame.Leave{}, nil)
	}
	m.keep.Keep(keptRoom+r.id, "")
	m.room, m.rooming, m.undos, m.Notices = nil, rooming{}, nil, nil
	m.forget()
	m.share.then = nil
}

// quitRoom leaves the room for the run of a link, or for the setup of the room if there is
// none.
func (m *Model) quitRoom(link string) {
	at := m.Cursor.T
	m.goOut()
	script := m.script
	m.dropRoomAddress(link)
	if link != "" {
		m.receiveRun(&sent{address: link, file: strings.Contains(link, "\n")})
		m.goal = &goal{cursor: at, frontier: m.Head.Time}
		m.undos = nil
		return
	}
	m.Phase = Waiting
	if script == "" {
		m.reopen()
		return
	}
	m.goal = nil
	m.open(script)
}

// dropRoomAddress puts the address of what comes after a room into the address bar.
func (m *Model) dropRoomAddress(link string) {
	if m.outside == nil {
		return
	}
	if link == "" || strings.Contains(link, "\n") || len(link) > addressMax {
		m.outside.Show("", true)
	} else {
		m.outside.Show("#"+link, true)
	}
}

// addressMax is the longest link that is put into the address bar, in bytes.
const addressMax = 100_000

// returnFromRoom leaves the room for what the browser went back or on to.
func (m *Model) returnFromRoom(address, script string, cursor, frontier consensus.Time) {
	m.goOut()
	if script == "" && address != "" {
		m.receiveRun(&sent{address: address})
		return
	}
	m.sent, m.share.open = nil, false
	m.goal = &goal{cursor: cursor, frontier: frontier}
	if script == "" {
		script, m.goal = freshScript(), nil
	}
	m.open(script)
}
