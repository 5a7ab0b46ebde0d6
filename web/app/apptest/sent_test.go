package apptest

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/web/app"
	"parley/web/view"
)

// recorded returns the recording of a run of a second to which three things are done.
func recorded(t *testing.T) replay.Recording {
	t.Helper()
	s, err := scenario.Parse("engine raft\nnodes 5\nclients 1\nseed 3\ntitle \"Three things\"\nat 300ms crash n1\nat 500ms restart n1\nat 700ms crash n2\n")
	if err != nil {
		t.Fatal(err)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rerun.Record(s, c, second, 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (p *page) origin() app.OriginView { return p.Screen().Top.Origin }

// TestARecordingIsCompared opens one that is what it says, changes it, and goes back.
func TestARecordingIsCompared(t *testing.T) {
	r := recorded(t)
	p := open(t, nil)
	p.acted(func() { p.OpenText(r.Text()) })
	if o := p.origin(); o.State != "same" || p.Phase != app.Running || p.Frontier != r.End {
		t.Fatalf("it is %+v, in phase %d, seen up to %d; want the same, running, up to %d", o, p.Phase, p.Frontier, r.End)
	}
	p.Pause()
	p.JumpTo(400 * consensus.Millisecond)
	p.acted(func() { p.CrashOrRestart(3) })
	if o := p.origin(); o.State != "changed" || !strings.Contains(o.Label, "Three things") || !o.CanReturn {
		t.Errorf("after an act it is %+v", o)
	}
	p.acted(p.Undo)
	if o := p.origin(); o.State != "same" {
		t.Errorf("after the act was undone it is %+v", o)
	}
	p.acted(func() { p.CrashOrRestart(3) })
	p.acted(p.BackToSent)
	if o := p.origin(); o.State != "same" {
		t.Errorf("back at what was sent it is %+v", o)
	}
	p.acted(func() { p.ChooseAlgorithm("synod") })
	if o := p.origin(); o.State != "" {
		t.Errorf("a new run is said to be %+v", o)
	}
}

// TestARecordingThatDiffers is told from which action on, and plays as far as it is true.
func TestARecordingThatDiffers(t *testing.T) {
	for _, c := range []struct {
		name, says string
		change     func(*replay.Recording)
		until      consensus.Time // at the latest
	}{
		{"an action", "from action 2 on (t = 500", func(r *replay.Recording) { r.Checks[1] ^= 1 << 60; r.Checks[2] ^= 1 << 60; r.Digest++ }, 500 * consensus.Millisecond},
		{"the end", "after its last action", func(r *replay.Recording) { r.Digest++ }, second},
		{"another epoch", "another version of the algorithm", func(r *replay.Recording) { r.Epochs.Engine = 99; r.Digest++ }, second},
	} {
		r := recorded(t)
		c.change(&r)
		p := open(t, nil)
		p.acted(func() { p.OpenText(r.Text()) })
		if o := p.origin(); o.State != "differs" || !strings.Contains(p.notices(), c.says) {
			t.Errorf("%s: it is %+v, and the notices are %q; want %q", c.name, o, p.notices(), c.says)
			continue
		}
		p.JumpTo(0)
		p.SetSpeed(20)
		if !p.Playing {
			p.Toggle()
		}
		p.until("the end of what is true", func() bool { return !p.Playing })
		if p.Cursor.T > c.until || p.Cursor.T == 0 {
			t.Errorf("%s: playing stopped at %d, want at most %d", c.name, p.Cursor.T, c.until)
		}
		p.Toggle()
		p.play(second)
		if p.Cursor.T <= c.until {
			t.Errorf("%s: it cannot be played beyond %d, and is at %d", c.name, c.until, p.Cursor.T)
		}
	}
}

// TestWhatCannotBeOpened is told in a sentence, and the run that was shown goes on.
func TestWhatCannotBeOpened(t *testing.T) {
	code, err := func() (string, error) { r := recorded(t); return r.Link() }()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ address, says string }{
		{code[:len(code)-4], "cut off"}, {code[:20] + "_" + code[21:], "changed on the way"}, {"9" + code[1:], "not known here"},
		{"s=raft-none", "raft-none"}, {"1" + strings.Repeat("A", replay.CodeMax), "too long"},
	} {
		p := open(t, nil)
		p.until("a leader", p.leads)
		p.Pause()
		at, state := p.Cursor.T, p.Screen().Top.Headline
		p.acted(func() { p.OpenAddress(c.address) })
		if !strings.Contains(p.notices(), c.says) || p.Phase != app.Running || p.Cursor.T != at || p.Screen().Top.Headline != state {
			t.Errorf("%.20s: phase %d at %d, %q; the notices are %q, want %q", c.address, p.Phase, p.Cursor.T, p.Screen().Top.Headline, p.notices(), c.says)
		}
		p.acted(func() { p.OpenAddress(code) })
		if o := p.origin(); o.State != "same" {
			t.Errorf("%.20s: after it a link that is whole is %+v", c.address, o)
		}
	}
}

// TestBackBeforeItIsOpen goes back to a run while the next one is still being opened, and
// while its engine is still being loaded.
func TestBackBeforeItIsOpen(t *testing.T) {
	for _, address := range []string{"s=raft-minority", "s=synod-duelling"} {
		p := open(t, nil)
		p.until("a leader", p.leads)
		p.Pause()
		p.acted(func() { p.CrashOrRestart(1) }) // so that it is no address's run
		script, cursor, frontier := p.Here()
		state := p.Screen().Top.Headline
		if script == "" {
			t.Fatal("there is nothing to return to")
		}
		p.OpenAddress(address)
		if p.Phase == app.Running {
			t.Fatal("it is open at once: this test tests nothing")
		}
		p.acted(func() { p.Return("", script, cursor, frontier) })
		if p.Phase != app.Running || p.Cursor.T != cursor || p.Screen().Top.Headline != state {
			t.Errorf("%s: back in phase %d, at %d with %q; it was left at %d with %q", address, p.Phase, p.Cursor.T, p.Screen().Top.Headline, cursor, state)
		}
		if again, _, _ := p.Here(); again != script {
			t.Errorf("%s: back at\n%s\nit was\n%s", address, again, script)
		}
	}
}

// TestATraceStays holds that a trace from a file, which no engine could run again, is not
// lost to a file that cannot be opened; and that the way back leads to what was before.
func TestATraceStays(t *testing.T) {
	from := open(t, nil)
	from.acted(func() { r := recorded(t); from.OpenText(r.Text()) })
	from.Pause()
	frames := append([][]byte{frame.Append(nil, 0, frame.Opened{Protocol: *from.Store.Protocol, Script: "title Elsewhere\nnodes 3\n", Setup: from.Store.Setup})},
		view.Frames(from.Store.Trace())...)
	frames = append(frames, frame.Append(nil, 0, frame.Head{Time: second, Events: uint32(from.Store.Len()), State: frame.Quiet}))

	p := open(t, nil)
	p.until("a leader", p.leads)
	p.Pause()
	script := p.store["run.script"]
	p.ShowTrace(frames)
	p.Pause()
	p.JumpTo(500 * ms)
	for range 2 { // once more: it is whole again
		at, events, state := p.Cursor, p.Store.Len(), p.Screen().Top.Headline
		p.acted(func() { p.OpenText("at noon crash n1\n") })
		if !strings.Contains(p.notices(), "line 1") || p.Phase != app.Running || p.Cursor != at || p.Store.Len() != events || p.Screen().Top.Headline != state {
			t.Errorf("after a bad file: phase %d, %d events, at %+v %q; before: %d events, at %+v %q; it says %q",
				p.Phase, p.Store.Len(), p.Cursor, p.Screen().Top.Headline, events, at, state, p.notices())
		}
		p.acted(func() { p.CrashOrRestart(1) })
		if !strings.Contains(p.notices(), "no cluster behind it") {
			t.Errorf("the trace can be changed: %q", p.notices())
		}
	}
	p.acted(p.Undo)
	if p.store["run.script"] != script || p.Phase != app.Running || !p.leads() {
		t.Errorf("the way back leads to phase %d, %q", p.Phase, p.Screen().Top.Headline)
	}
}
