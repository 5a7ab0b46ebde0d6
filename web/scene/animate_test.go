package scene_test

import (
	"cmp"
	"encoding/xml"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/web/scene"
	"parley/web/view"
)

// element is an element of a picture.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (e *element) get(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func numbers(t *testing.T, s string) (v []float64) {
	t.Helper()
	for _, part := range strings.Split(s, ";") {
		f, err := strconv.ParseFloat(part, 64)
		if err != nil {
			t.Fatalf("%q is no list of numbers", s)
		}
		v = append(v, f)
	}
	return v
}

// at returns the value of an animation at a part of its time, as SMIL says.
func at(t *testing.T, e *element, name string, u float64) float64 {
	times, values := numbers(t, e.get("keyTimes")), numbers(t, e.get(name))
	if len(times) != len(values) || times[0] != 0 || times[len(times)-1] != 1 || !slices.IsSorted(times) {
		t.Fatalf("%s does not fit %s", e.get(name), e.get("keyTimes"))
	}
	k := len(times) - 1
	for k > 0 && times[k] > u {
		k--
	}
	if k == len(times)-1 {
		return values[k]
	}
	return values[k] + (values[k+1]-values[k])*(u-times[k])/(times[k+1]-times[k])
}

// seen returns whether an element can be seen at a part of the time.
func seen(t *testing.T, e *element, u float64) bool {
	for i := range e.Children {
		c := &e.Children[i]
		if c.XMLName.Local != "animate" || c.get("attributeName") != "visibility" {
			continue
		}
		times, values := numbers(t, c.get("keyTimes")), strings.Split(c.get("values"), ";")
		if len(times) != len(values) || times[0] != 0 || !slices.IsSorted(times) || c.get("calcMode") != "discrete" {
			t.Fatalf("the visibility %s does not fit %s", c.get("values"), c.get("keyTimes"))
		}
		k := len(times) - 1
		for times[k] > u {
			k--
		}
		return values[k] == "visible"
	}
	return true
}

// What moves in a moving picture is where the ring draws it, at every moment: as many
// messages at the same places of their ways, and the same words at the nodes.
func TestMovingPictureIsTheRingAtEveryMoment(t *testing.T) {
	const w, h = 640, 480
	for _, c := range []struct {
		script      string
		from, until consensus.Time
	}{
		{troubled, 650, 950}, {troubled, 1150, 1400}, {troubled, 0, 300},
		{strings.Replace(troubled, "engine raft", "engine multipaxos", 1), 690, 1000},
		{"engine synod\nnodes 3\nclients 2\npace 40/s\nloss 10%\ncopies 10%", 0, 220},
	} {
		from, until := c.from*consensus.Millisecond, c.until*consensus.Millisecond
		store := real(t, c.script, until)
		s := view.Scene{Store: store}
		b, err := scene.RingMoving(s, w, h, scene.English, scene.Moving{
			Picture: scene.Picture{Title: "a <b> & \"c\"", Says: "d", Scheme: scene.Light}, From: from, Until: until,
		})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "<script") || len(b) > 3<<20 {
			t.Errorf("%d bytes; a script: %v", len(b), strings.Contains(string(b), "<script"))
		}
		var picture element
		if err := xml.Unmarshal(b, &picture); err != nil {
			t.Fatal(err)
		}
		var live *element
		for i := range picture.Children {
			if picture.Children[i].get("class") == "live" {
				live = &picture.Children[i]
			}
		}
		ring := &scene.Ring{Words: scene.English}
		messages := 0
		for step := 1; step < 100; step++ {
			moment := from + (until-from)*consensus.Time(step)/100 + 137
			u := float64(moment-from) / float64(until-from)
			st := store.State(store.Before(moment))
			layout := ring.Layout(w, h, st)
			var want []onItsWay
			for i := range st.Messages {
				f := &st.Messages[i]
				lane, _ := layout.Lane(f.From, f.To)
				want = append(want, onItsWay{math.Round(lane.A.X), math.Round(lane.A.Y), view.Place(f, moment)})
			}
			var got []onItsWay
			var words []string
			for i := range live.Children {
				g := &live.Children[i]
				if !seen(t, g, u) {
					continue
				}
				for k := range g.Children {
					switch e := &g.Children[k]; e.XMLName.Local {
					case "animateMotion":
						start, _, _ := strings.Cut(e.get("path"), "Q")
						x, y, _ := strings.Cut(start[1:], " ")
						got = append(got, onItsWay{math.Round(number(t, x)), math.Round(number(t, y)), at(t, e, "keyPoints", u)})
					case "text":
						words = append(words, e.Text)
					}
				}
			}
			slices.SortFunc(got, onItsWay.compare)
			slices.SortFunc(want, onItsWay.compare)
			if !slices.EqualFunc(got, want, onItsWay.near) {
				t.Fatalf("at %v the messages are\n%v, want\n%v", moment, got, want)
			}
			messages += len(want)
			if say := said(t, ring, store, moment, w, h); !slices.Equal(sorted(words), say) {
				t.Fatalf("at %v the nodes say\n%q, want\n%q", moment, words, say)
			}
		}
		if messages < 20 {
			t.Errorf("only %d messages were compared", messages)
		}
	}
}

func number(t *testing.T, s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

// onItsWay is a message: where its way begins, and how far it has come.
type onItsWay struct{ x, y, place float64 }

func (a onItsWay) compare(b onItsWay) int {
	return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y), cmp.Compare(a.place, b.place))
}

func (a onItsWay) near(b onItsWay) bool {
	return a.x == b.x && a.y == b.y && math.Abs(a.place-b.place) < .01
}

// said returns what is written at the nodes and clients at a moment.
func said(t *testing.T, ring *scene.Ring, store *view.Store, moment consensus.Time, w, h float64) (words []string) {
	s := view.Scene{Store: store, Cursor: store.Moment(moment), Frontier: moment, Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1}}
	var l scene.List
	l.Begin()
	ring.Draw(&l, w, h, &s)
	var r scene.Reader
	shapes, ok := r.Read(l.Bytes())
	if !ok {
		t.Fatal("no list")
	}
	inside := false
	for _, shape := range shapes {
		switch shape.Op {
		case scene.OpGroup:
			inside = true
		case scene.OpUngroup:
			inside = false
		case scene.OpLabel:
			if inside {
				words = append(words, shape.Text)
			}
		}
	}
	return sorted(words)
}

func TestMovingPicturesAreBounded(t *testing.T) {
	store := real(t, "engine raft\nnodes 9\nclients 2\npace 100/s", 3*consensus.Second)
	s := view.Scene{Store: store}
	for _, c := range []struct {
		m    scene.Moving
		want string
	}{
		{scene.Moving{From: 5, Until: 5}, "that ends after it begins"},
		{scene.Moving{From: -5, Until: 5}, "that ends after it begins"},
		{scene.Moving{Until: 5, Lasts: 4000 * consensus.Second}, "lasts at most 600 s"},
		{scene.Moving{Until: 3 * consensus.Second}, "choose a shorter one"},
	} {
		b, err := scene.RingMoving(s, 640, 480, scene.English, c.m)
		if err == nil || !strings.Contains(err.Error(), c.want) || b != nil {
			t.Errorf("%+v: %v, want %s", c.m, err, c.want)
		}
	}
	if _, err := scene.RingMoving(view.Scene{Store: new(view.Store)}, 640, 480, scene.English, scene.Moving{Until: 5}); err == nil {
		t.Error("a picture of no run")
	}
	b, err := scene.RingMoving(s, 640, 480, scene.English, scene.Moving{From: 2 * consensus.Second, Until: 2050 * consensus.Millisecond})
	if err != nil || !strings.Contains(string(b), "prefers-color-scheme") || !strings.Contains(string(b), "prefers-reduced-motion") {
		t.Errorf("neither for both schemes nor for less motion: %v", err)
	}
	if err := xml.Unmarshal(b, new(element)); err != nil {
		t.Error(err)
	}
}

// A standalone picture is well-formed, has its ground, and is the same as in the page.
func TestStandalonePictures(t *testing.T) {
	store := real(t, troubled, 1250*consensus.Millisecond)
	moment := 1230 * consensus.Millisecond
	s := view.Scene{Store: store, Cursor: store.Moment(moment), Frontier: moment, Left: moment - 100*consensus.Millisecond, Span: 130 * consensus.Millisecond,
		Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1}}
	for name, draw := range map[string]func(view.Scene, float64, float64, scene.Words, scene.Picture) []byte{
		"ring": scene.RingSVG, "logs": scene.LogsSVG, "diagram": scene.DiagramSVG,
	} {
		for _, scheme := range []scene.Scheme{scene.Both, scene.Light, scene.Dark} {
			b := draw(s, 800, 400, scene.English, scene.Picture{Title: "x < y", Says: "z & z", Scheme: scheme})
			var picture element
			if err := xml.Unmarshal(b, &picture); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if picture.get("viewBox") != "0 0 800 400" || picture.Children[0].Text != "x < y" || picture.Children[1].Text != "z & z" {
				t.Errorf("%s: %v, %v", name, picture.Attrs, picture.Children[:2])
			}
			ids := map[string]bool{}
			grounds := 0
			var walk func(e *element)
			walk = func(e *element) {
				if id := e.get("id"); id != "" {
					if ids[id] {
						t.Errorf("%s: the id %q is there twice", name, id)
					}
					ids[id] = true
				}
				if e.XMLName.Local == "rect" && e.get("width") == "800" && e.get("height") == "400" {
					grounds++
				}
				for i := range e.Children {
					walk(&e.Children[i])
				}
			}
			walk(&picture)
			if want := map[scene.Scheme]int{scene.Both: 2, scene.Light: 1, scene.Dark: 1}[scheme]; grounds != want {
				t.Errorf("%s: %d grounds, want %d", name, grounds, want)
			}
		}
	}
}
