package app

import "parley/consensus"

// Key is a key that was pressed, as the browser names it, when no field has the focus.
type Key struct {
	Name  string // "ArrowLeft", " ", "c"
	Shift bool
}

// KeyHelp is a line of the table of keys.
type KeyHelp struct{ Keys, Text string }

// keyHelp is the table of keys; texts by key.
var keyHelp = []KeyHelp{
	{"Space", "keys.play"},
	{"← →", "keys.step"},
	{"⇧← ⇧→", "keys.leap"},
	{"End", "keys.live"},
	{"+ −", "keys.speed"},
	{"1 … 9", "keys.node"},
	{"c", "keys.crash"},
	{"t", "keys.timeout"},
	{"r", "keys.request"},
	{"x", "keys.cut"},
	{"p", "keys.partition"},
	{"h", "keys.heal"},
	{"m", "keys.message"},
	{"d", "keys.drop"},
	{"z", "keys.undo"},
	{"s", "keys.share"},
	{"Esc", "keys.dismiss"},
	{"?", "keys.help"},
}

// leap is how many told events a long step passes.
const leap = 10

// Press does what a key means and reports whether it means anything.
func (m *Model) Press(k Key) bool {
	n := 1
	if k.Shift {
		n = leap
	}
	switch k.Name {
	case " ":
		m.Toggle()
	case "ArrowRight":
		m.Step(n)
	case "ArrowLeft":
		m.Step(-n)
	case "End":
		m.GoLive()
	case "Home":
		m.Playing = false
		m.JumpTo(0)
	case "+", "=":
		m.SetSpeed(m.Speed + 1)
	case "-", "_":
		m.SetSpeed(m.Speed - 1)
	case "c", "C":
		m.CrashOrRestart(m.chosenNode())
	case "t", "T":
		m.TimeOut(m.chosenNode())
	case "r", "R":
		m.Request(m.Selected.Node)
	case "x", "X":
		m.pressCut()
	case "p", "P":
		m.OpenPop(PopPartition)
	case "h", "H":
		m.Heal()
	case "m", "M":
		m.nextMessage(!k.Shift)
	case "d", "D", "Delete":
		if m.Selected.Message == 0 {
			return false
		}
		m.Drop(m.Selected.Message)
	case "z", "Z":
		m.Undo()
	case "s", "S":
		m.ToggleShare()
	case "?":
		m.OpenPop(PopHelp)
	case "Escape":
		switch {
		case m.share.open:
			m.ToggleShare()
			return true
		case m.rooming.open:
			m.ToggleRooms()
			return true
		}
		m.Dismiss()
	default:
		if len(k.Name) == 1 && k.Name[0] >= '1' && k.Name[0] <= '9' {
			id := consensus.NodeID(k.Name[0] - '0')
			if m.Pop.Kind == PopLinkTo && m.node(id) != nil && id != m.Pop.From {
				m.ChooseLinkTo(id)
			} else {
				m.ChooseNode(id)
			}
			return true
		}
		return false
	}
	return true
}

// chosenNode returns the node that is chosen, or else the leader.
func (m *Model) chosenNode() consensus.NodeID {
	if m.Selected.Node.IsNode() {
		return m.Selected.Node
	}
	return m.leader()
}

// pressCut cuts or heals the chosen link, or asks which one.
func (m *Model) pressCut() {
	if l := m.Selected.Link; l != [2]consensus.NodeID{} {
		m.ToggleLink(l[0], l[1])
		return
	}
	if id := m.chosenNode(); id != consensus.None {
		m.Pop.X, m.Pop.Y = -1, -1
		m.AskLinkTo(id)
	}
}

// nextMessage chooses the next or the previous message in flight.
func (m *Model) nextMessage(forward bool) {
	flights := m.state().Messages
	if len(flights) == 0 {
		return
	}
	at := -1
	for i := range flights {
		if flights[i].ID == m.Selected.Message {
			at = i
		}
	}
	switch {
	case at < 0 && forward:
		at = 0
	case at < 0:
		at = len(flights) - 1
	case forward:
		at = (at + 1) % len(flights)
	default:
		at = (at + len(flights) - 1) % len(flights)
	}
	m.ChooseMessage(flights[at].ID)
	m.speakChoice()
}
