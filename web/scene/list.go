package scene

import (
	"encoding/binary"
	"math"
)

// Op is an instruction of a display list.
type Op uint8

// The instructions. A list is a sequence of little-endian 32-bit words; the first
// word of an instruction holds the Op (8 bits), the style (16 bits) and the opacity
// (8 bits). Coordinates are float32 in CSS pixels, angles in radians, clockwise from
// three o'clock. canvas.js has the same table.
const (
	OpReset   Op = iota + 1 // forget all styles and texts
	OpStyle                 // define the style: fill, stroke (0xRRGGBBAA), width, dash on, dash off, look (see Style.look)
	OpText                  // define text number: number, bytes, then the bytes padded to a word
	OpLayer                 // the following goes to layer: number
	OpLine                  // x1 y1 x2 y2
	OpCurve                 // quadratic: x1 y1, control x y, x2 y2
	OpPoly                  // points | closed<<31, then x y of each
	OpCircle                // x y radius
	OpArc                   // x y radius, from, to
	OpRect                  // x y width height, corner radius
	OpLabel                 // x y of the baseline, text number
	OpClip                  // x y width height: until OpUnclip nothing is drawn outside
	OpUnclip                //
	OpGroup                 // pairs of text numbers: how many pairs, then name and value of each attribute
	OpUngroup               //
)

// RGBA is a colour, 0xRRGGBBAA; 0 paints nothing.
type RGBA uint32

// opaque makes an RGBA of 0xRRGGBB.
func opaque(rgb uint32) RGBA { return RGBA(rgb<<8 | 0xff) }

// with returns the colour with an opacity from 0 to 1.
func (c RGBA) with(a float64) RGBA { return c&^0xff | RGBA(a*255+.5) }

// Align says which point of a text its x is.
type Align uint8

// Where a text stands.
const (
	Start Align = iota
	Middle
	End
)

// Style is how a shape is painted. The zero value paints nothing.
type Style struct {
	Fill, Stroke    RGBA
	Width           float32 // of the stroke, in pixels
	DashOn, DashOff float32 // 0: a solid line
	Size            uint8   // of text, in pixels
	Mono, Bold      bool
	Align           Align
	Round           bool // round line ends
}

// look packs what a style says about text and line ends.
func (s Style) look() uint32 {
	v := uint32(s.Size) | uint32(s.Align)<<8
	for i, on := range [...]bool{s.Mono, s.Bold, s.Round} {
		if on {
			v |= 1 << (16 + i)
		}
	}
	return v
}

// Ink is the number of a style within a List.
type Ink uint16

// dictionaryMax bounds the styles and the texts that a List remembers from frame to
// frame; beyond it the next frame begins anew.
const dictionaryMax = 4096

// List is a display list. It is used again for each frame: styles and texts are
// defined once and then named by number, so a frame is little more than coordinates.
// The zero value is ready; Begin starts a frame.
type List struct {
	b      []byte
	styles map[Style]Ink
	texts  map[string]uint32
	alpha  uint32
}

// Begin empties the list for a new frame.
func (l *List) Begin() {
	l.b = l.b[:0]
	l.alpha = 255 << 24
	if l.styles == nil || len(l.styles) > dictionaryMax || len(l.texts) > dictionaryMax {
		l.styles, l.texts = map[Style]Ink{}, map[string]uint32{}
		l.op(OpReset, 0)
	}
}

// Renew makes the next Begin define everything anew: for whoever has not seen the
// frames before.
func (l *List) Renew() { l.styles = nil }

// Bytes returns the encoded list; it is valid until the next Begin.
func (l *List) Bytes() []byte { return l.b }

func (l *List) op(o Op, s Ink, words ...float64) {
	l.word(uint32(o) | uint32(s)<<8 | l.alpha)
	for _, w := range words {
		l.word(math.Float32bits(float32(w)))
	}
}

func (l *List) word(w uint32) { l.b = binary.LittleEndian.AppendUint32(l.b, w) }

// Ink returns the number of a style.
func (l *List) Ink(s Style) Ink {
	n, ok := l.styles[s]
	if !ok {
		n = Ink(len(l.styles))
		l.styles[s] = n
		l.op(OpStyle, n)
		l.word(uint32(s.Fill))
		l.word(uint32(s.Stroke))
		l.word(math.Float32bits(s.Width))
		l.word(math.Float32bits(s.DashOn))
		l.word(math.Float32bits(s.DashOff))
		l.word(s.look())
	}
	return n
}

// text returns the number of a text.
func (l *List) text(s string) uint32 {
	n, ok := l.texts[s]
	if !ok {
		n = uint32(len(l.texts))
		l.texts[s] = n
		l.op(OpText, 0)
		l.word(n)
		l.word(uint32(len(s)))
		l.b = append(l.b, s...)
		for len(l.b)%4 != 0 {
			l.b = append(l.b, 0)
		}
	}
	return n
}

// Alpha sets the opacity, from 0 to 1, of the shapes that follow in this frame.
func (l *List) Alpha(a float64) {
	l.alpha = uint32(math.Round(max(0, min(1, a))*255)) << 24
}

// Layer sends what follows to a layer, counted from 0 upwards from the bottom.
func (l *List) Layer(n int) {
	l.op(OpLayer, 0)
	l.word(uint32(n))
}

// Line draws a straight line.
func (l *List) Line(s Ink, x1, y1, x2, y2 float64) { l.op(OpLine, s, x1, y1, x2, y2) }

// Curve draws a quadratic curve from a to b that leans towards c.
func (l *List) Curve(s Ink, a, c, b Point) { l.op(OpCurve, s, a.X, a.Y, c.X, c.Y, b.X, b.Y) }

// Poly draws lines through points, closed to an area or not.
func (l *List) Poly(s Ink, closed bool, points ...Point) {
	l.op(OpPoly, s)
	n := uint32(len(points))
	if closed {
		n |= 1 << 31
	}
	l.word(n)
	for _, p := range points {
		l.word(math.Float32bits(float32(p.X)))
		l.word(math.Float32bits(float32(p.Y)))
	}
}

// Circle draws a circle or a disc.
func (l *List) Circle(s Ink, p Point, r float64) { l.op(OpCircle, s, p.X, p.Y, r) }

// Arc draws a part of a circle, clockwise from one angle to another.
func (l *List) Arc(s Ink, p Point, r, from, to float64) { l.op(OpArc, s, p.X, p.Y, r, from, to) }

// Rect draws a rectangle with corners of radius r.
func (l *List) Rect(s Ink, x, y, w, h, r float64) { l.op(OpRect, s, x, y, w, h, r) }

// Label draws a text; y is its baseline.
func (l *List) Label(s Ink, x, y float64, text string) {
	n := l.text(text)
	l.op(OpLabel, s, x, y)
	l.word(n)
}

// Clip hides what is drawn outside a rectangle until Unclip.
func (l *List) Clip(x, y, w, h float64) { l.op(OpClip, 0, x, y, w, h) }

// Unclip ends Clip.
func (l *List) Unclip() { l.op(OpUnclip, 0) }

// Group begins a group with attributes, name and value in turn; only elements have
// them, a canvas ignores groups.
func (l *List) Group(attributes ...string) {
	var numbers [32]uint32
	n := numbers[:0]
	for _, a := range attributes {
		n = append(n, l.text(a))
	}
	l.op(OpGroup, 0)
	l.word(uint32(len(n) / 2))
	for _, a := range n {
		l.word(a)
	}
}

// Ungroup ends Group.
func (l *List) Ungroup() { l.op(OpUngroup, 0) }
