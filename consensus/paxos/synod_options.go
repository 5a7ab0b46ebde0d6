package paxos

import "parley/consensus"

// The options of Synod, as places in Protocol.Options. New ones go to the end.
const (
	optSynodPhase1 = iota
	optSynodPhase2
	optSynodProposers
	optSynodAcceptors
	optSynodLearners
	optSynodTellLearners
	optSynodRetry
	optSynodBackOffMin
	optSynodBackOffMax
	optSynodLearn
	optSynodWindow
	optSynodPendingMax
	optSynodKeep
	optSynodCount
)

// maskMax is the largest set of nodes that an option can hold: one bit each.
const maskMax = 1<<62 - 1

var synodOptionTable = [optSynodCount]consensus.OptionInfo{
	optSynodPhase1: {
		Name: "phase1-quorum", Label: "Phase 1 quorum",
		Min: 0, Max: consensus.NodesMax,
		Says: "A proposer needs promises from this many acceptors before it proposes. 0 is the smallest number that meets every phase 2 quorum; when both are 0, a majority. Fixed when the cluster starts.",
	},
	optSynodPhase2: {
		Name: "phase2-quorum", Label: "Phase 2 quorum",
		Min: 0, Max: consensus.NodesMax,
		Says: "A value is chosen once this many acceptors have accepted it in one ballot. 0 is the smallest number that meets every phase 1 quorum; when both are 0, a majority. Fixed when the cluster starts.",
	},
	optSynodProposers: {
		Name: "proposers", Label: "Proposers",
		Min: 0, Max: maskMax,
		Says: "The nodes that propose, as a sum: 1 for N1, 2 for N2, 4 for N3, 8 for N4 and so on. 0 is all nodes.",
	},
	optSynodAcceptors: {
		Name: "acceptors", Label: "Acceptors",
		Min: 0, Max: maskMax,
		Says: "The nodes that promise and accept, as a sum like that of the proposers. 0 is all nodes. Fixed when the cluster starts.",
	},
	optSynodLearners: {
		Name: "learners", Label: "Learners",
		Min: 0, Max: maskMax,
		Says: "The nodes that execute what is chosen, as a sum like that of the proposers. 0 is all nodes.",
	},
	optSynodTellLearners: {
		Name: "tell-learners", Label: "Acceptors tell all learners", Unit: "on",
		Min: 0, Max: 1,
		Says: "On: an acceptor tells every learner what it accepted, so that each finds out for itself what is chosen. Off: it tells the proposer only, who passes the decision on; fewer messages, one more delay (Paxos Made Simple, section 2.3).",
	},
	optSynodRetry: {
		Name: "retry", Label: "Retry after", Unit: "ms",
		Default: int64(100 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "A proposer that has no quorum of answers after this time asks those who have not answered again.",
	},
	optSynodBackOffMin: {
		Name: "back-off-min", Label: "Back-off, first", Unit: "ms",
		Default: int64(50 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "A proposer that was overtaken waits a random time up to this before it tries a higher ballot; each time that happens again, up to twice as long.",
	},
	optSynodBackOffMax: {
		Name: "back-off-max", Label: "Back-off, longest", Unit: "ms",
		Default: int64(consensus.Second), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "No back-off is longer than this.",
	},
	optSynodLearn: {
		Name: "learn-interval", Label: "Ask what is chosen every", Unit: "ms",
		Default: int64(250 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "Each node asks another one this often, in turn, what has been chosen that it does not know of. Each wait is drawn at random from half of this to one and a half.",
	},
	optSynodWindow: {
		Name: "window", Label: "Slots at a time",
		Default: 8, Min: 1, Max: 128,
		Says: "One node proposes for at most this many slots at the same time.",
	},
	optSynodPendingMax: {
		Name: "max-pending", Label: "Requests waiting",
		Default: 256, Min: 1, Max: 4096,
		Says: "A node holds at most this many unanswered requests; it answers further ones that it is busy.",
	},
	optSynodKeep: {
		Name: "keep", Label: "Decisions kept",
		Min: 0, Max: int64(SlotMax),
		Says: "A learner forgets what was decided in old slots once every node has it on its disk, and keeps this many decisions, at most twice as many. 0: it forgets none.",
	},
}

// synodOptions are the values of the options table, by name.
type synodOptions struct {
	quorums                quorums
	proposers, learners    consensus.NodeSet
	tellLearners           bool
	retry, learn           consensus.Duration
	backOffMin, backOffMax consensus.Duration
	window, pendingMax     int
	keep                   consensus.Index
}

// option returns the value given for option i of a table: the default when it is
// missing, the nearest bound when it is out of range.
func option(table []consensus.OptionInfo, given []int64, i int) int64 {
	o := &table[i]
	if i >= len(given) {
		return o.Default
	}
	return min(max(given[i], o.Min), o.Max)
}

func readSynodOptions(given []int64, nodes consensus.NodeSet) synodOptions {
	value := func(i int) int64 { return option(synodOptionTable[:], given, i) }
	o := synodOptions{
		quorums:      sized(maskOf(value(optSynodAcceptors), nodes), int(value(optSynodPhase1)), int(value(optSynodPhase2))),
		proposers:    maskOf(value(optSynodProposers), nodes),
		learners:     maskOf(value(optSynodLearners), nodes),
		tellLearners: value(optSynodTellLearners) == 1,
		retry:        consensus.Duration(value(optSynodRetry)),
		learn:        consensus.Duration(value(optSynodLearn)),
		backOffMin:   consensus.Duration(value(optSynodBackOffMin)),
		backOffMax:   consensus.Duration(value(optSynodBackOffMax)),
		window:       int(value(optSynodWindow)),
		pendingMax:   int(value(optSynodPendingMax)),
		keep:         consensus.Index(value(optSynodKeep)),
	}
	o.backOffMax = max(o.backOffMax, o.backOffMin)
	return o
}

// maskOf returns the nodes whose bits are set, or all when that is none of them.
func maskOf(mask int64, nodes consensus.NodeSet) consensus.NodeSet {
	named := consensus.NodeSet{uint64(mask) << 1 & nodes[0]}
	if named.Len() == 0 {
		return nodes
	}
	return named
}
