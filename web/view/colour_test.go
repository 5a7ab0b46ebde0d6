package view

import (
	"math"
	"strings"
	"testing"

	"parley/consensus"
)

// The backgrounds that the hues stand on: the extremes of what the page uses.
var backgrounds = map[bool][]RGB{
	false: {{0xff, 0xff, 0xff}, {0xec, 0xec, 0xea}},
	true:  {{0x09, 0x0b, 0x0e}, {0x20, 0x26, 0x2e}},
}

func contrast(a, b RGB) float64 {
	x, y := luminance(a), luminance(b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func TestTermColoursStandOut(t *testing.T) {
	for _, dark := range []bool{false, true} {
		for term := consensus.Term(0); term <= Hues; term++ {
			c := TermColour(term, dark)
			for _, bg := range backgrounds[dark] {
				if got := contrast(c, bg); got < 3 {
					t.Errorf("term %d, dark %v: %v on %v has contrast %.2f, below 3", term, dark, c, bg, got)
				}
			}
			if got := contrast(c, TermInk(term, dark)); got < 4.5 {
				t.Errorf("term %d, dark %v: text on %v has contrast %.2f, below 4.5", term, dark, c, got)
			}
		}
	}
}

func TestLuminanceIsThatOfTheStandard(t *testing.T) {
	for v := range 256 {
		x := float64(v) / 255
		want := x / 12.92
		if x > 0.04045 {
			want = math.Pow((x+0.055)/1.055, 2.4)
		}
		if got := linear(uint8(v)); math.Abs(got-want) > 1e-12 {
			t.Fatalf("linear(%d) is %v, want %v", v, got, want)
		}
	}
}

// Colour vision deficiencies at full strength (Machado, Oliveira and Fernandes, "A
// Physiologically-based Model for Simulation of Color Vision Deficiency", 2009).
var vision = map[string][9]float64{
	"typical":      {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protanopia":   {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deuteranopia": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"tritanopia":   {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

// seen returns a colour as somebody sees it, in OKLab times 100: a distance of 2 is just
// noticeable side by side.
func seen(c RGB, m [9]float64) [3]float64 {
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	clip := func(v float64) float64 { return math.Max(0, math.Min(1, v)) }
	r, g, b = clip(m[0]*r+m[1]*g+m[2]*b), clip(m[3]*r+m[4]*g+m[5]*b), clip(m[6]*r+m[7]*g+m[8]*b)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	n := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return [3]float64{
		100 * (0.2104542553*l + 0.7936177850*n - 0.0040720468*s),
		100 * (1.9779984951*l - 2.4285922050*n + 0.4505937099*s),
		100 * (0.0259040371*l + 0.7827717662*n - 0.8086757660*s),
	}
}

func TestTermColoursDifferForEverybody(t *testing.T) {
	for name, m := range vision {
		for _, dark := range []bool{false, true} {
			for a := consensus.Term(0); a <= Hues; a++ {
				for b := a + 1; b <= Hues; b++ {
					least := 4.0
					if a > 0 && (b-a == 1 || b-a == Hues-1) {
						least = 7
					}
					p, q := seen(TermColour(a, dark), m), seen(TermColour(b, dark), m)
					d := math.Hypot(math.Hypot(p[0]-q[0], p[1]-q[1]), p[2]-q[2])
					if d < least {
						t.Errorf("%s, dark %v: the hues of terms %d and %d differ by %.1f, below %.0f", name, dark, a, b, d, least)
					}
				}
			}
		}
	}
}

func TestTermsCycle(t *testing.T) {
	if TermSlot(0) != 0 || TermSlot(1) != 1 || TermSlot(Hues) != Hues || TermSlot(Hues+1) != 1 {
		t.Error("the cycle does not begin again after its last hue")
	}
	if TermColour(3, true) != TermColour(3+5*Hues, true) || TermColour(3, true) == TermColour(4, true) {
		t.Error("the hue does not follow the slot")
	}
	if got := TermColour(1, false).String(); got != "#0652c4" {
		t.Errorf("term 1 is %q", got)
	}
	css := TermCSS(true)
	for _, want := range []string{"--term-0:#9aa3af;", "--term-9:", "--term-1-ink:#000000;"} {
		if !strings.Contains(css, want) {
			t.Errorf("%q is not in %q", want, css)
		}
	}
}
