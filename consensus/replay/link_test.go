package replay_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/replay"
	"parley/consensus/scenario"

	"pgregory.net/rapid"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// problem returns the problem of an error of ReadLink.
func problem(t *testing.T, code string) replay.Problem {
	t.Helper()
	_, err := replay.ReadLink(code)
	var e *replay.Error
	if !errors.As(err, &e) {
		t.Fatalf("%q: %v", code, err)
	}
	return e.Problem
}

// A link from which the end is missing says so, wherever it was cut.
func TestCutLinks(t *testing.T) {
	for _, r := range []replay.Recording{short(), visit(1, 100, 10_000)} {
		code, err := r.Link()
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n < len(code); n++ {
			if p := problem(t, code[:n]); p != replay.Cut {
				t.Errorf("%d of %d characters: problem %d", n, len(code), p)
			}
		}
		if p := problem(t, ""); p != replay.None {
			t.Errorf("nothing: problem %d", p)
		}
	}
}

// A link of which one character was changed, left out, or is there twice, never opens as
// something else, and says that it is not what was sent.
func TestAlteredLinks(t *testing.T) {
	r := short()
	code, err := r.Link()
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(code); i++ {
		for _, c := range []byte(alphabet + "+/=% é\n") {
			if c == code[i] {
				continue
			}
			if p := problem(t, code[:i]+string(c)+code[i+1:]); p != replay.Altered {
				t.Fatalf("character %d as %q: problem %d", i, c, p)
			}
		}
		if p := problem(t, code[:i]+code[i:i+1]+code[i:]); p != replay.Altered && p != replay.Cut {
			t.Errorf("character %d twice: problem %d", i, p)
		}
		if p := problem(t, code[:i]+code[i+1:]); p != replay.Altered && p != replay.Cut {
			t.Errorf("without character %d: problem %d", i, p)
		}
	}
}

func TestForeignLinks(t *testing.T) {
	r := short()
	code, _ := r.Link()
	for _, c := range []byte(alphabet + "é<") {
		if c != '1' {
			if p := problem(t, string(rune(c))+code[1:]); p != replay.Codec {
				t.Errorf("codec %q: problem %d", c, p)
			}
		}
	}
	if p := problem(t, "1"+strings.Repeat("A", replay.CodeMax)); p != replay.Long {
		t.Errorf("a long one: problem %d", p)
	}
}

// Each problem has a sentence of its own.
func TestSentencesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for p := replay.Cut; p <= replay.None; p++ {
		s := (&replay.Error{Problem: p}).Error()
		if seen[s] || s == "" || strings.HasSuffix(s, ".") {
			t.Errorf("problem %d says %q", p, s)
		}
		seen[s] = true
	}
}

// What a page has to load is known from the head, of a later version's recording too.
func TestHeads(t *testing.T) {
	r := short()
	r.Epochs.Engine = 7
	code, err := r.Link()
	if err != nil {
		t.Fatal(err)
	}
	engine, epochs, err := replay.ReadHead(code)
	if err != nil || engine != "raft" || epochs != r.Epochs {
		t.Errorf("%s %v, %v", engine, epochs, err)
	}
	newer := replay.Newest(code)
	engine, epochs, err = replay.ReadHead(newer)
	var e *replay.Error
	if !errors.As(err, &e) || e.Problem != replay.Newer || engine != "raft" || epochs.World != replay.WorldEpochs+1 {
		t.Errorf("%s %v, %v", engine, epochs, err)
	}
	if p := problem(t, newer); p != replay.Newer {
		t.Errorf("a recording of a later World: problem %d", p)
	}
	if _, _, err = replay.ReadHead(code[:20]); !errors.As(err, &e) || e.Problem != replay.Cut {
		t.Errorf("a cut one: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		link string
		want replay.Address
		back string // what is written; "": link
	}{
		{"#1abc", replay.Address{Code: "1abc"}, ""},
		{"1abc", replay.Address{Code: "1abc"}, "#1abc"},
		{" https://example.org/embed?mode=watch#1abc\n", replay.Address{Code: "1abc"}, "#1abc"},
		{"#s=first-election", replay.Address{Scenario: "first-election"}, ""},
		{"#1abc&t=1.84s&until=3s&view=ring,logs", replay.Address{Code: "1abc", At: 1_840_000_000, Timed: true, Until: 3 * consensus.Second, View: []string{"ring", "logs"}}, ""},
		{"#s=x&t=0s", replay.Address{Scenario: "x", Timed: true}, ""},
		{"#s=x&t=0", replay.Address{Scenario: "x", Timed: true}, "#s=x&t=0s"},
		{"#1abc&view=logs,ring,logs,moon&more=1&t=soon&until=-1s&&", replay.Address{Code: "1abc", View: []string{"ring", "logs"}}, "#1abc&view=ring,logs"},
		{"#1abc&t=3601s", replay.Address{Code: "1abc"}, "#1abc"},
	} {
		got, err := replay.ParseAddress(c.link)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, %v", c.link, got, err)
		}
		if c.back == "" {
			c.back = c.link
		}
		if got.String() != c.back {
			t.Errorf("%q is written %q", c.link, got.String())
		}
	}
	for _, link := range []string{"", "#", "#s=", "#s=A b", "#s=" + strings.Repeat("a", 65), "#&t=1s", "  "} {
		var e *replay.Error
		if a, err := replay.ParseAddress(link); !errors.As(err, &e) || e.Problem != replay.None {
			t.Errorf("%q: %+v, %v", link, a, err)
		}
	}
	long := strings.Repeat("1", replay.CodeMax+1)
	if a, err := replay.ParseAddress(long); err != nil || a.Code != long {
		t.Errorf("a long one: %v", err)
	}
}

func TestAddressesReadBack(t *testing.T) {
	moment := rapid.Int64Range(0, int64(scenario.RunMax))
	rapid.Check(t, func(t *rapid.T) {
		a := replay.Address{Timed: rapid.Bool().Draw(t, "timed"), Until: consensus.Time(moment.Draw(t, "until"))}
		if a.Timed {
			a.At = consensus.Time(moment.Draw(t, "at"))
		}
		if rapid.Bool().Draw(t, "scenario") {
			a.Scenario = rapid.StringMatching(`[a-z0-9-]{1,64}`).Draw(t, "name")
		} else {
			a.Code = rapid.StringMatching(`[A-Zb-z0-9_-][A-Za-z0-9_-]{0,99}`).Draw(t, "code")
		}
		for _, v := range replay.Views {
			if rapid.Bool().Draw(t, v) {
				a.View = append(a.View, v)
			}
		}
		if got, err := replay.ParseAddress(a.String()); err != nil || !reflect.DeepEqual(got, a) {
			t.Fatalf("%s: %+v, %v", a, got, err)
		}
	})
}

// FuzzReadLink: whatever a stranger sends, it is refused with a sentence, or it is a valid
// recording whose link it is.
func FuzzReadLink(f *testing.F) {
	for _, r := range []replay.Recording{short(), visit(1, 5, 1)} {
		code, _ := r.Link()
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		r, err := replay.ReadLink(code)
		if err != nil {
			var e *replay.Error
			if !errors.As(err, &e) || e.Problem == 0 {
				t.Fatalf("%#v", err)
			}
			return
		}
		checkRead(t, r)
	})
}

// FuzzBinary goes past the checksum.
func FuzzBinary(f *testing.F) {
	for _, r := range []replay.Recording{short(), visit(1, 5, 1), visit(2, 130, 1000)} {
		head, body, noise := replay.Binary(&r)
		f.Add(head, body, noise)
	}
	f.Fuzz(func(t *testing.T, head, body, noise []byte) {
		r, err := replay.DecodeBinary(head, body, noise)
		if err != nil {
			var e *replay.Error
			if !errors.As(err, &e) || e.Problem == 0 {
				t.Fatalf("%#v", err)
			}
			return
		}
		checkRead(t, r)
		if h, b, n := replay.Binary(&r); string(h) != string(head) || string(b) != string(body) || string(n) != string(noise) {
			t.Fatal("it has two forms")
		}
	})
}

func FuzzReadText(f *testing.F) {
	f.Add(shortText)
	r := visit(1, 3, 1)
	f.Add(r.Text())
	f.Fuzz(func(t *testing.T, text string) {
		r, recorded, err := replay.ReadText(text)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("no sentence")
			}
			return
		}
		if recorded {
			checkRead(t, r)
		}
	})
}

// checkRead holds what is true of every recording that was read.
func checkRead(t *testing.T, r replay.Recording) {
	if err := r.Validate(); err != nil {
		t.Fatalf("a recording was read that is not valid: %v", err)
	}
	again, recorded, err := replay.ReadText(r.Text())
	if err != nil || !recorded || !same(again, r) {
		t.Fatalf("%v\n%s\n%s", err, r.Text(), again.Text())
	}
}
