package site

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestEdgeHeaders reads _headers as its readers do (all rules that match count, in their
// order; ! takes away what was set before), and holds that each file has exactly the headers
// there that the Site gives it.
func TestEdgeHeaders(t *testing.T) {
	files := testFiles()
	files["embed.js"] = &fstest.MapFile{Data: []byte("x")}
	delete(files, "README.md")
	text, err := EdgeHeaders(files)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(files)
	if err != nil {
		t.Fatal(err)
	}
	native := Secure(s)
	ofFile := []string{"Vary", "Etag", "Content-Type", "Content-Length"} // of what is in it, and so the host's own
	for name := range files {
		if strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
			continue
		}
		r, _ := ask(native, "GET", "/"+name)
		want := r.Header.Clone()
		for _, h := range ofFile {
			want.Del(h)
		}
		got := edgeHeaders(text, "/"+name)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s has there\n%v\nand here\n%v", name, got, want)
		}
	}
}

// edgeHeaders are the headers that a file _headers gives to a path.
func edgeHeaders(text, path string) http.Header {
	all := http.Header{}
	matches := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		rule, inside := strings.CutPrefix(line, "  ")
		name, value, set := strings.Cut(rule, ": ")
		gone, unset := strings.CutPrefix(rule, "! ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !inside:
			prefix, star := strings.CutSuffix(line, "*")
			matches = path == line || star && strings.HasPrefix(path, prefix)
		case matches && unset:
			all.Del(gone)
		case matches && set:
			all.Add(name, value)
		}
	}
	return all
}

// TestEdgeBounds holds that a site whose headers the host would cut is refused.
func TestEdgeBounds(t *testing.T) {
	files := fstest.MapFS{}
	for i := range edgeRulesMax {
		files[fmt.Sprintf("%d.txt", i)] = &fstest.MapFile{}
	}
	if _, err := EdgeHeaders(files); err == nil || !strings.Contains(err.Error(), "rules for its headers") {
		t.Errorf("too many rules: %v", err)
	}
	before := secure
	defer func() { secure = before }()
	secure = append(slices.Clone(secure), header{"X-Long", strings.Repeat("x", edgeLineMax)})
	if _, err := EdgeHeaders(testFiles()); err == nil || !strings.Contains(err.Error(), "X-Long") {
		t.Errorf("a long line: %v", err)
	}
}
