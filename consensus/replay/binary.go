package replay

import (
	bits64 "math/bits"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
	"parley/consensus/wire"
)

// The binary form of a recording is three runs of bytes: a head, which says what is needed
// to run it and can be read before anything else is loaded; a body, which packs well; and
// noise, which does not and would spoil the code of the rest. Numbers of head and body are
// those of package wire, moments a number (see moment). In the body stands together what
// is alike: first all kinds of the actions, then all their times, and so on.
//
// The head:
//
//	engine         text
//	epochs         two numbers, of the engine and of the World
//
// The body:
//
//	fields         number: a bit for each field of the setup and the script that differs
//	               from the frozen defaults of the World's epoch, see the fields below
//	               and, from fieldDials on, a bit for each dial
//	the fields     in the order of their bits
//	end            moment
//	actions        list: a byte each, ten times the kind, and the unit of the time
//	times          of each unit that occurs the noisy numbers (see noisy) of how many
//	               units an action comes after the one before
//	messages       noisy numbers: the distance from the one before, zigzag
//	nodes, peers, timers, dials, drifts, values, groups (see groups), texts of those
//	               kinds that have them, a text as how many bytes of the last one of its
//	               kind it begins with, and the rest
//	markers        list of moments (as the distance from the one before) and captions
//	known          a byte: how many hexadecimal digits of each check there are, at most 2
//	               (of more than checksLong actions, 1)
//
// The noise is, bit by bit: that of the noisy numbers; for each action the first digits of
// its digest; the 64 bits of the last digest.
//
// A recording has one binary form only.

// bodyMax is the largest size of a body, in bytes.
const bodyMax = 2 << 20

// checksLong is the number of actions above which a link has a hexadecimal digit of
// each check and not two.
const checksLong = 128

// knownIn returns how many digits of its checks a link of so many actions has at most.
func knownIn(actions int) int {
	if actions > checksLong {
		return 1
	}
	return 2
}

// Fields of a recording that may be as in the defaults.
const (
	fieldTitle = 1 << iota
	fieldMachine
	fieldNodes
	fieldClients
	fieldSeed
	fieldFor
	fieldOptions
	fieldOff
	fieldDisks
	fieldDials // of dial 1; those of the others follow
)

// binary returns the binary form of a valid recording.
func (r *Recording) binary() (head, body, noise []byte) {
	short := r.Trim(knownIn(len(r.Checks)))
	var h wire.Coder
	short.head(&h)
	var c coder
	short.code(&c)
	if c.Wrong != "" {
		panic("replay: " + c.Wrong)
	}
	return h.Out, c.Out, c.noise.bytes
}

// decodeHead reads the head that b begins with, and returns what follows it.
func decodeHead(b []byte) (r Recording, rest []byte, err error) {
	h := wire.Coder{In: b, Reading: true}
	if r.head(&h); h.Wrong != "" {
		return r, nil, &Error{Malformed, h.Wrong}
	}
	_, err = r.Epochs.defaults()
	return r, h.In, err
}

// decode reads body and noise of a recording of which the head was read. An error is an
// *Error.
func (r *Recording) decode(body, noise []byte) error {
	c := coder{Coder: wire.Coder{In: body, Reading: true}, noise: bits{bytes: noise}}
	r.code(&c)
	c.End()
	if c.Wrong != "" {
		return &Error{Malformed, c.Wrong}
	}
	if err := r.Validate(); err != nil {
		return &Error{Malformed, err.Error()}
	}
	if _, b, n := r.binary(); string(b) != string(body) || string(n) != string(noise) {
		return &Error{Malformed, "it is not in its one form"}
	}
	return nil
}

// coder writes or reads a binary form.
type coder struct {
	wire.Coder
	noise bits
}

// low codes so many bits of noise.
func (c *coder) low(v *uint64, n uint) {
	if !c.Reading {
		c.noise.put(*v, n)
	} else if u, ok := c.noise.take(n); ok {
		*v = u
	} else {
		c.Fail("it ends too early")
	}
}

// bits is a run of bits, the lowest of each byte first.
type bits struct {
	bytes []byte
	at    uint // of the next one
}

func (b *bits) put(v uint64, n uint) {
	for i := range n {
		if b.at%8 == 0 {
			b.bytes = append(b.bytes, 0)
		}
		b.bytes[b.at/8] |= byte(v>>i&1) << (b.at % 8)
		b.at++
	}
}

func (b *bits) take(n uint) (v uint64, ok bool) {
	if uint(len(b.bytes))*8-b.at < n {
		return 0, false
	}
	for i := range n {
		v |= uint64(b.bytes[b.at/8]>>(b.at%8)&1) << i
		b.at++
	}
	return v, true
}

// head codes what is needed to run the recording.
func (r *Recording) head(c *wire.Coder) {
	c.Text(&r.Script.Setup.Engine, scenario.NameMax)
	c.Number(&r.Epochs.Engine)
	c.Number(&r.Epochs.World)
}

// code codes body and noise.
func (r *Recording) code(c *coder) {
	s := &r.Script
	base, err := r.Epochs.defaults()
	if err != nil {
		c.Fail(err.Error())
		return
	}
	r.fields(&c.Coder, base)
	moment(&c.Coder, &r.End)
	actions(c, &s.Actions, s.Setup.Nodes)
	last := consensus.Time(0)
	wire.List(&c.Coder, &s.Markers, scenario.MarkersMax, func(c *wire.Coder, m *scenario.Marker) {
		t := m.At - last
		moment(c, &t)
		m.At = last + t
		last = m.At
		c.Text(&m.Caption, scenario.CaptionMax)
	})
	known := byte(r.Known)
	c.Byte(&known)
	if known < 1 || known > 16 {
		c.Fail("a digest has a number of digits that cannot be")
		return
	}
	if c.Reading {
		r.Checks, r.Known = make([]trace.Digest, len(s.Actions)), int(known)
	}
	known *= 4 // bits
	for i := range r.Checks {
		first := uint64(r.Checks[i]) >> (64 - known)
		c.low(&first, uint(known))
		r.Checks[i] = trace.Digest(first << (64 - known))
	}
	c.low((*uint64)(&r.Digest), 64)
}

// fields codes what differs from the defaults.
func (r *Recording) fields(c *wire.Coder, base *scenario.Setup) {
	s := &r.Script.Setup
	bits := uint64(0)
	for i, differs := range [...]bool{
		r.Script.Title != "", s.Machine != base.Machine, s.Nodes != base.Nodes, s.Clients != base.Clients, s.Seed != base.Seed,
		r.Script.For != 0, len(s.Options) > 0, len(s.Off) > 0, disks(s) > 0,
	} {
		if differs {
			bits |= 1 << i
		}
	}
	for d := 1; d < len(s.Dials); d++ {
		if s.Dials[d] != base.Dials[d] {
			bits |= fieldDials << (d - 1)
		}
	}
	c.Wide(&bits)
	if bits>>(len(s.Dials)-1) >= fieldDials {
		c.Fail("it has a field that is not known")
	}
	if c.Reading {
		s.Machine, s.Nodes, s.Clients, s.Seed, s.Dials = base.Machine, base.Nodes, base.Clients, base.Seed, base.Dials
	}
	has := func(bit uint64) bool { return bits&bit != 0 && c.Wrong == "" }
	if has(fieldTitle) {
		c.Text(&r.Script.Title, scenario.TitleMax)
	}
	if has(fieldMachine) {
		c.Text(&s.Machine, scenario.NameMax)
	}
	if has(fieldNodes) {
		small(c, &s.Nodes)
	}
	if has(fieldClients) {
		small(c, &s.Clients)
	}
	if has(fieldSeed) {
		c.Wide(&s.Seed)
	}
	if has(fieldFor) {
		moment(c, &r.Script.For)
	}
	if has(fieldOptions) {
		wire.List(c, &s.Options, scenario.OptionsMax, func(c *wire.Coder, o *scenario.Option) {
			c.Text(&o.Name, scenario.NameMax)
			value(c, &o.Value)
		})
	}
	if has(fieldOff) {
		wire.List(c, &s.Off, scenario.RulesMax, func(c *wire.Coder, v *string) { c.Text(v, scenario.NameMax) })
	}
	if has(fieldDisks) {
		codeDisks(c, s)
	}
	for d := 1; d < len(s.Dials); d++ {
		if has(fieldDials << (d - 1)) {
			value(c, &s.Dials[d])
		}
	}
}

// disks returns how many disks hold something.
func disks(s *scenario.Setup) (n int) {
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if len(s.Disks[id]) > 0 {
			n++
		}
	}
	return n
}

// codeDisks codes the disks that hold something, a node and its bytes each.
func codeDisks(c *wire.Coder, s *scenario.Setup) {
	n := c.Count(disks(s), consensus.NodesMax, 2)
	if c.Reading {
		s.Disks = make(map[consensus.NodeID][]byte, n)
		for range n {
			var id byte
			var b string
			c.Byte(&id)
			c.Text(&b, scenario.DiskMax)
			s.Disks[consensus.NodeID(id)] = []byte(b)
		}
		return
	}
	for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
		if b := string(s.Disks[id]); b != "" {
			c.Byte((*byte)(&id))
			c.Text(&b, scenario.DiskMax)
		}
	}
}

// actions codes the actions, column by column.
func actions(c *coder, of *[]scenario.Action, nodes int) {
	n := c.Count(len(*of), scenario.ActionsMax, 3)
	if c.Reading && n > 0 {
		*of = make([]scenario.Action, n)
	}
	all := *of
	units := make([]byte, n)
	for i := range units {
		a := &all[i]
		units[i] = unitOf(int64(a.At))
		b := byte(a.Kind)*byte(len(tens)) + units[i]
		c.Byte(&b)
		a.Kind, units[i] = scenario.ActionKind(b/byte(len(tens))), b%byte(len(tens))
	}
	times(c, all, units)
	messages(c, all)
	var texts [1<<8/len(tens) + 1]string // the last one of each kind
	for _, column := range [...]func(a *scenario.Action, h has){
		func(a *scenario.Action, h has) {
			if h.node {
				c.Byte((*byte)(&a.Node))
			}
		},
		func(a *scenario.Action, h has) {
			if h.peer {
				c.Byte((*byte)(&a.Peer))
			}
		},
		func(a *scenario.Action, h has) {
			if a.Kind == scenario.Timeout {
				c.Byte((*byte)(&a.Timer))
			}
		},
		func(a *scenario.Action, h has) {
			if a.Kind == scenario.Turn {
				c.Byte((*byte)(&a.Dial))
			}
		},
		func(a *scenario.Action, h has) {
			if a.Kind == scenario.SetClock {
				drift := int64(a.Drift)
				c.Signed(&drift)
				if a.Drift = int32(drift); int64(a.Drift) != drift {
					c.Fail("a drift is out of range")
				}
			}
		},
		func(a *scenario.Action, h has) {
			if h.value {
				value(&c.Coder, &a.Value)
			}
		},
		func(a *scenario.Action, h has) {
			if a.Kind == scenario.Partition {
				groups(c, &a.Groups, nodes)
			}
		},
		func(a *scenario.Action, h has) {
			if h.text {
				begins(c, &a.Text, texts[a.Kind])
				texts[a.Kind] = a.Text
			}
		},
	} {
		for i := range all {
			if c.Wrong == "" {
				column(&all[i], fieldsOf(all[i].Kind))
			}
		}
	}
}

// times codes the times of actions, whose units are known: those of each unit together.
func times(c *coder, all []scenario.Action, units []byte) {
	steps := make([]uint64, len(all))
	last := int64(0)
	for i, u := range units {
		steps[i] = uint64(int64(all[i].At)/tens[u] - last/tens[u])
		last = int64(all[i].At)
	}
	for u := range tens {
		var of []*uint64
		for i := range units {
			if int(units[i]) == u {
				of = append(of, &steps[i])
			}
		}
		noisy(c, of)
	}
	last = 0
	for i, u := range units {
		if steps[i] > uint64(int64(scenario.RunMax)/tens[u]-last/tens[u]) {
			c.Fail("an action is too late")
			return
		}
		last = (last/tens[u] + int64(steps[i])) * tens[u]
		all[i].At = consensus.Time(last)
	}
}

// messages codes send numbers, as distances.
func messages(c *coder, all []scenario.Action) {
	ways := make([]uint64, len(all))
	var of []*uint64
	last := uint32(0)
	for i := range all {
		if a := &all[i]; fieldsOf(a.Kind).message {
			way := int32(a.Message - last)
			ways[i], last = uint64(uint32(way)<<1^uint32(way>>31)), a.Message
			of = append(of, &ways[i])
		}
	}
	noisy(c, of)
	last = 0
	for i := range all {
		if a := &all[i]; fieldsOf(a.Kind).message {
			if ways[i] > 1<<32-1 {
				c.Fail("a message's number is out of range")
				return
			}
			last += uint32(ways[i])>>1 ^ -(uint32(ways[i]) & 1)
			a.Message = last
		}
	}
}

// noisy codes numbers of which the low bits are noise: how many those are, the rest of
// each number, and in the noise the low bits of each. Of no numbers it codes nothing.
func noisy(c *coder, of []*uint64) {
	if len(of) == 0 {
		return
	}
	low := lowBits(of)
	c.Number(&low)
	if low > lowMax {
		c.Fail("a number has too many low bits")
	}
	for _, v := range of {
		high := *v >> low
		c.Wide(&high)
		rest := *v & (1<<low - 1)
		c.low(&rest, uint(low))
		if high<<low>>low != high || c.Wrong != "" {
			c.Fail("a number is too large")
			return
		}
		*v = high<<low | rest
	}
}

// lowMax is the largest number of low bits.
const lowMax = 24

// lowBits returns how many low bits of numbers are noise: those below the highest bit of
// the middle one.
func lowBits(of []*uint64) uint32 {
	var lengths [65]int // how many numbers have so many bits
	for _, v := range of {
		lengths[bits64.Len64(*v)]++
	}
	middle, n := len(of)/2, 0
	for middle >= lengths[n] {
		middle -= lengths[n]
		n++
	}
	return uint32(min(max(n-1, 0), lowMax))
}

// groups codes the groups of a partition: of each, in which nodes it differs from all that
// are in no group before it. The last one mostly does not.
func groups(c *coder, of *[]consensus.NodeSet, nodes int) {
	var rest consensus.NodeSet
	for id := 1; id <= nodes; id++ {
		rest.Add(consensus.NodeID(id))
	}
	wire.List(&c.Coder, of, scenario.GroupsMax, func(c *wire.Coder, s *consensus.NodeSet) {
		for i := range s {
			way := s[i] ^ rest[i]
			c.Wide(&way)
			s[i] = way ^ rest[i]
			rest[i] &^= s[i]
		}
	})
}

// begins codes a text as how much of the one before it begins with, and the rest.
func begins(c *coder, v *string, before string) {
	n := 0
	for n < len(before) && n < len(*v) && before[n] == (*v)[n] {
		n++
	}
	n = c.Count(n, len(before), 0)
	rest := ""
	if !c.Reading {
		rest = (*v)[n:]
	}
	c.Text(&rest, consensus.CommandMax)
	*v = before[:n] + rest
}

// has says which of the fields that several kinds of actions share one of them has.
type has struct{ node, peer, message, value, text bool }

func fieldsOf(k scenario.ActionKind) (h has) {
	switch k {
	case scenario.Crash, scenario.Restart, scenario.Timeout:
		h.node = true
	case scenario.Request:
		h.node, h.peer, h.text = true, true, true
	case scenario.Cut, scenario.Heal:
		h.node, h.peer = true, true
	case scenario.Drop, scenario.Copy:
		h.message = true
	case scenario.Hold:
		h.message, h.value = true, true
	case scenario.Turn:
		h.node, h.peer, h.value = true, true, true
	case scenario.SetClock:
		h.node, h.value = true, true
	case scenario.SetOption:
		h.value, h.text = true, true
	case scenario.SwitchOff, scenario.SwitchOn:
		h.text = true
	}
	return h
}

// tens are the units of times and values: powers of ten.
var tens = [...]int64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000}

// unitOf returns the largest unit of which v is a multiple.
func unitOf(v int64) (unit byte) {
	if v == 0 {
		return 0
	}
	for int(unit)+1 < len(tens) && v%tens[unit+1] == 0 {
		unit++
	}
	return unit
}

// moment codes a time from 0 to scenario.RunMax: how many units it is, times ten, and the
// unit.
func moment(c *wire.Coder, t *consensus.Time) {
	unit := unitOf(int64(*t))
	v := uint64(int64(*t)/tens[unit]*10 + int64(unit))
	c.Wide(&v)
	if v/10 > uint64(int64(scenario.RunMax)/tens[v%10]) {
		c.Fail("a time is too late")
		return
	}
	*t = consensus.Time(int64(v/10) * tens[v%10])
}

// value codes a number of any size: the unit, and how many of it.
func value(c *wire.Coder, v *int64) {
	unit := unitOf(*v)
	n := *v / tens[unit]
	c.Byte(&unit)
	c.Signed(&n)
	if int(unit) >= len(tens) {
		c.Fail("a value has a unit that is not known")
		return
	}
	if *v = n * tens[unit]; *v/tens[unit] != n {
		c.Fail("a value is too large")
	}
}

// small codes a number of nodes or clients.
func small(c *wire.Coder, v *int) {
	n := uint32(*v)
	c.Number(&n)
	if n > consensus.NodesMax {
		c.Fail("a number of nodes or clients is too large")
		n = 0
	}
	*v = int(n)
}
