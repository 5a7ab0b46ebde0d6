package links

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"net/http"
	"strconv"
	"strings"
)

// answer sends a body with its entity tag, or says that the visitor has it. The type
// is JSON unless the header says another. No caching: nobody keeps it.
func answer(w http.ResponseWriter, r *http.Request, status int, body []byte, caching string) {
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

// refuse says in a sentence why there is no answer: as a page to those who asked for
// one, as {"error": why} to programs. Nothing of it becomes markup.
func refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
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
		share(h)
		body = object(struct {
			Error string `json:"error"`
		}{why})
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
