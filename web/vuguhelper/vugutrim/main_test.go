package main

import "testing"

func TestTrim(t *testing.T) {
	const code = `package app

import "fmt"
import "log"

func build() {
	vgn = &vugu.VGNode{Type: vugu.VGNodeType(3), Namespace: "", Data: "footer", Attr: []vugu.VGAttribute{{Namespace: "", Key: "class", Val: "time"}}}
	vgout.Out = append(vgout.Out, vgn) // root for output
	{
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(1), Data: "\n        "}
		vgparent.AppendChild(vgn)
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(1), Data: " and "}
		vgparent.AppendChild(vgn)
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(4), Data: " \"rows\" "}
		vgparent.AppendChild(vgn)
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(3), Namespace: "", Data: "p", Attr: []vugu.VGAttribute(nil)}
		vgparent.AppendChild(vgn)
		vgn = &vugu.VGNode{Type: vugu.VGNodeType(3), Namespace: "", Data: "input", Attr: []vugu.VGAttribute{{Namespace: "", Key: "type", Val: "range"}, vugu.VGAttribute{Namespace: "", Key: "id", Val: "speed"}}}
		vgparent.AppendChild(vgn)
		{
			b, err := vjson.Marshal(c.V.Speed)
			if err != nil {
				panic(err)
			}
			vgn.Prop = append(vgn.Prop, vugu.VGProperty{Key: "value", JSONVal: vjson.RawMessage(b)})
		}
		vgn.DOMEventHandlerSpecList = append(vgn.DOMEventHandlerSpecList, vugu.DOMEventHandlerSpec{
			EventType: "input",
			Func:      func(event vugu.DOMEvent) { c.M.Slide(event.PropString("target", "value")) },
			// TODO: implement capture, etc. mostly need to decide syntax
		})
		vgn.AddAttrInterface("title", T("time.says"))
		vgn.AddAttrInterface("aria-label", c.V.Label)
		vgn.SetInnerHTML(T("time.title"))
		vgn.SetInnerHTML(c.V.Text)
		{
			vgcompKey := vugu.MakeCompKey(0x75C912433F737532^vgin.CurrentPositionHash(), vgiterkey)
			// ask BuildEnv for prior instance of this specific component
			vgcomp, _ := vgin.BuildEnv.CachedComponent(vgcompKey).(*Dials)
			if vgcomp == nil {
				// create new one if needed
				vgcomp = new(Dials)
				vgin.BuildEnv.WireComponent(vgcomp)
			}
			vgin.BuildEnv.UseComponent(vgcompKey, vgcomp) // ensure we can use this in the cache next time around
			vgcomp.M = c.M
			vgout.Components = append(vgout.Components, vgcomp)
			vgn = &vugu.VGNode{Component: vgcomp}
			vgparent.AppendChild(vgn)
		}
	}
}

var _ fmt.Stringer
var _ log.Logger
`
	const want = `package app


func build() {
	vgn = &vugu.VGNode{Type: vugu.VGNodeType(3), Namespace: "", Data: "footer", Attr: []vugu.VGAttribute{{Namespace: "", Key: "class", Val: "time"}}}
	vgout.Out = append(vgout.Out, vgn) // root for output
	{
		vgn = vgLeaf(vgparent, 1, " and ")
		vgn = vgLeaf(vgparent, 4, " \"rows\" ")
		vgn = vgElement(vgparent, "p")
		vgn = vgElement(vgparent, "input\ttype\trange\tid\tspeed")
		vgProperty(vgn, "value", c.V.Speed)
		vgOn(vgn, "input", func(event vugu.DOMEvent) { c.M.Slide(event.PropString("target", "value")) })
		vgSaid(vgn, "title", "time.says")
		vgAttribute(vgn, "aria-label", c.V.Label)
		vgText(vgn, "time.title")
		vgContent(vgn, c.V.Text)
		{
			vgcomp := vgComponent(vgin, 0x75C912433F737532, vgiterkey, func() vugu.Builder { return new(Dials) }).(*Dials)
			vgcomp.M = c.M
			vgn = vgUse(vgout, vgparent, vgcomp)
		}
	}
}

`
	if got := string(trim([]byte(code))); got != want {
		t.Errorf("trimmed to:\n%s", got)
	}
}

func TestWhatIsUsedStaysImported(t *testing.T) {
	const code = "package app\n\nimport \"fmt\"\n\nfunc f() string { return fmt.Sprint(1) }\n\nvar _ fmt.Stringer\n"
	if got := string(trim([]byte(code))); got != code {
		t.Errorf("trimmed to:\n%s", got)
	}
}
