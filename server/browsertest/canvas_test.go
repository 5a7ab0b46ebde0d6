package browsertest

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// paused is a moment of a run with much to draw.
const paused = "engine raft\nnodes 5\nclients 2\nseed 11\nloss 4% copies 2% reorder 3% disk 1ms pace 40/s\n" +
	"at 700ms crash n1\nat 900ms cut n2 > n3\nat 1s request c1: set x 3\nat 1.2s partition n1 n4 | n2 n3 n5\n"

// TestCanvasWorker opens a moment in two browsers: in one the canvases are drawn by a worker,
// in the other, which has no canvas for workers, by the page. To see is the same.
func TestCanvasWorker(t *testing.T) {
	look := func(p *Page) (png []byte) {
		t.Helper()
		p.do("take a picture", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
			png, err = chromedp.Run(ctx, chromedp.CaptureScreenshot())
			return err
		}))
		return png
	}
	open := func(prepare string) *Page {
		p := New(t, Serve(t))
		p.before(prepare)
		p.keep(paused, "1300000000", "1500000000", "no")
		p.Go("/")
		p.Wait(ready)
		return p
	}
	beside, own := open(""), open("delete window.OffscreenCanvas")
	if said := Eval[string](beside, `(() => { try { return String(document.querySelector("#ring canvas").getContext("2d")) } catch (error) { return error.name } })()`); said != "InvalidStateError" {
		t.Errorf("the ring's canvas is the page's (%s), where the worker should have it", said)
	}
	own.Wait(`(() => {
		const canvas = document.querySelector("#ring canvas");
		const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
		return pixels.some(v => v !== 0);
	})()`)
	for end := time.Now().Add(patience); !bytes.Equal(look(beside), look(own)); {
		if time.Now().After(end) {
			beside.Screenshot("build/failures/canvas-worker.png")
			own.Screenshot("build/failures/canvas-page.png")
			t.Fatal("a run looks different where the canvases are drawn by a worker: see build/failures/canvas-*.png")
		}
	}
}

// TestCanvasKeepsUp gives the worker more lists than it draws: what those define that it
// leaves out is not lost.
func TestCanvasKeepsUp(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.Wait(`(() => {
		const host = document.createElement("div");
		host.style.cssText = "position:fixed;inset:0;width:8px;height:8px";
		document.body.append(host);
		const surface = parleyPainter.surface(host, ["canvas"]), canvas = surface.layers[0].canvas;
		surface.resize(8, 8, 1);
		const fill = (ink, colour) => [2 | ink << 8, colour, 0, 0, 0, 0, 0];
		const rect = (ink) => [4, 0, 10 | ink << 8 | 255 << 24, 0, 0, ...new Uint32Array(new Float32Array([8, 8, 0]).buffer)];
		const lists = [[1, ...fill(0, 0xff0000ff), ...rect(0)]];
		for (let i = 1; i < 50; i++) lists.push([...fill(i, i << 24 | 255), ...rect(i)]);
		lists.push([...fill(50, 0x0000ffff), ...rect(20)]); // what another list defined
		for (const list of lists) {
			const words = new Uint8Array(Uint32Array.from(list).buffer);
			surface.bytes.set(words);
			surface.draw(words.length);
		}
		window.drawn = () => {
			const g = new OffscreenCanvas(8, 8).getContext("2d");
			g.drawImage(canvas, 0, 0);
			return [...g.getImageData(4, 4, 1, 1).data].join();
		};
		return true;
	})()`)
	p.Wait(`drawn() === "20,0,0,255"`)
}

// TestStaticRing holds that the ring that stands on the page before its program runs is to be
// seen until the run's own is drawn.
func TestStaticRing(t *testing.T) {
	p := New(t, Serve(t))
	p.before(`
		window.looks = [];
		new MutationObserver(() => {
			if (!document.querySelector(".time")) return; // the document is not all there
			const ring = document.querySelector("#ring");
			const look = ring === null ? "no host" : ring.querySelector("svg.static") ? "static" : ring.querySelector("[data-node]") ? "drawn" : "empty";
			if (looks.at(-1) !== look) looks.push(look);
		}).observe(document, {childList: true, subtree: true});
	`)
	p.Go("/")
	p.Wait(ready)
	if looks := Eval[string](p, `looks.join()`); looks != "static,drawn" {
		t.Errorf("the ring looked %s, one after the other; want static,drawn", looks)
	}
}
