package conformance

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/server/relay/bot"
)

const script = "title Conformance\nnodes 5\nclients 2\nseed 7\n"

// ask sends a request to the relay's site and returns the answer with its body.
func (r Relay) ask(t *testing.T, method, path, body string, headers ...string) (status int, answer string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, r.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	a, err := r.Client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(b)
}

// asking holds what is answered to those who ask for a room.
func asking(t *testing.T, r Relay) {
	for _, c := range []struct {
		name, method, body, origin string
		status                     int
		says                       string
	}{
		{"a script", "POST", script, "", 201, `"token":"`},
		{"a script with actions", "POST", script + "at 1s crash n1\n", r.URL, 201, `"url":"`},
		{"nothing", "POST", "", "", 400, "no script"},
		{"no text", "POST", "nodes \xff", "", 400, "UTF-8"},
		{"no script", "POST", "fly\n", "", 422, "There can be no room of this script"},
		{"too many nodes", "POST", "nodes 10\n", "", 422, "at most 9 nodes"},
		{"no such engine", "POST", "engine zab\n", "", 422, "zab"},
		{"too much", "POST", strings.Repeat("# much\n", 10_000), "", 413, "at most 65536 bytes"},
		{"another site", "POST", script, "https://elsewhere.example", 403, "another site"},
		{"reading", "GET", "", "", 405, "POST"},
	} {
		status, answer := r.ask(t, c.method, "/rooms", c.body, "Origin", c.origin)
		if status != c.status || !strings.Contains(answer, c.says) {
			t.Errorf("%s: %d %.200s; want %d and %q", c.name, status, answer, c.status, c.says)
		}
	}
}

// pages holds that there is a page for a room, and a sentence for what is none.
func pages(t *testing.T, r Relay) {
	made, err := bot.Create(r.Client, r.URL, "title Quorums\nengine multipaxos\nnodes 3\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		status int
		says   string
	}{
		{"/r/" + made.ID, 200, `<meta name="parley-room" content="` + made.ID + `" data-engine="multipaxos"`},
		{"/r/" + made.ID, 200, "<title>Quorums – Parley</title>"},
		{"/r/" + strings.Repeat("a", len(made.ID)), 404, "There is no room at this address"},
		{"/r/x", 404, "not the address of a room"},
		{"/rooms/" + made.ID + "/socket", 426, "the address of a room&#39;s socket"},
	} {
		status, page := r.ask(t, "GET", c.path, "", "Accept", "text/html")
		if status != c.status || !strings.Contains(page, c.says) || status == 404 && !strings.Contains(page, `href="/"`) {
			t.Errorf("%s: %d\n%.1500s\nwant %d and %q", c.path, status, page, c.status, c.says)
		}
	}
}

// pings holds that a ping is answered, before Hello and afterwards, as often as it comes, and
// that a relay says how often it wants one. Of text that is none it makes nothing else.
func pings(t *testing.T, r Relay) {
	c := r.open(t, 1, script)
	s := r.dial(t, c.room.ID)
	s.ping()
	s.tell(s.hello())
	s.await(func(f any) bool {
		j, ok := f.(frame.Joined)
		if ok && j.Ping == 0 {
			t.Error("the relay wants no pings")
		}
		return ok
	})
	for range 5 {
		s.ping()
	}
	s.ask(frame.Conduct{Verb: frame.Claim, Node: 2}) // and it is in the room all the same
	c.until(0, func(v *bot.View) bool { return v.Room.Seats[1].State == frame.SeatHere })
}

// acting holds who may do what.
func acting(t *testing.T, r Relay) {
	c := r.open(t, 2, script)
	crash := frame.ActLine{Text: "crash n5"}
	c.refused(0, crash) // nothing has begun
	c.refused(1, frame.Conduct{Verb: frame.Play})
	c.refused(1, frame.Conduct{Verb: frame.Claim, Node: 1}) // it is another's
	c.refused(1, frame.Conduct{Verb: frame.SetPace, Value: 1})
	c.play(consensus.Second)
	c.refused(1, crash)
	c.refused(0, frame.ActLine{Text: "crash n9"})
	c.do(0, crash)
	c.refused(0, crash) // it is down
	c.do(0, frame.Conduct{Verb: frame.SetOpen, Value: 1})
	c.do(1, frame.ActLine{Text: "restart n5"})
	c.do(1, frame.Conduct{Verb: frame.Rename, Text: " Ben\x00\u202e "})
	v := c.until(0, func(v *bot.View) bool { return len(v.Room.Members) == 2 && v.Room.Members[1].Name == "Ben" })
	c.do(0, frame.Conduct{Verb: frame.Give, Node: 1, Member: v.Room.Members[1].Number})
	c.do(0, frame.Conduct{Verb: frame.Appoint, Member: v.Room.Members[1].Number})
	c.refused(0, frame.Conduct{Verb: frame.End})
	c.refused(0, frame.Conduct{Verb: frame.Remove, Member: v.Room.Members[1].Number})
	v = c.until(0, func(v *bot.View) bool {
		return v.Room.Owner == v.Room.Members[1].Number && v.Room.Seats[0].Member == v.Room.Owner && len(v.Dids) == 4
	})
	var why []frame.Reason
	for _, d := range v.Dids {
		why = append(why, d.Why)
	}
	if !slices.Equal(why, []frame.Reason{frame.Wish, frame.Wish, frame.SeatMoved, frame.SeatMoved}) {
		t.Errorf("what was done is %+v", v.Dids)
	}
	c.further(0, 200)
	c.same()
}

// sentAway holds that whom the owner sends away is told so, and does not come back as the same.
func sentAway(t *testing.T, r Relay) {
	c := r.open(t, 2, script)
	c.play(consensus.Second)
	c.further(1, 100)
	v := c.until(1, func(v *bot.View) bool { return v.Joined.Member != 0 })
	c.do(0, frame.Conduct{Verb: frame.Remove, Member: v.Joined.Member})
	if v := c.until(1, func(v *bot.View) bool { return v.Line.State == frame.Closed }); v.Line.Code != hosting.CloseRemoved {
		t.Errorf("who was sent away was told %+v", v.Line)
	}
	c.until(0, func(v *bot.View) bool { return len(v.Room.Members) == 1 && v.Room.Seats[1].State == frame.SeatRelay })
	s := r.dial(t, c.room.ID)
	s.token = v.Joined.Token
	s.tell(s.hello())
	s.closed(hosting.CloseToken)
	c.leave(1)
	c.further(0, 100)
	c.same()
}

// fiveTabs plays a room in which each node is in a tab of its own: one connection breaks,
// one tab is loaded anew, one is closed, one joins late.
func fiveTabs(t *testing.T, r Relay) {
	c := r.open(t, 5, script)
	c.play(consensus.Second)
	c.further(1, 500)
	c.bots[1].Cut()
	c.further(1, 500)
	c.do(0, frame.ActLine{Text: "cut n1 > n2"})
	if v := c.until(1, func(v *bot.View) bool { return len(v.Dids) > 0 }); len(v.Dids) != 1 {
		t.Errorf("a connection that broke for a moment was actions: %+v", v.Dids)
	}
	c.enter(2, c.die(2)) // loaded anew: a crash, and a restart from its disk
	v := c.until(2, func(v *bot.View) bool { return len(v.Dids) >= 3 })
	if v.Dids[1].Why != frame.TabGone || v.Dids[2].Why != frame.TabBack {
		t.Errorf("what was done is %+v", v.Dids)
	}
	c.further(2, 500)
	c.leave(3) // closed: a crash
	c.until(0, func(v *bot.View) bool { return len(v.Dids) == 4 && v.Dids[3].Why == frame.TabGone })
	c.further(0, 500)
	c.look()
	c.same()
	for i, b := range c.bots {
		if b.Works() == 0 && i < 5 {
			t.Errorf("bot %d had nothing to do", i+1)
		}
	}
}

// ending holds that a room that its owner ends is no more.
func ending(t *testing.T, r Relay) {
	c := r.open(t, 2, script)
	c.play(consensus.Second)
	c.further(1, 100)
	c.refused(1, frame.Conduct{Verb: frame.End})
	if _, err := c.ask(0, frame.Conduct{Verb: frame.End}); err != nil {
		t.Fatal(err)
	}
	for i := range c.bots {
		v := c.until(i, func(v *bot.View) bool { return v.Line.State == frame.Closed })
		if v.Line.Code != hosting.CloseEnded || v.Line.Why == "" {
			t.Errorf("bot %d was sent away with %d, %q", i+1, v.Line.Code, v.Line.Why)
		}
	}
	r.dial(t, c.room.ID).closed(hosting.CloseNoRoom)
	if status, _ := r.ask(t, "GET", "/r/"+c.room.ID, ""); status != 404 {
		t.Errorf("its page answers with %d", status)
	}
}

// Restart ends the relay in the middle of a run, again and again: all come back by
// themselves, and the room goes on from what they saw last.
func Restart(t *testing.T, r Relay) {
	if r.Restart == nil {
		t.Skip("only a program of its own is killed: see TestConformance of package main")
	}
	if r.Client == nil {
		r.Client = http.DefaultClient
	}
	c := r.open(t, 3, script)
	c.play(consensus.Second)
	for n := 1; n <= 3; n++ {
		c.further(1, 500)
		c.do(0, frame.ActLine{Text: "crash n5"})
		c.further(1, 100)
		r.Restart(t)
		for i := range c.bots {
			if n > 1 { // the first time they wait as long as they do
				c.bots[i].Online()
			}
			c.until(i, func(v *bot.View) bool { return v.Lost >= n && v.Line.State == frame.Connected })
		}
		c.further(2, 500)
		c.do(0, frame.ActLine{Text: "restart n5"})
	}
	c.further(1, 500)
	c.same()
	if v := c.bots[1].View(); len(v.Dids) != 6 {
		t.Errorf("a restart of the relay was an action: %+v", v.Dids)
	}
}
