package wire_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"parley/consensus/wire"

	"pgregory.net/rapid"
)

// thing has one value of each kind.
type thing struct {
	b     byte
	flag  bool
	wide  uint64
	n     uint32
	s     int64
	fixed uint64
	text  string
	list  []string
}

func (x *thing) code(c *wire.Coder) {
	c.Byte(&x.b)
	c.Flag(&x.flag)
	c.Wide(&x.wide)
	c.Number(&x.n)
	c.Signed(&x.s)
	c.Fixed(&x.fixed, 8)
	c.Text(&x.text, 30)
	wire.List(c, &x.list, 3, func(c *wire.Coder, v *string) { c.Text(v, 5) })
}

func encode(x thing) []byte {
	var c wire.Coder
	x.code(&c)
	return c.Out
}

func decode(b []byte) (x thing, wrong string) {
	c := wire.Coder{In: b, Reading: true}
	x.code(&c)
	c.End()
	return x, c.Wrong
}

func equal(a, b thing) bool {
	return a.b == b.b && a.flag == b.flag && a.wide == b.wide && a.n == b.n && a.s == b.s && a.fixed == b.fixed &&
		a.text == b.text && slices.Equal(a.list, b.list)
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := thing{
			rapid.Byte().Draw(t, "b"), rapid.Bool().Draw(t, "flag"), rapid.Uint64().Draw(t, "wide"), rapid.Uint32().Draw(t, "n"),
			rapid.Int64().Draw(t, "s"), rapid.Uint64().Draw(t, "fixed"), rapid.StringN(0, -1, 30).Draw(t, "text"),
			rapid.SliceOfN(rapid.StringN(0, -1, 5), 0, 3).Draw(t, "list"),
		}
		b := encode(x)
		if got, wrong := decode(b); wrong != "" || !equal(got, x) {
			t.Fatalf("%+v, %s", got, wrong)
		}
		n := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, wrong := decode(b[:n]); wrong != "it ends too early" {
			t.Fatalf("%d bytes of %d: %q", n, len(b), wrong)
		}
		if _, wrong := decode(append(b, 0)); wrong != "1 bytes are left over" {
			t.Fatalf("a byte more: %q", wrong)
		}
	})
}

func TestRefusals(t *testing.T) {
	good := encode(thing{text: "t", list: []string{"l"}}) // 0 0 0 0 0, eight zeros, 1 t 1 1 l
	change := func(at int, to ...byte) []byte { return append(append(bytes.Clone(good[:at]), to...), good[at+1:]...) }
	for _, c := range []struct {
		b    []byte
		want string
	}{
		{change(1, 2), "a flag is neither 0 nor 1"},
		{change(2, 0x80, 0), "a number is not in its shortest form, or too large"},
		{change(2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2), "a number is not in its shortest form, or too large"},
		{change(3, 255, 255, 255, 255, 16), "a number is too large"},
		{change(13, 31), "a list or text has 31 elements, at most 30 are allowed"},
		{change(13, 30), "it ends too early"},
		{change(15, 4), "a list or text has 4 elements, at most 3 are allowed"},
		{change(16, 6), "a list or text has 6 elements, at most 5 are allowed"},
	} {
		if _, wrong := decode(c.b); wrong != c.want {
			t.Errorf("%v: %q, want %q", c.b, wrong, c.want)
		}
	}
	var c wire.Coder
	if x := (thing{text: strings.Repeat("x", 31)}); true {
		x.code(&c)
	}
	if c.Wrong == "" {
		t.Error("a text that is too long was written")
	}
}

// Whatever is read without a mistake is written in the same bytes.
func FuzzCoder(f *testing.F) {
	f.Add(encode(thing{1, true, 1 << 63, 1 << 31, -1 << 63, 7, "text", []string{"a", ""}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, wrong := decode(b); wrong == "" && !bytes.Equal(encode(x), b) {
			t.Fatalf("%v is read as %+v, which is written %v", b, x, encode(x))
		}
	})
}
