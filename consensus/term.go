package consensus

import "strconv"

// AppendTerm adds a term as people read it to b. Nodes is Protocol.TermNodes: with 0 a
// term is a plain number, "7"; else it is a ballot, round*nodes + the NodeID of the
// proposer to whom it belongs: "2.N3" is N3's ballot of round 2, "2" one of round 2 that
// bears nobody's name. Term 0 is "0" either way.
func AppendTerm(b []byte, t Term, nodes uint32) []byte {
	round, owner := splitTerm(t, nodes)
	b = strconv.AppendUint(b, uint64(round), 10)
	if owner != None {
		b = append(append(b, '.'), owner.String()...)
	}
	return b
}

// splitTerm returns the round of a term and whose it is; None when it is nobody's.
func splitTerm(t Term, nodes uint32) (round uint32, owner NodeID) {
	if nodes == 0 {
		return uint32(t), None
	}
	return uint32(t) / nodes, NodeID(uint32(t) % nodes)
}

// TermText returns a term of the protocol as people read it: "7" or "2.N3"; see
// AppendTerm.
func (p *Protocol) TermText(t Term) string { return string(AppendTerm(nil, t, p.TermNodes)) }

// TermShort is TermText for where there is little room: "7" or "2.3".
func (p *Protocol) TermShort(t Term) string {
	round, owner := splitTerm(t, p.TermNodes)
	b := strconv.AppendUint(nil, uint64(round), 10)
	if owner != None {
		b = strconv.AppendUint(append(b, '.'), uint64(owner), 10)
	}
	return string(b)
}
