package worker

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/registry"
	"parley/server/relay/bot"
)

var measure = flag.Bool("measure", false, "measure both relays, and print the table of README")

// relayUnder is a relay that is measured: its address, and its process.
type relayUnder struct {
	name, url string
	pid       int
	started   time.Duration // until it answered
}

// figures are what is measured.
type figures struct {
	start, first, room time.Duration // to the first answer; to be in the first room; in a later one
	perSecond          float64       // frames that reached somebody
	cpu                time.Duration // of the relay, for each of them
	p50, p99           time.Duration // from a question to its answer, under that load
	roomKiB            int           // more memory for each room that plays
}

// The load: rooms of five connections, one of which has a node.
const (
	loadRooms   = 10
	loadViewers = 4
	loadFor     = 10 * time.Second
	loadPace    = consensus.Second     // each second: some 1,500 events
	askEvery    = 4 * time.Millisecond // so that no room is asked more often than a connection may
	memoryRooms = 50
)

// TestMeasure measures the native relay and the Worker, one after the other, and prints a
// table. It holds nothing: figures are a machine's.
func TestMeasure(t *testing.T) {
	if !*measure {
		t.Skip("measured by hand: make measure")
	}
	native, worker := measured(t, startNative(t)), measured(t, startLocal(t))
	row := func(what string, of func(figures) string) {
		fmt.Printf("| %s | %s | %s |\n", what, of(native), of(worker))
	}
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }
	fmt.Println("| | native | Worker (workerd) |\n|---|---|---|")
	row(fmt.Sprintf("deliveries a second, %d rooms of %d, %d questions a second", loadRooms, loadViewers+1, time.Second/askEvery), func(f figures) string { return fmt.Sprintf("%.0f", f.perSecond) })
	row("CPU for each delivery", func(f figures) string { return fmt.Sprintf("%.0f µs", float64(f.cpu)/1e3) })
	row("a question answered under that load, p50", func(f figures) string { return ms(f.p50) })
	row("p99", func(f figures) string { return ms(f.p99) })
	row("cold start, to the first answer", func(f figures) string { return fmt.Sprintf("%.1f s", f.start.Seconds()) })
	row("made and joined: the first room", func(f figures) string { return ms(f.first) })
	row("made and joined: a later one", func(f figures) string { return ms(f.room) })
	row("memory for each room that plays", func(f figures) string { return fmt.Sprintf("%d KiB", f.roomKiB) })
}

func startNative(t *testing.T) relayUnder {
	t.Helper()
	begun := time.Now()
	cmd := exec.Command(filepath.Join("..", "..", "bin", "parley"), "serve", "-addr", "127.0.0.1:0", "-data", t.TempDir(), "-room-burst", "10000", "-client-connections", "10000")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("%v (make quick builds it)", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	line, _ := bufio.NewReader(out).ReadString('\n')
	_, rest, _ := strings.Cut(line, "http://")
	address, _, _ := strings.Cut(rest, "/")
	ask(t, "GET", "http://"+address+"/healthz", "")
	return relayUnder{"native", "http://" + address, cmd.Process.Pid, time.Since(begun)}
}

func startLocal(t *testing.T) relayUnder {
	t.Helper()
	begun := time.Now()
	l := own(t, folder)
	ask(t, "GET", l.URL+"/healthz", "")
	took := time.Since(begun)
	pid, err := l.Runtime()
	if err != nil {
		t.Skip(err)
	}
	return relayUnder{"Worker", l.URL, pid, took}
}

func measured(t *testing.T, r relayUnder) (f figures) {
	t.Helper()
	f.start = r.started
	timed := func() time.Duration {
		begun := time.Now()
		open(t, r.url, 1)
		return time.Since(begun)
	}
	f.first = timed()
	var later []time.Duration
	for range 9 {
		later = append(later, timed())
	}
	slices.Sort(later)
	f.room = later[len(later)/2]

	before := memoryOf(t, r.pid)
	var many []*class
	for range memoryRooms {
		c := open(t, r.url, 1)
		c.do(0, frame.Conduct{Verb: frame.Play})
		many = append(many, c)
	}
	for _, c := range many {
		c.until(0, func(v *bot.View) bool { return v.Head.Events > 500 })
	}
	f.roomKiB = (memoryOf(t, r.pid) - before) >> 10 / memoryRooms
	for _, c := range many {
		c.do(0, frame.Conduct{Verb: frame.Pause})
	}
	load(t, r, &f)
	return f
}

// load plays rooms, and counts what reaches those who look on.
func load(t *testing.T, r relayUnder, f *figures) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var delivered atomic.Int64
	var reading sync.WaitGroup
	var rooms []*class
	for range loadRooms {
		c := open(t, r.url, 1)
		rooms = append(rooms, c)
		for range loadViewers {
			ws := look(t, r.url, c.room)
			reading.Go(func() {
				for {
					if _, _, err := ws.Read(ctx); err != nil {
						return
					}
					delivered.Add(1)
				}
			})
		}
		c.play(loadPace)
	}
	for _, c := range rooms {
		c.further(0, 100)
	}
	from, spent, begun := delivered.Load(), cpuOf(t, r.pid), time.Now()
	var answers []time.Duration
	for i := 0; time.Since(begun) < loadFor; i++ {
		asked := time.Now()
		rooms[i%loadRooms].do(0, frame.Conduct{Verb: frame.Rename, Text: "Ada " + strconv.Itoa(i)})
		answers = append(answers, time.Since(asked))
		time.Sleep(askEvery - time.Since(asked))
	}
	n := delivered.Load() - from
	f.perSecond = float64(n) / time.Since(begun).Seconds()
	f.cpu = (cpuOf(t, r.pid) - spent) / time.Duration(n)
	slices.Sort(answers)
	f.p50, f.p99 = answers[len(answers)/2], answers[len(answers)*99/100]
	cancel()
	reading.Wait()
}

// look joins a room as one who looks on.
func look(t *testing.T, url, room string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(url, "http")+"/rooms/"+room+"/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(-1)
	h := &hosting.Hello{Room: room, Name: "Looker", Instance: rand.Uint64()}
	for _, e := range registry.Engines() {
		h.Engines = append(h.Engines, e.Engine)
	}
	if err := ws.Write(context.Background(), websocket.MessageBinary, hosting.Append(nil, h)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func memoryOf(t *testing.T, pid int) int {
	t.Helper()
	n, err := residentOf(pid)
	if err != nil {
		t.Skip(err)
	}
	return n
}

// cpuOf is the processor time that a process has taken. Only Linux tells.
func cpuOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	const tick = 10 * time.Millisecond // a hundred a second, on all Linux that Go runs on
	return time.Duration(user+system) * tick
}
