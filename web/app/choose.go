package app

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/view"
)

// nothing is the pick of nothing.
var nothing = view.Pick{T: -1}

// Pop is the small panel that stands beside what was clicked and offers what can be
// done to it.
type Pop struct {
	Kind PopKind
	X, Y float64 // where in the ring's host, CSS pixels
	From consensus.NodeID
	Side consensus.NodeSet // PopPartition: the nodes on the first side
}

// PopKind says what a Pop offers.
type PopKind uint8

// Pops. None is closed.
const (
	PopNone PopKind = iota
	PopNode
	PopMessage
	PopLink      // both ends are known: Selected.Link
	PopLinkTo    // the end that From's link is to be cut to is asked for
	PopPartition // who stands on which side
	PopHelp
)

// Tab is the panel that is shown beside or, on a narrow screen, below the scene.
type Tab string

// The tabs. The last four are panels of their own where there is room.
const (
	TabInspect Tab = "inspect"
	TabRules   Tab = "rules"
	TabCode    Tab = "code"
	TabStore   Tab = "store"
	TabCompare Tab = "compare" // the numbers of two runs
	TabWords   Tab = "words"   // what each is called in the other
	TabWhy     Tab = "why"
	TabLogs    Tab = "logs"
	TabDiagram Tab = "diagram"
	TabDials   Tab = "dials"
)

func (t Tab) known() bool {
	switch t {
	case TabInspect, TabRules, TabCode, TabStore, TabCompare, TabWords, TabWhy, TabLogs, TabDiagram, TabDials:
		return true
	}
	return false
}

// ShowTab shows a panel.
func (m *Model) ShowTab(t Tab) {
	m.Tab = t
	m.Fold.Side = false
	m.keep.Keep(keptTab, string(t))
	m.touch()
}

// panel returns the tab that is shown: on a wide screen the last four have places of
// their own.
func (m *Model) panel() Tab {
	switch {
	case (m.Tab == TabCompare || m.Tab == TabWords) && !m.Comparing():
		return TabInspect
	case m.Narrow && m.Tab == "":
		return TabWhy
	case m.Narrow:
		return m.Tab
	}
	switch m.Tab {
	case "", TabWhy, TabLogs, TabDiagram, TabDials:
		return TabCode
	}
	return m.Tab
}

// Point is told what the pointer is over.
func (m *Model) Point(p view.Pick) {
	if p != m.Hover {
		m.Hover = p
		m.stirred = true
	}
}

// PointOn is told what the pointer is over on a side.
func (m *Model) PointOn(side int, p view.Pick) {
	if side < len(m.sides) {
		m.on(m.sides[side], func() { m.Point(p) })
	}
}

// ChooseOn is told what was clicked on a side, which is looked at from now on. What was
// chosen on the other is let go, but for a node: that stands on both.
func (m *Model) ChooseOn(side int, p view.Pick, x, y float64) {
	if side >= len(m.sides) || m.Phase != Running {
		return
	}
	m.LookAt(side)
	m.Choose(p, x, y)
	m.mirror()
}

// mirror chooses on the other side the node that is chosen on the one looked at.
func (m *Model) mirror() {
	for _, s := range m.sides {
		if s != m.Side {
			s.Selected = nothing
			if id := m.Selected.Node; id.IsNode() && m.Selected.Message == 0 && m.Selected.Entry == 0 {
				s.Selected = view.Pick{Node: id, T: -1}
			}
		}
	}
}

// Choose is told what was clicked, and where in the ring's host. What is clicked a
// second time is let go.
func (m *Model) Choose(p view.Pick, x, y float64) {
	if m.Phase != Running {
		return
	}
	if m.Pop.Kind == PopLinkTo && p.Node.IsNode() && p.Node != m.Pop.From {
		m.chooseLink(m.Pop.From, p.Node, x, y)
		return
	}
	if p.Event > 0 {
		m.JumpToEvent(p.Event - 1)
	} else if p.T >= 0 && p.Node == consensus.None && p.Message == 0 && p.Entry == 0 && p.Link == [2]consensus.NodeID{} {
		m.JumpTo(p.T)
		return
	}
	same := p.Node == m.Selected.Node && p.Message == m.Selected.Message && p.Link == m.Selected.Link && p.Entry == m.Selected.Entry
	if same && m.Pop.Kind != PopNone {
		m.Dismiss()
		return
	}
	m.Selected = p
	m.Pop = Pop{}
	switch {
	case p.Entry != 0:
	case p.Node.IsNode():
		m.Pop = Pop{Kind: PopNode, X: x, Y: y}
	case p.Message != 0:
		m.Pop = Pop{Kind: PopMessage, X: x, Y: y}
	case p.Link != [2]consensus.NodeID{}:
		m.Pop = Pop{Kind: PopLink, X: x, Y: y}
	}
	m.touch()
}

// ChooseNode chooses a node from a list or by its key.
func (m *Model) ChooseNode(id consensus.NodeID) {
	if m.node(id) != nil {
		m.Selected = view.Pick{Node: id, T: -1}
		m.mirror()
		m.Pop = Pop{}
		m.speakChoice()
		m.touch()
	}
}

// ChooseMessage chooses a message from a list.
func (m *Model) ChooseMessage(id uint32) {
	m.Selected = view.Pick{Message: id, T: -1}
	m.Pop = Pop{}
	m.touch()
}

// AskLinkTo asks for the other end of a link that begins at a node.
func (m *Model) AskLinkTo(from consensus.NodeID) {
	m.Pop = Pop{Kind: PopLinkTo, X: m.Pop.X, Y: m.Pop.Y, From: from}
	m.touch()
}

// chooseLink chooses the link between two nodes.
func (m *Model) chooseLink(from, to consensus.NodeID, x, y float64) {
	m.Selected = view.Pick{Link: [2]consensus.NodeID{from, to}, T: -1}
	m.Pop = Pop{Kind: PopLink, X: x, Y: y}
	m.touch()
}

// ChooseLinkTo answers AskLinkTo.
func (m *Model) ChooseLinkTo(to consensus.NodeID) {
	m.chooseLink(m.Pop.From, to, m.Pop.X, m.Pop.Y)
}

// OpenPop opens one of the pops that stand beside nothing.
func (m *Model) OpenPop(kind PopKind) {
	if m.Pop.Kind == kind {
		m.Pop = Pop{}
	} else {
		m.Pop = Pop{Kind: kind, X: -1, Y: -1}
		if kind == PopPartition {
			if g := m.groups(SplitMinority); g != nil {
				m.Pop.Side = g[0]
			}
		}
	}
	m.touch()
}

// ToggleSide moves a node to the other side of the partition that is being put together.
func (m *Model) ToggleSide(id consensus.NodeID) {
	if m.Pop.Side.Has(id) {
		m.Pop.Side.Remove(id)
	} else {
		m.Pop.Side.Add(id)
	}
	m.touch()
}

// bothSides returns the two sides of the partition that is being put together.
func (m *Model) bothSides() (one, other consensus.NodeSet) {
	for i := range m.state().Nodes {
		id := consensus.NodeID(i + 1)
		if m.Pop.Side.Has(id) {
			one.Add(id)
		} else {
			other.Add(id)
		}
	}
	return one, other
}

// PartitionSides raises the wall between the two sides.
func (m *Model) PartitionSides() {
	one, other := m.bothSides()
	if one.Len() > 0 && other.Len() > 0 {
		m.Partition(one, other)
	}
}

// Dismiss closes what is open, or else lets go of what is chosen.
func (m *Model) Dismiss() {
	switch {
	case m.Pop.Kind != PopNone:
		m.Pop = Pop{}
	default:
		m.Selected = nothing
	}
	m.touch()
}

// inspectKey says what was asked of the engine for the inspector.
type inspectKey struct {
	after   int
	node    consensus.NodeID
	message uint32
}

// askDetail asks the engine for every field of what is chosen, unless it was asked for
// this moment already. One question is out at a time.
func (m *Model) askDetail() {
	key := inspectKey{m.Cursor.Events, m.Selected.Node, m.Selected.Message}
	if m.Phase != Running || m.traced || m.panel() != TabInspect || key == m.detailKey || !key.node.IsNode() && key.message == 0 {
		return
	}
	for _, r := range m.asked {
		if _, ok := r.frame.(frame.Inspect); ok {
			return
		}
	}
	m.detailKey = key
	m.send(frame.Inspect{After: uint32(key.after), Node: key.node, Message: key.message}, nil)
}
