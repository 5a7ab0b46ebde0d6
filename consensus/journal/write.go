package journal

import (
	"strconv"
	"unicode/utf8"

	"parley/consensus"
	"parley/consensus/trace"
)

// Writer writes a journal, a line at a time.
type Writer struct {
	w writer
	n int
}

// NewWriter returns a Writer of a run of the algorithm; texts returns the texts of its
// trace by their numbers.
func NewWriter(p *consensus.Protocol, texts func(n uint32) string) *Writer {
	return &Writer{w: writer{tables: newTables(p), texts: texts}}
}

// Begin adds the first line of the run of a script (package scenario's text form) to b.
func (j *Writer) Begin(b []byte, script string) []byte {
	p := j.w.protocol
	b = append(b, `{"kind":"begin","version":`...)
	b = strconv.AppendInt(b, Version, 10)
	b = append(b, `,"engine":`...)
	b = appendString(b, p.Name)
	b = append(b, `,"epoch":`...)
	b = strconv.AppendUint(b, uint64(p.Epoch), 10)
	if p.TermNodes != 0 {
		b = append(b, `,"ballots":`...)
		b = strconv.AppendUint(b, uint64(p.TermNodes), 10)
	}
	b = append(b, `,"script":`...)
	b = appendString(b, script)
	return append(b, '}', '\n')
}

// Event adds the line of the next event to b.
func (j *Writer) Event(b []byte, e *trace.Event) []byte {
	b = append(b, `{"kind":`...)
	b = appendString(b, e.Kind.String())
	b = append(b, `,"event":`...)
	b = strconv.AppendInt(b, int64(j.n), 10)
	b = append(b, `,"time":`...)
	b = strconv.AppendInt(b, int64(e.T), 10)
	w := &j.w
	w.b = b
	if e.Node != consensus.None {
		w.name = "node"
		w.endpoint(e.Node)
	}
	if int(e.Kind) < len(kinds) {
		fields := kinds[e.Kind].fields
		for i := range fields {
			w.name = fields[i].name
			fields[i].put(w, e)
		}
	}
	j.n++
	b, w.b = w.b, nil
	return append(b, '}', '\n')
}

// End adds the last line to b.
func (j *Writer) End(b []byte, now consensus.Time, violations int, d trace.Digest) []byte {
	b = append(b, `{"kind":"end","time":`...)
	b = strconv.AppendInt(b, int64(now), 10)
	b = append(b, `,"events":`...)
	b = strconv.AppendInt(b, int64(j.n), 10)
	b = append(b, `,"violations":`...)
	b = strconv.AppendInt(b, int64(violations), 10)
	b = append(b, `,"digest":"`...)
	b = append(b, d.String()...)
	return append(b, '"', '}', '\n')
}

// writer writes the fields of a line.
type writer struct {
	*tables
	texts func(uint32) string
	b     []byte
	name  string // of the field that is being written
}

func (w *writer) key() {
	w.b = append(append(append(w.b, ',', '"'), w.name...), '"', ':')
}

func (w *writer) text(s string) {
	w.key()
	w.b = appendString(w.b, s)
}

func (w *writer) number(v int64) {
	w.key()
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *writer) yes() {
	w.key()
	w.b = append(w.b, "true"...)
}

func (w *writer) endpoint(id consensus.NodeID) {
	if id != consensus.None {
		w.text(id.String())
	}
}

func (w *writer) numbers(v []uint32) {
	w.key()
	w.b = append(w.b, '[')
	for i, n := range v {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = strconv.AppendUint(w.b, uint64(n), 10)
	}
	w.b = append(w.b, ']')
}

func (w *writer) members(s consensus.NodeSet) {
	w.key()
	w.b = append(w.b, '[')
	first := true
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if s.Has(id) {
			if !first {
				w.b = append(w.b, ',')
			}
			first = false
			w.b = append(append(append(w.b, '"'), id.String()...), '"')
		}
	}
	w.b = append(w.b, ']')
}

func (w *writer) ruleSays(e *trace.Event) string {
	if i := int(e.Rule) - 1; i >= 0 && i < len(w.protocol.Rules) {
		if tells := w.protocol.Rules[i].Tells; int(e.Sub) < len(tells) {
			return consensus.Tell(tells[e.Sub], e.Telling(w.protocol))
		}
	}
	return ""
}

func (w *writer) violationSays(e *trace.Event) string {
	if int(e.Sub) < len(w.protocol.Invariants) {
		return consensus.Tell(w.protocol.Invariants[e.Sub].Broken, e.Telling(w.protocol))
	}
	return ""
}

// appendString adds a JSON string. What HTML could take for its own is escaped, so that
// a journal may stand in a page; bytes that are no UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c == '\n':
				b = append(b, '\\', 'n')
			case c == '\r':
				b = append(b, '\\', 'r')
			case c == '\t':
				b = append(b, '\\', 't')
			case c < ' ' || c == 0x7f || c == '<' || c == '>' || c == '&':
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				b = append(b, c)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, `\ufffd`...)
		case r == '\u2028' || r == '\u2029': // ends a line of JavaScript
			b = append(b, `\u202`...)
			b = append(b, hex[r&15])
		default:
			b = append(b, s[i:i+n]...)
		}
		i += n
	}
	return append(b, '"')
}
