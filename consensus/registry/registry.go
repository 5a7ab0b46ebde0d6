// Package registry lists the algorithms and state machines that there are, for the
// programs at the top of the house: the Web Worker and the server. Nothing else knows
// an engine by name. A new algorithm is a row here.
package registry

import (
	"errors"
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/check"
	"parley/consensus/machine"
	"parley/consensus/raft"
	"parley/consensus/scenario"
	"parley/consensus/sim"
)

// Algorithms returns all algorithms, the one that the page opens with first.
func Algorithms() []consensus.Algorithm {
	return []consensus.Algorithm{raft.Algorithm()}
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
		Setup: setup, Algorithm: a, Watch: check.New(a.Protocol, setup.Nodes),
		NewMachine: func() consensus.Machine {
			m, _ := machine.New(setup.Machine) // there is one of that name, see above
			return m
		},
	}, nil
}
