package relay

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"parley/consensus/hosting"
	"parley/server/door"
	"parley/server/room"
)

// socket answers GET /rooms/ID/socket. Who may not come in is told so in a close code
// wherever possible: a page cannot read the status of a refused upgrade.
func (r *Relay) socket(w http.ResponseWriter, q *http.Request) {
	if !strings.EqualFold(q.Header.Get("Upgrade"), "websocket") {
		door.NoSocket(w, q)
		return
	}
	if !room.Admits(q.Header.Get("Origin"), q.Host, r.c.Origins) {
		r.metrics.refused.Inc()
		door.Stranger(w, q)
		return
	}
	keep := &keeper{ResponseWriter: w}
	ws, err := websocket.Accept(keep, q, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // Admits has verified the origin
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // and it was answered
	}
	c := newConn(r, ws, keep.conn, r.c.Client(q))
	id := q.PathValue("id")
	err = ErrNone
	if room.ValidID(id) {
		err = r.join(c, id)
	}
	if err != nil {
		c.farewell(r.refuse(c, err))
		return
	}
	go c.serve() // and what the HTTP server held for this connection is free
}

// refuse says why a connection does not come in.
func (r *Relay) refuse(c *conn, err error) (e ending) {
	switch {
	case errors.Is(err, ErrNone):
		e = ending{hosting.CloseNoRoom, "There is no such room. It has ended, nobody was in it for long, or its address was mistyped."}
	case errors.Is(err, errStopping):
		e = ending{int(websocket.StatusServiceRestart), "The relay restarts. The room goes on when it is back."}
	case errors.Is(err, errFull):
		e = ending{int(websocket.StatusTryAgainLater), "There are as many connections here as there may be."}
	case errors.Is(err, errClient):
		e = ending{int(websocket.StatusTryAgainLater), "There are as many connections from your network as there may be."}
	default:
		r.c.Log.Error("a room cannot be looked up", "error", err)
		e = ending{int(websocket.StatusInternalError), "The room could not be looked up, by no fault of yours."}
	}
	r.closing(c, e)
	return e
}

// keeper keeps the connection that is handed over.
type keeper struct {
	http.ResponseWriter
	conn *corked
}

// Hijack hands the connection over.
func (k *keeper) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, b, err := http.NewResponseController(k.ResponseWriter).Hijack()
	if err != nil {
		return c, b, err
	}
	k.conn = &corked{Conn: c}
	b.Writer.Reset(k.conn)
	return k.conn, b, nil
}

// Unwrap returns the writer inside, for http.ResponseController.
func (k *keeper) Unwrap() http.ResponseWriter { return k.ResponseWriter }
