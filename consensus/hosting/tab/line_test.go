package tab_test

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/hosting/tab"
	"parley/consensus/trace"
)

// lines returns what the page was told of the connection, and forgets it.
func (b *bench) lines() []frame.Line {
	var list []frame.Line
	for _, f := range b.said {
		if l, ok := f.(frame.Line); ok {
			list = append(list, l)
		}
	}
	b.said = nil
	return list
}

func TestJoining(t *testing.T) {
	b := newBench(t)
	if b.tab.In() {
		t.Error("a new tab is in a room")
	}
	b.tab.Join(frame.Join{Address: "wss://x/rooms/r/socket", Room: "r", Token: "t", Name: "Ada"})
	b.open = true
	b.tab.Opened(b.socket)
	h := b.took().(*hosting.Hello)
	if h.Room != "r" || h.Token != "t" || h.Name != "Ada" || len(h.Engines) != 1 || h.Engines[0].Name != "raft" || h.Events+h.Texts+h.Actions != 0 {
		t.Errorf("it says %+v", h)
	}
	if b.tab.Joined() {
		t.Error("it takes itself for joined before the relay says so")
	}
	b.say(frame.Joined{Room: "r", Token: "u", Member: 3})
	if !b.tab.In() || !b.tab.Joined() {
		t.Error("it is not in the room")
	}
	if j, ok := b.last().(frame.Joined); !ok || j.Member != 3 {
		t.Errorf("the page is told %#v", b.last())
	}
	if got, want := b.lines(), []frame.Line{{State: frame.Connecting}, {State: frame.Connected}}; !slices.Equal(got, want) {
		t.Errorf("the page is told %+v", got)
	}
	b.cut()
	b.tab.Wake()
	if h := b.connect(); h.Token != "u" {
		t.Errorf("it comes back with the token %q", h.Token)
	}
}

// A connection that is lost is tried again at once, then after waits that grow up to a bound
// and are not the same for everybody; one that was steady begins from there.
func TestBackOff(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.tab.Wake() // it was steady
	b.lines()
	for round := range 2 {
		whole := 0
		for n := range 20 {
			b.cut()
			l := b.lines()
			if len(l) == 0 || l[len(l)-1].State != frame.Lost || int(l[len(l)-1].Again) != b.alarm || b.tab.Joined() || !b.tab.In() {
				t.Fatalf("round %d, loss %d: the page is told %+v, the alarm is set for %d", round, n, l, b.alarm)
			}
			if b.alarm < whole/2 || b.alarm > whole {
				t.Errorf("round %d, loss %d: it waits %d ms, not %d to %d", round, n, b.alarm, whole/2, whole)
			}
			whole = min(max(500, 2*whole), 15_000)
			dials := b.dials
			b.tab.Wake()
			if b.dials != dials+1 {
				t.Fatalf("round %d, loss %d: it does not dial", round, n)
			}
			if n%3 == 0 {
				b.connect() // and is lost again at once
			}
		}
		b.connect()
		b.tab.Wake()
	}
	other := newBench(t)
	other.draw = 9
	other.enter()
	for range 5 {
		b.cut()
		other.cut()
		b.tab.Wake()
		other.tab.Wake()
	}
	b.cut()
	other.cut()
	if b.alarm == other.alarm {
		t.Errorf("two tabs wait both %d ms", b.alarm)
	}
}

// A network that is back is not waited for.
func TestOnline(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.tab.Online()
	b.cut()
	b.tab.Wake()
	b.cut()
	dials := b.dials
	b.tab.Online()
	b.tab.Online()
	if b.dials != dials+1 {
		t.Errorf("it dials %d times", b.dials-dials)
	}
}

// A relay that does not answer is given up, as if the connection was lost.
func TestNoAnswer(t *testing.T) {
	b := newBench(t)
	b.tab.Join(frame.Join{Address: "wss://x/rooms/r/socket", Room: "r"})
	b.tab.Wake()
	b.tab.Wake()
	if b.dials != 2 || b.code != 3000 {
		t.Fatalf("it dialled %d times, and closed with %d", b.dials, b.code)
	}
	b.open = true
	b.tab.Opened(b.socket - 1)
	if len(b.sent) > 0 {
		t.Error("a socket that was given up is listened to")
	}
	b.tab.Opened(b.socket)
	b.tab.Wake()
	if b.open {
		t.Error("a relay that does not answer Hello is waited for")
	}
}

// What a close code means.
func TestCloseCodes(t *testing.T) {
	comesBack := []int{1001, 1005, 1006, 1011, 1012, 1013, 1015, hosting.CloseRate, hosting.CloseIdle}
	gone := []int{
		1000, 1002, 1009, hosting.CloseMalformed, hosting.CloseHello, hosting.CloseVersion, hosting.CloseNoRoom, hosting.CloseToken,
		hosting.CloseSeat, hosting.CloseEffects, hosting.CloseTwice, hosting.CloseEnded, hosting.CloseRemoved, hosting.CloseDiverged, 4999,
	}
	for _, code := range append(slices.Clone(comesBack), gone...) {
		b := newBench(t)
		b.enter()
		b.say(opened())
		b.tell(start(1, 1, nil))
		b.tell(timeout(1, 1, 2))
		b.lines()
		b.shut(code, "because")
		l := b.lines()
		want := frame.Line{State: frame.Closed, Code: uint32(code), Why: "because"}
		if slices.Contains(comesBack, code) {
			want = frame.Line{State: frame.Lost}
		}
		if len(l) != 1 || l[0] != want || b.tab.In() != (want.State == frame.Lost) {
			t.Errorf("%d: the page is told %+v", code, l)
		}
		forgotten := len(b.disks.Load(b.disk(1))) == 0
		if forgotten != (code == hosting.CloseNoRoom || code == hosting.CloseEnded) {
			t.Errorf("%d: the disks are removed: %v", code, forgotten)
		}
		dials := b.dials
		b.tab.Wake()
		if (b.dials > dials) != (want.State == frame.Lost) {
			t.Errorf("%d: it dials: %v", code, b.dials > dials)
		}
	}
}

// A tab that is asked for a sign of life gives one.
func TestHere(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(hosting.Ask{})
	if _, ok := b.took().(hosting.Here); !ok {
		t.Error("it does not say that it is here")
	}
}

// A tab sends pings as often as it is asked to, and takes a line for lost on which nothing comes
// back: whatever comes shows that it is not.
func TestPings(t *testing.T) {
	b := newBench(t)
	b.enter()
	if b.alarm != 10_000 {
		t.Errorf("the alarm is set for %d ms", b.alarm)
	}
	b.alarm = -1
	if b.tab.Wake(); b.pings != 0 || b.alarm != -1 {
		t.Errorf("nobody asked for pings, and %d were sent", b.pings)
	}
	b.cut()
	b.tab.Wake()
	b.open = true
	b.tab.Opened(b.socket)
	b.took()
	b.say(frame.Joined{Room: "r", Token: "secret", Member: 2, Ping: 25_000})
	passed := 0
	beat := func() {
		passed += b.alarm
		b.tab.Wake()
	}
	for n := 1; n <= 20; n++ {
		if beat(); b.pings != n || b.alarm != 25_000 || !b.open {
			t.Fatalf("after %d ms %d pings were sent, and the alarm is set for %d", passed, b.pings, b.alarm)
		}
		if n%2 == 0 {
			b.tab.Said(b.socket, hosting.Pong)
		} else {
			b.say(frame.Room{Pace: 1})
		}
	}
	b.lines()
	passed = 0
	for b.open && passed < 200_000 {
		b.tab.Said(b.socket-1, hosting.Pong) // of another socket
		beat()
	}
	if l := b.lines(); b.open || passed < 60_000 || passed > 90_000 || len(l) == 0 || l[len(l)-1].State != frame.Lost || b.alarm != 0 {
		t.Errorf("after %d ms of silence the page is told %+v", passed, l)
	}
	b.tab.Wake()
	b.connect()
	if len(b.reports) > 0 {
		t.Errorf("it reports %q", b.reports)
	}
	if b.tab.Said(b.socket, "hello"); len(b.reports) != 1 {
		t.Errorf("of a text that is no answer it reports %q", b.reports)
	}
}

// A connection on which pings go often has lasted no longer for that.
func TestPingsThatGoOften(t *testing.T) {
	b := newBench(t)
	enter := func() {
		b.tab.Wake()
		b.open = true
		b.tab.Opened(b.socket)
		b.took()
		b.say(frame.Joined{Room: "r", Token: "secret", Member: 2, Ping: 1000})
	}
	b.enter()
	for range 3 {
		b.cut()
		enter()
	}
	b.tab.Wake() // a second
	if b.cut(); b.alarm == 0 {
		t.Error("a connection that lasted a second is taken for a steady one")
	}
	enter()
	for range 10 {
		b.tab.Wake()
	}
	if b.cut(); b.alarm != 0 {
		t.Errorf("after a steady connection it waits %d ms", b.alarm)
	}
}

// Leaving is said, and so is closing.
func TestLeaving(t *testing.T) {
	for name, leave := range map[string]func(*tab.Tab){"leave": (*tab.Tab).Leave, "bye": (*tab.Tab).Bye} { // any order: each is a test of its own
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			leave(b.tab)
			b.enter()
			b.say(opened())
			b.tell(start(1, 1, nil))
			b.done()
			leave(b.tab)
			if _, ok := b.took().(hosting.Bye); !ok || b.open || b.code != 1000 || b.tab.In() {
				t.Fatalf("the socket is open: %v, it was closed with %d", b.open, b.code)
			}
			b.tell(timeout(1, 1, 2))
			b.tab.Wake()
			if len(b.sent) > 0 || b.dials > 1 {
				t.Error("it goes on")
			}
		})
	}
	b := newBench(t)
	b.tab.Join(frame.Join{Address: "wss://x/rooms/r/socket"})
	b.tab.Leave()
	if b.code != 1000 || b.tab.In() {
		t.Error("it cannot leave while it dials")
	}
	b.enter()
	b.cut()
	b.tab.Leave()
	if l, ok := b.last().(frame.Line); !ok || l.State != frame.Closed || l.Code != 1000 || b.tab.In() {
		t.Errorf("it cannot leave while it waits: %#v", b.last())
	}
}

// A page that comes back from where browsers keep pages goes on, as another instance.
func TestAPageThatComesBack(t *testing.T) {
	b := newBench(t)
	b.tab.Back()
	b.enter()
	b.say(opened())
	b.tell(start(1, 1, nil))
	b.say(events(0, 3, 0, "x"))
	b.sent = nil
	b.tab.Back()
	if b.dials != 1 {
		t.Fatal("a page that was not away comes back")
	}
	b.tab.Bye()
	b.sent = nil
	b.tab.Back()
	b.tab.Back()
	if h := b.connect(); b.dials != 2 || h.Token != "secret" || h.Events != 3 || len(h.Nodes) > 0 || h.Instance == b.first {
		t.Errorf("it comes back with %+v", h)
	}
	b.tab.Bye()
	b.tab.Leave()
	b.tab.Back()
	if b.dials != 2 {
		t.Error("a room that was left is joined again")
	}
}

// Entering another room leaves the one before, with all that belongs to it.
func TestAnotherRoom(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(start(1, 1, nil))
	b.slow = true
	b.tell(timeout(1, 1, 2))
	b.say(events(0, 3, 0, "x"))
	b.sent = nil
	b.tab.Join(frame.Join{Address: "wss://x/rooms/r/socket", Room: "q"})
	if _, ok := b.took().(hosting.Bye); !ok || b.open {
		t.Fatal("the room before was not left")
	}
	b.drain()
	if h := b.connect(); h.Room != "q" || h.Token != "" || h.Events+h.Texts != 0 || len(h.Nodes) > 0 || h.Instance == b.first || len(b.sent) > 0 {
		t.Errorf("it says %+v, and %d things more", h, len(b.sent))
	}
}

// Commands go to the relay with their numbers; those that are not answered are refused when
// the connection is lost, and at once while there is none.
func TestCommands(t *testing.T) {
	b := newBench(t)
	refusals := func() (list []string) {
		for _, f := range b.said {
			if r, ok := f.(frame.Refused); ok {
				list = append(list, r.Why)
			}
		}
		b.said = nil
		return list
	}
	b.tab.Ask(1, frame.ActLine{Text: "crash n1"})
	if got := refusals(); len(got) != 1 || !strings.Contains(got[0], "cannot be reached") {
		t.Errorf("refused: %q", got)
	}
	b.enter()
	b.tab.Ask(2, frame.ActLine{Text: "crash n1"})
	b.tab.Ask(3, frame.Conduct{Verb: frame.Play})
	for _, want := range []uint32{2, 3} {
		if request, _, err := frame.Decode(b.bytes()); err != nil || request != want {
			t.Errorf("request %d was sent, want %d (%v)", request, want, err)
		}
	}
	b.tab.Received(b.socket, frame.Append(nil, 2, frame.Acted{Line: "at 0s crash n1"}))
	if a, ok := b.last().(frame.Acted); !ok || a.Line == "" {
		t.Errorf("the page is told %#v", b.last())
	}
	b.said = nil
	b.cut()
	if got := refusals(); len(got) != 1 || !strings.Contains(got[0], "was lost") {
		t.Errorf("refused: %q", got)
	}
	b.tab.Wake()
	b.connect()
	b.said = nil
	for range 300 {
		b.tab.Ask(7, frame.ActLine{Text: "crash n1"})
	}
	if got := refusals(); len(got) != 300-256 || !strings.Contains(got[0], "has not answered") {
		t.Errorf("%d refused: %q", len(got), got)
	}
}

// events makes a piece of a trace that has the given events and texts in it.
func events(first, n, firstText int, texts ...string) frame.Events {
	f := frame.Events{First: uint32(first), FirstText: uint32(firstText), Texts: texts}
	for i := range n {
		e := sample(first + i)
		f.Events = e.Append(f.Events)
	}
	return f
}

func sample(i int) trace.Event {
	return trace.Event{T: consensus.Time(i), Kind: trace.TimerFire, Node: 1, A: uint32(i)}
}

func digest(n int) uint64 {
	var d trace.Digest
	for i := range n {
		e := sample(i)
		d = d.Add(&e)
	}
	return uint64(d)
}

// The page gets each event once, whatever the relay repeats.
func TestTheTraceHasNoGapAndNothingTwice(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.say(events(0, 3, 0, "a", "b"))
	b.say(events(3, 2, 2))
	b.say(frame.Head{Time: 9, Events: 5, Digest: digest(5)})
	b.say(frame.Did{Line: "at 0s crash n1"})
	if n, d := b.tab.Events(); n != 5 || uint64(d) != digest(5) || b.head.Events != 5 {
		t.Errorf("%d events with digest %v, head %+v", n, d, b.head)
	}
	b.cut()
	b.tab.Wake()
	if h := b.connect(); h.Events != 5 || h.Texts != 2 || h.Actions != 1 {
		t.Errorf("it says that it has %+v", h)
	}
	b.say(events(0, 5, 0, "a", "b")) // all known
	b.say(events(3, 4, 1, "b", "c")) // half of it
	b.say(frame.Head{Time: 10, Events: 7, Digest: digest(7)})
	if n, d := b.tab.Events(); n != 7 || uint64(d) != digest(7) || b.head.Events != 7 || b.log.Len() != 7 || uint64(b.log.Digest(7)) != digest(7) {
		t.Errorf("%d events with digest %v, head %+v, on the page are %d", n, d, b.head, b.log.Len())
	}
	if got := b.log.Texts(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("the page has the texts %q", got)
	}
	if len(b.reports) > 0 {
		t.Errorf("reported was %q", b.reports)
	}
}

// Where the trace of the relay is not that of before, all of it is asked for.
func TestAnotherTrace(t *testing.T) {
	for name, f := range map[string]frame.Frame{ // any order: each is a test of its own
		"a gap of events":  events(6, 1, 2),
		"a gap of texts":   events(5, 1, 3, "z"),
		"another digest":   frame.Head{Events: 5, Digest: 1},
		"less than before": frame.Head{Events: 4, Digest: digest(4)},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.enter()
			b.say(opened())
			b.tell(start(1, 1, nil))
			b.done()
			b.say(events(0, 5, 0, "a", "b"))
			b.say(f)
			if b.open || len(b.reports) != 1 || b.head.Events != 0 || b.log.Len() != 5 {
				t.Fatalf("the socket is open: %v, reports: %q", b.open, b.reports)
			}
			b.tab.Wake()
			if h := b.connect(); h.Events+h.Texts+h.Actions != 0 || h.Instance != b.first || len(h.Nodes) != 1 {
				t.Errorf("it says %+v", h)
			}
			b.tell(timeout(1, 1, 2)) // its node goes on
			if d := b.done(); d.Seq != 2 {
				t.Errorf("answered was %+v", d.Place)
			}
			b.say(opened())
			b.say(events(0, 2, 0, "a"))
			b.say(frame.Head{Events: 2, Digest: digest(2)})
			if b.head.Events != 2 || b.log.Len() != 2 {
				t.Errorf("the page has %d events, head %+v", b.log.Len(), b.head)
			}
		})
	}
	// A head may come in front of what it tells of, while a latecomer catches up.
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.say(frame.Head{Events: 5, Digest: digest(5)})
	b.say(events(0, 5, 0))
	if !b.open || len(b.reports) > 0 {
		t.Errorf("reports: %q", b.reports)
	}
}

// What a relay does not say, or says wrongly, is reported and does nothing.
func TestNonsense(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	said := len(b.said)
	broken := hosting.Append(nil, start(1, 1, nil))
	for i, p := range [][]byte{
		nil, {1}, []byte("nonsense"), broken[:len(broken)-1], append(broken, 0), hosting.Append(nil, &hosting.Hello{}), hosting.Append(nil, hosting.Bye{}),
		frame.Append(nil, 0, frame.Failed{Why: "no"}), frame.Append(nil, 0, frame.Open{}), frame.Append(nil, 0, frame.Line{State: frame.Closed}),
		frame.Append(nil, 0, events(0, 1, 0))[:20],
	} {
		b.tab.Received(b.socket, p)
		if len(b.reports) != i+1 {
			t.Errorf("%x was not reported", p)
		}
	}
	if len(b.said) != said || len(b.sent) > 0 || !b.open || b.log.Len() > 0 {
		t.Error("nonsense did something")
	}
}

// A relay of another version says so with whatever it says first.
func TestAnotherVersion(t *testing.T) {
	b := newBench(t)
	b.tab.Join(frame.Join{Address: "wss://x/rooms/r/socket"})
	b.open = true
	b.tab.Opened(b.socket)
	p := frame.Append(nil, 0, frame.Joined{})
	p[0]++
	b.tab.Received(b.socket, p)
	if l, ok := b.last().(frame.Line); !ok || l.State != frame.Closed || l.Code != hosting.CloseVersion || b.open || b.tab.In() {
		t.Errorf("the page is told %#v", b.last())
	}
}

// A room that needs another engine ends the way there; the page hears why.
func TestAnotherEngine(t *testing.T) {
	b := newBench(t)
	b.tab.Join(frame.Join{Address: "wss://x/rooms/r/socket"})
	b.open = true
	b.tab.Opened(b.socket)
	b.say(frame.Wanted{Engine: "synod", Epoch: 1, World: 1})
	if w, ok := b.last().(frame.Wanted); !ok || w.Engine != "synod" || b.open || b.tab.In() {
		t.Errorf("the page is told %#v", b.last())
	}
	b.tab.Wake()
	if b.dials != 1 {
		t.Error("it dials again")
	}
}

// FuzzReceived: whatever a relay says, a tab in a room neither panics nor says nonsense.
func FuzzReceived(f *testing.F) {
	for _, e := range []hosting.Frame{start(1, 1, nil), given(start(1, 1, []byte("disk")), []byte("disk")), timeout(1, 1, 2), hosting.Forget{Node: 1}} {
		f.Add(hosting.Append(nil, e), uint8(1))
	}
	for _, e := range []frame.Frame{opened(), events(0, 2, 0, "x"), frame.Head{Events: 3}, frame.Wanted{}, frame.Joined{}, frame.Room{}} {
		f.Add(frame.Append(nil, 0, e), uint8(2))
	}
	f.Fuzz(func(t *testing.T, p []byte, times uint8) {
		b := newBench(t)
		b.enter()
		b.say(opened())
		b.tell(start(2, 1, nil))
		for range times % 4 {
			b.tab.Received(b.socket, slices.Clone(p))
		}
		for len(b.sent) > 0 {
			b.took()
		}
	})
}
