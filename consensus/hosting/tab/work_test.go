package tab_test

import (
	"bytes"
	"testing"

	"parley/consensus"
	"parley/consensus/hosting"
	"parley/consensus/raft"
)

// start is the first work of a node.
func start(node consensus.NodeID, boot uint32, disk []byte) *hosting.Work {
	w := &hosting.Work{Place: hosting.Place{Node: node, Boot: boot, Seq: 1}, Input: consensus.Input{Kind: consensus.InputStart}}
	w.Config = hosting.Config{Nodes: consensus.SetOf(1, 2, 3), Seed: 7, Settings: consensus.Settings{Options: raft.Algorithm().Protocol.Defaults()}, Machine: "kv"}
	if len(disk) > 0 {
		w.Disk.Size, w.Disk.Hash = uint32(len(disk)), consensus.Hash(disk)
	}
	return w
}

// given is a start with its disk.
func given(w *hosting.Work, disk []byte) *hosting.Work {
	g := *w
	g.Disk.Given, g.Input.Disk = true, disk
	return &g
}

// timeout makes a follower ask for votes, which it writes down first.
func timeout(node consensus.NodeID, boot, seq uint32) *hosting.Work {
	return &hosting.Work{Place: hosting.Place{Node: node, Boot: boot, Seq: seq}, Input: consensus.Input{Kind: consensus.InputTimer, Timer: 0}}
}

// done takes the Done that has to have been sent.
func (b *bench) done() *hosting.Done {
	b.t.Helper()
	d, ok := b.took().(*hosting.Done)
	if !ok {
		b.t.Fatal("no Done was sent")
	}
	return d
}

func TestWorkIsDone(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(start(1, 1, nil))
	first := b.done()
	if first.Place != (hosting.Place{Node: 1, Boot: 1, Seq: 1}) || len(first.Effects.Timers) == 0 {
		t.Fatalf("the start had the effects %+v", first)
	}
	b.tell(timeout(1, 1, 2))
	second := b.done()
	if len(second.Effects.Messages) != 2 || len(second.Effects.Write) == 0 {
		t.Fatalf("the timeout had the effects %+v", second)
	}
	if got := b.disks.Load(b.disk(1)); !bytes.Equal(got, append(first.Effects.Write, second.Effects.Write...)) {
		t.Errorf("the disk holds %x", got)
	}
}
