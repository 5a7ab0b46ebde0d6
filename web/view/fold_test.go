package view_test

import (
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/trace"
)

// storm writes a script in which everything that can go wrong does.
func storm(seed uint64) string {
	r := consensus.Rand(seed)
	nodes := 3 + int(r.Below(3))
	node := func() string { return "n" + strconv.Itoa(1+int(r.Below(int64(nodes)))) }
	var b strings.Builder
	b.WriteString("nodes " + strconv.Itoa(nodes) + "\nclients 2\nseed " + strconv.FormatUint(seed, 10) +
		"\nloss 5%\ncopies 5%\nreorder 10%\ntorn 50%\ndisk 1ms\npace 40/s\npatience 80ms\n")
	down := map[string]bool{}
	for at := int64(200); at < 2000; at += 20 + r.Below(60) {
		b.WriteString("at " + strconv.FormatInt(at, 10) + "ms ")
		switch n := node(); r.Below(9) {
		case 0, 1:
			if down[n] {
				b.WriteString("restart " + n)
			} else {
				b.WriteString("crash " + n)
			}
			down[n] = !down[n]
		case 2:
			other := node()
			for other == n {
				other = node()
			}
			b.WriteString("cut " + n + " > " + other)
		case 3:
			b.WriteString("heal all")
		case 4:
			b.WriteString("partition n1 n2 | n3")
		case 5:
			b.WriteString("request c1: set x " + strconv.FormatInt(at, 10))
		case 6:
			b.WriteString("latency " + strconv.FormatInt(r.Below(30), 10) + "ms")
		case 7:
			b.WriteString("clock " + n + " offset " + strconv.FormatInt(r.Below(20), 10) + "ms drift 100ppm")
		default:
			b.WriteString("request c2: get x")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// What the trace tells adds up to what the engines and the network say of themselves,
// at any moment of a storm. A node that waits for its disk is left out: its engine is
// one step ahead of what anybody may see.
func TestFoldAddsUpToTheWorld(t *testing.T) {
	waiting, compared := 0, 0
	for seed := range uint64(12) {
		r := newRun(t, storm(seed))
		for at := consensus.Time(0); at < 2200*ms; at += 97 * ms {
			r.until(at)
			st := r.store.State(r.store.Len())
			for i := range st.Nodes {
				n := &st.Nodes[i]
				own, up := r.world.Inspect(n.ID)
				if n.Up != up {
					t.Fatalf("seed %d at %v: %v is up: %v by the trace, %v by the World", seed, at, n.ID, n.Up, up)
				}
				if !up {
					continue
				}
				if n.Writing {
					waiting++
					continue
				}
				compared++
				if n.Role != own.Role || n.Term != own.Term || n.Vote != own.Vote || n.Leader != own.Leader ||
					n.Commit != own.Commit || n.Applied != own.Applied || int(n.Last()) != len(own.Entries) {
					t.Fatalf("seed %d at %v: %v is %+v by the trace, %+v by its engine", seed, at, n.ID, n, own)
				}
				for k, e := range own.Entries {
					c := n.Log[k]
					if !c.Set || c.Term != e.Term || c.Client != e.Client || c.Seq != e.Seq || c.Hash != uint32(consensus.Hash(e.Command)) {
						t.Fatalf("seed %d at %v: entry %d of %v is %+v by the trace, %+v by its engine", seed, at, k+1, n.ID, c, e)
					}
					if e.Client.IsClient() && r.store.Command(e.Client, e.Seq) != string(e.Command) {
						t.Fatalf("seed %d: command %d of %v is %q by the trace, %q by its engine", seed, e.Seq, e.Client, r.store.Command(e.Client, e.Seq), e.Command)
					}
				}
				for _, p := range own.Progress {
					if got := n.Peers[p.Peer-1]; got != (trace.Peer{Next: p.Next, Match: p.Match}) {
						t.Fatalf("seed %d at %v: %v knows %+v of %v by the trace, %+v by its engine", seed, at, n.ID, got, p.Peer, p)
					}
				}
			}
			for i := range st.Messages {
				f := &st.Messages[i]
				m, ok := r.world.Message(f.ID)
				if !ok || m.From != f.From || m.To != f.To || uint8(m.Kind) != f.Kind || m.Term != f.Term || m.Flags != f.Flags {
					t.Fatalf("seed %d at %v: message %+v by the trace, %+v (%v) by the World", seed, at, f, m, ok)
				}
			}
			sent := uint32(0)
			for i := range r.store.Len() {
				if e := r.store.Event(i); e.Kind == trace.Send || e.Kind == trace.Duplicate {
					sent = max(sent, e.ID)
				}
			}
			flying := 0
			for id := uint32(1); id <= sent; id++ {
				if _, ok := r.world.Message(id); ok {
					flying++
				}
			}
			if flying != len(st.Messages) {
				t.Fatalf("seed %d at %v: %d messages in flight by the trace, %d by the World", seed, at, len(st.Messages), flying)
			}
		}
	}
	if compared < 500 || waiting == 0 {
		t.Errorf("only %d states were compared, %d nodes were writing", compared, waiting)
	}
}
