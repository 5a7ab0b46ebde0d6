package trace

import (
	"encoding/binary"
	"errors"

	"parley/consensus"
)

// EventSize is the number of bytes of an encoded event.
const EventSize = 40

// ErrEvent says that bytes are not an event of this version.
var ErrEvent = errors.New("not an event: unknown kind or wrong length")

// Append adds the encoding of e to b: EventSize bytes, little-endian.
func (e *Event) Append(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint64(b, uint64(e.T))
	b = le.AppendUint32(b, uint32(e.Term))
	b = le.AppendUint32(b, e.ID)
	b = le.AppendUint32(b, e.A)
	b = le.AppendUint32(b, e.B)
	b = le.AppendUint32(b, e.C)
	b = le.AppendUint32(b, e.D)
	b = append(b, byte(e.Kind), byte(e.Node), byte(e.Peer), e.Sub)
	b = le.AppendUint16(b, uint16(e.Rule))
	return append(b, byte(e.Flags), 0)
}

// Decode reads the event that stands at the beginning of b. A kind that this version
// does not know, a time before 0 or too few bytes give ErrEvent.
func (e *Event) Decode(b []byte) error {
	if len(b) < EventSize {
		return ErrEvent
	}
	le := binary.LittleEndian
	*e = Event{
		T: consensus.Time(le.Uint64(b)), Term: consensus.Term(le.Uint32(b[8:])), ID: le.Uint32(b[12:]),
		A: le.Uint32(b[16:]), B: le.Uint32(b[20:]), C: le.Uint32(b[24:]), D: le.Uint32(b[28:]),
		Kind: Kind(b[32]), Node: consensus.NodeID(b[33]), Peer: consensus.NodeID(b[34]), Sub: b[35],
		Rule: consensus.RuleID(le.Uint16(b[36:])), Flags: consensus.MessageFlags(b[38]),
	}
	if !valid(b) {
		return ErrEvent
	}
	return nil
}

// valid reports whether the EventSize bytes at the beginning of b are an event.
func valid(b []byte) bool {
	return b[32] != byte(None) && b[32] < byte(kinds) && b[7]&0x80 == 0 && b[39] == 0
}

// Valid returns ErrEvent unless b is a whole number of encoded events.
func Valid(b []byte) error {
	for ; len(b) >= EventSize; b = b[EventSize:] {
		if !valid(b) {
			return ErrEvent
		}
	}
	if len(b) != 0 {
		return ErrEvent
	}
	return nil
}
