package consensus_test

import (
	"bytes"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"parley/consensus"

	"pgregory.net/rapid"
)

// A message or reply keeps the bytes it was sent with, whatever is sent after it and
// however often the arena grows, until Reset.
func TestEffectsKeepWhatWasSent(t *testing.T) {
	var out consensus.Effects // reused across all steps, as hosts do
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(t, "steps") {
			out.Reset()
			var sent, answered [][]byte
			for range rapid.IntRange(0, 20).Draw(t, "effects") {
				data := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")
				switch rapid.IntRange(0, 3).Draw(t, "what") {
				case 0: // encoded in pieces, as engines do
					b := out.Buffer()
					half := len(data) / 2
					b = append(b, data[:half]...)
					b = append(b, data[half:]...)
					out.Send(consensus.Message{To: 1}, b)
					sent = append(sent, data)
				case 1:
					if len(sent) > 0 {
						out.Resend(consensus.Message{To: 2})
						sent = append(sent, sent[len(sent)-1])
					}
				case 3: // encoded elsewhere
					out.Send(consensus.Message{To: 3}, data)
					sent = append(sent, bytes.Clone(data))
					clear(data)
				case 2:
					out.Answer(consensus.Reply{Seq: 1}, data)
					answered = append(answered, bytes.Clone(data))
					for i := range data { // a copy was kept
						data[i]++
					}
				}
			}
			if len(out.Messages) != len(sent) || len(out.Replies) != len(answered) {
				t.Fatalf("%d messages and %d replies, want %d and %d", len(out.Messages), len(out.Replies), len(sent), len(answered))
			}
			for i, m := range out.Messages {
				if !bytes.Equal(m.Data, sent[i]) {
					t.Fatalf("message %d holds %x, was sent as %x", i, m.Data, sent[i])
				}
				_ = append(m.Data, 0xee) // whoever appends to it hurts nobody
			}
			for i, r := range out.Replies {
				if !bytes.Equal(r.Result, answered[i]) {
					t.Fatalf("reply %d holds %x, was answered as %x", i, r.Result, answered[i])
				}
			}
			for i, m := range out.Messages {
				if !bytes.Equal(m.Data, sent[i]) {
					t.Fatalf("appending to another message changed message %d", i)
				}
			}
		}
	})
}

// Once its memory has grown, a step of the same size costs no allocation.
func TestEffectsReuseTheirMemory(t *testing.T) {
	var out consensus.Effects
	step := func() {
		out.Reset()
		for i := range 20 {
			b := append(out.Buffer(), "a message of some length"...)
			out.Send(consensus.Message{To: consensus.NodeID(i)}, b)
			out.Answer(consensus.Reply{}, b[:4])
			out.Set(0, 1)
			out.Cancel(1)
			out.Fire(1, 2, 3, 4, 5, 6, 7, 8)
		}
		out.Write = append(out.Write, "written"...)
	}
	for range 8 {
		step()
	}
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%v allocations a step, want none", n)
	}
}

func TestFireAndTimers(t *testing.T) {
	var out consensus.Effects
	out.Fire(9, 1, 2, 3, 4, 5, 6, 7)
	out.Fire(9, 1, 2, 3)
	want := []consensus.Note{
		{Kind: consensus.NoteRule, Rule: 9, Sub: 1, Peer: 2, Term: 3, A: 4, B: 5, C: 6, D: 7},
		{Kind: consensus.NoteRule, Rule: 9, Sub: 1, Peer: 2, Term: 3},
	}
	if !slices.Equal(out.Notes, want) {
		t.Errorf("got %v", out.Notes)
	}
	out.Set(1, 50)
	out.Cancel(2)
	if !slices.Equal(out.Timers, []consensus.TimerChange{{Timer: 1, After: 50}, {Timer: 2, After: -1}}) {
		t.Errorf("got %v", out.Timers)
	}
}

// counter is a machine whose answer names the command and how many came before it.
type counter struct{ applied []string }

func (c *counter) Apply(command []byte) []byte {
	c.applied = append(c.applied, string(command))
	return []byte(string(command) + strings.Repeat("!", len(c.applied)))
}
func (c *counter) Clone() consensus.Machine {
	return &counter{slices.Clone(c.applied)}
}
func (c *counter) Inspect() []consensus.Field { return nil }

// However requests are retried, sessions apply each at most once and answer a repeated
// one as the first time; clones go their own ways.
func TestSessionsApplyOnce(t *testing.T) {
	type answered struct {
		seq    uint32
		result string
	}
	type world struct {
		sessions consensus.Sessions
		machine  *counter
		last     map[consensus.NodeID]answered // the oracle
	}
	rapid.Check(t, func(t *rapid.T) {
		worlds := []*world{{machine: &counter{}, last: map[consensus.NodeID]answered{}}}
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			w := worlds[rapid.IntRange(0, len(worlds)-1).Draw(t, "world")]
			if len(worlds) < 4 && rapid.IntRange(0, 9).Draw(t, "clone") == 0 {
				last := map[consensus.NodeID]answered{}
				for k, v := range w.last {
					last[k] = v
				}
				worlds = append(worlds, &world{w.sessions.Clone(), w.machine.Clone().(*counter), last})
			}
			r := consensus.Request{
				Client:  consensus.Client(rapid.IntRange(1, 5).Draw(t, "client")),
				Seq:     uint32(rapid.IntRange(1, 6).Draw(t, "seq")),
				Command: rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "command"),
			}
			before := len(w.machine.applied)
			result, repeated := w.sessions.Apply(w.machine, r)
			last := w.last[r.Client]
			switch {
			case r.Seq > last.seq:
				if repeated || len(w.machine.applied) != before+1 || w.machine.applied[before] != string(r.Command) {
					t.Fatalf("%v was not applied", r)
				}
				w.last[r.Client] = answered{r.Seq, string(result)}
				for i := range result { // the machine may use its memory again
					result[i] = 0
				}
			case r.Seq == last.seq:
				if !repeated || string(result) != last.result {
					t.Fatalf("%v again: got %q, %t, want %q", r, result, repeated, last.result)
				}
			default:
				if !repeated || result != nil {
					t.Fatalf("%v late: got %q, %t", r, result, repeated)
				}
			}
			if repeated && len(w.machine.applied) != before {
				t.Fatalf("%v was applied twice", r)
			}
			for i, w := range worlds {
				for c := 1; c <= 5; c++ {
					if got, want := w.sessions.Last(consensus.Client(c)), w.last[consensus.Client(c)].seq; got != want {
						t.Fatalf("world %d: last request of C%d is %d, want %d", i, c, got, want)
					}
				}
			}
		}
	})
}

// What sessions saved is loaded again, and answers as it did; anything else is refused
// and changes nothing.
func TestSessionsAreSavedAndLoaded(t *testing.T) {
	var s, other consensus.Sessions
	m := &counter{}
	for i, command := range []string{"a", "", "bcd"} {
		s.Apply(m, consensus.Request{Client: consensus.Client(3 - i), Seq: uint32(7 + i), Command: []byte(command)})
	}
	saved := s.Save([]byte("before"))[len("before"):]
	rest, ok := other.Load(append(slices.Clone(saved), "rest"...))
	if !ok || string(rest) != "rest" {
		t.Fatalf("loaded %t, with %q behind it", ok, rest)
	}
	for i := range 3 {
		r := consensus.Request{Client: consensus.Client(3 - i), Seq: uint32(7 + i)}
		want, _ := s.Apply(m, r)
		if got, repeated := other.Apply(m, r); !repeated || string(got) != string(want) || len(m.applied) != 3 {
			t.Errorf("request %d: got %q, want %q", i, got, want)
		}
	}
	bad := [][]byte{nil, {1, 2, 0, 0, 0, 0, 0, 0}} // nothing; a node's session
	for cut := 1; cut < len(saved); cut++ {
		bad = append(bad, saved[:cut])
	}
	for _, b := range bad {
		if _, ok := other.Load(b); ok || other.Last(consensus.Client(1)) != 9 {
			t.Errorf("%v was loaded, or changed something", b)
		}
	}
}

// The stream is SplitMix64: these are the first numbers that the published generator
// gives for seed 1234567.
func TestRandIsSplitMix64(t *testing.T) {
	r := consensus.Rand(1234567)
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		if got := r.Uint64(); got != want {
			t.Errorf("number %d is %d, want %d", i, got, want)
		}
	}
}

func TestRandCopiesContinueAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := consensus.Rand(rapid.Uint64().Draw(t, "seed"))
		for range rapid.IntRange(0, 5).Draw(t, "steps") {
			r.Uint64()
		}
		c := r
		n := rapid.Int64().Draw(t, "n")
		a, b := r.Below(n), c.Below(n)
		if a != b || r != c {
			t.Fatalf("the copy gave %d, the original %d", b, a)
		}
		if a < 0 || n > 0 && a >= n || n <= 0 && a != 0 {
			t.Fatalf("Below(%d) is %d", n, a)
		}
	})
}

func TestRandIsSpreadEvenly(t *testing.T) {
	var r consensus.Rand
	var count [10]int
	for range 100_000 {
		count[r.Below(10)]++
	}
	for v, n := range count {
		if n < 9_600 || n > 10_400 { // four standard deviations
			t.Errorf("%d came %d times in 100,000, expected about 10,000", v, n)
		}
	}
}

func TestHashAndMixSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "bytes")
		h := consensus.Hash(b)
		if consensus.Hash(bytes.Clone(b)) != h {
			t.Fatal("the hash of a copy differs")
		}
		i := rapid.IntRange(0, len(b)*8-1).Draw(t, "bit")
		b[i/8] ^= 1 << (i % 8)
		if d := bits.OnesCount64(consensus.Hash(b) ^ h); d < 8 {
			t.Fatalf("one bit of the input changes only %d bits of the hash", d)
		}
		if consensus.Hash(append(b, 0)) == consensus.Hash(b) {
			t.Fatal("a zero byte at the end changes nothing")
		}
	})
	if consensus.Mix(0) != 0 {
		t.Errorf("Mix(0) is %d", consensus.Mix(0))
	}
}

func TestNodeSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s consensus.NodeSet
		want := map[consensus.NodeID]bool{}
		for range rapid.IntRange(0, 40).Draw(t, "changes") {
			id := consensus.NodeID(rapid.Byte().Draw(t, "id"))
			if rapid.Bool().Draw(t, "add") {
				s.Add(id)
				if id.IsNode() {
					want[id] = true
				}
			} else {
				s.Remove(id)
				delete(want, id)
			}
		}
		for id := range 256 {
			if s.Has(consensus.NodeID(id)) != want[consensus.NodeID(id)] {
				t.Fatalf("%s: in the set is %t", consensus.NodeID(id), s.Has(consensus.NodeID(id)))
			}
		}
		if s.Len() != len(want) {
			t.Fatalf("Len is %d, want %d", s.Len(), len(want))
		}
	})
	if consensus.SetOf(1, 100, 0, 200).Len() != 2 {
		t.Error("SetOf took what is no node")
	}
}

func TestNames(t *testing.T) {
	for id, want := range map[consensus.NodeID]string{0: "nobody", 1: "N1", 100: "N100", consensus.Client(1): "C1", consensus.Client(32): "C32"} {
		if got := id.String(); got != want {
			t.Errorf("%d is called %s, want %s", uint8(id), got, want)
		}
	}
	for s, want := range map[consensus.Status]string{consensus.StatusDone: "done", consensus.StatusNotLeader: "not leader", consensus.StatusBusy: "busy", 0: "unknown"} {
		if s.String() != want {
			t.Errorf("status %d is called %s, want %s", s, s, want)
		}
	}
	for v, want := range map[consensus.Time]string{0: "0s", 1: "1ns", 1500: "1.5us", 10_000_000: "10ms", -2_000_000_001: "-2.000000001s"} {
		if v.String() != want {
			t.Errorf("%d ns is written %s, want %s", int64(v), v, want)
		}
	}
}

func TestRuleSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := consensus.RuleSet(rapid.Uint64().Draw(t, "set"))
		r := consensus.RuleID(rapid.IntRange(1, 64).Draw(t, "rule"))
		o := consensus.RuleID(rapid.IntRange(1, 64).Draw(t, "other"))
		if !s.With(r).Has(r) || s.Without(r).Has(r) || s.Has(0) {
			t.Fatal("a rule that was put in is out, or the other way round")
		}
		if o != r && (s.With(r).Has(o) != s.Has(o) || s.Without(r).Has(o) != s.Has(o)) {
			t.Fatal("another rule changed")
		}
	})
	p := consensus.Protocol{Rules: []consensus.Rule{{ID: "a"}, {ID: "b"}}, Options: []consensus.OptionInfo{{Default: 3}, {Default: 4}}}
	if r, ok := p.Rule("b"); !ok || r != 2 {
		t.Errorf("rule b is %d, %t", r, ok)
	}
	if _, ok := p.Rule("c"); ok {
		t.Error("there is a rule c")
	}
	if !slices.Equal(p.Defaults(), []int64{3, 4}) {
		t.Errorf("the defaults are %v", p.Defaults())
	}
}
