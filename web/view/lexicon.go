package view

import (
	"errors"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/texts"
)

// ReadAlgorithms returns what all algorithms of the site say of themselves, the one that
// the page opens with first, from the file algorithms.bin that the build makes of them.
// An engine knows its own algorithm only.
func ReadAlgorithms(file []byte) ([]consensus.Protocol, error) {
	_, f, err := frame.Decode(file)
	if err != nil {
		return nil, err
	}
	ready, ok := f.(frame.Ready)
	if !ok || len(ready.Protocols) == 0 {
		return nil, errors.New("the list of algorithms lists none")
	}
	return ready.Protocols, nil
}

// LexiconRow is a line of the legend: what several algorithms call the same thing.
type LexiconRow struct {
	Concept string        // one of consensus.Concepts, for tests and style sheets
	Words   []LexiconWord // one for each algorithm, in the order they were given
}

// LexiconWord is an algorithm's word for a concept.
type LexiconWord struct {
	Name string // "AppendEntries"; a dash where the algorithm has no such thing
	Says string // what it is there, or why it is missing; "" when the algorithm says nothing
	None bool   // there is no such thing
}

// Lexicon returns the legend of some algorithms, joined by concept: what each thing of the
// one is called in the others. A concept for which nobody has a word is left out.
func Lexicon(algorithms ...*consensus.Protocol) []LexiconRow {
	var rows []LexiconRow
	for _, concept := range consensus.Concepts {
		row := LexiconRow{Concept: concept}
		there := false
		for _, p := range algorithms {
			w := lexiconWord(p, concept)
			there = there || !w.None
			row.Words = append(row.Words, w)
		}
		if there {
			rows = append(rows, row)
		}
	}
	return rows
}

func lexiconWord(p *consensus.Protocol, concept string) LexiconWord {
	w := LexiconWord{Name: texts.Get("lexicon.none"), None: true}
	for i := range p.Words {
		v := &p.Words[i]
		if v.Concept != concept {
			continue
		}
		key := "word." + hyphens(p.Name) + "." + concept
		w.Says = texts.Or(key+".says", v.Says)
		if v.Name != "" {
			w.Name, w.None = texts.Or(key, v.Name), false
		}
	}
	return w
}
