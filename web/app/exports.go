package app

import (
	"parley/consensus/frame"
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

// Order says what is wanted in a file.
type Order struct {
	Kind, File, Type string // of exports; the name of the file, and its media type
	Run              view.Scene
	From, Until      int64 // the stretch that the diagram shows, ns
	Words            scene.Words
}

// Export offers what is seen as a file: the moment, the stretch that the diagram shows, or
// all that was seen so far.
func (m *Model) Export(name string) {
	if m.outside == nil || !m.hasRun() {
		return
	}
	for _, e := range exports {
		if e.name != name {
			continue
		}
		until := min(m.Left+m.Span, m.Frontier)
		o := Order{e.name, e.file, e.kind, m.sceneOf(m.Side), max(0, int64(m.Left)), int64(until), sceneWords()}
		frames := m.frames()
		m.share.noExport = texts.Get("export.making")
		m.outside.Make(frames, o, func(why string) {
			m.share.noExport = ""
			if why != "" {
				m.share.noExport = texts.Get("export.wrong", "why", why)
			}
			m.touch()
		})
	}
	m.touch()
}

// frames returns the run that is shown, as the frames that a worker has sent of it.
func (m *Model) frames() [][]byte {
	opened := frame.Opened{Protocol: *m.Store.Protocol, Script: m.script, Setup: m.Store.Setup, Title: m.share.title, Markers: m.markers}
	return append([][]byte{frame.Append(nil, 0, opened)}, view.Frames(m.Store.Trace())...)
}

// ShowTrace shows the run of a journal, as the frames that a worker would send. It is
// watched only: there is no World behind it.
func (m *Model) ShowTrace(frames [][]byte) {
	if m.Phase == Running && m.notInRoom() {
		m.remember()
		m.dropSide()
		m.showTrace(frames, nil)
	}
}

// showTrace is ShowTrace at a moment, nil: where a run opens.
func (m *Model) showTrace(frames [][]byte, at *goal) {
	m.forget()
	m.share.open, m.sent, m.coming = false, nil, nil
	m.Notices = nil
	m.Head = frame.Head{}
	m.traced, m.arrived, m.Phase = true, false, Opening
	var head frame.Head
	for _, b := range frames {
		_, f, err := frame.Decode(b)
		if err != nil {
			m.Malformed(err)
			break
		}
		if h, ok := f.(frame.Head); ok {
			head = h
			continue
		}
		m.receive(f, 0)
	}
	m.goal = at
	if at == nil {
		m.goal = &goal{frontier: head.Time, opening: true, playing: true}
	}
	m.receive(head, 0)
	m.notify(Notice{Kind: NoticeNote, Text: texts.Get("trace.says"), Label: texts.Get("notice.back-to-run"), Do: m.Undo})
	m.touch()
}

// TraceRefused says why a journal is not shown.
func (m *Model) TraceRefused(why string) { m.wrong(texts.Get("link.refused-file", "why", why)) }

// traceOnly says that a trace cannot be changed, when one is shown.
func (m *Model) traceOnly() bool {
	if m.traced {
		m.wrong(texts.Get("trace.only"))
	}
	return m.traced
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
		Down: texts.Get("scene.down"), Idle: texts.Get("scene.idle"), Voted: texts.Get("scene.voted"), Writes: texts.Get("scene.writes"),
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
