// Command vugutrim takes out of Vugu's generated code what the page does without:
//
//	//go:generate go run ../vuguhelper/vugutrim .
//
// The text nodes that are only the indentation of a template: they are half of all
// nodes, and each costs bytes of the download and time at every render. (White space
// in the middle of a line stays.) And the import of package log, which is not used but
// brings its part of package time.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "vugutrim: takes one folder")
		os.Exit(2)
	}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*_gen.go"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there is no *_gen.go in %s; run vugugen first", os.Args[1])
	}
	for _, file := range files {
		if err == nil {
			err = trimFile(file)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vugutrim:", err)
		os.Exit(1)
	}
}

func trimFile(file string) error {
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, trim(code), 0o644)
}

var (
	indentation = regexp.MustCompile(`\s*vgn = &vugu\.VGNode\{Type: vugu\.VGNodeType\(1\), Data: "\\n *"\}\n\s*vgparent\.AppendChild\(vgn\)\n`)
	logImport   = regexp.MustCompile(`\nimport "log"\n`)
	logUse      = regexp.MustCompile(`\nvar _ log\.Logger\n`)
)

// trim returns generated code without indentation and without package log.
func trim(code []byte) []byte {
	for _, part := range []*regexp.Regexp{indentation, logImport, logUse} {
		code = part.ReplaceAll(code, []byte("\n"))
	}
	return code
}
