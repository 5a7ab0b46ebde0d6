package browsertest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/server/relay/bot"
)

// class is a live room: a server, somebody who conducts it from outside a browser, and tabs
// that run its nodes, each at an address of its own.
type class struct {
	t      *testing.T
	serve  func(testing.TB, string) *Server
	server *Server
	data   string
	room   string
	tabs   []*seat
	wire   *wire // of the conductor
	owner  *bot.Bot
}

// seat is a tab with its wire.
type seat struct {
	*Page
	wire *wire
}

// lesson has something to do for every node, and messages that are lost.
const lesson = "title A lesson\nengine raft\nnodes 5\nseed 11\nclients 2\npace 20/s\nloss 2%\ndisk 1ms\n"

// newClass makes a room. Who conducts it is its owner.
func newClass(t *testing.T, script string) *class { return newClassAt(t, script, serve) }

// newClassAt makes a room at a server that is started so.
func newClassAt(t *testing.T, script string, serve func(testing.TB, string) *Server) *class {
	t.Helper()
	c := &class{t: t, data: t.TempDir(), serve: serve}
	c.server = serve(t, c.data)
	made, err := bot.Create(nil, c.server.URL, script)
	if err != nil {
		t.Fatal(err)
	}
	c.room, c.wire = made.ID, newWire(t, c.server)
	c.owner = bot.Join(bot.Config{URL: c.wire.Server.URL, Room: made.ID, Token: made.Token, Name: "Teacher"})
	t.Cleanup(c.owner.Leave)
	c.until("the room is there", func(v *bot.View) bool { return len(v.Room.Seats) > 0 })
	return c
}

// until waits until something is true of what the conductor sees.
func (c *class) until(what string, is func(*bot.View) bool) bot.View {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	v, err := c.owner.Until(ctx, is)
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	return v
}

// do asks the room for something, which has to be done.
func (c *class) do(f frame.Frame) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if why, err := c.owner.Do(ctx, f); err != nil || why != "" {
		c.t.Fatalf("%+v: %s %v", f, why, err)
	}
}

// on waits until the World has gone on for some time, and something was done in it.
func (c *class) on(d consensus.Duration) {
	c.t.Helper()
	v := c.owner.View()
	c.until("the World goes on", func(w *bot.View) bool {
		return w.Head.Time >= v.Head.Time+d && w.Head.Events > v.Head.Events
	})
}

// open makes a tab in a browser.
func (c *class) open(browser context.Context, options ...chromedp.ContextOption) *seat {
	c.t.Helper()
	w := newWire(c.t, c.server)
	s := &seat{newPage(c.t, w.Server, browser, options...), w}
	s.Expect("WebSocket connection to") // that it was cut
	return s
}

// sit lets a tab take the next seat, as a visitor does.
func (c *class) sit(p *seat, name string) {
	c.t.Helper()
	p.Go("/r/" + c.room)
	p.Wait(ready)
	p.WaitFor(`#rooming[data-kind="join"]`)
	p.Type("#room-name", name)
	p.Click(`#rooming [data-act="join"]`)
	n := len(c.tabs)
	c.until(name+" sits", func(v *bot.View) bool { return v.Room.Seats[n].State == frame.SeatHere })
	p.WaitText("#room-mine", "You are N"+strconv.Itoa(n+1))
	c.tabs = append(c.tabs, p)
}

// done waits until these actions, and no more, have been done since there were as many as
// before, and returns how many there are now.
func (c *class) done(before int, deeds ...string) int {
	c.t.Helper()
	v := c.until(fmt.Sprintf("%q", deeds), func(v *bot.View) bool { return len(v.Dids) >= before+len(deeds) })
	var got []string
	for _, d := range v.Dids[before:] {
		_, what, _ := strings.Cut(strings.TrimPrefix(d.Line, "at "), " ")
		got = append(got, what+" "+strconv.Itoa(int(d.Why)))
	}
	if !slices.Equal(got, deeds) {
		c.t.Fatalf("done was %q, want %q", got, deeds)
	}
	return len(v.Dids)
}

func deed(what string, why frame.Reason) string { return what + " " + strconv.Itoa(int(why)) }

// disk returns what a tab keeps of a node's disk.
func (s *seat) disk(room string, node consensus.NodeID) []byte {
	s.t.Helper()
	text := Eval[string](s.Page, `new Promise((resolve, reject) => {
		const open = indexedDB.open("parley-rooms", 1);
		open.onerror = () => reject(open.error);
		open.onsuccess = () => {
			const get = open.result.transaction("pieces").objectStore("pieces").getAll(IDBKeyRange.bound([`+quote(room)+`, `+strconv.Itoa(int(node))+`], [`+quote(room)+`, `+strconv.Itoa(int(node))+`, []]));
			get.onsuccess = () => { open.result.close(); resolve(get.result.map(b => [...b].map(x => String.fromCharCode(x)).join("")).join("")); };
			get.onerror = () => reject(get.error);
		};
	})`)
	var b []byte
	for _, r := range text {
		b = append(b, byte(r))
	}
	return b
}

// remember leaves a disk of another room in the tab's storage, which was joined at a moment.
func (s *seat) remember(room, when string) {
	s.t.Helper()
	s.Go("/example.html")
	Eval[bool](s.Page, `new Promise((resolve, reject) => {
		const open = indexedDB.open("parley-rooms", 1);
		open.onupgradeneeded = () => { open.result.createObjectStore("pieces"); open.result.createObjectStore("rooms"); };
		open.onerror = () => reject(open.error);
		open.onsuccess = () => {
			const transaction = open.result.transaction(["pieces", "rooms"], "readwrite");
			transaction.objectStore("rooms").put(`+when+`, `+quote(room)+`);
			transaction.objectStore("pieces").put(new Uint8Array(3), [`+quote(room)+`, 1, 0]);
			transaction.oncomplete = () => { open.result.close(); resolve(true); };
			transaction.onabort = () => reject(transaction.error);
		};
	})`)
}

// rest lets the World stand still, and returns what the conductor knows then, and the World
// that its recording gives in one piece.
func (c *class) rest() (bot.View, *sim.World) {
	c.t.Helper()
	c.do(frame.Conduct{Verb: frame.Pause})
	c.until("the World rests", func(v *bot.View) bool { return v.Room.State == frame.Paused })
	v := c.owner.View()
	for settled := false; !settled; { // the last Head comes after what says that it pauses
		before := v.Head
		c.do(frame.Conduct{Verb: frame.Pause})
		v = c.owner.View()
		settled = v.Head == before
	}
	if err := v.Solo(); err != nil {
		c.t.Fatal(err)
	}
	w, err := v.World()
	if err != nil {
		c.t.Fatal(err)
	}
	return v, w
}

// hidden reports whether the browser says that nobody sees the tab.
func (s *seat) hidden() bool {
	s.t.Helper()
	return Eval[string](s.Page, `document.visibilityState`) == "hidden"
}

// TestRoomOfFiveTabs is the test above all: five tabs of a browser in which nothing is kept
// awake run the five nodes of a room across a relay, all of them hidden. One is loaded anew,
// one is cut off, one is closed, and the relay is killed. What they did is the run that its
// recording gives in one place; and the link that a tab makes of it opens as that run. So
// it is across both relays.
func TestRoomOfFiveTabs(t *testing.T) {
	t.Run("native", func(t *testing.T) { fiveTabs(t, newClassAt(t, lesson, serve)) })
	t.Run("Worker", func(t *testing.T) { fiveTabs(t, newClassAt(t, lesson, serveWorker)) })
}

func fiveTabs(t *testing.T, c *class) {
	var output logBuffer
	browser, cancel, stop := launch(t, &output,
		chromedp.Flag("disable-background-timer-throttling", false),
		chromedp.Flag("disable-backgrounding-occluded-windows", false),
		chromedp.Flag("disable-renderer-backgrounding", false),
	)
	t.Cleanup(func() { cancel(); stop() })
	for i := range 5 {
		s := c.open(browser, chromedp.WithNewWindow(false))
		if i == 0 {
			s.remember("a room of long ago", "Date.now() - 8 * 24 * 3600 * 1000")
			s.remember("a room of last week", "Date.now() - 6 * 24 * 3600 * 1000")
		}
		c.sit(s, "Tab "+strconv.Itoa(i+1))
	}
	front := newPage(t, c.server, browser, chromedp.WithNewWindow(false)) // hides the others
	for i, s := range c.tabs {
		if !s.hidden() {
			t.Fatalf("tab %d can be seen: this test tests nothing", i+1)
		}
	}
	c.do(frame.Conduct{Verb: frame.SetPace, Value: uint64(100 * consensus.Millisecond)})
	c.do(frame.Conduct{Verb: frame.Play})
	c.on(600 * consensus.Millisecond)
	n := c.done(0)

	c.tabs[2].Reload() // is a restart from the disk that the tab keeps
	n = c.done(n, deed("crash n3", frame.TabGone), deed("restart n3", frame.TabBack))
	c.on(100 * consensus.Millisecond)

	c.tabs[4].wire.cut(false) // is nothing: the tab comes back, with all that it had
	c.on(100 * consensus.Millisecond)
	c.tabs[4].wire.cut(true)
	c.until("tab 5 is missed", func(v *bot.View) bool { return v.Room.Seats[4].State == frame.SeatAway })
	c.tabs[4].wire.mend()
	c.until("tab 5 is back", func(v *bot.View) bool { return v.Room.Seats[4].State == frame.SeatHere })
	c.on(100 * consensus.Millisecond)
	n = c.done(n)

	v, w := c.rest()
	for i, s := range c.tabs {
		id := consensus.NodeID(i + 1)
		if have, want := s.disk(c.room, id), w.Disk(id); len(want) == 0 || !bytes.HasPrefix(have, want) {
			t.Errorf("tab %d keeps a disk of %d bytes, and the World one of %d that is not its beginning", i+1, len(have), len(want))
		}
	}
	c.do(frame.Conduct{Verb: frame.Play})

	if err := chromedp.Cancel(c.tabs[3].Context); err != nil { // is a crash
		t.Fatal(err)
	}
	n = c.done(n, deed("crash n4", frame.TabGone))
	c.until("its seat is empty", func(v *bot.View) bool { return v.Room.Seats[3].State == frame.SeatGone })
	c.do(frame.Conduct{Verb: frame.Release, Node: 4}) // the relay runs the node on, from its disk
	n = c.done(n, deed("restart n4", frame.SeatMoved))
	c.on(100 * consensus.Millisecond)

	before := c.owner.View()
	c.server.Kill() // and all come back
	c.server = c.serve(t, c.data)
	for _, s := range c.tabs {
		s.wire.lead(c.server)
	}
	c.wire.lead(c.server)
	c.until("all are back", func(v *bot.View) bool {
		return v.Line.State == frame.Connected && v.Room.Seats[0].State == frame.SeatHere && v.Room.Seats[1].State == frame.SeatHere &&
			v.Room.Seats[2].State == frame.SeatHere && v.Room.Seats[4].State == frame.SeatHere && v.Head.Events >= before.Head.Events
	})
	c.on(300 * consensus.Millisecond)
	c.done(n)

	if old, young := c.tabs[0].disk("a room of long ago", 1), c.tabs[0].disk("a room of last week", 1); len(old) > 0 || len(young) != 3 {
		t.Errorf("of a room of long ago %d bytes are kept, of one of last week %d", len(old), len(young))
	}

	v, w = c.rest()
	if v.Head.Events < 1000 || len(v.Reports) > 0 {
		t.Errorf("the room has %d events, and its conductor reports %q", v.Head.Events, v.Reports)
	}
	for i, s := range c.tabs {
		if i != 3 && !s.hidden() {
			t.Errorf("tab %d can be seen", i+1)
		}
	}
	c.share(front, v, w)
}

// front makes a tab the one that is seen.
func (p *Page) front() {
	p.t.Helper()
	p.do("bring to front", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.BringToFront, cdp.Empty{})
		return err
	}))
}

// recordingOf reads a link.
func recordingOf(link string) (replay.Recording, error) {
	_, code, _ := strings.Cut(link, "#")
	a, err := replay.ParseAddress(code)
	if err != nil {
		return replay.Recording{}, err
	}
	return replay.ReadLink(a.Code)
}

// share makes a link of the room in a tab that ran a node, and opens it elsewhere.
func (c *class) share(front *Page, v bot.View, w *sim.World) {
	c.t.Helper()
	s := c.tabs[0]
	s.front()
	s.Wait(`Number(document.querySelector('[data-testid="timeline"]')?.getAttribute("aria-valuenow")) >= ` + strconv.Itoa(int(v.Head.Time/consensus.Millisecond)))
	if Eval[bool](s.Page, `document.querySelector("#rooming") !== null`) {
		s.Click("#room-close")
	}
	s.Click("#share")
	link := s.value("#share-link")
	front.Server = s.Server
	front.front()
	front.Go(strings.TrimPrefix(link, s.Server.URL))
	front.Wait(ready)
	front.WaitFor(tick)
	if here, there := s.cluster(), front.cluster(); here != there || !strings.Contains(here, "leader") {
		c.t.Errorf("the link shows %s, the room %s", there, here)
	}
	rec, err := recordingOf(link)
	if err != nil {
		c.t.Fatal(err)
	}
	if rec.End != w.Now() || rec.Digest != w.Digest() || len(rec.Script.Actions) != len(v.Dids) {
		c.t.Errorf("the link has %d actions and the digest %v at %s; in the room %d were done, and its digest is %v at %s",
			len(rec.Script.Actions), rec.Digest, scenario.FormatSpan(rec.End), len(v.Dids), w.Digest(), scenario.FormatSpan(w.Now()))
	}
}

// TestRoomInOneTab has two nodes of three in one tab, whose storage fails: the room does with
// the relay's copy of the disks, and the page says so. Going to another page is a
// crash, and coming back from there a restart. What the inspector shows of a node is that of
// the room's own moment. A second tab with the same place is refused, and goes on as somebody
// else. Leaving keeps the run.
func TestRoomInOneTab(t *testing.T) {
	c := newClass(t, "engine raft\nnodes 3\nseed 3\npace 20/s\n")
	s := c.open(startBrowser(t), chromedp.WithNewBrowserContext())
	s.Expect("a disk cannot be stored")
	s.do("leave no room on the disk", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		none := 1.0 // 0 lifts the bound
		_, err := cdp.Call(ctx, tab, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: s.Server.URL, QuotaSize: &none})
		return err
	}))
	c.sit(s, "Ada")
	s.Click(`#rooming [data-seat="N2"] [data-act="take"]`)
	c.until("Ada has two", func(v *bot.View) bool { return v.Room.Seats[1].State == frame.SeatHere })
	s.Click("#room-close")
	c.do(frame.Conduct{Verb: frame.SetPace, Value: uint64(100 * consensus.Millisecond)})
	c.do(frame.Conduct{Verb: frame.Play})
	s.WaitText("#notices", "kept by the server alone")
	c.on(500 * consensus.Millisecond)
	n := c.done(0)
	s.WaitFor(leads)
	s.Click(`.seat[data-seat="N1"]`)
	s.WaitText(".inspector", "currentTerm")

	s.Go("/example.html")
	n = c.done(n, deed("crash n1", frame.TabGone), deed("crash n2", frame.TabGone))
	Eval[chromedp.Void](s.Page, `setTimeout(() => history.back())`)
	n = c.done(n, deed("restart n1", frame.TabBack), deed("restart n2", frame.TabBack))
	c.on(100 * consensus.Millisecond)
	n = c.done(n)
	s.WaitFor(leads)

	token := Eval[string](s.Page, `sessionStorage.getItem("parley.run.room.`+c.room+`")`)
	other := newPage(t, s.Server, startBrowser(t), chromedp.WithNewBrowserContext())
	other.Go("/example.html")
	Eval[chromedp.Void](other, `sessionStorage.setItem("parley.run.room.`+c.room+`", `+quote(token)+`)`)
	other.Go("/r/" + c.room)
	other.WaitText("#room-says", "in this room in another tab")
	other.Click(`#rooming [data-act="anew"]`)
	other.Type("#room-name", "Ben")
	other.Click(`#rooming [data-act="watch"]`)
	other.WaitFor(leads)
	c.until("Ben watches", func(v *bot.View) bool {
		return slices.ContainsFunc(v.Room.Members, func(m frame.Member) bool { return m.Name == "Ben" && m.Here })
	})
	c.on(100 * consensus.Millisecond)
	n = c.done(n)

	v, w := c.rest()
	s.Wait(`Number(document.querySelector('[data-testid="timeline"]')?.getAttribute("aria-valuenow")) >= ` + strconv.Itoa(int(v.Head.Time/consensus.Millisecond)))
	for _, button := range []string{"#room", `#rooming [data-act="leave"]`, `#rooming [data-act="leave"].danger`} {
		// Not Click: to what drives the browser this page is not there any more.
		s.WaitFor(button)
		Eval[chromedp.Void](s.Page, `document.querySelector(`+quote(button)+`).click()`)
	}
	c.done(n, deed("crash n1", frame.TabGone), deed("crash n2", frame.TabGone))
	s.WaitFor(tick)
	if at := s.now(); at != int(w.Now()/consensus.Millisecond) {
		t.Errorf("the run that was kept is at %d ms, the room at %d", at, w.Now()/consensus.Millisecond)
	}
}
