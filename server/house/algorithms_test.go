package house

import (
	"os"
	"strings"
	"testing"

	"parley/consensus/registry"
)

// TestEveryAlgorithmIsOffered holds the tables that name algorithms outside the registry:
// what is built, what the worker loads, what the page offers, what it is called there.
func TestEveryAlgorithmIsOffered(t *testing.T) {
	offered := -1
	for _, a := range registry.Algorithms() {
		name := a.Protocol.Name
		for _, in := range []struct{ file, text string }{
			{"server/bundle/main.go", `{"engine-` + name + `", "./wasm/engine", "only_` + name + `"`},
			{"wasm/engine/alone_js.go", "only_" + name},
			{"wasm/engine/rooms_js.go", "!only_" + name},
			{"server/bundle/sizes.go", `"engine-` + name + `.wasm":`},
			{"web/static/worker.js", name + `: "/assets/engine-` + name + `.wasm"`},
			{"web/static/boot.js", name + `: 0 /* bytes of engine-` + name + `.wasm */`},
			{"web/texts/en.txt", "\nalgorithm." + name + " = " + a.Protocol.Title + "\n"},
		} {
			b, err := os.ReadFile("../../" + in.file)
			if err != nil {
				t.Fatal(err)
			}
			at := strings.Index(string(b), in.text)
			if at < 0 {
				t.Errorf("%s has no %q", in.file, in.text)
			}
			if in.file == "web/static/boot.js" {
				if at < offered {
					t.Errorf("%s is offered in another order than the registry's", name)
				}
				offered = at
			}
		}
	}
}
