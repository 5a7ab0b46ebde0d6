package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "parley"

// pkg is what these tests need of what `go list` tells.
type pkg struct {
	ImportPath string
	Dir        string
	Standard   bool
	Export     string
	GoFiles    []string
	Imports    []string
	Module     *struct{ Path string }
}

// room is the path of a package of this module without the module's name; "" if it is
// of another.
func (p *pkg) room() string { return roomOf(p.ImportPath) }

func roomOf(importPath string) string {
	room, ok := strings.CutPrefix(importPath, module+"/")
	if !ok {
		return ""
	}
	return room
}

// platform is where packages are compiled for.
type platform struct{ name, goos, goarch string }

var (
	native  = platform{"native", "", ""}
	browser = platform{"js/wasm", "js", "wasm"}
)

// list runs go list with -deps in the top folder of the module.
func list(t *testing.T, on platform, args ...string) []*pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-deps", "-json=ImportPath,Dir,Standard,Export,GoFiles,Imports,Module"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = os.Environ()
	if on.goos != "" {
		cmd.Env = append(cmd.Env, "GOOS="+on.goos, "GOARCH="+on.goarch)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list (%s): %v\n%s", on.name, err, stderr.String())
	}
	var packages []*pkg
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		p := new(pkg)
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list (%s): %v", on.name, err)
		}
		packages = append(packages, p)
	}
}

// sourceFile is a file of this module that is compiled for some platform, tests excluded.
type sourceFile struct {
	room      string
	name      string // from the top folder
	generated bool
	imports   []importLine
}

type importLine struct {
	path string
	line int
}

// sources returns all files of this module, for both platforms, read once.
var sources = sync.OnceValues(func() ([]sourceFile, error) {
	seen := map[string]bool{}
	var files []sourceFile
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	err = filepath.WalkDir(top, func(file string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if file != top && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "build" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || seen[file] {
			return nil
		}
		seen[file] = true
		tree, err := parser.ParseFile(fset, file, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, file)
		if err != nil {
			return err
		}
		f := sourceFile{
			room: filepath.ToSlash(filepath.Dir(rel)), name: filepath.ToSlash(rel), generated: ast.IsGenerated(tree),
		}
		for _, i := range tree.Imports {
			f.imports = append(f.imports, importLine{strings.Trim(i.Path.Value, `"`), fset.Position(i.Pos()).Line})
		}
		files = append(files, f)
		return nil
	})
	return files, err
})

func sourceFiles(t *testing.T) []sourceFile {
	t.Helper()
	files, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("found %d source files only: is this test looking in the right folder?", len(files))
	}
	return files
}

// standard reports whether an import path belongs to Go's standard library: its first
// part has no dot, and it is not this module.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".") && first != module
}

// within reports whether a room is one of those, or inside one that ends in /... .
func within(room string, rooms []string) bool {
	return slices.ContainsFunc(rooms, func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
			return room == prefix || strings.HasPrefix(room, prefix+"/")
		}
		return room == pattern
	})
}
