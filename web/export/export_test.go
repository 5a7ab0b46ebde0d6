package export_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/journal"
	"parley/consensus/registry"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
	"parley/web/export"
	"parley/web/view"
)

// storm is a run with copies, delays, losses, faults, and commands that mean harm.
const storm = `engine raft
nodes 3
clients 2
seed 4
loss 8% copies 6% reorder 6% pace 30/s
at 5ms request c1: set "end; #35; <b>" "a%%b {\n} \\ ` + "`" + `"
at 220ms crash n1
at 260ms cut n2 > n3
at 330ms heal all
at 340ms restart n1
at 360ms partition n1 | n2 n3
at 420ms heal all
at 430ms off raft.vote-once
`

// run runs a script; the store has all of it.
func run(t testing.TB, script string, length consensus.Time) (*view.Store, *trace.Log, *sim.World, scenario.Script) {
	t.Helper()
	s, err := scenario.ParseFor(script, registry.Known())
	if err != nil {
		t.Fatal(err)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(s.Actions); err != nil {
		t.Fatal(err)
	}
	log := new(trace.Log)
	for done := false; !done; {
		done = w.RunUntil(length, 4096) || w.Full()
		_, events := w.Drain()
		for i := range events {
			log.Append(events[i])
		}
	}
	for i := range w.Texts() {
		log.AddText(w.Text(uint32(i)))
	}
	store, err := export.Load(w.Protocol(), s.Setup, log)
	if err != nil {
		t.Fatal(err)
	}
	return store, log, w, s
}

const ms = consensus.Millisecond

// The grammar of the sequence diagrams that are written here, after Mermaid's own
// (packages/mermaid, sequenceDiagram.jison): statements end with a line; a text runs to
// the end of its line and has no #, ; or line end but for entity codes, which are
// replaced before the grammar is applied; %% begins a comment.
var (
	mermaidEntity = regexp.MustCompile(`#\w+;`)
	mermaidText   = `[^#;%\n<>{}"\\` + "`" + `]+`
	mermaidLine   = regexp.MustCompile(`^ {4}(title ` + mermaidText + `|participant N\d+|actor C\d+|[NC]\d+(-\)|--\)|-x|--x)[NC]\d+: ` + mermaidText + `|Note over [NC]\d+(,[NC]\d+)?: ` + mermaidText + `)$`)
)

func TestMermaidIsInItsGrammar(t *testing.T) {
	for _, script := range []string{storm, strings.NewReplacer("engine raft", "engine synod", "off raft.vote-once", "off synod.nack").Replace(storm), strings.NewReplacer("engine raft", "engine multipaxos", "off raft.vote-once", "off multipaxos.nack").Replace(storm)} {
		store, _, _, _ := run(t, script, 600*ms)
		for _, r := range []export.Range{{0, 150 * ms}, {200 * ms, 300 * ms}, {300 * ms, 450 * ms}, {0, 600 * ms}, {100 * ms, 99 * ms}, {700 * ms, 800 * ms}} {
			text := string(export.Mermaid(store, r))
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if lines[0] != "sequenceDiagram" {
				t.Fatalf("it begins with %q", lines[0])
			}
			known, signals := map[string]bool{}, 0
			for _, line := range lines[1:] {
				plain := mermaidEntity.ReplaceAllString(line, "e")
				m := mermaidLine.FindStringSubmatch(plain)
				if m == nil {
					t.Fatalf("%v: not a statement: %q", r, line)
				}
				words := strings.Fields(plain)
				switch words[0] {
				case "participant", "actor":
					known[words[1]] = true
				case "title":
				default:
					signals++
					for _, name := range regexp.MustCompile(`[NC]\d+`).FindAllString(plain[:strings.Index(plain, ":")], -1) {
						if !known[name] {
							t.Errorf("%v: %s takes part and is not declared: %q", r, name, line)
						}
					}
				}
			}
			if signals > export.MermaidMax+1 || r.Until > r.From && r.From < 600*ms && signals == 0 {
				t.Errorf("%v: %d messages and notes", r, signals)
			}
		}
	}
}

// Each message that was sent in the stretch is an arrow, crossed out if it was lost in it.
func TestMermaidTellsEachMessage(t *testing.T) {
	store, log, _, _ := run(t, storm, 600*ms)
	r := export.Range{From: 100 * ms, Until: 450 * ms}
	text := string(export.Mermaid(store, r))
	sent, lost := 0, 0
	gone := map[uint32]bool{}
	for i := range log.Len() {
		if e := log.At(i); e.Kind == trace.Loss && e.T <= r.Until {
			gone[e.ID] = true
		}
	}
	for i := range log.Len() {
		if e := log.At(i); e.Kind == trace.Send && e.T >= r.From && e.T <= r.Until {
			sent++
			if gone[e.ID] {
				lost++
			}
		}
	}
	arrows, crosses := len(regexp.MustCompile(`(?m)^ {4}[NC]\d+--?[)x]`).FindAllString(text, -1)), len(regexp.MustCompile(`(?m)^ {4}[NC]\d+--?x`).FindAllString(text, -1))
	if arrows != sent || crosses != lost || lost == 0 {
		t.Errorf("%d arrows and %d crosses for %d messages of which %d were lost", arrows, crosses, sent, lost)
	}
	if !strings.Contains(text, "Note over N1: ") || !strings.Contains(text, "220") {
		t.Errorf("the crash of N1 has no note in\n%s", text)
	}
}

// shivizEvent is an event as ShiViz reads it.
type shivizEvent struct {
	text, host string
	clock      map[string]int
}

// parseShiViz reads a log by ShiViz's own rules (js/model/parser.js, vectorTimestamp.js and
// modelGraph.js): a regular expression with the groups event, host and clock is matched
// again and again; a clock is a JSON object with an entry of its own host; the own
// entries of each host are 1, 2, 3, …; every other entry names an event that there is.
func parseShiViz(t *testing.T, log string) []shivizEvent {
	t.Helper()
	parser := regexp.MustCompile(export.ShiVizParser)
	var events []shivizEvent
	end := 0
	for _, m := range parser.FindAllStringSubmatchIndex(log, -1) {
		if m[0] != end {
			t.Fatalf("%q is passed over", log[end:m[0]])
		}
		end = m[1] + 1 // and the end of the line
		group := func(name string) string { i := parser.SubexpIndex(name); return log[m[2*i]:m[2*i+1]] }
		e := shivizEvent{text: group("event"), host: group("host")}
		if err := json.Unmarshal([]byte(group("clock")), &e.clock); err != nil {
			t.Fatalf("%s: %v", group("clock"), err)
		}
		events = append(events, e)
	}
	if end != len(log) {
		t.Fatalf("%q is left over", log[end:])
	}
	own := map[string]int{}
	for _, e := range events {
		own[e.host]++
		if e.clock[e.host] != own[e.host] {
			t.Fatalf("the clock of %s goes from %d to %d", e.host, own[e.host]-1, e.clock[e.host])
		}
	}
	for _, e := range events {
		for host, time := range e.clock {
			if time < 1 || time > own[host] {
				t.Fatalf("%s %v: there is no event %d of %s", e.host, e.clock, time, host)
			}
		}
	}
	return events
}

func happenedBefore(a, b shivizEvent) bool {
	less := false
	for host, time := range a.clock {
		if time > b.clock[host] {
			return false
		}
	}
	for host, time := range b.clock {
		less = less || a.clock[host] < time
	}
	return less
}

// The vector clocks order two events just when one can have caused the other: when there
// is a way from one to the other along the lanes of hosts and the ways of messages. The
// slow way to find that out is to walk.
func TestVectorClocksAreTheOrderOfCauses(t *testing.T) {
	for _, c := range []struct {
		script      string
		from, until consensus.Time
	}{
		{storm, 0, 300 * ms}, {storm, 200 * ms, 600 * ms},
		{strings.NewReplacer("engine raft", "engine synod", "off raft.vote-once", "off synod.nack").Replace(storm), 0, 200 * ms},
		{"engine synod\nnodes 3\nclients 2\nseed 2\npace 40/s\nloss 20% copies 50% reorder 50%", 0, 300 * ms}, // copies overtake
	} {
		store, log, _, _ := run(t, c.script, c.until)
		events := parseShiViz(t, string(export.ShiViz(store, export.Range{From: c.from, Until: c.until})))
		if len(events) < 40 {
			t.Fatalf("only %d events", len(events))
		}
		// Which line is which event of the trace: by host, the sends and deliveries come in
		// the same order in both.
		edges := make([][]int, len(events))
		lane := map[string]int{}
		for i, e := range events {
			if last, ok := lane[e.host]; ok {
				edges[last] = append(edges[last], i)
			}
			lane[e.host] = i
		}
		lines := map[int]int{} // event of the trace to line
		at := 0
		for i := range log.Len() {
			e := log.At(i)
			if e.T < c.from || e.Kind != trace.Send && e.Kind != trace.Deliver {
				continue
			}
			want := view.FormatTime(e.T) + " " + store.Sentence(i)
			for at < len(events) && (events[at].host != e.Node.String() || events[at].text != want) {
				at++
			}
			if at == len(events) {
				t.Fatalf("there is no line for %q", want)
			}
			lines[i] = at
			at++
		}
		sent := map[uint32]int{}
		for i := range log.Len() {
			switch e := log.At(i); e.Kind {
			case trace.Send:
				if l, ok := lines[i]; ok {
					sent[e.ID] = l
				}
			case trace.Duplicate:
				if l, ok := sent[e.A]; ok {
					sent[e.ID] = l
				}
			case trace.Deliver:
				if from, ok := sent[e.ID]; ok && e.T >= c.from {
					edges[from] = append(edges[from], lines[i])
				}
			}
		}
		for i := range events {
			reached := make([]bool, len(events))
			todo := slices.Clone(edges[i])
			for len(todo) > 0 {
				k := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				if !reached[k] {
					reached[k] = true
					todo = append(todo, edges[k]...)
				}
			}
			for k := range events {
				if happenedBefore(events[i], events[k]) != reached[k] {
					t.Fatalf("%+v before %+v: the clocks say %v, the ways %v", events[i], events[k], !reached[k], reached[k])
				}
			}
		}
	}
}

func TestShiVizLogsAreBounded(t *testing.T) {
	store, _, _, _ := run(t, "engine raft\nnodes 9\nclients 4\npace 200/s", 3*consensus.Second)
	events := parseShiViz(t, string(export.ShiViz(store, export.Range{Until: 3 * consensus.Second})))
	if len(events) != export.ShiVizMax {
		t.Errorf("%d events", len(events))
	}
}

// The journal of a stretch from the beginning is read back whole, and a page can show it.
func TestJournalOfAPageIsReadBack(t *testing.T) {
	store, _, w, s := run(t, storm, 500*ms)
	known := func(string) *consensus.Protocol { return w.Protocol() }
	for _, until := range []consensus.Time{0, 123 * ms, 500 * ms} {
		j, err := journal.Read(export.Journal(store, s.String(), until), known)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Check(); err != nil || j.Log.Len() != store.Before(until) {
			t.Errorf("until %v: %v, %d events of %d", until, err, j.Log.Len(), store.Before(until))
		}
		if until == 500*ms && j.Digest != w.Digest() {
			t.Errorf("the digest is %v, want %v", j.Digest, w.Digest())
		}
		again, err := export.Load(j.Protocol, j.Setup, &j.Log)
		if err != nil {
			t.Fatal(err)
		}
		a, b := store.State(store.Before(until)), again.State(again.Len())
		if len(a.Messages) != len(b.Messages) || a.Nodes[0].Term != b.Nodes[0].Term || a.Nodes[1].Commit != b.Nodes[1].Commit {
			t.Errorf("until %v the page would show something else", until)
		}
		if n := again.Len(); n > 0 && again.Sentence(n-1) != store.Sentence(n-1) {
			t.Errorf("until %v: %q, want %q", until, again.Sentence(n-1), store.Sentence(n-1))
		}
	}
}

// Control characters of a command stay in one line.
func TestNothingBreaksALine(t *testing.T) {
	store, _, _, _ := run(t, storm, 60*ms)
	for name, text := range map[string]string{
		"mermaid": string(export.Mermaid(store, export.Range{Until: 60 * ms})),
		"shiviz":  string(export.ShiViz(store, export.Range{Until: 60 * ms})),
	} {
		for i, c := range []byte(text) {
			if c < ' ' && c != '\n' {
				t.Errorf("%s has the character %s at %d", name, strconv.Quote(string(c)), i)
			}
		}
	}
}
