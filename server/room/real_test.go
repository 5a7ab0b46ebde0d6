package room

import (
	"bytes"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	browser "parley/consensus/hosting/tab"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

// pages are the tabs of package tab, which browsers and bots run, at a room: with storages
// that are slow, and a network that loses connections.
type pages struct {
	*lab
	list []*page
}

type page struct {
	all    *pages
	tab    *browser.Tab
	disks  browser.Memory // outlives the page, as its token does
	token  string
	peer   Peer
	socket uint32
	open   bool
	dead   bool   // nothing of this connection arrives, either way
	alarm  Moment // 0: none
	queue  []func()
	send   [][]byte

	log  trace.Log
	room frame.Room
	dids int
	code uint32
}

func (p *page) Dial(socket uint32, _ string) {
	p.socket = socket
	p.queue = append(p.queue, func() {
		if socket == p.socket {
			p.all.peers++
			p.peer, p.open, p.dead, p.send = p.all.peers, true, false, nil
			p.all.lab.room.Connect(p.all.now, p.peer)
			p.tab.Opened(socket)
		}
	})
}

func (p *page) Send(b []byte) {
	if !p.dead {
		p.send = append(p.send, b)
	}
}

// Ping tells the room at once, and is answered by what stands in front of it.
func (p *page) Ping() {
	if !p.dead {
		p.all.lab.room.Heard(p.all.now, p.peer, p.all.now)
		p.tab.Said(p.socket, hosting.Pong)
	}
}

func (p *page) Alarm(after int)   { p.alarm = p.all.now + max(Moment(after), 1)*Millisecond }
func (p *page) Draw() uint64      { return p.all.draw.Uint64() }
func (p *page) Report(why string) { p.all.t.Errorf("a tab reports: %s", why) }
func (p *page) Discard(string)    {}
func (p *page) Close(code int)    { p.gone(code == 1000) }
func (p *page) Page(f frame.Frame, _ []byte) {
	switch f := f.(type) {
	case frame.Joined:
		p.token = f.Token
	case frame.Room:
		p.room = f
	case frame.Opened:
		p.log, p.dids = trace.Log{}, 0
	case frame.Did:
		p.dids++
	case frame.Events:
		if int(f.First) != p.log.Len() {
			p.all.t.Fatalf("a page has %d events and gets them from %d", p.log.Len(), f.First)
		}
		if err := p.log.AddBytes(f.Events); err != nil {
			p.all.t.Fatal(err)
		}
	case frame.Head:
		if n, digest := p.tab.Events(); int(f.Events) != n || n != p.log.Len() || f.Digest != uint64(digest) {
			p.all.t.Fatalf("a page has %d events, the head says %+v", p.log.Len(), f)
		}
	case frame.Line:
		p.code = f.Code
	}
}

func (p *page) Load(ticket uint32, d browser.Disk) {
	p.later(func() { p.tab.Loaded(ticket, p.disks.Load(d), true) })
}

func (p *page) Store(ticket uint32, d browser.Disk, offset int, b []byte) {
	b = bytes.Clone(b)
	p.later(func() {
		p.disks.Store(d, offset, b)
		p.tab.Stored(ticket, true)
	})
}

// later does something after a while, unless the page is loaded anew before.
func (p *page) later(f func()) {
	t := p.tab
	p.queue = append(p.queue, func() {
		if p.tab == t {
			f()
		}
	})
}

// gone ends the connection of a page, from its own side.
func (p *page) gone(orderly bool) {
	if p.open {
		if orderly {
			for _, b := range p.send { // what was said before the end arrives before it
				p.all.lab.room.Receive(p.all.now, p.peer, b)
			}
		}
		p.open, p.send = false, nil
		p.all.lab.room.Disconnect(p.all.now, p.peer, orderly)
	}
}

// lose breaks the connection of a page: neither side said so.
func (p *page) lose() {
	if p.open {
		p.gone(false)
		p.tab.Closed(p.socket, 1006, "")
	}
}

// reload loads a page anew.
func (p *page) reload() {
	p.tab.Bye()
	p.gone(true)
	p.start()
}

func (p *page) start() {
	a, _ := registry.Algorithm("raft")
	p.queue, p.alarm = nil, 0
	p.tab = browser.New(p, []browser.Engine{{
		Engine: hosting.Engine{Name: "raft", Epoch: a.Protocol.Epoch, World: sim.Epoch},
		New: func(id consensus.NodeID, c hosting.Config) (consensus.Engine, error) {
			k, err := registry.Config(scenario.Setup{Engine: "raft", Machine: c.Machine, Nodes: c.Nodes.Len()})
			if err != nil {
				return nil, err
			}
			return a.New(consensus.Config{ID: id, Nodes: c.Nodes, Seed: c.Seed, Settings: c.Settings, Machine: k.NewMachine()}), nil
		},
	}})
	p.tab.Join(frame.Join{Address: "ws://relay", Room: roomID, Token: p.token, Name: "P"})
}

// pump carries everything to where it belongs, in an order drawn at random.
func (a *pages) pump() {
	for {
		if b := a.lab.room.Unsaved(); b != nil {
			a.store = b
		}
		for _, o := range a.lab.room.Outs() {
			for _, p := range a.list {
				if p.peer != o.Peer || !p.open || p.dead {
					continue
				}
				if o.Frame != nil {
					p.tab.Received(p.socket, bytes.Clone(o.Frame))
				}
				if o.More {
					peer := p.peer
					p.queue = append(p.queue, func() { a.lab.room.Drained(a.now, peer) })
				}
				if o.Close != 0 && p.open && p.peer == o.Peer {
					p.open, p.send = false, nil
					p.tab.Closed(p.socket, o.Close, o.Why)
				}
			}
		}
		var ready []*page
		for _, p := range a.list {
			if len(p.queue) > 0 || len(p.send) > 0 {
				ready = append(ready, p)
			}
		}
		if len(ready) == 0 {
			return
		}
		p := ready[a.draw.Below(int64(len(ready)))]
		if len(p.queue) > 0 && (len(p.send) == 0 || a.draw.Below(2) == 0) {
			f := p.queue[0]
			p.queue = p.queue[1:]
			f()
			continue
		}
		b := p.send[0]
		p.send = p.send[1:]
		a.lab.room.Receive(a.now, p.peer, b)
	}
}

func (a *pages) until(real Moment) {
	a.pump()
	for end := a.now + real; a.now < end; {
		next := end
		if at, ok := a.lab.room.Next(); ok {
			next = min(next, max(at, a.now))
		}
		for _, p := range a.list {
			if p.alarm != 0 {
				next = min(next, max(p.alarm, a.now))
			}
		}
		a.now = next
		for _, p := range a.list {
			if p.alarm != 0 && p.alarm <= a.now {
				p.alarm = 0
				p.tab.Wake()
			}
		}
		a.lab.room.Tick(a.now)
		a.pump()
	}
}

// restart ends the relay and starts it again.
func (a *pages) restart(b []byte) {
	for _, p := range a.list {
		p.open, p.send = false, nil
	}
	r, err := Restore(a.c, roomID, b, a.now)
	if err != nil {
		a.t.Fatalf("the room cannot be restored: %v", err)
	}
	a.lab.room = r
	for _, p := range a.list {
		p.tab.Closed(p.socket, 1006, "")
	}
}

// The tabs that browsers run, in a room of five: connections are lost, pages are loaded
// anew, the relay is killed; they come back by themselves, and the room's recording, run in
// one place, is the run that each of them was shown.
func TestRealTabs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &pages{lab: newLab(t, classScript, rapid.Uint64().Draw(t, "draws"))}
		for i := range 5 {
			p := &page{all: a}
			if i == 0 {
				p.token = a.owner
			}
			a.list = append(a.list, p)
			p.start()
			a.until(10 * Millisecond)
			p.tab.Ask(1, frame.Conduct{Verb: frame.Claim, Node: consensus.NodeID(i + 1)})
		}
		ada := a.list[0]
		ada.tab.Ask(2, frame.Conduct{Verb: frame.SetPace, Value: uint64(40 * consensus.Millisecond)})
		ada.tab.Ask(3, frame.Conduct{Verb: frame.Play})
		a.until(2 * Second)
		for range rapid.IntRange(1, 12).Draw(t, "things") {
			p := a.list[rapid.IntRange(0, 4).Draw(t, "page")]
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0, 1:
				p.lose()
			case 2:
				p.reload()
			case 3:
				a.restart(a.store)
			case 4:
				a.restart(a.lab.room.Stop(a.now))
			case 5:
				ada.tab.Ask(4, frame.ActLine{Text: rapid.SampledFrom(someActs).Draw(t, "act")})
			}
			a.until(Moment(rapid.SampledFrom([]int{0, 1, 30, 700, 3000}).Draw(t, "for")) * Millisecond)
		}
		a.until(40 * Second) // all are back by then
		ada.tab.Ask(5, frame.Conduct{Verb: frame.Pause})
		a.until(5 * Second)
		a.same()
		s := a.lab.room.Stats()
		if s.State != frame.Paused || s.Here != 5 || s.Work == 0 {
			t.Fatalf("%+v", s)
		}
		for i, p := range a.list {
			if n, digest := p.tab.Events(); n != s.Events || digest != s.Digest || p.code != 0 {
				t.Fatalf("tab %d has %d events of %d, code %d", i+1, n, s.Events, p.code)
			}
		}
	})
}

// A tab that only looks on keeps its connection, however long. When its network is gone without
// a word, room and tab find out by themselves, and the tab is back by itself.
func TestARealTabThatOnlyLooksOn(t *testing.T) {
	a := &pages{lab: newLab(t, classScript, 24)}
	ada, vic := &page{all: a, token: a.owner}, &page{all: a}
	for _, p := range []*page{ada, vic} {
		a.list = append(a.list, p)
		p.start()
		a.until(10 * Millisecond)
	}
	ada.tab.Ask(1, frame.Conduct{Verb: frame.Play})
	peer := vic.peer
	if a.until(5 * Minute); vic.peer != peer || ada.peer != 1 || !vic.tab.Joined() {
		t.Errorf("the connections are %d and %d, they were 1 and %d", ada.peer, vic.peer, peer)
	}
	vic.dead = true
	here := func() bool { return ada.room.Members[1].Here }
	if a.until(20 * Second); !here() { // its last ping may have been 20 s before
		t.Error("it is missed after 20 s")
	}
	for range 20 {
		if a.until(2 * Second); !here() {
			break
		}
	}
	if here() && vic.peer == peer {
		t.Error("it is not missed after more than a minute")
	}
	if a.until(Minute); vic.peer == peer || !here() || !vic.tab.Joined() {
		t.Errorf("it does not come back: it has connection %d, as before %d", vic.peer, peer)
	}
	ada.tab.Ask(2, frame.Conduct{Verb: frame.Pause})
	a.until(Second)
	a.same()
}
