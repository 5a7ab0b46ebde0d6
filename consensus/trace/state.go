package trace

import (
	"slices"

	"parley/consensus"
)

// Bounds of a State, so that no trace, however malformed, makes it grow without limit.
const (
	// LogMax is the highest index a State keeps a Cell for; entries beyond are ignored.
	LogMax consensus.Index = 1 << 20
	// GapMax is how far behind the end of a log an entry may stand; those further off
	// are ignored.
	GapMax consensus.Index = 1 << 14
	// LostMax is how many of the messages that were lost last a State remembers.
	LostMax = 64
	// TurnsMax is how many dials and options that were turned a State remembers.
	TurnsMax = 512
)

// State is what is known of the whole cluster at a moment: the fold of a trace.
// NewState makes the one before the first event, Apply takes it one event further.
type State struct {
	T        consensus.Time
	Nodes    []Node                                    // by NodeID-1
	Clients  []ClientState                             // by number-1
	Messages []Flight                                  // in flight, by send number ascending
	Lost     []Death                                   // the last LostMax messages that were lost, in the order they were
	Cuts     [consensus.NodesMax + 1]consensus.NodeSet // Cuts[from] holds the nodes it cannot reach
	Groups   []consensus.NodeSet                       // the partition, empty when there is none
	Off      consensus.RuleSet
	Dials    []Turn // dials that were turned, in the order of the first turn
	Options  []Turn // options that were set, Which is the index into Protocol.Options
	Violated int    // number of Violation events so far
}

// Node is one node at a moment. What a crash destroys (role, leader, tally, timers,
// peers, commit and applied index) is cleared by it; term, vote and log stay, since
// the trace never shows more of them than the disk holds.
type Node struct {
	ID      consensus.NodeID
	Up      bool
	Role    uint8
	Term    consensus.Term
	TermFor consensus.Index // the slot that Term was promised for (Paxos), 0: all of them
	Vote    consensus.NodeID
	Leader  consensus.NodeID
	Tally   consensus.NodeSet
	Commit  consensus.Index
	Applied consensus.Index
	Base    consensus.Index // entries up to here live in a snapshot
	Log     []Cell          // Log[i] is index i+1; read-only outside this package
	Chosen  consensus.Index // highest index noted as chosen (Paxos), see Cell.Chosen
	Timers  [consensus.TimersMax]Timer
	Peers   []Peer // a leader's next and match, by NodeID-1; empty when it leads nobody
	Writing bool
	Durable consensus.Time // when the write will be durable
	Size    uint32         // bytes of the write under way
	Since   consensus.Time // when it started, or when it crashed
	Starts  int            // how often it started
	Offset  consensus.Time // its clock's offset
	Drift   int32          // its clock's drift in parts per million

	shared int // Log[:shared] may be seen by another State
}

// Last returns the last index of the node's log, 0 when it is empty.
func (n *Node) Last() consensus.Index { return consensus.Index(len(n.Log)) }

// At returns the cell at index i; one that is not Set when there is none.
func (n *Node) At(i consensus.Index) Cell {
	if i == 0 || int(i) > len(n.Log) {
		return Cell{}
	}
	return n.Log[i-1]
}

// Cell is one place of a log. One that is not Set may still be promised or known to be
// chosen.
type Cell struct {
	Term     consensus.Term
	Hash     uint32
	Seq      uint32
	Promised consensus.Term // the ballot promised for this slot alone (Synod), 0: none
	Client   consensus.NodeID
	Set      bool
	Chosen   bool
}

// Timer is a running timer.
type Timer struct {
	Due, Span consensus.Time // expires at Due, was set to run Span; Due 0: not running
}

// Running reports whether the timer runs.
func (t Timer) Running() bool { return t.Due != 0 }

// Left returns the share of the timer's span that is left at time t in parts of Whole:
// Whole when it was just set, 0 when it expires or is not running.
func (t Timer) Left(now consensus.Time) uint16 {
	switch {
	case t.Due == 0 || t.Span <= 0 || now >= t.Due:
		return 0
	case now <= t.Due-t.Span:
		return Whole
	}
	return share(t.Due-now, t.Span)
}

// Peer is what a leader knows of another node.
type Peer struct{ Next, Match consensus.Index }

// ClientState is one client at a moment.
type ClientState struct {
	Busy     bool
	Seq      uint32
	Asked    consensus.NodeID
	Command  uint32         // text
	Since    consensus.Time // when it wanted the command
	Attempts uint32         // how often it asked so far
}

// Flight is a message on its way: from place From0 at time Start to the end at Due.
// A message that the network will lose looks like any other until it is.
type Flight struct {
	ID         uint32
	From, To   consensus.NodeID
	Kind       uint8
	Flags      consensus.MessageFlags
	Term       consensus.Term
	Sent       consensus.Time // when it left
	Start, Due consensus.Time
	From0      uint16 // place at Start, in parts of Whole
	Size       uint32
	Copy       uint32 // the message that it is a duplicate of; 0: of none
}

// Place returns where the message is at time t in parts of Whole: 0 at the sender, Whole
// at the receiver. It is a pure function of the flight and the time.
func (f *Flight) Place(t consensus.Time) uint16 {
	switch {
	case t >= f.Due:
		return Whole
	case t <= f.Start:
		return f.From0
	}
	rest := uint32(Whole - f.From0)
	return f.From0 + uint16((rest*uint32(share(t-f.Start, f.Due-f.Start))+Whole/2)/Whole)
}

// Whole is the whole of a way or a span, in the parts that Place and Left count.
const Whole = 65535

// share returns part/all in parts of Whole, rounded; 0 < part < all.
func share(part, all consensus.Duration) uint16 {
	for all > 1<<46 { // the product has to fit
		part, all = part>>1, all>>1
	}
	return uint16((part*Whole + all/2) / all)
}

// Death is a message that was lost.
type Death struct {
	Flight
	At    consensus.Time
	Cause Cause
	Where uint16 // its place when it was lost, in parts of Whole
}

// Turn is a dial or an option that was set while the run went on. From and To are
// None when it was set everywhere.
type Turn struct {
	Which    uint8
	From, To consensus.NodeID
	Value    int64
}

// NewState returns the state before the first event of a run of so many nodes and
// clients, all of them down and empty. Numbers out of range are brought into it.
func NewState(nodes, clients int) *State {
	nodes = max(0, min(nodes, consensus.NodesMax))
	clients = max(0, min(clients, consensus.ClientsMax))
	s := &State{Nodes: make([]Node, nodes), Clients: make([]ClientState, clients)}
	for i := range s.Nodes {
		s.Nodes[i].ID = consensus.NodeID(i + 1)
	}
	return s
}

// Node returns the node, nil when there is none of that name.
func (s *State) Node(id consensus.NodeID) *Node {
	if id == 0 || int(id) > len(s.Nodes) {
		return nil
	}
	return &s.Nodes[id-1]
}

// Client returns the client, nil when there is none of that name.
func (s *State) Client(id consensus.NodeID) *ClientState {
	if id < consensus.ClientFirst || int(id-consensus.ClientFirst) >= len(s.Clients) {
		return nil
	}
	return &s.Clients[id-consensus.ClientFirst]
}

// Flight returns the message in flight with that send number, nil when there is none.
func (s *State) Flight(id uint32) *Flight {
	if i, ok := s.find(id); ok {
		return &s.Messages[i]
	}
	return nil
}

// Death returns the lost message with that send number if it is among the last
// LostMax, else nil.
func (s *State) Death(id uint32) *Death {
	for i := len(s.Lost) - 1; i >= 0; i-- {
		if s.Lost[i].ID == id {
			return &s.Lost[i]
		}
	}
	return nil
}

// Walled reports whether the partition stands between two nodes. Nodes that are in no
// group are alone together.
func (s *State) Walled(a, b consensus.NodeID) bool {
	return len(s.Groups) > 0 && a.IsNode() && b.IsNode() && s.group(a) != s.group(b)
}

func (s *State) group(id consensus.NodeID) int {
	for i := range s.Groups {
		if s.Groups[i].Has(id) {
			return i
		}
	}
	return -1
}

// Clone returns an independent copy. Logs are shared until one side changes a cell
// that both see, so a copy costs the size of the cluster, not of its history.
func (s *State) Clone() *State {
	c := new(State)
	c.Restore(s)
	return c
}

// Restore makes s an independent copy of from and reuses what memory s has.
func (s *State) Restore(from *State) {
	if s == from {
		return
	}
	s.T, s.Cuts, s.Off, s.Violated = from.T, from.Cuts, from.Off, from.Violated
	s.Clients = append(s.Clients[:0], from.Clients...)
	s.Messages = append(s.Messages[:0], from.Messages...)
	s.Lost = append(s.Lost[:0], from.Lost...)
	s.Groups = append(s.Groups[:0], from.Groups...)
	s.Dials = append(s.Dials[:0], from.Dials...)
	s.Options = append(s.Options[:0], from.Options...)
	s.Nodes = slices.Grow(s.Nodes[:0], len(from.Nodes))[:len(from.Nodes)]
	for i := range from.Nodes {
		n, m := &from.Nodes[i], &s.Nodes[i]
		peers := m.Peers[:0]
		*m = *n
		m.Peers = append(peers, n.Peers...)
		n.shared = max(n.shared, len(n.Log))
		m.Log, m.shared = n.Log[:len(n.Log):len(n.Log)], len(n.Log)
	}
}
