package links

import (
	"bytes"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// A page is built by somebody else; what is particular to a run stands in slots of it.
// A slot is what stands between two strings, which are looked for in their order.
type slot struct{ before, after string }

var (
	// pageSlots are those of the playground: the title, the description, and room for
	// more behind it, before any script.
	pageSlots = []slot{{"<title>", "</title>"}, {`<meta name="description" content="`, `"`}, {">", ""}}
	// embedSlots are those of the page for frames: the title, room in the head, the
	// run's name, the way to the playground, the poster and what it shows.
	embedSlots = []slot{{"<title>", "</title>"}, {`<meta name="robots" content="noindex">`, ""}, {`id="name">`, "<"}, {`id="open" href="`, `"`}, {`id="still" src="`, `"`}, {`alt="`, `"`}}
)

// template is a page cut into pieces: those that stay, and between them the slots with
// what they hold when nothing is put into them.
type template struct {
	fixed   [][]byte
	between [][]byte
}

func parseTemplate(name string, page []byte, slots ...slot) (template, error) {
	var t template
	for _, s := range slots {
		begin := bytes.Index(page, []byte(s.before))
		if begin < 0 {
			return t, errors.New(name + " has no " + s.before)
		}
		begin += len(s.before)
		end := bytes.Index(page[begin:], []byte(s.after))
		if end < 0 {
			return t, errors.New(name + " has no " + s.after + " after " + s.before)
		}
		end += begin
		t.fixed, t.between = append(t.fixed, page[:begin]), append(t.between, page[begin:end])
		page = page[end:]
	}
	t.fixed = append(t.fixed, page)
	return t, nil
}

// fill returns the page with its slots filled. What is put in is markup; "" leaves the
// slot as it was.
func (t template) fill(slots ...string) []byte {
	var b []byte
	for i, f := range t.fixed {
		b = append(b, f...)
		switch {
		case i < len(slots) && slots[i] != "":
			b = append(b, slots[i]...)
		case i < len(t.between):
			b = append(b, t.between[i]...)
		}
	}
	return b
}

// escape makes text safe between tags and between the quotes of an attribute.
func escape(s string) string { return html.EscapeString(s) }

// tag writes an element without content: its name, then attributes and their values.
func tag(name string, attributes ...string) string {
	var b strings.Builder
	b.WriteString("    <" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		b.WriteString(" " + attributes[i] + `="` + escape(attributes[i+1]) + `"`)
	}
	b.WriteString(">\n")
	return b.String()
}

// recording is the element that carries a page's run, as a link without #, and says
// which engine it needs, so that the page need not read it before it loads that.
func (r *Run) recording() string {
	return tag("meta", "name", "parley-recording", "content", r.Link, "data-engine", r.Engine)
}

// playground answers GET /s/ID: the playground with the run in it.
func (h *Handler) playground(w http.ResponseWriter, r *http.Request, id string, run Run) {
	look, err := ParseLook(r.URL.Query())
	if err != nil {
		look = Look{} // the run is what was asked for
	}
	here := h.origin(r) + "/s/" + id
	address, picture := here, here+".svg"
	if q := look.Query().Encode(); q != "" {
		address, picture = address+"?"+q, picture+"?"+q
	}
	meta := func(name, content string) string {
		kind := "property"
		if !strings.HasPrefix(name, "og:") {
			kind = "name"
		}
		return tag("meta", kind, name, "content", content)
	}
	robots := ""
	if run.name() == "" { // what strangers write is not for search engines to find here
		robots = meta("robots", "noindex")
	}
	head := "\n" + tag("link", "rel", "canonical", "href", here) +
		tag("link", "rel", "alternate", "type", "application/json+oembed", "title", run.Title,
			"href", h.origin(r)+"/oembed?"+url.Values{"format": {"json"}, "url": {address}}.Encode()) +
		meta("og:type", "website") + meta("og:site_name", "Parley") + meta("og:title", run.Title) +
		meta("og:description", run.Says) + meta("og:url", address) +
		meta("og:image", picture) + meta("og:image:type", "image/svg+xml") +
		meta("og:image:width", "640") + meta("og:image:height", "480") +
		meta("twitter:card", "summary_large_image") +
		robots + run.recording()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	answer(w, r, http.StatusOK, h.page.fill(escape(run.Title)+" – Parley", escape(run.Says), head), "no-cache")
}

// framed answers GET /embed: the page for frames elsewhere. With s=ID it shows that
// run; otherwise the run is in the fragment, which no server sees.
func (h *Handler) framed(w http.ResponseWriter, r *http.Request) {
	if !reads(w, r) {
		return
	}
	look, err := ParseLook(r.URL.Query())
	if err != nil {
		refuseFramed(w, r, http.StatusBadRequest, sentence(err))
		return
	}
	frameable(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	id := r.URL.Query().Get("s")
	if id == "" {
		answer(w, r, http.StatusOK, h.embed.fill(), "no-cache")
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
	page := h.embed.fill(
		escape(run.Title)+" – Parley",
		"\n"+run.recording(),
		escape(run.Title), escape("/s/"+id+q), escape("/s/"+id+".svg"+q), escape(run.Title+". "+run.Says),
	)
	answer(w, r, http.StatusOK, page, "no-cache")
}

func refuseFramed(w http.ResponseWriter, r *http.Request, status int, why string) {
	frameable(w.Header())
	refuse(w, r, status, why)
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

// origin is where the site is, for addresses that are sent away.
func (h *Handler) origin(r *http.Request) string {
	if h.c.Origin != "" {
		return h.c.Origin
	}
	return h.c.Scheme(r) + "://" + r.Host
}
