package replay_test

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"

	"parley/consensus"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// visit makes a recording as a visitor makes one by hand: now a crash, now a request, a
// partition and its end, a message dropped; a few tenths of a second from one action to
// the next, at moments that are multiples of unit.
func visit(seed uint64, actions int, unit consensus.Time) replay.Recording {
	r := rand.New(rand.NewPCG(seed, 0))
	s := scenario.Defaults()
	s.Seed, s.Clients = r.Uint64(), 3
	rec := replay.Recording{Epochs: replay.Epochs{Engine: 1, World: 1}, Known: 16, Digest: trace.Digest(r.Uint64())}
	now := consensus.Time(0)
	message := uint32(10)
	node := func() consensus.NodeID { return consensus.NodeID(1 + r.IntN(5)) }
	requests := 0
	down := map[consensus.NodeID]bool{}
	for range actions {
		now += consensus.Time(r.ExpFloat64() * float64(150*consensus.Millisecond))
		message += uint32(r.IntN(30))
		a := scenario.Action{At: now - now%unit}
		switch k := r.IntN(20); {
		case k < 4:
			a.Kind, a.Node = scenario.Crash, node()
			if down[a.Node] {
				a.Kind = scenario.Restart
			}
			down[a.Node] = !down[a.Node]
		case k < 9:
			requests++
			a.Kind, a.Node, a.Text = scenario.Request, consensus.Client(1+r.IntN(3)), "set x "+strconv.Itoa(requests)
			if k < 6 {
				a.Peer = node()
			}
		case k < 11:
			a.Kind, a.Node = scenario.Timeout, node()
		case k < 13:
			a.Kind, a.Message = scenario.Drop, message
		case k < 14:
			a.Kind, a.Message, a.Value = scenario.Hold, message, int64(50*consensus.Millisecond)
		case k < 16:
			var g [2]consensus.NodeSet
			for id := consensus.NodeID(1); id <= 5; id++ {
				g[r.IntN(2)].Add(id)
			}
			if g[0].Len() == 0 || g[1].Len() == 0 {
				g = [2]consensus.NodeSet{consensus.SetOf(1, 2), consensus.SetOf(3, 4, 5)}
			}
			a.Kind, a.Groups = scenario.Partition, g[:]
		case k < 17:
			a.Kind = scenario.Heal
		case k < 18:
			a.Kind, a.Node = scenario.Cut, node()
			a.Peer = a.Node%5 + 1
		case k < 19:
			a.Kind, a.Dial, a.Value = scenario.Turn, scenario.Latency, int64(5*consensus.Millisecond)*int64(1+r.IntN(10))
		default:
			a.Kind, a.Text = scenario.SwitchOff, "raft.vote-once"
			if r.IntN(2) == 0 {
				a.Kind = scenario.SwitchOn
			}
		}
		rec.Script.Actions = append(rec.Script.Actions, a)
		rec.Checks = append(rec.Checks, trace.Digest(r.Uint64()))
	}
	rec.Script.Setup = s
	rec.End = now + consensus.Second - now%unit
	return rec
}

// The sizes that chats and mails let through.
func TestLinksAreShort(t *testing.T) {
	for _, c := range []struct {
		actions, max int
		unit         consensus.Time
	}{
		{0, 60, 100 * consensus.Microsecond},
		{10, 200, 100 * consensus.Microsecond},
		{100, 900, 100 * consensus.Microsecond},
		{300, 1900, 100 * consensus.Microsecond}, // the page rounds moments where nothing happens between
		{100, 900, 10 * consensus.Microsecond},
		{300, 2000, 10 * consensus.Microsecond},
		{100, 1120, 1}, // as moments fall that nobody rounds
		{300, 2700, 1},
	} {
		longest := 0
		for seed := range uint64(10) {
			r := visit(seed, c.actions, c.unit)
			if err := r.Validate(); err != nil {
				t.Fatal(err)
			}
			code, err := r.Link()
			if err != nil {
				t.Fatal(err)
			}
			longest = max(longest, len(code))
		}
		t.Logf("%d actions at multiples of %s: up to %d characters", c.actions, scenario.FormatSpan(c.unit), longest)
		if longest > c.max {
			t.Errorf("%d actions at multiples of %s have up to %d characters, more than %d", c.actions, scenario.FormatSpan(c.unit), longest, c.max)
		}
	}
}

// What does not fit a link is offered as a file; the code comes along for whoever keeps
// it elsewhere.
func TestLongRecordings(t *testing.T) {
	r := visit(1, 3000, 1)
	var long *replay.Error
	code, err := r.Link()
	if !errors.As(err, &long) || long.Problem != replay.Long || len(code) <= replay.LinkMax {
		t.Errorf("%v, %d characters", err, len(code))
	}
	if got, err := replay.ReadLink(code); err != nil || !same(got, r.Trim(1)) {
		t.Errorf("%v", err)
	}
	r = visit(1, scenario.ActionsMax, 1)
	code, err = r.Link()
	if !errors.As(err, &long) || long.Problem != replay.Long || code != "" {
		t.Errorf("%v, %d characters", err, len(code))
	}
	if got, recorded, err := replay.ReadText(r.Text()); err != nil || !recorded || !same(got, r) {
		t.Errorf("the file: %v", err)
	}
}
