package trace_test

import (
	"fmt"
	"slices"
	"testing"

	"parley/consensus"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

// anyEvent generates any event that can be encoded.
func anyEvent() *rapid.Generator[trace.Event] {
	return rapid.Custom(func(t *rapid.T) trace.Event {
		word := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 5))
		return trace.Event{
			T:    consensus.Time(rapid.Int64Min(0).Draw(t, "T")),
			Term: consensus.Term(word.Draw(t, "Term")), ID: word.Draw(t, "ID"),
			A: word.Draw(t, "A"), B: word.Draw(t, "B"), C: word.Draw(t, "C"), D: word.Draw(t, "D"),
			Kind: trace.Kind(rapid.IntRange(1, trace.Kinds-1).Draw(t, "Kind")),
			Node: consensus.NodeID(rapid.Byte().Draw(t, "Node")), Peer: consensus.NodeID(rapid.Byte().Draw(t, "Peer")),
			Sub:  rapid.Byte().Draw(t, "Sub"),
			Rule: consensus.RuleID(rapid.Uint16().Draw(t, "Rule")), Flags: consensus.MessageFlags(rapid.Byte().Draw(t, "Flags")),
		}
	})
}

// A log is a slice, whatever is done to it: the oracle is one.
func TestLogIsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l trace.Log
		var events []trace.Event
		var texts []string
		n := uint32(0)
		for range rapid.IntRange(1, 20).Draw(t, "acts") {
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0: // around the size of a chunk, where it matters
				for range rapid.SampledFrom([]int{1, 2, 1000, 4095, 4096, 4097}).Draw(t, "events") {
					n++
					e := trace.Event{Kind: trace.Send, ID: n}
					l.Append(e)
					events = append(events, e)
				}
			case 1:
				s := rapid.String().Draw(t, "text")
				if i := l.AddText(s); int(i) != len(texts) {
					t.Fatalf("text %d got number %d", len(texts), i)
				}
				texts = append(texts, s)
			case 2:
				keep := rapid.IntRange(0, len(events)).Draw(t, "keep")
				keepTexts := rapid.IntRange(0, len(texts)).Draw(t, "keep texts")
				l.Truncate(keep, keepTexts)
				events, texts = events[:keep], texts[:keepTexts]
			case 3:
				from := rapid.IntRange(0, len(events)).Draw(t, "from")
				to := rapid.IntRange(from, len(events)).Draw(t, "to")
				b := l.AppendBytes(nil, from, to)
				if len(b) != (to-from)*trace.EventSize {
					t.Fatalf("%d events are %d bytes", to-from, len(b))
				}
				if err := l.AddBytes(b); err != nil {
					t.Fatal(err)
				}
				events = append(events, slices.Clone(events[from:to])...)
			}
			if l.Len() != len(events) || !slices.Equal(l.Texts(), texts) {
				t.Fatalf("%d events and %d texts, want %d and %d", l.Len(), len(l.Texts()), len(events), len(texts))
			}
		}
		var d trace.Digest
		for i := range events {
			if *l.At(i) != events[i] {
				t.Fatalf("event %d is %v, want %v", i, *l.At(i), events[i])
			}
			d = d.Add(&events[i])
		}
		if l.Digest(l.Len()) != d {
			t.Fatalf("digest %s, want %s", l.Digest(l.Len()), d)
		}
		for i := range texts {
			if l.Text(uint32(i)) != texts[i] {
				t.Fatalf("text %d is %q", i, l.Text(uint32(i)))
			}
		}
		if l.Text(uint32(len(texts))) != "" {
			t.Fatal("a text that is not there is not empty")
		}
	})
}

// What a fork dropped cannot be read any more, not even where memory remains.
func TestLogRefusesWhatIsNotThere(t *testing.T) {
	var l trace.Log
	for range 10 {
		l.Append(trace.Event{Kind: trace.Send})
	}
	l.Truncate(5, 0)
	for name, act := range map[string]func(){
		"At(-1)":      func() { l.At(-1) },
		"At(Len)":     func() { l.At(5) },
		"Truncate":    func() { l.Truncate(6, 0) },
		"Truncate(-)": func() { l.Truncate(-1, 0) },
		"texts":       func() { l.Truncate(5, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			act()
		}()
	}
	if l.Len() != 5 {
		t.Errorf("%d events, want 5", l.Len())
	}
}

func TestLogAddsAllBytesOrNone(t *testing.T) {
	var l trace.Log
	good := (&trace.Event{Kind: trace.Send}).Append(nil)
	bad := slices.Clone(good)
	bad[32] = byte(trace.Kinds)
	for _, b := range [][]byte{bad, append(slices.Clone(good), bad...), good[:39], append(slices.Clone(good), 1)} {
		if err := l.AddBytes(b); err != trace.ErrEvent || l.Len() != 0 {
			t.Errorf("%d bytes: %v, %d events", len(b), err, l.Len())
		}
	}
}

func TestEventsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent().Draw(t, "event")
		b := e.Append(nil)
		if len(b) != trace.EventSize {
			t.Fatalf("%d bytes", len(b))
		}
		var got trace.Event
		if err := got.Decode(append(b, 1, 2, 3)); err != nil || got != e {
			t.Fatalf("got %v, %v, want %v", got, err, e)
		}
		if err := trace.Valid(b); err != nil {
			t.Fatal(err)
		}
		for n := range len(b) {
			if got.Decode(b[:n]) == nil {
				t.Fatalf("%d bytes were taken", n)
			}
		}
	})
}

// Every field counts for the digest, and so does the order; violations do not.
func TestDigestSeesEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent().Draw(t, "event")
		if e.Kind == trace.Violation {
			if trace.Digest(1).Add(&e) != 1 {
				t.Fatal("a violation changed the digest")
			}
			return
		}
		d := trace.Digest(rapid.Uint64().Draw(t, "digest"))
		b := e.Append(nil)
		i := rapid.IntRange(0, trace.EventSize*8-1).Draw(t, "bit")
		b[i/8] ^= 1 << (i % 8)
		var other trace.Event
		if other.Decode(b) != nil || other.Kind == trace.Violation {
			return
		}
		if d.Add(&e) == d.Add(&other) {
			t.Fatalf("%v and %v have the same digest", e, other)
		}
		if x, y := d.Add(&e).Add(&other), d.Add(&other).Add(&e); x == y {
			t.Fatal("the order does not count")
		}
	})
	if got := trace.Digest(0xab).String(); got != "00000000000000ab" {
		t.Errorf("a digest is written %s", got)
	}
}

func TestWideAndNodeSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64().Draw(t, "value")
		if lo, hi := trace.Halves(v); trace.Wide(lo, hi) != v {
			t.Fatalf("%d comes back as %d", v, trace.Wide(lo, hi))
		}
		s := consensus.NodeSet{rapid.Uint64().Draw(t, "low"), rapid.Uint64().Draw(t, "high")}
		var e trace.Event
		e.SetNodeSet(s)
		if e.NodeSet() != s {
			t.Fatalf("%v comes back as %v", s, e.NodeSet())
		}
	})
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for k := range trace.Kinds {
		name := trace.Kind(k).String()
		if name == "" || seen[name] {
			t.Errorf("kind %d is called %q", k, name)
		}
		seen[name] = true
		if got, ok := trace.KindNamed(name); k > 0 && (!ok || int(got) != k) {
			t.Errorf("%s is not found by its name", name)
		}
	}
	if _, ok := trace.KindNamed("none"); ok {
		t.Error("none is no kind of event")
	}
	for c := trace.CauseLoss; c <= trace.CauseFull; c++ {
		if seen[c.String()+" cause"] || c.Says() == trace.Cause(99).Says() {
			t.Errorf("cause %d is called %q", c, c)
		}
		seen[c.String()+" cause"] = true
	}
	if got := fmt.Sprint(trace.Kind(250), trace.Cause(250)); got != "kind-250 cause-250" {
		t.Errorf("unknown ones are called %s", got)
	}
}

// FuzzDecode: whatever the bytes, Decode and Valid agree, and what is taken is encoded
// to the same bytes.
func FuzzDecode(f *testing.F) {
	f.Add((&trace.Event{Kind: trace.Violation, T: 1 << 62}).Append(nil))
	f.Add(make([]byte, trace.EventSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		var e trace.Event
		err := e.Decode(b)
		if len(b) == trace.EventSize && (err == nil) != (trace.Valid(b) == nil) {
			t.Fatalf("Decode says %v, Valid says %v", err, trace.Valid(b))
		}
		if err == nil && !slices.Equal(e.Append(nil), b[:trace.EventSize]) {
			t.Fatalf("%x became %x", b, e.Append(nil))
		}
	})
}
