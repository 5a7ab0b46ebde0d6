package tab

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
)

// node is one that runs here, or has run here.
type node struct {
	id     consensus.NodeID
	engine consensus.Engine // nil: it is down
	place  hosting.Place    // the last input that the engine took
	input  uint64           // what identifies that input
	done   []byte           // what followed from it, as it is told to the relay
	due    bool             // done has to be told as soon as what it wrote is durable

	size   int      // what our copy of the disk holds, in bytes
	keeps  bool     // that copy is whole
	writes []uint32 // tickets of those that are not durable yet

	start   *hosting.Work // that waits for its disk, nil: none
	loading uint32        // ticket of the disk that is read, 0: none
	queue   []*hosting.Work
}

// queueMax is the largest number of inputs that wait for a start.
const queueMax = 1 << 20

func (t *Tab) node(id consensus.NodeID) *node {
	for _, n := range t.nodes {
		if n.id == id {
			return n
		}
	}
	n := &node{id: id}
	t.nodes = append(t.nodes, n)
	return n
}

// take takes work. Where it does not follow on what was before, the tab's nodes are not
// what the relay takes them for; then they are given up.
func (t *Tab) take(w *hosting.Work) {
	if !t.knows {
		t.early = append(t.early, w)
		return
	}
	n := t.node(w.Node)
	start := w.Input.Kind == consensus.InputStart
	switch {
	case start != (w.Seq == 1):
		t.giveUp("the relay numbered work wrongly")
	case n.start != nil && w.Boot == n.start.Boot:
		t.takeWaiting(n, w)
	case n.engine != nil && w.Boot == n.place.Boot && w.Seq <= n.place.Seq:
		t.repeat(n, w)
	case start:
		t.begin(n, w)
	case n.engine != nil && w.Boot == n.place.Boot && w.Seq == n.place.Seq+1:
		t.step(n, w)
	default:
		t.giveUp("the relay left out work for " + w.Node.String())
	}
}

// takeWaiting takes work for a node that waits for its disk.
func (t *Tab) takeWaiting(n *node, w *hosting.Work) {
	switch {
	case w.Seq > 1 && int(w.Seq) == len(n.queue)+2 && len(n.queue) < queueMax:
		n.queue = append(n.queue, w)
	case w.Seq > 1 && int(w.Seq) > len(n.queue)+2:
		t.giveUp("the relay left out work for " + w.Node.String())
	case w.Seq > 1: // it waits already
	case w.Disk.Given || n.loading == 0:
		n.loading = 0
		t.begin(n, w)
	}
}

// repeat answers work that was done already, if it is the last.
func (t *Tab) repeat(n *node, w *hosting.Work) {
	switch {
	case w.Seq < n.place.Seq || w.Quiet:
	case identity(w) != n.input:
		t.giveUp("the relay has other work for " + w.Node.String() + " than before")
	default:
		n.due = true
		t.tell(n)
	}
}

// identity tells one input from another, however often it is sent.
func identity(w *hosting.Work) uint64 {
	k := *w
	k.Quiet, k.Disk.Given = false, false
	return consensus.Hash(hosting.Append(nil, &k))
}

// begin starts a node from its disk, once that is there.
func (t *Tab) begin(n *node, w *hosting.Work) {
	queue := n.queue
	if n.start == nil || n.start.Boot != w.Boot {
		queue = nil
	}
	*n = node{id: n.id, start: w, queue: queue}
	switch d := w.Disk; {
	case d.Given:
		if !is(w.Input.Disk, d) {
			t.giveUp("the relay gave another disk than it named for " + n.id.String())
			return
		}
		t.boot(n, w.Input.Disk, false)
	case d.Size == 0:
		t.boot(n, nil, false)
	default:
		t.ticket++
		n.loading = t.ticket
		t.host.Load(t.ticket, t.disk(n))
	}
}

func (t *Tab) disk(n *node) Disk { return Disk{Room: t.join.Room, Node: n.id} }

// is reports whether b is the disk that is named.
func is(b []byte, d hosting.Disk) bool {
	return len(b) == int(d.Size) && (len(b) == 0 || consensus.Hash(b) == d.Hash)
}

// Loaded brings the bytes of a disk, none where there is none. They must not be changed any
// more. Not ok: it cannot be read.
func (t *Tab) Loaded(ticket uint32, b []byte, ok bool) {
	for _, n := range t.nodes {
		if n.loading != ticket {
			continue
		}
		n.loading = 0
		d := n.start.Disk
		if !ok {
			t.withoutDisk()
		}
		if ok && len(b) >= int(d.Size) && is(b[:d.Size], d) {
			t.boot(n, b[:d.Size], len(b) == int(d.Size))
		} else {
			t.send(hosting.Append(nil, hosting.WantDisk{Place: n.start.Place}))
		}
		return
	}
}

// boot makes the engine, and gives it its start and what came since. Kept: the storage
// has exactly this disk.
func (t *Tab) boot(n *node, disk []byte, kept bool) {
	w := n.start
	if t.engine == nil { // a relay asks for it with Wanted
		t.giveUp("there is work for " + n.id.String() + ", and no engine for it here")
		return
	}
	engine, err := t.engine.New(n.id, w.Config)
	if err != nil {
		t.giveUp("the engine of " + n.id.String() + " cannot be made: " + err.Error())
		return
	}
	n.start, n.engine, n.keeps, n.size = nil, engine, true, len(disk)
	queue := n.queue
	n.queue = nil
	if !kept {
		t.store(n, 0, disk)
	}
	w.Input.Disk = disk
	t.step(n, w)
	t.takeAll(queue)
}

// takeAll takes work that had to wait.
func (t *Tab) takeAll(list []*hosting.Work) {
	for instance := t.instance; len(list) > 0 && t.instance == instance; list = list[1:] {
		t.take(list[0])
	}
}

// step lets an engine take its next input.
func (t *Tab) step(n *node, w *hosting.Work) {
	fx := &t.fx
	fx.Reset()
	n.place = w.Place
	n.input = identity(w)
	n.engine.Step(&w.Input, fx)
	n.done = hosting.Append(nil, &hosting.Done{Place: w.Place, Effects: *fx})
	n.due = !w.Quiet
	if fx.Replace {
		n.size = 0
	}
	if len(fx.Write) > 0 || fx.Replace {
		offset := n.size
		n.size += len(fx.Write)
		t.store(n, offset, fx.Write)
	}
	t.tell(n)
}

// store writes to the copy of a disk, if there is one.
func (t *Tab) store(n *node, offset int, b []byte) {
	if n.keeps {
		t.ticket++
		n.writes = append(n.writes, t.ticket)
		t.host.Store(t.ticket, t.disk(n), offset, b)
	}
}

// Stored says that bytes are durable. Not ok: they are not, and never will be; then this
// copy of the disk is given up, until the node starts anew.
func (t *Tab) Stored(ticket uint32, ok bool) {
	for _, n := range t.nodes {
		for i, w := range n.writes {
			if w != ticket {
				continue
			}
			n.writes = append(n.writes[:i], n.writes[i+1:]...)
			if !ok {
				n.keeps = false
				t.withoutDisk()
			}
			t.tell(n)
			return
		}
	}
}

// tell says what followed from the last input, if that is to be said and may be said.
func (t *Tab) tell(n *node) {
	if n.due && len(n.writes) == 0 && (t.state == lineHello || t.state == lineJoined) {
		n.due = false
		t.send(n.done)
	}
}

func (t *Tab) send(b []byte) {
	if t.state == lineHello || t.state == lineJoined {
		t.host.Send(b)
	}
}

// withoutDisk tells the page that this tab keeps no disks: they are the relay's alone.
func (t *Tab) withoutDisk() {
	if !t.diskless {
		t.diskless = true
		t.line(frame.Line{State: frame.Connected, Why: "this browser keeps no files for the page: the disks of nodes that run here are kept by the relay alone"})
	}
}

// drop forgets a node that has crashed.
func (t *Tab) drop(id consensus.NodeID) {
	for i, n := range t.nodes {
		if n.id == id {
			t.nodes = append(t.nodes[:i:i], t.nodes[i+1:]...)
			return
		}
	}
}

// giveUp gives up all nodes, and comes back as somebody else: to the room they crash.
func (t *Tab) giveUp(why string) {
	t.giveUpEngines()
	t.again(why)
}
