package view

import "parley/consensus"

// Hues is the number of hues that terms go through before they begin again. Hue says
// term (or ballot) and nothing else, everywhere on the page.
const Hues = 9

// RGB is a colour of the sRGB space.
type RGB struct{ R, G, B uint8 }

// String returns the colour as CSS writes it: "#0652c4".
func (c RGB) String() string {
	const digits = "0123456789abcdef"
	return string([]byte{'#',
		digits[c.R>>4], digits[c.R&15], digits[c.G>>4], digits[c.G&15], digits[c.B>>4], digits[c.B&15]})
}

// The hues, for the light and the dark theme. Slot 0 is grey, for term 0. They were
// searched for so that each stands out from both themes' backgrounds (3:1 at least),
// neighbours in the cycle differ clearly and any two differ noticeably for people with
// and without the three common colour vision deficiencies; the tests hold them to it.
// Red is left out: it means danger.
var (
	hueLight = [Hues + 1]RGB{
		{0x6b, 0x72, 0x80}, // grey
		{0x06, 0x52, 0xc4}, // blue
		{0x86, 0x49, 0x06}, // orange
		{0x32, 0x8d, 0x6b}, // green
		{0x8f, 0x05, 0x49}, // rose
		{0x86, 0x74, 0xe1}, // violet
		{0x80, 0x6f, 0x24}, // gold
		{0x2d, 0x93, 0xab}, // cyan
		{0x72, 0x32, 0x86}, // plum
		{0x6b, 0x94, 0x2b}, // lime
	}
	hueDark = [Hues + 1]RGB{
		{0x9a, 0xa3, 0xaf}, // grey
		{0x74, 0xa9, 0xfe}, // blue
		{0xe3, 0x91, 0x38}, // orange
		{0x88, 0xd8, 0xaf}, // green
		{0xf1, 0x5c, 0x8a}, // rose
		{0x8a, 0x83, 0xf8}, // violet
		{0xd8, 0xbe, 0x6e}, // gold
		{0x6b, 0xe1, 0xfb}, // cyan
		{0xae, 0x79, 0xb5}, // plum
		{0xb9, 0xeb, 0x73}, // lime
	}
)

// TermSlot returns the place of a term that is a plain number in the cycle of hues: 0 for
// term 0, 1 to Hues for the others; slots themselves keep theirs. Store.TermSlot is that of
// any run.
func TermSlot(term consensus.Term) int {
	if term == 0 {
		return 0
	}
	return int((term-1)%Hues) + 1
}

// TermColour returns the colour of a term in the dark or the light theme: for shapes,
// edges and areas.
func TermColour(term consensus.Term, dark bool) RGB {
	if dark {
		return hueDark[TermSlot(term)]
	}
	return hueLight[TermSlot(term)]
}

// TermInk returns the colour of text on an area of TermColour: black or white,
// whichever is easier to read (4.5:1 at least).
func TermInk(term consensus.Term, dark bool) RGB {
	l := luminance(TermColour(term, dark))
	if 1.05/(l+0.05) >= (l+0.05)/0.05 {
		return RGB{0xff, 0xff, 0xff}
	}
	return RGB{}
}

// TermVar returns the name of the CSS variable that holds a term's colour: "--term-3".
// That of the text on it ends in "-ink".
func TermVar(term consensus.Term) string { return "--term-" + itoa(int64(TermSlot(term))) }

// TermCSS returns the CSS declarations of all hues of a theme, to stand in a rule:
// "--term-0:#6b7280;--term-0-ink:#ffffff;…".
func TermCSS(dark bool) string {
	var b []byte
	for slot := consensus.Term(0); slot <= Hues; slot++ {
		name := TermVar(slot)
		b = append(b, name...)
		b = append(b, ':')
		b = append(b, TermColour(slot, dark).String()...)
		b = append(b, ';')
		b = append(b, name...)
		b = append(b, "-ink:"...)
		b = append(b, TermInk(slot, dark).String()...)
		b = append(b, ';')
	}
	return string(b)
}

// luminance returns the relative luminance of WCAG 2.
func luminance(c RGB) float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// linear undoes the sRGB transfer curve. The power 2.4 is taken as x^2 * x^0.4, the
// root by Newton's steps, so that the page does not carry package math for it.
func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	x = (x + 0.055) / 1.055
	y := x // y^5 = x^2
	for range 30 {
		y -= (y*y*y*y*y - x*x) / (5 * y * y * y * y)
	}
	return x * x * y
}
