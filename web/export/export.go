// Package export puts what is seen into forms that others read: pictures (SVG), moving
// ones of a stretch of time, Mermaid's sequence diagrams, logs for ShiViz, and the
// journal of a run (JSON). All of it is plain text made from a trace, without a browser,
// so that the page and the headless commands give the same. Nothing that a stranger wrote
// becomes markup in it.
package export

import (
	"parley/consensus"
	"parley/consensus/journal"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/web/view"
)

// Range is a stretch of a run, both ends included.
type Range struct{ From, Until consensus.Time }

// Load returns the run of a trace, to be exported.
func Load(p *consensus.Protocol, setup scenario.Setup, log *trace.Log) (*view.Store, error) {
	s := new(view.Store)
	s.Open(p, setup)
	if err := s.Add(0, log.AppendBytes(nil, 0, log.Len()), 0, log.Texts()); err != nil {
		return nil, err
	}
	return s, nil
}

// Journal returns the journal of the run up to a moment; script is the text of what was
// run. Its last line tells the digest of what is in it.
func Journal(s *view.Store, script string, until consensus.Time) []byte {
	n := s.Before(until)
	w := journal.NewWriter(s.Protocol, s.Text)
	b := w.Begin(nil, script)
	var digest trace.Digest
	violations := 0
	for i := range n {
		e := s.Event(i)
		if e.Kind == trace.Violation {
			violations++
		}
		digest = digest.Add(e)
		b = w.Event(b, e)
	}
	return w.End(b, until, violations, digest)
}

// line makes a text one line without control characters.
func line(s string) string {
	clean := true
	for i := range len(s) {
		clean = clean && s[i] >= ' ' && s[i] != 0x7f
	}
	if clean {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = ' '
		}
	}
	return string(b)
}

// span writes a range: "12.3 ms to 1.2 s".
func (r Range) String() string { return view.FormatTime(r.From) + " – " + view.FormatTime(r.Until) }

// events returns the events of a range, as a half-open range of their numbers.
func (r Range) events(s *view.Store) (first, end int) {
	return s.Before(r.From - 1), s.Before(r.Until)
}
