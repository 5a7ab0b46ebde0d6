package links

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"parley/consensus/replay"
)

// Look is how a run is shown, as an address says it; what is empty is left to whoever
// shows it.
//
//	t      the moment: 1.84s, or e40 (when event 40 had happened), or m2 (marker 2)
//	until  where playing stops, written the same way
//	view   the parts on show, with commas: ring, logs, diagram, feed, inspector, pseudocode
//	mode   watch or play
//	theme  light or dark
//	lang   the language's code: en
type Look struct{ T, Until, View, Mode, Theme, Lang string }

// The values that there are.
var (
	modes  = []string{"watch", "play"}
	themes = []string{"light", "dark"}
)

// The largest lengths of values, in bytes: of one word, and of all parts together.
const (
	wordMax = 32
	viewMax = 64
)

// ParseLook reads the parameters of an address; those that it does not know are others'.
// The error is a sentence without a full stop.
func ParseLook(q url.Values) (Look, error) {
	l := Look{q.Get("t"), q.Get("until"), q.Get("view"), q.Get("mode"), q.Get("theme"), q.Get("lang")}
	for _, word := range []string{l.T, l.Until, l.Lang} {
		if len(word) > wordMax || strings.Trim(word, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-µ") != "" {
			return Look{}, errors.New("a moment is written as 1.84s, e40 or m2, and a language as en")
		}
	}
	if l.Mode == "challenge" {
		return Look{}, errors.New("the mode challenge is reserved; there is watch or play")
	}
	for part := range strings.SplitSeq(l.View, ",") {
		if l.View != "" && !slices.Contains(replay.Views, part) || len(l.View) > viewMax {
			return Look{}, errors.New("The view is one or more of: " + strings.Join(replay.Views, ", "))
		}
	}
	for _, c := range []struct {
		name, value string
		known       []string
	}{{"mode", l.Mode, modes}, {"theme", l.Theme, themes}} {
		if c.value != "" && !slices.Contains(c.known, c.value) {
			return Look{}, errors.New("The " + c.name + " is one of: " + strings.Join(c.known, ", "))
		}
	}
	return l, nil
}

// Query writes the parameters of an address.
func (l Look) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"t": l.T, "until": l.Until, "view": l.View, "mode": l.Mode, "theme": l.Theme, "lang": l.Lang} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}
