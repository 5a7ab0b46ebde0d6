package app

import (
	"slices"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
	"parley/web/view"
)

// InspectView shows what is chosen, or what can be.
type InspectView struct {
	Title, Says string
	Chosen      bool
	Groups      []GroupView
	Lists       []ListView
}

// GroupView is a group of fields.
type GroupView struct {
	Title string
	Rows  []RowView
}

// RowView is a field.
type RowView struct{ Name, Value string }

// ListView lists what can be chosen.
type ListView struct {
	Title, Empty string
	Picks        []PickView
}

// PickView is one of them.
type PickView struct {
	Name, Label, Aside string
	Do                 func()
}

// flightsShown is how many messages in flight the inspector lists.
const flightsShown = 10

func (m *Model) inspectView() InspectView {
	// The last answer of the engine stands in until the one for this moment comes.
	detail := m.detail
	detail.After = uint32(m.Cursor.Events)
	found := m.Store.Inspect(m.Cursor, m.Selected, &detail)
	v := InspectView{Title: found.Title, Says: found.Says, Chosen: found.Kind != view.PickNothing}
	for _, g := range found.Groups {
		group := GroupView{Title: g.Title}
		for _, r := range g.Rows {
			group.Rows = append(group.Rows, RowView{r.Name, r.Value})
		}
		v.Groups = append(v.Groups, group)
	}
	if !v.Chosen {
		v.Lists = []ListView{m.nodeList(), m.flightList(consensus.None)}
	} else if n := m.node(m.Selected.Node); n != nil && found.Kind == view.PickNode {
		v.Lists = []ListView{m.flightList(n.ID)}
	}
	return v
}

func (m *Model) nodeList() ListView {
	l := ListView{Title: texts.Get("inspect.nodes")}
	st := m.state()
	for i := range st.Nodes {
		n := &st.Nodes[i]
		p := PickView{Name: "node", Label: n.ID.String(), Aside: texts.Get("scene.down"), Do: func() { m.ChooseNode(n.ID) }}
		if n.Up {
			p.Aside = texts.Get("inspect.role", "role", m.Store.RoleName(n.Role), "termword", m.Store.TermWord(), "term", m.Store.TermText(n.Term))
		}
		l.Picks = append(l.Picks, p)
	}
	return l
}

// flightList lists the messages that are on their way, to a node if one is named.
func (m *Model) flightList(to consensus.NodeID) ListView {
	l := ListView{Title: texts.Get("inspect.flights")}
	flights := m.state().Messages
	if to != consensus.None {
		l.Title = texts.Get("inspect.inbox", "node", to.String())
		flights = slices.DeleteFunc(slices.Clone(flights), func(f trace.Flight) bool { return f.To != to })
	}
	for i := range flights {
		f := &flights[i]
		if i == flightsShown {
			l.Empty = texts.Count("inspect.flights-more", len(flights)-flightsShown)
			break
		}
		id := f.ID
		l.Picks = append(l.Picks, PickView{
			Name: "message", Label: m.Store.MessageName(f.Kind), Do: func() { m.ChooseMessage(id) },
			Aside: texts.Get("inspect.way", "from", f.From.String(), "to", f.To.String()),
		})
	}
	if len(flights) == 0 {
		l.Empty = texts.Get("inspect.flights-none")
	}
	return l
}

// RuleRow is a rule of the algorithm.
type RuleRow struct {
	Number                                      consensus.RuleID
	ID, Name, Says, Source, Without, SwitchSays string
	Lit, Off, Switchable                        bool
	Open                                        bool // what it demands is shown
}

func (m *Model) rulesView() []RuleRow {
	lit := m.Store.Lit(m.Cursor, m.Selected.Node)
	var rows []RuleRow
	for i := range m.Store.Protocol.Rules {
		id := consensus.RuleID(i + 1)
		r := m.Store.RuleView(m.Cursor, id)
		row := RuleRow{
			Number: id, ID: r.Key, Name: r.Name, Says: r.Says, Source: r.Source,
			Lit: lit.Has(id), Off: r.Off, Switchable: r.Switchable, Open: id == m.openRule,
		}
		if row.Lit && m.openRule == 0 || r.Off {
			row.Open = true
		}
		if r.Protects != "" {
			row.Source = texts.Get("rules.protects", "name", r.Protects, "source", r.Source)
		}
		switch {
		case !r.Switchable:
			row.SwitchSays = texts.Get("rules.always", "name", r.Name)
		case r.Off:
			row.SwitchSays = texts.Get("rules.on", "name", r.Name)
		default:
			row.SwitchSays = texts.Get("rules.off", "name", r.Name)
		}
		if r.Switchable {
			row.Without = texts.Get("rules.without", "without", r.Without)
		}
		rows = append(rows, row)
	}
	return rows
}

// OpenRule shows what a rule demands, or folds it away again. Until one is opened those
// are open that fired last.
func (m *Model) OpenRule(id consensus.RuleID) {
	if m.openRule == id {
		id = 0
	}
	m.openRule = id
	m.touch()
}

// CodeView is the pseudocode.
type CodeView struct{ Blocks []BlockView }

// BlockView is a box of the pseudocode.
type BlockView struct {
	Title string
	Lines []CodeLineView
}

// CodeLineView is a line of the pseudocode.
type CodeLineView struct {
	Text, Indent, Says string
	Lit, Off           bool
}

func (m *Model) codeView() CodeView {
	var v CodeView
	for _, b := range m.Store.Code(m.Cursor, m.Store.Lit(m.Cursor, m.Selected.Node)) {
		block := BlockView{Title: b.Title}
		for _, l := range b.Lines {
			line := CodeLineView{Text: l.Text, Indent: itoa(int64(min(l.Indent, 3))), Lit: l.Lit, Off: l.Off}
			for _, r := range l.Rules {
				if line.Says != "" {
					line.Says += " "
				}
				line.Says += m.Store.RuleSays(r)
			}
			block.Lines = append(block.Lines, line)
		}
		v.Blocks = append(v.Blocks, block)
	}
	return v
}
