package view

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/texts"
)

// commandMost is how many bytes of a command stand in a sentence.
const commandMost = 60

// Sentence says in words what event i is. Every kind of event has one.
func (s *Store) Sentence(i int) string {
	if i < 0 || i >= s.Len() {
		return ""
	}
	e := s.Event(i)
	switch e.Kind {
	case trace.Rule:
		return s.ruleTells(e)
	case trace.Violation:
		name, _, _, broken := s.Violation(e)
		return texts.Get("event.violation", "name", name, "broken", broken)
	case trace.Send, trace.Deliver, trace.Loss, trace.Duplicate, trace.Delay:
		return s.networkSentence(e)
	case trace.Invoke, trace.Retry, trace.Answer, trace.Refuse, trace.GiveUp:
		return s.clientSentence(i, e)
	case trace.Boot, trace.Crash, trace.Cut, trace.Heal, trace.Partition, trace.Clock,
		trace.Dial, trace.Option, trace.Switch, trace.Refused:
		return s.actSentence(i, e)
	case trace.TimerSet, trace.TimerCancel, trace.TimerFire, trace.Write, trace.Sync, trace.WriteLost:
		return s.hostSentence(e)
	}
	return s.noteSentence(e)
}

func (s *Store) networkSentence(e *trace.Event) string {
	from, to := e.Node, e.Peer
	if e.Kind == trace.Deliver || e.Kind == trace.Loss {
		from, to = to, from
	}
	args := []string{"from", from.String(), "to", to.String(), "message", s.MessageName(e.Sub), "number", itoa(int64(e.ID))}
	with := func(more ...string) []string { return append(args, more...) }
	switch e.Kind {
	case trace.Deliver:
		return texts.Get("event.deliver", args...)
	case trace.Loss:
		return texts.Get("event.loss", with("cause", CauseText(trace.Cause(e.Rule), to))...)
	case trace.Duplicate:
		return texts.Get("event.duplicate", with("of", itoa(int64(e.A)))...)
	case trace.Delay:
		return texts.Get("event.delay", with("time", FormatTime(consensus.Time(trace.Wide(e.A, e.B))))...)
	}
	switch consensus.MessageKind(e.Sub) {
	case consensus.KindRequest:
		return texts.Get("event.send-request", args...)
	case consensus.KindReply:
		return texts.Get("event.send-reply", args...)
	}
	return texts.Get("event.send", with("termword", s.TermWord(), "term", s.TermText(e.Term), "verdict", verdict(e.Flags))...)
}

// verdict says what an answer means, with a blank in front; "" for what is no answer.
func verdict(f consensus.MessageFlags) string {
	switch {
	case f&consensus.FlagYes != 0:
		return " " + texts.Get("verdict.yes")
	case f&consensus.FlagNo != 0:
		return " " + texts.Get("verdict.no")
	}
	return ""
}

func (s *Store) hostSentence(e *trace.Event) string {
	node := e.Node.String()
	switch e.Kind {
	case trace.TimerSet:
		return texts.Get("event.timer-set", "node", node, "timer", s.TimerName(e.Sub),
			"span", FormatSpan(consensus.Time(trace.Wide(e.C, e.D))))
	case trace.TimerCancel:
		return texts.Get("event.timer-cancel", "node", node, "timer", s.TimerName(e.Sub))
	case trace.TimerFire:
		return texts.Get("event.timer-fire", "node", node, "timer", s.TimerName(e.Sub))
	case trace.Write:
		return texts.Get("event.write", "node", node, "size", FormatSize(int64(e.A)))
	case trace.Sync:
		return texts.Get("event.sync", "node", node, "size", FormatSize(int64(e.A)))
	}
	if e.B > 0 {
		return texts.Get("event.write-torn", "node", node, "size", FormatSize(int64(e.A)), "kept", FormatSize(int64(e.B)))
	}
	return texts.Get("event.write-lost", "node", node, "size", FormatSize(int64(e.A)))
}

func (s *Store) noteSentence(e *trace.Event) string {
	node := e.Node.String()
	args := []string{
		"node", node, "peer", e.Peer.String(), "termword", s.TermWord(), "term", s.TermText(e.Term),
		"indexword", s.IndexWord(), "index", FormatInt(int64(e.A)),
	}
	with := func(more ...string) []string { return append(args, more...) }
	switch e.Kind {
	case trace.Role:
		return s.get("event.role", with("role", s.RoleName(e.Sub))...)
	case trace.Term:
		if e.A > 0 {
			return s.get("event.term-at", args...)
		}
		return s.get("event.term", args...)
	case trace.Vote:
		if e.Peer == consensus.None {
			return s.get("event.vote-none", args...)
		}
		return s.get("event.vote", args...)
	case trace.Tally:
		return s.get("event.tally", with("nodes", Members(e.NodeSet()))...)
	case trace.Leader:
		if e.Peer == consensus.None {
			return s.get("event.leader-none", args...)
		}
		return s.get("event.leader", args...)
	case trace.Entry:
		if e.Sub == 1 {
			return s.get("event.entry-held", with("command", s.entryText(e.Peer, e.B))...)
		}
		return s.get("event.entry", with("command", s.entryText(e.Peer, e.B))...)
	case trace.Truncate:
		return s.get("event.truncate", args...)
	case trace.Commit:
		return s.get("event.commit", args...)
	case trace.Chosen:
		return s.get("event.chosen", args...)
	case trace.Apply:
		if e.Sub == 1 {
			return s.get("event.apply-again", with("command", s.entryText(e.Peer, e.B))...)
		}
		return s.get("event.apply", with("command", s.entryText(e.Peer, e.B))...)
	case trace.Progress:
		return s.get("event.progress", with("next", FormatInt(int64(e.A)), "match", FormatInt(int64(e.B)))...)
	case trace.Compact:
		return s.get("event.compact", args...)
	}
	return s.get("event.unknown", args...)
}

// entryText names what stands in an entry: the command of a client, or that it is none.
func (s *Store) entryText(client consensus.NodeID, seq uint32) string {
	if client == consensus.None {
		return texts.Get("entry.none")
	}
	if command := s.Command(client, seq); command != "" {
		return texts.Get("entry.command", "client", client.String(), "command", quoteText(command, commandMost))
	}
	return texts.Get("entry.request", "client", client.String(), "number", itoa(int64(seq)))
}

func (s *Store) clientSentence(i int, e *trace.Event) string {
	args := []string{"client", e.Node.String(), "node", e.Peer.String(), "n", itoa(int64(e.B))}
	with := func(more ...string) []string { return append(args, more...) }
	command := func() []string {
		c := s.Command(e.Node, e.B)
		if e.Kind == trace.Invoke {
			c = s.Text(e.D)
		}
		return []string{"command", quoteText(c, commandMost)}
	}
	switch e.Kind {
	case trace.Invoke:
		return texts.Get("event.invoke", with(command()...)...)
	case trace.Retry:
		if i > 0 {
			if before := s.Event(i - 1); before.Kind == trace.Refuse && before.Node == e.Node && before.T == e.T {
				return texts.Get("event.retry-sent-on", with(command()...)...)
			}
		}
		return texts.Get("event.retry", with(command()...)...)
	case trace.Answer:
		return texts.Get("event.answer", with(append(command(), "result", quoteText(s.Text(e.D), commandMost))...)...)
	case trace.GiveUp:
		return texts.Get("event.give-up", with(append(command(), "attempts", itoa(int64(e.A)))...)...)
	}
	switch {
	case consensus.Status(e.Sub) == consensus.StatusNotLeader && e.A > 0 && e.A < 256:
		return texts.Get("event.refuse-leader", with("leader", consensus.NodeID(e.A).String())...)
	case consensus.Status(e.Sub) == consensus.StatusNotLeader:
		return texts.Get("event.refuse-nobody", args...)
	}
	return texts.Get("event.refuse-busy", args...)
}

func (s *Store) actSentence(i int, e *trace.Event) string {
	args := []string{"node", e.Node.String(), "peer", e.Peer.String()}
	with := func(more ...string) []string { return append(args, more...) }
	switch e.Kind {
	case trace.Boot:
		switch {
		case e.T == 0 && i == 0:
			if s.Protocol.Leaderless {
				return texts.Count("event.begin-leaderless", len(s.head.Nodes))
			}
			return texts.Count("event.begin", len(s.head.Nodes))
		case e.Sub == 1:
			return texts.Get("event.restart", with("size", FormatSize(int64(e.A)))...)
		}
		return texts.Get("event.boot", args...)
	case trace.Crash:
		return texts.Get("event.crash", args...)
	case trace.Cut:
		return texts.Get("event.cut", args...)
	case trace.Heal:
		return texts.Get("event.heal", args...)
	case trace.Partition:
		return s.partitionSentence(i, e)
	case trace.Clock:
		return texts.Get("event.clock", with("offset", FormatSpan(consensus.Time(trace.Wide(e.A, e.B))), "drift", FormatDrift(int64(int32(e.C))))...)
	case trace.Dial:
		label, _ := DialLabel(scenario.Dial(e.Sub))
		value := FormatDial(scenario.Dial(e.Sub), trace.Wide(e.A, e.B))
		if e.Node != consensus.None || e.Peer != consensus.None {
			return texts.Get("event.dial-link", with("dial", label, "value", value)...)
		}
		return texts.Get("event.dial", "dial", label, "value", value)
	case trace.Option:
		label, _ := s.OptionLabel(int(e.Sub))
		return texts.Get("event.option", "option", label, "value", s.FormatOption(int(e.Sub), trace.Wide(e.A, e.B)))
	case trace.Switch:
		if e.Sub == 1 {
			return texts.Get("event.switch-off", "rule", s.RuleName(e.Rule), "says", s.RuleSays(e.Rule))
		}
		return texts.Get("event.switch-on", "rule", s.RuleName(e.Rule), "says", s.RuleSays(e.Rule))
	}
	return texts.Get("event.refused", "why", s.Text(e.D))
}

func (s *Store) partitionSentence(i int, e *trace.Event) string {
	if e.NodeSet().Len() == 0 {
		return texts.Get("event.partition-end")
	}
	groups := []string{Members(e.NodeSet())}
	if e.Sub != 0 {
		return texts.Get("event.partition", "groups", groups[0])
	}
	for k := i + 1; k < s.Len() && s.Event(k).Kind == trace.Partition && s.Event(k).Sub != 0; k++ {
		groups = append(groups, Members(s.Event(k).NodeSet()))
	}
	text := groups[0]
	for _, g := range groups[1:] {
		text += " | " + g
	}
	return texts.Get("event.partition", "groups", text)
}
