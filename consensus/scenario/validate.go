package scenario

import (
	"errors"
	"strconv"

	"parley/consensus"
)

// Validate refuses a setup that is out of its bounds, with a sentence that says what
// is wrong. Whether the engine knows the options and rules, Fits says.
func (s *Setup) Validate() error {
	if err := checkName(s.Engine, "engine"); err != nil {
		return err
	}
	if err := checkName(s.Machine, "machine"); err != nil {
		return err
	}
	if s.Nodes < 1 || s.Nodes > consensus.NodesMax {
		return errors.New("nodes can be " + extent(1, consensus.NodesMax) + ", not " + strconv.Itoa(s.Nodes))
	}
	if s.Clients < 0 || s.Clients > consensus.ClientsMax {
		return errors.New("clients can be " + extent(0, consensus.ClientsMax) + ", not " + strconv.Itoa(s.Clients))
	}
	for d := Latency; d < dials; d++ {
		if err := DialTable[d].check(s.Dials[d]); err != nil {
			return err
		}
	}
	if s.Dials[0] != 0 {
		return errors.New("there is no dial number 0")
	}
	if len(s.Options) > OptionsMax {
		return errors.New("there can be " + strconv.Itoa(OptionsMax) + " options, not more")
	}
	for i, o := range s.Options {
		if err := first(checkName(o.Name, "option"), checkValue(o)); err != nil {
			return err
		}
		for _, other := range s.Options[:i] {
			if other.Name == o.Name {
				return errors.New("option " + o.Name + " is set twice")
			}
		}
	}
	if len(s.Off) > RulesMax {
		return errors.New("there can be " + strconv.Itoa(RulesMax) + " rules off, not more")
	}
	for i, r := range s.Off {
		if err := checkName(r, "rule"); err != nil {
			return err
		}
		for _, other := range s.Off[:i] {
			if other == r {
				return errors.New("rule " + r + " is switched off twice")
			}
		}
	}
	return s.checkDisks()
}

func (s *Setup) checkDisks() error {
	known := 0
	for id := consensus.NodeID(1); int(id) <= s.Nodes; id++ {
		disk, ok := s.Disks[id]
		if !ok {
			continue
		}
		known++
		if len(disk) > DiskMax {
			return errors.New("the disk of " + name(id) + " holds " + strconv.Itoa(len(disk)) + " bytes, at most " + strconv.Itoa(DiskMax) + " are allowed")
		}
	}
	if known != len(s.Disks) {
		return errors.New("a disk belongs to a node that is not there; " + nodesAre(s.Nodes))
	}
	return nil
}

// Fits refuses a setup whose options and rules the algorithm does not have, with a
// sentence that says what it has.
func (s *Setup) Fits(p *consensus.Protocol) error {
	if s.Engine != p.Name {
		return errors.New("the setup is for the engine " + quote(s.Engine) + ", not for " + p.Name)
	}
	for _, o := range s.Options {
		if err := fitsOption(p, o.Name, o.Value); err != nil {
			return err
		}
	}
	for _, r := range s.Off {
		if err := fitsRule(p, r); err != nil {
			return err
		}
	}
	return nil
}

// Validate refuses an action that cannot be done to any run of that setup, with a
// sentence that says what is wrong. Whether the engine knows the option, rule or timer,
// Fits says; whether the message is in flight just then, the World.
func (a *Action) Validate(setup *Setup) error {
	if err := checkMoment(a.At); err != nil {
		return err
	}
	switch a.Kind {
	case Crash, Restart:
		return setup.isNode(a.Node)
	case Timeout:
		if a.Timer >= consensus.TimersMax {
			return errors.New("the timer's number can be " + extent(1, consensus.TimersMax))
		}
		return setup.isNode(a.Node)
	case Request:
		return a.validateRequest(setup)
	case Cut:
		return setup.isLink(a.Node, a.Peer)
	case Heal:
		if a.Node == consensus.None && a.Peer == consensus.None {
			return nil
		}
		return setup.isLink(a.Node, a.Peer)
	case Partition:
		return a.validatePartition(setup)
	case Drop, Copy, Hold:
		if a.Message == 0 {
			return errors.New("messages are numbered from 1")
		}
		if a.Kind == Hold && (a.Value <= 0 || a.Value > int64(LatencyMax)) {
			return errors.New("a message can be held for more than 0s and up to " + FormatSpan(LatencyMax))
		}
		return nil
	case Turn:
		return a.validateTurn(setup)
	case SetClock:
		if a.Value < -int64(OffsetMax) || a.Value > int64(OffsetMax) {
			return errors.New("an offset can be " + FormatSpan(-OffsetMax) + " to " + FormatSpan(OffsetMax))
		}
		if a.Drift < -DriftMax || a.Drift > DriftMax {
			return errDrift
		}
		return setup.isNode(a.Node)
	case SetOption:
		return first(checkName(a.Text, "option"), checkValue(Option{a.Text, a.Value}))
	case SwitchOff, SwitchOn:
		return checkName(a.Text, "rule")
	}
	return errors.New("there is no such action")
}

func (a *Action) validateRequest(setup *Setup) error {
	if !a.Node.IsClient() {
		return errors.New("requests come from clients; " + clientsAre(setup.Clients))
	}
	if err := setup.isEndpoint(a.Node); err != nil {
		return err
	}
	if len(a.Text) > consensus.CommandMax {
		return errors.New("a command can have " + strconv.Itoa(consensus.CommandMax) + " bytes, not " + strconv.Itoa(len(a.Text)))
	}
	if a.Peer == consensus.None {
		return nil
	}
	return setup.isNode(a.Peer)
}

func (a *Action) validatePartition(setup *Setup) error {
	if len(a.Groups) < 1 || len(a.Groups) > GroupsMax {
		return errors.New("a partition has 1 to " + strconv.Itoa(GroupsMax) + " groups, not " + strconv.Itoa(len(a.Groups)))
	}
	var all, some consensus.NodeSet
	for id := consensus.NodeID(1); int(id) <= setup.Nodes; id++ {
		all.Add(id)
	}
	for _, g := range a.Groups {
		if g == some {
			return errors.New("a group of the partition is empty")
		}
	}
	for _, g := range a.Groups {
		if g[0]&^all[0] != 0 || g[1]&^all[1] != 0 {
			return errors.New("a group holds a node that is not there; " + nodesAre(setup.Nodes))
		}
		if g[0]&some[0] != 0 || g[1]&some[1] != 0 {
			return errors.New("a node is in two groups")
		}
		some[0] |= g[0]
		some[1] |= g[1]
	}
	return nil
}

func (a *Action) validateTurn(setup *Setup) error {
	d := a.Dial.Info()
	if d == nil {
		return errors.New("there is no such dial")
	}
	if err := d.check(a.Value); err != nil {
		return err
	}
	if a.Node == consensus.None && a.Peer == consensus.None {
		return nil
	}
	if !d.Link {
		return errors.New(d.Name + " is the same everywhere; leave the link out")
	}
	return setup.isLink(a.Node, a.Peer)
}

// Fits refuses an action whose option, rule or timer the algorithm does not have, with
// a sentence that says what it has.
func (a *Action) Fits(p *consensus.Protocol) error {
	switch a.Kind {
	case SetOption:
		return fitsOption(p, a.Text, a.Value)
	case SwitchOff, SwitchOn:
		return fitsRule(p, a.Text)
	case Timeout:
		if int(a.Timer) >= len(p.Timers) {
			why := p.Title + " has no timer " + strconv.Itoa(int(a.Timer)+1) + "; it has"
			for i := range p.Timers {
				why += " " + strconv.Itoa(i+1) + " (" + p.Timers[i].Name + ")"
			}
			return errors.New(why)
		}
	}
	return nil
}

// Validate refuses a script that is out of its bounds. A script that Parse returned is
// valid, and one that is valid is read back from its String.
func (s *Script) Validate() error {
	if s.Title != "" {
		if err := checkTitle(s.Title); err != nil {
			return err
		}
	}
	if err := s.Setup.Validate(); err != nil {
		return err
	}
	if err := checkMoment(s.For); err != nil {
		return err
	}
	if len(s.Actions) > ActionsMax {
		return errors.New("there can be " + strconv.Itoa(ActionsMax) + " actions, not " + strconv.Itoa(len(s.Actions)))
	}
	for i := range s.Actions {
		if err := s.Actions[i].Validate(&s.Setup); err != nil {
			return errors.New("action " + strconv.Itoa(i+1) + ": " + err.Error())
		}
		if i > 0 && s.Actions[i].At < s.Actions[i-1].At {
			return errors.New("action " + strconv.Itoa(i+1) + ": it stands after a later one; put actions in the order of time")
		}
	}
	if err := s.checkMarkers(); err != nil {
		return err
	}
	if n := len(s.String()); n > TextMax {
		return errors.New("the script has " + strconv.Itoa(n) + " bytes, at most " + strconv.Itoa(TextMax) + " are allowed")
	}
	return nil
}

// Fits refuses a script that mentions what the algorithm does not have.
func (s *Script) Fits(p *consensus.Protocol) error {
	if err := s.Setup.Fits(p); err != nil {
		return err
	}
	for i := range s.Actions {
		if err := s.Actions[i].Fits(p); err != nil {
			return &Error{Text: clip(s.Actions[i].String()), Why: err.Error()}
		}
	}
	return nil
}

func fitsOption(p *consensus.Protocol, option string, v int64) error {
	for i := range p.Options {
		if p.Options[i].Name == option {
			return checkOption(&p.Options[i], v)
		}
	}
	why := p.Title + " has no option " + quote(option)
	for i := range p.Options {
		if i == 0 {
			why += "; it has "
		} else {
			why += ", "
		}
		why += p.Options[i].Name
	}
	return errors.New(why)
}

func fitsRule(p *consensus.Protocol, rule string) error {
	if r, ok := p.Rule(rule); ok {
		if p.Rules[r-1].Switchable {
			return nil
		}
		return errors.New("rule " + rule + " cannot be switched off")
	}
	why := p.Title + " has no rule " + quote(rule) + "; these can be switched off:"
	for i := range p.Rules {
		if p.Rules[i].Switchable {
			why += " " + p.Rules[i].ID
		}
	}
	return errors.New(why)
}

// isNode refuses what is no node of the run.
func (s *Setup) isNode(id consensus.NodeID) error {
	if id >= 1 && int(id) <= s.Nodes {
		return nil
	}
	return errors.New(nodesAre(s.Nodes))
}

// isEndpoint refuses what is neither a node nor a client of the run.
func (s *Setup) isEndpoint(id consensus.NodeID) error {
	if id.IsClient() {
		if int(id-consensus.ClientFirst) < s.Clients {
			return nil
		}
		return errors.New(clientsAre(s.Clients))
	}
	return s.isNode(id)
}

// isLink refuses what is no link of the run.
func (s *Setup) isLink(from, to consensus.NodeID) error {
	if err := first(s.isEndpoint(from), s.isEndpoint(to)); err != nil {
		return err
	}
	if from == to {
		return errors.New("there is no link from " + name(from) + " to itself")
	}
	if from.IsClient() && to.IsClient() {
		return errors.New("clients do not talk to each other")
	}
	return nil
}

func nodesAre(n int) string {
	if n == 1 {
		return "there is 1 node, n1"
	}
	return "there are " + strconv.Itoa(n) + " nodes, n1 to n" + strconv.Itoa(n)
}

func clientsAre(n int) string {
	switch n {
	case 0:
		return "there are no clients"
	case 1:
		return "there is 1 client, c1"
	}
	return "there are " + strconv.Itoa(n) + " clients, c1 to c" + strconv.Itoa(n)
}

var errDrift = errors.New("a drift can be -" + strconv.Itoa(DriftMax) + "ppm to " + strconv.Itoa(DriftMax) + "ppm")

func checkMoment(t consensus.Time) error {
	if t >= 0 && t <= RunMax {
		return nil
	}
	return errors.New("a run lasts 0s to " + FormatSpan(RunMax) + ", not " + FormatSpan(t))
}

func checkValue(o Option) error {
	if o.Value >= -ValueMax && o.Value <= ValueMax {
		return nil
	}
	return errors.New("the value of " + o.Name + " is too large a number")
}

func checkTitle(s string) error {
	if len(s) > TitleMax {
		return errors.New("a title can have " + strconv.Itoa(TitleMax) + " bytes, not " + strconv.Itoa(len(s)))
	}
	if !plain(s) {
		return errors.New("a title is printable text on one line")
	}
	return nil
}

// checkName refuses what cannot be a name: lower-case letters, digits, hyphens and dots.
func checkName(s, what string) error {
	if s == "" {
		return errors.New("the name of the " + what + " is missing")
	}
	if len(s) > NameMax {
		return errors.New("the name of the " + what + " is longer than " + strconv.Itoa(NameMax) + " bytes")
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return errors.New(quote(s) + " cannot be the name of the " + what + "; names are lower-case letters, digits, hyphens and dots")
		}
	}
	return nil
}
