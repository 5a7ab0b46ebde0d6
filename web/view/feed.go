package view

import (
	"sort"
	"strings"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
)

// Level says how much the feed and the step buttons tell.
type Level uint8

// Levels.
const (
	Story      Level = iota // what changes something: elections, entries, faults, clients
	Everything              // every event of the trace
)

// Line is a line of the feed.
type Line struct {
	Event    int // clicking the line moves the cursor to behind this event
	T        consensus.Time
	Time     string // "1 204.567"
	Text     string
	Class    Class
	Node     consensus.NodeID // where it happened
	Term     consensus.Term   // of the node then, as far as the event says
	Rule     consensus.RuleID
	RuleName string // "vote-once"; "" when no rule fired
	Source   string // the place in the paper; "" when no rule fired
	Count    int    // how many equal lines this one stands for, 1 or more
	After    bool   // happens after the cursor
	Now      bool   // belongs to the step that the cursor stands behind
}

// FeedQuery asks for lines of the feed.
type FeedQuery struct {
	Before, After int // at most so many lines up to the cursor, and behind it
	Level         Level
	Until         consensus.Time // nothing later is told; 0: no bound
}

// feedMax bounds the lines of one answer.
const feedMax = 500

// Feed returns lines round the cursor, in the order of the trace. What it costs depends
// on the number of lines, not on the length of the trace.
func (s *Store) Feed(at Cursor, q FeedQuery) []Line {
	q.Before, q.After = max(0, min(q.Before, feedMax)), max(0, min(q.After, feedMax))
	if q.Level == Everything {
		return s.feedAll(at, q)
	}
	all := s.index.told
	pos := s.toldBefore(at.Events)
	now := s.step(at)
	var lines []Line
	for i := pos - 1; i >= 0 && len(lines) < q.Before; {
		t := all[i]
		lines = append(lines, s.line(int(t.event), t.class, int(t.nth)+1, now))
		i -= int(t.nth) + 1
	}
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	for i, k := pos, 0; i < len(all) && k < q.After && s.shown(int(all[i].event), q.Until); k++ {
		last := i // of the run
		for last+1 < len(all) && all[last+1].nth > 0 && s.shown(int(all[last+1].event), q.Until) {
			last++
		}
		lines = append(lines, s.line(int(all[i].event), all[i].class, last-i+1, now))
		i = last + 1
	}
	return lines
}

func (s *Store) feedAll(at Cursor, q FeedQuery) []Line {
	n := max(0, min(at.Events, s.Len()))
	now := s.step(at)
	var lines []Line
	for i := max(0, n-q.Before); i < s.Len() && i < n+q.After && (i < n || s.shown(i, q.Until)); i++ {
		lines = append(lines, s.line(i, s.class(i), 1, now))
	}
	return lines
}

func (s *Store) shown(i int, until consensus.Time) bool {
	return until <= 0 || s.Event(i).T <= until
}

// toldBefore returns how many told events there are among the first n.
func (s *Store) toldBefore(n int) int {
	all := s.index.told
	return sort.Search(len(all), func(i int) bool { return int(all[i].event) >= n })
}

// class returns the class of the line of event i.
func (s *Store) class(i int) Class {
	if k := s.toldBefore(i); k < len(s.index.told) && int(s.index.told[k].event) == i {
		return s.index.told[k].class
	}
	return ClassDetail
}

// step is the cursor and the block that it stands behind.
type step struct{ first, end, cursor int }

func (s *Store) step(at Cursor) step {
	v := step{cursor: at.Events}
	if at.Events > 0 && at.Events <= s.Len() {
		v.first, v.end = s.Block(at.Events - 1)
	}
	return v
}

func (s *Store) line(i int, class Class, count int, now step) Line {
	e := s.Event(i)
	l := Line{
		Event: i, T: e.T, Time: FormatClock(e.T), Text: s.Sentence(i), Class: class,
		Node: e.Node, Term: e.Term, Count: count, After: i >= now.cursor,
		Now: i >= now.first && i < now.end,
	}
	if count > 1 {
		if text := s.runSentence(e, count); text != "" {
			l.Text, l.Count = text, 1
		}
	}
	if r := s.rule(e.Rule); r != nil && (e.Kind == trace.Rule || e.Kind == trace.Switch) {
		l.Rule, l.RuleName, l.Source = e.Rule, s.RuleName(e.Rule), r.Source
	}
	if e.Kind == trace.Violation {
		_, _, l.Source, _ = s.Violation(e)
	}
	return l
}

// runSentence says what a run of equal lines is whose lines differ in more than their
// moment; "" when the sentence of the last one will do.
func (s *Store) runSentence(e *trace.Event, count int) string {
	switch e.Kind {
	case trace.Cut:
		return texts.Count("feed.cut", count)
	case trace.Heal:
		return texts.Count("feed.heal", count)
	case trace.Loss:
		return texts.Count("feed.loss", count, "from", e.Peer.String(), "cause", causeOfMany(trace.Cause(e.Rule)))
	}
	return ""
}

// stop returns the number of events after which a step to the told event i ends: those
// of its whole block, so that what it sends is seen to leave.
func (s *Store) stop(i int) int {
	_, end := s.Block(i)
	return end
}

// NextStop returns the number of events after which the next step forward from n ends;
// n when there is none. At level Everything that is n+1.
func (s *Store) NextStop(n int, level Level) int {
	if n < 0 || n >= s.Len() {
		return min(max(n, 0), s.Len())
	}
	if level == Everything {
		return n + 1
	}
	for k := s.toldBefore(n); k < len(s.index.told); k++ {
		if stop := s.stop(int(s.index.told[k].event)); stop > n {
			return stop
		}
	}
	return n
}

// PrevStop returns the number of events after which the last step before n ended; 0
// when there is none. At level Everything that is n-1.
func (s *Store) PrevStop(n int, level Level) int {
	n = min(n, s.Len())
	if n <= 0 {
		return 0
	}
	if level == Everything {
		return n - 1
	}
	for k := s.toldBefore(n) - 1; k >= 0; k-- {
		if stop := s.stop(int(s.index.told[k].event)); stop < n {
			return stop
		}
	}
	return 0
}

// Told reports whether event i belongs to the story.
func (s *Store) Told(i int) bool {
	k := s.toldBefore(i)
	return k < len(s.index.told) && int(s.index.told[k].event) == i
}

// spokenMost is how many sentences are spoken of one step.
const spokenMost = 4

// Spoken returns what a screen reader says when the cursor moves from one number of
// events to another: the last told sentences between them, or, when nothing of the
// story is between, the last sentence; the moment in front when it went back.
func (s *Store) Spoken(from, to int) string {
	from, to = max(0, min(from, s.Len())), max(0, min(to, s.Len()))
	if to == 0 {
		return texts.Get("spoken.beginning")
	}
	if to < from {
		return texts.Get("spoken.back", "time", FormatTime(s.Event(to-1).T), "sentence", s.spoken(s.lastStop(to), to))
	}
	if to == from {
		return texts.Get("spoken.end")
	}
	return s.spoken(from, to)
}

// lastStop returns where the step that ended at n or before began.
func (s *Store) lastStop(n int) int {
	if k := s.toldBefore(n) - 1; k >= 0 {
		first, _ := s.Block(int(s.index.told[k].event))
		return first
	}
	return n - 1
}

func (s *Store) spoken(from, to int) string {
	begin, end := s.toldBefore(from), s.toldBefore(to)
	begin = max(begin, end-spokenMost)
	if begin >= end {
		return s.Sentence(to - 1)
	}
	var b strings.Builder
	for k := begin; k < end; k++ {
		if k > begin {
			b.WriteByte(' ')
		}
		b.WriteString(s.Sentence(int(s.index.told[k].event)))
	}
	return b.String()
}
