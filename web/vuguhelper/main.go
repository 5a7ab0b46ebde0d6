// Command vuguhelper derives Vugu's render helper, the script that carries out in the
// DOM what a render decided, from the Vugu module itself:
//
//	go run ./web/vuguhelper -o build/site/vugu.js
//	go run ./web/vuguhelper -module build/vugu
//
// The second line derives the Go packages that the page is built with (source.go).
//
// Vugu evals that script, which a Content-Security-Policy without 'unsafe-eval'
// forbids. The script returns early when window.vuguRender exists; so the page loads
// the derived file first, and the file turns eval into a function that does nothing.
//
// On the way a few passages are exchanged (patches.go): Vugu writes each attribute,
// text and property anew at each render, removes what others set, leaves listeners
// behind on elements that moved, and serialises whole elements into each event. The
// exchanged passages do none of that. And the one function that carries out all instructions
// becomes one for each (split.go).
//
// The sources are pinned by their SHA-256. When Vugu changes, the build stops here and
// somebody reads the new script before the sums below are renewed.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// pins are the files that the derived script depends on: its source, what Vugu really
// evals, the instructions it has to understand, and the code that calls it.
var pins = []struct{ file, sum string }{
	{scriptFile, "bbbb735a5e8f6a597cd7c3f8cdac5662480a414b2c43050a2f1a68df71b1663b"},
	{"domrender/renderer-js-script.go", "bc0b871d33fccf1eefb50bef7f933872df6543f572248cdd2ab875c8bfd53926"},
	{"domrender/renderer-js-instructions.go", "e78b5c1c5a0250617aecfd575f93178da908ac8ba6bdd2b3c59f29c8fb6e91ef"},
	{"domrender/renderer-js.go", "eab45ca40a9978bd6c01417c57739c318dbc8e7ba8e9c595f03a8ac6534b7434"},
}

const scriptFile = "domrender/renderer-js-script.js"

func main() {
	out := flag.String("o", "", "file to write; standard output when empty")
	module := flag.String("module", "", "write the Go packages instead, to this folder inside the module")
	flag.Parse()
	if *module != "" {
		if err := writeModule(*module); err != nil {
			fmt.Fprintln(os.Stderr, "vuguhelper:", err)
			os.Exit(1)
		}
		return
	}
	script, err := scriptOfModule()
	if err == nil {
		script, err = derive(script)
	}
	if err == nil {
		if *out == "" {
			_, err = os.Stdout.Write(script)
		} else {
			err = os.WriteFile(*out, script, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vuguhelper:", err)
		os.Exit(1)
	}
}

// scriptOfModule finds the Vugu module that this module builds with, checks it against the
// pins and returns its script.
func scriptOfModule() ([]byte, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	var script []byte
	for _, pin := range pins {
		text, err := os.ReadFile(filepath.Join(root, pin.file))
		if err != nil {
			return nil, fmt.Errorf("read Vugu's source: %w", err)
		}
		if err := checkPin(pin.file, pin.sum, text); err != nil {
			return nil, err
		}
		if pin.file == scriptFile {
			script = text
		}
	}
	return script, nil
}

// checkPin compares a file of Vugu with its pinned sum.
func checkPin(file, want string, text []byte) error {
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("%s of Vugu has changed: its SHA-256 is %s, pinned is %s.\n"+
			"Read what changed in it, adapt web/vuguhelper/patches.go, then renew the sum in web/vuguhelper/main.go", file, got, want)
	}
	return nil
}

// derive makes the page's script of Vugu's.
func derive(script []byte) ([]byte, error) {
	script, err := patched(script)
	if err == nil {
		script, err = split(script)
	}
	if err != nil {
		return nil, err
	}
	return append([]byte(header), script...), nil
}

// patched carries out the patches and drops what only debugs. Each passage must occur
// exactly once, or the result would not be what was read and tested.
func patched(script []byte) ([]byte, error) {
	var lines [][]byte
	for line := range bytes.Lines(script) {
		if t := bytes.TrimSpace(line); !bytes.HasPrefix(t, []byte("/*DEBUG")) && !bytes.HasPrefix(t, []byte("//")) {
			lines = append(lines, line)
		}
	}
	script = bytes.Join(lines, nil)
	for _, p := range patches {
		if n := bytes.Count(script, []byte(p.from)); n != 1 {
			return nil, fmt.Errorf("patch %q: the passage begins %d times in Vugu's script, want once", p.why, n)
		}
		at := bytes.Index(script, []byte(p.from))
		length := bytes.Index(script[at:], []byte(p.upTo))
		if length < 0 {
			return nil, fmt.Errorf("patch %q: the passage has no end in Vugu's script", p.why)
		}
		var b []byte
		b = append(b, script[:at]...)
		b = append(b, strings.TrimPrefix(p.with, "\n")...)
		script = append(b, script[at+length:]...)
	}
	return script, nil
}

const header = `// Derived by web/vuguhelper from Vugu's domrender/renderer-js-script.js
// (MIT License, Copyright (c) 2019 Vugu contributors). Do not edit.
"use strict";
`
