package browsertest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// The figures of the page in a real browser. They are printed (make bench) and asserted
// by nobody: they depend on the machine.

// openKept opens the page with a run of its own that was seen up to a moment (ns), paused
// or playing.
func openKept(t testing.TB, script, cursor, frontier, playing string) *Page {
	t.Helper()
	p := Open(t, "/")
	p.Wait(ready)
	p.before(`if (!sessionStorage.getItem("parley.bench")) {
		sessionStorage.setItem("parley.bench", "once");
		sessionStorage.setItem("parley.run.script", ` + quote(script) + `);
		sessionStorage.setItem("parley.run.cursor", ` + quote(cursor) + `);
		sessionStorage.setItem("parley.run.frontier", ` + quote(frontier) + `);
		sessionStorage.setItem("parley.run.playing", ` + quote(playing) + `);
	}`)
	p.Reload()
	return p
}

// busy is for how long the main thread has been busy so far: in all, and of it with
// programs, and with styles and layout. The rest is the browser's own painting, without a
// GPU.
type busy struct{ all, programs, layout time.Duration }

func (p *Page) busy() (b busy) {
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
			switch d := time.Duration(x.Value * float64(time.Second)); x.Name {
			case "TaskDuration":
				b.all = d
			case "ScriptDuration":
				b.programs = d
			case "LayoutDuration", "RecalcStyleDuration":
				b.layout += d
			}
		}
		return nil
	}))
	return b
}

func quantile(v []float64, q float64) float64 {
	slices.Sort(v)
	return v[int(float64(len(v)-1)*q)]
}

// BenchmarkInteractive is the time from navigation to a page that shows a run and takes
// clicks, on loopback, with nothing in the cache.
func BenchmarkInteractive(b *testing.B) {
	var all []float64
	for b.Loop() {
		p := Open(b, "/")
		p.Wait(ready)
		all = append(all, Eval[float64](p, `performance.now()`))
	}
	b.ReportMetric(quantile(all, .5), "ms-to-interactive")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFrames plays nine nodes with some five hundred messages in flight and a diagram
// of some five thousand events, and measures each frame for five seconds.
func BenchmarkFrames(b *testing.B) {
	script := "nodes 9\nclients 4\nseed 3\nlatency 300ms jitter 50ms\npace 10/s\n" +
		"option election-timeout-min 3000ms\noption election-timeout-max 5000ms\noption heartbeat 10ms\n"
	for b.Loop() {
		p := openKept(b, script, "8000000000", "8000000000", "yes")
		p.Wait(ready)
		for range 3 { // from 160 ms to 1.3 s across the diagram
			p.Click(".diagrambox .i-minus, .diagrambox .bar button:nth-of-type(1)")
		}
		p.setSpeed(4)
		time.Sleep(time.Second) // what a jump costs is not what playing costs
		before := p.busy()
		start := time.Now()
		frames := Eval[[]float64](p, `new Promise(resolve => {
			const all = [];
			let last = 0;
			const frame = (now) => {
				if (last) all.push(now - last);
				last = now;
				if (all.length < 300) requestAnimationFrame(frame); else resolve(all);
			};
			requestAnimationFrame(frame);
		})`)
		wall := float64(time.Since(start)) / 100
		after := p.busy()
		b.ReportMetric(quantile(frames, .5), "ms/frame-p50")
		b.ReportMetric(quantile(frames, .95), "ms/frame-p95")
		b.ReportMetric(float64(after.all-before.all)/wall, "%-main-thread")
		b.ReportMetric(float64(after.programs-before.programs)/wall, "%-programs")
		b.ReportMetric(float64(after.layout-before.layout)/wall, "%-layout")
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkSeek jumps to moments all over a run of ten minutes of virtual time: from the
// key that asks for it to the frame that shows it.
func BenchmarkSeek(b *testing.B) {
	for b.Loop() {
		p := openKept(b, "nodes 5\nseed 1\n", "0", "600000000000", "no")
		p.Wait(`document.documentElement.dataset.ready === "yes" && Number(document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuemax")) >= 599000`)
		all := Eval[[]float64](p, `(async () => {
			const line = document.querySelector('[data-testid="timeline"]');
			const all = [];
			for (let i = 0; i < 60; i++) {
				const key = i % 20 === 0 ? "End" : i % 20 === 10 ? "Home" : i % 20 < 10 ? "PageUp" : "PageDown";
				await new Promise(r => setTimeout(r, 60));
				const before = line.getAttribute("aria-valuenow");
				const start = performance.now();
				line.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
				for (let n = 0; n < 20 && line.getAttribute("aria-valuenow") === before; n++) {
					await new Promise(requestAnimationFrame);
				}
				all.push(performance.now() - start);
			}
			return all;
		})()`)
		b.ReportMetric(quantile(all, .5), "ms/seek-p50")
		b.ReportMetric(quantile(all, .95), "ms/seek-p95")
		b.ReportMetric(quantile(all, 1), "ms/seek-max")
		b.ReportMetric(0, "ns/op")
	}
}
