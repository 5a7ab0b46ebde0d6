package view

import (
	"sort"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
)

// op is a client's operation. 16 bytes, no pointers.
type op struct {
	invoked, ended uint32 // event; event+1 of its Answer or GiveUp, 0: under way
	seq            uint32
	client         consensus.NodeID
}

// serve follows the clients' operations.
func (x *index) serve(i int, e *trace.Event) {
	c := int(e.Node) - int(consensus.ClientFirst)
	if c < 0 || c >= consensus.ClientsMax {
		return
	}
	mine := x.byClient[c]
	switch e.Kind {
	case trace.Invoke:
		x.byClient[c] = append(mine, uint32(len(x.ops)))
		x.ops = append(x.ops, op{invoked: uint32(i), seq: e.B, client: e.Node})
	case trace.Answer, trace.GiveUp:
		if n := len(mine); n > 0 && x.ops[mine[n-1]].ended == 0 {
			x.ops[mine[n-1]].ended = uint32(i) + 1
			if e.Kind == trace.GiveUp {
				x.gaveUp = append(x.gaveUp, uint32(i))
			}
		}
	}
}

func (x *index) truncateOps(n int) {
	keep := sort.Search(len(x.ops), func(i int) bool { return int(x.ops[i].invoked) >= n })
	x.ops = x.ops[:keep]
	for i := range x.ops {
		if int(x.ops[i].ended) > n {
			x.ops[i].ended = 0
		}
	}
	x.gaveUp = x.gaveUp[:sort.Search(len(x.gaveUp), func(i int) bool { return int(x.gaveUp[i]) >= n })]
	for c, mine := range x.byClient {
		x.byClient[c] = mine[:sort.Search(len(mine), func(i int) bool { return int(mine[i]) >= keep })]
	}
}

// of returns the operations of a client, as places in ops.
func (x *index) of(client consensus.NodeID) []uint32 {
	c := int(client) - int(consensus.ClientFirst)
	if c < 0 || c >= consensus.ClientsMax {
		return nil
	}
	return x.byClient[c]
}

// current returns the last operation of a client, nil when it had none.
func (x *index) current(client consensus.NodeID) *op {
	mine := x.of(client)
	if len(mine) == 0 {
		return nil
	}
	return &x.ops[mine[len(mine)-1]]
}

// operation returns an operation of a client by its number, nil when there is none.
func (x *index) operation(client consensus.NodeID, seq uint32) *op {
	mine := x.of(client)
	i := sort.Search(len(mine), func(i int) bool { return x.ops[mine[i]].seq >= seq })
	if i == len(mine) || x.ops[mine[i]].seq != seq {
		return nil
	}
	return &x.ops[mine[i]]
}

// Command returns the text of a client's command by its number, "" when the trace does
// not have it.
func (s *Store) Command(client consensus.NodeID, seq uint32) string {
	o := s.index.operation(client, seq)
	if o == nil {
		return ""
	}
	return s.Text(s.Event(int(o.invoked)).D)
}

// OpState says how far an operation has come.
type OpState uint8

// States of an operation.
const (
	OpWaiting OpState = iota // the client waits for an answer
	OpDone                   // it was answered
	OpUnknown                // the client gave up: it may or may not have happened, or happen yet
)

// Operation is a row of the list of client operations.
type Operation struct {
	Client  consensus.NodeID
	Seq     uint32
	Command string
	State   OpState
	Word    string // the state, in words
	Result  string // the answer, when it is done
	Asked   consensus.NodeID
	Since   consensus.Time // when the client wanted it
	Took    consensus.Duration
	Latency string // Took, or how long it has waited so far
	Invoked int    // event
	Ended   int    // event; -1: not yet
}

// Operations returns the last operations that clients began before the cursor, at most
// limit, the latest last, as they stood then.
func (s *Store) Operations(at Cursor, limit int) []Operation {
	ops := s.index.ops
	end := sort.Search(len(ops), func(i int) bool { return int(ops[i].invoked) >= at.Events })
	begin := max(0, end-max(0, limit))
	rows := make([]Operation, 0, end-begin)
	for _, o := range ops[begin:end] {
		rows = append(rows, s.operation(o, at))
	}
	return rows
}

func (s *Store) operation(o op, at Cursor) Operation {
	e := s.Event(int(o.invoked))
	r := Operation{
		Client: o.client, Seq: o.seq, Command: s.Text(e.D), Since: e.T,
		Invoked: int(o.invoked), Ended: -1, Took: at.T - e.T,
	}
	if o.ended != 0 && int(o.ended) <= at.Events {
		end := s.Event(int(o.ended) - 1)
		r.Ended, r.Took = int(o.ended)-1, end.T-e.T
		r.State = OpUnknown
		if end.Kind == trace.Answer {
			r.State, r.Result, r.Asked = OpDone, s.Text(end.D), end.Peer
		}
	} else if c := s.State(at.Events).Client(o.client); c != nil {
		r.Asked = c.Asked
	}
	switch r.State {
	case OpDone:
		r.Word = texts.Get("op.done")
	case OpUnknown:
		r.Word = texts.Get("op.unknown")
	default:
		r.Word = texts.Get("op.waiting")
	}
	r.Latency = FormatSpan(r.Took / consensus.Microsecond * consensus.Microsecond)
	return r
}

// OperationCounts returns how many operations clients began before the cursor, and how
// many of them were answered by then.
func (s *Store) OperationCounts(at Cursor) (begun, done int) {
	ops := s.index.ops
	begun = sort.Search(len(ops), func(i int) bool { return int(ops[i].invoked) >= at.Events })
	gaveUp := s.index.gaveUp
	done = begun - sort.Search(len(gaveUp), func(i int) bool { return int(gaveUp[i]) >= at.Events })
	// A client has one operation at a time: only its last one before the cursor can
	// be open then.
	for c := range s.index.byClient {
		mine := s.index.byClient[c]
		k := sort.Search(len(mine), func(i int) bool { return int(mine[i]) >= begun })
		if k > 0 {
			if o := ops[mine[k-1]]; o.ended == 0 || int(o.ended) > at.Events {
				done--
			}
		}
	}
	return begun, done
}
