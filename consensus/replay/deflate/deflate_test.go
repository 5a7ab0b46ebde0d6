package deflate_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"parley/consensus/replay/deflate"

	"pgregory.net/rapid"
)

const max = 1 << 20

// standard is the oracle: what compress/flate makes of packed bytes, and whether it has
// read all of them.
func standard(packed []byte) ([]byte, error) {
	from := bytes.NewReader(packed)
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(from), max+1))
	if err == nil && from.Len() > 0 {
		err = errors.New("something is left")
	}
	return out, err
}

// texts are of the kinds that the writer has a block for, and at the bounds of the format.
func texts() map[string][]byte {
	noise := make([]byte, 70_000)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	skewed := make([]byte, 0, 60_000) // frequencies of Fibonacci: codes as long as they get
	for s, n, m := 0, 1, 1; s < 22; s, n, m = s+1, m, n+m {
		skewed = append(skewed, bytes.Repeat([]byte{byte(s)}, n)...)
	}
	r.Shuffle(len(skewed), func(i, j int) { skewed[i], skewed[j] = skewed[j], skewed[i] })
	far := append(append([]byte("here it is once"), noise[:32<<10-15]...), "here it is once"...)
	script := ""
	for i := range 3000 {
		script += "at " + strconv.Itoa(i*37) + "ms request c1: set x " + strconv.Itoa(i%17) + "\n"
	}
	return map[string][]byte{
		"nothing": nil, "one": {7}, "two": []byte("ab"), "same": bytes.Repeat([]byte{0}, 70_000), "noise": noise, "little noise": noise[:100],
		"skewed": skewed, "far": far, "too far": append([]byte("x"), far...), "script": []byte(script),
		"overlap": []byte(strings.Repeat("abcab", 1000)), "258": bytes.Repeat([]byte{1}, 259), "259": bytes.Repeat([]byte{1}, 260),
	}
}

func TestWhatIsPackedComesOut(t *testing.T) {
	for name, text := range texts() {
		packed := deflate.Append([]byte("head"), text)[4:]
		got, _, err := deflate.Expand(packed, len(text))
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %d bytes came out of %d, %v", name, len(got), len(text), err)
		}
		if got, err := standard(packed); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: compress/flate reads %d bytes of %d, %v", name, len(got), len(text), err)
		}
		if len(text) > 0 {
			if _, _, err := deflate.Expand(packed, len(text)-1); !errors.Is(err, deflate.ErrLong) {
				t.Errorf("%s: a bound of one byte less: %v", name, err)
			}
		}
		if _, rest, err := deflate.Expand(append(packed[:len(packed):len(packed)], 7), max); err != nil || string(rest) != "\a" {
			t.Errorf("%s: a byte more: %v, %v is left", name, err, rest)
		}
		step := 1 + len(packed)/40
		for n := 0; n < len(packed); n += step {
			if _, _, err := deflate.Expand(packed[:n], max); !errors.Is(err, deflate.ErrCut) {
				t.Fatalf("%s: %d of %d bytes: %v", name, n, len(packed), err)
			}
		}
	}
}

// It packs better than compress/flate at its best, or nearly as well.
func TestItIsWorthIt(t *testing.T) {
	for name, text := range texts() {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.BestCompression)
		w.Write(text)
		w.Close()
		if n := len(deflate.Append(nil, text)); n > b.Len()+b.Len()/50 {
			t.Errorf("%s: %d bytes are packed into %d, by compress/flate into %d", name, len(text), n, b.Len())
		}
	}
}

// Whatever compress/flate writes is read.
func TestItReadsWhatOthersWrite(t *testing.T) {
	for name, text := range texts() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.DefaultCompression, flate.BestCompression} {
			var b bytes.Buffer
			w, _ := flate.NewWriter(&b, level)
			w.Write(text[:len(text)/2])
			w.Flush() // an empty stored block between
			w.Write(text[len(text)/2:])
			w.Close()
			if got, _, err := deflate.Expand(b.Bytes(), max); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s, level %d: %d bytes came out of %d, %v", name, level, len(got), len(text), err)
			}
		}
	}
}

func TestAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.ByteRange(0, rapid.SampledFrom([]byte{0, 1, 3, 20, 255}).Draw(t, "alphabet")), 0, 2000).Draw(t, "text")
		packed := deflate.Append(nil, text)
		if got, _, err := deflate.Expand(packed, len(text)); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%v, %v", got, err)
		}
		if got, err := standard(packed); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("compress/flate: %v, %v", got, err)
		}
	})
}

// The same bytes for ever: a link is the same on every machine and with every toolchain.
func TestPackedBytesStay(t *testing.T) {
	packed := deflate.Append(nil, []byte("the same bytes, the same bytes, the very same bytes"))
	if got, want := strconv.Quote(string(packed)), goldenPacked; got != want {
		t.Errorf("packed are %s, were %s", got, want)
	}
}

const goldenPacked = `"+\xc9HU(N\xccMUH\xaa,I-\xd6Q\xc0\xc6/K-\xaaD\x12\x04\x00"`

// FuzzExpand: whatever the bytes, they are expanded as compress/flate does it, within the
// bound, or refused with one of the three errors; what it refuses is refused.
func FuzzExpand(f *testing.F) {
	for _, text := range texts() {
		f.Add(deflate.Append(nil, text[:min(len(text), 500)]))
	}
	f.Add([]byte{5, 0xe0, 1, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, packed []byte) {
		got, rest, err := deflate.Expand(packed, max)
		want, wantErr := standard(packed[:len(packed)-len(rest)])
		switch {
		case err == nil:
			if wantErr != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes came out, compress/flate says %d, %v", len(got), len(want), wantErr)
			}
		case errors.Is(err, deflate.ErrLong):
			if len(want) <= max && wantErr == nil {
				t.Fatalf("%v, but %d bytes are in it", err, len(want))
			}
		case errors.Is(err, deflate.ErrCut), errors.Is(err, deflate.ErrCorrupt):
			if wantErr == nil {
				t.Fatalf("%v, but compress/flate reads %d bytes", err, len(want))
			}
		default:
			t.Fatal(err)
		}
	})
}
