package scene

import (
	"math"
	"strconv"

	"parley/consensus"
)

// The type faces of the page, as an SVG names them; canvas.js has the same two.
const (
	sansFace = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif"
	monoFace = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
)

// SVG prints a list that was begun anew (its first frame, or after Renew) as a
// standalone picture of the given size, with a title for those who cannot see it. It
// returns nil when the list refers to earlier frames.
func SVG(l *List, w, h float64, title string) []byte {
	var r Reader
	shapes, ok := r.Read(l.Bytes())
	if !ok {
		return nil
	}
	p := svgPrinter{id: mark(l.Bytes())}
	p.head(w, h, title, "")
	for i := range shapes {
		p.shape(&shapes[i])
	}
	p.text("</svg>\n")
	return p.b
}

type svgPrinter struct {
	b     []byte
	id    string // begins the names of this picture's elements: several may stand in one page
	clips int
}

// head begins a picture.
func (p *svgPrinter) head(w, h float64, title, says string) {
	p.text(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `).number(w).text(" ").number(h)
	p.text(`" width="`).number(w).text(`" height="`).number(h).text(`" font-family="`).text(sansFace)
	p.text(`" role="img"><title>`).escaped(title).text("</title>\n")
	if says != "" {
		p.text("<desc>").escaped(says).text("</desc>\n")
	}
}

// mark returns a few letters that differ from picture to picture.
func mark(b []byte) string {
	h := consensus.Hash(b)
	var id [7]byte
	for i := range id {
		id[i] = 'a' + byte(h%26)
		h /= 26
	}
	return string(id[:])
}

func (p *svgPrinter) text(s string) *svgPrinter {
	p.b = append(p.b, s...)
	return p
}

func (p *svgPrinter) number(v float64) *svgPrinter {
	v = math.Round(v*100) / 100
	p.b = strconv.AppendFloat(p.b, v, 'f', -1, 64)
	return p
}

func (p *svgPrinter) escaped(s string) *svgPrinter {
	for _, c := range s {
		switch {
		case c == '&':
			p.text("&amp;")
		case c == '<':
			p.text("&lt;")
		case c == '>':
			p.text("&gt;")
		case c == '"':
			p.text("&quot;")
		case c < ' ' || c == 0xfffe || c == 0xffff:
			p.text(" ") // not allowed in XML
		default:
			p.b = append(p.b, string(c)...)
		}
	}
	return p
}

// attribute prints a name with a number.
func (p *svgPrinter) attribute(name string, v float64) *svgPrinter {
	return p.text(" ").text(name).text(`="`).number(v).text(`"`)
}

func (p *svgPrinter) shape(s *Shape) {
	n := s.N
	switch s.Op {
	case OpLine:
		p.text("<line").attribute("x1", n[0]).attribute("y1", n[1]).attribute("x2", n[2]).attribute("y2", n[3])
	case OpCurve:
		p.text(`<path d="M`).pair(n[0], n[1]).text("Q").pair(n[2], n[3]).text(" ").pair(n[4], n[5]).text(`"`)
	case OpPoly:
		p.text(`<path d="`)
		for i := 0; i+1 < len(n); i += 2 {
			if i == 0 {
				p.text("M")
			} else {
				p.text("L")
			}
			p.pair(n[i], n[i+1])
		}
		if s.Closed {
			p.text("Z")
		}
		p.text(`"`)
	case OpCircle:
		p.text("<circle").attribute("cx", n[0]).attribute("cy", n[1]).attribute("r", n[2])
	case OpArc:
		p.text(`<path d="`).arc(n[0], n[1], n[2], n[3], n[4]).text(`"`)
	case OpRect:
		p.text("<rect").attribute("x", n[0]).attribute("y", n[1]).attribute("width", n[2]).attribute("height", n[3])
		if n[4] > 0 {
			p.attribute("rx", n[4])
		}
	case OpLabel:
		p.text("<text").attribute("x", n[0]).attribute("y", n[1])
	case OpClip:
		p.clips++
		p.text(`<clipPath id="`).text(p.id).number(float64(p.clips)).text(`"><rect`).attribute("x", n[0]).attribute("y", n[1])
		p.attribute("width", n[2]).attribute("height", n[3]).text(`/></clipPath><g clip-path="url(#`).text(p.id)
		p.number(float64(p.clips)).text(`)">`).text("\n")
		return
	case OpGroup:
		p.text("<g")
		for i := 0; i+1 < len(s.Attributes); i += 2 {
			if name := s.Attributes[i]; name != "tabindex" && name != "role" && name != "style" {
				p.text(" ").text(name).text(`="`).escaped(s.Attributes[i+1]).text(`"`)
			}
		}
		p.text(">\n")
		return
	case OpUnclip, OpUngroup:
		p.text("</g>\n")
		return
	default:
		return
	}
	p.paint(s)
	if s.Op == OpLabel {
		p.text(">").escaped(s.Text).text("</text>\n")
		return
	}
	p.text("/>\n")
}

func (p *svgPrinter) pair(x, y float64) *svgPrinter { return p.number(x).text(" ").number(y) }

func (p *svgPrinter) arc(x, y, r, from, to float64) *svgPrinter {
	if to-from >= 2*math.Pi-1e-6 { // a whole circle has no arc
		to = from + 2*math.Pi - 1e-3
	}
	large := "0"
	if to-from > math.Pi {
		large = "1"
	}
	p.text("M").pair(x+r*math.Cos(from), y+r*math.Sin(from)).text("A").pair(r, r).text(" 0 ").text(large).text(" 1 ")
	return p.pair(x+r*math.Cos(to), y+r*math.Sin(to))
}

func (p *svgPrinter) colour(name string, c RGBA) {
	p.text(" ").text(name).text(`="`)
	if c == 0 {
		p.text(`none"`)
		return
	}
	const digits = "0123456789abcdef"
	p.text("#")
	for shift := 28; shift >= 8; shift -= 4 {
		p.b = append(p.b, digits[c>>shift&15])
	}
	p.text(`"`)
	if a := c & 0xff; a != 0xff {
		p.text(" ").text(name).text(`-opacity="`).number(float64(a) / 255).text(`"`)
	}
}

func (p *svgPrinter) paint(s *Shape) {
	t := &s.Style
	p.colour("fill", t.Fill)
	if t.Stroke != 0 {
		p.colour("stroke", t.Stroke)
		p.attribute("stroke-width", float64(t.Width))
		if t.DashOn > 0 {
			p.text(` stroke-dasharray="`).pair(float64(t.DashOn), float64(t.DashOff)).text(`"`)
		}
		if t.Round || s.Op == OpLabel {
			p.text(` stroke-linecap="round" stroke-linejoin="round"`)
		}
	}
	if s.Alpha < 1 {
		p.attribute("opacity", s.Alpha)
	}
	if s.Op == OpLabel {
		p.attribute("font-size", float64(t.Size))
		if t.Mono {
			p.text(` font-family="`).text(monoFace).text(`"`)
		}
		if t.Bold {
			p.text(` font-weight="600"`)
		}
		if t.Align != Start {
			p.text(` text-anchor="`).text([...]string{"start", "middle", "end"}[t.Align]).text(`"`)
		}
		if t.Stroke != 0 {
			p.text(` paint-order="stroke"`)
		}
	}
}
