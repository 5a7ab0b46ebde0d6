package site

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	wasm = "/assets/engine.0123456789ab.wasm"
	css  = "/assets/page.0123456789ab.css"
)

func testFiles() fstest.MapFS {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"README.md":       file("not of the site"),
		"index.html":      file("<!doctype html>index"),
		"index.html.br":   file("index in br"),
		"index.html.gz":   file("index in gzip"),
		wasm[1:]:          file("\x00asm as it is"),
		wasm[1:] + ".br":  file("wasm in br"),
		wasm[1:] + ".gz":  file("wasm in gzip"),
		css[1:]:           file("body{}"),
		"robots.txt":      file("User-agent: *"),
		"assets/a.b.data": file("x"),
	}
}

func newSite(t *testing.T) http.Handler {
	t.Helper()
	s, err := New(testFiles())
	if err != nil {
		t.Fatal(err)
	}
	return Secure(s)
}

func ask(h http.Handler, method, path string, headers ...string) (*http.Response, string) {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Result(), string(body)
}

// TestServe asks for each file in each way and looks at everything that a browser goes by.
func TestServe(t *testing.T) {
	const forever, anew = "public, max-age=31536000, immutable", "no-cache"
	h := newSite(t)
	for _, c := range []struct {
		path, accept                  string
		body, encoding, mime, caching string
	}{
		{"/", "", "<!doctype html>index", "", "text/html; charset=utf-8", anew},
		{"/", "br", "index in br", "br", "text/html; charset=utf-8", anew},
		{"/index.html", "gzip", "index in gzip", "gzip", "text/html; charset=utf-8", anew},
		{"/?utm=1", "gzip", "index in gzip", "gzip", "text/html; charset=utf-8", anew},
		{wasm, "", "\x00asm as it is", "", "application/wasm", forever},
		{wasm, "gzip", "wasm in gzip", "gzip", "application/wasm", forever},
		{wasm, "gzip, br", "wasm in br", "br", "application/wasm", forever},
		{css, "gzip, br", "body{}", "", "text/css; charset=utf-8", forever},
		{"/robots.txt", "br", "User-agent: *", "", "text/plain; charset=utf-8", anew},
		{"/assets/a.b.data", "br", "x", "", "application/octet-stream", forever},
	} {
		r, body := ask(h, "GET", c.path, "Accept-Encoding", c.accept)
		if r.StatusCode != 200 || body != c.body {
			t.Errorf("GET %s (%s): %d %q, want %q", c.path, c.accept, r.StatusCode, body, c.body)
		}
		for header, want := range map[string]string{
			"Content-Encoding": c.encoding, "Content-Type": c.mime, "Cache-Control": c.caching, "Vary": "Accept-Encoding",
			"Content-Length": strconv.Itoa(len(c.body)),
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("GET %s (%s): %s is %q, want %q", c.path, c.accept, header, got, want)
			}
		}
		head, body := ask(h, "HEAD", c.path, "Accept-Encoding", c.accept)
		if head.StatusCode != 200 || body != "" {
			t.Errorf("HEAD %s (%s): %d %q, want no body", c.path, c.accept, head.StatusCode, body)
		}
		for name := range r.Header {
			if head.Header.Get(name) != r.Header.Get(name) {
				t.Errorf("HEAD %s (%s): %s is %q, with GET %q", c.path, c.accept, name, head.Header.Get(name), r.Header.Get(name))
			}
		}
	}
}

// TestTags holds that each form of a file has its own entity tag, and that a browser
// that has it already is told so.
func TestTags(t *testing.T) {
	h := newSite(t)
	tags := map[string]string{}
	for _, encoding := range []string{"br", "gzip", "identity"} {
		r, _ := ask(h, "GET", "/", "Accept-Encoding", encoding)
		tag := r.Header.Get("ETag")
		if other, twice := tags[tag]; twice || !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) {
			t.Errorf("the tag with %s is %s, with %s too", encoding, tag, other)
		}
		tags[tag] = encoding
	}
	r, _ := ask(h, "GET", "/", "Accept-Encoding", "br")
	tag := r.Header.Get("ETag")
	for _, known := range []string{tag, "W/" + tag, `"x", ` + tag, `"x",` + tag + `, "y"`, "*"} {
		r, body := ask(h, "GET", "/", "Accept-Encoding", "br", "If-None-Match", known)
		if r.StatusCode != 304 || body != "" || r.Header.Get("ETag") != tag || r.Header.Get("Cache-Control") == "" || r.Header.Get("Vary") == "" {
			t.Errorf("If-None-Match: %s: %d %q %v, want 304 with the same headers", known, r.StatusCode, body, r.Header)
		}
	}
	for _, known := range []string{`"x"`, strings.Trim(tag, `"`), ""} {
		if r, _ := ask(h, "GET", "/", "Accept-Encoding", "br", "If-None-Match", known); r.StatusCode != 200 {
			t.Errorf("If-None-Match: %s: %d, want 200", known, r.StatusCode)
		}
	}
	if r, _ := ask(h, "GET", "/", "Accept-Encoding", "gzip", "If-None-Match", tag); r.StatusCode != 200 {
		t.Errorf("the tag of the br form was taken for the gzip form's: %d", r.StatusCode)
	}
}

// TestRefusals holds that what cannot be answered is refused with a sentence, a kind of
// page that nobody keeps, and all the headers that protect.
func TestRefusals(t *testing.T) {
	h := newSite(t)
	for _, c := range []struct {
		method, path, accept string
		status               int
		says                 string
	}{
		{"GET", "/nothing", "", 404, "There is no page at this address."},
		{"GET", "/README.md", "", 404, "no page"},
		{"GET", "/assets/", "", 404, "no page"},
		{"GET", "/assets", "", 404, "no page"},
		{"GET", wasm + ".br", "", 404, "no page"},
		{"GET", "/assets/engine.wasm", "", 404, "no page"},
		{"GET", "/%3Cscript%3E", "", 404, "no page"},
		{"GET", "/../index.html", "", 404, "no page"},
		{"HEAD", "/nothing", "", 404, ""},
		{"POST", "/", "", 405, "can be read"},
		{"DELETE", css, "", 405, "can be read"},
		{"OPTIONS", "/nothing", "", 405, "can be read"},
		{"GET", css, "identity;q=0", 406, "accepts none"},
	} {
		r, body := ask(h, c.method, c.path, "Accept-Encoding", c.accept)
		if r.StatusCode != c.status || !strings.Contains(body, c.says) || c.says == "" && body != "" {
			t.Errorf("%s %s: %d %q, want %d and %q", c.method, c.path, r.StatusCode, body, c.status, c.says)
		}
		if strings.Contains(body, "<script") {
			t.Errorf("%s %s: the page repeats what was asked for", c.method, c.path)
		}
		if got := r.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s %s: Cache-Control is %q", c.method, c.path, got)
		}
		if got := r.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
			t.Errorf("%s %s: Content-Type is %q", c.method, c.path, got)
		}
		if got := r.Header.Get("Allow"); (got == "GET, HEAD") != (c.status == 405) {
			t.Errorf("%s %s: Allow is %q", c.method, c.path, got)
		}
		if r.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s %s: no Content-Security-Policy", c.method, c.path)
		}
	}
}

// TestHeaders holds the headers that every answer has.
func TestHeaders(t *testing.T) {
	r, _ := ask(newSite(t), "GET", "/")
	for header, want := range map[string]string{
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := r.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	directives := map[string]string{}
	for d := range strings.SplitSeq(r.Header.Get("Content-Security-Policy"), "; ") {
		name, sources, _ := strings.Cut(d, " ")
		directives[name] = sources
	}
	for name, want := range map[string]string{
		"default-src": "'self'", "script-src": "'self' 'wasm-unsafe-eval'", "style-src": "'self'",
		"object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'self'",
	} {
		if directives[name] != want {
			t.Errorf("the policy says %s %s, want %s", name, directives[name], want)
		}
	}
	for name, sources := range directives {
		if strings.Contains(sources, "'unsafe-eval'") || strings.Contains(sources, "*") || name != "style-src-attr" && strings.Contains(sources, "'unsafe-inline'") {
			t.Errorf("the policy says %s %s", name, sources)
		}
	}
}

// TestBrokenSites holds what New refuses.
func TestBrokenSites(t *testing.T) {
	if _, err := New(fstest.MapFS{"README.md": {}}); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("a site without index.html: %v", err)
	}
	alone := testFiles()
	delete(alone, "index.html")
	if _, err := New(alone); err == nil || !strings.Contains(err.Error(), "/index.html has compressed variants only") {
		t.Errorf("a variant without its file: %v", err)
	}
	if _, err := New(brokenFS{}); err == nil {
		t.Error("a site that cannot be read: no error")
	}
}

type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { return nil, fs.ErrPermission }
