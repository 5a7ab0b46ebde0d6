package scene

import (
	"parley/consensus"
	"parley/web/view"
)

// rests reports whether what was drawn of one scene may stand for another: time went on, by
// less than a pixel of the screen, and nothing else is different. A run that plays slowly
// below a window of seconds moves by a pixel some four times a second, and thousands of
// lines need not be drawn sixty times for it. What does not play is drawn as it is.
func rests(drawn, now *view.Scene, pixel consensus.Time) bool {
	if now.Still {
		return false
	}
	near := func(a, b consensus.Time) bool { return b-a >= 0 && b-a < pixel }
	if !near(drawn.Cursor.T, now.Cursor.T) || !near(drawn.Frontier, now.Frontier) || !near(drawn.Left, now.Left) {
		return false
	}
	as := *drawn
	as.Cursor, as.Frontier, as.Left = now.Cursor, now.Frontier, now.Left
	return as == *now
}

// pixel returns the time that a pixel of the screen is wide, with so many of them to one of
// CSS.
func (a *axes) pixel(ratio float64) consensus.Time {
	return consensus.Time(float64(a.Span) / max(1, (a.w-a.gutter)*ratio))
}
