package room

import (
	"bytes"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// tb is what the lab needs of a test.
type tb interface {
	Helper()
	Fatalf(string, ...any)
	Fatal(...any)
	Errorf(string, ...any)
	Logf(string, ...any)
}

// lab is a room with its tabs, a clock that goes when it is told to, and a store.
type lab struct {
	t     tb
	c     Config
	room  *Room
	now   Moment
	peers Peer
	tabs  []*tab
	store []byte // what was stored last
	draw  consensus.Rand
	owner string // token
	lag   Moment // how long a tab takes to answer
	seen  Stats  // of rooms before the relay was restarted
	terse bool   // the host tells of pings when it is asked, and wakes the room for what is due alone
	ticks int    // how often it was woken
}

const roomID = "abcdefghijklmnopqrstuvwxyz"

// classScript is a room of five with something going on.
const classScript = `title A class
engine raft
seed 7
clients 2
pace 20/s
loss 1%
`

func config(draw *consensus.Rand) Config {
	return Config{
		Known: registry.Known(), World: registry.Config,
		Draw: func(b []byte) {
			for i := range b {
				b[i] = byte(draw.Uint64())
			}
		},
	}
}

func newLab(t tb, script string, seed uint64) *lab {
	t.Helper()
	l := &lab{t: t, draw: consensus.Rand(seed), now: 1_000_000 * Second}
	l.c = config(&l.draw)
	l.owner = NewToken(l.c.Draw)
	r, err := New(l.c, roomID, script, l.owner, l.now)
	if err != nil {
		t.Fatal(err)
	}
	l.room = r
	l.store = r.Unsaved()
	if l.store == nil {
		t.Fatal("a new room is not stored")
	}
	return l
}

// tab is a tab with real engines, by the letter of package hosting.
type tab struct {
	l        *lab
	name     string
	token    string
	instance uint64
	peer     Peer
	open     bool
	code     int // with which it was closed
	why      string

	engines map[consensus.NodeID]*engine
	disks   map[consensus.NodeID][]byte // its own storage, which outlives the tab
	wants   int                         // disks it asked for
	works   int
	quiet   int
	mute    bool                // does not answer work
	lie     func(*hosting.Done) // changes what it answers
	send    []letter            // on its way to the room

	joined   frame.Joined
	room     frame.Room
	opened   int
	log      trace.Log
	digest   trace.Digest // of the first digested events of log
	digested int
	dids     []string
	reasons  []frame.Reason
	head     frame.Head
	refused  []string
	acted    []string
	wanted   []frame.Wanted
	asks     int    // for a sign of life
	beat     Moment // when the next ping is due; 0: none is
	pinged   Moment // when the last one came to the host; 0: none has
	dumb     bool   // sends no pings
	drained  bool
	kept     []byte // what the host keeps with the connection
	again    bool   // the connection outlived the room: it may be told something twice
	request  uint32
}

type letter struct {
	at    Moment
	frame []byte
}

type engine struct {
	engine    consensus.Engine
	boot, seq uint32
	last      []byte // the last Done
}

func (l *lab) newTab(name, token string) *tab {
	x := &tab{l: l, name: name, token: token, disks: map[consensus.NodeID][]byte{}}
	l.tabs = append(l.tabs, x)
	x.load()
	return x
}

// load is what a page does that is opened or loaded anew: all is lost but token and disks.
func (x *tab) load() {
	x.instance = x.l.draw.Uint64()
	x.engines = map[consensus.NodeID]*engine{}
	x.log, x.dids, x.reasons, x.head = trace.Log{}, nil, nil, frame.Head{}
	x.digest, x.digested = 0, 0
}

// connect opens a connection and says Hello.
func (x *tab) connect() {
	x.l.peers++
	x.peer, x.open, x.code, x.why, x.send, x.drained, x.kept, x.again = x.l.peers, true, 0, "", nil, false, nil, false
	x.beat, x.pinged = 0, 0
	x.l.room.Connect(x.l.now, x.peer)
	h := hosting.Hello{
		Room: roomID, Token: x.token, Name: x.name, Instance: x.instance,
		Engines: []hosting.Engine{{Name: "synod", Epoch: 1, World: 1}, {Name: "raft", Epoch: 1, World: sim.Epoch}},
		Events:  uint32(x.log.Len()), Texts: uint32(len(x.log.Texts())), Actions: uint32(len(x.dids)),
	}
	for id := consensus.NodeID(1); id <= NodesMax; id++ {
		if e := x.engines[id]; e != nil {
			h.Nodes = append(h.Nodes, hosting.Place{Node: id, Boot: e.boot, Seq: e.seq})
		}
	}
	x.say(&h)
}

func (x *tab) say(f hosting.Frame) { x.sends(hosting.Append(nil, f)) }

// sends puts a frame on its way.
func (x *tab) sends(b []byte) { x.send = append(x.send, letter{x.l.now + x.l.lag, b}) }

// ask sends a command, and returns its number.
func (x *tab) ask(f frame.Frame) uint32 {
	x.request++
	x.sends(frame.Append(nil, x.request, f))
	return x.request
}

func (x *tab) conduct(v frame.Verb, node consensus.NodeID, value uint64) {
	x.ask(frame.Conduct{Verb: v, Node: node, Value: value})
}

func (x *tab) act(line string) { x.ask(frame.ActLine{Text: line}) }

// lose breaks the connection: what was on its way is lost, either way.
func (x *tab) lose() {
	if x.open {
		x.open, x.send = false, nil
		x.l.room.Disconnect(x.l.now, x.peer, false)
	}
}

// shut closes the tab.
func (x *tab) shut() {
	if x.open {
		x.open, x.send = false, nil
		x.l.room.Disconnect(x.l.now, x.peer, true)
	}
	x.load()
}

// receive takes what the room sends.
func (x *tab) receive(b []byte) {
	if !hosting.IsFrame(b) {
		f, err := hosting.Decode(b)
		if err != nil {
			x.l.t.Fatal(err)
		}
		switch f := f.(type) {
		case *hosting.Work:
			x.work(f)
		case hosting.Forget:
			delete(x.engines, f.Node)
		case hosting.Ask:
			x.asks++
		default:
			x.l.t.Fatalf("the room said %T", f)
		}
		return
	}
	_, f, err := frame.Decode(b)
	if err != nil {
		x.l.t.Fatal(err)
	}
	switch f := f.(type) {
	case frame.Joined:
		x.joined, x.token = f, f.Token
		x.beat = x.l.now + Moment(f.Ping)*Millisecond
	case frame.Room:
		x.room = f
	case frame.Opened:
		x.opened++
		x.log, x.dids, x.reasons = trace.Log{}, nil, nil
		x.digest, x.digested = 0, 0
	case frame.Events:
		if known := x.log.Len() - int(f.First); x.again && known > 0 { // as a real tab drops it
			known = min(known, len(f.Events)/trace.EventSize)
			f.First, f.Events = f.First+uint32(known), f.Events[known*trace.EventSize:]
		}
		if known := len(x.log.Texts()) - int(f.FirstText); x.again && known > 0 {
			known = min(known, len(f.Texts))
			f.FirstText, f.Texts = f.FirstText+uint32(known), f.Texts[known:]
		}
		if len(f.Events) == 0 && len(f.Texts) == 0 {
			return
		}
		if len(f.Texts) == 0 {
			f.FirstText = uint32(len(x.log.Texts()))
		}
		if int(f.First) != x.log.Len() || int(f.FirstText) != len(x.log.Texts()) {
			x.l.t.Fatalf("%s has %d events and %d texts, and gets them from %d and %d", x.name, x.log.Len(), len(x.log.Texts()), f.First, f.FirstText)
		}
		for _, s := range f.Texts {
			x.log.AddText(s)
		}
		if err := x.log.AddBytes(f.Events); err != nil {
			x.l.t.Fatal(err)
		}
	case frame.Did:
		x.dids = append(x.dids, f.Line)
		x.reasons = append(x.reasons, f.Why)
	case frame.Head:
		for ; x.digested < x.log.Len(); x.digested++ {
			x.digest = x.digest.Add(x.log.At(x.digested))
		}
		if int(f.Events) != x.log.Len() || f.Digest != uint64(x.digest) {
			x.l.t.Fatalf("%s has %d events with digest %v, the head says %d and %x", x.name, x.log.Len(), x.digest, f.Events, f.Digest)
		}
		x.head = f
	case frame.Refused:
		x.refused = append(x.refused, f.Why)
	case frame.Acted:
		x.acted = append(x.acted, f.Line)
	case frame.Wanted:
		x.wanted = append(x.wanted, f)
	default:
		x.l.t.Fatalf("the room said %T", f)
	}
}

// work does what the room asks for.
func (x *tab) work(w *hosting.Work) {
	if x.mute {
		return
	}
	e := x.engines[w.Node]
	if e != nil && e.boot == w.Boot && e.seq == w.Seq && !w.Quiet {
		x.sends(e.last)
		return
	}
	if e != nil && e.boot == w.Boot && w.Seq <= e.seq && x.again {
		return
	}
	if w.Input.Kind == consensus.InputStart {
		disk := x.disks[w.Node]
		size := int(w.Disk.Size)
		switch {
		case w.Disk.Given:
			disk = w.Input.Disk
		case size <= len(disk) && consensus.Hash(disk[:size]) == w.Disk.Hash:
			disk = disk[:size:size]
		default:
			x.wants++
			x.say(hosting.WantDisk{Place: w.Place})
			return
		}
		x.disks[w.Node], w.Input.Disk = disk, disk
		c, err := registry.Config(scenario.Setup{Engine: "raft", Machine: w.Config.Machine, Nodes: w.Config.Nodes.Len()})
		if err != nil {
			x.l.t.Fatal(err)
		}
		e = &engine{boot: w.Boot, engine: c.Algorithm.New(consensus.Config{
			ID: w.Node, Nodes: w.Config.Nodes, Seed: w.Config.Seed, Settings: w.Config.Settings, Machine: c.NewMachine(),
		})}
		x.engines[w.Node] = e
	}
	if e == nil || e.boot != w.Boot || e.seq+1 != w.Seq {
		x.l.t.Fatalf("%s has %+v and gets work %+v", x.name, e, w.Place)
	}
	d := hosting.Done{Place: w.Place}
	e.engine.Step(&w.Input, &d.Effects)
	e.seq++
	if d.Effects.Replace {
		x.disks[w.Node] = nil
	}
	x.disks[w.Node] = append(x.disks[w.Node], d.Effects.Write...)
	if x.lie != nil {
		x.lie(&d)
	}
	e.last = hosting.Append(nil, &d)
	x.works++
	if w.Quiet {
		x.quiet++
		return
	}
	x.sends(e.last)
}

// pump carries everything to where it belongs, in an order drawn at random, until nothing
// is left at this moment. What the room wants stored is stored before anybody sees what
// follows from it.
func (l *lab) pump() {
	for {
		if b := l.room.Unsaved(); b != nil {
			l.store = b
		}
		for _, o := range l.room.Outs() {
			l.carry(o)
		}
		var ready []*tab
		for _, x := range l.tabs {
			if b := l.room.Attachment(x.peer); b != nil {
				x.kept = b
			}
			if x.open && (x.drained || len(x.send) > 0 && x.send[0].at <= l.now) {
				ready = append(ready, x)
			}
		}
		if len(ready) == 0 {
			return
		}
		x := ready[l.draw.Below(int64(len(ready)))]
		if x.drained {
			x.drained = false
			l.room.Drained(l.now, x.peer)
			continue
		}
		b := x.send[0].frame
		x.send = x.send[1:]
		l.room.Receive(l.now, x.peer, bytes.Clone(b))
	}
}

func (l *lab) carry(o Out) {
	for _, x := range l.tabs {
		if x.peer != o.Peer || !x.open {
			continue
		}
		if o.Frame != nil {
			x.receive(o.Frame)
		}
		x.drained = x.drained || o.More
		if o.Doubt && l.terse && x.pinged != 0 {
			l.room.Heard(l.now, x.peer, x.pinged)
		}
		if o.Close != 0 {
			x.open, x.code, x.why, x.send = false, o.Close, o.Why, nil
		}
	}
}

// until lets time pass in steps of what the room asks for, up to a moment from now.
func (l *lab) until(real Moment) {
	l.pump()
	end := l.now + real
	for l.now < end {
		next := end
		if at, ok := l.room.Next(); ok {
			next = min(next, max(at, l.now))
		}
		for _, x := range l.tabs {
			if x.open && len(x.send) > 0 {
				next = min(next, max(x.send[0].at, l.now))
			}
			if x.beats() {
				next = min(next, max(x.beat, l.now))
			}
		}
		l.now = next
		for _, x := range l.tabs {
			x.ping()
		}
		if at, ok := l.room.Next(); ok && at <= l.now || !l.terse {
			l.room.Tick(l.now)
			l.ticks++
		}
		l.pump()
	}
}

func (x *tab) beats() bool { return x.open && x.beat != 0 && !x.dumb }

// ping sends a ping if it is time for that.
func (x *tab) ping() {
	if !x.beats() || x.l.now < x.beat {
		return
	}
	x.beat, x.pinged = x.l.now+Moment(x.joined.Ping)*Millisecond, x.l.now
	if !x.l.terse {
		x.l.room.Heard(x.l.now, x.peer, x.l.now)
	}
}

// kill ends the relay with -9 and starts it again from the store: nobody was told, and
// all connections are broken.
func (l *lab) kill() {
	l.restart(l.store)
}

// stop ends the relay in good order and starts it again.
func (l *lab) stop() { l.restart(l.room.Stop(l.now)) }

func (l *lab) restart(b []byte) {
	l.t.Helper()
	s := l.room.Stats()
	l.seen.Work, l.seen.Foreseen, l.seen.Rebuilt = l.seen.Work+s.Work, l.seen.Foreseen+s.Foreseen, l.seen.Rebuilt+s.Rebuilt
	for _, x := range l.tabs {
		x.open, x.send = false, nil
	}
	l.now += Second
	r, err := Restore(l.c, roomID, b, l.now)
	if err != nil {
		l.t.Fatalf("the room cannot be restored: %v", err)
	}
	l.room = r
	for _, x := range l.tabs {
		if x.log.Len() > r.Stats().Events {
			l.t.Fatalf("%s was shown %d events, the room has %d", x.name, x.log.Len(), r.Stats().Events)
		}
	}
}

// solo runs the room's recording in one place, and returns its World.
func (l *lab) solo() *sim.World {
	l.t.Helper()
	s, err := scenario.ParseFor(l.room.Script(), registry.Known())
	if err != nil {
		l.t.Fatal(err)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		l.t.Fatal(err)
	}
	w, err := sim.New(c)
	if err == nil {
		err = w.Schedule(s.Actions)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	w.RunUntil(l.room.world.Now(), 0)
	return w
}

// same checks that the room's run is the one that its recording gives in one place. The
// room must not wait for anybody.
func (l *lab) same() {
	l.t.Helper()
	w := l.solo()
	s := l.room.Stats()
	if w.Digest() != s.Digest || w.Events() != s.Events {
		l.t.Fatalf("the room has %d events and digest %v, its recording alone gives %d and %v:\n%s",
			s.Events, s.Digest, w.Events(), w.Digest(), l.room.Script())
	}
	for _, x := range l.tabs {
		if x.open && x.head.Events != 0 && x.head.Events == uint32(s.Events) && x.head.Digest != uint64(s.Digest) {
			l.t.Fatalf("%s was shown another run", x.name)
		}
	}
}

// rest pauses the room and lets it come to rest.
func (l *lab) rest(owner *tab) {
	owner.conduct(frame.Pause, 0, 0)
	l.until(Second)
}

// class makes a room of five tabs that hold a seat each; the first is the owner's.
func class(t *testing.T, script string, seed uint64) (*lab, []*tab) {
	t.Helper()
	l := newLab(t, script, seed)
	var tabs []*tab
	for i, name := range []string{"Ada", "Ben", "Cleo", "Dan", "Eve"} {
		x := l.newTab(name, "")
		if i == 0 {
			x.token = l.owner
		}
		x.connect()
		l.pump()
		x.conduct(frame.Claim, consensus.NodeID(i+1), 0)
		tabs = append(tabs, x)
	}
	l.pump()
	return l, tabs
}
