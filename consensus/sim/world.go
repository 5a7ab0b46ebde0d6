package sim

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Bounds of a run; see also package scenario.
const (
	// EventsMax is the number of events after which a run is full.
	EventsMax = 4_000_000
	// DiskMax is the number of bytes on one disk at which a run is full.
	DiskMax = 64 << 20
	// TextsMax is the number of bytes of texts at which a run is full.
	TextsMax = 64 << 20
	// InboxMax is the largest number of messages that wait for a busy node; what
	// arrives beyond that is lost (trace.CauseFull).
	InboxMax = 1024
	// WritesMax is the largest number of writes under way in the background of one
	// node; with more, the node waits like one that persists first.
	WritesMax = 256
	// FlightMin is the shortest time a message travels, whatever the dials say, so
	// that time goes on.
	FlightMin = consensus.Microsecond
)

// Config is what a World is made of.
type Config struct {
	Setup     scenario.Setup
	Algorithm consensus.Algorithm
	// NewMachine makes an empty state machine for a node that starts. It may be nil
	// where the engine needs none.
	NewMachine func() consensus.Machine
	// Load appends the n-th command of the built-in load to b; draw is random. Nil:
	// sets and gets of a few keys (KVLoad).
	Load func(b []byte, n uint32, draw uint64) []byte
	// Watch, when not nil, is shown every event; the World owns it. What it reports
	// stands in the trace right behind the event.
	Watch trace.Watcher
	// Host runs the engines; nil: they run in memory, made by Algorithm.New.
	Host Host
}

// World is one run at one moment. It is not safe for concurrent use. Make one with New.
type World struct {
	config   *Config // shared by all clones, never changed
	protocol *consensus.Protocol
	host     Host
	watch    trace.Watcher
	report   func(trace.Event)

	now    consensus.Time
	queue  queue
	nodes  []node             // by NodeID-1
	ready  []consensus.NodeID // nodes that are free and have something in the inbox
	settle consensus.Settings // the settings of all engines; Options is never changed in place

	clients []client // by number-1
	load    load
	ops     opLog // that are over

	width   int // endpoints of the network: nodes, then clients
	links   []link
	sheets  []sheet
	flights []flight
	free    []uint32 // slots of flights that are free
	sent    uint32   // send numbers given so far
	group   []uint8  // by NodeID-1: the side of the partition
	parted  bool

	plan []scenario.Action // all actions; the first done of them are done
	done int
	work Work // handed out while busy
	busy bool
	full bool // a disk or the texts have reached their bound

	seeds seeds
	tape  tape
	texts texts

	reports []trace.Event // of the watcher, about the present event
	scratch []byte        // of the load
}

// New makes the World of a run at time 0, before anything has happened. The error is
// a sentence that says what is wrong with the setup.
func New(c Config) (*World, error) {
	settings, err := settle(&c)
	if err != nil {
		return nil, err
	}
	s := &c.Setup
	w := &World{
		config: &c, protocol: c.Algorithm.Protocol, host: c.Host, watch: c.Watch,
		nodes: make([]node, s.Nodes), clients: make([]client, s.Clients),
		width: s.Nodes + s.Clients, group: make([]uint8, s.Nodes),
		settle: settings, seeds: seedsOf(s.Seed),
	}
	if w.host == nil {
		w.host = &engines{make: c.Algorithm.New, machine: c.NewMachine, of: make([]consensus.Engine, s.Nodes)}
	}
	w.report = w.violated
	w.texts.add(nil) // text 0 is the empty one
	w.openNetwork(s.Dials)
	for i := range w.nodes {
		id := consensus.NodeID(i + 1)
		w.nodes[i] = newNode(id, s.Disks[id])
		w.start(&w.nodes[i], 0)
	}
	for i := range w.clients {
		w.clients[i] = client{id: consensus.Client(i + 1), wake: never, queued: never}
	}
	for r := consensus.RuleID(1); int(r) <= len(w.protocol.Rules); r++ {
		if settings.Off.Has(r) {
			w.emit(trace.Event{Kind: trace.Switch, Rule: r, Sub: 1})
		}
	}
	w.openLoad()
	return w, nil
}

// Clone returns an independent World that goes on in the same way. It has no events
// to drain yet. It must not be called between Next and Complete.
func (w *World) Clone() *World {
	if w.busy {
		panic("sim: Clone while work is out")
	}
	c := *w
	c.host = w.host.Clone()
	if w.watch != nil {
		c.watch = w.watch.Clone()
	}
	c.report = c.violated
	c.queue.keys = append([]key(nil), w.queue.keys...)
	c.nodes = append([]node(nil), w.nodes...)
	for i := range c.nodes {
		c.nodes[i].detach()
	}
	c.ready = append([]consensus.NodeID(nil), w.ready...)
	c.clients = append([]client(nil), w.clients...)
	for i := range c.clients {
		c.clients[i].wishes = append([]wish(nil), w.clients[i].wishes...)
	}
	c.ops = w.ops.clone()
	c.links = append([]link(nil), w.links...)
	c.sheets = append([]sheet(nil), w.sheets...)
	c.flights = cloneFlights(w.flights)
	c.free = append([]uint32(nil), w.free...)
	c.group = append([]uint8(nil), w.group...)
	c.plan = w.plan[:len(w.plan):len(w.plan)]
	c.work, c.reports, c.scratch = Work{}, nil, nil
	c.tape = w.tape.fork()
	c.texts = w.texts.clone()
	return &c
}

// Now returns the virtual time: that of the last step, or the moment RunUntil was
// asked for.
func (w *World) Now() consensus.Time { return w.now }

// Events returns the number of events so far, violations included.
func (w *World) Events() int { return w.tape.len() }

// Digest returns the digest of all events so far.
func (w *World) Digest() trace.Digest { return w.tape.digest() }

// Drain returns the events that were not drained yet and the number of the first of
// them, counted from 0. The slice is valid until the World changes.
func (w *World) Drain() (first int, events []trace.Event) {
	first, events = w.tape.first, w.tape.events
	w.tape.clear()
	return first, events
}

// Mute says whether events are thrown away instead of being kept for Drain. They
// still count, and the digest and the watcher see them.
func (w *World) Mute(on bool) {
	w.tape.clear()
	w.tape.muted = on
}

// Texts returns the number of texts that the events so far mention; text 0 is empty.
func (w *World) Texts() int { return w.texts.len() }

// Text returns text i, which must be below Texts.
func (w *World) Text(i uint32) string { return string(w.texts.at(i)) }

// Setup returns what the run started from.
func (w *World) Setup() *scenario.Setup { return &w.config.Setup }

// Protocol returns what the algorithm tells of itself.
func (w *World) Protocol() *consensus.Protocol { return w.protocol }

// Actions returns all actions, the done ones first. The slice must not be changed.
func (w *World) Actions() []scenario.Action { return w.plan }

// Done returns how many of the actions are done.
func (w *World) Done() int { return w.done }

// Up reports whether the node runs.
func (w *World) Up(id consensus.NodeID) bool { return w.isNode(id) && w.node(id).up }

// Inspect returns the state of a node, and false when it is down.
func (w *World) Inspect(id consensus.NodeID) (consensus.State, bool) {
	if !w.isNode(id) {
		return consensus.State{}, false
	}
	return w.host.Inspect(id)
}

// Disk returns what is durable on the disk of a node. It must not be changed.
func (w *World) Disk(id consensus.NodeID) []byte {
	if !w.isNode(id) {
		return nil
	}
	return w.node(id).disk.bytes()
}

// Message returns a message that is on its way or waits for a busy node, by its send
// number. Its data must not be changed and is valid until the World changes.
func (w *World) Message(id uint32) (consensus.Message, bool) {
	if i, ok := w.find(id); ok {
		return w.flights[i].message(), true
	}
	return consensus.Message{}, false
}

// Full reports whether the run has reached one of its bounds: then nothing more
// happens.
func (w *World) Full() bool {
	return w.tape.len() >= EventsMax || w.now >= scenario.RunMax || w.full
}

// Quiet reports whether nothing will happen until somebody acts.
func (w *World) Quiet() bool {
	if w.busy || len(w.ready) > 0 || w.done < len(w.plan) {
		return false
	}
	_, more := w.next()
	return !more
}

func (w *World) isNode(id consensus.NodeID) bool {
	return id >= 1 && int(id) <= len(w.nodes)
}

func (w *World) isClient(id consensus.NodeID) bool {
	return id.IsClient() && int(id-consensus.ClientFirst) < len(w.clients)
}

// node returns the node with that id, which must exist.
func (w *World) node(id consensus.NodeID) *node { return &w.nodes[id-1] }

// emit adds an event at the present time to the trace. What happens often is filled in
// in place instead: see tape.next.
func (w *World) emit(e trace.Event) {
	at := w.tape.next(w.now, e.Kind)
	e.T = w.now
	*at = e
	w.told(at)
}

// told shows an event that is now complete to the watcher.
func (w *World) told(e *trace.Event) {
	if w.watch != nil {
		w.show(e)
	}
}

func (w *World) show(e *trace.Event) {
	w.watch.Observe(e, w.report)
	for i := range w.reports {
		*w.tape.next(w.now, trace.Violation) = w.reports[i]
	}
	w.reports = w.reports[:0]
}

// violated takes what the watcher reports.
func (w *World) violated(e trace.Event) {
	e.Kind, e.T = trace.Violation, w.now
	w.reports = append(w.reports, e)
}

// texts is the table of texts: one run of bytes without pointers. Clones share what
// was there.
type texts struct {
	bytes []byte
	ends  []uint32
}

func (t *texts) add(b []byte) uint32 {
	t.bytes = append(t.bytes, b...)
	t.ends = append(t.ends, uint32(len(t.bytes)))
	return uint32(len(t.ends) - 1)
}

func (t *texts) at(i uint32) []byte {
	var from uint32
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.bytes[from:t.ends[i]:t.ends[i]]
}

func (t *texts) len() int { return len(t.ends) }

func (t *texts) clone() texts {
	return texts{t.bytes[:len(t.bytes):len(t.bytes)], t.ends[:len(t.ends):len(t.ends)]}
}
