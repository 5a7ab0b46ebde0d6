package view_test

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
	"parley/web/view"
)

// slow counts the figures of the first n events from nothing but the events and the states
// between them, each figure by itself, as its documentation says it.
type slow struct {
	t     *testing.T
	store *view.Store
	n     int
	at    consensus.Time
}

func (o slow) each(do func(i int, e *trace.Event)) {
	for i := range o.n {
		do(i, o.store.Event(i))
	}
}

func between(e *trace.Event) bool { return e.Sub >= uint8(consensus.KindEngine) }

func (o slow) messages(v *view.Figures) {
	o.each(func(_ int, e *trace.Event) {
		switch {
		case !between(e):
		case e.Kind == trace.Send:
			v.Sent++
			v.Bytes += int(e.C)
		case e.Kind == trace.Deliver:
			v.Delivered++
		case e.Kind == trace.Loss:
			v.Lost++
		case e.Kind == trace.Duplicate:
			v.Copies++
		}
	})
}

// made is a decision as the oracle sees it.
type made struct {
	event  int
	took   bool // effect, as a command
	hops   int
	since  consensus.Duration // from the client's wish; -1: none
	client consensus.NodeID
}

func (o slow) decisions() (all []made) {
	known := map[consensus.Index]bool{}
	last := map[consensus.NodeID]uint32{}
	o.each(func(i int, e *trace.Event) {
		if e.Kind != trace.Commit && e.Kind != trace.Chosen {
			return
		}
		node := o.store.State(i + 1).Node(e.Node)
		from := consensus.Index(1)
		if e.Kind == trace.Chosen {
			from = consensus.Index(e.A)
		}
		for at := from; at <= consensus.Index(e.A) && at <= node.Last(); at++ {
			if known[at] {
				continue
			}
			known[at] = true
			c := node.At(at)
			m := made{event: i, client: c.Client, since: -1}
			if c.Client != consensus.None {
				m.took = c.Seq > last[c.Client]
				last[c.Client] = max(last[c.Client], c.Seq)
				m.hops = o.chain(i, c)
				for k := range i {
					if w := o.store.Event(k); w.Kind == trace.Invoke && w.Node == c.Client && w.B == c.Seq {
						m.since = e.T - w.T
					}
				}
			}
			all = append(all, m)
		}
	})
	return all
}

// chain walks back from event i: what its node took last before it, who sent that, what
// that one had taken last before it sent, and so on.
func (o slow) chain(i int, c trace.Cell) (hops int) {
	asked := -1
	for k := range i {
		if e := o.store.Event(k); e.Kind == trace.Invoke && e.Node == c.Client && e.B == c.Seq {
			asked = k
		}
	}
	if asked < 0 {
		return 0
	}
	for node := o.store.Event(i).Node; ; {
		var cause *trace.Event
		for k := i; k >= 0 && cause == nil; k-- {
			e := o.store.Event(k)
			switch {
			case e.Node != node:
			case e.Kind == trace.Deliver, e.Kind == trace.TimerFire, e.Kind == trace.Boot, e.Kind == trace.Crash:
				cause = e
			}
		}
		if cause == nil || cause.Kind != trace.Deliver || !between(cause) {
			return hops
		}
		sent := o.sent(cause.ID, i)
		if sent < asked {
			return hops
		}
		if e := o.store.Event(sent); e.Kind == trace.Duplicate { // what made it is what made the original
			sent = o.sent(e.A, sent)
		}
		hops++
		node, i = o.store.Event(sent).Node, sent
	}
}

// sent returns the event at or before i with which a message or copy came into being.
func (o slow) sent(id uint32, i int) int {
	for ; i >= 0; i-- {
		if e := o.store.Event(i); (e.Kind == trace.Send || e.Kind == trace.Duplicate) && e.ID == id {
			return i
		}
	}
	o.t.Fatalf("message %d came from nowhere", id)
	return -1
}

func (o slow) figures() view.Figures {
	v := view.Figures{
		T: o.at, FirstLeader: -1, FirstDecision: -1, Leaderless: -1, Commit: -1, Median: -1, P95: -1, Worst: -1, Last: -1,
		Fault: -1, LeaderAfter: -1, DecisionAfter: -1, ServedAgainIn: -1, AskedAfter: -1,
	}
	o.messages(&v)
	all := o.decisions()
	var hops []int
	for i, m := range all {
		v.Decisions++
		if m.took {
			v.Commands++
		}
		if i == 0 {
			v.FirstDecision = o.store.Event(m.event).T
		}
		if m.hops > 0 && len(all) <= 100 {
			hops = append(hops, m.hops)
		}
	}
	if len(all) > 100 {
		for i := len(all) - 1; i >= 0 && len(hops) < 100 && len(all)-i <= 200; i-- {
			if all[i].hops > 0 {
				hops = append(hops, all[i].hops)
			}
		}
	}
	if slices.Sort(hops); len(hops) > 0 {
		v.Hops = hops[len(hops)/2]
	}
	var since []consensus.Duration
	for i := len(all) - 1; i >= 0 && len(since) < 100 && len(all)-i <= 200; i-- {
		if all[i].since >= 0 {
			since = append(since, all[i].since)
		}
	}
	if slices.Sort(since); len(since) > 0 {
		v.Commit = since[(len(since)-1)/2]
	}
	o.clients(&v)
	o.leaders(&v)
	o.fault(&v, all)
	return v
}

func (o slow) clients(v *view.Figures) {
	since := map[consensus.NodeID]consensus.Time{}
	var took []consensus.Duration
	o.each(func(_ int, e *trace.Event) {
		switch e.Kind {
		case trace.Invoke:
			v.Begun++
			since[e.Node] = e.T
		case trace.Answer:
			v.Done++
			took = append(took, e.T-since[e.Node])
		case trace.GiveUp:
			v.GivenUp++
		}
	})
	if n := len(took); n > 0 {
		v.Last = took[n-1]
		slices.Sort(took)
		v.Median, v.P95, v.Worst = took[(n-1)/2], took[(n*95+99)/100-1], took[n-1]
	}
}

// can says of the state after n events whether a leader who can decide is there, and
// whether there could be one.
func (o slow) can(n int) (led, could bool) {
	st := o.store.State(n)
	q := o.store.Quorums(st)
	for i := range st.Nodes {
		a := &st.Nodes[i]
		reach := 0
		for k := range st.Nodes {
			b := &st.Nodes[k]
			linked := a == b || b.Up && !st.Walled(a.ID, b.ID) && !st.Cuts[a.ID].Has(b.ID) && !st.Cuts[b.ID].Has(a.ID)
			if q.Among.Has(b.ID) && linked {
				reach++
			}
		}
		if !a.Up {
			continue
		}
		could = could || reach >= q.Lead
		led = led || o.store.Protocol.Roles[a.Role].Leads && reach >= q.Decide
	}
	return led, could
}

func (o slow) leaders(v *view.Figures) {
	if o.store.Protocol.Leaderless {
		return
	}
	v.Leaderless = 0
	for i := range o.n {
		e := o.store.Event(i)
		if e.Kind == trace.Role && o.store.Protocol.Roles[e.Sub].Leads {
			if v.Elections++; v.FirstLeader < 0 {
				v.FirstLeader = e.T
			}
		}
		until := o.at
		if i+1 < o.n {
			until = o.store.Event(i + 1).T
		}
		if until > e.T {
			if led, could := o.can(i + 1); !led && could {
				v.Leaderless += until - e.T
			}
		}
	}
}

func (o slow) fault(v *view.Figures, all []made) {
	last := -1
	o.each(func(i int, e *trace.Event) {
		switch e.Kind {
		case trace.Crash, trace.Cut, trace.WriteLost:
			last = i
		case trace.Partition:
			if e.Sub == 0 && e.NodeSet().Len() > 0 {
				last = i
			}
		case trace.Loss:
			if trace.Cause(e.Rule) == trace.CauseDropped {
				last = i
			}
		}
	})
	if last < 0 {
		return
	}
	v.Fault = o.store.Event(last).T
	for n := last + 1; n <= o.n && !o.store.Protocol.Leaderless; n++ {
		if led, _ := o.can(n); led {
			v.LeaderAfter = o.store.Event(n-1).T - v.Fault
			break
		}
	}
	for _, m := range all {
		if m.event <= last || !m.took {
			continue
		}
		v.DecisionAfter = o.store.Event(m.event).T - v.Fault
		for i := m.event + 1; i < o.n; i++ {
			if e := o.store.Event(i); e.Kind == trace.Answer {
				v.ServedAgainIn = e.T - v.Fault
				asked := e.T
				for k := i; k >= 0; k-- {
					if a := o.store.Event(k); a.Node == e.Node && (a.Kind == trace.Retry || a.Kind == trace.Invoke) {
						asked = a.T
						break
					}
				}
				v.AskedAfter = max(0, asked-v.Fault)
				break
			}
		}
		break
	}
}

var engines = []string{"raft", "multipaxos", "synod"}

// The figures are those that somebody finds who counts anew each time, wherever the cursor
// jumps, and after forks.
func TestFiguresAgreeWithCountingAnew(t *testing.T) {
	compared, hops, faults := 0, 0, 0
	for seed := range uint64(9) {
		r := consensus.Rand(seed)
		script := "engine " + engines[seed%3] + "\n" + storm(seed)
		run := newRun(t, script)
		s := &run.store
		compare := func() {
			t.Helper()
			for range 6 {
				at := s.At(int(r.Below(int64(s.Len() + 1))))
				if r.Below(3) == 0 {
					at = s.Moment(consensus.Time(r.Below(int64(s.End()) + 1)))
				}
				got, want := s.Figures(at), slow{t, s, at.Events, at.T}.figures()
				if got != want {
					t.Fatalf("seed %d, after %d of %d events:\n got %+v\nwant %+v", seed, at.Events, s.Len(), got, want)
				}
				compared++
				hops += got.Hops
				if got.ServedAgainIn >= 0 {
					faults++
				}
			}
		}
		for at := consensus.Time(0); at < 1600*ms; at += 400 * ms {
			run.until(at)
			compare()
		}
		// Forks: the trace is cut back, and the same events come again.
		for range 3 {
			n := int(r.Below(int64(s.Len())))
			var rest []byte
			for i := n; i < s.Len(); i++ {
				rest = s.Event(i).Append(rest)
			}
			half := len(rest) / trace.EventSize / 2 * trace.EventSize
			if half == 0 {
				continue
			}
			s.Figures(run.end()) // what is kept of it must not survive
			if err := s.Add(uint32(n), rest[:half], 0, nil); err != nil {
				t.Fatal(err)
			}
			compare()
			if err := s.Add(uint32(s.Len()), rest[half:], 0, nil); err != nil {
				t.Fatal(err)
			}
			compare()
		}
	}
	if hops == 0 || faults < 20 {
		t.Errorf("%d comparisons, %d hops, %d faults that were overcome: they prove little", compared, hops, faults)
	}
}

// In the steady state a command costs one round trip between nodes in Raft and, after
// phase 1, in Multi-Paxos; in Synod it costs two, for each slot has a phase 1 of its own
// (Paxos Made Simple, sections 2.2 and 3; Raft, section 5.3).
func TestRoundTripsAreThoseOfThePapers(t *testing.T) {
	for engine, want := range map[string]string{"raft": "1", "multipaxos": "1", "synod": "2"} {
		for _, copies := range []string{"0", "100%"} { // a copy that overtakes changes nothing
			r := newRun(t, "engine "+engine+"\nnodes 5\nclients 1\nseed 6\npace 10/s\ncopies "+copies+"\n").until(4 * consensus.Second)
			f := r.store.Figures(r.end())
			row := find(t, f.Rows(), "round-trips")
			if row.Value != want || f.Commands < 20 {
				t.Errorf("%s, %s copies: %s round trips for each of %d commands, want %s", engine, copies, row.Value, f.Commands, want)
			}
		}
	}
}

func find(t *testing.T, rows []view.Figure, key string) view.Figure {
	t.Helper()
	for _, r := range rows {
		if r.Key == key {
			return r
		}
	}
	t.Fatalf("there is no figure %q", key)
	return view.Figure{}
}

// A hand-made run, in which each number can be counted on the fingers.
func TestFiguresOfASmallRun(t *testing.T) {
	r := newRun(t, "nodes 3\nclients 1\nseed 1\nat 700ms crash n2\nat 700ms crash n3\n")
	if none := r.store.Figures(r.store.At(0)); none.FirstLeader != -1 || none.Median != -1 || none.Leaderless != 0 || none.Sent != 0 {
		t.Errorf("before anything happened: %+v", none)
	}
	r.until(600 * ms)
	lead := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Role && e.Sub == 2 })
	first := r.store.Event(lead).T
	f := r.store.Figures(r.end())
	if f.FirstLeader != first || f.Leaderless != first || f.Elections != 1 || f.Fault != -1 || f.Done != 0 {
		t.Errorf("a leader since %v: %+v", first, f)
	}
	// Two of three are down: a leader left alone decides nothing, and nobody else could.
	r.until(1500 * ms)
	f = r.store.Figures(r.end())
	if f.Leaderless != first || f.Fault != 700*ms || f.LeaderAfter != -1 || f.DecisionAfter != -1 {
		t.Errorf("two of three are down: %+v", f)
	}
}

// Each figure has a name and says what it counts; what there is not is no number; the
// better one of two runs is told where one is better.
func TestFiguresAreComparedAsTheySay(t *testing.T) {
	good := view.Figures{T: consensus.Second, Sent: 100, Commands: 10, Decisions: 11, Hops: 2, FirstLeader: 100 * ms, FirstDecision: 110 * ms,
		Leaderless: 100 * ms, Commit: 8 * ms, Done: 10, Median: 10 * ms, P95: 20 * ms, Worst: 30 * ms, Last: 5 * ms, Fault: -1, LeaderAfter: -1, AskedAfter: -1, DecisionAfter: -1, ServedAgainIn: -1}
	bad := good
	bad.Hops, bad.FirstLeader, bad.Leaderless, bad.Done, bad.Median, bad.Sent = 4, 200*ms, -1, 9, 10*ms+500, 200
	for _, c := range view.Compare(good, bad) {
		want := map[string]int{"round-trips": -1, "first-leader": -1, "done": -1, "messages-each": -1}[c.Key]
		if c.Better != want {
			t.Errorf("%s: %s and %s: %d is better, want %d", c.Key, c.A, c.B, c.Better, want)
		}
		if c.Name == "" || c.Says == "" || strings.ContainsAny(c.Name+c.Says, "‹{") {
			t.Errorf("%s is called %q: %q", c.Key, c.Name, c.Says)
		}
	}
	for i, c := range view.Compare(bad, good) {
		if back := view.Compare(good, bad)[i]; c.Better != -back.Better || c.A != back.B || c.B != back.A {
			t.Errorf("%s: %+v the one way and %+v the other", c.Key, c, back)
		}
	}
	none := view.Figures{FirstLeader: -1, FirstDecision: -1, Leaderless: -1, Commit: -1, Median: -1, P95: -1, Worst: -1, Last: -1, LeaderAfter: -1, AskedAfter: -1, DecisionAfter: -1, ServedAgainIn: -1}
	dashes := 0
	for _, row := range none.Rows() {
		if row.Value == texts.Get("figures.none") {
			dashes++
		}
	}
	if dashes < 11 {
		t.Errorf("only %d figures of no run are said to be none", dashes)
	}
	for key, want := range map[string]string{"sent": "100", "messages-each": "10", "rate": "11", "leaderless": "100 ms", "round-trips": "1"} {
		if got := plain(find(t, good.Rows(), key).Value); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

// What the figures of a moment cost does not grow with the run.
func TestFiguresOfALongRunAreQuick(t *testing.T) {
	r := newRun(t, "nodes 5\nclients 8\npace 100/s\nseed 2\n").until(20 * consensus.Second)
	if r.store.Len() < 50_000 {
		t.Fatalf("only %d events", r.store.Len())
	}
	n := r.store.Len() - 2000
	if a := testing.AllocsPerRun(100, func() {
		n++
		r.store.Figures(r.store.At(n))
	}); a > 2 {
		t.Errorf("%v allocations for each moment, want at most 2", a)
	}
}

func BenchmarkFigures(b *testing.B) {
	r := newRun(new(testing.T), "nodes 5\nclients 8\npace 200/s\nseed 2\n").until(40 * consensus.Second)
	b.Run("playing", func(b *testing.B) {
		for i := range b.N {
			r.store.Figures(r.store.At(i * 40 % r.store.Len()))
		}
	})
	b.Run("jumping", func(b *testing.B) {
		rand := consensus.Rand(1)
		for range b.N {
			r.store.Figures(r.store.At(int(rand.Below(int64(r.store.Len())))))
		}
	})
}
