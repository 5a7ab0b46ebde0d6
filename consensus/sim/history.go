package sim

import (
	"errors"
	"math/bits"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Bounds of a History.
const (
	// markEvery is the number of events between two checkpoints of a young run.
	markEvery = 1024
	// marksMax is the number of checkpoints above which every second one is given
	// up, and the distance between two of them doubles.
	marksMax = 256
)

// History is a run with all its past. It keeps clones of the World at checkpoints;
// any other moment is the checkpoint before it, run on. Since everything follows from
// the setup and the actions, that gives the same events again.
type History struct {
	head   *World
	marks  []*World       // ascending; the first is the World before anything happened
	every  int            // events between two marks
	starts bitset         // the events with which a step begins
	checks []trace.Digest // for each action that is done, see Checks

	// cursor is the World that Seek returned last, nil when there is none: looking at
	// neighbouring moments one after the other is cheap.
	cursor *World
}

// NewHistory begins a run with the actions recorded earlier. The error is a sentence.
func NewHistory(c Config, actions []scenario.Action) (*History, error) {
	w, err := New(c)
	if err != nil {
		return nil, err
	}
	if err := w.Schedule(actions); err != nil {
		return nil, err
	}
	h := &History{head: w, every: markEvery}
	h.starts.set(0)
	h.mark()
	return h, nil
}

// Head returns the World at the end of the run. It is for reading and draining; only
// the History may move it.
func (h *History) Head() *World { return h.head }

// Actions returns all actions of the run, those to come included. The slice must not
// be changed.
func (h *History) Actions() []scenario.Action { return h.head.plan }

// Checks returns, for each action that is done, the digest of all events up to its own.
// The slice must not be changed, and is valid until the next action.
func (h *History) Checks() []trace.Digest { return h.checks }

// RunUntil takes the head further; see World.RunUntil.
func (h *History) RunUntil(until consensus.Time, maxEvents int) bool {
	w := h.head
	bound := w.Events() + maxEvents
	for maxEvents <= 0 || w.Events() < bound {
		before := w.Events()
		if !w.StepUntil(until) {
			return w.arrive(until)
		}
		h.stepped(before)
	}
	return false
}

// stepped takes down a step of the head that began after before events.
func (h *History) stepped(before int) {
	if h.head.done > len(h.checks) {
		h.checks = append(h.checks, h.head.Digest())
	}
	if h.head.Events() > before {
		h.starts.set(before)
	}
	if h.far() && len(h.marks) > marksMax {
		h.thin()
	}
	if h.far() {
		h.mark()
	}
}

// far reports whether the head is far enough from the last checkpoint for another.
func (h *History) far() bool {
	return h.head.Events() >= h.marks[len(h.marks)-1].Events()+h.every
}

// thin gives up every second checkpoint.
func (h *History) thin() {
	kept := h.marks[:0]
	for i, m := range h.marks {
		if i%2 == 0 {
			kept = append(kept, m)
		}
	}
	clear(h.marks[len(kept):])
	h.marks = kept
	h.every *= 2
}

func (h *History) mark() {
	m := h.head.Clone()
	m.Mute(true)
	h.marks = append(h.marks, m)
}

// Seek returns the World as it was after the first n events. Where event n-1 is not
// the last one of its step, it is the World before that step: a step happens as a
// whole. The World is the History's own: it is for looking at, and valid until the
// next call of a method; Clone it to keep it.
func (h *History) Seek(n int) *World {
	if n >= h.head.Events() {
		return h.head
	}
	n = h.starts.last(max(n, 0))
	w := h.near(func(w *World) bool { return w.Events() <= n })
	for w.Events() < n {
		if !w.Step() {
			break
		}
	}
	if w.Events() != n {
		panic("sim: the run did not repeat itself")
	}
	return w
}

// SeekTime returns the World as it was at time t, after everything that happened then,
// actions included. What holds for the World of Seek holds for this one.
func (h *History) SeekTime(t consensus.Time) *World {
	if t >= h.head.now {
		return h.head
	}
	w := h.near(func(w *World) bool { return w.now <= t })
	w.RunUntil(t, 0)
	return w
}

// near makes the cursor the latest World known that is not after the moment asked
// for, ready to run on.
func (h *History) near(before func(*World) bool) *World {
	lo, hi := 1, len(h.marks) // the first mark is before everything
	for lo < hi {
		if m := (lo + hi) / 2; before(h.marks[m]) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	m := h.marks[lo-1]
	if c := h.cursor; c == nil || !before(c) || c.Events() < m.Events() || c.now < m.now {
		h.cursor = m.Clone()
		h.cursor.Mute(true)
	}
	h.cursor.plan = h.head.plan // a mark knows only the actions of its time
	return h.cursor
}

// Act does an action at a.At and records it; what was recorded for later is dropped.
// Before the head it forks the run: what happened after a.At is dropped too. After the
// head it takes the head there first, however long that takes: whoever must not be
// kept waiting calls RunUntil before. It returns how many of the events stay, and
// whether something was dropped. The error is a sentence; then nothing has changed,
// but that the head may have been taken further.
func (h *History) Act(a scenario.Action) (kept int, forked bool, err error) {
	head := h.head
	if a.At >= head.now {
		h.RunUntil(a.At, 0)
	} else {
		head = h.SeekTime(max(a.At, 0)).Clone()
	}
	kept = head.Events()
	forked = kept < h.head.Events() || head.done < len(h.head.plan)
	trial := head.Clone() // so that an impossible action leaves no mark
	if err := trial.Act(a); err != nil {
		return 0, false, err
	}
	if head != h.head {
		h.adopt(head)
	}
	if head.done < len(head.plan) {
		head.plan = head.plan[:head.done:head.done]
	}
	if err := head.Act(a); err != nil {
		panic("sim: the run did not repeat itself: " + err.Error())
	}
	h.stepped(kept)
	return kept, forked, nil
}

// Insert does an action at a.At, which is not before the head, as World.Act does: what is
// recorded for later stays. It takes the head there first. The error is a sentence; then
// nothing has changed, but that the head may have been taken further.
func (h *History) Insert(a scenario.Action) error {
	if a.At < h.head.now {
		return errors.New("the run has come to " + moment(h.head.now) + " already, " + moment(a.At) + " is past")
	}
	h.RunUntil(a.At, 0)
	before := h.head.Events()
	if err := h.head.Act(a); err != nil {
		return err
	}
	h.stepped(before)
	return nil
}

// adopt makes a World of the past the head.
func (h *History) adopt(past *World) {
	past.tape.clear()
	past.tape.rejoin(&h.head.tape) // what nobody has drained yet stays
	h.head, h.cursor = past, nil
	h.checks = h.checks[:past.done]
	h.starts.cut(past.Events())
	for k := len(h.marks) - 1; h.marks[k].Events() > past.Events(); k-- {
		h.marks[k] = nil
		h.marks = h.marks[:k]
	}
}

// bitset is a set of numbers from 0.
type bitset []uint64

func (b *bitset) set(i int) {
	for len(*b) <= i/64 {
		*b = append(*b, 0)
	}
	(*b)[i/64] |= 1 << (i % 64)
}

// last returns the largest member that is at most i; 0 is always one.
func (b bitset) last(i int) int {
	k := min(i/64, len(b)-1)
	word := b[k]
	if k == i/64 {
		word &= 1<<(i%64)<<1 - 1
	}
	for word == 0 {
		k--
		word = b[k]
	}
	return k*64 + 63 - bits.LeadingZeros64(word)
}

// cut removes all members from i on.
func (b *bitset) cut(i int) {
	if i/64 < len(*b) {
		*b = (*b)[:i/64+1]
		(*b)[i/64] &= 1<<(i%64) - 1
	}
	b.set(0)
}
