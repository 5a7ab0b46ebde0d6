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
	"parley/consensus/trace"
)

// The rows, in the order in which they are offered.
const (
	rowRaft = iota
	rowMultiPaxos
	rowSynod
	rowsAll
)

// row is what makes an algorithm, and what watches a run of so many nodes of it: a
// check.Slots where each place of the log is decided by itself (Protocol.Slots), a
// check.Checker elsewhere. Who downloads one algorithm downloads one of the two.
type row struct {
	make  func() consensus.Algorithm
	watch func(p *consensus.Protocol, nodes int) trace.Watcher
}

// rows holds the algorithms, without make those that were left out.
var rows [rowsAll]row

func watchLog(p *consensus.Protocol, nodes int) trace.Watcher   { return check.New(p, nodes) }
func watchSlots(p *consensus.Protocol, nodes int) trace.Watcher { return check.NewSlots(p, nodes) }

// Algorithms returns all algorithms of this program, the one that the page opens with
// first.
func Algorithms() []consensus.Algorithm {
	var list []consensus.Algorithm
	for _, r := range rows {
		if r.make != nil {
			list = append(list, r.make())
		}
	}
	return list
}

// Algorithm returns the algorithm of that name. The error lists the names there are.
func Algorithm(name string) (consensus.Algorithm, error) {
	a, _, err := find(name)
	return a, err
}

func find(name string) (consensus.Algorithm, row, error) {
	var known []string
	for _, r := range rows {
		if r.make == nil {
			continue
		}
		a := r.make()
		if a.Protocol.Name == name {
			return a, r, nil
		}
		known = append(known, a.Protocol.Name)
	}
	return consensus.Algorithm{}, row{}, errors.New("there is no engine " + strconv.Quote(name) + "; there is: " + strings.Join(known, ", "))
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
	a, r, err := find(setup.Engine)
	if err != nil {
		return sim.Config{}, err
	}
	if _, err := machine.New(setup.Machine); err != nil {
		return sim.Config{}, err
	}
	return sim.Config{
		Setup: setup, Algorithm: a, Watch: r.watch(a.Protocol, setup.Nodes),
		NewMachine: func() consensus.Machine {
			m, _ := machine.New(setup.Machine) // there is one of that name, see above
			return m
		},
	}, nil
}
