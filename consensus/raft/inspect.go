package raft

import (
	"strconv"

	"parley/consensus"
)

// Inspect returns what people and checkers may see.
func (r *Raft) Inspect() consensus.State {
	s := consensus.State{
		Role: r.role, Term: r.term, Vote: r.vote, Leader: r.leader,
		Commit: r.commit, Applied: r.applied,
		First: 1, Entries: r.log.flat(),
		Machine: r.machine.Inspect(),
	}
	if r.role == Leader {
		for _, peer := range r.peers {
			p := &r.progress[peer]
			s.Progress = append(s.Progress, consensus.Peering{Peer: peer, Next: p.next, Match: p.match})
		}
	}
	s.Fields = r.fields()
	return s
}

// fields returns every variable in the paper's terms.
func (r *Raft) fields() []consensus.Field {
	f := fieldList{group: "Persistent state"}
	f.number("currentTerm", uint32(r.term))
	f.text("votedFor", r.vote.String())
	f.text("log", logSummary(r.log.last(), r.log.lastTerm()))

	f.group = "Volatile state"
	f.text("role", roleTable[r.role].Name)
	f.text("leader", r.leader.String())
	f.number("commitIndex", uint32(r.commit))
	f.number("lastApplied", uint32(r.applied))

	if r.role == Candidate {
		f.group = "Volatile state of a candidate"
		f.text("votes", setNames(r.votes))
	}
	if r.role == Leader {
		f.group = "Volatile state of a leader"
		for _, peer := range r.peers {
			p := &r.progress[peer]
			f.number("nextIndex["+peer.String()+"]", uint32(p.next))
			f.number("matchIndex["+peer.String()+"]", uint32(p.match))
		}
		f.number("requests waiting", uint32(len(r.pending)))
	}
	return f.all
}

// Describe returns the fields of a message in the paper's terms.
func Describe(m consensus.Message) []consensus.Field {
	f := fieldList{}
	f.number("term", uint32(m.Term))
	known := false
	switch m.Kind {
	case KindRequestVote:
		var q voteRequest
		if q, known = decodeVoteRequest(m.Data); known {
			f.text("candidateId", m.From.String())
			f.number("lastLogIndex", uint32(q.lastIndex))
			f.number("lastLogTerm", uint32(q.lastTerm))
		}
	case KindRequestVoteReply:
		var q voteReply
		if q, known = decodeVoteReply(m.Data); known {
			f.truth("voteGranted", q.granted)
		}
	case KindAppendEntries:
		var q appendRequest
		if q, known = decodeAppendRequest(m.Data, m.Term); known {
			f.text("leaderId", m.From.String())
			f.number("prevLogIndex", uint32(q.prevIndex))
			f.number("prevLogTerm", uint32(q.prevTerm))
			f.number("leaderCommit", uint32(q.commit))
			f.entries(&q)
		}
	case KindAppendEntriesReply:
		var q appendReply
		if q, known = decodeAppendReply(m.Data); known {
			f.truth("success", q.success)
			f.number("prevLogIndex", uint32(q.prevIndex))
			if q.success {
				f.number("matchIndex", uint32(q.match))
			} else {
				f.number("conflictTerm", uint32(q.conflictTerm))
				f.number("conflictIndex", uint32(q.conflictIndex))
			}
		}
	}
	if !known {
		f.text("data", strconv.Itoa(len(m.Data))+" bytes that are no message of Raft")
	}
	return f.all
}

// fieldList gathers fields.
type fieldList struct {
	group string
	all   []consensus.Field
}

func (f *fieldList) text(name, value string) {
	f.all = append(f.all, consensus.Field{Group: f.group, Name: name, Value: value})
}

func (f *fieldList) number(name string, v uint32) {
	f.text(name, strconv.FormatUint(uint64(v), 10))
}

func (f *fieldList) truth(name string, v bool) { f.text(name, strconv.FormatBool(v)) }

// entriesShown bounds how many entries of a message are listed one by one.
const entriesShown = 64

func (f *fieldList) entries(q *appendRequest) {
	if q.count == 0 {
		f.text("entries[]", "none: a heartbeat")
		return
	}
	f.text("entries[]", strconv.Itoa(q.count))
	rest := q.entries
	for i := range min(q.count, entriesShown) {
		var e consensus.Entry
		e, rest = takeEntry(rest)
		f.text("entries["+strconv.Itoa(i)+"]", "index "+strconv.Itoa(int(q.prevIndex)+1+i)+", term "+strconv.Itoa(int(e.Term))+": "+entryText(&e))
	}
}

// entryText says what an entry asks for.
func entryText(e *consensus.Entry) string {
	if e.Client == consensus.None {
		return "no-op"
	}
	return string(e.Command) + " (" + e.Client.String() + ", request " + strconv.FormatUint(uint64(e.Seq), 10) + ")"
}

func logSummary(last consensus.Index, term consensus.Term) string {
	if last == 0 {
		return "empty"
	}
	return "up to index " + strconv.Itoa(int(last)) + ", the last of term " + strconv.Itoa(int(term))
}

func setNames(s consensus.NodeSet) string {
	names := ""
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if s.Has(id) {
			if names != "" {
				names += ", "
			}
			names += id.String()
		}
	}
	return names
}
