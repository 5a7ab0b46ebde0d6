// Package tab is what a tab does in a live room: it follows the room's trace, passes on
// what its page wants, and runs the engines of the nodes that sit here. It is a state
// machine: what happens to it comes through its methods, and what it does about that goes
// through its [Host], which has the socket, the storage, the page and the clock. So the
// worker of a browser, a bot and a test run the same tab.
//
// # A node
//
// Work comes one input at a time. The engine takes it, what it writes goes to the
// storage, and when it stands there, what followed is told to the relay (Done). The last
// Done of each node is kept until the next input: work that comes again, since a
// connection was lost on the way, is answered with the same bytes, and the engine does
// not step twice.
//
// A start names the disk that it starts from. Where the storage has that disk, with
// something behind it or not, the node starts from there; what stands behind was not
// durable when the node crashed, and is cut off. Where it has another or none, the relay is
// asked for the bytes. So a tab without a storage that works runs nodes too.
//
// # The line
//
// A connection that is lost is made again: at once, and then after waits that double,
// with a part of each drawn at random, so that those whom a relay lost do not come
// back all in one moment. After a close code that says that it makes no sense, it is not
// tried again. The tab says how far it has come, and goes on from there; the page sees
// neither a gap nor anything twice.
//
// While the line stands, the tab sends pings as often as the relay has asked for when it let
// the tab in. Where nothing comes back for a minute, not even an answer to those, the
// line is lost, whatever the socket says: so it goes on soon after a machine has slept, or
// has come into another network.
package tab

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/trace"
)

// Host is what a tab stands on. Its methods must not call back into the tab, but for Load
// and Store, which may be answered at once.
type Host interface {
	// Dial opens a WebSocket to an address. It is answered by Opened, or by Closed. The
	// number names the socket from then on; the one before is closed already.
	Dial(socket uint32, address string)
	// Send sends a binary message through the socket that is open. The bytes must not be
	// changed, and may be sent again.
	Send(b []byte)
	// Ping sends hosting.Ping as a text message through the socket that is open.
	Ping()
	// Close closes the socket with a close code, also one that is not open yet. Nothing
	// of that socket is listened to any more.
	Close(code int)
	// Page hands a frame to whoever looks on. The bytes are its encoding, and may be kept.
	Page(f frame.Frame, b []byte)
	// Alarm asks for a call of Wake after that many milliseconds, instead of whatever
	// was asked for before.
	Alarm(after int)
	// Draw returns random bits.
	Draw() uint64
	// Report tells a developer of what should not have happened.
	Report(why string)

	// Load reads a disk. It is answered by Loaded.
	Load(ticket uint32, d Disk)
	// Store puts bytes on a disk at an offset, which is where it ends; an offset of 0
	// begins it anew. It is answered by Stored when they are durable. What is asked for
	// later is done later. The bytes must not be kept.
	Store(ticket uint32, d Disk, offset int, b []byte)
	// Discard removes all disks of a room.
	Discard(room string)
}

// Disk names the disk of a node in a storage, where those of other rooms are too.
type Disk struct {
	Room string
	Node consensus.NodeID
}

// Engine is an algorithm that the tab can run.
type Engine struct {
	hosting.Engine
	// New makes the engine of one node. The error is a sentence.
	New func(consensus.NodeID, hosting.Config) (consensus.Engine, error)
}

// Tab is a tab in a room, or in none. It is not safe for concurrent use. Make one with New.
type Tab struct {
	host     Host
	engines  []Engine
	instance uint64 // who holds the engines; drawn anew when they are given up
	join     frame.Join

	state    lineState
	socket   uint32   // number of the last one that was dialled
	tries    int      // attempts since a connection was last steady
	beat     beat     // of the connection that stands
	awaited  []uint32 // numbers of the page's commands that are not answered yet
	away     bool     // Bye was said
	diskless bool     // the page knows that the storage does not work

	knows  bool    // what the room runs,
	engine *Engine // and the engine for that, nil: there is none here
	trail  trail
	early  []*hosting.Work // what came before the engine was known
	nodes  []*node         // by when they came
	ticket uint32          // number of the last request to the storage
	fx     consensus.Effects
}

// New returns a tab that is in no room. Its engines are told to the relay, at most
// hosting.EnginesMax.
func New(h Host, engines []Engine) *Tab {
	return &Tab{host: h, engines: engines, instance: h.Draw()}
}

// Join enters a room, and leaves the one before. The page hears of it by frames: Line as
// the connection changes, and what the relay says.
func (t *Tab) Join(j frame.Join) {
	t.Leave()
	t.forgetRoom()
	t.join = j
	t.dial()
}

// Leave leaves the room in good order: nobody waits for this tab.
func (t *Tab) Leave() {
	t.away = false
	if t.state != lineOut {
		t.bye()
		t.over(codeLeft, "")
	}
}

// Bye says that the page closes, or may: its nodes crash. Back undoes it.
func (t *Tab) Bye() {
	if t.state != lineOut {
		t.bye()
		t.state, t.away = lineOut, true
		t.abandon()
		t.giveUpEngines()
	}
}

// Back says that the page is shown again after it said Bye, with all that it had.
func (t *Tab) Back() {
	if t.away {
		t.away, t.tries = false, 0
		t.dial()
	}
}

func (t *Tab) bye() {
	switch t.state {
	case lineHello, lineJoined:
		t.host.Send(hosting.Append(nil, hosting.Bye{}))
		t.host.Close(codeLeft)
	case lineDialled:
		t.host.Close(codeLeft)
	}
}

// In reports whether the tab is in a room, or on its way there.
func (t *Tab) In() bool { return t.state != lineOut }

// Joined reports whether the tab is connected to its room.
func (t *Tab) Joined() bool { return t.state == lineJoined }

// Events returns how many events of the room's trace have come, and their digest.
func (t *Tab) Events() (int, trace.Digest) { return int(t.trail.events), t.trail.digest }

// Nodes returns how far each node has come that runs here.
func (t *Tab) Nodes() []hosting.Place {
	var list []hosting.Place
	for _, n := range t.nodes {
		if n.engine != nil {
			list = append(list, n.place)
		}
	}
	return list
}

// Ask passes a command on to the relay: Conduct, Act or ActLine. The answer comes as a
// frame with the same number, and is a refusal if the line is not there or is lost meanwhile.
func (t *Tab) Ask(request uint32, f frame.Frame) {
	switch {
	case t.state != lineJoined:
		t.refuse(request, "the room cannot be reached at the moment: try again when the connection is back")
	case len(t.awaited) >= awaitedMax:
		t.refuse(request, "the room has not answered what was asked before: wait a moment")
	default:
		if request != 0 {
			t.awaited = append(t.awaited, request)
		}
		t.host.Send(frame.Append(nil, request, f))
	}
}

// awaitedMax is the largest number of commands that wait for an answer.
const awaitedMax = 256

// page hands a frame of the tab's own to the page.
func (t *Tab) page(request uint32, f frame.Frame) { t.host.Page(f, frame.Append(nil, request, f)) }

func (t *Tab) refuse(request uint32, why string) { t.page(request, frame.Refused{Why: why}) }

// answered takes a command off the list of those that wait.
func (t *Tab) answered(request uint32) {
	for i, r := range t.awaited {
		if r == request {
			t.awaited = append(t.awaited[:i], t.awaited[i+1:]...)
			return
		}
	}
}

// forgetRoom gives up whatever belongs to a room.
func (t *Tab) forgetRoom() {
	t.giveUpEngines()
	t.knows, t.engine, t.trail, t.tries, t.diskless = false, nil, trail{}, 0, false
}

// giveUpEngines makes this another instance: what its nodes had in memory is gone.
func (t *Tab) giveUpEngines() {
	t.instance = t.host.Draw()
	t.nodes, t.early = nil, nil
}
