package worker

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"parley/server/relay/conformance"
)

// TestConformance holds that the Worker is a relay like the native one, and that a short link
// outlives it as its rooms do.
func TestConformance(t *testing.T) {
	data := t.TempDir()
	l, err := Start(Options{Folder: folder, Data: data})
	if errors.Is(err, ErrNotBuilt) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the Worker says:\n%s", l.Said())
		}
	})
	link := makesLink(t, l.URL)
	conformance.Run(t, conformance.Relay{
		URL: l.URL, Client: &http.Client{Transport: visitor("10.1.1.1")},
		Restart: func(t *testing.T) {
			if err := l.Kill(); err != nil {
				t.Fatal(err)
			}
			again, err := Start(Options{Folder: folder, Address: strings.TrimPrefix(l.URL, "http://"), Data: data})
			if err != nil {
				t.Fatal(err)
			}
			l = again
		},
	})
	knowsLink(t, link)
}
