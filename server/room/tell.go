package room

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/trace"
)

const (
	// pieceEvents is the largest number of events in one frame.
	pieceEvents = 4096
	// pieceTexts is the number of bytes of texts after which another frame is begun.
	pieceTexts = 64 << 10
	// pieceBytes is how much of the trace is put into a connection's queue at once.
	pieceBytes = 192 << 10
	// roomEvery is how often latencies are told.
	roomEvery = 2 * Second
)

// did is an action that somebody did, and how many events there were before it.
type did struct {
	member uint32
	why    frame.Reason
	line   string
	events int
}

// piece is a part of the trace as a frame, for all who are at the same place.
type piece struct {
	events, texts [2]int // from and to
	frame         []byte
}

// head is the last frame.Head.
type head struct {
	number uint64 // 0: there was none
	frame  []byte
	of     frame.Head
}

// took takes down that an action was done.
func (r *Room) took(by *member, why frame.Reason, line string, before int) {
	d := did{why: why, line: line, events: before}
	if by != nil {
		d.member = by.number
	}
	r.dids = append(r.dids, d)
	r.acted = d.append(r.acted)
	r.size += len(line) + 1
}

// put sends a frame.
func (r *Room) put(k *conn, b []byte) { r.outs = append(r.outs, Out{Peer: k.peer, Frame: b}) }

// close closes a connection that is forgotten already.
func (r *Room) close(k *conn, code int, why string) {
	r.outs = append(r.outs, Out{Peer: k.peer, Close: code, Why: why})
}

// shut closes a connection; whose tab it was is gone.
func (r *Room) shut(k *conn, code int, why string) {
	if r.peers[k.peer] == k {
		r.leave(r.now, k, true)
		r.close(k, code, why)
	}
}

// end ends the room for everybody.
func (r *Room) end(code int) { r.ended = code }

// expel closes all connections of a room that has ended.
func (r *Room) expel() {
	why := "the owner has ended this room"
	if r.ended == hosting.CloseDiverged {
		why = "a tab has answered with what its engine never said: the run is no longer what its recording says, and the room is closed"
	}
	for _, k := range r.conns {
		r.close(k, r.ended, why)
		delete(r.peers, k.peer)
	}
	r.conns = nil
}

// refuse says in a sentence why a command was not carried out.
func (r *Room) refuse(k *conn, request uint32, why string) {
	if r.peers[k.peer] == k {
		r.put(k, frame.Append(nil, request, frame.Refused{Why: why[:min(len(why), frame.TextMax)]}))
	}
}

// flush tells everybody what is new, not more often than twenty times a second unless it
// is urgent.
func (r *Room) flush(now Moment) {
	if w := r.waiting(now); w != r.waits {
		r.waits, r.changed = w, true
	}
	if !r.urgent && (now < r.flushed+tickEvery || !r.unsaid(now)) {
		return
	}
	r.urgent, r.flushed = false, now
	if r.changed || r.lagging && now >= r.roomed+roomEvery {
		r.tellRooms()
		r.changed, r.lagging, r.roomed = false, false, now
	}
	r.nextHead()
	for _, k := range r.conns {
		if k.member != nil {
			r.tell(k)
		}
	}
}

// unsaid reports whether there is anything that was not told yet.
func (r *Room) unsaid(now Moment) bool {
	return r.changed || r.lagging && now >= r.roomed+roomEvery || r.head.number == 0 ||
		r.head.of.Events != uint32(r.log.Len()) || r.head.of.Time != r.world.Now() || r.head.of.State != r.headState()
}

func (r *Room) headState() frame.HeadState {
	switch {
	case r.over():
		return frame.Full
	case r.work == nil && r.world.Quiet():
		return frame.Quiet
	}
	return frame.Going
}

// nextHead makes the Head of now, if it is another one.
func (r *Room) nextHead() {
	h := frame.Head{Time: r.world.Now(), Events: uint32(r.log.Len()), Digest: uint64(r.world.Digest()), State: r.headState()}
	if r.head.number == 0 || h != r.head.of {
		r.head = head{r.head.number + 1, frame.Append(nil, 0, h), h}
	}
}

// tellRoom answers a tab's questions with all that is true of the room.
func (r *Room) tellRoom(k *conn, f *frame.Room) {
	for _, request := range k.rooms {
		r.put(k, frame.Append(nil, request, *f))
	}
	k.rooms = k.rooms[:0]
}

// tellRooms tells everybody, and answers those who have asked.
func (r *Room) tellRooms() {
	f := r.describe()
	all := frame.Append(nil, 0, *f)
	for _, k := range r.conns {
		switch {
		case k.member == nil:
		case len(k.rooms) > 0:
			r.tellRoom(k, f)
		default:
			r.put(k, all)
		}
	}
}

// describe says all that is true of the room.
func (r *Room) describe() *frame.Room {
	f := &frame.Room{
		Title: r.script.Title, Owner: r.owner.number, Open: r.open, State: r.state, Pace: r.pace, Hurry: r.hurry, Waiting: r.waits,
	}
	for _, m := range r.members {
		f.Members = append(f.Members, frame.Member{Number: m.number, Name: m.name, Here: m.conn != nil})
	}
	for i := range r.seats {
		s := &r.seats[i]
		x := frame.Seat{State: s.stateOf(), Latency: s.latency}
		if s.member != nil {
			x.Member = s.member.number
		}
		f.Seats = append(f.Seats, x)
	}
	return f
}

// begins opens the run for a tab, unless it has a part of it already.
func (r *Room) begins(k *conn, h *hosting.Hello) {
	events, texts, dids := int(h.Events), int(h.Texts), int(h.Actions)
	if texts > 0 && events <= r.log.Len() && texts <= r.world.Texts() && dids <= len(r.dids) {
		k.events, k.texts, k.dids = events, texts, dids
		return
	}
	s := &r.script
	r.put(k, frame.Append(nil, 0, frame.Opened{
		Protocol: *r.protocol, Script: s.String(), Title: s.Title, Setup: s.Setup, For: s.For, Markers: s.Markers,
	}))
}

// tell sends a tab what it lacks of the trace, as much as its queue is to hold.
func (r *Room) tell(k *conn) {
	if k.full {
		return
	}
	for left := pieceBytes; ; {
		f := r.following(k)
		if f == nil {
			break
		}
		if left -= len(f); left < 0 {
			r.outs = append(r.outs, Out{Peer: k.peer, Frame: f, More: true})
			k.full = true
			return
		}
		r.put(k, f)
	}
	if r.head.number > 0 && k.headed != r.head.number && r.head.of.Events == uint32(k.events) {
		k.headed = r.head.number
		r.put(k, r.head.frame)
	}
	for _, f := range k.asked {
		r.put(k, f)
	}
	k.asked = nil
}

// following returns the next frame of what a tab lacks of the trace, nil if that is
// nothing: a Did stands in front of the events that follow from it, and texts in front of
// the events that mention them.
func (r *Room) following(k *conn) []byte {
	to := r.log.Len()
	if k.dids < len(r.dids) {
		d := &r.dids[k.dids]
		if d.events <= k.events {
			k.dids++
			return frame.Append(nil, 0, frame.Did{Member: d.member, Why: d.why, Line: d.line})
		}
		to = min(to, d.events)
	}
	if k.events == to && k.texts == r.world.Texts() {
		return nil
	}
	p := piece{events: [2]int{k.events, k.events}, texts: [2]int{k.texts, k.texts}}
	for size := 0; p.texts[1] < r.world.Texts() && size < pieceTexts && p.texts[1]-p.texts[0] < frame.EventsMax; p.texts[1]++ {
		size += len(r.world.Text(uint32(p.texts[1])))
	}
	if p.texts[1] == r.world.Texts() {
		p.events[1] = min(to, k.events+pieceEvents)
	}
	k.events, k.texts = p.events[1], p.texts[1]
	if r.piece.frame == nil || r.piece.events != p.events || r.piece.texts != p.texts {
		f := frame.Events{First: uint32(p.events[0]), FirstText: uint32(p.texts[0])}
		for i := p.texts[0]; i < p.texts[1]; i++ {
			f.Texts = append(f.Texts, r.world.Text(uint32(i)))
		}
		f.Events = r.log.AppendBytes(make([]byte, 0, (p.events[1]-p.events[0])*trace.EventSize), p.events[0], p.events[1])
		p.frame = frame.Append(nil, 0, f)
		r.piece = p
	}
	return r.piece.frame
}

// Next returns when Tick is to be called; false: not until something else happens.
func (r *Room) Next() (Moment, bool) {
	if r.ended != 0 {
		return 0, false
	}
	n := soonest{}
	for _, k := range r.conns {
		if k.member == nil {
			n.at(k.until)
		}
	}
	if len(r.conns) == 0 {
		n.at(r.empty + r.c.Limits.Idle)
	}
	r.listens(&n)
	if r.alone {
		return n.when, n.any
	}
	for i := range r.seats {
		if s := &r.seats[i]; s.until != 0 {
			n.at(s.until)
		}
	}
	if s, until := r.stuck(); s != nil {
		n.at(until)
		if r.waits == consensus.None {
			n.at(s.sent.waited() + slowAfter)
		}
	}
	if r.owner.conn == nil {
		n.at(r.owner.left + r.c.Limits.OwnerAway)
	}
	if r.unsaid(r.now) {
		n.at(r.flushed + tickEvery)
	} else if r.lagging {
		n.at(r.roomed + roomEvery)
	}
	switch {
	case r.behind:
		n.at(r.now)
	case r.running() && r.work == nil && !r.over() && !r.world.Quiet():
		n.at(r.now + tickEvery)
	}
	return n.when, n.any
}

// soonest is the earliest of some moments.
type soonest struct {
	when Moment
	any  bool
}

func (s *soonest) at(t Moment) {
	if !s.any || t < s.when {
		s.when, s.any = t, true
	}
}
