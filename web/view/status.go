package view

import (
	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
)

// Status is the headline of a moment.
type Status struct {
	Headline string // what is going on, in one sentence or two for a newcomer
	Alarm    bool   // an invariant was broken before this moment
	Term     consensus.Term
	TermWord string
	Leader   consensus.NodeID // None: nobody leads
	Commit   consensus.Index  // the highest index that a node that is up knows to be decided
	InFlight int              // messages on their way
	Up, Down int              // nodes
	Majority int              // how many nodes it takes to decide, or, without a leader, to have one
}

// Status returns the headline of a moment.
func (s *Store) Status(at Cursor) Status {
	st := s.State(at.Events)
	v := Status{TermWord: s.TermWord(), InFlight: len(st.Messages), Alarm: st.Violated > 0}
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
	q := s.Quorums(st)
	v.Majority = q.Lead
	if v.Leader != consensus.None {
		v.Majority = q.Decide
	}
	v.Headline = s.headline(st, at, &v, q.Among)
	return v
}

func (s *Store) headline(st *trace.State, at Cursor, v *Status, among consensus.NodeSet) string {
	if v.Alarm {
		if i := s.PrevMark(MarkViolation, Cursor{Events: at.Events + 1}); i >= 0 {
			name, _, _, _ := s.Violation(s.Event(i))
			return texts.Get("status.broken", "name", name)
		}
	}
	decided, up := consensus.Index(0), 0
	for i := range st.Nodes {
		if n := &st.Nodes[i]; n.Up {
			decided = max(decided, n.Commit)
			if among.Has(n.ID) {
				up++
			}
		}
	}
	seekers, term := s.seekers(st, v)
	args := []string{
		"node", v.Leader.String(), "names", Members(seekers), "termword", v.TermWord, "term", s.TermText(term),
		"decided", FormatInt(int64(decided)), "down", itoa(int64(v.Down)), "nodes", itoa(int64(len(st.Nodes))),
		"majority", itoa(int64(v.Majority)),
	}
	if v.Down > 0 && up < v.Majority {
		return texts.Get("status.no-majority", args...)
	}
	h := &s.protocol().Headlines
	switch {
	case s.Protocol.Leaderless && seekers.Len() > 1:
		return s.say("seeks-many", h.SeeksMany, args)
	case s.Protocol.Leaderless && v.Leader != consensus.None && s.reaches(st, v.Leader, among) < v.Majority:
		return texts.Get("status.proposer-alone", args...)
	case v.Leader != consensus.None && s.reaches(st, v.Leader, among) < v.Majority:
		return texts.Get("status.leader-alone"+s.quorate(st, v), args...)
	case v.Leader != consensus.None && v.Down > 0:
		return s.withDecided("leads", h.Leads, decided, args) + " " + texts.Count("status.down"+s.quorate(st, v), v.Down, args...)
	case v.Leader != consensus.None:
		return s.withDecided("leads", h.Leads, decided, args)
	case seekers.Len() == 1:
		return s.say("seeks-one", h.SeeksOne, args)
	case seekers.Len() > 1:
		return s.say("seeks-many", h.SeeksMany, args)
	case v.Term == 0:
		return s.say("beginning", h.Beginning, args)
	}
	return s.withDecided("idle", h.Idle, decided, args)
}

// withDecided is say, with the protocol's sentence about what is decided behind it.
func (s *Store) withDecided(name, headline string, decided consensus.Index, args []string) string {
	text := s.say(name, headline, args)
	if more := s.protocol().Headlines.Decided; more != "" && decided > 0 {
		text += " " + s.say("decided", more, args)
	}
	return text
}

// say fills a headline of the protocol, or says the plain one where it has none.
func (s *Store) say(name, headline string, args []string) string {
	if headline == "" {
		headline = texts.Get("status." + name)
	}
	return texts.Or("headline."+hyphens(s.Protocol.Name)+"."+name, headline, args...)
}

// quorate is the end of the key of a text about a quorum that is no majority; "" for one
// that is.
func (s *Store) quorate(st *trace.State, v *Status) string {
	if v.Majority == len(st.Nodes)/2+1 {
		return ""
	}
	return "-quorum"
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

// seekers returns the nodes that want to lead, and the highest of their terms; without
// any, the term of the one who leads. Of terms that are plain numbers the highest alone
// counts: those behind have lost. Ballots belong to one node each, so there all who want
// to lead are in it together; and where nobody leads for long, so is who proposes.
func (s *Store) seekers(st *trace.State, v *Status) (set consensus.NodeSet, term consensus.Term) {
	together := s.Protocol.TermNodes != 0
	for i := range st.Nodes {
		n := &st.Nodes[i]
		seeks := s.seeks(n.Role) && !s.leads(n.Role)
		if s.Protocol.Leaderless {
			seeks = s.seeks(n.Role) || s.leads(n.Role)
		}
		if !n.Up || !seeks || n.Term < term && !together {
			continue
		}
		if n.Term > term && !together {
			set = consensus.NodeSet{}
		}
		term = max(term, n.Term)
		set.Add(n.ID)
	}
	duel := s.Protocol.Leaderless && set.Len() > 1
	if set.Len() == 0 || v.Leader != consensus.None && !duel {
		term = v.Term
	}
	return set, term
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
