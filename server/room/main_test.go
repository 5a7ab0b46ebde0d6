package room

import (
	"flag"
	"os"
	"testing"
)

// A case of these properties is a whole lesson: a few dozen are enough for every day
// (-rapid.checks=3000 for a night).
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		flag.Set("rapid.checks", "30")
	}
	os.Exit(m.Run())
}
