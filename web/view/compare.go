package view

import (
	"parley/consensus"
	"parley/web/texts"
)

// Prefer says which value of a figure is the better one.
type Prefer uint8

// Which value is better.
const (
	NoBetter Prefer = iota // neither: the figure only describes
	Lower
	Higher
)

// Figure is a row of a table of figures.
type Figure struct {
	Key    string // names it: "first-leader", for tests and style sheets
	Name   string // "time to the first leader"
	Says   string // what exactly is counted, in a sentence or two
	Value  string // "231.2 ms"; a dash where there is none
	Prefer Prefer
}

// Comparison is a figure of two runs side by side.
type Comparison struct {
	Key, Name, Says string
	Group           string // the name of the group that begins with it; "" within a group
	A, B            string // the values
	Prefer          Prefer
	Better          int // -1: A is better, +1: B is; 0: they are equal, or neither is, or one is not there
}

// figure is how a figure is got, compared and written.
type figure struct {
	key    string
	group  string
	prefer Prefer
	of     func(*Figures) (value int64, there bool)
	write  func(int64) string
}

func known(d consensus.Duration) (int64, bool) { return int64(d), d >= 0 }
func number(n int) (int64, bool)               { return int64(n), true }
func per(n, scale, of int) (value int64, _ bool) {
	return int64(n) * int64(scale) / int64(max(of, 1)), of > 0
}

// writeSpan writes a duration; what is finer than a microsecond nobody compares.
func writeSpan(v int64) string { return FormatSpan(roundSpan(consensus.Duration(v))) }

func hundredths(v int64) string { return decimal(v, 100) }

// figureTable has the figures in the order of the table, in groups.
var figureTable = [...]figure{
	{"first-leader", "lead", Lower, func(f *Figures) (int64, bool) { return known(f.FirstLeader) }, writeSpan},
	{"leaderless", "lead", Lower, func(f *Figures) (int64, bool) { return known(f.Leaderless) }, writeSpan},
	{"elections", "lead", NoBetter, func(f *Figures) (int64, bool) { return int64(f.Elections), f.Leaderless >= 0 }, FormatInt},

	{"leader-after", "fault", Lower, func(f *Figures) (int64, bool) { return known(f.LeaderAfter) }, writeSpan},
	{"asked-after", "fault", NoBetter, func(f *Figures) (int64, bool) { return known(f.AskedAfter) }, writeSpan},
	{"decision-after", "fault", Lower, func(f *Figures) (int64, bool) { return known(f.DecisionAfter) }, writeSpan},
	{"served-again", "fault", Lower, func(f *Figures) (int64, bool) { return known(f.ServedAgainIn) }, writeSpan},

	{"done", "clients", Higher, func(f *Figures) (int64, bool) { return number(f.Done) }, FormatInt},
	{"given-up", "clients", Lower, func(f *Figures) (int64, bool) { return number(f.GivenUp) }, FormatInt},
	{"median", "clients", Lower, func(f *Figures) (int64, bool) { return known(f.Median) }, writeSpan},
	{"worst", "clients", Lower, func(f *Figures) (int64, bool) { return known(f.Worst) }, writeSpan},

	{"decisions", "decided", Higher, func(f *Figures) (int64, bool) { return number(f.Decisions) }, FormatInt},
	{"commands", "decided", Higher, func(f *Figures) (int64, bool) { return number(f.Commands) }, FormatInt},
	{"rate", "decided", Higher, rate, hundredths},
	{"commit", "decided", Lower, func(f *Figures) (int64, bool) { return known(f.Commit) }, writeSpan},
	{"round-trips", "decided", Lower, func(f *Figures) (int64, bool) { return int64(f.Hops) * 50, f.Hops > 0 }, hundredths},

	{"sent", "sent", NoBetter, func(f *Figures) (int64, bool) { return number(f.Sent) }, FormatInt},
	{"lost", "sent", NoBetter, func(f *Figures) (int64, bool) { return number(f.Lost) }, FormatInt},
	{"bytes", "sent", NoBetter, func(f *Figures) (int64, bool) { return number(f.Bytes) }, FormatSize},
	{"messages-each", "sent", Lower, func(f *Figures) (int64, bool) { return per(f.Sent, 100, f.Commands) }, hundredths},
	{"bytes-each", "sent", Lower, func(f *Figures) (int64, bool) { return per(f.Bytes, 1, f.Commands) }, FormatSize},
}

// rate is hundredths of decisions a second, over the whole run.
func rate(f *Figures) (int64, bool) {
	us := int64(f.T / consensus.Microsecond)
	if us <= 0 {
		return 0, false
	}
	return int64(f.Decisions) * 100 * 1_000_000 / us, true
}

func (g *figure) text(f *Figures) string {
	v, there := g.of(f)
	if !there {
		return texts.Get("figures.none")
	}
	return g.write(v)
}

// Rows returns the figures as a table.
func (f Figures) Rows() []Figure {
	rows := make([]Figure, len(figureTable))
	for i := range figureTable {
		g := &figureTable[i]
		rows[i] = Figure{
			Key: g.key, Name: texts.Get("figures." + g.key), Says: texts.Get("figures." + g.key + ".says"),
			Value: g.text(&f), Prefer: g.prefer,
		}
	}
	return rows
}

// Compare returns the figures of two runs side by side.
func Compare(a, b Figures) []Comparison {
	rows := make([]Comparison, len(figureTable))
	for i, r := range a.Rows() {
		g := &figureTable[i]
		rows[i] = Comparison{Key: r.Key, Name: r.Name, Says: r.Says, A: r.Value, B: g.text(&b), Prefer: r.Prefer}
		if i == 0 || figureTable[i-1].group != g.group {
			rows[i].Group = texts.Get("figures.group." + g.group)
		}
		va, thereA := g.of(&a)
		vb, thereB := g.of(&b)
		if !thereA || !thereB || rows[i].A == rows[i].B || g.prefer == NoBetter {
			continue
		}
		if rows[i].Better = 1; (va < vb) == (g.prefer == Lower) {
			rows[i].Better = -1
		}
	}
	return rows
}
