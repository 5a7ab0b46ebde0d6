package journal

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// tables are the names that stand for numbers.
type tables struct {
	protocol *consensus.Protocol

	messages, roles, timers, options, rules, invariants, causes, dials, statuses nameTable
}

// nameTable are the names of some numbers; a number without one is written as it is.
type nameTable struct {
	names  []string // by number; "" for none
	byName map[string]int
}

func (t *nameTable) set(n int, name string) {
	if name == "" || n < 0 {
		return
	}
	if t.byName == nil {
		t.byName = map[string]int{}
	}
	if _, taken := t.byName[name]; taken {
		return // two of one name: the second is written as its number
	}
	for len(t.names) <= n {
		t.names = append(t.names, "")
	}
	t.names[n], t.byName[name] = name, n
}

func (t *nameTable) name(n int) string {
	if n < len(t.names) && t.names[n] != "" {
		return t.names[n]
	}
	return strconv.Itoa(n)
}

// find returns the number of a name, or the number that is written.
func (t *nameTable) find(s string) (int, bool) {
	if n, ok := t.byName[s]; ok {
		return n, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}

// newTables returns the names of a protocol, which may be nil.
func newTables(p *consensus.Protocol) *tables {
	if p == nil {
		p = new(consensus.Protocol)
	}
	t := &tables{protocol: p}
	t.messages.set(int(consensus.KindRequest), "request")
	t.messages.set(int(consensus.KindReply), "reply")
	for i := range p.Messages {
		t.messages.set(int(p.Messages[i].Kind), p.Messages[i].Name)
	}
	for i := range p.Roles {
		t.roles.set(i, p.Roles[i].Name)
	}
	for i := range p.Timers {
		t.timers.set(i, p.Timers[i].Name)
	}
	for i := range p.Options {
		t.options.set(i, p.Options[i].Name)
	}
	for i := range p.Rules {
		t.rules.set(i+1, p.Rules[i].ID)
	}
	for i := range p.Invariants {
		t.invariants.set(i, p.Invariants[i].ID)
	}
	for c := trace.CauseLoss; c <= trace.CauseFull; c++ {
		t.causes.set(int(c), c.String())
	}
	for d := range scenario.Dial(len(scenario.Setup{}.Dials)) {
		t.dials.set(int(d), d.String())
	}
	for s := consensus.StatusDone; s <= consensus.StatusBusy; s++ {
		t.statuses.set(int(s), s.String())
	}
	return t
}
