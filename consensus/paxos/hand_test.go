package paxos

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"parley/consensus"
)

// hand drives a cluster by hand: every message that a node sends lies in mail until the
// test delivers or drops it, and timers expire when the test says so. A referee looks
// at all that the nodes tell.
type hand struct {
	t    testing.TB
	alg  consensus.Algorithm
	set  consensus.Settings
	n    int
	all  consensus.NodeSet
	boot uint64

	engines []consensus.Engine // by NodeID; nil while the node is down
	disks   [][]byte
	loose   [][]byte // written without waiting, and lost by a crash
	timers  []map[consensus.TimerID]consensus.Duration
	now     consensus.Time

	mail    []consensus.Message
	replies []consensus.Reply
	fired   []firing
	sent    map[consensus.MessageKind]int
	ref     *referee
	machine consensus.Machine // of the nodes; nil: each has a journal
	quiet   bool              // violations are wanted
}

// outcome is an outcome of a rule; heard are those that fired in any test.
type outcome struct {
	algorithm string
	rule      consensus.RuleID
	sub       uint8
}

var heard = map[outcome]bool{}

type firing struct {
	node consensus.NodeID
	note consensus.Note
}

// newHand starts a cluster of n nodes. Options are "name=value", rules that are to be
// off "-name".
func newHand(t testing.TB, alg consensus.Algorithm, n int, changes ...string) *hand {
	h := prepareHand(t, alg, n, changes...)
	for id := consensus.NodeID(1); int(id) <= n; id++ {
		h.start(id)
	}
	return h
}

// prepareHand makes a cluster whose nodes are all down.
func prepareHand(t testing.TB, alg consensus.Algorithm, n int, changes ...string) *hand {
	t.Helper()
	h := &hand{
		t: t, alg: alg, n: n,
		engines: make([]consensus.Engine, n+1), disks: make([][]byte, n+1), loose: make([][]byte, n+1),
		timers: make([]map[consensus.TimerID]consensus.Duration, n+1),
		sent:   map[consensus.MessageKind]int{},
		ref:    newReferee(n),
	}
	for id := 1; id <= n; id++ {
		h.all.Add(consensus.NodeID(id))
		h.timers[id] = map[consensus.TimerID]consensus.Duration{}
	}
	h.set.Options = alg.Protocol.Defaults()
	h.change(changes...)
	return h
}

// change sets options and rules for the nodes that start from now on.
func (h *hand) change(changes ...string) {
	h.t.Helper()
	for _, c := range changes {
		if name, off := strings.CutPrefix(c, "-"); off {
			h.set.Off = h.set.Off.With(h.rule(name))
			h.quiet = true
			continue
		}
		name, value, _ := strings.Cut(c, "=")
		v, err := strconv.ParseInt(value, 10, 64)
		found := false
		for i, o := range h.alg.Protocol.Options {
			if o.Name == name {
				h.set.Options = append([]int64(nil), h.set.Options...)
				h.set.Options[i], found = v, true
			}
		}
		if err != nil || !found {
			h.t.Fatalf("there is no option %q", c)
		}
	}
}

// configure gives the settings to all nodes that run.
func (h *hand) configure(changes ...string) {
	h.t.Helper()
	h.change(changes...)
	for id, e := range h.engines {
		if e != nil {
			h.step(consensus.NodeID(id), consensus.Input{Kind: consensus.InputConfigure, Settings: h.set})
		}
	}
}

func (h *hand) rule(name string) consensus.RuleID {
	h.t.Helper()
	r, ok := h.alg.Protocol.Rule(h.alg.Protocol.Name + "." + name)
	if !ok {
		h.t.Fatalf("there is no rule %q", name)
	}
	return r
}

// start boots a node from its disk.
func (h *hand) start(id consensus.NodeID) {
	h.t.Helper()
	h.boot++
	m := h.machine
	if m == nil {
		m = &journal{}
	}
	h.engines[id] = h.alg.New(consensus.Config{
		ID: id, Nodes: h.all, Seed: consensus.Mix(h.boot<<8 | uint64(id)), Settings: h.set, Machine: m,
	})
	h.timers[id] = map[consensus.TimerID]consensus.Duration{}
	h.ref.boot(id)
	h.step(id, consensus.Input{Kind: consensus.InputStart, Disk: h.disks[id]})
}

// crash stops a node: what is not durable is lost.
func (h *hand) crash(id consensus.NodeID) {
	h.engines[id], h.loose[id] = nil, nil
}

// step gives one input to a node and takes the effects.
func (h *hand) step(id consensus.NodeID, in consensus.Input) *consensus.Effects {
	h.t.Helper()
	var out consensus.Effects
	in.Now = h.now
	h.engines[id].Step(&in, &out)
	h.write(id, &out)
	h.take(id, &out)
	return &out
}

// write makes what a step writes durable, at once or, when it is loose, at the next
// write that is not.
func (h *hand) write(id consensus.NodeID, out *consensus.Effects) {
	h.t.Helper()
	if len(out.Write) == 0 && !out.Replace {
		return
	}
	if out.Loose {
		h.loose[id] = append(h.loose[id], out.Write...)
		return
	}
	if out.Replace {
		h.disks[id] = nil
	} else {
		h.disks[id] = append(h.disks[id], h.loose[id]...)
	}
	h.loose[id] = nil
	h.disks[id] = append(h.disks[id], out.Write...)
	d, err := DecodeDisk(h.disks[id])
	if err != nil {
		h.t.Fatalf("%v wrote what cannot be read: %v", id, err)
	}
	if wrong := unlike(d, h.engines[id]); wrong != "" && !h.set.Off.Has(rulePersist) {
		h.t.Fatalf("the disk of %v: %s", id, wrong)
	}
}

// take releases the effects of a step: notes, timers, messages, replies.
func (h *hand) take(id consensus.NodeID, out *consensus.Effects) {
	h.t.Helper()
	for _, n := range out.Notes {
		h.ref.note(id, n)
		if n.Kind == consensus.NoteRule {
			h.fired = append(h.fired, firing{id, n})
			if r := int(n.Rule); r < 1 || r > len(h.alg.Protocol.Rules) || int(n.Sub) >= len(h.alg.Protocol.Rules[r-1].Tells) {
				h.t.Fatalf("%v: rule %d has no sentence for outcome %d", id, n.Rule, n.Sub)
			}
			heard[outcome{h.alg.Protocol.Name, n.Rule, n.Sub}] = true
		}
	}
	if !h.quiet && len(h.ref.broken) > 0 {
		h.t.Fatalf("%v", h.ref.broken)
	}
	if wrong := h.ref.differs(id, h.engines[id].Inspect(), !h.set.Off.Has(ruleInOrder)); wrong != "" {
		h.t.Fatalf("%v: %s", id, wrong)
	}
	for _, c := range out.Timers {
		if int(c.Timer) >= len(h.alg.Protocol.Timers) {
			h.t.Fatalf("%v sets timer %d", id, c.Timer)
		}
		if c.After < 0 {
			delete(h.timers[id], c.Timer)
		} else {
			h.timers[id][c.Timer] = c.After
		}
	}
	for _, m := range out.Messages {
		if m.From != id || m.To == id || !h.all.Has(m.To) || len(m.Data) > consensus.MessageMax {
			h.t.Fatalf("%v sends %+v", id, m)
		}
		m.Data = append([]byte(nil), m.Data...)
		if _, ok := decode(m.Kind, m.Data); !ok {
			h.t.Fatalf("%v sends what cannot be read: %+v", id, m)
		}
		h.mail = append(h.mail, m)
		h.sent[m.Kind]++
	}
	for _, r := range out.Replies {
		r.Result = append([]byte(nil), r.Result...)
		h.replies = append(h.replies, r)
	}
}

// find takes the first message of that kind between two nodes (None: any) out of the
// mail.
func (h *hand) find(from, to consensus.NodeID, kind consensus.MessageKind) (consensus.Message, bool) {
	for i, m := range h.mail {
		if m.Kind == kind && (from == 0 || m.From == from) && (to == 0 || m.To == to) {
			h.mail = append(h.mail[:i:i], h.mail[i+1:]...)
			return m, true
		}
	}
	return consensus.Message{}, false
}

// deliver delivers the first such message, which must be there.
func (h *hand) deliver(from, to consensus.NodeID, kind consensus.MessageKind) {
	h.t.Helper()
	m, ok := h.find(from, to, kind)
	if !ok {
		h.t.Fatalf("there is no message of kind %d from %v to %v; there are %v", kind, from, to, h.mail)
	}
	h.put(m)
}

// exchange delivers a request from a node to others, and the answer of each.
func (h *hand) exchange(from consensus.NodeID, request, answer consensus.MessageKind, to ...consensus.NodeID) {
	h.t.Helper()
	for _, id := range to {
		h.deliver(from, id, request)
		h.deliver(id, from, answer)
	}
}

func (h *hand) put(m consensus.Message) {
	h.t.Helper()
	if h.engines[m.To] != nil {
		h.step(m.To, consensus.Input{Kind: consensus.InputMessage, Message: m})
	}
}

// drop loses all messages for which lost says so; nil: all.
func (h *hand) drop(lost func(m consensus.Message) bool) {
	kept := h.mail[:0]
	for _, m := range h.mail {
		if lost != nil && !lost(m) {
			kept = append(kept, m)
		}
	}
	h.mail = kept
}

// run delivers all mail, and what follows from it, in order.
func (h *hand) run() {
	h.t.Helper()
	for i := 0; len(h.mail) > 0; i++ {
		if i > 100_000 {
			h.t.Fatal("the nodes do not come to rest")
		}
		m := h.mail[0]
		h.mail = h.mail[1:]
		h.put(m)
	}
}

// runAmong delivers all mail among some nodes and loses everything else.
func (h *hand) runAmong(ids ...consensus.NodeID) {
	h.t.Helper()
	in := consensus.SetOf(ids...)
	for i := 0; len(h.mail) > 0; i++ {
		if i > 100_000 {
			h.t.Fatal("the nodes do not come to rest")
		}
		m := h.mail[0]
		h.mail = h.mail[1:]
		if in.Has(m.From) && in.Has(m.To) {
			h.put(m)
		}
	}
}

// expire lets a running timer expire.
func (h *hand) expire(id consensus.NodeID, t consensus.TimerID) {
	h.t.Helper()
	after, ok := h.timers[id][t]
	if !ok {
		h.t.Fatalf("%v: timer %d does not run", id, t)
	}
	delete(h.timers[id], t)
	h.now += after
	h.step(id, consensus.Input{Kind: consensus.InputTimer, Timer: t})
}

// request asks a node for a command.
func (h *hand) request(id consensus.NodeID, client int, seq uint32, command string) {
	h.t.Helper()
	q := consensus.Request{Client: consensus.Client(client), Seq: seq, Command: []byte(command)}
	h.ref.asked(q)
	h.step(id, consensus.Input{Kind: consensus.InputRequest, Request: q})
}

// lead makes a node of Multi-Paxos the leader, with the promises of all who are up.
func (h *hand) lead(id consensus.NodeID) {
	h.t.Helper()
	h.expire(id, ElectionTimer)
	h.run()
	if h.state(id).Role != Leader {
		h.t.Fatalf("%v does not lead", id)
	}
}

func (h *hand) state(id consensus.NodeID) consensus.State { return h.engines[id].Inspect() }

// value returns what a node has in a slot, "" when nothing, "-" for a no-op.
func (h *hand) value(id consensus.NodeID, slot int) string {
	s := h.state(id)
	if slot > len(s.Entries) || s.Entries[slot-1].Term == 0 {
		return ""
	}
	if e := s.Entries[slot-1]; isNoop(e) {
		return "-"
	}
	return string(s.Entries[slot-1].Command)
}

// chosen returns what a node knows to be chosen in a slot, "" when it knows nothing.
func (h *hand) chosen(id consensus.NodeID, slot int) string {
	s := h.state(id)
	known := consensus.Index(slot) <= s.Commit
	for _, i := range s.Chosen {
		known = known || i == consensus.Index(slot)
	}
	if !known {
		return ""
	}
	return h.value(id, slot)
}

// count returns how often a node (None: any) fired a rule with an outcome.
func (h *hand) count(id consensus.NodeID, rule consensus.RuleID, outcome uint8) int {
	n := 0
	for _, f := range h.fired {
		if (id == 0 || f.node == id) && f.note.Rule == rule && f.note.Sub == outcome {
			n++
		}
	}
	return n
}

func (h *hand) wantFired(id consensus.NodeID, rule consensus.RuleID, outcome uint8) {
	h.t.Helper()
	if h.count(id, rule, outcome) == 0 {
		h.t.Errorf("%v did not fire %s with outcome %d", id, h.alg.Protocol.Rules[rule-1].ID, outcome)
	}
}

func (h *hand) wantChosen(slot int, want string, ids ...consensus.NodeID) {
	h.t.Helper()
	for _, id := range ids {
		if got := h.chosen(id, slot); got != want {
			h.t.Errorf("%v knows %q to be chosen in slot %d, want %q", id, got, slot, want)
		}
	}
}

// wantReply expects the latest answer to a client.
func (h *hand) wantReply(client int, status consensus.Status, result string) {
	h.t.Helper()
	for i := len(h.replies) - 1; i >= 0; i-- {
		if r := h.replies[i]; r.Client == consensus.Client(client) {
			if r.Status != status || string(r.Result) != result {
				h.t.Errorf("C%d was answered %v %q, want %v %q", client, r.Status, r.Result, status, result)
			}
			return
		}
	}
	h.t.Errorf("C%d was not answered", client)
}

// journal is a machine that remembers all it did: the answer to a command is its place.
// Whether a history of unique commands is linearizable can be read off the answers.
type journal struct {
	commands []string
}

func (j *journal) Apply(command []byte) []byte {
	j.commands = append(j.commands, string(command))
	return []byte(strconv.Itoa(len(j.commands)))
}

func (j *journal) Clone() consensus.Machine {
	return &journal{commands: j.commands[:len(j.commands):len(j.commands)]}
}

func (j *journal) Save(b []byte) []byte {
	for _, c := range j.commands {
		b = append(append(b, c...), 0)
	}
	return b
}

func (j *journal) Load(b []byte) bool {
	if len(b) > 0 && b[len(b)-1] != 0 {
		return false
	}
	j.commands = nil
	for len(b) > 0 {
		n := bytes.IndexByte(b, 0)
		j.commands, b = append(j.commands, string(b[:n])), b[n+1:]
	}
	return true
}

func (j *journal) Inspect() []consensus.Field {
	f := make([]consensus.Field, len(j.commands))
	for i, c := range j.commands {
		f[i] = consensus.Field{Name: strconv.Itoa(i + 1), Value: c}
	}
	return f
}
