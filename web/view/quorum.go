package view

import (
	"parley/consensus"
	"parley/consensus/trace"
)

// Quorums returns the quorums that the run decides by: sizes that the setup asked for,
// refused at a state if they need not meet and the rule against that is on.
func (s *Store) Quorums(st *trace.State) consensus.Quorums {
	first := new(trace.State) // sizes are those that the cluster started with
	return s.Protocol.Quorums(len(st.Nodes), func(i int) int64 { return s.Option(first, i) }, st.Off)
}
