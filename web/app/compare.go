package app

import (
	"slices"
	"strings"

	"parley/consensus/scenario"
	"parley/web/texts"
)

// Comparing reports whether two runs are shown.
func (m *Model) Comparing() bool { return len(m.sides) > 1 }

// addSide begins to compare with the run of a script.
func (m *Model) addSide(script string) {
	s := newSide(m.links(1), 1)
	s.script = script
	m.sides = append(m.sides, s)
	s.link.Restart(engineOf(script))
	m.Phase = Waiting
	m.touch()
}

// dropSide ends the comparison: the first side stays.
func (m *Model) dropSide() {
	if !m.Comparing() {
		return
	}
	m.LookAt(0)
	m.sides[1].link.Stop()
	m.sides = m.sides[:1]
	m.keepScripts()
	m.touch()
}

// LookAt chooses the side that the inspector, the rules and the settings are of.
func (m *Model) LookAt(side int) {
	if side >= len(m.sides) || side == m.looked {
		return
	}
	m.Side, m.looked = m.sides[side], side
	m.Pop, m.openRule = Pop{}, 0
	if m.hasRun() {
		m.Forms.reset(m.Store.Setup, m.Store.Protocol)
	}
	m.touch()
}

// partner returns the algorithm that another is compared with first.
func (m *Model) partner(name string) string {
	for _, o := range []string{"multipaxos", "raft"} {
		if o != name && m.offers(o) {
			return o
		}
	}
	for _, o := range m.offered() {
		if o != name {
			return o
		}
	}
	return ""
}

// ToggleCompare opens another algorithm beside the one that is shown: the same nodes, seed
// and dials, and the same was done to them; or it ends the comparison.
func (m *Model) ToggleCompare() {
	if m.Phase != Running || !m.notInRoom() {
		return
	}
	if m.Comparing() {
		m.dropSide()
		return
	}
	if other := m.partner(m.Store.Protocol.Name); other != "" {
		m.dropNotices(NoticeFork, NoticeNote) // they would cover what the rings are of
		m.openBeside(otherScript(m.script, other))
		if m.Narrow || !m.Fold.Side {
			m.ShowTab(TabCompare)
		}
	}
}

// openBeside compares the run that is shown with that of a script, at the same moment.
func (m *Model) openBeside(script string) {
	m.goal = &goal{cursor: m.Cursor.T, frontier: m.Frontier, playing: m.Playing}
	m.addSide(script)
	m.keepScripts()
	m.keepPlace()
}

// own are the words of a script that only its own algorithm understands: its options and
// rules, and messages by their numbers.
var own = map[string]bool{"option": true, "off": true, "on": true, "drop": true, "copy": true, "hold": true, "timeout": true, "stored": true}

// otherScript makes of a script one for another algorithm: the same cluster, and what can
// be done to it whatever it runs.
func otherScript(script, engine string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		words := strings.Fields(line)
		if len(words) > 2 && words[0] == "at" {
			words = words[2:]
		}
		switch {
		case len(words) > 0 && own[words[0]]:
		case len(words) > 1 && words[0] == "engine":
			b.WriteString("engine " + engine + "\n")
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

// offered returns the algorithms that can be chosen.
func (m *Model) offered() []string {
	names := slices.Clone(m.Offered)
	for _, s := range m.sides {
		for _, name := range s.engines {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// offers reports whether there is an algorithm of that name.
func (m *Model) offers(name string) bool { return slices.Contains(m.offered(), name) }

// ownAct reports whether an action means something to one side only: messages, timers,
// rules and options are an algorithm's own.
func ownAct(k scenario.ActionKind) bool {
	switch k {
	case scenario.Drop, scenario.Copy, scenario.Hold, scenario.Timeout, scenario.SwitchOff, scenario.SwitchOn, scenario.SetOption:
		return true
	}
	return false
}

// ownNote says that what is done is done on one side only; "" when there is but one.
func (m *Model) ownNote() string {
	if !m.Comparing() {
		return ""
	}
	return texts.Get("compare.own", "side", m.title())
}

// ChooseBeside compares the first run with that of another algorithm.
func (m *Model) ChooseBeside(name string) {
	if m.Phase != Running || !m.Comparing() || !m.offers(name) {
		return
	}
	if of := m.sides[0].Store.Protocol.Name; name == of || name == m.sides[1].Store.Protocol.Name {
		return
	}
	m.dropSide()
	m.openBeside(otherScript(m.script, name))
}

// partners are the algorithms with which the first side can be compared.
func (m *Model) partners() []Choice {
	if !m.Comparing() {
		return nil
	}
	var list []Choice
	of, with := engineOf(m.sides[0].script), engineOf(m.sides[1].script)
	for _, name := range m.offered() {
		if name != of {
			list = append(list, Choice{name, algorithmTitle(name), name == with})
		}
	}
	return list
}
