// Package answer writes the answers of the server's own handlers: JSON to programs, sentences to
// people, and pages in whose slots stands what is particular to an address; and it takes what
// is sent to them. It needs nothing but net/http, so that a handler answers the same way
// wherever it runs.
package answer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Send answers with a body and its entity tag, or says that the visitor has it. The type
// is JSON unless the header says another. No caching: nobody keeps it.
func Send(w http.ResponseWriter, r *http.Request, status int, body []byte, caching string) {
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	if caching == "" {
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Cache-Control", caching)
		sum := sha256.Sum256(body)
		tag := `"` + hex.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", tag)
		for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
			if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == tag || known == "*" {
				h.Del("Content-Type")
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a visitor who left needs no answer
	}
}

// Refuse says in a sentence why there is no answer: as a page to those who asked for
// one, as {"error": why} to programs. Nothing of it becomes markup.
func Refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept")
	var body []byte
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "text/html; charset=utf-8")
		body = []byte(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>` + http.StatusText(status) + ` – Parley</title>
<h1>` + http.StatusText(status) + `</h1>
<p>` + html.EscapeString(why) + `</p>
<p><a href="/" target="_top">To the playground</a></p>
</html>
`)
	} else {
		h.Set("Content-Type", "application/json")
		Share(h)
		body = Object(struct {
			Error string `json:"error"`
		}{why})
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// Reads refuses what is neither GET nor HEAD; then it returns false.
func Reads(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	Refuse(w, r, http.StatusMethodNotAllowed, "This address can be read (GET, HEAD) and nothing else.")
	return false
}

// Share lets pages elsewhere use an answer: there is nothing in it that the one who
// asks does not know or may not know.
func Share(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// Object writes JSON; what is marshalled here always can be.
func Object(v any) []byte {
	b, err := json.Marshal(v) // escapes <, > and & too
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

// Sentence makes an error one: with a capital at its beginning and a full stop.
func Sentence(err error) string {
	s := err.Error()
	first, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(first)) + s[n:] + "."
}
