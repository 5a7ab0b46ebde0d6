//go:build !only_raft && !only_synod

package registry

import "parley/consensus/paxos"

func init() { rows[rowMultiPaxos] = row{paxos.MultiPaxos, watchSlots} }
