package paxos

import "parley/consensus"

// The options of Multi-Paxos, as places in Protocol.Options. New ones go to the end.
// Those that Raft has too have the same names there.
const (
	optElectionMin = iota
	optElectionMax
	optHeartbeat
	optPhase1
	optPhase2
	optWindow
	optPendingMax
	optAnnounce
	optMultiCount
)

var multiOptionTable = [optMultiCount]consensus.OptionInfo{
	optElectionMin: {
		Name: "election-timeout-min", Label: "Election timeout, shortest", Unit: "ms",
		Default: int64(150 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "A node that hears no leader for this long or longer tries to become the leader. It has to be well above the time of a message there and back.",
	},
	optElectionMax: {
		Name: "election-timeout-max", Label: "Election timeout, longest", Unit: "ms",
		Default: int64(300 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "Each election timeout is drawn at random up to this. The wider the range, the rarer two nodes try at once. Below the shortest it counts as the shortest.",
	},
	optHeartbeat: {
		Name: "heartbeat", Label: "Heartbeat interval", Unit: "ms",
		Default: int64(50 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "A leader tells all others this often that it is there, and which slots are chosen. It has to be well below the election timeout.",
	},
	optPhase1: {
		Name: "phase1-quorum", Label: "Phase 1 quorum",
		Min: 0, Max: consensus.NodesMax,
		Says: "A leader needs promises from this many nodes. 0 is the smallest number that meets every phase 2 quorum; when both are 0, a majority. Fixed when the cluster starts.",
	},
	optPhase2: {
		Name: "phase2-quorum", Label: "Phase 2 quorum",
		Min: 0, Max: consensus.NodesMax,
		Says: "A value is chosen once this many nodes have accepted it in one ballot. 0 is the smallest number that meets every phase 1 quorum; when both are 0, a majority. Fixed when the cluster starts.",
	},
	optWindow: {
		Name: "window", Label: "Slots at a time",
		Default: 16, Min: 1, Max: 128,
		Says: "A leader proposes for at most this many slots beyond the last one before which all are chosen.",
	},
	optPendingMax: {
		Name: "max-pending", Label: "Requests waiting",
		Default: 256, Min: 1, Max: 4096,
		Says: "A leader holds at most this many requests that are not executed yet; it answers further ones that it is busy.",
	},
	optAnnounce: {
		Name: "announce", Label: "Announce decisions at once", Unit: "on",
		Min: 0, Max: 1,
		Says: "On: the leader tells all others at once what is chosen, in messages of their own. Off: along with the next proposal or heartbeat.",
	},
}

// multiOptions are the values of the options table, by name.
type multiOptions struct {
	electionMin, electionMax, heartbeat consensus.Duration
	quorums                             quorums
	window, pendingMax                  int
	announce                            bool
}

func readMultiOptions(given []int64, nodes consensus.NodeSet) multiOptions {
	value := func(i int) int64 { return option(multiOptionTable[:], given, i) }
	o := multiOptions{
		electionMin: consensus.Duration(value(optElectionMin)),
		electionMax: consensus.Duration(value(optElectionMax)),
		heartbeat:   consensus.Duration(value(optHeartbeat)),
		quorums:     sized(nodes, int(value(optPhase1)), int(value(optPhase2))),
		window:      int(value(optWindow)),
		pendingMax:  int(value(optPendingMax)),
		announce:    value(optAnnounce) == 1,
	}
	o.electionMax = max(o.electionMax, o.electionMin)
	return o
}
