package view

import (
	"sort"

	"parley/consensus"
	"parley/consensus/trace"
)

// Class says what a line of the feed is about; it chooses the line's mark.
type Class uint8

// Classes of lines.
const (
	ClassDetail    Class = iota // what goes on all the time
	ClassRule                   // a rule fired that changed nothing that has a class of its own
	ClassElection               // roles, terms, votes, leaders
	ClassLog                    // entries
	ClassCommit                 // what is committed or chosen, and applied
	ClassClient                 // requests and answers
	ClassLoss                   // messages that were lost, doubled or delayed
	ClassFault                  // what people broke, or mended
	ClassSetting                // dials, options, rules switched
	ClassViolation              // an invariant that does not hold
)

// String returns the word for the class, as style sheets have it.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return classNames[ClassDetail]
}

var classNames = [...]string{"detail", "rule", "election", "log", "commit", "client", "loss", "fault", "setting", "violation"}

// told is an event that belongs to the story, as opposed to what goes on all the time.
type told struct {
	event uint32
	nth   uint16 // so many equal lines are right before it: a run is shown as one line
	class Class
}

// index is filled while events come in, so that nothing on the page has to look through
// the whole trace. A fork truncates each part.
type index struct {
	told    []told
	block   block
	restart consensus.RuleID // with which a node starts

	sent, ended []uint32 // by send number-1: event+1 of its Send or Duplicate, of its Deliver or Loss
	routine     []bool   // by send number-1: nothing changed in the step that sent it

	ops      []op
	byClient [consensus.ClientsMax][]uint32 // into ops
	gaveUp   []uint32                       // events

	spans   []span
	marks   [markKinds][]uint32 // events
	highest consensus.Index     // the highest index committed anywhere

	figures figures

	ballots []ballot // in the order in which they came up; none where terms are plain numbers
	ranks   map[consensus.Term]uint32
	latest  consensus.Term
}

// block is the events of one step of one node that stand together: what it noted, the
// timers it set, what it sent.
type block struct {
	start   bool // the node's first step after a Boot
	news    bool // something changed, was refused or carries commands
	class   Class
	pending []uint32 // its rules
	spare   uint32   // event+1 to tell when no rule fired
	sends   []uint32 // send numbers
}

// inBlock reports whether events of that kind stand in a block.
func inBlock(k trace.Kind) bool {
	return k >= trace.Rule && k <= trace.Compact || k == trace.TimerSet || k == trace.TimerCancel || k == trace.Send
}

// continues reports whether event i goes on with the block of the event before it.
func (s *Store) continues(i int) bool {
	if i <= 0 || i >= s.Len() {
		return false
	}
	a, b := s.Event(i-1), s.Event(i)
	return inBlock(a.Kind) && inBlock(b.Kind) && a.Node == b.Node && a.T == b.T
}

func (x *index) open(s *Store) {
	x.spans = []span{{}}
	x.restart, _ = s.Protocol.Rule(s.Protocol.Name + ".restart")
}

// add takes event i, which the head has seen already.
func (x *index) add(s *Store, i int, e *trace.Event) {
	x.tell(s, i, e)
	x.follow(i, e)
	x.serve(i, e)
	x.mark(s, i, e)
	x.count(s, i, e)
	x.figures.count(s, i, e)
}

// truncate forgets what stems from events n and later. The head is at n already.
func (x *index) truncate(s *Store, n int) {
	for i := range x.sent {
		if int(x.sent[i]) > n {
			x.sent[i], x.ended[i] = 0, 0
		}
		if int(x.ended[i]) > n {
			x.ended[i] = 0
		}
	}
	keep := len(x.sent)
	for keep > 0 && x.sent[keep-1] == 0 {
		keep--
	}
	x.sent, x.ended, x.routine = x.sent[:keep], x.ended[:keep], x.routine[:keep]
	x.truncateOps(n)
	x.truncateMarks(s, n)
	x.truncateBallots(n)
	x.figures.truncate(s, n)

	// The last block may go on: it is taken anew.
	first := n
	for s.continues(first) || first == n && first > 0 && inBlock(s.Event(first-1).Kind) {
		first--
	}
	for first > 0 && !inBlock(s.Event(first-1).Kind) { // its cause
		first--
		if k := s.Event(first).Kind; k != trace.Write && k != trace.Sync {
			break
		}
	}
	x.told = x.told[:sort.Search(len(x.told), func(i int) bool { return int(x.told[i].event) >= first })]
	x.block = block{pending: x.block.pending[:0], sends: x.block.sends[:0]}
	for i := first; i < n; i++ {
		x.tell(s, i, s.Event(i))
	}
}

// tell decides whether event i belongs to the story.
func (x *index) tell(s *Store, i int, e *trace.Event) {
	b := &x.block
	if !inBlock(e.Kind) {
		x.close(s)
		if c := x.direct(s, i, e); c != ClassDetail {
			x.line(s, i, c)
		}
		return
	}
	if !s.continues(i) {
		x.close(s)
		b.start = s.starts(i)
	}
	switch e.Kind {
	case trace.Rule:
		b.pending = append(b.pending, uint32(i))
		b.news = b.news || b.start // a node that starts tells from where it goes on
	case trace.Role, trace.Term, trace.Vote, trace.Tally, trace.Leader:
		b.change(ClassElection)
		if e.Kind == trace.Role || b.spare == 0 {
			b.spare = uint32(i) + 1
		}
	case trace.Entry, trace.Truncate, trace.Compact:
		b.change(ClassLog)
		b.spare = uint32(i) + 1
	case trace.Commit, trace.Chosen, trace.Apply:
		b.change(ClassCommit)
		if e.Kind == trace.Commit {
			b.spare = uint32(i) + 1
		}
	case trace.Send:
		b.sends = append(b.sends, e.ID)
		if e.Flags&(consensus.FlagNo|consensus.FlagPayload) != 0 || e.Sub < uint8(consensus.KindEngine) {
			b.news = true
		}
	}
}

// starts reports whether the block that begins at event i follows from its node's Boot.
func (s *Store) starts(i int) bool {
	for i--; i >= 0 && s.Event(i).Node == s.Event(i+1).Node; i-- {
		switch s.Event(i).Kind {
		case trace.Boot:
			return true
		case trace.Write, trace.Sync:
		default:
			return false
		}
	}
	return false
}

// change says that the step changed something of a class; elections outshine logs,
// commits outshine both.
func (b *block) change(c Class) {
	b.news = true
	if b.class < ClassElection || c == ClassCommit || c == ClassElection && b.class == ClassLog {
		b.class = c
	}
}

// close ends the block: now it is known whether its rules are news.
func (x *index) close(s *Store) {
	b := &x.block
	for _, id := range b.sends {
		if id > 0 && int64(id) <= int64(len(x.routine)) {
			x.routine[id-1] = !b.news
		}
	}
	if b.news {
		class := max(b.class, ClassRule)
		for _, i := range b.pending {
			// That the nodes start is told once for all; what one refuses then is news.
			if e := s.Event(int(i)); !s.quiet(e) && (!b.start || e.T > 0 || e.Rule != x.restart) {
				x.line(s, int(i), class)
			}
		}
		if len(b.pending) == 0 && b.spare > 0 && !b.start {
			x.line(s, int(b.spare)-1, class)
		}
	}
	*b = block{pending: b.pending[:0], sends: b.sends[:0]}
}

// quiet reports whether the outcome of a rule is no story.
func (s *Store) quiet(e *trace.Event) bool {
	r := s.rule(e.Rule)
	return r != nil && e.Sub < 32 && r.Quiet>>e.Sub&1 == 1
}

// direct returns the class of an event that stands outside blocks; ClassDetail when it
// does not belong to the story.
func (x *index) direct(s *Store, i int, e *trace.Event) Class {
	switch e.Kind {
	case trace.Loss:
		if trace.Cause(e.Rule) == trace.CauseDropped || x.sentBefore(e.ID, i) && !x.routine[e.ID-1] {
			return ClassLoss
		}
	case trace.Duplicate:
		// A copy that the network makes is made when the message is sent; a later one
		// was somebody's act.
		if x.sentBefore(e.A, i) && s.Event(int(x.sent[e.A-1])-1).T != e.T {
			return ClassFault
		}
	case trace.Delay:
		return ClassFault
	case trace.Invoke, trace.Retry, trace.Answer, trace.Refuse, trace.GiveUp:
		return ClassClient
	case trace.Boot:
		if e.T > 0 || i == 0 {
			return ClassFault
		}
	case trace.Crash, trace.Cut, trace.Heal, trace.WriteLost, trace.Refused:
		return ClassFault
	case trace.Partition:
		if e.Sub == 0 {
			return ClassFault
		}
	case trace.Clock, trace.Dial, trace.Option, trace.Switch:
		if e.T > 0 || i > 0 && e.ID > 0 {
			return ClassSetting
		}
	case trace.Violation:
		return ClassViolation
	}
	return ClassDetail
}

// sentBefore reports whether a message was sent before event i.
func (x *index) sentBefore(id uint32, i int) bool {
	return id > 0 && int64(id) <= int64(len(x.sent)) && x.sent[id-1] > 0 && int(x.sent[id-1]) <= i
}

// runMax bounds how many equal lines are shown as one.
const runMax = 9999

func (x *index) line(s *Store, i int, c Class) {
	t := told{event: uint32(i), class: c}
	if n := len(x.told); n > 0 && s.alike(s.Event(int(x.told[n-1].event)), s.Event(i)) && x.told[n-1].nth < runMax {
		t.nth = x.told[n-1].nth + 1
	}
	x.told = append(x.told, t)
}

// alike reports whether two lines that follow each other are shown as one. Where slots are
// decided each by itself, lines about two of them are two lines.
func (s *Store) alike(a, b *trace.Event) bool {
	if a.Kind != b.Kind {
		return false
	}
	switch a.Kind {
	case trace.Rule:
		return a.Rule == b.Rule && a.Sub == b.Sub && a.Node == b.Node && a.Peer == b.Peer && a.Term == b.Term && (a.A == b.A || !s.Protocol.Slots)
	case trace.Loss:
		return a.Rule == b.Rule && a.Peer == b.Peer
	case trace.Cut, trace.Heal:
		return a.T == b.T
	case trace.Retry, trace.Refuse:
		return a.Node == b.Node && a.Peer == b.Peer
	case trace.Violation:
		return a.Sub == b.Sub
	}
	return false
}

// follow remembers where messages were sent and where they ended.
func (x *index) follow(i int, e *trace.Event) {
	switch e.Kind {
	case trace.Send, trace.Duplicate:
		// Every number has an event of its own, so a number beyond their count is
		// nonsense that must not cost memory.
		if e.ID == 0 || int64(e.ID) > int64(i)+1024 {
			return
		}
		for len(x.sent) < int(e.ID) {
			x.sent, x.ended, x.routine = append(x.sent, 0), append(x.ended, 0), append(x.routine, false)
		}
		x.sent[e.ID-1], x.ended[e.ID-1], x.routine[e.ID-1] = uint32(i)+1, 0, false
		if e.Kind == trace.Duplicate && e.A > 0 && e.A < e.ID {
			x.routine[e.ID-1] = x.routine[e.A-1]
		}
	case trace.Deliver, trace.Loss:
		if e.ID > 0 && int(e.ID) <= len(x.sent) && x.sent[e.ID-1] > 0 && x.ended[e.ID-1] == 0 {
			x.ended[e.ID-1] = uint32(i) + 1
		}
	}
}

// Message returns the events at which a message was sent (or copied) and at which it
// arrived or was lost; -1 for what is not in the trace.
func (s *Store) Message(id uint32) (sent, ended int) {
	if id == 0 || int64(id) > int64(len(s.index.sent)) {
		return -1, -1
	}
	return int(s.index.sent[id-1]) - 1, int(s.index.ended[id-1]) - 1
}

// Block returns the events that happened together with event i: the rest of the step
// of the node. The block of an event that stands alone is that event.
func (s *Store) Block(i int) (first, end int) {
	if i < 0 || i >= s.Len() {
		return 0, 0
	}
	first, end = i, i+1
	for s.continues(first) {
		first--
	}
	for s.continues(end) {
		end++
	}
	return first, end
}
