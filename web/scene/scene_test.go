package scene

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"parley/consensus"
	"parley/web/scene/internal/sample"
	"parley/web/view"
)

// elements parses XML and returns how often each element occurs.
func elements(t *testing.T, s string) map[string]int {
	t.Helper()
	count := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, s)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
		}
	}
}

// painter is what the four painters have in common.
type painter interface {
	Draw(l *List, w, h float64, s *view.Scene)
}

func painters() map[string]painter {
	return map[string]painter{
		"ring": &Ring{Words: English}, "logs": &Logs{Words: English},
		"diagram": &Diagram{Words: English, Index: new(Index)}, "timeline": &Timeline{Words: English},
	}
}

// sceneOf is a sample run at the moment that is worth looking at.
func sceneOf(t testing.TB, run string) view.Scene {
	t.Helper()
	if sample.Runs[run] == nil {
		t.Fatalf("there is no run %q", run)
	}
	store, at := sample.Runs[run]()
	return at2scene(store, at)
}

func at2scene(store *view.Store, at consensus.Time) view.Scene {
	span := 120 * consensus.Millisecond
	return view.Scene{
		Store: store, Cursor: store.Moment(at), Frontier: at, Span: span, Left: at - span*3/4,
		Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1},
	}
}

// shapes draws a scene anew and reads it back.
func shapes(t testing.TB, p painter, w, h float64, s view.Scene) []Shape {
	t.Helper()
	var l List
	l.Begin()
	p.Draw(&l, w, h, &s)
	var r Reader
	out, ok := r.Read(l.Bytes())
	if !ok {
		t.Fatal("what was drawn is no list")
	}
	return out
}

var sizes = [][2]float64{{1440, 520}, {900, 500}, {640, 360}, {390, 320}, {320, 300}, {320, 568}, {200, 120}, {24, 10}, {1, 1}}

// Whatever the run, the size and the theme: the list is well-formed, has no NaN, and no
// label leaves the host.
func TestEveryPainterAtEverySize(t *testing.T) {
	for name := range sample.Runs {
		s := sceneOf(t, name)
		for kind, p := range painters() {
			for _, size := range sizes {
				for _, dark := range []bool{false, true} {
					s.Dark = dark
					check(t, name+"/"+kind, shapes(t, p, size[0], size[1], s), size[0], size[1])
				}
			}
		}
	}
}

func check(t *testing.T, name string, list []Shape, w, h float64) {
	t.Helper()
	depth := 0
	for _, s := range list {
		for _, v := range s.N {
			if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1e7 {
				t.Fatalf("%s at %v x %v: a shape with %v: %+v", name, w, h, v, s)
			}
		}
		switch s.Op {
		case OpCircle:
			if s.N[2] < 0 {
				t.Fatalf("%s at %v x %v: a circle of radius %v", name, w, h, s.N[2])
			}
		case OpRect:
			if s.N[2] < 0 || s.N[3] < 0 {
				t.Fatalf("%s at %v x %v: a rectangle of %v by %v", name, w, h, s.N[2], s.N[3])
			}
		case OpClip, OpGroup:
			depth++
		case OpUnclip, OpUngroup:
			depth--
		case OpLabel:
			if w < 300 || h < 250 || depth > 0 && !strings.Contains(name, "ring") {
				continue // too small for words, or cut off by its clip
			}
			x, wide := s.N[0], textWidth(s.Text, float64(s.Style.Size), s.Style.Mono)
			x -= [...]float64{0, wide / 2, wide}[s.Style.Align]
			if x < -2 || x+wide > w+2 || s.N[1] < 6 || s.N[1] > h {
				t.Errorf("%s at %v x %v: label %q at %.0f,%.0f, %.0f wide, leaves the host", name, w, h, s.Text, x, s.N[1], wide)
			}
		}
	}
	if depth != 0 {
		t.Errorf("%s: %d clips or groups are left open", name, depth)
	}
}

// A frame is a function of its scene: painting it again, after others, changes nothing.
func TestFramesArePureFunctionsOfTheScene(t *testing.T) {
	for kind, p := range painters() {
		s, other := sceneOf(t, "faults"), sceneOf(t, "work")
		first := printed(p, s)
		printed(p, other)
		s.Store.State(0)
		if again := printed(p, s); again != first {
			t.Errorf("%s: the same scene is drawn differently the second time", kind)
		}
		later := s
		later.Cursor = s.Store.Moment(s.Cursor.T + 2*consensus.Millisecond)
		later.Frontier = later.Cursor.T
		if printed(p, later) == first && kind != "logs" {
			t.Errorf("%s: two milliseconds later nothing has moved", kind)
		}
	}
}

func printed(p painter, s view.Scene) string {
	var l List
	l.Begin()
	p.Draw(&l, 800, 500, &s)
	return string(SVG(&l, 800, 500, "test"))
}

func TestNothingBeyondTheFrontierIsShown(t *testing.T) {
	store, at := sample.Runs["work"]()
	whole := at2scene(store, at)
	whole.Left = 0
	whole.Span = store.End()

	known := whole
	known.Store = beginning(t, store, store.Before(at))
	for _, kind := range []string{"diagram", "timeline"} {
		if printed(painters()[kind], whole) != printed(painters()[kind], known) {
			t.Errorf("%s: what happens after the frontier changes what is drawn before it", kind)
		}
	}
}

// beginning returns a store of the first n events.
func beginning(t testing.TB, of *view.Store, n int) *view.Store {
	t.Helper()
	s := new(view.Store)
	s.Open(of.Protocol, of.Setup)
	if err := s.Add(0, encoded(of, 0, n), 0, texts(of)); err != nil {
		t.Fatal(err)
	}
	return s
}

func encoded(s *view.Store, from, to int) (b []byte) {
	for i := from; i < to; i++ {
		b = s.Event(i).Append(b)
	}
	return b
}

func texts(s *view.Store) (list []string) {
	for i := uint32(0); s.Text(i) != ""; i++ {
		list = append(list, s.Text(i))
	}
	return list
}
