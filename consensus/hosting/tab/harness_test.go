package tab_test

import (
	"bytes"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/hosting/tab"
	"parley/consensus/raft"
	"parley/consensus/registry"
	"parley/consensus/trace"
)

// bench is a tab on a bench: everything that it stands on is a field here, and does what a
// test wants.
type bench struct {
	t   *testing.T
	tab *tab.Tab

	socket  uint32   // the last one dialled
	dials   int      // how many were
	open    bool     // it is open
	sent    [][]byte // through the socket, until taken
	code    int      // with which the tab has closed its socket last
	pings   int      // sent
	alarm   int      // milliseconds, -1: none was asked for
	draw    consensus.Rand
	first   uint64 // the instance that said Hello first
	reports []string

	said []frame.Frame // to the page, events and heads excepted
	log  trace.Log     // what the page has of the trace
	head frame.Head

	disks   tab.Memory
	slow    bool     // the storage answers when release is called
	broken  bool     // the storage does not work
	waiting []func() // answers of a slow storage
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, alarm: -1}
	b.tab = tab.New(b, registry.Engines()[:1])
	return b
}

func (b *bench) Dial(socket uint32, address string) {
	if b.open {
		b.t.Error("a socket is dialled, and the one before is open")
	}
	if address != "wss://x/rooms/r/socket" {
		b.t.Errorf("dialled %q", address)
	}
	b.socket = socket
	b.dials++
}

func (b *bench) Send(p []byte) {
	if !b.open {
		b.t.Error("something is sent, and no socket is open")
	}
	b.sent = append(b.sent, p)
}

func (b *bench) Ping() {
	if !b.open {
		b.t.Error("a ping is sent, and no socket is open")
	}
	b.pings++
}

func (b *bench) Close(code int) { b.open, b.code = false, code }

func (b *bench) Page(f frame.Frame, p []byte) {
	if _, again, err := frame.Decode(p); err != nil || !bytes.Equal(frame.Append(nil, 0, f)[6:], frame.Append(nil, 0, again)[6:]) {
		b.t.Errorf("the page is handed %#v as %x (%v)", f, p, err)
	}
	switch f := f.(type) {
	case frame.Opened:
		b.log = trace.Log{}
		b.said = append(b.said, f)
	case frame.Events:
		if int(f.First) > b.log.Len() || len(f.Texts) > 0 && int(f.FirstText) > len(b.log.Texts()) {
			b.t.Fatalf("a gap on the page: events from %d at %d, texts from %d at %d", f.First, b.log.Len(), f.FirstText, len(b.log.Texts()))
		}
		texts := len(b.log.Texts())
		if len(f.Texts) > 0 {
			texts = int(f.FirstText)
		}
		b.log.Truncate(int(f.First), texts)
		for _, s := range f.Texts {
			b.log.AddText(s)
		}
		if err := b.log.AddBytes(f.Events); err != nil {
			b.t.Fatal(err)
		}
	case frame.Head:
		b.head = f
	default:
		b.said = append(b.said, f)
	}
}

func (b *bench) Alarm(after int)   { b.alarm = after }
func (b *bench) Draw() uint64      { return b.draw.Uint64() }
func (b *bench) Report(why string) { b.reports = append(b.reports, why) }

func (b *bench) Load(ticket uint32, d tab.Disk) {
	b.later(func() {
		if b.broken {
			b.tab.Loaded(ticket, nil, false)
			return
		}
		b.tab.Loaded(ticket, b.disks.Load(d), true)
	})
}

func (b *bench) Store(ticket uint32, d tab.Disk, offset int, p []byte) {
	p = bytes.Clone(p)
	b.later(func() {
		if !b.broken {
			b.disks.Store(d, offset, p)
		}
		b.tab.Stored(ticket, !b.broken)
	})
}

func (b *bench) Discard(room string) { b.disks.Discard(room) }

func (b *bench) later(answer func()) {
	if b.slow {
		b.waiting = append(b.waiting, answer)
	} else {
		answer()
	}
}

// release lets a slow storage answer once.
func (b *bench) release() {
	first := b.waiting[0]
	b.waiting = b.waiting[1:]
	first()
}

// enter joins the room and is let in.
func (b *bench) enter() {
	b.t.Helper()
	b.tab.Join(frame.Join{Address: "wss://x/rooms/r/socket", Room: "r", Name: "Ada"})
	b.connect()
}

// connect opens the socket that was dialled, and answers Hello.
func (b *bench) connect() hosting.Hello {
	b.t.Helper()
	b.open = true
	b.tab.Opened(b.socket)
	h, ok := b.took().(*hosting.Hello)
	if !ok {
		b.t.Fatal("the first thing that the tab says is not Hello")
	}
	if b.first == 0 {
		b.first = h.Instance
	}
	b.say(frame.Joined{Room: "r", Token: "secret", Member: 2})
	return *h
}

// say sends a frame to the tab.
func (b *bench) say(f frame.Frame) { b.tab.Received(b.socket, frame.Append(nil, 0, f)) }

// tell sends a frame of package hosting to the tab.
func (b *bench) tell(f hosting.Frame) { b.tab.Received(b.socket, hosting.Append(nil, f)) }

// cut loses the connection.
func (b *bench) cut() { b.shut(1006, "") }

func (b *bench) shut(code int, why string) {
	b.open = false
	b.tab.Closed(b.socket, code, why)
}

// took returns the next thing that was sent, nil if nothing was.
func (b *bench) took() hosting.Frame {
	b.t.Helper()
	p := b.bytes()
	if p == nil {
		return nil
	}
	f, err := hosting.Decode(p)
	if err != nil {
		b.t.Fatalf("the tab sent %x: %v", p, err)
	}
	return f
}

func (b *bench) bytes() []byte {
	if len(b.sent) == 0 {
		return nil
	}
	p := b.sent[0]
	b.sent = b.sent[1:]
	return p
}

// last returns the last thing that was said to the page.
func (b *bench) last() frame.Frame {
	if len(b.said) == 0 {
		return nil
	}
	return b.said[len(b.said)-1]
}

// opened is how a relay tells what the room runs.
func opened() frame.Opened {
	p := *raft.Algorithm().Protocol
	return frame.Opened{Protocol: p, Script: "engine raft\nnodes 3\n"}
}

// disk names the disk of a node.
func (b *bench) disk(node consensus.NodeID) tab.Disk { return tab.Disk{Room: "r", Node: node} }
