package bot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strings"

	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
	"parley/server/door"
)

// Create asks a site for a room.
func Create(client *http.Client, url, script string) (door.Created, error) {
	if client == nil {
		client = http.DefaultClient
	}
	r, err := client.Post(url+"/rooms", "text/plain; charset=utf-8", strings.NewReader(script))
	if err != nil {
		return door.Created{}, err
	}
	defer func() { _ = r.Body.Close() }()
	var a struct{ ID, Token, Error string }
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		return door.Created{}, fmt.Errorf("POST /rooms: %s: %w", r.Status, err)
	}
	if r.StatusCode != http.StatusCreated {
		return door.Created{}, fmt.Errorf("POST /rooms: %s: %s", r.Status, a.Error)
	}
	return door.Created{ID: a.ID, Token: a.Token}, nil
}

// World runs the recording of a room, as somebody in it knows it, in one World and in one go,
// up to where it was told of.
func (v *View) World() (*sim.World, error) {
	s, err := v.Script()
	if err != nil {
		return nil, err
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		return nil, err
	}
	w, err := sim.New(c)
	if err != nil {
		return nil, err
	}
	if err := w.Schedule(s.Actions); err != nil {
		return nil, err
	}
	w.RunUntil(v.Head.Time, 0)
	return w, nil
}

// Solo says how what World does differs from what was told in the room: nil if it does not.
func (v *View) Solo() error {
	w, err := v.World()
	if err != nil {
		return err
	}
	_, events := w.Drain()
	n := int(v.Head.Events)
	if n > len(events) {
		return fmt.Errorf("alone, the recording has %d events up to %s, and the room has told of %d", len(events), scenario.FormatSpan(v.Head.Time), n)
	}
	if got := trace.Digest(0).AddAll(events[:n]); uint64(got) != v.Head.Digest {
		return fmt.Errorf("alone, the recording is another run: after %d events its digest is %s, and that of the room %s", n, got, trace.Digest(v.Head.Digest))
	}
	return nil
}

// Script returns the recording of the room as somebody in it knows it.
func (v *View) Script() (scenario.Script, error) {
	s, err := scenario.ParseFor(v.Opened.Script, registry.Known())
	if err != nil {
		return s, err
	}
	for _, d := range v.Dids {
		a, err := scenario.ParseAction(d.Line, &s.Setup)
		if err != nil {
			return s, fmt.Errorf("%q: %w", d.Line, err)
		}
		i := sort.Search(len(s.Actions), func(i int) bool { return s.Actions[i].At > a.At })
		s.Actions = append(s.Actions[:i:i], append([]scenario.Action{a}, s.Actions[i:]...)...)
	}
	return s, nil
}
