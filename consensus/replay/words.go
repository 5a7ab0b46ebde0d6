package replay

// What package strings has of this brings tables along that each visitor would download.

// cut returns what stands before and behind the first c, and whether there is one.
func cut(s string, c byte) (before, behind string, ok bool) {
	for i := range len(s) {
		if s[i] == c {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trim returns s without the blanks round it.
func trim(s string) string {
	for len(s) > 0 && blank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// fields returns up to max words that stand apart by blanks; more are as good as max.
func fields(s string, max int) (words []string) {
	for s = trim(s); s != "" && len(words) < max; s = trim(s) {
		n := 0
		for n < len(s) && !blank(s[n]) {
			n++
		}
		words, s = append(words, s[:n]), s[n:]
	}
	return words
}
