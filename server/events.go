package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

const eventsUsage = `What parley run prints: a line for each event, with its time in seconds, the node (N1) or
client (C1) where it happened, what kind of event it is, and what happened in words.

With -format json a line is an object: kind, event (its number, from 0), time and node,
and then the fields of the kind, below. Times are integers of nanoseconds, numbers are
numbers, nodes are strings, sets of nodes are lists of strings. A field that has nothing
to say is left out. The first object (kind "begin") has engine, epoch and script, the
last one (kind "end") time, events, violations and digest. These names stay; later
versions may add kinds and fields. The words of the text may change: programs read JSON.

Text ends with the line "digest" and 16 hexadecimal digits: it is the same for the
same run, on every machine. Lines that begin with # tell the script, and how much
happened.

events:
`

// reader turns the numbers of events into words.
type reader struct {
	protocol *consensus.Protocol
	texts    func() int
	text     func(uint32) string
}

// value is a field of an event: a string, or as it stands in JSON where that is no string.
type value struct{ text, json string }

// field is one thing that events tell.
type field struct {
	name, says string
	get        func(*reader, *trace.Event) value
}

// kindInfo is how a kind of event is told in JSON.
type kindInfo struct {
	says   string
	fields []field
}

func word(s string) value { return value{text: s} }

func number[N ~uint8 | ~uint16 | ~uint32 | ~int32](n N) value {
	s := strconv.FormatInt(int64(n), 10)
	return value{s, s}
}

// count is a number of which 0 says nothing.
func count(n uint32) value {
	if n == 0 {
		return value{}
	}
	return number(n)
}

func span(lo, hi uint32) value {
	t := trace.Wide(lo, hi)
	return value{scenario.FormatSpan(consensus.Duration(t)), strconv.FormatInt(t, 10)}
}

func flagged(on bool) value {
	if !on {
		return value{}
	}
	return value{"true", "true"}
}

func nodeName(id consensus.NodeID) value {
	if id == consensus.None {
		return value{}
	}
	return word(id.String())
}

func nodeSet(s consensus.NodeSet) value {
	var names []string
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if s.Has(id) {
			names = append(names, id.String())
		}
	}
	list := []byte{'['}
	for i, n := range names {
		if i > 0 {
			list = append(list, ',')
		}
		list = appendJSON(list, n)
	}
	return value{strings.Join(names, ","), string(append(list, ']'))}
}

func appendJSON(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be written
	}
	return append(b, quoted...)
}

// nameAt returns a name of a table of the protocol, or the number if it is not in it.
func nameAt(n, from int, names func(int) string, length int) value {
	if i := n - from; i >= 0 && i < length {
		return word(names(i))
	}
	return word(strconv.Itoa(n))
}

func (r *reader) role(i uint8) value {
	return nameAt(int(i), 0, func(i int) string { return r.protocol.Roles[i].Name }, len(r.protocol.Roles))
}

func (r *reader) timer(i uint8) value {
	return nameAt(int(i), 0, func(i int) string { return r.protocol.Timers[i].Name }, len(r.protocol.Timers))
}

func (r *reader) option(i uint8) value {
	return nameAt(int(i), 0, func(i int) string { return r.protocol.Options[i].Name }, len(r.protocol.Options))
}

func (r *reader) rule(id consensus.RuleID) value {
	return nameAt(int(id), 1, func(i int) string { return r.protocol.Rules[i].ID }, len(r.protocol.Rules))
}

func (r *reader) invariant(i uint8) value {
	return nameAt(int(i), 0, func(i int) string { return r.protocol.Invariants[i].ID }, len(r.protocol.Invariants))
}

func (r *reader) message(k uint8) value {
	switch consensus.MessageKind(k) {
	case consensus.KindRequest:
		return word("request")
	case consensus.KindReply:
		return word("reply")
	}
	for _, m := range r.protocol.Messages {
		if uint8(m.Kind) == k {
			return word(m.Name)
		}
	}
	return word(strconv.Itoa(int(k)))
}

// tell returns the sentence of a rule or of a broken invariant.
func (r *reader) tell(template string, e *trace.Event) value {
	return word(consensus.Tell(template, e.Telling(r.protocol)))
}

func (r *reader) ruleSays(e *trace.Event) value {
	if i := int(e.Rule) - 1; i >= 0 && i < len(r.protocol.Rules) {
		if tells := r.protocol.Rules[i].Tells; int(e.Sub) < len(tells) {
			return r.tell(tells[e.Sub], e)
		}
	}
	return value{}
}

func (r *reader) violationSays(e *trace.Event) value {
	if int(e.Sub) < len(r.protocol.Invariants) {
		return r.tell(r.protocol.Invariants[e.Sub].Broken, e)
	}
	return value{}
}

// The fields. Several kinds share most of them.
var (
	peer    = field{"peer", "the other end", func(r *reader, e *trace.Event) value { return nodeName(e.Peer) }}
	message = field{"message", "its send number, from 1", func(r *reader, e *trace.Event) value { return number(e.ID) }}
	typ     = field{"type", "the kind of message", func(r *reader, e *trace.Event) value { return r.message(e.Sub) }}
	term    = field{"term", "the term (Raft) or ballot (Paxos)", func(r *reader, e *trace.Event) value { return number(uint32(e.Term)) }}
	verdict = field{"verdict", "of a reply: yes or no", func(r *reader, e *trace.Event) value {
		switch {
		case e.Flags&consensus.FlagYes != 0:
			return word("yes")
		case e.Flags&consensus.FlagNo != 0:
			return word("no")
		}
		return value{}
	}}
	action = field{"action", "number of the script's action that did it, from 1", func(r *reader, e *trace.Event) value { return count(e.ID) }}
	timer  = field{"timer", "which of its timers", func(r *reader, e *trace.Event) value { return r.timer(e.Sub) }}
	index  = field{"index", "place in the log", func(r *reader, e *trace.Event) value { return number(e.A) }}
	size   = field{"bytes", "how many bytes", func(r *reader, e *trace.Event) value { return number(e.A) }}
	client = field{"client", "whose request the entry holds", func(r *reader, e *trace.Event) value { return nodeName(e.Peer) }}
	seq    = field{"request", "the client's number of the request", func(r *reader, e *trace.Event) value { return count(e.B) }}
	hash   = field{"hash", "of the command, low half", func(r *reader, e *trace.Event) value { return number(e.C) }}
	tries  = field{"attempts", "attempts so far", func(r *reader, e *trace.Event) value { return number(e.A) }}
	ruleID = field{"rule", "ID of the rule", func(r *reader, e *trace.Event) value { return r.rule(e.Rule) }}
)

// text returns a field that holds text D of the trace.
func text(name, says string) field {
	return field{name, says, func(r *reader, e *trace.Event) value { return word(r.text(e.D)) }}
}

// set returns a field that holds the NodeSet of the event.
func set(name, says string) field {
	return field{name, says, func(r *reader, e *trace.Event) value { return nodeSet(e.NodeSet()) }}
}

// ab and bc return a field that holds a time in two of the event's numbers.
func ab(name, says string) field {
	return field{name, says, func(r *reader, e *trace.Event) value { return span(e.A, e.B) }}
}

func bc(name, says string) field {
	return field{name, says, func(r *reader, e *trace.Event) value { return span(e.B, e.C) }}
}

// kinds says how each kind of event is printed, at its index.
var kinds = [...]kindInfo{
	trace.Send: {"node sent a message to peer", []field{peer, message, typ, term, verdict, ab("arrives", "when it will arrive"),
		{"bytes", "its size", func(r *reader, e *trace.Event) value { return number(e.C) }},
		{"hash", "of its data, low half", func(r *reader, e *trace.Event) value { return number(e.D) }}}},
	trace.Deliver: {"node got a message of peer", []field{peer, message, typ, term, verdict}},
	trace.Loss: {"a message of peer to node was lost", []field{peer, message, typ, term, verdict,
		{"cause", "loss (by the dial), cut, partition, down (the receiver is), dropped (by an action), full (the inbox is)",
			func(r *reader, e *trace.Event) value { return word(trace.Cause(e.Rule).String()) }}}},
	trace.Duplicate: {"a message of node to peer will arrive twice", []field{peer, message,
		{"of", "the message it is a copy of", func(r *reader, e *trace.Event) value { return number(e.A) }},
		typ, term, verdict, bc("arrives", "when the copy will arrive")}},
	trace.Delay: {"a message of node to peer is held up", []field{peer, message, typ, term, verdict, ab("arrives", "when it will arrive now")}},

	trace.TimerSet: {"a timer was set", []field{timer, ab("expires", "when it will expire"),
		{"runs", "how long it runs", func(r *reader, e *trace.Event) value { return span(e.C, e.D) }}}},
	trace.TimerCancel: {"a timer was stopped", []field{timer}},
	trace.TimerFire:   {"a timer expired", []field{timer}},

	trace.Write: {"a write to the disk began", []field{size, bc("durable", "when it will be durable")}},
	trace.Sync:  {"a write became durable", []field{size}},
	trace.WriteLost: {"a write was lost in a crash", []field{size,
		{"torn", "how many bytes survived, as a torn tail", func(r *reader, e *trace.Event) value { return count(e.B) }}}},

	trace.Rule: {"a rule of the algorithm fired", []field{peer, ruleID,
		{"says", "what it did, in a sentence", func(r *reader, e *trace.Event) value { return r.ruleSays(e) }}}},
	trace.Role: {"node has a new role", []field{{"role", "its name", func(r *reader, e *trace.Event) value { return r.role(e.Sub) }}}},
	trace.Term: {"node is in a new term, or promised a ballot", []field{term}},
	trace.Vote: {"node gave peer its vote; without peer: it has not voted", []field{peer, term}},
	trace.Tally: {"those who gave node their vote or promise", []field{
		set("nodes", "who they are")}},
	trace.Leader: {"who leads, as far as node knows", []field{peer}},
	trace.Entry:  {"an entry of the log is now", []field{index, term, client, seq, hash}},
	trace.Truncate: {"entries of the log are gone", []field{
		{"index", "the first of them", func(r *reader, e *trace.Event) value { return number(e.A) }}}},
	trace.Commit: {"node knows that all up to an entry is committed", []field{index}},
	trace.Chosen: {"node knows that a slot is chosen", []field{index}},
	trace.Apply: {"node applied an entry to its machine", []field{index, term, client, seq, hash,
		{"repeated", "the request was applied before, and has no effect again", func(r *reader, e *trace.Event) value { return flagged(e.Sub == 1) }}}},
	trace.Progress: {"what leader node knows of peer", []field{peer,
		{"next", "the next index to send", func(r *reader, e *trace.Event) value { return number(e.A) }},
		{"match", "the highest index known to be there", func(r *reader, e *trace.Event) value { return number(e.B) }}}},
	trace.Compact: {"entries of the log are in a snapshot now", []field{
		{"index", "the last of them", func(r *reader, e *trace.Event) value { return number(e.A) }}}},

	trace.Invoke: {"a client wants a command carried out", []field{seq, text("command", "what it wants")}},
	trace.Retry:  {"a client asks again", []field{peer, seq, tries}},
	trace.Answer: {"a client got its answer of peer", []field{peer, seq, text("result", "the answer")}},
	trace.Refuse: {"peer refused a client's request", []field{peer, seq,
		{"status", "why", func(r *reader, e *trace.Event) value { return word(consensus.Status(e.Sub).String()) }},
		{"leader", "whom to ask instead", func(r *reader, e *trace.Event) value { return nodeName(consensus.NodeID(e.A)) }}}},
	trace.GiveUp: {"nobody answered a client; the command may have been carried out or not", []field{seq, tries}},

	trace.Boot: {"node started", []field{
		{"disk", "used (it ran before), or new", func(r *reader, e *trace.Event) value {
			if e.Sub == 1 {
				return word("used")
			}
			return word("new")
		}},
		{"bytes", "how many are on its disk", func(r *reader, e *trace.Event) value { return number(e.A) }}, action}},
	trace.Crash: {"node stopped", []field{action}},
	trace.Cut:   {"messages of node to peer are lost from now on", []field{peer, action}},
	trace.Heal:  {"messages of node to peer are lost no longer", []field{peer, action}},
	trace.Partition: {"a group that the others cannot reach; without nodes: all can again", []field{
		{"group", "which of the groups, from 1", func(r *reader, e *trace.Event) value {
			if e.NodeSet().Len() == 0 {
				return value{}
			}
			return number(uint32(e.Sub) + 1)
		}},
		set("nodes", "who is in it"), action}},
	trace.Clock: {"node's clock was set", []field{ab("offset", "how far it is ahead"),
		{"drift", "how much too fast it runs, in parts per million", func(r *reader, e *trace.Event) value { return number(int32(e.C)) }}, action}},
	trace.Dial: {"a dial was turned, on the link of node to peer or everywhere", []field{peer,
		{"dial", "its name", func(r *reader, e *trace.Event) value { return word(scenario.Dial(e.Sub).String()) }},
		{"value", "nanoseconds, parts per million or thousandths a second, as the dial counts", func(r *reader, e *trace.Event) value {
			v := trace.Wide(e.A, e.B)
			return value{scenario.FormatDial(scenario.Dial(e.Sub), v), strconv.FormatInt(v, 10)}
		}}, action}},
	trace.Option: {"an option of the engine was set", []field{
		{"option", "its name", func(r *reader, e *trace.Event) value { return r.option(e.Sub) }},
		{"value", "what it is now", func(r *reader, e *trace.Event) value {
			v := trace.Wide(e.A, e.B)
			s := value{strconv.FormatInt(v, 10), strconv.FormatInt(v, 10)}
			if int(e.Sub) < len(r.protocol.Options) {
				s.text = scenario.FormatOption(&r.protocol.Options[e.Sub], v)
			}
			return s
		}}, action}},
	trace.Switch: {"a rule was switched off or on", []field{ruleID,
		{"to", "off or on", func(r *reader, e *trace.Event) value {
			if e.Sub == 1 {
				return word("off")
			}
			return word("on")
		}}, action}},
	trace.Refused: {"an action of the script could not be done", []field{action, text("why", "the reason, in a sentence")}},

	trace.Violation: {"an invariant does not hold", []field{peer, term,
		{"invariant", "its ID", func(r *reader, e *trace.Event) value { return r.invariant(e.Sub) }},
		{"says", "what is wrong, in a sentence", func(r *reader, e *trace.Event) value { return r.violationSays(e) }}}},
}

// kindOf returns how the event is printed. There is no kind without a row.
func kindOf(e *trace.Event) *kindInfo { return &kinds[e.Kind] }

// explainEvents prints what `parley help events` says.
func explainEvents(w io.Writer) {
	fmt.Fprint(w, eventsUsage)
	for i, k := range kinds {
		if k.says == "" {
			continue
		}
		fmt.Fprintf(w, "  %-13s %s\n", trace.Kind(i), k.says)
		for _, f := range k.fields {
			fmt.Fprintf(w, "      %-11s %s\n", f.name, f.says)
		}
	}
}
