package boltstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"parley/server/boltfile"
	"parley/server/links"
)

// TestMain makes this test program the one that is killed, see TestKill.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PARLEY_TEST_LINKS"); dir != "" {
		write(dir)
		return
	}
	os.Exit(m.Run())
}

const gib = 1 << 30

func content(n int) []byte {
	return []byte("title Run " + strconv.Itoa(n) + "\n" + strings.Repeat("# "+strconv.Itoa(n)+"\n", n%100))
}

// writers is how many requests come at once.
const writers = 8

// write keeps one content after the other for ever, from several goroutines, and says
// each one's number and ID once it was answered.
func write(dir string) {
	s, err := Open(dir, gib)
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	var mu sync.Mutex // a line is written whole
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for n := w; ; n += writers {
				id, err := links.Keep(context.Background(), s, content(n))
				mu.Lock()
				if err != nil {
					fmt.Println("failed:", err)
				} else {
					fmt.Println(n, id)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

// TestKill kills a program with SIGKILL in the middle of its writes, again and again
// on the same file, until a thousand were answered: none of those is lost, and the file
// is in order.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	answered := map[string]int{}
	for round := 1; len(answered) < 1000; round++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PARLEY_TEST_LINKS="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			number, id, _ := strings.Cut(lines.Text(), " ")
			n, err := strconv.Atoi(number)
			if err != nil {
				t.Errorf("the writer said %q", lines.Text())
				_ = cmd.Process.Kill()
			}
			answered[id] = n
			// While it writes on; what it still said before it died counts too.
			if len(answered) == round*250 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		err = cmd.Wait()
		if cmd.ProcessState.Success() || cmd.ProcessState.Exited() {
			t.Fatalf("the writer was not killed: %v", err)
		}
		s, err := Open(dir, gib)
		if err != nil {
			t.Fatalf("after kill %d: %v", round, err)
		}
		for id, n := range answered {
			kept, err := s.Get(context.Background(), id)
			if err != nil || string(kept) != string(content(n)) || !links.Check(id, kept) {
				t.Fatalf("after kill %d: link %d (%s) was answered, and is now %q, %v", round, n, id, kept, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		inOrder(t, filepath.Join(dir, Name))
	}
}

// inOrder reads all of the file: every page belongs somewhere, and the size that was
// written down is that of what is there.
func inOrder(t *testing.T, file string) {
	t.Helper()
	db, err := bbolt.Open(file, 0o644, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_ = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		size := uint64(0)
		_ = tx.Bucket(bucketLinks).ForEach(func(id, content []byte) error {
			size += uint64(len(id) + len(content))
			return nil
		})
		said := tx.Bucket(boltfile.About).Get(keySize)
		if size > 0 && (len(said) != 8 || le(said) != size) {
			t.Errorf("the links have %d bytes, and the file says %x", size, said)
		}
		return nil
	})
}

func le(b []byte) (v uint64) {
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}

// TestStore holds what a links.Store promises.
func TestStore(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s, err := Open(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "a"); !errors.Is(err, links.ErrNone) {
		t.Errorf("an unknown ID: %v", err)
	}
	put := func(id, content string, want error) {
		t.Helper()
		if err := s.Put(ctx, id, []byte(content)); !errors.Is(err, want) {
			t.Errorf("put %s: %v, want %v", id, err, want)
		}
	}
	get := func(id, want string) {
		t.Helper()
		if b, err := s.Get(ctx, id); err != nil || string(b) != want {
			t.Errorf("get %s: %q, %v; want %q", id, b, err, want)
		}
	}
	put("a", "one", nil)
	put("a", "one", nil)
	put("a", "two", links.ErrTaken)
	get("a", "one")
	b, _ := s.Get(ctx, "a")
	copy(b, "xxx")
	get("a", "one")
	put("b", "", nil)
	get("b", "")
	put("c", strings.Repeat("x", 100), links.ErrFull)
	put("c", strings.Repeat("x", 94), nil) // "aone", "b", "c": exactly full
	put("d", "", links.ErrFull)
	put("a", "one", nil) // what is there costs nothing

	if _, err := Open(dir, 100); err == nil || !strings.Contains(err.Error(), "another program holds it. Stop it, or choose another folder with -data") {
		t.Errorf("opened twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, 100); err != nil {
		t.Fatal(err)
	}
	get("c", strings.Repeat("x", 94))
	put("d", "", links.ErrFull)
	_ = s.Close()
	inOrder(t, filepath.Join(dir, Name))
}

// TestBadFiles gives Open what is no file of links.
func TestBadFiles(t *testing.T) {
	for name, make := range map[string]func(file string) error{
		"a folder":       func(file string) error { return os.Mkdir(file, 0o755) },
		"a text":         func(file string) error { return os.WriteFile(file, []byte(strings.Repeat("text ", 9000)), 0o644) },
		"a later form":   func(file string) error { return form(file, "2") },
		"without a disk": func(file string) error { return os.Symlink("/dev/full", file) },
	} {
		dir := t.TempDir()
		if err := make(filepath.Join(dir, Name)); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, gib)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: opened", name)
		} else if !strings.HasPrefix(err.Error(), "cannot ") || !strings.Contains(err.Error(), Name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func form(file, version string) error {
	db, err := bbolt.Open(file, 0o644, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket(boltfile.About)
		return errors.Join(err, b.Put([]byte("version"), []byte(version)))
	})
	return errors.Join(err, db.Close())
}
