package scenario

import (
	"errors"
	"strconv"

	"parley/consensus"
)

// Script is a scenario as people write it and keep it: a Setup, what is done to it, and
// for how long it is worth watching.
//
// # The text form
//
// A script is plain text (UTF-8, at most TextMax bytes), a line for each thing said.
// Blank lines and lines that begin with # say nothing. Words stand apart by blanks.
// Lines of the setup come first, in any order, each at most once unless said otherwise:
//
//	title How a leader is elected     the rest of the line
//	engine raft                       the algorithm
//	machine kv                        the replicated state machine
//	nodes 5                           1 to 100; they are called n1 to n5
//	clients 2                         0 to 32; they are called c1 and c2
//	seed 7                            0 to 18446744073709551615
//	latency 10ms loss 0.5%            dials: one or more in a line, see below
//	option heartbeat 50ms             an option of the engine; a line each
//	off raft.vote-once                a rule that is switched off; a line each
//	stored n1 0a1b2c3d 04             what a node's disk holds at the beginning, in
//	                                  hexadecimal; more lines of a node add to it
//	for 10s                           how long the run is worth watching
//
// What is not said is as in Defaults. Then follow the actions, each with its moment,
// none before the one above it. A setting has the same words as in the setup:
//
//	at 300ms crash n3
//	at 1.2s restart n3
//	at 1.2s timeout n2                its first timer expires now
//	at 1.2s timeout n2 2              its second
//	at 1.3s request c1: set x 3       the client asks for the command after the colon
//	at 1.3s request c1 via n2: get x  and asks n2 first
//	at 1.3s cut n1 > n2               from now on messages from n1 to n2 are lost
//	at 1.3s heal n1 > n2
//	at 1.3s heal all                  ends all cuts and partitions
//	at 2s partition n1 n2 | n3 n4 n5  1 to 8 groups; nodes in none are alone together
//	at 2s drop 17                     message 17 is lost while it is in flight
//	at 2s copy 17                     it arrives a second time
//	at 2s hold 17 30ms                it arrives 30 ms later
//	at 2s latency 50ms                a dial is turned, one a line
//	at 2s loss n1 > n2 20%            on one link only
//	at 2s clock n2 offset 5ms drift 200ppm
//	at 2s option heartbeat 20ms
//	at 2s off raft.vote-once
//	at 2s on raft.vote-once
//
// A marker points at a moment and says something about it, to the end of the line. It
// stands among the actions, and changes nothing:
//
//	at 2.1s mark N3 is gone: nobody leads
//
// The dials are latency, jitter, loss, copies, reorder (of each link), disk, torn,
// patience and pace; DialTable has their units and bounds. Times are exact and have
// their unit: 1.2034567s, 10ms, 200us, 50ns. Shares are written 0.5%, rates 20/s.
// A command, title or caption that begins with a quotation mark or a blank, ends with a blank,
// is empty or holds bytes that are not printable text is written in double quotes with
// the escapes of a Go string.
type Script struct {
	Title   string
	Setup   Setup
	For     consensus.Duration // 0: not said
	Actions []Action           // in the order of time
	Markers []Marker           // in the order of time
}

// Error says what is wrong with a line of a script and what to do about it.
type Error struct {
	Line int    // counted from 1; 0 when a line was read on its own
	Text string // the line, shortened; empty when the script as a whole is meant
	Why  string // a sentence without a full stop
}

// Error returns all of it: `line 4: "at 1s crash n9": there are 5 nodes, n1 to n5`.
func (e *Error) Error() string {
	s := e.Why
	if e.Text != "" {
		s = quote(e.Text) + ": " + s
	}
	if e.Line > 0 {
		s = "line " + strconv.Itoa(e.Line) + ": " + s
	}
	return s
}

// Parse reads a script. An error is an *Error.
func Parse(text string) (Script, error) { return parse(text, nil) }

// Known is what a host can run.
type Known struct {
	Protocols []*consensus.Protocol
	Machines  []string
}

// ParseFor reads a script as Parse does, and refuses engines, machines, options, rules
// and timers that are not known with the line that mentions them.
func ParseFor(text string, known Known) (Script, error) { return parse(text, &known) }

func parse(text string, known *Known) (Script, error) {
	if len(text) > TextMax {
		return Script{}, &Error{Why: "the script has " + strconv.Itoa(len(text)) + " bytes, at most " + strconv.Itoa(TextMax) + " are allowed"}
	}
	p := parser{script: Script{Setup: Defaults()}, known: known}
	for rest, line := text, ""; rest != ""; {
		line, rest = cutLine(rest)
		p.line++
		line = trim(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := p.parseLine(line); err != nil {
			if e, ok := err.(*Error); ok {
				return Script{}, e
			}
			return Script{}, &Error{Line: p.line, Text: clip(line), Why: err.Error()}
		}
	}
	if !p.done {
		if err := p.endSetup(); err != nil {
			return Script{}, err
		}
	}
	if n := len(p.script.String()); n > TextMax {
		return Script{}, &Error{Why: "the script is too long: written out in full it has " + strconv.Itoa(n) + " bytes, at most " + strconv.Itoa(TextMax) + " are allowed"}
	}
	return p.script, nil
}

// parser reads a script line by line.
type parser struct {
	script Script
	line   int
	text   string         // the line
	done   bool           // the setup has ended
	last   consensus.Time // of the lines with a moment so far
	seen   []said
	known  *Known              // nil: whatever is well formed
	of     *consensus.Protocol // what is known of the engine, once the setup is known
}

// said remembers where something of the setup was said, to blame that line when it
// turns out not to fit the rest.
type said struct {
	what, text string
	line       int
}

func (p *parser) parseLine(line string) error {
	p.text = line
	s := scanner{rest: line}
	word := s.next()
	if word == "at" {
		if !p.done {
			if err := p.endSetup(); err != nil {
				return err
			}
		}
		if m, ok, err := parseMarker(line); ok {
			return p.mark(m, err)
		}
		return p.parseAction(line)
	}
	if p.done {
		if setting(word) != nil {
			return errors.New("settings stand before the first action, and most cannot change during the run; an option or a rule can: at 1s off raft.vote-once")
		}
		if _, dial := DialNamed(word); dial {
			return errors.New("settings stand before the first action; to turn a dial during the run, write when: at 1s " + clip(line))
		}
	}
	if acts[word] || word == "mark" {
		return errors.New("an action needs its moment: at 1s " + clip(line))
	}
	if d, ok := DialNamed(word); ok {
		return p.parseDials(d, &s)
	}
	set := setting(word)
	if set == nil {
		return errors.New("nothing is called " + quote(word) + "; a line begins with at, a setting (title, engine, machine, nodes, clients, seed, option, off, stored, for) or a dial (" + dialNames() + ")")
	}
	if word != "option" && word != "off" && word != "stored" {
		if err := p.once(word); err != nil {
			return err
		}
	}
	return set(p, &s)
}

// once refuses to be told the same thing twice.
func (p *parser) once(what string) error {
	for i := range p.seen {
		if p.seen[i].what == what {
			return errors.New(what + " was said before, in line " + strconv.Itoa(p.seen[i].line))
		}
	}
	p.seen = append(p.seen, said{what, clip(p.text), p.line})
	return nil
}

// setting returns what reads a line of the setup that is no dial, nil if none begins with
// the word. (A table would be in each program that has this package, with all it reads.)
func setting(word string) func(p *parser, s *scanner) error {
	switch word {
	case "title":
		return (*parser).parseTitle
	case "engine":
		return (*parser).parseEngine
	case "machine":
		return (*parser).parseMachine
	case "nodes":
		return (*parser).parseNodes
	case "clients":
		return (*parser).parseClients
	case "seed":
		return (*parser).parseSeed
	case "option":
		return (*parser).parseOption
	case "off":
		return (*parser).parseOff
	case "stored":
		return (*parser).parseStored
	case "for":
		return (*parser).parseFor
	}
	return nil
}

func (p *parser) parseTitle(s *scanner) (err error) {
	if p.script.Title, err = unquoted(s.all(), "title"); err != nil {
		return err
	}
	return checkTitle(p.script.Title)
}

func (p *parser) parseEngine(s *scanner) error {
	p.script.Setup.Engine = s.next()
	return first(checkName(p.script.Setup.Engine, "engine"), s.end())
}

func (p *parser) parseMachine(s *scanner) error {
	p.script.Setup.Machine = s.next()
	return first(checkName(p.script.Setup.Machine, "machine"), s.end())
}

func (p *parser) parseNodes(s *scanner) error {
	n, err := parseCount(s.next(), "nodes", 1, consensus.NodesMax)
	p.script.Setup.Nodes = int(n)
	return first(err, s.end())
}

func (p *parser) parseClients(s *scanner) error {
	n, err := parseCount(s.next(), "clients", 0, consensus.ClientsMax)
	p.script.Setup.Clients = int(n)
	return first(err, s.end())
}

func (p *parser) parseSeed(s *scanner) (err error) {
	p.script.Setup.Seed, err = parseCount(s.next(), "seed", 0, 1<<64-1)
	return first(err, s.end())
}

func (p *parser) parseFor(s *scanner) (err error) {
	if p.script.For, err = ParseSpan(s.next()); err != nil {
		return err
	}
	if p.script.For == 0 {
		return errors.New("a run needs some time; leave the line out when it does not matter how long")
	}
	return first(checkMoment(p.script.For), s.end())
}

func (p *parser) parseOption(s *scanner) error {
	o, err := parseNamed(s)
	if err == nil {
		err = p.once("option " + o.Name)
	}
	if err == nil && len(p.script.Setup.Options) == OptionsMax {
		err = errors.New("there are " + strconv.Itoa(OptionsMax) + " options already")
	}
	p.script.Setup.Options = append(p.script.Setup.Options, o)
	return err
}

func (p *parser) parseOff(s *scanner) error {
	rule := s.next()
	err := first(checkName(rule, "rule"), s.end(), p.once("off "+rule))
	if err == nil && len(p.script.Setup.Off) == RulesMax {
		err = errors.New("there are " + strconv.Itoa(RulesMax) + " rules off already")
	}
	p.script.Setup.Off = append(p.script.Setup.Off, rule)
	return err
}

func (p *parser) parseStored(s *scanner) error {
	id, err := parseEndpoint(s.next())
	if err != nil {
		return err
	}
	if !id.IsNode() {
		return errors.New("clients have no disk")
	}
	setup := &p.script.Setup
	disk := setup.Disks[id]
	for digits := s.next(); ; digits = s.next() {
		if len(digits) == 0 || len(digits)%2 != 0 {
			return errors.New("bytes are written as pairs of hexadecimal digits: stored n1 0a1b2c3d")
		}
		for i := 0; i < len(digits); i += 2 {
			hi, ok1 := unhex(digits[i])
			lo, ok2 := unhex(digits[i+1])
			if !ok1 || !ok2 {
				return errors.New(quote(digits[i:i+2]) + " is no pair of hexadecimal digits")
			}
			disk = append(disk, hi<<4|lo)
		}
		if s.rest == "" {
			break
		}
	}
	if len(disk) > DiskMax {
		return errors.New("a disk can hold " + strconv.Itoa(DiskMax) + " bytes at the beginning, not more")
	}
	if setup.Disks == nil {
		setup.Disks = map[consensus.NodeID][]byte{}
	}
	setup.Disks[id] = disk
	p.seen = append(p.seen, said{"stored " + name(id), clip(p.text), p.line})
	return nil
}

func (p *parser) parseDials(d Dial, s *scanner) error {
	for {
		if err := p.once(d.String()); err != nil {
			return err
		}
		if _, isEndpoint := endpoint(s.peek()); isEndpoint {
			return errors.New("in the setup a dial is for all links; to turn it for one, write: at 0s " + d.String() + " n1 > n2 " + exampleOf(d))
		}
		v, err := parseDial(d, s.next(), false)
		if err != nil {
			return err
		}
		p.script.Setup.Dials[d] = v
		if s.rest == "" {
			return nil
		}
		word, ok := s.next(), false
		if d, ok = DialNamed(word); !ok {
			return errors.New("nothing is called " + quote(word) + " here; the dials are " + dialNames())
		}
	}
}

// endSetup checks what can only be checked once all of the setup is known.
func (p *parser) endSetup() error {
	p.done = true
	setup := &p.script.Setup
	for id := consensus.NodeID(setup.Nodes + 1); id <= consensus.NodesMax; id++ {
		if len(setup.Disks[id]) > 0 {
			return p.blame("stored "+name(id), nodesAre(setup.Nodes))
		}
	}
	if err := setup.Validate(); err != nil {
		return &Error{Why: err.Error()}
	}
	if p.known == nil {
		return nil
	}
	names := ""
	for _, q := range p.known.Protocols {
		names += " " + q.Name
		if q.Name == setup.Engine {
			p.of = q
		}
	}
	if p.of == nil {
		return p.blame("engine", "there is no engine "+quote(setup.Engine)+"; there is"+names)
	}
	names = ""
	found := false
	for _, m := range p.known.Machines {
		names += " " + m
		found = found || m == setup.Machine
	}
	if !found {
		return p.blame("machine", "there is no machine "+quote(setup.Machine)+"; there is"+names)
	}
	for _, o := range setup.Options {
		if err := fitsOption(p.of, o.Name, o.Value); err != nil {
			return p.blame("option "+o.Name, err.Error())
		}
	}
	for _, r := range setup.Off {
		if err := fitsRule(p.of, r); err != nil {
			return p.blame("off "+r, err.Error())
		}
	}
	return nil
}

// blame makes an error of the line where something was said.
func (p *parser) blame(what, why string) error {
	for i := range p.seen {
		if p.seen[i].what == what {
			return &Error{p.seen[i].line, p.seen[i].text, why}
		}
	}
	return &Error{Why: why}
}

func (p *parser) parseAction(line string) error {
	a, err := parseAction(line, &p.script.Setup)
	if err != nil {
		return err
	}
	if p.of != nil {
		if err := a.Fits(p.of); err != nil {
			return err
		}
	}
	if len(p.script.Actions) == ActionsMax {
		return errors.New("there are " + strconv.Itoa(ActionsMax) + " actions already, no more are allowed")
	}
	p.script.Actions = append(p.script.Actions, a)
	return p.inOrder(a.At)
}

// mark adds a marker that was read.
func (p *parser) mark(m Marker, err error) error {
	if err != nil {
		return err
	}
	if len(p.script.Markers) == MarkersMax {
		return errors.New("there are " + strconv.Itoa(MarkersMax) + " markers already, no more are allowed")
	}
	p.script.Markers = append(p.script.Markers, m)
	return p.inOrder(m.At)
}

// inOrder refuses a line whose moment is before that of the line above it.
func (p *parser) inOrder(t consensus.Time) error {
	if t < p.last {
		return errors.New("the line above it is at " + FormatSpan(p.last) + "; put lines in the order of time")
	}
	p.last = t
	return nil
}

// String writes the script in its canonical form; Parse reads it back to an equal
// script if it is valid. Every dial is written, so that a script means the same when
// the defaults change one day.
func (s Script) String() string {
	b := make([]byte, 0, 512+64*len(s.Actions))
	line := func(text string) { b = append(append(b, text...), '\n') }
	if s.Title != "" {
		line("title " + quoted(s.Title))
	}
	s.Setup.tell(line)
	if s.For != 0 {
		line("for " + FormatSpan(s.For))
	}
	markers := s.Markers
	for i := range s.Actions {
		for len(markers) > 0 && markers[0].At <= s.Actions[i].At {
			line(markers[0].String())
			markers = markers[1:]
		}
		line(s.Actions[i].String())
	}
	for i := range markers {
		line(markers[i].String())
	}
	return string(b)
}

// Text writes the script that says no more than the setup, in its canonical form.
func (s *Setup) Text() string {
	var b []byte
	s.tell(func(text string) { b = append(append(b, text...), '\n') })
	return string(b)
}

// storedLine is the number of bytes of a disk that are written in one line.
const storedLine = 32

// tell gives the lines of a setup to line.
func (s *Setup) tell(line func(string)) {
	line("engine " + s.Engine)
	line("machine " + s.Machine)
	line("nodes " + strconv.Itoa(s.Nodes))
	line("clients " + strconv.Itoa(s.Clients))
	line("seed " + strconv.FormatUint(s.Seed, 10))
	said := ""
	for d := Latency; d < dials; d++ {
		said += d.String() + " " + FormatDial(d, s.Dials[d])
		if d == Reorder || d == TornTail || d == dials-1 {
			line(said)
			said = ""
		} else {
			said += " "
		}
	}
	for _, o := range s.Options {
		line("option " + o.Name + " " + formatValue(o.Value))
	}
	for _, r := range s.Off {
		line("off " + r)
	}
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		for disk := s.Disks[id]; len(disk) > 0; {
			n := min(len(disk), storedLine)
			line("stored " + name(id) + " " + hex(disk[:n]))
			disk = disk[n:]
		}
	}
}
