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
		"{term:ballot} {c:ballot}":      "0.N7 0",
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
