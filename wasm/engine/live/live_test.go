package live

import (
	"errors"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting/tab"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/server/room"
)

// page is a page with its worker, and a room with nothing in between.
type page struct {
	t      *testing.T
	w      *Worker
	opens  int
	wrong  error // of open
	room   *room.Room
	now    room.Moment
	peer   room.Peer
	socket uint32
	open   bool
	queue  []func()
	disks  tab.Memory

	n       uint32
	answers map[uint32]frame.Frame
	lines   []frame.Line
	told    frame.Room
	opened  frame.Opened
	head    frame.Head
	dids    []string
}

const script = "title A class\nengine raft\nnodes 3\nseed 7\npace 20/s\nat 900ms crash n2\nat 1.2s restart n2\n"

func newPage(t *testing.T) *page {
	p := &page{t: t, answers: map[uint32]frame.Frame{}, now: room.Hour}
	draw := consensus.Rand(5)
	c := room.Config{Known: registry.Known(), World: registry.Config, Draw: func(b []byte) {
		for i := range b {
			b[i] = byte(draw.Uint64())
		}
	}}
	r, err := room.New(c, "abcdefghijklmnopqrstuvwxyz", script, "owner", p.now)
	if err != nil {
		t.Fatal(err)
	}
	p.room = r
	p.w = New(p.take, func(*Worker) (Outside, error) {
		p.opens++
		return p, p.wrong
	})
	return p
}

func (p *page) Dial(socket uint32, _ string) {
	p.socket = socket
	p.peer++
	p.queue = append(p.queue, func() {
		p.open = true
		p.room.Connect(p.now, p.peer)
		p.w.Tab().Opened(socket)
	})
}

func (p *page) Send(b []byte) {
	peer := p.peer
	p.queue = append(p.queue, func() { p.room.Receive(p.now, peer, b) })
}

func (p *page) Ping() {
	peer := p.peer
	p.queue = append(p.queue, func() { p.room.Heard(p.now, peer, p.now) })
}

func (p *page) Close(int) {
	peer := p.peer
	p.open = false
	p.queue = append(p.queue, func() { p.room.Disconnect(p.now, peer, true) })
}

func (p *page) Alarm(int)         {}
func (p *page) Draw() uint64      { return uint64(p.now) }
func (p *page) Report(why string) { p.t.Errorf("reported: %s", why) }
func (p *page) Discard(r string)  { p.disks.Discard(r) }

func (p *page) Load(ticket uint32, d tab.Disk) { p.w.Tab().Loaded(ticket, p.disks.Load(d), true) }

func (p *page) Store(ticket uint32, d tab.Disk, offset int, b []byte) {
	p.disks.Store(d, offset, b)
	p.w.Tab().Stored(ticket, true)
}

// take takes what the worker says.
func (p *page) take(b []byte) {
	request, f, err := frame.Decode(b)
	if err != nil {
		p.t.Fatal(err)
	}
	switch f := f.(type) {
	case frame.Line:
		p.lines = append(p.lines, f)
	case frame.Room:
		p.told = f
	case frame.Opened:
		p.opened, p.dids = f, nil
	case frame.Head:
		p.head = f
	case frame.Did:
		p.dids = append(p.dids, f.Line)
	case frame.Events, frame.Joined:
		return
	}
	if request != 0 {
		if _, more := f.(frame.Head); !more {
			p.answers[request] = f
		}
	}
}

// send sends a command, and returns what it was answered with.
func (p *page) send(f frame.Frame) frame.Frame {
	p.t.Helper()
	p.n++
	p.w.Receive(frame.Append(nil, p.n, f))
	for range 100 {
		if a := p.answers[p.n]; a != nil {
			return a
		}
		p.go_(0)
	}
	return nil
}

// wait lets real time go on, and carries everything.
func (p *page) go_(d room.Moment) {
	for end := p.now + d; ; p.now += 10 * room.Millisecond {
		p.room.Tick(p.now)
		p.pump()
		if p.now >= end {
			return
		}
	}
}

func (p *page) pump() {
	for {
		p.room.Unsaved()
		outs := p.room.Outs()
		for _, o := range outs {
			if o.Peer == p.peer && p.open && o.Frame != nil {
				p.w.Tab().Received(p.socket, o.Frame)
			}
			if o.More {
				p.room.Drained(p.now, o.Peer)
			}
			if o.Close != 0 && o.Peer == p.peer && p.open {
				p.open = false
				p.w.Tab().Closed(p.socket, o.Close, o.Why)
			}
		}
		if len(outs) == 0 && len(p.queue) == 0 {
			return
		}
		queue := p.queue
		p.queue = nil
		for _, f := range queue {
			f()
		}
	}
}

// refused sends a command that has to be refused.
func (p *page) refused(f frame.Frame, want string) {
	p.t.Helper()
	if r, ok := p.send(f).(frame.Refused); !ok || !strings.Contains(r.Why, want) {
		p.t.Errorf("%T was answered with %.300v, want %q", f, p.answers[p.n], want)
	}
}

var join = frame.Join{Address: "ws://x/rooms/abcdefghijklmnopqrstuvwxyz/socket", Room: "abcdefghijklmnopqrstuvwxyz", Token: "owner", Name: "Ada"}

// A worker is a runner until it joins a room; there it runs a node, and answers what is asked
// of a moment itself; and then it is a runner again.
func TestARoomAndARunOfOnesOwn(t *testing.T) {
	p := newPage(t)
	p.w.Ready()
	p.refused(frame.Conduct{Verb: frame.Play}, "no room was joined")
	p.refused(frame.Inspect{Node: 1}, "no run is open")
	if _, ok := p.send(frame.Open{Script: "nodes 3\n"}).(frame.Opened); !ok || p.opens != 0 {
		t.Fatalf("Open was answered with %.300v; what rooms need was opened %d times", p.answers[p.n], p.opens)
	}

	p.w.Receive(frame.Append(nil, 0, join))
	p.refused(frame.GetScript{}, "has not told yet")
	p.go_(0)
	if p.opens != 1 || p.opened.Title != "A class" || p.told.State != frame.Lobby {
		t.Fatalf("the room is %+v, lines %+v", p.told, p.lines)
	}
	for _, c := range []frame.Conduct{{Verb: frame.Claim, Node: 1}, {Verb: frame.SetPace, Value: uint64(100 * consensus.Millisecond)}, {Verb: frame.Play}} {
		if _, ok := p.send(c).(frame.Room); !ok {
			t.Fatalf("%+v was answered with %.300v", c, p.answers[p.n])
		}
	}
	p.go_(15 * room.Second)
	acted, ok := p.send(frame.ActLine{Text: "partition n1 | n2 n3"}).(frame.Acted)
	if !ok || len(p.dids) != 1 || p.dids[0] != acted.Line {
		t.Fatalf("ActLine was answered with %.300v, done was %q", p.answers[p.n], p.dids)
	}
	p.refused(frame.Act{Action: scenario.Action{Kind: scenario.Restart, Node: 1}}, "already up")
	p.refused(frame.Advance{Until: 1, Events: 1}, "time goes on for everybody")
	p.go_(5 * room.Second)
	if len(p.w.Tab().Nodes()) != 1 || len(p.disks.Load(tab.Disk{Room: join.Room, Node: 1})) == 0 {
		t.Errorf("the nodes %+v run here", p.w.Tab().Nodes())
	}

	p.send(frame.Conduct{Verb: frame.Pause})
	p.go_(room.Second)
	st := p.room.Stats()
	if p.head.Events != uint32(st.Events) || st.Events < 500 || p.head.Time < consensus.Second {
		t.Fatalf("the page is at %+v, the room at %+v", p.head, st)
	}
	d, ok := p.send(frame.Inspect{After: p.head.Events, Node: 1}).(frame.Detail)
	if !ok || len(d.Fields) < 5 {
		t.Errorf("Inspect was answered with %.300v", p.answers[p.n])
	}
	l, ok := p.send(frame.GetLink{Until: p.head.Time, Title: "A class"}).(frame.Link)
	if !ok {
		t.Fatalf("GetLink was answered with %.300v", p.answers[p.n])
	}
	rec, err := replay.ReadLink(l.Code)
	if err != nil || rec.Digest != st.Digest || rec.End != p.head.Time || len(rec.Script.Actions) != 3 {
		t.Errorf("%v: the link has the digest %v and %d actions, the room %v", err, rec.Digest, len(rec.Script.Actions), st.Digest)
	}
	s, ok := p.send(frame.GetScript{}).(frame.Script)
	if !ok || !strings.Contains(s.Text, acted.Line) || !strings.Contains(s.Text, "at 1.2s restart n2") {
		t.Errorf("GetScript was answered with %.300v", p.answers[p.n])
	}

	// What comes next leaves the room.
	if _, ok := p.send(frame.OpenLink{Link: l.Code}).(frame.Opened); !ok {
		t.Fatalf("OpenLink was answered with %.300v", p.answers[p.n])
	}
	if last := p.lines[len(p.lines)-1]; last.State != frame.Closed || last.Code != 1000 || p.w.Tab().In() {
		t.Errorf("the lines are %+v", p.lines)
	}
	p.send(frame.Advance{Until: rec.End, Events: 1 << 20})
	if p.head.Digest != uint64(st.Digest) {
		t.Errorf("the link opens as the run %x, that of the room is %v", p.head.Digest, st.Digest)
	}
	p.refused(frame.Conduct{Verb: frame.Play}, "cannot be reached")
}

// A room that was left can be looked at, until something else is opened.
func TestLookingAtARoomThatWasLeft(t *testing.T) {
	p := newPage(t)
	p.w.Receive(frame.Append(nil, 0, join))
	p.go_(0)
	p.send(frame.Conduct{Verb: frame.Play})
	p.go_(3 * room.Second)
	p.w.Receive(frame.Append(nil, 0, frame.Leave{}))
	p.go_(0)
	if p.w.Tab().In() {
		t.Fatal("it is in the room")
	}
	if d, ok := p.send(frame.Inspect{After: p.head.Events, Node: 2}).(frame.Detail); !ok || len(d.Fields) == 0 {
		t.Errorf("Inspect was answered with %.300v", p.answers[p.n])
	}
	p.refused(frame.ActLine{Text: "crash n1"}, "cannot be reached")
	p.w.Receive(frame.Append(nil, 0, frame.Leave{}))
	p.send(frame.Open{Script: "nodes 3\n"})
	if a, ok := p.send(frame.ActLine{Text: "crash n1"}).(frame.Acted); !ok {
		t.Errorf("ActLine was answered with %.300v", a)
	}
}

// Where the page closes the nodes crash; a page that is shown again comes back.
func TestAway(t *testing.T) {
	p := newPage(t)
	p.w.Away(true)
	p.w.Receive(frame.Append(nil, 0, join))
	p.go_(0)
	p.send(frame.Conduct{Verb: frame.Claim, Node: 1})
	p.send(frame.Conduct{Verb: frame.Play})
	p.go_(3 * room.Second)
	p.w.Away(true)
	p.go_(0)
	if st := p.room.Stats(); st.Here != 0 || st.Actions != 1 {
		t.Errorf("the room is %+v", st)
	}
	p.w.Away(false)
	p.go_(room.Second)
	if len(p.dids) != 2 || !strings.HasSuffix(p.dids[0], " crash n1") || !strings.HasSuffix(p.dids[1], " restart n1") {
		t.Errorf("done was %q", p.dids)
	}
	if len(p.w.Tab().Nodes()) != 1 {
		t.Error("the node does not run here")
	}
}

// What rooms need may not be there: that is said, and nothing else is lost.
func TestWithoutWhatRoomsNeed(t *testing.T) {
	p := newPage(t)
	p.send(frame.Open{Script: "nodes 3\n"})
	p.wrong = errors.New("it cannot be loaded")
	p.refused(join, "it cannot be loaded")
	if _, ok := p.send(frame.GetScript{}).(frame.Script); !ok {
		t.Errorf("GetScript was answered with %.300v", p.answers[p.n])
	}
	p.wrong = nil
	p.w.Receive(frame.Append(nil, 0, join))
	p.go_(0)
	if p.told.Seats == nil {
		t.Error("it is not in the room")
	}
	p.n++
	p.w.Receive([]byte("nonsense"))
}
