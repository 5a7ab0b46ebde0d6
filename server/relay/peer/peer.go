// Package peer holds other relays for the bench of ours to stand beside: the same fan-out
// on other libraries, each as its own examples do it. Rooms without rules, stores, limits
// and figures: what one sends, all in the room get. The project itself does not use it.
package peer

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/lxzan/gws"
)

// writeWithin is how long a frame may take to be written.
const writeWithin = 10 * time.Second

// queueMax is how many frames wait for one connection before it is dropped.
const queueMax = 1024

// Gorilla answers with a room for each path: a goroutine a room, and two a connection with
// a channel between.
func Gorilla() http.Handler {
	rooms := map[string]*hub{}
	var mu sync.Mutex
	upgrader := websocket.Upgrader{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		mu.Lock()
		h := rooms[r.URL.Path]
		if h == nil {
			h = &hub{come: make(chan *member), gone: make(chan *member), say: make(chan []byte, 256)}
			rooms[r.URL.Path] = h
			go h.run()
		}
		mu.Unlock()
		m := &member{ws: ws, send: make(chan *websocket.PreparedMessage, queueMax)}
		h.come <- m
		go m.write()
		go m.read(h)
	})
}

type hub struct {
	come, gone chan *member
	say        chan []byte
}

type member struct {
	ws   *websocket.Conn
	send chan *websocket.PreparedMessage
}

func (h *hub) run() {
	members := map[*member]bool{}
	for {
		select {
		case m := <-h.come:
			members[m] = true
		case m := <-h.gone:
			if members[m] {
				delete(members, m)
				close(m.send)
			}
		case b := <-h.say:
			p, err := websocket.NewPreparedMessage(websocket.BinaryMessage, b)
			if err != nil {
				continue
			}
			for m := range members {
				select {
				case m.send <- p:
				default:
					delete(members, m)
					close(m.send)
				}
			}
		}
	}
}

func (m *member) write() {
	defer func() { _ = m.ws.Close() }()
	for p := range m.send {
		_ = m.ws.SetWriteDeadline(time.Now().Add(writeWithin))
		if m.ws.WritePreparedMessage(p) != nil {
			return
		}
	}
}

func (m *member) read(h *hub) {
	defer func() { h.gone <- m }()
	for {
		_, b, err := m.ws.ReadMessage()
		if err != nil {
			return
		}
		h.say <- b
	}
}

// Gws answers with a room for each path: a lock a room, and the library's own queue for
// each connection.
func Gws() http.Handler {
	e := &events{rooms: map[string]*crowd{}}
	upgrader := gws.NewUpgrader(e, &gws.ServerOption{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r)
		if err != nil {
			return
		}
		e.mu.Lock()
		c := e.rooms[r.URL.Path]
		if c == nil {
			c = &crowd{}
			e.rooms[r.URL.Path] = c
		}
		e.mu.Unlock()
		c.mu.Lock()
		c.members = append(c.members, ws)
		c.mu.Unlock()
		ws.Session().Store("crowd", c)
		go ws.ReadLoop()
	})
}

type crowd struct {
	mu      sync.Mutex
	members []*gws.Conn
}

type events struct {
	gws.BuiltinEventHandler
	mu    sync.Mutex
	rooms map[string]*crowd
}

func crowdOf(ws *gws.Conn) *crowd {
	c, _ := ws.Session().Load("crowd")
	return c.(*crowd)
}

// OnClose takes a connection out of its room.
func (e *events) OnClose(ws *gws.Conn, _ error) {
	c := crowdOf(ws)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members = slices.DeleteFunc(c.members, func(m *gws.Conn) bool { return m == ws })
}

// OnMessage hands a message to all in the room.
func (e *events) OnMessage(ws *gws.Conn, message *gws.Message) {
	defer func() { _ = message.Close() }()
	c := crowdOf(ws)
	b := gws.NewBroadcaster(gws.OpcodeBinary, message.Bytes())
	defer func() { _ = b.Close() }()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.members {
		_ = b.Broadcast(m)
	}
}
