package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestTheScriptIsDerivedFromTheModuleWeBuildWith(t *testing.T) {
	script, err := scriptOfModule()
	if err != nil {
		t.Fatal(err)
	}
	script, err = patched(script)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range patches {
		if !strings.Contains(string(script), strings.TrimSpace(p.with)) {
			t.Errorf("the passage of patch %q is not in the script", p.why)
		}
	}
	for _, gone := range []string{"/*DEBUG", "eventHandlerMap", "for (let i in event)", "outerHTML", "eval("} {
		if strings.Contains(string(script), gone) {
			t.Errorf("the script still contains %q", gone)
		}
	}
}

// Each case of Vugu's switch is a function, with the same lines in it, and nothing of the
// switch is left.
func TestEachInstructionIsAFunction(t *testing.T) {
	script, err := scriptOfModule()
	if err != nil {
		t.Fatal(err)
	}
	if script, err = patched(script); err != nil {
		t.Fatal(err)
	}
	whole, err := split(script)
	if err != nil {
		t.Fatal(err)
	}
	cases := regexp.MustCompile(`(?m)^ {20}case (opcode\w+): \{$`).FindAllSubmatch(script, -1)
	if len(cases) < 20 {
		t.Fatalf("Vugu's script has %d cases", len(cases))
	}
	for _, m := range cases {
		opcode := string(m[1])
		_, body, _ := strings.Cut(string(script), "case "+opcode+": {\n")
		body, _, _ = strings.Cut(body, "\n"+caseEnds)
		_, function, ok := strings.Cut(string(whole), "instructions["+opcode+"] = function (state, decoder) {\n        do {\n")
		function, _, _ = strings.Cut(function, "        } while (false);\n    };\n")
		if ok != carriedOut(opcode) {
			t.Errorf("%s has a function: %v", opcode, ok)
		}
		if ok && plain(function) != plain(body) {
			t.Errorf("%s does\n%s\nand not\n%s", opcode, function, body)
		}
	}
	if strings.Contains(string(whole), "switch (opcode)") {
		t.Error("the switch is still there")
	}
	for _, bad := range []string{"", strings.ReplaceAll(string(script), switchBegins, ""), string(script[:bytes.Index(script, []byte(switchBegins))+200])} {
		if _, err := split([]byte(bad)); err == nil {
			t.Error("a script without a whole switch was split")
		}
	}
}

// plain returns the lines of a text without indentation and empty lines.
func plain(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestAnotherVuguStopsTheBuild(t *testing.T) {
	err := checkPin(pins[0].file, pins[0].sum, []byte("another script"))
	if err == nil {
		t.Fatal("a changed file passed its pin")
	}
	for _, part := range []string{pins[0].file, pins[0].sum, "patches.go"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not mention %q: %v", part, err)
		}
	}
}

func TestAPatchThatDoesNotFitStopsTheBuild(t *testing.T) {
	if _, err := derive([]byte("(function () {})()")); err == nil || !strings.Contains(err.Error(), "begins 0 times") {
		t.Errorf("deriving from a script without the passages: %v", err)
	}
	twice := strings.Repeat(patches[0].from+patches[0].upTo, 2)
	if _, err := derive([]byte(twice)); err == nil || !strings.Contains(err.Error(), "begins 2 times") {
		t.Errorf("deriving from a script with a passage twice: %v", err)
	}
}

// The Go packages are those of the module that we build with, without fmt and what else
// costs visitors much, and every other line is as it was.
func TestTheSourceIsDerivedFromTheModuleWeBuildWith(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, sum, err := readSource(root)
	if err != nil {
		t.Fatal(err)
	}
	if sum != sourcePin {
		t.Errorf("the Go source has the sum %s, pinned is %s", sum, sourcePin)
	}
	exchanged := 0
	for name, text := range files {
		slim := string(withPlainFmt(text))
		if dropped[name] || strings.Contains(slim, "+build ignore") {
			continue
		}
		for _, costly := range []string{"fmt", "time", "os", "math/rand", "encoding/json"} {
			if strings.Contains(slim, "\n\t\""+costly+"\"\n") || strings.Contains(slim, "\nimport \""+costly+"\"\n") {
				t.Errorf("%s still imports %s", name, costly)
			}
		}
		if slim != string(text) {
			exchanged++
			if back := strings.Replace(slim, plainImport, fmtImport, 1); back != string(text) {
				t.Errorf("more than the import of fmt is different in %s", name)
			}
		}
	}
	if exchanged < 5 {
		t.Errorf("fmt was exchanged in %d files: the pattern of its import has changed", exchanged)
	}
}
