// Package bot is a tab without a browser: package tab on a socket of its own, with its
// disks in memory. Bots play rooms in tests, and are the load when a relay is measured.
package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/hosting/tab"
	"parley/consensus/registry"
)

// Config says who a bot is.
type Config struct {
	// URL is that of the site, "http://localhost:8080".
	URL string
	// Room is its ID, Token what an earlier Joined gave ("" for a newcomer), Name how the
	// bot is called.
	Room, Token, Name string
	// Disks are the bot's storage; nil: its own. Who comes back with those of another
	// bot is that bot's tab, loaded anew.
	Disks *tab.Memory
	// Client makes the connections; nil: http.DefaultClient.
	Client *http.Client
}

// Bot is a tab in a room. Its methods are safe for concurrent use.
type Bot struct {
	c     Config
	tab   *tab.Tab // the loop's alone, as all of the host below is
	do    chan func()
	quit  chan struct{}
	ended sync.WaitGroup
	stop  context.CancelFunc // of the socket
	ws    *websocket.Conn    // nil: none is open
	sock  uint32
	alarm *time.Timer
	disks *tab.Memory
	asked uint32
	mute  bool // its host is gone, without a word

	works atomic.Uint64

	mu      sync.Mutex
	view    View
	changed chan struct{} // closed at the next change
}

// View is what a bot knows of its room.
type View struct {
	Line    frame.Line
	Joined  frame.Joined
	Room    frame.Room
	Opened  frame.Opened
	Head    frame.Head
	Dids    []frame.Did
	Opens   int           // how often the run was told from its beginning
	Lost    int           // how often the connection was
	Away    time.Duration // the longest time until it was back
	Reports []string      // what should not have happened

	lost    time.Time
	answers map[uint32]frame.Frame
}

// Join lets a bot come into a room.
func Join(c Config) *Bot {
	if c.Client == nil {
		c.Client = http.DefaultClient
	}
	if c.Disks == nil {
		c.Disks = new(tab.Memory)
	}
	b := &Bot{c: c, do: make(chan func(), 64), quit: make(chan struct{}), disks: c.Disks, alarm: time.NewTimer(time.Hour), changed: make(chan struct{})}
	b.view.answers = map[uint32]frame.Frame{}
	b.tab = tab.New((*host)(b), registry.Engines())
	b.ended.Go(b.loop)
	b.act(func() {
		b.tab.Join(frame.Join{
			Address: "ws" + strings.TrimPrefix(c.URL, "http") + "/rooms/" + c.Room + "/socket",
			Room:    c.Room, Token: c.Token, Name: c.Name,
		})
	})
	return b
}

func (b *Bot) loop() {
	for {
		select {
		case f := <-b.do:
			f()
		case <-b.alarm.C:
			b.tab.Wake()
		case <-b.quit:
			return
		}
	}
}

// act has the loop do something, unless the bot has ended.
func (b *Bot) act(f func()) {
	select {
	case b.do <- f:
	case <-b.quit:
	}
}

// wait is act, and returns when it is done.
func (b *Bot) wait(f func()) {
	done := make(chan struct{})
	b.act(func() {
		f()
		close(done)
	})
	select {
	case <-done:
	case <-b.quit:
	}
}

// ask sends a command to the room, and returns its number.
func (b *Bot) ask(f frame.Frame) (request uint32) {
	b.wait(func() {
		b.asked++
		request = b.asked
		b.tab.Ask(request, f)
	})
	return request
}

// Do asks the room for something (Conduct, Act, ActLine) and waits for the answer. It
// returns the sentence of a refusal, "" if it was done.
func (b *Bot) Do(ctx context.Context, f frame.Frame) (why string, err error) {
	request := b.ask(f)
	v, err := b.Until(ctx, func(v *View) bool { return v.answers[request] != nil })
	if err != nil {
		return "", err
	}
	if no, ok := v.answers[request].(frame.Refused); ok {
		return no.Why, nil
	}
	return "", nil
}

// Until waits until something is true of what the bot knows, and returns that.
func (b *Bot) Until(ctx context.Context, is func(*View) bool) (View, error) {
	for {
		b.mu.Lock()
		if is(&b.view) {
			v := b.view
			v.Dids, v.Reports, v.answers = slices.Clone(v.Dids), slices.Clone(v.Reports), maps.Clone(v.answers)
			b.mu.Unlock()
			return v, nil
		}
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.view, fmt.Errorf("%s waited in vain: line %+v, room %+v, head %+v, reports %q: %w", b.c.Name, b.view.Line, b.view.Room, b.view.Head, b.view.Reports, ctx.Err())
		}
	}
}

// View returns what the bot knows now.
func (b *Bot) View() View {
	v, _ := b.Until(context.Background(), func(*View) bool { return true })
	return v
}

// Events returns how many events of the room have come.
func (b *Bot) Events() (n int) {
	b.wait(func() { n, _ = b.tab.Events() })
	return n
}

// Works returns how many pieces of work have come.
func (b *Bot) Works() uint64 { return b.works.Load() }

// Cut breaks the connection. The bot comes back by itself, as the same tab.
func (b *Bot) Cut() { b.wait(b.cut) }

func (b *Bot) cut() {
	if b.stop != nil {
		b.stop()
	}
	if b.ws != nil {
		_ = b.ws.CloseNow()
	}
}

// Ping sends a ping beside those that the relay asks for.
func (b *Bot) Ping() { b.act((*host)(b).Ping) }

// Online tells the bot that there is a network again, as a browser tells a tab: it need not wait.
func (b *Bot) Online() { b.act(b.tab.Online) }

// Leave leaves the room in good order, and ends the bot.
func (b *Bot) Leave() { b.end(b.tab.Leave) }

// Die ends the bot as if its machine were switched off.
func (b *Bot) Die() { b.end(func() {}) }

func (b *Bot) end(last func()) {
	b.wait(func() {
		last()
		b.mute = true
		b.cut()
	})
	close(b.quit)
	b.ended.Wait()
	b.alarm.Stop()
}

// note changes what the bot knows.
func (b *Bot) note(change func(*View)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.view)
	close(b.changed)
	b.changed = make(chan struct{})
}

// host is what the bot's tab stands on.
type host Bot

// Dial opens a socket, and reads it.
func (h *host) Dial(socket uint32, address string) {
	b := (*Bot)(h)
	if b.mute {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	if b.stop != nil {
		b.stop()
	}
	b.stop, b.sock, b.ws = cancel, socket, nil
	b.ended.Go(func() {
		defer cancel()
		ws, r, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPClient: b.c.Client, CompressionMode: websocket.CompressionDisabled})
		if err != nil {
			why := err.Error()
			if r != nil {
				why = r.Status
			}
			b.act(func() { b.tab.Closed(socket, 1006, why) })
			return
		}
		ws.SetReadLimit(frame.SizeMax + hosting.DiskMax)
		defer func() { _ = ws.CloseNow() }()
		b.act(func() {
			switch {
			case b.sock != socket: // the tab has given it up
			case ctx.Err() != nil:
				b.tab.Closed(socket, 1006, "it was cut")
			default:
				b.ws = ws
				b.tab.Opened(socket)
				return
			}
			_ = ws.CloseNow()
		})
		b.read(socket, ws)
	})
}

// read hands what the relay sends to the tab.
func (b *Bot) read(socket uint32, ws *websocket.Conn) {
	for {
		kind, p, err := ws.Read(context.Background())
		if err != nil {
			code, why := 1006, err.Error()
			var end websocket.CloseError
			if errors.As(err, &end) {
				code, why = int(end.Code), end.Reason
			}
			b.act(func() {
				if b.sock == socket {
					b.ws = nil
					b.tab.Closed(socket, code, why)
				}
			})
			return
		}
		if kind == websocket.MessageText {
			b.act(func() { b.tab.Said(socket, string(p)) })
			continue
		}
		if !hosting.IsFrame(p) {
			b.works.Add(1)
		}
		b.act(func() { b.tab.Received(socket, p) })
	}
}

// Send writes to the socket. If that is broken, its reader finds out.
func (h *host) Send(p []byte) { h.write(websocket.MessageBinary, p) }

// Ping sends a ping.
func (h *host) Ping() { h.write(websocket.MessageText, []byte(hosting.Ping)) }

func (h *host) write(kind websocket.MessageType, p []byte) {
	if h.ws != nil {
		_ = h.ws.Write(context.Background(), kind, p)
	}
}

// Close closes the socket; nobody waits for the other side to agree.
func (h *host) Close(code int) {
	ws, stop := h.ws, h.stop
	h.ws, h.sock = nil, 0
	if ws == nil {
		stop() // it is being opened
		return
	}
	(*Bot)(h).ended.Go(func() {
		_ = ws.Close(websocket.StatusCode(code), "")
		stop()
	})
}

// Page takes note of a frame.
func (h *host) Page(f frame.Frame, p []byte) {
	b := (*Bot)(h)
	request, _, err := frame.Decode(p)
	b.note(func(v *View) {
		if err != nil {
			v.Reports = append(v.Reports, err.Error())
		}
		if request != 0 {
			v.answers[request] = f
		}
		switch f := f.(type) {
		case frame.Line:
			v.Line = f
			switch {
			case f.State == frame.Lost:
				v.Lost++
				v.lost = time.Now()
			case f.State == frame.Connected && v.Lost > 0:
				v.Away = max(v.Away, time.Since(v.lost))
			}
		case frame.Joined:
			v.Joined = f
		case frame.Room:
			v.Room = f
		case frame.Opened:
			v.Opened, v.Dids = f, nil
			v.Opens++
		case frame.Head:
			v.Head = f
		case frame.Did:
			v.Dids = append(v.Dids, f)
		}
	})
}

// Alarm sets the clock.
func (h *host) Alarm(after int) { h.alarm.Reset(time.Duration(after) * time.Millisecond) }

// Draw returns random bits.
func (h *host) Draw() uint64 { return rand.Uint64() }

// Report takes note of what should not have happened.
func (h *host) Report(why string) {
	(*Bot)(h).note(func(v *View) { v.Reports = append(v.Reports, why) })
}

// Load reads a disk, at once.
func (h *host) Load(ticket uint32, d tab.Disk) { h.tab.Loaded(ticket, h.disks.Load(d), true) }

// Store writes to a disk, at once.
func (h *host) Store(ticket uint32, d tab.Disk, offset int, p []byte) {
	h.disks.Store(d, offset, p)
	h.tab.Stored(ticket, true)
}

// Discard removes the disks of a room.
func (h *host) Discard(room string) { h.disks.Discard(room) }
