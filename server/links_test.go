package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/server/api"
	"parley/server/site"
)

// linkServer is what the server answers, with its links in a folder.
func linkServer(t *testing.T, dir string, o linkOptions) *httptest.Server {
	t.Helper()
	pages, err := site.New(site.Embedded())
	if err != nil {
		t.Skip(err)
	}
	short, end, err := o.open(dir, pages)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(api.Handler(pages, short))
	t.Cleanup(func() {
		s.Close()
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func defaultLinks() linkOptions {
	var o serveOptions
	newServeFlags(&o)
	return o.links
}

// fetch asks the server, and returns the answer with its body.
func fetch(t *testing.T, method, url, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(b)
}

// TestShortLinks makes a short link of a real run, and finds all of it again after the
// server was stopped and another one started on the same folder.
func TestShortLinks(t *testing.T) {
	script, err := scenario.Parse("title A crash\nnodes 3\nseed 7\nat 300ms crash n1\n")
	if err != nil {
		t.Fatal(err)
	}
	config, err := registry.Config(script.Setup)
	if err != nil {
		t.Fatal(err)
	}
	recording, err := rerun.Record(script, config, consensus.Second, 0)
	if err != nil {
		t.Fatal(err)
	}
	code, err := recording.Link()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var id string
	t.Run("before", func(t *testing.T) {
		s := linkServer(t, dir, defaultLinks())
		r, body := fetch(t, "POST", s.URL+"/s", code)
		var link struct{ ID, URL string }
		if err := json.Unmarshal([]byte(body), &link); err != nil || r.StatusCode != 201 || link.URL != s.URL+"/s/"+link.ID {
			t.Fatalf("POST /s: %d %s", r.StatusCode, body)
		}
		id = link.ID
	})
	t.Run("after", func(t *testing.T) {
		s := linkServer(t, dir, defaultLinks())
		for path, want := range map[string]string{
			"/s/" + id:                           "<title>A crash – Parley</title>",
			"/s/" + id + ".json":                 `"link":"` + code + `"`,
			"/s/" + id + ".svg?t=0.5s":           "<svg",
			"/embed?s=" + id:                     `content="` + code + `"`,
			"/embed":                             `id="app"`,
			"/oembed?url=" + s.URL + "/s/" + id:  `"title":"A crash"`,
			"/s/raft-leader-crash":               "The leader crashes",
			"/s/raft-leader-crash.svg?view=logs": "<svg",
			"/poster.svg":                        "<svg",
			"/embed.js":                          "parley-play",
			"/example.html":                      "parley-play",
		} {
			if r, body := fetch(t, "GET", s.URL+path, ""); r.StatusCode != 200 || !strings.Contains(body, want) || r.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("GET %s: %d %.300s, want %s", path, r.StatusCode, body, want)
			}
		}
		for path, want := range map[string]int{"/s/AAAAAAAAAAA": 404, "/s/" + id + ".svg?t=m1": 400, "/s/" + id + ".gif": 404, "/oembed?format=xml": 501} {
			if r, body := fetch(t, "GET", s.URL+path, ""); r.StatusCode != want {
				t.Errorf("GET %s: %d %.300s, want %d", path, r.StatusCode, body, want)
			}
		}
	})
	t.Run("without a folder", func(t *testing.T) {
		s := linkServer(t, "", defaultLinks())
		if r, body := fetch(t, "POST", s.URL+"/s", code); r.StatusCode != 503 || !strings.Contains(body, "-data") {
			t.Errorf("POST /s: %d %s", r.StatusCode, body)
		}
		if r, _ := fetch(t, "GET", s.URL+"/s/raft-leader-crash", ""); r.StatusCode != 200 {
			t.Errorf("a scenario that comes with Parley: %d", r.StatusCode)
		}
	})
	t.Run("limited", func(t *testing.T) {
		o := defaultLinks()
		o.burst = 1
		s := linkServer(t, t.TempDir(), o)
		for _, want := range []int{201, 429} {
			if r, body := fetch(t, "POST", s.URL+"/s", code); r.StatusCode != want {
				t.Errorf("POST /s: %d %s, want %d", r.StatusCode, body, want)
			}
		}
	})
}

// TestLinkFlags gives the flags of short links values that make no sense.
func TestLinkFlags(t *testing.T) {
	for _, c := range []struct{ flag, says string }{
		{"-url=parley.example", "is not the beginning of an address"},
		{"-url=https://parley.example/", "is not the beginning of an address"},
		{"-url=ftp://parley.example", "is not the beginning of an address"},
		{"-link-burst=0", "-link-burst is a number from 1"},
		{"-link-every=0s", "-link-every is more than 0"},
		{"-link-space=0", "-link-space is a number from 1"},
	} {
		if r := parley("", "serve", c.flag); r.status != statusUsage || !strings.Contains(r.stderr, c.says) {
			t.Errorf("%s: %+v, want %q", c.flag, r, c.says)
		}
	}
	for _, url := range []string{"https://parley.example", "http://localhost:8080"} {
		o := defaultLinks()
		if o.url = url; o.check() != nil {
			t.Errorf("-url %s: %v", url, o.check())
		}
	}
}
