package sim

import (
	"errors"
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
)

// settle checks a Config and returns the settings that the engines start with.
func settle(c *Config) (consensus.Settings, error) {
	var none consensus.Settings
	s, p := &c.Setup, c.Algorithm.Protocol
	if p == nil || c.Host == nil && c.Algorithm.New == nil {
		return none, errors.New("a World needs an algorithm")
	}
	if s.Engine != "" && s.Engine != p.Name {
		return none, errors.New("the setup is for the engine " + strconv.Quote(s.Engine) + ", not for " + p.Name)
	}
	if err := between(s.Nodes, 1, consensus.NodesMax, "nodes"); err != nil {
		return none, err
	}
	if err := between(s.Clients, 0, consensus.ClientsMax, "clients"); err != nil {
		return none, err
	}
	for d := scenario.Latency; d.Info() != nil; d++ {
		if err := checkDial(d, s.Dials[d]); err != nil {
			return none, err
		}
	}
	settings := consensus.Settings{Options: p.Defaults()}
	for _, o := range s.Options {
		i, err := option(p, o.Name, o.Value)
		if err != nil {
			return none, err
		}
		settings.Options[i] = o.Value
	}
	for _, id := range s.Off {
		r, err := switchable(p, id)
		if err != nil {
			return none, err
		}
		settings.Off = settings.Off.With(r)
	}
	for i := range 1 << 8 { // every id in order: of two mistakes the same one is told each time
		id := consensus.NodeID(i)
		disk, ok := s.Disks[id]
		if ok && (id < 1 || int(id) > s.Nodes) {
			return none, errors.New("a disk is given for " + id.String() + ", but there are only " + strconv.Itoa(s.Nodes) + " nodes")
		}
		if len(disk) > DiskMax {
			return none, errors.New("the disk of " + id.String() + " holds more than " + strconv.Itoa(DiskMax) + " bytes")
		}
	}
	return settings, nil
}

func between(n, lo, hi int, what string) error {
	if n >= lo && n <= hi {
		return nil
	}
	return errors.New("a run has " + strconv.Itoa(lo) + " to " + strconv.Itoa(hi) + " " + what + ", not " + strconv.Itoa(n))
}

func checkDial(d scenario.Dial, v int64) error {
	i := d.Info()
	if i == nil {
		return errors.New("there is no " + d.String())
	}
	if v < i.Min || v > i.Max {
		return errors.New(i.Name + " can be " + scenario.FormatDial(d, i.Min) + " to " + scenario.FormatDial(d, i.Max) +
			", not " + scenario.FormatDial(d, v))
	}
	return nil
}

// option returns the place of an option that may have the value.
func option(p *consensus.Protocol, name string, v int64) (int, error) {
	for i := range p.Options {
		o := &p.Options[i]
		if o.Name != name {
			continue
		}
		if v < o.Min || v > o.Max {
			return 0, errors.New(o.Name + " can be " + scenario.FormatOption(o, o.Min) + " to " +
				scenario.FormatOption(o, o.Max) + ", not " + scenario.FormatOption(o, v))
		}
		return i, nil
	}
	return 0, errors.New(p.Name + " has no option " + strconv.Quote(name))
}

// switchable returns the rule with that ID if it can be switched off.
func switchable(p *consensus.Protocol, id string) (consensus.RuleID, error) {
	r, ok := p.Rule(id)
	if !ok {
		return 0, errors.New(p.Name + " has no rule " + strconv.Quote(id))
	}
	if !p.Rules[r-1].Switchable {
		return 0, errors.New("the rule " + id + " cannot be switched off")
	}
	return r, nil
}
