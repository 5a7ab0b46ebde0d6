package boltstore

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"parley/server/relay"
	"parley/server/room"
)

// TestMain makes this test program the one that is killed, see TestKill.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PARLEY_TEST_ROOMS"); dir != "" {
		write(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

const rooms = 8

func id(n int) string { return "room" + strconv.Itoa(n) }

// entry is what room n saves for the k-th time.
func entry(n, k int) relay.Entry {
	return relay.Entry{Saved: time.Unix(int64(k), 0), About: room.About{Engine: "raft", Title: id(n), Nodes: k%9 + 1}, Record: []byte(strings.Repeat(strconv.Itoa(k)+" ", k%1000+1))}
}

// write saves rooms for ever, each from a goroutine of its own, and says what was saved.
func write(dir string) {
	s, err := Open(dir)
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	var mu sync.Mutex // a line is written whole
	var all sync.WaitGroup
	for n := range rooms {
		all.Go(func() {
			first := 0
			if e, err := s.Load(id(n)); err == nil {
				first = int(e.Saved.Unix()) + 1
			}
			for k := first; ; k++ {
				err := s.Save(id(n), entry(n, k))
				mu.Lock()
				if err != nil {
					fmt.Println("failed:", err)
				} else {
					fmt.Println(n, k)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

// TestKill kills a program with SIGKILL in the middle of its writes, again and again:
// every room is there as it was saved last, or once more, and the file is in order.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	last := map[int]int{}
	for round := 1; round <= 4; round++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PARLEY_TEST_ROOMS="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for count := 1; lines.Scan(); count++ {
			var n, k int
			if _, err := fmt.Sscan(lines.Text(), &n, &k); err != nil {
				t.Errorf("the writer said %q", lines.Text())
				_ = cmd.Process.Kill()
			}
			last[n] = k
			if count == 250 { // while it writes on
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		err = cmd.Wait()
		if cmd.ProcessState.Exited() {
			t.Fatalf("the writer was not killed: %v", err)
		}
		s, err := Open(dir)
		if err != nil {
			t.Fatalf("after kill %d: %v", round, err)
		}
		for n, k := range last {
			e, err := s.Load(id(n))
			if err != nil || !reflect.DeepEqual(e, entry(n, k)) && !reflect.DeepEqual(e, entry(n, k+1)) {
				t.Fatalf("after kill %d: room %d was saved for the %dth time, and is now %v, %v", round, n, k, e.Saved.Unix(), err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := bbolt.Open(filepath.Join(dir, Name), 0o644, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = db.View(func(tx *bbolt.Tx) error {
			for err := range tx.Check() {
				t.Error(err)
			}
			return nil
		})
		_ = db.Close()
	}
}

// TestStore holds what a relay.Store promises, in a file and in memory.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	file, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]relay.Store{"file": file, "memory": new(relay.Memory)} {
		is := func(id string, want relay.Entry) {
			t.Helper()
			if got, err := s.Load(id); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s is %v, %v; want %v", name, id, got, err, want)
			}
		}
		none := func(id string) {
			t.Helper()
			if _, err := s.Load(id); !errors.Is(err, relay.ErrNone) {
				t.Errorf("%s: %s is there: %v", name, id, err)
			}
		}
		count := func(want int) {
			t.Helper()
			if n, err := s.Count(); n != want || err != nil {
				t.Errorf("%s: %d rooms, %v; want %d", name, n, err, want)
			}
		}
		none("a")
		count(0)
		for i, e := range []relay.Entry{entry(1, 5), entry(2, 2000), {Saved: time.Unix(7, 0), Record: []byte{}}} {
			for _, id := range []string{"a", "b"} {
				if err := s.Save(id, e); err != nil {
					t.Error(err)
				}
				is(id, e)
			}
			count(2)
			if err := s.Remove("b"); err != nil {
				t.Error(err)
			}
			none("b")
			count(1)
			if err := s.Remove("none " + strconv.Itoa(i)); err != nil {
				t.Error(err)
			}
		}
		for k := range 300 {
			if err := s.Save("many"+strconv.Itoa(k), entry(k, k)); err != nil {
				t.Error(err)
			}
		}
		now := time.Unix(1000, 0)
		awake := func(id string) bool { return id == "many3" }
		n, err := s.Expire(time.Unix(200, 0), now, awake)
		if n != 200 || err != nil { // a and many0 to many199, without many3
			t.Errorf("%s: %d rooms were removed, %v", name, n, err)
		}
		none("a")
		none("many199")
		is("many200", entry(200, 200))
		touched := entry(3, 3)
		touched.Saved = now
		is("many3", touched)
		count(101)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "another program holds it") {
		t.Errorf("opened twice: %v", err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	if err := file.Save("late", entry(1, 1)); !errors.Is(err, errClosed) {
		t.Errorf("saved after the end: %v", err)
	}
	if _, err := decode([]byte("12345678\xff\xffraft")); !errors.Is(err, errDamaged) {
		t.Errorf("a damaged entry: %v", err)
	}
}
