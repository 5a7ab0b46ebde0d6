//go:build js

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/syumai/workers/cloudflare"

	"parley/server/door"
	"parley/server/room"
)

// rooms are door.Rooms, each of which is a Durable Object (room.mjs).
type rooms struct{ binding string }

// answerMax bounds what an object has to say, in bytes.
const answerMax = 64 << 10

// Create makes a room of a script; see door.Rooms.
func (r rooms) Create(_ context.Context, script string) (door.Created, error) {
	draw := func(b []byte) { _, _ = rand.Read(b) } // it does not fail (crypto/rand)
	made := door.Created{ID: room.NewID(draw), Token: room.NewToken(draw)}
	body, err := json.Marshal(map[string]string{"id": made.ID, "token": made.Token, "script": script})
	if err != nil {
		return made, err
	}
	status, said, err := r.ask(made.ID, http.MethodPost, "create", body)
	switch {
	case err != nil:
		return made, err
	case status == http.StatusUnprocessableEntity:
		return made, &door.ScriptError{Why: errors.New(said)}
	case status != http.StatusCreated:
		return made, fmt.Errorf("make a room: the object answers %d", status)
	}
	return made, nil
}

// Find says what a room is about; see door.Rooms.
func (r rooms) Find(_ context.Context, id string) (room.About, error) {
	status, said, err := r.ask(id, http.MethodGet, "about", nil)
	switch {
	case err != nil:
		return room.About{}, err
	case status == http.StatusNotFound:
		return room.About{}, door.ErrNone
	case status != http.StatusOK:
		return room.About{}, fmt.Errorf("look up a room: the object answers %d", status)
	}
	engine, said, _ := strings.Cut(said, "\n")
	nodes, title, _ := strings.Cut(said, "\n")
	n, err := strconv.Atoi(nodes)
	if err != nil {
		return room.About{}, fmt.Errorf("look up a room: %w", err)
	}
	return room.About{Engine: engine, Title: title, Nodes: n}, nil
}

// ask asks the object of a room.
func (r rooms) ask(id, method, what string, body []byte) (status int, said string, err error) {
	all, err := cloudflare.NewDurableObjectNamespace(r.binding)
	if err != nil {
		return 0, "", err
	}
	object, err := all.Get(all.IdFromName(id))
	if err != nil {
		return 0, "", err
	}
	request, err := http.NewRequest(method, "https://room/"+what, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body == nil {
		request.Body = nil
	}
	answer, err := object.Fetch(request)
	if err != nil {
		return 0, "", fmt.Errorf("ask the object of a room: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(answer.Body, answerMax))
	return answer.StatusCode, string(b), err
}

// noSocket answers who comes to a room's socket without asking for one; worker.mjs leads
// the others to the room. It is an api.Part.
type noSocket struct{}

// Mount adds the address to a mux.
func (noSocket) Mount(mux *http.ServeMux) { mux.HandleFunc("/rooms/{id}/socket", refuseSocket) }

func refuseSocket(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		door.Stranger(w, r)
		return
	}
	door.NoSocket(w, r)
}
