package app

import (
	"parley/consensus"
	"parley/web/texts"
	"parley/web/view"
)

// verdict says which side answered clients sooner after the last fault, and why.
func (m *Model) verdict() string {
	a, b := m.sides[0], m.sides[1]
	fa, fb := a.Store.Figures(a.Cursor), b.Store.Figures(b.Cursor)
	switch {
	case fa.Fault < 0 || fb.Fault < 0:
		return texts.Get("compare.no-fault")
	case fa.ServedAgainIn < 0 && fb.ServedAgainIn < 0:
		return texts.Get("compare.none", "one", a.title(), "other", b.title())
	case fb.ServedAgainIn < 0:
		return texts.Get("compare.one", "side", a.title(), "time", span(fa.ServedAgainIn), "other", b.title())
	case fa.ServedAgainIn < 0:
		return texts.Get("compare.one", "side", b.title(), "time", span(fb.ServedAgainIn), "other", a.title())
	}
	sooner, later, x, y := a, b, fa, fb
	if fb.ServedAgainIn < fa.ServedAgainIn {
		sooner, later, x, y = b, a, fb, fa
	}
	return texts.Get(outcome(&x, &y), "side", sooner.title(), "other", later.title(),
		"time", span(x.ServedAgainIn), "othertime", span(y.ServedAgainIn), "by", span(y.ServedAgainIn-x.ServedAgainIn)) +
		because(sooner.title(), later.title(), &x, &y)
}

// outcome returns the key of the text that says who was sooner: x, or both at once.
func outcome(x, y *view.Figures) string {
	if x.ServedAgainIn == y.ServedAgainIn {
		return "compare.equal"
	}
	return "compare.sooner"
}

// because says why x answered a client sooner than y. What passed until then is the time
// until the client had asked the node that served it, and the time from there to the
// answer: the larger share of the difference is the reason. A client that asked late
// either found no leader before, or had not come to the right node yet.
func because(side, other string, x, y *view.Figures) string {
	gap := y.ServedAgainIn - x.ServedAgainIn
	if gap == 0 {
		return ""
	}
	leads := x.LeaderAfter >= 0
	key := "compare.why-way-any"
	switch late := y.AskedAfter-x.AskedAfter > gap/2; {
	case late && y.LeaderAfter > x.AskedAfter && leads:
		key = "compare.why-leader"
	case late && y.LeaderAfter > x.AskedAfter:
		key = "compare.why-any"
	case late:
		key = "compare.why-asked"
	case leads && y.LeaderAfter >= 0 && x.LeaderAfter <= x.AskedAfter && y.LeaderAfter <= y.AskedAfter:
		key = "compare.why-way"
	}
	return " " + texts.Get(key, "side", side, "other", other,
		"leader", span(max(0, x.LeaderAfter)), "otherleader", span(max(0, y.LeaderAfter)),
		"asked", span(x.AskedAfter), "otherasked", span(y.AskedAfter),
		"served", span(x.ServedAgainIn-x.AskedAfter), "otherserved", span(y.ServedAgainIn-y.AskedAfter))
}

// span writes a time that is compared, to a tenth of a millisecond.
func span(d consensus.Duration) string {
	const tenth = consensus.Millisecond / 10
	return view.FormatSpan((d + tenth/2) / tenth * tenth)
}
