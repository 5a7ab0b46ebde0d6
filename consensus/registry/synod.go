//go:build !only_raft && !only_multipaxos

package registry

import "parley/consensus/paxos"

func init() { rows[rowSynod] = row{paxos.Synod, watchSlots} }
