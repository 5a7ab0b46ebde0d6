package main

import (
	"errors"
	"testing"

	"parley/server/bundle/wasm"
)

// TestReadModule takes a file apart that was put together here: one imported function,
// two of package a and one of package b, and data.
func TestReadModule(t *testing.T) {
	section := func(id byte, parts ...string) string {
		s := ""
		for _, p := range parts {
			s += p
		}
		return string([]byte{id, byte(len(s))}) + s
	}
	str := func(s string) string { return string([]byte{byte(len(s))}) + s }
	file := "\x00asm\x01\x00\x00\x00" +
		section(wasm.SectionImport, "\x01", str("gojs"), str("print"), "\x00\x00") +
		section(wasm.SectionCode, "\x03", str("AAAA"), str("BB"), str("CC")) +
		section(wasm.SectionData, "\x01data") +
		section(wasm.SectionCustom, str("producers"), "x") +
		section(wasm.SectionCustom, str("name"), section(0, "m"), section(1, "\x04", "\x00", str("print"), "\x01", str("a.First"), "\x02", str("b.Only"), "\x03", str("a.Last")))
	m, err := readModule([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if string(m.data) != "\x01data" || len(m.code) != 2 || string(m.code["a"]) != "AAAACC" || string(m.code["b"]) != "BB" {
		t.Errorf("read %q", m)
	}
	for _, bad := range []string{"", "\x00as", "\x00asm\x01\x00\x00\x00", "\x7fELF\x01\x00\x00\x00", file[:len(file)-1], file[:30]} {
		if _, err := readModule([]byte(bad)); !errors.Is(err, wasm.ErrModule) {
			t.Errorf("readModule(%q): %v", bad, err)
		}
	}
}
