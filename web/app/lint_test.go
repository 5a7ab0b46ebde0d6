package app

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// element is an element of a template.
type element struct {
	name, attributes string
	line             int
	children         []*element // comments and texts are children with a name of "#"
	parent           *element
}

func (e *element) conditional() bool {
	return strings.Contains(e.attributes, "vg-if=") || strings.Contains(e.attributes, "vg-for=")
}

var (
	piece = regexp.MustCompile(`(?s)<!--.*?-->|</([\w:-]+)>|<([\w:-]+)((?:[^"'>]|"[^"]*"|'[^']*')*?)(/?)>|[^<]+`)
	voids = []string{"input", "br", "hr", "img"}
)

// read parses a template as far as the rules below need it.
func read(t *testing.T, file string) *element {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root := &element{name: "#root"}
	at, end := root, 0
	for _, m := range piece.FindAllStringSubmatchIndex(string(b), -1) {
		if m[0] != end {
			t.Fatalf("%s: not understood: %q", file, b[end:m[0]])
		}
		end = m[1]
		text := string(b[m[0]:m[1]])
		line := 1 + strings.Count(string(b[:m[0]]), "\n")
		switch {
		case m[2] >= 0: // an end tag
			if name := string(b[m[2]:m[3]]); at.name != name {
				t.Fatalf("%s:%d: </%s> ends <%s>", file, line, name, at.name)
			}
			at = at.parent
		case m[4] >= 0:
			e := &element{name: string(b[m[4]:m[5]]), attributes: string(b[m[6]:m[7]]), line: line, parent: at}
			at.children = append(at.children, e)
			if m[8] < m[9] {
				t.Errorf("%s:%d: <%s/> closes itself, and Vugu then swallows what follows: write </%s>", file, line, e.name, e.name)
			} else if !slices.Contains(voids, e.name) {
				at = e
			}
		case strings.TrimSpace(text) != "":
			at.children = append(at.children, &element{name: "#", line: line, parent: at})
		}
	}
	if at != root || end != len(b) {
		t.Fatalf("%s: <%s> is not closed", file, at.name)
	}
	return root
}

func (e *element) walk(f func(*element)) {
	f(e)
	for _, c := range e.children {
		c.walk(f)
	}
}

// TestTemplates holds the templates to what Vugu v0.4.0 bears.
func TestTemplates(t *testing.T) {
	files, err := filepath.Glob("*.vugu")
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	hosts := 0
	for _, file := range files {
		read(t, file).walk(func(e *element) {
			for _, why := range faults(e) {
				t.Errorf("%s:%d: <%s>: %s", file, e.line, e.name, why)
			}
			if isHost(e) {
				hosts++
			}
		})
	}
	if hosts != 7 {
		t.Errorf("%d hosts for painters were found, want 7: ring, logs and diagram for each side, and the timeline", hosts)
	}
}

func isHost(e *element) bool { return strings.Contains(e.attributes, `class="host"`) }

var (
	forbidden = regexp.MustCompile(`@(blur|focus|focusin|focusout)=|vg-(template|slot|html|key)|v-html|:href=|javascript:`)
	serialize = regexp.MustCompile(`[^.](:value|:checked)=`)
)

// faults returns what is wrong with an element.
func faults(e *element) (why []string) {
	if m := forbidden.FindString(e.attributes + " " + e.name); m != "" {
		why = append(why, m+" is not used here: handlers of focus can wait for the render that calls them, templates and slots misplace handlers, markup and addresses from data are not safe")
	}
	if serialize.MatchString(" "+e.attributes) && (e.name == "input" || e.name == "select") {
		why = append(why, "write .value and .checked: without the dot only the attribute is set, not what stands in the field")
	}
	constant := len(e.children) == 0 || e.name == "#root"
	for _, c := range e.children {
		constant = constant || !c.conditional()
	}
	if !constant {
		why = append(why, "all its children may vanish, and Vugu then leaves the last ones standing: give it a constant child, a comment will do")
	}
	if isHost(e) {
		if len(e.children) > 0 {
			why = append(why, "a host is a painter's: it has no children here")
		}
		for at := e; at.parent != nil; at = at.parent {
			for _, before := range at.parent.children {
				if before == at {
					break
				}
				if before.conditional() {
					why = append(why, "something before the host may vanish, and its element would become another's: keep what stands before it constant")
				}
			}
		}
	}
	return why
}

// TestTemplatesCanBeWrong shows that each rule is held.
func TestTemplatesCanBeWrong(t *testing.T) {
	for _, c := range []struct{ text, why string }{
		{`<ul><li vg-for='i := range c.V'></li></ul>`, "constant child"},
		{`<div><p vg-if='c.V'></p><div class="host"></div></div>`, "before the host"},
		{`<div><div class="host"><p></p></div></div>`, "no children"},
		{`<input @blur='c.X()'>`, "not used here"},
		{`<input :value='c.X'>`, ".value"},
		{`<vg-template><p></p></vg-template>`, "not used here"},
	} {
		file := filepath.Join(t.TempDir(), "x.vugu")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var found []string
		read(t, file).walk(func(e *element) { found = append(found, faults(e)...) })
		if !strings.Contains(strings.Join(found, "\n"), c.why) {
			t.Errorf("%s: found %q, want something about %q", c.text, found, c.why)
		}
	}
}
