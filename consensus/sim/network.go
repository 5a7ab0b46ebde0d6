package sim

import (
	"math/bits"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// link is one direction between two endpoints.
type link struct {
	last  consensus.Time // when the last message that keeps its order arrives
	count uint32         // messages sent on it so far
	sheet uint16         // its dials
	cut   bool
}

// sheet holds a value for each dial of a link. The first two belong to all links
// between nodes and to all links of clients; a link that has a dial of its own has a
// sheet of its own.
type sheet struct {
	dials  scenario.Dials
	client bool // a client's link
}

const (
	sheetNodes   = 0
	sheetClients = 1
)

// flight is a message on its way, in a slot that is used again.
type flight struct {
	id       uint32 // send number; 0: the slot is free
	key      uint32 // of the queue
	sent     consensus.Time
	due      consensus.Time // arrives, if nothing happens
	term     consensus.Term
	from, to consensus.NodeID
	kind     consensus.MessageKind
	flags    consensus.MessageFlags
	cause    trace.Cause // why it will be lost halfway; 0: it will arrive
	waits    bool        // it has arrived and waits in the inbox
	data     []byte      // the slot's own memory
}

func (f *flight) message() consensus.Message {
	return consensus.Message{From: f.from, To: f.to, Kind: f.kind, Flags: f.flags, Term: f.term, Data: f.data}
}

// halfway returns when the message is in the middle of its way.
func (f *flight) halfway() consensus.Time { return f.sent + (f.due-f.sent)/2 }

// seeds are where the draws of each part of the World begin.
type seeds struct{ network, disk, client, load, node, copy uint64 }

func seedsOf(seed uint64) seeds {
	r := consensus.Rand(seed)
	return seeds{r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()}
}

// What a draw of a message or a crash is for.
const (
	drawJitter = iota + 1
	drawLoss
	drawCopy
	drawReorder
	drawDelay
	drawCopyJitter
	drawCopyLoss
	drawCopyReorder
	drawCopyDelay
	drawSize
)

// draws returns the random number for a purpose, from the base of its event.
func draws(base, purpose uint64) uint64 {
	return consensus.Mix(base + purpose*0x9e3779b97f4a7c15)
}

// below turns a draw into a number from 0 to n-1.
func below(draw uint64, n int64) int64 {
	hi, _ := bits.Mul64(draw, uint64(n))
	return int64(hi)
}

// chance turns a draw into an event that happens in share parts of a million.
func chance(draw uint64, share int64) bool {
	return share > 0 && (draw>>32)*scenario.Million>>32 < uint64(share)
}

func (w *World) openNetwork(d scenario.Dials) {
	w.sheets = []sheet{{dials: d}, {dials: d, client: true}}
	w.sheets[sheetClients].dials[scenario.LossRate] = 0
	w.sheets[sheetClients].dials[scenario.Copies] = 0
	w.links = make([]link, w.width*w.width)
	for i := range w.links {
		if i/w.width >= len(w.nodes) || i%w.width >= len(w.nodes) {
			w.links[i].sheet = sheetClients
		}
	}
}

// link returns the direction from one endpoint to another; both must exist.
func (w *World) link(from, to consensus.NodeID) *link {
	return &w.links[w.place(from)*w.width+w.place(to)]
}

func (w *World) place(id consensus.NodeID) int {
	if id >= consensus.ClientFirst {
		return len(w.nodes) + int(id-consensus.ClientFirst)
	}
	return int(id) - 1
}

// send puts a node's message on its way; hash is the low half of its data's Hash.
func (w *World) send(from consensus.NodeID, m *consensus.Message, hash uint32) {
	if !w.isNode(m.To) || m.To == from || m.Kind < consensus.KindEngine || len(m.Data) > consensus.MessageMax {
		panic("sim: " + w.check(from, &consensus.Effects{Messages: []consensus.Message{*m}}).Error())
	}
	slot := w.launch(from, m.To, m.Kind, m.Flags, m.Term)
	w.flights[slot].data = append(w.flights[slot].data, m.Data...)
	w.depart(slot, hash)
}

// launch takes a slot for a message and returns it; the message's data, which are
// empty, and its way come next.
func (w *World) launch(from, to consensus.NodeID, kind consensus.MessageKind, flags consensus.MessageFlags, term consensus.Term) uint32 {
	var slot uint32
	if k := len(w.free); k > 0 {
		slot = w.free[k-1]
		w.free = w.free[:k-1]
	} else {
		slot = uint32(len(w.flights))
		w.flights = append(w.flights, flight{})
	}
	w.sent++
	f := &w.flights[slot]
	f.id, f.key, f.sent, f.due, f.data = w.sent, 0, w.now, 0, f.data[:0]
	f.from, f.to, f.kind, f.flags, f.term = from, to, kind, flags, term
	f.cause, f.waits = 0, false
	return slot
}

// depart decides the fate of a message and makes its Send event. Everything random
// about it follows from the link and from how many messages were sent on it before.
func (w *World) depart(slot, hash uint32) {
	f := &w.flights[slot]
	l := w.link(f.from, f.to)
	dials := &w.sheets[l.sheet].dials
	base := consensus.Mix(w.seeds.network ^ uint64(f.from)<<40 ^ uint64(f.to)<<32 ^ uint64(l.count))
	l.count++
	way, overtaken := transit(dials, base, drawJitter, drawReorder, drawDelay)
	f.due = w.now + way
	if !overtaken {
		f.due = max(f.due, l.last)
		l.last = f.due
	}
	if f.cause = w.barred(l, f.from, f.to); f.cause == 0 && chance(draws(base, drawLoss), dials[scenario.LossRate]) {
		f.cause = trace.CauseLoss
	}
	e := w.tape.next(w.now, trace.Send)
	e.Node, e.Peer = f.from, f.to
	e.A, e.B = trace.Halves(int64(f.due))
	e.C, e.D = uint32(len(f.data)), hash
	w.toldOf(f, e)
	w.fly(slot)
	if chance(draws(base, drawCopy), dials[scenario.Copies]) {
		w.duplicate(slot, base)
	}
}

// transit returns how long a message travels and whether others may overtake it.
func transit(dials *scenario.Dials, base, jitter, reorder, delay uint64) (consensus.Duration, bool) {
	way := dials[scenario.Latency]
	if j := dials[scenario.Jitter]; j > 0 {
		way += below(draws(base, jitter), j+1)
	}
	overtaken := chance(draws(base, reorder), dials[scenario.Reorder])
	if overtaken {
		way += 1 + below(draws(base, delay), reorderSpan*(dials[scenario.Latency]+dials[scenario.Jitter])+1)
	}
	return max(consensus.Duration(way), FlightMin), overtaken
}

// reorderSpan bounds the additional delay of a message that may be overtaken: in
// multiples of what a message travels at most without it.
const reorderSpan = 3

// duplicate makes a copy of a message. It starts now, travels on its own, keeps no
// order and has a fate of its own.
func (w *World) duplicate(slot uint32, base uint64) {
	m := w.flights[slot].message()
	l := w.link(m.From, m.To)
	dials := &w.sheets[l.sheet].dials
	way, _ := transit(dials, base, drawCopyJitter, drawCopyReorder, drawCopyDelay)
	double := w.launch(m.From, m.To, m.Kind, m.Flags, m.Term)
	c := &w.flights[double]
	c.data = append(c.data, m.Data...)
	c.due = w.now + way
	if c.cause = w.barred(l, c.from, c.to); c.cause == 0 && chance(draws(base, drawCopyLoss), dials[scenario.LossRate]) {
		c.cause = trace.CauseLoss
	}
	e := w.tape.next(w.now, trace.Duplicate)
	e.Node, e.Peer, e.A = c.from, c.to, w.flights[slot].id
	e.B, e.C = trace.Halves(int64(c.due))
	w.toldOf(c, e)
	w.fly(double)
}

// fly puts the arrival of a message, or its loss halfway, into the queue.
func (w *World) fly(slot uint32) {
	f := &w.flights[slot]
	at := f.due
	if f.cause != 0 {
		at = max(w.now, f.halfway())
	}
	f.key = w.queue.push(at, refMessage|slot)
}

// barred returns why nothing passes a link now, 0 when it is open.
func (w *World) barred(l *link, from, to consensus.NodeID) trace.Cause {
	switch {
	case l.cut:
		return trace.CauseCut
	case w.parted && from.IsNode() && to.IsNode() && w.group[from-1] != w.group[to-1]:
		return trace.CausePartition
	}
	return 0
}

// bar loses the messages on their way that a cut or partition now stops: those that
// have not passed the middle.
func (w *World) bar() {
	for i := range w.flights {
		f := &w.flights[i]
		if f.id == 0 || f.waits || f.cause != 0 || f.halfway() <= w.now {
			continue
		}
		if f.cause = w.barred(w.link(f.from, f.to), f.from, f.to); f.cause != 0 {
			w.fly(uint32(i))
		}
	}
}

// arrived ends the way of a message: at its receiver, or halfway when it is lost.
func (w *World) arrived(slot uint32) {
	f := &w.flights[slot]
	switch {
	case f.cause != 0:
		w.lose(slot, f.cause)
	case f.to.IsClient():
		w.delivered(slot)
		w.answered(f.message())
		w.vacate(slot)
	default:
		n := w.node(f.to)
		switch {
		case !n.up:
			w.lose(slot, trace.CauseDown)
		case !n.waits: // a free node's inbox is empty, see take
			w.hand(n, slot)
		case len(n.inbox) >= InboxMax:
			w.lose(slot, trace.CauseFull)
		default:
			f.waits, f.key = true, 0
			n.inbox = append(n.inbox, item{what: itemMessage | slot})
			w.wake(n)
		}
	}
}

// hand makes a message that has arrived the node's input.
func (w *World) hand(n *node, slot uint32) {
	f := &w.flights[slot]
	f.input(w.begin(n, f.inputKind(), slot, 0))
}

// inputKind returns what the message is to the node that it arrives at.
func (f *flight) inputKind() consensus.InputKind {
	if f.kind == consensus.KindRequest {
		return consensus.InputRequest
	}
	return consensus.InputMessage
}

// input makes the message that input; the fields that belong to its kind.
func (f *flight) input(in *consensus.Input) {
	in.Kind = f.inputKind()
	if in.Kind == consensus.InputRequest {
		r := &in.Request
		r.Client = f.from
		r.Seq, r.Command = openRequest(f.data)
		return
	}
	m := &in.Message
	m.From, m.To, m.Kind, m.Flags, m.Term, m.Data = f.from, f.to, f.kind, f.flags, f.term, f.data
}

// delivered makes the Deliver event of a message.
func (w *World) delivered(slot uint32) {
	f := &w.flights[slot]
	e := w.tape.next(w.now, trace.Deliver)
	e.Node, e.Peer = f.to, f.from
	w.toldOf(f, e)
}

// lose makes the Loss event of a message and frees its slot.
func (w *World) lose(slot uint32, cause trace.Cause) {
	f := &w.flights[slot]
	e := w.tape.next(w.now, trace.Loss)
	e.Node, e.Peer, e.Rule = f.to, f.from, consensus.RuleID(cause)
	w.toldOf(f, e)
	w.vacate(slot)
}

// toldOf fills in what every event of a message has, and tells it.
func (w *World) toldOf(f *flight, e *trace.Event) {
	e.ID, e.Sub, e.Flags, e.Term = f.id, uint8(f.kind), f.flags, f.term
	w.told(e)
}

// vacate frees the slot of a message that is no more.
func (w *World) vacate(slot uint32) {
	w.flights[slot].id, w.flights[slot].key = 0, 0
	w.free = append(w.free, slot)
}

// find returns the slot of the message with that send number.
func (w *World) find(id uint32) (uint32, bool) {
	for i := range w.flights {
		if id != 0 && w.flights[i].id == id {
			return uint32(i), true
		}
	}
	return 0, false
}

// cloneFlights copies all flights; what is on its way gets its data in one piece of
// memory.
func cloneFlights(from []flight) []flight {
	size := 0
	for i := range from {
		if from[i].id != 0 {
			size += len(from[i].data)
		}
	}
	data := make([]byte, 0, size)
	to := append([]flight(nil), from...)
	for i := range to {
		f := &to[i]
		if f.id == 0 {
			f.data = nil
			continue
		}
		at := len(data)
		data = append(data, f.data...)
		f.data = data[at:len(data):len(data)]
	}
	return to
}
