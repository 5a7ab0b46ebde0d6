package scene

import (
	"testing"

	"parley/web/view"
)

// Two runs side by side: what one painter draws does not depend on what another of its
// kind draws in between.
func TestPaintersSideBySideAreIndependent(t *testing.T) {
	a, b := sceneOf(t, "faults"), sceneOf(t, "work")
	other := slotsScene(t, promises(3, 0, ballot(2, 3)), accepts(3, 1, ballot(2, 3), 1))
	for kind := range painters() {
		alone := map[int]string{}
		for i, s := range []view.Scene{a, b, other} {
			alone[i] = printed(painters()[kind], s)
		}
		both := [...]painter{painters()[kind], painters()[kind], painters()[kind]}
		for range 2 {
			for i, s := range []view.Scene{a, b, other} {
				if printed(both[i], s) != alone[i] {
					t.Errorf("%s: run %d is drawn differently beside others", kind, i)
				}
			}
		}
	}
}

func labelsOf(list []Shape) map[string]Shape {
	labels := map[string]Shape{}
	for _, s := range list {
		if s.Op == OpLabel {
			labels[s.Text] = s
		}
	}
	return labels
}

// Diagrams of one window above each other: the axis stands below the last one only, each
// milestone is a line through both, with its text where it happened.
func TestMilestonesStandInBothDiagrams(t *testing.T) {
	s := sceneOf(t, "work")
	at := s.Left + s.Span/2
	late := s.Frontier + 1
	ours := Diagram{Words: English, Index: new(Index), Title: "Raft", Bare: true, Marks: []Milestone{{T: at, Text: "leader"}, {T: late, Text: "later"}}}
	theirs := Diagram{Words: English, Index: new(Index), Title: "Multi-Paxos", Marks: []Milestone{{T: at, Text: "leader", Theirs: true}}}
	upper, lower := shapes(t, &ours, 900, 200, s), shapes(t, &theirs, 900, 200, s)
	up, low := labelsOf(upper), labelsOf(lower)
	if _, ok := up["ms"]; ok {
		t.Error("a bare diagram has an axis")
	}
	if _, ok := low["ms"]; !ok {
		t.Error("the lower diagram has no axis")
	}
	if up["Raft"].Text == "" || low["Multi-Paxos"].Text == "" {
		t.Error("a diagram does not say what it shows")
	}
	if up["leader"].Text == "" || low["leader"].Text != "" {
		t.Error("the text of a milestone stands in its own diagram only")
	}
	if up["later"].Text != "" {
		t.Error("a milestone that was not seen yet is shown")
	}
	line := func(list []Shape) (x float64) {
		for _, shape := range list {
			if shape.Op == OpLine && shape.N[0] == shape.N[2] && shape.N[3] > 150 && (shape.Style.Width == 1.25 || shape.Style.DashOff == 4) {
				x = shape.N[0]
			}
		}
		return x
	}
	if x := line(upper); x == 0 || x != line(lower) {
		t.Errorf("the milestone stands at %v above and %v below", x, line(lower))
	}
	check(t, "bare/diagram", upper, 900, 200)
	check(t, "diagram", lower, 900, 200)
}

// The timeline shows runs that are compared below one another, in one scale.
func TestTimelineComparesRuns(t *testing.T) {
	s, other := sceneOf(t, "work"), sceneOf(t, "faults")
	g := Timeline{Words: English, With: []*view.Store{other.Store}}
	for _, h := range []float64{24, 40, 56, 80} {
		bars := map[float64]float64{}
		for _, shape := range shapes(t, &g, 600, h, s) {
			if shape.Op == OpRect && shape.N[4] == 3 {
				bars[shape.N[1]] = shape.N[3]
			}
			if shape.Op != OpClip && shape.Op != OpUnclip && len(shape.N) > 1 && (shape.N[1] < -12 || shape.N[1] > h+12) {
				t.Errorf("at a height of %v something is drawn at %v: %+v", h, shape.N[1], shape)
			}
		}
		if len(bars) != 2 {
			t.Errorf("at a height of %v there are bars at %v, want two", h, bars)
		}
	}
	if got := g.At(12+576, &s); got != max(s.Frontier, s.Cursor.T) {
		t.Errorf("the right end is %v", got)
	}
}

func TestTitlesStandInTheCorner(t *testing.T) {
	s := sceneOf(t, "election")
	list := shapes(t, &Ring{Words: English, Title: "Multi-Paxos"}, 280, 300, s)
	l, ok := labelsOf(list)["Multi-Paxos"]
	if !ok || l.N[0] > 20 || l.N[1] > 24 {
		t.Errorf("the ring's title is %+v", l)
	}
	for _, shape := range shapes(t, &Ring{Words: English}, 280, 300, s) {
		if shape.Op == OpLabel && shape.Text == "" {
			t.Error("no title is drawn as an empty one")
		}
	}
}

// At half the width of a small window the ring still names every node and says what it
// is, with its disc as large as a finger's tip nearly.
func TestRingAtHalfWidth(t *testing.T) {
	for _, run := range []string{"election", "election3", "faults"} {
		s := sceneOf(t, run)
		for _, size := range [][2]float64{{280, 260}, {280, 400}, {320, 320}} {
			r := Ring{Words: English, Title: "Raft"}
			list := shapes(t, &r, size[0], size[1], s)
			check(t, run+"/ring", list, size[0], size[1])
			labels := labelsOf(list)
			for _, n := range s.Store.State(s.Cursor.Events).Nodes {
				if _, ok := labels[n.ID.String()]; !ok {
					t.Errorf("%s at %v: %v has no name", run, size, n.ID)
				}
				p, radius, _ := r.Layout(size[0], size[1], s.Store.State(s.Cursor.Events)).Of(n.ID)
				if radius < 13 || p.X < radius || p.X > size[0]-radius {
					t.Errorf("%s at %v: %v stands at %v with a radius of %v", run, size, n.ID, p, radius)
				}
			}
			_, follows := labels["follower"]
			if _, voted := labels["voted N2"]; !follows && !voted {
				t.Errorf("%s at %v: no role is written", run, size)
			}
		}
	}
}
