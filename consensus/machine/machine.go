// Package machine holds the replicated state machines: what a consensus log is for.
// Each of them is deterministic, starts empty, takes commands as plain text and
// answers each with a word or a sentence. A cluster agrees on the commands; every
// node applies them in the same order, so every node's machine is the same.
//
// The key-value store ("kv") is the one that clusters open with. A new machine is a
// file of its own in this folder and a row in the table below.
package machine

import (
	"errors"

	"parley/consensus"
)

// table lists every machine: its name, and a function that makes an empty one.
var table = []struct {
	name string
	make func() consensus.Machine
}{
	{"kv", func() consensus.Machine { return &KV{} }},
}

// Names returns the names of all machines, the default one first.
func Names() []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].name
	}
	return names
}

// New returns an empty machine of the given name, one of Names. An unknown name
// gives an error that lists the known ones.
func New(name string) (consensus.Machine, error) {
	known := ""
	for i := range table {
		if table[i].name == name {
			return table[i].make(), nil
		}
		if i > 0 {
			known += ", "
		}
		known += table[i].name
	}
	return nil, errors.New("there is no state machine of that name; there is: " + known)
}
