package app

import "slices"

// NoticeKind says what a notice is about.
type NoticeKind uint8

// Notices.
const (
	NoticeNote  NoticeKind = iota // worth knowing
	NoticeFork                    // the past was changed
	NoticeWrong                   // something could not be done
)

// Notice is a sentence that is shown over the scene until it is dismissed or no longer
// true. Label and Do are what can be done about it, if anything.
type Notice struct {
	Kind  NoticeKind
	Text  string
	Label string
	Do    func()
}

// noticesMax is how many notices are shown at once; older ones go.
const noticesMax = 3

// notify shows a notice; one of the same kind goes.
func (m *Model) notify(n Notice) {
	m.dropNotices(n.Kind)
	m.Notices = append(m.Notices, n)
	if len(m.Notices) > noticesMax {
		m.Notices = slices.Delete(m.Notices, 0, len(m.Notices)-noticesMax)
	}
	m.Spoken = n.Text
	if n.Kind == NoticeWrong {
		m.tellWrong(n.Text)
	}
	m.changed = true
}

// dropNotices removes the notices of the kinds.
func (m *Model) dropNotices(kinds ...NoticeKind) {
	m.Notices = slices.DeleteFunc(m.Notices, func(n Notice) bool { return slices.Contains(kinds, n.Kind) })
}

// DismissNotice removes notice i.
func (m *Model) DismissNotice(i int) {
	if i >= 0 && i < len(m.Notices) {
		m.Notices = slices.Delete(m.Notices, i, i+1)
		m.touch()
	}
}

// DoNotice does what notice i offers.
func (m *Model) DoNotice(i int) {
	if i >= 0 && i < len(m.Notices) && m.Notices[i].Do != nil {
		m.Notices[i].Do()
	}
}
