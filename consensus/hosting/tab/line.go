package tab

import (
	"strconv"

	"parley/consensus/frame"
	"parley/consensus/hosting"
)

// lineState says how the connection is.
type lineState uint8

const (
	lineOut     lineState = iota // in no room, and on the way to none
	lineDialled                  // a socket is being opened
	lineHello                    // Hello was said, and is not answered yet
	lineJoined                   // in the room
	lineLost                     // the alarm is set for another attempt
)

// Waits, in milliseconds.
const (
	// answerMax is how long a relay may take to open a socket and to answer Hello.
	answerMax = 20_000
	// steady is how long a connection has to last before the next one is tried at once.
	steady = 10_000
	// waitMin is the first wait between two attempts, the one after the immediate one.
	waitMin = 500
	// waitMax bounds what the wait has grown to.
	waitMax = 15_000
	// silenceMax is how long a relay that is sent pings may say nothing.
	silenceMax = 60_000
)

// dial opens a socket.
func (t *Tab) dial() {
	t.state = lineDialled
	t.socket++
	t.line(frame.Line{State: frame.Connecting})
	t.host.Alarm(answerMax)
	t.host.Dial(t.socket, t.join.Address)
}

// line tells the page how the connection is.
func (t *Tab) line(l frame.Line) { t.page(0, l) }

// Opened says that the socket is open.
func (t *Tab) Opened(socket uint32) {
	if socket != t.socket || t.state != lineDialled {
		return
	}
	t.state = lineHello
	h := &hosting.Hello{
		Room: t.join.Room, Token: t.join.Token, Name: t.join.Name, Instance: t.instance,
		Events: t.trail.events, Texts: t.trail.texts, Actions: t.trail.actions, Nodes: t.Nodes(),
	}
	for _, e := range t.engines {
		h.Engines = append(h.Engines, e.Engine)
	}
	t.host.Send(hosting.Append(nil, h))
}

// Closed says that the socket is closed, or could not be opened: with the close code and
// the reason that the other side gave, or the host has found (1006: none was given).
func (t *Tab) Closed(socket uint32, code int, why string) {
	if socket != t.socket || t.state == lineOut || t.state == lineLost {
		return
	}
	if final(code) {
		if code == hosting.CloseNoRoom || code == hosting.CloseEnded {
			t.host.Discard(t.join.Room)
		}
		t.over(code, why)
		return
	}
	t.lose()
}

// final reports whether it makes no sense to come back after a close code: what was wrong
// then will be wrong again.
func final(code int) bool {
	switch code {
	case hosting.CloseRate, hosting.CloseIdle:
		return false
	case codeLeft, codeProtocol, codeLarge:
		return true
	}
	return code >= codeOwn
}

// Close codes of RFC 6455, section 7.4.1, that this package knows.
const (
	codeLeft     = 1000 // the room was left
	codeProtocol = 1002 // the other side could not make sense of the bytes
	codeLarge    = 1009 // a message was too large
	codeAgain    = 3000 // ours, since a browser may not say 1006: the tab comes back
	codeOwn      = 4000 // from here on they are those of package hosting
)

// over ends the tab's part in the room.
func (t *Tab) over(code int, why string) {
	t.state = lineOut
	t.abandon()
	t.giveUpEngines()
	t.line(frame.Line{State: frame.Closed, Code: uint32(code), Why: clip(why)})
}

// lose arranges for another attempt.
func (t *Tab) lose() {
	t.state = lineLost
	t.abandon()
	wait := 0
	if t.tries > 0 {
		wait = waitMax
		if t.tries < 8 {
			wait = min(waitMin<<(t.tries-1), waitMax)
		}
		wait = wait/2 + int(t.host.Draw()%uint64(wait/2+1))
	}
	t.tries++
	t.line(frame.Line{State: frame.Lost, Again: uint32(wait)})
	t.host.Alarm(wait)
}

// abandon refuses the commands that will not be answered any more.
func (t *Tab) abandon() {
	list := t.awaited
	t.awaited = nil
	for _, request := range list {
		t.refuse(request, "the connection was lost before the room answered: see in the room whether it was done")
	}
}

// Wake is the alarm that was asked for.
func (t *Tab) Wake() {
	switch t.state {
	case lineLost:
		t.dial()
	case lineDialled, lineHello:
		t.host.Close(codeAgain)
		t.lose()
	case lineJoined:
		t.pulse()
	}
}

// beat counts the time of a connection, in milliseconds.
type beat struct {
	every  int // between two pings; 0: there are none
	wait   int // what the alarm is set for
	lasted int // how long the connection has
	silent int // how long nothing has come
}

// next returns what the alarm is to be set for.
func (b *beat) next() int {
	b.wait = b.every
	if b.lasted == 0 && (b.every == 0 || b.every > steady) {
		b.wait = steady
	}
	return b.wait
}

// pulse is the alarm while the line stands.
func (t *Tab) pulse() {
	b := &t.beat
	b.lasted += b.wait
	if b.lasted >= steady {
		t.tries = 0
	}
	if b.every == 0 {
		return
	}
	if b.silent += b.wait; b.silent >= silenceMax {
		t.host.Close(codeAgain)
		t.lose()
		return
	}
	t.host.Ping()
	t.host.Alarm(b.next())
}

// Online says that a network is back, so that it need not be waited for.
func (t *Tab) Online() {
	if t.state == lineLost {
		t.dial()
	}
}

// again closes the connection for another one.
func (t *Tab) again(why string) {
	t.host.Report(why)
	if t.state == lineHello || t.state == lineJoined {
		t.host.Close(codeAgain)
		t.lose()
	}
}

// hears reports whether what comes from a socket is listened to, and notes that something
// has come.
func (t *Tab) hears(socket uint32) bool {
	if socket != t.socket || t.state != lineHello && t.state != lineJoined {
		return false
	}
	t.beat.silent = 0
	return true
}

// Said takes a text message of the socket: the answer to a ping. Anything else is reported,
// and dropped.
func (t *Tab) Said(socket uint32, s string) {
	if t.hears(socket) && s != hosting.Pong {
		t.host.Report("the relay sent a text, and the frames of a room are binary")
	}
}

// Received takes a binary message of the socket. What is malformed is reported, and
// dropped.
func (t *Tab) Received(socket uint32, b []byte) {
	if !t.hears(socket) {
		return
	}
	switch {
	case hosting.Old(b) && t.state == lineHello:
		t.host.Close(hosting.CloseVersion)
		t.over(hosting.CloseVersion, "the relay speaks version "+strconv.Itoa(int(b[0]))+", this page "+strconv.Itoa(hosting.Version))
	case hosting.IsFrame(b):
		request, f, err := frame.Decode(b)
		if err != nil {
			t.host.Report("the relay sent a " + err.Error())
			return
		}
		t.frame(request, f, b)
	default:
		f, err := hosting.Decode(b)
		if err != nil {
			t.host.Report("the relay sent a " + err.Error())
			return
		}
		switch f := f.(type) {
		case *hosting.Work:
			t.take(f)
		case hosting.Forget:
			t.drop(f.Node)
		case hosting.Ask:
			t.send(hosting.Append(nil, hosting.Here{}))
		default:
			t.host.Report("the relay sent what only a tab sends")
		}
	}
}

// clip bounds a close reason.
func clip(s string) string { return s[:min(len(s), frame.TextMax)] }
