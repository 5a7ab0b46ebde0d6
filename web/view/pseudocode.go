package view

import (
	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
)

// CodeBlock is a box of the pseudocode.
type CodeBlock struct {
	Title string
	Lines []CodeLine
	Lit   bool // one of its lines is
}

// CodeLine is a line of the pseudocode.
type CodeLine struct {
	Text   string
	Indent int
	Rules  []consensus.RuleID // what clicking it explains
	Lit    bool               // one of them fired in the step that is shown
	Off    bool               // one of them is switched off
}

// litMost is how many events back a step is looked for whose rules are lit.
const litMost = 512

// Lit returns the rules that fired in the last step before the cursor in which any
// did: of a node, or (None) of all nodes. Quiet ones light up with the others.
func (s *Store) Lit(at Cursor, node consensus.NodeID) consensus.RuleSet {
	var set consensus.RuleSet
	n := min(at.Events, s.Len())
	for i := n - 1; i >= 0 && n-i <= litMost; i-- {
		e := s.Event(i)
		if e.Kind != trace.Rule || node.IsNode() && e.Node != node {
			continue
		}
		first, _ := s.Block(i)
		for ; i >= first; i-- {
			if e := s.Event(i); e.Kind == trace.Rule && s.rule(e.Rule) != nil && e.Rule <= 64 {
				set = set.With(e.Rule)
			}
		}
		return set
	}
	return set
}

// Code returns the pseudocode with the lines lit whose rules are in the set, and those
// marked whose rules are off at the cursor.
func (s *Store) Code(at Cursor, lit consensus.RuleSet) []CodeBlock {
	off := s.State(at.Events).Off
	var blocks []CodeBlock
	for i := range s.Protocol.Code {
		c := &s.Protocol.Code[i]
		if n := len(blocks); n == 0 || blocks[n-1].Title != s.own("code", c.Block, "", c.Block) {
			blocks = append(blocks, CodeBlock{Title: s.own("code", c.Block, "", c.Block)})
		}
		b := &blocks[len(blocks)-1]
		line := CodeLine{Text: texts.Or("code."+hyphens(s.Protocol.Name)+"."+itoa(int64(i)), c.Text), Indent: int(c.Indent)}
		for _, id := range c.Rules {
			if r, ok := s.Protocol.Rule(id); ok {
				line.Rules = append(line.Rules, r)
				line.Lit = line.Lit || lit.Has(r)
				line.Off = line.Off || off.Has(r)
			}
		}
		b.Lit = b.Lit || line.Lit
		b.Lines = append(b.Lines, line)
	}
	return blocks
}

// RuleView explains a rule.
type RuleView struct {
	ID         consensus.RuleID
	Key        string // "raft.vote-once": what actions name it by
	Name       string // "vote-once"
	Source     string
	Says       string
	Protects   string // the invariant's name; "" when it protects none
	Invariant  string // what that invariant says
	Without    string // what happens when it is off
	Switchable bool
	Off        bool // at the cursor
	Fired      int  // how often it fired in the step that is shown
}

// RuleView explains a rule; its zero value for a rule that there is not.
func (s *Store) RuleView(at Cursor, id consensus.RuleID) RuleView {
	r := s.rule(id)
	if r == nil {
		return RuleView{}
	}
	v := RuleView{
		ID: id, Key: r.ID, Name: s.RuleName(id), Source: r.Source, Says: s.RuleSays(id),
		Switchable: r.Switchable, Off: s.State(at.Events).Off.Has(id),
	}
	if r.Switchable {
		v.Without = s.ruleWithout(r)
	}
	if inv := s.invariant(r.Protects); inv != nil {
		key := "invariant." + hyphens(inv.ID)
		v.Protects, v.Invariant = texts.Or(key+".name", inv.Name), texts.Or(key+".says", inv.Says)
	}
	if at.Events > 0 && at.Events <= s.Len() {
		first, end := s.Block(at.Events - 1)
		for i := first; i < end && i < at.Events; i++ {
			if e := s.Event(i); e.Kind == trace.Rule && e.Rule == id {
				v.Fired++
			}
		}
	}
	return v
}

// Switches returns the rules that can be switched off, in the order of the protocol.
func (s *Store) Switches(at Cursor) []RuleView {
	var all []RuleView
	for i := range s.Protocol.Rules {
		if s.Protocol.Rules[i].Switchable {
			all = append(all, s.RuleView(at, consensus.RuleID(i+1)))
		}
	}
	return all
}
