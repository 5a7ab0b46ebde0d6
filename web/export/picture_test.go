package export_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"parley/consensus"
	"parley/web/export"
	"parley/web/scene"
	"parley/web/view"
)

// wellFormed returns the first texts of a picture.
func wellFormed(t *testing.T, b []byte) (texts []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(b)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch v := token.(type) {
		case xml.StartElement:
			for _, a := range v.Attr {
				if n := a.Name.Local; n == "href" || strings.HasPrefix(n, "on") {
					t.Errorf("an attribute %s", n)
				}
			}
			if n := v.Name.Local; n == "script" || n == "image" || n == "foreignObject" || n == "a" {
				t.Errorf("an element %s", n)
			}
		case xml.CharData:
			texts = append(texts, string(v))
		}
	}
}

// Pictures say what they are, and nothing in them asks for anything from elsewhere,
// whatever commands the clients have.
func TestPicturesStandAlone(t *testing.T) {
	for _, engine := range []string{"raft", "synod", "multipaxos"} {
		store, _, _, _ := run(t, "engine "+engine+"\nnodes 5\nclients 1\nat 5ms request c1: set <script>alert(1)</script> \"]]>&\"\nat 400ms crash n2\n", 600*ms)
		for _, moment := range []consensus.Time{0, 30, 300, 450, 600} {
			at := store.Moment(moment * ms)
			s := view.Scene{Store: store, Cursor: at, Frontier: at.T, Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1}}
			pictures := map[string][]byte{
				"ring": export.Ring(s, export.Size{640, 480}, scene.English, scene.Both), "logs": export.Logs(s, export.Size{W: 640}, scene.English, scene.Dark),
				"diagram": export.Diagram(s, export.Range{Until: at.T}, export.Size{1, 1e9}, scene.English, scene.Light),
			}
			if at.T > 0 {
				b, err := export.Moving(s, export.Range{From: max(0, at.T-100*ms), Until: at.T}, export.Size{640, 480}, scene.English, scene.Both)
				if err != nil {
					t.Errorf("%s at %v: %v", engine, at.T, err)
				}
				pictures["moving"] = b
			}
			for name, b := range pictures {
				if texts := wellFormed(t, b); len(texts) == 0 || !strings.HasPrefix(texts[0], store.Protocol.Title+", ") {
					t.Errorf("%s of %s: %.50q", name, engine, texts)
				}
			}
		}
	}
}
