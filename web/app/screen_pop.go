package app

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/web/texts"
	"parley/web/view"
)

// headline says what is going on, in one sentence; of runs that are compared, in one
// each, on a line of its own; where there is no room for both, of the one looked at.
func (m *Model) headline() string {
	if r := m.room; r != nil && r.told && r.now.State == frame.Lobby {
		return texts.Get("room.headline", "algorithm", m.title(), "n", itoa(int64(len(r.now.Seats))))
	}
	if !m.Comparing() {
		return m.Store.Status(m.Cursor).Headline
	}
	s := ""
	for _, side := range m.sides {
		if side.hasRun() && (!m.Narrow || side == m.Side) {
			if s != "" {
				s += "\n"
			}
			s += texts.Get("compare.headline", "side", side.title(), "headline", side.Store.Status(side.Cursor).Headline)
		}
	}
	return s
}

// breachesShown is how many violations the banner names.
const breachesShown = 1

// violationNotices name the invariants that do not hold any more.
func (m *Model) violationNotices() []NoticeView {
	var v []NoticeView
	for _, s := range m.sides {
		if !s.hasRun() {
			continue
		}
		for _, b := range s.Store.Violations(s.Cursor, breachesShown) {
			n := NoticeView{
				Kind: "violation", ARIA: "alert",
				Text:  texts.Get("notice.violation", "name", b.Name, "text", b.Text, "time", view.FormatTime(b.T)),
				Label: texts.Get("notice.jump"), Do: func() { m.JumpToEventOf(s.number, b.Event) },
			}
			if m.Comparing() {
				n.Text = texts.Get("compare.headline", "side", s.title(), "headline", n.Text)
			}
			v = append(v, n)
		}
	}
	return v
}

// PopView is what the small panel offers.
type PopView struct {
	Kind              PopKind
	Word, Title, Says string
	Acts              []ActView
	Keys              []KeyHelp
}

// ActView is a button of the small panel.
type ActView struct {
	Name, Label, Aside, Says, Key, Class string
	Pressed, Off                         bool
	Do                                   func()
}

func (m *Model) popView() PopView {
	v := PopView{Kind: m.Pop.Kind}
	if m.Pop.Kind == PopNone || m.Phase != Running && m.Pop.Kind != PopHelp {
		return PopView{}
	}
	switch m.Pop.Kind {
	case PopNode:
		m.nodePop(&v)
	case PopMessage:
		m.messagePop(&v)
	case PopLink:
		m.linkPop(&v)
	case PopLinkTo:
		m.linkToPop(&v)
	case PopPartition:
		m.partitionPop(&v)
	case PopHelp:
		v.Word, v.Title, v.Says = "help", texts.Get("help.title"), texts.Get("help.says")
		for _, k := range keyHelp {
			v.Keys = append(v.Keys, KeyHelp{k.Keys, texts.Get(k.Text)})
		}
	}
	if why := m.barred(); why != "" && len(v.Acts) > 0 {
		v.Says = why
		for i := range v.Acts {
			if a := &v.Acts[i]; a.Name != "inspect" {
				a.Off, a.Says = true, why
			}
		}
	}
	return v
}

// act adds a button whose label is pop.NAME and whose explanation is pop.NAME.says.
func (v *PopView) act(name, key string, do func(), args ...string) *ActView {
	v.Acts = append(v.Acts, ActView{
		Name: name, Label: texts.Get("pop."+name, args...), Says: texts.Get("pop."+name+".says", args...), Key: key, Do: do,
	})
	return &v.Acts[len(v.Acts)-1]
}

func (m *Model) nodePop(v *PopView) {
	id := m.Selected.Node
	n := m.node(id)
	if n == nil {
		v.Kind = PopNone
		return
	}
	name := id.String()
	v.Word = "node"
	v.Title = texts.Get("pop.node", "node", name, "role", m.Store.RoleName(n.Role), "termword", m.Store.TermWord(), "term", m.Store.TermText(n.Term))
	if !n.Up {
		v.Title = texts.Get("pop.node-down", "node", name)
		v.act("restart", "c", func() { m.CrashOrRestart(id) }, "node", name).Class = "main"
	} else {
		v.act("crash", "c", func() { m.CrashOrRestart(id) }, "node", name).Class = "danger"
		timer := texts.Get("pop.no-timer")
		t, ok := m.runningTimer(n)
		if ok {
			timer = m.Store.TimerName(uint8(t))
		}
		v.act("timeout", "t", func() { m.TimeOut(id) }, "node", name, "timer", timer).Off = !ok
		v.act("request", "r", func() { m.Request(id) }, "node", name).Off = len(m.state().Clients) == 0
	}
	if len(m.state().Nodes) > 1 {
		v.act("cut-to", "x", func() { m.AskLinkTo(id) }, "node", name)
		v.act("isolate", "", func() { m.Isolate(id) }, "node", name)
	}
	v.act("inspect", "", func() { m.Look() })
}

// Isolate walls a node off from all others.
func (m *Model) Isolate(id consensus.NodeID) {
	one := consensus.SetOf(id)
	var others consensus.NodeSet
	for i := range m.state().Nodes {
		if o := consensus.NodeID(i + 1); o != id {
			others.Add(o)
		}
	}
	m.Partition(one, others)
}

// Look shows the inspector, and closes the small panel.
func (m *Model) Look() {
	m.Pop = Pop{}
	m.Fold.Side = false
	m.ShowTab(TabInspect)
}

// Release lets go of what is chosen.
func (m *Model) Release() {
	m.Selected, m.Pop = nothing, Pop{}
	m.touch()
}

func (m *Model) messagePop(v *PopView) {
	id := m.Selected.Message
	f := m.state().Flight(id)
	v.Word = "message"
	if f == nil {
		v.Title, v.Says = texts.Get("pop.message-gone"), texts.Get("pop.message-gone.says")
		v.act("inspect", "", func() { m.Look() })
		return
	}
	v.Title = texts.Get("pop.message", "name", m.Store.MessageName(f.Kind), "from", f.From.String(), "to", f.To.String())
	v.act("drop", "d", func() { m.Drop(id) }).Class = "danger"
	v.act("duplicate", "", func() { m.Duplicate(id) })
	v.act("delay", "", func() { m.Delay(id) }, "time", view.FormatSpan(holdBy))
	v.act("inspect", "", func() { m.Look() })
}

func (m *Model) linkPop(v *PopView) {
	a, b := m.Selected.Link[0], m.Selected.Link[1]
	st := m.state()
	v.Word = "link"
	v.Title = texts.Get("pop.link", "one", a.String(), "other", b.String())
	for _, way := range [...][2]consensus.NodeID{{a, b}, {b, a}} {
		from, to := way[0], way[1]
		if !from.IsNode() || !to.IsNode() {
			continue
		}
		name := "cut"
		if st.Cuts[from].Has(to) {
			name = "heal-link"
		}
		v.act(name, "", func() { m.ToggleLink(from, to) }, "from", from.String(), "to", to.String())
	}
	if a.IsNode() && b.IsNode() && !st.Cuts[a].Has(b) && !st.Cuts[b].Has(a) {
		v.act("cut-both", "", func() {
			m.ToggleLink(a, b)
			m.ToggleLink(b, a)
		}, "one", a.String(), "other", b.String())
	}
}

func (m *Model) linkToPop(v *PopView) {
	from := m.Pop.From
	v.Word = "link-to"
	v.Title, v.Says = texts.Get("pop.link-to", "node", from.String()), texts.Get("pop.link-to.says", "node", from.String())
	for i := range m.state().Nodes {
		if id := consensus.NodeID(i + 1); id != from {
			a := v.act("to", "", func() { m.ChooseLinkTo(id) }, "from", from.String(), "to", id.String())
			a.Label = id.String()
		}
	}
}

func (m *Model) partitionPop(v *PopView) {
	v.Word = "partition"
	one, other := m.bothSides()
	v.Title = texts.Get("pop.partition")
	v.Says = texts.Get("pop.partition.says", "one", view.Members(one), "other", view.Members(other))
	for i := range m.state().Nodes {
		id := consensus.NodeID(i + 1)
		a := v.act("side", "", func() { m.ToggleSide(id) }, "node", id.String())
		a.Label, a.Pressed, a.Class = id.String(), one.Has(id), "toggle"
	}
	a := v.act("partition-now", "", func() { m.PartitionSides() })
	a.Class, a.Off = "main", one.Len() == 0 || other.Len() == 0
	for _, p := range [...]struct {
		name  string
		split Split
	}{{"halves", SplitHalves}, {"thirds", SplitThirds}, {"leader", SplitLeader}} {
		g := m.groups(p.split)
		if g == nil || p.split == SplitLeader && m.leader() == consensus.None {
			continue
		}
		v.act(p.name, "", func() { m.SplitBy(p.split) }, "groups", groupNames(g)).Aside = groupNames(g)
	}
}

// groupNames writes groups as a script does, with names: "N1, N2 | N3".
func groupNames(groups []consensus.NodeSet) string {
	s := ""
	for i, g := range groups {
		if i > 0 {
			s += " | "
		}
		s += names(g)
	}
	return s
}

// speakChoice says what was chosen, for those who do not see it.
func (m *Model) speakChoice() {
	m.Spoken = ""
	if n := m.node(m.Selected.Node); n != nil {
		v := PopView{}
		m.nodePop(&v)
		m.Spoken = v.Title
	} else if m.Selected.Message != 0 {
		v := PopView{}
		m.messagePop(&v)
		m.Spoken = v.Title
	}
}

// RestartAll restarts every node that is down.
func (m *Model) RestartAll() {
	for i := range m.state().Nodes {
		restart := scenario.Action{Kind: scenario.Restart, Node: consensus.NodeID(i + 1)}
		m.note = ""
		m.actEach(nil, func() (scenario.Action, bool) { return restart, m.means(restart) })
	}
}
