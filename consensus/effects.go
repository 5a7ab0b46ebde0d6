package consensus

// Effects are what follows from one Step. A host hands the same Effects to Step
// again and again after Reset, so that a step costs no allocation once the slices
// have grown.
type Effects struct {
	// Write is appended to the node's disk, or replaces all of it when Replace is
	// set. Empty: nothing to write. Until it is durable nothing below leaves the
	// node, unless Loose is set: then the engine's rule of persisting first is
	// switched off and the host writes in the background.
	Write   []byte
	Replace bool
	Loose   bool

	Messages []Message
	Timers   []TimerChange
	Replies  []Reply
	// Notes tell in order what changed in the node and which rules fired.
	Notes []Note

	data []byte // arena of Messages' Data and Replies' Result
}

// Reset empties the effects and keeps the memory. Slices taken from them earlier
// are overwritten by the next step.
func (e *Effects) Reset() {
	e.Write, e.Replace, e.Loose = e.Write[:0], false, false
	e.Messages, e.Timers = e.Messages[:0], e.Timers[:0]
	e.Replies, e.Notes, e.data = e.Replies[:0], e.Notes[:0], e.data[:0]
}

// Buffer returns the arena to append a message's encoding to; Send takes it back.
//
//	b := out.Buffer()
//	b = append(b, …)
//	out.Send(m, b)
func (e *Effects) Buffer() []byte {
	if cap(e.data)-len(e.data) < bufferMin {
		e.grow(0)
	}
	return e.data[len(e.data):]
}

// bufferMin is the room for a message that the arena begins with, in bytes.
const bufferMin = 64

// grow starts a new arena, at least twice as large as the old one, so that the arena
// soon holds all that a step sends. What was kept in the old one stays valid.
func (e *Effects) grow(n int) {
	e.data = make([]byte, 0, max(2*cap(e.data), 2*n, 16*bufferMin))
}

// Send adds message m with the data that was appended to Buffer.
func (e *Effects) Send(m Message, data []byte) { e.message(&m, e.keep(data)) }

// Resend adds message m with the same data as the last message that was sent: a
// broadcast is encoded once.
func (e *Effects) Resend(m Message) {
	e.message(&m, e.Messages[len(e.Messages)-1].Data)
}

// message adds a message. Here and in note, fields are set one by one in their place:
// a struct that is put together and then copied in wide pieces makes the processor
// wait for the narrow stores before, which cost a tenth of a run.
func (e *Effects) message(m *Message, data []byte) {
	n := len(e.Messages)
	if n < cap(e.Messages) {
		e.Messages = e.Messages[:n+1]
	} else {
		e.Messages = append(e.Messages, Message{})
	}
	at := &e.Messages[n]
	at.From, at.To, at.Kind, at.Flags, at.Term, at.Data = m.From, m.To, m.Kind, m.Flags, m.Term, data
}

// Answer adds a reply to a client; result is copied.
func (e *Effects) Answer(r Reply, result []byte) {
	r.Result = e.keep(append(e.Buffer(), result...))
	e.Replies = append(e.Replies, r)
}

// keep makes b part of the arena. Where b was appended to Buffer and still stands there,
// that costs nothing; one that outgrew the arena, or was made elsewhere, is copied.
func (e *Effects) keep(b []byte) []byte {
	start, end := len(e.data), len(e.data)+len(b)
	if end > cap(e.data) {
		e.grow(len(b))
		start, end = 0, len(b)
	}
	e.data = e.data[:end]
	kept := e.data[start:end:end]
	if len(b) > 0 && &kept[0] != &b[0] {
		copy(kept, b)
	}
	return kept
}

// Set starts a timer, or starts it anew.
func (e *Effects) Set(t TimerID, after Duration) {
	e.Timers = append(e.Timers, TimerChange{t, after})
}

// Cancel stops a timer.
func (e *Effects) Cancel(t TimerID) { e.Timers = append(e.Timers, TimerChange{t, -1}) }

// Note adds an observation.
func (e *Effects) Note(n Note) {
	at := e.note()
	at.Kind, at.Peer, at.Sub, at.Rule, at.Term = n.Kind, n.Peer, n.Sub, n.Rule, n.Term
	at.A, at.B, at.C, at.D = n.A, n.B, n.C, n.D
}

// note returns the place of another note; its fields hold anything.
func (e *Effects) note() *Note {
	n := len(e.Notes)
	if n < cap(e.Notes) {
		e.Notes = e.Notes[:n+1]
	} else {
		e.Notes = append(e.Notes, Note{})
	}
	return &e.Notes[n]
}

// NoteKind says what a Note tells. The comment of each names the fields it uses.
type NoteKind uint8

// What an engine may tell of itself.
const (
	NoteRule     NoteKind = iota + 1 // Rule fired with outcome Sub; Peer, Term, A-D are the numbers of its sentence
	NoteRole                         // Sub is the new role
	NoteTerm                         // Term is the new term, or promised ballot; A is the slot it was promised for, 0 when for all
	NoteVote                         // Peer got this node's vote in Term; None: not voted
	NoteTally                        // A-D: the NodeSet (low word first) that granted this node its vote or promise
	NoteLeader                       // Peer is now the leader as far as this node knows; None: unknown
	NoteEntry                        // the entry at index A is now (Term, Peer, B: client and its number, C: Hash of the command, low half); Sub 1: not accepted just now, but learned or found on disk (Paxos)
	NoteTruncate                     // the entries from index A on are gone
	NoteCommit                       // everything up to index A is committed
	NoteChosen                       // index A is chosen, others before it may not be
	NoteApply                        // index A was applied: Term, Peer, B, C as in NoteEntry; Sub 1: a repeated request, answered without effect
	NoteProgress                     // this leader's next index for Peer is A, its match index B
	NoteCompact                      // the entries up to index A now live in a snapshot
)

// Note is one change of a node that people may see, or a rule that fired.
type Note struct {
	Kind       NoteKind
	Peer       NodeID
	Sub        uint8
	Rule       RuleID
	Term       Term
	A, B, C, D uint32
}

// Fire notes that a rule fired. Sub chooses among Rule.Tells; the numbers fill its
// sentence.
func (e *Effects) Fire(r RuleID, sub uint8, peer NodeID, term Term, numbers ...uint32) {
	n := e.note()
	n.Kind, n.Rule, n.Sub, n.Peer, n.Term = NoteRule, r, sub, peer, term
	n.A, n.B, n.C, n.D = 0, 0, 0, 0
	if len(numbers) > 0 {
		n.A = numbers[0]
	}
	if len(numbers) > 1 {
		n.B = numbers[1]
	}
	if len(numbers) > 2 {
		n.C = numbers[2]
	}
	if len(numbers) > 3 {
		n.D = numbers[3]
	}
}
