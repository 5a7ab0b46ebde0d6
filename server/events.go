package main

import (
	"fmt"
	"io"

	"parley/consensus/journal"
)

const eventsUsage = `What parley run prints: a line for each event, with its time in seconds, the node (N1) or
client (C1) where it happened, what kind of event it is, and what happened in words.

With -format json a line is an object: kind, event (its number, from 0), time and node,
and then the fields of the kind, below. Times are integers of nanoseconds, numbers are
numbers, nodes are strings, sets of nodes are lists of strings. A field that has nothing
to say is left out. The first object (kind "begin") has version (of this form), engine,
epoch, script and, where terms are ballots, ballots (a ballot is round*ballots + the
proposer's number); the last one (kind "end") has time, events, violations and digest.
These names stay; later versions may add kinds and fields. The words of the text may
change: programs read JSON. What is told is all that happened: package consensus/journal
reads it back.

Text ends with the line "digest" and 16 hexadecimal digits: it is the same for the
same run, on every machine. Lines that begin with # tell the script, and how much
happened.

events:
`

// explainEvents prints what `parley help events` says.
func explainEvents(w io.Writer) {
	fmt.Fprint(w, eventsUsage)
	for _, k := range journal.Kinds() {
		fmt.Fprintf(w, "  %-13s %s\n", k.Kind, k.Says)
		for _, f := range k.Fields {
			fmt.Fprintf(w, "      %-11s %s\n", f.Name, f.Says)
		}
	}
}
