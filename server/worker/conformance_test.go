package worker

import (
	"strings"
	"testing"

	"parley/server/relay/conformance"
)

// TestConformance holds that the Worker is a relay like the native one. What the runtime
// keeps to itself is not looked at: who does not answer pings.
func TestConformance(t *testing.T) {
	l := start(t)
	conformance.Run(t, conformance.Relay{
		URL: l.URL, Slow: true, Events: 150_000, // a kernel takes 4 MB before anything waits
		Restart: func(t *testing.T) {
			l := shared.Local
			if err := l.Kill(); err != nil && !strings.Contains(err.Error(), "killed") {
				t.Fatal(err)
			}
			again, err := Start(Options{Folder: folder, Address: strings.TrimPrefix(l.URL, "http://"), Data: shared.data})
			if err != nil {
				t.Fatal(err)
			}
			shared.Local = again
		},
	})
}
