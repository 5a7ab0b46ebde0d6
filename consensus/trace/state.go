package trace

import "parley/consensus"

// State is what is known of the whole cluster at a moment: the fold of a trace.
type State struct {
	T        consensus.Time
	Nodes    []Node                                    // by NodeID-1
	Clients  []ClientState                             // by number-1
	Messages []Flight                                  // in flight, by send number ascending
	Cuts     [consensus.NodesMax + 1]consensus.NodeSet // Cuts[from] holds the nodes it cannot reach
	Groups   []consensus.NodeSet                       // the partition, empty when there is none
	Off      consensus.RuleSet
	Violated int // number of Violation events so far
}

// Node is one node at a moment.
type Node struct {
	ID      consensus.NodeID
	Up      bool
	Role    uint8
	Term    consensus.Term
	Vote    consensus.NodeID
	Leader  consensus.NodeID
	Tally   consensus.NodeSet
	Commit  consensus.Index
	Applied consensus.Index
	Log     []Cell          // Log[i] is index i+1
	Chosen  consensus.Index // highest index noted as chosen (Paxos), see Cell.Chosen
	Timers  [consensus.TimersMax]Timer
	Peers   []Peer // a leader's next and match, by NodeID-1; empty when it leads nobody
	Writing bool
	Durable consensus.Time // when the write will be durable
}

// Cell is one place of a log.
type Cell struct {
	Term   consensus.Term
	Hash   uint32
	Seq    uint32
	Client consensus.NodeID
	Set    bool
	Chosen bool
}

// Timer is a running timer.
type Timer struct {
	Due, Span consensus.Time // expires at Due, was set to run Span; Due 0: not running
}

// Peer is what a leader knows of another node.
type Peer struct{ Next, Match consensus.Index }

// ClientState is one client at a moment.
type ClientState struct {
	Busy    bool
	Seq     uint32
	Asked   consensus.NodeID
	Command uint32 // text
}

// Flight is a message on its way. Where it is: from place From0 at time Start to the
// end at time Due; dead when Lost is set, at Due (halfway).
type Flight struct {
	ID         uint32
	From, To   consensus.NodeID
	Kind       uint8
	Flags      consensus.MessageFlags
	Term       consensus.Term
	Sent       consensus.Time // when it left
	Start, Due consensus.Time
	From0      uint16 // place at Start, in 1/65535 of the way
	Size       uint32
}
