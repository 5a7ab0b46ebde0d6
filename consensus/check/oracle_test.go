package check_test

import (
	"slices"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/trace"
)

// protocol is as much of Raft's as a Checker reads. The invariants stand in an order of
// their own.
var protocol = consensus.Protocol{
	Roles: []consensus.RoleInfo{{Name: "follower"}, {Name: "candidate"}, {Name: "leader", Leads: true}},
	Invariants: []consensus.Invariant{
		{ID: "x.something-else"}, {ID: check.StateMachineSafety}, {ID: check.LogMatching}, {ID: check.ElectionSafety},
		{ID: check.LeaderCompleteness}, {ID: check.LeaderAppendOnly},
	},
}

// ids names the invariants, in the order of Figure 3.
var ids = []string{check.ElectionSafety, check.LeaderAppendOnly, check.LogMatching, check.LeaderCompleteness, check.StateMachineSafety}

func invariantOf(v *trace.Event) string { return protocol.Invariants[v.Sub].ID }

// oracle is a Checker written down as the paper says it: it keeps whole logs, and after
// every event looks at all pairs of them. It knows since when each invariant is broken.
type oracle struct {
	nodes     []server
	led       map[consensus.Term]map[consensus.NodeID]bool
	reports   []commitReport
	committed map[int]item
	applied   map[int]map[item]bool
	broken    map[string]int // number of the event with which it broke
	events    int
}

// server is a node's state. log[i] is index base+1+i.
type server struct {
	term consensus.Term
	lead bool
	base int
	log  []item
}

func (s *server) last() int { return s.base + len(s.log) }

// at returns the entry at index i; it is not known when its term is 0.
func (s *server) at(i int) item {
	if i <= s.base || i > s.last() {
		return item{}
	}
	return s.log[i-s.base-1]
}

type item struct {
	term      consensus.Term
	client    consensus.NodeID
	seq, hash uint32
}

func same(a, b item) bool { return a == b || a.term == 0 || b.term == 0 }

type commitReport struct {
	upTo int
	term consensus.Term
}

func newOracle(nodes int) *oracle {
	return &oracle{
		nodes: make([]server, nodes), led: map[consensus.Term]map[consensus.NodeID]bool{}, committed: map[int]item{},
		applied: map[int]map[item]bool{}, broken: map[string]int{},
	}
}

func (o *oracle) observe(e *trace.Event) {
	o.events++
	if e.Node < 1 || int(e.Node) > len(o.nodes) {
		return
	}
	s := &o.nodes[e.Node-1]
	ledBefore, logBefore, baseBefore := s.lead, slices.Clone(s.log), s.base
	i, x := int(e.A), item{e.Term, e.Peer, e.B, e.C}
	switch e.Kind {
	case trace.Boot:
		*s = server{term: s.term}
	case trace.Crash:
		s.lead = false
	case trace.Role:
		s.lead = e.Sub == 2
	case trace.Term:
		s.term = e.Term
	case trace.Entry:
		switch {
		case i == 0 || i > check.IndexMax || i <= s.base || x.term == 0:
		case i <= s.last():
			s.log[i-s.base-1] = x
		case i == s.last()+1:
			s.log = append(s.log, x)
		default:
			s.base, s.log = i-1, []item{x}
		}
	case trace.Truncate:
		switch {
		case i == 0 || i > s.last():
		case i <= s.base:
			s.base, s.log = i-1, nil
		default:
			s.log = s.log[:i-s.base-1]
		}
	case trace.Compact:
		if i > s.last() && i <= check.IndexMax {
			s.base, s.log = i, nil
		}
	case trace.Commit:
		upTo := min(i, s.last())
		if upTo > 0 {
			o.reports = append(o.reports, commitReport{upTo, s.term})
		}
		for j := 1; j <= upTo; j++ {
			if _, known := o.committed[j]; !known {
				o.committed[j] = s.at(j)
			}
		}
	case trace.Apply:
		if i > 0 && i <= check.IndexMax {
			if o.applied[i] == nil {
				o.applied[i] = map[item]bool{}
			}
			o.applied[i][x] = true
		}
	}
	if s.lead {
		if o.led[s.term] == nil {
			o.led[s.term] = map[consensus.NodeID]bool{}
		}
		o.led[s.term][e.Node] = true
	}
	if ledBefore && s.lead {
		switch {
		case e.Kind == trace.Compact, e.Kind == trace.Entry && s.base > baseBefore: // nothing is known of what was
		case s.base+len(s.log) < baseBefore+len(logBefore), !extends(s.log, logBefore):
			o.breaks(check.LeaderAppendOnly)
		}
	}
	o.checkAll()
}

func extends(log, old []item) bool { return len(log) >= len(old) && slices.Equal(log[:len(old)], old) }

func (o *oracle) breaks(id string) {
	if _, before := o.broken[id]; !before {
		o.broken[id] = o.events
	}
}

func (o *oracle) checkAll() {
	for _, nodes := range o.led {
		if len(nodes) > 1 {
			o.breaks(check.ElectionSafety)
		}
	}
	for a := range o.nodes {
		for b := range o.nodes[:a] {
			if !matching(&o.nodes[a], &o.nodes[b]) {
				o.breaks(check.LogMatching)
			}
		}
	}
	for a := range o.nodes {
		if s := &o.nodes[a]; s.lead && !o.complete(s) {
			o.breaks(check.LeaderCompleteness)
		}
	}
	for _, entries := range o.applied {
		if len(entries) > 1 {
			o.breaks(check.StateMachineSafety)
		}
	}
}

// matching: if two logs contain an entry with the same index and term, they are the
// same in all entries up through that index.
func matching(a, b *server) bool {
	for i := 1; i <= min(a.last(), b.last()); i++ {
		if t := a.at(i).term; t == 0 || t != b.at(i).term {
			continue
		}
		for j := 1; j <= i; j++ {
			if !same(a.at(j), b.at(j)) {
				return false
			}
		}
	}
	return true
}

// complete: an entry that was committed in a term is in the logs of the leaders of all
// later terms.
func (o *oracle) complete(s *server) bool {
	for i, x := range o.committed {
		for _, r := range o.reports {
			if r.upTo >= i && r.term < s.term && (i > s.last() || !same(s.at(i), x)) {
				return false
			}
		}
	}
	return true
}
