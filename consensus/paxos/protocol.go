package paxos

import "parley/consensus"

// Synod returns what a host needs to run the Synod protocol.
func Synod() consensus.Algorithm {
	return consensus.Algorithm{Protocol: &synodProtocol, New: newSynod, Describe: DescribeSynod}
}

// MultiPaxos returns what a host needs to run Multi-Paxos.
func MultiPaxos() consensus.Algorithm {
	return consensus.Algorithm{Protocol: &multiProtocol, New: newMulti, Describe: DescribeMulti}
}

var synodProtocol = consensus.Protocol{
	Name: "synod", Title: "Synod", Epoch: 1,
	TermWord: "ballot", IndexWord: "slot", TermNodes: ballotNodes,
	Leaderless: true,
	Slots:      true,
	Quorum:     consensus.QuorumInfo{Lead: "phase1-quorum", Decide: "phase2-quorum", Among: "acceptors", Meet: "synod.quorums-meet"},
	Rules:      synodRules,
	Invariants: invariantTable,
	Messages:   synodMessages,
	Roles:      synodRoles[:],
	Timers:     synodTimers[:],
	Options:    synodOptionTable[:],
	Code:       synodCode,
	Words:      synodWords,
	Headlines:  synodHeadlines,
}

var multiProtocol = consensus.Protocol{
	Name: "multipaxos", Title: "Multi-Paxos", Epoch: 1,
	TermWord: "ballot", IndexWord: "slot", TermNodes: ballotNodes,
	Slots:      true,
	Quorum:     consensus.QuorumInfo{Lead: "phase1-quorum", Decide: "phase2-quorum", Meet: "multipaxos.quorums-meet"},
	Rules:      multiRules,
	Invariants: invariantTable,
	Messages:   multiMessages,
	Roles:      multiRoles[:],
	Timers:     multiTimers[:],
	Options:    multiOptionTable[:],
	Code:       multiCode,
	Words:      multiWords,
	Headlines:  multiHeadlines,
}

// invariantTable is what Paxos promises, and what clients see of it. In the sentence of
// a violation {node} and {peer} are the two nodes, {term} the ballot, {a} the slot.
var invariantTable = []consensus.Invariant{
	{
		ID: agreement, Name: "Agreement", Source: simple + "section 2.1; " + moderate + "section 2.1, R1",
		Says:   "At most one value is chosen in a slot: no two nodes ever learn different ones.",
		Broken: "{node} and {peer} know different values to be chosen in slot {a}.",
	},
	{
		ID: validity, Name: "Validity", Source: simple + "section 2.1",
		Says:   "Only a value that a client asked for, or a no-op, is chosen.",
		Broken: "{node} knows a value to be chosen in slot {a} that nobody asked for.",
	},
	{
		ID: monotonicity, Name: "Promise Monotonicity", Source: simple + "section 2.2, P1a; " + moderate + "section 2.2, A1 and A2",
		Says:   "An acceptor's promise never goes down, and it accepts nothing in a ballot below its promise.",
		Broken: "{node} went back to ballot {term} after it had promised ballot {b:term} (slot {a}; 0 stands for all slots).",
	},
	{
		ID: oneValue, Name: "One Value a Ballot", Source: simple + "section 2.2; " + moderate + "section 2.2, A4",
		Says:   "In a ballot, at most one value is ever proposed for a slot.",
		Broken: "{node} and {peer} accepted different values in slot {a} in the same ballot {term}.",
	},
	{
		ID: noGapExecuted, Name: "No Gap Executed", Source: simple + "section 3; " + moderate + "section 2.1, R2 and R3",
		Says:   "A node executes the slots in their order: none before all earlier ones are decided and executed.",
		Broken: "{node} executed slot {a}, though slot {b} before it was not.",
	},
	{
		ID: linear, Name: "Linearizability", Source: simple + "section 3",
		Says:   "To its clients the cluster looks like one machine that carries out each request once, at one moment between its question and its answer.",
		Broken: "No order of the clients' requests explains the answers that they got; {node} saw the first that does not fit.",
	},
}

// messageTable has the messages of both algorithms, by kind.
var messageTable = [...]consensus.MessageInfo{
	{
		Kind: KindPrepare, Name: "prepare (1a)", Short: "1a", Reply: KindPromise,
		Says: "A proposer asks for the promise to take part in no lower ballot, and for what has been accepted.",
	},
	{
		Kind: KindPromise, Name: "promise (1b)", Short: "1b",
		Says: "An acceptor promises, and tells what it has accepted.",
	},
	{
		Kind: KindAccept, Name: "accept (2a)", Short: "2a", Reply: KindAccepted,
		Says: "A proposer asks to accept a value in its ballot.",
	},
	{
		Kind: KindAccepted, Name: "accepted (2b)", Short: "2b",
		Says: "An acceptor has accepted the value.",
	},
	{
		Kind: KindNack, Name: "nack", Short: "no",
		Says: "An acceptor has promised a higher ballot: this one has no chance with it.",
	},
	{
		Kind: KindLearn, Name: "learn (decision)", Short: "L",
		Says: "What is chosen.",
	},
	{
		Kind: KindAsk, Name: "ask", Short: "?", Reply: KindLearn,
		Says: "A node asks what is chosen that it does not know.",
	},
	{
		Kind: KindHeartbeat, Name: "heartbeat", Short: "hb",
		Says: "The leader is there, and tells how far the slots are chosen.",
	},
}

var (
	synodMessages = messageTable[:len(messageTable)-1]
	multiMessages = messageTable[:]
)

var synodRoles = [...]consensus.RoleInfo{
	SynodIdle:      {Name: "waiting", Says: "Proposes nothing now. As an acceptor it promises and accepts, as a learner it executes what is chosen."},
	SynodPreparing: {Name: "preparing", Seeks: true, Says: "A proposer in phase 1: it asks for promises of its ballot."},
	SynodProposing: {Name: "proposing", Leads: true, Seeks: true, Says: "A proposer in phase 2: it asks the acceptors to accept its value."},
}

var multiRoles = [...]consensus.RoleInfo{
	Acceptor: {Name: "acceptor", Says: "Promises, accepts, and executes what is chosen; it proposes nothing."},
	Proposer: {Name: "proposer", Seeks: true, Says: "In phase 1: it asks for promises for all slots, to become the leader."},
	Leader:   {Name: "leader", Leads: true, Says: "The distinguished proposer: it proposes the clients' commands, one slot each."},
}

var synodTimers = [...]consensus.TimerInfo{
	RetryTimer: {Name: "retry", Arc: true, Says: "When it runs out, a proposer asks those again who have not answered, or tries a higher ballot after a back-off."},
	LearnTimer: {Name: "learn", Says: "When it runs out, the node asks another one what is chosen, and looks after slots in which nothing has happened."},
}

var multiTimers = [...]consensus.TimerInfo{
	ElectionTimer:  {Name: "election timeout", Arc: true, Says: "When it runs out, the node tries to become the leader. Each word from a leader, and each promise, starts it anew."},
	HeartbeatTimer: {Name: "heartbeat", Says: "When it runs out, the leader tells all others that it is there, and sends again what was not answered."},
}
