package journal

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// KindInfo describes the lines of one kind of event.
type KindInfo struct {
	Kind   trace.Kind
	Says   string
	Fields []FieldInfo
}

// FieldInfo describes a field of a line.
type FieldInfo struct{ Name, Says string }

// Kinds returns what the lines of each kind of event have, in the order of the kinds.
func Kinds() []KindInfo {
	var all []KindInfo
	for k := trace.None + 1; int(k) < trace.Kinds; k++ {
		info := KindInfo{Kind: k, Says: kinds[k].says}
		for _, f := range kinds[k].fields {
			info.Fields = append(info.Fields, FieldInfo{f.name, f.says})
		}
		all = append(all, info)
	}
	return all
}

// kind is how an event of a kind is told.
type kind struct {
	says   string
	fields []field
}

// field is one thing that events tell. put writes what e tells, or nothing; take makes
// e tell the value that was read, and reports whether it can.
type field struct {
	name, says string
	put        func(w *writer, e *trace.Event)
	take       func(r *reader, e *trace.Event) bool
}

// The places of an event's numbers.
type place func(e *trace.Event) *uint32

func placeA(e *trace.Event) *uint32 { return &e.A }
func placeB(e *trace.Event) *uint32 { return &e.B }
func placeC(e *trace.Event) *uint32 { return &e.C }
func placeD(e *trace.Event) *uint32 { return &e.D }

// number is a field that is always there.
func number(name, says string, at place) field {
	return field{name, says,
		func(w *writer, e *trace.Event) { w.number(int64(*at(e))) },
		func(r *reader, e *trace.Event) bool { return r.word32(at(e)) }}
}

// count is a number of which 0 says nothing.
func count(name, says string, at place) field {
	f := number(name, says, at)
	put := f.put
	f.put = func(w *writer, e *trace.Event) {
		if *at(e) != 0 {
			put(w, e)
		}
	}
	return f
}

// wide is a number, or a time, in two of an event's.
func wide(name, says string, lo, hi place) field {
	return field{name, says,
		func(w *writer, e *trace.Event) { w.number(trace.Wide(*lo(e), *hi(e))) },
		func(r *reader, e *trace.Event) bool {
			v, ok := r.integer()
			*lo(e), *hi(e) = trace.Halves(v)
			return ok
		}}
}

// text is a field that holds text D of the trace.
func text(name, says string) []field {
	return []field{
		{name, says,
			func(w *writer, e *trace.Event) { w.text(w.texts(e.D)) },
			func(r *reader, e *trace.Event) bool { return r.string(&r.said) }},
		{"text", "the number of that text: equal numbers are equal texts",
			func(w *writer, e *trace.Event) { w.number(int64(e.D)) },
			func(r *reader, e *trace.Event) bool { r.numbered = true; return r.word32(&e.D) }},
	}
}

// members is a field that holds the NodeSet of the event.
func members(name, says string) field {
	return field{name, says,
		func(w *writer, e *trace.Event) { w.members(e.NodeSet()) },
		func(r *reader, e *trace.Event) bool {
			var s consensus.NodeSet
			ok := r.members(&s)
			e.SetNodeSet(s)
			return ok
		}}
}

// flag is true or left out.
func flag(name, says string, get func(e *trace.Event) bool, set func(e *trace.Event)) field {
	return field{name, says,
		func(w *writer, e *trace.Event) {
			if get(e) {
				w.yes()
			}
		},
		func(r *reader, e *trace.Event) bool {
			on, ok := r.boolean()
			if on {
				set(e)
			}
			return ok
		}}
}

// sub1 is a flag that stands in Sub.
func sub1(name, says string) field {
	return flag(name, says, func(e *trace.Event) bool { return e.Sub == 1 }, func(e *trace.Event) { e.Sub = 1 })
}

// either is one of two words, for Sub 0 and 1.
func either(name, says, zero, one string) field {
	return field{name, says,
		func(w *writer, e *trace.Event) {
			if e.Sub == 1 {
				w.text(one)
			} else {
				w.text(zero)
			}
		},
		func(r *reader, e *trace.Event) bool {
			var s string
			if !r.string(&s) || s != zero && s != one {
				return false
			}
			if s == one {
				e.Sub = 1
			}
			return true
		}}
}

// named is one of the names of a table in Sub; one that is not in it is its number.
func named(name, says string, names func(t *tables) *nameTable) field {
	return field{name, says,
		func(w *writer, e *trace.Event) { w.text(names(w.tables).name(int(e.Sub))) },
		func(r *reader, e *trace.Event) bool {
			var s string
			if !r.string(&s) {
				return false
			}
			i, ok := names(r.tables).find(s)
			e.Sub = uint8(i)
			return ok && i < 256
		}}
}

// inRule is one of the names of a table in Rule.
func inRule(name, says string, names func(t *tables) *nameTable) field {
	return field{name, says,
		func(w *writer, e *trace.Event) { w.text(names(w.tables).name(int(e.Rule))) },
		func(r *reader, e *trace.Event) bool {
			var s string
			if !r.string(&s) {
				return false
			}
			i, ok := names(r.tables).find(s)
			e.Rule = consensus.RuleID(i)
			return ok && i < 1<<16
		}}
}

// derived is a field that only repeats in words what others tell.
func derived(name, says string, tell func(w *writer, e *trace.Event) string) field {
	return field{name, says,
		func(w *writer, e *trace.Event) {
			if s := tell(w, e); s != "" {
				w.text(s)
			}
		},
		func(r *reader, e *trace.Event) bool { return true }}
}

// The fields that several kinds share.
var (
	peer = field{"peer", "the other end",
		func(w *writer, e *trace.Event) { w.endpoint(e.Peer) },
		func(r *reader, e *trace.Event) bool { return r.endpoint(&e.Peer) }}
	id = field{"message", "its send number, from 1",
		func(w *writer, e *trace.Event) { w.number(int64(e.ID)) },
		func(r *reader, e *trace.Event) bool { return r.word32(&e.ID) }}
	action = field{"action", "number of the script's action that did it, from 1",
		func(w *writer, e *trace.Event) {
			if e.ID != 0 {
				w.number(int64(e.ID))
			}
		},
		func(r *reader, e *trace.Event) bool { return r.word32(&e.ID) }}
	term = field{"term", "the term (Raft) or ballot (Paxos)",
		func(w *writer, e *trace.Event) { w.number(int64(e.Term)) },
		func(r *reader, e *trace.Event) bool { return r.word32((*uint32)(&e.Term)) }}
	verdict = field{"verdict", "of a reply: yes or no",
		func(w *writer, e *trace.Event) {
			switch e.Flags & (consensus.FlagYes | consensus.FlagNo) {
			case consensus.FlagYes:
				w.text("yes")
			case consensus.FlagNo:
				w.text("no")
			case consensus.FlagYes | consensus.FlagNo:
				w.text("both")
			}
		},
		func(r *reader, e *trace.Event) bool {
			var s string
			if !r.string(&s) {
				return false
			}
			switch s {
			case "yes":
				e.Flags |= consensus.FlagYes
			case "no":
				e.Flags |= consensus.FlagNo
			case "both":
				e.Flags |= consensus.FlagYes | consensus.FlagNo
			default:
				return false
			}
			return true
		}}
	answers = flag("reply", "it answers another message",
		func(e *trace.Event) bool { return e.Flags&consensus.FlagReply != 0 }, func(e *trace.Event) { e.Flags |= consensus.FlagReply })
	carries = flag("payload", "it carries clients' commands",
		func(e *trace.Event) bool { return e.Flags&consensus.FlagPayload != 0 }, func(e *trace.Event) { e.Flags |= consensus.FlagPayload })
	typ     = named("type", "the kind of message", func(t *tables) *nameTable { return &t.messages })
	timer   = named("timer", "which of its timers", func(t *tables) *nameTable { return &t.timers })
	ruleID  = inRule("rule", "ID of the rule", func(t *tables) *nameTable { return &t.rules })
	index   = number("index", "place in the log", placeA)
	size    = number("bytes", "how many bytes", placeA)
	client  = field{"client", "whose request the entry holds", peer.put, peer.take}
	seq     = count("request", "the client's number of the request", placeB)
	hash    = number("hash", "of the command, low half", placeC)
	tries   = number("attempts", "attempts so far", placeA)
	outcome = field{"outcome", "which of the outcomes, from 0",
		func(w *writer, e *trace.Event) {
			if e.Sub != 0 {
				w.number(int64(e.Sub))
			}
		},
		func(r *reader, e *trace.Event) bool {
			v, ok := r.integer()
			e.Sub = uint8(v)
			return ok && v >= 0 && v < 256
		}}
	numbers = field{"numbers", "the numbers of its sentence, up to the last that is not 0",
		func(w *writer, e *trace.Event) {
			if v := [...]uint32{e.A, e.B, e.C, e.D}; v != [4]uint32{} {
				n := 4
				for v[n-1] == 0 {
					n--
				}
				w.numbers(v[:n])
			}
		},
		func(r *reader, e *trace.Event) bool {
			var v [4]uint32
			ok := r.numbers(v[:])
			e.A, e.B, e.C, e.D = v[0], v[1], v[2], v[3]
			return ok
		}}
	inTerm = field{"term", "the term (Raft) or ballot (Paxos) that it is about",
		func(w *writer, e *trace.Event) {
			if e.Term != 0 {
				term.put(w, e)
			}
		}, term.take}
)

// message is what all lines about messages have in common.
func message(more ...field) []field {
	return append([]field{peer, id, typ, term, answers, verdict, carries}, more...)
}

// kinds says how each kind of event is told, at its index.
var kinds = [trace.Kinds]kind{
	trace.Send: {"node sent a message to peer", message(
		wide("arrives", "when it will arrive", placeA, placeB),
		number("bytes", "its size", placeC),
		number("hash", "of its data, low half", placeD))},
	trace.Deliver: {"node got a message of peer", message()},
	trace.Loss: {"a message of peer to node was lost", message(
		inRule("cause", "loss (by the dial), cut, partition, down (the receiver is), dropped (by an action), full (the inbox is)",
			func(t *tables) *nameTable { return &t.causes }))},
	trace.Duplicate: {"a message of node to peer will arrive twice", message(
		number("of", "the message it is a copy of", placeA),
		wide("arrives", "when the copy will arrive", placeB, placeC))},
	trace.Delay: {"a message of node to peer is held up", message(
		wide("arrives", "when it will arrive now", placeA, placeB))},

	trace.TimerSet: {"a timer was set", []field{timer,
		wide("expires", "when it will expire", placeA, placeB),
		wide("runs", "how long it runs", placeC, placeD)}},
	trace.TimerCancel: {"a timer was stopped", []field{timer}},
	trace.TimerFire:   {"a timer expired", []field{timer, action}},

	trace.Write: {"a write to the disk began", []field{size, wide("durable", "when it will be durable", placeB, placeC)}},
	trace.Sync:  {"a write became durable", []field{size}},
	trace.WriteLost: {"a write was lost in a crash", []field{size,
		count("torn", "how many bytes survived, as a torn tail", placeB)}},

	trace.Rule: {"a rule of the algorithm fired", []field{peer, ruleID,
		derived("says", "what it did, in a sentence", func(w *writer, e *trace.Event) string { return w.ruleSays(e) }),
		outcome, inTerm, numbers}},
	trace.Role: {"node has a new role", []field{
		named("role", "its name", func(t *tables) *nameTable { return &t.roles })}},
	trace.Term: {"node is in a new term, or promised a ballot", []field{term,
		count("slot", "the slot that the ballot is promised for; none: all of them", placeA)}},
	trace.Vote:   {"node gave peer its vote; without peer: it has not voted", []field{peer, term}},
	trace.Tally:  {"those who gave node their vote or promise, or accepted its value", []field{members("nodes", "who they are")}},
	trace.Leader: {"who leads, as far as node knows", []field{peer}},
	trace.Entry: {"an entry of the log is now", []field{index, term, client, seq, hash,
		sub1("learned", "node did not accept it just now, but learned it or found it on its disk (Paxos)")}},
	trace.Truncate: {"entries of the log are gone", []field{number("index", "the first of them", placeA)}},
	trace.Commit:   {"node knows that all up to an entry is committed", []field{index}},
	trace.Chosen:   {"node knows that a slot is chosen", []field{index}},
	trace.Apply: {"node applied an entry to its machine", []field{index, term, client, seq, hash,
		sub1("repeated", "the request was applied before, and has no effect again")}},
	trace.Progress: {"what leader node knows of peer", []field{peer,
		number("next", "the next index to send", placeA),
		number("match", "the highest index known to be there", placeB)}},
	trace.Compact: {"entries of the log are in a snapshot now", []field{number("index", "the last of them", placeA)}},

	trace.Invoke: {"a client wants a command carried out", append([]field{seq, action}, text("command", "what it wants")...)},
	trace.Retry:  {"a client asks again", []field{peer, seq, tries}},
	trace.Answer: {"a client got its answer of peer", append([]field{peer, seq}, text("result", "the answer")...)},
	trace.Refuse: {"peer refused a client's request", []field{peer, seq,
		named("status", "why", func(t *tables) *nameTable { return &t.statuses }),
		field{"leader", "whom to ask instead",
			func(w *writer, e *trace.Event) { w.endpoint(consensus.NodeID(e.A)) },
			func(r *reader, e *trace.Event) bool {
				var id consensus.NodeID
				ok := r.endpoint(&id)
				e.A = uint32(id)
				return ok
			}}}},
	trace.GiveUp: {"nobody answered a client; the command may have been carried out or not", []field{seq, tries}},

	trace.Boot: {"node started", []field{
		either("disk", "used (it ran before), or new", "new", "used"),
		number("bytes", "how many are on its disk", placeA), action}},
	trace.Crash: {"node stopped", []field{action}},
	trace.Cut:   {"messages of node to peer are lost from now on", []field{peer, action}},
	trace.Heal:  {"messages of node to peer are lost no longer", []field{peer, action}},
	trace.Partition: {"a group that the others cannot reach; without nodes: all can again", []field{
		{"group", "which of the groups, from 1",
			func(w *writer, e *trace.Event) {
				if e.Sub != 0 || e.NodeSet() != (consensus.NodeSet{}) {
					w.number(int64(e.Sub) + 1)
				}
			},
			func(r *reader, e *trace.Event) bool {
				v, ok := r.integer()
				e.Sub = uint8(v - 1)
				return ok && v >= 1 && v <= 256
			}},
		members("nodes", "who is in it"), action}},
	trace.Clock: {"node's clock was set", []field{
		wide("offset", "how far it is ahead", placeA, placeB),
		{"drift", "how much too fast it runs, in parts per million",
			func(w *writer, e *trace.Event) { w.number(int64(int32(e.C))) },
			func(r *reader, e *trace.Event) bool {
				v, ok := r.integer()
				e.C = uint32(int32(v))
				return ok && int64(int32(v)) == v
			}},
		action}},
	trace.Dial: {"a dial was turned, on the link of node to peer or everywhere", []field{peer,
		named("dial", "its name", func(t *tables) *nameTable { return &t.dials }),
		wide("value", "nanoseconds, parts per million or thousandths a second, as the dial counts", placeA, placeB),
		derived("means", "the value with its unit", func(w *writer, e *trace.Event) string {
			return scenario.FormatDial(scenario.Dial(e.Sub), trace.Wide(e.A, e.B))
		}), action}},
	trace.Option: {"an option of the engine was set", []field{
		named("option", "its name", func(t *tables) *nameTable { return &t.options }),
		wide("value", "what it is now", placeA, placeB), action}},
	trace.Switch:  {"a rule was switched off or on", []field{ruleID, either("to", "off or on", "on", "off"), action}},
	trace.Refused: {"an action of the script could not be done", append([]field{peer, action}, text("why", "the reason, in a sentence")...)},

	trace.Violation: {"an invariant does not hold", []field{peer, inTerm,
		named("invariant", "its ID", func(t *tables) *nameTable { return &t.invariants }),
		derived("says", "what is wrong, in a sentence", func(w *writer, e *trace.Event) string { return w.violationSays(e) }),
		numbers}},
}
