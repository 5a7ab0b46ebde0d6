package sim_test

import (
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// A message takes the latency, and its loss by a wall happens halfway.
func TestMessagesTravel(t *testing.T) {
	h := handPlayed(t, quietSetup(2, 0))
	h.atStart(1, ping(2, "hello"))
	want(t, only(h.until(10*ms), trace.Send, trace.Deliver), "send N1 0s", "deliver N2 10ms")
	h.act(scenario.Action{Kind: scenario.Crash, Node: 1})
	h.act(scenario.Action{Kind: scenario.Cut, Node: 1, Peer: 2})
	h.act(scenario.Action{Kind: scenario.Restart, Node: 1})
	want(t, only(h.until(30*ms), trace.Send, trace.Loss, trace.Deliver), "send N1 10ms", "loss N2 15ms")
	if e := h.events[len(h.events)-1]; trace.Cause(e.Rule) != trace.CauseCut || e.Peer != 1 {
		t.Errorf("lost as %+v", e)
	}
}

// A wall that rises while a message is in flight stops it, unless it is past the
// middle; one that falls again does not bring it back.
func TestAWallStopsWhatIsBeforeTheMiddle(t *testing.T) {
	for _, c := range []struct {
		at    consensus.Time
		kind  scenario.ActionKind
		cause trace.Cause
	}{
		{4 * ms, scenario.Cut, trace.CauseCut}, {4 * ms, scenario.Partition, trace.CausePartition},
		{5 * ms, scenario.Cut, 0}, {5 * ms, scenario.Partition, 0},
	} {
		h := handPlayed(t, quietSetup(3, 0))
		h.atStart(1, ping(2, "hello"))
		h.until(c.at)
		h.act(scenario.Action{Kind: c.kind, Node: 1, Peer: 2, Groups: []consensus.NodeSet{consensus.SetOf(2)}}) // a Cut ignores groups
		h.act(scenario.Action{Kind: scenario.Heal})
		end := only(h.until(20*ms), trace.Loss, trace.Deliver)
		if c.cause == 0 {
			want(t, end, "deliver N2 10ms")
		} else {
			want(t, end, "loss N2 5ms")
			if trace.Cause(end[0].Rule) != c.cause {
				t.Errorf("lost by %d, want %d", end[0].Rule, c.cause)
			}
		}
	}
}

// Who is in no group of a partition is together with the others who are in none.
func TestPartitionGroups(t *testing.T) {
	h := handPlayed(t, quietSetup(5, 0))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputStart {
			for id := consensus.NodeID(1); id <= 5; id++ {
				if id != k.Node {
					ping(id, "hi")(out)
				}
			}
		}
	}
	h.until(0)
	for id := consensus.NodeID(1); id <= 5; id++ {
		h.act(scenario.Action{Kind: scenario.Crash, Node: id})
	}
	h.until(20 * ms)
	events := h.act(scenario.Action{Kind: scenario.Partition, Groups: []consensus.NodeSet{consensus.SetOf(1, 2), consensus.SetOf(3)}})
	if len(events) != 2 || events[0].NodeSet() != consensus.SetOf(1, 2) || events[1].NodeSet() != consensus.SetOf(3) || events[1].Sub != 1 {
		t.Fatalf("the partition is told as %+v", events)
	}
	for id := consensus.NodeID(1); id <= 5; id++ {
		h.act(scenario.Action{Kind: scenario.Restart, Node: id})
	}
	side := map[consensus.NodeID]int{1: 1, 2: 1, 3: 2}
	got := 0
	for _, e := range only(h.until(40*ms), trace.Deliver, trace.Loss) {
		got++
		if together := side[e.Node] == side[e.Peer]; together != (e.Kind == trace.Deliver) {
			t.Errorf("%v to %v: %+v", e.Peer, e.Node, e)
		}
	}
	if got != 20 {
		t.Errorf("%d of 20 messages ended", got)
	}
	want(t, h.act(scenario.Action{Kind: scenario.Partition}), "partition nobody 40ms")
}

// Partitions and the dials for loss and copies leave clients' messages alone, until a
// link of theirs is set itself; a cut stops them like any other.
func TestClientsLinksAreTheirOwn(t *testing.T) {
	s := quietSetup(2, 1)
	s.Dials[scenario.LossRate], s.Dials[scenario.Copies] = scenario.Million, scenario.Million
	h := handPlayed(t, s)
	h.until(0)
	h.act(scenario.Action{Kind: scenario.Partition, Groups: []consensus.NodeSet{consensus.SetOf(1)}})
	ask := scenario.Action{Kind: scenario.Request, Node: consensus.Client(1), Peer: 1, Text: "x"}
	h.act(ask)
	want(t, only(h.until(10*ms), trace.Send, trace.Duplicate, trace.Deliver, trace.Loss), "deliver N1 10ms")
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.LossRate, Value: scenario.Million, Node: consensus.Client(1), Peer: 2})
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.Copies, Value: scenario.Million, Node: consensus.Client(1), Peer: 2})
	// Its patience ends at 500 ms; the next it asks is N2, and that message and its copy are lost.
	want(t, only(h.until(520*ms), trace.Retry, trace.Duplicate, trace.Deliver, trace.Loss),
		"retry C1 500ms", "duplicate C1 500ms", "loss N2 505ms", "loss N2 505ms")
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.LossRate, Value: scenario.Million}) // everywhere: not for clients
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.Copies, Value: 0})
	h.act(scenario.Action{Kind: scenario.Cut, Node: consensus.Client(1), Peer: 1})
	want(t, only(h.until(2*consensus.Second), trace.Retry, trace.Duplicate, trace.Deliver, trace.Loss),
		"retry C1 1s", "loss N1 1.005s", "retry C1 1.5s", "deliver N2 1.51s", "retry C1 2s")
}

// Drop, copy and hold do what they say to one message.
func TestOneMessage(t *testing.T) {
	h := handPlayed(t, quietSetup(3, 0))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Node == 1 && k.Input.Kind == consensus.InputStart {
			ping(2, "one")(out)
			ping(2, "two")(out)
			ping(3, "three")(out)
		}
		if k.Input.Kind == consensus.InputMessage && k.Node == 3 && string(k.Input.Message.Data) != "three" {
			t.Errorf("N3 got %q", k.Input.Message.Data)
		}
	}
	h.until(2 * ms)
	want(t, h.act(scenario.Action{Kind: scenario.Drop, Message: 1}), "loss N2 2ms")
	want(t, h.act(scenario.Action{Kind: scenario.Hold, Message: 2, Value: int64(30 * ms)}), "delay N1 2ms")
	copied := h.act(scenario.Action{Kind: scenario.Copy, Message: 3})
	want(t, copied, "duplicate N1 2ms")
	if e := copied[0]; e.ID != 4 || e.A != 3 || trace.Wide(e.B, e.C) != int64(12*ms) {
		t.Errorf("the copy is %+v", e)
	}
	h.refuse(scenario.Action{Kind: scenario.Drop, Message: 1}, "message 1 is not in flight at 0.002 s")
	h.refuse(scenario.Action{Kind: scenario.Hold, Message: 2}, "a message can be held for up to 60s, not 0s")
	want(t, only(h.until(60*ms), trace.Deliver, trace.Loss), "deliver N3 10ms", "deliver N3 12ms", "deliver N2 40ms")
	if m, ok := h.w.Message(2); ok {
		t.Errorf("message 2 has arrived and is still %+v", m)
	}
	h.refuse(scenario.Action{Kind: scenario.Copy, Message: 2}, "message 2 is not in flight at 0.060 s")
	h.refuse(scenario.Action{Kind: scenario.Copy, Message: 0}, "message 0 is not in flight at 0.060 s")
}

// What arrives at a node that is down is lost there, and so is what waited in the
// inbox of one that crashes. What a node sent before its crash travels on.
func TestMessagesAndCrashes(t *testing.T) {
	h := handPlayed(t, quietSetup(2, 0))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		switch {
		case k.Input.Kind == consensus.InputStart && k.Node == 1:
			ping(2, "one")(out)
			ping(2, "two")(out)
			ping(2, "three")(out)
		case k.Input.Kind == consensus.InputMessage && string(k.Input.Message.Data) == "one":
			out.Write = append(out.Write, "kept"...)
			ping(1, "never seen")(out)
		}
	}
	h.until(5 * ms)
	h.act(scenario.Action{Kind: scenario.Crash, Node: 1})
	want(t, h.until(10*ms), "deliver N2 10ms", "write N2 10ms")
	h.refuse(scenario.Action{Kind: scenario.Drop, Message: 2}, "message 2 has arrived already; N2 takes it when its disk is done")
	want(t, h.act(scenario.Action{Kind: scenario.Crash, Node: 2}), "crash N2 10ms", "write-lost N2 10ms", "loss N2 10ms", "loss N2 10ms")
	if left := h.until(100 * ms); len(left) != 0 {
		t.Errorf("after the crash: %+v", left)
	}
	h.act(scenario.Action{Kind: scenario.Restart, Node: 1})
	want(t, only(h.until(200*ms), trace.Loss, trace.Deliver), "loss N2 110ms", "loss N2 110ms", "loss N2 110ms")
	for _, e := range h.events[len(h.events)-3:] {
		if trace.Cause(e.Rule) != trace.CauseDown {
			t.Errorf("lost as %+v", e)
		}
	}
}

// The inbox of a busy node holds InboxMax messages and no more.
func TestInboxIsBounded(t *testing.T) {
	s := quietSetup(2, 0)
	s.Dials[scenario.DiskTime] = int64(consensus.Second)
	h := handPlayed(t, s)
	h.play = func(k *sim.Work, out *consensus.Effects) {
		switch {
		case k.Input.Kind == consensus.InputStart && k.Node == 1:
			for range sim.InboxMax + 3 {
				ping(2, "x")(out)
			}
		case k.Input.Kind == consensus.InputMessage && len(h.events) == 0:
			out.Write = append(out.Write, 1)
			h.events = make([]trace.Event, 1)
		}
	}
	h.until(0)
	h.events = nil
	events := only(h.until(20*ms), trace.Loss, trace.Deliver)
	if len(events) != 3 || trace.Cause(events[2].Rule) != trace.CauseFull || events[1].Kind != trace.Loss {
		t.Fatalf("at the busy node: %+v", events)
	}
	if n := len(only(h.until(2*consensus.Second), trace.Deliver)); n != sim.InboxMax {
		t.Errorf("%d messages came out of the inbox", n)
	}
}

// openLoop is a cluster whose traffic does not depend on what the network does: every
// node pings all others all the time and nobody answers.
func openLoop(dials ...int64) scenario.Setup {
	s := quietSetup(4, 0)
	s.Options = []scenario.Option{option("write", 0), option("answer", 0), option("resets", 0), option("period", int64(3*ms))}
	for i := 0; i < len(dials); i += 2 {
		s.Dials[dials[i]] = dials[i+1]
	}
	return s
}

// fate is what became of the n-th message on a link.
type fate struct {
	sent, way consensus.Duration
	lost      bool
	copies    int
}

// fates runs an open loop for two seconds and returns what became of each message, by
// link and place on the link.
func fates(t *testing.T, s scenario.Setup) map[[2]consensus.NodeID][]fate {
	t.Helper()
	w := open(t, s)
	out := map[[2]consensus.NodeID][]fate{}
	type at struct {
		link [2]consensus.NodeID
		i    int
	}
	where := map[uint32]at{}
	for !w.RunUntil(2*consensus.Second, 10_000) {
	}
	_, events := w.Drain()
	for _, e := range events {
		link := [2]consensus.NodeID{e.Node, e.Peer}
		switch e.Kind {
		case trace.Send:
			if e.T > 1900*ms {
				continue // its end may be after the run's
			}
			where[e.ID] = at{link, len(out[link])}
			out[link] = append(out[link], fate{sent: e.T, way: consensus.Time(trace.Wide(e.A, e.B)) - e.T})
		case trace.Loss:
			if p, ok := where[e.ID]; ok {
				out[p.link][p.i].lost = true
			}
		case trace.Duplicate:
			if p, ok := where[e.A]; ok {
				out[p.link][p.i].copies++
			}
		}
	}
	return out
}

// Turning one dial leaves all else as it was: the fate of a message is drawn from its
// own place on its own link, for each purpose apart.
func TestTurningOneDialDoesNotReshuffleTheRest(t *testing.T) {
	const third = scenario.Million / 3
	jitter, loss, copies, reorder := int64(scenario.Jitter), int64(scenario.LossRate), int64(scenario.Copies), int64(scenario.Reorder)
	base := fates(t, openLoop(jitter, int64(5*ms), loss, third, copies, third))
	compare := func(name string, other map[[2]consensus.NodeID][]fate, same func(a, b fate) bool) {
		n := 0
		for link, a := range base {
			b := other[link]
			if len(a) != len(b) {
				t.Fatalf("%s: %v has %d messages, then %d", name, link, len(a), len(b))
			}
			for i := range a {
				n++
				if !same(a[i], b[i]) {
					t.Fatalf("%s: message %d of %v is %+v, then %+v", name, i, link, a[i], b[i])
				}
			}
		}
		if n < 5000 {
			t.Fatalf("%s: only %d messages compared", name, n)
		}
	}
	compare("no loss", fates(t, openLoop(jitter, int64(5*ms), copies, third)), func(a, b fate) bool {
		return a.sent == b.sent && a.way == b.way && a.copies == b.copies && !b.lost
	})
	compare("more loss", fates(t, openLoop(jitter, int64(5*ms), loss, 2*third, copies, third)), func(a, b fate) bool {
		return a.way == b.way && a.copies == b.copies && (b.lost || !a.lost) // what was lost is lost
	})
	compare("no copies", fates(t, openLoop(jitter, int64(5*ms), loss, third)), func(a, b fate) bool {
		return a.way == b.way && a.lost == b.lost && b.copies == 0
	})
	compare("no jitter", fates(t, openLoop(loss, third, copies, third)), func(a, b fate) bool {
		return a.sent == b.sent && b.way == 10*ms && a.lost == b.lost && a.copies == b.copies
	})
	compare("another way of disks and clients", fates(t, openLoop(jitter, int64(5*ms), loss, third, copies, third,
		int64(scenario.DiskTime), 0, int64(scenario.TornTail), 7, int64(scenario.Patience), int64(ms))),
		func(a, b fate) bool { return a == b })
	late := 0
	compare("reordered", fates(t, openLoop(jitter, int64(5*ms), loss, third, copies, third, reorder, third)), func(a, b fate) bool {
		if b.way > a.way {
			late++
		}
		// a message that kept its place may be earlier, since it no longer queues behind a late one
		return a.sent == b.sent && a.lost == b.lost && a.copies == b.copies
	})
	if late == 0 {
		t.Error("nothing was reordered")
	}
}

// A dial that is set for one link is that link's alone, until it is set everywhere.
func TestADialOfOneLink(t *testing.T) {
	s := openLoop()
	w := open(t, s)
	a := newAudit(s)
	act := func(x scenario.Action) {
		t.Helper()
		if err := w.Act(x); err != nil {
			t.Fatal(err)
		}
	}
	lost := func() (links map[[2]consensus.NodeID]int) {
		w.RunUntil(w.Now()+100*ms, 0)
		before := a.events
		links = map[[2]consensus.NodeID]int{}
		c := w.Clone() // the audit drains the events that are counted here
		_, events := w.Drain()
		for i := range events {
			if err := a.event(&events[i]); err != nil {
				t.Fatal(err)
			}
			if events[i].Kind == trace.Loss {
				links[[2]consensus.NodeID{events[i].Peer, events[i].Node}]++
			}
		}
		a.events = before + len(events)
		if err := a.agree(c); err != nil {
			t.Fatal(err)
		}
		return links
	}
	act(scenario.Action{Kind: scenario.Turn, Dial: scenario.LossRate, Value: scenario.Million, Node: 2, Peer: 3})
	act(scenario.Action{Kind: scenario.Turn, Dial: scenario.Latency, Value: int64(ms), Node: 2, Peer: 3})
	act(scenario.Action{Kind: scenario.Turn, Dial: scenario.LossRate, Value: scenario.Million, Node: 1, Peer: 4})
	if got := lost(); len(got) != 2 || got[[2]consensus.NodeID{2, 3}] < 20 || got[[2]consensus.NodeID{1, 4}] < 20 {
		t.Errorf("lost on %v", got)
	}
	act(scenario.Action{Kind: scenario.Turn, Dial: scenario.LossRate, Value: 0, Node: 1, Peer: 4})
	w.RunUntil(w.Now()+20*ms, 0)
	a.must(t, w)
	if got := lost(); len(got) != 1 || got[[2]consensus.NodeID{2, 3}] < 20 {
		t.Errorf("lost on %v", got)
	}
	act(scenario.Action{Kind: scenario.Turn, Dial: scenario.LossRate, Value: 0})
	w.RunUntil(w.Now()+20*ms, 0)
	a.must(t, w)
	if got := lost(); len(got) != 0 {
		t.Errorf("lost on %v", got)
	}
}

// The shares of the dials come out as they are set. The numbers are exact: the same
// seed draws the same.
func TestSharesOfTheDials(t *testing.T) {
	s := openLoop(int64(scenario.Jitter), int64(8*ms), int64(scenario.LossRate), 100_000, int64(scenario.Copies), 250_000, int64(scenario.Reorder), 50_000)
	w := open(t, s)
	w.RunUntil(10*consensus.Second, 0)
	_, events := w.Drain()
	var sends, losses, copies, overtaken int64
	var sum consensus.Duration
	lastSent := map[[2]consensus.NodeID]uint32{}
	copied := map[uint32]bool{}
	for _, e := range events {
		switch e.Kind {
		case trace.Send:
			sends++
			sum += consensus.Time(trace.Wide(e.A, e.B)) - e.T
		case trace.Duplicate:
			copies++
			copied[e.ID] = true
		case trace.Loss:
			if !copied[e.ID] {
				losses++
			}
		case trace.Deliver:
			link := [2]consensus.NodeID{e.Peer, e.Node}
			if copied[e.ID] {
				continue
			}
			if e.ID < lastSent[link] {
				overtaken++
			} else {
				lastSent[link] = e.ID
			}
		}
	}
	near := func(name string, got, share, slack int64) {
		t.Helper()
		if d := got*scenario.Million/sends - share; d < -slack || d > slack {
			t.Errorf("%s: %d of %d messages, that is %d ppm, want %d", name, got, sends, got*scenario.Million/sends, share)
		}
	}
	if sends < 30_000 {
		t.Fatalf("only %d messages", sends)
	}
	near("lost", losses, 100_000, 5_000)
	near("copied", copies, 250_000, 8_000)
	near("overtaken", overtaken, 45_000, 15_000)
	if mean := sum / consensus.Duration(sends); mean < 14*ms || mean > 18*ms {
		t.Errorf("a message takes %d us on average, expected about 16 ms with reordering and queueing", mean/1000)
	}
}

// A copy has a fate and a way of its own.
func TestCopiesHaveTheirOwnFate(t *testing.T) {
	s := openLoop(int64(scenario.Jitter), int64(8*ms), int64(scenario.LossRate), scenario.Million/2, int64(scenario.Copies), scenario.Million)
	w := open(t, s)
	w.RunUntil(consensus.Second, 0)
	_, events := w.Drain()
	copyOf := map[uint32]uint32{}
	lost := map[uint32]bool{}
	due := map[uint32]int64{}
	for _, e := range events {
		switch e.Kind {
		case trace.Send:
			due[e.ID] = trace.Wide(e.A, e.B)
		case trace.Duplicate:
			copyOf[e.ID] = e.A
			due[e.ID] = trace.Wide(e.B, e.C)
		case trace.Loss:
			lost[e.ID] = true
		}
	}
	fates := map[[2]bool]int{}
	together := 0
	for c, o := range copyOf {
		if int64(w.Now())-due[o] < int64(30*ms) {
			continue
		}
		fates[[2]bool{lost[o], lost[c]}]++
		if due[o] == due[c] {
			together++
		}
	}
	for f, n := range fates {
		if n < 700 || n > 1100 {
			t.Errorf("message and copy lost %v: %d times of %v", f, n, fates)
		}
	}
	if len(fates) != 4 || together > len(copyOf)/10 {
		t.Errorf("the fates are %v; %d of %d copies arrive with the message", fates, together, len(copyOf))
	}
}

// Messages keep their order on a link, whatever the jitter, and the audit sees it.
func TestLinksKeepOrder(t *testing.T) {
	s := openLoop(int64(scenario.Jitter), int64(40*ms))
	w := open(t, s)
	a := newAudit(s)
	w.RunUntil(3*consensus.Second, 0)
	a.must(t, w)
	if a.counts[trace.Deliver] < 10_000 {
		t.Errorf("only %d deliveries", a.counts[trace.Deliver])
	}
}
