package view_test

import (
	"testing"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/machine"
	"parley/consensus/paxos"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
	"parley/web/view"
)

const ms = consensus.Millisecond

// run is a World whose trace goes into a Store, frame by frame, as on the page.
type run struct {
	t     *testing.T
	world *sim.World
	store view.Store
	texts int
}

// newRun opens the run of a script.
func newRun(t *testing.T, script string) *run {
	t.Helper()
	sc, err := scenario.Parse(script)
	if err != nil {
		t.Fatal(err)
	}
	algorithm := raft.Algorithm()
	for _, a := range []consensus.Algorithm{paxos.Synod(), paxos.MultiPaxos()} {
		if a.Protocol.Name == sc.Setup.Engine {
			algorithm = a
		}
	}
	w, err := sim.New(sim.Config{
		Setup: sc.Setup, Algorithm: algorithm,
		NewMachine: func() consensus.Machine { return new(machine.KV) },
		Watch:      check.New(algorithm.Protocol, sc.Setup.Nodes),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(sc.Actions); err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, world: w}
	r.store.Open(w.Protocol(), sc.Setup)
	return r
}

// until runs on until a moment.
func (r *run) until(at consensus.Time) *run {
	r.t.Helper()
	r.world.RunUntil(at, 0)
	first, events := r.world.Drain()
	var b []byte
	for i := range events {
		b = events[i].Append(b)
	}
	var texts []string
	firstText := r.texts
	for ; r.texts < r.world.Texts(); r.texts++ {
		texts = append(texts, r.world.Text(uint32(r.texts)))
	}
	if err := r.store.Add(uint32(first), b, uint32(firstText), texts); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// end is the cursor behind all events.
func (r *run) end() view.Cursor { return r.store.At(r.store.Len()) }

// find returns the first event from number i on that ok accepts.
func (r *run) find(i int, ok func(e *trace.Event) bool) int {
	r.t.Helper()
	for ; i < r.store.Len(); i++ {
		if ok(r.store.Event(i)) {
			return i
		}
	}
	r.t.Fatal("there is no such event")
	return -1
}
