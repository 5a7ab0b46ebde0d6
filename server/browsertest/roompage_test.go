package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// makeRoom makes a live room from the playground and returns its owner's page, and the
// room's address on the site.
func makeRoom(t *testing.T, s *Server) (*Page, string) {
	t.Helper()
	p := New(t, s)
	p.Go("/")
	p.Wait(ready)
	p.Click("#room")
	p.Click(`#rooming [data-act="create"]`)
	p.WaitText("#room-name-wrong", "at least one character")
	p.Type("#room-name", "Anna"+kb.Enter)
	p.WaitText(`#seats [data-seat="N1"]`, "You")
	link := p.value("#room-link")
	if at := p.address(); s.URL+at != link || !strings.HasPrefix(at, "/r/") {
		t.Errorf("the address bar has %s, the invitation %s", at, link)
	}
	return p, strings.TrimPrefix(link, s.URL)
}

// join opens the address of a room in another profile and joins under a name; how is
// "join" for a node, "join N2" for that one, "watch" for none.
func join(t *testing.T, s *Server, room, name, how string) *Page {
	t.Helper()
	p := New(t, s)
	p.Go(room)
	p.Type("#room-name", name)
	how, node, _ := strings.Cut(how, " ")
	if node != "" {
		p.WaitFor("#room-seat")
		Eval[bool](p, `(s => { s.value = `+quote(node)+`; return s.dispatchEvent(new Event("change", {bubbles: true})) })(document.querySelector("#room-seat"))`)
	}
	p.Click(`#rooming [data-act="` + how + `"]`)
	p.WaitFor("#room-state")
	return p
}

// TestRoomPage goes through a lesson: a room is made, two others join it by its link, one
// as a node; it starts; who may not act is told so, looks back, and tries something of
// their own in another tab.
func TestRoomPage(t *testing.T) {
	s := Serve(t)
	anna, room := makeRoom(t, s)
	anna.WaitFor("#room-qr svg")

	const odd = `<img src=x onerror="document.title='hit'"><b>Ben</b>`
	ben := join(t, s, room, odd, "join N2")
	ben.WaitText("#room-mine", "You are N2")
	dan := join(t, s, room, "Dan", "join N2") // it is Ben's
	dan.WaitText("#notices", "N2 is run by")
	dan.WaitText("#room-mine", "You are N3")
	for _, sure := range []string{"", ".danger"} {
		dan.Click(`#rooming [data-act="leave"]` + sure)
	}
	anna.WaitText(`#rooming [data-seat="N3"]`, "free")
	ben.WaitText("#room-state", "It starts when Anna wants it to")
	cleo := join(t, s, room, "Cleo", "watch")
	cleo.WaitText("#room-mine", "You watch")
	for _, p := range []*Page{anna, ben, cleo} {
		p.WaitText(`#seats [data-seat="N2"]`, map[bool]string{true: "You", false: odd}[p == ben])
		p.WaitText("#members", odd)
		p.WaitText("#members", "Cleo")
		p.Wait(`document.querySelector('` + ByTest("node-2") + `').textContent.includes("N2")`)
		if Eval[bool](p, `document.querySelector("#app img, #app .who b") !== null || document.title === "hit"`) {
			t.Error("a name became markup")
		}
	}
	if Eval[bool](cleo, `[...document.querySelectorAll("#rooming [data-act=start]")].length > 0`) {
		t.Error("who does not own the room can start it")
	}

	anna.Click(`#rooming [data-act="start"]`)
	anna.Wait(`document.querySelector("#rooming") === null`)
	for _, p := range []*Page{anna, ben, cleo} {
		p.WaitFor(leads)
	}
	// One's own node is marked and looked at.
	ben.WaitFor(ByTest("node-2") + `[data-own="yes"]`)
	ben.WaitText("#panel", "N2")

	// Who may not act reads why.
	cleo.WaitText("#caption", "Only Anna may act")
	if n := Eval[int](cleo, `document.querySelectorAll(".acts .buttons button:not(:disabled)").length`); n != 0 {
		t.Errorf("%d buttons can be pressed by who may not act", n)
	}
	cleo.Press("h")
	cleo.WaitText("#notices", "Only Anna may act")

	// Everybody may, and everybody reads who did.
	anna.Click("#room")
	anna.Click("#room-open")
	cleo.Click(`[data-act="crash-leader"]`)
	for _, p := range []*Page{anna, ben} {
		p.WaitText("#room-news", "Cleo: crash n")
	}
	anna.WaitFor(`[data-role="down"]`)

	// Looking back is one's own: the others go on.
	cleo.Press(kb.ArrowLeft)
	cleo.WaitText("#room-state", "You look back")
	at := cleo.now()
	anna.WaitFor(leads)
	if now := cleo.now(); now != at {
		t.Errorf("who looks back was at %d ms, and is at %d", at, now)
	}
	// What is done there is done in another tab.
	Eval[bool](cleo, `(window.open = (address) => window.opened = {address, opener: 1}, true)`)
	cleo.Press("h")
	cleo.Click(`#notices [data-do="fork"]`)
	cleo.Wait(`window.opened`)
	fork := New(t, s)
	fork.Go(Eval[string](cleo, `window.opened.address`))
	fork.Wait(ready)
	fork.WaitFor(tick)
	if there := fork.now(); there != at {
		t.Errorf("the fork opens at %d ms, and was made at %d", there, at)
	}
	if Eval[bool](fork, `document.querySelector(".roombar").checkVisibility()`) {
		t.Error("the fork is in the room")
	}
	cleo.Click("#live")
	cleo.WaitText("#room-state", "Live, at")
	cleo.WaitFor(leads)

	// To leave is asked about, and leaves the run.
	cleo.Click("#room")
	cleo.Click(`#rooming [data-act="leave"]`)
	cleo.WaitText(`#rooming [data-act="leave"]`, "Really")
	cleo.Click(`#rooming [data-act="leave"]`)
	cleo.WaitFor(tick)
	if at := cleo.address(); !strings.HasPrefix(at, "/#1") {
		t.Errorf("who has left is at %s", at)
	}
	anna.WaitText("#members", "not connected")
}

// TestRoomCloses holds that a room that is closed to a tab says why, and leads on.
func TestRoomCloses(t *testing.T) {
	s := Serve(t)
	anna, room := makeRoom(t, s)
	anna.Click(`#rooming [data-act="start"]`)
	anna.WaitFor(leads)
	anna.Click("#room")

	// A place that the room does not know.
	ben := New(t, s)
	ben.Go(room)
	ben.WaitFor("#room-name")
	Eval[bool](ben, `(sessionStorage.setItem("parley.run.room.`+strings.TrimPrefix(room, "/r/")+`", "nobody's"), true)`)
	ben.Reload()
	ben.WaitText("#room-says", "does not know this tab")
	ben.Click(`#rooming [data-act="anew"]`)
	ben.Type("#room-name", "Ben")
	ben.Click(`#rooming [data-act="watch"]`)
	ben.WaitText("#room-mine", "You watch")
	ben.WaitFor(leads)

	// A reload comes back to the same place without a word; a second tab in it does not.
	ben.Reload()
	ben.WaitFor(leads)
	if Eval[bool](ben, `document.querySelector("#rooming") !== null`) {
		t.Error("after a reload the dialog stands in the way")
	}
	token := Eval[string](ben, `sessionStorage.getItem("parley.run.room.`+strings.TrimPrefix(room, "/r/")+`")`)
	twin := New(t, s)
	twin.Go(room)
	twin.WaitFor("#room-name")
	Eval[bool](twin, `(sessionStorage.setItem("parley.run.room.`+strings.TrimPrefix(room, "/r/")+`", `+quote(token)+`), true)`)
	twin.Reload()
	twin.WaitText("#room-says", "in another tab")

	// The end, and what stays of it.
	anna.Click(`#rooming [data-act="end"]`)
	anna.WaitText(`#rooming [data-act="end"]`, "Really")
	anna.Click(`#rooming [data-act="end"]`)
	ben.WaitText("#room-says", "The owner has ended the room")
	ben.Click(`#rooming [data-act="keep"]`)
	ben.WaitFor(tick)
	ben.WaitFor(leads)
	anna.WaitText("#room-says", "The owner has ended the room")
	anna.Click(`#rooming [data-act="another"]`)
	anna.Wait(ready)
	anna.Click(`#rooming [data-act="create"]`)
	anna.WaitText(`#seats [data-seat="N1"]`, "You")

	// A server that is gone is waited for, in a sentence.
	for _, p := range []*Page{anna, ben, twin} {
		p.Expect("WebSocket connection to")
	}
	s.Kill()
	anna.WaitText("#room-state", "connection is lost")
	if n := Eval[int](anna, `document.querySelectorAll(".acts .buttons button:not(:disabled)").length`); n != 0 {
		t.Errorf("%d buttons can be pressed without a connection", n)
	}
}
