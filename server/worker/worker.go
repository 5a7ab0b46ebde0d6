// Package worker starts the Worker on this machine, for tests and measurements: the site, the
// API and the rooms as they run on Cloudflare, on its runtime workerd, from the folder that
// `make worker` builds.
//
// What runs there stands beside this file: worker.mjs routes, api/ is the HTTP API (Go, as
// js/wasm), wrangler.jsonc says what is bound to what.
package worker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrNotBuilt says that there is nothing to start.
var ErrNotBuilt = errors.New("the Worker is not built: `make worker` does it, with npm")

// Local is a Worker that runs on this machine.
type Local struct {
	URL string // http://127.0.0.1:PORT, without a slash at its end

	cmd    *exec.Cmd
	input  io.Closer
	said   *tail
	killed bool
	ended  chan struct{}
	err    error // of cmd, once it has ended
}

// Options say how a Worker is started.
type Options struct {
	Folder  string // that `make worker` has built
	Address string // HOST:PORT; "" for any port of 127.0.0.1
	Data    string // the folder for what it keeps; made if it is missing
}

// Bounds of waiting.
const (
	startMax = 2 * time.Minute
	stopMax  = 20 * time.Second
)

const ready = "Parley is at "

// Start starts a Worker, and returns when it answers. The error is a sentence; ErrNotBuilt
// if it was not built.
func Start(o Options) (*Local, error) {
	for _, need := range []string{"local.mjs", "api/app.wasm", "node_modules/wrangler/package.json"} {
		if _, err := os.Stat(filepath.Join(o.Folder, filepath.FromSlash(need))); err != nil {
			return nil, ErrNotBuilt
		}
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	data, err := filepath.Abs(o.Data)
	if err != nil {
		return nil, err
	}
	l := &Local{said: &tail{}, ended: make(chan struct{})}
	l.cmd = exec.Command("node", "local.mjs", "--address", o.Address, "--data", data, "--until-eof")
	l.cmd.Dir, l.cmd.Stderr = o.Folder, l.said
	if l.input, err = l.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := l.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the Worker with node: %w", err)
	}
	address := make(chan string, 1)
	go l.follow(output, address)
	select {
	case l.URL = <-address:
		return l, nil
	case <-l.ended:
		return nil, fmt.Errorf("the Worker did not start: %w\n%s", l.err, l.said)
	case <-time.After(startMax):
		return nil, errors.Join(fmt.Errorf("the Worker did not start within %s\n%s", startMax, l.said), l.Stop())
	}
}

// follow reads what the Worker says until it ends.
func (l *Local) follow(output io.Reader, address chan<- string) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), ready); ok {
			url, _, _ := strings.Cut(rest, " ")
			address <- strings.TrimSuffix(url, "/")
			continue
		}
		_, _ = io.WriteString(l.said, lines.Text()+"\n")
	}
	l.err = l.cmd.Wait()
	close(l.ended)
}

// Stop stops the Worker, and everything that it has started; nothing if it was killed.
func (l *Local) Stop() error {
	_ = l.input.Close() // it stops when its input ends
	select {
	case <-l.ended:
		if l.killed {
			return nil
		}
		return l.err
	case <-time.After(stopMax):
		return errors.Join(fmt.Errorf("the Worker did not stop within %s", stopMax), l.cmd.Process.Kill())
	}
}

// Kill ends the Worker without a warning, as a machine does that fails.
func (l *Local) Kill() error {
	runtime, err := l.Runtime()
	if err != nil {
		return err
	}
	p, err := os.FindProcess(runtime)
	if err == nil {
		l.killed = true
		err = errors.Join(p.Kill(), l.cmd.Process.Kill())
	}
	<-l.ended
	return err
}

// Runtime returns the process of workerd, which is a child of the one that was started. Only
// Linux tells of it.
func (l *Local) Runtime() (pid int, err error) {
	parent := strconv.Itoa(l.cmd.Process.Pid)
	list, err := os.ReadFile("/proc/" + parent + "/task/" + parent + "/children")
	if err != nil {
		return 0, fmt.Errorf("find the process of workerd: %w", err)
	}
	for child := range strings.FieldsSeq(string(list)) {
		if name, err := os.ReadFile("/proc/" + child + "/comm"); err == nil && strings.TrimSpace(string(name)) == "workerd" {
			return strconv.Atoi(child)
		}
	}
	return 0, errors.New("the process of workerd is not to be found")
}

// Resident returns how much memory the process of workerd has in use, in bytes. Only Linux
// tells.
func (l *Local) Resident() (int, error) {
	pid, err := l.Runtime()
	if err != nil {
		return 0, err
	}
	return residentOf(pid)
}

func residentOf(pid int) (int, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(kib)
	return n << 10, err
}

// Said returns the end of what the Worker has written: warnings and errors.
func (l *Local) Said() string { return l.said.String() }

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

// tailMax bounds a tail, in bytes.
const tailMax = 64 << 10

// Write adds to the end.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	t.b = t.b[max(0, len(t.b)-tailMax):]
	return len(b), nil
}

// String returns what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
