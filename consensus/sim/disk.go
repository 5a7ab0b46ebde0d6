package sim

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// write is a write on its way to a disk; its bytes stand in node.unsynced.
type write struct {
	at      consensus.Time // when it is durable
	key     uint32
	bytes   int
	replace bool // the whole disk, in one go or not at all
	holds   bool // the node waits for it
}

// write starts the write of the node's last step and returns whether the node has to
// wait for it. Writes become durable in the order in which they were made.
func (w *World) write(n *node, fx *consensus.Effects) bool {
	at := w.now + consensus.Duration(w.sheets[sheetNodes].dials[scenario.DiskTime])
	if k := len(n.writes); k > 0 {
		at = max(at, n.writes[k-1].at)
	}
	e := w.tape.next(w.now, trace.Write)
	e.Node, e.A = n.id, uint32(len(fx.Write))
	e.B, e.C = trace.Halves(int64(at))
	w.told(e)
	if at == w.now && len(n.writes) == 0 {
		w.store(n, fx.Write, fx.Replace)
		return false
	}
	n.waits = !fx.Loose || len(n.writes) >= WritesMax
	n.unsynced = append(n.unsynced, fx.Write...)
	n.writes = append(n.writes, write{
		at: at, key: w.queue.push(at, refDisk|uint32(n.id)), bytes: len(fx.Write),
		replace: fx.Replace, holds: n.waits,
	})
	return n.waits
}

// store makes bytes durable.
func (w *World) store(n *node, b []byte, replace bool) {
	if replace {
		n.disk = storage{} // clones keep the old one
	}
	n.disk.append(b)
	if n.disk.size > DiskMax {
		w.full = true
	}
	e := w.tape.next(w.now, trace.Sync)
	e.Node, e.A = n.id, uint32(len(b))
	w.told(e)
}

// synced makes the first write under way durable, and lets the effects out that were
// held back for it.
func (w *World) synced(n *node) {
	first := n.writes[0]
	w.store(n, n.unsynced[:first.bytes], first.replace)
	if len(n.writes) == 1 {
		n.unsynced, n.writes = n.unsynced[:0], n.writes[:0]
	} else {
		n.unsynced = append(n.unsynced[:0], n.unsynced[first.bytes:]...)
		n.writes = append(n.writes[:0], n.writes[1:]...)
	}
	if first.holds {
		n.waits = false
		w.release(n, &n.effects)
	}
	w.wake(n)
}

// loseWrites ends the writes under way when the node crashes. What was appended last
// may survive in part; a replacement is atomic.
func (w *World) loseWrites(n *node) {
	if len(n.writes) == 0 {
		return
	}
	tail := int64(0)
	for _, x := range n.writes {
		if x.replace {
			break
		}
		tail += int64(x.bytes)
	}
	kept := int64(0)
	draw := consensus.Mix(w.seeds.disk ^ uint64(n.id)<<32 ^ uint64(n.falls))
	if tail > 1 && chance(draws(draw, drawLoss), w.sheets[sheetNodes].dials[scenario.TornTail]) {
		kept = 1 + below(draws(draw, drawSize), tail-1)
	}
	n.disk.append(n.unsynced[:kept])
	w.emit(trace.Event{Kind: trace.WriteLost, Node: n.id, A: uint32(len(n.unsynced)), B: uint32(kept)})
	n.unsynced, n.writes, n.waits = n.unsynced[:0], n.writes[:0], false
}
