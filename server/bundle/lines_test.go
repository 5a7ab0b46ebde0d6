package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/server/bundle/wasm"
)

// crashing is a program that uses what the runtime's tables are for besides lines: it
// collects garbage with pointers on deep stacks, which grow, and then panics.
const crashing = `package main

import "runtime"

type list struct {
	next *list
	n    int
}

//go:noinline
func deep(n int, before *list) int {
	l := &list{before, n}
	if n == 0 {
		runtime.GC()
		sum := 0
		for ; l != nil; l = l.next {
			sum += l.n
		}
		return sum
	}
	defer func() { _ = recover() }()
	return deep(n-1, l) + l.n - n
}

//go:noinline
func crash(m map[string]int) { m["x"] = 1 }

func main() {
	println("sum", deep(5000, nil))
	crash(nil)
}
`

// TestWithoutLines runs a program that lost its lines: all is as before, but for the lines
// in the stack of its crash.
func TestWithoutLines(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is missing: it runs js/wasm")
	}
	dir := t.TempDir()
	source, program := filepath.Join(dir, "crashing.go"), filepath.Join(dir, "crashing.wasm")
	if err := os.WriteFile(source, []byte(crashing), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, source)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	stripped, err := withoutLines(whole)
	if err != nil {
		t.Fatal(err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	loader := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec_node.js")
	run := func(b []byte) string {
		if err := os.WriteFile(program, b, 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(node, "--stack-size=8192", loader, program)
		cmd.Env = []string{} // it refuses more than 8 kB
		out, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 {
			t.Fatalf("it ended with %v, not with status 2\n%s", err, out)
		}
		return string(out)
	}
	before, after := run(whole), run(stripped)
	for _, want := range []string{"sum 12502500", "assignment to entry in nil map", "main.crash(", "main.main()"} {
		if !strings.Contains(before, want) || !strings.Contains(after, want) {
			t.Errorf("no %q in\n%s\nor in\n%s", want, before, after)
		}
	}
	if !strings.Contains(before, "crashing.go:") || strings.Contains(after, ".go:") || !strings.Contains(after, "?:0 +0x") {
		t.Errorf("the stack is\n%s\nand without lines\n%s", before, after)
	}
	packed := func(b []byte) int {
		small, err := compressBrotli(b, qualityQuick)
		if err != nil {
			t.Fatal(err)
		}
		return len(small)
	}
	if a, b := packed(whole), packed(stripped); len(whole) != len(stripped) || b > a-a/25 {
		t.Errorf("with lines it has %d bytes, %d packed; without %d and %d", len(whole), a, len(stripped), b)
	}
	if again, err := withoutLines(stripped); err != nil || !bytes.Equal(again, stripped) {
		t.Errorf("without lines again: %v", err)
	}
	refusesOtherTables(t, whole)
}

// refusesOtherTables damages the tables of a program, and finds that it is noticed.
func refusesOtherTables(t *testing.T, whole []byte) {
	image, _, err := imageOf(whole)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(image, headerMagic)
	for name, damage := range map[string]func(header []byte){
		"another magic":      func(h []byte) { h[0]-- },
		"no functions":       func(h []byte) { binary.LittleEndian.PutUint64(h[headerFuncs:], 0) },
		"too many functions": func(h []byte) { binary.LittleEndian.PutUint64(h[headerFuncs:], 1<<40) },
		"tables in disorder": func(h []byte) { binary.LittleEndian.PutUint64(h[headerFiles:], 1<<40) },
		"two headers":        func(h []byte) { copy(h[len(h)-100:], headerMagic) },
		"tables elsewhere":   func(h []byte) { h[headerEntries+1] ^= 1 },
	} {
		b := bytes.Clone(image)
		damage(b[at:])
		if err := clearLines(b); !errors.Is(err, errLines) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, b := range []string{"", "\x00as", string(whole[:len(whole)/2])} {
		if _, err := withoutLines([]byte(b)); !errors.Is(err, wasm.ErrModule) {
			t.Errorf("a file of %d bytes: %v", len(b), err)
		}
	}
}
