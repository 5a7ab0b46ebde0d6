package paxos

import "parley/consensus"

// The rules that Synod alone has.
const (
	ruleBackOff consensus.RuleID = ruleShared + 1 + iota
	rulePassOn
	ruleDecided
	ruleFindOut
	ruleForget
	ruleBySlot
)

// Their outcomes, and those of shared rules that only Synod has: places in Rule.Tells.
const (
	adoptFree    = adoptOff + 1
	acceptedOwn  = acceptedAgain + 1
	answerChosen = answerExecuted + 1
	requestAhead = requestTaken + 1
	fillStarts   = fillOff + 1
)
const (
	oneBallotStale uint8 = iota
	oneBallotOff
	oneBallotCarried
)
const (
	backOffWaits uint8 = iota
	backOffOff
)
const (
	passOnDecided uint8 = iota
	passOnHeard
	passOnOff
)
const (
	findOutStarts uint8 = iota
	findOutNothing
	findOutOff
)
const (
	forgetPromises uint8 = iota
	forgetDecisions
	forgetAsked
)
const (
	bySlotTaken uint8 = iota
	bySlotDecided
	bySlotRefused
)

var synodRules = table("synod", map[consensus.RuleID][]string{
	rulePrepare: {"{node} begins phase 1 of ballot {term} in slot {a}: it asks for {b} promises."},
	rulePromise: {
		promiseGiven:     "{node} promises {peer} ballot {term} in slot {a}. It has accepted nothing there.",
		promiseWithVotes: "{node} promises {peer} ballot {term} in slot {a}, and tells what it accepted there in ballot {b:term}.",
		promiseAgain:     "{node} promises {peer} ballot {term} in slot {a} once more.",
	},
	ruleAdopt:    {"Nobody told {node} of anything accepted in slot {a}: it is free to propose request {c} of {peer} in ballot {term}."},
	ruleAccepted: {"{node} accepts itself what it proposes in ballot {term}, slot {a}."},
	ruleOneBallot: {
		oneBallotStale:   "{node} does not count that {peer} accepted in ballot {term}, slot {a}: it counts for ballot {b:term}.",
		oneBallotOff:     "{node} counts that {peer} accepted in ballot {term}, slot {a}, along with ballot {b:term}: counting one ballot alone is off.",
		oneBallotCarried: "{node} still counts the {b} acceptors of its earlier ballots for slot {a}: counting one ballot alone is off.",
	},
	rulePreempted: {"{node} gives up phase 2 of its ballot {b:term}: {peer} has begun ballot {term}."},
	ruleAnswer:    {"{node} answers request {b} of {peer}: it is chosen in slot {a}. {node} is no learner and executes nothing."},
	ruleRequest:   {"{node} means slot {a} for request {b} of {peer}, which lost {c} slots to others: it aims ahead of them."},
	ruleFillGaps: {
		"Nobody told {node} of anything accepted in slot {a}: it proposes a no-op there.",
		"{node} leaves slot {a} open, though it keeps a client's command behind it from being executed: filling gaps is off.",
		"{node} proposes in slot {a}, which keeps a client's command behind it from being executed.",
	},
},
	consensus.Rule{
		ID: "back-off", Source: simple + "section 2.4; " + moderate + "section 3",
		Says:       "A proposer that was overtaken waits a random time, longer each time, before it tries a higher ballot.",
		Switchable: true,
		Without:    "Proposers try again at once, and can overtake one another for ever: nothing is chosen, though nobody has failed.",
		Tells: []string{
			backOffWaits: "{node} was overtaken in slot {a} and waits {b} ms before it tries again; overtaken so far: {c}.",
			backOffOff:   "{node} tries slot {a} again at once: back-off is off.",
		},
	},
	consensus.Rule{
		ID: "pass-on", Source: simple + "section 2.3",
		Says:       "A proposer that learns a decision passes it on to those who may not know it.",
		Switchable: true,
		Without:    "Only the proposer knows; all others find out when they ask.",
		Tells: []string{
			passOnDecided: "{node} tells all others what is chosen in slot {a}.",
			passOnHeard:   "{node} was told what is chosen in slot {a}, where it was proposing, and passes it on.",
			passOnOff:     "{node} keeps to itself what is chosen in slot {a}: passing on is off.",
		},
	},
	consensus.Rule{
		ID: "answer-with-decision", Source: simple + "section 2.3",
		Says:  "Whoever asks for a slot that is decided is told the decision.",
		Tells: []string{"{node} tells {peer} what is chosen in slot {a}: it is decided."},
	},
	consensus.Rule{
		ID: "find-out", Source: simple + "section 2.3, last paragraph",
		Says:       "Where a value may be chosen and nobody knows, a proposer finds out by a proposal of its own: it is bound to that value.",
		Switchable: true,
		Without:    "A slot whose proposer is lost stays open until a client asks for it.",
		Tells: []string{
			findOutStarts:  "{node} wants to know whether anything is chosen in slot {a}, and begins a ballot to find out.",
			findOutNothing: "{node} found nothing accepted in slot {a}: nothing is chosen there so far.",
			findOutOff:     "{node} does not find out what is going on in slot {a}: that is off.",
		},
	},
	consensus.Rule{
		ID: "forget", Source: moderate + "section 4.2",
		Says: "A node that knows the decision of a slot, and of all before it, needs its promise and its vote there no longer; and nobody needs the decision once every node has it on its disk.",
		Tells: []string{
			forgetPromises:  "{node} forgets what it promised in the slots {a} to {b}: they are decided.",
			forgetDecisions: "{node} forgets what was decided in the slots {a} to {b}, which every node has on its disk, and keeps what it led to.",
			forgetAsked:     "{node} does not tell {peer} what was decided in slot {a}: it is forgotten.",
		},
		Quiet: 1 << forgetPromises,
	},
	consensus.Rule{
		ID: "one-decision-a-slot", Source: simple + "sections 2.1 and 3",
		Says: "Each slot is a decision of its own; a client that asks for a slot is answered with the value that is chosen there.",
		Tells: []string{
			bySlotTaken:   "{node} takes request {b} of {peer} up, which is for slot {a}.",
			bySlotDecided: "{node} answers request {b} of {peer} with what is chosen in slot {a}.",
			bySlotRefused: "{node} refuses request {a} of {peer}: it asks for no slot that there is.",
		},
	},
)
