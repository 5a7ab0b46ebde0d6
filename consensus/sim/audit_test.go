package sim_test

import (
	"fmt"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// audit is the slow and obvious reader of a trace: it knows every message, timer,
// write and client, and what each event may say about them.
type audit struct {
	setup   scenario.Setup
	now     consensus.Time
	digest  trace.Digest
	events  int
	sent    uint32
	flights map[uint32]*auditFlight
	last    map[[2]consensus.NodeID]uint32 // last ordered message delivered on a link
	cut     map[[2]consensus.NodeID]bool
	groups  []consensus.NodeSet
	nodes   map[consensus.NodeID]*auditNode
	clients map[consensus.NodeID]*auditClient
	dials   map[scenario.Dial]int64
	ordered bool // no message was ever let past another by the dial Reorder
	counts  map[trace.Kind]int
	causes  map[trace.Cause]int
	loose   bool // the engine writes without waiting: it is never busy
	walled  bool // a partition was told of, perhaps not all of it
}

type auditFlight struct {
	id        uint32
	from, to  consensus.NodeID
	sent, due consensus.Time
	loose     bool // a copy, or held: keeps no order
	barred    trace.Cause
	shut      bool // was barred when it was sent
	sub       uint8
	flags     consensus.MessageFlags
	term      consensus.Term
}

type auditNode struct {
	up     bool
	timers [consensus.TimersMax]consensus.Time
	writes []auditWrite
	disk   int
	lately consensus.Time // last time it took an input or became free
}

type auditWrite struct {
	bytes uint32
	at    consensus.Time
}

type auditClient struct {
	seq, tries uint32
	busy       bool
}

func newAudit(s scenario.Setup) *audit {
	a := &audit{
		setup: s, flights: map[uint32]*auditFlight{}, last: map[[2]consensus.NodeID]uint32{},
		cut: map[[2]consensus.NodeID]bool{}, nodes: map[consensus.NodeID]*auditNode{},
		clients: map[consensus.NodeID]*auditClient{}, dials: map[scenario.Dial]int64{}, ordered: true,
		counts: map[trace.Kind]int{}, causes: map[trace.Cause]int{},
	}
	for i := 1; i <= s.Nodes; i++ {
		a.nodes[consensus.NodeID(i)] = &auditNode{disk: len(s.Disks[consensus.NodeID(i)])}
	}
	for i := 1; i <= s.Clients; i++ {
		a.clients[consensus.Client(i)] = &auditClient{}
	}
	for d := scenario.Latency; d.Info() != nil; d++ {
		a.dials[d] = s.Dials[d]
	}
	a.ordered = s.Dials[scenario.Reorder] == 0
	return a
}

// read drains the World, checks its new events, and then that the two agree.
func (a *audit) read(w *sim.World) error {
	first, events := w.Drain()
	if first != a.events {
		return fmt.Errorf("drained from event %d, expected %d", first, a.events)
	}
	for i := range events {
		e := events[i]
		if err := a.event(&e); err != nil {
			return fmt.Errorf("event %d %+v: %w", a.events, e, err)
		}
		a.events++
	}
	if a.walled {
		a.bar()
		a.walled = false
	}
	return a.agree(w)
}

func (a *audit) agree(w *sim.World) error {
	if a.digest != w.Digest() || a.events != w.Events() {
		return fmt.Errorf("digest %v of %d events, the World says %v of %d", a.digest, a.events, w.Digest(), w.Events())
	}
	if w.Now() < a.now {
		return fmt.Errorf("Now is %d, the last event was at %d", w.Now(), a.now)
	}
	for id, f := range a.flights {
		m, ok := w.Message(id)
		if !ok || m.From != f.from || m.To != f.to || uint8(m.Kind) != f.sub {
			return fmt.Errorf("message %d is in flight by the trace, the World says %v %+v", id, ok, m)
		}
	}
	for id, n := range a.nodes {
		if w.Up(id) != n.up && n.up {
			return fmt.Errorf("%v is up by the trace and not in the World", id)
		}
		if len(w.Disk(id)) != n.disk {
			return fmt.Errorf("the disk of %v has %d bytes by the trace, %d in the World", id, n.disk, len(w.Disk(id)))
		}
	}
	return nil
}

func (a *audit) event(e *trace.Event) error {
	if e.T < a.now {
		return fmt.Errorf("time goes backwards from %d", a.now)
	}
	if a.walled && e.Kind != trace.Partition {
		a.bar()
	}
	a.walled = e.Kind == trace.Partition
	a.now = e.T
	a.digest = a.digest.Add(e)
	a.counts[e.Kind]++
	var b [trace.EventSize]byte
	var back trace.Event
	if err := back.Decode(e.Append(b[:0])); err != nil || back != *e {
		return fmt.Errorf("does not survive its encoding: %v", err)
	}
	if n := a.nodes[e.Node]; n != nil && !n.up {
		switch e.Kind {
		case trace.Boot, trace.Loss, trace.WriteLost, trace.Cut, trace.Heal, trace.Clock, trace.Dial, trace.Refused,
			trace.Duplicate, trace.Delay:
		default:
			return fmt.Errorf("%v is down", e.Node)
		}
	}
	switch e.Kind {
	case trace.Send, trace.Deliver, trace.Loss, trace.Duplicate, trace.Delay:
		return a.message(e)
	case trace.TimerSet, trace.TimerCancel, trace.TimerFire:
		return a.timer(e)
	case trace.Write, trace.Sync, trace.WriteLost:
		return a.disk(e)
	case trace.Invoke, trace.Retry, trace.Answer, trace.Refuse, trace.GiveUp:
		return a.client(e)
	}
	return a.fault(e)
}

func (a *audit) between(from, to consensus.NodeID) trace.Cause {
	if a.cut[[2]consensus.NodeID{from, to}] {
		return trace.CauseCut
	}
	side := func(id consensus.NodeID) int {
		for i, g := range a.groups {
			if g.Has(id) {
				return i
			}
		}
		return -1
	}
	if len(a.groups) > 0 && from.IsNode() && to.IsNode() && side(from) != side(to) {
		return trace.CausePartition
	}
	return 0
}

// bar marks the messages that a new wall stops.
func (a *audit) bar() {
	for _, f := range a.flights {
		if f.barred == 0 && f.sent+(f.due-f.sent)/2 > a.now {
			f.barred = a.between(f.from, f.to)
		}
	}
}

func (a *audit) message(e *trace.Event) error {
	if e.Kind == trace.Send || e.Kind == trace.Duplicate {
		a.sent++
		if e.ID != a.sent {
			return fmt.Errorf("send number %d, expected %d", e.ID, a.sent)
		}
		f := &auditFlight{id: e.ID, from: e.Node, to: e.Peer, sent: e.T, sub: e.Sub, flags: e.Flags, term: e.Term}
		f.due = consensus.Time(trace.Wide(e.A, e.B))
		if e.Kind == trace.Duplicate {
			o := a.flights[e.A]
			if o == nil || o.from != f.from || o.to != f.to || o.sub != f.sub || o.flags != f.flags || o.term != f.term {
				return fmt.Errorf("is no copy of %+v", o)
			}
			f.due, f.loose = consensus.Time(trace.Wide(e.B, e.C)), true
		}
		if f.due < e.T+sim.FlightMin {
			return fmt.Errorf("arrives at %d", f.due)
		}
		f.barred = a.between(f.from, f.to)
		f.shut = f.barred != 0
		a.flights[e.ID] = f
		return nil
	}
	f := a.flights[e.ID]
	if f == nil {
		return fmt.Errorf("message %d is not in flight", e.ID)
	}
	if e.Kind == trace.Delay {
		f.due, f.loose = consensus.Time(trace.Wide(e.A, e.B)), true
		return nil
	}
	delete(a.flights, e.ID)
	if f.from != e.Peer || f.to != e.Node || f.sub != e.Sub || f.flags != e.Flags || f.term != e.Term {
		return fmt.Errorf("was sent as %+v", f)
	}
	if e.Kind == trace.Deliver {
		return a.delivered(e, f)
	}
	a.causes[trace.Cause(e.Rule)]++
	half := f.sent + (f.due-f.sent)/2
	switch trace.Cause(e.Rule) {
	case trace.CauseLoss:
		if f.shut || e.T < half || !f.loose && e.T != half {
			return fmt.Errorf("lost by chance: %+v", f)
		}
	case trace.CauseCut, trace.CausePartition:
		if f.barred != trace.Cause(e.Rule) || e.T < half || !f.loose && e.T != half {
			return fmt.Errorf("lost at a wall: %+v", f)
		}
	case trace.CauseDown:
		if n := a.nodes[e.Node]; n == nil || n.up || e.T < f.due {
			return fmt.Errorf("lost at a node that is up, or too early: %+v", f)
		}
	case trace.CauseFull:
		if n := a.nodes[e.Node]; e.T != f.due || len(n.writes) == 0 {
			return fmt.Errorf("lost at an inbox that is not full: %+v", f)
		}
	case trace.CauseDropped:
	default:
		return fmt.Errorf("no such cause")
	}
	return nil
}

func (a *audit) delivered(e *trace.Event, f *auditFlight) error {
	if f.barred != 0 {
		return fmt.Errorf("went through a wall: %+v", f)
	}
	if e.T < f.due {
		return fmt.Errorf("arrives before its time %d", f.due)
	}
	if n := a.nodes[e.Node]; n != nil {
		if a.busy(n) {
			return fmt.Errorf("%v is busy with %+v", e.Node, n.writes)
		}
		if e.T != f.due && e.T != n.lately {
			return fmt.Errorf("waited until %d though %v was free at %d", e.T, e.Node, n.lately)
		}
		n.lately = e.T
	} else if e.T != f.due {
		return fmt.Errorf("arrives after its time %d", f.due)
	}
	link := [2]consensus.NodeID{f.from, f.to}
	if !f.loose && a.ordered {
		if f.id < a.last[link] {
			return fmt.Errorf("comes after %d", a.last[link])
		}
		a.last[link] = f.id
	}
	return nil
}

// busy is only known for an engine that never writes loosely.
func (a *audit) busy(n *auditNode) bool { return len(n.writes) > 0 && !a.loose }

func (a *audit) timer(e *trace.Event) error {
	n := a.nodes[e.Node]
	t := &n.timers[e.Sub]
	switch e.Kind {
	case trace.TimerSet:
		*t = consensus.Time(trace.Wide(e.A, e.B))
		if span := consensus.Time(trace.Wide(e.C, e.D)); *t != e.T+span || span < 0 {
			return fmt.Errorf("runs %d until %d", span, *t)
		}
		return nil
	case trace.TimerFire:
		if e.ID == 0 && *t > e.T {
			return fmt.Errorf("fires before %d", *t)
		}
		if a.busy(n) {
			return fmt.Errorf("%v is busy", e.Node)
		}
		if e.ID == 0 && *t != e.T && n.lately != e.T {
			return fmt.Errorf("waited though %v was free", e.Node)
		}
		n.lately = e.T
	}
	if *t == 0 {
		return fmt.Errorf("the timer does not run")
	}
	*t = 0
	return nil
}

func (a *audit) disk(e *trace.Event) error {
	n := a.nodes[e.Node]
	switch e.Kind {
	case trace.Write:
		at := consensus.Time(trace.Wide(e.B, e.C))
		if a.busy(n) || at < e.T {
			return fmt.Errorf("writes while %+v", n.writes)
		}
		n.writes = append(n.writes, auditWrite{e.A, at})
		return nil
	case trace.Sync:
		if len(n.writes) == 0 || n.writes[0].bytes != e.A || n.writes[0].at != e.T {
			return fmt.Errorf("under way were %+v", n.writes)
		}
		n.writes = n.writes[1:]
		n.disk += int(e.A)
		n.lately = e.T
		return nil
	}
	sum := uint32(0)
	for _, x := range n.writes {
		sum += x.bytes
	}
	if n.up || sum != e.A || e.B >= e.A {
		return fmt.Errorf("under way were %d bytes", sum)
	}
	if a.dials[scenario.TornTail] == 0 && e.B != 0 {
		return fmt.Errorf("a torn tail")
	}
	n.writes, n.disk = nil, n.disk+int(e.B)
	return nil
}

func (a *audit) client(e *trace.Event) error {
	c := a.clients[e.Node]
	if e.Kind == trace.Invoke {
		if c.busy || e.B != c.seq+1 {
			return fmt.Errorf("client is %+v", c)
		}
		*c = auditClient{seq: e.B, busy: true, tries: 1}
		return nil
	}
	if !c.busy || e.B != c.seq {
		return fmt.Errorf("client is %+v", c)
	}
	switch e.Kind {
	case trace.Retry:
		if e.A != c.tries || e.A >= sim.AttemptsMax {
			return fmt.Errorf("client is %+v", c)
		}
		c.tries++
	case trace.GiveUp:
		if e.A != sim.AttemptsMax {
			return fmt.Errorf("client is %+v", c)
		}
		c.busy = false
	case trace.Answer:
		c.busy = false
	}
	return nil
}

func (a *audit) fault(e *trace.Event) error {
	n := a.nodes[e.Node]
	link := [2]consensus.NodeID{e.Node, e.Peer}
	switch e.Kind {
	case trace.Boot:
		if n.up || int(e.A) != n.disk || (e.Sub == 1) != (n.disk > 0) {
			return fmt.Errorf("up %v, %d bytes on disk", n.up, n.disk)
		}
		n.up = true
	case trace.Crash:
		n.up = false
		n.timers = [consensus.TimersMax]consensus.Time{}
	case trace.Cut:
		a.cut[link] = true
		a.bar()
	case trace.Heal:
		if !a.cut[link] {
			return fmt.Errorf("was not cut")
		}
		delete(a.cut, link)
	case trace.Partition:
		if e.Sub == 0 {
			a.groups = nil
		}
		if g := e.NodeSet(); g.Len() > 0 {
			a.groups = append(a.groups, g)
		}
	case trace.Dial:
		d := scenario.Dial(e.Sub)
		a.dials[d] = trace.Wide(e.A, e.B)
		if d == scenario.Reorder && a.dials[d] > 0 {
			a.ordered = false
		}
	case trace.Violation:
		return fmt.Errorf("violation")
	}
	return nil
}

// must reads the World's new events and fails the test on anything wrong.
func (a *audit) must(t *testing.T, w *sim.World) {
	t.Helper()
	if err := a.read(w); err != nil {
		t.Fatal(err)
	}
}
