package raft

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"parley/consensus"
)

// TestOnMajority compares the index that stands on a majority with that of sorted logs.
func TestOnMajority(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, consensus.NodesMax).Draw(t, "nodes")
		r := &Raft{id: 1, progress: make([]progress, n+1)}
		r.nodes.Add(1)
		last := rapid.IntRange(0, 20).Draw(t, "last")
		for range last {
			r.log.add(consensus.Entry{Term: 1})
		}
		r.commit = consensus.Index(rapid.IntRange(0, last).Draw(t, "commit"))
		matches := []consensus.Index{consensus.Index(last)}
		for id := consensus.NodeID(2); int(id) <= n; id++ {
			r.nodes.Add(id)
			r.peers = append(r.peers, id)
			match := consensus.Index(rapid.IntRange(0, last).Draw(t, "match"))
			r.progress[id].match = match
			matches = append(matches, match)
		}
		slices.Sort(matches)
		want := matches[n-(n/2+1)]
		if got := r.onMajority(); got != want {
			t.Fatalf("%d of %d servers have %d, not %d: %v", r.quorum(), n, want, got, matches)
		}
		if want > r.commit && r.copies(r.commit+1) < r.quorum() {
			t.Fatalf("%d stands on a majority, and nobody looks: %v, committed %d", want, matches, r.commit)
		}
	})
}
