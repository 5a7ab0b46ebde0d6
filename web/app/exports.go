package app

import (
	"parley/consensus"
	"parley/consensus/frame"
	"parley/web/export"
	"parley/web/scene"
	"parley/web/texts"
	"parley/web/view"
)

// Export is a form in which what is seen can leave the page.
type Export struct{ Name, Title string }

// exports are the forms, in the order in which they are offered.
var exports = [...]struct{ name, file, kind string }{
	{"ring", "parley-ring.svg", "image/svg+xml"},
	{"diagram", "parley-diagram.svg", "image/svg+xml"},
	{"moving", "parley-moving.svg", "image/svg+xml"},
	{"mermaid", "parley.mmd", "text/plain"},
	{"shiviz", "parley-shiviz.log", "text/plain"},
	{"json", "parley.jsonl", "application/json"},
}

func exportList() (list []Export) {
	for _, e := range exports {
		list = append(list, Export{e.name, texts.Get("export." + e.name + ".says")})
	}
	return list
}

// Sizes of exported pictures, in pixels.
var (
	ringSize    = export.Size{W: 800, H: 600}
	diagramSize = export.Size{W: 1200, H: 480}
)

// Export offers what is seen as a file: the moment, the stretch that the diagram shows, or
// all that was seen so far.
func (m *Model) Export(name string) {
	if m.outside == nil || !m.hasRun() {
		return
	}
	s := m.sceneOf(m.Side)
	words, scheme := sceneWords(), scene.Light
	if m.Dark {
		scheme = scene.Dark
	}
	stretch := export.Range{From: max(0, m.Left), Until: min(m.Left+m.Span, m.Frontier)}
	stretch.Until = max(stretch.Until, stretch.From+consensus.Millisecond)
	m.share.noExport = ""
	for _, e := range exports {
		if e.name != name {
			continue
		}
		var b []byte
		var err error
		switch name {
		case "ring":
			b = export.Ring(s, ringSize, words, scheme)
		case "diagram":
			b = export.Diagram(s, stretch, diagramSize, words, scheme)
		case "moving":
			b, err = export.Moving(s, stretch, ringSize, words, scheme)
		case "mermaid":
			b = export.Mermaid(s.Store, stretch)
		case "shiviz":
			b = export.ShiViz(s.Store, export.Range{Until: m.Frontier})
		case "json":
			b = export.Journal(s.Store, m.script, m.Frontier)
		}
		if err != nil {
			m.share.noExport = texts.Get("export.wrong", "why", err.Error())
		} else {
			m.outside.Save(e.file, e.kind, string(b))
		}
	}
	m.touch()
}

// sceneOf returns what is to be drawn of a side.
func (m *Model) sceneOf(side *Side) view.Scene {
	return view.Scene{
		Store: &side.Store, Cursor: side.Cursor, Selected: side.Selected, Hover: side.Hover,
		Dark: m.Dark, Still: m.Still || !m.Playing, Frontier: m.Frontier,
		Span: m.Span, Left: m.Left,
	}
}

// sceneWords are the words that painters need.
func sceneWords() scene.Words {
	return scene.Words{
		Down: texts.Get("scene.down"), Voted: texts.Get("scene.voted"), Writes: texts.Get("scene.writes"),
		Ring: texts.Get("ring.title"), Logs: texts.Get("logs.says"), Space: texts.Get("diagram.says"),
		Time: texts.Get("time.slider"), NoOp: texts.Get("scene.no-op"), Client: texts.Get("scene.client"),
		Accepted: texts.Get("scene.accepted"), Chosen: texts.Get("scene.chosen"),
	}
}

// askLibrary asks once for the scenarios that come with Parley.
func (m *Model) askLibrary() {
	if m.share.library == nil && m.figure == nil && m.number == 0 {
		m.share.library = []frame.LibraryEntry{}
		m.send(frame.GetLibrary{}, nil)
	}
}
