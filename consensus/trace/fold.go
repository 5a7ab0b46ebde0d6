package trace

import (
	"slices"

	"parley/consensus"
)

// Apply takes the state one event further. It is total: an event that makes no sense
// (a node that is not there, a message that is not in flight) changes nothing but T.
func (s *State) Apply(e *Event) {
	s.T = e.T
	switch e.Kind {
	case Send, Deliver, Loss, Duplicate, Delay:
		s.applyNetwork(e)
	case Invoke, Retry, Answer, Refuse, GiveUp:
		s.applyClient(e)
	case Cut, Heal, Partition, Dial, Option, Switch:
		s.applyWorld(e)
	case Violation:
		s.Violated++
	default:
		if n := s.Node(e.Node); n != nil {
			n.apply(e, len(s.Nodes))
		}
	}
}

func (s *State) applyNetwork(e *Event) {
	switch e.Kind {
	case Send:
		s.launch(Flight{
			ID: e.ID, From: e.Node, To: e.Peer, Kind: e.Sub, Flags: e.Flags, Term: e.Term,
			Sent: e.T, Start: e.T, Due: consensus.Time(Wide(e.A, e.B)), Size: e.C,
		})
		if c := s.Client(e.Node); c != nil {
			c.Asked = e.Peer
		}
	case Duplicate:
		f := Flight{Sent: e.T, Flags: e.Flags, Kind: e.Sub, Term: e.Term}
		if o := s.Flight(e.A); o != nil {
			f = *o
			f.From0 = o.Place(e.T)
		}
		f.ID, f.From, f.To, f.Copy = e.ID, e.Node, e.Peer, e.A
		f.Start, f.Due = e.T, consensus.Time(Wide(e.B, e.C))
		s.launch(f)
	case Delay:
		if f := s.Flight(e.ID); f != nil {
			f.From0 = f.Place(e.T)
			f.Start, f.Due = e.T, consensus.Time(Wide(e.A, e.B))
		}
	case Deliver:
		if i, ok := s.find(e.ID); ok {
			s.Messages = slices.Delete(s.Messages, i, i+1)
		}
	case Loss:
		i, ok := s.find(e.ID)
		if !ok {
			return
		}
		d := Death{Flight: s.Messages[i], At: e.T, Cause: Cause(e.Rule)}
		d.Where = d.Place(e.T)
		s.Messages = slices.Delete(s.Messages, i, i+1)
		if len(s.Lost) == LostMax {
			s.Lost = slices.Delete(s.Lost, 0, 1)
		}
		s.Lost = append(s.Lost, d)
	}
}

// find returns where the message with that send number is or would be in Messages.
func (s *State) find(id uint32) (int, bool) {
	lo, hi := 0, len(s.Messages)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if s.Messages[m].ID < id {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo, lo < len(s.Messages) && s.Messages[lo].ID == id
}

func (s *State) launch(f Flight) {
	if n := len(s.Messages); n == 0 || s.Messages[n-1].ID < f.ID {
		s.Messages = append(s.Messages, f)
		return
	}
	i, ok := s.find(f.ID)
	if ok {
		s.Messages[i] = f
		return
	}
	s.Messages = slices.Insert(s.Messages, i, f)
}

func (s *State) applyClient(e *Event) {
	c := s.Client(e.Node)
	if c == nil {
		return
	}
	switch e.Kind {
	case Invoke:
		*c = ClientState{Busy: true, Seq: e.B, Command: e.D, Since: e.T}
	case Retry:
		c.Asked, c.Attempts = e.Peer, e.A
	case Answer, GiveUp:
		c.Busy, c.Asked = false, consensus.None
	}
}

func (s *State) applyWorld(e *Event) {
	switch e.Kind {
	case Cut:
		if s.Node(e.Node) != nil {
			s.Cuts[e.Node].Add(e.Peer)
		}
	case Heal:
		if s.Node(e.Node) != nil {
			s.Cuts[e.Node].Remove(e.Peer)
		}
	case Partition:
		if e.Sub == 0 {
			s.Groups = s.Groups[:0]
		}
		if g := e.NodeSet(); g.Len() > 0 && len(s.Groups) < consensus.NodesMax {
			s.Groups = append(s.Groups, g)
		}
	case Dial:
		s.Dials = turned(s.Dials, Turn{Which: e.Sub, From: e.Node, To: e.Peer, Value: Wide(e.A, e.B)})
	case Option:
		s.Options = turned(s.Options, Turn{Which: e.Sub, Value: Wide(e.A, e.B)})
	case Switch:
		if e.Rule == 0 || e.Rule > 64 {
			return
		}
		if e.Sub == 1 {
			s.Off = s.Off.With(e.Rule)
		} else {
			s.Off = s.Off.Without(e.Rule)
		}
	}
}

// turned puts t among the turns. One that is set everywhere replaces those of links.
func turned(turns []Turn, t Turn) []Turn {
	if t.From == consensus.None && t.To == consensus.None {
		turns = slices.DeleteFunc(turns, func(o Turn) bool { return o.Which == t.Which })
	}
	for i := range turns {
		if o := &turns[i]; o.Which == t.Which && o.From == t.From && o.To == t.To {
			o.Value = t.Value
			return turns
		}
	}
	if len(turns) == TurnsMax {
		return turns
	}
	return append(turns, t)
}

func (n *Node) apply(e *Event, nodes int) {
	switch e.Kind {
	case TimerSet:
		if e.Sub < consensus.TimersMax {
			n.Timers[e.Sub] = Timer{Due: consensus.Time(Wide(e.A, e.B)), Span: consensus.Time(Wide(e.C, e.D))}
		}
	case TimerCancel, TimerFire:
		if e.Sub < consensus.TimersMax {
			n.Timers[e.Sub] = Timer{}
		}
	case Write:
		n.Writing, n.Size, n.Durable = true, e.A, consensus.Time(Wide(e.B, e.C))
	case Sync:
		n.Writing = e.T < n.Durable // a loose disk may have a later write under way
	case WriteLost:
		n.Writing = false
	case Boot:
		n.volatile()
		n.Up, n.Since = true, e.T
		n.Starts++
	case Crash:
		n.volatile()
		n.Up, n.Since = false, e.T
	case Role:
		n.Role = e.Sub
		if e.Sub == 0 {
			n.Tally, n.Peers = consensus.NodeSet{}, n.Peers[:0]
		}
	case Term:
		n.Term, n.TermFor = e.Term, consensus.Index(e.A)
		n.applyLog(e)
	case Vote:
		n.Vote = e.Peer
	case Tally:
		n.Tally = e.NodeSet()
	case Leader:
		n.Leader = e.Peer
	case Progress:
		if e.Peer == 0 || int(e.Peer) > nodes {
			return
		}
		for len(n.Peers) < nodes {
			n.Peers = append(n.Peers, Peer{})
		}
		n.Peers[e.Peer-1] = Peer{Next: consensus.Index(e.A), Match: consensus.Index(e.B)}
	case Clock:
		n.Offset, n.Drift = consensus.Time(Wide(e.A, e.B)), int32(e.C)
	default:
		n.applyLog(e)
	}
}

func (n *Node) applyLog(e *Event) {
	i := consensus.Index(e.A)
	if i > LogMax {
		return
	}
	if far := i > max(n.Last(), n.Base)+GapMax; far && (e.Kind == Entry || e.Kind == Chosen || e.Kind == Term) {
		return
	}
	switch e.Kind {
	case Entry:
		if i == 0 {
			return
		}
		old := n.At(i)
		c := Cell{Term: e.Term, Client: e.Peer, Seq: e.B, Hash: e.C, Set: true, Chosen: old.Chosen, Promised: old.Promised}
		if c != old { // a node that starts tells its whole log: nothing is copied for that
			*n.cell(i) = c
		}
	case Term:
		if i > 0 {
			n.cell(i).Promised = e.Term
		}
	case Truncate:
		if i > 0 && int(i) <= len(n.Log) {
			n.Log = n.Log[:i-1]
		}
	case Commit:
		n.Commit = i
	case Chosen:
		if i > 0 {
			n.cell(i).Chosen = true
			n.Chosen = max(n.Chosen, i)
		}
	case Apply:
		n.Applied = i
	case Compact:
		n.Base, n.Applied = i, max(n.Applied, i)
	}
}

// cell returns the cell at index i to be changed; the log grows to hold it.
func (n *Node) cell(i consensus.Index) *Cell {
	if int(i) <= n.shared {
		n.Log = append(make([]Cell, 0, len(n.Log)+len(n.Log)/4+16), n.Log...)
		n.shared = 0
	}
	for len(n.Log) < int(i) {
		if len(n.Log) < n.shared { // the place behind is seen by another State
			n.Log, n.shared = slices.Clip(n.Log), 0
		}
		n.Log = append(n.Log, Cell{})
	}
	return &n.Log[i-1]
}

// volatile clears what a crash destroys.
func (n *Node) volatile() {
	n.Role, n.Leader, n.Tally = 0, consensus.None, consensus.NodeSet{}
	n.Commit, n.Applied = 0, 0
	n.Timers = [consensus.TimersMax]Timer{}
	n.Peers = n.Peers[:0]
	n.Writing, n.Size, n.Durable = false, 0, 0
}
