// Bench measures Parley: the World and the engines natively and as js/wasm, side by
// side, the relay of live rooms beside others, and the page in Chromium. Run it with
// `make bench`.
//
// Of js/wasm there are two figures: compiled as go test does, and as the engine of
// Raft that is downloaded, where smallness counts (server/bundle says what is inlined) and
// jumps are direct (server/bundle/wasm).
//
// The figures are for people to compare on one machine; no test depends on them.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"parley/server/bundle/wasm"
)

func main() {
	node := flag.String("exec", "", "program that runs js/wasm, as for go test -exec")
	pattern := flag.String("bench", ".", "benchmarks to run, as for go test -bench")
	length := flag.String("benchtime", "1s", "how long to run each, as for go test -benchtime")
	downloaded := flag.Bool("downloaded", false, "run the js/wasm program that is the first argument as it would be downloaded")
	flag.Parse()
	if *downloaded {
		if err := runDownloaded(*node, flag.Args()); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %v\n", err)
			os.Exit(1)
		}
		return
	}
	if err := bench(os.Stdout, *pattern, *length, *node); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// bench runs the benchmarks of that pattern, wherever they are.
func bench(w io.Writer, pattern, length, node string) error {
	relay := strings.HasPrefix(pattern, relayBench)
	if relay {
		return relays(w, pattern)
	}
	none := compare(w, pattern, length, node)
	if none != nil && !errors.Is(none, errNone) {
		return none
	}
	if pattern == "." {
		if err := relays(w, pattern); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nIn Chromium:")
	err := inBrowser(w, pattern)
	if none == nil && errors.Is(err, errNone) {
		return nil // there are some, but not in Chromium
	}
	return err
}

// packages are those whose benchmarks run in both worlds.
var packages = []string{"./consensus/...", "./web/view/...", "./web/scene/..."}

func compare(w io.Writer, pattern, length, node string) error {
	args := []string{"test", "-run", "^$", "-bench", pattern, "-benchtime", length, "-benchmem"}
	native, err := measure(w, nil, append(slices.Clone(args), packages...))
	if err != nil {
		return err
	}
	wasm, err := measure(w, []string{"GOOS=js", "GOARCH=wasm"}, append(append(slices.Clone(args), "-exec", node), packages...))
	if err != nil {
		return err
	}
	flags, err := engineFlags()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args = append(args, "-exec", fmt.Sprintf("%q -downloaded -exec %q", self, node))
	shipped, err := measure(w, []string{"GOOS=js", "GOARCH=wasm"}, append(append(args, flags...), packages[0]))
	if errors.Is(err, errNone) {
		err = nil // it is one of the page's
	}
	if err != nil {
		return err
	}
	fmt.Fprint(w, table(native, wasm, shipped))
	return nil
}

// runDownloaded rewrites a program as server/bundle does, and runs it: it and its arguments
// are appended to the command node.
func runDownloaded(node string, args []string) error {
	if len(args) == 0 {
		return errors.New("-downloaded needs a program")
	}
	program, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	if program, err = wasm.Direct(program); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	if err := os.WriteFile(args[0], program, 0o755); err != nil { // go test made it for this run
		return err
	}
	cmd := exec.Command("sh", append([]string{"-c", "exec " + node + ` "$@"`, "sh"}, args...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// engineFlags asks server/bundle how it compiles the engine of Raft.
func engineFlags() ([]string, error) {
	cmd := exec.Command("go", "run", "./server/bundle", "-flags")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ask for the flags of an engine: %w", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n"), nil
}

// figure is what a benchmark measured, in the order it was printed.
type figure struct {
	name   string
	values []metric
}

type metric struct {
	value float64
	unit  string
}

// errNone says that no benchmark has the name that was asked for.
var errNone = errors.New("no benchmark has run")

func measure(w io.Writer, env, args []string) ([]figure, error) {
	fmt.Fprintln(w, strings.Join(append(slices.Clone(env), "go"), " "), strings.Join(args[:min(len(args), 8)], " "), "…")
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench: %w\n%s", err, out)
	}
	figures := read(out)
	if len(figures) == 0 {
		return nil, errNone
	}
	return figures, nil
}

// read finds the figures in what go test printed.
func read(out []byte) []figure {
	var figures []figure
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		f := figure{name: strings.TrimPrefix(words[0], "Benchmark")}
		// Natively the name ends with the number of processors.
		if i := strings.LastIndexByte(f.name, '-'); i > 0 {
			if _, err := strconv.Atoi(f.name[i+1:]); err == nil {
				f.name = f.name[:i]
			}
		}
		for i := 2; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				f.values = append(f.values, metric{v, words[i+1]})
			}
		}
		figures = append(figures, f)
	}
	return figures
}

// table sets native and js/wasm figures side by side, and those of js/wasm as it is
// downloaded. The ratio says how many times as much there is of it in js/wasm.
func table(native, wasm, shipped []figure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-44s %14s %14s %8s %14s  %s\n", "benchmark", "native", "js/wasm", "ratio", "as downloaded", "unit")
	for _, n := range native {
		name := n.name
		for _, m := range n.values {
			there, ratio, down := "-", "-", "-"
			if v, ok := find(wasm, n.name, m.unit); ok {
				there = short(v)
				if m.value != 0 {
					ratio = fmt.Sprintf("%.2f", v/m.value)
				}
			}
			if v, ok := find(shipped, n.name, m.unit); ok {
				down = short(v)
			}
			fmt.Fprintf(&b, "%-44s %14s %14s %8s %14s  %s\n", name, short(m.value), there, ratio, down, m.unit)
			name = ""
		}
	}
	return b.String()
}

// find returns what a benchmark of that name measured in a unit.
func find(figures []figure, name, unit string) (float64, bool) {
	for _, f := range figures {
		for _, m := range f.values {
			if f.name == name && m.unit == unit {
				return m.value, true
			}
		}
	}
	return 0, false
}

// short writes a number with about four significant digits.
func short(v float64) string {
	switch {
	case v >= 1000 || v == float64(int64(v)):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// inBrowser runs the benchmarks of the page, which print what they measure.
func inBrowser(w io.Writer, pattern string) error {
	var printed bytes.Buffer
	cmd := exec.Command("go", "test", "-count=1", "-run", "^$", "-bench", pattern, "-benchtime", "1x", "./server/browsertest")
	cmd.Stdout, cmd.Stderr = io.MultiWriter(w, &printed), os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go test -bench in Chromium: %w", err)
	}
	if len(read(printed.Bytes())) == 0 {
		return errNone
	}
	return nil
}
