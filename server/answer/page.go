package answer

import (
	"bytes"
	"errors"
	"html"
	"strings"
)

// Slot is a place in a page that was built by somebody else: what stands between two
// strings, which are looked for in the order of the slots.
type Slot struct{ Before, After string }

// Page is a page cut into pieces: those that stay, and between them the slots with
// what they hold when nothing is put into them.
type Page struct {
	fixed   [][]byte
	between [][]byte
}

// ParsePage cuts a page at its slots. Name is what it is called in the error, which says
// which slot is missing.
func ParsePage(name string, page []byte, slots ...Slot) (Page, error) {
	var t Page
	for _, s := range slots {
		begin := bytes.Index(page, []byte(s.Before))
		if begin < 0 {
			return t, errors.New(name + " has no " + s.Before)
		}
		begin += len(s.Before)
		end := bytes.Index(page[begin:], []byte(s.After))
		if end < 0 {
			return t, errors.New(name + " has no " + s.After + " after " + s.Before)
		}
		end += begin
		t.fixed, t.between = append(t.fixed, page[:begin]), append(t.between, page[begin:end])
		page = page[end:]
	}
	t.fixed = append(t.fixed, page)
	return t, nil
}

// Fill returns the page with its slots filled. What is put in is markup; "" leaves the
// slot as it was.
func (t Page) Fill(slots ...string) []byte {
	var b []byte
	for i, f := range t.fixed {
		b = append(b, f...)
		switch {
		case i < len(slots) && slots[i] != "":
			b = append(b, slots[i]...)
		case i < len(t.between):
			b = append(b, t.between[i]...)
		}
	}
	return b
}

// Escape makes text safe between tags and between the quotes of an attribute.
func Escape(s string) string { return html.EscapeString(s) }

// Tag writes an element without content: its name, then attributes and their values.
func Tag(name string, attributes ...string) string {
	var b strings.Builder
	b.WriteString("    <" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		b.WriteString(" " + attributes[i] + `="` + Escape(attributes[i+1]) + `"`)
	}
	b.WriteString(">\n")
	return b.String()
}
