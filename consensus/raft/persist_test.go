package raft

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"parley/consensus"
)

// currentTerm, votedFor and the log are on disk before anybody has an answer that stands
// on them (Figure 2, persistent state).
func TestFigure2_StateIsWrittenBeforeAnAnswer(t *testing.T) {
	c := running(t, 3)
	c.timeout(1)
	c.wantFired(1, rulePersist, persistDone)
	c.deliver(1, 2)
	n := c.node(2)
	if len(n.out.Write) == 0 || n.out.Loose || n.out.Replace {
		t.Errorf("the vote was not written: %+v", n.out)
	}
	if d, err := DecodeDisk(n.disk); err != nil || d.Term != 1 || d.Vote != 1 {
		t.Errorf("on disk: %+v, %v", d, err)
	}
	c.flush()
	c.request(1, 1, 1, "set x 1")
	c.deliver(1, 2)
	if d, err := DecodeDisk(n.disk); err != nil || len(d.Log) != 2 || string(d.Log[1].Command) != "set x 1" {
		t.Errorf("on disk: %+v, %v", d, err)
	}
	c.flush()
	c.heartbeat(1)
	c.flush()
	c.heartbeat(1)
	c.deliver(1, 2)
	if len(n.out.Write) != 0 {
		t.Error("a heartbeat that changes nothing was written")
	}
}

// §5.5: a server that crashed goes on from its persistent state, and everything volatile
// starts from nothing (Figure 2).
func TestSection5_5_RestartFromDisk(t *testing.T) {
	c := running(t, 3)
	c.elect(1)
	for seq := uint32(1); seq <= 3; seq++ {
		c.request(1, 1, seq, "set x 1")
	}
	c.flush()
	c.crash(1)
	c.start(1)
	c.wantFired(1, ruleRestart, restartWhole)
	if r := c.raft(1); r.term != 1 || r.vote != 1 || r.role != Follower || r.leader != consensus.None || r.commit != 0 || r.applied != 0 {
		t.Errorf("it restarts as %+v", r)
	}
	c.wantTerms(1, 1, 1, 1, 1)
	if m := c.node(1).engine.Inspect().Machine; len(m) != 0 {
		t.Errorf("its machine holds %v already", m)
	}
	c.elect(2)
	c.heartbeat(2)
	c.flush()
	if r := c.raft(1); r.applied != 5 || len(c.node(1).engine.Inspect().Machine) != 1 {
		t.Errorf("it should have applied its log again, but applied up to %d", r.applied)
	}
	c.sound()
}

// A server that restarts remembers its vote.
func TestSection5_5_RestartKeepsTheVote(t *testing.T) {
	c := running(t, 3)
	c.timeout(1)
	c.timeout(2)
	c.deliver(1, 3)
	c.crash(3)
	c.start(3)
	c.deliver(2, 3)
	c.wantFired(3, ruleVoteOnce, voteRefused)
	c.sound()
}

// The whole cluster loses power and goes on.
func TestSection5_5_AllRestart(t *testing.T) {
	c := running(t, 5)
	c.elect(3)
	c.request(3, 1, 1, "set x 1")
	c.flush()
	c.crash(1, 2, 3, 4, 5)
	c.start(1, 2, 3, 4, 5)
	c.elect(4)
	c.request(4, 1, 2, "get x")
	c.flush()
	if got := c.last(); string(got.Result) != "1" {
		t.Errorf("after the restart x is %q", got.Result)
	}
	c.sound()
}

var someDisks = []Disk{
	{},
	{Term: 3},
	{Term: 3, Vote: 2},
	{Term: 7, Vote: 5, Log: logOf(1, 1, 4, 7)},
	{Term: TermMax, Vote: consensus.NodesMax, Log: []consensus.Entry{{Term: 1}, {Term: TermMax, Client: consensus.Client(1), Seq: 1 << 31, Command: make([]byte, consensus.CommandMax)}}},
}

func sameDisk(a, b Disk) bool {
	if a.Term != b.Term || a.Vote != b.Vote || len(a.Log) != len(b.Log) {
		return false
	}
	for i := range a.Log {
		if x, y := &a.Log[i], &b.Log[i]; x.Term != y.Term || x.Client != y.Client || x.Seq != y.Seq || !bytes.Equal(x.Command, y.Command) {
			return false
		}
	}
	return true
}

func TestDiskEncodesAndDecodes(t *testing.T) {
	for _, d := range someDisks {
		got, err := DecodeDisk(d.Encode())
		if err != nil || !sameDisk(got, d) {
			t.Errorf("%+v became %+v, %v", d, got, err)
		}
	}
	if d, err := DecodeDisk(nil); err != nil || !reflect.DeepEqual(d, Disk{}) {
		t.Errorf("an empty disk is %+v, %v", d, err)
	}
}

// Wherever a crash cuts the last write short, what was durable before it stays, nothing
// is reported, and the server that starts from it can write on.
func TestTornTailIsIgnored(t *testing.T) {
	before := Disk{Term: 4, Vote: 1, Log: logOf(1, 2, 3)}.Encode()
	write := appendState(nil, 5, 2)
	write = appendTruncate(write, 3)
	entry := logOf(1, 2, 5)[2]
	write = appendLogged(write, 3, &entry)
	for cut := range len(write) {
		torn := append(bytes.Clone(before), write[:cut]...)
		d, err := DecodeDisk(torn)
		if err != nil {
			t.Fatalf("cut after %d bytes of %d: %v", cut, len(write), err)
		}
		if len(d.Log) < 2 || d.Term < 4 {
			t.Fatalf("cut after %d bytes of %d: %+v", cut, len(write), d)
		}
		c := newCluster(t, 3)
		c.node(1).disk = torn
		c.start(1)
		whole := cut == 0 || cut == headSize+stateSize+sumSize || cut == 2*headSize+2*sumSize+stateSize+4
		if c.fired(1, ruleRestart, restartTorn) == whole || c.node(1).out.Replace == whole {
			t.Errorf("cut after %d bytes of %d: fired %v, replace %v", cut, len(write), c.node(1).fired, c.node(1).out.Replace)
		}
		c.timeout(1) // writes; the harness decodes the disk after each step
	}
}

// A last record whose bytes were not all written is as good as absent.
func TestUnwrittenLastRecordIsIgnored(t *testing.T) {
	b := Disk{Term: 4, Log: logOf(1, 2, 3)}.Encode()
	b[len(b)-7] ^= 0xff
	d, err := DecodeDisk(b)
	if err != nil || len(d.Log) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

// Damage before the last record is reported, with the state that stands before it, and a
// server that starts from it uses that.
func TestDamagedMiddleIsReported(t *testing.T) {
	whole := Disk{Term: 4, Vote: 2, Log: logOf(1, 2, 3, 4)}
	b := whole.Encode()
	lastRecord := len(b) - (headSize + entryFixed + len(whole.Log[3].Command) + sumSize)
	for i := range lastRecord {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			bad := bytes.Clone(b)
			bad[i] ^= flip
			d, err := DecodeDisk(bad)
			if err == nil || !strings.Contains(err.Error(), "raft disk: the record at byte ") {
				t.Fatalf("byte %d flipped by %#x: %v", i, flip, err)
			}
			for j := range d.Log {
				if identityOf(&d.Log[j]) != identityOf(&whole.Log[j]) {
					t.Fatalf("byte %d flipped by %#x: index %d is wrong", i, flip, j+1)
				}
			}
		}
	}
	bad := bytes.Clone(b)
	bad[lastRecord-1] ^= 1
	c := newCluster(t, 3)
	c.node(1).disk = bad
	c.start(1)
	c.wantFired(1, ruleRestart, restartDamaged)
	c.wantTerms(1, 1, 2)
	c.timeout(1)
}

// Records that are whole and yet make no sense.
func TestSenselessRecordsAreReported(t *testing.T) {
	entry := logOf(1)[0]
	for name, b := range map[string][]byte{
		"term goes back":       appendState(appendState(nil, 5, 1), 4, 1),
		"vote for a client":    appendState(nil, 5, consensus.ClientFirst),
		"term beyond the end":  appendState(nil, TermMax+1, 0),
		"entry at index 0":     appendLogged(appendState(nil, 1, 0), 0, &entry),
		"gap":                  appendLogged(appendState(nil, 1, 0), 2, &entry),
		"entry without a term": appendLogged(nil, 1, &entry),
		"truncate too much":    appendTruncate(appendState(nil, 1, 0), 1),
		"truncate at 0":        appendTruncate(appendLogged(appendState(nil, 1, 0), 1, &entry), 0),
		"unknown kind":         closeRecord(append(openRecord(nil, 9, 1), 0), 0),
		"state too short":      closeRecord(append(openRecord(nil, recordState, 1), 0), 0),
	} {
		if d, err := DecodeDisk(b); err == nil {
			t.Errorf("%s: decoded as %+v", name, d)
		}
	}
}

func FuzzDecodeDisk(f *testing.F) {
	for _, d := range someDisks[:4] {
		f.Add(d.Encode())
	}
	b := Disk{Term: 4, Log: logOf(1, 2, 3)}.Encode()
	f.Add(appendTruncate(b, 2))
	f.Add(b[:len(b)-3])
	f.Fuzz(func(t *testing.T, b []byte) {
		d, good, _ := readDisk(b)
		if good > len(b) {
			t.Fatal("more was read than there is")
		}
		again, err := DecodeDisk(d.Encode())
		if err != nil || !sameDisk(d, again) {
			t.Fatalf("%+v became %+v, %v", d, again, err)
		}
		c := newCluster(t, 3)
		c.node(1).disk = bytes.Clone(b)
		c.start(1)
		c.timeout(1)
		if d.Term < TermMax && c.raft(1).term != d.Term+1 {
			t.Fatal("the server did not go on from its disk")
		}
	})
}
