package app

import (
	"strings"

	"parley/consensus/frame"
	"parley/consensus/scenario"
	"parley/web/texts"
)

// Outside is what the page can do beyond itself, when it is asked to. What takes time
// calls back.
type Outside interface {
	// Site is where the site is: "https://parley.example".
	Site() string
	// Show puts an address in the browser's address bar, "#…" or "r/…": in the place of the one
	// that is there, or as a further one, from which Back leads to what is shown now.
	Show(address string, instead bool)
	// Copy puts a text on the clipboard.
	Copy(text string, done func(ok bool))
	// CopyCode puts the QR code of a text on the clipboard, as a picture.
	CopyCode(text string, done func(ok bool))
	// Shorten keeps a recording on the server and returns the address of the short link,
	// or a sentence that says why there is none.
	Shorten(code string, done func(url, why string))
	// CreateRoom asks the server for a live room with the setup of a script and returns its
	// ID and its owner's token, or a sentence that says why there is none.
	CreateRoom(script string, done func(id, token, why string))
	// Open opens an address of this site, "#…", in another tab and reports whether the
	// browser allowed that.
	Open(address string) bool
	// Reload loads the page anew.
	Reload()
	// Save offers a file.
	Save(name, kind, text string)
	// Make makes a file of the run that the frames hold, and offers it; done is told why
	// it could not be made, "" when it was.
	Make(frames [][]byte, order Order, done func(why string))
}

// SetOutside gives the model what the page can do beyond itself; without it nothing is
// copied, saved or shown in an address bar.
func (m *Model) SetOutside(o Outside) { m.outside = o }

// share is the dialog that offers a run to others, and what it is told.
type share struct {
	open     bool
	title    string // of the run that is open
	naming   Field  // the title as it is being typed
	link     frame.Link
	made     bool   // link is that of the run
	wrong    string // why there is none
	short    string // the address of the short link
	noShort  string // why there is none
	asking   bool   // for a short link
	copied   string // the name of what was copied last
	noCopy   string // why nothing was copied
	then     func(frame.Link)
	noExport string // why there is no file
	library  []frame.LibraryEntry
}

// titleMax is the largest size of a title, in bytes.
const titleMax = 120

// snippetMax is the largest size of what is to be put into a page, in bytes: what is
// longer stays with the short link.
const snippetMax = 10_000

// ToggleShare opens the dialog and makes a link, or closes it.
func (m *Model) ToggleShare() {
	if m.share.open || m.Phase != Running || m.figure != nil {
		m.share.open = false
		m.touch()
		return
	}
	m.Pause()
	m.tidy() // the link says the moment
	m.Pop = Pop{}
	m.rooming.open = false
	m.share.open = true
	m.share.naming = Field{Text: m.share.title}
	m.makeLink(false)
	m.touch()
}

// makeLink makes the link that the dialog offers, and shows it in the address bar.
func (m *Model) makeLink(again bool) {
	s := &m.share
	s.link, s.made, s.wrong, s.short, s.noShort, s.copied, s.noCopy = frame.Link{}, false, "", "", "", "", ""
	s.asking = false
	if m.traced {
		s.wrong = texts.Get("trace.no-link")
		return
	}
	m.askLink(func(f frame.Link) {
		s.link, s.made = f, true
		if m.outside != nil && f.Fits && m.room == nil {
			address := m.shareAddress()
			m.outside.Show(address, again)
			m.cameFrom(address[1:])
		}
		m.touch()
	}, &s.wrong)
}

// cameFrom notes that the address bar shows the address of the run as it is.
func (m *Model) cameFrom(address string) {
	if s := m.sent; s == nil || m.altered() || s.own {
		m.sent = &sent{address: address, own: true, script: m.sides[0].script, title: m.share.title}
	}
	m.keep.Keep(keptAddress, address)
	m.keep.Keep(keptChanged, "")
}

// EditTitle takes the title that is being typed.
func (m *Model) EditTitle(text string) { m.share.naming.edit(text); m.touch() }

// NameRun takes the title that was typed; the link is made anew.
func (m *Model) NameRun(text string) {
	s := &m.share
	s.naming.edit(text)
	if len(text) > titleMax || strings.ContainsAny(text, "\n\r\t") {
		s.naming.Wrong = texts.Get("share.title.wrong", "n", itoa(titleMax))
	} else {
		s.title = strings.TrimSpace(text)
		m.makeLink(true)
	}
	m.touch()
}

// shareAddress is what stands behind the site in the full link.
func (m *Model) shareAddress() string {
	address := "#" + m.share.link.Code
	if s := m.sent; s != nil && !m.altered() && !s.linked.Recorded && strings.HasPrefix(s.address, "s=") {
		address, _, _ = strings.Cut("#"+s.address, "&") // its readable one
	}
	return address + "&t=" + scenario.FormatSpan(m.Cursor.T)
}

// MakeShort asks the server for a short link.
func (m *Model) MakeShort() {
	s := &m.share
	if m.outside == nil || !s.made || s.asking {
		return
	}
	s.asking, s.noShort = true, ""
	code := s.link.Code
	if name, ok := m.readableName(); ok {
		m.shortened(code, m.outside.Site()+"/s/"+name, "")
		return
	}
	m.outside.Shorten(code, func(url, why string) { m.shortened(code, url, why) })
	m.touch()
}

// readableName returns the name of the scenario that is shared as it is.
func (m *Model) readableName() (string, bool) {
	name, ok := strings.CutPrefix(m.shareAddress(), "#s=")
	name, _, _ = strings.Cut(name, "&")
	return name, ok
}

func (m *Model) shortened(code, url, why string) {
	s := &m.share
	if s.link.Code != code {
		return // another link was made meanwhile
	}
	s.asking, s.noShort = false, why
	if url != "" {
		s.short = url + "?t=" + scenario.FormatSpan(m.Cursor.T)
	}
	m.touch()
}

// CopyShare copies one of the things that the dialog offers.
func (m *Model) CopyShare(name, text string) {
	if m.outside == nil {
		return
	}
	copy := m.outside.Copy
	if name == "qr" {
		copy = m.outside.CopyCode
	}
	copy(text, func(ok bool) {
		m.share.copied, m.share.noCopy, m.Spoken = name, "", texts.Get("share.copied")
		if !ok {
			m.share.copied, m.share.noCopy, m.Spoken = "", texts.Get("share.not-copied"), ""
		}
		m.touch()
	})
}

// SaveRecording offers the recording as a file.
func (m *Model) SaveRecording() {
	if m.outside != nil && m.share.made {
		m.outside.Save("parley.txt", "text/plain", m.share.link.Text)
	}
}

// Example is a scenario that comes with Parley.
type Example struct {
	Name, Title string
	Chosen      bool
}

// OpenExample opens a scenario that comes with Parley, at its own address.
func (m *Model) OpenExample(name string) {
	if name == "" || m.Phase != Running || !m.notInRoom() {
		return
	}
	if m.outside != nil {
		m.outside.Show("#s="+name, false)
	}
	m.OpenAddress("s=" + name)
}

func (m *Model) examples() (list []Example) {
	open := ""
	if s := m.sent; s != nil && !m.altered() {
		open, _ = strings.CutPrefix(s.address, "s=")
		open, _, _ = strings.Cut(open, "&")
	}
	for _, e := range m.share.library {
		if m.offers(e.Engine) {
			list = append(list, Example{e.Name, texts.Get("examples.one", "algorithm", algorithmTitle(e.Engine), "title", e.Title), e.Name == open})
		}
	}
	return list
}

// ShareView is what the dialog shows.
type ShareView struct {
	Says       string
	Title      string
	TitleWrong string
	Rows       []ShareRow
	Short      string // what the button says; "": no button
	NoShort    string
	NoCopy     string
	QR         string // what is to be drawn
	CopyQR     string // what its button says
	CanSave    bool
	InRoom     bool
	Exports    []Export
	NoExport   string
}

// ShareRow is something that can be copied.
type ShareRow struct {
	Name, Label, Text, Copy, CopySays string
	Lines                             string // how many are shown
}

func (m *Model) shareView() ShareView {
	s := &m.share
	v := ShareView{Says: texts.Get("share.making"), Title: s.naming.Text, TitleWrong: s.naming.Wrong, NoShort: s.noShort, NoCopy: s.noCopy, CanSave: s.made, InRoom: m.room != nil, Exports: exportList(), NoExport: s.noExport}
	if s.wrong != "" {
		v.Says = texts.Get("share.wrong", "why", s.wrong)
	}
	if !s.made || m.outside == nil {
		return v
	}
	v.Says = texts.Count("share.says", len(s.link.Code))
	if _, ok := m.readableName(); ok {
		v.Says = texts.Get("share.says-example")
	}
	full := ""
	if s.link.Fits {
		full = m.outside.Site() + "/" + m.shareAddress()
		v.Rows = append(v.Rows, m.row("link", full, false))
	} else {
		v.Says = texts.Get("share.long")
	}
	best := full
	switch {
	case s.short != "":
		best = s.short
		v.Rows = append(v.Rows, m.row("short", s.short, false))
	case s.link.Code == "":
	case s.asking:
		v.Short = texts.Get("share.asking")
	default:
		v.Short = texts.Get("share.make-short")
	}
	if best == "" {
		return v
	}
	v.QR, v.CopyQR = best, m.copySays("qr")
	if len(full) > snippetMax/2 && s.short == "" {
		return v
	}
	for _, kind := range [...]string{"html", "markdown", "iframe"} {
		v.Rows = append(v.Rows, m.row(kind, m.snippet(kind, best), true))
	}
	return v
}

func (m *Model) row(name, text string, tall bool) ShareRow {
	r := ShareRow{Name: name, Label: texts.Get("share." + name), Text: text, Copy: m.copySays(name), Lines: "1"}
	if tall {
		r.Lines = "3"
	}
	r.CopySays = texts.Get("share.copy.says", "what", r.Label)
	return r
}

// copySays returns what the button says that copies one of the things.
func (m *Model) copySays(name string) string {
	if m.share.copied == name {
		return texts.Get("share.copied")
	}
	return texts.Get("share.copy")
}

// snippet returns what an author puts into a page to show the run at the address.
func (m *Model) snippet(kind, address string) string {
	site := m.outside.Site()
	title := m.share.title
	if title == "" {
		title = texts.Get("share.untitled", "algorithm", m.sides[0].title())
	}
	at := scenario.FormatSpan(m.Cursor.T)
	page, query, short := strings.Cut(address, "?")
	short = short && strings.HasPrefix(page, site+"/s/")
	picture, framed := site+"/poster.svg", site+"/embed?t="+at
	if short {
		picture = page + ".svg?" + query
		framed = site + "/embed?s=" + strings.TrimPrefix(page, site+"/s/") + "&t=" + at
	} else {
		_, code, _ := strings.Cut(address, "#")
		code, _, _ = strings.Cut(code, "&")
		framed += "#" + code
		page, _, _ = strings.Cut(address, "&t=")
	}
	switch kind {
	case "html":
		return `<script async src="` + site + `/embed.js"></script>
<parley-play src="` + escape(page) + `" t="` + at + `" style="display:block;aspect-ratio:4/3">
  <a href="` + escape(address) + `"><img src="` + escape(picture) + `" alt="` + escape(title) + `" width="640" height="480" style="width:100%;height:auto"></a>
</parley-play>`
	case "markdown":
		text := unmarked.Replace(title)
		if short {
			text = "![" + text + "](" + picture + ")"
		}
		return "[" + text + "](" + address + ")"
	}
	return `<iframe src="` + escape(framed) + `" title="` + escape(title) + `" width="640" height="480" style="border:0" loading="lazy"></iframe>`
}

// unmarked takes from a text what would be markup in Markdown.
var unmarked = strings.NewReplacer("[", "(", "]", ")", "<", "‹", ">", "›", "`", "'", `\`, "/", "!", ".")

// escape makes text safe between the quotes of an attribute.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace(s)
}
