package sim_test

import (
	"encoding/binary"

	"parley/consensus"
)

// echo is a small engine that uses everything a World offers. Every beat it sends a
// ping to all others, and it writes down the beat first when asked to. A ping is
// answered when asked to. Node 1 answers clients, the others point at it.
type echo struct {
	id      consensus.NodeID
	nodes   consensus.NodeSet
	rand    consensus.Rand
	set     consensus.Settings
	beats   uint32
	got     uint32
	records uint32
	last    consensus.Time
	echoes  consensus.NodeSet
}

const (
	echoPing = consensus.KindEngine + iota
	echoPong
)

const (
	optPeriod = iota // time between beats
	optSpread        // at random on top of it
	optWrite         // write each beat and each command
	optLoose         // without waiting for the disk
	optAnswer        // pings are answered
	optSize          // bytes of a ping beyond its number
	optResets        // a ping starts the watchdog anew
)

var echoProtocol = consensus.Protocol{
	Name: "echo", Title: "Echo", Epoch: 1, TermWord: "beat", IndexWord: "record",
	Rules: []consensus.Rule{
		{ID: "echo.answer", Says: "A ping is answered.", Switchable: true, Without: "Nobody answers.", Tells: []string{"{node} answers {peer}"}},
		{ID: "echo.fixed", Says: "Always.", Tells: []string{"x"}},
	},
	Messages: []consensus.MessageInfo{{Kind: echoPing, Name: "Ping", Reply: echoPong}, {Kind: echoPong, Name: "Pong"}},
	Roles:    []consensus.RoleInfo{{Name: "echo"}},
	Timers:   []consensus.TimerInfo{{Name: "beat"}, {Name: "watchdog", Arc: true}},
	Options: []consensus.OptionInfo{
		{Name: "period", Unit: "ms", Default: int64(20 * consensus.Millisecond), Min: 1, Max: int64(consensus.Second)},
		{Name: "spread", Unit: "ms", Max: int64(consensus.Second)},
		{Name: "write", Unit: "on", Default: 1, Max: 1},
		{Name: "loose", Unit: "on", Max: 1},
		{Name: "answer", Unit: "on", Default: 1, Max: 1},
		{Name: "size", Default: 10, Max: 4096},
		{Name: "resets", Unit: "on", Default: 1, Max: 1},
	},
}

var echoes = consensus.Algorithm{
	Protocol: &echoProtocol,
	New: func(c consensus.Config) consensus.Engine {
		return &echo{id: c.ID, nodes: c.Nodes, rand: consensus.Rand(c.Seed), set: c.Settings}
	},
}

func (e *echo) on(option int) bool { return e.set.Options[option] != 0 }

func (e *echo) Step(in *consensus.Input, out *consensus.Effects) {
	e.last = in.Now
	switch in.Kind {
	case consensus.InputStart:
		e.records = uint32(len(in.Disk) / 4)
		out.Note(consensus.Note{Kind: consensus.NoteCommit, A: e.records})
		e.beatAgain(out)
		out.Set(1, 3*consensus.Duration(e.set.Options[optPeriod]))
	case consensus.InputTimer:
		e.timer(in.Timer, out)
	case consensus.InputMessage:
		e.message(in.Message, out)
	case consensus.InputRequest:
		e.request(in.Request, out)
	case consensus.InputConfigure:
		e.set = in.Settings
		if !e.on(optResets) {
			out.Cancel(1)
		}
	}
}

func (e *echo) beatAgain(out *consensus.Effects) {
	out.Set(0, consensus.Duration(e.set.Options[optPeriod]+e.rand.Below(e.set.Options[optSpread]+1)))
}

func (e *echo) record(v uint32, out *consensus.Effects) {
	if e.on(optWrite) {
		e.records++
		out.Write = binary.LittleEndian.AppendUint32(out.Write, v)
		out.Loose = e.on(optLoose)
	}
}

func (e *echo) timer(t consensus.TimerID, out *consensus.Effects) {
	if t == 1 {
		out.Note(consensus.Note{Kind: consensus.NoteLeader})
		return
	}
	e.beats++
	e.record(e.beats, out)
	out.Note(consensus.Note{Kind: consensus.NoteTerm, Term: consensus.Term(e.beats)})
	e.beatAgain(out)
	first := true
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if !e.nodes.Has(id) || id == e.id {
			continue
		}
		m := consensus.Message{From: e.id, To: id, Kind: echoPing, Term: consensus.Term(e.beats)}
		if first {
			b := binary.LittleEndian.AppendUint32(out.Buffer(), e.beats)
			for i := int64(0); i < e.set.Options[optSize]; i++ {
				b = append(b, byte(i)^byte(e.beats))
			}
			out.Send(m, b)
			first = false
			continue
		}
		out.Resend(m)
	}
}

func (e *echo) message(m consensus.Message, out *consensus.Effects) {
	e.got++
	e.echoes.Add(m.From)
	n := binary.LittleEndian.Uint32(m.Data)
	if len(m.Data) >= 4 && consensus.Term(n) != m.Term {
		panic("echo: the data of a message are not its own")
	}
	if m.Kind == echoPong {
		out.Note(consensus.Note{Kind: consensus.NoteProgress, Peer: m.From, A: n, B: uint32(len(m.Data))})
		return
	}
	if e.on(optResets) {
		out.Set(1, 3*consensus.Duration(e.set.Options[optPeriod]))
	}
	if e.on(optAnswer) && !e.set.Off.Has(1) {
		out.Fire(1, 0, m.From, m.Term)
		out.Send(consensus.Message{From: e.id, To: m.From, Kind: echoPong, Flags: consensus.FlagReply | consensus.FlagYes, Term: m.Term}, append(out.Buffer(), m.Data...))
	}
}

func (e *echo) request(r consensus.Request, out *consensus.Effects) {
	if e.id != 1 {
		out.Answer(consensus.Reply{Client: r.Client, Seq: r.Seq, Status: consensus.StatusNotLeader, Leader: 1}, nil)
		return
	}
	e.record(r.Seq, out)
	out.Answer(consensus.Reply{Client: r.Client, Seq: r.Seq, Status: consensus.StatusDone}, append([]byte("did "), r.Command...))
}

func (e *echo) Clone() consensus.Engine {
	c := *e
	return &c
}

func (e *echo) Inspect() consensus.State {
	return consensus.State{
		Term: consensus.Term(e.beats), Commit: consensus.Index(e.records), Applied: consensus.Index(e.got),
		Fields: []consensus.Field{{Name: "rand", Value: string(binary.LittleEndian.AppendUint64(nil, uint64(e.rand)))}},
	}
}
