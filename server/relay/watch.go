package relay

import (
	"time"

	"github.com/coder/websocket"
)

// watch looks at all connections again and again, until the relay stops.
func (r *Relay) watch() {
	l := &r.c.Limits
	// As often as the shortest of the limits asks for, and seldom enough to cost nothing.
	every := max(min(l.Idle, l.WriteWithin)/4, 10*time.Millisecond)
	ticks := time.NewTicker(min(every, time.Second))
	defer ticks.Stop()
	var all []*conn
	for {
		select {
		case <-r.quit:
			return
		case <-ticks.C:
		}
		clear(all)
		all = all[:0]
		r.mu.Lock()
		for c := range r.conns {
			all = append(all, c)
		}
		r.mu.Unlock()
		now := r.now()
		for _, c := range all {
			c.check(now)
		}
	}
}

// dropped tells of a connection that is ended because it does not keep up.
func (r *Relay) dropped(c *conn, why string) {
	r.metrics.dropped.Inc()
	r.c.Log.Info("connection dropped", "room", name(c.host.id), "client", c.client, "why", why)
}

// closing tells of a connection that is ended by the relay.
func (r *Relay) closing(c *conn, e ending) {
	r.metrics.closed(e.code)
	room := ""
	if c.host != nil {
		room = name(c.host.id)
	}
	if e.code != int(websocket.StatusNormalClosure) && e.code != int(websocket.StatusServiceRestart) {
		r.c.Log.Info("connection ended", "room", room, "client", c.client, "code", e.code, "why", e.why)
	}
}
