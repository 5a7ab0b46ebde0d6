package consensus_test

import (
	"testing"

	"parley/consensus"
)

// sets returns every set of k of n nodes.
func sets(n, k int) (all []consensus.NodeSet) {
	for mask := range 1 << n {
		var s consensus.NodeSet
		for i := range n {
			if mask>>i&1 == 1 {
				s.Add(consensus.NodeID(i + 1))
			}
		}
		if s.Len() == k {
			all = append(all, s)
		}
	}
	return all
}

// meet reports whether each set of one size has a node in common with each of the other.
func meet(n, a, b int) bool {
	for _, x := range sets(n, a) {
		for _, y := range sets(n, b) {
			if x[0]&y[0] == 0 {
				return false
			}
		}
	}
	return true
}

func TestQuorumsMeetAndAreNoLargerThanAskedFor(t *testing.T) {
	p := &consensus.Protocol{
		Rules:   []consensus.Rule{{ID: "meet"}},
		Options: []consensus.OptionInfo{{Name: "one", Max: 100}, {Name: "two", Max: 100}, {Name: "who", Max: 1 << 62}},
		Quorum:  consensus.QuorumInfo{Lead: "one", Decide: "two", Among: "who", Meet: "meet"},
	}
	for n := 1; n <= 6; n++ {
		for one := 0; one <= n+1; one++ {
			for two := 0; two <= n+1; two++ {
				option := func(i int) int64 { return [...]int64{int64(one), int64(two), 0}[i] }
				q := p.Quorums(n, option, 0)
				if q.Among.Len() != n || !meet(n, q.Lead, q.Decide) || q.Lead < 1 || q.Decide < 1 || q.Lead > n || q.Decide > n {
					t.Fatalf("of %d nodes, %d and %d: %+v need not meet", n, one, two, q)
				}
				possible := one <= n && two <= n && (one == 0 || two == 0 || meet(n, one, two))
				if possible && one > 0 && q.Lead != one || possible && two > 0 && q.Decide != two {
					t.Errorf("of %d nodes, %d and %d were asked for and meet, but %+v is used", n, one, two, q)
				}
				if one > 0 && two == 0 && q.Decide > 1 && possible && meet(n, q.Lead, q.Decide-1) {
					t.Errorf("of %d nodes, %d: a phase 2 quorum of %d would do", n, one, q.Decide-1)
				}
				off := p.Quorums(n, option, consensus.RuleSet(0).With(1))
				if one > 0 && two > 0 && one <= n && two <= n && (off.Lead != one || off.Decide != two) {
					t.Errorf("of %d nodes, %d and %d, with the rule off: %+v", n, one, two, off)
				}
			}
		}
	}
	some := p.Quorums(5, func(i int) int64 { return [...]int64{0, 0, 0b10110}[i] }, 0)
	if some.Among != consensus.SetOf(2, 3, 5) || some.Lead != 2 || some.Decide != 2 {
		t.Errorf("N2, N3 and N5 count, and it is %+v", some)
	}
	if raft := new(consensus.Protocol).Quorums(4, nil, 0); raft.Lead != 3 || raft.Among.Len() != 4 {
		t.Errorf("without options: %+v", raft)
	}
}
