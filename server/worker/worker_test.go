package worker

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parley/server/api"
	"parley/server/links"
	"parley/server/links/boltstore"
	"parley/server/site"
)

var folder = filepath.Join("..", "..", "build", "worker")

// shared is one Worker for the tests that leave it in order.
var shared struct {
	sync.Once
	*Local
	data string
	err  error
}

// TestMain lets three tests run at once, however few processors there are: much of what they
// do is to wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "3"); err != nil {
		panic(err)
	}
	status := m.Run()
	if shared.Local != nil {
		if err := shared.Stop(); err != nil && status == 0 {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			status = 1
		}
		_ = os.RemoveAll(shared.data) // a folder for what is temporary
	}
	os.Exit(status)
}

// start returns the shared Worker.
func start(t *testing.T) *Local {
	t.Helper()
	shared.Do(func() {
		if shared.data, shared.err = os.MkdirTemp("", "parley-worker-"); shared.err == nil {
			shared.Local, shared.err = Start(Options{Folder: folder, Data: shared.data})
		}
	})
	if errors.Is(shared.err, ErrNotBuilt) {
		t.Skip(shared.err)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the Worker says:\n%s", shared.Said())
		}
	})
	return shared.Local
}

// own returns a Worker that nobody else uses.
func own(t *testing.T, folder string) *Local {
	t.Helper()
	l, err := Start(Options{Folder: folder, Data: t.TempDir()})
	if errors.Is(err, ErrNotBuilt) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the Worker says:\n%s", l.Said())
		}
	})
	return l
}

// native is the same site as the program on one's own machine serves it.
func native(t *testing.T) *httptest.Server {
	t.Helper()
	pages, err := site.New(site.Embedded())
	if err != nil {
		t.Skip(err)
	}
	store, err := boltstore.Open(t.TempDir(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	short, err := api.Links(links.Config{Store: store, Page: pages.File("index.html"), Embed: pages.File("embed.html")})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(api.Handler(pages, short))
	t.Cleanup(func() {
		s.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func ask(t *testing.T, method, address, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r) // redirects are shown, not followed
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	return answer, string(b)
}

// ofHost are headers in which the two servers may differ: how the bytes travel, and entity
// tags of files, which each makes in its own way.
var ofHost = []string{"Date", "Content-Length", "Transfer-Encoding", "Cf-Cache-Status", "Etag"}

// TestSameAnswers asks both servers the same and compares what they say: status, headers and
// body. What is made in the answering (the addresses of the two) is written the same first.
func TestSameAnswers(t *testing.T) {
	w, n := start(t), native(t)
	const recording = "1cheap"
	asked := []struct{ method, path, body, accept string }{
		{"GET", "/", "", ""}, {"HEAD", "/", "", ""}, {"POST", "/", "x", ""},
		{"GET", "/nothing", "", ""}, {"GET", "/nothing", "", "text/html"}, {"HEAD", "/nothing", "", ""}, {"DELETE", "/nothing", "", ""},
		{"GET", "/assets/nothing.js", "", ""},
		{"GET", "/healthz", "", ""}, {"HEAD", "/healthz", "", ""}, {"POST", "/healthz", "x", ""},
		{"GET", "/s/raft-leader-crash", "", "text/html"}, {"HEAD", "/s/raft-leader-crash", "", ""},
		{"GET", "/s/raft-leader-crash.json", "", ""}, {"GET", "/s/raft-leader-crash.svg", "", ""},
		{"GET", "/s/raft-leader-crash.svg?t=e40&view=diagram&theme=dark", "", ""},
		{"GET", "/s/raft-leader-crash.svg?view=cinema", "", ""}, {"GET", "/s/raft-leader-crash.png", "", ""},
		{"GET", "/s/AAAAAAAAAAA", "", ""}, {"GET", "/s/AAAAAAAAAAA", "", "application/json, text/html;q=0.9"}, {"GET", "/s/short", "", ""},
		{"GET", "/s", "", ""}, {"POST", "/s", "", ""}, {"POST", "/s", "walk", ""}, {"POST", "/s", recording, ""}, {"POST", "/s", "run \xff", ""},
		{"POST", "/s", "run " + strings.Repeat("x", links.SizeMax), ""},
		{"GET", "/embed", "", ""}, {"GET", "/embed?s=raft-leader-crash&t=1.5s", "", ""}, {"GET", "/embed?s=short", "", ""},
		{"GET", "/poster.svg", "", ""}, {"GET", "/oembed", "", ""}, {"GET", "/oembed?url=ORIGIN/s/raft-leader-crash&maxwidth=300", "", ""},
	}
	for _, a := range asked {
		said := func(base string) (int, http.Header, string) {
			r, body := ask(t, a.method, base+strings.ReplaceAll(a.path, "ORIGIN", url.QueryEscape(base)), a.body, "Accept", a.accept)
			for _, h := range ofHost {
				r.Header.Del(h)
			}
			for _, form := range []string{base, url.QueryEscape(base)} {
				body = strings.ReplaceAll(body, form, "ORIGIN")
			}
			return r.StatusCode, r.Header, body
		}
		status, head, body := said(w.URL)
		wantStatus, wantHead, wantBody := said(n.URL)
		if status != wantStatus || body != wantBody {
			t.Errorf("%s %s: the Worker says %d %.200q, the native server %d %.200q", a.method, a.path, status, body, wantStatus, wantBody)
		}
		sameHead(t, a.method+" "+a.path, head, wantHead)
	}
}

func sameHead(t *testing.T, what string, got, want http.Header) {
	t.Helper()
	for _, h := range []http.Header{got, want} {
		for name := range h {
			if g, w := strings.Join(got.Values(name), ", "), strings.Join(want.Values(name), ", "); g != w && name != "Vary" {
				t.Errorf("%s: %s is %q on the Worker and %q natively", what, name, g, w)
			}
		}
	}
}

// TestSameFiles compares each file of the site, and the headers by which a browser keeps it.
func TestSameFiles(t *testing.T) {
	w, n := start(t), native(t)
	dist := site.Embedded()
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "README.md" || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
			return err
		}
		got, body := ask(t, "GET", w.URL+"/"+name, "")
		want, wantBody := ask(t, "GET", n.URL+"/"+name, "")
		if got.StatusCode != 200 || body != wantBody {
			t.Errorf("%s: %d and %d bytes on the Worker, %d and %d natively", name, got.StatusCode, len(body), want.StatusCode, len(wantBody))
		}
		for _, h := range ofHost {
			got.Header.Del(h)
			want.Header.Del(h)
		}
		sameHead(t, name, got.Header, want.Header)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// makesLink makes a short link, and returns its address.
func makesLink(t *testing.T, base string) string {
	t.Helper()
	link := recording(t)
	var made struct{ ID, URL string }
	for range 2 {
		r, body := ask(t, "POST", base+"/s", link)
		if err := json.Unmarshal([]byte(body), &made); r.StatusCode != http.StatusCreated || err != nil || made.URL != base+"/s/"+made.ID {
			t.Fatalf("POST /s: %d %s (%v)", r.StatusCode, body, err)
		}
	}
	if r, body := ask(t, "POST", base+"/s", link, "Sec-Fetch-Site", "cross-site"); r.StatusCode != http.StatusForbidden {
		t.Errorf("a link made by another site: %d %s", r.StatusCode, body)
	}
	return made.URL
}

// knowsLink holds that a short link leads to its recording.
func knowsLink(t *testing.T, address string) {
	t.Helper()
	if r, body := ask(t, "GET", address, ""); r.StatusCode != http.StatusOK || !strings.Contains(body, recording(t)) {
		t.Errorf("GET %s: %d, and the recording is not in it", address, r.StatusCode)
	}
}

func recording(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "short.link"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(b)), "#")
}

// TestDeploys has Wrangler put together what it would upload, and compares that with what
// runs here: the same modules, and every binding that the code asks for.
func TestDeploys(t *testing.T) {
	_ = start(t) // or skip
	t.Parallel()
	out := t.TempDir()
	cmd := exec.Command("node", "node_modules/wrangler/bin/wrangler.js", "deploy", "--dry-run", "--outdir", out)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "WRANGLER_SEND_METRICS=false", "CI=1")
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("wrangler deploy --dry-run: %v\n%s", err, said)
	}
	for _, binding := range []string{"env.ROOMS (Room)", "env.LINKS ", "env.LINK_LIMIT ", "env.ROOM_LIMIT ", "env.ASSETS ", "env.SITE_URL ", "env.ORIGINS "} {
		if !strings.Contains(string(said), binding) {
			t.Errorf("there is no %s in\n%s", binding, said)
		}
	}
	for _, name := range []string{"room.wasm", "app.wasm", "index.html", "embed.html"} {
		if found, err := filepath.Glob(filepath.Join(out, "*-"+name)); err != nil || len(found) != 1 {
			t.Errorf("%s would be uploaded as %q (%v)", name, found, err)
		}
	}
}
