package paxos

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"parley/consensus"
)

func someDisks() []Disk {
	return []Disk{
		{},
		{Promised: b(3, 2)},
		{Acceptors: nodes(5), Phase1: 4, Phase2: 2},
		{Promised: b(7, 1), Slots: []Slot{
			{Accepted: withBallot(x, b(1, 1)), Chosen: true},
			{},
			{Accepted: withBallot(noop, b(2, 1))},
			{Accepted: entry(b(7, 1), 32, 1<<31, strings.Repeat("v", consensus.CommandMax))},
		}},
		{Acceptors: consensus.SetOf(1, 99, 100), Phase1: 2, Phase2: 2, Slots: []Slot{
			{Promised: b(2, 2), Accepted: withBallot(y, b(1, 3))},
			{Promised: b(1, 100), Tried: b(4, 100)},
			{Tried: b(RoundMax, 100)},
		}},
		{Acceptors: nodes(3), Phase1: 2, Phase2: 2, Forgotten: 700, Machine: bytes.Repeat([]byte("m"), 2*machinePart+1), Slots: []Slot{
			{Accepted: withBallot(x, b(1, 1)), Chosen: true},
			{Promised: b(2, 2)},
		}},
	}
}

// same compares disks; a command without bytes is the same as none.
func same(a, b Disk) bool {
	for _, d := range []*Disk{&a, &b} {
		d.Slots = append([]Slot(nil), d.Slots...)
		for i := range d.Slots {
			if len(d.Slots[i].Accepted.Command) == 0 {
				d.Slots[i].Accepted.Command = nil
			}
		}
	}
	return reflect.DeepEqual(a, b)
}

func TestDiskEncodesAndDecodes(t *testing.T) {
	for i, d := range someDisks() {
		got, err := DecodeDisk(d.Encode())
		if err != nil || !same(got, d) {
			t.Errorf("disk %d: %v\n got %+v\nwant %+v", i, err, got, d)
		}
	}
}

func TestTornTailIsIgnored(t *testing.T) {
	d := someDisks()[3]
	whole := d.Encode()
	d.Slots = d.Slots[:3]
	before := d.Encode()
	for cut := len(before); cut < len(whole); cut++ {
		got, good, err := readDisk(whole[:cut])
		if err != nil || good != len(before) || !same(got, d) {
			t.Fatalf("cut at byte %d: %v, %d good bytes, %+v", cut, err, good, got)
		}
	}
	unwritten := append([]byte(nil), whole...)
	clear(unwritten[len(before)+20:])
	if got, good, err := readDisk(unwritten); err != nil || good != len(before) || !same(got, d) {
		t.Errorf("a last record of zeros: %v, %d good bytes", err, good)
	}
}

func TestDamageIsReported(t *testing.T) {
	whole := someDisks()[3].Encode()
	first := appendPair(nil, recordPromise, 0, b(7, 1))
	for i := range first {
		bad := append([]byte(nil), whole...)
		bad[i] ^= 0x40
		got, err := DecodeDisk(bad)
		if err == nil || !strings.Contains(err.Error(), "at byte 0") || len(got.Slots) != 0 {
			t.Errorf("byte %d damaged: %v, %+v", i, err, got)
		}
	}
	for _, alg := range algorithms {
		h := prepareHand(t, alg, 3)
		bad := append([]byte(nil), whole...)
		bad[len(first)+headSize] ^= 1
		h.disks[1] = bad
		h.ref.asked(consensus.Request{Client: x.Client, Seq: x.Seq, Command: x.Command})
		h.start(1)
		h.wantFired(1, ruleRestart, restartDamaged)
		h.crash(1)
		h.start(1) // it was repaired
		h.wantFired(1, ruleRestart, restartWhole)
	}
}

func TestSenselessRecordsAreReported(t *testing.T) {
	far := entry(b(1, 1), 1, 1, "x")
	stranger := withBallot(consensus.Entry{Client: 3, Seq: 1}, b(1, 1))
	numbered := withBallot(consensus.Entry{Seq: 4}, b(1, 1))
	long := entry(b(1, 1), 1, 1, strings.Repeat("v", consensus.CommandMax+1))
	forgotten := Disk{Forgotten: 2, Machine: []byte("m")}.Encode()
	for name, record := range map[string][]byte{
		"no ballot":               appendPair(nil, recordPromise, 0, 0),
		"a ballot without round":  appendPair(nil, recordPromise, 0, 5),
		"a ballot beyond all":     appendPair(nil, recordPromise, 0, BallotMax),
		"no slot":                 appendPair(nil, recordTried, 0, b(1, 1)),
		"a slot beyond all":       appendPair(nil, recordPromise, SlotMax+1, b(1, 1)),
		"a slot too far ahead":    appendValue(nil, recordAccept, AheadMax+2, far),
		"a stranger's value":      appendValue(nil, recordAccept, 1, stranger),
		"a numbered no-op":        appendValue(nil, recordLearn, 1, numbered),
		"a value too long":        appendValue(nil, recordAccept, 1, long),
		"nothing that was chosen": appendPair(nil, recordChosen, 1, b(1, 1)),
		"impossible quorums":      appendQuorums(nil, quorums{nodes(3), 4, 1}),
		"quorums of nobody":       appendQuorums(nil, quorums{nodes(0), 0, 0}),
		"an unknown kind":         appendPair(nil, 9, 1, b(1, 1)),
		"nothing forgotten":       appendPair(nil, recordForgot, 0, 5),
		"no machine":              appendPair(nil, recordForgot, 3, 0),
		"more of a machine":       closeRecord(append(openRecord(nil, recordMachine, 1), 1), 0),
		"forgotten twice":         append(forgotten, forgotten...),
		"a slot that is gone":     appendPair(forgotten[:len(forgotten):len(forgotten)], recordPromise, 2, b(1, 1)),
		"a machine cut short":     appendPair(appendPair(nil, recordForgot, 2, 9), recordPromise, 3, b(1, 1)),
		"a short one":             closeRecord(append(openRecord(nil, recordPromise, 3), 1, 2, 3), 0),
	} {
		if _, err := DecodeDisk(record); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if d, err := DecodeDisk(appendValue(nil, recordAccept, AheadMax+1, far)); err != nil || len(d.Slots) != AheadMax+1 {
		t.Errorf("the last slot that is not too far ahead: %v", err)
	}
}

// Whatever stands on a disk, reading it ends, and what was read can be written and read
// again; and both engines start from it.
func FuzzDisk(f *testing.F) {
	for _, d := range someDisks() {
		f.Add(d.Encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, good, err := readDisk(b)
		if good > len(b) || err == nil && good < len(b)-(1<<16) {
			t.Fatalf("%d good bytes of %d, %v", good, len(b), err)
		}
		again, err := DecodeDisk(d.Encode())
		if err != nil || !same(again, d) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, again, d)
		}
		if !bytes.Equal(again.Encode(), d.Encode()) {
			t.Fatal("two encodings of one disk")
		}
		for _, alg := range algorithms {
			e := alg.New(consensus.Config{ID: 1, Nodes: nodes(3), Machine: &journal{}, Settings: consensus.Settings{Options: alg.Protocol.Defaults()}})
			var out consensus.Effects
			e.Step(&consensus.Input{Kind: consensus.InputStart, Disk: b}, &out)
			e.Inspect()
		}
	})
}
