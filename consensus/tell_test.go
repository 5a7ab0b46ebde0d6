package consensus_test

import (
	"testing"

	"parley/consensus"

	"pgregory.net/rapid"
)

func TestTellFillsInEveryPlaceholder(t *testing.T) {
	told := consensus.Telling{Node: 3, Peer: consensus.Client(2), Term: 7, A: 1, B: 20, C: 0, D: 4294967295}
	for template, want := range map[string]string{
		"":                              "",
		"nothing":                       "nothing",
		"{node} asks {peer}":            "N3 asks C2",
		"term {term}":                   "term 7",
		"{a}{b}{c}{d}":                  "12004294967295",
		"{a:node}, {c:node}, {d:node}.": "N1, nobody, 4294967295.",
		"{a:term} {b:term} {c:term}":    "1 20 0",
		"{e} {a:b} {} {Node} {aa}":      "{e} {a:b} {} {Node} {aa}",
		"{ {node} } {node":              "{ N3 } {node",
		"}{a":                           "}{a",
		"{{a}}":                         "{1}",
	} {
		if got := consensus.Tell(template, told); got != want {
			t.Errorf("%q: got %q, want %q", template, got, want)
		}
	}
}

// Where terms are ballots, every term of a sentence is written as one.
func TestTermsAreWrittenAsTheProtocolSays(t *testing.T) {
	plain, ballots := &consensus.Protocol{}, &consensus.Protocol{TermNodes: 128}
	for _, c := range []struct {
		p           *consensus.Protocol
		term        consensus.Term
		text, short string
	}{
		{plain, 0, "0", "0"}, {plain, 7, "7", "7"}, {plain, 1<<32 - 1, "4294967295", "4294967295"},
		{ballots, 0, "0", "0"}, {ballots, 2*128 + 3, "2.N3", "2.3"}, {ballots, 128 + 100, "1.N100", "1.100"},
		{ballots, 5 * 128, "5", "5"}, {ballots, 7, "0.N7", "0.7"},
	} {
		if text, short := c.p.TermText(c.term), c.p.TermShort(c.term); text != c.text || short != c.short {
			t.Errorf("term %d, %d nodes: %q and %q, want %q and %q", c.term, c.p.TermNodes, text, short, c.text, c.short)
		}
		told := consensus.Telling{Term: c.term, B: uint32(c.term), TermNodes: c.p.TermNodes}
		if got, want := consensus.Tell("{term}, {b:term}", told), c.text+", "+c.text; got != want {
			t.Errorf("term %d, %d nodes is told as %q, want %q", c.term, c.p.TermNodes, got, want)
		}
	}
}

func TestBadPlaceholderFindsMistakes(t *testing.T) {
	for template, want := range map[string]string{
		"":                               "",
		"{node} {peer} {term} {a}{d} ok": "",
		"{a:node}{b:node}":               "",
		"{a} then {nod}":                 "{nod}",
		"{a} then {a:peer}":              "{a:peer}",
		"{}":                             "{}",
		"{node":                          "{node",
		"node} {a}":                      "} ",
	} {
		if got := consensus.BadPlaceholder(template); got != want {
			t.Errorf("%q: got %q, want %q", template, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // a template without braces is told word by word
		s := rapid.StringMatching(`[^{}]*`).Draw(t, "template")
		if consensus.BadPlaceholder(s) != "" || consensus.Tell(s, consensus.Telling{}) != s {
			t.Fatalf("%q is told as %q", s, consensus.Tell(s, consensus.Telling{}))
		}
	})
}
