package wasm

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// busy is a program in which goroutines go on in the middle of functions that jump in
// every direction, stacks grow, deferred functions recover and garbage is collected.
const busy = `package main

import "runtime"

type tree struct {
	left, right *tree
	key         int
}

func (t *tree) add(key int) *tree {
	for at := &t; ; {
		switch {
		case *at == nil:
			*at = &tree{key: key}
			return t
		case key < (*at).key:
			at = &(*at).left
		case key > (*at).key:
			at = &(*at).right
		default:
			return t
		}
	}
}

func (t *tree) walk(to chan<- int) {
	if t == nil {
		return
	}
	t.left.walk(to)
	if t.key%3 == 0 {
		runtime.Gosched()
	} else if t.key%5 == 0 {
		runtime.GC()
	}
	to <- t.key
	t.right.walk(to)
}

func risky(n int, left []int) (sum int) {
	defer func() {
		if recover() != nil {
			sum = -n
		}
	}()
outer:
	for i := 0; ; i++ {
		for j := i; ; j++ {
			if j > n {
				continue outer
			}
			if i*j > 50 {
				break outer
			}
			sum += left[i] * left[j]
		}
	}
	return sum
}

func deep(n int) int {
	var room [64]int
	room[n%64] = n
	if n == 0 {
		return 0
	}
	return deep(n-1) + room[n%64] - n + 1
}

func main() {
	var t *tree
	for i, seed := 0, uint32(7); i < 300; i++ {
		seed = seed*1664525 + 1013904223
		t = t.add(int(seed >> 22))
	}
	keys, done := make(chan int), make(chan string)
	go func() { t.walk(keys); close(keys) }()
	go func() {
		sum, order, seen := 0, true, map[int]bool{}
		for last := -1; ; {
			select {
			case k, ok := <-keys:
				if !ok {
					println("sum", sum, "of", len(seen), "ascending", order)
					done <- "walked"
					return
				}
				order, last = order && k > last, k
				sum += k
				seen[k] = true
			}
		}
	}()
	println(<-done, risky(8, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}), risky(8, []int{1, 2}), deep(20000))
	panic("the end")
}
`

// TestDirect runs a program before and after its jumps are direct: it does the same, and
// is smaller.
func TestDirect(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is missing: it runs js/wasm")
	}
	dir := t.TempDir()
	source, program := filepath.Join(dir, "busy.go"), filepath.Join(dir, "busy.wasm")
	if err := os.WriteFile(source, []byte(busy), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-trimpath", "-o", program, source)
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	after, err := Direct(before)
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
	one, other := run(before), run(after)
	if !strings.Contains(one, "ascending true") || !strings.Contains(one, "walked 1002 -8 20000") || !strings.Contains(one, "panic: the end") || one != other {
		t.Errorf("it says\n%s\nand with direct jumps\n%s", one, other)
	}
	if len(after) > len(before)-len(before)/50 {
		t.Errorf("it has %d bytes, and with direct jumps %d", len(before), len(after))
	}
	if again, err := Direct(after); err != nil || !bytes.Equal(again, after) {
		t.Errorf("directed again it is another: %v", err)
	}
	for _, cut := range []int{0, 3, 8 + 1, len(before) / 2} {
		if _, err := Direct(before[:cut]); !errors.Is(err, ErrModule) {
			t.Errorf("a file of %d bytes: %v", cut, err)
		}
	}
}

// TestDirectCode directs functions that were written here.
func TestDirectCode(t *testing.T) {
	const (
		head = "\x03\x40_\x02\x40_\x02\x40_\x02\x40_\x20\x00_\x0e\x03\x00\x01\x01\x02_\x0b_" // three pieces for four values
		tail = "\x0b_\x00_\x0b"
	)
	for name, c := range map[string]struct{ code, want string }{
		"forward, to the next and the last": {
			head + "\x41\x01_\x21\x00_\x0c\x02_\x0b_\x41\x03_\x21\x00_\x0c\x01_\x0b" + tail,
			head + "\x0c\x00_\x0b_\x0c\x00_\x0b" + tail,
		},
		"back, and to itself": {
			head + "\x41\x00_\x21\x00_\x0c\x02_\x0b_\x41\x02_\x21\x00_\x0c\x01_\x0b" + tail, "",
		},
		"if": {
			head + "\x20\x01_\x04\x40_\x41\x03_\x21\x00_\x0c\x03_\x0b_\x0b_\x01_\x0b" + tail,
			head + "\x20\x01_\x0d\x01_\x0b_\x01_\x0b" + tail,
		},
		"if, with more in it": {
			head + "\x20\x01_\x04\x40_\x41\x03_\x21\x00_\x0c\x03_\x01_\x0b_\x0b_\x01_\x0b" + tail,
			head + "\x20\x01_\x04\x40_\x0c\x02_\x01_\x0b_\x0b_\x01_\x0b" + tail,
		},
		"if, back": {
			head + "\x01_\x0b_\x20\x01_\x04\x40_\x41\x00_\x21\x00_\x0c\x02_\x0b_\x0b" + tail, "",
		},
		"not to the loop": {
			head + "\x41\x03_\x21\x00_\x0c\x01_\x0b_\x01_\x0b" + tail, "",
		},
		"another local": {
			head + "\x41\x03_\x21\x01_\x0c\x02_\x0b_\x01_\x0b" + tail, "",
		},
		"local 0 is read": {
			head + "\x41\x03_\x21\x00_\x0c\x02_\x0b_\x20\x00_\x0b" + tail, "",
		},
		"local 0 is read where it was written": {
			head + "\x41\x03_\x21\x00_\x0c\x02_\x0b_\x21\x00_\x41\x00_\x20\x00_\x0b" + tail,
			head + "\x0c\x01_\x0b_\x21\x00_\x41\x00_\x20\x00_\x0b" + tail,
		},
		"no loop":  {"\x02\x40_\x02\x40_\x20\x00_\x0e\x01\x00\x01_\x0b_\x41\x00_\x21\x00_\x0b_\x0b", ""},
		"no table": {"\x03\x40_\x41\x00_\x21\x00_\x0c\x00_\x0b_\x0b", ""},
	} {
		if c.want == "" {
			c.want = c.code
		}
		got, err := Direct(moduleOf(c.code))
		if err != nil || !bytes.Equal(got, moduleOf(c.want)) {
			t.Errorf("%s: %v\n%x\nwanted\n%x", name, err, got, moduleOf(c.want))
		}
	}
	for _, code := range []string{"\x06\x40", "\xfd\x00", "\xfc\x09\x00", "\x0e\x00\x00_\x0e\x00\x00"} {
		if _, err := Direct(moduleOf(code)); !errors.Is(err, ErrCode) {
			t.Errorf("%x: %v", code, err)
		}
	}
}

// moduleOf returns a module of one function with two locals of 32 bits; what is _ in its code
// is left out.
func moduleOf(code string) []byte {
	body := append([]byte{1, 2, 0x7f}, strings.ReplaceAll(code, "_", "")...)
	return appendBytes([]byte("\x00asm\x01\x00\x00\x00\x0a"), appendBytes([]byte{1}, body))
}
