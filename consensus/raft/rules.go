package raft

import "parley/consensus"

// The rules, as RuleIDs: places in ruleTable, counted from 1. Recordings name rules by
// their ID string, traces by this number: new rules go to the end.
const (
	ruleRestart consensus.RuleID = iota + 1
	ruleTermNewer
	ruleTermStale
	ruleStaleAnswer
	ruleElectionTimeout
	ruleRandomized
	ruleVoteOnce
	ruleUpToDate
	ruleMajorityWins
	ruleCandidateStepDown
	ruleHeartbeat
	ruleNoop
	ruleLeaderAppendOnly
	ruleReplicate
	ruleConsistency
	ruleTruncate
	ruleAppendNew
	rulePersist
	ruleBacktrack
	ruleMatchIndex
	ruleCommitMajority
	ruleCommitCurrent
	ruleFollowerCommit
	ruleApplyInOrder
	ruleApplyOnce
	ruleAnswerApplied
	ruleRedirect
	ruleBusy
	ruleMalformed
	ruleEnd
)

// The outcomes of the rules: places in Rule.Tells. Those of ruleTermNewer and
// ruleElectionTimeout are the role that the server had.
const (
	restartEmpty uint8 = iota
	restartWhole
	restartTorn
	restartDamaged
)
const (
	staleVote uint8 = iota
	staleAppend
	staleAccepted
)
const (
	staleTerm uint8 = iota
	staleElection
	staleRefusal
	staleDeposed
)
const (
	randomizedDrawn uint8 = iota
	randomizedOff
)
const (
	voteGranted uint8 = iota
	voteRefused
	voteRepeated
	voteOff
)
const (
	upToDateRefused uint8 = iota
	upToDateOff
)
const (
	majorityWon uint8 = iota
	majorityCounted
	majorityRefused
	majorityOff
)
const (
	heartbeatSent uint8 = iota
	heartbeatHeard
	heartbeatAnswered
	heartbeatFollow
)
const (
	noopAdded uint8 = iota
	noopOff
)
const (
	appendOnlyAdded uint8 = iota
	appendOnlyRival
)
const replicateMore uint8 = 0
const (
	consistencyShort uint8 = iota
	consistencyTerm
	consistencyOff
)
const (
	truncateOne uint8 = iota
	truncateMany
	truncateOff
)
const (
	appendNewOne uint8 = iota
	appendNewMany
	appendNewHad
)
const (
	persistDone uint8 = iota
	persistOff
)
const (
	backtrackShort uint8 = iota
	backtrackShared
	backtrackSkip
	backtrackOff
)
const (
	commitMajority uint8 = iota
	commitMajorityOff
)
const (
	currentTermHeld uint8 = iota
	currentTermOff
)
const (
	appliedOne uint8 = iota
	appliedMany
)
const (
	onceSkipped uint8 = iota
	onceRemembered
	onceWaits
	onceLate
	onceOff
)
const (
	redirectLeader uint8 = iota
	redirectNobody
	redirectDeposed
)

// IDs of the invariants.
const (
	electionSafety     = "raft.election-safety"
	leaderAppendOnly   = "raft.leader-append-only"
	logMatching        = "raft.log-matching"
	leaderCompleteness = "raft.leader-completeness"
	stateMachineSafety = "raft.state-machine-safety"
	linearizability    = "raft.linearizability"
)

const paper = "Raft (extended version), "

// ruleTable is the one table of what Raft demands of a server.
var ruleTable = [ruleEnd - 1]consensus.Rule{
	ruleRestart - 1: {
		ID: "raft.restart", Source: paper + "Figure 2, State; section 5.5",
		Says: "A server that restarts goes on with the term, the vote and the log that stand on its disk; everything else it learns anew.",
		Tells: []string{
			restartEmpty:   "{node} starts for the first time, as a follower.",
			restartWhole:   "{node} restarts from its disk as a follower: term {term}, log up to index {a}.",
			restartTorn:    "{node} restarts from its disk as a follower: term {term}, log up to index {a}. The last {b} bytes are of a write that the crash cut short, and are ignored.",
			restartDamaged: "{node} restarts from a damaged disk: {b} bytes cannot be read. It goes on with what stands before them: term {term}, log up to index {a}.",
		},
	},
	ruleTermNewer - 1: {
		ID: "raft.term-newer-step-down", Source: paper + "section 5.1; Figure 2, All Servers",
		Says:     "A server that sees a newer term in any message joins that term and is a follower in it.",
		Protects: electionSafety,
		Tells: []string{
			Follower:  "{node} learns from {peer} that there is a newer term: it goes from {a} to {term}.",
			Candidate: "{node} learns from {peer} of term {term} and gives up its own election of term {a}.",
			Leader:    "{node} learns from {peer} of term {term}: it leads no longer and follows.",
		},
	},
	ruleTermStale - 1: {
		ID: "raft.term-stale-reject", Source: paper + "section 5.1; Figure 2, RequestVote 1 and AppendEntries 1",
		Says:     "A server refuses requests of an older term than its own, and tells the sender the newer one.",
		Protects: stateMachineSafety, Switchable: true,
		Without: "A follower takes entries from a leader that was deposed, and they replace committed ones.",
		Tells: []string{
			staleVote:     "{node} refused {peer} its vote: the request is of term {a}, and term {term} has begun.",
			staleAppend:   "{node} refused the entries of {peer}: it led term {a}, and term {term} has begun.",
			staleAccepted: "{node} accepts {peer}, leader of the bygone term {a}, in term {term}: the rule against it is off.",
		},
	},
	ruleStaleAnswer - 1: {
		ID: "raft.stale-answer-ignored", Source: paper + "sections 5.1 and 5.5",
		Says: "Answers to what a server asked in an older term, or before it learnt better, count for nothing.",
		Tells: []string{
			staleTerm:     "{node} ignored an answer of {peer}: it is from term {a}, and term {term} has begun.",
			staleElection: "{node} no longer needs {peer}'s answer: for it, the election of term {term} is over.",
			staleRefusal:  "{node} ignored a late refusal of {peer}: about index {a} it knows better by now.",
			staleDeposed:  "{node} ignored an answer of {peer}: it does not lead any more.",
		},
	},
	ruleElectionTimeout - 1: {
		ID: "raft.election-timeout", Source: paper + "section 5.2; Figure 2, Followers and Candidates",
		Says: "A server that hears no leader, and grants no vote, for its election timeout begins a new term as a candidate, votes for itself and asks all others for their votes.",
		Tells: []string{
			Follower:  "{node} heard no leader for its election timeout: it stands for election in term {term} and votes for itself.",
			Candidate: "{node} neither won nor lost its election in time: it starts another, in term {term}.",
		},
	},
	ruleRandomized - 1: {
		ID: "raft.randomized-timeout", Source: paper + "sections 5.2 and 9.3",
		Says:       "Each election timeout is drawn at random from a fixed range, so that mostly one server times out alone and wins before the others do.",
		Switchable: true,
		Without:    "All servers time out together and split the vote again and again: nothing wrong is ever agreed on, but nothing else is either.",
		Tells: []string{
			randomizedDrawn: "{node} drew an election timeout of {a} ms.",
			randomizedOff:   "{node} waits {a} ms like everybody else: timeouts are not drawn at random.",
		},
		Quiet: 1 << randomizedDrawn,
	},
	ruleVoteOnce - 1: {
		ID: "raft.vote-once", Source: paper + "section 5.2; Figure 2, RequestVote 2",
		Says:     "A server votes for at most one candidate in a term, the first who asks.",
		Protects: electionSafety, Switchable: true,
		Without: "A server votes for everybody who asks, so two candidates can win the same term.",
		Tells: []string{
			voteGranted:  "{node} gave {peer} its vote for term {term}.",
			voteRefused:  "{node} refused {peer} its vote for term {term}: it already voted for {a:node}.",
			voteRepeated: "{node} repeated to {peer} that it has its vote for term {term}.",
			voteOff:      "{node} voted a second time in term {term}, now for {peer} and before for {a:node}: the rule of one vote is off.",
		},
	},
	ruleUpToDate - 1: {
		ID: "raft.vote-up-to-date", Source: paper + "section 5.4.1; Figure 2, RequestVote 2",
		Says:     "A server votes only for a candidate whose log is at least as up-to-date as its own: a later last term wins, and with equal last terms the longer log.",
		Protects: leaderCompleteness, Switchable: true,
		Without: "A server whose log lacks committed entries can be elected, and the others' copies are overwritten with its own log.",
		Tells: []string{
			upToDateRefused: "{node} refused {peer} its vote for term {term}: its own log ends with index {a} of term {b}, the candidate's with index {c} of term {d}.",
			upToDateOff:     "{node} overlooks that {peer}'s log is behind: it ends with index {c} of term {d}, its own with index {a} of term {b}. The rule is off.",
		},
	},
	ruleMajorityWins - 1: {
		ID: "raft.majority-wins", Source: paper + "section 5.2; Figure 2, Candidates",
		Says:     "A candidate becomes leader when it has the votes of a majority of all servers, its own included.",
		Protects: electionSafety, Switchable: true,
		Without: "One vote less than a majority is enough, so two candidates can win the same term side by side.",
		Tells: []string{
			majorityWon:     "{node} is the leader of term {term}: it has {a} of {b} votes.",
			majorityCounted: "{node} counts the vote of {peer}: it has {a} and needs {b}.",
			majorityRefused: "{node} did not get the vote of {peer}.",
			majorityOff:     "{node} makes itself leader of term {term} with {a} of {b} votes: that it needs a majority is off.",
		},
	},
	ruleCandidateStepDown - 1: {
		ID: "raft.candidate-step-down", Source: paper + "section 5.2; Figure 2, Candidates",
		Says:  "A candidate that hears from a leader of its own term gives up and follows.",
		Tells: []string{"{node} gives up its election: {peer} already leads term {term}."},
	},
	ruleHeartbeat - 1: {
		ID: "raft.heartbeat", Source: paper + "section 5.2; Figure 2, Leaders",
		Says: "A leader sends AppendEntries to all others at once after its election and again and again, with or without entries, so that nobody else stands for election.",
		Tells: []string{
			heartbeatSent:     "{node} tells all others that it leads term {term}.",
			heartbeatHeard:    "{node} hears from its leader {peer} and restarts its election timeout.",
			heartbeatAnswered: "{node} hears that {peer} follows; there is nothing new.",
			heartbeatFollow:   "{node} knows now that {peer} leads term {term}.",
		},
		Quiet: 1<<heartbeatSent | 1<<heartbeatHeard | 1<<heartbeatAnswered,
	},
	ruleNoop - 1: {
		ID: "raft.noop-at-start", Source: paper + "section 8",
		Says:       "A new leader appends an entry without a command at the start of its term: with it, everything before it gets committed.",
		Switchable: true,
		Without:    "Entries of earlier terms wait, uncommitted and unanswered, until a client happens to ask for something new.",
		Tells: []string{
			noopAdded: "{node} begins its term {term} with a no-op at index {a}.",
			noopOff:   "{node} begins its term {term} without a no-op.",
		},
	},
	ruleLeaderAppendOnly - 1: {
		ID: "raft.leader-append-only", Source: paper + "section 5.3; Figure 3",
		Says:     "A leader appends new commands at the end of its own log and never changes or removes an entry of it.",
		Protects: leaderAppendOnly,
		Tells: []string{
			appendOnlyAdded: "{node} appends request {b} of {peer} to its log, at index {a}.",
			appendOnlyRival: "{node} leads term {term} itself and leaves its log as it is, whatever {peer} sends.",
		},
	},
	ruleReplicate - 1: {
		ID: "raft.replicate", Source: paper + "section 5.3; Figure 2, Leaders",
		Says:  "As long as a leader's log goes on behind a follower's nextIndex, it sends the follower the entries from there.",
		Tells: []string{replicateMore: "{node} sends {peer} what it lacks, from index {a} on."},
		Quiet: 1 << replicateMore,
	},
	ruleConsistency - 1: {
		ID: "raft.consistency-check", Source: paper + "section 5.3; Figure 2, AppendEntries 2",
		Says:     "A follower refuses entries unless its log holds, just before them, an entry of the same index and term as the leader's.",
		Protects: logMatching, Switchable: true,
		Without: "A follower that missed a message puts the next entries where they do not belong.",
		Tells: []string{
			consistencyShort: "{node} refused the entries of {peer}: they follow index {a}, and its own log ends at {b}.",
			consistencyTerm:  "{node} refused the entries of {peer}: they follow index {a} of term {c}, and there it has an entry of term {b}.",
			consistencyOff:   "{node} takes the entries of {peer} though it lacks what comes before them, index {a} of term {b}: the consistency check is off.",
		},
	},
	ruleTruncate - 1: {
		ID: "raft.truncate-conflict", Source: paper + "section 5.3; Figure 2, AppendEntries 3",
		Says:     "A follower removes an entry whose term differs from the leader's at the same index, and all entries behind it.",
		Protects: logMatching, Switchable: true,
		Without: "A follower keeps its own entries where they differ and appends the leader's behind them.",
		Tells: []string{
			truncateOne:  "{node} removed its entry {a}: it is of term {b}, and the leader {peer} has one of term {c} there.",
			truncateMany: "{node} removed its entries {a} to {d}: entry {a} is of term {b}, and the leader {peer} has one of term {c} there.",
			truncateOff:  "{node} keeps its entry {a} of term {b}, though the leader {peer} has one of term {c} there: removing conflicts is off.",
		},
	},
	ruleAppendNew - 1: {
		ID: "raft.append-new", Source: paper + "Figure 2, AppendEntries 4; section 5.5",
		Says: "A follower appends the entries that it does not have yet; those that it has stay as they are, so a repeated message does no harm.",
		Tells: []string{
			appendNewOne:  "{node} appended entry {a} of {peer} to its log.",
			appendNewMany: "{node} appended the entries {a} to {b} of {peer} to its log.",
			appendNewHad:  "{node} has everything that {peer} sent, up to index {b}.",
		},
	},
	rulePersist - 1: {
		ID: "raft.persist-before-reply", Source: paper + "Figure 2, State; section 5.5",
		Says:     "A server has its term, its vote and its log on stable storage before it answers anybody.",
		Protects: electionSafety, Switchable: true,
		Without: "A server that crashes forgets what it promised: it votes twice in one term, and loses entries that others count on.",
		Tells: []string{
			persistDone: "{node} wrote {a} bytes to its disk before anybody heard of it.",
			persistOff:  "{node} goes on before its {a} bytes are on disk: a crash now would lose them.",
		},
		Quiet: 1 << persistDone,
	},
	ruleBacktrack - 1: {
		ID: "raft.backtrack-fast", Source: paper + "section 5.3",
		Says:       "After a refusal the leader moves nextIndex back past all entries of the term in conflict at once.",
		Switchable: true,
		Without:    "The leader moves back one entry for each refusal: right, but slow for a follower that is far behind.",
		Tells: []string{
			backtrackShort:  "{node} moves {peer}'s nextIndex back to {a}, where {peer}'s log ends.",
			backtrackShared: "{node} moves {peer}'s nextIndex back to {a}, behind its own last entry of term {c}.",
			backtrackSkip:   "{node} moves {peer}'s nextIndex back to {a}: it has nothing of term {c}, so {peer}'s entries of that term are skipped.",
			backtrackOff:    "{node} moves {peer}'s nextIndex back by one, to {a}.",
		},
	},
	ruleMatchIndex - 1: {
		ID: "raft.match-index", Source: paper + "section 5.3; Figure 2, Leaders",
		Says:  "A success moves the follower's nextIndex and matchIndex.",
		Tells: []string{"{node} knows now that {peer}'s log equals its own up to index {a}."},
		Quiet: 1,
	},
	ruleCommitMajority - 1: {
		ID: "raft.commit-majority", Source: paper + "section 5.3; Figure 2, Leaders",
		Says:     "An entry is committed once the leader that created it has it on a majority of the servers, and all entries before it with it.",
		Protects: leaderCompleteness, Switchable: true,
		Without: "The leader calls an entry committed as soon as it stands in its own log; when the leader is lost, so is the entry.",
		Tells: []string{
			commitMajority:    "{node} commits everything up to index {a}: it stands on {b} of {c} servers.",
			commitMajorityOff: "{node} commits everything up to index {a} with {b} of {c} copies: waiting for a majority is off.",
		},
	},
	ruleCommitCurrent - 1: {
		ID: "raft.commit-only-current-term", Source: paper + "section 5.4.2 and Figure 8",
		Says:     "A leader counts copies only of entries of its own term; earlier ones are committed along with them.",
		Protects: leaderCompleteness, Switchable: true,
		Without: "An entry of an earlier term that stands on a majority is called committed, and a later leader can still overwrite it.",
		Tells: []string{
			currentTermHeld: "{node} does not yet commit index {a}: it stands on a majority, but is of term {b}, and {node} counts only for term {term}.",
			currentTermOff:  "{node} counts the copies of index {a}, though it is of term {b} and not of its own term {term}: the rule is off.",
		},
	},
	ruleFollowerCommit - 1: {
		ID: "raft.follower-commit", Source: paper + "section 5.3; Figure 2, AppendEntries 5",
		Says:  "A follower's commitIndex follows the leader's, but never beyond the last entry that it is known to share with the leader.",
		Tells: []string{"{node} learns from {peer} that everything up to index {a} is committed."},
	},
	ruleApplyInOrder - 1: {
		ID: "raft.apply-in-order", Source: paper + "section 5.3; Figure 2, All Servers",
		Says:     "Committed entries, and only those, are applied to the state machine in the order of the log.",
		Protects: stateMachineSafety,
		Tells: []string{
			appliedOne:  "{node} applied index {a} to its state machine.",
			appliedMany: "{node} applied the indexes {a} to {b} to its state machine.",
		},
		Quiet: 1<<appliedOne | 1<<appliedMany,
	},
	ruleApplyOnce - 1: {
		ID: "raft.apply-once", Source: paper + "section 8",
		Says:     "A request that a client had to send more than once takes effect once; each time it gets the answer of that one time.",
		Protects: linearizability, Switchable: true,
		Without: "A request that was sent again after its answer got lost takes effect again.",
		Tells: []string{
			onceSkipped:    "{node} does not apply index {a}: request {b} of {peer} took effect before.",
			onceRemembered: "{node} remembers request {a} of {peer} and repeats its answer.",
			onceWaits:      "{node} already has request {a} of {peer}, at index {b}, and waits for it to be committed.",
			onceLate:       "{node} ignores request {a} of {peer}: {peer} has gone on since.",
			onceOff:        "{node} applies request {b} of {peer} again, at index {a}: that a request takes effect once is off.",
		},
	},
	ruleAnswerApplied - 1: {
		ID: "raft.answer-after-apply", Source: paper + "section 5.3; Figure 2, Leaders",
		Says:     "The leader answers a client when the client's entry has been applied, and not before.",
		Protects: linearizability,
		Tells:    []string{"{node} answers request {b} of {peer}: index {a} is applied."},
	},
	ruleRedirect - 1: {
		ID: "raft.redirect", Source: paper + "sections 5.1 and 8",
		Says: "Only the leader serves clients; every other server sends them to the leader, as far as it knows one.",
		Tells: []string{
			redirectLeader:  "{node} sends {peer} with its request {a} to the leader, {b:node}.",
			redirectNobody:  "{node} sends {peer} away: it does not lead and knows no leader.",
			redirectDeposed: "{node} leads no longer and sends {peer} away: what becomes of request {a} it cannot know.",
		},
	},
	ruleBusy - 1: {
		ID: "raft.bounded-pending", Source: "Parley: every queue has a bound",
		Says:  "A leader that holds as many unanswered requests as it may tells further clients to come back later.",
		Tells: []string{"{node} is too busy for request {a} of {peer}: {b} others are waiting."},
	},
	ruleMalformed - 1: {
		ID: "raft.malformed-ignored", Source: "Parley: messages may come from a stranger's program",
		Says:  "What no server or client would send changes nothing.",
		Tells: []string{"{node} ignored something from {peer} that makes no sense."},
	},
}
