package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"parley/consensus/hosting"
	"parley/server/room"
)

// conn is one socket. A goroutine reads it and another one writes it; nobody else ever
// waits for it.
type conn struct {
	relay  *Relay
	ws     *websocket.Conn
	raw    *corked // below ws: what is done to it, ws notices
	client string
	host   *host          // nil: it did not come in
	peer   room.Peer      // the host's goroutine alone
	side   sync.WaitGroup // what the watchdog tells the room

	mu    sync.Mutex
	queue []sending
	bytes int     // of frames that are not written yet
	over  *ending // set once: how it ends, when the queue is empty
	done  bool    // nothing is done aside any more
	wake  chan struct{}

	ends    atomic.Bool // over is set
	dropped atomic.Bool // and what is queued is not written any more
	// Moments, 0 for never.
	begun atomic.Int64 // the write that is under way began
	heard atomic.Int64 // the last message came
	said  atomic.Int64 // the last frame was written
}

// sending is one frame in a queue.
type sending struct {
	frame []byte
	more  bool // the room wants to know when it is written
	text  bool
}

// pong answers a ping.
var pong = sending{frame: []byte(hosting.Pong), text: true}

func (s *sending) kind() websocket.MessageType {
	if s.text {
		return websocket.MessageText
	}
	return websocket.MessageBinary
}

// socketBuffer is how many bytes of a connection the kernel may hold for it: enough for 2 MB
// a second to somebody who is a tenth of a second away.
const socketBuffer = 256 << 10

func newConn(r *Relay, ws *websocket.Conn, raw *corked, client string) *conn {
	c := &conn{relay: r, ws: ws, raw: raw, client: client, wake: make(chan struct{}, 1)}
	now := int64(r.now())
	for _, at := range []*atomic.Int64{&c.heard, &c.said} {
		at.Store(now)
	}
	ws.SetReadLimit(int64(r.c.Limits.FrameMax))
	if tcp, ok := raw.Conn.(*net.TCPConn); ok {
		// What one who does not read costs the kernel too is bounded.
		_ = tcp.SetWriteBuffer(socketBuffer)
	}
	return c
}

// serve carries the connection to its end.
func (c *conn) serve() {
	defer c.relay.ended.Done()
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write()
	}()
	c.host.post(letter{what: letterCome, conn: c})
	c.host.post(letter{what: c.read(), conn: c})
	c.end(ending{}) // there is nobody to tell
	<-written
	c.mu.Lock()
	c.done = true
	c.mu.Unlock()
	c.side.Wait()
	c.relay.leave(c)
}

// aside does something beside, which serve waits for; nothing if serve is about to return.
func (c *conn) aside(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.done {
		c.side.Go(f)
	}
}

// send puts a frame into the queue. It returns false if the queue is full.
func (c *conn) send(s sending) bool {
	l := &c.relay.c.Limits
	c.mu.Lock()
	if c.over != nil { // it is on its way out
		c.mu.Unlock()
		return true
	}
	// One frame always has room, however large.
	if n := len(c.queue); n >= l.QueueFrames || c.bytes > 0 && c.bytes+len(s.frame) > l.QueueBytes {
		c.mu.Unlock()
		return false
	}
	c.queue = append(c.queue, s)
	c.bytes += len(s.frame)
	c.mu.Unlock()
	c.nudge()
	return true
}

// end closes the connection when its queue is written. Only the first call counts.
func (c *conn) end(e ending) { c.finish(e, false) }

// drop closes the connection and forgets its queue.
func (c *conn) drop(e ending) { c.finish(e, true) }

func (c *conn) finish(e ending, drop bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over != nil {
		return
	}
	if drop {
		c.queue = nil
		c.dropped.Store(true)
	}
	c.over = &e
	c.ends.Store(true)
	if e.code == 0 {
		_ = c.raw.Close()
	} else {
		c.relay.closing(c, e)
		// Whoever takes nothing any more does not hold the writer for longer.
		_ = c.raw.SetWriteDeadline(time.Now().Add(c.relay.c.Limits.CloseWithin))
	}
	c.nudge()
}

func (c *conn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write writes what is in the queue until the connection ends.
func (c *conn) write() {
	defer func() { _ = c.ws.CloseNow() }()
	var batch []sending
	for {
		c.mu.Lock()
		clear(batch)
		batch, c.queue = c.queue, batch[:0]
		over := c.over
		c.mu.Unlock()
		if !c.writeAll(batch) {
			_ = c.raw.Close()
			return
		}
		switch {
		case len(batch) > 0: // there may be more by now
		case over != nil:
			c.farewell(*over)
			return
		default:
			<-c.wake
		}
	}
}

// writeAll writes frames, several in one go. It returns false if the connection is broken.
// There is no deadline: the watchdog ends a connection whose write takes too long.
func (c *conn) writeAll(batch []sending) bool {
	if len(batch) == 0 {
		return true
	}
	several := len(batch) > 1
	if several {
		c.raw.cork()
	}
	bytes := 0
	for i := range batch {
		if c.dropped.Load() {
			break // what is not under way yet is forgotten
		}
		s := &batch[i]
		bytes += len(s.frame)
		if s.frame != nil {
			c.begun.Store(int64(c.relay.now()))
			err := c.ws.Write(context.Background(), s.kind(), s.frame)
			if err == nil && several && (s.more || c.raw.full()) {
				err = c.raw.flush()
			}
			if err != nil {
				return false
			}
		}
		if s.more {
			c.host.post(letter{what: letterDrained, conn: c})
		}
	}
	if several && c.raw.uncork() != nil {
		return false
	}
	c.said.Store(int64(c.relay.now()))
	c.begun.Store(0)
	c.relay.metrics.sent(len(batch), bytes)
	c.mu.Lock()
	c.bytes -= bytes
	c.mu.Unlock()
	return true
}

// farewell says why the connection ends, and waits a little for the answer: one that is
// cut at once may not get to know.
func (c *conn) farewell(e ending) {
	if e.code != 0 {
		_ = c.raw.SetDeadline(time.Now().Add(c.relay.c.Limits.CloseWithin))
		_ = c.ws.Close(websocket.StatusCode(e.code), short(e.why))
	}
	_ = c.raw.Close()
}

// reasonMax is the largest size of a reason in a close frame (RFC 6455, section 5.5).
const reasonMax = 123

// short cuts a reason where it becomes too long.
func short(why string) string {
	if len(why) <= reasonMax {
		return why
	}
	n := reasonMax
	for n > 0 && !utf8.RuneStart(why[n]) {
		n--
	}
	return why[:n]
}

// read hands what comes to the room, until nothing can come any more; it returns how that
// was.
func (c *conn) read() letterKind {
	for {
		kind, reader, err := c.ws.Reader(context.Background())
		var b []byte
		if err == nil {
			b, err = readAll(reader)
		}
		switch code := websocket.CloseStatus(err); {
		case code == websocket.StatusNormalClosure || code == websocket.StatusGoingAway:
			return letterClosed
		case errors.Is(err, websocket.ErrMessageTooBig):
			// The farewell reads the rest of it: what is not read would destroy it.
			c.drop(ending{int(websocket.StatusMessageTooBig), "A frame was too large."})
			return letterLost
		case err != nil:
			return letterLost
		}
		if c.ends.Load() { // what one who is sent away says does not count
			free(b)
			continue
		}
		c.heard.Store(int64(c.relay.now()))
		c.relay.metrics.received(len(b))
		if kind == websocket.MessageText {
			if string(b) == hosting.Ping {
				free(b)
				c.send(pong) // for which there is no room if much waits already, and that shows as well
				c.host.post(letter{what: letterPing, conn: c})
				continue
			}
			c.drop(ending{hosting.CloseMalformed, "A frame was text, and those of a room are binary."})
			continue
		}
		c.host.post(letter{what: letterFrame, conn: c, data: b})
	}
}

// tooSlow is how those end who do not read what they are sent.
var tooSlow = ending{int(websocket.StatusTryAgainLater), "The connection was too slow for what the room had to tell."}

// check is the watchdog's look at the connection.
func (c *conn) check(now room.Moment) {
	l := &c.relay.c.Limits
	since := func(at *atomic.Int64) time.Duration { return time.Duration(int64(now) - at.Load()) }
	switch {
	case c.ends.Load():
	case c.begun.Load() != 0 && since(&c.begun) > l.WriteWithin:
		c.relay.dropped(c, "it takes nothing")
		c.drop(tooSlow)
		c.lost()
	case min(since(&c.heard), since(&c.said)) > l.Idle:
		c.end(ending{hosting.CloseIdle, "Nothing has happened for long."})
		c.lost()
	}
}

// lost tells the room that the connection is as good as gone, while its farewell takes its
// time. The watchdog does not wait for the room.
func (c *conn) lost() {
	c.aside(func() { c.host.post(letter{what: letterLost, conn: c}) })
}

// buffers are those of messages that have been read; see free.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// bufferSize is enough for nearly all messages.
const bufferSize = 1 << 10

// readAll reads a message, into a buffer that was used before if it is small.
func readAll(r io.Reader) ([]byte, error) {
	b := buffers.Get().(*[bufferSize]byte)[:0]
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			free(b)
			return nil, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}

// free gives back the buffer of a message that nobody needs any more.
func free(b []byte) {
	if cap(b) == bufferSize {
		buffers.Put((*[bufferSize]byte)(b[:bufferSize]))
	}
}
