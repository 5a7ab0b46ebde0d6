package replay

import (
	"strconv"

	"parley/consensus/scenario"
)

// frozen are the setups that recordings are told as a difference from, by epoch of the
// World, counted from 1. A row never changes once a version with it was released, or old
// links would mean something else: new defaults of scenario.Defaults need no change here,
// and a new epoch of the World gets a new row. A dial that came later has 0 in the rows
// before it, which must then mean what was without it.
//
// Dials: latency, jitter, loss, copies, reorder, disk, torn, patience, pace. An engine's
// options are those of its own epoch.
var frozen = [...]scenario.Setup{
	{
		Machine: "kv", Nodes: 5, Clients: 1, Seed: 1,
		Dials: scenario.Dials{0, 10_000_000, 10_000_000, 0, 0, 0, 200_000, 0, 500_000_000, 0},
	},
}

// WorldEpochs is the number of epochs of the World that are known here; the last one is
// the present.
const WorldEpochs = uint32(len(frozen))

// defaults returns the setup of the epoch.
func (e Epochs) defaults() (*scenario.Setup, error) {
	if e.World < 1 || e.World > WorldEpochs {
		return nil, &Error{Newer, "epoch " + strconv.FormatUint(uint64(e.World), 10) + " of the World"}
	}
	return &frozen[e.World-1], nil
}
