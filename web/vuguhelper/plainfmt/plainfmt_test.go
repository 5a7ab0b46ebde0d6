package plainfmt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/web/vuguhelper/plainfmt"
)

type named struct{}

func (named) String() string { return "it says so" }

// What Vugu formats comes out as fmt has it.
func TestAsFmt(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
	}{
		{"_t_%d", []any{17}},
		{"_%d_%d", []any{0, -3}},
		{"no keys, 100%%", nil},
		{"positionID=%q, eventType=%q, capture=%v", []any{"0_1", []byte("click"), true}},
		{"too large, max is 254: %v", []any{errors.New("it is 255")}},
		{"%s and %v of %d", []any{named{}, "text", uint32(1 << 31)}},
	} {
		want := fmt.Sprintf(c.format, c.args...)
		if got := plainfmt.Sprintf(c.format, c.args...); got != want {
			t.Errorf("%q is written %q, fmt writes %q", c.format, got, want)
		}
		if got := plainfmt.Errorf(c.format, c.args...).Error(); got != want {
			t.Errorf("%q as an error says %q, fmt says %q", c.format, got, want)
		}
		var b strings.Builder
		if n, err := plainfmt.Fprintf(&b, c.format, c.args...); b.String() != want || n != len(want) || err != nil {
			t.Errorf("%q is written out as %q (%d, %v), fmt writes %q", c.format, b.String(), n, err, want)
		}
	}
}

// What is not known is a question mark and takes its argument.
func TestUnknownValues(t *testing.T) {
	for _, c := range [][2]string{
		{plainfmt.Sprintf("%#v then %d", struct{}{}, 2), "? then 2"},
		{plainfmt.Sprintf("%v%v", struct{}{}), "??"},
		{plainfmt.Sprintf("%d%", 1), "1%"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}
