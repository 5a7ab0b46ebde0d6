package export

import (
	"strconv"

	"parley/consensus"
	"parley/consensus/trace"
	"parley/web/view"
)

// ShiVizMax is the largest number of events in a log for ShiViz, which draws them all.
const ShiVizMax = 5000

// ShiVizParser is the regular expression by which ShiViz reads these logs; it is the one
// that ShiViz offers by itself.
const ShiVizParser = `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`

// ShiViz returns a stretch of a run as a log for ShiViz (bestchai.bitbucket.io/shiviz):
// two lines an event, what happened and then where, with its vector clock. Each node and
// each client is a host. What happened is what the feed tells, and each message that was
// sent or arrived. Clocks begin with the stretch: what was sent before it is unknown in
// it (Fidge, 1988; Mattern, 1989). At most ShiVizMax events are in it, the first ones.
func ShiViz(s *view.Store, r Range) []byte {
	first, end := r.events(s)
	c := newClocks(len(s.State(first).Nodes), len(s.State(first).Clients))
	var b []byte
	count := 0
	for i := first; i < end && count < ShiVizMax; i++ {
		e := s.Event(i)
		if e.Kind == trace.Duplicate { // the copy carries what the message carried
			c.sent[e.ID] = c.sent[e.A]
			continue
		}
		if !happens(s, i, e) {
			continue
		}
		clock := c.tick(e)
		if clock == nil {
			continue
		}
		count++
		b = append(b, line(view.FormatTime(e.T)+" "+s.Sentence(i))...)
		b = append(b, '\n')
		b = append(b, e.Node.String()...)
		b = append(b, " {"...)
		for k, v := range clock {
			if v == 0 {
				continue
			}
			if b[len(b)-1] != '{' {
				b = append(b, ", "...)
			}
			b = append(b, '"')
			b = append(b, c.name(k)...)
			b = append(b, '"', ':')
			b = strconv.AppendUint(b, uint64(v), 10)
		}
		b = append(b, '}', '\n')
	}
	return b
}

// happens reports whether an event is one of its host's in the log.
func happens(s *view.Store, i int, e *trace.Event) bool {
	switch e.Kind {
	case trace.Send, trace.Deliver, trace.Invoke, trace.Answer:
		return true
	case trace.Loss, trace.Delay, trace.Cut, trace.Heal, trace.Partition, trace.Dial, trace.Option, trace.Switch, trace.Refused:
		return false // the network's, or nobody's
	}
	return s.Told(i)
}

// clocks are the vector clocks of a stretch of a run.
type clocks struct {
	nodes int
	now   [][]uint32          // by host
	sent  map[uint32][]uint32 // by send number: the sender's clock when it was sent
}

func newClocks(nodes, clients int) *clocks {
	c := &clocks{nodes: nodes, now: make([][]uint32, nodes+clients), sent: map[uint32][]uint32{}}
	for i := range c.now {
		c.now[i] = make([]uint32, len(c.now))
	}
	return c
}

// host returns the place of an endpoint in the clocks, -1 for none.
func (c *clocks) host(id consensus.NodeID) int {
	h := -1
	switch {
	case id.IsNode():
		h = int(id) - 1
	case id.IsClient():
		h = c.nodes + int(id-consensus.ClientFirst)
	}
	if h >= len(c.now) {
		return -1
	}
	return h
}

func (c *clocks) name(host int) string {
	if host < c.nodes {
		return consensus.NodeID(host + 1).String()
	}
	return consensus.Client(host - c.nodes + 1).String()
}

// tick takes an event and returns the clock of its host with it, nil when it has none.
// It is valid until the next tick.
func (c *clocks) tick(e *trace.Event) []uint32 {
	h := c.host(e.Node)
	if h < 0 {
		return nil
	}
	now := c.now[h]
	if e.Kind == trace.Deliver {
		for k, v := range c.sent[e.ID] {
			now[k] = max(now[k], v)
		}
		delete(c.sent, e.ID)
	}
	now[h]++
	if e.Kind == trace.Send {
		c.sent[e.ID] = append([]uint32(nil), now...)
	}
	return now
}
