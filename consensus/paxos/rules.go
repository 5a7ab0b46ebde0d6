package paxos

import "parley/consensus"

// The rules that both algorithms have, as RuleIDs: places in their tables, counted
// from 1. The rules of one algorithm alone follow behind ruleShared. Recordings name
// rules by their ID string, traces by this number: a new rule of an algorithm goes to
// the end of its table.
const (
	ruleRestart consensus.RuleID = iota + 1
	rulePersist
	ruleQuorumsMeet
	ruleUniqueBallots
	rulePrepare
	rulePromise
	ruleKeepPromise
	rulePhase1Quorum
	ruleAdopt
	ruleAdoptHighest
	ruleAccept
	ruleAccepted
	ruleAcceptRaises
	ruleOneBallot
	ruleChosen
	ruleNack
	rulePreempted
	ruleLearn
	ruleAsk
	ruleInOrder
	ruleOnce
	ruleAnswer
	ruleRequest
	ruleRedirect
	ruleBusy
	ruleFillGaps
	ruleRetransmit
	ruleStale
	ruleAhead
	ruleMalformed
	ruleShared = ruleMalformed
)

// The outcomes of the shared rules: places in Rule.Tells.
const (
	restartEmpty uint8 = iota
	restartWhole
	restartTorn
	restartDamaged
)
const (
	persistDone uint8 = iota
	persistOff
)
const (
	meetRefused uint8 = iota
	meetFixed
	meetOff
)
const (
	uniqueOff uint8 = iota
	uniqueExhausted
)
const (
	promiseGiven uint8 = iota
	promiseWithVotes
	promiseAgain
)
const (
	keepRefusedPrepare uint8 = iota
	keepRefusedAccept
	keepOff
)
const (
	quorumCounted uint8 = iota
	quorumReached
	quorumOff
)
const (
	adoptBound uint8 = iota
	adoptOff
)
const (
	highestTaken uint8 = iota
	highestKept
	highestOff
	highestOwn
)
const (
	acceptedNew uint8 = iota
	acceptedAgain
)
const (
	raisesDone uint8 = iota
	raisesOff
)
const (
	chosenQuorum uint8 = iota
	chosenCounted
	chosenOff
)
const (
	nackSent uint8 = iota
	nackHeard
	nackOff
)
const learnNew uint8 = 0
const (
	askAsked uint8 = iota
	askTaught
)
const (
	orderOne uint8 = iota
	orderMany
	orderOff
)
const (
	onceSkipped uint8 = iota
	onceRemembered
	onceWaits
	onceLate
	onceOff
)
const answerExecuted uint8 = 0
const requestTaken uint8 = 0
const redirectTo uint8 = 0
const (
	fillNoop uint8 = iota
	fillOff
)
const (
	retransmitPrepare uint8 = iota
	retransmitAccept
)

// The papers.
const (
	simple   = "Paxos Made Simple, "
	moderate = "Paxos Made Moderately Complex, "
	flexible = "Flexible Paxos, "
)

// The invariants.
const (
	agreement     = "paxos.agreement"
	validity      = "paxos.validity"
	monotonicity  = "paxos.promise-monotonicity"
	oneValue      = "paxos.one-value-a-ballot"
	noGapExecuted = "paxos.no-gap-executed"
	linear        = "paxos.linearizability"
)

// table returns the rules of an algorithm: the shared ones under its name, with further
// sentences of its own behind the shared ones, and the rules that it alone has.
func table(name string, tells map[consensus.RuleID][]string, own ...consensus.Rule) []consensus.Rule {
	rules := append(append(make([]consensus.Rule, 0, len(sharedRules)+len(own)), sharedRules[:]...), own...)
	for i := range rules {
		r := &rules[i]
		r.ID = name + "." + r.ID
		r.Tells = append(r.Tells[:len(r.Tells):len(r.Tells)], tells[consensus.RuleID(i+1)]...)
	}
	return rules
}

var sharedRules = [ruleShared]consensus.Rule{
	ruleRestart - 1: {
		ID: "restart", Source: simple + "section 2.5",
		Says: "A node that restarts goes on with what stands on its disk: its promises, what it has accepted, and what it knows to be chosen.",
		Tells: []string{
			restartEmpty:   "{node} starts for the first time: it has promised and accepted nothing.",
			restartWhole:   "{node} restarts from its disk: it knows all slots up to {a} to be chosen, and its last slot is {b}.",
			restartTorn:    "{node} restarts from its disk, up to slot {b}; the last {c} bytes were not written completely, and nobody was told of them.",
			restartDamaged: "{node} found its disk damaged: {c} bytes are lost. What it promised there it cannot keep.",
		},
	},
	rulePersist - 1: {
		ID: "persist-before-reply", Source: simple + "section 2.5",
		Says:     "An acceptor has a promise, and a proposal that it accepts, on stable storage before it answers; and a proposer the ballot that it uses.",
		Protects: monotonicity, Switchable: true,
		Without: "An acceptor that crashes forgets its promises and what it accepted, and goes back on them.",
		Tells: []string{
			persistDone: "{node} wrote {a} bytes to its disk before anybody heard of it.",
			persistOff:  "{node} goes on before its {a} bytes are on disk: a crash now would lose them.",
		},
		Quiet: 1 << persistDone,
	},
	ruleQuorumsMeet - 1: {
		ID: "quorums-meet", Source: flexible + "sections 3 and 4, simple quorums",
		Says:     "Every phase 1 quorum has an acceptor in common with every phase 2 quorum; two quorums of the same phase need not meet.",
		Protects: agreement, Switchable: true,
		Without: "The quorum sizes are taken as they are set: a proposer may hear nothing of a value that was chosen, and another one is chosen as well.",
		Tells: []string{
			meetRefused: "{node} refuses quorums of {a} for phase 1 and {b} for phase 2: among {c} acceptors they need not meet. It uses majorities, {d} for both.",
			meetFixed:   "{node} keeps its quorums of {c} for phase 1 and {d} for phase 2: what was chosen with them could be missed by others. {a} and {b} need a new cluster.",
			meetOff:     "{node} takes quorums of {a} for phase 1 and {b} for phase 2, though among {c} acceptors they need not meet: that they have to is off.",
		},
	},
	ruleUniqueBallots - 1: {
		ID: "unique-ballots", Source: simple + "sections 2.2 and 2.5; " + moderate + "section 2.2",
		Says:     "No two proposers ever use the same ballot: a proposer's ballots carry its name.",
		Protects: oneValue, Switchable: true,
		Without: "Proposers count ballots without putting their name on them: two of them use the same one for different values, and acceptors cannot tell them apart.",
		Tells: []string{
			uniqueOff:       "{node} uses a ballot without its name on it in slot {a}: others may use the same one.",
			uniqueExhausted: "{node} has no ballot left for slot {a}.",
		},
	},
	rulePrepare - 1: {
		ID: "prepare", Source: simple + "section 2.2, phase 1 (a)",
		Says: "A proposer selects a ballot above all that it has heard of and asks the acceptors to promise it.",
	},
	rulePromise - 1: {
		ID: "promise", Source: simple + "section 2.2, phase 1 (b)",
		Says: "An acceptor that is asked for a ballot above all that it has promised promises it, and tells what it has accepted.",
	},
	ruleKeepPromise - 1: {
		ID: "keep-promise", Source: simple + "section 2.2, P1a",
		Says:     "An acceptor takes part in no ballot below one that it has promised.",
		Protects: monotonicity, Switchable: true,
		Without: "An acceptor accepts a proposal of an old ballot after it has promised a newer one: the newer proposer was told less than what is true now, and chooses another value.",
		Tells: []string{
			keepRefusedPrepare: "{node} does not promise ballot {term}, which {peer} asks for: it has promised ballot {b:term}.",
			keepRefusedAccept:  "{node} does not accept what {peer} proposes in ballot {term}, slot {a}: it has promised ballot {b:term}.",
			keepOff:            "{node} accepts what {peer} proposes in ballot {term}, slot {a}, though it has promised ballot {b:term}: that promises are kept is off.",
		},
	},
	rulePhase1Quorum - 1: {
		ID: "phase-1-quorum", Source: simple + "section 2.2, phase 2 (a)",
		Says:     "A proposer proposes nothing before a phase 1 quorum has promised its ballot.",
		Protects: agreement, Switchable: true,
		Without: "A proposer goes on with the first promise: it does not hear of what others have accepted, and gets something else chosen.",
		Tells: []string{
			quorumCounted: "{peer} promised {node} its ballot {term}: {b} of {c} promises.",
			quorumReached: "{node} has {b} promises for ballot {term}, and needs {c}: phase 2 begins.",
			quorumOff:     "{node} goes on to phase 2 with {b} of {c} promises: waiting for a quorum is off.",
		},
	},
	ruleAdopt - 1: {
		ID: "adopt", Source: simple + "section 2.2, P2c",
		Says:     "A proposer that is told of accepted proposals proposes one of their values; only if there are none may it propose what it likes.",
		Protects: agreement, Switchable: true,
		Without: "A proposer proposes its own value whatever it is told, and gets it chosen where another value was chosen already.",
		Tells: []string{
			adoptBound: "{node} has to propose in slot {a} what was proposed there in ballot {b:term}: it may have been chosen.",
			adoptOff:   "{node} does not propose in slot {a} what was proposed there in ballot {b:term}: adopting is off.",
		},
	},
	ruleAdoptHighest - 1: {
		ID: "adopt-highest", Source: simple + "section 2.2, P2c; " + moderate + "Figure 7, pmax",
		Says:     "Of the accepted proposals that a proposer is told of, the one of the highest ballot counts, in whatever order they arrive.",
		Protects: agreement, Switchable: true,
		Without: "The last one to arrive counts: an old proposal that was never chosen replaces a newer one that was.",
		Tells: []string{
			highestTaken: "{peer} told {node} that it accepted a proposal of ballot {term} in slot {a}: the highest so far.",
			highestKept:  "{peer} told {node} of a proposal of ballot {b:term} in slot {a}; the one of ballot {term} counts.",
			highestOff:   "{peer} told {node} last of a proposal of ballot {term} in slot {a}; it replaces that of ballot {b:term}: taking the highest is off.",
			highestOwn:   "{node} has accepted a proposal of ballot {term} in slot {a} itself: the highest so far.",
		},
	},
	ruleAccept - 1: {
		ID: "accept", Source: simple + "section 2.2, phase 2 (a)",
		Says:  "A proposer with a phase 1 quorum asks the acceptors to accept one value in its ballot.",
		Tells: []string{"{node} proposes in slot {a}, ballot {term}; {c} acceptors are enough."},
	},
	ruleAccepted - 1: {
		ID: "accepted", Source: simple + "section 2.2, phase 2 (b)",
		Says: "An acceptor accepts what is proposed in a ballot unless it has promised a higher one.",
		Tells: []string{
			acceptedNew:   "{node} accepted in slot {a} what {peer} proposes in ballot {term}.",
			acceptedAgain: "{node} has what {peer} proposes in slot {a} already, and says so again.",
		},
	},
	ruleAcceptRaises - 1: {
		ID: "accept-raises-promise", Source: simple + "section 2.2, P1a and P2b",
		Says:     "Accepting in a ballot is also a promise to take part in no lower one.",
		Protects: agreement, Switchable: true,
		Without: "An acceptor that missed a ballot's prepare request accepts in it and goes back to a lower ballot afterwards: it overwrites what may have been chosen.",
		Tells: []string{
			raisesDone: "{node} promises ballot {term} as it accepts in it; before it had promised {b:term}.",
			raisesOff:  "{node} accepts in ballot {term} and keeps its promise at {b:term}: that accepting promises is off.",
		},
	},
	ruleOneBallot - 1: {
		ID: "count-one-ballot", Source: simple + "sections 2.2 and 2.3",
		Says:     "A value is chosen only when a quorum has accepted it in one and the same ballot.",
		Protects: agreement, Switchable: true,
		Without: "Acceptors of different ballots are counted together: a value is called chosen that a later proposer is free not to adopt.",
	},
	ruleChosen - 1: {
		ID: "chosen-by-quorum", Source: simple + "sections 2.2 and 2.3; " + flexible + "section 3",
		Says:     "A value is chosen once a phase 2 quorum of acceptors has accepted it.",
		Protects: agreement, Switchable: true,
		Without: "The first acceptor decides: the value is called chosen though a proposer that does not hear of it gets another one chosen.",
		Tells: []string{
			chosenQuorum:  "Slot {a} is chosen: {node} knows of {b} acceptors in ballot {term}, and {c} are enough.",
			chosenCounted: "{peer} accepted in slot {a}: {b} of {c} for {node}'s ballot {term}.",
			chosenOff:     "{node} calls slot {a} chosen with {b} of {c} acceptors: waiting for a quorum is off.",
		},
	},
	ruleNack - 1: {
		ID: "nack", Source: simple + "section 2.5",
		Says:       "An acceptor that ignores a request because of a higher promise tells the proposer, so that it can stop.",
		Switchable: true,
		Without:    "The acceptor says nothing: a proposer without a chance finds out only when nobody answers.",
		Tells: []string{
			nackSent:  "{node} tells {peer} that its ballot {b:term} has no chance: {node} has promised ballot {term}.",
			nackHeard: "{node} hears from {peer} that its ballot {b:term} has no chance: {peer} has promised ballot {term}.",
			nackOff:   "{node} says nothing to {peer}, whose ballot {b:term} has no chance: telling is off.",
		},
		Quiet: 1 << nackSent,
	},
	rulePreempted - 1: {
		ID: "give-way", Source: simple + "section 2.2, last paragraph; " + moderate + "Figures 6 and 7, preempted",
		Says:  "A proposer gives its ballot up when it hears of a higher one.",
		Tells: []string{"{node} gives up phase 1 of its ballot {b:term}: {peer} has begun ballot {term}."},
	},
	ruleLearn - 1: {
		ID: "learn", Source: simple + "section 2.3",
		Says:  "A node that is told of a decision takes it over: nothing else can be chosen there.",
		Tells: []string{learnNew: "{node} learns from {peer} what is chosen in slot {a}, of ballot {term}."},
	},
	ruleAsk - 1: {
		ID: "ask", Source: simple + "section 2.3; " + moderate + "section 4.2",
		Says: "A node that may have missed a decision asks the others, who teach it.",
		Tells: []string{
			askAsked:  "{node} asks {peer} what is chosen from slot {a} on.",
			askTaught: "{node} teaches {peer} what is chosen from slot {a} on and {peer} does not know: {b} in all.",
		},
		Quiet: 1 << askAsked,
	},
	ruleInOrder - 1: {
		ID: "execute-in-order", Source: simple + "section 3; " + moderate + "section 2.1, R2 and R3",
		Says:     "A learner executes the chosen commands in the order of their slots, and none while an earlier slot is open.",
		Protects: noGapExecuted, Switchable: true,
		Without: "Commands are executed as they are chosen: learners execute them in different orders, and their machines part.",
		Tells: []string{
			orderOne:  "{node} executed slot {a}.",
			orderMany: "{node} executed the slots {a} to {b}.",
			orderOff:  "{node} executes slot {a} though slot {b} is not decided: the order is off.",
		},
		Quiet: 1<<orderOne | 1<<orderMany,
	},
	ruleOnce - 1: {
		ID: "execute-once", Source: moderate + "section 2.1 and Figure 1, perform",
		Says:     "A command that is chosen in several slots, because its client asked again, takes effect once; each time the client gets the answer of that one time.",
		Protects: linear, Switchable: true,
		Without: "A command that was sent again after its answer got lost takes effect again.",
		Tells: []string{
			onceSkipped:    "{node} does not execute slot {a}: request {b} of {peer} took effect before.",
			onceRemembered: "{node} remembers request {a} of {peer} and repeats its answer.",
			onceWaits:      "{node} already has request {a} of {peer}, in slot {b}, and waits for it to be chosen.",
			onceLate:       "{node} ignores request {a} of {peer}: {peer} has gone on since.",
			onceOff:        "{node} executes request {b} of {peer} again, in slot {a}: that a command takes effect once is off.",
		},
	},
	ruleAnswer - 1: {
		ID: "answer-after-execution", Source: simple + "section 3; " + moderate + "section 2.1",
		Says:     "A client is answered when its command has been executed, and not before.",
		Protects: linear,
		Tells:    []string{answerExecuted: "{node} answers request {b} of {peer}: slot {a} is executed."},
	},
	ruleRequest - 1: {
		ID: "propose-command", Source: simple + "section 3; " + moderate + "section 2.1",
		Says:  "A client's command is proposed in the first slot that is free as far as its proposer knows.",
		Tells: []string{requestTaken: "{node} takes request {b} of {peer} up and means slot {a} for it."},
	},
	ruleRedirect - 1: {
		ID: "redirect", Source: simple + "section 3",
		Says:  "A node that cannot serve a client sends it to one that can, as far as it knows one.",
		Tells: []string{redirectTo: "{node} sends {peer} with its request {a} to {b:node}."},
	},
	ruleBusy - 1: {
		ID: "bounded-pending", Source: "Parley: every queue has a bound",
		Says:  "A node that holds as many unanswered requests as it may tells further clients to come back later.",
		Tells: []string{"{node} is too busy for request {a} of {peer}: {b} others are waiting."},
	},
	ruleFillGaps - 1: {
		ID: "fill-gaps", Source: simple + "section 3",
		Says:       "An open slot before ones that are chosen or may be gets a no-op, so that those behind it can be executed.",
		Switchable: true,
		Without:    "The gap stays open, and nothing behind it is executed.",
	},
	ruleRetransmit - 1: {
		ID: "retransmit", Source: simple + "section 2.1, messages may be lost",
		Says: "A proposer asks those again who have not answered for a while.",
		Tells: []string{
			retransmitPrepare: "{node} has no quorum of promises for ballot {term} yet and asks those again who have not answered: {b}.",
			retransmitAccept:  "{node} has no quorum for slot {a} in ballot {term} yet and asks those again who have not answered: {b}.",
		},
	},
	ruleStale - 1: {
		ID: "stale-answer-ignored", Source: simple + "section 2.1, messages may be late or duplicated",
		Says:  "What comes too late to matter is ignored.",
		Tells: []string{"{node} ignores what {peer} says of ballot {term}: it comes too late to matter."},
	},
	ruleAhead - 1: {
		ID: "bounded-slots", Source: "Parley: every log has a bound; " + simple + "section 3, the window α",
		Says:  "A node takes part in no slot that is too far beyond the first one that it does not know to be chosen; it has to catch up first.",
		Tells: []string{"{node} takes no part in slot {a}, for which {peer} asks: it takes part up to slot {b} and has to catch up first."},
	},
	ruleMalformed - 1: {
		ID: "malformed-ignored", Source: "Parley: messages may come from a stranger's program",
		Says:  "What no node or client would send changes nothing.",
		Tells: []string{"{node} ignored something from {peer} that makes no sense."},
	},
}
