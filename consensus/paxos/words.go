package paxos

import "parley/consensus"

// word is a word of the legend.
func word(concept, name, says string) consensus.Word {
	return consensus.Word{Concept: concept, Name: name, Says: says}
}

// multiWords are Multi-Paxos's words for what other algorithms have as well.
var multiWords = []consensus.Word{
	word(consensus.ConceptTerm, "ballot", "A round and the node to whom it belongs; higher ones overrule lower ones."),
	word(consensus.ConceptOwner, "unique ballots", "A ballot carries the name of its proposer: nobody else can lead in it, so nobody has to vote for it once only."),
	word(consensus.ConceptLeader, "leader (distinguished proposer)", "The node whose ballot a phase 1 quorum has promised; it proposes in all slots."),
	word(consensus.ConceptCandidate, "proposer in phase 1 (scout)", "A node that asks for promises for all slots."),
	word(consensus.ConceptFollower, "acceptor and learner (replica)", "Promises, accepts, and executes what is chosen."),
	word(consensus.ConceptDetector, "failure detector", "Heartbeats, and a timeout that is drawn at random. A mistake costs time and never safety."),
	word(consensus.ConceptDuel, "duelling proposers", "Each ballot overtakes the other; it ends when the one who was overtaken lets the other lead."),
	word(consensus.ConceptAsk, "prepare (1a)", "Asks for a promise, whatever the asker has in its slots: it will be told what it lacks."),
	word(consensus.ConceptGrant, "promise (1b)", "Carries all that the acceptor has accepted beyond what is chosen: the new leader catches up by it."),
	word(consensus.ConceptRefusal, "nack", "Says which higher ballot was promised."),
	word(consensus.ConceptPropose, "accept (2a)", "One value for one slot; slots do not wait for one another."),
	word(consensus.ConceptAccept, "accepted (2b)", "For one slot alone: an acceptor may have gaps."),
	word(consensus.ConceptHeartbeat, "heartbeat", "Also tells up to which slot everything is chosen."),
	word(consensus.ConceptAnnounce, "chosen up to", "Goes along with the next accept or heartbeat, or at once with the option announce."),
	word(consensus.ConceptLog, "slots", "Each slot is decided on its own; together they are the log."),
	word(consensus.ConceptIndex, "slot", "The number of a decision."),
	word(consensus.ConceptValue, "value", "A client's command or a no-op, with the ballot in which it was accepted; a new leader proposes it again in its own ballot."),
	word(consensus.ConceptDecided, "chosen", "A quorum has accepted it in one ballot, whichever that is and whoever knows."),
	word(consensus.ConceptDecidedUpTo, "chosen without a gap", "All slots up to this one are chosen; later ones may be as well."),
	word(consensus.ConceptBound, "adopt the value of the highest ballot", "Anybody may lead; phase 1 then tells it what it has to propose (P2c)."),
	word(consensus.ConceptRepair, "learning", "A node asks for what it lacks. What it accepted is never removed, only accepted anew in a higher ballot."),
	word(consensus.ConceptNoOp, "no-op", "Fills a gap before a slot in which something may be chosen."),
	word(consensus.ConceptExecute, "execute (perform)", "In the order of the slots, none before a gap."),
	word(consensus.ConceptQuorum, "phase 1 and phase 2 quorums", "Each of the one must meet each of the other; their sizes may differ."),
	word(consensus.ConceptPersist, "promise and accepted values", "On disk before the acceptor answers."),
	word(consensus.ConceptRoundTrips, "one round trip a slot", "Phase 2 alone; phase 1 was done once for all slots."),
}

// synodWords are Synod's.
var synodWords = []consensus.Word{
	word(consensus.ConceptTerm, "ballot", "A proposal number: a round and the proposer to whom it belongs. Each slot counts its own."),
	word(consensus.ConceptOwner, "unique ballots", "A ballot carries the name of its proposer: nobody else proposes in it."),
	word(consensus.ConceptLeader, "proposer in phase 2", "Whoever has promises from a phase 1 quorum for one slot; nobody leads for longer."),
	word(consensus.ConceptCandidate, "proposer in phase 1", "Asks for promises for one slot."),
	word(consensus.ConceptFollower, "acceptor, learner", "An acceptor promises and accepts; a learner executes what is chosen. One node may be both."),
	word(consensus.ConceptDetector, "", "There is no leader whose loss would have to be noticed."),
	word(consensus.ConceptDuel, "duelling proposers", "Each ballot overtakes the other; it ends when they wait at random before they try again."),
	word(consensus.ConceptAsk, "prepare (1a)", "Asks for a promise in one slot."),
	word(consensus.ConceptGrant, "promise (1b)", "Carries what the acceptor has accepted in that slot."),
	word(consensus.ConceptRefusal, "nack", "Says which higher ballot was promised."),
	word(consensus.ConceptPropose, "accept (2a)", "One value for one slot."),
	word(consensus.ConceptAccept, "accepted (2b)", "Goes to the proposer, or to all learners as well."),
	word(consensus.ConceptHeartbeat, "", "There is no leader."),
	word(consensus.ConceptAnnounce, "learn (decision)", "The proposer who sees that a value is chosen tells all others."),
	word(consensus.ConceptLog, "slots", "Independent decisions; executed in order they are a log."),
	word(consensus.ConceptIndex, "slot (instance)", "The number of a decision."),
	word(consensus.ConceptValue, "value", "A client's command or a no-op, with the ballot in which it was accepted."),
	word(consensus.ConceptDecided, "chosen", "A quorum has accepted it in one ballot, whoever knows."),
	word(consensus.ConceptDecidedUpTo, "chosen without a gap", "All slots up to this one are chosen; later ones may be as well."),
	word(consensus.ConceptBound, "adopt the value of the highest ballot", "A proposer proposes what the promises tell it to (P2c)."),
	word(consensus.ConceptRepair, "asking and finding out", "A node asks the others; where nobody knows, it finds out by a proposal of its own."),
	word(consensus.ConceptNoOp, "no-op", "Fills a gap that keeps a client's command from being executed."),
	word(consensus.ConceptExecute, "execute", "In the order of the slots, none before a gap."),
	word(consensus.ConceptQuorum, "phase 1 and phase 2 quorums", "Each of the one must meet each of the other; their sizes may differ."),
	word(consensus.ConceptPersist, "promise and accepted value of each slot", "On disk before the acceptor answers."),
	word(consensus.ConceptRoundTrips, "two round trips a slot", "Phase 1 and phase 2 for each slot."),
}

var multiHeadlines = consensus.Headlines{
	Beginning: "All wait for a leader. Whose election timeout runs out first asks for promises.",
	Leads:     "{node} leads with ballot {term}.",
	SeeksOne:  "No leader: {names} asks for promises of ballot {term}, for all slots at once.",
	SeeksMany: "No leader: {names} ask for promises; the highest ballot is {term}.",
	Idle:      "No leader: the next node whose election timeout runs out asks for promises.",
	Decided:   "Everything up to slot {decided} is chosen.",
}

var synodHeadlines = consensus.Headlines{
	Beginning: "Nobody proposes anything yet. Any node takes a client's request and proposes it.",
	Leads:     "{node} has its promises and proposes in ballot {term}.",
	SeeksOne:  "{names} asks for promises of ballot {term}.",
	SeeksMany: "{names} ask for promises at the same time: a duel. The highest ballot is {term}.",
	Idle:      "Nobody proposes.",
	Decided:   "Everything up to slot {decided} is chosen.",
}
