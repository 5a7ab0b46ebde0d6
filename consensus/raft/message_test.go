package raft

import (
	"bytes"
	"testing"

	"parley/consensus"
)

func TestMessagesEncodeAndDecode(t *testing.T) {
	for _, q := range []voteRequest{{}, {7, 3}, {LogMax, TermMax}} {
		if got, ok := decodeVoteRequest(q.append(nil)); !ok || got != q {
			t.Errorf("%+v became %+v, %v", q, got, ok)
		}
	}
	for _, q := range []voteReply{{false}, {true}} {
		if got, ok := decodeVoteReply(q.append(nil)); !ok || got != q {
			t.Errorf("%+v became %+v, %v", q, got, ok)
		}
	}
	for _, q := range []appendReply{
		{success: true}, {success: true, prevIndex: 7, match: 9},
		{prevIndex: 7, conflictIndex: 3}, {prevIndex: LogMax, conflictTerm: 4, conflictIndex: LogMax + 1},
	} {
		if got, ok := decodeAppendReply(q.append(nil)); !ok || got != q {
			t.Errorf("%+v became %+v, %v", q, got, ok)
		}
	}
	for _, log := range [][]consensus.Entry{nil, {{Term: 3}}, logOf(1, 2, 3), {{Term: 2, Client: consensus.Client(32), Seq: 1<<32 - 1, Command: make([]byte, consensus.CommandMax)}}} {
		q := appendRequest{prevIndex: 12, prevTerm: 2, commit: 11, count: len(log)}
		b := q.appendHead(nil)
		for i := range log {
			b = appendEntry(b, &log[i])
		}
		got, ok := decodeAppendRequest(b, 3)
		if !ok || got.prevIndex != 12 || got.prevTerm != 2 || got.commit != 11 || got.count != len(log) {
			t.Fatalf("it became %+v, %v", got, ok)
		}
		rest := got.entries
		for i := range log {
			var e consensus.Entry
			e, rest = takeEntry(rest)
			if e.Term != log[i].Term || e.Client != log[i].Client || e.Seq != log[i].Seq || !bytes.Equal(e.Command, log[i].Command) {
				t.Errorf("entry %d became %+v", i, e)
			}
		}
	}
}

// Bytes that no server would send are told from those that one would.
func TestMalformedMessagesAreRefused(t *testing.T) {
	entry := func(e consensus.Entry) []byte {
		q := appendRequest{count: 1}
		return appendEntry(q.appendHead(nil), &e)
	}
	head := func(q appendRequest) []byte { return q.appendHead(nil) }
	client := consensus.Client(1)
	for name, m := range map[string]consensus.Message{
		"empty RequestVote":            {Kind: KindRequestVote},
		"long RequestVote":             {Kind: KindRequestVote, Data: make([]byte, 9)},
		"last index without a term":    {Kind: KindRequestVote, Data: voteRequest{5, 0}.append(nil)},
		"last index beyond the end":    {Kind: KindRequestVote, Data: voteRequest{LogMax + 1, 1}.append(nil)},
		"empty vote":                   {Kind: KindRequestVoteReply},
		"vote of neither yes nor no":   {Kind: KindRequestVoteReply, Data: []byte{2}},
		"empty AppendEntries":          {Kind: KindAppendEntries},
		"prev index without a term":    {Kind: KindAppendEntries, Data: head(appendRequest{prevIndex: 4})},
		"prev index beyond the end":    {Kind: KindAppendEntries, Data: head(appendRequest{prevIndex: 1<<32 - 1, prevTerm: 1})},
		"commit beyond the end":        {Kind: KindAppendEntries, Data: head(appendRequest{commit: LogMax + 1})},
		"entries that are not there":   {Kind: KindAppendEntries, Data: head(appendRequest{count: 3})},
		"bytes left over":              {Kind: KindAppendEntries, Data: append(head(appendRequest{}), 0)},
		"cut entry":                    {Kind: KindAppendEntries, Data: entry(consensus.Entry{Term: 1, Client: client, Seq: 1, Command: []byte("x")})[:25]},
		"entry without a term":         {Kind: KindAppendEntries, Data: entry(consensus.Entry{Client: client, Seq: 1})},
		"entry of a later term":        {Kind: KindAppendEntries, Data: entry(consensus.Entry{Term: 6, Client: client, Seq: 1})},
		"entry of a node":              {Kind: KindAppendEntries, Data: entry(consensus.Entry{Term: 1, Client: 2, Seq: 1})},
		"entry without a number":       {Kind: KindAppendEntries, Data: entry(consensus.Entry{Term: 1, Client: client})},
		"no-op with a command":         {Kind: KindAppendEntries, Data: entry(consensus.Entry{Term: 1, Command: []byte("x")})},
		"command too long":             {Kind: KindAppendEntries, Data: entry(consensus.Entry{Term: 1, Client: client, Seq: 1, Command: make([]byte, consensus.CommandMax+1)})},
		"empty answer":                 {Kind: KindAppendEntriesReply},
		"answer neither yes nor no":    {Kind: KindAppendEntriesReply, Data: append([]byte{7}, make([]byte, 12)...)},
		"success before what was sent": {Kind: KindAppendEntriesReply, Data: (&appendReply{success: true, prevIndex: 5, match: 4}).append(nil)},
		"refusal of nothing":           {Kind: KindAppendEntriesReply, Data: (&appendReply{prevIndex: 0, conflictIndex: 1}).append(nil)},
		"refusal that names nothing":   {Kind: KindAppendEntriesReply, Data: (&appendReply{prevIndex: 3}).append(nil)},
		"unknown kind":                 {Kind: 99},
		"request as a message":         {Kind: consensus.KindRequest},
		"term 0":                       {Kind: KindRequestVoteReply, Data: []byte{1}},
	} {
		c := newCluster(t, 3).with(1, Disk{Term: 4, Log: logOf(1, 2)})
		c.start(1)
		before := c.raft(1).Inspect()
		if name != "term 0" {
			m.Term = 5
		}
		m.From, m.To = 2, 1
		c.message(m)
		c.wantFired(1, ruleMalformed, 0)
		after := c.raft(1).Inspect()
		if len(c.net) != 0 || after.Term != before.Term || len(after.Entries) != len(before.Entries) {
			t.Errorf("%s: it changed something", name)
		}
		if f := Describe(m); m.Term > 0 && m.Kind >= consensus.KindEngine && f[len(f)-1].Name != "data" && name != "entry of a later term" {
			t.Errorf("%s: described as %v", name, f)
		}
	}
}

// Messages from strangers, from oneself, or of a term beyond the last change nothing.
func TestStrangersAreIgnored(t *testing.T) {
	c := running(t, 3)
	for _, m := range []consensus.Message{
		{From: 4, Term: 9}, {From: 1, Term: 9}, {From: consensus.None, Term: 9}, {From: consensus.Client(1), Term: 9},
		{From: 2, Term: 0}, {From: 2, Term: TermMax + 1},
	} {
		m.To, m.Kind, m.Data = 1, KindRequestVote, voteRequest{}.append(nil)
		c.message(m)
		c.wantFired(1, ruleMalformed, 0)
		if c.raft(1).term != 0 || len(c.net) != 0 {
			t.Errorf("%+v changed something", m)
		}
	}
}

// An answer to a leader that claims more than the leader has.
func TestAnswerBeyondTheLogIsIgnored(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	c.message(consensus.Message{From: 2, To: 1, Kind: KindAppendEntriesReply, Term: 1, Data: (&appendReply{success: true, match: 99}).append(nil)})
	c.wantFired(1, ruleMalformed, 0)
	if p := c.raft(1).progress[2]; p.match != 1 || c.raft(1).commit != 1 {
		t.Errorf("it believed %+v", p)
	}
}

func TestDescribeSpeaksThePapersTerms(t *testing.T) {
	c := running(t, 3)
	names := func(m consensus.Message) string {
		s := ""
		for _, f := range Describe(m) {
			s += f.Name + "=" + f.Value + "; "
		}
		return s
	}
	want := func(from, to consensus.NodeID, want string) {
		t.Helper()
		if got := names(c.sent(from, to)[0]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		c.deliver(from, to)
	}
	c.timeout(1)
	want(1, 2, "term=1; candidateId=N1; lastLogIndex=0; lastLogTerm=0; ")
	want(2, 1, "term=1; voteGranted=true; ")
	want(1, 2, "term=1; leaderId=N1; prevLogIndex=0; prevLogTerm=0; leaderCommit=0; entries[]=1; entries[0]=index 1, term 1: no-op; ")
	want(2, 1, "term=1; success=true; prevLogIndex=0; matchIndex=1; ")
	c.request(1, 1, 1, "set x 1")
	c.drop(func(m consensus.Message) bool { return m.To == 2 })
	c.heartbeat(1)
	want(1, 2, "term=1; leaderId=N1; prevLogIndex=2; prevLogTerm=1; leaderCommit=1; entries[]=none: a heartbeat; ")
	want(2, 1, "term=1; success=false; prevLogIndex=2; conflictTerm=0; conflictIndex=2; ")
	want(1, 2, "term=1; leaderId=N1; prevLogIndex=1; prevLogTerm=1; leaderCommit=1; entries[]=1; entries[0]=index 2, term 1: set x 1 (C1, request 1); ")
	if got := names(consensus.Message{Kind: KindAppendEntries, Term: 3, Data: []byte("nonsense")}); got != "term=3; data=8 bytes that are no message of Raft; " {
		t.Error(got)
	}
}

// FuzzMessage gives a follower, a candidate and a leader any bytes at all, as a remote
// tab may send them. The harness checks that they stay consistent with themselves.
func FuzzMessage(f *testing.F) {
	q := appendRequest{prevIndex: 1, prevTerm: 1, commit: 1, count: 1}
	f.Add(uint8(KindRequestVote), uint32(2), voteRequest{3, 1}.append(nil))
	f.Add(uint8(KindRequestVoteReply), uint32(1), voteReply{true}.append(nil))
	f.Add(uint8(KindAppendEntries), uint32(2), appendEntry(q.appendHead(nil), &consensus.Entry{Term: 1, Client: consensus.Client(1), Seq: 7, Command: []byte("set y 2")}))
	f.Add(uint8(KindAppendEntriesReply), uint32(1), (&appendReply{success: true, prevIndex: 1, match: 2}).append(nil))
	f.Add(uint8(KindAppendEntriesReply), uint32(1), (&appendReply{prevIndex: 2, conflictTerm: 1, conflictIndex: 1}).append(nil))
	f.Fuzz(func(t *testing.T, kind uint8, term uint32, data []byte) {
		c := running(t, 3)
		c.elect(1)
		c.request(1, 1, 1, "set x 1")
		c.deliver(1, 2)
		c.timeout(3)
		for id := consensus.NodeID(1); id <= 3; id++ {
			m := consensus.Message{From: id%3 + 1, To: id, Kind: consensus.MessageKind(kind), Term: consensus.Term(term), Data: data}
			c.message(m)
			Describe(m)
			c.message(m)
			if r := c.raft(id); r.commit > r.log.last() || r.log.last() > LogMax {
				t.Fatalf("%v: commit %d, last %d", id, r.commit, r.log.last())
			}
		}
		for id := consensus.NodeID(1); id <= 3; id++ {
			c.timeout(id)
			c.heartbeat(id)
		}
	})
}
