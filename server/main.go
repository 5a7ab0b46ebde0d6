// Parley is the whole program for a machine of one's own: the site, and commands
// that need no browser.
//
//	parley [serve] [-addr HOST:PORT] [-data DIR] [-url URL] …
//	parley run [-engine NAME] [-nodes N] [-seed N] [-for DURATION] [-script FILE] [-format text|json|link]
//	parley replay LINK|FILE
//	parley link LINK|FILE
//	parley export [-format svg|mermaid|shiviz|json] [-t MOMENT] … LINK|FILE
//	parley scenarios
//	parley version
//	parley help
//
// The exit status is 0 when all went well, 1 when something outside failed (a port
// in use, a file that cannot be read), 2 when the command, a script or a link is wrong, 3
// when a run broke an invariant, and 4 when a recording is not what it was.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"parley/server/export"
)

// Exit statuses.
const (
	statusOK       = 0
	statusFailed   = 1 // something outside the program failed
	statusUsage    = 2 // the command line, the script or the link is wrong
	statusViolated = 3 // the run broke an invariant
	statusDiffers  = 4 // the run is not the one that was recorded
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	status := command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	os.Exit(status)
}

// usage is what `parley help` prints.
const usage = `Parley is a playground for consensus: real Raft in the browser.

usage:
  parley [serve] [-addr HOST:PORT] [-data DIR]   serve the site
  parley run [flags]                             run a cluster without a browser
  parley replay LINK|FILE                        run a recording again and compare
  parley link LINK|FILE                          print a recording's other form
  parley export [flags] LINK|FILE                write a run as a picture or a diagram
  parley scenarios                               list the scenarios there are
  parley version                                 print the version
  parley help [command|events]                   explain a command, or what run prints

exit status:
  0 all went well             2 the command, the script or the link is wrong
  1 something outside failed  3 the run broke an invariant
                              4 the run is not the one that was recorded
`

// command carries out one command line and returns the exit status.
func command(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	name := "serve"
	if len(args) > 0 && (!strings.HasPrefix(args[0], "-") || isHelp(args[0])) {
		name, args = args[0], args[1:]
	}
	switch name {
	case "serve":
		return serveCommand(ctx, args, stdout, stderr)
	case "run":
		return runCommand(ctx, args, stdin, stdout, stderr)
	case "replay":
		return replayCommand(ctx, args, stdin, stdout, stderr)
	case "link":
		return linkCommand(ctx, args, stdin, stdout, stderr)
	case "export":
		return exportCommand(ctx, args, stdin, stdout, stderr)
	case "scenarios":
		return scenariosCommand(args, stdout, stderr)
	case "version":
		if len(args) > 0 {
			return wrongUsage(stderr, "version", fmt.Errorf("takes no arguments, not %q", args[0]))
		}
		fmt.Fprintln(stdout, version())
		return statusOK
	case "help", "-h", "-help", "--help":
		return helpCommand(args, stdout, stderr)
	}
	return wrongUsage(stderr, "", fmt.Errorf("there is no command %q", name))
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

func helpCommand(args []string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 0:
		fmt.Fprint(stdout, usage)
	case len(args) == 1 && args[0] == "serve":
		explain(stdout, newServeFlags(&serveOptions{}), serveUsage)
	case len(args) == 1 && args[0] == "run":
		explain(stdout, newRunFlags(&runOptions{}), runUsage)
	case len(args) == 1 && args[0] == "replay":
		fmt.Fprint(stdout, replayUsage)
	case len(args) == 1 && args[0] == "link":
		fmt.Fprint(stdout, linkUsage)
	case len(args) == 1 && args[0] == "export":
		explain(stdout, newExportFlags(&export.Options{}), exportUsage)
	case len(args) == 1 && args[0] == "scenarios":
		fmt.Fprint(stdout, scenariosUsage)
	case len(args) == 1 && args[0] == "events":
		explainEvents(stdout)
	case len(args) == 1 && (args[0] == "version" || args[0] == "help"):
		fmt.Fprint(stdout, usage)
	default:
		return wrongUsage(stderr, "help", fmt.Errorf("there is no command %q", strings.Join(args, " ")))
	}
	return statusOK
}

// explain prints what a command is for and its flags.
func explain(w io.Writer, flags *flag.FlagSet, text string) {
	fmt.Fprint(w, text)
	any := false
	flags.VisitAll(func(*flag.Flag) { any = true })
	if !any {
		return
	}
	fmt.Fprint(w, "\nflags:\n")
	flags.SetOutput(w)
	flags.PrintDefaults()
}

// parse reads the flags of a command. It returns false, and the status to exit with,
// if there is nothing left to do.
func parse(flags *flag.FlagSet, args []string, text string, stdout, stderr io.Writer) (status int, ok bool) {
	flags.SetOutput(io.Discard) // the errors are told in our own words
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		explain(stdout, flags, text)
		return statusOK, false
	case err != nil:
		return wrongUsage(stderr, flags.Name(), err), false
	case flags.NArg() > 0:
		return wrongUsage(stderr, flags.Name(), fmt.Errorf("takes flags only, not %q", flags.Arg(0))), false
	}
	return statusOK, true
}

// wrongUsage says what is wrong with a command line and where to read more.
func wrongUsage(stderr io.Writer, name string, err error) int {
	who, help := "parley", "parley help"
	if name != "" {
		who, help = who+" "+name, help+" "+name
	}
	fmt.Fprintf(stderr, "%s: %v (see `%s`)\n", who, err, help)
	return statusUsage
}

// failed says what went wrong that is no fault of the command line.
func failed(stderr io.Writer, name string, err error) int {
	fmt.Fprintf(stderr, "parley %s: %v\n", name, err)
	return statusFailed
}

// version names the build: its commit, if it was built from one, and the toolchain.
func version() string {
	commit := "unknown commit"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && len(s.Value) >= 12:
				commit = "commit " + s.Value[:12]
			case s.Key == "vcs.modified" && s.Value == "true":
				commit += " with changes"
			}
		}
	}
	return "parley, " + commit + ", " + runtime.Version()
}
