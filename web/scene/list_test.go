package scene

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// everything draws each instruction once.
func everything(l *List) {
	l.Layer(0)
	red := l.Ink(Style{Fill: 0xff0000ff, Stroke: 0x00ff0080, Width: 1.5, DashOn: 2, DashOff: 3, Round: true})
	text := l.Ink(Style{Fill: 0x000000ff, Size: 12, Mono: true, Bold: true, Align: End})
	l.Line(red, 1, 2, 3, 4)
	l.Curve(red, Point{1, 2}, Point{3, 4}, Point{5, 6})
	l.Poly(red, true, Point{1, 2}, Point{3, 4}, Point{5, 6})
	l.Poly(red, false, Point{1, 2}, Point{3, 4})
	l.Alpha(.5)
	l.Circle(red, Point{1, 2}, 3)
	l.Alpha(1)
	l.Arc(red, Point{1, 2}, 3, 0, math.Pi/2)
	l.Rect(red, 1, 2, 3, 4, 5)
	l.Clip(1, 2, 3, 4)
	l.Label(text, 1, 2, "x=3 <é&\">")
	l.Unclip()
	l.Group("data-testid", "node-1", "role", "button")
	l.Label(text, 1, 2, "x=3 <é&\">")
	l.Ungroup()
}

func TestListIsReadBackAsItWasDrawn(t *testing.T) {
	var l List
	var r Reader
	var frames [2][]Shape
	for i := range frames {
		l.Begin()
		everything(&l)
		shapes, ok := r.Read(l.Bytes())
		if !ok {
			t.Fatalf("frame %d is not a list", i)
		}
		frames[i] = shapes
	}
	if !reflect.DeepEqual(frames[0], frames[1]) {
		t.Error("the second frame, which only refers to styles and texts, reads differently from the first")
	}
	var ops []Op
	for _, s := range frames[0] {
		ops = append(ops, s.Op)
	}
	want := []Op{OpLayer, OpLine, OpCurve, OpPoly, OpPoly, OpCircle, OpArc, OpRect, OpClip, OpLabel, OpUnclip, OpGroup, OpLabel, OpUngroup}
	if !reflect.DeepEqual(ops, want) {
		t.Fatalf("instructions %v, want %v", ops, want)
	}
	curve, circle, label, group := frames[0][2], frames[0][5], frames[0][9], frames[0][11]
	if !reflect.DeepEqual(curve.N, []float64{1, 2, 3, 4, 5, 6}) {
		t.Errorf("curve %v", curve.N)
	}
	if s := (Style{Fill: 0xff0000ff, Stroke: 0x00ff0080, Width: 1.5, DashOn: 2, DashOff: 3, Round: true}); curve.Style != s {
		t.Errorf("style %+v, want %+v", curve.Style, s)
	}
	if math.Abs(circle.Alpha-.5) > .01 || curve.Alpha != 1 {
		t.Errorf("opacities %v and %v, want 0.5 and 1", circle.Alpha, curve.Alpha)
	}
	if label.Text != "x=3 <é&\">" || label.Style.Align != End || !label.Style.Mono || !label.Style.Bold || label.Style.Size != 12 {
		t.Errorf("label %+v", label)
	}
	if !reflect.DeepEqual(group.Attributes, []string{"data-testid", "node-1", "role", "button"}) {
		t.Errorf("attributes %q", group.Attributes)
	}
}

func TestListSecondFrameDefinesNothing(t *testing.T) {
	var l List
	l.Begin()
	everything(&l)
	first := len(l.Bytes())
	l.Begin()
	everything(&l)
	second := append([]byte(nil), l.Bytes()...)
	l.Begin()
	everything(&l)
	if len(second) >= first || string(second) != string(l.Bytes()) {
		t.Errorf("frames of %d, %d and %d bytes: an unchanged frame must be the same bytes as the one before", first, len(second), len(l.Bytes()))
	}
}

func TestListDictionaryIsBounded(t *testing.T) {
	var l List
	var r Reader
	for i := range dictionaryMax + 10 {
		l.Begin()
		ink := l.Ink(Style{Fill: RGBA(i)<<8 | 0xff, Size: 10})
		l.Label(ink, 0, 0, strings.Repeat("x", i%7)+string(rune('a'+i%26))+"é"[:i%3])
		if shapes, ok := r.Read(l.Bytes()); !ok || len(shapes) != 1 {
			t.Fatalf("frame %d: %v %v", i, shapes, ok)
		}
	}
	if len(l.styles) > dictionaryMax/2 {
		t.Errorf("%d styles are remembered after a reset", len(l.styles))
	}
}

func TestReaderRefusesWhatIsNoList(t *testing.T) {
	var l List
	l.Begin()
	everything(&l)
	whole := append([]byte(nil), l.Bytes()...)
	cuts := 0
	for n := range whole {
		var r Reader
		if _, ok := r.Read(whole[:n]); !ok {
			cuts++
		}
	}
	// A list may end after any instruction; there are about thirty.
	if cuts < len(whole)-40 {
		t.Errorf("only %d of %d cut lists were refused", cuts, len(whole))
	}
	var r Reader
	l.Begin()
	everything(&l)
	if _, ok := r.Read(l.Bytes()); ok {
		t.Error("a list that refers to a frame that was never seen was read")
	}
	if SVG(&l, 10, 10, "") != nil {
		t.Error("such a list was printed")
	}
}

func FuzzReader(f *testing.F) {
	var l List
	l.Begin()
	everything(&l)
	f.Add(l.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Reader
		r.Read(b) // must not panic, nor take memory without bound
	})
}

func TestSVGIsWellFormed(t *testing.T) {
	var l List
	l.Begin()
	everything(&l)
	s := string(SVG(&l, 100, 50, `a < b & "c"`))
	elements(t, s)
	for _, want := range []string{
		`viewBox="0 0 100 50"`, `<title>a &lt; b &amp; &quot;c&quot;</title>`,
		`<line x1="1" y1="2" x2="3" y2="4" fill="#ff0000" stroke="#00ff00" stroke-opacity="0.5"`,
		`d="M1 2Q3 4 5 6"`, `d="M1 2L3 4L5 6Z"`, `opacity="0.5"`, `text-anchor="end"`, `x=3 &lt;é&amp;&quot;&gt;`,
		`clip-path="url(#`, `data-testid="node-1"`, `stroke-dasharray="2 3"`, `A3 3 0 0 1 1 5`,
	} {
		if !strings.Contains(s, want) {
			t.Errorf("no %s in\n%s", want, s)
		}
	}
}
