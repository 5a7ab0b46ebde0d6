package main

import (
	"fmt"
	"io"
	"strings"
)

// relayBench is the benchmark of the relay.
const relayBench = "FanOut"

// relays measures the relay of live rooms beside others with the same fan-out, and prints
// them side by side.
func relays(w io.Writer, pattern string) error {
	figures, err := measure(w, nil, []string{"test", "-run", "^$", "-bench", pattern, "-benchtime", "1x", "./server/relay"})
	if err != nil {
		return err
	}
	fmt.Fprint(w, beside(figures))
	return nil
}

// beside sets figures of the same bench side by side: the last part of a name is whose it
// is. The ratio is ours to the best of the others.
func beside(figures []figure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-16s %-16s %10s %10s %10s %8s\n", "connections", "", "relay", "gorilla", "gws", "ratio")
	for i := 0; i+2 < len(figures); i += 3 {
		ours, others := figures[i], figures[i+1:i+3]
		_, name, _ := strings.Cut(ours.name, "/")
		name, _, _ = strings.Cut(name, "/")
		for _, m := range ours.values {
			fmt.Fprintf(&b, "%-16s %-16s %10s", name, m.unit, short(m.value))
			best := 0.0
			for _, o := range others {
				v := o.value(m.unit)
				fmt.Fprintf(&b, " %10s", short(v))
				if best == 0 || v < best != strings.HasSuffix(m.unit, "/s") {
					best = v
				}
			}
			fmt.Fprintf(&b, " %8.2f\n", m.value/best)
			name = ""
		}
	}
	return b.String()
}

// value returns the figure in a unit, 0 if there is none.
func (f *figure) value(unit string) float64 {
	for _, m := range f.values {
		if m.unit == unit {
			return m.value
		}
	}
	return 0
}
