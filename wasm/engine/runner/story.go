package runner

import (
	"errors"
	"strconv"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// story is a run with all its past, and the script that it was opened with: what can be
// told of any of its moments.
type story struct {
	run    *sim.History
	script scenario.Script // its Actions are those of the History
	algo   consensus.Algorithm
}

// newStory begins the run of a script. The error is a sentence.
func newStory(script string, known scenario.Known, config func(scenario.Setup) (sim.Config, error)) (*story, error) {
	s, err := scenario.ParseFor(script, known)
	if err != nil {
		return nil, err
	}
	if s.Setup.Nodes > NodesMax {
		return nil, errors.New("the page shows at most " + strconv.Itoa(NodesMax) + " nodes, and this script has " +
			strconv.Itoa(s.Setup.Nodes) + ": run it with parley run, or use fewer")
	}
	c, err := config(s.Setup)
	if err != nil {
		return nil, err
	}
	run, err := sim.NewHistory(c, s.Actions)
	if err != nil {
		return nil, err
	}
	return &story{run: run, script: s, algo: c.Algorithm}, nil
}

// tell answers what is asked of the story, and refuses everything else.
func (s *story) tell(f frame.Frame) frame.Frame {
	switch f := f.(type) {
	case frame.Inspect:
		return s.inspect(f)
	case frame.GetScript:
		script := s.script
		script.Actions = s.run.Actions()
		return frame.Script{Text: script.String()}
	case frame.GetLink:
		return s.link(f)
	}
	return refused(errors.New("this frame is an answer, not a command"))
}

// inspect says what a node or a message was at a moment.
func (s *story) inspect(f frame.Inspect) frame.Frame {
	w := s.run.Seek(int(f.After))
	d := frame.Detail{After: f.After, Node: f.Node, Message: f.Message}
	switch {
	case f.Message != 0:
		m, ok := w.Message(f.Message)
		if !ok {
			return refused(errors.New("message " + strconv.FormatUint(uint64(f.Message), 10) + " is not in flight at that moment"))
		}
		if m.Kind < consensus.KindEngine {
			d.Fields = sim.DescribeClient(m)
		} else {
			d.Fields = s.algo.Describe(m)
		}
	default:
		state, ok := w.Inspect(f.Node)
		if !ok {
			return refused(errors.New(f.Node.String() + " does not run at that moment: there is nothing but its disk"))
		}
		d.Fields = append(d.Fields, state.Fields...)
		d.Fields = append(d.Fields, state.Machine...)
	}
	d.Fields = d.Fields[:min(len(d.Fields), frame.ListMax)]
	return d
}

// link makes a recording of the run up to a moment that it has reached.
func (s *story) link(f frame.GetLink) frame.Frame {
	until := min(max(f.Until, 0), s.run.Head().Now())
	s.run.RunUntil(until, 0) // all of that moment, if its events have come in part only
	w := s.run.SeekTime(until)
	done := w.Done()
	rec := replay.Recording{
		Epochs: rerun.Epochs(s.algo.Protocol), Script: s.script, End: until,
		Digest: w.Digest(), Checks: s.run.Checks()[:done], Known: replay.KnownMax,
	}
	rec.Script.Actions = s.run.Actions()[:done]
	rec.Script.Title, rec.Script.Markers = f.Title, before(f.Markers, until)
	if err := rec.Validate(); err != nil {
		return refused(err)
	}
	code, err := rec.Link()
	return frame.Link{Code: code, Fits: err == nil, Text: rec.Text()}
}

func refused(err error) frame.Refused {
	why := err.Error()
	return frame.Refused{Why: why[:min(len(why), frame.TextMax)]}
}
