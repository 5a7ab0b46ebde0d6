package scene

import (
	"strings"

	"parley/web/view"
)

// Scheme says for which ground a picture is made.
type Scheme uint8

// The schemes of a picture.
const (
	Both  Scheme = iota // its reader's system chooses, or the page that it stands in
	Light               //
	Dark                //
)

// Picture is what a standalone picture is told besides its scene.
type Picture struct {
	Title  string // for those who do not see it, and for tooltips
	Says   string // a longer description; "" for none
	Scheme Scheme
	Clear  bool // without a ground: what it stands on shows through
}

// RingSVG returns the ring of a moment as a standalone picture of w by h pixels. Without
// a description it gets that of its nodes.
func RingSVG(s view.Scene, w, h float64, words Words, p Picture) []byte {
	ring := Ring{Words: words}
	if p.Says == "" {
		p.Says = ring.Spoken(&s)
	}
	return picture(s, w, h, p, onGround, ring.Draw)
}

// Spoken returns what the nodes are at the scene's moment, for those who do not see it.
func (r *Ring) Spoken(s *view.Scene) string {
	d := r.at(new(List), 1, 1, s)
	if d == nil {
		return ""
	}
	text := ""
	for i := range d.state.Nodes {
		n := &d.state.Nodes[i]
		text += d.spoken(n, d.role(n)) + ". "
	}
	return strings.TrimSpace(text)
}

// LogsSVG returns the logs of a moment as a standalone picture.
func LogsSVG(s view.Scene, w, h float64, words Words, p Picture) []byte {
	logs := Logs{Words: words}
	return picture(s, w, h, p, onSurface, logs.Draw)
}

// DiagramSVG returns the space-time diagram of the scene's window as a standalone picture.
func DiagramSVG(s view.Scene, w, h float64, words Words, p Picture) []byte {
	diagram := Diagram{Words: words, Index: new(Index)}
	return picture(s, w, h, p, onSurface, diagram.Draw)
}

// schemes returns the class that each theme of a picture has, "" where there is one only.
func (p *Picture) schemes() []struct {
	class string
	dark  bool
} {
	type scheme = struct {
		class string
		dark  bool
	}
	switch p.Scheme {
	case Light:
		return []scheme{{"", false}}
	case Dark:
		return []scheme{{"", true}}
	}
	return []scheme{{"day", false}, {"night", true}}
}

const bothStyle = "<style>.night{display:none}@media(prefers-color-scheme:dark){.day{display:none}.night{display:inline}}</style>\n"

func picture(s view.Scene, w, h float64, p Picture, ground func(dark bool) *Theme, draw func(l *List, w, h float64, s *view.Scene)) []byte {
	var out svgPrinter
	out.head(w, h, p.Title, p.Says)
	themes := p.schemes()
	if len(themes) > 1 {
		out.text(bothStyle)
	}
	for _, theme := range themes {
		s.Dark = theme.dark
		if theme.class != "" {
			out.text(`<g class="`).text(theme.class).text("\">\n")
		}
		if !p.Clear {
			out.ground(w, h, ground(theme.dark).Paper)
		}
		var l List
		l.Begin()
		draw(&l, w, h, &s)
		var r Reader
		shapes, _ := r.Read(l.Bytes()) // what was just written
		out.id, out.clips = mark(l.Bytes()), 0
		for i := range shapes {
			out.shape(&shapes[i])
		}
		if theme.class != "" {
			out.text("</g>\n")
		}
	}
	return out.text("</svg>\n").b
}

// ground fills the picture.
func (p *svgPrinter) ground(w, h float64, c RGBA) {
	p.text("<rect").attribute("width", w).attribute("height", h)
	p.colour("fill", c)
	p.text("/>\n")
}
