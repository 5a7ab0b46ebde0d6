package relay

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"parley/consensus/hosting"
	"parley/server/room"
)

// rules is a room as its host sees it: *room.Room.
type rules interface {
	Connect(now room.Moment, p room.Peer)
	Receive(now room.Moment, p room.Peer, b []byte)
	Heard(now room.Moment, p room.Peer, at room.Moment)
	Drained(now room.Moment, p room.Peer)
	Disconnect(now room.Moment, p room.Peer, orderly bool)
	Tick(now room.Moment)
	Next() (room.Moment, bool)
	Unsaved() []byte
	Stop(now room.Moment) []byte
	Outs() []room.Out
	Stats() room.Stats
	Over(now room.Moment) bool
	About() room.About
}

// host runs one room that is awake.
type host struct {
	id    string
	relay *Relay
	mail  chan letter
	poke  chan struct{} // something of the relay's has changed: refs, stopping
	stats atomic.Pointer[room.Stats]

	refs int // connections that hold it; of Relay.mu

	// What follows is the goroutine's alone.
	rules rules
	about room.About
	peers map[room.Peer]*conn
	next  room.Peer // name of the next connection
	// ended is why new connections are sent away at once; nil while the room is in order.
	ended *ending
	alone time.Time // since when nobody is there; zero: somebody is
	told  time.Time // when stats were last given out
}

// ending is how a connection ends.
type ending struct {
	code int
	why  string
}

// mailMax is how many letters wait for a room before those who write more are held up.
const mailMax = 256

// batchMax is how many letters a room reads before it answers.
const batchMax = 64

// letter is one thing that happened to a connection.
type letter struct {
	what letterKind
	conn *conn
	data []byte // of letterFrame
}

type letterKind uint8

const (
	letterCome    letterKind = iota // a connection is there
	letterFrame                     // it sent a message
	letterPing                      // it sent a ping, and was answered
	letterDrained                   // what was marked with More is written
	letterLost                      // it broke
	letterClosed                    // it was closed by the other side, in order
)

func newHost(r *Relay, id string) *host {
	return &host{
		id: id, relay: r, mail: make(chan letter, mailMax), poke: make(chan struct{}, 1),
		peers: map[room.Peer]*conn{}, alone: time.Now(),
	}
}

func (h *host) use(r rules) {
	h.rules = r
	h.about = r.About()
}

// post puts a letter into the mailbox. Who posts holds the room awake, so somebody reads.
func (h *host) post(l letter) { h.mail <- l }

// nudge has the host look at the relay.
func (h *host) nudge() {
	select {
	case h.poke <- struct{}{}:
	default:
	}
}

// run hosts the room until it is over, sleeps or the relay stops.
func (h *host) run() {
	if h.rules == nil {
		h.wake()
	}
	h.guard(h.settle)
	clock := time.NewTimer(h.wait())
	defer clock.Stop()
	for {
		select {
		case l := <-h.mail:
			h.guard(func() { h.read(l) })
		case <-clock.C:
		case <-h.poke:
		}
		h.guard(h.settle)
		if h.leaves() {
			return
		}
		clock.Reset(h.wait())
	}
}

// guard carries on when the rules of the room panic: that is a mistake of ours, and ends
// this room's connections and no others. The room is restored from what was stored last.
func (h *host) guard(act func()) {
	defer func() {
		if p := recover(); p != nil {
			h.relay.metrics.panics.Inc()
			h.relay.c.Log.Error("a room has failed", "room", name(h.id), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			h.end(ending{int(websocket.StatusInternalError), "The room has failed, by no fault of yours. It is put in order again."})
		}
	}()
	act()
}

// wake restores the room from the store.
func (h *host) wake() {
	h.relay.restore <- struct{}{} // not all at once: it is work for the processor
	defer func() { <-h.relay.restore }()
	begun := time.Now()
	e, err := h.relay.c.Store.Load(h.id)
	if err == nil {
		var r rules
		h.guard(func() { r, err = h.relay.make.restore(h.relay.rooms, h.id, e.Record, h.relay.now()) })
		if err == nil && r != nil {
			h.use(r)
			h.relay.metrics.restored.Inc()
			h.relay.c.Log.Info("room restored", "room", name(h.id), "events", r.Stats().Events, "took", time.Since(begun).Round(time.Millisecond))
			return
		}
	}
	switch {
	case h.ended != nil: // it panicked
	case errors.Is(err, ErrNone):
		h.end(ending{hosting.CloseNoRoom, "There is no such room any more."})
	default:
		h.relay.c.Log.Error("a room cannot be restored", "room", name(h.id), "error", err)
		h.end(ending{hosting.CloseNoRoom, "This room was made by another version of Parley and cannot go on."})
	}
}

// wait is how long nothing has to be done unless something comes.
func (h *host) wait() time.Duration {
	wait := time.Hour
	if h.ended != nil {
		return wait
	}
	if at, ok := h.rules.Next(); ok {
		wait = min(wait, time.Duration(at-h.relay.now()))
	}
	if !h.alone.IsZero() {
		wait = min(wait, time.Until(h.alone.Add(h.relay.c.Limits.Sleep)))
	}
	return max(wait, 0)
}

// read takes a letter, and what has come since.
func (h *host) read(l letter) {
	for n := 1; ; n++ {
		h.take(l)
		if n == batchMax {
			return
		}
		select {
		case l = <-h.mail:
		default:
			return
		}
	}
}

func (h *host) take(l letter) {
	now := h.relay.now()
	c := l.conn
	if l.what == letterCome {
		if h.ended != nil {
			c.end(*h.ended)
			return
		}
		h.next++
		c.peer = h.next
		h.peers[c.peer] = c
		h.alone = time.Time{}
		h.rules.Connect(now, c.peer)
		return
	}
	if h.ended != nil || h.peers[c.peer] != c { // it was sent away; what it says does not count
		return
	}
	switch l.what {
	case letterFrame:
		h.rules.Receive(now, c.peer, l.data)
		free(l.data)
	case letterPing:
		h.rules.Heard(now, c.peer, now)
	case letterDrained:
		h.rules.Drained(now, c.peer)
	case letterLost, letterClosed:
		h.remove(c)
		h.rules.Disconnect(now, c.peer, l.what == letterClosed)
	}
}

// remove forgets a connection.
func (h *host) remove(c *conn) {
	delete(h.peers, c.peer)
	if len(h.peers) == 0 {
		h.alone = time.Now()
	}
}

// settle lets the rules do what is due, stores the room if it asks for that, and then
// hands out what follows.
func (h *host) settle() {
	for h.ended == nil {
		now := h.relay.now()
		if at, ok := h.rules.Next(); ok && at <= now {
			h.rules.Tick(now)
		}
		if record := h.rules.Unsaved(); record != nil {
			if err := h.save(record); err != nil {
				// What follows must not be shown: it would not be true after a restart.
				h.relay.c.Log.Error("a room cannot be stored", "room", name(h.id), "error", err)
				h.end(ending{int(websocket.StatusInternalError), "The room cannot be stored, by no fault of yours. It goes on from what was stored last."})
				return
			}
		}
		if h.send(h.rules.Outs()) {
			break
		}
	}
	if h.ended != nil {
		return
	}
	if h.rules.Over(h.relay.now()) {
		h.close()
		return
	}
	if time.Since(h.told) > time.Second || len(h.peers) == 0 {
		h.tell()
	}
}

// send hands frames to connections. It returns false if some of them could not take them:
// then the rules have been told, and something may follow.
func (h *host) send(outs []room.Out) bool {
	all := true
	for i := range outs {
		o := &outs[i]
		c := h.peers[o.Peer]
		if c == nil {
			continue
		}
		if o.Frame != nil || o.More {
			if !c.send(sending{frame: o.Frame, more: o.More}) {
				h.relay.dropped(c, "slow")
				c.drop(tooSlow)
				h.remove(c)
				h.rules.Disconnect(h.relay.now(), c.peer, false)
				all = false
				continue
			}
		}
		if o.Close != 0 {
			h.remove(c)
			c.end(ending{o.Close, o.Why})
		}
	}
	return all
}

// save stores a record of the room. It returns when that is safe.
func (h *host) save(record []byte) error {
	begun := time.Now()
	err := h.relay.c.Store.Save(h.id, Entry{Saved: begun, About: h.about, Record: record})
	h.relay.metrics.saved.UpdateDuration(begun)
	return err
}

// close removes a room that is over from the store, and sends away who is left.
func (h *host) close() {
	h.tell()
	if err := h.relay.c.Store.Remove(h.id); err != nil {
		h.relay.c.Log.Error("a room cannot be removed", "room", name(h.id), "error", err)
	} else {
		h.relay.forget(1)
	}
	h.relay.metrics.over.Inc()
	h.relay.c.Log.Info("room ended", "room", name(h.id), "events", h.rules.Stats().Events)
	h.end(ending{hosting.CloseNoRoom, "There is no such room any more."})
}

// end sends everybody away, and whoever is on the way in. Who comes from now on finds the
// room as it is in the store.
func (h *host) end(e ending) {
	if h.ended != nil {
		return
	}
	h.ended = &e
	h.relay.mu.Lock()
	if h.relay.awake[h.id] == h {
		delete(h.relay.awake, h.id)
	}
	h.relay.mu.Unlock()
	for _, c := range h.peers {
		c.end(e)
	}
	clear(h.peers)
	h.stats.Store(nil)
}

// tell gives out how the room is, for the metrics.
func (h *host) tell() {
	s := h.rules.Stats()
	h.relay.metrics.work(h.stats.Swap(&s), &s)
	h.told = time.Now()
}

// leaves reports whether the host has nothing left to do. It puts the room to sleep when
// it is time for that.
func (h *host) leaves() bool {
	r := h.relay
	r.mu.Lock()
	stopping, idle := r.stopping, h.refs == 0
	r.mu.Unlock()
	if h.ended == nil {
		switch {
		case stopping:
			h.sleep(ending{int(websocket.StatusServiceRestart), "The relay restarts. The room goes on when it is back."})
		case idle && !h.alone.IsZero() && time.Since(h.alone) >= r.c.Limits.Sleep:
			// Who comes before it is stored is sent away, and comes back.
			h.sleep(ending{int(websocket.StatusServiceRestart), "The room was about to sleep. It goes on at once."})
		default:
			return false
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return h.refs == 0 // else somebody is still on the way out, or in
}

// sleep stores the room for the last time and sends everybody away.
func (h *host) sleep(e ending) {
	h.guard(func() {
		if record := h.rules.Stop(h.relay.now()); record != nil {
			if err := h.save(record); err != nil {
				h.relay.c.Log.Error("a room cannot be stored", "room", name(h.id), "error", err)
			}
		}
		h.tell()
		h.relay.c.Log.Info("room stored", "room", name(h.id), "events", h.rules.Stats().Events)
	})
	h.end(e)
}
