package main

import (
	"strings"
	"testing"
)

func TestTheScriptIsDerivedFromTheModuleWeBuildWith(t *testing.T) {
	script, err := deriveFromModule()
	if err != nil {
		t.Fatal(err)
	}
	text := string(script)
	for _, p := range patches {
		if !strings.Contains(text, strings.TrimSpace(p.with)) {
			t.Errorf("the passage of patch %q is not in the derived script", p.why)
		}
	}
	for _, gone := range []string{"/*DEBUG", "eventHandlerMap", "for (let i in event)", "outerHTML", "eval("} {
		if strings.Contains(text, gone) {
			t.Errorf("the derived script still contains %q", gone)
		}
	}
}

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
