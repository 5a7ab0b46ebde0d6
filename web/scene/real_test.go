package scene_test

import (
	"math"
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/web/scene"
	"parley/web/scene/internal/sample"
	"parley/web/view"
)

// troubled is a run with everything in it that painters draw.
const troubled = `
engine raft
nodes 5
clients 2
seed 11
loss 4% copies 2% reorder 3% disk 1ms pace 40/s
at 700ms crash n1
at 900ms cut n2 > n3
at 1s request c1: set x 3
at 1.2s partition n1 n4 | n2 n3 n5
at 1.6s restart n1
at 1.9s heal all
at 2s crash n2
at 2s crash n3
at 2.4s restart n3
at 2.6s latency 40ms
at 2.9s timeout n5
`

// real returns a run of real Raft nodes, as a page has it.
func real(t testing.TB, script string, length consensus.Time) *view.Store {
	t.Helper()
	s, err := scenario.ParseFor(script, registry.Known())
	if err != nil {
		t.Fatal(err)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(s.Actions); err != nil {
		t.Fatal(err)
	}
	store := new(view.Store)
	store.Open(w.Protocol(), s.Setup)
	texts := 0
	for done := false; !done; {
		done = w.RunUntil(length, 4096) || w.Full()
		first, events := w.Drain()
		var b []byte
		for i := range events {
			b = events[i].Append(b)
		}
		var fresh []string
		from := texts
		for ; texts < w.Texts(); texts++ {
			fresh = append(fresh, w.Text(uint32(texts)))
		}
		if err := store.Add(uint32(first), b, uint32(from), fresh); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// Whatever real nodes do, it can be drawn at every moment: no number that is none, and
// the elements of the nodes say what the state says.
func TestRealRunsCanBeDrawnAtEveryMoment(t *testing.T) {
	store := real(t, troubled, 3500*consensus.Millisecond)
	ring := &scene.Ring{Words: scene.English}
	painters := []interface {
		Draw(*scene.List, float64, float64, *view.Scene)
	}{ring, &scene.Logs{Words: scene.English}, &scene.Diagram{Words: scene.English, Index: new(scene.Index)}, &scene.Timeline{Words: scene.English}}
	lists := make([]scene.List, len(painters))
	readers := make([]scene.Reader, len(painters))
	roles := map[string]bool{}
	for at := consensus.Time(0); at <= 3500*consensus.Millisecond; at += 7 * consensus.Millisecond {
		s := view.Scene{
			Store: store, Cursor: store.Moment(at), Frontier: at, Left: at - 100*consensus.Millisecond, Span: 130 * consensus.Millisecond,
			Selected: view.Pick{Message: uint32(at / consensus.Millisecond), T: -1}, Hover: view.Pick{Node: 2, T: -1},
		}
		for i, p := range painters {
			lists[i].Begin()
			p.Draw(&lists[i], 900, 420, &s)
			shapes, ok := readers[i].Read(lists[i].Bytes())
			if !ok || len(shapes) == 0 {
				t.Fatalf("at %v painter %d draws no list", at, i)
			}
			for _, shape := range shapes {
				for _, v := range shape.N {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Fatalf("at %v painter %d draws %+v", at, i, shape)
					}
				}
				for k := 0; k+1 < len(shape.Attributes); k += 2 {
					if shape.Attributes[k] == "data-role" {
						roles[shape.Attributes[k+1]] = true
					}
				}
			}
		}
		st := store.State(s.Cursor.Events)
		for i := range st.Messages {
			f := &st.Messages[i]
			lane, ok := ring.Layout(900, 420, st).Lane(f.From, f.To)
			if !ok {
				t.Fatalf("at %v message %d from %v to %v has no lane", at, f.ID, f.From, f.To)
			}
			if p := view.Place(f, at); p < 0 || p > 1 || math.IsNaN(lane.A.X) {
				t.Fatalf("at %v message %d is at %v of its way", at, f.ID, p)
			}
		}
	}
	for _, role := range []string{"follower", "candidate", "leader", "down"} {
		if !roles[role] {
			t.Errorf("no node was ever drawn as %s", role)
		}
	}
}

// A label of a message covers no node and no message, however small the ring is; and in a
// ring with room most messages have theirs.
func TestLabelsOfMessagesCoverNothing(t *testing.T) {
	store := real(t, troubled, 1500*consensus.Millisecond)
	for _, size := range [][2]float64{{980, 420}, {470, 290}, {390, 320}} {
		labels, messages := 0, 0
		for at := consensus.Time(0); at <= 1500*consensus.Millisecond; at += consensus.Millisecond {
			drawn, layout, places := ringAt(store, at, size)
			messages += len(places)
			for _, shape := range drawn {
				if shape.Op != scene.OpLabel || !shape.Style.Mono || shape.Style.Size != 10 || shape.Style.Align != scene.Middle {
					continue
				}
				labels++
				covers := func(r float64) func(scene.Point) bool {
					return func(p scene.Point) bool { return fromLetters(shape, p) < r }
				}
				if slices.ContainsFunc(layout.Nodes, covers(layout.R)) || slices.ContainsFunc(places, covers(4)) {
					t.Fatalf("at %v and %v the label %q lies over a node or a message", size, at, shape.Text)
				}
			}
		}
		if size[0] > 900 && labels*2 < messages {
			t.Errorf("only %d of %d messages have a label at %v", labels, messages, size)
		}
	}
}

// ringAt draws the ring at a moment; places are those of the messages in flight.
func ringAt(store *view.Store, at consensus.Time, size [2]float64) (drawn []scene.Shape, layout *scene.Layout, places []scene.Point) {
	s := view.Scene{Store: store, Cursor: store.Moment(at), Frontier: at, Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1}}
	ring := &scene.Ring{Words: scene.English}
	var list scene.List
	list.Begin()
	ring.Draw(&list, size[0], size[1], &s)
	var reader scene.Reader
	drawn, _ = reader.Read(list.Bytes())
	st := store.State(s.Cursor.Events)
	layout = ring.Layout(size[0], size[1], st)
	for i := range st.Messages {
		f := &st.Messages[i]
		if l, ok := layout.Lane(f.From, f.To); ok {
			places = append(places, scene.LaneAt(l, view.Place(f, at)))
		}
	}
	return drawn, layout, places
}

// fromLetters returns how far a point is from the letters of a label that is centred.
func fromLetters(label scene.Shape, p scene.Point) float64 {
	half := 3 * float64(len(label.Text))
	return math.Hypot(max(math.Abs(p.X-label.N[0])-half, 0), max(math.Abs(p.Y-label.N[1]+3.5)-4, 0))
}

// A message only ever moves on, from event to event and from moment to moment.
func TestPlaceOfAMessageNeverGoesBack(t *testing.T) {
	store := real(t, troubled, 1500*consensus.Millisecond)
	last := map[uint32]float64{}
	flights := 0
	for at := 200 * consensus.Millisecond; at < 1500*consensus.Millisecond; at += 500 * consensus.Microsecond {
		st := store.State(store.Before(at))
		for i := range st.Messages {
			f := &st.Messages[i]
			p := view.Place(f, at)
			if before, known := last[f.ID]; known && p < before {
				t.Fatalf("message %d goes back from %v to %v", f.ID, before, p)
			} else if !known {
				flights++
			}
			last[f.ID] = p
		}
	}
	if flights < 100 {
		t.Errorf("only %d messages were in flight", flights)
	}
}

func benchmark(b *testing.B, p interface {
	Draw(*scene.List, float64, float64, *view.Scene)
}, s view.Scene) {
	var l scene.List
	b.ReportAllocs()
	for b.Loop() {
		l.Begin()
		p.Draw(&l, 1200, 640, &s)
	}
	b.ReportMetric(float64(len(l.Bytes())), "list-bytes")
}

// The aims of a frame: a ring of 9 nodes with 500 messages, a diagram of 5,000 events.
func BenchmarkRing(b *testing.B) {
	store, at := sample.Busy(9, 500)
	benchmark(b, &scene.Ring{Words: scene.English}, view.Scene{Store: store, Cursor: store.Moment(at), Frontier: at})
	b.ReportMetric(float64(len(store.State(store.Before(at)).Messages)), "messages")
}

func BenchmarkDiagram(b *testing.B) {
	store := real(b, "engine raft\nnodes 9\nclients 2\npace 100/s", 4*consensus.Second)
	end := store.End()
	left := store.Event(max(0, store.Len()-5000)).T
	benchmark(b, &scene.Diagram{Words: scene.English, Index: new(scene.Index)},
		view.Scene{Store: store, Cursor: store.Moment(end), Frontier: end, Left: left, Span: end - left})
	b.ReportMetric(float64(store.Len()-store.Before(left)), "events")
}
