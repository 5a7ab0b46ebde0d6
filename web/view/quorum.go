package view

import (
	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
)

// Quorums returns the quorums that the run decides by at a state: sizes that the setup
// asked for, refused if they need not meet. While the rule against that is off, those
// that are set now.
func (s *Store) Quorums(st *trace.State) consensus.Quorums {
	if rule, ok := s.Protocol.Rule(s.Protocol.Quorum.Meet); ok && st.Off.Has(rule) {
		return s.NextQuorums(st)
	}
	return s.quorums(st, new(trace.State)) // sizes are those that the cluster started with
}

// NextQuorums returns the quorums that a new run would have with what is set at a state.
func (s *Store) NextQuorums(st *trace.State) consensus.Quorums { return s.quorums(st, st) }

func (s *Store) quorums(st, set *trace.State) consensus.Quorums {
	return s.Protocol.Quorums(len(st.Nodes), func(i int) int64 { return s.Option(set, i) }, st.Off)
}

// QuorumIssue says why the size of a quorum that is set as option i at a state is not the
// one in effect: it was refused, or it waits for a new run. "" when it is in effect, and
// for options that set no such size.
func (s *Store) QuorumIssue(st *trace.State, i int) string {
	q := &s.Protocol.Quorum
	now, next := s.Quorums(st), s.NextQuorums(st)
	var is, will int
	switch s.Protocol.Options[i].Name {
	case "":
		return ""
	case q.Lead:
		is, will = now.Lead, next.Lead
	case q.Decide:
		is, will = now.Decide, next.Decide
	default:
		return ""
	}
	set := int(s.Option(st, i))
	switch {
	case set != 0 && set != will:
		return texts.Get("quorum.refused", "set", FormatInt(int64(set)), "n", FormatInt(int64(next.Among.Len())), "is", FormatInt(int64(is)))
	case is != will:
		return texts.Get("quorum.later", "will", FormatInt(int64(will)), "is", FormatInt(int64(is)))
	}
	return ""
}
