package tab_test

import (
	"bytes"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/hosting"
	"parley/consensus/raft"
)

// start is the first work of a node.
func start(node consensus.NodeID, boot uint32, disk []byte) *hosting.Work {
	w := &hosting.Work{Place: hosting.Place{Node: node, Boot: boot, Seq: 1}, Input: consensus.Input{Kind: consensus.InputStart}}
	w.Config = hosting.Config{Nodes: consensus.SetOf(1, 2, 3), Seed: 7, Settings: consensus.Settings{Options: raft.Algorithm().Protocol.Defaults()}, Machine: "kv"}
	if len(disk) > 0 {
		w.Disk.Size, w.Disk.Hash = uint32(len(disk)), consensus.Hash(disk)
	}
	return w
}

// given is a start with its disk.
func given(w *hosting.Work, disk []byte) *hosting.Work {
	g := *w
	g.Disk.Given, g.Input.Disk = true, disk
	return &g
}

// timeout makes a follower ask for votes, which it writes down first.
func timeout(node consensus.NodeID, boot, seq uint32) *hosting.Work {
	return &hosting.Work{Place: hosting.Place{Node: node, Boot: boot, Seq: seq}, Input: consensus.Input{Kind: consensus.InputTimer, Timer: 0}}
}

// done takes the Done that has to have been sent.
func (b *bench) done() *hosting.Done {
	b.t.Helper()
	d, ok := b.took().(*hosting.Done)
	if !ok {
		b.t.Fatal("no Done was sent")
	}
	return d
}

func TestWorkIsDone(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(start(1, 1, nil))
	first := b.done()
	if first.Place != (hosting.Place{Node: 1, Boot: 1, Seq: 1}) || len(first.Effects.Timers) == 0 {
		t.Fatalf("the start had the effects %+v", first)
	}
	b.tell(timeout(1, 1, 2))
	second := b.done()
	if len(second.Effects.Messages) != 2 || len(second.Effects.Write) == 0 {
		t.Fatalf("the timeout had the effects %+v", second)
	}
	if got := b.disks.Load(b.disk(1)); !bytes.Equal(got, append(first.Effects.Write, second.Effects.Write...)) {
		t.Errorf("the disk holds %x", got)
	}
}

// A node starts from the disk that the storage has, if it is the one that is named; what
// stands behind it was not durable, and is cut off.
func TestAStartFromTheOwnDisk(t *testing.T) {
	for _, c := range []struct {
		name   string
		kept   func(disk []byte) []byte // what the storage has
		slow   bool
		asks   bool // the tab asks for the disk
		breaks bool
	}{
		{name: "the same", kept: func(d []byte) []byte { return d }},
		{name: "the same, slowly", kept: func(d []byte) []byte { return d }, slow: true},
		{name: "more", kept: func(d []byte) []byte { return append(bytes.Clone(d), "lost"...) }},
		{name: "less", kept: func(d []byte) []byte { return d[:len(d)-1] }, asks: true},
		{name: "another", kept: func(d []byte) []byte { return append([]byte{^d[0]}, d[1:]...) }, asks: true},
		{name: "none", kept: func(d []byte) []byte { return nil }, asks: true},
		{name: "none, slowly", kept: func(d []byte) []byte { return nil }, asks: true, slow: true},
		{name: "broken", kept: func(d []byte) []byte { return d }, asks: true, breaks: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := written(t)
			b := newBench(t)
			b.enter()
			b.say(opened())
			b.slow, b.broken = c.slow, c.breaks
			b.disks.Store(b.disk(1), 0, c.kept(disk))
			w := start(1, 2, disk)
			b.tell(w)
			b.drain()
			if c.asks {
				if want, ok := b.took().(hosting.WantDisk); !ok || want.Place != w.Place {
					t.Fatalf("the tab did not ask for the disk")
				}
				b.tell(w) // a relay that does not listen is asked again
				b.drain()
				if _, ok := b.took().(hosting.WantDisk); !ok {
					t.Fatal("the tab did not ask again")
				}
				b.tell(given(w, disk))
				b.drain()
			}
			d := b.done()
			if d.Place != w.Place || !fired(d, "restart") {
				t.Fatalf("the start had the effects %+v", d.Effects)
			}
			b.tell(timeout(1, 2, 2))
			b.drain()
			want := append(bytes.Clone(disk), b.done().Effects.Write...)
			if c.breaks {
				want = c.kept(disk)
				if l, ok := b.last().(frame.Line); !ok || l.State != frame.Connected || l.Why == "" {
					t.Errorf("the page is told %#v, not that no disk is kept", b.last())
				}
			}
			if got := b.disks.Load(b.disk(1)); !bytes.Equal(got, want) {
				t.Errorf("the disk holds\n%x, want\n%x", got, want)
			}
			if len(b.sent) > 0 || len(b.reports) > 0 {
				t.Errorf("%d things more were sent; reports: %q", len(b.sent), b.reports)
			}
		})
	}
}

// written returns a disk on which a node has written.
func written(t *testing.T) []byte {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(start(1, 1, nil))
	b.tell(timeout(1, 1, 2))
	disk := b.disks.Load(b.disk(1))
	if len(disk) < 2 {
		t.Fatal("nothing was written")
	}
	return disk
}

// fired reports whether a rule fired whose ID ends so.
func fired(d *hosting.Done, id string) bool {
	for _, n := range d.Effects.Notes {
		if n.Kind == consensus.NoteRule && strings.HasSuffix(raft.Algorithm().Protocol.Rules[n.Rule-1].ID, id) {
			return true
		}
	}
	return false
}

// drain lets a slow storage answer all.
func (b *bench) drain() {
	for len(b.waiting) > 0 {
		b.release()
	}
}

// Nothing is told before it is durable, and then in order.
func TestDoneWaitsForTheStorage(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(start(1, 1, nil))
	b.done()
	b.slow = true
	b.tell(timeout(1, 1, 2))
	if len(b.sent) > 0 {
		t.Fatal("Done was sent before the write was durable")
	}
	if b.tell(timeout(1, 1, 2)); len(b.sent) > 0 { // it comes again
		t.Fatal("Done was sent before the write was durable")
	}
	b.tell(start(2, 1, nil)) // another node is no part of this
	b.release()
	if d := b.done(); d.Node != 1 || d.Seq != 2 || len(b.sent) > 0 {
		t.Errorf("%+v was sent, and %d more", d.Place, len(b.sent))
	}
	b.drain()
	if d := b.done(); d.Node != 2 || len(b.sent) > 0 {
		t.Errorf("%+v was sent, and %d more", d.Place, len(b.sent))
	}
}

// A storage that fails in the middle costs the tab its copy of the disk, and nothing else; at
// the next start it is given the disk, and has a copy again.
func TestAStorageThatFails(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(start(1, 1, nil))
	disk := b.done().Effects.Write
	b.broken = true
	b.tell(timeout(1, 1, 2))
	disk = append(disk, b.done().Effects.Write...)
	b.broken = false
	b.tell(timeout(1, 1, 3))
	disk = append(disk, b.done().Effects.Write...)
	if got := b.disks.Load(b.disk(1)); bytes.HasPrefix(disk, got) && len(got) == len(disk) {
		t.Error("the disk is whole: this test tests nothing")
	}
	told := 0
	for _, f := range b.said {
		if l, ok := f.(frame.Line); ok && l.Why != "" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the page was told %d times that there is no disk", told)
	}
	b.tell(hosting.Forget{Node: 1})
	w := start(1, 2, disk)
	b.tell(w)
	if _, ok := b.took().(hosting.WantDisk); !ok {
		t.Fatal("the tab did not ask for the disk")
	}
	b.tell(given(w, disk))
	if d := b.done(); !fired(d, "restart") {
		t.Errorf("the start had the effects %+v", d.Effects)
	}
	if got := b.disks.Load(b.disk(1)); !bytes.Equal(got, disk) {
		t.Errorf("the disk holds %x, want %x", got, disk)
	}
}

// What an engine writes in the place of all before replaces it.
func TestReplace(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	// A disk from before a crash whose end is torn makes Raft write the rest anew.
	disk := written(t)
	disk = disk[:len(disk)-1]
	w := start(1, 2, disk)
	b.tell(w)
	b.took()
	b.tell(given(w, disk))
	d := b.done()
	if !d.Effects.Replace {
		t.Fatalf("the effects %+v replace nothing: this test tests nothing", d.Effects)
	}
	b.tell(timeout(1, 2, 2))
	want := append(d.Effects.Write, b.done().Effects.Write...)
	if got := b.disks.Load(b.disk(1)); !bytes.Equal(got, want) {
		t.Errorf("the disk holds %x, want %x", got, want)
	}
}

// Work that comes again is answered with the same bytes; the engine does not step twice.
func TestWorkThatComesAgain(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(start(1, 1, nil))
	b.bytes()
	w := timeout(1, 1, 2)
	b.tell(w)
	first := b.bytes()
	b.cut()
	b.tab.Wake()
	h := b.connect()
	if len(h.Nodes) != 1 || h.Nodes[0] != w.Place {
		t.Errorf("Hello says that the nodes %+v run here", h.Nodes)
	}
	b.tell(w)
	if again := b.bytes(); !bytes.Equal(again, first) {
		t.Errorf("answered again with\n%x, before with\n%x", again, first)
	}
	b.tell(start(1, 1, nil))
	w.Quiet = true
	b.tell(w)
	if len(b.sent) > 0 {
		t.Error("what was done long ago, or is quiet, was answered")
	}
	b.tell(timeout(1, 1, 3))
	if d := b.done(); d.Seq != 3 || d.Effects.Messages[0].Term != 2 {
		t.Errorf("the next work had the effects %+v", d)
	}
	if len(b.reports) > 0 {
		t.Errorf("reported was %q", b.reports)
	}
}

// Quiet work is done and not answered, also while the node waits for its disk.
func TestQuietWork(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.slow = true
	disk := written(t)
	quiet := func(w *hosting.Work) *hosting.Work { w.Quiet = true; return w }
	w := quiet(start(1, 2, disk))
	b.tell(w)
	b.tell(quiet(timeout(1, 2, 2)))
	b.tell(quiet(timeout(1, 2, 2))) // twice
	b.tell(quiet(timeout(1, 2, 3)))
	b.tell(timeout(1, 2, 4))
	b.drain()
	if _, ok := b.took().(hosting.WantDisk); !ok {
		t.Fatal("the tab did not ask for the disk")
	}
	b.tell(given(w, disk))
	if len(b.sent) > 0 {
		t.Error("quiet work was answered, or work before its writes were durable")
	}
	b.drain()
	d := b.done()
	if d.Seq != 4 || d.Effects.Messages[0].Term != 4 || len(b.sent) > 0 {
		t.Errorf("answered was %+v, and %d things more were sent", d, len(b.sent))
	}
	// What was quiet can be asked for again, since a relay that crashed may have forgotten.
	b.tell(quiet(timeout(1, 2, 5)))
	b.drain()
	b.tell(timeout(1, 2, 5))
	if d := b.done(); d.Seq != 5 || len(b.sent) > 0 {
		t.Errorf("answered was %+v", d)
	}
}

// A node that has crashed starts anew, whatever its number.
func TestForget(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.say(opened())
	b.tell(start(1, 3, nil))
	b.tell(start(2, 1, nil))
	b.tell(timeout(1, 3, 2))
	disk := b.disks.Load(b.disk(1))
	b.tell(hosting.Forget{Node: 1})
	b.sent = nil
	if got := b.tab.Nodes(); len(got) != 1 || got[0].Node != 2 {
		t.Errorf("the nodes %+v run here", got)
	}
	b.tell(start(1, 2, disk)) // a relay that was restored may count less
	if d := b.done(); d.Boot != 2 || !fired(d, "restart") {
		t.Errorf("the start had the effects %+v", d)
	}
	b.tell(start(1, 3, disk)) // nobody said that it has crashed, but it has
	if d := b.done(); d.Boot != 3 || !fired(d, "restart") {
		t.Errorf("the start had the effects %+v", d)
	}
	// A crash while the disk is read.
	b.slow = true
	b.tell(start(1, 4, disk))
	b.tell(hosting.Forget{Node: 1})
	b.drain()
	if len(b.sent) > 0 {
		t.Error("a node that has crashed said something")
	}
}

// Where work does not follow on what was, the engines are not what the relay takes them for:
// the tab comes back as another instance, as after a crash.
func TestWorkThatDoesNotFollow(t *testing.T) {
	for name, wrong := range map[string]*hosting.Work{ // any order: each is a test of its own
		"a gap":                      timeout(1, 1, 4),
		"a boot without a start":     timeout(1, 2, 2),
		"a node that was not begun":  timeout(3, 1, 2),
		"a start in the middle":      {Place: hosting.Place{Node: 1, Boot: 1, Seq: 3}, Input: consensus.Input{Kind: consensus.InputStart}},
		"a boot that is no start":    {Place: hosting.Place{Node: 1, Boot: 2, Seq: 1}, Input: consensus.Input{Kind: consensus.InputTimer}},
		"other work than before":     {Place: hosting.Place{Node: 1, Boot: 1, Seq: 2}, Input: consensus.Input{Kind: consensus.InputTimer, Now: 1}},
		"another disk than is named": given(start(2, 2, []byte("disk")), []byte("dosk")),
		"a machine that there is not": func() *hosting.Work {
			w := start(2, 1, nil)
			w.Config.Machine = "loom"
			return w
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.enter()
			b.say(opened())
			b.tell(start(1, 1, nil))
			b.tell(timeout(1, 1, 2))
			b.sent = nil
			b.tell(wrong)
			if len(b.sent) > 0 || b.open || b.code != 3000 || len(b.reports) != 1 {
				t.Fatalf("%d answers, the socket is open: %v (%d), reports: %q", len(b.sent), b.open, b.code, b.reports)
			}
			b.tab.Wake()
			b.open = true
			b.tab.Opened(b.socket)
			if h := b.took().(*hosting.Hello); len(h.Nodes) != 0 || h.Token != "secret" || h.Instance == b.first {
				t.Errorf("it comes back with %+v", h)
			}
		})
	}
}

// Work that comes before the tab knows what the room runs waits for that.
func TestEarlyWork(t *testing.T) {
	b := newBench(t)
	b.enter()
	b.tell(start(1, 1, nil))
	b.tell(start(2, 1, nil))
	if len(b.sent) > 0 {
		t.Fatal("work was answered by no engine")
	}
	b.say(opened())
	if d := b.done(); d.Node != 1 {
		t.Errorf("first answered was %+v", d.Place)
	}
	if d := b.done(); d.Node != 2 {
		t.Errorf("then answered was %+v", d.Place)
	}
}
