package app

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/scene"
	"parley/web/texts"
	"parley/web/view"
)

// RoomView is the dialog of live rooms.
type RoomView struct {
	Kind, Title, Says, Wrong string // Kind: "create", "join", "wait", "lobby", "room" or "closed"
	Name, NameWrong          string
	Asks                     bool // for a name
	CanOpen, Open            bool // everybody may act; whether that can be chosen here
	Hurry, CanHurry          bool
	Link, Copy, QR           string
	Places                   []Choice // nodes to choose from when joining
	Seats                    []SeatRow
	Members                  []MemberRow
	Speed, SpeedMax          int
	SpeedSays                string
	Acts                     []ActView
}

// SeatRow is a node of the room, and who runs it.
type SeatRow struct {
	Node                  consensus.NodeID
	Name, Who, State      string // State: "here", "away", "gone" or "relay"
	StateSays, Aside, All string // All: everything in a sentence
	Own                   bool
	Acts                  []ActView
	To                    []Choice // to whom the owner can give it; none for others
}

// MemberRow is somebody in the room.
type MemberRow struct {
	Name, State, Says string
	Acts              []ActView
}

// BarView is the strip that says what goes on in the room.
type BarView struct {
	Shown, Folded              bool
	State, Says                string // State: "live", "wait", "lost" or "closed"
	Mine, Refused, RefusedSays string
	RefusedAt                  int
	News, Fold                 string
	Acts                       []ActView
	Seats                      []SeatRow
}

// act is a button whose label is room.NAME and whose explanation is room.NAME.says.
func roomAct(name, class string, do func(), args ...string) ActView {
	return ActView{Name: name, Label: texts.Get("room."+name, args...), Says: texts.Or("room."+name+".says", "", args...), Class: class, Do: do}
}

// roomKind says what the dialog is about.
func (m *Model) roomKind() string {
	r := m.room
	switch {
	case r == nil:
		return "create"
	case r.line.State == frame.Closed:
		return "closed"
	case r.told && r.now.State == frame.Lobby:
		return "lobby"
	case r.told:
		return "room"
	case r.joining:
		return "wait"
	}
	return "join"
}

func (m *Model) roomView() RoomView {
	d := &m.rooming
	v := RoomView{Kind: m.roomKind(), Name: d.name.Text, NameWrong: d.name.Wrong, Wrong: d.wrong}
	v.Title = texts.Get("room.title." + v.Kind)
	switch v.Kind {
	case "create":
		v.Says, v.Asks = texts.Get("room.says-create"), true
		if m.hasRun() {
			v.Says += " " + texts.Get("room.setup", "algorithm", m.title(), "n", itoa(int64(m.Store.Setup.Nodes)))
		}
		v.CanOpen, v.Open = true, d.opens
		create := roomAct("create", "main", m.CreateRoom)
		create.Off = d.asking || m.Phase != Running
		v.Acts = append(v.Acts, create)
	case "join":
		v.Says, v.Asks, v.Places = texts.Get("room.says-join"), true, m.places()
		v.Acts = append(v.Acts, roomAct("join", "main", func() { m.JoinRoom(true) }), roomAct("watch", "", func() { m.JoinRoom(false) }))
	case "wait":
		v.Says = m.roomState()
	case "closed":
		v.Says = m.roomState()
		m.waysOn(&v)
	default:
		m.insideView(&v)
	}
	return v
}

// places are the nodes of a room that is about to be joined, behind "any". Who has which is
// known only inside.
func (m *Model) places() (list []Choice) {
	if m.room.id != m.invited.room || m.invited.nodes == 0 {
		return nil
	}
	at := m.room.place
	list = append(list, Choice{Title: texts.Get("room.any-seat"), Chosen: at == consensus.None})
	for id := consensus.NodeID(1); int(id) <= m.invited.nodes; id++ {
		list = append(list, Choice{Name: id.String(), Title: id.String(), Chosen: at == id})
	}
	return list
}

// waysOn offers what can be done about a room that is closed to this tab. What was seen of
// its run is here.
func (m *Model) waysOn(v *RoomView) {
	r := m.room
	code := r.line.Code
	again := roomAct("again", "", m.joinAgain)
	switch code {
	case closeVersion:
		v.Acts = append(v.Acts, roomAct("reload", "main", m.reload))
	case closeTwice, closeToken, closeRemoved:
		v.Acts = append(v.Acts, roomAct("anew", "main", m.JoinAnew))
		if code == closeTwice {
			v.Acts = append(v.Acts, again)
		}
	case closeNoRoom, closeEnded:
	default:
		again.Class = "main"
		v.Acts = append(v.Acts, again)
	}
	if m.Phase == Running && m.Head.Events > 0 {
		v.Acts = append(v.Acts, roomAct("keep", "", m.LeaveRoom))
	} else {
		v.Acts = append(v.Acts, roomAct("playground", "", m.LeaveRoom))
	}
	if code == closeNoRoom || code == closeEnded {
		v.Acts = append(v.Acts, roomAct("another", "", m.createAnother))
	}
}

// joinAgain tries what the connection was closed for once more.
func (m *Model) joinAgain() {
	m.room.told, m.room.fetched = false, false
	m.joinRoom()
	m.touch()
}

// reload loads the page anew.
func (m *Model) reload() {
	if m.outside != nil {
		m.outside.Reload()
	}
}

// createAnother leaves the room for the dialog that makes another.
func (m *Model) createAnother() {
	m.quitRoom("")
	m.openRooming()
}

// insideView is the dialog of somebody who is in the room.
func (m *Model) insideView(v *RoomView) {
	r := m.room
	v.Says = m.roomState()
	if r.late && r.seat(r.me) == consensus.None {
		v.Says = texts.Get("room.late")
	}
	v.Asks = true
	if m.outside != nil {
		v.Link = m.outside.Site() + "/" + roomAddress(r.id)
		v.QR, v.Copy = v.Link, texts.Get("share.copy")
		if m.rooming.copied {
			v.Copy = texts.Get("share.copied")
		}
	}
	for i := range r.now.Seats {
		v.Seats = append(v.Seats, m.seatRow(i, true))
	}
	for i := range r.now.Members {
		v.Members = append(v.Members, m.memberRow(&r.now.Members[i]))
	}
	speed := view.SpeedOf(r.now.Pace)
	v.Speed, v.SpeedMax, v.SpeedSays = int(speed), int(view.SpeedMax), speed.String()
	v.CanOpen, v.CanHurry = r.owns(), r.owns()
	v.Open, v.Hurry = r.now.Open, r.now.Hurry
	if m.may() == "" {
		v.Acts = append(v.Acts, m.playActs()...)
	}
	v.Acts = append(v.Acts, m.sureAct("leave", m.LeaveRoom))
	if r.owns() {
		v.Acts = append(v.Acts, m.sureAct("end", func() { m.conduct(frame.Conduct{Verb: frame.End}) }))
	}
}

// playActs are the buttons that move the room's time.
func (m *Model) playActs() []ActView {
	switch m.room.now.State {
	case frame.Lobby:
		return []ActView{roomAct("start", "main", func() { m.PlayRoom(true) })}
	case frame.Playing:
		return []ActView{roomAct("pause", "", func() { m.PlayRoom(false) }), roomAct("step", "", m.StepRoom)}
	case frame.Paused:
		return []ActView{roomAct("play", "main", func() { m.PlayRoom(true) }), roomAct("step", "", m.StepRoom)}
	}
	return nil
}

// sureAct is a button that has to be pressed twice.
func (m *Model) sureAct(name string, do func()) ActView {
	if m.rooming.sure == name {
		a := roomAct("sure-"+name, "danger", do)
		if own := m.room.seats(m.room.me); name == "leave" && own.Len() > 0 && m.room.now.State != frame.Lobby {
			a.Label = texts.Get("room.sure-leave-node", "nodes", view.Members(own))
		}
		a.Name = name
		return a
	}
	return roomAct(name, "", func() {
		m.rooming.sure = name
		m.touch()
	})
}

// seatRow is what is shown of seat i; full: with what can be done about it.
func (m *Model) seatRow(i int, full bool) SeatRow {
	r := m.room
	s := r.now.Seats[i]
	id := consensus.NodeID(i + 1)
	v := SeatRow{Node: id, Name: id.String(), Own: s.Member == r.me, Who: texts.Get("room.relay")}
	v.State = [...]string{"relay", "here", "away", "gone"}[s.State]
	v.StateSays = texts.Get("room.seat." + v.State)
	if s.Member != 0 {
		v.Who = r.who(s.Member)
	}
	switch {
	case s.State == frame.SeatHere && s.Latency > 0:
		v.Aside = latency(s.Latency)
	case s.State == frame.SeatAway:
		v.Aside = texts.Get("room.mark-away")
	case s.State == frame.SeatGone:
		v.Aside = texts.Get("room.mark-gone")
	}
	v.All = texts.Get("room.seat", "node", v.Name, "who", v.Who, "state", v.StateSays)
	if s.Latency > 0 {
		v.All += " " + texts.Get("room.latency", "time", latency(s.Latency))
	}
	if full && r.here() {
		m.seatActs(&v, s)
	}
	return v
}

// latency writes how long a tab took to answer, given in microseconds.
func latency(us uint32) string {
	return view.FormatSpan(max(1, (consensus.Duration(us)+500)/1000) * consensus.Millisecond)
}

// seatActs adds what this member can do about a seat.
func (m *Model) seatActs(v *SeatRow, s frame.Seat) {
	r := m.room
	node := v.Node
	conduct := func(verb frame.Verb) func() {
		return func() { m.conduct(frame.Conduct{Verb: verb, Node: node}) }
	}
	says := ""
	if r.now.State != frame.Lobby {
		says = texts.Get("room.moves", "node", v.Name)
	}
	switch {
	case s.Member == 0:
		v.Acts = append(v.Acts, roomAct("take", "", conduct(frame.Claim)))
	case s.Member == r.me:
		v.Acts = append(v.Acts, roomAct("release", "", conduct(frame.Release)))
	}
	for i := range v.Acts {
		v.Acts[i].Says = says
	}
	if r.owns() {
		v.To = append(v.To, Choice{"0", texts.Get("room.to-relay"), s.Member == 0})
		for _, o := range r.now.Members {
			if o.Here || o.Number == s.Member {
				v.To = append(v.To, Choice{itoa(int64(o.Number)), o.Name, o.Number == s.Member})
			}
		}
	}
}

// GiveSeat gives the seat of a node to a member, by its number; 0: to the relay.
func (m *Model) GiveSeat(node consensus.NodeID, to string) {
	for _, o := range m.room.now.Members {
		if itoa(int64(o.Number)) == to {
			m.conduct(frame.Conduct{Verb: frame.Give, Node: node, Member: o.Number})
			return
		}
	}
	m.conduct(frame.Conduct{Verb: frame.Release, Node: node})
}

// memberRow is what is shown of a member.
func (m *Model) memberRow(o *frame.Member) MemberRow {
	r := m.room
	v := MemberRow{Name: o.Name, State: "here"}
	if !o.Here {
		v.State = "away"
	}
	nodes := r.seats(o.Number)
	switch {
	case nodes.Len() > 0:
		v.Says = texts.Get("room.runs", "nodes", view.Members(nodes))
	default:
		v.Says = texts.Get("room.watches")
	}
	if o.Number == r.now.Owner {
		v.Says += comma() + texts.Get("room.is-owner")
	}
	if o.Number == r.me {
		v.Says += comma() + texts.Get("room.is-you")
	}
	if !o.Here {
		v.Says += comma() + texts.Get("room.is-away")
	}
	if r.owns() && o.Number != r.me && o.Here && r.here() {
		number := o.Number
		v.Acts = append(v.Acts, roomAct("appoint", "plain", func() { m.conduct(frame.Conduct{Verb: frame.Appoint, Member: number}) }, "who", o.Name))
	}
	if r.owns() && o.Number != r.me && r.here() {
		v.Acts = append(v.Acts, m.removeAct(o))
	}
	return v
}

// removeAct is the button that sends a member away. It has to be pressed twice.
func (m *Model) removeAct(o *frame.Member) ActView {
	number, name := o.Number, o.Name
	sure := "remove-" + itoa(int64(number))
	if m.rooming.sure == sure {
		a := roomAct("sure-remove", "danger", func() {
			m.rooming.sure = ""
			m.conduct(frame.Conduct{Verb: frame.Remove, Member: number})
		}, "who", name)
		a.Name = "remove"
		return a
	}
	return roomAct("remove", "plain", func() {
		m.rooming.sure = sure
		m.touch()
	}, "who", name)
}

func comma() string { return texts.Get("list.comma") + " " }

// CopyRoom copies the room's address.
func (m *Model) CopyRoom(text string) {
	m.outside.Copy(text, func(ok bool) {
		m.rooming.copied, m.Spoken = ok, texts.Get("share.copied")
		if !ok {
			m.Spoken = texts.Get("share.not-copied")
			m.rooming.wrong = m.Spoken
		}
		m.touch()
	})
}

// SlideRoomSpeed takes what the slider of the room's speed says.
func (m *Model) SlideRoomSpeed(value string) {
	if v, err := strconv.Atoi(value); err == nil {
		m.SetRoomSpeed(view.Speed(v))
	}
}

// roomState says in a sentence how the connection is, and what the room does.
func (m *Model) roomState() string {
	r := m.room
	name := r.name(r.now.Owner)
	switch {
	case r.line.State == frame.Closed:
		says := texts.Or("room.closed."+itoa(int64(r.line.Code)), texts.Get("room.closed"))
		if r.line.Why != "" && r.line.Code == 1013 {
			says = r.line.Why
		}
		return says
	case r.line.State == frame.Lost:
		return texts.Count("room.lost", int((r.line.Again+999)/1000))
	case !r.told || r.line.State == frame.Connecting:
		return texts.Get("room.connecting")
	case r.now.State == frame.Lobby && r.owns():
		return texts.Get("room.lobby-owner")
	case r.now.State == frame.Lobby:
		return texts.Get("room.lobby", "who", name)
	case !r.live && m.Phase == Running:
		return texts.Get("room.looks-back")
	case r.now.Waiting != consensus.None:
		return m.waitsFor()
	case r.now.State == frame.Paused:
		return texts.Get("room.paused")
	case r.now.State == frame.Over:
		return texts.Get("room.over")
	}
	return texts.Get("room.playing", "speed", view.SpeedOf(r.now.Pace).String())
}

// waitsFor says for whose tab the room waits.
func (m *Model) waitsFor() string {
	r := m.room
	i := int(r.now.Waiting) - 1
	if i < 0 || i >= len(r.now.Seats) || r.now.Seats[i].Member == 0 {
		return texts.Get("room.waits", "node", r.now.Waiting.String())
	}
	if r.now.Seats[i].Member == r.me {
		return texts.Get("room.waits-you", "node", r.now.Waiting.String())
	}
	return texts.Get("room.waits-who", "node", r.now.Waiting.String(), "who", r.name(r.now.Seats[i].Member))
}

// barView is the strip of the room.
func (m *Model) barView() BarView {
	r := m.room
	if r == nil || !r.told {
		return BarView{}
	}
	v := BarView{Shown: true, Folded: m.Fold.Room, Says: m.roomState(), State: "live", News: r.news, Fold: foldLabel(m.Fold.Room, "room.seats")}
	switch {
	case r.line.State == frame.Closed:
		v.State = "closed"
	case r.line.State != frame.Connected:
		v.State = "lost"
	case r.now.Waiting != consensus.None || r.now.State != frame.Playing || !r.live:
		v.State = "wait"
	}
	for i := range r.now.Seats {
		v.Seats = append(v.Seats, m.seatRow(i, false))
	}
	own := r.seats(r.me)
	v.Mine = texts.Get("room.you-watch")
	if own.Len() > 0 {
		v.Mine = texts.Get("room.you-are", "nodes", view.Members(own))
		if line, ok := m.Store.Refusal(m.Cursor, own); ok && m.hasRun() {
			v.Refused = texts.Get("room.refused", "text", line.Text)
			v.RefusedSays, v.RefusedAt = texts.Get("why.jump"), line.Event
			if line.Rule != 0 {
				v.RefusedSays = texts.Get("why.rule", "says", m.Store.RuleSays(line.Rule), "source", line.Source)
			}
		}
	}
	if m.may() == "" && r.live {
		v.Acts = m.playActs()
	}
	return v
}

// Marks returns what the ring says of a node beyond the run: who runs it, and whether
// their tab is there. Nothing on the playground.
func (m *Model) Marks() []scene.Mark {
	r := m.room
	if r == nil || !r.told {
		return nil
	}
	marks := make([]scene.Mark, len(r.now.Seats))
	for i, s := range r.now.Seats {
		mark := &marks[i]
		mark.Own = s.Member == r.me
		if s.Member != 0 {
			mark.Who = r.who(s.Member)
		}
		if r.live && s.State == frame.SeatAway {
			mark.Away = texts.Get("room.mark-away")
		}
		if r.live && s.State == frame.SeatGone {
			mark.Gone = texts.Get("room.mark-gone")
		}
	}
	return marks
}

// roomTime is what the transport shows in a room: while it is followed, play and speed are
// everybody's; who looks back has their own.
func (m *Model) roomTime(v *TimeView) {
	r := m.room
	v.Live = r.live && m.Phase == Running
	v.LiveSays = texts.Get("room.live-says")
	key := "room.play-own"
	switch playing := r.now.State == frame.Playing; {
	case !r.live && m.Playing:
		key = "room.pause-own"
	case !r.live:
	case m.may() == "" && playing:
		key = "room.pause-all"
	case m.may() == "":
		key = "room.play-all"
	case playing:
		key = "room.freeze-own"
	default:
		v.PlaySays = m.may()
		key = ""
	}
	if key != "" {
		v.PlaySays = texts.Get(key)
	}
	if !r.live || !r.told {
		return
	}
	speed := view.SpeedOf(r.now.Pace)
	v.Speed, v.SpeedSays, v.SpeedTells = int(speed), speed.String(), texts.Get("room.speed-all")
	if why := m.ownersOnly(); why != "" {
		v.SpeedOff, v.SpeedTells = true, why
	}
}
