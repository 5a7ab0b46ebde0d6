// Package api puts together what the server answers beside the files of the site, once for
// the program on a machine of one's own and for Cloudflare Workers: short links, oEmbed,
// pictures, the page for frames, health.
package api

import (
	"context"
	"errors"
	"io"
	"net/http"

	"parley/server/links"
	"parley/server/poster"
	"parley/server/site"
)

// Links returns what answers for short links and embeds: the configuration says where links
// are kept and how the site is reached, and this adds what is the same everywhere.
func Links(c links.Config) (*links.Handler, error) {
	posters := poster.NewCache()
	c.Read, c.Named, c.Plain = links.Read, links.Named, poster.Plain()
	c.Poster = func(ctx context.Context, run links.Run, l links.Look) ([]byte, error) {
		svg, err := posters.Draw(ctx, run.Link, &run.Script, poster.Look{T: l.T, View: l.View, Theme: l.Theme})
		if errors.Is(err, poster.ErrLook) {
			err = &links.LookError{Why: err}
		}
		return svg, err
	}
	return links.New(c)
}

// Part is a part of the server that has addresses of its own.
type Part interface{ Mount(*http.ServeMux) }

// Handler is everything that the server answers: its parts, whether it is there, and pages
// for the rest.
func Handler(pages http.Handler, parts ...Part) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	for _, p := range parts {
		p.Mount(mux)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, "ok\n")
	})
	return site.Secure(mux)
}
