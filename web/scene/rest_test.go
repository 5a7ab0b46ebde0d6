package scene

import (
	"testing"

	"parley/consensus"
	"parley/web/view"
)

// A diagram of a run that plays is drawn again when time went on by a pixel, and at once
// when anything else is different.
func TestRests(t *testing.T) {
	pixel := (&axes{Window: Window{Span: 1000 * consensus.Millisecond}, w: 550, gutter: 50}).pixel(2)
	if pixel != consensus.Millisecond {
		t.Fatalf("a second across 500 pixels of CSS, two of the screen to each: a pixel is %d ns, want a millisecond", pixel)
	}
	store := new(view.Store)
	drawn := view.Scene{Store: store, Cursor: view.Cursor{Events: 3, T: 100 * consensus.Millisecond}, Frontier: 100 * consensus.Millisecond, Span: 1000 * consensus.Millisecond}
	for _, c := range []struct {
		name   string
		change func(s *view.Scene)
		want   bool
	}{
		{"less than a pixel", func(s *view.Scene) {
			s.Cursor = view.Cursor{Events: 9, T: s.Cursor.T + pixel - 1}
			s.Frontier += pixel - 1
		}, true},
		{"a window that follows", func(s *view.Scene) { s.Cursor.T += pixel / 2; s.Left += pixel / 2 }, true},
		{"a pixel", func(s *view.Scene) { s.Cursor.T += pixel }, false},
		{"a pixel of the window", func(s *view.Scene) { s.Left += pixel }, false},
		{"back", func(s *view.Scene) { s.Cursor.T-- }, false},
		{"paused", func(s *view.Scene) { s.Still = true }, false},
		{"something chosen", func(s *view.Scene) { s.Selected.Message = 7 }, false},
		{"something pointed at", func(s *view.Scene) { s.Hover.Event = 7 }, false},
		{"another theme", func(s *view.Scene) { s.Dark = true }, false},
		{"zoomed", func(s *view.Scene) { s.Span-- }, false},
		{"another run", func(s *view.Scene) { s.Store = new(view.Store) }, false},
	} {
		now := drawn
		c.change(&now)
		if got := rests(&drawn, &now, pixel); got != c.want {
			t.Errorf("%s: it rests: %v, want %v", c.name, got, c.want)
		}
	}
}
