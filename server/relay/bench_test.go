//go:build unix

package relay

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/server/relay/peer"
	"parley/server/room"
)

// BenchmarkFanOut sets the relay beside others with the same fan-out: so many connections
// in rooms of five, each of which sends 100 bytes, waits until they come back to it, and
// sends again. The servers are processes of their own and take turns; the clients are the
// same.
func BenchmarkFanOut(b *testing.B) {
	for _, conns := range []int{2, 50, 500} {
		b.Run(strconv.Itoa(conns), func(b *testing.B) {
			figures := map[string][]figure{}
			for range fanRounds {
				for _, name := range fanServers {
					figures[name] = append(figures[name], measureFan(b, name, conns))
				}
			}
			for _, name := range fanServers {
				b.Run(name, func(b *testing.B) {
					for range b.N {
					}
					report(b, figures[name])
				})
			}
		})
	}
}

var fanServers = []string{"relay", "gorilla", "gws"}

const (
	fanRounds = 5
	fanTime   = time.Second // of each round
	fanBytes  = 100
)

// figure is what one round has measured.
type figure struct {
	perSecond float64 // deliveries
	cpu       float64 // of the server, µs a delivery
	p50, p99  float64 // µs
	memory    float64 // of the server, KiB a connection while nothing happens
}

// report tells the best of the rounds.
func report(b *testing.B, rounds []figure) {
	best := rounds[0] // what else the machine does makes every figure worse, and none better
	for _, f := range rounds {
		best.perSecond, best.cpu = max(best.perSecond, f.perSecond), min(best.cpu, f.cpu)
		best.p50, best.p99, best.memory = min(best.p50, f.p50), min(best.p99, f.p99), min(best.memory, f.memory)
	}
	b.ReportMetric(best.perSecond, "deliveries/s")
	b.ReportMetric(best.cpu, "us-cpu/delivery")
	b.ReportMetric(best.p50, "us-p50")
	b.ReportMetric(best.p99, "us-p99")
	b.ReportMetric(best.memory, "KiB/connection")
	b.ReportMetric(0, "ns/op")
}

// measureFan runs one round against one server.
func measureFan(b *testing.B, name string, conns int) figure {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PARLEY_BENCH_RELAY="+name)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		b.Fatal(err)
	}
	usage := func() (cpu float64, memory float64) {
		r, err := http.Get("http://" + address + "/usage")
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = r.Body.Close() }()
		if _, err := fmt.Fscan(r.Body, &cpu, &memory); err != nil {
			b.Fatal(err)
		}
		return cpu, memory
	}
	_, empty := usage()
	clients := make([]*websocket.Conn, conns)
	var joined sync.WaitGroup
	for i := range clients {
		joined.Go(func() { clients[i] = dialFan(b, address, i/5) })
	}
	joined.Wait()
	before, idle := usage()
	took, delivered, latencies := playFan(clients)
	after, _ := usage()
	for _, c := range clients {
		_ = c.CloseNow()
	}
	slices.Sort(latencies)
	return figure{
		perSecond: float64(delivered) / took.Seconds(), cpu: (after - before) * 1e6 / float64(delivered),
		p50: latencies[len(latencies)/2], p99: latencies[len(latencies)*99/100],
		memory: (idle - empty) / 1024 / float64(conns),
	}
}

// dialFan comes into a room, and waits until it is there: that what it says comes back.
func dialFan(b *testing.B, address string, room int) *websocket.Conn {
	c, _, err := websocket.Dial(context.Background(), "ws://"+address+"/rooms/"+fanRoom(room)+"/socket", nil)
	if err != nil {
		b.Error(err)
		return nil
	}
	hello := []byte("hello " + c.Subprotocol() + strconv.FormatInt(time.Now().UnixNano(), 36))
	if err := c.Write(context.Background(), websocket.MessageBinary, hello); err != nil {
		b.Error(err)
	}
	for {
		_, p, err := c.Read(context.Background())
		if err != nil {
			b.Error(err)
			return c
		}
		if string(p) == string(hello) {
			return c
		}
	}
}

// fanRoom is the ID of a room.
func fanRoom(n int) string {
	s := strconv.FormatInt(int64(n), 6)
	s = strings.NewReplacer("0", "a", "1", "b").Replace(s)
	return strings.Repeat("z", 26-len(s)) + s
}

// playFan has all clients speak for a while.
func playFan(clients []*websocket.Conn) (took time.Duration, delivered int, latencies []float64) {
	var mu sync.Mutex
	var all sync.WaitGroup
	begun := time.Now()
	end := begun.Add(fanTime)
	ctx, cancel := context.WithDeadline(context.Background(), end.Add(10*time.Second))
	defer cancel()
	for i, c := range clients {
		all.Go(func() {
			n, mine := 0, []float64(nil)
			message := make([]byte, fanBytes)
			copy(message, "from "+strconv.Itoa(i)+" ")
			for time.Now().Before(end) {
				sent := time.Now()
				if c.Write(ctx, websocket.MessageBinary, message) != nil {
					break
				}
				back := false
				for !back {
					_, p, err := c.Read(ctx)
					if err != nil {
						break
					}
					n++
					back = string(p) == string(message)
				}
				mine = append(mine, float64(time.Since(sent).Nanoseconds())/1000)
			}
			mu.Lock()
			defer mu.Unlock()
			delivered += n
			latencies = append(latencies, mine...)
		})
	}
	all.Wait()
	return time.Since(begun), delivered, latencies
}

// serveFan is the process that is measured.
func serveFan(name string) {
	mux := http.NewServeMux()
	switch name {
	case "gorilla":
		mux.Handle("/rooms/", peer.Gorilla())
	case "gws":
		mux.Handle("/rooms/", peer.Gws())
	default:
		store := new(Memory)
		for n := range 100 {
			_ = store.Save(fanRoom(n), Entry{})
		}
		r, err := New(Config{Store: store, Limits: Limits{Client: 1000}})
		if err != nil {
			panic(err)
		}
		r.make.restore = func(room.Config, string, []byte, room.Moment) (rules, error) {
			return &fan{peers: map[room.Peer]bool{}}, nil
		}
		r.Mount(mux)
	}
	mux.HandleFunc("/usage", func(w http.ResponseWriter, _ *http.Request) {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		cpu := float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
		_, _ = fmt.Fprintln(w, cpu, m.Sys-m.HeapReleased)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	_ = http.Serve(l, mux)
}

// fan is a room without rules: what one sends, all get.
type fan struct {
	echo
	peers map[room.Peer]bool
	outs  []room.Out
}

func (f *fan) Connect(_ room.Moment, p room.Peer)            { f.peers[p] = true }
func (f *fan) Disconnect(_ room.Moment, p room.Peer, _ bool) { delete(f.peers, p) }
func (f *fan) Receive(_ room.Moment, _ room.Peer, b []byte) {
	b = append([]byte(nil), b...)
	for p := range f.peers {
		f.outs = append(f.outs, room.Out{Peer: p, Frame: b})
	}
}

func (f *fan) Outs() []room.Out {
	outs := f.outs
	f.outs = f.outs[:0]
	return outs
}
