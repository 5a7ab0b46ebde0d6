package replay

import (
	"parley/consensus"
	"parley/consensus/scenario"
)

// Address is what stands behind the # of a link: a run, and how to look at it.
//
//	#1eJx…                      a recording, see Recording.Link
//	#s=first-election           a built-in scenario, by its name
//	#1eJx…&t=1.84s&until=3s     opened at a moment, and played up to another
//	#1eJx…&view=ring,logs       with only these parts on show
//
// Words that are not known are passed over: later versions may have more of them.
type Address struct {
	Code     string // of a recording
	Scenario string // the name of a built-in scenario; either this or Code is there
	At       consensus.Time
	Timed    bool           // At was said
	Until    consensus.Time // 0: not said
	View     []string       // of Views, each at most once; nil: not said
}

// Views are the parts of the page that an address can name.
var Views = []string{"ring", "logs", "diagram", "feed", "inspector", "pseudocode"}

// ParseAddress reads an address, or a link with what stands before the # too. An error is
// an *Error.
func ParseAddress(link string) (Address, error) {
	if _, behind, ok := cut(link, '#'); ok {
		link = behind
	}
	var a Address
	link = trim(link)
	if len(link) > CodeMax {
		// The recording's own sentence says so; what follows it cannot be looked at.
		return Address{Code: link}, nil
	}
	for i, more := 0, true; more; i++ {
		var word string
		word, link, more = cut(link, '&')
		key, v, said := cut(word, '=')
		switch {
		case i == 0 && key == "s" && isName(v):
			a.Scenario = v
		case i == 0 && key == "s" && said:
			return Address{}, &Error{None, ""}
		case i == 0:
			a.Code = word
		case key == "t":
			if t, ok := parseMoment(v); ok {
				a.At, a.Timed = t, true
			}
		case key == "until":
			if t, ok := parseMoment(v); ok {
				a.Until = t
			}
		case key == "view":
			a.View = parseView(v)
		}
	}
	if a.Code == "" && a.Scenario == "" {
		return Address{}, &Error{None, ""}
	}
	return a, nil
}

// String returns the address with its #.
func (a Address) String() string {
	s := "#" + a.Code
	if a.Scenario != "" {
		s = "#s=" + a.Scenario
	}
	if a.Timed {
		s += "&t=" + scenario.FormatSpan(a.At)
	}
	if a.Until > 0 {
		s += "&until=" + scenario.FormatSpan(a.Until)
	}
	for i, v := range a.View {
		if i == 0 {
			s += "&view=" + v
		} else {
			s += "," + v
		}
	}
	return s
}

func parseMoment(s string) (consensus.Time, bool) {
	t, err := scenario.ParseSpan(s)
	return t, err == nil && t >= 0 && t <= scenario.RunMax
}

func parseView(s string) (views []string) {
	for _, v := range Views {
		for rest, more := s, true; more; {
			var word string
			if word, rest, more = cut(rest, ','); word == v {
				views = append(views, v)
				break
			}
		}
	}
	return views
}

// isName reports whether s can be the name of a scenario.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return s != "" && len(s) <= scenario.NameMax
}
