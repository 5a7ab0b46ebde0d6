package browsertest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/registry"
	"parley/consensus/replay"
	"parley/consensus/replay/rerun"
	"parley/consensus/scenario"
)

// later are the changes that make the sources those of a later version, in which Raft draws
// other timeouts. Its epoch takes two bytes of a link.
var later = map[string][2]string{
	"consensus/raft/protocol.go": {"Epoch: 1,", "Epoch: 200,"},
	"consensus/raft/raft.go":     {"consensus.Rand(c.Seed)", "consensus.Rand(c.Seed + 1)"},
}

// laterProgram builds the program of a later version, which keeps the engine of this one for
// the links that were made with it.
func laterProgram(t *testing.T) string {
	t.Helper()
	if _, err := binary(); err != nil { // builds what is kept
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) {
		t.Helper()
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	top := os.DirFS(Top())
	err := fs.WalkDir(top, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			switch name {
			case "build", "bin", ".git", "server/site/dist":
				return fs.SkipDir
			}
			return nil
		}
		content, err := fs.ReadFile(top, name)
		if err != nil {
			return err
		}
		if change, ok := later[name]; ok {
			if n := strings.Count(string(content), change[0]); n != 1 {
				t.Fatalf("%s has %q %d times", name, change[0], n)
			}
			content = []byte(strings.Replace(string(content), change[0], change[1], 1))
		}
		write(name, content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{
		"web/engines/raft-1.1.wasm": filepath.Join(Top(), "build", "wasm", "engine-raft.wasm"),
		"web/engines/raft-1.1.js":   filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"),
	} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(to, content)
	}
	for _, args := range [][]string{{"run", "./server/bundle", "-quick"}, {"build", "-o", "parley", "./server"}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
	return filepath.Join(dir, "parley")
}

// recorded runs a script with the engines of here.
func recorded(t *testing.T, text string, end consensus.Time) replay.Recording {
	t.Helper()
	s, err := scenario.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	c, err := registry.Config(s.Setup)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rerun.Record(s, c, end, 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTwoEpochs has the site of a later version, which behaves differently: a link of today
// shows there what it shows today, with the engine of today, and a link of then has the
// engine of then. Where the old engine is not kept, the page says from where on it differs.
func TestTwoEpochs(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the whole site again")
	}
	program := laterProgram(t)
	rec := recorded(t, "nodes 5\nseed 7\npace 20/s\nat 400ms crash n1\n", 1200*consensus.Millisecond)
	code, err := rec.Link()
	if err != nil {
		t.Fatal(err)
	}
	today := New(t, Serve(t))
	today.Go("/#" + code + "&t=1200ms")
	today.Wait(ready)
	today.WaitFor(tick)
	state, picture := today.cluster(), today.picture()

	then := New(t, serveProgram(t, program, t.TempDir()))
	then.Go("/#" + code + "&t=1200ms")
	then.Wait(ready)
	then.WaitFor(tick)
	if again := then.cluster(); again != state || then.picture() != picture {
		t.Errorf("the link shows %s in a later version, and %s today", again, state)
	}

	fresh := New(t, then.Server)
	fresh.Go("/")
	fresh.Wait(ready)
	fresh.WaitFor(leads)
	fresh.pause()
	fresh.Click("#share")
	link := fresh.value("#share-link")
	made, err := recordingOf(link)
	if err != nil {
		t.Fatal(err)
	}
	if made.Epochs.Engine != 200 {
		t.Errorf("a link that is made there has %s", made.Epochs)
	}
	then.Go(strings.TrimPrefix(link, then.Server.URL))
	then.Reload()
	then.Wait(ready)
	then.WaitFor(tick)

	// Here nobody has that engine.
	today.Go(strings.TrimPrefix(link, then.Server.URL))
	today.Wait(ready)
	today.WaitFor(`#origin[data-state="differs"]`)
}
