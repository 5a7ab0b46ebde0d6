package bot_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting/tab"
	"parley/server/door"
	"parley/server/relay"
	"parley/server/relay/bot"
)

// TestMain fails if anything still runs when all tests have ended.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const page = `<title>Parley</title><meta name="description" content="A playground">`

// serve starts a relay for a test and returns its address.
func serve(t *testing.T, c relay.Config) string {
	t.Helper()
	r, err := relay.New(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.New(door.Config{Rooms: r, Page: []byte(page)})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	r.Mount(mux)
	d.Mount(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return s.URL
}

// TestARoomOfFiveBots plays: one connection breaks, one bot is loaded anew, one dies, and
// a latecomer sees it all. Each of them knows a recording that is the room's run.
func TestARoomOfFiveBots(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	url := serve(t, relay.Config{})
	made, err := bot.Create(nil, url, "title Five\nnodes 5\nclients 2\nseed 7\n")
	if err != nil {
		t.Fatal(err)
	}
	until := func(b *bot.Bot, is func(*bot.View) bool) bot.View {
		t.Helper()
		v, err := b.Until(ctx, is)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	do := func(b *bot.Bot, f frame.Frame) {
		t.Helper()
		if why, err := b.Do(ctx, f); why != "" || err != nil {
			t.Fatalf("%+v: %s, %v", f, why, err)
		}
	}
	bots, disks := make([]*bot.Bot, 5), make([]tab.Memory, 5)
	for i := range bots {
		c := bot.Config{URL: url, Room: made.ID, Name: "Bot " + strconv.Itoa(i+1), Disks: &disks[i]}
		if i == 0 {
			c.Token = made.Token
		}
		bots[i] = bot.Join(c)
		until(bots[i], func(v *bot.View) bool { return v.Line.State == frame.Connected })
		do(bots[i], frame.Conduct{Verb: frame.Claim, Node: consensus.NodeID(i + 1)})
	}
	do(bots[0], frame.Conduct{Verb: frame.SetPace, Value: uint64(consensus.Second)})
	do(bots[0], frame.Conduct{Verb: frame.Play})
	further := func(b *bot.Bot, events uint32) {
		t.Helper()
		begin := b.View().Head.Events
		until(b, func(v *bot.View) bool { return v.Head.Events > begin+events })
	}
	further(bots[1], 500)
	bots[1].Cut()
	further(bots[1], 500)
	do(bots[0], frame.ActLine{Text: "cut n1 > n2"})
	if v := until(bots[1], func(v *bot.View) bool { return len(v.Dids) > 0 }); len(v.Dids) != 1 {
		t.Errorf("a connection that broke for a moment was actions: %+v", v.Dids)
	}

	token := bots[2].View().Joined.Token
	bots[2].Die() // and is loaded anew
	bots[2] = bot.Join(bot.Config{URL: url, Room: made.ID, Token: token, Disks: &disks[2]})
	v := until(bots[2], func(v *bot.View) bool { return len(v.Dids) == 3 })
	if v.Dids[1].Why != frame.TabGone || v.Dids[2].Why != frame.TabBack {
		t.Errorf("what was done is %+v", v.Dids)
	}
	further(bots[2], 500)
	bots[3].Leave()
	until(bots[0], func(v *bot.View) bool { return len(v.Dids) == 4 && v.Dids[3].Why == frame.TabGone })
	further(bots[0], 500)
	late := bot.Join(bot.Config{URL: url, Room: made.ID, Name: "Late"})
	do(bots[0], frame.Conduct{Verb: frame.Pause})
	v = until(bots[0], func(v *bot.View) bool { return v.Room.State == frame.Paused })
	for i, b := range []*bot.Bot{bots[0], bots[1], bots[2], bots[4], late} {
		last := until(b, func(w *bot.View) bool { return w.Room.State == frame.Paused && w.Head.Events >= v.Head.Events })
		if err := last.Solo(); err != nil {
			t.Errorf("bot %d of %d: %v", i, len(bots), err)
		}
		if len(last.Reports) > 0 || last.Opens != 1 {
			t.Errorf("bot %d: reports %q, opened %d times", i, last.Reports, last.Opens)
		}
		b.Leave()
	}
	for i, b := range bots {
		if b.Works() == 0 {
			t.Errorf("bot %d had nothing to do", i)
		}
	}
}
