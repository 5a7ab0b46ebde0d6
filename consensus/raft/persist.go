package raft

import (
	"encoding/binary"
	"errors"
	"strconv"

	"parley/consensus"
)

// Disk is what a server keeps on stable storage (Figure 2, persistent state): enough
// to crash at any moment and go on as the same server. The zero value is the disk
// of a server that never ran. Tests and scenarios build one by hand to start a server
// from any state.
type Disk struct {
	// Term is the paper's currentTerm: the latest term that the server has seen, 0
	// to TermMax; at least the term of each entry of Log.
	Term consensus.Term
	// Vote is the paper's votedFor: who got the server's vote in Term, or None.
	Vote consensus.NodeID
	// Log is the paper's log[]: Log[i] is the entry at index i+1. An entry whose
	// Client is None is a no-op.
	Log []consensus.Entry
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
// The payloads:
//
//	recordState     term (4 bytes), vote (1): replaces the earlier term and vote
//	recordEntry     index (4), term (4), client (1), number (4), command: the next entry
//	recordTruncate  index (4): the entries from this index on are gone
const (
	recordState    = 1
	recordEntry    = 2
	recordTruncate = 3

	headMark   = 0xa5
	headSize   = 4
	sumSize    = 4
	stateSize  = 5
	entryFixed = 13
)

// Encode returns the bytes of a disk that holds d.
func (d Disk) Encode() []byte {
	b := appendState(nil, d.Term, d.Vote)
	for i := range d.Log {
		b = appendLogged(b, consensus.Index(i+1), &d.Log[i])
	}
	return b
}

// openRecord begins a record whose payload has that size; closeRecord ends the one that
// begins at start.
func openRecord(b []byte, kind byte, size int) []byte {
	lo, hi := byte(size), byte(size>>8)
	return append(b, kind, lo, hi, headMark^kind^lo^hi)
}

func closeRecord(b []byte, start int) []byte {
	return binary.LittleEndian.AppendUint32(b, uint32(consensus.Hash(b[start:])))
}

func appendState(b []byte, term consensus.Term, vote consensus.NodeID) []byte {
	start := len(b)
	b = openRecord(b, recordState, stateSize)
	b = binary.LittleEndian.AppendUint32(b, uint32(term))
	b = append(b, byte(vote))
	return closeRecord(b, start)
}

func appendLogged(b []byte, i consensus.Index, e *consensus.Entry) []byte {
	start := len(b)
	b = openRecord(b, recordEntry, entryFixed+len(e.Command))
	b = binary.LittleEndian.AppendUint32(b, uint32(i))
	b = binary.LittleEndian.AppendUint32(b, uint32(e.Term))
	b = append(b, byte(e.Client))
	b = binary.LittleEndian.AppendUint32(b, e.Seq)
	b = append(b, e.Command...)
	return closeRecord(b, start)
}

func appendTruncate(b []byte, i consensus.Index) []byte {
	start := len(b)
	b = openRecord(b, recordTruncate, 4)
	b = binary.LittleEndian.AppendUint32(b, uint32(i))
	return closeRecord(b, start)
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
	return errors.New("raft disk: the record at byte " + strconv.Itoa(at) + " " + what)
}

// replay takes one record into d, or says what is wrong with it.
func (d *Disk) replay(kind byte, p []byte) (wrong string) {
	le := binary.LittleEndian
	switch {
	case kind == recordState && len(p) == stateSize:
		term, vote := consensus.Term(le.Uint32(p)), consensus.NodeID(p[4])
		if term < d.Term || term > TermMax || vote != consensus.None && !vote.IsNode() {
			return "holds a term or a vote that cannot be"
		}
		d.Term, d.Vote = term, vote
	case kind == recordEntry && len(p) >= entryFixed:
		e := consensus.Entry{
			Term: consensus.Term(le.Uint32(p[4:])), Client: consensus.NodeID(p[8]),
			Seq: le.Uint32(p[9:]), Command: p[entryFixed:],
		}
		if i := consensus.Index(le.Uint32(p)); int(i) != len(d.Log)+1 || i > LogMax {
			return "holds an entry that does not follow the one before"
		}
		if !wellFormed(&e, d.Term) {
			return "holds an entry that cannot be"
		}
		d.Log = append(d.Log, e)
	case kind == recordTruncate && len(p) == 4:
		i := consensus.Index(le.Uint32(p))
		if i == 0 || int(i) > len(d.Log) {
			return "removes entries that are not there"
		}
		d.Log = d.Log[:i-1]
	default:
		return "is of no known kind"
	}
	return ""
}

// start boots the server from what its disk holds (section 5.5: a crashed server
// restarts with its persistent state).
func (r *Raft) start(disk []byte, out *consensus.Effects) {
	d, good, err := readDisk(disk)
	r.term, r.vote = d.Term, d.Vote
	r.log = log{}
	for _, e := range d.Log {
		r.log.add(e)
	}
	r.tellAll(out)
	switch {
	case err != nil:
		r.fire(out, ruleRestart, restartDamaged, consensus.None, uint32(r.log.last()), uint32(len(disk)-good))
	case good < len(disk):
		r.fire(out, ruleRestart, restartTorn, consensus.None, uint32(r.log.last()), uint32(len(disk)-good))
	case len(disk) > 0:
		r.fire(out, ruleRestart, restartWhole, consensus.None, uint32(r.log.last()))
	default:
		r.fire(out, ruleRestart, restartEmpty, consensus.None)
	}
	if good < len(disk) { // nothing can be appended behind a broken record
		out.Write = append(out.Write, d.Encode()...)
		out.Replace = true
	}
	r.waitForLeader(out)
}

// save adds the term and the vote to what is to be written, when they changed. They
// go before the entries of the same step: no disk ever holds an entry of a term that
// it does not know of.
func (r *Raft) save(out *consensus.Effects) {
	if r.unsaved {
		out.Write = appendState(out.Write, r.term, r.vote)
		r.unsaved = false
	}
}

// persistFirst ends each step: what changed goes to disk before anybody has an answer
// that stands on it (Figure 2, persistent state). The host holds back the messages
// until the write is durable, unless the rule is off.
func (r *Raft) persistFirst(out *consensus.Effects) {
	r.save(out)
	if len(out.Write) == 0 {
		return
	}
	if r.off.Has(rulePersist) {
		out.Loose = true
		r.fire(out, rulePersist, persistOff, consensus.None, uint32(len(out.Write)))
		return
	}
	r.fire(out, rulePersist, persistDone, consensus.None, uint32(len(out.Write)))
}
