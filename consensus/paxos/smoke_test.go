package paxos

import (
	"testing"

	"parley/consensus"
)

func TestSmoke(t *testing.T) {
	h := newHand(t, Synod(), 5)
	h.request(1, 1, 1, "a")
	h.run()
	h.wantReply(1, consensus.StatusDone, "1")
	h.wantChosen(1, "a", 1, 2, 3, 4, 5)
	h.request(2, 1, 2, "b")
	h.request(3, 2, 1, "c")
	for range 20 {
		h.run()
		for id := consensus.NodeID(1); id <= 5; id++ {
			if _, ok := h.timers[id][RetryTimer]; ok {
				h.expire(id, RetryTimer)
			}
		}
	}
	t.Log(h.replies, h.sent)

	h = newHand(t, MultiPaxos(), 5)
	h.lead(1)
	h.request(1, 1, 1, "a")
	h.run()
	h.wantReply(1, consensus.StatusDone, "1")
	h.expire(1, HeartbeatTimer)
	h.run()
	h.wantChosen(1, "a", 1, 2, 3, 4, 5)
	t.Log(h.replies, h.sent)
}
