// Package visitor tells those apart who ask the server for something, and says how much
// each may ask for.
package visitor

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Limiter says whether a client may make one more of something.
type Limiter interface {
	// Take counts one more of a client's, or returns how long it takes until there may be
	// one.
	Take(client string) (wait time.Duration)
}

// Wait returns what counts one more of whoever sends a request, and says how long it takes until
// there may be one. Client names who that is; nil: by the connection's address. Where there is no
// limit, it is nil.
func Wait(l Limiter, client func(*http.Request) string) func(*http.Request) time.Duration {
	if l == nil {
		return nil
	}
	if client == nil {
		client = ByConnection
	}
	return func(r *http.Request) time.Duration { return l.Take(client(r)) }
}

// Limit says how many things a client may make: a bucket of tokens each, which fills
// again with time. It is safe for concurrent use.
type Limit struct {
	// Burst is how many a client may make at once.
	Burst int
	// Every is how long it takes until there can be one more.
	Every time.Duration
	// Now is the clock; nil: the system's.
	Now func() time.Time

	mu      sync.Mutex
	buckets map[string]time.Time // when the client's bucket will be full again
}

// bucketsMax is how many clients are remembered. Above it those are forgotten whose
// buckets are full, and when there is none, everybody: then the limit is no worse than
// a little too kind.
const bucketsMax = 100_000

// Take takes a token of a client's, or returns how long it takes until there is one.
func (l *Limit) Take(client string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now
	if l.Now != nil {
		now = l.Now
	}
	t := now()
	if len(l.buckets) >= bucketsMax {
		for c, full := range l.buckets {
			if !full.After(t) {
				delete(l.buckets, c)
			}
		}
	}
	if l.buckets == nil || len(l.buckets) >= bucketsMax {
		l.buckets = map[string]time.Time{}
	}
	full := l.buckets[client]
	if full.Before(t) {
		full = t
	}
	full = full.Add(l.Every)
	if wait = full.Sub(t) - time.Duration(l.Burst)*l.Every; wait > 0 {
		return wait
	}
	l.buckets[client] = full
	return 0
}

// ByConnection names a client by the address of its connection.
func ByConnection(r *http.Request) string { return clientOf(r.RemoteAddr) }

// ByForwarded names a client by the last address that X-Forwarded-For mentions: the one
// that a reverse proxy right before this server has seen. (Whatever stands before it
// the client may have made up.)
func ByForwarded(r *http.Request) string {
	all := r.Header.Values("X-Forwarded-For")
	if len(all) == 0 {
		return ByConnection(r)
	}
	last := all[len(all)-1]
	for i := len(last) - 1; i >= 0; i-- {
		if last[i] == ',' || last[i] == ' ' {
			last = last[i+1:]
			break
		}
	}
	return clientOf(last)
}

// clientOf makes one name of all addresses that one client has: of IPv6 everybody has
// at least 2^64.
func clientOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	if a.Is4() {
		return a.String()
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
