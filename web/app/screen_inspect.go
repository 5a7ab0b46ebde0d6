package app

import (
	"parley/consensus"
	"parley/web/texts"
)

// InspectView shows what is chosen, or what can be.
type InspectView struct {
	Title, Says string
	Chosen      bool
	Groups      []GroupView
	Lists       []ListView
}

// GroupView is a group of fields.
type GroupView struct {
	Title string
	Rows  []RowView
}

// RowView is a field.
type RowView struct{ Name, Value, Says string }

// ListView lists what can be chosen.
type ListView struct {
	Title, Empty string
	Picks        []PickView
}

// PickView is one of them.
type PickView struct {
	Name, Label, Aside string
	Do                 func()
}

func (m *Model) inspectView() InspectView {
	v := InspectView{Title: texts.Get("inspect.title")}
	return v
}

// RuleView is a rule of the algorithm.
type RuleView struct {
	Number                                      consensus.RuleID
	ID, Name, Says, Source, Without, SwitchSays string
	Lit, Off, Switchable                        bool
}

func (m *Model) rulesView() []RuleView { return nil }

// CodeView is the pseudocode.
type CodeView struct {
	Says   string
	Blocks []BlockView
}

// BlockView is a box of the pseudocode.
type BlockView struct {
	Title string
	Lines []CodeLineView
}

// CodeLineView is a line of the pseudocode.
type CodeLineView struct {
	Text, Indent string
	Lit          bool
}

func (m *Model) codeView() CodeView { return CodeView{} }
