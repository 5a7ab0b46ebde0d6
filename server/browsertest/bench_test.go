package browsertest

import (
	"slices"
	"testing"
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
