package scene

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What is written twice, in Go and in the page's own languages, must say the same.

func asset(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../static/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCanvasJSHasTheSameInstructions(t *testing.T) {
	js := asset(t, "canvas.js")
	for name, op := range map[string]Op{
		"RESET": OpReset, "STYLE": OpStyle, "TEXT": OpText, "LAYER": OpLayer, "LINE": OpLine, "CURVE": OpCurve,
		"POLY": OpPoly, "CIRCLE": OpCircle, "ARC": OpArc, "RECT": OpRect, "LABEL": OpLabel, "CLIP": OpClip,
		"UNCLIP": OpUnclip, "GROUP": OpGroup, "UNGROUP": OpUngroup,
	} {
		m := regexp.MustCompile(`\b` + name + ` = (\d+)`).FindStringSubmatch(js)
		if m == nil || m[1] != strconv.Itoa(int(op)) {
			t.Errorf("%s is %d here and %q in canvas.js", name, op, m)
		}
	}
	m := regexp.MustCompile(`const WORDS = \[([^\]]*)\]`).FindStringSubmatch(js)
	if m == nil {
		t.Fatal("canvas.js has no table of lengths")
	}
	lengths := strings.Split(m[1], ", ")
	for op, n := range operands {
		want := 1 + n
		if Op(op) == OpLabel {
			want++ // the text
		}
		if op >= int(OpLine) && Op(op) != OpPoly && Op(op) != OpGroup && lengths[op] != strconv.Itoa(want) {
			t.Errorf("instruction %d has %d words here and %s in canvas.js", op, want, lengths[op])
		}
	}
	for _, face := range []string{sansFace, monoFace} {
		if !strings.Contains(js, face) {
			t.Errorf("canvas.js does not have the type face %s", face)
		}
	}
}

func TestStyleSheetHasTheSameColours(t *testing.T) {
	css := asset(t, "base.css")
	blocks := map[bool]string{}
	for dark, selector := range map[bool]string{false: ":root {", true: `:root[data-theme="dark"] {`} {
		_, rest, ok := strings.Cut(css, selector)
		if !ok {
			t.Fatalf("base.css has no %s", selector)
		}
		blocks[dark], _, _ = strings.Cut(rest, "}")
	}
	for dark, block := range blocks {
		for name, c := range map[string]RGBA{
			"ground": onGround(dark).Paper, "surface": onSurface(dark).Paper, "ink": onGround(dark).Text,
			"accent": onGround(dark).Accent, "danger": onGround(dark).Danger,
		} {
			if want := "--" + name + ": #" + strconv.FormatUint(uint64(c>>8|1<<24), 16)[1:] + ";"; !strings.Contains(block, want) {
				t.Errorf("base.css (dark %v) does not say %s", dark, want)
			}
		}
	}
}
