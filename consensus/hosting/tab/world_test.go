package tab_test

import (
	"bytes"
	"runtime"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// nobody is the host of a World whose engines are elsewhere.
type nobody struct{}

func (nobody) Step(*sim.Work, *consensus.Effects) { panic("no engine is here") }
func (nobody) Crash(consensus.NodeID)             {}
func (nobody) Inspect(consensus.NodeID) (consensus.State, bool) {
	return consensus.State{}, false
}
func (nobody) Clone() sim.Host { return nobody{} }

// relay runs a World whose nodes are in tabs, as a relay does that is out for trouble. Beside
// each tab it has an engine of its own, and holds every answer against what that says.
type relay struct {
	t    *testing.T
	w    *sim.World
	draw consensus.Rand
	tabs []*bench
	log  trace.Log
	did  []frame.Did

	of    []int // the tab of each node, by NodeID-1
	gone  []bool
	own   []consensus.Engine
	disk  [][]byte // what each node has written, durable or not
	whole []bool   // the tab's storage took all of it
	place []hosting.Place
	first map[hosting.Place][]byte // what was answered first

	cuts, reloads, lost, asked, failures, repeats int
}

const runFor = 2 * consensus.Second

func storm(seed uint64) scenario.Setup {
	s := scenario.Defaults()
	s.Engine, s.Nodes, s.Seed = "raft", 3, seed
	s.Dials[scenario.LossRate], s.Dials[scenario.Pace] = 50_000, 20_000
	s.Dials[scenario.DiskTime] = int64(3 * consensus.Millisecond)
	s.Dials[scenario.TornTail] = scenario.Million / 2
	return s
}

func newRelay(t *testing.T, seed uint64) *relay {
	c, err := registry.Config(storm(seed))
	if err != nil {
		t.Fatal(err)
	}
	c.Host = nobody{}
	w, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{
		t: t, w: w, draw: consensus.Rand(seed), of: []int{0, 1, 1}, gone: make([]bool, 2), own: make([]consensus.Engine, 3),
		disk: make([][]byte, 3), whole: make([]bool, 3), place: make([]hosting.Place, 3), first: map[hosting.Place][]byte{},
	}
	for i := range r.place {
		r.place[i].Node = consensus.NodeID(i + 1)
	}
	for range 2 {
		b := newBench(t)
		r.tabs = append(r.tabs, b)
		r.enter(b)
	}
	return r
}

// enter lets a tab in.
func (r *relay) enter(b *bench) {
	b.draw = consensus.Rand(r.draw.Uint64())
	b.enter()
	b.say(opened())
	r.catchUp(b, hosting.Hello{})
}

// catchUp gives a tab what it has not got of the trace, and some of what it has.
func (r *relay) catchUp(b *bench, h hosting.Hello) {
	r.drain()
	for _, d := range r.did[h.Actions:] {
		b.say(d)
	}
	from, text := int(h.Events), int(h.Texts)
	from -= int(r.draw.Below(int64(from + 1)))
	text -= int(r.draw.Below(int64(text + 1)))
	b.say(frame.Events{First: uint32(from), Events: r.log.AppendBytes(nil, from, r.log.Len()), FirstText: uint32(text), Texts: r.log.Texts()[text:]})
	b.say(frame.Head{Time: r.w.Now(), Events: uint32(r.w.Events()), Digest: uint64(r.w.Digest())})
}

func (r *relay) drain() {
	_, list := r.w.Drain()
	for _, e := range list {
		r.log.Append(e)
	}
	for i := len(r.log.Texts()); i < r.w.Texts(); i++ {
		r.log.AddText(r.w.Text(uint32(i)))
	}
}

func (r *relay) one(in int64) bool { return r.draw.Below(in) == 0 }

// run runs the World to its end.
func (r *relay) run() {
	for {
		if k, ok := r.w.Next(runFor); ok {
			r.work(k)
		} else {
			break
		}
		for i := range r.tabs {
			if r.gone[i] || r.one(150) {
				r.reload(i)
			}
		}
		if r.one(30) {
			for i, b := range r.tabs {
				if !r.gone[i] {
					n, _ := b.tab.Events()
					r.catchUp(b, hosting.Hello{Events: uint32(n), Texts: uint32(len(b.log.Texts())), Actions: uint32(len(r.did))})
				}
			}
		}
	}
	for _, b := range r.tabs {
		n, _ := b.tab.Events()
		r.catchUp(b, hosting.Hello{Events: uint32(n), Texts: uint32(len(b.log.Texts())), Actions: uint32(len(r.did))})
	}
}

// work has a piece of work done by the tab that it is for.
func (r *relay) work(k *sim.Work) {
	r.t.Helper()
	i := k.Node - 1
	at := &r.place[i]
	if k.Input.Kind == consensus.InputStart {
		at.Boot, at.Seq = at.Boot+1, 0
	}
	at.Seq++
	w := &hosting.Work{Place: *at, At: k.At, Input: k.Input}
	if k.Input.Kind == consensus.InputStart {
		w.Config = hosting.Config{Nodes: k.Config.Nodes, Seed: k.Config.Seed, Settings: k.Config.Settings, Machine: "kv"}
		w.Disk = hosting.Disk{Size: uint32(len(k.Input.Disk)), Hash: consensus.Hash(k.Input.Disk)}
		r.own[i], _ = registry.Engines()[0].New(k.Node, w.Config)
		r.disk[i], r.whole[i] = bytes.Clone(k.Input.Disk), true
	}
	var fx consensus.Effects
	r.own[i].Step(&k.Input, &fx)
	if fx.Replace {
		r.disk[i] = nil
	}
	r.disk[i] = append(r.disk[i], fx.Write...)
	switch b := r.tabs[r.of[i]]; {
	case r.gone[r.of[i]]:
	case r.one(100):
		r.gone[r.of[i]] = true // it closes before it has answered, and what follows is found otherwise
		r.lost++
		b.tell(w)
	default:
		want := hosting.Append(nil, &hosting.Done{Place: *at, Effects: fx})
		if got := r.answer(b, w, k.Input.Disk); !bytes.Equal(got, want) {
			r.t.Fatalf("%+v was answered with\n%x, want\n%x", *at, got, want)
		}
		if got := b.disks.Load(b.disk(k.Node)); r.whole[i] && !bytes.Equal(got, r.disk[i]) {
			r.t.Fatalf("after %+v the disk is\n%x, want\n%x", *at, got, r.disk[i])
		}
	}
	if err := r.w.Complete(k, &fx); err != nil {
		r.t.Fatal(err)
	}
}

// answer sends work until it is answered, whatever happens to the connection and to the
// storage on the way.
func (r *relay) answer(b *bench, w *hosting.Work, disk []byte) []byte {
	r.t.Helper()
	b.slow = r.one(2)
	if r.one(100) {
		b.broken, r.whole[w.Node-1] = true, false
		r.failures++
	}
	defer func() { b.broken, b.slow = false, false }()
	b.tell(w)
	for range 1000 {
		for len(b.waiting) > 0 && !r.one(3) {
			b.release()
		}
		if r.one(10) { // lost, with or without the answer
			r.cuts++
			r.answered(b.bytes())
			b.sent = nil
			b.cut()
			if r.one(2) {
				b.drain() // while there is no connection
			}
			b.tab.Wake()
			r.catchUp(b, b.connect())
			b.tell(w)
			continue
		}
		p := b.bytes()
		if p == nil {
			if len(b.waiting) == 0 {
				r.t.Fatalf("%+v is not answered; reports: %q", w.Place, b.reports)
			}
			continue
		}
		f, err := hosting.Decode(p)
		if err != nil {
			r.t.Fatal(err)
		}
		switch f := f.(type) {
		case *hosting.Done:
			r.answered(p)
			if f.Place == w.Place {
				return p
			}
		case hosting.WantDisk:
			if r.asked++; bytes.HasPrefix(b.disks.Load(b.disk(w.Node)), disk) && !b.broken {
				r.t.Fatalf("%+v: the tab asks for the disk that it has", w.Place)
			}
			b.tell(given(w, disk))
		default:
			r.t.Fatalf("the tab says %#v", f)
		}
	}
	r.t.Fatal("there is no answer")
	return nil
}

// answered notes an answer, and holds it against what was answered to the same work before.
func (r *relay) answered(p []byte) {
	f, err := hosting.Decode(p)
	d, ok := f.(*hosting.Done)
	if err != nil || !ok {
		return
	}
	if first, ok := r.first[d.Place]; !ok {
		r.first[d.Place] = p
	} else if r.repeats++; !bytes.Equal(first, p) {
		r.t.Fatalf("%+v was answered first with\n%x, and then with\n%x", d.Place, first, p)
	}
}

// reload replaces a tab by another that has the same storage: its nodes crash, and start
// from their disks.
func (r *relay) reload(i int) {
	r.t.Helper()
	r.reloads++
	r.gone[i] = true
	r.tabs[i].drain()
	b := newBench(r.t)
	b.disks = r.tabs[i].disks
	r.each(i, scenario.Crash)
	r.tabs[i], r.gone[i] = b, false
	r.enter(b)
	r.each(i, scenario.Restart)
}

// each does an action to each node of a tab.
func (r *relay) each(tab int, kind scenario.ActionKind) {
	r.t.Helper()
	for node := consensus.NodeID(1); node <= 3; node++ {
		if r.of[node-1] == tab {
			r.act(scenario.Action{Kind: kind, Node: node})
		}
	}
}

// act does an action after all that its moment holds.
func (r *relay) act(a scenario.Action) {
	r.t.Helper()
	for {
		k, ok := r.w.Next(r.w.Now())
		if !ok {
			break
		}
		r.work(k)
	}
	if err := r.w.Act(a); err != nil {
		r.t.Fatal(err)
	}
	a.At = r.w.Now()
	d := frame.Did{Line: a.String()}
	r.did = append(r.did, d)
	for i, b := range r.tabs {
		if !r.gone[i] {
			b.say(d)
		}
	}
}

// Whatever is lost on the way, a World whose nodes are in tabs is the one that its recording
// gives in one piece: each input is stepped once, each answer is the same bytes however often
// it is given, and each disk holds what was written to it.
func TestAWorldInTabs(t *testing.T) {
	var all relay
	runs := 60
	if runtime.GOOS == "js" {
		runs = 12 // it is slower there
	}
	for seed := uint64(1); seed <= uint64(runs); seed++ {
		r := newRelay(t, seed)
		r.run()
		c, err := registry.Config(storm(seed))
		if err != nil {
			t.Fatal(err)
		}
		solo, err := sim.New(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := solo.Schedule(r.w.Actions()); err != nil {
			t.Fatal(err)
		}
		solo.RunUntil(runFor, 0)
		if solo.Digest() != r.w.Digest() || solo.Events() != r.w.Events() || solo.Events() < 500 {
			t.Fatalf("seed %d: %d events with digest %v in tabs, %d with %v in one piece", seed, r.w.Events(), r.w.Digest(), solo.Events(), solo.Digest())
		}
		for _, b := range r.tabs {
			if n, d := b.tab.Events(); n != solo.Events() || d != solo.Digest() || b.log.Digest(n) != d || len(b.reports) > 0 {
				t.Fatalf("seed %d: a tab has %d events with digest %v, its page %v; reports: %q", seed, n, d, b.log.Digest(b.log.Len()), b.reports)
			}
		}
		all.cuts, all.reloads, all.lost = all.cuts+r.cuts, all.reloads+r.reloads, all.lost+r.lost
		all.asked, all.failures, all.repeats = all.asked+r.asked, all.failures+r.failures, all.repeats+r.repeats
	}
	if least := min(all.cuts/10, all.reloads, all.lost, 2*all.asked, all.failures, all.repeats/2); least < runs/2 {
		t.Errorf("too little happened for this test to mean something: %d cuts, %d reloads, %d without an answer, %d disks asked for, %d failures, %d repeats",
			all.cuts, all.reloads, all.lost, all.asked, all.failures, all.repeats)
	}
}
