package machine

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/consensus"
)

func TestKVCommands(t *testing.T) {
	kv := &KV{}
	for _, step := range []struct{ command, answer string }{
		{"get x", "no such key"},
		{"set x 1", "ok"},
		{"get x", "1"},
		{"set x 2", "ok"},
		{"get x", "2"},
		{"  get\tx  ", "2"},
		{"cas x 1 3", "not swapped: the value is 2"},
		{"get x", "2"},
		{"cas x 2 3", "ok"},
		{"get x", "3"},
		{"cas y 2 3", "no such key"},
		{"delete y", "no such key"},
		{"delete x", "ok"},
		{"get x", "no such key"},
		{"set grün grüßgott", "ok"},
		{"get grün", "grüßgott"},
		{"set x", "set takes a key and a value: set KEY VALUE"},
		{"set x 1 2", "set takes a key and a value: set KEY VALUE"},
		{"get", "get takes a key: get KEY"},
		{"get x y", "get takes a key: get KEY"},
		{"delete", "delete takes a key: delete KEY"},
		{"cas x 1", "cas takes a key, the value expected and the value wanted: cas KEY OLD NEW"},
		{"cas x 1 2 3", "cas takes a key, the value expected and the value wanted: cas KEY OLD NEW"},
		{"SET x 1", "there is no such command: say set, get, delete or cas"},
		{"", "the command is empty: say set, get, delete or cas"},
		{"set x \xff", "the value is not valid UTF-8 text"},
		{"set \xff x", "the key is not valid UTF-8 text"},
		{"cas grün grüßgott \xff", "the value is not valid UTF-8 text"},
	} {
		if got := string(kv.Apply([]byte(step.command))); got != step.answer {
			t.Errorf("%q was answered %q, want %q", step.command, got, step.answer)
		}
	}
	if f := kv.Inspect(); !reflect.DeepEqual(f, []consensus.Field{{Name: "grün", Value: "grüßgott"}}) {
		t.Errorf("in the end it holds %v", f)
	}
}

func TestKVIsBounded(t *testing.T) {
	kv := &KV{}
	for _, step := range []struct {
		key, value int
		answer     string
	}{
		{KeyMax, ValueMax, "ok"},
		{KeyMax + 1, 1, "the key is too long: at most 64 bytes"},
		{1, ValueMax + 1, "the value is too long: at most 256 bytes"},
	} {
		command := "set " + strings.Repeat("k", step.key) + " " + strings.Repeat("v", step.value)
		if got := string(kv.Apply([]byte(command))); got != step.answer {
			t.Errorf("a key of %d bytes and a value of %d were answered %q", step.key, step.value, got)
		}
	}
	if got := string(kv.Apply([]byte("cas " + strings.Repeat("k", KeyMax) + " x " + strings.Repeat("v", ValueMax+1)))); got != "the value is too long: at most 256 bytes" {
		t.Errorf("a long value to swap was answered %q", got)
	}
	for i := 1; i < KeysMax; i++ {
		if got := string(kv.Apply(fmt.Appendf(nil, "set key%d v", i))); got != OK {
			t.Fatalf("key %d was answered %q", i, got)
		}
	}
	if got := string(kv.Apply([]byte("set another v"))); got != "the store is full: it holds 4096 keys" {
		t.Errorf("one key too many was answered %q", got)
	}
	if got := string(kv.Apply([]byte("set key7 w"))); got != OK {
		t.Errorf("a key that is there was answered %q", got)
	}
}

// The store behaves like a map, and each clone like a map of its own.
func TestKVAgainstAMap(t *testing.T) {
	type side struct {
		kv    consensus.Machine
		plain map[string]string
	}
	rapid.Check(t, func(t *rapid.T) {
		sides := []side{{&KV{}, map[string]string{}}}
		word := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			s := sides[rapid.IntRange(0, len(sides)-1).Draw(t, "side")]
			key, old, value := word.Draw(t, "key"), word.Draw(t, "old"), word.Draw(t, "value")
			command, want := "", "ok"
			have, found := s.plain[key]
			switch rapid.IntRange(0, 4).Draw(t, "do") {
			case 0:
				command = "set " + key + " " + value
				s.plain[key] = value
			case 1:
				command, want = "get "+key, have
				if !found {
					want = "no such key"
				}
			case 2:
				command = "delete " + key
				if !found {
					want = "no such key"
				}
				delete(s.plain, key)
			case 3:
				command = "cas " + key + " " + old + " " + value
				switch {
				case !found:
					want = "no such key"
				case have != old:
					want = "not swapped: the value is " + have
				default:
					s.plain[key] = value
				}
			case 4:
				plain := map[string]string{}
				for k, v := range s.plain {
					plain[k] = v
				}
				sides = append(sides, side{s.kv.Clone(), plain})
				continue
			}
			if got := string(s.kv.Apply([]byte(command))); got != want {
				t.Fatalf("%q was answered %q, want %q", command, got, want)
			}
			for _, s := range sides {
				checkKV(t, s.kv, s.plain)
			}
		}
	})
}

func checkKV(t *rapid.T, kv consensus.Machine, plain map[string]string) {
	keys := make([]string, 0, len(plain))
	for k := range plain {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	fields := kv.Inspect()
	if len(fields) != len(keys) {
		t.Fatalf("it holds %v, want %v", fields, plain)
	}
	for i, k := range keys {
		if fields[i].Name != k || fields[i].Value != plain[k] {
			t.Fatalf("it holds %v, want %v", fields, plain)
		}
	}
}

// A clone of a large store costs next to nothing until somebody writes.
func TestKVCloneIsCheap(t *testing.T) {
	kv := &KV{}
	for i := range 1000 {
		kv.Apply(fmt.Appendf(nil, "set key%d v", i))
	}
	var c consensus.Machine
	if n := testing.AllocsPerRun(100, func() { c = kv.Clone() }); n > 1 {
		t.Errorf("a clone costs %v allocations", n)
	}
	if len(c.Inspect()) != 1000 {
		t.Error("the clone lacks something")
	}
	get, set := []byte("get key7"), []byte("set key7 w")
	kv.Apply(set)
	if n := testing.AllocsPerRun(100, func() { kv.Apply(get) }); n > 0 {
		t.Errorf("a get costs %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { kv.Apply(set) }); n > 1 {
		t.Errorf("a set costs %v allocations", n)
	}
}

func FuzzKV(f *testing.F) {
	f.Add("set x 1")
	f.Add("cas x 1 2")
	f.Add("\xff \x00 delete")
	f.Fuzz(func(t *testing.T, command string) {
		kv := &KV{}
		kv.Apply([]byte("set x 1"))
		if got := kv.Apply([]byte(command)); len(got) == 0 {
			t.Fatal("no answer")
		}
		if len(kv.Inspect()) > 2 {
			t.Fatal("one command made two keys")
		}
	})
}

// What was saved is loaded again, whatever stands in the store; anything else is refused
// and changes nothing.
func TestSaveAndLoad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var kv KV
		for range rapid.IntRange(0, 20).Draw(t, "keys") {
			key, value := rapid.StringMatching(`[a-zé]{1,8}`).Draw(t, "key"), rapid.StringMatching(`[a-z0-9]{1,300}`).Draw(t, "value")
			kv.Apply([]byte("set " + key + " " + value))
		}
		saved := kv.Save([]byte("before"))[len("before"):]
		other := KV{}
		other.Apply([]byte("set old 1"))
		twin := other.Clone().(*KV)
		if !other.Load(saved) || !slices.Equal(other.Inspect(), kv.Inspect()) {
			t.Fatalf("%v was saved, %v loaded", kv.Inspect(), other.Inspect())
		}
		if f := twin.Inspect(); len(f) != 1 || f[0].Name != "old" {
			t.Fatalf("loading changed a clone: %v", f)
		}
		broken := slices.Clone(saved)
		if len(broken) > 0 {
			broken = broken[:rapid.IntRange(0, len(broken)-1).Draw(t, "cut")]
			if other.Load(broken) && len(other.Inspect()) >= len(kv.Inspect()) {
				t.Fatal("what was cut short was loaded whole")
			}
		}
	})
	kv := KV{}
	kv.Apply([]byte("set a 1"))
	for name, b := range map[string][]byte{
		"a key cut short":   {5, 'a'},
		"no value":          {1, 'a', 1},
		"a value cut short": {1, 'a', 2, 0, 'x'},
		"keys out of order": {1, 'b', 1, 0, 'x', 1, 'a', 1, 0, 'x'},
		"a key twice":       {1, 'a', 1, 0, 'x', 1, 'a', 1, 0, 'x'},
		"a key of no text":  {1, 0xff, 1, 0, 'x'},
		"a value of none":   {1, 'a', 1, 0, 0xff},
	} {
		if kv.Load(b) {
			t.Errorf("%s was loaded", name)
		}
		if f := kv.Inspect(); len(f) != 1 || f[0].Value != "1" {
			t.Errorf("%s changed the store to %v", name, f)
		}
	}
}
