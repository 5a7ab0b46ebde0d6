package room

import (
	"errors"

	"parley/consensus"
	"parley/consensus/frame"
	"parley/consensus/scenario"
)

// act is something that waits to be done to the run: until all that was sent before its
// time has had its turn.
type act struct {
	kind    actKind
	action  scenario.Action  // actWish
	asker   *conn            // actWish: who asked; it may be gone meanwhile
	request uint32           // actWish: the number of the question
	by      *member          // who wanted it, nil: the relay
	node    consensus.NodeID // of the others
	to      *member          // actMove: who gets the seat, nil: the relay
	why     frame.Reason     // actFall
}

type actKind uint8

const (
	actWish actKind = iota // an action that somebody asked for
	actFall                // the node crashes, since its engine is no more
	actBack                // the node starts, since its tab is back
	actMove                // the seat gets another holder, and the node starts there
)

// actsMax is the largest number of acts that wait.
const actsMax = 256

// wish takes an action that somebody asks for.
func (r *Room) wish(k *conn, request uint32, a scenario.Action) {
	if why := r.unwanted(k.member, &a); why != "" {
		r.refuse(k, request, why)
		return
	}
	r.acts = append(r.acts, act{kind: actWish, action: a, asker: k, request: request, by: k.member})
}

// unwanted returns why a member may not do that now, "" if they may.
func (r *Room) unwanted(m *member, a *scenario.Action) string {
	switch {
	case m != r.owner && !r.open:
		return "only the owner acts in this room, and that is " + r.owner.name
	case !r.begun():
		return "nothing can be done yet: the run begins when " + r.owner.name + " starts it"
	case r.over():
		return "this run is full: nothing more can happen in it"
	case len(r.acts) >= actsMax:
		return "too many actions wait to be done: try again in a moment"
	}
	a.At = r.world.Now()
	if err := a.Validate(&r.script.Setup); err != nil {
		return err.Error()
	}
	if err := a.Fits(r.protocol); err != nil {
		return err.Error()
	}
	if err := r.fits(*a); err != nil {
		return err.Error()
	}
	if s := r.seat(a.Node); a.Kind == scenario.Restart && s != nil && s.member != nil && s.gone {
		return s.node.String() + " runs in the tab of " + s.member.name + ", which is gone: it starts when the tab is back, or when somebody else gets the seat"
	}
	return ""
}

// What a recording must have room for when people may not act any more: the crashes of
// those who leave then.
const (
	actionsKept = 500
	bytesKept   = actionsKept * 64
)

// fits refuses an action with which the recording would come near its bounds: it has to
// be written down and read back.
func (r *Room) fits(a scenario.Action) error {
	if len(r.world.Actions()) >= scenario.ActionsMax-actionsKept || r.size+len(a.String()) >= scenario.TextMax-bytesKept {
		return errors.New("this run has as many actions as its recording can hold: nothing more can be done in it")
	}
	return nil
}

// perform does what has waited, now that nothing is out.
func (r *Room) perform(now Moment, a act) {
	switch s := r.seat(a.node); a.kind {
	case actWish:
		r.grant(a)
	case actFall:
		if s.lost {
			up := r.world.Up(s.node)
			s.lost = false
			if !up {
				return
			}
			if r.do(scenario.Action{Kind: scenario.Crash, Node: s.node}, nil, a.why) != nil {
				r.full = true // the run cannot go on without the node's engine
				return
			}
			s.fallen = true
		}
	case actBack:
		if s.fallen && !r.world.Up(s.node) && s.member != nil && s.member.conn != nil {
			r.rise(s, nil, frame.TabBack)
		}
	case actMove:
		r.move(now, s, a)
	}
}

// grant does what somebody asked for.
func (r *Room) grant(a act) {
	if why := r.unwanted(a.by, &a.action); why != "" {
		r.refuse(a.asker, a.request, why)
		return
	}
	if err := r.do(a.action, a.by, frame.Wish); err != nil {
		r.refuse(a.asker, a.request, err.Error())
		return
	}
	if r.peers[a.asker.peer] == a.asker {
		line := r.dids[len(r.dids)-1].line
		a.asker.asked = append(a.asker.asked, frame.Append(nil, a.request, frame.Acted{Line: line, Kept: uint32(r.dids[len(r.dids)-1].events)}))
	}
}

// do does an action now, and takes down who did it and why.
func (r *Room) do(a scenario.Action, by *member, why frame.Reason) error {
	r.drain()
	before := r.log.Len()
	if err := r.world.Act(a); err != nil {
		return err
	}
	r.took(by, why, r.world.Actions()[r.world.Done()-1].String(), before)
	r.drain()
	r.urgent, r.dirty = true, true
	r.lease(r.world.Now())
	return nil
}

// rise starts a node that is down.
func (r *Room) rise(s *seat, by *member, why frame.Reason) {
	if r.do(scenario.Action{Kind: scenario.Restart, Node: s.node}, by, why) == nil {
		s.fallen = false
	}
}

// move gives a seat to somebody else. The node crashes where it was and starts from its
// disk where it is now; who was down because of its tab starts too.
func (r *Room) move(now Moment, s *seat, a act) {
	rise := s.fallen
	if r.world.Up(s.node) {
		why := frame.SeatMoved
		if s.lost {
			why = frame.TabGone
		}
		s.lost = false
		if r.do(scenario.Action{Kind: scenario.Crash, Node: s.node}, a.by, why) != nil {
			return
		}
		rise = true
	}
	r.hold(now, s, a.to)
	if rise {
		s.fallen = true // until it is up: who starts may be full
		r.rise(s, a.by, frame.SeatMoved)
	}
}

// hold makes somebody the holder of a seat, nil the relay.
func (r *Room) hold(now Moment, s *seat, m *member) {
	s.member, s.latency, s.gone, s.until = m, 0, false, 0
	if m != nil {
		m.held.Add(s.node)
		if m.conn == nil {
			r.miss(now, s)
		}
	}
	r.changed, r.dirty = true, true
}
