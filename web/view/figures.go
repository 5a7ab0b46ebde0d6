package view

import (
	"slices"
	"sort"

	"parley/consensus"
	"parley/consensus/trace"
)

// Figures are the numbers of a run up to a moment. Messages are those between nodes; what
// clients ask and hear does not count. Durations and times are virtual; -1 stands for
// what there is not (yet).
type Figures struct {
	T consensus.Time // the moment

	Sent, Delivered, Lost int // messages; copies that the network made are delivered or lost too
	Copies                int // made by the network, or by somebody
	Bytes                 int // of the messages that were sent, without their envelopes

	// Decisions is how many indexes (slots) some node knows to be committed (chosen);
	// Commands, in how many of them a client's command stands for the first time.
	Decisions, Commands int
	// Hops is the median, over the last commands that were decided (at most steadyMost),
	// of how many messages in a row a decision took: the messages between nodes on the
	// chain of causes that ends where the decision became known, back to the request of
	// the client. Two of them are a round trip. 0: no command was decided.
	Hops int
	// Commit is the median, over the same commands, of how long it took from the moment
	// a client wanted one until it was decided; -1: none was.
	Commit consensus.Duration

	FirstLeader   consensus.Time // when a node first led; -1 also where nobody leads for long
	FirstDecision consensus.Time // when something was first known to be decided
	Elections     int            // how often a node began to lead
	// Leaderless is how long there was no leader though there could have been one: no
	// node that is up leads and reaches enough others to decide, but some node that is
	// up reaches enough to become the leader. A node reaches itself and whom it can
	// exchange messages with in both directions, partitions and cuts considered. How
	// many are enough are the algorithm's quorums. -1 where nobody leads for long.
	Leaderless consensus.Duration

	Begun, Done, GivenUp     int                // the clients' operations; the others are under way
	Median, P95, Worst, Last consensus.Duration // from a client's wish to its answer, of those done

	// Since the last fault (something crashed, was cut off, walled off or dropped): when it
	// was, how long until there was a leader who reaches enough others, until the next
	// command was decided, and until the next answer of a client after that. AskedAfter is
	// how long until that client had asked for the last time; 0 if that was before.
	Fault                                     consensus.Time
	LeaderAfter, DecisionAfter, ServedAgainIn consensus.Duration
	AskedAfter                                consensus.Duration
}

const (
	// trafficEvery is after how many events the counts of messages are kept.
	trafficEvery = 512
	// steadyMost is how many decisions Hops looks at.
	steadyMost = 100
	// hopsMax bounds the chain of causes of a decision.
	hopsMax = 63
)

// figures is filled while events come in; see index.
type figures struct {
	kept []traffic // kept[k] counts the first k*trafficEvery events
	now  traffic   // and this one all of them

	parent []uint32                         // by send number-1: the message that made its sender send it; 0: none did
	cause  [consensus.NodesMax + 1]uint32   // by node: the message that its last step took; 0: that was something else
	made   []decision                       // decisions, by event
	upTo   consensus.Index                  // everything up to here is in made
	ahead  map[consensus.Index]struct{}     // and so are these
	asked  [consensus.ClientsMax + 1]uint32 // by client number: the last request of which a command was decided
	served []service                        // changes of it, by event
	answer []answer                         // by event
	asking []asking                         // by event
	sorted []consensus.Duration             // latencies of answer[:len(sorted)], ascending
}

// traffic counts messages between nodes.
type traffic struct {
	sent, delivered, lost, copies uint32
	bytes                         uint64
}

func (c *traffic) add(e *trace.Event) {
	if e.Sub < uint8(consensus.KindEngine) {
		return
	}
	switch e.Kind {
	case trace.Send:
		c.sent++
		c.bytes += uint64(e.C)
	case trace.Deliver:
		c.delivered++
	case trace.Loss:
		c.lost++
	case trace.Duplicate:
		c.copies++
	}
}

// decision is that an index was first known to be decided.
type decision struct {
	event    uint32
	index    consensus.Index
	commands uint32 // how many decisions up to this one are of a client's command, the first of it
	seq      uint32
	client   consensus.NodeID
	hops     uint8              // 0: not counted
	took     consensus.Duration // since the client wanted it; -1: not a client's command
}

// answer is that an operation was answered.
type answer struct {
	event uint32
	took  consensus.Duration
}

// asking is that a client asked another time for what it wants.
type asking struct {
	event  uint32
	client consensus.NodeID
}

// service says since when there is a leader who can decide.
type service struct {
	event  uint32
	state  serviceState
	at     consensus.Time
	vacant consensus.Duration // how long it was vacant before
}

type serviceState uint8

const (
	impossible serviceState = iota // nobody could lead
	vacant                         // somebody could, nobody does
	led                            // somebody does
)

// count takes event i.
func (f *figures) count(s *Store, i int, e *trace.Event) {
	if i%trafficEvery == 0 {
		f.kept = append(f.kept, f.now)
	}
	f.now.add(e)
	switch e.Kind {
	case trace.Send, trace.Duplicate:
		f.send(i, e)
	case trace.Deliver:
		f.caused(e.Node, e.ID)
	case trace.TimerFire:
		f.caused(e.Node, 0)
	case trace.Boot, trace.Crash:
		f.caused(e.Node, 0)
		f.serve(s, i, e.T)
	case trace.Role, trace.Cut, trace.Heal, trace.Partition:
		f.serve(s, i, e.T)
	case trace.Commit:
		if n := s.head.Node(e.Node); n != nil {
			for f.upTo < min(consensus.Index(e.A), n.Last()) {
				f.decide(s, i, n, f.upTo+1)
			}
		}
	case trace.Chosen:
		if n := s.head.Node(e.Node); n != nil && consensus.Index(e.A) > f.upTo && n.At(consensus.Index(e.A)).Set {
			f.decide(s, i, n, consensus.Index(e.A))
		}
	case trace.Retry:
		f.asking = append(f.asking, asking{uint32(i), e.Node})
	case trace.Answer:
		if o := s.index.current(e.Node); o != nil && int(o.ended) == i+1 {
			f.answer = append(f.answer, answer{uint32(i), e.T - s.Event(int(o.invoked)).T})
		}
	}
}

func (f *figures) caused(node consensus.NodeID, message uint32) {
	if node.IsNode() {
		f.cause[node] = message
	}
}

// send remembers what made a node send a message. A copy comes of what the original
// came of.
func (f *figures) send(i int, e *trace.Event) {
	if e.ID == 0 || int64(e.ID) > int64(i)+1024 { // as in index.follow
		return
	}
	for len(f.parent) < int(e.ID) {
		f.parent = append(f.parent, 0)
	}
	f.parent[e.ID-1] = 0
	switch {
	case e.Kind == trace.Duplicate && e.A > 0 && e.A < e.ID:
		f.parent[e.ID-1] = f.parent[e.A-1]
	case e.Kind == trace.Send && e.Node.IsNode():
		f.parent[e.ID-1] = f.cause[e.Node]
	}
}

// decide takes in that index at of a node's log, beyond upTo, is decided.
func (f *figures) decide(s *Store, i int, n *trace.Node, at consensus.Index) {
	if _, known := f.ahead[at]; known {
		return
	}
	c := n.At(at)
	d := decision{event: uint32(i), index: at, client: c.Client, seq: c.Seq, took: -1}
	if k := len(f.made); k > 0 {
		d.commands = f.made[k-1].commands
	}
	if c.Set && c.Client.IsClient() {
		if k := c.Client - consensus.ClientFirst; c.Seq > f.asked[k] {
			f.asked[k] = c.Seq
			d.commands++
		}
		d.hops = f.chain(s, n.ID, c)
		if o := s.index.operation(c.Client, c.Seq); o != nil {
			d.took = s.Event(i).T - s.Event(int(o.invoked)).T
		}
	}
	f.made = append(f.made, d)
	f.reach(at)
}

// reach says that an index beyond upTo is decided.
func (f *figures) reach(at consensus.Index) {
	if at != f.upTo+1 {
		if f.ahead == nil {
			f.ahead = map[consensus.Index]struct{}{}
		}
		f.ahead[at] = struct{}{}
		return
	}
	for f.upTo = at; len(f.ahead) > 0; f.upTo++ {
		if _, next := f.ahead[f.upTo+1]; !next {
			return
		}
		delete(f.ahead, f.upTo+1)
	}
}

// chain returns the number of messages on the chain of causes that led a node to know
// that a command is decided: back to the client's request, or to the moment when the
// client wanted the command.
func (f *figures) chain(s *Store, node consensus.NodeID, c trace.Cell) (hops uint8) {
	wanted := s.index.operation(c.Client, c.Seq)
	if wanted == nil {
		return 0
	}
	sent := s.index.sent
	for id := f.cause[node]; id > 0 && int(id) <= min(len(sent), len(f.parent)) && hops < hopsMax; id = f.parent[id-1] {
		at := int(sent[id-1]) - 1
		if at < int(wanted.invoked) || s.Event(at).Sub < uint8(consensus.KindEngine) {
			break
		}
		hops++
	}
	return hops
}

// serve follows whether there is a leader who can decide.
func (f *figures) serve(s *Store, i int, t consensus.Time) {
	if s.Protocol.Leaderless {
		return
	}
	state := s.service(s.head)
	v := service{event: uint32(i), state: state, at: t}
	if k := len(f.served); k > 0 {
		last := &f.served[k-1]
		if last.state == state {
			return
		}
		v.vacant = last.vacant
		if last.state == vacant {
			v.vacant += t - last.at
		}
	}
	f.served = append(f.served, v)
}

// service says whether there is a leader at a state who can decide, or could be one.
func (s *Store) service(st *trace.State) serviceState {
	q := s.Quorums(st)
	for i := range st.Nodes {
		if n := &st.Nodes[i]; n.Up && s.leads(n.Role) && s.reaches(st, n.ID, q.Among) >= q.Decide {
			return led
		}
	}
	for i := range st.Nodes {
		if n := &st.Nodes[i]; n.Up && s.reaches(st, n.ID, q.Among) >= q.Lead {
			return vacant
		}
	}
	return impossible
}

// truncate forgets what stems from events n and later. The head is at n already, and the
// trace is still whole.
func (f *figures) truncate(s *Store, n int) {
	f.kept = f.kept[:min(len(f.kept), n/trafficEvery+1)]
	f.now = s.traffic(n)
	if n%trafficEvery == 0 { // it is kept again with event n
		f.kept = f.kept[:n/trafficEvery]
	}
	f.made = f.made[:sort.Search(len(f.made), func(i int) bool { return int(f.made[i].event) >= n })]
	f.upTo, f.ahead = 0, nil
	clear(f.asked[:])
	for i := range f.made {
		d := &f.made[i]
		if d.client.IsClient() {
			k := d.client - consensus.ClientFirst
			f.asked[k] = max(f.asked[k], d.seq)
		}
		f.reach(d.index)
	}
	f.served = f.served[:sort.Search(len(f.served), func(i int) bool { return int(f.served[i].event) >= n })]
	f.answer = f.answer[:sort.Search(len(f.answer), func(i int) bool { return int(f.answer[i].event) >= n })]
	f.asking = f.asking[:sort.Search(len(f.asking), func(i int) bool { return int(f.asking[i].event) >= n })]
	f.sorted = f.sorted[:0]
	f.recall(s, n)
}

// recall finds out anew what made each node take its last step before event n.
func (f *figures) recall(s *Store, n int) {
	clear(f.cause[:])
	missing := len(s.head.Nodes)
	var found [consensus.NodesMax + 1]bool
	for i := n - 1; i >= 0 && missing > 0; i-- {
		switch e := s.Event(i); e.Kind {
		case trace.Deliver, trace.TimerFire, trace.Boot, trace.Crash:
			if e.Node.IsNode() && !found[e.Node] {
				found[e.Node] = true
				missing--
				if e.Kind == trace.Deliver {
					f.cause[e.Node] = e.ID
				}
			}
		}
	}
}

// traffic returns the counts of the first n events.
func (s *Store) traffic(n int) traffic {
	f := &s.index.figures
	if n >= s.Len() {
		return f.now
	}
	k := min(n/trafficEvery, len(f.kept)-1)
	if k < 0 {
		return traffic{}
	}
	c := f.kept[k]
	for i := k * trafficEvery; i < n; i++ {
		c.add(s.Event(i))
	}
	return c
}

// Figures returns the numbers of the run up to the cursor. What it costs does not depend
// on the length of the run, but for a jump among many answers, whose latencies have to
// be put in order again.
func (s *Store) Figures(at Cursor) Figures {
	v := Figures{T: at.T, FirstLeader: -1, FirstDecision: -1, Leaderless: -1, Commit: -1, Median: -1, P95: -1, Worst: -1, Last: -1,
		Fault: -1, LeaderAfter: -1, DecisionAfter: -1, ServedAgainIn: -1, AskedAfter: -1}
	if s.head == nil {
		return v
	}
	n := max(0, min(at.Events, s.Len()))
	at.Events = n
	c := s.traffic(n)
	v.Sent, v.Delivered, v.Lost, v.Copies, v.Bytes = int(c.sent), int(c.delivered), int(c.lost), int(c.copies), int(c.bytes)

	f := &s.index.figures
	v.Decisions = sort.Search(len(f.made), func(i int) bool { return int(f.made[i].event) >= n })
	if v.Decisions > 0 {
		v.Commands = int(f.made[v.Decisions-1].commands)
		v.FirstDecision = s.Event(int(f.made[0].event)).T
		v.Hops, v.Commit = medianHops(f.made[:v.Decisions]), medianCommit(f.made[:v.Decisions])
	}

	if !s.Protocol.Leaderless && s.anybodyLeads() {
		v.Leaderless = s.vacancy(n, at.T)
		marks := s.index.marks[MarkElection]
		v.Elections = sort.Search(len(marks), func(i int) bool { return int(marks[i]) >= n })
		if v.Elections > 0 {
			v.FirstLeader = s.Event(int(marks[0])).T
		}
	}

	v.Begun, v.Done = s.OperationCounts(at)
	gaveUp := s.index.gaveUp
	v.GivenUp = sort.Search(len(gaveUp), func(i int) bool { return int(gaveUp[i]) >= n })
	if k := s.latencies(n); k > 0 {
		v.Last = f.answer[k-1].took
		v.Median, v.P95, v.Worst = f.sorted[(k-1)/2], f.sorted[(k*95+99)/100-1], f.sorted[k-1]
	}
	s.sinceFault(&v, n)
	return v
}

// medianHops returns the median of the chains of the last commands decided.
func medianHops(made []decision) int {
	var count [hopsMax + 1]int
	all := 0
	for i := len(made) - 1; i >= 0 && all < steadyMost && len(made)-i <= 2*steadyMost; i-- {
		if h := made[i].hops; h > 0 {
			count[h]++
			all++
		}
	}
	below := 0
	for h, c := range count {
		if below += c; below*2 > all {
			return h
		}
	}
	return 0
}

// medianCommit returns the median of how long the last commands took to be decided.
func medianCommit(made []decision) consensus.Duration {
	var took [steadyMost]consensus.Duration
	n := 0
	for i := len(made) - 1; i >= 0 && n < steadyMost && len(made)-i <= 2*steadyMost; i-- {
		if made[i].took >= 0 {
			took[n] = made[i].took
			n++
		}
	}
	if n == 0 {
		return -1
	}
	slices.Sort(took[:n])
	return took[(n-1)/2]
}

// vacancy returns how long there was no leader before event n and time t though there
// could have been one.
func (s *Store) vacancy(n int, t consensus.Time) consensus.Duration {
	served := s.index.figures.served
	k := sort.Search(len(served), func(i int) bool { return int(served[i].event) >= n }) - 1
	if k < 0 {
		return 0
	}
	v := served[k].vacant
	if served[k].state == vacant {
		v += max(0, t-served[k].at)
	}
	return v
}

// latencies puts the latencies of the operations answered before event n in order, and
// returns how many there are.
func (s *Store) latencies(n int) int {
	f := &s.index.figures
	k := sort.Search(len(f.answer), func(i int) bool { return int(f.answer[i].event) >= n })
	have := len(f.sorted)
	if far := k - have; far > 32+k/256 || -far > 32+have/256 {
		f.sorted = f.sorted[:0]
		for i := range k {
			f.sorted = append(f.sorted, f.answer[i].took)
		}
		slices.Sort(f.sorted)
		return k
	}
	for ; have < k; have++ {
		at, _ := slices.BinarySearch(f.sorted, f.answer[have].took)
		f.sorted = slices.Insert(f.sorted, at, f.answer[have].took)
	}
	for ; have > k; have-- {
		at, _ := slices.BinarySearch(f.sorted, f.answer[have-1].took)
		f.sorted = slices.Delete(f.sorted, at, at+1)
	}
	return k
}

// sinceFault fills in what came after the last fault before event n.
func (s *Store) sinceFault(v *Figures, n int) {
	marks := s.index.marks[MarkFault]
	k := sort.Search(len(marks), func(i int) bool { return int(marks[i]) >= n })
	if k == 0 {
		return
	}
	f, fault := &s.index.figures, int(marks[k-1])
	v.Fault = s.Event(fault).T
	if v.Leaderless >= 0 {
		i := sort.Search(len(f.served), func(i int) bool { return int(f.served[i].event) > fault }) - 1
		if i >= 0 && f.served[i].state == led {
			v.LeaderAfter = 0
		}
		for i++; v.LeaderAfter < 0 && i < len(f.served) && int(f.served[i].event) < n; i++ {
			if f.served[i].state == led {
				v.LeaderAfter = f.served[i].at - v.Fault
			}
		}
	}
	i := sort.Search(len(f.made), func(i int) bool { return int(f.made[i].event) > fault })
	before := uint32(0)
	if i > 0 {
		before = f.made[i-1].commands
	}
	i += sort.Search(len(f.made)-i, func(k int) bool { return f.made[i+k].commands > before })
	if i == len(f.made) || int(f.made[i].event) >= n {
		return
	}
	v.DecisionAfter = s.Event(int(f.made[i].event)).T - v.Fault
	a := sort.Search(len(f.answer), func(k int) bool { return f.answer[k].event > f.made[i].event })
	if a < len(f.answer) && int(f.answer[a].event) < n {
		v.ServedAgainIn = s.Event(int(f.answer[a].event)).T - v.Fault
		v.AskedAfter = max(0, s.Event(s.lastAsked(int(f.answer[a].event))).T-v.Fault)
	}
}

// lastAsked returns the event with which a client asked for the last time before it got
// its answer with event n.
func (s *Store) lastAsked(n int) int {
	client := s.Event(n).Node
	ops, mine := s.index.ops, s.index.of(client)
	k := sort.Search(len(mine), func(i int) bool { return int(ops[mine[i]].invoked) > n })
	if k == 0 {
		return n
	}
	invoked := ops[mine[k-1]].invoked
	asking := s.index.figures.asking
	for i := sort.Search(len(asking), func(i int) bool { return int(asking[i].event) >= n }) - 1; i >= 0 && asking[i].event > invoked; i-- {
		if asking[i].client == client {
			return int(asking[i].event)
		}
	}
	return int(invoked)
}
