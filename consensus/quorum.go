package consensus

// QuorumInfo says which numbers of an algorithm set the sizes of its quorums, so that a
// page can draw what is still missing. The zero value stands for majorities of all nodes.
type QuorumInfo struct {
	// Lead and Decide name the options with the size of a quorum to lead (promises of
	// phase 1) and to decide (acceptances of phase 2); see QuorumSizes.
	Lead, Decide string
	// Among names the option that says whose answers count, as a sum: 1 for N1, 2 for
	// N2, 4 for N3 and so on; 0, or no such option, is all nodes.
	Among string
	// Meet is the ID of the rule that refuses sizes of which two quorums need not meet.
	Meet string
}

// Quorums are how many of which nodes an algorithm asks for.
type Quorums struct {
	Among        NodeSet
	Lead, Decide int
}

// QuorumSizes returns the sizes of quorums among n nodes when these are asked for: 0 is
// the smallest that meets the other one in at least one node, and when both are 0 they
// are majorities (Flexible Paxos, section 4).
func QuorumSizes(n, lead, decide int) (int, int) {
	switch {
	case lead == 0 && decide == 0:
		return n/2 + 1, n/2 + 1
	case lead == 0:
		lead = max(n+1-decide, 1)
	case decide == 0:
		decide = max(n+1-lead, 1)
	}
	return lead, decide
}

// Quorums returns the quorums of a cluster of so many nodes. Option returns the value
// that the cluster started with for an option of the table, off are the rules that are
// switched off. Sizes that are impossible, or that need not meet while the rule
// against that is on, give majorities, as the algorithm itself does.
func (p *Protocol) Quorums(nodes int, option func(i int) int64, off RuleSet) Quorums {
	value := func(name string) int64 {
		for i := range p.Options {
			if p.Options[i].Name == name {
				return min(max(option(i), p.Options[i].Min), p.Options[i].Max)
			}
		}
		return 0
	}
	var q Quorums
	mask := value(p.Quorum.Among)
	for id := NodeID(1); int(id) <= nodes; id++ {
		if mask == 0 || id <= 63 && mask>>(id-1)&1 == 1 {
			q.Among.Add(id)
		}
	}
	if q.Among.Len() == 0 { // the sum names none of them
		for id := NodeID(1); int(id) <= nodes; id++ {
			q.Among.Add(id)
		}
	}
	n := q.Among.Len()
	q.Lead, q.Decide = QuorumSizes(n, int(value(p.Quorum.Lead)), int(value(p.Quorum.Decide)))
	meet := q.Lead+q.Decide > n
	if rule, ok := p.Rule(p.Quorum.Meet); ok && off.Has(rule) {
		meet = true // or so it is taken
	}
	if q.Lead < 1 || q.Lead > n || q.Decide < 1 || q.Decide > n || !meet {
		q.Lead, q.Decide = QuorumSizes(n, 0, 0)
	}
	return q
}
