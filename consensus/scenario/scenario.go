// Package scenario is what people decide about a run: the Setup it starts from and
// the Actions that are done to it, with a plain-text form that is at once the
// scenario script, the test's script and the readable form of a recording. Setup
// and actions together are the run: a World does nothing that does not follow from
// them.
package scenario

import "parley/consensus"

// Setup is what a run starts from. Defaults gives a Setup that works.
type Setup struct {
	Engine  string // name of a registered algorithm: "raft"
	Machine string // name of a replicated state machine: "kv"
	Nodes   int    // 1 to NodesMax; the page offers 1 to 9
	Clients int    // 0 to ClientsMax
	Seed    uint64
	Dials   Dials                       // of every link and disk
	Options []Option                    // engine options that differ from their defaults
	Off     []string                    // IDs of rules that are switched off from the beginning
	Disks   map[consensus.NodeID][]byte // what a node's disk holds at the beginning, in the engine's encoding; most have none
}

// Option is an engine's option by name.
type Option struct {
	Name  string
	Value int64
}

// Dial names a number of the World that a visitor may turn while it runs.
type Dial uint8

// The dials. The first group exists for each link, the others once.
const (
	Latency  Dial = iota + 1 // one-way, Duration, 0 to LatencyMax
	Jitter                   // added at random, uniformly from 0 to this, 0 to LatencyMax
	LossRate                 // share of messages lost, in parts per million
	Copies                   // share of messages duplicated, in parts per million
	Reorder                  // share of messages that others may overtake, in parts per million; all others keep their order on a link
	DiskTime                 // a write's time to become durable, Duration, 0 to LatencyMax
	TornTail                 // share of crashes during a write that leave a part of it, in parts per million
	Patience                 // a client's wait before it asks again, Duration, 1 ms to a minute
	Pace                     // commands of the built-in load, in thousandths a second of virtual time; 0 is none
	dials
)

// Million is the whole of a share in parts per million.
const Million = 1_000_000

// Bounds of the dials.
const (
	// LatencyMax bounds every latency dial.
	LatencyMax = 60 * consensus.Second
	// PatienceMin and PatienceMax bound a client's wait.
	PatienceMin = consensus.Millisecond
	PatienceMax = 60 * consensus.Second
	// PaceMax bounds the load: 100,000 commands a second, in thousandths.
	PaceMax = 100_000_000
)

// Dials holds a value for each dial, at its index.
type Dials [dials]int64

// Defaults returns the setup that the page opens with: five nodes, one client,
// 10 to 20 ms one way, 0.2 ms a write.
func Defaults() Setup {
	s := Setup{Engine: "raft", Machine: "kv", Nodes: 5, Clients: 1, Seed: 1}
	for d := range s.Dials {
		s.Dials[d] = DialTable[d].Default
	}
	return s
}

// ActionKind says what an Action does. The comment names the fields it uses.
type ActionKind uint8

// What a person can do to a run.
const (
	Crash     ActionKind = iota + 1 // Node stops at once; what is not durable is lost
	Restart                         // Node starts from its disk
	Timeout                         // Node's timer Timer expires now (by its clock)
	Request                         // client Node asks for the command Text; Peer: the node to ask first, None: the client chooses
	Cut                             // messages from Node to Peer are lost
	Heal                            // and no longer; both None: all cuts and partitions end
	Partition                       // Groups cannot reach one another; who is in none is alone together
	Drop                            // Message, while it is in flight, is lost
	Copy                            // Message is duplicated
	Hold                            // Message arrives Value later
	Turn                            // dial Dial is set to Value, on the link Node to Peer or (both None) everywhere
	SetClock                        // Node's clock: offset Value (a Duration), drift Drift ppm
	SetOption                       // engine option Text is set to Value
	SwitchOff                       // rule Text is switched off
	SwitchOn                        // rule Text is switched on again
	actionKinds
)

// Action is one act at a moment of virtual time. It is done after every event of
// that moment.
type Action struct {
	At         consensus.Time
	Kind       ActionKind
	Node, Peer consensus.NodeID
	Timer      consensus.TimerID
	Dial       Dial
	Message    uint32 // send number
	Drift      int32  // parts per million, -DriftMax to DriftMax
	Value      int64
	Groups     []consensus.NodeSet // at most GroupsMax
	Text       string              // at most consensus.CommandMax bytes
}

// Bounds of a scenario.
const (
	// ActionsMax is the largest number of actions of a run.
	ActionsMax = 10_000
	// GroupsMax is the largest number of groups of a partition.
	GroupsMax = 8
	// OptionsMax is the largest number of options of a Setup.
	OptionsMax = 64
	// RulesMax is the largest number of rules that a Setup switches off.
	RulesMax = 64
	// NameMax is the largest length of the name of an engine, machine, option or
	// rule, in bytes.
	NameMax = 64
	// TitleMax is the largest length of a title, in bytes.
	TitleMax = 120
	// DiskMax is the largest size of what a node's disk holds at the beginning, in bytes.
	DiskMax = 64 << 10
	// ValueMax bounds the value of an option, either way.
	ValueMax = 1 << 60
	// TextMax is the largest size of a scenario's text form, in bytes.
	TextMax = 1 << 20
	// OffsetMax bounds a clock's offset, either way.
	OffsetMax = 60 * consensus.Second
	// DriftMax bounds a clock's drift, either way, in parts per million.
	DriftMax = 100_000
	// RunMax bounds the virtual time of a run.
	RunMax = 3600 * consensus.Second
)
