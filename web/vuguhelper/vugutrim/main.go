// Command vugutrim makes Vugu's generated code smaller: every byte of it is downloaded
// by each visitor, and it is run at every render.
//
//	//go:generate go run ../vuguhelper/vugutrim .
//
// It takes out the text nodes that are only the indentation of a template: they are half
// of all nodes. (White space within a line stays.) It replaces what Vugu writes out at
// each element by calls of a few functions, which it writes to vugutrim_gen.go; T is the function that returns a text of the page. And it
// takes out the imports of packages fmt, log and reflect, where nothing uses them. It expects code that gofmt
// has been over; what it does not recognise it leaves alone.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "vugutrim: takes one folder")
		os.Exit(2)
	}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*_gen.go"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no *_gen.go in %s; run vugugen first", os.Args[1])
	}
	for _, file := range files {
		if err == nil && filepath.Base(file) != functionsFile {
			err = trimFile(file)
		}
	}
	if err == nil {
		var name string
		if name, err = packageName(files); err == nil {
			err = os.WriteFile(filepath.Join(os.Args[1], functionsFile), fmt.Appendf(nil, functions, name), 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vugutrim:", err)
		os.Exit(1)
	}
}

const functionsFile = "vugutrim_gen.go"

// packageName returns the name of the package that the files are of.
func packageName(files []string) (string, error) {
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		if m := regexp.MustCompile(`(?m)^package (\w+)$`).FindSubmatch(code); m != nil {
			return string(m[1]), nil
		}
	}
	return "", fmt.Errorf("no file says its package")
}

func trimFile(file string) error {
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, trim(code), 0o644)
}

const (
	node     = `vgn = &vugu\.VGNode\{Type: vugu\.VGNodeType`
	appendTo = `\n\s*vgparent\.AppendChild\(vgn\)`
	quoted   = `"(?:[^"\\]|\\.)*"`
)

// passages are what is replaced, in this order.
var passages = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\s*` + node + `\(1\), Data: "\\n *"\}` + appendTo + `\n`), "\n"},
	{regexp.MustCompile(node + `\((\d)\), Data: (` + quoted + `)\}` + appendTo), `vgn = vgLeaf(vgparent, $1, $2)`},
	{regexp.MustCompile(`vgn\.DOMEventHandlerSpecList = append\(vgn\.DOMEventHandlerSpecList, vugu\.DOMEventHandlerSpec\{\n\s*EventType: (` + quoted + `),\n\s*Func:\s*(func.*),\n.*// TODO.*\n\s*\}\)`), `vgOn(vgn, $1, $2)`},
	{regexp.MustCompile(`\{\n\s*b, err := vjson\.Marshal\((.*)\)\n\s*if err != nil \{\n\s*panic\(err\)\n\s*\}\n\s*vgn\.Prop = append\(vgn\.Prop, vugu\.VGProperty\{Key: (` + quoted + `), JSONVal: vjson\.RawMessage\(b\)\}\)\n\s*\}`), `vgProperty(vgn, $2, $1)`},
	{regexp.MustCompile(`vgn\.AddAttrInterface\((` + quoted + `), T\((` + quoted + `)\)\)`), `vgSaid(vgn, $1, $2)`},
	{regexp.MustCompile(`vgn\.AddAttrInterface\(`), `vgAttribute(vgn, `},
	{regexp.MustCompile(`vgn\.SetInnerHTML\(T\((` + quoted + `)\)\)`), `vgText(vgn, $1)`},
	{regexp.MustCompile(`vgn\.SetInnerHTML\(`), `vgContent(vgn, `},
	{regexp.MustCompile(`vgcompKey := vugu\.MakeCompKey\((0x[0-9A-F]+)\^vgin\.CurrentPositionHash\(\), vgiterkey\)\n.*\n\s*vgcomp, _ := vgin\.BuildEnv\.CachedComponent\(vgcompKey\)\.\(\*(\w+)\)\n\s*if vgcomp == nil \{\n.*\n\s*vgcomp = new\((\w+)\)\n\s*vgin\.BuildEnv\.WireComponent\(vgcomp\)\n\s*\}\n\s*vgin\.BuildEnv\.UseComponent\(vgcompKey, vgcomp\).*`),
		`vgcomp := vgComponent(vgin, $1, vgiterkey, func() vugu.Builder { return new($2) }).(*$3)`},
	{regexp.MustCompile(`vgout\.Components = append\(vgout\.Components, vgcomp\)\n\s*vgn = &vugu\.VGNode\{Component: vgcomp\}` + appendTo), `vgn = vgUse(vgout, vgparent, vgcomp)`},
}

// element finds an element with its attributes, attribute each of them.
var (
	element   = regexp.MustCompile(node + `\(3\), Namespace: "", Data: (` + quoted + `), Attr: \[\]vugu\.VGAttribute(?:\(nil\)|\{(.*)\})\}` + appendTo)
	attribute = regexp.MustCompile(`\{Namespace: "", Key: (` + quoted + `), Val: (` + quoted + `)\}`)
)

// trim returns generated code without what it can do without.
func trim(code []byte) []byte {
	code = element.ReplaceAllFunc(code, func(found []byte) []byte {
		part := element.FindSubmatch(found)
		words := part[1][:len(part[1])-1]
		for _, a := range attribute.FindAllSubmatch(part[2], -1) {
			words = fmt.Appendf(words[:len(words):len(words)], `\t%s\t%s`, a[1][1:len(a[1])-1], a[2][1:len(a[2])-1])
		}
		return fmt.Appendf(nil, "vgn = vgElement(vgparent, %s\")", words)
	})
	for _, p := range passages {
		code = p.from.ReplaceAll(code, []byte(p.to))
	}
	for _, unused := range [...][2]string{{"fmt", "Stringer"}, {"log", "Logger"}, {"reflect", "Type"}} {
		with := code
		code = bytes.Replace(code, fmt.Appendf(nil, "\nvar _ %s.%s\n", unused[0], unused[1]), []byte("\n"), 1)
		code = bytes.Replace(code, fmt.Appendf(nil, "\nimport %q\n", unused[0]), []byte("\n"), 1)
		if regexp.MustCompile(`\b` + unused[0] + `\.`).Match(code) {
			code = with // it is used
		}
	}
	return code
}

// functions are what the trimmed code calls.
const functions = `// Code generated by vugutrim. DO NOT EDIT.

package %s

import (
	"strings"

	"github.com/vugu/vjson"
	"github.com/vugu/vugu"
)

// These are calls and not written out where they are called, since they are called often.

// vgLeaf adds a text (1) or a comment (4).
//
//go:noinline
func vgLeaf(parent *vugu.VGNode, kind vugu.VGNodeType, data string) *vugu.VGNode {
	n := &vugu.VGNode{Type: kind, Data: data}
	parent.AppendChild(n)
	return n
}

// vgElement adds an element; words are its tag, and the names and values of its attributes
// in turn, with tabulators between.
func vgElement(parent *vugu.VGNode, words string) *vugu.VGNode {
	tag, words, _ := strings.Cut(words, "\t")
	n := &vugu.VGNode{Type: vugu.ElementNode, Data: tag}
	for words != "" {
		var a vugu.VGAttribute
		a.Key, words, _ = strings.Cut(words, "\t")
		a.Val, words, _ = strings.Cut(words, "\t")
		n.Attr = append(n.Attr, a)
	}
	parent.AppendChild(n)
	return n
}

// vgAttribute sets an attribute.
//
//go:noinline
func vgAttribute[V any](n *vugu.VGNode, name string, value V) { n.AddAttrInterface(name, value) }

// vgSaid sets an attribute to a text of the catalogue.
//
//go:noinline
func vgSaid(n *vugu.VGNode, name, key string) { n.AddAttrInterface(name, T(key)) }

// vgContent sets what stands in an element.
//
//go:noinline
func vgContent[V any](n *vugu.VGNode, value V) { n.SetInnerHTML(value) }

// vgText sets what stands in an element to a text of the catalogue.
//
//go:noinline
func vgText(n *vugu.VGNode, key string) { n.SetInnerHTML(T(key)) }

// vgComponent returns the component that stood at a place at the last render, or makes it.
func vgComponent(in *vugu.BuildIn, place uint64, row any, make func() vugu.Builder) vugu.Builder {
	key := vugu.MakeCompKey(place^in.CurrentPositionHash(), row)
	c := in.BuildEnv.CachedComponent(key)
	if c == nil {
		c = make()
		in.BuildEnv.WireComponent(c)
	}
	in.BuildEnv.UseComponent(key, c)
	return c
}

// vgUse adds a component.
//
//go:noinline
func vgUse(out *vugu.BuildOut, parent *vugu.VGNode, c vugu.Builder) *vugu.VGNode {
	out.Components = append(out.Components, c)
	n := &vugu.VGNode{Component: c}
	parent.AppendChild(n)
	return n
}

// vgOn adds a handler.
//
//go:noinline
func vgOn(n *vugu.VGNode, event string, f func(vugu.DOMEvent)) {
	n.DOMEventHandlerSpecList = append(n.DOMEventHandlerSpecList, vugu.DOMEventHandlerSpec{EventType: event, Func: f})
}

// vgProperty sets a property.
//
//go:noinline
func vgProperty[V any](n *vugu.VGNode, name string, value V) {
	b, err := vjson.Marshal(value)
	if err != nil {
		panic(err)
	}
	n.Prop = append(n.Prop, vugu.VGProperty{Key: name, JSONVal: vjson.RawMessage(b)})
}
`
