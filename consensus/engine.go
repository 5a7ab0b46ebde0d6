package consensus

// Engine is one node's share of a consensus algorithm. Step and nothing else moves
// it: same inputs, same effects, on every platform.
type Engine interface {
	// Step takes one input and adds what follows from it to out. The engine does not
	// change the input, and keeps no reference to it, to its byte slices or to out
	// after it returns.
	Step(in *Input, out *Effects)
	// Clone returns an independent copy that behaves identically from here on.
	Clone() Engine
	// Inspect returns what people and checkers may see.
	Inspect() State
}

// InputKind says which part of an Input is meant.
type InputKind uint8

// The inputs of an engine.
const (
	// InputStart boots the node from Input.Disk; always the first input.
	InputStart InputKind = iota + 1
	// InputMessage delivers Input.Message.
	InputMessage
	// InputTimer says that Input.Timer has expired.
	InputTimer
	// InputRequest brings Input.Request of a client.
	InputRequest
	// InputConfigure changes Input.Settings while the node runs.
	InputConfigure
)

// Input is one thing that happens to a node.
type Input struct {
	Kind     InputKind
	Now      Time // the node's own clock, which may be offset and drift
	Disk     []byte
	Message  Message
	Timer    TimerID
	Request  Request
	Settings Settings
}

// MessageKind is a kind of message of one protocol; KindRequest and KindReply are
// the same for all, an engine's own begin at KindEngine.
type MessageKind uint8

// Message kinds of the contract itself.
const (
	KindRequest MessageKind = 1  // a client asks a node
	KindReply   MessageKind = 2  // a node answers a client
	KindEngine  MessageKind = 16 // the first kind that belongs to an engine
)

// MessageFlags say at a glance what a message means; the network ignores them.
type MessageFlags uint8

// What a message may say of itself.
const (
	FlagReply   MessageFlags = 1 << iota // an answer, drawn hollow
	FlagYes                              // the answer grants or succeeds, drawn with a plus
	FlagNo                               // the answer refuses, drawn with a minus
	FlagPayload                          // carries client commands, drawn larger
)

// Message is an envelope that every network can carry without knowing the engine.
type Message struct {
	From, To NodeID
	Kind     MessageKind
	Flags    MessageFlags
	Term     Term   // the sender's term or ballot
	Data     []byte // the engine's own encoding, at most MessageMax bytes
}

// MessageMax is the largest number of bytes of Message.Data.
const MessageMax = 1 << 20

// TimerID names a timer of an engine: an index into Protocol.Timers.
type TimerID uint8

// TimersMax is the largest number of timers of an engine.
const TimersMax = 8

// Request is what a client asks. A client numbers its commands from 1 and repeats a
// number only to repeat the same command.
type Request struct {
	Client  NodeID
	Seq     uint32
	Command []byte // at most CommandMax bytes
}

// CommandMax is the largest number of bytes of a command.
const CommandMax = 1024

// Status is how a node answers a request.
type Status uint8

// Answers to a request.
const (
	StatusDone      Status = 1 // applied; Reply.Result is the machine's answer
	StatusNotLeader Status = 2 // ask Reply.Leader, or anybody else when it is None
	StatusBusy      Status = 3 // too much is waiting; ask again later
)

// String returns the word for the status.
func (s Status) String() string {
	switch s {
	case StatusDone:
		return "done"
	case StatusNotLeader:
		return "not leader"
	case StatusBusy:
		return "busy"
	}
	return "unknown"
}

// Reply answers a request.
type Reply struct {
	Client NodeID
	Seq    uint32
	Status Status
	Leader NodeID
	Result []byte
}

// TimerChange sets or cancels a timer.
type TimerChange struct {
	Timer TimerID
	After Duration // from now, on the node's own clock; negative cancels
}

// Settings are what may change while a node runs.
type Settings struct {
	Off     RuleSet // the rules that are switched off
	Options []int64 // a value for each of Protocol.Options, in that order
}

// Config makes an engine. All nodes of a cluster get the same Nodes and Settings.
type Config struct {
	ID       NodeID
	Nodes    NodeSet
	Seed     uint64 // of this node's own stream of randomness
	Settings Settings
	Machine  Machine // empty; the engine owns it and applies committed commands to it
}

// Machine is a replicated state machine: what the log is for. It is deterministic.
type Machine interface {
	// Apply carries out one command and returns its answer. A command that makes
	// no sense is answered with a sentence and changes nothing. Neither slice may
	// be kept by the other side.
	Apply(command []byte) (result []byte)
	// Clone returns an independent copy; it must be cheap, checkpoints stand on it.
	Clone() Machine
	// Inspect returns the contents, in a stable order.
	Inspect() []Field
}

// Saver is a Machine that can be written down and read again: what led to its contents
// can then be forgotten.
type Saver interface {
	Machine
	// Save appends the contents to b.
	Save(b []byte) []byte
	// Load replaces the contents by what Save wrote, and reports whether it was that; if
	// not, nothing has changed. It keeps no reference to b.
	Load(b []byte) bool
}

// Field is a name and a value that a person can read. Group gathers fields under
// one heading; it may be empty.
type Field struct {
	Group, Name, Value string
}

// State is what an engine shows of itself.
type State struct {
	Role     uint8 // index into Protocol.Roles
	Term     Term
	Vote     NodeID
	Leader   NodeID // as far as this node knows
	Commit   Index
	Applied  Index
	First    Index     // index of Entries[0]; 1 unless the beginning was compacted
	Entries  []Entry   // read-only
	Chosen   []Index   // slots known to be chosen beyond Commit, ascending (Paxos); read-only
	Fields   []Field   // every variable, in the paper's terms
	Progress []Peering // what a leader knows of the others; read-only
	Machine  []Field
}

// Entry is one place of a log, or one slot.
type Entry struct {
	Term    Term
	Client  NodeID // None for a no-op or a configuration entry
	Seq     uint32
	Command []byte
}

// Peering is what a leader knows of one peer.
type Peering struct {
	Peer        NodeID
	Next, Match Index
}
