package main

import "testing"

func TestTrim(t *testing.T) {
	const code = `package app

import "fmt"
import "log"

func build() {
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(1), Data: "\n        "}
		vgparent.AppendChild(vgn)
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(1), Data: " and "}
		vgparent.AppendChild(vgn)
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(4), Data: "\n"}
		vgparent.AppendChild(vgn)
}

var _ fmt.Stringer
var _ log.Logger
`
	const want = `package app

import "fmt"

func build() {
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(1), Data: " and "}
		vgparent.AppendChild(vgn)
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(4), Data: "\n"}
		vgparent.AppendChild(vgn)
}

var _ fmt.Stringer
`
	if got := string(trim([]byte(code))); got != want {
		t.Errorf("trimmed to:\n%s", got)
	}
}
