package tab

import (
	"parley/consensus/frame"
	"parley/consensus/trace"
)

// trail says how far the tab has followed the room.
type trail struct {
	events, texts, actions uint32
	digest                 trace.Digest
}

// frame takes what a relay has for the page. What only a worker says, or only a page, is
// reported and dropped.
func (t *Tab) frame(request uint32, f frame.Frame, b []byte) {
	if request != 0 {
		t.answered(request)
	}
	switch f := f.(type) {
	case frame.Joined:
		t.joined(f)
	case frame.Wanted:
		t.host.Page(f, b)
		t.host.Close(codeLeft)
		t.state = lineOut // the page knows why
		t.giveUpEngines()
		return
	case frame.Opened:
		t.opened(f, b)
		return
	case frame.Events:
		t.events(request, f, b)
		return
	case frame.Head:
		if !t.reached(f) {
			return
		}
	case frame.Did:
		t.trail.actions++
	case frame.Room, frame.Acted, frame.Refused:
	default:
		t.host.Report("the relay sent what is not a relay's to say")
		return
	}
	t.host.Page(f, b)
}

// joined begins the time in the room, or goes on with it.
func (t *Tab) joined(f frame.Joined) {
	t.state = lineJoined
	t.join.Token = f.Token
	t.beat = beat{every: int(f.Ping)}
	t.host.Alarm(t.beat.next())
	t.line(frame.Line{State: frame.Connected})
}

// opened takes what the room runs. A relay says it to who has nothing of the trace, and so
// it begins here.
func (t *Tab) opened(f frame.Opened, b []byte) {
	t.trail = trail{}
	t.engine, t.knows = nil, true
	for i := range t.engines {
		if t.engines[i].Name == f.Protocol.Name {
			t.engine = &t.engines[i]
		}
	}
	t.host.Page(f, b)
	early := t.early
	t.early = nil
	t.takeAll(early)
}

// events passes on what is new of the trace.
func (t *Tab) events(request uint32, f frame.Events, b []byte) {
	r := &t.trail
	if f.First > r.events || len(f.Texts) > 0 && f.FirstText > r.texts {
		t.restart("the relay left out a part of the trace")
		return
	}
	known := min(int(r.events-f.First)*trace.EventSize, len(f.Events))
	told := 0
	if len(f.Texts) > 0 {
		told = min(int(r.texts-f.FirstText), len(f.Texts))
	}
	if known > 0 || told > 0 {
		f.First += uint32(known / trace.EventSize)
		f.FirstText += uint32(told)
		f.Events, f.Texts = f.Events[known:], f.Texts[told:]
		if len(f.Events) == 0 && len(f.Texts) == 0 {
			return
		}
		b = frame.Append(nil, request, f)
	}
	var e trace.Event
	for rest := f.Events; len(rest) > 0; rest = rest[trace.EventSize:] {
		_ = e.Decode(rest) // frame.Decode has looked at it
		r.digest = r.digest.Add(&e)
		r.events++
	}
	r.texts += uint32(len(f.Texts))
	t.host.Page(f, b)
}

// reached reports whether a head is that of the trace that has come. Where it is not, the
// relay is asked for all of it.
func (t *Tab) reached(f frame.Head) bool {
	r := &t.trail
	if f.Events > r.events || f.Events == r.events && f.Digest == uint64(r.digest) {
		return true
	}
	t.restart("the relay tells of another run than before")
	return false
}

// restart follows the room anew, from the beginning.
func (t *Tab) restart(why string) {
	t.trail = trail{}
	t.again(why)
}
