package sim

import (
	"encoding/binary"
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Bounds of clients.
const (
	// AttemptsMax is how often a client asks for one command before it gives up.
	AttemptsMax = 20
	// WishesMax is the largest number of commands that wait at a busy client.
	WishesMax = 64
	// pauseShare is the share of its patience that a refused client waits before it
	// asks again.
	pauseShare = 5
)

// Op is one operation of a client: what linearizability is judged by.
type Op struct {
	Client  consensus.NodeID
	Seq     uint32
	Command uint32         // text
	Invoked consensus.Time // when the client wanted it
	Over    consensus.Time // when it had the answer, or gave up; -1: it still waits
	Done    bool           // it had the answer; otherwise it may or may not have happened
	Result  uint32         // text of the answer
}

// Ops calls f with every operation: first those that are over, in the order in which
// they ended, then those under way.
func (w *World) Ops(f func(Op)) {
	for _, page := range w.ops.full {
		for _, o := range page {
			f(o)
		}
	}
	for _, o := range w.ops.last {
		f(o)
	}
	for i := range w.clients {
		if c := &w.clients[i]; c.busy {
			f(Op{Client: c.id, Seq: c.seq, Command: c.command, Invoked: c.invoked, Over: never})
		}
	}
}

// opLog is an append-only list of operations in pages, which clones share.
type opLog struct {
	full [][]Op
	last []Op
}

// opPage is the number of operations on a page.
const opPage = 256

func (l *opLog) add(o Op) {
	if len(l.last) == cap(l.last) {
		if len(l.last) > 0 {
			l.full = append(l.full, l.last)
		}
		l.last = make([]Op, 0, opPage)
	}
	l.last = append(l.last, o)
}

func (l *opLog) clone() opLog {
	return opLog{l.full[:len(l.full):len(l.full)], l.last[:len(l.last):len(l.last)]}
}

// client asks for one command at a time and numbers them from 1.
type client struct {
	id      consensus.NodeID
	busy    bool
	paused  bool             // it was refused and waits before it asks again
	sent    bool             // its last attempt went where a refusal had pointed
	asked   consensus.NodeID // who was asked last
	turn    consensus.NodeID // who was asked last without a refusal pointing there
	leader  consensus.NodeID // who answered last
	seq     uint32           // of the command it is busy with, or was last
	command uint32           // text
	tries   uint32
	invoked consensus.Time
	wishes  []wish // commands that wait

	wake   consensus.Time // when it acts of itself; never: it does not
	queued consensus.Time // time of its key; as for a timer
	key    uint32
}

// wish is a command that waits at a busy client.
type wish struct {
	command uint32 // text
	peer    consensus.NodeID
	cause   uint32 // number of the action
}

// wakeAt sets when the client acts of itself.
func (w *World) wakeAt(c *client, at consensus.Time) {
	c.wake = at
	if at != never && (c.queued == never || at < c.queued) {
		c.queued = at
		c.key = w.queue.push(at, refClient|uint32(c.id-consensus.ClientFirst))
	}
}

// want gives a client a command: now when it is idle, else when its turn comes.
func (w *World) want(c *client, x wish) {
	if c.busy {
		c.wishes = append(c.wishes, x)
		return
	}
	c.busy, c.tries, c.command, c.invoked = true, 0, x.command, w.now
	c.seq++
	w.emit(trace.Event{Kind: trace.Invoke, Node: c.id, ID: x.cause, B: c.seq, D: x.command})
	to := x.peer
	if to == consensus.None {
		to = c.leader
	}
	if to == consensus.None {
		draw := consensus.Mix(w.seeds.client ^ uint64(c.id)<<32 ^ uint64(c.seq))
		to = consensus.NodeID(1 + below(draw, int64(len(w.nodes))))
	}
	c.turn = to
	w.ask(c, to)
}

// ask sends the client's command to a node.
func (w *World) ask(c *client, to consensus.NodeID) {
	if c.tries > 0 {
		w.emit(trace.Event{Kind: trace.Retry, Node: c.id, Peer: to, A: c.tries, B: c.seq})
	}
	c.tries++
	c.asked, c.paused = to, false
	w.wakeAt(c, w.now+w.patience())
	slot := w.launch(c.id, to, consensus.KindRequest, consensus.FlagPayload, 0)
	f := &w.flights[slot]
	f.data = appendRequest(f.data, c.seq, w.texts.at(c.command))
	w.depart(slot, uint32(consensus.Hash(f.data)))
}

func (w *World) patience() consensus.Duration {
	return consensus.Duration(w.sheets[sheetNodes].dials[scenario.Patience])
}

// woke is a client's own act: nobody answered in time, or its pause is over. It goes
// round all nodes in turn, wherever refusals point in between: those of a minority
// that is cut off would send it back to their old leader for ever.
func (w *World) woke(c *client) {
	c.wake, c.queued = never, never
	c.sent = false
	c.turn = w.after(c.turn)
	w.again(c, c.turn)
}

// after returns the node that a client asks after another one.
func (w *World) after(id consensus.NodeID) consensus.NodeID {
	return consensus.NodeID(int(id)%len(w.nodes) + 1)
}

// again asks once more, or gives up.
func (w *World) again(c *client, to consensus.NodeID) {
	if c.tries < AttemptsMax {
		w.ask(c, to)
		return
	}
	w.emit(trace.Event{Kind: trace.GiveUp, Node: c.id, A: c.tries, B: c.seq})
	c.leader = consensus.None
	w.over(c, Op{})
}

// over ends the client's operation, and begins its next.
func (w *World) over(c *client, o Op) {
	o.Client, o.Seq, o.Command, o.Invoked, o.Over = c.id, c.seq, c.command, c.invoked, w.now
	w.ops.add(o)
	c.busy, c.sent = false, false
	w.wakeAt(c, never)
	if len(c.wishes) > 0 {
		x := c.wishes[0]
		c.wishes = append(c.wishes[:0], c.wishes[1:]...)
		w.want(c, x)
		return
	}
	w.idle(c)
}

// answered takes a reply that a client got. Replies to older commands, and refusals
// from somebody it no longer waits for, mean nothing to it.
func (w *World) answered(m consensus.Message) {
	c := &w.clients[m.To-consensus.ClientFirst]
	seq, status, leader, result := openReply(m.Data)
	if !c.busy || seq != c.seq {
		return
	}
	if status == consensus.StatusDone {
		text := w.text(result)
		w.emit(trace.Event{Kind: trace.Answer, Node: c.id, Peer: m.From, B: seq, D: text})
		c.leader = m.From
		w.over(c, Op{Done: true, Result: text})
		return
	}
	if m.From != c.asked || c.paused {
		return
	}
	w.emit(trace.Event{Kind: trace.Refuse, Node: c.id, Peer: m.From, Sub: uint8(status), A: uint32(leader), B: seq})
	if status == consensus.StatusNotLeader && w.isNode(leader) && leader != m.From && !c.sent {
		c.sent = true
		w.again(c, leader)
		return
	}
	// Nobody knows better, or two nodes point at one another: wait a little.
	c.paused, c.sent = true, false
	if status == consensus.StatusBusy {
		c.turn = consensus.NodeID((int(c.asked)+len(w.nodes)-2)%len(w.nodes) + 1) // so that after it comes the same
	}
	w.wakeAt(c, w.now+w.patience()/pauseShare)
}

// text adds a text to the table; the empty one is always text 0.
func (w *World) text(b []byte) uint32 {
	if len(b) == 0 {
		return 0
	}
	if len(w.texts.bytes)+len(b) > TextsMax {
		w.full = true
		return 0
	}
	return w.texts.add(b)
}

// reply sends a node's answer to a client.
func (w *World) reply(n *node, r *consensus.Reply) {
	if !w.isClient(r.Client) {
		return // a client of an initial disk's log that this run does not have
	}
	flags := consensus.FlagReply | consensus.FlagYes
	if r.Status != consensus.StatusDone {
		flags = consensus.FlagReply | consensus.FlagNo
	}
	slot := w.launch(n.id, r.Client, consensus.KindReply, flags, 0)
	f := &w.flights[slot]
	f.data = appendReply(f.data, r)
	w.depart(slot, uint32(consensus.Hash(f.data)))
}

// A request on the network is its number, four bytes little-endian, and the command.
func appendRequest(b []byte, seq uint32, command []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, seq), command...)
}

func openRequest(b []byte) (seq uint32, command []byte) {
	return binary.LittleEndian.Uint32(b), b[4:]
}

// A reply is the request's number, the status, the leader and the result.
func appendReply(b []byte, r *consensus.Reply) []byte {
	b = binary.LittleEndian.AppendUint32(b, r.Seq)
	return append(append(b, byte(r.Status), byte(r.Leader)), r.Result...)
}

func openReply(b []byte) (seq uint32, status consensus.Status, leader consensus.NodeID, result []byte) {
	return binary.LittleEndian.Uint32(b), consensus.Status(b[4]), consensus.NodeID(b[5]), b[6:]
}

// DescribeClient returns the fields of a request or reply as people read them; it is
// for messages of the kinds KindRequest and KindReply what Algorithm.Describe is for
// an engine's own.
func DescribeClient(m consensus.Message) []consensus.Field {
	number := func(seq uint32) string { return strconv.FormatUint(uint64(seq), 10) }
	switch {
	case m.Kind == consensus.KindRequest && len(m.Data) >= 4:
		seq, command := openRequest(m.Data)
		return []consensus.Field{
			{Name: "client", Value: m.From.String()}, {Name: "number", Value: number(seq)},
			{Name: "command", Value: string(command)},
		}
	case m.Kind == consensus.KindReply && len(m.Data) >= 6:
		seq, status, leader, result := openReply(m.Data)
		f := []consensus.Field{
			{Name: "client", Value: m.To.String()}, {Name: "number", Value: number(seq)},
			{Name: "status", Value: status.String()},
		}
		if status == consensus.StatusDone {
			return append(f, consensus.Field{Name: "result", Value: string(result)})
		}
		return append(f, consensus.Field{Name: "leader", Value: leader.String()})
	}
	return []consensus.Field{{Name: "data", Value: "not a client's message"}}
}

// load is the built-in load: it gives idle clients commands at an even pace.
type load struct {
	next  consensus.Time // when the next command is due
	key   uint32         // of the queue; 0: no load, or it waits
	waits bool           // a command was due and every client was busy
	count uint32         // commands so far
}

// openLoad begins, changes or ends the load after dial Pace was set.
func (w *World) openLoad() {
	w.load.key, w.load.waits = 0, false
	if every := w.pace(); every > 0 && len(w.clients) > 0 {
		w.load.next = w.now + every
		w.load.key = w.queue.push(w.load.next, refLoad)
	}
}

// pace returns the time between two commands of the load, 0 when there is none.
func (w *World) pace() consensus.Duration {
	if p := w.sheets[sheetNodes].dials[scenario.Pace]; p > 0 {
		return max(consensus.Duration(1000*int64(consensus.Second)/p), 1)
	}
	return 0
}

// tick is the moment of a command of the load.
func (w *World) tick() {
	w.load.key = 0
	for i := range w.clients {
		c := &w.clients[(i+int(w.load.count))%len(w.clients)]
		if !c.busy {
			w.burden(c)
			return
		}
	}
	w.load.waits = true
}

// idle gives a client that has nothing to do a command that is overdue.
func (w *World) idle(c *client) {
	if w.load.waits {
		w.load.waits = false
		w.burden(c)
	}
}

// burden gives an idle client the next command of the load.
func (w *World) burden(c *client) {
	w.load.count++
	w.load.next = max(w.load.next+w.pace(), w.now)
	w.load.key = w.queue.push(w.load.next, refLoad)
	draw := consensus.Mix(w.seeds.load ^ uint64(w.load.count))
	command := w.config.Load
	if command == nil {
		command = KVLoad
	}
	w.scratch = command(w.scratch[:0], w.load.count, draw)
	w.want(c, wish{command: w.text(w.scratch)})
}

// KVLoad is the load for a key-value store: two sets, each of a value never set
// before, to one get, of four keys.
func KVLoad(b []byte, n uint32, draw uint64) []byte {
	name := "abcd"[draw&3]
	if draw>>2%3 == 0 {
		return append(append(b, "get "...), name)
	}
	b = append(append(append(b, "set "...), name), ' ')
	return strconv.AppendUint(b, uint64(n), 10)
}
