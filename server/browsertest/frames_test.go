package browsertest

import (
	"context"
	"testing"
	"time"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// crowd is a run with some 560 messages in flight from its sixth second on.
const crowd = "nodes 9\nclients 4\nseed 3\nlatency 300ms jitter 50ms\npace 10/s\n" +
	"option election-timeout-min 3000ms\noption election-timeout-max 5000ms\noption heartbeat 10ms\n"

// crowdAt is the moment at which it is looked at.
const crowdAt = 8 * consensus.Second

// frames returns the times between the next frames of the page, in ms.
func (p *Page) frames() []float64 {
	p.t.Helper()
	return Eval[[]float64](p, `new Promise(resolve => {
		const all = [];
		let last = 0;
		const frame = (now) => {
			if (last) all.push(now - last);
			last = now;
			if (all.length < 300) requestAnimationFrame(frame); else resolve(all);
		};
		requestAnimationFrame(frame);
	})`)
}

// busy is for how long tasks of the main thread have run so far, on a core or waiting for
// one.
func (p *Page) busy() (d time.Duration) {
	p.t.Helper()
	p.do("read the metrics", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, performance.Enable, performance.EnableParams{}); err != nil {
			return err
		}
		m, err := cdp.Call(ctx, tab, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, x := range m.Metrics {
			if x.Name == "TaskDuration" {
				d = time.Duration(x.Value * float64(time.Second))
			}
		}
		return nil
	}))
	return d
}

// crowded returns how many messages are in flight in the crowd when it is looked at, and how
// many events there are in the time before.
func crowded(b *testing.B, before consensus.Time) (messages, events int) {
	s, err := scenario.ParseFor(crowd, registry.Known())
	if err != nil {
		b.Fatal(err)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		b.Fatal(err)
	}
	w, err := sim.New(c)
	if err != nil {
		b.Fatal(err)
	}
	for done := false; !done; {
		done = w.RunUntil(crowdAt, 4096) || w.Full()
		_, all := w.Drain()
		for _, e := range all {
			switch e.Kind {
			case trace.Send, trace.Duplicate:
				messages++
			case trace.Deliver, trace.Loss:
				messages--
			}
			if e.T >= crowdAt-before {
				events++
			}
		}
	}
	return messages, events
}

// BenchmarkFrames plays nine nodes with more than five hundred messages in flight and a
// diagram of more than five thousand events, and measures three hundred frames twice. First
// without a word from the browser: the time between two frames, and for how long of it tasks
// of the main thread ran. Then with a trace, which makes the page a little slower: for how
// long the threads had a core for each frame, and what for; how many frames were more than a
// beat late, and how many of them since the main thread had too much to do; and the time
// between two pictures on the screen, which is later than the page's own frames where the
// canvases' worker or the browser's compositor is what is slow.
//
// What no page can reach here is beside it: an empty one in which a square moves.
func BenchmarkFrames(b *testing.B) {
	for b.Loop() {
		p := openKept(b, crowd, "7000000000", "8000000000", "yes")
		p.Wait(ready)
		for range 3 { // from 160 ms to 1.3 s across the diagram
			p.Click(".diagrambox .i-minus, .diagrambox .bar button:nth-of-type(1)")
		}
		p.setSpeed(4)
		// To the end of what was seen: three quarters of the diagram are full.
		p.do("go to the end", chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-testid="timeline"]')
			.dispatchEvent(new KeyboardEvent("keydown", {key: "End", bubbles: true}))`))
		p.Wait(`document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuenow") >= 8000`)
		messages, events := crowded(b, 1280*consensus.Millisecond*3/4)
		b.ReportMetric(float64(messages), "messages")
		b.ReportMetric(float64(events), "events")
		time.Sleep(time.Second) // what a jump costs is not what playing costs
		before, start := p.busy(), time.Now()
		frames := p.frames()
		b.ReportMetric(100*float64(p.busy()-before)/float64(time.Since(start)), "%-main-thread")
		b.ReportMetric(quantile(frames, .5), "ms/frame-p50")
		b.ReportMetric(quantile(frames, .95), "ms/frame-p95")
		p.reportTrace(b, "")

		p.pause() // so that nothing else is drawn
		empty := New(b, p.Server)
		empty.do("draw a square", chromedp.Evaluate[chromedp.Void](`{
			document.body.innerHTML = '<canvas width="980" height="560"></canvas>';
			const pen = document.querySelector("canvas").getContext("2d");
			const draw = (now) => {
				pen.clearRect(0, 0, 980, 560);
				pen.fillRect(now / 5 % 900, 200, 80, 80);
				requestAnimationFrame(draw);
			};
			requestAnimationFrame(draw);
		}`))
		frames = empty.frames()
		b.ReportMetric(quantile(frames, .95), "ms/empty-p95")
		empty.reportTrace(b, "empty-")
		b.ReportMetric(0, "ns/op")
	}
}

// reportTrace lets the page draw on and tells what the browser was busy with.
func (p *Page) reportTrace(b *testing.B, prefix string) {
	events := p.traced(func() { p.frames() },
		"devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel", "cc", "benchmark", "viz", "__metadata")
	var page spent // of the main threads that there are, this page's draws
	for _, id := range threads(events, "CrRendererMain") {
		if s := spentOf(events, id[0], id[1]); s.frames > page.frames {
			page = s
		}
	}
	if page.frames == 0 {
		b.Fatal("the trace has no frames of the page")
	}
	each := func(name string, us float64) {
		b.ReportMetric(us/1000/float64(page.frames), prefix+name+"-ms/frame")
	}
	each("main", page.all)
	b.ReportMetric(quantile(distances(events, "Display::DrawAndSwap"), .95), "ms/"+prefix+"screen-p95")
	b.ReportMetric(float64(page.late), prefix+"late-frames")
	b.ReportMetric(float64(page.mine), prefix+"late-for-work")
	if prefix != "" {
		return
	}
	for _, name := range []string{"programs", "styles", "layout", "paint", "commit", "canvases", "rest"} {
		each(name, page.by[name])
	}
	for metric, name := range map[string]string{"worker": "DedicatedWorker thread", "compositor": "Compositor", "raster": "ThreadPoolForegroundWorker", "screen": "VizCompositorThread"} {
		all := 0.
		for _, id := range threads(events, name) {
			all += spentOf(events, id[0], id[1]).all
		}
		each(metric, all)
	}
}
