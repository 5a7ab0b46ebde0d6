package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func files(names map[string]string) fstest.MapFS {
	fs := fstest.MapFS{}
	for name, content := range names {
		fs[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fs
}

// TestEarlierEngines holds that an engine of an earlier epoch is an asset of its own, under a
// name that its content decides alone, and that scripts are told of all there are.
func TestEarlierEngines(t *testing.T) {
	site := func(with map[string]string) map[string][]byte {
		t.Helper()
		s := source{Assets: map[string][]byte{}, Pages: map[string][]byte{}}
		all := map[string]string{
			"index.html":            "/assets/worker.js",
			"web/static/worker.js":  "const engines = {\n    raft: 1,\n    // engines of earlier epochs\n};\nconst loaders = {\n    // loaders of engines of earlier epochs\n};",
			"web/static/boot.js":    "const bytes = {\n    // bytes of engines of earlier epochs\n};",
			"web/engines/README.md": "",
			"web/engines/raft.wasm": "no epoch",
		}
		for name, content := range with {
			all[name] = content
		}
		if err := s.collect(files(all)); err != nil {
			t.Fatal(err)
		}
		built, err := s.link()
		if err != nil {
			t.Fatal(err)
		}
		return built
	}
	named := func(built map[string][]byte, asset string) (path, content string) {
		for p, b := range built {
			if assetName(p) == asset {
				return p, string(b)
			}
		}
		return "", ""
	}
	none := site(nil)
	if _, worker := named(none, "worker.js"); !strings.Contains(worker, "raft: 1,\n    // engines of earlier epochs\n}") || len(none) != 3 {
		t.Errorf("without any, the worker is\n%s\nof %d files", worker, len(none))
	}
	two := map[string]string{
		"web/engines/raft-1.1.wasm": "old", "web/engines/raft-1.1.js": "Go", "web/engines/synod-2.1.wasm": "older", "web/engines/synod-2.1.js": "Go",
	}
	before := site(two)
	raft, content := named(before, "engine-raft-1.1.wasm")
	synod, _ := named(before, "engine-synod-2.1.wasm")
	if content != "old" || synod == "" {
		t.Fatalf("the engines are %q and %q", raft, synod)
	}
	_, worker := named(before, "worker.js")
	if want := `"raft-1.1": "/` + raft + `", "synod-2.1": "/` + synod + `", // engines of earlier epochs`; !strings.Contains(worker, want) {
		t.Errorf("the worker is\n%s\nwant in it %s", worker, want)
	}
	loader, _ := named(before, "engine-raft-1.1.js")
	if want := `"raft-1.1": "/` + loader + `", "synod-2.1": `; loader == "" || !strings.Contains(worker, want) {
		t.Errorf("the worker is\n%s\nwant in it %s", worker, want)
	}
	if _, boot := named(before, "boot.js"); !strings.Contains(boot, `"raft-1.1": 3 /* bytes of engine-raft-1.1.wasm */, "synod-2.1": 5 /*`) {
		t.Errorf("boot.js is\n%s", boot)
	}
	two["web/engines/raft-2.1.wasm"], two["web/engines/raft-2.1.js"] = "newer", "Go"
	two["web/static/page.css"] = "changed"
	if after, _ := named(site(two), "engine-raft-1.1.wasm"); after != raft {
		t.Errorf("with another release %s became %s", raft, after)
	}
}

// An engine of an earlier epoch without its loader would not start.
func TestEarlierEnginesNeedTheirLoader(t *testing.T) {
	s := source{Assets: map[string][]byte{}, Pages: map[string][]byte{}}
	err := s.collect(files(map[string]string{
		"index.html": "", "web/static/worker.js": "// loaders of engines of earlier epochs", "web/engines/raft-1.1.wasm": "old",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.link(); err == nil || !strings.Contains(err.Error(), "engine-raft-1.1.js is mentioned, but there is no such asset") {
		t.Errorf("without its loader: %v", err)
	}
}

// TestCollect holds what becomes part of the site, and under which name.
func TestCollect(t *testing.T) {
	s := source{Assets: map[string][]byte{}, Pages: map[string][]byte{}}
	err := s.collect(files(map[string]string{
		"index.html":                   "",
		"README.md":                    "",
		"web/static/page.css":          "",
		"web/static/fonts/mono.woff2":  "",
		"web/static/root/robots.txt":   "",
		"web/static/.hidden":           "",
		"web/static/notes.md":          "",
		"web/static/static.go":         "",
		"web/static/boot_test.js":      "",
		"web/static/testdata/a.js":     "",
		"web/scene/painter.js":         "",
		"web/scene/painter_test.js":    "",
		"web/scene/scene.go":           "",
		"web/scene/testdata/x.svg":     "",
		"web/app/.cache/x.js":          "",
		"web/app/app.vugu":             "",
		"server/site/dist/assets/x.js": "",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sortedKeys(s.Assets), []string{"fonts/mono.woff2", "page.css", "painter.js"}; !slices.Equal(got, want) {
		t.Errorf("the assets are %q, want %q", got, want)
	}
	if got, want := sortedKeys(s.Pages), []string{"index.html", "robots.txt"}; !slices.Equal(got, want) {
		t.Errorf("the pages are %q, want %q", got, want)
	}
}

func TestCollectRefuses(t *testing.T) {
	s := source{Assets: map[string][]byte{}, Pages: map[string][]byte{}}
	err := s.collect(files(map[string]string{"index.html": "", "web/a/x.js": "", "web/b/x.js": ""}))
	if err == nil || !strings.Contains(err.Error(), `web/b/x.js: another file is already served as "x.js"`) {
		t.Errorf("two files of one name: %v", err)
	}
	if err := s.collect(files(nil)); err == nil {
		t.Error("no index.html: no error")
	}
}

func link(t *testing.T, assets, pages map[string]string) (map[string]string, error) {
	t.Helper()
	s := source{Assets: map[string][]byte{}, Pages: map[string][]byte{}}
	for name, content := range assets {
		s.Assets[name] = []byte(content)
	}
	for name, content := range pages {
		s.Pages[name] = []byte(content)
	}
	site, err := s.link()
	text := map[string]string{}
	for name, content := range site {
		text[name] = string(content)
	}
	return text, err
}

// hash masks the hashes in names.
var hash = regexp.MustCompile(`\.[0-9a-f]{12}\.`)

// TestLink follows references from the page through scripts to what they load.
func TestLink(t *testing.T) {
	site, err := link(t,
		map[string]string{
			"boot.js":       "load('/assets/ui.wasm', 0 /* bytes of ui.wasm */); import { a } from './parts/a.js'\nimport(\"./parts/a.js\")",
			"parts/a.js":    `import "./b.js"`,
			"parts/b.js":    "1",
			"ui.wasm":       "\x00asm and /assets/none.js is no reference in here",
			"page.css":      "a{background:url(/assets/logo.svg)}",
			"logo.svg":      "<svg/>",
			"unused.svg":    "<svg></svg>",
			"wasm_exec.js":  "2",
			"no-extension":  "3",
			"two.dots.json": "{}",
		},
		map[string]string{
			"index.html": `<link href="/assets/page.css"><script src=/assets/boot.js></script><p>0 /* bytes of page.css */ 0 /* bytes */`,
			"robots.txt": "/assets/none.js",
		})
	if err != nil {
		t.Fatal(err)
	}
	masked := map[string]string{}
	for name, content := range site {
		masked[hash.ReplaceAllString(name, ".#.")] = hash.ReplaceAllString(content, ".#.")
	}
	for name, want := range map[string]string{
		"assets/boot.#.js":       "load('/assets/ui.#.wasm', 48 /* bytes of ui.wasm */); import { a } from '/assets/parts/a.#.js'\nimport(\"/assets/parts/a.#.js\")",
		"assets/parts/a.#.js":    `import "/assets/parts/b.#.js"`,
		"assets/ui.#.wasm":       "\x00asm and /assets/none.js is no reference in here",
		"assets/page.#.css":      "a{background:url(/assets/logo.#.svg)}",
		"assets/two.dots.#.json": "{}",
		"index.html":             `<link href="/assets/page.#.css"><script src=/assets/boot.#.js></script><p>48 /* bytes of page.css */ 0 /* bytes */`,
		"robots.txt":             "/assets/none.js",
	} {
		if masked[name] != want {
			t.Errorf("%s is %q, want %q", name, masked[name], want)
		}
	}
	if len(site) != 12 {
		t.Errorf("the site has %d files, want 12: %q", len(site), sortedKeys(site))
	}
	for name := range site {
		if p, ok := strings.CutPrefix(name, "assets/"); ok && assetName(name) == p {
			t.Errorf("assetName(%q) finds no hash in it", name)
		}
	}
}

// TestNamesFollowContent holds that a name changes with the file, and with whatever
// the file refers to, and with nothing else.
func TestNamesFollowContent(t *testing.T) {
	assets := func(wasm, css string) map[string]string {
		return map[string]string{"boot.js": "/assets/ui.wasm", "ui.wasm": wasm, "page.css": css}
	}
	name := func(assets map[string]string, prefix string) string {
		site, err := link(t, assets, nil)
		if err != nil {
			t.Fatal(err)
		}
		for n := range site {
			if strings.HasPrefix(n, "assets/"+prefix+".") {
				return n
			}
		}
		return ""
	}
	if name(assets("1", "1"), "boot") == name(assets("2", "1"), "boot") {
		t.Error("the name of a script stays when what it loads has changed")
	}
	if name(assets("1", "1"), "boot") != name(assets("1", "2"), "boot") {
		t.Error("the name of a script changes with what it does not load")
	}
}

func TestLinkRefuses(t *testing.T) {
	for _, c := range []struct {
		assets, pages map[string]string
		says          string
	}{
		{nil, map[string]string{"index.html": "\n<script src=/assets/boot.js>"}, "index.html:2: /assets/boot.js is mentioned, but there is no such asset"},
		{map[string]string{"a.js": "import './b.js'"}, nil, "a.js:1: /assets/b.js is mentioned, but"},
		{map[string]string{"a.js": "0 /* bytes of b.wasm */"}, nil, "a.js:1: /assets/b.wasm is mentioned, but"},
		{map[string]string{"a.js": "/assets/b.js", "b.js": "/assets/a.js"}, nil, "in a circle: a.js -> b.js -> a.js"},
		{map[string]string{"a.js": "/assets/a.js"}, nil, "in a circle: a.js -> a.js"},
		{nil, map[string]string{"assets/a.js": ""}, "is for hashed names"},
	} {
		if _, err := link(t, c.assets, c.pages); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v %v: %v, want %q", c.assets, c.pages, err, c.says)
		}
	}
}

// TestInstall holds that the folder has what was built and nothing else, and that a
// file that did not change is not written.
func TestInstall(t *testing.T) {
	out := t.TempDir()
	keep := filepath.Join(out, "README.md")
	stale := filepath.Join(out, "assets", "old.js")
	for _, file := range []string{keep, stale} {
		if err := writeFile(file, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	site := []built{{Path: "index.html", Content: []byte("page"), Brotli: []byte("br")}, {Path: "assets/a.js", Content: []byte("a")}}
	if err := install(out, site); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(filepath.Join(out, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Error("what an earlier build left is still there")
	}
	if _, err := os.Stat(keep); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(filepath.Join(out, "index.html.br")); err != nil || string(b) != "br" {
		t.Errorf("index.html.br: %q, %v", b, err)
	}
	if err := install(out, site); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(filepath.Join(out, "index.html")); err != nil || !os.SameFile(before, after) {
		t.Errorf("a file that did not change was written again (%v)", err)
	}
}

func TestSqueeze(t *testing.T) {
	got := string(squeeze([]byte("// A comment.\n\"use strict\";\n(() => {\n    const a = 1,\n        b = `\n    x{y:z}\n    `;\n\n    // Another.\n    f(a)\n        .g(\n            b);\n})();\n")))
	if want := "\"use strict\";(() => {const a = 1,b = `\nx{y:z}`;f(a)\n.g(b);})();\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// loaderMax is the largest size of the loader of figures, in bytes and not compressed:
// an article waits for it.
const loaderMax = 5000

func TestLoaderIsSmall(t *testing.T) {
	script, err := os.ReadFile("../../web/static/root/embed.js")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(squeeze(script)); n > loaderMax {
		t.Errorf("/embed.js has %d bytes, at most %d are allowed", n, loaderMax)
	}
}
