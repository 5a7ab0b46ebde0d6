package room

import (
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"

	"pgregory.net/rapid"
)

// acts are what people do in these tests; most are possible at times.
var someActs = []string{
	"crash n1", "crash n2", "crash n3", "restart n1", "restart n2", "restart n3", "cut n1 > n2", "heal all",
	"partition n1 n2 | n3", "timeout n1", "timeout n3", "request c1: set x 3", "clock n2 offset 3ms", "loss 20%", "loss 0%",
	"latency 1ms", "latency 20ms", "off raft.vote-once", "on raft.vote-once", "drop 40", "hold 60 10ms", "nonsense", "crash n8",
}

// scriptOf draws the script of a room of three.
func scriptOf(t *rapid.T) string {
	s := "engine raft\nnodes 3\nclients 1\npace 30/s\nloss 2%\ntorn 50%\nseed " + rapid.StringMatching("[1-9][0-9]{0,3}").Draw(t, "seed") + "\n"
	if rapid.Bool().Draw(t, "scheduled") {
		s += "at 300ms crash n1\nat 600ms restart n1\nat 600ms cut n1 > n3\nat 1s heal all\nat 1.2s crash n2\nat 1.4s restart n2\n"
	}
	if rapid.Bool().Draw(t, "ties") {
		s = "jitter 0s\n" + s // whole milliseconds: many things at the same moment
	}
	return s
}

// settle lets the room come to where nobody is waited for and nothing waits to be done.
func (l *lab) settle() {
	l.t.Helper()
	for range 200 {
		l.until(Second)
		if r := l.room; r.ended != 0 || r.work == nil && len(r.acts) == 0 {
			return
		}
	}
	l.t.Fatalf("the room is stuck at %v, alone %v, paused %v, stats %+v: out is %+v, %+v wait, seats are %+v", l.now, l.room.alone, l.room.state, l.room.Stats(), l.room.work, l.room.acts, l.room.seats)
}

// Whatever tabs, people and the relay do, in whatever order: the recording of the room,
// run in one place, has the room's digest; who is shown the run is shown that one (see
// tab.receive); and the room never gets stuck.
func TestAnySchedule(t *testing.T) {
	var sum Stats
	rapid.Check(t, func(t *rapid.T) {
		l := newLab(t, scriptOf(t), rapid.Uint64().Draw(t, "draws"))
		l.lag = Moment(rapid.SampledFrom([]int{0, 1, 30, 400}).Draw(t, "lag")) * Millisecond
		owner := l.newTab("Ada", l.owner)
		owner.connect()
		tabs := []*tab{owner}
		for i := range 3 {
			x := l.newTab("B", "")
			x.connect()
			tabs = append(tabs, x)
			if i < rapid.IntRange(0, 3).Draw(t, "seats") {
				x.conduct(frame.Claim, consensus.NodeID(i+1), 0)
			}
		}
		owner.conduct(frame.SetPace, 0, uint64(rapid.SampledFrom([]int{5, 50, 400}).Draw(t, "pace"))*uint64(consensus.Millisecond))
		owner.conduct(frame.SetOpen, 0, 1)
		owner.conduct(frame.Play, 0, 0)
		l.until(Second)
		node := func() consensus.NodeID { return consensus.NodeID(rapid.IntRange(1, 4).Draw(t, "node")) }
		for range rapid.IntRange(3, 25).Draw(t, "things") {
			x := tabs[rapid.IntRange(0, len(tabs)-1).Draw(t, "tab")]
			switch what := rapid.IntRange(0, 15).Draw(t, "what"); {
			case what <= 1:
				x.lose()
			case what == 2:
				x.shut()
			case what <= 5:
				if x.open && rapid.Bool().Draw(t, "anew") {
					x.lose()
				}
				if !x.open {
					x.connect()
				}
			case !x.open:
			case what <= 8:
				x.act(rapid.SampledFrom(someActs).Draw(t, "act"))
			case what == 9:
				x.conduct(rapid.SampledFrom([]frame.Verb{frame.Play, frame.Play, frame.Pause, frame.Step}).Draw(t, "verb"), 0, 0)
			case what == 10:
				x.conduct(rapid.SampledFrom([]frame.Verb{frame.Claim, frame.Claim, frame.Release}).Draw(t, "verb"), node(), 0)
			case what == 11:
				owner.ask(frame.Conduct{Verb: frame.Give, Node: node(), Member: x.joined.Member})
			case what == 12:
				x.say(hosting.Bye{})
			case what == 13:
				l.kill()
			case what == 14:
				l.stop()
			case what == 15:
				x.mute = !x.mute
			}
			l.until(Moment(rapid.SampledFrom([]int{0, 1, 10, 120, 900, 11_000}).Draw(t, "for")) * Millisecond)
		}
		for _, x := range tabs {
			x.mute = false
		}
		late := l.newTab("Zoe", "")
		late.connect()
		l.until(3 * Second)
		late.conduct(frame.Pause, 0, 0)
		l.settle()
		if l.room.ended != 0 {
			t.Fatalf("the room was closed with %d", l.room.ended)
		}
		l.same()
		if late.head.Events != uint32(l.room.Stats().Events) {
			t.Fatalf("a latecomer has %d events of %d", late.head.Events, l.room.Stats().Events)
		}
		s := l.room.Stats()
		sum.Work, sum.Foreseen, sum.Rebuilt = sum.Work+s.Work+l.seen.Work, sum.Foreseen+s.Foreseen+l.seen.Foreseen, sum.Rebuilt+s.Rebuilt+l.seen.Rebuilt
		sum.Actions += s.Actions
	})
	t.Logf("%d pieces of work, %d of them foreseen, %d rebuilt, %d actions", sum.Work, sum.Foreseen, sum.Rebuilt, sum.Actions)
	if sum.Work == 0 || sum.Foreseen == 0 || sum.Rebuilt == 0 {
		t.Error("something did not happen at all")
	}
}
