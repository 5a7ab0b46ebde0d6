//go:build !only_multipaxos && !only_synod

package registry

import "parley/consensus/raft"

func init() { rows[rowRaft] = row{raft.Algorithm, watchLog} }
