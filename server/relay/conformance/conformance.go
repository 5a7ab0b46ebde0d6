// Package conformance says what a relay does, whatever it is made of: how one asks for a
// room and comes in, that a room of five tabs gives the run of its recording whatever
// happens to their connections, and what becomes of clients that misbehave, while others
// play on. It knows a relay by its address only.
package conformance

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting/tab"
	"parley/server/door"
	"parley/server/relay/bot"
)

// Relay is a relay that is tested.
type Relay struct {
	// URL is that of its site, without a slash at its end.
	URL string
	// Client asks it for rooms and sockets; nil: http.DefaultClient.
	Client *http.Client
	// Restart ends it without a warning and starts it again at the same address, with
	// the rooms that it has stored; nil for one within the test's own program, which cannot
	// be killed.
	Restart func(t *testing.T)
}

// timeout is for what never takes so long, but for a machine that does many things.
const timeout = 2 * time.Minute

// Run tests a relay.
func Run(t *testing.T, r Relay) {
	if r.Client == nil {
		r.Client = http.DefaultClient
	}
	found := fallSilent(t, r) // which takes its time
	for _, test := range []struct {
		name string
		run  func(*testing.T, Relay)
	}{
		{"asking for a room", asking},
		{"a page for each room", pages},
		{"pings", pings},
		{"who acts", acting},
		{"sent away", sentAway},
		{"five tabs", fiveTabs},
		{"the end of a room", ending},
		{"misbehaving", misbehaving},
		{"silence", found},
		{"restart", Restart},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, r) })
	}
}

// class is a room of bots, each with a node. The first one owns it.
type class struct {
	*testing.T
	relay Relay
	room  door.Created
	bots  []*bot.Bot
	disks []*tab.Memory
	left  []bool // bots that have ended
}

// open opens a room and has so many bots sit down.
func (r Relay) open(t *testing.T, bots int, script string) *class {
	t.Helper()
	made, err := bot.Create(r.Client, r.URL, script)
	if err != nil {
		t.Fatal(err)
	}
	c := &class{T: t, relay: r, room: made, bots: make([]*bot.Bot, bots), disks: make([]*tab.Memory, bots), left: make([]bool, bots)}
	t.Cleanup(func() {
		for i := range c.bots {
			c.leave(i)
		}
	})
	for i := range c.bots {
		token := ""
		if i == 0 {
			token = made.Token
		}
		c.enter(i, token)
		c.do(i, frame.Conduct{Verb: frame.Claim, Node: consensus.NodeID(i + 1)})
	}
	return c
}

// enter has a bot come in, as the one that it was before if it has that one's token.
func (c *class) enter(i int, token string) {
	c.Helper()
	if c.disks[i] == nil {
		c.disks[i] = new(tab.Memory)
	}
	c.bots[i] = bot.Join(bot.Config{
		URL: c.relay.URL, Client: c.relay.Client, Room: c.room.ID, Token: token, Name: "Bot " + strconv.Itoa(i+1), Disks: c.disks[i],
	})
	c.left[i] = false
	c.until(i, func(v *bot.View) bool { return v.Line.State == frame.Connected && len(v.Room.Seats) > 0 })
}

// look has one more bot come in, who only looks on.
func (c *class) look() {
	c.Helper()
	c.bots, c.disks, c.left = append(c.bots, nil), append(c.disks, nil), append(c.left, false)
	c.enter(len(c.bots)-1, "")
}

// leave has a bot leave in good order.
func (c *class) leave(i int) {
	if c.bots[i] != nil && !c.left[i] {
		c.left[i] = true
		c.bots[i].Leave()
	}
}

// die switches a bot off.
func (c *class) die(i int) (token string) {
	token = c.bots[i].View().Joined.Token
	c.left[i] = true
	c.bots[i].Die()
	return token
}

// until waits until something is true of what a bot knows.
func (c *class) until(i int, is func(*bot.View) bool) bot.View {
	c.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	v, err := c.bots[i].Until(ctx, is)
	if err != nil {
		c.Fatal(err)
	}
	return v
}

// do has a bot do something that is not refused.
func (c *class) do(i int, f frame.Frame) {
	c.Helper()
	if why, err := c.ask(i, f); why != "" || err != nil {
		c.Fatalf("%+v: %s, %v", f, why, err)
	}
}

// refused has a bot do something that is.
func (c *class) refused(i int, f frame.Frame) {
	c.Helper()
	if why, err := c.ask(i, f); why == "" || err != nil {
		c.Errorf("%+v was done by somebody who may not do it (%v)", f, err)
	}
}

// ask has a bot ask for something, and returns the sentence of a refusal.
func (c *class) ask(i int, f frame.Frame) (why string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return c.bots[i].Do(ctx, f)
}

// play starts the run, at a pace in virtual time a second.
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

// same pauses the run, and holds that all who are here know the same recording, and that
// it gives the same run when one World runs it alone.
func (c *class) same() {
	c.Helper()
	c.do(0, frame.Conduct{Verb: frame.Pause})
	// What was on its way still comes: the head that all have is the last one.
	owner := c.until(0, func(v *bot.View) bool { return v.Room.State == frame.Paused })
	for i := range c.bots {
		if c.left[i] {
			continue
		}
		v := c.until(i, func(v *bot.View) bool {
			return v.Room.State == frame.Paused && v.Head.Events >= owner.Head.Events && len(v.Dids) >= len(owner.Dids)
		})
		if err := v.Solo(); err != nil {
			c.Errorf("bot %d: %v", i+1, err)
		}
		if len(v.Reports) > 0 || v.Opens != 1 {
			c.Errorf("bot %d was told the run %d times, and reports %q", i+1, v.Opens, v.Reports)
		}
	}
}

// undisturbed pauses the run, and holds that it is the same for all, that nobody has lost the
// connection, and lets all leave.
func (c *class) undisturbed() {
	c.Helper()
	c.same()
	for i, b := range c.bots {
		if v := b.View(); v.Lost > 0 {
			c.Errorf("bot %d lost its connection %d times", i+1, v.Lost)
		}
		c.leave(i)
	}
}
