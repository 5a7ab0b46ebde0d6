package app

import (
	"math/bits"
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/texts"
	"parley/web/view"
)

// Screen is everything that the components show, finished.
type Screen struct {
	Tab, Phase            string
	Top                   TopView
	Acts                  ActsView
	Pop                   PopView
	Notices               NoticesView
	Why                   WhyView
	Tabs                  []TabView
	Panel                 PanelView
	Inspect               InspectView
	Rules                 []RuleRow
	Code                  CodeView
	Store                 StoreView
	Compare               CompareView
	Sides                 []SideView
	Partners              []Choice // with which the first side can be compared
	With                  string
	Comparing, Look       string // "yes" or ""; which side is looked at
	ShowDials             bool
	Dials                 DialsView
	Time                  TimeView
	LogsOpen, DiagramOpen bool
	FoldLogs, FoldDiagram string
	Sharing               ShareView
	SharingOpen           bool
	Bar                   BarView
	Room                  RoomView
	RoomOpen              bool
	Spoken                string
}

// PanelView says which panel is shown.
type PanelView struct {
	Title                                       string
	Inspect, Rules, Code, Store, Compare, Words bool
}

// Screen returns what the components show now. What nobody can see is left empty.
func (m *Model) Screen() Screen {
	m.askDetail()
	s := Screen{
		Tab: string(m.panel()), Phase: [...]string{"waiting", "opening", "running", "lost"}[m.Phase],
		Top: m.topView(), Acts: m.actsView(), Pop: m.popView(), Notices: m.noticesView(),
		Tabs: m.tabsView(), Time: m.timeView(), Sides: m.sidesView(), Look: itoa(int64(m.looked)),
		LogsOpen: !m.Fold.Logs, DiagramOpen: !m.Fold.Diagram,
		FoldLogs: foldLabel(m.Fold.Logs, "logs.title"), FoldDiagram: foldLabel(m.Fold.Diagram, "diagram.title"),
		Spoken: m.Spoken,
	}
	if m.Comparing() {
		s.Comparing = "yes"
		s.Partners, s.With = m.partners(), texts.Get("compare.with", "side", m.sides[0].title())
	}
	s.Bar = m.barView()
	if m.rooming.open {
		s.RoomOpen, s.Room = true, m.roomView()
	}
	if m.share.open {
		s.SharingOpen, s.Sharing = true, m.shareView()
	}
	if !m.hasRun() {
		return s
	}
	if m.Narrow {
		s.ShowDials = m.panel() == TabDials
	} else {
		s.ShowDials = !m.Fold.Drawer
	}
	if s.ShowDials {
		s.Dials = m.dialsView()
	}
	if m.Narrow && m.panel() == TabWhy || !m.Narrow && !m.Fold.Side {
		s.Why = m.whyView()
	}
	if m.Fold.Side && !m.Narrow {
		return s
	}
	panel := m.panel()
	s.Panel.Title = texts.Get("tab." + string(panel))
	switch panel {
	case TabInspect:
		s.Panel.Inspect, s.Inspect = true, m.inspectView()
	case TabRules:
		s.Panel.Rules, s.Rules = true, m.rulesView()
	case TabCode:
		s.Panel.Code, s.Code = true, m.codeView()
	case TabStore:
		s.Panel.Store, s.Store = true, m.storeView()
	case TabCompare:
		s.Panel.Compare, s.Compare = true, m.compareView()
	case TabWords:
		s.Panel.Words, s.Compare = true, m.wordsView()
	}
	return s
}

func foldLabel(folded bool, part string) string {
	if folded {
		return texts.Get("page.unfold", "part", texts.Get(part))
	}
	return texts.Get("page.fold", "part", texts.Get(part))
}

// TopView is what the top bar shows.
type TopView struct {
	Algorithms                     []Choice
	Examples                       []Example
	Origin                         OriginView
	CanShare, ShareOpen            bool
	Headline, Theme, Off           string
	CompareSays                    string
	CanCompare, Comparing          bool
	DrawerOpen, SideOpen, HelpOpen bool
	Room, RoomSays                 string
	InRoom, CanRoom, RoomOpen      bool
}

// Choice is one of several.
type Choice struct {
	Name, Title string
	Chosen      bool
}

func (m *Model) topView() TopView {
	v := TopView{
		DrawerOpen: !m.Fold.Drawer, SideOpen: !m.Fold.Side, HelpOpen: m.Pop.Kind == PopHelp,
		Theme: texts.Get("top.to-dark"), Headline: texts.Get("status.starting"),
	}
	if m.Dark {
		v.Theme = texts.Get("top.to-light")
	}
	first := m.sides[0]
	for _, name := range m.offered() {
		v.Algorithms = append(v.Algorithms, Choice{name, algorithmTitle(name), name == engineOf(first.script)})
	}
	v.Comparing, v.CanCompare = m.Comparing(), m.Phase == Running && len(v.Algorithms) > 1 && m.figure == nil && !m.traced
	v.InRoom, v.RoomOpen = m.room != nil, m.rooming.open
	v.CanRoom = v.InRoom || m.Phase == Running && m.figure == nil && !m.Comparing()
	v.Room, v.RoomSays = texts.Get("room.button"), texts.Get("room.button.says")
	if v.InRoom {
		v.RoomSays = texts.Get("room.button.inside")
		v.CanCompare = false
	}
	v.CompareSays = texts.Get("compare.off.says")
	if !v.Comparing && m.hasRun() {
		v.CompareSays = texts.Get("compare.on.says", "side", algorithmTitle(m.partner(m.Store.Protocol.Name)))
	}
	v.Examples, v.Origin = m.examples(), m.originView()
	v.CanShare, v.ShareOpen = m.Phase == Running && m.figure == nil, m.share.open
	if m.hasRun() {
		v.Headline = m.headline()
		if off := bits.OnesCount64(uint64(m.state().Off)); off > 0 {
			v.Off = texts.Count("top.rules-off", off)
		}
	}
	return v
}

// algorithmsOf returns the algorithms that an engine's build names: "parley raft/1" has
// raft.
func algorithmsOf(build string) []string {
	var names []string
	for word := range strings.FieldsSeq(build) {
		if name, _, ok := strings.Cut(word, "/"); ok {
			names = append(names, name)
		}
	}
	return names
}

// clientsLeast is how many clients a chosen algorithm gets at least: two that ask at once
// show what one cannot.
const clientsLeast = 2

// ChooseAlgorithm begins a new run of another algorithm, with the nodes, the seed and the
// dials as they are. When runs are compared it is the first that is replaced; what it is
// compared with changes places with it if need be.
func (m *Model) ChooseAlgorithm(name string) {
	if m.Phase != Running || !m.notInRoom() || !m.offers(name) || name == m.sides[0].Store.Protocol.Name {
		return
	}
	var scripts []string
	m.each(func() {
		s := m.setup()
		s.Clients = max(s.Clients, clientsLeast)
		switch {
		case m.number == 0:
			s.Engine, s.Options, s.Off = name, nil, nil
		case s.Engine == name:
			s.Engine, s.Options, s.Off = m.sides[0].Store.Protocol.Name, nil, nil
		}
		scripts = append(scripts, s.Text())
	})
	m.replace(scripts)
}

// ActsView is what the toolbar below the ring offers.
type ActsView struct {
	Caption                                     string // what to do, or what has just happened
	On, CanCrash, CanSplit, CanHeal, CanRestart bool
	CanUndo, InRoom, Barred                     bool // Barred: nothing can be done here
	Crash, CrashSays, SplitSays                 string
	Duels, CanDuel                              bool // several nodes may propose at once; they can now
	PartitionOpen                               bool
}

func (m *Model) actsView() ActsView {
	v := ActsView{
		InRoom: m.room != nil, Caption: texts.Get("acts.hint"), CanUndo: len(m.undos) > 0 && m.Phase == Running,
		Crash: texts.Get(m.wording("acts.crash-leader")), CrashSays: texts.Get(m.wording("acts.crash-leader.none")),
		Duels:         m.leaderless(),
		PartitionOpen: m.Pop.Kind == PopPartition,
	}
	if m.Narrow {
		v.Caption = texts.Get("acts.hint-tap")
	}
	if m.leaderless() {
		v.Caption = texts.Get("acts.hint-leaderless")
	}
	if m.hasRun() && (m.broke || m.leaderless() && m.requests() > 0) {
		if last := m.Store.Feed(m.Cursor, view.FeedQuery{Before: 1}); len(last) > 0 {
			v.Caption = last[0].Text
		}
	}
	if says := m.caption(); says != "" {
		v.Caption = says
	}
	if m.Phase != Running {
		return v
	}
	if r := m.room; r != nil && !r.live {
		v.Caption = texts.Get("room.fork-hint")
	} else if why := m.barred(); why != "" {
		v.Barred, v.Caption, v.CrashSays, v.SplitSays = true, why, why, why
		return v
	}
	st := m.state()
	v.On = len(st.Clients) > 0
	v.CanDuel = m.canDuel()
	if m.Comparing() {
		m.each(func() { v.CanCrash = v.CanCrash || m.leader() != consensus.None })
		if v.CanCrash {
			v.CrashSays = texts.Get("compare.crash.says")
		}
	} else if id := m.leader(); id != consensus.None {
		v.CanCrash, v.CrashSays = true, texts.Get(m.wording("acts.crash-leader.says"), "node", id.String())
	}
	if g := m.groups(SplitMinority); g != nil {
		v.CanSplit, v.SplitSays = true, texts.Get("acts.minority.says", "nodes", names(g[0]))
	}
	v.CanHeal = len(st.Groups) > 0
	for i := range st.Cuts {
		v.CanHeal = v.CanHeal || st.Cuts[i].Len() > 0
	}
	for _, s := range m.sides {
		for i := range s.state().Nodes {
			v.CanRestart = v.CanRestart || !s.state().Nodes[i].Up && s.Cursor.Events > 0
		}
	}
	return v
}

// NoticeView is a notice.
type NoticeView struct {
	Kind, ARIA, Text, Label string
	CanClose                bool
	Do                      func()
}

// NoticesView are the notices, those first that stay as long as they are true.
type NoticesView []NoticeView

// Fixed returns how many notices at the beginning cannot be closed.
func (v NoticesView) Fixed() int {
	n := 0
	for n < len(v) && !v[n].CanClose {
		n++
	}
	return n
}

func (m *Model) noticesView() NoticesView {
	var v NoticesView
	if m.Phase == Lost {
		v = append(v, NoticeView{
			Kind: "lost", ARIA: "alert", Text: texts.Get("lost."+m.Loss.Kind) + " " + texts.Get("lost.kept"),
			Label: texts.Get("lost.again"), Do: m.StartAgain,
		})
	}
	if m.Phase == Opening && m.goal != nil && m.goal.frontier > 0 {
		v = append(v, NoticeView{Kind: "note", ARIA: "status", Text: texts.Get("notice.restoring")})
	}
	if m.hasRun() {
		v = append(v, m.violationNotices()...)
	}
	for _, n := range m.Notices {
		v = append(v, NoticeView{
			Kind: [...]string{"note", "fork", "wrong"}[n.Kind], ARIA: "status", Text: n.Text,
			Label: n.Label, Do: n.Do, CanClose: true,
		})
	}
	return v
}

// TabView is a tab.
type TabView struct {
	Name, Label, Class, Index string
	Selected                  bool
}

func (m *Model) tabsView() []TabView {
	all := []struct {
		tab    Tab
		narrow bool
	}{{TabWhy, true}, {TabCompare, false}, {TabInspect, false}, {TabStore, false}, {TabRules, false}, {TabCode, false}, {TabWords, false}, {TabLogs, true}, {TabDiagram, true}, {TabDials, true}}
	shown := m.panel()
	var v []TabView
	for _, t := range all {
		if t.narrow && !m.Narrow || (t.tab == TabCompare || t.tab == TabWords) && !m.Comparing() {
			continue
		}
		selected := t.tab == shown
		index := "-1"
		if selected {
			index = "0"
		}
		v = append(v, TabView{string(t.tab), texts.Get("tab." + string(t.tab)), "tab", index, selected})
	}
	return v
}

// TimeView is what the transport shows.
type TimeView struct {
	Play, PlaySays, PlayClass, Now string
	Speed, SpeedMax                int
	SpeedSays                      string
	Live                           bool
	LiveSays, SpeedTells           string
	SpeedOff                       bool
}

func (m *Model) timeView() TimeView {
	v := TimeView{
		Play: texts.Get("time.play"), PlaySays: texts.Get("time.play.says"), PlayClass: "main icon play i-play",
		Now: view.FormatTime(m.Cursor.T), Speed: int(m.Speed), SpeedMax: int(view.SpeedMax),
		SpeedSays: m.Speed.String(), Live: m.Live() && m.Phase == Running && m.Head.State == frame.Going,
	}
	if m.Playing {
		v.Play, v.PlaySays, v.PlayClass = texts.Get("time.pause"), texts.Get("time.pause.says"), "main icon play i-pause"
	}
	v.LiveSays, v.SpeedTells = texts.Get("time.live.says"), texts.Get("time.speed.says")
	if m.room != nil {
		m.roomTime(&v)
	}
	return v
}

// SlideSpeed takes what the speed's slider says.
func (m *Model) SlideSpeed(value string) {
	if v, err := strconv.Atoi(value); err == nil {
		m.SetSpeed(view.Speed(v))
	}
}
