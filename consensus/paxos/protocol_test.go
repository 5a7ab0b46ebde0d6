package paxos

import (
	flags "flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"parley/consensus"
)

// TestMain runs the tests. After a full run, each outcome of each rule has been seen: a
// sentence that nothing leads to is a mistake in the table or a test that is missing.
func TestMain(m *testing.M) {
	code := m.Run()
	filtered := false
	flags.Visit(func(f *flags.Flag) {
		switch f.Name {
		case "test.run", "test.skip", "test.fuzz", "test.short", "test.list", "test.bench":
			filtered = filtered || f.Value.String() != "" && f.Value.String() != "false"
		}
	})
	if code == 0 && !filtered {
		for _, alg := range algorithms {
			for i, r := range alg.Protocol.Rules {
				for sub, tell := range r.Tells {
					if !heard[outcome{alg.Protocol.Name, consensus.RuleID(i + 1), uint8(sub)}] {
						fmt.Printf("no test leads to outcome %d of %s: %q\n", sub, r.ID, tell)
						code = 1
					}
				}
			}
		}
	}
	os.Exit(code)
}

func TestTablesOfRulesAreComplete(t *testing.T) {
	for _, alg := range algorithms {
		p := alg.Protocol
		if len(p.Rules) > 64 {
			t.Errorf("%s: %d rules do not fit into a RuleSet", p.Name, len(p.Rules))
		}
		seen := map[string]bool{}
		for i, r := range p.Rules {
			if !strings.HasPrefix(r.ID, p.Name+".") || seen[r.ID] {
				t.Errorf("rule %d has the ID %q", i+1, r.ID)
			}
			seen[r.ID] = true
			if r.Source == "" || len(r.Tells) == 0 || !strings.HasSuffix(r.Says, ".") {
				t.Errorf("%s lacks its source, its sentence or what it tells", r.ID)
			}
			if r.Switchable != (r.Without != "") {
				t.Errorf("%s: what happens without it belongs to rules that can be switched off", r.ID)
			}
			if r.Protects != "" && !slices.ContainsFunc(p.Invariants, func(v consensus.Invariant) bool { return v.ID == r.Protects }) {
				t.Errorf("%s protects %q, which is no invariant", r.ID, r.Protects)
			}
			for _, s := range r.Tells {
				checkSentence(t, r.ID, s)
			}
			if r.Quiet>>len(r.Tells) != 0 {
				t.Errorf("%s is quiet about outcomes that there are not", r.ID)
			}
		}
		for _, v := range p.Invariants {
			checkSentence(t, v.ID, v.Broken)
			if v.Name == "" || v.Source == "" || !strings.HasSuffix(v.Says, ".") {
				t.Errorf("%s lacks something", v.ID)
			}
		}
	}
}

// checkSentence accepts the placeholders of the contract and no others.
func checkSentence(t *testing.T, id, s string) {
	t.Helper()
	if !strings.HasSuffix(s, ".") || !strings.Contains(s, "{node}") {
		t.Errorf("%s tells %q, which is no sentence about a node", id, s)
	}
	if bad := consensus.BadPlaceholder(s); bad != "" {
		t.Errorf("%s tells %q: %s is no placeholder", id, s, bad)
	}
}

// Every rule lights up a line of the pseudocode, and every line names rules that exist.
func TestPseudocodeNamesTheRules(t *testing.T) {
	for _, alg := range algorithms {
		p := alg.Protocol
		lit := map[string]bool{}
		for _, line := range p.Code {
			if line.Block == "" || line.Text == "" {
				t.Errorf("%s: a line without its box or its text: %+v", p.Name, line)
			}
			for _, id := range line.Rules {
				if _, ok := p.Rule(id); !ok {
					t.Errorf("%q names %s, which is no rule", line.Text, id)
				}
				lit[id] = true
			}
		}
		for _, r := range p.Rules {
			if !lit[r.ID] {
				t.Errorf("%s lights up no line", r.ID)
			}
		}
	}
}

func TestTheRestOfTheProtocolIsComplete(t *testing.T) {
	for _, alg := range algorithms {
		p := alg.Protocol
		if p.TermWord != "ballot" || p.IndexWord != "slot" || p.Epoch == 0 || p.Title == "" {
			t.Errorf("%s: %q, %q, epoch %d", p.Name, p.TermWord, p.IndexWord, p.Epoch)
		}
		kinds := map[consensus.MessageKind]bool{}
		shorts := map[string]bool{}
		for _, m := range p.Messages {
			if m.Kind < consensus.KindEngine || kinds[m.Kind] || shorts[m.Short] || len([]rune(m.Short)) > 3 || m.Name == "" || m.Says == "" {
				t.Errorf("%s: message %+v", p.Name, m)
			}
			kinds[m.Kind], shorts[m.Short] = true, true
		}
		for _, m := range p.Messages {
			if m.Reply != 0 && !kinds[m.Reply] {
				t.Errorf("%s: %s is answered by a kind %d that there is not", p.Name, m.Name, m.Reply)
			}
		}
		leads := 0
		for i, r := range p.Roles {
			if r.Name == "" || r.Says == "" || i == 0 && (r.Leads || r.Seeks) {
				t.Errorf("%s: role %+v", p.Name, r)
			}
			if r.Leads {
				leads++
			}
		}
		if leads != 1 || len(p.Timers) > consensus.TimersMax {
			t.Errorf("%s: %d leading roles, %d timers", p.Name, leads, len(p.Timers))
		}
		names := map[string]bool{}
		for _, o := range p.Options {
			if names[o.Name] || o.Label == "" || !strings.HasSuffix(o.Says, ".") || o.Default < o.Min || o.Default > o.Max || o.Unit == "on" && (o.Min != 0 || o.Max != 1) {
				t.Errorf("%s: option %+v", p.Name, o)
			}
			names[o.Name] = true
		}
	}
}

// The legend has a word, or a reason for none, for each concept, once.
func TestTheLegendIsComplete(t *testing.T) {
	for _, alg := range algorithms {
		p := alg.Protocol
		if len(p.Words) != len(consensus.Concepts) {
			t.Errorf("%s: %d words for %d concepts", p.Name, len(p.Words), len(consensus.Concepts))
		}
		for i, w := range p.Words {
			if i < len(consensus.Concepts) && w.Concept != consensus.Concepts[i] || !strings.HasSuffix(w.Says, ".") {
				t.Errorf("%s: word %d is %+v", p.Name, i, w)
			}
		}
		h := p.Headlines
		for _, s := range []string{h.Beginning, h.Leads, h.SeeksOne, h.SeeksMany, h.Idle} {
			if !strings.HasSuffix(s, ".") {
				t.Errorf("%s: the headline %q is no sentence", p.Name, s)
			}
		}
		if p.TermText(b(2, 3)) != "2.N3" || !p.Slots || p.Leaderless != (p.Name == "synod") {
			t.Errorf("%s: ballot %s, slots %v, leaderless %v", p.Name, p.TermText(b(2, 3)), p.Slots, p.Leaderless)
		}
		// What the page takes for the quorums is what the engine uses.
		for _, sizes := range [][2]int64{{0, 0}, {4, 2}, {0, 1}, {1, 1}, {9, 9}} {
			for _, off := range []bool{false, true} {
				h := prepareHand(t, alg, 5, "phase1-quorum="+itoa(sizes[0]), "phase2-quorum="+itoa(sizes[1]))
				if off {
					h.change("-quorums-meet")
				}
				h.start(1)
				want := p.Quorums(5, func(i int) int64 { return h.set.Options[i] }, h.set.Off)
				if q := quorumsOf(h.engines[1]); q.acceptors != want.Among || q.phase1 != want.Lead || q.phase2 != want.Decide {
					t.Errorf("%s, %v, rule off %v: uses %+v, the page shows %+v", p.Name, sizes, off, q, want)
				}
			}
		}
	}
}

// Options out of range count as the nearest bound, missing ones as their default.
func TestOptionsAreBounded(t *testing.T) {
	low, high := make([]int64, 64), make([]int64, 64)
	for i := range low {
		low[i], high[i] = -1<<62, 1<<62
	}
	for _, nodes := range []consensus.NodeSet{nodes(1), nodes(5), nodes(100)} {
		for _, given := range [][]int64{nil, low, high} {
			s, m := readSynodOptions(given, nodes), readMultiOptions(given, nodes)
			if s.window < 1 || s.window > 128 || s.pendingMax < 1 || s.retry < ms || s.backOffMax < s.backOffMin || s.learn < ms {
				t.Errorf("Synod, %v: %+v", given, s)
			}
			if m.window < 1 || m.window > 128 || m.pendingMax < 1 || m.electionMax < m.electionMin || m.heartbeat < ms {
				t.Errorf("Multi-Paxos, %v: %+v", given, m)
			}
		}
	}
	// A set of roles that names no node of the cluster is all nodes.
	if o := readSynodOptions(append(make([]int64, optSynodProposers), 64), nodes(5)); o.proposers != nodes(5) {
		t.Errorf("N7 alone among five: %v", o.proposers)
	}
	if o := readSynodOptions(append(make([]int64, optSynodProposers), 1|4), nodes(5)); o.proposers != consensus.SetOf(1, 3) {
		t.Errorf("1+4: %v", o.proposers)
	}
}

// Nothing is proposed for more slots than the window has, and requests beyond the bound
// are turned away.
func TestQueuesAreBounded(t *testing.T) {
	for _, alg := range algorithms {
		h := newHand(t, alg, 3, "window=2", "max-pending=5")
		if alg.Protocol.Name == "multipaxos" {
			h.lead(1)
		}
		clear(h.sent)
		for c := 1; c <= 8; c++ {
			h.request(1, c, 1, "x")
		}
		if got := h.sent[KindPrepare] + h.sent[KindAccept]; got != 4 {
			t.Errorf("%s: %d requests to two others for two slots", alg.Protocol.Name, got)
		}
		h.wantReply(8, consensus.StatusBusy, "")
		if n := h.count(1, ruleBusy, 0); n != 3 {
			t.Errorf("%s: %d were turned away, want 3", alg.Protocol.Name, n)
		}
		h.run()
		for c := 1; c <= 5; c++ {
			h.wantReply(c, consensus.StatusDone, fmt.Sprint(c))
		}
	}
}

func TestSenselessRequestsAreIgnored(t *testing.T) {
	for _, alg := range algorithms {
		h := newHand(t, alg, 3)
		if alg.Protocol.Name == "multipaxos" {
			h.lead(1)
		}
		for _, q := range []consensus.Request{
			{Client: 2, Seq: 1, Command: []byte("x")},
			{Client: consensus.Client(1), Seq: 0, Command: []byte("x")},
			{Client: consensus.Client(1), Seq: 1, Command: make([]byte, consensus.CommandMax+1)},
		} {
			h.step(1, consensus.Input{Kind: consensus.InputRequest, Request: q})
		}
		if n := h.count(1, ruleMalformed, 0); n != 3 || len(h.replies) != 0 || len(h.mail) != 0 {
			t.Errorf("%s: %d were ignored; %v, %v", alg.Protocol.Name, n, h.replies, h.mail)
		}
	}
}

func TestRequestsAreTakenUpOnce(t *testing.T) {
	for _, alg := range algorithms {
		h := newHand(t, alg, 3)
		if alg.Protocol.Name == "multipaxos" {
			h.request(1, 1, 1, "a")
			h.wantReply(1, consensus.StatusNotLeader, "")
			h.wantFired(1, ruleRedirect, redirectNobody)
			h.lead(1)
			h.request(2, 1, 1, "a")
			if r := h.replies[len(h.replies)-1]; r.Leader != 1 {
				t.Errorf("sent to %v", r.Leader)
			}
			h.wantFired(2, ruleRedirect, redirectTo)
		}
		h.request(1, 1, 1, "a")
		h.request(1, 1, 1, "a")
		h.wantFired(1, ruleOnce, onceWaits)
		h.run()
		h.wantReply(1, consensus.StatusDone, "1")
		h.request(1, 1, 1, "a")
		h.wantFired(1, ruleOnce, onceRemembered)
		h.wantReply(1, consensus.StatusDone, "1")
		h.request(1, 1, 2, "b")
		h.run()
		before := len(h.replies)
		h.request(1, 1, 1, "a")
		h.wantFired(1, ruleOnce, onceLate)
		if len(h.replies) != before {
			t.Errorf("%s: answered what nobody waits for: %v", alg.Protocol.Name, h.replies[before:])
		}
		if got := machineOf(h.engines[1]).commands; len(got) != 2 {
			t.Errorf("%s: executed %v", alg.Protocol.Name, got)
		}
	}
}

// Ballots end with the last round; nothing is proposed any more, and nothing breaks.
func TestBallotsEndAtTheLastRound(t *testing.T) {
	h := newHand(t, Synod(), 3)
	h.put(prepareMsg(3, 1, b(RoundMax, 3), 1))
	h.drop(nil)
	h.request(1, 1, 1, "propose 1 x")
	h.wantFired(1, ruleUniqueBallots, uniqueExhausted)
	h.request(1, 2, 1, "propose 2 x") // other slots have their own
	h.run()
	h.wantReply(2, consensus.StatusDone, "slot 2: x")

	h = newHand(t, MultiPaxos(), 3)
	h.put(prepareMsg(3, 1, b(RoundMax, 3), 1))
	h.drop(nil)
	h.expire(1, ElectionTimer)
	h.wantFired(1, ruleUniqueBallots, uniqueExhausted)
	if h.state(1).Role != Acceptor || h.sent[KindPrepare] != 0 {
		t.Error("it tries all the same")
	}
}

func TestConfigureWhileRunning(t *testing.T) {
	h := newHand(t, MultiPaxos(), 3)
	h.lead(1)
	h.configure("heartbeat=7000000")
	if h.timers[1][HeartbeatTimer] != 7*ms {
		t.Errorf("the heartbeat was set to %v", h.timers[1][HeartbeatTimer])
	}
	h.configure("election-timeout-min=900000000")
	if got := h.timers[2][ElectionTimer]; got != 900*ms {
		t.Errorf("the election timer was set to %v", got)
	}
	h.configure("window=1")
	for c := 1; c <= 3; c++ {
		h.request(1, c, 1, "x")
	}
	if n := len(h.engines[1].(*multi).open); n != 1 {
		t.Errorf("%d slots are open with a window of 1", n)
	}
	h.configure("window=3") // and those who waited go on
	if n := len(h.engines[1].(*multi).open); n != 3 {
		t.Errorf("%d slots are open with a window of 3", n)
	}

	s := newHand(t, Synod(), 3, "learners=3")
	s.request(1, 1, 1, "a")
	s.run()
	if n := len(machineOf(s.engines[3]).commands); n != 0 {
		t.Errorf("N3 executed %d commands, being no learner", n)
	}
	s.configure("learners=0", "learn-interval=5000000000")
	if n := len(machineOf(s.engines[3]).commands); n != 1 {
		t.Errorf("N3 executed %d commands as a learner", n)
	}
	if got := s.timers[1][LearnTimer]; got < 2500*ms || got > 7500*ms {
		t.Errorf("the learn timer was set to %v", got)
	}
	s.configure("acceptors=1")
	s.wantFired(1, ruleQuorumsMeet, meetFixed)
	if q := quorumsOf(s.engines[1]); q.acceptors != nodes(3) {
		t.Errorf("the acceptors are %v", q.acceptors)
	}
}
