package view

import (
	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
)

// Status is the headline of a moment.
type Status struct {
	Headline string // what is going on, in one sentence for a newcomer
	Alarm    bool   // an invariant was broken before this moment
	Term     consensus.Term
	TermWord string
	Leader   consensus.NodeID // None: nobody leads
	Commit   consensus.Index  // the highest commit index of a node that is up
	InFlight int              // messages on their way
	Up, Down int              // nodes
	Majority int              // how many nodes a majority is
}

// Status returns the headline of a moment.
func (s *Store) Status(at Cursor) Status {
	st := s.State(at.Events)
	v := Status{TermWord: s.TermWord(), InFlight: len(st.Messages), Alarm: st.Violated > 0, Majority: len(st.Nodes)/2 + 1}
	v.Term, v.Leader = s.leader(st)
	for i := range st.Nodes {
		n := &st.Nodes[i]
		if !n.Up {
			v.Down++
			continue
		}
		v.Up++
		v.Commit = max(v.Commit, n.Commit, n.Chosen)
	}
	v.Headline = s.headline(st, at, &v)
	return v
}

func (s *Store) headline(st *trace.State, at Cursor, v *Status) string {
	if v.Alarm {
		if i := s.PrevMark(MarkViolation, Cursor{Events: at.Events + 1}); i >= 0 {
			name, _, _, _ := s.Violation(s.Event(i))
			return texts.Get("status.broken", "name", name)
		}
	}
	args := []string{
		"node", v.Leader.String(), "termword", v.TermWord, "term", s.TermText(v.Term),
		"down", itoa(int64(v.Down)), "nodes", itoa(int64(len(st.Nodes))), "majority", itoa(int64(v.Majority)),
	}
	if v.Down > 0 && v.Up < v.Majority {
		return texts.Get("status.no-majority", args...)
	}
	seekers := s.seekers(st)
	switch {
	case v.Leader != consensus.None && s.reaches(st, v.Leader, s.Quorums(st).Among) < v.Majority:
		return texts.Get("status.leader-alone", args...)
	case v.Leader != consensus.None && v.Down > 0:
		return texts.Count("status.leads-down", v.Down, args...)
	case v.Leader != consensus.None:
		return texts.Get("status.leads", args...)
	case seekers.Len() > 0:
		names := append(args, "names", Members(seekers))
		return texts.Count("status.seeks", seekers.Len(), names...)
	case !s.anybodyLeads():
		return texts.Get("status.leaderless", args...)
	case v.Term == 0:
		return texts.Get("status.beginning", args...)
	}
	return texts.Get("status.no-leader", args...)
}

// anybodyLeads reports whether the protocol has a role that leads.
func (s *Store) anybodyLeads() bool {
	for i := range s.Protocol.Roles {
		if s.Protocol.Roles[i].Leads {
			return true
		}
	}
	return false
}

// seekers returns the nodes of the highest term among those that seek votes.
func (s *Store) seekers(st *trace.State) consensus.NodeSet {
	var set consensus.NodeSet
	var term consensus.Term
	for i := range st.Nodes {
		n := &st.Nodes[i]
		if !n.Up || !s.seeks(n.Role) || n.Term < term {
			continue
		}
		if n.Term > term {
			term, set = n.Term, consensus.NodeSet{}
		}
		set.Add(n.ID)
	}
	return set
}

// reaches returns how many nodes of a set, itself included, are up and can exchange
// messages with a node in both directions.
func (s *Store) reaches(st *trace.State, id consensus.NodeID, among consensus.NodeSet) int {
	n := 0
	for i := range st.Nodes {
		o := &st.Nodes[i]
		if among.Has(o.ID) && (o.ID == id || o.Up && !st.Walled(id, o.ID) && !st.Cuts[id].Has(o.ID) && !st.Cuts[o.ID].Has(id)) {
			n++
		}
	}
	return n
}

// Violations returns the violations up to the cursor, the latest first, at most limit:
// what the banner shows.
func (s *Store) Violations(at Cursor, limit int) []Breach {
	var all []Breach
	events := s.index.marks[MarkViolation]
	for k := len(events) - 1; k >= 0 && len(all) < limit; k-- {
		i := int(events[k])
		if i >= at.Events {
			continue
		}
		e := s.Event(i)
		b := Breach{Event: i, T: e.T, Nodes: [2]consensus.NodeID{e.Node, e.Peer}}
		b.Name, b.Says, b.Source, b.Text = s.Violation(e)
		all = append(all, b)
	}
	return all
}

// Breach is a violation of an invariant.
type Breach struct {
	Event  int
	T      consensus.Time
	Name   string // "Election Safety"
	Says   string // what should hold
	Text   string // what happened
	Source string
	Nodes  [2]consensus.NodeID // whom it is about; None: nobody
}
