package journal

import (
	"bytes"
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Read reads a journal. Known returns what the algorithm of that name tells of itself,
// nil when there is none. A journal that was cut off in the middle is read as far as it
// goes; an error is an *Error. Whether it is whole, Check tells.
func Read(b []byte, known func(engine string) *consensus.Protocol) (*Journal, error) {
	if len(b) > SizeMax {
		return nil, &Error{0, "a journal has at most " + strconv.Itoa(SizeMax>>20) + " MiB"}
	}
	r := reader{journal: new(Journal)}
	for line := 1; len(b) > 0; line++ {
		text, rest, whole := bytes.Cut(b, []byte{'\n'})
		b = rest
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if r.journal.End != nil {
			return nil, &Error{line, "the journal has ended already"}
		}
		if why := r.line(text, known); why != "" {
			if !whole && r.journal.Protocol != nil { // the last line, cut off
				break
			}
			return nil, &Error{line, why}
		}
	}
	if r.journal.Protocol == nil {
		return nil, &Error{0, "there is no journal: the first line of one has the kind \"begin\""}
	}
	return r.finish()
}

// reader reads the lines of a journal.
type reader struct {
	object
	*tables
	journal  *Journal
	texts    []string
	heard    []bool // which of texts were read
	said     string // the text of the event that is read
	numbered bool
	byName   [trace.Kinds]map[string]*field
}

// textsAhead is how far the number of a text may be beyond that of the event.
const textsAhead = 1 << 16

// line reads one line and returns what is wrong with it.
func (r *reader) line(b []byte, known func(string) *consensus.Protocol) string {
	first := r.journal.Protocol == nil
	if most := LineMax + scenario.TextMax*6; len(b) > LineMax && !first || len(b) > most {
		return "it is longer than " + strconv.Itoa(LineMax) + " bytes"
	}
	r.object = object{b}
	if !r.begin() {
		return "it is no JSON object"
	}
	name, more, ok := r.next(true)
	if !ok || !more || name != "kind" {
		return "its first field is not \"kind\""
	}
	kind, ok := r.object.string()
	if !ok {
		return "its kind is no string"
	}
	switch {
	case first && kind == "begin":
		return r.readBegin(known)
	case first:
		return "a journal begins with a line of the kind \"begin\""
	case kind == "begin":
		return "the journal has begun already"
	case kind == "end":
		return r.readEnd()
	}
	k, ok := trace.KindNamed(kind)
	if !ok {
		return "there is no kind of event " + strconv.Quote(kind) + "; the journal may be of a later version"
	}
	return r.readEvent(k)
}

func (r *reader) readBegin(known func(string) *consensus.Protocol) string {
	j := r.journal
	var script string
	for {
		name, more, ok := r.next(false)
		if !ok {
			return "it is not JSON"
		}
		if !more {
			break
		}
		switch name {
		case "version":
			v, ok := r.integer()
			if !ok || v < 1 {
				return "its version is no number"
			}
			if v > Version {
				return "it has version " + strconv.FormatInt(v, 10) + ", known here is " + strconv.Itoa(Version)
			}
			j.Version = int(v)
		case "engine":
			ok = r.string(&j.Engine)
		case "epoch":
			ok = r.word32(&j.Epoch)
		case "script":
			ok = r.string(&script)
		default:
			ok = r.skip(0)
		}
		if !ok {
			return "its field " + strconv.Quote(name) + " is not what it should be"
		}
	}
	if j.Version == 0 {
		return "it does not say its version"
	}
	s, err := scenario.Parse(script)
	if err != nil {
		return "its script: " + err.Error()
	}
	if s.Setup.Engine != j.Engine {
		return "its script is for " + strconv.Quote(s.Setup.Engine) + ", and the journal of " + strconv.Quote(j.Engine)
	}
	p := known(j.Engine)
	if p == nil {
		return "there is no algorithm " + strconv.Quote(j.Engine) + " here"
	}
	j.Script, j.Setup, j.Protocol = script, s.Setup, p
	r.tables = newTables(p)
	return ""
}

func (r *reader) readEnd() string {
	var e End
	for {
		name, more, ok := r.next(false)
		if !ok {
			return "it is not JSON"
		}
		if !more {
			break
		}
		var v int64
		switch name {
		case "time":
			v, ok = r.integer()
			e.Time = consensus.Time(v)
		case "events":
			v, ok = r.integer()
			e.Events = int(v)
		case "violations":
			v, ok = r.integer()
			e.Violations = int(v)
		case "digest":
			ok = r.string(&e.Digest)
		default:
			ok = r.skip(0)
		}
		if !ok {
			return "its field " + strconv.Quote(name) + " is not what it should be"
		}
	}
	r.journal.End = &e
	return ""
}

func (r *reader) readEvent(k trace.Kind) string {
	j := r.journal
	if j.Log.Len() == EventsMax {
		return "a journal has at most " + strconv.Itoa(EventsMax) + " events"
	}
	fields := r.fields(k)
	e := trace.Event{Kind: k}
	number, at := int64(-1), int64(-1)
	r.said, r.numbered = "", false
	hasText := false
	for {
		name, more, ok := r.next(false)
		if !ok {
			return "it is not JSON"
		}
		if !more {
			break
		}
		switch name {
		case "event":
			number, ok = r.integer()
		case "time":
			at, ok = r.integer()
		case "node":
			ok = r.endpoint(&e.Node)
		default:
			f := fields[name]
			if f == nil {
				ok = r.skip(0)
				break
			}
			before := len(r.b)
			ok = f.take(r, &e)
			if ok && len(r.b) == before { // it only repeats what others tell
				ok = r.skip(0)
			}
			hasText = hasText || name == "command" || name == "result" || name == "why"
		}
		if !ok {
			return "its field " + strconv.Quote(name) + " is not what it should be"
		}
	}
	if want := int64(j.Log.Len()); number != want {
		return "its number is not " + strconv.FormatInt(want, 10)
	}
	e.T = consensus.Time(at)
	if why := r.checkEvent(&e); why != "" {
		return why
	}
	if hasText != r.numbered {
		return "a text and its number go together"
	}
	if hasText {
		if why := r.keep(e.D); why != "" {
			return why
		}
	}
	j.Log.Append(e)
	j.Digest = j.Digest.Add(&e)
	return ""
}

// checkEvent returns why an event cannot stand where it does, "" if it can.
func (r *reader) checkEvent(e *trace.Event) string {
	j := r.journal
	last := consensus.Time(0)
	if n := j.Log.Len(); n > 0 {
		last = j.Log.At(n - 1).T
	}
	switch {
	case e.T < last:
		return "it happens before the one in front of it"
	case e.T > scenario.RunMax:
		return "it happens after the end of all runs"
	case !r.there(e.Node) || e.Kind != trace.Rule && !r.there(e.Peer):
		return "it names a node that the run does not have"
	}
	return ""
}

func (r *reader) there(id consensus.NodeID) bool {
	switch {
	case id.IsNode():
		return int(id) <= r.journal.Setup.Nodes
	case id.IsClient():
		return int(id-consensus.ClientFirst) < r.journal.Setup.Clients
	}
	return id == consensus.None
}

// keep remembers the text of an event under its number.
func (r *reader) keep(n uint32) string {
	if int64(n) > int64(r.journal.Log.Len())+textsAhead {
		return "the number of its text is too high"
	}
	for len(r.texts) <= int(n) {
		r.texts, r.heard = append(r.texts, ""), append(r.heard, false)
	}
	if r.heard[n] && r.texts[n] != r.said {
		return "text " + strconv.FormatUint(uint64(n), 10) + " was another one before"
	}
	r.texts[n], r.heard[n] = r.said, true
	return ""
}

// fields returns the fields of a kind by name.
func (r *reader) fields(k trace.Kind) map[string]*field {
	if r.byName[k] == nil {
		r.byName[k] = map[string]*field{}
		for i := range kinds[k].fields {
			f := &kinds[k].fields[i]
			r.byName[k][f.name] = f
		}
	}
	return r.byName[k]
}

func (r *reader) finish() (*Journal, error) {
	for _, s := range r.texts {
		r.journal.Log.AddText(s)
	}
	return r.journal, nil
}

// The values of fields.

func (r *reader) string(to *string) bool {
	s, ok := r.object.string()
	*to = s
	return ok
}

func (r *reader) word32(to *uint32) bool {
	v, ok := r.integer()
	*to = uint32(v)
	return ok && v >= 0 && v < 1<<32
}

// endpoint reads the name of a node or client: "N1", "C1".
func (r *reader) endpoint(to *consensus.NodeID) bool {
	var s string
	if !r.string(&s) || len(s) < 2 || len(s) > 4 || s[1] == '0' {
		return false
	}
	n := 0
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + int(c-'0')
	}
	switch {
	case s[0] == 'N' && n <= consensus.NodesMax:
		*to = consensus.NodeID(n)
	case s[0] == 'C' && n <= consensus.ClientsMax:
		*to = consensus.Client(n)
	default:
		return false
	}
	return true
}

func (r *reader) members(to *consensus.NodeSet) bool {
	return r.list(func() bool {
		var id consensus.NodeID
		ok := r.endpoint(&id) && id.IsNode()
		to.Add(id)
		return ok
	})
}

// numbers reads a list of at most len(to) numbers.
func (r *reader) numbers(to []uint32) bool {
	i := 0
	return r.list(func() bool {
		if i == len(to) {
			return false
		}
		i++
		return r.word32(&to[i-1])
	})
}
