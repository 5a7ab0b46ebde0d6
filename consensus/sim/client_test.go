package sim_test

import (
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

var c1 = consensus.Client(1)

// answer plays a node that answers every request in one way.
func answer(out *consensus.Effects, r consensus.Request, status consensus.Status, leader consensus.NodeID, result string) {
	out.Answer(consensus.Reply{Client: r.Client, Seq: r.Seq, Status: status, Leader: leader}, []byte(result))
}

// request makes client C1 ask.
func request(text string, first consensus.NodeID) scenario.Action {
	return scenario.Action{Kind: scenario.Request, Node: c1, Peer: first, Text: text}
}

// story tells the events of clients, with their texts.
func story(w *sim.World, events []trace.Event) []string {
	var out []string
	for _, e := range events {
		if e.Kind < trace.Invoke || e.Kind > trace.GiveUp {
			continue
		}
		line := scenario.FormatSpan(e.T) + " " + e.Kind.String() + " " + strconv.Itoa(int(e.B))
		switch e.Kind {
		case trace.Invoke:
			line += " " + w.Text(e.D)
		case trace.Answer:
			line += " " + e.Peer.String() + " " + w.Text(e.D)
		case trace.Refuse:
			line += " " + e.Peer.String() + " " + consensus.Status(e.Sub).String() + " " + consensus.NodeID(e.A).String()
		case trace.Retry:
			line += " " + e.Peer.String() + " after " + strconv.Itoa(int(e.A))
		case trace.GiveUp:
			line += " after " + strconv.Itoa(int(e.A))
		}
		out = append(out, line)
	}
	return out
}

func wantStory(t *testing.T, got []string, lines ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(lines, "\n") {
		t.Fatalf("happened:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

// A client follows the hint of who leads, remembers who answered, and has its history.
func TestAClientFindsTheLeader(t *testing.T) {
	h := handPlayed(t, quietSetup(3, 1))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind != consensus.InputRequest {
			return
		}
		r := k.Input.Request
		if k.Node == 3 {
			answer(out, r, consensus.StatusDone, 0, "did "+string(r.Command))
			return
		}
		answer(out, r, consensus.StatusNotLeader, 3, "")
	}
	h.act(request("first", 2))
	h.until(100 * ms)
	h.act(request("second", 0))
	h.until(200 * ms)
	wantStory(t, story(h.w, h.events),
		"0s invoke 1 first", "20ms refuse 1 N2 not leader N3", "20ms retry 1 N3 after 1", "40ms answer 1 N3 did first",
		"100ms invoke 2 second", "120ms answer 2 N3 did second")
	var ops []sim.Op
	h.w.Ops(func(o sim.Op) { ops = append(ops, o) })
	if len(ops) != 2 || ops[0].Invoked != 0 || ops[0].Over != 40*ms || !ops[0].Done || h.w.Text(ops[0].Command) != "first" ||
		h.w.Text(ops[1].Result) != "did second" || ops[1].Seq != 2 || ops[1].Client != c1 {
		t.Errorf("the history is %+v", ops)
	}
	for i, e := range only(h.events, trace.Invoke) {
		if e.ID != uint32(i+1) {
			t.Errorf("command %d was begun by action %d", i+1, e.ID)
		}
	}
}

// Two nodes that point at one another are not asked in a frenzy: after one redirect
// the client waits a little.
func TestAClientIsNotSentInCircles(t *testing.T) {
	h := handPlayed(t, quietSetup(2, 1))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputRequest {
			answer(out, k.Input.Request, consensus.StatusNotLeader, 3-k.Node, "")
		}
	}
	h.act(request("x", 1))
	h.until(250 * ms)
	wantStory(t, story(h.w, h.events),
		"0s invoke 1 x", "20ms refuse 1 N1 not leader N2", "20ms retry 1 N2 after 1", "40ms refuse 1 N2 not leader N1",
		"140ms retry 1 N2 after 2", "160ms refuse 1 N2 not leader N1", "160ms retry 1 N1 after 3", "180ms refuse 1 N1 not leader N2")
}

// A node that knows no leader makes the client ask the next one after a pause; a busy
// one is asked again.
func TestAClientWaitsAfterARefusal(t *testing.T) {
	h := handPlayed(t, quietSetup(3, 1))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		switch {
		case k.Input.Kind != consensus.InputRequest:
		case k.At < 100*ms:
			answer(out, k.Input.Request, consensus.StatusNotLeader, 0, "")
		case k.At < 200*ms:
			answer(out, k.Input.Request, consensus.StatusBusy, 0, "")
		default:
			answer(out, k.Input.Request, consensus.StatusDone, 0, "ok")
		}
	}
	h.act(request("x", 3))
	h.until(consensus.Second)
	wantStory(t, story(h.w, h.events),
		"0s invoke 1 x", "20ms refuse 1 N3 not leader nobody", "120ms retry 1 N1 after 1", "140ms refuse 1 N1 busy nobody",
		"240ms retry 1 N1 after 2", "260ms answer 1 N1 ok")
}

// A client that nobody answers asks one node after the other and gives up after
// AttemptsMax; what came of it is unknown. A late answer means nothing to it.
func TestAClientGivesUp(t *testing.T) {
	s := quietSetup(3, 1)
	s.Dials[scenario.Patience] = int64(15 * ms)
	h := handPlayed(t, s)
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputRequest && k.At > 290*ms {
			answer(out, k.Input.Request, consensus.StatusDone, 0, "late")
		}
	}
	h.act(request("x", 1))
	h.until(consensus.Second)
	got := story(h.w, h.events)
	if len(got) != sim.AttemptsMax+1 || got[1] != "15ms retry 1 N2 after 1" || got[2] != "30ms retry 1 N3 after 2" ||
		got[len(got)-1] != "300ms give-up 1 after 20" {
		t.Fatalf("%s", strings.Join(got, "\n"))
	}
	if last := h.events[len(h.events)-1]; last.Kind != trace.Deliver || last.Node != c1 || last.T < 300*ms {
		t.Errorf("no late answer came: %+v", last)
	}
	var ops []sim.Op
	h.w.Ops(func(o sim.Op) { ops = append(ops, o) })
	if len(ops) != 1 || ops[0].Done || ops[0].Over != 300*ms {
		t.Errorf("the history is %+v", ops)
	}
}

// A client that gave up no longer thinks that it knows who leads.
func TestAClientForgetsTheLeaderThatDidNotAnswer(t *testing.T) {
	s := quietSetup(9, 1)
	s.Dials[scenario.Patience] = int64(15 * ms)
	h := handPlayed(t, s)
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputRequest && k.At < 11*ms {
			answer(out, k.Input.Request, consensus.StatusDone, 0, "ok")
		}
	}
	h.act(request("x", 5))
	asked := map[consensus.NodeID]bool{}
	for i := range consensus.Time(6) {
		h.until((i + 1) * consensus.Second)
		h.act(request("y", 0))
		asked[h.events[len(h.events)-1].Peer] = true
	}
	if len(asked) < 3 {
		t.Errorf("it always turns to the same: %v", asked)
	}
}

// A repeated answer is taken once; an operation under way is part of the history.
func TestAnswersAreTakenOnce(t *testing.T) {
	s := quietSetup(1, 1)
	h := handPlayed(t, s)
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.Copies, Value: scenario.Million, Node: 1, Peer: c1})
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputRequest && k.At < 50*ms {
			answer(out, k.Input.Request, consensus.StatusDone, 0, "ok")
		}
	}
	h.act(request("x", 0))
	h.until(60 * ms)
	h.act(request("y", 0))
	h.until(100 * ms)
	wantStory(t, story(h.w, h.events), "0s invoke 1 x", "20ms answer 1 N1 ok", "60ms invoke 2 y")
	var ops []sim.Op
	h.w.Ops(func(o sim.Op) { ops = append(ops, o) })
	if len(ops) != 2 || ops[1].Over != -1 || ops[1].Done || ops[1].Invoked != 60*ms || h.w.Text(ops[1].Command) != "y" {
		t.Errorf("the history is %+v", ops)
	}
}

// Commands wait at a busy client, in order, up to WishesMax.
func TestCommandsWaitAtABusyClient(t *testing.T) {
	h := handPlayed(t, quietSetup(1, 1))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputRequest {
			answer(out, k.Input.Request, consensus.StatusDone, 0, string(k.Input.Request.Command))
		}
	}
	for i := range sim.WishesMax + 1 {
		h.act(request(strconv.Itoa(i), 0))
	}
	h.refuse(request("x", 0), "64 commands wait at C1 already")
	h.refuse(request("", 0), "the command is empty")
	h.refuse(request(strings.Repeat("x", consensus.CommandMax+1), 0), "a command has at most 1024 bytes, not 1025")
	h.refuse(request("x", 2), "there is no node N2: this cluster has 1")
	h.refuse(scenario.Action{Kind: scenario.Request, Node: consensus.Client(2), Text: "x"}, "there is no client C2")
	h.refuse(scenario.Action{Kind: scenario.Request, Node: 1, Text: "x"}, "there is no client N1")
	h.until(2 * consensus.Second)
	answers := only(h.events, trace.Answer)
	if len(answers) != sim.WishesMax+1 {
		t.Fatalf("%d answers", len(answers))
	}
	for i, e := range answers {
		if h.w.Text(e.D) != strconv.Itoa(i) || e.T != consensus.Time(i+1)*20*ms {
			t.Fatalf("answer %d is %q at %d", i, h.w.Text(e.D), e.T)
		}
	}
	for i, e := range only(h.events, trace.Invoke) {
		if e.ID != uint32(i+1) {
			t.Fatalf("command %d was begun by action %d", i, e.ID)
		}
	}
}

// The load keeps its pace while clients are idle, waits when all are busy, and goes on
// when one is not.
func TestTheLoad(t *testing.T) {
	s := quietSetup(1, 2)
	s.Dials[scenario.Pace] = 50_000 // one each 20 ms
	h := handPlayed(t, s)
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputRequest {
			answer(out, k.Input.Request, consensus.StatusDone, 0, "ok")
		}
	}
	h.until(consensus.Second - 1)
	if n := len(only(h.events, trace.Invoke)); n != 49 {
		t.Errorf("%d commands in a second at 50/s", n)
	}
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.Pace, Value: 1_000_000})
	at := len(h.events)
	h.until(2 * consensus.Second)
	if n := len(only(h.events[at:], trace.Invoke)); n != 100 {
		t.Errorf("%d commands in a second of two clients that need 20 ms each", n)
	}
	h.act(scenario.Action{Kind: scenario.Turn, Dial: scenario.Pace, Value: 0})
	at = len(h.events)
	h.until(3 * consensus.Second)
	if n := len(only(h.events[at:], trace.Invoke)); n != 0 {
		t.Errorf("%d commands of a load that has ended", n)
	}
	if !h.w.Quiet() {
		t.Error("nothing is left to happen, and the World is not quiet")
	}
	kinds := map[string]int{}
	for _, e := range only(h.events, trace.Invoke) {
		kinds[strings.Fields(h.w.Text(e.D))[0]]++
	}
	if kinds["set"] < 60 || kinds["get"] < 30 || kinds["set"]+kinds["get"] != len(only(h.events, trace.Invoke)) {
		t.Errorf("the load asks for %v", kinds)
	}
}

func TestDescribeClient(t *testing.T) {
	h := handPlayed(t, quietSetup(1, 1))
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputRequest {
			answer(out, k.Input.Request, consensus.StatusDone, 0, "fine")
			answer(out, k.Input.Request, consensus.StatusNotLeader, 3, "")
		}
	}
	h.act(request("set a 1", 0))
	h.until(10 * ms)
	for id, wanted := range map[uint32]string{
		2: "client=C1 number=1 status=done result=fine", 3: "client=C1 number=1 status=not leader leader=N3",
	} {
		m, ok := h.w.Message(id)
		if got := described(m); !ok || got != wanted {
			t.Errorf("message %d: %q, want %q", id, got, wanted)
		}
	}
	m := consensus.Message{From: c1, To: 1, Kind: consensus.KindRequest, Data: []byte{7, 0, 0, 0, 'x'}}
	if got := described(m); got != "client=C1 number=7 command=x" {
		t.Errorf("a request: %q", got)
	}
	m.Data = m.Data[:3]
	if got := described(m); got != "data=not a client's message" {
		t.Errorf("a short one: %q", got)
	}
}

func described(m consensus.Message) string {
	var out []string
	for _, f := range sim.DescribeClient(m) {
		out = append(out, f.Name+"="+f.Value)
	}
	return strings.Join(out, " ")
}
