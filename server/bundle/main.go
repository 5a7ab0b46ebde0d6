package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"parley/server/bundle/wasm"
)

func main() {
	quick := flag.Bool("quick", false, "compress lightly what was not compressed before")
	sizes := flag.Bool("sizes", false, "print the sizes, and fail when one is above its budget")
	packages := flag.Bool("packages", false, "print only what each package adds to the WebAssembly files")
	flags := flag.Bool("flags", false, "print only the flags that the engine of Raft is compiled with, one a line")
	out := flag.String("out", "server/site/dist", "folder that the site is built into")
	work := flag.String("work", "build", "folder for what can be built again")
	flag.Parse()
	if flag.NArg() > 0 || *quick && *sizes {
		fmt.Fprintln(os.Stderr, "bundle: takes no arguments, and -quick or -sizes but not both")
		os.Exit(2)
	}
	if *packages {
		if err := packageSizes(os.Stdout, filepath.Join(*work, "named")); err != nil {
			fmt.Fprintf(os.Stderr, "bundle: %v\n", err)
			os.Exit(1)
		}
		return
	}
	if *flags {
		fmt.Println(strings.Join(compilerFlags(engineFlags), "\n"))
		return
	}
	files, err := build(*out, *work, *quick)
	if err == nil && *sizes {
		err = report(os.Stdout, files)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bundle: %v\n", err)
		os.Exit(1)
	}
}

// built is a file of the site with its variants; an empty variant is not worth having.
type built struct {
	Path                string // from the root of the site
	Content, Brotli, GZ []byte
}

// build makes the site and returns its files, ordered by path.
func build(out, work string, quick bool) ([]built, error) {
	if _, err := os.Stat("go.mod"); err != nil {
		return nil, errors.New("run this in the top folder of the project, where go.mod is")
	}
	src := source{Assets: map[string][]byte{}, Pages: map[string][]byte{}}
	if err := src.collect(os.DirFS(".")); err != nil {
		return nil, fmt.Errorf("collect the site's files: %w", err)
	}
	if err := src.program(work); err != nil {
		return nil, err
	}
	site, err := src.link()
	if err != nil {
		return nil, fmt.Errorf("link the site:\n%w", err)
	}
	c := cache{dir: filepath.Join(work, "compressed"), quick: quick}
	files, err := compressAll(site, c)
	if err != nil {
		return nil, fmt.Errorf("compress the site: %w", err)
	}
	if err := c.prune(time.Now()); err != nil {
		return nil, fmt.Errorf("prune the cache: %w", err)
	}
	if err := install(out, files); err != nil {
		return nil, fmt.Errorf("install the site: %w", err)
	}
	return files, nil
}

// program adds the WebAssembly files, the toolchain's wasm_exec.js, Vugu's render helper
// and what all algorithms say of themselves to the assets.
func (s *source) program(work string) error {
	dir := filepath.Join(work, "wasm")
	if err := download(filepath.Join(work, "linked"), dir); err != nil {
		return err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("ask for the toolchain's folder: %w", err)
	}
	made := map[string]string{"wasm_exec.js": filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js")}
	for _, p := range programs {
		made[p.name+".wasm"] = filepath.Join(dir, p.name+".wasm")
	}
	told := map[string]string{"vugu.js": "./web/vuguhelper", "algorithms.bin": "./server/algorithms"}
	for _, names := range []map[string]string{made, told} {
		for name := range names { // any order: the build stops at each
			if s.Assets[name] != nil {
				return fmt.Errorf("the asset name %q is taken by a file under web; it is for what the build makes", name)
			}
		}
	}
	for name, file := range made { // any order: each is an entry of its own
		if s.Assets[name], err = os.ReadFile(file); err != nil {
			return err
		}
	}
	for name, tool := range told { // any order: each is an entry of its own
		run := exec.Command("go", "run", tool)
		run.Stderr = os.Stderr
		if s.Assets[name], err = run.Output(); err != nil {
			return fmt.Errorf("make %s with %s: %w", name, tool, err)
		}
	}
	return nil
}

// download compiles the programs into one folder, and writes what is downloaded of them into
// another.
func download(linked, dir string) error {
	if err := compile(linked, "-s -w"); err != nil {
		return err
	}
	for _, p := range programs {
		b, err := os.ReadFile(filepath.Join(linked, p.name+".wasm"))
		if err != nil {
			return err
		}
		for _, w := range rewrites {
			better, err := w.rewrite(b)
			switch {
			case errors.Is(err, errLines), errors.Is(err, wasm.ErrCode): // with another Go it is larger, but runs
				fmt.Fprintf(os.Stderr, "bundle: %s.wasm is larger than need be: %v\n", p.name, err)
			case err != nil:
				return fmt.Errorf("%s of %s.wasm: %w", w.what, p.name, err)
			default:
				b = better
			}
		}
		if err := writeFile(filepath.Join(dir, p.name+".wasm"), b); err != nil {
			return err
		}
	}
	return nil
}

// rewrites are what is done to a program after Go has made it.
var rewrites = []struct {
	what    string
	rewrite func([]byte) ([]byte, error)
}{
	{"take the lines out", withoutLines},
	{"direct the jumps", wasm.Direct},
}

// programs are what is compiled to WebAssembly: the page, and the engine once for each
// algorithm (see package registry), of which a visitor downloads the one that is looked
// at, and once for all of them, for live rooms. Go inlines small functions for speed, and
// inlined code is downloaded as often as it was copied; so only what runs in every step of a
// World, or for every frame that is drawn, is inlined (-l switches it off).
var programs = []program{
	{"engine-raft", "./wasm/engine", "only_raft", engineFlags},
	{"engine-multipaxos", "./wasm/engine", "only_multipaxos", engineFlags},
	{"engine-synod", "./wasm/engine", "only_synod", engineFlags},
	{"engine-room", "./wasm/engine", "", engineFlags},
	{"files", "./wasm/files", "", []string{"all=-l"}},
	{"ui", "./wasm/ui", "", []string{"all=-l", "parley/web/scene="}},
}

// program is a WebAssembly file to build.
type program struct {
	name, room, tag string
	flags           []string // packages and their compiler flags; the last that matches counts
}

// engineFlags let be inlined what runs in every step of a World, and the runtime, since a call
// is dear in WebAssembly, and what allocates and collects garbage consists of them. Of larger
// functions those calls are inlined that are nine tenths of all in hotCalls; the last tenth
// would cost 10 kB and gain nothing.
var engineFlags = func() []string {
	flags := []string{"all=-l"}
	for _, p := range []string{
		"encoding/binary", "math/bits", "slices", "sort", "unicode/utf8", "runtime", "internal/runtime/...",
		"parley/consensus", "parley/consensus/sim", "parley/consensus/trace", "parley/consensus/check",
		"parley/consensus/raft", "parley/consensus/machine",
	} {
		flags = append(flags, p+"=-d=pgoinlinecdfthreshold=90")
	}
	return flags
}()

// hotCalls is a profile of Worlds under load, made natively (make profile). An old one costs
// some of the speed and nothing else.
const hotCalls = "server/bundle/hot.pgo"

// vuguFolder is where Vugu's packages are derived to.
const vuguFolder = "build/vugu"

// compile builds the programs into a folder, each as its name with .wasm.
func compile(dir, linkerFlags string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The page is built with a smaller Vugu; see web/vuguhelper.
	derive := exec.Command("go", "run", "./web/vuguhelper", "-module", vuguFolder)
	derive.Stderr = os.Stderr
	if err := derive.Run(); err != nil {
		return fmt.Errorf("derive Vugu's packages: %w", err)
	}
	overlay, err := wholeTexts(filepath.Dir(vuguFolder))
	if err != nil {
		return fmt.Errorf("write the texts as code: %w", err)
	}
	for _, p := range programs {
		args := []string{"build", "-modfile=" + vuguFolder + ".mod", "-overlay=" + overlay, "-trimpath", "-ldflags=" + linkerFlags, "-buildvcs=false"} // or each commit would change the bytes, and so the names
		args = append(args, compilerFlags(p.flags)...)
		build := exec.Command("go", append(args, "-tags="+p.tag, "-o", filepath.Join(dir, p.name+".wasm"), p.room)...)
		build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("compile %s to WebAssembly: %w", p.name, err)
		}
	}
	return nil
}

// compilerFlags returns the flags of go build for those of packages.
func compilerFlags(packages []string) []string {
	flags := []string{"-pgo=" + hotCalls}
	for _, f := range packages {
		flags = append(flags, "-gcflags="+f)
	}
	return flags
}

// wholeTexts writes the page's texts as Go code, and returns the file that tells go build
// to take it: so nobody downloads what package embed needs.
func wholeTexts(dir string) (overlay string, err error) {
	const listed = "web/texts/languages_gen.go"
	code, err := filepath.Abs(filepath.Join(dir, "languages.overlay")) // not .go: it is no package there
	if err != nil {
		return "", err
	}
	list := exec.Command("go", "run", "./internal/list", "-whole", code)
	list.Dir, list.Stderr = filepath.Dir(listed), os.Stderr
	if err := list.Run(); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {listed: code}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, replace, 0o644)
}

// compressAll makes the variants, the largest files first and one on each processor.
func compressAll(site map[string][]byte, c cache) ([]built, error) {
	files := make([]built, 0, len(site))
	for _, p := range sortedKeys(site) {
		files = append(files, built{Path: p, Content: site[p]})
	}
	todo := make(chan func() error)
	var problems []error
	var mu sync.Mutex
	var done sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for f := range todo {
				if err := f(); err != nil {
					mu.Lock()
					problems = append(problems, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, i := range largestFirst(files) {
		f := &files[i]
		if !compressible(f.Path) || len(f.Content) < compressMin {
			continue
		}
		todo <- func() (err error) { f.Brotli, err = c.brotli(f.Content); return }
		todo <- func() (err error) { f.GZ, err = c.gzip(f.Content); return }
	}
	close(todo)
	done.Wait()
	for i := range files {
		f := &files[i]
		if len(f.Brotli) >= len(f.Content) {
			f.Brotli = nil
		}
		if len(f.GZ) >= len(f.Content) {
			f.GZ = nil
		}
	}
	return files, errors.Join(problems...)
}

// compressMin is the size in bytes below which a variant saves less than its headers cost.
const compressMin = 256

func compressible(name string) bool {
	switch filepath.Ext(name) {
	case ".png", ".jpg", ".webp", ".avif", ".woff2", ".gz", ".br":
		return false
	}
	return true
}

// install makes the folder hold exactly these files, and touches only what differs.
func install(out string, files []built) error {
	want := map[string][]byte{}
	for _, f := range files {
		want[f.Path] = f.Content
		if f.Brotli != nil {
			want[f.Path+".br"] = f.Brotli
		}
		if f.GZ != nil {
			want[f.Path+".gz"] = f.GZ
		}
	}
	for _, p := range sortedKeys(want) {
		file := filepath.Join(out, filepath.FromSlash(p))
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, want[p]) {
			continue
		}
		if err := writeFile(file, want[p]); err != nil {
			return err
		}
	}
	return filepath.WalkDir(out, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		p, err := filepath.Rel(out, file)
		if err != nil {
			return err
		}
		if _, ok := want[filepath.ToSlash(p)]; ok || p == "README.md" {
			return nil
		}
		return os.Remove(file)
	})
}

// report prints the sizes and returns an error when one is above its budget.
func report(w io.Writer, files []built) error {
	rows, over := sizeTable(files)
	fmt.Fprint(w, rows)
	return over
}
