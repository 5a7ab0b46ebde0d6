package sim_test

import (
	"reflect"
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// input is a copy of the part of an input that its kind uses.
func input(in *consensus.Input) consensus.Input {
	c := consensus.Input{Kind: in.Kind, Now: in.Now}
	switch in.Kind {
	case consensus.InputStart:
		c.Disk = append([]byte{}, in.Disk...)
	case consensus.InputMessage:
		c.Message = in.Message
		c.Message.Data = append([]byte{}, in.Message.Data...)
	case consensus.InputTimer:
		c.Timer = in.Timer
	case consensus.InputRequest:
		c.Request = in.Request
		c.Request.Command = append([]byte{}, in.Request.Command...)
	case consensus.InputConfigure:
		c.Settings = in.Settings
		c.Settings.Options = slices.Clone(in.Settings.Options)
	}
	return c
}

// copied is a copy of work that stays what it is.
func copied(k *sim.Work) sim.Work {
	c := sim.Work{Node: k.Node, At: k.At, Input: input(&k.Input)}
	if k.Input.Kind == consensus.InputStart {
		c.Config = k.Config
		c.Config.Settings.Options = slices.Clone(k.Config.Settings.Options)
	}
	return c
}

// seer carries inputs and holds what the World foresaw against what it hands out.
type seer struct {
	elsewhere
	known map[consensus.NodeID]sim.Work // foreseen, and not handed out yet
	list  []sim.Work
	all   int // how much was foreseen
	kinds map[consensus.InputKind]int
}

func newSeer() *seer {
	return &seer{
		elsewhere: elsewhere{engines: map[consensus.NodeID]consensus.Engine{}},
		known:     map[consensus.NodeID]sim.Work{}, kinds: map[consensus.InputKind]int{},
	}
}

// foresee asks the World; what it foresaw before it must not foresee otherwise now.
func (f *seer) foresee(t *testing.T, w *sim.World, out consensus.NodeID, until consensus.Time) {
	t.Helper()
	events, digest := w.Events(), w.Digest()
	f.list = w.Foresee(f.list[:0], until)
	if w.Events() != events || w.Digest() != digest {
		t.Fatal("foreseeing left a trace")
	}
	seen := map[consensus.NodeID]bool{}
	for i := range f.list {
		k := copied(&f.list[i])
		if k.Node == out || seen[k.Node] || k.At > until || k.At < w.Now() {
			t.Fatalf("at %d, with %v out, %v is foreseen at %d", w.Now(), out, k.Node, k.At)
		}
		seen[k.Node] = true
		if old, ok := f.known[k.Node]; !ok {
			f.all++
			f.kinds[k.Input.Kind]++
		} else if !reflect.DeepEqual(old, k) {
			t.Fatalf("at %d another input is foreseen than before:\n%+v\n%+v", w.Now(), k, old)
		}
		f.known[k.Node] = k
	}
}

func (f *seer) carry(t *testing.T, w *sim.World, c sim.Config, ask func() bool, until, ahead consensus.Time) {
	t.Helper()
	for {
		if ask() {
			f.foresee(t, w, consensus.None, until+ahead)
		}
		k, more := w.Next(until)
		if !more {
			return
		}
		if old, ok := f.known[k.Node]; ok {
			if got := copied(k); !reflect.DeepEqual(got, old) {
				t.Fatalf("foreseen was\n%+v\nand handed out is\n%+v", old, got)
			}
			delete(f.known, k.Node)
		}
		if ask() {
			f.foresee(t, w, k.Node, until+ahead)
		}
		if k.Input.Kind == consensus.InputStart {
			made := k.Config
			made.Machine = c.NewMachine()
			f.engines[k.Node] = c.Algorithm.New(made)
		}
		f.out.Reset()
		f.engines[k.Node].Step(&k.Input, &f.out)
		if err := w.Complete(k, &f.out); err != nil {
			t.Fatal(err)
		}
	}
}

// In a storm of faults, whatever was foreseen is what is handed out, bit for bit, and
// asking changes nothing: the run is the one that nobody looked ahead in.
func TestWhatIsForeseenComes(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 5
	}
	kinds := map[consensus.InputKind]int{}
	all := 0
	for seed := uint64(1); seed <= seeds; seed++ {
		s := scenario.Defaults()
		s.Seed, s.Clients = seed, 3
		s.Dials[scenario.Pace] = 50_000
		s.Dials[scenario.TornTail] = scenario.Million / 2
		if seed%3 == 0 { // ties: everything takes whole milliseconds
			s.Dials[scenario.Jitter], s.Dials[scenario.DiskTime] = 0, 0
		}
		acts := append(storm(seed, s.Nodes, 5*consensus.Second),
			scenario.Action{At: 5500 * ms, Kind: scenario.SwitchOff, Text: "raft.term-stale-reject"},
			scenario.Action{At: 5500 * ms, Kind: scenario.SwitchOn, Text: "raft.term-stale-reject"})
		c := raftConfig(s, nil)
		var both [2]*sim.World
		for i := range both {
			w, err := sim.New(c)
			if err == nil {
				err = w.Schedule(acts)
			}
			if err != nil {
				t.Fatal(err)
			}
			both[i] = w
		}
		w, alone := both[0], both[1]
		f, r := newSeer(), consensus.Rand(seed)
		ask := func() bool { return r.Below(3) > 0 }
		for at := consensus.Time(0); at <= 6*consensus.Second; at += consensus.Time(r.Below(int64(30 * ms))) {
			f.carry(t, w, c, ask, at, consensus.Time(r.Below(int64(20*ms))))
			alone.RunUntil(at, 0)
			if w.Digest() != alone.Digest() || w.Events() != alone.Events() {
				t.Fatalf("seed %d: at %d it is another run", seed, at)
			}
		}
		all += f.all
		for k, n := range f.kinds {
			kinds[k] += n
		}
	}
	if all < int(seeds)*500 {
		t.Errorf("only %d inputs were foreseen", all)
	}
	for k := consensus.InputStart; k <= consensus.InputConfigure; k++ {
		if kinds[k] == 0 {
			t.Errorf("no input of kind %d was foreseen", k)
		}
	}
}

// Live actions come between: whoever acts lets what was foreseen be handed out first, and
// then nothing that is known is wrong.
func TestActsBehindWhatIsForeseen(t *testing.T) {
	for seed := uint64(1); seed <= 10; seed++ {
		s := scenario.Defaults()
		s.Seed, s.Clients = seed, 2
		s.Dials[scenario.Pace] = 50_000
		c := raftConfig(s, nil)
		w, err := sim.New(c)
		if err != nil {
			t.Fatal(err)
		}
		f, r := newSeer(), consensus.Rand(seed)
		always, never := func() bool { return true }, func() bool { return false }
		for _, a := range storm(seed, s.Nodes, 3*consensus.Second) {
			f.carry(t, w, c, always, w.Now()+consensus.Time(r.Below(int64(100*ms))), 20*ms)
			for len(f.known) > 0 {
				last := w.Now()
				for _, k := range f.known {
					last = max(last, k.At)
				}
				f.carry(t, w, c, never, last, 0)
			}
			f.carry(t, w, c, never, w.Now(), 0)
			_ = w.Act(a)
		}
		again, _ := sim.New(c)
		if err := again.Schedule(w.Actions()); err != nil {
			t.Fatal(err)
		}
		again.RunUntil(w.Now(), 0)
		if again.Digest() != w.Digest() || w.Done() < 5 {
			t.Fatalf("seed %d: %d actions, and run again it is another run", seed, w.Done())
		}
	}
}

// A cluster of five at rest has several nodes at work at once: a leader's heartbeats
// arrive at the four others within one flight. Their answers reach the leader one after
// the other, and each may change what it does next.
func TestSeveralInputsAreOutAtOnce(t *testing.T) {
	s := scenario.Defaults()
	w, err := sim.New(raftConfig(s, nil))
	if err != nil {
		t.Fatal(err)
	}
	if at, more := w.Upcoming(); at != 0 || !more || len(w.Foresee(nil, 0)) != s.Nodes {
		t.Errorf("%d starts are foreseen", len(w.Foresee(nil, 0)))
	}
	w.RunUntil(3*consensus.Second, 0)
	rounds := [6]int{} // by how many were out
	for w.Now() < 4*consensus.Second {
		at, _ := w.Upcoming()
		known := w.Foresee(nil, at+consensus.Second)
		if len(known) == 0 {
			w.Step()
			continue
		}
		rounds[len(known)]++
		last := consensus.Time(0)
		for _, k := range known {
			last = max(last, k.At)
		}
		w.RunUntil(last, 0)
	}
	t.Logf("%d rounds with one node at work, %d with two, %d with three, %d with four", rounds[1], rounds[2], rounds[3], rounds[4])
	if rounds[4] < 12 { // of about 20 heartbeats
		t.Errorf("all four followers were at work at once in %d rounds only", rounds[4])
	}
}

// A timer that was set to a later time stands in the queue under its old one. What else
// comes at its very moment comes before it, though it was put there later: nothing of the
// two is foreseen before that is decided.
func TestATieIsNotForeseen(t *testing.T) {
	s := quietSetup(2, 0)
	h := handPlayed(t, s)
	h.play = func(k *sim.Work, out *consensus.Effects) {
		switch {
		case k.Input.Kind == consensus.InputStart && k.Node == 1:
			out.Set(0, 15*ms)
			out.Set(1, 12*ms)
		case k.Input.Kind == consensus.InputTimer && k.Node == 1 && k.At == 12*ms:
			out.Set(0, 8*ms) // expires at 20 ms, and stands at 15 ms
		case k.Input.Kind == consensus.InputStart:
			out.Set(0, 10*ms)
			out.Set(1, 13*ms)
		case k.At == 10*ms:
			ping(1, "x")(out) // arrives at 20 ms
		}
	}
	h.until(12 * ms)
	k, _ := h.w.Next(13 * ms)
	if k == nil || k.Node != 2 || k.At != 13*ms {
		t.Fatalf("out is %+v", k)
	}
	if list := h.w.Foresee(nil, consensus.Second); len(list) != 0 {
		t.Errorf("foreseen is %+v", list)
	}
	if err := h.w.Complete(k, &consensus.Effects{}); err != nil {
		t.Fatal(err)
	}
	h.until(19 * ms) // the timer has come to its place meanwhile
	list := h.w.Foresee(nil, consensus.Second)
	if len(list) != 1 || list[0].Input.Kind != consensus.InputMessage {
		t.Fatalf("foreseen is %+v", list)
	}
	want := copied(&list[0])
	if k, _ := h.w.Next(20 * ms); !reflect.DeepEqual(copied(k), want) {
		t.Errorf("%+v came, foreseen was %+v", k, want)
	}
}
