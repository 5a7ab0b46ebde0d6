package app

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/web/scene"
	"parley/web/texts"
	"parley/web/view"
)

// SideView is one of the runs that are compared.
type SideView struct {
	Number int
	Title  string
	Looked bool
}

// sidesView returns the runs that are compared; none when there is one alone.
func (m *Model) sidesView() []SideView {
	if !m.Comparing() {
		return nil
	}
	var v []SideView
	for _, s := range m.sides {
		v = append(v, SideView{s.number, s.title(), s == m.Side})
	}
	return v
}

// CompareView is the numbers of two runs side by side, or their words.
type CompareView struct {
	Verdict    string
	One, Other string
	Rows       []CompareRow
}

// CompareRow is a number of both runs, or a word of both algorithms.
type CompareRow struct {
	Key, Group, Name, Says string // Group is the name of the group that begins here, or ""
	One, Other             string
	OneSays, OtherSays     string
	OneBetter, OtherBetter bool
	Open                   bool // what is counted, or meant, is said below
}

func (m *Model) compareView() CompareView {
	a, b := m.sides[0], m.sides[1]
	v := CompareView{One: a.title(), Other: b.title()}
	if !a.hasRun() || !b.hasRun() {
		return v
	}
	v.Verdict = m.verdict()
	for _, r := range view.Compare(a.Store.Figures(a.Cursor), b.Store.Figures(b.Cursor)) {
		v.Rows = append(v.Rows, CompareRow{
			Key: r.Key, Group: r.Group, Name: r.Name, Says: r.Says, One: r.A, Other: r.B, OneBetter: r.Better < 0, OtherBetter: r.Better > 0,
			Open: r.Key == m.explained,
		})
	}
	return v
}

func (m *Model) wordsView() CompareView {
	a, b := m.sides[0], m.sides[1]
	v := CompareView{One: a.title(), Other: b.title()}
	if !a.hasRun() || !b.hasRun() {
		return v
	}
	for _, r := range view.Lexicon(a.Store.Protocol, b.Store.Protocol) {
		v.Rows = append(v.Rows, CompareRow{
			Key: r.Concept, Open: r.Concept == m.explained, One: r.Words[0].Name, Other: r.Words[1].Name, OneSays: r.Words[0].Says, OtherSays: r.Words[1].Says,
		})
	}
	return v
}

// Explain says below a number what it counts, or below two words what they mean; once
// more, and it does not.
func (m *Model) Explain(key string) {
	if m.explained == key {
		key = ""
	}
	m.explained = key
	m.touch()
}

// Titles returns what each side is called in the scene; nothing when there is one alone.
func (m *Model) Titles() [2]string {
	var t [2]string
	for i, s := range m.sides {
		if m.Comparing() {
			t[i] = s.title()
		}
	}
	return t
}

// Milestones returns for each side what is compared in the diagrams: when there was a
// leader, and when clients were answered, since the last fault or the beginning. Each
// side's stand in both.
func (m *Model) Milestones() [2][]scene.Milestone {
	var own, all [2][]scene.Milestone
	if !m.Comparing() {
		return all
	}
	for i, s := range m.sides {
		f := s.Store.Figures(s.Cursor)
		mark := func(at consensus.Time, since consensus.Time, key string) {
			if at >= 0 && since >= 0 {
				own[i] = append(own[i], scene.Milestone{T: since + at, Text: texts.Get(key)})
			}
		}
		if f.Fault >= 0 {
			mark(f.LeaderAfter, f.Fault, "compare.mark-leader")
			mark(f.ServedAgainIn, f.Fault, "compare.mark-answer")
		} else {
			mark(f.FirstLeader, 0, "compare.mark-leader")
			mark(f.FirstDecision, 0, "compare.mark-decided")
		}
	}
	for i := range own {
		all[i] = own[i]
		for _, theirs := range own[1-i] {
			theirs.Theirs = true
			all[i] = append(all[i], theirs)
		}
	}
	return all
}

// leaderless reports whether nobody leads for long in the run.
func (m *Model) leaderless() bool { return m.hasRun() && m.Store.Protocol.Leaderless }

// wording returns the key of the text that takes the place of a key's where nobody
// leads for long.
func (m *Model) wording(key string) string {
	if m.leaderless() {
		return "leaderless." + key
	}
	return key
}

// Duel lets two nodes propose at once where several may: two clients that wait for nothing
// each ask a node of their own for another value. The second asks half a flight later:
// its ballot overtakes the first between the two phases, and so on, if nobody backs off.
func (m *Model) Duel() {
	if !m.canDuel() {
		return
	}
	k := m.requests()
	m.note = ""
	var free []int
	for i := range m.state().Clients {
		if m.idle(i) && len(free) < 2 {
			free = append(free, i)
		}
	}
	m.tidy() // both count from the moment that the first one moves to
	for n, i := range free {
		a := scenario.Action{At: m.Cursor.T + consensus.Time(int64(n)*m.dial(scenario.Latency)/2), Kind: scenario.Request, Node: consensus.Client(i + 1), Peer: m.duellist(n), Text: "set x " + itoa(int64(k+n+1))}
		m.act(a, nil)
	}
}

// duellist returns the nth node that is up.
func (m *Model) duellist(n int) consensus.NodeID {
	st := m.state()
	for i := range st.Nodes {
		if st.Nodes[i].Up {
			if n == 0 {
				return st.Nodes[i].ID
			}
			n--
		}
	}
	return consensus.None
}

// canDuel reports whether two can propose at once at the moment that is shown.
func (m *Model) canDuel() bool {
	if !m.hasRun() || !m.Store.Protocol.Leaderless || m.duellist(1) == consensus.None {
		return false
	}
	free := 0
	for i := range m.state().Clients {
		if m.idle(i) {
			free++
		}
	}
	return free >= 2
}
