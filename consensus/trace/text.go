package trace

import (
	"strconv"
	"unicode/utf8"

	"parley/consensus"
)

// Printer writes events as plain lines, for terminals, transcripts and tests. The zero
// value writes numbers where it has no names.
type Printer struct {
	Protocol *consensus.Protocol
	Texts    []string
	// Dial writes a dial's name and value: "loss", "20%".
	Dial func(dial uint8, value int64) (name, text string)
}

// Print returns one line, without its end, that tells an event. p may be nil.
func Print(e *Event, p *consensus.Protocol, texts []string) string {
	return string((&Printer{Protocol: p, Texts: texts}).Append(nil, e))
}

// Append adds the line that tells the event, without its end: the time in seconds, where
// it happened, the kind, and what happened.
//
//	0.150234567s  N2    rule          raft.election-timeout: N2 heard no leader …
func (p *Printer) Append(b []byte, e *Event) []byte {
	start := len(b)
	b = appendSeconds(b, e.T)
	b = append(b, ' ')
	b = column(b, start+14)
	if e.Node != consensus.None {
		b = append(b, e.Node.String()...)
	} else {
		b = append(b, '-')
	}
	b = append(b, ' ')
	b = column(b, start+20)
	b = append(b, e.Kind.String()...)
	b = append(b, ' ')
	b = column(b, start+34)
	l := line{p, b}
	l.tell(e)
	for len(l.b) > 0 && l.b[len(l.b)-1] == ' ' {
		l.b = l.b[:len(l.b)-1]
	}
	return l.b
}

// line is a line being written.
type line struct {
	*Printer
	b []byte
}

func (l *line) say(words ...string) {
	for _, w := range words {
		l.b = append(l.b, w...)
	}
}

func (l *line) number(v uint32) { l.b = strconv.AppendUint(l.b, uint64(v), 10) }

func (l *line) node(id consensus.NodeID) { l.say(id.String()) }

// time writes a moment.
func (l *line) time(lo, hi uint32) { l.b = appendSeconds(l.b, consensus.Time(Wide(lo, hi))) }

// message writes the send number and kind of a message and its term.
func (l *line) message(e *Event) {
	l.b = append(l.b, '#')
	l.number(e.ID)
	l.say(" ", l.kind(e.Sub))
	switch {
	case e.Flags&consensus.FlagYes != 0:
		l.say("+")
	case e.Flags&consensus.FlagNo != 0:
		l.say("-")
	}
	if e.Term != 0 {
		l.say(" ")
		l.term(e.Term)
	}
}

func (l *line) tell(e *Event) {
	switch e.Kind {
	case Send, Deliver, Loss, Duplicate, Delay:
		l.tellNetwork(e)
	case TimerSet, TimerCancel, TimerFire, Write, Sync, WriteLost:
		l.tellNode(e)
	case Rule:
		l.tellRule(e)
	case Invoke, Retry, Answer, Refuse, GiveUp:
		l.tellClient(e)
	case Boot, Crash, Cut, Heal, Partition, Clock, Dial, Option, Switch, Refused:
		l.tellFault(e)
	case Violation:
		l.tellViolation(e)
	default:
		l.tellNote(e)
	}
}

func (l *line) tellNetwork(e *Event) {
	l.message(e)
	switch e.Kind {
	case Send:
		l.say(" to ")
		l.node(e.Peer)
		l.say(", ")
		l.number(e.C)
		l.say(" bytes, arrives ")
		l.time(e.A, e.B)
	case Deliver:
		l.say(" from ")
		l.node(e.Peer)
	case Loss:
		l.say(" from ")
		l.node(e.Peer)
		l.say(": ", Cause(e.Rule).Says())
	case Duplicate:
		l.say(" to ")
		l.node(e.Peer)
		l.say(", a copy of #")
		l.number(e.A)
		l.say(", arrives ")
		l.time(e.B, e.C)
	case Delay:
		l.say(" to ")
		l.node(e.Peer)
		l.say(", now arrives ")
		l.time(e.A, e.B)
	}
}

func (l *line) tellNode(e *Event) {
	switch e.Kind {
	case TimerSet:
		l.say(l.timer(e.Sub), ": expires ")
		l.time(e.A, e.B)
		l.say(", after ", consensus.Duration(Wide(e.C, e.D)).String())
	case TimerCancel, TimerFire:
		l.say(l.timer(e.Sub))
	case Write:
		l.number(e.A)
		l.say(" bytes, durable ")
		l.time(e.B, e.C)
	case Sync:
		l.number(e.A)
		l.say(" bytes")
	case WriteLost:
		l.number(e.A)
		l.say(" bytes, of which ")
		l.number(e.B)
		l.say(" survived")
	}
}

func (l *line) tellRule(e *Event) {
	r := l.rule(e.Rule)
	l.say(l.ruleID(e.Rule))
	if r != nil && int(e.Sub) < len(r.Tells) {
		l.say(": ")
		l.b = consensus.AppendTell(l.b, r.Tells[e.Sub], e.Telling(l.Protocol))
		return
	}
	l.say(" outcome ")
	l.number(uint32(e.Sub))
}

// Telling returns what the event fills a sentence of the protocol with, which may be nil.
func (e *Event) Telling(p *consensus.Protocol) consensus.Telling {
	t := consensus.Telling{Node: e.Node, Peer: e.Peer, Term: e.Term, A: e.A, B: e.B, C: e.C, D: e.D}
	if p != nil {
		t.TermNodes = p.TermNodes
	}
	return t
}

func (l *line) tellNote(e *Event) {
	switch e.Kind {
	case Role:
		if p := l.Protocol; p != nil && int(e.Sub) < len(p.Roles) {
			l.say(p.Roles[e.Sub].Name)
			return
		}
		l.number(uint32(e.Sub))
	case Term:
		l.b = append(l.b, l.termText(e.Term)...)
		if e.A != 0 {
			l.say(", ", l.index(), " ")
			l.number(e.A)
		}
	case Vote:
		l.node(e.Peer)
		l.say(" in ")
		l.term(e.Term)
	case Tally:
		l.set(e.NodeSet())
	case Leader:
		l.node(e.Peer)
	case Entry, Apply:
		l.say(l.index(), " ")
		l.number(e.A)
		l.say(", ")
		l.term(e.Term)
		if e.Peer == consensus.None {
			l.say(", no-op")
		} else {
			l.say(", ")
			l.node(e.Peer)
			l.say(" request ")
			l.number(e.B)
		}
		switch {
		case e.Sub == 1 && e.Kind == Apply:
			l.say(", repeated")
		case e.Sub == 1:
			l.say(", learned")
		}
	case Truncate:
		l.say("from ", l.index(), " ")
		l.number(e.A)
	case Commit, Compact:
		l.say("up to ", l.index(), " ")
		l.number(e.A)
	case Chosen:
		l.say(l.index(), " ")
		l.number(e.A)
	case Progress:
		l.node(e.Peer)
		l.say(" next ")
		l.number(e.A)
		l.say(", match ")
		l.number(e.B)
	}
}

func (l *line) tellClient(e *Event) {
	l.say("request ")
	l.number(e.B)
	switch e.Kind {
	case Invoke:
		l.say(": ")
		l.text(e.D)
	case Retry:
		l.say(" to ")
		l.node(e.Peer)
		l.say(", attempt ")
		l.number(e.A + 1)
	case Answer:
		l.say(" by ")
		l.node(e.Peer)
		l.say(": ")
		l.text(e.D)
	case Refuse:
		l.say(" by ")
		l.node(e.Peer)
		l.say(": ", consensus.Status(e.Sub).String())
		if e.A != 0 && e.A <= 255 {
			l.say(", try ")
			l.node(consensus.NodeID(e.A))
		}
	case GiveUp:
		l.say(" after ")
		l.number(e.A)
		if e.A == 1 {
			l.say(" attempt")
		} else {
			l.say(" attempts")
		}
	}
}

func (l *line) tellFault(e *Event) {
	switch e.Kind {
	case Boot:
		if e.Sub == 0 {
			l.say("for the first time")
			return
		}
		l.say("from ")
		l.number(e.A)
		l.say(" bytes on disk")
	case Cut, Heal:
		l.say("link to ")
		l.node(e.Peer)
	case Partition:
		if s := e.NodeSet(); s.Len() > 0 {
			l.say("group ")
			l.number(uint32(e.Sub) + 1)
			l.say(": ")
			l.set(s)
		} else {
			l.say("ends")
		}
	case Clock:
		l.say("offset ", consensus.Duration(Wide(e.A, e.B)).String(), ", drift ")
		l.b = strconv.AppendInt(l.b, int64(int32(e.C)), 10)
		l.say("ppm")
	case Dial:
		name, text := "dial "+strconv.Itoa(int(e.Sub)), strconv.FormatInt(Wide(e.A, e.B), 10)
		if l.Dial != nil {
			name, text = l.Dial(e.Sub, Wide(e.A, e.B))
		}
		l.say(name, " ")
		if e.Node != consensus.None || e.Peer != consensus.None {
			l.node(e.Node)
			l.say(" > ")
			l.node(e.Peer)
			l.say(" ")
		}
		l.say(text)
	case Option:
		l.tellOption(int(e.Sub), Wide(e.A, e.B))
	case Switch:
		l.say(l.ruleID(e.Rule))
		if e.Sub == 1 {
			l.say(" off")
		} else {
			l.say(" on")
		}
	case Refused:
		l.text(e.D)
	}
	if e.ID != 0 {
		if e.Kind != Crash {
			l.say(" ")
		}
		l.say("(action ")
		l.number(e.ID)
		l.say(")")
	}
}

func (l *line) tellOption(i int, v int64) {
	p := l.Protocol
	if p == nil || i >= len(p.Options) {
		l.say("option ", strconv.Itoa(i), " ", strconv.FormatInt(v, 10))
		return
	}
	l.say(p.Options[i].Name, " ")
	if p.Options[i].Unit == "ms" {
		l.say(consensus.Duration(v).String())
	} else {
		l.say(strconv.FormatInt(v, 10))
	}
}

func (l *line) tellViolation(e *Event) {
	p := l.Protocol
	if p == nil || int(e.Sub) >= len(p.Invariants) {
		l.say("invariant ", strconv.Itoa(int(e.Sub)))
		return
	}
	l.say(p.Invariants[e.Sub].ID, ": ")
	l.b = consensus.AppendTell(l.b, p.Invariants[e.Sub].Broken, e.Telling(l.Protocol))
}

func (l *line) kind(k uint8) string {
	if p := l.Protocol; p != nil {
		for i := range p.Messages {
			if uint8(p.Messages[i].Kind) == k {
				return p.Messages[i].Name
			}
		}
	}
	switch consensus.MessageKind(k) {
	case consensus.KindRequest:
		return "Request"
	case consensus.KindReply:
		return "Reply"
	}
	return "kind " + strconv.Itoa(int(k))
}

func (l *line) timer(t uint8) string {
	if p := l.Protocol; p != nil && int(t) < len(p.Timers) {
		return p.Timers[t].Name
	}
	return "timer " + strconv.Itoa(int(t))
}

func (l *line) rule(r consensus.RuleID) *consensus.Rule {
	if p := l.Protocol; p != nil && r >= 1 && int(r) <= len(p.Rules) {
		return &p.Rules[r-1]
	}
	return nil
}

func (l *line) ruleID(r consensus.RuleID) string {
	if r := l.rule(r); r != nil {
		return r.ID
	}
	return "rule " + strconv.Itoa(int(r))
}

// term writes a term with the protocol's word for it: "term 7", "ballot 2.N3".
func (l *line) term(t consensus.Term) {
	word := "term"
	if l.Protocol != nil && l.Protocol.TermWord != "" {
		word = l.Protocol.TermWord
	}
	l.say(word, " ", l.termText(t))
}

func (l *line) termText(t consensus.Term) string {
	if l.Protocol == nil {
		return strconv.FormatUint(uint64(t), 10)
	}
	return l.Protocol.TermText(t)
}

func (l *line) index() string {
	if l.Protocol != nil && l.Protocol.IndexWord != "" {
		return l.Protocol.IndexWord
	}
	return "index"
}

func (l *line) set(s consensus.NodeSet) {
	first := true
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if s.Has(id) {
			if !first {
				l.b = append(l.b, ' ')
			}
			l.node(id)
			first = false
		}
	}
}

// text writes a text of the trace, quoted where it would not stay on its line.
func (l *line) text(i uint32) {
	if uint64(i) >= uint64(len(l.Texts)) {
		l.say("text ")
		l.number(i)
		return
	}
	s := l.Texts[i]
	for j, r := range s {
		bad := r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029
		if r == utf8.RuneError {
			_, n := utf8.DecodeRuneInString(s[j:])
			bad = n == 1
		}
		if bad {
			l.b = strconv.AppendQuote(l.b, s)
			return
		}
	}
	l.say(s)
}

// appendSeconds writes a time in seconds with all nine decimals, so that times stand
// below one another.
func appendSeconds(b []byte, t consensus.Time) []byte {
	u := uint64(t)
	if t < 0 {
		b, u = append(b, '-'), -u
	}
	b = strconv.AppendUint(b, u/1_000_000_000, 10)
	b = append(b, '.')
	part := u % 1_000_000_000
	for unit := uint64(100_000_000); unit > 0; unit /= 10 {
		b = append(b, '0'+byte(part/unit%10))
	}
	return append(b, 's')
}

// column fills b with blanks up to a length.
func column(b []byte, to int) []byte {
	for len(b) < to {
		b = append(b, ' ')
	}
	return b
}
