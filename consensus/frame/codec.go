package frame

import (
	"errors"
	"strconv"
	"unicode/utf8"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/consensus/wire"
)

// The types of frames, byte 1.
const (
	typeOpen       byte = 1
	typeAdvance    byte = 2
	typeAct        byte = 3
	typeInspect    byte = 4
	typeGetScript  byte = 5
	typeReady      byte = 32
	typeOpened     byte = 33
	typeEvents     byte = 34
	typeHead       byte = 35
	typeActed      byte = 36
	typeRefused    byte = 37
	typeDetail     byte = 38
	typeScript     byte = 39
	typeFailed     byte = 40
	typeOpenLink   byte = 6
	typeVerify     byte = 7
	typeGetLink    byte = 8
	typeGetLibrary byte = 9
	typeActLine    byte = 10
	typeWanted     byte = 41
	typeLinked     byte = 42
	typeVerdict    byte = 43
	typeLink       byte = 44
	typeLibrary    byte = 45
	typeJoin       byte = 11
	typeLeave      byte = 12
	typeConduct    byte = 13
	typeJoined     byte = 46
	typeRoom       byte = 47
	typeDid        byte = 48
	typeLine       byte = 49
)

func (Open) kind() byte       { return typeOpen }
func (Advance) kind() byte    { return typeAdvance }
func (Act) kind() byte        { return typeAct }
func (Inspect) kind() byte    { return typeInspect }
func (GetScript) kind() byte  { return typeGetScript }
func (Ready) kind() byte      { return typeReady }
func (Opened) kind() byte     { return typeOpened }
func (Events) kind() byte     { return typeEvents }
func (Head) kind() byte       { return typeHead }
func (Acted) kind() byte      { return typeActed }
func (Refused) kind() byte    { return typeRefused }
func (Detail) kind() byte     { return typeDetail }
func (Script) kind() byte     { return typeScript }
func (Failed) kind() byte     { return typeFailed }
func (OpenLink) kind() byte   { return typeOpenLink }
func (Verify) kind() byte     { return typeVerify }
func (GetLink) kind() byte    { return typeGetLink }
func (GetLibrary) kind() byte { return typeGetLibrary }
func (ActLine) kind() byte    { return typeActLine }
func (Wanted) kind() byte     { return typeWanted }
func (Linked) kind() byte     { return typeLinked }
func (Verdict) kind() byte    { return typeVerdict }
func (Link) kind() byte       { return typeLink }
func (Library) kind() byte    { return typeLibrary }
func (Join) kind() byte       { return typeJoin }
func (Leave) kind() byte      { return typeLeave }
func (Conduct) kind() byte    { return typeConduct }
func (Joined) kind() byte     { return typeJoined }
func (Room) kind() byte       { return typeRoom }
func (Did) kind() byte        { return typeDid }
func (Line) kind() byte       { return typeLine }

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
	c := wire.Coder{Out: append(b, Version, f.kind(), byte(request), byte(request>>8), byte(request>>16), byte(request>>24))}
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
	case OpenLink:
		f.code(&c)
	case Verify:
		f.code(&c)
	case GetLink:
		f.code(&c)
	case GetLibrary:
	case ActLine:
		f.code(&c)
	case Wanted:
		f.code(&c)
	case Linked:
		f.code(&c)
	case Verdict:
		f.code(&c)
	case Link:
		f.code(&c)
	case Library:
		f.code(&c)
	case Join:
		f.code(&c)
	case Leave:
	case Conduct:
		f.code(&c)
	case Joined:
		f.code(&c)
	case Room:
		f.code(&c)
	case Did:
		f.code(&c)
	case Line:
		f.code(&c)
	case Failed:
		f.Why, f.Stack = clip(f.Why), clip(f.Stack)
		f.code(&c)
	}
	if c.Wrong != "" {
		panic("frame: " + c.Wrong)
	}
	if n := len(c.Out) - start; n > SizeMax {
		panic("frame: " + strconv.Itoa(n) + " bytes are too many, a frame has at most " + strconv.Itoa(SizeMax))
	}
	return c.Out
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
	c := wire.Coder{In: b[headSize:], Reading: true}
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
	case typeOpenLink:
		f = read(&c, (*OpenLink).code)
	case typeVerify:
		f = read(&c, (*Verify).code)
	case typeGetLink:
		f = read(&c, (*GetLink).code)
	case typeGetLibrary:
		f = GetLibrary{}
	case typeActLine:
		f = read(&c, (*ActLine).code)
	case typeWanted:
		f = read(&c, (*Wanted).code)
	case typeLinked:
		f = read(&c, (*Linked).code)
	case typeVerdict:
		f = read(&c, (*Verdict).code)
	case typeLink:
		f = read(&c, (*Link).code)
	case typeLibrary:
		f = read(&c, (*Library).code)
	case typeJoin:
		f = read(&c, (*Join).code)
	case typeLeave:
		f = Leave{}
	case typeConduct:
		f = read(&c, (*Conduct).code)
	case typeJoined:
		f = read(&c, (*Joined).code)
	case typeRoom:
		f = read(&c, (*Room).code)
	case typeDid:
		f = read(&c, (*Did).code)
	case typeLine:
		f = read(&c, (*Line).code)
	default:
		return 0, nil, malformed("its type " + strconv.Itoa(int(b[1])) + " is unknown")
	}
	c.End()
	if c.Wrong != "" {
		return 0, nil, malformed(c.Wrong)
	}
	return request, f, nil
}

func read[F any](c *wire.Coder, code func(*F, *wire.Coder)) F {
	var f F
	code(&f, c)
	return f
}

// The bodies. Each is described once, for both directions.

func (f *Open) code(c *wire.Coder) { c.Text(&f.Script, ScriptMax) }

func (f *Advance) code(c *wire.Coder) {
	c.Signed((*int64)(&f.Until))
	c.Number(&f.Events)
}

func (f *Act) code(c *wire.Coder) { action(c, &f.Action) }

func (f *ActLine) code(c *wire.Coder) {
	c.Signed((*int64)(&f.At))
	str(c, &f.Text)
}

func (f *Inspect) code(c *wire.Coder) {
	c.Number(&f.After)
	c.Byte((*byte)(&f.Node))
	c.Number(&f.Message)
}

func (f *Ready) code(c *wire.Coder) {
	c.Text(&f.Build, TextMax)
	wire.List(c, &f.Protocols, ListMax, protocol)
	wire.List(c, &f.Machines, ListMax, str)
}

func (f *Opened) code(c *wire.Coder) {
	c.Text(&f.Script, ScriptMax)
	str(c, &f.Title)
	setup(c, &f.Setup)
	c.Signed((*int64)(&f.For))
	wire.List(c, &f.Markers, ListMax, marker)
	protocol(c, &f.Protocol)
}

func (f *Events) code(c *wire.Coder) {
	c.Number(&f.First)
	packed(c, &f.Events)
	c.Number(&f.FirstText)
	wire.List(c, &f.Texts, EventsMax, str)
}

func (f *Head) code(c *wire.Coder) {
	c.Signed((*int64)(&f.Time))
	c.Number(&f.Events)
	c.Fixed(&f.Digest, 8)
	c.Byte((*byte)(&f.State))
	if f.State > Full {
		c.Fail("a run's state is unknown")
	}
}

func (f *Acted) code(c *wire.Coder) {
	c.Text(&f.Line, TextMax)
	c.Number(&f.Kept)
	c.Flag(&f.Forked)
}

func (f *Refused) code(c *wire.Coder) { c.Text(&f.Why, TextMax) }

func (f *Detail) code(c *wire.Coder) {
	c.Number(&f.After)
	c.Byte((*byte)(&f.Node))
	c.Number(&f.Message)
	wire.List(c, &f.Fields, ListMax, func(c *wire.Coder, v *consensus.Field) {
		str(c, &v.Group)
		str(c, &v.Name)
		str(c, &v.Value)
	})
}

func (f *Script) code(c *wire.Coder) { c.Text(&f.Text, ScriptMax) }

func (f *Failed) code(c *wire.Coder) {
	c.Text(&f.Why, TextMax)
	c.Text(&f.Stack, TextMax)
}

func (f *OpenLink) code(c *wire.Coder) {
	c.Text(&f.Link, RecordingMax)
	c.Flag(&f.Anyway)
}

func (f *Verify) code(c *wire.Coder) { c.Number(&f.Events) }

func (f *GetLink) code(c *wire.Coder) {
	c.Signed((*int64)(&f.Until))
	str(c, &f.Title)
	wire.List(c, &f.Markers, ListMax, marker)
}

func (f *Wanted) code(c *wire.Coder) {
	str(c, &f.Engine)
	c.Number(&f.Epoch)
	c.Number(&f.World)
}

func (f *Linked) code(c *wire.Coder) {
	c.Flag(&f.Recorded)
	c.Number(&f.Epoch)
	c.Number(&f.World)
	c.Signed((*int64)(&f.End))
	c.Signed((*int64)(&f.At))
	c.Flag(&f.Timed)
	c.Signed((*int64)(&f.Until))
	wire.List(c, &f.View, ListMax, str)
}

func (f *Verdict) code(c *wire.Coder) {
	c.Byte((*byte)(&f.State))
	if f.State > Stopped {
		c.Fail("a verdict is unknown")
	}
	c.Number(&f.Action)
	c.Signed((*int64)(&f.At))
	c.Signed((*int64)(&f.True))
	c.Number(&f.Events)
}

func (f *Link) code(c *wire.Coder) {
	c.Text(&f.Code, RecordingMax)
	c.Flag(&f.Fits)
	c.Text(&f.Text, RecordingMax)
}

func (f *Library) code(c *wire.Coder) {
	wire.List(c, &f.Entries, ListMax, func(c *wire.Coder, v *LibraryEntry) {
		str(c, &v.Name)
		str(c, &v.Engine)
		str(c, &v.Title)
		str(c, &v.Summary)
	})
}

func action(c *wire.Coder, a *scenario.Action) {
	c.Signed((*int64)(&a.At))
	c.Byte((*byte)(&a.Kind))
	c.Byte((*byte)(&a.Node))
	c.Byte((*byte)(&a.Peer))
	c.Byte((*byte)(&a.Timer))
	c.Byte((*byte)(&a.Dial))
	c.Number(&a.Message)
	drift := int64(a.Drift)
	c.Signed(&drift)
	if a.Drift = int32(drift); int64(a.Drift) != drift {
		c.Fail("a drift is out of range")
	}
	c.Signed(&a.Value)
	wire.List(c, &a.Groups, scenario.GroupsMax, func(c *wire.Coder, s *consensus.NodeSet) {
		c.Wide(&s[0])
		c.Wide(&s[1])
	})
	c.Text(&a.Text, consensus.CommandMax)
}

func marker(c *wire.Coder, v *scenario.Marker) {
	c.Signed((*int64)(&v.At))
	str(c, &v.Caption)
}

func setup(c *wire.Coder, s *scenario.Setup) {
	str(c, &s.Engine)
	str(c, &s.Machine)
	count(c, &s.Nodes)
	count(c, &s.Clients)
	c.Wide(&s.Seed)
	for d := 1; d < len(s.Dials); d++ {
		c.Signed(&s.Dials[d])
	}
	wire.List(c, &s.Options, ListMax, func(c *wire.Coder, o *scenario.Option) {
		str(c, &o.Name)
		c.Signed(&o.Value)
	})
	wire.List(c, &s.Off, ListMax, str)
	type disk struct {
		node  consensus.NodeID
		bytes string
	}
	var all []disk
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if b := s.Disks[id]; len(b) > 0 {
			all = append(all, disk{id, string(b)})
		}
	}
	wire.List(c, &all, consensus.NodesMax, func(c *wire.Coder, d *disk) {
		c.Byte((*byte)(&d.node))
		c.Text(&d.bytes, scenario.DiskMax)
	})
	if !c.Reading || c.Wrong != "" || len(all) == 0 {
		return
	}
	s.Disks = map[consensus.NodeID][]byte{}
	last := consensus.None
	for _, d := range all {
		if d.node <= last || d.node > consensus.NodesMax || d.bytes == "" {
			c.Fail("disks are not those of nodes, in their order, with something on them")
			return
		}
		last = d.node
		s.Disks[d.node] = []byte(d.bytes)
	}
}

// count codes a number that is not negative.
func count(c *wire.Coder, v *int) {
	n := uint32(*v)
	if int64(n) != int64(*v) {
		c.Fail("a number is out of range")
	}
	c.Number(&n)
	*v = int(n)
}

func protocol(c *wire.Coder, p *consensus.Protocol) {
	str(c, &p.Name)
	str(c, &p.Title)
	c.Number(&p.Epoch)
	str(c, &p.TermWord)
	str(c, &p.IndexWord)
	c.Number(&p.TermNodes)
	c.Flag(&p.Leaderless)
	c.Flag(&p.Slots)
	str(c, &p.Quorum.Lead)
	str(c, &p.Quorum.Decide)
	str(c, &p.Quorum.Among)
	str(c, &p.Quorum.Meet)
	wire.List(c, &p.Rules, ListMax, func(c *wire.Coder, v *consensus.Rule) {
		str(c, &v.ID)
		str(c, &v.Source)
		str(c, &v.Says)
		str(c, &v.Protects)
		c.Flag(&v.Switchable)
		str(c, &v.Without)
		wire.List(c, &v.Tells, ListMax, str)
		c.Number(&v.Quiet)
	})
	wire.List(c, &p.Invariants, ListMax, func(c *wire.Coder, v *consensus.Invariant) {
		str(c, &v.ID)
		str(c, &v.Name)
		str(c, &v.Source)
		str(c, &v.Says)
		str(c, &v.Broken)
	})
	wire.List(c, &p.Messages, ListMax, func(c *wire.Coder, v *consensus.MessageInfo) {
		c.Byte((*byte)(&v.Kind))
		str(c, &v.Name)
		str(c, &v.Short)
		str(c, &v.Says)
		c.Byte((*byte)(&v.Reply))
	})
	wire.List(c, &p.Roles, ListMax, func(c *wire.Coder, v *consensus.RoleInfo) {
		str(c, &v.Name)
		c.Flag(&v.Leads)
		c.Flag(&v.Seeks)
		str(c, &v.Says)
	})
	wire.List(c, &p.Timers, ListMax, func(c *wire.Coder, v *consensus.TimerInfo) {
		str(c, &v.Name)
		c.Flag(&v.Arc)
		str(c, &v.Says)
	})
	wire.List(c, &p.Options, ListMax, func(c *wire.Coder, v *consensus.OptionInfo) {
		str(c, &v.Name)
		str(c, &v.Label)
		str(c, &v.Unit)
		c.Signed(&v.Default)
		c.Signed(&v.Min)
		c.Signed(&v.Max)
		str(c, &v.Says)
	})
	wire.List(c, &p.Code, ListMax, func(c *wire.Coder, v *consensus.CodeLine) {
		str(c, &v.Block)
		str(c, &v.Text)
		c.Byte(&v.Indent)
		wire.List(c, &v.Rules, ListMax, str)
	})
	wire.List(c, &p.Words, ListMax, func(c *wire.Coder, v *consensus.Word) {
		str(c, &v.Concept)
		str(c, &v.Name)
		str(c, &v.Says)
	})
	str(c, &p.Headlines.Beginning)
	str(c, &p.Headlines.Leads)
	str(c, &p.Headlines.SeeksOne)
	str(c, &p.Headlines.SeeksMany)
	str(c, &p.Headlines.Idle)
	str(c, &p.Headlines.Decided)
}

// str codes a string of at most TextMax bytes.
func str(c *wire.Coder, v *string) { c.Text(v, TextMax) }

// packed codes events.
func packed(c *wire.Coder, v *[]byte) {
	if !c.Reading {
		if trace.Valid(*v) != nil {
			c.Fail("these are no events")
			return
		}
		c.Count(len(*v)/trace.EventSize, EventsMax, trace.EventSize)
		c.Out = append(c.Out, *v...)
		return
	}
	if n := c.Count(0, EventsMax, trace.EventSize) * trace.EventSize; n > 0 {
		*v, c.In = c.In[:n:n], c.In[n:]
		if trace.Valid(*v) != nil {
			c.Fail("an event is malformed")
		}
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
