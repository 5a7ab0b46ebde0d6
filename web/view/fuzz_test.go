package view

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// FuzzStore gives a store whatever decodes as events: it must refuse it or be able to
// tell all of it.
func FuzzStore(f *testing.F) {
	f.Add(longTrace(20), uint16(7))
	for k := trace.Kind(1); k < trace.Kind(60); k++ {
		e := trace.Event{Kind: k, Node: 1, Peer: 2, Sub: 1, Rule: 1, ID: 1, A: 1, B: 1, Term: 1}
		again := e
		again.Node, again.A, again.Sub = consensus.Client(1), 0xffffffff, 255
		f.Add(again.Append(e.Append(nil)), uint16(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		b = b[:len(b)/trace.EventSize*trace.EventSize]
		if len(b) > 64*trace.EventSize {
			b = b[:64*trace.EventSize]
		}
		for i := 38; i < len(b); i += trace.EventSize {
			b[i+1] = 0 // or hardly anything decodes
		}
		s := newStore()
		s.spacing = 3
		if s.Add(0, b, 0, []string{"", "set x <b>\x00"}) != nil {
			if s.Len() != 0 {
				t.Fatal("a refused frame changed the store")
			}
			return
		}
		tellAll(t, s)
		at := int(cut) % (s.Len() + 1)
		if s.Add(uint32(at), b[:min(len(b), 2*trace.EventSize)], 1, nil) == nil {
			tellAll(t, s)
		}
	})
}

// tellAll asks a store for everything it can tell.
func tellAll(t *testing.T, s *Store) {
	for n := range s.Len() + 1 {
		at := s.At(n)
		s.Status(at)
		s.Feed(at, FeedQuery{Before: 9, After: 9})
		s.Feed(at, FeedQuery{Before: 3, After: 3, Level: Everything})
		s.Violations(at, 3)
		s.Operations(at, 9)
		s.OperationCounts(at)
		s.Code(at, s.Lit(at, 1))
		s.Switches(at)
		s.Spoken(n/2, n)
		s.Spoken(n, n/2)
		for _, p := range []Pick{{Node: 1}, {Node: 3, Entry: 1}, {Node: consensus.Client(1)}, {Message: 1}, {Link: [2]consensus.NodeID{1, 2}}, {Link: [2]consensus.NodeID{1, consensus.Client(2)}}, {Event: n}} {
			s.Inspect(at, p, nil)
		}
		if next := s.NextStop(n, Story); next < n || next > s.Len() {
			t.Fatalf("the step from %d leads to %d", n, next)
		}
		if prev := s.PrevStop(n, Story); n > 0 && prev >= n || prev < 0 {
			t.Fatalf("the step back from %d leads to %d", n, prev)
		}
		if n < s.Len() && strings.ContainsAny(s.Sentence(n), "‹›") {
			t.Fatalf("%+v is told as %q", *s.Event(n), s.Sentence(n))
		}
	}
	for _, width := range []int{1, 90} {
		for _, until := range []consensus.Time{1, s.End(), scenario.RunMax} {
			x := 0
			for _, v := range s.Timeline(width, until).Spans {
				if v.X0 != x || v.X1 <= x {
					t.Fatalf("the timeline has the span %+v at %d", v, x)
				}
				x = v.X1
			}
		}
	}
	s.Opening()
}
