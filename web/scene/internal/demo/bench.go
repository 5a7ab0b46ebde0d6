//go:build js

package main

import (
	"sort"
	"strconv"
	"syscall/js"

	"parley/consensus"
)

// bench paints so many frames, one an animation frame, with the cursor moving on, and
// writes what they cost to the page: document.body.dataset.bench is then
//
//	go-p50=MS go-p95=MS frame-p50=MS frame-p95=MS
//
// where go is the time from the beginning of a frame to the end of its painting,
// JavaScript and canvas calls included, and frame the time between two frames.
func bench(frames int, paint func(t consensus.Time), t consensus.Time) {
	clock := js.Global().Get("performance")
	now := func() float64 { return clock.Call("now").Float() }
	var costs, gaps []float64
	last := 0.
	var frame js.Func
	frame = js.FuncOf(func(_ js.Value, args []js.Value) any {
		stamp := args[0].Float()
		if last > 0 {
			gaps = append(gaps, stamp-last)
		}
		last = stamp
		begin := now()
		t += 160 * consensus.Microsecond
		paint(t)
		costs = append(costs, now()-begin)
		if len(costs) < frames {
			js.Global().Call("requestAnimationFrame", frame)
			return nil
		}
		costs, gaps = costs[frames/10:], gaps[frames/10:] // the first ones warm up
		js.Global().Get("document").Get("body").Get("dataset").Set("bench",
			"go-p50="+part(costs, 50)+" go-p95="+part(costs, 95)+" frame-p50="+part(gaps, 50)+" frame-p95="+part(gaps, 95))
		return nil
	})
	js.Global().Call("requestAnimationFrame", frame)
}

func part(v []float64, percent int) string {
	sort.Float64s(v)
	return strconv.FormatFloat(v[(len(v)-1)*percent/100], 'f', 2, 64)
}
