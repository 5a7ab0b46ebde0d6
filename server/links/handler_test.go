package links

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/server/answer"
	"parley/server/visitor"
)

// memory is a Store for tests.
type memory struct {
	mu   sync.Mutex
	kept map[string]string
	fail error
}

func (m *memory) Put(_ context.Context, id string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if kept, ok := m.kept[id]; ok {
		return Same([]byte(kept), content)
	}
	if m.kept == nil {
		m.kept = map[string]string{}
	}
	m.kept[id] = string(content)
	return nil
}

func (m *memory) Get(_ context.Context, id string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	kept, ok := m.kept[id]
	if !ok {
		return nil, ErrNone
	}
	return []byte(kept), nil
}

// readTest reads what these tests call a recording: "run TITLE", whose link is xTITLE.
func readTest(text string) (Run, error) {
	text = strings.TrimSpace(text)
	title, ok := strings.CutPrefix(text, "run ")
	if link, is := strings.CutPrefix(text, "x"); is {
		title, ok = link, true
		if unescaped, err := url.QueryUnescape(link); err == nil {
			title = unescaped
		}
	}
	if !ok {
		return Run{}, errors.New(`it does not begin with "run"`)
	}
	return Run{
		Other: title == "of old",
		Title: title, Says: "Says " + title, Link: "x" + url.QueryEscape(title),
		JSON: answer.Object(map[string]string{"title": title}),
	}, nil
}

// namedTest knows one run by its name.
func namedTest(name string) (Run, bool) {
	return Run{Title: "A story", Says: "It is told", Engine: "raft", Link: "s=" + name, JSON: []byte("{}")}, name == "a-story"
}

const (
	testPage  = "<!doctype html>\n<head><title>Parley</title>\n<meta name=\"description\" content=\"A playground\">\n</head><body>page</body>"
	testEmbed = "<!doctype html>\n<head><title>Parley</title>\n<meta name=\"robots\" content=\"noindex\"></head><p id=\"name\">Parley</p><a id=\"open\" href=\"/\"><img id=\"still\" src=\"/poster.svg\" alt=\"a cluster\"></a>"
	sitePol   = "default-src 'self'; frame-ancestors 'self'"
)

func testConfig() Config {
	return Config{
		Store: new(memory), Read: readTest, Named: namedTest, Plain: []byte("<svg>plain</svg>"), Page: []byte(testPage), Embed: []byte(testEmbed),
		Poster: func(_ context.Context, run Run, l Look) ([]byte, error) {
			switch l.T {
			case "m9":
				return nil, &LookError{errors.New("the run has no marker 9")}
			case "e9":
				return nil, errors.New("it breaks the painter")
			}
			return []byte("<svg>" + l.T + l.View + "</svg>"), nil
		},
		Address: visitor.Address{Origin: "https://parley.example"},
	}
}

func mounted(t *testing.T, c Config) http.Handler {
	t.Helper()
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	h.Mount(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", sitePol)
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		mux.ServeHTTP(w, r)
	})
}

func ask(h http.Handler, method, path, body string, headers ...string) (*http.Response, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got, _ := io.ReadAll(w.Result().Body)
	return w.Result(), string(got)
}

// keepRun makes a short link and returns its ID.
func keepRun(t *testing.T, h http.Handler, recording string) string {
	t.Helper()
	r, body := ask(h, "POST", "/s", recording)
	var link struct{ ID, URL string }
	if err := json.Unmarshal([]byte(body), &link); err != nil || r.StatusCode != 201 {
		t.Fatalf("POST /s %q: %d %s %v", recording, r.StatusCode, body, err)
	}
	if link.URL != "https://parley.example/s/"+link.ID || r.Header.Get("Location") != link.URL {
		t.Errorf("the link is %+v, Location %q", link, r.Header.Get("Location"))
	}
	return link.ID
}

// TestKeepAndShow makes a link and reads all that is at it.
func TestKeepAndShow(t *testing.T) {
	h := mounted(t, testConfig())
	id := keepRun(t, h, "run one")
	if again := keepRun(t, h, "  run one\n"); again != id || len(id) != idMin {
		t.Errorf("the same recording has the links %s and %s", id, again)
	}
	if other := keepRun(t, h, "run two"); other == id {
		t.Error("two recordings have one link")
	}
	for _, c := range []struct{ path, mime, caching, body string }{
		{"/s/" + id, "text/html; charset=utf-8", "no-cache", "<title>one – Parley</title>"},
		{"/s/" + id + ".json", "application/json", "public, max-age=31536000, immutable", `{"title":"one"}`},
		{"/s/" + id + ".svg", "image/svg+xml", "public, max-age=86400, stale-while-revalidate=604800", "<svg></svg>"},
		{"/s/" + id + ".svg?t=1.5s&view=diagram&x=y", "image/svg+xml", "public, max-age=86400, stale-while-revalidate=604800", "<svg>1.5sdiagram</svg>"},
		{"/embed?s=" + id, "text/html; charset=utf-8", "no-cache", `<meta name="parley-recording" content="xone" data-engine="">`},
		{"/s/a-story", "text/html; charset=utf-8", "no-cache", `<meta name="parley-recording" content="s=a-story" data-engine="raft">`},
		{"/s/a-story.svg?t=e4", "image/svg+xml", "public, max-age=86400, stale-while-revalidate=604800", "<svg>e4</svg>"},
		{"/s/a-story.json", "application/json", "no-cache", "{}"},
		{"/embed?s=a-story", "text/html; charset=utf-8", "no-cache", `src="/s/a-story.svg"`},
		{"/oembed?url=https://parley.example/%23s=a-story", "application/json", "public, max-age=3600", "/s/a-story.svg"},
		{"/oembed?url=https://parley.example/s/a-story", "application/json", "public, max-age=3600", "embed?s=a-story"},
		{"/oembed?url=https://parley.example/%23s=a-story", "application/json", "public, max-age=3600", "embed#s=a-story"},
		{"/embed", "text/html; charset=utf-8", "no-cache", testEmbed},
		{"/poster.svg", "image/svg+xml", "public, max-age=86400, stale-while-revalidate=604800", "<svg>plain</svg>"},
	} {
		r, body := ask(h, "GET", c.path, "")
		if r.StatusCode != 200 || !strings.Contains(body, c.body) {
			t.Errorf("GET %s: %d %s, want %s", c.path, r.StatusCode, body, c.body)
		}
		if got := r.Header.Get("Content-Type"); got != c.mime {
			t.Errorf("GET %s: Content-Type %q", c.path, got)
		}
		if got := r.Header.Get("Cache-Control"); got != c.caching {
			t.Errorf("GET %s: Cache-Control %q", c.path, got)
		}
		tag := r.Header.Get("ETag")
		if r, body := ask(h, "GET", c.path, "", "If-None-Match", `"x", W/`+tag); tag == "" || r.StatusCode != 304 || body != "" {
			t.Errorf("GET %s again: %d %q, want 304", c.path, r.StatusCode, body)
		}
		if r, body := ask(h, "HEAD", c.path, ""); r.StatusCode != 200 || body != "" || r.Header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %d %q", c.path, r.StatusCode, body)
		}
	}
}

// TestSearchEngines shows what they may find: the stories of ours, not what strangers write.
func TestSearchEngines(t *testing.T) {
	h := mounted(t, testConfig())
	for path, hidden := range map[string]bool{"/s/" + keepRun(t, h, "run one"): true, "/s/a-story": false} {
		if _, body := ask(h, "GET", path, ""); strings.Contains(body, "noindex") != hidden {
			t.Errorf("GET %s: hidden from search engines: %t", path, !hidden)
		}
	}
}

// TestOtherEpoch shows that of a run that would be another one here nothing is drawn.
func TestOtherEpoch(t *testing.T) {
	h := mounted(t, testConfig())
	id := keepRun(t, h, "run of old")
	if r, body := ask(h, "GET", "/s/"+id+".svg", ""); r.StatusCode != 200 || body != "<svg>plain</svg>" {
		t.Errorf("its picture is %d %s", r.StatusCode, body)
	}
}

// TestHeaders holds who may use what: everybody pictures and recordings, frames
// elsewhere /embed and nothing else.
func TestHeaders(t *testing.T) {
	h := mounted(t, testConfig())
	id := keepRun(t, h, "run one")
	for path, want := range map[string][3]string{
		"/s/" + id:            {sitePol, "same-origin", ""},
		"/s/" + id + ".json":  {sitePol, "cross-origin", "*"},
		"/s/" + id + ".svg":   {"default-src 'none'; style-src 'unsafe-inline'; sandbox", "cross-origin", "*"},
		"/embed":              {"frame-ancestors *; default-src 'self'", "cross-origin", ""},
		"/embed?s=" + id:      {"frame-ancestors *; default-src 'self'", "cross-origin", ""},
		"/embed?view=nothing": {"frame-ancestors *; default-src 'self'", "cross-origin", ""},
		"/embed?s=none":       {"frame-ancestors *; default-src 'self'", "cross-origin", ""},
	} {
		r, _ := ask(h, "GET", path, "", "Accept", "text/html")
		got := [3]string{r.Header.Get("Content-Security-Policy"), r.Header.Get("Cross-Origin-Resource-Policy"), r.Header.Get("Access-Control-Allow-Origin")}
		if got != want {
			t.Errorf("GET %s: %q, want %q", path, got, want)
		}
	}
}

// TestHostileTitle shows that what a stranger wrote is text wherever it is shown.
func TestHostileTitle(t *testing.T) {
	h := mounted(t, testConfig())
	const title = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&lt;`
	id := keepRun(t, h, "run "+title)
	for _, path := range []string{
		"/s/" + id, "/s/" + id + ".json", "/embed?s=" + id,
		"/oembed?url=" + url.QueryEscape("https://parley.example/s/"+id),
		"/s/" + id + "?t=%22%3E%3Cscript%3E", "/embed?t=%22%3E%3Cscript%3E", "/s/%3Cscript%3E",
		"/oembed?url=" + url.QueryEscape(`https://parley.example/s/"><script>`),
		"/oembed?url=" + url.QueryEscape(`https://parley.example/#run <script>"`),
	} {
		for _, accept := range []string{"text/html", "*/*"} {
			_, body := ask(h, "GET", path, "", "Accept", accept)
			for _, bad := range []string{"<script", "<img src=x", `content="">`} {
				if strings.Contains(body, bad) {
					t.Errorf("GET %s (%s): %s became markup:\n%s", path, accept, bad, body)
				}
			}
		}
	}
	if _, body := ask(h, "GET", "/s/"+id, ""); !strings.Contains(body, "&lt;script&gt;alert(1)") {
		t.Errorf("the title is not there:\n%s", body)
	}
}

// TestRefusals holds that each thing that cannot be answered has its own sentence and status.
func TestRefusals(t *testing.T) {
	c := testConfig()
	h := mounted(t, c)
	id := keepRun(t, h, "run one")
	none := c
	none.Store = nil
	full := c
	full.Store = &memory{fail: ErrFull}
	broken := c
	broken.Store = &memory{fail: errors.New("the disk is gone")}
	mixed := c
	mixed.Store = &memory{kept: map[string]string{id: "xtwo"}}
	old := c
	old.Read = func(string) (Run, error) { return Run{}, errors.New("it is of a later version") }
	seen := map[string]string{}
	for _, d := range []struct {
		config             *Config
		method, path, body string
		status             int
		says               string
	}{
		{&c, "GET", "/s", "", 405, "is sent to this address (POST)"},
		{&c, "POST", "/s/" + id, "run one", 405, "can be read (GET, HEAD)"},
		{&c, "POST", "/s", "", 400, "There is no recording in the request"},
		{&c, "POST", "/s", " \n", 400, "There is no recording in the request"},
		{&c, "POST", "/s", "run \xff", 400, "and this is not"},
		{&c, "POST", "/s", "walk", 422, `This is not a recording: it does not begin with "run".`},
		{&c, "POST", "/s", "run " + strings.Repeat("x", SizeMax), 413, "keep this one as a file"},
		{&none, "POST", "/s", "run one", 503, "it was started without a folder for them"},
		{&full, "POST", "/s", "run one", 507, "no room for more short links"},
		{&broken, "POST", "/s", "run one", 500, "could not be kept, by no fault of yours"},
		{&c, "GET", "/s/short", "", 404, "It may have been cut off"},
		{&c, "GET", "/s/" + id + "x", "", 404, "There is no run under this short link here"},
		{&c, "GET", "/s/" + strings.Repeat("x", 44), "", 404, "It may have been cut off"},
		{&c, "GET", "/s/AAAAAAAAAA%2F", "", 404, "It may have been cut off"},
		{&none, "GET", "/s/" + id, "", 404, "keeps no short links."},
		{&broken, "GET", "/s/" + id, "", 500, "could not be looked up"},
		{&mixed, "GET", "/s/" + id, "", 500, "has been damaged"},
		{&old, "GET", "/embed?s=short", "", 404, "It may have been cut off"},
		{&c, "GET", "/s/" + id + ".png", "", 404, "shown as a page, .svg or .json"},
		{&c, "GET", "/s/" + id + ".svg?view=cinema", "", 400, "The view is one or more of: ring, logs"},
		{&c, "GET", "/s/" + id + ".svg?mode=challenge", "", 400, "is reserved"},
		{&c, "GET", "/s/" + id + ".svg?theme=pink", "", 400, "The theme is one of: light, dark"},
		{&c, "GET", "/s/" + id + ".svg?t=<b>", "", 400, "A moment is written as"},
		{&c, "GET", "/s/" + id + ".svg?t=m9", "", 400, "The run has no marker 9"},
		{&c, "GET", "/s/" + id + ".svg?t=e9", "", 422, "There is no picture of this run: it breaks the painter."},
		{&c, "GET", "/embed?mode=rule", "", 400, "The mode is one of"},
		{&c, "GET", "/oembed?format=xml&url=x", "", 501, "is answered as JSON"},
		{&c, "GET", "/oembed", "", 400, "needs the address to embed"},
		{&c, "GET", "/oembed?maxwidth=huge&url=x", "", 400, "maxwidth is a number of pixels"},
		{&c, "GET", "/oembed?maxheight=3&url=x", "", 400, "maxheight is a number of pixels"},
		{&c, "GET", "/oembed?url=https://elsewhere.example/s/" + id, "", 404, "is not of this site"},
		{&c, "GET", "/oembed?url=https://parley.example/s/AAAAAAAAAAA", "", 404, "There is no run under this short link here"},
		{&c, "GET", "/oembed?url=https://parley.example/", "", 404, "could be embedded"},
		{&c, "GET", "/oembed?url=https://parley.example/%23walk", "", 404, "does not hold a recording"},
		{&c, "PUT", "/oembed", "", 405, "can be read (GET, HEAD)"},
	} {
		r, body := ask(mounted(t, *d.config), d.method, d.path, d.body)
		var said struct{ Error string }
		err := json.Unmarshal([]byte(body), &said)
		if r.StatusCode != d.status || err != nil || !strings.Contains(said.Error, d.says) || !strings.HasSuffix(said.Error, ".") {
			t.Errorf("%s %s: %d %s, want %d and %q", d.method, d.path, r.StatusCode, body, d.status, d.says)
		}
		if before, ok := seen[said.Error]; ok && before != d.says {
			t.Errorf("%q is said of %q and of %q", said.Error, before, d.says)
		}
		seen[said.Error] = d.says
		if r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: Cache-Control %q", d.method, d.path, r.Header.Get("Cache-Control"))
		}
		page, body := ask(mounted(t, *d.config), d.method, d.path, d.body, "Accept", "text/html,*/*")
		if page.StatusCode != d.status || !strings.HasPrefix(body, "<!doctype html>") {
			t.Errorf("%s %s for people: %d %s", d.method, d.path, page.StatusCode, body)
		}
	}
}

// TestForeignPages shows that a page elsewhere cannot make links in a visitor's name.
func TestForeignPages(t *testing.T) {
	h := mounted(t, testConfig())
	for header, status := range map[string]int{"cross-site": 403, "same-site": 403, "same-origin": 201, "none": 201} {
		if r, body := ask(h, "POST", "/s", "run one", "Sec-Fetch-Site", header); r.StatusCode != status {
			t.Errorf("Sec-Fetch-Site %s: %d %s, want %d", header, r.StatusCode, body, status)
		}
	}
	if r, _ := ask(h, "POST", "/s", "run one", "Origin", "https://elsewhere.example"); r.StatusCode != 403 {
		t.Errorf("from elsewhere: %d", r.StatusCode)
	}
}

// TestLimit holds how many links a client may make, and that others do not notice.
func TestLimit(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	c := testConfig()
	limit := &visitor.Limit{Burst: 3, Every: 10 * time.Second, Now: func() time.Time { return now }}
	c.Limit = limit
	c.Client = visitor.ByForwarded
	h := mounted(t, c)
	n := 0
	post := func(client string) *http.Response {
		n++
		r, body := ask(h, "POST", "/s", fmt.Sprint("run ", n), "X-Forwarded-For", client)
		if r.StatusCode == 429 && !strings.Contains(body, "the full link works now") {
			t.Errorf("429 says %s", body)
		}
		return r
	}
	expect := func(client string, want int) {
		t.Helper()
		if got := post(client).StatusCode; got != want {
			t.Errorf("request %d by %s: %d, want %d", n, client, got, want)
		}
	}
	for range 3 {
		expect("192.0.2.1", 201)
	}
	if r := post("192.0.2.1"); r.StatusCode != 429 || r.Header.Get("Retry-After") != "10" {
		t.Errorf("the fourth: %d, Retry-After %q", r.StatusCode, r.Header.Get("Retry-After"))
	}
	expect("10.9.9.9, 192.0.2.1", 429) // what stands before is made up
	expect("192.0.2.2", 201)
	now = now.Add(10 * time.Second)
	expect("192.0.2.1", 201)
	expect("192.0.2.1", 429)
	for range 3 {
		expect("2001:db8::1", 201)
	}
	expect("2001:db8::ffff", 429)   // the same network
	expect("2001:db8:0:1::1", 201)  // another
	expect("::ffff:192.0.2.1", 429) // an IPv4 address in other clothes
}

// TestCollision shows that recordings whose hashes begin alike have different IDs.
func TestCollision(t *testing.T) {
	s := new(memory)
	id, err := Keep(context.Background(), s, []byte("xone"))
	if err != nil {
		t.Fatal(err)
	}
	s.kept[id] = "xelse" // as if its hash began with the same letters
	longer, err := Keep(context.Background(), s, []byte("xone"))
	if err != nil || len(longer) != idMin+1 || !strings.HasPrefix(longer, id) {
		t.Errorf("beside %s there is %s, %v", id, longer, err)
	}
}

// TestOEmbed holds what a consumer goes by.
func TestOEmbed(t *testing.T) {
	h := mounted(t, testConfig())
	id := keepRun(t, h, "run one & two")
	ask := func(address string, more string) (o rich) {
		t.Helper()
		r, body := ask(h, "GET", "/oembed?url="+url.QueryEscape(address)+more, "")
		if err := json.Unmarshal([]byte(body), &o); r.StatusCode != 200 || err != nil || o.Version != "1.0" || o.Type != "rich" || o.Title != "one & two" {
			t.Errorf("oEmbed of %s: %d %s %v", address, r.StatusCode, body, err)
		}
		return o
	}
	o := ask("https://parley.example/s/"+id+"?t=1.5s&view=diagram", "&format=json&maxwidth=300")
	const frame = `<iframe src="https://parley.example/embed?s=%s&amp;t=1.5s&amp;view=diagram" title="one &amp; two" width="300" height="480" loading="lazy" style="border:0;max-width:100%%"></iframe>`
	if want := fmt.Sprintf(frame, id); o.HTML != want || o.Width != 300 || o.Height != 480 {
		t.Errorf("the frame is %d x %d, %s, want %s", o.Width, o.Height, o.HTML, want)
	}
	if want := "https://parley.example/s/" + id + ".svg?t=1.5s&view=diagram"; o.ThumbnailURL != want {
		t.Errorf("the thumbnail is %s, want %s", o.ThumbnailURL, want)
	}
	o = ask("https://parley.example/?view=logs#run%20one%20&%20two", "")
	if !strings.Contains(o.HTML, `src="https://parley.example/embed?view=logs#xone+%26+two"`) {
		t.Errorf("a full link's frame is %s", o.HTML)
	}
	if o.ThumbnailURL != "https://parley.example/poster.svg" {
		t.Errorf("a full link's thumbnail is %s", o.ThumbnailURL)
	}
	// The page says where to ask, with its own parameters in it.
	_, page := h2(h, "/s/"+id+"?t=1.5s")
	if want := `href="https://parley.example/oembed?format=json&amp;url=https%3A%2F%2Fparley.example%2Fs%2F` + id + `%3Ft%3D1.5s"`; !strings.Contains(page, want) {
		t.Errorf("the page does not say %s:\n%s", want, page)
	}
	for _, property := range []string{"og:title", "og:description", "og:url", "og:image", "twitter:card"} {
		if !strings.Contains(page, `"`+property+`" content="`) {
			t.Errorf("the page has no %s", property)
		}
	}
}

func h2(h http.Handler, path string) (*http.Response, string) { return ask(h, "GET", path, "") }

// TestOrigin shows where links point when no origin was set.
func TestOrigin(t *testing.T) {
	c := testConfig()
	c.Address = visitor.Address{}
	h := mounted(t, c)
	_, body := ask(h, "POST", "/s", "run one")
	if !strings.Contains(body, `"url":"http://example.com/s/`) {
		t.Errorf("the link is %s", body)
	}
	c.Address.Scheme = func(*http.Request) string { return "https" }
	if _, body = ask(mounted(t, c), "POST", "/s", "run one"); !strings.Contains(body, `"url":"https://example.com/s/`) {
		t.Errorf("the link is %s", body)
	}
}

// TestPagesWithoutSlots holds that a page that cannot be filled is noticed at the start.
func TestPagesWithoutSlots(t *testing.T) {
	for _, change := range []func(*Config){
		func(c *Config) { c.Page = []byte("<html>") },
		func(c *Config) { c.Embed = []byte(testPage) },
		func(c *Config) { c.Embed = nil },
	} {
		c := testConfig()
		change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), " has no ") {
			t.Errorf("a page without slots: %v", err)
		}
	}
}
