package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"parley/consensus/registry"
	"parley/server/door"
	"parley/server/room"
	"parley/server/visitor"
)

// Config is what a Relay is made of.
type Config struct {
	// Store keeps the rooms; nil: memory, which forgets them when the program ends.
	Store Store
	// Limits bound what it bears.
	Limits Limits
	// Origins are those of other sites whose pages may come in, "https://example.org".
	// Pages of this site always may, and programs, which send no Origin.
	Origins []string
	// Client names who asks, for Limits.Client; nil: by the connection's address.
	Client func(*http.Request) string
	// Log is told what happens to rooms, and why connections were ended; nil: nobody is.
	Log *slog.Logger
}

// Relay hosts rooms until it is stopped. It is safe for concurrent use.
type Relay struct {
	c       Config
	rooms   room.Config
	make    maker
	start   time.Time
	metrics *meters
	restore chan struct{} // a token for each room that is being restored
	ended   sync.WaitGroup
	quit    chan struct{} // ends the watchdog

	mu       sync.Mutex
	awake    map[string]*host
	kept     int // rooms in the store, and those that are about to be
	conns    map[*conn]struct{}
	clients  map[string]int // connections of each
	stopping bool
}

// maker makes rooms. Tests put others in the place of package room's.
type maker struct {
	fresh   func(c room.Config, id, script, token string, now room.Moment) (rules, error)
	restore func(c room.Config, id string, record []byte, now room.Moment) (rules, error)
}

// New starts a relay. The error says what is wrong with its store.
func New(c Config) (*Relay, error) {
	if c.Store == nil {
		c.Store = new(Memory)
	}
	if c.Client == nil {
		c.Client = visitor.ByConnection
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Limits = c.Limits.orDefault()
	r := &Relay{
		c: c, start: time.Now(), awake: map[string]*host{}, conns: map[*conn]struct{}{}, clients: map[string]int{},
		restore: make(chan struct{}, runtime.GOMAXPROCS(0)), quit: make(chan struct{}),
		rooms: room.Config{
			Known: registry.Known(), World: registry.Config, Limits: c.Limits.Room,
			Draw: func(b []byte) { _, _ = rand.Read(b) }, // it does not fail (crypto/rand)
		},
		make: maker{
			fresh: func(c room.Config, id, script, token string, now room.Moment) (rules, error) {
				return room.New(c, id, script, token, now)
			},
			restore: func(c room.Config, id string, record []byte, now room.Moment) (rules, error) {
				return room.Restore(c, id, record, now)
			},
		},
	}
	var err error
	if r.kept, err = c.Store.Count(); err != nil {
		return nil, fmt.Errorf("cannot count the rooms: %w", err)
	}
	r.metrics = newMeters(r)
	r.ended.Go(r.watch)
	r.ended.Go(r.sweep)
	return r, nil
}

// now is the moment that the rules are told.
func (r *Relay) now() room.Moment { return room.Moment(time.Since(r.start)) }

// Mount adds the address of the sockets to a mux. (The others are package door's.)
func (r *Relay) Mount(mux *http.ServeMux) { mux.HandleFunc("/rooms/{id}/socket", r.socket) }

// Create makes a room; see door.Rooms.
func (r *Relay) Create(_ context.Context, script string) (door.Created, error) {
	r.mu.Lock()
	switch {
	case r.stopping:
		r.mu.Unlock()
		return door.Created{}, door.ErrStop
	case r.kept >= r.c.Limits.Rooms:
		r.mu.Unlock()
		r.c.Log.Warn("no more rooms", "rooms", r.c.Limits.Rooms)
		return door.Created{}, door.ErrFull
	}
	r.kept++
	r.ended.Add(1) // so that Stop waits for it
	r.mu.Unlock()
	defer r.ended.Done()
	made, err := r.create(script)
	if err != nil {
		r.forget(1)
	}
	return made, err
}

func (r *Relay) create(script string) (door.Created, error) {
	made := door.Created{ID: room.NewID(r.rooms.Draw), Token: room.NewToken(r.rooms.Draw)}
	rules, err := r.fresh(made, script)
	if err != nil {
		return made, err
	}
	h := newHost(r, made.ID)
	h.use(rules)
	record := rules.Unsaved()
	if record == nil {
		record = rules.Stop(r.now())
	}
	if err := h.save(record); err != nil {
		r.c.Log.Error("a new room cannot be stored", "room", name(made.ID), "error", err)
		return made, err
	}
	r.mu.Lock()
	if !r.stopping { // else it is in the store, and will be found there
		r.awake[made.ID] = h
		r.ended.Go(h.run)
	}
	r.mu.Unlock()
	r.metrics.created.Inc()
	r.c.Log.Info("room created", "room", name(made.ID), "engine", h.about.Engine)
	return made, nil
}

// fresh makes the rules of a new room.
func (r *Relay) fresh(made door.Created, script string) (rules rules, err error) {
	defer func() {
		if p := recover(); p != nil { // a mistake of ours, which is no reason to stop
			r.metrics.panics.Inc()
			r.c.Log.Error("a script has broken the World", "panic", fmt.Sprint(p), "script", script, "stack", string(debug.Stack()))
			err = errors.New("the World cannot be made")
		}
	}()
	rules, err = r.make.fresh(r.rooms, made.ID, script, made.Token, r.now())
	if err != nil {
		err = &door.ScriptError{Why: err}
	}
	return rules, err
}

// Find says what a room is about; see door.Rooms.
func (r *Relay) Find(_ context.Context, id string) (room.About, error) {
	e, err := r.c.Store.Load(id)
	switch {
	case errors.Is(err, ErrNone):
		return room.About{}, door.ErrNone
	case err != nil:
		r.c.Log.Error("a room cannot be looked up", "room", name(id), "error", err)
		return room.About{}, err
	}
	return e.About, nil
}

// forget says that rooms are no longer in the store.
func (r *Relay) forget(rooms int) {
	r.mu.Lock()
	r.kept -= rooms
	r.mu.Unlock()
}

// Errors of join.
var (
	errStopping = errors.New("the relay restarts")
	errFull     = errors.New("the relay is full")
	errClient   = errors.New("too many connections of one client")
)

// join finds the room of a new connection, and wakes it if it sleeps. From then on the
// room stays awake until leave.
func (r *Relay) join(c *conn, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.stopping:
		return errStopping
	case len(r.conns) >= r.c.Limits.Connections:
		return errFull
	case r.clients[c.client] >= r.c.Limits.Client:
		return errClient
	}
	h := r.awake[id]
	if h == nil {
		if _, err := r.c.Store.Load(id); err != nil { // seldom, and a look into memory
			return err
		}
		h = newHost(r, id)
		r.awake[id] = h
		r.ended.Go(h.run)
	}
	h.refs++
	r.conns[c] = struct{}{}
	r.clients[c.client]++
	r.ended.Add(1) // until serve returns
	c.host = h
	return nil
}

// leave is told that a connection has ended, and nothing of it runs any more.
func (r *Relay) leave(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.host.refs--
	c.host.nudge()
	delete(r.conns, c)
	if r.clients[c.client]--; r.clients[c.client] <= 0 {
		delete(r.clients, c.client)
	}
}

// Stop tells all rooms that the relay restarts: they are stored, and their connections
// closed with 1012. It returns when all have ended, or the context has.
func (r *Relay) Stop(ctx context.Context) error {
	r.mu.Lock()
	if r.stopping {
		r.mu.Unlock()
		return nil
	}
	r.stopping = true
	close(r.quit)
	hosts := make([]*host, 0, len(r.awake))
	for _, h := range r.awake {
		hosts = append(hosts, h)
	}
	r.mu.Unlock()
	r.c.Log.Info("rooms are stopped", "awake", len(hosts))
	for _, h := range hosts {
		h.nudge()
	}
	done := make(chan struct{})
	go func() {
		r.ended.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the rooms: %w", ctx.Err())
	}
}

// sweep forgets rooms in which nobody was for long.
func (r *Relay) sweep() {
	idle := time.Duration(r.c.Limits.Room.Idle)
	every := time.NewTicker(max(idle/24, time.Second))
	defer every.Stop()
	for {
		select {
		case <-r.quit:
			return
		case <-every.C:
		}
		now := time.Now()
		n, err := r.c.Store.Expire(now.Add(-idle), now, func(id string) bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.awake[id] != nil
		})
		if err != nil {
			r.c.Log.Error("old rooms cannot be removed", "error", err)
		} else if n > 0 {
			r.forget(n)
			r.metrics.expired.Add(n)
			r.c.Log.Info("old rooms removed", "rooms", n)
		}
	}
}

// name is what a room is called in logs: who reads them does not come in with it.
func name(id string) string { return id[:min(len(id), 6)] }
