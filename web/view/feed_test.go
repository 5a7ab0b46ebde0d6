package view_test

import (
	"slices"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/texts"
	"parley/web/view"
)

// lesson is a run with an election, a request, a crash, a partition and a recovery.
const lesson = `nodes 5
seed 7
at 300ms request c1: set x 3
at 400ms crash n4
at 450ms cut n2 > n3
at 450ms cut n3 > n2
at 460ms latency 12ms
at 800ms restart n4
at 830ms heal all
at 860ms partition n1 n3 | n2 n4 n5
at 900ms request c1: get x
at 1100ms heal all
at 1200ms off raft.vote-once
at 1300ms clock n2 offset 5ms drift 200ppm
at 1310ms option heartbeat 40ms
at 1320ms loss n1 > n2 20%
`

func told(lines []view.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text)
		if l.RuleName != "" {
			b.WriteString(" [" + l.RuleName + "]")
		}
		b.WriteByte('\n')
	}
	return strings.ReplaceAll(b.String(), "\u202f", " ")
}

func TestStoryOfALesson(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	story := told(r.store.Feed(r.end(), view.FeedQuery{Before: 500}))
	at := 0
	for _, want := range []string{
		"5 nodes start. Nobody leads yet.\n",
		"N4 heard no leader for its election timeout: it stands for election in term 1 and votes for itself. [election-timeout]\n",
		"N5 gave N4 its vote for term 1. [vote-once]\n",
		"refused N4 its vote",
		"N4 is the leader of term 1: it has 3 of 5 votes. [majority-wins]\n",
		"C1 wants “set x 3”.\n",
		"[leader-append-only]\n",
		"[append-new]\n",
		"[commit-majority]\n",
		"C1 has its answer from N4: “set x 3” gives “ok”.\n",
		"N4 crashes: its memory is gone, its disk stays.\n",
		"2 links are cut.\n",
		"Latency is 12 ms now.\n",
		"is the leader of term 2",
		"N4 is started again, with",
		"N4 restarts from its disk as a follower: term 1, log up to index 2. [restart]\n",
		"2 links carry messages again.\n",
		"The network falls apart: N1 and N3 | N2, N4 and N5.\n",
		"C1 wants “get x”.\n",
		"gives “3”.\n",
		"The network is whole again.\n",
		"The rule vote-once is off: “A server votes for at most one candidate in a term, the first who asks.” [vote-once]\n",
		"N2's clock is 5 ms off and drifts by +200 ppm.\n",
		"is 40 ms now.\n",
		"Loss is 20 % now on the link from N1 to N2.\n",
	} {
		k := strings.Index(story[at:], want)
		if k < 0 {
			t.Fatalf("%q is not told, or too early, in\n%s", want, story)
		}
		at += k
	}
	for _, never := range []string{"hears from its leader", "bytes to its disk", "‹", "{", "restarts its election timeout"} {
		if strings.Contains(story, never) {
			t.Errorf("the story says %q:\n%s", never, story)
		}
	}
}

// Every kind of event has a sentence with all its places filled.
func TestEveryEventHasASentence(t *testing.T) {
	r := newRun(t, lesson+"at 1400ms loss 30%\nat 1400ms copies 30%\nat 1500ms request c1: delete y\nat 1900ms crash n1\nat 1950ms crash n2\nat 2000ms crash n3\n").until(6000 * ms)
	seen := map[trace.Kind]bool{}
	for i := range r.store.Len() {
		e := r.store.Event(i)
		seen[e.Kind] = true
		s := r.store.Sentence(i)
		if s == "" || strings.ContainsAny(s, "{}‹›") || strings.Contains(s, "nobody sends") || !strings.HasSuffix(strings.TrimRight(s, "”"), ".") {
			t.Fatalf("event %d (%v) is told as %q", i, e.Kind, s)
		}
		if e.Kind != trace.Rule && strings.Contains(s, "newer version") {
			t.Fatalf("kind %v has no sentence", e.Kind)
		}
	}
	for _, k := range []trace.Kind{trace.Send, trace.Deliver, trace.Loss, trace.Duplicate, trace.Retry, trace.Apply, trace.Crash} {
		if !seen[k] {
			t.Errorf("the run has no %v: the test tests less than it says", k)
		}
	}
	if r.store.Sentence(-1) != "" || r.store.Sentence(r.store.Len()) != "" {
		t.Error("events that are not there have a sentence")
	}
}

func TestFeedRoundTheCursor(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	all := r.store.Feed(r.end(), view.FeedQuery{Before: 500})
	for n := 0; n <= r.store.Len(); n += 37 {
		at := r.store.At(n)
		lines := r.store.Feed(at, view.FeedQuery{Before: 5, After: 3})
		before, after := 0, 0
		for i, l := range lines {
			if l.After != (l.Event >= n) || l.After && i < before {
				t.Fatalf("after %d events: line %+v", n, l)
			}
			if l.After {
				after++
			} else {
				before++
			}
			if i > 0 && lines[i-1].Event >= l.Event {
				t.Fatalf("lines %d and %d are out of order", i-1, i)
			}
		}
		// The same lines as in the whole feed, where no run of equal ones is cut.
		whole := slices.IndexFunc(all, func(l view.Line) bool { return l.Event >= n })
		if whole < 0 {
			whole = len(all)
		}
		if want := min(5, whole); before < want {
			t.Errorf("after %d events: %d lines before the cursor, want %d", n, before, want)
		}
		if want := min(3, len(all)-whole); after < want-1 {
			t.Errorf("after %d events: %d lines behind the cursor, want %d", n, after, want)
		}
	}
	if l := r.store.Feed(r.store.At(3), view.FeedQuery{Before: 5, After: 50, Until: 250 * ms}); l[len(l)-1].T > 250*ms {
		t.Error("the feed tells what was not seen yet")
	}
	every := r.store.Feed(r.end(), view.FeedQuery{Before: 40, Level: view.Everything})
	if len(every) != 40 || every[39].Event != r.store.Len()-1 || every[0].Event != r.store.Len()-40 {
		t.Errorf("everything is %d lines", len(every))
	}
}

// Stepping forward and back visits the same moments, each behind a whole step of a
// node, and passes every line of the story.
func TestStepsVisitTheStory(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	stops := []int{0}
	for n := 0; ; {
		next := s.NextStop(n, view.Story)
		if next == n {
			break
		}
		if _, end := s.Block(next - 1); end != next {
			t.Fatalf("the step to %d ends within a step of a node, which ends at %d", next, end)
		}
		stops = append(stops, next)
		n = next
	}
	if len(stops) < 50 {
		t.Fatalf("only %d stops", len(stops))
	}
	back := []int{}
	for n := s.Len(); n > 0; {
		n = s.PrevStop(n, view.Story)
		back = append(back, n)
	}
	slices.Reverse(back)
	if stops[len(stops)-1] == s.Len() {
		back = append(back, s.Len())
	}
	if !slices.Equal(stops, back) {
		t.Errorf("forward %v\nback    %v", stops, back)
	}
	for _, l := range s.Feed(r.end(), view.FeedQuery{Before: 500}) {
		k, _ := slices.BinarySearch(stops, l.Event+1)
		now := false
		for _, m := range s.Feed(s.At(stops[k]), view.FeedQuery{Before: 30}) {
			now = now || m.Now && m.Event == l.Event
		}
		if !now && l.Count == 1 && !strings.Contains(l.Text, "links") {
			t.Errorf("no step stops at %q", l.Text)
		}
	}
	if s.NextStop(4, view.Everything) != 5 || s.PrevStop(4, view.Everything) != 3 || s.NextStop(s.Len(), view.Everything) != s.Len() || s.PrevStop(0, view.Everything) != 0 {
		t.Error("single steps are not single")
	}
}

func TestWhatIsSpoken(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	crash := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Crash })
	if got := s.Spoken(crash, crash+1); got != s.Sentence(crash) {
		t.Errorf("the crash is spoken as %q", got)
	}
	if got := s.Spoken(crash+20, crash+1); !strings.Contains(got, s.Sentence(crash)) || !strings.Contains(got, view.FormatTime(s.Event(crash).T)) {
		t.Errorf("going back is spoken as %q", got)
	}
	if got := s.Spoken(40, 0); got != texts.Get("spoken.beginning") {
		t.Errorf("the beginning is spoken as %q", got)
	}
	if got := s.Spoken(7, 7); got != texts.Get("spoken.end") {
		t.Errorf("no step is spoken as %q", got)
	}
	if got := strings.Count(s.Spoken(0, s.Len()), ". "); got > 12 {
		t.Errorf("a long way is spoken in %d sentences", got)
	}
}

func TestRunsOfEqualLinesAreOne(t *testing.T) {
	r := newRun(t, "nodes 3\nseed 3\nat 1ms crash n2\nat 1ms crash n3\n").until(1000 * ms)
	s := &r.store
	lost := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Loss })
	last := func(n int) string {
		lines := s.Feed(s.At(n), view.FeedQuery{Before: 1})
		return lines[0].Text
	}
	if got := last(lost + 1); !strings.HasPrefix(got, "RequestVote from N1 to N") {
		t.Errorf("the first loss is told as %q", got)
	}
	if got := last(s.NextStop(lost+1, view.Story)); got != "2 messages of N1 are lost: the receivers are down." {
		t.Errorf("both losses are told as %q", got)
	}
	if lines := s.Feed(s.At(lost), view.FeedQuery{After: 1}); lines[0].Text != "2 messages of N1 are lost: the receivers are down." || !lines[0].After {
		t.Errorf("behind the cursor they are told as %+v", lines)
	}
}

func TestWhyAClientAsksAgain(t *testing.T) {
	r := newRun(t, "nodes 3\nseed 3\nat 1000ms request c1 via n1: set x 1\nat 2000ms request c1 via n2: get x\nat 2000ms cut n1 > n2\nat 2000ms cut n3 > n2\n").until(4000 * ms)
	story := told(r.store.Feed(r.end(), view.FeedQuery{Before: 500}))
	if !strings.Contains(story, "sends C1 on to N") || !strings.Contains(story, "C1 asks N") {
		t.Errorf("a client that is sent on is not told in\n%s", story)
	}
	gone := newRun(t, "nodes 3\nseed 3\nat 900ms crash n1\nat 1000ms request c1 via n1: set x 1\n").until(2000 * ms)
	if story := told(gone.store.Feed(gone.end(), view.FeedQuery{Before: 500})); !strings.Contains(story, "C1 has waited long enough and asks N2 for “set x 1” again.") {
		t.Errorf("a client that waited in vain is not told in\n%s", story)
	}
}

func TestLitRulesAndCode(t *testing.T) {
	r := newRun(t, lesson).until(1500 * ms)
	s := &r.store
	won, _ := s.Protocol.Rule("raft.majority-wins")
	i := r.find(0, func(e *trace.Event) bool { return e.Kind == trace.Rule && e.Rule == won && e.Sub == 0 })
	_, end := s.Block(i)
	at := s.At(end)
	lit := s.Lit(at, consensus.None)
	noop, _ := s.Protocol.Rule("raft.noop-at-start")
	if !lit.Has(won) || !lit.Has(noop) {
		t.Errorf("lit are %b", lit)
	}
	if other := s.Lit(at, 2); other.Has(won) {
		t.Error("N2 did not win")
	}
	blocks := s.Code(at, lit)
	lines, lits := 0, 0
	for _, b := range blocks {
		for _, l := range b.Lines {
			lines++
			if l.Lit {
				lits++
				if !b.Lit {
					t.Errorf("block %q is not lit though its line %q is", b.Title, l.Text)
				}
			}
		}
	}
	if lines != len(s.Protocol.Code) || lits < 2 || lits > 6 {
		t.Errorf("%d lines, %d lit", lines, lits)
	}

	once, _ := s.Protocol.Rule("raft.vote-once")
	if v := s.RuleView(s.At(100), once); v.Off || v.Name != "vote-once" || v.Protects != "Election Safety" || v.Without == "" || v.Source == "" || !v.Switchable {
		t.Errorf("the rule is explained as %+v", v)
	}
	if !s.RuleView(r.end(), once).Off {
		t.Error("the rule is still on")
	}
	off := 0
	for _, b := range s.Code(r.end(), 0) {
		for _, l := range b.Lines {
			if l.Lit {
				t.Errorf("%q is lit by nothing", l.Text)
			}
			if l.Off {
				off++
			}
		}
	}
	if off == 0 {
		t.Error("no line is marked as switched off")
	}
	for _, v := range s.Switches(r.end()) {
		if v.Off != (v.ID == once) || v.Says == "" || v.Key == "" {
			t.Errorf("switch %+v", v)
		}
	}
	if s.RuleView(r.end(), 0) != (view.RuleView{}) || s.RuleView(r.end(), 999) != (view.RuleView{}) {
		t.Error("rules that are not there are explained")
	}
}
