package consensus

// Word is what an algorithm calls something that others have as well, under names of
// their own. A legend puts the words of two algorithms for one concept side by side.
type Word struct {
	Concept string // one of Concepts
	Name    string // "AppendEntries", "accept (2a)"; empty: the algorithm has no such thing
	Says    string // what it is there, or why it is missing, in one sentence
}

// Concepts are what Words are about, in the order of a legend. An algorithm has at most
// one Word for each; what a concept is, its Words say.
var Concepts = [...]string{
	ConceptTerm, ConceptOwner, ConceptLeader, ConceptCandidate, ConceptFollower, ConceptDetector, ConceptDuel,
	ConceptAsk, ConceptGrant, ConceptRefusal, ConceptPropose, ConceptAccept, ConceptHeartbeat, ConceptAnnounce,
	ConceptLog, ConceptIndex, ConceptValue, ConceptDecided, ConceptDecidedUpTo, ConceptBound, ConceptRepair, ConceptNoOp,
	ConceptExecute, ConceptQuorum, ConceptPersist, ConceptRoundTrips,
}

// The concepts, one by one.
const (
	ConceptTerm        = "term"          // the logical clock of leadership
	ConceptOwner       = "owner"         // why no two nodes lead in one term
	ConceptLeader      = "leader"        // who proposes
	ConceptCandidate   = "candidate"     // who wants to
	ConceptFollower    = "follower"      // who answers them
	ConceptDetector    = "detector"      // how a dead leader is noticed
	ConceptDuel        = "duel"          // what happens when two want to at once, and what ends it
	ConceptAsk         = "ask"           // the message that asks to lead
	ConceptGrant       = "grant"         // the answer that agrees to it
	ConceptRefusal     = "refusal"       // an answer that does not
	ConceptPropose     = "propose"       // the message that carries commands
	ConceptAccept      = "accept"        // the answer to it
	ConceptHeartbeat   = "heartbeat"     // how a leader says that it is there
	ConceptAnnounce    = "announce"      // how the others learn what is decided
	ConceptLog         = "log"           // where commands stand
	ConceptIndex       = "index"         // a place there
	ConceptValue       = "value"         // what stands in such a place
	ConceptDecided     = "decided"       // what can never change again
	ConceptDecidedUpTo = "decided-up-to" // how far that goes without a gap
	ConceptBound       = "bound"         // why a new leader keeps what was decided
	ConceptRepair      = "repair"        // how differences between nodes end
	ConceptNoOp        = "no-op"         // a command that does nothing
	ConceptExecute     = "execute"       // carrying out commands on the machine
	ConceptQuorum      = "quorum"        // how many nodes have to agree
	ConceptPersist     = "persist"       // what has to be on disk before an answer
	ConceptRoundTrips  = "round-trips"   // what a decision costs when nothing goes wrong
)

// Headlines are the sentences that sum up a moment for a newcomer, in the algorithm's
// own words. In them {node} and {names} are the nodes that it is about, {term} is their
// term and {decided} the index up to which everything is decided.
type Headlines struct {
	Beginning string // nothing has happened yet
	Leads     string // {node} leads
	SeeksOne  string // {names}, one node, wants to lead
	SeeksMany string // {names} want to
	Idle      string // nobody leads, nobody wants to
	Decided   string // follows Leads and Idle once something is decided; may be empty
}
