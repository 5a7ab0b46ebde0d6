package links

import (
	"errors"
	"net/url"
	"slices"
	"strings"
)

// Look is how a run is shown, as an address says it; what is empty is left to whoever
// shows it.
//
//	t      the moment: 1.84s, or e40 (when event 40 had happened), or m2 (marker 2)
//	until  where playing stops, written the same way
//	view   ring, logs, diagram, feed, inspector or pseudocode
//	mode   watch or play
//	theme  light or dark
//	lang   the language's code: en
type Look struct{ T, Until, View, Mode, Theme, Lang string }

// The values that there are.
var (
	views  = []string{"ring", "logs", "diagram", "feed", "inspector", "pseudocode"}
	modes  = []string{"watch", "play"}
	themes = []string{"light", "dark"}
)

// wordMax is the largest length of a value, in bytes.
const wordMax = 32

// ParseLook reads the parameters of an address; those that it does not know are others'.
// The error is a sentence without a full stop.
func ParseLook(q url.Values) (Look, error) {
	l := Look{q.Get("t"), q.Get("until"), q.Get("view"), q.Get("mode"), q.Get("theme"), q.Get("lang")}
	for _, word := range []string{l.T, l.Until, l.Lang} {
		if len(word) > wordMax || strings.Trim(word, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-µ") != "" {
			return Look{}, errors.New("A moment is written as 1.84s, e40 or m2, and a language as en")
		}
	}
	if l.Mode == "challenge" {
		return Look{}, errors.New("The mode challenge is reserved; there is watch or play")
	}
	for _, c := range []struct {
		name, value string
		known       []string
	}{{"view", l.View, views}, {"mode", l.Mode, modes}, {"theme", l.Theme, themes}} {
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
