package view_test

import (
	"strings"
	"testing"

	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/view"
)

func TestSpots(t *testing.T) {
	markers := []scenario.Marker{{At: 150 * ms}, {At: 300 * ms}}
	r := newRun(t, "nodes 3\nseed 5").until(400 * ms)
	s := &r.store
	for text, want := range map[string]view.Cursor{
		"0":     s.Moment(0),
		"0.2s":  s.Moment(200 * ms),
		"200ms": s.Moment(200 * ms),
		"e0":    s.At(1),
		"e12":   s.At(13),
		"m1":    s.Moment(150 * ms),
		"m2":    s.Moment(300 * ms),
		"2s":    s.Moment(2000 * ms),
	} {
		p, err := view.ParseSpot(text, markers)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := s.Cursor(p); got != want {
			t.Errorf("%s is %+v, want %+v", text, got, want)
		}
		if seen := s.Seen(p, 400*ms); seen != (text != "2s") {
			t.Errorf("%s was seen: %t", text, seen)
		}
	}
	if p, _ := view.ParseSpot("e1000000", nil); s.Seen(p, 400*ms) || s.Cursor(p) != r.end() {
		t.Error("an event that has not happened is a spot beyond the end")
	}
	for text, says := range map[string]string{
		"": "a moment is written as", "e": "a moment is written as", "e-1": "a moment is written as", "e99999999999": "a moment is written as",
		"m0": "markers m1 to m2, not m0", "m3": "markers m1 to m2", "mx": "a moment is written as", "-1s": "a moment is written as",
		"1": "a moment is written as", "7200s": "a run ends after", "<b>": "a moment is written as",
	} {
		if p, err := view.ParseSpot(text, markers); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v; want %q", text, p, err, says)
		}
	}
	if _, err := view.ParseSpot("m1", nil); err == nil || !strings.Contains(err.Error(), "no markers") {
		t.Errorf("m1 without markers: %v", err)
	}
}

// TestTelling finds a moment worth a picture: a marker, or else a message under way.
func TestTelling(t *testing.T) {
	r := newRun(t, "nodes 3\nseed 5").until(400 * ms)
	if at := r.store.Telling([]scenario.Marker{{At: 50 * ms}}); at.T != 50*ms {
		t.Errorf("with a marker at 50 ms it is %+v", at)
	}
	at := r.store.Telling(nil)
	if len(r.store.State(at.Events).Messages) == 0 {
		t.Errorf("at %d nothing is under way", at.T)
	}
	sent := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Send })
	if at.T <= r.store.Event(sent).T {
		t.Errorf("it is at %d, no later than the first message was sent", at.T)
	}
	quiet := newRun(t, "nodes 1").until(0)
	if at := quiet.store.Telling(nil); at != quiet.store.Opening() {
		t.Errorf("of a run in which nothing happened yet it is %+v", at)
	}
}
