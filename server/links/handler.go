package links

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"parley/consensus/scenario"
	"parley/server/answer"
	"parley/server/visitor"
)

// Run is a recording as the handler needs it.
type Run struct {
	Title  string // as its author called it, or what it is
	Says   string // a sentence about it
	Engine string // its algorithm's name
	Link   string // as the fragment of an address, without #; this is what is kept: equal recordings have equal links
	JSON   []byte // as an object, for programs
	Script scenario.Script
	// Other says that the run had another behaviour than the algorithm has here: what
	// is drawn of it here might not have happened.
	Other bool
}

// name returns the name of a run that is there without being kept, "" for others.
func (r *Run) name() string {
	name, named := strings.CutPrefix(r.Link, "s=")
	if !named {
		return ""
	}
	return name
}

// Config is what a Handler is made of.
type Config struct {
	// Store keeps the links; nil keeps none.
	Store Store
	// Read reads a recording, as a text or as a link. Its error is a sentence
	// without a full stop.
	Read func(text string) (Run, error)
	// Named returns a run that is there without being kept, at /s/NAME.
	Named func(name string) (Run, bool)
	// Poster draws a moment of a run as SVG. A *LookError blames the look that was
	// asked for; any other error the run.
	Poster func(ctx context.Context, run Run, look Look) ([]byte, error)
	// Plain is the picture of no run in particular.
	Plain []byte
	// Page is the playground, Embed the page for frames elsewhere (see page.go).
	Page, Embed []byte
	// Address is how the site is reached.
	Address visitor.Address
	// Limit says whether a client may keep one more link; nil: yes.
	Limit visitor.Limiter
	// Client names who asks, for Limit; nil: by the connection's address.
	Client func(*http.Request) string
}

// LookError says what is wrong with the look that was asked for.
type LookError struct{ Why error }

// Error returns a sentence without a full stop.
func (e *LookError) Error() string { return e.Why.Error() }

// Handler answers for short links, embeds and oEmbed. Mount adds it to a mux.
type Handler struct {
	c         Config
	page      answer.Page
	embed     answer.Page
	recording answer.Post
}

// New returns a handler. The error says what is wrong with the pages.
func New(c Config) (*Handler, error) {
	h := &Handler{c: c, recording: answer.Post{
		Max: SizeMax, Wait: visitor.Wait(c.Limit, c.Client),
		Method:  "A recording is sent to this address (POST) to get a short link.",
		Foreign: "Short links are made from the playground's own pages, not by another site in a visitor's name.",
		Large:   "A recording that gets a short link has at most " + strconv.Itoa(SizeMax) + " bytes; keep this one as a file.",
		Cut:     "The recording did not arrive whole.",
		Binary:  "A recording is text (UTF-8), and this is not.",
		Empty:   "There is no recording in the request: send its text, or its link.",
		Often:   "You have made many short links in a short time. In SECONDS seconds there can be another; the full link works now.",
	}}
	var err error
	if h.page, err = answer.ParsePage("the playground", c.Page, pageSlots...); err != nil {
		return nil, err
	}
	h.embed, err = answer.ParsePage("the page for frames", c.Embed, embedSlots...)
	return h, err
}

// Mount adds the handler's addresses to a mux.
func (h *Handler) Mount(mux *http.ServeMux) {
	mux.HandleFunc("/s", h.keep)
	mux.HandleFunc("/s/{name}", h.show)
	mux.HandleFunc("/embed", h.framed)
	mux.HandleFunc("/oembed", h.oembed)
	mux.HandleFunc("/poster.svg", h.plain)
}

// keep answers POST /s: a recording in the body, as a text or a link, gets a short
// address.
func (h *Handler) keep(w http.ResponseWriter, r *http.Request) {
	if !h.recording.Admits(w, r) {
		return
	}
	if h.c.Store == nil {
		answer.Refuse(w, r, http.StatusServiceUnavailable, "This server keeps no short links: it was started without a folder for them (-data). The full link works everywhere.")
		return
	}
	text, ok := h.recording.Text(w, r)
	if !ok {
		return
	}
	run, err := h.c.Read(text)
	if err != nil {
		answer.Refuse(w, r, http.StatusUnprocessableEntity, "This is not a recording: "+err.Error()+".")
		return
	}
	if len(run.Link) > SizeMax {
		answer.Refuse(w, r, http.StatusRequestEntityTooLarge, "As a link, this recording has "+strconv.Itoa(len(run.Link))+" characters; a short one takes at most "+strconv.Itoa(SizeMax)+". Keep it as a file.")
		return
	}
	id, err := Keep(r.Context(), h.c.Store, []byte(run.Link))
	switch {
	case errors.Is(err, ErrFull):
		answer.Refuse(w, r, http.StatusInsufficientStorage, "This server has no room for more short links. The full link works everywhere.")
	case err != nil:
		answer.Refuse(w, r, http.StatusInternalServerError, "The link could not be kept, by no fault of yours. The full link works everywhere.")
	default:
		address := h.c.Address.Of(r) + "/s/" + id
		w.Header().Set("Location", address)
		answer.Send(w, r, http.StatusCreated, answer.Object(struct {
			ID  string `json:"id"`
			URL string `json:"url"`
		}{id, address}), "")
	}
}

// show answers GET /s/ID, /s/ID.svg and /s/ID.json.
func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	if !answer.Reads(w, r) {
		return
	}
	id, form, _ := strings.Cut(r.PathValue("name"), ".")
	run, err := h.run(r.Context(), id)
	if err != nil {
		blame(w, r, err)
		return
	}
	switch form {
	case "":
		h.playground(w, r, id, run)
	case "json":
		caching := "public, max-age=31536000, immutable"
		if run.name() != "" {
			caching = "no-cache" // a scenario may be told better one day
		}
		answer.Share(w.Header())
		answer.Send(w, r, http.StatusOK, run.JSON, caching)
	case "svg":
		look, err := ParseLook(r.URL.Query())
		if err != nil {
			answer.Refuse(w, r, http.StatusBadRequest, answer.Sentence(err))
			return
		}
		if run.Other {
			showPicture(w, r, h.c.Plain) // which is of no run, rather than of another one
			return
		}
		picture, err := h.c.Poster(r.Context(), run, look)
		var wrong *LookError
		switch {
		case errors.As(err, &wrong):
			answer.Refuse(w, r, http.StatusBadRequest, answer.Sentence(err))
		case err != nil:
			answer.Refuse(w, r, http.StatusUnprocessableEntity, "There is no picture of this run: "+err.Error()+".")
		default:
			showPicture(w, r, picture)
		}
	default:
		answer.Refuse(w, r, http.StatusNotFound, "A run is shown as a page, .svg or .json, not as that.")
	}
}

// plain answers GET /poster.svg: a picture for figures whose run no server knows.
func (h *Handler) plain(w http.ResponseWriter, r *http.Request) {
	if answer.Reads(w, r) {
		showPicture(w, r, h.c.Plain)
	}
}

// showPicture answers with a picture, for pages anywhere. It is drawn by a program
// that gets better, so it is not kept for ever.
func showPicture(w http.ResponseWriter, r *http.Request, svg []byte) {
	answer.Share(w.Header())
	// Opened by itself it is a document. It has no scripts; should a fault of ours
	// put one in, it does not run.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	w.Header().Set("Content-Type", "image/svg+xml")
	answer.Send(w, r, http.StatusOK, svg, "public, max-age=86400, stale-while-revalidate=604800")
}

// missing is why a link leads nowhere.
type missing struct {
	status int
	why    string
}

func (m *missing) Error() string { return m.why }

// run returns the recording that is kept under an ID; the error is a *missing.
func (h *Handler) run(ctx context.Context, id string) (Run, error) {
	if run, ok := h.c.Named(id); ok {
		return run, nil
	}
	if !isID(id) {
		return Run{}, &missing{http.StatusNotFound, "This is no short link: one has at least " + strconv.Itoa(idMin) + " letters, digits, - and _ after /s/. It may have been cut off."}
	}
	if h.c.Store == nil {
		return Run{}, &missing{http.StatusNotFound, "This server keeps no short links."}
	}
	content, err := h.c.Store.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNone):
		return Run{}, &missing{http.StatusNotFound, "There is no run under this short link here. It may have been mistyped, or made on another server."}
	case err != nil:
		return Run{}, &missing{http.StatusInternalServerError, "The link could not be looked up, by no fault of yours. Try again."}
	case !Check(id, content):
		return Run{}, &missing{http.StatusInternalServerError, "What is kept under this link has been damaged, and is not shown."}
	}
	run, err := h.c.Read(string(content))
	if err != nil {
		return Run{}, &missing{http.StatusInternalServerError, "What is kept under this link cannot be read by this version of Parley: " + err.Error() + "."}
	}
	return run, nil
}

func blame(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	var m *missing
	if errors.As(err, &m) {
		status = m.status
	}
	answer.Refuse(w, r, status, err.Error())
}
