package paxos

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"parley/consensus"
)

// differ says where two steps differ in their effects, "" when nowhere.
func differ(a, b *consensus.Effects) string {
	sameMessage := func(x, y consensus.Message) bool {
		d, e := x.Data, y.Data
		x.Data, y.Data = nil, nil
		return reflect.DeepEqual(x, y) && bytes.Equal(d, e)
	}
	sameReply := func(x, y consensus.Reply) bool {
		d, e := x.Result, y.Result
		x.Result, y.Result = nil, nil
		return reflect.DeepEqual(x, y) && bytes.Equal(d, e)
	}
	switch {
	case !bytes.Equal(a.Write, b.Write) || a.Replace != b.Replace || a.Loose != b.Loose:
		return "writes"
	case !slices.EqualFunc(a.Messages, b.Messages, sameMessage):
		return fmt.Sprintf("messages: %v and %v", a.Messages, b.Messages)
	case !slices.EqualFunc(a.Replies, b.Replies, sameReply):
		return "replies"
	case !slices.Equal(a.Timers, b.Timers):
		return fmt.Sprintf("timers: %v and %v", a.Timers, b.Timers)
	case !slices.Equal(a.Notes, b.Notes):
		return fmt.Sprintf("notes: %v and %v", a.Notes, b.Notes)
	}
	return ""
}

// A clone goes on exactly as its original does, whatever happens to other clones in the
// meantime.
func TestClonesAreIndependent(t *testing.T) {
	for _, alg := range algorithms {
		steps := 0
		for seed := uint64(1); seed <= 6; seed++ {
			s := newStorm(t, alg, 3+int(seed%3), 3, seed)
			s.loss, s.copies, s.reorder = 50_000, 50_000, 50_000
			twins := make([]consensus.Engine, s.n+1)
			draw := consensus.Rand(seed)
			s.watch = func(id consensus.NodeID, in consensus.Input) func(*consensus.Effects) {
				steps++
				if in.Kind == consensus.InputStart || twins[id] == nil || draw.Below(40) == 0 {
					twins[id] = s.engines[id].Clone()
				}
				stray(s.engines[id].Clone(), id, &draw)
				twin, out := twins[id], &consensus.Effects{}
				twin.Step(&in, out)
				return func(original *consensus.Effects) {
					if d := differ(original, out); d != "" {
						t.Fatalf("%s, seed %d, step %d: a clone of %v differs in its %s", alg.Protocol.Name, seed, steps, id, d)
					}
					if a, b := s.state(id), twin.Inspect(); steps%16 == 0 && !reflect.DeepEqual(a, b) {
						t.Fatalf("%s, seed %d, step %d: a clone of %v shows\n%+v, its original\n%+v", alg.Protocol.Name, seed, steps, id, b, a)
					}
				}
			}
			s.breakThings()
			s.runFor(2 * consensus.Second)
			s.heal()
			s.runFor(consensus.Second)
		}
		if steps < 2000 {
			t.Errorf("%s: %d steps say little", alg.Protocol.Name, steps)
		}
	}
}

// stray lets a clone go its own way for a while.
func stray(e consensus.Engine, id consensus.NodeID, draw *consensus.Rand) {
	from := id%3 + 1
	ballot := b(uint32(90+draw.Below(9)), from)
	slot := consensus.Index(1 + draw.Below(12))
	command := entry(0, 9, 1+uint32(draw.Below(9)), "stray")
	for range 3 {
		in := consensus.Input{Kind: consensus.InputMessage}
		switch draw.Below(6) {
		case 0:
			in.Message = prepareMsg(from, id, ballot, slot)
		case 1:
			in.Message = multiAcceptMsg(from, id, ballot, slot, slot-1, command)
		case 2:
			in.Message = consensus.Message{
				From: from, To: id, Kind: KindLearn, Term: ballot, Flags: consensus.FlagReply,
				Data: closeVotes(appendVote(appendLearn(nil, slot), vote{slot, withBallot(command, ballot), true}), KindLearn, 1),
			}
		case 3:
			in.Kind, in.Timer = consensus.InputTimer, consensus.TimerID(draw.Below(2))
		case 4:
			in.Kind = consensus.InputRequest
			in.Request = consensus.Request{Client: command.Client, Seq: command.Seq, Command: command.Command}
		case 5:
			in.Message = acceptedMsg(from, id, e.Inspect().Term, slot)
		}
		var out consensus.Effects
		e.Step(&in, &out)
	}
}

// What Inspect returned stays as it was, whatever happens afterwards.
func TestInspectedStateStays(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(1)
	for i := uint32(1); i <= 100; i++ {
		h.request(1, 1, i, "c"+strconv.Itoa(int(i)))
		h.drop(func(m consensus.Message) bool { return i > 70 })
		h.run()
	}
	before := h.state(1)
	kept := before
	kept.Entries = slices.Clone(before.Entries)
	h.lead(2) // overwrites the last ones with its own ballot
	for range 5 {
		h.expire(2, HeartbeatTimer)
		h.run()
	}
	if !reflect.DeepEqual(before.Entries, kept.Entries) {
		t.Error("entries that were shown have changed")
	}
}

func TestSlotsAgainstAPlainList(t *testing.T) {
	draw := consensus.Rand(5)
	type pair struct {
		s     slots
		plain map[consensus.Index]consensus.Entry
	}
	all := []pair{{slots{}, map[consensus.Index]consensus.Entry{}}}
	for range 5000 {
		p := &all[draw.Below(int64(len(all)))]
		switch i := consensus.Index(1 + draw.Below(300)); {
		case draw.Below(50) == 0 && len(all) < 12:
			c := pair{p.s.share(), map[consensus.Index]consensus.Entry{}}
			for k, v := range p.plain {
				c.plain[k] = v
			}
			all = append(all, c)
		default:
			e := consensus.Entry{Term: consensus.Term(draw.Below(1000) + 1)}
			p.s.set(i, e)
			p.plain[i] = e
		}
	}
	for n := range all {
		flat := all[n].s.flat(0)
		for i := consensus.Index(1); i <= 310; i++ {
			want := all[n].plain[i].Term
			if got := all[n].s.at(i).Term; got != want {
				t.Fatalf("copy %d, slot %d: %d, want %d", n, i, got, want)
			}
			if int(i) <= len(flat) && flat[i-1].Term != want || int(i) > len(flat) && want != 0 {
				t.Fatalf("copy %d, slot %d of the flat list", n, i)
			}
		}
	}
}

// The same seed gives the same run, natively and under js/wasm. When a change of
// behaviour is meant, the new digest goes here, and Epoch goes up once recordings of
// the old one exist.
func TestRunsAreDeterministic(t *testing.T) {
	golden := map[string]uint64{"synod": 0xb510a77897a38c0a, "multipaxos": 0x742d2e49643186c8}
	for _, alg := range algorithms {
		digest := func() uint64 {
			s := newStorm(t, alg, 5, 3, 42)
			s.loss, s.copies, s.reorder = 30_000, 20_000, 30_000
			h := uint64(0)
			s.watch = func(id consensus.NodeID, in consensus.Input) func(*consensus.Effects) {
				return func(out *consensus.Effects) {
					text := fmt.Sprint(s.now, id, in.Kind, out.Write, out.Messages, out.Timers, out.Replies, out.Notes)
					h = consensus.Mix(h ^ consensus.Hash([]byte(text)))
				}
			}
			s.breakThings()
			s.runFor(3 * consensus.Second)
			return h
		}
		first, second := digest(), digest()
		if first != second {
			t.Errorf("%s: two runs with one seed differ", alg.Protocol.Name)
		}
		if first != golden[alg.Protocol.Name] {
			t.Errorf("%s: the digest is %#x, want %#x", alg.Protocol.Name, first, golden[alg.Protocol.Name])
		}
	}
}
