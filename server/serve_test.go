package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/server/api"
	"parley/server/site"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestGracefulStop tells the server to stop while an answer is under way: that one is
// finished, and no new connection is taken.
func TestGracefulStop(t *testing.T) {
	begun, finish := make(chan bool), make(chan bool)
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "all of it")
	})
	l := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- answer(ctx, l, slow, slog.New(slog.DiscardHandler)) }()
	got := make(chan string, 1)
	go func() {
		r, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			got <- err.Error()
			return
		}
		defer r.Body.Close()
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	}()
	<-begun
	stop()
	for { // until the door is closed
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		c.Close()
	}
	select {
	case err := <-ended:
		t.Fatalf("the server ended (%v) before its answer", err)
	default:
	}
	close(finish)
	if body := <-got; body != "all of it" {
		t.Errorf("the answer that was under way is %q", body)
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// TestHandler asks for what is not a file of the site.
func TestHandler(t *testing.T) {
	l := listen(t)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- answer(ctx, l, api.Handler(http.NotFoundHandler()), slog.New(slog.DiscardHandler))
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	for _, method := range []string{"GET", "HEAD"} {
		request, _ := http.NewRequest(method, "http://"+l.Addr().String()+"/healthz", nil)
		r, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != 200 || method == "GET" && string(body) != "ok\n" || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s /healthz: %d %q %v", method, r.StatusCode, body, r.Header)
		}
	}
	request, _ := http.NewRequest("GET", "http://"+l.Addr().String()+"/", nil)
	request.Header.Set("X-Large", strings.Repeat("x", 2*headerMax))
	r, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a request with too large a header: %d", r.StatusCode)
	}
}

// program builds the real binary.
func program(t *testing.T) string {
	t.Helper()
	if _, err := site.New(site.Embedded()); errors.Is(err, site.ErrNotBuilt) {
		t.Skip("the site is not built; make test builds it first")
	}
	file := filepath.Join(t.TempDir(), "parley")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// TestProgram runs the real binary: it says where it is, keeps others from its port,
// refuses a data folder that it cannot write to, and stops when it is told to.
func TestProgram(t *testing.T) {
	file := program(t)
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		cmd := exec.Command(file, "-addr", "127.0.0.1:0", "-data", filepath.Join(t.TempDir(), "a", "b"))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewReader(stdout)
		line, _ := said.ReadString('\n')
		_, rest, _ := strings.Cut(line, "http://")
		address, _, _ := strings.Cut(rest, "/")
		r, err := http.Get("http://" + address + "/")
		if err != nil {
			t.Fatalf("the program said %q, but: %v", line, err)
		}
		page, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != 200 || !bytes.Contains(page, []byte("<title>")) {
			t.Errorf("GET /: %d %.100q", r.StatusCode, page)
		}

		second := exec.Command(file, "-addr", address)
		out, err := second.CombinedOutput()
		if second.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "cannot listen on "+address+": another program does. Stop it, or choose another port with -addr") {
			t.Errorf("a port in use: %v, %q", err, out)
		}

		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, said)
		if err := cmd.Wait(); err != nil || !strings.Contains(stderr.String(), "msg=stopped") {
			t.Errorf("told to stop with %v, the program ended with %v and said:\n%s", signal, err, stderr.String())
		}
	}
}

// TestBadDataFolder gives the server folders that cannot be one.
func TestBadDataFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ data, says string }{
		{filepath.Join(dir, "file"), "cannot make the data folder " + filepath.Join(dir, "file") + ": not a directory"},
		{filepath.Join(dir, "file", "inside"), "not a directory"},
		{"/proc/none", "cannot make the data folder /proc/none"},
		{"/proc", "cannot write to the data folder /proc"},
	} {
		if err := prepare(c.data); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("-data %s: %v, want %q", c.data, err, c.says)
		}
	}
	for _, data := range []string{"", dir, filepath.Join(dir, "new", "er")} {
		if err := prepare(data); err != nil {
			t.Errorf("-data %q: %v", data, err)
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "new", "er"))
	if err != nil || len(left) != 0 {
		t.Errorf("the probe left %v, %v", left, err)
	}
}
