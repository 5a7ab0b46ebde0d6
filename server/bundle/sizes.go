package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// budgets are what a visitor may be asked to download, in bytes of brotli, by the
// name of the asset. Whoever goes above one pays with every visitor's time: look at
// what was imported before raising a number here.
var budgets = map[string]int{
	"engine-raft.wasm":       650_000,
	"engine-multipaxos.wasm": 650_000,
	"engine-synod.wasm":      650_000,
	"engine-room.wasm":       750_000, // for those in a live room: all algorithms, and what a tab does
	"ui.wasm":                950_000,
	"files.wasm":             650_000, // for those who save or open a file
}

var hashPart = regexp.MustCompile(`\.[0-9a-f]{12}(\.[^.]*)?$`)

// assetName undoes hashedName for a path of the site.
func assetName(p string) string {
	name, ok := strings.CutPrefix(p, "assets/")
	if !ok {
		return p
	}
	return hashPart.ReplaceAllString(name, "$1")
}

// sizeTable returns a table of the files, and an error that names each budget that
// is exceeded and each that nothing was built for.
func sizeTable(files []built) (string, error) {
	var b strings.Builder
	var problems []error
	fmt.Fprintf(&b, "%-28s %10s %10s %10s %10s\n", "file", "bytes", "gzip", "brotli", "budget")
	seen := map[string]bool{}
	total := [3]int{}
	for _, i := range largestFirst(files) {
		f := files[i]
		name := assetName(f.Path)
		br, gz := smaller(f.Brotli, f.Content), smaller(f.GZ, f.Content)
		budget, limited := budgets[name]
		limit := ""
		if limited {
			seen[name] = true
			limit = fmt.Sprint(budget)
			if br > budget {
				problems = append(problems, fmt.Errorf("%s is %d bytes with brotli, %d above its budget of %d: look at what it imports (go list -deps), each package is paid for by each visitor", name, br, br-budget, budget))
			}
		}
		fmt.Fprintf(&b, "%-28s %10d %10d %10d %10s\n", name, len(f.Content), gz, br, limit)
		total[0], total[1], total[2] = total[0]+len(f.Content), total[1]+gz, total[2]+br
	}
	fmt.Fprintf(&b, "%-28s %10d %10d %10d\n", "all", total[0], total[1], total[2])
	for _, name := range sortedKeys(budgets) {
		if !seen[name] {
			problems = append(problems, fmt.Errorf("%s has a budget, but was not built", name))
		}
	}
	return b.String(), errors.Join(problems...)
}

func smaller(variant, content []byte) int {
	if variant == nil {
		return len(content)
	}
	return len(variant)
}

// largestFirst returns the indexes of the files, ordered by size.
func largestFirst(files []built) []int {
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(files[b].Content), len(files[a].Content)) })
	return order
}
