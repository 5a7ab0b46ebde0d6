package raft

import "parley/consensus"

// The options, as places in Protocol.Options. New ones go to the end: recordings
// name them, but their order is part of a page's layout.
const (
	optElectionMin = iota
	optElectionMax
	optHeartbeat
	optEntriesMax
	optBytesMax
	optInflight
	optPendingMax
	optCount
)

// inflightMax is the largest value of the option inflight, in messages.
const inflightMax = 16

var optionTable = [optCount]consensus.OptionInfo{
	optElectionMin: {
		Name: "election-timeout-min", Label: "Election timeout, shortest", Unit: "ms",
		Default: int64(150 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "A server that hears no leader for this long or longer starts an election. It has to be well above the time of a message there and back (section 5.6).",
	},
	optElectionMax: {
		Name: "election-timeout-max", Label: "Election timeout, longest", Unit: "ms",
		Default: int64(300 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "Each election timeout is drawn at random up to this. The wider the range, the rarer the split votes (section 9.3). Below the shortest it counts as the shortest.",
	},
	optHeartbeat: {
		Name: "heartbeat", Label: "Heartbeat interval", Unit: "ms",
		Default: int64(50 * consensus.Millisecond), Min: int64(consensus.Millisecond), Max: int64(60 * consensus.Second),
		Says: "A leader tells all others this often that it is there. It has to be well below the election timeout.",
	},
	optEntriesMax: {
		Name: "max-entries", Label: "Entries in a message", Unit: "",
		Default: 64, Min: 1, Max: 1024,
		Says: "One AppendEntries carries at most this many entries.",
	},
	optBytesMax: {
		Name: "max-bytes", Label: "Bytes in a message", Unit: "",
		Default: 64 << 10, Min: 256, Max: 512 << 10,
		Says: "One AppendEntries carries at most this many bytes of entries, but always at least one entry.",
	},
	optInflight: {
		Name: "inflight", Label: "Messages under way", Unit: "",
		Default: 4, Min: 1, Max: inflightMax,
		Says: "A leader sends a follower at most this many AppendEntries with entries before it waits for an answer. 1 is the paper's one at a time.",
	},
	optPendingMax: {
		Name: "max-pending", Label: "Requests waiting", Unit: "",
		Default: 256, Min: 1, Max: 4096,
		Says: "A leader holds at most this many requests that are not applied yet; it answers further ones that it is busy.",
	},
}

// options are the values of the options table, by name.
type options struct {
	electionMin, electionMax, heartbeat        consensus.Duration
	entriesMax, bytesMax, inflight, pendingMax int
}

// readOptions takes the values that are given, the default for each that is missing,
// and the nearest bound for each that is out of range.
func readOptions(given []int64) options {
	value := func(i int) int64 {
		o := &optionTable[i]
		if i >= len(given) {
			return o.Default
		}
		return min(max(given[i], o.Min), o.Max)
	}
	o := options{
		electionMin: consensus.Duration(value(optElectionMin)),
		electionMax: consensus.Duration(value(optElectionMax)),
		heartbeat:   consensus.Duration(value(optHeartbeat)),
		entriesMax:  int(value(optEntriesMax)),
		bytesMax:    int(value(optBytesMax)),
		inflight:    int(value(optInflight)),
		pendingMax:  int(value(optPendingMax)),
	}
	o.electionMax = max(o.electionMax, o.electionMin)
	return o
}
