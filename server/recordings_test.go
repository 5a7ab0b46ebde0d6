package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/scenario/library"
)

// shortLink makes the link of the short run.
func shortLink(t *testing.T) string {
	t.Helper()
	r := parley("", "run", "-script", "testdata/short.txt", "-format", "link")
	if r.status != 0 || r.stderr != "" || !strings.HasPrefix(r.stdout, "#1") || strings.Count(r.stdout, "\n") != 1 {
		t.Fatalf("parley run -format link: %+v", r)
	}
	return strings.TrimSpace(r.stdout)
}

// TestLinkAndText makes a link of a run, prints its text and makes the link of that again;
// each form, however it is given, is run again and found equal.
func TestLinkAndText(t *testing.T) {
	link := shortLink(t)
	golden(t, "short.link", link+"\n")
	text := parley("", "link", link)
	if text.status != 0 || text.stderr != "" {
		t.Fatalf("parley link: %+v", text)
	}
	golden(t, "short.recording", text.stdout)
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	textFile, linkFile := write("run.txt", text.stdout), write("link", "https://parley.example/"+link+"&t=10ms\n")
	for _, args := range [][]string{{"link", textFile}, {"link", "-"}} {
		if r := parley(text.stdout, args...); r.status != 0 || r.stdout != link+"\n" {
			t.Errorf("parley %q: %+v", args, r)
		}
	}
	if r := parley("", "link", linkFile); r != text {
		t.Errorf("parley link of a file with a link: %+v", r)
	}
	const equal = "the run is the one that was recorded: the same "
	for _, arg := range []string{link, link[1:], "https://parley.example/embed?mode=watch" + link + "&view=ring", textFile, linkFile, "-"} {
		if r := parley(text.stdout, "replay", arg); r.status != 0 || r.stderr != "" || !strings.HasPrefix(r.stdout, equal) {
			t.Errorf("parley replay %s: %+v", arg, r)
		}
	}
	// A recording is a script, too, and a link is as good as a file.
	want := parley("", "run", "-script", "testdata/short.txt")
	for _, script := range []string{textFile, linkFile, link} {
		if r := parley("", "run", "-script", script); r != want {
			t.Errorf("parley run -script %s prints something else: %d, %s", script, r.status, r.stderr)
		}
	}
}

// TestReplayFindsDifferences holds that a recording that is not true is found out, and
// where.
func TestReplayFindsDifferences(t *testing.T) {
	text := parley("", "link", shortLink(t)).stdout
	change := func(old, new string) string {
		if strings.Count(text, old) != 1 {
			t.Fatalf("%q is not in the recording once:\n%s", old, text)
		}
		return strings.Replace(text, old, new, 1)
	}
	end := text[strings.LastIndex(text, "end "):]
	for _, c := range []struct{ text, says string }{
		{change("seed 7", "seed 8"), "the run differs from action 1 on (t = 0s)"},
		{change("at 70ms crash n3", "at 71ms crash n3"), "the run differs from action 3 on (t = 71ms)"},
		{change(end, "end 450ms digest 0123456789abcdef\n"), "the run differs from what was recorded after 400ms"},
		{strings.Replace(change("seed 7", "seed 8"), "epoch 1", "epoch 9", 1), "; it was recorded with epoch 9 world 1, and this program has epoch 1 world 1"},
	} {
		if r := parley(c.text, "replay", "-"); r.status != 4 || r.stderr != "" || !strings.Contains(r.stdout, c.says) {
			t.Errorf("want %q, got %+v", c.says, r)
		}
	}
	// Another epoch need not mean another run.
	if r := parley(change("epoch 1 world", "epoch 9 world"), "replay", "-"); r.status != 0 || !strings.Contains(r.stdout, "recorded with epoch 9") {
		t.Errorf("a recording of another epoch: %+v", r)
	}
}

// TestNothingIsExportedThatDidNotHappen holds that a recording which is not true here
// makes no file; one of another epoch that runs as it did makes its own.
func TestNothingIsExportedThatDidNotHappen(t *testing.T) {
	text := parley("", "link", shortLink(t)).stdout
	want := parley(text, "export", "-")
	if want.status != 0 || !strings.Contains(want.stdout, "<svg") {
		t.Fatalf("%+v", want)
	}
	other := strings.Replace(text, "epoch 1", "epoch 9", 1)
	if r := parley(other, "export", "-"); r != want {
		t.Errorf("of another epoch: %d, %s", r.status, r.stderr)
	}
	for _, format := range []string{"svg", "mermaid", "shiviz", "json"} {
		r := parley(strings.Replace(other, "seed 7", "seed 8", 1), "export", "-format", format, "-")
		if r.status != 4 || r.stdout != "" || !strings.Contains(r.stderr, "differs from action 1 on") || !strings.Contains(r.stderr, "recorded with epoch 9") {
			t.Errorf("%s: %+v", format, r)
		}
	}
}

// TestUnreadable holds that each way in which a link or a file can be wrong has its
// sentence, status 2, and nothing on standard output.
func TestUnreadable(t *testing.T) {
	link := shortLink(t)
	text := parley("", "link", link).stdout
	rec, err := replay.ReadLink(link[1:])
	if err != nil {
		t.Fatal(err)
	}
	linkOf := func(change func(*replay.Recording)) string {
		t.Helper()
		r := rec
		change(&r)
		code, err := r.Link()
		if err != nil {
			t.Fatal(err)
		}
		return "#" + code
	}
	for _, c := range []struct {
		args   []string
		stdin  string
		status int
		says   string
	}{
		{[]string{"replay"}, "", 2, "takes a LINK or a FILE"},
		{[]string{"link", link, link}, "", 2, "takes one LINK or FILE"},
		{[]string{"export", link, "-format", "svg"}, "", 2, "takes one LINK or FILE, behind its flags"},
		{[]string{"replay", "-fast", link}, "", 2, "flag provided but not defined: -fast"},
		{[]string{"scenarios", "all"}, "", 2, `takes flags only, not "all"`},

		{[]string{"replay", link[:40]}, "", 2, "cut off at its end"},
		{[]string{"replay", link[:40] + "x" + link[41:]}, "", 2, "not what was sent"},
		{[]string{"replay", "#2" + link[2:]}, "", 2, "which is not known here"},
		{[]string{"replay", "#1" + strings.Repeat("A", replay.CodeMax)}, "", 2, "of which at most"},
		{[]string{"replay", "#"}, "", 2, "holds no recording"},
		{[]string{"replay", ""}, "", 2, "holds no recording"},
		{[]string{"replay", "no/such/file"}, "", 2, "cannot read no/such/file: no such file"},
		{[]string{"replay", "recording.txt"}, "", 2, "cannot read recording.txt: no such file"},
		{[]string{"link", "."}, "", 2, "is a directory"},
		{[]string{"replay", "nonsense"}, "", 2, "which is not known here"},
		{[]string{"replay", linkOf(func(r *replay.Recording) { r.Script.Setup.Engine = "zab" })}, "", 2, `there is no engine "zab"`},
		{[]string{"replay", linkOf(func(r *replay.Recording) { r.Script.Setup.Machine = "abacus" })}, "", 2, "there is no state machine of that name"},
		{[]string{"replay", linkOf(func(r *replay.Recording) { r.Script.Setup.Off = []string{"raft.gravity"} })}, "", 2, "has no rule"},

		{[]string{"replay", "-"}, "epoch 1 world 1\nfly\n", 2, `standard input:2: "fly": `},
		{[]string{"replay", "-"}, strings.Replace(text, "world 1", "world 9", 1), 2, "a later version of Parley made this recording"},
		{[]string{"replay", "-"}, "nodes 3\nat 1s crash n1\n", 2, "standard input is a script"},
		{[]string{"link", "-"}, "nodes 3\nat 1s crash n1\n", 2, "parley run -script"},
		{[]string{"replay", "-"}, text + strings.Repeat("# much\n", 400_000), 2, "bytes, at most"},
		{[]string{"replay", "#s=raft-figure-8"}, "", 2, "the link is a script"},
		{[]string{"link", "#s=nothing"}, "", 2, `there is no scenario "nothing"`},
		{[]string{"run", "-script", "#s=nothing"}, "", 2, `there is no scenario "nothing"`},
		{[]string{"run", "-script", link[:40]}, "", 2, "cut off at its end"},

		{[]string{"export", "-format", "gif", link}, "", 2, "-format is one of svg, mermaid, shiviz, json"},
		{[]string{"export", "-view", "feed", link}, "", 2, "-view is one of ring, logs, diagram"},
		{[]string{"export", "-theme", "pink", link}, "", 2, "-theme is one of auto, light, dark"},
		{[]string{"export", "-width", "9999", link}, "", 2, "pictures are 200 to 4000 pixels"},
		{[]string{"export", "-t", "soon", link}, "", 2, "a moment is written as"},
		{[]string{"export", "-t", "m1", link}, "", 2, "has no markers"},
		{[]string{"export", "-t", "e2000000", link}, "", 2, "more than 1000000 events before that moment"},
		{[]string{"export", "-t", "e2000", "-"}, "nodes 1\nclients 0\nat 0s crash n1\n", 2, "there is no event 2000"},
		{[]string{"export", "-t", "300ms", "-until", "200ms", link}, "", 2, "ends before it begins"},
		{[]string{"export", "-until", "200ms", link}, "", 2, "needs its beginning"},
	} {
		r := parley(c.stdin, c.args...)
		if r.status != c.status || r.stdout != "" || !strings.Contains(r.stderr, c.says) || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("parley %.100q: %+v\nwant status %d and %q", c.args, r, c.status, c.says)
		}
	}
}

// TestBillionEvents holds that a link of a few characters that asks for a billion events is
// stopped and says so.
func TestBillionEvents(t *testing.T) {
	s := "epoch 1 world 1\nnodes 9\nclients 32\npace 100000/s\nlatency 0s jitter 0s disk 0s\nend 3600s digest 0123456789abcdef\n"
	r := parley(s, "replay", "-")
	if r.status != 2 || !strings.Contains(r.stdout, "the recording asks for more events than are run: it was stopped after") {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	if status := command(ctx, []string{"replay", "-"}, strings.NewReader(s), &stdout, &stderr); status != 1 || !strings.Contains(stderr.String(), "stopped at ") {
		t.Errorf("told to stop: %d, %q", status, stderr.String())
	}
	for _, format := range []string{"json", "svg"} {
		if r := parley(s, "export", "-format", format, "-t", "10s", "-"); r.status != 2 || !strings.Contains(r.stderr, "more than 1000000 events") {
			t.Errorf("exported as %s: %d, %q", format, r.status, r.stderr)
		}
	}
}

// TestScenarios lists the scenarios, and prints, runs and exports each by its name.
func TestScenarios(t *testing.T) {
	golden(t, "scenarios.txt", parley("", "scenarios").stdout)
	for _, e := range library.All() {
		link := "#s=" + e.Name
		text := parley("", "link", link)
		if _, _, err := replay.ReadTextFor(text.stdout, registry.Known()); text.status != 0 || err != nil {
			t.Errorf("parley link %s: %v, %+v", link, err, text)
		}
		made := parley("", "run", "-script", link, "-format", "link")
		if made.status != 0 {
			t.Errorf("parley run -script %s: %+v", link, made)
			continue
		}
		if r := parley("", "replay", strings.TrimSpace(made.stdout)); r.status != 0 {
			t.Errorf("%s: %+v", link, r)
		}
		if r := parley("", "export", "-t", "m2", link); r.status != 0 || !strings.Contains(r.stdout, "<svg") {
			t.Errorf("parley export %s: %d, %s", link, r.status, r.stderr)
		}
	}
}

// TestExport writes a run in each form.
func TestExport(t *testing.T) {
	const link = "#s=raft-minority"
	out := func(args ...string) string {
		t.Helper()
		r := parley("", append(append([]string{"export"}, args...), link)...)
		if r.status != 0 || r.stderr != "" {
			t.Fatalf("parley export %q: %d, %s", args, r.status, r.stderr)
		}
		return r.stdout
	}
	for _, args := range [][]string{
		{}, {"-t", "150ms"}, {"-t", "m3", "-theme", "dark"}, {"-t", "e40", "-view", "logs"}, {"-view", "diagram"},
		{"-view", "diagram", "-t", "80ms", "-until", "200ms", "-width", "1000"}, {"-t", "80ms", "-until", "200ms"},
	} {
		svg := out(append([]string{"-format", "svg"}, args...)...)
		d := xml.NewDecoder(strings.NewReader(svg))
		d.Strict = true
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%q is no XML: %v", args, err)
			}
		}
		if again := out(append([]string{"-format", "svg"}, args...)...); again != svg {
			t.Errorf("%q: another picture each time", args)
		}
	}
	if a, b := out("-t", "60ms"), out("-t", "300ms"); a == b {
		t.Error("two moments are the same picture")
	}
	if moving := out("-t", "80ms", "-until", "200ms"); !strings.Contains(moving, "<animate") && !strings.Contains(moving, "@keyframes") {
		t.Error("the moving picture does not move")
	}
	if m := out("-format", "mermaid", "-until", "60ms"); !strings.HasPrefix(m, "sequenceDiagram\n") || !strings.Contains(m, "RequestVote") {
		t.Errorf("%.300s", m)
	}
	if s := out("-format", "shiviz", "-t", "10ms", "-until", "60ms"); !strings.Contains(s, "N1 {") {
		t.Errorf("%.300s", s)
	}
	// The journal of all of it is what parley run prints.
	if got, want := out("-format", "json"), parley("", "run", "-script", link, "-format", "json").stdout; got != want {
		t.Error("the journal is another one than parley run prints")
	}
	// What the link says of the moment counts where the flags say nothing.
	with := parley("", "export", "-view", "ring", link+"&t=150ms&view=logs")
	if want := out("-t", "150ms"); with.stdout != want {
		t.Error("the moment of the link was not shown")
	}
	if with := parley("", "export", link+"&t=150ms&view=logs"); with.stdout != out("-t", "150ms", "-view", "logs") {
		t.Error("the view of the link was not shown")
	}
}
