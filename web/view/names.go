package view

import (
	"strings"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/texts"
)

// hyphens makes a name part of a key of the catalogue: "RequestVote reply" is
// "requestvote-reply".
func hyphens(name string) string {
	b := []byte(strings.ToLower(name))
	for i, c := range b {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.') {
			b[i] = '-'
		}
	}
	return string(b)
}

// own returns what the protocol says of itself, unless the language has its own words.
func (s *Store) own(what, name, tail, english string) string {
	return texts.Or(what+"."+hyphens(s.Protocol.Name)+"."+hyphens(name)+tail, english)
}

// get returns a text of the page. Where slots are decided each by itself, that is another
// one if the catalogue has it.
func (s *Store) get(key string, args ...string) string {
	if s.protocol().Slots {
		return texts.Or("slots."+key, texts.Get(key), args...)
	}
	return texts.Get(key, args...)
}

// RoleName returns the name of a role: "leader".
func (s *Store) RoleName(role uint8) string {
	if int(role) >= len(s.Protocol.Roles) {
		return texts.Get("role.unknown", "n", itoa(int64(role)))
	}
	r := &s.Protocol.Roles[role]
	return s.own("role", r.Name, "", r.Name)
}

// MessageInfo returns what the protocol says of a kind of message, nil for what it does
// not know.
func (s *Store) MessageInfo(kind uint8) *consensus.MessageInfo {
	for i := range s.Protocol.Messages {
		if m := &s.Protocol.Messages[i]; m.Kind == consensus.MessageKind(kind) {
			return m
		}
	}
	return nil
}

// MessageName returns the name of a kind of message: "AppendEntries".
func (s *Store) MessageName(kind uint8) string {
	switch consensus.MessageKind(kind) {
	case consensus.KindRequest:
		return texts.Get("message.request")
	case consensus.KindReply:
		return texts.Get("message.reply")
	}
	if m := s.MessageInfo(kind); m != nil {
		return s.own("message", m.Name, "", m.Name)
	}
	return texts.Get("message.unknown", "n", itoa(int64(kind)))
}

// TimerName returns the name of a timer: "election timeout".
func (s *Store) TimerName(timer uint8) string {
	if int(timer) >= len(s.Protocol.Timers) {
		return texts.Get("timer.unknown", "n", itoa(int64(timer)))
	}
	t := &s.Protocol.Timers[timer]
	return s.own("timer", t.Name, "", t.Name)
}

// TermWord returns what the protocol calls its logical clock: "term".
func (s *Store) TermWord() string { return s.word(s.Protocol.TermWord, "term") }

// IndexWord returns what the protocol calls a place of the log: "index".
func (s *Store) IndexWord() string { return s.word(s.Protocol.IndexWord, "index") }

func (s *Store) word(w, otherwise string) string {
	if w == "" {
		w = otherwise
	}
	return texts.Or("word."+hyphens(w), w)
}

// rule returns a rule of the protocol, nil when there is none of that number.
func (s *Store) rule(r consensus.RuleID) *consensus.Rule {
	if r == 0 || int(r) > len(s.Protocol.Rules) {
		return nil
	}
	return &s.Protocol.Rules[r-1]
}

// RuleName returns the short name of a rule, as the lines of the feed name it:
// "vote-once" for "raft.vote-once"; "" for no rule.
func (s *Store) RuleName(id consensus.RuleID) string {
	r := s.rule(id)
	if r == nil {
		return ""
	}
	return strings.TrimPrefix(r.ID, s.Protocol.Name+".")
}

// RuleSays returns what a rule demands.
func (s *Store) RuleSays(id consensus.RuleID) string {
	r := s.rule(id)
	if r == nil {
		return ""
	}
	return texts.Or("rule."+hyphens(r.ID)+".says", r.Says)
}

func (s *Store) ruleWithout(r *consensus.Rule) string {
	return texts.Or("rule."+hyphens(r.ID)+".without", r.Without)
}

// ruleTells returns the sentence of a Rule event.
func (s *Store) ruleTells(e *trace.Event) string {
	r := s.rule(e.Rule)
	if r == nil || int(e.Sub) >= len(r.Tells) {
		return texts.Get("event.rule", "node", e.Node.String(), "n", itoa(int64(e.Rule)))
	}
	return consensus.Tell(texts.Or("rule."+hyphens(r.ID)+".tells."+itoa(int64(e.Sub)), r.Tells[e.Sub]), e.Telling(s.Protocol))
}

// Violation returns the name of the invariant that a Violation event is about, what it
// says, where it stands, and how it is broken.
func (s *Store) Violation(e *trace.Event) (name, says, source, broken string) {
	if int(e.Sub) >= len(s.Protocol.Invariants) {
		name = texts.Get("invariant.unknown", "n", itoa(int64(e.Sub)))
		return name, "", "", name
	}
	v := &s.Protocol.Invariants[e.Sub]
	key := "invariant." + hyphens(v.ID)
	return texts.Or(key+".name", v.Name), texts.Or(key+".says", v.Says), v.Source,
		consensus.Tell(texts.Or(key+".broken", v.Broken), e.Telling(s.Protocol))
}

func (s *Store) invariant(id string) *consensus.Invariant {
	for i := range s.Protocol.Invariants {
		if s.Protocol.Invariants[i].ID == id {
			return &s.Protocol.Invariants[i]
		}
	}
	return nil
}

// OptionLabel returns the label of an engine's option, and what it is for.
func (s *Store) OptionLabel(i int) (label, says string) {
	if i < 0 || i >= len(s.Protocol.Options) {
		return texts.Get("option.unknown", "n", itoa(int64(i))), ""
	}
	o := &s.Protocol.Options[i]
	return s.own("option", o.Name, "", o.Label), s.own("option", o.Name, ".says", o.Says)
}

// FormatOption writes the value of an engine's option with its unit.
func (s *Store) FormatOption(i int, v int64) string {
	if i < 0 || i >= len(s.Protocol.Options) {
		return FormatInt(v)
	}
	switch s.Protocol.Options[i].Unit {
	case "ms":
		return FormatSpan(consensus.Duration(v))
	case "on":
		if v != 0 {
			return texts.Get("word.on")
		}
		return texts.Get("word.off")
	case "":
		return FormatInt(v)
	}
	return FormatInt(v) + thin + s.Protocol.Options[i].Unit
}

// DialLabel returns the label of a dial, and what it is for.
func DialLabel(d scenario.Dial) (label, says string) {
	i := d.Info()
	if i == nil {
		return texts.Get("dial.unknown", "n", itoa(int64(d))), ""
	}
	return texts.Get("dial." + i.Name), texts.Or("dial."+i.Name+".says", i.Says)
}

// FormatDial writes the value of a dial with its unit.
func FormatDial(d scenario.Dial, v int64) string {
	i := d.Info()
	if i == nil {
		return FormatInt(v)
	}
	switch i.Unit {
	case scenario.Span:
		return FormatSpan(consensus.Duration(v))
	case scenario.Share:
		return FormatShare(v)
	case scenario.Rate:
		if v == 0 {
			return texts.Get("word.none")
		}
		return decimal(v, 1000) + thin + texts.Get("unit.per-second")
	}
	return FormatInt(v)
}

// Members lists nodes the way people do: "N1, N2 and N3".
func Members(set consensus.NodeSet) string {
	var names []string
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if set.Has(id) {
			names = append(names, id.String())
		}
	}
	return list(names)
}

// list joins names the way people do.
func list(names []string) string {
	switch n := len(names); n {
	case 0:
		return texts.Get("word.nobody")
	case 1:
		return names[0]
	default:
		return texts.Get("list.and", "before", strings.Join(names[:n-1], texts.Get("list.comma")+" "), "last", names[n-1])
	}
}

// causes are the keys of the causes of a loss, by trace.Cause.
var causes = [...]string{
	trace.CauseLoss: "loss", trace.CauseCut: "cut", trace.CausePartition: "partition",
	trace.CauseDown: "down", trace.CauseDropped: "dropped", trace.CauseFull: "full",
}

// CauseText says why a message to a node was lost: "the link is cut".
func CauseText(c trace.Cause, to consensus.NodeID) string {
	if int(c) >= len(causes) || causes[c] == "" {
		return texts.Get("cause.unknown")
	}
	return texts.Get("cause."+causes[c], "to", to.String())
}

// causeOfMany says why messages to several nodes were lost.
func causeOfMany(c trace.Cause) string {
	if c == trace.CauseDown || c == trace.CauseFull {
		return texts.Get("cause." + causes[c] + "-many")
	}
	return CauseText(c, consensus.None)
}
