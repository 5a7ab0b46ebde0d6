package linear_test

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/check/linear"
	"parley/consensus/machine"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

func empty() consensus.Machine { return &machine.KV{} }

// history reads operations drawn as lines of time: a client, a command, an arrow and the
// answer ("?" for none), from the column where it begins to the column where it ends.
//
//	c1  [set x 1 > ok]
//	c2       [get x > 1 ]
func history(t *testing.T, drawn string) []linear.Op {
	t.Helper()
	var ops []linear.Op
	for line := range strings.Lines(drawn) {
		line = strings.TrimRight(line, "\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		client := consensus.Client(int(strings.TrimLeft(line, "\t")[1] - '0'))
		for at := 0; ; {
			from := strings.IndexByte(line[at:], '[')
			if from < 0 {
				break
			}
			from += at
			to := from + strings.IndexByte(line[from:], ']')
			command, answer, ok := strings.Cut(line[from+1:to], ">")
			if !ok {
				t.Fatalf("no arrow in %q", line)
			}
			o := linear.Op{Client: client, Command: strings.TrimSpace(command), Result: strings.TrimSpace(answer), From: from, To: to, Done: true}
			if o.Result == "?" {
				o.Done, o.Result, o.To = false, "", 0
			}
			ops = append(ops, o)
			at = to + 1
		}
	}
	slices.SortStableFunc(ops, func(a, b linear.Op) int { return a.From - b.From })
	return ops
}

func TestHistories(t *testing.T) {
	for _, c := range []struct {
		name, drawn string
		want        linear.Outcome
		bad         string // command of the first that does not fit
	}{
		{"nothing", ``, linear.Linearizable, ""},
		{"one after the other", `
			c1 [set x 1 > ok] [get x > 1]`, linear.Linearizable, ""},
		{"a read that is too old", `
			c1 [set x 1 > ok] [set x 2 > ok]
			c2                               [get x > 1]`, linear.Broken, "get x"},
		{"a read while it is written: the new value", `
			c1 [set x 1        > ok]
			c2      [get x > 1]`, linear.Linearizable, ""},
		{"a read while it is written: none yet", `
			c1 [set x 1                > ok]
			c2      [get x > no such key]`, linear.Linearizable, ""},
		{"a new value and then the old one again", `
			c1 [set x 1 > ok]  [set x 2                     > ok]
			c2                      [get x > 2] [get x > 1]`, linear.Broken, "get x"},
		{"a value nobody wrote", `
			c1 [set x 1 > ok] [get x > 7]`, linear.Broken, "get x"},
		{"nobody answered, and it happened", `
			c1 [set x 1 > ?]
			c2               [get x > 1]`, linear.Linearizable, ""},
		{"nobody answered, and it did not happen", `
			c1 [set x 1 > ?]
			c2               [get x > no such key]`, linear.Linearizable, ""},
		{"nobody answered, and it happened late", `
			c1 [set x 1 > ?]
			c2               [get x > no such key] [get x > 1]`, linear.Linearizable, ""},
		{"nobody answered, and it cannot unhappen", `
			c1 [set x 1 > ?]
			c2               [get x > 1] [get x > no such key]`, linear.Broken, "get x"},
		{"it happened before it was asked", `
			c1                           [set x 1 > ok]
			c2 [get x > 1]`, linear.Broken, "get x"},
		{"nobody answered what was asked too late", `
			c1                [set x 1 > ?]
			c2 [get x > 1]`, linear.Broken, "get x"},
		{"it happened twice", `
			c1 [cas x 0 1 > no such key] [set x 0 > ok] [cas x 0 1 > ok] [set x 2 > ok]
			c2                                                                         [get x > 1]`, linear.Broken, "get x"},
		{"two swaps of the same value", `
			c1 [set x 0 > ok] [cas x 0 1 > ok]
			c2                                 [cas x 0 2 > ok]`, linear.Broken, "cas x 0 2"},
		{"keys have nothing to do with one another", `
			c1 [set x 1 > ok] [get y > no such key]
			c2                                      [set y 1 > ok] [get x > 1]`, linear.Linearizable, ""},
		{"one key is broken, the other is not", `
			c1 [set x 1 > ok] [set y 1 > ok]
			c2                               [get x > 1] [get y > 2]`, linear.Broken, "get y"},
		{"a command that makes no sense", `
			c1 [jump > there is no such command: say set, get, delete or cas]`, linear.Linearizable, ""},
	} {
		ops := history(t, c.drawn)
		for _, m := range []linear.Model{linear.KeyValue(empty), {New: empty}} { // by key, and all in one
			v := linear.Check(ops, m)
			if v.Outcome != c.want {
				t.Errorf("%s: %s, want %s", c.name, v.Outcome, c.want)
				continue
			}
			if c.want != linear.Broken {
				continue
			}
			if len(v.Bad) == 0 || ops[v.Bad[0]].Command != c.bad {
				t.Errorf("%s: bad are %v, want %q first", c.name, v.Bad, c.bad)
			}
			if m.Key != nil && v.Key != strings.Fields(c.bad)[1] {
				t.Errorf("%s: key %q", c.name, v.Key)
			}
			for _, i := range v.Order {
				if slices.Contains(v.Bad, i) {
					t.Errorf("%s: operation %d has a place and has none", c.name, i)
				}
			}
		}
	}
}

// byHand decides by trying every order of the operations, and every choice of those that
// may not have happened.
func byHand(ops []linear.Op, m consensus.Machine) bool {
	answered := false
	for i := range ops {
		answered = answered || ops[i].Done
	}
	if !answered {
		return true // the others need not have happened
	}
	for i, o := range ops {
		first := true // nothing was over before it was asked
		for _, p := range ops {
			if p.Done && p.To < o.From {
				first = false
			}
		}
		if !first {
			continue
		}
		next := m.Clone()
		if result := string(next.Apply([]byte(o.Command))); o.Done && result != o.Result {
			continue
		}
		if byHand(slices.Delete(slices.Clone(ops), i, i+1), next) {
			return true
		}
	}
	return false
}

func TestCheckAgreesWithTryingEverything(t *testing.T) {
	outcomes := map[linear.Outcome]int{}
	for range 10 { // ten times as many as by default
		rapid.Check(t, agrees(outcomes))
	}
	if outcomes[linear.Broken] < 100 || outcomes[linear.Linearizable] < 100 {
		t.Errorf("too one-sided to prove anything: %v", outcomes)
	}
}

func agrees(outcomes map[linear.Outcome]int) func(*rapid.T) {
	return func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "operations")
		ops := make([]linear.Op, n)
		for i := range ops {
			o := &ops[i]
			o.Client, o.From = consensus.Client(i+1), rapid.IntRange(0, 10).Draw(t, "from")*2
			if o.Done = rapid.IntRange(0, 4).Draw(t, "answered") > 0; o.Done {
				o.To = o.From + 1 + rapid.IntRange(0, 5).Draw(t, "takes")*2
			}
			key := rapid.SampledFrom([]string{"x", "x", "y"}).Draw(t, "key")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				o.Command, o.Result = "set "+key+" "+rapid.SampledFrom([]string{"1", "2"}).Draw(t, "value"), "ok"
			case 1:
				o.Command, o.Result = "get "+key, rapid.SampledFrom([]string{"1", "2", "no such key"}).Draw(t, "value")
			case 2:
				o.Command, o.Result = "cas "+key+" 1 2", rapid.SampledFrom([]string{"ok", "no such key", "not swapped: the value is 2"}).Draw(t, "swapped")
			}
			if !o.Done {
				o.Result = ""
			}
		}
		want := linear.Broken
		if byHand(ops, empty()) {
			want = linear.Linearizable
		}
		outcomes[want]++
		for _, m := range []linear.Model{linear.KeyValue(empty), {New: empty}} {
			if v := linear.Check(ops, m); v.Outcome != want {
				t.Fatalf("%s, want %s: %+v", v.Outcome, want, ops)
			}
		}
	}
}

func TestCollector(t *testing.T) {
	var l trace.Log
	c1, c2 := consensus.Client(1), consensus.Client(2)
	for _, e := range []struct {
		e    trace.Event
		text string
	}{
		{trace.Event{Kind: trace.Invoke, Node: c1, B: 1}, "set x 1"},
		{trace.Event{Kind: trace.Send, Node: c1}, ""},
		{trace.Event{Kind: trace.Invoke, Node: c2, B: 1}, "get x"},
		{trace.Event{Kind: trace.Answer, Node: c2, B: 1, Peer: 3}, "1"},
		{trace.Event{Kind: trace.Answer, Node: c2, B: 1, Peer: 3}, "again"},
		{trace.Event{Kind: trace.GiveUp, Node: c1, B: 1}, ""},
		{trace.Event{Kind: trace.Invoke, Node: c1, B: 2}, "get x"},
		{trace.Event{Kind: trace.Answer, Node: c1, B: 1}, "late"},
	} {
		e.e.D = l.AddText(e.text)
		l.Append(e.e)
	}
	want := []linear.Op{
		{Client: c1, Seq: 1, Command: "set x 1", From: 1},
		{Client: c2, Seq: 1, Command: "get x", Done: true, Result: "1", From: 3, To: 4},
		{Client: c1, Seq: 2, Command: "get x", From: 7},
	}
	if got := linear.History(&l); !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// run plays a stormy Raft cluster and returns what its clients saw.
func run(t *testing.T, seed uint64, off ...string) []linear.Op {
	t.Helper()
	r := consensus.Rand(seed)
	setup := scenario.Defaults()
	setup.Seed, setup.Nodes, setup.Clients, setup.Off = r.Uint64(), 3, 4, off
	d := &setup.Dials
	d[scenario.Jitter] = r.Below(int64(200 * consensus.Millisecond))
	d[scenario.LossRate], d[scenario.Copies], d[scenario.Reorder] = 50_000, 200_000, 500_000
	d[scenario.Patience], d[scenario.Pace] = int64(200*consensus.Millisecond), 40_000
	var actions []scenario.Action
	for at := consensus.Time(0); at < 8*consensus.Second; at += 50*consensus.Millisecond + consensus.Time(r.Below(int64(300*consensus.Millisecond))) {
		id := consensus.NodeID(1 + r.Below(3))
		switch r.Below(4) {
		case 0:
			actions = append(actions, scenario.Action{At: at, Kind: scenario.Crash, Node: id},
				scenario.Action{At: at + 45*consensus.Millisecond, Kind: scenario.Restart, Node: id})
		case 1, 2:
			actions = append(actions, scenario.Action{At: at, Kind: scenario.Timeout, Node: id})
		case 3:
			actions = append(actions, scenario.Action{At: at, Kind: scenario.Partition, Groups: []consensus.NodeSet{consensus.SetOf(id)}},
				scenario.Action{At: at + 40*consensus.Millisecond, Kind: scenario.Heal})
		}
	}
	w, err := sim.New(sim.Config{Setup: setup, Algorithm: raft.Algorithm(), NewMachine: empty})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(actions); err != nil {
		t.Fatal(err)
	}
	w.RunUntil(10*consensus.Second, 0)
	var c linear.Collector
	_, events := w.Drain()
	for i := range events {
		c.Add(&events[i], w.Text)
	}
	return c.Ops()
}

// Whatever happens to a Raft cluster, its clients see one machine.
func TestRaftIsLinearizableInStorms(t *testing.T) {
	answered := 0
	for seed := range uint64(40) {
		ops := run(t, seed)
		for _, o := range ops {
			if o.Done {
				answered++
			}
		}
		if v := linear.Check(ops, linear.KeyValue(empty)); v.Outcome != linear.Linearizable {
			for _, i := range v.Bad {
				t.Logf("%+v", ops[i])
			}
			t.Errorf("seed %d: %s at key %q", seed, v.Outcome, v.Key)
		}
	}
	if answered < 1000 {
		t.Errorf("only %d answers in all storms: they prove little", answered)
	}
	t.Logf("%d answers", answered)
}

// Without the rules that clients depend on, they see that something is wrong.
func TestWithoutItsRulesRaftIsNotLinearizable(t *testing.T) {
	for _, rule := range []string{"raft.apply-once", "raft.commit-majority", "raft.vote-up-to-date"} {
		const seeds = 300
		broken := false
		for seed := uint64(0); seed < seeds && !broken; seed++ {
			if broken = linear.Check(run(t, seed, rule), linear.KeyValue(empty)).Outcome == linear.Broken; broken {
				t.Logf("without %s: seed %d", rule, seed)
			}
		}
		if !broken {
			t.Errorf("without %s the clients saw nothing wrong in %d storms", rule, seeds)
		}
	}
}
