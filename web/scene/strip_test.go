package scene

import (
	"math"
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/scene/internal/sample"
	"parley/web/view"
)

func TestLogsDrawOnlyWhatIsVisible(t *testing.T) {
	few, many := longLogs(t, 100), longLogs(t, 20_000)
	l := Logs{Words: English}
	a, b := len(shapes(t, &l, 800, 240, few)), len(shapes(t, &l, 800, 240, many))
	if b > a+40 {
		t.Errorf("%d shapes for logs of 100 entries, %d for 20,000: what is not on the screen must cost nothing", a, b)
	}
}

// longLogs has a log of n entries on each of five nodes.
func longLogs(t *testing.T, n int) view.Scene {
	t.Helper()
	r := sample.New(5, 1)
	r.Role(1, 1, sample.Leader, 1)
	for i := 1; i <= n; i++ {
		at := consensus.Time(i) * consensus.Microsecond
		for k := 1; k <= 5; k++ {
			r.Entry(at, k, i, 1+i*3/n, consensus.Client(1), uint32(i))
		}
		r.Commit(at, 1, i-1)
	}
	s := r.Store()
	return at2scene(s, s.End())
}

func TestLogsFollowTheHeadUnlessScrolled(t *testing.T) {
	s := longLogs(t, 200)
	l := Logs{Words: English}
	has := func(index string) bool {
		for _, shape := range shapes(t, &l, 800, 240, s) {
			if shape.Op == OpLabel && shape.Text == index && shape.N[1] < headRow {
				return true
			}
		}
		return false
	}
	if !has("200") || has("1") {
		t.Error("the head is not shown at first")
	}
	l.Home()
	if !has("1") || has("200") || !l.Away {
		t.Error("the beginning is not shown after Home")
	}
	l.Scroll(l.grid.cell*50, 0)
	if !has("55") || has("1") {
		t.Error("50 cells further, entry 55 is not shown")
	}
	l.Scroll(1e9, 0)
	if !has("200") || l.Away {
		t.Error("at the right end the logs must follow the head again")
	}
	l.Scroll(-1e9, -1e9)
	if !has("1") {
		t.Error("scrolling to the left stops before the first entry")
	}
}

func TestPickOnTheLogs(t *testing.T) {
	s := sceneOf(t, "work")
	l := Logs{Words: English}
	shapes(t, &l, 1200, 240, s)
	st := s.Store.State(s.Cursor.Events)
	for row := range st.Nodes {
		for i := consensus.Index(1); i <= st.Nodes[row].Last(); i++ {
			p := Point{l.grid.x(i) + l.grid.cell/2, l.grid.y(row) + l.grid.row/2}
			if got := l.Pick(p, &s); got.Node != st.Nodes[row].ID || got.Entry != i {
				t.Fatalf("cell %d of row %d picks %+v", i, row, got)
			}
		}
		if got := l.Pick(Point{5, l.grid.y(row) + 2}, &s); got.Node != st.Nodes[row].ID || got.Entry != 0 {
			t.Errorf("the name of row %d picks %+v", row, got)
		}
	}
	if got := l.Pick(Point{300, 4}, &s); got != (view.Pick{T: -1}) {
		t.Errorf("the header picks %+v", got)
	}
}

func TestCommittedIsSolidAndUncommittedDashed(t *testing.T) {
	s := sceneOf(t, "work")
	st := s.Store.State(s.Cursor.Events)
	want := [2]int{}
	for i := range st.Nodes {
		want[0] += int(st.Nodes[i].Commit)
		want[1] += int(st.Nodes[i].Last() - st.Nodes[i].Commit)
	}
	got := [2]int{}
	for _, shape := range shapes(t, &Logs{Words: English}, 1400, 240, s) {
		if shape.Op == OpRect && shape.N[4] == 3 {
			if shape.Style.DashOn > 0 {
				got[1]++
			} else {
				got[0]++
			}
		}
	}
	if got != want || want[1] == 0 {
		t.Errorf("%d solid and %d dashed cells, want %d and %d", got[0], got[1], want[0], want[1])
	}
}

// Marks of the leader stand on the rows of its peers: one for next, one for match.
func TestLeaderMarksItsPeers(t *testing.T) {
	s := sceneOf(t, "work")
	hollow, solid := 0, 0
	for _, shape := range shapes(t, &Logs{Words: English}, 1400, 240, s) {
		if shape.Op == OpPoly && shape.Closed && len(shape.N) == 6 {
			if shape.Style.Stroke != 0 {
				hollow++
			} else {
				solid++
			}
		}
	}
	if hollow != 4 || solid != 4 {
		t.Errorf("%d next marks and %d match marks, want 4 each", hollow, solid)
	}
}

func TestDiagramIsBounded(t *testing.T) {
	store, at := sample.Long(5, 60_000)
	s := at2scene(store, at)
	g := Diagram{Words: English, Index: new(Index)}
	for _, span := range []consensus.Time{SpanMin, consensus.Millisecond, 100 * consensus.Millisecond, 10 * consensus.Second, at, SpanMax} {
		s.Span, s.Left = span, max(0, at-span)
		n := len(shapes(t, &g, 1200, 240, s))
		if n > 3*linesMax+eventsMax/8 {
			t.Errorf("%d shapes in a window of %v", n, span)
		}
		if len(g.lines) > linesMax+1 {
			t.Errorf("%d messages in a window of %v, at most %d may be drawn", len(g.lines), span, linesMax)
		}
	}
}

// Every message that flies within a window is drawn in it, those that cross it whole
// included.
func TestDiagramShowsEveryMessageOfItsWindow(t *testing.T) {
	store, at := sample.Long(5, 3000)
	s := at2scene(store, at)
	g := Diagram{Words: English, Index: new(Index)}
	for _, span := range []consensus.Time{consensus.Millisecond, 30 * consensus.Millisecond, 500 * consensus.Millisecond} {
		for left := consensus.Time(0); left < at; left += at / 13 {
			s.Left, s.Span = left, span
			shapes(t, &g, 1200, 400, s)
			var got, want []uint32
			for _, l := range g.lines {
				got = append(got, l.id)
			}
			for id := uint32(1); ; id++ {
				i, j := store.Message(id)
				if i < 0 {
					break
				}
				ends := at
				if j >= 0 {
					ends = store.Event(j).T
				}
				if store.Event(i).T <= min(left+span, at) && ends >= left {
					want = append(want, id)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("window of %v from %v: messages %v, want %v", span, left, got, want)
			}
		}
	}
}

func TestPickOnTheDiagram(t *testing.T) {
	s := sceneOf(t, "work")
	g := Diagram{Words: English, Index: new(Index)}
	shapes(t, &g, 1200, 400, s)
	if len(g.lines) < 10 {
		t.Fatalf("only %d messages in sight", len(g.lines))
	}
	for _, l := range g.lines {
		p := mix(l.a, l.b, .4)
		if p.X < g.axes.gutter+1 {
			continue
		}
		got := g.Pick(p, reachMouse, &s)
		if got.Message == l.id {
			continue
		}
		// Lines cross; what is picked must pass through the same point.
		k := slices.IndexFunc(g.lines, func(o drawn) bool { return o.id == got.Message })
		if got.Event == 0 && k < 0 || k >= 0 && distance(p, g.lines[k].a, g.lines[k].b) > 1 {
			t.Errorf("the middle of message %d picks %+v", l.id, got)
		}
	}
	for _, o := range g.spots {
		if o.at.X < g.axes.gutter {
			continue
		}
		got := g.Pick(o.at, reachMouse, &s)
		if e := s.Store.Event(o.event); got.Event == 0 || got.T != e.T {
			t.Errorf("event %d at %v picks %+v", o.event, e.T, got)
		}
	}
	if got := g.Pick(Point{3, 10}, reachMouse, &s); got.Node != 1 {
		t.Errorf("the first lane's name picks %+v", got)
	}
	empty := g.Pick(Point{g.axes.x(s.Cursor.T) + 40, 390}, reachMouse, &s)
	if empty.Event != 0 || empty.T != s.Cursor.T {
		t.Errorf("beyond the frontier one picks %+v, want the frontier", empty)
	}
}

func TestSelectedMessageOfTheFutureIsNotShown(t *testing.T) {
	s := sceneOf(t, "work")
	future := uint32(0)
	for id := uint32(1); ; id++ {
		sent, _ := s.Store.Message(id)
		if sent < 0 {
			break
		}
		if s.Store.Event(sent).T > s.Frontier {
			future = id
		}
	}
	if future == 0 {
		t.Fatal("the run has no message after the frontier")
	}
	g := &Diagram{Words: English, Index: new(Index)}
	without := printed(g, s)
	s.Selected.Message = future
	if printed(g, s) != without {
		t.Errorf("message %d, which is sent after the frontier, is drawn", future)
	}
}

func TestIndexAfterAFork(t *testing.T) {
	store, _ := sample.Runs["work"]()
	var x, fresh Index
	x.Follow(store)
	half := store.Len() / 2
	if err := store.Add(uint32(half), encoded(store, half, half+3), 0, nil); err != nil {
		t.Fatal(err)
	}
	if store.Len() != half+3 {
		t.Fatalf("the store has %d events after the fork, want %d", store.Len(), half+3)
	}
	x.Follow(store)
	fresh.Follow(store)
	if x.sends != fresh.sends || x.n != fresh.n || len(x.lanes[1]) != len(fresh.lanes[1]) {
		t.Errorf("after a fork %d sends of %d events, want %d of %d", x.sends, x.n, fresh.sends, fresh.n)
	}
}

func TestLaneTellsTermsRolesAndCrashes(t *testing.T) {
	s := sceneOf(t, "work")
	var x Index
	x.Follow(s.Store)
	for n := 0; n <= s.Store.Len(); n += 7 {
		at := s.Store.At(n).T
		st := s.Store.State(s.Store.Before(at))
		for i := range st.Nodes {
			k := x.at(st.Nodes[i].ID, at)
			if k < 0 {
				t.Fatalf("nothing is known of node %d at %v", i+1, at)
			}
			c, want := x.lanes[i][k], &st.Nodes[i]
			if c.up != want.Up || c.role != want.Role || c.term != want.Term {
				t.Fatalf("node %d at %v: %+v, want up %v, role %d, term %d", i+1, at, c, want.Up, want.Role, want.Term)
			}
		}
	}
}

func TestZoomKeepsTheMomentUnderThePointer(t *testing.T) {
	v := Window{Left: 500 * consensus.Millisecond, Span: 100 * consensus.Millisecond}
	for _, at := range []float64{0, .3, 1} {
		for _, factor := range []float64{.5, 1.25, 4} {
			z := v.Zoom(at, factor)
			before, after := float64(v.Left)+at*float64(v.Span), float64(z.Left)+at*float64(z.Span)
			if math.Abs(before-after) > float64(consensus.Microsecond) {
				t.Errorf("zoom by %v at %v moves the moment from %v to %v", factor, at, before, after)
			}
		}
	}
	for range 200 {
		v = v.Zoom(.5, 1.5)
	}
	if v.Span != SpanMin {
		t.Errorf("one can zoom in to %v, want %v", v.Span, SpanMin)
	}
	for range 200 {
		v = v.Zoom(.5, .5).Pan(1)
	}
	if v.Span != SpanMax || v.Left > SpanMax {
		t.Errorf("one can zoom out to %v at %v", v.Span, v.Left)
	}
}

func TestKeepHoldsTheCursorInSight(t *testing.T) {
	v := Window{Left: 0, Span: 1000}
	for at := consensus.Time(0); at < 5000; at += 10 {
		v = v.Keep(at)
		if at < v.Left || at > v.Left+v.Span*3/4+1 {
			t.Fatalf("the cursor at %v is out of the window %+v", at, v)
		}
	}
	still := v
	if v = v.Keep(v.Left + 10); v != still {
		t.Error("the window moves though the cursor is in it")
	}
}

func TestTicksAreRoundAndApart(t *testing.T) {
	for span := SpanMin; span <= SpanMax; span = span*3/2 + 7 {
		step := tick(span, 1000, 84)
		if pixels := float64(step) / float64(span) * 1000; pixels < 83 || pixels > 84*2.6 {
			t.Errorf("in a window of %v ticks are %.0f pixels apart", span, pixels)
		}
	}
	for _, c := range []struct {
		t, step consensus.Time
		want    string
	}{
		{0, consensus.Millisecond, "0"}, {1_204_000_000, 2 * consensus.Millisecond, "1\u202f204"},
		{12_500_000, 500 * consensus.Microsecond, "12.5"}, {12_050_000, 50 * consensus.Microsecond, "12.05"},
		{12_005_000, 5 * consensus.Microsecond, "12.005"},
	} {
		if got := tickLabel(c.t, c.step); got != c.want {
			t.Errorf("tickLabel(%d, %d) = %q, want %q", c.t, c.step, got, c.want)
		}
	}
}

func TestTimelineSeeksToWhatItShows(t *testing.T) {
	s := sceneOf(t, "work")
	var g Timeline
	shapes(t, &g, 800, 56, s)
	for _, at := range []consensus.Time{0, s.Frontier / 3, s.Frontier} {
		x := g.left + float64(at)/float64(g.model.Until)*g.w
		if got := g.At(x, &s); max(got-at, at-got) > consensus.Millisecond {
			t.Errorf("the place of %v seeks to %v", at, got)
		}
	}
	if got := g.At(1e6, &s); got != s.Frontier {
		t.Errorf("the right end seeks to %v, beyond what was seen (%v)", got, s.Frontier)
	}
	if got := g.At(-50, &s); got != 0 {
		t.Errorf("left of the strip seeks to %v", got)
	}
	for _, m := range g.model.Marks {
		if m.Mark == view.MarkFault {
			got := g.Pick(Point{g.left + float64(m.X) + 3, 20}, reachTouch, &s)
			if got.Event == 0 || s.Store.Event(got.Event-1).Kind != trace.Crash {
				t.Errorf("beside the crash one picks %+v", got)
			}
		}
	}
}

func TestUntilHoldsWhatWasSeenAndIsNotStretchedAllTheTime(t *testing.T) {
	changes := 0
	last := consensus.Time(0)
	for seen := consensus.Time(0); seen < 600*consensus.Second; seen += 50 * consensus.Millisecond {
		u := until(seen)
		if u < seen {
			t.Fatalf("the strip ends at %v before %v", u, seen)
		}
		if u != last {
			changes++
		}
		last = u
	}
	if changes > 50 {
		t.Errorf("the strip was stretched %d times in ten minutes", changes)
	}
}

func TestGestures(t *testing.T) {
	var told []string
	g := Gestures{
		Tap:   func(Point, float64) { told = append(told, "tap") },
		Drag:  func(Point, Point) { told = append(told, "drag") },
		Pinch: func(Point, float64) { told = append(told, "pinch") },
		Hover: func(Point, float64) { told = append(told, "hover") },
	}
	for _, c := range []struct {
		name string
		do   func()
		want []string
	}{
		{"a tap that shakes", func() {
			g.Begin(1, Point{10, 10})
			g.Move(1, Point{12, 11}, true)
			g.End(1, Point{12, 11}, true, true)
		}, []string{"tap"}},
		{"a drag ends without a tap", func() {
			g.Begin(1, Point{10, 10})
			g.Move(1, Point{30, 10}, false)
			g.Move(1, Point{11, 10}, false)
			g.End(1, Point{10, 10}, false, true)
		}, []string{"drag", "drag"}},
		{"two fingers", func() {
			g.Begin(1, Point{10, 10})
			g.Begin(2, Point{110, 10})
			g.Move(2, Point{160, 10}, true)
			g.End(1, Point{10, 10}, true, true)
			g.End(2, Point{160, 10}, true, true)
		}, []string{"pinch", "drag"}},
		{"two fingers that rest are no tap", func() {
			g.Begin(1, Point{10, 10})
			g.Begin(2, Point{110, 10})
			g.End(2, Point{110, 10}, true, true)
			g.End(1, Point{10, 10}, true, true)
		}, nil},
		{"what the browser takes away is no tap", func() {
			g.Begin(1, Point{10, 10})
			g.End(1, Point{10, 10}, true, false)
		}, nil},
		{"a long press is no tap", func() {
			g.Begin(1, Point{10, 10})
			if _, held := g.Held(); !held {
				t.Error("a finger that rests is not held")
			}
			g.Forget()
			g.End(1, Point{10, 10}, true, true)
		}, nil},
		{"a mouse that moves", func() { g.Move(7, Point{10, 10}, false) }, []string{"hover"}},
	} {
		told = nil
		c.do()
		if !slices.Equal(told, c.want) {
			t.Errorf("%s: %v, want %v", c.name, told, c.want)
		}
		if g.count != 0 {
			t.Fatalf("%s: %d fingers are still down", c.name, g.count)
		}
	}
}
