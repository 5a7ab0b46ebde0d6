package site

import (
	"strconv"
	"strings"
)

// encodingID names a content encoding, the better ones first.
type encodingID int

const (
	brotli encodingID = iota
	gzip
	identity
	encodings
)

var (
	encodingName   = [encodings]string{"br", "gzip", "identity"}
	encodingSuffix = [encodings]string{".br", ".gz", ""}
)

// negotiate chooses the encoding that the Accept-Encoding header prefers among those
// that there are (RFC 9110, section 12.5.3); among equals the one that is smallest.
// It returns false if the header forbids all of them. A part of the header that is
// malformed counts as not said.
func negotiate(headers []string, has func(encodingID) bool) (encodingID, bool) {
	// -1: not mentioned. Without a header any encoding is allowed, but those who send
	// none are mostly simple programs: they get the file as it is.
	quality := [encodings]int{-1, -1, -1}
	others := -1
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			name, q, ok := parseCoding(part)
			if !ok {
				continue
			}
			if name == "*" {
				others = q
			}
			for e := range encodings {
				if name == encodingName[e] || e == gzip && name == "x-gzip" {
					quality[e] = q
				}
			}
		}
	}
	best, bestQuality := identity, 0
	for e := range encodings {
		q := quality[e]
		if q < 0 {
			q = others
		}
		if q < 0 && e == identity {
			q = 1 // allowed unless it is forbidden, and last
		}
		if q > bestQuality && has(e) {
			best, bestQuality = e, q
		}
	}
	return best, bestQuality > 0
}

// parseCoding reads one element of the header, "gzip" or "gzip;q=0.5"; the quality is
// in thousandths.
func parseCoding(s string) (name string, quality int, ok bool) {
	name, params, weighted := strings.Cut(s, ";")
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" {
		return "", 0, false
	}
	if !weighted {
		return name, 1000, true
	}
	key, value, ok := strings.Cut(strings.TrimSpace(params), "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(key), "q") {
		return "", 0, false
	}
	value = strings.TrimSpace(value)
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || len(value) > 5 || !(q >= 0 && q <= 1) {
		return "", 0, false
	}
	return name, int(q*1000 + 0.5), true
}
