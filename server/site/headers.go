package site

import (
	"net/http"
	"path"
	"strings"
)

// policy is the Content-Security-Policy: what a page of this site may load and do.
// Nothing from elsewhere, no script that is not a file of ours; 'wasm-unsafe-eval'
// allows WebAssembly to be compiled and no JavaScript to be evaluated. Style
// attributes are allowed, because the scene places things with them; they cannot run
// anything.
var policy = strings.Join([]string{
	"default-src 'self'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"style-src 'self'",
	"style-src-attr 'unsafe-inline'",
	"img-src 'self' data:",
	"object-src 'none'",
	"base-uri 'none'",
	"form-action 'self'",
	"frame-ancestors 'self'",
}, "; ")

// header is a line of an answer's head.
type header struct{ name, value string }

// secure are the headers that hold for the whole site.
var secure = []header{
	{"Content-Security-Policy", policy},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
}

// Secure adds to every answer of next the headers that hold for the whole site.
func Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range secure {
			w.Header().Set(h.name, h.value)
		}
		next.ServeHTTP(w, r)
	})
}

// What browsers and caches may do with a file: keep it for ever where its name says what
// is in it, and otherwise ask each time whether it is still the same.
const (
	cacheForever = "public, max-age=31536000, immutable"
	cacheAsk     = "no-cache"
)

// immutable reports whether a file's name carries a hash of its content.
func immutable(name string) bool { return strings.HasPrefix(name, hashed) }

// hashed is the folder of files whose names carry a hash of their content.
const hashed = "assets/"

// headersOf are the headers of a file, beside the secure ones, and in place of those of the
// same name.
func headersOf(name string) []header {
	caching := cacheAsk
	if immutable(name) {
		caching = cacheForever
	}
	all := []header{{"Cache-Control", caching}}
	if path.Ext(name) != ".html" {
		// Parts of pages are nobody's secret, and a page in a sandboxed frame is of no
		// origin, not even of ours: it would have no styles.
		all = append(all, header{"Cross-Origin-Resource-Policy", "cross-origin"})
	}
	return all
}
