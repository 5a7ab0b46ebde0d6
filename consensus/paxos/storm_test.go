package paxos

import (
	"container/heap"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"parley/consensus"
)

// storm runs a cluster by itself in virtual time: a network that loses, copies and
// reorders, disks that take time and are torn by crashes, nodes that crash and
// restart, partitions, and clients that ask until they are answered.
type storm struct {
	*hand
	rand  consensus.Rand
	queue eventQueue
	order uint64

	latency, jitter consensus.Duration
	loss, copies    int64 // parts per million
	reorder         int64
	disk            consensus.Duration
	clock           []consensus.Duration                   // by NodeID: what its clock is ahead
	group           []uint8                                // side of a partition, by NodeID
	due             map[[2]consensus.NodeID]consensus.Time // by link: when its last message arrives

	nodes   []stormNode
	clients []stormClient
	ops     []op
	faults  bool
	watch   func(id consensus.NodeID, in consensus.Input) func(*consensus.Effects) // around each step, when set
}

type stormNode struct {
	life  int // counts crashes and starts
	busy  bool
	held  *consensus.Effects
	inbox []consensus.Input
	gens  [consensus.TimersMax]int
}

type stormClient struct {
	seq    uint32
	asked  int // attempts
	since  consensus.Time
	at     consensus.NodeID
	rest   bool // it asks nothing any more
	answer int  // operations done
}

// op is an operation that a client knows to be done.
type op struct {
	client     int
	seq        uint32
	command    string
	begin, end consensus.Time
	place      int
}

type stormEvent struct {
	at    consensus.Time
	order uint64
	do    func()
}

type eventQueue []stormEvent

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(stormEvent)) }
func (q *eventQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

const ms = consensus.Millisecond

// newStorm makes a cluster on a network of 10 to 20 ms, with disks of 0.2 ms.
func newStorm(t testing.TB, alg consensus.Algorithm, n, clients int, seed uint64, changes ...string) *storm {
	t.Helper()
	s := &storm{
		hand: prepareHand(t, alg, n, changes...), rand: consensus.Rand(seed),
		latency: 10 * ms, jitter: 10 * ms, disk: 200 * consensus.Microsecond,
		clock: make([]consensus.Duration, n+1), group: make([]uint8, n+1), nodes: make([]stormNode, n+1), clients: make([]stormClient, clients),
		due: map[[2]consensus.NodeID]consensus.Time{},
	}
	s.boot = seed << 20
	for id := consensus.NodeID(1); int(id) <= n; id++ {
		s.up(id)
	}
	for c := range s.clients {
		s.next(c)
	}
	return s
}

func (s *storm) after(d consensus.Duration, do func()) {
	s.order++
	heap.Push(&s.queue, stormEvent{s.now + d, s.order, do})
}

func (s *storm) chance(ppm int64) bool { return s.rand.Below(1_000_000) < ppm }

// runFor lets virtual time pass.
func (s *storm) runFor(d consensus.Duration) { s.runUntil(s.now+d, func() bool { return false }) }

// runUntil lets time pass until something is so, at most until then. It reports
// whether it is so.
func (s *storm) runUntil(end consensus.Time, so func() bool) bool {
	s.t.Helper()
	for steps := 0; len(s.queue) > 0 && s.queue[0].at <= end; steps++ {
		if so() {
			return true
		}
		e := heap.Pop(&s.queue).(stormEvent)
		s.now = e.at
		e.do()
		if steps > 5_000_000 {
			s.t.Fatal("time does not go on")
		}
	}
	if so() {
		return true
	}
	s.now = end
	return false
}

// up starts a node from its disk; down crashes it.
func (s *storm) up(id consensus.NodeID) {
	s.t.Helper()
	if s.engines[id] != nil {
		return
	}
	n := &s.nodes[id]
	n.life++
	s.boot++
	s.engines[id] = s.alg.New(consensus.Config{
		ID: id, Nodes: s.all, Seed: consensus.Mix(s.boot<<8 | uint64(id)), Settings: s.set, Machine: &journal{},
	})
	s.ref.boot(id)
	s.input(id, consensus.Input{Kind: consensus.InputStart, Disk: slices.Clone(s.disks[id])})
}

func (s *storm) down(id consensus.NodeID) {
	n := &s.nodes[id]
	if s.engines[id] == nil {
		return
	}
	if n.held != nil && !n.held.Replace && len(n.held.Write) > 1 && s.chance(500_000) {
		torn := n.held.Write[:1+s.rand.Below(int64(len(n.held.Write)-1))]
		s.disks[id] = append(s.disks[id], torn...)
	}
	s.crash(id)
	*n = stormNode{life: n.life + 1, gens: n.gens}
	for i := range n.gens {
		n.gens[i]++
	}
}

// input gives an input to a node, as soon as its disk is free.
func (s *storm) input(id consensus.NodeID, in consensus.Input) {
	s.t.Helper()
	n := &s.nodes[id]
	if s.engines[id] == nil {
		return
	}
	if n.busy {
		n.inbox = append(n.inbox, in)
		return
	}
	in.Now = s.now + s.clock[id]
	out := &consensus.Effects{}
	after := func(*consensus.Effects) {}
	if s.watch != nil {
		after = s.watch(id, in)
	}
	s.engines[id].Step(&in, out)
	after(out)
	if len(out.Write) == 0 && !out.Replace {
		s.release(id, out)
		return
	}
	life := n.life
	if out.Loose {
		s.release(id, out)
		s.after(s.disk, func() {
			if s.nodes[id].life != life {
				return
			}
			if out.Replace {
				s.disks[id] = nil
			}
			s.disks[id] = append(s.disks[id], out.Write...)
		})
		return
	}
	n.busy, n.held = true, out
	s.after(s.disk, func() {
		if s.nodes[id].life != life {
			return
		}
		s.write(id, out)
		n.busy, n.held = false, nil
		s.release(id, out)
		for len(n.inbox) > 0 && !n.busy && s.engines[id] != nil {
			in := n.inbox[0]
			n.inbox = n.inbox[1:]
			s.input(id, in)
		}
	})
}

// release lets the effects of a step out.
func (s *storm) release(id consensus.NodeID, out *consensus.Effects) {
	s.t.Helper()
	first := len(s.mail)
	answers := len(s.replies)
	s.take(id, out)
	s.fired = s.fired[:0]
	for _, c := range out.Timers {
		n := &s.nodes[id]
		n.gens[c.Timer]++
		gen := n.gens[c.Timer]
		if c.After < 0 {
			continue
		}
		t := c.Timer
		s.after(max(c.After, 1000), func() {
			if s.nodes[id].gens[t] == gen {
				s.input(id, consensus.Input{Kind: consensus.InputTimer, Timer: t})
			}
		})
	}
	for _, m := range s.mail[first:] {
		s.send(m)
	}
	s.mail = s.mail[:first]
	for _, r := range s.replies[answers:] {
		s.after(s.latency+consensus.Duration(s.rand.Below(int64(s.jitter)+1)), func() { s.answered(id, r) })
	}
	s.replies = s.replies[:answers]
}

// send puts a message on its way.
func (s *storm) send(m consensus.Message) {
	fate := [4]int64{s.rand.Below(1e6), s.rand.Below(1e6), s.rand.Below(1e6), s.rand.Below(int64(s.jitter) + 1)}
	if fate[0] < s.loss || s.group[m.From] != s.group[m.To] {
		return
	}
	at := s.now + s.latency + consensus.Duration(fate[3])
	link := [2]consensus.NodeID{m.From, m.To}
	if fate[2] < s.reorder {
		at += consensus.Duration(s.rand.Below(int64(100 * ms)))
	} else {
		at = max(at, s.due[link])
		s.due[link] = at
	}
	arrive := func() {
		if s.group[m.From] == s.group[m.To] {
			s.input(m.To, consensus.Input{Kind: consensus.InputMessage, Message: m})
		}
	}
	s.after(at-s.now, arrive)
	if fate[1] < s.copies {
		s.after(at-s.now+consensus.Duration(s.rand.Below(int64(50*ms))), arrive)
	}
}

// breakThings starts the faults: crashes, restarts and partitions at random.
func (s *storm) breakThings() {
	s.faults = true
	var fault func()
	fault = func() {
		if !s.faults {
			return
		}
		switch id := s.anyNode(); s.rand.Below(9) {
		case 0, 1:
			s.down(id)
		case 2, 3, 4:
			s.up(id)
		case 5:
			for i := range s.group {
				s.group[i] = uint8(s.rand.Below(2))
			}
		case 6:
			s.group[id] = uint8(s.rand.Below(3))
		case 7:
			s.mend()
		case 8: // somebody sets its clock
			s.clock[id] = consensus.Duration(s.rand.Below(int64(120*consensus.Second))) - 60*consensus.Second
		}
		s.after(consensus.Duration(s.rand.Below(int64(200*ms))), fault)
	}
	fault()
}

func (s *storm) mend() {
	for i := range s.group {
		s.group[i] = 0
	}
}

// heal ends all faults: every node is up, and the network loses nothing any more.
func (s *storm) heal() {
	s.t.Helper()
	s.faults = false
	s.loss, s.copies, s.reorder = 0, 0, 0
	s.mend()
	for id := consensus.NodeID(1); int(id) <= s.n; id++ {
		s.up(id)
	}
}

// rest lets all clients finish and asks nothing more.
func (s *storm) rest() {
	for i := range s.clients {
		s.clients[i].rest = true
	}
}

func machineOf(e consensus.Engine) *journal {
	switch e := e.(type) {
	case *synod:
		return e.machine.(*journal)
	case *multi:
		return e.machine.(*journal)
	}
	return nil
}

// algorithms are both, for tests that hold for each.
var algorithms = []consensus.Algorithm{Synod(), MultiPaxos()}

// settleWithin is how long after the last fault a cluster may take to answer every
// client, and to have all nodes know the same.
const settleWithin = 10 * consensus.Second

func TestStormsKeepAgreementAndEnd(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() || runtime.GOOS == "js" {
		seeds = 15
	}
	for _, alg := range algorithms {
		t.Run(alg.Protocol.Name, func(t *testing.T) {
			for seed := uint64(1); seed <= seeds; seed++ {
				t.Run(strconv.Itoa(int(seed)), func(t *testing.T) { runStorm(t, alg, seed, someOptions(alg, seed)...) })
			}
		})
	}
}

// someOptions draws options that a storm may run with; for every third seed none.
func someOptions(alg consensus.Algorithm, seed uint64) []string {
	if seed%3 == 0 {
		return nil
	}
	draw := consensus.Rand(seed)
	below := func(n int64) string { return strconv.Itoa(int(draw.Below(n))) }
	options := []string{"window=" + strconv.Itoa(int(1+draw.Below(8))), "phase2-quorum=" + below(4)}
	if alg.Protocol.Name == "multipaxos" {
		return append(options, "announce="+below(2))
	}
	options = append(options, "tell-learners="+below(2))
	if draw.Below(2) == 0 {
		options = append(options, "acceptors="+below(128))
	}
	return options
}

func runStorm(t *testing.T, alg consensus.Algorithm, seed uint64, changes ...string) *storm {
	draw := consensus.Rand(seed * 7919)
	n := int(1 + draw.Below(7))
	s := newStorm(t, alg, n, int(1+draw.Below(4)), seed, changes...)
	s.loss, s.copies, s.reorder = draw.Below(200_000), draw.Below(100_000), draw.Below(200_000)
	s.disk = consensus.Duration(draw.Below(int64(5 * ms)))
	s.breakThings()
	s.runFor(4 * consensus.Second)
	s.heal()
	before := make([]int, len(s.clients))
	for i := range s.clients {
		before[i] = s.clients[i].answer
	}
	all := func() bool {
		for i := range s.clients {
			if s.clients[i].answer == before[i] {
				return false
			}
		}
		return true
	}
	if !s.runUntil(s.now+settleWithin, all) {
		t.Fatalf("%d nodes: not every client is answered %v after the last fault", n, settleWithin)
	}
	s.rest()
	same := func() bool {
		for i := range s.clients {
			if s.clients[i].asked > 0 && len(s.ops) > 0 && !s.idle(i) {
				return false
			}
		}
		first := s.state(1)
		for id := consensus.NodeID(2); int(id) <= n; id++ {
			v := s.state(id)
			if v.Commit != first.Commit || v.Applied != v.Commit {
				return false
			}
		}
		return len(first.Machine) >= s.lastPlace()
	}
	if !s.runUntil(s.now+settleWithin, same) {
		for id := consensus.NodeID(1); int(id) <= n; id++ {
			v := s.state(id)
			t.Logf("%v: chosen up to %d, executed up to %d, %v", id, v.Commit, v.Applied, v.Chosen)
		}
		t.Fatalf("%d nodes do not know the same %v after the clients have finished", n, settleWithin)
	}
	s.judge()
	return s
}

// Whichever rules are off, a node goes on: what it does may be wrong, but it never
// stops, and its notes still add up to what it shows. And what the referee watches does
// break: it is no watcher that sees nothing.
func TestStormsWithoutRules(t *testing.T) {
	for _, alg := range algorithms {
		broken := map[string]int{}
		for seed := uint64(1); seed <= 60; seed++ {
			draw := consensus.Rand(seed)
			var off []string
			for _, r := range alg.Protocol.Rules {
				if r.Switchable && draw.Below(3) == 0 {
					off = append(off, "-"+r.ID[len(alg.Protocol.Name)+1:])
				}
			}
			s := newStorm(t, alg, 3+int(seed%3), 3, seed, off...)
			s.loss, s.copies, s.reorder = 100_000, 50_000, 50_000
			s.breakThings()
			s.runFor(2 * consensus.Second)
			seen := map[string]bool{}
			for _, b := range s.ref.broken {
				if !seen[b.invariant] {
					broken[b.invariant]++
				}
				seen[b.invariant] = true
			}
		}
		t.Logf("%s: broken %v", alg.Protocol.Name, broken)
		for _, invariant := range []string{agreement, monotonicity, oneValue, noGapExecuted} {
			if broken[invariant] == 0 {
				t.Errorf("%s: %s never broke", alg.Protocol.Name, invariant)
			}
		}
	}
}

// A storm is one: a great deal happens in it.
func TestStormsAreOnes(t *testing.T) {
	for _, alg := range algorithms {
		ops, starts, slots, rules := 0, 0, 0, map[consensus.RuleID]int{}
		for seed := uint64(1); seed <= 15; seed++ {
			s := newStorm(t, alg, 5, 3, seed)
			s.loss, s.copies, s.reorder = 50_000, 50_000, 50_000
			s.watch = func(consensus.NodeID, consensus.Input) func(*consensus.Effects) {
				return func(out *consensus.Effects) {
					for _, n := range out.Notes {
						rules[n.Rule]++
					}
				}
			}
			s.breakThings()
			s.runFor(4 * consensus.Second)
			ops += len(s.ops)
			starts += int(s.boot - seed<<20)
			slots += len(s.ref.chosen)
		}
		t.Logf("%s: %d commands answered, %d slots chosen, %d starts", alg.Protocol.Name, ops, slots, starts)
		if ops < 150 || slots < 150 || starts < 120 {
			t.Errorf("%s: too little happened", alg.Protocol.Name)
		}
		for _, r := range []consensus.RuleID{ruleNack, rulePreempted, ruleAdopt, ruleKeepPromise, ruleLearn, ruleAsk, ruleOnce, ruleRetransmit} {
			if rules[r] == 0 {
				t.Errorf("%s: %s never fired", alg.Protocol.Name, alg.Protocol.Rules[r-1].ID)
			}
		}
	}
}
