//go:build js

// Command api is the HTTP API on Cloudflare Workers: the handlers of the native server on
// other stores. Each request gets an instance of its own, which answers and ends; what is to
// last stands in bindings.
package main

import (
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"strings"

	"github.com/syumai/workers"
	"github.com/syumai/workers/cloudflare"

	"parley/server/api"
	"parley/server/door"
	"parley/server/links"
	"parley/server/links/kvstore"
	"parley/server/site"
	"parley/server/visitor"
)

// The names of the bindings and variables in wrangler.jsonc, and of the pages that worker.mjs
// adds to them.
const (
	bindingLinks    = "LINKS"
	bindingLimit    = "LINK_LIMIT"
	bindingRooms    = "ROOMS"
	bindingNew      = "ROOM_LIMIT"
	variableURL     = "SITE_URL"
	variableOrigins = "ORIGINS"
	pageIndex       = "PAGE_INDEX"
	pageEmbed       = "PAGE_EMBED"
)

func main() {
	log.SetFlags(0)
	h, err := handler()
	if err != nil {
		log.Print(err)
		os.Exit(1)
	}
	workers.Serve(whole(h))
}

func handler() (http.Handler, error) {
	kept, err := kvstore.Workers(bindingLinks)
	if err != nil {
		return nil, err
	}
	short, err := api.Links(links.Config{
		Store: kvstore.Store{In: kept},
		Page:  []byte(cloudflare.Getenv(pageIndex)), Embed: []byte(cloudflare.Getenv(pageEmbed)),
		Address: address(),
		Limit:   limit{bindingLimit},
	})
	if err != nil {
		return nil, err
	}
	var origins []string
	for o := range strings.SplitSeq(cloudflare.Getenv(variableOrigins), ",") {
		if o = strings.TrimSpace(o); o != "" {
			origins = append(origins, o)
		}
	}
	live, err := door.New(door.Config{
		Rooms: rooms{bindingRooms}, Kept: true, Page: []byte(cloudflare.Getenv(pageIndex)),
		Address: address(), Origins: origins, Limit: limit{bindingNew},
	})
	if err != nil {
		return nil, err
	}
	return api.Handler(http.HandlerFunc(site.Nothing), short, live, noSocket{}), nil
}

// address is how visitors reach the site: as it was set, or as they asked for it.
func address() visitor.Address {
	return visitor.Address{
		Origin: cloudflare.Getenv(variableURL),
		Scheme: func(r *http.Request) string { return r.URL.Scheme },
	}
}

// whole mends a request as the library gives it: values of headers are cut at commas, and
// whom the request is for stands in the address. And it keeps from the library what it
// cannot answer: HEAD with a length, and a panic.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, parts := range r.Header { // any order: each header is mended by itself
			r.Header[name] = []string{strings.Join(parts, ",")}
		}
		r.Host = r.URL.Host
		if r.Body == nil {
			r.Body = http.NoBody
		}
		defer func() {
			if why := recover(); why != nil {
				log.Printf("%s %s: %v\n%s", r.Method, r.URL.Path, why, debug.Stack())
				http.Error(w, "This could not be answered, by a fault of ours.", http.StatusInternalServerError)
			}
		}()
		if r.Method == http.MethodHead {
			w = headOnly{w}
			defer w.Header().Del("Content-Length") // there would have to be a body of that length
		}
		next.ServeHTTP(w, r)
	})
}

// headOnly is an answer without its body.
type headOnly struct{ http.ResponseWriter }

// Write writes nothing.
func (headOnly) Write(b []byte) (int, error) { return len(b), nil }
