package poster

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parley/consensus/scenario"
)

func parse(t *testing.T, text string) *scenario.Script {
	t.Helper()
	s, err := scenario.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// wellFormed reads a picture as XML and returns how many elements it has of each name.
func wellFormed(t *testing.T, svg []byte) map[string]int {
	t.Helper()
	n := map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return n
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v\n%s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			n[e.Name.Local]++
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" {
					t.Errorf("the picture has an attribute %s", a.Name.Local)
				}
			}
		}
	}
}

const story = `title </title><script>alert(1)</script>
nodes 5
seed 7
at 600ms request c1: set "<script>alert(2)</script>" "]]>&"
at 900ms crash n1
at 950ms mark <script>alert(3)</script>
at 1.2s partition n2 n3 | n1 n4 n5
`

// TestDraw draws moments of a run in each way.
func TestDraw(t *testing.T) {
	script := parse(t, story)
	seen := map[string]Look{}
	for _, look := range []Look{
		{}, {T: "0"}, {T: "0.7s"}, {T: "e40"}, {T: "1.5s"}, {T: "1.5s", Theme: "light"}, {T: "1.5s", Theme: "dark"},
		{T: "1.5s", View: "logs"}, {T: "1.5s", View: "diagram"}, {T: "1.5s", View: "diagram", Theme: "dark"},
	} {
		svg, err := Draw(context.Background(), script, look)
		if err != nil {
			t.Errorf("%+v: %v", look, err)
			continue
		}
		n := wellFormed(t, svg)
		if n["script"] > 0 || n["foreignObject"] > 0 || n["image"] > 0 {
			t.Errorf("%+v: the picture has %v", look, n)
		}
		if look.View == "" && n["circle"] < 5 {
			t.Errorf("%+v: %d circles for five nodes", look, n["circle"])
		}
		if both := strings.Contains(string(svg), "prefers-color-scheme"); both != (look.Theme == "") {
			t.Errorf("%+v: for both themes: %t", look, both)
		}
		if other, ok := seen[string(svg)]; ok {
			t.Errorf("%+v and %+v are one picture", look, other)
		}
		seen[string(svg)] = look
		if again, _ := Draw(context.Background(), script, look); !bytes.Equal(svg, again) {
			t.Errorf("%+v: drawn twice, it is not the same", look)
		}
	}
	mark, _ := Draw(context.Background(), script, Look{T: "m1"})
	if first, _ := Draw(context.Background(), script, Look{}); !bytes.Equal(mark, first) {
		t.Error("of a run with a marker the picture is not that moment")
	}
	wellFormed(t, Plain())
}

// TestRefusals holds what cannot be drawn, and whose fault that is.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		script string
		look   Look
		says   string
		isLook bool
	}{
		{"nodes 3", Look{T: "m1"}, "the run has no markers", true},
		{"nodes 3", Look{T: "yesterday"}, "a moment is written as", true},
		{"nodes 3", Look{T: "2h"}, "a moment is written as", true},
		{"nodes 40", Look{}, "it has 40 nodes, and pictures have room for 16", false},
		{"engine telepathy", Look{}, "telepathy", false},
		{"at 10ms restart n1", Look{T: "1s"}, "", false},
	} {
		_, err := Draw(context.Background(), parse(t, c.script), c.look)
		if c.says == "" {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, ErrLook) != c.isLook {
			t.Errorf("%q %+v: %v, want %q, the look's fault: %t", c.script, c.look, err, c.says, c.isLook)
		}
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Draw(gone, parse(t, "nodes 3"), Look{T: "3600s"}); err == nil || !strings.Contains(err.Error(), "nobody waits") {
		t.Errorf("nobody waits for it: %v", err)
	}
}

// TestBounded asks for the end of the busiest run there is: it is stopped, and drawn as
// it was then.
func TestBounded(t *testing.T) {
	script := parse(t, "nodes 9\nclients 32\nlatency 0s jitter 0s disk 0s pace 100000/s")
	r, err := begin(script)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.run(context.Background(), func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	if n := r.store.Len(); n < EventsMax || n > EventsMax+slice {
		t.Errorf("%d events were run, the bound is %d", n, EventsMax)
	}
	svg, err := Draw(context.Background(), script, Look{T: "3600s"})
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, svg)
}

// TestCache draws the same picture for many at once: it is drawn once, and few at a time.
func TestCache(t *testing.T) {
	c := NewCache()
	var mu sync.Mutex
	drawn, now, most := 0, 0, 0
	c.draw = func(_ context.Context, s *scenario.Script, l Look) ([]byte, error) {
		mu.Lock()
		drawn++
		now++
		most = max(most, now)
		mu.Unlock()
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		return Draw(context.Background(), s, l)
	}
	script := parse(t, "nodes 5")
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if _, err := c.Draw(context.Background(), "run", script, Look{T: strconv.Itoa(i%4) + "00ms"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most > drawnMax || drawn < 4 || drawn > 4*drawnMax {
		t.Errorf("%d pictures were drawn for 4, %d at once", drawn, most)
	}
	for i := range keptMax + 10 {
		if _, err := c.Draw(context.Background(), strconv.Itoa(i), script, Look{T: "0"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.kept) != keptMax || len(c.order) != keptMax {
		t.Errorf("%d pictures are kept, %d known", len(c.kept), len(c.order))
	}
	full := NewCache()
	full.seats <- struct{}{}
	full.seats <- struct{}{}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := full.Draw(gone, "run", script, Look{}); err == nil {
		t.Error("somebody who left was waited for")
	}
}
