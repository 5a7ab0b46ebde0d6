package paxos

import "parley/consensus"

// The rules that Multi-Paxos alone has.
const (
	ruleDetector consensus.RuleID = ruleShared + 1 + iota
	ruleStableLeader
	ruleOnePhase1
	ruleWindow
	ruleHeartbeat
	ruleSameBallot
	ruleCatchUp
	ruleAnnounce
)

// Their outcomes, and those of shared rules that only Multi-Paxos has: places in
// Rule.Tells.
const (
	keepRefusedHeartbeat = keepOff + 1
	learnUpTo            = learnNew + 1
	redirectNobody       = redirectTo + 1
	redirectDeposed      = redirectTo + 2
)
const oneBallotFound uint8 = 0
const preemptedTaught uint8 = 2
const (
	detectorSilent uint8 = iota
	detectorNobody
)
const (
	onePhase1Found uint8 = iota
	onePhase1Free
)
const (
	stableWaits uint8 = iota
	stableOff
)
const (
	heartbeatSent uint8 = iota
	heartbeatHeard
)
const (
	sameBallotHeld uint8 = iota
	sameBallotOff
)
const (
	catchUpAsks uint8 = iota
	catchUpAnew
)

var multiRules = table("multipaxos", map[consensus.RuleID][]string{
	rulePrepare: {"{node} begins phase 1 of ballot {term} for all slots from {a} on: it asks for {b} promises."},
	rulePromise: {
		promiseGiven:     "{node} promises {peer} ballot {term} in all slots. It has accepted nothing from slot {a} on.",
		promiseWithVotes: "{node} promises {peer} ballot {term} in all slots, and tells what it has accepted from slot {a} on: {b} values.",
		promiseAgain:     "{node} promises {peer} ballot {term} once more.",
	},
	ruleKeepPromise: {"{node} does not follow {peer} and its ballot {term}: it has promised ballot {b:term}."},
	ruleOneBallot:   {"{node} counts {b} acceptors for slot {a} that accepted in earlier ballots: counting one ballot alone is off."},
	rulePreempted: {
		"{node} leads no longer with its ballot {b:term}: {peer} has begun ballot {term}.",
		"{node} leads no longer with its ballot {b:term}: {peer} knows another value to be chosen in slot {a}.",
	},
	ruleLearn: {"{node} learns from {peer} that all slots up to {a} are chosen."},
	ruleRedirect: {
		"{node} sends {peer} with its request {a} away: it does not lead and knows no leader.",
		"{node} leads no longer and sends {peer} away: what becomes of request {a} it cannot know.",
	},
	ruleFillGaps: {
		"{node} proposes a no-op in slot {a}: nobody told of anything accepted there, but of something in slot {b}.",
		"{node} leaves slot {a} open: filling gaps is off.",
	},
},
	consensus.Rule{
		ID: "failure-detector", Source: moderate + "section 3; " + simple + "section 2.4",
		Says: "A node that hears nothing of a leader for its election timeout tries to become the leader. Being mistaken costs time and never safety.",
		Tells: []string{
			detectorSilent: "{node} has heard nothing of its leader {peer} for its election timeout and tries to become the leader.",
			detectorNobody: "{node} has heard no leader for its election timeout and tries to become the leader.",
		},
	},
	consensus.Rule{
		ID: "stable-leader", Source: simple + "section 2.4; " + moderate + "section 3",
		Says:       "A node whose ballot was overtaken lets the other one lead, and tries again only when it hears no leader.",
		Switchable: true,
		Without:    "It tries again at once, and nodes can overtake one another for ever: nobody leads long enough for anything to be chosen.",
		Tells: []string{
			stableWaits: "{node} waits for {peer} to lead with ballot {term}.",
			stableOff:   "{node} tries a ballot above {peer}'s {term} at once: letting a leader lead is off.",
		},
	},
	consensus.Rule{
		ID: "one-phase-1", Source: simple + "section 3; " + moderate + "Figures 6 and 7",
		Says: "Phase 1 is done once for all slots; then each slot takes a leader one round trip.",
		Tells: []string{
			onePhase1Found: "{node} leads with ballot {term}: one phase 1 for all slots from {a} on. It was told that all up to slot {b} are chosen, and of something accepted in slots beyond: {c}.",
			onePhase1Free:  "{node} leads with ballot {term}: one phase 1 for all slots from {a} on. Nobody told it of anything chosen or accepted there.",
		},
	},
	consensus.Rule{
		ID: "window", Source: simple + "section 3, α; " + moderate + "section 2.1, WINDOW",
		Says:  "A leader proposes only for a bounded number of slots beyond the last one before which all are chosen.",
		Tells: []string{"{node} lets request {a} of {peer} wait: its {b} slots are all in use."},
	},
	consensus.Rule{
		ID: "heartbeat", Source: moderate + "section 3",
		Says: "A leader tells all others again and again that it is there, and how far the slots are chosen.",
		Tells: []string{
			heartbeatSent:  "{node} tells all others that it leads, and that all slots up to {a} are chosen.",
			heartbeatHeard: "{node} hears that {peer} leads with ballot {term}, and that all slots up to {a} are chosen.",
		},
		Quiet: 1<<heartbeatSent | 1<<heartbeatHeard,
	},
	consensus.Rule{
		ID: "learn-same-ballot", Source: simple + "sections 2.2 and 2.3",
		Says:     "That a slot is chosen tells a node that its own accepted value is the chosen one only if it accepted it in the leader's ballot.",
		Protects: agreement, Switchable: true,
		Without: "A node takes whatever it accepted in a chosen slot for the chosen value, even if that is of an old ballot that came to nothing.",
		Tells: []string{
			sameBallotHeld: "{node} knows from {peer} that slot {a} is chosen, but accepted there in ballot {b:term} and not in {term}: it has to ask for the value.",
			sameBallotOff:  "{node} takes what it accepted in slot {a} in ballot {b:term} for chosen, though {peer} leads with {term}: comparing the ballots is off.",
		},
	},
	consensus.Rule{
		ID: "catch-up", Source: moderate + "section 4.2",
		Says: "A new leader learns what was chosen before its time from those who told it so.",
		Tells: []string{
			catchUpAsks: "{node} lacks slots from {a} on that are chosen up to {b}, and asks {peer} for them.",
			catchUpAnew: "{node} cannot learn what is chosen from slot {a} on, and begins phase 1 again.",
		},
	},
	consensus.Rule{
		ID: "announce", Source: simple + "section 2.3; " + moderate + "Figure 6, decision",
		Says:  "A leader that is told to announces a decision at once instead of with its next message.",
		Tells: []string{"{node} announces that all slots up to {a} are chosen."},
		Quiet: 1,
	},
)
