package export

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// MermaidMax is the largest number of messages and notes in a Mermaid diagram: what has
// more, its readers refuse or nobody can read.
const MermaidMax = 400

// Mermaid returns a stretch of a run as a Mermaid sequence diagram: an arrow for each
// message where it was sent, with a cross at its end if it was lost, dotted if it is an
// answer; and notes for what changed. Beyond MermaidMax it ends with a note that says so.
// See mermaid.js.org/syntax/sequenceDiagram.
func Mermaid(s *view.Store, r Range) []byte {
	first, end := r.events(s)
	st := s.State(first)
	m := mermaid{store: s, all: "N1"}
	m.line("sequenceDiagram")
	m.line("    title ", escaped(s.Protocol.Title+", "+r.String()))
	for i := range st.Nodes {
		m.line("    participant ", consensus.NodeID(i+1).String())
		m.highest = max(m.highest, st.Nodes[i].Commit)
	}
	for i := range st.Clients {
		m.line("    actor ", consensus.Client(i+1).String())
	}
	if n := len(st.Nodes); n > 1 {
		m.all += ",N" + strconv.Itoa(n)
	}
	count := 0
	for i := first; i < end; i++ {
		e := s.Event(i)
		send := e.Kind == trace.Send
		if !send && !m.noteworthy(e) {
			continue
		}
		if count++; count > MermaidMax {
			m.line("    Note over ", m.all, ": ", escaped("… "+view.FormatTime(e.T)+" – "+view.FormatTime(r.Until)))
			break
		}
		if send {
			m.message(e, r.Until)
		} else {
			m.note(e, s.Sentence(i))
		}
	}
	return m.b
}

type mermaid struct {
	store   *view.Store
	b       []byte
	all     string          // the first and the last node, for notes over all of them
	highest consensus.Index // that anybody knows to be committed
}

func (m *mermaid) line(parts ...string) {
	for _, p := range parts {
		m.b = append(m.b, p...)
	}
	m.b = append(m.b, '\n')
}

// noteworthy reports whether an event gets a note.
func (m *mermaid) noteworthy(e *trace.Event) bool {
	switch e.Kind {
	case trace.Role:
		roles := m.store.Protocol.Roles
		return int(e.Sub) < len(roles) && (roles[e.Sub].Leads || roles[e.Sub].Seeks)
	case trace.Commit, trace.Chosen:
		if at := consensus.Index(e.A); at > m.highest {
			m.highest = at
			return true
		}
		return false
	case trace.Boot:
		return e.T > 0
	case trace.Crash, trace.Cut, trace.Heal, trace.Invoke, trace.Answer, trace.GiveUp, trace.Violation, trace.Switch:
		return true
	case trace.Partition:
		return e.Sub == 0
	}
	return false
}

// message writes the arrow of a Send.
func (m *mermaid) message(e *trace.Event, until consensus.Time) {
	arrow := "-)"
	text := m.store.MessageName(e.Sub)
	if e.Flags&consensus.FlagReply != 0 {
		arrow = "--)"
	}
	if consensus.MessageKind(e.Sub) >= consensus.KindEngine {
		text += ", " + m.store.TermWord() + " " + m.store.TermText(e.Term)
	}
	if _, ended := m.store.Message(e.ID); ended >= 0 {
		if o := m.store.Event(ended); o.Kind == trace.Loss && o.T <= until {
			arrow = arrow[:len(arrow)-1] + "x"
			text += " (" + view.CauseText(trace.Cause(o.Rule), e.Peer) + ")"
		}
	}
	m.line("    ", e.Node.String(), arrow, e.Peer.String(), ": ", escaped(text))
}

func (m *mermaid) note(e *trace.Event, text string) {
	over := m.all
	switch {
	case e.Node == consensus.None:
	case e.Kind == trace.Cut || e.Kind == trace.Heal:
		over = e.Node.String() + "," + e.Peer.String()
	default:
		over = e.Node.String()
	}
	m.line("    Note over ", over, ": ", escaped(view.FormatTime(e.T)+" · "+text))
}

// escaped returns a text as it may stand in a Mermaid diagram: what the syntax, or the
// HTML that it becomes, could take for its own is written as entity codes.
func escaped(s string) string {
	b := make([]byte, 0, len(s)+8)
	for _, c := range []byte(line(s)) {
		switch c {
		case '#', ';', '%', '<', '>', '&', '"', '\\', '`', '{', '}':
			b = append(b, '#')
			b = strconv.AppendUint(b, uint64(c), 10)
			b = append(b, ';')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}
