package sim

import (
	"errors"
	"strconv"

	"parley/consensus"
	"parley/consensus/scenario"
	"parley/consensus/trace"
)

// Act does an action now and records it; Action.At is ignored. First it does what is
// left to do at this moment, with the World's Host: whoever carries inputs elsewhere
// takes them through Next before. An action that is impossible gives a sentence that
// says why, and changes nothing.
func (w *World) Act(a scenario.Action) error {
	if w.busy {
		panic("sim: Act while work is out")
	}
	for w.StepUntil(w.now) {
	}
	switch {
	case w.Full():
		return errors.New("this run is full: nothing more can happen in it")
	case len(w.plan) >= scenario.ActionsMax:
		return errors.New("a run has at most " + strconv.Itoa(scenario.ActionsMax) + " actions")
	}
	a.At = w.now
	act, err := w.prepare(&a)
	if err != nil {
		return err
	}
	if later := w.plan[w.done:]; len(later) > 0 {
		w.plan = append(append(w.plan[:w.done:w.done], a), later...)
	} else {
		w.plan = append(w.plan, a)
	}
	w.done++
	act(uint32(w.done))
	return nil
}

// Schedule records actions to be done when their time comes. They must be in the
// order of their times, none before the last one that is recorded or before Now. An
// action that turns out to be impossible becomes a Refused event.
func (w *World) Schedule(actions []scenario.Action) error {
	if len(w.plan)+len(actions) > scenario.ActionsMax {
		return errors.New("a run has at most " + strconv.Itoa(scenario.ActionsMax) + " actions")
	}
	last := w.now
	if len(w.plan) > w.done {
		last = w.plan[len(w.plan)-1].At
	}
	for i := range actions {
		if actions[i].At < last {
			return errors.New("action " + strconv.Itoa(len(w.plan)+i+1) + " at " + moment(actions[i].At) +
				" comes after a later one")
		}
		last = actions[i].At
	}
	w.plan = append(w.plan[:len(w.plan):len(w.plan)], actions...)
	return nil
}

// enact does the next recorded action.
func (w *World) enact() {
	a := &w.plan[w.done]
	w.done++
	act, err := w.prepare(a)
	if err != nil {
		w.emit(trace.Event{
			Kind: trace.Refused, Node: a.Node, Peer: a.Peer, ID: uint32(w.done), D: w.text([]byte(err.Error())),
		})
		return
	}
	act(uint32(w.done))
}

// prepare checks whether an action is possible now and returns what does it, given
// the action's number.
func (w *World) prepare(a *scenario.Action) (func(cause uint32), error) {
	switch a.Kind {
	case scenario.Crash, scenario.Restart, scenario.Timeout, scenario.SetClock:
		return w.prepareNode(a)
	case scenario.Request:
		return w.prepareRequest(a)
	case scenario.Cut, scenario.Heal, scenario.Partition:
		return w.prepareWall(a)
	case scenario.Drop, scenario.Copy, scenario.Hold:
		return w.prepareMessage(a)
	case scenario.Turn, scenario.SetOption, scenario.SwitchOff, scenario.SwitchOn:
		return w.prepareSetting(a)
	}
	return nil, errors.New("there is no such action")
}

// prepareNode is for what is done to one node.
func (w *World) prepareNode(a *scenario.Action) (func(uint32), error) {
	if !w.isNode(a.Node) {
		return nil, w.noNode(a.Node)
	}
	n := w.node(a.Node)
	name := a.Node.String()
	switch {
	case a.Kind == scenario.Restart && n.up:
		return nil, errors.New(name + " is already up")
	case a.Kind == scenario.Crash && !n.up:
		return nil, errors.New(name + " is already down")
	case a.Kind == scenario.Restart:
		return func(cause uint32) { w.start(n, cause) }, nil
	case a.Kind == scenario.Crash:
		return func(cause uint32) { w.crash(n, cause) }, nil
	case a.Kind == scenario.SetClock:
		return w.prepareClock(n, a)
	}
	if int(a.Timer) >= len(w.protocol.Timers) || a.Timer >= consensus.TimersMax {
		return nil, errors.New(w.protocol.Title + " has no timer " + strconv.Itoa(int(a.Timer)))
	}
	what := "the " + w.protocol.Timers[a.Timer].Name + " of " + name
	switch t := &n.timers[a.Timer]; {
	case !n.up:
		return nil, errors.New(name + " is down")
	case t.at == never:
		return nil, errors.New(what + " is not running at " + moment(w.now))
	case t.pending:
		return nil, errors.New(what + " has expired already; it waits for the disk")
	}
	// The step itself waits its turn: an action never needs an engine.
	return func(cause uint32) { w.postpone(n, a.Timer, cause) }, nil
}

// crash stops a node: all that is not durable is lost, what waits in its inbox too.
func (w *World) crash(n *node, cause uint32) {
	n.up = false
	n.falls++
	w.host.Crash(n.id)
	w.emit(trace.Event{Kind: trace.Crash, Node: n.id, ID: cause})
	w.loseWrites(n)
	for _, i := range n.inbox {
		if i.what&^refMask == itemMessage {
			w.lose(i.what&refMask, trace.CauseDown)
		}
	}
	n.inbox = n.inbox[:0]
	for i := range n.timers {
		n.timers[i].at, n.timers[i].pending = never, false
	}
}

func (w *World) prepareClock(n *node, a *scenario.Action) (func(uint32), error) {
	if a.Value < -int64(scenario.OffsetMax) || a.Value > int64(scenario.OffsetMax) {
		return nil, errors.New("a clock can be off by " + scenario.FormatSpan(scenario.OffsetMax) + " at most, not " +
			scenario.FormatSpan(consensus.Duration(a.Value)))
	}
	if a.Drift < -scenario.DriftMax || a.Drift > scenario.DriftMax {
		return nil, errors.New("a clock can drift by " + strconv.Itoa(scenario.DriftMax) + " ppm at most, not " +
			strconv.Itoa(int(a.Drift)))
	}
	return func(cause uint32) {
		old := n.clock
		n.clock = clock{base: w.now, local: w.now + consensus.Time(a.Value), drift: int64(a.Drift)}
		e := trace.Event{Kind: trace.Clock, Node: n.id, ID: cause, C: uint32(a.Drift)}
		e.A, e.B = trace.Halves(a.Value)
		w.emit(e)
		if old.drift == n.clock.drift {
			return
		}
		for i := range n.timers { // what is left runs at the new speed
			if t := &n.timers[i]; t.at != never && !t.pending {
				left := n.clock.worldly(old.own(t.at - w.now))
				w.setTimer(n, consensus.TimerID(i), w.now+left, left)
			}
		}
	}, nil
}

func (w *World) prepareRequest(a *scenario.Action) (func(uint32), error) {
	if !w.isClient(a.Node) {
		return nil, errors.New("there is no client " + a.Node.String())
	}
	if a.Peer != consensus.None && !w.isNode(a.Peer) {
		return nil, w.noNode(a.Peer)
	}
	c := &w.clients[a.Node-consensus.ClientFirst]
	switch {
	case a.Text == "":
		return nil, errors.New("the command is empty")
	case len(a.Text) > consensus.CommandMax:
		return nil, errors.New("a command has at most " + strconv.Itoa(consensus.CommandMax) + " bytes, not " + strconv.Itoa(len(a.Text)))
	case len(c.wishes) >= WishesMax:
		return nil, errors.New(strconv.Itoa(WishesMax) + " commands wait at " + a.Node.String() + " already")
	}
	return func(cause uint32) {
		w.want(c, wish{command: w.text([]byte(a.Text)), peer: a.Peer, cause: cause})
	}, nil
}

// prepareWall is for cuts and partitions.
func (w *World) prepareWall(a *scenario.Action) (func(uint32), error) {
	if a.Kind == scenario.Partition {
		return w.preparePartition(a.Groups)
	}
	if a.Kind == scenario.Heal && a.Node == consensus.None && a.Peer == consensus.None {
		return w.prepareHealAll()
	}
	if err := w.checkLink(a.Node, a.Peer); err != nil {
		return nil, err
	}
	l := w.link(a.Node, a.Peer)
	cut := a.Kind == scenario.Cut
	if l.cut == cut {
		state := " is not cut"
		if cut {
			state = " is cut already"
		}
		return nil, errors.New("the link from " + a.Node.String() + " to " + a.Peer.String() + state)
	}
	return func(cause uint32) { w.setCut(l, a.Node, a.Peer, cut, cause) }, nil
}

func (w *World) setCut(l *link, from, to consensus.NodeID, cut bool, cause uint32) {
	l.cut = cut
	kind := trace.Heal
	if cut {
		kind = trace.Cut
	}
	w.emit(trace.Event{Kind: kind, Node: from, Peer: to, ID: cause})
	if cut {
		w.bar()
	}
}

func (w *World) prepareHealAll() (func(uint32), error) {
	any := w.parted
	for i := range w.links {
		any = any || w.links[i].cut
	}
	if !any {
		return nil, errors.New("nothing is cut")
	}
	return func(cause uint32) {
		for i := range w.links {
			if w.links[i].cut {
				w.setCut(&w.links[i], w.endpoint(i/w.width), w.endpoint(i%w.width), false, cause)
			}
		}
		if w.parted {
			w.part(nil, cause)
		}
	}, nil
}

func (w *World) preparePartition(groups []consensus.NodeSet) (func(uint32), error) {
	if len(groups) > scenario.GroupsMax {
		return nil, errors.New("a partition has at most " + strconv.Itoa(scenario.GroupsMax) + " groups, not " + strconv.Itoa(len(groups)))
	}
	var seen consensus.NodeSet
	for _, g := range groups {
		if g.Len() == 0 {
			return nil, errors.New("a group of the partition is empty")
		}
		for id := consensus.NodeID(1); id <= consensus.NodesMax; id++ {
			if !g.Has(id) {
				continue
			}
			if !w.isNode(id) {
				return nil, w.noNode(id)
			}
			if seen.Has(id) {
				return nil, errors.New(id.String() + " is in two groups of the partition")
			}
			seen.Add(id)
		}
	}
	if len(groups) == 0 && !w.parted {
		return nil, errors.New("there is no partition to end")
	}
	return func(cause uint32) { w.part(groups, cause) }, nil
}

// part puts the nodes into groups; none ends the partition.
func (w *World) part(groups []consensus.NodeSet, cause uint32) {
	w.parted = len(groups) > 0
	if !w.parted {
		w.emit(trace.Event{Kind: trace.Partition, ID: cause})
		return
	}
	for i := range w.group {
		w.group[i] = 0
		for k, g := range groups {
			if g.Has(consensus.NodeID(i + 1)) {
				w.group[i] = uint8(k + 1)
			}
		}
	}
	for k, g := range groups {
		e := trace.Event{Kind: trace.Partition, ID: cause, Sub: uint8(k)}
		e.SetNodeSet(g)
		w.emit(e)
	}
	w.bar()
}

// prepareMessage is for what is done to a message on its way.
func (w *World) prepareMessage(a *scenario.Action) (func(uint32), error) {
	slot, ok := w.find(a.Message)
	name := "message " + strconv.FormatUint(uint64(a.Message), 10)
	if !ok {
		return nil, errors.New(name + " is not in flight at " + moment(w.now))
	}
	f := &w.flights[slot]
	if f.waits {
		return nil, errors.New(name + " has arrived already; " + f.to.String() + " takes it when its disk is done")
	}
	if a.Kind == scenario.Hold && (a.Value <= 0 || a.Value > int64(scenario.LatencyMax)) {
		return nil, errors.New("a message can be held for up to " + scenario.FormatSpan(scenario.LatencyMax) + ", not " +
			scenario.FormatSpan(consensus.Duration(a.Value)))
	}
	return func(cause uint32) {
		switch a.Kind {
		case scenario.Drop:
			w.lose(slot, trace.CauseDropped)
		case scenario.Copy:
			w.duplicate(slot, consensus.Mix(w.seeds.copy^uint64(cause)))
		case scenario.Hold:
			f.due += consensus.Duration(a.Value)
			e := w.tape.next(w.now, trace.Delay)
			e.Node, e.Peer = f.from, f.to
			e.A, e.B = trace.Halves(int64(f.due))
			w.toldOf(f, e)
			w.fly(slot)
		}
	}, nil
}

// prepareSetting is for dials, options and rules.
func (w *World) prepareSetting(a *scenario.Action) (func(uint32), error) {
	switch a.Kind {
	case scenario.Turn:
		return w.prepareTurn(a)
	case scenario.SetOption:
		i, err := option(w.protocol, a.Text, a.Value)
		if err != nil {
			return nil, err
		}
		return func(cause uint32) {
			w.settle.Options = append([]int64(nil), w.settle.Options...)
			w.settle.Options[i] = a.Value
			e := trace.Event{Kind: trace.Option, ID: cause, Sub: uint8(i)}
			e.A, e.B = trace.Halves(a.Value)
			w.emit(e)
			w.configure(cause)
		}, nil
	}
	r, err := switchable(w.protocol, a.Text)
	if err != nil {
		return nil, err
	}
	off := a.Kind == scenario.SwitchOff
	if w.settle.Off.Has(r) == off {
		state := "on"
		if off {
			state = "off"
		}
		return nil, errors.New("the rule " + a.Text + " is " + state + " already")
	}
	return func(cause uint32) {
		e := trace.Event{Kind: trace.Switch, ID: cause, Rule: r}
		if off {
			w.settle.Off = w.settle.Off.With(r)
			e.Sub = 1
		} else {
			w.settle.Off = w.settle.Off.Without(r)
		}
		w.emit(e)
		w.configure(cause)
	}, nil
}

// configure tells every node that runs of the new settings.
func (w *World) configure(cause uint32) {
	for i := range w.nodes {
		if n := &w.nodes[i]; n.up {
			n.inbox = append(n.inbox, item{itemConfigure, cause})
			w.wake(n)
		}
	}
}

func (w *World) prepareTurn(a *scenario.Action) (func(uint32), error) {
	if err := checkDial(a.Dial, a.Value); err != nil {
		return nil, err
	}
	everywhere := a.Node == consensus.None && a.Peer == consensus.None
	if !everywhere {
		if !a.Dial.Info().Link {
			return nil, errors.New("the dial " + a.Dial.String() + " cannot be set for one link")
		}
		if err := w.checkLink(a.Node, a.Peer); err != nil {
			return nil, err
		}
	}
	return func(cause uint32) {
		if everywhere {
			w.turnAll(a.Dial, a.Value)
		} else {
			w.ownSheet(w.link(a.Node, a.Peer)).dials[a.Dial] = a.Value
		}
		e := trace.Event{Kind: trace.Dial, ID: cause, Node: a.Node, Peer: a.Peer, Sub: uint8(a.Dial)}
		e.A, e.B = trace.Halves(a.Value)
		w.emit(e)
		if a.Dial == scenario.Pace {
			w.openLoad()
		}
	}, nil
}

// turnAll sets a dial everywhere, links with a value of their own included. Losses
// and copies of clients' messages stay 0: they are set for one link or not at all.
func (w *World) turnAll(d scenario.Dial, v int64) {
	for i := range w.sheets {
		s := &w.sheets[i]
		s.dials[d] = v
		if s.client && (d == scenario.LossRate || d == scenario.Copies) {
			s.dials[d] = 0
		}
	}
}

// ownSheet returns the dials of this link alone.
func (w *World) ownSheet(l *link) *sheet {
	if l.sheet <= sheetClients {
		w.sheets = append(w.sheets, w.sheets[l.sheet])
		l.sheet = uint16(len(w.sheets) - 1)
	}
	return &w.sheets[l.sheet]
}

func (w *World) checkLink(from, to consensus.NodeID) error {
	switch {
	case !w.isNode(from) && !w.isClient(from):
		return w.noNode(from)
	case !w.isNode(to) && !w.isClient(to):
		return w.noNode(to)
	case from == to || from.IsClient() && to.IsClient():
		return errors.New("there is no link from " + from.String() + " to " + to.String())
	}
	return nil
}

func (w *World) noNode(id consensus.NodeID) error {
	return errors.New("there is no node " + id.String() + ": this cluster has " + strconv.Itoa(len(w.nodes)))
}

// endpoint is the inverse of place.
func (w *World) endpoint(place int) consensus.NodeID {
	if place < len(w.nodes) {
		return consensus.NodeID(place + 1)
	}
	return consensus.Client(place - len(w.nodes) + 1)
}

// moment writes a time in seconds, to the millisecond: "1.204 s".
func moment(t consensus.Time) string {
	ms := strconv.FormatInt(int64(t/consensus.Millisecond%1000), 10)
	for len(ms) < 3 {
		ms = "0" + ms
	}
	return strconv.FormatInt(int64(t/consensus.Second), 10) + "." + ms + " s"
}
