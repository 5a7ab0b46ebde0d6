package hosting

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/wire"
)

const (
	typeHello    byte = 64
	typeWork     byte = 65
	typeDone     byte = 66
	typeWantDisk byte = 67
	typeForget   byte = 68
	typeBye      byte = 69
	typeAsk      byte = 70
	typeHere     byte = 71
)

func (*Hello) kind() byte   { return typeHello }
func (*Work) kind() byte    { return typeWork }
func (*Done) kind() byte    { return typeDone }
func (WantDisk) kind() byte { return typeWantDisk }
func (Forget) kind() byte   { return typeForget }
func (Bye) kind() byte      { return typeBye }
func (Ask) kind() byte      { return typeAsk }
func (Here) kind() byte     { return typeHere }

// headSize is the number of bytes before the body: version and type.
const headSize = 2

// malformed is a frame.ErrFrame that says what is wrong.
type malformed string

func (m malformed) Error() string { return frame.ErrFrame.Error() + ": " + string(m) }
func (m malformed) Unwrap() error { return frame.ErrFrame }

// Old reports whether b was sent by a program of another version.
func Old(b []byte) bool { return len(b) > 0 && b[0] != Version }

// Append adds the encoding of f to b. What is beyond the bounds of a frame is a mistake of
// the caller and panics.
func Append(b []byte, f Frame) []byte {
	c := wire.Coder{Out: append(b, Version, f.kind())}
	switch f := f.(type) {
	case *Hello:
		f.code(&c)
	case *Work:
		f.code(&c)
	case *Done:
		f.code(&c)
	case WantDisk:
		f.code(&c)
	case Forget:
		c.Byte((*byte)(&f.Node))
	}
	if c.Wrong != "" {
		panic("hosting: " + c.Wrong)
	}
	return c.Out
}

// Decode reads the frame that b is. Byte slices of the result are copies. An error wraps
// frame.ErrFrame and says what is wrong.
func Decode(b []byte) (Frame, error) {
	switch {
	case len(b) < headSize:
		return nil, malformed("it is too short")
	case len(b) > frame.SizeMax:
		return nil, malformed("it is too long")
	case Old(b):
		return nil, malformed("it has version " + strconv.Itoa(int(b[0])) + ", known here is " + strconv.Itoa(Version))
	}
	c := wire.Coder{In: b[headSize:], Reading: true}
	var f Frame
	switch b[1] {
	case typeHello:
		h := new(Hello)
		h.code(&c)
		f = h
	case typeWork:
		w := new(Work)
		w.code(&c)
		f = w
	case typeDone:
		d := new(Done)
		d.code(&c)
		f = d
	case typeWantDisk:
		var w WantDisk
		w.code(&c)
		f = w
	case typeForget:
		var g Forget
		c.Byte((*byte)(&g.Node))
		f = g
	case typeBye:
		f = Bye{}
	case typeAsk:
		f = Ask{}
	case typeHere:
		f = Here{}
	default:
		return nil, malformed("its type " + strconv.Itoa(int(b[1])) + " is unknown")
	}
	c.End()
	if c.Wrong != "" {
		return nil, malformed(c.Wrong)
	}
	return f, nil
}

func (p *Place) code(c *wire.Coder) {
	c.Byte((*byte)(&p.Node))
	c.Number(&p.Boot)
	c.Number(&p.Seq)
}

func (f *Hello) code(c *wire.Coder) {
	c.Text(&f.Room, frame.TokenMax)
	c.Text(&f.Token, frame.TokenMax)
	c.Text(&f.Name, frame.NameMax)
	c.Fixed(&f.Instance, 8)
	wire.List(c, &f.Engines, EnginesMax, func(c *wire.Coder, e *Engine) {
		c.Text(&e.Name, frame.TokenMax)
		c.Number(&e.Epoch)
		c.Number(&e.World)
	})
	c.Number(&f.Events)
	c.Number(&f.Texts)
	c.Number(&f.Actions)
	wire.List(c, &f.Nodes, consensus.NodesMax, func(c *wire.Coder, p *Place) { p.code(c) })
}

func (f *Work) code(c *wire.Coder) {
	f.Place.code(c)
	c.Flag(&f.Quiet)
	c.Signed((*int64)(&f.At))
	in := &f.Input
	c.Byte((*byte)(&in.Kind))
	c.Signed((*int64)(&in.Now))
	switch in.Kind {
	case consensus.InputStart:
		f.codeStart(c)
	case consensus.InputMessage:
		m := &in.Message
		c.Byte((*byte)(&m.From))
		c.Byte((*byte)(&m.To))
		c.Byte((*byte)(&m.Kind))
		c.Byte((*byte)(&m.Flags))
		c.Number((*uint32)(&m.Term))
		data(c, &m.Data, consensus.MessageMax)
	case consensus.InputTimer:
		c.Byte((*byte)(&in.Timer))
	case consensus.InputRequest:
		c.Byte((*byte)(&in.Request.Client))
		c.Number(&in.Request.Seq)
		data(c, &in.Request.Command, consensus.CommandMax)
	case consensus.InputConfigure:
		settings(c, &in.Settings)
	default:
		c.Fail("an input is of an unknown kind")
	}
}

func (f *Work) codeStart(c *wire.Coder) {
	c.Number(&f.Disk.Size)
	c.Fixed(&f.Disk.Hash, 8)
	c.Flag(&f.Disk.Given)
	if f.Disk.Given {
		data(c, &f.Input.Disk, DiskMax)
	}
	c.Wide(&f.Config.Nodes[0])
	c.Wide(&f.Config.Nodes[1])
	c.Fixed(&f.Config.Seed, 8)
	settings(c, &f.Config.Settings)
	c.Text(&f.Config.Machine, frame.TokenMax)
}

func settings(c *wire.Coder, s *consensus.Settings) {
	c.Wide((*uint64)(&s.Off))
	wire.List(c, &s.Options, ListMax, (*wire.Coder).Signed)
}

func (f *Done) code(c *wire.Coder) {
	f.Place.code(c)
	fx := &f.Effects
	data(c, &fx.Write, WriteMax)
	c.Flag(&fx.Replace)
	c.Flag(&fx.Loose)
	codeMessages(c, fx)
	wire.List(c, &fx.Timers, ListMax, func(c *wire.Coder, t *consensus.TimerChange) {
		c.Byte((*byte)(&t.Timer))
		c.Signed((*int64)(&t.After))
	})
	wire.List(c, &fx.Replies, ListMax, func(c *wire.Coder, r *consensus.Reply) {
		c.Byte((*byte)(&r.Client))
		c.Number(&r.Seq)
		c.Byte((*byte)(&r.Status))
		c.Byte((*byte)(&r.Leader))
		data(c, &r.Result, consensus.MessageMax)
	})
	wire.List(c, &fx.Notes, ListMax, func(c *wire.Coder, n *consensus.Note) {
		c.Byte((*byte)(&n.Kind))
		c.Byte((*byte)(&n.Peer))
		c.Byte(&n.Sub)
		rule := uint32(n.Rule)
		c.Number(&rule)
		if n.Rule = consensus.RuleID(rule); uint32(n.Rule) != rule {
			c.Fail("a rule is out of range")
		}
		c.Number((*uint32)(&n.Term))
		c.Number(&n.A)
		c.Number(&n.B)
		c.Number(&n.C)
		c.Number(&n.D)
	})
}

// codeMessages codes what a node sends. A broadcast has its data once.
func codeMessages(c *wire.Coder, fx *consensus.Effects) {
	var last []byte
	wire.List(c, &fx.Messages, ListMax, func(c *wire.Coder, m *consensus.Message) {
		c.Byte((*byte)(&m.To))
		c.Byte((*byte)(&m.Kind))
		c.Byte((*byte)(&m.Flags))
		c.Number((*uint32)(&m.Term))
		again := !c.Reading && same(m.Data, last)
		c.Flag(&again)
		switch {
		case !again:
			data(c, &m.Data, consensus.MessageMax)
		case c.Reading && len(last) == 0:
			c.Fail("a message repeats one that there is not")
		case c.Reading:
			m.Data = last
		}
		last = m.Data
	})
}

// same reports whether two messages share their data.
func same(a, b []byte) bool { return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] }

// data codes bytes, at most max; what is read is a copy, nil if there are none.
func data(c *wire.Coder, v *[]byte, max int) {
	n := c.Count(len(*v), max, 1)
	if !c.Reading {
		c.Out = append(c.Out, *v...)
		return
	}
	if n > 0 {
		*v, c.In = append([]byte(nil), c.In[:n]...), c.In[n:]
	}
}
