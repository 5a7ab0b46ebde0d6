// Package site serves the pages of Parley: the files that the build put into the
// folder dist, each in the best encoding that a visitor's browser accepts, with the
// headers that let browsers keep what cannot change and forbid what the site never
// does.
package site

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Embedded returns the files of the site that were built into this binary.
func Embedded() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is right, or it would not have compiled
	}
	return sub
}

// ErrNotBuilt says that there is no index.html among the files.
var ErrNotBuilt = errors.New("the site was not built before this program was; `make build` does both")

// Site answers the requests for a site's files. It does not change once made, and is
// safe for many requests at once.
type Site struct {
	files map[string]*file // by path of the request
}

type file struct {
	mime    string
	headers []header
	forms   [encodings]*form // nil: there is none
}

// form is a file in one encoding.
type form struct {
	content []byte
	tag     string // entity tag, quoted
}

// New reads the files of a site, where a file may have variants beside it with .br
// and .gz added to the name. ErrNotBuilt if there is no index.html; a variant
// without its file is an error too.
func New(files fs.FS) (*Site, error) {
	s := &Site{files: map[string]*file{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "README.md" {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		s.add(name, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the site: %w", err)
	}
	for p, f := range s.files {
		if f.forms[identity] == nil {
			return nil, fmt.Errorf("read the site: %s has compressed variants only", p)
		}
	}
	index, ok := s.files["/index.html"]
	if !ok {
		return nil, ErrNotBuilt
	}
	s.files["/"] = index
	return s, nil
}

func (s *Site) add(name string, content []byte) {
	encoding := identity
	for _, e := range []encodingID{brotli, gzip} {
		if base, ok := strings.CutSuffix(name, encodingSuffix[e]); ok {
			name, encoding = base, e
		}
	}
	p := "/" + name
	f := s.files[p]
	if f == nil {
		f = &file{mime: mimeOf(name), headers: headersOf(name)}
		s.files[p] = f
	}
	sum := sha256.Sum256(content)
	f.forms[encoding] = &form{content, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// File returns the content of a file, nil if there is none of that name.
func (s *Site) File(name string) []byte {
	f := s.files["/"+name]
	if f == nil {
		return nil
	}
	return f.forms[identity].content
}

// mimeOf returns the media type of a file by its extension. The table is our own: the
// system's, which package mime reads, differs from machine to machine.
func mimeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	case ".json":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// ServeHTTP answers a request for a file.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := s.files[r.URL.Path]
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		Nothing(w, r)
		return
	}
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	encoding, ok := negotiate(r.Header.Values("Accept-Encoding"), func(e encodingID) bool { return f.forms[e] != nil })
	if !ok {
		refuse(w, r, http.StatusNotAcceptable, "This file is there as it is and, if it is worth it, with br or gzip; the request accepts none of these.")
		return
	}
	form := f.forms[encoding]
	for _, own := range f.headers {
		h.Set(own.name, own.value)
	}
	h.Set("ETag", form.tag)
	if matches(r.Header.Values("If-None-Match"), form.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.mime)
	if encoding != identity {
		h.Set("Content-Encoding", encodingName[encoding])
	}
	h.Set("Content-Length", strconv.Itoa(len(form.content)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(form.content) // a visitor who left needs no answer
}

// matches reports whether a list of entity tags (RFC 9110, section 13.1.2) has the
// tag; weak ones count as equal to strong ones.
func matches(lists []string, tag string) bool {
	for _, list := range lists {
		for t := range strings.SplitSeq(list, ",") {
			t = strings.TrimSpace(t)
			if t == "*" || strings.TrimPrefix(t, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// Nothing answers a request for which there is no file.
func Nothing(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, r, http.StatusMethodNotAllowed, "This address can be read (GET, HEAD) and nothing else.")
		return
	}
	refuse(w, r, http.StatusNotFound, "There is no page at this address. It may have been mistyped, or belong to another version of Parley.")
}

// refuse answers with a small page that says why. Why is a sentence of ours, in HTML.
func refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	page := `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>` + http.StatusText(status) + ` – Parley</title>
<h1>` + http.StatusText(status) + `</h1>
<p>` + why + `</p>
<p><a href="/">To the playground</a></p>
</html>
`
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(page))
	}
}
