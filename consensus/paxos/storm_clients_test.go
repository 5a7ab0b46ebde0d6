package paxos

import (
	"cmp"
	"slices"
	"strconv"

	"parley/consensus"
)

// The clients.

// next lets a client ask for its next command.
func (s *storm) next(c int) {
	k := &s.clients[c]
	if k.rest {
		return
	}
	k.seq++
	k.asked, k.since = 0, s.now
	if k.at == 0 {
		k.at = s.anyNode()
	}
	s.ask(c)
}

func (s *storm) anyNode() consensus.NodeID { return consensus.NodeID(1 + s.rand.Below(int64(s.n))) }

func (s *storm) command(c int, seq uint32) string {
	return "C" + strconv.Itoa(c+1) + "-" + strconv.Itoa(int(seq))
}

// ask sends the client's command, and again when no answer comes.
func (s *storm) ask(c int) {
	k := &s.clients[c]
	k.asked++
	seq, attempt, to := k.seq, k.asked, k.at
	q := consensus.Request{Client: consensus.Client(c + 1), Seq: seq, Command: []byte(s.command(c, seq))}
	s.ref.asked(q)
	s.after(s.latency, func() { s.input(to, consensus.Input{Kind: consensus.InputRequest, Request: q}) })
	s.after(500*ms, func() {
		if k := &s.clients[c]; k.seq == seq && k.asked == attempt {
			k.at = s.anyNode()
			s.ask(c)
		}
	})
}

func (s *storm) answered(from consensus.NodeID, r consensus.Reply) {
	s.t.Helper()
	c := int(r.Client - consensus.ClientFirst)
	k := &s.clients[c]
	if r.Seq != k.seq || s.idle(c) {
		return // an answer of before
	}
	switch r.Status {
	case consensus.StatusDone:
		place, err := strconv.Atoi(string(r.Result))
		if err != nil {
			s.t.Fatalf("C%d was answered %q", c+1, r.Result)
		}
		s.ops = append(s.ops, op{c, k.seq, s.command(c, k.seq), k.since, s.now, place})
		k.answer++
		k.asked++ // no retry waits any more
		seq := k.seq
		s.after(consensus.Duration(s.rand.Below(int64(20*ms))), func() {
			if s.clients[c].seq == seq {
				s.next(c)
			}
		})
	case consensus.StatusNotLeader, consensus.StatusBusy:
		k.at = r.Leader
		if k.at == 0 || r.Status == consensus.StatusBusy {
			k.at = s.anyNode()
		}
		seq, attempt := k.seq, k.asked
		s.after(20*ms, func() {
			if k := &s.clients[c]; k.seq == seq && k.asked == attempt {
				s.ask(c)
			}
		})
	}
}

// judge checks what clients saw and what the machines did: that is linearizable if
// every command took effect once, at a place between its question and its answer, and
// all machines agree.
func (s *storm) judge() {
	s.t.Helper()
	var longest []string
	for id := consensus.NodeID(1); int(id) <= s.n; id++ {
		if s.engines[id] == nil {
			continue
		}
		commands := machineOf(s.engines[id]).commands
		common := min(len(longest), len(commands))
		if !slices.Equal(longest[:common], commands[:common]) {
			s.t.Fatalf("the machine of %v did something else than those before", id)
		}
		if len(commands) > len(longest) {
			longest = commands
		}
	}
	seen := map[string]bool{}
	for _, c := range longest {
		if seen[c] {
			s.t.Errorf("%s took effect twice", c)
		}
		seen[c] = true
	}
	slices.SortFunc(s.ops, func(a, b op) int { return cmp.Compare(a.place, b.place) })
	latest := consensus.Time(0)
	for i, o := range s.ops {
		if i > 0 && s.ops[i-1].place == o.place {
			s.t.Errorf("%s and %s were both answered with place %d", s.ops[i-1].command, o.command, o.place)
		}
		if o.place > len(longest) || longest[o.place-1] != o.command {
			s.t.Errorf("%s was answered with place %d, where it is not", o.command, o.place)
		}
		if o.end < latest {
			s.t.Errorf("%s was answered before one at an earlier place was asked", o.command)
		}
		latest = max(latest, o.begin)
	}
}

// lastPlace returns the highest place that a client was answered.
func (s *storm) lastPlace() (last int) {
	for _, o := range s.ops {
		last = max(last, o.place)
	}
	return last
}

// idle reports whether a client's last command is answered.
func (s *storm) idle(c int) bool {
	for _, o := range s.ops {
		if o.client == c && o.seq == s.clients[c].seq {
			return true
		}
	}
	return false
}
