package linear

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/anishathalye/porcupine"

	"parley/consensus"
)

// Model says how the operations behave one after the other.
type Model struct {
	// New makes an empty machine.
	New func() consensus.Machine
	// Key returns the part of the machine that a command is about; commands with
	// different keys must have nothing to do with each other, then each key is
	// judged by itself, which is far quicker. Nil: all is one.
	Key func(command string) string
	// Reads reports whether a command changes nothing. It may be nil.
	Reads func(command string) bool
}

// KeyValue is the model of a key-value store with the commands "get KEY", "set KEY …" and
// others whose second word is the key.
func KeyValue(empty func() consensus.Machine) Model {
	return Model{
		New: empty,
		Key: func(command string) string {
			if w := strings.Fields(command); len(w) > 1 {
				return w[1]
			}
			return ""
		},
		Reads: func(command string) bool { return strings.HasPrefix(command, "get ") },
	}
}

// Outcome is what a history turned out to be.
type Outcome uint8

// Outcomes.
const (
	// Linearizable: an order was found that explains all answers.
	Linearizable Outcome = iota + 1
	// Broken: there is none.
	Broken
	// Undecided: the search was given up after SearchMax.
	Undecided
)

// String returns a word for the outcome.
func (o Outcome) String() string {
	switch o {
	case Linearizable:
		return "linearizable"
	case Broken:
		return "not linearizable"
	case Undecided:
		return "undecided"
	}
	return "unknown"
}

// SearchMax bounds the search for each key, in nanoseconds of real time. Deciding is
// NP-complete: some histories with many unanswered operations at once take for ever.
const SearchMax = 20_000_000_000

// Verdict is a judgement on a history.
type Verdict struct {
	Outcome Outcome
	// Key is the key whose operations cannot be explained, or could not be in time.
	Key string
	// Bad are the operations that the longest order found has no place for,
	// as places in the history, in the order in which they were answered. The first
	// is where a reader should begin.
	Bad []int
	// Order is the longest order found of the operations of Key when Outcome is
	// Broken, as places in the history.
	Order []int
}

// Check judges a history.
func Check(history []Op, m Model) Verdict {
	var keys []string
	groups := map[string][]int{}
	for i, o := range history {
		if !o.Done && m.Reads != nil && m.Reads(o.Command) {
			continue // nobody can tell whether it happened
		}
		key := ""
		if m.Key != nil {
			key = m.Key(o.Command)
		}
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], i)
	}
	verdict := Verdict{Outcome: Linearizable}
	for _, key := range keys {
		v := checkGroup(history, groups[key], m)
		v.Key = key
		if v.Outcome == Broken {
			return v
		}
		if v.Outcome == Undecided && verdict.Outcome == Linearizable {
			verdict = v
		}
	}
	return verdict
}

// checkGroup judges the operations of one key.
func checkGroup(history []Op, group []int, m Model) Verdict {
	ops := make([]porcupine.Operation, len(group))
	for j, i := range group {
		o := &history[i]
		ops[j] = porcupine.Operation{ClientId: int(o.Client), Input: o, Output: o, Call: int64(o.From), Return: int64(o.To)}
		if !o.Done {
			ops[j].Return = math.MaxInt64 // it may still happen, whenever that is
		}
	}
	result, info := porcupine.CheckOperationsVerbose(porcupine.Model{
		Init: func() any { return newState(m.New()) },
		Step: func(s, _, output any) (bool, any) {
			o := output.(*Op)
			next := s.(*state).machine.Clone()
			result := next.Apply([]byte(o.Command))
			if o.Done && string(result) != o.Result {
				return false, s
			}
			return true, newState(next)
		},
		Equal: func(a, b any) bool { return a.(*state).text() == b.(*state).text() },
		Hash:  func(s any) uint64 { return consensus.Hash([]byte(s.(*state).text())) },
	}, ops, SearchMax)

	switch result {
	case porcupine.Ok:
		return Verdict{Outcome: Linearizable}
	case porcupine.Unknown:
		return Verdict{Outcome: Undecided}
	}
	var longest []int
	for _, partial := range info.PartialLinearizations()[0] {
		if len(partial) > len(longest) {
			longest = partial
		}
	}
	v := Verdict{Outcome: Broken}
	placed := make([]bool, len(group))
	for _, j := range longest {
		placed[j] = true
		v.Order = append(v.Order, group[j])
	}
	for j, i := range group {
		if !placed[j] && history[i].Done {
			v.Bad = append(v.Bad, i)
		}
	}
	slices.SortFunc(v.Bad, func(a, b int) int { return history[a].To - history[b].To })
	return v
}

// state is a machine at one point of an order; porcupine never changes it.
type state struct {
	machine consensus.Machine
	written string
	known   bool
}

func newState(m consensus.Machine) *state { return &state{machine: m} }

// text returns the machine's contents; two machines with the same contents answer
// alike.
func (s *state) text() string {
	if !s.known {
		var b strings.Builder
		for _, f := range s.machine.Inspect() {
			for _, part := range []string{f.Group, f.Name, f.Value} {
				b.WriteString(strconv.Itoa(len(part)) + ":" + part)
			}
		}
		s.written, s.known = b.String(), true
	}
	return s.written
}
