package app

import (
	"parley/consensus/scenario"
	"parley/web/texts"
	"parley/web/view"
)

// StoreView is the form of the key-value store and what clients asked for.
type StoreView struct {
	On                               bool
	Key, KeyWrong, Value, ValueWrong string
	Command, CommandWrong            string
	CommandSays                      string // which commands there are besides
	Empty                            string
	Ops                              []OpView
}

// OpView is an operation of a client.
type OpView struct {
	State, Command, Result, Aside, Says string
	Event                               int
}

// opsShown is how many operations are listed.
const opsShown = 12

func (m *Model) storeView() StoreView {
	f := &m.Forms.Store
	v := StoreView{
		On:  m.Phase == Running && len(m.state().Clients) > 0,
		Key: f.Key.Text, KeyWrong: f.Key.Wrong, Value: f.Value.Text, ValueWrong: f.Value.Wrong,
		Command: f.Command.Text, CommandWrong: f.Command.Wrong,
	}
	v.CommandSays = texts.Or("store.command.says."+m.Store.Protocol.Name, texts.Get("store.command.says"))
	ops := m.Store.Operations(m.Cursor, opsShown)
	for i := len(ops) - 1; i >= 0; i-- {
		o := &ops[i]
		row := OpView{
			State: [...]string{"waiting", "done", "unknown"}[o.State], Command: o.Command, Result: o.Result,
			Aside: o.Client.String() + ", " + o.Latency, Event: o.Invoked, Says: texts.Get("store.jump"),
		}
		if o.State != view.OpDone {
			row.Result = o.Word
		}
		if o.Ended >= 0 {
			row.Event = o.Ended
		}
		v.Ops = append(v.Ops, row)
	}
	if len(ops) == 0 {
		v.Empty = texts.Get("store.empty")
	}
	return v
}

// DialsView is the drawer with the settings.
type DialsView struct {
	Nodes, Seed Field
	NodesMax    int
	Groups      []DialGroup
	Hurry       bool
	InRoom      bool
}

// DialGroup is a group of dials.
type DialGroup struct {
	Title string
	Dials []DialView
}

// DialView is a dial: a field for its exact value, and a slider when Stops is not 0.
type DialView struct {
	ID, Label, Says, Text, Wrong string
	Stop, Stops                  int // the slider stands at Stop of 0 to Stops
	Edit, Set, Slide, TurnTo     func(text string)
}

func (m *Model) dialsView() DialsView {
	v := DialsView{Nodes: m.Forms.Setup.Nodes, Seed: m.Forms.Setup.Seed, NodesMax: NodesShown, Hurry: m.Hurry, InRoom: m.room != nil}
	for _, g := range [...]struct {
		title string
		dials []scenario.Dial
	}{
		{"dials.network", []scenario.Dial{scenario.Latency, scenario.Jitter, scenario.LossRate, scenario.Copies, scenario.Reorder}},
		{"dials.disk", []scenario.Dial{scenario.DiskTime, scenario.TornTail}},
		{"dials.clients", []scenario.Dial{scenario.Patience, scenario.Pace}},
	} {
		group := DialGroup{Title: texts.Get(g.title)}
		for _, d := range g.dials {
			group.Dials = append(group.Dials, m.dialView(d))
		}
		v.Groups = append(v.Groups, group)
	}
	timing := DialGroup{Title: texts.Get("dials.timing", "algorithm", m.Store.Protocol.Title)}
	for i := range m.Store.Protocol.Options {
		timing.Dials = append(timing.Dials, m.optionView(i))
	}
	if len(timing.Dials) > 0 {
		v.Groups = append(v.Groups, timing)
	}
	return v
}

func (m *Model) dialView(d scenario.Dial) DialView {
	f := m.Forms.Dials[d]
	label, says := view.DialLabel(d)
	value := m.dial(d)
	v := DialView{ID: "dial-" + d.String(), Label: label, Says: says, Text: f.Text, Wrong: f.Wrong}
	if !f.Dirty {
		v.Text = spaced(scenario.FormatDial(d, value))
	} else if typed, wrong := view.ParseDial(d, f.Text); wrong == "" {
		value = typed
	}
	all := stops(d)
	v.Stop, v.Stops = nearest(all, value), len(all)-1
	v.Edit = func(text string) { m.EditDial(d, text) }
	v.Set = func(text string) { m.TurnDial(d, text) }
	v.Slide = func(stop string) { m.SlideDial(d, stop) }
	v.TurnTo = func(stop string) { m.TurnDialTo(d, stop) }
	return v
}

func (m *Model) optionView(i int) DialView {
	f := m.Forms.Options[i]
	info := &m.Store.Protocol.Options[i]
	label, says := m.Store.OptionLabel(i)
	v := DialView{ID: "option-" + info.Name, Label: label, Says: says, Text: f.Text, Wrong: f.Wrong}
	if !f.Dirty {
		v.Text = spaced(scenario.FormatOption(info, m.option(i)))
		if v.Wrong == "" {
			v.Wrong = m.Store.QuorumIssue(m.state(), i)
		}
	}
	v.Edit = func(text string) { m.EditOption(i, text) }
	v.Set = func(text string) { m.SetOption(i, text) }
	v.Slide, v.TurnTo = v.Edit, v.Set
	return v
}
