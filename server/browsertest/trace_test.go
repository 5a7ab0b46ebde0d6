package browsertest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// traceEvent is something that Chromium tells of itself: what a thread did, from when on
// and for how long, in microseconds.
type traceEvent struct {
	Name string  `json:"name"`
	Ph   string  `json:"ph"`
	PID  int     `json:"pid"`
	TID  int     `json:"tid"`
	TS   float64 `json:"ts"`
	Dur  float64 `json:"dur"`
	TDur float64 `json:"tdur"` // for how long of that it had a core
	Args struct {
		Name  string `json:"name"`
		Frame struct {
			State string `json:"state"`
			Type  string `json:"frame_type"`
		} `json:"frame_reporter"`
	} `json:"args"`
}

// traced returns what Chromium tells of itself while do runs, in the order of beginnings.
func (p *Page) traced(do func(), categories ...string) (all []traceEvent) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.Context, patience)
	defer cancel()
	complete := make(chan struct{})
	if err := chromedp.Listen(ctx, func(ev any) {
		switch e := ev.(type) {
		case *tracing.EventDataCollected:
			for _, v := range e.Value {
				var t traceEvent
				if json.Unmarshal(v, &t) == nil { // else an event of other arguments, which nobody asks for
					all = append(all, t)
				}
			}
		case *tracing.EventTracingComplete:
			close(complete)
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	p.do("trace", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{
			IncludedCategories: categories, ExcludedCategories: []string{"*"},
		}})
		return err
	}))
	do()
	p.do("end the trace", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, tracing.End, cdp.Empty{})
		return err
	}))
	select {
	case <-complete:
	case <-ctx.Done():
		p.t.Fatal("the trace has no end")
	}
	slices.SortStableFunc(all, func(a, b traceEvent) int { return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(b.Dur, a.Dur)) })
	return all
}

// work names what the events of a main thread are: what is in none of them is the rest.
var work = map[string]string{
	"FunctionCall": "programs", "FireAnimationFrame": "programs", "TimerFire": "programs", "EventDispatch": "programs",
	"MinorGC": "programs", "MajorGC": "programs", "RunMicrotasks": "programs", "HandlePostMessage": "programs",
	"ParseHTML": "programs", "EvaluateScript": "programs", "v8.callFunction": "programs",
	"UpdateLayoutTree": "styles", "Layout": "layout", "HitTest": "layout",
	"PrePaint": "paint", "Paint": "paint", "Layerize": "paint",
	"Commit": "commit", "LayerTreeHost::DoUpdateLayers": "canvases",
}

// spent is for how long a thread had a core, in microseconds, and what for; and which of its
// frames came late.
type spent struct {
	all        float64
	by         map[string]float64
	frames     int
	late, mine int // frames more than a beat and a half after the one before; and of these, after more work than fits into a beat
}

// beat is the time between two frames, us.
const beat = 1e6 / 60

// spentOf takes apart what a thread did. Its events are nested: each is charged with what is
// in none within it.
func spentOf(events []traceEvent, pid, tid int) spent {
	s := spent{by: map[string]float64{}}
	type open struct {
		until float64
		what  string
	}
	var stack []open
	last, since := 0., 0. // when the last frame began, and the work since
	for _, e := range events {
		if e.PID != pid || e.TID != tid || e.Ph != "X" {
			continue
		}
		for len(stack) > 0 && stack[len(stack)-1].until <= e.TS {
			stack = stack[:len(stack)-1]
		}
		if e.Name == "FireAnimationFrame" && (last == 0 || e.TS-last > beat/4) {
			if last > 0 && e.TS-last > 1.5*beat {
				s.late++
				if since > .9*beat {
					s.mine++
				}
			}
			s.frames++
			last, since = e.TS, 0
		}
		what := "rest"
		if len(stack) > 0 {
			what = stack[len(stack)-1].what
		} else {
			s.all += e.TDur
			since += e.TDur
			s.by[what] += e.TDur
		}
		if own, ok := work[e.Name]; ok {
			s.by[what] -= e.TDur
			s.by[own] += e.TDur
			what = own
		}
		stack = append(stack, open{e.TS + e.Dur, what})
	}
	return s
}

// threads returns the threads of a name, by process and number.
func threads(events []traceEvent, name string) (all [][2]int) {
	for _, e := range events {
		if e.Ph == "M" && e.Name == "thread_name" && e.Args.Name == name {
			all = append(all, [2]int{e.PID, e.TID})
		}
	}
	return all
}

// distances returns the times between two events of a name, in ms.
func distances(events []traceEvent, name string) (all []float64) {
	last := 0.
	for _, e := range events {
		if e.Name == name && e.Ph != "e" {
			if last > 0 {
				all = append(all, (e.TS-last)/1000)
			}
			last = e.TS
		}
	}
	return all
}

// TestSpent holds how the time of a thread is taken apart.
func TestSpent(t *testing.T) {
	at := func(name string, from, long float64) traceEvent {
		return traceEvent{Name: name, Ph: "X", PID: 1, TID: 2, TS: from, Dur: long, TDur: long / 2}
	}
	s := spentOf([]traceEvent{
		at("RunTask", 1000, 10_000), at("FireAnimationFrame", 1000, 8000), at("FunctionCall", 1500, 6000), at("Layout", 2000, 1000), at("Paint", 9500, 1000),
		at("RunTask", 20_000, 20_000),
		at("RunTask", 45_000, 2000), at("FireAnimationFrame", 45_000, 1000),
		at("RunTask", 60_000, 20_000), at("FunctionCall", 60_000, 20_000), at("RunTask", 80_000, 20_000),
		at("RunTask", 100_000, 1000), at("FireAnimationFrame", 100_000, 1000),
		{Name: "RunTask", Ph: "X", PID: 1, TID: 3, TS: 1, Dur: 1e6, TDur: 1e6},
	}, 1, 2)
	want := map[string]float64{"programs": 3500 + 500 + 10_000 + 500, "layout": 500, "paint": 500, "rest": 500 + 10_000 + 500 + 10_000}
	for name, d := range want {
		if s.by[name] != d {
			t.Errorf("%s took %v us, want %v", name, s.by[name], d)
		}
	}
	if s.all != 36_500 || s.frames != 3 || s.late != 2 || s.mine != 1 {
		t.Errorf("%v us in %d frames, %d late, %d of them for work; want 36500 in 3, 2 late, 1 for work", s.all, s.frames, s.late, s.mine)
	}
}
