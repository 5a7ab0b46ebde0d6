package raft

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"parley/consensus"
)

// chaos does one random thing to a cluster: delivers, loses or repeats a message, lets a
// timer expire, crashes a server in the middle of a write, starts one, asks something.
func (c *cluster) chaos(random *consensus.Rand, seq *uint32) {
	id := consensus.NodeID(random.Below(int64(len(c.nodes))) + 1)
	n := c.node(id)
	switch p := random.Below(100); {
	case n.engine == nil:
		if p < 40 {
			c.start(id)
		}
	case len(c.net) > 0 && p < 70:
		i := int(random.Below(min(int64(len(c.net)), 8))) // mostly in order
		m := c.net[i]
		if p >= 5 {
			c.net = slices.Delete(c.net, i, i+1)
		}
		if p < 60 && (c.cut == nil || !c.cut(m.From, m.To)) {
			c.message(m)
		}
	case p < 72:
		c.timeout(id)
	case p < 80:
		c.heartbeat(id)
	case p < 92:
		*seq++
		client := int(random.Below(3)) + 1
		c.request(id, client, *seq, fmt.Sprintf("set k%d v%d", client, *seq))
	case p < 94:
		c.crash(id)
	case p < 96:
		c.crashInAWrite(id, random)
	default:
		side := consensus.NodeSet{random.Uint64() & 0b111110, 0}
		c.cut = nil
		if random.Below(2) == 0 {
			c.cut = func(from, to consensus.NodeID) bool { return side.Has(from) != side.Has(to) }
		}
	}
	if len(c.net) > 60 {
		c.net = c.net[30:]
	}
}

// crashInAWrite lets a timer expire and the power fail while what follows from it is
// being written: of the step nothing is seen but the beginning of its write.
func (c *cluster) crashInAWrite(id consensus.NodeID, random *consensus.Rand) {
	n := c.node(id)
	var out consensus.Effects
	n.engine.Step(&consensus.Input{Kind: consensus.InputTimer, Timer: ElectionTimer}, &out)
	if !out.Loose {
		n.disk = append(n.disk, out.Write[:random.Below(int64(len(out.Write))+1)]...)
	}
	c.crash(id)
}

// Whatever happens, the properties of Figure 3 hold.
func TestChaosKeepsTheProperties(t *testing.T) {
	leaders, commits, torn, seeds := 0, 0, 0, uint64(200)
	if runtime.GOOS == "js" { // which is slower
		seeds = 50
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		random, seq := consensus.Rand(seed), uint32(0)
		c := newCluster(t, 3+int(seed%3))
		c.seed = seed
		c.set(optEntriesMax, 1+int64(seed%4))
		c.set(optInflight, 1+int64(seed%5))
		c.onNote = func(n *consensus.Note) {
			if n.Rule == ruleRestart && n.Sub == restartTorn {
				torn++
			}
		}
		for range 300 {
			c.chaos(&random, &seq)
		}
		if c.sound(); t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
		leaders += len(c.leaders)
		commits += len(c.commits)
	}
	t.Logf("%d leaders, %d entries committed, %d torn writes", leaders, commits, torn)
	if uint64(leaders) < 2*seeds || uint64(commits) < 3*seeds || uint64(torn) < seeds {
		t.Error("too little happened for this to say anything")
	}
}

// Whichever rules are off, a server goes on: what it does may be wrong, but it never
// stops, and its notes and its disk still tell what it is (the harness checks that).
func TestChaosWithoutRules(t *testing.T) {
	broken := map[string]int{}
	for seed := uint64(1); seed <= 120; seed++ {
		random, seq := consensus.Rand(seed), uint32(0)
		c := newCluster(t, 3+int(seed%3))
		c.seed = seed
		c.set(optEntriesMax, 1+int64(seed%4))
		for i := range ruleTable {
			if ruleTable[i].Switchable && random.Below(3) == 0 {
				c.settings.Off = c.settings.Off.With(consensus.RuleID(i + 1))
			}
		}
		for range 300 {
			c.chaos(&random, &seq)
		}
		for invariant := range c.broken {
			broken[invariant]++
		}
	}
	t.Logf("broken: %v", broken)
	for _, invariant := range []string{electionSafety, logMatching, leaderCompleteness, stateMachineSafety} {
		if broken[invariant] == 0 {
			t.Errorf("%s never broke, so the check of it says little", invariant)
		}
	}
}
