package raft

import "parley/consensus"

// code is what a server does, in the boxes of the paper's Figure 2 and in our words.
// Each line names the rules that light it up.
var code = []consensus.CodeLine{
	{Block: "State", Text: "on disk, before any answer: currentTerm, votedFor, log[]", Rules: []string{"raft.persist-before-reply", "raft.restart"}},
	{Block: "State", Text: "in memory: commitIndex, lastApplied"},
	{Block: "State", Text: "leader, for each follower: nextIndex ← last index + 1, matchIndex ← 0"},

	{Block: "RequestVote, receiver", Text: "term < currentTerm: refuse", Rules: []string{"raft.term-stale-reject"}},
	{Block: "RequestVote, receiver", Text: "votedFor is another: refuse, else", Rules: []string{"raft.vote-once"}},
	{Block: "RequestVote, receiver", Text: "candidate's log is behind mine: refuse, else", Rules: []string{"raft.vote-up-to-date"}},
	{Block: "RequestVote, receiver", Text: "votedFor ← candidate, grant", Rules: []string{"raft.vote-once"}},

	{Block: "AppendEntries, receiver", Text: "term < currentTerm: refuse", Rules: []string{"raft.term-stale-reject"}},
	{Block: "AppendEntries, receiver", Text: "log[prevLogIndex] is not of prevLogTerm: refuse", Rules: []string{"raft.consistency-check"}},
	{Block: "AppendEntries, receiver", Text: "my entry differs in term from the new one: remove it and all behind it", Rules: []string{"raft.truncate-conflict"}},
	{Block: "AppendEntries, receiver", Text: "append the new entries that I lack", Rules: []string{"raft.append-new"}},
	{Block: "AppendEntries, receiver", Text: "commitIndex ← min(leaderCommit, last new index)", Rules: []string{"raft.follower-commit"}},

	{Block: "All servers", Text: "while commitIndex > lastApplied: apply log[++lastApplied]", Rules: []string{"raft.apply-in-order"}},
	{Block: "All servers", Text: "a request that took effect before: repeat its answer only", Indent: 1, Rules: []string{"raft.apply-once"}},
	{Block: "All servers", Text: "a message of term T > currentTerm: currentTerm ← T, become follower", Rules: []string{"raft.term-newer-step-down"}},
	{Block: "All servers", Text: "an answer to an older question: ignore", Rules: []string{"raft.stale-answer-ignored", "raft.malformed-ignored"}},

	{Block: "Followers", Text: "the leader or a candidate I voted for speaks: restart the election timeout", Rules: []string{"raft.heartbeat"}},
	{Block: "Followers", Text: "the election timeout runs out: become candidate", Rules: []string{"raft.election-timeout"}},
	{Block: "Followers", Text: "a client asks: name the leader", Rules: []string{"raft.redirect"}},

	{Block: "Candidates", Text: "to begin: currentTerm++, vote for myself, send RequestVote to all", Rules: []string{"raft.election-timeout"}},
	{Block: "Candidates", Text: "restart the election timeout, drawn at random", Indent: 1, Rules: []string{"raft.randomized-timeout"}},
	{Block: "Candidates", Text: "votes of a majority: become leader", Rules: []string{"raft.majority-wins"}},
	{Block: "Candidates", Text: "AppendEntries of this term: become follower", Rules: []string{"raft.candidate-step-down"}},
	{Block: "Candidates", Text: "the election timeout runs out: begin again", Rules: []string{"raft.election-timeout"}},

	{Block: "Leaders", Text: "to begin: append a no-op, send AppendEntries to all", Rules: []string{"raft.noop-at-start"}},
	{Block: "Leaders", Text: "at each heartbeat: send AppendEntries to all", Rules: []string{"raft.heartbeat"}},
	{Block: "Leaders", Text: "a client asks: append its command to my log", Rules: []string{"raft.leader-append-only", "raft.bounded-pending"}},
	{Block: "Leaders", Text: "answer when it is applied", Indent: 1, Rules: []string{"raft.answer-after-apply"}},
	{Block: "Leaders", Text: "last index ≥ nextIndex: send the entries from nextIndex on", Rules: []string{"raft.replicate"}},
	{Block: "Leaders", Text: "success: move nextIndex and matchIndex up", Indent: 1, Rules: []string{"raft.match-index"}},
	{Block: "Leaders", Text: "refusal: move nextIndex back past the term in conflict, send again", Indent: 1, Rules: []string{"raft.backtrack-fast"}},
	{Block: "Leaders", Text: "N > commitIndex stands on a majority,", Rules: []string{"raft.commit-majority"}},
	{Block: "Leaders", Text: "and log[N] is of currentTerm: commitIndex ← N", Indent: 1, Rules: []string{"raft.commit-only-current-term"}},
}
