package house

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// anyOrder is the mark of a loop over a map whose result does not depend on its order.
const anyOrder = "any order:"

// TestPure holds that nothing under consensus starts a goroutine, uses a channel or
// goes through a map in the map's own order, which differs from run to run.
func TestPure(t *testing.T) {
	packages := list(t, native, "-export", "./consensus/...")
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	compiled := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	checked := 0
	for _, p := range packages {
		if p.room() == "" {
			continue
		}
		checked++
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		for _, problem := range impurities(t, fset, p.ImportPath, files, compiled) {
			t.Error(problem)
		}
	}
	if checked < 5 {
		t.Errorf("looked at %d packages only", checked)
	}
}

// impurities returns what is wrong with a package, with its place.
func impurities(t *testing.T, fset *token.FileSet, path string, files []*ast.File, compiled types.Importer) []string {
	t.Helper()
	info := types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: compiled}
	if _, err := conf.Check(path, fset, files, &info); err != nil {
		t.Fatal(err)
	}
	var problems []string
	for _, f := range files {
		excused := map[int]bool{} // lines with the mark on them or above them
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.Contains(c.Text, anyOrder) {
					line := fset.Position(c.Pos()).Line
					excused[line], excused[fset.Position(group.End()).Line+1] = true, true
				}
			}
		}
		say := func(n ast.Node, what string) {
			at := fset.Position(n.Pos())
			problems = append(problems, filepath.Base(filepath.Dir(at.Filename))+"/"+filepath.Base(at.Filename)+":"+strconv.Itoa(at.Line)+": "+what)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				say(n, "starts a goroutine: a run must not depend on a scheduler")
			case *ast.ChanType, *ast.SelectStmt, *ast.SendStmt:
				say(n, "uses a channel: a run must not depend on a scheduler")
			case *ast.RangeStmt:
				if _, ok := info.TypeOf(n.X).Underlying().(*types.Map); ok && !excused[fset.Position(n.Pos()).Line] {
					say(n, "goes through a map, whose order differs from run to run: sort the keys, or say in a comment at the loop why it may be done in \""+anyOrder+" …\"")
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT {
					say(n, "computes with floating point, which platforms may round differently: use integers or parts per million")
				}
			case *ast.Ident:
				if tv, ok := info.Types[n]; ok && tv.IsType() && (n.Name == "float64" || n.Name == "float32") {
					say(n, "computes with floating point, which platforms may round differently: use integers or parts per million")
				}
			}
			return true
		})
	}
	return problems
}

// TestPureCanFail shows that impurities finds each of the things it looks for.
func TestPureCanFail(t *testing.T) {
	const code = `package p
func f(m map[int]int, c chan int) (n int) {
	go f(nil, nil)
	for k := range m { n += k }
	for k := range m { n += k } // any order: a sum
	// any order: a sum, told
	// in two lines
	for k := range m { n += k }
	for i := range 3 { n += i }
	c <- 1
	var x float64
	_ = x + 0.5
	return
}`
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "p/p.go", code, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	got := impurities(t, fset, "p", []*ast.File{f}, nil)
	want := []string{"p/p.go:2: uses a channel", "p/p.go:3: starts a gor", "p/p.go:4: goes through", "p/p.go:10: uses a chan", "p/p.go:11: computes with", "p/p.go:12: computes with"}
	if len(got) != len(want) {
		t.Fatalf("found %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("found %q, want %q …", got[i], want[i])
		}
	}
}
