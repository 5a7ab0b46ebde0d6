package sim_test

import (
	"runtime"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

// An action is done after everything that happens at its moment, now as in a
// recording.
func TestAnActionComesAfterAllElseOfItsMoment(t *testing.T) {
	run := func(recorded bool) *hand {
		h := handPlayed(t, quietSetup(2, 0))
		h.play = func(k *sim.Work, out *consensus.Effects) {
			if k.Input.Kind == consensus.InputStart && k.Node == 1 || k.Input.Kind == consensus.InputMessage {
				ping(3-k.Node, "x")(out)
			}
		}
		crash := scenario.Action{At: 10 * ms, Kind: scenario.Crash, Node: 2}
		if recorded {
			if err := h.w.Schedule([]scenario.Action{crash}); err != nil {
				t.Fatal(err)
			}
			h.until(100 * ms)
			return h
		}
		h.until(10*ms - 1)
		h.until(10 * ms)
		h.act(crash)
		h.until(100 * ms)
		return h
	}
	live, recorded := run(false), run(true)
	want(t, live.events[1:], "send N1 0s", "boot N2 0s", "deliver N2 10ms", "send N2 10ms", "crash N2 10ms",
		"deliver N1 20ms", "send N1 20ms", "loss N2 30ms")
	if live.w.Digest() != recorded.w.Digest() {
		t.Errorf("recorded, the run is %v", recorded.events)
	}
}

// What cannot be done is refused with a sentence; in a recording it becomes an event.
func TestImpossibleActions(t *testing.T) {
	set := consensus.SetOf
	for _, c := range []struct {
		a   scenario.Action
		why string
	}{
		{scenario.Action{}, "there is no such action"},
		{scenario.Action{Kind: 99}, "there is no such action"},
		{scenario.Action{Kind: scenario.Crash, Node: 4}, "there is no node N4: this cluster has 3"},
		{scenario.Action{Kind: scenario.Crash}, "there is no node nobody: this cluster has 3"},
		{scenario.Action{Kind: scenario.Restart, Node: 1}, "N1 is already up"},
		{scenario.Action{Kind: scenario.Cut, Node: 1, Peer: 1}, "there is no link from N1 to N1"},
		{scenario.Action{Kind: scenario.Cut, Node: c1, Peer: c1}, "there is no link from C1 to C1"},
		{scenario.Action{Kind: scenario.Cut, Node: 1, Peer: consensus.Client(9)}, "there is no node C9: this cluster has 3"},
		{scenario.Action{Kind: scenario.Cut, Node: 9, Peer: 1}, "there is no node N9: this cluster has 3"},
		{scenario.Action{Kind: scenario.Heal, Node: 1, Peer: 2}, "the link from N1 to N2 is not cut"},
		{scenario.Action{Kind: scenario.Heal}, "nothing is cut"},
		{scenario.Action{Kind: scenario.Partition}, "there is no partition to end"},
		{scenario.Action{Kind: scenario.Partition, Groups: []consensus.NodeSet{set(1), {}}}, "a group of the partition is empty"},
		{scenario.Action{Kind: scenario.Partition, Groups: []consensus.NodeSet{set(1, 2), set(2)}}, "N2 is in two groups of the partition"},
		{scenario.Action{Kind: scenario.Partition, Groups: []consensus.NodeSet{set(1, 7)}}, "there is no node N7: this cluster has 3"},
		{scenario.Action{Kind: scenario.Partition, Groups: make([]consensus.NodeSet, 9)}, "a partition has at most 8 groups, not 9"},
		{scenario.Action{Kind: scenario.Drop, Message: 17}, "message 17 is not in flight at 0.000 s"},
		{scenario.Action{Kind: scenario.Turn, Dial: 77}, "there is no dial 77"},
		{scenario.Action{Kind: scenario.Turn, Dial: scenario.LossRate, Value: -1}, "loss can be 0% to 100%, not -0.0001%"},
		{scenario.Action{Kind: scenario.Turn, Dial: scenario.DiskTime, Node: 1, Peer: 2}, "the dial disk cannot be set for one link"},
		{scenario.Action{Kind: scenario.Turn, Dial: scenario.Latency, Node: 1}, "there is no node nobody: this cluster has 3"},
		{scenario.Action{Kind: scenario.SetClock, Node: 1, Value: int64(61 * consensus.Second)}, "a clock can be off by 60s at most, not 61s"},
		{scenario.Action{Kind: scenario.SetClock, Node: 1, Drift: 100_001}, "a clock can drift by 100000 ppm at most, not 100001"},
		{scenario.Action{Kind: scenario.SetOption, Text: "nothing"}, `echo has no option "nothing"`},
		{scenario.Action{Kind: scenario.SetOption, Text: "period"}, "period can be 1ns to 1s, not 0s"},
		{scenario.Action{Kind: scenario.SwitchOff, Text: "echo.none"}, `echo has no rule "echo.none"`},
		{scenario.Action{Kind: scenario.SwitchOff, Text: "echo.fixed"}, "the rule echo.fixed cannot be switched off"},
		{scenario.Action{Kind: scenario.SwitchOn, Text: "echo.answer"}, "the rule echo.answer is on already"},
	} {
		h := handPlayed(t, quietSetup(3, 1))
		h.until(0)
		h.refuse(c.a, c.why)
		if n := len(h.w.Actions()); n != 0 {
			t.Errorf("%q was recorded", c.why)
		}

		h = handPlayed(t, quietSetup(3, 1))
		if err := h.w.Schedule([]scenario.Action{c.a}); err != nil {
			t.Fatal(err)
		}
		refused := only(h.until(0), trace.Refused)
		if len(refused) != 1 || h.w.Text(refused[0].D) != c.why || refused[0].ID != 1 {
			t.Errorf("recorded: %+v", refused)
		}
	}
}

// Cuts are of one direction; healing everything tells each of them.
func TestCutsAndHeals(t *testing.T) {
	h := handPlayed(t, quietSetup(3, 1))
	h.until(0)
	h.act(scenario.Action{Kind: scenario.Cut, Node: 3, Peer: c1})
	h.act(scenario.Action{Kind: scenario.Cut, Node: 1, Peer: 2})
	h.act(scenario.Action{Kind: scenario.Cut, Node: 2, Peer: 1})
	h.refuse(scenario.Action{Kind: scenario.Cut, Node: 2, Peer: 1}, "the link from N2 to N1 is cut already")
	h.act(scenario.Action{Kind: scenario.Heal, Node: 1, Peer: 2})
	h.act(scenario.Action{Kind: scenario.Partition, Groups: []consensus.NodeSet{consensus.SetOf(1)}})
	healed := h.act(scenario.Action{Kind: scenario.Heal})
	want(t, healed, "heal N2 0s", "heal N3 0s", "partition nobody 0s")
	for _, e := range healed {
		if e.ID != 6 {
			t.Errorf("told as %+v", e)
		}
	}
	h.refuse(scenario.Action{Kind: scenario.Heal}, "nothing is cut")
}

// Every node that runs hears of a new setting, a busy one when it is free, one that is
// down when it starts.
func TestSettingsReachTheNodes(t *testing.T) {
	h := handPlayed(t, quietSetup(3, 0))
	heard := map[consensus.NodeID][]consensus.Time{}
	h.play = func(k *sim.Work, out *consensus.Effects) {
		var s consensus.Settings
		switch k.Input.Kind {
		case consensus.InputStart:
			s = k.Config.Settings
			if k.Node == 2 {
				out.Write = append(out.Write, 1)
			}
		case consensus.InputConfigure:
			s = k.Input.Settings
		default:
			return
		}
		if s.Options[optSize] == 77 && s.Off.Has(1) {
			heard[k.Node] = append(heard[k.Node], k.At)
		}
	}
	h.until(0)
	h.act(scenario.Action{Kind: scenario.Crash, Node: 3})
	h.act(scenario.Action{Kind: scenario.SetOption, Text: "size", Value: 77})
	want(t, h.act(scenario.Action{Kind: scenario.SwitchOff, Text: "echo.answer"}), "switch nobody 0s")
	if e := h.events[len(h.events)-1]; e.Rule != 1 || e.Sub != 1 || e.ID != 3 {
		t.Errorf("told as %+v", e)
	}
	h.until(5 * ms)
	h.act(scenario.Action{Kind: scenario.Restart, Node: 3})
	h.until(10 * ms)
	h.act(scenario.Action{Kind: scenario.SwitchOn, Text: "echo.answer"})
	h.until(20 * ms)
	// N1 heard of the size first; N2 was busy until 1 ms and then heard of both at once, twice
	for id, times := range map[consensus.NodeID][]consensus.Time{1: {0}, 2: {ms, ms}, 3: {5 * ms}} {
		if got := heard[id]; len(got) != len(times) || got[0] != times[0] {
			t.Errorf("%v heard at %v, want %v", id, got, times)
		}
	}
}

// What is switched off from the beginning is told at the beginning.
func TestRulesOffFromTheBeginning(t *testing.T) {
	s := quietSetup(1, 0)
	s.Off = []string{"echo.answer"}
	h := handPlayed(t, s)
	var off consensus.RuleSet
	h.play = func(k *sim.Work, out *consensus.Effects) { off = k.Config.Settings.Off }
	want(t, h.until(0), "switch nobody 0s", "boot N1 0s")
	if !off.Has(1) {
		t.Error("the engine was not told")
	}
}

func TestBadSetups(t *testing.T) {
	for _, c := range []struct {
		change func(*sim.Config)
		why    string
	}{
		{func(c *sim.Config) { c.Algorithm = consensus.Algorithm{} }, "a World needs an algorithm"},
		{func(c *sim.Config) { c.Setup.Engine = "raft" }, `the setup is for the engine "raft", not for echo`},
		{func(c *sim.Config) { c.Setup.Nodes = 0 }, "a run has 1 to 100 nodes, not 0"},
		{func(c *sim.Config) { c.Setup.Nodes = 101 }, "a run has 1 to 100 nodes, not 101"},
		{func(c *sim.Config) { c.Setup.Clients = 33 }, "a run has 0 to 32 clients, not 33"},
		{func(c *sim.Config) { c.Setup.Clients = -1 }, "a run has 0 to 32 clients, not -1"},
		{func(c *sim.Config) { c.Setup.Dials[scenario.Latency] = int64(61 * consensus.Second) }, "latency can be 0s to 60s, not 61s"},
		{func(c *sim.Config) { c.Setup.Dials[scenario.Patience] = 0 }, "patience can be 1ms to 60s, not 0s"},
		{func(c *sim.Config) { c.Setup.Options = []scenario.Option{option("none", 1)} }, `echo has no option "none"`},
		{func(c *sim.Config) { c.Setup.Options = []scenario.Option{option("write", 2)} }, "write can be off to on, not 2"},
		{func(c *sim.Config) { c.Setup.Off = []string{"echo.none"} }, `echo has no rule "echo.none"`},
		{func(c *sim.Config) { c.Setup.Off = []string{"echo.fixed"} }, "the rule echo.fixed cannot be switched off"},
		{func(c *sim.Config) { c.Setup.Disks = map[consensus.NodeID][]byte{9: nil} }, "a disk is given for N9, but there are only 3 nodes"},
	} {
		config := sim.Config{Setup: quietSetup(3, 1), Algorithm: echoes}
		c.change(&config)
		if _, err := sim.New(config); err == nil || err.Error() != c.why {
			t.Errorf("got %v, want %q", err, c.why)
		}
	}
	w := open(t, quietSetup(1, 0))
	w.RunUntil(consensus.Second, 0)
	late := []scenario.Action{{At: consensus.Second, Kind: scenario.Crash, Node: 1}, {At: 0, Kind: scenario.Restart, Node: 1}}
	if err := w.Schedule(late); err == nil || err.Error() != "action 2 at 0.000 s comes after a later one" {
		t.Errorf("out of order: %v", err)
	}
	if err := w.Schedule(make([]scenario.Action, scenario.ActionsMax+1)); err == nil || !strings.Contains(err.Error(), "at most 10000") {
		t.Errorf("too many: %v", err)
	}
}

// A run ends at the bound of its time, and then says so.
func TestARunIsBounded(t *testing.T) {
	s := quietSetup(1, 0)
	s.Options = []scenario.Option{option("period", int64(consensus.Second)), option("resets", 0)}
	w := open(t, s)
	if w.RunUntil(scenario.RunMax+1, 0) {
		t.Error("the run went on for ever")
	}
	if !w.Full() || w.Now() != scenario.RunMax || w.Step() {
		t.Errorf("full %v at %d", w.Full(), w.Now())
	}
	if err := w.Act(scenario.Action{Kind: scenario.Crash, Node: 1}); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("after the end: %v", err)
	}
	_, events := w.Drain()
	if n := len(only(events, trace.TimerFire)); n < 3590 || n > 3600 {
		t.Errorf("%d beats in an hour", n)
	}

	w = open(t, s)
	for w.Step() {
	}
	if !w.Full() || w.Now() != scenario.RunMax {
		t.Errorf("after the last step: full %v at %d", w.Full(), w.Now())
	}
	if runtime.GOOS == "js" {
		return // four million events take long there, and the bound is the same
	}
	s.Nodes = 60
	s.Options = []scenario.Option{option("period", int64(ms)), option("write", 0), option("size", 0)}
	w = open(t, s)
	w.Mute(true)
	for w.RunUntil(scenario.RunMax, 100_000) {
	}
	for !w.Full() {
		w.RunUntil(scenario.RunMax, 100_000)
	}
	if n := w.Kept(); n > 1000 {
		t.Errorf("a World that keeps no events has memory for %d", n)
	}
	if w.Events() < sim.EventsMax || w.Events() > sim.EventsMax+1000 {
		t.Errorf("full after %d events", w.Events())
	}
}

// A disk, the texts and the list of actions have their bounds too.
func TestAllThatGrowsIsBounded(t *testing.T) {
	h := handPlayed(t, quietSetup(1, 1))
	for i := range scenario.ActionsMax / 2 {
		h.act(scenario.Action{Kind: scenario.SetClock, Node: 1, Value: int64(i)})
		h.act(scenario.Action{Kind: scenario.SetClock, Node: 1, Value: int64(i + 1)})
	}
	h.refuse(scenario.Action{Kind: scenario.SetClock, Node: 1}, "a run has at most 10000 actions")
	if runtime.GOOS == "js" {
		return // the memory of a browser is better spent
	}
	h = handPlayed(t, quietSetup(1, 0))
	h.atStart(1, func(out *consensus.Effects) { out.Write = make([]byte, sim.DiskMax/2+1) })
	h.until(10 * ms)
	h.act(scenario.Action{Kind: scenario.Crash, Node: 1})
	h.act(scenario.Action{Kind: scenario.Restart, Node: 1})
	h.w.RunUntil(20*ms, 0)
	if !h.w.Full() {
		t.Error("a disk grows without bound")
	}
	s := quietSetup(1, 1)
	s.Dials[scenario.Pace] = 1_000_000
	h = handPlayed(t, s)
	h.play = func(k *sim.Work, out *consensus.Effects) {
		if k.Input.Kind == consensus.InputRequest {
			out.Answer(consensus.Reply{Client: c1, Seq: k.Input.Request.Seq, Status: consensus.StatusDone}, make([]byte, consensus.MessageMax))
		}
	}
	h.w.RunUntil(10*consensus.Second, 0)
	if n := h.w.Texts(); !h.w.Full() || n < 2*63 || n > 2*65 {
		t.Errorf("%d texts of a MiB, half of them small, and the run is full: %v", n, h.w.Full())
	}
}

// Time goes on, however short the times are that an engine asks for.
func TestTimeGoesOn(t *testing.T) {
	s := quietSetup(2, 0)
	s.Dials[scenario.Latency], s.Dials[scenario.DiskTime] = 0, 0
	h := handPlayed(t, s)
	h.play = func(k *sim.Work, out *consensus.Effects) {
		out.Write = append(out.Write, 1)
		out.Set(0, 0)
		if k.Input.Kind != consensus.InputTimer {
			ping(3-k.Node, "x")(out)
		}
	}
	h.until(ms)
	if n := len(only(h.events, trace.TimerFire, trace.Deliver)); n < 3000 || n > 4010 {
		t.Errorf("%d steps in a millisecond", n)
	}
}
