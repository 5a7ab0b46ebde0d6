package paxos

import (
	"encoding/binary"
	"errors"
	"strconv"

	"parley/consensus"
)

// Disk is what a node keeps on stable storage: what an acceptor must remember to keep
// its promises after a crash (Paxos Made Simple, section 2.5), and what it has learned.
// The zero value is the disk of a node that never ran. Tests and scenarios build one
// by hand to start a node from any state. Both algorithms use the same form.
type Disk struct {
	// Promised is Multi-Paxos's promise, which holds for all slots: the acceptor takes
	// part in no ballot below. 0: none. Synod promises slot by slot, see Slot.
	Promised consensus.Term
	// Acceptors, Phase1 and Phase2 are the acceptors and the sizes of the quorums that
	// the node first ran with. They stay: a quorum of another size need not meet
	// those that chose before. Empty and 0: taken from the options at the next start.
	Acceptors      consensus.NodeSet
	Phase1, Phase2 int
	// Forgotten says that all slots up to here are decided and forgotten (Synod), and
	// Machine what they led to: the clients' sessions and the machine's contents.
	Forgotten consensus.Index
	Machine   []byte
	// Slots[i] is what the node knows of slot Forgotten+i+1. No more than AheadMax slots in
	// a row may be empty.
	Slots []Slot

	missing int // bytes of Machine that are still to come, while a disk is read
}

// Slot is what a node keeps of one slot. The zero value is an empty slot.
type Slot struct {
	// Promised is Synod's promise for this slot: the acceptor takes part in no ballot
	// below. 0: none.
	Promised consensus.Term
	// Tried is the highest ballot that this node's proposer has used in this slot,
	// where the node is no acceptor that remembers it as Promised (Synod).
	Tried consensus.Term
	// Accepted is the proposal that the acceptor accepted last; Accepted.Term is its
	// ballot, 0: none. Once the slot is Chosen, it is the chosen value.
	Accepted consensus.Entry
	// Chosen says that the node knows Accepted to be chosen.
	Chosen bool
}

// A disk's bytes are a log of records, written one after the other and never changed.
// A record is
//
//	byte 0     kind
//	bytes 1-2  length of the payload, little-endian
//	byte 3     headMark xor the three bytes before
//	then       payload
//	4 bytes    low half of the Hash of all of the above
//
// The payloads (numbers of 4 bytes but where it says otherwise):
//
//	recordPromise  slot (0: all slots), ballot
//	recordTried    slot, ballot
//	recordAccept   slot, ballot, client (1), number, command: accepted
//	recordLearn    the same: chosen
//	recordChosen   slot, ballot: what stands in the slot, of this ballot, is chosen
//	recordQuorums  acceptors (16), sizes of the quorums (1 each)
//	recordForgot   slot, bytes of the machine: all slots up to this one are forgotten
//	recordMachine  the next bytes of the machine, at most machinePart
const (
	recordPromise = 1
	recordTried   = 2
	recordAccept  = 3
	recordLearn   = 4
	recordChosen  = 5
	recordQuorums = 6
	recordForgot  = 7
	recordMachine = 8

	headMark   = 0x5a
	headSize   = 4
	sumSize    = 4
	pairSize   = 8
	entryFixed = 13
	quorumSize = 18

	machinePart = 32 << 10
)

func openRecord(b []byte, kind byte, size int) []byte {
	lo, hi := byte(size), byte(size>>8)
	return append(b, kind, lo, hi, headMark^kind^lo^hi)
}

func closeRecord(b []byte, start int) []byte {
	return binary.LittleEndian.AppendUint32(b, uint32(consensus.Hash(b[start:])))
}

// appendPair adds a record of a slot and a ballot.
func appendPair(b []byte, kind byte, slot consensus.Index, ballot consensus.Term) []byte {
	start := len(b)
	b = openRecord(b, kind, pairSize)
	b = binary.LittleEndian.AppendUint32(b, uint32(slot))
	b = binary.LittleEndian.AppendUint32(b, uint32(ballot))
	return closeRecord(b, start)
}

// appendValue adds a record of a slot and a proposal.
func appendValue(b []byte, kind byte, slot consensus.Index, e consensus.Entry) []byte {
	start := len(b)
	b = openRecord(b, kind, entryFixed+len(e.Command))
	b = binary.LittleEndian.AppendUint32(b, uint32(slot))
	b = binary.LittleEndian.AppendUint32(b, uint32(e.Term))
	b = append(b, byte(e.Client))
	b = binary.LittleEndian.AppendUint32(b, e.Seq)
	b = append(b, e.Command...)
	return closeRecord(b, start)
}

func appendQuorums(b []byte, q quorums) []byte {
	start := len(b)
	b = openRecord(b, recordQuorums, quorumSize)
	b = binary.LittleEndian.AppendUint64(b, q.acceptors[0])
	b = binary.LittleEndian.AppendUint64(b, q.acceptors[1])
	b = append(b, byte(q.phase1), byte(q.phase2))
	return closeRecord(b, start)
}

// Encode returns the bytes of a disk that holds d.
func (d Disk) Encode() []byte {
	var b []byte
	if d.Phase1 > 0 {
		b = appendQuorums(b, quorums{d.Acceptors, d.Phase1, d.Phase2})
	}
	if d.Promised > 0 {
		b = appendPair(b, recordPromise, 0, d.Promised)
	}
	if d.Forgotten > 0 {
		start := len(b)
		b = openRecord(b, recordForgot, pairSize)
		b = binary.LittleEndian.AppendUint32(b, uint32(d.Forgotten))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(d.Machine)))
		b = closeRecord(b, start)
		for rest := d.Machine; len(rest) > 0; rest = rest[min(len(rest), machinePart):] {
			start = len(b)
			b = openRecord(b, recordMachine, min(len(rest), machinePart))
			b = closeRecord(append(b, rest[:min(len(rest), machinePart)]...), start)
		}
	}
	for i := range d.Slots {
		s, slot := &d.Slots[i], d.Forgotten+consensus.Index(i+1)
		if s.Promised > 0 {
			b = appendPair(b, recordPromise, slot, s.Promised)
		}
		if s.Tried > 0 {
			b = appendPair(b, recordTried, slot, s.Tried)
		}
		switch {
		case s.Chosen:
			b = appendValue(b, recordLearn, slot, s.Accepted)
		case s.Accepted.Term > 0:
			b = appendValue(b, recordAccept, slot, s.Accepted)
		}
	}
	return b
}

// DecodeDisk reads what a disk holds. A last record that is cut short, or whose end
// was not written, is a write that a crash interrupted: it is ignored, nobody was
// told of it. Any other damage gives an error that says where, beside the state that
// stands before it.
func DecodeDisk(b []byte) (Disk, error) {
	d, _, err := readDisk(b)
	return d, err
}

// readDisk is DecodeDisk; good is the number of bytes that hold whole records.
func readDisk(b []byte) (d Disk, good int, err error) {
	b = append([]byte(nil), b...) // the commands stay in it
	for good < len(b) {
		rest := b[good:]
		if len(rest) < headSize {
			return d, good, nil // torn
		}
		if rest[0]^rest[1]^rest[2]^rest[3] != headMark {
			return d, good, damage(good, "is no record")
		}
		body := headSize + int(rest[1]) + int(rest[2])<<8
		if len(rest) < body+sumSize {
			return d, good, nil // torn
		}
		if binary.LittleEndian.Uint32(rest[body:]) != uint32(consensus.Hash(rest[:body])) {
			if len(rest) == body+sumSize {
				return d, good, nil // torn
			}
			return d, good, damage(good, "does not match its checksum")
		}
		if wrong := d.replay(rest[0], rest[headSize:body:body]); wrong != "" {
			return d, good, damage(good, wrong)
		}
		good += body + sumSize
	}
	return d, good, nil
}

func damage(at int, what string) error {
	return errors.New("paxos disk: the record at byte " + strconv.Itoa(at) + " " + what)
}

// replay takes one record into d, or says what is wrong with it.
func (d *Disk) replay(kind byte, p []byte) (wrong string) {
	le := binary.LittleEndian
	if kind == recordQuorums && len(p) == quorumSize {
		q := quorums{consensus.NodeSet{le.Uint64(p), le.Uint64(p[8:])}, int(p[16]), int(p[17])}
		if !q.possible() {
			return "holds quorums that cannot be"
		}
		d.Acceptors, d.Phase1, d.Phase2 = q.acceptors, q.phase1, q.phase2
		return ""
	}
	if kind == recordForgot || kind == recordMachine {
		return d.replayForgotten(kind, p)
	}
	if len(p) < pairSize {
		return "is of no known kind"
	}
	if d.missing > 0 {
		return "stands where the machine should go on"
	}
	slot, ballot := consensus.Index(le.Uint32(p)), consensus.Term(le.Uint32(p[4:]))
	if Round(ballot) == 0 || ballot >= BallotMax {
		return "holds a ballot that cannot be"
	}
	if kind == recordPromise && slot == 0 && len(p) == pairSize {
		d.Promised = ballot
		return ""
	}
	if slot <= d.Forgotten || slot > SlotMax || int(slot-d.Forgotten) > len(d.Slots)+AheadMax+1 {
		return "holds a slot that cannot be"
	}
	s := d.slot(slot)
	switch {
	case kind == recordPromise && len(p) == pairSize:
		s.Promised = ballot
	case kind == recordTried && len(p) == pairSize:
		s.Tried = ballot
	case kind == recordChosen && len(p) == pairSize:
		if s.Accepted.Term != ballot {
			return "calls a proposal chosen that is not there"
		}
		s.Chosen = true
	case (kind == recordAccept || kind == recordLearn) && len(p) >= entryFixed:
		e := consensus.Entry{Term: ballot, Client: consensus.NodeID(p[8]), Seq: le.Uint32(p[9:]), Command: p[entryFixed:]}
		if !wellFormed(e) {
			return "holds a value that cannot be"
		}
		s.Accepted, s.Chosen = e, s.Chosen || kind == recordLearn
	default:
		return "is of no known kind"
	}
	return ""
}

// replayForgotten takes a record of what is forgotten, before any of a slot.
func (d *Disk) replayForgotten(kind byte, p []byte) (wrong string) {
	le := binary.LittleEndian
	switch {
	case kind == recordForgot && len(p) == pairSize && d.Forgotten == 0 && len(d.Slots) == 0:
		d.Forgotten, d.missing = consensus.Index(le.Uint32(p)), int(le.Uint32(p[4:]))
		if d.Forgotten == 0 || d.Forgotten > SlotMax || d.missing == 0 {
			d.Forgotten, d.missing = 0, 0
			return "forgets slots that cannot be"
		}
	case kind == recordMachine && len(p) <= d.missing:
		d.Machine = append(d.Machine, p...)
		d.missing -= len(p)
	default:
		return "is of no known kind"
	}
	return ""
}

// slot returns a slot behind Forgotten, which the disk grows to hold.
func (d *Disk) slot(i consensus.Index) *Slot {
	at := int(i - d.Forgotten)
	for len(d.Slots) < at {
		d.Slots = append(d.Slots, Slot{})
	}
	return &d.Slots[at-1]
}
