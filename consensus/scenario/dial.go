package scenario

import (
	"errors"
	"strconv"

	"parley/consensus"
)

// Unit says what the number of a dial measures, and so how it is written.
type Unit uint8

// Units of dials.
const (
	Span  Unit = iota + 1 // nanoseconds, written "10ms"
	Share                 // parts per million, written "0.5%"
	Rate                  // thousandths a second, written "2.5/s"
)

// DialInfo describes a dial.
type DialInfo struct {
	Dial              Dial
	Name              string // in scripts
	Unit              Unit
	Min, Max, Default int64
	Link              bool // can also be set for one link
	Says              string
}

// DialTable describes every dial, at its index; index 0 is no dial. It is read-only.
var DialTable = [dials]DialInfo{
	Latency: {Latency, "latency", Span, 0, int64(LatencyMax), int64(10 * consensus.Millisecond), true,
		"How long a message travels at least, one way."},
	Jitter: {Jitter, "jitter", Span, 0, int64(LatencyMax), int64(10 * consensus.Millisecond), true,
		"How much longer a message may travel, at random."},
	LossRate: {LossRate, "loss", Share, 0, Million, 0, true,
		"The share of messages that the network loses."},
	Copies: {Copies, "copies", Share, 0, Million, 0, true,
		"The share of messages that arrive twice."},
	Reorder: {Reorder, "reorder", Share, 0, Million, 0, true,
		"The share of messages that later ones may overtake; all others keep their order."},
	DiskTime: {DiskTime, "disk", Span, 0, int64(LatencyMax), int64(200 * consensus.Microsecond), false,
		"How long a write takes to become durable."},
	TornTail: {TornTail, "torn", Share, 0, Million, 0, false,
		"The share of crashes during a write that leave a part of it on the disk."},
	Patience: {Patience, "patience", Span, int64(PatienceMin), int64(PatienceMax), int64(500 * consensus.Millisecond), false,
		"How long a client waits for an answer before it asks again."},
	Pace: {Pace, "pace", Rate, 0, PaceMax, 0, false,
		"How many commands a second the built-in load asks for."},
}

// Info returns the description of the dial, nil when there is no such dial.
func (d Dial) Info() *DialInfo {
	if d == 0 || d >= dials {
		return nil
	}
	return &DialTable[d]
}

// String returns the dial's name in scripts.
func (d Dial) String() string {
	if i := d.Info(); i != nil {
		return i.Name
	}
	return "dial " + strconv.Itoa(int(d))
}

// DialNamed returns the dial with that name in scripts, and whether there is one.
func DialNamed(name string) (Dial, bool) {
	for d := Latency; d < dials; d++ {
		if DialTable[d].Name == name {
			return d, true
		}
	}
	return 0, false
}

// FormatDial writes a dial's value as a script has it: "10ms", "0.5%", "2.5/s".
func FormatDial(d Dial, v int64) string {
	if i := d.Info(); i != nil {
		switch i.Unit {
		case Share:
			return FormatShare(v)
		case Rate:
			return decimal(v, 1000) + "/s"
		}
	}
	return FormatSpan(consensus.Duration(v))
}

// ParseDial reads a dial's value from a form or a script. A number without a unit
// counts in the unit that forms show: milliseconds, percent, or commands a second.
// The error is a sentence for the person who wrote it.
func ParseDial(d Dial, text string) (int64, error) {
	return parseDial(d, trim(text), true)
}

// parseDial reads a dial's value. In a script the unit must be there, in a form it
// may be left out.
func parseDial(d Dial, text string, form bool) (int64, error) {
	i := d.Info()
	if i == nil {
		return 0, errors.New("there is no such dial")
	}
	bare := form && isDecimal(text)
	var v int64
	var err error
	switch i.Unit {
	case Span:
		if bare {
			text += "ms"
		}
		var t consensus.Duration
		t, err = ParseSpan(text)
		v = int64(t)
	case Share:
		if bare {
			text += "%"
		}
		v, err = ParseShare(text)
	case Rate:
		if bare {
			text += "/s"
		}
		v, err = parseRate(text)
	}
	if err != nil {
		return 0, err
	}
	return v, i.check(v)
}

// check refuses a value that is out of the dial's range.
func (i *DialInfo) check(v int64) error {
	if v >= i.Min && v <= i.Max {
		return nil
	}
	return errors.New(i.Name + " can be " + FormatDial(i.Dial, i.Min) + " to " + FormatDial(i.Dial, i.Max) +
		", not " + FormatDial(i.Dial, v))
}

// FormatOption writes an option's value as its field in a form shows it: a time for
// the unit "ms", on or off for "on", else the plain number.
func FormatOption(o *consensus.OptionInfo, v int64) string {
	switch {
	case o.Unit == "ms":
		return FormatSpan(consensus.Duration(v))
	case o.Unit == "on" && v == 0:
		return "off"
	case o.Unit == "on" && v == 1:
		return "on"
	}
	return strconv.FormatInt(v, 10)
}

// ParseOption reads an option's value from a form: a time or bare milliseconds for the
// unit "ms", on, off, 1 or 0 for "on", else a plain number. The error is a sentence
// for the person who wrote it.
func ParseOption(o *consensus.OptionInfo, text string) (int64, error) {
	text = trim(text)
	if o.Unit == "ms" {
		if isDecimal(text) {
			text += "ms"
		}
		t, err := ParseSpan(text)
		if err != nil {
			return 0, err
		}
		return int64(t), checkOption(o, int64(t))
	}
	v, err := parseValue(text)
	if err != nil {
		return 0, err
	}
	return v, checkOption(o, v)
}

func checkOption(o *consensus.OptionInfo, v int64) error {
	if v >= o.Min && v <= o.Max {
		return nil
	}
	if o.Unit == "on" {
		return errors.New(o.Name + " can be on or off, not " + strconv.FormatInt(v, 10))
	}
	return errors.New(o.Name + " can be " + FormatOption(o, o.Min) + " to " + FormatOption(o, o.Max) +
		", not " + FormatOption(o, v))
}
