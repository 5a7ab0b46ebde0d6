package site

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Bounds of the file that EdgeHeaders writes, as Cloudflare publishes them (static assets,
// "Headers", 2026).
const (
	edgeRulesMax = 100
	edgeLineMax  = 2000 // characters
)

// EdgeHeaders returns the file _headers, by which a host of static files (Cloudflare's
// static assets, and others that took the form over) gives each file the headers that a
// [Site] gives it. Every rule that matches an address counts, so one that differs from the
// whole site's first takes away (with !) what that one has set.
func EdgeHeaders(files fs.FS) (string, error) {
	var b strings.Builder
	b.WriteString("# Made by the build from server/site/headers.go.\n")
	rules := 0
	write := func(pattern string, headers []header, anew bool) {
		rules++
		b.WriteString("\n" + pattern + "\n")
		for _, h := range headers {
			if anew {
				b.WriteString("  ! " + h.name + "\n")
			}
			b.WriteString("  " + h.name + ": " + h.value + "\n")
		}
	}
	common := headersOf("index.html")
	write("/*", append(slices.Clone(secure), common...), false)
	write("/"+hashed+"*", headersOf(hashed), true)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || immutable(name) {
			return err
		}
		own := slices.DeleteFunc(headersOf(name), func(h header) bool { return slices.Contains(common, h) })
		if len(own) > 0 {
			write("/"+name, own, true)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("list the site's files: %w", err)
	}
	if rules > edgeRulesMax {
		return "", fmt.Errorf("the site needs %d rules for its headers, and there may be %d: put files into folders that share theirs", rules, edgeRulesMax)
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > edgeLineMax {
			return "", fmt.Errorf("a header has %d characters, and may have %d: %.60s…", len(line), edgeLineMax, line)
		}
	}
	return b.String(), nil
}
