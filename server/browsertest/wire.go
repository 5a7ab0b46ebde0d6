package browsertest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// wire is an address of its own for a server, so that what is opened there is to the browser
// a site of its own, as on a device of its own: and it can be cut.
type wire struct {
	Server *Server // with the wire's address

	mu     sync.Mutex
	to     string // host and port
	conns  map[net.Conn]bool
	broken bool
}

// newWire lays a wire to a server. It ends with the test.
func newWire(t testing.TB, s *Server) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Server: &Server{URL: "http://" + l.Addr().String()}, conns: map[net.Conn]bool{}}
	w.lead(s)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		w.cut(true)
	})
	return w
}

// lead leads the wire to another server.
func (w *wire) lead(s *Server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = s.URL[len("http://"):]
}

func (w *wire) carry(c net.Conn) {
	w.mu.Lock()
	to, broken := w.to, w.broken
	w.mu.Unlock()
	if broken {
		_ = c.Close()
		return
	}
	s, err := net.Dial("tcp", to)
	if err != nil {
		_ = c.Close()
		return
	}
	if !w.add(c, s) {
		return
	}
	go func() {
		_, _ = io.Copy(s, c)
		_ = s.Close()
		_ = c.Close()
	}()
	_, _ = io.Copy(c, s)
	_ = s.Close()
	_ = c.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, c)
	delete(w.conns, s)
}

func (w *wire) add(list ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range list {
		if w.broken {
			_ = c.Close()
		}
		w.conns[c] = true
	}
	return !w.broken
}

// cut ends all connections; broken: and lets none through any more.
func (w *wire) cut(broken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = broken
	for c := range w.conns {
		_ = c.Close()
	}
}

// mend lets connections through again.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = false
}
