package machine

import (
	"strings"
	"testing"

	"parley/consensus"
)

func TestEveryNameMakesAMachine(t *testing.T) {
	if names := Names(); len(names) == 0 || names[0] != "kv" {
		t.Fatalf("the machines are %v", names)
	}
	for _, name := range Names() {
		m, err := New(name)
		if err != nil || m == nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f := m.Inspect(); len(f) != 0 {
			t.Errorf("%s starts with %v", name, f)
		}
		if other, _ := New(name); other == m {
			t.Errorf("%s is the same machine twice", name)
		}
	}
}

func TestUnknownNameListsTheKnown(t *testing.T) {
	if _, err := New("tape"); err == nil || !strings.Contains(err.Error(), "kv") {
		t.Errorf("the error is %v", err)
	}
}

// Every machine answers nonsense with a sentence and changes nothing.
func TestNonsenseChangesNothing(t *testing.T) {
	for _, name := range Names() {
		m, err := New(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"", "   ", "dance", "\x00\xff", strings.Repeat("x ", 500)} {
			if got := string(m.Apply([]byte(command))); !strings.Contains(got, " ") {
				t.Errorf("%s answers %q with %q", name, command, got)
			}
			if f := m.Inspect(); len(f) != 0 {
				t.Errorf("%s: %q left %v", name, command, f)
			}
		}
	}
}

var _ consensus.Machine = (*KV)(nil)
