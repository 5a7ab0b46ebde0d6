package paxos

import (
	"bytes"
	"strings"
	"testing"

	"parley/consensus"
)

// someMessages has one of each form of each kind.
func someMessages() []consensus.Message {
	withVotes := func(kind consensus.MessageKind, head []byte, votes ...vote) consensus.Message {
		for _, v := range votes {
			head = appendVote(head, v)
		}
		return consensus.Message{Kind: kind, Term: b(2, 1), Data: closeVotes(head, kind, len(votes))}
	}
	one := vote{slot: 3, entry: withBallot(x, b(1, 2)), chosen: true}
	two := vote{slot: 9, entry: withBallot(noop, b(2, 100))}
	return []consensus.Message{
		{Kind: KindPrepare, Term: b(2, 1), Data: appendPrepare(nil, 7)},
		withVotes(KindPromise, appendPromise(nil, 3, 2)),
		withVotes(KindPromise, appendPromise(nil, 3, 2), one, two),
		{Kind: KindAccept, Term: b(2, 1), Data: appendAccept(nil, 7, 6, x)},
		{Kind: KindAccept, Term: b(2, 1), Data: appendAccept(nil, SlotMax, 0, noop)},
		{Kind: KindAccepted, Term: b(2, 1), Data: appendAccepted(nil, 7)},
		{Kind: KindAccepted, Term: b(2, 1), Data: appendAcceptedValue(nil, 7, y)},
		{Kind: KindNack, Term: b(2, 1), Data: appendNack(nil, 7, b(1, 3), 2)},
		withVotes(KindLearn, appendLearn(nil, 9)),
		withVotes(KindLearn, appendLearn(nil, 9), one),
		{Kind: KindAsk, Term: 0, Data: appendAsk(nil, 7, 9, 5, 0)},
		{Kind: KindAsk, Term: 0, Data: appendAsk(nil, 7, 9, 5, 6)},
		{Kind: KindHeartbeat, Term: b(2, 1), Data: appendHeartbeat(nil, 12)},
	}
}

// encode writes a body again.
func (q body) encode(kind consensus.MessageKind) []byte {
	switch kind {
	case KindPrepare:
		return appendPrepare(nil, q.slot)
	case KindPromise, KindLearn:
		head := appendLearn(nil, q.commit)
		if kind == KindPromise {
			head = appendPromise(nil, q.slot, q.commit)
		}
		rest := q
		for range q.count {
			head = appendVote(head, rest.nextVote())
		}
		return closeVotes(head, kind, q.count)
	case KindAccept:
		return appendAccept(nil, q.slot, q.commit, q.value)
	case KindAccepted:
		if q.valued {
			return appendAcceptedValue(nil, q.slot, q.value)
		}
		return appendAccepted(nil, q.slot)
	case KindNack:
		return appendNack(nil, q.slot, q.refused, q.phase)
	case KindAsk:
		return appendAsk(nil, q.slot, q.top, q.known, q.kept)
	}
	return appendHeartbeat(nil, q.commit)
}

func TestMessagesEncodeAndDecode(t *testing.T) {
	for _, m := range someMessages() {
		q, ok := decode(m.Kind, m.Data)
		if !ok || !bytes.Equal(q.encode(m.Kind), m.Data) {
			t.Errorf("kind %d: %v, %+v", m.Kind, ok, q)
		}
		for cut := range m.Data {
			if got, ok := decode(m.Kind, m.Data[:cut]); ok && !bytes.Equal(got.encode(m.Kind), m.Data[:cut]) {
				t.Errorf("kind %d cut at byte %d is taken for %+v", m.Kind, cut, got)
			}
		}
		if _, ok := decode(m.Kind, append(bytes.Clone(m.Data), 0)); ok {
			t.Errorf("kind %d with a byte too many is taken", m.Kind)
		}
	}
}

func TestMalformedMessagesAreRefused(t *testing.T) {
	long := entry(0, 1, 1, strings.Repeat("v", consensus.CommandMax+1))
	v := vote{slot: 4, entry: withBallot(x, b(1, 1))}
	unsorted := closeVotes(appendVote(appendVote(appendPromise(nil, 1, 0), v), v), KindPromise, 2)
	tooMany := closeVotes(appendVote(appendPromise(nil, 1, 0), v), KindPromise, 2)
	badVote := v
	badVote.entry.Term = 3
	flagged := closeVotes(appendVote(appendLearn(nil, 1), v), KindLearn, 1)
	flagged[4+2+8] = 2
	for name, c := range map[string]struct {
		kind consensus.MessageKind
		data []byte
	}{
		"slot 0":                   {KindPrepare, appendPrepare(nil, 0)},
		"a slot beyond all":        {KindAccept, appendAccept(nil, SlotMax+1, 0, x)},
		"a commit beyond all":      {KindHeartbeat, appendHeartbeat(nil, SlotMax+1)},
		"a command too long":       {KindAccept, appendAccept(nil, 1, 0, long)},
		"a node's command":         {KindAccept, appendAccept(nil, 1, 0, consensus.Entry{Client: 3, Seq: 1})},
		"request number 0":         {KindAccept, appendAccept(nil, 1, 0, consensus.Entry{Client: consensus.Client(1)})},
		"a no-op with a command":   {KindAccept, appendAccept(nil, 1, 0, consensus.Entry{Command: []byte("x")})},
		"votes out of order":       {KindPromise, unsorted},
		"fewer votes than counted": {KindPromise, tooMany},
		"a vote without ballot":    {KindPromise, closeVotes(appendVote(appendPromise(nil, 1, 0), badVote), KindPromise, 1)},
		"a flag that is no flag":   {KindLearn, flagged},
		"a refused ballot 0":       {KindNack, appendNack(nil, 1, 0, 1)},
		"phase 3":                  {KindNack, appendNack(nil, 1, b(1, 1), 3)},
		"an unknown kind":          {KindHeartbeat + 1, nil},
		"a client's kind":          {consensus.KindRequest, nil},
	} {
		if q, ok := decode(c.kind, c.data); ok {
			t.Errorf("%s: taken for %+v", name, q)
		}
	}
}

// What a stranger sends changes nothing.
func TestStrangersAreIgnored(t *testing.T) {
	for _, alg := range algorithms {
		h := newHand(t, alg, 3)
		for name, m := range map[string]consensus.Message{
			"no node of the cluster":  prepareMsg(9, 1, b(1, 9), 1),
			"itself":                  prepareMsg(1, 1, b(1, 1), 1),
			"nobody":                  prepareMsg(0, 1, b(1, 2), 1),
			"a client":                prepareMsg(consensus.Client(1), 1, b(1, 2), 1),
			"somebody else's ballot":  prepareMsg(2, 1, b(1, 3), 1),
			"no ballot":               prepareMsg(2, 1, 0, 1),
			"a ballot beyond all":     prepareMsg(2, 1, BallotMax+2, 1),
			"another's accept":        acceptMsg(2, 1, b(1, 3), 1, x),
			"a promise for another":   promiseMsg(2, 1, b(1, 3), 1),
			"an acceptance of no one": acceptedMsg(2, 1, 5, 1),
			"a nack of no ballot":     nackMsg(2, 1, 0, 1, b(1, 1), 1),
			"no body":                 {From: 2, To: 1, Kind: KindPrepare, Term: b(1, 2)},
			"an unknown kind":         {From: 2, To: 1, Kind: 99, Term: b(1, 2)},
		} {
			before := h.count(1, ruleMalformed, 0)
			if h.put(m); h.count(1, ruleMalformed, 0) != before+1 || len(h.mail) != 0 || h.state(1).Term != 0 {
				t.Errorf("%s, %s: was not ignored", alg.Protocol.Name, name)
			}
		}
	}
}

func TestDescribeSpeaksThePapersTerms(t *testing.T) {
	for _, alg := range algorithms {
		for _, m := range someMessages() {
			if m.Kind == KindHeartbeat && alg.Protocol.Name == "synod" {
				continue
			}
			fields := alg.Describe(m)
			if len(fields) < 2 || fields[0].Name != "ballot" {
				t.Errorf("kind %d: %v", m.Kind, fields)
			}
			for _, f := range fields {
				if f.Name == "" || f.Value == "" || f.Name == "data" {
					t.Errorf("kind %d: %+v", m.Kind, f)
				}
			}
		}
		bad := alg.Describe(consensus.Message{Kind: KindAccept, Term: b(2, 3), Data: []byte{1}})
		if len(bad) != 2 || bad[0].Value != "2.N3" || !strings.Contains(bad[1].Value, "no message") {
			t.Errorf("one byte is described as %v", bad)
		}
	}
	got := DescribeMulti(someMessages()[2])
	want := []consensus.Field{
		{Name: "ballot", Value: "2.N1"}, {Name: "from slot", Value: "3"}, {Name: "chosen up to", Value: "2"}, {Name: "accepted", Value: "2"},
		{Name: "slot 3", Value: "x (C1, request 1), ballot 1.N2, chosen"}, {Name: "slot 9", Value: "no-op, ballot 2.N100"},
	}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("field %d is %v, want %v", i, got[i], want[i])
		}
	}
}

// Whatever a message holds, reading it ends; what is read encodes to the same bytes; and
// both engines go on after it, in every role, and keep their invariants.
func FuzzMessage(f *testing.F) {
	for _, m := range someMessages() {
		f.Add(uint8(m.Kind), uint32(m.Term), uint8(m.Flags), m.Data)
	}
	f.Add(uint8(KindLearn), uint32(b(1, 2)), uint8(consensus.FlagReply), someMessages()[9].Data)
	f.Fuzz(func(t *testing.T, kind uint8, term uint32, flags uint8, data []byte) {
		m := consensus.Message{
			From: 2, To: 1, Kind: consensus.MessageKind(kind), Term: consensus.Term(term),
			Flags: consensus.MessageFlags(flags), Data: data,
		}
		if q, ok := decode(m.Kind, data); ok && !bytes.Equal(q.encode(m.Kind), data) {
			t.Fatalf("%v is read as %+v", data, q)
		}
		for _, alg := range algorithms {
			alg.Describe(m)
			for stage := range 3 {
				h := newHand(t, alg, 3)
				h.quiet = true // it may well teach what nobody asked for
				if alg.Protocol.Name == "synod" {
					h.request(1, 1, 1, "x")
				} else {
					h.expire(1, ElectionTimer)
				}
				if stage >= 1 {
					h.phase1(1, 3)
				}
				if stage >= 2 && alg.Protocol.Name == "multipaxos" {
					h.request(1, 1, 1, "x")
				}
				h.put(m)
				h.put(m)
				h.state(1)
				h.runAmong(1, 3)
			}
		}
	})
}
