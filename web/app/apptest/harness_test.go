package apptest

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/wasm/engine/runner"
	"parley/web/app"
)

// page is a model with an engine behind it. Frames travel through their encoding, and
// answers come when the test pumps.
type page struct {
	*app.Model
	t      *testing.T
	runner *runner.Runner
	store  map[string]string
	to     [][]byte // commands on their way
	from   [][]byte // answers on their way
	last   uint32
	dead   bool
}

// Send takes a command of the model.
func (p *page) Send(f frame.Frame) uint32 {
	p.last++
	if !p.dead {
		p.to = append(p.to, frame.Append(nil, p.last, f))
	}
	return p.last
}

// Restart makes a new engine.
func (p *page) Restart() {
	p.to, p.from, p.dead = nil, nil, false
	p.runner = runner.New(func(b []byte) { p.from = append(p.from, append([]byte(nil), b...)) })
	p.runner.Ready()
}

// Keep and Kept are the browser's storage.
func (p *page) Keep(key, value string) { p.store[key] = value }
func (p *page) Kept(key string) string { return p.store[key] }

// open opens the page; with the storage of another it is a reload of that.
func open(t *testing.T, before *page) *page {
	t.Helper()
	p := &page{t: t, store: map[string]string{}}
	if before != nil {
		before.KeepPlace()
		p.store = before.store
	}
	p.Model = app.NewModel(p, p)
	p.Restart()
	p.pump()
	if p.Phase != app.Running {
		t.Fatalf("the page is in phase %d after it was opened", p.Phase)
	}
	return p
}

// pump carries frames until neither side has more to say.
func (p *page) pump() {
	p.t.Helper()
	for len(p.to)+len(p.from) > 0 {
		to, from := p.to, p.from
		p.to, p.from = nil, nil
		for _, b := range to {
			p.runner.Receive(b)
		}
		for _, b := range from {
			number, f, err := frame.Decode(b)
			if err != nil {
				p.t.Fatal(err)
			}
			p.Receive(f, number)
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
