package paxos

import (
	"slices"
	"testing"

	"parley/consensus"
)

// course is a course of events that is harmless while a rule is on, and breaks the
// invariant that the rule protects while it is off.
type course struct {
	alg     consensus.Algorithm
	rule    string
	nodes   int
	options []string
	disks   map[consensus.NodeID]Disk
	run     func(h *hand)
	broken  func(h *hand) bool // nil: the invariant that the rule protects
}

// try delivers the first such message if there is one.
func (h *hand) try(from, to consensus.NodeID, kind consensus.MessageKind) {
	h.t.Helper()
	if m, ok := h.find(from, to, kind); ok {
		h.put(m)
	}
}

// phase1 carries a proposer's prepare requests to some nodes, and their answers back.
func (h *hand) phase1(from consensus.NodeID, to ...consensus.NodeID) {
	h.t.Helper()
	for _, id := range to {
		h.try(from, id, KindPrepare)
		h.try(id, from, KindPromise)
		h.try(id, from, KindNack)
	}
}

// phase2 does the same for accept requests.
func (h *hand) phase2(from consensus.NodeID, to ...consensus.NodeID) {
	h.t.Helper()
	for _, id := range to {
		h.try(from, id, KindAccept)
		h.try(id, from, KindAccepted)
		h.try(id, from, KindNack)
	}
}

// tryExpire lets a timer expire if it runs.
func (h *hand) tryExpire(id consensus.NodeID, t consensus.TimerID) {
	h.t.Helper()
	if _, ok := h.timers[id][t]; ok {
		h.expire(id, t)
	}
}

func entry(ballot consensus.Term, client int, seq uint32, command string) consensus.Entry {
	return consensus.Entry{Term: ballot, Client: consensus.Client(client), Seq: seq, Command: []byte(command)}
}

// accepted is the disk of an acceptor that accepted some proposals, "" none.
func accepted(promised consensus.Term, entries ...consensus.Entry) Disk {
	d := Disk{Promised: promised}
	for _, e := range entries {
		d.Slots = append(d.Slots, Slot{Promised: e.Term, Accepted: e})
	}
	return d
}

// The pure proposers of some courses: their own acceptor is not in the way.
const (
	acceptors1to3  = "acceptors=7"
	proposers4and5 = "proposers=24"
	acceptors1to5  = "acceptors=31"
	proposers6and7 = "proposers=96"
)

var courses = []course{
	{
		// N2 has promised N3's ballot, and N1's older proposal arrives late.
		alg: Synod(), rule: "keep-promise", nodes: 3,
		run: func(h *hand) {
			h.request(1, 1, 1, "propose 1 x")
			h.phase1(1, 2)
			h.request(3, 2, 1, "propose 1 y")
			h.phase1(3, 2)
			h.phase2(3, 2)
			h.wantChosen(1, "propose 1 y", 3)
			h.phase2(1, 2)
		},
	},
	{
		// N2 promises N3's ballot and forgets it in a crash.
		alg: Synod(), rule: "persist-before-reply", nodes: 3,
		run: func(h *hand) {
			h.request(1, 1, 1, "propose 1 x")
			h.phase1(1, 2)
			h.request(3, 2, 1, "propose 1 y")
			h.phase1(3, 2)
			h.crash(2)
			h.start(2)
			h.phase2(1, 2)
			h.phase2(3, 2)
		},
	},
	{
		alg: Synod(), rule: "quorums-meet", nodes: 3, options: []string{"phase1-quorum=1", "phase2-quorum=1"},
		run: func(h *hand) {
			h.request(1, 1, 1, "propose 1 x")
			h.phase1(1, 2)
			h.phase2(1, 2)
			h.request(3, 2, 1, "propose 1 y")
			h.phase1(3, 2)
			h.phase2(3, 2)
		},
	},
	{
		// N1 and N3 use the same ballot.
		alg: Synod(), rule: "unique-ballots", nodes: 3,
		run: func(h *hand) {
			h.request(1, 1, 1, "propose 1 x")
			h.phase1(1, 2)
			h.request(3, 2, 1, "propose 1 y")
			h.phase1(3, 2)
			h.phase2(1, 2)
			h.phase2(3, 2)
		},
	},
	{
		alg: Synod(), rule: "phase-1-quorum", nodes: 3,
		run: func(h *hand) {
			h.request(1, 1, 1, "propose 1 x")
			h.phase1(1, 2)
			h.phase2(1, 2)
			h.wantChosen(1, "propose 1 x", 1)
			h.request(3, 2, 1, "propose 1 y")
			h.phase2(3, 2)
		},
	},
	{
		alg: Synod(), rule: "adopt", nodes: 3,
		run: func(h *hand) {
			h.request(1, 1, 1, "propose 1 x")
			h.phase1(1, 2)
			h.phase2(1, 2)
			h.wantChosen(1, "propose 1 x", 1)
			h.request(3, 2, 1, "propose 1 y")
			h.phase1(3, 2)
			h.phase2(3, 2)
		},
	},
	{
		// y was chosen by N2, N3 and N4; N1 has an older x, and answers last.
		alg: Synod(), rule: "adopt-highest", nodes: 5, disks: olderAndNewer(),
		run: func(h *hand) {
			h.request(5, 3, 1, "propose 1 z")
			h.phase1(5, 2, 1)
			h.phase2(5, 2, 1)
		},
	},
	{
		// N1 never got N5's prepare request, but accepts what N5 proposes.
		alg: Synod(), rule: "accept-raises-promise", nodes: 5, options: []string{acceptors1to3, proposers4and5},
		run: func(h *hand) {
			h.request(4, 1, 1, "propose 1 w")
			h.phase1(4, 1, 3)
			h.request(5, 2, 1, "propose 1 v")
			h.phase1(5, 2, 3)
			h.phase2(5, 1, 2)
			h.wantChosen(1, "propose 1 v", 5)
			h.phase2(4, 1, 3)
			h.expire(4, RetryTimer)
			h.phase1(4, 1, 3)
			h.phase2(4, 1, 3)
			h.phase2(4, 1, 3)
		},
	},
	{
		// x stands on N1, N2 and N4, but of two ballots; y stands on N5, between them.
		alg: Synod(), rule: "count-one-ballot", nodes: 7, options: []string{acceptors1to5, proposers6and7},
		run: func(h *hand) {
			h.request(6, 1, 1, "propose 1 x")
			h.phase1(6, 1, 2, 3)
			h.phase2(6, 1, 2)
			h.request(7, 2, 1, "propose 1 y")
			h.phase1(7, 3, 4, 5)
			h.phase2(7, 5)
			h.phase2(6, 3) // refused
			h.drop(func(m consensus.Message) bool { return m.From == 6 })
			h.expire(6, RetryTimer)
			h.phase1(6, 1, 2, 4)
			h.phase2(6, 4)
			h.phase2(7, 4) // refused
			h.drop(nil)
			h.expire(7, RetryTimer)
			h.phase1(7, 2, 3, 5)
			h.phase2(7, 2, 3, 5)
		},
	},
	{
		alg: Synod(), rule: "chosen-by-quorum", nodes: 3,
		run: func(h *hand) {
			h.request(1, 1, 1, "propose 1 x")
			h.phase1(1, 2)
			h.request(3, 2, 1, "propose 1 y")
			h.phase1(3, 2)
			h.phase2(3, 2)
		},
	},
	{
		// Slot 2 is chosen before slot 1.
		alg: Synod(), rule: "execute-in-order", nodes: 3,
		run: func(h *hand) {
			h.request(1, 1, 1, "a")
			h.drop(nil)
			h.request(1, 2, 1, "b")
			h.run()
			h.wantChosen(2, "b", 1)
		},
	},
	{
		// C1 asks N1 and then N2, and both get its command chosen.
		alg: Synod(), rule: "execute-once", nodes: 3,
		run: func(h *hand) {
			h.request(1, 1, 1, "a")
			h.phase1(1, 2)
			h.phase2(1, 2)
			h.request(3, 2, 1, "b")
			h.phase1(3, 2)
			h.drop(func(m consensus.Message) bool { return m.From == 1 })
			h.request(3, 1, 1, "a")
			h.run()
			h.wantChosen(1, "a", 3)
			h.wantChosen(2, "a", 3)
		},
		broken: tookEffectTwice("a"),
	},

	{
		alg: MultiPaxos(), rule: "keep-promise", nodes: 3,
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.request(1, 1, 1, "x")
			h.leadWith(3, 2)
			h.request(3, 2, 1, "y")
			h.phase2(3, 2)
			h.wantChosen(1, "y", 3)
			h.phase2(1, 2)
		},
	},
	{
		alg: MultiPaxos(), rule: "persist-before-reply", nodes: 3,
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.request(1, 1, 1, "x")
			h.leadWith(3, 2)
			h.crash(2)
			h.start(2)
			h.phase2(1, 2)
			h.request(3, 2, 1, "y")
			h.phase2(3, 2)
		},
	},
	{
		alg: MultiPaxos(), rule: "quorums-meet", nodes: 3, options: []string{"phase1-quorum=1", "phase2-quorum=1"},
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.request(1, 1, 1, "x")
			h.phase2(1, 2)
			h.leadWith(3, 2)
			h.request(3, 2, 1, "y")
			h.phase2(3, 2)
		},
	},
	{
		alg: MultiPaxos(), rule: "unique-ballots", nodes: 3,
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.leadWith(3, 2)
			h.request(1, 1, 1, "x")
			h.request(3, 2, 1, "y")
			h.phase2(1, 2)
			h.phase2(3, 2)
		},
	},
	{
		alg: MultiPaxos(), rule: "phase-1-quorum", nodes: 3,
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.request(1, 1, 1, "x")
			h.phase2(1, 2)
			h.wantChosen(1, "x", 1)
			h.expire(3, ElectionTimer)
			h.request(3, 2, 1, "y")
			h.phase2(3, 2)
		},
	},
	{
		alg: MultiPaxos(), rule: "adopt", nodes: 3,
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.request(1, 1, 1, "x")
			h.phase2(1, 2)
			h.wantChosen(1, "x", 1)
			h.leadWith(3, 2)
			h.phase2(3, 2)
		},
	},
	{
		alg: MultiPaxos(), rule: "adopt-highest", nodes: 5, disks: olderAndNewer(),
		run: func(h *hand) {
			h.expire(5, ElectionTimer)
			h.phase1(5, 2, 1)
			h.phase2(5, 2, 1)
		},
	},
	{
		alg: MultiPaxos(), rule: "accept-raises-promise", nodes: 5,
		run: func(h *hand) {
			h.leadWith(4, 1, 3)
			h.request(4, 1, 1, "w")
			h.leadWith(5, 2, 3)
			h.request(5, 2, 1, "v")
			h.phase2(5, 1, 2)
			h.wantChosen(1, "v", 5)
			h.phase2(4, 1)
			h.drop(nil)
			h.leadWith(3, 4, 1)
			h.phase2(3, 4, 1)
		},
	},
	{
		alg: MultiPaxos(), rule: "count-one-ballot", nodes: 5,
		run: func(h *hand) {
			h.leadWith(1, 2, 3)
			h.request(1, 1, 1, "x")
			h.phase2(1, 2)
			h.leadWith(5, 3, 4)
			h.request(5, 2, 1, "y")
			h.phase2(1, 3) // refused
			h.drop(func(m consensus.Message) bool { return m.From == 1 })
			h.leadWith(1, 2, 4)
			h.phase2(1, 4)
			h.phase2(5, 4) // refused
			h.drop(nil)
			h.leadWith(5, 2, 3)
			h.phase2(5, 2, 3)
		},
	},
	{
		alg: MultiPaxos(), rule: "chosen-by-quorum", nodes: 3,
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.request(1, 1, 1, "x")
			h.leadWith(3, 2)
			h.request(3, 2, 1, "y")
			h.phase2(3, 2)
		},
	},
	{
		// N2 accepted x in a ballot that came to nothing; N5 says that slot 1 is chosen.
		alg: MultiPaxos(), rule: "learn-same-ballot", nodes: 5,
		run: func(h *hand) {
			h.leadWith(1, 2, 3)
			h.request(1, 1, 1, "x")
			h.phase2(1, 2)
			h.leadWith(5, 3, 4)
			h.request(5, 2, 1, "y")
			h.phase2(5, 3, 4)
			h.wantChosen(1, "y", 5)
			h.drop(nil)
			h.expire(5, HeartbeatTimer)
			h.run()
		},
	},
	{
		alg: MultiPaxos(), rule: "execute-in-order", nodes: 3,
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.request(1, 1, 1, "a")
			h.drop(nil)
			h.request(1, 2, 1, "b")
			h.run()
			h.wantChosen(2, "b", 1)
		},
	},
	{
		// N3 adopts C1's command from N2, and C1 asks N3 for it once more.
		alg: MultiPaxos(), rule: "execute-once", nodes: 3,
		run: func(h *hand) {
			h.leadWith(1, 2)
			h.request(1, 1, 1, "a")
			h.phase2(1, 2)
			h.leadWith(3, 2)
			h.request(3, 1, 1, "a")
			h.run()
			h.wantChosen(2, "a", 3)
		},
		broken: tookEffectTwice("a"),
	},
}

// olderAndNewer are the disks of five acceptors: y of ballot 1.N2 is chosen, and N3
// knows; N1 has x of ballot 1.N1.
func olderAndNewer() map[consensus.NodeID]Disk {
	x, y := entry(Ballot(1, 1), 1, 1, "x"), entry(Ballot(1, 2), 2, 1, "y")
	knows := accepted(y.Term, y)
	knows.Slots[0].Chosen = true
	return map[consensus.NodeID]Disk{
		1: accepted(x.Term, x), 2: accepted(y.Term, y), 3: knows, 4: accepted(y.Term, y),
	}
}

// leadWith makes a node the leader with the promises of some others.
func (h *hand) leadWith(id consensus.NodeID, others ...consensus.NodeID) {
	h.t.Helper()
	h.expire(id, ElectionTimer)
	h.phase1(id, others...)
	if h.state(id).Role != Leader {
		h.t.Fatalf("%v does not lead", id)
	}
	h.drop(func(m consensus.Message) bool { return m.Kind == KindHeartbeat || m.Kind == KindPrepare })
}

func tookEffectTwice(command string) func(*hand) bool {
	return func(h *hand) bool {
		for _, e := range h.engines[1:] {
			n := 0
			for _, c := range machineOf(e).commands {
				if c == command {
					n++
				}
			}
			if n > 1 {
				return true
			}
		}
		return false
	}
}

func (c *course) play(t *testing.T, off bool) *hand {
	changes := slices.Clone(c.options)
	if off {
		changes = append(changes, "-"+c.rule)
	}
	h := prepareHand(t, c.alg, c.nodes, changes...)
	for id, d := range c.disks {
		h.disks[id] = d.Encode()
		for _, s := range d.Slots {
			h.ref.asked(consensus.Request{Client: s.Accepted.Client, Seq: s.Accepted.Seq, Command: s.Accepted.Command})
		}
	}
	for id := consensus.NodeID(1); int(id) <= c.nodes; id++ {
		h.start(id)
	}
	c.run(h)
	return h
}

// TestEachRuleKeepsItsInvariant plays each course twice: with the rule off it breaks
// what the rule protects, and with the rule on it breaks nothing.
func TestEachRuleKeepsItsInvariant(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range courses {
		id := c.alg.Protocol.Name + "." + c.rule
		tested[id] = true
		t.Run(id, func(t *testing.T) {
			r, _ := c.alg.Protocol.Rule(id)
			protects := c.alg.Protocol.Rules[r-1].Protects
			broken := c.broken
			if broken == nil {
				broken = func(h *hand) bool { return h.ref.has(protects) }
			}
			if h := c.play(t, false); broken(h) || len(h.ref.broken) > 0 {
				t.Errorf("with the rule on: %v", h.ref.broken)
			}
			if h := c.play(t, true); !broken(h) {
				t.Errorf("with the rule off, %s holds: %v", protects, h.ref.broken)
			}
		})
	}
	for _, alg := range algorithms {
		for _, r := range alg.Protocol.Rules {
			if r.Switchable && r.Protects != "" && !tested[r.ID] {
				t.Errorf("no course shows what %s protects", r.ID)
			}
		}
	}
}
