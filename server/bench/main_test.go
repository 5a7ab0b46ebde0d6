package main

import (
	"strings"
	"testing"
)

const printed = `goos: linux
pkg: parley/consensus/sim
BenchmarkWorld/five-nodes-2   	     100	  11223344 ns/op	   3000000 msgs/s	     128 B/op	       4 allocs/op
BenchmarkSeek-2   	 5	 0.25 ns/op
PASS
ok  	parley/consensus/sim	2.2s
`

// TestTable reads what go test prints natively (with the number of processors in the
// name) and as js/wasm (without), and sets it side by side.
func TestTable(t *testing.T) {
	native := read([]byte(printed))
	wasm := read([]byte(strings.NewReplacer("-2 ", " ", "3000000", "1000000", "  4 allocs", "  8 allocs").Replace(printed)))
	if len(native) != 2 || native[0].name != "World/five-nodes" || len(native[0].values) != 4 || wasm[0].name != native[0].name {
		t.Fatalf("read %+v and %+v", native, wasm)
	}
	shipped := read([]byte(strings.NewReplacer("-2 ", " ", "3000000", "900000", "BenchmarkSeek", "BenchmarkOther").Replace(printed)))
	got := table(native, wasm, shipped)
	for _, want := range []string{
		"World/five-nodes                                   11223344       11223344     1.00       11223344  ns/op",
		"3000000        1000000     0.33         900000  msgs/s",
		"4              8     2.00              4  allocs/op",
		"Seek                                                   0.25           0.25     1.00              -  ns/op",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if alone := table(native, nil, nil); !strings.Contains(alone, "3000000              -        -              -  msgs/s") {
		t.Errorf("without js/wasm:\n%s", alone)
	}
}

// TestBeside sets the relay beside others; the ratio is that to the better one.
func TestBeside(t *testing.T) {
	got := beside(read([]byte(`BenchmarkFanOut/50/relay-2   1   22.0 us-cpu/delivery   300 deliveries/s
BenchmarkFanOut/50/gorilla-2 1   20.0 us-cpu/delivery   400 deliveries/s
BenchmarkFanOut/50/gws-2     1   25.0 us-cpu/delivery   200 deliveries/s
`)))
	for _, want := range []string{
		"50               us-cpu/delivery          22         20         25     1.10",
		"                 deliveries/s            300        400        200     0.75",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}
