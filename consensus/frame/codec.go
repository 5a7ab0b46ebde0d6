package frame

import (
	"errors"
	"strconv"
	"unicode/utf8"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// The types of frames, byte 1.
const (
	typeOpen      byte = 1
	typeAdvance   byte = 2
	typeAct       byte = 3
	typeInspect   byte = 4
	typeGetScript byte = 5
	typeReady     byte = 32
	typeOpened    byte = 33
	typeEvents    byte = 34
	typeHead      byte = 35
	typeActed     byte = 36
	typeRefused   byte = 37
	typeDetail    byte = 38
	typeScript    byte = 39
	typeFailed    byte = 40
)

func (Open) kind() byte      { return typeOpen }
func (Advance) kind() byte   { return typeAdvance }
func (Act) kind() byte       { return typeAct }
func (Inspect) kind() byte   { return typeInspect }
func (GetScript) kind() byte { return typeGetScript }
func (Ready) kind() byte     { return typeReady }
func (Opened) kind() byte    { return typeOpened }
func (Events) kind() byte    { return typeEvents }
func (Head) kind() byte      { return typeHead }
func (Acted) kind() byte     { return typeActed }
func (Refused) kind() byte   { return typeRefused }
func (Detail) kind() byte    { return typeDetail }
func (Script) kind() byte    { return typeScript }
func (Failed) kind() byte    { return typeFailed }

// ErrFrame is what every error of Decode is.
var ErrFrame = errors.New("malformed frame")

// malformed is an ErrFrame that says what is wrong.
type malformed string

func (m malformed) Error() string { return ErrFrame.Error() + ": " + string(m) }
func (m malformed) Unwrap() error { return ErrFrame }

// headSize is the number of bytes before the body.
const headSize = 6

// Append adds the encoding of f to b. The sentences of Refused and Failed are cut to
// TextMax; anything else beyond the bounds of a frame is a mistake of the caller and
// panics.
func Append(b []byte, request uint32, f Frame) []byte {
	start := len(b)
	c := coder{out: append(b, Version, f.kind(), byte(request), byte(request>>8), byte(request>>16), byte(request>>24))}
	switch f := f.(type) {
	case Open:
		f.code(&c)
	case Advance:
		f.code(&c)
	case Act:
		f.code(&c)
	case Inspect:
		f.code(&c)
	case GetScript:
	case Ready:
		f.code(&c)
	case Opened:
		f.code(&c)
	case Events:
		f.code(&c)
	case Head:
		f.code(&c)
	case Acted:
		f.code(&c)
	case Refused:
		f.Why = clip(f.Why)
		f.code(&c)
	case Detail:
		f.code(&c)
	case Script:
		f.code(&c)
	case Failed:
		f.Why, f.Stack = clip(f.Why), clip(f.Stack)
		f.code(&c)
	}
	if c.wrong != "" {
		panic("frame: " + c.wrong)
	}
	if n := len(c.out) - start; n > SizeMax {
		panic("frame: " + strconv.Itoa(n) + " bytes are too many, a frame has at most " + strconv.Itoa(SizeMax))
	}
	return c.out
}

// Decode reads the frame that b is. Events.Events of the result stands in b; everything
// else is copied. An error wraps ErrFrame and says what is wrong.
func Decode(b []byte) (request uint32, f Frame, err error) {
	if len(b) < headSize {
		return 0, nil, malformed("it is too short")
	}
	if len(b) > SizeMax {
		return 0, nil, malformed("it is too long")
	}
	if b[0] != Version {
		return 0, nil, malformed("it has version " + strconv.Itoa(int(b[0])) + ", known here is " + strconv.Itoa(Version))
	}
	request = uint32(b[2]) | uint32(b[3])<<8 | uint32(b[4])<<16 | uint32(b[5])<<24
	c := coder{in: b[headSize:], reading: true}
	switch b[1] {
	case typeOpen:
		f = read(&c, (*Open).code)
	case typeAdvance:
		f = read(&c, (*Advance).code)
	case typeAct:
		f = read(&c, (*Act).code)
	case typeInspect:
		f = read(&c, (*Inspect).code)
	case typeGetScript:
		f = GetScript{}
	case typeReady:
		f = read(&c, (*Ready).code)
	case typeOpened:
		f = read(&c, (*Opened).code)
	case typeEvents:
		f = read(&c, (*Events).code)
	case typeHead:
		f = read(&c, (*Head).code)
	case typeActed:
		f = read(&c, (*Acted).code)
	case typeRefused:
		f = read(&c, (*Refused).code)
	case typeDetail:
		f = read(&c, (*Detail).code)
	case typeScript:
		f = read(&c, (*Script).code)
	case typeFailed:
		f = read(&c, (*Failed).code)
	default:
		return 0, nil, malformed("its type " + strconv.Itoa(int(b[1])) + " is unknown")
	}
	if c.wrong == "" && len(c.in) > 0 {
		c.wrong = strconv.Itoa(len(c.in)) + " bytes are left over"
	}
	if c.wrong != "" {
		return 0, nil, malformed(c.wrong)
	}
	return request, f, nil
}

func read[F any](c *coder, code func(*F, *coder)) F {
	var f F
	code(&f, c)
	return f
}

// The bodies. Each is described once, for both directions.

func (f *Open) code(c *coder) { c.text(&f.Script, ScriptMax) }

func (f *Advance) code(c *coder) {
	c.signed((*int64)(&f.Until))
	c.number(&f.Events)
}

func (f *Act) code(c *coder) { action(c, &f.Action) }

func (f *Inspect) code(c *coder) {
	c.number(&f.After)
	c.byte((*byte)(&f.Node))
	c.number(&f.Message)
}

func (f *Ready) code(c *coder) {
	c.text(&f.Build, TextMax)
	list(c, &f.Protocols, ListMax, protocol)
	list(c, &f.Machines, ListMax, str)
}

func (f *Opened) code(c *coder) {
	c.text(&f.Script, ScriptMax)
	protocol(c, &f.Protocol)
}

func (f *Events) code(c *coder) {
	c.number(&f.First)
	c.events(&f.Events)
	c.number(&f.FirstText)
	list(c, &f.Texts, EventsMax, str)
}

func (f *Head) code(c *coder) {
	c.signed((*int64)(&f.Time))
	c.number(&f.Events)
	c.fixed(&f.Digest)
	c.byte((*byte)(&f.State))
	if f.State > Full {
		c.fail("a run's state is unknown")
	}
}

func (f *Acted) code(c *coder) {
	c.text(&f.Line, TextMax)
	c.number(&f.Kept)
	c.flag(&f.Forked)
}

func (f *Refused) code(c *coder) { c.text(&f.Why, TextMax) }

func (f *Detail) code(c *coder) {
	c.number(&f.After)
	c.byte((*byte)(&f.Node))
	c.number(&f.Message)
	list(c, &f.Fields, ListMax, func(c *coder, v *consensus.Field) {
		str(c, &v.Group)
		str(c, &v.Name)
		str(c, &v.Value)
	})
}

func (f *Script) code(c *coder) { c.text(&f.Text, ScriptMax) }

func (f *Failed) code(c *coder) {
	c.text(&f.Why, TextMax)
	c.text(&f.Stack, TextMax)
}

func action(c *coder, a *scenario.Action) {
	c.signed((*int64)(&a.At))
	c.byte((*byte)(&a.Kind))
	c.byte((*byte)(&a.Node))
	c.byte((*byte)(&a.Peer))
	c.byte((*byte)(&a.Timer))
	c.byte((*byte)(&a.Dial))
	c.number(&a.Message)
	drift := int64(a.Drift)
	c.signed(&drift)
	if a.Drift = int32(drift); int64(a.Drift) != drift {
		c.fail("a drift is out of range")
	}
	c.signed(&a.Value)
	list(c, &a.Groups, scenario.GroupsMax, func(c *coder, s *consensus.NodeSet) {
		c.wide(&s[0])
		c.wide(&s[1])
	})
	c.text(&a.Text, consensus.CommandMax)
}

func protocol(c *coder, p *consensus.Protocol) {
	str(c, &p.Name)
	str(c, &p.Title)
	c.number(&p.Epoch)
	str(c, &p.TermWord)
	str(c, &p.IndexWord)
	c.number(&p.TermNodes)
	c.flag(&p.Leaderless)
	c.flag(&p.Slots)
	str(c, &p.Quorum.Lead)
	str(c, &p.Quorum.Decide)
	str(c, &p.Quorum.Among)
	str(c, &p.Quorum.Meet)
	list(c, &p.Rules, ListMax, func(c *coder, v *consensus.Rule) {
		str(c, &v.ID)
		str(c, &v.Source)
		str(c, &v.Says)
		str(c, &v.Protects)
		c.flag(&v.Switchable)
		str(c, &v.Without)
		list(c, &v.Tells, ListMax, str)
		c.number(&v.Quiet)
	})
	list(c, &p.Invariants, ListMax, func(c *coder, v *consensus.Invariant) {
		str(c, &v.ID)
		str(c, &v.Name)
		str(c, &v.Source)
		str(c, &v.Says)
		str(c, &v.Broken)
	})
	list(c, &p.Messages, ListMax, func(c *coder, v *consensus.MessageInfo) {
		c.byte((*byte)(&v.Kind))
		str(c, &v.Name)
		str(c, &v.Short)
		str(c, &v.Says)
		c.byte((*byte)(&v.Reply))
	})
	list(c, &p.Roles, ListMax, func(c *coder, v *consensus.RoleInfo) {
		str(c, &v.Name)
		c.flag(&v.Leads)
		c.flag(&v.Seeks)
		str(c, &v.Says)
	})
	list(c, &p.Timers, ListMax, func(c *coder, v *consensus.TimerInfo) {
		str(c, &v.Name)
		c.flag(&v.Arc)
		str(c, &v.Says)
	})
	list(c, &p.Options, ListMax, func(c *coder, v *consensus.OptionInfo) {
		str(c, &v.Name)
		str(c, &v.Label)
		str(c, &v.Unit)
		c.signed(&v.Default)
		c.signed(&v.Min)
		c.signed(&v.Max)
		str(c, &v.Says)
	})
	list(c, &p.Code, ListMax, func(c *coder, v *consensus.CodeLine) {
		str(c, &v.Block)
		str(c, &v.Text)
		c.byte(&v.Indent)
		list(c, &v.Rules, ListMax, str)
	})
	list(c, &p.Words, ListMax, func(c *coder, v *consensus.Word) {
		str(c, &v.Concept)
		str(c, &v.Name)
		str(c, &v.Says)
	})
	str(c, &p.Headlines.Beginning)
	str(c, &p.Headlines.Leads)
	str(c, &p.Headlines.SeeksOne)
	str(c, &p.Headlines.SeeksMany)
	str(c, &p.Headlines.Idle)
}

// coder writes values to out, or reads them from in. After the first mistake it does
// nothing any more, and wrong says what it was.
type coder struct {
	out, in []byte
	reading bool
	wrong   string
}

func (c *coder) fail(why string) {
	if c.wrong == "" {
		c.wrong, c.in = why, nil
	}
}

func (c *coder) byte(v *byte) {
	switch {
	case !c.reading:
		c.out = append(c.out, *v)
	case len(c.in) == 0:
		c.fail("it ends too early")
	default:
		*v, c.in = c.in[0], c.in[1:]
	}
}

func (c *coder) flag(v *bool) {
	var b byte
	if *v {
		b = 1
	}
	c.byte(&b)
	if b > 1 {
		c.fail("a flag is neither 0 nor 1")
	}
	*v = b == 1
}

// wide codes an unsigned varint.
func (c *coder) wide(v *uint64) {
	if !c.reading {
		u := *v
		for u >= 0x80 {
			c.out = append(c.out, byte(u)|0x80)
			u >>= 7
		}
		c.out = append(c.out, byte(u))
		return
	}
	var u uint64
	for i := 0; ; i++ {
		if i == len(c.in) {
			c.fail("it ends too early")
			return
		}
		b := c.in[i]
		if i == 9 && b > 1 || i > 0 && b == 0 {
			c.fail("a number is not in its shortest form, or too large")
			return
		}
		u |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			*v, c.in = u, c.in[i+1:]
			return
		}
	}
}

// number codes a varint of 32 bits.
func (c *coder) number(v *uint32) {
	u := uint64(*v)
	c.wide(&u)
	if u > 1<<32-1 {
		c.fail("a number is too large")
	}
	*v = uint32(u)
}

// signed codes a zigzag varint.
func (c *coder) signed(v *int64) {
	u := uint64(*v)<<1 ^ uint64(*v>>63)
	c.wide(&u)
	*v = int64(u>>1) ^ -int64(u&1)
}

// fixed codes eight bytes, little-endian.
func (c *coder) fixed(v *uint64) {
	for i := range 8 {
		b := byte(*v >> (8 * i))
		c.byte(&b)
		*v = *v&^(0xff<<(8*i)) | uint64(b)<<(8*i)
	}
}

// count codes the length of a list or string, at most max, of elements that take at
// least size bytes each.
func (c *coder) count(n, max, size int) int {
	u := uint64(n)
	c.wide(&u)
	if u > uint64(max) {
		c.fail("a list or text has " + strconv.FormatUint(u, 10) + " elements, at most " + strconv.Itoa(max) + " are allowed")
		return 0
	}
	if c.reading && u*uint64(size) > uint64(len(c.in)) {
		c.fail("it ends too early")
		return 0
	}
	return int(u)
}

func (c *coder) text(v *string, max int) {
	n := c.count(len(*v), max, 1)
	if !c.reading {
		c.out = append(c.out, *v...)
		return
	}
	if n > 0 { // also false after a mistake
		*v, c.in = string(c.in[:n]), c.in[n:]
	}
}

// str codes a string of at most TextMax bytes.
func str(c *coder, v *string) { c.text(v, TextMax) }

func (c *coder) events(v *[]byte) {
	if !c.reading {
		if trace.Valid(*v) != nil {
			c.fail("these are no events")
			return
		}
		c.count(len(*v)/trace.EventSize, EventsMax, trace.EventSize)
		c.out = append(c.out, *v...)
		return
	}
	if n := c.count(0, EventsMax, trace.EventSize) * trace.EventSize; n > 0 {
		*v, c.in = c.in[:n:n], c.in[n:]
		if trace.Valid(*v) != nil {
			c.fail("an event is malformed")
		}
	}
}

// list codes a list of at most max elements.
func list[T any](c *coder, v *[]T, max int, code func(*coder, *T)) {
	n := c.count(len(*v), max, 1)
	if c.reading && n > 0 {
		*v = make([]T, n)
	}
	for i := range n {
		if c.wrong != "" {
			return
		}
		code(c, &(*v)[i])
	}
}

// clip cuts a sentence to TextMax bytes.
func clip(s string) string {
	if len(s) <= TextMax {
		return s
	}
	n := TextMax
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
