package raft

import "parley/consensus"

// Algorithm returns what a host needs to run Raft.
func Algorithm() consensus.Algorithm {
	return consensus.Algorithm{Protocol: &protocol, New: New, Describe: Describe}
}

var protocol = consensus.Protocol{
	Name: "raft", Title: "Raft", Epoch: 1,
	TermWord: "term", IndexWord: "index",
	Rules:      ruleTable[:],
	Invariants: invariantTable,
	Messages:   messageTable,
	Roles:      roleTable[:],
	Timers:     timerTable[:],
	Options:    optionTable[:],
	Code:       code,
	Words:      words,
	Headlines:  headlines,
}

// invariantTable is Figure 3 of the paper, and what clients see of it. In the sentence of
// a violation {node} and {peer} are the two servers, {term} the term, {a} the index and
// {b} the term of the other entry.
var invariantTable = []consensus.Invariant{
	{
		ID: electionSafety, Name: "Election Safety", Source: paper + "section 5.2 and Figure 3",
		Says:   "At most one leader is elected in a term.",
		Broken: "{node} and {peer} were both elected leader of term {term}.",
	},
	{
		ID: leaderAppendOnly, Name: "Leader Append-Only", Source: paper + "section 5.3 and Figure 3",
		Says:   "A leader never changes or removes an entry of its log; it only appends.",
		Broken: "{node}, leader of term {term}, changed or removed its entry at index {a}.",
	},
	{
		ID: logMatching, Name: "Log Matching", Source: paper + "section 5.3 and Figure 3",
		Says:   "If two logs have an entry of the same index and term, they are equal up to that index.",
		Broken: "The logs of {node} and {peer} both have an entry of term {term} at index {a}, but are not equal up to there.",
	},
	{
		ID: leaderCompleteness, Name: "Leader Completeness", Source: paper + "section 5.4 and Figure 3",
		Says:   "An entry that is committed in a term is in the logs of the leaders of all later terms.",
		Broken: "{node} leads term {term} without the entry of term {b} at index {a}, which {peer} had committed.",
	},
	{
		ID: stateMachineSafety, Name: "State Machine Safety", Source: paper + "section 5.4.3 and Figure 3",
		Says:   "No two servers apply different entries at the same index.",
		Broken: "{node} applied an entry of term {term} at index {a}, where {peer} had applied another one, of term {b}.",
	},
	{
		ID: linearizability, Name: "Linearizability", Source: paper + "section 8",
		Says:   "To its clients the cluster looks like one machine that carries out each request once, at one moment between its question and its answer.",
		Broken: "No order of the clients' requests explains the answers that they got; {node} saw the first that does not fit.",
	},
}

var messageTable = []consensus.MessageInfo{
	{
		Kind: KindRequestVote, Name: "RequestVote", Short: "RV", Reply: KindRequestVoteReply,
		Says: "A candidate asks for a vote and says where its log ends.",
	},
	{
		Kind: KindRequestVoteReply, Name: "RequestVote reply", Short: "rv",
		Says: "A server grants its vote or refuses it.",
	},
	{
		Kind: KindAppendEntries, Name: "AppendEntries", Short: "AE", Reply: KindAppendEntriesReply,
		Says: "A leader sends entries and its commitIndex; without entries it is a heartbeat.",
	},
	{
		Kind: KindAppendEntriesReply, Name: "AppendEntries reply", Short: "ae",
		Says: "A follower has the entries, or refuses them and says where its log parts from the leader's.",
	},
}

var roleTable = [...]consensus.RoleInfo{
	Follower:  {Name: "follower", Says: "Answers leaders and candidates, and asks nobody anything."},
	Candidate: {Name: "candidate", Seeks: true, Says: "Stands for election: asks all others for their votes."},
	Leader:    {Name: "leader", Leads: true, Says: "Serves the clients and makes the others' logs equal to its own."},
}

var timerTable = [...]consensus.TimerInfo{
	ElectionTimer:  {Name: "election timeout", Arc: true, Says: "When it runs out, the server stands for election. Each word from the leader, and each vote granted, starts it anew."},
	HeartbeatTimer: {Name: "heartbeat", Says: "When it runs out, the leader tells all others that it is there."},
}
