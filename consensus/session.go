package consensus

import "encoding/binary"

// Sessions apply each client's request to a Machine at most once, however often it
// was retried (Raft, extended version, section 8; Ongaro's thesis, section 6.3).
// A client has one request outstanding at a time, so its highest number and that
// answer are all there is to remember. The zero value is empty.
type Sessions struct {
	of     []session // ascending by client
	shared bool      // of is shared with a clone
}

type session struct {
	client NodeID
	seq    uint32
	result []byte
}

// Apply gives the command to m unless the client's request was applied before; then
// it returns the answer of that time and true. A number older than the last one
// answered is a late duplicate: nobody waits for it, and the answer is nil.
func (s *Sessions) Apply(m Machine, r Request) (result []byte, repeated bool) {
	i := s.find(r.Client)
	var last []byte
	if i < len(s.of) && s.of[i].client == r.Client {
		last = s.of[i].result
		if r.Seq <= s.of[i].seq {
			if r.Seq < s.of[i].seq {
				return nil, true
			}
			return last, true
		}
	}
	result = m.Apply(r.Command)
	if last == nil || string(last) != string(result) { // most answers are the one before: ok
		last = append([]byte(nil), result...)
	}
	s.record(i, session{r.Client, r.Seq, last})
	return result, false
}

// find returns where the session of a client is or would be. There are few.
func (s *Sessions) find(client NodeID) int {
	for i := range s.of {
		if s.of[i].client >= client {
			return i
		}
	}
	return len(s.of)
}

func (s *Sessions) record(i int, v session) {
	if s.shared {
		s.of, s.shared = append([]session(nil), s.of...), false
	}
	if i < len(s.of) && s.of[i].client == v.client {
		s.of[i] = v
		return
	}
	s.of = append(s.of, session{})
	copy(s.of[i+1:], s.of[i:])
	s.of[i] = v
}

// Save appends what is remembered to b.
func (s *Sessions) Save(b []byte) []byte {
	b = append(b, byte(len(s.of)))
	for i := range s.of {
		v := &s.of[i]
		b = append(b, byte(v.client))
		b = binary.LittleEndian.AppendUint32(b, v.seq)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(v.result)))
		b = append(b, v.result...)
	}
	return b
}

// Load takes from the front of b what Save wrote, and returns the rest. It reports
// whether it was that; if not, nothing has changed.
func (s *Sessions) Load(b []byte) (rest []byte, ok bool) {
	if len(b) == 0 {
		return b, false
	}
	of := make([]session, b[0])
	b = b[1:]
	for i := range of {
		if len(b) < 7 {
			return b, false
		}
		client, seq, n := NodeID(b[0]), binary.LittleEndian.Uint32(b[1:]), int(binary.LittleEndian.Uint16(b[5:]))
		if b = b[7:]; len(b) < n || !client.IsClient() || i > 0 && of[i-1].client >= client {
			return b, false
		}
		of[i] = session{client, seq, append([]byte(nil), b[:n]...)}
		b = b[n:]
	}
	s.of, s.shared = of, false
	return b, true
}

// Last returns the number of the last request of the client that was applied, 0 if
// none was.
func (s *Sessions) Last(client NodeID) uint32 {
	if i := s.find(client); i < len(s.of) && s.of[i].client == client {
		return s.of[i].seq
	}
	return 0
}

// Clone returns an independent copy.
func (s *Sessions) Clone() Sessions {
	s.shared = true
	return *s
}
