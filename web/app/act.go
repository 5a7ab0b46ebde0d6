package app

import (
	"slices"
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/texts"
	"parley/web/view"
)

// Act does something to the run at the moment that is shown. In the past that forks:
// what came after is void. Undo takes it back.
func (m *Model) Act(a scenario.Action) { m.act(a, nil) }

// act is Act for a form: a refusal is shown beside it. When runs are compared it is done
// to all of them, but for what means something to one only.
func (m *Model) act(a scenario.Action, form *string) {
	m.note = ""
	if ownAct(a.Kind) {
		m.note = m.ownNote()
	}
	m.actEach(form, func() (scenario.Action, bool) {
		return a, !ownAct(a.Kind) && m.means(a) || m.number == m.looked
	})
}

// actEach does to each side what one says for it, at the moment that is shown or at the
// later one that the action has.
func (m *Model) actEach(form *string, one func() (scenario.Action, bool)) {
	if m.Phase != Running || m.watching() || m.traceOnly() || m.stops(form) {
		return
	}
	m.tidy()
	m.remember()
	if form != nil {
		*form = ""
	}
	m.each(func() {
		if a, ok := one(); ok {
			a.At = max(a.At, m.Cursor.T)
			m.send(frame.Act{Action: a}, form)
			if !m.broke && a.Kind != scenario.Request {
				m.broke = true
				m.keep.Keep(keptBroke, "yes")
			}
		}
	})
	m.Pop = Pop{}
	m.touch()
}

// ActLine is Act for an action in the words of a script, without its moment: "crash n3".
func (m *Model) ActLine(text string) {
	if m.Phase != Running || m.watching() || m.traceOnly() || m.stops(nil) {
		return
	}
	m.tidy()
	m.remember()
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	m.each(func() {
		if !own[word] || m.number == m.looked {
			m.send(frame.ActLine{At: m.Cursor.T, Text: text[:min(len(text), frame.TextMax)]}, nil)
		}
	})
	m.Pop = Pop{}
	m.touch()
}

// momentOf returns when the action is done that a command asks for, -1 if for none.
func momentOf(f frame.Frame) consensus.Time {
	switch f := f.(type) {
	case frame.Act:
		return f.Action.At
	case frame.ActLine:
		return f.At
	}
	return -1
}

// means reports whether an action changes anything on the side that is looked at: a node
// that is down there already need not crash.
func (m *Model) means(a scenario.Action) bool {
	n := m.node(a.Node)
	switch a.Kind {
	case scenario.Crash:
		return n != nil && n.Up
	case scenario.Restart:
		return n != nil && !n.Up
	}
	return true
}

// acted takes the news that an action is part of the recording now.
func (m *Model) acted(f frame.Acted, req request) {
	m.dropNotices(NoticeWrong, NoticeNote)
	at := momentOf(req.frame)
	if at >= 0 {
		m.unmark(at)
		if m.figure != nil {
			m.figure.acted(m, f.Line, at, f.Forked)
		}
	}
	if at >= 0 && at < m.Frontier {
		if m.figure == nil && m.undos[len(m.undos)-1].frontier > at {
			m.notify(Notice{
				Kind: NoticeFork, Text: texts.Get("notice.fork", "time", view.FormatTime(at)),
				Label: texts.Get("notice.undo"), Do: m.Undo,
			})
		}
		m.Frontier = max(at, m.Cursor.T)
	}
	if m.note != "" {
		m.notify(Notice{Kind: NoticeNote, Text: m.note})
	}
	m.send(frame.GetScript{}, nil)
	m.touch()
}

// actShown is called when the events of an action are there: the cursor takes them in.
func (m *Model) actShown() {
	from := m.Cursor.Events
	m.show(m.at(m.Cursor.T))
	if !m.Playing {
		m.Spoken = m.Store.Spoken(min(from, m.Cursor.Events), m.Cursor.Events)
	}
	m.acts = m.Cursor.T
	m.askAhead()
	m.keepPlace()
	m.touch()
}

// settle takes in what follows from an action within its moment: a node that is started
// boots only when the World goes on.
func (m *Model) settle() {
	if m.acts == m.Cursor.T && !m.Playing {
		m.show(m.at(m.Cursor.T))
		m.urgent = true
	}
	if m.Head.Time > m.acts {
		m.acts = -1
	}
}

// refused shows why a command was not carried out: beside the form it came from, or
// in a notice.
func (m *Model) refused(f frame.Refused, req request) {
	switch req.frame.(type) {
	case frame.Advance:
		m.advancing = false
	case frame.Open:
		m.openRefused(f.Why)
		return
	case frame.OpenLink:
		m.linkRefused(f.Why)
		return
	case frame.Verify:
		return // something was done to the run, which is another one now
	case frame.GetLink:
		if r := m.room; r != nil && r.left {
			m.quitRoom("")
			return
		}
	case frame.Inspect:
		return // the moment or the message is gone; the inspector shows what the trace says
	}
	if req.form != nil {
		*req.form = f.Why
	} else if m.Comparing() {
		m.notify(Notice{Kind: NoticeWrong, Text: texts.Get("compare.refused", "side", m.title(), "why", f.Why)})
	} else {
		m.notify(Notice{Kind: NoticeWrong, Text: f.Why})
	}
	m.touch()
}

// openRefused goes on with the run that was open, or, when what was kept of an earlier
// visit cannot be opened any more, with a new one.
func (m *Model) openRefused(why string) {
	m.touch()
	if m.number > 0 {
		m.on(m.sides[0], func() {
			m.dropSide()
			m.arrive()
		})
		m.notify(Notice{Kind: NoticeWrong, Text: why})
		return
	}
	m.goal = nil
	if m.hasRun() {
		m.Phase = Running
		m.script = m.keep.Kept(keptScript)
		m.notify(Notice{Kind: NoticeWrong, Text: why})
		return
	}
	if fresh := freshScript(); m.script != fresh {
		m.notify(Notice{Kind: NoticeWrong, Text: texts.Get("notice.not-opened", "why", why)})
		m.open(fresh)
		return
	}
	m.Lose("stopped", why)
}

// undosMax is how many acts can be taken back.
const undosMax = 32

// remember keeps what it takes to undo what comes now. What is done at once is undone
// at once: it began from the same recording.
func (m *Model) remember() {
	if m.traced {
		return // no engine would do what a trace from a file tells: what was before it is gone back to
	}
	if m.room != nil {
		return // what others did cannot be taken back
	}
	var scripts []string
	for _, s := range m.sides {
		scripts = append(scripts, s.script)
	}
	if n := len(m.undos); n > 0 && slices.Equal(m.undos[n-1].scripts, scripts) {
		return
	}
	if len(m.undos) == undosMax {
		m.undos = slices.Delete(m.undos, 0, 1)
	}
	m.undos = append(m.undos, undo{scripts, goal{cursor: m.Cursor.T, frontier: m.Frontier}, m.sent})
}

// Undo goes back to the run as it was before the last act, at the moment it was done.
func (m *Model) Undo() {
	n := len(m.undos)
	if n == 0 || m.Phase != Running {
		return
	}
	u := m.undos[n-1]
	m.undos = m.undos[:n-1]
	m.dropNotices(NoticeFork)
	m.goal, m.sent = &u.goal, u.sent
	m.openAll(u.scripts)
}

// node returns a node at the moment that is shown, nil if there is none.
func (m *Model) node(id consensus.NodeID) *trace.Node {
	if st := m.state(); id.IsNode() && int(id) <= len(st.Nodes) {
		return &st.Nodes[id-1]
	}
	return nil
}

// leader returns the node that leads in the latest term, None if none does.
func (m *Model) leader() consensus.NodeID {
	p := m.Store.Protocol
	if p == nil {
		return consensus.None
	}
	var best *trace.Node
	st := m.state()
	for i := range st.Nodes {
		n := &st.Nodes[i]
		if n.Up && int(n.Role) < len(p.Roles) && p.Roles[n.Role].Leads && (best == nil || n.Term > best.Term) {
			best = n
		}
	}
	if best == nil {
		return consensus.None
	}
	return best.ID
}

// CrashOrRestart crashes a node that is up and restarts one that is down.
func (m *Model) CrashOrRestart(id consensus.NodeID) {
	n := m.node(id)
	if n == nil {
		return
	}
	kind := scenario.Restart
	if n.Up {
		kind = scenario.Crash
	}
	m.Act(scenario.Action{Kind: kind, Node: id})
}

// CrashLeader crashes the node that leads.
func (m *Model) CrashLeader() {
	m.note = ""
	var told []string
	m.actEach(nil, func() (scenario.Action, bool) {
		id := m.leader()
		if id == consensus.None {
			return scenario.Action{}, false
		}
		told = append(told, texts.Get("compare.crashed", "side", m.title(), "node", id.String()))
		return scenario.Action{Kind: scenario.Crash, Node: id}, true
	})
	if m.Comparing() {
		m.note = strings.Join(told, " ")
	}
}

// TimeOut lets the timer expire that stands round the node, or else any that runs.
func (m *Model) TimeOut(id consensus.NodeID) {
	n := m.node(id)
	if n == nil || !n.Up {
		return
	}
	t, ok := m.runningTimer(n)
	if !ok {
		m.notify(Notice{Kind: NoticeWrong, Text: texts.Get("notice.no-timer", "node", id.String())})
		m.touch()
		return
	}
	m.Act(scenario.Action{Kind: scenario.Timeout, Node: id, Timer: t})
}

func (m *Model) runningTimer(n *trace.Node) (consensus.TimerID, bool) {
	found, any := consensus.TimerID(0), false
	for i := range n.Timers {
		if n.Timers[i].Due == 0 {
			continue
		}
		if i < len(m.Store.Protocol.Timers) && m.Store.Protocol.Timers[i].Arc {
			return consensus.TimerID(i), true
		}
		if !any {
			found, any = consensus.TimerID(i), true
		}
	}
	return found, any
}

// Heal ends all cuts and partitions.
func (m *Model) Heal() { m.Act(scenario.Action{Kind: scenario.Heal}) }

// ToggleLink cuts the way from one node to another, or heals it.
func (m *Model) ToggleLink(from, to consensus.NodeID) {
	kind := scenario.Cut
	if m.state().Cuts[from].Has(to) {
		kind = scenario.Heal
	}
	m.Act(scenario.Action{Kind: kind, Node: from, Peer: to})
}

// Partition walls groups of nodes off from one another.
func (m *Model) Partition(groups ...consensus.NodeSet) {
	m.Act(scenario.Action{Kind: scenario.Partition, Groups: groups})
}

// Split is a way to part the cluster.
type Split uint8

// The presets.
const (
	SplitMinority Split = iota // the leader, with as many as still make a minority
	SplitHalves
	SplitThirds
	SplitLeader // the leader alone
)

// groups returns the groups of a preset; nil when it makes no sense for the cluster.
func (m *Model) groups(s Split) []consensus.NodeSet {
	n := len(m.state().Nodes)
	if n < 2 {
		return nil
	}
	lead := m.leader()
	if lead == consensus.None {
		lead = 1
	}
	// Nodes in the order of the ring, the leader first: groups are neighbours.
	ring := make([]consensus.NodeID, n)
	for i := range ring {
		ring[i] = consensus.NodeID((int(lead)-1+i)%n + 1)
	}
	parts, first := 2, 0 // first: the size of the first group; 0: all are as equal as can be
	switch s {
	case SplitMinority:
		first = max(1, (n-1)/2)
	case SplitLeader:
		first = 1
	case SplitThirds:
		parts = 3
	}
	if parts > n {
		return nil
	}
	groups := make([]consensus.NodeSet, parts)
	for i, id := range ring {
		switch {
		case first == 0:
			groups[i*parts/n].Add(id)
		case i < first:
			groups[0].Add(id)
		default:
			groups[1].Add(id)
		}
	}
	return groups
}

// SplitBy parts the cluster by a preset.
func (m *Model) SplitBy(s Split) {
	if g := m.groups(s); g != nil {
		m.Partition(g...)
	}
}

// names returns the names of a set: "N1, N2".
func names(s consensus.NodeSet) string {
	var b []byte
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if s.Has(id) {
			if b != nil {
				b = append(b, ", "...)
			}
			b = append(b, id.String()...)
		}
	}
	return string(b)
}

// Drop loses a message in flight.
func (m *Model) Drop(id uint32) { m.Act(scenario.Action{Kind: scenario.Drop, Message: id}) }

// Duplicate sends a copy of a message in flight.
func (m *Model) Duplicate(id uint32) { m.Act(scenario.Action{Kind: scenario.Copy, Message: id}) }

// holdBy is by how much a message in flight is delayed.
const holdBy = 50 * consensus.Millisecond

// Delay lets a message in flight arrive later.
func (m *Model) Delay(id uint32) {
	m.Act(scenario.Action{Kind: scenario.Hold, Message: id, Value: int64(holdBy)})
}

// Request lets a client that is not waiting for anything write a new value; node is
// the one to ask first, None leaves the choice to the client.
func (m *Model) Request(node consensus.NodeID) {
	m.ask("set x "+strconv.Itoa(m.requests()+1), node, nil)
}

// requests returns how many commands were asked for so far.
func (m *Model) requests() int {
	n := 0
	for _, c := range m.state().Clients {
		n += int(c.Seq)
	}
	return n
}

// ask lets an idle client ask for a command; the same one on every side, if one is idle
// on all of them.
func (m *Model) ask(command string, node consensus.NodeID, form *string) {
	m.note = ""
	clients := m.state().Clients
	same := consensus.None
	for i := range clients {
		if same == consensus.None && m.all(func(s *Side) bool { return s.idle(i) }) {
			same = consensus.Client(i + 1)
		}
	}
	asked := false
	one := func() (scenario.Action, bool) {
		client := same
		for i := range m.state().Clients {
			if client == consensus.None && m.idle(i) {
				client = consensus.Client(i + 1)
			}
		}
		asked = asked || client != consensus.None
		return scenario.Action{Kind: scenario.Request, Node: client, Peer: node, Text: command}, client != consensus.None
	}
	if m.each(func() { one() }); asked {
		m.actEach(form, one)
		return
	}
	why := texts.Get("form.clients-busy")
	if len(clients) == 0 {
		why = texts.Get("form.no-clients")
	}
	if form != nil {
		*form = why
	} else {
		m.notify(Notice{Kind: NoticeWrong, Text: why})
	}
	m.touch()
}

// SwitchRule switches a rule off or on again.
func (m *Model) SwitchRule(id consensus.RuleID, off bool) {
	p := m.Store.Protocol
	if p == nil || id == 0 || int(id) > len(p.Rules) {
		return
	}
	kind := scenario.SwitchOn
	if off {
		kind = scenario.SwitchOff
	}
	m.Act(scenario.Action{Kind: kind, Text: p.Rules[id-1].ID})
}
