package sample

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// Runs are the made-up runs by name: what is worth looking at, and when.
var Runs = map[string]func() (*view.Store, consensus.Time){
	"election":  func() (*view.Store, consensus.Time) { return election(5) },
	"election3": func() (*view.Store, consensus.Time) { return election(3) },
	"election9": func() (*view.Store, consensus.Time) { return election(9) },
	"work":      func() (*view.Store, consensus.Time) { return work(5, 14) },
	"faults":    faults,
	"partition": func() (*view.Store, consensus.Time) {
		return partition(5, consensus.SetOf(1, 2), consensus.SetOf(3, 4, 5))
	},
	"interleaved": func() (*view.Store, consensus.Time) {
		return partition(5, consensus.SetOf(1, 3), consensus.SetOf(2, 4, 5))
	},
	"three": func() (*view.Store, consensus.Time) {
		return partition(7, consensus.SetOf(1, 2), consensus.SetOf(4), consensus.SetOf(3, 5, 6, 7))
	},
	"crowd": func() (*view.Store, consensus.Time) { return Crowd(9, 500) },
	"busy":  func() (*view.Store, consensus.Time) { return Busy(9, 500) },
	"long":  func() (*view.Store, consensus.Time) { return Long(5, 5000) },
}

func election(n int) (*view.Store, consensus.Time) {
	r := New(n, 1)
	t := r.Elect(160*ms, 2, 1, n)
	r.Replicate(t, 2, 1, n, 1, false)
	return r.Store(), 178 * ms
}

func work(n, entries int) (*view.Store, consensus.Time) {
	r := New(n, 1)
	t := r.Elect(160*ms, 2, 1, n)
	keys := [...]string{"x", "y", "color", "total"}
	var seen consensus.Time
	for i := 1; i <= entries; i++ {
		term, leader := 1, 2
		if i > entries/2 {
			term, leader = 2, 4
		}
		if i == entries/2+1 {
			r.Add(trace.Event{T: t, Kind: trace.Crash, Node: 2})
			t = r.Elect(t+150*ms, 4, 2, n)
			r.Add(trace.Event{T: t + 5*ms, Kind: trace.Boot, Node: 2, Sub: 1})
			r.Role(t+5*ms, 2, Follower, 1)
			r.Role(t+20*ms, 2, Follower, 2)
		}
		r.Invoke(t, uint32(i), "set "+keys[i%4]+" "+strconv.Itoa(i*3))
		at := r.Send(t, consensus.Client(1), consensus.NodeID(leader), consensus.KindRequest, consensus.FlagPayload, 0, 8*ms, 0)
		t = r.Replicate(at, leader, term, n, i, true)
		for k := 1; k <= n; k++ {
			if k != leader && i > 1 {
				r.Commit(t-9*ms, k, i-1)
			}
		}
		r.Answer(r.Send(t, consensus.NodeID(leader), consensus.Client(1), consensus.KindReply, consensus.FlagReply|consensus.FlagYes, 0, 8*ms, 0), uint32(i), consensus.NodeID(leader))
		seen = at + 14*ms
		t += 6 * ms
	}
	return r.Store(), seen
}

func faults() (*view.Store, consensus.Time) {
	r := New(5, 2)
	t := r.Elect(160*ms, 1, 3, 5)
	r.Add(trace.Event{T: t, Kind: trace.Crash, Node: 4})
	r.Add(trace.Event{T: t, Kind: trace.Cut, Node: 1, Peer: 2})
	r.Add(trace.Event{T: t, Kind: trace.Cut, Node: 3, Peer: 5})
	r.Add(trace.Event{T: t, Kind: trace.Cut, Node: 5, Peer: 3})
	e := trace.Event{T: t + 30*ms, Kind: trace.Write, Node: 3, A: 64}
	e.B, e.C = trace.Halves(int64(t + 60*ms))
	r.Add(e)
	r.Replicate(t, 1, 3, 5, 1, true)
	t += 30 * ms
	r.Send(t, 1, 2, AppendEntries, consensus.FlagPayload, 3, 12*ms, trace.CauseCut)
	r.Send(t, 1, 3, AppendEntries, consensus.FlagPayload, 3, 17*ms, 0)
	r.Send(t, 1, 4, AppendEntries, consensus.FlagPayload, 3, 9*ms, trace.CauseDown)
	r.Send(t, 1, 5, AppendEntries, 0, 3, 14*ms, 0)
	r.Send(t+2*ms, 2, 1, RequestVote, 0, 4, 14*ms, 0)
	return r.Store(), t + 95*ms/10
}

func partition(n int, groups ...consensus.NodeSet) (*view.Store, consensus.Time) {
	r := New(n, 1)
	t := r.Elect(160*ms, 2, 1, n)
	r.Groups(t+5*ms, groups...)
	at := t + 40*ms
	r.Elect(at, 5, 2, n)
	return r.Store(), at + 9*ms
}

// Crowd is a run with so many messages in flight at the returned moment.
func Crowd(nodes, messages int) (*view.Store, consensus.Time) {
	r := New(nodes, 1)
	t := r.Elect(160*ms, 3, 1, nodes)
	t += 50 * ms
	for i := range messages {
		h := consensus.Mix(uint64(i) + 99)
		from := consensus.NodeID(h%uint64(nodes) + 1)
		to := consensus.NodeID((h>>8)%uint64(nodes) + 1)
		if from == to {
			to = to%consensus.NodeID(nodes) + 1
		}
		flags := [...]consensus.MessageFlags{0, consensus.FlagPayload, consensus.FlagReply | consensus.FlagYes, consensus.FlagReply | consensus.FlagNo}[h>>20&3]
		r.Send(t-consensus.Time(h>>24%20)*ms/2, from, to, AppendEntries, flags, 1+int(h>>30%3), 10*ms+consensus.Time(h>>40%1000)*10*consensus.Microsecond, 0)
	}
	return r.Store(), t
}

// Long is a run with at least so many events, evenly spread.
func Long(nodes, events int) (*view.Store, consensus.Time) {
	r := New(nodes, 1)
	t := r.Elect(160*ms, 2, 1, nodes)
	term, leader := 1, 2
	for i := 1; len(r.events) < events; i++ {
		if i%40 == 0 {
			r.Add(trace.Event{T: t, Kind: trace.Crash, Node: consensus.NodeID(leader)})
			down := leader
			term, leader = term+1, leader%nodes+1
			t = r.Elect(t+160*ms, leader, term, nodes)
			r.Add(trace.Event{T: t + 40*ms, Kind: trace.Boot, Node: consensus.NodeID(down), Sub: 1})
		}
		r.Invoke(t, uint32(i), "set k"+strconv.Itoa(i%7)+" "+strconv.Itoa(i))
		t = r.Replicate(t, leader, term, nodes, i, true)
		for k := 1; k <= nodes; k++ {
			r.Commit(t, k, i)
		}
		t += 5 * ms
	}
	return r.Store(), t
}

// Busy is a run in which about so many messages are in flight all the time, for twenty
// seconds: what a frame costs at most. Seconds later it is as busy as ever.
func Busy(nodes, messages int) (*view.Store, consensus.Time) {
	r := New(nodes, 1)
	t := r.Elect(160*ms, 3, 1, nodes)
	const flight = 500 * ms
	for i := 0; ; i++ {
		at := t + consensus.Time(i)*flight/consensus.Time(messages)
		if at > 20*consensus.Second {
			break
		}
		h := consensus.Mix(uint64(i) + 5)
		from := consensus.NodeID(h%uint64(nodes) + 1)
		to := consensus.NodeID((h>>8)%uint64(nodes) + 1)
		if from == to {
			to = to%consensus.NodeID(nodes) + 1
		}
		flags := [...]consensus.MessageFlags{0, consensus.FlagPayload, consensus.FlagReply | consensus.FlagYes, consensus.FlagReply | consensus.FlagNo}[h>>20&3]
		r.Send(at, from, to, AppendEntries, flags, 1, flight*9/10+consensus.Time(h>>40%1000)*flight/5000, 0)
	}
	return r.Store(), 5 * consensus.Second
}
