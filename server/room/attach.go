package room

import (
	"parley/consensus/hosting"
	"parley/consensus/wire"
)

// Some hosts forget a room while its connections stay open (Cloudflare's Durable Objects
// hibernate; an instance of WebAssembly may be lost). Such a host keeps with each connection
// what Attachment gave it last, and hands that to Reattach after it has restored the room:
// the tab at the other end does not notice. What an attachment says may be a little old. A
// tab drops what it is told twice of the trace, and does no work twice; only actions it must
// not be told of twice.
//
// Its bytes are written as in package wire:
//
//	Kind byte: 1 nothing was said yet, 2 a member, 3 one who waits whether another tab answers
//	of a member: Number number, Instance 8 bytes, Heard signed, Events, Texts, Dids numbers,
//	Places list: Node byte, Boot, Seq numbers
type attachment struct {
	kind                attachedAs
	number              uint32
	instance            uint64
	heard               Moment
	events, texts, dids uint32
	places              []hosting.Place
}

type attachedAs byte

const (
	attachedSilent attachedAs = 1 + iota
	attachedMember
	attachedHeld
)

func (a *attachment) code(c *wire.Coder) {
	c.Byte((*byte)(&a.kind))
	if a.kind != attachedMember {
		return
	}
	c.Number(&a.number)
	c.Fixed(&a.instance, 8)
	c.Signed((*int64)(&a.heard))
	c.Number(&a.events)
	c.Number(&a.texts)
	c.Number(&a.dids)
	wire.List(c, &a.places, NodesMax, func(c *wire.Coder, p *hosting.Place) {
		c.Byte((*byte)(&p.Node))
		c.Number(&p.Boot)
		c.Number(&p.Seq)
	})
}

// attachEvents is how many events an attachment may be behind while the room plays.
const attachEvents = 4096

// Attachment returns what is to be kept with a connection, at most 200 bytes; nil if what
// it returned last will do. It is to be asked after the Outs were carried out.
func (r *Room) Attachment(p Peer) []byte {
	k := r.peers[p]
	if k == nil {
		return nil
	}
	a := attachment{kind: attachedSilent}
	switch {
	case k.held != nil:
		a.kind = attachedHeld
	case k.member != nil:
		a = attachment{
			kind: attachedMember, number: k.member.number, instance: k.instance, heard: k.heard,
			events: uint32(k.events), texts: uint32(k.texts), dids: uint32(k.dids), places: r.placesIn(k),
		}
	}
	if r.running() && a.near(k.attached) {
		return nil
	}
	c := wire.Coder{}
	a.code(&c)
	if k.attached != nil && string(c.Out) == k.attachedBytes {
		return nil
	}
	k.attached, k.attachedBytes = &a, string(c.Out)
	return c.Out
}

// placesIn returns how far the nodes are whose engines are in the tab of a connection, once
// it has done all that was sent to it.
func (r *Room) placesIn(k *conn) (all []hosting.Place) {
	for i := range r.seats {
		s := &r.seats[i]
		switch e := s.sent; {
		case s.tab() != k:
		case e != nil && e.since != 0:
			all = append(all, e.Place)
		case s.boot > 0:
			all = append(all, hosting.Place{Node: s.node, Boot: s.boot, Seq: s.finished()})
		}
	}
	return all
}

// near reports whether an attachment that was kept before will do for now.
func (a *attachment) near(old *attachment) bool {
	if old == nil || a.kind != old.kind || a.number != old.number || a.instance != old.instance || a.dids != old.dids ||
		len(a.places) != len(old.places) || a.events-old.events > attachEvents {
		return false
	}
	for i, p := range a.places {
		if p.Node != old.places[i].Node || p.Boot != old.places[i].Boot {
			return false
		}
	}
	return true
}

// Reattach is told of a connection that was there before the room was restored, with what
// was kept with it. It returns false if the connection cannot go on; the host closes it with
// 1012, and the tab comes back by itself.
func (r *Room) Reattach(now Moment, p Peer, b []byte) bool {
	a := attachment{}
	c := wire.Coder{In: b, Reading: true}
	a.code(&c)
	c.End()
	if c.Wrong != "" || r.ended != 0 || r.peers[p] != nil {
		return false
	}
	if a.kind == attachedSilent {
		r.Connect(now, p)
		return true
	}
	m := r.member(a.number)
	if a.kind != attachedMember || m == nil || m.conn != nil ||
		int(a.events) > r.log.Len() || int(a.texts) > r.world.Texts() || int(a.dids) > len(r.dids) {
		return false
	}
	k := &conn{peer: p, since: now, heard: min(a.heard, now), member: m, instance: a.instance, events: int(a.events), texts: int(a.texts), dids: int(a.dids)}
	k.frames.fill(now, r.c.Limits.FramesBurst)
	k.bytes.fill(now, r.c.Limits.BytesBurst)
	r.peers[p] = k
	r.conns = append(r.conns, k)
	r.present(now, m)
	m.conn, m.since = k, now
	r.changed = true
	h := &hosting.Hello{Instance: a.instance, Nodes: a.places}
	for i := range r.seats {
		if s := &r.seats[i]; s.member == m || s.runs == m {
			r.resume(now, s, k, h)
		}
	}
	r.now = now
	return true
}

// present is told that a member comes, into a room where perhaps nobody was.
func (r *Room) present(now Moment, m *member) {
	if !r.alone {
		return
	}
	r.alone = false
	r.paced = now
	for i := range r.seats { // all come back now, and not all at once
		if s := &r.seats[i]; s.member != nil && s.member != m && s.member.conn == nil && !s.gone {
			s.until = now + r.c.Limits.Comeback
		}
	}
	r.owner.left = max(r.owner.left, now)
}
