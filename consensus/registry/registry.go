// Package registry lists the algorithms and state machines that there are, for the
// programs at the top of the house: the Web Worker and the server. Nothing else knows
// an engine by name. A new algorithm is a row here.
//
// Each algorithm stands in a file of its own, which a build tag can leave out: a
// visitor downloads the engine that is looked at, and no other. The tag only_NAME
// builds the algorithm of that name alone; without one all are there.
package registry

import (
	"errors"
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/machine"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// The rows, in the order in which they are offered.
const (
	rowRaft = iota
	rowMultiPaxos
	rowSynod
	rowsAll
)

// rows holds what makes each algorithm, nil for those that were left out.
var rows [rowsAll]func() consensus.Algorithm

// Algorithms returns all algorithms of this program, the one that the page opens with
// first.
func Algorithms() []consensus.Algorithm {
	var list []consensus.Algorithm
	for _, make := range rows {
		if make != nil {
			list = append(list, make())
		}
	}
	return list
}

// Algorithm returns the algorithm of that name. The error lists the names there are.
func Algorithm(name string) (consensus.Algorithm, error) {
	var known []string
	for _, a := range Algorithms() {
		if a.Protocol.Name == name {
			return a, nil
		}
		known = append(known, a.Protocol.Name)
	}
	return consensus.Algorithm{}, errors.New("there is no engine " + strconv.Quote(name) + "; there is: " + strings.Join(known, ", "))
}

// Known returns what a scenario may name.
func Known() scenario.Known {
	k := scenario.Known{Machines: machine.Names()}
	for _, a := range Algorithms() {
		k.Protocols = append(k.Protocols, a.Protocol)
	}
	return k
}

// Config returns what a World of the setup is made of, watched by the checks of its
// algorithm's invariants. The error says which engine or machine there is none of.
func Config(setup scenario.Setup) (sim.Config, error) {
	a, err := Algorithm(setup.Engine)
	if err != nil {
		return sim.Config{}, err
	}
	if _, err := machine.New(setup.Machine); err != nil {
		return sim.Config{}, err
	}
	return sim.Config{
		Setup: setup, Algorithm: a, Watch: check.Watch(a.Protocol, setup.Nodes),
		NewMachine: func() consensus.Machine {
			m, _ := machine.New(setup.Machine) // there is one of that name, see above
			return m
		},
	}, nil
}
