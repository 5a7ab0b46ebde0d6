package consensus

import "strconv"

// Telling is what fills the placeholders of a sentence.
type Telling struct {
	Node, Peer NodeID
	Term       Term
	A, B, C, D uint32
	TermNodes  uint32 // Protocol.TermNodes: how a term is written
}

// Tell fills in a sentence of the feed (Rule.Tells, Invariant.Broken):
//
//	{node} {peer}   the node's and the peer's name: N1, C1, nobody
//	{term}          the term or ballot, as AppendTerm writes it: 7, or 2.N3
//	{a} {b} {c} {d} the numbers
//	{a:node} …      the name of the node with that number
//	{a:term} …      the term or ballot with that number
//
// Anything else in braces stays as it is; BadPlaceholder finds it.
func Tell(template string, t Telling) string { return string(AppendTell(nil, template, t)) }

// AppendTell adds the sentence that Tell returns to b.
func AppendTell(b []byte, template string, t Telling) []byte {
	for {
		before, word, after, found := cutPlaceholder(template)
		b = append(b, before...)
		if !found {
			return b
		}
		var ok bool
		if b, ok = t.fill(b, word); !ok {
			b = append(append(append(b, '{'), word...), '}')
		}
		template = after
	}
}

// BadPlaceholder returns the first placeholder of the template that Tell does not know,
// or "" when it knows all of them. Tests of the tables of rules use it.
func BadPlaceholder(template string) string {
	for {
		before, word, after, found := cutPlaceholder(template)
		for i := range len(before) {
			if before[i] == '{' || before[i] == '}' {
				return before[i:]
			}
		}
		if !found {
			return ""
		}
		if _, ok := (Telling{}).fill(nil, word); !ok {
			return "{" + word + "}"
		}
		template = after
	}
}

// cutPlaceholder finds the first {word} of s.
func cutPlaceholder(s string) (before, word, after string, found bool) {
	open := -1
	for i := range len(s) {
		switch {
		case s[i] == '{':
			open = i
		case s[i] == '}' && open >= 0:
			return s[:open], s[open+1 : i], s[i+1:], true
		}
	}
	return s, "", "", false
}

// fill appends what a placeholder stands for, and reports whether it stands for
// anything.
func (t Telling) fill(b []byte, word string) ([]byte, bool) {
	switch word {
	case "node":
		return append(b, t.Node.String()...), true
	case "peer":
		return append(b, t.Peer.String()...), true
	case "term":
		return AppendTerm(b, t.Term, t.TermNodes), true
	}
	if word == "" || word[0] < 'a' || word[0] > 'd' {
		return b, false
	}
	v := [...]uint32{t.A, t.B, t.C, t.D}[word[0]-'a']
	switch word[1:] {
	case "":
		return strconv.AppendUint(b, uint64(v), 10), true
	case ":node":
		if v > 255 { // no NodeID; show what it is
			return strconv.AppendUint(b, uint64(v), 10), true
		}
		return append(b, NodeID(v).String()...), true
	case ":term":
		return AppendTerm(b, Term(v), t.TermNodes), true
	}
	return b, false
}
