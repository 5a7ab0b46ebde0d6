package apptest

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/wasm/engine/runner"
	"parley/web/app"
)

// page is a model with engines behind it. Frames travel through their encoding, and
// answers come when the test pumps.
type page struct {
	*app.Model
	t       *testing.T
	engines [2]*engine
	store   map[string]string
	dead    bool // no engine hears anything
	relay   *relay
}

// engine is what a worker is in a browser: it has one algorithm.
type engine struct {
	p         *page
	side      int
	algorithm string
	runner    *runner.Runner
	to        [][]byte // commands on their way
	from      [][]byte // answers on their way
	last      uint32
}

// Send takes a command of the model.
func (e *engine) Send(f frame.Frame) uint32 {
	e.last++
	if !e.p.dead {
		e.to = append(e.to, frame.Append(nil, e.last, f))
	}
	return e.last
}

// Restart makes a new engine.
func (e *engine) Restart(algorithm string) {
	e.p.dead = false
	e.to, e.algorithm = nil, algorithm
	post := func(b []byte) { e.from = append(e.from, append([]byte(nil), b...)) }
	e.from = nil
	if algorithm == earlierRaft {
		e.runner = newEarlier(post)
		e.runner.Ready()
		return
	}
	e.from = [][]byte{frame.Append(nil, 0, frame.Ready{Build: "parley " + algorithm + "/1"})}
	e.runner = runner.New(post)
}

// Stop ends the engine.
func (e *engine) Stop() { e.to, e.from, e.runner = nil, nil, nil }

// Keep and Kept are the browser's storage.
func (p *page) Keep(key, value string) { p.store[key] = value }
func (p *page) Kept(key string) string { return p.store[key] }

// open opens the page; with the storage of another it is a reload of that.
func open(t *testing.T, before *page) *page {
	t.Helper()
	p := &page{t: t, store: map[string]string{}}
	if before != nil {
		if before.Model != nil {
			before.KeepPlace()
		}
		p.store = before.store
	}
	p.load()
	if p.Phase != app.Running {
		t.Fatalf("the page is in phase %d after it was opened", p.Phase)
	}
	return p
}

// load makes the model of a page that was just loaded, and lets it open its run.
func (p *page) load() {
	p.t.Helper()
	for side := range p.engines {
		p.engines[side] = &engine{p: p, side: side}
	}
	p.Model = app.NewModel(func(side int) app.Link { return p.engines[side] }, p)
	p.Offered = []string{"raft", "multipaxos", "synod"}
	p.engines[0].Restart("raft") // whatever was kept: the model asks for another if need be
	p.pump()
}

// pump carries frames until neither side has more to say.
func (p *page) pump() {
	p.t.Helper()
	for busy := true; busy; {
		busy = false
		for _, e := range p.engines {
			to, from := e.to, e.from
			e.to, e.from = nil, nil
			busy = busy || len(to)+len(from) > 0
			for _, b := range to {
				if p.relay == nil || !p.relay.take(b) {
					e.runner.Receive(b)
				}
			}
			for _, b := range from {
				number, f, err := frame.Decode(b)
				if err != nil {
					p.t.Fatal(err)
				}
				p.Receive(e.side, f, number)
			}
		}
	}
}

// play lets so much real time pass, a sixtieth of a second at a time.
func (p *page) play(real consensus.Duration) {
	p.t.Helper()
	for ; real > 0; real -= consensus.Second / 60 {
		p.Tick(consensus.Second / 60)
		p.pump()
	}
}

// until plays until the condition holds, for a minute of real time at most.
func (p *page) until(what string, done func() bool) {
	p.t.Helper()
	for range 60 * 60 {
		if done() {
			return
		}
		p.Tick(consensus.Second / 60)
		p.pump()
	}
	p.t.Fatalf("a minute passed without %s; the headline is %q", what, p.Screen().Top.Headline)
}

// leads reports whether the headline names a leader.
func (p *page) leads() bool { return strings.Contains(p.Screen().Top.Headline, " leads ") }

// leader returns the node that leads at the moment that is shown.
func (p *page) leader() consensus.NodeID { return p.Store.Status(p.Cursor).Leader }

// notice returns the texts of the notices.
func (p *page) notices() string {
	var all []string
	for _, n := range p.Screen().Notices {
		all = append(all, n.Text)
	}
	return strings.Join(all, "\n")
}

// acted does something and takes in what follows at once.
func (p *page) acted(f func()) {
	p.t.Helper()
	f()
	p.pump()
}
