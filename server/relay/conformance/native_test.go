package conformance_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/server/door"
	"parley/server/relay"
	"parley/server/relay/conformance"
	"parley/server/room"
)

// TestMain fails if anything still runs when all tests have ended.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const page = `<title>Parley</title><meta name="description" content="A playground">`

// start starts a native relay for a test, and returns the address of its site.
func start(t *testing.T, c relay.Config) (*relay.Relay, string) {
	t.Helper()
	r, err := relay.New(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.New(door.Config{Rooms: r, Page: []byte(page)})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	r.Mount(mux)
	d.Mount(mux)
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return r, s.URL
}

// TestNative holds what the native relay does, under the race detector too. It is somewhat
// impatient here, so that nobody has to wait long for it; as it comes it is tested beside the
// program (package main).
func TestNative(t *testing.T) {
	_, url := start(t, relay.Config{Limits: relay.Limits{
		CloseWithin: 30 * time.Second, WriteWithin: 5 * time.Second,
		Room: room.Limits{Ping: 2 * room.Second, Silence: 20 * room.Second, Probe: 30 * room.Second},
	}})
	conformance.Run(t, conformance.Relay{URL: url})
}
