package scene

import (
	"math"
	"testing"

	"parley/consensus"
	"parley/consensus/trace"
)

// curves returns points along a lane, close together.
func along(l Lane) []Point {
	var p []Point
	for i := range 101 {
		p = append(p, l.at(float64(i)/100))
	}
	return p
}

func nearest(a, b []Point) float64 {
	best := math.Inf(1)
	for _, p := range a {
		for _, q := range b {
			best = math.Min(best, p.to(q))
		}
	}
	return best
}

func TestLanesOfOppositeDirectionsStayApart(t *testing.T) {
	for n := 2; n <= 9; n++ {
		for _, size := range sizes[:6] {
			l := Arrange(size[0], size[1], n, 1)
			for i := range n {
				for j := range i {
					a, b := consensus.NodeID(i+1), consensus.NodeID(j+1)
					there, _ := l.Lane(a, b)
					back, _ := l.Lane(b, a)
					// Two messages of half the size at which they are drawn must pass
					// each other.
					least := 2 * 6.5 * messageSize(200, l.R)
					if d := nearest(along(there), along(back)); d < least {
						t.Errorf("%d nodes, %v: lanes between %v and %v come within %.1f pixels, want %.1f", n, size, a, b, d, least)
					}
				}
			}
		}
	}
}

func TestLanesKeepToTheRight(t *testing.T) {
	l := lane(Point{0, 0}, Point{100, 0}, 10, 10)
	for i, p := range along(l) {
		if p.Y <= 0 { // down the screen is to the right of somebody who goes east
			t.Fatalf("point %d of the lane eastwards is at %v", i, p)
		}
	}
}

func TestLanesAreFollowedForwards(t *testing.T) {
	l := lane(Point{20, 30}, Point{300, 200}, 30, 20)
	d := l.B.sub(l.A).unit()
	last := math.Inf(-1)
	for _, p := range along(l) {
		if way := p.X*d.X + p.Y*d.Y; way <= last {
			t.Fatal("a message goes back on its lane")
		} else {
			last = way
		}
	}
	if l.at(0) != l.A || l.at(1).to(l.B) > 1e-9 {
		t.Error("the lane does not begin or end where it says")
	}
	half := l.part(.25, .75)
	for _, f := range []float64{0, .3, 1} {
		if d := half.at(f).to(l.at(.25 + f/2)); d > 1e-9 {
			t.Errorf("a piece of a lane leaves it by %v", d)
		}
	}
}

func TestRingFitsItsHost(t *testing.T) {
	for n := 1; n <= 9; n++ {
		for _, size := range sizes[:6] {
			for _, clients := range []int{0, 1, 5, 32} {
				l := Arrange(size[0], size[1], n, clients)
				for i, p := range l.Nodes {
					if m := l.R + pickGap; p.X < m || p.Y < m || p.X > size[0]-m || p.Y > size[1]-m {
						t.Errorf("%d nodes in %v: node %d at %v with radius %.1f leaves the host", n, size, i+1, p, l.R)
					}
					for j, q := range l.Nodes[:i] {
						if p.to(q) < 2*(l.R+ringGap) {
							t.Errorf("%d nodes in %v: nodes %d and %d overlap", n, size, j+1, i+1)
						}
					}
					for j, q := range l.Clients {
						if p.to(q) < l.R+arcGap+l.C {
							t.Errorf("%d nodes, %d clients in %v: node %d and client %d overlap", n, clients, size, i+1, j+1)
						}
					}
				}
				for i, p := range l.Clients {
					if p.X < l.C || p.X > size[0]-l.C || p.Y > size[1]-l.C {
						t.Errorf("%d clients in %v: client %d at %v leaves the host", clients, size, i+1, p)
					}
				}
			}
		}
	}
}

func TestFirstNodeIsAtTheTopAndOthersFollowClockwise(t *testing.T) {
	l := Arrange(600, 500, 5, 0)
	if p := l.Nodes[0]; math.Abs(p.X-300) > .5 || p.Y > l.Nodes[1].Y {
		t.Errorf("N1 is at %v", p)
	}
	if l.Nodes[1].X < l.Nodes[0].X || l.Nodes[4].X > l.Nodes[0].X {
		t.Error("N2 must be to the right of N1, N5 to the left")
	}
}

// Between any two nodes that are walled off the straight line meets a wall; between any
// two that are not it is free. That is what makes a wall readable.
func TestWallsStandExactlyWhereMessagesAreLost(t *testing.T) {
	for n := 2; n <= 9; n++ {
		for set := range uint64(1) << n {
			st := trace.NewState(n, 0)
			var group consensus.NodeSet
			for i := range n {
				if set>>i&1 == 1 {
					group.Add(consensus.NodeID(i + 1))
				}
			}
			if group.Len() == 0 {
				continue
			}
			st.Groups = []consensus.NodeSet{group}
			l := Arrange(900, 560, n, 0)
			walls := l.Walls(st)
			if (group.Len() == n) != (len(walls) == 0) {
				t.Fatalf("%d nodes, group %b: %d walls", n, set, len(walls))
			}
			for i := range n {
				for j := range i {
					a, b := consensus.NodeID(i+1), consensus.NodeID(j+1)
					met := crosses(walls, l.Nodes[i], l.Nodes[j])
					if !met && st.Walled(a, b) && !tunnels(&l, st, a, b) {
						t.Errorf("%d nodes, group %b: no wall between %v and %v", n, set, a, b)
					}
					if met && !st.Walled(a, b) {
						t.Errorf("%d nodes, group %b: a wall between %v and %v, which reach each other", n, set, a, b)
					}
				}
			}
		}
	}
}

// tunnels reports whether the line between two nodes runs so close to an open link that
// it goes through that link's doors: with many small groups no plane drawing can do
// without.
func tunnels(l *Layout, st *trace.State, a, b consensus.NodeID) bool {
	of := groups(st, len(l.Nodes))
	rs := runs(of)
	return len(rs) > 3 && len(l.doors(of, rs)) > 0
}

func crosses(walls []Wall, p, q Point) bool {
	for _, w := range walls {
		for _, line := range w.Pieces {
			for i := 1; i < len(line); i++ {
				if side(p, q, line[i-1])*side(p, q, line[i]) <= 0 && side(line[i-1], line[i], p)*side(line[i-1], line[i], q) <= 0 {
					return true
				}
			}
		}
	}
	return false
}

func side(a, b, p Point) float64 { return (b.X-a.X)*(p.Y-a.Y) - (b.Y-a.Y)*(p.X-a.X) }

func TestWallsKeepClearOfNodes(t *testing.T) {
	for n := 2; n <= 9; n++ {
		for first := range n {
			for size := 1; size <= n/2; size++ {
				st := trace.NewState(n, 0)
				var group consensus.NodeSet
				for k := range size {
					group.Add(consensus.NodeID((first+k)%n + 1))
				}
				st.Groups = []consensus.NodeSet{group}
				for _, box := range sizes[:4] {
					l := Arrange(box[0], box[1], n, 0)
					for _, w := range l.Walls(st) {
						for _, line := range w.Pieces {
							for _, p := range line {
								for i, q := range l.Nodes {
									if p.to(q) < l.R+wallHalf {
										t.Fatalf("%d nodes in %v, group %v: the wall touches node %d", n, box, group, i+1)
									}
								}
							}
						}
					}
				}
			}
		}
	}
}

func TestShortenKeepsToTheWidth(t *testing.T) {
	for _, s := range []string{"", "x=3", "a long command with words", "键=值键=值键=值"} {
		for _, w := range []float64{0, 5, 20, 60, 1000} {
			got := shorten(s, w, 11, true)
			if got != "" && textWidth(got, 11, true) > w+.01 {
				t.Errorf("shorten(%q, %v) = %q, which is %.0f wide", s, w, got, textWidth(got, 11, true))
			}
			if w == 1000 && got != s {
				t.Errorf("shorten(%q, %v) = %q", s, w, got)
			}
		}
	}
}

func TestShortWritesCommandsInFewLetters(t *testing.T) {
	for _, c := range [][2]string{
		{"set x 3", "x=3"}, {"set greeting hello world", "greeting=hello world"}, {"get x", "x?"},
		{"delete x", "−x"}, {"set", "set"}, {"set x", "set x"}, {"", ""}, {"lock a", "lock a"},
	} {
		if got := Short(c[0]); got != c[1] {
			t.Errorf("Short(%q) = %q, want %q", c[0], got, c[1])
		}
	}
}
