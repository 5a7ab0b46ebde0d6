// Command algorithms writes what all algorithms say of themselves to its standard output,
// as the Ready frame of an engine that has them all. The build makes a file of the site
// of it: each engine that visitors download has one algorithm, and a page that lets them
// choose, or puts the words of two side by side, has to know of the others.
package main

import (
	"fmt"
	"os"

	"parley/consensus/frame"
	"parley/consensus/registry"
)

func main() {
	if _, err := os.Stdout.Write(algorithms()); err != nil {
		fmt.Fprintln(os.Stderr, "algorithms:", err)
		os.Exit(1)
	}
}

func algorithms() []byte {
	known := registry.Known()
	ready := frame.Ready{Build: "parley", Machines: known.Machines}
	for _, p := range known.Protocols {
		ready.Protocols = append(ready.Protocols, *p)
	}
	return frame.Append(nil, 0, ready)
}
