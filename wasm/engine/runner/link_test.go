package runner

import (
	"runtime"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/scenario/library"
)

// advance takes a viewer's run on to a moment.
func (v *viewer) advance(until consensus.Time) {
	for v.head.Time < until && v.head.State == frame.Going {
		v.send(frame.Advance{Until: until, Events: AdvanceMax})
	}
}

// verdict compares until something is known.
func (v *viewer) verdict(piece uint32) frame.Verdict {
	v.t.Helper()
	for range 10_000 {
		f, ok := v.send(frame.Verify{Events: piece}).(frame.Verdict)
		if !ok {
			v.t.Fatalf("Verify was answered with %.300v", v.last)
		}
		if f.State != frame.Checking {
			return f
		}
	}
	v.t.Fatal("there is no verdict")
	return frame.Verdict{}
}

// share asks for the link of the run up to a moment.
func (v *viewer) share(f frame.GetLink) frame.Link {
	v.t.Helper()
	l, ok := v.send(f).(frame.Link)
	if !ok {
		v.t.Fatalf("GetLink was answered with %.300v", v.last)
	}
	return l
}

// openLink opens a link that has to open.
func (v *viewer) openLink(f frame.OpenLink) frame.Linked {
	v.t.Helper()
	if _, ok := v.send(f).(frame.Opened); !ok || v.linked == nil {
		v.t.Fatalf("OpenLink was answered with %T: %.300v", v.last, v.last)
	}
	return *v.linked
}

// byHand does a run as a visitor does: acts, goes back, acts there, goes on.
func byHand(v *viewer) {
	v.t.Helper()
	v.open(opening)
	v.advance(consensus.Second)
	act := func(a scenario.Action) {
		v.t.Helper()
		if _, ok := v.send(frame.Act{Action: a}).(frame.Acted); !ok {
			v.t.Fatalf("Act was answered with %.300v", v.last)
		}
	}
	act(scenario.Action{At: 800_000_000, Kind: scenario.Crash, Node: 1})
	v.advance(1_500_000_000)
	act(scenario.Action{At: 900_000_000, Kind: scenario.Partition, Groups: []consensus.NodeSet{consensus.SetOf(2, 3)}})
	act(scenario.Action{At: 950_000_000, Kind: scenario.Request, Node: consensus.Client(1), Text: "set y 4"})
	v.advance(2 * consensus.Second)
	act(scenario.Action{At: 2 * consensus.Second, Kind: scenario.Heal})
	v.advance(3 * consensus.Second)
}

// A run made by hand, shared, and opened elsewhere, is the same run: the same events, the
// same digest, a verdict that says so.
func TestALinkOpensAsTheSameRun(t *testing.T) {
	v := newViewer(t)
	byHand(v)
	marks := []scenario.Marker{{At: 0, Caption: "here"}, {At: 2 * consensus.Second, Caption: "there"}, {At: 9 * consensus.Second, Caption: "never"}}
	l := v.share(frame.GetLink{Until: 2_500_000_000, Title: "By hand", Markers: marks})
	if !l.Fits || len(l.Code) > 300 {
		t.Errorf("the link has %d characters", len(l.Code))
	}
	w := newViewer(t)
	for _, link := range []string{"#" + l.Code + "&t=1.2s&until=2s&view=ring,logs", l.Text} {
		f := w.openLink(frame.OpenLink{Link: link})
		if !f.Recorded || f.Epoch == 0 || f.World == 0 || f.End != 2_500_000_000 {
			t.Errorf("%+v", f)
		}
		if strings.HasPrefix(link, "#") && (f.At != 1_200_000_000 || !f.Timed || f.Until != 2*consensus.Second || strings.Join(f.View, " ") != "ring logs") {
			t.Errorf("%+v", f)
		}
		s, err := scenario.Parse(w.opened.Script)
		if err != nil || s.Title != "By hand" || len(s.Markers) != 2 || len(s.Actions) != 5 {
			t.Errorf("%v\n%s", err, w.opened.Script)
		}
		w.advance(2_500_000_000)
		for i := range w.log.Len() {
			if *w.log.At(i) != *v.log.At(i) {
				t.Fatalf("event %d is %+v, was %+v", i, w.log.At(i), v.log.At(i))
			}
		}
		if w.log.Len() == 0 || w.log.Len() == v.log.Len() {
			t.Errorf("%d events of %d", w.log.Len(), v.log.Len())
		}
		for _, piece := range []uint32{1000, VerifyMax} {
			got := w.verdict(piece)
			if got.State != frame.Equal || got.At != f.End || got.True != f.End || int(got.Events) != w.log.Len() {
				t.Errorf("%+v", got)
			}
		}
		// Sharing what was opened gives the same link.
		if again := w.share(frame.GetLink{Until: f.End, Title: s.Title, Markers: s.Markers}); again != l {
			t.Errorf("shared again:\n%s\nand not\n%s", again.Text, l.Text)
		}
	}
}

// A link at each moment of a run holds the run up to there, also within a moment of which
// the events have come in part only.
func TestLinksOfEachMoment(t *testing.T) {
	v := newViewer(t)
	v.open(opening + "at 500ms crash n1\nat 500ms crash n2\n")
	for range 60 {
		v.send(frame.Advance{Until: consensus.Second, Events: 17})
		l := v.share(frame.GetLink{Until: v.head.Time})
		rec, err := replay.ReadLink(l.Code)
		if err != nil {
			t.Fatal(err)
		}
		c, err := registry.Config(rec.Script.Setup)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := rerun.Verify(&rec, c, 0); err != nil || got.State != rerun.Equal || rec.End != v.head.Time {
			t.Fatalf("at %v: %v, %s", v.head.Time, err, got.Says())
		}
	}
	if l := v.share(frame.GetLink{Until: scenario.RunMax}); !strings.Contains(l.Text, "\nend "+scenario.FormatSpan(v.head.Time)+" ") {
		t.Errorf("a link of what has not happened yet:\n%s", l.Text)
	}
}

// What does not fit a link comes as a text.
func TestWhatDoesNotFit(t *testing.T) {
	v := newViewer(t)
	script := "nodes 3\n"
	draw := consensus.Rand(1)
	for i := range 200 {
		value := make([]byte, 100)
		for j := range value {
			value[j] = byte('a' + draw.Below(26))
		}
		script += "at " + scenario.FormatSpan(consensus.Time(i)*1_234_567) + " request c1: set x " + string(value) + "\n"
	}
	v.open(script)
	v.advance(consensus.Second)
	l := v.share(frame.GetLink{Until: v.head.Time})
	if l.Fits || l.Code == "" || !strings.HasPrefix(l.Text, "epoch ") {
		t.Fatalf("fits: %v, %d characters, %.60q", l.Fits, len(l.Code), l.Text)
	}
	w := newViewer(t)
	w.openLink(frame.OpenLink{Link: l.Text})
	if got := w.verdict(VerifyMax); got.State != frame.Equal {
		t.Errorf("%+v", got)
	}
}

// A recording that is not true is played, and said not to be, from the action on at which
// that shows; captions stay readable.
func TestALinkThatDiffers(t *testing.T) {
	v := newViewer(t)
	byHand(v)
	l := v.share(frame.GetLink{Until: 3 * consensus.Second, Markers: []scenario.Marker{{At: 1, Caption: "look"}}})
	rec, _, err := replay.ReadText(l.Text)
	if err != nil {
		t.Fatal(err)
	}
	rec.Checks[3] ^= 0xff << 56
	rec.Epochs.Engine++ // of a version that behaves otherwise
	code, err := rec.Link()
	if err != nil {
		t.Fatal(err)
	}
	before := v.head
	if w, ok := v.send(frame.OpenLink{Link: code}).(frame.Wanted); !ok || w.Engine != "raft" || w.Epoch != rec.Epochs.Engine || w.World != rec.Epochs.World || v.head != before {
		t.Errorf("a link of another epoch was answered with %.300v", v.last)
	}
	if f := v.openLink(frame.OpenLink{Link: code, Anyway: true}); f.Epoch != rec.Epochs.Engine {
		t.Fatalf("opened anyway: %+v", f)
	}
	got := v.verdict(500)
	if got.State != frame.Differs || got.Action != 4 || got.At != 950_000_000 || got.True != 900_000_000 {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(v.opened.Script, "mark look") {
		t.Errorf("the caption is gone:\n%s", v.opened.Script)
	}
	v.advance(3 * consensus.Second)
	if v.head.Time != 3*consensus.Second {
		t.Errorf("it plays up to %v", v.head.Time)
	}
}

// Each thing that can be wrong with a link has its sentence, and leaves the run that is
// open as it is.
func TestBadLinks(t *testing.T) {
	v := newViewer(t)
	v.refused(frame.OpenLink{Link: "#"}, "holds no recording")
	byHand(v)
	l := v.share(frame.GetLink{Until: 3 * consensus.Second})
	refused := func(link, want string) {
		t.Helper()
		v.refused(frame.OpenLink{Link: link}, want)
	}
	refused(l.Code[:len(l.Code)/2], "cut off at its end")
	refused(l.Code[:40]+"x"+l.Code[41:], "not what was sent")
	refused("9"+l.Code[1:], "which is not known here")
	refused("1"+strings.Repeat("A", replay.CodeMax), "of which at most")
	refused("#s=no-such-thing", "there is no scenario no-such-thing")
	refused("epoch 1 world 1\nfly\n", `line 2: "fly": `)
	refused("epoch 1 world 9\nend 1s digest 0000000000000000\n", "a later version of Parley made this recording")
	rec, _, err := replay.ReadText(l.Text)
	if err != nil {
		t.Fatal(err)
	}
	link := func() string {
		t.Helper()
		code, err := rec.Link()
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	rec.Script.Setup.Off = []string{"raft.gravity"}
	refused(link(), "has no rule")
	rec.Script.Setup.Off, rec.Script.Setup.Machine = nil, "abacus"
	refused(link(), "abacus")
	rec.Script.Setup.Machine, rec.Script.Setup.Nodes = "kv", 10
	refused(link(), "at most 9 nodes")
	rec.Script.Setup.Nodes, rec.Script.Setup.Engine = 5, "zab"
	if w, ok := v.send(frame.OpenLink{Link: link(), Anyway: true}).(frame.Wanted); !ok || w.Engine != "zab" {
		t.Errorf("an engine that there is not: %.300v", v.last)
	}
	v.open(opening)
	v.refused(frame.Verify{Events: 1}, "nothing to compare this run with")
	v.refused(frame.GetLink{Title: strings.Repeat("x", 200)}, "a title can have")
	v.refused(frame.GetLink{Markers: []scenario.Marker{{Caption: "a\nb"}}}, "a caption is printable text")
}

// A link of a few characters that asks for a billion events does not keep the worker from
// listening, and is stopped.
func TestALinkOfABillionEvents(t *testing.T) {
	s, err := scenario.Parse("nodes 9\nclients 32\npace 100000/s\nlatency 0s jitter 0s disk 0s\n")
	if err != nil {
		t.Fatal(err)
	}
	v := newViewer(t)
	rec := replay.Recording{Epochs: replay.Epochs{Engine: v.r.known.Protocols[0].Epoch, World: replay.WorldEpochs}, Script: s, End: scenario.RunMax, Known: replay.KnownMax}
	code, err := rec.Link()
	if err != nil {
		t.Fatal(err)
	}
	v.openLink(frame.OpenLink{Link: code})
	last := uint32(0)
	for range 3 {
		got := v.send(frame.Verify{Events: 1 << 31}).(frame.Verdict)
		if got.State != frame.Checking || got.Events-last > VerifyMax+1000 {
			t.Fatalf("%+v after %d events", got, last)
		}
		last = got.Events
	}
	if runtime.GOARCH == "wasm" {
		return // four million events take their time there
	}
	if got := v.verdict(VerifyMax); got.State != frame.Stopped || got.Events < rerun.EventsMax {
		t.Errorf("%+v", got)
	}
}

// Markers behind an action are of another story.
func TestActingDropsWhatTheAuthorSaysLater(t *testing.T) {
	v := newViewer(t)
	if f := v.openLink(frame.OpenLink{Link: "#s=raft-leader-crash&t=600ms"}); f.Recorded || f.At != 600_000_000 || f.End == 0 {
		t.Fatalf("%+v", f)
	}
	v.refused(frame.Verify{Events: 1}, "nothing to compare this run with")
	v.advance(consensus.Second)
	v.send(frame.Act{Action: scenario.Action{At: 640_000_000, Kind: scenario.Crash, Node: 1}})
	text := v.send(frame.GetScript{}).(frame.Script).Text
	s, err := scenario.Parse(text)
	if err != nil || len(s.Markers) == 0 || s.Markers[len(s.Markers)-1].At != 640_000_000 {
		t.Errorf("%v\n%s", err, text)
	}
}

// Every scenario of the library opens by its name, and is listed.
func TestLibrary(t *testing.T) {
	v := newViewer(t)
	f, ok := v.send(frame.GetLibrary{}).(frame.Library)
	if !ok || len(f.Entries) != len(library.All()) {
		t.Fatalf("%.300v", v.last)
	}
	for _, e := range f.Entries {
		l := v.openLink(frame.OpenLink{Link: "#s=" + e.Name})
		if l.Recorded || !strings.Contains(v.opened.Script, "title "+e.Title+"\n") || v.opened.Protocol.Name != e.Engine {
			t.Errorf("%s: %+v", e.Name, l)
		}
	}
}
