package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/server/door"
	"parley/server/relay"
	"parley/server/relay/boltstore"
	"parley/server/room"
	"parley/server/site"
	"parley/server/visitor"
)

// roomOptions are the flags of live rooms.
type roomOptions struct {
	rooms, members, connections, client int
	frames, bytes, message              int // a second, KiB a second, KiB
	burst                               int
	every, idle                         time.Duration
	origins                             string
	metrics                             string
}

func (o *roomOptions) add(f *flag.FlagSet) {
	d := relay.DefaultLimits()
	f.IntVar(&o.rooms, "rooms", d.Rooms, "how `MANY` live rooms there may be at once, those included in which nobody is")
	f.IntVar(&o.members, "room-members", d.Room.Members, "how `MANY` may be members of a room")
	f.DurationVar(&o.idle, "room-idle", time.Duration(d.Room.Idle), "`TIME` after which a room is removed in which nobody is")
	f.IntVar(&o.burst, "room-burst", 20, "how `MANY` rooms a visitor may make at once")
	f.DurationVar(&o.every, "room-every", 30*time.Second, "`TIME` after which such a visitor may make one more")
	f.IntVar(&o.connections, "connections", d.Connections, "how `MANY` connections to rooms there may be at once")
	f.IntVar(&o.client, "client-connections", d.Client, "how `MANY` of them may be one visitor's; a class behind one router counts as one")
	f.IntVar(&o.frames, "frame-rate", d.Room.Frames, "how `MANY` messages a second a connection may send in the long run")
	f.IntVar(&o.bytes, "byte-rate", d.Room.Bytes>>10, "how many `KiB` a second a connection may send in the long run")
	f.IntVar(&o.message, "message-max", d.FrameMax>>10, "how many `KiB` one message may have")
	f.StringVar(&o.origins, "origins", "", "`LIST` of other sites whose pages may use rooms of this server, with commas: https://a.example,https://b.example")
	f.StringVar(&o.metrics, "metrics", "", "`WHERE` Prometheus finds figures of live rooms: an address of its own (localhost:9090, with /metrics), or a path of the site (/figures-7f3a) for whoever knows it. Without it there are none")
}

func (o *roomOptions) check() error {
	for _, n := range []struct {
		flag      string
		v, lo, hi int
	}{
		{"rooms", o.rooms, 1, 1_000_000},
		{"room-members", o.members, 1, frame.MembersMax},
		{"room-burst", o.burst, 1, 10_000},
		{"connections", o.connections, 1, 1_000_000},
		{"client-connections", o.client, 1, 1_000_000},
		{"frame-rate", o.frames, 1, 100_000},
		{"byte-rate", o.bytes, 1, 1 << 20},
		{"message-max", o.message, 16, hosting.SizeMax >> 10},
	} {
		if n.v < n.lo || n.v > n.hi {
			return fmt.Errorf("-%s is a number from %d to %d, not %d", n.flag, n.lo, n.hi, n.v)
		}
	}
	switch {
	case o.every <= 0 || o.every > 24*time.Hour:
		return fmt.Errorf("-room-every is more than 0 and at most 24h, not %s", o.every)
	case o.idle < time.Minute || o.idle > 10_000*time.Hour:
		return fmt.Errorf("-room-idle is from 1m to 10000h, not %s", o.idle)
	}
	for _, s := range o.allowed() {
		if !isOrigin(s) {
			return fmt.Errorf("-origins: %q is not the beginning of an address, for example https://parley.example", s)
		}
	}
	switch {
	case o.metrics == "":
		return nil
	case !strings.HasPrefix(o.metrics, "/"):
		return checkAddress("-metrics", o.metrics)
	case !isPath(o.metrics):
		return fmt.Errorf("-metrics %q is no path that is free: one has letters, digits, - and _ behind its /, for example /figures-7f3a", o.metrics)
	}
	return nil
}

// allowed returns the origins that were listed.
func (o *roomOptions) allowed() (list []string) {
	for s := range strings.SplitSeq(o.origins, ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// isOrigin reports whether s is an origin as browsers write it.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Scheme+"://"+u.Host == s
}

// isPath reports whether s is a path that means itself, and is nobody else's.
func isPath(s string) bool {
	for _, c := range s[1:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return len(s) > 1 && !slices.Contains([]string{"/rooms", "/s", "/embed", "/oembed", "/healthz"}, s)
}

// checkAddress says what is wrong with the HOST:PORT of a flag.
func checkAddress(flag, s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%s %q is not HOST:PORT, for example localhost:8080", flag, s)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%s %q: the port is a number from 0 to 65535", flag, s)
	}
	return nil
}

// limits returns the limits that were asked for.
func (o *roomOptions) limits() relay.Limits {
	l := relay.DefaultLimits()
	l.Rooms, l.Connections, l.Client, l.FrameMax = o.rooms, o.connections, o.client, o.message<<10
	r := &l.Room
	// What may come at once stands to what may come in the long run as it does by default.
	r.FramesBurst, r.Frames = r.FramesBurst*o.frames/r.Frames, o.frames
	r.BytesBurst, r.Bytes = max(r.BytesBurst/1024*o.bytes/(r.Bytes/1024)*1024, l.FrameMax), o.bytes<<10
	r.Members, r.Connections, r.Idle = o.members, 2*o.members, room.Moment(o.idle)
	return l
}

// live is what of the server serves rooms.
type live struct {
	relay   *relay.Relay
	door    *door.Handler
	store   *boltstore.Store // nil: in memory
	metrics string           // a path of the site, or ""
}

// open starts the relay. Without a data folder, rooms are in memory.
func (o *roomOptions) open(data string, links *linkOptions, pages *site.Site, log *slog.Logger) (*live, error) {
	l := &live{}
	origins := o.allowed()
	if links.url != "" { // behind a proxy the site may be known here by another name
		origins = append(origins, links.url)
	}
	c := relay.Config{Limits: o.limits(), Origins: origins, Log: log}
	d := door.Config{
		Page: pages.File("index.html"), Origins: origins, Kept: data != "",
		Address: visitor.Address{Origin: links.url}, Limit: &visitor.Limit{Burst: o.burst, Every: o.every},
	}
	if links.proxy {
		c.Client, d.Client, d.Address.Scheme = visitor.ByForwarded, visitor.ByForwarded, visitor.SchemeForwarded
	}
	var err error
	if data != "" {
		if l.store, err = boltstore.Open(data); err != nil {
			return nil, err
		}
		c.Store = l.store
	} else {
		log.Warn("live rooms are in memory only: they end with the server. With a data folder (-data) they go on when it is back")
	}
	if l.relay, err = relay.New(c); err == nil {
		d.Rooms = l.relay
		l.door, err = door.New(d)
	}
	if strings.HasPrefix(o.metrics, "/") {
		l.metrics = o.metrics
	}
	if err != nil {
		return nil, errors.Join(err, l.close(context.Background()))
	}
	return l, nil
}

// Mount adds the addresses of rooms to a mux.
func (l *live) Mount(mux *http.ServeMux) {
	l.door.Mount(mux)
	l.relay.Mount(mux)
	if l.metrics != "" {
		mux.Handle("GET "+l.metrics, l.relay.Metrics())
	}
}

// stop tells the rooms that the server stops. They are stored when it returns.
func (l *live) stop(ctx context.Context) error { return l.relay.Stop(ctx) }

// close ends the use of the store.
func (l *live) close(ctx context.Context) error {
	var err error
	if l.relay != nil {
		err = l.relay.Stop(ctx)
	}
	if l.store != nil {
		err = errors.Join(err, l.store.Close())
	}
	return err
}

// listenMetrics serves figures at an address of their own until the returned function is
// called; nothing if the flag does not name one.
func (o *roomOptions) listenMetrics(l *live, log *slog.Logger) (end func() error, err error) {
	if o.metrics == "" || l.metrics != "" {
		return func() error { return nil }, nil
	}
	listener, err := net.Listen("tcp", o.metrics)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s for -metrics: %w", o.metrics, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", l.relay.Metrics())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerMax}
	go func() { _ = server.Serve(listener) }()
	log.Info("serving figures", "address", "http://"+listener.Addr().String()+"/metrics")
	return server.Close, nil
}
