// Package door is where one asks for a live room, and comes to one by its address: POST
// /rooms makes a room of a script, /r/ID is the playground that will join it. It knows no
// socket and no clock of its own, so that it answers the same way at every relay: a [Handler]
// stands on [Rooms].
package door

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"parley/server/answer"
	"parley/server/room"
	"parley/server/visitor"
)

// ScriptMax is the largest size of a script of which a room is made, in bytes.
const ScriptMax = 64 << 10

// Rooms is what the door leads to. It is safe for concurrent use.
type Rooms interface {
	// Create makes a room of a script and keeps it. The error is one of those below, or a
	// *ScriptError; any other is no fault of the one who asks.
	Create(ctx context.Context, script string) (Created, error)
	// Find says what a room is about; ErrNone if there is none of that ID.
	Find(ctx context.Context, id string) (room.About, error)
}

// Created is a new room.
type Created struct {
	ID    string
	Token string // of its owner, who is its first member
}

// What Rooms may answer.
var (
	ErrNone = errors.New("there is no such room")
	ErrFull = errors.New("there are as many rooms as there may be")
	ErrStop = errors.New("the relay is about to stop")
)

// ScriptError says what is wrong with a script.
type ScriptError struct{ Why error }

// Error returns a sentence without a full stop.
func (e *ScriptError) Error() string { return e.Why.Error() }

// Unwrap returns what is wrong.
func (e *ScriptError) Unwrap() error { return e.Why }

// Config is what a Handler is made of.
type Config struct {
	Rooms Rooms
	// Kept says that rooms are still there when the server was started anew.
	Kept bool
	// Page is the playground.
	Page []byte
	// Address is how the site is reached.
	Address visitor.Address
	// Origins are those of other sites whose pages may make rooms here.
	Origins []string
	// Limit says whether a client may make one more room; nil: yes.
	Limit visitor.Limiter
	// Client names who asks, for Limit; nil: by the connection's address.
	Client func(*http.Request) string
}

// Handler answers for the addresses of rooms. Mount adds it to a mux.
type Handler struct {
	c      Config
	page   answer.Page
	script answer.Post
}

// pageSlots are those of the playground: the title, and room for more behind the
// description, before any script.
var pageSlots = []answer.Slot{
	{Before: "<title>", After: "</title>"},
	{Before: `<meta name="description" content="`, After: `"`},
	{Before: ">"},
}

// New returns a handler. The error says what is wrong with the page or with an origin.
func New(c Config) (*Handler, error) {
	h := &Handler{c: c, script: answer.Post{
		Max: ScriptMax, Wait: visitor.Wait(c.Limit, c.Client),
		Method:  "A script is sent to this address (POST) to make a room of it.",
		Foreign: "Rooms are made from the playground's own pages, not by another site in a visitor's name.",
		Large:   "The script of a room has at most " + strconv.Itoa(ScriptMax) + " bytes.",
		Cut:     "The script did not arrive whole.",
		Binary:  "A script is text (UTF-8), and this is not.",
		Empty:   `There is no script in the request. The shortest says how many nodes there are: "nodes 5".`,
		Often:   "You have made many rooms in a short time. In SECONDS seconds there can be another.",
	}}
	err := h.script.Trust(c.Origins)
	if err != nil {
		return nil, err
	}
	h.page, err = answer.ParsePage("the playground", c.Page, pageSlots...)
	return h, err
}

// Mount adds the handler's addresses to a mux.
func (h *Handler) Mount(mux *http.ServeMux) {
	mux.HandleFunc("/rooms", h.create)
	mux.HandleFunc("/r/{id}", h.show)
}

// create answers POST /rooms: the script in the body becomes a room.
func (h *Handler) create(w http.ResponseWriter, r *http.Request) {
	if !h.script.Admits(w, r) {
		return
	}
	script, ok := h.script.Text(w, r)
	if !ok {
		return
	}
	made, err := h.c.Rooms.Create(r.Context(), script)
	var wrong *ScriptError
	switch {
	case errors.As(err, &wrong):
		answer.Refuse(w, r, http.StatusUnprocessableEntity, "There can be no room of this script: "+wrong.Error()+".")
	case errors.Is(err, ErrFull):
		answer.Refuse(w, r, http.StatusInsufficientStorage, "There are as many rooms here as there may be. One will be free when another has ended; until then the playground runs without a room.")
	case errors.Is(err, ErrStop):
		w.Header().Set("Retry-After", "5")
		answer.Refuse(w, r, http.StatusServiceUnavailable, "The server is being started anew. Try again in a few seconds.")
	case err != nil:
		answer.Refuse(w, r, http.StatusInternalServerError, "The room could not be made, by no fault of yours. Try again.")
	default:
		address := h.c.Address.Of(r) + "/r/" + made.ID
		w.Header().Set("Location", address)
		answer.Send(w, r, http.StatusCreated, answer.Object(struct {
			ID    string `json:"id"`
			Token string `json:"token"`
			URL   string `json:"url"`
			Kept  bool   `json:"kept"` // the room is still there when the server was started anew
		}{made.ID, made.Token, address, h.c.Kept}), "")
	}
}

// show answers GET /r/ID: the playground, which finds in its head which room to join and
// which engine that needs.
func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	if !answer.Reads(w, r) {
		return
	}
	id := r.PathValue("id")
	if !room.ValidID(id) {
		answer.Refuse(w, r, http.StatusNotFound, "This is not the address of a room: after /r/ it has 26 letters and digits. It may have been cut off.")
		return
	}
	about, err := h.c.Rooms.Find(r.Context(), id)
	switch {
	case errors.Is(err, ErrNone):
		answer.Refuse(w, r, http.StatusNotFound, "There is no room at this address: it has ended, nobody was in it for long, or the address was mistyped. In the playground you can open another one.")
		return
	case err != nil:
		answer.Refuse(w, r, http.StatusInternalServerError, "The room could not be looked up, by no fault of yours. Try again.")
		return
	}
	title := ""
	if about.Title != "" {
		title = answer.Escape(about.Title) + " – Parley"
	}
	// Whoever has the address can come in, so it is not for search engines.
	head := "\n" + answer.Tag("meta", "name", "robots", "content", "noindex") +
		answer.Tag("meta", "name", "parley-room", "content", id, "data-engine", about.Engine, "data-nodes", strconv.Itoa(about.Nodes), "data-kept", strconv.FormatBool(h.c.Kept))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	answer.Send(w, r, http.StatusOK, h.page.Fill(title, "", head), "no-cache")
}

// NoSocket answers who comes to the address of a room's socket without asking for one.
func NoSocket(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Upgrade", "websocket")
	answer.Refuse(w, r, http.StatusUpgradeRequired, "This is the address of a room's socket. A person goes to /r/ and the room's ID.")
}

// Stranger answers a page that may not open a socket here (room.Admits).
func Stranger(w http.ResponseWriter, r *http.Request) {
	answer.Refuse(w, r, http.StatusForbidden, "Pages of this origin may not come into the rooms of this server.")
}
