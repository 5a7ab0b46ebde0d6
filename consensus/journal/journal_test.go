package journal_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/journal"
	"parley/consensus/machine"
	"parley/consensus/paxos"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

var algorithms = map[string]consensus.Algorithm{"raft": raft.Algorithm(), "synod": paxos.Synod(), "multipaxos": paxos.MultiPaxos()}

func known(engine string) *consensus.Protocol { return algorithms[engine].Protocol }

// storm has something of every kind in it.
const storm = `nodes 5
clients 3
seed 11
loss 6% copies 4% reorder 4% disk 6ms torn 40% pace 40/s patience 40ms
at 10ms request c1 via n2: set "<x> & y" "é\n\u2028"
at 13ms hold 1 5ms
at 200ms crash n1
at 300ms cut n2 > n3
at 350ms restart n1
at 410ms loss n2 > n3 50%
at 420ms clock n1 offset 5ms drift -100ppm
at 500ms partition n1 n4 | n2 n3 n5
at 600ms heal all
at 620ms crash n2
at 620ms crash n3
at 620ms crash n4
at 700ms option heartbeat 40ms
at 710ms off %s
at 730ms on %s
at 750ms partition n1 | n2 | n3 | n4 | n5
at 900ms restart n2
at 900ms restart n3
at 905ms restart n4
at 1s for 1500ms
`

func script(engine string) string {
	text := strings.ReplaceAll(storm, "at 1s for 1500ms\n", "")
	rule := map[string]string{"raft": "raft.vote-once", "synod": "synod.persist-first", "multipaxos": "multipaxos.persist-first"}[engine]
	text = strings.ReplaceAll(text, "%s", rule)
	if engine == "synod" {
		text = strings.ReplaceAll(text, "option heartbeat 40ms", "option retry 40ms")
	}
	return "engine " + engine + "\n" + text
}

// write runs a script and returns its journal, and what it is a journal of.
func write(t testing.TB, text string, length consensus.Time) ([]byte, *trace.Log, trace.Digest) {
	t.Helper()
	s, err := scenario.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(sim.Config{Setup: s.Setup, Algorithm: algorithms[s.Setup.Engine], NewMachine: func() consensus.Machine {
		m, _ := machine.New(s.Setup.Machine)
		return m
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Schedule(s.Actions); err != nil {
		t.Fatal(err)
	}
	var log trace.Log
	j := journal.NewWriter(w.Protocol(), w.Text)
	b := j.Begin(nil, s.String())
	violations := 0
	for done := false; !done; {
		done = w.RunUntil(length, 4096) || w.Full()
		_, events := w.Drain()
		for i := range events {
			if events[i].Kind == trace.Violation {
				violations++
			}
			log.Append(events[i])
			b = j.Event(b, &events[i])
		}
	}
	for i := range w.Texts() {
		log.AddText(w.Text(uint32(i)))
	}
	return j.End(b, w.Now(), violations, w.Digest()), &log, w.Digest()
}

// What is read is what was written, event by event, whatever the algorithm; and each
// line is JSON to others.
func TestJournalsTellEverything(t *testing.T) {
	seen := map[trace.Kind]bool{}
	for engine := range algorithms {
		b, log, digest := write(t, script(engine), 1300*consensus.Millisecond)
		for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatalf("%s, line %d: %v\n%s", engine, i+1, err, line)
			}
			if strings.ContainsAny(line, "<>&\u2028") {
				t.Fatalf("%s, line %d would not be safe in a page: %s", engine, i+1, line)
			}
		}
		j, err := journal.Read(b, known)
		if err != nil {
			t.Fatalf("%s: %v", engine, err)
		}
		if j.Log.Len() != log.Len() {
			t.Fatalf("%s: %d events were read, %d written", engine, j.Log.Len(), log.Len())
		}
		for i := range log.Len() {
			got, want := j.Log.At(i), log.At(i)
			seen[want.Kind] = true
			if *got != *want {
				t.Fatalf("%s: event %d is\n%+v, want\n%+v", engine, i, *got, *want)
			}
			switch want.Kind {
			case trace.Invoke, trace.Answer, trace.Refused:
				if a, b := j.Log.Text(got.D), log.Text(want.D); a != b {
					t.Fatalf("%s: the text of event %d is %q, want %q", engine, i, a, b)
				}
			}
		}
		if err := j.Check(); err != nil || j.Digest != digest || j.Engine != engine || j.Setup.Nodes != 5 || j.Setup.Clients != 3 {
			t.Errorf("%s: %v; digest %v, want %v; %+v", engine, err, j.Digest, digest, j.Begin)
		}
	}
	for _, k := range journal.Kinds() {
		rare := k.Kind == trace.Compact || k.Kind == trace.Violation
		if !seen[k.Kind] && !rare {
			t.Errorf("no run had an event of the kind %v", k.Kind)
		}
	}
}

// Events that no run above has.
func TestRareEventsAreReadBack(t *testing.T) {
	j := journal.NewWriter(known("raft"), func(uint32) string { return "why" })
	events := []trace.Event{
		{Kind: trace.Violation, Node: 1, Peer: 2, Term: 7, Sub: 1, A: 1, C: 3},
		{Kind: trace.Violation, Sub: 200, D: 1 << 31},
		{Kind: trace.Compact, Node: 3, A: 9},
		{Kind: trace.Send, Node: 1, Peer: 2, Sub: 99, Flags: consensus.FlagYes | consensus.FlagNo | consensus.FlagReply, ID: 1<<32 - 1, B: 1},
		{Kind: trace.Rule, Node: 1, Rule: 63, Sub: 17, Term: 1<<32 - 1, B: 5},
		{Kind: trace.Partition, Sub: 3},
		{Kind: trace.Loss, Node: 1, Peer: 2, Rule: 77},
		{Kind: trace.Clock, Node: 1, C: 1<<32 - 5},
		{Kind: trace.Role, Node: 1, Sub: 250},
		{Kind: trace.Dial, Sub: 250, A: 1, B: 1 << 31},
		{Kind: trace.Refuse, Node: consensus.Client(1), Peer: 1, Sub: 9, A: 2},
		{Kind: trace.Option, Sub: 255},
	}
	b := j.Begin(nil, "engine raft\n")
	for i := range events {
		b = j.Event(b, &events[i])
	}
	got, err := journal.Read(b, known)
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if *got.Log.At(i) != events[i] {
			t.Errorf("event %d is\n%+v, want\n%+v", i, *got.Log.At(i), events[i])
		}
	}
	if err := got.Check(); err == nil || !strings.Contains(err.Error(), "was cut off after 12 events") {
		t.Errorf("a journal without its end: %v", err)
	}
}

const (
	begin = `{"kind":"begin","version":1,"engine":"raft","epoch":1,"script":"engine raft\nnodes 3\nclients 1\n"}` + "\n"
	boot  = `{"kind":"boot","event":0,"time":5,"node":"N1","disk":"new","bytes":0}` + "\n"
)

func TestBadJournalsAreRefusedWithAReason(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `there is no journal: the first line of one has the kind "begin"`},
		{"hello\n", "line 1: it is no JSON object"},
		{"{\n", `line 1: its first field is not "kind"`},
		{`{"event":1}` + "\n", `line 1: its first field is not "kind"`},
		{boot, `line 1: a journal begins with a line of the kind "begin"`},
		{strings.Replace(begin, `:1,`, `:2,`, 1), "line 1: it has version 2, known here is 1"},
		{strings.Replace(begin, `"version":1,`, ``, 1), "line 1: it does not say its version"},
		{strings.Replace(begin, `"epoch":1`, `"epoch":-1`, 1), `line 1: its field "epoch" is not what it should be`},
		{strings.ReplaceAll(begin, `raft`, `paxes`), `line 1: there is no algorithm "paxes" here`},
		{strings.Replace(begin, `"raft"`, `"synod"`, 1), `line 1: its script is for "raft", and the journal of "synod"`},
		{strings.Replace(begin, `nodes 3`, `nodes 300`, 1), "line 1: its script: "},
		{begin + begin, "line 2: the journal has begun already"},
		{begin + strings.Replace(boot, `"boot"`, `"boat"`, 1), `line 2: there is no kind of event "boat"; the journal may be of a later version`},
		{begin + strings.Replace(boot, `"event":0`, `"event":1`, 1), "line 2: its number is not 0"},
		{begin + strings.Replace(boot, `"N1"`, `"N4"`, 1), "line 2: it names a node that the run does not have"},
		{begin + strings.Replace(boot, `"N1"`, `"N01"`, 1), `line 2: its field "node" is not what it should be`},
		{begin + strings.Replace(boot, `"new"`, `"old"`, 1), `line 2: its field "disk" is not what it should be`},
		{begin + strings.Replace(boot, `"time":5`, `"time":5.5`, 1), `line 2: its field "time" is not what it should be`},
		{begin + strings.Replace(boot, `"time":5`, `"time":-5`, 1), "line 2: it happens before the one in front of it"},
		{begin + strings.Replace(boot, `"time":5`, `"time":9000000000000000000`, 1), "line 2: it happens after the end of all runs"},
		{begin + strings.Replace(boot, `"bytes":0`, `"bytes":4294967296`, 1), `line 2: its field "bytes" is not what it should be`},
		{begin + boot[:len(boot)-2] + ",}\n", "line 2: it is not JSON"},
		{begin + boot[:len(boot)-1] + " x\n", "line 2: it is not JSON"},
		{begin + `{"kind":"invoke","event":0,"time":0,"node":"C1","command":"x"}` + "\n", "line 2: a text and its number go together"},
		{begin + `{"kind":"invoke","event":0,"time":0,"node":"C1","command":"x","text":900000}` + "\n", "line 2: the number of its text is too high"},
		{begin + `{"kind":"invoke","event":0,"time":0,"node":"C1","command":"x","text":0}` + "\n" +
			`{"kind":"invoke","event":1,"time":0,"node":"C1","command":"y","text":0}` + "\n", "line 3: text 0 was another one before"},
		{begin + `{"kind":"end","time":5,"events":0,"violations":0,"digest":"0000000000000000"}` + "\n" + boot, "line 3: the journal has ended already"},
		{begin + strings.Repeat(" ", journal.LineMax+1) + "x\n", "line 2: it is longer than 262144 bytes"},
		{begin + `{"kind":"tally","event":0,"time":0,"node":"N1","nodes":` + strings.Repeat("[", 100) + "\n", "line 2:"},
		{begin + `{"kind":"boot","event":0,"time":0,"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}\n", `line 2: its field "x" is not what it should be`},
	} {
		j, err := journal.Read([]byte(c.text), known)
		var at *journal.Error
		if j != nil || !errors.As(err, &at) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.120q:\n%v, want %s", c.text, err, c.want)
		}
	}
}

// What a later version may add is passed over; what was cut off or changed is found out.
func TestJournalsFromElsewhere(t *testing.T) {
	end := `{"kind":"end","time":5,"events":1,"violations":0,"digest":"`
	more := strings.Replace(boot, `"disk"`, `"later":{"a":[1,-2.5e3,null,{"b":"\ud83d\ude00"}]} , "disk"`, 1)
	j, err := journal.Read([]byte(begin+more), known)
	if err != nil || j.Log.Len() != 1 {
		t.Fatalf("an unknown field: %v", err)
	}
	whole := begin + more + end + j.Digest.String() + "\"}\n"
	for cut := len(begin) + 1; cut < len(whole); cut++ {
		j, err := journal.Read([]byte(whole[:cut]), known)
		if err != nil {
			t.Fatalf("cut off after %d bytes: %v", cut, err)
		}
		if err := j.Check(); (err == nil) != (cut == len(whole)-1) {
			t.Fatalf("cut off after %d bytes: %v", cut, err)
		}
	}
	j, err = journal.Read([]byte(strings.Replace(whole, `"time":5,"node"`, `"time":4,"node"`, 1)), known)
	if err != nil || j.Check() != journal.ErrDigest {
		t.Errorf("an altered journal: %v, %v", err, j.Check())
	}
	j, err = journal.Read([]byte(strings.Replace(whole, `"events":1`, `"events":2`, 1)), known)
	if err != nil || j.Check() == nil {
		t.Errorf("a journal that tells another number of events: %v", err)
	}
}

func TestEveryKindIsDescribed(t *testing.T) {
	for _, k := range journal.Kinds() {
		if k.Says == "" {
			t.Errorf("%v is not described", k.Kind)
		}
		names := map[string]bool{"kind": true, "event": true, "time": true, "node": true}
		for _, f := range k.Fields {
			if names[f.Name] || f.Says == "" {
				t.Errorf("%v: the field %q is there twice or is not described", k.Kind, f.Name)
			}
			names[f.Name] = true
		}
	}
}

// Numbers that no table has stop nothing: each line stays JSON.
func TestAnyEventIsALineOfJSON(t *testing.T) {
	for _, p := range []*consensus.Protocol{nil, known("raft"), known("synod")} {
		w := journal.NewWriter(p, func(uint32) string { return "\x00\xff\"" })
		for k := range trace.Kinds + 5 {
			for _, e := range []trace.Event{{}, {Sub: 255, Rule: 999, Node: 255, Peer: 99, A: 1 << 31, B: 1 << 31, C: 1 << 31, D: 1 << 31, ID: 1 << 31, Flags: 255}} {
				e.Kind = trace.Kind(k)
				if b := w.Event(nil, &e); !json.Valid(b) {
					t.Errorf("%+v is written as %s", e, b)
				}
			}
		}
	}
}

// Whatever a stranger sends, it is read within its bounds or refused; what is read can be
// written and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(begin + boot))
	b, _, _ := write(f, script("raft"), 60*consensus.Millisecond)
	f.Add(b[:min(len(b), 3000)])
	b, _, _ = write(f, script("synod"), 40*consensus.Millisecond)
	f.Add(b[:min(len(b), 3000)])
	f.Add([]byte(begin + `{"kind":"rule","event":0,"time":0,"node":"N1","rule":"99","outcome":3,"numbers":[1,2],"x":[{"y":1e5}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<20 {
			return
		}
		j, err := journal.Read(b, known)
		if err != nil {
			return
		}
		w := journal.NewWriter(j.Protocol, j.Log.Text)
		out := w.Begin(nil, j.Script)
		for i := range j.Log.Len() {
			out = w.Event(out, j.Log.At(i))
		}
		again, err := journal.Read(out, known)
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v\n%s", err, out)
		}
		if again.Digest != j.Digest {
			for i := range j.Log.Len() {
				if *again.Log.At(i) != *j.Log.At(i) {
					t.Fatalf("event %d was\n%+v and is\n%+v", i, *j.Log.At(i), *again.Log.At(i))
				}
			}
		}
	})
}
