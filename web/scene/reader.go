package scene

import (
	"encoding/binary"
	"math"
)

// Shape is one instruction of a list, decoded.
type Shape struct {
	Op         Op
	Style      Style
	Alpha      float64
	N          []float64 // the numbers, in the order of the Op; those of OpPoly are its points
	Closed     bool      // of OpPoly
	Text       string    // of OpLabel
	Attributes []string  // of OpGroup
}

// Reader decodes display lists; like canvas.js it remembers styles and texts from
// one list to the next.
type Reader struct {
	styles []Style
	texts  []string
	b      []byte
	bad    bool
}

func (r *Reader) word() uint32 {
	if len(r.b) < 4 {
		r.bad = true
		return 0
	}
	w := binary.LittleEndian.Uint32(r.b)
	r.b = r.b[4:]
	return w
}

func (r *Reader) number() float64 { return float64(math.Float32frombits(r.word())) }

func (r *Reader) name(n uint32) string {
	if int(n) >= len(r.texts) {
		r.bad = true
		return ""
	}
	return r.texts[n]
}

// operands is how many numbers an instruction has that has nothing else.
var operands = [...]int{
	OpLine: 4, OpCurve: 6, OpCircle: 3, OpArc: 5, OpRect: 5, OpLabel: 2, OpClip: 4, OpUnclip: 0, OpUngroup: 0,
}

// Read returns the shapes of a list. It reports false when the bytes are no list.
func (r *Reader) Read(b []byte) (shapes []Shape, ok bool) {
	r.b, r.bad = b, false
	for len(r.b) > 0 && !r.bad {
		w := r.word()
		s := Shape{Op: Op(w), Alpha: float64(w>>24) / 255}
		style := int(w >> 8 & 0xffff)
		switch s.Op {
		case OpReset:
			r.styles, r.texts = nil, nil
			continue
		case OpStyle:
			if style != len(r.styles) {
				return nil, false
			}
			r.styles = append(r.styles, r.style())
			continue
		case OpText:
			if n := r.word(); int(n) != len(r.texts) {
				return nil, false
			}
			size := int(r.word())
			padded := (size + 3) &^ 3
			if size < 0 || padded > len(r.b) {
				return nil, false
			}
			r.texts = append(r.texts, string(r.b[:size]))
			r.b = r.b[padded:]
			continue
		case OpLayer:
			s.N = []float64{float64(r.word())}
		case OpPoly:
			n := r.word()
			s.Closed = n>>31 == 1
			n &^= 1 << 31
			if int64(n)*8 > int64(len(r.b)) {
				return nil, false
			}
			for range 2 * n {
				s.N = append(s.N, r.number())
			}
		case OpGroup:
			n := r.word()
			if int64(n)*8 > int64(len(r.b)) {
				return nil, false
			}
			for range 2 * n {
				s.Attributes = append(s.Attributes, r.name(r.word()))
			}
		case OpLine, OpCurve, OpCircle, OpArc, OpRect, OpLabel, OpClip, OpUnclip, OpUngroup:
			for range operands[s.Op] {
				s.N = append(s.N, r.number())
			}
			if s.Op == OpLabel {
				s.Text = r.name(r.word())
			}
		default:
			return nil, false
		}
		if s.Op >= OpLine && s.Op <= OpLabel {
			if style >= len(r.styles) {
				return nil, false
			}
			s.Style = r.styles[style]
		}
		shapes = append(shapes, s)
	}
	return shapes, !r.bad
}

func (r *Reader) style() Style {
	s := Style{
		Fill: RGBA(r.word()), Stroke: RGBA(r.word()),
		Width: float32(r.number()), DashOn: float32(r.number()), DashOff: float32(r.number()),
	}
	look := r.word()
	s.Size, s.Align = uint8(look), Align(look>>8)
	s.Mono, s.Bold, s.Round = look>>16&1 == 1, look>>17&1 == 1, look>>18&1 == 1
	return s
}
