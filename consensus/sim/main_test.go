package sim_test

import (
	"flag"
	"os"
	"runtime"
	"testing"
)

// Under js/wasm everything takes several times as long, and what rapid finds does not
// depend on the platform: a few cases of each property are enough there.
func TestMain(m *testing.M) {
	flag.Parse()
	if runtime.GOOS == "js" {
		if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
			flag.Set("rapid.checks", "20")
		}
	}
	os.Exit(m.Run())
}
