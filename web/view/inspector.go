package view

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/texts"
)

// Row is a name and a value of the inspector.
type Row struct{ Name, Value string }

// RowGroup is rows under one heading.
type RowGroup struct {
	Title string
	Rows  []Row
}

func (g *RowGroup) add(name, value string) { g.Rows = append(g.Rows, Row{name, value}) }

// PickKind says what a Pick is.
type PickKind uint8

// What can be picked.
const (
	PickNothing PickKind = iota
	PickNode
	PickMessage
	PickLink
	PickEntry
	PickEvent
)

// Kind returns what was picked.
func (p Pick) Kind() PickKind {
	switch {
	case p.Entry != 0 && p.Node != consensus.None:
		return PickEntry
	case p.Node != consensus.None:
		return PickNode
	case p.Message != 0:
		return PickMessage
	case p.Link[0] != consensus.None && p.Link[1] != consensus.None:
		return PickLink
	case p.Event > 0:
		return PickEvent
	}
	return PickNothing
}

// Inspection is all there is to know of what was picked.
type Inspection struct {
	Kind   PickKind
	Title  string // "N3, leader"
	Says   string // what that is, in a sentence
	Term   consensus.Term
	Groups []RowGroup
}

// Inspect returns what is known of a pick at a moment. The detail is what the engine
// answered when it was asked; it is used when it is of the same pick (and moment, for a
// node), and may be nil.
func (s *Store) Inspect(at Cursor, p Pick, detail *frame.Detail) Inspection {
	v := Inspection{Kind: p.Kind()}
	if detail != nil && (detail.Node != p.Node || detail.Message != p.Message || v.Kind == PickEntry ||
		v.Kind == PickNode && int64(detail.After) != int64(at.Events)) { // what is in a message does not change
		detail = nil
	}
	switch v.Kind {
	case PickNode:
		s.inspectNode(&v, at, p.Node, detail)
	case PickMessage:
		s.inspectMessage(&v, at, p.Message, detail)
	case PickLink:
		s.inspectLink(&v, at, p.Link[0], p.Link[1])
	case PickEntry:
		s.inspectEntry(&v, at, p.Node, p.Entry)
	case PickEvent:
		s.inspectEvent(&v, p.Event-1)
	default:
		v.Title, v.Says = texts.Get("inspect.nothing"), texts.Get("inspect.nothing.says")
	}
	groups := v.Groups[:0]
	for _, g := range v.Groups {
		if len(g.Rows) > 0 {
			groups = append(groups, g)
		}
	}
	v.Groups = groups
	return v
}

// field returns the name of a field: the protocol's own where the catalogue has it.
func (s *Store) field(name string, args ...string) string {
	return texts.Or("field."+hyphens(s.Protocol.Name)+"."+name, s.get("field."+name), args...)
}

func (s *Store) group(name string) string {
	return texts.Or("group."+hyphens(s.Protocol.Name)+"."+name, s.get("group."+name))
}

// fields turns what an engine answered into groups.
func (s *Store) fields(all []consensus.Field, otherwise string) []RowGroup {
	var groups []RowGroup
	for _, f := range all {
		title := otherwise
		if f.Group != "" {
			title = s.own("detail", f.Group, "", f.Group)
		}
		k := 0
		for k < len(groups) && groups[k].Title != title {
			k++
		}
		if k == len(groups) {
			groups = append(groups, RowGroup{Title: title})
		}
		groups[k].add(s.own("detail", f.Name, "", f.Name), f.Value)
	}
	return groups
}

func (s *Store) inspectNode(v *Inspection, at Cursor, id consensus.NodeID, detail *frame.Detail) {
	st := s.State(at.Events)
	if id.IsClient() {
		s.inspectClient(v, st, at, id)
		return
	}
	n := st.Node(id)
	if n == nil {
		v.Kind, v.Title = PickNothing, texts.Get("inspect.gone")
		return
	}
	v.Term = n.Term
	if !n.Up {
		v.Title, v.Says = texts.Get("inspect.down", "node", id.String()), texts.Get("inspect.down.says", "time", FormatTime(n.Since))
	} else {
		v.Title = texts.Get("inspect.node", "node", id.String(), "role", s.RoleName(n.Role))
		if int(n.Role) < len(s.Protocol.Roles) {
			r := &s.Protocol.Roles[n.Role]
			v.Says = s.own("role", r.Name, ".says", r.Says)
		}
	}
	v.Groups = s.foldedNode(n)
	if detail != nil && n.Up {
		v.Groups = merge(v.Groups, s.fields(detail.Fields, s.group("volatile")))
	}
	v.Groups = append(v.Groups, s.timers(n, at), s.host(n, at), s.lastEntries(n))
}

// merge adds to what the trace tells what only the engine knows. Where both name a
// field the trace is right: it is of the moment that is shown. When they have no
// heading in common the engine's fields stand alone: the algorithm has its own terms.
func merge(folded, asked []RowGroup) []RowGroup {
	common := false
	for i := range folded {
		g := &folded[i]
		for _, a := range asked {
			if a.Title != g.Title {
				continue
			}
			common = common || len(g.Rows) > 0
			own := len(g.Rows)
			for _, r := range a.Rows {
				known := own == 0 // of another role than the node has now
				for _, f := range g.Rows[:own] {
					known = known || f.Name == r.Name
				}
				if !known {
					g.Rows = append(g.Rows, r)
				}
			}
		}
	}
	if !common && len(asked) > 0 {
		return asked
	}
	return folded
}

// foldedNode returns a node's variables as far as the trace tells them.
func (s *Store) foldedNode(n *trace.Node) []RowGroup {
	disk := RowGroup{Title: s.group("persistent")}
	disk.add(s.field("term"), s.TermText(n.Term))
	if s.Protocol.TermNodes == 0 { // a ballot has its owner's name: nobody votes
		disk.add(s.field("vote"), n.Vote.String())
	}
	disk.add(s.field("log"), s.logSummary(n))
	if !n.Up {
		return []RowGroup{disk}
	}
	memory := RowGroup{Title: s.group("volatile")}
	memory.add(s.field("role"), s.RoleName(n.Role))
	if !s.Protocol.Leaderless {
		memory.add(s.field("leader"), n.Leader.String())
	}
	memory.add(s.field("commit"), itoa(int64(n.Commit)))
	memory.add(s.field("applied"), itoa(int64(n.Applied)))
	seeking := RowGroup{Title: s.group("seeking")}
	if s.seeks(n.Role) {
		seeking.add(s.field("tally"), Members(n.Tally))
	}
	leading := RowGroup{Title: s.group("leading")}
	for i, p := range n.Peers {
		if peer := consensus.NodeID(i + 1); peer != n.ID && p != (trace.Peer{}) {
			if !s.Protocol.Slots { // there, each slot goes its own way
				leading.add(s.field("next", "peer", peer.String()), itoa(int64(p.Next)))
			}
			leading.add(s.field("match", "peer", peer.String()), itoa(int64(p.Match)))
		}
	}
	return []RowGroup{disk, memory, seeking, leading}
}

func (s *Store) logSummary(n *trace.Node) string {
	last := n.Last()
	for last > 0 && !n.At(last).Set { // only promised
		last--
	}
	if last == 0 {
		return texts.Get("log.empty")
	}
	return texts.Get("log.summary", "indexword", s.IndexWord(), "index", itoa(int64(last)),
		"termword", s.TermWord(), "term", s.TermText(n.At(last).Term))
}

func (s *Store) timers(n *trace.Node, at Cursor) RowGroup {
	g := RowGroup{Title: texts.Get("group.timers")}
	for i, t := range n.Timers {
		if !n.Up || !t.Running() && i >= len(s.Protocol.Timers) {
			continue
		}
		value := texts.Get("timer.stopped")
		if t.Running() {
			value = texts.Get("timer.running", "left", FormatSpan(roundSpan(max(0, t.Due-at.T))), "span", FormatSpan(roundSpan(t.Span)))
		}
		g.add(s.TimerName(uint8(i)), value)
	}
	return g
}

// roundSpan drops what is finer than a microsecond: nobody reads it, and it flickers.
func roundSpan(d consensus.Duration) consensus.Duration {
	return d / consensus.Microsecond * consensus.Microsecond
}

func (s *Store) host(n *trace.Node, at Cursor) RowGroup {
	g := RowGroup{Title: texts.Get("group.host")}
	switch {
	case n.Writing:
		g.add(texts.Get("field.disk"), texts.Get("disk.writing", "size", FormatSize(int64(n.Size)), "left", FormatSpan(roundSpan(max(0, n.Durable-at.T)))))
	case n.Up:
		g.add(texts.Get("field.disk"), texts.Get("disk.idle"))
	default:
		g.add(texts.Get("field.disk"), texts.Get("disk.kept"))
	}
	if n.Offset != 0 || n.Drift != 0 {
		g.add(texts.Get("field.clock"), texts.Get("clock.off", "offset", FormatSpan(n.Offset), "drift", FormatDrift(int64(n.Drift))))
	}
	g.add(texts.Get("field.starts"), itoa(int64(n.Starts)))
	return g
}

// entriesMost is how many of the last entries of a log the inspector lists.
const entriesMost = 6

func (s *Store) lastEntries(n *trace.Node) RowGroup {
	g := RowGroup{Title: texts.Get("group.log", "n", itoa(int64(min(entriesMost, n.Last()))))}
	for i := n.Last(); i > 0 && n.Last()-i < entriesMost; i-- {
		g.add(itoa(int64(i)), s.cellText(n, i))
	}
	return g
}

// cellText says what stands at an index of a log.
func (s *Store) cellText(n *trace.Node, i consensus.Index) string {
	c := n.At(i)
	if !c.Set {
		return texts.Get("entry.hole")
	}
	state := "entry.open"
	switch {
	case n.Applied >= i:
		state = "entry.applied"
	case n.Commit >= i || c.Chosen:
		state = "entry.committed"
	}
	return texts.Get("entry.line", "command", s.entryText(c.Client, c.Seq), "termword", s.TermWord(),
		"term", s.TermText(c.Term), "state", s.get(state))
}

func (s *Store) inspectClient(v *Inspection, st *trace.State, at Cursor, id consensus.NodeID) {
	c := st.Client(id)
	if c == nil {
		v.Kind, v.Title = PickNothing, texts.Get("inspect.gone")
		return
	}
	v.Title, v.Says = texts.Get("inspect.client", "client", id.String()), texts.Get("inspect.client.says")
	g := RowGroup{Title: texts.Get("group.request")}
	if c.Seq > 0 {
		g.add(texts.Get("field.number"), itoa(int64(c.Seq)))
		g.add(texts.Get("field.command"), quoteText(s.Text(c.Command), commandMost))
	}
	if c.Busy {
		g.add(texts.Get("field.asked"), c.Asked.String())
		g.add(texts.Get("field.waiting"), FormatSpan(roundSpan(at.T-c.Since)))
	} else {
		g.add(texts.Get("field.waiting"), texts.Get("word.no"))
	}
	v.Groups = append(v.Groups, g)
}

func (s *Store) inspectMessage(v *Inspection, at Cursor, id uint32, detail *frame.Detail) {
	sent, ended := s.Message(id)
	if sent < 0 || sent >= at.Events {
		v.Title, v.Says = texts.Get("inspect.message-unsent", "number", itoa(int64(id))), texts.Get("inspect.message-unsent.says")
		return
	}
	e := s.Event(sent)
	v.Term = e.Term
	v.Title = texts.Get("inspect.message", "message", s.MessageName(e.Sub), "from", e.Node.String(), "to", e.Peer.String())
	if m := s.MessageInfo(e.Sub); m != nil {
		v.Says = s.own("message", m.Name, ".says", m.Says)
	}
	g := RowGroup{Title: texts.Get("group.envelope")}
	g.add(texts.Get("field.from"), e.Node.String())
	g.add(texts.Get("field.to"), e.Peer.String())
	g.add(texts.Get("field.number"), itoa(int64(id)))
	if e.Sub >= uint8(consensus.KindEngine) {
		g.add(s.TermWord(), s.TermText(e.Term))
	}
	way := RowGroup{Title: texts.Get("group.way")}
	way.add(texts.Get("field.sent"), FormatTime(e.T))
	if f := s.State(at.Events).Flight(id); f != nil {
		g.add(texts.Get("field.size"), FormatSize(int64(f.Size)))
		if f.Copy != 0 {
			g.add(texts.Get("field.copy"), itoa(int64(f.Copy)))
		}
		if f.Due > at.T {
			way.add(texts.Get("field.arrives"), texts.Get("arrives.in", "time", FormatTime(f.Due), "left", FormatSpan(roundSpan(f.Due-at.T))))
			way.add(texts.Get("field.place"), itoa(int64(f.Place(at.T))*100/trace.Whole)+thin+"%")
		} else {
			way.add(texts.Get("field.place"), texts.Get("place.inbox", "node", f.To.String()))
		}
	} else if ended >= 0 && ended < at.Events {
		end := s.Event(ended)
		if end.Kind == trace.Loss {
			way.add(texts.Get("field.lost"), FormatTime(end.T))
			way.add(texts.Get("field.cause"), CauseText(trace.Cause(end.Rule), e.Peer))
		} else {
			way.add(texts.Get("field.arrived"), texts.Get("arrived.after", "time", FormatTime(end.T), "span", FormatSpan(roundSpan(end.T-e.T))))
		}
	}
	v.Groups = append(v.Groups, g, way)
	if detail != nil {
		v.Groups = append(v.Groups, s.fields(detail.Fields, texts.Get("group.contents"))...)
	}
}

func (s *Store) inspectLink(v *Inspection, at Cursor, a, b consensus.NodeID) {
	st := s.State(at.Events)
	v.Title, v.Says = texts.Get("inspect.link", "one", a.String(), "other", b.String()), texts.Get("inspect.link.says")
	for _, way := range [2][2]consensus.NodeID{{a, b}, {b, a}} {
		from, to := way[0], way[1]
		g := RowGroup{Title: texts.Get("group.link", "from", from.String(), "to", to.String())}
		state := "link.open"
		switch {
		case st.Walled(from, to):
			state = "link.walled"
		case from.IsNode() && int(from) < len(st.Cuts) && st.Cuts[from].Has(to):
			state = "link.cut"
		}
		g.add(texts.Get("field.state"), texts.Get(state))
		flying := 0
		for i := range st.Messages {
			if st.Messages[i].From == from && st.Messages[i].To == to {
				flying++
			}
		}
		g.add(texts.Get("field.flying"), itoa(int64(flying)))
		for d := scenario.Latency; d.Info() != nil; d++ {
			if d.Info().Link {
				label, _ := DialLabel(d)
				g.add(label, FormatDial(d, s.Dial(st, d, from, to)))
			}
		}
		v.Groups = append(v.Groups, g)
	}
}

func (s *Store) inspectEntry(v *Inspection, at Cursor, id consensus.NodeID, i consensus.Index) {
	st := s.State(at.Events)
	n := st.Node(id)
	if n == nil || !n.At(i).Set {
		v.Title = texts.Get("inspect.entry-gone", "node", id.String(), "indexword", s.IndexWord(), "index", itoa(int64(i)))
		return
	}
	c := n.At(i)
	v.Term = c.Term
	v.Title = texts.Get("inspect.entry", "node", id.String(), "indexword", s.IndexWord(), "index", itoa(int64(i)))
	v.Says = s.cellText(n, i)
	g := RowGroup{Title: texts.Get("group.entry")}
	g.add(s.IndexWord(), itoa(int64(i)))
	g.add(s.TermWord(), s.TermText(c.Term))
	g.add(texts.Get("field.command"), s.entryText(c.Client, c.Seq))
	var same, other consensus.NodeSet
	each := RowGroup{Title: texts.Get("group.each")}
	for k := range st.Nodes {
		o := st.Nodes[k].At(i)
		if !o.Set {
			continue
		}
		equal := o.Hash == c.Hash && o.Client == c.Client && o.Seq == c.Seq
		if equal && (o.Term == c.Term || s.Protocol.Slots) {
			same.Add(st.Nodes[k].ID)
		} else {
			other.Add(st.Nodes[k].ID)
		}
		if s.Protocol.Slots { // the same value may have been accepted in several ballots
			each.add(st.Nodes[k].ID.String(), s.cellText(&st.Nodes[k], i))
		}
	}
	g.add(texts.Get("field.same"), Members(same))
	if other.Len() > 0 {
		g.add(texts.Get("field.other"), Members(other))
	}
	v.Groups = append(v.Groups, g, each)
}

func (s *Store) inspectEvent(v *Inspection, i int) {
	if i >= s.Len() {
		v.Kind, v.Title = PickNothing, texts.Get("inspect.gone")
		return
	}
	e := s.Event(i)
	v.Title, v.Says, v.Term = texts.Get("inspect.event", "time", FormatTime(e.T)), s.Sentence(i), e.Term
}
