package consensus

// RuleID is the place of a rule in Protocol.Rules, counted from 1; 0 is no rule.
type RuleID uint16

// RuleSet is a set of rules; bit i-1 stands for rule i. An engine has at most 64.
type RuleSet uint64

// Has reports whether the rule is in the set.
func (s RuleSet) Has(r RuleID) bool { return r != 0 && s>>(r-1)&1 == 1 }

// With returns the set with the rule added.
func (s RuleSet) With(r RuleID) RuleSet { return s | 1<<(r-1) }

// Without returns the set with the rule removed.
func (s RuleSet) Without(r RuleID) RuleSet { return s &^ (1 << (r - 1)) }

// Rule is a sentence of a paper with an identity. The one table of an engine's rules
// drives the narration, the pseudocode, the explanations, the switches and the tests.
type Rule struct {
	ID         string // "raft.vote-once"
	Source     string // "Raft (extended version), section 5.2"
	Says       string // what the rule demands, in one sentence
	Protects   string // the Invariant's ID; empty when it protects none (liveness, speed)
	Switchable bool   // whether it can be switched off
	Without    string // what happens when it is off, in one sentence; for switchable rules
	// Tells are the sentences of the feed, one for each outcome (Note.Sub). In them
	// {node} is the node, {peer} the peer, {term} the term, {a} to {d} the numbers,
	// {a:node} a number that names a node, {a:term} one that is a term; see Tell.
	Tells []string
	// Quiet is the set of outcomes (bit i for Tells[i]) that go along with others all
	// the time; a feed that tells the story only leaves them out.
	Quiet uint32
}

// Invariant is what must hold after every event.
type Invariant struct {
	ID     string // "raft.election-safety"
	Name   string // "Election Safety"
	Source string
	Says   string
	Broken string // sentence of a violation; the same placeholders as Rule.Tells
}

// MessageInfo describes a kind of message.
type MessageInfo struct {
	Kind  MessageKind
	Name  string // "AppendEntries"
	Short string // at most three letters, drawn beside it
	Says  string // what it is for, in one sentence
	Reply MessageKind
}

// RoleInfo describes a role of a node.
type RoleInfo struct {
	Name  string // "leader"
	Leads bool   // drawn as the one who leads
	Seeks bool   // drawn with its tally: of votes or promises, or of acceptances if it Leads as well
	Says  string
}

// TimerInfo describes a timer.
type TimerInfo struct {
	Name string // "election timeout"
	Arc  bool   // drawn as the arc round the node
	Says string
}

// OptionInfo describes a number that a visitor may set.
type OptionInfo struct {
	Name              string // "election-timeout-min"; unique, words joined by hyphens
	Label             string
	Unit              string // "ms" when the value is a Duration, "" for a plain number, "on" for 0 or 1
	Default, Min, Max int64
	Says              string
}

// CodeLine is a line of the pseudocode.
type CodeLine struct {
	Block  string // heading of the box it stands in, as in the paper's figure
	Text   string
	Indent uint8
	Rules  []string // IDs of the rules that light it up
}

// Protocol is what an algorithm tells about itself: data only, so that it can be
// sent to a page that has no engine.
type Protocol struct {
	Name  string // "raft": in scripts, links and flags
	Title string // "Raft"
	Epoch uint32 // behaviour epoch: bumped whenever the same recording would run differently

	TermWord  string // "term" or "ballot"
	IndexWord string // "index" or "slot"
	// TermNodes is 0 where terms are plain numbers. Else a term is a ballot,
	// round*TermNodes + the NodeID of its proposer, and read as "2.N3"; see AppendTerm.
	TermNodes uint32
	// Leaderless says that no node leads for more than one decision: a role that Leads
	// is then that of whoever proposes just now, and nobody waits for a leader.
	Leaderless bool
	// Slots says that each place of the log is agreed on by itself: entries are accepted
	// in ballots of their own, there may be gaps, and a slot is decided once a quorum has
	// accepted one value in one ballot, whoever knows of it. Without it a log is the
	// leader's, copied.
	Slots  bool
	Quorum QuorumInfo

	Rules      []Rule
	Invariants []Invariant
	Messages   []MessageInfo
	Roles      []RoleInfo
	Timers     []TimerInfo
	Options    []OptionInfo
	Code       []CodeLine
	Words      []Word
	Headlines  Headlines
}

// Rule returns the RuleID of the rule with that ID, and whether there is one.
func (p *Protocol) Rule(id string) (RuleID, bool) {
	for i := range p.Rules {
		if p.Rules[i].ID == id {
			return RuleID(i + 1), true
		}
	}
	return 0, false
}

// Defaults returns the default value of every option.
func (p *Protocol) Defaults() []int64 {
	v := make([]int64, len(p.Options))
	for i := range p.Options {
		v[i] = p.Options[i].Default
	}
	return v
}

// Algorithm is an engine that hosts can make: they register these, nobody imports
// an engine but the programs at the top.
type Algorithm struct {
	Protocol *Protocol
	New      func(Config) Engine
	// Describe returns the fields of a message in the paper's terms. Data that
	// does not decode gives one field that says so.
	Describe func(Message) []Field
}
