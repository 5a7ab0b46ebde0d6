package apptest

import (
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/raft"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/wasm/engine/runner"
	"parley/web/app"
)

// earlierRaft is an engine of another epoch than the present: Raft that draws other
// timeouts.
const earlierRaft = "raft-77.1"

func earlierConfig(s scenario.Setup) (sim.Config, error) {
	c, err := registry.Config(s)
	p := *c.Algorithm.Protocol
	p.Epoch = 77
	c.Algorithm.Protocol = &p
	present := c.Algorithm.New
	c.Algorithm.New = func(c consensus.Config) consensus.Engine {
		c.Seed++
		return present(c)
	}
	return c, err
}

func newEarlier(post func([]byte)) *runner.Runner {
	p := *raft.Algorithm().Protocol
	p.Epoch = 77
	return runner.NewOf(post, scenario.Known{Protocols: []*consensus.Protocol{&p}, Machines: []string{"kv"}}, earlierConfig)
}

// linkOf makes a link of a run of the other epoch.
func linkOf(t *testing.T) string {
	t.Helper()
	s, err := scenario.Parse("title Long ago\nnodes 3\nat 700ms crash n1\nat 900ms restart n1\nat 900ms mark Back\n")
	if err != nil {
		t.Fatal(err)
	}
	c, err := earlierConfig(s.Setup)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := rerun.Record(s, c, 2*consensus.Second, 0)
	if err != nil {
		t.Fatal(err)
	}
	code, err := rec.Link()
	if err != nil {
		t.Fatal(err)
	}
	return replay.Address{Code: code}.String()
}

// A link of an earlier epoch fetches the engine of that epoch, if the site has it, and is
// the same run; whatever is opened next has the engine of the present again.
func TestALinkOfAnEarlierEpoch(t *testing.T) {
	p := open(t, nil)
	p.Earlier = []string{"raft-3.1", earlierRaft}
	p.OpenAddress(linkOf(t))
	p.pump()
	p.until("a verdict", func() bool { return p.Screen().Top.Origin.State != "" })
	if at := p.engines[0].algorithm; at != earlierRaft {
		t.Errorf("the engine is %s", at)
	}
	if o := p.Screen().Top.Origin; o.State != "same" {
		t.Errorf("the run is said to be %+v", o)
	}
	// It can be gone on with, and shared, as what it is.
	p.Act(scenario.Action{Kind: scenario.Crash, Node: 2})
	p.pump()
	if o := p.Screen().Top.Origin; o.State != "changed" {
		t.Errorf("changed, the run is said to be %+v", o)
	}
	if at := p.engines[0].algorithm; at != earlierRaft {
		t.Errorf("after an action the engine is %s", at)
	}
	for _, next := range []string{"#s=raft-minority", linkOf(t)} {
		p.OpenAddress(next)
		p.pump()
		p.until("a run", func() bool { return p.Phase == app.Running })
		want := "raft"
		if next != "#s=raft-minority" {
			want = earlierRaft
		}
		if at := p.engines[0].algorithm; at != want {
			t.Errorf("for %.20s the engine is %s, want %s", next, at, want)
		}
	}
}

// A page that was opened with such a link has that engine from the beginning.
func TestAPageThatBeginsWithAnEarlierEpoch(t *testing.T) {
	p := &page{t: t, store: map[string]string{}}
	for side := range p.engines {
		p.engines[side] = &engine{p: p, side: side}
	}
	p.Model = app.NewModel(func(side int) app.Link { return p.engines[side] }, p)
	p.Offered, p.Earlier = []string{"raft"}, []string{earlierRaft}
	p.Started(earlierRaft)
	p.StartWith(linkOf(t))
	p.engines[0].Restart(earlierRaft)
	p.pump()
	p.until("a verdict", func() bool { return p.Screen().Top.Origin.State != "" })
	if o := p.Screen().Top.Origin; o.State != "same" || p.engines[0].algorithm != earlierRaft {
		t.Errorf("with the engine %s the run is said to be %+v", p.engines[0].algorithm, o)
	}
	p.OpenAddress("#s=raft-minority")
	p.pump()
	if at := p.engines[0].algorithm; at != "raft" {
		t.Errorf("then the engine is %s", at)
	}
}

// Where the engine of that epoch is not to be had, the run is played with the present one,
// and is said to be another.
func TestAnEpochThatIsNotToBeHad(t *testing.T) {
	p := open(t, nil)
	p.Earlier = []string{"raft-3.1"}
	p.OpenAddress(linkOf(t))
	p.pump()
	p.until("a verdict", func() bool { return p.Screen().Top.Origin.State != "" })
	if o := p.Screen().Top.Origin; o.State != "differs" {
		t.Errorf("the run is said to be %+v", o)
	}
	if at := p.engines[0].algorithm; at != "raft" {
		t.Errorf("the engine is %s", at)
	}
	if p.Phase != app.Running {
		t.Errorf("the page is in phase %d", p.Phase)
	}
}

// Frames of an engine of another epoch are those of the present, as long as their version
// is.
func TestEarlierEnginesSpeakFrames(t *testing.T) {
	var said []frame.Frame
	r := newEarlier(func(b []byte) {
		_, f, err := frame.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, f)
	})
	r.Receive(frame.Append(nil, 1, frame.OpenLink{Link: linkOf(t)}))
	if len(said) < 2 {
		t.Fatalf("it said %v", said)
	}
	if l, ok := said[0].(frame.Linked); !ok || l.Epoch != 77 || l.World != sim.Epoch {
		t.Errorf("it said %#v", said[0])
	}
}
