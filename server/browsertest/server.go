package browsertest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/server/worker"
)

// patience is how long anything is waited for before a test gives up. It is no
// measure: on a quick machine nothing takes that long.
const patience = 3 * time.Minute

// Top returns the top folder of the project.
func Top() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			panic("browsertest: not inside the project's folder")
		}
		dir = filepath.Dir(dir)
	}
}

// binary builds the site and the program from the sources as they are, once.
var binary = sync.OnceValues(func() (string, error) {
	out := filepath.Join(Top(), "build", "browsertest", "parley")
	for _, args := range [][]string{
		{"run", "./server/bundle", "-quick"},
		{"build", "-o", out, "./server"},
	} {
		cmd := exec.Command("go", args...)
		cmd.Dir = Top()
		if said, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, said)
		}
	}
	return out, nil
})

// Server is a running parley.
type Server struct {
	URL string // without a slash at its end

	cmd    *exec.Cmd
	exited chan error
	stderr *logBuffer

	local *worker.Local // in the place of all that, if it is the Worker
}

// Serve starts the program on a free loopback port, with an empty data folder. It is
// stopped when the test ends, and has to stop without an error.
func Serve(t testing.TB) *Server {
	t.Helper()
	return serve(t, t.TempDir())
}

// serve starts the program on a free loopback port, with a data folder.
func serve(t testing.TB, data string) *Server {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return serveProgram(t, program, data)
}

// serveProgram starts a program in the place of the one that is built from the sources.
func serveProgram(t testing.TB, program, data string) *Server {
	t.Helper()
	s := &Server{exited: make(chan error, 1), stderr: new(logBuffer)}
	s.cmd = exec.Command(program, "serve", "-addr", "127.0.0.1:0", "-data", data)
	s.cmd.Stderr = s.stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t) })
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		said <- line
		_, _ = io.Copy(io.Discard, stdout)
		s.exited <- s.cmd.Wait()
	}()
	select {
	case line := <-said:
		_, rest, ok := strings.Cut(line, "http://")
		if !ok {
			t.Fatalf("the server said %q, and on standard error:\n%s", line, s.stderr)
		}
		address, _, _ := strings.Cut(rest, "/")
		s.URL = "http://" + address
	case <-time.After(patience):
		t.Fatalf("the server did not start; on standard error it said:\n%s", s.stderr)
	}
	return s
}

// serveWorker starts the same site on the runtime of Cloudflare Workers, as `make worker` has
// built it, with a data folder.
func serveWorker(t testing.TB, data string) *Server {
	t.Helper()
	l, err := worker.Start(worker.Options{Folder: filepath.Join(Top(), "build", "worker"), Data: data})
	if errors.Is(err, worker.ErrNotBuilt) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{URL: l.URL, local: l}
	t.Cleanup(func() {
		if err := l.Stop(); err != nil {
			t.Errorf("stop the Worker: %v; it says\n%s", err, l.Said())
		}
	})
	return s
}

// Kill ends the server at once, as a crash of the machine would.
func (s *Server) Kill() {
	if s.local != nil {
		_ = s.local.Kill()
		return
	}
	_ = s.cmd.Process.Kill()
	s.exited <- <-s.exited // so that stop need not wait
}

func (s *Server) stop(t testing.TB) {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("stop the server: %v", err)
	}
	select {
	case err := <-s.exited:
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() < 0 {
			return // it was killed
		}
		if err != nil {
			t.Errorf("the server ended with %v; on standard error it said:\n%s", err, s.stderr)
		}
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		t.Errorf("the server did not stop; on standard error it said:\n%s", s.stderr)
	}
}

// logBuffer keeps what a program prints.
type logBuffer struct {
	mu   sync.Mutex
	text []byte
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
