package check_test

import (
	"flag"
	"os"
	"testing"
)

// The stories are short and most are told in vain, so there are more of them than
// rapid tells by default.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = flag.Set("rapid.checks", "4000")
	}
	os.Exit(m.Run())
}
