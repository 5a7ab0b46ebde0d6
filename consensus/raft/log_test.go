package raft

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"parley/consensus"
)

// A log and its copies behave like slices of their own, whatever is done to the others:
// appends after a copy or a truncation never write into shared memory.
func TestLogCopiesAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		logs, plain := []*log{{}}, [][]consensus.Entry{nil}
		seq := uint32(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(logs)-1).Draw(t, "log")
			switch rapid.IntRange(0, 2).Draw(t, "do") {
			case 0:
				for range rapid.IntRange(1, 4*chunkSize).Draw(t, "entries") {
					seq++
					e := consensus.Entry{Term: consensus.Term(seq), Client: consensus.Client(1), Seq: seq}
					logs[i].add(e)
					plain[i] = append(plain[i], e)
				}
			case 1:
				n := rapid.IntRange(0, len(plain[i])).Draw(t, "keep")
				logs[i].truncate(consensus.Index(n + 1))
				plain[i] = plain[i][:n]
			case 2:
				copied := logs[i].share()
				logs, plain = append(logs, &copied), append(plain, slices.Clone(plain[i]))
			}
			for j := range logs {
				checkLog(t, logs[j], plain[j])
			}
		}
	})
}

// Two copies that both grow by a chunk.
func TestLogCopiesShareNoRoom(t *testing.T) {
	var a log
	for a.last() < 3*chunkSize+5 {
		a.add(consensus.Entry{Term: 1})
	}
	b := a.share()
	for range chunkSize {
		a.add(consensus.Entry{Term: 2})
		b.add(consensus.Entry{Term: 3})
	}
	if a.lastTerm() != 2 || b.lastTerm() != 3 || a.term(4*chunkSize) != 2 || b.term(4*chunkSize) != 3 {
		t.Error("one copy wrote into the other")
	}
	c := a.share()
	c.truncate(chunkSize + 2)
	for range chunkSize {
		c.add(consensus.Entry{Term: 4})
	}
	if a.term(chunkSize+2) != 1 || a.term(2*chunkSize+1) != 1 || c.term(chunkSize+1) != 1 || c.term(chunkSize+2) != 4 {
		t.Error("a copy that was cut short wrote into the other")
	}
}

func checkLog(t *rapid.T, l *log, want []consensus.Entry) {
	same := func(a, b consensus.Entry) bool { return a.Term == b.Term && a.Seq == b.Seq }
	if !slices.EqualFunc(l.flat(), want, same) {
		t.Fatalf("the log is %v, want %v", l.flat(), want)
	}
	if int(l.last()) != len(want) {
		t.Fatalf("the log ends at %d, want %d", l.last(), len(want))
	}
	for i := range want {
		if l.term(consensus.Index(i+1)) != want[i].Term {
			t.Fatalf("the term at index %d is %d, want %d", i+1, l.term(consensus.Index(i+1)), want[i].Term)
		}
	}
	if l.term(0) != 0 || l.term(l.last()+1) != 0 {
		t.Fatal("there are terms where no entries are")
	}
}

// What Inspect gave away does not change when the server goes on.
func TestInspectedEntriesStay(t *testing.T) {
	c := running(t, 1)
	c.timeout(1)
	c.request(1, 1, 1, "set x 1")
	s := c.node(1).engine.Inspect()
	before := fmt.Sprint(s)
	for seq := uint32(2); seq < 200; seq++ {
		c.request(1, 1, seq, "set x "+fmt.Sprint(seq))
	}
	if after := fmt.Sprint(s); after != before {
		t.Errorf("it was\n%s\nand became\n%s", before, after)
	}
}

// A clone goes its own way: neither side sees what the other does after the clone, and
// two clones of one server that get the same inputs do the same.
func TestClonesAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := running(t, 3)
		c.elect(1)
		for seq := range uint32(rapid.IntRange(0, 80).Draw(t, "before")) {
			c.request(1, 1, seq+1, fmt.Sprintf("set k%d v%d", seq%7, seq))
			c.flush()
		}
		id := consensus.NodeID(rapid.IntRange(1, 2).Draw(t, "node"))
		original := c.node(id).engine
		still := fmt.Sprintf("%+v", original.Inspect())
		left, right, third := original.Clone(), original.Clone(), original.Clone()

		l := drive(left, rapid.Uint64().Draw(t, "left"), 40)
		if got := fmt.Sprintf("%+v", original.Inspect()); got != still {
			t.Fatalf("the original changed with its clone:\n%s\n%s", still, got)
		}
		seed := rapid.Uint64().Draw(t, "right")
		a := drive(right, seed, 40)
		if got := fmt.Sprintf("%+v", left.Inspect()); got != l {
			t.Fatalf("a clone changed with another:\n%s\n%s", l, got)
		}
		if b := drive(third, seed, 40); a != b {
			t.Fatalf("two clones with the same inputs differ:\n%s\n%s", a, b)
		}
		drive(original, seed+1, 40)
		if got := fmt.Sprintf("%+v", right.Inspect()); got != a {
			t.Fatalf("a clone changed with the original:\n%s\n%s", a, got)
		}
	})
}

// drive gives an engine n inputs that follow from a seed and returns what it is then.
func drive(e consensus.Engine, seed uint64, n int) string {
	random := consensus.Rand(seed)
	var out consensus.Effects
	for i := range n {
		out.Reset()
		r := e.(*Raft)
		switch random.Below(5) {
		case 0:
			e.Step(&consensus.Input{Kind: consensus.InputTimer, Timer: ElectionTimer}, &out)
		case 1:
			e.Step(&consensus.Input{Kind: consensus.InputTimer, Timer: HeartbeatTimer}, &out)
		case 2:
			e.Step(&consensus.Input{Kind: consensus.InputRequest, Request: consensus.Request{
				Client: consensus.Client(2), Seq: uint32(i + 1), Command: fmt.Appendf(nil, "set k%d w%d", i%5, random.Below(100))}}, &out)
		case 3:
			m := consensus.Message{From: 3, To: r.id, Kind: KindRequestVoteReply, Term: r.term, Data: []byte{1}}
			e.Step(&consensus.Input{Kind: consensus.InputMessage, Message: m}, &out)
		case 4: // another leader replaces the end of the log
			prev := consensus.Index(random.Below(int64(r.log.last()-r.commit)+1)) + r.commit
			q := appendRequest{prevIndex: prev, prevTerm: r.log.term(prev), commit: r.commit, count: 2}
			b := q.appendHead(nil)
			for range 2 {
				b = appendEntry(b, &consensus.Entry{Term: r.term + 1, Client: consensus.Client(3), Seq: uint32(random.Below(1000) + 1), Command: []byte("set z 1")})
			}
			m := consensus.Message{From: 3, To: r.id, Kind: KindAppendEntries, Term: r.term + 1, Data: b}
			e.Step(&consensus.Input{Kind: consensus.InputMessage, Message: m}, &out)
		}
	}
	return fmt.Sprintf("%+v", e.Inspect())
}
