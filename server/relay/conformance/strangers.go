package conformance

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/registry"
	"parley/server/relay/bot"
)

// stranger is a client that is no tab of ours.
type stranger struct {
	*testing.T
	relay Relay
	ws    *websocket.Conn
	room  string
	token string // since it is joined
}

// dial opens a socket of a room.
func (r Relay) dial(t *testing.T, room string, options ...*websocket.DialOptions) *stranger {
	t.Helper()
	o := &websocket.DialOptions{HTTPClient: r.Client}
	if len(options) > 0 {
		o = options[0]
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	t.Cleanup(cancel)
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(r.URL, "http")+"/rooms/"+room+"/socket", o)
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(-1)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &stranger{T: t, relay: r, ws: ws, room: room}
}

// say sends bytes. That the connection is closed meanwhile is for closed to tell.
func (s *stranger) say(b []byte) { _ = s.ws.Write(context.Background(), websocket.MessageBinary, b) }

// tell sends a frame of a tab, ask one of a page.
func (s *stranger) tell(f hosting.Frame) { s.say(hosting.Append(nil, f)) }
func (s *stranger) ask(f frame.Frame)    { s.say(frame.Append(nil, 1, f)) }

// hello is the Hello of a tab.
func (s *stranger) hello() *hosting.Hello {
	h := &hosting.Hello{Room: s.room, Token: s.token, Name: "Stranger", Instance: rand.Uint64()}
	for _, e := range registry.Engines() {
		h.Engines = append(h.Engines, e.Engine)
	}
	return h
}

// join comes in as a tab does.
func (s *stranger) join() *stranger {
	s.Helper()
	s.tell(s.hello())
	s.await(func(f any) bool {
		j, ok := f.(frame.Joined)
		s.token = j.Token
		return ok
	})
	return s
}

// await reads until a frame comes that is looked for.
func (s *stranger) await(is func(any) bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for {
		_, b, err := s.ws.Read(ctx)
		if err != nil {
			s.Fatalf("a frame was waited for, and came not: %v", err)
		}
		var f any
		if hosting.IsFrame(b) {
			_, f, err = frame.Decode(b)
		} else {
			f, err = hosting.Decode(b)
		}
		if err != nil {
			s.Fatalf("the relay sent %x: %v", b, err)
		}
		if is(f) {
			return
		}
	}
}

// closed reads until the connection ends, and holds with which code.
func (s *stranger) closed(code int) {
	s.Helper()
	ended(s.T, s.end(), code)
}

// end reads until the connection ends, and returns how it did.
func (s *stranger) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for {
		if _, _, err := s.ws.Read(ctx); err != nil {
			return err
		}
	}
}

// ended holds that a connection ended with a close code.
func ended(t *testing.T, how error, code int) {
	t.Helper()
	var end websocket.CloseError
	if !errors.As(how, &end) || int(end.Code) != code || end.Reason == "" && code >= 4000 {
		t.Errorf("the connection ended with %v, want code %d and a sentence", how, code)
	}
}

// ping sends a ping, and waits for the answer.
func (s *stranger) ping() {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := s.ws.Write(ctx, websocket.MessageText, []byte(hosting.Ping)); err != nil {
		s.Fatal(err)
	}
	for {
		switch kind, b, err := s.ws.Read(ctx); {
		case err != nil:
			s.Fatalf("a ping was not answered: %v", err)
		case kind == websocket.MessageText && string(b) != hosting.Pong:
			s.Errorf("a ping was answered with %q", b)
		case kind == websocket.MessageText:
			return
		}
	}
}

// misdeed is something that no tab of ours does, and the code with which it ends.
type misdeed struct {
	name string
	code int
	do   func(s *stranger, with *class)
}

// silences are those of which a relay finds out only when enough time has passed.
var silences = []misdeed{
	{"no Hello", hosting.CloseHello, func(*stranger, *class) {}},
	{"half open", hosting.CloseIdle, func(s *stranger, _ *class) { s.join() }},
}

var misdeeds = []misdeed{
	{"another word first", hosting.CloseHello, func(s *stranger, _ *class) { s.tell(hosting.Bye{}) }},
	{"a command first", hosting.CloseHello, func(s *stranger, _ *class) { s.ask(frame.ActLine{Text: "crash n1"}) }},
	{"Hello twice", hosting.CloseHello, func(s *stranger, _ *class) { s.join().tell(s.hello()) }},
	{"old version", hosting.CloseVersion, func(s *stranger, _ *class) {
		b := hosting.Append(nil, s.hello())
		b[0]--
		s.say(b)
	}},
	{"no such engine", 1000, func(s *stranger, _ *class) {
		h := s.hello()
		h.Engines = h.Engines[1:]
		s.tell(h)
		s.await(func(f any) bool {
			w, ok := f.(frame.Wanted)
			return ok && w.Engine == "raft"
		})
	}},
	{"wrong room", hosting.CloseNoRoom, func(s *stranger, _ *class) {
		h := s.hello()
		h.Room = strings.Repeat("a", len(h.Room))
		s.tell(h)
	}},
	{"wrong token", hosting.CloseToken, func(s *stranger, _ *class) {
		s.token = strings.Repeat("a", 32)
		s.tell(s.hello())
	}},
	{"replayed token", hosting.CloseTwice, func(s *stranger, with *class) {
		s.token = with.bots[1].View().Joined.Token
		s.tell(s.hello())
	}},
	{"malformed", hosting.CloseMalformed, func(s *stranger, _ *class) { s.join().say([]byte{hosting.Version, 64}) }},
	{"nothing", hosting.CloseMalformed, func(s *stranger, _ *class) { s.join().say([]byte{hosting.Version}) }},
	{"of no type", hosting.CloseMalformed, func(s *stranger, _ *class) { s.join().say([]byte{hosting.Version, 200, 0}) }},
	{"text", hosting.CloseMalformed, func(s *stranger, _ *class) {
		_ = s.join().ws.Write(context.Background(), websocket.MessageText, []byte("hello"))
	}},
	{"what only a relay says", hosting.CloseMalformed, func(s *stranger, _ *class) { s.join().tell(hosting.Forget{Node: 1}) }},
	{"what only a worker says", hosting.CloseMalformed, func(s *stranger, _ *class) { s.join().ask(frame.Refused{Why: "no"}) }},
	{"oversized", 1009, func(s *stranger, _ *class) {
		go s.say(make([]byte, 4*hosting.SizeMax))
	}},
	{"a flood of frames", hosting.CloseRate, func(s *stranger, _ *class) {
		s.join()
		flood(s, frame.Append(nil, 1, frame.Conduct{Verb: frame.Rename, Text: "Flood"}))
	}},
	{"a flood of bytes", hosting.CloseRate, func(s *stranger, _ *class) {
		s.join()
		flood(s, frame.Append(nil, 1, frame.ActLine{Text: "request c1: set x " + strings.Repeat("y", 15<<10)}))
	}},
	{"effects for another's node", hosting.CloseSeat, func(s *stranger, _ *class) {
		s.join().tell(&hosting.Done{Place: hosting.Place{Node: 1, Boot: 1, Seq: 1}})
	}},
	{"effects for a node that is not there", hosting.CloseSeat, func(s *stranger, _ *class) {
		s.join().tell(&hosting.Done{Place: hosting.Place{Node: 99, Boot: 1, Seq: 1}})
	}},
	{"the disk of another's node", hosting.CloseSeat, func(s *stranger, _ *class) {
		s.join().tell(hosting.WantDisk{Place: hosting.Place{Node: 1, Boot: 1, Seq: 1}})
	}},
	{"effects of work that was never given", hosting.CloseSeat, func(s *stranger, _ *class) {
		p := s.sit()
		p.Seq += 1000
		s.tell(&hosting.Done{Place: p})
	}},
	{"effects that no engine has", hosting.CloseEffects, func(s *stranger, _ *class) {
		d := &hosting.Done{Place: s.sit()}
		d.Effects.Send(consensus.Message{To: 77, Kind: 16}, []byte("nobody"))
		s.tell(d)
	}},
}

// flood sends the same again and again until the connection is closed, and reads what
// comes meanwhile for closed to find the end of.
func flood(s *stranger, b []byte) {
	go func() {
		for range 100_000 {
			if s.ws.Write(context.Background(), websocket.MessageBinary, b) != nil {
				return
			}
		}
	}()
}

// sit has a stranger take the seat of the fourth node, and returns the place of its first
// work.
func (s *stranger) sit() (p hosting.Place) {
	s.Helper()
	s.join().ask(frame.Conduct{Verb: frame.Claim, Node: 4})
	s.await(func(f any) bool {
		w, ok := f.(*hosting.Work)
		if ok {
			p = w.Place
		}
		return ok
	})
	return p
}

// misbehaving has strangers do what they should not, in a room in which others play and
// beside another one: each gets its close code, and the others notice nothing.
func misbehaving(t *testing.T, r Relay) {
	with, beside := r.open(t, 3, script), r.open(t, 5, script)
	with.play(consensus.Second)
	beside.play(consensus.Second)
	with.further(1, 500)
	for _, m := range misdeeds {
		t.Run(m.name, func(t *testing.T) {
			s := r.dial(t, with.room.ID)
			m.do(s, with)
			s.closed(m.code)
		})
		// Whoever held the fourth seat is gone; the owner takes it back. What is answered was
		// told before, so that the owner knows.
		with.do(0, frame.Conduct{Verb: frame.Rename, Text: "Bot 1"})
		if v := with.bots[0].View(); v.Room.Seats[3].Member != 0 {
			with.do(0, frame.Conduct{Verb: frame.Release, Node: 4})
			with.until(0, func(v *bot.View) bool { return v.Room.Seats[3].Member == 0 })
		}
		with.further(1, 20)
	}
	t.Run("nonsense", func(t *testing.T) { nonsense(t, r, with) })
	t.Run("not let in", func(t *testing.T) { notLetIn(t, r, with) })
	t.Run("slow reader", func(t *testing.T) { slowReader(t, r) })
	for _, c := range []*class{with, beside} {
		c.further(0, 100)
		c.undisturbed()
	}
}

// nonsense sends frames of which a part was changed at random: each is refused or taken
// for what it says, and either way nobody else notices.
func nonsense(t *testing.T, r Relay, with *class) {
	random := rand.New(rand.NewPCG(1, 2))
	frames := [][]byte{
		hosting.Append(nil, hosting.Bye{}), hosting.Append(nil, hosting.WantDisk{Place: hosting.Place{Node: 1, Boot: 1, Seq: 1}}),
		hosting.Append(nil, &hosting.Done{Place: hosting.Place{Node: 1, Boot: 1, Seq: 9}}),
		frame.Append(nil, 1, frame.Conduct{Verb: frame.Claim, Node: 1}), frame.Append(nil, 1, frame.ActLine{Text: "crash n2"}),
	}
	for range 60 {
		s := r.dial(t, with.room.ID)
		first := hosting.Append(nil, s.hello())
		if random.IntN(3) > 0 {
			s.join()
			first = frames[random.IntN(len(frames))]
		}
		b := append([]byte(nil), first...)
		for range 1 + random.IntN(3) {
			b[random.IntN(len(b))] = byte(random.Uint32())
		}
		s.say(b[:1+random.IntN(len(b))])
		_ = s.ws.CloseNow()
	}
	with.further(1, 100)
}

// notLetIn holds who does not even get a socket of a room.
func notLetIn(t *testing.T, r Relay, with *class) {
	r.dial(t, strings.Repeat("a", len(with.room.ID))).closed(hosting.CloseNoRoom)
	r.dial(t, "nonsense").closed(hosting.CloseNoRoom)
	for _, origin := range []string{"https://elsewhere.example", "null"} {
		_, a, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(r.URL, "http")+"/rooms/"+with.room.ID+"/socket", &websocket.DialOptions{
			HTTPClient: r.Client, HTTPHeader: http.Header{"Origin": {origin}},
		})
		if err == nil || a == nil || a.StatusCode != http.StatusForbidden {
			t.Errorf("a page of %s: %v", origin, err)
		}
	}
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(r.URL, "http")+"/rooms/"+with.room.ID+"/socket", &websocket.DialOptions{
		HTTPClient: r.Client, HTTPHeader: http.Header{"Origin": {r.URL}},
	})
	if err != nil {
		t.Errorf("a page of the site's own: %v", err)
	} else {
		_ = ws.CloseNow()
	}
}

// fallSilent has strangers go away without a word, as machines do that fall asleep: nothing is
// answered, not even at the level of the socket. What it returns waits until the relay has found
// out, and holds that it misses nobody else: not even a tab that only looks on.
func fallSilent(t *testing.T, r Relay) (found func(*testing.T, Relay)) {
	c := r.open(t, 1, script)
	c.look()
	c.do(0, frame.Conduct{Verb: frame.Play})
	ends := make([]chan error, len(silences))
	for i, m := range silences {
		s := r.dial(t, c.room.ID, &websocket.DialOptions{
			HTTPClient: r.Client, OnPingReceived: func(context.Context, []byte) bool { return false },
		})
		m.do(s, c)
		ends[i] = make(chan error, 1)
		go func() { ends[i] <- s.end() }()
	}
	return func(t *testing.T, _ Relay) {
		for i, m := range silences {
			t.Run(m.name, func(t *testing.T) { ended(t, <-ends[i], m.code) })
		}
		c.undisturbed()
	}
}

// manyEvents are more than all buffers between a relay and a client hold, at 40 bytes each: a
// kernel may take 4 MB before anything waits.
const manyEvents = 150_000

// slowReader has somebody come in who does not read what happened before. He can be told
// why he was sent away as soon as he reads on, and is.
func slowReader(t *testing.T, r Relay) {
	c := r.open(t, 2, "nodes 5\nclients 5\nseed 7\npace 200/s\n")
	for i := range c.bots { // the relay runs all nodes, which is quicker
		c.do(i, frame.Conduct{Verb: frame.Release, Node: consensus.NodeID(i + 1)})
	}
	c.play(2 * consensus.Second)
	c.until(1, func(v *bot.View) bool { return v.Head.Events > manyEvents })
	c.do(0, frame.Conduct{Verb: frame.Pause})
	narrow := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if tcp, ok := c.(*net.TCPConn); ok {
			err = tcp.SetReadBuffer(64 << 10)
		}
		return c, err
	}}
	defer narrow.CloseIdleConnections()
	s := r.dial(t, c.room.ID, &websocket.DialOptions{HTTPClient: &http.Client{Transport: narrow}})
	s.join() // and reads nothing more
	here := func(v *bot.View) bool { return len(v.Room.Members) == 3 && v.Room.Members[2].Here }
	c.until(1, here)
	c.until(1, func(v *bot.View) bool { return !here(v) })
	s.closed(1013)
	c.same()
}
