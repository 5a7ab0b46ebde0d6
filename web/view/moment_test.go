package view_test

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/view"
)

func plain(s string) string {
	return strings.NewReplacer("\u202f", " ", "\u2212", "-").Replace(s)
}

// A visitor sees an election within five seconds at the speed the page opens with.
func TestOpeningShowsAnElectionSoon(t *testing.T) {
	for seed := range 40 {
		r := newRun(t, "nodes 5\nseed "+string(rune('0'+seed/10))+string(rune('0'+seed%10))+"\n").until(1000 * ms)
		s := &r.store
		at := s.Opening()
		fire := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.TimerFire })
		if at.T >= s.Event(fire).T || at.Events > fire {
			t.Fatalf("seed %d: playback begins at %v, and the first timer ran out at %v", seed, at.T, s.Event(fire).T)
		}
		seen := at.T + view.SpeedDefault.Virtual(5*consensus.Second)
		asked := r.find(fire, func(e *trace.Event) bool { return e.Kind == trace.Role && e.Sub == raft.Candidate })
		answered := r.find(fire, func(e *trace.Event) bool { return e.Kind == trace.Vote && e.Peer != e.Node && e.Peer != 0 })
		if s.Event(asked).T > seen || s.Event(answered).T > seen {
			t.Errorf("seed %d: after 5 s nobody has voted yet", seed)
		}
	}
	// Before anything happened, the timers say when it will.
	r := newRun(t, "nodes 3\nseed 2\n").until(0)
	if at := r.store.Opening(); at.T <= 100*ms || at.Events != r.store.Len() {
		t.Errorf("with only the beginning known, playback begins at %v after %d events", at.T, at.Events)
	}
	var empty view.Store
	if at := empty.Opening(); at != (view.Cursor{}) {
		t.Errorf("an empty store opens at %+v", at)
	}
}

func TestHeadlines(t *testing.T) {
	r := newRun(t, `nodes 5
seed 7
at 400ms crash n4
at 900ms crash n1
at 1000ms crash n3
at 1100ms restart n1
at 1100ms restart n3
at 1100ms restart n4
at 2000ms partition n1 n5 | n2 n3 n4
`).until(4000 * ms)
	s := &r.store
	for _, c := range []struct {
		ms   consensus.Time
		want string
	}{
		{0, "All wait for a leader. Whose timer runs out first stands for election."},
		{186, "No leader: N4 asks for votes in term 1."},
		{190, "No leader: N1 and N4 ask for votes in term 1."},
		{217, "N4 leads term 1."},
		{401, "No leader in term 1: the next node whose timer runs out stands for election."},
		{800, "N5 leads term 2. 1 of 5 nodes is down: a majority still agrees."},
		{950, "N5 leads term 2. 2 of 5 nodes are down: a majority still agrees."},
		{1050, "3 of 5 nodes are down. Without 3 of them nothing can be agreed: nothing wrong, either."},
		{2001, "N5 still leads term 2 but reaches no majority: nothing new can be agreed on its side."},
	} {
		if got := s.Status(s.Moment(c.ms * ms)).Headline; got != c.want {
			t.Errorf("at %d ms: %q, want %q", c.ms, got, c.want)
		}
	}
	v := s.Status(s.Moment(950 * ms))
	if v.Term != 2 || v.Leader != 5 || v.Up != 3 || v.Down != 2 || v.Majority != 3 || v.Commit == 0 || v.TermWord != "term" || v.Alarm {
		t.Errorf("status %+v", v)
	}
	if got := s.Status(s.Moment(220 * ms)); got.InFlight != len(s.State(s.Before(220*ms)).Messages) || got.InFlight == 0 {
		t.Errorf("%d messages in flight", got.InFlight)
	}
}

func TestTimelineIsTheSameAsTheSlowOne(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	for _, until := range []consensus.Time{0, 1, 100 * ms, 333 * ms, 1500 * ms, 9000 * ms} {
		for _, width := range []int{0, 1, 7, 300, 1000, 100_000} {
			v := s.Timeline(width, until)
			if until == 0 || width == 0 {
				if len(v.Spans)+len(v.Marks) != 0 {
					t.Errorf("a timeline of nothing has %v", v)
				}
				continue
			}
			// Spans cover it without gaps, neighbours differ, and at the beginning of
			// each pixel the state of that moment tells the same leader and term.
			x := 0
			for i, span := range v.Spans {
				if span.X0 != x || span.X1 <= x {
					t.Fatalf("span %d is %+v, want it to begin at %d", i, span, x)
				}
				x = span.X1
			}
			if x != v.Width {
				t.Fatalf("the spans end at %d of %d", x, v.Width)
			}
			if len(v.Spans) > v.Width || len(v.Marks) > 5*v.Width {
				t.Fatalf("%d spans and %d marks for %d pixels", len(v.Spans), len(v.Marks), v.Width)
			}
			for _, span := range v.Spans {
				if span.X1-span.X0 < 3 {
					continue
				}
				mid := v.At(span.X0 + (span.X1-span.X0)/2)
				if st := s.Status(s.Moment(mid)); st.Leader != span.Leader || st.Term != span.Term {
					t.Errorf("at %v the timeline says %v leads term %d, the state %v and %d", mid, span.Leader, span.Term, st.Leader, st.Term)
				}
			}
			// Each event with a mark is counted in its pixel, and no other.
			count := map[view.Mark]int{}
			for _, m := range v.Marks {
				count[m.Mark] += m.Count
				if got := min(v.X(s.Event(m.Event).T), v.Width-1); got != m.X {
					t.Errorf("the mark of event %d stands at %d, want %d", m.Event, m.X, got)
				}
			}
			elections, faults := 0, 0
			for i := range s.Len() {
				switch e := s.Event(i); {
				case e.T > until:
				case e.Kind == trace.Role && e.Sub == raft.Leader:
					elections++
				case e.Kind == trace.Crash, e.Kind == trace.Cut, e.Kind == trace.Partition && e.Sub == 0 && e.NodeSet().Len() > 0:
					faults++
				}
			}
			if count[view.MarkElection] != elections || count[view.MarkFault] != faults {
				t.Errorf("%d elections and %d faults are marked, want %d and %d", count[view.MarkElection], count[view.MarkFault], elections, faults)
			}
		}
	}
}

func TestTimelineOfALongRunStaysSmall(t *testing.T) {
	r := newRun(t, "nodes 3\nseed 5\nclients 3\npace 400/s\n").until(20_000 * ms)
	if r.store.Len() < 50_000 {
		t.Fatalf("only %d events: the run is not long", r.store.Len())
	}
	v := r.store.Timeline(500, r.store.End())
	if len(v.Marks) > 520 || len(v.Spans) > 20 {
		t.Errorf("%d marks and %d spans on 500 pixels", len(v.Marks), len(v.Spans))
	}
	commits := 0
	for _, m := range v.Marks {
		if m.Mark == view.MarkCommit {
			commits += m.Count
		}
	}
	if commits < 1000 {
		t.Errorf("only %d commits are counted", commits)
	}
}

func TestJumpsBetweenMarks(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	crash := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Crash })
	if got := s.NextMark(view.MarkFault, view.Cursor{}); got != crash {
		t.Errorf("the first fault is event %d, want %d", got, crash)
	}
	cut := s.NextMark(view.MarkFault, s.At(crash+1))
	if s.Event(cut).Kind != trace.Cut || s.PrevMark(view.MarkFault, s.At(cut+1)) != crash || s.PrevMark(view.MarkFault, s.At(crash+1)) != -1 {
		t.Error("jumps do not lead from fault to fault")
	}
	if s.NextMark(view.MarkViolation, view.Cursor{}) != -1 {
		t.Error("there is a violation")
	}
}

func TestOperationsOfClients(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	if got := s.Operations(s.Moment(299*ms), 10); len(got) != 0 {
		t.Errorf("before anybody asked: %+v", got)
	}
	wait := s.Operations(s.Moment(320*ms), 10)
	if len(wait) != 1 || wait[0].State != view.OpWaiting || wait[0].Word != "waiting" || wait[0].Command != "set x 3" || wait[0].Latency != "20\u202fms" || wait[0].Ended != -1 || wait[0].Asked == consensus.None {
		t.Errorf("while it waits: %+v", wait)
	}
	all := s.Operations(r.end(), 10)
	if len(all) != 2 {
		t.Fatalf("operations %+v", all)
	}
	for i, want := range []struct{ command, result string }{{"set x 3", "ok"}, {"get x", "3"}} {
		o := all[i]
		if o.State != view.OpDone || o.Command != want.command || o.Result != want.result || o.Seq != uint32(i+1) || o.Client != consensus.Client(1) || s.Event(o.Ended).Kind != trace.Answer || s.Event(o.Invoked).Kind != trace.Invoke {
			t.Errorf("operation %d is %+v", i, o)
		}
		if s.Command(o.Client, o.Seq) != want.command {
			t.Errorf("command %d is %q", o.Seq, s.Command(o.Client, o.Seq))
		}
	}
	if got := s.Operations(r.end(), 1); len(got) != 1 || got[0].Seq != 2 {
		t.Errorf("the last one is %+v", got)
	}
	if begun, done := s.OperationCounts(s.Moment(320 * ms)); begun != 1 || done != 0 {
		t.Errorf("%d begun, %d done", begun, done)
	}
	if begun, done := s.OperationCounts(r.end()); begun != 2 || done != 2 {
		t.Errorf("%d begun, %d done", begun, done)
	}
	if s.Command(consensus.Client(2), 1) != "" || s.Command(1, 1) != "" {
		t.Error("commands that are not there have a text")
	}

	gone := newRun(t, "nodes 3\nseed 3\nat 1ms crash n2\nat 1ms crash n3\nat 10ms request c1 via n1: set x 1\n").until(20_000 * ms)
	ops := gone.store.Operations(gone.end(), 5)
	if len(ops) != 1 || ops[0].State != view.OpUnknown || ops[0].Word != "unknown" {
		t.Errorf("what a client gave up is %+v", ops)
	}
	if begun, done := gone.store.OperationCounts(gone.end()); begun != 1 || done != 0 {
		t.Errorf("%d begun, %d done", begun, done)
	}
}

// row returns the value of a row.
func row(v view.Inspection, name string) string {
	for _, g := range v.Groups {
		for _, r := range g.Rows {
			if r.Name == name {
				return plain(r.Value)
			}
		}
	}
	return "(none)"
}

func groups(v view.Inspection) []string {
	var titles []string
	for _, g := range v.Groups {
		titles = append(titles, g.Title)
	}
	return titles
}

// What the fold says of a node is what the engine says of itself, name by name, at any
// moment: the inspector looks the same with and without the engine's answer.
func TestInspectorAgreesWithTheEngine(t *testing.T) {
	for _, at := range []consensus.Time{0, 187 * ms, 218 * ms, 350 * ms, 600 * ms, 700 * ms, 1050 * ms} {
		r := newRun(t, lesson).until(at)
		s := &r.store
		for id := consensus.NodeID(1); id <= 5; id++ {
			own, up := r.world.Inspect(id)
			folded := s.Inspect(r.end(), view.Pick{Node: id}, nil)
			if !up {
				if folded.Title != id.String()+" is down" || row(folded, "commitIndex") != "(none)" {
					t.Errorf("%v is shown as %+v", id, folded)
				}
				continue
			}
			for _, f := range own.Fields {
				if got := row(folded, f.Name); got != f.Value && f.Name != "requests waiting" {
					t.Errorf("at %v, %v: %s is %q by the trace, %q by the engine", at, id, f.Name, got, f.Value)
				}
			}
			detail := &frame.Detail{After: uint32(s.Len()), Node: id, Fields: own.Fields}
			asked := s.Inspect(r.end(), view.Pick{Node: id}, detail)
			if a, b := groups(asked), groups(folded); !slices.Equal(a, b) {
				t.Errorf("at %v, %v: groups are %q with the engine's answer, %q without", at, id, a, b)
			}
			for _, f := range own.Fields {
				if got := row(asked, f.Name); got != f.Value {
					t.Errorf("at %v, %v: %s is %q with the engine's answer, which says %q", at, id, f.Name, got, f.Value)
				}
			}
			// An answer of a moment ago, when another role was held, changes nothing.
			old := *detail
			old.Fields = []consensus.Field{{Group: "Volatile state", Name: "commitIndex", Value: "99"}, {Group: "Volatile state of a candidate", Name: "votes", Value: "N9"}, {Group: "Volatile state of a leader", Name: "nextIndex[N1]", Value: "99"}}
			if v := s.Inspect(r.end(), view.Pick{Node: id}, &old); strings.Contains(row(v, "commitIndex")+row(v, "nextIndex[N1]")+row(v, "votes"), "9") {
				t.Errorf("at %v, %v: an old answer is shown: %+v", at, id, v.Groups)
			}
			// An algorithm with its own terms is shown in them.
			old.Fields = []consensus.Field{{Group: "Acceptor", Name: "promised", Value: "2.N1"}}
			if v := s.Inspect(r.end(), view.Pick{Node: id}, &old); row(v, "promised") != "2.N1" || row(v, "currentTerm") != "(none)" {
				t.Errorf("at %v, %v: other terms are shown as %+v", at, id, v.Groups)
			}
			detail.After--
			if row(s.Inspect(r.end(), view.Pick{Node: id}, detail), "requests waiting") != "(none)" {
				t.Error("an answer about another moment is used")
			}
		}
	}
}

func TestInspectorOfANode(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	leader := s.Inspect(s.Moment(350*ms), view.Pick{Node: 4}, nil)
	if leader.Title != "N4, leader" || leader.Says == "" || leader.Term != 1 || leader.Kind != view.PickNode {
		t.Errorf("the leader is %+v", leader)
	}
	if got := row(leader, "2"); got != "“set x 3” of C1, term 1, applied" {
		t.Errorf("its entry 2 is %q", got)
	}
	if got := row(leader, "1"); got != "a no-op, term 1, applied" {
		t.Errorf("its entry 1 is %q", got)
	}
	if got := row(leader, "heartbeat"); !strings.Contains(got, " ms left of 50 ms") {
		t.Errorf("its timers are %+v", leader.Groups)
	}
	follower := s.Inspect(s.Moment(350*ms), view.Pick{Node: 2}, nil)
	if got := row(follower, "election timeout"); !strings.Contains(got, " left of ") {
		t.Errorf("the follower's timer is %q", got)
	}
	if got := row(follower, "disk"); got != "idle" {
		t.Errorf("its disk is %q", got)
	}
	write := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Write })
	busy := s.Inspect(s.At(write+1), view.Pick{Node: s.Event(write).Node}, nil)
	if got := row(busy, "disk"); got != "writing 13 B, durable in 200 µs" {
		t.Errorf("while it writes its disk is %q", got)
	}
	if got := row(s.Inspect(r.end(), view.Pick{Node: 2}, nil), "clock"); got != "5 ms off, drifts by +200 ppm" {
		t.Errorf("its clock is %q", got)
	}
	if got := s.Inspect(r.end(), view.Pick{Node: 99}, nil); got.Kind != view.PickNothing {
		t.Errorf("a node that is not there is %+v", got)
	}
	client := s.Inspect(s.Moment(320*ms), view.Pick{Node: consensus.Client(1)}, nil)
	if client.Title != "C1, a client" || row(client, "command") != "“set x 3”" || row(client, "waiting") != "20 ms" {
		t.Errorf("the client is %+v", client)
	}
}

func TestInspectorOfAMessage(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	send := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Send && e.Sub == uint8(raft.KindRequestVote) })
	e := s.Event(send)
	pick := view.Pick{Message: e.ID}
	due := consensus.Time(trace.Wide(e.A, e.B))

	if v := s.Inspect(s.At(send), pick, nil); len(v.Groups) != 0 || !strings.Contains(v.Title, "not sent yet") {
		t.Errorf("before it is sent it is %+v", v)
	}
	half := s.Inspect(s.Moment(e.T+(due-e.T)/2), pick, nil)
	if half.Title != "RequestVote from "+e.Node.String()+" to "+e.Peer.String() || half.Term != 1 || half.Says == "" {
		t.Errorf("halfway it is %+v", half)
	}
	if got := row(half, "place"); got != "50 %" && got != "49 %" {
		t.Errorf("halfway it is at %q", got)
	}
	if row(half, "from") != e.Node.String() || row(half, "to") != e.Peer.String() || row(half, "term") != "1" || row(half, "size") == "(none)" || row(half, "sent") != plain(view.FormatTime(e.T)) {
		t.Errorf("halfway it is %+v", half)
	}
	if row(s.Inspect(s.Moment(due+50*ms), pick, nil), "arrived") == "(none)" {
		t.Errorf("it does not arrive")
	}
	lost := r.find(0, func(e *trace.Event) bool {
		return e.Kind == trace.Loss && e.Rule == consensus.RuleID(trace.CausePartition)
	})
	if got := row(s.Inspect(r.end(), view.Pick{Message: s.Event(lost).ID}, nil), "because"); got != "a partition stands between them" {
		t.Errorf("it was lost because %q", got)
	}
	detail := &frame.Detail{After: uint32(s.Before(e.T + 1)), Message: e.ID, Fields: []consensus.Field{{Name: "lastLogIndex", Value: "0"}}}
	if got := row(s.Inspect(s.Moment(e.T+1), pick, detail), "lastLogIndex"); got != "0" {
		t.Errorf("what the engine answered is %q", got)
	}
	if v := s.Inspect(r.end(), view.Pick{Message: 1 << 31}, nil); !strings.Contains(v.Title, "not sent yet") {
		t.Errorf("a message that is never sent is %+v", v)
	}
}

func TestInspectorOfLinksEntriesAndEvents(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	cut := s.Inspect(s.Moment(470*ms), view.Pick{Link: [2]consensus.NodeID{2, 3}}, nil)
	if len(cut.Groups) != 2 || row(cut, "state") != "cut" || row(cut, "Latency") != "12 ms" {
		t.Errorf("the cut link is %+v", cut)
	}
	if got := row(s.Inspect(s.Moment(900*ms), view.Pick{Link: [2]consensus.NodeID{1, 2}}, nil), "state"); got != "a partition stands between" {
		t.Errorf("through the wall it is %q", got)
	}
	if got := row(s.Inspect(s.Moment(100*ms), view.Pick{Link: [2]consensus.NodeID{1, consensus.Client(1)}}, nil), "state"); got != "carries messages" {
		t.Errorf("to the client it is %q", got)
	}
	if got := row(s.Inspect(r.end(), view.Pick{Link: [2]consensus.NodeID{1, 2}}, nil), "Loss"); got != "20 %" {
		t.Errorf("its own loss is %q", got)
	}
	entry := s.Inspect(s.Moment(330*ms), view.Pick{Node: 4, Entry: 2}, nil)
	if entry.Kind != view.PickEntry || row(entry, "command") != "“set x 3” of C1" || row(entry, "term") != "1" || row(entry, "equal on") != "N1, N2, N3 and N4" {
		t.Errorf("the entry is %+v", entry)
	}
	if v := s.Inspect(s.Moment(100*ms), view.Pick{Node: 4, Entry: 2}, nil); len(v.Groups) != 0 || v.Title == "" {
		t.Errorf("before it is there the entry is %+v", v)
	}
	event := s.Inspect(r.end(), view.Pick{Event: 1}, nil)
	if event.Says != s.Sentence(0) {
		t.Errorf("the first event is %+v", event)
	}
	if v := s.Inspect(r.end(), view.Pick{}, nil); v.Kind != view.PickNothing || v.Title == "" || v.Says == "" {
		t.Errorf("nothing is %+v", v)
	}
}

func TestFormsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		d     scenario.Dial
		text  string
		value int64
		wrong string
	}{
		{scenario.Latency, "12ms", int64(12 * ms), ""},
		{scenario.Latency, "12", int64(12 * ms), ""},
		{scenario.Latency, view.FormatDial(scenario.Latency, int64(12*ms)), int64(12 * ms), ""},
		{scenario.LossRate, "2.5%", 25_000, ""},
		{scenario.LossRate, " 2.5 % ", 25_000, ""},
		{scenario.LossRate, view.FormatDial(scenario.LossRate, 25_000), 25_000, ""},
		{scenario.Latency, "2,5 ms", int64(2500 * consensus.Microsecond), ""},
		{scenario.DiskTime, "250 µs", int64(250 * consensus.Microsecond), ""},
		{scenario.Pace, "20 /s", 20_000, ""},
		{scenario.Pace, "20/s", 20_000, ""},
		{scenario.Latency, "<b>", 0, "Latency takes a time from 0 to 1 min, such as 10 ms or 1.5 s."},
		{scenario.Latency, "-1ms", 0, "Latency takes a time from 0 to 1 min, such as 10 ms or 1.5 s."},
		{scenario.Latency, "2000s", 0, "Latency takes a time from 0 to 1 min, such as 10 ms or 1.5 s."},
		{scenario.LossRate, "101%", 0, "Loss takes a share from 0 % to 100 %, such as 2.5 %."},
		{scenario.Pace, "", 0, "Built-in load takes commands a second, from none to "},
		{99, "1", 0, "There is no such setting."},
	} {
		v, wrong := view.ParseDial(c.d, c.text)
		if v != c.value || !strings.HasPrefix(plain(wrong), c.wrong) || c.wrong == "" && wrong != "" {
			t.Errorf("%q for %v gives %d, %q", c.text, c.d, v, plain(wrong))
		}
	}
	r := newRun(t, "nodes 3\n")
	for i, o := range r.store.Protocol.Options {
		if v, wrong := r.store.ParseOption(i, scenario.FormatOption(&o, o.Default)); v != o.Default || wrong != "" {
			t.Errorf("the default of %s is refused: %s", o.Name, wrong)
		}
		label, says := r.store.OptionLabel(i)
		if _, wrong := r.store.ParseOption(i, "nonsense"); !strings.HasPrefix(wrong, label) || label == "" || says == "" {
			t.Errorf("nonsense for %s is answered with %q", o.Name, wrong)
		}
		if r.store.FormatOption(i, o.Default) == "" {
			t.Errorf("the default of %s is not written", o.Name)
		}
	}
	if _, wrong := r.store.ParseOption(-1, "1"); wrong == "" {
		t.Error("an option that is not there is set")
	}
}

// With a rule off the page says which invariant broke, who broke it and when, from that
// moment on and not before.
func TestViolationsAreTold(t *testing.T) {
	r := newRun(t, "nodes 3\nseed 1\noff raft.vote-once\nat 50ms timeout n1\nat 50ms timeout n2\n").until(400 * ms)
	s := &r.store
	i := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Violation })
	before, after := s.At(i), s.At(i+1)
	if s.Status(before).Alarm || len(s.Violations(before, 5)) != 0 {
		t.Error("the alarm comes too early")
	}
	if got := s.Status(after); !got.Alarm || got.Headline != "Election Safety is broken: the nodes no longer agree." {
		t.Errorf("the headline is %q", got.Headline)
	}
	all := s.Violations(after, 5)
	if len(all) != 1 || all[0].Name != "Election Safety" || all[0].Event != i || !strings.Contains(all[0].Text, "were both elected leader of term 1") || all[0].Nodes[0] == consensus.None || all[0].Source == "" || all[0].Says == "" {
		t.Errorf("the violation is %+v", all)
	}
	lines := s.Feed(after, view.FeedQuery{Before: 1})
	if lines[0].Class != view.ClassViolation || !strings.HasPrefix(lines[0].Text, "Election Safety is broken. N") || lines[0].Source == "" {
		t.Errorf("it is told as %+v", lines)
	}
	marked := false
	for _, m := range s.Timeline(100, s.End()).Marks {
		marked = marked || m.Mark == view.MarkViolation && m.Event == i
	}
	if !marked {
		t.Error("the timeline does not mark it")
	}
	once, _ := s.Protocol.Rule("raft.vote-once")
	if !s.RuleView(s.At(0), once).Off {
		t.Error("the rule is not shown as switched off from the beginning")
	}
}
