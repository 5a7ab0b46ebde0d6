package relay

import (
	"net"
	"sync"
)

// corkMax is how many bytes are gathered before they are written all the same.
const corkMax = 32 << 10

// corked is the connection below a socket. The frames that one room has for it at once
// leave in one system call: while it is corked, what is written is gathered. The socket's
// other writers (who answers a ping) never wait for a write that is under way.
type corked struct {
	net.Conn

	mu      sync.Mutex
	on      bool   // by cork, until uncork has written all
	pending []byte // what was gathered
	spare   []byte
}

// Write writes b, or gathers it.
func (c *corked) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.on {
		c.pending = append(c.pending, b...)
		c.mu.Unlock()
		return len(b), nil
	}
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// cork begins to gather.
func (c *corked) cork() {
	c.mu.Lock()
	c.on = true
	c.mu.Unlock()
}

// full reports whether enough is gathered to be written.
func (c *corked) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending) >= corkMax
}

// flush writes what is gathered; then more is gathered.
func (c *corked) flush() error {
	c.mu.Lock()
	b := c.pending
	c.pending, c.spare = c.spare[:0], nil
	c.mu.Unlock()
	_, err := c.Conn.Write(b)
	c.mu.Lock()
	if cap(b) <= 2*corkMax {
		c.spare = b
	}
	c.mu.Unlock()
	return err
}

// uncork writes what is gathered, and ends the gathering.
func (c *corked) uncork() error {
	for {
		c.mu.Lock()
		if len(c.pending) == 0 {
			c.on, c.pending, c.spare = false, nil, nil // an idle connection holds no buffers
			c.mu.Unlock()
			return nil
		}
		c.mu.Unlock()
		if err := c.flush(); err != nil {
			return err
		}
	}
}
