package paxos

import (
	"runtime"
	"strconv"
	"testing"

	"parley/consensus"
)

// gossip has every node ask every other one what is chosen.
func (h *hand) gossip() {
	h.t.Helper()
	for range h.n {
		for id := consensus.NodeID(1); int(id) <= h.n; id++ {
			if h.engines[id] != nil {
				h.expire(id, LearnTimer)
				h.run()
			}
		}
	}
}

// forgetting is a cluster of three that keeps two decisions and has made ten.
func forgetting(t *testing.T, changes ...string) *hand {
	t.Helper()
	h := newHand(t, Synod(), 3, append([]string{"keep=2"}, changes...)...)
	for i := uint32(1); i <= 10; i++ {
		h.request(1, 1, i, "c"+strconv.Itoa(int(i)))
		h.run()
	}
	return h
}

// Old decisions are forgotten, in memory and on disk, when every node has them on its
// disk, and not before; what they led to stays.
func TestForget_WhatEveryNodeHasOnItsDisk(t *testing.T) {
	h := forgetting(t)
	if first := h.state(1).First; first != 1 {
		t.Fatalf("nobody has asked anything, and slots before %d are forgotten", first)
	}
	h.crash(3)
	h.gossip()
	if first := h.state(1).First; first != 1 {
		t.Fatalf("N3 is down, and slots before %d are forgotten", first)
	}
	h.start(3)
	before := len(h.disks[1])
	h.gossip()
	for id := consensus.NodeID(1); id <= 3; id++ {
		v := h.state(id)
		if v.First < 7 || v.First > 9 || v.Commit != 10 || len(v.Machine) != 10 {
			t.Errorf("%v has forgotten the slots before %d, knows %d and executed %d commands", id, v.First, v.Commit, len(v.Machine))
		}
		h.wantFired(id, ruleForget, forgetDecisions)
		d, err := DecodeDisk(h.disks[id])
		if err != nil || d.Forgotten != v.First-1 || len(d.Slots) > 4 {
			t.Errorf("the disk of %v: %v, forgotten up to %d, %d slots", id, err, d.Forgotten, len(d.Slots))
		}
	}
	if after := len(h.disks[1]); after >= before {
		t.Errorf("the disk had %d bytes and has %d", before, after)
	}

	// A node that starts again has everything but the decisions, and answers a request
	// that comes again as it did.
	h.crash(1)
	h.start(1)
	if v := h.state(1); v.Applied != 10 || len(v.Machine) != 10 || v.First < 7 {
		t.Errorf("started again: executed up to %d, %d commands, first slot %d", v.Applied, len(v.Machine), v.First)
	}
	h.request(1, 1, 10, "c10")
	h.run()
	h.wantReply(1, consensus.StatusDone, "10")
	h.request(2, 1, 11, "c11")
	h.run()
	h.wantReply(1, consensus.StatusDone, "11")
}

// Who comes too late learns that the slot is decided, and changes nothing there.
func TestForget_AForgottenSlotStaysDecided(t *testing.T) {
	h := forgetting(t)
	late := prepareMsg(2, 1, b(99, 2), 3)
	h.gossip()
	h.request(1, 2, 1, "propose 3 other")
	h.run()
	h.wantReply(2, consensus.StatusDone, "slot 3: decided, and forgotten since")
	sent := h.sent[KindPromise]
	h.put(late)
	h.run()
	if h.sent[KindPromise] != sent {
		t.Error("a late prepare request for a forgotten slot is granted")
	}
	h.wantFired(1, ruleForget, forgetAsked)
}

// By a rule that is off, machines may hold something else than the decisions led to; and
// who is no learner may become one. Neither forgets.
func TestForget_NotWithoutTheRulesItStandsOn(t *testing.T) {
	for _, change := range []string{"-execute-in-order", "-execute-once", "keep=0"} {
		h := forgetting(t, change)
		h.gossip()
		if first := h.state(1).First; first != 1 {
			t.Errorf("%s: slots before %d are forgotten", change, first)
		}
	}
	h := forgetting(t, "learners=1")
	h.gossip()
	if a, b := h.state(1).First, h.state(2).First; a == 1 || b != 1 {
		t.Errorf("the learner has forgotten what was before slot %d, who is none before %d", a, b)
	}
	h.configure("learners=3")
	h.gossip()
	if v := h.state(2); v.Applied != 10 || len(v.Machine) != 10 {
		t.Errorf("who became a learner executed up to %d, %d commands", v.Applied, len(v.Machine))
	}
}

// A machine that cannot be read is a damaged disk.
func TestForget_ADiskWithoutItsMachineIsDamaged(t *testing.T) {
	for _, machine := range []string{"", "\x00torn", "\x01"} {
		h := prepareHand(t, Synod(), 3)
		h.disks[1] = Disk{Forgotten: 4, Machine: []byte(machine)}.Encode()
		h.start(1)
		h.wantFired(1, ruleRestart, restartDamaged)
		if v := h.state(1); v.Commit != 0 || v.First != 1 {
			t.Errorf("machine %q: it knows %d slots, the first is %d", machine, v.Commit, v.First)
		}
	}
	h := prepareHand(t, MultiPaxos(), 3)
	h.disks[1] = Disk{Forgotten: 4, Machine: []byte("\x00")}.Encode()
	h.start(1)
	h.wantFired(1, ruleRestart, restartDamaged)
}

// Storms, in which nodes forget, crash, and go on from disks that have forgotten.
func TestStormsThatForget(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() || runtime.GOOS == "js" {
		seeds = 10
	}
	forgotten, kept := 0, 0
	for seed := uint64(1); seed <= seeds; seed++ {
		s := runStorm(t, Synod(), seed, append(someOptions(Synod(), seed), "keep="+strconv.Itoa(int(1+seed%9)), "learn-interval=50000000")...)
		v := s.state(1)
		forgotten += int(v.First) - 1
		kept += len(v.Entries)
	}
	t.Logf("%d decisions forgotten, %d kept", forgotten, kept)
	if forgotten < 10*int(seeds) {
		t.Errorf("%d decisions were forgotten in %d storms", forgotten, seeds)
	}
}
