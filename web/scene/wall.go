package scene

import (
	"math"

	"parley/consensus"
	"parley/consensus/trace"
)

// A partition is drawn as walls. Going round the ring, neighbours of the same group
// form a run. The largest group keeps the middle of the ring; each run of any other
// is walled off by a curve that passes between it and the middle. Where runs of one
// group are apart, their walls have doors on the straight lines between them, so that
// every open link is seen to be open and every wall to be a wall.

// run is neighbours on the ring that are of one group.
type run struct {
	group       int
	first, size int // node indexes, wrapping round
}

// Wall is one wall: the points of its middle line, in pieces between its doors.
type Wall struct{ Pieces [][]Point }

// wallHalf is half the thickness of a wall, doorHalf half the width of a door.
const (
	wallHalf = 4.
	doorHalf = 13.
)

// groups returns the group of each node: the partition's, and one more for whoever is
// in none.
func groups(st *trace.State, n int) []int {
	of := make([]int, n)
	for i := range of {
		of[i] = len(st.Groups)
		for g := range st.Groups {
			if st.Groups[g].Has(consensus.NodeID(i + 1)) {
				of[i] = g
				break
			}
		}
	}
	return of
}

// runs returns the runs of a ring, clockwise; nil when all are of one group.
func runs(of []int) []run {
	n := len(of)
	start := -1
	for i := range n {
		if of[i] != of[(i+n-1)%n] {
			start = i
			break
		}
	}
	if start < 0 {
		return nil
	}
	var rs []run
	for k := range n {
		i := (start + k) % n
		if k > 0 && of[i] == rs[len(rs)-1].group {
			rs[len(rs)-1].size++
			continue
		}
		rs = append(rs, run{of[i], i, 1})
	}
	return rs
}

// middleGroup returns the group that keeps the middle: the one with most nodes, of
// those the one that comes first round the ring.
func middleGroup(of []int, rs []run) int {
	best, most := rs[0].group, 0
	for _, r := range rs {
		count := 0
		for _, g := range of {
			if g == r.group {
				count++
			}
		}
		if count > most {
			best, most = r.group, count
		}
	}
	return best
}

// Walls returns the walls of the partition.
func (l *Layout) Walls(st *trace.State) []Wall {
	if len(st.Groups) == 0 || len(l.Nodes) < 2 {
		return nil
	}
	of := groups(st, len(l.Nodes))
	rs := runs(of)
	if rs == nil {
		return nil
	}
	middle := middleGroup(of, rs)
	doors := l.doors(of, rs)
	var walls []Wall
	for _, r := range rs {
		if r.group != middle {
			walls = append(walls, Wall{pierce(l.wall(r), doors)})
		}
	}
	return walls
}

// wall returns the middle line of the wall round a run.
func (l *Layout) wall(r run) []Point {
	n := float64(len(l.Nodes))
	step := 2 * math.Pi / n
	from := l.angle(r.first, len(l.Nodes)) - step/2
	to := from + step*float64(r.size)
	reach := 1 + (l.R+pickGap)/min(l.RX, l.RY)
	a, b := l.spot(from, reach), l.spot(to, reach)
	// How far from the centre the wall passes, as a share of the radius: half-way
	// between the run's own outermost nodes and its neighbours, clear of its discs.
	least := min(l.RX, l.RY)
	half := (to - from) / 2
	own, neighbours := math.Cos(half-step/2), math.Cos(half+step/2)
	depth := min((own+neighbours)/2, own-(1.1*l.R+20)/least)
	depth = max(depth, neighbours+(wallHalf+1)/least)
	top := l.spot((from+to)/2, depth)
	bend := top.times(2).sub(mix(a, b, .5)) // the control point of a parabola through top
	curve := Lane{a, bend, b}
	steps := int(a.to(b)/4) + 24
	line := make([]Point, 0, steps+1)
	for i := range steps + 1 {
		line = append(line, curve.at(float64(i)/float64(steps)))
	}
	return line
}

// doors returns the straight lines between nodes of one group whose runs are apart.
func (l *Layout) doors(of []int, rs []run) [][2]Point {
	in := make([]int, len(of))
	for k, r := range rs {
		for i := range r.size {
			in[(r.first+i)%len(of)] = k
		}
	}
	var lines [][2]Point
	for i := range of {
		for j := i + 1; j < len(of); j++ {
			if of[i] == of[j] && in[i] != in[j] {
				lines = append(lines, [2]Point{l.Nodes[i], l.Nodes[j]})
			}
		}
	}
	return lines
}

// pierce cuts a line into the pieces that are clear of all doors.
func pierce(line []Point, doors [][2]Point) (pieces [][]Point) {
	var piece []Point
	end := func() {
		if len(piece) > 1 {
			pieces = append(pieces, piece)
		}
		piece = nil
	}
	for i := range line {
		open := false
		for _, d := range doors {
			open = open || distance(line[i], d[0], d[1]) < doorHalf
		}
		if open {
			end()
			continue
		}
		piece = append(piece, line[i])
	}
	end()
	return pieces
}

// walls draws the partition: two edges with hatching between, as a wall is in a plan.
func (d *ring) walls() {
	edge := d.Ink(Style{Stroke: d.Danger, Width: 1.5, Round: true})
	fill := d.Ink(Style{Fill: d.Danger.with(.13)})
	hatch := d.Ink(Style{Stroke: d.Danger.with(.55), Width: 1})
	for _, w := range d.Walls(d.state) {
		for _, line := range w.Pieces {
			left, right := sides(line, wallHalf)
			area := append([]Point(nil), left...)
			for i := len(right) - 1; i >= 0; i-- {
				area = append(area, right[i])
			}
			d.Poly(fill, true, area...)
			d.strokes(hatch, line)
			d.Poly(edge, true, area...)
		}
	}
}

// sides returns the two lines at a distance from a line.
func sides(line []Point, by float64) (left, right []Point) {
	for i, p := range line {
		n := line[min(i+1, len(line)-1)].sub(line[max(i-1, 0)]).unit().right().times(by)
		left, right = append(left, p.sub(n)), append(right, p.add(n))
	}
	return left, right
}

// strokes hatches a wall at an even distance.
func (d *ring) strokes(s Ink, line []Point) {
	const every = 8.
	next := every / 2
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		long := a.to(b)
		along := b.sub(a).unit()
		n := along.right().times(wallHalf)
		for ; next < long; next += every {
			p := a.add(along.times(next))
			q := along.times(wallHalf * .9)
			d.Line(s, p.X-n.X-q.X, p.Y-n.Y-q.Y, p.X+n.X+q.X, p.Y+n.Y+q.Y)
		}
		next -= long
	}
}
