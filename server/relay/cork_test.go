package relay

import (
	"net"
	"strings"
	"sync"
	"testing"
)

// slowConn takes what is written when it is allowed to.
type slowConn struct {
	net.Conn
	mu    sync.Mutex
	took  []string
	begun chan bool // a write has begun; nil: nobody waits for that
	let   chan bool
}

func (s *slowConn) Write(b []byte) (int, error) {
	if s.begun != nil {
		s.begun <- true
		<-s.let
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = append(s.took, string(b))
	return len(b), nil
}

// TestCork gathers writes, and lets others write while what was gathered is under way:
// nobody waits, all of it arrives, and in order.
func TestCork(t *testing.T) {
	s := &slowConn{}
	c := &corked{Conn: s}
	say := func(words ...string) {
		t.Helper()
		for _, w := range words {
			if n, err := c.Write([]byte(w)); n != len(w) || err != nil {
				t.Fatal(n, err)
			}
		}
	}
	say("a")
	c.cork()
	say("b", "c")
	if c.full() {
		t.Error("two bytes are enough")
	}
	if err := c.flush(); err != nil {
		t.Fatal(err)
	}
	say("d", strings.Repeat("e", corkMax))
	if !c.full() {
		t.Error("32 kB are not enough")
	}
	s.begun, s.let = make(chan bool), make(chan bool)
	done := make(chan error)
	go func() { done <- c.uncork() }()
	<-s.begun
	say("f") // at once, though a write is under way
	s.let <- true
	<-s.begun
	s.let <- true
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s.begun = nil
	say("g")
	want := []string{"a", "bc", "d" + strings.Repeat("e", corkMax), "f", "g"}
	if len(s.took) != len(want) || strings.Join(s.took, "") != strings.Join(want, "") {
		t.Errorf("%d writes, want %d", len(s.took), len(want))
	}
}
