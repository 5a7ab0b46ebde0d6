package raft

import "parley/consensus"

// words are Raft's words for what other algorithms have as well.
var words = []consensus.Word{
	{Concept: consensus.ConceptTerm, Name: "term", Says: "A number that everybody counts up; a newer term overrules an older one."},
	{Concept: consensus.ConceptOwner, Name: "one vote a term", Says: "A term belongs to nobody: who leads in it is what the votes decide, and each server has one."},
	{Concept: consensus.ConceptLeader, Name: "leader", Says: "The server that a majority elected for the term; it alone appends entries."},
	{Concept: consensus.ConceptCandidate, Name: "candidate", Says: "A server that asks for votes."},
	{Concept: consensus.ConceptFollower, Name: "follower", Says: "Votes, copies the leader's log, and applies what is committed."},
	{Concept: consensus.ConceptDetector, Name: "election timeout", Says: "Heartbeats, and a timeout that is drawn at random. A mistake costs time and never safety."},
	{Concept: consensus.ConceptDuel, Name: "split vote", Says: "Nobody gets a majority in the term; it ends when one of them times out well before the others."},
	{Concept: consensus.ConceptAsk, Name: "RequestVote", Says: "Asks for a vote, and shows how far the asker's log goes: it is never told what it lacks."},
	{Concept: consensus.ConceptGrant, Name: "vote (RequestVote reply)", Says: "Given once a term, and only to a log that is at least as up-to-date; it carries no entries."},
	{Concept: consensus.ConceptRefusal, Name: "reply of a newer term, or without success", Says: "Says which term has begun, or that the logs do not match there."},
	{Concept: consensus.ConceptPropose, Name: "AppendEntries", Says: "Any number of entries that follow one another, with the entry before them as a check."},
	{Concept: consensus.ConceptAccept, Name: "AppendEntries reply", Says: "For the whole log up to an index: a follower's log has no gaps."},
	{Concept: consensus.ConceptHeartbeat, Name: "AppendEntries without entries", Says: "Also tells the leader's commit index."},
	{Concept: consensus.ConceptAnnounce, Name: "leaderCommit", Says: "Goes along with the next AppendEntries."},
	{Concept: consensus.ConceptLog, Name: "log", Says: "One sequence, the leader's; all others become equal to it."},
	{Concept: consensus.ConceptIndex, Name: "index", Says: "A place in the log."},
	{Concept: consensus.ConceptValue, Name: "entry", Says: "A client's command or a no-op, with the term of the leader that appended it; it keeps that term."},
	{Concept: consensus.ConceptDecided, Name: "committed", Says: "On a majority, and followed or itself of the leader's own term: a majority alone is not enough for older entries."},
	{Concept: consensus.ConceptDecidedUpTo, Name: "commitIndex", Says: "Everything up to it is committed; nothing is committed out of order."},
	{Concept: consensus.ConceptBound, Name: "election restriction", Says: "Only a server whose log has everything that is committed can become leader: it keeps its own log."},
	{Concept: consensus.ConceptRepair, Name: "consistency check", Says: "A follower removes what differs from the leader's log and takes the leader's entries instead."},
	{Concept: consensus.ConceptNoOp, Name: "no-op", Says: "A new leader's first entry: with it everything before becomes committed."},
	{Concept: consensus.ConceptExecute, Name: "apply", Says: "In the order of the log, up to the commit index."},
	{Concept: consensus.ConceptQuorum, Name: "majority", Says: "For elections and for commitment alike."},
	{Concept: consensus.ConceptPersist, Name: "currentTerm, votedFor and log", Says: "On disk before the server answers."},
	{Concept: consensus.ConceptRoundTrips, Name: "one round trip an entry", Says: "AppendEntries and its replies; an election was done once for the term."},
}

var headlines = consensus.Headlines{
	Beginning: "All wait for a leader. Whose timer runs out first stands for election.",
	Leads:     "{node} leads term {term}.",
	SeeksOne:  "No leader: {names} asks for votes in term {term}.",
	SeeksMany: "No leader: {names} ask for votes in term {term}.",
	Idle:      "No leader in term {term}: the next node whose timer runs out stands for election.",
}
