package relay

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"parley/consensus/hosting"
	"parley/server/door"
	"parley/server/room"
)

// TestMain fails if anything still runs when all tests have ended. It makes this test program
// the one that is measured, see BenchmarkFanOut.
func TestMain(m *testing.M) {
	if name := os.Getenv("PARLEY_BENCH_RELAY"); name != "" {
		serveFan(name)
		return
	}
	goleak.VerifyTestMain(m)
}

// echo is a room for tests: what a connection sends, all get, and its record is all that
// was sent. Words that begin with ! it obeys.
type echo struct {
	peers  map[room.Peer]bool
	outs   []room.Out
	record []byte
	dirty  bool
	over   bool
}

func (e *echo) all(frame []byte) {
	for p := range e.peers {
		e.outs = append(e.outs, room.Out{Peer: p, Frame: frame})
	}
}

func (e *echo) Connect(_ room.Moment, p room.Peer) {
	e.peers[p] = true
	e.outs = append(e.outs, room.Out{Peer: p, Frame: append([]byte("so far "), e.record...)})
}

func (e *echo) Receive(_ room.Moment, p room.Peer, b []byte) {
	switch word := string(b); {
	case word == "!close":
		delete(e.peers, p)
		e.outs = append(e.outs, room.Out{Peer: p, Frame: []byte("bye"), Close: 4006, Why: strings.Repeat("é", 100)})
	case word == "!panic":
		panic("as it was told")
	case word == "!over":
		e.over = true
	case word == "!more":
		e.outs = append(e.outs, room.Out{Peer: p, Frame: []byte("piece"), More: true})
	case word == "!much":
		for range 8 {
			e.all(bytes.Repeat([]byte("x"), 64<<10))
		}
	default:
		e.record = append(e.record, b...)
		e.dirty = true
		e.all(append([]byte(nil), b...))
	}
}

func (e *echo) Heard(_ room.Moment, p room.Peer, _ room.Moment) {
	e.outs = append(e.outs, room.Out{Peer: p, Frame: []byte("heard")})
}

func (e *echo) Drained(_ room.Moment, p room.Peer) {
	e.outs = append(e.outs, room.Out{Peer: p, Frame: []byte("drained")})
}

func (e *echo) Disconnect(_ room.Moment, p room.Peer, orderly bool) {
	delete(e.peers, p)
	if orderly {
		e.all([]byte("one left"))
	} else {
		e.all([]byte("one lost"))
	}
}

func (e *echo) Tick(room.Moment)          {}
func (e *echo) Next() (room.Moment, bool) { return 0, false }
func (e *echo) Stop(room.Moment) []byte   { return append([]byte(nil), e.record...) }
func (e *echo) Stats() room.Stats {
	return room.Stats{Members: len(e.peers), Events: len(e.record), Work: len(e.record)}
}
func (e *echo) Over(room.Moment) bool { return e.over }
func (e *echo) About() room.About     { return room.About{Engine: "raft", Title: "Echo", Nodes: 3} }

func (e *echo) Unsaved() []byte {
	if !e.dirty {
		return nil
	}
	e.dirty = false
	return append([]byte(nil), e.record...)
}

func (e *echo) Outs() []room.Out {
	outs := e.outs
	e.outs = nil
	return outs
}

// bench is a relay of echo rooms behind a server.
type bench struct {
	*testing.T
	relay *Relay
	url   string // ws://…
	log   *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func start(t *testing.T, c Config) *bench {
	t.Helper()
	b := &bench{T: t, log: new(syncBuffer)}
	c.Log = slog.New(slog.NewTextHandler(b.log, nil))
	var err error
	if b.relay, err = New(c); err != nil {
		t.Fatal(err)
	}
	b.relay.make = maker{
		fresh: func(_ room.Config, _, script, _ string, _ room.Moment) (rules, error) {
			switch script {
			case "bad":
				return nil, errors.New("it is bad")
			case "panic":
				panic("as it was told")
			}
			return &echo{peers: map[room.Peer]bool{}}, nil
		},
		restore: func(_ room.Config, _ string, record []byte, _ room.Moment) (rules, error) {
			if string(record) == "damaged" {
				return nil, errors.New("it is damaged")
			}
			return &echo{peers: map[room.Peer]bool{}, record: record}, nil
		},
	}
	mux := http.NewServeMux()
	b.relay.Mount(mux)
	s := httptest.NewServer(mux)
	b.url = "ws" + strings.TrimPrefix(s.URL, "http")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := b.relay.Stop(ctx); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return b
}

func (b *bench) create() string {
	b.Helper()
	made, err := b.relay.Create(context.Background(), "script")
	if err != nil {
		b.Fatal(err)
	}
	return made.ID
}

// client is a connection of a test.
type client struct {
	*testing.T
	ws *websocket.Conn
}

func (b *bench) dial(id string, o *websocket.DialOptions) *client {
	b.Helper()
	ws, _, err := websocket.Dial(context.Background(), b.url+"/rooms/"+id+"/socket", o)
	if err != nil {
		b.Fatal(err)
	}
	ws.SetReadLimit(-1)
	b.Cleanup(func() { _ = ws.CloseNow() })
	return &client{b.T, ws}
}

// enter comes into a room, where so much has been said.
func (b *bench) enter(id, said string) *client {
	b.Helper()
	c := b.dial(id, nil)
	c.expect("so far " + said)
	return c
}

func (c *client) say(words ...string) {
	c.Helper()
	for _, w := range words {
		if err := c.ws.Write(context.Background(), websocket.MessageBinary, []byte(w)); err != nil {
			c.Fatal(err)
		}
	}
}

func (c *client) expect(words ...string) {
	c.Helper()
	for _, want := range words {
		_, got, err := c.ws.Read(context.Background())
		if err != nil {
			c.Fatalf("waited for %q: %v", want, err)
		}
		if string(got) != want {
			c.Fatalf("heard %.80q, want %q", got, want)
		}
	}
}

// closed reads until the connection ends, and holds with which code and words.
func (c *client) closed(code int, says string) {
	c.Helper()
	for {
		_, _, err := c.ws.Read(context.Background())
		if err == nil {
			continue
		}
		var end websocket.CloseError
		if !errors.As(err, &end) || int(end.Code) != code || !strings.Contains(end.Reason, says) {
			c.Errorf("the connection ended with %v, want %d and %q", err, code, says)
		}
		return
	}
}

// TestRoom carries frames between those who are in a room, in order, and tells of those
// who leave.
func TestRoom(t *testing.T) {
	b := start(t, Config{})
	id, other := b.create(), b.create()
	one := b.enter(id, "")
	one.say("a", "b")
	one.expect("a", "b")
	two := b.enter(id, "ab")
	beside := b.enter(other, "")
	two.say("c")
	one.expect("c")
	two.expect("c")
	if err := one.ws.Write(context.Background(), websocket.MessageText, []byte(hosting.Ping)); err != nil {
		t.Fatal(err)
	}
	one.say("!more")
	got := map[string]websocket.MessageType{}
	for range 4 {
		kind, f, err := one.ws.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got[string(f)] = kind
	}
	if got[hosting.Pong] != websocket.MessageText || got["heard"] == 0 || got["piece"] == 0 || got["drained"] == 0 {
		t.Errorf("after a ping and a piece: %v", got)
	}
	_ = two.ws.Close(websocket.StatusNormalClosure, "")
	one.expect("one left")
	three := b.enter(id, "abc")
	_ = three.ws.CloseNow()
	one.expect("one lost")
	four := b.enter(id, "abc")
	four.say("!close")
	four.expect("bye")
	four.closed(4006, strings.Repeat("é", reasonMax/2))
	beside.say("x")
	beside.expect("x")
}

// TestWhoIsNotLetIn holds the code for each reason why one does not come in.
func TestWhoIsNotLetIn(t *testing.T) {
	b := start(t, Config{Limits: Limits{Rooms: 2, Connections: 3, Client: 2}, Origins: []string{"https://friend.example"}, Client: func(r *http.Request) string { return r.Header.Get("X-Client") }})
	id := b.create()
	from := func(client string) *websocket.DialOptions {
		return &websocket.DialOptions{HTTPHeader: http.Header{"X-Client": {client}}}
	}
	b.dial("nonsense", nil).closed(hosting.CloseNoRoom, "There is no such room.")
	b.dial(strings.Repeat("a", len(id)), nil).closed(hosting.CloseNoRoom, "There is no such room.")
	one, two := b.dial(id, from("a")), b.dial(id, from("a"))
	one.expect("so far ")
	two.expect("so far ")
	b.dial(id, from("a")).closed(1013, "from your network")
	b.dial(id, from("b")).expect("so far ")
	b.dial(id, from("c")).closed(1013, "as many connections here")

	for origin, want := range map[string]int{
		"https://elsewhere.example": 403, "null": 403, "https://friend.example.evil.example": 403, "://": 403,
		"https://friend.example": 101, "http" + strings.TrimPrefix(b.url, "ws"): 101,
	} {
		ws, r, err := websocket.Dial(context.Background(), b.url+"/rooms/"+id+"/socket", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		if r.StatusCode != want {
			t.Errorf("origin %s: %d, %v", origin, r.StatusCode, err)
		}
		if ws != nil {
			_ = ws.CloseNow()
		}
	}
	r, err := http.Get("http" + strings.TrimPrefix(b.url, "ws") + "/rooms/" + id + "/socket")
	if err != nil || r.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("no upgrade: %v, %v", r, err)
	}
	_ = r.Body.Close()
	b.create()
	if _, err := b.relay.Create(context.Background(), "script"); !errors.Is(err, door.ErrFull) {
		t.Errorf("a room too many: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestABadScriptTakesNoRoom holds that a refused script is not counted.
func TestABadScriptTakesNoRoom(t *testing.T) {
	b := start(t, Config{Limits: Limits{Rooms: 1}})
	for range 3 {
		var wrong *door.ScriptError
		if _, err := b.relay.Create(context.Background(), "bad"); !errors.As(err, &wrong) {
			t.Errorf("a bad script: %v", err)
		}
	}
	if _, err := b.relay.Create(context.Background(), "panic"); err == nil {
		t.Error("a script that breaks the World: no error")
	}
	b.create()
}

// TestFramesThatAreNone holds what follows of frames that are too large, or text.
func TestFramesThatAreNone(t *testing.T) {
	b := start(t, Config{Limits: Limits{FrameMax: 1 << 20}})
	id := b.create()
	one := b.enter(id, "")
	large := b.enter(id, "")
	go func() {
		_ = large.ws.Write(context.Background(), websocket.MessageBinary, make([]byte, 16<<20))
	}()
	large.closed(1009, "")
	one.expect("one lost")
	text := b.enter(id, "")
	if err := text.ws.Write(context.Background(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	text.closed(hosting.CloseMalformed, "text")
	one.expect("one lost")
	exact := strings.Repeat("y", 1<<20)
	one.say(exact)
	one.expect(exact)
}

// TestSlowReaders holds that those who do not read are told so, if they still can be, and
// that nobody waits for them.
func TestSlowReaders(t *testing.T) {
	for name, limits := range map[string]Limits{
		"overflow": {QueueBytes: 1 << 20, CloseWithin: time.Millisecond},
		"watchdog": {QueueBytes: 1 << 30, QueueFrames: 1 << 30, WriteWithin: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, Config{Limits: limits})
			id := b.create()
			b.enter(id, "") // reads nothing, ever
			b.enter(id, "").flood("one lost")
			if log := b.log.String(); !strings.Contains(log, "connection dropped") {
				t.Errorf("the log says\n%s", log)
			}
		})
	}
	b := start(t, Config{Limits: Limits{QueueBytes: 1 << 20, WriteWithin: time.Hour, CloseWithin: time.Hour}})
	id := b.create()
	slow := b.enter(id, "")
	b.enter(id, "").flood("one lost")
	slow.closed(1013, "too slow") // it reads on just in time
}

// flood has everybody be sent much until the word comes.
func (c *client) flood(until string) {
	c.Helper()
	for {
		c.say("!much")
		for large := 0; large < 8; {
			_, f, err := c.ws.Read(context.Background())
			if err != nil {
				c.Fatal(err)
			}
			if string(f) == until {
				return
			}
			large++
		}
	}
}

// TestSilence holds that a connection is ended on which nothing happens.
func TestSilence(t *testing.T) {
	b := start(t, Config{Limits: Limits{Idle: 50 * time.Millisecond}})
	b.dial(b.create(), nil).closed(hosting.CloseIdle, "Nothing has happened")
}

// gate is a store that can be held up, and can fail.
type gate struct {
	Memory
	begun, let chan bool
}

func (g *gate) Save(id string, e Entry) error {
	if len(e.Record) > 0 && g.begun != nil {
		g.begun <- true
		if !<-g.let {
			return errors.New("the disk is full")
		}
	}
	return g.Memory.Save(id, e)
}

// TestStoredFirst holds that nobody sees what is not stored yet, and that what could not
// be stored has not happened.
func TestStoredFirst(t *testing.T) {
	g := &gate{begun: make(chan bool), let: make(chan bool)}
	b := start(t, Config{Store: g})
	id := b.create()
	one := b.enter(id, "")
	one.say("a")
	<-g.begun
	heard := make(chan string)
	go func() {
		_, f, _ := one.ws.Read(context.Background())
		heard <- string(f)
	}()
	select {
	case f := <-heard:
		t.Errorf("heard %q before it was stored", f)
	default:
	}
	g.let <- true
	if f := <-heard; f != "a" {
		t.Errorf("heard %q", f)
	}
	one.say("b")
	<-g.begun
	g.let <- false
	one.closed(1011, "cannot be stored")
	two := b.enter(id, "a")
	g.begun = nil // nobody saves now: the room is in order
	two.say("c")
	two.expect("c")
}

// TestAPanicEndsOneRoomOnly has a room fail: it is put in order, and no other one notices.
func TestAPanicEndsOneRoomOnly(t *testing.T) {
	b := start(t, Config{})
	id, other := b.create(), b.create()
	one, beside := b.enter(id, ""), b.enter(other, "")
	one.say("a")
	one.expect("a")
	one.say("!panic")
	one.closed(1011, "failed")
	beside.say("x")
	beside.expect("x")
	two := b.enter(id, "a")
	two.say("b")
	two.expect("b")
	if log := b.log.String(); !strings.Contains(log, "as it was told") {
		t.Errorf("the log says\n%s", log)
	}
}

// TestSleep holds that a room in which nobody is sleeps, and is woken with all it had.
func TestSleep(t *testing.T) {
	b := start(t, Config{Limits: Limits{Sleep: time.Millisecond}})
	id := b.create()
	said := ""
	for range 5 {
		one := b.enter(id, said)
		one.say("a")
		one.expect("a")
		said += "a"
		_ = one.ws.Close(websocket.StatusNormalClosure, "")
		for awake := true; awake; {
			b.relay.mu.Lock()
			awake = b.relay.awake[id] != nil
			b.relay.mu.Unlock()
		}
	}
	if a, err := b.relay.Find(context.Background(), id); err != nil || a != (room.About{Engine: "raft", Title: "Echo", Nodes: 3}) {
		t.Errorf("a room that sleeps is about %v, %v", a, err)
	}
	_ = b.relay.c.Store.Save(id, Entry{Record: []byte("damaged")})
	b.dial(id, nil).closed(hosting.CloseNoRoom, "another version")
}

// TestOver holds that a room that has ended is no more.
func TestOver(t *testing.T) {
	b := start(t, Config{Limits: Limits{Rooms: 1}})
	id := b.create()
	one := b.enter(id, "")
	one.say("!over")
	one.closed(hosting.CloseNoRoom, "no such room")
	b.dial(id, nil).closed(hosting.CloseNoRoom, "no such room")
	if _, err := b.relay.Find(context.Background(), id); !errors.Is(err, door.ErrNone) {
		t.Errorf("it is found: %v", err)
	}
	b.create() // there is room for another one
}

// TestStop holds that those in a room are told, that it is stored, and that nobody comes
// in any more.
func TestStop(t *testing.T) {
	b := start(t, Config{})
	id := b.create()
	all := make([]*client, 10)
	for i := range all {
		all[i] = b.enter(id, "")
	}
	if err := b.relay.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	for _, c := range all {
		c.closed(1012, "restarts")
	}
	b.dial(id, nil).closed(1012, "restarts")
	if _, err := b.relay.Create(context.Background(), "script"); !errors.Is(err, door.ErrStop) {
		t.Errorf("a new room: %v", err)
	}
}

// TestMetrics reads the figures.
func TestMetrics(t *testing.T) {
	b := start(t, Config{})
	id := b.create()
	one := b.enter(id, "")
	one.say("a", "!over")
	one.closed(hosting.CloseNoRoom, "")
	b.enter(b.create(), "")
	r := httptest.NewRecorder()
	b.relay.Metrics().ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		"parley_rooms_created_total 2", "parley_rooms_ended_total 1", "parley_rooms_kept 1", "parley_rooms_awake 1",
		`parley_connections_closed_total{code="4004"} 1`, "parley_frames_received_total 2", "parley_work_done_total 1",
		"parley_room_store_seconds_count ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(r.Body.String(), "\n"+line) {
			t.Errorf("there is no line %q in\n%.2000s", line, r.Body.String())
		}
	}
}
