package scene

import (
	"flag"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the figures of index.html anew")

// still returns the lines of the figure that stands in index.html until the painters
// draw: a ring of five nodes before anything has happened, laid out as the ring will be,
// so that nothing jumps. Its colours are the style sheet's.
func still(w, h float64) string {
	l := Arrange(w, h, 5, 1)
	var b strings.Builder
	n := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	line := func(parts ...string) {
		b.WriteString(strings.Repeat(" ", 24) + strings.Join(parts, "") + "\n")
	}
	for i, p := range l.Nodes {
		for _, q := range l.Nodes[i+1:] {
			line(`<line x1="`, n(p.X), `" y1="`, n(p.Y), `" x2="`, n(q.X), `" y2="`, n(q.Y), `"/>`)
		}
	}
	size := clamp(math.Round(l.R*.78), 11, 28)
	for i, p := range l.Nodes {
		line(`<circle class="gap" cx="`, n(p.X), `" cy="`, n(p.Y), `" r="`, n(l.R+arcGap), `"/><circle class="disc" cx="`, n(p.X), `" cy="`, n(p.Y), `" r="`, n(l.R), `"/>`)
		left := []float64{.86, .63, .74, .93, .7}[i]
		a, z := polar(p, l.R+arcGap, twelve), polar(p, l.R+arcGap, twelve+2*math.Pi*left)
		line(`<path class="arc" d="M`, n(a.X), " ", n(a.Y), "A", n(l.R+arcGap), " ", n(l.R+arcGap), " 0 1 1 ", n(z.X), " ", n(z.Y), `"/>`)
		line(`<text class="term" x="`, n(p.X), `" y="`, n(p.Y+size*.36), `" font-size="`, strconv.Itoa(int(size)), `">0</text>`)
		d := ring{Layout: &l, List: new(List), Theme: onGround(false)}
		d.List.Begin()
		d.name(p, "N"+strconv.Itoa(i+1), "", 0xff)
		var r Reader
		for _, s := range must(r.Read(d.List.Bytes())) {
			if s.Text != "" {
				anchor := [...]string{"start", "middle", "end"}[s.Style.Align]
				line(`<text class="name" x="`, n(s.N[0]), `" y="`, n(s.N[1]), `" text-anchor="`, anchor, `">`, s.Text, `</text>`)
			}
		}
	}
	c := l.Clients[0]
	line(`<rect x="`, n(c.X-l.C), `" y="`, n(c.Y-l.C), `" width="`, n(2*l.C), `" height="`, n(2*l.C), `" rx="2"/>`)
	return b.String()
}

func must(s []Shape, ok bool) []Shape {
	if !ok {
		panic("no list")
	}
	return s
}

func TestFirstPaintIsWhereTheRingWillBe(t *testing.T) {
	const file = "../../index.html"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Skip(err) // the browser's test run sees no files outside of its package
	}
	was := string(page)
	s := was
	for _, f := range []struct {
		class string
		w, h  float64
	}{{"wide", 1104, 520}, {"narrow", 390, 330}} {
		before, rest, ok := strings.Cut(s, `<svg class="static `+f.class+`"`)
		head, rest, also := strings.Cut(rest, ">\n")
		_, after, too := strings.Cut(rest, "</svg>")
		if !ok || !also || !too {
			t.Fatalf("index.html has no figure of class %q", f.class)
		}
		s = before + `<svg class="static ` + f.class + `"` + head + ">\n" + still(f.w, f.h) + strings.Repeat(" ", 24) + "</svg>" + after
	}
	if s == was {
		return
	}
	if !*update {
		t.Fatal("the figures in index.html are not where the ring draws its nodes; go test ./web/scene -run FirstPaint -update mends them")
	}
	if err := os.WriteFile(file, []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
}
