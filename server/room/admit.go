package room

import (
	"slices"
	"strings"
)

// Admits reports whether a connection may come in by the origin of the page that opened it
// ("" for a program, which has none): pages of this site may, whose host is given, and those
// of the others that are allowed.
func Admits(origin, host string, others []string) bool {
	same := func(s string) bool { return strings.EqualFold(s, origin) }
	if origin == "" || slices.ContainsFunc(others, same) {
		return true
	}
	scheme, of, ok := strings.Cut(origin, "://")
	return ok && scheme != "" && of != "" && strings.EqualFold(of, host)
}
