package app

import (
	"cmp"
	"slices"

	"parley/web/texts"
	"parley/web/view"
)

// Lines of the feed that are shown at once: those behind the cursor, and those that
// are still to come when the cursor is in the past.
const (
	feedLines = 18
	feedAhead = 3
	feedBoth  = 13 // in place of feedLines when runs are compared: their lines are longer
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
	Side, Event                        int
	Mark                               string // whose it is, when runs are compared
	Class, Now, Time, Text, Rule, Says string
}

func (m *Model) whyView() WhyView {
	page := feedLines
	if m.Comparing() {
		page = feedBoth
	}
	q := view.FeedQuery{Before: page + 1, After: feedAhead, Level: m.Feed.Level, Until: m.Frontier}
	if m.Feed.Back > 0 {
		q.Before, q.After = page*(m.Feed.Back+1)+1, 0
	}
	lines := m.feed(q)
	v := WhyView{CanNewer: m.Feed.Back > 0, Everything: m.Feed.Level == view.Everything}
	before := 0
	for before < len(lines) && !lines[before].After {
		before++
	}
	ahead := min(len(lines)-before, q.After)
	lines = lines[:before+ahead]
	if more := before - (q.Before - 1); more > 0 {
		v.CanOlder = true
		lines = lines[more:]
	}
	if m.Feed.Back > 0 {
		lines = lines[:max(0, len(lines)-page*m.Feed.Back)]
	}
	if len(lines) == 0 && m.Phase == Running {
		v.Empty = texts.Get(m.wording("why.empty"))
	}
	for i := len(lines) - 1; i >= 0; i-- {
		v.Lines = append(v.Lines, m.lineView(&lines[i]))
	}
	return v
}

// feedLine is a line of a side's feed.
type feedLine struct {
	view.Line
	side *Side
}

// feed returns the lines of all sides round the cursor, in the order of time. Lines behind
// the cursor follow all of those before it.
func (m *Model) feed(q view.FeedQuery) []feedLine {
	var all []feedLine
	for _, s := range m.sides {
		if s.hasRun() {
			for _, l := range s.Store.Feed(s.Cursor, q) {
				all = append(all, feedLine{l, s})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b feedLine) int {
		if a.After != b.After {
			if b.After {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.T, b.T)
	})
	return all
}

func (m *Model) lineView(l *feedLine) LineView {
	line := LineView{Side: l.side.number, Event: l.Event, Class: l.Class.String(), Time: l.Time, Text: l.Text, Rule: l.RuleName}
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
		line.Says = texts.Get("why.rule", "says", l.side.Store.RuleSays(l.Rule), "source", l.Source)
	}
	if m.Comparing() {
		line.Mark = l.side.title()
	}
	return line
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
