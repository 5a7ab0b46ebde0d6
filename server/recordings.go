package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
	"parley/consensus/scenario/library"
	"parley/server/export"
)

const replayUsage = `usage: parley replay LINK|FILE

Runs a recording again and says whether it still is the run that was recorded. LINK is a
link to a run, or what stands in it behind the #; FILE holds one, or the text of a
recording, - for standard input.

exit status: 0 the same run, 4 another one, 2 it cannot be read (or is not there), or has
more events than are run
`

const linkUsage = `usage: parley link LINK|FILE

Prints the other form of a recording: the text of a link, or the link of a text. Of a
scenario that comes with Parley, such as '#s=raft-figure-8', it prints the script. (To make
a recording of a script: parley run -script FILE -format link.)
`

const exportUsage = `usage: parley export [flags] LINK|FILE

Writes a run to standard output in a form that others read: a picture (svg), a Mermaid
sequence diagram, a log for ShiViz, or a journal (json, see "parley help events"). LINK
is a link to a run or to a scenario, '#s=raft-figure-8'; FILE holds one, or a recording or
a script as text, - for standard input.

Without a size, a picture is the one that a server shows as the poster of a figure, at
/s/ID.svg. With -until, the ring is a picture that moves, and the diagram shows that
stretch; of the other formats -t and -until bound what is told.

A recording that is not true here (see "parley help replay") is not exported: what would
be seen did not happen. The exit status is 4 then.
`

const scenariosUsage = `usage: parley scenarios

Lists the scenarios that come with Parley. The first word of each is its name:
parley link '#s=NAME' prints its script, and the site opens /#s=NAME.
`

// source is what was named on a command line: a recording, or a script that is none.
type source struct {
	name     string // in messages
	rec      replay.Recording
	recorded bool
	address  replay.Address // of a link; else empty
	linked   bool           // it was a link and not a text
}

// end is up to when the run of a source is worth running.
func (s *source) end() consensus.Time {
	switch {
	case s.recorded:
		return s.rec.End
	case s.rec.Script.For > 0:
		return s.rec.Script.For
	}
	return forDefault
}

// readSource reads what a LINK|FILE names. The error says what is wrong with it.
func readSource(arg string, stdin io.Reader) (*source, error) {
	s := &source{name: "the link"}
	text := arg
	if arg == "-" || !strings.Contains(arg, "#") {
		content, file, err := readText(arg, stdin, replay.TextMax)
		switch {
		case err == nil:
			s.name, text = file, content
		case arg == "-" || !missing(err) || strings.ContainsAny(arg, "/. "): // it was meant as a file
			return nil, fmt.Errorf("cannot read %s: %w", file, cause(err))
		}
	}
	if trimmed := strings.TrimSpace(text); !strings.ContainsAny(trimmed, " \n") {
		return s, s.readLink(trimmed)
	}
	var err error
	if s.rec, s.recorded, err = replay.ReadTextFor(text, registry.Known()); err != nil {
		return s, &scriptError{s.name, err}
	}
	return s, nil
}

func missing(err error) bool { return errors.Is(err, os.ErrNotExist) }

func (s *source) readLink(link string) (err error) {
	s.linked = true
	if s.address, err = replay.ParseAddress(link); err != nil {
		return err
	}
	if name := s.address.Scenario; name != "" {
		script, ok := library.Script(name)
		if !ok {
			return fmt.Errorf("there is no scenario %q (see `parley scenarios`)", name)
		}
		s.rec.Script = script
		return nil
	}
	s.recorded = true
	s.rec, err = replay.ReadLink(s.address.Code)
	return err
}

// operand reads the flags of a command and the one LINK|FILE behind them. It returns nil,
// and the status to exit with, if there is nothing left to do.
func operand(flags *flag.FlagSet, args []string, text string, stdin io.Reader, stdout, stderr io.Writer) (*source, int) {
	name := flags.Name()
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		explain(stdout, flags, text)
		return nil, statusOK
	case err != nil:
		return nil, wrongUsage(stderr, name, err)
	case flags.NArg() == 0:
		return nil, wrongUsage(stderr, name, errors.New("takes a LINK or a FILE"))
	case flags.NArg() > 1:
		return nil, wrongUsage(stderr, name, fmt.Errorf("takes one LINK or FILE, behind its flags, and not %q too", flags.Arg(1)))
	}
	s, err := readSource(flags.Arg(0), stdin)
	var bad *scriptError
	switch {
	case errors.As(err, &bad):
		fmt.Fprintln(stderr, bad)
		return nil, statusUsage
	case err != nil:
		fmt.Fprintf(stderr, "parley %s: %v\n", name, err)
		return nil, statusUsage
	}
	return s, statusOK
}

func newFlags(name string) *flag.FlagSet { return flag.NewFlagSet(name, flag.ContinueOnError) }

// verifySlice is the number of events after which a replay looks whether it is to stop.
const verifySlice = 100_000

func replayCommand(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s, status := operand(newFlags("replay"), args, replayUsage, stdin, stdout, stderr)
	if s == nil {
		return status
	}
	if !s.recorded {
		fmt.Fprintf(stderr, "parley replay: %s is a script, which does not say what came of it: parley run -format link makes a recording of it\n", s.name)
		return statusUsage
	}
	c, err := registry.Config(s.rec.Script.Setup)
	var check *rerun.Check
	if err == nil {
		err = s.rec.Script.Fits(c.Algorithm.Protocol)
	}
	if err == nil {
		check, err = rerun.New(&s.rec, c, 0)
	}
	if err != nil {
		fmt.Fprintf(stderr, "parley replay: %v\n", err)
		return statusUsage
	}
	for check.Run(verifySlice).State == rerun.Running {
		if ctx.Err() != nil {
			return failed(stderr, "replay", fmt.Errorf("stopped at %s of %s", scenario.FormatSpan(check.Verdict().At), scenario.FormatSpan(s.rec.End)))
		}
	}
	v := check.Verdict()
	says := v.Says()
	if here := rerun.Epochs(c.Algorithm.Protocol); here != s.rec.Epochs {
		says += fmt.Sprintf("; it was recorded with %s, and this program has %s", s.rec.Epochs, here)
	}
	fmt.Fprintln(stdout, says)
	switch v.State {
	case rerun.Equal:
		return statusOK
	case rerun.Stopped:
		return statusUsage
	}
	return statusDiffers
}

func linkCommand(_ context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s, status := operand(newFlags("link"), args, linkUsage, stdin, stdout, stderr)
	if s == nil {
		return status
	}
	switch {
	case s.linked && s.recorded:
		fmt.Fprint(stdout, s.rec.Text())
		return statusOK
	case s.linked:
		text, _ := library.Text(s.address.Scenario)
		fmt.Fprint(stdout, text)
		return statusOK
	case !s.recorded:
		fmt.Fprintf(stderr, "parley link: %s is a script, of which nothing was recorded: parley run -script %s -format link makes a link of it\n", s.name, s.name)
		return statusUsage
	}
	return printLink(&s.rec, stdout, stderr, "link")
}

// printLink prints the link of a recording, as what stands behind the address of the site.
func printLink(rec *replay.Recording, stdout, stderr io.Writer, command string) int {
	code, err := rec.Link()
	if err != nil {
		fmt.Fprintf(stderr, "parley %s: %v\n", command, err)
		return statusUsage
	}
	fmt.Fprintln(stdout, replay.Address{Code: code})
	return statusOK
}

func newExportFlags(o *export.Options) *flag.FlagSet {
	f := newFlags("export")
	f.StringVar(&o.Format, "format", "svg", "`FORM`: "+strings.Join(export.Formats, ", "))
	f.StringVar(&o.From, "t", "", "`MOMENT` to show: 1.84s, e40 (event 40) or m2 (marker 2); without it a telling one, or the beginning")
	f.StringVar(&o.Until, "until", "", "`MOMENT` up to which a stretch is shown")
	f.StringVar(&o.View, "view", "", "`VIEW` of a picture: "+strings.Join(export.Views, ", "))
	f.StringVar(&o.Theme, "theme", "", "`THEME` of a picture: "+strings.Join(export.Themes, ", "))
	f.IntVar(&o.Width, "width", 0, "`PIXELS` that a picture is wide")
	f.IntVar(&o.Height, "height", 0, "`PIXELS` that a picture is high")
	return f
}

func exportCommand(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var o export.Options
	s, status := operand(newExportFlags(&o), args, exportUsage, stdin, stdout, stderr)
	if s == nil {
		return status
	}
	if err := o.Check(); err != nil {
		return wrongUsage(stderr, "export", err)
	}
	if o.From == "" && s.address.Timed {
		o.From = scenario.FormatSpan(s.address.At)
	}
	if o.Until == "" && s.address.Until > 0 {
		o.Until = scenario.FormatSpan(s.address.Until)
	}
	if o.View == "" {
		for _, v := range s.address.View {
			if o.View == "" && (v == "ring" || v == "logs" || v == "diagram") {
				o.View = v
			}
		}
	}
	if s.recorded {
		if status := trueHere(ctx, &s.rec, stderr); status != statusOK {
			return status
		}
	}
	b, err := export.Make(ctx, &s.rec.Script, s.end(), o)
	if err != nil {
		fmt.Fprintf(stderr, "parley export: %v\n", err)
		if ctx.Err() != nil {
			return statusFailed
		}
		return statusUsage
	}
	if _, err := stdout.Write(b); err != nil {
		return failed(stderr, "export", err)
	}
	return statusOK
}

// trueHere runs a recording again before it is exported, as far as an export runs one:
// the run of another epoch would be another one, and nobody would see that.
func trueHere(ctx context.Context, rec *replay.Recording, stderr io.Writer) int {
	c, err := registry.Config(rec.Script.Setup)
	var check *rerun.Check
	if err == nil {
		check, err = rerun.New(rec, c, export.EventsMax)
	}
	if err != nil {
		fmt.Fprintf(stderr, "parley export: %v\n", err)
		return statusUsage
	}
	for check.Run(verifySlice).State == rerun.Running && ctx.Err() == nil {
	}
	if v := check.Verdict(); v.State == rerun.Differs {
		fmt.Fprintf(stderr, "parley export: nothing was exported: %s; it was recorded with %s, and this program has %s\n",
			v.Says(), rec.Epochs, rerun.Epochs(c.Algorithm.Protocol))
		return statusDiffers
	}
	return statusOK
}

func scenariosCommand(args []string, stdout, stderr io.Writer) int {
	if status, ok := parse(newFlags("scenarios"), args, scenariosUsage, stdout, stderr); !ok {
		return status
	}
	for _, e := range library.All() {
		fmt.Fprintf(stdout, "%-22s %s\n    %s\n", e.Name, e.Title, e.Summary)
	}
	return statusOK
}

// runLink runs a script to its end and prints the link of the run.
func runLink(s scenario.Script, stdout, stderr io.Writer) int {
	c, err := registry.Config(s.Setup)
	if err != nil {
		return wrongUsage(stderr, "run", err)
	}
	rec, err := rerun.Record(s, c, s.For, 0)
	if err != nil {
		return failed(stderr, "run", err)
	}
	return printLink(&rec, stdout, stderr, "run")
}
