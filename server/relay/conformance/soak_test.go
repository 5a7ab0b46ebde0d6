package conformance_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/server/relay"
	"parley/server/relay/boltstore"
	"parley/server/relay/bot"
)

// The soak's size, unless PARLEY_SOAK asks for more: "ROOMS DURATION".
const (
	soakRooms = 20
	soakTime  = 10 * time.Second
)

// TestSoak has many rooms of five bots play at once, whose connections break now and then:
// no room diverges, and the relay holds no more memory at the end than after a third of
// the time, but for what the rooms themselves have to keep.
//
//	PARLEY_SOAK="200 3m" go test -v -run TestSoak -timeout 20m ./server/relay/conformance
func TestSoak(t *testing.T) {
	rooms, length := soakRooms, soakTime
	if asked := os.Getenv("PARLEY_SOAK"); asked != "" {
		var span string
		if _, err := fmt.Sscan(asked, &rooms, &span); err != nil {
			t.Fatal(err)
		}
		var err error
		if length, err = time.ParseDuration(span); err != nil {
			t.Fatal(err)
		}
	} else if testing.Short() {
		t.Skip("it takes a while")
	}
	store, err := boltstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // when the relay has stopped
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	_, url := start(t, relay.Config{Store: store, Limits: relay.Limits{Client: 10 * rooms}})
	ctx, cancel := context.WithTimeout(context.Background(), length+10*time.Minute)
	defer cancel()
	all := make([]soaked, rooms)
	var ready, done sync.WaitGroup
	ready.Add(rooms)
	measured := make(chan bool) // closed when the second measurement is over
	for n := range all {
		done.Go(func() {
			all[n].play(ctx, url, n, length, ready.Done, measured)
		})
	}
	ready.Wait()
	begun := time.Now()
	wait := func(part time.Duration) {
		select {
		case <-time.After(time.Until(begun.Add(part))):
		case <-ctx.Done():
		}
	}
	wait(length / 3)
	early := memory()
	wait(length)
	late := memory()
	close(measured)
	done.Wait()
	events := 0
	for n := range all {
		if all[n].err != nil {
			t.Errorf("room %d: %v", n, all[n].err)
		}
		events += all[n].events
	}
	t.Logf("%d rooms of five bots: %d events, %d goroutines; memory %d MiB after a third of the time, %d MiB at its end", rooms, events, runtime.NumGoroutine(), early>>20, late>>20)
	// A room keeps its trace: an event has 40 bytes, and its share of texts and slack as much
	// again. The bots keep nothing of it.
	if grown := int64(late) - int64(early); grown > int64(events)*160+int64(16+rooms/8)<<20 {
		t.Errorf("memory grew by %d MiB while %d events happened", grown>>20, events)
	}
}

// memory is what the program holds when all rubbish is gone, in bytes.
func memory() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// soaked is one room of the soak, and what became of it.
type soaked struct {
	events int
	err    error
}

// play has five bots play for a while, the connection of one of them breaking after the
// other.
func (s *soaked) play(ctx context.Context, url string, n int, length time.Duration, ready func(), measured <-chan bool) {
	once := sync.OnceFunc(ready)
	defer once()
	made, err := bot.Create(nil, url, "nodes 5\nclients 1\nseed "+strconv.Itoa(n)+"\n")
	if err != nil {
		s.err = err
		return
	}
	var bots [5]*bot.Bot
	for i := range bots {
		c := bot.Config{URL: url, Room: made.ID, Name: fmt.Sprint("Bot ", n, ".", i)}
		if i == 0 {
			c.Token = made.Token
		}
		bots[i] = bot.Join(c)
		defer bots[i].Leave()
		if _, s.err = bots[i].Until(ctx, func(v *bot.View) bool { return v.Line.State == frame.Connected }); s.err != nil {
			return
		}
		if s.err = do(ctx, bots[i], frame.Conduct{Verb: frame.Claim, Node: consensus.NodeID(i + 1)}); s.err != nil {
			return
		}
	}
	for _, f := range []frame.Frame{
		frame.Conduct{Verb: frame.SetPace, Value: uint64(100 * consensus.Millisecond)}, frame.Conduct{Verb: frame.Play},
	} {
		if s.err = do(ctx, bots[0], f); s.err != nil {
			return
		}
	}
	once()
	for i := 1; ; i++ {
		select {
		case <-measured:
			s.err = s.compare(ctx, bots[:])
			return
		case <-ctx.Done():
			s.err = ctx.Err()
			return
		case <-time.After(length / 10):
			bots[i%5].Cut()
		}
	}
}

// do has a bot do something, again if its connection breaks on the way.
func do(ctx context.Context, b *bot.Bot, f frame.Frame) error {
	for {
		why, err := b.Do(ctx, f)
		switch {
		case err != nil:
			return err
		case why == "":
			return nil
		case !strings.Contains(why, "connection"):
			return fmt.Errorf("%+v: %s", f, why)
		}
		if _, err := b.Until(ctx, func(v *bot.View) bool { return v.Line.State == frame.Connected }); err != nil {
			return err
		}
	}
}

// compare pauses the room, and runs what each bot knows alone.
func (s *soaked) compare(ctx context.Context, bots []*bot.Bot) error {
	for _, b := range bots {
		if _, err := b.Until(ctx, func(v *bot.View) bool { return v.Line.State == frame.Connected }); err != nil {
			return err
		}
	}
	if err := do(ctx, bots[0], frame.Conduct{Verb: frame.Pause}); err != nil {
		return err
	}
	v, err := bots[0].Until(ctx, func(v *bot.View) bool { return v.Room.State == frame.Paused })
	if err != nil {
		return err
	}
	s.events = int(v.Head.Events)
	for _, b := range bots {
		w, err := b.Until(ctx, func(w *bot.View) bool { return w.Head.Events >= v.Head.Events })
		if err != nil {
			return err
		}
		if err := w.Solo(); err != nil {
			return err
		}
		if len(w.Dids) > 0 || len(w.Reports) > 0 {
			return fmt.Errorf("a connection that broke for %s was an action, or worse: %+v %q", w.Away, w.Dids, w.Reports)
		}
	}
	return nil
}
