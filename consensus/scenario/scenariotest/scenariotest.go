// Package scenariotest generates scenarios for tests: any that is valid, with a liking for
// the awkward ones.
package scenariotest

import (
	"slices"

	"parley/consensus"
	"parley/consensus/scenario"

	"pgregory.net/rapid"
)

// Name generates names of engines, options and rules.
func Name() *rapid.Generator[string] { return rapid.StringMatching(`[a-z][a-z0-9.-]{0,20}`) }

// Text generates commands and titles, the awkward ones among them.
func Text(max int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := rapid.OneOf(
			rapid.SampledFrom([]string{"", " ", "\"", "set x 3", " set x", "set x ", "a\nb", "a\r", "#", "via n2: get x", ":", "\\", "\"a\"", "\u2028", "\x00", "\xff", "\u00a0", "é", "`", "'x'", "\t"}),
			rapid.String(),
			rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, max), func(b []byte) string { return string(b) }),
		).Draw(t, "text")
		return s[:min(len(s), max)]
	})
}

// Dial generates a value of a dial.
func Dial(d scenario.Dial) *rapid.Generator[int64] {
	i := d.Info()
	return rapid.OneOf(rapid.Int64Range(i.Min, i.Max), rapid.SampledFrom([]int64{i.Min, i.Max, i.Default}))
}

// Value generates values of options.
func Value() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(-scenario.ValueMax, scenario.ValueMax),
		rapid.Map(rapid.Int64Range(-60_000, 60_000), func(v int64) int64 { return v * int64(consensus.Millisecond) }),
		rapid.Int64Range(-10, 2_000_000),
	)
}

// Moment generates moments of a run, round ones often.
func Moment() *rapid.Generator[consensus.Time] {
	return rapid.Custom(func(t *rapid.T) consensus.Time {
		v := rapid.Int64Range(0, int64(scenario.RunMax)).Draw(t, "moment")
		unit := rapid.SampledFrom([]int64{1, 1000, 1_000_000, 1_000_000_000}).Draw(t, "unit")
		return consensus.Time(v - v%unit)
	})
}

// Setup generates a valid setup.
func Setup() *rapid.Generator[scenario.Setup] {
	return rapid.Custom(func(t *rapid.T) scenario.Setup {
		s := scenario.Setup{
			Engine:  Name().Draw(t, "engine"),
			Machine: Name().Draw(t, "machine"),
			Nodes:   rapid.IntRange(1, consensus.NodesMax).Draw(t, "nodes"),
			Clients: rapid.IntRange(0, consensus.ClientsMax).Draw(t, "clients"),
			Seed:    rapid.Uint64().Draw(t, "seed"),
		}
		for d := scenario.Latency; d.Info() != nil; d++ {
			s.Dials[d] = Dial(d).Draw(t, d.String())
		}
		for _, name := range rapid.SliceOfNDistinct(Name(), 0, 5, rapid.ID[string]).Draw(t, "options") {
			s.Options = append(s.Options, scenario.Option{Name: name, Value: Value().Draw(t, name)})
		}
		if off := rapid.SliceOfNDistinct(Name(), 0, 5, rapid.ID[string]).Draw(t, "off"); len(off) > 0 {
			s.Off = off
		}
		for range rapid.IntRange(0, 3).Draw(t, "disks") {
			if s.Disks == nil {
				s.Disks = map[consensus.NodeID][]byte{}
			}
			id := consensus.NodeID(rapid.IntRange(1, s.Nodes).Draw(t, "disk"))
			s.Disks[id] = rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "stored")
		}
		return s
	})
}

// Action generates an action that is valid for the setup.
func Action(s *scenario.Setup) *rapid.Generator[scenario.Action] {
	return rapid.Custom(func(t *rapid.T) scenario.Action {
		node := func() consensus.NodeID { return consensus.NodeID(rapid.IntRange(1, s.Nodes).Draw(t, "node")) }
		kinds := []scenario.ActionKind{
			scenario.Crash, scenario.Restart, scenario.Timeout, scenario.Heal, scenario.Partition, scenario.Drop,
			scenario.Copy, scenario.Hold, scenario.Turn, scenario.SetClock, scenario.SetOption, scenario.SwitchOff, scenario.SwitchOn,
		}
		if s.Clients > 0 {
			kinds = append(kinds, scenario.Request)
		}
		if s.Clients > 0 || s.Nodes > 1 {
			kinds = append(kinds, scenario.Cut)
		}
		a := scenario.Action{At: Moment().Draw(t, "at"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
		link := func() {
			a.Node, a.Peer = node(), node()
			if s.Clients > 0 && (a.Node == a.Peer || rapid.Bool().Draw(t, "client link")) {
				a.Peer = consensus.Client(rapid.IntRange(1, s.Clients).Draw(t, "client"))
			} else if a.Node == a.Peer {
				a.Peer = a.Node%consensus.NodeID(s.Nodes) + 1
			}
			if rapid.Bool().Draw(t, "turned round") {
				a.Node, a.Peer = a.Peer, a.Node
			}
		}
		linked := s.Clients > 0 || s.Nodes > 1
		switch a.Kind {
		case scenario.Crash, scenario.Restart:
			a.Node = node()
		case scenario.Timeout:
			a.Node, a.Timer = node(), consensus.TimerID(rapid.IntRange(0, consensus.TimersMax-1).Draw(t, "timer"))
		case scenario.Request:
			a.Node = consensus.Client(rapid.IntRange(1, s.Clients).Draw(t, "client"))
			if rapid.Bool().Draw(t, "via") {
				a.Peer = node()
			}
			a.Text = Text(consensus.CommandMax).Draw(t, "command")
		case scenario.Cut:
			link()
		case scenario.Heal:
			if linked && rapid.Bool().Draw(t, "link") {
				link()
			}
		case scenario.Partition:
			n := rapid.IntRange(1, min(s.Nodes, scenario.GroupsMax)).Draw(t, "groups")
			a.Groups = make([]consensus.NodeSet, n)
			for id := range s.Nodes {
				g := id // the first node of each group
				if id >= n {
					g = rapid.IntRange(-1, n-1).Draw(t, "group")
				}
				if g >= 0 {
					a.Groups[g].Add(consensus.NodeID(id + 1))
				}
			}
		case scenario.Drop, scenario.Copy, scenario.Hold:
			a.Message = rapid.Uint32Min(1).Draw(t, "message")
			if a.Kind == scenario.Hold {
				a.Value = rapid.Int64Range(1, int64(scenario.LatencyMax)).Draw(t, "longer")
			}
		case scenario.Turn:
			a.Dial = scenario.Dial(rapid.IntRange(1, len(scenario.DialTable)-1).Draw(t, "dial"))
			a.Value = Dial(a.Dial).Draw(t, "value")
			if linked && a.Dial.Info().Link && rapid.Bool().Draw(t, "on a link") {
				link()
			}
		case scenario.SetClock:
			a.Node = node()
			a.Value = rapid.Int64Range(-int64(scenario.OffsetMax), int64(scenario.OffsetMax)).Draw(t, "offset")
			a.Drift = rapid.Int32Range(-scenario.DriftMax, scenario.DriftMax).Draw(t, "drift")
		case scenario.SetOption:
			a.Text, a.Value = Name().Draw(t, "option"), Value().Draw(t, "value")
		case scenario.SwitchOff, scenario.SwitchOn:
			a.Text = Name().Draw(t, "rule")
		}
		return a
	})
}

// Script generates a valid script.
func Script() *rapid.Generator[scenario.Script] {
	return rapid.Custom(func(t *rapid.T) scenario.Script {
		s := scenario.Script{Setup: Setup().Draw(t, "setup"), For: Moment().Draw(t, "for")}
		if title := Text(scenario.TitleMax).Draw(t, "title"); (&scenario.Script{Title: title, Setup: scenario.Defaults()}).Validate() == nil {
			s.Title = title
		}
		if actions := rapid.SliceOfN(Action(&s.Setup), 0, 12).Draw(t, "actions"); len(actions) > 0 {
			slices.SortStableFunc(actions, func(a, b scenario.Action) int { return int(min(1, max(-1, a.At-b.At))) })
			s.Actions = actions
		}
		for range rapid.IntRange(0, 3).Draw(t, "markers") {
			m := scenario.Marker{At: Moment().Draw(t, "at"), Caption: Text(scenario.CaptionMax).Draw(t, "caption")}
			if m.Validate() == nil {
				s.Markers = append(s.Markers, m)
			}
		}
		slices.SortStableFunc(s.Markers, func(a, b scenario.Marker) int { return int(min(1, max(-1, a.At-b.At))) })
		return s
	})
}
