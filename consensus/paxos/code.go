package paxos

import "parley/consensus"

// synodCode is what a node of Synod does, in the phases of "Paxos Made Simple", section
// 2.2, and in our words. Each line names the rules that light it up.
var synodCode = []consensus.CodeLine{
	{Block: "Acceptor, on disk, for each slot", Text: "promised: the highest ballot it promised", Rules: []string{"synod.persist-before-reply", "synod.restart"}},
	{Block: "Acceptor, on disk, for each slot", Text: "accepted: the proposal (ballot, value) it accepted last", Rules: []string{"synod.persist-before-reply"}},

	{Block: "Phase 1 (a), proposer", Text: "b ← a ballot above all heard of, that only I use", Rules: []string{"synod.prepare", "synod.unique-ballots"}},
	{Block: "Phase 1 (a), proposer", Text: "send prepare(slot, b) to the acceptors", Rules: []string{"synod.prepare", "synod.retransmit"}},

	{Block: "Phase 1 (b), acceptor", Text: "slot is decided: send the decision, else", Rules: []string{"synod.answer-with-decision"}},
	{Block: "Phase 1 (b), acceptor", Text: "b < promised: send nack(promised), else", Rules: []string{"synod.keep-promise", "synod.nack"}},
	{Block: "Phase 1 (b), acceptor", Text: "promised ← b, send promise(slot, b, accepted)", Rules: []string{"synod.promise"}},

	{Block: "Phase 2 (a), proposer", Text: "promises of b from a phase 1 quorum:", Rules: []string{"synod.phase-1-quorum", "synod.quorums-meet"}},
	{Block: "Phase 2 (a), proposer", Text: "v ← the accepted value of the highest ballot they told of,", Indent: 1, Rules: []string{"synod.adopt", "synod.adopt-highest"}},
	{Block: "Phase 2 (a), proposer", Text: "or if they told of none: the client's, or a no-op", Indent: 2, Rules: []string{"synod.adopt", "synod.fill-gaps"}},
	{Block: "Phase 2 (a), proposer", Text: "send accept(slot, b, v) to the acceptors", Indent: 1, Rules: []string{"synod.accept", "synod.retransmit"}},

	{Block: "Phase 2 (b), acceptor", Text: "slot is decided: send the decision, else", Rules: []string{"synod.answer-with-decision"}},
	{Block: "Phase 2 (b), acceptor", Text: "b < promised: send nack(promised), else", Rules: []string{"synod.keep-promise", "synod.nack"}},
	{Block: "Phase 2 (b), acceptor", Text: "promised ← b", Rules: []string{"synod.accept-raises-promise"}},
	{Block: "Phase 2 (b), acceptor", Text: "accepted ← (b, v), send accepted(slot, b)", Rules: []string{"synod.accepted"}},

	{Block: "Proposer, overtaken", Text: "a ballot above b is heard of: give b up", Rules: []string{"synod.give-way", "synod.nack"}},
	{Block: "Proposer, overtaken", Text: "wait a random time, longer each time, then phase 1 (a) again", Rules: []string{"synod.back-off"}},

	{Block: "Learning", Text: "accepted in one ballot by a phase 2 quorum: chosen", Rules: []string{"synod.chosen-by-quorum", "synod.count-one-ballot"}},
	{Block: "Learning", Text: "the proposer tells all others", Indent: 1, Rules: []string{"synod.pass-on"}},
	{Block: "Learning", Text: "told of a decision: take it over", Rules: []string{"synod.learn"}},
	{Block: "Learning", Text: "from time to time: ask another node what is chosen", Rules: []string{"synod.ask"}},
	{Block: "Learning", Text: "nobody knows: find out by a proposal without a value of my own", Rules: []string{"synod.find-out"}},
	{Block: "Learning", Text: "decided up to here: forget promises and votes", Rules: []string{"synod.forget"}},
	{Block: "Learning", Text: "on every node's disk: forget the decisions too", Indent: 1, Rules: []string{"synod.forget"}},

	{Block: "Clients", Text: "a command: propose it in the first slot not known to be decided", Rules: []string{"synod.propose-command", "synod.redirect", "synod.bounded-pending"}},
	{Block: "Clients", Text: "another value is chosen there: propose it in the next", Indent: 1, Rules: []string{"synod.propose-command"}},
	{Block: "Clients", Text: "propose SLOT VALUE: answer with what is chosen in SLOT", Rules: []string{"synod.one-decision-a-slot"}},
	{Block: "Clients", Text: "execute the slots in order, a client's command once", Rules: []string{"synod.execute-in-order", "synod.execute-once"}},
	{Block: "Clients", Text: "answer when it is executed", Indent: 1, Rules: []string{"synod.answer-after-execution"}},
	{Block: "Clients", Text: "an open slot keeps it from that: propose a no-op there", Indent: 1, Rules: []string{"synod.fill-gaps"}},

	{Block: "All nodes", Text: "too late, too far ahead or without sense: ignore", Rules: []string{"synod.stale-answer-ignored", "synod.bounded-slots", "synod.malformed-ignored"}},
}

// multiCode is what a node of Multi-Paxos does, in the roles of "Paxos Made Moderately
// Complex" and in our words.
var multiCode = []consensus.CodeLine{
	{Block: "Acceptor, on disk", Text: "promised: the highest ballot it promised, for all slots", Rules: []string{"multipaxos.persist-before-reply", "multipaxos.restart"}},
	{Block: "Acceptor, on disk", Text: "accepted[slot]: the proposal (ballot, value) it accepted last", Rules: []string{"multipaxos.persist-before-reply"}},
	{Block: "Acceptor", Text: "prepare(b, from), b < promised: send nack(promised)", Rules: []string{"multipaxos.keep-promise", "multipaxos.nack"}},
	{Block: "Acceptor", Text: "prepare(b, from): promised ← b, send promise(b, accepted[from…], chosen up to)", Rules: []string{"multipaxos.promise"}},
	{Block: "Acceptor", Text: "accept(b, slot, v), b < promised: send nack(promised)", Rules: []string{"multipaxos.keep-promise", "multipaxos.nack"}},
	{Block: "Acceptor", Text: "accept(b, slot, v): promised ← b", Rules: []string{"multipaxos.accept-raises-promise"}},
	{Block: "Acceptor", Text: "accepted[slot] ← (b, v), send accepted(b, slot)", Indent: 1, Rules: []string{"multipaxos.accepted"}},

	{Block: "Failure detector", Text: "a leader speaks: restart the election timeout", Rules: []string{"multipaxos.heartbeat"}},
	{Block: "Failure detector", Text: "the election timeout runs out: phase 1", Rules: []string{"multipaxos.failure-detector"}},
	{Block: "Failure detector", Text: "overtaken by a higher ballot: give up,", Rules: []string{"multipaxos.give-way", "multipaxos.nack"}},
	{Block: "Failure detector", Text: "and let that one lead", Indent: 1, Rules: []string{"multipaxos.stable-leader"}},

	{Block: "Phase 1 (scout)", Text: "b ← a ballot above all heard of, that only I use", Rules: []string{"multipaxos.prepare", "multipaxos.unique-ballots"}},
	{Block: "Phase 1 (scout)", Text: "send prepare(b, first slot not known to be chosen) to all", Rules: []string{"multipaxos.prepare", "multipaxos.retransmit"}},
	{Block: "Phase 1 (scout)", Text: "promises from a phase 1 quorum: lead, in all slots", Rules: []string{"multipaxos.phase-1-quorum", "multipaxos.quorums-meet", "multipaxos.one-phase-1"}},
	{Block: "Phase 1 (scout)", Text: "a slot with accepted values: propose that of the highest ballot", Indent: 1, Rules: []string{"multipaxos.adopt", "multipaxos.adopt-highest"}},
	{Block: "Phase 1 (scout)", Text: "a slot without, before one with: propose a no-op", Indent: 1, Rules: []string{"multipaxos.fill-gaps"}},
	{Block: "Phase 1 (scout)", Text: "slots chosen before that I lack: ask for them", Indent: 1, Rules: []string{"multipaxos.catch-up"}},

	{Block: "Phase 2 (commander)", Text: "a client's command: the next slot of the window", Rules: []string{"multipaxos.propose-command", "multipaxos.window", "multipaxos.bounded-pending"}},
	{Block: "Phase 2 (commander)", Text: "send accept(b, slot, v) to all", Rules: []string{"multipaxos.accept", "multipaxos.retransmit"}},
	{Block: "Phase 2 (commander)", Text: "accepted in b by a phase 2 quorum: chosen", Rules: []string{"multipaxos.chosen-by-quorum", "multipaxos.count-one-ballot"}},
	{Block: "Phase 2 (commander)", Text: "tell all others with the next message, or at once", Indent: 1, Rules: []string{"multipaxos.heartbeat", "multipaxos.announce"}},

	{Block: "Replica", Text: "the leader says: chosen up to c", Rules: []string{"multipaxos.learn"}},
	{Block: "Replica", Text: "accepted[slot] is of the leader's ballot: it is what is chosen", Indent: 1, Rules: []string{"multipaxos.learn-same-ballot"}},
	{Block: "Replica", Text: "anything else: ask for it", Indent: 1, Rules: []string{"multipaxos.ask", "multipaxos.learn"}},
	{Block: "Replica", Text: "execute the slots in order, a client's command once", Rules: []string{"multipaxos.execute-in-order", "multipaxos.execute-once"}},
	{Block: "Replica", Text: "the leader answers the client when it is executed", Indent: 1, Rules: []string{"multipaxos.answer-after-execution"}},
	{Block: "Replica", Text: "a client asks who does not lead: name the leader", Rules: []string{"multipaxos.redirect"}},

	{Block: "All nodes", Text: "too late, too far ahead or without sense: ignore", Rules: []string{"multipaxos.stale-answer-ignored", "multipaxos.bounded-slots", "multipaxos.malformed-ignored"}},
}
