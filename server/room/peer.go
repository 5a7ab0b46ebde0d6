package room

import (
	"slices"

	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// Close codes of RFC 6455 that a room uses.
const (
	closeLeft = 1000
	closeBig  = 1009
	closeFull = 1013
)

// conn is a connection.
type conn struct {
	peer     Peer
	since    Moment
	until    Moment         // to say Hello, or for the other tab to answer
	held     *hosting.Hello // of who comes while another tab has the token
	member   *member        // nil: it has not said Hello yet
	instance uint64
	heard    Moment // when something came of it last
	doubted  Moment // since when that is too long ago, and the host was asked; 0: it was not

	frames, bytes bucket

	// What it has of the trace.
	events, texts, dids int
	headed              uint64   // number of the Head that it has
	full                bool     // Drained is waited for
	asked               [][]byte // answers that come behind what is told
	rooms               []uint32 // questions that a Room answers

	attached      *attachment // what the host was given last to keep; nil: nothing
	attachedBytes string
}

// Receive takes one binary message of a connection. It keeps no reference to b.
func (r *Room) Receive(now Moment, p Peer, b []byte) {
	r.now = now
	if k := r.peers[p]; k != nil && r.ended == 0 {
		r.receive(now, k, b)
	}
	r.after(now)
}

func (r *Room) receive(now Moment, k *conn, b []byte) {
	k.alive(now)
	switch {
	case len(b) > hosting.SizeMax:
		r.shut(k, closeBig, "a frame is too large")
		return
	case !r.counted(now, k, len(b)):
		return
	case hosting.Old(b):
		r.shut(k, hosting.CloseVersion, "this page is of another version than the relay: load it anew")
		return
	case k.member != nil && hosting.IsFrame(b):
		r.heard(k)
		r.command(now, k, b)
		return
	}
	f, err := hosting.Decode(b)
	if err != nil && (k.member != nil || !hosting.IsFrame(b)) {
		r.shut(k, hosting.CloseMalformed, err.Error())
		return
	}
	h, isHello := f.(*hosting.Hello)
	if isHello != (k.member == nil) || k.held != nil {
		r.shut(k, hosting.CloseHello, "a tab says Hello first, and once")
		return
	}
	if isHello {
		r.hello(now, k, h)
		return
	}
	r.heard(k)
	switch f := f.(type) {
	case *hosting.Done:
		r.done(now, k, f, len(b))
	case hosting.WantDisk:
		r.wantDisk(k, f)
	case hosting.Here: // and was heard
	case hosting.Bye:
		r.leave(now, k, true)
		r.close(k, closeLeft, "")
	default:
		r.shut(k, hosting.CloseMalformed, "a relay says this, no tab does")
	}
}

// counted counts a message of so many bytes. It reports whether the connection may send so
// much, and closes it if not.
func (r *Room) counted(now Moment, k *conn, size int) bool {
	l := &r.c.Limits
	if k.frames.take(now, 1, l.Frames, l.FramesBurst) && k.bytes.take(now, size, l.Bytes, l.BytesBurst) {
		return true
	}
	r.shut(k, hosting.CloseRate, "too much was sent in too short a time")
	return false
}

// command carries out a frame of package frame.
func (r *Room) command(now Moment, k *conn, b []byte) {
	request, f, err := frame.Decode(b)
	if err != nil {
		r.shut(k, hosting.CloseMalformed, err.Error())
		return
	}
	switch f := f.(type) {
	case frame.Act:
		r.wish(k, request, f.Action)
	case frame.ActLine:
		a, err := scenario.ParseAction("at 0s "+f.Text, &r.script.Setup)
		if err != nil {
			why := err.Error()
			if e, ok := err.(*scenario.Error); ok {
				why = e.Why // the moment in its line is none that anybody wrote
			}
			r.refuse(k, request, why)
			return
		}
		r.wish(k, request, a)
	case frame.Conduct:
		if why := r.conducts(now, k, &f); why != "" {
			r.refuse(k, request, why)
			return
		}
		k.rooms = append(k.rooms, request)
		r.changed, r.urgent, r.dirty = true, true, true
	default:
		r.shut(k, hosting.CloseMalformed, "this is no command for a room")
	}
}

// hello lets a tab in, or says why not.
func (r *Room) hello(now Moment, k *conn, h *hosting.Hello) {
	if h.Room != r.id {
		r.shut(k, hosting.CloseNoRoom, "there is no such room here")
		return
	}
	want := hosting.Engine{Name: r.protocol.Name, Epoch: r.protocol.Epoch, World: sim.Epoch}
	if !slices.Contains(h.Engines, want) {
		r.put(k, frame.Append(nil, 0, frame.Wanted{Engine: want.Name, Epoch: want.Epoch, World: want.World}))
		r.shut(k, closeLeft, "the room needs another engine")
		return
	}
	if h.Token == "" {
		if !r.makeRoom() {
			r.shut(k, closeFull, "this room is full")
			return
		}
		h.Token = NewToken(r.c.Draw)
		r.welcome(now, k, r.join(secretOf(h.Token), h.Name), h)
		return
	}
	m := r.knownBy(h.Token)
	switch {
	case m == nil:
		r.shut(k, hosting.CloseToken, "nobody in this room has this token")
	case m.conn == nil:
		r.welcome(now, k, m, h)
	case m.conn.instance == h.Instance:
		old := m.conn
		r.leave(now, old, false)
		r.close(old, hosting.CloseTwice, "this tab has connected anew")
		r.welcome(now, k, m, h)
	case r.probed(m):
		r.shut(k, hosting.CloseTwice, "another tab sits here with the same token")
	default:
		k.held, k.until = h, now+r.c.Limits.Probe
		r.put(m.conn, hosting.Append(nil, hosting.Ask{}))
	}
}

// probed reports whether somebody waits already for whether a member's tab answers.
func (r *Room) probed(m *member) bool { return r.holder(m) != nil }

// holder returns who waits for that.
func (r *Room) holder(m *member) *conn {
	for _, k := range r.conns {
		if k.held != nil && secretOf(k.held.Token) == m.secret {
			return k
		}
	}
	return nil
}

// heard is told that a tab has said something: another one with its token has to go.
func (r *Room) heard(k *conn) {
	if late := r.holder(k.member); late != nil {
		r.shut(late, hosting.CloseTwice, "another tab sits here with the same token")
	}
}

// welcome lets a tab in.
func (r *Room) welcome(now Moment, k *conn, m *member, h *hosting.Hello) {
	if m.name == nameless { // who comes back may have been renamed since
		m.name = cleanName(h.Name)
	}
	k.member, k.instance, k.until = m, h.Instance, 0
	m.conn, m.since = k, now
	r.present(now, m)
	r.changed, r.urgent, r.dirty = true, true, true
	r.put(k, frame.Append(nil, 0, frame.Joined{
		Room: r.id, Token: h.Token, Member: m.number, Ping: uint32(r.c.Limits.Ping / Millisecond),
	}))
	k.rooms = append(k.rooms, 0)
	r.tellRoom(k, r.describe())
	r.begins(k, h)
	for i := range r.seats {
		if s := &r.seats[i]; s.member == m || s.runs == m {
			r.resume(now, s, k, h)
		}
	}
	r.tell(k)
}

// done takes what a tab has answered.
func (r *Room) done(now Moment, k *conn, d *hosting.Done, size int) {
	s := r.seat(d.Node)
	if s == nil || !k.member.held.Has(d.Node) {
		r.shut(k, hosting.CloseSeat, "this is not the tab of "+d.Node.String())
		return
	}
	e := s.sent
	mine := s.tab() == k
	switch {
	case mine && e != nil && e.Place == d.Place:
		k.frames.give(1)
		k.bytes.give(size)
		if e.done == nil {
			e.done = d
			r.timed(now, s, e)
		}
	case d.Boot > s.boot, mine && d.Boot == s.boot && d.Seq > s.seq, d.Seq == 0, d.Boot == 0:
		r.shut(k, hosting.CloseSeat, d.Node.String()+" was never given that work")
	}
	// Anything else was answered before, or is of an engine that is no more.
}

// timed takes down how long an answer took.
func (r *Room) timed(now Moment, s *seat, e *errand) {
	if e.since == 0 {
		return
	}
	took := uint32(min(max(now-e.since, 0), Minute) / 1000)
	if s.latency == 0 {
		s.latency = took
	} else {
		s.latency = uint32((7*uint64(s.latency) + uint64(took)) / 8)
	}
	r.lagging = true
}

// wantDisk sends a start again, with the bytes of the disk.
func (r *Room) wantDisk(k *conn, f hosting.WantDisk) {
	s := r.seat(f.Node)
	if s == nil || !k.member.held.Has(f.Node) {
		r.shut(k, hosting.CloseSeat, "this is not the tab of "+f.Node.String())
		return
	}
	e := s.sent
	if s.tab() != k || e == nil || e.Place != f.Place || !e.start || e.done != nil {
		return // it was answered before
	}
	g, err := hosting.Decode(e.frame)
	if err != nil {
		panic("room: " + err.Error())
	}
	w := g.(*hosting.Work)
	disk := r.world.Disk(s.node)
	if len(disk) > hosting.DiskMax {
		r.lose(s, frame.SeatMoved) // no frame can bring so much: the relay runs it
		r.acts = append(r.acts, act{kind: actMove, node: s.node})
		return
	}
	w.Disk.Given, w.Input.Disk = true, disk
	r.put(k, hosting.Append(nil, w))
}
