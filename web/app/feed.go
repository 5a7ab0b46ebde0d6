package app

import (
	"parley/web/texts"
	"parley/web/view"
)

// Lines of the feed that are shown at once: those behind the cursor, and those that
// are still to come when the cursor is in the past.
const (
	feedLines = 18
	feedAhead = 3
)

// FeedWindow says which lines of the feed are shown.
type FeedWindow struct {
	Level view.Level
	Back  int // pages back from the cursor
}

// WhyView is the feed, the latest line first.
type WhyView struct {
	Lines              []LineView
	Empty              string
	CanOlder, CanNewer bool
	Everything         bool
}

// LineView is a line of the feed.
type LineView struct {
	Event                              int
	Class, Now, Time, Text, Rule, Says string
}

func (m *Model) whyView() WhyView {
	at := m.Cursor
	q := view.FeedQuery{Before: feedLines + 1, After: feedAhead, Level: m.Feed.Level, Until: m.Frontier}
	if m.Feed.Back > 0 {
		q.Before, q.After = feedLines*(m.Feed.Back+1)+1, 0
	}
	lines := m.Store.Feed(at, q)
	v := WhyView{CanNewer: m.Feed.Back > 0, Everything: m.Feed.Level == view.Everything}
	if n := q.Before; countBefore(lines) >= n {
		v.CanOlder = true
		lines = lines[1:]
	}
	if m.Feed.Back > 0 {
		lines = lines[:max(0, len(lines)-feedLines*m.Feed.Back)]
	}
	if len(lines) == 0 && m.Phase == Running {
		v.Empty = texts.Get("why.empty")
	}
	for i := len(lines) - 1; i >= 0; i-- {
		l := &lines[i]
		line := LineView{Event: l.Event, Class: l.Class.String(), Time: l.Time, Text: l.Text, Rule: l.RuleName}
		switch {
		case l.After:
			line.Now = "later"
		case l.Now:
			line.Now = "now"
		}
		if l.Count > 1 {
			line.Text += " " + texts.Get("why.times", "n", itoa(int64(l.Count)))
		}
		line.Says = texts.Get("why.jump")
		if l.Rule != 0 {
			line.Says = texts.Get("why.rule", "says", m.Store.RuleSays(l.Rule), "source", l.Source)
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}

func countBefore(lines []view.Line) int {
	n := 0
	for i := range lines {
		if !lines[i].After {
			n++
		}
	}
	return n
}

// FeedOlder shows the lines before those shown, FeedNewer those after them.
func (m *Model) FeedOlder() { m.Feed.Back = min(m.Feed.Back+1, 24); m.touch() }

// FeedNewer shows the lines after those shown.
func (m *Model) FeedNewer() { m.Feed.Back = max(m.Feed.Back-1, 0); m.touch() }

// SetEverything makes the feed and the steps tell every event, or the story alone.
func (m *Model) SetEverything(on bool) {
	m.Feed = FeedWindow{}
	if on {
		m.Feed.Level = view.Everything
	}
	m.touch()
}
