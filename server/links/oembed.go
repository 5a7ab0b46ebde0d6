package links

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"parley/consensus/replay"
	"parley/server/answer"
)

// The size of an embedded figure, in CSS pixels, unless the one who asks has less room.
const (
	embedWidth  = 640
	embedHeight = 480
	embedMin    = 120
)

// rich is an oEmbed answer (oembed.com, section 2.3.4.4).
type rich struct {
	Version         string `json:"version"`
	Type            string `json:"type"`
	Title           string `json:"title"`
	ProviderName    string `json:"provider_name"`
	ProviderURL     string `json:"provider_url"`
	CacheAge        int    `json:"cache_age"` // seconds
	HTML            string `json:"html"`
	Width           int    `json:"width"`
	Height          int    `json:"height"`
	ThumbnailURL    string `json:"thumbnail_url"`
	ThumbnailWidth  int    `json:"thumbnail_width"`
	ThumbnailHeight int    `json:"thumbnail_height"`
}

// oembed answers GET /oembed?url=…: how to embed the run that an address of this site
// shows, be it a short link or a full one.
func (h *Handler) oembed(w http.ResponseWriter, r *http.Request) {
	if !answer.Reads(w, r) {
		return
	}
	q := r.URL.Query()
	switch f := q.Get("format"); f {
	case "", "json":
	default: // section 2.3.2: 501 for a format that is not there
		answer.Refuse(w, r, http.StatusNotImplemented, "oEmbed is answered as JSON here (format=json).")
		return
	}
	size := [2]int{embedWidth, embedHeight}
	for i, name := range []string{"maxwidth", "maxheight"} {
		if s := q.Get(name); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil || n < embedMin {
				answer.Refuse(w, r, http.StatusBadRequest, name+" is a number of pixels, at least "+strconv.Itoa(embedMin)+".")
				return
			}
			size[i] = min(size[i], n)
		}
	}
	if q.Get("url") == "" {
		answer.Refuse(w, r, http.StatusBadRequest, "oEmbed needs the address to embed (url=…).")
		return
	}
	origin := h.c.Address.Of(r)
	address, err := url.Parse(q.Get("url"))
	if err != nil || address.Scheme+"://"+address.Host != origin || address.User != nil {
		answer.Refuse(w, r, http.StatusNotFound, "The address to embed is not of this site ("+origin+").")
		return
	}
	look, err := ParseLook(address.Query())
	if err != nil {
		answer.Refuse(w, r, http.StatusNotFound, answer.Sentence(err))
		return
	}
	var run Run
	params, fragment := look.Query(), ""
	thumbnail := origin + "/poster.svg"
	if id, ok := strings.CutPrefix(address.Path, "/s/"); ok {
		run, err = h.run(r.Context(), id)
		if err != nil {
			blame(w, r, err)
			return
		}
		thumbnail = origin + "/s/" + id + ".svg"
		if len(params) > 0 {
			thumbnail += "?" + params.Encode()
		}
		params.Set("s", id)
	} else {
		link := address.Fragment
		if address.Path != "/" && address.Path != "" || link == "" {
			answer.Refuse(w, r, http.StatusNotFound, "There is no run at this address that could be embedded.")
			return
		}
		if run, err = h.linked(link); err != nil {
			answer.Refuse(w, r, http.StatusNotFound, "The link does not hold a recording: "+err.Error()+".")
			return
		}
		fragment = "#" + run.Link
		if name := run.name(); name != "" {
			thumbnail = origin + "/s/" + name + ".svg"
		}
	}
	frame := origin + "/embed"
	if len(params) > 0 {
		frame += "?" + params.Encode()
	}
	answer.Share(w.Header())
	answer.Send(w, r, http.StatusOK, answer.Object(rich{
		Version: "1.0", Type: "rich", Title: run.Title, ProviderName: "Parley", ProviderURL: origin + "/", CacheAge: 86400,
		HTML: strings.TrimSpace(answer.Tag("iframe", "src", frame+fragment, "title", run.Title,
			"width", strconv.Itoa(size[0]), "height", strconv.Itoa(size[1]), "loading", "lazy", "style", "border:0;max-width:100%")) + "</iframe>",
		Width: size[0], Height: size[1],
		ThumbnailURL: thumbnail, ThumbnailWidth: embedWidth, ThumbnailHeight: embedHeight,
	}), "public, max-age=3600")
}

// linked returns the run of a full link.
func (h *Handler) linked(link string) (Run, error) {
	if a, err := replay.ParseAddress(link); err == nil && a.Scenario != "" {
		if run, ok := h.c.Named(a.Scenario); ok {
			return run, nil
		}
	}
	return h.c.Read(link)
}
