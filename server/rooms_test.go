package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"parley/server/relay/conformance"
)

// running is the real program while a test restarts it.
type running struct {
	*testing.T
	file, dir, address string
	cmd                *exec.Cmd
	stderr             bytes.Buffer
	signals            []os.Signal // with which it is ended, one after the other, and again from the first
	ends               int
}

// start starts the program and waits until it listens.
func (p *running) start(t *testing.T) {
	t.Helper()
	p.cmd = exec.Command(p.file, "-addr", p.address, "-data", p.dir, "-metrics", "/figures")
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(stdout)
	line, _ := said.ReadString('\n')
	_, rest, _ := strings.Cut(line, "http://")
	if p.address, _, _ = strings.Cut(rest, "/"); p.address == "" {
		t.Fatalf("the program said %q\n%s", line, p.stderr.String())
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
}

// restart ends the program with the next signal and starts it again.
func (p *running) restart(t *testing.T) {
	t.Helper()
	signal := p.signals[p.ends%len(p.signals)]
	p.ends++
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil != (signal == syscall.SIGKILL) {
		t.Errorf("told to stop with %v, the program ended with %v\n%s", signal, err, p.stderr.String())
	}
	p.start(t)
}

// TestConformance holds that the real program is a relay like the others, and that its rooms
// outlive it: it is killed in the middle of one, told to stop, and killed again.
func TestConformance(t *testing.T) {
	p := &running{T: t, file: program(t), dir: t.TempDir(), address: "127.0.0.1:0", signals: []os.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL}}
	p.start(t)
	t.Parallel()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	conformance.Run(t, conformance.Relay{URL: "http://" + p.address, Restart: p.restart})
	r, err := http.Get("http://" + p.address + "/figures")
	if err != nil {
		t.Fatal(err)
	}
	figures, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if !strings.Contains(string(figures), "parley_rooms_restored_total 1\n") {
		t.Errorf("the figures are\n%.2000s", figures)
	}
	log := p.stderr.String()
	for _, says := range []string{`msg="room created"`, `msg="room restored"`, `msg="room stored"`, "msg=stopped"} {
		if !strings.Contains(log, says) {
			t.Errorf("the log has no %s:\n%s", says, log)
		}
	}
}
