//go:build js

// Command demo shows the painters on made-up runs, for whoever works on them, and
// measures what their frames cost. It is no part of the site. The query says what:
//
//	run=NAME             one of package sample's runs
//	t=MS seen=MS span=MS the moment, the frontier, the time across the diagram
//	dark=1               the dark theme
//	node=N message=N     what is selected
//	bench=FRAMES         paint so many frames and report (see bench.go)
package main

import (
	"net/url"
	"strconv"
	"syscall/js"

	"parley/consensus"
	"parley/web/scene"
	"parley/web/scene/internal/sample"
	"parley/web/view"
)

func main() {
	q, _ := url.ParseQuery(js.Global().Get("location").Get("search").String()[1:])
	run := sample.Runs[q.Get("run")]
	if run == nil {
		run = sample.Runs["election"]
	}
	store, t := run()
	if v, err := strconv.ParseFloat(q.Get("t"), 64); err == nil {
		t = consensus.Time(v * float64(consensus.Millisecond))
	}
	span := 120 * consensus.Millisecond
	if v, err := strconv.ParseFloat(q.Get("span"), 64); err == nil {
		span = consensus.Time(v * float64(consensus.Millisecond))
	}
	s := view.Scene{
		Store: store, Cursor: store.Moment(t), Dark: q.Get("dark") != "", Frontier: t,
		Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1}, Span: span, Left: t - span*3/4,
	}
	if v, err := strconv.ParseFloat(q.Get("seen"), 64); err == nil {
		s.Frontier = consensus.Time(v * float64(consensus.Millisecond))
	}
	if n, err := strconv.Atoi(q.Get("node")); err == nil {
		s.Selected.Node = consensus.NodeID(n)
	}
	if n, err := strconv.Atoi(q.Get("message")); err == nil {
		s.Selected.Message = uint32(n)
	}
	host := func(id string) js.Value { return js.Global().Get("document").Call("getElementById", id) }
	var paint func()
	events := scene.Events{
		Pick:  func(p view.Pick) { s.Selected = p; paint() },
		Hover: func(p view.Pick) { s.Hover = p; paint() },
	}
	ring := scene.NewRing(host("ring"), scene.English, events)
	logs := scene.NewLogs(host("logs"), scene.English, events)
	events.Window = func(left, span consensus.Time) { s.Left, s.Span = left, span }
	diagram := scene.NewDiagram(host("diagram"), scene.English, events)
	events.Seek = func(t consensus.Time) { s.Cursor = store.Moment(t); paint() }
	timeline := scene.NewTimeline(host("time"), scene.English, events)
	paint = func() {
		ring.Paint(s)
		logs.Paint(s)
		diagram.Paint(s)
		timeline.Paint(s)
	}
	paint()
	if n, err := strconv.Atoi(q.Get("bench")); err == nil {
		bench(max(n, 20), func(t consensus.Time) {
			s.Cursor, s.Frontier, s.Left = store.Moment(t), t, t-s.Span
			paint()
		}, t)
	}
	select {}
}
