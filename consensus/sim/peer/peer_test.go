// Package peer holds nothing but a bench: another implementation of Raft, in the same
// kind of loop as the World's, so that the World's figures have something to stand
// beside. The project itself does not use it.
package peer

import (
	"io"
	"log"
	"runtime"
	"testing"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
)

// BenchmarkPeer is five nodes of etcd's raft, RawNode, with storage in memory and a
// plain queue for a network, one command proposed after the other: no virtual time, no
// disk, no clients, no faults and no trace.
func BenchmarkPeer(b *testing.B) {
	delivered, applied := 0, 0
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := processorTime()
	for range b.N {
		d, a := run(b, 200_000)
		delivered, applied = delivered+d, applied+a
	}
	spent := processorTime() - start
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(delivered)/spent, "messages/cpu-s")
	b.ReportMetric(5*float64(delivered)/float64(applied), "messages/command")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(delivered), "allocs/message")
	b.ReportMetric(0, "ns/op")
}

// run delivers messages until there were at least the number given; it returns how
// many, and how many commands were applied on all nodes together.
func run(b *testing.B, messages int) (delivered, applied int) {
	raft.SetLogger(&raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)})
	const nodes = 5
	var node [nodes + 1]*raft.RawNode
	var disk [nodes + 1]*raft.MemoryStorage
	for id := uint64(1); id <= nodes; id++ {
		disk[id] = raft.NewMemoryStorage()
		disk[id].ApplySnapshot(&raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{
			Index: new(uint64), Term: new(uint64), ConfState: &raftpb.ConfState{Voters: []uint64{1, 2, 3, 4, 5}},
		}})
		var err error
		node[id], err = raft.NewRawNode(&raft.Config{
			ID: id, ElectionTick: 10, HeartbeatTick: 1, Storage: disk[id],
			MaxSizePerMsg: 64 << 10, MaxInflightMsgs: 256,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	node[1].Campaign()
	var flying []*raftpb.Message
	command := []byte("set a 123")
	for delivered < messages {
		quiet := true
		for id := 1; id <= nodes; id++ {
			for node[id].HasReady() {
				quiet = false
				rd := node[id].Ready()
				if !raft.IsEmptyHardState(rd.HardState) {
					disk[id].SetHardState(rd.HardState)
				}
				disk[id].Append(rd.Entries)
				flying = append(flying, rd.Messages...)
				applied += len(rd.CommittedEntries)
				node[id].Advance(rd)
			}
		}
		for _, m := range flying {
			node[m.GetTo()].Step(m)
			delivered++
		}
		flying = flying[:0]
		if quiet {
			node[1].Propose(command)
		}
	}
	return delivered, applied
}
