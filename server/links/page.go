package links

import (
	"net/http"
	"net/url"
	"strings"

	"parley/server/answer"
)

var (
	// pageSlots are those of the playground: the title, the description, and room for
	// more behind it, before any script.
	pageSlots = []answer.Slot{{Before: "<title>", After: "</title>"}, {Before: `<meta name="description" content="`, After: `"`}, {Before: ">"}}
	// embedSlots are those of the page for frames: the title, room in the head, the
	// run's name, the way to the playground, the poster and what it shows.
	embedSlots = []answer.Slot{
		{Before: "<title>", After: "</title>"}, {Before: `<meta name="robots" content="noindex">`}, {Before: `id="name">`, After: "<"},
		{Before: `id="open" href="`, After: `"`}, {Before: `id="still" src="`, After: `"`}, {Before: `alt="`, After: `"`},
	}
)

// recording is the element that carries a page's run, as a link without #, and says
// which engine it needs, so that the page need not read it before it loads that.
func (r *Run) recording() string {
	return answer.Tag("meta", "name", "parley-recording", "content", r.Link, "data-engine", r.Engine)
}

// playground answers GET /s/ID: the playground with the run in it.
func (h *Handler) playground(w http.ResponseWriter, r *http.Request, id string, run Run) {
	look, err := ParseLook(r.URL.Query())
	if err != nil {
		look = Look{} // the run is what was asked for
	}
	here := h.c.Address.Of(r) + "/s/" + id
	address, picture := here, here+".svg"
	if q := look.Query().Encode(); q != "" {
		address, picture = address+"?"+q, picture+"?"+q
	}
	meta := func(name, content string) string {
		kind := "property"
		if !strings.HasPrefix(name, "og:") {
			kind = "name"
		}
		return answer.Tag("meta", kind, name, "content", content)
	}
	robots := ""
	if run.name() == "" { // what strangers write is not for search engines to find here
		robots = meta("robots", "noindex")
	}
	head := "\n" + answer.Tag("link", "rel", "canonical", "href", here) +
		answer.Tag("link", "rel", "alternate", "type", "application/json+oembed", "title", run.Title,
			"href", h.c.Address.Of(r)+"/oembed?"+url.Values{"format": {"json"}, "url": {address}}.Encode()) +
		meta("og:type", "website") + meta("og:site_name", "Parley") + meta("og:title", run.Title) +
		meta("og:description", run.Says) + meta("og:url", address) +
		meta("og:image", picture) + meta("og:image:type", "image/svg+xml") +
		meta("og:image:width", "640") + meta("og:image:height", "480") +
		meta("twitter:card", "summary_large_image") +
		robots + run.recording()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	answer.Send(w, r, http.StatusOK, h.page.Fill(answer.Escape(run.Title)+" – Parley", answer.Escape(run.Says), head), "no-cache")
}

// framed answers GET /embed: the page for frames elsewhere. With s=ID it shows that
// run; otherwise the run is in the fragment, which no server sees.
func (h *Handler) framed(w http.ResponseWriter, r *http.Request) {
	if !answer.Reads(w, r) {
		return
	}
	look, err := ParseLook(r.URL.Query())
	if err != nil {
		refuseFramed(w, r, http.StatusBadRequest, answer.Sentence(err))
		return
	}
	frameable(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	id := r.URL.Query().Get("s")
	if id == "" {
		answer.Send(w, r, http.StatusOK, h.embed.Fill(), "no-cache")
		return
	}
	run, err := h.run(r.Context(), id)
	if err != nil {
		frameable(w.Header())
		blame(w, r, err)
		return
	}
	q := look.Query().Encode()
	if q != "" {
		q = "?" + q
	}
	page := h.embed.Fill(
		answer.Escape(run.Title)+" – Parley",
		"\n"+run.recording(),
		answer.Escape(run.Title), answer.Escape("/s/"+id+q), answer.Escape("/s/"+id+".svg"+q), answer.Escape(run.Title+". "+run.Says),
	)
	answer.Send(w, r, http.StatusOK, page, "no-cache")
}

func refuseFramed(w http.ResponseWriter, r *http.Request, status int, why string) {
	frameable(w.Header())
	answer.Refuse(w, r, status, why)
}

// frameable lets pages elsewhere frame an answer: this is what /embed is for, and no
// other page of the site allows it.
func frameable(h http.Header) {
	policy := []string{"frame-ancestors *"}
	for directive := range strings.SplitSeq(h.Get("Content-Security-Policy"), ";") {
		if directive = strings.TrimSpace(directive); directive != "" && !strings.HasPrefix(directive, "frame-ancestors") {
			policy = append(policy, directive)
		}
	}
	h.Set("Content-Security-Policy", strings.Join(policy, "; "))
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}
