// Command bundle builds what runs on Cloudflare Workers into one folder: the site's files and
// their headers, the HTTP API as js/wasm, the rules of rooms as a WebAssembly reactor, and the
// scripts and settings around them. The site has to be built before (server/bundle).
//
//	go run ./server/worker/bundle          builds
//	go run ./server/worker/bundle -sizes   builds, prints the sizes, and fails above a limit
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"parley/server/bundle/wasm"
	"parley/server/site"
)

func main() {
	sizes := flag.Bool("sizes", false, "print the sizes, and fail when one is above its limit")
	out := flag.String("out", "build/worker", "folder to build into")
	dist := flag.String("site", "server/site/dist", "folder of the site's files")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "bundle: takes no arguments")
		os.Exit(2)
	}
	err := build(*out, os.DirFS(*dist))
	if err == nil && *sizes {
		err = report(os.Stdout, *out)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bundle: %v\n", err)
		os.Exit(1)
	}
}

// Where the parts are, from the top of the project and in the folder that is built.
const (
	sources   = "server/worker"
	apiFolder = "api"
	apiWasm   = "api/app.wasm" // the name is the library's
	roomWasm  = "room.wasm"
	filesOf   = "site"
)

// scripts are copied as they are.
var scripts = []string{"worker.mjs", "room.mjs", "rules.mjs", "local.mjs", "wrangler.jsonc", "package.json", "package-lock.json"}

// pages are files of the site that the Worker itself has to know: the API fills them.
var pages = []string{"index.html", "embed.html"}

func build(out string, dist fs.FS) error {
	if _, err := os.Stat("go.mod"); err != nil {
		return errors.New("run this in the top folder of the project, where go.mod is")
	}
	if _, err := fs.Stat(dist, "index.html"); err != nil {
		return site.ErrNotBuilt
	}
	if err := assets(filepath.Join(out, filesOf), dist); err != nil {
		return fmt.Errorf("copy the site: %w", err)
	}
	for _, name := range pages {
		if err := copyFile(filepath.Join(out, name), dist, name); err != nil {
			return err
		}
	}
	for _, name := range scripts {
		if err := copyFile(filepath.Join(out, name), os.DirFS(sources), name); err != nil {
			return err
		}
	}
	// The scripts around the API come from the library that it is built with.
	if err := run(nil, "go", "run", "github.com/syumai/workers/cmd/workers-assets-gen", "-mode=go", "-o", filepath.Join(out, apiFolder)); err != nil {
		return fmt.Errorf("make the scripts of the API: %w", err)
	}
	if err := compile("js", filepath.Join(out, apiWasm), "./"+sources+"/api"); err != nil {
		return err
	}
	// A reactor: a module that is called, and has no main that runs.
	return compile("wasip1", filepath.Join(out, roomWasm), "./"+sources+"/room", "-buildmode=c-shared")
}

// compile builds a program of Go for WebAssembly on a system, and directs its jumps.
func compile(system, file, room string, flags ...string) error {
	args := append([]string{"build", "-trimpath", "-ldflags=-s -w", "-buildvcs=false", "-o", file}, flags...)
	if err := run([]string{"GOOS=" + system, "GOARCH=wasm"}, "go", append(args, room)...); err != nil {
		return fmt.Errorf("compile %s for %s/wasm: %w", room, system, err)
	}
	linked, err := os.ReadFile(file) // by now, or before and directed then
	if err != nil {
		return err
	}
	direct, err := wasm.Direct(linked)
	if errors.Is(err, wasm.ErrCode) { // with another Go it is slower, but runs
		fmt.Fprintf(os.Stderr, "bundle: %s is slower than need be: %v\n", file, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("direct the jumps of %s: %w", file, err)
	}
	return write(file, direct)
}

func run(env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// assets makes a folder hold the site's files and nothing else, and the headers that they
// have. The edge compresses by itself, so the compressed forms stay away.
func assets(folder string, dist fs.FS) error {
	want := map[string]bool{}
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "README.md" || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
			return err
		}
		want[name] = true
		return copyFile(filepath.Join(folder, filepath.FromSlash(name)), dist, name)
	})
	if err != nil {
		return err
	}
	if err := prune(folder, want); err != nil {
		return err
	}
	headers, err := site.EdgeHeaders(os.DirFS(folder))
	if err != nil {
		return err
	}
	return write(filepath.Join(folder, headersFile), []byte(headers))
}

// headersFile is where the host of the files looks for their headers.
const headersFile = "_headers"

// prune removes the files of a folder that are not wanted: those of an earlier build.
func prune(folder string, want map[string]bool) error {
	return filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, file)
		if err != nil || want[filepath.ToSlash(name)] {
			return err
		}
		return os.Remove(file)
	})
}

func copyFile(to string, from fs.FS, name string) error {
	b, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	return write(to, b)
}

func write(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}
