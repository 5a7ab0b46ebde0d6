package app

import (
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/web/texts"
	"parley/web/view"
)

// Field is a field of a form. Until it is sent, what was typed stands in it; otherwise
// it shows the value that holds at the moment shown.
type Field struct {
	Text  string
	Dirty bool   // being edited
	Wrong string // what is wrong with it, beside it
}

// edit takes what was typed.
func (f *Field) edit(text string) { f.Text, f.Dirty, f.Wrong = text, true, "" }

// Forms are the forms of the page.
type Forms struct {
	Setup struct {
		Nodes, Seed Field
	}
	Dials   [scenario.Pace + 1]Field
	Options []Field
	Store   struct{ Key, Value, Command Field }
}

// NodesShown is the largest cluster that the page offers.
const NodesShown = 9

// reset fills the forms for a run.
func (f *Forms) reset(s scenario.Setup, p *consensus.Protocol) {
	store := f.Store
	*f = Forms{}
	f.Setup.Nodes.Text = strconv.Itoa(s.Nodes)
	f.Setup.Seed.Text = strconv.FormatUint(s.Seed, 10)
	if p != nil {
		f.Options = make([]Field, len(p.Options))
	}
	f.Store = store
	if f.Store.Key.Text == "" {
		f.Store.Key.Text, f.Store.Value.Text = "x", "1"
	}
}

// dialsShown are the dials of the drawer, in their order.
var dialsShown = []scenario.Dial{
	scenario.Latency, scenario.Jitter, scenario.LossRate, scenario.Copies, scenario.Reorder,
	scenario.DiskTime, scenario.TornTail, scenario.Patience, scenario.Pace,
}

// dial returns the value of a dial, everywhere, at the moment shown.
func (m *Model) dial(d scenario.Dial) int64 {
	return m.Store.Dial(m.state(), d, consensus.None, consensus.None)
}

// EditDial takes what is being typed into the field of a dial.
func (m *Model) EditDial(d scenario.Dial, text string) {
	m.Forms.Dials[d].edit(text)
	m.touch()
}

// TurnDial sets a dial to what was typed.
func (m *Model) TurnDial(d scenario.Dial, text string) {
	f := &m.Forms.Dials[d]
	v, wrong := view.ParseDial(d, text)
	if wrong != "" {
		*f = Field{Text: text, Dirty: true, Wrong: wrong}
		m.touch()
		return
	}
	*f = Field{}
	if v != m.dial(d) {
		m.act(scenario.Action{Kind: scenario.Turn, Dial: d, Value: v}, &f.Wrong)
	}
	m.touch()
}

// spaced sets a value of a script as people read it: a narrow blank before its unit, a
// proper sign for micro.
func spaced(value string) string {
	for i := range len(value) {
		if c := value[i]; c != '-' && c != '.' && (c < '0' || c > '9') {
			if i == 0 {
				return value
			}
			unit := value[i:]
			if unit == "us" {
				unit = "µs"
			}
			return value[:i] + "\u202f" + unit
		}
	}
	return value
}

// stops are the values that a dial's slider stops at.
func stops(d scenario.Dial) []int64 {
	const ms, million = int64(consensus.Millisecond), int64(scenario.Million)
	switch d {
	case scenario.Patience:
		return []int64{20 * ms, 50 * ms, 100 * ms, 200 * ms, 500 * ms, 1000 * ms, 2000 * ms, 5000 * ms, 10000 * ms}
	case scenario.Pace:
		return []int64{0, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000}
	case scenario.DiskTime:
		return []int64{0, ms / 10, ms / 5, ms / 2, ms, 2 * ms, 5 * ms, 10 * ms, 20 * ms, 50 * ms, 100 * ms}
	case scenario.Latency, scenario.Jitter:
		return []int64{0, ms, 2 * ms, 5 * ms, 10 * ms, 20 * ms, 50 * ms, 100 * ms, 200 * ms, 500 * ms, 1000 * ms}
	}
	return []int64{0, million / 100, million / 50, million / 20, million / 10, million / 5, million * 3 / 10, million / 2, million * 3 / 4, million}
}

// nearest returns the stop that is nearest below or at a value.
func nearest(stops []int64, v int64) int {
	at := 0
	for i, s := range stops {
		if s <= v {
			at = i
		}
	}
	return at
}

// SlideDial shows what a slider's stop would set; TurnDialTo sets it.
func (m *Model) SlideDial(d scenario.Dial, stop string) {
	if v, ok := stopOf(d, stop); ok {
		m.EditDial(d, spaced(scenario.FormatDial(d, v)))
	}
}

// TurnDialTo sets a dial to a stop of its slider.
func (m *Model) TurnDialTo(d scenario.Dial, stop string) {
	if v, ok := stopOf(d, stop); ok {
		m.TurnDial(d, scenario.FormatDial(d, v))
	}
}

func stopOf(d scenario.Dial, stop string) (int64, bool) {
	all := stops(d)
	i, err := strconv.Atoi(stop)
	if err != nil || i < 0 || i >= len(all) {
		return 0, false
	}
	return all[i], true
}

// option returns the value of an engine's option at the moment shown.
func (m *Model) option(i int) int64 { return m.Store.Option(m.state(), i) }

// EditOption takes what is being typed into the field of an option.
func (m *Model) EditOption(i int, text string) {
	m.Forms.Options[i].edit(text)
	m.touch()
}

// SetOption sets an option to what was typed.
func (m *Model) SetOption(i int, text string) {
	f, info := &m.Forms.Options[i], &m.Store.Protocol.Options[i]
	v, wrong := m.Store.ParseOption(i, text)
	if wrong != "" {
		*f = Field{Text: text, Dirty: true, Wrong: wrong}
		m.touch()
		return
	}
	*f = Field{}
	if v != m.option(i) {
		m.act(scenario.Action{Kind: scenario.SetOption, Text: info.Name, Value: v}, &f.Wrong)
	}
	m.touch()
}

// EditNodes and EditSeed take what is being typed into the form of a new run.
func (m *Model) EditNodes(text string) { m.Forms.Setup.Nodes.edit(text); m.touch() }

// EditSeed takes what is being typed as the seed of a new run.
func (m *Model) EditSeed(text string) { m.Forms.Setup.Seed.edit(text); m.touch() }

// NewRun begins a run with the size and the seed of the form and everything else as it
// is shown now. The run before can be taken back.
func (m *Model) NewRun() {
	f := &m.Forms.Setup
	nodes, err := strconv.Atoi(strings.TrimSpace(f.Nodes.Text))
	if err != nil || nodes < 1 || nodes > NodesShown {
		f.Nodes.Wrong = texts.Get("form.nodes-wrong", "max", strconv.Itoa(NodesShown))
	}
	seed, err := strconv.ParseUint(strings.TrimSpace(f.Seed.Text), 10, 64)
	if err != nil {
		f.Seed.Wrong = texts.Get("form.seed-wrong")
	}
	m.touch()
	if f.Nodes.Wrong != "" || f.Seed.Wrong != "" || m.Phase != Running || !m.notInRoom() {
		return
	}
	var scripts []string
	m.each(func() {
		s := m.setup()
		s.Nodes, s.Seed = nodes, seed
		scripts = append(scripts, s.Text())
	})
	m.replace(scripts)
}

// setup is that of the run, with everything as it is shown now.
func (m *Model) setup() scenario.Setup {
	s := m.Store.Setup
	for _, d := range dialsShown {
		s.Dials[d] = m.dial(d)
	}
	s.Options, s.Off, s.Disks = nil, nil, nil
	p := m.Store.Protocol
	for i := range p.Options {
		if v := m.option(i); v != p.Options[i].Default {
			s.Options = append(s.Options, scenario.Option{Name: p.Options[i].Name, Value: v})
		}
	}
	off := m.state().Off
	for i := range p.Rules {
		if off.Has(consensus.RuleID(i + 1)) {
			s.Off = append(s.Off, p.Rules[i].ID)
		}
	}
	return s
}

// Fresh begins the run that the page opens with.
func (m *Model) Fresh() { m.replace([]string{freshScript()}) }

// replace opens new runs in place of those that are open.
func (m *Model) replace(scripts []string) {
	m.Notices = nil
	m.remember()
	m.notify(Notice{Kind: NoticeFork, Text: texts.Get("notice.new-run"), Label: texts.Get("notice.back-to-run"), Do: m.Undo})
	m.goal, m.sent = nil, nil
	m.openAll(scripts)
}

// EditKey and EditValue take what is being typed into the form of the store.
func (m *Model) EditKey(text string) { m.Forms.Store.Key.edit(text); m.touch() }

// EditValue takes what is being typed as a value.
func (m *Model) EditValue(text string) { m.Forms.Store.Value.edit(text); m.touch() }

// Bounds of the words that the key-value store takes (package machine, which the page
// does not know: it speaks to the store as any client does).
const (
	keyMax   = 64
	valueMax = 256
)

// word checks a key or a value and returns what is wrong with it.
func word(s, what string, maxBytes int) string {
	switch {
	case s == "":
		return texts.Get("form.word-empty", "what", what)
	case len(s) > maxBytes:
		return texts.Get("form.word-long", "what", what, "max", strconv.Itoa(maxBytes))
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || r == 0xfffd || r == 0xa0 || r >= 0x2000 && r <= 0x200f || r == 0x2028 || r == 0x2029 || r == 0x3000 || r == 0xfeff {
			return texts.Get("form.word-blank", "what", what)
		}
	}
	return ""
}

// WriteKey asks the store to set the key of the form to its value.
func (m *Model) WriteKey() {
	f := &m.Forms.Store
	f.Key.Wrong = word(f.Key.Text, texts.Get("store.key"), keyMax)
	f.Value.Wrong = word(f.Value.Text, texts.Get("store.value"), valueMax)
	if f.Key.Wrong == "" && f.Value.Wrong == "" {
		m.ask("set "+f.Key.Text+" "+f.Value.Text, consensus.None, &f.Key.Wrong)
	}
	m.touch()
}

// EditCommand takes what is being typed as a command.
func (m *Model) EditCommand(text string) {
	m.Forms.Store.Command.edit(text)
	m.touch()
}

// AskCommand has a client ask for the command of the form, whatever it is: what makes no
// sense the cluster answers with a sentence.
func (m *Model) AskCommand() {
	f := &m.Forms.Store.Command
	switch text := strings.TrimSpace(f.Text); {
	case text == "":
		f.Wrong = texts.Get("store.command-empty")
	case len(text) > consensus.CommandMax:
		f.Wrong = texts.Get("form.word-long", "what", texts.Get("store.command-name"), "max", strconv.Itoa(consensus.CommandMax))
	default:
		m.ask(text, consensus.None, &f.Wrong)
	}
	m.touch()
}

// ReadKey asks the store for the value of the form's key.
func (m *Model) ReadKey() {
	f := &m.Forms.Store
	f.Value.Wrong = ""
	f.Key.Wrong = word(f.Key.Text, texts.Get("store.key"), keyMax)
	if f.Key.Wrong == "" {
		m.ask("get "+f.Key.Text, consensus.None, &f.Key.Wrong)
	}
	m.touch()
}
