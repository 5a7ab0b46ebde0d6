package scene

import "math"

// Point is a place in a host, in CSS pixels from its upper left corner.
type Point struct{ X, Y float64 }

func (p Point) add(q Point) Point        { return Point{p.X + q.X, p.Y + q.Y} }
func (p Point) sub(q Point) Point        { return Point{p.X - q.X, p.Y - q.Y} }
func (p Point) times(f float64) Point    { return Point{p.X * f, p.Y * f} }
func (p Point) length() float64          { return math.Hypot(p.X, p.Y) }
func (p Point) to(q Point) float64       { return p.sub(q).length() }
func (p Point) right() Point             { return Point{-p.Y, p.X} }
func mix(p, q Point, f float64) Point    { return Point{p.X + (q.X-p.X)*f, p.Y + (q.Y-p.Y)*f} }
func clamp(v, low, high float64) float64 { return max(low, min(high, v)) }
func polar(p Point, r, a float64) Point  { return Point{p.X + r*math.Cos(a), p.Y + r*math.Sin(a)} }
func smooth(v, from, to float64) float64 {
	v = clamp((v-from)/(to-from), 0, 1)
	return v * v * (3 - 2*v)
}

// unit returns the direction of p, with length 1; that of the x axis for no direction.
func (p Point) unit() Point {
	if d := p.length(); d > 1e-9 {
		return p.times(1 / d)
	}
	return Point{1, 0}
}

// distance returns how far p is from the segment from a to b.
func distance(p, a, b Point) float64 {
	d := b.sub(a)
	if n := d.X*d.X + d.Y*d.Y; n > 0 {
		f := ((p.X-a.X)*d.X + (p.Y-a.Y)*d.Y) / n
		a = mix(a, b, clamp(f, 0, 1))
	}
	return p.to(a)
}

// Lane is the way of the messages of one direction: a quadratic curve from A to B that
// leans towards C, on the right-hand side of those who travel.
type Lane struct{ A, C, B Point }

// lane returns the way from a place p of radius rp to q of radius rq. It begins and
// ends on their rims, to the right of the straight line, so that the lanes of the two
// directions never touch.
func lane(p, q Point, rp, rq float64) Lane {
	const turn = .34 // radians from the straight line to where a lane leaves the rim
	d := q.sub(p).unit()
	n := d.right()
	l := Lane{
		A: p.add(d.times(rp * math.Cos(turn))).add(n.times(rp * math.Sin(turn))),
		B: q.sub(d.times(rq * math.Cos(turn))).add(n.times(rq * math.Sin(turn))),
	}
	rim := (rp + rq) / 2 * math.Sin(turn)
	middle := max(rim, clamp(p.to(q)*.04, 7, 15))
	l.C = mix(l.A, l.B, .5).add(n.times(2 * (middle - rim)))
	return l
}

// at returns the point at a place from 0 to 1.
func (l Lane) at(f float64) Point {
	g := 1 - f
	return Point{
		g*g*l.A.X + 2*g*f*l.C.X + f*f*l.B.X,
		g*g*l.A.Y + 2*g*f*l.C.Y + f*f*l.B.Y,
	}
}

// along returns the direction of travel at a place.
func (l Lane) along(f float64) Point {
	return mix(l.C.sub(l.A), l.B.sub(l.C), f).unit()
}

// textWidth estimates the width of a text in pixels; it errs on the wide side.
func textWidth(s string, size float64, mono bool) float64 {
	w := 0.
	for _, c := range s {
		switch {
		case c >= 0x2e80 || c >= 0x1100 && c < 0x1200: // ideographs and the like are square
			w++
		case mono:
			w += .61
		case c == 'i' || c == 'l' || c == 'j' || c == ' ' || c == '.' || c == ',' || c == 't' || c == 'f' || c == 'r' || c == '\'':
			w += .36
		case c >= 'A' && c <= 'Z' || c == 'm' || c == 'w':
			w += .78
		default:
			w += .58
		}
	}
	return w * size
}

// shorten cuts a text to a width, with an ellipsis where something was cut.
func shorten(s string, width, size float64, mono bool) string {
	if textWidth(s, size, mono) <= width {
		return s
	}
	end := 0
	for i := range s {
		if textWidth(s[:i], size, mono)+.61*size > width {
			break
		}
		end = i
	}
	if end == 0 {
		return ""
	}
	return s[:end] + "…"
}

// part returns the piece of a lane between two places.
func (l Lane) part(from, to float64) Lane {
	bend := mix(mix(l.A, l.C, from), mix(l.C, l.B, from), to)
	return Lane{l.at(from), bend, l.at(to)}
}
