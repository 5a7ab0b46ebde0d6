package scene

import (
	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/view"
)

// PosterWidth and PosterHeight are the size of a Poster, in pixels.
const (
	PosterWidth  = 640.
	PosterHeight = 480.
)

// Poster returns a picture of a cluster as SVG: five nodes in the middle of an election,
// for where there is no run yet. It stands in for the scene before anything is loaded.
func Poster(scheme Scheme) []byte {
	const at = 188 * consensus.Millisecond
	s := view.Scene{
		Store: posterRun(), Frontier: at,
		Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1},
	}
	s.Cursor = s.Store.Moment(at)
	return RingSVG(s, PosterWidth, PosterHeight, English, Picture{Title: "A cluster of five nodes elects a leader", Scheme: scheme})
}

// posterRun is a run made by hand: N2 stands for election in term 1 and has two votes.
func posterRun() *view.Store {
	const ms = consensus.Millisecond
	protocol := &consensus.Protocol{
		TermWord: "term",
		Roles:    []consensus.RoleInfo{{Name: "follower"}, {Name: "candidate", Seeks: true}},
		Timers:   []consensus.TimerInfo{{Arc: true}},
		Messages: []consensus.MessageInfo{{Kind: consensus.KindEngine, Short: "RV"}},
	}
	var b []byte
	add := func(e trace.Event) { b = e.Append(b) }
	timer := func(t consensus.Time, node consensus.NodeID, span consensus.Time) {
		e := trace.Event{T: t, Kind: trace.TimerSet, Node: node}
		e.A, e.B = trace.Halves(int64(t + span))
		e.C, e.D = trace.Halves(int64(span))
		add(e)
	}
	for i, span := range [...]consensus.Time{250, 170, 290, 210, 230} {
		add(trace.Event{Kind: trace.Boot, Node: consensus.NodeID(i + 1)})
		timer(0, consensus.NodeID(i+1), span*ms)
	}
	send := func(t consensus.Time, id uint32, from, to consensus.NodeID, flags consensus.MessageFlags, due consensus.Time) {
		e := trace.Event{T: t, Kind: trace.Send, ID: id, Node: from, Peer: to, Sub: uint8(consensus.KindEngine), Flags: flags, Term: 1}
		e.A, e.B = trace.Halves(int64(due))
		add(e)
	}
	stand := consensus.SetOf(2)
	add(trace.Event{T: 170 * ms, Kind: trace.Term, Node: 2, Term: 1})
	add(trace.Event{T: 170 * ms, Kind: trace.Role, Node: 2, Sub: 1})
	e := trace.Event{T: 170 * ms, Kind: trace.Tally, Node: 2}
	e.SetNodeSet(stand)
	add(e)
	timer(170*ms, 2, 200*ms)
	send(170*ms, 1, 2, 1, 0, 181*ms)
	send(170*ms, 2, 2, 3, 0, 180*ms)
	send(170*ms, 3, 2, 4, 0, 195*ms)
	send(170*ms, 4, 2, 5, 0, 182*ms)
	for i, v := range [...]struct {
		node    consensus.NodeID
		at, due consensus.Time
		flags   consensus.MessageFlags
	}{
		{3, 180, 187, consensus.FlagYes}, {1, 181, 194, consensus.FlagYes}, {5, 182, 196, consensus.FlagYes},
	} {
		add(trace.Event{T: v.at * ms, Kind: trace.Deliver, ID: [...]uint32{2, 1, 4}[i], Node: v.node, Peer: 2})
		add(trace.Event{T: v.at * ms, Kind: trace.Term, Node: v.node, Term: 1})
		add(trace.Event{T: v.at * ms, Kind: trace.Vote, Node: v.node, Peer: 2, Term: 1})
		timer(v.at*ms, v.node, 200*ms)
		send(v.at*ms, uint32(5+i), v.node, 2, v.flags|consensus.FlagReply, v.due*ms)
	}
	stand.Add(3)
	add(trace.Event{T: 187 * ms, Kind: trace.Deliver, ID: 5, Node: 2, Peer: 3})
	e = trace.Event{T: 187 * ms, Kind: trace.Tally, Node: 2}
	e.SetNodeSet(stand)
	add(e)
	s := new(view.Store)
	setup := scenario.Defaults()
	s.Open(protocol, setup)
	if err := s.Add(0, b, 0, nil); err != nil {
		panic(err) // the run above is part of the program
	}
	return s
}
