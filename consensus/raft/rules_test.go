package raft

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
)

func TestTableOfRulesIsComplete(t *testing.T) {
	if len(ruleTable) > 64 {
		t.Errorf("%d rules do not fit into a RuleSet", len(ruleTable))
	}
	seen := map[string]bool{}
	for i, r := range ruleTable {
		if !strings.HasPrefix(r.ID, "raft.") || seen[r.ID] {
			t.Errorf("rule %d has the ID %q", i+1, r.ID)
		}
		seen[r.ID] = true
		if r.Source == "" || len(r.Tells) == 0 || !strings.HasSuffix(r.Says, ".") {
			t.Errorf("%s lacks its source, its sentence or what it tells", r.ID)
		}
		if r.Switchable != (r.Without != "") {
			t.Errorf("%s: what happens without it belongs to rules that can be switched off", r.ID)
		}
		if r.Protects != "" && !slices.ContainsFunc(invariantTable, func(v consensus.Invariant) bool { return v.ID == r.Protects }) {
			t.Errorf("%s protects %q, which is no invariant", r.ID, r.Protects)
		}
		for _, s := range r.Tells {
			checkSentence(t, r.ID, s)
		}
	}
	for _, v := range invariantTable {
		checkSentence(t, v.ID, v.Broken)
	}
}

// checkSentence accepts the placeholders of the contract and no others.
func checkSentence(t *testing.T, id, s string) {
	if !strings.HasSuffix(s, ".") || !strings.Contains(s, "{node}") {
		t.Errorf("%s tells %q, which is no sentence about a node", id, s)
	}
	if bad := consensus.BadPlaceholder(s); bad != "" {
		t.Errorf("%s tells %q: %s is no placeholder", id, s, bad)
	}
}

// The page's switches and its lessons stand on these.
func TestCoreRulesCanBeSwitchedOff(t *testing.T) {
	for _, id := range []string{
		"raft.vote-once", "raft.vote-up-to-date", "raft.majority-wins", "raft.commit-only-current-term",
		"raft.commit-majority", "raft.consistency-check", "raft.truncate-conflict", "raft.persist-before-reply",
		"raft.apply-once", "raft.randomized-timeout", "raft.term-stale-reject", "raft.backtrack-fast", "raft.noop-at-start",
	} {
		r, ok := protocol.Rule(id)
		if !ok || !ruleTable[r-1].Switchable {
			t.Errorf("%s cannot be switched off", id)
		}
	}
}

func TestPseudocodeNamesTheRules(t *testing.T) {
	lit := map[string]bool{}
	for _, line := range code {
		for _, id := range line.Rules {
			if _, ok := protocol.Rule(id); !ok {
				t.Errorf("%q is lit by %q, which is no rule", line.Text, id)
			}
			lit[id] = true
		}
	}
	for _, r := range ruleTable {
		if !lit[r.ID] {
			t.Errorf("%s lights no line", r.ID)
		}
	}
}

func TestProtocolIsWhole(t *testing.T) {
	a := Algorithm()
	p := a.Protocol
	if p.Name != "raft" || p.Epoch == 0 || len(p.Roles) != 3 || len(p.Timers) != 2 || len(p.Defaults()) != optCount {
		t.Errorf("the protocol is %+v", p)
	}
	if !p.Roles[Leader].Leads || !p.Roles[Candidate].Seeks || p.Roles[Follower].Leads {
		t.Error("the roles do not say who leads")
	}
	names := map[string]bool{}
	for _, o := range p.Options {
		if o.Default < o.Min || o.Default > o.Max || o.Says == "" || o.Label == "" || names[o.Name] {
			t.Errorf("option %+v", o)
		}
		names[o.Name] = true
	}
	for i, m := range p.Messages {
		if m.Kind != consensus.KindEngine+consensus.MessageKind(i) || len(m.Short) > 3 || m.Says == "" {
			t.Errorf("message %+v", m)
		}
		if m.Reply != 0 && m.Reply != m.Kind+1 {
			t.Errorf("%s is answered by kind %d", m.Name, m.Reply)
		}
	}
	e := a.New(consensus.Config{ID: 1, Nodes: consensus.SetOf(1), Machine: nil})
	if _, ok := e.(*Raft); !ok {
		t.Error("it makes something else")
	}
}
