package scene

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/web/scene/internal/sample"
	"parley/web/view"
)

// attribute returns an attribute of a group, "" when it has none of that name.
func attribute(s Shape, name string) string {
	for i := 0; i+1 < len(s.Attributes); i += 2 {
		if s.Attributes[i] == name {
			return s.Attributes[i+1]
		}
	}
	return ""
}

func nodesOf(list []Shape) (groups []Shape) {
	for _, s := range list {
		if s.Op == OpGroup && strings.HasPrefix(attribute(s, "data-testid"), "node-") {
			groups = append(groups, s)
		}
	}
	return groups
}

func TestEachNodeIsNamedForTestsAndScreenReaders(t *testing.T) {
	s := sceneOf(t, "faults")
	nodes := nodesOf(shapes(t, &Ring{Words: English}, 900, 500, s))
	want := [][4]string{
		{"node-1", "leader", "3", "N1, leader, term 3"},
		{"node-2", "follower", "3", "N2, follower, term 3"},
		{"node-3", "follower", "0", "N3, follower, term 0, writes to disk"},
		{"node-4", "down", "3", "N4, down"},
		{"node-5", "follower", "3", "N5, follower, term 3"},
	}
	if len(nodes) != len(want) {
		t.Fatalf("%d nodes, want %d", len(nodes), len(want))
	}
	for i, n := range nodes {
		got := [4]string{attribute(n, "data-testid"), attribute(n, "data-role"), attribute(n, "data-term"), attribute(n, "aria-label")}
		if got != want[i] {
			t.Errorf("node %d says %q, want %q", i+1, got, want[i])
		}
		if attribute(n, "role") != "button" || attribute(n, "tabindex") != "0" {
			t.Errorf("node %d cannot be focused or is no button: %q", i+1, n.Attributes)
		}
	}
}

func TestEachClientIsNamedToo(t *testing.T) {
	s := sceneOf(t, "long")
	for _, shape := range shapes(t, &Ring{Words: English}, 900, 500, s) {
		if attribute(shape, "data-testid") == "client-1" {
			if got, want := attribute(shape, "aria-label"), "client C1, k4=116"; got != want {
				t.Errorf("the client says %q, want %q", got, want)
			}
			return
		}
	}
	t.Error("there is no client")
}

func TestCandidateShowsItsVotes(t *testing.T) {
	s := sceneOf(t, "election")
	var texts []string
	dots := 0
	inside := false
	for _, shape := range shapes(t, &Ring{Words: English}, 900, 500, s) {
		switch shape.Op {
		case OpGroup:
			inside = attribute(shape, "data-node") == "2"
		case OpLabel:
			texts = append(texts, shape.Text)
		case OpCircle:
			if inside && shape.N[2] < 4 {
				dots++
			}
		}
	}
	if !slices.Contains(texts, "candidate 1/3") || !slices.Contains(texts, "voted N2") {
		t.Errorf("no tally and no vote among %q", texts)
	}
	if dots != 5 {
		t.Errorf("%d dots in the candidate, want one for each node", dots)
	}
}

// The timer's arc is its remaining share of the circle. Nothing of the elements changes as
// time goes by: a page that touched them in each frame would have to lay out and paint them.
func TestTimerArcShrinks(t *testing.T) {
	s := sceneOf(t, "election")
	last := 10.
	var before []Shape
	for range 20 {
		s.Cursor.T += 5 * consensus.Millisecond
		var sweep float64
		ring := Ring{Words: English}
		list := shapes(t, &ring, 900, 500, s)
		p := ring.layout.Nodes[0]
		elements := slices.IndexFunc(list, func(shape Shape) bool { return shape.Op == OpLayer && shape.N[0] == ringNodes })
		for _, shape := range list[:elements] {
			if shape.Op == OpArc && math.Hypot(shape.N[0]-p.X, shape.N[1]-p.Y) < 1e-3 {
				sweep = shape.N[4] - shape.N[3]
			}
		}
		if sweep >= last || sweep <= 0 {
			t.Fatalf("the arc of N1 sweeps %v after %v", sweep, last)
		}
		if before != nil && !reflect.DeepEqual(list[elements:], before) {
			t.Fatalf("elements changed though nothing happened:\n%v\n%v", before, list[elements:])
		}
		last, before = sweep, list[elements:]
	}
}

func TestRequestsAreFilledAndRepliesHollow(t *testing.T) {
	r := sample.New(3, 0)
	at := 100 * consensus.Millisecond
	r.Send(at, 1, 2, sample.AppendEntries, 0, 1, 10*consensus.Millisecond, 0)
	r.Send(at, 2, 3, sample.AppendEntriesReply, consensus.FlagReply|consensus.FlagYes, 1, 10*consensus.Millisecond, 0)
	r.Send(at, 3, 1, sample.AppendEntries, consensus.FlagPayload, 1, 10*consensus.Millisecond, 0)
	s := at2scene(r.Store(), at+5*consensus.Millisecond)
	hue := onGround(false)
	fill, _ := hue.hue(1)
	var filled, hollow []float64
	for _, shape := range shapes(t, &Ring{Words: English}, 900, 500, s) {
		if shape.Op == OpGroup {
			break
		}
		if shape.Op == OpCircle {
			switch {
			case shape.Style.Fill == fill:
				filled = append(filled, shape.N[2])
			case shape.Style.Fill == hue.Paper && shape.Style.Stroke == fill:
				hollow = append(hollow, shape.N[2])
			}
		}
	}
	if len(filled) != 2 || len(hollow) != 1 || filled[1] <= filled[0] {
		t.Errorf("requests of radius %v (want two, the second larger: it carries commands), replies %v (want one)", filled, hollow)
	}
}

func TestLostMessageLeavesACrossThatFades(t *testing.T) {
	r := sample.New(3, 0)
	ms := consensus.Millisecond
	r.Send(100*ms, 1, 2, sample.AppendEntries, 0, 1, 10*ms, 2)
	store := r.Store()
	crosses := func(at consensus.Time) (n int, alpha float64) {
		for _, shape := range shapes(t, &Ring{Words: English}, 900, 500, at2scene(store, at)) {
			if shape.Op == OpGroup {
				break
			}
			if shape.Op == OpLine && shape.Style.Stroke == onGround(false).Danger {
				n, alpha = n+1, shape.Alpha
			}
		}
		return n, alpha
	}
	if n, _ := crosses(104 * ms); n != 0 {
		t.Error("a message shows its fate before it dies")
	}
	n, first := crosses(105 * ms)
	if n != 2 {
		t.Fatalf("%d strokes of a cross when it dies, want 2", n)
	}
	if _, later := crosses(111 * ms); later >= first || later == 0 {
		t.Errorf("the cross is as visible 6 ms later: %v, %v", first, later)
	}
	if n, _ := crosses(120 * ms); n != 0 {
		t.Error("the cross never goes")
	}
}

func TestPickOnTheRing(t *testing.T) {
	for _, name := range []string{"faults", "election9", "crowd", "work"} {
		for _, size := range sizes[:6] {
			s := sceneOf(t, name)
			st := s.Store.State(s.Cursor.Events)
			var r Ring
			l := r.Layout(size[0], size[1], st)
			for i, p := range l.Nodes {
				if got := r.Pick(p, reachTouch, size[0], size[1], &s); got.Node != consensus.NodeID(i+1) && name != "crowd" {
					t.Errorf("%s %v: the middle of node %d picks %+v", name, size, i+1, got)
				}
			}
			for i := range st.Messages {
				f := &st.Messages[i]
				lane, _ := l.Lane(f.From, f.To)
				got := r.Pick(lane.at(view.Place(f, s.Cursor.T)), reachMouse, size[0], size[1], &s)
				other := st.Flight(got.Message)
				if got.Message == f.ID {
					continue
				}
				// Where messages lie on one another any of them will do.
				if other == nil {
					t.Errorf("%s %v: message %d picks %+v", name, size, f.ID, got)
					continue
				}
				ol, _ := l.Lane(other.From, other.To)
				if d := ol.at(view.Place(other, s.Cursor.T)).to(lane.at(view.Place(f, s.Cursor.T))); d > 8 {
					t.Errorf("%s %v: message %d picks message %d, %.1f away", name, size, f.ID, other.ID, d)
				}
			}
			for i, p := range l.Clients {
				if got := r.Pick(p, reachMouse, size[0], size[1], &s); got.Node != consensus.Client(i+1) {
					t.Errorf("%s %v: client %d picks %+v", name, size, i+1, got)
				}
			}
			if got := r.Pick(Point{1, 1}, reachMouse, size[0], size[1], &s); got != (view.Pick{T: -1}) {
				t.Errorf("%s %v: the empty corner picks %+v", name, size, got)
			}
		}
	}
}

// A finger needs 44 pixels: 22 around the middle of what it means.
func TestFingersHitNodesAndMessages(t *testing.T) {
	s := sceneOf(t, "election9")
	var r Ring
	l := r.Layout(320, 300, s.Store.State(s.Cursor.Events))
	for i, p := range l.Nodes {
		u := p.sub(l.Centre).unit()
		if got := r.Pick(p.add(u.times(21)), reachTouch, 320, 300, &s); got.Node != consensus.NodeID(i+1) {
			t.Errorf("21 pixels outside of node %d picks %+v", i+1, got)
		}
	}
	run := sample.New(3, 0)
	run.Send(100, 1, 2, sample.AppendEntries, 0, 1, 1000, 0)
	s = at2scene(run.Store(), 600)
	l = r.Layout(900, 500, s.Store.State(s.Cursor.Events))
	lane, _ := l.Lane(1, 2)
	p := lane.at(.5).add(lane.along(.5).right().times(22))
	if got := r.Pick(p, reachTouch, 900, 500, &s); got.Message != 1 {
		t.Errorf("22 pixels beside a message picks %+v", got)
	}
}

func TestSideOfALinkSaysItsDirection(t *testing.T) {
	s := sceneOf(t, "partition")
	var r Ring
	l := r.Layout(900, 500, s.Store.State(s.Cursor.Events))
	for _, link := range [][2]consensus.NodeID{{1, 2}, {2, 1}, {3, 4}, {4, 3}} {
		lane, _ := l.Lane(link[0], link[1])
		if got := r.Pick(lane.at(.62), 6, 900, 500, &s); got.Link != link && got.Message == 0 {
			t.Errorf("the lane of %v picks %+v", link, got)
		}
	}
}

func TestPosterIsSmallAndWellFormed(t *testing.T) {
	for scheme, most := range map[Scheme]int{Light: 10 << 10, Dark: 10 << 10, Both: 20 << 10} {
		b := Poster(scheme)
		count := elements(t, string(b))
		if count["circle"] < 10 || count["text"] < 10 {
			t.Errorf("the poster has %v", count)
		}
		if len(b) > most {
			t.Errorf("the poster has %d bytes; it is the first thing a visitor loads", len(b))
		}
		if strings.Contains(string(b), "NaN") {
			t.Error("the poster has a NaN")
		}
	}
}
