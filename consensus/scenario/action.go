package scenario

import (
	"errors"
	"strconv"

	"parley/consensus"
)

// ParseAction reads one action line of a script, such as "at 1s crash n3", for a run
// with that setup. An error is an *Error without a line number.
func ParseAction(line string, setup *Setup) (Action, error) {
	if len(line) > TextMax {
		return Action{}, &Error{Why: "the line is too long"}
	}
	line = trim(line)
	for i := range len(line) {
		if line[i] == '\n' || line[i] == '\r' {
			return Action{}, &Error{Text: clip(line), Why: "an action is one line"}
		}
	}
	a, err := parseAction(line, setup)
	if err != nil {
		return Action{}, &Error{Text: clip(line), Why: err.Error()}
	}
	return a, nil
}

// acts are the words of actions that are no settings.
var acts = map[string]bool{
	"crash": true, "restart": true, "timeout": true, "request": true, "cut": true, "heal": true, "partition": true,
	"drop": true, "copy": true, "hold": true, "clock": true, "on": true,
}

func parseAction(line string, setup *Setup) (Action, error) {
	s := scanner{rest: line}
	if s.next() != "at" {
		return Action{}, errors.New("an action begins with its moment: at 1s crash n3")
	}
	var a Action
	var err error
	if a.At, err = ParseSpan(s.next()); err != nil {
		return a, err
	}
	if err = a.parse(s.next(), &s); err == nil {
		err = s.end()
	}
	if err == nil {
		err = a.Validate(setup)
	}
	return a, err
}

// parse reads what follows the moment.
func (a *Action) parse(word string, s *scanner) (err error) {
	switch word {
	case "crash":
		return a.parseNode(Crash, s)
	case "restart":
		return a.parseNode(Restart, s)
	case "timeout":
		return a.parseTimeout(s)
	case "request":
		return a.parseRequest(s)
	case "cut":
		return a.parseLink(Cut, s)
	case "heal":
		if s.peek() == "all" {
			a.Kind = Heal
			s.next()
			return nil
		}
		return a.parseLink(Heal, s)
	case "partition":
		return a.parsePartition(s)
	case "drop":
		return a.parseMessage(Drop, s)
	case "copy":
		return a.parseMessage(Copy, s)
	case "hold":
		if err = a.parseMessage(Hold, s); err != nil {
			return err
		}
		t, err := ParseSpan(s.next())
		a.Value = int64(t)
		return err
	case "clock":
		return a.parseClock(s)
	case "option":
		o, err := parseNamed(s)
		a.Kind, a.Text, a.Value = SetOption, o.Name, o.Value
		return err
	case "off":
		a.Kind, a.Text = SwitchOff, s.next()
		return checkName(a.Text, "rule")
	case "on":
		a.Kind, a.Text = SwitchOn, s.next()
		return checkName(a.Text, "rule")
	case "":
		return errors.New("what happens then is missing, such as crash n3")
	}
	d, ok := DialNamed(word)
	if ok {
		return a.parseTurn(d, s)
	}
	if setting(word) != nil {
		return errors.New(word + " belongs to the setup, it cannot change during a run")
	}
	return errors.New("nothing is called " + quote(word) + "; an action is crash, restart, timeout, request, cut, heal, partition, drop, copy, hold, clock, option, off, on or a dial (" + dialNames() + ")")
}

func (a *Action) parseNode(kind ActionKind, s *scanner) (err error) {
	a.Kind = kind
	a.Node, err = parseEndpoint(s.next())
	return err
}

func (a *Action) parseTimeout(s *scanner) error {
	if err := a.parseNode(Timeout, s); err != nil || s.rest == "" {
		return err
	}
	n, err := parseCount(s.next(), "the timer's number", 1, consensus.TimersMax)
	a.Timer = consensus.TimerID(n - 1)
	return err
}

func (a *Action) parseRequest(s *scanner) (err error) {
	a.Kind = Request
	colon := -1
	for i := range len(s.rest) {
		if s.rest[i] == ':' {
			colon = i
			break
		}
	}
	if colon < 0 {
		return errors.New("the colon before the command is missing: request c1: set x 3")
	}
	head := scanner{rest: trim(s.rest[:colon])}
	s.rest = trim(s.rest[colon+1:])
	if a.Node, err = parseEndpoint(head.next()); err != nil {
		return err
	}
	if head.rest != "" {
		if head.next() != "via" {
			return errors.New("a request is written request c1: set x 3, or request c1 via n2: set x 3")
		}
		if a.Peer, err = parseEndpoint(head.next()); err != nil {
			return err
		}
		if err = head.end(); err != nil {
			return err
		}
	}
	a.Text, err = unquoted(s.all(), "command")
	return err
}

func (a *Action) parseLink(kind ActionKind, s *scanner) (err error) {
	a.Kind = kind
	if a.Node, err = parseEndpoint(s.next()); err != nil {
		return err
	}
	if s.next() != ">" {
		return errors.New("a link is written n1 > n2, with blanks round the arrow")
	}
	a.Peer, err = parseEndpoint(s.next())
	return err
}

func (a *Action) parsePartition(s *scanner) error {
	a.Kind = Partition
	var group consensus.NodeSet
	for {
		word := s.next()
		if word == "|" || word == "" {
			if group.Len() == 0 {
				return errors.New("a group without a node; write partition n1 n2 | n3 n4 n5")
			}
			a.Groups = append(a.Groups, group)
			group = consensus.NodeSet{}
			if word == "" {
				return nil
			}
			continue
		}
		id, err := parseEndpoint(word)
		if err != nil {
			return err
		}
		if id.IsClient() {
			return errors.New("a partition is between nodes; clients reach all of them")
		}
		if group.Has(id) {
			return errors.New(name(id) + " is in a group twice")
		}
		group.Add(id)
	}
}

func (a *Action) parseMessage(kind ActionKind, s *scanner) error {
	a.Kind = kind
	n, err := parseCount(s.next(), "a message's number", 1, 1<<32-1)
	a.Message = uint32(n)
	return err
}

func (a *Action) parseTurn(d Dial, s *scanner) (err error) {
	a.Kind, a.Dial = Turn, d
	if _, ok := endpoint(s.peek()); ok {
		if err = a.parseLink(Turn, s); err != nil {
			return err
		}
	}
	a.Value, err = parseDial(d, s.next(), false)
	return err
}

func (a *Action) parseClock(s *scanner) error {
	if err := a.parseNode(SetClock, s); err != nil {
		return err
	}
	if s.next() != "offset" {
		return errors.New("a clock is set with clock n2 offset 5ms drift 200ppm")
	}
	t, err := ParseSpan(s.next())
	if err != nil {
		return err
	}
	a.Value = int64(t)
	if s.next() != "drift" {
		return errors.New("a clock is set with clock n2 offset 5ms drift 200ppm")
	}
	v, err := parsePPM(s.next())
	if err != nil {
		return err
	}
	if v < -DriftMax || v > DriftMax {
		return errDrift
	}
	a.Drift = int32(v)
	return nil
}

// parseNamed reads an option's name and value.
func parseNamed(s *scanner) (o Option, err error) {
	o.Name = s.next()
	if err = checkName(o.Name, "option"); err != nil {
		return o, err
	}
	if o.Value, err = parseValue(s.next()); err != nil {
		return o, err
	}
	return o, first(checkValue(o), s.end())
}

// String writes the action as a line of a script, without its end. ParseAction reads
// it back.
func (a Action) String() string {
	return "at " + FormatSpan(a.At) + " " + a.said()
}

// said is what an action's line says behind its moment.
func (a *Action) said() string {
	switch a.Kind {
	case Crash:
		return "crash " + name(a.Node)
	case Restart:
		return "restart " + name(a.Node)
	case Timeout:
		return "timeout " + name(a.Node) + a.timer()
	case Request:
		return "request " + name(a.Node) + a.via() + ": " + quoted(a.Text)
	case Cut:
		return "cut " + a.link()
	case Heal:
		if a.Node == consensus.None && a.Peer == consensus.None {
			return "heal all"
		}
		return "heal " + a.link()
	case Partition:
		return "partition" + a.groups()
	case Drop:
		return "drop " + a.message()
	case Copy:
		return "copy " + a.message()
	case Hold:
		return "hold " + a.message() + " " + FormatSpan(consensus.Duration(a.Value))
	case Turn:
		where := " "
		if a.Node != consensus.None || a.Peer != consensus.None {
			where = " " + a.link() + " "
		}
		return a.Dial.String() + where + FormatDial(a.Dial, a.Value)
	case SetClock:
		return "clock " + name(a.Node) + " offset " + FormatSpan(consensus.Duration(a.Value)) + " drift " + strconv.Itoa(int(a.Drift)) + "ppm"
	case SetOption:
		return "option " + a.Text + " " + formatValue(a.Value)
	case SwitchOff:
		return "off " + a.Text
	case SwitchOn:
		return "on " + a.Text
	}
	return "nothing"
}

func (a *Action) link() string { return name(a.Node) + " > " + name(a.Peer) }

func (a *Action) message() string { return strconv.FormatUint(uint64(a.Message), 10) }

// timer is the number of a timer, which the first one does without.
func (a *Action) timer() string {
	if a.Timer == 0 {
		return ""
	}
	return " " + strconv.Itoa(int(a.Timer)+1)
}

// via is whom a client asks first.
func (a *Action) via() string {
	if a.Peer == consensus.None {
		return ""
	}
	return " via " + name(a.Peer)
}

func (a *Action) groups() (s string) {
	for i, g := range a.Groups {
		if i > 0 {
			s += " |"
		}
		for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
			if g.Has(id) {
				s += " " + name(id)
			}
		}
	}
	return s
}
