package view

import (
	"strings"

	"parley/consensus/scenario"
	"parley/web/texts"
)

// asTyped undoes what people, and the page itself, do to a value: blanks between a number
// and its unit, a sign for micro, a comma for the point.
var asTyped = strings.NewReplacer(" ", "", "\u00a0", "", thin, "", "µ", "u", "μ", "u", ",", ".")

// ParseDial reads what somebody typed into the field of a dial, as scenario.ParseDial
// does. What is wrong with it is a sentence of the page's language; "" when nothing is.
func ParseDial(d scenario.Dial, text string) (v int64, wrong string) {
	v, err := scenario.ParseDial(d, asTyped.Replace(text))
	if err == nil {
		return v, ""
	}
	i := d.Info()
	if i == nil {
		return 0, texts.Get("form.no-dial")
	}
	label, _ := DialLabel(d)
	args := []string{"what", label, "min", FormatDial(d, i.Min), "max", FormatDial(d, i.Max)}
	switch i.Unit {
	case scenario.Share:
		return 0, texts.Get("form.share-wrong", args...)
	case scenario.Rate:
		return 0, texts.Get("form.rate-wrong", args...)
	}
	return 0, texts.Get("form.span-wrong", args...)
}

// ParseOption reads what somebody typed into the field of option number i of the
// protocol, as scenario.ParseOption does. What is wrong with it is a sentence of the
// page's language; "" when nothing is.
func (s *Store) ParseOption(i int, text string) (v int64, wrong string) {
	if i < 0 || i >= len(s.Protocol.Options) {
		return 0, texts.Get("form.no-dial")
	}
	o := &s.Protocol.Options[i]
	v, err := scenario.ParseOption(o, asTyped.Replace(text))
	if err == nil {
		return v, ""
	}
	label, _ := s.OptionLabel(i)
	args := []string{"what", label, "min", s.FormatOption(i, o.Min), "max", s.FormatOption(i, o.Max)}
	switch o.Unit {
	case "ms":
		return 0, texts.Get("form.span-wrong", args...)
	case "on":
		return 0, texts.Get("form.on-wrong", args...)
	}
	return 0, texts.Get("form.number-wrong", args...)
}
