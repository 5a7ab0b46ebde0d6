package app

import (
	"slices"
	"strings"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/web/texts"
	"parley/web/view"
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

// verdict says which side answered clients sooner after the last fault.
func (m *Model) verdict() string {
	a, b := m.sides[0], m.sides[1]
	fa, fb := a.Store.Figures(a.Cursor), b.Store.Figures(b.Cursor)
	if fa.Fault < 0 || fb.Fault < 0 {
		return texts.Get("compare.no-fault")
	}
	if fa.ServedAgainIn < 0 || fb.ServedAgainIn < 0 {
		for _, s := range m.sides {
			if f := s.Store.Figures(s.Cursor); f.ServedAgainIn >= 0 {
				return texts.Get("compare.one", "side", s.title(), "time", span(f.ServedAgainIn), "other", m.sides[1-s.number].title())
			}
		}
		return texts.Get("compare.none", "one", a.title(), "other", b.title())
	}
	sooner, later, x, y := a, b, fa, fb
	if fb.ServedAgainIn < fa.ServedAgainIn {
		sooner, later, x, y = b, a, fb, fa
	}
	key := "compare.sooner"
	switch {
	case x.ServedAgainIn == y.ServedAgainIn:
		key = "compare.equal"
	case x.LeaderAfter >= 0 && y.LeaderAfter >= 0 && y.LeaderAfter-x.LeaderAfter > (y.ServedAgainIn-x.ServedAgainIn)/2:
		key = "compare.sooner-leader"
	}
	return texts.Get(key, "side", sooner.title(), "other", later.title(),
		"time", span(x.ServedAgainIn), "othertime", span(y.ServedAgainIn), "by", span(y.ServedAgainIn-x.ServedAgainIn),
		"leader", span(max(0, x.LeaderAfter)), "otherleader", span(max(0, y.LeaderAfter)))
}

// span writes a time that is compared, to a tenth of a millisecond.
func span(d consensus.Duration) string {
	const tenth = consensus.Millisecond / 10
	return view.FormatSpan((d + tenth/2) / tenth * tenth)
}
