package browsertest

import (
	"slices"
	"strconv"
	"testing"
	"time"

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
	p.keep(script, cursor, frontier, playing)
	p.Reload()
	return p
}

// keep lets the next page that is opened find a run that was kept in its tab.
func (p *Page) keep(script, cursor, frontier, playing string) {
	p.t.Helper()
	p.before(`if (!sessionStorage.getItem("parley.bench")) {
		sessionStorage.setItem("parley.bench", "once");
		sessionStorage.setItem("parley.run.script", ` + quote(script) + `);
		sessionStorage.setItem("parley.run.cursor", ` + quote(cursor) + `);
		sessionStorage.setItem("parley.run.frontier", ` + quote(frontier) + `);
		sessionStorage.setItem("parley.run.playing", ` + quote(playing) + `);
	}`)
}

func quantile(v []float64, q float64) float64 {
	slices.Sort(v)
	return v[int(float64(len(v)-1)*q)]
}

// stages are the marks that the page leaves on its way to being ready (boot.js), in the
// order in which they come on a quick machine: its scripts are there, its program is compiled
// and runs, the engine has said its first word.
var stages = []string{"scripts", "compiled", "run", "engine", "ready"}

// BenchmarkInteractive is the time from navigation to a page that shows a run and takes
// clicks, on loopback, with nothing of the site in any cache: the best and the median of
// several, and when the best was how far. The browser is one that runs and has come to rest,
// as a visitor's is; or it was started for this, and is still busy with that itself.
func BenchmarkInteractive(b *testing.B) {
	b.Run("visit", func(b *testing.B) {
		s, browser := Serve(b), startBrowser(b)
		visits(b, func() map[string]float64 {
			p := newPage(b, s, browser, chromedp.WithNewBrowserContext())
			time.Sleep(time.Second) // for what a new tab does by itself
			took := p.arrive()
			p.Do(chromedp.Navigate("about:blank")) // it would go on playing
			return took
		})
	})
	b.Run("start", func(b *testing.B) {
		s := Serve(b)
		visits(b, func() map[string]float64 {
			var output logBuffer
			browser, cancel, stop := launch(b, &output)
			defer stop()
			defer cancel()
			return (&Page{Context: browser, Server: s, t: b}).arrive() // its first tab
		})
	})
}

// visits reports how long visits take.
func visits(b *testing.B, visit func() map[string]float64) {
	const times = 7
	for b.Loop() {
		var all []float64
		var best map[string]float64
		for range times {
			took := visit()
			if all = append(all, took["ready"]); best == nil || took["ready"] < best["ready"] {
				best = took
			}
		}
		b.ReportMetric(quantile(all, .5), "ms-to-interactive")
		b.ReportMetric(quantile(all, 0), "ms-best")
		for _, stage := range stages[:len(stages)-1] {
			b.ReportMetric(best[stage], "ms-best-to-"+stage)
		}
		b.ReportMetric(0, "ns/op")
	}
}

// arrive opens the page and returns when it was how far, ms.
func (p *Page) arrive() map[string]float64 {
	p.t.Helper()
	p.Go("/")
	p.Wait(ready)
	return Eval[map[string]float64](p, `Object.fromEntries(performance.getEntriesByType("mark").map(m => [m.name, m.startTime]))`)
}

// BenchmarkSeek jumps to moments all over a run of ten minutes of virtual time, in a page that
// was opened just now: from the key that asks for it to the frame that shows it.
func BenchmarkSeek(b *testing.B) {
	for b.Loop() {
		p := openKept(b, "nodes 5\nseed 1\n", "0", "600000000000", "no")
		p.Wait(`document.documentElement.dataset.ready === "yes" && Number(document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuemax")) >= 599000`)
		all := p.seek(60)
		b.ReportMetric(quantile(all, .5), "ms/seek-p50")
		b.ReportMetric(quantile(all, .95), "ms/seek-p95")
		b.ReportMetric(quantile(all, 1), "ms/seek-max")
		b.ReportMetric(0, "ns/op")
	}
}

// seek jumps n times, to the end, back in pages, to the beginning and forward in pages, and
// returns how long each jump took, ms.
func (p *Page) seek(n int) []float64 {
	p.t.Helper()
	return Eval[[]float64](p, `(async () => {
		const line = document.querySelector('[data-testid="timeline"]');
		const all = [];
		for (let i = 0; i < `+strconv.Itoa(n)+`; i++) {
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
}
