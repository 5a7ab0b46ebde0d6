package registry

import (
	"errors"

	"parley/consensus"
	"parley/consensus/hosting"
	"parley/consensus/hosting/tab"
	"parley/consensus/machine"
	"parley/consensus/sim"
)

// Engines returns what a tab runs nodes with: all algorithms of this program.
func Engines() []tab.Engine {
	var list []tab.Engine
	for _, a := range Algorithms() {
		list = append(list, tab.Engine{
			Engine: hosting.Engine{Name: a.Protocol.Name, Epoch: a.Protocol.Epoch, World: sim.Epoch},
			New: func(id consensus.NodeID, c hosting.Config) (consensus.Engine, error) {
				if len(c.Settings.Options) != len(a.Protocol.Options) || !c.Nodes.Has(id) {
					return nil, errors.New("its settings are not those of " + a.Protocol.Name)
				}
				m, err := machine.New(c.Machine)
				if err != nil {
					return nil, err
				}
				return a.New(consensus.Config{ID: id, Nodes: c.Nodes, Seed: c.Seed, Settings: c.Settings, Machine: m}), nil
			},
		})
	}
	return list
}
