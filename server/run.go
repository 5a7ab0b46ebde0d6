package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"parley/consensus"
	"parley/consensus/journal"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/consensus/sim"
	"parley/consensus/trace"
)

const runUsage = `usage: parley run [flags]

Runs a cluster without a browser, and prints all that happens in it and the digest of
the run: the same flags and the same script give the same digest on every machine.
A flag that is given overrides what the script says. (What a script may say stands in
package consensus/scenario; "parley help events" explains what is printed.)
`

// forDefault is how long a run is when neither the flags nor the script say it.
const forDefault = 10 * consensus.Second

// runOptions are the flags of parley run. Those that were not given have no say.
type runOptions struct {
	given  map[string]bool
	engine string
	nodes  int
	seed   uint64
	length string
	script string
	format string
}

func newRunFlags(o *runOptions) *flag.FlagSet {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	d := scenario.Defaults()
	f.StringVar(&o.engine, "engine", d.Engine, "`NAME` of the algorithm")
	f.IntVar(&o.nodes, "nodes", d.Nodes, "number of nodes, 1 to "+strconv.Itoa(consensus.NodesMax))
	f.Uint64Var(&o.seed, "seed", d.Seed, "seed of all that is random")
	f.StringVar(&o.length, "for", scenario.FormatSpan(forDefault), "`TIME` to run, in the cluster's own time: 500ms, 10s")
	f.StringVar(&o.script, "script", "", "`FILE` with what to do, - for standard input")
	f.StringVar(&o.format, "format", "text", "text, json (an object a line), or link: the link of the run")
	return f
}

// scriptError says what is wrong with a script, and where.
type scriptError struct {
	file string
	err  error
}

// Error returns "FILE:LINE: what is wrong", without the line if it is not known.
func (e *scriptError) Error() string {
	var at *scenario.Error
	if errors.As(e.err, &at) && at.Line > 0 {
		inLine := *at
		inLine.Line = 0
		return e.file + ":" + strconv.Itoa(at.Line) + ": " + inLine.Error()
	}
	return e.file + ": " + e.err.Error()
}

func runCommand(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var o runOptions
	flags := newRunFlags(&o)
	if status, ok := parse(flags, args, runUsage, stdout, stderr); !ok {
		return status
	}
	o.given = map[string]bool{}
	flags.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	if o.format != "text" && o.format != "json" && o.format != "link" {
		return wrongUsage(stderr, "run", fmt.Errorf("-format is text, json or link, not %q", o.format))
	}
	var inScript *scriptError
	text, file, err := readScript(o.script, stdin)
	if err != nil && !errors.As(err, &inScript) {
		return failed(stderr, "run", err)
	}
	var script scenario.Script
	if err == nil {
		script, err = o.scenario(text, file)
	}
	switch {
	case errors.As(err, &inScript):
		fmt.Fprintln(stderr, inScript)
		return statusUsage
	case err != nil:
		return wrongUsage(stderr, "run", err)
	}
	if o.format == "link" {
		return runLink(script, stdout, stderr)
	}
	world, err := open(script)
	if err != nil {
		return wrongUsage(stderr, "run", err)
	}
	out := bufio.NewWriterSize(stdout, 64<<10)
	violations, err := run(ctx, world, script, newPrinter(o.format, world, out))
	if err := errors.Join(err, out.Flush()); err != nil {
		return failed(stderr, "run", err)
	}
	if violations > 0 {
		fmt.Fprintf(stderr, "parley run: invariants broke %d times\n", violations)
		return statusViolated
	}
	return statusOK
}

// readScript returns the text of the script, and what its file is called in messages. No
// name gives no text. A name with a # is a link, and so may a file hold one.
func readScript(name string, stdin io.Reader) (text, file string, err error) {
	if name == "" {
		return "", "", nil
	}
	if !strings.Contains(name, "#") {
		if text, file, err = readText(name, stdin, replay.TextMax); err != nil {
			return "", "", fmt.Errorf("cannot read the script %s: %w", file, cause(err))
		}
	}
	link := text
	if file == "" {
		link, file = name, "the link"
	}
	if link = strings.TrimSpace(link); strings.Contains(link, "#") && !strings.ContainsAny(link, " \n") {
		var s source
		if err := s.readLink(link); err != nil {
			return "", "", &scriptError{file, err}
		}
		text = s.rec.Script.String()
	}
	return text, file, nil
}

// readText returns what is in a file, - for standard input, and what it is called in
// messages; of too long a text a byte too many, which is enough to refuse it.
func readText(name string, stdin io.Reader, max int) (text, file string, err error) {
	from, file := stdin, "standard input"
	if name != "-" {
		file = name
		f, err := os.Open(name)
		if err != nil {
			return "", file, err
		}
		defer f.Close()
		from = f
	}
	b, err := io.ReadAll(io.LimitReader(from, int64(max)+1))
	return string(b), file, err
}

// scenario returns what to run: the script, and over it the flags that were given.
// What is wrong with the script itself is a scriptError.
func (o *runOptions) scenario(text, file string) (scenario.Script, error) {
	s := scenario.Script{Setup: scenario.Defaults()}
	if file != "" {
		var err error
		var r replay.Recording // a recording is a script with notes
		if o.given["engine"] {
			r, _, err = replay.ReadText(text) // for whatever engine it was written
		} else {
			r, _, err = replay.ReadTextFor(text, registry.Known())
		}
		if err != nil {
			return s, &scriptError{file, err}
		}
		s = r.Script
	}
	if o.given["engine"] {
		s.Setup.Engine = o.engine
	}
	if o.given["nodes"] {
		s.Setup.Nodes = o.nodes
	}
	if o.given["seed"] {
		s.Setup.Seed = o.seed
	}
	if o.given["for"] {
		length, err := scenario.ParseSpan(o.length)
		if err != nil {
			return s, fmt.Errorf("-for: %w", err)
		}
		if length <= 0 || length > scenario.RunMax {
			return s, fmt.Errorf("-for is more than 0 and at most %s, not %s", scenario.FormatSpan(scenario.RunMax), scenario.FormatSpan(length))
		}
		s.For = length
	}
	if s.For == 0 {
		s.For = forDefault
	}
	a, err := registry.Algorithm(s.Setup.Engine)
	if err != nil {
		return s, err
	}
	if err := s.Validate(); err != nil {
		return s, err
	}
	return s, s.Fits(a.Protocol)
}

// open makes the World of a script, watched by the checks.
func open(s scenario.Script) (*sim.World, error) {
	c, err := registry.Config(s.Setup)
	if err != nil {
		return nil, err
	}
	w, err := sim.New(c)
	if err != nil {
		return nil, err
	}
	return w, w.Schedule(s.Actions)
}

// sliceMax is the number of events after which a run prints what it has, and looks
// whether it is to stop.
const sliceMax = 4096

// run lets the World run for the script's time and prints its trace. It returns how
// often an invariant broke.
func run(ctx context.Context, w *sim.World, s scenario.Script, p printer) (violations int, err error) {
	if err := p.begin(s); err != nil {
		return 0, err
	}
	for done := false; !done; {
		if ctx.Err() != nil {
			return violations, fmt.Errorf("stopped at %s of %s", scenario.FormatSpan(w.Now()), scenario.FormatSpan(s.For))
		}
		done = w.RunUntil(s.For, sliceMax) || w.Full()
		first, events := w.Drain()
		for i := range events {
			if events[i].Kind == trace.Violation {
				violations++
			}
			if err := p.event(first+i, &events[i]); err != nil {
				return violations, err
			}
		}
	}
	if w.Full() && w.Now() < s.For {
		err = fmt.Errorf("the run is full at %s: it has %d events; a shorter run (-for) or a lighter load prints all of it",
			scenario.FormatSpan(w.Now()), w.Events())
	}
	return violations, errors.Join(err, p.end(w, violations))
}

// printer prints a trace in some format.
type printer interface {
	begin(scenario.Script) error
	event(n int, e *trace.Event) error
	end(w *sim.World, violations int) error
}

func newPrinter(format string, w *sim.World, out io.Writer) printer {
	if format == "json" {
		return &jsonPrinter{out: out, journal: journal.NewWriter(w.Protocol(), w.Text)}
	}
	return newTextPrinter(w, out)
}

// textPrinter prints a line an event, for people and for grep: the lines of package
// trace.
type textPrinter struct {
	out   io.Writer
	world *sim.World
	lines trace.Printer
	line  []byte
}

func newTextPrinter(w *sim.World, out io.Writer) *textPrinter {
	return &textPrinter{out: out, world: w, lines: trace.Printer{
		Protocol: w.Protocol(),
		Dial: func(d uint8, v int64) (name, text string) {
			return scenario.Dial(d).String(), scenario.FormatDial(scenario.Dial(d), v)
		},
	}}
}

// begin prints the script, so that what is printed says how to print it again.
func (p *textPrinter) begin(s scenario.Script) error {
	for line := range strings.Lines(s.String()) {
		if _, err := io.WriteString(p.out, "# "+line); err != nil {
			return err
		}
	}
	return nil
}

func (p *textPrinter) event(n int, e *trace.Event) error {
	for i := len(p.lines.Texts); i < p.world.Texts(); i++ {
		p.lines.Texts = append(p.lines.Texts, p.world.Text(uint32(i)))
	}
	p.line = append(p.lines.Append(p.line[:0], e), '\n')
	_, err := p.out.Write(p.line)
	return err
}

func (p *textPrinter) end(w *sim.World, violations int) error {
	_, err := fmt.Fprintf(p.out, "# %d events, %d violations, until %s\ndigest %s\n", w.Events(), violations, scenario.FormatSpan(w.Now()), w.Digest())
	return err
}

// jsonPrinter prints an object a line (JSON Lines), for programs: package journal's form.
type jsonPrinter struct {
	out     io.Writer
	journal *journal.Writer
	line    []byte
}

func (p *jsonPrinter) begin(s scenario.Script) error {
	return p.write(p.journal.Begin(p.line[:0], s.String()))
}

func (p *jsonPrinter) event(_ int, e *trace.Event) error {
	return p.write(p.journal.Event(p.line[:0], e))
}

func (p *jsonPrinter) end(w *sim.World, violations int) error {
	return p.write(p.journal.End(p.line[:0], w.Now(), violations, w.Digest()))
}

func (p *jsonPrinter) write(line []byte) error {
	p.line = line
	_, err := p.out.Write(line)
	return err
}
