package worker

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/server/relay/bot"
)

// waitMax is for what never takes so long, but for a machine that does many things.
const waitMax = 2 * time.Minute

// visitors counts them.
var visitors atomic.Uint32

// class is a room with a bot at each of its first nodes; the first bot owns it.
type class struct {
	*testing.T
	room string
	bots []*bot.Bot
}

// visitor is a client with an address of its own, as the edge tells it: each may make a few
// rooms a minute.
type visitor string

// RoundTrip adds the address to a request.
func (v visitor) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("CF-Connecting-IP", string(v))
	return http.DefaultTransport.RoundTrip(r)
}

func open(t *testing.T, url string, bots int) *class {
	t.Helper()
	client := &http.Client{Transport: visitor(fmt.Sprintf("10.0.%d.%d", visitors.Load()>>8, visitors.Add(1)&0xff))}
	made, err := bot.Create(client, url, "nodes 5\nclients 2\nseed 7\n")
	if err != nil {
		t.Fatal(err)
	}
	c := &class{T: t, room: made.ID}
	for i := range bots {
		token := ""
		if i == 0 {
			token = made.Token
		}
		b := bot.Join(bot.Config{URL: url, Room: made.ID, Token: token, Name: "Bot " + strconv.Itoa(i+1)})
		t.Cleanup(b.Leave)
		c.bots = append(c.bots, b)
		c.until(i, func(v *bot.View) bool { return v.Line.State == frame.Connected && len(v.Room.Seats) > 0 })
		c.do(i, frame.Conduct{Verb: frame.Claim, Node: consensus.NodeID(i + 1)})
	}
	return c
}

func (c *class) until(i int, is func(*bot.View) bool) bot.View {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waitMax)
	defer cancel()
	v, err := c.bots[i].Until(ctx, is)
	if err != nil {
		c.Fatal(err)
	}
	return v
}

func (c *class) do(i int, f frame.Frame) {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), waitMax)
	defer cancel()
	if why, err := c.bots[i].Do(ctx, f); why != "" || err != nil {
		c.Fatalf("%+v: %s, %v", f, why, err)
	}
}

func (c *class) play(pace consensus.Duration) {
	c.Helper()
	c.do(0, frame.Conduct{Verb: frame.SetPace, Value: uint64(pace)})
	c.do(0, frame.Conduct{Verb: frame.Play})
}

// further waits until a bot was told of so many more events.
func (c *class) further(i int, events uint32) {
	c.Helper()
	begin := c.bots[i].View().Head.Events
	c.until(i, func(v *bot.View) bool { return v.Head.Events > begin+events })
}

// undisturbed pauses the room, and holds that nobody has lost a connection or was told of an
// action, and that the run is that of its recording.
func (c *class) undisturbed() {
	c.Helper()
	c.do(0, frame.Conduct{Verb: frame.Pause})
	owner := c.until(0, func(v *bot.View) bool { return v.Room.State == frame.Paused })
	for i := range c.bots {
		v := c.until(i, func(v *bot.View) bool { return v.Room.State == frame.Paused && v.Head.Events >= owner.Head.Events })
		if err := v.Solo(); err != nil {
			c.Errorf("bot %d: %v", i+1, err)
		}
		if v.Lost > 0 || len(v.Dids) > 0 || len(v.Reports) > 0 || v.Opens != 1 {
			c.Errorf("bot %d lost its connection %d times, was told of %+v, opened the run %d times, and reports %q", i+1, v.Lost, v.Dids, v.Opens, v.Reports)
		}
	}
}

// rounds is how often a room hibernates in the test: each time takes as long as idle.
const rounds = 1

// idle is how long the runtime keeps an object of which nothing is wanted; that is its own
// to choose, and nobody tells when it has evicted one. On a busy machine what was asked last
// may keep the object for a while longer: whoever waits in vain waits for longer next time.
const idle = 11 * time.Second

// pings has all bots send pings, much more often than they are asked to.
func (c *class) pings(ctx context.Context) {
	go func() {
		for ctx.Err() == nil {
			for _, b := range c.bots {
				b.Ping()
			}
			time.Sleep(idle / 10)
		}
	}()
}

// TestHibernation lets a paused room be evicted again and again, with its sockets open and pings
// coming in all the time, which are no reason to keep it: who wakes it finds it as it was, and
// nobody has noticed.
func TestHibernation(t *testing.T) {
	l := start(t)
	t.Parallel()
	c := open(t, l.URL, 3)
	c.pings(t.Context())
	c.play(consensus.Second)
	c.further(1, 300)
	c.do(0, frame.Conduct{Verb: frame.Pause})
	restored := "room " + c.room[:6] + " restored, with 3 connections"
	for n := 1; n <= rounds; n++ {
		for wait := idle; strings.Count(l.Said(), restored) < n; wait += idle / 2 {
			if wait > 6*idle {
				t.Fatalf("the object was not evicted within %s; the Worker says\n%s", wait, l.Said())
			}
			time.Sleep(wait)
			c.do(1, frame.Conduct{Verb: frame.Rename, Text: fmt.Sprint("Ben ", n)})
		}
		c.do(0, frame.Conduct{Verb: frame.Play})
		c.further(2, 300)
		c.do(0, frame.Conduct{Verb: frame.Pause})
	}
	c.do(0, frame.Conduct{Verb: frame.Play})
	c.further(2, 100)
	c.undisturbed()
}

// TestTrap has Go fail in one room: its connections are ended with 1011 and come back to a
// room that goes on; the other rooms of the isolate lost their rules as well, and nobody in
// them notices.
func TestTrap(t *testing.T) {
	_ = start(t) // or skip
	t.Parallel()
	l := own(t, failing(t))
	fails, playing, paused := open(t, l.URL, 2), open(t, l.URL, 5), open(t, l.URL, 2)
	for _, c := range []*class{fails, playing, paused} {
		c.play(consensus.Second)
		c.further(1, 200)
	}
	paused.do(0, frame.Conduct{Verb: frame.Pause})
	for n := 1; n <= 2; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { // it has no answer
			_, _ = fails.bots[1].Do(ctx, frame.Conduct{Verb: frame.Rename, Text: "fail, please"})
		}()
		for i := range fails.bots {
			v := fails.until(i, func(v *bot.View) bool { return v.Lost >= n && v.Line.State == frame.Connected })
			if len(v.Dids) > 0 {
				t.Errorf("a failure was an action: %+v", v.Dids)
			}
		}
		cancel()
		fails.further(0, 200)
		playing.further(1, 200)
	}
	paused.do(0, frame.Conduct{Verb: frame.Play})
	paused.further(1, 200)
	playing.undisturbed()
	paused.undisturbed()
	fails.do(0, frame.Conduct{Verb: frame.Pause})
	v := fails.until(0, func(v *bot.View) bool { return v.Room.State == frame.Paused })
	if err := v.Solo(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(l.Said(), "it was asked for") {
		t.Error("nothing has failed")
	}
}

// failing is a copy of what was built whose rules fail when they are asked to.
func failing(t *testing.T) string {
	t.Helper()
	whole, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	err = fs.WalkDir(os.DirFS(whole), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == "node_modules" || name == "site":
			return errorsOf(os.Symlink(filepath.Join(whole, name), filepath.Join(copied, name)), fs.SkipDir)
		case name == "state":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(copied, name), 0o755)
		}
		b, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(copied, name), b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-tags=trap", "-o", filepath.Join(copied, "room.wasm"), "./room")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the rules that fail: %v\n%s", err, out)
	}
	return copied
}

// errorsOf returns the first error that there is, or what comes then.
func errorsOf(err, then error) error {
	if err != nil {
		return err
	}
	return then
}

// TestAHundredRooms plays a hundred rooms in one isolate, and holds that all that the runtime
// needs more for them is less than an isolate may have.
func TestAHundredRooms(t *testing.T) {
	l := own(t, folder)
	t.Parallel()
	if r, _ := ask(t, "GET", l.URL+"/healthz", ""); r.StatusCode != 200 {
		t.Fatalf("the Worker answers with %d", r.StatusCode)
	}
	before := resident(t, l)
	const rooms, limit = 100, 128 << 20
	all := make([]*class, rooms)
	for i := range all {
		all[i] = open(t, l.URL, 1)
	}
	for _, c := range all {
		c.do(0, frame.Conduct{Verb: frame.Play})
	}
	for _, c := range all {
		c.until(0, func(v *bot.View) bool { return v.Head.Events > 200 })
	}
	more := resident(t, l) - before
	t.Logf("%d rooms that play take %d MiB: %d KiB each", rooms, more>>20, more>>10/rooms)
	if more > limit {
		t.Errorf("%d rooms take %d MiB, and an isolate has %d", rooms, more>>20, limit>>20)
	}
	all[0].undisturbed()
	all[rooms-1].undisturbed()
}

// resident is how much memory workerd has in use, in bytes.
func resident(t *testing.T, l *Local) int {
	t.Helper()
	n, err := l.Resident()
	if err != nil {
		t.Skip(err)
	}
	return n
}
