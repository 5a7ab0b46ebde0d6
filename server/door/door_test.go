package door

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/server/visitor"

	"parley/server/room"
)

const (
	testPage = "<!doctype html>\n<head><title>Parley</title>\n<meta name=\"description\" content=\"A playground\">\n<script></script></head><body>page</body>"
	testID   = "abcdefghijklmnopqrstuvwxyz"
)

// rooms is what is behind the door of these tests.
type rooms struct{}

func (rooms) Create(_ context.Context, script string) (Created, error) {
	switch strings.TrimSpace(script) {
	case "bad":
		return Created{}, &ScriptError{errors.New(`line 1: "bad" is <nothing>`)}
	case "full":
		return Created{}, ErrFull
	case "stop":
		return Created{}, ErrStop
	case "fail":
		return Created{}, errors.New("the disk burns")
	}
	return Created{testID, "secret"}, nil
}

func (rooms) Find(_ context.Context, id string) (room.About, error) {
	switch id {
	case testID:
		return room.About{Engine: "raft", Title: `A <class> "5b"`, Nodes: 5}, nil
	case strings.Repeat("b", 26):
		return room.About{}, errors.New("the disk burns")
	}
	return room.About{}, ErrNone
}

func mounted(t *testing.T, c Config) http.Handler {
	t.Helper()
	c.Rooms, c.Page = rooms{}, []byte(testPage)
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	h.Mount(mux)
	return mux
}

func ask(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestAnswers holds status and words of each answer.
func TestAnswers(t *testing.T) {
	h := mounted(t, Config{Origins: []string{"https://friend.example"}, Kept: true})
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/rooms", "nodes 5", 201, `{"id":"` + testID + `","token":"secret","url":"http://example.com/r/` + testID + `","kept":true}`},
		{"GET", "/rooms", "", 405, "is sent to this address (POST)"},
		{"POST", "/rooms", " \n", 400, "no script in the request"},
		{"POST", "/rooms", "\xff", 400, "UTF-8"},
		{"POST", "/rooms", strings.Repeat("#", ScriptMax+1), 413, "at most 65536 bytes"},
		{"POST", "/rooms", "bad", 422, `There can be no room of this script: line 1: \"bad\" is \u003cnothing\u003e.`},
		{"POST", "/rooms", "full", 507, "as many rooms here as there may be"},
		{"POST", "/rooms", "stop", 503, "started anew"},
		{"POST", "/rooms", "fail", 500, "by no fault of yours"},
		{"GET", "/r/" + testID, "", 200, `<meta name="parley-room" content="` + testID + `" data-engine="raft" data-nodes="5" data-kept="true">`},
		{"HEAD", "/r/" + testID, "", 200, ""},
		{"POST", "/r/" + testID, "", 405, "GET, HEAD"},
		{"GET", "/r/short", "", 404, "not the address of a room"},
		{"GET", "/r/" + strings.ToUpper(testID), "", 404, "not the address of a room"},
		{"GET", "/r/" + strings.Repeat("a", 26), "", 404, "you can open another one"},
		{"GET", "/r/" + strings.Repeat("b", 26), "", 500, "by no fault of yours"},
	} {
		w := ask(h, c.method, c.path, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s %.20q: %d %s; want %d and %q", c.method, c.path, c.body, w.Code, w.Body, c.status, c.says)
		}
	}
	if w := ask(h, "POST", "/rooms", "nodes 5", "Origin", "https://elsewhere.example"); w.Code != 403 {
		t.Errorf("from elsewhere: %d", w.Code)
	}
	if w := ask(h, "POST", "/rooms", "nodes 5", "Origin", "https://friend.example"); w.Code != 201 {
		t.Errorf("from a friend: %d", w.Code)
	}
	page := ask(h, "GET", "/r/"+testID, "").Body.String()
	if !strings.Contains(page, "<title>A &lt;class&gt; &#34;5b&#34; – Parley</title>") || strings.Index(page, "parley-room") > strings.Index(page, "<script>") {
		t.Errorf("the page is\n%s", page)
	}
	if w := ask(h, "GET", "/r/short", "", "Accept", "text/html"); !strings.Contains(w.Body.String(), `<a href="/"`) {
		t.Errorf("there is no way on: %s", w.Body)
	}
	if w := ask(mounted(t, Config{}), "GET", "/r/"+testID, ""); !strings.Contains(w.Body.String(), `data-kept="false"`) {
		t.Errorf("the page does not say that rooms are in memory: %s", w.Body)
	}
}

// TestLimit holds how many rooms a client may make, and that mistakes cost nothing.
func TestLimit(t *testing.T) {
	now := time.Unix(0, 0)
	h := mounted(t, Config{Limit: &visitor.Limit{Burst: 2, Every: time.Minute, Now: func() time.Time { return now }}, Client: visitor.ByForwarded})
	for i, c := range []struct {
		client, body string
		status       int
	}{{"192.0.2.1", " ", 400}, {"192.0.2.1", "a", 201}, {"192.0.2.1", "a", 201}, {"192.0.2.1", "a", 429}, {"192.0.2.2", "a", 201}} {
		w := ask(h, "POST", "/rooms", c.body, "X-Forwarded-For", c.client)
		if w.Code != c.status || c.status == 429 && w.Header().Get("Retry-After") != "60" {
			t.Errorf("request %d: %d, Retry-After %s", i, w.Code, w.Header().Get("Retry-After"))
		}
	}
}

// TestBadConfig holds that what cannot work is noticed at the start.
func TestBadConfig(t *testing.T) {
	if _, err := New(Config{Page: []byte("<html>")}); err == nil {
		t.Error("a page without slots")
	}
	if _, err := New(Config{Page: []byte(testPage), Origins: []string{"elsewhere"}}); err == nil {
		t.Error("an origin that is none")
	}
}
