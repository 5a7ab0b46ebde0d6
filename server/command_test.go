package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/scenario"
)

var update = flag.Bool("update", false, "write what the commands print into testdata, to be read in review")

type result struct {
	status         int
	stdout, stderr string
}

// parley carries out a command line.
func parley(stdin string, args ...string) result {
	var stdout, stderr bytes.Buffer
	status := command(context.Background(), args, strings.NewReader(stdin), &stdout, &stderr)
	return result{status, stdout.String(), stderr.String()}
}

// golden compares what was printed with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range gotLines {
		if i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Errorf("%s:%d: got %q; if that is right, run the test with -update and read the difference", file, i+1, gotLines[i])
			return
		}
	}
	t.Errorf("%s: %d lines are missing at the end", file, len(wantLines)-len(gotLines))
}

// TestHelp holds what the program says of itself.
func TestHelp(t *testing.T) {
	for name, args := range map[string][]string{
		"help.txt": {"help"}, "help-serve.txt": {"help", "serve"}, "help-run.txt": {"help", "run"}, "help-events.txt": {"help", "events"},
		"help-replay.txt": {"help", "replay"}, "help-link.txt": {"help", "link"}, "help-export.txt": {"help", "export"}, "help-scenarios.txt": {"help", "scenarios"},
	} {
		r := parley("", args...)
		if r.status != 0 || r.stderr != "" {
			t.Errorf("parley %q: %d, %q", args, r.status, r.stderr)
		}
		golden(t, name, r.stdout)
	}
	for _, args := range [][]string{{"-h"}, {"--help"}, {"help", "version"}} {
		if r := parley("", args...); r.status != 0 || r.stdout != usage {
			t.Errorf("parley %q: %d, %q", args, r.status, r.stdout)
		}
	}
	for _, name := range []string{"serve", "run", "replay", "link", "export", "scenarios"} {
		if r, help := parley("", name, "-h"), parley("", "help", name); r != help {
			t.Errorf("parley %s -h: %v", name, r)
		}
	}
	if r := parley("", "version"); r.status != 0 || !strings.HasPrefix(r.stdout, "parley, ") || !strings.Contains(r.stdout, "go1.") {
		t.Errorf("parley version: %v", r)
	}
}

// TestRun prints a short run as text and as JSON: an election of three nodes in which
// one crashes, a request, and an action that cannot be done.
func TestRun(t *testing.T) {
	script, err := os.ReadFile("testdata/short.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json"} {
		r := parley("", "run", "-script", "testdata/short.txt", "-format", format)
		if r.status != 0 || r.stderr != "" {
			t.Fatalf("parley run: %d, %q", r.status, r.stderr)
		}
		golden(t, "short."+format, r.stdout)
		if again := parley(string(script), "run", "-script", "-", "-format", format); again != r {
			t.Errorf("the same script through standard input prints something else")
		}
	}
}

// TestRunJSON reads every line back, and holds that both formats tell the same run.
func TestRunJSON(t *testing.T) {
	text := parley("", "run", "-for", "2s", "-nodes", "4", "-seed", "7")
	r := parley("", "run", "-for", "2s", "-nodes", "4", "-seed", "7", "-format", "json")
	if r.status != 0 || text.status != 0 {
		t.Fatalf("%v %v", text.stderr, r.stderr)
	}
	lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	last := -1
	var end map[string]any
	for i, line := range lines {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("line %d: %v: %s", i+1, err, line)
		}
		switch o["kind"] {
		case "begin":
			script, err := scenario.ParseFor(o["script"].(string), registry.Known())
			if err != nil || i != 0 || script.Setup.Nodes != 4 || script.Setup.Seed != 7 || script.For != 2*consensus.Second {
				t.Errorf("line %d: the script in it is %+v, %v", i+1, script, err)
			}
		case "end":
			end = o
		default:
			if n := int(o["event"].(float64)); n != last+1 {
				t.Errorf("line %d: event %d after %d", i+1, n, last)
			}
			last++
		}
	}
	if end == nil || int(end["events"].(float64)) != last+1 || int(end["time"].(float64)) != 2e9 {
		t.Errorf("the end says %v after %d events", end, last+1)
	}
	if want := "\ndigest " + end["digest"].(string) + "\n"; !strings.HasSuffix(text.stdout, want) {
		t.Errorf("the text does not end with %q", want)
	}
}

// TestFlagsOverride holds that a flag that is given wins over the script, and one that
// is not given has no say.
func TestFlagsOverride(t *testing.T) {
	const script = "engine raft\nnodes 3\nseed 9\nfor 20ms\nlatency 5ms\n"
	head := func(args ...string) string {
		r := parley(script, append([]string{"run", "-script", "-"}, args...)...)
		if r.status != 0 {
			t.Fatalf("%q: %s", args, r.stderr)
		}
		var head []string
		for line := range strings.Lines(r.stdout) {
			for _, word := range []string{"# nodes", "# seed", "# for", "# engine", "# latency 5ms"} {
				if strings.HasPrefix(line, word) {
					head = append(head, strings.TrimSpace(strings.TrimPrefix(line, "# ")))
				}
			}
		}
		return strings.Join(head, ", ")
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "engine raft, nodes 3, seed 9, latency 5ms jitter 10ms loss 0% copies 0% reorder 0%, for 20ms"},
		{[]string{"-nodes", "5"}, "engine raft, nodes 5, seed 9, latency 5ms jitter 10ms loss 0% copies 0% reorder 0%, for 20ms"},
		{[]string{"-seed", "1"}, "engine raft, nodes 3, seed 1, latency 5ms jitter 10ms loss 0% copies 0% reorder 0%, for 20ms"},
		{[]string{"-for", "30ms"}, "engine raft, nodes 3, seed 9, latency 5ms jitter 10ms loss 0% copies 0% reorder 0%, for 30ms"},
		{[]string{"-engine", "raft"}, "engine raft, nodes 3, seed 9, latency 5ms jitter 10ms loss 0% copies 0% reorder 0%, for 20ms"},
	} {
		if got := head(c.args...); got != c.want {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
}

// TestBadCommands holds that each mistake is answered with its own sentence, nothing on
// standard output, and the exit status that says whose fault it is.
func TestBadCommands(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.txt")
	if err := os.WriteFile(broken, []byte("nodes 3\n\nat 1s crash n9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	blocked := filepath.Join(dir, "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		stdin  string
		status int
		says   string
	}{
		{[]string{"dance"}, "", 2, `there is no command "dance"`},
		{[]string{"help", "dance"}, "", 2, `there is no command "dance"`},
		{[]string{"version", "now"}, "", 2, `takes no arguments, not "now"`},

		{[]string{"-adr", "x"}, "", 2, "flag provided but not defined: -adr"},
		{[]string{"-addr"}, "", 2, "flag needs an argument: -addr"},
		{[]string{"-addr", "8080"}, "", 2, `-addr "8080" is not HOST:PORT, for example localhost:8080`},
		{[]string{"serve", "-addr", "localhost:http"}, "", 2, "the port is a number from 0 to 65535"},
		{[]string{"serve", "-addr", "localhost:65536"}, "", 2, "the port is a number from 0 to 65535"},
		{[]string{"serve", "-addr", "localhost:0", "now"}, "", 2, `takes flags only, not "now"`},

		{[]string{"run", "-nodes", "many"}, "", 2, `invalid value "many" for flag -nodes`},
		{[]string{"run", "-nodes", "0"}, "", 2, "1 to 100"},
		{[]string{"run", "-nodes", "101"}, "", 2, "1 to 100"},
		{[]string{"run", "-seed", "-1"}, "", 2, `invalid value "-1" for flag -seed`},
		{[]string{"run", "-for", "soon"}, "", 2, "-for: "},
		{[]string{"run", "-for", "0s"}, "", 2, "-for is more than 0 and at most 3600s"},
		{[]string{"run", "-for", "4000s"}, "", 2, "-for is more than 0 and at most 3600s"},
		{[]string{"-rooms", "0"}, "", 2, "-rooms is a number from 1 to 1000000, not 0"},
		{[]string{"-room-members", "1001"}, "", 2, "-room-members is a number from 1 to 1000, not 1001"},
		{[]string{"-room-idle", "1s"}, "", 2, "-room-idle is from 1m to 10000h, not 1s"},
		{[]string{"-room-every", "0"}, "", 2, "-room-every is more than 0 and at most 24h"},
		{[]string{"-frame-rate", "-1"}, "", 2, "-frame-rate is a number from 1 to 100000, not -1"},
		{[]string{"-message-max", "1"}, "", 2, "-message-max is a number from 16 to 1024, not 1"},
		{[]string{"-origins", "https://a.example, b.example"}, "", 2, `-origins: "b.example" is not the beginning of an address`},
		{[]string{"-metrics", "localhost"}, "", 2, `-metrics "localhost" is not HOST:PORT`},
		{[]string{"-metrics", "/a/b"}, "", 2, `-metrics "/a/b" is no path that is free`},
		{[]string{"-metrics", "/rooms"}, "", 2, `-metrics "/rooms" is no path that is free`},
		{[]string{"run", "-format", "xml"}, "", 2, `-format is text, json or link, not "xml"`},
		{[]string{"run", "-engine", "zab"}, "", 2, `there is no engine "zab"`},
		{[]string{"run", "extra"}, "", 2, `takes flags only, not "extra"`},
		{[]string{"run", "-script", filepath.Join(dir, "none.txt")}, "", 1, "cannot read the script " + filepath.Join(dir, "none.txt") + ": no such file"},
		{[]string{"run", "-script", dir}, "", 1, "is a directory"},

		{[]string{"run", "-script", broken}, "", 2, broken + `:3: "at 1s crash n9": `},
		{[]string{"run", "-script", "-"}, "fly\n", 2, `standard input:1: "fly": `},
		{[]string{"run", "-script", "-"}, "nodes 3\noption warp 9\n", 2, `standard input:2: `},
		{[]string{"run", "-script", "-"}, "off raft.gravity\n", 2, `standard input:1: `},
		{[]string{"run", "-script", "-"}, "engine zab\n", 2, `standard input:1: `},
		{[]string{"run", "-script", "-"}, "at 2s crash n1\nat 1s crash n2\n", 2, `standard input:2: `},
		{[]string{"run", "-script", "-"}, strings.Repeat("# nothing\n", 1<<17), 2, "standard input: "},
		{[]string{"run", "-script", "-"}, "at 1s request c1: \"\xff\n", 2, "standard input:1: "},
		{[]string{"run", "-script", "-", "-nodes", "2"}, "nodes 3\nat 1s crash n3\n", 2, "action 1: there are 2 nodes"},
	} {
		r := parley(c.stdin, c.args...)
		if r.status != c.status || !strings.Contains(r.stderr, c.says) || r.stdout != "" {
			t.Errorf("parley %q: status %d, %q, %q; want %d and %q", c.args, r.status, r.stderr, r.stdout, c.status, c.says)
		}
		if n := strings.Count(r.stderr, "\n"); n != 1 {
			t.Errorf("parley %q: %d lines on standard error, want one sentence: %q", c.args, n, r.stderr)
		}
	}
}

// TestRunStops holds that a run that nobody waits for any longer ends.
func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	status := command(ctx, []string{"run", "-for", "3600s"}, nil, &stdout, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), "stopped at 0s of 3600s") {
		t.Errorf("a run that was told to stop: %d, %q", status, stderr.String())
	}
	status = command(context.Background(), []string{"run", "-for", "3600s"}, nil, full{}, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("a run into a full disk: %d, %q", status, stderr.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestRunReportsViolations runs a cluster whose elections need no majority: the trace
// says what broke, and the exit status too.
func TestRunReportsViolations(t *testing.T) {
	script := "nodes 5\nseed 1\noff raft.majority-wins\nat 0s partition n1 n2 | n3 n4 n5\n"
	var out, errs bytes.Buffer
	status := runCommand(context.Background(), []string{"-script", "-", "-for", "1s"}, strings.NewReader(script), &out, &errs)
	if status != 3 || !strings.Contains(out.String(), "raft.election-safety") {
		t.Errorf("status %d, errors %q; want status 3 and raft.election-safety in the trace", status, errs.String())
	}
}
