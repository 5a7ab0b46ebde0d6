package scene

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/view"
)

// slotsProtocol is a made-up algorithm whose log is slots: a node seeks promises, then
// proposes, or leads.
var slotsProtocol = consensus.Protocol{
	Name: "slots", TermWord: "ballot", IndexWord: "slot", TermNodes: 128, Slots: true,
	Roles: []consensus.RoleInfo{
		{Name: "acceptor"}, {Name: "preparing", Seeks: true}, {Name: "proposing", Leads: true, Seeks: true}, {Name: "leader", Leads: true},
	},
}

func ballot(round, node int) consensus.Term { return consensus.Term(128*round + node) }

// slotsScene is a cluster of five that has done some events, one a millisecond.
func slotsScene(t interface{ Fatal(...any) }, events ...trace.Event) view.Scene {
	s := new(view.Store)
	setup := scenario.Defaults()
	setup.Nodes, setup.Clients = 5, 1
	s.Open(&slotsProtocol, setup)
	var b []byte
	for i := range 5 {
		e := trace.Event{Kind: trace.Boot, Node: consensus.NodeID(i + 1)}
		b = e.Append(b)
	}
	for i, e := range events {
		e.T = consensus.Time(i+1) * consensus.Millisecond
		b = e.Append(b)
	}
	if err := s.Add(0, b, 0, nil); err != nil {
		t.Fatal(err)
	}
	end := s.End()
	return view.Scene{Store: s, Cursor: s.Moment(end), Frontier: end, Span: 100 * consensus.Millisecond, Selected: view.Pick{T: -1}, Hover: view.Pick{T: -1}}
}

func accepts(node consensus.NodeID, slot int, b consensus.Term, seq int) trace.Event {
	return trace.Event{Kind: trace.Entry, Node: node, A: uint32(slot), Term: b, Peer: consensus.Client(1), B: uint32(seq), C: uint32(seq)}
}

func learns(e trace.Event) trace.Event { e.Sub = 1; return e }

func promises(node consensus.NodeID, slot int, b consensus.Term) trace.Event {
	return trace.Event{Kind: trace.Term, Node: node, A: uint32(slot), Term: b}
}

// The same question, asked of the whole trace: which value did a quorum accept first in
// one ballot?
func slowChoice(s *view.Store, slot consensus.Index, n int, q consensus.Quorums) Choice {
	type proposal struct {
		ballot consensus.Term
		value
	}
	by := map[proposal]map[consensus.NodeID]bool{}
	var highest, won *proposal
	var c Choice
	for i := range n {
		e := s.Event(i)
		if e.Kind != trace.Entry || e.Sub != 0 || consensus.Index(e.A) != slot || !q.Among.Has(e.Node) {
			continue
		}
		p := proposal{e.Term, value{e.B, e.C, e.Peer}}
		if by[p] == nil {
			by[p] = map[consensus.NodeID]bool{}
		}
		by[p][e.Node] = true
		if highest == nil || p.ballot >= highest.ballot {
			highest = &p
		}
		if len(by[p]) >= q.Decide {
			if won == nil {
				won, c.Event = &p, i
			}
			c.Twice = c.Twice || p.value != won.value
		}
	}
	if won != nil {
		highest, c.Chosen = won, true
	}
	if highest != nil {
		c.Ballot = highest.ballot
		for id := range by[*highest] {
			c.By.Add(id)
		}
	}
	return c
}

func TestChoicesAgreeWithSlowOracle(t *testing.T) {
	chosen, twice := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var events []trace.Event
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			e := accepts(consensus.NodeID(rapid.IntRange(1, 5).Draw(t, "node")), rapid.IntRange(1, 2).Draw(t, "slot"),
				ballot(rapid.IntRange(1, 3).Draw(t, "round"), 1), rapid.IntRange(1, 2).Draw(t, "value"))
			e.Sub = uint8(rapid.IntRange(0, 4).Draw(t, "learned") / 4)
			events = append(events, e)
		}
		s := slotsScene(t, events...)
		q := s.Store.Quorums(s.Store.State(0))
		var x Slots
		for range 20 {
			n := rapid.IntRange(0, s.Store.Len()).Draw(t, "moment")
			x.Follow(s.Store)
			for slot := consensus.Index(0); slot <= 3; slot++ {
				got, want := x.Choice(slot, n, q), slowChoice(s.Store, slot, n, q)
				if got != want {
					t.Fatalf("slot %d after %d events is %+v, want %+v", slot, n, got, want)
				}
				if got.Chosen {
					chosen++
				}
				if got.Twice {
					twice++
				}
			}
		}
	})
	if chosen == 0 || twice == 0 {
		t.Errorf("of all that was tried %d were chosen and %d twice: the oracle was not asked much", chosen, twice)
	}
}

// Many ballots in one slot: what was chosen early stays chosen, whatever is forgotten.
func TestChoiceOutlivesManyBallots(t *testing.T) {
	var events []trace.Event
	for node := consensus.NodeID(1); node <= 3; node++ {
		events = append(events, accepts(node, 1, ballot(1, 1), 1))
	}
	for round := 2; round < 3*choicesMax; round++ {
		events = append(events, accepts(4, 1, ballot(round, 4), 1))
	}
	s := slotsScene(t, events...)
	var x Slots
	x.Follow(s.Store)
	c := x.Choice(1, s.Store.Len(), s.Store.Quorums(s.Store.State(0)))
	if !c.Chosen || c.Ballot != ballot(1, 1) || c.By != consensus.SetOf(1, 2, 3) || c.Event != 5+2 {
		t.Errorf("%+v", c)
	}
}

// pills are the frames of the row of quorums; boxes those of the cells.
func logsOf(t testing.TB, s view.Scene) (pills, boxes []Shape, texts []string) {
	l := Logs{Words: English}
	for _, shape := range shapes(t, &l, 900, LogsHeight(s.Store), s) {
		switch {
		case shape.Op == OpRect && shape.N[1] < headRow+tallyRow && shape.N[3] == 12:
			pills = append(pills, shape)
		case shape.Op == OpRect && shape.N[4] == 3 && shape.N[1] > headRow+tallyRow:
			boxes = append(boxes, shape)
		case shape.Op == OpLabel:
			texts = append(texts, shape.Text)
		}
	}
	return pills, boxes, texts
}

// A value is chosen when a quorum has accepted it, before anybody knows: the row of
// quorums shows it on solid ground while all cells are still dashed.
func TestChosenIsSeenBeforeItIsKnown(t *testing.T) {
	b := ballot(2, 3)
	two := []trace.Event{promises(3, 0, b), accepts(3, 1, b, 1), accepts(1, 1, b, 1)}
	for _, c := range []struct {
		name   string
		events []trace.Event
		solid  bool // the pill
		known  int  // solid cells
	}{
		{"two of five", two, false, 0},
		{"a third that learned it", append(two[:3:3], learns(accepts(4, 1, b, 1))), false, 0},
		{"a third in another ballot", append(two[:3:3], accepts(4, 1, ballot(1, 4), 1)), false, 0},
		{"three of five", append(two[:3:3], accepts(4, 1, b, 1)), true, 0},
		{"and N3 knows", append(two[:3:3], accepts(4, 1, b, 1), trace.Event{Kind: trace.Commit, Node: 3, A: 1}), true, 1},
		{"then N4 accepts it again in a higher ballot", append(two[:3:3], accepts(4, 1, b, 1), accepts(4, 1, ballot(3, 5), 1)), true, 0},
	} {
		pills, boxes, texts := logsOf(t, slotsScene(t, c.events...))
		if len(pills) != 1 || (pills[0].Style.DashOn == 0) != c.solid {
			t.Errorf("%s: the row of quorums has %+v", c.name, pills)
		}
		known := 0
		for _, box := range boxes {
			if box.Style.DashOn == 0 {
				known++
			}
		}
		if known != c.known {
			t.Errorf("%s: %d cells are solid, want %d", c.name, known, c.known)
		}
		if !strings.Contains(strings.Join(texts, " "), "3/5") || !strings.Contains(strings.Join(texts, " "), "\u22652.N3") {
			t.Errorf("%s: neither the quorum nor N3's promise among %q", c.name, texts)
		}
	}
}

// A slot without an entry is seen as a gap when there is a later one, and a promise for
// one slot stands in it.
func TestGapsAndPromisesOfOneSlot(t *testing.T) {
	s := slotsScene(t, accepts(1, 3, ballot(1, 1), 1), promises(2, 1, ballot(4, 2)), accepts(3, 1, ballot(1, 1), 1), promises(3, 1, ballot(5, 1)))
	_, boxes, texts := logsOf(t, s)
	gaps := 0
	for _, box := range boxes {
		if box.Style.DashOn == 1 {
			gaps++
		}
	}
	if gaps != 3 { // N1: slots 1 and 2; N2: slot 1
		t.Errorf("%d gaps are drawn, want 3", gaps)
	}
	for _, want := range []string{"\u22654.N2", "\u22655.N1"} {
		if n := strings.Count(strings.Join(texts, " "), want); n != 1 {
			t.Errorf("%s is written %d times, want once: in its slot and not beside the name (%q)", want, n, texts)
		}
	}
}

// ringTexts returns what is written in a node's group, and how many dots are full there.
func ringTexts(t testing.TB, s view.Scene, node string) (texts []string, dots int) {
	inside := false
	for _, shape := range shapes(t, &Ring{Words: English}, 900, 520, s) {
		switch {
		case shape.Op == OpGroup:
			inside = attribute(shape, "data-node") == node
			if inside {
				texts = append(texts, attribute(shape, "aria-label"))
			}
		case inside && shape.Op == OpLabel:
			texts = append(texts, shape.Text)
		case inside && shape.Op == OpCircle && shape.N[2] < 4 && shape.Style.Fill != 0:
			dots++
		}
	}
	return texts, dots
}

func TestRingShowsBallotsAcceptancesAndQuorums(t *testing.T) {
	b := ballot(2, 3)
	tally := trace.Event{Kind: trace.Tally, Node: 5}
	tally.SetNodeSet(consensus.SetOf(5, 2))
	s := slotsScene(t,
		promises(3, 0, b), trace.Event{Kind: trace.Role, Node: 3, Sub: 3},
		accepts(3, 1, b, 1), accepts(1, 1, b, 1), trace.Event{Kind: trace.Entry, Node: 2, A: 1, Term: ballot(1, 1)},
		promises(5, 0, ballot(3, 5)), trace.Event{Kind: trace.Role, Node: 5, Sub: 1}, tally,
		trace.Event{Kind: trace.Role, Node: 4, Sub: 2})
	for node, want := range map[string][]string{
		"1": {"N1, acceptor, ballot 0, accepted C1.1", "1", "C1.1"},
		"2": {"N2, acceptor, ballot 0, accepted no-op", "no-op"},
		"3": {"N3, leader, ballot 2.N3, 2/3, accepted C1.1", "2.N3", "leader 2/3"},
		"4": {"N4, proposing, ballot 0, 0/3"},
		"5": {"N5, preparing, ballot 3.N5, 2/3", "3.N5", "preparing 2/3"},
	} {
		texts, dots := ringTexts(t, s, node)
		for _, w := range want {
			if !strings.Contains("\n"+strings.Join(texts, "\n")+"\n", "\n"+w+"\n") {
				t.Errorf("N%s does not say %q: %q", node, w, texts)
			}
		}
		if full := map[string]int{"3": 2, "5": 2}[node]; dots != full {
			t.Errorf("N%s has %d full dots, want %d", node, dots, full)
		}
	}
}

// What is drawn of slots follows a fork, as everything does.
func TestSlotsFollowAFork(t *testing.T) {
	b := ballot(1, 1)
	s := slotsScene(t, accepts(1, 1, b, 1), accepts(2, 1, b, 1), accepts(3, 1, b, 1))
	var x Slots
	x.Follow(s.Store)
	q := s.Store.Quorums(s.Store.State(0))
	if !x.Choice(1, s.Store.Len(), q).Chosen {
		t.Fatal("three of five is no quorum")
	}
	other := accepts(3, 1, b, 2)
	other.T = s.Store.End()
	if err := s.Store.Add(uint32(s.Store.Len()-1), other.Append(nil), 0, nil); err != nil {
		t.Fatal(err)
	}
	x.Follow(s.Store)
	if c := x.Choice(1, s.Store.Len(), q); c.Chosen {
		t.Errorf("after the fork it is %+v", c)
	}
}
